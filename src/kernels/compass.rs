//! Directions as unit vectors.

use std::f32::consts::FRAC_PI_2;

use multiversion::multiversion;

use super::slope_aspect::FLAT;
use super::whole;

/// What the parts of vectors are multiples of.
pub const QUANTUM: f32 = 1.0 / 1_048_576.0;
/// Directions that are worked on together.
pub const LANES: usize = 32;
/// Coefficients of the series of the sine over the angle and of the cosine, by powers of the angle's square.
const SINE: [f32; 5] = [1.0, -1.0 / 6.0, 1.0 / 120.0, -1.0 / 5_040.0, 1.0 / 362_880.0];
const COSINE: [f32; 6] = [1.0, -0.5, 1.0 / 24.0, -1.0 / 720.0, 1.0 / 40_320.0, -1.0 / 3_628_800.0];

/// Which part of a vector is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Towards the east: the sine.
    East,
    /// Towards the north: the cosine.
    North,
}

/// One part of the unit vectors of some directions [1], multiples of [`QUANTUM`].
///
/// - `azimuth_deg`: clockwise from north, 0–360; level ground ([`FLAT`]) and `NaN` have none.
///
/// Within 7·10⁻⁷ of the functions of the standard library. Only additions, multiplications and rounding in a fixed order: the
/// same bits wherever a direction stands in a row.
#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2"))]
pub fn parts(azimuth_deg: &[f32; LANES], part: Part) -> [f32; LANES] {
    let mut parts = [f32::NAN; LANES];
    let ahead = match part {
        Part::East => 0,
        Part::North => 1,
    };
    for (out, &azimuth_deg) in parts.iter_mut().zip(azimuth_deg) {
        // Whole numbers of quarter turns, and what is left of them: 45° at most to either side.
        let is_direction = azimuth_deg > FLAT;
        let turned = if is_direction { azimuth_deg } else { 0.0 };
        let (quarters, quarter) = whole::nearest(turned * (1.0 / 90.0));
        let angle = (turned - 90.0 * quarters) * (FRAC_PI_2 / 90.0);
        let square = angle * angle;
        let series = |of: &[f32]| of.iter().rev().fold(0.0, |sum, &coefficient| sum * square + coefficient);
        let (sine, cosine) = (angle * series(&SINE), series(&COSINE));
        let quarter = quarter + ahead;
        let size = if quarter & 1 == 0 { sine } else { cosine };
        let signed = if quarter & 2 == 0 { size } else { -size };
        let quanta = whole::nearest(signed * (1.0 / QUANTUM)).0;
        *out = if is_direction { quanta * QUANTUM } else { f32::NAN };
    }
    parts
}
