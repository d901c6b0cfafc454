//! Land law: what packs close, what they ask of designs, and that nothing gets around them.

use std::collections::BTreeSet;

use ndarray::{Array2, array};
use solsite::law::{Binds, DesignFacts, Pack};
use solsite::mode::Category;
use solsite::tables::Tables;
use tempfile::TempDir;

use crate::support::{PRICES, Run, Scene, demo, solsite, vectors};

const CROPLAND: u8 = 40;
const GRASS: u8 = 30;
const SHRUB: u8 = 20;
const TREES: u8 = 10;

/// Answers to all that the Chinese packs ask for and a scene has not.
const NOTHING_PROTECTED: &str = "[law_layers]\npermanent_basic_farmland = \"none\"\nbasic_grassland = \"none\"\n\
    class_1_protection_forest = \"none\"\nkey_state_forest = \"none\"\necological_red_line = \"none\"\n\
    river_management_area = \"none\"\nyellow_river_belt = \"none\"\nwater_source_protection = \"none\"\n";
const NO_AMOUNTS: &str = "annual_precipitation_mm = \"none\"\nvegetation_cover_share = \"none\"\n";

fn law(pack: &str) -> String {
    format!("[[law]]\npack = \"{pack}\"\n")
}

fn pack<'a>(tables: &'a Tables, id: &str) -> &'a Pack {
    tables.law.iter().find(|pack| pack.id == id).unwrap_or_else(|| panic!("{id}"))
}

/// A scene with land cover by WorldCover codes.
fn scene(codes: &Array2<u8>) -> Scene {
    let (rows, cols) = codes.dim();
    let mut scene = Scene::new(rows, cols);
    scene.classes("landcover", codes);
    scene
}

fn available(run: &Run) -> u64 {
    run.summary()["available_cells"].as_u64().unwrap()
}

#[test]
fn every_case_of_the_rule_tests_is_judged_right() {
    let tables = Tables::builtin().unwrap();
    let all = vectors("rules.json");
    let cases = all["rule_tests"].as_array().unwrap();
    assert_eq!(cases.len(), 9);
    for case in cases {
        let (id, category) = match case["rule"].as_str().unwrap() {
            "DIN_I" => ("de_din_spec_91434", Category::Overhead),
            "DIN_II" => ("de_din_spec_91434", Category::Interspace),
            "FR" => ("fr_2024_318", Category::Overhead),
            "JP" => ("jp_maff", Category::Overhead),
            "HN" => ("cn_hunan_2024", Category::Overhead),
            other => panic!("{other}"),
        };
        let number = |key: &str| case[key].as_f64().unwrap_or(f64::NAN);
        let facts = DesignFacts {
            clearance_m: number("clearance"),
            crop_height_m: 0.5,
            pitch_m: 12.0,
            row_gap_m: 8.0,
            pile_spacing_m: 5.0,
            cropped_share: 1.0 - number("land_loss"),
            yield_ratio: number("rel_yield_cropped"),
            cover_share: number("coverage"),
            module_area_share: number("coverage"),
            electricity_ratio: 0.7,
        };
        let rows = pack(&tables, id).design.iter().filter(|row| row.holds(category, &[]));
        let against: Vec<&str> = rows.filter(|row| !row.limit.admits(&facts)).map(|row| row.id.as_str()).collect();
        assert_eq!(against.is_empty(), case["ok"].as_bool().unwrap(), "{case}: {against:?}");
        if let Some(total) = case["total_yield"].as_f64() {
            assert!((facts.cropped_share * facts.yield_ratio - total).abs() < 1e-9);
        }
    }
}

