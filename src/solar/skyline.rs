//! What a skyline takes from the yield of arrays: tables by direction and height of the horizon.
//!
//! A cell's horizon is given by levels, a byte for each of some directions. What each direction takes from each array is
//! looked up and added, so that a cell costs one line of the table a direction, whatever the number of hours in a year
//! and nearly whatever the number of arrays.

use std::collections::BTreeMap;
use std::f64::consts::FRAC_PI_2;

use multiversion::multiversion;

use super::array::{Array, Light, Output, opposite};
use super::position::Place;
use super::transposition::Plane;
use super::year::Step;
use crate::kernels::arctangent;

/// Height of a level of the horizon [°].
pub const LEVEL_DEG: f64 = 0.25;
/// Levels of the horizon: it is taken to be at most 63.75° high.
pub const LEVELS: usize = 256;
/// Moments of a step at which the sun is looked for above the skyline.
const MOMENTS: usize = 6;
/// Numbers in the table for each array: view of the sky, beam, and beam times view.
const NUMBERS: usize = 3;

/// Table of what the skyline takes from some arrays.
#[derive(Debug, Clone, PartialEq)]
pub struct SkylineTable {
    directions: usize,
    arrays: usize,
    /// Direction × level × array × [view, beam, beam × view].
    values: Vec<f32>,
    /// Yield without beam as a polynomial of the view, and yield under an open sky, by array [kWh/kWp].
    without_beam: Vec<([f32; 3], f32)>,
}

/// Levels of horizons of some heights.
///
/// - `tangents`: of the heights, ≥ 0; `NaN` is taken for an open horizon.
#[multiversion(targets("x86_64+avx2"))]
pub fn levels(tangents: &[f32], levels: &mut [u8]) {
    let per_rad = 1.0_f32.to_degrees() / LEVEL_DEG as f32;
    for (tangent, level) in tangents.iter().zip(levels) {
        // Half a level up, then cut: the nearest one.
        *level = (arctangent::of(*tangent) * per_rad + 0.5) as u8;
    }
}

/// Energy of a step as it depends on what the skyline leaves of beam and sky.
struct Part {
    weight_h: f64,
    warming: Light,
    effective: Light,
    /// Power per effective light without warming [kW per kWp and W/m²], and its loss by warming light [same per W/m²].
    slope: f64,
    loss: f64,
}

impl Part {
    fn new(array: &Array, step: &Step, output: &Output) -> Self {
        let gamma = array.electric.gamma_per_k;
        let rise = array.cell.warming_k_m2_per_w(step.at.wind_speed_m_per_s);
        Self {
            weight_h: step.weight_h,
            warming: output.warming,
            effective: output.effective,
            slope: 1e-3 * (1.0 + gamma * (step.at.air_temperature_c - 25.0)),
            loss: -1e-3 * gamma * rise,
        }
    }

    /// Coefficients of the energy without beam in powers of the view [kWh/kWp].
    fn without_beam(&self) -> [f64; 3] {
        let (e, w) = (&self.effective, &self.warming);
        let square = |a: f64, b: f64| -self.loss * self.weight_h * a * b;
        let line = |a: f64| self.slope * self.weight_h * a;
        [
            line(e.ground_w_per_m2) + square(e.ground_w_per_m2, w.ground_w_per_m2),
            line(e.sky_w_per_m2)
                + square(e.ground_w_per_m2, w.sky_w_per_m2)
                + square(e.sky_w_per_m2, w.ground_w_per_m2),
            square(e.sky_w_per_m2, w.sky_w_per_m2),
        ]
    }

    /// Energy the beam adds: at no view of the sky, and per view [kWh/kWp].
    fn by_beam(&self) -> [f64; 2] {
        let (e, w) = (&self.effective, &self.warming);
        let (beam, warm) = (e.beam_w_per_m2, w.beam_w_per_m2);
        let square = |a: f64, b: f64| -self.loss * self.weight_h * a * b;
        [
            self.slope * self.weight_h * beam
                + square(beam, warm + w.ground_w_per_m2)
                + square(e.ground_w_per_m2, warm),
            square(beam, w.sky_w_per_m2) + square(e.sky_w_per_m2, warm),
        ]
    }
}

/// The directions a horizon is known in, evenly around from the grid's north.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Directions {
    /// How many.
    pub count: usize,
    /// Compass direction of the grid's north [°].
    pub north_deg: f64,
}

impl Directions {
    /// Compass direction of one of them [°].
    fn azimuth_deg(&self, direction: usize) -> f64 {
        self.north_deg + 360.0 * direction as f64 / self.count as f64
    }

