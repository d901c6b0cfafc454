//! The project: read, checked as a whole, and resolved against the built-in tables.
//!
//! Loading is pure but for reading the one file: it never opens an input. What only the inputs can tell (regions,
//! geometry types, coverage) is checked when the plan is made.

pub mod access;
pub mod document;
pub mod file;
pub mod left_out;
pub mod schema;
pub mod subsidence;
pub mod terms;
mod validate;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::criterion::Criterion;
use crate::crop::Crop;
use crate::fault::{Fault, Faults, Result};
use crate::kernels::label::Connectivity;
use crate::law::Pack;
use crate::layer::{Code, DEM, LayerName};
use crate::mode::{Mode, Number};
use crate::overburden::Restoration;
use crate::rule::{Condition, Rule};
use crate::scenario::Scenario;
use crate::tables::{Scheme, Tables};
use crate::units::with_word;
use document::{Content, Document, Entry, Node};
use file::{
    Access, ClearSkyInput, ColumnKind, GridTable, MonthlyGhiInput, ProjectFile, RegionData, RegionTable, Resample,
};
use left_out::LeftOut;
use subsidence::{Groundwater, SubsidenceSpec};

pub use validate::scenarios::BASE;
pub use validate::weather::too_bright;

/// The only version of the project file there is.
const SCHEMA_VERSION: u32 = 1;
/// The currency of the built-in tables.
pub const HOME_CURRENCY: &str = "CNY";

/// A project, valid in itself.
#[derive(Debug, Clone)]
pub struct Project {
    /// The project file.
    pub path: PathBuf,
    /// Short name.
    pub name: String,
    /// Title for people.
    pub title: String,
    /// Three-letter currency.
    pub currency: String,
    /// Whether its data are made up.
    pub synthetic: bool,
    /// The grid, if it has one.
    pub grid: Option<GridTable>,
    /// The regions, if it has any.
    pub region: Option<RegionTable>,
    /// Inputs by id.
    pub inputs: BTreeMap<String, InputSpec>,
    /// What inputs may reach.
    pub access: Access,
    /// Id of the input that says what land is.
    pub land: Option<String>,
    /// Exclusion rules; the place of a rule is its bit.
    pub rules: Vec<Rule>,
    /// Indices of the rules in an order in which every rule follows the one it depends on.
    pub rule_order: Vec<usize>,
    /// Packs of land law that hold, each with the regions it holds in (`None` = all).
    pub law: Vec<HeldPack>,
    /// Criteria.
    pub criteria: Vec<Criterion>,
    /// Land over old coal workings, if it is asked for.
    pub subsidence: Option<SubsidenceSpec>,
    /// How sites are cut, if they are.
    pub sites: Option<SiteSettings>,
    /// Economics by mode, region and connection, in the terms of the base.
    pub economics: Economics,
    /// Kinds of columns the project declares.
    pub columns: BTreeMap<String, ColumnKind>,
    /// Scenarios, in order.
    pub scenarios: Vec<Scenario>,
    /// The tables of `data/`.
    pub tables: Tables,
    /// The file as read, in canonical keys.
    pub file: ProjectFile,
    /// The same as JSON, for the manifest.
    pub json: serde_json::Value,
    /// The text with its lines, for messages.
    pub document: Document,
    /// What was left out of all this for its faults; nothing in a project without faults.
    pub left_out: LeftOut,
}

/// What decides the money of an offer.
#[derive(Debug, Clone, PartialEq)]
pub struct Economics {
    /// Modes with all numbers resolved, in the order of the project.
    pub modes: Vec<Mode>,
    /// What a kWh earns in a mode, where it is not the region's price [currency/kWh].
    pub mode_price_per_kwh: Vec<Option<f64>>,
    /// Data of regions by id; `*` for the rest.
    pub regions: BTreeMap<String, RegionData>,
    /// Crops the project may carry, by id.
    pub crops: BTreeMap<String, Crop>,
    /// Line [currency per MW AC and km].
    pub line_per_mw_km: f64,
    /// Step-up station [currency per kW AC].
    pub station_per_kw: f64,
    /// What a cubic metre of irrigation costs where the region does not say [currency/m³].
    pub water_price_per_m3: Number,
    /// What restoration of mined-out land costs and brings; a decision that is missing costs and brings nothing.
    pub restoration: Vec<Restoration>,
}

