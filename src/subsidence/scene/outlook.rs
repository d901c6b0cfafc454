//! What all sources together make of some cells: now, and over the life of a plant.

use super::{Scene, Variation};
use crate::date::DAYS_PER_YEAR;
use crate::subsidence::block::{PARTS, Patch, added, state};
use crate::subsidence::damage::worst;
use crate::subsidence::decision::{Motion, Stability};
use crate::subsidence::deformation::Deformation;

/// Half a year, over which subsidence is counted [yr].
const SIX_MONTHS_YR: f64 = 0.5;
/// Place of subsidence and of displacement to the east and north among the parts of a state.
const SUBSIDENCE: usize = 0;
const DISPLACEMENT: [usize; 2] = [6, 7];

/// How much of an outlook is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// The state at the date.
    Now,
    /// Also how it goes on, and what follows for decisions.
    All,
}

/// The state of some cells.
pub struct Outlook<'a> {
    pub scene: &'a Scene,
    variations: Option<&'a [Variation]>,
    patches: Vec<Patch>,
    cols: usize,
    /// At the date, without residual settlement, by part of the state; empty if nothing is felt.
    now: Vec<Vec<f64>>,
    /// From the date on over the life of a plant, with residual settlement; empty if that is not asked for.
    to_come: Vec<Vec<f64>>,
    /// What else adds up; empty if that is not asked for.
    sums: Vec<Sums>,
}

/// What else adds up over sources.
#[derive(Debug, Clone, Copy)]
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
    /// How far the ground is by age.
    pub age: Stability,
}

/// Where no source is felt.
const NOTHING: Sums = Sums {
    residual_m: 0.0,
    rate_m_per_yr: [0.0; 3],
    six_months_m: 0.0,
    final_m: 0.0,
    above_cracks: 0.0,
    age: Stability::Stable,
};

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
        ((rows, cols), detail): ((usize, usize), Detail),
        variations: Option<&'a [Variation]>,
    ) -> Self {
        let cells = if patches.is_empty() { 0 } else { rows * cols };
        let parts = |is_asked: bool| if is_asked { vec![vec![0.0; cells]; PARTS] } else { Vec::new() };
        let is_all = detail == Detail::All;
        let sums = if is_all { vec![NOTHING; cells] } else { Vec::new() };
        let (now, to_come) = (parts(true), parts(is_all && scene.terms.date_yr.is_some()));
        let mut outlook = Self { scene, variations, patches, cols, now, to_come, sums };
        for index in 0..outlook.patches.len() {
            let weights = outlook.weights(outlook.patches[index].source, scene.terms.date_yr);
            outlook.add(index, &weights);
        }
        outlook
    }

    fn add(&mut self, index: usize, weights: &Weights) {
        let Self { patches, cols, now, to_come, sums, .. } = self;
        let patch = &patches[index];
        let width = patch.cols.len();
        for (n, row) in patch.rows.clone().enumerate() {
            let (from, to) = (n * width..(n + 1) * width, row * *cols + patch.cols.start..row * *cols + patch.cols.end);
            for (weight, all) in [(weights.now_m, &mut *now), (weights.to_come_m, &mut *to_come)] {
                for (sums, units) in all.iter_mut().zip(&patch.parts) {
                    added((&units[from.clone()], weight), &mut sums[to.clone()]);
                }
            }
            if let Some(sums) = sums.get_mut(to) {
                let parts = [SUBSIDENCE, DISPLACEMENT[0], DISPLACEMENT[1]].map(|part| &patch.parts[part][from.clone()]);
                for (col, sum) in sums.iter_mut().enumerate() {
                    sum.add(weights, parts.map(|part| part[col]));
                }
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
        let at_rest = Weights {
            now_m: full_m,
            residual_m,
            to_come_m: 0.0,
            rate_m_per_yr: 0.0,
            six_months_m: 0.0,
            final_m: full_m + residual_m,
            age: Stability::Stable,
            cracks: if terms.cracks_open { 1.0 } else { 0.0 },
            felt_m: self.scene.terms.edge_m,
        };
        let (Some(at_yr), Some(mined_yr)) = (at_yr, found.mined_yr) else { return at_rest };
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
            age: terms.rest.stability(at_yr - mined_yr),
            ..at_rest
        }
    }

    /// A part of the state at the date over the whole block, row by row; `None` if nothing is felt.
    pub fn part(&self, part: usize) -> Option<&[f64]> {
        self.now.get(part).map(Vec::as_slice).filter(|values| !values.is_empty())
    }

    /// What it was added up from.
    pub fn into_patches(self) -> Vec<Patch> {
        self.patches
    }

    /// Whether nothing is felt.
    pub fn is_untouched(&self) -> bool {
        self.patches.is_empty()
    }

    fn state_at(&self, all: &[Vec<f64>], (row, col): (usize, usize)) -> Deformation {
        let index = row * self.cols + col;
        state(&std::array::from_fn(|part| all.get(part).and_then(|of| of.get(index)).copied().unwrap_or(0.0)))
    }

    /// The state at the date, without residual settlement.
    pub fn now(&self, at: (usize, usize)) -> Deformation {
        self.state_at(&self.now, at)
    }

    /// What is still to come over the life of a plant.
    pub fn to_come(&self, at: (usize, usize)) -> Deformation {
        self.state_at(&self.to_come, at)
    }

    /// What else adds up.
    pub fn sums(&self, (row, col): (usize, usize)) -> &Sums {
        self.sums.get(row * self.cols + col).unwrap_or(&NOTHING)
    }

    /// How a cell moves at the date.
    pub fn motion(&self, at: (usize, usize)) -> Motion {
        motion(self.sums(at), &self.to_come(at))
    }

    /// How a cell moves at another time.
    pub fn motion_at(&self, (row, col): (usize, usize), at_yr: f64) -> Motion {
        let mut to_come = [0.0; PARTS];
        let mut sums = NOTHING;
        let here = self.patches.iter().filter(|patch| patch.rows.contains(&row) && patch.cols.contains(&col));
        for patch in here {
            let weights = self.weights(patch.source, Some(at_yr));
            let from = (row - patch.rows.start) * patch.cols.len() + col - patch.cols.start;
            let units: [f64; PARTS] = std::array::from_fn(|part| patch.parts[part][from]);
            to_come.iter_mut().zip(units).for_each(|(sum, unit)| *sum += weights.to_come_m * unit);
            sums.add(&weights, [units[SUBSIDENCE], units[DISPLACEMENT[0]], units[DISPLACEMENT[1]]]);
        }
        motion(&sums, &state(&to_come))
    }
}

impl Sums {
    /// Adds a source.
    ///
    /// - `units`: subsidence and displacement to the east and north over a full subsidence of 1.
    fn add(&mut self, weights: &Weights, units: [f64; 3]) {
        let share = units[0];
        self.residual_m += weights.residual_m * share;
        self.rate_m_per_yr.iter_mut().zip(units).for_each(|(rate, unit)| *rate += weights.rate_m_per_yr * unit);
        self.six_months_m += weights.six_months_m * share;
        self.final_m += weights.final_m * share;
        self.above_cracks = self.above_cracks.max(weights.cracks * share);
        if weights.final_m * share >= weights.felt_m {
            self.age = self.age.max(weights.age);
        }
    }
}

fn motion(sums: &Sums, to_come: &Deformation) -> Motion {
    Motion {
        rate_mm_per_day: 1e3 * sums.rate_m_per_yr[0].abs() / DAYS_PER_YEAR,
        six_months_mm: 1e3 * sums.six_months_m.abs(),
        to_come: worst(to_come),
        by_age: sums.age,
    }
}
