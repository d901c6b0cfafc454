//! Scenarios: the base, what each overrides, and limits that say one thing.

use std::collections::BTreeMap;

use super::regions::{self, Terms};
use super::{Check, modes};
use crate::project::file::{Baseline, LimitTable, OneOrMany, ProjectFile, ScenarioTable};
use crate::scenario::{
    Bound, Constant, INFINITE, Level, Limit, OBJECTIVES, Objective, Quantity, Reference, Scenario, Selection, Sense,
    UnassignedOffers,
};

/// Name of the only scenario of a project that has a base and nothing else.
pub const BASE: &str = "base";

/// Id of the rows of the allocation that keep the land of a site.
const LAND: &str = "land";

/// What scenarios may refer to.
struct Scope<'a> {
    file: &'a ProjectFile,
    terms: &'a Terms<'a>,
    base: &'a ScenarioTable,
    base_limits: Vec<Limit>,
}

/// Validates the scenarios, each over the base.
pub fn scenarios(check: &mut Check<'_>, file: &ProjectFile, terms: &Terms<'_>) -> Vec<Scenario> {
    let nothing = ScenarioTable::default();
    let base = file.base.as_ref().unwrap_or(&nothing);
    if base.id.is_some() {
        check.fault("base.id", "[base] is no scenario of its own and has no id", "remove it");
    }
    if !base.without.is_empty() {
        check.fault("base.without", "there is nothing the base could do without", "remove the limits themselves");
    }
    let scope = Scope { file, terms, base, base_limits: limits(check, BASE, base) };
    overrides(check, BASE, base, &scope);
    if file.scenario.is_empty() && file.base.is_some() {
        let objective = objective(check, BASE, base.objective.as_deref());
        let title = base.title.clone().unwrap_or_else(|| BASE.to_owned());
        let place = check.document.place(BASE);
        return vec![Scenario { id: BASE.to_owned(), title, objective, limits: scope.base_limits, place }];
    }
    check.unique("scenario", file.scenario.iter().filter_map(|scenario| scenario.id.as_deref()));
    let tables = file.scenario.iter().enumerate();
    tables.map(|(i, table)| scenario(check, &scope, &format!("scenario.{i}"), table)).collect()
}

fn scenario(check: &mut Check<'_>, scope: &Scope<'_>, at: &str, table: &ScenarioTable) -> Scenario {
    match table.id.as_deref() {
        Some(BASE) => check.fault(&format!("{at}.id"), "`base` is what the scenarios have in common", "rename it"),
        Some(id) => check.name(&format!("{at}.id"), id),
        None => check.fault(at, "the scenario has no `id`", ""),
    }
    let of_base: Vec<&str> = scope.base_limits.iter().map(|limit| limit.id.as_str()).collect();
    for id in table.without.iter().filter(|_| !check.left_out.any(BASE)) {
        let what = || format!("the base has no limit `{id}`");
        check.known((&format!("{at}.without"), "base.limit"), id, &of_base, what);
    }
    overrides(check, at, table, scope);
    let own = limits(check, at, table);
    let replaced = |limit: &Limit| table.without.contains(&limit.id) || own.iter().any(|mine| mine.id == limit.id);
    let kept = scope.base_limits.iter().filter(|limit| !replaced(limit));
    let limits: Vec<Limit> = kept.chain(&own).cloned().collect();
    let id = table.id.clone().unwrap_or_default();
    Scenario {
        title: table.title.clone().unwrap_or_else(|| id.clone()),
        id,
        objective: objective(check, at, table.objective.as_deref().or(scope.base.objective.as_deref())),
        limits,
        place: check.document.place(at),
    }
}

