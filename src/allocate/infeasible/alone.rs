//! How far one limit has to give if all others stay.

use super::words::settled;
use super::{Alone, Scope, meets};
use crate::allocate::model::{Lp, Row, Side};
use crate::allocate::solver::{self, Outcome};
use crate::fault::{Fault, Kind, Result};

/// Steps of the search at most; three to six are usual.
const MOST_STEPS: usize = 60;
/// A choice that is better by less than this share of the terms of the row is no better [1].
const BETTER_BY: f64 = 1e-13;

impl Scope<'_> {
    /// How far a limit has to give if it alone does.
    ///
    /// # Errors
    /// If a stop is asked for.
    pub fn alone(&self, i: usize) -> Result<Alone> {
        match self.best(i) {
            Ok(best) => {
                Ok(best.and_then(|best| settled(&self.model.rows[i], &best)).map_or(Alone::NotEnough, Alone::To))
            }
            // Where the other limits contradict each other by very little, the solver may end without a verdict.
            Err(faults) if faults.kind() == Kind::Solver => Ok(Alone::Untold),
            Err(faults) => Err(faults),
        }
    }

    /// The choice with the best quotient of a row where all other rows hold; `None` if there is none, or it has no
    /// denominator.
    ///
    /// That is a linear program for a sum, a linear-fractional one for a share or an average: from any value that can be
    /// had, the choice that beats it most is the next; no choice beats the last.
    ///
    /// Source: W. Dinkelbach, "On nonlinear fractional programming", Management Science 13(7), 1967.
    fn best(&self, i: usize) -> Result<Option<Vec<f64>>> {
        let row = &self.model.rows[i];
        let over = &row.key.form.over;
        if over.is_empty() {
            return self.farthest(i, (&row.coefficients, row.side));
        }
        // Where the denominator is largest, it is above zero if it can be.
        let Some(mut best) = self.farthest(i, (over, Side::Min))?.filter(|best| row.weight(best) > 0.0) else {
            return Ok(None);
        };
        for _ in 0..MOST_STEPS {
            let reached = row.at(row.value(&best));
            let Some(next) = self.farthest(i, (&reached.coefficients, row.side))? else { break };
            let passed = Row { side: row.side.other(), ..reached };
            if meets(&passed, &next, BETTER_BY) || row.weight(&next) <= 0.0 {
                break;
            }
            best = next;
        }
        Ok(Some(best))
    }

    /// Of all choices that meet every row but one, that with the largest sum (for `Side::Min`, a sum that is too small)
    /// or the smallest; `None` if there is none.
    fn farthest(&self, i: usize, (sum, side): (&[(u32, f64)], Side)) -> Result<Option<Vec<f64>>> {
        let toward = if side == Side::Min { -1.0 } else { 1.0 };
        let largest = sum.iter().map(|(_, value)| value.abs()).fold(0.0, f64::max);
        let mut lp = Lp { cost: vec![0.0; self.lp.cost.len()], ..self.lp.clone() };
        for &(column, value) in sum {
            lp.cost[column as usize] = toward * value / largest;
        }
        lp.rows.remove(i);
        match solver::solve(&lp, self.cancel)? {
            Outcome::Optimal(solution) => Ok(Some(self.tidy(solution.columns))),
            Outcome::Infeasible => Ok(None),
            Outcome::Unbounded => Err(Fault::new(Kind::Solver, "", "a sum has no bound, though land bounds it").into()),
        }
    }
}
