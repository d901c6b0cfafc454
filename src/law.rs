//! Land law: packs of rules on which land may carry an array, and what an array with crops must keep to.
//!
//! A pack is data (`data/law/*.toml`, or a file of the project): a new country needs no code.

use serde::Deserialize;

use crate::mode::{Category, LandKind, Number};

/// A pack of land law.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pack {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Date of the document.
    pub version: String,
    /// Where it holds.
    pub jurisdiction: String,
    /// Ids of packs that hold with it.
    #[serde(default)]
    pub extends: Vec<String>,
    /// The document.
    pub source: String,
    /// Whether the document, or an account of it, was seen.
    pub verified: bool,
    /// Land that is closed before anything is scored.
    #[serde(default)]
    pub land: Vec<LandRow>,
    /// What an array with crops must keep to.
    #[serde(default)]
    pub design: Vec<DesignRow>,
    /// What the document asks and no program for siting can tell.
    #[serde(default)]
    pub not_tested: Vec<NotTested>,
}

/// Projects a rule on land is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Binds {
    /// All of them.
    All,
    /// Those that carry crops.
    WithCrops,
    /// Those that do not.
    WithoutCrops,
}

/// Land that is closed.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LandRow {
    /// Its id in the pack.
    pub id: String,
    /// What the rule says.
    pub clause: String,
    /// Where it says so, if not where the pack does.
    pub source: Option<String>,
    /// Whether that was seen.
    pub verified: bool,
    /// Whom it binds.
    pub binds: Binds,
    /// Kinds of land that are closed.
    #[serde(default)]
    pub kinds: Vec<LandKind>,
    /// What protects the land: the project says which of its inputs tells where it is.
    pub layer: Option<String>,
    /// Belt around that [m].
    pub within_m: Option<Number>,
    /// The land stays open where any of these amounts is below its value.
    #[serde(default)]
    pub unless_below: Vec<Threshold>,
}

/// An amount and a value of it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Threshold {
    /// What it is an amount of: the project says which of its inputs tells it.
    pub layer: String,
    /// The value, in the unit the layer's name ends with.
    pub value: f64,
}

/// What an array with crops must keep to.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DesignRow {
    /// Its id in the pack.
    pub id: String,
    /// What the rule says.
    pub clause: String,
    /// Where it says so, if not where the pack does.
    pub source: Option<String>,
    /// Whether that was seen.
    pub verified: bool,
    /// Kinds of land it holds on; all if there are none.
    #[serde(default)]
    pub kinds: Vec<LandKind>,
    /// Where crops grow for it to hold; anywhere if it does not say.
    pub category: Option<Category>,
    /// The bound.
    pub limit: Limit,
}

/// What the document asks and no program for siting can tell.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotTested {
    /// What it asks.
    pub clause: String,
    /// Whether that was seen.
    pub verified: bool,
}

/// A bound on one number of a design.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// Height of the lowest edge [m].
    MinClearanceM(f64),
    /// Height of the lowest edge above the plants [m].
    MinAboveCropM(f64),
    /// Distance from row to row [m].
    MinPitchM(f64),
    /// Free width between rows, seen from above [m].
    MinRowGapM(f64),
    /// Distance of piles along a row [m].
    MinPileSpacingM(f64),
    /// Share of the land that is not farmed any more [1].
    MaxLandLossShare(f64),
    /// Yield of the cropped land over that of the open field [1].
    MinYieldRatio(f64),
    /// The same, which must be above the value [1].
    AboveYieldRatio(f64),
    /// Harvest of all the land over that of the open field [1].
    MinTotalYieldRatio(f64),
    /// Share of the ground beneath modules, seen from above [1].
    MaxCoverShare(f64),
    /// Area of modules over that of the land [1].
    MaxModuleAreaShare(f64),
    /// Share of the land that is farmed [1].
    MinAgriculturalShare(f64),
    /// Sales of the cropped land over those of the open field [1].
    MinOutputValueRatio(f64),
    /// Energy over that of plain ground-mounted PV on the same land [1].
    MinElectricityRatio(f64),
}

