//! Whole numbers, in steps that vectorise: a cast looks at every value by itself.

/// Leaves no room for a fraction in what it is added to: 1.5 · 2²³.
const NO_FRACTION: f32 = 12_582_912.0;

/// The whole number nearest to a value of −2²² to 2²², halves to even: as a float, and as an integer.
///
/// The integer means nothing for a value beyond these, or `NaN`.
#[allow(clippy::inline_always, reason = "belongs into loops that are compiled once for each instruction set")]
#[inline(always)]
pub fn nearest(value: f32) -> (f32, i32) {
    let shifted = value + NO_FRACTION;
    (shifted - NO_FRACTION, shifted.to_bits().wrapping_sub(NO_FRACTION.to_bits()).cast_signed())
}
