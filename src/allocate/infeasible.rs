//! Why no choice meets all limits, and the least that would have to give.
//!
//! Every limit may be broken at a price, in proportion to its size; land may not. The cheapest way to break them is the
//! smallest loosening; the limits with a price in it contradict each other (their duals are a certificate of
//! infeasibility, Farkas 1902). Each of them is then loosened alone, as far as it takes.

use super::model::{Form, Lp, LpRow, Model, Row, Side};
use super::solver::{self, Outcome, Solution};
use crate::fault::{Fault, Kind, Result};
use crate::offer::rounded;

/// A breach below this share of the limit's size is none [1].
const NOISE: f64 = 1e-7;
/// Limits that are tried alone at most.
const MOST_ALONE: usize = 20;

/// Why a scenario has no solution.
#[derive(Debug, Clone, PartialEq)]
pub struct Conflict {
    /// The limits that contradict each other, with how far each would have to give.
    pub limits: Vec<Clash>,
    /// Whether land of sites is part of the contradiction.
    pub land_binds: bool,
    /// The same in sentences.
    pub sentences: Vec<String>,
}

/// A limit that takes part in a contradiction.
#[derive(Debug, Clone, PartialEq)]
pub struct Clash {
    /// Id of the limit.
    pub rule: String,
    /// Value of its `per` column.
    pub key: String,
    /// Unit.
    pub unit: String,
    /// Which side it bounds.
    pub side: Side,
    /// The limit as stated.
    pub limit: f64,
    /// The limit in the smallest loosening of all; equal to `limit` where this one may stay.
    pub loosened: f64,
    /// What the limit would have to be if it alone gave way; `None` if that is not enough.
    pub alone: Option<f64>,
}

/// Explains why a model has no solution.
///
/// # Errors
/// If the solver fails, or finds a solution after all.
pub fn explain(model: &Model) -> Result<Conflict> {
    let limits: Vec<usize> = (0..model.rows.len()).filter(|&i| model.rows[i].key.modes.is_empty()).collect();
    let (breach, solution) = loosen(model, &limits)?.ok_or_else(|| {
        Fault::new(Kind::Solver, "", "the model has no solution even without limits; land cannot be the cause")
    })?;
    let involved: Vec<usize> = limits
        .iter()
        .enumerate()
        .filter(|(k, i)| solution.row_duals[**i].abs() > NOISE || breach[*k] > 0.0)
        .map(|(_, i)| *i)
        .collect();
    let land_binds = (0..model.rows.len())
        .any(|i| !model.rows[i].key.modes.is_empty() && solution.row_duals[i].abs() > NOISE)
        || bounds_bind(model, &solution);
    let mut clashes = Vec::new();
    for &i in &involved {
        let k = limits.iter().position(|&limit| limit == i).unwrap_or_default();
        let alone = if involved.len() <= MOST_ALONE {
            loosen(model, &[i])?.map(|(alone, answer)| give(&model.rows[i], alone[0], &answer.columns))
        } else {
            None
        };
        clashes.push(clash(&model.rows[i], (breach[k], alone), &solution.columns));
    }
    if clashes.is_empty() {
        let what = "the solver called the model infeasible, but all limits can be met";
        return Err(Fault::new(Kind::Solver, "", what).hint("please report this with the scenario's model.mps").into());
    }
    let sentences = sentences(&clashes, if land_binds { Land::Binds } else { Land::IsFree });
    Ok(Conflict { limits: clashes, land_binds, sentences })
}

/// Whether some offer is wanted beyond its capacity.
fn bounds_bind(model: &Model, solution: &Solution) -> bool {
    let full = |i: usize| solution.columns[i] >= model.columns[i].capacity_mw * (1.0 - 1e-9);
    (0..model.columns.len()).any(|i| !model.columns[i].free && full(i))
}

