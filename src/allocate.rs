//! Which offers to take, and how much of each: a linear program per scenario.
//!
//! `model` holds rows and columns with the keys they came from, `rules` turns land and limits into rows, `solver` is the
//! only place that knows a solver, `certify` checks its answer, `infeasible` says why there is none, `greedy` is the
//! merit order the optimum is compared with, `prices` speaks in the planner's units.

pub mod certify;
pub mod greedy;
pub mod infeasible;
pub mod model;
pub mod prices;
pub mod reasons;
pub mod rules;
pub mod solver;

use std::collections::BTreeMap;

use crate::fault::{Fault, Faults, Kind as FaultKind, Result, of_rows, suggestion};
use crate::offer::{self, Kind, OfferTable, SiteLand};
use crate::scenario::MeasuredArea;
use crate::scenario::{OBJECTIVES, Quantity, Scenario, Sense};
use crate::tiles::Cancel;
use crate::units::with_word;
use certify::Certificate;
use infeasible::Conflict;
use model::{Lp, Model};
use prices::Price;
use solver::{Outcome, Solution};

/// The table a scenario chooses from.
pub struct Market<'a> {
    /// The offers.
    pub offers: &'a OfferTable,
    /// Land of the sites by modes; without it every site is one pool.
    pub site_land: Option<&'a [SiteLand]>,
    /// Kinds of columns the project declares.
    pub declared: &'a BTreeMap<String, Kind>,
    /// Values a column may have though no offer has them, by column: a mode that found no land is no mistake.
    pub known: &'a BTreeMap<String, Vec<String>>,
    /// Areas that the run has measured, by region [ha]; none for a table from outside.
    pub measured: &'a BTreeMap<MeasuredArea, BTreeMap<String, f64>>,
    /// Three-letter currency, lower case.
    pub currency: &'a str,
    /// Where the offers come from, for messages.
    pub place: &'a str,
}

impl Market<'_> {
    /// Numbers of a column that adds up.
    ///
    /// # Errors
    /// If there is no such column, its values do not add up, or one is missing.
    pub fn extensive(&self, name: &str, place: &str) -> Result<&[f64]> {
        self.numbers(name, Kind::Extensive, place)
    }

    /// Numbers of a column that does not add up.
    ///
    /// # Errors
    /// If there is no such column, or its values add up.
    pub fn intensive(&self, name: &str, place: &str) -> Result<&[f64]> {
        self.numbers(name, Kind::Intensive, place)
    }

    fn numbers(&self, name: &str, wanted: Kind, place: &str) -> Result<&[f64]> {
        if self.offers.column(name).is_none() {
            return Err(self.no_column(name, place).into());
        }
        let kind = offer::kind_of(name, self.currency, self.declared);
        match (kind, self.offers.numbers(name)) {
            (None, _) => {
                let hint = format!("say so: {name} = \"extensive\" (or \"intensive\") in [columns]");
                Err(Fault::project(place, format!("whether column `{name}` adds up is not known")).hint(hint).into())
            }
            (Some(kind), Some(values)) if kind == wanted => Ok(values),
            (Some(_), None) => Err(Fault::project(place, format!("column `{name}` holds words, not numbers")).into()),
            (Some(Kind::Intensive), _) => {
                let hint = "use `average` with `by`, or sum an amount";
                Err(Fault::project(place, format!("values of `{name}` do not add up")).hint(hint).into())
            }
            (Some(_), _) => {
                let hint = "use `sum` for amounts";
                Err(Fault::project(place, format!("`{name}` is an amount, not a ratio or score")).hint(hint).into())
            }
        }
    }

    /// Words of a column.
    ///
    /// # Errors
    /// If there is no such column.
    pub fn words(&self, name: &str, place: &str) -> Result<Vec<String>> {
        self.offers.words(name).ok_or_else(|| self.no_column(name, place).into())
    }

    fn no_column(&self, name: &str, place: &str) -> Fault {
        let what = format!("the offers have no column `{name}`");
        Fault::project(place, what).hint(suggestion(name, self.offers.names()))
    }
}

