//! What the yield of a year by the hour is over what tables are made of.

use super::LayoutArray;
use crate::solar::array::{Array, Mounting};
use crate::solar::transposition::Plane;
use crate::solar::year::{Step, Year};

/// Tilt of the planes at which modules on a slope are corrected [°].
const TILT_DEG: f64 = 30.0;
/// Directions those planes face: east, west, north, south [°].
const FACING_DEG: [f64; 4] = [90.0, 270.0, 0.0, 180.0];
/// Planes beyond this many times the tilt count as steep as that.
const STEEPEST: f64 = 1.5;

/// Factor on the yield by tables: for clipping, part load, and days unlike the mean. A layout of its own plane has one; on
/// the slope it is a matter of the plane, and known level and at four tilted ones.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Correction {
    level: f64,
    /// Towards east and north: half the difference of both sides, and their mean less the level one.
    east: (f64, f64),
    north: (f64, f64),
}

impl Correction {
    /// The correction of a layout.
    ///
    /// - `hourly`: the year by the hour; `mean_days`: the steps tables are made of, which are the same where nothing is
    ///   known by the hour.
    pub fn new(layout: &LayoutArray, hourly: &[Step], mean_days: &[Step]) -> Self {
        if !layout.on_slope {
            let by = |steps: &[Step]| Year::of(&layout.array, steps).total().ac_kwh_per_kwp;
            return Self { level: ratio(by(hourly), by(mean_days)), ..Self::default() };
        }
        let at = |tilt_deg: f64, azimuth_deg: f64| {
            let array = Array { mounting: Mounting::Fixed(Plane { tilt_deg, azimuth_deg }), ..layout.array };
            // Tables of the slope hold direct current.
            ratio(Year::of(&array, hourly).total().ac_kwh_per_kwp, Year::of(&array, mean_days).total().dc_kwh_per_kwp)
        };
        let level = at(0.0, 180.0);
        let [east, west, north, south] = FACING_DEG.map(|azimuth_deg| at(TILT_DEG, azimuth_deg));
        let sides = |one: f64, other: f64| ((one - other) / 2.0, f64::midpoint(one, other) - level);
        Self { level, east: sides(east, west), north: sides(north, south) }
    }

    /// The weighted mean of some corrections, whose weights add up to 1.
    pub fn mean(weighed: impl Iterator<Item = (Self, f64)>) -> Self {
        weighed.fold(Self::default(), |sum, (one, weight)| Self {
            level: sum.level + weight * one.level,
            east: (sum.east.0 + weight * one.east.0, sum.east.1 + weight * one.east.1),
            north: (sum.north.0 + weight * one.north.0, sum.north.1 + weight * one.north.1),
        })
    }

    /// The factor of a layout of its own plane, or of level ground.
    pub fn level(&self) -> f64 {
        self.level
    }

    /// The factor of ground that rises by so much towards east and north [1].
    pub fn on_ground(&self, east: f32, north: f32) -> f32 {
        if self.east == (0.0, 0.0) && self.north == (0.0, 0.0) {
            return self.level as f32;
        }
        let steepness = (1.0 + east * east + north * north).sqrt() * TILT_DEG.to_radians().sin() as f32;
        let share = |rise: f32| f64::from(-rise / steepness).clamp(-STEEPEST, STEEPEST);
        let part = |share: f64, (odd, even): (f64, f64)| share * (odd + share * even);
        (self.level + part(share(east), self.east) + part(share(north), self.north)) as f32
    }
}

fn ratio(by_the_hour: f64, by_tables: f64) -> f64 {
    if by_tables > 0.0 { by_the_hour / by_tables } else { 1.0 }
}
