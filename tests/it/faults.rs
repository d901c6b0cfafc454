//! What is wrong outside the project file: inputs, weather, output folders, disks. One clear message each, the right
//! exit code, and nothing under a final name.

use std::path::Path;
use std::process::Command;

use ndarray::{Array2, array};
use solsite::grid::Grid;
use solsite::raster::gdal::crs::resolve;
use tempfile::TempDir;

use crate::support::{Run, Scene, demo, solsite, write_raster};

/// Asserts one fault with this exit code and all these words, and that nothing was written.
#[track_caller]
pub fn refused(run: &Run, code: i32, words: &[&str]) {
    assert_eq!(run.code, code, "{}", run.errors);
    for word in words {
        assert!(run.errors.contains(word), "no `{word}` in: {}", run.errors);
    }
    let errors = run.errors.lines().filter(|line| line.starts_with("error: ")).count();
    assert_eq!(errors, 1, "{}", run.errors);
    assert!(!run.errors.contains("panicked"), "{}", run.errors);
    nothing_written(&run.out);
}

/// Nothing may lie under a final name.
#[track_caller]
fn nothing_written(out: &Path) {
    if out.is_dir() {
        let found: Vec<_> = crate::support::files(out).into_keys().collect();
        assert!(found.is_empty(), "{found:?}");
    }
}

/// Whether a name is one that results have; others begin with a dot.
fn is_final(name: &Path) -> bool {
    !name.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))
}

/// `check` and `run` say the same of a scene.
#[track_caller]
pub fn both_refuse(scene: &Scene, rest: &str, code: i32, words: &[&str]) {
    refused(&scene.try_run(rest, &[]), code, words);
    let project = scene.project(rest);
    let check = solsite(&["check", project.to_str().unwrap()]);
    assert_eq!(check.status.code(), Some(code));
    let said = String::from_utf8_lossy(&check.stdout).into_owned();
    for word in words {
        assert!(said.contains(word), "check: no `{word}` in: {said}");
    }
}

/// A rule on the amounts `a`.
pub const ABOVE: &str = "[[exclusion]]\nid = \"r\"\nlayer = \"a\"\nexclude = { above = { max = 1.0 } }\n";

#[test]
fn missing_files_are_named() {
    let mut scene = Scene::new(2, 2);
    scene.input("a = { raster = \"nowhere.tif\" }");
    both_refuse(&scene, ABOVE, 3, &["nowhere.tif", "no such file", "relative to the project file"]);
}

#[test]
fn a_raster_without_a_system_is_refused() {
    let mut scene = Scene::new(2, 2);
    scene.amounts("a", &Array2::zeros((2, 2)));
    let ascii = "ncols 2\nnrows 2\nxllcorner 500000\nyllcorner 3999800\ncellsize 100\n1 2\n3 4\n";
    std::fs::write(scene.path("a.asc"), ascii).unwrap();
    let mut bare = Scene::new(2, 2);
    bare.input("a = { raster = \"a.asc\" }");
    std::fs::write(bare.path("a.asc"), ascii).unwrap();
    both_refuse(&bare, ABOVE, 3, &["a.asc", "has no coordinate reference system", "gdal_edit.py -a_srs"]);
}

#[test]
fn a_vector_without_a_system_is_refused() {
    let mut scene = Scene::new(2, 2);
    scene.input("a = { vector = \"a.csv\" }");
    std::fs::write(scene.path("a.csv"), "id,WKT\n1,\"POINT (500100 3999900)\"\n").unwrap();
    let rule = "[[exclusion]]\nid = \"r\"\nlayer = \"a\"\nexclude = { nearer = { m = 10.0 } }\n";
    both_refuse(&scene, rule, 3, &["a.csv", "has no coordinate reference system", "ogr2ogr -a_srs"]);
}

