//! Designs of arrays with crops: what a site is offered, what that is worth, and why the rest is not.

use std::collections::{BTreeMap, BTreeSet};

use ndarray::{Array2, array};
use solsite::appraise::frontier::{Worth, area, frontier, frontier_with_energy, gap, telling};
use solsite::finance::{capital_recovery_factor, levelised_yield};
use solsite::tables::Tables;

use crate::support::{CELL_M, PRICES, Run, Scene, Table, close, solsite};

const GRASS: u8 = 30;
const BARE: u8 = 60;

/// Runs a project over grassland whose yields are told by region, and hands over what it writes to.
fn ran(text: &str) -> (Scene, Run) {
    let scene = scene();
    let run = scene.run(text);
    (scene, run)
}

/// Grassland whose yields are told by region.
fn scene() -> Scene {
    let mut scene = Scene::new(4, 4);
    scene.classes("landcover", &Array2::from_elem((4, 4), GRASS));
    scene
}

const YIELDS: &str =
    "yield_kwh_per_kwp = { fixed = 1500.0, fixed_interspace = 1480.0, stilt = 1450.0, vertical = 1400.0 }";

fn project(modes: &str) -> String {
    let prices = PRICES.replace("yield_kwh_per_kwp = { fixed = 1500.0 }", YIELDS);
    format!("[sites]\nmin_area_ha = 0.0\n{modes}{prices}")
}

const STILT: &str = "[[mode]]\nid = \"agri_stilt\"\ncrops = [\"potato\", \"wheat\"]\n";

/// Numbers of a row of a table by column.
fn row(table: &Table, at: usize, names: &[&str]) -> Vec<f64> {
    names.iter().map(|name| table.numbers(name)[at]).collect()
}

/// Made-up worths, the same every time.
fn worths(count: usize, seed: u64) -> Vec<Worth> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // Few values, so that many are equal.
        ((state >> 33) % 40) as f64
    };
    (0..count).map(|_| Worth { energy: next(), crop: next(), mwh: next() }).collect()
}

#[test]
fn the_frontier_holds_no_dominated_design_and_leaves_no_other_out() {
    for seed in 0..200 {
        let all = worths(1 + seed as usize % 60, seed);
        let kept = frontier(&all);
        for &at in &kept {
            assert!(!all.iter().any(|other| other.beats(&all[at])), "{seed}: {at} is beaten");
        }
        for at in (0..all.len()).filter(|at| !kept.contains(at)) {
            let as_good = |&other: &usize| {
                all[other].beats(&all[at]) || (all[other].energy, all[other].crop) == (all[at].energy, all[at].crop)
            };
            assert!(kept.iter().any(as_good), "{seed}: {at} was left out");
        }
        let with_energy = frontier_with_energy(&all);
        for &at in &kept {
            let same = |&other: &usize| (all[other].energy, all[other].crop) == (all[at].energy, all[at].crop);
            assert!(with_energy.iter().any(same), "{seed}: a third measure takes nothing away");
        }
        assert!(with_energy.windows(2).all(|pair| all[pair[0]].mwh >= all[pair[1]].mwh));
        for most in 1..8 {
            for (list, lost) in [(&kept, area as solsite::appraise::frontier::Lost), (&with_energy, gap)] {
                let few = telling(&all, list, most, lost);
                assert!(few.len() <= most.max(3) && few.iter().all(|at| list.contains(at)));
                let best = list.iter().map(|&at| all[at].sum()).fold(f64::NEG_INFINITY, f64::max);
                assert!(few.iter().any(|&at| all[at].sum() == best), "the best sum stays");
                assert_eq!((few.first(), few.last()), (list.first(), list.last()), "the ends stay");
            }
        }
    }
}

