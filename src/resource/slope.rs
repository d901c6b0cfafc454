//! Sun and weather as modules on the ground need them.

use multiversion::multiversion;

use crate::kernels::{lanes, whole};
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
///
/// - `north_deg`: compass direction of the grid's north, from which slopes and skylines are told [°].
pub fn light(steps: &[Step], array: &Array, north_deg: f64) -> Vec<LightStep> {
    let of = |step: &Step| {
        let at = &step.at;
        let (sin_zenith, cos_zenith) = at.sun.apparent_zenith_deg.to_radians().sin_cos();
        let (sin_azimuth, cos_azimuth) = (at.sun.azimuth_deg - north_deg).to_radians().sin_cos();
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

    /// Tables of two heights, each the weighted mean of some.
    pub fn between<'a>(weighed: impl Iterator<Item = ([&'a Self; 2], f64)>) -> PlanesBetween {
        let mut pairs = vec![[0.0; 2]; SIDE * SIDE];
        for ([below, above], weight) in weighed {
            let weight = weight as f32;
            for (pair, (below, above)) in pairs.iter_mut().zip(below.0.iter().zip(&above.0)) {
                pair[0] += weight * below;
                pair[1] += weight * (above - below);
            }
        }
        PlanesBetween(pairs)
    }
}

/// Yield of planes at a height, and how much more it is at another one [kWh/kWp of direct current].
#[derive(Debug, Clone, PartialEq)]
pub struct PlanesBetween(Vec<[f32; 2]>);

impl PlanesBetween {
    /// Yields of the planes of a line of cells, found between those around them.
    ///
    /// - `rises`: of the ground towards the east and the north [1].
    /// - `up`: how far each cell is from the lower height to the upper one, 0–1.
    /// - `yields`: `NaN` for ground that is steeper than any plane of the tables, or unknown.
    pub fn line(&self, rises: (&[f32], &[f32]), up: &[f32], yields: &mut [f32]) {
        let lines = rises.0.chunks(LANES).zip(rises.1.chunks(LANES)).zip(up.chunks(LANES));
        for (((east, north), up), yields) in lines.zip(yields.chunks_mut(LANES)) {
            let seats = find_seats(&lanes::filled(east), &lanes::filled(north));
            for (lane, (found, up)) in yields.iter_mut().zip(up).enumerate() {
                let first = seats.first[lane] as usize;
                let row = |from: usize| self.0.get(from..).and_then(<[_]>::first_chunk);
                let (Some([a, b]), Some([c, d])) = (row(first), row(first + SIDE)) else {
                    *found = f32::NAN;
                    continue;
                };
                let (right, down) = (seats.right[lane], seats.down[lane]);
                let blend = |which: usize| {
                    let along = |left: &[f32; 2], other: &[f32; 2]| left[which] + right * (other[which] - left[which]);
                    let upper = along(a, b);
                    upper + down * (along(c, d) - upper)
                };
                *found = blend(0) + up * blend(1);
            }
        }
    }
}

/// A place beyond the table.
const NOWHERE: i32 = (SIDE * SIDE) as i32;

/// Places of some planes in a table.
#[derive(Default)]
struct Seats {
    /// Of the node above and left, or [`NOWHERE`].
    first: [i32; LANES],
    right: [f32; LANES],
    down: [f32; LANES],
}

#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2"))]
fn find_seats(east: &[f32; LANES], north: &[f32; LANES]) -> Seats {
    const LAST: f32 = (SIDE - 1) as f32;
    let mut seats = Seats::default();
    for lane in 0..LANES {
        let (east, north) = (east[lane], north[lane]);
        let upright = 1.0 / (1.0 + east * east + north * north).sqrt();
        let place = |rise: f32| (1.0 - rise * upright / SPREAD) * (0.5 * LAST);
        let (col, row) = (place(east), place(north));
        // Not a number is never within.
        let beyond = |at: f32| (at - at.clamp(0.0, LAST)).abs();
        let is_within = beyond(col) + beyond(row) == 0.0;
        let before = |at: f32| whole::nearest((at - 0.5).clamp(0.0, LAST - 1.0));
        let ((left, first_col), (top, first_row)) = (before(col), before(row));
        seats.first[lane] = if is_within { first_row * SIDE as i32 + first_col } else { NOWHERE };
        seats.right[lane] = col - left;
        seats.down[lane] = row - top;
    }
    seats
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
