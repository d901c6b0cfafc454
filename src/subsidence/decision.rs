//! What mined-out land can carry, and why.

use schemars::JsonSchema;
use serde::Deserialize;

use super::damage::Limits;

/// What becomes of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Decision {
    /// PV on the ground, as anywhere.
    Ground = 1,
    /// PV on the ground, on supports that can be adjusted.
    GroundAdjustable = 2,
    /// PV with agriculture.
    Agri = 3,
    /// PV with agriculture, on supports that can be adjusted.
    AgriAdjustable = 4,
    /// To be drained or filled up first: seasonally wet.
    Regrade = 5,
    /// PV on piles above a pond.
    FisheryPile = 6,
    /// Floating PV.
    Floating = 7,
    /// To be looked at again when the ground has settled.
    Defer = 8,
    /// Not to be used.
    Exclude = 9,
}

impl Decision {
    /// All of them, by code.
    pub const ALL: [Self; 9] = [
        Self::Ground,
        Self::GroundAdjustable,
        Self::Agri,
        Self::AgriAdjustable,
        Self::Regrade,
        Self::FisheryPile,
        Self::Floating,
        Self::Defer,
        Self::Exclude,
    ];

    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ground => "ground",
            Self::GroundAdjustable => "ground_adjustable",
            Self::Agri => "agri",
            Self::AgriAdjustable => "agri_adjustable",
            Self::Regrade => "regrade",
            Self::FisheryPile => "fishery_pile",
            Self::Floating => "floating",
            Self::Defer => "defer",
            Self::Exclude => "exclude",
        }
    }

    /// The decision of a code.
    pub fn of_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|decision| *decision as u8 == code)
    }
}

/// How far the ground has come to rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Stability {
    /// At rest.
    Stable = 1,
    /// At rest for what can be adjusted.
    BasicallyStable = 2,
    /// Still moving.
    Unstable = 3,
}

impl Stability {
    /// All of them, by code.
    pub const ALL: [Self; 3] = [Self::Stable, Self::BasicallyStable, Self::Unstable];

    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stable => "stable",
            Self::BasicallyStable => "basically stable",
            Self::Unstable => "unstable",
        }
    }
}

/// When ground counts as come to rest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StabilityLimits {
    /// Most deformation to come of stable ground.
    pub stable: Limits,
    /// Most deformation to come of basically stable ground.
    pub basically_stable: Limits,
    /// Fastest subsidence [mm/day].
    pub rate_mm_per_day: f64,
    /// Subsidence within six months that ground at rest stays below [mm].
    pub six_months_mm: f64,
}

/// Years since extraction that ground needs to come to rest, by overburden.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RestYears {
    /// To be stable.
    pub stable: f64,
    /// To be basically stable.
    pub basically_stable: f64,
}

impl RestYears {
    /// How far the ground is by the time since extraction alone.
    pub fn stability(&self, since_yr: f64) -> Stability {
        if since_yr < self.basically_stable {
            Stability::Unstable
        } else if since_yr < self.stable {
            Stability::BasicallyStable
        } else {
            Stability::Stable
        }
    }
}

/// Depths of water that part one kind of plant from another [m].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WaterLimits {
    /// Up to this land is drained or filled.
    pub regrade_m: f64,
    /// Up to this piles are driven.
    pub pile_m: f64,
}

/// How the ground moves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Motion {
    /// Speed of subsidence, by size [mm/day].
    pub rate_mm_per_day: f64,
    /// Subsidence of the last six months, by size [mm].
    pub six_months_mm: f64,
    /// Deformation to come: tilt [mm/m], curvature [10⁻³/m], strain [mm/m], by size.
    pub to_come: (f64, f64, f64),
    /// What the time since extraction allows, the worst of all panels that are felt.
    pub by_age: Stability,
}

/// Why the ground is not stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Cause {
    /// It is.
    None = 0,
    /// Speed.
    Rate = 1,
    /// Subsidence within six months.
    SixMonths = 2,
    /// Tilt, curvature or strain to come.
    ToCome = 3,
    /// Time since extraction, or extraction still to come.
    Age = 4,
}

