//! Why no choice meets all limits, and what would have to give.
//!
//! Every limit may be broken at a price, in proportion to its size; land may not. The cheapest way to break them is a
//! loosening of all together; the limits with a price in it contradict each other (their duals are a certificate of
//! infeasibility, Farkas 1902). Each of them is then loosened alone, as far as it takes. Numbers are rounded away from the
//! limit: with what is printed in the project file there is a solution.

mod alone;
mod minimal;
mod words;

use super::model::{Lp, LpRow, Model, Row, Side};
use super::solver::{self, Outcome};
use crate::fault::{Fault, Kind, Result};
use crate::scenario::Sense;
use crate::tiles::Cancel;

/// A breach below this share of the limit's size is rounding [1].
const BREACH_NOISE: f64 = 1e-12;
/// A part in the contradiction below this is none; the largest is 1.
const PART_NOISE: f64 = 1e-7;
/// An offer of which less than this share is taken is not taken [1].
const NOTHING: f64 = 1e-12;
/// A row is met if it is broken by no more than this share of its terms [1].
const MET_WITHIN: f64 = 1e-10;
/// What a share or an average is of is at least this share of what it could be [1].
const LEAST_WEIGHT: f64 = 1e-6;
/// How much the rows are enlarged until a contradiction stands out from the tolerance of the solver.
const ENLARGED_BY: [f64; 3] = [1.0, 1e3, 1e6];
/// Limits that are tried alone at most.
pub const MOST_ALONE: usize = 20;

/// Why a scenario has no solution.
#[derive(Debug, Clone, PartialEq)]
pub struct Conflict {
    /// The limits that contradict each other, with how far each would have to give.
    pub limits: Vec<Clash>,
    /// Whether land of sites is part of the contradiction.
    pub land_binds: bool,
    /// What the loosening of all together is.
    pub loosening: Loosening,
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
    /// The limit in the loosening of all together; equal to `limit` where this one may stay.
    pub loosened: f64,
    /// Whether it would be enough if this limit alone gave way.
    pub alone: Alone,
    /// Whether any offer counts for it.
    pub counts_offers: bool,
}

/// What comes of a limit that gives way alone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Alone {
    /// With this value, the nearest to the limit, there is a solution.
    To(f64),
    /// No value is enough.
    NotEnough,
    /// It was not tried, as more than [`MOST_ALONE`] limits take part, or the solver could not tell.
    Untold,
}

/// What a loosening of all limits together is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loosening {
    /// The smallest: the least sum of changes, each as a share of its limit.
    Smallest,
    /// One that suffices. Changes of shares and averages cannot be weighed by a linear program.
    Sufficient,
    /// None was found that the limits could be set to.
    NotFound,
}

/// Explains why a model has no solution.
///
/// # Errors
/// If the solver fails, or finds a solution after all.
pub fn explain(model: &Model, cancel: &Cancel) -> Result<Conflict> {
    // The solver sees every bound: whether land or a capacity has the price makes no difference here.
    let lp = Lp { implied: vec![false; model.columns.len()], ..model.lp(Sense::Min) };
    let scope = Scope { model, lp, cancel };
    let limits: Vec<usize> = (0..model.rows.len()).filter(|&i| model.rows[i].key.modes.is_empty()).collect();
    let Loosened { involved, broken, megawatts } = scope.loosen_any(&limits)?;
    let values: Option<Vec<(usize, f64)>> =
        broken.iter().map(|&i| Some((i, words::settled(&model.rows[i], &megawatts)?))).collect();
    let values = values.filter(|values| values.iter().any(|(i, value)| *value != model.rows[*i].key.form.limit));
    let involved = scope.contradicting(involved, values.as_deref())?;
    let mut clashes: Vec<Clash> = involved.iter().map(|&i| clash(&model.rows[i])).collect();
    if involved.len() <= MOST_ALONE {
        for (clash, &i) in clashes.iter_mut().zip(&involved) {
            clash.alone = scope.alone(i)?;
        }
    }
    let alone = clashes.iter().zip(&involved).filter_map(|(clash, &i)| match clash.alone {
        Alone::To(value) => Some(vec![(i, value)]),
        _ => None,
    });
    let weighs = clashes.len() > 1 && involved.iter().all(|&i| model.rows[i].key.form.over.is_empty());
    let values = match values {
        Some(values) if weighs => Some(values),
        // Where the linear program cannot weigh the changes, one limit alone may have to give less.
        values => values.into_iter().chain(alone).min_by(|a, b| scope.change(a).total_cmp(&scope.change(b))),
    };
    let loosening = match &values {
        None => Loosening::NotFound,
        Some(_) if weighs || clashes.len() == 1 => Loosening::Smallest,
        Some(_) => Loosening::Sufficient,
    };
    for (i, value) in values.unwrap_or_default() {
        clashes.iter_mut().zip(&involved).filter(|(_, row)| **row == i).for_each(|(clash, _)| clash.loosened = value);
    }
    let land_binds = scope.land_binds(&involved)?;
    let mut conflict = Conflict { land_binds, limits: clashes, loosening, sentences: Vec::new() };
    conflict.sentences = words::sentences(&conflict, model.columns.len());
    Ok(conflict)
}

fn clash(row: &Row) -> Clash {
    let limit = row.key.form.limit;
    Clash {
        rule: row.key.rule.clone(),
        key: row.key.key.clone(),
        unit: row.key.unit.clone(),
        side: row.side,
        limit,
        loosened: limit,
        alone: Alone::Untold,
        counts_offers: !row.coefficients.is_empty(),
    }
}

/// The model that has no solution.
struct Scope<'a> {
    model: &'a Model,
    lp: Lp,
    cancel: &'a Cancel,
}

