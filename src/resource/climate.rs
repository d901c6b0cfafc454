//! Sun and weather of a project, from whatever it gives, as steps of a year.

use crate::project::file::{ClearSkyInput, ClearSkyModel, MonthlyGhiInput};
use crate::solar::air_mass;
use crate::solar::array::Instant;
use crate::solar::clear_sky::{self, Irradiance};
use crate::solar::decomposition::month_of_quantiles;
use crate::solar::position::{
    MEAN_DAYS, MONTH_DAYS, Place, Sun, days_since_j2000, extraterrestrial_daily_wh_per_m2, extraterrestrial_w_per_m2,
    sun,
};
use crate::solar::year::{Air, HOURS, MONTHS, Step, TYPICAL_YEAR, instant};
use crate::weather::Weather;
use crate::weather::blend::{Blend, blend, weights};
use crate::weather::matrix::Matrix;

/// Days of a month by which its clearness is spread, when only its mean is known.
const QUANTILES: usize = 3;

/// How much sun there is.
#[derive(Debug, Clone)]
pub enum Climate {
    /// Hourly weather at some places.
    Hourly(Vec<Station>),
    /// Monthly irradiation at some places.
    Monthly(Vec<MonthlyGhiInput>),
    /// A sky without clouds, anywhere.
    ClearSky(ClearSkyInput),
}

/// A place with hourly weather.
#[derive(Debug, Clone)]
pub struct Station {
    /// Id of the input.
    pub input: String,
    /// Where it is.
    pub place: Place,
    /// Its year, step by step.
    pub hourly: Vec<Step>,
    /// Its means by month and hour.
    pub means: Matrix,
    /// Minutes by which its instants were moved.
    pub offset_min: f64,
}

impl Station {
    /// Weather at a place whose instants are moved by `offset_min`.
    pub fn new(input: &str, place: Place, weather: &Weather, offset_min: f64) -> Self {
        Self {
            input: input.to_owned(),
            place,
            hourly: hourly_steps(weather, &place, offset_min),
            means: Matrix::from(weather, offset_min),
            offset_min,
        }
    }
}

/// Every record of a file as a step; years on record count as one.
pub fn hourly_steps(weather: &Weather, place: &Place, offset_min: f64) -> Vec<Step> {
    let first = days_since_j2000(TYPICAL_YEAR, 1.0);
    let span_h = f64::from(weather.step_min) / 60.0;
    let weight_h = span_h / weather.years();
    let steps = weather.hours.iter().map(|hour| {
        let middle = weather.instant_days(hour, offset_min);
        let air = Air {
            dni_w_per_m2: hour.dni_w_per_m2,
            dhi_w_per_m2: hour.dhi_w_per_m2,
            ghi_w_per_m2: Some(hour.ghi_w_per_m2),
            air_temperature_c: hour.air_temperature_c,
            wind_speed_m_per_s: hour.wind_speed_m_per_s,
        };
        let day = (middle - first).floor() + 1.0;
        let at = instant(middle, day, place, &air);
        let (month, hour) = (usize::from(hour.month - 1), usize::from(hour.minute / 60));
        Step { at, weight_h, month, hour, middle, span_h }
    });
    steps.collect()
}

/// The steps of mean days: 12 × 24, the sun where it stands on Klein's days.
///
/// Source: S. A. Klein, Solar Energy 19, 1977, p. 325, for the days; that means by hour of DNI and DHI carry a
/// year's light on fixed, tracking and vertical planes within about 1 % was measured on three years,
/// `tests/vectors/c6_allsky_klein_error*.json`. Energy is up to 2.3 % more than by the hours, which
/// [`super::correction`] takes back.
pub fn mean_day_steps(means: &Matrix, place: &Place) -> Vec<Step> {
    let hours = (0..MONTHS).flat_map(|month| (0..HOURS).map(move |hour| (month, hour)));
    let steps = hours.map(|(month, hour)| {
        let day = f64::from(MEAN_DAYS[month]);
        let middle = days_since_j2000(TYPICAL_YEAR, day + (means.hour_centre_utc_h + hour as f64) / HOURS as f64);
        let air = Air {
            dni_w_per_m2: means.dni_w_per_m2[month][hour],
            dhi_w_per_m2: means.dhi_w_per_m2[month][hour],
            ghi_w_per_m2: None,
            air_temperature_c: means.air_temperature_c[month][hour],
            wind_speed_m_per_s: means.wind_speed_m_per_s[month][hour],
        };
        let at = instant(middle, day, place, &air);
        Step { at, weight_h: f64::from(MONTH_DAYS[month]), month, hour, middle, span_h: 1.0 }
    });
    steps.collect()
}

