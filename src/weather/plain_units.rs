//! Names and units of the columns of a plain table: `ghi [W/m2]`, `ghi (kWh/m2)`, `ghi_w_per_m2`.

use super::fields::{Field, Quantity};

/// Names of quantities; those of irradiance begin with their first three letters.
const NAMES: [(&str, Quantity); 9] = [
    ("ghi", Quantity::Ghi),
    ("dni", Quantity::Dni),
    ("dhi", Quantity::Dhi),
    ("temp_air", Quantity::AirTemperature),
    ("air_temperature", Quantity::AirTemperature),
    ("wind_speed", Quantity::WindSpeed),
    ("relative_humidity", Quantity::RelativeHumidity),
    ("temp_dew", Quantity::DewPoint),
    ("dew_point", Quantity::DewPoint),
];

/// A unit: how it is written (small letters, no spaces), what it is multiplied with, and what is added.
type Unit = (&'static [&'static str], f64, f64);

/// Units of irradiance, in W/m².
const POWER: [Unit; 2] = [(&["w/m2", "wm-2", "w_per_m2"], 1.0, 0.0), (&["kw/m2", "kwm-2", "kw_per_m2"], 1000.0, 0.0)];
/// Units of irradiation in a step of an hour, in W/m².
const ENERGY: [Unit; 6] = [
    (&["wh/m2", "whm-2", "wh_per_m2"], 1.0, 0.0),
    (&["kwh/m2", "kwhm-2", "kwh_per_m2"], 1000.0, 0.0),
    (&["j/m2", "jm-2", "j_per_m2"], 1.0 / 3600.0, 0.0),
    (&["kj/m2", "kjm-2", "kj_per_m2"], 1000.0 / 3600.0, 0.0),
    (&["mj/m2", "mjm-2", "mj_per_m2"], 1e6 / 3600.0, 0.0),
    (&["j/cm2", "jcm-2", "j_per_cm2"], 1e4 / 3600.0, 0.0),
];
/// Units of temperature, in °C.
const TEMPERATURE: [Unit; 2] = [(&["°c", "c", "degc", "deg_c", "celsius"], 1.0, 0.0), (&["k", "kelvin"], 1.0, -273.15)];
/// Units of speed, in m/s.
const SPEED: [Unit; 2] = [(&["m/s", "ms-1", "m_per_s"], 1.0, 0.0), (&["km/h", "kmh-1", "km_per_h"], 1.0 / 3.6, 0.0)];
/// Units of relative humidity, in %.
const SHARE: [Unit; 1] = [(&["%", "percent", "pct"], 1.0, 0.0)];

/// What a column is.
pub enum Column {
    /// A quantity in a unit known here.
    Known(Field),
    /// A quantity whose unit is not given or not known here: its name and what is expected.
    UnitUnknown(Quantity, String),
    /// Anything else.
    Other,
}

/// A name and a unit in brackets, if there is one.
fn split(written: &str) -> (String, Option<String>) {
    let lower = written.to_lowercase();
    match lower.split_once(['[', '(']) {
        Some((name, rest)) => {
            let unit: String = rest.chars().filter(|c| !matches!(c, ']' | ')' | ' ' | '^' | '·' | '*')).collect();
            (name.trim().to_owned(), Some(unit.replace('²', "2").replace('⁻', "-")))
        }
        None => (lower.trim().to_owned(), None),
    }
}

/// Whether a column is one of irradiance.
pub fn is_irradiance(written: &str) -> bool {
    let (name, _) = split(written);
    ["ghi", "dni", "dhi"]
        .iter()
        .any(|known| name.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('_')))
}

/// What a column is, by its name and unit.
///
/// - `step_min`: length of a step, to make irradiance of irradiation.
pub fn column(index: usize, written: &str, step_min: i32) -> Column {
    let (name, unit) = split(written);
    let known = NAMES.iter().filter_map(|(known, quantity)| Some((*quantity, name.strip_prefix(known)?)));
    for (quantity, rest) in known {
        let suffix = rest.strip_prefix('_');
        let unit = match (&unit, suffix) {
            (Some(unit), None) if rest.is_empty() => Some(unit.as_str()),
            (None, Some(suffix)) => Some(suffix),
            (None, None) if rest.is_empty() => None,
            _ => continue,
        };
        if let Some((factor, shift)) = unit.and_then(|unit| of_unit(quantity, unit, step_min)) {
            return Column::Known(Field { factor, shift, ..Field::new(index, quantity, &name) });
        }
        let found = unit.map_or("has no unit".to_owned(), |unit| format!("has the unit `{unit}`, unknown here"));
        return Column::UnitUnknown(
            quantity,
            format!("column `{}` {found}; write {}", written.trim(), expected(quantity)),
        );
    }
    Column::Other
}

fn of_unit(quantity: Quantity, written: &str, step_min: i32) -> Option<(f64, f64)> {
    let of = |units: &[Unit], scale: f64| {
        let unit = units.iter().find(|(names, ..)| names.contains(&written))?;
        Some((unit.1 * scale, unit.2))
    };
    match quantity {
        Quantity::AirTemperature | Quantity::DewPoint => of(&TEMPERATURE, 1.0),
        Quantity::RelativeHumidity => of(&SHARE, 1.0),
        Quantity::WindSpeed => of(&SPEED, 1.0),
        _ => of(&POWER, 1.0).or_else(|| of(&ENERGY, 60.0 / f64::from(step_min))),
    }
}

/// How a quantity may be written.
pub fn expected(quantity: Quantity) -> &'static str {
    match quantity {
        Quantity::AirTemperature => "`temp_air [°C]` or `[K]`",
        Quantity::WindSpeed => "`wind_speed [m/s]` or `[km/h]`",
        Quantity::RelativeHumidity => "`relative_humidity [%]`",
        Quantity::DewPoint => "`dew_point [°C]` or `[K]`",
        _ => "`[W/m2]`, `[Wh/m2]`, `[kWh/m2]`, `[kJ/m2]`, `[MJ/m2]` or `[J/cm2]` after its name",
    }
}
