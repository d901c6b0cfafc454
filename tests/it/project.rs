//! The project file: every fault is named with its line, what was expected and what is near, and all of them together.

use std::path::{Path, PathBuf};

use serde_json::Value;
use solsite::fault::Fault;
use solsite::project::Project;
use tempfile::TempDir;

use crate::support::solsite;

/// A project file that only needs to be sound in itself.
const SOUND: &str = r#"schema_version = 1
name = "sound"
[grid]
crs = "EPSG:32648"
cell_size_m = 30.0
[region]
path = "r.geojson"
[inputs]
dem = { raster = "dem.tif" }
landcover = { raster = "lc.tif", classes = "worldcover" }
roads = { vector = "roads.gpkg" }
pvout = { raster = "pv.tif", layout = "fixed", unit = "kWh/kWp/yr" }
[[exclusion]]
id = "steep"
layer = "slope_deg"
exclude = { above = { max = 15.0 } }
[[criterion]]
id = "flat"
layer = "slope_deg"
utility = { falling = { best = 2.0, worst = 15.0 } }
weight = 1.0
[sites]
min_area_ha = 5.0
max_area_ha = 200.0
[[mode]]
id = "ground"
[[scenario]]
id = "free"
objective = "max_net_value"
[[scenario.limit]]
id = "budget"
sum = "capex_cny"
max = 1e9
"#;

/// The only rule of the sound project, without its head.
const STEEP: &str = "layer = \"slope_deg\"\nexclude = { above = { max = 15.0 } }";

/// The rule of the sound project with a line more.
fn steep_and(line: &str) -> String {
    format!("{STEEP}\n{line}")
}

fn write(text: &[u8]) -> (TempDir, PathBuf) {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("project.toml");
    std::fs::write(&path, text).unwrap();
    (dir, path)
}

fn faults_of(text: &str) -> Vec<Fault> {
    let (_dir, path) = write(text.as_bytes());
    Project::inspect(&path).1
}

/// The faults of the sound project after one replacement, as `line: text`.
#[track_caller]
fn faults_after(from: &str, to: &str) -> Vec<String> {
    assert!(SOUND.contains(from), "the sound project has no `{from}`");
    faults_of(&SOUND.replacen(from, to, 1)).iter().map(ToString::to_string).collect()
}

/// Asserts that a replacement gives exactly one fault, at this line of the new text, with all these words.
#[track_caller]
fn refused((from, to): (&str, &str), line: usize, words: &[&str]) {
    let faults = faults_after(from, to);
    assert_eq!(faults.len(), 1, "{to}: {faults:#?}");
    assert!(faults[0].starts_with(&format!("project.toml:{line}: ")), "{}", faults[0]);
    for word in words {
        assert!(faults[0].contains(word), "no `{word}` in: {}", faults[0]);
    }
}

#[test]
fn the_sound_project_has_no_fault() {
    assert_eq!(faults_of(SOUND), Vec::new());
}

#[test]
fn unknown_keys_are_refused_with_line_valid_names_and_the_nearest() {
    refused(
        ("cell_size_m", "cellsize_m = 1.0\ncell_size_m"),
        5,
        &["`cellsize_m`", "did you mean `cell_size_m`", "like"],
    );
    refused(("min_area_ha", "min_aera_ha"), 23, &["`min_aera_ha`", "did you mean `min_area_ha`"]);
    refused(("[[exclusion]]", "[[exclusoin]]"), 13, &["`exclusoin`", "did you mean `exclusion`"]);
    refused(("above = { max", "abvoe = { max"), 16, &["`abvoe`", "did you mean `above`", "farther"]);
    refused(("best = 2.0", "bset = 1.0, best = 2.0"), 20, &["`bset`", "did you mean `best`"]);
    refused(("unit = \"kWh/kWp/yr\"", "unit = \"kWh/kWp/a\""), 12, &["`kWh/kWp/a`", "kWh/kWp/yr", "kWh/kWp/day"]);
}

