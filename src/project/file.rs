//! The project file as written: one type a table, the unit in every key.
//!
//! The JSON Schema of these types is what `solsite schema` prints and what unknown keys are checked against, so their
//! doc comments are the reference of the project file.

mod agri;
mod subsidence;
mod sun;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::criterion::Utility;
use crate::mode::LandKind;
use crate::rule::{ClassRef, Shape, Unknown};
use crate::scenario::MeasuredArea;
use crate::subsidence::decision::Decision;

pub use agri::{AgrivoltaicsTable, CropTable, Keep, LawLayer, LawTable};
pub use subsidence::{CourseTable, InsarTable, RatesName, RestorationTable, SubsidenceTable, VelocityUnit};
pub use sun::{
    BestTilt, ClearSkyInput, ClearSkyModel, GhiPeriod, IncidenceName, InverterName, LayoutTable, MonthlyGhiInput,
    SkyModelName, TerrainTable, Tilt, WeatherInput, WholeYear, YieldTable,
};

/// A solsite project.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProjectFile {
    /// Version of this format; 1.
    pub schema_version: u32,
    /// Short name of the project: letters, digits, `-` and `_`.
    pub name: String,
    /// Title for people.
    pub title: Option<String>,
    /// Three-letter currency of all money in this file (default CNY). In a currency other than CNY every key with
    /// `cny` in it is written with that currency instead, and every mode brings its own costs.
    pub currency: Option<String>,
    /// Whether the data are made up; marked on every output.
    #[serde(default)]
    pub synthetic: bool,
    /// The run's grid.
    pub grid: Option<GridTable>,
    /// The regions.
    pub region: Option<RegionTable>,
    /// Economics that differ by region.
    #[serde(default)]
    pub region_data: Vec<RegionData>,
    /// Input files by id.
    #[serde(default)]
    pub inputs: BTreeMap<String, Input>,
    /// What inputs may reach.
    #[serde(default)]
    pub access: Access,
    /// The skyline that the elevation model casts.
    #[serde(default)]
    pub terrain: TerrainTable,
    /// How yields are computed from weather.
    #[serde(default, rename = "yield")]
    pub yields: YieldTable,
    /// Array layouts with numbers of the project's own.
    #[serde(default)]
    pub layout: Vec<LayoutTable>,
    /// Land over old coal workings.
    pub subsidence: Option<SubsidenceTable>,
    /// The layer that says what land is.
    pub land: Option<LandTable>,
    /// Exclusion rules.
    #[serde(default)]
    pub exclusion: Vec<ExclusionTable>,
    /// Land law that holds, before and beside the rules.
    #[serde(default)]
    pub law: Vec<LawTable>,
    /// Where lies what the law protects, by what it calls it.
    #[serde(default)]
    pub law_layers: BTreeMap<String, LawLayer>,
    /// Criteria of the suitability score.
    #[serde(default)]
    pub criterion: Vec<CriterionTable>,
    /// How sites are cut.
    pub sites: Option<SitesTable>,
    /// Which rasters are written, and how.
    #[serde(default)]
    pub output: OutputTable,
    /// Project kinds that compete for the land.
    #[serde(default)]
    pub mode: Vec<ModeTable>,
    /// Crops with numbers of the project's own.
    #[serde(default)]
    pub crop: Vec<CropTable>,
    /// How designs of arrays with crops are chosen.
    #[serde(default)]
    pub agrivoltaics: AgrivoltaicsTable,
    /// Connection to the grid.
    pub connection: Option<ConnectionTable>,
    /// Columns of an offers table that this program does not know: whether their values add up.
    #[serde(default)]
    pub columns: BTreeMap<String, ColumnKind>,
    /// What all scenarios have in common.
    pub base: Option<ScenarioTable>,
    /// Scenarios of the allocation.
    #[serde(default)]
    pub scenario: Vec<ScenarioTable>,
}

/// The run's grid. Its cells are given by `like`, or by `crs` and a cell size; its extent by `extent`, by `like`, or by
/// the regions.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GridTable {
    /// Coordinate reference system: `EPSG:<n>`, WKT or PROJJSON.
    pub crs: Option<String>,
    /// Cell size in metres, for projected systems.
    pub cell_size_m: Option<f64>,
    /// Cell size in degrees, for geographic systems.
    pub cell_size_deg: Option<f64>,
    /// Raster file whose system, cells and extent are taken over.
    pub like: Option<String>,
    /// xmin, ymin, xmax, ymax in the grid's own units.
    pub extent: Option<[f64; 4]>,
    /// Accept a projection that distorts area by more than 1 % over the extent.
    #[serde(default)]
    pub allow_area_distortion: bool,
}

