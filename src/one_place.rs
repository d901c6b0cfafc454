//! The yield of one array at one place, with every step on the way, so that it can be checked by hand.

mod beneath;
mod words;

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::fault::{Fault, Result};
use crate::project::WeatherSpec;
use crate::project::file::{ClearSkyInput, MonthlyGhiInput};
use crate::resource::climate::AirOfMonth;
use crate::resource::{self, climate};
use crate::solar::array::{Array, Mounting};
use crate::solar::position::{MONTH_DAYS, Place, days_since_j2000};
use crate::solar::year::{HOURS, MONTHS, Step, Sums, TYPICAL_YEAR, Year};
use crate::tables::Tables;
use crate::weather::Weather;
use crate::weather::blend::great_circle_m;
use crate::weather::matrix::Matrix;
use crate::weather::time_offset::{Origin, misfit_w_per_m2};

pub use beneath::{Across, Beneath};
pub use words::text;

/// Where sun and weather come from.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// A file of weather.
    File(WeatherSpec),
    /// Irradiation by month.
    Monthly(MonthlyGhiInput),
    /// A sky without clouds, hour by hour through the year.
    ClearSky(ClearSkyInput),
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// Where the array stands.
    pub place: Place,
    /// Where sun and weather come from.
    pub source: Source,
    /// Whether every step of the year is told.
    pub detail: Detail,
    /// What is asked of the ground beneath; `None` for an array without rows.
    pub beneath: Option<Beneath>,
}

/// How much is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Sums by month, and means by month and hour.
    Months,
    /// Every step of the year besides.
    Steps,
}

/// Sun and weather of a year with what is worth knowing of them.
pub struct Sunlight {
    /// The steps of the year.
    pub steps: Vec<Step>,
    /// Air of the mean day of every month.
    pub air: [AirOfMonth; MONTHS],
    /// What the weather is.
    about: Map<String, Value>,
    /// What the user should know.
    pub notes: Vec<String>,
}

