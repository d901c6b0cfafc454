//! Project kinds, array layouts and the kinds of land they may stand on.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::IntoDeserializer;

use crate::subsidence::decision::Decision;

/// A number of the domain with where it comes from.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Number {
    /// The value, in the unit its key names.
    pub value: f64,
    /// Where it comes from.
    pub source: String,
    /// Whether the source was seen, or the number recomputed independently.
    pub verified: bool,
    /// What it may be, least and most, where that is told.
    #[serde(default)]
    pub range: Option<[f64; 2]>,
    /// The year prices are of, where it is money.
    #[serde(default)]
    pub year: Option<u16>,
}

impl Number {
    /// A number the project itself states.
    pub fn stated(value: f64) -> Self {
        Self { value, source: "stated by the project".to_owned(), verified: true, range: None, year: None }
    }
}

/// Mode that land equivalent ratios compare the electricity of others with.
pub const REFERENCE_MODE: &str = "ground";
/// Layout that the yield ratios of others refer to.
pub const REFERENCE_LAYOUT: &str = "fixed";

/// Kinds of land that every class scheme maps its classes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LandKind {
    /// Arable land.
    Cropland,
    /// Orchards, vineyards, gardens.
    Orchard,
    /// Grassland and pasture.
    Grassland,
    /// Farm buildings, ridges, mixed and other agricultural land.
    OtherAgricultural,
    /// Shrubs and heath.
    Shrubland,
    /// Forest.
    Forest,
    /// Bare, sandy, rocky, saline or unused land.
    Bare,
    /// Marshes, mangroves, tidal flats.
    Wetland,
    /// Open water.
    Water,
    /// Buildings, roads, parks.
    Built,
    /// Mines, dumps, mined-out land.
    Mining,
    /// Permanent snow and ice.
    Snow,
}

impl LandKind {
    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        let text: serde::de::value::StrDeserializer<'_, serde::de::value::Error> = name.into_deserializer();
        Self::deserialize(text).ok()
    }

    /// Whether a crop stands there today.
    pub fn is_cropped(self) -> bool {
        matches!(self, Self::Cropland | Self::Orchard)
    }
}

/// A row of `data/modes.toml`, or a mode the project brings itself.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mode {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Id of its array layout.
    pub layout: String,
    /// Kinds of land it may stand on.
    pub land: Vec<LandKind>,
    /// Decisions on mined-out land with which it may stand there, and only there, in a project that asks for them.
    #[serde(default)]
    pub decisions: Vec<Decision>,
    /// Kinds of land it may stand on where mined-out land has been decided on; those of `land` if it has none.
    #[serde(default)]
    pub subsided_land: Vec<LandKind>,
    /// Crops it carries; empty for none.
    #[serde(default)]
    pub crops: Vec<String>,
    /// DC peak capacity per area of admissible land [MWp/ha].
    pub density_mwp_per_ha: Number,
    /// DC peak capacity over AC capacity [1].
    pub dc_ac_ratio: Number,
    /// Investment without connection [currency per kW DC].
    #[serde(rename = "capex_cny_per_kw")]
    pub capex_per_kw: Number,
    /// What a metre more of height under the modules costs than the layout's own [currency per kW DC and m]; of modes with crops.
    #[serde(default, rename = "raising_cny_per_kw_m")]
    pub raising_per_kw_m: Option<Number>,
    /// Operation and maintenance [currency per kW DC and year].
    #[serde(rename = "om_cny_per_kw_yr")]
    pub om_per_kw_yr: Number,
    /// Economic life [years].
    pub life_yr: Number,
    /// Discount rate [1 per year].
    pub discount_rate: Number,
    /// Loss of yield per year of operation [1].
    pub degradation_per_yr: Number,
}

/// What is known of the ground of a cell in a project that asks for mined-out land.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Footing {
    /// It is not mined-out land.
    Untouched,
    /// What was decided.
    Decided(Decision),
    /// It is mined-out land, and something that decides is not known.
    Unknown,
}

impl Mode {
    /// All kinds of land it may stand on, mined-out or not.
    pub fn kinds(&self) -> impl Iterator<Item = LandKind> {
        self.land.iter().chain(&self.subsided_land).copied()
    }

    /// Whether it may stand on a kind of land.
    ///
    /// Modes of mined-out land stand where it was decided so; all others beside it, and on such of it as is dry and at rest.
    ///
    /// - `ground`: `None` in a project that does not ask for mined-out land.
    pub fn fits(&self, kind: LandKind, ground: Option<Footing>) -> bool {
        let Some(ground) = ground else { return self.land.contains(&kind) };
        if self.decisions.is_empty() {
            let is_sound = matches!(ground, Footing::Untouched | Footing::Decided(Decision::Ground | Decision::Agri));
            return is_sound && self.land.contains(&kind);
        }
        let kinds = if self.subsided_land.is_empty() { &self.land } else { &self.subsided_land };
        matches!(ground, Footing::Decided(decision) if self.decisions.contains(&decision)) && kinds.contains(&kind)
    }
}

/// A row of `data/layouts.toml`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Ground coverage ratio: module area over land area [1].
    pub gcr: Number,
    /// Specific yield relative to the layout `fixed` [1].
    pub yield_ratio: Number,
    /// How the modules stand.
    pub array: ArrayRow,
    /// How crops grow with it; `None` for a layout that carries none.
    #[serde(default)]
    pub field: Option<FieldRow>,
}

