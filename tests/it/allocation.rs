//! Allocation from tables: the worked program, objectives, limits and prices.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::desk::{Desk, TWO, WORKED, allocated, prices, refused, scenario, summary, worked_offers};
use crate::support::{close, solsite, vectors};

#[test]
fn the_worked_program_has_its_optimum_and_its_four_prices() {
    let optimum = &vectors("f_lp.json")["optimum"];
    let desk = Desk::new(&worked_offers());
    let run = desk.run(WORKED);
    let summary = summary(&run, "worked");
    assert_eq!(summary["status"], "optimal");
    close(summary["objective"].as_f64().unwrap(), 1e6 * optimum["objective_MCNY_per_yr"].as_f64().unwrap(), 1e-8);
    close(summary["bound"].as_f64().unwrap(), 26_484_674.84, 1e-9);
    let megawatts = allocated(&run, "worked");
    for (name, expected) in optimum["x_MW"].as_object().unwrap() {
        let id = name.trim_start_matches("x_").replace('_', ":");
        assert!((megawatts[&id] - expected.as_f64().unwrap()).abs() < 1e-5, "{id}: {}", megawatts[&id]);
    }
    let key = |rule: &str, key: &str| (rule.to_owned(), key.to_owned());
    let expected = BTreeMap::from([
        (key("agricultural_area", ""), -30_111.858_4),
        (key("budget", ""), 0.033_572_692_0),
        (key("grid_qd", ""), 42_041.298_3),
        (key("land", "site 5"), 1_276.814_2),
    ]);
    let found = prices(&run, "worked");
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (rule, price) in expected {
        close(found[&rule], price, 1e-7);
    }
    let table = run.table("scenarios/worked/prices.csv");
    assert_eq!(table.header[..6], ["rule", "key", "unit", "limit", "used", "shadow_price"]);
    assert_eq!(table.words("unit")[..4], ["CNY", "MW", "MW", "ha"]);
}

/// Every price against the change of the optimum when its limit moves a little.
#[test]
fn prices_are_what_one_more_unit_changes() {
    let desk = Desk::new(&worked_offers());
    let share =
        "[[scenario.limit]]\nid = \"fair\"\nwhere = { region = \"QD\" }\nsum = \"capacity_mw\"\nmax_share = 0.4\n";
    let average = "[[scenario.limit]]\nid = \"dear\"\naverage = \"capex_per_kw\"\nby = \"capacity_mw\"\nmax = 3504.0\n";
    let offers = worked_offers();
    let per_kw = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        fields[6]
            .parse::<f64>()
            .map_or("capex_per_kw".to_owned(), |capex| (capex / fields[5].parse::<f64>().unwrap() / 1e3).to_string())
    };
    let with_ratio: Vec<String> = offers.lines().map(|line| format!("{line},{}", per_kw(line))).collect();
    desk.write("offers.csv", &with_ratio.join("\n"));
    let text = format!("[columns]\ncapex_per_kw = \"intensive\"\n{WORKED}{share}{average}");
    let objective = |text: &str| summary(&desk.run(text), "worked")["objective"].as_f64().unwrap();
    let found = prices(&desk.run(&text), "worked");
    let before = objective(&text);
    let mut checked = 0;
    for (rule, from, to, step) in [
        ("budget", "max = 780e6", "max = 780.001e6", 1e3),
        ("agricultural_area", "min = 120.0", "min = 120.01", 0.01),
        ("grid_qd", "max = 90.0", "max = 90.01", 0.01),
        ("fair", "max_share = 0.4", "max_share = 0.400001", 1e-6),
        ("dear", "max = 3504.0", "max = 3504.01", 0.01),
    ] {
        let change = (objective(&text.replace(from, to)) - before) / step;
        let price = found.get(&(rule.to_owned(), String::new())).copied().unwrap_or(0.0);
        assert!((price - change).abs() <= 1e-3 * price.abs().max(1e-6), "{rule}: price {price}, change {change}");
        checked += usize::from(price != 0.0);
    }
    assert!(checked >= 4, "{found:?}");
    assert!(found[&("agricultural_area".to_owned(), String::new())] < 0.0, "more of a duty is worth less");
}

