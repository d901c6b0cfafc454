//! The table of mined-out land in the project file.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::subsidence::decision::Decision;

/// Land over old coal workings: how far it has sunk and will sink, and what it can carry. Needs a vector input of extraction
/// panels.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubsidenceTable {
    /// Id of the vector input with the panels (default `panels`).
    pub panels: Option<String>,
    /// Date of the state, such as `2026-07-01`; without it, the state when all has come to rest.
    pub date: Option<String>,
    /// Life of a plant, over which deformation to come is counted (default 25).
    pub life_yr: Option<f64>,
    /// Overburden class of panels that name none and lack a parameter: `hard`, `medium` or `soft`.
    pub overburden: Option<String>,
    /// How subsidence comes about (default: Knothe's course, over at the end of the usual duration).
    pub course: Option<CourseTable>,
    /// Depth of the water table below the ground before mining.
    pub groundwater_depth_m: Option<f64>,
    /// Id of a raster input with that depth [m].
    pub groundwater: Option<String>,
    /// How far the water table rises and falls about its mean within a year (default 0).
    pub groundwater_seasonal_m: Option<f64>,
    /// Elevation above which water runs off; needs the elevation model `dem`, of the ground before mining.
    pub outlet_level_m: Option<f64>,
    /// Id of a raster input with the elevation of the seam's floor [m], for panels without `depth_m`; needs `dem`.
    pub seam_floor: Option<String>,
    /// Velocities that satellites see, one track or two.
    #[serde(default)]
    pub insar: Vec<InsarTable>,
    /// Whose pace decides stability (default `predicted`).
    pub rates: Option<RatesName>,
    /// Number of samples of uncertain parameters, for the probability of decisions (default 0: none).
    pub samples: Option<usize>,
    /// Seed of the samples (default 1).
    pub seed: Option<u64>,
    /// What restoration costs and brings, in place of the built-in numbers.
    #[serde(default)]
    pub restoration: Vec<RestorationTable>,
}

/// How subsidence comes about in time.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum CourseTable {
    /// 1 − e^(−ct).
    Knothe {
        /// c; without it, such that the movement is over after the usual duration.
        per_yr: Option<f64>,
    },
    /// (1 − e^(−ct))ⁿ.
    KnothePower {
        /// c.
        per_yr: f64,
        /// n, at least 1.
        power: f64,
    },
    /// tᵏ / (c + tᵏ), Morgan–Mercer–Flodin.
    Mmf {
        /// c, in years to the power of k.
        half: f64,
        /// k.
        power: f64,
    },
    /// 1 / (1 + e^(−k(t − τ))).
    Logistic {
        /// τ, when half has happened.
        middle_yr: f64,
        /// k.
        per_yr: f64,
    },
    /// Two branches of Knothe's course that mirror each other.
    Segmented {
        /// When all has happened; without it, the usual duration.
        duration_yr: Option<f64>,
        /// c.
        per_yr: f64,
    },
}

/// Velocities that a satellite sees along its line of sight.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InsarTable {
    /// Id of a raster input with the velocity, positive towards the satellite.
    pub input: String,
    /// Unit of the velocity: `mm/yr` or `m/yr`.
    pub unit: VelocityUnit,
    /// Angle between the line of sight and the vertical (0–89).
    pub incidence_deg: f64,
    /// Compass direction in which the satellite flies; it looks to the right.
    pub heading_deg: Option<f64>,
    /// Compass direction from the ground to the satellite, in place of the heading.
    pub azimuth_deg: Option<f64>,
}

/// Unit of a velocity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum VelocityUnit {
    /// Millimetres a year.
    #[serde(rename = "mm/yr")]
    MillimetresPerYear,
    /// Metres a year.
    #[serde(rename = "m/yr")]
    MetresPerYear,
}

/// Whose pace decides stability.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RatesName {
    /// The predicted one.
    Predicted,
    /// That of the satellites, where they see something.
    Observed,
}

/// What restoration costs and brings where a decision has been taken.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RestorationTable {
    /// The decision.
    pub decision: Decision,
    /// Cost per hectare.
    pub cost_cny_per_ha: Option<f64>,
    /// What is paid for it, once, per hectare.
    pub credit_cny_per_ha: Option<f64>,
}
