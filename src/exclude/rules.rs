//! What each rule says of each cell.

use ndarray::{Array2, ArrayView2, Zip};

use crate::derive::{Layers, NO_REGION, Padded, cell_sizes, cut_at};
use crate::grid::Margin;
use crate::kernels::nearest_cell;
use crate::kernels::slope_aspect::FLAT;
use crate::layer::{Code, LayerName, NO_CLASS};
use crate::plan::Plan;
use crate::rule::{Condition, Rule, Unknown, Verb};

/// Bits of the rules that fired and of those that are undecided, for every cell of a window.
pub struct Verdicts {
    /// Rules that fired.
    pub fired: Array2<u64>,
    /// Rules that are undecided.
    pub unknown: Array2<u64>,
}

/// What a rule says of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// It does not fire.
    No,
    /// It fires.
    Yes,
    /// It is undecided.
    Unknown,
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
    let shape = layers.window.shape();
    let mut all = Verdicts { fired: Array2::zeros(shape), unknown: Array2::zeros(shape) };
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
            Zip::from(&mut verdict).and(&all.fired).and(&all.unknown).for_each(|verdict, fired, unknown| {
                let on = match (fired >> on & 1, unknown >> on & 1) {
                    (1, _) => Verdict::Yes,
                    (_, 1) => Verdict::Unknown,
                    _ => Verdict::No,
                };
                *verdict = verdict.and(on);
            });
        }
        Zip::from(&verdict).and(&mut all.fired).and(&mut all.unknown).for_each(|verdict, fired, unknown| {
            *fired |= u64::from(*verdict == Verdict::Yes) << bit;
            *unknown |= u64::from(*verdict == Verdict::Unknown) << bit;
        });
    }
    all
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
            grown(plan, layers, rule, classes, |code: &Code| {
                (*code != NO_CLASS).then(|| codes.binary_search(code).is_ok())
            })
        }),
        Condition::Above(_) | Condition::Below(_) | Condition::Range(..) => {
            layers.amount(&rule.layer).map_or_else(missing, |amount| {
                let is_aspect = rule.layer == LayerName::Aspect;
                grown(plan, layers, rule, amount, |value: &f32| {
                    // A flat cell faces nowhere: no condition on its direction holds.
                    (!value.is_nan()).then(|| !(is_aspect && *value == FLAT) && holds(&rule.condition, *value))
                })
            })
        }
    }
}

fn holds(condition: &Condition, value: f32) -> bool {
    match condition {
        Condition::Above(max) => value > *max,
        Condition::Below(min) => value < *min,
        Condition::Range(min, max) => value >= *min && value <= *max,
        _ => false,
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
    let known = distances.known.core();
    let decide = |known: f64, unknown: f64| {
        let near = if known <= within2 {
            Some(true)
        } else if unknown <= within2 {
            None
        } else {
            Some(false)
        };
        settle(rule, near.map(|near| near != is_farther))
    };
    Some(match &distances.unknown {
        None => known.mapv(|known| decide(known, f64::INFINITY)),
        Some(holes) => {
            let holes = holes.core();
            Array2::from_shape_fn(known.dim(), |at| decide(known[at], holes[at]))
        }
    })
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
    if rule.buffer_m == 0.0 {
        return values.core().map(|value| settle(rule, holds(value)));
    }
    let margin = plan.grid.margin(rule.buffer_m);
    let known = values.view(margin).map(&holds);
    let verdict = |known: Option<bool>, region: u16| match known {
        None if region == NO_REGION => Verdict::No,
        known => settle(rule, known),
    };
    let verdicts = Zip::from(&known).and(&layers.regions().view(margin)).map_collect(|&k, &region| verdict(k, region));
    let taken = verdicts.mapv(|verdict| verdict == Verdict::Yes);
    let holes = verdicts.mapv(|verdict| verdict == Verdict::Unknown);
    let taken = reached(plan, layers, rule, (&taken, margin));
    if !holes.iter().any(|&hole| hole) {
        return taken.mapv(Verdict::of);
    }
    let holes = reached(plan, layers, rule, (&holes, margin));
    Zip::from(&taken).and(&holes).map_collect(|&taken, &hole| match (taken, hole) {
        (true, _) => Verdict::Yes,
        (false, true) => Verdict::Unknown,
        (false, false) => Verdict::No,
    })
}

/// Cells of the window that a set comes as near to as the rule's buffer.
fn reached(plan: &Plan, layers: &Layers, rule: &Rule, (set, margin): (&Array2<bool>, Margin)) -> Array2<bool> {
    let mut squared = nearest_cell::squared_distance_m2(set, margin, &cell_sizes(plan, layers.window));
    cut_at(&mut squared, rule.buffer_m);
    within(&squared.view())
}

fn within(squared_m2: &ArrayView2<'_, f64>) -> Array2<bool> {
    squared_m2.mapv(f64::is_finite)
}
