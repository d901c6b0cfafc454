//! Water that grass would use, in the open and in the shade, and what rain gives of it.
//!
//! Source of all: R. G. Allen, L. S. Pereira, D. Raes, M. Smith, "Crop evapotranspiration", FAO Irrigation and Drainage
//! Paper 56, 1998, by number of the equation; checked against its example 18 and `tests/vectors/b_agri.json`.

use crate::solar::vapour::saturation_vapour_pressure_kpa;

/// Solar constant as FAO-56 has it [MJ/m² min].
const SOLAR_CONSTANT_MJ_PER_M2_MIN: f64 = 0.0820;
/// Stefan–Boltzmann constant [MJ/K⁴ m² day].
const STEFAN_BOLTZMANN_MJ: f64 = 4.903e-9;
/// Share of light that the reference grass reflects (eq. 38).
const ALBEDO_OF_GRASS: f64 = 0.23;
/// Kelvin at 0 °C, as FAO-56 has it.
const KELVIN: f64 = 273.16;

/// Weather of a day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Day {
    /// Highest temperature of the air [°C].
    pub warmest_c: f64,
    /// Lowest temperature of the air [°C].
    pub coldest_c: f64,
    /// Actual vapour pressure of the air [kPa].
    pub vapour_pressure_kpa: f64,
    /// Wind 2 m above the ground [m/s].
    pub wind_2m_m_per_s: f64,
    /// Day of the year, from 1.
    pub day_of_year: f64,
}

/// Where it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Site {
    /// Latitude, north positive [°].
    pub latitude_deg: f64,
    /// Height above the sea [m].
    pub elevation_m: f64,
}

/// Light above the air over a day [MJ/m²] (eq. 21–25).
pub fn extraterrestrial_mj_per_m2(latitude_deg: f64, day_of_year: f64) -> f64 {
    let turn = std::f64::consts::TAU * day_of_year / 365.0;
    let nearness = 1.0 + 0.033 * turn.cos();
    let declination = 0.409 * (turn - 1.39).sin();
    let latitude = latitude_deg.to_radians();
    let sunset = (-latitude.tan() * declination.tan()).clamp(-1.0, 1.0).acos();
    let path = sunset * latitude.sin() * declination.sin() + latitude.cos() * declination.cos() * sunset.sin();
    24.0 * 60.0 / std::f64::consts::PI * SOLAR_CONSTANT_MJ_PER_M2_MIN * nearness * path
}

/// Net radiation of the reference grass [MJ/m² day] (eq. 37–40).
///
/// - `light_mj_per_m2`: of the day on the ground.
pub fn net_radiation_mj_per_m2(day: &Day, site: &Site, light_mj_per_m2: f64) -> f64 {
    let above = extraterrestrial_mj_per_m2(site.latitude_deg, day.day_of_year);
    let clear = (0.75 + 2e-5 * site.elevation_m) * above;
    let clearness = (light_mj_per_m2 / clear).min(1.0);
    let fourth = |celsius: f64| (celsius + KELVIN).powi(4);
    let warmth = STEFAN_BOLTZMANN_MJ * f64::midpoint(fourth(day.warmest_c), fourth(day.coldest_c));
    let lost = warmth * (0.34 - 0.14 * day.vapour_pressure_kpa.sqrt()) * (1.35 * clearness - 0.35);
    (1.0 - ALBEDO_OF_GRASS) * light_mj_per_m2 - lost
}

/// Reference evapotranspiration of a day [mm] (eq. 6, the ground's heat left out as over a day); at least 0, `NaN` where weather is
/// not known.
///
/// Beneath an array it is that of the light there: air and wind are taken to be those of the open field, which understates what
/// shelter from wind saves.
///
/// - `light_mj_per_m2`: of the day on the ground.
pub fn reference_mm(day: &Day, site: &Site, light_mj_per_m2: f64) -> f64 {
    let mean_c = f64::midpoint(day.warmest_c, day.coldest_c);
    let pressure_kpa = 101.3 * ((293.0 - 0.0065 * site.elevation_m) / 293.0).powf(5.26);
    let gamma = 0.665e-3 * pressure_kpa;
    let slope = 4098.0 * saturation_vapour_pressure_kpa(mean_c) / (mean_c + 237.3).powi(2);
    let saturated =
        f64::midpoint(saturation_vapour_pressure_kpa(day.warmest_c), saturation_vapour_pressure_kpa(day.coldest_c));
    let net = net_radiation_mj_per_m2(day, site, light_mj_per_m2);
    let dryness = (saturated - day.vapour_pressure_kpa).max(0.0);
    let wind = day.wind_2m_m_per_s;
    let drawn = gamma * 900.0 / (mean_c + 273.0) * wind * dryness;
    let mm = (0.408 * slope * net + drawn) / (slope + gamma * (1.0 + 0.34 * wind));
    if mm < 0.0 { 0.0 } else { mm }
}

/// Wind 2 m above the ground from that at another height [m/s] (eq. 47).
pub fn wind_at_2m(wind_m_per_s: f64, height_m: f64) -> f64 {
    wind_m_per_s * 4.87 / (67.8 * height_m - 5.42).ln()
}

/// Rain of a month that plants can use [mm].
///
/// 0.6 P − 10 up to 75 mm, 0.8 P − 25 above, at least 0.
///
/// Source: C. Brouwer, M. Heibloem, "Irrigation water needs", FAO Irrigation Water Management, Training Manual 3, 1986, ch. 4 (for
/// slopes of at most 4–5 %).
pub fn effective_rain_mm(rain_mm: f64) -> f64 {
    let used = if rain_mm > 75.0 { 0.8 * rain_mm - 25.0 } else { 0.6 * rain_mm - 10.0 };
    used.max(0.0)
}
