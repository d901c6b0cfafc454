//! Crops and their response to shade.

use serde::Deserialize;

use crate::mode::Number;

/// A row of `data/crops.toml`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Crop {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Id of its response group; without one the yield falls with the light, share by share.
    pub group: Option<String>,
    /// Open-field harvest [t/ha/yr].
    pub yield_t_per_ha_yr: Number,
    /// Income after cost in the open field [currency/ha/yr].
    #[serde(rename = "margin_cny_per_ha_yr")]
    pub margin_per_ha_yr: Number,
}

/// A response group of `data/crops.toml`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Its id.
    pub id: String,
    /// Linear coefficient of log10 yield in the share of light lost [1].
    pub alpha: Number,
}

/// The table `data/crops.toml`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Crops {
    /// Quadratic coefficient, common to all groups [1].
    pub beta: Number,
    /// Largest share of light lost that the curves were fitted to; beyond it, yields are held [1].
    pub largest_shade: Number,
    /// Response groups.
    pub group: Vec<Group>,
    /// Crops.
    pub crop: Vec<Crop>,
}
