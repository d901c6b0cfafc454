//! The tables of the project file on crops, the arrays above them, and the law on both.

use schemars::JsonSchema;
use serde::Deserialize;

/// A crop of the project: a row of the built-in table with the numbers given here in place of its own, under its own id or a
/// new one.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CropTable {
    /// Id of a built-in crop, or a new one.
    pub id: String,
    /// Built-in crop whose numbers a new one starts from.
    pub like: Option<String>,
    /// Name for people.
    pub name: Option<String>,
    /// Response group; `none` for a crop of which nothing is known, whose yield falls with the light.
    pub group: Option<String>,
    /// Linear coefficient of log10 yield in the share of light lost, in place of the group's.
    pub alpha: Option<f64>,
    /// Half width of its 95 % band in log10 yield per share of light lost.
    pub band: Option<f64>,
    /// Open-field harvest of a year; that of a crop of several years divided by them.
    pub yield_t_per_ha_yr: Option<f64>,
    /// What a tonne earns at the farm.
    pub price_cny_per_t: Option<f64>,
    /// Income after cost in the open field.
    pub margin_cny_per_ha_yr: Option<f64>,
    /// First day of its season, as `04-15`; south of the equator it counts half a year later.
    pub season_starts: Option<String>,
    /// Days of the initial, development, mid-season and late stages.
    pub stages_days: Option<[f64; 4]>,
    /// Crop coefficients of the initial stage, of mid-season and at the end.
    pub kc: Option<[f64; 3]>,
    /// Mean temperature of the season: absolute least, optimal least, optimal most, absolute most.
    pub temperature_c: Option<[f32; 4]>,
    /// Height above the sea: the same four.
    pub elevation_m: Option<[f32; 4]>,
    /// Rain of a year: the same four; the lower two do not bind where land is irrigated.
    pub rain_mm_per_yr: Option<[f32; 4]>,
    /// Slope of the land: the same four.
    pub slope_deg: Option<[f32; 4]>,
    /// Height of the plants.
    pub height_m: Option<f64>,
    /// Height of what must pass beneath modules.
    pub machine_height_m: Option<f64>,
    /// Width of what must pass between rows.
    pub machine_width_m: Option<f64>,
}

/// How designs of arrays with crops are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AgrivoltaicsTable {
    /// Designs that are offered to the allocation (default `frontier`).
    #[serde(default)]
    pub keep: Keep,
    /// Most designs of the frontier that are kept for a mode on a site (default 5), beside the best of each crop.
    #[serde(default = "most_designs")]
    #[schemars(range(min = 1, max = 1000))]
    pub most_designs: usize,
    /// Whether crops are irrigated (default): dry land then suits them too, and what shade saves of water is saved irrigation.
    #[serde(default = "irrigated")]
    pub irrigated: bool,
}

fn most_designs() -> usize {
    5
}

fn irrigated() -> bool {
    true
}

impl Default for AgrivoltaicsTable {
    fn default() -> Self {
        Self { keep: Keep::default(), most_designs: most_designs(), irrigated: irrigated() }
    }
}

/// Which designs are offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema, Hash)]
#[serde(rename_all = "snake_case")]
pub enum Keep {
    /// Those no other design of the mode on the same land beats in both energy and crop income, and the best of each crop.
    #[default]
    Frontier,
    /// The same with a third measure, energy itself: for scenarios that ask for an amount of energy, or whose prices of it differ
    /// between regions and modes.
    FrontierWithEnergy,
    /// All that the law admits.
    All,
}

/// Land law that holds: a built-in pack, or a file of the project's own.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LawTable {
    /// Id of a built-in pack; those it extends hold too.
    pub pack: Option<String>,
    /// File of a pack, in place of a built-in one.
    pub path: Option<String>,
    /// Ids of the regions it holds in (default: all).
    pub only_in: Option<Vec<String>>,
}

/// Where something lies that the law protects.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum LawLayer {
    /// Id of the input that tells it; `none` where there is nothing of it.
    Input(String),
    /// An input with a belt of its own width.
    Belt {
        /// Id of the input.
        input: String,
        /// Width of the belt.
        within_m: f64,
    },
}
