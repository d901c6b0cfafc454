//! Long parallel rows of equal planes: what they take from each other, from the ground, and what they leave to it.
//!
//! The section across the rows says it all, and over the whole width of a row and of the ground all views have closed
//! forms that know nothing of the height above the ground.

use crate::solar::transposition::{Plane, SkyState, cos_incidence};
use crate::solar::{at_least, at_most};

/// Least cosine of the zenith angle that horizontal beam light is divided by: the sun 1° high.
const LEAST_COS_ZENITH: f64 = 0.017_45;

/// Rows without end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rows {
    /// Front of the modules; a tracker's changes by the hour.
    pub plane: Plane,
    /// Width of a row over the distance from row to row [1], 0–1.
    pub gcr: f64,
}

/// How the rows' sky is lit; of the models of [`crate::solar::transposition`] these two hold between rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowSky {
    /// Equally over the dome.
    Isotropic,
    /// The circumsolar share goes with the beam.
    HayDavies,
}

/// Light on one side of the rows, mean over their width.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RowSide {
    /// Of the beam, shade of the next row taken off [W/m²].
    pub direct_w_per_m2: f64,
    /// Of the sky between the rows [W/m²].
    pub sky_w_per_m2: f64,
    /// Of the ground between the rows [W/m²].
    pub ground_w_per_m2: f64,
    /// Share of the width in the shade of the next row [1]; 1 where the sun is behind.
    pub shaded_fraction: f64,
}

impl RowSide {
    /// All light on the side [W/m²].
    pub fn global(&self) -> f64 {
        self.direct_w_per_m2 + self.sky_w_per_m2 + self.ground_w_per_m2
    }
}

/// Share of the sky's light that reaches the ground between rows [1], mean over the ground.
///
/// ½ (√(1 − 2g cos β + g²) + √(1 + 2g cos β + g²)) − g: by the crossed strings over one period of the rows.
///
/// Source: crossed strings of H. C. Hottel, A. F. Sarofim, "Radiative Transfer", 1967, ch. 2; checked against
/// `tests/vectors/c3_instants.json` (through [`front`] and [`back`]) and `tests/vectors/b_agri.json`.
pub fn ground_sky_view(gcr: f64, tilt_deg: f64) -> f64 {
    let cos_tilt = tilt_deg.to_radians().cos();
    let diagonal = |sign: f64| (1.0 + 2.0 * sign * gcr * cos_tilt + gcr * gcr).sqrt();
    f64::midpoint(diagonal(-1.0), diagonal(1.0)) - gcr
}

/// Share of the sky's light that reaches a side of a row [1], mean over its width; (1 + cos β)/2 without other rows.
///
/// - `tilt_deg`: 0–180; the back of a row is tilted by 180° minus the front.
///
/// Source: as [`ground_sky_view`]; checked against `tests/vectors/c3_instants.json`.
pub fn row_sky_view(gcr: f64, tilt_deg: f64) -> f64 {
    let pitch = 1.0 / gcr;
    let crossed = (pitch * pitch - 2.0 * pitch * tilt_deg.to_radians().cos() + 1.0).sqrt();
    f64::midpoint(1.0, pitch - crossed)
}

/// Share of what the ground gives back that reaches a side of a row [1], mean over its width; (1 − cos β)/2 without
/// other rows.
///
/// Source: as [`ground_sky_view`]; checked against `tests/vectors/c3_instants.json`.
pub fn row_ground_view(gcr: f64, tilt_deg: f64) -> f64 {
    row_sky_view(gcr, 180.0 - tilt_deg)
}

/// Share of the ground in the shade of the rows [1].
///
/// - `zenith_deg`, `azimuth_deg`: the sun's [°].
///
/// g |cos θ| / cos θz, at most 1; all is shade where the sun is down.
///
/// Source: width of the shadow of a plane, cast along the beam; checked against `tests/vectors/b_agri.json`.
pub fn ground_shaded_fraction(rows: &Rows, zenith_deg: f64, azimuth_deg: f64) -> f64 {
    let cos_zenith = zenith_deg.to_radians().cos();
    if cos_zenith <= 0.0 {
        return 1.0;
    }
    at_most(rows.gcr * cos_incidence(&rows.plane, zenith_deg, azimuth_deg).abs() / cos_zenith, 1.0)
}

