//! Mined-out land inside a run: what it admits, what it costs, what the allocation can be asked.

use std::collections::BTreeMap;

use ndarray::{Array2, s};
use serde_json::Value;
use solsite::subsidence::decision::Decision;

use crate::mined::{LEVEL, panel, rectangle};
use crate::support::{CORNER, Run, Scene, close, solsite};

/// Cells along an edge.
const CELLS: usize = 60;
/// Hectares of a cell of 50 m.
const CELL_HA: f64 = 0.25;
/// Grassland in WorldCover.
const GRASS: u8 = 30;

const MODES: &str = "[sites]\nmin_area_ha = 1.0\n[[mode]]\nid = \"ground\"\n[[mode]]\nid = \"subsidence_ground\"\nlayout = \"fixed\"\n\
    [[mode]]\nid = \"subsidence_fishery\"\nlayout = \"fixed\"\ncrops = []\n[[mode]]\nid = \"subsidence_floating\"\nlayout = \"fixed\"\n";

const MINED: &str = "[subsidence]\ndate = \"2026-01-01\"\ngroundwater = \"table\"\n\
    [[subsidence.restoration]]\ndecision = \"ground\"\ncost_cny_per_ha = 10000.0\ncredit_cny_per_ha = 30000.0\n";

/// Grassland over one wide panel that came to rest long ago and one that did not, with water in the south.
fn scene() -> Scene {
    let mut scene = Scene::at("EPSG:32648", (CORNER.0, CORNER.1 + 3_000.0), 50.0, (CELLS, CELLS));
    scene.classes("landcover", &Array2::from_elem((CELLS, CELLS), GRASS));
    let mut table = Array2::from_elem((CELLS, CELLS), 30.0_f32);
    table.slice_mut(s![34.., ..]).fill(0.4);
    scene.amounts("table", &table);
    let moved =
        |ring: Vec<(f64, f64)>, x: f64, y: f64| ring.into_iter().map(|(u, v)| (u + x, v + y)).collect::<Vec<_>>();
    let old = panel(&format!("{LEVEL},\"end\":\"2000-01-01\""), &[moved(rectangle(1_000.0, 2_000.0), 400.0, 500.0)]);
    let new = panel(&format!("{LEVEL},\"end\":\"2025-06-01\""), &[moved(rectangle(500.0, 500.0), 2_000.0, 2_000.0)]);
    scene.geojson("panels", &[old, new]);
    scene.input("panels = { vector = \"panels.geojson\" }");
    scene
}

fn project(more: &str) -> String {
    format!("{}{MINED}{MODES}{more}", crate::support::PRICES)
}

/// Hectares by decision as the layer tells them.
fn decided(run: &Run) -> BTreeMap<String, f64> {
    let mut hectares = BTreeMap::new();
    for &code in &run.layer("decision") {
        if let Some(decision) = Decision::of_code(code as u8) {
            *hectares.entry(decision.name().to_owned()).or_default() += CELL_HA;
        }
    }
    hectares
}

fn sums(run: &Run, of: &str) -> BTreeMap<String, f64> {
    let table = run.table("offers.csv");
    let mut sums = BTreeMap::new();
    for (mode, value) in table.words("mode").iter().zip(table.numbers(of)) {
        *sums.entry((*mode).to_owned()).or_default() += value;
    }
    sums
}

#[test]
fn each_mode_stands_where_it_was_decided_so() {
    let scene = scene();
    let run = scene.run(&project(""));
    let hectares = decided(&run);
    for decision in ["ground", "fishery_pile", "defer"] {
        assert!(hectares.get(decision).is_some_and(|area| *area > 5.0), "{decision}: {hectares:?}");
    }
    let area = sums(&run, "area_ha");
    let of = |names: &[&str]| names.iter().map(|name| hectares.get(*name).copied().unwrap_or(0.0)).sum::<f64>();
    close(area["subsidence_ground"], of(&["ground", "ground_adjustable"]), 1e-9);
    close(area["subsidence_fishery"], of(&["fishery_pile"]), 1e-9);
    let all: f64 = hectares.values().sum();
    let rest = (CELLS * CELLS) as f64 * CELL_HA - all;
    close(area["ground"], rest + of(&["ground"]), 1e-9);
    let summary = run.summary();
    let told = &summary["regions"][0]["mined_out"];
    close(told["area_ha"].as_f64().unwrap(), all, 1e-9);
    close(told["decisions_ha"]["fishery_pile"].as_f64().unwrap(), of(&["fishery_pile"]), 1e-9);
    let unstable = hectares["defer"];
    close(told["stable_land_ha"].as_f64().unwrap(), all - unstable, 1e-9);
    assert!(summary["unusable"]["ground_unfit"]["area_ha"].as_f64().unwrap() > 0.0, "deferred land is told apart");
    assert!(summary["unverified"].to_string().contains("subsidence.water.pile_m"));
}

#[test]
fn restoration_is_paid_and_paid_for() {
    let scene = scene();
    let run = scene.run(&project(""));
    let table = run.table("offers.csv");
    let numbers = |column: &str| table.numbers(column);
    let ground = decided(&run)["ground"];
    let (mut cost, mut credit) = (0.0, 0.0);
    for (row, mode) in table.words("mode").iter().enumerate() {
        let of = |column: &str| numbers(column)[row];
        if *mode == "ground" {
            assert_eq!([of("treated_area_ha"), of("restoration_cny"), of("restoration_credit_cny")], [0.0; 3]);
            continue;
        }
        assert_eq!(of("treated_area_ha"), of("area_ha"), "{mode}");
        // Annuity of 6 % over 25 years.
        let recovered = 0.078_226_718;
        let earned = of("energy_mwh_per_yr") * 1e3 * 0.3 + recovered * of("restoration_credit_cny");
        close(of("net_value_cny_per_yr"), earned - of("cost_cny_per_yr"), 1e-6);
        cost += of("restoration_credit_cny") / 3.0;
        credit += of("restoration_credit_cny");
    }
    // Only ground has a credit here: 30 000 a hectare, and costs a third of it.
    close(credit, 30_000.0 * ground, 1e-9);
    close(cost, 10_000.0 * ground, 1e-9);
}

