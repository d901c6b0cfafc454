//! Relative yield of a crop under an array.

/// Yield relative to the open field, 10^(αR + βR²) [1].
///
/// - `shade`: share of light lost R [1], 0 to the largest the curves were fitted to.
/// - `alpha`, `beta`: coefficients of the crop's response group.
///
/// Source: form of M. Laub et al., "Contrasting yield responses at varying levels of shade suggest different
/// suitability of crop types for dual land-use systems", Agron. Sustain. Dev. 42:51, 2022, doi
/// 10.1007/s13593-022-00783-7; checked against its table S2 to 0.06 percentage points.
pub fn relative_yield(shade: f64, alpha: f64, beta: f64) -> f64 {
    10.0_f64.powf(alpha * shade + beta * shade * shade)
}

/// Yield relative to the open field of a crop of which nothing is known: it falls with the light [1].
pub fn linear_yield(shade: f64) -> f64 {
    1.0 - shade.clamp(0.0, 1.0)
}
