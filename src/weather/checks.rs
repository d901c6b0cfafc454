//! What is wrong with weather, and what is worth saying: found all at once.
//!
//! Values are held against the sun: nothing on the ground is brighter than the sun above the air allows, nothing shines
//! at night, and the mean day is centred on noon. What cannot be true in many records is a fault, in few a note.

use std::f64::consts::TAU;

use super::time_offset::{Origin, TimeOffset};
use super::{Component, Hour, Location, Weather};
use crate::fault::{Fault, Faults, Result, counted};
use crate::solar::position::{Place, extraterrestrial_w_per_m2, sun};

/// Faults of a kind that are named one by one; the rest is counted.
const NAMED: usize = 5;

/// What a fault of a record is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A value that is missing, no number, or out of range.
    Value,
    /// A record that does not follow the one before.
    Order,
    /// Values that contradict each other or the sun.
    Sun,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Value, Self::Order, Self::Sun];

    fn more(self, count: usize) -> String {
        match self {
            Self::Value => format!("and {count} more values like these"),
            Self::Order => format!("and {count} more breaks in the order of its records"),
            Self::Sun => format!("and {count} more records that cannot be true; check units, time zone and place"),
        }
    }
}

/// Faults and notes of one file.
#[derive(Debug)]
pub struct Findings {
    place: String,
    faults: Vec<Fault>,
    counts: [usize; Kind::ALL.len()],
    notes: Vec<String>,
    /// Small negative irradiances that were taken for zero.
    pub negatives: usize,
    /// Rows whose time could not be read: what follows what cannot be told without them.
    pub undated: usize,
}

impl Findings {
    /// Nothing found yet in a file.
    pub fn new(place: &str) -> Self {
        Self {
            place: place.to_owned(),
            faults: Vec::new(),
            counts: [0; 3],
            notes: Vec::new(),
            negatives: 0,
            undated: 0,
        }
    }

    /// A fault of a line, named if it is among the first of its kind.
    pub fn add(&mut self, kind: Kind, line: usize, what: impl Into<String>) {
        let count = &mut self.counts[kind as usize];
        *count += 1;
        if *count <= NAMED {
            self.faults.push(Fault::input(format!("{}:{line}", self.place), what));
        }
    }

    /// A fault of a line with advice, named in any case.
    pub fn line(&mut self, line: usize, what: impl Into<String>, hint: impl Into<String>) {
        self.faults.push(Fault::input(format!("{}:{line}", self.place), what).hint(hint));
    }

    /// A fault of the whole file.
    pub fn whole(&mut self, what: impl Into<String>, hint: impl Into<String>) {
        self.faults.push(Fault::input(&self.place, what).hint(hint));
    }

    /// Something worth saying.
    pub fn note(&mut self, what: impl Into<String>) {
        self.notes.push(what.into());
    }

    /// Whether anything is wrong.
    pub fn has_faults(&self) -> bool {
        !self.faults.is_empty()
    }

    /// How many faults of a kind there are.
    fn count(&self, kind: Kind) -> usize {
        self.counts[kind as usize]
    }

    /// The notes, once.
    pub fn take_notes(&mut self) -> Vec<String> {
        if self.negatives > 0 {
            self.notes.push(format!("{} below zero, taken for zero", counted(self.negatives, "small irradiance")));
            self.negatives = 0;
        }
        std::mem::take(&mut self.notes)
    }

    fn all(&self) -> Vec<Fault> {
        let more = Kind::ALL.into_iter().filter(|&kind| self.count(kind) > NAMED);
        let more = more.map(|kind| Fault::input(&self.place, kind.more(self.count(kind) - NAMED)));
        self.faults.iter().cloned().chain(more).collect()
    }

    /// `value` if nothing is wrong.
    ///
    /// # Errors
    /// If anything is.
    pub fn or<T>(&self, value: T) -> Result<T> {
        Faults::or(self.all(), value)
    }

    /// All that is wrong; where nothing is, a fault that says that nothing could be read.
    pub fn refusal(&self) -> Faults {
        self.or(()).err().unwrap_or_else(|| Fault::input(&self.place, "holds no weather").into())
    }
}

/// Irradiation of a year that is possible on earth [kWh/m²].
const ANNUAL_KWH_PER_M2: std::ops::RangeInclusive<f64> = 400.0..=3500.0;
/// Diffuse irradiance at most: this much of the global one, and this much more [1, W/m²].
const DIFFUSE_AT_MOST: (f64, f64) = (1.2, 20.0);
/// Direct normal irradiance at most, of that above the air [1].
const DIRECT_AT_MOST: f64 = 1.1;
/// Global irradiance at most: this much of that above the air, and this much more [1, W/m²]; clouds beside the sun and
/// the part of an interval with a higher sun go beyond 1.
const GLOBAL_AT_MOST: (f64, f64) = (1.5, 100.0);
/// Sun's elevation below which it is dark [°].
const DARK_BELOW_DEG: f64 = -6.0;
/// Irradiance that is none of the night [W/m²].
const BRIGHT_W_PER_M2: f64 = 5.0;
/// Bright nights, of all records, beyond which they are a fault [1].
const BRIGHT_NIGHTS_SHARE: f64 = 0.003;
/// Distance of the centre of the mean day from noon beyond which the clock is wrong [h].
const CLOCK_FAULT_H: f64 = 1.25;
/// Distance beyond which it is worth saying [h].
const CLOCK_NOTE_H: f64 = 0.75;

