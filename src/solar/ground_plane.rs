//! Yield of modules that lie on the ground, cell by cell: the plane, the height and the skyline differ in each.
//!
//! The steps of a year are brought into a form in which a cell costs some twenty operations a step, side by side with its
//! neighbours: everything that does not depend on the cell's plane is linear in its height between two heights.

use multiversion::multiversion;

/// Cells worked on together.
pub const LANES: usize = 16;
/// Least cosine of the zenith angle that light around the sun is divided by.
///
/// Source: as in the Hay–Davies model of [`super::transposition`].
const LEAST_COS_ZENITH: f32 = 0.017_45;
/// Coefficients of what the glass holds back, in powers of (1 − cosine of incidence).
pub const MODIFIER_POWERS: usize = 6;

/// A step of the year, as the ground sees it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LightStep {
    /// Direction of the sun: east, north, up [1].
    pub sun: [f32; 3],
    /// Direct normal irradiance [W/m²].
    pub dni_w_per_m2: f32,
    /// Diffuse horizontal irradiance [W/m²].
    pub dhi_w_per_m2: f32,
    /// One over the irradiance above the air [m²/W].
    pub per_extraterrestrial: f32,
    /// Temperature of the air [°C].
    pub air_temperature_c: f32,
    /// Warming of the cells per irradiance [K·m²/W].
    pub warming_k_m2_per_w: f32,
    /// Energy per power [h], and whatever else scales the result.
    pub weight: f32,
}

impl LightStep {
    /// Adds a step times a weight.
    pub fn add(&mut self, other: &Self, weight: f32) {
        for (mine, theirs) in self.sun.iter_mut().zip(other.sun) {
            *mine += weight * theirs;
        }
        self.dni_w_per_m2 += weight * other.dni_w_per_m2;
        self.dhi_w_per_m2 += weight * other.dhi_w_per_m2;
        self.per_extraterrestrial += weight * other.per_extraterrestrial;
        self.air_temperature_c += weight * other.air_temperature_c;
        self.warming_k_m2_per_w += weight * other.warming_k_m2_per_w;
        self.weight += weight * other.weight;
    }
}

/// What is the same for all cells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Modules {
    /// Share of light that the ground reflects.
    pub albedo: f32,
    /// Change of power with the temperature of the cells [1/K].
    pub gamma_per_k: f32,
    /// Share of the direct light that the glass holds back, in powers of (1 − cosine of incidence); `None` if all enters.
    pub modifier: Option<[f32; MODIFIER_POWERS]>,
    /// Share of the light around the sun that comes with the sun: 1 after Hay and Davies, 0 for an isotropic sky.
    pub round_sun: f32,
}

/// A quantity at the lower height, and its rise to the upper one.
type Line = [f32; 2];

fn line(below: f32, above: f32) -> Line {
    [below, above - below]
}

/// A step between two heights.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Prepared {
    sun: [f32; 3],
    /// Light per cosine of incidence: straight from the sun, and with what comes from around it [W/m²].
    straight: Line,
    facing: Line,
    /// Light of the dome on the horizontal, and of the ground before an upright plane [W/m²].
    dome: Line,
    ground: Line,
    /// Energy per light that works, cold and per light that warms.
    gain: Line,
    loss: f32,
    /// Tangent of the sun's height.
    tangent: f32,
    /// Direction of the horizon before the sun (clockwise) and how far the sun is towards the next.
    towards: (usize, f32),
}

/// Steps of a year between two heights.
#[derive(Debug, Clone)]
pub struct Steps {
    steps: Vec<Prepared>,
    modifier: Option<[f32; MODIFIER_POWERS]>,
}

/// A step at the lower and at the upper height, with the direction of the horizon before the sun (clockwise) and how far
/// the sun is towards the next.
pub type StepPair = (LightStep, LightStep, (usize, f32));

impl Steps {
    /// Prepares the steps of a year for some modules.
    pub fn new(pairs: &[StepPair], modules: &Modules) -> Self {
        let steps = pairs.iter().map(|(below, above, towards)| prepared(below, above, *towards, modules)).collect();
        Self { steps, modifier: modules.modifier }
    }
}

fn prepared(below: &LightStep, above: &LightStep, towards: (usize, f32), modules: &Modules) -> Prepared {
    let cos_zenith = below.sun[2];
    let round = |step: &LightStep| modules.round_sun * step.dni_w_per_m2 * step.per_extraterrestrial;
    let facing =
        |step: &LightStep| step.dni_w_per_m2 + step.dhi_w_per_m2 * round(step) / cos_zenith.max(LEAST_COS_ZENITH);
    let ground = |step: &LightStep| 0.5 * modules.albedo * (step.dni_w_per_m2 * cos_zenith + step.dhi_w_per_m2);
    let dome = |step: &LightStep| step.dhi_w_per_m2 * (1.0 - round(step));
    let gain = |step: &LightStep| step.weight * (1.0 + modules.gamma_per_k * (step.air_temperature_c - 25.0));
    Prepared {
        sun: below.sun,
        straight: line(below.dni_w_per_m2, above.dni_w_per_m2),
        facing: line(facing(below), facing(above)),
        dome: line(dome(below), dome(above)),
        ground: line(ground(below), ground(above)),
        gain: line(gain(below), gain(above)),
        loss: -below.weight * modules.gamma_per_k * below.warming_k_m2_per_w,
        tangent: cos_zenith / below.sun[0].hypot(below.sun[1]),
        towards,
    }
}

