//! Limits that cannot be met, explained in numbers that can be used.

use std::fmt::Write as _;

use serde_json::Value;

use crate::desk::{Desk, TWO, refused, scenario, summary};
use crate::support::{Run, Scene, close};

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

/// The entry of a limit in the conflict of a scenario.
fn clash(run: &Run, rule: &str) -> Value {
    assert_eq!(run.code, 1, "{}", run.errors);
    let summary = summary(run, "s");
    let conflict = summary["conflict"].as_array().unwrap().clone();
    conflict.into_iter().find(|clash| clash["rule"] == rule).unwrap_or_else(|| panic!("no {rule} in {summary:#}"))
}

const WEST: &str = "id = \"west\"\nwhere = { region = \"west\" }\nsum = \"capacity_mw\"\nmin = 60.0";

#[test]
fn a_share_alone_is_told_exactly() {
    // West has to be full with 60 MW, east can have 60 MW: half is the most. For four fifths west may only have 15 MW.
    let fair = "id = \"fair\"\nwhere = { region = \"east\" }\nsum = \"capacity_mw\"\nmin_share = 0.8";
    let desk = Desk::new(TWO);
    let run = desk.try_run(&scenario("max_net_value", &[WEST, fair]), &[]);
    close(clash(&run, "fair")["alone"].as_f64().unwrap(), 0.5, 1e-12);
    close(clash(&run, "west")["alone"].as_f64().unwrap(), 15.0, 1e-12);
    for words in ["Or lower `fair` alone to 50 %.", "Or lower `west` alone to 15 MW.", "A loosening that suffices: "] {
        assert!(run.errors.contains(words), "no `{words}` in {}", run.errors);
    }
}

#[test]
fn an_average_alone_is_told_exactly() {
    // 132 000 MWh are cheapest as 90 000 at 0.17 and 42 000 at 0.18: 22 860 / 132 000, rounded up.
    let energy = "id = \"energy\"\nsum = \"energy_mwh_per_yr\"\nmin = 132000.0";
    let cheap = "id = \"cheap\"\naverage = \"lcoe_cny_per_kwh\"\nby = \"energy_mwh_per_yr\"\nmax = 0.15";
    let desk = Desk::new(TWO);
    let run = desk.try_run(&scenario("max_net_value", &[energy, cheap]), &[]);
    assert_eq!(clash(&run, "cheap")["alone"].as_f64().unwrap(), 0.173_181_819);
    // Nothing is as cheap as 0.15.
    assert_eq!(clash(&run, "energy")["alone"].as_f64().unwrap(), 0.0);
}

#[test]
fn a_share_beyond_all_is_not_to_be_had() {
    // 30 t from the crops of west and 20 t lost in east, where at most 16.67 t more can be grown: west has 112.5 %.
    let crops = "id = \"crops\"\nwhere = { site_id = \"a\", mode = \"agri\" }\nsum = \"capacity_mw\"\nmin = 40.0";
    let ground = "id = \"ground\"\nwhere = { site_id = \"b\", mode = \"ground\" }\nsum = \"capacity_mw\"\nmin = 20.0";
    let part = "id = \"part\"\nwhere = { region = \"west\" }\nsum = \"crop_change_t_per_yr\"\nmax_share = 0.5";
    let desk = Desk::new(TWO);
    let run = desk.try_run(&scenario("max_net_value", &[crops, ground, part]), &[]);
    let part = clash(&run, "part");
    assert_eq!((&part["alone"], &part["alone_is_enough"]), (&Value::Null, &Value::Bool(false)));
    assert!(run.errors.contains("Changing `part` alone is not enough."), "{}", run.errors);
    // Of a stated amount a share may be anything.
    let stated = "id = \"stated\"\nsum = \"area_ha\"\nbaseline = 50.0\nmin_share = 9.0";
    let run = desk.try_run(&scenario("max_net_value", &[stated]), &[]);
    assert_eq!(clash(&run, "stated")["alone"], 4);
}