impl Economics {
    /// Looks a value up in a region's own data, then in those of `*`.
    pub fn region_value<T>(&self, region: &str, get: impl Fn(&RegionData) -> Option<T>) -> Option<T> {
        let of = |id: &str| self.regions.get(id).and_then(&get);
        of(region).or_else(|| of("*"))
    }
}

/// A pack of land law and where it holds.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldPack {
    /// The pack.
    pub pack: Pack,
    /// Ids of the regions it holds in; `None` = all.
    pub only_in: Option<Vec<String>>,
}

impl HeldPack {
    /// Whether it holds in a region.
    pub fn holds_in(&self, region: &str) -> bool {
        self.only_in.as_ref().is_none_or(|regions| regions.iter().any(|id| id == region))
    }
}

/// How sites are cut.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SiteSettings {
    /// Connected land below this is dropped [ha].
    pub min_area_ha: f64,
    /// Connected land above this is cut [ha]; `+∞` for never.
    pub max_area_ha: f64,
    /// Which cells are connected.
    pub connectivity: Connectivity,
    /// Score a mode needs to be admissible, 0–1.
    pub min_score: f32,
}

/// A validated input.
#[derive(Debug, Clone, PartialEq)]
pub enum InputSpec {
    /// A raster.
    Raster(RasterSpec),
    /// A vector layer.
    Vector(VectorSpec),
    /// Weather of a typical year.
    Weather(WeatherSpec),
    /// Global irradiation by month.
    MonthlyGhi(MonthlyGhiInput),
    /// A sky without clouds.
    ClearSky(ClearSkyInput),
}

impl InputSpec {
    /// Whether it tells how much sun there is.
    pub fn is_weather(&self) -> bool {
        matches!(self, Self::Weather(_) | Self::MonthlyGhi(_) | Self::ClearSky(_))
    }
}

/// A validated file of weather.
#[derive(Debug, Clone, PartialEq)]
pub struct WeatherSpec {
    /// Where it is.
    pub path: PathBuf,
    /// Latitude in place of what the file states [°].
    pub latitude_deg: Option<f64>,
    /// Longitude in place of what the file states [°].
    pub longitude_deg: Option<f64>,
    /// Elevation in place of what the file states [m].
    pub elevation_m: Option<f64>,
    /// Minutes to the sun that is meant; `None` to fit them.
    pub time_offset_min: Option<f64>,
}

/// A validated raster input.
#[derive(Debug, Clone, PartialEq)]
pub struct RasterSpec {
    /// Where it is.
    pub path: PathBuf,
    /// Band, from 1.
    pub band: usize,
    /// Nodata in place of what the file declares.
    pub nodata: Option<f64>,
    /// What its values are.
    pub values: RasterValues,
    /// How values are found between its cells.
    pub resample: Resample,
    /// Layout whose specific yield it is, and the factor that makes it kWh/kWp/yr.
    pub yield_of: Option<(String, f64)>,
    /// Month (from 0, `None` for the year) whose global irradiation it is, and the factor that makes it kWh/m² a day.
    pub ghi_of: Option<(Option<usize>, f64)>,
    /// Codes that distances are measured to, ascending.
    pub set: Option<Vec<Code>>,
    /// Distance up to which its distance layer is computed [m].
    pub max_distance_m: Option<f64>,
}

impl RasterSpec {
    /// The first band of a file, as amounts.
    pub fn amounts(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            band: 1,
            nodata: None,
            values: RasterValues::Quantity,
            resample: Resample::Bilinear,
            yield_of: None,
            ghi_of: None,
            set: None,
            max_distance_m: None,
        }
    }
}

/// What the values of a raster input are.
#[derive(Debug, Clone, PartialEq)]
pub enum RasterValues {
    /// Amounts.
    Quantity,
    /// Class codes.
    Classes {
        /// The scheme that names them.
        scheme: Option<String>,
        /// Whether codes outside the scheme are a fault (otherwise they are unknown).
        refuse_unlisted: bool,
    },
}

