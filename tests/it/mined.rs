//! `solsite subsidence`: its tables and rasters against vectors, quadrature and what must hold; and the pieces it is made of.

use std::fmt::Write as _;
use std::path::PathBuf;

use ndarray::Array2;
use serde_json::Value;
use solsite::date::Date;
use solsite::subsidence::decision::{
    Decision, Motion, Place, RestYears, Stability, decide, fracture_height_m, ponding_m,
};
use solsite::subsidence::influence::{half_erf, half_erfs};
use solsite::subsidence::outline::Outline;
use solsite::tables::Tables;

use crate::support::{CORNER, Run, Scene, Table, files, solsite, vectors};

type Ring = Vec<(f64, f64)>;

/// Attributes of the level panel of the vectors.
pub const LEVEL: &str = r#""thickness_m":3,"depth_m":400,"q":0.75,"tan_beta":2,"b":0.3,"offset_m":0"#;

/// A panel with attributes and rings, in metres from the scene's corner, northwards positive.
pub fn panel(attributes: &str, rings: &[Ring]) -> String {
    let at = |(x, y): &(f64, f64)| format!("[{},{}]", CORNER.0 + x, CORNER.1 + y);
    let ring = |ring: &Ring| {
        let all: Vec<String> = ring.iter().chain(ring.first()).map(at).collect();
        format!("[{}]", all.join(","))
    };
    let rings: Vec<String> = rings.iter().map(ring).collect();
    format!(
        r#"{{"type":"Feature","properties":{{{attributes}}},"geometry":{{"type":"Polygon","coordinates":[{}]}}}}"#,
        rings.join(",")
    )
}

pub fn rectangle(length: f64, width: f64) -> Ring {
    vec![(0.0, 0.0), (length, 0.0), (length, width), (0.0, width)]
}

/// Writes panels and points, and what the program makes of them.
fn ask(scene: &Scene, panels: &[String], points: &[(f64, f64)], more: &[&str]) -> Run {
    scene.geojson("panels", panels);
    let mut table = "x,y,name\n".to_owned();
    for (n, (x, y)) in points.iter().enumerate() {
        writeln!(table, "{},{},p{n}", CORNER.0 + x, CORNER.1 + y).unwrap();
    }
    std::fs::write(scene.path("points.csv"), table).unwrap();
    let paths = ["panels.geojson", "points.csv", "out"].map(|name| scene.path(name).display().to_string());
    let fixed = ["subsidence", &paths[0], "--points", &paths[1], "--out", &paths[2], "--overwrite"];
    Run::of(&solsite(&[&fixed[..], more].concat()), scene.path("out"))
}

fn told(scene: &Scene, panels: &[String], points: &[(f64, f64)], more: &[&str]) -> Table {
    let run = ask(scene, panels, points, more);
    assert_eq!(run.code, 0, "{}", run.errors);
    run.table("points.csv")
}

fn near(found: f64, expected: f64, within: f64, what: &str) {
    assert!((found - expected).abs() <= within, "{what}: {found} instead of {expected}");
}

fn list(of: &Value) -> &Vec<Value> {
    of.as_array().unwrap()
}

fn number(of: &Value, key: &str) -> f64 {
    of[key].as_f64().unwrap_or_else(|| panic!("{key} in {of}"))
}

/// Columns of a table against the parts of a state in the vectors.
fn same(table: &Table, cases: &[Value], within: [f64; 2]) {
    let names = [
        ("W", "subsidence_m"),
        ("ix", "tilt_x"),
        ("iy", "tilt_y"),
        ("ux", "displacement_x_m"),
        ("uy", "displacement_y_m"),
    ];
    for (key, column) in names {
        for (found, case) in table.numbers(column).iter().zip(cases) {
            near(*found, number(case, key), if key == "W" { within[0] } else { within[1] }, column);
        }
    }
}

#[test]
fn points_over_level_panels_are_those_of_the_vectors() {
    let scene = Scene::new(1, 1);
    let file = vectors("a_subsidence.json");
    let cases = list(&file["level_rect"]["cases"]);
    let points: Vec<(f64, f64)> = cases.iter().map(|case| (number(case, "x"), number(case, "y"))).collect();
    let table = told(&scene, &[panel(LEVEL, &[rectangle(600.0, 250.0)])], &points, &[]);
    same(&table, cases, [1e-9, 1e-9]);
    for (column, key) in [
        ("tilt_max", "tilt_max"),
        ("strain_max", "eps1"),
        ("strain_min", "eps2"),
        ("curvature_max", "k1"),
        ("curvature_min", "k2"),
    ] {
        for (found, case) in table.numbers(column).iter().zip(cases) {
            near(*found, number(case, key), 1e-10, column);
        }
    }
    assert_eq!(table.words("decision"), vec!["ground"; cases.len()]);
    assert_eq!(table.words("ponding_m"), vec![""; cases.len()], "nobody asked for water");
    assert_eq!(table.words("name")[2], "p2", "columns of the points stay");
}

