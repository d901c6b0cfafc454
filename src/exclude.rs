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
use crate::layer::LayerName;
use crate::plan::Plan;
use crate::rule::{ModeSet, Rule, Verb};
use crate::subsidence::decision::{Decision, Stability};
use crate::subsidence::quantity::Quantity;
use crate::units::AreaMm2;

/// Reasons of a cell outside all regions.
pub const NO_REASONS: u64 = u64::MAX;
/// Kind of a cell outside all regions.
pub const NO_KIND: u32 = u32::MAX;

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

/// What all cells of a kind have in common.
#[derive(Debug, Clone, PartialEq)]
pub struct Kind {
    /// Region number.
    pub region: u16,
    /// One bit for each rule that fired.
    pub reasons: u64,
    /// What is left.
    pub state: State,
}

/// What the rules make of a tile.
#[derive(Debug, Clone)]
pub struct Mask {
    /// Its cells.
    pub window: Window,
    /// Index into `kinds`; [`NO_KIND`] outside all regions.
    pub kind: Array2<u32>,
    /// The kinds that occur.
    pub kinds: Vec<Kind>,
    /// Counts.
    pub tally: Tally,
}

impl Mask {
    /// What is known of a cell; `None` outside all regions.
    pub fn of(&self, at: (usize, usize)) -> Option<&Kind> {
        self.kinds.get(self.kind[at] as usize)
    }

    /// Something of every cell that is the same for all of its kind.
    pub fn map<T: Copy>(&self, outside: T, of: impl Fn(&Kind) -> T) -> Array2<T> {
        let table: Vec<T> = self.kinds.iter().map(of).collect();
        self.kind.mapv(|kind| table.get(kind as usize).copied().unwrap_or(outside))
    }

    /// Availability of every cell; `NaN` outside all regions and where it is not known.
    pub fn available(&self) -> Array2<f32> {
        self.map(f32::NAN, |kind| kind.state.available() as f32)
    }

    /// Rules that fired on every cell, one bit each; [`NO_REASONS`] outside all regions.
    pub fn reasons(&self) -> Array2<u64> {
        self.map(NO_REASONS, |kind| kind.reasons)
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
    /// Mined-out land that is not unstable.
    pub stable: AreaMm2,
    /// Mined-out land by decision, in the order of [`Decision::ALL`], then such of which too little is known.
    pub decided: [AreaMm2; Decision::ALL.len() + 1],
}

impl RegionTally {
    /// All mined-out land.
    pub fn mined_out(&self) -> AreaMm2 {
        self.decided.iter().copied().sum()
    }

    fn merge(&mut self, other: &Self) {
        self.cells += other.cells;
        self.area += other.area;
        self.available_cells += other.available_cells;
        self.available += other.available;
        self.unknown_cells += other.unknown_cells;
        self.stable += other.stable;
        self.decided.iter_mut().zip(other.decided).for_each(|(mine, theirs)| *mine += theirs);
    }
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
            mine.merge(theirs);
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
            total.merge(region);
        }
        total
    }
}

/// Applies the rules of a plan to a tile.
pub fn exclude(plan: &Plan, layers: &Layers) -> Mask {
    let verdicts = rules::verdicts(plan, layers);
    let mut sorter = Sorter::new(plan);
    sorter.tally.overlaps = layers.overlaps;
    let mut kind = Array2::from_elem(layers.window.shape(), NO_KIND);
    let (mut said, mut ends) = (rules::Row::default(), Vec::new());
    let regions = layers.regions().core();
    for ((row, mut kinds), regions) in kind.rows_mut().into_iter().enumerate().zip(regions.rows()) {
        let area = plan.grid.cell_area((layers.window.row + row as isize) as usize);
        if sorter.area != area {
            sorter.count();
            sorter.area = area;
        }
        said.read(&verdicts, row);
        let regions = regions.as_slice().unwrap_or_default();
        let mut col = 0;
        said.runs(regions, &mut ends);
        for &end in &ends {
            if let Some(&region) = regions.get(col).filter(|region| **region != NO_REGION) {
                let (fired, unknown) = said.bits(col);
                kinds.slice_mut(ndarray::s![col..end]).fill(sorter.kind((region, fired, unknown), end - col));
            }
            col = end;
        }
    }
    sorter.count();
    count_mined_out(plan, layers, &mut sorter.tally);
    Mask { window: layers.window, kind, kinds: sorter.kinds, tally: sorter.tally }
}

/// Counts mined-out land by region, decision and stability.
fn count_mined_out(plan: &Plan, layers: &Layers, tally: &mut Tally) {
    let stability = layers.amount(&LayerName::Mined(Quantity::Stability));
    let (Some(grounds), Some(stability), true) = (land::grounds(layers), stability, plan.project.subsidence.is_some())
    else {
        return;
    };
    let regions = layers.regions().core();
    let unknown = Decision::ALL.len();
    for (((row, col), &ground), &stability) in grounds.indexed_iter().zip(stability.core()) {
        let Some(region) = tally.regions.get_mut(usize::from(regions[(row, col)])) else { continue };
        if ground == land::UNTOUCHED {
            continue;
        }
        let area = plan.grid.cell_area((layers.window.row + row as isize) as usize);
        region.decided[usize::from(ground - 1).min(unknown)] += area;
        if stability < f32::from(Stability::Unstable as u8) {
            region.stable += area;
        }
    }
}