impl Sunlight {
    /// Sun and weather of a place.
    ///
    /// # Errors
    /// If weather cannot be read, or cannot be that of the place.
    pub fn new(order: &Order) -> Result<Self> {
        match &order.source {
            Source::File(spec) => of_file(spec, &order.place),
            Source::Monthly(table) => {
                let steps = climate::monthly_steps(table, &order.place);
                let about = json!({"kind": "monthly_ghi", "ghi_kwh_per_m2_day": table.monthly_ghi_kwh_per_m2_day});
                let still = |celsius: f64| AirOfMonth::without_a_course(celsius, table.wind_speed_m_per_s);
                let air = table.air_temperature_c.map(still);
                Ok(Self { steps, air, about: object(about), notes: vec![resource::MONTHLY_NOTE.to_owned()] })
            }
            Source::ClearSky(clear) => {
                let note = format!(
                    "THIS IS A SKY WITHOUT CLOUDS (times a clearness of {}): compare by it, do not plan by it; the yield of a real place needs measured or satellite weather",
                    clear.clearness
                );
                let about = json!({"kind": "clear_sky", "model": format!("{:?}", clear.clear_sky), "linke_turbidity": clear.linke_turbidity,
                    "aod700": clear.aod700, "precipitable_water_cm": clear.precipitable_water_cm, "clearness": clear.clearness});
                let air = [AirOfMonth::without_a_course(clear.air_temperature_c, clear.wind_speed_m_per_s); MONTHS];
                Ok(Self { steps: clear_year(clear, &order.place), air, about: object(about), notes: vec![note] })
            }
        }
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn of_file(spec: &WeatherSpec, place: &Place) -> Result<Sunlight> {
    let asked = WeatherSpec {
        latitude_deg: Some(place.latitude_deg),
        longitude_deg: Some(place.longitude_deg),
        elevation_m: Some(place.elevation_m),
        ..spec.clone()
    };
    let weather = crate::weather::read_with_offset(&spec.path, spec.time_offset_min)?;
    let mut notes = away(&weather, place, &spec.path)?;
    let (weather, place) = resource::placed(weather, &asked)?;
    notes.extend(weather.notes.iter().cloned());
    let used = resource::offset_min(&weather, &place, spec)?;
    let steps = climate::hourly_steps(&weather, &place, used);
    let about = json!({
        "kind": "hourly",
        "file": spec.path.display().to_string(),
        "format": format!("{:?}", weather.format),
        "latitude_deg": weather.location.latitude_deg,
        "longitude_deg": weather.location.longitude_deg,
        "elevation_m": weather.location.elevation_m,
        "utc_offset_h": weather.utc_offset_h,
        "step_min": weather.step_min,
        "time_offset": offset_json(&weather, &place, used, spec.time_offset_min),
    });
    let means = Matrix::from(&weather, used);
    let air = std::array::from_fn(|month| AirOfMonth::of_day(&means, month));
    Ok(Sunlight { steps, air, about: object(about), notes })
}

fn offset_json(weather: &Weather, place: &Place, used: f64, stated: Option<f64>) -> Value {
    let mut told = json!({"used_min": used, "stated_min": stated, "header_min": weather.header_offset_min});
    if let Some(offset) = weather.time_offset {
        match offset.origin {
            Origin::Fitted { rms_w_per_m2, rms_as_declared_w_per_m2 } => {
                told["found_min"] = offset.minutes.into();
                told["origin"] = "fitted".into();
                told["rms_w_per_m2"] = rms_w_per_m2.into();
                told["rms_as_declared_w_per_m2"] = rms_as_declared_w_per_m2.into();
            }
            Origin::Header(_) => told["origin"] = "header".into(),
            Origin::Declared(_) => told["origin"] = "declared".into(),
        }
    }
    if stated.is_some() {
        told["origin"] = "stated".into();
        if weather.derived.is_none() {
            told["rms_w_per_m2"] = misfit_w_per_m2(weather, place, used).into();
        }
    }
    told
}

/// A note if weather is taken from elsewhere: more than 20 km or 200 m of height.
///
/// # Errors
/// If it is from so far away that the place can only be a mistake.
fn away(weather: &Weather, place: &Place, path: &Path) -> Result<Vec<String>> {
    let Some(there) = weather.location.place() else { return Ok(Vec::new()) };
    let (far_m, higher_m) = (great_circle_m(&there, place), place.elevation_m - there.elevation_m);
    if far_m > resource::ELSEWHERE_M {
        let (lon, lat) = (there.longitude_deg, there.latitude_deg);
        let what = format!("is the weather of longitude {lon}, latitude {lat}: {:.0} km from here", far_m / 1_000.0);
        let hint = "check --lon and --lat with their signs, or give weather of the place";
        return Err(Fault::input(path.display().to_string(), what).hint(hint).into());
    }
    let note = (far_m > 20_000.0 || higher_m.abs() > 200.0).then(|| {
        format!(
            "the weather is that of a place {:.0} km away and {:.0} m {}: taken as it is",
            far_m / 1_000.0,
            higher_m.abs(),
            if higher_m >= 0.0 { "lower" } else { "higher" }
        )
    });
    Ok(note.into_iter().collect())
}

/// Every hour of a year under a sky without clouds, its sun in the middle of the hour of universal time.
pub fn clear_year(clear: &ClearSkyInput, place: &Place) -> Vec<Step> {
    let days = MONTH_DAYS.iter().enumerate().flat_map(|(month, days)| (0..*days).map(move |_| month));
    // Hours of the clock nearest to local time, so that days begin at night.
    let utc_offset_h = (place.longitude_deg / 15.0).round();
    let hours = days.enumerate().flat_map(|(day, month)| (0..HOURS).map(move |hour| (day, month, hour)));
    let steps = hours.map(|(day, month, hour)| {
        let day = day as f64 + 1.0;
        let middle = days_since_j2000(TYPICAL_YEAR, day + (hour as f64 + 0.5 - utc_offset_h) / HOURS as f64);
        climate::clear_step(clear, place, (month, hour), (middle, clear.clearness), day)
    });
    steps.collect()
}

/// What an array yields, step by step.
pub fn report(order: &Order, array: &Array, sunlight: &Sunlight, tables: &Tables) -> Value {
    let year = Year::of(array, &sunlight.steps);
    let total = year.total();
    let mut report = json!({
        "poa_kwh_per_m2_yr": total.poa_kwh_per_m2(),
        "specific_yield_kwh_per_kwp_yr": total.ac_kwh_per_kwp,
        "place": {"latitude_deg": order.place.latitude_deg, "longitude_deg": order.place.longitude_deg, "elevation_m": order.place.elevation_m},
        "weather": sunlight.about,
        "array": array_json(array),
        "notes": sunlight.notes,
        "annual": sums(&total),
        "monthly": year.months.iter().enumerate().map(|(month, one)| {
            let mut row = sums(one);
            row["month"] = (month + 1).into();
            row
        }).collect::<Vec<_>>(),
        "profile_kw_per_kwp": year.profile_kw_per_kwp,
    });
    if let Some(gcr) = tracker_gcr(array) {
        let rows = Array { gcr: Some(gcr), ..*array };
        let total = Year::of(&rows, &sunlight.steps).total();
        report["between_rows"] = json!({"gcr": gcr, "poa_kwh_per_m2_yr": total.poa_kwh_per_m2(), "specific_yield_kwh_per_kwp_yr": total.ac_kwh_per_kwp});
    }
    if let Some(beneath) = &order.beneath {
        report["beneath"] = beneath.report(order, array, sunlight, tables);
    }
    if order.detail == Detail::Steps {
        let told = |step: &Step| {
            let mut told = step_json(array, step);
            if let Some(beneath) = &order.beneath {
                beneath.step(array, step, &mut told);
            }
            told
        };
        report["steps"] = sunlight.steps.iter().map(told).collect();
    }
    report
}

/// Rows that only decide how a tracker turns.
fn tracker_gcr(array: &Array) -> Option<f64> {
    match &array.mounting {
        Mounting::Tracking(tracker) if array.gcr.is_none() && tracker.gcr > 0.0 => Some(tracker.gcr),
        _ => None,
    }
}

fn array_json(array: &Array) -> Value {
    let mounting = match &array.mounting {
        Mounting::Fixed(plane) => json!({"fixed": {"tilt_deg": plane.tilt_deg, "azimuth_deg": plane.azimuth_deg}}),
        Mounting::Tracking(tracker) => json!({"tracker": {
            "axis_tilt_deg": tracker.axis_tilt_deg,
            "axis_azimuth_deg": tracker.axis_azimuth_deg,
            "max_angle_deg": tracker.max_angle_deg,
            "gcr": tracker.gcr,
            "cross_axis_tilt_deg": tracker.cross_axis_tilt_deg,
            "backtracking": format!("{:?}", tracker.backtracking),
        }}),
    };
    json!({
        "mounting": mounting,
        "gcr": array.gcr,
        "bifaciality": array.rear.map(|rear| rear.bifaciality),
        "bifacial_mismatch_share": array.rear.map(|rear| rear.mismatch_share),
        "sky_model": format!("{:?}", array.sky_model),
        "albedo": array.albedo,
        "incidence": format!("{:?}", array.incidence),
        "cell": format!("{:?}", array.cell),
        "gamma_per_k": array.electric.gamma_per_k,
        "losses_share": array.electric.losses_share,
        "inverter": format!("{:?}", array.electric.inverter),
    })
}

fn sums(sums: &Sums) -> Value {
    json!({
        "hours": sums.hours,
        "ghi_kwh_per_m2": sums.ghi_kwh_per_m2,
        "dni_kwh_per_m2": sums.dni_kwh_per_m2,
        "dhi_kwh_per_m2": sums.dhi_kwh_per_m2,
        "poa_direct_kwh_per_m2": sums.poa_direct_kwh_per_m2,
        "poa_sky_diffuse_kwh_per_m2": sums.poa_sky_diffuse_kwh_per_m2,
        "poa_ground_diffuse_kwh_per_m2": sums.poa_ground_diffuse_kwh_per_m2,
        "poa_kwh_per_m2": sums.poa_kwh_per_m2(),
        "poa_rear_kwh_per_m2": sums.poa_rear_kwh_per_m2,
        "effective_kwh_per_m2": sums.effective_kwh_per_m2,
        "cell_temperature_c": sums.cell_temperature_c(),
        "dc_kwh_per_kwp": sums.dc_kwh_per_kwp,
        "clipped_kwh_per_kwp": sums.clipped_kwh_per_kwp,
        "ac_kwh_per_kwp": sums.ac_kwh_per_kwp,
    })
}

/// All that is computed on the way of one step.
fn step_json(array: &Array, step: &Step) -> Value {
    let (at, output) = (&step.at, array.output(&step.at));
    json!({
        "month": step.month + 1,
        "hour": step.hour,
        "days_since_j2000": step.middle,
        "weight_h": step.weight_h,
        "zenith_deg": at.sun.zenith_deg,
        "apparent_zenith_deg": at.sun.apparent_zenith_deg,
        "azimuth_deg": at.sun.azimuth_deg,
        "dni_extra_w_per_m2": at.extraterrestrial_w_per_m2,
        "ghi_w_per_m2": at.irradiance.ghi_w_per_m2,
        "dni_w_per_m2": at.irradiance.dni_w_per_m2,
        "dhi_w_per_m2": at.irradiance.dhi_w_per_m2,
        "air_temperature_c": at.air_temperature_c,
        "wind_speed_m_per_s": at.wind_speed_m_per_s,
        "surface_tilt_deg": output.plane.tilt_deg,
        "surface_azimuth_deg": output.plane.azimuth_deg,
        "rotation_deg": output.rotation_deg,
        "aoi_deg": output.aoi_deg,
        "poa_direct_w_per_m2": output.front.direct_w_per_m2,
        "poa_circumsolar_w_per_m2": output.front.sky.circumsolar_w_per_m2,
        "poa_isotropic_w_per_m2": output.front.sky.isotropic_w_per_m2,
        "poa_horizon_w_per_m2": output.front.sky.horizon_w_per_m2,
        "poa_ground_diffuse_w_per_m2": output.front.ground_w_per_m2,
        "poa_global_w_per_m2": output.front.global(),
        "poa_rear_w_per_m2": output.rear.global(),
        "incidence_modifier": output.incidence_modifier,
        "effective_w_per_m2": output.effective.global_w_per_m2(),
        "cell_temperature_c": output.cell_temperature_c,
        "dc_w_per_kwp": output.dc_w_per_kwp,
        "clipped_w_per_kwp": output.clipped_w_per_kwp,
        "ac_w_per_kwp": output.ac_w_per_kwp,
    })
}