/// The regions: each feature of a polygon layer.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RegionTable {
    /// Vector file.
    pub path: String,
    /// Layer of the file; its only one by default.
    pub layer: Option<String>,
    /// Attribute filter (OGR SQL).
    #[serde(rename = "where")]
    pub filter: Option<String>,
    /// Field with the region's id; without it the id is the number of the feature, from 1.
    pub id_field: Option<String>,
}

/// Economics of one region; id `*` for all that have no entry of their own.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RegionData {
    /// Id of the region, or `*`.
    pub id: String,
    /// Region of the built-in table (`gansu`, `shandong`) whose economics hold where nothing is said here.
    pub like: Option<String>,
    /// What a kWh earns.
    pub price_cny_per_kwh: Option<f64>,
    /// Share of the energy that cannot be sold (0–1, below 1).
    pub curtailment_share: Option<f64>,
    /// Rent by land class or kind of land; `*` for the rest.
    #[serde(default)]
    pub land_rent_cny_per_ha_yr: BTreeMap<String, f64>,
    /// Specific yield by array layout, where no raster gives it.
    #[serde(default)]
    pub yield_kwh_per_kwp: BTreeMap<String, f64>,
    /// Crop on today's cropped land, for the change of harvest.
    pub present_crop: Option<String>,
    /// Crop on today's orchards, for the same (default: `present_crop`).
    pub present_orchard_crop: Option<String>,
    /// Rain of the twelve months, in mm.
    pub rain_mm_per_month: Option<[f64; 12]>,
    /// What a cubic metre of irrigation costs.
    pub water_price_cny_per_m3: Option<f64>,
}

/// An input file.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Input {
    /// A raster.
    Raster(RasterInput),
    /// A vector layer.
    Vector(VectorInput),
    /// Weather of a typical year at a place, hour by hour.
    Weather(WeatherInput),
    /// Global irradiation at a place, month by month.
    MonthlyGhi(MonthlyGhiInput),
    /// A sky without clouds, times a clearness: for comparisons, not for the yield of a real place.
    ClearSky(ClearSkyInput),
}

/// A raster input.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RasterInput {
    /// Raster file.
    pub raster: String,
    /// Band, from 1.
    #[serde(default = "first_band")]
    pub band: usize,
    /// Value that means no data, where the file does not declare it.
    pub nodata: Option<f64>,
    /// Class scheme of its codes: `worldcover`, `gbt21010`, `corine` or `corine_index`.
    pub classes: Option<String>,
    /// What the values are; `classes` for codes without a scheme.
    pub kind: Option<RasterKind>,
    /// How values are found between cells (default: nearest for classes, bilinear for quantities).
    pub resample: Option<Resample>,
    /// Code that is not in the scheme (default: refuse).
    pub unlisted_codes: Option<UnlistedCodes>,
    /// Array layout whose specific yield this is.
    pub layout: Option<String>,
    /// What global horizontal irradiation this is: `annual`, or the number of a month. It scales the light of the weather.
    pub ghi: Option<GhiPeriod>,
    /// Unit of a specific yield (`kWh/kWp/yr` or `kWh/kWp/day`), or of an irradiation (`kWh/m2/yr`, `kWh/m2/month` or
    /// `kWh/m2/day`).
    pub unit: Option<RasterUnit>,
    /// Classes that `distance_to_<id>_m`, `nearer` and `farther` measure to.
    pub set: Option<Vec<ClassRef>>,
    /// Distance up to which `distance_to_<id>_m` is computed.
    pub max_distance_m: Option<f64>,
}

fn first_band() -> usize {
    1
}

/// A vector input.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VectorInput {
    /// Vector file.
    pub vector: String,
    /// Layer of the file; its only one by default.
    pub layer: Option<String>,
    /// Attribute filter (OGR SQL).
    #[serde(rename = "where")]
    pub filter: Option<String>,
    /// Distance up to which `distance_to_<id>_m` is computed.
    pub max_distance_m: Option<f64>,
    /// Field with the feature's id (for substations).
    pub id_field: Option<String>,
    /// Field with the capacity a substation can take [MW AC].
    pub hosting_mw_field: Option<String>,
}

/// What the values of a raster are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema, Hash)]
#[serde(rename_all = "snake_case")]
pub enum RasterKind {
    /// Codes of classes.
    Classes,
    /// Amounts that may be averaged.
    Quantity,
}

/// How values are found between the cells of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema, Hash)]
#[serde(rename_all = "snake_case")]
pub enum Resample {
    /// The nearest cell.
    Nearest,
    /// Bilinear; its support widens where the run's cells are coarser.
    Bilinear,
    /// Mean of the covered cells.
    Average,
    /// Most frequent of the covered cells.
    Mode,
}

/// What a code outside the scheme means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema, Hash)]
#[serde(rename_all = "snake_case")]
pub enum UnlistedCodes {
    /// A fault of the input.
    Refuse,
    /// An unknown cell.
    Unknown,
}