/// Numbers that differ from case to case, but not from run to run.
struct Draw(u64);

impl Draw {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }

    fn between(&mut self, least: f64, most: f64) -> f64 {
        least + (most - least) * self.next(1 << 20) as f64 / f64::from(1 << 20)
    }
}

/// A limit without its number: text up to it, least and most sensible number.
const SHAPES: [(&str, f64, f64); 7] = [
    ("sum = \"capacity_mw\"\nmin = ", 20.0, 150.0),
    ("sum = \"capex_cny\"\nmax = ", 50e6, 400e6),
    ("where = { mode = \"agri\" }\nsum = \"area_ha\"\nmin = ", 10.0, 250.0),
    ("where = { region = \"east\" }\nsum = \"capacity_mw\"\nmin_share = ", 0.1, 0.9),
    ("where = { mode = \"ground\" }\nsum = \"energy_mwh_per_yr\"\nmax_share = ", 0.05, 0.9),
    ("average = \"lcoe_cny_per_kwh\"\nby = \"energy_mwh_per_yr\"\nmax = ", 0.16, 0.25),
    ("sum = \"crop_change_t_per_yr\"\nbaseline = 200.0\nmin = ", 150.0, 260.0),
];

/// The number in a sentence behind some words, shares as shares.
fn number_behind(text: &str, words: &str) -> f64 {
    let at = text.find(words).unwrap_or_else(|| panic!("no `{words}` in {text}")) + words.len();
    let mut parts = text[at..].split([' ', ',', '\n']);
    let value: f64 = parts.next().unwrap().trim_end_matches('.').parse().unwrap();
    if parts.next().is_some_and(|unit| unit.starts_with('%')) { value / 100.0 } else { value }
}

/// What is printed is put into the project file: there is a solution then, and with a millionth less there is none.
#[test]
fn what_the_explanation_proposes_makes_the_scenario_feasible() {
    let desk = Desk::new(TWO);
    let mut draw = Draw(7);
    let (mut together, mut apart) = (0, 0);
    for case in 0..40 {
        let mut limits: Vec<(&str, f64)> = Vec::new();
        for (text, least, most) in SHAPES {
            if draw.next(2) == 0 {
                limits.push((text, draw.between(least, most)));
            }
        }
        let attempt = |limits: &[(&str, f64)]| {
            let texts = limits.iter().enumerate().map(|(i, (text, value))| format!("id = \"n{i}\"\n{text}{value:?}"));
            let texts: Vec<String> = texts.collect();
            let run = desk.try_run(&scenario("max_energy", &texts.iter().map(String::as_str).collect::<Vec<_>>()), &[]);
            assert!(run.code <= 1, "case {case}: {}", run.errors);
            run
        };
        let run = attempt(&limits);
        if run.code == 0 {
            continue;
        }
        let told = &run.errors;
        let mut all = limits.clone();
        for (i, (_, value)) in all.iter_mut().enumerate() {
            let named = ["raise", "lower"].map(|verb| format!("{verb} `n{i}` from "));
            if let Some(words) = named.iter().find(|words| told.contains(*words)) {
                let behind = &told[told.find(words.as_str()).unwrap()..];
                *value = number_behind(behind, " to ");
                together += 1;
            }
        }
        assert!(told.contains("was found") || attempt(&all).code == 0, "case {case}: {told}");
        for (i, (text, limit)) in limits.iter().enumerate() {
            let named = ["raise", "lower"].map(|verb| format!("Or {verb} `n{i}` alone to "));
            let Some(words) = named.iter().find(|words| told.contains(*words)) else { continue };
            let value = number_behind(told, words);
            let with = |value: f64| {
                let mut changed = limits.clone();
                changed[i] = (text, value);
                attempt(&changed).code
            };
            assert_eq!(with(value), 0, "case {case}: n{i} {value} {told}");
            assert_eq!(
                with(value + 1e-6 * (limit - value) + 1e-7 * (limit - value).signum() * value.abs()),
                1,
                "case {case}: n{i} {value} is not the nearest: {told}"
            );
            apart += 1;
        }
    }
    assert!(together > 15 && apart > 20, "{together} {apart}");
}

