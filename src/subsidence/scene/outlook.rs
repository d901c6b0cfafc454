//! What all sources together make of some cells: now, and over the life of a plant.

use super::{Scene, Variation};
use crate::subsidence::block::{PARTS, Patch, state};
use crate::subsidence::damage::worst;
use crate::subsidence::decision::{Motion, Stability};
use crate::subsidence::deformation::Deformation;

/// Half a year, over which subsidence is counted [yr].
const SIX_MONTHS_YR: f64 = 0.5;
/// Days of a year.
const DAYS_PER_YEAR: f64 = crate::date::DAYS_PER_YEAR;

/// The state of some cells.
pub struct Outlook<'a> {
    pub scene: &'a Scene,
    variations: Option<&'a [Variation]>,
    patches: Vec<Patch>,
    cols: usize,
    /// At the date, without residual settlement, by part of the state.
    now: Vec<[f64; PARTS]>,
    /// From the date on over the life of a plant, with residual settlement.
    to_come: Vec<[f64; PARTS]>,
    sums: Vec<Sums>,
}

/// What else adds up over sources.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sums {
    /// Residual settlement at the date [m].
    pub residual_m: f64,
    /// Pace of subsidence, and of displacement to the east and north [m/yr].
    pub rate_m_per_yr: [f64; 3],
    /// Subsidence of the six months before the date [m].
    pub six_months_m: f64,
    /// All subsidence there will ever be [m].
    pub final_m: f64,
    /// Over workings whose fractures reach the surface, share of the full subsidence [1].
    pub above_cracks: f64,
    /// How far the ground is by age: the largest code of stability.
    pub age: u8,
}

/// What a source weighs at a date, over a full subsidence of 1.
struct Weights {
    now_m: f64,
    residual_m: f64,
    to_come_m: f64,
    rate_m_per_yr: f64,
    six_months_m: f64,
    final_m: f64,
    age: Stability,
    cracks: f64,
    felt_m: f64,
}

impl<'a> Outlook<'a> {
    /// Adds up what sources make of some cells.
    pub fn new(
        scene: &'a Scene,
        patches: Vec<Patch>,
        (rows, cols): (usize, usize),
        variations: Option<&'a [Variation]>,
    ) -> Self {
        let cells = if patches.is_empty() { 1 } else { rows * cols };
        let mut outlook = Self {
            scene,
            variations,
            patches,
            cols,
            now: vec![[0.0; PARTS]; cells],
            to_come: vec![[0.0; PARTS]; cells],
            sums: vec![Sums { age: Stability::Stable as u8, ..Sums::default() }; cells],
        };
        let date_yr = scene.terms.date_yr;
        for index in 0..outlook.patches.len() {
            let weights = outlook.weights(outlook.patches[index].source, date_yr);
            outlook.add(index, &weights);
        }
        outlook
    }

    fn add(&mut self, index: usize, weights: &Weights) {
        let patch = &self.patches[index];
        for (n, row) in patch.rows.clone().enumerate() {
            for (m, col) in patch.cols.clone().enumerate() {
                let (from, to) = (n * patch.cols.len() + m, row * self.cols + col);
                let units: [f64; PARTS] = std::array::from_fn(|part| patch.parts[part][from]);
                for (sum, unit) in self.now[to].iter_mut().zip(units) {
                    *sum += weights.now_m * unit;
                }
                for (sum, unit) in self.to_come[to].iter_mut().zip(units) {
                    *sum += weights.to_come_m * unit;
                }
                self.sums[to].add(weights, &units);
            }
        }
    }