/// Unit of a specific yield or of an irradiation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema, Hash)]
pub enum RasterUnit {
    /// Per year.
    #[serde(rename = "kWh/kWp/yr")]
    PerYear,
    /// Per day of the year; 365 of them.
    #[serde(rename = "kWh/kWp/day")]
    PerDay,
    /// Irradiation of a year.
    #[serde(rename = "kWh/m2/yr")]
    LightPerYear,
    /// Irradiation of a month.
    #[serde(rename = "kWh/m2/month")]
    LightPerMonth,
    /// Irradiation of a mean day.
    #[serde(rename = "kWh/m2/day")]
    LightPerDay,
}

/// What inputs may reach. Both are off by default: a file that points elsewhere is a way to leak data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema, Hash)]
#[serde(deny_unknown_fields)]
pub struct Access {
    /// Allow URLs, databases and GDAL's network file systems.
    #[serde(default)]
    pub allow_remote: bool,
    /// Allow VRT and other formats that point to further files.
    #[serde(default)]
    pub allow_virtual: bool,
}

/// The layer that says what land is: for the land of modes, rents and `class_area_ha_<class>`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LandTable {
    /// Id of a raster input with a class scheme (default: `land_use`, else `landcover`).
    pub input: String,
}

/// An exclusion rule: one of `exclude`, `keep` and `force_include`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExclusionTable {
    /// Its id.
    pub id: String,
    /// The layer it looks at.
    pub layer: String,
    /// Takes the land where this holds.
    pub exclude: Option<Shape>,
    /// Takes the land where this does not hold.
    pub keep: Option<Shape>,
    /// Gives land back where this holds, whatever other rules say.
    pub force_include: Option<Shape>,
    /// How far the set is grown, in metres.
    pub buffer_m: Option<f64>,
    /// Share of the cell that is taken, or given back (default 1).
    pub weight: Option<f64>,
    /// What an unknown value means.
    #[serde(default)]
    pub nodata: Unknown,
    /// Id of another rule; this one holds only where that one fired.
    pub only_where: Option<String>,
    /// Ids of the regions it holds in (default: all).
    pub only_in: Option<Vec<String>>,
    /// Ids of the modes it binds (default: all).
    pub modes: Option<Vec<String>>,
}

/// A criterion of the suitability score.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CriterionTable {
    /// Its id.
    pub id: String,
    /// The layer it looks at.
    pub layer: String,
    /// Worth of a value, 0–1.
    pub utility: Utility,
    /// Weight relative to the other criteria.
    pub weight: f64,
    /// Ids of the modes it counts for (default: all).
    pub modes: Option<Vec<String>>,
}

/// How sites are cut from the land that is left.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SitesTable {
    /// Connected land below this is dropped.
    #[serde(default)]
    pub min_area_ha: f64,
    /// Connected land above this is cut.
    pub max_area_ha: Option<f64>,
    /// Whether cells that share only a corner are connected.
    #[serde(default)]
    pub connectivity: Neighbours,
    /// A mode is admissible only where its score reaches this.
    #[serde(default)]
    pub min_score: f64,
}

/// Which rasters a run writes, and how.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutputTable {
    /// Names of the layers to write (default: all); `suitability` stands for that of every mode. What is left out is not
    /// computed unless something else needs it.
    pub layers: Option<Vec<String>>,
    /// Format of the layers.
    #[serde(default)]
    pub raster: RasterFormat,
}

/// Format of the layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema, Hash)]
#[serde(rename_all = "snake_case")]
pub enum RasterFormat {
    /// Cloud Optimized GeoTIFF, with coarser versions for looking at.
    #[default]
    Cog,
    /// GeoTIFF, tiled and compressed, without coarser versions: several times faster to write.
    Geotiff,
}

/// Which cells are connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema, Hash)]
#[serde(rename_all = "snake_case")]
pub enum Neighbours {
    /// Cells that share an edge or a corner.
    #[default]
    Queen,
    /// Cells that share an edge.
    Rook,
}

