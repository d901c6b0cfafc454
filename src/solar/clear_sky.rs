//! Irradiance under a sky without clouds.
//!
//! With turbidities of a climatology these totals are too high for a yield; they serve for ratios between planes and
//! hours.

use crate::solar::air_mass::STANDARD_PRESSURE_PA;
use crate::solar::at_least;

/// Irradiance of one instant, in its usual three parts.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Irradiance {
    /// Global horizontal [W/m²].
    pub ghi_w_per_m2: f64,
    /// Direct normal [W/m²].
    pub dni_w_per_m2: f64,
    /// Diffuse horizontal [W/m²].
    pub dhi_w_per_m2: f64,
}

/// Linke turbidity of a day, between monthly values that hold at the middle of their months [1].
///
/// - `monthly`: January to December; the year closes on itself.
/// - `day_of_year`: 1 to 366.
///
/// Checked against the daily values of `tests/vectors/c2_clearsky.json`.
pub fn daily_turbidity(monthly: &[f64; 12], day_of_year: f64) -> f64 {
    const MIDDLES: [f64; 14] =
        [-15.5, 15.5, 45.0, 74.5, 105.0, 135.5, 166.0, 196.5, 227.5, 258.0, 288.5, 319.0, 349.5, 380.5];
    let next = MIDDLES[1..13].iter().position(|&middle| day_of_year < middle).map_or(13, |at| at + 1);
    let (before, after) = (MIDDLES[next - 1], MIDDLES[next]);
    let (from, to) = (monthly[(next + 10) % 12], monthly[(next + 11) % 12]);
    from + (to - from) * (day_of_year - before) / (after - before)
}

/// Clear sky of Ineichen and Perez.
///
/// - `apparent_zenith_deg`: zenith angle with refraction [°]; at 90 and beyond all is dark.
/// - `absolute_air_mass`: at the pressure of the place [1].
/// - `linke_turbidity`: at air mass 2 [1], 1–10.
/// - `elevation_m`: height of the place [m].
///
/// Source: P. Ineichen, R. Perez, "A new airmass independent formulation for the Linke turbidity coefficient", Solar
/// Energy 73(3), 2002, p. 151; global: R. Perez et al., "A new operational model for satellite-derived
/// irradiances", Solar Energy 73(5), 2002, p. 307; without the latter's enhancement at high air mass, as pvlib by default;
/// checked against `tests/vectors/c2_clearsky.json`.
pub fn ineichen(
    apparent_zenith_deg: f64,
    absolute_air_mass: f64,
    linke_turbidity: f64,
    elevation_m: f64,
    extraterrestrial_w_per_m2: f64,
) -> Irradiance {
    let cos_zenith = apparent_zenith_deg.to_radians().cos();
    if apparent_zenith_deg >= 90.0 {
        return Irradiance::default();
    }
    let low_layer = (-elevation_m / 8000.0).exp();
    let haze_layer = (-elevation_m / 1250.0).exp();
    let scale = 5.09e-5 * elevation_m + 0.868;
    let depth = 3.92e-5 * elevation_m + 0.0387;
    let through = (-depth * absolute_air_mass * (low_layer + haze_layer * (linke_turbidity - 1.0))).exp();
    let ghi_w_per_m2 = scale * extraterrestrial_w_per_m2 * cos_zenith * through;
    let beam = (0.664 + 0.163 / low_layer) * (-0.09 * absolute_air_mass * (linke_turbidity - 1.0)).exp();
    // In clean air the first form would leave less diffuse light than there is.
    let scattered = (0.1 - 0.2 * (-linke_turbidity).exp()) / (0.1 + 0.882 / low_layer);
    let most = ghi_w_per_m2 * at_least((1.0 - scattered) / cos_zenith, 0.0);
    let beam = beam * extraterrestrial_w_per_m2;
    let dni_w_per_m2 = if most < beam { most } else { beam };
    Irradiance { ghi_w_per_m2, dni_w_per_m2, dhi_w_per_m2: ghi_w_per_m2 - dni_w_per_m2 * cos_zenith }
}

/// Clear sky of the European Solar Radiation Atlas.
///
/// - `zenith_deg`: zenith angle without refraction [°]; at 90 and beyond all is dark.
/// - `elevation_m`: height of the place [m].
/// - `linke_turbidity`: at air mass 2 [1].
///
/// At the low turbidities of high places it is 4–5 % above [`ineichen`].
///
/// Source: C. Rigollier, O. Bauer, L. Wald, "On the clear sky model of the ESRA – European Solar Radiation Atlas – with
/// respect to the Heliosat method", Solar Energy 68(1), 2000, p. 33, in the form of M. Šúri, J. Hofierka, "A new GIS-based
/// solar radiation model and its application to photovoltaic assessments", Trans. GIS 8(2), 2004, p. 175 (the diffuse part
/// takes the turbidity as it is, without the pressure); checked against `tests/vectors/c2_clearsky.json`.
pub fn esra(zenith_deg: f64, elevation_m: f64, linke_turbidity: f64, extraterrestrial_w_per_m2: f64) -> Irradiance {
    if zenith_deg >= 90.0 {
        return Irradiance::default();
    }
    let height = (90.0 - zenith_deg).to_radians();
    let sin_height = height.sin();
    let refraction = 0.061_359 * (0.159_4 + 1.123_0 * height + 0.065_656 * height * height)
        / (1.0 + 28.934_4 * height + 277.397_1 * height * height);
    let seen = height + refraction;
    let air_mass =
        (-elevation_m / 8434.5).exp() / (seen.sin() + 0.505_72 * (seen.to_degrees() + 6.079_95).powf(-1.636_4));
    let rayleigh = 1.0 / rayleigh_depth_inverse(air_mass);
    let dni_w_per_m2 = extraterrestrial_w_per_m2 * (-0.866_2 * linke_turbidity * air_mass * rayleigh).exp();
    let dhi_w_per_m2 = extraterrestrial_w_per_m2 * esra_diffuse(linke_turbidity, sin_height);
    Irradiance { ghi_w_per_m2: dni_w_per_m2 * sin_height + dhi_w_per_m2, dni_w_per_m2, dhi_w_per_m2 }
}