#[test]
fn names_of_things_are_checked_against_those_there_are() {
    refused(
        ("layer = \"slope_deg\"\nexclude", "layer = \"slope\"\nexclude"),
        15,
        &["`slope`", "did you mean `slope_deg`"],
    );
    refused(("classes = \"worldcover\"", "classes = \"wordcover\""), 10, &["did you mean `worldcover`"]);
    refused(("layout = \"fixed\"", "layout = \"fixd\""), 12, &["array layout `fixd`", "did you mean `fixed`"]);
    refused(
        (STEEP, "layer = \"landcover\"\nexclude = { classes = [\"watr\"] }"),
        16,
        &["`watr`", "did you mean `water`"],
    );
    refused((STEEP, "layer = \"landcover\"\nexclude = { classes = [81] }"), 16, &["code 81"]);
    refused((STEEP, &steep_and("modes = [\"grond\"]")), 17, &["`ground`"]);
    refused((STEEP, &steep_and("only_where = \"stepe\"")), 17, &["`steep`"]);
    refused(
        ("id = \"ground\"", "id = \"grund\""),
        25,
        &["`grund`", "not one of the built-in", "did you mean `ground`?"],
    );
    refused(("[[scenario]]", "[base]\n[[scenario]]\nwithout = [\"budget\"]"), 29, &["no limit `budget`"]);
}

#[test]
fn a_layer_is_only_asked_what_it_can_answer() {
    refused((STEEP, "layer = \"landcover\"\nexclude = { above = { max = 15.0 } }"), 16, &["classes take"]);
    refused((STEEP, "layer = \"roads\"\nexclude = { above = { max = 15.0 } }"), 16, &["geometry takes"]);
    refused((STEEP, "layer = \"dem\"\nexclude = { classes = [1] }"), 16, &["add `classes`"]);
    refused((STEEP, "layer = \"landcover\"\nexclude = { nearer = { m = 50.0 } }"), 16, &["needs a set of classes"]);
    refused(
        (STEEP, "layer = \"roads\"\nexclude = { nearer = { m = 50.0 } }\nbuffer_m = 10.0"),
        17,
        &["add the buffer"],
    );
    refused((STEEP, "layer = \"roads\"\nexclude = { inside = {} }\nkeep = { inside = {} }"), 13, &["exactly one of"]);
    refused((STEEP, "layer = \"distance_to_dem_m\"\nexclude = { above = { max = 15.0 } }"), 15, &["needs a set"]);
    refused(("layer = \"slope_deg\"\nutility", "layer = \"aspect_deg\"\nutility"), 20, &["use `facing`"]);
    let faults = faults_after("dem = { raster = \"dem.tif\" }\n", "");
    assert!(faults.len() == 2 && faults.iter().all(|fault| fault.contains("needs an elevation model")), "{faults:?}");
}

#[test]
fn numbers_out_of_range_are_refused() {
    refused(("max = 15.0", "max = nan"), 16, &["not a finite number"]);
    refused(("max = 1e9", "max = inf"), 33, &["not a finite number"]);
    refused(("max = 1e9", "max = 1e999"), 33, &["not a finite number"]);
    refused(("max = 1e9", "max = 1e9\nmin = 2e9"), 30, &["above the greatest"]);
    refused(("weight = 1.0", "weight = 0.0"), 21, &["must be positive"]);
    refused(("best = 2.0, worst = 15.0", "best = 15.0, worst = 2.0"), 20, &["`best` must be below `worst`"]);
    refused(("max_area_ha = 200.0", "max_area_ha = 9.0"), 24, &["below twice"]);
    refused(("cell_size_m = 30.0", "cell_size_m = -30.0"), 5, &["must be positive"]);
    refused(("cell_size_m = 30.0", "cell_size_m = \"30\""), 5, &["is a string, expected number"]);
    refused(("cell_size_m = 30.0", ""), 3, &["the grid is not determined"]);
    refused(("id = \"ground\"", "id = \"ground\"\nlife_yr = 0.0"), 27, &["outside 1–100"]);
    refused((STEEP, &steep_and("weight = 1.5")), 17, &["outside 0–1"]);
    let change = "[[scenario.mode]]\nid = \"ground\"\ncapex_cny_per_kw = -1.0\n[[scenario.limit]]";
    refused(("[[scenario.limit]]", change), 32, &["-1 is below 0"]);
    refused(("schema_version = 1", "schema_version = 2"), 1, &["schema_version 2", "write 1"]);
    refused(("name = \"sound\"", "name = \"a/b\""), 2, &["cannot be used as a name"]);
}