    /// What a source weighs at a time; `None` for the state when all has come to rest.
    fn weights(&self, source: usize, at_yr: Option<f64>) -> Weights {
        let (number, found, _) = &self.scene.sources[source];
        let terms = &self.scene.panels[*number];
        let (panel, vary) = (&terms.panel, self.variations.map_or(Variation::NONE, |all| all[*number]));
        let full_m = panel.full_subsidence_m() * vary.subsidence_factor;
        let residual_m = panel.full_residual_m();
        let cracks = if terms.cracks_open { 1.0 } else { 0.0 };
        let final_m = full_m + residual_m;
        let felt_m = self.scene.terms.edge_m;
        let (Some(at_yr), Some(mined_yr)) = (at_yr, found.mined_yr) else {
            return Weights {
                now_m: full_m,
                residual_m,
                to_come_m: 0.0,
                rate_m_per_yr: 0.0,
                six_months_m: 0.0,
                final_m,
                age: Stability::Stable,
                cracks,
                felt_m,
            };
        };
        // A quicker course is the same one in a time that runs faster.
        let main = |at_yr: f64| full_m * panel.course.share((at_yr - mined_yr) * vary.pace);
        let slow = |at_yr: f64| residual_m * panel.residual_share(mined_yr, at_yr);
        let all = |at_yr: f64| main(at_yr) + slow(at_yr);
        let life_yr = self.scene.terms.life_yr;
        Weights {
            now_m: main(at_yr),
            residual_m: slow(at_yr),
            to_come_m: all(at_yr + life_yr) - all(at_yr),
            rate_m_per_yr: full_m * vary.pace * panel.course.rate_per_yr((at_yr - mined_yr) * vary.pace)
                + residual_m * panel.residual_rate_per_yr(mined_yr, at_yr),
            six_months_m: all(at_yr) - all(at_yr - SIX_MONTHS_YR),
            final_m,
            age: terms.rest.stability(at_yr - mined_yr),
            cracks,
            felt_m,
        }
    }

    fn index(&self, (row, col): (usize, usize)) -> usize {
        if self.patches.is_empty() { 0 } else { row * self.cols + col }
    }

    /// The state at the date, without residual settlement.
    pub fn now(&self, at: (usize, usize)) -> Deformation {
        state(&self.now[self.index(at)])
    }

    /// What is still to come over the life of a plant.
    pub fn to_come(&self, at: (usize, usize)) -> Deformation {
        state(&self.to_come[self.index(at)])
    }

    /// What else adds up.
    pub fn sums(&self, at: (usize, usize)) -> &Sums {
        &self.sums[self.index(at)]
    }

    /// How a cell moves at the date.
    pub fn motion(&self, at: (usize, usize)) -> Motion {
        motion(self.sums(at), &self.to_come(at))
    }

    /// How a cell moves at another time.
    pub fn motion_at(&self, (row, col): (usize, usize), at_yr: f64) -> Motion {
        let mut to_come = [0.0; PARTS];
        let mut sums = Sums { age: Stability::Stable as u8, ..Sums::default() };
        let here = self.patches.iter().filter(|patch| patch.rows.contains(&row) && patch.cols.contains(&col));
        for patch in here {
            let weights = self.weights(patch.source, Some(at_yr));
            let from = (row - patch.rows.start) * patch.cols.len() + col - patch.cols.start;
            let units: [f64; PARTS] = std::array::from_fn(|part| patch.parts[part][from]);
            to_come.iter_mut().zip(units).for_each(|(sum, unit)| *sum += weights.to_come_m * unit);
            sums.add(&weights, &units);
        }
        motion(&sums, &state(&to_come))
    }
}

impl Sums {
    fn add(&mut self, weights: &Weights, units: &[f64; PARTS]) {
        let share = units[0];
        self.residual_m += weights.residual_m * share;
        self.rate_m_per_yr[0] += weights.rate_m_per_yr * share;
        self.rate_m_per_yr[1] += weights.rate_m_per_yr * units[6];
        self.rate_m_per_yr[2] += weights.rate_m_per_yr * units[7];
        self.six_months_m += weights.six_months_m * share;
        self.final_m += weights.final_m * share;
        self.above_cracks = self.above_cracks.max(weights.cracks * share);
        if weights.final_m * share >= weights.felt_m {
            self.age = self.age.max(weights.age as u8);
        }
    }
}

fn motion(sums: &Sums, to_come: &Deformation) -> Motion {
    Motion {
        rate_mm_per_day: 1e3 * sums.rate_m_per_yr[0].abs() / DAYS_PER_YEAR,
        six_months_mm: 1e3 * sums.six_months_m.abs(),
        to_come: worst(to_come),
        by_age: [Stability::Stable, Stability::BasicallyStable, Stability::Unstable]
            [usize::from(sums.age).clamp(1, 3) - 1],
    }
}
