//! Everything wrong comes at once, and nothing that only follows from something else.

use ndarray::Array2;
use serde_json::Value;
use solsite::grid::Grid;

use crate::faults::{ABOVE, both_refuse};
use crate::support::{Scene, solsite, write_raster};

/// Faults that `check` finds, and the exit code.
fn check(project: &std::path::Path) -> (Vec<String>, i32) {
    let output = solsite(&["check", project.to_str().unwrap(), "--format", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |fault: &Value, key: &str| fault[key].as_str().unwrap().to_owned();
    let faults = report["faults"].as_array().unwrap().iter();
    let faults =
        faults.map(|fault| format!("{}: {}; {}", text(fault, "place"), text(fault, "what"), text(fault, "hint")));
    (faults.collect(), output.status.code().unwrap())
}

/// Asserts that there are as many faults as expected, one with each list of words.
#[track_caller]
fn found(faults: &[String], expected: &[&[&str]]) {
    for words in expected {
        let fits = |fault: &&String| words.iter().all(|word| fault.contains(word));
        assert_eq!(faults.iter().filter(fits).count(), 1, "{words:?} in {faults:#?}");
    }
    assert_eq!(faults.len(), expected.len(), "{faults:#?}");
}

/// A scene with everything a project can have; the class 77 of `odd` is in no scheme.
fn scene() -> Scene {
    let mut scene = Scene::new(4, 4);
    scene.amounts("dem", &Array2::zeros((4, 4)));
    scene.classes("landcover", &Array2::from_elem((4, 4), 30));
    scene.amounts("a", &Array2::zeros((4, 4)));
    scene.raster("pv", &Array2::<f32>::from_elem((4, 4), 1500.0));
    scene.input("pv = { raster = \"pv.tif\", layout = \"fixed\", unit = \"kWh/kWp/yr\" }");
    scene.points("substations", &[("S1", 50.0, 50.0, 100.0)]);
    scene.input("substations = { vector = \"substations.geojson\", id_field = \"id\", hosting_mw_field = \"mw\" }");
    scene
}

const REST: &str = r#"[connection]
input = "substations"
[[exclusion]]
id = "first"
layer = "a"
exclude = { above = { max = 1.0 } }
modes = ["own", "ground"]
[[exclusion]]
id = "second"
layer = "landcover"
exclude = { classes = ["water"] }
only_where = "first"
only_in = ["all"]
[[criterion]]
id = "flat"
layer = "slope_deg"
utility = { falling = { best = 2.0, worst = 15.0 } }
weight = 1.0
modes = ["own", "ground"]
[sites]
min_area_ha = 1.0
min_score = 0.1
[[crop]]
id = "mallow"
like = "alfalfa"
yield_t_per_ha_yr = 2.0
price_cny_per_t = 1000.0
margin_cny_per_ha_yr = 100.0
[[mode]]
id = "own"
layout = "fixed_interspace"
land = ["grassland"]
crops = ["mallow"]
density_mwp_per_ha = 0.5
dc_ac_ratio = 1.2
capex_cny_per_kw = 3000.0
raising_cny_per_kw_m = 400.0
om_cny_per_kw_yr = 40.0
life_yr = 25.0
discount_rate = 0.06
degradation_per_yr = 0.004
[[mode]]
id = "ground"
[[region_data]]
id = "all"
price_cny_per_kwh = 0.3
land_rent_cny_per_ha_yr = { grassland = 100.0, "*" = 1000.0 }
present_crop = "mallow"
[base]
objective = "max_net_value"
[[base.limit]]
id = "budget"
sum = "capex_cny"
max = 1e9
[[scenario]]
id = "most"
objective = "max_score"
without = ["budget"]
weights = { flat = 2.0 }
[[scenario.mode]]
id = "own"
life_yr = 30.0
[[scenario.region_data]]
id = "all"
price_cny_per_kwh = 0.4
[[scenario.limit]]
id = "some"
where = { mode = "own", region = "all", crop = "mallow", substation = "S1" }
sum = "class_area_ha_grassland"
min = 0.0
[[scenario.limit]]
id = "good"
average = "score"
by = "capacity_mw"
min = 0.1
[[scenario.limit]]
id = "hosting"
per = "substation"
sum = "capacity_ac_mw"
max_column = "hosting_mw"
[[scenario.limit]]
id = "harvest"
per = "region"
sum = "crop_change_t_per_yr"
min = 0.0
baseline = { all = 5.0 }
"#;

/// What is replaced in the project, by what, and words of the only fault that gives.
const BROKEN: &[(&str, &str, &str)] = &[
    ("schema_version = 1\n", "", "lacks `schema_version`"),
    ("name = \"scene\"", "name = 3", "`name` is an integer"),
    ("name = \"scene\"", "name = \"a/b\"", "cannot be used as a name"),
    ("name = \"scene\"", "name = \"scene\"\ncurrency = \"EURO\"", "`EURO` is not a currency"),
    ("name = \"scene\"", "name = \"scene\"\ncurrency = 5", "`currency` is an integer"),
    ("cell_size_m = 100.0", "cell_size_m = \"100\"", "`cell_size_m` is a string"),
    ("cell_size_m = 100.0", "cell_sise_m = 100.0", "did you mean `cell_size_m`"),
    ("cell_size_m = 100.0", "cell_size_m = nan", "not a finite number"),
    ("cell_size_m = 100.0", "", "the grid is not determined"),
    ("[grid]", "[gird]", "did you mean `grid`"),
    ("path = \"region.geojson\"", "", "lacks `path`"),
    ("path = \"region.geojson\"", "path = \"nowhere.geojson\"", "no such file"),
    ("id_field = \"id\"\n[inputs]", "id_field = \"no\"\n[inputs]", "has no field `no`"),
    ("dem = { raster", "dem = { rastr", "`dem` does not say what it is"),
    ("raster = \"dem.tif\"", "raster = \"dem.vrt\"", "only points to further files"),
    ("dem = { raster = \"dem.tif\"", "dem = { raster = \"dem.tif\", band = 0", "counted from 1"),
    ("raster = \"landcover.tif\"", "raster = 3", "is an integer"),
    ("classes = \"worldcover\"", "classes = \"wordcover\"", "did you mean `worldcover`"),
    ("layout = \"fixed\", unit", "layout = \"fixd\", unit", "did you mean `fixed`"),
    ("\"kWh/kWp/yr\"", "\"kWh/kWp/a\"", "unknown unit"),
    ("vector = \"substations", "vektor = \"substations", "does not say what it is"),
    ("substations.geojson\"", "nowhere.geojson\"", "no such file"),
    ("hosting_mw_field = \"mw\"", "hosting_mw_field = \"kw\"", "has no field `kw`"),
    ("[connection]\ninput = \"substations\"", "[connection]\ninput = true", "is a boolean"),
    ("[inputs]", "[access]\nallow_remote = 1\n[inputs]", "`allow_remote` is an integer"),
    ("[[exclusion]]\nid = \"first\"\nlayer = \"a\"", "[[exclusion]]\nid = \"first\"", "lacks `layer`"),
    ("id = \"first\"\nlayer", "layer", "lacks `id`"),
    ("id = \"first\"", "id = \"first\"\nbuffer_m = -1.0", "-1 is below 0"),
    ("exclude = { above = { max = 1.0 } }\n", "", "needs exactly one of"),
    ("[[exclusion]]\nid = \"first\"", "[[exclusoin]]\nid = \"first\"", "did you mean `exclusion`"),
    ("layer = \"landcover\"", "layer = \"land_cover\"", "did you mean `landcover`"),
    ("worst = 15.0", "wurst = 15.0", "did you mean `worst`"),
    ("weight = 1.0", "weight = \"much\"", "`weight` is a string"),
    ("weight = 1.0", "weight = 0.0", "must be positive"),
    ("min_area_ha = 1.0", "min_area_ha = -1.0", "-1 is below 0"),
    ("min_area_ha = 1.0", "min_area_ha = [1.0]", "is an array"),
    ("margin_cny_per_ha_yr = 100.0", "margin_cny_per_ha_yr = 9100.0", "more than its harvest earns"),
    ("like = \"alfalfa\"\n", "", "`like` must name one"),
    ("like = \"alfalfa\"", "like = \"alfalfas\"", "did you mean `alfalfa`"),
    ("yield_t_per_ha_yr = 2.0", "yield_t_per_ha_yr = \"2\"", "is a string"),
    ("capex_cny_per_kw = 3000.0\n", "", "mode `own` lacks capex_cny_per_kw"),
    ("dc_ac_ratio = 1.2", "dc_ac_ratio = 12.0", "outside 0.5–5"),
    ("id = \"own\"\nlayout", "layout", "lacks `id`"),
    ("price_cny_per_kwh = 0.3\n", "price_cny_per_kwh = \"0.3\"\n", "is a string"),
    ("grassland = 100.0", "grasland = 100.0", "did you mean `grassland`"),
    ("grassland = 100.0", "grassland = -1.0", "-1 is below 0"),
    ("id = \"all\"\nprice_cny_per_kwh = 0.3", "id = \"al\"\nprice_cny_per_kwh = 0.3", "did you mean `all`"),
    ("[base]\nobjective = \"max_net_value\"", "[base]\nobjective = 1", "is an integer"),
    ("id = \"budget\"\nsum", "sum", "lacks `id`"),
    ("max = 1e9", "max = true", "is a boolean"),
    ("max = 1e9", "min = 2e9\nmax = 1e9", "above the greatest"),
    ("without = [\"budget\"]", "without = [\"bugdet\"]", "did you mean `budget`"),
    ("life_yr = 30.0", "life_yr = 30.5", "whole years"),
    ("sum = \"class_area_ha_grassland\"", "", "needs one of `sum`"),
    ("sum = \"class_area_ha_grassland\"", "sum = \"class_area_ha_grasland\"", "did you mean"),
    ("substation = \"S1\"", "substation = \"S2\"", "there is no substation `S2`"),
    ("max_column = \"hosting_mw\"", "max_column = \"hosting_MW\"", "did you mean `hosting_mw`"),
    ("max_column = \"hosting_mw\"", "max_column = \"crop\"", "holds words, not numbers"),
    ("baseline = { all = 5.0 }", "baseline = { al = 5.0 }", "did you mean `all`"),
    ("by = \"capacity_mw\"\n", "", "needs `by`"),
    ("id = \"all\"\nprice_cny_per_kwh = 0.4", "id = \"al\"\nprice_cny_per_kwh = 0.4", "did you mean `all`"),
    ("[[base.limit]]", "[[base.region_data]]\nid = \"nosuch\"\n[[base.limit]]", "there is no region `nosuch`"),
];

#[test]
fn a_fault_does_not_bring_others_with_it() {
    let scene = scene();
    let whole = std::fs::read_to_string(scene.project(REST)).unwrap();
    let path = scene.path("project.toml");
    assert_eq!(check(&path), (Vec::new(), 0));
    for (from, to, word) in BROKEN {
        assert!(whole.contains(from), "no `{from}`");
        let to = whole.replacen(from, to, 1);
        std::fs::write(&path, &to).unwrap();
        let (faults, code) = check(&path);
        assert!(faults.len() == 1 && faults[0].contains(word), "{from} → expected only {word}: {faults:#?}");
        assert!(code == 2 || code == 3, "{code}");
    }
}

#[test]
fn scores_need_criteria() {
    let scene = scene();
    let (start, end) = (REST.find("[[criterion]]").unwrap(), REST.find("[sites]").unwrap());
    let without = format!("{}{}", &REST[..start], &REST[end..]);
    let without = without.replace("min_score = 0.1\n", "").replace("weights = { flat = 2.0 }\n", "");
    let (faults, code) = check(&scene.project(&without));
    let words = "a score is asked for, but there is no [[criterion]]";
    found(&faults, &[&["project.toml:64:", words], &["project.toml:79:", words]]);
    assert_eq!(code, 2);
}

#[test]
fn faults_of_every_stage_come_together() {
    let mut scene = scene();
    scene.classes("odd", &Array2::from_shape_fn((4, 4), |at| if at == (2, 1) { 77 } else { 10 }));
    scene.raster("halves", &Array2::from_shape_fn((4, 4), |at| if at == (3, 3) { 2.5 } else { 1.0_f32 }));
    scene.input("halves = { raster = \"halves.tif\", kind = \"classes\" }");
    scene.input("gone = { raster = \"gone.tif\" }");
    scene.input("bare = { raster = 3 }");
    let broken = [
        // Structure, meaning, inputs, references to inputs, limits, cells.
        ("layer = \"a\"\n", ""),
        ("weight = 1.0", "weight = -1.0"),
        ("life_yr = 30.0", "life_yr = 300.0"),
        ("only_in = [\"all\"]", "only_in = [\"al\"]"),
        ("by = \"capacity_mw\"", "by = \"capacity\""),
        ("region = \"all\", crop", "region = \"every\", crop"),
    ];
    let rest = broken.iter().fold(REST.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    });
    let project = scene.project(&rest);
    let text = std::fs::read_to_string(&project).unwrap().replace("name = \"scene\"\n", "");
    std::fs::write(&project, text).unwrap();
    let (faults, code) = check(&project);
    found(
        &faults,
        &[
            &["project.toml:1:", "lacks `name`"],
            &["lacks `layer`"],
            &["project.toml:36:", "a weight must be positive"],
            &["300 is outside 1–100"],
            &["there is no region `al`", "did you mean `all`"],
            &["the offers have no column `capacity`"],
            &["there is no region `every`"],
            &["`raster` is an integer"],
            &["gone.tif", "no such file"],
            &["odd.tif", "code 77", "row 2, column 1"],
            &["halves.tif", "2.5 is no class code"],
        ],
    );
    assert_eq!(code, 2, "the project comes first");
}

#[test]
fn without_a_grid_inputs_and_limits_are_still_looked_at() {
    let mut scene = scene();
    scene.input("gone = { vector = \"gone.gpkg\" }");
    let project = scene.project(&REST.replace("class_area_ha_grassland", "class_area_ha_gras"));
    let text = std::fs::read_to_string(&project).unwrap();
    let text = text.replace("EPSG:32648", "EPSG:0").replace("\"region.geojson\"", "\"nowhere.geojson\"");
    std::fs::write(&project, text).unwrap();
    let words: [&[&str]; 4] = [&["EPSG:0"], &["gone.gpkg"], &["nowhere.geojson"], &["no column `class_area_ha_gras`"]];
    found(&check(&project).0, &words);
}

#[test]
fn check_reads_as_far_around_the_grid_as_a_run() {
    let mut scene = Scene::new(4, 4);
    let around = Grid { x_min: scene.grid.x_min - 200.0, cols: 8, ..scene.grid.clone() };
    write_raster(
        &scene.path("a.tif"),
        &around,
        &Array2::from_shape_fn((4, 8), |(_, col)| if col == 0 { 2.5 } else { 1.0_f32 }),
    );
    scene.input("a = { raster = \"a.tif\", kind = \"classes\" }");
    let rule = "[[exclusion]]\nid = \"r\"\nlayer = \"a\"\nexclude = { classes = [3] }\n";
    assert_eq!(scene.try_run(rule, &[]).code, 0);
    assert_eq!(check(&scene.path("project.toml")), (Vec::new(), 0));
    std::fs::remove_dir_all(scene.path("out")).unwrap();
    both_refuse(&scene, &format!("{rule}buffer_m = 300.0\n"), 3, &["a.tif", "2.5 is no class code"]);
}

#[test]
fn a_grid_without_a_cell_in_a_region_is_refused() {
    let mut scene = Scene::new(2, 2);
    scene.amounts("a", &Array2::zeros((2, 2)));
    scene.polygons("region", &[("between", [60.0, 60.0, 140.0, 140.0])]);
    both_refuse(&scene, ABOVE, 3, &["region.geojson", "no cell centre of the grid lies in a region"]);
}
