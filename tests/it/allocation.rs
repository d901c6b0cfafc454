//! Allocation from tables: the worked program, land shared exactly, prices, and limits that cannot be met.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use proptest::prelude::*;
use serde_json::Value;
use solsite::allocate::model::{Lp, LpRow};
use solsite::allocate::rules::land::Facets;
use solsite::allocate::solver::{self, Outcome};
use solsite::rule::ModeSet;
use tempfile::TempDir;

use crate::support::{Run, close, solsite, vectors};

/// A table of offers, a project file, and the program run on them.
struct Desk {
    dir: TempDir,
}

impl Desk {
    fn new(offers: &str) -> Self {
        let desk = Self { dir: TempDir::new().unwrap() };
        desk.write("offers.csv", offers);
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// Runs the scenarios in `text` over the table, with further arguments.
    fn try_run(&self, text: &str, more: &[&str]) -> Run {
        self.write("project.toml", &format!("schema_version = 1\nname = \"table\"\n{text}"));
        let [project, offers, out] = ["project.toml", "offers.csv", "out"].map(|name| self.path(name));
        let mut arguments = vec!["allocate", project.to_str().unwrap(), "--offers", offers.to_str().unwrap()];
        arguments.extend(["--out", out.to_str().unwrap(), "-q"]);
        arguments.extend(more);
        Run::of(&solsite(&arguments), out)
    }

    #[track_caller]
    fn run(&self, text: &str) -> Run {
        let run = self.try_run(text, &[]);
        assert_eq!(run.code, 0, "{}", run.errors);
        run
    }
}

fn summary(run: &Run, scenario: &str) -> Value {
    run.json(&format!("scenarios/{scenario}/summary.json"))
}

/// Shadow prices that are not zero, by rule and key.
fn prices(run: &Run, scenario: &str) -> BTreeMap<(String, String), f64> {
    let table = run.table(&format!("scenarios/{scenario}/prices.csv"));
    let keys = table.words("rule").into_iter().zip(table.words("key"));
    let named = keys.map(|(rule, key)| (rule.to_owned(), key.to_owned()));
    named.zip(table.numbers("shadow_price")).filter(|(_, price)| *price != 0.0).collect()
}

fn allocated(run: &Run, scenario: &str) -> BTreeMap<String, f64> {
    let table = run.table(&format!("scenarios/{scenario}/allocation.csv"));
    let ids = table.words("offer_id").into_iter().map(str::to_owned);
    ids.zip(table.numbers("allocated_mw")).collect()
}

/// The program of `tests/vectors/f_lp.json` as a table of offers, in CNY.
fn worked_offers() -> String {
    let case = vectors("f_lp.json");
    let number = |path: &str| case.pointer(path).and_then(Value::as_f64).unwrap();
    let mut text = String::from("offer_id,site_id,region,mode,area_ha,capacity_mw,capex_cny,net_value_cny_per_yr\n");
    for site in 0..6 {
        for (mode, name) in ["ground", "agri", "float"].into_iter().enumerate() {
            if number(&format!("/allow/{site}/{mode}")) == 0.0 {
                continue;
            }
            let city = number(&format!("/city/{site}")) as usize;
            let (area_ha, density) =
                (number(&format!("/area_ha/{site}")), number(&format!("/density_MW_per_ha/{mode}")));
            let capex = number(&format!("/capex_CNY_kW/{mode}")) + number(&format!("/conn_CNY_kW/{site}"));
            let income =
                number(&format!("/yield_MWh_per_MW/{site}/{mode}")) * number(&format!("/price_CNY_kWh/{city}"));
            let farm = number(&format!("/crop_margin_1e4CNY_ha/{mode}")) - number(&format!("/lease_1e4CNY_ha/{site}"));
            let per_kw = income - capex * number("/crf") - number(&format!("/opex_CNY_kW_yr/{mode}"));
            let mw = density * area_ha;
            let (value, capex) = (1e3 * per_kw * mw + 1e4 * farm * area_ha, 1e3 * capex * mw);
            let region = ["LZ", "QD"][city];
            writeln!(text, "{site}:{name},site {site},{region},{name},{area_ha},{mw},{capex},{value}").unwrap();
        }
    }
    text
}

const WORKED: &str = r#"
[[scenario]]
id = "worked"
objective = "max_net_value"
[[scenario.limit]]
id = "budget"
sum = "capex_cny"
max = 780e6
[[scenario.limit]]
id = "grid_lz"
where = { region = "LZ" }
sum = "capacity_mw"
max = 160.0
[[scenario.limit]]
id = "grid_qd"
where = { region = "QD" }
sum = "capacity_mw"
max = 90.0
[[scenario.limit]]
id = "agricultural_area"
where = { mode = "agri" }
sum = "area_ha"
min = 120.0
[[scenario.limit]]
id = "subsidence"
where = { site_id = ["site 2", "site 5"] }
sum = "capacity_mw"
min = 50.0
"#;

#[test]
fn the_worked_program_has_its_optimum_and_its_four_prices() {
    let optimum = &vectors("f_lp.json")["optimum"];
    let desk = Desk::new(&worked_offers());
    let run = desk.run(WORKED);
    let summary = summary(&run, "worked");
    assert_eq!(summary["status"], "optimal");
    close(summary["objective"].as_f64().unwrap(), 1e6 * optimum["objective_MCNY_per_yr"].as_f64().unwrap(), 1e-8);
    close(summary["bound"].as_f64().unwrap(), 26_484_674.84, 1e-9);
    let megawatts = allocated(&run, "worked");
    for (name, expected) in optimum["x_MW"].as_object().unwrap() {
        let id = name.trim_start_matches("x_").replace('_', ":");
        assert!((megawatts[&id] - expected.as_f64().unwrap()).abs() < 1e-5, "{id}: {}", megawatts[&id]);
    }
    let key = |rule: &str, key: &str| (rule.to_owned(), key.to_owned());
    let expected = BTreeMap::from([
        (key("agricultural_area", ""), -30_111.858_4),
        (key("budget", ""), 0.033_572_692_0),
        (key("grid_qd", ""), 42_041.298_3),
        (key("land", "site 5"), 1_276.814_2),
    ]);
    let found = prices(&run, "worked");
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (rule, price) in expected {
        close(found[&rule], price, 1e-7);
    }
    let table = run.table("scenarios/worked/prices.csv");
    assert_eq!(table.header[..6], ["rule", "key", "unit", "limit", "used", "shadow_price"]);
    assert_eq!(table.words("unit")[..4], ["CNY", "MW", "MW", "ha"]);
}

/// Every price against the change of the optimum when its limit moves a little.
#[test]
fn prices_are_what_one_more_unit_changes() {
    let desk = Desk::new(&worked_offers());
    let share =
        "[[scenario.limit]]\nid = \"fair\"\nwhere = { region = \"QD\" }\nsum = \"capacity_mw\"\nmax_share = 0.4\n";
    let average = "[[scenario.limit]]\nid = \"dear\"\naverage = \"capex_per_kw\"\nby = \"capacity_mw\"\nmax = 3504.0\n";
    let offers = worked_offers();
    let per_kw = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        fields[6]
            .parse::<f64>()
            .map_or("capex_per_kw".to_owned(), |capex| (capex / fields[5].parse::<f64>().unwrap() / 1e3).to_string())
    };
    let with_ratio: Vec<String> = offers.lines().map(|line| format!("{line},{}", per_kw(line))).collect();
    desk.write("offers.csv", &with_ratio.join("\n"));
    let text = format!("[columns]\ncapex_per_kw = \"intensive\"\n{WORKED}{share}{average}");
    let objective = |text: &str| summary(&desk.run(text), "worked")["objective"].as_f64().unwrap();
    let found = prices(&desk.run(&text), "worked");
    let before = objective(&text);
    let mut checked = 0;
    for (rule, from, to, step) in [
        ("budget", "max = 780e6", "max = 780.001e6", 1e3),
        ("agricultural_area", "min = 120.0", "min = 120.01", 0.01),
        ("grid_qd", "max = 90.0", "max = 90.01", 0.01),
        ("fair", "max_share = 0.4", "max_share = 0.400001", 1e-6),
        ("dear", "max = 3504.0", "max = 3504.01", 0.01),
    ] {
        let change = (objective(&text.replace(from, to)) - before) / step;
        let price = found.get(&(rule.to_owned(), String::new())).copied().unwrap_or(0.0);
        assert!((price - change).abs() <= 1e-3 * price.abs().max(1e-6), "{rule}: price {price}, change {change}");
        checked += usize::from(price != 0.0);
    }
    assert!(checked >= 4, "{found:?}");
    assert!(found[&("agricultural_area".to_owned(), String::new())] < 0.0, "more of a duty is worth less");
}

