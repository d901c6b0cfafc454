//! Exclusion rules: verbs, shapes, buffers, weights, unknowns, each on a scene small enough to draw.

use ndarray::{Array2, array};

use crate::support::{Run, Scene, solsite};

/// A scene of one amount layer `a` over 3 × 4 cells.
fn amounts() -> Scene {
    let mut scene = Scene::new(3, 4);
    scene.amounts("a", &array![[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0], [9.0, 10.0, f32::NAN, 12.0]]);
    scene
}

fn rule(text: &str) -> String {
    format!("[[exclusion]]\nid = \"r\"\nlayer = \"a\"\n{text}\n")
}

/// (cells the rule took, cells where it is undecided, available cells)
fn counts(run: &Run) -> (u64, u64, u64) {
    let (rule, summary) = (run.rule("r"), run.summary());
    let number = |value: &serde_json::Value| value.as_u64().unwrap();
    (number(&rule["cells"]), number(&rule["unknown_cells"]), number(&summary["available_cells"]))
}

#[test]
fn thresholds_are_strict_and_ranges_inclusive() {
    let scene = amounts();
    for (shape, taken) in [
        ("above = { max = 4.0 }", 7),
        ("below = { min = 4.0 }", 3),
        ("range = { min = 4.0, max = 9.0 }", 6),
        ("range = { max = 4.0 }", 4),
    ] {
        let run = scene.run(&rule(&format!("exclude = {{ {shape} }}")));
        assert_eq!(counts(&run), (taken, 1, 11 - taken), "{shape}");
    }
}

#[test]
fn keep_takes_everything_else() {
    let scene = amounts();
    let run = scene.run(&rule("keep = { range = { min = 4.0, max = 9.0 } }"));
    assert_eq!(counts(&run), (5, 1, 6));
}

#[test]
fn unknown_cells_are_counted_apart_unless_the_rule_says_otherwise() {
    let scene = amounts();
    let with =
        |nodata: &str| scene.run(&rule(&format!("exclude = {{ above = {{ max = 8.0 }} }}\nnodata = \"{nodata}\"")));
    let unknown = with("unknown").summary();
    assert_eq!((unknown["available_cells"].as_u64(), unknown["unknown_cells"].as_u64()), (Some(8), Some(1)));
    assert_eq!(unknown["available_percent"], 66.666_666_666_7);
    assert_eq!(counts(&with("exclude")), (4, 0, 8));
    assert_eq!(counts(&with("pass")), (3, 0, 9));
}

#[test]
fn a_certain_exclusion_settles_an_unknown_cell() {
    let mut scene = amounts();
    scene.amounts("b", &Array2::from_elem((3, 4), 1.0));
    let other = "[[exclusion]]\nid = \"all\"\nlayer = \"b\"\nexclude = { above = { max = 0.0 } }\n";
    let run = scene.run(&format!("{}{other}", rule("exclude = { above = { max = 100.0 } }")));
    assert_eq!(run.summary()["unknown_cells"], 0);
    assert_eq!(run.summary()["available_cells"], 0);
    assert_eq!(run.rule("r")["unknown_cells"], 1);
}

#[test]
fn weights_multiply_and_count_in_part() {
    let mut scene = amounts();
    scene.amounts("b", &Array2::from_elem((3, 4), 1.0));
    let half = "exclude = { above = { max = 4.0 } }\nweight = 0.5\nnodata = \"pass\"";
    let fifth = "[[exclusion]]\nid = \"s\"\nlayer = \"b\"\nexclude = { above = { max = 0.0 } }\nweight = 0.2\n";
    let run = scene.run(&format!("{}{fifth}", rule(half)));
    // 5 cells keep 0.8, 7 cells keep 0.4.
    let percent = run.summary()["available_percent"].as_f64().unwrap();
    assert!((percent - 100.0 * (5.0 * 0.8 + 7.0 * 0.4) / 12.0).abs() < 1e-5, "{percent}");
    assert_eq!(run.summary()["available_cells"], 12);
    assert!((run.layer("available")[(1, 1)] - 0.4).abs() < 1e-6);
}

