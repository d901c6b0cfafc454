//! The influence of an endless edge on the ground beside it, looked up.

use std::f64::consts::PI;
use std::sync::LazyLock;

use libm::erf;
use multiversion::multiversion;

/// Places of the table in a radius.
const PER_RADIUS: f64 = 64.0;
/// Radii beyond which the influence is whole, or none: 1 − erf(5.3) is below 10⁻¹³.
const END_RADII: f64 = 3.0;
/// Terms of the series about each place.
const TERMS: usize = 6;

/// Terms of the series of ½ erf(√π u) about each place of the table.
static TABLE: LazyLock<Vec<[f64; TERMS]>> = LazyLock::new(|| {
    let places = (END_RADII * PER_RADIUS) as usize + 1;
    (0..=places).map(|place| series(place as f64 / PER_RADIUS)).collect()
});

/// The function and its derivatives over their factorials: those of exp(−πu²) are Hermite polynomials times it.
fn series(u: f64) -> [f64; TERMS] {
    let bell = (-PI * u * u).exp();
    let square = u * u;
    [
        0.5 * erf(PI.sqrt() * u),
        bell,
        -PI * u * bell,
        (2.0 * PI * PI * square - PI) * bell / 3.0,
        (-2.0 * PI.powi(3) * square * u + 3.0 * PI * PI * u) * bell / 6.0,
        (4.0 * PI.powi(4) * square * square - 12.0 * PI.powi(3) * square + 3.0 * PI * PI) * bell / 30.0,
    ]
}

/// Half of erf(√π u), the influence of an endless edge at a distance in radii less one half; within 10⁻¹².
///
/// Source: Taylor's series to the fifth order about places 1/64 apart, half of that away at most.
pub fn half_erf(u: f64) -> f64 {
    look_up(&TABLE, u)
}

/// The same at places that lie in equal steps before a first one.
#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2"))]
pub fn half_erfs((u, step): (f64, f64), out: &mut [f64]) {
    let table = &TABLE[..];
    for (n, out) in out.iter_mut().enumerate() {
        *out = look_up(table, u - step * n as f64);
    }
}

#[allow(clippy::inline_always, reason = "belongs into loops that are compiled once for each instruction set")]
#[inline(always)]
fn look_up(table: &[[f64; TERMS]], u: f64) -> f64 {
    let size = u.abs().min(END_RADII);
    // Whole numbers of cells: no call for rounding, which not all processors have an instruction for.
    let place = (size * PER_RADIUS + 0.5) as usize;
    let d = size - place as f64 / PER_RADIUS;
    let [a, b, c, e, f, g] = table[place];
    let half = a + d * (b + d * (c + d * (e + d * (f + d * g))));
    half.copysign(u)
}