#[test]
fn objectives_take_what_they_strive_for() {
    let desk = Desk::new(TWO);
    for (objective, expected, taken) in [
        ("max_net_value", 15e6, [60.0, 0.0, 60.0, 0.0]),
        ("max_energy", 174_000.0, [60.0, 0.0, 60.0, 0.0]),
        ("max_score", 0.9 * 60.0 + 0.6 * 60.0, [60.0, 0.0, 60.0, 0.0]),
        ("min_cost", 0.0, [0.0, 0.0, 0.0, 0.0]),
        ("crop_change_t_per_yr", 55.0, [0.0, 40.0, 0.0, 40.0]),
        ("min_net_value", -1e6, [0.0, 0.0, 0.0, 40.0]),
        ("max_cost", 32e6, [0.0, 40.0, 0.0, 40.0]),
        ("min_energy", 0.0, [0.0, 0.0, 0.0, 0.0]),
        ("min_score", 0.0, [0.0, 0.0, 0.0, 0.0]),
        ("max_crop_change_t_per_yr", 55.0, [0.0, 40.0, 0.0, 40.0]),
        ("min_crop_change_t_per_yr", -110.0, [60.0, 0.0, 60.0, 0.0]),
    ] {
        let run = desk.run(&scenario(objective, &[]));
        close(summary(&run, "s")["objective"].as_f64().unwrap() + 1.0, expected + 1.0, 1e-9);
        assert_eq!(run.table("scenarios/s/allocation.csv").numbers("allocated_mw"), taken, "{objective}");
    }
}

#[test]
fn an_objective_without_a_direction_is_refused() {
    let run = Desk::new(TWO).try_run(&scenario("cost", &[]), &[]);
    refused(&run, 2, &["project.toml:5", "`cost` does not say whether more or less is better", "\"min_cost\""]);
}

#[test]
fn building_nothing_is_an_answer() {
    let offers = TWO.replace("9e6", "-9e6").replace(",2e6", ",-2e6").replace("6e6,15e6,0.18", "-6e6,15e6,0.18");
    let desk = Desk::new(&offers);
    let run = desk.run(&scenario("max_net_value", &[]));
    let summary = summary(&run, "s");
    assert_eq!((summary["objective"].as_f64(), summary["capacity_mw"].as_f64()), (Some(0.0), Some(0.0)));
    assert_eq!(summary["notes"][0], "the best choice is to build nothing");
}

#[test]
fn hosting_holds_at_every_substation() {
    let hosting = "per = \"substation\"\nsum = \"capacity_ac_mw\"\nmax_column = \"hosting_mw\"";
    let desk = Desk::new(TWO);
    let run = desk.run(&scenario("max_net_value", &[hosting]));
    assert_eq!(run.table("scenarios/s/allocation.csv").numbers("allocated_mw"), [48.0, 0.0, 36.0, 0.0]);
    let table = run.table("scenarios/s/prices.csv");
    assert_eq!(table.words("key")[..2], ["S1", "S2"]);
    assert_eq!(table.numbers("limit")[..2], [40.0, 30.0]);
    // A DC megawatt earns 150 000, an AC megawatt 1.2 times that.
    close(table.numbers("shadow_price")[0], 1.2 * 150_000.0, 1e-9);
}