/// A mode of the project: a row of the built-in table with the numbers given here in place of its own, or a new one.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModeTable {
    /// Id of a built-in mode, or a new one.
    pub id: String,
    /// Name for people.
    pub name: Option<String>,
    /// Array layout.
    pub layout: Option<String>,
    /// Kinds of land it may stand on.
    pub land: Option<Vec<LandKind>>,
    /// Decisions on mined-out land with which it may stand there, and only there, in a project with `[subsidence]`; `[]` for
    /// a mode that stands on land beside it and on such that is at rest and dry.
    pub decisions: Option<Vec<Decision>>,
    /// Crops it carries.
    pub crops: Option<Vec<String>>,
    /// DC peak capacity per hectare.
    pub density_mwp_per_ha: Option<f64>,
    /// DC over AC capacity.
    pub dc_ac_ratio: Option<f64>,
    /// Ground coverage ratios of its designs, where it carries crops (default: those of its layout).
    pub gcr: Option<Vec<f64>>,
    /// Tilts of its designs, where it carries crops and its array is fixed (default: those of its layout).
    pub tilt_deg: Option<Vec<f64>>,
    /// Investment per kW DC, without connection.
    pub capex_cny_per_kw: Option<f64>,
    /// What a metre more of height under the modules costs per kW DC, where it carries crops.
    pub raising_cny_per_kw_m: Option<f64>,
    /// Operation and maintenance per kW DC and year.
    pub om_cny_per_kw_yr: Option<f64>,
    /// Economic life.
    pub life_yr: Option<f64>,
    /// Discount rate.
    pub discount_rate: Option<f64>,
    /// Loss of yield per year.
    pub degradation_per_yr: Option<f64>,
    /// What a kWh earns, in place of the region's price.
    pub price_cny_per_kwh: Option<f64>,
}

/// Connection of sites to substations.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectionTable {
    /// Id of the vector input with the substations (default `substations`).
    pub input: Option<String>,
    /// Line, per MW AC and km.
    pub line_cny_per_mw_km: Option<f64>,
    /// Step-up station, per kW AC.
    pub station_cny_per_kw: Option<f64>,
}

/// Whether the values of a column add up over offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema, Hash)]
#[serde(rename_all = "snake_case")]
pub enum ColumnKind {
    /// Amounts: they add up and scale with the use of the offer.
    Extensive,
    /// Ratios, scores, properties: they do not add up.
    Intensive,
    /// Words.
    Text,
}

/// A scenario, or what all scenarios have in common (`[base]`, without an id).
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScenarioTable {
    /// Its id: letters, digits, `-` and `_`.
    pub id: Option<String>,
    /// Title for people.
    pub title: Option<String>,
    /// `max_net_value`, `min_cost`, `max_energy`, `max_score`, or `max_<column>`, `min_<column>` of any extensive
    /// column of the offers; a bare column name is maximised.
    pub objective: Option<String>,
    /// Limits; one with the id of a base limit replaces it.
    #[serde(default)]
    pub limit: Vec<LimitTable>,
    /// Ids of base limits that do not hold here.
    #[serde(default)]
    pub without: Vec<String>,
    /// Weights of criteria in place of the project's, by id of the criterion.
    #[serde(default)]
    pub weights: BTreeMap<String, f64>,
    /// Economics of modes in place of the project's.
    #[serde(default)]
    pub mode: Vec<ModeTable>,
    /// Economics of regions in place of the project's.
    #[serde(default)]
    pub region_data: Vec<RegionData>,
}

/// The one linear limit: a sum over the selected offers, between bounds. An offer used by half counts half.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitTable {
    /// Its id.
    pub id: String,
    /// Which offers: a value, or several, by column (default: all).
    #[serde(default, rename = "where")]
    pub select: BTreeMap<String, OneOrMany>,
    /// Extensive column that is summed.
    pub sum: Option<String>,
    /// Intensive column that is averaged over what is allocated, weighted by the column `by`.
    pub average: Option<String>,
    /// Extensive column that weighs the average.
    pub by: Option<String>,
    /// One limit for each value of this column.
    pub per: Option<String>,
    /// Least value.
    pub min: Option<f64>,
    /// Greatest value.
    pub max: Option<f64>,
    /// Column with the least value of each key of `per`.
    pub min_column: Option<String>,
    /// Column with the greatest value of each key of `per`.
    pub max_column: Option<String>,
    /// Least share of the same sum over `over_where`, or of the baseline (0–1).
    pub min_share: Option<f64>,
    /// Greatest share of the same sum over `over_where`, or of the baseline (0–1).
    pub max_share: Option<f64>,
    /// The offers a share refers to (default: all).
    pub over_where: Option<BTreeMap<String, OneOrMany>>,
    /// Constant added to the sum (with `min`, `max`), or that a share refers to; one number, or one a key of `per`.
    pub baseline: Option<Baseline>,
    /// Offers with an empty key: `free` leaves them out of the limit; without it they are an error.
    pub unassigned: Option<Unassigned>,
}

/// One value or several.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum OneOrMany {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

/// A constant, or one for each key.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Baseline {
    /// The same for every key.
    One(f64),
    /// By key.
    ByKey(BTreeMap<String, f64>),
    /// An area that the run measures by region: `stable_land_ha` or `mined_out_land_ha`.
    Measured(MeasuredArea),
}

/// What becomes of offers without a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema, Hash)]
#[serde(rename_all = "snake_case")]
pub enum Unassigned {
    /// They are left out of the limit.
    Free,
}