/// Validates what a scenario puts in place of the project's weights and economics.
fn overrides(check: &mut Check<'_>, at: &str, table: &ScenarioTable, scope: &Scope<'_>) {
    let criteria: Vec<&str> = scope.file.criterion.iter().map(|criterion| criterion.id.as_str()).collect();
    for (id, weight) in &table.weights {
        let path = format!("{at}.weights.{id}");
        check.known((&path, "criterion"), id, &criteria, || format!("there is no criterion `{id}`"));
        if *weight <= 0.0 {
            check.fault(&path, "a weight must be positive", "");
        }
    }
    check.unique(&format!("{at}.mode"), table.mode.iter().map(|mode| mode.id.as_str()));
    let modes: Vec<&str> = scope.file.mode.iter().map(|mode| mode.id.as_str()).collect();
    for (i, mode) in table.mode.iter().enumerate() {
        let path = format!("{at}.mode.{i}");
        let what = || format!("mode `{}` is not one of this project's [[mode]]", mode.id);
        check.known((&path, "mode"), &mode.id, &modes, what);
        modes::numbers_in_range(check, &path, mode);
        let designs = mode.gcr.is_some() || mode.tilt_deg.is_some();
        let physical = mode.layout.is_some() || mode.land.is_some() || mode.crops.is_some() || mode.name.is_some();
        if physical || designs {
            let what = "a scenario changes numbers of a mode, not its layout, designs, land, crops or name";
            check.fault(&path, what, "bring a mode of its own");
        }
    }
    regions::list(check, &format!("{at}.region_data"), &table.region_data, scope.terms);
    for (i, data) in table.region_data.iter().enumerate().filter(|(_, data)| data.like.is_some()) {
        let path = format!("{at}.region_data.{i}.like");
        check.fault(
            &path,
            "a scenario states what it changes",
            format!("put `like` into the [[region_data]] of `{}`", data.id),
        );
    }
    for (i, data) in table.region_data.iter().enumerate().filter(|(_, data)| !data.yield_kwh_per_kwp.is_empty()) {
        let path = format!("{at}.region_data.{i}.yield_kwh_per_kwp");
        let what =
            "a scenario changes the economics of a region, not its yields: they are the same land under the same sun";
        check.fault(&path, what, format!("change them in the [[region_data]] of `{}`", data.id));
    }
}

fn objective(check: &mut Check<'_>, at: &str, text: Option<&str>) -> Objective {
    let quantity = |name: &str| match OBJECTIVES.iter().find(|(word, _)| *word == name) {
        Some((_, Some(column))) => Quantity::Column((*column).to_owned()),
        Some((_, None)) => Quantity::Score,
        None => Quantity::Column(name.to_owned()),
    };
    let Some(text) = text else {
        if !check.left_out.any(BASE) && !check.left_out.any("scenario") {
            let hint =
                "write objective = \"max_net_value\", \"min_cost\", \"max_energy\", \"max_score\" or max_/min_<column>";
            check.fault(at, "the scenario has no objective", hint);
        }
        // One that every table of offers can answer.
        return Objective { sense: Sense::Max, quantity: quantity("capacity_mw") };
    };
    if OBJECTIVES.iter().any(|(word, _)| *word == text) {
        let hint = format!("write \"max_{text}\" or \"min_{text}\"");
        check.fault(&format!("{at}.objective"), format!("`{text}` does not say whether more or less is better"), hint);
    }
    let (sense, name) = match (text.strip_prefix("max_"), text.strip_prefix("min_")) {
        (Some(name), _) => (Sense::Max, name),
        (_, Some(name)) => (Sense::Min, name),
        _ => (Sense::Max, text),
    };
    Objective { sense, quantity: quantity(name) }
}

fn selection(select: &BTreeMap<String, OneOrMany>) -> Selection {
    let values = |value: &OneOrMany| match value {
        OneOrMany::One(value) => vec![value.clone()],
        OneOrMany::Many(values) => values.clone(),
    };
    select.iter().map(|(column, value)| (column.clone(), values(value))).collect()
}

/// The limits of a scenario, or of the base.
fn limits(check: &mut Check<'_>, at: &str, table: &ScenarioTable) -> Vec<Limit> {
    let list = format!("{at}.limit");
    check.unique(&list, table.limit.iter().map(|limit| limit.id.as_str()));
    table.limit.iter().enumerate().map(|(i, table)| limit(check, &format!("{list}.{i}"), table)).collect()
}

fn limit(check: &mut Check<'_>, at: &str, table: &LimitTable) -> Limit {
    check.name(&format!("{at}.id"), &table.id);
    if table.id == LAND {
        let what = "`land` is the name of the program's own limits, which keep the land of each site";
        check.fault(&format!("{at}.id"), what, "rename it");
    }
    let bound = match (&table.sum, &table.average, &table.by) {
        (Some(column), None, None) => sum_bound(check, at, table, column),
        (None, Some(column), Some(by)) => average_bound(check, at, table, (column, by)),
        (None, Some(_), None) => {
            check.fault(at, "`average` needs `by`, the extensive column that weighs it", "");
            nothing()
        }
        _ => {
            let what = format!("limit `{}` needs one of `sum` and `average` (with `by`)", table.id);
            check.fault(at, what, "");
            nothing()
        }
    };
    within_reach(check, at, table);
    if table.per.is_none() {
        let keyed = [
            ("max_column", table.max_column.is_some()),
            ("min_column", table.min_column.is_some()),
            ("unassigned", table.unassigned.is_some()),
            ("a baseline by key", matches!(table.baseline, Some(Baseline::ByKey(_)))),
        ];
        for (what, _) in keyed.iter().filter(|(_, given)| *given) {
            check.fault(at, format!("{what} needs `per`, the column whose values are the keys"), "");
        }
    }
    Limit {
        id: table.id.clone(),
        select: selection(&table.select),
        bound,
        per: table.per.clone(),
        unassigned: table.unassigned.map_or(UnassignedOffers::Refused, |_| UnassignedOffers::Free),
        place: check.document.place(at),
    }
}