/// A validated vector input.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct VectorSpec {
    /// Where it is.
    pub path: PathBuf,
    /// Layer, if named.
    pub layer: Option<String>,
    /// Attribute filter.
    pub filter: Option<String>,
    /// Distance up to which its distance layer is computed [m].
    pub max_distance_m: Option<f64>,
    /// Field with the feature's id.
    pub id_field: Option<String>,
    /// Field with a hosting capacity [MW AC].
    pub hosting_mw_field: Option<String>,
}

impl Project {
    /// Reads and checks a project file.
    ///
    /// # Errors
    /// Every fault found, of the text, its structure and its meaning, together.
    pub fn load(path: &Path) -> Result<Self> {
        let (project, faults) = Self::inspect(path);
        match project {
            Some(project) if faults.is_empty() => Ok(project),
            _ => Err(Faults::or(faults, ()).err().unwrap_or_else(|| Fault::project("", "empty project").into())),
        }
    }

    /// Reads and checks a project file: every fault, and what is left of the project without the tables, inputs and elements
    /// of lists that have one. `None` if the file is not TOML.
    pub fn inspect(path: &Path) -> (Option<Self>, Vec<Fault>) {
        let place = path.display().to_string();
        let text = match std::fs::read(path).map(String::from_utf8) {
            Ok(Ok(text)) => text,
            Ok(Err(_)) => return (None, vec![Fault::project(place, "not UTF-8 text")]),
            Err(error) => {
                let hint = "name the project file, or write one with `solsite init DIR`";
                return (None, vec![Fault::project(place, format!("cannot read it: {error}")).hint(hint)]);
            }
        };
        let name = path.file_name().map_or(place, |name| name.to_string_lossy().into_owned());
        match Document::parse(&name, text.trim_start_matches('\u{feff}')) {
            Ok((document, faults)) => Self::sound_part(path, document, faults),
            Err(faults) => (None, faults.into_list()),
        }
    }

    /// The part of a document that has no fault of its own, found by leaving out what has one until there is none.
    fn sound_part(path: &Path, mut document: Document, mut faults: Vec<Fault>) -> (Option<Self>, Vec<Fault>) {
        let currency = currency_of(&document.root);
        faults.extend(schema::conform(&mut document, currency.as_deref()));
        let mut left_out = LeftOut::default();
        document.sweep(&mut left_out);
        let mut is_first = true;
        loop {
            stand_in(&mut document.root);
            let found = match validate::project(path, &document, &left_out) {
                Ok(found) => found,
                Err(more) => return (None, if faults.is_empty() { more.into_list() } else { faults }),
            };
            // What later rounds find is only a consequence of what was left out.
            if std::mem::take(&mut is_first) {
                faults.extend(found.faults);
            }
            found.spoiled.iter().for_each(|path| document.spoil(path));
            if !document.sweep(&mut left_out) {
                return (Some(found.project), faults);
            }
        }
    }