    /// The one nearest to a compass direction.
    fn nearest(&self, azimuth_deg: f64) -> usize {
        let turns = ((azimuth_deg - self.north_deg) / 360.0).rem_euclid(1.0);
        (turns * self.count as f64).round() as usize % self.count
    }
}

impl SkylineTable {
    /// Tables for some arrays over the steps of a year.
    ///
    /// The sky's part falls with the share of the sky that the plane of the array sees above the skyline, weighted by the
    /// diffuse light of the year; the beam's part is lost while the sun is below the skyline in its direction. Power is
    /// counted as direct current: its losses by warming follow the light.
    ///
    /// Source: view of a plane after J. Dozier, J. Frew, "Rapid calculation of terrain parameters for radiation modeling",
    /// IEEE Trans. Geosci. Remote Sens. 28(5), 1990, eq. 7b.
    pub fn new(arrays: &[Array], steps: &[Step], place: &Place, directions: Directions) -> Self {
        let stride = arrays.len() * NUMBERS;
        let mut values = vec![0.0; directions.count * LEVELS * stride];
        let mut without_beam = Vec::with_capacity(arrays.len());
        for (index, array) in arrays.iter().enumerate() {
            let column = Column::of(array, steps, place, directions);
            for (at, numbers) in column.values.iter().enumerate() {
                values[at * stride + index * NUMBERS..][..NUMBERS].copy_from_slice(&numbers.map(|n| n as f32));
            }
            without_beam.push((column.without_beam.map(|value| value as f32), column.open() as f32));
        }
        Self { directions: directions.count, arrays: arrays.len(), values, without_beam }
    }

    /// Number of arrays.
    pub fn arrays(&self) -> usize {
        self.arrays
    }

    /// Share of each array's yield that a skyline leaves, 0–1.
    ///
    /// - `levels`: of the horizon, one for each direction, clockwise from north.
    /// - `sums`: room for three numbers an array.
    /// - `shares`: one for each array.
    ///
    /// # Panics
    /// If there are not as many levels as directions, or too little room.
    pub fn shares(&self, levels: &[u8], sums: &mut [f32], shares: &mut [f32]) {
        assert_eq!(levels.len(), self.directions);
        let stride = self.arrays * NUMBERS;
        let sums = &mut sums[..stride];
        sums.fill(0.0);
        for (direction, &level) in levels.iter().enumerate() {
            let line = &self.values[(direction * LEVELS + usize::from(level)) * stride..][..stride];
            sums.iter_mut().zip(line).for_each(|(sum, value)| *sum += value);
        }
        for ((share, numbers), (base, open)) in
            shares.iter_mut().zip(sums.chunks_exact(NUMBERS)).zip(&self.without_beam)
        {
            let [view, beam, beam_view] = [numbers[0], numbers[1], numbers[2]];
            let energy = base[0] + view * (base[1] + view * base[2]) + beam + view * beam_view;
            *share = if *open > 0.0 { energy / open } else { 1.0 };
        }
    }
}

/// The table of one array while it is made.
struct Column {
    directions: Directions,
    heights: Vec<Height>,
    /// Direction × level: view, beam, beam × view.
    values: Vec<[f64; NUMBERS]>,
    /// Yield without beam in powers of the view [kWh/kWp].
    without_beam: [f64; 3],
}

impl Column {
    fn of(array: &Array, steps: &[Step], place: &Place, directions: Directions) -> Self {
        let heights = (0..LEVELS).map(|level| Height::of((level as f64 * LEVEL_DEG).to_radians())).collect();
        let values = vec![[0.0; NUMBERS]; directions.count * LEVELS];
        let mut column = Self { directions, heights, values, without_beam: [0.0; 3] };
        let mut seen = BTreeMap::new();
        for step in steps {
            let output = array.output(&step.at);
            let part = Part::new(array, step, &output);
            if part.effective.global_w_per_m2() <= 0.0 {
                continue;
            }
            column.without_beam.iter_mut().zip(part.without_beam()).for_each(|(sum, value)| *sum += value);
            column.add_beam(&part, step, place);
            let front = output.front.sky.isotropic_w_per_m2 + output.front.sky.horizon_w_per_m2;
            for (plane, light) in
                [(output.plane, front), (opposite(&output.plane), part.effective.sky_w_per_m2 - front)]
            {
                *seen.entry(nearby(&plane)).or_insert(0.0) += step.weight_h * light;
            }
        }
        let sky: f64 = seen.values().sum();
        for (plane, weight) in seen {
            column.add_view(&plane_of(plane), weight / sky);
        }
        column
    }

