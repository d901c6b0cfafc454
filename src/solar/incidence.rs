//! Light lost by reflection at the glass: incidence angle modifiers, 1 at normal incidence.

use std::f64::consts::PI;

use crate::solar::at_least;

/// Absorption of the glass of [`physical`]: extinction [1/m] times thickness [m].
const GLASS_ABSORPTION: f64 = 4.0 * 0.002;
/// Refractive index of the glass of [`physical`].
pub const GLASS_INDEX: f64 = 1.526;
/// Mean share of the first order in [`martin_ruiz_diffuse`]: 4/(3π).
const DIFFUSE_C1: f64 = 0.424_4;

/// How a module's glass takes light from the side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum IncidenceModel {
    /// Nothing is lost.
    None,
    /// [`ashrae`].
    Ashrae {
        /// Loss parameter [1], about 0.05.
        b: f64,
    },
    /// [`physical`].
    Physical {
        /// Refractive index of the glass [1], [`GLASS_INDEX`].
        index: f64,
    },
    /// [`martin_ruiz`].
    MartinRuiz {
        /// Angular loss coefficient [1], 0.16 for clean glass.
        a_r: f64,
    },
}

impl IncidenceModel {
    /// Share of the beam that gets in [1].
    pub fn beam(self, incidence_deg: f64) -> f64 {
        match self {
            Self::None => 1.0,
            Self::Ashrae { b } => ashrae(incidence_deg, b),
            Self::Physical { index } => physical(incidence_deg, index),
            Self::MartinRuiz { a_r } => martin_ruiz(incidence_deg, a_r),
        }
    }

    /// Shares of isotropic light of the sky and of the ground that get in [1].
    ///
    /// A closed form exists for [`martin_ruiz_diffuse`] only; for the others this integrates over the sky
    /// ([`diffuse`]), which is worth keeping by tilt.
    pub fn diffuse(self, tilt_deg: f64) -> DiffuseIncidence {
        match self {
            Self::None => DiffuseIncidence { sky: 1.0, ground: 1.0 },
            Self::MartinRuiz { a_r } => martin_ruiz_diffuse(tilt_deg, a_r),
            Self::Ashrae { .. } | Self::Physical { .. } => diffuse(self, tilt_deg),
        }
    }
}

/// Modifiers of diffuse light.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DiffuseIncidence {
    /// Of the sky [1].
    pub sky: f64,
    /// Of the ground [1]; near 0 of a horizontal plane, which sees none of it.
    pub ground: f64,
}

/// Modifier by one parameter [1]; 0 from 90° on.
///
/// Source: A. F. Souka, H. H. Safwat, "Determination of the optimum orientations for the double-exposure, flat-plate
/// collector and its reflectors", Solar Energy 10(4), 1966, p. 170; ASHRAE 93-77; checked against
/// `tests/vectors/c3_instants.json`.
pub fn ashrae(incidence_deg: f64, b: f64) -> f64 {
    if incidence_deg.abs() >= 90.0 {
        return 0.0;
    }
    at_least(1.0 - b * (1.0 / incidence_deg.to_radians().cos() - 1.0), 0.0)
}

/// Modifier by the laws of Fresnel and Bouguer for a pane without coating [1]; 0 from 90° on.
///
/// - `index`: refractive index of the glass [1], [`GLASS_INDEX`].
///
/// Source: W. De Soto, S. A. Klein, W. A. Beckman, "Improvement and validation of a model for photovoltaic array
/// performance", Solar Energy 80(1), 2006, p. 78, with reflection by both polarisations; checked against
/// `tests/vectors/c3_instants.json`.
pub fn physical(incidence_deg: f64, index: f64) -> f64 {
    if incidence_deg.abs() >= 90.0 {
        return 0.0;
    }
    let (sin_out, cos_out) = incidence_deg.to_radians().sin_cos();
    let cos_in = (1.0 - (sin_out / index).powi(2)).sqrt();
    let across = ((cos_out - index * cos_in) / (cos_out + index * cos_in)).powi(2);
    let along = ((cos_in - index * cos_out) / (cos_in + index * cos_out)).powi(2);
    let head_on = ((1.0 - index) / (1.0 + index)).powi(2);
    let through = (1.0 - f64::midpoint(across, along)) * (-GLASS_ABSORPTION / cos_in).exp();
    through / ((1.0 - head_on) * (-GLASS_ABSORPTION).exp())
}

