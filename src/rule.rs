//! Exclusion rules: what is taken from the land, where, for whom, and what an unknown cell means.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::layer::{Code, LayerName};

/// The condition of a rule, as written in the project file.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Shape {
    /// Values strictly above `max`.
    Above {
        /// The largest value that does not meet the condition, in the layer's unit.
        max: f64,
    },
    /// Values strictly below `min`.
    Below {
        /// The smallest value that does not meet the condition, in the layer's unit.
        min: f64,
    },
    /// Values from `min` to `max`, both included; one of them may be left out.
    Range {
        /// Smallest value that meets the condition, in the layer's unit.
        min: Option<f64>,
        /// Largest value that meets the condition, in the layer's unit.
        max: Option<f64>,
    },
    /// At most `m` metres from the input's geometry, or from the set of a raster input.
    Nearer {
        /// Distance in metres, included.
        m: f64,
    },
    /// More than `m` metres from the input's geometry, or from the set of a raster input.
    Farther {
        /// Distance in metres, not included.
        m: f64,
    },
    /// The cell's class is one of these (codes or names).
    Classes(Vec<ClassRef>),
    /// The cell's centre lies in a polygon of the input; with `buffer_m` also near its points and lines.
    Inside {},
}

/// A class, by code or by name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ClassRef {
    /// Its code in the raster.
    Code(i64),
    /// Its name in the class scheme.
    Name(String),
}

/// What an unknown value means to a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema, Hash)]
#[serde(rename_all = "snake_case")]
pub enum Unknown {
    /// The rule is undecided there; the cell is unknown unless another rule excludes it for certain.
    #[default]
    Unknown,
    /// The rule takes the cell.
    Exclude,
    /// The rule leaves the cell alone.
    Pass,
}

/// What a rule does where its condition holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verb {
    /// Takes the land where the condition holds.
    Exclude,
    /// Takes the land where the condition does not hold.
    Keep,
    /// Gives the land back where the condition holds, whatever other rules say.
    ForceInclude,
}

/// A validated condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// Strictly above.
    Above(f32),
    /// Strictly below.
    Below(f32),
    /// Between, both included.
    Range(f32, f32),
    /// At most this many metres away.
    Nearer(f64),
    /// More than this many metres away.
    Farther(f64),
    /// One of these codes, ascending.
    Classes(Vec<Code>),
    /// In a polygon.
    Inside,
}

impl Condition {
    /// Distance the condition must see [m]; 0 for conditions that look at the cell alone.
    pub fn reach_m(&self) -> f64 {
        match self {
            Self::Nearer(m) | Self::Farther(m) => *m,
            _ => 0.0,
        }
    }
}

/// A set of modes, one bit each, in the order of the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ModeSet(pub u32);

impl ModeSet {
    /// Most modes a project may have.
    pub const CAPACITY: usize = 32;

    /// The first `n` modes.
    pub fn first(n: usize) -> Self {
        Self(if n >= Self::CAPACITY { u32::MAX } else { (1 << n) - 1 })
    }

    /// The set of one mode.
    pub fn one(mode: usize) -> Self {
        Self(1 << mode)
    }

    /// Whether the mode is in the set.
    pub fn has(self, mode: usize) -> bool {
        self.0 >> mode & 1 == 1
    }

    /// The set with one mode more.
    #[must_use]
    pub fn with(self, mode: usize) -> Self {
        Self(self.0 | 1 << mode)
    }

    /// Whether the sets have a mode in common.
    pub fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether there is no mode in it.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The modes, ascending.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        (0..Self::CAPACITY).filter(move |&mode| self.has(mode))
    }
}

/// A validated exclusion rule. Its place in the project's list is its bit in the `reasons` layer.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Its id in the project.
    pub id: String,
    /// What it does.
    pub verb: Verb,
    /// The layer it looks at.
    pub layer: LayerName,
    /// When it fires.
    pub condition: Condition,
    /// How far the set it takes (or gives) is grown [m].
    pub buffer_m: f64,
    /// Share of the cell it takes or gives, 0–1.
    pub weight: f64,
    /// What unknown values mean.
    pub unknown: Unknown,
    /// Index of another rule that must have fired.
    pub only_where: Option<usize>,
    /// Ids of the regions it holds in; `None` = all.
    pub only_in: Option<Vec<String>>,
    /// Modes it binds.
    pub modes: ModeSet,
    /// The clause of land law it stands for; nothing gives back what that takes.
    pub law: Option<Citation>,
}

/// A clause of land law.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Citation {
    /// Id of the pack.
    pub pack: String,
    /// What it says.
    pub clause: String,
    /// Where it says so.
    pub source: String,
    /// Whether that was seen.
    pub verified: bool,
}

impl Rule {
    /// Most rules a project may have: one bit of `reasons` each, the last bit stays free for nodata.
    pub const CAPACITY: usize = 63;
}