impl Cause {
    /// All of them, by code.
    pub const ALL: [Self; 5] = [Self::None, Self::Rate, Self::SixMonths, Self::ToCome, Self::Age];

    /// It in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::None => "it is stable",
            Self::Rate => "it moves too fast",
            Self::SixMonths => "it moved too much in six months",
            Self::ToCome => "too much tilt, curvature or strain is to come",
            Self::Age => "mining is too recent, or still to come",
        }
    }
}

impl StabilityLimits {
    /// How far the ground has come to rest, and what keeps it from being stable.
    ///
    /// Source: GB 51044-2014 as restated in DOMAIN A6, rows in `data/subsidence.toml`.
    pub fn stability(&self, motion: &Motion) -> (Stability, Cause) {
        let unstable = [
            (motion.rate_mm_per_day > self.rate_mm_per_day, Cause::Rate),
            (motion.six_months_mm >= self.six_months_mm, Cause::SixMonths),
            (!self.basically_stable.bears(motion.to_come), Cause::ToCome),
            (motion.by_age == Stability::Unstable, Cause::Age),
        ];
        if let Some((_, cause)) = unstable.into_iter().find(|(is_so, _)| *is_so) {
            return (Stability::Unstable, cause);
        }
        if !self.stable.bears(motion.to_come) {
            return (Stability::BasicallyStable, Cause::ToCome);
        }
        match motion.by_age {
            Stability::Stable => (Stability::Stable, Cause::None),
            _ => (Stability::BasicallyStable, Cause::Age),
        }
    }
}

/// What a place is like, beside how it moves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// How far it has come to rest.
    pub stability: Stability,
    /// Depth of water where it is highest in the year [m]; 0 where it is dry.
    pub ponding_m: f64,
    /// Whether the soil is good enough for crops.
    pub is_fertile: bool,
    /// Whether it lies in an area that may not be used.
    pub is_protected: bool,
}

/// What becomes of a place.
///
/// Source: DOMAIN A8; `tests/vectors/rules.json`, `subsidence_mode_tests`.
pub fn decide(place: &Place, water: &WaterLimits) -> Decision {
    let is_stable = place.stability == Stability::Stable;
    if place.is_protected {
        return Decision::Exclude;
    }
    if place.stability == Stability::Unstable {
        return Decision::Defer;
    }
    if place.ponding_m <= 0.0 {
        return match (place.is_fertile, is_stable) {
            (false, true) => Decision::Ground,
            (false, false) => Decision::GroundAdjustable,
            (true, true) => Decision::Agri,
            (true, false) => Decision::AgriAdjustable,
        };
    }
    if place.ponding_m <= water.regrade_m {
        Decision::Regrade
    } else if place.ponding_m <= water.pile_m && is_stable {
        Decision::FisheryPile
    } else {
        Decision::Floating
    }
}

/// Depth of water on ground that sinks [m]; 0 where it stays dry.
///
/// Water stands where the ground sinks below the water table, and no higher than the outlet lets it.
///
/// - `sunk_m`: how far the ground has sunk.
/// - `groundwater_depth_m`: depth of the water table below the ground before mining.
/// - `outlet_above_m`: height of the outlet above that ground, negative below it; infinite without one.
///
/// Source: DOMAIN A7.
pub fn ponding_m(sunk_m: f64, groundwater_depth_m: f64, outlet_above_m: f64) -> f64 {
    let water_above_m = (-groundwater_depth_m).min(outlet_above_m);
    (sunk_m + water_above_m).max(0.0)
}

/// Height of the zone above a seam through which water flows [m].
///
/// - `thickness_m`: thickness extracted M; `a`, `b`, `deviation_m`: numbers of the overburden.
///
/// Source: code of 2017, app. 4: H = 100 M / (a M + b) ± deviation.
pub fn fracture_height_m(thickness_m: f64, (a, b, deviation_m): (f64, f64, f64)) -> f64 {
    100.0 * thickness_m / (a * thickness_m + b) + deviation_m
}