#[test]
fn a_clockwise_outline_and_a_second_panel_add_up() {
    let scene = Scene::new(1, 1);
    let polygons = &vectors("a_subsidence.json")["polygons"];
    let ring = |key: &str| -> Ring {
        list(&polygons[key]).iter().map(|at| (at[0].as_f64().unwrap(), at[1].as_f64().unwrap())).collect()
    };
    // W0 = 2.25 and r = 200; W0 = 0.96 and r = 150.
    let triangle = r#""thickness_m":1.6,"depth_m":300,"q":0.6,"tan_beta":2,"b":0.25,"offset_m":0"#;
    let l_shape: Ring = ring("L_shape").into_iter().rev().collect();
    let panels = [panel(LEVEL, &[l_shape]), panel(triangle, &[ring("triangle")])];
    let cases = list(&polygons["cases"]);
    let points: Vec<(f64, f64)> = cases.iter().map(|case| (number(case, "x"), number(case, "y"))).collect();
    let sums: Vec<Value> = cases.iter().map(|case| case["sum"].clone()).collect();
    let table = told(&scene, &panels, &points, &[]);
    same(&table, &sums, [1e-9, 1e-9]);
    for (found, case) in table.numbers("strain_max").iter().zip(cases) {
        near(*found, number(case, "eps1"), 1e-10, "strain_max");
    }
}

/// The inclined panel of the vectors, its lower left corner at the scene's, turned about it.
fn inclined(turned_deg: f64) -> (String, Vec<(f64, f64)>) {
    let file = vectors("a_subsidence.json");
    let (inputs, cases) = (&file["inclined_rect"]["inputs"], list(&file["inclined_rect"]["cases"]));
    let of = |key: &str| number(inputs, key);
    let dip = of("alpha").to_radians();
    let (sin, cos) = turned_deg.to_radians().sin_cos();
    let turn = |(x, y): (f64, f64)| (x * cos - y * sin, x * sin + y * cos);
    let attributes = format!(
        r#""thickness_m":2.5,"depth_m":{},"dip_deg":12,"dip_azimuth_deg":{},"theta0_deg":82,"q":0.7,"tan_beta":1.9,
           "tan_beta1":1.8,"tan_beta2":2.0,"b":0.32,"offset_down_m":35,"offset_up_m":30,"offset_left_m":35,"offset_right_m":35"#,
        f64::midpoint(of("H1"), of("H2")),
        180.0 - turned_deg
    );
    let ring: Ring = rectangle(of("D3"), of("D1") * dip.cos()).into_iter().map(turn).collect();
    // The corner of the computed panel: s1 cos α up the dip, H1 cot θ0 down the dip, s3 along the strike.
    let corner = (of("s3"), of("s1") * dip.cos() - of("H1") / of("theta0").to_radians().tan());
    let points = cases.iter().map(|case| turn((corner.0 + number(case, "x"), corner.1 + number(case, "y"))));
    (panel(&attributes, &[ring]), points.collect())
}

#[test]
fn an_inclined_panel_is_that_of_the_vectors_however_it_lies() {
    let scene = Scene::new(1, 1);
    let file = vectors("a_subsidence.json");
    let cases = list(&file["inclined_rect"]["cases"]);
    for turned_deg in [0.0, 90.0, 37.0] {
        let (panel, points) = inclined(turned_deg);
        let table = told(&scene, &[panel], &points, &[]);
        let (sin, cos) = f64::to_radians(turned_deg).sin_cos();
        for (row, case) in cases.iter().enumerate() {
            let of = |column: &str| table.numbers(column)[row];
            // H1 and H2 of the file are whole metres: 4 cm from those of the middle.
            near(of("subsidence_m"), number(case, "W"), 2e-4, "W");
            let along = of("displacement_x_m") * cos + of("displacement_y_m") * sin;
            let up = of("displacement_y_m") * cos - of("displacement_x_m") * sin;
            near(along, number(case, "ux"), 2e-4, "ux");
            near(up, number(case, "uy"), 2e-4, "uy");
            near(of("tilt_x") * cos + of("tilt_y") * sin, number(case, "ix"), 2e-6, "ix");
        }
    }
}