/// Checks that need no sun.
pub fn without_sun(weather: &Weather, findings: &mut Findings) {
    if matches!(weather.derived, None | Some(Component::Dni)) {
        for hour in &weather.hours {
            diffuse(hour, findings);
        }
    }
    if weather.derived == Some(Component::Ghi) {
        return;
    }
    let annual = weather.annual_kwh_per_m2(|hour| hour.ghi_w_per_m2);
    if !ANNUAL_KWH_PER_M2.contains(&annual) {
        let what = format!(
            "global horizontal irradiance sums to {annual:.1} kWh/m² a year, expected {} to {}",
            ANNUAL_KWH_PER_M2.start(),
            ANNUAL_KWH_PER_M2.end()
        );
        findings.whole(what, "check the unit of irradiance");
    }
}

fn diffuse(hour: &Hour, findings: &mut Findings) {
    let (ghi, dhi) = (hour.ghi_w_per_m2, hour.dhi_w_per_m2);
    if dhi > DIFFUSE_AT_MOST.0 * ghi + DIFFUSE_AT_MOST.1 {
        findings.add(Kind::Sun, hour.line, format!("the diffuse irradiance {dhi} exceeds the global one, {ghi} W/m²"));
    }
}

/// Checks against the sun.
///
/// - `offset_min`: added to the declared instants.
pub fn with_sun(weather: &Weather, place: &Place, offset_min: f64, findings: &mut Findings) {
    if let Some(shift_h) = clock_shift_h(weather, place, offset_min) {
        if shift_h.abs() > CLOCK_FAULT_H {
            return shifted(weather, shift_h, findings);
        }
        if shift_h.abs() > CLOCK_NOTE_H {
            let (minutes, side) = ((60.0 * shift_h.abs()).round(), if shift_h > 0.0 { "after" } else { "before" });
            findings.note(format!("the mean day is centred {minutes} min {side} solar noon"));
        }
    }
    let mut nights: Vec<&Hour> = Vec::new();
    for hour in &weather.hours {
        let days = weather.instant_days(hour, offset_min);
        let elevation_deg = 90.0 - sun(days, place).zenith_deg;
        let is_bright = hour.ghi_w_per_m2.max(hour.dni_w_per_m2).max(hour.dhi_w_per_m2) > BRIGHT_W_PER_M2;
        if elevation_deg < DARK_BELOW_DEG && is_bright {
            nights.push(hour);
        } else {
            too_bright(hour, elevation_deg, extraterrestrial_w_per_m2(weather.day_of_year_ut(hour, 0.0)), findings);
        }
    }
    bright_nights(&nights, weather.hours.len(), findings);
}

fn too_bright(hour: &Hour, elevation_deg: f64, above_air: f64, findings: &mut Findings) {
    let most = GLOBAL_AT_MOST.0 * above_air * elevation_deg.to_radians().sin().max(0.0) + GLOBAL_AT_MOST.1;
    let (ghi, dni) = (hour.ghi_w_per_m2, hour.dni_w_per_m2);
    if ghi > most {
        let what = format!("global irradiance {ghi} W/m² with the sun at {elevation_deg:.1}°, at most {most:.0}");
        findings.add(Kind::Sun, hour.line, what);
    }
    if dni > DIRECT_AT_MOST * above_air {
        let what = format!("direct normal irradiance {dni} W/m², more than above the air ({above_air:.0})");
        findings.add(Kind::Sun, hour.line, what);
    }
}

fn bright_nights(nights: &[&Hour], records: usize, findings: &mut Findings) {
    let Some(first) = nights.first() else { return };
    let count = counted(nights.len(), "record");
    if nights.len() as f64 > BRIGHT_NIGHTS_SHARE * records as f64 {
        let what = format!("{count} with irradiance while the sun is more than 6° below the horizon, the first here");
        findings.line(first.line, what, "check time zone, place, and what the time stamps stand for");
    } else {
        findings.note(format!("{count} with irradiance at night, the first in line {}", first.line));
    }
}