#[test]
fn shares_averages_and_baselines_are_one_rule() {
    let desk = Desk::new(TWO);
    let taken = |limits: &[&str]| {
        desk.run(&scenario("max_net_value", limits)).table("scenarios/s/allocation.csv").numbers("allocated_mw")
    };
    let share = |a: &[f64]| (a[2] + a[3]) / a.iter().sum::<f64>();
    // Half of the megawatts are in the east already: a cap of 0.2 makes it a fifth.
    let capped = taken(&["where = { region = \"east\" }\nsum = \"capacity_mw\"\nmax_share = 0.2"]);
    close(share(&capped), 0.2, 1e-9);
    // The harvest of 200 t may not fall below 150 t.
    let fed = taken(&["sum = \"crop_change_t_per_yr\"\nbaseline = 200.0\nmin = 150.0"]);
    close(-50.0 * fed[0] / 60.0 + 30.0 * fed[1] / 40.0 - 60.0 * fed[2] / 60.0 + 25.0 * fed[3] / 40.0, -50.0, 1e-9);
    // The mean cost of all energy stays below 0.172.
    let cheap = taken(&["average = \"lcoe_cny_per_kwh\"\nby = \"energy_mwh_per_yr\"\nmax = 0.172"]);
    let energy = [1500.0 * cheap[0], 1500.0 * cheap[1], 1400.0 * cheap[2], 1400.0 * cheap[3]];
    let mean = (0.17 * energy[0] + 0.27 * energy[1] + 0.18 * energy[2] + 0.29 * energy[3]) / energy.iter().sum::<f64>();
    close(mean, 0.172, 1e-9);
    // A share of a stated amount, by region.
    let treated = taken(&[
        "where = { mode = \"agri\" }\nper = \"region\"\nsum = \"area_ha\"\nmin_share = 0.5\nbaseline = { west = 40.0, east = 90.0 }",
    ]);
    close(treated[1] / 40.0 * 100.0, 20.0, 1e-9);
    close(treated[3] / 40.0 * 100.0, 45.0, 1e-9);
}

#[test]
fn the_base_is_overridden_by_scenarios() {
    let text = "[base]\nobjective = \"max_net_value\"\n[[base.limit]]\nid = \"budget\"\nsum = \"capex_cny\"\nmax = 180e6\n\
        [[scenario]]\nid = \"plain\"\n[[scenario]]\nid = \"rich\"\n[[scenario.limit]]\nid = \"budget\"\nsum = \"capex_cny\"\nmax = 270e6\n\
        [[scenario]]\nid = \"free\"\nwithout = [\"budget\"]\nobjective = \"max_energy\"\n";
    let desk = Desk::new(TWO);
    let run = desk.run(text);
    for (id, objective) in [("plain", 9e6), ("rich", 12e6), ("free", 174_000.0)] {
        close(summary(&run, id)["objective"].as_f64().unwrap(), objective, 1e-9);
    }
    let comparison = run.table("comparison.csv");
    assert_eq!(comparison.header, ["indicator", "plain", "rich", "free", "rich - plain", "free - plain"]);
    let capex = comparison.words("indicator").iter().position(|name| *name == "capex_cny").unwrap();
    assert_eq!(comparison.rows[capex][1..], ["180000000", "270000000", "360000000", "90000000", "180000000"]);
    let against = solsite(&["compare", run.out.to_str().unwrap(), "--baseline", "rich", "--format", "json"]);
    let json: Value = serde_json::from_slice(&against.stdout).unwrap();
    assert_eq!(json["baseline"], "rich");
    assert_eq!(json["scenarios"][0]["difference"]["capex_cny"], -90_000_000);
    assert_eq!(json["scenarios"][0]["difference"]["objective"], -3_000_000);
    // Euros and megawatt-hours have no difference.
    assert_eq!(json["scenarios"][2]["difference"]["objective"], Value::Null);
    let one = desk.try_run(text, &["--scenario", "rich"]);
    assert_eq!(one.code, 0);
    let plain = run.out.join("scenarios/plain/summary.json");
    assert!(plain.exists(), "what was not asked for and has not changed stays");
    let tighter = text.replace("max = 180e6", "max = 170e6");
    assert_eq!(desk.try_run(&tighter, &["--scenario", "rich"]).code, 0);
    assert!(!plain.exists(), "a scenario whose limits have changed does not");
}

