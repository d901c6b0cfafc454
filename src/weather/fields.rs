//! Numbers of a row: which field holds which quantity, in which unit, and what can be true.

use super::checks::{Findings, Kind};
use crate::solar::vapour::saturation_vapour_pressure_kpa;

/// A quantity of weather.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// Global horizontal irradiance [W/m²].
    Ghi,
    /// Direct normal irradiance [W/m²].
    Dni,
    /// Diffuse horizontal irradiance [W/m²].
    Dhi,
    /// Direct irradiance of the horizontal plane [W/m²].
    DirectHorizontal,
    /// Air temperature [°C].
    AirTemperature,
    /// Wind speed [m/s].
    WindSpeed,
    /// Elevation of the sun [°].
    SunElevation,
    /// Relative humidity of the air [%].
    RelativeHumidity,
    /// Dew point of the air [°C].
    DewPoint,
}

/// Quantities there are.
const QUANTITIES: usize = 9;
/// Irradiance below zero down to this is the cooling of a sensor at night and taken for zero [W/m²].
const NIGHT_ERROR_W_PER_M2: f64 = 5.0;
/// Relative humidity of saturated air [%]; what is above it, by an error of a sensor, is taken for it.
const SATURATED_PERCENT: f64 = 100.0;

impl Quantity {
    /// What can be true, on earth and at the ground.
    const fn range(self) -> (f64, f64) {
        match self {
            Self::Ghi | Self::DirectHorizontal => (0.0, 1600.0),
            Self::Dni => (0.0, 1400.0),
            Self::Dhi => (0.0, 1200.0),
            Self::AirTemperature | Self::DewPoint => (-90.0, 70.0),
            Self::WindSpeed => (0.0, 90.0),
            Self::SunElevation => (-90.0, 90.0),
            Self::RelativeHumidity => (0.0, 110.0),
        }
    }

    /// Whether weather is of use without it.
    pub fn is_optional(self) -> bool {
        matches!(self, Self::RelativeHumidity | Self::DewPoint)
    }

    fn is_irradiance(self) -> bool {
        matches!(self, Self::Ghi | Self::Dni | Self::Dhi | Self::DirectHorizontal)
    }
}

/// Values of a row by quantity; `NaN` where there is none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Values([f64; QUANTITIES]);

impl Values {
    /// The value of a quantity.
    pub fn of(&self, quantity: Quantity) -> f64 {
        self.0[quantity as usize]
    }

    /// Actual vapour pressure of the air [kPa], by its relative humidity, or else by its dew point; `NaN` where neither is
    /// known.
    ///
    /// A dew point above the air temperature is not held at it.
    ///
    /// Source: FAO Irrigation and Drainage Paper 56, 1998, eq. 14 (dew point) and eq. 10 and 54 (relative humidity).
    pub fn vapour_pressure_kpa(&self) -> f64 {
        let relative_humidity = self.of(Quantity::RelativeHumidity);
        if relative_humidity.is_nan() {
            return saturation_vapour_pressure_kpa(self.of(Quantity::DewPoint));
        }
        relative_humidity / SATURATED_PERCENT * saturation_vapour_pressure_kpa(self.of(Quantity::AirTemperature))
    }
}

/// A field of a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Its place, from 0.
    pub index: usize,
    /// What it holds.
    pub quantity: Quantity,
    /// What the file calls it.
    pub name: String,
    /// Its code for missing.
    pub missing: Option<f64>,
    /// What it is multiplied with.
    pub factor: f64,
    /// What is added then.
    pub shift: f64,
}

impl Field {
    /// A field in the unit of its quantity.
    pub fn new(index: usize, quantity: Quantity, name: &str) -> Self {
        Self { index, quantity, name: name.to_owned(), missing: None, factor: 1.0, shift: 0.0 }
    }

