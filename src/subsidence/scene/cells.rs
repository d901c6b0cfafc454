//! What is told of one cell.

use std::cell::OnceCell;

use super::outlook::Outlook;
use super::{Rates, Scene};
use crate::date::DAYS_PER_YEAR;
use crate::subsidence::damage::{grade, worst};
use crate::subsidence::decision::{Cause, Decision, Motion, Place, Stability, decide, ponding_m};
use crate::subsidence::insar;
use crate::subsidence::quantity::Quantity;

/// Share of the full subsidence above the edge of a wide panel: beyond it a place lies above the workings.
const ABOVE_WORKINGS: f64 = 0.5;
/// Steps in which the time of rest is looked for [yr].
const REST_STEP_YR: f64 = 0.25;
/// How far ahead it is looked for [yr].
const REST_HORIZON_YR: f64 = 100.0;

/// What else is known of a place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sighting {
    /// Depth of the water table below the ground before mining [m]; `NaN` if it is not known here, `None` if nobody asked.
    pub groundwater_m: Option<f64>,
    /// Height of the outlet above that ground [m].
    pub outlet_above_m: Option<f64>,
    /// Whether the soil is good enough for crops.
    pub is_fertile: bool,
    /// Whether nothing may be built.
    pub is_protected: bool,
    /// Velocity towards each satellite, two at most [m/yr]; `NaN` where it sees nothing.
    pub seen_m_per_yr: [f64; 2],
}

impl Default for Sighting {
    fn default() -> Self {
        Self {
            groundwater_m: None,
            outlet_above_m: None,
            is_fertile: false,
            is_protected: false,
            seen_m_per_yr: [f64::NAN; 2],
        }
    }
}

/// How many samples come to each decision, in the order of [`Decision::ALL`].
pub type Draws = [u16; Decision::ALL.len()];

/// A cell as it is told of.
pub struct Cell<'a> {
    outlook: &'a Outlook<'a>,
    /// What samples come to; `None` without samples.
    draws: Option<Draws>,
    at: (usize, usize),
    around: &'a Sighting,
    /// Pace of subsidence that satellites see, and that they would see if all went as predicted [m/yr].
    seen: Option<(f64, f64)>,
    stability: OnceCell<(Stability, Cause)>,
    /// `None` where the water is not known.
    decision: OnceCell<Option<Decision>>,
}

impl<'a> Cell<'a> {
    /// A cell of an outlook.
    pub(super) fn new(outlook: &'a Outlook<'a>, at: (usize, usize), around: &'a Sighting) -> Self {
        let seen = seen(outlook, at, around);
        Self { outlook, draws: None, at, around, seen, stability: OnceCell::new(), decision: OnceCell::new() }
    }

    /// The same with what samples come to.
    #[must_use]
    pub(super) fn with(self, draws: Option<Draws>) -> Self {
        Self { draws, ..self }
    }

    /// Counts what a sample comes to.
    pub(super) fn draw(&self, sample: &Outlook<'_>, draws: &mut Draws) {
        let motion = observed(sample.scene, sample.motion(self.at), self.seen);
        if let Some(decision) = self.decided(sample, sample.scene.terms.stability.stability(&motion).0) {
            draws[decision as usize - 1] += 1;
        }
    }

    fn stability(&self) -> (Stability, Cause) {
        let of = || {
            let motion = observed(self.scene(), self.outlook.motion(self.at), self.seen);
            self.scene().terms.stability.stability(&motion)
        };
        *self.stability.get_or_init(of)
    }

    fn decision(&self) -> Option<Decision> {
        *self.decision.get_or_init(|| self.decided(self.outlook, self.stability().0))
    }

    fn scene(&self) -> &Scene {
        self.outlook.scene
    }

    /// Whether the place counts as mined-out land.
    pub(super) fn is_affected(&self) -> bool {
        self.outlook.sums(self.at).final_m >= self.scene().terms.edge_m
    }

    /// Depth of water when the table stands higher than its mean by so much [m]; `None` if nobody asked for water.
    fn ponding(&self, outlook: &Outlook<'_>, higher_m: f64) -> Option<f64> {
        let sunk_m = outlook.now(self.at).subsidence_m + outlook.sums(self.at).residual_m;
        let groundwater_m = self.around.groundwater_m?;
        let outlet_above_m = self.around.outlet_above_m.unwrap_or(f64::INFINITY);
        if groundwater_m.is_nan() || outlet_above_m.is_nan() {
            return Some(f64::NAN);
        }
        Some(ponding_m(sunk_m, groundwater_m - higher_m, outlet_above_m))
    }

    /// What an outlook, the most likely or another one, makes of the place.
    fn decided(&self, outlook: &Outlook<'_>, stability: Stability) -> Option<Decision> {
        let ponding_m = self.ponding(outlook, self.scene().terms.seasonal_m).unwrap_or(0.0);
        let place =
            Place { stability, ponding_m, is_fertile: self.around.is_fertile, is_protected: self.around.is_protected };
        // Without knowing the water nothing but a ban or waiting can be decided.
        let needs_water = !place.is_protected && stability != Stability::Unstable;
        (!(needs_water && ponding_m.is_nan())).then(|| decide(&place, &self.scene().terms.water))
    }

    /// Share of the samples that come to a decision; 1 or 0 without samples.
    fn probability(&self, of: Decision) -> f64 {
        let Some(draws) = &self.draws else {
            return if self.decision().is_none() { f64::NAN } else { f64::from(u8::from(self.decision() == Some(of))) };
        };
        let all: u16 = draws.iter().sum();
        if all == 0 { f64::NAN } else { f64::from(draws[of as usize - 1]) / f64::from(all) }
    }