/// Every number of an offer with a crop, from its other columns and the built-in rows.
#[test]
fn money_and_harvest_of_an_offer_follow_from_its_design() {
    let (_scene, run) = ran(&project(&format!("{STILT}[agrivoltaics]\nkeep = \"all\"\n[[mode]]\nid = \"ground\"\n")));
    let tables = Tables::builtin().unwrap();
    let mode = tables.modes.iter().find(|mode| mode.id == "agri_stilt").unwrap();
    let field = tables.layout("stilt").unwrap().field.as_ref().unwrap();
    let offers = run.table("offers.csv");
    let crf = capital_recovery_factor(0.06, 25.0);
    let mut checked = 0;
    for at in (0..offers.words("mode").len()).filter(|&at| offers.words("mode")[at] == "agri_stilt") {
        let crop = tables.crops.crop.iter().find(|crop| crop.id == offers.words("crop")[at]).unwrap();
        let [gcr, pitch, clearance, area, mw] =
            row(&offers, at, &["gcr", "pitch_m", "clearance_m", "area_ha", "capacity_mw"])[..]
        else {
            panic!()
        };
        close(pitch, field.collector_width_m.value / gcr, 1e-9);
        close(mw, mode.density_mwp_per_ha.value * gcr / 0.30 * area, 1e-9);
        close(clearance, crop.machine_height_m.value.max(2.0), 1e-9);
        let cropped = 1.0 - (1.0 - field.cropped_share.value) * gcr / 0.30;
        close(offers.numbers("cropped_share")[at], cropped, 1e-9);
        let ratio = offers.numbers("crop_yield_ratio")[at];
        // Without weather there is no water to save.
        let margin = area * (ratio * crop.sales_per_ha_yr() - cropped * crop.cost_per_ha_yr());
        close(offers.numbers("crop_margin_cny_per_yr")[at], margin, 1e-9);
        assert_eq!(offers.words("water_saved_m3_per_yr")[at], "");
        let raising = mode.raising_per_kw_m.as_ref().unwrap().value * (clearance - field.clearance_m.value);
        let capex = 1e3 * mw * (mode.capex_per_kw.value + raising);
        close(offers.numbers("capex_cny")[at], capex, 1e-9);
        let cost = crf * capex + 1e3 * mw * mode.om_per_kw_yr.value + 1000.0 * area;
        close(offers.numbers("cost_cny_per_yr")[at], cost, 1e-9);
        let energy = offers.numbers("energy_mwh_per_yr")[at];
        close(energy, mw * offers.numbers("specific_yield_kwh_per_kwp")[at] * levelised_yield(0.06, 25.0, 0.004), 1e-9);
        close(offers.numbers("net_value_cny_per_yr")[at], 1e3 * energy * 0.3 + margin - cost, 1e-7);
        close(offers.numbers("break_even_price_cny_per_kwh")[at], (cost - margin) / (1e3 * energy), 1e-9);
        let ler = offers.numbers("land_equivalent_ratio")[at];
        let plain = 0.654 * area * 1500.0;
        close(ler, ratio + mw * offers.numbers("specific_yield_kwh_per_kwp")[at] / plain, 1e-9);
        checked += 1;
    }
    assert_eq!(checked, 6 * 2 * 2, "six distances of rows, two tilts, two crops");
}

#[test]
fn at_the_price_and_at_the_investment_it_breaks_even_an_offer_just_pays() {
    let scene = scene();
    let one = "[[mode]]\nid = \"agri_stilt\"\ncrops = [\"potato\"]\ngcr = [0.3]\ntilt_deg = [10.0]\n";
    let at = |extra: &str| {
        let run = scene.run(&project(&format!("{one}{extra}")));
        row(
            &run.table("offers.csv"),
            0,
            &["net_value_cny_per_yr", "break_even_price_cny_per_kwh", "break_even_capex_cny_per_kw", "area_ha"],
        )
    };
    let first = at("");
    assert!(first[0] > 0.0 && first[1] < 0.3 && first[2] > 4000.0, "{first:?}");
    let priced = at(&format!("price_cny_per_kwh = {}\n", first[1]));
    assert!(priced[0].abs() < 1e-3 * first[3], "{priced:?}");
    // The break-even is of the whole investment before connection, the raising of the modules included.
    let cheaper = at(&format!("capex_cny_per_kw = {}\nraising_cny_per_kw_m = 0.0\n", first[2]));
    assert!(cheaper[0].abs() < 1e-3 * first[3], "{cheaper:?}");
}

