//! Real land: the Aachen data against published counts and against programs that share no code with this one.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Run, close, real_data, same_files, solsite, vectors};

/// The head of a project on the grid of the published counts, its inputs by absolute path.
fn head(data: &Path) -> String {
    let file = |name: &str| format!("{:?}", data.join(name).display().to_string());
    let vector = |name: &str, filter: &str| format!("{{ vector = {}{filter} }}", file(name));
    let where_is = |filter: &str| format!(", where = \"{filter}\"");
    format!(
        "schema_version = 1\nname = \"aachen-counts\"\n[grid]\ncrs = \"EPSG:3035\"\ncell_size_m = 100.0\n\
         extent = [4037300.0, 3049300.0, 4067700.0, 3100200.0]\n[region]\npath = {}\n[inputs]\n\
         dem = {{ raster = {} }}\ncorine = {{ raster = {}, classes = \"corine_index\" }}\n\
         roads_band = {{ raster = {}, kind = \"classes\" }}\ncdda = {}\nnatura = {}\nmotorways = {}\nmajor_roads = {}\n",
        file("aachenShapefile.shp"),
        file("elevation.tif"),
        file("clc-aachen_clipped.tif"),
        file("roads_prior_clip.tif"),
        vector("CDDA_aachenClipped.shp", &where_is("YEAR>2000")),
        vector("Natura2000_aachenClipped.shp", ""),
        vector("aachenRoads.shp", &where_is("type = 'motorway'")),
        vector("aachenRoads.shp", &where_is("type='motorway' OR type='primary' OR type='trunk'")),
    )
}

/// Rules by the names of the reference counts: layer, condition, buffer.
const RULES: [(&str, &str, &str); 11] = [
    ("class_12", "corine", "exclude = { classes = [12] }"),
    ("classes_5_to_12", "corine", "exclude = { classes = [5, 6, 7, 8, 9, 10, 11, 12] }"),
    ("urban_1000m", "corine", "exclude = { classes = [1, 2] }\nbuffer_m = 1000.0"),
    ("cdda", "cdda", "exclude = { inside = {} }"),
    ("cdda_400m", "cdda", "exclude = { inside = {} }\nbuffer_m = 400.0"),
    ("natura_250m", "natura", "exclude = { inside = {} }\nbuffer_m = 250.0"),
    ("roads_band", "roads_band", "exclude = { classes = [0, 1, 2, 3, 4, 5] }\nnodata = \"pass\""),
    ("motorway_200m", "motorways", "exclude = { nearer = { m = 200.0 } }"),
    ("motorway_1000m", "motorways", "exclude = { inside = {} }\nbuffer_m = 1000.0"),
    ("beyond_motorway_5000m", "motorways", "exclude = { farther = { m = 5000.0 } }"),
    ("major_roads_200m", "major_roads", "exclude = { nearer = { m = 200.0 } }"),
];

fn rules(chosen: &[&str]) -> String {
    let mut text = String::new();
    for (id, layer, condition) in RULES.iter().filter(|(id, ..)| chosen.contains(id)) {
        writeln!(text, "[[exclusion]]\nid = \"{id}\"\nlayer = \"{layer}\"\n{condition}").unwrap();
    }
    text
}

struct Trial {
    dir: TempDir,
    data: PathBuf,
}

impl Trial {
    fn new() -> Option<Self> {
        Some(Self { data: real_data("aachen")?, dir: TempDir::new().unwrap() })
    }