/// Share of the width of a row's front that lies in the shade of the next row [1]; 1 where the sun is behind the row.
///
/// Source: M. A. Mikofski et al., "Bifacial performance modeling in large arrays", 46th IEEE Photovoltaic Specialists
/// Conf., 2019, p. 1282; checked against numbers of pvlib 0.16.1.
pub fn row_shaded_fraction(rows: &Rows, zenith_deg: f64, azimuth_deg: f64) -> f64 {
    let (sin_tilt, cos_tilt) = rows.plane.tilt_deg.to_radians().sin_cos();
    let across = (azimuth_deg - rows.plane.azimuth_deg).to_radians().cos() * zenith_deg.to_radians().tan();
    // Length of a row's shadow on level ground, in distances from row to row.
    let shadow = rows.gcr * (sin_tilt * across + cos_tilt);
    if shadow <= 1.0 {
        return 0.0;
    }
    if cos_incidence(&rows.plane, zenith_deg, azimuth_deg) > 0.0 { 1.0 - 1.0 / shadow } else { 1.0 }
}

/// Light on the front of rows, the shade on it and on the ground taken off.
///
/// Source: Mikofski et al. 2019 (see [`row_shaded_fraction`]) with the views of this module; checked against
/// `tests/vectors/c3_instants.json` and numbers of pvlib 0.16.1.
pub fn front(model: RowSky, rows: &Rows, sky: &SkyState) -> RowSide {
    side(model, rows, sky)
}

/// Light on the back of rows; as [`front`].
pub fn back(model: RowSky, rows: &Rows, sky: &SkyState) -> RowSide {
    let Plane { tilt_deg, azimuth_deg } = rows.plane;
    let turned = Plane { tilt_deg: 180.0 - tilt_deg, azimuth_deg: (azimuth_deg + 180.0).rem_euclid(360.0) };
    side(model, &Rows { plane: turned, gcr: rows.gcr }, sky)
}

fn side(model: RowSky, rows: &Rows, sky: &SkyState) -> RowSide {
    let cos_zenith = sky.apparent_zenith_deg.to_radians().cos();
    let round_sun = match model {
        RowSky::Isotropic => 0.0,
        RowSky::HayDavies => sky.irradiance.dhi_w_per_m2 * sky.irradiance.dni_w_per_m2 / sky.extraterrestrial_w_per_m2,
    };
    let beam_w_per_m2 = sky.irradiance.dni_w_per_m2 + round_sun / at_least(cos_zenith, LEAST_COS_ZENITH);
    let on_ground = at_least(cos_zenith, 0.0) / at_least(cos_zenith, LEAST_COS_ZENITH);
    let dome_w_per_m2 = sky.irradiance.dhi_w_per_m2 - round_sun * on_ground;
    let lit = 1.0 - ground_shaded_fraction(rows, sky.apparent_zenith_deg, sky.azimuth_deg);
    let view = ground_sky_view(rows.gcr, rows.plane.tilt_deg);
    let ground_w_per_m2 = sky.albedo * (lit * (sky.irradiance.ghi_w_per_m2 - dome_w_per_m2) + view * dome_w_per_m2);
    let shaded_fraction = row_shaded_fraction(rows, sky.apparent_zenith_deg, sky.azimuth_deg);
    let facing = at_least(cos_incidence(&rows.plane, sky.apparent_zenith_deg, sky.azimuth_deg), 0.0);
    RowSide {
        direct_w_per_m2: beam_w_per_m2 * facing * (1.0 - shaded_fraction),
        sky_w_per_m2: dome_w_per_m2 * row_sky_view(rows.gcr, rows.plane.tilt_deg),
        ground_w_per_m2: ground_w_per_m2 * row_ground_view(rows.gcr, rows.plane.tilt_deg),
        shaded_fraction,
    }
}

/// What the back adds to the power, relative to the front alone [1].
///
/// - `bifaciality`: power of the back over that of the front under equal light [1], 0.7–0.9.
/// - `mismatch`: share of the back's gain lost because its light is uneven [1].
pub fn bifacial_gain(bifaciality: f64, back_w_per_m2: f64, front_w_per_m2: f64, mismatch: f64) -> f64 {
    bifaciality * back_w_per_m2 / front_w_per_m2 * (1.0 - mismatch)
}
