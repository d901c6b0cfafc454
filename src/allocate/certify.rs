//! Our own proof that an answer is an optimum: feasible, dual feasible, no gap. The solver's word is not taken for it.

use super::model::{Lp, dot};
use super::solver::Solution;
use crate::fault::{Fault, Kind, Result};

/// Largest violation of a row or bound, relative to the terms of the row [1].
const FEASIBLE_WITHIN: f64 = 1e-7;
/// Largest reduced cost of the wrong sign, costs being near 1.
const DUAL_FEASIBLE_WITHIN: f64 = 1e-6;
/// Largest gap between value and bound, relative to the sum of the absolute terms of the objective [1].
const GAP_WITHIN: f64 = 1e-6;

/// Reduced costs below this are none, costs being near 1.
const NOISE: f64 = 1e-11;

/// What the checks found.
#[derive(Debug, Clone, PartialEq)]
pub struct Certificate {
    /// Cost, unscaled.
    pub objective: f64,
    /// Cost that no point can go below, from the duals, unscaled.
    pub bound: f64,
    /// |objective − bound| over the larger of |objective| and 1.
    pub gap: f64,
    /// Cost less what the rows used are worth, by column, unscaled.
    pub reduced_cost: Vec<f64>,
}

/// Checks an answer.
///
/// # Errors
/// If it is not feasible, not dual feasible, or leaves a gap.
pub fn certify(lp: &Lp, solution: &Solution) -> Result<Certificate> {
    let wrong = |what: String| {
        let hint = "the answer is not used; please report this with the scenario's model.mps";
        Fault::new(Kind::Solver, "", what).hint(hint)
    };
    let x = &solution.columns;
    for (column, (&value, &upper)) in x.iter().zip(&lp.upper).enumerate() {
        let slack = FEASIBLE_WITHIN * if upper.is_finite() { upper.max(1.0) } else { 1.0 };
        if !(value >= -slack && value <= upper + slack) {
            return Err(wrong(format!("the solver gave column {column} the value {value} outside 0–{upper}")).into());
        }
    }
    for (number, row) in lp.rows.iter().enumerate() {
        let size: f64 = row.coefficients.iter().map(|&(column, value)| (value * x[column as usize]).abs()).sum();
        let excess = dot(&row.coefficients, x) - row.rhs;
        if excess.is_nan() || excess > FEASIBLE_WITHIN * (1.0 + size + row.rhs.abs()) {
            return Err(wrong(format!("the solver's answer breaks row {number} by {excess}")).into());
        }
    }
    // Duals of rows ≤ under minimisation are zero or negative; a rounding error above zero is worth nothing.
    let duals: Vec<f64> = solution.row_duals.iter().map(|dual| dual.min(0.0)).collect();
    let mut reduced = lp.cost.clone();
    for (row, dual) in lp.rows.iter().zip(&duals).filter(|(_, dual)| **dual != 0.0) {
        for &(column, value) in &row.coefficients {
            reduced[column as usize] -= dual * value;
        }
    }
    let mut bound: f64 = lp.rows.iter().zip(&duals).map(|(row, dual)| row.rhs * dual).sum();
    for (column, (&cost, &upper)) in reduced.iter().zip(&lp.upper).enumerate() {
        if cost < -DUAL_FEASIBLE_WITHIN && upper.is_infinite() {
            return Err(wrong(format!("the prices leave column {column} worth taking without end")).into());
        }
        if cost < 0.0 && upper.is_finite() {
            bound += cost * upper;
        }
    }
    let objective: f64 = lp.cost.iter().zip(x).map(|(cost, value)| cost * value).sum();
    let size: f64 = lp.cost.iter().zip(x).map(|(cost, value)| (cost * value).abs()).sum();
    let apart = (objective - bound).abs();
    if apart.is_nan() || apart > GAP_WITHIN * (1.0 + size) {
        return Err(wrong(format!("the answer costs {objective}, but its prices only prove {bound}")).into());
    }
    let (objective, bound) = (objective / lp.cost_scale, bound / lp.cost_scale);
    let gap = (objective - bound).abs() / objective.abs().max(1.0);
    let gap = if gap < NOISE { 0.0 } else { gap };
    // Costs are near 1 here: what is left below this is rounding.
    let reduced_cost = reduced.into_iter().map(|cost| if cost.abs() < NOISE { 0.0 } else { cost / lp.cost_scale });
    let reduced_cost = reduced_cost.collect();
    Ok(Certificate { objective, bound, gap, reduced_cost })
}