#[test]
fn what_is_kept_is_the_frontier_and_the_best_of_each_crop() {
    let scene = scene();
    let modes = format!(
        "{STILT}[[mode]]\nid = \"agri_interspace\"\ncrops = [\"alfalfa\"]\n[[mode]]\nid = \"agri_vertical\"\ncrops = [\"potato\"]\n"
    );
    let with = |keep: &str, price: &str| {
        let text = project(&format!("{modes}[agrivoltaics]\nkeep = \"{keep}\"\nmost_designs = 1000\n"));
        scene.run(&text.replace("price_cny_per_kwh = 0.3", &format!("price_cny_per_kwh = {price}")))
    };
    for price in ["0.2", "0.3", "0.36", "0.5"] {
        let (all, kept) = (with("all", price).table("offers.csv"), with("frontier", price));
        let worth = |table: &Table, at: usize| {
            let [net, crop, area] = row(table, at, &["net_value_cny_per_yr", "crop_margin_cny_per_yr", "area_ha"])[..]
            else {
                panic!()
            };
            Worth { energy: (net - crop) / area, crop: crop / area, mwh: 0.0 }
        };
        let rivals: Vec<Worth> = (0..all.words("mode").len()).map(|at| worth(&all, at)).collect();
        let tolerant = |one: &Worth, other: &Worth| other.energy > one.energy + 1e-3 && other.crop > one.crop + 1e-3;
        let offers = kept.table("offers.csv");
        let mut best: BTreeMap<(String, String), (bool, f64)> = BTreeMap::new();
        for (at, rival) in rivals.iter().enumerate() {
            let key = (all.words("mode")[at].to_owned(), all.words("crop")[at].to_owned());
            let known = best.entry(key).or_insert((false, f64::NEG_INFINITY));
            // Where the crop loses it is no best, unless it always does.
            let own = (rival.crop >= 0.0, rival.sum());
            *known = if own > *known { own } else { *known };
        }
        let found: BTreeSet<(String, String)> = offers
            .words("mode")
            .iter()
            .zip(offers.words("crop"))
            .map(|(mode, crop)| ((*mode).to_owned(), crop.to_owned()))
            .collect();
        assert_eq!(found.len(), best.len(), "at {price} some crop of some mode has no offer");
        for at in 0..offers.words("mode").len() {
            let (own, key) =
                (worth(&offers, at), (offers.words("mode")[at].to_owned(), offers.words("crop")[at].to_owned()));
            let is_beaten = rivals.iter().any(|rival| tolerant(&own, rival));
            let kept_as = offers.words("kept_as")[at];
            assert!(!is_beaten || kept_as == "best", "{key:?} at {price} is beaten and kept as {kept_as}");
            let per_capex =
                |table: &Table, at: usize| table.numbers("net_value_cny_per_yr")[at] / table.numbers("capex_cny")[at];
            let buys_most = || {
                let same = (0..rivals.len()).filter(|&other| all.words("mode")[other] == key.0);
                same.map(|other| per_capex(&all, other)).fold(f64::NEG_INFINITY, f64::max)
            };
            let is_best = (own.sum() - best[&key].1).abs() < 1e-3 || per_capex(&offers, at) > buys_most() - 1e-9;
            assert!(kept_as == "frontier" || is_best, "{key:?} at {price} is neither undominated nor the best");
        }
        // Nothing undominated is missing.
        let kept: Vec<Worth> = (0..offers.words("mode").len()).map(|at| worth(&offers, at)).collect();
        for rival in rivals.iter().filter(|rival| !rivals.iter().any(|other| tolerant(rival, other))) {
            let near = |own: &&Worth| own.energy > rival.energy - 1e-3 && own.crop > rival.crop - 1e-3;
            assert!(kept.iter().any(|own| near(&own)), "{rival:?} at {price} is missing");
        }
    }
}

