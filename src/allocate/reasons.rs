//! Why an offer is taken, taken in part, or left.

use super::model::Model;
use super::prices::Price;

/// Use of an offer that differs from none or all by less than this share of its capacity is none or all [1].
const SHARE_NOISE: f64 = 1e-9;

/// A sentence for each offer.
pub fn reasons(model: &Model, megawatts: &[f64], reduced_cost: &[f64], prices: &[Price]) -> Vec<String> {
    let binding = binding_rules(model, prices);
    let unit = if model.objective_unit.is_empty() { String::new() } else { format!(" {}", model.objective_unit) };
    (0..model.columns.len())
        .map(|i| {
            let column = &model.columns[i];
            let share = megawatts[i] / column.capacity_mw;
            let held = if binding[i].is_empty() { String::new() } else { format!(": {}", binding[i].join(", ")) };
            if share > 1.0 - SHARE_NOISE {
                format!("in full{}", if held.is_empty() { String::new() } else { format!(", held{held}") })
            } else if share > SHARE_NOISE {
                format!(
                    "in part, held by{}",
                    if held.is_empty() { " nothing that has a price".to_owned() } else { held }
                )
            } else if reduced_cost[i].abs() < 1e-9 * (1.0 + column.objective_per_mw.abs()) {
                "left out, but as good as what was taken".to_owned()
            } else if binding[i].is_empty() {
                format!("left out: it adds {:.6}{unit} per MW to the objective", column.objective_per_mw)
            } else {
                let loss = reduced_cost[i].abs();
                format!("left out: a MW of it would worsen the objective by {loss:.6}{unit}, counting{held}")
            }
        })
        .collect()
}

/// Names of the rows with a price that each column uses, dearest first, at most three.
fn binding_rules(model: &Model, prices: &[Price]) -> Vec<Vec<String>> {
    let limits = model.rows.iter().filter(|row| row.key.modes.is_empty());
    let land = model.rows.iter().filter(|row| !row.key.modes.is_empty());
    let mut lists: Vec<Vec<(f64, String)>> = vec![Vec::new(); model.columns.len()];
    for (row, price) in limits.chain(land).zip(prices).filter(|(_, price)| price.shadow_price != 0.0) {
        let name = if price.key.is_empty() { price.rule.clone() } else { format!("{} {}", price.rule, price.key) };
        let per_use = price.shadow_price.abs();
        for &(column, value) in &row.coefficients {
            lists[column as usize].push((per_use * value.abs(), name.clone()));
        }
    }
    let name_of = |mut list: Vec<(f64, String)>| {
        list.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        let mut names: Vec<String> = Vec::new();
        for (_, name) in list {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names.truncate(3);
        names
    };
    lists.into_iter().map(name_of).collect()
}