/// Modifier by one angular loss coefficient [1]; 0 from 90° on.
///
/// Source: N. Martín, J. M. Ruiz, "Calculation of the PV modules angular losses under field conditions by means of an
/// analytical model", Sol. Energy Mater. Sol. Cells 70(1), 2001, p. 25; checked against
/// `tests/vectors/c3_instants.json`.
pub fn martin_ruiz(incidence_deg: f64, a_r: f64) -> f64 {
    if incidence_deg.abs() >= 90.0 {
        return 0.0;
    }
    (1.0 - (-incidence_deg.to_radians().cos() / a_r).exp()) / (1.0 - (-1.0 / a_r).exp())
}

/// Modifiers of isotropic light of the sky and of the ground [1].
///
/// Source: N. Martín, J. M. Ruiz, "Annual angular reflection losses in PV modules", Prog. Photovolt. 13(1), 2005, p. 75,
/// second coefficient by IEC 61853-3, 2018, sect. 7.2; checked against numbers of pvlib 0.16.1.
pub fn martin_ruiz_diffuse(tilt_deg: f64, a_r: f64) -> DiffuseIncidence {
    // At both ends of the range one of the two terms is 0/0.
    let tilt = tilt_deg.clamp(1e-6, 180.0 - 1e-6).to_radians();
    let c2 = 0.5 * a_r - 0.154;
    let (sin_tilt, cos_tilt) = tilt.sin_cos();
    let modifier = |term: f64| 1.0 - (-(DIFFUSE_C1 + c2 * term) * term / a_r).exp();
    DiffuseIncidence {
        sky: modifier(sin_tilt + (PI - tilt - sin_tilt) / (1.0 + cos_tilt)),
        ground: modifier(sin_tilt + (tilt - sin_tilt) / (1.0 - cos_tilt)),
    }
}

/// Modifiers of isotropic light for any model of the beam, by integration over what the plane sees [1].
///
/// Source: B. Marion, "Numerical method for angle-of-incidence correction factors for diffuse radiation incident
/// photovoltaic modules", Solar Energy 147, 2017, p. 344, with the horizon cutting the dome at 90°; checked against
/// numbers of pvlib 0.16.1.
pub fn diffuse(model: IncidenceModel, tilt_deg: f64) -> DiffuseIncidence {
    DiffuseIncidence { sky: zone(model, tilt_deg, 0.0), ground: zone(model, tilt_deg, 90.0) }
}

/// Mean modifier, weighted with the cosine of incidence, of the quarter of directions from a zenith angle on.
fn zone(model: IncidenceModel, tilt_deg: f64, from_zenith_deg: f64) -> f64 {
    const RINGS: i32 = 90;
    const SECTORS: i32 = 180;
    let (sin_tilt, cos_tilt) = tilt_deg.to_radians().sin_cos();
    let (mut sum, mut weights) = (0.0, 0.0);
    for ring in 0..RINGS {
        let zenith = (from_zenith_deg + (f64::from(ring) + 0.5) * 90.0 / f64::from(RINGS)).to_radians();
        let (sin_zenith, cos_zenith) = zenith.sin_cos();
        for sector in 0..SECTORS {
            // The right half of the plane sees what the left half does.
            let azimuth = (f64::from(sector) + 0.5) * PI / f64::from(SECTORS);
            let cos_incidence = cos_tilt * cos_zenith + sin_tilt * sin_zenith * azimuth.cos();
            if cos_incidence > 0.0 {
                let weight = cos_incidence * sin_zenith;
                sum += weight * model.beam(cos_incidence.min(1.0).acos().to_degrees());
                weights += weight;
            }
        }
    }
    if weights > 0.0 { sum / weights } else { 0.0 }
}
