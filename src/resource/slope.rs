//! Sun and weather as modules on the ground need them.

use crate::solar::array::Array;
use crate::solar::ground_plane::{self, Cells, LANES, LightStep, MODIFIER_POWERS, Modules, StepPair, Steps};
use crate::solar::incidence::IncidenceModel;
use crate::solar::transposition::SkyModel;
use crate::solar::year::Step;

/// Angles of incidence that the modifier is fitted at [°].
const FITTED_DEG: std::ops::RangeInclusive<usize> = 0..=88;

/// Nodes of a table of planes, along each of its two sides.
const SIDE: usize = 41;
/// Largest part of the normal towards east or north that is in a table of planes: slopes of 53°.
const SPREAD: f32 = 0.8;

/// The steps of a year, as modules of an array on the ground need them.
pub fn light(steps: &[Step], array: &Array) -> Vec<LightStep> {
    let of = |step: &Step| {
        let at = &step.at;
        let (sin_zenith, cos_zenith) = at.sun.apparent_zenith_deg.to_radians().sin_cos();
        let (sin_azimuth, cos_azimuth) = at.sun.azimuth_deg.to_radians().sin_cos();
        LightStep {
            sun: [sin_zenith * sin_azimuth, sin_zenith * cos_azimuth, cos_zenith].map(|part| part as f32),
            dni_w_per_m2: at.irradiance.dni_w_per_m2 as f32,
            dhi_w_per_m2: at.irradiance.dhi_w_per_m2 as f32,
            per_extraterrestrial: (1.0 / at.extraterrestrial_w_per_m2) as f32,
            air_temperature_c: at.air_temperature_c as f32,
            warming_k_m2_per_w: array.cell.warming_k_m2_per_w(at.wind_speed_m_per_s) as f32,
            weight: (step.weight_h / 1e3 * (1.0 - array.electric.losses_share)) as f32,
        }
    };
    steps.iter().map(of).collect()
}

/// Whether there is any light in a step.
fn is_lit(step: &LightStep) -> bool {
    step.sun[2] > 0.0 && (step.dni_w_per_m2 > 0.0 || step.dhi_w_per_m2 > 0.0)
}

/// Steps between two heights, blended of some nodes: those on which the sun is up.
///
/// - `nodes`: lower and upper light of each node with its weight.
/// - `directions`: of the horizon.
pub fn steps(nodes: &[(&[LightStep], &[LightStep], f64)], array: &Array, directions: usize) -> Steps {
    let mut pairs: Vec<StepPair> = Vec::new();
    let count = nodes.first().map_or(0, |(light, _, _)| light.len());
    for index in 0..count {
        let (mut below, mut above) = (LightStep::default(), LightStep::default());
        for (low, high, weight) in nodes {
            below.add(&low[index], *weight as f32);
            above.add(&high[index], *weight as f32);
        }
        if is_lit(&below) {
            let azimuth = f64::from(below.sun[0].atan2(below.sun[1])).rem_euclid(std::f64::consts::TAU);
            let place = azimuth / std::f64::consts::TAU * directions as f64;
            pairs.push((below, above, (place as usize % directions.max(1), place.fract() as f32)));
        }
    }
    Steps::new(&pairs, &modules(array))
}

/// Yield of planes of all slopes and aspects under an open sky [kWh/kWp of direct current]: a table over the parts of their
/// normal towards east and north.
#[derive(Debug, Clone, PartialEq)]
pub struct Planes(Vec<f32>);

impl Planes {
    /// The planes of a place.
    pub fn new(light: &[LightStep], array: &Array) -> Self {
        let pairs: Vec<StepPair> =
            light.iter().filter(|step| is_lit(step)).map(|step| (*step, *step, (0, 0.0))).collect();
        let steps = Steps::new(&pairs, &modules(array));
        let part = |index: usize| SPREAD * (2.0 * index as f32 / (SIDE - 1) as f32 - 1.0);
        let mut table = Vec::with_capacity(SIDE * SIDE);
        for row in 0..SIDE {
            for first in (0..SIDE).step_by(LANES) {
                let normal = |lane: usize| {
                    let (east, north) = (part((first + lane).min(SIDE - 1)), part(row));
                    // The corners of the table belong to no plane that looks up: they take the steepest one.
                    (east, north, (1.0 - east * east - north * north).max(0.01).sqrt())
                };
                let normals: [_; LANES] = std::array::from_fn(normal);
                let gradient = (normals.map(|(east, _, up)| -east / up), normals.map(|(_, north, up)| -north / up));
                let cells = Cells {
                    gradient: (&gradient.0, &gradient.1),
                    up: &[0.0; LANES],
                    sky_view: &normals.map(|(_, _, up)| f32::midpoint(1.0, up)),
                    skyline: &[],
                };
                let found = ground_plane::yields(&steps, &cells);
                table.extend(&found[..LANES.min(SIDE - first)]);
            }
        }
        Self(table)
    }

