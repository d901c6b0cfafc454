//! The program as a user meets it: demo, check, run, compare, explain, and every file a run leaves.

use std::collections::BTreeSet;
use std::path::Path;

use gdal::Metadata;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{PRICES, Run, Scene, Table, close, demo, solsite};

fn answer(arguments: &[&str]) -> (i32, String) {
    let output = solsite(arguments);
    let text = String::from_utf8(output.stdout).unwrap();
    (output.status.code().unwrap(), text)
}

fn json(arguments: &[&str]) -> Value {
    let (code, text) = answer(arguments);
    assert_eq!(code, 0, "{arguments:?}");
    serde_json::from_str(&text).unwrap()
}

fn finished(dir: &Path, region: &str, cells: usize) -> Run {
    let project = demo(dir, region, cells);
    let out = dir.join("out");
    let run = Run::of(&solsite(&["run", project.to_str().unwrap(), "--out", out.to_str().unwrap(), "-q"]), out);
    assert_eq!(run.code, 0, "{}", run.errors);
    run
}

#[test]
fn demo_regions_have_no_fault_and_say_that_they_are_made_up() {
    for region in ["lanzhou", "qingdao"] {
        let dir = TempDir::new().unwrap();
        let project = demo(dir.path(), region, 200);
        let report = json(&["check", project.to_str().unwrap(), "--format", "json"]);
        assert_eq!(report["faults"], Value::Array(Vec::new()), "{region}");
        assert!(report["coverage"]["region_cells"].as_u64().unwrap() > 20_000);
        for (input, cells) in report["coverage"]["unknown_cells"].as_object().unwrap() {
            assert_eq!(cells, 0, "{region}: {input}");
        }
        let notes = report["notes"].to_string();
        assert!(notes.contains("synthetic") && notes.contains("not verified"), "{notes}");
        for input in ["dem", "landcover", "land_use"] {
            let path = dir.path().join(format!("inputs/{input}.tif"));
            assert!(String::from_utf8_lossy(&std::fs::read(path).unwrap()).contains("SYNTHETIC"));
        }
        let inputs: BTreeSet<String> = std::fs::read_dir(dir.path().join("inputs"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        for name in [
            "districts.geojson",
            "protected.gpkg",
            "red_lines.gpkg",
            "farmland.gpkg",
            "river.geojson",
            "roads.gpkg",
            "rail.geojson",
            "substations.geojson",
            "coal_panels.gpkg",
            "data_centre.geojson",
            "existing_plants.geojson",
            "weather.epw",
        ] {
            assert!(inputs.contains(name), "{region} lacks {name}");
        }
    }
}

#[test]
fn the_same_seed_writes_the_same_region_and_another_does_not() {
    let (a, b, c) = (TempDir::new().unwrap(), TempDir::new().unwrap(), TempDir::new().unwrap());
    demo(a.path(), "lanzhou", 130);
    demo(b.path(), "lanzhou", 130);
    let other = solsite(&["demo", c.path().to_str().unwrap(), "--cells", "130", "--seed", "2", "-q"]);
    assert_eq!(other.status.code(), Some(0));
    crate::support::same_files(a.path(), b.path());
    let dem = |dir: &TempDir| std::fs::read(dir.path().join("inputs/dem.tif")).unwrap();
    assert_ne!(dem(&a), dem(&c));
    let again = solsite(&["demo", a.path().to_str().unwrap(), "--cells", "130"]);
    assert_eq!(again.status.code(), Some(4), "a folder that is not empty is left alone");
}

#[test]
fn offers_remain_where_the_law_forbids_cultivated_land() {
    for region in ["lanzhou", "qingdao"] {
        let dir = TempDir::new().unwrap();
        let run = finished(dir.path(), region, 400);
        let offers = run.table("offers.csv");
        let modes: BTreeSet<&str> = offers.words("mode").into_iter().collect();
        assert!(modes.contains("agri_stilt") && modes.contains("ground"), "{region}: {modes:?}");
        let cultivated = offers.numbers("class_area_ha_cultivated");
        assert!(cultivated.iter().all(|area| *area == 0.0), "no offer may use cultivated land");
        if region == "qingdao" {
            assert!(modes.contains("subsidence_fishery") && modes.contains("subsidence_floating"), "{modes:?}");
        }
    }
}

/// Energy, and with it the number of a column, differs by what the base or the scenario says of curtailment.
#[test]
fn offers_are_made_in_the_terms_of_the_base() {
    let mut scene = Scene::new(4, 4);
    scene.classes("landcover", &ndarray::Array2::from_elem((4, 4), 60));
    let curtailed = |share: f64| format!("region_data]]\nid = \"*\"\ncurtailment_share = {share:?}\n");
    let text = format!(
        "{PRICES}[sites]\nmin_area_ha = 0.0\n[[mode]]\nid = \"ground\"\n[base]\nobjective = \"max_energy\"\n[[base.{}\
         [[scenario]]\nid = \"plain\"\n[[scenario]]\nid = \"own\"\n[[scenario.{}",
        curtailed(0.5),
        curtailed(0.0)
    );
    let run = scene.run(&text);
    let energy = |name: &str| run.table(name).numbers("energy_mwh_per_yr")[0];
    let (offers, plain, own) =
        (energy("offers.csv"), energy("scenarios/plain/allocation.csv"), energy("scenarios/own/allocation.csv"));
    close(plain, offers, 1e-12);
    close(own, 2.0 * offers, 1e-11);
}

#[test]
fn a_price_may_be_given_in_the_base_alone() {
    let mut scene = Scene::new(4, 4);
    scene.classes("landcover", &ndarray::Array2::from_elem((4, 4), 60));
    let unpriced = PRICES.replace("price_cny_per_kwh = 0.3\n", "");
    let rest = "[sites]\nmin_area_ha = 0.0\n[[mode]]\nid = \"ground\"\n[[scenario]]\nid = \"all\"\n";
    let base = |price: &str| format!("[base]\nobjective = \"max_net_value\"\n{price}");
    let lacking = scene.try_run(&format!("{unpriced}{rest}{}", base("")), &[]);
    assert!(lacking.code == 2 && lacking.errors.contains("has no price_cny_per_kwh"), "{}", lacking.errors);
    let price = "[[base.region_data]]\nid = \"*\"\nprice_cny_per_kwh = 0.3\n";
    let run = scene.run(&format!("{unpriced}{rest}{}", base(price)));
    let (offers, all) = (run.table("offers.csv"), run.table("scenarios/all/allocation.csv"));
    let value = |table: &Table| table.numbers("net_value_cny_per_yr")[0];
    let income = 300.0 * offers.numbers("energy_mwh_per_yr")[0];
    close(value(&offers), income - offers.numbers("cost_cny_per_yr")[0], 1e-9);
    close(value(&all), value(&offers), 1e-12);
}

/// Names of the files DESIGN promises, for a run of the demo.
fn promised() -> BTreeSet<String> {
    let mut expected: BTreeSet<String> = [
        "manifest.json",
        "summary.json",
        "sites.geojson",
        "site_land.csv",
        "offers.csv",
        "designs.csv",
        "profiles.csv",
        "comparison.csv",
        "comparison.json",
    ]
    .map(str::to_owned)
    .into();
    let agri = ["agri_interspace", "agri_stilt", "agri_vertical", "agri_tracker"];
    let modes = ["ground", "subsidence_ground", "corridor", "data_centre"].into_iter().chain(agri);
    for layer in ["slope_deg", "aspect_deg", "sky_view", "available", "reasons", "modes", "yield_kwh_per_kwp_fixed"] {
        expected.insert(format!("layers/{layer}.tif"));
    }
    for layer in [
        "subsidence_m",
        "residual_m",
        "tilt_max",
        "rate_m_per_yr",
        "subsidence_to_come_m",
        "tilt_to_come",
        "curvature_to_come",
        "strain_to_come",
        "ponding_m",
        "damage_grade",
        "stability",
        "instability_cause",
        "stable_year",
        "decision",
        "open_cracks",
    ] {
        expected.insert(format!("layers/{layer}.tif"));
    }
    for layout in ["fixed_interspace", "stilt", "vertical", "tracker"] {
        expected.insert(format!("layers/yield_kwh_per_kwp_{layout}.tif"));
    }
    expected.extend(modes.map(|mode| format!("layers/suitability_{mode}.tif")));
    for scenario in ["free", "balanced", "cheapest", "low_price"] {
        for file in ["allocation.geojson", "allocation.csv", "prices.csv", "summary.json", "model.mps"] {
            expected.insert(format!("scenarios/{scenario}/{file}"));
        }
    }
    expected
}

#[test]
fn a_run_leaves_every_file_it_promises_and_no_other() {
    let dir = TempDir::new().unwrap();
    let run = finished(dir.path(), "lanzhou", 260);
    let files: BTreeSet<String> =
        crate::support::files(&run.out).into_keys().map(|path| path.display().to_string()).collect();
    assert_eq!(files, promised());
    let manifest = run.json("manifest.json");
    for output in manifest["outputs"].as_array().unwrap() {
        let bytes = std::fs::read(run.out.join(output["path"].as_str().unwrap())).unwrap();
        assert_eq!(output["blake3"].as_str().unwrap(), blake3_of(&bytes));
    }
    assert_eq!(manifest["outputs"].as_array().unwrap().len() + 1, files.len());
    assert!(manifest["inputs"].as_array().unwrap().iter().all(|input| !input["files"].as_array().unwrap().is_empty()));
    assert!(run.json("run.json")["stages"]["tiles"]["seconds"].is_number());
    let contract = [
        "offer_id",
        "site_id",
        "region",
        "mode",
        "crop",
        "design",
        "area_ha",
        "capacity_mw",
        "capacity_ac_mw",
        "energy_mwh_per_yr",
        "capex_cny",
        "cost_cny_per_yr",
        "lcoe_cny_per_kwh",
        "net_value_cny_per_yr",
        "crop_yield_ratio",
        "crop_change_t_per_yr",
        "land_equivalent_ratio",
        "score",
        "substation",
        "hosting_mw",
    ];
    assert_eq!(run.table("offers.csv").header[..contract.len()], contract);
}

fn blake3_of(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

#[test]
fn directions_are_not_averaged_across_north() {
    let mut scene = Scene::new(20, 600);
    // A slope to the north that sways by a few degrees to both sides.
    let wiggle = [0.0, 2.0, 0.0, -2.0];
    scene.amounts("dem", &ndarray::Array2::from_shape_fn((20, 600), |(row, col)| 20.0 * row as f32 + wiggle[col % 4]));
    let run = scene.run("");
    let whole = run.layer("aspect_deg");
    let north = |aspect: f32| (0.0..10.0).contains(&aspect) || (350.0..360.0).contains(&aspect);
    assert!(whole.iter().any(|&aspect| aspect > 350.0) && whole.iter().any(|&aspect| (1.0..10.0).contains(&aspect)));
    let dataset = gdal::Dataset::open(run.out.join("layers/aspect_deg.tif")).unwrap();
    let overview = dataset.rasterband(1).unwrap().overview(0).unwrap();
    let coarse = overview.read_as::<f32>((0, 0), overview.size(), overview.size(), None).unwrap();
    let coarse: Vec<f32> = coarse.data().iter().copied().filter(|aspect| !aspect.is_nan()).collect();
    assert!(coarse.len() > 1000 && coarse.iter().chain(whole.iter().filter(|a| !a.is_nan())).all(|&a| north(a)));
}

#[test]
fn layers_are_cloud_optimised_with_nodata_unit_and_statistics() {
    let dir = TempDir::new().unwrap();
    let run = finished(dir.path(), "qingdao", 600);
    for entry in std::fs::read_dir(run.out.join("layers")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let head = String::from_utf8_lossy(&std::fs::read(&path).unwrap()[..400]).into_owned();
        assert!(head.contains("LAYOUT=IFDS_BEFORE_DATA"), "{name} is not laid out for the cloud");
        let dataset = gdal::Dataset::open(&path).unwrap();
        let band = dataset.rasterband(1).unwrap();
        assert!(band.overview_count().unwrap() >= 1, "{name}");
        // Bits have no mean.
        let has_mean = band.metadata_item("STATISTICS_MEAN", "").is_some();
        assert_eq!(has_mean, !["reasons", "modes"].contains(&name), "{name}");
        assert_eq!(dataset.metadata_item("SYNTHETIC", "").unwrap(), "YES: made-up data, not a real place");
        match name {
            "reasons" => assert_eq!(band.no_data_value_u64(), Some(u64::MAX)),
            "modes" => assert_eq!(band.no_data_value(), Some(f64::from(u32::MAX))),
            _ => assert!(band.no_data_value().unwrap().is_nan(), "{name}"),
        }
        let unit = match name {
            "slope_deg" | "aspect_deg" => "deg",
            name if name.starts_with("yield") => "kWh/kWp/yr",
            name if name.ends_with("_m_per_yr") => "m/yr",
            name if name.ends_with("_m") => "m",
            "tilt_max" | "tilt_to_come" | "strain_to_come" => "m/m",
            "curvature_to_come" => "1/m",
            "stable_year" => "yr",
            _ => "",
        };
        assert_eq!(band.unit(), unit, "{name}");
    }
}

#[test]
fn money_of_an_offer_adds_up() {
    let dir = TempDir::new().unwrap();
    let run = finished(dir.path(), "lanzhou", 300);
    let offers = run.table("offers.csv");
    let column = |name: &str| offers.numbers(name);
    let (mw, ac, energy) = (column("capacity_mw"), column("capacity_ac_mw"), column("energy_mwh_per_yr"));
    let (capex, cost, value) = (column("capex_cny"), column("cost_cny_per_yr"), column("net_value_cny_per_yr"));
    let (connection, distance) = (column("connection_cny"), column("substation_distance_m"));
    let mut checked = 0;
    for (i, mode) in offers.words("mode").into_iter().enumerate() {
        close(mw[i] / ac[i], 1.2, 1e-9);
        close(connection[i], ac[i] * (14_000.0 * distance[i] / 1000.0 + 200_000.0), 1e-9);
        close(column("lcoe_cny_per_kwh")[i], cost[i] / (1000.0 * energy[i]), 1e-9);
        if mode != "ground" {
            continue;
        }
        checked += 1;
        close(capex[i], 3_304_000.0 * mw[i] + connection[i], 1e-9);
        close(mw[i], 0.654 * column("area_ha")[i], 1e-9);
        // 25 years at 6 %: the annuity of the published vector; yields fall by 0.4 % a year.
        let annuity = 0.078_226_718;
        let levelised = annuity * (0..25).map(|t| 0.996_f64.powi(t) / 1.06_f64.powi(t + 1)).sum::<f64>();
        close(energy[i], mw[i] * column("specific_yield_kwh_per_kwp")[i] * 0.94 * levelised, 1e-7);
        let rent = cost[i] - annuity * capex[i] - 45_000.0 * mw[i];
        let area = column("area_ha")[i];
        assert!(rent >= 799.0 * area && rent <= 2_001.0 * area, "{rent} for {area} ha");
        close(value[i], 260.0 * energy[i] - cost[i], 1e-9);
    }
    assert!(checked > 3);
}

#[test]
fn explain_tells_the_whole_story_of_a_site() {
    let dir = TempDir::new().unwrap();
    let run = finished(dir.path(), "lanzhou", 300);
    let out = run.out.to_str().unwrap();
    let table = run.table("scenarios/free/allocation.csv");
    let taken = table.numbers("allocated_mw").iter().position(|mw| *mw > 0.0).unwrap();
    let site = table.words("site_id")[taken].to_owned();
    let story = json(&["explain", out, "--site", &site, "--format", "json"]);
    assert_eq!(story["site"]["site_id"], site.as_str());
    assert!(!story["land"].as_array().unwrap().is_empty() && !story["offers"].as_array().unwrap().is_empty());
    for scenario in ["free", "balanced", "cheapest", "low_price"] {
        let offers = story["scenarios"][scenario]["offers"].as_array().unwrap();
        assert!(offers.iter().all(|offer| offer["reduced_cost"].is_string() && offer["reason"].is_string()));
    }
    let one = json(&["explain", out, "--site", &site, "--scenario", "free", "--format", "json"]);
    assert_eq!(one["scenarios"].as_object().unwrap().len(), 1);
    // Every scenario tells the offers in its own prices.
    let value = |scenario: &str| {
        let number = &story["scenarios"][scenario]["offers"][0]["net_value_cny_per_yr"];
        number.as_str().unwrap().parse::<f64>().unwrap()
    };
    assert!(value("low_price") < value("free"));
    let (code, text) = answer(&["explain", out, "--site", &site]);
    assert!(code == 0 && text.contains("scenarios:") && text.contains("reduced_cost"), "{text}");
    let mistyped = solsite(&["explain", out, "--site", &site[..site.len() - 1]]);
    assert_eq!(mistyped.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&mistyped.stderr).contains("did you mean"));
}

#[test]
fn explain_tells_the_whole_story_of_a_cell() {
    let dir = TempDir::new().unwrap();
    let run = finished(dir.path(), "lanzhou", 300);
    let out = run.out.to_str().unwrap();
    let layer = run.layer("available");
    let whole = layer.indexed_iter().find(|(_, share)| **share == 1.0).unwrap().0;
    let none = layer.indexed_iter().find(|(_, share)| **share == 0.0).unwrap().0;
    let grid = run.json("manifest.json")["grid"]["geotransform"].clone();
    let project = dir.path().join("project.toml");
    for ((row, col), available) in [(whole, 1.0), (none, 0.0)] {
        let x = grid[0].as_f64().unwrap() + (col as f64 + 0.5) * grid[1].as_f64().unwrap();
        let y = grid[3].as_f64().unwrap() + (row as f64 + 0.5) * grid[5].as_f64().unwrap();
        let crs = solsite::raster::gdal::crs::resolve("EPSG:32648", "test").unwrap();
        let (lon, lat) = solsite::raster::gdal::crs::Transform::to_wgs84(&crs).unwrap().point(x, y).unwrap();
        let story = json(&["explain", out, "--at", &format!("{lon},{lat}"), "--format", "json"]);
        assert_eq!((story["row"].as_u64(), story["col"].as_u64()), (Some(row as u64), Some(col as u64)));
        assert_eq!(story["available"].as_f64(), Some(available));
        let rules = story["rules"].as_array().unwrap();
        let binding = rules.iter().filter(|rule| rule["fired"] == true).count();
        assert!(available == 1.0 || binding > 0);
        let slope = run.layer("slope_deg")[(row, col)];
        close(story["layers"]["slope_deg"].as_f64().unwrap(), f64::from(slope), 1e-9);
        for mode in story["modes"].as_array().unwrap() {
            if let Some(score) = mode["score"].as_f64() {
                let parts: f64 =
                    mode["score_parts"].as_array().unwrap().iter().map(|part| part["adds"].as_f64().unwrap()).sum();
                assert!((parts - score).abs() < 2e-5, "{mode}");
            }
        }
        assert_eq!(story.get("warning"), None);
    }
    // The districts leave a margin of the grid.
    let crs = solsite::raster::gdal::crs::resolve("EPSG:32648", "test").unwrap();
    let corner = (grid[0].as_f64().unwrap() + 15.0, grid[3].as_f64().unwrap() - 15.0);
    let (lon, lat) = solsite::raster::gdal::crs::Transform::to_wgs84(&crs).unwrap().point(corner.0, corner.1).unwrap();
    let story = json(&["explain", out, "--at", &format!("{lon},{lat}"), "--format", "json"]);
    assert!(story["region"].is_null() && story["modes"][0]["why"] == "outside the regions", "{story}");
    let site = run.json("sites.geojson")["features"][0].clone();
    let vertex = &site["geometry"]["coordinates"].to_string().replace(['[', ']'], "");
    let mut numbers = vertex.split(',').map(|number| number.parse::<f64>().unwrap());
    // The first vertex is a corner of the site; a cell's width in from it on one side or another is the site itself.
    let (lon, lat) = (numbers.next().unwrap(), numbers.next().unwrap());
    let id = &site["properties"]["site_id"];
    let around = [(1e-4, 1e-4), (1e-4, -1e-4), (-1e-4, 1e-4), (-1e-4, -1e-4)];
    let found = around.iter().find_map(|(dx, dy)| {
        let at = format!("{},{}", lon + dx + 360.0, lat + dy);
        let story = json(&["explain", out, "--at", &at, "--scenario", "free", "--format", "json"]);
        (story["site_id"] == *id).then_some(story)
    });
    let offers = &found.unwrap()["scenarios"]["free"]["offers"];
    assert!(offers.as_array().unwrap().iter().all(|offer| offer["site_id"] == *id));
    let text = std::fs::read_to_string(&project).unwrap();
    std::fs::write(&project, text.replace("max = 25.0 }", "max = 24.0 }")).unwrap();
    let (lon, lat) = (103.8, 36.06);
    let changed = json(&["explain", out, "--at", &format!("{lon},{lat}"), "--format", "json"]);
    assert!(changed["warning"].as_str().unwrap().contains("have changed since the run"), "{changed}");
    let outside = solsite(&["explain", out, "--at", "0,0"]);
    assert_eq!(outside.status.code(), Some(2));
}

#[test]
fn compare_sets_scenarios_side_by_side() {
    let dir = TempDir::new().unwrap();
    let run = finished(dir.path(), "lanzhou", 260);
    let out = run.out.to_str().unwrap();
    let comparison = json(&["compare", out, "--baseline", "balanced", "--format", "json"]);
    let scenarios = comparison["scenarios"].as_array().unwrap();
    assert_eq!(scenarios.len(), 4);
    for scenario in scenarios {
        let id = scenario["id"].as_str().unwrap();
        let summary = run.json(&format!("scenarios/{id}/summary.json"));
        assert_eq!(scenario["indicators"]["capacity_mw"], summary["capacity_mw"], "{id}");
    }
    let (code, text) = answer(&["compare", out]);
    assert!(code == 0 && text.lines().next().unwrap().contains("balanced - free"), "{text}");
    assert_eq!(solsite(&["compare", out, "--baseline", "blanced"]).status.code(), Some(2));
    assert_eq!(solsite(&["compare", dir.path().to_str().unwrap()]).status.code(), Some(3));
}

#[test]
fn a_project_without_modes_stops_after_what_it_has() {
    let dir = TempDir::new().unwrap();
    let project = demo(dir.path(), "lanzhou", 120);
    let text = std::fs::read_to_string(&project).unwrap();
    let rules = text.split("# --- What makes land better").next().unwrap();
    let bare: Vec<&str> = rules.lines().filter(|line| !line.starts_with("modes = ")).collect();
    let bare = bare.join("\n");
    std::fs::write(&project, bare).unwrap();
    let out = dir.path().join("out");
    let run = Run::of(&solsite(&["run", project.to_str().unwrap(), "--out", out.to_str().unwrap(), "-q"]), out);
    assert_eq!(run.code, 0, "{}", run.errors);
    let summary = run.summary();
    assert!(summary["available_cells"].as_u64().is_some());
    assert!(summary["sites"].is_null() && summary.get("offers").is_none());
    assert!(run.out.join("layers/available.tif").exists() && !run.out.join("sites.geojson").exists());
}

#[test]
fn usage_errors_exit_with_2_and_a_closed_pipe_with_0() {
    assert_eq!(solsite(&["rnu"]).status.code(), Some(2));
    assert_eq!(solsite(&["run", "x.toml"]).status.code(), Some(2));
    assert_eq!(solsite(&["run", "x.toml", "--out", "/tmp/x", "--tile-cells", "3"]).status.code(), Some(2));
    assert_eq!(solsite(&["run", "/nowhere/x.toml", "--out", "/tmp/x"]).status.code(), Some(2));
    for command in [&["check", "x.toml"][..], &["run", "x.toml", "--out", "/tmp/x"], &["demo", "/tmp/x"]] {
        for number in ["1025", "100000", "many"] {
            let refused = solsite(&[command, &["--threads", number]].concat());
            assert_eq!(refused.status.code(), Some(2), "{command:?} {number}");
            assert!(String::from_utf8_lossy(&refused.stderr).contains("--threads"), "{command:?} {number}");
        }
    }
    let command = format!("{} schema | head -n 1 >/dev/null; exit ${{PIPESTATUS[0]}}", env!("CARGO_BIN_EXE_solsite"));
    let piped = std::process::Command::new("bash").args(["-c", &command]).status().unwrap();
    assert_eq!(piped.code(), Some(0));
}