/// Region of a cell, rules that fired, and rules that are undecided.
type Key = (u16, u64, u64);

/// Kinds remembered by the last bits of their keys.
const REMEMBERED: usize = 256;

/// Sorts cells into kinds and counts them.
struct Sorter<'a> {
    plan: &'a Plan,
    index: HashMap<Key, u32>,
    /// The kinds met last: most cells are of a few kinds.
    recent: Vec<Option<(Key, u32)>>,
    kinds: Vec<Kind>,
    /// By kind: rules that are undecided, rules that alone take land, share available.
    facts: Vec<(u64, u64, f64)>,
    /// Cells by kind that are not yet in the tally, all of one area.
    cells: Vec<u64>,
    area: AreaMm2,
    tally: Tally,
}

impl<'a> Sorter<'a> {
    fn new(plan: &'a Plan) -> Self {
        Self {
            plan,
            index: HashMap::new(),
            recent: vec![None; REMEMBERED],
            kinds: Vec::new(),
            facts: Vec::new(),
            cells: Vec::new(),
            area: AreaMm2::ZERO,
            tally: Tally::new(plan.regions.len(), plan.project.rules.len()),
        }
    }

    /// The kind of some cells of one key.
    fn kind(&mut self, key: Key, cells: usize) -> u32 {
        let mixed = (key.1 ^ key.2.rotate_left(29) ^ u64::from(key.0) << 48).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let place = (mixed >> 56) as usize;
        let kind = match self.recent[place] {
            Some((known, kind)) if known == key => kind,
            _ => self.look_up(key),
        };
        self.recent[place] = Some((key, kind));
        self.cells[kind as usize] += cells as u64;
        kind
    }

    fn look_up(&mut self, key: Key) -> u32 {
        if let Some(&kind) = self.index.get(&key) {
            return kind;
        }
        let (region, fired, unknown) = key;
        let rules = &self.plan.project.rules;
        let state = shares(rules, (fired, unknown), self.plan.mode_count());
        self.facts.push((unknown, only(rules, (fired, unknown), &state), state.available()));
        self.kinds.push(Kind { region, reasons: fired, state });
        self.cells.push(0);
        let kind = (self.kinds.len() - 1) as u32;
        self.index.insert(key, kind);
        kind
    }

    /// Adds the cells since the last time to the tally.
    fn count(&mut self) {
        let facts = self.kinds.iter().zip(&self.facts);
        for ((kind, &(unknown, only, share)), cells) in facts.zip(&mut self.cells) {
            let number = std::mem::take(cells);
            for (bit, rule) in self.tally.rules.iter_mut().enumerate() {
                rule.cells += (kind.reasons >> bit & 1) * number;
                rule.unknown_cells += (unknown >> bit & 1) * number;
                rule.only_cells += (only >> bit & 1) * number;
            }
            let region = &mut self.tally.regions[usize::from(kind.region)];
            region.cells += number;
            region.area += self.area.times(number);
            if share.is_nan() {
                region.unknown_cells += number;
            } else if share > 0.0 {
                region.available_cells += number;
                region.available += self.area.share(share).times(number);
            }
        }
    }
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
/// Availability for a mode = max(Π(1 − weight) over the fired rules that bind it, forced), and nothing where land law closes
/// the cell. A certain full exclusion stands whatever else is undecided; otherwise an undecided rule leaves the cell undecided. The weights are multiplied in
/// ascending order, so that the order of the rules does not show in the last bit either.
pub fn shares(rules: &[Rule], (fired, unknown): (u64, u64), modes: usize) -> State {
    let mut weights: Vec<f64> = Vec::new();
    let mut share = |mode: usize| {
        weights.clear();
        let mut forced = 0.0_f64;
        let (mut may_take, mut may_force) = (false, false);
        // Nothing gives back what the law takes.
        let mut lawful = 1.0_f64;
        for (bit, rule) in rules.iter().enumerate().filter(|(_, rule)| rule.modes.has(mode)) {
            let (fired, unknown) = (fired >> bit & 1 == 1, unknown >> bit & 1 == 1);
            match rule.verb {
                // A clause takes all or, as a condition of another, nothing.
                Verb::Exclude | Verb::Keep if rule.law.is_some() => match (rule.weight > 0.0, fired, unknown) {
                    (true, true, _) => lawful = 0.0,
                    (true, false, true) if lawful > 0.0 => lawful = f64::NAN,
                    _ => {}
                },
                Verb::Exclude | Verb::Keep if fired => weights.push(rule.weight),
                Verb::Exclude | Verb::Keep => may_take |= unknown && rule.weight > 0.0,
                Verb::ForceInclude if fired => forced = forced.max(rule.weight),
                Verb::ForceInclude => may_force |= unknown && rule.weight > 0.0,
            }
        }
        if lawful == 0.0 || forced >= 1.0 {
            return lawful;
        }
        weights.sort_unstable_by(f64::total_cmp);
        let left = weights.iter().fold(1.0, |left, weight| left * (1.0 - weight));
        let left = if left > 0.0 && may_take { f64::NAN } else { left };
        let left = if left.is_nan() || (may_force && left < 1.0) { f64::NAN } else { left.max(forced) };
        // What is taken for certain stays taken, whatever the law says.
        if left == 0.0 { 0.0 } else { left * lawful }
    };
    State { shares: (0..modes).map(&mut share).collect() }
}
