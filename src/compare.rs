//! Scenarios side by side.

use std::path::Path;

use serde_json::{Map, Value};

use crate::export::{csv, json_number};
use crate::fault::{Fault, Result, suggestion};
use crate::offer::number_text;

/// Scenarios × indicators, with differences to a baseline.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Id of the scenario the others are compared with.
    pub baseline: String,
    /// The scenarios, in order.
    pub scenarios: Vec<Compared>,
    /// Indicators in order.
    pub indicators: Vec<Indicator>,
}

/// A scenario that is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// Its id.
    pub id: String,
    /// What came of it.
    pub status: String,
    /// What it strives for: sense and column.
    pub objective: String,
}

/// Indicators in the unit of a scenario's own objective: their differences mean nothing between scenarios that strive for
/// different things.
const OF_OBJECTIVE: [&str; 3] = ["objective", "bound", "greedy_objective"];

/// One indicator.
#[derive(Debug, Clone, PartialEq)]
pub struct Indicator {
    /// Its name, with the unit; parts of sums as `name by_region.<id>`.
    pub name: String,
    /// Its value by scenario; `NaN` where there is none.
    pub values: Vec<f64>,
}

/// Compares the scenarios of an output folder.
///
/// - `ids`: scenarios in order; those without results are left out.
/// - `baseline`: the first scenario with results by default.
///
/// # Errors
/// If there are no results, the baseline has none, or a summary cannot be read.
pub fn compare(dir: &Path, ids: &[String], baseline: Option<&str>) -> Result<Comparison> {
    let mut summaries = Vec::new();
    for id in ids {
        let path = dir.join("scenarios").join(id).join("summary.json");
        match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            text => summaries.push((id.clone(), summary(&path, text)?)),
        }
    }
    let place = dir.display().to_string();
    let Some((first, _)) = summaries.first() else {
        let hint = "run the project first, with at least one [[scenario]]";
        return Err(Fault::input(place, "holds no results of scenarios").hint(hint).into());
    };
    let baseline = baseline.map_or_else(|| first.clone(), str::to_owned);
    if !summaries.iter().any(|(id, _)| *id == baseline) {
        let hint = suggestion(&baseline, summaries.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>());
        return Err(Fault::project(place, format!("there are no results of scenario `{baseline}`")).hint(hint).into());
    }
    let mut names: Vec<String> = Vec::new();
    let flat: Vec<Map<String, Value>> = summaries.iter().map(|(_, summary)| indicators(summary)).collect();
    for name in flat.iter().flat_map(Map::keys) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    let value = |row: &Map<String, Value>, name: &str| row.get(name).and_then(Value::as_f64).unwrap_or(f64::NAN);
    let indicators = names
        .into_iter()
        .map(|name| Indicator { values: flat.iter().map(|row| value(row, &name)).collect(), name })
        .collect();
    let compared = |(id, summary): &(String, Value)| {
        let word = |name: &str| summary.get(name).and_then(Value::as_str).unwrap_or_default();
        let objective = format!("{} {}", word("sense"), word("objective_column"));
        Compared { id: id.clone(), status: word("status").to_owned(), objective }
    };
    Ok(Comparison { baseline, scenarios: summaries.iter().map(compared).collect(), indicators })
}

/// The summary of a scenario.
fn summary(path: &Path, text: std::io::Result<String>) -> Result<Value> {
    let place = path.display().to_string();
    let broken = |why: String| Fault::input(&place, why).hint("give the command that wrote the folder again");
    let text = text.map_err(|error| broken(format!("cannot read it: {error}")))?;
    let summary: Value = serde_json::from_str(&text).map_err(|error| broken(format!("not a summary: {error}")))?;
    if summary.get("status").is_none() {
        return Err(broken("not a summary: it has no `status`".to_owned()).into());
    }
    Ok(summary)
}

/// Numbers of a summary, flattened.
fn indicators(summary: &Value) -> Map<String, Value> {
    let mut flat = Map::new();
    // A merit order that breaks limits is no choice to compare with.
    let breaks = summary.get("greedy_unmet").and_then(Value::as_array).is_some_and(|unmet| !unmet.is_empty());
    for (name, value) in summary.as_object().into_iter().flatten() {
        if value.is_number() && !(breaks && name == "greedy_objective") {
            flat.insert(name.clone(), value.clone());
        }
    }
    for group in ["by_region", "by_mode"] {
        for (key, sums) in summary.get(group).and_then(Value::as_object).into_iter().flatten() {
            for (name, value) in sums.as_object().into_iter().flatten() {
                flat.insert(format!("{name} {group}.{key}"), value.clone());
            }
        }
    }
    flat
}

impl Comparison {
    fn base(&self) -> usize {
        self.scenarios.iter().position(|scenario| scenario.id == self.baseline).unwrap_or_default()
    }

    /// Value of a scenario less that of the baseline; `NaN` where the two cannot be compared.
    fn difference(&self, indicator: &Indicator, scenario: usize) -> f64 {
        let base = self.base();
        let apart = self.scenarios[scenario].objective != self.scenarios[base].objective;
        if apart && OF_OBJECTIVE.contains(&indicator.name.as_str()) {
            return f64::NAN;
        }
        indicator.values[scenario] - indicator.values[base] + 0.0
    }

    /// One line an indicator: its value in every scenario, then the differences to the baseline.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn csv(&self) -> Result<Vec<u8>> {
        let base = self.base();
        let others = || self.scenarios.iter().enumerate().filter(move |(i, _)| *i != base);
        let mut header = vec!["indicator".to_owned()];
        header.extend(self.scenarios.iter().map(|scenario| scenario.id.clone()));
        header.extend(others().map(|(_, scenario)| format!("{} - {}", scenario.id, self.baseline)));
        let header: Vec<&str> = header.iter().map(String::as_str).collect();
        let words = |name: &str, get: fn(&Compared) -> &String| -> Vec<String> {
            let values = self.scenarios.iter().map(|scenario| get(scenario).clone());
            std::iter::once(name.to_owned()).chain(values).chain(others().map(|_| String::new())).collect()
        };
        let heads =
            [words("status", |scenario| &scenario.status), words("objective_column", |scenario| &scenario.objective)];
        let rows = self.indicators.iter().map(|indicator| {
            let values = indicator.values.iter().map(|value| number_text(*value));
            let differences = others().map(|(i, _)| number_text(self.difference(indicator, i)));
            std::iter::once(indicator.name.clone()).chain(values).chain(differences).collect()
        });
        csv::table(&header, heads.into_iter().chain(rows))
    }

    /// The same as JSON.
    pub fn json(&self) -> Value {
        let scenario = |(i, scenario): (usize, &Compared)| {
            let of = |value: &dyn Fn(&Indicator) -> f64| -> Map<String, Value> {
                self.indicators.iter().map(|one| (one.name.clone(), json_number(value(one)))).collect()
            };
            let (values, changes) = (of(&|one| one.values[i]), of(&|one| self.difference(one, i)));
            let Compared { id, status, objective } = scenario;
            serde_json::json!({"id": id, "status": status, "objective_column": objective, "indicators": values, "difference": changes})
        };
        let scenarios: Vec<Value> = self.scenarios.iter().enumerate().map(scenario).collect();
        serde_json::json!({"baseline": self.baseline, "scenarios": scenarios})
    }
}