    fn run(&self, rest: &str) -> Run {
        let (project, out) = (self.dir.path().join("project.toml"), self.dir.path().join("out"));
        std::fs::write(&project, format!("{}{rest}", head(&self.data))).unwrap();
        let arguments = ["run", project.to_str().unwrap(), "--out", out.to_str().unwrap(), "-q"];
        let run = Run::of(&solsite(&arguments), out);
        assert_eq!(run.code, 0, "{}", run.errors);
        run
    }
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

/// What GLAES publishes for its example, reproduced with GDAL.
#[test]
fn published_shares_are_met_to_their_last_digit() {
    let Some(trial) = Trial::new() else { return };
    for (rule, percent) in [("class_12", 82.8033), ("classes_5_to_12", 81.1626)] {
        let summary = trial.run(&rules(&[rule])).summary();
        assert_eq!(summary["region_cells"], 70_944);
        assert_eq!(summary["unknown_cells"], 0);
        assert_eq!((number(&summary["available_percent"]) * 1e4).round(), (percent * 1e4_f64).round(), "{rule}");
    }
}

#[test]
fn every_rule_takes_the_cells_other_programs_find() {
    let Some(trial) = Trial::new() else { return };
    let reference = &vectors("aachen.json");
    let run = trial.run(&rules(&RULES.map(|(id, ..)| id)));
    for (id, ..) in RULES {
        assert_eq!(run.rule(id)["cells"], reference["excluded_cells"][id], "{id}");
    }
    assert_eq!(run.summary()["region_cells"], reference["region_cells"]);
}

#[test]
fn rules_together_leave_what_other_programs_leave() {
    let Some(trial) = Trial::new() else { return };
    let reference = &vectors("aachen.json")["excluded_cells"]["sample_set"];
    let crops = "[[exclusion]]\nid = \"crops\"\nlayer = \"corine\"\nexclude = { classes = [12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22] }\n";
    let summary = trial.run(&format!("{crops}{}", rules(&["urban_1000m", "major_roads_200m"]))).summary();
    assert_eq!(summary["available_cells"].as_u64().unwrap(), 70_944 - reference.as_u64().unwrap());
}

#[test]
fn the_minimum_area_leaves_the_components_another_program_finds() {
    let Some(trial) = Trial::new() else { return };
    let run = trial.run(&format!("{}[sites]\nmin_area_ha = 1200.0\n", rules(&["roads_band"])));
    close(number(&run.summary()["area_ha"]), number(&vectors("aachen.json")["roads_band_min_1200ha_cells"]), 1e-12);
}

/// The DEM is in degrees and warped first: `gdalwarp -et 0 -r bilinear` and `gdaldem slope` do the same. With the scale
/// this program records they give the same slopes; with the scale they choose themselves, nearly the same.
#[test]
fn slopes_of_the_warped_terrain_match_gdal() {
    let Some(trial) = Trial::new() else { return };
    let reference = vectors("aachen.json");
    let (same, near) = (&reference["slope_by_stated_scale"], &reference["slope_by_default"]);
    let limits = [2, 5, 10, 15, 20];
    let above = |limit: &i32| {
        format!(
            "[[exclusion]]\nid = \"above_{limit}\"\nlayer = \"slope_deg\"\nexclude = {{ above = {{ max = {limit}.0 }} }}\n"
        )
    };
    let run = trial.run(&limits.iter().map(above).collect::<String>());
    let slope = run.layer("slope_deg");
    for (place, expected) in same["deg_at_row_col"].as_object().unwrap() {
        let (row, col) = place.split_once(',').unwrap();
        let found = slope[(row.parse().unwrap(), col.parse().unwrap())];
        assert!((f64::from(found) - number(expected)).abs() < 2e-4, "{place}: {found} against {expected}");
    }
    for limit in limits {
        let rule = run.rule(&format!("above_{limit}"));
        let cells = number(&rule["cells"]);
        let of = |reference: &Value| number(&reference["cells_above_deg"][limit.to_string()]);
        assert!((cells - of(same)).abs() <= 2.0, "{limit}: {cells} against {}", of(same));
        assert!((cells / of(near) - 1.0).abs() < 0.004, "{limit}: {cells} against {}", of(near));
        assert_eq!(rule["unknown_cells"], same["unknown_cells"]);
    }
    let scale = &run.json("manifest.json")["inputs"]
        .as_array()
        .unwrap()
        .iter()
        .find(|input| input["id"] == "dem")
        .unwrap()["alignment"]["warped"]
        .clone();
    close(number(&scale["xscale"]), 0.353_021_855_157_890_25, 1e-12);
    close(number(&scale["yscale"]), 0.556_307_910_616_088_3, 1e-12);
}

fn whole_chain(out: &Path, more: &[&str]) -> Run {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/aachen/project.toml");
    let mut arguments = vec!["run", project.to_str().unwrap(), "--out", out.to_str().unwrap(), "-q"];
    arguments.extend(more);
    Run::of(&solsite(&arguments), out.to_owned())
}

#[test]
fn the_whole_chain_gives_the_same_bytes_however_it_is_cut() {
    if real_data("aachen").is_none() {
        return;
    }
    let dir = TempDir::new().unwrap();
    let (small, large) = (dir.path().join("small"), dir.path().join("large"));
    let run = whole_chain(&small, &["--tile-cells", "128"]);
    assert_eq!(run.code, 0, "{}", run.errors);
    assert_eq!(whole_chain(&large, &["--tile-cells", "2048", "--threads", "1"]).code, 0);
    same_files(&small, &large);
    agrees_with_itself(&run);
}

/// The files of a run tell one story.
fn agrees_with_itself(run: &Run) {
    let summary = run.summary();
    let sites = run.json("sites.geojson");
    let sites = sites["features"].as_array().unwrap();
    assert_eq!(summary["sites"], sites.len());
    assert!(sites.len() > 50);
    let sum = |values: Vec<f64>| values.iter().sum::<f64>();
    let gross: f64 = sites.iter().map(|site| number(&site["properties"]["area_ha"])).sum();
    close(gross, number(&summary["area_ha"]), 1e-9);
    let least = sites.iter().map(|site| number(&site["properties"]["area_ha"])).fold(f64::INFINITY, f64::min);
    let most = sites.iter().map(|site| number(&site["properties"]["area_ha"])).fold(0.0, f64::max);
    assert!(least >= 10.0 && most <= 150.0, "{least} {most}");
    close(sum(run.table("site_land.csv").numbers("area_ha")), number(&summary["area_ha"]), 1e-9);
    for scenario in ["free", "with_crops"] {
        let outcome = run.json(&format!("scenarios/{scenario}/summary.json"));
        assert_eq!(outcome["status"], "optimal");
        let table = run.table(&format!("scenarios/{scenario}/allocation.csv"));
        let (mw, share, capex) = (table.numbers("allocated_mw"), table.numbers("share"), table.numbers("capex_eur"));
        close(sum(mw.clone()), number(&outcome["capacity_mw"]), 1e-9);
        let spent: f64 = share.iter().zip(&capex).map(|(share, capex)| share * capex).sum();
        assert!(spent <= 500e6 * (1.0 + 1e-9), "{spent}");
        let shapes = run.json(&format!("scenarios/{scenario}/allocation.geojson"));
        assert_eq!(shapes["features"].as_array().unwrap().len(), mw.iter().filter(|mw| **mw > 0.0).count());
    }
    // The manifest holds the project file as its author wrote it.
    assert_eq!(run.json("manifest.json")["project_file"]["region_data"][0]["price_eur_per_kwh"], 0.065);
    let crops = run.json("scenarios/with_crops/summary.json");
    let half = number(&crops["by_mode"]["agri_interspace"]["capacity_mw"]) / number(&crops["capacity_mw"]);
    assert!(half >= 0.5 - 1e-9, "{half}");
    assert!(
        number(&crops["objective"]) <= number(&run.json("scenarios/free/summary.json")["objective"]) * (1.0 + 1e-9)
    );
}