fn shifted(weather: &Weather, shift_h: f64, findings: &mut Findings) {
    let (hours, side) = (shift_h.abs(), if shift_h > 0.0 { "late" } else { "early" });
    let Location { longitude_deg, .. } = weather.location;
    let what = format!(
        "its clock is shifted: the mean day is centred {hours:.1} h too {side} for UTC{:+} at longitude {:.2}°",
        weather.utc_offset_h,
        longitude_deg.unwrap_or(f64::NAN),
    );
    let hint = if weather.derived.is_some() {
        "check the time zone of its time stamps, and the longitude with its sign; a time offset, which two components \
         cannot tell, is stated by time_offset_min (--time-offset-min)"
    } else {
        "check the time zone of its time stamps, and the longitude with its sign"
    };
    findings.whole(what, hint);
}

/// Whether the mean day is centred where the sun is, with an offset and at a place that somebody states.
///
/// # Errors
/// If it is more than 1.25 h away.
pub fn fits_the_sun(weather: &Weather, place: &Place, offset_min: f64) -> Result<()> {
    let shift_h = clock_shift_h(weather, place, offset_min).filter(|shift_h| shift_h.abs() > CLOCK_FAULT_H);
    let Some(shift_h) = shift_h else { return Ok(()) };
    let (hours, side) = (shift_h.abs(), if shift_h > 0.0 { "late" } else { "early" });
    let what = format!(
        "the mean day is centred {hours:.1} h too {side} for longitude {:.2}° with a time offset of {offset_min} min",
        place.longitude_deg
    );
    let hint = "check the longitude with its sign, the time zone of the file, and the offset";
    Err(Fault::input(&weather.file, what).hint(hint).into())
}

/// Difference of offsets that is worth saying [min].
const OFFSET_NOTE_MIN: f64 = 5.0;
/// Offset beyond which it is not a matter of the label of an hour [min].
const LABEL_AT_MOST_MIN: f64 = 65.0;

/// What is to be said of a fitted offset that is not the declared one, and of one that could not be fitted.
pub fn say_offset(weather: &Weather, offset: &TimeOffset, findings: &mut Findings) {
    if weather.derived.is_some() && weather.stated_offset_min.is_none() {
        findings.note(
            "two components of irradiance do not tell when they are of: the declared instants are taken; \
             time_offset_min (--time-offset-min) states others",
        );
    }
    let Origin::Fitted { rms_w_per_m2, rms_as_declared_w_per_m2 } = offset.origin else { return };
    let beyond_min = offset.minutes - weather.header_offset_min.unwrap_or(0.0);
    if beyond_min.abs() <= OFFSET_NOTE_MIN {
        return;
    }
    let of_head = weather.header_offset_min.map_or(String::new(), |head| format!(" (its head says {head:+.0} min)"));
    let is_utc = weather.utc_offset_h != 0.0 && (beyond_min - 60.0 * weather.utc_offset_h).abs() <= OFFSET_NOTE_MIN;
    let utc =
        if is_utc { format!("; its rows are in UTC, not in UTC{:+}", weather.utc_offset_h) } else { String::new() };
    let beyond_label = if offset.minutes.abs() > LABEL_AT_MOST_MIN {
        "; that is more than labels are off by: check its time zone, and the longitude with its sign"
    } else {
        ""
    };
    findings.note(format!(
        "irradiance fits the sun {:+.0} min from the declared instants{of_head}{utc}: global irradiance and its \
         components differ by {rms_w_per_m2:.1} W/m² rms there, by {rms_as_declared_w_per_m2:.1} as declared{beyond_label}",
        offset.minutes
    ));
}

/// Days between those that stand for the year.
const EVERY_DAYS: u8 = 5;
/// Share of the first harmonic in the mean below which a day has no centre (polar places) [1].
const NO_CENTRE: f64 = 0.05;

/// How much later than the sun's the mean day of global irradiance is centred [h], −12 to 12, by the phases of the first
/// harmonics of both; `None` where the day has no centre.
///
/// - `offset_min`: added to the declared instants [min].
pub fn clock_shift_h(weather: &Weather, place: &Place, offset_min: f64) -> Option<f64> {
    let mut found = Harmonic::default();
    let mut expected = Harmonic::default();
    for hour in &weather.hours {
        let days = weather.instant_days(hour, offset_min);
        found.add(days, hour.ghi_w_per_m2);
        if hour.day.is_multiple_of(EVERY_DAYS) {
            expected.add(days, sun(days, place).zenith_deg.to_radians().cos().max(0.0));
        }
    }
    let turns = (found.phase()? - expected.phase()?) / TAU;
    Some(24.0 * (turns - turns.round()))
}

/// The first harmonic of a day.
#[derive(Default)]
struct Harmonic {
    sum: f64,
    cosine: f64,
    sine: f64,
}

impl Harmonic {
    fn add(&mut self, days: f64, value: f64) {
        let (sine, cosine) = (TAU * days).sin_cos();
        self.sum += value;
        self.cosine += value * cosine;
        self.sine += value * sine;
    }

    fn phase(&self) -> Option<f64> {
        let is_clear = self.sum > 0.0 && self.cosine.hypot(self.sine) > NO_CENTRE * self.sum;
        is_clear.then(|| self.sine.atan2(self.cosine))
    }
}
