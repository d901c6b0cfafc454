//! The tables of `data/`, built into the program.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::crop::Crops;
use crate::fault::{Fault, Result};
use crate::law::Pack;
use crate::layer::Code;
use crate::mode::{ConnectionCost, LandKind, Layout, Mode, Number, Photovoltaics};
use crate::overburden::{Overburden, Settling};

/// All tables of `data/`.
#[derive(Debug, Clone)]
pub struct Tables {
    /// Project kinds.
    pub modes: Vec<Mode>,
    /// Array layouts.
    pub layouts: Vec<Layout>,
    /// Ground coverage ratio that the densities of the built-in modes are of, by layout.
    pub built_in_gcr: BTreeMap<String, f64>,
    /// Modules, inverters, ground and air.
    pub pv: Photovoltaics,
    /// Crops and their responses.
    pub crops: Crops,
    /// Cost of connection.
    pub connection: ConnectionCost,
    /// What a cubic metre of irrigation costs [currency/m³].
    pub water_price_per_m3: Number,
    /// Packs of land law.
    pub law: Vec<Pack>,
    /// Economics of regions that a project may start from.
    pub regions: Vec<RegionRow>,
    /// Overburden classes.
    pub overburden: Vec<Overburden>,
    /// What ground over old workings does and bears.
    pub settling: Settling,
    /// Class schemes by name.
    pub schemes: BTreeMap<String, Scheme>,
}

/// A scheme of land classes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scheme {
    /// Its classes, by code.
    pub classes: BTreeMap<Code, Class>,
}

/// One class of a scheme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
    /// Its name; several codes may share one.
    pub name: String,
    /// What kind of land it is.
    pub kind: LandKind,
}

impl Scheme {
    /// Codes of the class of that name, ascending; empty if there is none.
    pub fn codes(&self, name: &str) -> Vec<Code> {
        self.classes.iter().filter(|(_, class)| class.name == name).map(|(&code, _)| code).collect()
    }

    /// Names of all classes, each once, in order of their first code.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for class in self.classes.values() {
            if !names.contains(&class.name.as_str()) {
                names.push(&class.name);
            }
        }
        names
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ModeFile {
    mode: Vec<Mode>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LayoutFile {
    layout: Vec<Layout>,
}

/// A row of `data/regions.toml`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegionRow {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// What a kWh earns [currency/kWh].
    #[serde(rename = "price_cny_per_kwh")]
    pub price_per_kwh: Number,
    /// Share of the energy that cannot be sold [1].
    pub curtailment_share: Number,
    /// What a cubic metre of irrigation costs [currency/m³].
    #[serde(rename = "water_price_cny_per_m3")]
    pub water_price_per_m3: Number,
    /// Rent by kind of land; `*` for the rest [currency/ha/yr].
    #[serde(rename = "land_rent_cny_per_ha_yr")]
    pub land_rent_per_ha_yr: BTreeMap<String, Number>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RegionFile {
    region: Vec<RegionRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WaterFile {
    price_cny_per_m3: Number,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OverburdenFile {
    overburden: Vec<Overburden>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClassFile {
    class: Vec<ClassRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClassRow {
    code: Code,
    index: Option<Code>,
    name: String,
    kind: LandKind,
}

/// Class files: name of the scheme, name of its variant keyed by `index` (if any), text.
const CLASS_FILES: [(&str, Option<&str>, &str); 3] = [
    ("worldcover", None, include_str!("../data/classes/worldcover.toml")),
    ("gbt21010", None, include_str!("../data/classes/gbt21010.toml")),
    ("corine", Some("corine_index"), include_str!("../data/classes/corine.toml")),
];

macro_rules! packs {
    ($($id:literal),* $(,)?) => {
        [$(($id, include_str!(concat!("../data/law/", $id, ".toml")))),*]
    };
}

/// Packs of land law: id, text.
const PACKS: [(&str, &str); 12] = packs![
    "cn_2023_12",
    "cn_gansu_2024",
    "cn_hebei_draft",
    "cn_hunan_2024",
    "cn_shaanxi_2023",
    "cn_shandong",
    "cn_tianjin",
    "cn_zhejiang",
    "de_din_spec_91434",
    "fr_2024_318",
    "it_mite_2022",
    "jp_maff",
];

/// Reads a pack of land law.
///
/// # Errors
/// If it does not fit its type.
pub fn pack(place: &str, text: &str) -> Result<Pack> {
    parse(place, text)
}

impl Tables {
    /// The tables as built into the program.
    ///
    /// # Errors
    /// If a table does not fit its type; a build that passes its tests cannot meet this.
    pub fn builtin() -> Result<Self> {
        let modes: ModeFile = parse("data/modes.toml", include_str!("../data/modes.toml"))?;
        let layouts: LayoutFile = parse("data/layouts.toml", include_str!("../data/layouts.toml"))?;
        let overburden: OverburdenFile = parse("data/overburden.toml", include_str!("../data/overburden.toml"))?;
        let water: WaterFile = parse("data/water.toml", include_str!("../data/water.toml"))?;
        let regions: RegionFile = parse("data/regions.toml", include_str!("../data/regions.toml"))?;
        let law: Result<Vec<Pack>> =
            PACKS.iter().map(|(id, text)| pack(&format!("data/law/{id}.toml"), text)).collect();
        let mut schemes = BTreeMap::new();
        for (name, by_index, text) in CLASS_FILES {
            let file: ClassFile = parse(&format!("data/classes/{name}.toml"), text)?;
            schemes.insert(name.to_owned(), scheme(&file, |row| Some(row.code)));
            if let Some(by_index) = by_index {
                schemes.insert(by_index.to_owned(), scheme(&file, |row| row.index));
            }
        }
        Ok(Self {
            modes: modes.mode,
            built_in_gcr: layouts.layout.iter().map(|layout| (layout.id.clone(), layout.gcr.value)).collect(),
            layouts: layouts.layout,
            pv: parse("data/pv.toml", include_str!("../data/pv.toml"))?,
            crops: parse("data/crops.toml", include_str!("../data/crops.toml"))?,
            connection: parse("data/connection.toml", include_str!("../data/connection.toml"))?,
            water_price_per_m3: water.price_cny_per_m3,
            law: law?,
            regions: regions.region,
            overburden: overburden.overburden,
            settling: parse("data/subsidence.toml", include_str!("../data/subsidence.toml"))?,
            schemes,
        })
    }

    /// The overburden class of that id.
    pub fn overburden(&self, id: &str) -> Option<&Overburden> {
        self.overburden.iter().find(|class| class.id == id)
    }

    /// The layout of that id.
    pub fn layout(&self, id: &str) -> Option<&Layout> {
        self.layouts.iter().find(|layout| layout.id == id)
    }
}

fn scheme(file: &ClassFile, code: impl Fn(&ClassRow) -> Option<Code>) -> Scheme {
    let class = |row: &ClassRow| Class { name: row.name.clone(), kind: row.kind };
    Scheme { classes: file.class.iter().filter_map(|row| Some((code(row)?, class(row)))).collect() }
}

fn parse<T: DeserializeOwned>(place: &str, text: &str) -> Result<T> {
    toml::from_str(text).map_err(|error| Fault::project(place, error.to_string()).into())
}
