//! Irradiance of a tilted plane.

use crate::solar::at_least;
use crate::solar::clear_sky::Irradiance;

/// Least cosine of the zenith angle that horizontal beam light is divided by: the sun 1° high.
const LEAST_COS_ZENITH: f64 = 0.017_45;

/// How the sky's diffuse light is spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SkyModel {
    /// Equally over the dome (Hottel and Woertz 1942).
    Isotropic,
    /// Brighter round the sun and at the horizon (Klucher 1979).
    Klucher,
    /// A share from the sun's direction, the rest from the dome (Hay and Davies 1980).
    HayDavies,
    /// Hay–Davies with a brighter horizon (Reindl 1990).
    Reindl,
    /// An empirical brightening with the zenith angle (King).
    King,
    /// Three parts by classes of clearness (Perez 1990, all sites).
    Perez,
}

/// A plane that receives light.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plane {
    /// Angle from the horizontal [°], 0–180; beyond 90 it looks down.
    pub tilt_deg: f64,
    /// Direction it faces [°], clockwise from north.
    pub azimuth_deg: f64,
}

/// What an instant offers to any plane.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SkyState {
    /// Irradiance of the horizontal and of the beam.
    pub irradiance: Irradiance,
    /// Zenith angle of the sun with refraction [°].
    pub apparent_zenith_deg: f64,
    /// Azimuth of the sun [°].
    pub azimuth_deg: f64,
    /// Beam above the atmosphere [W/m²].
    pub extraterrestrial_w_per_m2: f64,
    /// Air mass at sea level [1]; only [`SkyModel::Perez`] asks for it, `NaN` where the sun is down.
    pub relative_air_mass: f64,
    /// Share of global light that the ground gives back [1].
    pub albedo: f64,
}

/// Diffuse light of the sky on a plane, by where it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SkyDiffuse {
    /// From the dome [W/m²]: what a horizon cuts in proportion to the view.
    pub isotropic_w_per_m2: f64,
    /// From the sun's direction [W/m²]: what is cut with the beam.
    pub circumsolar_w_per_m2: f64,
    /// From the band along the horizon [W/m²]; negative where the model darkens it.
    pub horizon_w_per_m2: f64,
}

/// Irradiance of a plane.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PlaneOfArray {
    /// Of the beam [W/m²].
    pub direct_w_per_m2: f64,
    /// Of the sky.
    pub sky: SkyDiffuse,
    /// Of the ground before the plane [W/m²].
    pub ground_w_per_m2: f64,
}

impl SkyDiffuse {
    /// All of it [W/m²].
    pub fn total(&self) -> f64 {
        self.isotropic_w_per_m2 + self.circumsolar_w_per_m2 + self.horizon_w_per_m2
    }
}

impl PlaneOfArray {
    /// All light on the plane [W/m²].
    pub fn global(&self) -> f64 {
        self.direct_w_per_m2 + self.sky.total() + self.ground_w_per_m2
    }
}

/// Cosine of the angle between the sun and the plane's normal [1], −1 to 1; negative behind the plane.
pub fn cos_incidence(plane: &Plane, sun_zenith_deg: f64, sun_azimuth_deg: f64) -> f64 {
    let (sin_tilt, cos_tilt) = plane.tilt_deg.to_radians().sin_cos();
    let (sin_zenith, cos_zenith) = sun_zenith_deg.to_radians().sin_cos();
    let turned = (sun_azimuth_deg - plane.azimuth_deg).to_radians().cos();
    (cos_tilt * cos_zenith + sin_tilt * sin_zenith * turned).clamp(-1.0, 1.0)
}

/// Angle between the sun and the plane's normal [°], 0–180.
pub fn incidence_deg(plane: &Plane, sun_zenith_deg: f64, sun_azimuth_deg: f64) -> f64 {
    cos_incidence(plane, sun_zenith_deg, sun_azimuth_deg).acos().to_degrees()
}

/// Irradiance of a plane over open ground.
///
/// Sources: see [`sky_diffuse`]; ground: B. Y. H. Liu, R. C. Jordan, "The long-term average performance of flat-plate
/// solar-energy collectors", Solar Energy 7(2), 1963, p. 53; checked against `tests/vectors/c3_instants.json` and
/// `tests/vectors/c5_annual_clear.json`.
pub fn plane_of_array(model: SkyModel, plane: &Plane, sky: &SkyState) -> PlaneOfArray {
    let cos_incidence = cos_incidence(plane, sky.apparent_zenith_deg, sky.azimuth_deg);
    let cos_tilt = plane.tilt_deg.to_radians().cos();
    PlaneOfArray {
        direct_w_per_m2: at_least(sky.irradiance.dni_w_per_m2 * cos_incidence, 0.0),
        sky: sky_diffuse(model, plane, sky),
        ground_w_per_m2: sky.irradiance.ghi_w_per_m2 * sky.albedo * (1.0 - cos_tilt) / 2.0,
    }
}