/// What came of a scenario.
#[derive(Debug, Clone, PartialEq)]
pub enum Allocation {
    /// An optimum, checked.
    Optimal(Box<Optimum>),
    /// No choice meets all limits.
    Infeasible(Conflict),
}

/// An optimal choice.
#[derive(Debug, Clone, PartialEq)]
pub struct Optimum {
    /// Allocated capacity of each offer [MW].
    pub allocated_mw: Vec<f64>,
    /// Change of the objective per MW of each offer beyond what the prices say it is worth; 0 for offers in part use.
    pub reduced_cost: Vec<f64>,
    /// Why each offer is used as it is.
    pub reasons: Vec<String>,
    /// Prices of all limits and of land.
    pub prices: Vec<Price>,
    /// Value of the objective, in the unit of its column.
    pub objective: f64,
    /// Value of the objective that no choice can pass.
    pub bound: f64,
    /// |objective − bound| over the larger of |objective| and 1.
    pub gap: f64,
    /// Merit order under the same limits.
    pub greedy: greedy::Greedy,
}

/// Solves the model of a scenario, made by [`build`].
///
/// # Errors
/// If the solver fails or gives an answer that does not pass the checks, or a stop is asked for.
pub fn solve(model: &Model, scenario: &Scenario, cancel: &Cancel) -> Result<Allocation> {
    unnamed(model, scenario, cancel).map_err(|faults| {
        faults.map(|fault| match fault.kind {
            FaultKind::Solver => Fault { what: format!("scenario `{}`: {}", scenario.id, fault.what), ..fault },
            _ => fault,
        })
    })
}

fn unnamed(model: &Model, scenario: &Scenario, cancel: &Cancel) -> Result<Allocation> {
    let lp = model.lp(scenario.objective.sense);
    let conflict = || infeasible::explain(model, cancel).map(Allocation::Infeasible);
    match solve_or_ease(&lp, model, cancel) {
        Ok(Outcome::Optimal(solution)) => {
            let certificate = certify::certify(&lp, &solution)?;
            Ok(Allocation::Optimal(Box::new(optimum(model, scenario, &solution, &certificate))))
        }
        Ok(Outcome::Infeasible) => conflict(),
        Ok(Outcome::Unbounded) => {
            Err(Fault::new(FaultKind::Solver, "", "there is no finite optimum, though land bounds every offer").into())
        }
        // Limits that contradict each other by very little may leave the solver without any verdict.
        Err(faults) if faults.kind() == FaultKind::Solver => conflict().or(Err(faults)),
        Err(faults) => Err(faults),
    }
}

/// Limits that contradict each other by less than this share of themselves differ by rounding only [1].
const SAME_LIMIT: f64 = 1e-9;

/// Solves a program; where it has no solution, once more with every limit eased by what is only rounding. A total read
/// from a table and put into a limit must not make a scenario infeasible.
fn solve_or_ease(lp: &Lp, model: &Model, cancel: &Cancel) -> Result<Outcome> {
    let outcome = solver::solve(lp, cancel)?;
    if outcome != Outcome::Infeasible {
        return Ok(outcome);
    }
    let mut eased = lp.clone();
    let limits = eased.rows.iter_mut().zip(&model.rows).filter(|(_, stated)| stated.key.modes.is_empty());
    limits.for_each(|(row, _)| row.rhs += SAME_LIMIT * row.rhs.abs());
    match solver::solve(&eased, cancel)? {
        Outcome::Optimal(solution) if certify::feasible(lp, &solution.columns).is_ok() => {
            Ok(Outcome::Optimal(solution))
        }
        _ => Ok(Outcome::Infeasible),
    }
}

fn optimum(model: &Model, scenario: &Scenario, solution: &Solution, certificate: &Certificate) -> Optimum {
    let sign = model::sign(scenario.objective.sense);
    let prices = prices::prices(model, solution, scenario.objective.sense);
    let reduced_cost: Vec<f64> = certificate.reduced_cost.iter().map(|cost| sign * cost).collect();
    Optimum {
        allocated_mw: solution.columns.clone(),
        reasons: reasons::reasons(
            model,
            &reasons::Choice {
                megawatts: &solution.columns,
                reduced_cost: &reduced_cost,
                prices: &prices,
                sense: scenario.objective.sense,
            },
        ),
        reduced_cost,
        prices,
        objective: sign * certificate.objective,
        bound: sign * certificate.bound,
        gap: certificate.gap,
        greedy: greedy::greedy(model, scenario.objective.sense),
    }
}