/// Contradictions from a millionth of the limits down to nothing: either there is a solution or an explanation that works.
#[test]
fn contradictions_as_small_as_rounding_have_an_answer() {
    let mut many = TWO.lines().next().unwrap().to_owned() + "\n";
    for i in 0..200 {
        let mw = 100.0 + f64::from(i);
        writeln!(
            many,
            "o{i},s{i},west,ground,{mw},{mw},{mw},{},{},1,1,{},0.5,S,1,0",
            1500.0 * mw,
            3e6 * mw,
            0.2 + 0.01 * f64::from(i)
        )
        .unwrap();
    }
    for offers in [TWO, &many] {
        let desk = Desk::new(offers);
        for digits in [6, 7, 8, 9, 10, 12, 14] {
            let less = 1.0 - 10.0_f64.powi(-digits);
            for (text, limit) in [
                ("sum = \"capex_cny\"\n", 150e6),
                ("where = { region = \"west\" }\nsum = \"capacity_mw\"\nbaseline = 7.0\n", 50.0),
                ("average = \"lcoe_cny_per_kwh\"\nby = \"energy_mwh_per_yr\"\n", 0.21),
            ] {
                let some = "id = \"some\"\nsum = \"capacity_mw\"\nmin = 10.0";
                let attempt = |min: f64, max: f64| {
                    let pair = [format!("id = \"a\"\n{text}min = {min:?}"), format!("id = \"b\"\n{text}max = {max:?}")];
                    desk.try_run(&scenario("max_net_value", &[&pair[0], &pair[1], some]), &[])
                };
                let run = attempt(limit, limit * less);
                assert!(run.code <= 1, "{text} {digits}: {}", run.errors);
                if run.code == 1 {
                    let [a, b] = ["a", "b"].map(|rule| clash(&run, rule)["alone"].as_f64());
                    assert_eq!(attempt(a.unwrap(), limit * less).code, 0, "{text} {digits}: {}", run.errors);
                    assert_eq!(attempt(limit, b.unwrap()).code, 0, "{text} {digits}: {}", run.errors);
                } else {
                    assert!(digits > 6, "{text}: a millionth is no rounding");
                }
            }
        }
    }
}

#[test]
fn a_total_read_from_a_table_may_be_a_limit() {
    let desk = Desk::new(&TWO.replace(",100,60,", ",100,60.123456789012345,"));
    let most = "sum = \"capacity_mw\"\nmin = 120.246913578025";
    assert_eq!(desk.try_run(&scenario("max_net_value", &[most]), &[]).code, 0, "twelve digits of the sum");
}

#[test]
fn more_limits_than_are_tried_alone_are_not_passed_over_in_silence() {
    let mut offers = String::from("site_id,region,mode,area_ha,capacity_mw,capex_cny\n");
    (0..25).for_each(|i| writeln!(offers, "s{i},r{i},m,10,5,{}", 10e6).unwrap());
    let each = "id = \"each\"\nper = \"region\"\nsum = \"capacity_mw\"\nmin = 4.0";
    let budget = "id = \"budget\"\nsum = \"capex_cny\"\nmax = 100e6";
    let desk = Desk::new(&offers);
    let run = desk.try_run(&scenario("max_capacity_mw", &[each, budget]), &[]);
    assert_eq!(clash(&run, "budget")["alone_is_enough"], Value::Null);
    for words in ["and 6 more", "Which of the 26 could give way alone was not tried", "Smallest loosening: "] {
        assert!(run.errors.contains(words), "no `{words}` in {}", run.errors);
    }
}