    /// Year from which on the place is not unstable any more; `NaN` where it is not, or where that is beyond the horizon.
    fn stable_year(&self) -> f64 {
        let (Some(date_yr), Stability::Unstable) = (self.scene().terms.date_yr, self.stability().0) else {
            return f64::NAN;
        };
        // What satellites see now says nothing of when it ends.
        if self.scene().terms.rates == Rates::Observed && self.seen.is_some() {
            return f64::NAN;
        }
        let steps = (REST_HORIZON_YR / REST_STEP_YR) as usize;
        let years = (1..=steps).map(|n| ((date_yr / REST_STEP_YR).floor() + n as f64) * REST_STEP_YR);
        let is_at_rest = |at_yr: &f64| {
            let motion = self.outlook.motion_at(self.at, *at_yr);
            self.scene().terms.stability.stability(&motion).0 != Stability::Unstable
        };
        let mut years = years;
        years.find(is_at_rest).unwrap_or(f64::NAN)
    }

    /// A quantity as a layer tells it: what is decided, and what that follows from, only on mined-out land; the decision is 0 beside
    /// it.
    pub(super) fn layer_value(&self, quantity: Quantity) -> f64 {
        if quantity == Quantity::Decision && !self.is_affected() {
            return 0.0;
        }
        let only_there = matches!(
            quantity,
            Quantity::Stability
                | Quantity::Cause
                | Quantity::DamageGrade
                | Quantity::StableYear
                | Quantity::DecisionProbability
                | Quantity::Probability(_)
        );
        if only_there && !self.is_affected() { f64::NAN } else { self.value(quantity) }
    }

    /// A quantity; `NaN` where it is not known.
    pub(super) fn value(&self, quantity: Quantity) -> f64 {
        let (now, sums) = (self.outlook.now(self.at), self.outlook.sums(self.at));
        let to_come = || self.outlook.to_come(self.at);
        let code = |code: u8| f64::from(code);
        let seasonal_m = self.scene().terms.seasonal_m;
        let ponding = |higher_m: f64| self.ponding(self.outlook, higher_m).unwrap_or(f64::NAN);
        match quantity {
            Quantity::Subsidence => now.subsidence_m,
            Quantity::Residual => sums.residual_m,
            Quantity::TiltX => now.tilt[0],
            Quantity::TiltY => now.tilt[1],
            Quantity::TiltMax => now.tilt_max(),
            Quantity::CurvatureMax => now.curvature_per_m.principal().0,
            Quantity::CurvatureMin => now.curvature_per_m.principal().1,
            Quantity::StrainMax => now.strain.principal().0,
            Quantity::StrainMin => now.strain.principal().1,
            Quantity::DisplacementX => now.displacement_m[0],
            Quantity::DisplacementY => now.displacement_m[1],
            Quantity::Rate => sums.rate_m_per_yr[0],
            Quantity::SubsidenceToCome => to_come().subsidence_m,
            Quantity::TiltToCome => worst(&to_come()).0 / 1e3,
            Quantity::CurvatureToCome => worst(&to_come()).1 / 1e3,
            Quantity::StrainToCome => worst(&to_come()).2 / 1e3,
            Quantity::Ponding => ponding(0.0),
            Quantity::PondingLow => ponding(-seasonal_m),
            Quantity::PondingHigh => ponding(seasonal_m),
            Quantity::DamageGrade => grade(&self.scene().terms.damage, worst(&now)) as f64,
            Quantity::Stability => code(self.stability().0 as u8),
            Quantity::Cause => code(self.stability().1 as u8),
            Quantity::StableYear => self.stable_year(),
            Quantity::Decision => self.decision().map_or(f64::NAN, |decision| code(decision as u8)),
            Quantity::OpenCracks => code(u8::from(sums.above_cracks >= ABOVE_WORKINGS)),
            Quantity::DecisionProbability => self.decision().map_or(f64::NAN, |decision| self.probability(decision)),
            Quantity::Probability(decision) => self.probability(decision),
            Quantity::InsarRate => self.seen.map_or(f64::NAN, |(seen, _)| seen),
            Quantity::InsarDifference => self.seen.map_or(f64::NAN, |(seen, expected)| seen - expected),
        }
    }
}

/// Pace of subsidence as satellites see it, and as they would if all went as predicted [m/yr]; `None` where they see nothing.
///
/// One track is taken for vertical motion, the predicted one seen from it likewise; two tell motion to the east apart, motion to
/// the north is neglected.
fn seen(outlook: &Outlook<'_>, at: (usize, usize), around: &Sighting) -> Option<(f64, f64)> {
    let tracks = &outlook.scene.terms.tracks;
    let [rate, east, north] = outlook.sums(at).rate_m_per_yr;
    let mut known = tracks.iter().copied().zip(around.seen_m_per_yr).filter(|(_, seen)| !seen.is_nan());
    match (known.next(), known.next()) {
        (Some(one), Some(other)) => insar::east_and_up(one, other).map(|(_, up)| (-up, rate)),
        (Some((track, seen)), None) => Some((-track.vertical(seen), -track.vertical(track.seen([east, north, -rate])))),
        _ => None,
    }
}

/// How a place moves if what satellites see decides.
fn observed(scene: &Scene, motion: Motion, seen: Option<(f64, f64)>) -> Motion {
    match (scene.terms.rates, seen) {
        (Rates::Observed, Some((rate_m_per_yr, _))) => Motion {
            rate_mm_per_day: 1e3 * rate_m_per_yr.abs() / DAYS_PER_YEAR,
            six_months_mm: 1e3 * rate_m_per_yr.abs() / 2.0,
            ..motion
        },
        _ => motion,
    }
}
