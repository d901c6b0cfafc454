//! Vector layers: wherever they lie, however they are written, however they are damaged.

use std::process::Command;

use ndarray::{Array2, array};

use crate::faults::both_refuse;
use crate::support::{Scene, solsite};

/// Takes the land inside the polygons of `a`.
const INSIDE: &str = "[[exclusion]]\nid = \"r\"\nlayer = \"a\"\nexclude = { inside = {} }\n";

/// A feature collection in WGS 84.
fn lonlat(geometries: &[&str]) -> String {
    let feature = |geometry: &&str| format!(r#"{{"type":"Feature","properties":{{"kind":1}},"geometry":{geometry}}}"#);
    let features: Vec<String> = geometries.iter().map(feature).collect();
    format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","))
}

/// A polygon around a rectangle.
fn rectangle(west: f64, south: f64, east: f64, north: f64) -> String {
    let corners = [(west, south), (east, south), (east, north), (west, north), (west, south)];
    let corners: Vec<String> = corners.iter().map(|(x, y)| format!("[{x},{y}]")).collect();
    format!("[[{}]]", corners.join(","))
}

fn polygon(west: f64, south: f64, east: f64, north: f64) -> String {
    format!(r#"{{"type":"Polygon","coordinates":{}}}"#, rectangle(west, south, east, north))
}

/// A scene whose input `a` is a file of that text.
fn with_layer(mut scene: Scene, text: &str) -> Scene {
    std::fs::write(scene.path("a.geojson"), text).unwrap();
    scene.input("a = { vector = \"a.geojson\" }");
    scene
}

/// Converts `a.geojson` or `a.csv` with ogr2ogr; `false`, said aloud, where that is not here.
fn converted(scene: &Scene, from: &str, to: &str, more: &[&str]) -> bool {
    let made = Command::new("ogr2ogr").args(more).args([&scene.path(to), &scene.path(from)]).status();
    let done = made.is_ok_and(|status| status.success());
    if !done {
        eprintln!("SKIPPED: ogr2ogr is needed to make {to}");
    }
    done
}

#[test]
fn edges_are_straight_in_the_layers_own_system() {
    // Cells whose centre, carried to degrees by pyproj 3.7, lies in the rectangle; between its projected corners there are
    // 72 162.
    let scene = Scene::at("EPSG:32648", (450_000.0, 4_060_000.0), 500.0, (400, 400));
    let scene = with_layer(scene, &lonlat(&[&polygon(104.6, 35.2, 106.1, 36.4)]));
    assert_eq!(scene.run(INSIDE).rule("r")["cells"], 72_217);
}

#[test]
fn longitudes_from_0_to_360_mean_the_same_places() {
    let scene = || Scene::at("EPSG:32618", (500_000.0, 4_430_000.0), 100.0, (20, 20));
    let cells = |west: f64| {
        let layer = lonlat(&[&polygon(west, 40.004, west + 0.01, 40.01)]);
        with_layer(scene(), &layer).run(INSIDE).rule("r")["cells"].clone()
    };
    assert!(cells(-74.995).as_u64().unwrap() > 20);
    assert_eq!(cells(285.005), cells(-74.995));
}

#[test]
fn every_part_of_a_multipolygon_lies_where_it_belongs() {
    let parts = [rectangle(179.5, -0.5, 180.0, 0.5), rectangle(-180.0, -0.5, -179.5, 0.5)];
    let both = format!(r#"{{"type":"MultiPolygon","coordinates":[{}]}}"#, parts.join(","));
    let scene = Scene::at("EPSG:4326", (179.0, 1.0), 0.1, (20, 20));
    assert_eq!(with_layer(scene, &lonlat(&[&both])).run(INSIDE).rule("r")["cells"], 100);
    // The same grid, its western half counted on from the other side.
    let scene = Scene::at("EPSG:4326", (-181.0, 1.0), 0.1, (20, 20));
    assert_eq!(with_layer(scene, &lonlat(&[&both])).run(INSIDE).rule("r")["cells"], 100);
}

#[test]
fn a_layer_that_misses_the_grid_is_a_fault() {
    for layer in [polygon(10.0, 10.0, 11.0, 11.0), polygon(36.13, 104.99, 36.14, 105.02)] {
        let scene = with_layer(Scene::new(20, 20), &lonlat(&[&layer]));
        both_refuse(&scene, INSIDE, 3, &["a.geojson", "lies beyond the reach of the run's grid", "order of its coord"]);
    }
    // Its features may still be elsewhere, if it goes around the grid: worth a note.
    let around = lonlat(&[&polygon(90.0, 20.0, 91.0, 21.0), &polygon(120.0, 50.0, 121.0, 51.0)]);
    let scene = with_layer(Scene::new(20, 20), &around);
    let run = scene.run(INSIDE);
    assert_eq!(run.rule("r")["cells"], 0);
    assert!(run.summary()["notes"].to_string().contains("none of its features lies within reach"));
}

#[test]
fn a_filter_that_nothing_passes_is_worth_a_note() {
    let mut scene = Scene::new(20, 20);
    std::fs::write(scene.path("a.geojson"), lonlat(&[&polygon(105.0, 36.13, 105.01, 36.14)])).unwrap();
    scene.input("a = { vector = \"a.geojson\", where = \"kind = 7\" }");
    let project = scene.project(INSIDE);
    let check = solsite(&["check", project.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&check.stdout).into_owned();
    assert!(said.contains("no feature of") && said.contains("kind = 7"), "{said}");
    assert_eq!(scene.run(INSIDE).rule("r")["cells"], 0);
}

#[test]
fn a_misspelt_filter_is_a_fault_in_every_format() {
    for ending in ["geojson", "gpkg", "fgb", "shp", "sqlite"] {
        let mut scene = Scene::new(20, 20);
        std::fs::write(scene.path("x.geojson"), lonlat(&[&polygon(105.0, 36.13, 105.01, 36.14)])).unwrap();
        if !converted(&scene, "x.geojson", &format!("a.{ending}"), &[]) {
            return;
        }
        scene.input(&format!("a = {{ vector = \"a.{ending}\", where = \"knd = 1\" }}"));
        both_refuse(&scene, INSIDE, 3, &[&format!("a.{ending}"), "knd"]);
    }
}

#[test]
fn a_layer_that_is_cut_short_is_a_fault() {
    let places =
        (0..40).map(|i| polygon(105.0 + 0.0005 * f64::from(i), 36.13, 105.0003 + 0.0005 * f64::from(i), 36.14));
    let places: Vec<String> = places.collect();
    let text = lonlat(&places.iter().map(String::as_str).collect::<Vec<_>>());
    for ending in ["geojson", "gpkg", "fgb", "shp"] {
        let mut scene = Scene::new(20, 20);
        std::fs::write(scene.path("x.geojson"), &text).unwrap();
        if !converted(&scene, "x.geojson", &format!("a.{ending}"), &[]) {
            return;
        }
        let path = scene.path(&format!("a.{ending}"));
        let bytes = std::fs::read(&path).unwrap();
        scene.input(&format!("a = {{ vector = \"a.{ending}\" }}"));
        for share in [40, 70, 95] {
            std::fs::write(&path, &bytes[..bytes.len() * share / 100]).unwrap();
            both_refuse(&scene, INSIDE, 3, &[&format!("a.{ending}")]);
        }
    }
}

#[test]
fn curves_are_followed() {
    let mut scene = Scene::new(40, 40);
    let circle =
        "CURVEPOLYGON(CIRCULARSTRING(503030 3998000,502000 3999030,500970 3998000,502000 3996970,503030 3998000))";
    std::fs::write(scene.path("x.csv"), format!("id,WKT\n1,\"{circle}\"\n")).unwrap();
    if !converted(&scene, "x.csv", "a.gpkg", &["-a_srs", "EPSG:32648", "-oo", "GEOM_POSSIBLE_NAMES=WKT"]) {
        return;
    }
    scene.input("a = { vector = \"a.gpkg\" }");
    // Centres within 1 030 m of a corner of cells; none is within the metre that chords of 4 degrees cut off.
    let offsets = || (0..40).map(|i| 100.0 * f64::from(i) - 1950.0);
    let inside = offsets().flat_map(|x: f64| offsets().map(move |y| x.hypot(y))).filter(|r| *r < 1030.0).count();
    assert_eq!(scene.run(INSIDE).rule("r")["cells"], inside);
}

#[test]
fn a_buffer_around_what_is_kept_grows_the_outside() {
    // A block of 20 × 20 cells; 150 m inwards from the cells around it take its outermost ring, 100 or 141 m away.
    let rule =
        |shape: &str| format!("[[exclusion]]\nid = \"r\"\nlayer = \"a\"\nkeep = {{ {shape} }}\nbuffer_m = 150.0\n");
    let mut drawn = Scene::new(30, 30);
    drawn.polygons("a", &[("x", [500.0, 500.0, 2500.0, 2500.0])]);
    drawn.input("a = { vector = \"a.geojson\" }");
    assert_eq!(drawn.run(&rule("inside = {}")).rule("r")["cells"], 900 - 18 * 18);
    let mut burnt = Scene::new(30, 30);
    let block = |(row, col): (usize, usize)| if (5..25).contains(&row) && (5..25).contains(&col) { 60_u8 } else { 10 };
    burnt.classes("a", &Array2::from_shape_fn((30, 30), block));
    assert_eq!(burnt.run(&rule("classes = [60]")).rule("r")["cells"], 900 - 18 * 18);
}

#[test]
fn what_is_unknown_beyond_the_regions_does_not_grow_into_them() {
    let mut scene = Scene::new(4, 8);
    scene.amounts("a", &Array2::from_shape_fn((4, 8), |(_, col)| if col < 4 { 0.0 } else { f32::NAN }));
    scene.polygons("region", &[("west", [0.0, 0.0, 400.0, 400.0])]);
    let rule = "[[exclusion]]\nid = \"r\"\nlayer = \"a\"\nexclude = { above = { max = 1.0 } }\nnodata = \"exclude\"\nbuffer_m = 150.0\n";
    assert_eq!(scene.run(rule).rule("r")["cells"], 0);
    // In the regions it does.
    scene.polygons("region", &[("all", [0.0, 0.0, 800.0, 400.0])]);
    assert_eq!(scene.run(rule).rule("r")["cells"], 20);
}

#[test]
fn a_distance_beside_a_hole_is_unknown() {
    let mut scene = Scene::new(1, 5);
    scene.raster("a", &array![[80_u8, 30, 30, 255, 30]]);
    scene.input("a = { raster = \"a.tif\", classes = \"worldcover\", set = [\"water\"] }");
    let rule = "[[exclusion]]\nid = \"r\"\nlayer = \"distance_to_a_m\"\nexclude = { below = { min = 150.0 } }\n";
    let found = scene.run(rule).rule("r");
    // Water at 0 and 100 m; beyond, what the hole hides may be nearer.
    assert_eq!((&found["cells"], &found["unknown_cells"]), (&2.into(), &3.into()));
}
