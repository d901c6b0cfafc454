//! Which land is left, for which mode, and which rules took the rest.
//!
//! A rule is true, false or undecided on a cell. What follows for a cell depends on its rules alone, so the order of
//! rules never matters.

pub mod land;
pub mod rules;

use std::collections::HashMap;

use ndarray::Array2;

use crate::derive::{Layers, NO_REGION};
use crate::grid::Window;
use crate::plan::Plan;
use crate::rule::{ModeSet, Rule, Verb};
use crate::units::AreaMm2;

/// Reasons of a cell outside all regions.
pub const NO_REASONS: u64 = u64::MAX;
/// State of a cell outside all regions.
pub const NO_STATE: u32 = u32::MAX;

/// What is left of a kind of cell, for each mode: a share 0–1, or `NaN` where that is not known.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// By mode.
    pub shares: Vec<f64>,
}

impl State {
    /// Share available to some mode; `NaN` if nothing is known to be available and some mode is undecided.
    pub fn available(&self) -> f64 {
        let known = self.shares.iter().copied().filter(|share| !share.is_nan()).fold(0.0, f64::max);
        if known == 0.0 && self.shares.iter().any(|share| share.is_nan()) { f64::NAN } else { known }
    }

    /// Modes that have a share of it.
    pub fn modes(&self) -> ModeSet {
        let with_share = self.shares.iter().enumerate().filter(|(_, share)| **share > 0.0);
        with_share.fold(ModeSet::default(), |set, (mode, _)| set.with(mode))
    }
}

/// What the rules make of a tile.
#[derive(Debug, Clone)]
pub struct Mask {
    /// Its cells.
    pub window: Window,
    /// One bit for each rule that fired; [`NO_REASONS`] outside all regions.
    pub reasons: Array2<u64>,
    /// Index into `states`; [`NO_STATE`] outside all regions.
    pub state: Array2<u32>,
    /// The states that occur.
    pub states: Vec<State>,
    /// Region numbers.
    pub regions: Array2<u16>,
    /// Counts.
    pub tally: Tally,
}

impl Mask {
    /// Availability of every cell; `NaN` outside all regions and where it is not known.
    pub fn available(&self) -> Array2<f32> {
        let shares: Vec<f32> = self.states.iter().map(|state| state.available() as f32).collect();
        self.state.mapv(|state| shares.get(state as usize).copied().unwrap_or(f32::NAN))
    }
}

/// Says that cells lie in more than one region, if any do.
pub fn overlap_note(cells: u64) -> Option<String> {
    (cells > 0).then(|| format!("{cells} cells lie in more than one region; each belongs to the first feature"))
}

/// Counts of cells, exact whatever the tiling.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// By region.
    pub regions: Vec<RegionTally>,
    /// By rule.
    pub rules: Vec<RuleTally>,
    /// Cells that lie in more than one region.
    pub overlaps: u64,
}

/// Counts of one region.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RegionTally {
    /// Its cells.
    pub cells: u64,
    /// Its area.
    pub area: AreaMm2,
    /// Cells with some land available.
    pub available_cells: u64,
    /// Area available, partial shares counted.
    pub available: AreaMm2,
    /// Cells of which nothing is known to be available and something may be.
    pub unknown_cells: u64,
}

/// Counts of one rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RuleTally {
    /// Cells where it fired.
    pub cells: u64,
    /// Cells of which leaving it out would give land back to some mode: no other rule takes any of it from that mode.
    pub only_cells: u64,
    /// Cells where it was undecided.
    pub unknown_cells: u64,
}

impl Tally {
    /// Counts of nothing, for so many regions and rules.
    pub fn new(regions: usize, rules: usize) -> Self {
        let regions = vec![RegionTally::default(); regions];
        Self { regions, rules: vec![RuleTally::default(); rules], overlaps: 0 }
    }

    /// Adds the counts of another tile.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.regions.iter_mut().zip(&other.regions) {
            mine.cells += theirs.cells;
            mine.area += theirs.area;
            mine.available_cells += theirs.available_cells;
            mine.available += theirs.available;
            mine.unknown_cells += theirs.unknown_cells;
        }
        for (mine, theirs) in self.rules.iter_mut().zip(&other.rules) {
            mine.cells += theirs.cells;
            mine.only_cells += theirs.only_cells;
            mine.unknown_cells += theirs.unknown_cells;
        }
        self.overlaps += other.overlaps;
    }

    /// What the planner should know of what was counted.
    pub fn notes(&self, rules: &[Rule]) -> Vec<String> {
        let cells = self.total().cells;
        let takes_all = |(rule, tally): &(&Rule, &RuleTally)| {
            rule.verb != Verb::ForceInclude && rule.only_in.is_none() && rule.weight >= 1.0 && tally.cells == cells
        };
        let whole = rules.iter().zip(&self.rules).filter(takes_all);
        overlap_note(self.overlaps)
            .into_iter()
            .chain(whole.map(|(rule, _)| format!("rule `{}` takes every cell of the regions", rule.id)))
            .collect()
    }

    /// All regions together.
    pub fn total(&self) -> RegionTally {
        let mut total = RegionTally::default();
        for region in &self.regions {
            total.cells += region.cells;
            total.area += region.area;
            total.available_cells += region.available_cells;
            total.available += region.available;
            total.unknown_cells += region.unknown_cells;
        }
        total
    }
}