#[test]
fn an_inclined_panel_of_any_shape_is_near_the_closed_form_and_has_its_volume() {
    let scene = Scene::at("EPSG:32648", (CORNER.0 - 1_500.0, CORNER.1 + 1_500.0), 20.0, (160, 190));
    scene.raster("like", &Array2::<f32>::zeros((160, 190)));
    let attributes = r#""thickness_m":2,"depth_m":300,"dip_deg":8,"dip_azimuth_deg":180,"theta0_deg":85,"q":0.7,
        "tan_beta":2,"b":0.3,"offset_m":0"#;
    let whole = told(&scene, &[panel(attributes, &[rectangle(600.0, 300.0)])], &[(300.0, 150.0)], &[]);
    // A corner cut off by a centimetre makes it a polygon of five corners.
    let cut: Ring = vec![(0.0, 0.0), (600.0, 0.0), (600.0, 299.99), (599.99, 300.0), (0.0, 300.0)];
    let strips = told(&scene, &[panel(attributes, std::slice::from_ref(&cut))], &[(300.0, 150.0)], &[]);
    near(strips.numbers("subsidence_m")[0], whole.numbers("subsidence_m")[0], 5e-3, "strips and closed form");
    // The closed form takes r at the edges alone, strips at every depth.
    near(strips.numbers("displacement_y_m")[0], whole.numbers("displacement_y_m")[0], 3e-2, "displacement");
    scene.geojson("panels", &[panel(attributes, &[cut])]);
    let (panels, like, out) = (scene.path("panels.geojson"), scene.path("like.tif"), scene.path("maps"));
    let maps = maps(&panels, &like, &out, &["--layers", "subsidence_m"]);
    let found = maps.json("subsidence.json")["found"]["volume_m3"].as_f64().unwrap();
    // W0 times the area in plan, stretched by the displacement of each depth.
    let stretch = 1.0 + 8.0_f64.to_radians().tan() / 85.0_f64.to_radians().tan();
    let expected = 2.0 * 0.7 * 8.0_f64.to_radians().cos() * 600.0 * 300.0 * stretch;
    near(found / expected, 1.0, 1e-4, "volume");
}

fn maps(panels: &std::path::Path, like: &std::path::Path, out: &std::path::Path, more: &[&str]) -> Run {
    let paths = [panels, like, out].map(|path| path.display().to_string());
    let fixed = ["subsidence", &paths[0], "--like", &paths[1], "--out", &paths[2], "--overwrite"];
    let run = Run::of(&solsite(&[&fixed[..], more].concat()), out.to_owned());
    assert_eq!(run.code, 0, "{}", run.errors);
    run
}

fn raster(path: &PathBuf) -> Array2<f32> {
    let dataset = gdal::Dataset::open(path).unwrap();
    let size = dataset.raster_size();
    let values = dataset.rasterband(1).unwrap().read_as::<f32>((0, 0), size, size, None).unwrap();
    Array2::from_shape_vec((size.1, size.0), values.data().to_vec()).unwrap()
}

#[test]
fn cells_are_points_whatever_the_tiles_and_threads() {
    let mut scene = Scene::at("EPSG:32648", (CORNER.0 - 1_000.0, CORNER.1 + 1_300.0), 25.0, (110, 150));
    scene.amounts("like", &Array2::zeros((110, 150)));
    let dated = |more: &str| format!("{LEVEL},\"start\":\"2023-01-01\",\"end\":\"2024-06-30\"{more}");
    let star: Ring =
        [(0.0, 0.0), (400.0, 120.0), (800.0, 0.0), (560.0, 300.0), (700.0, 700.0), (390.0, 480.0)].to_vec();
    let hole: Ring = [(350.0, 200.0), (480.0, 210.0), (430.0, 330.0)].to_vec();
    let panels = [
        panel(&dated(",\"advance_azimuth_deg\":70"), &[star, hole]),
        panel(&dated(""), &[vec![(900.0, -300.0), (1_400.0, -500.0), (1_500.0, -200.0)]]),
        inclined(20.0).0.replace("\"b\":0.32", "\"b\":0.32,\"end\":\"2019-05-01\""),
    ];
    let more = ["--date", "2026-03-01", "--groundwater-depth-m", "1.2", "--samples", "3"];
    let points: Vec<(f64, f64)> = (0..40)
        .map(|n| {
            let (x, y) = scene.grid.centre(5 + (n * 37) % 100, (n * 53) % 150);
            (x - CORNER.0, y - CORNER.1)
        })
        .collect();
    let table = told(&scene, &panels, &points, &more);
    let (panels, like) = (scene.path("panels.geojson"), scene.path("like.tif"));
    let first =
        maps(&panels, &like, &scene.path("a"), &[&more[..], &["--tile-cells", "64", "--threads", "1"]].concat());
    for (column, within) in [
        ("subsidence_m", 1e-5),
        ("residual_m", 1e-5),
        ("tilt_x", 1e-7),
        ("tilt_max", 1e-7),
        ("curvature_min", 1e-9),
        ("strain_max", 1e-7),
        ("displacement_y_m", 1e-5),
        ("rate_m_per_yr", 1e-5),
        ("tilt_to_come", 1e-7),
        ("ponding_m", 1e-5),
        ("open_cracks", 0.0),
    ] {
        let map = raster(&first.out.join(format!("{column}.tif")));
        for (n, found) in table.numbers(column).iter().enumerate() {
            let at = (5 + (n * 37) % 100, (n * 53) % 150);
            near(f64::from(map[at]), *found, within, column);
        }
    }
    let decision = raster(&first.out.join("decision.tif"));
    for (n, name) in table.words("decision").iter().enumerate() {
        let code = decision[(5 + (n * 37) % 100, (n * 53) % 150)];
        assert!(code == 0.0 || Decision::of_code(code as u8).is_some_and(|d| d.name() == *name), "{code} and {name}");
    }
    let second =
        maps(&panels, &like, &scene.path("b"), &[&more[..], &["--tile-cells", "37", "--threads", "2"]].concat());
    for name in files(&first.out).keys().filter(|name| name.extension().is_some_and(|ending| ending == "tif")) {
        let (a, b) = (raster(&first.out.join(name)), raster(&second.out.join(name)));
        assert!(a.iter().zip(&b).all(|(a, b)| a.to_bits() == b.to_bits()), "{}", name.display());
    }
    let all: f32 =
        Decision::ALL.iter().map(|d| raster(&first.out.join(format!("probability_{}.tif", d.name())))[(42, 52)]).sum();
    near(f64::from(all), 1.0, 2e-3, "probabilities add up");
}