#[test]
fn the_order_of_weighted_rules_does_not_show_in_the_last_bit() {
    let mut scene = Scene::at("EPSG:4326", (103.0, 36.0), 0.001, (3, 4));
    scene.amounts("a", &Array2::from_elem((3, 4), 1.0));
    let weights = [0.1, 0.7, 0.3];
    let text = |order: [usize; 3]| {
        let rule = |i: usize| {
            rule(&format!("exclude = {{ above = {{ max = 0.0 }} }}\nweight = {}", weights[i]))
                .replace("\"r\"", &format!("\"r{i}\""))
        };
        order.map(rule).join("") + "[sites]\n"
    };
    let summary = |order| scene.run(&text(order)).summary();
    let first = summary([0, 1, 2]);
    for order in [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let other = summary(order);
        for key in ["available_percent", "available_area_ha", "available_in_sites_ha"] {
            assert_eq!(first[key], other[key], "{order:?}");
        }
    }
    // A tenth is a tenth, not the nearest of 24 bits: 0.9 × 0.3 × 0.7 of the land is left.
    let left = first["available_area_ha"].as_f64().unwrap() / first["region_area_ha"].as_f64().unwrap();
    crate::support::close(left, 0.189, 1e-10);
}

#[test]
fn land_forced_back_overrules_any_order() {
    let scene = amounts();
    let force = "[[exclusion]]\nid = \"f\"\nlayer = \"a\"\nforce_include = { range = { min = 9.0, max = 10.0 } }\nnodata = \"pass\"\n";
    let take = rule("exclude = { above = { max = 4.0 } }");
    for text in [format!("{force}{take}"), format!("{take}{force}")] {
        let summary = scene.run(&text).summary();
        assert_eq!((summary["available_cells"].as_u64(), summary["unknown_cells"].as_u64()), (Some(6), Some(1)));
    }
}

#[test]
fn a_rule_may_hold_only_where_another_fired_or_in_some_regions() {
    let scene = amounts();
    scene.polygons("region", &[("west", [0.0, 0.0, 200.0, 300.0]), ("east", [200.0, 0.0, 400.0, 300.0])]);
    let odd = "[[exclusion]]\nid = \"big\"\nlayer = \"a\"\nexclude = { above = { max = 6.0 } }\nweight = 0.0\n";
    let run = scene
        .run(&format!("{}{odd}", rule("exclude = { above = { max = 2.0 } }\nonly_where = \"big\"\nnodata = \"pass\"")));
    assert_eq!(counts(&run).0, 5);
    let run = scene.run(&rule("exclude = { above = { max = 2.0 } }\nonly_in = [\"west\"]"));
    assert_eq!(counts(&run), (4, 0, 8));
    let summary = run.summary();
    assert_eq!(summary["regions"][0]["available_cells"], 2);
    assert_eq!(summary["regions"][1]["available_cells"], 6);
}

#[test]
fn only_cells_are_what_leaving_a_rule_out_would_give_back() {
    let scene = amounts();
    let other = "[[exclusion]]\nid = \"s\"\nlayer = \"a\"\nexclude = { above = { max = 8.0 } }\n";
    let run = scene.run(&format!("{}{other}", rule("exclude = { above = { max = 6.0 } }")));
    assert_eq!((run.rule("r")["cells"].as_u64(), run.rule("r")["only_cells"].as_u64()), (Some(5), Some(2)));
    assert_eq!(run.rule("s")["only_cells"], 0);
    // Land that is forced back whole is not taken by anyone; of land forced back by half, half is.
    for (weight, only) in [(1.0, 1), (0.5, 2)] {
        let force = format!(
            "[[exclusion]]\nid = \"f\"\nlayer = \"a\"\nforce_include = {{ range = {{ min = 8.0, max = 8.0 }} }}\nweight = {weight:?}\n"
        );
        let run = scene.run(&format!("{}{other}{force}", rule("exclude = { above = { max = 6.0 } }")));
        assert_eq!((run.rule("r")["cells"].as_u64(), run.rule("r")["only_cells"].as_u64()), (Some(5), Some(only)));
    }
    // A rule that takes nothing of a cell does not share in what another takes.
    let nothing = "[[exclusion]]\nid = \"n\"\nlayer = \"a\"\nexclude = { above = { max = 0.0 } }\nweight = 0.0\n";
    let run = scene.run(&format!("{}{other}{nothing}", rule("exclude = { above = { max = 6.0 } }")));
    assert_eq!((run.rule("r")["only_cells"].as_u64(), run.rule("n")["only_cells"].as_u64()), (Some(2), Some(0)));
}

