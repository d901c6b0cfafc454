//! Student's distribution.

use std::f64::consts::{FRAC_2_PI, FRAC_PI_2};

/// Halvings of the quarter turn in which the quantile is looked for: as many as the digits of a number.
const HALVINGS: usize = 60;

/// The t that bounds a share of the distribution to both sides, P(|T| ≤ t) = share.
///
/// - `share`: 0–1, both exclusive.
/// - `degrees`: of freedom, at least 1.
///
/// Source: M. Abramowitz, I. A. Stegun, "Handbook of Mathematical Functions", 1964, eqs. 26.7.3 and 26.7.4, exact for whole degrees
/// of freedom; inverted by halving.
pub fn two_sided(share: f64, degrees: usize) -> f64 {
    let (mut low, mut high) = (0.0, FRAC_PI_2);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if share_within(middle, degrees) < share { low = middle } else { high = middle }
    }
    (degrees as f64).sqrt() * f64::midpoint(low, high).tan()
}

/// P(|T| ≤ √ν tan θ).
fn share_within(angle: f64, degrees: usize) -> f64 {
    let (sin, cos) = angle.sin_cos();
    let is_odd = degrees % 2 == 1;
    // Powers of the cosine up to ν − 2, from 1 or 0 on, each with the one before it times n / (n + 1).
    let (mut power, mut sum) = (if is_odd { cos } else { 1.0 }, 0.0);
    for n in (1 + usize::from(is_odd)..degrees).step_by(2) {
        sum += power;
        power *= cos * cos * (n as f64 / (n + 1) as f64);
    }
    if is_odd { FRAC_2_PI * (angle + sin * sum) } else { sin * sum }
}