#[test]
fn packs_hold_together_and_cite_their_sources() {
    let tables = Tables::builtin().unwrap();
    let ids: BTreeSet<&str> = tables.law.iter().map(|pack| pack.id.as_str()).collect();
    assert_eq!(ids.len(), tables.law.len());
    for pack in &tables.law {
        assert!(!pack.source.is_empty() && !pack.version.is_empty() && !pack.jurisdiction.is_empty(), "{}", pack.id);
        assert!(pack.extends.iter().all(|id| ids.contains(id.as_str())), "{}", pack.id);
        let mut seen = BTreeSet::new();
        let rows = pack.land.iter().map(|row| (&row.id, &row.clause));
        for (id, clause) in rows.chain(pack.design.iter().map(|row| (&row.id, &row.clause))) {
            assert!(seen.insert(id), "{}.{id} is there twice", pack.id);
            assert!(clause.len() > 20 && !clause.contains('\n'), "{}.{id}: {clause}", pack.id);
        }
        for row in &pack.land {
            assert!(row.kinds.is_empty() != row.layer.is_none(), "{}.{}", pack.id, row.id);
        }
        assert!(
            pack.extends.contains(&"cn_2023_12".to_owned()) == (pack.id.starts_with("cn_") && pack.id != "cn_2023_12")
        );
    }
    // The numbers of DOMAIN B6.
    for (id, row, limit) in [
        ("cn_shandong", "clearance", "MinClearanceM(2.5)"),
        ("cn_shandong", "pile_spacing", "MinPileSpacingM(4.0)"),
        ("cn_shandong", "row_spacing", "MinPitchM(10.0)"),
        ("de_din_spec_91434", "overhead_clearance", "MinClearanceM(2.1)"),
        ("de_din_spec_91434", "total_yield", "MinTotalYieldRatio(0.66)"),
        ("fr_2024_318", "cover", "MaxCoverShare(0.4)"),
        ("fr_2024_318", "yield", "MinYieldRatio(0.9)"),
        ("cn_hunan_2024", "output_value", "MinOutputValueRatio(0.8)"),
    ] {
        let found = pack(&tables, id).design.iter().find(|one| one.id == row).unwrap_or_else(|| panic!("{id}.{row}"));
        assert_eq!(format!("{:?}", found.limit), limit, "{id}.{row}");
    }
    assert_eq!(pack(&tables, "fr_2024_318").land[0].binds, Binds::WithoutCrops);
}

const AGRI: &str = "[sites]\nmin_area_ha = 0.0\n[[mode]]\nid = \"ground\"\n[[mode]]\nid = \"agri_stilt\"\n\
    crops = [\"potato\"]\n[[mode]]\nid = \"agri_vertical\"\ncrops = [\"wheat\"]\n";

#[test]
fn in_a_china_pack_no_array_lands_on_cultivated_land_and_under_din_it_may() {
    let scene = scene(&array![[CROPLAND, CROPLAND, GRASS, GRASS], [CROPLAND, CROPLAND, GRASS, GRASS]]);
    let yields = PRICES.replace("fixed = 1500.0", "fixed = 1500.0, stilt = 1450.0, vertical = 1400.0");
    let cropland = |law: &str| {
        let run = scene.run(&format!("{law}{AGRI}{yields}"));
        let offers = run.table("offers.csv");
        (offers.numbers("class_area_ha_cropland").iter().sum::<f64>(), available(&run))
    };
    for pack in ["cn_2023_12", "cn_gansu_2024", "cn_shandong", "cn_shaanxi_2023"] {
        let (area, cells) = cropland(&format!("{}{NOTHING_PROTECTED}{NO_AMOUNTS}", law(pack)));
        assert_eq!((area, cells), (0.0, 4), "{pack}");
    }
    let (area, cells) = cropland(&law("de_din_spec_91434"));
    assert!(area > 0.0);
    assert_eq!(cells, 8);
}

#[test]
fn a_refusal_cites_its_clause() {
    let scene = scene(&array![[CROPLAND, TREES], [GRASS, GRASS]]);
    let run = scene.run(&format!("{}{NOTHING_PROTECTED}{NO_AMOUNTS}", law("cn_gansu_2024")));
    let rule = run.rule("cn_2023_12.cultivated");
    assert_eq!(rule["cells"], 1);
    assert!(rule["law"]["clause"].as_str().unwrap().contains("cultivated land (耕地)"));
    assert!(rule["law"]["source"].as_str().unwrap().contains("自然资办发〔2023〕12号"));
    assert_eq!((&rule["law"]["verified"], run.rule("cn_2023_12.forest")["cells"].as_u64()), (&true.into(), Some(1)));
    // The cell in the north-west of the scene, in degrees.
    let told = solsite(&["explain", run.out.to_str().unwrap(), "--at", "105.0005,36.1438", "--format", "json"]);
    let text = String::from_utf8(told.stdout).unwrap();
    assert!(text.contains("cn_2023_12.cultivated") && text.contains("耕地"), "{text}{:?}", told.stderr);
}