#[test]
fn a_face_that_advances_is_followed_month_by_month() {
    let scene = Scene::new(1, 1);
    let rows = &vectors("a_subsidence.json")["time"]["sequential"]["rows"];
    // Ten months of 1/12 year, from a date whose years are exact.
    let start = Date::parse("2021-01-01").unwrap().years();
    let attributes =
        format!(r#"{LEVEL},"c_per_yr":2,"start":"2021-01-01","end":"2021-11-01","advance_azimuth_deg":90"#);
    let end = Date::parse("2021-11-01").unwrap().years();
    let scale = (end - start) / (10.0 / 12.0);
    for row in list(rows) {
        let years = number(row, "t") * scale;
        let days = (years * 365.25).round();
        let date = day_after("2021-01-01", days as u32);
        let point = (number(row, "x"), number(row, "y"));
        let table = told(&scene, &[panel(&attributes, &[rectangle(600.0, 250.0)])], &[point], &["--date", &date]);
        // A day, or two, of the fastest.
        near(table.numbers("subsidence_m")[0], number(row, "w"), 0.02, &date);
    }
    let before =
        told(&scene, &[panel(&attributes, &[rectangle(600.0, 250.0)])], &[(300.0, 125.0)], &["--date", "2020-12-01"]);
    assert_eq!(before.numbers("subsidence_m")[0], 0.0);
    assert_eq!(before.words("decision")[0], "defer", "mining is still to come");
}

/// The date so many days after another.
fn day_after(date: &str, days: u32) -> String {
    let target = Date::parse(date).unwrap().years() + f64::from(days) / 365.25;
    let all = (2019..2040).flat_map(|year| (1..=12).flat_map(move |month| (1..=31).map(move |day| (year, month, day))));
    let text = |(year, month, day): (i32, u32, u32)| format!("{year:04}-{month:02}-{day:02}");
    let dates = all.map(text).filter(|text| Date::parse(text).is_some());
    let off = |text: &String| (Date::parse(text).unwrap().years() - target).abs();
    dates.min_by(|a, b| off(a).total_cmp(&off(b))).unwrap()
}

#[test]
fn pace_and_what_is_to_come_follow_from_the_course() {
    let scene = Scene::new(1, 1);
    let attributes = format!(r#"{LEVEL},"end":"2022-01-01""#);
    let ask = |date: &str, course: &str| {
        let panels = [panel(&attributes, &[rectangle(4_000.0, 4_000.0)])];
        let table =
            told(&scene, &panels, &[(2_000.0, 2_000.0)], &["--date", date, "--course", course, "--life-yr", "20"]);
        ["subsidence_m", "residual_m", "rate_m_per_yr", "subsidence_to_come_m"].map(|column| table.numbers(column)[0])
    };
    for course in ["knothe", "knothe_power:3,2.5", "mmf:0.4,2", "logistic:1,5", "segmented:3,2"] {
        let [early, middle, late] = ["2023-05-31", "2023-06-01", "2023-06-02"].map(|date| ask(date, course));
        let slope = (late[0] + late[1] - early[0] - early[1]) / (2.0 / 365.25);
        near(middle[2], slope, 2e-4, course);
        let end = ask("2043-06-01", course);
        near(middle[3], end[0] + end[1] - middle[0] - middle[1], 1e-3, course);
    }
    // Over the middle of a wide panel the whole of W0 = 2.25 m; then 0.05 of the thickness more, at 0.05 a year.
    let at_rest = ask("2039-01-01", "knothe");
    near(at_rest[0], 2.25, 1e-6, "all of it");
    let years =
        Date::parse("2039-01-01").unwrap().years() - Date::parse("2022-01-01").unwrap().years() - 1_000.0 / 365.25;
    near(at_rest[1], 0.15 * (1.0 - (-0.05 * years).exp()), 1e-9, "residual settlement");
}

#[test]
fn decisions_are_those_of_the_rules() {
    let tables = Tables::builtin().unwrap();
    let limits = tables.settling.stability_limits();
    for case in list(&vectors("rules.json")["subsidence_mode_tests"]) {
        let inputs = &case["inputs"];
        let class = tables.overburden(inputs["overburden"].as_str().unwrap()).unwrap();
        let motion = Motion {
            rate_mm_per_day: number(inputs, "v_mm_d"),
            six_months_mm: number(inputs, "six_month_mm"),
            to_come: (number(inputs, "res_tilt"), number(inputs, "res_curv"), number(inputs, "res_strain")),
            by_age: class.rest_years().stability(number(inputs, "years_since")),
        };
        let place = Place {
            stability: limits.stability(&motion).0,
            ponding_m: number(inputs, "water_depth"),
            is_fertile: inputs["soil"] == "good",
            is_protected: inputs["redline"] == true,
        };
        let expected = match case["mode"].as_str().unwrap() {
            "excluded" => "exclude",
            "wet_agri_or_regrade" => "regrade",
            other => other,
        };
        assert_eq!(decide(&place, &tables.settling.water_limits()).name(), expected, "{}", case["name"]);
    }
    assert_eq!(RestYears { stable: 2.5, basically_stable: 1.5 }.stability(1.0), Stability::Unstable);
}

#[test]
fn water_stands_below_the_table_and_the_outlet() {
    assert_eq!(ponding_m(2.0, 1.5, f64::INFINITY), 0.5);
    assert_eq!(ponding_m(1.0, 1.5, f64::INFINITY), 0.0);
    // An outlet 1.8 m below the ground before mining drains all above it.
    assert!((ponding_m(2.0, 1.5, -1.8) - 0.2).abs() < 1e-12);
    assert_eq!(ponding_m(2.0, 35.0, 4.0), 0.0, "dry loess stays dry");
    // 100 · 3 / (1.6 · 3 + 3.6) + 5.6
    near(fracture_height_m(3.0, (1.6, 3.6, 5.6)), 41.314_285_714, 1e-9, "height of fractures");
}

#[test]
fn water_parts_what_the_ground_carries() {
    let mut scene = Scene::at("EPSG:32648", (CORNER.0 - 500.0, CORNER.1 + 4_500.0), 100.0, (50, 50));
    scene.amounts("ground", &Array2::from_elem((50, 50), 100.0));
    let panels =
        [panel(&format!("{LEVEL},\"overburden\":\"soft\",\"end\":\"2005-01-01\""), &[rectangle(4_000.0, 4_000.0)])];
    let ask = |more: &[&str]| {
        let all = [&["--date", "2026-01-01"], more].concat();
        let table = told(&scene, &panels, &[(2_000.0, 2_000.0), (-480.0, -480.0)], &all);
        let row = |column: &str| table.words(column)[0].to_owned();
        (row("decision"), table.words("ponding_m")[0].parse::<f64>().ok(), row("reason"))
    };
    let (decision, water, reason) = ask(&[]);
    assert_eq!((decision.as_str(), water, reason.as_str()), ("ground", None, "dry and at rest"));
    assert_eq!(ask(&["--soil", "good"]).0, "agri");
    // It has sunk by 2.25 m and 0.15 (1 - exp(-0.05 · 18.3 yr)) = 0.09 m.
    let (decision, water, _) = ask(&["--groundwater-depth-m", "2.1"]);
    assert_eq!(decision, "regrade");
    near(water.unwrap(), 0.24, 0.01, "water");
    assert_eq!(ask(&["--groundwater-depth-m", "1.0"]).0, "fishery_pile");
    assert_eq!(ask(&["--groundwater-depth-m=-1.0"]).0, "floating");
    assert_eq!(ask(&["--groundwater-depth-m", "2.6"]).0, "ground");
    // The wet season decides.
    assert_eq!(ask(&["--groundwater-depth-m", "2.6", "--groundwater-seasonal-m", "0.5"]).0, "regrade");
    let ground = scene.path("ground.tif").display().to_string();
    let outlet = ["--groundwater-depth-m", "1.0", "--ground", &ground, "--outlet-level-m"];
    near(ask(&[&outlet[..], &["98.0"]].concat()).1.unwrap(), 0.34, 0.01, "no higher than the outlet");
    near(ask(&[&outlet[..], &["120.0"]].concat()).1.unwrap(), 1.34, 0.01, "the outlet is higher than the water");
    // Beyond the map of the water table nothing is known.
    let mut table = Array2::from_elem((50, 50), 1.0_f32);
    table.slice_mut(ndarray::s![10..40, 10..40]).fill(f32::NAN);
    scene.raster("table", &table);
    let map = scene.path("table.tif").display().to_string();
    let unknown = ask(&["--groundwater", &map]);
    assert_eq!((unknown.0.as_str(), unknown.1), ("", None));
    scene.polygons("parks", &[("park", [1_000.0, 1_000.0, 4_000.0, 4_000.0])]);
    let parks = scene.path("parks.geojson").display().to_string();
    assert_eq!(ask(&["--protected", &parks]).0, "exclude");
}

#[test]
fn satellites_see_what_the_vectors_say() {
    let mut scene = Scene::at("EPSG:32648", (CORNER.0 - 500.0, CORNER.1 + 500.0), 100.0, (10, 10));
    let insar = &vectors("a_subsidence.json")["insar"];
    let maps: Vec<String> = [("asc", 1e3), ("desc", 1.0)]
        .iter()
        .map(|(id, unit)| {
            let seen = number(&insar[*id], "d_los") * unit;
            scene.amounts(id, &Array2::from_elem((10, 10), seen as f32));
            // Seen at azimuth a by a satellite that flies a + 90° and looks to its right.
            let heading = number(&insar[*id], "az") + 90.0 - 360.0;
            let name = if *unit == 1.0 { "m/yr" } else { "mm/yr" };
            format!("{},{},{heading},{name}", scene.path(&format!("{id}.tif")).display(), number(&insar[*id], "inc"))
        })
        .collect();
    let panels = [panel(&format!("{LEVEL},\"end\":\"2001-01-01\""), &[rectangle(300.0, 300.0)])];
    let ask = |more: &[&str]| {
        let table = told(&scene, &panels, &[(150.0, 150.0)], &[&["--date", "2026-01-01"], more].concat());
        let of = |column: &str| table.numbers(column)[0];
        (
            of("insar_rate_m_per_yr"),
            of("insar_difference_m_per_yr"),
            of("rate_m_per_yr"),
            table.words("decision")[0].to_owned(),
        )
    };
    for (map, key) in maps.iter().zip(["vertical_only_asc", "vertical_only_desc"]) {
        near(ask(&["--insar", map]).0, -number(insar, key), 1e-6, key);
    }
    let (both, difference, rate, decision) = ask(&["--insar", &maps[0], "--insar", &maps[1]]);
    near(both, 0.055, 1e-6, "both tracks");
    near(difference, both - rate, 1e-9, "beyond the prediction");
    assert_eq!(decision, "ground");
    let observed = ask(&["--insar", &maps[0], "--insar", &maps[1], "--observed-rates"]);
    assert_eq!(observed.3, "ground", "55 mm a year are 27.5 in half a year");
    scene.raster("asc", &Array2::from_elem((10, 10), -60.0_f32));
    assert_eq!(ask(&["--insar", &maps[0], "--observed-rates"]).3, "defer");
}

#[test]
fn levelled_points_give_parameters_away_or_it_says_so() {
    let scene = Scene::new(1, 1);
    let truth = r#""thickness_m":3,"depth_m":200,"q":0.71,"tan_beta":2.1,"b":0.3,"offset_m":16"#;
    let fit = |width: f64, from: f64| {
        let ring = rectangle(width, 1_500.0);
        let points: Vec<(f64, f64)> =
            (0..60).map(|n| (from + (width / 2.0 - from) * f64::from(n) / 59.0, 750.0)).collect();
        let table = told(&scene, &[panel(truth, std::slice::from_ref(&ring))], &points, &[]);
        let sunk: Vec<f64> =
            table.numbers("subsidence_m").iter().zip(table.numbers("residual_m")).map(|(a, b)| a + b).collect();
        let mut levelled = "x,y,subsidence_m\n".to_owned();
        for (n, ((x, y), w)) in points.iter().zip(sunk).enumerate() {
            // Half a millimetre of scatter.
            let scatter = 5e-4 * f64::sin(f64::from(n as u32) * 12.9898).signum();
            writeln!(levelled, "{},{},{}", CORNER.0 + x, CORNER.1 + y, w + scatter).unwrap();
        }
        std::fs::write(scene.path("levelled.csv"), levelled).unwrap();
        let start = r#""thickness_m":3,"depth_m":200,"q":0.6,"tan_beta":1.8,"b":0.3,"offset_m":0"#;
        let levelled = scene.path("levelled.csv").display().to_string();
        let run = ask(&scene, &[panel(start, &[ring])], &[(0.0, 0.0)], &["--levelling", &levelled]);
        assert_eq!(run.code, 0, "{}", run.errors);
        run.json("fit.json")
    };
    let wide = fit(1_200.0, -300.0);
    for (name, expected) in [("q", 0.71), ("tan_beta", 2.1), ("offset_per_depth", 0.08)] {
        let found = &wide["parameters"][name];
        let half = number(found, "half_width_95");
        assert!(half < 0.02, "{wide:#}");
        near(number(found, "value"), expected, 2.0 * half, name);
    }
    let narrow = fit(40.0, -20.0);
    assert!(narrow["parameters"]["q"]["value"].is_null(), "{narrow:#}");
    assert!(narrow["verdict"].as_str().unwrap().contains("cannot be told apart"), "{narrow:#}");
}

#[test]
fn every_fault_of_every_panel_is_named_at_once() {
    let scene = Scene::new(1, 1);
    let broken = [
        panel(r#""id":"A","depth_m":400,"q":0.75,"tan_beta":2,"b":0.3"#, &[rectangle(600.0, 250.0)]),
        panel(r#""id":"B","thickness_m":"thick","depth_m":-3,"overburden":"granite""#, &[rectangle(600.0, 250.0)]),
        panel(
            r#""id":"C","thickness_m":3,"depth_m":300,"overburden":"hard","offset_m":200"#,
            &[rectangle(600.0, 250.0)],
        ),
        panel(
            r#""id":"D","thickness_m":3,"depth_m":300,"dip_deg":10,"q":0.7,"tan_beta":2,"b":0.3"#,
            &[rectangle(600.0, 250.0)],
        ),
        panel(
            &format!("\"id\":\"E\",{LEVEL},\"start\":\"2024-05-01\",\"end\":\"2023-13-01\""),
            &[rectangle(600.0, 250.0)],
        ),
    ];
    let run = ask(&scene, &broken, &[(0.0, 0.0)], &["--date", "2026-01-01"]);
    assert_eq!(run.code, 3, "{}", run.errors);
    for expected in [
        "panel A: lacks thickness_m",
        "panel A: lacks end",
        "panel B: thickness_m is `thick`, which is no number",
        "panel B: depth_m is -3, outside 5–3000",
        "panel B: unknown overburden `granite`",
        "panel C: lacks end",
        "panel D: lacks dip_azimuth_deg",
        "panel D: lacks theta0_deg",
        "panel E: end is `2023-13-01`, which is no date",
    ] {
        assert!(run.errors.contains(expected), "{expected} in\n{}", run.errors);
    }
    assert!(!run.out.join("points.csv").exists(), "nothing under a final name");
    let gone = ask(&scene, &broken[2..3], &[(0.0, 0.0)], &[]);
    assert_eq!(gone.code, 3);
    assert!(gone.errors.contains("panel C: nothing of it is left within the offsets"), "{}", gone.errors);
    let asked = ask(
        &scene,
        &[panel(LEVEL, &[rectangle(600.0, 250.0)])],
        &[(0.0, 0.0)],
        &["--date", "soon", "--course", "fast"],
    );
    assert_eq!(asked.code, 2);
    assert!(
        asked.errors.contains("`soon` is not a date") && asked.errors.contains("`fast` is not understood"),
        "{}",
        asked.errors
    );
}

#[test]
fn what_cannot_be_together_is_refused() {
    let scene = Scene::new(1, 1);
    let odd = [
        panel(
            r#""id":"F","thickness_m":3,"depth_m":300,"q":0.7,"tan_beta":2,"b":0.3,"dip_deg":60,"dip_azimuth_deg":90,
            "theta0_deg":60"#,
            &[rectangle(600.0, 250.0)],
        ),
        panel(&format!("\"id\":\"G\",{LEVEL}"), &[vec![(0.0, 0.0), (100.0, 80.0), (100.0, 0.0), (0.0, 100.0)]]),
        panel(&format!("\"id\":\"H\",{LEVEL},\"repeated\":1.5"), &[rectangle(600.0, 250.0)]),
        panel(&format!("\"id\":\"I\",{LEVEL},\"loose_layer_m\":500"), &[rectangle(600.0, 250.0)]),
    ];
    let run = ask(&scene, &odd, &[(0.0, 0.0)], &[]);
    assert_eq!(run.code, 3, "{}", run.errors);
    for expected in [
        "panel F: would lie -219.6 m deep at its upper edge",
        "panel G: crosses itself",
        "panel H: repeated is 1.5, expected a whole number",
        "panel I: loose_layer_m 500 reaches down to the seam",
    ] {
        assert!(run.errors.contains(expected), "{expected} in\n{}", run.errors);
    }
}

#[test]
fn outlines_are_moved_and_cut() {
    let square: Ring = rectangle(100.0, 100.0);
    let outline = Outline::polygon(&square, &[vec![(40.0, 40.0), (60.0, 40.0), (60.0, 60.0), (40.0, 60.0)]]);
    near(outline.area_m2(), 9_600.0, 1e-9, "area");
    // Moved by 5 m: 90² less a pillar of 30².
    near(outline.moved_inwards(|_| 5.0).unwrap().area_m2(), 7_200.0, 1e-9, "all edges, the pillar's outwards");
    near(
        outline.moved_inwards(|out| if out.1 < -0.5 { 10.0 } else { 0.0 }).unwrap().area_m2(),
        8_400.0,
        1e-9,
        "edges in the south, the pillar's northern one too",
    );
    assert!(Outline::polygon(&square, &[]).moved_inwards(|_| 60.0).is_none());
    // A chamfer of 5 m is gone when the edges beside it have moved by 20 m.
    let chamfered: Ring = vec![(0.0, 0.0), (95.0, 0.0), (100.0, 5.0), (100.0, 100.0), (0.0, 100.0)];
    near(Outline::polygon(&chamfered, &[]).moved_inwards(|_| 20.0).unwrap().area_m2(), 3_600.0, 1e-9, "chamfer");
    // A neck of 30 m between two blocks falls away, an arm of 120 m too, and what is left is whole.
    let neck: Ring = vec![
        (0.0, 0.0),
        (250.0, 0.0),
        (250.0, 110.0),
        (600.0, 110.0),
        (600.0, 0.0),
        (850.0, 0.0),
        (850.0, 250.0),
        (600.0, 250.0),
        (600.0, 140.0),
        (250.0, 140.0),
        (250.0, 250.0),
        (0.0, 250.0),
    ];
    let moved = Outline::polygon(&neck, &[]).moved_inwards(|_| 30.0).unwrap();
    near(moved.area_m2(), 2.0 * 190.0 * 190.0, 0.01, "two blocks");
    assert!(moved.is_plain() && !moved.contains((400.0, 125.0)) && moved.contains((100.0, 125.0)));
    let arm: Ring = vec![(0.0, 0.0), (700.0, 0.0), (700.0, 120.0), (400.0, 120.0), (400.0, 500.0), (0.0, 500.0)];
    near(Outline::polygon(&arm, &[]).moved_inwards(|_| 76.0).unwrap().area_m2(), 248.0 * 348.0, 0.01, "the body");
    // A pillar that grows across the panel parts it in two.
    let pillar: Ring = vec![(250.0, 100.0), (350.0, 100.0), (350.0, 150.0), (250.0, 150.0)];
    let parted = Outline::polygon(&rectangle(600.0, 250.0), &[pillar]).moved_inwards(|_| 60.0).unwrap();
    near(parted.area_m2(), 2.0 * 130.0 * 130.0, 0.01, "both sides of the pillar");
    let bow: Ring = vec![(0.0, 0.0), (100.0, 80.0), (100.0, 0.0), (0.0, 100.0)];
    assert!(!Outline::polygon(&bow, &[]).is_plain(), "a bow tie crosses itself");
    let outside = Outline::polygon(&square, &[vec![(200.0, 0.0), (220.0, 0.0), (220.0, 20.0)]]);
    assert!(outline.is_plain() && !outside.is_plain(), "a hole outside");
    let twice = Outline::joined([Outline::polygon(&square, &[]), Outline::polygon(&square, &[])]);
    assert!(!twice.is_plain(), "parts that overlap");
    let direction = (0.6, 0.8);
    let cuts: f64 =
        (0..14).map(|n| outline.between(direction, (f64::from(n) * 10.0, f64::from(n + 1) * 10.0)).area_m2()).sum();
    near(cuts, 9_600.0, 1e-6, "strips make the whole");
    assert!(outline.contains((20.0, 20.0)) && !outline.contains((50.0, 50.0)));
    let (x, y) = Outline::polygon(&square, &[]).centroid().unwrap();
    near(x + y, 100.0, 1e-9, "centroid");
}

#[test]
fn the_looked_up_influence_is_that_of_erf() {
    // Abramowitz and Stegun, table 7.1: erf(0.5), erf(1), erf(2).
    for (x, erf) in [(0.5, 0.520_499_877_8), (1.0, 0.842_700_792_9), (2.0, 0.995_322_265_0)] {
        near(half_erf(x / std::f64::consts::PI.sqrt()), erf / 2.0, 1e-10, "half of erf");
    }
    let mut row = vec![0.0; 977];
    half_erfs((3.3, 0.0068), &mut row);
    for (n, found) in row.into_iter().enumerate() {
        let u = 3.3 - 0.0068 * n as f64;
        near(found, 0.5 * libm::erf(std::f64::consts::PI.sqrt() * u), 2e-12, "row");
    }
}

#[test]
fn dates_are_days_of_the_calendar() {
    let years = |text: &str| Date::parse(text).unwrap().years();
    assert_eq!(years("1970-01-01"), 1970.0);
    // 20 454 days to the first of 2026.
    near(years("2026-01-01"), 1970.0 + 20_454.0 / 365.25, 1e-12, "days");
    assert_eq!(years("2024/03/01"), years("2024-03"));
    near((years("2024-03-01") - years("2024-02-28")) * 365.25, 2.0, 1e-9, "a leap day");
    for bad in ["", "soon", "2023-02-29", "2023-13-01", "23-01-01", "2023-01-01-01"] {
        assert_eq!(Date::parse(bad), None, "{bad}");
    }
    assert_eq!(Date::parse("2026-07-01T00:00:00").unwrap().to_string(), "2026-07-01");
}