/// The cheapest way to break limits.
struct Loosened {
    /// Limits that take part in the contradiction.
    involved: Vec<usize>,
    /// Limits that are broken.
    broken: Vec<usize>,
    /// The choice.
    megawatts: Vec<f64>,
}

impl Scope<'_> {
    /// A choice without rounding of the solver around nothing.
    fn tidy(&self, megawatts: Vec<f64>) -> Vec<f64> {
        let columns = megawatts.into_iter().zip(&self.model.columns);
        columns.map(|(mw, column)| if mw.abs() <= NOTHING * column.capacity_mw { 0.0 } else { mw }).collect()
    }

    /// The cheapest way to break limits. What a share or an average is of is only known once there is a choice; a
    /// contradiction below the tolerance of the solver stands out once the rows are enlarged.
    fn loosen_any(&self, limits: &[usize]) -> Result<Loosened> {
        let mut sizes: Vec<f64> = self.model.rows.iter().map(|row| self.size(row)).collect();
        let first = self.loosen(limits, &sizes)?;
        if self.model.rows.iter().all(|row| row.key.form.over.is_empty()) && !first.involved.is_empty() {
            return Ok(first);
        }
        for (size, row) in sizes.iter_mut().zip(&self.model.rows).filter(|(_, row)| !row.key.form.over.is_empty()) {
            *size *= (row.weight(&first.megawatts) / self.weight(row)).clamp(LEAST_WEIGHT, 1.0);
        }
        for enlarged in ENLARGED_BY {
            let enlarged: Vec<f64> = sizes.iter().map(|size| size / enlarged).collect();
            let loosened = self.loosen(limits, &enlarged)?;
            if !loosened.involved.is_empty() {
                return Ok(loosened);
            }
        }
        let what = "the solver called the model infeasible, but all limits can be met";
        Err(Fault::new(Kind::Solver, "", what).hint("please report this with the scenario's model.mps").into())
    }

    fn loosen(&self, limits: &[usize], sizes: &[f64]) -> Result<Loosened> {
        let columns = self.model.columns.len();
        let rows: Vec<LpRow> = (0..sizes.len()).map(|i| self.relative(i, sizes[i])).collect();
        let mut lp = Lp { cost: vec![0.0; columns], cost_scale: 1.0, rows, ..self.lp.clone() };
        for (k, &i) in limits.iter().enumerate() {
            lp.cost.push(1.0);
            lp.upper.push(f64::INFINITY);
            lp.implied.push(false);
            lp.rows[i].coefficients.push(((columns + k) as u32, -1.0));
        }
        let Outcome::Optimal(mut solution) = solver::solve(&lp, self.cancel)? else {
            return Err(Fault::new(Kind::Solver, "", "limits that may all be broken have no least breach").into());
        };
        let breach = solution.columns.split_off(columns);
        let broken = limits.iter().zip(breach).filter(|(_, breach)| *breach > BREACH_NOISE).map(|(i, _)| *i);
        let broken: Vec<usize> = broken.collect();
        let takes_part =
            |i: &usize| !broken.is_empty() && solution.row_duals[*i].abs() > PART_NOISE || broken.contains(i);
        let involved = limits.iter().copied().filter(takes_part).collect();
        Ok(Loosened { involved, broken, megawatts: self.tidy(solution.columns) })
    }

    /// How much a loosening changes in all: the sum of the changes, each as a share of the limit.
    fn change(&self, values: &[(usize, f64)]) -> f64 {
        let share = |&(i, value): &(usize, f64)| {
            let limit = self.model.rows[i].key.form.limit;
            (value - limit).abs() / value.abs().max(limit.abs())
        };
        values.iter().filter(|(i, value)| *value != self.model.rows[*i].key.form.limit).map(share).sum()
    }

    /// Sum of the absolute terms of a list where every offer is used in full.
    fn most(&self, list: &[(u32, f64)]) -> f64 {
        list.iter().map(|&(column, value)| value.abs() * self.model.columns[column as usize].capacity_mw).sum()
    }

    /// The largest denominator of what a row bounds; 1 for amounts.
    fn weight(&self, row: &Row) -> f64 {
        self.most(&row.key.form.over) + row.key.form.reference.abs()
    }

    /// What a row is measured by: its limit, but no less than a thousandth and no more than twice of what its offers could
    /// add up to. A limit beyond that is out of reach, however far.
    fn size(&self, row: &Row) -> f64 {
        let (reach, stated) = (self.most(&row.coefficients), row.key.form.limit.abs() * self.weight(row));
        let size = if reach > 0.0 { stated.clamp(1e-3 * reach, 2.0 * reach) } else { stated };
        if size > 0.0 { size } else { 1.0 }
    }

    /// A row in shares of a size.
    fn relative(&self, i: usize, size: f64) -> LpRow {
        let (row, scaled) = (&self.model.rows[i], &self.lp.rows[i]);
        let (reach, size) = (self.most(&row.coefficients), size * scaled.scale.abs());
        let beyond = if reach > 0.0 { 4.0 * reach * scaled.scale.abs() } else { f64::INFINITY };
        let coefficients = scaled.coefficients.iter().map(|&(column, value)| (column, value / size)).collect();
        LpRow { coefficients, rhs: scaled.rhs.clamp(-beyond, beyond) / size, scale: scaled.scale / size }
    }
}

/// Whether a choice meets a row, but for a share of its terms.
fn meets(row: &Row, megawatts: &[f64], within: f64) -> bool {
    let terms = row.coefficients.iter().map(|&(column, value)| (value * megawatts[column as usize]).abs());
    let size = terms.sum::<f64>() + row.rhs.abs();
    let excess = row.activity(megawatts) - row.rhs;
    let breach = if row.side == Side::Max { excess } else { -excess };
    breach <= within * size
}