#[test]
fn shrub_land_is_closed_only_where_rain_and_cover_are_both_enough() {
    let mut scene = scene(&Array2::from_elem((2, 3), SHRUB));
    scene.amounts("rain", &array![[300.0, 500.0, 500.0], [399.0, 400.0, f32::NAN]]);
    scene.amounts("cover", &array![[0.9, 0.2, 0.5], [0.5, 0.9, 0.9]]);
    let roles = format!("{NOTHING_PROTECTED}annual_precipitation_mm = \"rain\"\nvegetation_cover_share = \"cover\"\n");
    let run = scene.run(&format!("{}{roles}", law("cn_2023_12")));
    let summary = run.summary();
    // Dry, or thinly covered; both enough twice; once the rain is not known.
    assert_eq!((available(&run), summary["unknown_cells"].as_u64()), (3, Some(1)));
    assert_eq!(run.rule("cn_2023_12.shrubland.2")["cells"], 2);
    let closed = scene.run(&format!("{}{NOTHING_PROTECTED}{NO_AMOUNTS}", law("cn_2023_12")));
    assert_eq!(available(&closed), 0, "nothing shows that it is dry or thinly covered");
}

#[test]
fn what_is_protected_is_closed_with_its_belt() {
    let mut scene = scene(&Array2::from_elem((4, 10), GRASS));
    scene.polygons("red", &[("a", [0.0, 0.0, 200.0, 400.0])]);
    scene.line("river", &[(950.0, 0.0), (950.0, 400.0)]);
    scene.input("red = { vector = \"red.geojson\" }").input("river = { vector = \"river.geojson\" }");
    let roles = NOTHING_PROTECTED
        .replace("ecological_red_line = \"none\"", "ecological_red_line = \"red\"")
        .replace("yellow_river_belt = \"none\"", "yellow_river_belt = { input = \"river\", within_m = 150.0 }");
    let run = scene.run(&format!("{}{roles}{NO_AMOUNTS}", law("cn_2023_12")));
    // Two columns of the red line; centres at 850 and 950 m lie within 150 m of the river.
    assert_eq!(run.rule("cn_2023_12.ecological_red_line")["cells"], 8);
    let belt = run.rule("cn_2023_12.yellow_river_belt");
    assert_eq!(belt["cells"], 8);
    assert!(belt["law"]["clause"].as_str().unwrap().contains("takes 150 m in place of 1000 m"), "{belt}");
    assert_eq!(available(&run), 24);
    let wide = roles.replace("{ input = \"river\", within_m = 150.0 }", "\"river\"");
    let run = scene.run(&format!("{}{wide}{NO_AMOUNTS}", law("cn_2023_12")));
    assert_eq!(available(&run), 0, "the belt of the pack is 1000 m wide");
}

#[test]
fn nothing_gives_back_what_the_law_takes() {
    let scene = scene(&array![[CROPLAND, GRASS]]);
    let force = "[[exclusion]]\nid = \"all\"\nlayer = \"landcover\"\nexclude = { classes = [30, 40] }\n\
        [[exclusion]]\nid = \"back\"\nlayer = \"landcover\"\nforce_include = { classes = [30, 40] }\n";
    assert_eq!(available(&scene.run(force)), 2);
    let run = scene.run(&format!("{force}{}{NOTHING_PROTECTED}{NO_AMOUNTS}", law("cn_2023_12")));
    assert_eq!(available(&run), 1);
}

