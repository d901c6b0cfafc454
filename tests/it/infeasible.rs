//! Limits that cannot be met, explained in numbers that can be used.

use crate::desk::{Desk, TWO, scenario, summary};
use crate::support::close;

#[test]
fn limits_that_cannot_be_met_are_explained_in_numbers() {
    let desk = Desk::new(TWO);
    let budget = "id = \"budget\"\nsum = \"capex_cny\"\nmax = 90e6";
    let energy = "id = \"energy\"\nsum = \"energy_mwh_per_yr\"\nmin = 60000.0";
    let run = desk.try_run(&scenario("max_net_value", &[budget, energy]), &[]);
    assert_eq!(run.code, 1);
    let summary = summary(&run, "s");
    assert_eq!(summary["status"], "infeasible");
    // 90 million buy half of the best offer, 45 000 MWh; 60 000 MWh cost 120 million.
    let conflict = summary["conflict"].as_array().unwrap();
    let of = |rule: &str| conflict.iter().find(|clash| clash["rule"] == rule).unwrap();
    close(of("budget")["alone"].as_f64().unwrap(), 120e6, 1e-6);
    close(of("energy")["alone"].as_f64().unwrap(), 45_000.0, 1e-6);
    let text = summary["explanation"].to_string();
    for words in [
        "`budget` (at most 90000000 CNY)",
        "`energy` (at least 60000 MWh/yr)",
        "lower `energy` from 60000 MWh/yr to 45000 MWh/yr",
        "raise `budget` alone to 120000000 CNY",
    ] {
        assert!(text.contains(words), "no `{words}` in {text}");
        assert!(run.errors.contains(words), "no `{words}` in {}", run.errors);
    }
    assert!(!run.out.join("scenarios/s/allocation.csv").exists());
}

#[test]
fn land_that_does_not_suffice_is_part_of_the_explanation() {
    let desk = Desk::new(TWO);
    let run = desk.try_run(&scenario("min_cost", &["id = \"target\"\nsum = \"capacity_mw\"\nmin = 500.0"]), &[]);
    assert_eq!(run.code, 1);
    let summary = summary(&run, "s");
    assert_eq!(summary["land_binds"], true);
    close(summary["conflict"][0]["loosened"].as_f64().unwrap(), 120.0, 1e-6);
    assert!(run.errors.contains("cannot be met, given the land of the sites"), "{}", run.errors);
}

#[test]
fn the_other_scenarios_are_solved_when_one_cannot_be() {
    let text = "[[scenario]]\nid = \"no\"\nobjective = \"min_cost\"\n[[scenario.limit]]\nid = \"t\"\nsum = \"capacity_mw\"\nmin = 500.0\n\
        [[scenario]]\nid = \"yes\"\nobjective = \"max_energy\"\n";
    let desk = Desk::new(TWO);
    let run = desk.try_run(text, &[]);
    assert_eq!(run.code, 1);
    assert_eq!(summary(&run, "yes")["status"], "optimal");
    let comparison = run.json("comparison.json");
    assert_eq!(comparison["scenarios"][0]["status"], "infeasible");
    assert_eq!(comparison["scenarios"][1]["status"], "optimal");
}