    /// The value in the unit of the quantity; `NaN` where it is missing and optional.
    fn value(&self, written: &str) -> Result<f64, String> {
        let (name, is_optional) = (&self.name, self.quantity.is_optional());
        let missing = || if is_optional { Ok(f64::NAN) } else { Err(format!("the {name} is missing")) };
        if written.is_empty() {
            return missing();
        }
        let number: f64 = written.parse().map_err(|_| format!("the {name} is `{}`, no number", shortened(written)))?;
        if Some(number) == self.missing || (is_optional && number.is_nan()) {
            return missing();
        }
        let value = number * self.factor + self.shift;
        let (least, most) = self.quantity.range();
        let least_taken = if self.quantity.is_irradiance() { -NIGHT_ERROR_W_PER_M2 } else { least };
        if (least..=most).contains(&value) || (least_taken < value && value < least) {
            return Ok(value);
        }
        let scale = if self.factor == 1.0 && self.shift == 0.0 { String::new() } else { format!(" ({value} here)") };
        Err(format!("the {name} is {number}{scale}, expected {least} to {most}"))
    }
}

/// Letters of a value that are quoted.
const QUOTED: usize = 30;

/// A written value, not longer than can be read.
pub fn shortened(written: &str) -> String {
    written.chars().take(QUOTED).collect()
}

/// The values of a row; what has a fault is `NaN`, small negative irradiance is zero and counted, relative humidity is 100 %
/// at most.
pub fn values(line: usize, row: &[&str], fields: &[Field], findings: &mut Findings) -> Values {
    let mut values = Values([f64::NAN; QUANTITIES]);
    for field in fields {
        match field.value(row.get(field.index).map_or("", |text| text.trim())) {
            Ok(value) => {
                let is_below = field.quantity.is_irradiance() && value < 0.0;
                let is_beyond = field.quantity == Quantity::RelativeHumidity && value > SATURATED_PERCENT;
                findings.negatives += usize::from(is_below);
                // Adding zero turns the -0.0 that PVGIS writes into 0.0.
                let held = if is_beyond { SATURATED_PERCENT } else { value };
                values.0[field.quantity as usize] = if is_below { 0.0 } else { held + 0.0 };
            }
            Err(what) => findings.add(Kind::Value, line, what),
        }
    }
    values
}

/// A whole number of a row within a range; `None`, with a fault, if it is none.
pub fn whole(
    line: usize,
    written: &str,
    (name, least, most): (&str, i32, i32),
    findings: &mut Findings,
) -> Option<i32> {
    let what = match written.trim().parse::<f64>() {
        Ok(number) if number.fract() == 0.0 && (f64::from(least)..=f64::from(most)).contains(&number) => {
            return Some(number as i32);
        }
        Ok(number) => format!("the {name} is {number}, expected {least} to {most}"),
        Err(_) => format!("the {name} is `{}`, no number", shortened(written.trim())),
    };
    findings.add(Kind::Value, line, what);
    None
}

/// A number of the head within a range; `None`, with a fault, if it is none.
pub fn of_head(
    line: usize,
    written: &str,
    (name, least, most): (&str, f64, f64),
    findings: &mut Findings,
) -> Option<f64> {
    let what = match written.trim().parse::<f64>() {
        Ok(number) if (least..=most).contains(&number) => return Some(number),
        Ok(number) => format!("the {name} is {number}, expected {least} to {most}"),
        Err(_) => format!("the {name} is `{}`, no number", shortened(written.trim())),
    };
    findings.add(Kind::Value, line, what);
    None
}

/// Latitude of a head: name and range [°].
pub const LATITUDE: (&str, f64, f64) = ("latitude", -90.0, 90.0);
/// Longitude of a head: name and range [°].
pub const LONGITUDE: (&str, f64, f64) = ("longitude", -180.0, 180.0);
/// Elevation of a head: name and range [m].
pub const ELEVATION: (&str, f64, f64) = ("elevation", -1000.0, 9999.9);
/// Clock of a head less universal time: name and range [h].
pub const UTC_OFFSET: (&str, f64, f64) = ("time zone", -12.0, 14.0);
/// Offset of irradiance from the time stamp in a head: name and range [h].
pub const OFFSET: (&str, f64, f64) = ("irradiance time offset", -2.0, 2.0);