/// Applies the rules of a plan to a tile.
pub fn exclude(plan: &Plan, layers: &Layers) -> Mask {
    let verdicts = rules::verdicts(plan, layers);
    let regions = layers.regions().core().to_owned();
    let mut mask = Mask {
        window: layers.window,
        reasons: Array2::from_elem(layers.window.shape(), NO_REASONS),
        state: Array2::from_elem(layers.window.shape(), NO_STATE),
        states: Vec::new(),
        tally: Tally::new(plan.regions.len(), plan.project.rules.len()),
        regions,
    };
    mask.tally.overlaps = layers.overlaps;
    let mut known: HashMap<(u64, u64), Verdict> = HashMap::new();
    let mut last: Option<Verdict> = None;
    for row in 0..layers.window.rows {
        let area = plan.grid.cell_area((layers.window.row + row as isize) as usize);
        for col in 0..layers.window.cols {
            let region = mask.regions[(row, col)];
            if region == NO_REGION {
                continue;
            }
            let (fired, unknown) = (verdicts.fired[(row, col)], verdicts.unknown[(row, col)]);
            // Neighbours mostly fare alike.
            let verdict = match last {
                Some(verdict) if (verdict.fired, verdict.unknown) == (fired, unknown) => verdict,
                _ => *known.entry((fired, unknown)).or_insert_with(|| {
                    let state = shares(&plan.project.rules, (fired, unknown), plan.mode_count());
                    let available = state.available();
                    let only = only(&plan.project.rules, (fired, unknown), &state);
                    Verdict { state: intern(&mut mask.states, state), available, fired, unknown, only }
                }),
            };
            last = Some(verdict);
            mask.reasons[(row, col)] = fired;
            mask.state[(row, col)] = verdict.state;
            count(&mut mask.tally, usize::from(region), &verdict, area);
        }
    }
    mask
}

/// What follows from the rules that fired and those that are undecided.
#[derive(Clone, Copy)]
struct Verdict {
    state: u32,
    available: f64,
    fired: u64,
    unknown: u64,
    only: u64,
}

/// Index of a state, which is added if it is new.
fn intern(states: &mut Vec<State>, state: State) -> u32 {
    let same = |known: &State| known.shares.iter().map(|s| s.to_bits()).eq(state.shares.iter().map(|s| s.to_bits()));
    let index = states.iter().position(same).unwrap_or_else(|| {
        states.push(state);
        states.len() - 1
    });
    index as u32
}

/// The rules that alone take land from some mode, as far as it is not forced back.
fn only(rules: &[Rule], (fired, unknown): (u64, u64), state: &State) -> u64 {
    let takes =
        |bit: &usize| fired >> bit & 1 == 1 && rules[*bit].verb != Verb::ForceInclude && rules[*bit].weight > 0.0;
    let alone = |mode: usize| {
        let mut bits = (0..rules.len()).filter(takes).filter(|&bit| rules[bit].modes.has(mode));
        bits.next().filter(|_| bits.next().is_none()).map(|bit| (mode, bit))
    };
    let gives_back = |(mode, bit): &(usize, usize)| {
        let without = shares(rules, (fired & !(1 << bit), unknown), state.shares.len());
        without.shares[*mode] > state.shares[*mode]
    };
    (0..state.shares.len()).filter_map(alone).filter(gives_back).fold(0, |all, (_, bit)| all | 1 << bit)
}

/// What is left of a cell for each mode, from the rules that fired and those that are undecided.
///
/// Availability for a mode = max(Π(1 − weight) over the fired rules that bind it, forced). A certain full exclusion
/// stands whatever else is undecided; otherwise an undecided rule leaves the cell undecided. The weights are multiplied in
/// ascending order, so that the order of the rules does not show in the last bit either.
pub fn shares(rules: &[Rule], (fired, unknown): (u64, u64), modes: usize) -> State {
    let mut weights: Vec<f64> = Vec::new();
    let mut share = |mode: usize| {
        weights.clear();
        let mut forced = 0.0_f64;
        let (mut may_take, mut may_force) = (false, false);
        for (bit, rule) in rules.iter().enumerate().filter(|(_, rule)| rule.modes.has(mode)) {
            let (fired, unknown) = (fired >> bit & 1 == 1, unknown >> bit & 1 == 1);
            match rule.verb {
                Verb::Exclude | Verb::Keep if fired => weights.push(rule.weight),
                Verb::Exclude | Verb::Keep => may_take |= unknown && rule.weight > 0.0,
                Verb::ForceInclude if fired => forced = forced.max(rule.weight),
                Verb::ForceInclude => may_force |= unknown && rule.weight > 0.0,
            }
        }
        if forced >= 1.0 {
            return 1.0;
        }
        weights.sort_unstable_by(f64::total_cmp);
        let left = weights.iter().fold(1.0, |left, weight| left * (1.0 - weight));
        let left = if left > 0.0 && may_take { f64::NAN } else { left };
        if left.is_nan() || (may_force && left < 1.0) { f64::NAN } else { left.max(forced) }
    };
    State { shares: (0..modes).map(&mut share).collect() }
}

fn count(tally: &mut Tally, region: usize, verdict: &Verdict, area: AreaMm2) {
    let mut bits = verdict.fired | verdict.unknown;
    while bits != 0 {
        let bit = bits.trailing_zeros();
        bits &= bits - 1;
        let rule = &mut tally.rules[bit as usize];
        rule.cells += verdict.fired >> bit & 1;
        rule.unknown_cells += verdict.unknown >> bit & 1;
        rule.only_cells += verdict.only >> bit & 1;
    }
    let (region, share) = (&mut tally.regions[region], verdict.available);
    region.cells += 1;
    region.area += area;
    if share.is_nan() {
        region.unknown_cells += 1;
    } else if share > 0.0 {
        region.available_cells += 1;
        region.available += area.share(share);
    }
}
