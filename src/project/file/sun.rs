//! The tables of the project file that decide how much sun there is and what arrays make of it.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::mode::Tracking;

/// Weather of a typical year at a place. Several such inputs are weighed by distance and height.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WeatherInput {
    /// File of hourly weather: EPW, PVGIS CSV, TRY, or CSV with names and units.
    pub tmy: String,
    /// Latitude, where the file does not state it.
    pub latitude_deg: Option<f64>,
    /// Longitude, where the file does not state it.
    pub longitude_deg: Option<f64>,
    /// Elevation, where the file does not state it.
    pub elevation_m: Option<f64>,
    /// Minutes from the instants the file states (of intervals, the middle) to the sun it means (default: fitted).
    pub time_offset_min: Option<f64>,
}

/// Global irradiation at a place by month, split into beam and diffuse light by three typical days a month.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MonthlyGhiInput {
    /// Mean daily global horizontal irradiation of the twelve months.
    pub monthly_ghi_kwh_per_m2_day: [f64; 12],
    /// Latitude.
    pub latitude_deg: f64,
    /// Longitude.
    pub longitude_deg: f64,
    /// Elevation.
    pub elevation_m: f64,
    /// Temperature of the air by day, of the twelve months.
    pub air_temperature_c: [f64; 12],
    /// Wind speed by day.
    pub wind_speed_m_per_s: f64,
}

/// A sky without clouds.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClearSkyInput {
    /// The model.
    pub clear_sky: ClearSkyModel,
    /// Linke turbidity of the twelve months (`ineichen`, `esra`).
    pub linke_turbidity: Option<[f64; 12]>,
    /// Aerosol optical depth at 700 nm (`simplified_solis`).
    pub aod700: Option<f64>,
    /// Precipitable water (`simplified_solis`).
    pub precipitable_water_cm: Option<f64>,
    /// Share of the clear sky's energy that is taken to arrive (0–1).
    pub clearness: f64,
    /// Temperature of the air.
    pub air_temperature_c: f64,
    /// Wind speed.
    pub wind_speed_m_per_s: f64,
}

/// A model of the sky without clouds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema, Hash)]
#[serde(rename_all = "snake_case")]
pub enum ClearSkyModel {
    /// Ineichen and Perez, by Linke turbidity.
    Ineichen,
    /// European Solar Radiation Atlas, by Linke turbidity.
    Esra,
    /// Simplified Solis, by aerosol and water.
    SimplifiedSolis,
}

/// The skyline that the elevation model casts.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TerrainTable {
    /// Directions in which the horizon is looked for (default 36; 0 for an open horizon).
    #[serde(default = "azimuths")]
    pub azimuths: usize,
    /// How far it is looked for (default 10 km).
    #[serde(default = "reach_m")]
    pub reach_m: f64,
    /// Whether far land sinks below the earth's curve (default: no).
    #[serde(default)]
    pub earth_curvature: bool,
}

fn azimuths() -> usize {
    36
}

fn reach_m() -> f64 {
    10_000.0
}

impl Default for TerrainTable {
    fn default() -> Self {
        Self { azimuths: azimuths(), reach_m: reach_m(), earth_curvature: false }
    }
}

/// How yields are computed from weather; numbers in place of those of `data/pv.toml`.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct YieldTable {
    /// Layouts whose yield is computed though no mode, rule or criterion needs it.
    #[serde(default)]
    pub layouts: Vec<String>,
    /// How diffuse light comes from the sky (default `hay_davies`).
    pub sky_model: Option<SkyModelName>,
    /// What the glass reflects (default `physical`).
    pub incidence: Option<IncidenceName>,
    /// Inverter (default `pvwatts`).
    pub inverter: Option<InverterName>,
    /// Share of light that the ground reflects.
    pub albedo: Option<f64>,
    /// Change of power with the temperature of the cells.
    pub gamma_per_k: Option<f64>,
    /// Losses between module and inverter.
    pub losses_share: Option<f64>,
    /// Nominal efficiency of the inverter.
    pub inverter_efficiency: Option<f64>,
}

/// A model of diffuse light.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema, Hash)]
#[serde(rename_all = "snake_case")]
pub enum SkyModelName {
    /// The same from everywhere.
    Isotropic,
    /// Hay and Davies: a part from around the sun.
    HayDavies,
    /// Perez 1990: a part from around the sun and from the horizon.
    Perez,
}

/// A model of reflection by the glass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema, Hash)]
#[serde(rename_all = "snake_case")]
pub enum IncidenceName {
    /// Fresnel and Bouguer, one pane.
    Physical,
    /// ASHRAE with b0 = 0.05.
    Ashrae,
    /// Martin and Ruiz with ar = 0.16.
    MartinRuiz,
    /// Nothing is reflected.
    None,
}

/// A model of the inverter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema, Hash)]
#[serde(rename_all = "snake_case")]
pub enum InverterName {
    /// `PVWatts`: less efficient at part load, cut off at its rating.
    Pvwatts,
    /// The nominal efficiency at any load, without a rating.
    Constant,
}

/// An array layout: a row of the built-in table with the numbers given here in place of its own, under its own id or a new
/// one.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LayoutTable {
    /// Id of a built-in layout, or a new one.
    pub id: String,
    /// Built-in layout whose numbers a new one starts from.
    pub like: Option<String>,
    /// Tilt of a fixed array: a number of degrees, or `best` for the place.
    pub tilt_deg: Option<Tilt>,
    /// Direction a fixed array faces, clockwise from north (default: to the equator).
    pub azimuth_deg: Option<f64>,
    /// Farthest a tracker turns from level.
    pub max_rotation_deg: Option<f64>,
    /// What a tracker does when its rows would shade each other (default: it turns back).
    pub tracking: Option<Tracking>,
    /// Module area over land area; 0 for a single row that nothing shades.
    pub gcr: Option<f64>,
    /// Efficiency of the modules' back over that of their front; 0 for one face.
    pub bifaciality: Option<f64>,
    /// Heat transfer without wind.
    pub u0_w_per_m2_k: Option<f64>,
    /// Heat transfer by wind.
    pub u1_w_s_per_m3_k: Option<f64>,
    /// Share of the land that can still be cropped, at the layout's own distance of rows.
    pub cropped_share: Option<f64>,
    /// Share of light that modules and the gaps in them let through.
    pub transmittance: Option<f64>,
    /// Width of a row, along the slant of its modules.
    pub collector_width_m: Option<f64>,
    /// Distance of piles along a row.
    pub pile_spacing_m: Option<f64>,
    /// Height of the lowest edge that the mode's investment is for.
    pub clearance_m: Option<f64>,
    /// Least height of the lowest edge it can be built with.
    pub least_clearance_m: Option<f64>,
    /// Most height of the lowest edge it can be built with.
    pub most_clearance_m: Option<f64>,
}

/// Tilt of a fixed array.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Tilt {
    /// Degrees from the horizontal.
    Degrees(f64),
    /// The best for the place.
    Named(BestTilt),
}

/// The best tilt for the place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema, Hash)]
#[serde(rename_all = "snake_case")]
pub enum BestTilt {
    /// The one with the highest yield of a year.
    Best,
}

/// Time that an irradiation is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum GhiPeriod {
    /// A month, from 1.
    Month(u8),
    /// The year.
    Year(WholeYear),
}

/// The whole year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema, Hash)]
#[serde(rename_all = "snake_case")]
pub enum WholeYear {
    /// All months together.
    Annual,
}