/// What is asked of a design; `NaN` where it is not known, which keeps to no bound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DesignFacts {
    /// Height of the lowest edge [m].
    pub clearance_m: f64,
    /// Height of the plants [m].
    pub crop_height_m: f64,
    /// Distance from row to row [m].
    pub pitch_m: f64,
    /// Free width between rows, seen from above [m].
    pub row_gap_m: f64,
    /// Distance of piles along a row [m].
    pub pile_spacing_m: f64,
    /// Share of the land that is farmed [1].
    pub cropped_share: f64,
    /// Yield of the cropped land over that of the open field [1].
    pub yield_ratio: f64,
    /// Share of the ground beneath modules, seen from above [1].
    pub cover_share: f64,
    /// Area of modules over that of the land [1].
    pub module_area_share: f64,
    /// Energy over that of plain ground-mounted PV on the same land [1].
    pub electricity_ratio: f64,
}

/// Rounding that a bound bears.
const SLACK: f64 = 1e-9;

impl Limit {
    /// Whether a design keeps to the bound.
    pub fn admits(self, design: &DesignFacts) -> bool {
        let least = |value: f64, bound: f64| value >= bound - SLACK;
        let most = |value: f64, bound: f64| value <= bound + SLACK;
        match self {
            Self::MinClearanceM(bound) => least(design.clearance_m, bound),
            Self::MinAboveCropM(bound) => least(design.clearance_m - design.crop_height_m, bound),
            Self::MinPitchM(bound) => least(design.pitch_m, bound),
            Self::MinRowGapM(bound) => least(design.row_gap_m, bound),
            Self::MinPileSpacingM(bound) => least(design.pile_spacing_m, bound),
            Self::MaxLandLossShare(bound) => most(1.0 - design.cropped_share, bound),
            Self::MinYieldRatio(bound) | Self::MinOutputValueRatio(bound) => least(design.yield_ratio, bound),
            Self::AboveYieldRatio(bound) => design.yield_ratio > bound + SLACK,
            Self::MinTotalYieldRatio(bound) => least(design.cropped_share * design.yield_ratio, bound),
            Self::MaxCoverShare(bound) => most(design.cover_share, bound),
            Self::MaxModuleAreaShare(bound) => most(design.module_area_share, bound),
            Self::MinAgriculturalShare(bound) => least(design.cropped_share, bound),
            Self::MinElectricityRatio(bound) => least(design.electricity_ratio, bound),
        }
    }

    /// The bound's number, and the most it can sensibly be.
    pub fn bound(self) -> (f64, f64) {
        const LONGEST_M: f64 = 1_000.0;
        const MOST_RATIO: f64 = 2.0;
        match self {
            Self::MinClearanceM(value)
            | Self::MinAboveCropM(value)
            | Self::MinPitchM(value)
            | Self::MinRowGapM(value)
            | Self::MinPileSpacingM(value) => (value, LONGEST_M),
            Self::MaxLandLossShare(value)
            | Self::MaxCoverShare(value)
            | Self::MaxModuleAreaShare(value)
            | Self::MinAgriculturalShare(value) => (value, 1.0),
            Self::MinYieldRatio(value)
            | Self::AboveYieldRatio(value)
            | Self::MinTotalYieldRatio(value)
            | Self::MinOutputValueRatio(value)
            | Self::MinElectricityRatio(value) => (value, MOST_RATIO),
        }
    }

    /// Height of the lowest edge that the bound asks for [m]; `None` if it asks for none.
    pub fn clearance_m(self, crop_height_m: f64) -> Option<f64> {
        match self {
            Self::MinClearanceM(bound) => Some(bound),
            Self::MinAboveCropM(bound) => Some(crop_height_m + bound),
            _ => None,
        }
    }
}

impl DesignRow {
    /// Whether it holds for a design on land of these kinds.
    pub fn holds(&self, category: Category, kinds: &[LandKind]) -> bool {
        let on_kind = self.kinds.is_empty() || self.kinds.iter().any(|kind| kinds.contains(kind));
        on_kind && self.category.is_none_or(|wanted| wanted == category)
    }
}