#[test]
fn a_limit_says_one_thing() {
    let limit = "sum = \"capex_cny\"\nmax = 1e9";
    refused((limit, "max = 1e9"), 30, &["one of `sum` and `average`"]);
    refused((limit, "sum = \"capex_cny\""), 30, &["either amounts"]);
    refused((limit, "sum = \"capex_cny\"\nmax = 1e9\nmax_share = 0.5"), 30, &["either amounts"]);
    refused((limit, "sum = \"capacity_ac_mw\"\nmax_column = \"hosting_mw\""), 30, &["needs `per`"]);
    refused((limit, "average = \"lcoe_cny_per_kwh\"\nmax = 0.3"), 30, &["needs `by`"]);
    refused((limit, "sum = \"capacity_mw\"\nmin_share = 1.2"), 30, &["outside 0–1"]);
}

#[test]
fn references_of_regions_are_checked() {
    let mode = "[[mode]]\nid = \"ground\"";
    let data = |line: &str| format!("{mode}\n[[region_data]]\nid = \"*\"\n{line}");
    refused((mode, &data("present_crop = \"wheatt\"")), 29, &["`wheatt`", "did you mean `wheat`"]);
    refused((mode, &data("yield_kwh_per_kwp = { fixd = 1500.0 }")), 29, &["`fixd`", "did you mean `fixed`"]);
    refused((mode, &data("yield_kwh_per_kwp = { fixed = 0.0 }")), 29, &["yields nothing"]);
    refused((mode, &data("land_rent_cny_per_ha_yr = { grasland = 1.0 }")), 29, &["did you mean `grassland`"]);
    refused((mode, &data("curtailment_share = 1")), 29, &["all the energy is curtailed", "below 1"]);
    refused((mode, &data("curtailment_share = 1.5")), 29, &["outside 0–1"]);
}

#[test]
fn an_id_is_used_once_in_a_list() {
    let limit = "[[scenario.limit]]";
    let twice = |table: &str| format!("[[{table}]]\nid = \"ground\"\n[[{table}]]\nid = \"ground\"\n{limit}");
    for table in ["scenario.region_data", "scenario.mode", "base.region_data", "base.mode"] {
        refused((limit, &twice(table)), 33, &[&format!("`ground` is used twice in [[{table}]]")]);
    }
    let bounds = "id = \"budget\"\nsum = \"capex_cny\"\nmax = 1e9";
    refused((bounds, &format!("{bounds}\n{limit}\n{bounds}")), 35, &["`budget` is used twice in [[scenario.limit]]"]);
}

#[test]
fn names_the_program_uses_itself_are_not_to_be_had() {
    refused(("id = \"free\"", "id = \"base\""), 28, &["`base` is what the scenarios have in common"]);
    refused(("id = \"budget\"", "id = \"land\""), 31, &["`land` is the name of the program's own limits"]);
}

#[test]
fn what_binds_nothing_is_refused() {
    refused((STEEP, &steep_and("modes = []")), 17, &["binds no mode", "leave `modes` out"]);
    refused((STEEP, &steep_and("only_in = []")), 17, &["holds in no region", "leave `only_in` out"]);
    refused(("weight = 1.0", "weight = 1.0\nmodes = []"), 22, &["binds no mode"]);
    let base = "[base]\nwithout = [\"budget\"]\n[[scenario]]";
    refused(("[[scenario]]", base), 28, &["nothing the base could do without"]);
}

