//! Why an offer is taken, taken in part, or left.

use super::model::{Model, Side, sign};
use super::prices::Price;
use crate::offer::short_text;
use crate::scenario::Sense;

/// What differs by less than this share is the same [1].
const SHARE_NOISE: f64 = 1e-9;
/// Rows named at most.
const NAMED: usize = 3;

/// What a choice comes to.
pub struct Choice<'a> {
    /// Megawatts of each offer.
    pub megawatts: &'a [f64],
    /// Reduced cost of each offer.
    pub reduced_cost: &'a [f64],
    /// Prices of all rows, limits first, then land.
    pub prices: &'a [Price],
    /// Whether more or less of the objective is better.
    pub sense: Sense,
}

/// A row with a price, as one offer meets it.
struct Part {
    name: String,
    /// What a megawatt of the offer takes from the objective through this row; negative where the row asks for it.
    loss: f64,
}

/// A sentence for each offer.
pub fn reasons(model: &Model, choice: &Choice<'_>) -> Vec<String> {
    let (parts, closed) = (parts(model, choice), closed(model));
    let of = |i: usize| closed[i].clone().unwrap_or_else(|| reason(model, choice, (i, &parts[i])));
    (0..model.columns.len()).map(of).collect()
}

/// Reasons of the offers that cannot be built at all: a row has no room for them, whatever else is built.
fn closed(model: &Model) -> Vec<Option<String>> {
    let mut closed: Vec<Option<String>> = vec![None; model.columns.len()];
    for row in &model.rows {
        let turn = if row.side == Side::Max { 1.0 } else { -1.0 };
        let takes = row.coefficients.iter().all(|&(_, value)| turn * value >= 0.0);
        if !takes || turn * row.rhs > 0.0 {
            continue;
        }
        let what = match &row.key {
            key if !key.modes.is_empty() => "no land of its site admits it".to_owned(),
            key => format!("{} leaves no room for it", title(&key.rule, &key.key)),
        };
        for &(column, _) in &row.coefficients {
            closed[column as usize].get_or_insert_with(|| format!("left out: {what}"));
        }
    }
    closed
}

fn title(rule: &str, key: &str) -> String {
    if key.is_empty() { rule.to_owned() } else { format!("{rule} {key}") }
}

fn reason(model: &Model, choice: &Choice<'_>, (i, parts): (usize, &[Part])) -> String {
    let column = &model.columns[i];
    let unit = if model.objective_unit.is_empty() { String::new() } else { format!(" {}", model.objective_unit) };
    let share = choice.megawatts[i] / column.capacity_mw;
    let (held, asked) = (names(parts, 1.0), names(parts, -1.0));
    let listed = |words: &str, names: &[String]| {
        if names.is_empty() { String::new() } else { format!(", {words}: {}", names.join(", ")) }
    };
    if share > SHARE_NOISE {
        let used = if share > 1.0 - SHARE_NOISE { "in full" } else { "in part" };
        let free = share <= 1.0 - SHARE_NOISE && held.is_empty() && asked.is_empty();
        let free = if free { ", held by nothing that has a price" } else { "" };
        return format!("{used}{}{}{free}", listed("held by", &held), listed("asked for by", &asked));
    }
    let loss = choice.reduced_cost[i].abs();
    let size: f64 = column.objective_per_mw.abs() + parts.iter().map(|part| part.loss.abs()).sum::<f64>();
    if loss <= SHARE_NOISE * size {
        if parts.is_empty() {
            return "left out: it changes nothing".to_owned();
        }
        let (held, asked) = (listed("held by", &held), listed("though asked for by", &asked));
        format!("left out: a MW of it would bring no more than it takes{held}{asked}")
    } else if parts.is_empty() {
        format!("left out: it adds {}{unit} per MW to the objective", short_text(column.objective_per_mw))
    } else {
        let (loss, counting) = (short_text(loss), listed("counting", &held));
        format!(
            "left out: a MW of it would worsen the objective by {loss}{unit}{counting}{}",
            listed("though asked for by", &asked)
        )
    }
}

/// Names of the rows on one side, the weightiest first.
fn names(parts: &[Part], side: f64) -> Vec<String> {
    let mut list: Vec<&Part> = parts.iter().filter(|part| part.loss * side > 0.0).collect();
    list.sort_by(|a, b| b.loss.abs().total_cmp(&a.loss.abs()).then_with(|| a.name.cmp(&b.name)));
    let mut names: Vec<String> = Vec::new();
    for part in list {
        if !names.contains(&part.name) {
            names.push(part.name.clone());
        }
    }
    names.truncate(NAMED);
    names
}

/// The rows with a price that each offer uses.
fn parts(model: &Model, choice: &Choice<'_>) -> Vec<Vec<Part>> {
    let limits = model.rows.iter().filter(|row| row.key.modes.is_empty());
    let land = model.rows.iter().filter(|row| !row.key.modes.is_empty());
    let mut parts: Vec<Vec<Part>> = model.columns.iter().map(|_| Vec::new()).collect();
    for (row, price) in limits.chain(land).zip(choice.prices).filter(|(_, price)| price.per_rhs != 0.0) {
        let name = title(&price.rule, &price.key);
        for &(column, value) in &row.coefficients {
            // What the offer uses of the row is missing to the others.
            let loss = -sign(choice.sense) * price.per_rhs * value;
            parts[column as usize].push(Part { name: name.clone(), loss });
        }
    }
    parts
}
