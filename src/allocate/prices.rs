//! What one more unit of each limit is worth, in the planner's units.

use super::model::{Lp, Model, Row, Side, sign};
use super::solver::Solution;
use crate::scenario::Sense;

/// A price is noise if it is below this share of the terms of every offer it concerns [1].
const NOISE: f64 = 1e-12;

/// A row of the price table.
#[derive(Debug, Clone, PartialEq)]
pub struct Price {
    /// Id of the limit, or `land`.
    pub rule: String,
    /// Value of the limit's `per` column, or the site.
    pub key: String,
    /// Unit of limit, use and price.
    pub unit: String,
    /// The limit as the planner stated it.
    pub limit: f64,
    /// What the allocation makes of it; `NaN` where that is a share or an average of nothing.
    pub used: f64,
    /// Change of the objective per +1 of the limit.
    pub shadow_price: f64,
    /// Change of the objective per +1 of the right-hand side of its row.
    pub per_rhs: f64,
    /// Which side it bounds.
    pub side: Side,
    /// Modes a land row is about.
    pub modes: Vec<String>,
}

/// Prices of all rows, limits first, then land.
///
/// - `shadow_price`: change of the objective **as stated** per +1 of the limit in its own unit, so that a binding `min`
///   under maximisation is zero or negative. A share of +1 is +100 %.
pub fn prices(model: &Model, solution: &Solution, sense: Sense) -> Vec<Price> {
    let lp = model.lp(sense);
    let value = |i: usize| {
        // From the scaled program: d cost'/d rhs' to d objective/d rhs, rows ≥ turned back.
        let dual = solution.row_duals[i].min(0.0);
        sign(sense) * dual * lp.rows[i].scale / lp.cost_scale
    };
    let terms = terms(&lp, solution);
    let is_noise = |i: usize| {
        let dual = solution.row_duals[i].abs();
        lp.rows[i].coefficients.iter().all(|&(column, value)| (dual * value).abs() <= NOISE * terms[column as usize])
    };
    let (land, limits): (Vec<usize>, Vec<usize>) =
        (0..model.rows.len()).partition(|&i| !model.rows[i].key.modes.is_empty());
    limits
        .into_iter()
        .chain(land)
        .map(|i| price(&model.rows[i], if is_noise(i) { 0.0 } else { value(i) }, &solution.columns))
        .collect()
}

/// Sum of the absolute terms of the reduced cost of every column.
fn terms(lp: &Lp, solution: &Solution) -> Vec<f64> {
    let mut terms: Vec<f64> = lp.cost.iter().map(|cost| cost.abs()).collect();
    for (row, dual) in lp.rows.iter().zip(&solution.row_duals) {
        row.coefficients.iter().for_each(|&(column, value)| terms[column as usize] += (dual * value).abs());
    }
    terms
}

/// The price of one row from what its right-hand side is worth.
fn price(row: &Row, per_rhs: f64, megawatts: &[f64]) -> Price {
    Price {
        rule: row.key.rule.clone(),
        key: row.key.key.clone(),
        unit: row.key.unit.clone(),
        limit: row.key.form.limit,
        used: Some(row.value(megawatts)).filter(|used| used.is_finite()).unwrap_or(f64::NAN),
        shadow_price: per_rhs * row.weight(megawatts) + 0.0,
        per_rhs: per_rhs + 0.0,
        side: row.side,
        modes: row.key.modes.clone(),
    }
}
