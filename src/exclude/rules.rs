//! What each rule says of each cell.

use ndarray::{Array2, Zip};

use crate::derive::{LOW_CODES, Layers, NO_REGION, Padded, cell_sizes, map_rows};
use crate::kernels::nearest_cell;
use crate::kernels::slope_aspect::FLAT;
use crate::layer::{Code, LayerName, NO_CLASS};
use crate::plan::Plan;
use crate::rule::{Condition, Rule, Unknown, Verb};

/// What every rule says of every cell of a window, by rule.
pub struct Verdicts(Vec<Array2<Verdict>>);

/// Rules whose bits share a byte.
const GROUP: usize = 8;

/// What all rules say of the cells of one row.
#[derive(Default)]
pub struct Row {
    /// Bits of rules that fired, and of those that are undecided, by group of rules and cell.
    groups: Vec<[Vec<u8>; 2]>,
    /// Not 0 where something is not as on the cell before.
    differs: Vec<u8>,
}

/// Cells looked at together.
const LANES: usize = 16;

/// Marks the cells whose value is not that of the cell before.
fn changes<T: PartialEq>(values: &[T], differs: &mut [u8]) {
    let (Some(differs), Some(after)) = (differs.get_mut(1..), values.get(1..)) else { return };
    for ((differs, before), after) in differs.iter_mut().zip(values).zip(after) {
        *differs |= u8::from(before != after);
    }
}

impl Row {
    /// Takes a row over.
    pub fn read(&mut self, verdicts: &Verdicts, row: usize) {
        let cols = verdicts.0.first().map_or(0, Array2::ncols);
        self.groups.resize_with(verdicts.0.len().div_ceil(GROUP), Default::default);
        for (bytes, rules) in self.groups.iter_mut().zip(verdicts.0.chunks(GROUP)) {
            for list in bytes.iter_mut() {
                list.clear();
                list.resize(cols, 0);
            }
            let [fired, unknown] = bytes;
            for (bit, verdicts) in rules.iter().enumerate() {
                let said = verdicts.row(row);
                let said = said.as_slice().unwrap_or_default();
                for ((fired, unknown), &verdict) in fired.iter_mut().zip(unknown.iter_mut()).zip(said) {
                    *fired |= (verdict as u8 & 1) << bit;
                    *unknown |= (verdict as u8 >> 1) << bit;
                }
            }
        }
    }

    /// Finds the ends of the runs of cells of which all rules say the same and that lie in one region.
    pub fn runs(&mut self, regions: &[u16], ends: &mut Vec<usize>) {
        self.differs.clear();
        self.differs.resize(regions.len(), 0);
        for bytes in self.groups.iter().flatten() {
            changes(bytes, &mut self.differs);
        }
        changes(regions, &mut self.differs);
        ends.clear();
        // Most cells are as the one before.
        for (first, some) in (0..).step_by(LANES).zip(self.differs.chunks(LANES)) {
            if some.iter().fold(0, |any, differs| any | differs) != 0 {
                ends.extend((first..).zip(some).filter(|(_, differs)| **differs != 0).map(|(col, _)| col));
            }
        }
        ends.push(regions.len());
    }

    /// The rules that fired on a cell, and those that are undecided, one bit each.
    pub fn bits(&self, col: usize) -> (u64, u64) {
        let join =
            |which: usize| self.groups.iter().rev().fold(0, |bits, bytes| bits << GROUP | u64::from(bytes[which][col]));
        (join(0), join(1))
    }
}

/// What a rule says of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum Verdict {
    /// It does not fire.
    #[default]
    No = 0,
    /// It fires.
    Yes = 1,
    /// It is undecided.
    Unknown = 2,
}

impl Verdict {
    fn of(holds: impl Into<Option<bool>>) -> Self {
        match holds.into() {
            Some(true) => Self::Yes,
            Some(false) => Self::No,
            None => Self::Unknown,
        }
    }

    /// Both must hold.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            _ => Self::Unknown,
        }
    }
}

/// Asks every rule about every cell of a tile.
pub fn verdicts(plan: &Plan, layers: &Layers) -> Verdicts {
    let mut all: Vec<Array2<Verdict>> = vec![Array2::default((0, 0)); plan.project.rules.len()];
    for &bit in &plan.project.rule_order {
        let rule = &plan.project.rules[bit];
        let mut verdict = ask(plan, layers, rule);
        if let Some(regions) = &rule.only_in {
            let within: Vec<bool> = plan.regions.iter().map(|region| regions.contains(region)).collect();
            verdict.zip_mut_with(&layers.regions().core(), |verdict, &region| {
                *verdict = verdict.and(Verdict::of(within.get(usize::from(region)).copied().unwrap_or(false)));
            });
        }
        if let Some(on) = rule.only_where {
            verdict.zip_mut_with(&all[on], |verdict, &on| *verdict = verdict.and(on));
        }
        all[bit] = verdict;
    }
    Verdicts(all)
}

impl Verdicts {
    /// What a rule says of a cell.
    pub fn of(&self, rule: usize, at: (usize, usize)) -> Verdict {
        self.0[rule][at]
    }
}