#[test]
fn a_buffer_grows_the_set_by_true_distance() {
    let mut scene = Scene::new(7, 7);
    let mut cover = Array2::from_elem((7, 7), 30_u8);
    cover[(3, 3)] = 80;
    scene.classes("a", &cover);
    let taken = |metres: f64| {
        counts(&scene.run(&rule(&format!("exclude = {{ classes = [\"water\"] }}\nbuffer_m = {metres:?}")))).0
    };
    assert_eq!(taken(99.0), 1);
    assert_eq!(taken(100.0), 5);
    assert_eq!(taken(141.0), 5);
    assert_eq!(taken(141.5), 9);
    assert_eq!(taken(200.0), 13);
}

#[test]
fn a_buffer_beside_a_hole_is_undecided_inside_the_region_only() {
    let mut scene = Scene::new(5, 5);
    let mut cover = Array2::from_elem((5, 5), 30_u8);
    cover[(2, 2)] = 255;
    scene.raster("lc", &cover);
    scene.input("a = { raster = \"lc.tif\", classes = \"worldcover\", nodata = 255 }");
    let run = scene.run(&rule("exclude = { classes = [80] }\nbuffer_m = 100.0"));
    // The hole and its four neighbours; the raster's end at the grid's edge is no hole.
    assert_eq!(counts(&run), (0, 5, 20));
    assert_eq!(run.summary()["unknown_cells"], 5);
}

#[test]
fn features_outside_the_region_still_exclude_inside() {
    let mut scene = Scene::new(1, 5);
    scene.polygons("region", &[("all", [0.0, 0.0, 300.0, 100.0])]);
    scene.classes("a", &array![[30, 30, 30, 30, 80]]);
    let run = scene.run(&rule("exclude = { classes = [\"water\"] }\nbuffer_m = 200.0"));
    assert_eq!(counts(&run), (1, 0, 2));
}

#[test]
fn distances_to_geometry_are_measured_from_cell_centres() {
    let mut scene = Scene::new(3, 10);
    scene.line("a", &[(0.0, -500.0), (0.0, 900.0)]);
    scene.input("a = { vector = \"a.geojson\" }");
    // Centres lie 50, 150, 250 ... metres from the line.
    let taken = |shape: &str| counts(&scene.run(&rule(&format!("exclude = {{ {shape} }}")))).0;
    assert_eq!(taken("nearer = { m = 250.0 }"), 9);
    assert_eq!(taken("nearer = { m = 249.9 }"), 6);
    assert_eq!(taken("farther = { m = 850.0 }"), 3);
    let on_layer = rule("exclude = { below = { min = 250.0 } }").replace("\"a\"", "\"distance_to_a_m\"");
    assert_eq!(counts(&scene.run(&on_layer)).0, 6);
}

