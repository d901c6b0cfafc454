//! Tables of offers on disk, and the real program run on them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Run, solsite, vectors};

/// A table of offers, a project file, and the program run on them.
pub struct Desk {
    pub dir: TempDir,
}

impl Desk {
    pub fn new(offers: &str) -> Self {
        let desk = Self { dir: TempDir::new().unwrap() };
        desk.write("offers.csv", offers);
        desk
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// Runs the scenarios in `text` over the table, with further arguments.
    pub fn try_run(&self, text: &str, more: &[&str]) -> Run {
        self.write("project.toml", &format!("schema_version = 1\nname = \"table\"\n{text}"));
        let [project, offers, out] = ["project.toml", "offers.csv", "out"].map(|name| self.path(name));
        let mut arguments = vec!["allocate", project.to_str().unwrap(), "--offers", offers.to_str().unwrap()];
        arguments.extend(["--out", out.to_str().unwrap(), "-q"]);
        arguments.extend(more);
        Run::of(&solsite(&arguments), out)
    }

    /// Runs the scenarios in `text` over the table, with these rows of land by modes.
    pub fn try_on_land(&self, text: &str, land: &str) -> Run {
        self.write("land.csv", &format!("site_id,modes,area_ha\n{land}"));
        self.try_run(text, &["--site-land", self.path("land.csv").to_str().unwrap()])
    }

    #[track_caller]
    pub fn run(&self, text: &str) -> Run {
        let run = self.try_run(text, &[]);
        assert_eq!(run.code, 0, "{}", run.errors);
        run
    }
}

pub fn summary(run: &Run, scenario: &str) -> Value {
    run.json(&format!("scenarios/{scenario}/summary.json"))
}

/// Shadow prices that are not zero, by rule and key.
pub fn prices(run: &Run, scenario: &str) -> BTreeMap<(String, String), f64> {
    let table = run.table(&format!("scenarios/{scenario}/prices.csv"));
    let keys = table.words("rule").into_iter().zip(table.words("key"));
    let named = keys.map(|(rule, key)| (rule.to_owned(), key.to_owned()));
    named.zip(table.numbers("shadow_price")).filter(|(_, price)| *price != 0.0).collect()
}

pub fn allocated(run: &Run, scenario: &str) -> BTreeMap<String, f64> {
    let table = run.table(&format!("scenarios/{scenario}/allocation.csv"));
    let ids = table.words("offer_id").into_iter().map(str::to_owned);
    ids.zip(table.numbers("allocated_mw")).collect()
}

/// The program of `tests/vectors/f_lp.json` as a table of offers, in CNY.
pub fn worked_offers() -> String {
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

pub const WORKED: &str = r#"
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

/// Two sites of 100 ha each in two regions, ground and agricultural.
pub const TWO: &str = "offer_id,site_id,region,mode,area_ha,capacity_mw,capacity_ac_mw,energy_mwh_per_yr,capex_cny,\
net_value_cny_per_yr,cost_cny_per_yr,lcoe_cny_per_kwh,score,substation,hosting_mw,crop_change_t_per_yr\n\
a-g,a,west,ground,100,60,50,90000,180e6,9e6,15e6,0.17,0.9,S1,40,-50\n\
a-f,a,west,agri,100,40,32,60000,160e6,2e6,16e6,0.27,0.8,S1,40,30\n\
b-g,b,east,ground,100,60,50,84000,180e6,6e6,15e6,0.18,0.6,S2,30,-60\n\
b-f,b,east,agri,100,40,32,56000,160e6,-1e6,16e6,0.29,0.5,S2,30,25\n";

pub fn scenario(objective: &str, limits: &[&str]) -> String {
    let mut text = format!("[[scenario]]\nid = \"s\"\nobjective = \"{objective}\"\n");
    for (i, limit) in limits.iter().enumerate() {
        let id = if limit.contains("id = ") { String::new() } else { format!("id = \"l{i}\"\n") };
        write!(text, "[[scenario.limit]]\n{id}{limit}\n").unwrap();
    }
    text
}

/// Asserts that a run ends with this code and says all these words.
#[track_caller]
pub fn refused(run: &Run, code: i32, words: &[&str]) {
    assert_eq!(run.code, code, "{}", run.errors);
    for word in words {
        assert!(run.errors.contains(word), "no `{word}` in: {}", run.errors);
    }
    assert!(!run.out.join("manifest.json").exists());
}