impl Climate {
    /// Places whose weather is known; none for a sky without clouds, which is the same everywhere.
    pub fn points(&self) -> Vec<Place> {
        match self {
            Self::Hourly(stations) => stations.iter().map(|station| station.place).collect(),
            Self::Monthly(tables) => tables.iter().map(place_of).collect(),
            Self::ClearSky(_) => Vec::new(),
        }
    }

    /// Steps of a typical year at a place, from the weather of all points.
    pub fn steps(&self, at: &Place, how: Blend) -> Vec<Step> {
        match self {
            Self::Hourly(stations) => {
                let known: Vec<(Place, &Matrix)> =
                    stations.iter().map(|station| (station.place, &station.means)).collect();
                mean_day_steps(&blend(&known, at, how), at)
            }
            Self::Monthly(tables) => monthly_steps(&blended(tables, at, how), at),
            Self::ClearSky(clear) => clear_steps(clear, at),
        }
    }
}

/// Air of the mean day of a month.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AirOfMonth {
    /// Mean temperature [°C].
    pub mean_c: f64,
    /// Temperature of the warmest hour [°C]; `NaN` where the course of the day is not known.
    pub warmest_c: f64,
    /// Temperature of the coldest hour [°C]; `NaN` as above.
    pub coldest_c: f64,
    /// Mean vapour pressure [kPa]; `NaN` where the humidity is not known.
    pub vapour_pressure_kpa: f64,
    /// Mean wind speed [m/s].
    pub wind_speed_m_per_s: f64,
}

impl AirOfMonth {
    /// Air of the mean day of a month of weather.
    pub fn of_day(matrix: &Matrix, month: usize) -> Self {
        let mean = |hours: &[f64; HOURS]| hours.iter().sum::<f64>() / HOURS as f64;
        let course = &matrix.air_temperature_c[month];
        Self {
            mean_c: mean(course),
            warmest_c: course.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            coldest_c: course.iter().copied().fold(f64::INFINITY, f64::min),
            vapour_pressure_kpa: mean(&matrix.vapour_pressure_kpa[month]),
            wind_speed_m_per_s: mean(&matrix.wind_speed_m_per_s[month]),
        }
    }

    /// Air of which the course of the day and the humidity are not known.
    pub fn without_a_course(mean_c: f64, wind_speed_m_per_s: f64) -> Self {
        let [warmest_c, coldest_c, vapour_pressure_kpa] = [f64::NAN; 3];
        Self { mean_c, warmest_c, coldest_c, vapour_pressure_kpa, wind_speed_m_per_s }
    }
}

impl Climate {
    /// Air of the mean day of every month at a place, from the weather of all points.
    pub fn air(&self, at: &Place, how: Blend) -> [AirOfMonth; MONTHS] {
        match self {
            Self::Hourly(stations) => {
                let known: Vec<(Place, &Matrix)> =
                    stations.iter().map(|station| (station.place, &station.means)).collect();
                let matrix = blend(&known, at, how);
                std::array::from_fn(|month| AirOfMonth::of_day(&matrix, month))
            }
            Self::Monthly(tables) => {
                let table = blended(tables, at, how);
                table.air_temperature_c.map(|mean_c| AirOfMonth::without_a_course(mean_c, table.wind_speed_m_per_s))
            }
            Self::ClearSky(clear) => {
                [AirOfMonth::without_a_course(clear.air_temperature_c, clear.wind_speed_m_per_s); MONTHS]
            }
        }
    }
}

/// Irradiation by month at a place between points: clearness and air weighted by distance.
fn blended(tables: &[MonthlyGhiInput], at: &Place, how: Blend) -> MonthlyGhiInput {
    let places: Vec<Place> = tables.iter().map(place_of).collect();
    let weights = weights(&places, at, how);
    let mut sum = MonthlyGhiInput {
        monthly_ghi_kwh_per_m2_day: [0.0; MONTHS],
        latitude_deg: at.latitude_deg,
        longitude_deg: at.longitude_deg,
        elevation_m: at.elevation_m,
        air_temperature_c: [0.0; MONTHS],
        wind_speed_m_per_s: 0.0,
    };
    for (table, weight) in tables.iter().zip(weights) {
        let warmer_k = how.lapse_rate_k_per_km * (at.elevation_m - table.elevation_m) / 1_000.0;
        for (month, day) in MEAN_DAYS.into_iter().enumerate() {
            let above = |latitude_deg: f64| extraterrestrial_daily_wh_per_m2(latitude_deg, f64::from(day));
            let there = above(table.latitude_deg);
            let carried = if there > 0.0 { above(at.latitude_deg) / there } else { 0.0 };
            sum.monthly_ghi_kwh_per_m2_day[month] += weight * carried * table.monthly_ghi_kwh_per_m2_day[month];
            sum.air_temperature_c[month] += weight * (table.air_temperature_c[month] + warmer_k);
        }
        sum.wind_speed_m_per_s += weight * table.wind_speed_m_per_s;
    }
    sum
}