#[test]
fn limits_that_count_as_infinite_are_refused() {
    let desk = Desk::new(TWO);
    let attempt = |limit: &str| desk.try_run(&scenario("max_net_value", &[limit]), &[]);
    refused(&attempt("sum = \"capacity_mw\"\nmin = 1e308"), 2, &["project.toml:9", "1e308 counts as infinite", "1e20"]);
    refused(&attempt("sum = \"capacity_mw\"\nmax = 1e20"), 2, &["project.toml:9", "leave a bound out"]);
    refused(&attempt("sum = \"capacity_mw\"\nmin = 1.0\nbaseline = -1e25"), 2, &["-1e25 counts as infinite"]);
    refused(&attempt("average = \"lcoe_cny_per_kwh\"\nby = \"energy_mwh_per_yr\"\nmin = 9e19"), 3, &["a larger unit"]);
    // What only no sum can come near is a limit like any other.
    assert_eq!(clash(&attempt("id = \"far\"\nsum = \"capacity_mw\"\nmin = 9e19"), "far")["alone"], 120);
    assert_eq!(attempt("sum = \"capacity_mw\"\nmax = 9e19").code, 0);
}

/// A region whose land is all too small for a site.
#[test]
fn a_scenario_without_offers_is_explained_or_builds_nothing() {
    let mut scene = Scene::new(4, 4);
    scene.classes("landcover", &ndarray::Array2::from_elem((4, 4), 60));
    let project = |limit: &str| {
        format!(
            "{}[sites]\nmin_area_ha = 500.0\n[[mode]]\nid = \"ground\"\n{}",
            crate::support::PRICES,
            scenario("max_net_value", &[limit])
        )
    };
    let run = scene.try_run(&project("id = \"least\"\nsum = \"capacity_mw\"\nmin = 10.0"), &[]);
    assert_eq!(clash(&run, "least")["loosened"], 0);
    assert!(run.errors.contains("There are no offers to choose from."), "{}", run.errors);
    let run = scene.try_run(&project("sum = \"capacity_mw\"\nmax = 10.0"), &[]);
    assert_eq!(run.code, 0, "{}", run.errors);
    assert_eq!(summary(&run, "s")["capacity_mw"], 0);
}

#[test]
fn a_limit_that_counts_no_offer_is_named() {
    let desk = Desk::new(&TWO.replace(",30\n", ",0\n").replace(",25\n", ",0\n"));
    let crops = "id = \"crops\"\nwhere = { mode = \"agri\" }\nsum = \"crop_change_t_per_yr\"\nmin = 5.0";
    let run = desk.try_run(&scenario("max_net_value", &[crops]), &[]);
    assert!(run.errors.contains("No offer counts for `crops`."), "{}", run.errors);
}

#[test]
fn only_limits_that_contradict_each_other_are_named() {
    // The land gives 174 000 MWh at most, whatever the others say.
    let share = "id = \"agri_share\"\nwhere = { mode = \"agri\" }\nsum = \"area_ha\"\nmin_share = 0.3";
    let limits = [
        "id = \"energy\"\nsum = \"energy_mwh_per_yr\"\nmin = 1e6",
        share,
        "id = \"mw\"\nsum = \"capacity_mw\"\nmin = 90.0",
    ];
    let desk = Desk::new(TWO);
    let run = desk.try_run(&scenario("max_net_value", &limits), &[]);
    assert_eq!(run.code, 1, "{}", run.errors);
    assert_eq!(summary(&run, "s")["conflict"].as_array().unwrap().len(), 1);
    assert!(
        run.errors.contains("`energy` (at least 1000000 MWh/yr) cannot be met, given the land of the sites"),
        "{}",
        run.errors
    );
    // Two contradictions at once are both named.
    let two = [
        "id = \"west\"\nwhere = { region = \"west\" }\nsum = \"capacity_mw\"\nmin = 500.0",
        "id = \"east\"\nwhere = { region = \"east\" }\nsum = \"capacity_mw\"\nmin = 50.0",
        "id = \"cap\"\nwhere = { region = \"east\" }\nsum = \"capacity_mw\"\nmax = 40.0",
    ];
    let run = desk.try_run(&scenario("max_net_value", &two), &[]);
    let named = summary(&run, "s")["conflict"].clone();
    let named: Vec<&str> = named.as_array().unwrap().iter().map(|clash| clash["rule"].as_str().unwrap()).collect();
    assert_eq!(named, ["west", "east", "cap"]);
}