#[test]
fn land_told_by_modes_is_shared_exactly() {
    // 10 ha take A alone, 20 ha take B alone, 30 ha take both.
    let desk = Desk::new("site_id,mode,area_ha,capacity_mw,energy_mwh_per_yr\ns,A,40,40,80\ns,B,50,100,150\n");
    desk.write("land.csv", "site_id,modes,area_ha\ns,A,10\ns,B,20\ns,A;B,30\n");
    let text = "[[scenario]]\nid = \"e\"\nobjective = \"max_energy\"\n";
    let land = desk.path("land.csv");
    let run = desk.try_run(text, &["--site-land", land.to_str().unwrap()]);
    assert_eq!(run.code, 0, "{}", run.errors);
    // A hectare of B makes 3 MWh, one of A makes 2: B takes all it may, A its own.
    let table = run.table("scenarios/e/allocation.csv");
    assert_eq!(table.numbers("allocated_mw"), [10.0, 100.0]);
    close(summary(&run, "e")["objective"].as_f64().unwrap(), 20.0 + 150.0, 1e-12);
    let prices = run.table("scenarios/e/prices.csv");
    assert_eq!(prices.words("modes"), ["A", "B", "A;B"]);
    // Without the table a site is one pool, as large as its largest offer.
    let pooled = desk.run(text);
    close(summary(&pooled, "e")["objective"].as_f64().unwrap(), 150.0, 1e-12);
}