/// Diffuse light of the sky on a plane.
///
/// Sources: T. M. Klucher, "Evaluation of models to predict insolation on tilted surfaces", Solar Energy 23(2), 1979,
/// p. 111; J. E. Hay, J. A. Davies, "Calculation of the solar radiation incident on an inclined surface", Proc. First
/// Canadian Solar Radiation Data Workshop, 1980, p. 59; D. T. Reindl, W. A. Beckman, J. A. Duffie, "Evaluation of hourly
/// tilted surface radiation models", Solar Energy 45(1), 1990, p. 9; D. L. King (Sandia), as recorded by pvlib; R. Perez et
/// al., "Modeling daylight availability and irradiance components from direct and global irradiance", Solar Energy 44(5),
/// 1990, p. 271.
pub fn sky_diffuse(model: SkyModel, plane: &Plane, sky: &SkyState) -> SkyDiffuse {
    let Irradiance { ghi_w_per_m2: ghi, dni_w_per_m2: dni, dhi_w_per_m2: dhi } = sky.irradiance;
    let view = f64::midpoint(1.0, plane.tilt_deg.to_radians().cos());
    let half_tilt_cubed = (plane.tilt_deg.to_radians() / 2.0).sin().powi(3);
    let cos_incidence = at_least(cos_incidence(plane, sky.apparent_zenith_deg, sky.azimuth_deg), 0.0);
    let zenith = sky.apparent_zenith_deg.to_radians();
    let dome = SkyDiffuse { isotropic_w_per_m2: dhi * view, ..SkyDiffuse::default() };
    match model {
        SkyModel::Isotropic => dome,
        SkyModel::Klucher => {
            let clear = if ghi == 0.0 { 0.0 } else { 1.0 - (dhi / ghi).powi(2) };
            let horizon = dhi * view * clear * half_tilt_cubed;
            let round_sun = clear * cos_incidence * cos_incidence * zenith.sin().powi(3);
            SkyDiffuse { circumsolar_w_per_m2: (dhi * view + horizon) * round_sun, horizon_w_per_m2: horizon, ..dome }
        }
        SkyModel::HayDavies | SkyModel::Reindl => {
            let anisotropy = dni / sky.extraterrestrial_w_per_m2;
            let beam_ratio = cos_incidence / at_least(zenith.cos(), LEAST_COS_ZENITH);
            let isotropic = dhi * (1.0 - anisotropy) * view;
            let circumsolar = dhi * anisotropy * beam_ratio;
            if model == SkyModel::HayDavies {
                return SkyDiffuse {
                    isotropic_w_per_m2: at_least(isotropic, 0.0),
                    circumsolar_w_per_m2: at_least(circumsolar, 0.0),
                    horizon_w_per_m2: 0.0,
                };
            }
            let beam_share = if ghi == 0.0 { 0.0 } else { at_least(dni * zenith.cos(), 0.0) / ghi };
            SkyDiffuse {
                isotropic_w_per_m2: isotropic,
                circumsolar_w_per_m2: circumsolar,
                horizon_w_per_m2: isotropic * beam_share.sqrt() * half_tilt_cubed,
            }
        }
        SkyModel::King => {
            let brightening = ghi * (0.012 * sky.apparent_zenith_deg - 0.04) * (1.0 - view);
            // All of it is at least nothing.
            SkyDiffuse { horizon_w_per_m2: at_least(brightening, -dhi * view), ..dome }
        }
        SkyModel::Perez => perez(plane, sky, cos_incidence),
    }
}

/// Classes of clearness: upper bound, then coefficients of the circumsolar and of the horizon brightness.
///
/// Source: Perez et al. 1990 (see [`sky_diffuse`]), the composite of all sites.
const PEREZ: [(f64, [f64; 3], [f64; 3]); 8] = [
    (1.065, [-0.008, 0.588, -0.062], [-0.060, 0.072, -0.022]),
    (1.23, [0.130, 0.683, -0.151], [-0.019, 0.066, -0.029]),
    (1.5, [0.330, 0.487, -0.221], [0.055, -0.064, -0.026]),
    (1.95, [0.568, 0.187, -0.295], [0.109, -0.152, -0.014]),
    (2.8, [0.873, -0.392, -0.362], [0.226, -0.462, 0.001]),
    (4.5, [1.132, -1.237, -0.412], [0.288, -0.823, 0.056]),
    (6.2, [1.060, -1.600, -0.359], [0.264, -1.127, 0.131]),
    (f64::INFINITY, [0.678, -0.327, -0.250], [0.156, -1.377, 0.251]),
];

fn perez(plane: &Plane, sky: &SkyState, cos_incidence: f64) -> SkyDiffuse {
    let Irradiance { dni_w_per_m2: dni, dhi_w_per_m2: dhi, .. } = sky.irradiance;
    if dhi == 0.0 || sky.relative_air_mass.is_nan() {
        return SkyDiffuse { isotropic_w_per_m2: dhi * 0.0, ..SkyDiffuse::default() };
    }
    let zenith = sky.apparent_zenith_deg.to_radians();
    let brightness = dhi * sky.relative_air_mass / sky.extraterrestrial_w_per_m2;
    let curved = 1.041 * zenith.powi(3);
    let clearness = ((dhi + dni) / dhi + curved) / (1.0 + curved);
    let class = PEREZ.iter().find(|(below, ..)| clearness < *below).unwrap_or(&PEREZ[7]);
    let of = |c: &[f64; 3]| c[0] + c[1] * brightness + c[2] * zenith;
    let round_sun = at_least(of(&class.1), 0.0);
    let (sin_tilt, cos_tilt) = plane.tilt_deg.to_radians().sin_cos();
    let sun_height = at_least(zenith.cos(), 85.0_f64.to_radians().cos());
    let parts = SkyDiffuse {
        isotropic_w_per_m2: dhi * (1.0 - round_sun) * f64::midpoint(1.0, cos_tilt),
        circumsolar_w_per_m2: dhi * round_sun * cos_incidence / sun_height,
        horizon_w_per_m2: dhi * of(&class.2) * sin_tilt,
    };
    if parts.total() < 0.0 { SkyDiffuse::default() } else { parts }
}