#[test]
fn every_design_has_its_fate_and_the_table_adds_up() {
    let (_scene, run) = ran(&project(&format!("{STILT}[[mode]]\nid = \"agri_vertical\"\ncrops = [\"potato\"]\n")));
    let designs = run.table("designs.csv");
    let counts: Vec<u64> = designs.words("sites").iter().map(|word| word.parse().unwrap()).collect();
    let sites = run.summary()["sites"].as_u64().unwrap();
    assert_eq!(counts.iter().sum::<u64>(), sites * (6 * 2 * 2 + 6));
    let of = |wanted: &str| -> u64 {
        let rows = designs.words("outcome").into_iter().zip(&counts);
        rows.filter(|(outcome, _)| outcome.starts_with(wanted)).map(|(_, count)| count).sum()
    };
    assert_eq!(of("kept"), run.table("offers.csv").words("mode").len() as u64);
    let told = &run.summary()["designs"];
    assert_eq!(told["tried"], counts.iter().sum::<u64>());
    assert_eq!(told["outcomes"]["dropped_dominated"].as_u64().unwrap_or(0), of("dropped_dominated"));
    assert!(designs.words("reason").iter().all(|reason| !reason.is_empty()));
}

#[test]
fn a_scenario_that_wants_energy_finds_dense_designs_where_they_are_kept() {
    let scene = scene();
    let of = |keep: &str| {
        let extra = format!(
            "{STILT}[agrivoltaics]\nkeep = \"{keep}\"\n[[scenario]]\nid = \"most\"\nobjective = \"max_energy\"\n"
        );
        let run = scene.run(&project(&extra).replace("price_cny_per_kwh = 0.3", "price_cny_per_kwh = 0.2"));
        run.json("scenarios/most/summary.json")["energy_mwh_per_yr"].as_f64().unwrap()
    };
    let (few, with_energy, all) = (of("frontier"), of("frontier_with_energy"), of("all"));
    assert!(with_energy > 1.5 * few, "{few} {with_energy}");
    close(with_energy, all, 1e-9);
}

fn outcomes(run: &Run) -> BTreeSet<(String, String)> {
    let designs = run.table("designs.csv");
    let pairs = designs.words("outcome").into_iter().zip(designs.words("rule"));
    pairs.map(|(outcome, rule)| (outcome.to_owned(), rule.to_owned())).collect()
}

#[test]
fn what_climate_machines_or_darkness_do_not_allow_is_refused_and_said() {
    let refused = |rule: &str| ("refused".to_owned(), rule.to_owned());
    let mut high = Scene::new(4, 4);
    high.classes("landcover", &Array2::from_elem((4, 4), GRASS));
    high.amounts("dem", &Array2::from_elem((4, 4), 4_500.0));
    let run = high.run(&project("[[mode]]\nid = \"agri_stilt\"\ncrops = [\"lily\"]\n"));
    assert_eq!(outcomes(&run), BTreeSet::from([refused("unsuited")]));
    assert_eq!(run.summary()["offers"], 0);
    let wide = "[[crop]]\nid = \"potato\"\nmachine_width_m = 12.0\n[[mode]]\nid = \"agri_interspace\"\ncrops = [\"potato\"]\n\
        gcr = [0.2, 0.5]\ntilt_deg = [20.0]\n";
    let (_scene, run) = ran(&project(wide));
    assert!(outcomes(&run).contains(&refused("machines")));
    assert!(run.table("offers.csv").numbers("row_gap_m").iter().all(|gap| *gap >= 12.0));
    let dark = "[[mode]]\nid = \"agri_stilt\"\ncrops = [\"potato\"]\ngcr = [0.3, 0.95]\ntilt_deg = [0.0]\n";
    let (_scene, run) = ran(&project(dark));
    assert!(outcomes(&run).contains(&refused("dark")), "{:?}", outcomes(&run));
    let tall =
        "[[crop]]\nid = \"potato\"\nmachine_height_m = 6.0\n[[mode]]\nid = \"agri_stilt\"\ncrops = [\"potato\"]\n";
    assert_eq!(outcomes(&ran(&project(tall)).1), BTreeSet::from([refused("height")]));
}