/// Inverse of the optical depth of clean dry air, a unit of air mass (Kasten 1996, as given by ESRA).
fn rayleigh_depth_inverse(air_mass: f64) -> f64 {
    let m = air_mass;
    if m <= 20.0 { 6.629_6 + m * (1.751_3 + m * (-0.120_2 + m * (0.006_5 - 0.000_13 * m))) } else { 10.4 + 0.718 * m }
}

/// Share of the extraterrestrial beam that arrives as diffuse light on the horizontal.
fn esra_diffuse(linke_turbidity: f64, sin_height: f64) -> f64 {
    let t = linke_turbidity;
    let overhead = -1.5843e-2 + 3.0543e-2 * t + 3.797e-4 * t * t;
    let lowest = 2e-3 / overhead;
    let a0 = at_least(2.6463e-1 - 6.1581e-2 * t + 3.1408e-3 * t * t, lowest);
    let a1 = 2.0402 + 1.8945e-2 * t - 1.1161e-2 * t * t;
    let a2 = -1.3025 + 3.9231e-2 * t + 8.5079e-3 * t * t;
    overhead * at_least(a0 + a1 * sin_height + a2 * sin_height * sin_height, 0.0)
}

/// Clear sky of the simplified Solis model.
///
/// - `apparent_elevation_deg`: elevation of the sun with refraction [°].
/// - `aod700`: aerosol optical depth at 700 nm [1], 0–0.45.
/// - `precipitable_water_cm`: 0.2–10 [cm]; less counts as 0.2.
///
/// Source: P. Ineichen, "A broadband simplified version of the Solis clear sky model", Solar Energy 82(8), 2008, p. 758;
/// checked against numbers of pvlib 0.16.1.
pub fn simplified_solis(
    apparent_elevation_deg: f64,
    aod700: f64,
    precipitable_water_cm: f64,
    pressure_pa: f64,
    extraterrestrial_w_per_m2: f64,
) -> Irradiance {
    if apparent_elevation_deg <= 0.0 {
        return Irradiance::default();
    }
    let (a, w) = (aod700, at_least(precipitable_water_cm, 0.2));
    let (ln_w, ln_p) = (w.ln(), (pressure_pa / STANDARD_PRESSURE_PA).ln());
    let enhanced = extraterrestrial_w_per_m2
        * (0.12 * w.powf(0.56) * a * a + 0.97 * w.powf(0.032) * a + 1.08 * w.powf(0.0051) + 0.071 * ln_p);
    let beam_depth = (1.82 + 0.056 * ln_w + 0.0071 * ln_w * ln_w) * a
        + (0.33 + 0.045 * ln_w + 0.0096 * ln_w * ln_w)
        + (0.0089 * w + 0.13) * ln_p;
    let beam_power = (0.009_25 * a * a + 0.0148 * a - 0.0172) * ln_w + (-0.7565 * a * a + 0.5057 * a + 0.4557);
    let global_depth = (1.24 + 0.047 * ln_w + 0.0061 * ln_w * ln_w) * a
        + (0.27 + 0.043 * ln_w + 0.0090 * ln_w * ln_w)
        + (0.0079 * w + 0.1) * ln_p;
    let global_power = -0.0147 * ln_w - 0.3079 * a * a + 0.2846 * a + 0.3798;
    let diffuse_power = -0.337 * a * a + 0.63 * a + 0.116 + ln_p / (18.0 + 152.0 * a);
    let sin_elevation = apparent_elevation_deg.to_radians().sin();
    let part = |depth: f64, power: f64| enhanced * (-depth / sin_elevation.powf(power)).exp();
    Irradiance {
        ghi_w_per_m2: part(global_depth, global_power) * sin_elevation,
        dni_w_per_m2: part(beam_depth, beam_power),
        dhi_w_per_m2: part(solis_diffuse_depth(a, w, ln_p), diffuse_power),
    }
}

/// Optical depth of the diffuse part of [`simplified_solis`], which has two fits.
fn solis_diffuse_depth(a: f64, w: f64, ln_p: f64) -> f64 {
    let (fit, of_pressure) = if a < 0.05 {
        let fit = [0.0042 * w + 3.12, 0.092 * w - 8.86, -0.23 * w + 74.8, -3.11 * w + 79.4, 86.0 * w - 13_800.0];
        (fit, -0.83 * (1.0 + a).powf(-17.2))
    } else {
        let fit = [0.0057 * w + 2.94, 0.0554 * w - 5.71, -0.134 * w + 15.5, 0.27 * w - 20.7, -0.21 * w + 11.6];
        (fit, -0.71 * (1.0 + a).powf(-15.0))
    };
    fit.iter().rev().fold(0.0, |sum, term| sum * a + term) + of_pressure * ln_p
}
