//! Inputs that tell how much sun there is.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::Check;
use super::inputs::DAYS_PER_YEAR;
use crate::project::file::{
    ClearSkyInput, ClearSkyModel, GhiPeriod, MonthlyGhiInput, RasterInput, RasterUnit, WeatherInput,
};
use crate::project::{InputSpec, RasterValues, WeatherSpec};
use crate::solar::position::{MEAN_DAYS, MONTH_DAYS, extraterrestrial_daily_wh_per_m2};

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
    for fault in too_bright(monthly) {
        check.fault(&format!("{at}.monthly_ghi_kwh_per_m2_day"), fault, "check the unit, the latitude and its sign");
    }
    for value in monthly.air_temperature_c {
        check.within(&format!("{at}.air_temperature_c"), value, -60.0..=60.0);
    }
}

/// Most of the light above the air that arrives in a month's mean [1].
///
/// Source: upper end of the daily clearness of P. Bendt, M. Collares-Pereira, A. Rabl, Solar Energy 27(1), 1981, in its use
/// for months in [`crate::solar::decomposition`].
const CLEAREST_MONTH: f64 = 0.85;

/// What a month of low sun may have beyond that [kWh/m² day]: its one mean day stands for days with and without a sun.
const TWILIGHT_KWH_PER_M2_DAY: f64 = 0.1;

/// What cannot be true of a table of irradiation: more light than there is above the air, or none all year.
pub fn too_bright(monthly: &MonthlyGhiInput) -> Vec<String> {
    let mut faults = Vec::new();
    for (month, (ghi, day)) in monthly.monthly_ghi_kwh_per_m2_day.iter().zip(MEAN_DAYS).enumerate() {
        let above = extraterrestrial_daily_wh_per_m2(monthly.latitude_deg, f64::from(day)) / 1_000.0;
        if *ghi > CLEAREST_MONTH * above + TWILIGHT_KWH_PER_M2_DAY {
            let month = month + 1;
            let latitude_deg = monthly.latitude_deg;
            faults.push(format!(
                "{ghi} kWh/m² a day in month {month}, while {above:.2} arrive above the air at latitude {latitude_deg}"
            ));
        }
    }
    if monthly.monthly_ghi_kwh_per_m2_day.iter().all(|ghi| *ghi == 0.0) {
        faults.push("there is no light all year".to_owned());
    }
    faults
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

/// The time that a map of irradiation is of, and the factor that makes it kWh/m² a day.
pub fn ghi_of(check: &mut Check<'_>, at: &str, raster: &RasterInput) -> Option<(Option<usize>, f64)> {
    let month = match raster.ghi? {
        GhiPeriod::Year(_) => None,
        GhiPeriod::Month(month) if (1..=12).contains(&month) => Some(usize::from(month) - 1),
        GhiPeriod::Month(month) => {
            check.fault(&format!("{at}.ghi"), format!("there is no month {month}"), "write 1 to 12, or \"annual\"");
            return None;
        }
    };
    if raster.layout.is_some() {
        check.fault(at, "an irradiation is no specific yield", "remove `layout`, or `ghi`");
        return None;
    }
    let days = month.map_or(DAYS_PER_YEAR, |month| f64::from(MONTH_DAYS[month]));
    match (raster.unit, month) {
        (Some(RasterUnit::LightPerDay), _) => Some((month, 1.0)),
        (Some(RasterUnit::LightPerYear), None) | (Some(RasterUnit::LightPerMonth), Some(_)) => {
            Some((month, 1.0 / days))
        }
        _ => {
            let own = if month.is_some() { "kWh/m2/month" } else { "kWh/m2/yr" };
            let hint = format!("write unit = \"{own}\" or \"kWh/m2/day\": it is stated, never guessed");
            check.fault(at, "an irradiation needs its unit", hint);
            None
        }
    }
}

/// Faults of maps of irradiation that do not make a year, or have no weather to scale.
pub fn maps(check: &mut Check<'_>, inputs: &BTreeMap<String, InputSpec>) {
    let mut months = [0; 12];
    let (mut annual, mut last) = (0, None);
    for (id, input) in inputs {
        let InputSpec::Raster(raster) = input else { continue };
        let Some((month, _)) = raster.ghi_of else { continue };
        last = Some(id);
        match month {
            Some(month) => months[month] += 1,
            None => annual += 1,
        }
        if raster.values != RasterValues::Quantity {
            check.fault(&format!("inputs.{id}"), "an irradiation has no classes", "");
        }
    }
    let Some(id) = last else { return };
    let at = format!("inputs.{id}.ghi");
    if !matches!(
        (annual, months),
        (1, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]) | (0, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1])
    ) && !check.left_out.any("inputs")
    {
        let hint = "give one map of the year, or one of each of the twelve months";
        check.fault(&at, "the maps of irradiation do not make one year", hint);
    }
    let scales = |input: &InputSpec| matches!(input, InputSpec::Weather(_) | InputSpec::MonthlyGhi(_));
    if !inputs.values().any(scales) && !check.left_out.any("inputs") {
        let hint = "add weather = { tmy = … } or a table monthly_ghi_kwh_per_m2_day: it tells the months, the air and the wind";
        check.fault(&at, "a map of irradiation has no weather to scale", hint);
    }
}
