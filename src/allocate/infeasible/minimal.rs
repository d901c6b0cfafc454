//! Which limits contradict each other, and none besides.
//!
//! Of the limits with a price in a loosening, every one is left out in turn, and for good if the rest has no solution
//! either: what is left has none, but would have one without any of its limits.
//!
//! Source: J. W. Chinneck and E. W. Dravnieks, "Locating minimal infeasible constraint sets in linear programs", ORSA
//! Journal on Computing 3(2), 1991 (the deletion filter).

use super::{MOST_ALONE, Scope};
use crate::allocate::model::Lp;
use crate::allocate::solver::{self, Outcome};
use crate::fault::{Kind, Result};

impl Scope<'_> {
    /// The limits of all contradictions that a loosening ends, in the order of the model.
    ///
    /// - `involved`: limits with a price in the loosening; more than [`MOST_ALONE`] are not told apart.
    /// - `loosened`: the limits it changes, with their new values. Each is part of a contradiction of its own if the others
    ///   have given way.
    ///
    /// # Errors
    /// If a stop is asked for.
    pub fn contradicting(&self, involved: Vec<usize>, loosened: Option<&[(usize, f64)]>) -> Result<Vec<usize>> {
        if involved.len() > MOST_ALONE {
            return Ok(involved);
        }
        let loosened = loosened.unwrap_or_default();
        let mut found: Vec<usize> = loosened.iter().map(|(i, _)| *i).collect();
        let one_each = loosened.iter().map(|(i, _)| Some(*i));
        let whole = loosened.is_empty().then_some(None);
        for kept in one_each.chain(whole) {
            let mut lp = self.lp.clone();
            for &(i, value) in loosened.iter().filter(|(i, _)| Some(*i) != kept) {
                lp.rows[i] = self.model.rows[i].at(value).scaled();
            }
            let Some(contradiction) = self.filtered(&lp, &involved)? else { return Ok(involved) };
            found.extend(contradiction);
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// A contradiction among some limits of a program, without one that is not needed for it; `None` if the solver, within
    /// its tolerance, sees no contradiction.
    fn filtered(&self, lp: &Lp, limits: &[usize]) -> Result<Option<Vec<usize>>> {
        let mut left = limits.to_vec();
        if self.has_solution(lp, &left)? != Some(false) {
            return Ok(None);
        }
        for &i in limits {
            let without: Vec<usize> = left.iter().copied().filter(|&other| other != i).collect();
            if self.has_solution(lp, &without)? == Some(false) {
                left = without;
            }
        }
        Ok(Some(left))
    }

    /// Whether the land of the sites, or the capacity of the offers, is part of a contradiction of limits.
    ///
    /// # Errors
    /// If a stop is asked for.
    pub fn land_binds(&self, limits: &[usize]) -> Result<bool> {
        let rows = limits.iter().map(|&i| self.lp.rows[i].clone()).collect();
        let columns = self.lp.cost.len();
        let (cost, upper) = (vec![0.0; columns], vec![f64::INFINITY; columns]);
        let free = Lp { cost, upper, rows, ..self.lp.clone() };
        Ok(verdict(&free, self)? == Some(true))
    }

    /// Whether a program has a solution with some of its limits, and all its land; `None` if the solver cannot tell.
    fn has_solution(&self, lp: &Lp, limits: &[usize]) -> Result<Option<bool>> {
        let stays = |i: &usize| !self.model.rows[*i].key.modes.is_empty() || limits.contains(i);
        let rows = (0..lp.rows.len()).filter(stays).map(|i| lp.rows[i].clone()).collect();
        verdict(&Lp { rows, cost: vec![0.0; lp.cost.len()], ..lp.clone() }, self)
    }
}

fn verdict(lp: &Lp, scope: &Scope<'_>) -> Result<Option<bool>> {
    match solver::solve(lp, scope.cancel) {
        Ok(Outcome::Infeasible) => Ok(Some(false)),
        Ok(Outcome::Optimal(_) | Outcome::Unbounded) => Ok(Some(true)),
        Err(faults) if faults.kind() == Kind::Solver => Ok(None),
        Err(faults) => Err(faults),
    }
}