#[test]
fn connections_lead_to_a_vector_input() {
    let connection = |line: &str| format!("[connection]\n{line}\n[sites]");
    refused(("[sites]", &connection("input = \"roeds\"")), 23, &["no input `roeds`", "did you mean `roads`"]);
    refused(("[sites]", &connection("input = \"dem\"")), 23, &["`dem` is no vector layer", "roads"]);
    refused(("[sites]", &connection("")), 22, &["no input `substations`"]);
    assert_eq!(faults_after("[sites]", &connection("input = \"roads\"")), Vec::<String>::new());
}

#[test]
fn unlisted_codes_need_a_list() {
    let dem = "dem = { raster = \"dem.tif\"";
    refused((dem, &format!("{dem}, unlisted_codes = \"unknown\"")), 9, &["without a class scheme", "add `classes`"]);
    let codes = format!("{dem}, kind = \"classes\", unlisted_codes = \"refuse\"");
    refused((dem, &codes), 9, &["without a class scheme"]);
}

#[test]
fn distances_end_where_the_earth_does() {
    let near = "layer = \"roads\"\nexclude = { nearer = { m = 2.1e7 } }";
    refused((STEEP, near), 16, &["21000000 m is beyond 20000000 m"]);
    refused((STEEP, &near.replace("nearer", "farther")), 16, &["is beyond 20000000 m"]);
    refused((STEEP, &steep_and("buffer_m = 1e12")), 17, &["is beyond 20000000 m"]);
    refused((STEEP, &steep_and("buffer_m = -1.0")), 17, &["-1 is below 0"]);
    let far = "layer = \"distance_to_roads_m\"\nexclude = { above = { max = 3e7 } }";
    refused((STEEP, far), 16, &["is beyond 20000000 m"]);
    let range = "layer = \"distance_to_roads_m\"\nexclude = { range = { max = 3e7 } }";
    refused((STEEP, range), 16, &["is beyond 20000000 m"]);
    let utility = (
        "layer = \"slope_deg\"\nutility = { falling = { best = 2.0, worst = 15.0 } }",
        "layer = \"distance_to_roads_m\"\nutility = { falling = { best = 2.0, worst = 3e7 } }",
    );
    refused(utility, 20, &["is beyond 20000000 m"]);
    let roads = "roads = { vector = \"roads.gpkg\"";
    refused((roads, &format!("{roads}, max_distance_m = 1e9")), 11, &["is beyond 20000000 m"]);
    refused((roads, &format!("{roads}, max_distance_m = 0.0")), 11, &["must be positive"]);
    let widest = format!("{roads}, max_distance_m = 2e7");
    assert_eq!(faults_after(roads, &widest), Vec::<String>::new());
}

#[test]
fn more_modes_than_bits_are_refused() {
    let ground = "[[mode]]\nid = \"ground\"\n";
    let mode = |i: usize| {
        format!(
            "[[mode]]\nid = \"m{i}\"\nlayout = \"fixed\"\nland = [\"bare\"]\ndensity_mwp_per_ha = 0.5\ndc_ac_ratio = 1.2\ncapex_cny_per_kw = 1.0\nom_cny_per_kw_yr = 1.0\nlife_yr = 25\ndiscount_rate = 0.05\ndegradation_per_yr = 0.004\n"
        )
    };
    let many: String = (0..40).map(mode).collect();
    let text = SOUND.replace(ground, &many).replace(STEEP, &steep_and("modes = [\"m3\", \"m39\"]"));
    let faults = faults_of(&text);
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].what.contains("40 modes; at most 32"), "{faults:?}");
}

#[test]
fn circles_among_rules_are_found() {
    let rule = "[[exclusion]]\nid = \"steep\"\nlayer = \"slope_deg\"\nexclude = { above = { max = 15.0 } }\n";
    let one = rule.replace("\"steep\"", "\"a\"").replace("max = 15.0 } }", "max = 15.0 } }\nonly_where = \"b\"");
    let two = rule.replace("\"steep\"", "\"b\"").replace("max = 15.0 } }", "max = 15.0 } }\nonly_where = \"a\"");
    refused((rule, &format!("{one}{two}")), 17, &["wait for each other: a, b"]);
}

