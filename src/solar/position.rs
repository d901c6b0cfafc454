//! Where the sun stands, and how strong it is above the atmosphere.

use std::f64::consts::{PI, TAU};

use crate::solar::air_mass::pressure_pa;

/// Irradiance of a plane facing the sun at the mean distance, above the atmosphere [W/m²].
///
/// Source: ASTM E490-00, "Standard Solar Constant and Zero Air Mass Solar Spectral Irradiance Tables", 2000.
pub const SOLAR_CONSTANT_W_PER_M2: f64 = 1366.1;

/// Days of the year whose extraterrestrial irradiation is the mean of their month.
///
/// Source: S. A. Klein, "Calculation of monthly average insolation on tilted surfaces", Solar Energy 19, 1977, p. 325.
pub const MEAN_DAYS: [u16; 12] = [17, 47, 75, 105, 135, 162, 198, 228, 258, 288, 318, 344];

/// Days of the months of a common year.
pub const MONTH_DAYS: [u16; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// Lowest elevation of the sun's centre at which refraction is applied: its upper limb on the horizon [°].
const REFRACTED_ABOVE_DEG: f64 = -(0.266_67 + 0.566_7);
/// Temperature of the air that refraction is computed for [°C].
const REFRACTION_TEMPERATURE_C: f64 = 12.0;

/// A point on the earth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// Latitude, north positive [°].
    pub latitude_deg: f64,
    /// Longitude, east positive [°].
    pub longitude_deg: f64,
    /// Height above the sea [m].
    pub elevation_m: f64,
}

/// Where the sun's centre stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sun {
    /// Angle from the vertical without refraction [°], 0–180.
    pub zenith_deg: f64,
    /// Angle from the vertical as seen through the air [°].
    pub apparent_zenith_deg: f64,
    /// Direction [°], 0–360 clockwise from north.
    pub azimuth_deg: f64,
}

/// The sun on the celestial sphere.
struct Ecliptic {
    mean_longitude_deg: f64,
    right_ascension_rad: f64,
    declination_rad: f64,
}

/// Days since noon of 1 January 2000, universal time.
///
/// - `day_of_year`: 1.0 is 1 January 00:00 UT; the fraction is the time of day; values beyond the year are allowed.
pub fn days_since_j2000(year: i32, day_of_year: f64) -> f64 {
    let before = year - 1;
    let leap_days = before.div_euclid(4) - before.div_euclid(100) + before.div_euclid(400) - 484;
    f64::from(365 * (year - 2000) + leap_days) + (day_of_year - 1.0) - 0.5
}

/// Position of the sun [°], within 0.013° of NREL's SPA for 2023 (1950–2050 by the source).
///
/// - `days_since_j2000`: instant in universal time, from [`days_since_j2000`].
///
/// Refraction is that of the standard atmosphere at the place's elevation and 12 °C.
///
/// Source: J. J. Michalsky, "The Astronomical Almanac's algorithm for approximate solar position (1950–2050)", Solar
/// Energy 40(3), 1988, p. 227; refraction: G. G. Bennett 1982 as given by I. Reda, A. Andreas, "Solar position algorithm
/// for solar radiation applications", NREL/TP-560-34302, 2008, eq. 42; checked against
/// `tests/vectors/c1_solar_position.json`.
pub fn sun(days_since_j2000: f64, place: &Place) -> Sun {
    let ecliptic = ecliptic(days_since_j2000);
    let hour_of_day_ut = 24.0 * (days_since_j2000 + 0.5).rem_euclid(1.0);
    let sidereal_h = 6.697_375 + 0.065_709_824_2 * days_since_j2000 + hour_of_day_ut + place.longitude_deg / 15.0;
    let hour_angle_rad = (sidereal_h * 15.0).to_radians() - ecliptic.right_ascension_rad;
    let (zenith_deg, azimuth_deg) = from_hour_angle(place.latitude_deg, ecliptic.declination_rad, hour_angle_rad);
    let refraction_deg = refraction_deg(90.0 - zenith_deg, pressure_pa(place.elevation_m));
    Sun { zenith_deg, apparent_zenith_deg: zenith_deg - refraction_deg, azimuth_deg }
}

/// Zenith angle (without refraction) and azimuth of the sun [°].
///
/// - `hour_angle_rad`: 0 at solar noon, positive in the afternoon [rad].
///
/// Source: J. A. Duffie, W. A. Beckman, "Solar Engineering of Thermal Processes", 4th ed. 2013, eq. 1.6.5; azimuth by
/// the arc tangent of both of its components.
pub fn from_hour_angle(latitude_deg: f64, declination_rad: f64, hour_angle_rad: f64) -> (f64, f64) {
    let (sin_latitude, cos_latitude) = latitude_deg.to_radians().sin_cos();
    let (sin_declination, cos_declination) = declination_rad.sin_cos();
    let (sin_hour, cos_hour) = hour_angle_rad.sin_cos();
    let up = sin_declination * sin_latitude + cos_declination * cos_latitude * cos_hour;
    let east = -sin_hour * cos_declination;
    let north = sin_declination * cos_latitude - cos_declination * sin_latitude * cos_hour;
    // The arc tangent keeps its precision near the zenith, where the arc cosine loses it.
    let zenith_deg = east.hypot(north).atan2(up).to_degrees();
    (zenith_deg, east.atan2(north).to_degrees().rem_euclid(360.0))
}

