//! EnergyPlus weather files.
//!
//! Format: "Auxiliary Programs", EnergyPlus documentation, section "EnergyPlus Weather File (EPW) Data Dictionary".

use std::ops::RangeInclusive;
use std::path::Path;

use super::{Hour, Weather};
use crate::fault::{Fault, Faults, Result};

/// Lines before the first hour.
const HEADER_LINES: usize = 8;
/// Hours of a day.
const HOURS_PER_DAY: usize = 24;
/// Days of the months of a year that is no leap year.
const DAYS_OF_MONTH: [usize; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
/// Hours of a year, and of a leap year.
const HOURS: [usize; 2] = [8760, 8784];
/// Faults named one by one; the rest is counted.
const NAMED_FAULTS: usize = 5;

/// A number of a line: its place, name, code for missing (if there is one), and what can be true.
struct Column {
    index: usize,
    name: &'static str,
    missing: Option<f64>,
    range: RangeInclusive<f64>,
}

const fn column(index: usize, name: &'static str, missing: Option<f64>, range: RangeInclusive<f64>) -> Column {
    Column { index, name, missing, range }
}

/// Where the weather is, in the first line.
const LOCATION: [Column; 3] = [
    column(6, "latitude", None, -90.0..=90.0),
    column(7, "longitude", None, -180.0..=180.0),
    column(9, "elevation", None, -1000.0..=9999.9),
];
/// When an hour is. The first one of a day is 1.
const DATE: [Column; 3] =
    [column(1, "month", None, 1.0..=12.0), column(2, "day", None, 1.0..=31.0), column(3, "hour", None, 1.0..=24.0)];
/// What the weather is.
const WEATHER: [Column; 5] = [
    column(13, "global horizontal radiation", Some(9999.0), 0.0..=1600.0),
    column(14, "direct normal radiation", Some(9999.0), 0.0..=1400.0),
    column(15, "diffuse horizontal radiation", Some(9999.0), 0.0..=1200.0),
    column(6, "dry bulb temperature", Some(99.9), -90.0..=70.0),
    column(21, "wind speed", Some(999.0), 0.0..=90.0),
];

/// Reads and checks an EPW file.
///
/// # Errors
/// If it cannot be read, has not one row an hour from the first of January on, or holds values that are missing, no
/// numbers, or impossible; each with its line and column, the first few by name and the rest counted.
pub fn read(path: &Path) -> Result<Weather> {
    let place = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|error| Fault::input(&place, format!("cannot read it: {error}")))?;
    let text = String::from_utf8_lossy(&bytes);
    let mut lines = text.trim_start_matches('\u{feff}').lines();
    let header: Vec<&str> = lines.by_ref().take(HEADER_LINES).collect();
    let location = header.first().copied().unwrap_or_default();
    let begins = location.split(',').next().is_some_and(|word| word.eq_ignore_ascii_case("LOCATION"));
    if header.len() < HEADER_LINES || !begins {
        return Err(Fault::input(place, "not an EPW file: its first line is not LOCATION").into());
    }
    let mut faults = Faulty { place, faults: Vec::new(), more: 0 };
    let [latitude_deg, longitude_deg, elevation_m] = faults.numbers(1, location, &LOCATION);
    let rows = lines.enumerate().filter(|(_, line)| !line.trim().is_empty());
    let rows: Vec<(usize, &str)> = rows.map(|(i, line)| (HEADER_LINES + 1 + i, line)).collect();
    let mut dates = Vec::with_capacity(rows.len());
    let mut hours = Vec::with_capacity(rows.len());
    for &(number, line) in &rows {
        dates.push((number, faults.numbers(number, line, &DATE)));
        hours.push(hour(faults.numbers(number, line, &WEATHER)));
    }
    if !HOURS.contains(&hours.len()) {
        faults.add(HEADER_LINES, format!("{} hours; a year has {} or {}", hours.len(), HOURS[0], HOURS[1]));
    } else if faults.faults.is_empty() {
        faults.in_order(&dates);
    }
    Faults::or(faults.all(), Weather { latitude_deg, longitude_deg, elevation_m, hours })
}

fn hour([ghi_w_per_m2, dni_w_per_m2, dhi_w_per_m2, air_temperature_c, wind_speed_m_per_s]: [f64; 5]) -> Hour {
    Hour { ghi_w_per_m2, dni_w_per_m2, dhi_w_per_m2, air_temperature_c, wind_speed_m_per_s }
}

/// Month, day and hour of every hour of a year.
fn calendar(hours: usize) -> impl Iterator<Item = [f64; 3]> {
    let leap_days = usize::from(hours == HOURS[1]);
    let months = DAYS_OF_MONTH.iter().enumerate();
    let days =
        months.flat_map(move |(i, days)| (1..=days + if i == 1 { leap_days } else { 0 }).map(move |d| (i + 1, d)));
    days.flat_map(|(month, day)| (1..=HOURS_PER_DAY).map(move |hour| [month, day, hour].map(|number| number as f64)))
}

/// Faults of one file, the first few by name.
struct Faulty {
    place: String,
    faults: Vec<Fault>,
    more: usize,
}

impl Faulty {
    /// The numbers of some columns of a line; 0 for those that have a fault.
    fn numbers<const N: usize>(&mut self, line: usize, text: &str, columns: &[Column; N]) -> [f64; N] {
        let fields: Vec<&str> = text.split(',').collect();
        columns.each_ref().map(|column| {
            let written = fields.get(column.index).map_or("", |text| text.trim());
            let name = column.name;
            let what = match written.parse::<f64>() {
                Ok(value) if Some(value) == column.missing => format!("the {name} is missing"),
                Ok(value) if column.range.contains(&value) => return value,
                Ok(value) => {
                    format!("the {name} is {value}, expected {} to {}", column.range.start(), column.range.end())
                }
                Err(_) => format!("the {name} is `{written}`, no number"),
            };
            self.add(line, what);
            0.0
        })
    }

    /// A fault of the first hour that is not the one that follows.
    fn in_order(&mut self, dates: &[(usize, [f64; 3])]) {
        let odd = dates.iter().zip(calendar(dates.len())).find(|((_, found), expected)| found != expected);
        if let Some(((line, [month, day, hour]), [in_month, on_day, at_hour])) = odd {
            let what = format!(
                "month {month}, day {day}, hour {hour}; expected month {in_month}, day {on_day}, hour {at_hour}"
            );
            self.add(*line, what);
        }
    }

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
