//! Samples of what is not certain of panels.

use super::one::Ranges;
use crate::subsidence::scene::Variation;

/// Variations of every panel, sample by sample. Panels of one class of overburden vary together: what is not known is the class,
/// not each panel. Every parameter of a class runs through all its range, each part of it once (Latin hypercube).
///
/// Source: M. D. `McKay`, R. J. Beckman, W. J. Conover, "A comparison of three methods for selecting values of input variables",
/// Technometrics 21, 1979.
pub fn variations(ranges: &[Ranges], samples: usize, seed: u64) -> Vec<Vec<Variation>> {
    let classes = ranges.iter().map(|range| range.class + 1).max().unwrap_or(0);
    let mut numbers = Numbers(seed);
    // By class and parameter, one number of 0–1 for each sample.
    let shares: Vec<[Vec<f64>; 3]> =
        (0..classes).map(|_| std::array::from_fn(|_| numbers.stratified(samples))).collect();
    let of = |range: &Ranges, sample: usize| {
        let [q, tan_beta, pace] = std::array::from_fn(|i| triangular(range.ratios[i], shares[range.class][i][sample]));
        Variation { subsidence_factor: q, tan_beta, pace }
    };
    (0..samples).map(|sample| ranges.iter().map(|range| of(range, sample)).collect()).collect()
}

/// The value below which a share of the triangular distribution lies.
///
/// Source: any text on distributions; inverse of the cumulative one.
fn triangular((low, mode, high): (f64, f64, f64), share: f64) -> f64 {
    if low == high {
        return mode;
    }
    let at_mode = (mode - low) / (high - low);
    if share < at_mode {
        low + (share * (high - low) * (mode - low)).sqrt()
    } else {
        high - ((1.0 - share) * (high - low) * (high - mode)).sqrt()
    }
}

/// Pseudo-random numbers that are the same everywhere.
///
/// Source: G. L. Steele, D. Lea, C. H. Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014 (`SplitMix64`).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A number from 0 to below 1.
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// One number in each of so many equal parts of 0–1, in mixed order.
    fn stratified(&mut self, count: usize) -> Vec<f64> {
        let mut shares: Vec<f64> = (0..count).map(|part| (part as f64 + self.share()) / count as f64).collect();
        for last in (1..count).rev() {
            shares.swap(last, (self.next() % (last as u64 + 1)) as usize);
        }
        shares
    }
}
