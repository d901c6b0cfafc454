//! Values side by side, as many as are worked on together.

/// The first values, and `NaN` in the lanes beyond the last.
#[allow(clippy::inline_always, reason = "belongs into loops that are compiled once for each instruction set")]
#[inline(always)]
pub fn filled<const LANES: usize>(values: &[f32]) -> [f32; LANES] {
    match values.first_chunk() {
        Some(whole) => *whole,
        None => std::array::from_fn(|lane| values.get(lane).copied().unwrap_or(f32::NAN)),
    }
}
