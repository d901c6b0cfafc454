//! Criteria: how much a cell's value is worth, 0–1, and what weight that has.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::kernels::slope_aspect::FLAT;
use crate::layer::{Code, LayerName};
use crate::rule::ModeSet;

/// A value function, as written in the project file: from the layer's unit to 0–1.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Utility {
    /// 0 up to `worst`, 1 from `best` on.
    Rising {
        /// Value worth nothing.
        worst: f64,
        /// Value worth everything.
        best: f64,
        /// How it rises between them.
        #[serde(default)]
        shape: Ramp,
    },
    /// 1 up to `best`, 0 from `worst` on.
    Falling {
        /// Value worth everything.
        best: f64,
        /// Value worth nothing.
        worst: f64,
        /// How it falls between them.
        #[serde(default)]
        shape: Ramp,
    },
    /// 0 up to `zero_below`, 1 from `one_from` to `one_to`, 0 from `zero_above` on, straight between.
    Trapezoid {
        /// Value up to which it is worth nothing.
        zero_below: f64,
        /// First value worth everything.
        one_from: f64,
        /// Last value worth everything.
        one_to: f64,
        /// Value from which it is worth nothing.
        zero_above: f64,
    },
    /// A bell: exp(−½((x − center)/sigma)²).
    Gaussian {
        /// Value worth everything.
        center: f64,
        /// Distance from it at which 0.607 is left.
        sigma: f64,
    },
    /// A bell around a compass direction, for `aspect_deg`; land flatter than `flat_below_deg` is worth 1.
    Facing {
        /// Best direction, degrees clockwise from north.
        azimuth_deg: f64,
        /// Angle from it at which 0.607 is left.
        sigma_deg: f64,
        /// Slope below which the direction does not matter.
        #[serde(default)]
        flat_below_deg: f64,
    },
    /// Straight lines through points (value, worth), values ascending; constant outside them.
    Points(Vec<[f64; 2]>),
    /// Worth of each class, by name or code; classes not named are worth 0.
    Classes(BTreeMap<String, f64>),
}

/// How a value function runs between its breakpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema, Hash)]
#[serde(rename_all = "snake_case")]
pub enum Ramp {
    /// Straight.
    #[default]
    Linear,
    /// cos² of a quarter turn: gentle at both ends.
    Cosine,
}

impl Ramp {
    /// What is left of 1 after the share `t` (0–1) of the way down.
    fn fall(self, t: f64) -> f64 {
        match self {
            Self::Linear => 1.0 - t,
            Self::Cosine => (t * std::f64::consts::FRAC_PI_2).cos().powi(2),
        }
    }
}

impl Utility {
    /// Worth of a quantity, 0–1; `NaN` for `NaN`. `+∞` (farther than computed) is worth what the far end is.
    ///
    /// Not for [`Utility::Classes`], which is looked up, and [`Utility::Facing`], see [`facing`].
    ///
    /// Source: fuzzy memberships, J. Malczewski, "GIS and Multicriteria Decision Analysis", 1999, ch. 4; checked
    /// against `tests/vectors/d_mcda.json`.
    pub fn of(&self, value: f64) -> f64 {
        if value.is_nan() {
            return f64::NAN;
        }
        let share = |from: f64, to: f64| ((value - from) / (to - from)).clamp(0.0, 1.0);
        match self {
            Self::Falling { best, worst, shape } => shape.fall(share(*best, *worst)),
            Self::Rising { worst, best, shape } => shape.fall(1.0 - share(*worst, *best)),
            Self::Trapezoid { zero_below, one_from, one_to, zero_above } => {
                let up = if value >= *one_from { 1.0 } else { share(*zero_below, *one_from) };
                let down = if value <= *one_to { 1.0 } else { 1.0 - share(*one_to, *zero_above) };
                up.min(down)
            }
            Self::Gaussian { center, sigma } => (-0.5 * ((value - center) / sigma).powi(2)).exp(),
            Self::Points(points) => through_points(points, value),
            Self::Facing { .. } | Self::Classes(_) => f64::NAN,
        }
    }