#[test]
fn more_rules_than_bits_are_refused() {
    let rule = "[[exclusion]]\nid = \"steep\"\nlayer = \"slope_deg\"\nexclude = { above = { max = 15.0 } }\n";
    let many: String = (0..64).map(|i| rule.replace("steep", &format!("r{i}"))).collect();
    refused((rule, &many), 13 + 63 * 4, &["64 rules; at most 63"]);
    let most: String = (0..63).map(|i| rule.replace("steep", &format!("r{i}"))).collect();
    assert_eq!(faults_after(rule, &most), Vec::<String>::new());
}

#[test]
fn all_faults_come_together() {
    let text = SOUND
        .replace("cell_size_m", "cellsize_m")
        .replace("layer = \"slope_deg\"\nexclude", "layer = \"slop_deg\"\nexclude")
        .replace("weight = 1.0", "weight = -1.0")
        .replace("max = 1e9", "mx = 1e9");
    let faults: Vec<String> = faults_of(&text).iter().map(ToString::to_string).collect();
    for (line, word) in [(5, "cellsize_m"), (15, "slop_deg"), (21, "positive"), (33, "`mx`")] {
        let found =
            faults.iter().any(|fault| fault.starts_with(&format!("project.toml:{line}: ")) && fault.contains(word));
        assert!(found, "line {line}, {word}: {faults:#?}");
    }
}

#[test]
fn check_names_faults_of_the_project_and_missing_files_together() {
    let (_dir, path) = write(SOUND.replace("min_area_ha", "min_aera_ha").as_bytes());
    let output = solsite(&["check", path.to_str().unwrap(), "--format", "json"]);
    assert_eq!(output.status.code(), Some(2));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let faults = report["faults"].as_array().unwrap();
    let named = |word: &str| faults.iter().filter(|fault| fault.to_string().contains(word)).count();
    for word in ["min_aera_ha", "dem.tif", "lc.tif", "roads.gpkg", "pv.tif", "r.geojson"] {
        assert_eq!(named(word), 1, "{word}: {report:#}");
    }
}

#[test]
fn syntax_errors_have_a_line() {
    let faults = faults_of("schema_version = 1\nname = \"a\nx = 3\n");
    assert!(faults[0].to_string().starts_with("project.toml:2: "), "{faults:?}");
    let twice = faults_of("schema_version = 1\nname = \"a\"\nname = \"b\"\n");
    assert!(twice[0].to_string().starts_with("project.toml:3: "), "{twice:?}");
}

#[test]
fn encodings_of_other_systems_are_read() {
    let crlf = format!("\u{feff}{}", SOUND.replace('\n', "\r\n"));
    assert_eq!(faults_of(&crlf), Vec::new());
    let (_dir, path) = write(&[0xff, 0xfe, b'a', 0]);
    assert!(Project::inspect(&path).1[0].what.contains("not UTF-8"));
}

#[test]
fn a_project_in_euro_brings_its_own_costs() {
    let euro =
        SOUND.replace("name = \"sound\"", "name = \"sound\"\ncurrency = \"EUR\"").replace("capex_cny", "capex_eur");
    let faults = faults_of(&euro);
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].what.contains("lacks capex_eur_per_kw, om_eur_per_kw_yr"), "{}", faults[0]);
    let own = euro.replace("id = \"ground\"", "id = \"ground\"\ncapex_eur_per_kw = 600.0\nom_eur_per_kw_yr = 9.0");
    assert_eq!(faults_of(&own), Vec::new());
    let mixed = own.replace("capex_eur_per_kw", "capex_cny_per_kw");
    assert!(
        faults_of(&mixed).iter().any(|fault| fault.what.contains("expected `capex_eur_per_kw`")),
        "{:?}",
        faults_of(&mixed)
    );
}

