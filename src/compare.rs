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
    /// Ids and statuses of the scenarios.
    pub scenarios: Vec<(String, String)>,
    /// Indicators in order.
    pub indicators: Vec<Indicator>,
}

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
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let summary: Value = serde_json::from_str(&text)
            .map_err(|error| Fault::input(path.display().to_string(), format!("not a summary: {error}")))?;
        summaries.push((id.clone(), summary));
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
    let status = |summary: &Value| summary.get("status").and_then(Value::as_str).unwrap_or_default().to_owned();
    let scenarios = summaries.iter().map(|(id, summary)| (id.clone(), status(summary))).collect();
    Ok(Comparison { baseline, scenarios, indicators })
}

/// Numbers of a summary, flattened.
fn indicators(summary: &Value) -> Map<String, Value> {
    let mut flat = Map::new();
    for (name, value) in summary.as_object().into_iter().flatten() {
        if value.is_number() {
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
        self.scenarios.iter().position(|(id, _)| *id == self.baseline).unwrap_or_default()
    }

    /// One line an indicator: its value in every scenario, then the differences to the baseline.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn csv(&self) -> Result<Vec<u8>> {
        let base = self.base();
        let others = || self.scenarios.iter().enumerate().filter(move |(i, _)| *i != base);
        let mut header = vec!["indicator".to_owned()];
        header.extend(self.scenarios.iter().map(|(id, _)| id.clone()));
        header.extend(others().map(|(_, (id, _))| format!("{id} - {}", self.baseline)));
        let header: Vec<&str> = header.iter().map(String::as_str).collect();
        let status = std::iter::once("status".to_owned())
            .chain(self.scenarios.iter().map(|(_, status)| status.clone()))
            .chain(others().map(|_| String::new()));
        let rows = self.indicators.iter().map(|indicator| {
            let values = indicator.values.iter().map(|value| number_text(*value));
            let differences = others().map(|(i, _)| number_text(indicator.values[i] - indicator.values[base] + 0.0));
            std::iter::once(indicator.name.clone()).chain(values).chain(differences).collect()
        });
        csv::table(&header, std::iter::once(status.collect()).chain(rows))
    }

    /// The same as JSON.
    pub fn json(&self) -> Value {
        let base = self.base();
        let scenario = |(i, (id, status)): (usize, &(String, String))| {
            let values: Map<String, Value> =
                self.indicators.iter().map(|one| (one.name.clone(), json_number(one.values[i]))).collect();
            let change = |one: &Indicator| (one.name.clone(), json_number(one.values[i] - one.values[base] + 0.0));
            let changes: Map<String, Value> = self.indicators.iter().map(change).collect();
            serde_json::json!({"id": id, "status": status, "indicators": values, "difference": changes})
        };
        let scenarios: Vec<Value> = self.scenarios.iter().enumerate().map(scenario).collect();
        serde_json::json!({"baseline": self.baseline, "scenarios": scenarios})
    }
}
