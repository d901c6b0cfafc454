//! What a scenario came to, in numbers.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::csv::settled_mw;
use super::json_number;
use crate::allocate::infeasible::{Alone, Conflict, Loosening};
use crate::allocate::model::{Model, Side};
use crate::allocate::{Optimum, sense_word};
use crate::offer::OfferTable;
use crate::scenario::{Quantity, Scenario};
use crate::units::with_word;

/// Columns summed in a scenario's summary, currency written as `cny`.
const SUMMED: [&str; 11] = [
    "capacity_mw",
    "capacity_ac_mw",
    "area_ha",
    "energy_mwh_per_yr",
    "capex_cny",
    "cost_cny_per_yr",
    "net_value_cny_per_yr",
    "crop_margin_cny_per_yr",
    "crop_change_t_per_yr",
    "crop_margin_change_cny_per_yr",
    "water_saved_m3_per_yr",
];

/// A scenario and its offers.
pub struct Case<'a> {
    /// The scenario.
    pub scenario: &'a Scenario,
    /// Its model.
    pub model: &'a Model,
    /// The offers it chooses from.
    pub offers: &'a OfferTable,
    /// Three-letter currency, lower case.
    pub currency: &'a str,
}

fn head(case: &Case<'_>, status: &str) -> Map<String, Value> {
    let objective = match &case.scenario.objective.quantity {
        Quantity::Score => "score".to_owned(),
        Quantity::Column(name) => with_word(name, case.currency, "cny"),
    };
    let mut head = Map::new();
    head.insert("scenario".to_owned(), case.scenario.id.clone().into());
    head.insert("title".to_owned(), case.scenario.title.clone().into());
    head.insert("status".to_owned(), status.into());
    head.insert("objective_column".to_owned(), objective.into());
    head.insert("sense".to_owned(), sense_word(case.scenario.objective.sense).into());
    head.insert("notes".to_owned(), case.model.notes.clone().into());
    head
}

/// `summary.json` of a scenario with an optimum.
pub fn optimal(case: &Case<'_>, optimum: &Optimum) -> Value {
    let capacity = case.offers.numbers("capacity_mw").unwrap_or_default();
    let shares: Vec<f64> =
        capacity.iter().zip(&optimum.allocated_mw).map(|(&mw, &taken)| settled_mw(taken, mw) / mw).collect();
    let mut summary = head(case, "optimal");
    if shares.iter().all(|share| *share == 0.0)
        && let Some(notes) = summary["notes"].as_array_mut()
    {
        notes.push("the best choice is to build nothing".into());
        notes.extend(closest(case).map(Value::from));
    }
    let mut add = |name: &str, value: Value| {
        summary.insert(name.to_owned(), value);
    };
    add("objective", json_number(optimum.objective + 0.0));
    add("bound", json_number(optimum.bound + 0.0));
    add("gap", json_number(optimum.gap));
    add("greedy_objective", json_number(optimum.greedy.objective + 0.0));
    add("greedy_unmet", optimum.greedy.unmet.clone().into());
    for (name, value) in sums(case, &shares, |_| true) {
        add(&name, value);
    }
    add("offers_used", shares.iter().filter(|share| **share > 0.0).count().into());
    let sites = case.offers.words("site_id").unwrap_or_default();
    let used: BTreeSet<&String> =
        sites.iter().zip(&shares).filter(|(_, share)| **share > 0.0).map(|(site, _)| site).collect();
    add("sites_used", used.len().into());
    add("by_region", by(case, &shares, "region"));
    add("by_mode", by(case, &shares, "mode"));
    let binding = optimum.prices.iter().filter(|price| price.shadow_price != 0.0 && price.modes.is_empty());
    let binding = binding.map(|price| {
        json!({"rule": price.rule, "key": price.key, "unit": price.unit,
        "limit": json_number(price.limit), "shadow_price": json_number(price.shadow_price)})
    });
    add("binding", binding.collect());
    Value::Object(summary)
}

/// What the offer that is nearest to paying would need, where offers tell what they just pay at.
fn closest(case: &Case<'_>) -> Option<String> {
    let number = |name: &str| case.offers.numbers(&with_word(name, case.currency, "cny"));
    let (net, energy) = (number("net_value_cny_per_yr")?, number("energy_mwh_per_yr")?);
    let (price, capex) = (number("break_even_price_cny_per_kwh")?, number("break_even_capex_cny_per_kw")?);
    // What a kWh lacks.
    let lacking = |row: usize| -net[row] / (energy[row] * 1_000.0);
    let known = (0..case.offers.rows).filter(|&row| lacking(row).is_finite() && lacking(row) > 0.0);
    let row = known.min_by(|&a, &b| lacking(a).total_cmp(&lacking(b)))?;
    let id = case.offers.words("offer_id")?.swap_remove(row);
    let unit = case.currency.to_uppercase();
    let or_capex = if capex[row] > 0.0 {
        format!("an investment of at most {:.0} {unit}/kW before connection", capex[row])
    } else {
        "no investment would be low enough at today's price".to_owned()
    };
    Some(format!(
        "nearest to paying is offer {id}: it needs {:.4} {unit}/kWh, {:.4} more than it gets, or {or_capex}",
        price[row],
        lacking(row)
    ))
}

/// Sums of the columns there are, over the offers that pass a test, each as far as it is used.
fn sums(case: &Case<'_>, shares: &[f64], test: impl Fn(usize) -> bool) -> Vec<(String, Value)> {
    let names = SUMMED.iter().map(|name| with_word(name, case.currency, "cny"));
    let sum = |values: &[f64]| {
        let used = (0..shares.len()).filter(|&row| test(row) && shares[row] > 0.0);
        used.map(|row| shares[row] * values[row]).sum::<f64>()
    };
    names.filter_map(|name| Some((name.clone(), json_number(sum(case.offers.numbers(&name)?) + 0.0)))).collect()
}

/// Sums by the value of a column.
fn by(case: &Case<'_>, shares: &[f64], column: &str) -> Value {
    let Some(words) = case.offers.words(column) else { return json!({}) };
    let groups: BTreeSet<&str> = words.iter().map(String::as_str).collect();
    let of = |group: &str| Value::Object(sums(case, shares, |row| words[row] == group).into_iter().collect());
    Value::Object(groups.iter().map(|group| ((*group).to_owned(), of(group))).collect())
}

/// `summary.json` of a scenario without a solution.
pub fn infeasible(case: &Case<'_>, conflict: &Conflict) -> Value {
    let mut summary = head(case, "infeasible");
    let limits: Vec<Value> = conflict
        .limits
        .iter()
        .map(|clash| {
            let (alone, is_enough) = match clash.alone {
                Alone::To(value) => (json_number(value), Some(true)),
                Alone::NotEnough => (Value::Null, Some(false)),
                Alone::Untold => (Value::Null, None),
            };
            json!({
                "rule": clash.rule,
                "key": clash.key,
                "unit": clash.unit,
                "bound": if clash.side == Side::Max { "max" } else { "min" },
                "limit": json_number(clash.limit),
                "loosened": json_number(clash.loosened),
                "alone": alone,
                "alone_is_enough": is_enough,
            })
        })
        .collect();
    summary.insert("conflict".to_owned(), limits.into());
    let loosening = match conflict.loosening {
        Loosening::Smallest => "smallest",
        Loosening::Sufficient => "sufficient",
        Loosening::NotFound => "not found",
    };
    summary.insert("loosening".to_owned(), loosening.into());
    summary.insert("land_binds".to_owned(), conflict.land_binds.into());
    summary.insert("explanation".to_owned(), conflict.sentences.clone().into());
    Value::Object(summary)
}