#[test]
fn inputs_that_do_not_meet_the_grid_are_refused() {
    let mut scene = Scene::new(2, 2);
    let far = Grid { x_min: 700_000.0, ..scene.grid.clone() };
    write_raster(&scene.path("a.tif"), &far, &Array2::<f32>::zeros((2, 2)));
    scene.input("a = { raster = \"a.tif\" }");
    both_refuse(&scene, ABOVE, 3, &["a.tif", "covers no cell of the run's grid", "700000", "500000"]);
}

#[test]
fn regions_off_the_grid_are_refused() {
    let mut scene = Scene::new(2, 2);
    scene.amounts("a", &Array2::zeros((2, 2)));
    scene.polygons("region", &[("far", [90_000.0, 0.0, 91_000.0, 100.0])]);
    both_refuse(&scene, ABOVE, 3, &["region.geojson", "no region lies on the run's grid"]);
}

#[test]
fn a_region_is_not_called_as_all_of_them_are() {
    let mut scene = Scene::new(2, 2);
    scene.amounts("a", &Array2::zeros((2, 2)));
    scene.polygons("region", &[("*", [0.0, 0.0, 200.0, 100.0]), ("b", [0.0, 100.0, 200.0, 200.0])]);
    both_refuse(&scene, ABOVE, 3, &["region.geojson", "the id `*`", "stands for all regions"]);
}

/// Faults of a grid, by `run` and `check`.
#[track_caller]
fn grid_refused(scene: &Scene, grid: &str, words: &[&str]) {
    let project = scene.project(ABOVE);
    let text = std::fs::read_to_string(&project).unwrap();
    let (start, end) = (text.find("[grid]").unwrap(), text.find("[region]").unwrap());
    std::fs::write(&project, format!("{}[grid]\n{grid}\n{}", &text[..start], &text[end..])).unwrap();
    let out = scene.path("out");
    let run = Run::of(&solsite(&["run", project.to_str().unwrap(), "--out", out.to_str().unwrap(), "-q"]), out);
    refused(&run, 2, words);
    let check = solsite(&["check", project.to_str().unwrap()]);
    assert_eq!(check.status.code(), Some(2));
    assert!(words.iter().all(|word| String::from_utf8_lossy(&check.stdout).contains(word)));
}

#[test]
fn grids_larger_than_the_earth_are_refused() {
    let mut degrees = Scene::at("EPSG:4326", (103.0, 36.0), 0.01, (4, 4));
    degrees.amounts("a", &Array2::zeros((4, 4)));
    let mut metres = Scene::new(4, 4);
    metres.amounts("a", &Array2::zeros((4, 4)));
    for reach in ["1e9", "1e15", "1e300"] {
        let extent = format!("extent = [-{reach}, -{reach}, {reach}, {reach}]");
        for scene in [&degrees, &metres] {
            grid_refused(
                scene,
                &format!("like = \"a.tif\"\n{extent}"),
                &["project.toml:5", "the extent is", "cells; each side takes 1 to 1000000"],
            );
        }
        let stated = format!("crs = \"EPSG:4326\"\ncell_size_deg = 1.0\n{extent}");
        grid_refused(&degrees, &stated, &["project.toml:3", "the extent is", "cells; each side takes 1 to 1000000"]);
    }
    let thin = "like = \"a.tif\"\nextent = [103.0, 36.0, 103.0000000001, 36.0000000001]";
    grid_refused(&degrees, thin, &["project.toml:5", "the extent is 0 by 0 cells"]);
    for extent in ["[103.0, 35.0, 104.0, 95.0]", "[103.0, -95.0, 104.0, 35.0]", "[600.0, 35.0, 601.0, 36.0]"] {
        grid_refused(&degrees, &format!("like = \"a.tif\"\nextent = {extent}"), &["are not on earth", "in degrees?"]);
        let stated = format!("crs = \"EPSG:4326\"\ncell_size_deg = 0.5\nextent = {extent}");
        grid_refused(&degrees, &stated, &["are not on earth"]);
    }
    grid_refused(
        &degrees,
        "crs = \"EPSG:4326\"\ncell_size_deg = 0.5\nextent = [-200.0, 0.0, 200.0, 1.0]",
        &["are not on earth"],
    );
}

