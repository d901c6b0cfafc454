//! The solver behind its seam: what it is asked, what is believed of its answers, and how it is stopped.

use solsite::allocate;
use solsite::allocate::certify::certify;
use solsite::allocate::model::{Column, Form, Lp, LpRow, Model, Row, RowKey, Side};
use solsite::allocate::solver::{self, Outcome, Solution};
use solsite::fault::Kind;
use solsite::scenario::{Objective, Quantity, Scenario, Sense};
use solsite::tiles::Cancel;

use crate::support::close;

fn lp(cost: &[f64], upper: &[f64], rows: &[(&[f64], f64)]) -> Lp {
    let sparse = |row: &[f64]| row.iter().enumerate().map(|(i, value)| (i as u32, *value)).collect();
    Lp {
        cost: cost.to_vec(),
        upper: upper.to_vec(),
        implied: vec![false; cost.len()],
        rows: rows.iter().map(|(row, rhs)| LpRow { coefficients: sparse(row), rhs: *rhs, scale: 1.0 }).collect(),
        cost_scale: 1.0,
    }
}

fn scenario() -> Scenario {
    let objective = Objective { sense: Sense::Max, quantity: Quantity::Column("net_value_cny_per_yr".to_owned()) };
    let (id, place) = ("dear".to_owned(), "project.toml:3".to_owned());
    Scenario { title: id.clone(), id, objective, limits: Vec::new(), place }
}

#[test]
fn rows_hold_even_where_there_is_nothing_to_choose() {
    let solve = |rhs: f64| solver::solve(&lp(&[], &[], &[(&[], rhs)]), &Cancel::default()).unwrap();
    assert_eq!(solve(-1.0), Outcome::Infeasible);
    assert!(matches!(solve(0.0), Outcome::Optimal(_)));
}

#[test]
fn a_capacity_that_land_implies_counts_in_the_proof() {
    // One offer of 10 MW on land for 10 MW, with the land a little too cheap: what is missing shows at the capacity.
    let mut land = lp(&[-1.0], &[10.0], &[(&[1.0], 10.0)]);
    land.implied = vec![true];
    let answer = |price: f64| Solution { columns: vec![10.0], row_duals: vec![-price] };
    let proof = certify(&land, &answer(1.0 - 5e-7)).unwrap();
    close(proof.bound, -10.0, 1e-12);
    assert_eq!(proof.gap, 0.0);
    // A choice below the best has no prices that prove it.
    let half = Solution { columns: vec![5.0], row_duals: vec![0.0] };
    assert!(certify(&land, &half).unwrap_err().to_string().contains("only prove"));
}

/// A model that says land holds its offer, without the row that does.
#[test]
fn a_fault_of_the_solver_names_the_scenario() {
    let offer = Column { id: "o".to_owned(), capacity_mw: 1.0, objective_per_mw: 2.0, held_by_land: true };
    let key = |rule: &str| RowKey {
        rule: rule.to_owned(),
        key: String::new(),
        modes: Vec::new(),
        unit: String::new(),
        form: Form::amount(1.0, 0.0),
    };
    let row = Row { key: key("least"), coefficients: vec![(0, 1.0)], side: Side::Min, rhs: 0.5 };
    let model = Model { columns: vec![offer], rows: vec![row], ..Model::default() };
    let faults = allocate::solve(&model, &scenario(), &Cancel::default()).unwrap_err();
    assert_eq!(faults.kind(), Kind::Solver);
    assert!(faults.to_string().contains("scenario `dear`: there is no finite optimum"), "{faults}");
}

#[test]
fn no_program_is_solved_after_a_request_to_stop() {
    let cancel = Cancel::default();
    cancel.request();
    let faults = solver::solve(&lp(&[-1.0], &[1.0], &[]), &cancel).unwrap_err();
    assert_eq!(faults.kind(), Kind::Interrupted);
}
