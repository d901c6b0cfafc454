//! Beam and diffuse light where only the global is known: of an hour, of a day, of the mean of a month.

mod typical_day;

use std::f64::consts::PI;

use crate::solar::air_mass::STANDARD_PRESSURE_PA;
use crate::solar::clear_sky::Irradiance;
use crate::solar::position::{eccentricity, extraterrestrial_w_per_m2};
use crate::solar::{at_least, at_most};

pub use typical_day::{TypicalDay, TypicalHour, daily_clearness, month_of_mean, month_of_quantiles};

/// Least cosine of the zenith angle a clearness is computed with: the sun 3.7° high.
const LEAST_COS_ZENITH: f64 = 0.065;
/// Zenith angle from which all light counts as diffuse [°].
const LARGEST_ZENITH_DEG: f64 = 87.0;
/// Sunset hour angle that parts the winter from the other seasons in the fits of Erbs, 81.4° [rad].
const WINTER_SUNSET_RAD: f64 = 81.4 * PI / 180.0;

/// Global light over that above the atmosphere [1], 0–1.
///
/// - `zenith_deg`: zenith angle without refraction [°].
pub fn clearness(ghi_w_per_m2: f64, zenith_deg: f64, extraterrestrial_w_per_m2: f64) -> f64 {
    let above = extraterrestrial_w_per_m2 * at_least(zenith_deg.to_radians().cos(), LEAST_COS_ZENITH);
    at_most(at_least(ghi_w_per_m2 / above, 0.0), 1.0)
}

/// The parts of global light of which a share is diffuse.
fn parts(ghi_w_per_m2: f64, zenith_deg: f64, diffuse_share: f64) -> Irradiance {
    let dhi_w_per_m2 = diffuse_share * ghi_w_per_m2;
    let dni_w_per_m2 = (ghi_w_per_m2 - dhi_w_per_m2) / zenith_deg.to_radians().cos();
    if zenith_deg > LARGEST_ZENITH_DEG || dni_w_per_m2 < 0.0 {
        return Irradiance { ghi_w_per_m2, dni_w_per_m2: 0.0, dhi_w_per_m2: ghi_w_per_m2 };
    }
    Irradiance { ghi_w_per_m2, dni_w_per_m2, dhi_w_per_m2 }
}

/// Parts of an hour's global light by Erbs.
///
/// - `zenith_deg`: zenith angle without refraction, in the middle of the hour [°].
/// - `day_of_year`: 1 to 366.
///
/// Source: D. G. Erbs, S. A. Klein, J. A. Duffie, "Estimation of the diffuse radiation fraction for hourly, daily and
/// monthly-average global radiation", Solar Energy 28(4), 1982, p. 293; checked against
/// `tests/vectors/c3_instants.json`.
pub fn erbs(ghi_w_per_m2: f64, zenith_deg: f64, day_of_year: f64) -> Irradiance {
    let kt = clearness(ghi_w_per_m2, zenith_deg, extraterrestrial_w_per_m2(day_of_year));
    let share = if kt <= 0.22 {
        1.0 - 0.09 * kt
    } else if kt <= 0.8 {
        0.9511 + kt * (-0.1604 + kt * (4.388 + kt * (-16.638 + kt * 12.336)))
    } else {
        0.165
    };
    parts(ghi_w_per_m2, zenith_deg, if kt.is_nan() { kt } else { share })
}

/// Parts of an hour's global light by Orgill and Hollands; arguments as [`erbs`].
///
/// Source: J. F. Orgill, K. G. T. Hollands, "Correlation equation for hourly diffuse radiation on a horizontal surface",
/// Solar Energy 19(4), 1977, p. 357; checked against `tests/vectors/c3_instants.json`.
pub fn orgill_hollands(ghi_w_per_m2: f64, zenith_deg: f64, day_of_year: f64) -> Irradiance {
    let kt = clearness(ghi_w_per_m2, zenith_deg, extraterrestrial_w_per_m2(day_of_year));
    let share = if kt < 0.35 {
        1.0 - 0.249 * kt
    } else if kt <= 0.75 {
        1.557 - 1.84 * kt
    } else {
        0.177
    };
    parts(ghi_w_per_m2, zenith_deg, if kt.is_nan() { kt } else { share })
}

/// Parts of a quarter of an hour's or an hour's global light by Boland; arguments as [`erbs`].
///
/// Source: J. Boland, L. Scott, M. Luther, "Modelling the diffuse fraction of global solar radiation on a horizontal
/// surface", Environmetrics 12(2), 2001, p. 103, with the coefficients for 15 min; checked against
/// `tests/vectors/c3_instants.json`.
pub fn boland(ghi_w_per_m2: f64, zenith_deg: f64, day_of_year: f64) -> Irradiance {
    let kt = clearness(ghi_w_per_m2, zenith_deg, extraterrestrial_w_per_m2(day_of_year));
    parts(ghi_w_per_m2, zenith_deg, 1.0 / (1.0 + (8.645 * (kt - 0.613)).exp()))
}