#[test]
fn an_unknown_class_is_named_with_its_place() {
    let mut scene = Scene::new(2, 3);
    scene.classes("a", &array![[10, 20, 30], [40, 77, 60]]);
    let rule = "[[exclusion]]\nid = \"r\"\nlayer = \"a\"\nexclude = { classes = [\"water\"] }\n";
    both_refuse(&scene, rule, 3, &["a.tif", "code 77", "row 1, column 1", "known codes: 10, 20", "unlisted_codes"]);
    let mut tolerant = Scene::new(2, 3);
    tolerant.raster("a", &array![[10_u8, 20, 30], [40, 77, 60]]);
    tolerant.input("a = { raster = \"a.tif\", classes = \"worldcover\", unlisted_codes = \"unknown\" }");
    assert_eq!(tolerant.run(rule).summary()["unknown_cells"], 1);
}

#[test]
fn codes_that_are_no_whole_numbers_are_refused() {
    let mut scene = Scene::new(1, 2);
    scene.raster("a", &array![[1.0_f32, 2.5]]);
    scene.input("a = { raster = \"a.tif\", kind = \"classes\" }");
    let rule = "[[exclusion]]\nid = \"r\"\nlayer = \"a\"\nexclude = { classes = [1] }\n";
    both_refuse(&scene, rule, 3, &["a.tif", "2.5 is no class code", "is it a quantity?"]);
}

/// A year of weather, with one line replaced.
fn weather(replace: &dyn Fn(usize, &str) -> String) -> String {
    let dir = TempDir::new().unwrap();
    demo(dir.path(), "lanzhou", 100);
    let text = std::fs::read_to_string(dir.path().join("inputs/weather.epw")).unwrap();
    text.lines().enumerate().map(|(i, line)| replace(i + 1, line) + "\n").collect()
}

/// A line with another value in one of its fields.
fn with_field(line: &str, index: usize, value: &str) -> String {
    let mut fields: Vec<&str> = line.split(',').collect();
    fields[index] = value;
    fields.join(",")
}

/// A scene with a weather file.
fn scene_under(weather: &str) -> Scene {
    let mut scene = Scene::new(2, 2);
    scene.amounts("a", &Array2::zeros((2, 2)));
    scene.input("w = { tmy = \"weather.epw\" }");
    std::fs::write(scene.path("weather.epw"), weather).unwrap();
    scene
}

#[test]
fn impossible_weather_is_named_with_line_and_column() {
    // Line 100 is hour 20 of the fourth of January.
    for (line, index, value, words) in [
        (100, 13, "nan", "global horizontal radiation is NaN"),
        (100, 14, "-5", "direct normal radiation is -5"),
        (100, 6, "99.9", "dry bulb temperature is missing"),
        (100, 21, "x", "wind speed is `x`, no number"),
        (100, 1, "13", "month is 13, expected 1 to 12"),
        (100, 2, "32", "day is 32, expected 1 to 31"),
        (100, 3, "25", "hour is 25, expected 1 to 24"),
        (100, 3, "0", "hour is 0, expected 1 to 24"),
        (100, 3, "21", "is month 1, day 4, 20:00; expected month 1, day 4, 19:00"),
        (1, 6, "95.000", "latitude is 95, expected -90 to 90"),
        (1, 7, "-181", "longitude is -181, expected -180 to 180"),
        (1, 9, "20000", "elevation is 20000, expected -1000"),
        (1, 9, "high", "elevation is `high`, no number"),
    ] {
        let changed =
            |number, text: &str| if number == line { with_field(text, index, value) } else { text.to_owned() };
        both_refuse(&scene_under(&weather(&changed)), ABOVE, 3, &[&format!("weather.epw:{line}"), words]);
    }
    let whole = weather(&|_, line| line.to_owned());
    let head: Vec<&str> = whole.lines().take(4000).collect();
    both_refuse(&scene_under(&head.join("\n")), ABOVE, 3, &["3992 hours"]);
}