#[test]
fn where_one_limit_alone_may_give_way_a_loosening_is_found() {
    let west: Vec<&str> = TWO.lines().take(3).collect();
    let desk = Desk::new(&west.join("\n"));
    let half = "id = \"half\"\nwhere = { region = \"west\" }\nsum = \"capacity_mw\"\nmax_share = 0.5";
    let run = desk.try_run(
        &scenario("max_net_value", &[half, "id = \"energy\"\nsum = \"energy_mwh_per_yr\"\nmin = 1000.0"]),
        &[],
    );
    // Nothing at all can be built; the energy would have to fall by all of it, the share rises by half of what it will be.
    assert_eq!(clash(&run, "half")["alone"], 1.0);
    assert!(!run.errors.contains("was found"), "{}", run.errors);
    assert!(run.errors.contains("raise `half` from 50 % to 100 %"), "{}", run.errors);
}

#[test]
fn every_value_of_the_column_has_a_row_though_no_offer_of_it_counts() {
    let lines = TWO.lines().filter(|line| !line.starts_with("a-f"));
    let desk = Desk::new(&lines.collect::<Vec<_>>().join("\n"));
    let food = |bound: &str| format!("id = \"food\"\nper = \"region\"\nwhere = {{ mode = \"agri\" }}\n{bound}");
    for bound in
        ["sum = \"area_ha\"\nmin = 10.0", "sum = \"area_ha\"\nmin = 20.0\nbaseline = { east = 15.0, west = 5.0 }"]
    {
        let run = desk.try_run(&scenario("max_net_value", &[&food(bound)]), &[]);
        assert_eq!(clash(&run, "food")["key"], "west");
        assert!(run.errors.contains("No offer counts for `food` of west"), "{}", run.errors);
    }
    // The regions asked for are all there are.
    let east =
        food("sum = \"area_ha\"\nmin = 10.0").replace("{ mode = \"agri\" }", "{ mode = \"agri\", region = \"east\" }");
    assert_eq!(summary(&desk.run(&scenario("max_net_value", &[&east])), "s")["status"], "optimal");
    // What nothing breaks needs no row.
    let run = desk.run(&scenario("max_net_value", &[&food("sum = \"area_ha\"\nmax = 10.0")]));
    assert_eq!(run.table("scenarios/s/prices.csv").words("key").iter().filter(|key| **key == "west").count(), 0);
    let met = desk.run(&scenario(
        "max_net_value",
        &[&food("sum = \"area_ha\"\nmin = 5.0\nbaseline = { east = 0.0, west = 5.0 }")],
    ));
    assert_eq!(summary(&met, "s")["status"], "optimal");
}

#[test]
fn a_share_of_nothing_is_said_to_be_one() {
    let desk = Desk::new(TWO);
    let share = |over: &str| {
        format!(
            "id = \"share\"\nwhere = {{ mode = \"agri\" }}\nsum = \"crop_change_t_per_yr\"\nmin_share = 0.5\n{over}"
        )
    };
    let run = desk.run(&scenario("max_net_value", &[&share("baseline = 0.0")]));
    let notes = summary(&run, "s")["notes"].to_string();
    assert!(notes.contains("limit `share` asks for a share of nothing"), "{notes}");
    assert!(!std::fs::read_to_string(run.out.join("scenarios/s/prices.csv")).unwrap().contains("inf"));
    let negative = desk.try_run(&scenario("max_net_value", &[&share("baseline = -1.0")]), &["--overwrite"]);
    assert!(negative.code == 2 && negative.errors.contains("a share of less than nothing"), "{}", negative.errors);
    // More than all of some other offers may be asked for.
    let twice = share("").replace("min_share = 0.5", "min_share = 1.5") + "over_where = { mode = \"ground\" }";
    assert!(desk.try_run(&scenario("max_net_value", &[&twice]), &["--overwrite"]).code <= 1);
}