/// Builds the model of a scenario.
///
/// # Errors
/// Every fault of the objective, the limits and the land, together.
pub fn build(market: &Market<'_>, scenario: &Scenario) -> Result<Model> {
    let mut model = Model::default();
    // Without capacities there are no columns for the rules to speak of; a faulty objective does not hide their faults.
    columns(market, scenario, &mut model)?;
    let mut results = vec![objective(market, scenario, &mut model), rules::land::add(market, &mut model)];
    results.extend(scenario.limits.iter().map(|limit| rules::limit::add(market, limit, &mut model)));
    let faults: Vec<Fault> = results.into_iter().filter_map(Result::err).flat_map(Faults::into_list).collect();
    Faults::or(faults, ())?;
    model.check_numbers(market.place)?;
    Ok(model)
}

/// One column an offer, with its capacity.
fn columns(market: &Market<'_>, scenario: &Scenario, model: &mut Model) -> Result<()> {
    let capacity = market.extensive("capacity_mw", &scenario.place)?;
    let ids = match market.offers.words("offer_id") {
        Some(ids) => ids,
        None => (1..=market.offers.rows).map(|number| number.to_string()).collect(),
    };
    let odd: Vec<usize> = (0..capacity.len()).filter(|&i| !(capacity[i] > 0.0 && capacity[i].is_finite())).collect();
    let faults = of_rows(market.place, &odd, |i| {
        let what = format!("offer `{}` has capacity_mw {}", ids[i], shown(capacity[i]));
        Fault::input("", what).hint("expected a positive number")
    });
    for (id, &capacity_mw) in ids.into_iter().zip(capacity) {
        model.columns.push(model::Column { id, capacity_mw, objective_per_mw: 0.0, held_by_land: false });
    }
    Faults::or(faults, ())
}

/// What a megawatt of each offer adds to the objective.
fn objective(market: &Market<'_>, scenario: &Scenario, model: &mut Model) -> Result<()> {
    let place = &scenario.place;
    let per_mw: Vec<f64> = match &scenario.objective.quantity {
        Quantity::Score => {
            "score·MW".clone_into(&mut model.objective_unit);
            market.intensive("score", place)?.to_vec()
        }
        Quantity::Column(name) => {
            let name = with_word(name, market.currency, "cny");
            model.objective_unit = offer::unit_of(&name, market.currency);
            if market.offers.column(&name).is_none() {
                let names =
                    market.offers.names().into_iter().chain(OBJECTIVES.map(|(word, _)| word)).collect::<Vec<_>>();
                let what = format!("the offers have no column `{name}` to strive for");
                return Err(Fault::project(place, what).hint(suggestion(&name, names)).into());
            }
            let values = market.extensive(&name, place)?;
            values.iter().zip(&model.columns).map(|(value, column)| value / column.capacity_mw).collect()
        }
    };
    let odd: Vec<usize> = (0..per_mw.len()).filter(|&i| !per_mw[i].is_finite()).collect();
    let faults = of_rows(market.place, &odd, |i| {
        let id = &model.columns[i].id;
        Fault::input("", format!("offer `{id}` has no value for the objective of scenario `{}`", scenario.id))
    });
    for (column, value) in model.columns.iter_mut().zip(per_mw) {
        column.objective_per_mw = value;
    }
    Faults::or(faults, ())
}

/// A number of a table in a message.
fn shown(value: f64) -> String {
    if value.is_nan() { "empty".to_owned() } else { offer::number_text(value) }
}

/// How a sense reads.
pub fn sense_word(sense: Sense) -> &'static str {
    match sense {
        Sense::Max => "max",
        Sense::Min => "min",
    }
}