#[test]
fn weather_is_read_as_other_systems_write_it() {
    let whole = weather(&|_, line| line.to_owned());
    let marked = format!("\u{feff}{}", whole.replace('\n', "\r\n"));
    assert_eq!(scene_under(&marked).try_run(ABOVE, &[]).code, 0);
    // A leap year: the 29th of February after its 28th, lines 1401 to 1424.
    let lines: Vec<&str> = whole.lines().collect();
    assert!(lines[1423].starts_with("2023,2,28,24,"), "{}", lines[1423]);
    let day = lines[1400..1424].iter().map(|line| with_field(line, 2, "29"));
    let leap: Vec<String> = lines[..1424].iter().map(|line| (*line).to_owned()).chain(day).collect();
    let leap = [leap, lines[1424..].iter().map(|line| (*line).to_owned()).collect()].concat();
    assert_eq!(scene_under(&leap.join("\n")).try_run(ABOVE, &[]).code, 0);
    let twice = [&lines[..1424], &lines[1400..]].concat().join("\n");
    both_refuse(
        &scene_under(&twice),
        ABOVE,
        3,
        &["weather.epw:1425", "goes back to month 2, day 28, 00:00; expected month 3, day 1, 00:00"],
    );
}

#[test]
fn a_truncated_raster_is_found_before_anything_is_written() {
    let mut scene = Scene::new(600, 600);
    let values = Array2::from_shape_fn((600, 600), |(r, c)| ((r * 7919 + c * 104_729) % 1013) as f32);
    scene.amounts("a", &values);
    let bytes = std::fs::read(scene.path("a.tif")).unwrap();
    for share in [0, 3, 40, 70, 95] {
        std::fs::write(scene.path("a.tif"), &bytes[..bytes.len() * share / 100]).unwrap();
        let words: &[&str] = if share > 3 { &["a.tif", "cannot be read around row", "cut short?"] } else { &["a.tif"] };
        refused(&scene.try_run(ABOVE, &["--tile-cells", "128"]), 3, words);
    }
}

#[test]
fn a_system_that_distorts_areas_is_refused_unless_allowed() {
    let mut scene = Scene::at("EPSG:3857", (11_550_000.0, 4_320_000.0), 100.0, (2, 2));
    scene.amounts("a", &Array2::zeros((2, 2)));
    refused(
        &scene.try_run(ABOVE, &[]),
        2,
        &["project.toml:3", "EPSG:3857 is the projection of web maps", "equal-area"],
    );
    let mut scene = Scene::at("EPSG:32648", (2_000_000.0, 4_000_000.0), 100.0, (2, 2));
    scene.amounts("a", &Array2::zeros((2, 2)));
    refused(&scene.try_run(ABOVE, &[]), 2, &["project.toml:3", "EPSG:32648 distorts areas", "equal-area"]);
}