fn place_of(table: &MonthlyGhiInput) -> Place {
    Place { latitude_deg: table.latitude_deg, longitude_deg: table.longitude_deg, elevation_m: table.elevation_m }
}

/// The days of every month over which its irradiation is spread by clearness, in solar time.
pub fn monthly_steps(table: &MonthlyGhiInput, from: &Place) -> Vec<Step> {
    let mut steps = Vec::with_capacity(MONTHS * HOURS * QUANTILES);
    for (month, days) in MONTH_DAYS.into_iter().enumerate() {
        let mean_wh_per_m2 = 1_000.0 * table.monthly_ghi_kwh_per_m2_day[month];
        for day in month_of_quantiles(from.latitude_deg, month, mean_wh_per_m2, QUANTILES) {
            for (hour, typical) in day.hours.iter().enumerate() {
                let utc_h = (hour as f64 + 0.5) * day.step_h - from.longitude_deg / 15.0;
                let middle = days_since_j2000(TYPICAL_YEAR, f64::from(day.day_of_year) + utc_h / 24.0);
                let at = Instant {
                    sun: Sun {
                        zenith_deg: typical.zenith_deg,
                        apparent_zenith_deg: typical.zenith_deg,
                        azimuth_deg: typical.azimuth_deg,
                    },
                    irradiance: typical.irradiance,
                    extraterrestrial_w_per_m2: extraterrestrial_w_per_m2(f64::from(day.day_of_year)),
                    air_temperature_c: table.air_temperature_c[month],
                    wind_speed_m_per_s: table.wind_speed_m_per_s,
                };
                let weight_h = day.weight * day.step_h * f64::from(days);
                steps.push(Step { at, weight_h, month, hour, middle, span_h: day.step_h });
            }
        }
    }
    steps
}

/// Light of a sky without clouds.
fn clear_irradiance(clear: &ClearSkyInput, place: &Place, sun: &Sun, day: f64) -> Irradiance {
    let Sun { zenith_deg, apparent_zenith_deg, .. } = *sun;
    let above = extraterrestrial_w_per_m2(day);
    let pressure_pa = air_mass::pressure_pa(place.elevation_m);
    let turbidity = clear.linke_turbidity.as_ref().map_or(f64::NAN, |monthly| clear_sky::daily_turbidity(monthly, day));
    match clear.clear_sky {
        ClearSkyModel::Ineichen => {
            let absolute = air_mass::absolute(air_mass::relative(apparent_zenith_deg), pressure_pa);
            clear_sky::ineichen(apparent_zenith_deg, absolute, turbidity, place.elevation_m, above)
        }
        ClearSkyModel::Esra => clear_sky::esra(zenith_deg, place.elevation_m, turbidity, above),
        ClearSkyModel::SimplifiedSolis => {
            let water_cm = clear.precipitable_water_cm.unwrap_or(f64::NAN);
            let aod700 = clear.aod700.unwrap_or(f64::NAN);
            clear_sky::simplified_solis(90.0 - apparent_zenith_deg, aod700, water_cm, pressure_pa, above)
        }
    }
}

/// Klein's days under a sky without clouds, hour by hour of local mean time.
pub fn clear_steps(clear: &ClearSkyInput, place: &Place) -> Vec<Step> {
    let hours = (0..MONTHS).flat_map(|month| (0..HOURS).map(move |hour| (month, hour)));
    let steps = hours.map(|(month, hour)| {
        let day = f64::from(MEAN_DAYS[month]);
        let utc_h = hour as f64 + 0.5 - place.longitude_deg / 15.0;
        let middle = days_since_j2000(TYPICAL_YEAR, day + utc_h / 24.0);
        let weight_h = clear.clearness * f64::from(MONTH_DAYS[month]);
        clear_step(clear, place, (month, hour), (middle, weight_h), day)
    });
    steps.collect()
}

/// An hour with the sun where it stands and the light it has under a sky without clouds.
///
/// - `middle`: days since noon of 1 January 2000, universal time; with the weight of the step [h].
/// - `day`: of the year, from 1.
pub fn clear_step(
    clear: &ClearSkyInput,
    place: &Place,
    (month, hour): (usize, usize),
    (middle, weight_h): (f64, f64),
    day: f64,
) -> Step {
    let sun = sun(middle, place);
    let at = Instant {
        sun,
        irradiance: clear_irradiance(clear, place, &sun, day),
        extraterrestrial_w_per_m2: extraterrestrial_w_per_m2(day),
        air_temperature_c: clear.air_temperature_c,
        wind_speed_m_per_s: clear.wind_speed_m_per_s,
    };
    Step { at, weight_h, month, hour, middle, span_h: 1.0 }
}