/// Where the crops of a layout grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Beneath raised modules and between them.
    Overhead,
    /// Between the rows.
    Interspace,
}

/// How crops grow with a layout.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldRow {
    /// Where they grow.
    pub category: Category,
    /// Share of the land that can still be cropped, at the layout's own distance of rows [1]. What a row takes is taken by every
    /// row, however far apart.
    pub cropped_share: Number,
    /// Share of light that the modules and the gaps in them let through [1].
    pub transmittance: Number,
    /// Width of a row, along the slant of its modules [m].
    pub collector_width_m: Number,
    /// Distance of piles along a row [m].
    pub pile_spacing_m: Number,
    /// Height of the lowest edge at its lowest that the mode's investment is for [m].
    pub clearance_m: Number,
    /// Least height it can be built with [m].
    pub least_clearance_m: Number,
    /// Most height it can be built with [m].
    pub most_clearance_m: Number,
    /// Designs that are tried.
    pub designs: DesignsRow,
}

impl FieldRow {
    /// Its numbers, by their keys.
    pub fn numbers(&self) -> [(&'static str, &Number); 7] {
        [
            ("cropped_share", &self.cropped_share),
            ("transmittance", &self.transmittance),
            ("collector_width_m", &self.collector_width_m),
            ("pile_spacing_m", &self.pile_spacing_m),
            ("clearance_m", &self.clearance_m),
            ("least_clearance_m", &self.least_clearance_m),
            ("most_clearance_m", &self.most_clearance_m),
        ]
    }
}

/// Designs of a layout that are tried at every site.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DesignsRow {
    /// Ground coverage ratios [1].
    pub gcr: Vec<f64>,
    /// Tilts of a fixed array [°]; empty for the layout's own.
    #[serde(default)]
    pub tilt_deg: Vec<f64>,
    /// Where they come from.
    pub source: String,
    /// Whether that was seen.
    pub verified: bool,
}

/// How the modules of a layout stand.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArrayRow {
    /// How they are held.
    pub mounting: MountingKind,
    /// Tilt of a fixed array [°]; `None` for the best of the place.
    pub tilt_deg: Option<Number>,
    /// Direction a fixed array faces [°]; `None` for the equator.
    pub azimuth_deg: Option<Number>,
    /// Farthest a tracker turns from level [°].
    pub max_rotation_deg: Option<Number>,
    /// What a tracker does when its rows would shade each other.
    #[serde(default)]
    pub tracking: Tracking,
    /// Efficiency of the back over that of the front, 0–1; 0 for one face.
    pub bifaciality: Number,
    /// Heat transfer without wind [W/m²K].
    pub u0_w_per_m2_k: Number,
    /// Heat transfer by wind [W·s/m³K].
    pub u1_w_s_per_m3_k: Number,
}

/// What a tracker does when its rows would shade each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema, Hash)]
#[serde(rename_all = "snake_case")]
pub enum Tracking {
    /// It turns back, so that none lies in the shade.
    #[default]
    Backtracking,
    /// It follows the sun all the same.
    TrueTracking,
}

/// How modules are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MountingKind {
    /// In one plane.
    Fixed,
    /// Turning about a level axis from north to south.
    Tracker,
    /// Upright, facing east and west.
    Vertical,
    /// Parallel to the ground.
    OnSlope,
}

/// `data/pv.toml`: what is the same for all layouts.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Photovoltaics {
    /// The ground.
    pub ground: Ground,
    /// Modules.
    pub module: Module,
    /// Cables and inverter.
    pub system: System,
    /// How weather changes with place and height.
    pub air: Air,
}

/// The ground under arrays.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ground {
    /// Share of light reflected, 0–1.
    pub albedo: Number,
}

/// Modules.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Module {
    /// Change of power with the temperature of the cells [1/K].
    pub gamma_per_k: Number,
    /// Share of the back's gain lost because its light is uneven [1].
    pub bifacial_mismatch_share: Number,
}

/// Cables and inverter.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct System {
    /// Losses between module and inverter, but for shading [1].
    pub losses_share: Number,
    /// Loss by shading where it is not computed [1].
    pub shading_share: Number,
    /// Nominal efficiency of the inverter [1].
    pub inverter_efficiency: Number,
}

/// How weather changes with place and height.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Air {
    /// Cooling with height [K/km].
    pub lapse_rate_k_per_km: Number,
    /// How many times a difference of height counts as one of distance [1].
    pub height_distance_ratio: Number,
    /// Height at which wind is measured [m].
    pub wind_height_m: Number,
    /// How far the dew point lies below the coldest hour where the humidity of the air is not told [K].
    pub dew_point_below_coldest_k: Number,
}

/// Rows of `data/connection.toml`: what it costs to reach the nearest substation.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectionCost {
    /// Line [currency per MW AC and km].
    #[serde(rename = "line_cny_per_mw_km")]
    pub line_per_mw_km: Number,
    /// Step-up station [currency per kW AC].
    #[serde(rename = "station_cny_per_kw")]
    pub station_per_kw: Number,
}