#[test]
fn a_limit_may_ask_for_a_share_of_the_stable_land() {
    let limit = |share: f64, more: &str| {
        project(&format!(
            "[[scenario]]\nid = \"least\"\nobjective = \"min_cost\"\n[[scenario.limit]]\nid = \"treated\"\n\
             sum = \"treated_area_ha\"\nmin_share = {share}\nbaseline = \"stable_land_ha\"\n{more}"
        ))
    };
    let scene = scene();
    let run = scene.run(&limit(0.4, ""));
    let summary = run.summary();
    let stable = summary["regions"][0]["mined_out"]["stable_land_ha"].as_f64().unwrap();
    let allocation = run.table("scenarios/least/allocation.csv");
    let treated: f64 =
        allocation.numbers("treated_area_ha").iter().zip(allocation.numbers("share")).map(|(a, s)| a * s).sum();
    close(treated, 0.4 * stable, 1e-6);
    let by_scene = self::scene();
    let by_region = by_scene.run(&limit(0.4, "per = \"region\"\n"));
    let costs = [&run, &by_region].map(|run| run.json("scenarios/least/summary.json")["objective"].as_f64().unwrap());
    close(costs[0], costs[1], 1e-9);
    let wrong_scene = self::scene();
    let wrong = wrong_scene.try_run(&limit(0.4, "per = \"mode\"\n"), &[]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.errors.contains("the baseline is measured by region"), "{}", wrong.errors);
}

#[test]
fn rules_may_name_what_is_told() {
    let rule = "[[exclusion]]\nid = \"wet\"\nlayer = \"ponding_m\"\nexclude = { above = { max = 0.0 } }\n\
        [[exclusion]]\nid = \"steep_sides\"\nlayer = \"tilt_max\"\nexclude = { above = { max = 0.005 } }\n";
    let scene = scene();
    let run = scene.run(&project(rule));
    let wet = run.layer("ponding_m").iter().filter(|depth_m| **depth_m > 0.0).count();
    assert_eq!(run.rule("wet")["cells"].as_u64().unwrap() as usize, wet);
    let tilted = run.layer("tilt_max").iter().filter(|tilt| **tilt > 0.005).count();
    assert_eq!(run.rule("steep_sides")["cells"].as_u64().unwrap() as usize, tilted);
    assert!(!sums(&run, "area_ha").contains_key("subsidence_fishery"), "no water is left");
    let story = solsite(&["explain", run.out.to_str().unwrap(), "--at", "105.0,36.1", "--format", "json"]);
    let text = String::from_utf8_lossy(&story.stdout).into_owned();
    if story.status.success() {
        let story: Value = serde_json::from_str(&text).unwrap();
        assert!(story.to_string().contains("subsidence_m"), "{text}");
    }
    let without = crate::support::PRICES.to_owned() + MODES + rule;
    let run = scene.try_run(&without, &["--overwrite"]);
    assert_eq!(run.code, 2);
    assert!(run.errors.contains("`ponding_m` needs a [subsidence] table"), "{}", run.errors);
}

#[test]
fn what_is_asked_of_mined_out_land_must_fit_together() {
    let faults = |table: &str| {
        let text = format!("{}[subsidence]\n{table}\n{MODES}", crate::support::PRICES);
        let run = scene().try_run(&text, &[]);
        (run.code, run.errors)
    };
    for (table, expected) in [
        ("date = \"tomorrow\"", "`tomorrow` is not a date"),
        ("panels = \"landcover\"", "`landcover` is not a vector input"),
        ("groundwater = \"table\"\ngroundwater_depth_m = 3.0", "the water table is given twice"),
        ("groundwater_seasonal_m = 1.0", "it says nothing without a water table"),
        ("groundwater_depth_m = 1.0\noutlet_level_m = 5.0", "it needs the elevation of the ground"),
        ("overburden = \"sof\"", "did you mean `soft`"),
        ("samples = 5000", "at most 1000"),
        ("rates = \"observed\"", "no satellite observes anything"),
        ("course = { mmf = { half = -1.0, power = 2.0 } }", "outside"),
        ("[[subsidence.insar]]\ninput = \"table\"\nunit = \"mm/yr\"\nincidence_deg = 95.0", "outside 0–89"),
    ] {
        let (code, errors) = faults(table);
        assert_eq!(code, 2, "{table}: {errors}");
        assert!(errors.contains(expected), "{table}: {errors}");
    }
    let (code, errors) = faults("date = \"2026-01-01\"\n[[subsidence.restoration]]\ndecision = \"swamp\"");
    assert_eq!(code, 2);
    assert!(errors.contains("swamp"), "{errors}");
}

#[test]
fn subsidence_needs_metres() {
    let mut scene = Scene::at("EPSG:4326", (105.0, 36.0), 0.001, (20, 20));
    scene.classes("landcover", &Array2::from_elem((20, 20), GRASS));
    scene.polygons("panels", &[("a", [0.002, 0.002, 0.01, 0.01])]);
    scene.input("panels = { vector = \"panels.geojson\" }");
    let run = scene.try_run("[subsidence]\n", &[]);
    assert_eq!(run.code, 2);
    assert!(run.errors.contains("counts in degrees"), "{}", run.errors);
}
