//! Quantities that must not be mixed up, and the few conversions between them.

use std::iter::Sum;
use std::ops::{Add, AddAssign};

/// Square metres in a hectare.
pub const M2_PER_HA: f64 = 10_000.0;
/// Kilowatts in a megawatt, kilowatt-hours in a megawatt-hour.
pub const KILO_PER_MEGA: f64 = 1_000.0;

/// A name with one of its words, which underscores part, in place of another: the currency in names of money.
pub fn with_word(name: &str, word: &str, in_place_of: &str) -> String {
    name.split('_').map(|own| if own == in_place_of { word } else { own }).collect::<Vec<_>>().join("_")
}

/// An area counted in whole square millimetres.
///
/// Cell areas are rounded to this unit once (1e-9 of a 30 m cell), after which sums are exact whatever the order,
/// the tiling or the number of threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct AreaMm2(pub i128);

impl AreaMm2 {
    /// No area.
    pub const ZERO: Self = Self(0);

    /// The nearest whole number of square millimetres to `area_m2`.
    pub fn from_m2(area_m2: f64) -> Self {
        Self((area_m2 * 1e6).round() as i128)
    }

    /// The nearest whole number of square millimetres to `area_ha`.
    pub fn from_ha(area_ha: f64) -> Self {
        Self::from_m2(area_ha * M2_PER_HA)
    }

    /// This area in hectares.
    pub fn ha(self) -> f64 {
        self.0 as f64 * 1e-10
    }

    /// `cells` times this area.
    #[must_use]
    pub fn times(self, cells: u64) -> Self {
        Self(self.0 * i128::from(cells))
    }

    /// The given share (0–1) of this area, rounded to a whole square millimetre; of a cell, not of a sum of cells, so that
    /// it does not matter which cells are added up first.
    #[must_use]
    pub fn share(self, share: f64) -> Self {
        if share == 1.0 { self } else { Self((self.0 as f64 * share).round() as i128) }
    }

    /// What is left of this area without another.
    #[must_use]
    pub fn less(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Add for AreaMm2 {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl AddAssign for AreaMm2 {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Sum for AreaMm2 {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::ZERO, Add::add)
    }
}