#[test]
fn only_keys_of_the_schema_are_in_the_currency() {
    let own = "id = \"ground\"\ncapex_eur_per_kw = 600.0\nom_eur_per_kw_yr = 9.0";
    let limit = "where = { support_eur = \"yes\" }\nover_where = { own_eur = \"no\" }\nper = \"site_id\"\n\
        sum = \"capex_eur\"\nmin_share = 0.5\nbaseline = { s_eur = 2.0 }";
    let text = SOUND
        .replace("name = \"sound\"", "name = \"sound\"\ncurrency = \"EUR\"")
        .replace("id = \"ground\"", own)
        .replace("roads =", "roads_eur =")
        .replace("id = \"flat\"", "id = \"flat_eur\"")
        .replace("sum = \"capex_cny\"\nmax = 1e9", limit)
        .replace("[[scenario.limit]]", "weights = { flat_eur = 2.0 }\n[[scenario.limit]]")
        .replace("[sites]", "[columns]\ngrant_eur = \"extensive\"\n[sites]");
    let (_dir, path) = write(text.as_bytes());
    let (project, faults) = Project::inspect(&path);
    assert_eq!(faults, Vec::new());
    let project = project.unwrap();
    assert!(project.columns.contains_key("grant_eur") && project.inputs.contains_key("roads_eur"));
    let scenario = &project.scenarios[0];
    assert_eq!(solsite::project::terms::weighted_criteria(&project, Some(scenario))[0].weight, 2.0);
    assert!(scenario.limits[0].select.contains_key("support_eur"));
    let said = format!("{:?}", scenario.limits[0].bound);
    assert!(said.contains("own_eur") && said.contains("s_eur") && !said.contains("cny"), "{said}");
    let unknown = faults_of(&text.replace("om_eur_per_kw_yr", "om_eur_per_kw_y"));
    assert!(unknown[0].to_string().contains("unknown key `om_eur_per_kw_y`"), "{unknown:?}");
    assert!(unknown[0].hint.contains("did you mean `om_eur_per_kw_yr`"), "{unknown:?}");
}

#[test]
fn paths_that_reach_beyond_the_machine_need_leave() {
    let dem = "raster = \"dem.tif\"";
    for remote in [
        "/vsicurl/https://example.org/dem.tif",
        "https://example.org/dem.tif",
        "/vsis3/b/dem.tif",
        "PG:dbname=x",
        "WMS:http://x",
    ] {
        let path = format!("raster = \"{remote}\"");
        refused((dem, &path), 9, &[remote, "allow_remote"]);
    }
    for indirect in ["dem.vrt", "/vsizip/a.zip/dem.tif", "<VRTDataset/>"] {
        refused((dem, &format!("raster = \"{indirect}\"")), 9, &["allow_virtual"]);
    }
    let allowed =
        SOUND.replace(dem, "raster = \"dem.vrt\"").replace("[inputs]", "[access]\nallow_virtual = true\n[inputs]");
    assert_eq!(faults_of(&allowed), Vec::new());
}

#[test]
fn the_schema_lists_every_key_in_any_currency() {
    let output = solsite(&["schema"]);
    assert_eq!(output.status.code(), Some(0));
    let schema: Value = serde_json::from_slice(&output.stdout).unwrap();
    for key in
        ["grid", "region", "region_data", "inputs", "exclusion", "criterion", "sites", "mode", "base", "scenario"]
    {
        assert!(schema["properties"][key].is_object(), "{key}");
    }
    assert_eq!(schema["additionalProperties"], false);
    let region = &schema["$defs"]["RegionData"];
    assert!(region["properties"]["price_cny_per_kwh"].is_object());
    assert!(region["patternProperties"]["^price_[a-z]{3}_per_kwh$"].is_object(), "{region:#}");
}

#[test]
fn the_template_of_init_is_sound() {
    let dir = TempDir::new().unwrap();
    let target = dir.path().join("new");
    let output = solsite(&["init", target.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0));
    let (project, faults) = Project::inspect(&target.join("project.toml"));
    assert_eq!(faults, Vec::new());
    assert_eq!(project.unwrap().dir(), target.as_path());
    let again = solsite(&["init", target.to_str().unwrap()]);
    assert_eq!(again.status.code(), Some(4), "a file that is there is not overwritten");
    assert_ne!(Path::new(&target), dir.path());
}
