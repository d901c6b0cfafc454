//! Sums of `f32` values that do not depend on the order of the terms.

/// Bins of 16 binary exponents: 16 cover every finite `f32`, two more take the carries of up to 2³² terms.
const BINS: usize = 18;
/// Terms after which a bin could overflow: |term| < 2³⁹ in its bin, so 2²³ of them stay below 2⁶².
const CARRY_EVERY: u32 = 1 << 23;
/// Exponent of the least bit of bin 0: the smallest subnormal `f32` is 2⁻¹⁴⁹.
const LEAST_EXPONENT: i32 = -149;

/// An exact sum of finite `f32` values.
///
/// Each term is added as an integer to the bin of its exponent; bins are added as integers when partial sums are
/// merged, and the total is rounded to `f64` once, at the end. Any order, tiling or number of threads gives the
/// same bits.
///
/// Source: the long accumulator of U. Kulisch, "Computer Arithmetic and Validity", 2nd ed., 2013, ch. 8, with wide
/// digits so that carries are rare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExactSum {
    bins: [i64; BINS],
    terms_since_carry: u32,
}

impl Default for ExactSum {
    fn default() -> Self {
        Self { bins: [0; BINS], terms_since_carry: 0 }
    }
}

impl ExactSum {
    /// Adds one value; it must be finite.
    #[inline]
    pub fn add(&mut self, value: f32) {
        debug_assert!(value.is_finite(), "an exact sum takes finite values only");
        let bits = value.to_bits();
        let biased = (bits >> 23) & 0xff;
        let fraction = i64::from(bits & 0x007f_ffff);
        let mantissa = if biased > 0 { fraction | 0x0080_0000 } else { fraction };
        let exponent = biased.max(1) - 1;
        let term = mantissa << (exponent & 15);
        let sign = -i64::from(bits >> 31);
        self.bins[(exponent >> 4) as usize] += (term ^ sign) - sign;
        self.terms_since_carry += 1;
        if self.terms_since_carry == CARRY_EVERY {
            self.carry();
        }
    }

    /// Adds a whole number of quanta without loss; `quantum` is a power of two, and so large that each of its multiples by
    /// 2⁴⁸ is in range.
    pub fn add_whole(&mut self, number: i64, quantum: f32) {
        let magnitude = number.unsigned_abs();
        let sign = if number < 0 { -1.0 } else { 1.0 };
        // 24 bits at a time: each part is an `f32`.
        for (shift, scale) in [(0, 1.0), (24, 16_777_216.0), (48, 281_474_976_710_656.0_f32)] {
            let part = (magnitude >> shift & 0x00ff_ffff) as f32;
            if part != 0.0 {
                self.add(sign * part * (scale * quantum));
            }
        }
    }

    /// Adds all terms of another sum.
    pub fn merge(&mut self, other: &Self) {
        self.carry();
        let mut other = other.clone();
        other.carry();
        for (mine, theirs) in self.bins.iter_mut().zip(other.bins) {
            *mine += theirs;
        }
        self.terms_since_carry = 1;
    }

    /// Moves what exceeds 16 bits of each bin to the next, leaving digits of 0…65535 under a signed top digit.
    fn carry(&mut self) {
        for i in 0..BINS - 1 {
            let up = self.bins[i] >> 16;
            self.bins[i] -= up << 16;
            self.bins[i + 1] += up;
        }
        self.terms_since_carry = 0;
    }

    /// The sum, rounded once to the nearest `f64` (ties to even).
    pub fn value(&self) -> f64 {
        let mut digits = self.clone();
        digits.carry();
        let negative = digits.bins[BINS - 1] < 0;
        if negative {
            for bin in &mut digits.bins {
                *bin = -*bin;
            }
            digits.carry();
        }
        let Some(top) = (0..BINS).rev().find(|&i| digits.bins[i] != 0) else { return 0.0 };
        // The top digit may use all of its 64 bits; four digits below it add 64 more.
        let low = top.saturating_sub(4);
        let head = digits.bins[low..=top].iter().rev().fold(0_i128, |acc, &digit| (acc << 16) + i128::from(digit));
        // Bits below the head can only decide a tie: one sticky bit stands for them.
        let sticky = i128::from(digits.bins[..low].iter().any(|&digit| digit != 0));
        let magnitude = (((head << 1) | sticky) as f64) * 2.0_f64.powi(LEAST_EXPONENT + 16 * low as i32 - 1);
        if negative { -magnitude } else { magnitude }
    }

    /// The bins that are not zero, as (index of the first, digits), for storage.
    pub fn digits(&self) -> (u8, Vec<i64>) {
        let mut digits = self.clone();
        digits.carry();
        let first = digits.bins.iter().position(|&bin| bin != 0).unwrap_or(0);
        let end = digits.bins.iter().rposition(|&bin| bin != 0).map_or(first, |last| last + 1);
        (first as u8, digits.bins[first..end].to_vec())
    }

    /// The sum whose [`Self::digits`] these are; digits beyond the last bin are ignored.
    pub fn from_digits(first: u8, digits: &[i64]) -> Self {
        let mut sum = Self { bins: [0; BINS], terms_since_carry: 1 };
        for (bin, &digit) in sum.bins.iter_mut().skip(usize::from(first)).zip(digits) {
            *bin = digit;
        }
        sum
    }
}