#[test]
fn a_stricter_pack_never_admits_more_land_or_designs() {
    let codes =
        Array2::from_shape_fn((6, 12), |(row, col)| [TREES, SHRUB, GRASS, CROPLAND, 60, 90][(row * 5 + col * 7) % 6]);
    let scene = scene(&codes);
    let yields = PRICES.replace("fixed = 1500.0", "fixed = 1500.0, stilt = 1450.0, vertical = 1400.0");
    let run = |laws: &[&str]| {
        let china = if laws.iter().any(|id| id.starts_with("cn_")) {
            format!("{NOTHING_PROTECTED}{NO_AMOUNTS}")
        } else {
            String::new()
        };
        let laws: String = laws.iter().map(|id| law(id)).collect();
        let run = scene.run(&format!("{laws}{china}[agrivoltaics]\nkeep = \"all\"\n{AGRI}{yields}"));
        let offers: BTreeSet<String> =
            run.table("offers.csv").words("offer_id").into_iter().map(str::to_owned).collect();
        let designs = run.table("designs.csv");
        let admitted = designs.words("outcome").iter().filter(|outcome| **outcome != "refused").count();
        (available(&run), offers, admitted)
    };
    let tables = Tables::builtin().unwrap();
    let free = run(&[]);
    for pack in &tables.law {
        let one = run(&[&pack.id]);
        assert!(one.0 <= free.0, "{} admits more land than no law", pack.id);
        for base in &pack.extends {
            assert!(one.0 <= run(&[base]).0, "{} admits more land than {base}", pack.id);
        }
        let both = run(&[&pack.id, "fr_2024_318"]);
        assert!(both.0 <= one.0 && both.2 <= one.2, "{} with another admits more", pack.id);
    }
}

#[test]
fn a_pack_holds_where_it_is_said_to() {
    let scene = scene(&Array2::from_elem((2, 4), CROPLAND));
    scene.polygons("region", &[("west", [0.0, 0.0, 200.0, 200.0]), ("east", [200.0, 0.0, 400.0, 200.0])]);
    let only = format!("{}only_in = [\"west\"]\n{NOTHING_PROTECTED}{NO_AMOUNTS}", law("cn_gansu_2024"));
    assert_eq!(available(&scene.run(&only)), 4);
    let both = format!("{only}[[law]]\npack = \"cn_2023_12\"\nonly_in = [\"east\"]\n");
    assert_eq!(available(&scene.run(&both)), 0);
    let nowhere = scene.try_run(&only.replace("west", "nort"), &[]);
    assert!(nowhere.code == 2 && nowhere.errors.contains("there is no region `nort`"), "{}", nowhere.errors);
}

#[test]
fn a_pack_of_the_projects_own_needs_no_code() {
    let scene = scene(&array![[CROPLAND, GRASS], [GRASS, GRASS]]);
    let text = "id = \"xx_own\"\nname = \"Own\"\nversion = \"2026-01-01\"\njurisdiction = \"X\"\nsource = \"X 1\"\nverified = true\n\
        [[land]]\nid = \"grass\"\nclause = \"No array without crops may stand on grassland.\"\nverified = true\n\
        binds = \"without_crops\"\nkinds = [\"grassland\"]\n\
        [[design]]\nid = \"high\"\nclause = \"Modules stand 3 m above the ground.\"\nverified = true\nlimit = { min_clearance_m = 3.0 }\n";
    std::fs::write(scene.path("own.toml"), text).unwrap();
    let yields = PRICES.replace("fixed = 1500.0", "fixed = 1500.0, stilt = 1450.0, vertical = 1400.0");
    let run = scene.run(&format!("[[law]]\npath = \"own.toml\"\n{AGRI}{yields}"));
    let offers = run.table("offers.csv");
    assert!(offers.words("mode").iter().all(|mode| *mode == "agri_stilt"), "upright rows cannot be so high");
    assert!(offers.numbers("clearance_m").iter().all(|height| *height == 3.0));
    assert!(offers.words("clearance_basis").iter().all(|basis| *basis == "xx_own.high"));
    let designs = run.table("designs.csv");
    let refused: BTreeSet<&str> = designs.words("rule").into_iter().filter(|rule| !rule.is_empty()).collect();
    assert_eq!(refused, BTreeSet::from(["xx_own.high"]));
    for (from, to, word) in [
        ("kinds = [\"grassland\"]\n", "", "exactly one of kinds and layer"),
        ("min_clearance_m", "min_height_m", "unknown variant `min_height_m`"),
        ("binds = \"without_crops\"\n", "", "missing field `binds`"),
        ("id = \"xx_own\"", "id = \"cn_2023_12\"", "is the id of a built-in pack"),
        ("min_clearance_m = 3.0", "min_clearance_m = -3.0", "-3 in clause `high`"),
        ("min_clearance_m = 3.0", "min_yield_ratio = nan", "NaN in clause `high`"),
        ("min_clearance_m = 3.0", "max_cover_share = 40.0", "outside 0–1"),
        ("id = \"high\"", "id = \"grass\"", "is told twice"),
    ] {
        std::fs::write(scene.path("own.toml"), text.replacen(from, to, 1)).unwrap();
        let run = scene.try_run(&format!("[[law]]\npath = \"own.toml\"\n{AGRI}{yields}"), &[]);
        assert!(run.code == 2 && run.errors.contains(word), "{word}: {}", run.errors);
    }
}