/// Faults of numbers that the solver takes for infinite.
fn within_reach(check: &mut Check<'_>, at: &str, table: &LimitTable) {
    let one = |key: &str, value: Option<f64>| value.map(|value| (key.to_owned(), value));
    let baseline: Vec<(String, f64)> = match &table.baseline {
        None | Some(Baseline::Measured(_)) => Vec::new(),
        Some(Baseline::One(value)) => vec![("baseline".to_owned(), *value)],
        Some(Baseline::ByKey(values)) => {
            values.iter().map(|(key, value)| (format!("baseline.{key}"), *value)).collect()
        }
    };
    let stated = [
        one("min", table.min),
        one("max", table.max),
        one("min_share", table.min_share),
        one("max_share", table.max_share),
    ];
    for (key, value) in stated.into_iter().flatten().chain(baseline) {
        if value.abs() >= INFINITE {
            let hint = "leave a bound out that holds nothing back, or count in a larger unit";
            check.fault(&format!("{at}.{key}"), format!("{value:e} counts as infinite; {INFINITE:e} is the end"), hint);
        }
    }
}

/// Stands for the bound of a limit that has a fault.
fn nothing() -> Bound {
    Bound::Amount { column: String::new(), min: None, max: None, baseline: None }
}

fn sum_bound(check: &mut Check<'_>, at: &str, table: &LimitTable, column: &str) -> Bound {
    let level = |check: &mut Check<'_>, value: Option<f64>, name: &Option<String>, word: &str| match (value, name) {
        (Some(_), Some(_)) => {
            check.fault(at, format!("`{word}` and `{word}_column` exclude each other"), "");
            None
        }
        (Some(value), None) => Some(Level::Value(value)),
        (None, name) => name.clone().map(Level::Column),
    };
    let min = level(check, table.min, &table.min_column, "min");
    let max = level(check, table.max, &table.max_column, "max");
    let is_share = table.min_share.is_some() || table.max_share.is_some();
    let is_amount = min.is_some() || max.is_some();
    let constant = table.baseline.as_ref().map(|baseline| match baseline {
        Baseline::One(value) => Constant::One(*value),
        Baseline::ByKey(values) => Constant::ByKey(values.clone()),
        Baseline::Measured(area) => Constant::Measured(*area),
    });
    if is_share == is_amount {
        let what = format!("limit `{}` needs either amounts (min, max) or shares (min_share, max_share)", table.id);
        check.fault(at, what, "");
    }
    ordered(check, at, (table.min, table.max));
    ordered(check, at, (table.min_share, table.max_share));
    if !is_share {
        if table.over_where.is_some() {
            check.fault(&format!("{at}.over_where"), "only a share refers to other offers", "");
        }
        return Bound::Amount { column: column.to_owned(), min, max, baseline: constant };
    }
    let negative = match &constant {
        Some(Constant::One(value)) => *value < 0.0,
        Some(Constant::ByKey(values)) => values.values().any(|value| *value < 0.0),
        Some(Constant::Measured(_)) | None => false,
    };
    if negative {
        check.fault(
            &format!("{at}.baseline"),
            "a share of less than nothing",
            "give zero or more, or bound the amount",
        );
    }
    if constant.is_none() && table.over_where.is_none() {
        for share in [table.min_share, table.max_share].into_iter().flatten() {
            check.within(at, share, 0.0..=1.0);
        }
    }
    let over = table.over_where.as_ref().map(selection);
    let offers = if constant.is_some() { over } else { Some(over.unwrap_or_default()) };
    let of = Reference { offers, constant };
    Bound::Share { column: column.to_owned(), min: table.min_share, max: table.max_share, of }
}

fn average_bound(check: &mut Check<'_>, at: &str, table: &LimitTable, (column, by): (&str, &str)) -> Bound {
    let extra = [
        table.min_share.is_some(),
        table.max_share.is_some(),
        table.over_where.is_some(),
        table.baseline.is_some(),
        table.min_column.is_some(),
        table.max_column.is_some(),
    ];
    if extra.contains(&true) || (table.min.is_none() && table.max.is_none()) {
        check.fault(at, "an average takes `min` and `max`, and nothing else", "");
    }
    ordered(check, at, (table.min, table.max));
    Bound::Average { column: column.to_owned(), by: by.to_owned(), min: table.min, max: table.max }
}

fn ordered(check: &mut Check<'_>, at: &str, bounds: (Option<f64>, Option<f64>)) {
    if let (Some(min), Some(max)) = bounds
        && min > max
    {
        check.fault(at, format!("the least value {min} is above the greatest {max}"), "swap them");
    }
}
