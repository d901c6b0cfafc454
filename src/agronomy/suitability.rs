//! How well a place suits a crop.

/// Worth of a value between limits: 0 outside the absolute ones, 1 between the optimal ones, straight in between; `NaN` stays.
///
/// - `limits`: absolute least, optimal least, optimal most, absolute most, ascending.
///
/// Source: FAO, "ECOCROP: the crop environmental requirements database", in the reading of R. J. Hijmans et al., DIVA-GIS, 2001.
pub fn between(value: f32, limits: &[f32; 4]) -> f32 {
    let [least, low, high, most] = *limits;
    if value.is_nan() {
        return value;
    }
    if value < low {
        if value <= least { if value == low { 1.0 } else { 0.0 } } else { (value - least) / (low - least) }
    } else if value > high {
        if value >= most { 0.0 } else { (most - value) / (most - high) }
    } else {
        1.0
    }
}