#[test]
fn what_the_law_asks_for_and_the_project_does_not_say_is_a_fault() {
    let scene = scene(&array![[GRASS]]);
    let errors = |text: &str| {
        let run = scene.try_run(text, &[]);
        assert_eq!(run.code, 2, "{}", run.errors);
        run.errors
    };
    let open = errors(&law("cn_2023_12"));
    assert!(
        open.contains("`basic_grassland`") && open.contains("add basic_grassland = ") && open.contains("基本草原"),
        "{open}"
    );
    let misspelt = format!("{}{NOTHING_PROTECTED}{NO_AMOUNTS}basic_gras = \"none\"\n", law("cn_2023_12"));
    assert!(errors(&misspelt).contains("did you mean `basic_grassland`"));
    let unknown = format!("{}{NOTHING_PROTECTED}{NO_AMOUNTS}", law("cn_2023_12"))
        .replace("basic_grassland = \"none\"", "basic_grassland = \"landcovr\"");
    assert!(errors(&unknown).contains("did you mean `landcover`"));
    let misnamed = errors(&format!("{}[law_layers]\nbasic_grassland = \"none\"\n", law("cn_2023")));
    assert!(
        misnamed.contains("did you mean `cn_2023_12`") && !misnamed.contains("no pack of this project"),
        "{misnamed}"
    );
    assert!(errors("[[law]]\nonly_in = [\"all\"]\n").contains("one of `pack` and `path`"));
}

/// The main job of the demo, under its own law and under that of another country.
#[test]
fn the_demo_lands_on_cultivated_land_only_when_the_law_is_changed() {
    let dir = TempDir::new().unwrap();
    let project = demo(dir.path(), "lanzhou", 300);
    let text = std::fs::read_to_string(&project).unwrap();
    let (start, end) = (text.find("[[law]]").unwrap(), text.find("[[exclusion]]").unwrap());
    let cultivated = |text: &str, out: &str| {
        std::fs::write(&project, text).unwrap();
        let out = dir.path().join(out);
        let output = solsite(&["run", project.to_str().unwrap(), "--out", out.to_str().unwrap(), "-q"]);
        let run = Run::of(&output, out);
        assert!(run.code <= 1, "{}", run.errors);
        let offers = run.table("offers.csv");
        let modes: BTreeSet<String> = offers.words("mode").into_iter().map(str::to_owned).collect();
        (offers.numbers("class_area_ha_cultivated").iter().sum::<f64>(), modes)
    };
    let (none, modes) = cultivated(&text, "china");
    assert_eq!(none, 0.0);
    for mode in ["agri_interspace", "agri_stilt", "agri_vertical", "agri_tracker"] {
        assert!(modes.contains(mode), "{modes:?}");
    }
    let german = format!("{}{}\n{}", &text[..start], law("de_din_spec_91434"), &text[end..]);
    assert!(cultivated(&german, "germany").0 > 0.0);
}
