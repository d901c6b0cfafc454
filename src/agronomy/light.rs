//! Light on level ground beneath long parallel rows, mean over the ground.
//!
//! Two closed forms tell it without rays: the share of the ground in the rows' shadow, and the share of the sky that the ground
//! sees. Neither knows of the height of the rows. Light thrown back by the modules, and by the ground to their undersides and back, is
//! left out.

use crate::solar::array::{Array, Instant};
use crate::solar::clear_sky::Irradiance;
use crate::solar::rows::{self, Rows};
use crate::solar::year::{MONTHS, Step};

/// Share of a quantity that reaches the ground, in the parts it comes in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Passing {
    /// Of the light straight from the sun [1].
    pub beam: f64,
    /// Of the light of the sky [1].
    pub diffuse: f64,
}

/// What rows let through at an instant.
///
/// - `transmittance`: share of light that modules and the gaps in them let through [1].
///
/// Beam 1 − (1 − τ) f, sky τ + (1 − τ) F, with the shaded share f and the view F of [`rows`].
///
/// Source: own derivation from the views named there; checked against `tests/vectors/b_agri.json` (pvlib and Monte Carlo).
pub fn passing(array: &Array, transmittance: f64, at: &Instant) -> Passing {
    let Some(gcr) = array.gcr else { return Passing { beam: 1.0, diffuse: 1.0 } };
    let (_, plane) = array.stance(&at.sun);
    let rows = Rows { plane, gcr };
    let shaded = rows::ground_shaded_fraction(&rows, at.sun.apparent_zenith_deg, at.sun.azimuth_deg);
    let view = rows::ground_sky_view(gcr, plane.tilt_deg);
    let opaque = 1.0 - transmittance;
    Passing { beam: 1.0 - opaque * shaded, diffuse: transmittance + opaque * view }
}

/// Irradiance of level ground: straight from the sun, and from the sky [W/m²].
pub fn parts_w_per_m2(irradiance: &Irradiance, apparent_zenith_deg: f64) -> (f64, f64) {
    let cos_zenith = apparent_zenith_deg.to_radians().cos().max(0.0);
    (irradiance.dni_w_per_m2 * cos_zenith, irradiance.dhi_w_per_m2)
}

/// Share of photosynthetically active light that is diffuse [1].
///
/// - `diffuse_share`: share of all light that is diffuse [1]; `NaN` without light.
///
/// (1 + 0.3 (1 − k²)) k / (1 + (1 − k²) cos²(90° − h) cos³ h), with h the height of the sun.
///
/// Source: C. J. T. Spitters, H. A. J. M. Toussaint, J. Goudriaan, "Separating the diffuse and direct component of global radiation
/// and its implications for modeling canopy photosynthesis, part I", Agric. For. Meteorol. 38, 1986; checked against numbers of
/// pvlib 0.16.1 (`tests/vectors/ground_light.json`).
pub fn par_diffuse_share(diffuse_share: f64, zenith_deg: f64) -> f64 {
    let (k, zenith) = (diffuse_share, zenith_deg.to_radians());
    let clear = 1.0 - k * k;
    // The sine of the height is the cosine of the zenith angle.
    (1.0 + 0.3 * clear) * k / (1.0 + clear * zenith.cos().powi(2) * zenith.sin().powi(3))
}

/// Light of a month or of a year on open ground and beneath the rows.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Light {
    /// Irradiation of open ground [kWh/m²].
    pub open_kwh_per_m2: f64,
    /// Irradiation of the ground beneath [kWh/m²].
    pub ground_kwh_per_m2: f64,
    /// The same for photosynthetically active light, in units of that on open ground over all light there [kWh/m²].
    pub par_ground_kwh_per_m2: f64,
}

impl Light {
    /// Share of the light that reaches the ground [1]; `NaN` in the dark.
    pub fn share(&self) -> f64 {
        self.ground_kwh_per_m2 / self.open_kwh_per_m2
    }

    /// Share of the photosynthetically active light that reaches the ground [1]; `NaN` in the dark.
    pub fn par_share(&self) -> f64 {
        self.par_ground_kwh_per_m2 / self.open_kwh_per_m2
    }

    /// The light of some time from that of its parts.
    pub fn sum<'a>(parts: impl Iterator<Item = &'a Self>) -> Self {
        let mut sum = Self::default();
        for part in parts {
            sum.add(part, 1.0);
        }
        sum
    }

    /// Adds another, times a factor.
    pub fn add(&mut self, other: &Self, times: f64) {
        self.open_kwh_per_m2 += times * other.open_kwh_per_m2;
        self.ground_kwh_per_m2 += times * other.ground_kwh_per_m2;
        self.par_ground_kwh_per_m2 += times * other.par_ground_kwh_per_m2;
    }
}

/// Light of an instant on open ground and beneath rows [as W/m²].
pub fn at_instant(array: &Array, transmittance: f64, at: &Instant) -> Light {
    let (beam, diffuse) = parts_w_per_m2(&at.irradiance, at.sun.apparent_zenith_deg);
    let open = beam + diffuse;
    if open <= 0.0 {
        return Light::default();
    }
    let passing = passing(array, transmittance, at);
    let par_diffuse = par_diffuse_share(diffuse / open, at.sun.apparent_zenith_deg).min(1.0);
    Light {
        open_kwh_per_m2: open,
        ground_kwh_per_m2: beam * passing.beam + diffuse * passing.diffuse,
        par_ground_kwh_per_m2: open * ((1.0 - par_diffuse) * passing.beam + par_diffuse * passing.diffuse),
    }
}

/// Light of every month on open ground and beneath the rows of an array.
///
/// - `steps`: those of one year.
pub fn by_month(array: &Array, transmittance: f64, steps: &[Step]) -> [Light; MONTHS] {
    let mut months = [Light::default(); MONTHS];
    for step in steps {
        months[step.month].add(&at_instant(array, transmittance, &step.at), step.weight_h / 1_000.0);
    }
    months
}