#[test]
fn suitability_is_that_of_the_least_of_terrain_and_rain() {
    let mut scene = Scene::new(1, 4);
    scene.classes("landcover", &Array2::from_elem((1, 4), BARE));
    scene.amounts("dem", &array![[500.0, 500.0, 500.0, 500.0]]);
    // Limits of a crop made up for it: half way up at 500 m.
    let text = "[[crop]]\nid = \"potato\"\nelevation_m = [0.0, 1000.0, 2000.0, 3000.0]\nslope_deg = [0.0, 0.0, 10.0, 20.0]\n\
        rain_mm_per_yr = [0.0, 0.0, 600.0, 1400.0]\n[[mode]]\nid = \"agri_interspace\"\ncrops = [\"potato\"]\n\
        [output]\nlayers = [\"crop_suitability_potato\"]\n";
    let rain = |mm: f64| format!("rain_mm_per_month = [{}]\n", vec![format!("{mm:?}"); 12].join(", "));
    let suits = |rain: &str| {
        let run = scene.run(&project(text).replace("price_cny_per_kwh", &format!("{rain}price_cny_per_kwh")));
        let layer = run.layer("crop_suitability_potato");
        assert_eq!(layer.dim(), (1, 4));
        layer[(0, 1)]
    };
    // Slopes of the edge are not known; without neighbours above and below none is.
    assert!(suits("").is_nan());
    let mut scene = Scene::new(3, 4);
    scene.classes("landcover", &Array2::from_elem((3, 4), BARE));
    scene.amounts("dem", &Array2::from_elem((3, 4), 500.0));
    let suits = |rain: &str| {
        let run = scene.run(&project(text).replace("price_cny_per_kwh", &format!("{rain}price_cny_per_kwh")));
        run.layer("crop_suitability_potato")[(1, 1)]
    };
    assert_eq!(suits(""), 0.5);
    assert_eq!(suits(&rain(50.0)), 0.5, "600 mm suit it best");
    assert_eq!(suits(&rain(100.0)), 0.25, "1200 mm are three quarters of the way to too much");
}

#[test]
fn the_law_raises_modules_and_spreads_rows() {
    let text = format!("[[law]]\npack = \"de_din_spec_91434\"\n{STILT}[agrivoltaics]\nkeep = \"all\"\n");
    let (_scene, run) = ran(&project(&text));
    let offers = run.table("offers.csv");
    assert!(offers.numbers("clearance_m").iter().all(|height| *height >= 2.1));
    let total = offers.numbers("crop_yield_ratio");
    assert!(total.iter().all(|ratio| *ratio >= 0.66), "{total:?}");
    assert!(outcomes(&run).contains(&("refused".to_owned(), "de_din_spec_91434.total_yield".to_owned())));
    let (_french, french) = run_of("fr_2024_318", STILT);
    let cover =
        |offers: &Table, at: usize| offers.numbers("gcr")[at] * offers.numbers("tilt_deg")[at].to_radians().cos();
    let offers = french.table("offers.csv");
    for at in 0..offers.words("mode").len() {
        assert!(offers.numbers("crop_yield_ratio")[at] >= 0.9 * offers.numbers("cropped_share")[at] - 1e-9);
        assert!(cover(&offers, at) <= 0.4 + 1e-9);
    }
    let (_japan, japan) = run_of("jp_maff", STILT);
    let offers = japan.table("offers.csv");
    let ratios = offers.numbers("crop_yield_ratio").into_iter().zip(offers.numbers("cropped_share"));
    assert!(ratios.clone().count() == 0 || ratios.clone().all(|(total, cropped)| total / cropped > 0.8));
}

