//! Criteria: that the layers they name exist, and that their value functions are functions.

use std::collections::BTreeMap;

use super::Check;
use super::rules::{Answers, Scope};
use crate::criterion::{Criterion, Utility};
use crate::layer::{Code, LayerName};
use crate::project::file::CriterionTable;
use crate::rule::{ClassRef, ModeSet};

/// Validates the criteria.
pub fn criteria(check: &mut Check<'_>, scope: &Scope<'_>) -> Vec<Criterion> {
    let tables = &scope.file.criterion;
    check.unique("criterion", tables.iter().map(|table| table.id.as_str()));
    let criteria: Vec<Criterion> =
        tables.iter().enumerate().map(|(i, table)| criterion(check, scope, &format!("criterion.{i}"), table)).collect();
    if !criteria.is_empty() && !check.left_out.any("criterion") {
        for (i, mode) in scope.modes.iter().enumerate().take(ModeSet::CAPACITY) {
            if !criteria.iter().any(|criterion| criterion.modes.has(i)) {
                let what = format!("no criterion counts for mode `{mode}`");
                check.fault("criterion", what, "add one, or add the mode to the `modes` of another");
            }
        }
    }
    criteria
}

fn criterion(check: &mut Check<'_>, scope: &Scope<'_>, at: &str, table: &CriterionTable) -> Criterion {
    check.name(&format!("{at}.id"), &table.id);
    let layer = LayerName::parse(&table.layer);
    let answers = scope.answers(check, &format!("{at}.layer"), &layer);
    let utility_at = format!("{at}.utility");
    let fits = match (&table.utility, answers) {
        (_, None) | (Utility::Classes(_), Some(Answers::Class)) => true,
        (Utility::Facing { .. }, Some(_)) => layer == LayerName::Aspect,
        (_, Some(found)) => found == Answers::Amount && layer != LayerName::Aspect,
    };
    if !fits {
        let hint = match (&layer, answers) {
            (LayerName::Aspect, _) => "an aspect is a direction: use `facing`",
            (_, Some(Answers::Geometry)) => "name its distance layer: distance_to_<input>_m",
            (_, Some(Answers::Class)) => "classes are worth what `classes` says",
            _ => "",
        };
        check.fault(&utility_at, format!("this utility does not fit layer `{layer}`"), hint);
    }
    breakpoints(check, &utility_at, &table.utility);
    for value in table.utility.breakpoints() {
        scope.beyond_maximum(check, &utility_at, &layer, value);
    }
    if table.weight <= 0.0 {
        check.fault(&format!("{at}.weight"), "a weight must be positive", "leave the criterion out instead");
    }
    let by_class = match (&table.utility, &layer) {
        (Utility::Classes(worths), layer) => class_worths(check, scope, &utility_at, (layer, worths)),
        _ => BTreeMap::new(),
    };
    Criterion {
        id: table.id.clone(),
        layer,
        utility: table.utility.clone(),
        by_class,
        weight: table.weight,
        modes: check.mode_set(&format!("{at}.modes"), table.modes.as_ref(), scope.modes),
    }
}

fn class_worths(
    check: &mut Check<'_>,
    scope: &Scope<'_>,
    at: &str,
    (layer, worths): (&LayerName, &BTreeMap<String, f64>),
) -> BTreeMap<Code, f32> {
    let mut by_class = BTreeMap::new();
    for (name, worth) in worths {
        check.within(at, *worth, 0.0..=1.0);
        let class = name.parse().map_or_else(|_| ClassRef::Name(name.clone()), ClassRef::Code);
        for code in scope.codes(check, at, layer, &[class]) {
            by_class.insert(code, *worth as f32);
        }
    }
    by_class
}

fn breakpoints(check: &mut Check<'_>, at: &str, utility: &Utility) {
    let ordered = match utility {
        Utility::Rising { worst, best, .. } => worst < best,
        Utility::Falling { best, worst, .. } => best < worst,
        Utility::Trapezoid { zero_below, one_from, one_to, zero_above } => {
            zero_below <= one_from && one_from <= one_to && one_to <= zero_above
        }
        Utility::Points(points) => {
            for point in points {
                check.within(at, point[1], 0.0..=1.0);
            }
            !points.is_empty() && points.windows(2).all(|pair| pair[0][0] < pair[1][0])
        }
        Utility::Gaussian { sigma, .. } => *sigma > 0.0,
        Utility::Facing { sigma_deg, .. } => *sigma_deg > 0.0,
        Utility::Classes(worths) => !worths.is_empty(),
    };
    if !ordered {
        let hint = match utility {
            Utility::Rising { .. } => "`worst` must be below `best`",
            Utility::Falling { .. } => "`best` must be below `worst`",
            Utility::Trapezoid { .. } => "zero_below ≤ one_from ≤ one_to ≤ zero_above",
            Utility::Points(_) => "values must ascend",
            Utility::Gaussian { .. } | Utility::Facing { .. } => "sigma must be positive",
            Utility::Classes(_) => "name at least one class",
        };
        check.fault(at, "the breakpoints are out of order", hint);
    }
}