#[test]
fn changes_that_offers_at_hand_do_not_know_are_refused() {
    let desk = Desk::new(TWO);
    let head = "[inputs]\nd = { raster = \"d.tif\" }\n[[criterion]]\nid = \"flat\"\nlayer = \"d\"\nutility = { falling = { best = 1.0, worst = 9.0 } }\n\
        weight = 1.0\n[[mode]]\nid = \"ground\"\n";
    let with = |table: &str| format!("{head}{table}[[scenario]]\nid = \"plain\"\nobjective = \"max_energy\"\n");
    let own = "[[scenario]]\nid = \"own\"\nobjective = \"max_net_value\"\nweights = { flat = 2.0 }\n\
        [[scenario.mode]]\nid = \"ground\"\ncapex_cny_per_kw = 1.0\n\
        [[scenario.region_data]]\nid = \"*\"\nprice_cny_per_kwh = 9.0\n";
    let run = desk.try_run(&with(own), &[]);
    refused(&run, 2, &["scenario `own` changes `weights` and `mode` and `region_data`", "no effect on offers"]);
    // What is not asked for does no harm; what the base says is in the offers of a run.
    assert_eq!(desk.try_run(&with(own), &["--scenario", "plain"]).code, 0);
    let base = "[[base.mode]]\nid = \"ground\"\ncapex_cny_per_kw = 1.0\n";
    assert_eq!(desk.try_run(&with(base), &[]).code, 0);
}

#[test]
fn summaries_that_cannot_be_read_are_named() {
    let desk = Desk::new(TWO);
    let run = desk.run(&scenario("max_energy", &[]));
    let path = run.out.join("scenarios/s/summary.json");
    let compare = || crate::support::Run::of(&solsite(&["compare", run.out.to_str().unwrap()]), desk.path("none"));
    assert_eq!(compare().code, 0);
    for (text, why) in [("{\"status\": \"opt", "not a summary"), ("[]", "it has no `status`"), ("", "not a summary")] {
        std::fs::write(&path, text).unwrap();
        refused(&compare(), 3, &["scenarios/s/summary.json", why, "give the command that wrote the folder again"]);
    }
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    refused(&compare(), 3, &["scenarios/s/summary.json", "cannot read it"]);
}

#[test]
fn the_merit_order_is_reported_beside_the_optimum() {
    let desk = Desk::new(&worked_offers());
    let run = desk.run(WORKED);
    let summary = summary(&run, "worked");
    let (optimum, greedy) = (summary["objective"].as_f64().unwrap(), summary["greedy_objective"].as_f64().unwrap());
    if summary["greedy_unmet"].as_array().unwrap().is_empty() {
        assert!(greedy <= optimum * (1.0 + 1e-9), "{greedy} {optimum}");
    }
    assert!(greedy > 0.5 * optimum, "{greedy} {optimum}");
}

#[test]
fn the_model_is_kept_for_other_solvers() {
    let desk = Desk::new(&worked_offers());
    let run = desk.run(WORKED);
    let mps = std::fs::read_to_string(run.out.join("scenarios/worked/model.mps")).unwrap();
    for part in ["ROWS", "COLUMNS", "RHS", "ENDATA", "budget", "land:site_5", "5:float"] {
        assert!(mps.contains(part), "no {part}");
    }
    // As stated: other programs find the same optimum, with its sign.
    assert!(mps.contains("OBJSENSE\n  MAX\n"), "{mps}");
    let kind = |rule: &str| mps.lines().find(|line| line.contains(rule)).and_then(|line| line.trim().chars().next());
    assert_eq!((kind("budget"), kind("agricultural_area"), kind("land:site_5")), (Some('L'), Some('G'), Some('L')));
    let cheapest = desk.run(&WORKED.replace("max_net_value", "min_capex_cny"));
    let mps = std::fs::read_to_string(cheapest.out.join("scenarios/worked/model.mps")).unwrap();
    assert!(!mps.contains("OBJSENSE"), "minimising is the default of the format");
}

#[test]
fn the_same_tables_give_the_same_bytes() {
    let desk = Desk::new(&worked_offers());
    let before = crate::support::files(&desk.run(WORKED).out);
    assert_eq!(crate::support::files(&desk.run(WORKED).out), before);
    assert!(before.keys().any(|name| name.ends_with("model.mps")));
}