fn run_of(pack: &str, modes: &str) -> (Scene, Run) {
    ran(&project(&format!("[[law]]\npack = \"{pack}\"\n{modes}[agrivoltaics]\nkeep = \"all\"\n")))
}

#[test]
fn more_shade_is_more_cover_and_bands_hold_the_yield() {
    let (_scene, run) = ran(&project(&format!("{STILT}[agrivoltaics]\nkeep = \"all\"\n")));
    let offers = run.table("offers.csv");
    let column = |name: &str| offers.numbers(name);
    let (low, expected, high) =
        (column("crop_yield_ratio_low"), column("crop_yield_ratio"), column("crop_yield_ratio_high"));
    for at in 0..low.len() {
        assert!(low[at] <= expected[at] && expected[at] <= high[at] && low[at] < high[at]);
        assert!(column("land_equivalent_ratio_low")[at] <= column("land_equivalent_ratio")[at]);
        assert!(
            column("light_share_least")[at] <= column("light_share")[at]
                && column("light_share")[at] <= column("light_share_most")[at] + 0.05
        );
    }
    for (tilt, crop) in [(10.0, "potato"), (20.0, "wheat")] {
        let mut by_gcr: Vec<(f64, f64)> = (0..low.len())
            .filter(|&at| column("tilt_deg")[at] == tilt && offers.words("crop")[at] == crop)
            .map(|at| (column("gcr")[at], column("light_share")[at]))
            .collect();
        by_gcr.sort_by(|a, b| a.0.total_cmp(&b.0));
        assert!(by_gcr.len() == 6 && by_gcr.windows(2).all(|pair| pair[1].1 < pair[0].1), "{by_gcr:?}");
    }
    assert_eq!(column("area_ha")[0], 16.0 * CELL_M * CELL_M / 1e4);
}

#[test]
fn building_nothing_says_what_would_pay() {
    let text = format!("{STILT}[[scenario]]\nid = \"free\"\nobjective = \"max_net_value\"\n");
    let (_scene, run) = ran(&project(&text).replace("price_cny_per_kwh = 0.3", "price_cny_per_kwh = 0.05"));
    let summary = run.json("scenarios/free/summary.json");
    assert_eq!(summary["capacity_mw"], 0);
    let notes = summary["notes"].to_string();
    let nearest =
        run.table("offers.csv").numbers("break_even_price_cny_per_kwh").into_iter().fold(f64::INFINITY, f64::min);
    assert!(notes.contains("build nothing") && notes.contains(&format!("{nearest:.4} CNY/kWh")), "{notes}");
}

/// A layout of other rows has another density, and loses more or less land.
#[test]
fn density_and_lost_land_follow_the_rows_of_a_layout() {
    let per_ha = |layout: &str| {
        let (_scene, run) =
            ran(&project(&format!("{layout}[[mode]]\nid = \"ground\"\n{STILT}[agrivoltaics]\nkeep = \"all\"\n")));
        let offers = run.table("offers.csv");
        let at = |mode: &str, gcr: &str| {
            let of = |row: &usize| offers.words("mode")[*row] == mode && offers.words("gcr")[*row] == gcr;
            let row = (0..offers.words("mode").len()).find(of).unwrap();
            (offers.numbers("capacity_mw")[row] / offers.numbers("area_ha")[row], offers.numbers("cropped_share")[row])
        };
        [at("ground", ""), at("agri_stilt", "0.4")]
    };
    let [ground, stilt] = per_ha("");
    let [same, changed] = per_ha("[[layout]]\nid = \"stilt\"\ngcr = 0.4\n");
    assert_eq!((ground.0, stilt), (same.0, changed), "the same rows are the same plant, whatever the layout's own");
    let [dense, _] = per_ha("[[layout]]\nid = \"fixed\"\ngcr = 0.7\n");
    close(dense.0, 2.0 * ground.0, 1e-9);
    let single = scene().try_run(&project(&format!("[[layout]]\nid = \"stilt\"\ngcr = 0.0\n{STILT}")), &[]);
    assert!(single.code == 2 && single.errors.contains("is a single row"), "{}", single.errors);
}