/// What one rule says, without its `only_in` and `only_where`.
fn ask(plan: &Plan, layers: &Layers, rule: &Rule) -> Array2<Verdict> {
    let missing = || Array2::from_elem(layers.window.shape(), Verdict::Unknown);
    let input = match &rule.layer {
        LayerName::Input(input) => input.as_str(),
        _ => "",
    };
    match &rule.condition {
        // A buffer grows what is excluded: of a polygon's outside, that is towards its middle, cell by cell.
        Condition::Inside if rule.buffer_m == 0.0 || rule.verb == Verb::Keep => layers
            .inside(input)
            .map_or_else(missing, |inside| grown(plan, layers, rule, inside, |inside: &bool| Some(*inside))),
        Condition::Inside => near(layers, input, rule.buffer_m, rule).unwrap_or_else(missing),
        Condition::Nearer(m) | Condition::Farther(m) => near(layers, input, *m, rule).unwrap_or_else(missing),
        Condition::Classes(codes) => layers.classes(input).map_or_else(missing, |classes| {
            let is_listed = |code: Code| (code != NO_CLASS).then(|| codes.binary_search(&code).is_ok());
            let low: Vec<Option<bool>> = (0..LOW_CODES).map(is_listed).collect();
            let holds = |code: &Code| low.get(*code as usize).copied().unwrap_or_else(|| is_listed(*code));
            grown(plan, layers, rule, classes, holds)
        }),
        Condition::Above(_) | Condition::Below(_) | Condition::Range(..) => {
            layers.amount(&rule.layer).map_or_else(missing, |amount| {
                // A flat cell faces nowhere: no condition on its direction holds.
                let nowhere = if rule.layer == LayerName::Aspect { FLAT } else { f32::NAN };
                let holds = |value: f32, holds: bool| (!value.is_nan()).then_some(holds && value != nowhere);
                match rule.condition {
                    Condition::Above(max) => grown(plan, layers, rule, amount, |&value| holds(value, value > max)),
                    Condition::Below(min) => grown(plan, layers, rule, amount, |&value| holds(value, value < min)),
                    Condition::Range(min, max) => {
                        grown(plan, layers, rule, amount, |&value| holds(value, value >= min && value <= max))
                    }
                    _ => missing(),
                }
            })
        }
    }
}

/// What a rule says where its condition holds, does not hold, or is not known.
fn settle(rule: &Rule, condition: Option<bool>) -> Verdict {
    match (condition, rule.verb, rule.unknown) {
        (Some(holds), Verb::Exclude | Verb::ForceInclude, _) => Verdict::of(holds),
        (Some(holds), Verb::Keep, _) => Verdict::of(!holds),
        (None, _, Unknown::Unknown) => Verdict::Unknown,
        (None, _, Unknown::Exclude) => Verdict::Yes,
        (None, _, Unknown::Pass) => Verdict::No,
    }
}

/// A rule on the distance to an input; without distances to that input, nothing.
fn near(layers: &Layers, input: &str, within_m: f64, rule: &Rule) -> Option<Array2<Verdict>> {
    let distances = layers.distances(input)?;
    let within2 = within_m * within_m;
    let is_farther = matches!(rule.condition, Condition::Farther(_));
    let [near, far, unknown] = [Some(!is_farther), Some(is_farther), None].map(|holds| settle(rule, holds));
    let known = distances.known.core();
    let mut said = map_rows(&known, |&known| if known <= within2 { near } else { far });
    if let Some(holes) = &distances.unknown {
        // What the hole hides may be nearer than what is seen.
        Zip::from(&mut said).and(&known).and(&holes.core()).for_each(|said, &known, &hole| {
            if hole <= within2 && known > within2 {
                *said = unknown;
            }
        });
    }
    Some(said)
}

/// A rule on a cell's own value, its set grown by the rule's buffer.
///
/// What is not known inside the regions grows too: next to a hole in an input the rule is undecided, or takes the cell if
/// that is what unknown means to it. Beyond the regions an input need not be complete, and what it does not show is taken
/// not to be there.
fn grown<T: Clone>(
    plan: &Plan,
    layers: &Layers,
    rule: &Rule,
    values: &Padded<T>,
    holds: impl Fn(&T) -> Option<bool>,
) -> Array2<Verdict> {
    // A table, not a choice: neighbours that differ cost no more than those that are alike.
    let table = [Some(false), Some(true), None].map(|holds| settle(rule, holds));
    let says = |value: &T| table[holds(value).map_or(2, usize::from)];
    if rule.buffer_m == 0.0 {
        return map_rows(&values.core(), says);
    }
    let margin = plan.grid.margin(rule.buffer_m);
    let (values, regions) = (values.view(margin), layers.regions().view(margin));
    let mut said = map_rows(&values, says);
    if values.iter().any(|value| holds(value).is_none()) {
        Zip::from(&mut said).and(&values).and(&regions).for_each(|said, value, &region| {
            if region == NO_REGION && holds(value).is_none() {
                *said = Verdict::No;
            }
        });
    }
    let reached = |verdict: Verdict| {
        let set = map_rows(&said.view(), |&said| said == verdict);
        nearest_cell::within(&set, margin, &cell_sizes(plan, layers.window), rule.buffer_m)
    };
    let mut grown = map_rows(&reached(Verdict::Yes).view(), |&taken| Verdict::of(taken));
    if said.iter().any(|&said| said == Verdict::Unknown) {
        grown.zip_mut_with(&reached(Verdict::Unknown), |grown, &hole| {
            if hole && *grown == Verdict::No {
                *grown = Verdict::Unknown;
            }
        });
    }
    grown
}
