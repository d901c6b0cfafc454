//! Inputs that tell how much sun there is.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::Check;
use crate::project::file::{ClearSkyInput, ClearSkyModel, MonthlyGhiInput, WeatherInput};
use crate::project::{InputSpec, WeatherSpec};

/// A file of hourly weather.
pub fn file(check: &mut Check<'_>, at: &str, weather: &WeatherInput, path: PathBuf) -> WeatherSpec {
    for (key, stated, range) in [
        ("latitude_deg", weather.latitude_deg, -90.0..=90.0),
        ("longitude_deg", weather.longitude_deg, -180.0..=180.0),
        ("elevation_m", weather.elevation_m, -500.0..=9_000.0),
        ("time_offset_min", weather.time_offset_min, -720.0..=720.0),
    ] {
        if let Some(value) = stated {
            check.within(&format!("{at}.{key}"), value, range);
        }
    }
    if weather.latitude_deg.is_some() != weather.longitude_deg.is_some() {
        check.fault(at, "latitude_deg and longitude_deg belong together", "write both, or neither");
    }
    WeatherSpec {
        path,
        latitude_deg: weather.latitude_deg,
        longitude_deg: weather.longitude_deg,
        elevation_m: weather.elevation_m,
        time_offset_min: weather.time_offset_min,
    }
}

/// A table of global irradiation.
pub fn monthly(check: &mut Check<'_>, at: &str, monthly: &MonthlyGhiInput) {
    check.within(&format!("{at}.latitude_deg"), monthly.latitude_deg, -90.0..=90.0);
    check.within(&format!("{at}.longitude_deg"), monthly.longitude_deg, -180.0..=180.0);
    check.within(&format!("{at}.elevation_m"), monthly.elevation_m, -500.0..=9_000.0);
    check.within(&format!("{at}.wind_speed_m_per_s"), monthly.wind_speed_m_per_s, 0.0..=40.0);
    for value in monthly.monthly_ghi_kwh_per_m2_day {
        check.within(&format!("{at}.monthly_ghi_kwh_per_m2_day"), value, 0.0..=12.0);
    }
    for value in monthly.air_temperature_c {
        check.within(&format!("{at}.air_temperature_c"), value, -60.0..=60.0);
    }
}

/// A sky without clouds.
pub fn clear_sky(check: &mut Check<'_>, at: &str, clear: &ClearSkyInput) {
    check.within(&format!("{at}.clearness"), clear.clearness, 0.01..=1.0);
    check.within(&format!("{at}.air_temperature_c"), clear.air_temperature_c, -60.0..=60.0);
    check.within(&format!("{at}.wind_speed_m_per_s"), clear.wind_speed_m_per_s, 0.0..=40.0);
    for turbidity in clear.linke_turbidity.into_iter().flatten() {
        check.within(&format!("{at}.linke_turbidity"), turbidity, 1.0..=10.0);
    }
    if let Some(aod700) = clear.aod700 {
        check.within(&format!("{at}.aod700"), aod700, 0.0..=0.45);
    }
    if let Some(water_cm) = clear.precipitable_water_cm {
        check.within(&format!("{at}.precipitable_water_cm"), water_cm, 0.2..=10.0);
    }
    let solis = clear.clear_sky == ClearSkyModel::SimplifiedSolis;
    let needs = if solis { "aod700 and precipitable_water_cm" } else { "linke_turbidity" };
    let has_solis = (clear.aod700.is_some(), clear.precipitable_water_cm.is_some());
    let fits = match (solis, clear.linke_turbidity.is_some(), has_solis) {
        (true, turbid, has) => !turbid && has == (true, true),
        (false, turbid, has) => turbid && has == (false, false),
    };
    if !fits {
        check.fault(at, format!("this model of the clear sky needs {needs}, and nothing else of its kind"), "");
    }
}

/// A fault if a project has weather of several kinds, or more than one clear sky.
pub fn of_one_kind(check: &mut Check<'_>, inputs: &BTreeMap<String, InputSpec>) {
    let kind = |spec: &InputSpec| match spec {
        InputSpec::Weather(_) => Some("hourly weather"),
        InputSpec::MonthlyGhi(_) => Some("monthly irradiation"),
        InputSpec::ClearSky(_) => Some("a clear sky"),
        _ => None,
    };
    let mut weather = inputs.iter().filter_map(|(id, spec)| Some((id, kind(spec)?)));
    let Some((first, first_kind)) = weather.next() else { return };
    for (id, other) in weather {
        if other != first_kind || other == "a clear sky" {
            let what = format!("`{first}` is {first_kind} and `{id}` is {other}");
            let hint = "weather of one kind is needed: several files, several months' tables, or one clear sky";
            check.fault(&format!("inputs.{id}"), what, hint);
        }
    }
}