    /// Beam of a step: in the direction of the sun, at the levels that lie below it. Each moment counts alike.
    fn add_beam(&mut self, part: &Part, step: &Step, place: &Place) {
        let path: [_; MOMENTS] = step.path(place);
        let up = path.iter().filter(|sun| sun.apparent_zenith_deg < 90.0);
        let by_beam = part.by_beam();
        let moments = up.clone().count();
        for sun in up {
            let height_deg = 90.0 - sun.apparent_zenith_deg;
            let direction = self.directions.nearest(sun.azimuth_deg);
            // A level is seen over if its height is below the sun.
            let below = ((height_deg / LEVEL_DEG).ceil() as usize).clamp(1, LEVELS);
            let line = &mut self.values[direction * LEVELS..][..below];
            for numbers in line {
                numbers[1] += by_beam[0] / moments as f64;
                numbers[2] += by_beam[1] / moments as f64;
            }
        }
    }

    /// View of a plane over each level of the horizon in each direction, as a share of its view over an open horizon.
    fn add_view(&mut self, plane: &Plane, weight: f64) {
        if weight <= 0.0 {
            return;
        }
        let directions = self.directions;
        let view = |direction: usize| View::new(plane, directions.azimuth_deg(direction));
        let views: Vec<View> = (0..directions.count).map(view).collect();
        let open: f64 = views.iter().map(|view| view.above(0.0)).sum();
        if open <= 0.0 {
            return;
        }
        for (view, lines) in views.iter().zip(self.values.chunks_exact_mut(LEVELS)) {
            for (height, numbers) in self.heights.iter().zip(lines) {
                numbers[0] += weight / open * view.above_height(height);
            }
        }
    }

    /// Yield over an open horizon [kWh/kWp].
    fn open(&self) -> f64 {
        let base = self.without_beam;
        let lowest = (0..self.directions.count).map(|direction| self.values[direction * LEVELS]);
        let [view, beam, beam_view] =
            lowest.fold([0.0; NUMBERS], |sum, n| [sum[0] + n[0], sum[1] + n[1], sum[2] + n[2]]);
        base[0] + view * (base[1] + view * base[2]) + beam + view * beam_view
    }
}

/// Planes that differ by less than a quarter of a degree see the same sky.
fn nearby(plane: &Plane) -> (i64, i64) {
    ((4.0 * plane.tilt_deg).round() as i64, (4.0 * plane.azimuth_deg).round() as i64)
}

fn plane_of((tilt, azimuth): (i64, i64)) -> Plane {
    Plane { tilt_deg: tilt as f64 / 4.0, azimuth_deg: azimuth as f64 / 4.0 }
}

/// A height above the horizon with what the view needs of it.
#[derive(Debug, Clone, Copy)]
struct Height {
    rad: f64,
    sine2: f64,
    sum: f64,
}

impl Height {
    fn of(rad: f64) -> Self {
        let (sin, cos) = rad.sin_cos();
        Self { rad, sine2: sin * sin, sum: rad + sin * cos }
    }
}

/// What a plane sees in one direction.
struct View {
    cos_tilt: f64,
    /// Sine of the tilt times cosine of the angle between the direction and the plane's azimuth.
    towards: f64,
    /// Heights between which the direction lies before the plane.
    from: Height,
    to: Height,
}

impl View {
    fn new(plane: &Plane, azimuth_deg: f64) -> Self {
        let (sin_tilt, cos_tilt) = plane.tilt_deg.to_radians().sin_cos();
        let towards = sin_tilt * (azimuth_deg - plane.azimuth_deg).to_radians().cos();
        // The plane cuts the direction at this height; a plane that looks up sees what is above, an overhanging one what
        // is below.
        let (from, to) = if cos_tilt >= 0.0 {
            ((-towards).max(0.0).atan2(cos_tilt), FRAC_PI_2)
        } else {
            (0.0, towards.max(0.0).atan2(-cos_tilt))
        };
        Self { cos_tilt, towards, from: Height::of(from), to: Height::of(to) }
    }

    /// Cosine-weighted sky above a height, up to a constant factor.
    ///
    /// Source: the integral over elevation in J. Dozier, J. Frew 1990, eq. 7b, with the limits of the plane itself.
    fn above(&self, height_rad: f64) -> f64 {
        self.above_height(&Height::of(height_rad))
    }

    fn above_height(&self, height: &Height) -> f64 {
        let from = if height.rad > self.from.rad { height } else { &self.from };
        if from.rad >= self.to.rad {
            return 0.0;
        }
        self.cos_tilt * (self.to.sine2 - from.sine2) + self.towards * (self.to.sum - from.sum)
    }
}