    /// The directory paths of the project file are relative to.
    pub fn dir(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// The class scheme of an input, if it has one.
    pub fn scheme(&self, input: &str) -> Option<&Scheme> {
        match self.inputs.get(input)? {
            InputSpec::Raster(RasterSpec { values: RasterValues::Classes { scheme: Some(scheme), .. }, .. }) => {
                self.tables.schemes.get(scheme)
            }
            _ => None,
        }
    }

    /// Maps of global irradiation: id, month (from 0, `None` for the year), and the factor to kWh/m² a day.
    pub fn ghi_maps(&self) -> impl Iterator<Item = (&str, Option<usize>, f64)> {
        self.inputs.iter().filter_map(|(id, input)| match input {
            InputSpec::Raster(raster) => raster.ghi_of.map(|(month, factor)| (id.as_str(), month, factor)),
            _ => None,
        })
    }

    /// Ids of the rasters that what is told of mined-out land depends on cell by cell.
    pub fn mined_maps(&self) -> Vec<String> {
        let Some(spec) = &self.subsidence else { return Vec::new() };
        let water = match &spec.groundwater {
            Some(Groundwater::Raster(id)) => Some(id.clone()),
            _ => None,
        };
        let dem = spec.outlet_level_m.is_some().then(|| DEM.to_owned());
        let velocities = spec.velocities.iter().map(|(id, _)| id.clone());
        water.into_iter().chain(dem).chain(velocities).chain(self.land.clone()).collect()
    }

    /// Id of the vector input sites connect to, if there is one.
    pub fn substations(&self) -> Option<&str> {
        let named = self.file.connection.as_ref().and_then(|connection| connection.input.as_deref());
        let id = named.unwrap_or(validate::DEFAULT_SUBSTATIONS);
        matches!(self.inputs.get(id), Some(InputSpec::Vector(_))).then_some(id)
    }

    /// Whether the layer that says what land is may be among what was left out.
    pub fn lacks_land(&self) -> bool {
        validate::lacks_land(&self.file, &self.left_out)
    }

    /// Whether the substations may be among what was left out.
    pub fn lacks_substations(&self) -> bool {
        let named = self.file.connection.as_ref().and_then(|connection| connection.input.as_deref());
        let id = named.unwrap_or(validate::DEFAULT_SUBSTATIONS);
        self.left_out.any("connection") || self.left_out.may_be("inputs", id)
    }

    /// Distance up to which the distance layer of an input is computed [m]: what the project sets, else the largest value
    /// that any rule or criterion asks of it.
    pub fn distance_cap_m(&self, input: &str) -> f64 {
        let stated = match self.inputs.get(input) {
            Some(InputSpec::Raster(spec)) => spec.max_distance_m,
            Some(InputSpec::Vector(spec)) => spec.max_distance_m,
            _ => None,
        };
        if let Some(stated) = stated {
            return stated;
        }
        let layer = LayerName::DistanceTo(input.to_owned());
        let rules = self.rules.iter().filter(|rule| rule.layer == layer).flat_map(|rule| match rule.condition {
            Condition::Above(value) | Condition::Below(value) => vec![value],
            Condition::Range(min, max) => vec![min, max],
            _ => Vec::new(),
        });
        let criteria = self.criteria.iter().filter(|criterion| criterion.layer == layer);
        let asked = rules.map(f64::from).chain(criteria.flat_map(|criterion| criterion.utility.breakpoints()));
        asked.filter(|value| value.is_finite()).fold(0.0, f64::max)
    }

    /// A money column's name in the project's currency: `cny` as a word of the name is replaced.
    pub fn money_column(&self, name: &str) -> String {
        with_word(name, &self.currency.to_lowercase(), "cny")
    }

    /// Numbers of the built-in tables this project relies on that are not verified, as `table.row.key`.
    pub fn unverified(&self) -> Vec<String> {
        validate::unverified(self)
    }
}

/// The currency the project states, lower case; `None` if what it states is none.
fn currency_of(root: &Node) -> Option<String> {
    let Content::Table(entries) = &root.content else { return None };
    let Some(entry) = entries.iter().find(|entry| entry.key == "currency") else {
        return Some(HOME_CURRENCY.to_lowercase());
    };
    match &entry.node.content {
        Content::Scalar(serde_json::Value::String(code)) if is_currency(code) => Some(code.to_lowercase()),
        _ => None,
    }
}

/// Whether a text looks like the code of a currency.
fn is_currency(code: &str) -> bool {
    code.len() == 3 && code.chars().all(|c| c.is_ascii_alphabetic())
}

/// Puts something in the place of what every project must have, so that the rest of one without it can be checked.
fn stand_in(root: &mut Node) {
    let Content::Table(entries) = &mut root.content else { return };
    for (key, value) in [("schema_version", SCHEMA_VERSION.into()), ("name", "unnamed".into())] {
        if !entries.iter().any(|entry| entry.key == key) {
            let node = Node { line: root.line, content: Content::Scalar(value), spoiled: false };
            entries.push(Entry { key: key.to_owned(), line: root.line, node });
        }
    }
}
