//! How badly a deformation damages what stands on it.

use super::deformation::Deformation;

/// The most that a grade of damage bears.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Tilt [mm/m].
    pub tilt_mm_per_m: f64,
    /// Curvature [10⁻³/m].
    pub curvature_per_km: f64,
    /// Horizontal strain [mm/m], tension or compression.
    pub strain_mm_per_m: f64,
}

impl Limits {
    /// Whether all three are within the limits, whatever their signs.
    pub fn bears(&self, (tilt_mm_per_m, curvature_per_km, strain_mm_per_m): (f64, f64, f64)) -> bool {
        tilt_mm_per_m.abs() <= self.tilt_mm_per_m
            && curvature_per_km.abs() <= self.curvature_per_km
            && strain_mm_per_m.abs() <= self.strain_mm_per_m
    }
}

/// Grade of damage from 1: the first whose limits bear all three, or one beyond the last.
///
/// - `limits`: of the grades, from the slightest on.
pub fn grade(limits: &[Limits], deformation: (f64, f64, f64)) -> usize {
    1 + limits.iter().position(|limits| limits.bears(deformation)).unwrap_or(limits.len())
}

/// The three numbers damage is told by: steepest tilt [mm/m], largest curvature [10⁻³/m] and strain [mm/m] of all directions, by
/// size.
pub fn worst(state: &Deformation) -> (f64, f64, f64) {
    let size = |(most, least): (f64, f64)| 1e3 * most.abs().max(least.abs());
    (1e3 * state.tilt_max(), size(state.curvature_per_m.principal()), size(state.strain.principal()))
}