#[test]
fn the_inside_of_a_polygon_is_by_cell_centre_and_its_buffer_by_distance() {
    let mut scene = Scene::new(6, 6);
    scene.polygons("a", &[("x", [140.0, 140.0, 360.0, 360.0])]);
    scene.input("a = { vector = \"a.geojson\" }");
    assert_eq!(counts(&scene.run(&rule("exclude = { inside = {} }"))).0, 9);
    // 90 m from the edge reach the centres at 50 and 450 m, not those diagonal to the corners.
    assert_eq!(counts(&scene.run(&rule("exclude = { inside = {} }\nbuffer_m = 90.0"))).0, 9 + 12);
    assert_eq!(counts(&scene.run(&rule("exclude = { inside = {} }\nbuffer_m = 127.3"))).0, 9 + 12 + 4);
}

#[test]
fn distances_to_classes_need_no_polygons() {
    let mut scene = Scene::new(1, 8);
    scene.raster("lc", &array![[80_u8, 30, 30, 30, 30, 30, 30, 30]]);
    scene.input("a = { raster = \"lc.tif\", classes = \"worldcover\", set = [\"water\"] }");
    assert_eq!(counts(&scene.run(&rule("exclude = { nearer = { m = 300.0 } }"))).0, 4);
    let layer = rule("exclude = { above = { max = 300.0 } }").replace("\"a\"", "\"distance_to_a_m\"");
    assert_eq!(counts(&scene.run(&layer)).0, 4);
}

#[test]
fn overlapping_regions_are_counted_and_the_first_wins() {
    let scene = amounts();
    scene.polygons("region", &[("one", [0.0, 0.0, 300.0, 300.0]), ("two", [200.0, 0.0, 400.0, 300.0])]);
    let all = rule("exclude = { above = { max = -9.0 } }\nnodata = \"exclude\"");
    let notes = scene.run(&all).summary()["notes"].clone();
    assert_eq!(
        notes,
        serde_json::json!([
            "3 cells lie in more than one region; each belongs to the first feature",
            "rule `r` takes every cell of the regions"
        ])
    );
    let check = solsite(&["check", scene.path("project.toml").to_str().unwrap()]);
    assert!(String::from_utf8_lossy(&check.stdout).contains("3 cells lie in more than one region"));
    let summary = scene.run(&rule("exclude = { above = { max = 100.0 } }\nnodata = \"pass\"")).summary();
    assert_eq!((summary["regions"][0]["cells"].as_u64(), summary["regions"][1]["cells"].as_u64()), (Some(9), Some(3)));
    assert_eq!(summary["overlap_cells"], 3);
    assert_eq!(summary["region_cells"], 12);
}

#[test]
fn adding_a_rule_never_adds_land() {
    let scene = amounts();
    let rules = [
        "exclude = { above = { max = 9.0 } }",
        "keep = { above = { max = 2.0 } }",
        "exclude = { range = { min = 5.0, max = 6.0 } }\nweight = 0.3",
        "exclude = { below = { min = 4.0 } }\nnodata = \"exclude\"",
    ];
    let mut text = String::new();
    let mut before = 100.0;
    for (i, shape) in rules.iter().enumerate() {
        text += &rule(shape).replace("\"r\"", &format!("\"r{i}\""));
        let percent = scene.run(&text).summary()["available_percent"].as_f64().unwrap();
        assert!(percent <= before, "{shape}: {before} to {percent}");
        before = percent;
    }
}

#[test]
fn nodata_is_never_a_number() {
    let mut scene = Scene::new(1, 4);
    scene.raster("declared", &array![[1.0_f32, f32::NAN, 3.0, 4.0]]);
    scene.raster("undeclared", &array![[1.0_f32, -9999.0, 3.0, 4.0]]);
    scene.input("declared = { raster = \"declared.tif\" }");
    scene.input("a = { raster = \"undeclared.tif\", nodata = -9999 }");
    let run = scene.run(&rule("exclude = { below = { min = 2.0 } }"));
    assert_eq!(counts(&run), (1, 1, 2));
    let run = scene.run(&rule("exclude = { below = { min = 2.0 } }").replace("\"a\"", "\"declared\""));
    assert_eq!(counts(&run), (1, 1, 2));
}