/// Most that capacities per hectare can earn on land told by modes: a transport problem with a column for each
/// pair of mode and land, against the rows of facets alone.
fn by_transport(land: &[(ModeSet, f64)], worth: &[f64], wanted: &[f64]) -> f64 {
    let pairs: Vec<(usize, usize)> = (0..worth.len())
        .flat_map(|mode| land.iter().enumerate().filter(move |(_, l)| l.0.has(mode)).map(move |(i, _)| (mode, i)))
        .collect();
    let row = |test: &dyn Fn(&(usize, usize)) -> bool, rhs: f64| {
        let chosen = pairs.iter().enumerate().filter(|(_, pair)| test(pair));
        LpRow { coefficients: chosen.map(|(i, _)| (i as u32, 1.0)).collect(), rhs, scale: 1.0 }
    };
    let mut rows: Vec<LpRow> = (0..land.len()).map(|i| row(&|pair| pair.1 == i, land[i].1)).collect();
    rows.extend((0..worth.len()).map(|mode| row(&|pair| pair.0 == mode, wanted[mode])));
    best(&pairs.iter().map(|pair| worth[pair.0]).collect::<Vec<_>>(), rows)
}

fn by_facets(land: &[(ModeSet, f64)], worth: &[f64], wanted: &[f64]) -> f64 {
    let mut family: Vec<ModeSet> = land.iter().map(|(set, _)| *set).collect();
    family.sort();
    family.dedup();
    let mut facets = Facets::default();
    let row = |set: &ModeSet| {
        let rhs = land.iter().filter(|(admitted, _)| admitted.meets(*set)).map(|(_, area)| area).sum();
        LpRow { coefficients: set.iter().map(|mode| (mode as u32, 1.0)).collect(), rhs, scale: 1.0 }
    };
    let mut rows: Vec<LpRow> = facets.of(&family).iter().map(row).collect();
    let covered = family.iter().fold(ModeSet::default(), |all, set| ModeSet(all.0 | set.0));
    for (mode, &most) in wanted.iter().enumerate() {
        let rhs = if covered.has(mode) { most } else { 0.0 };
        rows.push(LpRow { coefficients: vec![(mode as u32, 1.0)], rhs, scale: 1.0 });
    }
    best(worth, rows)
}

