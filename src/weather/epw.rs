//! EnergyPlus weather files.
//!
//! Format: "Auxiliary Programs", EnergyPlus documentation, section "EnergyPlus Weather File (EPW) Data Dictionary".

use std::ops::RangeInclusive;
use std::path::Path;

use super::{Hour, Weather};
use crate::fault::{Fault, Faults, Result};

/// Lines before the first hour.
const HEADER_LINES: usize = 8;
/// Hours of a year, and of a leap year.
const HOURS: [usize; 2] = [8760, 8784];
/// Faults named one by one; the rest is counted.
const NAMED_FAULTS: usize = 5;

/// A column of an hour: its number, name, code for missing, and what can be true.
struct Column {
    index: usize,
    name: &'static str,
    missing: f64,
    range: RangeInclusive<f64>,
}

const COLUMNS: [Column; 5] = [
    Column { index: 13, name: "global horizontal radiation", missing: 9999.0, range: 0.0..=1600.0 },
    Column { index: 14, name: "direct normal radiation", missing: 9999.0, range: 0.0..=1400.0 },
    Column { index: 15, name: "diffuse horizontal radiation", missing: 9999.0, range: 0.0..=1200.0 },
    Column { index: 6, name: "dry bulb temperature", missing: 99.9, range: -90.0..=70.0 },
    Column { index: 21, name: "wind speed", missing: 999.0, range: 0.0..=90.0 },
];

/// Reads and checks an EPW file.
///
/// # Errors
/// If it cannot be read, has not one row an hour, or holds values that are missing, no numbers, or impossible; each
/// with its line and column, the first few by name and the rest counted.
pub fn read(path: &Path) -> Result<Weather> {
    let place = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|error| Fault::input(&place, format!("cannot read it: {error}")))?;
    let text = String::from_utf8_lossy(&bytes);
    let mut lines = text.lines();
    let header: Vec<&str> = lines.by_ref().take(HEADER_LINES).collect();
    let location: Vec<&str> = header.first().copied().unwrap_or_default().split(',').collect();
    if header.len() < HEADER_LINES || location.first().is_none_or(|word| !word.eq_ignore_ascii_case("LOCATION")) {
        return Err(Fault::input(place, "not an EPW file: its first line is not LOCATION").into());
    }
    let mut faults = Faulty { place: place.clone(), faults: Vec::new(), more: 0 };
    let number = |index: usize| location.get(index).and_then(|text| text.trim().parse::<f64>().ok());
    let mut at = [0.0; 3];
    for (slot, (index, name)) in at.iter_mut().zip([(6, "latitude"), (7, "longitude"), (9, "elevation")]) {
        match number(index).filter(|value| value.is_finite()) {
            Some(value) => *slot = value,
            None => faults.add(1, format!("the {name} is no number")),
        }
    }
    let mut hours = Vec::with_capacity(HOURS[0]);
    for (i, line) in lines.enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        hours.push(hour(line, HEADER_LINES + 1 + i, &mut faults));
    }
    if !HOURS.contains(&hours.len()) {
        faults.add(HEADER_LINES, format!("{} hours; a year has {} or {}", hours.len(), HOURS[0], HOURS[1]));
    }
    let [latitude_deg, longitude_deg, elevation_m] = at;
    Faults::or(faults.all(), Weather { latitude_deg, longitude_deg, elevation_m, hours })
}

fn hour(line: &str, number: usize, faults: &mut Faulty) -> Hour {
    let fields: Vec<&str> = line.split(',').collect();
    let mut values = [0.0; COLUMNS.len()];
    for (slot, column) in values.iter_mut().zip(&COLUMNS) {
        let written = fields.get(column.index).map_or("", |text| text.trim());
        match written.parse::<f64>() {
            Ok(value) if value == column.missing => faults.add(number, format!("the {} is missing", column.name)),
            Ok(value) if column.range.contains(&value) => *slot = value,
            Ok(value) => {
                let (least, most) = (column.range.start(), column.range.end());
                faults.add(number, format!("the {} is {value}, expected {least} to {most}", column.name));
            }
            Err(_) => faults.add(number, format!("the {} is `{written}`, no number", column.name)),
        }
    }
    let [ghi_w_per_m2, dni_w_per_m2, dhi_w_per_m2, air_temperature_c, wind_speed_m_per_s] = values;
    Hour { ghi_w_per_m2, dni_w_per_m2, dhi_w_per_m2, air_temperature_c, wind_speed_m_per_s }
}

/// Faults of one file, the first few by name.
struct Faulty {
    place: String,
    faults: Vec<Fault>,
    more: usize,
}

impl Faulty {
    fn add(&mut self, line: usize, what: String) {
        if self.faults.len() < NAMED_FAULTS {
            self.faults.push(Fault::input(format!("{}:{line}", self.place), what));
        } else {
            self.more += 1;
        }
    }

    fn all(mut self) -> Vec<Fault> {
        if self.more > 0 {
            self.faults.push(Fault::input(self.place, format!("and {} more values like these", self.more)));
        }
        self.faults
    }
}