#[test]
fn a_grid_is_in_metres_or_degrees_but_its_inputs_need_not_be() {
    let mut feet = Scene::at("EPSG:2263", (980_000.0, 200_000.0), 100.0, (2, 2));
    feet.amounts("a", &Array2::zeros((2, 2)));
    refused(
        &feet.try_run(ABOVE, &[]),
        2,
        &["project.toml:3", "EPSG:2263 counts in units of 0.304801 metres", "not in metres"],
    );
    let mut grads = Scene::at("EPSG:4807", (2.0, 54.0), 0.01, (2, 2));
    grads.amounts("a", &Array2::zeros((2, 2)));
    refused(&grads.try_run(ABOVE, &[]), 2, &["EPSG:4807 counts in units of 0.900000 degrees"]);
    // New York in UTM 18 N: a box in feet over the western half of the grid, and a raster in feet below 2.
    let mut scene = Scene::at("EPSG:32618", (583_000.0, 4_507_000.0), 100.0, (4, 4));
    let box_of = |west: f64, east: f64| {
        format!("[[[{west},190000],[{east},190000],[{east},200000],[{west},200000],[{west},190000]]]")
    };
    let feature = format!(
        r#"{{"type":"FeatureCollection","crs":{{"type":"name","properties":{{"name":"urn:ogc:def:crs:EPSG::2263"}}}},"features":[{{"type":"Feature","properties":{{}},"geometry":{{"type":"Polygon","coordinates":{}}}}}]}}"#,
        box_of(900_000.0, 1_100_000.0)
    );
    std::fs::write(scene.path("a.geojson"), feature).unwrap();
    scene.input("a = { vector = \"a.geojson\" }");
    let run = scene.run("[[exclusion]]\nid = \"r\"\nlayer = \"a\"\nexclude = { inside = {} }\n");
    assert_eq!(run.rule("r")["cells"], 16);
}

#[test]
fn distances_that_no_tile_can_hold_are_refused() {
    let mut scene = Scene::new(2, 2);
    scene.classes("a", &array![[30, 30], [30, 80]]);
    let rule = "[[exclusion]]\nid = \"r\"\nlayer = \"a\"\nexclude = { classes = [\"water\"] }\nbuffer_m = 300000.0\n";
    both_refuse(&scene, rule, 2, &["project.toml:13", "`r` looks 3001 cells", "at most 2048", "vector layer"]);
    // To a geometry any distance will do.
    scene.polygons("b", &[("x", [0.0, 0.0, 100.0, 100.0])]);
    scene.input("b = { vector = \"b.geojson\" }");
    let near = "[[exclusion]]\nid = \"r\"\nlayer = \"b\"\nexclude = { nearer = { m = 300000.0 } }\n";
    assert_eq!(scene.run(near).rule("r")["cells"], 4);
}

#[test]
fn substations_without_id_or_with_odd_capacity_are_named() {
    let mut scene = Scene::new(2, 2);
    scene.amounts("a", &Array2::zeros((2, 2)));
    scene.points("substations", &[("s", 50.0, 50.0, 10.0), ("s", 150.0, 50.0, -4.0)]);
    scene.input("substations = { vector = \"substations.geojson\", id_field = \"id\", hosting_mw_field = \"mw\" }");
    let run = scene.try_run(ABOVE, &[]);
    assert_eq!(run.code, 3);
    assert!(run.errors.contains("hosting capacity of `s` is `-4`"), "{}", run.errors);
    let path = scene.path("substations.geojson");
    let mut layer: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    layer["features"][1]["geometry"] = serde_json::Value::Null;
    std::fs::write(&path, layer.to_string()).unwrap();
    refused(&scene.try_run(ABOVE, &[]), 3, &["substation 2 has no geometry"]);
}

#[test]
fn attribute_filters_and_layers_are_checked() {
    let mut scene = Scene::new(2, 2);
    scene.polygons("a", &[("x", [0.0, 0.0, 100.0, 100.0])]);
    scene.input("a = { vector = \"a.geojson\", where = \"kinds = 3\" }");
    let rule = "[[exclusion]]\nid = \"r\"\nlayer = \"a\"\nexclude = { inside = {} }\n";
    both_refuse(&scene, rule, 3, &["a.geojson", "\"kinds = 3\"", "its fields: id"]);
    let mut other = Scene::new(2, 2);
    other.polygons("a", &[("x", [0.0, 0.0, 100.0, 100.0])]);
    other.input("a = { vector = \"a.geojson\", layer = \"b\" }");
    both_refuse(&other, rule, 3, &["a.geojson", "has no layer `b`", "`a`"]);
}

