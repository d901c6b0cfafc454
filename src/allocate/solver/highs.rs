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
use crate::allocate::certify;
use crate::allocate::model::{Lp, Model, Side};
use crate::fault::{Fault, Kind, Result};
use crate::scenario::Sense;
use crate::tiles::Cancel;

fn failed(what: impl Into<String>) -> Fault {
    let what = format!("HiGHS failed: {}", what.into());
    Fault::new(Kind::Solver, "", what).hint("please report this with the scenario's model.mps")
}

/// What HiGHS is given: optimise cost · x under rows Σ ≤ rhs and 0 ≤ x ≤ upper.
struct Program<'a> {
    sense: Sense,
    cost: Vec<f64>,
    upper: Vec<f64>,
    rows: Vec<(&'a [(u32, f64)], f64)>,
}

fn build(program: &Program<'_>) -> Result<HighsModel> {
    let mut variables = ProblemVariables::new();
    let bounded = |&upper: &f64| {
        if upper.is_finite() { variable().min(0.0).max(upper) } else { variable().min(0.0) }
    };
    let columns: Vec<Variable> = program.upper.iter().map(|upper| variables.add(bounded(upper))).collect();
    let mut objective = Expression::with_capacity(columns.len());
    for (&column, &value) in columns.iter().zip(&program.cost) {
        objective.add_mul(value, column);
    }
    let unsolved = match program.sense {
        Sense::Max => variables.maximise(objective),
        Sense::Min => variables.minimise(objective),
    };
    let mut problem = unsolved.using(highs);
    for (coefficients, rhs) in &program.rows {
        let mut sum = Expression::with_capacity(coefficients.len());
        for &(column, value) in *coefficients {
            sum.add_mul(value, columns[column as usize]);
        }
        problem.add_constraint(sum.leq(*rhs));
    }
    let mut model = problem.try_into_inner().map_err(|error| failed(format!("the model was refused: {error}")))?;

    set(&mut model, "solver", "simplex")?;
    set(&mut model, "parallel", "off")?;
    set(&mut model, "threads", 1)?;
    set(&mut model, "random_seed", 0)?;
    Ok(model)
}

fn set<V: highs::HighsOptionValue>(model: &mut HighsModel, name: &str, value: V) -> Result<()> {
    model.try_set_option(name, value).map_err(|_| failed(format!("option {name} was refused")).into())
}

/// How an answer is sought.
struct Try {
    presolve: &'static str,
    tolerance: f64,
}

/// Tried in turn until one gives an answer that passes our check.
const TRIES: [Try; 2] = [
    // Tighter than usual, as scaled coefficients are near 1: prices then hold to 1e-6.
    Try { presolve: "on", tolerance: 1e-9 },
    // Limits that contradict each other by little more than that may leave the first without a verdict, or with a wrong
    // one; presolve may only tell that a program is unbounded or infeasible, the simplex method tells which.
    Try { presolve: "off", tolerance: 1e-7 },
];

/// Coefficients below this are dropped; the solver's own 1e-9 is much where the largest of a row is near 1.
const SMALLEST_COEFFICIENT: f64 = 1e-12;

/// See [`super::solve`].
pub fn solve(lp: &Lp, cancel: &Cancel) -> Result<Outcome> {
    let mut verdict = Err(failed("it was not started").into());
    for one in &TRIES {
        cancel.check()?;
        match (attempt(lp, one), &verdict) {
            (Ok(Outcome::Infeasible), _) => verdict = Ok(Outcome::Infeasible),
            (Ok(outcome), _) => return Ok(outcome),
            (Err(faults), Err(_)) => verdict = Err(faults),
            (Err(_), Ok(_)) => {}
        }
    }
    verdict
}

fn attempt(lp: &Lp, one: &Try) -> Result<Outcome> {
    let told = |(&upper, &implied): (&f64, &bool)| if implied { f64::INFINITY } else { upper };
    let mut model = build(&Program {
        sense: Sense::Min,
        cost: lp.cost.clone(),
        upper: lp.upper.iter().zip(&lp.implied).map(told).collect(),
        rows: lp.rows.iter().map(|row| (&row.coefficients[..], row.rhs)).collect(),
    })?;
    set(&mut model, "presolve", one.presolve)?;
    set(&mut model, "small_matrix_value", SMALLEST_COEFFICIENT)?;
    set(&mut model, "primal_feasibility_tolerance", one.tolerance)?;
    set(&mut model, "dual_feasibility_tolerance", one.tolerance)?;
    let outcome = run(model)?;
    // An optimum must meet the rows by our own reckoning too.
    if let Outcome::Optimal(solution) = &outcome {
        certify::feasible(lp, &solution.columns)?;
    }
    Ok(outcome)
}

fn run(model: HighsModel) -> std::result::Result<Outcome, Fault> {
    let solved = model.try_solve().map_err(|status| failed(format!("it stopped with {status:?}")))?;
    match solved.status() {
        HighsModelStatus::Optimal => {
            let solution = solved.get_solution();
            let row_duals = solution.dual_rows().to_vec();
            Ok(Outcome::Optimal(Solution { columns: solution.columns().to_vec(), row_duals }))
        }
        HighsModelStatus::Infeasible => Ok(Outcome::Infeasible),
        HighsModelStatus::Unbounded => Ok(Outcome::Unbounded),
        other => Err(failed(format!("it ended with status {other:?}"))),
    }
}

/// See [`super::write_mps`].
pub fn write_mps(model: &Model, sense: Sense, path: &Path) -> Result<()> {
    let mut highs = build(&Program {
        sense,
        cost: model.columns.iter().map(|column| column.objective_per_mw).collect(),
        upper: model.columns.iter().map(|column| column.capacity_mw).collect(),
        rows: model.rows.iter().map(|row| (&row.coefficients[..], row.rhs)).collect(),
    })?;
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
        let i = i as highs_sys::HighsInt;
        // SAFETY: as above, for rows.
        unsafe { highs_sys::Highs_passRowName(pointer, i, name.as_ptr()) };
        if row.side == Side::Min {
            // SAFETY: as above.
            unsafe { highs_sys::Highs_changeRowBounds(pointer, i, row.rhs, f64::INFINITY) };
        }
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