#[test]
fn todays_crop_is_that_of_fields_and_of_orchards() {
    let mut scene = Scene::new(1, 4);
    scene.raster("use", &array![[101_u8, 201, 201, 12]]);
    scene.input("land_use = { raster = \"use.tif\", classes = \"gbt21010\", unlisted_codes = \"unknown\" }");
    let mode = "[[mode]]\nid = \"agri_stilt\"\nland = [\"cropland\", \"orchard\"]\ncrops = [\"potato\"]\ngcr = [0.3]\ntilt_deg = [10.0]\n";
    let change = |today: &str| {
        let text = project(mode).replace("price_cny_per_kwh", &format!("{today}price_cny_per_kwh"));
        let run = scene.run(&text);
        let offers = run.table("offers.csv");
        let sum = |name: &str| offers.numbers(name).iter().sum::<f64>();
        (sum("crop_margin_cny_per_yr") - sum("crop_margin_change_cny_per_yr"), sum("area_ha"))
    };
    let tables = Tables::builtin().unwrap();
    let margin = |id: &str| tables.crops.crop.iter().find(|crop| crop.id == id).unwrap().margin_per_ha_yr.value;
    let (both, area_ha) = change("present_crop = \"wheat\"\npresent_orchard_crop = \"apple\"\n");
    assert_eq!(area_ha, 3.0);
    close(both, margin("wheat") + 2.0 * margin("apple"), 1e-9);
    close(change("present_crop = \"wheat\"\n").0, 3.0 * margin("wheat"), 1e-9);
}

#[test]
fn where_all_designs_are_refused_the_note_says_why() {
    let tall =
        "[[crop]]\nid = \"potato\"\nmachine_height_m = 6.0\n[[mode]]\nid = \"agri_stilt\"\ncrops = [\"potato\"]\n";
    let scene = scene();
    let path = scene.project(&project(tall));
    let out = scene.path("out");
    let output = solsite(&["run", path.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    let notes = String::from_utf8(output.stderr).unwrap();
    assert!(notes.contains("all designs were refused (height)") && !notes.contains("no yield is known"), "{notes}");
}

#[test]
fn a_region_may_take_its_economics_from_the_table() {
    let scene = scene();
    let of = |data: &str| {
        let text = format!(
            "[sites]\n[[mode]]\nid = \"ground\"\n[[region_data]]\nid = \"*\"\n{data}yield_kwh_per_kwp = {{ fixed = 1500.0 }}\n"
        );
        scene.run(&text)
    };
    let run = of("like = \"gansu\"\nprice_cny_per_kwh = 0.31\n");
    let stated = of(
        "price_cny_per_kwh = 0.31\ncurtailment_share = 0.06\nland_rent_cny_per_ha_yr = { grassland = 2000.0, \"*\" = 800.0 }\n",
    );
    assert_eq!(
        run.table("offers.csv").words("net_value_cny_per_yr"),
        stated.table("offers.csv").words("net_value_cny_per_yr")
    );
    let odd = scene.try_run("[[region_data]]\nid = \"*\"\nlike = \"ganzu\"\n", &[]);
    assert!(odd.code == 2 && odd.errors.contains("did you mean `gansu`"), "{}", odd.errors);
}

#[test]
fn numbers_that_are_not_verified_are_listed() {
    let text = format!("[[law]]\npack = \"it_mite_2022\"\n{STILT}");
    let (_scene, run) = ran(&project(&text));
    let list = run.summary()["unverified"].to_string();
    for word in [
        "crops.potato.kc",
        "crops.potato.season",
        "layouts.stilt.cropped_share",
        "law.it_mite_2022.",
        "water.price_per_m3",
        "modes.agri_stilt.raising_per_kw_m",
    ] {
        assert!(list.contains(word), "{word}");
    }
    assert!(!list.contains("crops.tubers"), "the response of tubers is verified");
}
