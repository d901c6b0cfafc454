//! Scenarios: what an allocation strives for and what bounds it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

/// Bounds from here on are infinite to the solver, and refused.
pub const INFINITE: f64 = 1e20;

/// Words for objectives behind `max_` and `min_`, with their columns in the home currency; the score has none that adds up.
pub const OBJECTIVES: [(&str, Option<&str>); 4] = [
    ("net_value", Some("net_value_cny_per_yr")),
    ("cost", Some("cost_cny_per_yr")),
    ("energy", Some("energy_mwh_per_yr")),
    ("score", None),
];

/// A validated scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// Its id.
    pub id: String,
    /// Title for people.
    pub title: String,
    /// What is maximised or minimised.
    pub objective: Objective,
    /// Its limits, base limits first.
    pub limits: Vec<Limit>,
    /// `file:line` of the scenario, for messages.
    pub place: String,
}

/// What an allocation strives for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objective {
    /// Whether more or less is better.
    pub sense: Sense,
    /// What is summed.
    pub quantity: Quantity,
}

/// Direction of an objective.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sense {
    /// More is better.
    Max,
    /// Less is better.
    Min,
}

/// What an objective sums over the selected offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Quantity {
    /// An extensive column.
    Column(String),
    /// The score, weighted by allocated megawatts.
    Score,
}

/// A set of offers: for every column named, one of the values.
pub type Selection = BTreeMap<String, Vec<String>>;

/// A validated limit.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// Its id.
    pub id: String,
    /// The offers it counts.
    pub select: Selection,
    /// What is bounded, and how.
    pub bound: Bound,
    /// One row for each value of this column.
    pub per: Option<String>,
    /// Whether offers with an empty key are left out of it (otherwise they are an error).
    pub unassigned: UnassignedOffers,
    /// `file:line` of the limit, for messages.
    pub place: String,
}

/// What becomes of offers without a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnassignedOffers {
    /// They are an error.
    Refused,
    /// They are left out of the limit.
    Free,
}

/// What a limit bounds.
#[derive(Debug, Clone, PartialEq)]
pub enum Bound {
    /// min ≤ Σ column + baseline ≤ max.
    Amount {
        /// Extensive column.
        column: String,
        /// Least value.
        min: Option<Level>,
        /// Greatest value.
        max: Option<Level>,
        /// Constant added to the sum.
        baseline: Option<Constant>,
    },
    /// min · reference ≤ Σ column ≤ max · reference.
    Share {
        /// Extensive column.
        column: String,
        /// Least share.
        min: Option<f64>,
        /// Greatest share.
        max: Option<f64>,
        /// What the share refers to.
        of: Reference,
    },
    /// min ≤ Σ by · column / Σ by ≤ max.
    Average {
        /// Intensive column.
        column: String,
        /// Extensive column that weighs it.
        by: String,
        /// Least value.
        min: Option<f64>,
        /// Greatest value.
        max: Option<f64>,
    },
}

/// A bound: a number, or a column constant within each key.
#[derive(Debug, Clone, PartialEq)]
pub enum Level {
    /// A number.
    Value(f64),
    /// A column of the offers.
    Column(String),
}

/// A constant, or one for each key.
#[derive(Debug, Clone, PartialEq)]
pub enum Constant {
    /// The same for every key.
    One(f64),
    /// By key.
    ByKey(BTreeMap<String, f64>),
    /// An area that the run measures, of the regions selected or by region.
    Measured(MeasuredArea),
}

/// An area that a run measures by region [ha].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MeasuredArea {
    /// Mined-out land that is not unstable.
    StableLandHa,
    /// All mined-out land.
    MinedOutLandHa,
}

/// What a share refers to: the sum over a set of offers, a constant, or both together.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    /// The same sum over these offers.
    pub offers: Option<Selection>,
    /// A constant.
    pub constant: Option<Constant>,
}