fn best(worth: &[f64], rows: Vec<LpRow>) -> f64 {
    let cost: Vec<f64> = worth.iter().map(|worth| -worth).collect();
    let lp = Lp { upper: vec![f64::INFINITY; cost.len()], cost, rows, cost_scale: 1.0 };
    match solver::solve(&lp).unwrap() {
        Outcome::Optimal(solution) => solution.columns.iter().zip(worth).map(|(x, worth)| x * worth).sum(),
        other => panic!("{other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn facets_alone_describe_all_that_fits(
        land in prop::collection::vec((1_u32..32, 0.5_f64..20.0), 1..8),
        worth in prop::collection::vec(0.1_f64..9.0, 5),
        wanted in prop::collection::vec(0.0_f64..40.0, 5),
    ) {
        let land: Vec<(ModeSet, f64)> = land.into_iter().map(|(bits, area)| (ModeSet(bits), area)).collect();
        let (exact, lean) = (by_transport(&land, &worth, &wanted), by_facets(&land, &worth, &wanted));
        prop_assert!((exact - lean).abs() < 1e-7 * (1.0 + exact), "{} {}", exact, lean);
    }

    #[test]
    fn loosening_a_limit_never_worsens_the_optimum(budget in 2.0_f64..9.0, more in 0.0_f64..3.0, share in 0.0_f64..0.9) {
        let objective = |budget: f64, share: f64| {
            let columns = [[3.0, 1.0, 0.0], [2.0, 0.8, 1.0], [1.0, 0.3, 0.0]];
            let row = |coefficients: Vec<f64>, rhs: f64| LpRow {
                coefficients: coefficients.into_iter().enumerate().map(|(i, v)| (i as u32, v)).collect(), rhs, scale: 1.0,
            };
            let rows = vec![
                row(columns.iter().map(|c| c[1]).collect(), budget),
                row(columns.iter().map(|c| share - c[2]).collect(), 0.0),
            ];
            let cost: Vec<f64> = columns.iter().map(|c| -c[0]).collect();
            match solver::solve(&Lp { cost: cost.clone(), upper: vec![6.0; 3], rows, cost_scale: 1.0 }).unwrap() {
                Outcome::Optimal(s) => -s.columns.iter().zip(&cost).map(|(x, c)| x * c).sum::<f64>(),
                other => panic!("{other:?}"),
            }
        };
        prop_assert!(objective(budget + more, share) >= objective(budget, share) - 1e-9);
        prop_assert!(objective(budget, share * 0.5) >= objective(budget, share) - 1e-9);
    }
}

#[test]
fn a_set_needs_a_row_only_if_it_is_closed_and_connected() {
    let sets = |bits: &[u32]| bits.iter().map(|&bits| ModeSet(bits)).collect::<Vec<_>>();
    let facets = |family: &[u32]| Facets::default().of(&sets(family)).iter().map(|set| set.0).collect::<Vec<_>>();
    // One pool: one row. Land apart: a row each. Nested: the smaller and the whole.
    assert_eq!(facets(&[0b111]), [0b111]);
    assert_eq!(facets(&[0b001, 0b010]), [0b001, 0b010]);
    assert_eq!(facets(&[0b001, 0b011]), [0b010, 0b011]);
    assert_eq!(facets(&[0b011, 0b110]), [0b001, 0b100, 0b111]);
}

/// Two sites of 100 ha each in two regions, ground and agricultural.
const TWO: &str = "offer_id,site_id,region,mode,area_ha,capacity_mw,capacity_ac_mw,energy_mwh_per_yr,capex_cny,\
net_value_cny_per_yr,cost_cny_per_yr,lcoe_cny_per_kwh,score,substation,hosting_mw,crop_change_t_per_yr\n\
a-g,a,west,ground,100,60,50,90000,180e6,9e6,15e6,0.17,0.9,S1,40,-50\n\
a-f,a,west,agri,100,40,32,60000,160e6,2e6,16e6,0.27,0.8,S1,40,30\n\
b-g,b,east,ground,100,60,50,84000,180e6,6e6,15e6,0.18,0.6,S2,30,-60\n\
b-f,b,east,agri,100,40,32,56000,160e6,-1e6,16e6,0.29,0.5,S2,30,25\n";

fn scenario(objective: &str, limits: &[&str]) -> String {
    let mut text = format!("[[scenario]]\nid = \"s\"\nobjective = \"{objective}\"\n");
    for (i, limit) in limits.iter().enumerate() {
        let id = if limit.contains("id = ") { String::new() } else { format!("id = \"l{i}\"\n") };
        write!(text, "[[scenario.limit]]\n{id}{limit}\n").unwrap();
    }
    text
}

#[test]
fn objectives_take_what_they_strive_for() {
    let desk = Desk::new(TWO);
    for (objective, expected, taken) in [
        ("max_net_value", 15e6, [60.0, 0.0, 60.0, 0.0]),
        ("max_energy", 174_000.0, [60.0, 0.0, 60.0, 0.0]),
        ("max_score", 0.9 * 60.0 + 0.6 * 60.0, [60.0, 0.0, 60.0, 0.0]),
        ("min_cost", 0.0, [0.0, 0.0, 0.0, 0.0]),
        ("crop_change_t_per_yr", 55.0, [0.0, 40.0, 0.0, 40.0]),
        ("max_crop_change_t_per_yr", 55.0, [0.0, 40.0, 0.0, 40.0]),
        ("min_crop_change_t_per_yr", -110.0, [60.0, 0.0, 60.0, 0.0]),
    ] {
        let run = desk.run(&scenario(objective, &[]));
        close(summary(&run, "s")["objective"].as_f64().unwrap() + 1.0, expected + 1.0, 1e-9);
        assert_eq!(run.table("scenarios/s/allocation.csv").numbers("allocated_mw"), taken, "{objective}");
    }
}

#[test]
fn building_nothing_is_an_answer() {
    let offers = TWO.replace("9e6", "-9e6").replace(",2e6", ",-2e6").replace("6e6,15e6,0.18", "-6e6,15e6,0.18");
    let desk = Desk::new(&offers);
    let run = desk.run(&scenario("max_net_value", &[]));
    let summary = summary(&run, "s");
    assert_eq!((summary["objective"].as_f64(), summary["capacity_mw"].as_f64()), (Some(0.0), Some(0.0)));
    assert_eq!(summary["notes"][0], "the best choice is to build nothing");
}

#[test]
fn hosting_holds_at_every_substation() {
    let hosting = "per = \"substation\"\nsum = \"capacity_ac_mw\"\nmax_column = \"hosting_mw\"";
    let desk = Desk::new(TWO);
    let run = desk.run(&scenario("max_net_value", &[hosting]));
    assert_eq!(run.table("scenarios/s/allocation.csv").numbers("allocated_mw"), [48.0, 0.0, 36.0, 0.0]);
    let table = run.table("scenarios/s/prices.csv");
    assert_eq!(table.words("key")[..2], ["S1", "S2"]);
    assert_eq!(table.numbers("limit")[..2], [40.0, 30.0]);
    // A DC megawatt earns 150 000, an AC megawatt 1.2 times that.
    close(table.numbers("shadow_price")[0], 1.2 * 150_000.0, 1e-9);
}

#[test]
fn shares_averages_and_baselines_are_one_rule() {
    let desk = Desk::new(TWO);
    let taken = |limits: &[&str]| {
        desk.run(&scenario("max_net_value", limits)).table("scenarios/s/allocation.csv").numbers("allocated_mw")
    };
    let share = |a: &[f64]| (a[2] + a[3]) / a.iter().sum::<f64>();
    // Half of the megawatts are in the east already: a cap of 0.2 makes it a fifth.
    let capped = taken(&["where = { region = \"east\" }\nsum = \"capacity_mw\"\nmax_share = 0.2"]);
    close(share(&capped), 0.2, 1e-9);
    // The harvest of 200 t may not fall below 150 t.
    let fed = taken(&["sum = \"crop_change_t_per_yr\"\nbaseline = 200.0\nmin = 150.0"]);
    close(-50.0 * fed[0] / 60.0 + 30.0 * fed[1] / 40.0 - 60.0 * fed[2] / 60.0 + 25.0 * fed[3] / 40.0, -50.0, 1e-9);
    // The mean cost of all energy stays below 0.172.
    let cheap = taken(&["average = \"lcoe_cny_per_kwh\"\nby = \"energy_mwh_per_yr\"\nmax = 0.172"]);
    let energy = [1500.0 * cheap[0], 1500.0 * cheap[1], 1400.0 * cheap[2], 1400.0 * cheap[3]];
    let mean = (0.17 * energy[0] + 0.27 * energy[1] + 0.18 * energy[2] + 0.29 * energy[3]) / energy.iter().sum::<f64>();
    close(mean, 0.172, 1e-9);
    // A share of a stated amount, by region.
    let treated = taken(&[
        "where = { mode = \"agri\" }\nper = \"region\"\nsum = \"area_ha\"\nmin_share = 0.5\nbaseline = { west = 40.0, east = 90.0 }",
    ]);
    close(treated[1] / 40.0 * 100.0, 20.0, 1e-9);
    close(treated[3] / 40.0 * 100.0, 45.0, 1e-9);
}

#[test]
fn the_base_is_overridden_by_scenarios() {
    let text = "[base]\nobjective = \"max_net_value\"\n[[base.limit]]\nid = \"budget\"\nsum = \"capex_cny\"\nmax = 180e6\n\
        [[scenario]]\nid = \"plain\"\n[[scenario]]\nid = \"rich\"\n[[scenario.limit]]\nid = \"budget\"\nsum = \"capex_cny\"\nmax = 270e6\n\
        [[scenario]]\nid = \"free\"\nwithout = [\"budget\"]\nobjective = \"max_energy\"\n";
    let desk = Desk::new(TWO);
    let run = desk.run(text);
    for (id, objective) in [("plain", 9e6), ("rich", 12e6), ("free", 174_000.0)] {
        close(summary(&run, id)["objective"].as_f64().unwrap(), objective, 1e-9);
    }
    let comparison = run.table("comparison.csv");
    assert_eq!(comparison.header, ["indicator", "plain", "rich", "free", "rich - plain", "free - plain"]);
    let capex = comparison.words("indicator").iter().position(|name| *name == "capex_cny").unwrap();
    assert_eq!(comparison.rows[capex][1..], ["180000000", "270000000", "360000000", "90000000", "180000000"]);
    let against = solsite(&["compare", run.out.to_str().unwrap(), "--baseline", "rich", "--format", "json"]);
    let json: Value = serde_json::from_slice(&against.stdout).unwrap();
    assert_eq!(json["baseline"], "rich");
    assert_eq!(json["scenarios"][0]["difference"]["capex_cny"], -90_000_000);
    assert_eq!(json["scenarios"][0]["difference"]["objective"], -3_000_000);
    // Euros and megawatt-hours have no difference.
    assert_eq!(json["scenarios"][2]["difference"]["objective"], Value::Null);
    let one = desk.try_run(text, &["--scenario", "rich"]);
    assert_eq!(one.code, 0);
    let plain = run.out.join("scenarios/plain/summary.json");
    assert!(plain.exists(), "what was not asked for and has not changed stays");
    let tighter = text.replace("max = 180e6", "max = 170e6");
    assert_eq!(desk.try_run(&tighter, &["--scenario", "rich"]).code, 0);
    assert!(!plain.exists(), "a scenario whose limits have changed does not");
}

#[test]
fn limits_that_cannot_be_met_are_explained_in_numbers() {
    let desk = Desk::new(TWO);
    let budget = "id = \"budget\"\nsum = \"capex_cny\"\nmax = 90e6";
    let energy = "id = \"energy\"\nsum = \"energy_mwh_per_yr\"\nmin = 60000.0";
    let run = desk.try_run(&scenario("max_net_value", &[budget, energy]), &[]);
    assert_eq!(run.code, 1);
    let summary = summary(&run, "s");
    assert_eq!(summary["status"], "infeasible");
    // 90 million buy half of the best offer, 45 000 MWh; 60 000 MWh cost 120 million.
    let conflict = summary["conflict"].as_array().unwrap();
    let of = |rule: &str| conflict.iter().find(|clash| clash["rule"] == rule).unwrap();
    close(of("budget")["alone"].as_f64().unwrap(), 120e6, 1e-6);
    close(of("energy")["alone"].as_f64().unwrap(), 45_000.0, 1e-6);
    let text = summary["explanation"].to_string();
    for words in [
        "`budget` (at most 90000000 CNY)",
        "`energy` (at least 60000 MWh/yr)",
        "lower `energy` from 60000 MWh/yr to 45000 MWh/yr",
        "raise `budget` alone to 120000000 CNY",
    ] {
        assert!(text.contains(words), "no `{words}` in {text}");
        assert!(run.errors.contains(words), "no `{words}` in {}", run.errors);
    }
    assert!(!run.out.join("scenarios/s/allocation.csv").exists());
}

#[test]
fn land_that_does_not_suffice_is_part_of_the_explanation() {
    let desk = Desk::new(TWO);
    let run = desk.try_run(&scenario("min_cost", &["id = \"target\"\nsum = \"capacity_mw\"\nmin = 500.0"]), &[]);
    assert_eq!(run.code, 1);
    let summary = summary(&run, "s");
    assert_eq!(summary["land_binds"], true);
    close(summary["conflict"][0]["loosened"].as_f64().unwrap(), 120.0, 1e-6);
    assert!(run.errors.contains("cannot be met, given the land of the sites"), "{}", run.errors);
}

#[test]
fn the_other_scenarios_are_solved_when_one_cannot_be() {
    let text = "[[scenario]]\nid = \"no\"\nobjective = \"min_cost\"\n[[scenario.limit]]\nid = \"t\"\nsum = \"capacity_mw\"\nmin = 500.0\n\
        [[scenario]]\nid = \"yes\"\nobjective = \"max_energy\"\n";
    let desk = Desk::new(TWO);
    let run = desk.try_run(text, &[]);
    assert_eq!(run.code, 1);
    assert_eq!(summary(&run, "yes")["status"], "optimal");
    let comparison = run.json("comparison.json");
    assert_eq!(comparison["scenarios"][0]["status"], "infeasible");
    assert_eq!(comparison["scenarios"][1]["status"], "optimal");
}

#[test]
fn the_merit_order_is_reported_beside_the_optimum() {
    let desk = Desk::new(&worked_offers());
    let run = desk.run(WORKED);
    let summary = summary(&run, "worked");
    let (optimum, greedy) = (summary["objective"].as_f64().unwrap(), summary["greedy_objective"].as_f64().unwrap());
    if summary["greedy_unmet"].as_array().unwrap().is_empty() {
        assert!(greedy <= optimum * (1.0 + 1e-9), "{greedy} {optimum}");
    }
    assert!(greedy > 0.5 * optimum, "{greedy} {optimum}");
}

/// Asserts that a run ends with this code and says all these words.
#[track_caller]
fn refused(run: &Run, code: i32, words: &[&str]) {
    assert_eq!(run.code, code, "{}", run.errors);
    for word in words {
        assert!(run.errors.contains(word), "no `{word}` in: {}", run.errors);
    }
    assert!(!run.out.join("manifest.json").exists());
}

#[test]
fn limits_are_checked_against_the_table() {
    let desk = Desk::new(TWO);
    let try_limit = |limit: &str| desk.try_run(&scenario("max_net_value", &[limit]), &[]);
    refused(&try_limit("sum = \"capex\"\nmax = 1.0"), 2, &["no column `capex`", "capex_cny", "project.toml:6"]);
    refused(&try_limit("sum = \"lcoe_cny_per_kwh\"\nmax = 1.0"), 2, &["do not add up", "average"]);
    refused(&try_limit("sum = \"score\"\nmax = 1.0"), 2, &["do not add up"]);
    refused(&try_limit("average = \"capex_cny\"\nby = \"capacity_mw\"\nmax = 1.0"), 2, &["is an amount"]);
    refused(
        &try_limit("where = { region = \"wset\" }\nsum = \"capex_cny\"\nmax = 1.0"),
        2,
        &["no offer has region = \"wset\"", "did you mean `west`"],
    );
    refused(
        &try_limit("where = { regoin = \"west\" }\nsum = \"capex_cny\"\nmax = 1.0"),
        2,
        &["no column `regoin`", "did you mean `region`"],
    );
    refused(
        &try_limit("per = \"region\"\nsum = \"capex_cny\"\nmax_column = \"score\""),
        2,
        &["not the same for all offers of `east`"],
    );
    refused(
        &try_limit("per = \"region\"\nsum = \"capex_cny\"\nmin = 1.0\nbaseline = { west = 1.0 }"),
        2,
        &["no value for `east`"],
    );
    let both = desk.try_run(&scenario("max_net_valeu", &["sum = \"capex\"\nmax = 1.0"]), &[]);
    refused(&both, 2, &["no column `net_valeu` to strive for; did you mean `net_value`", "no column `capex`"]);
}

#[test]
fn offers_without_a_key_are_an_error_unless_they_are_free() {
    let desk = Desk::new(&TWO.replace(",S2,30,", ",,,"));
    let hosting = "per = \"substation\"\nsum = \"capacity_ac_mw\"\nmax_column = \"hosting_mw\"";
    refused(&desk.try_run(&scenario("max_net_value", &[hosting]), &[]), 2, &["has no substation", "unassigned"]);
    let free = desk.run(&scenario("max_net_value", &[&format!("{hosting}\nunassigned = \"free\"")]));
    assert_eq!(free.table("scenarios/s/allocation.csv").numbers("allocated_mw"), [48.0, 0.0, 60.0, 0.0]);
}

#[test]
fn tables_with_faults_are_refused_with_their_rows() {
    let text = scenario("max_net_value", &[]);
    let run = |offers: &str| {
        let desk = Desk::new(offers);
        let run = desk.try_run(&text, &[]);
        assert!(!desk.path("out/manifest.json").exists());
        run
    };
    refused(&run(&TWO.replace("9e6", "nan")), 3, &["offers.csv:2", "net_value_cny_per_yr is `nan`"]);
    refused(&run(&TWO.replace("9e6", "inf")), 3, &["offers.csv:2"]);
    refused(&run(&TWO.replace("9e6", "")), 3, &["`a-g` has no value for the objective"]);
    refused(&run(&TWO.replace(",100,60,50,90000", ",100,-60,50,90000")), 3, &["offers.csv:2", "capacity_mw -60"]);
    refused(&run(&TWO.replace("capacity_mw,", "mw,")), 2, &["no column `capacity_mw`"]);
    refused(&run(&TWO.replace("region,", "mode,")), 3, &["offers.csv:1", "used before"]);
    refused(&run("site_id,mode\ns"), 3, &["offers.csv", "not a table", "line: 2"]);
    refused(&run("site_id,mode\ns,m\n"), 2, &["capacity_mw"]);
    let desk = Desk::new(TWO);
    desk.write("land.csv", "site_id,modes,area_ha\na,ground;agri,100\n");
    let land = desk.path("land.csv");
    refused(&desk.try_run(&text, &["--site-land", land.to_str().unwrap()]), 3, &["site `b` has offers but no land"]);
    desk.write("land.csv", "site_id,modes,area_ha\na,ground,x\n");
    refused(&desk.try_run(&text, &["--site-land", land.to_str().unwrap()]), 3, &["land.csv:2", "area_ha is `x`"]);
}

#[test]
fn the_model_is_kept_for_other_solvers() {
    let desk = Desk::new(&worked_offers());
    let run = desk.run(WORKED);
    let mps = std::fs::read_to_string(run.out.join("scenarios/worked/model.mps")).unwrap();
    for part in ["ROWS", "COLUMNS", "RHS", "ENDATA", "budget", "land:site_5", "5:float"] {
        assert!(mps.contains(part), "no {part}");
    }
}

#[test]
fn the_same_tables_give_the_same_bytes() {
    let desk = Desk::new(&worked_offers());
    let before = crate::support::files(&desk.run(WORKED).out);
    assert_eq!(crate::support::files(&desk.run(WORKED).out), before);
    assert!(before.keys().any(|name| name.ends_with("model.mps")));
}