#[test]
fn a_folder_that_cannot_be_written_to_is_found_at_once() {
    let mut scene = Scene::new(2, 2);
    scene.amounts("a", &Array2::zeros((2, 2)));
    let project = scene.project(ABOVE);
    // Not even root can make a folder in a file, or in the process file system.
    for out in [scene.path("a.tif").join("out"), "/proc/solsite".into()] {
        let run = Run::of(&solsite(&["run", project.to_str().unwrap(), "--out", out.to_str().unwrap()]), out.clone());
        refused(&run, 4, &["cannot make the folder"]);
    }
}

#[test]
fn a_read_only_folder_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let mut scene = Scene::new(2, 2);
    scene.amounts("a", &Array2::zeros((2, 2)));
    let (project, out) = (scene.project(ABOVE), scene.path("out"));
    std::fs::create_dir(&out).unwrap();
    std::fs::set_permissions(&out, std::fs::Permissions::from_mode(0o555)).unwrap();
    if std::fs::write(out.join("probe"), "").is_ok() {
        eprintln!("SKIPPED: this user may write to read-only folders");
        return;
    }
    let run = Run::of(&solsite(&["run", project.to_str().unwrap(), "--out", out.to_str().unwrap()]), out.clone());
    refused(&run, 4, &["cannot write here"]);
}

#[test]
fn a_folder_of_another_project_is_refused_unless_overwritten() {
    let mut scene = Scene::new(2, 2);
    scene.amounts("a", &Array2::zeros((2, 2)));
    scene.run(ABOVE);
    let other = std::fs::read_to_string(scene.project(ABOVE)).unwrap().replace("\"scene\"", "\"other\"");
    std::fs::write(scene.path("other.toml"), other).unwrap();
    let (project, out) = (scene.path("other.toml"), scene.path("out"));
    let arguments = ["run", project.to_str().unwrap(), "--out", out.to_str().unwrap(), "-q"];
    let refused = Run::of(&solsite(&arguments), out.clone());
    assert_eq!(refused.code, 4);
    assert!(refused.errors.contains("holds the results of project `scene`, not of `other`"), "{}", refused.errors);
    assert_eq!(solsite(&[&arguments[..], &["--overwrite"]].concat()).status.code(), Some(0));
}

/// A disk that is full: no file may grow beyond a limit, at several stages of the run.
#[test]
fn a_full_disk_is_a_fault_and_leaves_no_partial_file() {
    let dir = TempDir::new().unwrap();
    let project = demo(dir.path(), "lanzhou", 300);
    let whole = dir.path().join("whole");
    assert_eq!(
        solsite(&["run", project.to_str().unwrap(), "--out", whole.to_str().unwrap(), "-q"]).status.code(),
        Some(0)
    );
    let known = crate::support::files(&whole);
    let mut full = 0;
    for kilobytes in [1, 20, 60, 150, 300, 500, 900] {
        let out = dir.path().join(format!("out{kilobytes}"));
        let command = format!(
            "trap '' XFSZ; ulimit -f {kilobytes}; exec {} run {} --out {} -q",
            env!("CARGO_BIN_EXE_solsite"),
            project.display(),
            out.display()
        );
        let output = Command::new("bash").args(["-c", &command]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        if output.status.code() == Some(0) {
            continue;
        }
        full += 1;
        assert_eq!(output.status.code(), Some(4), "{kilobytes}: {said}");
        assert!(said.starts_with("error: ") && !said.contains("panicked"), "{said}");
        assert!(!out.join("manifest.json").exists());
        for (name, bytes) in crate::support::files(&out).iter().filter(|(name, _)| is_final(name)) {
            assert!(known[name] == *bytes, "{} is not whole at {kilobytes} kB", name.display());
        }
    }
    assert!(full > 3, "{full}");
}

#[test]
fn systems_are_named_by_code_or_written_out() {
    assert!(resolve("EPSG:4326", "x").is_ok());
    for text in ["WGS84", "http://example.org/crs", "EPSG:0", "/etc/passwd", "+proj=utm"] {
        assert!(resolve(text, "grid.crs").is_err(), "{text}");
    }
}
