//! What one more unit of each limit is worth, in the planner's units.

use super::model::{Model, Row, Side, sign};
use super::solver::Solution;
use crate::scenario::Sense;

/// Prices below this share of the largest are noise [1].
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
    /// What the allocation makes of it.
    pub used: f64,
    /// Change of the objective per +1 of the limit.
    pub shadow_price: f64,
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
    let largest = (0..model.rows.len()).map(|i| value(i).abs()).fold(0.0, f64::max);
    let (land, limits): (Vec<usize>, Vec<usize>) =
        (0..model.rows.len()).partition(|&i| !model.rows[i].key.modes.is_empty());
    limits
        .into_iter()
        .chain(land)
        .map(|i| {
            let per_rhs = if value(i).abs() > NOISE * largest { value(i) } else { 0.0 };
            price(&model.rows[i], per_rhs, &solution.columns)
        })
        .collect()
}

/// The price of one row from what its right-hand side is worth.
fn price(row: &Row, per_rhs: f64, megawatts: &[f64]) -> Price {
    Price {
        rule: row.key.rule.clone(),
        key: row.key.key.clone(),
        unit: row.key.unit.clone(),
        limit: row.key.form.limit,
        used: row.value(megawatts),
        shadow_price: per_rhs * row.weight(megawatts) + 0.0,
        side: row.side,
        modes: row.key.modes.clone(),
    }
}