    /// The weighted mean of some tables.
    pub fn mean<'a>(weighed: impl Iterator<Item = (&'a Self, f64)>) -> Self {
        let mut sum = vec![0.0; SIDE * SIDE];
        for (table, weight) in weighed {
            sum.iter_mut().zip(&table.0).for_each(|(sum, value)| *sum += weight as f32 * value);
        }
        Self(sum)
    }

    /// Where the plane of ground that rises by so much towards east and north stands in a table; `None` if it is too steep
    /// for it.
    pub fn seat(east: f32, north: f32) -> Option<Seat> {
        let upright = 1.0 / (1.0 + east * east + north * north).sqrt();
        let place = |rise: f32| (1.0 - rise * upright / SPREAD) * (0.5 * (SIDE - 1) as f32);
        let (col, row) = (place(east), place(north));
        let last = (SIDE - 1) as f32;
        // Not a number is in no range.
        if !((0.0..=last).contains(&col) && (0.0..=last).contains(&row)) {
            return None;
        }
        let (left, top) = ((col as usize).min(SIDE - 2), (row as usize).min(SIDE - 2));
        Some(Seat { first: top * SIDE + left, right: col - left as f32, down: row - top as f32 })
    }

    /// Yield of a plane, found between those around it.
    pub fn at(&self, seat: &Seat) -> f32 {
        let (above, below) = (&self.0[seat.first..], &self.0[seat.first + SIDE..]);
        let along = |line: &[f32]| line[0] + seat.right * (line[1] - line[0]);
        along(above) + seat.down * (along(below) - along(above))
    }
}

/// A place in a table of planes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seat {
    first: usize,
    right: f32,
    down: f32,
}

fn modules(array: &Array) -> Modules {
    let is_bare = array.incidence == IncidenceModel::None;
    Modules {
        albedo: array.albedo as f32,
        gamma_per_k: array.electric.gamma_per_k as f32,
        modifier: (!is_bare).then(|| fitted(array.incidence).map(|coefficient| coefficient as f32)),
        round_sun: if array.sky_model == SkyModel::Isotropic { 0.0 } else { 1.0 },
    }
}

/// What an incidence-angle modifier holds back, as a polynomial in (1 − cosine) by least squares, weighted with the cosine.
fn fitted(model: IncidenceModel) -> [f64; MODIFIER_POWERS] {
    const N: usize = MODIFIER_POWERS;
    let mut normal = [[0.0; N]; N];
    let mut right = [0.0; N];
    for degrees in FITTED_DEG {
        let cos = (degrees as f64).to_radians().cos();
        let powers: [f64; N] = std::array::from_fn(|power| (1.0 - cos).powi(power as i32));
        for row in 0..N {
            right[row] += cos * powers[row] * (1.0 - model.beam(degrees as f64));
            for col in 0..N {
                normal[row][col] += cos * powers[row] * powers[col];
            }
        }
    }
    solve(normal, right)
}

/// Solves a small positive definite system by Gauss elimination.
fn solve<const N: usize>(mut matrix: [[f64; N]; N], mut right: [f64; N]) -> [f64; N] {
    for pivot in 0..N {
        for row in pivot + 1..N {
            let factor = matrix[row][pivot] / matrix[pivot][pivot];
            let above = matrix[pivot];
            matrix[row].iter_mut().zip(above).skip(pivot).for_each(|(to, from)| *to -= factor * from);
            right[row] -= factor * right[pivot];
        }
    }
    for row in (0..N).rev() {
        let known: f64 = (row + 1..N).map(|col| matrix[row][col] * right[col]).sum();
        right[row] = (right[row] - known) / matrix[row][row];
    }
    right
}