/// Cells side by side.
#[derive(Debug, Clone, Copy)]
pub struct Cells<'a> {
    /// Rise towards the east and the north [1].
    pub gradient: (&'a [f32; LANES], &'a [f32; LANES]),
    /// Share of the way from the lower to the upper height.
    pub up: &'a [f32; LANES],
    /// Share of the sky that the ground sees, 0–1.
    pub sky_view: &'a [f32; LANES],
    /// Tangent of the horizon's height, direction by direction; empty for an open horizon.
    pub skyline: &'a [[f32; LANES]],
}

/// Yield of cells side by side [as the weights of the steps].
///
/// Source: as [`super::array::Array::output`], with the plane of the ground: J. E. Hay, J. A. Davies 1980; D. Faiman 2008;
/// A. P. Dobos 2014. The beam, and the light that comes with it, are lost while the sun is below the skyline, which runs
/// straight between two directions.
pub fn yields(steps: &Steps, cells: &Cells<'_>) -> [f32; LANES] {
    let mut energy = [0.0; LANES];
    let glass = steps.modifier.unwrap_or_default();
    match (steps.modifier.is_some(), cells.skyline.is_empty()) {
        (false, true) => bare_open(&steps.steps, cells, &glass, &mut energy),
        (false, false) => bare_shaded(&steps.steps, cells, &glass, &mut energy),
        (true, true) => glazed_open(&steps.steps, cells, &glass, &mut energy),
        (true, false) => glazed_shaded(&steps.steps, cells, &glass, &mut energy),
    }
    energy
}

macro_rules! versions {
    ($($name:ident: $glazed:literal, $shaded:literal;)*) => {$(
        #[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2"))]
        fn $name<'a>(
            steps: &'a [Prepared],
            cells: &'a Cells<'a>,
            glass: &[f32; MODIFIER_POWERS],
            energy: &mut [f32; LANES],
        ) {
            sum::<$glazed, $shaded>(steps, cells, glass, energy);
        }
    )*};
}

versions! {
    bare_open: false, false;
    bare_shaded: false, true;
    glazed_open: true, false;
    glazed_shaded: true, true;
}

/// Edges of an open horizon.
const OPEN: [f32; LANES] = [0.0; LANES];

#[allow(clippy::inline_always)]
#[inline(always)]
fn sum<const GLAZED: bool, const SHADED: bool>(
    steps: &[Prepared],
    cells: &Cells<'_>,
    glass: &[f32; MODIFIER_POWERS],
    energy: &mut [f32; LANES],
) {
    let (east, north) = cells.gradient;
    let [mut upright, mut normal_east, mut normal_north, mut leaning] = [[0.0_f32; LANES]; 4];
    for lane in 0..LANES {
        upright[lane] = 1.0 / (1.0 + east[lane] * east[lane] + north[lane] * north[lane]).sqrt();
        normal_east[lane] = -east[lane] * upright[lane];
        normal_north[lane] = -north[lane] * upright[lane];
        leaning[lane] = 1.0 - upright[lane];
    }
    let (up, view) = (*cells.up, *cells.sky_view);
    let mut total = [0.0_f32; LANES];
    for step in steps {
        let (low, high) = if SHADED { step.edges(cells.skyline) } else { (&OPEN, &OPEN) };
        for lane in 0..LANES {
            let along =
                normal_east[lane] * step.sun[0] + normal_north[lane] * step.sun[1] + upright[lane] * step.sun[2];
            let mut cosine = if along > 0.0 { along } else { 0.0 };
            if SHADED {
                let edge = low[lane] + step.towards.1 * (high[lane] - low[lane]);
                cosine = if edge < step.tangent { cosine } else { 0.0 };
            }
            let rest = (step.dome[0] + up[lane] * step.dome[1]) * view[lane]
                + (step.ground[0] + up[lane] * step.ground[1]) * leaning[lane];
            let warms = (step.facing[0] + up[lane] * step.facing[1]) * cosine + rest;
            let mut works = warms;
            if GLAZED {
                let slant = 1.0 - cosine;
                let mut held = glass[MODIFIER_POWERS - 1];
                for power in (0..MODIFIER_POWERS - 1).rev() {
                    held = held * slant + glass[power];
                }
                works -= (step.straight[0] + up[lane] * step.straight[1]) * cosine * held;
            }
            let gain = step.gain[0] + up[lane] * step.gain[1];
            total[lane] += works * (gain - step.loss * warms);
        }
    }
    *energy = total;
}

impl Prepared {
    /// The horizon in the two directions around the sun.
    fn edges<'a>(&self, skyline: &'a [[f32; LANES]]) -> (&'a [f32; LANES], &'a [f32; LANES]) {
        let (before, _) = self.towards;
        (&skyline[before], &skyline[if before + 1 < skyline.len() { before + 1 } else { 0 }])
    }
}