/// Parts of an hour's global light by Maxwell's DISC; arguments as [`erbs`].
///
/// Source: E. L. Maxwell, "A quasi-physical model for converting hourly global horizontal to direct normal insolation",
/// SERI/TR-215-3087, 1987, with its solar constant of 1370 W/m² and Kasten's air mass of 1966; checked against
/// `tests/vectors/c3_instants.json`.
pub fn disc(ghi_w_per_m2: f64, zenith_deg: f64, day_of_year: f64, pressure_pa: f64) -> Irradiance {
    let above_w_per_m2 = 1370.0 * eccentricity(day_of_year);
    let kt = clearness(ghi_w_per_m2, zenith_deg, above_w_per_m2);
    let cos_zenith = zenith_deg.to_radians().cos();
    let all_diffuse = Irradiance { ghi_w_per_m2, dni_w_per_m2: 0.0, dhi_w_per_m2: ghi_w_per_m2 };
    if zenith_deg > LARGEST_ZENITH_DEG || ghi_w_per_m2 < 0.0 {
        return all_diffuse;
    }
    let air_mass = 1.0 / (cos_zenith + 0.15 * (93.885 - zenith_deg).powf(-1.253));
    let m = at_most(air_mass * pressure_pa / STANDARD_PRESSURE_PA, 12.0);
    let cubic = |c: [f64; 4]| c[0] + kt * (c[1] + kt * (c[2] + kt * c[3]));
    let [a, b, c] = if kt <= 0.6 {
        [[0.512, -1.56, 2.286, -2.222], [0.37, 0.962, 0.0, 0.0], [-0.28, 0.932, -2.048, 0.0]].map(cubic)
    } else {
        [[-5.743, 21.77, -27.49, 11.56], [41.4, -118.5, 66.05, 31.9], [-47.01, 184.2, -222.0, 73.81]].map(cubic)
    };
    let clear = 0.866 + m * (-0.122 + m * (0.0121 + m * (-0.000_653 + m * 1.4e-5)));
    let dni_w_per_m2 = (clear - (a + b * (c * m).exp())) * above_w_per_m2;
    if dni_w_per_m2 < 0.0 {
        return all_diffuse;
    }
    Irradiance { ghi_w_per_m2, dni_w_per_m2, dhi_w_per_m2: at_least(ghi_w_per_m2 - dni_w_per_m2 * cos_zenith, 0.0) }
}

/// Diffuse share of a day's global light [1].
///
/// - `clearness`: the day's global over that above the atmosphere [1].
///
/// Source: Erbs et al. 1982 (see [`erbs`]), in the rounding of Duffie & Beckman, 4th ed. 2013, eq. 2.11.1;
/// checked through `tests/vectors/c6b_ktquant_pvgis45N8E.json`.
pub fn erbs_daily(clearness: f64, sunset_hour_angle_rad: f64) -> f64 {
    let k = clearness;
    if sunset_hour_angle_rad <= WINTER_SUNSET_RAD {
        if k >= 0.715 { 0.143 } else { 1.0 + k * (-0.2727 + k * (2.4495 + k * (-11.9514 + k * 9.3879))) }
    } else if k >= 0.722 {
        0.175
    } else {
        1.0 + k * (0.2832 + k * (-2.5557 + k * 0.8448))
    }
}

/// Diffuse share of the mean global light of a month [1].
///
/// - `clearness`: the month's global over that above the atmosphere [1], 0.3–0.8.
///
/// Source: Erbs et al. 1982 (see [`erbs`]); checked against `tests/vectors/c6_allsky_klein_error.json`.
pub fn erbs_monthly(clearness: f64, sunset_hour_angle_rad: f64) -> f64 {
    let k = clearness;
    if sunset_hour_angle_rad <= WINTER_SUNSET_RAD {
        1.391 + k * (-3.560 + k * (4.189 - k * 2.137))
    } else {
        1.311 + k * (-3.022 + k * (3.427 - k * 1.821))
    }
}

/// Share of a day's diffuse light that falls in an hour at the rate of an hour angle [1/h]; 0 outside the day.
///
/// Source: B. Y. H. Liu, R. C. Jordan, "The interrelationship and characteristic distribution of direct, diffuse and total
/// solar radiation", Solar Energy 4(3), 1960, p. 1.
pub fn liu_jordan(hour_angle_rad: f64, sunset_hour_angle_rad: f64) -> f64 {
    let (sin_sunset, cos_sunset) = sunset_hour_angle_rad.sin_cos();
    if hour_angle_rad.abs() >= sunset_hour_angle_rad {
        return 0.0;
    }
    PI / 24.0 * (hour_angle_rad.cos() - cos_sunset) / (sin_sunset - sunset_hour_angle_rad * cos_sunset)
}

/// Share of a day's global light that falls in an hour at the rate of an hour angle [1/h]; 0 outside the day.
///
/// Source: M. Collares-Pereira, A. Rabl, "The average distribution of solar radiation: correlations between diffuse and
/// hemispherical and between daily and hourly insolation values", Solar Energy 22(2), 1979, p. 155.
pub fn collares_pereira_rabl(hour_angle_rad: f64, sunset_hour_angle_rad: f64) -> f64 {
    let shift = (sunset_hour_angle_rad - PI / 3.0).sin();
    let flatness = 0.409 + 0.5016 * shift + (0.6609 - 0.4767 * shift) * hour_angle_rad.cos();
    flatness * liu_jordan(hour_angle_rad, sunset_hour_angle_rad)
}
