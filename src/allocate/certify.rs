//! Our own proof that an answer is an optimum: feasible, dual feasible, no gap. The solver's word is not taken for it.

use super::model::{Lp, dot};
use super::solver::Solution;
use crate::fault::{Fault, Faults, Kind, Result};

/// Largest violation of a row or bound, relative to the terms of the row [1].
const FEASIBLE_WITHIN: f64 = 1e-7;
/// Largest gap between value and bound, relative to the sum of the absolute terms of the objective [1].
const GAP_WITHIN: f64 = 1e-6;
/// What this may come to besides, relative to what all offers in full would come to: prices are only as good as the
/// tolerance of the solver, and where little is taken the rest of the offers counts [1].
const STAKE_WITHIN: f64 = 1e-7;
/// A sum below this share of its absolute terms is rounding [1].
const NOISE: f64 = 1e-12;

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

/// Checks an answer, which meets the rows.
///
/// # Errors
/// If its prices leave a gap.
pub fn certify(lp: &Lp, solution: &Solution) -> Result<Certificate> {
    // Duals of rows ≤ under minimisation are zero or negative; a rounding error above zero is worth nothing.
    let duals: Vec<f64> = solution.row_duals.iter().map(|dual| dual.min(0.0)).collect();
    let reduced = reduced_costs(lp, &duals);
    // Whatever the prices, no point costs less than this: a column that pays is taken up to its capacity.
    let rows: f64 = lp.rows.iter().zip(&duals).map(|(row, dual)| row.rhs * dual).sum();
    let paying = reduced.iter().zip(&lp.upper).filter(|(cost, _)| **cost < 0.0);
    let bound = rows + paying.map(|(cost, upper)| cost * upper).sum::<f64>();
    let terms = || lp.cost.iter().zip(&solution.columns).map(|(cost, value)| cost * value);
    let (objective, size) = (terms().sum::<f64>(), terms().map(f64::abs).sum::<f64>());
    let stake: f64 =
        lp.cost.iter().zip(&lp.upper).map(|(cost, upper)| cost.abs() * upper).filter(|s| s.is_finite()).sum();
    let apart = (objective - bound).abs();
    if apart.is_nan() || apart > GAP_WITHIN * (1.0 + size) + STAKE_WITHIN * stake {
        return Err(wrong(format!("the answer costs {objective}, but its prices only prove {bound}")));
    }
    let (objective, bound) = (objective / lp.cost_scale, bound / lp.cost_scale);
    let gap = (objective - bound).abs() / objective.abs().max(1.0);
    let reduced_cost = reduced.into_iter().map(|cost| cost / lp.cost_scale).collect();
    Ok(Certificate { objective, bound, gap: if gap < NOISE { 0.0 } else { gap }, reduced_cost })
}

fn wrong(what: String) -> Faults {
    let hint = "the answer is not used; please report this with the scenario's model.mps";
    Fault::new(Kind::Solver, "", what).hint(hint).into()
}

/// A fault if a value or a row is out of its bounds.
///
/// # Errors
/// If so.
pub fn feasible(lp: &Lp, x: &[f64]) -> Result<()> {
    for (column, (&value, &upper)) in x.iter().zip(&lp.upper).enumerate() {
        let slack = FEASIBLE_WITHIN * if upper.is_finite() { upper.max(1.0) } else { 1.0 };
        if !(value >= -slack && value <= upper + slack) {
            return Err(wrong(format!("the solver gave column {column} the value {value} outside 0–{upper}")));
        }
    }
    for (number, row) in lp.rows.iter().enumerate() {
        let size: f64 = row.coefficients.iter().map(|&(column, value)| (value * x[column as usize]).abs()).sum();
        let excess = dot(&row.coefficients, x) - row.rhs;
        if excess.is_nan() || excess > FEASIBLE_WITHIN * (1.0 + size + row.rhs.abs()) {
            return Err(wrong(format!("the solver's answer breaks row {number} by {excess}")));
        }
    }
    Ok(())
}

/// Cost of every column less what the rows it uses are worth; what is only rounding of these terms is zero.
fn reduced_costs(lp: &Lp, duals: &[f64]) -> Vec<f64> {
    let mut reduced = lp.cost.clone();
    let mut size: Vec<f64> = lp.cost.iter().map(|cost| cost.abs()).collect();
    for (row, dual) in lp.rows.iter().zip(duals).filter(|(_, dual)| **dual != 0.0) {
        for &(column, value) in &row.coefficients {
            reduced[column as usize] -= dual * value;
            size[column as usize] += (dual * value).abs();
        }
    }
    reduced.into_iter().zip(size).map(|(cost, size)| if cost.abs() <= NOISE * size { 0.0 } else { cost }).collect()
}