    /// The function as a straight ramp, if it is one.
    pub fn straight(&self) -> Option<StraightRamp> {
        match *self {
            Self::Rising { worst, best, shape: Ramp::Linear } => {
                Some(StraightRamp { from: worst, to: best, is_rising: true })
            }
            Self::Falling { best, worst, shape: Ramp::Linear } => {
                Some(StraightRamp { from: best, to: worst, is_rising: false })
            }
            _ => None,
        }
    }

    /// The values at which the function bends, for the reach of distance layers.
    pub fn breakpoints(&self) -> Vec<f64> {
        match self {
            Self::Rising { worst, best, .. } | Self::Falling { best, worst, .. } => vec![*worst, *best],
            Self::Trapezoid { zero_below, one_from, one_to, zero_above } => {
                vec![*zero_below, *one_from, *one_to, *zero_above]
            }
            // Beyond eight sigma less than 1e-14 is left.
            Self::Gaussian { center, sigma } => vec![center - 8.0 * sigma, center + 8.0 * sigma],
            Self::Points(points) => points.iter().map(|point| point[0]).collect(),
            Self::Facing { .. } | Self::Classes(_) => Vec::new(),
        }
    }
}

/// A value function that is straight between two values and constant beyond them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StraightRamp {
    from: f64,
    to: f64,
    is_rising: bool,
}

impl StraightRamp {
    /// Worth of a value: the same bits as [`Utility::of`].
    #[inline]
    pub fn of(&self, value: f64) -> f64 {
        let share = ((value - self.from) / (self.to - self.from)).clamp(0.0, 1.0);
        if self.is_rising { 1.0 - (1.0 - share) } else { 1.0 - share }
    }
}

/// Worth of an aspect on a slope, both in degrees, by the (azimuth, sigma) and the flat slope of [`Utility::Facing`].
pub fn facing(aspect_deg: f64, slope_deg: f64, (azimuth_deg, sigma_deg): (f64, f64), flat_below_deg: f64) -> f64 {
    if aspect_deg.is_nan() || slope_deg.is_nan() {
        return f64::NAN;
    }
    if aspect_deg == f64::from(FLAT) || slope_deg < flat_below_deg {
        return 1.0;
    }
    let off_deg = crate::grid::ellipsoid::wrap_deg(aspect_deg - azimuth_deg);
    (-0.5 * (off_deg / sigma_deg).powi(2)).exp()
}

fn through_points(points: &[[f64; 2]], value: f64) -> f64 {
    let after = points.partition_point(|point| point[0] < value);
    match (after.checked_sub(1).map(|before| points[before]), points.get(after)) {
        (None, Some(first)) => first[1],
        (Some(last), None) => last[1],
        (Some(before), Some(after)) => {
            before[1] + (after[1] - before[1]) * (value - before[0]) / (after[0] - before[0])
        }
        (None, None) => f64::NAN,
    }
}

/// A validated criterion.
#[derive(Debug, Clone, PartialEq)]
pub struct Criterion {
    /// Its id in the project.
    pub id: String,
    /// The layer it looks at.
    pub layer: LayerName,
    /// Its value function.
    pub utility: Utility,
    /// Worth by code, for [`Utility::Classes`].
    pub by_class: BTreeMap<Code, f32>,
    /// Weight, positive, relative to the other criteria of a mode.
    pub weight: f64,
    /// Modes it counts for.
    pub modes: ModeSet,
}

/// Weights of the criteria that bind `mode`, normalised to 1, as (index of the criterion, share).
pub fn weights_of(criteria: &[Criterion], mode: usize) -> Vec<(usize, f64)> {
    let bound = || criteria.iter().enumerate().filter(|(_, criterion)| criterion.modes.has(mode));
    let total: f64 = bound().map(|(_, criterion)| criterion.weight).sum();
    bound().map(|(i, criterion)| (i, criterion.weight / total)).collect()
}