/// Solar time minus mean time [min], −14 to 16.
///
/// Source: as [`sun`]: mean longitude minus right ascension.
pub fn equation_of_time_min(days_since_j2000: f64) -> f64 {
    let ecliptic = ecliptic(days_since_j2000);
    let ahead_deg = ecliptic.mean_longitude_deg - ecliptic.right_ascension_rad.to_degrees();
    4.0 * ((ahead_deg + 180.0).rem_euclid(360.0) - 180.0)
}

fn ecliptic(days_since_j2000: f64) -> Ecliptic {
    let mean_longitude_deg = 280.460 + 0.985_647_4 * days_since_j2000;
    let anomaly_rad = (357.528 + 0.985_600_3 * days_since_j2000).to_radians();
    let longitude_rad =
        (mean_longitude_deg + 1.915 * anomaly_rad.sin() + 0.020 * (2.0 * anomaly_rad).sin()).to_radians();
    let obliquity_rad = (23.439 - 4e-7 * days_since_j2000).to_radians();
    Ecliptic {
        mean_longitude_deg,
        right_ascension_rad: (obliquity_rad.cos() * longitude_rad.sin()).atan2(longitude_rad.cos()),
        declination_rad: (obliquity_rad.sin() * longitude_rad.sin()).asin(),
    }
}

/// How much higher the sun is seen than it stands [°].
fn refraction_deg(elevation_deg: f64, pressure_pa: f64) -> f64 {
    if elevation_deg < REFRACTED_ABOVE_DEG {
        return 0.0;
    }
    let density = pressure_pa / 101_000.0 * 283.0 / (273.0 + REFRACTION_TEMPERATURE_C);
    density * 1.02 / (60.0 * (elevation_deg + 10.3 / (elevation_deg + 5.11)).to_radians().tan())
}

/// Angle of the earth on its way round the sun [rad].
fn day_angle_rad(day_of_year: f64) -> f64 {
    TAU * (day_of_year - 1.0) / 365.0
}

/// Declination of the sun, for work in solar time [rad]; up to 0.1° off.
///
/// - `day_of_year`: 1 to 366.
///
/// Source: J. W. Spencer, "Fourier series representation of the position of the sun", Search 2(5), 1971, p. 172;
/// checked against `tests/vectors/c1_solar_position.json`.
pub fn declination_rad(day_of_year: f64) -> f64 {
    let angle = day_angle_rad(day_of_year);
    let (sin1, cos1) = angle.sin_cos();
    let (sin2, cos2) = (2.0 * angle).sin_cos();
    let (sin3, cos3) = (3.0 * angle).sin_cos();
    0.006_918 - 0.399_912 * cos1 + 0.070_257 * sin1 - 0.006_758 * cos2 + 0.000_907 * sin2 - 0.002_697 * cos3
        + 0.001_48 * sin3
}

/// Square of the mean over the present distance to the sun [1], 0.967–1.035.
///
/// Source: as [`declination_rad`].
pub fn eccentricity(day_of_year: f64) -> f64 {
    let angle = day_angle_rad(day_of_year);
    let (sin1, cos1) = angle.sin_cos();
    let (sin2, cos2) = (2.0 * angle).sin_cos();
    1.000_11 + 0.034_221 * cos1 + 0.001_28 * sin1 + 0.000_719 * cos2 + 0.000_077 * sin2
}

/// Irradiance of a plane facing the sun, above the atmosphere [W/m²].
pub fn extraterrestrial_w_per_m2(day_of_year: f64) -> f64 {
    SOLAR_CONSTANT_W_PER_M2 * eccentricity(day_of_year)
}

/// Hour angle at which the sun's centre sets, without refraction [rad]; 0 in polar night, π in polar day.
///
/// Source: Duffie & Beckman (see [`from_hour_angle`]), eq. 1.6.10.
pub fn sunset_hour_angle_rad(latitude_deg: f64, declination_rad: f64) -> f64 {
    (-latitude_deg.to_radians().tan() * declination_rad.tan()).clamp(-1.0, 1.0).acos()
}

/// Irradiation of a horizontal plane in a day, above the atmosphere [Wh/m²].
///
/// Source: Duffie & Beckman (see [`from_hour_angle`]), eq. 1.10.3; checked against
/// `tests/vectors/c6_allsky_klein_error.json`.
pub fn extraterrestrial_daily_wh_per_m2(latitude_deg: f64, day_of_year: f64) -> f64 {
    let declination = declination_rad(day_of_year);
    let sunset = sunset_hour_angle_rad(latitude_deg, declination);
    let (sin_latitude, cos_latitude) = latitude_deg.to_radians().sin_cos();
    let (sin_declination, cos_declination) = declination.sin_cos();
    24.0 / PI
        * extraterrestrial_w_per_m2(day_of_year)
        * (cos_latitude * cos_declination * sunset.sin() + sunset * sin_latitude * sin_declination)
}
