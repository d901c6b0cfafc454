//! The seam to a solver: a plain linear program in, values and duals out.

mod highs;

use std::path::Path;

use super::model::{Lp, Model};
use crate::fault::Result;
use crate::scenario::Sense;
use crate::tiles::Cancel;

/// What a solver answers.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// An optimum.
    Optimal(Solution),
    /// No point meets all rows.
    Infeasible,
    /// The cost falls without end.
    Unbounded,
}

/// An optimum of a scaled program.
#[derive(Debug, Clone, PartialEq)]
pub struct Solution {
    /// Values by column.
    pub columns: Vec<f64>,
    /// Change of the scaled cost per +1 of each scaled right-hand side; zero or negative, as all rows are ≤.
    pub row_duals: Vec<f64>,
}

/// Solves a program. A program is only called infeasible if it is so at the solver's usual tolerance too.
///
/// # Errors
/// If the solver fails or stops without an answer, or a stop is asked for.
pub fn solve(lp: &Lp, cancel: &Cancel) -> Result<Outcome> {
    // HiGHS does not look at the rows of a program without columns.
    if lp.cost.is_empty() {
        let row_duals = vec![0.0; lp.rows.len()];
        let holds = lp.rows.iter().all(|row| row.rhs >= 0.0);
        return Ok(if holds {
            Outcome::Optimal(Solution { columns: Vec::new(), row_duals })
        } else {
            Outcome::Infeasible
        });
    }
    highs::solve(lp, cancel)
}

/// Writes the model as stated, not scaled, in MPS format, rows and columns named by their keys.
///
/// # Errors
/// If the file cannot be written.
pub fn write_mps(model: &Model, sense: Sense, path: &Path) -> Result<()> {
    highs::write_mps(model, sense, path)
}
