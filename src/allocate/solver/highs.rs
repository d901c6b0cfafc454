//! HiGHS, through `good_lp`.
//!
//! `good_lp` builds the model; its inner `highs::Model` is then solved directly, because options, row duals and MPS are
//! only reachable there. Pinned so that the same model gives the same bits: serial simplex, one thread, one seed.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use good_lp::solvers::highs::highs;
use good_lp::{Expression, ProblemVariables, SolverModel, Variable, variable};
use highs::{HighsModelStatus, Model as HighsModel};

use super::{Outcome, Solution};
use crate::allocate::model::{Lp, Model, Side, sign};
use crate::fault::{Fault, Kind, Result};
use crate::scenario::Sense;

fn failed(what: impl Into<String>) -> Fault {
    Fault::new(Kind::Solver, "HiGHS", what).hint("please report this with the scenario's model.mps")
}

/// Builds the HiGHS model: minimise cost · x under rows Σ ≤ rhs.
fn build(cost: &[f64], upper: &[f64], rows: &[(&[(u32, f64)], f64)]) -> Result<HighsModel> {
    let mut variables = ProblemVariables::new();
    let columns: Vec<Variable> = upper
        .iter()
        .map(|&upper| {
            variables.add(if upper.is_finite() { variable().min(0.0).max(upper) } else { variable().min(0.0) })
        })
        .collect();
    let mut objective = Expression::with_capacity(columns.len());
    for (&column, &value) in columns.iter().zip(cost) {
        objective.add_mul(value, column);
    }
    let mut problem = variables.minimise(objective).using(highs);
    for (coefficients, rhs) in rows {
        let mut sum = Expression::with_capacity(coefficients.len());
        for &(column, value) in *coefficients {
            sum.add_mul(value, columns[column as usize]);
        }
        problem.add_constraint(sum.leq(*rhs));
    }
    let mut model = problem.try_into_inner().map_err(|error| failed(format!("the model was refused: {error}")))?;
    model.make_quiet();
    set(&mut model, "solver", "simplex")?;
    set(&mut model, "parallel", "off")?;
    set(&mut model, "threads", 1)?;
    set(&mut model, "random_seed", 0)?;
    Ok(model)
}

fn set<V: highs::HighsOptionValue>(model: &mut HighsModel, name: &str, value: V) -> Result<()> {
    model.try_set_option(name, value).map_err(|_| failed(format!("option {name} was refused")).into())
}

/// Tolerances tighter than the solver's own, as scaled coefficients are near 1: prices then hold to 1e-6.
const TIGHT: f64 = 1e-9;
/// The solver's own tolerances.
const USUAL: f64 = 1e-7;

/// See [`super::solve`].
pub fn solve(lp: &Lp) -> Result<Outcome> {
    let rows: Vec<(&[(u32, f64)], f64)> = lp.rows.iter().map(|row| (&row.coefficients[..], row.rhs)).collect();
    // Presolve may only tell that a model is unbounded or infeasible; without it the simplex method tells which. Where a
    // tight tolerance leads nowhere, the usual one may: the answer is checked either way.
    let mut last = failed("it was not started");
    for (presolve, tolerance) in [("on", TIGHT), ("off", TIGHT), ("on", USUAL), ("off", USUAL)] {
        let mut model = build(&lp.cost, &lp.upper, &rows)?;
        set(&mut model, "presolve", presolve)?;
        set(&mut model, "primal_feasibility_tolerance", tolerance)?;
        set(&mut model, "dual_feasibility_tolerance", tolerance)?;
        match run(model).and_then(|(status, solution)| outcome(status, &solution)) {
            Ok(outcome) => return Ok(outcome),
            Err(fault) => last = fault,
        }
    }
    Err(last.into())
}

fn run(model: HighsModel) -> std::result::Result<(HighsModelStatus, highs::Solution), Fault> {
    let solved = model.try_solve().map_err(|status| failed(format!("it stopped with {status:?}")))?;
    Ok((solved.status(), solved.get_solution()))
}

fn outcome(status: HighsModelStatus, solution: &highs::Solution) -> std::result::Result<Outcome, Fault> {
    match status {
        HighsModelStatus::Optimal | HighsModelStatus::ModelEmpty => Ok(Outcome::Optimal(Solution {
            columns: solution.columns().to_vec(),
            row_duals: solution.dual_rows().to_vec(),
        })),
        HighsModelStatus::Infeasible => Ok(Outcome::Infeasible),
        HighsModelStatus::Unbounded => Ok(Outcome::Unbounded),
        other => Err(failed(format!("it ended with status {other:?}"))),
    }
}

/// See [`super::write_mps`].
pub fn write_mps(model: &Model, sense: Sense, path: &Path) -> Result<()> {
    let direction = sign(sense);
    let cost: Vec<f64> = model.columns.iter().map(|column| direction * column.objective_per_mw).collect();
    let upper: Vec<f64> = model.columns.iter().map(|column| column.capacity_mw).collect();
    let turned: Vec<(Vec<(u32, f64)>, f64)> = (model.rows.iter())
        .map(|row| {
            let turn = if row.side == Side::Max { 1.0 } else { -1.0 };
            (row.coefficients.iter().map(|&(column, value)| (column, turn * value)).collect(), turn * row.rhs)
        })
        .collect();
    let rows: Vec<(&[(u32, f64)], f64)> = turned.iter().map(|(row, rhs)| (&row[..], *rhs)).collect();
    let mut highs = build(&cost, &upper, &rows)?;
    let place = path.display().to_string();
    let wrong = |_| Fault::output(&place, "a name holds a NUL byte");
    let pointer = highs.as_mut_ptr();
    for (i, column) in model.columns.iter().enumerate() {
        let name = CString::new(mps_name(i, &[&column.id])).map_err(wrong)?;
        // SAFETY: the model lives, the index is one of its columns, the name is copied.
        unsafe { highs_sys::Highs_passColName(pointer, i as highs_sys::HighsInt, name.as_ptr()) };
    }
    for (i, row) in model.rows.iter().enumerate() {
        let modes = row.key.modes.join(".");
        let name = CString::new(mps_name(i, &[&row.key.rule, &row.key.key, &modes])).map_err(wrong)?;
        // SAFETY: as above, for rows.
        unsafe { highs_sys::Highs_passRowName(pointer, i as highs_sys::HighsInt, name.as_ptr()) };
    }
    let file = CString::new(path.as_os_str().as_bytes()).map_err(wrong)?;
    // SAFETY: the model lives, the path is null-terminated.
    let status = unsafe { highs_sys::Highs_writeModel(pointer, file.as_ptr()) };
    if status == highs_sys::STATUS_ERROR {
        return Err(Fault::output(place, "the model could not be written").into());
    }
    Ok(())
}

/// A name MPS can hold: numbered, without blanks.
fn mps_name(number: usize, parts: &[&str]) -> String {
    let words = parts.iter().filter(|part| !part.is_empty()).map(|part| {
        part.chars().map(|c| if c.is_ascii_alphanumeric() || "_-.:".contains(c) { c } else { '_' }).collect::<String>()
    });
    std::iter::once(number.to_string()).chain(words).collect::<Vec<_>>().join(":")
}