/// The cheapest breach of some rows (all others hold), by row in their true units, with the solution of the program;
/// `None` if breaking these rows is not enough.
fn loosen(model: &Model, rows: &[usize]) -> Result<Option<(Vec<f64>, Solution)>> {
    let plain = model.lp(crate::scenario::Sense::Min);
    let columns = model.columns.len();
    let mut lp = Lp { cost: vec![0.0; columns], upper: plain.upper, rows: plain.rows, cost_scale: 1.0 };
    let mut scales = Vec::new();
    for (k, &i) in rows.iter().enumerate() {
        let scale = lp.rows[i].scale.abs();
        lp.cost.push(1.0 / size_of(&lp.rows[i], &model.columns));
        lp.upper.push(f64::INFINITY);
        lp.rows[i].coefficients.push(((columns + k) as u32, -1.0));
        scales.push(scale);
    }
    match solver::solve(&lp)? {
        Outcome::Optimal(solution) => {
            let breach = |k: usize| {
                let slack = solution.columns[columns + k];
                let size = size_of(&lp.rows[rows[k]], &model.columns);
                if slack > NOISE * size { slack / scales[k] } else { 0.0 }
            };
            Ok(Some(((0..rows.len()).map(breach).collect(), solution)))
        }
        Outcome::Infeasible => Ok(None),
        Outcome::Unbounded => Err(Fault::new(Kind::Solver, "", "loosening the limits has no least").into()),
    }
}

/// What a scaled row is about: its right-hand side, or a thousandth of what its offers could add up to.
fn size_of(row: &LpRow, columns: &[super::model::Column]) -> f64 {
    let known = row.coefficients.iter().filter(|(column, _)| (*column as usize) < columns.len());
    let largest: f64 = known.map(|&(column, value)| value.abs() * columns[column as usize].capacity_mw).sum();
    row.rhs.abs().max(1e-3 * largest).max(1e-12)
}

/// The limit that a breach amounts to.
fn give(row: &Row, breach: f64, megawatts: &[f64]) -> f64 {
    let toward = if row.side == Side::Max { 1.0 } else { -1.0 };
    match &row.key.form {
        Form::Amount { baseline } => row.rhs + baseline + toward * breach,
        Form::Share { limit, over, constant } => {
            limit + toward * breach / (super::model::dot(over, megawatts) + constant)
        }
        Form::Average { limit, by } => limit + toward * breach / super::model::dot(by, megawatts),
    }
}

fn clash(row: &Row, (breach, alone): (f64, Option<f64>), megawatts: &[f64]) -> Clash {
    let limit = match &row.key.form {
        Form::Amount { baseline } => row.rhs + baseline,
        Form::Share { limit, .. } | Form::Average { limit, .. } => *limit,
    };
    Clash {
        rule: row.key.rule.clone(),
        key: row.key.key.clone(),
        unit: row.key.unit.clone(),
        side: row.side,
        limit,
        loosened: if breach > 0.0 { give(row, breach, megawatts) } else { limit },
        alone,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Land {
    Binds,
    IsFree,
}

/// The contradiction in the planner's words.
fn sentences(clashes: &[Clash], land: Land) -> Vec<String> {
    let name = |clash: &Clash| {
        if clash.key.is_empty() { format!("`{}`", clash.rule) } else { format!("`{}` of {}", clash.rule, clash.key) }
    };
    let asks = |clash: &Clash| {
        let word = if clash.side == Side::Max { "at most" } else { "at least" };
        format!("{} ({word} {})", name(clash), amount(clash.limit, &clash.unit))
    };
    let list: Vec<String> = clashes.iter().map(asks).collect();
    let with_land = if land == Land::Binds { ", given the land of the sites" } else { "" };
    let mut lines = vec![match list.len() {
        1 => format!("The limit {} cannot be met{with_land}.", list[0]),
        _ => format!("These limits cannot all be met{with_land}: {}.", list.join("; ")),
    }];
    for clash in clashes.iter().filter(|clash| clash.loosened != clash.limit) {
        lines.push(format!(
            "Smallest loosening: {} {} from {} to {}.",
            verb(clash),
            name(clash),
            amount(clash.limit, &clash.unit),
            amount(clash.loosened, &clash.unit)
        ));
    }
    if clashes.len() > 1 {
        for clash in clashes {
            lines.push(match clash.alone {
                Some(alone) => format!("Or {} {} alone to {}.", verb(clash), name(clash), amount(alone, &clash.unit)),
                None => format!("Changing {} alone is not enough.", name(clash)),
            });
        }
    }
    lines
}

fn verb(clash: &Clash) -> &'static str {
    if clash.side == Side::Max { "raise" } else { "lower" }
}

fn amount(value: f64, unit: &str) -> String {
    let digits = rounded((value * 1e6).round() / 1e6);
    match unit {
        "" => digits.to_string(),
        "share" => format!("{} %", rounded((value * 1e8).round() / 1e6)),
        unit => format!("{digits} {unit}"),
    }
}
