//! Statistics of a layer that do not depend on the order of its cells.

use multiversion::multiversion;

use super::gdal::write::Statistics;
use crate::kernels::exact_sum::ExactSum;

/// Values that are summed as whole numbers of quanta before they go into the exact sums.
const CHUNK: usize = 512;
/// Quanta whose squares, so many of them, still add up without loss in an `f64`.
const MOST_QUANTA: f32 = 2_097_152.0;

/// Exact sums over the cells of a layer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Measure {
    /// Sum of the values.
    pub sum: ExactSum,
    /// Sum of their squares.
    pub squares: ExactSum,
    /// Cells with a value.
    pub cells: u64,
    /// All cells.
    pub all: u64,
    /// Least and greatest value.
    pub range: Option<(f32, f32)>,
}

impl Measure {
    /// Adds cells; what is not finite is no value.
    ///
    /// - `quantum`: power of two of which every value is a multiple, where there is one. It only makes adding faster.
    pub fn add(&mut self, cells: &[f32], quantum: Option<f32>) {
        for chunk in cells.chunks(CHUNK) {
            if !quantum.is_some_and(|quantum| self.add_quanta(chunk, quantum)) {
                for &value in chunk {
                    self.add_one(value);
                }
            }
        }
    }

    /// Adds cells that are whole numbers of quanta; `false`, and nothing added, if they are too large for that.
    fn add_quanta(&mut self, cells: &[f32], quantum: f32) -> bool {
        let (sums, squares, counts, (least, greatest)) = in_lanes(cells, 1.0 / quantum);
        let least = least.into_iter().fold(f32::INFINITY, f32::min);
        let greatest = greatest.into_iter().fold(f32::NEG_INFINITY, f32::max);
        let most = MOST_QUANTA * quantum;
        let (sum, squares): (f64, f64) = (sums.iter().sum(), squares.iter().sum());
        if least < -most || greatest > most {
            return false;
        }
        debug_assert!(sum.fract() == 0.0 && squares.fract() == 0.0, "cells must be multiples of their quantum");
        self.all += cells.len() as u64;
        let count: u64 = counts.iter().map(|&count| u64::from(count)).sum();
        if count > 0 {
            self.cells += count;
            self.sum.add_whole(sum as i64, quantum);
            self.squares.add_whole(squares as i64, quantum * quantum);
            self.widen((least, greatest));
        }
        true
    }

    fn add_one(&mut self, value: f32) {
        self.all += 1;
        if !value.is_finite() {
            return;
        }
        self.cells += 1;
        self.sum.add(value);
        // The square of 24 bits has 48: two numbers of 24 hold it without loss, as long as it is in range.
        let square = f64::from(value) * f64::from(value);
        let high = square as f32;
        if high.is_finite() {
            self.squares.add(high);
            self.squares.add((square - f64::from(high)) as f32);
        }
        self.widen((value, value));
    }

    fn widen(&mut self, (least, greatest): (f32, f32)) {
        let wider = |(min, max): (f32, f32)| (min.min(least), max.max(greatest));
        self.range = Some(self.range.map_or((least, greatest), wider));
    }

    /// Adds what was measured of other cells.
    pub fn merge(&mut self, other: &Self) {
        self.sum.merge(&other.sum);
        self.squares.merge(&other.squares);
        self.cells += other.cells;
        self.all += other.all;
        if let Some(range) = other.range {
            self.widen(range);
        }
    }

    /// The statistics; `None` without any value.
    pub fn statistics(&self) -> Option<Statistics> {
        let (min, max) = self.range?;
        let mean = self.sum.value() / self.cells as f64;
        let variance = self.squares.value() / self.cells as f64 - mean * mean;
        Some(Statistics {
            min: f64::from(min),
            max: f64::from(max),
            mean,
            std_dev: variance.max(0.0).sqrt(),
            valid_percent: 100.0 * self.cells as f64 / self.all as f64,
        })
    }
}

/// Sums, squares and numbers of finite cells in quanta, and their least and greatest value, in lanes.
type Lanes = ([f64; LANES], [f64; LANES], [u32; LANES], ([f32; LANES], [f32; LANES]));

const LANES: usize = 8;

#[multiversion(targets("x86_64+avx2"))]
fn in_lanes(cells: &[f32], per_quantum: f32) -> Lanes {
    let mut sums = [0.0_f64; LANES];
    let mut squares = [0.0_f64; LANES];
    let mut counts = [0_u32; LANES];
    let (mut least, mut greatest) = ([f32::INFINITY; LANES], [f32::NEG_INFINITY; LANES]);
    let mut eight = |values: &[f32; LANES]| {
        for lane in 0..LANES {
            let value = values[lane];
            let finite = value.abs() < f32::INFINITY;
            let quanta = f64::from(if finite { value * per_quantum } else { 0.0 });
            sums[lane] += quanta;
            squares[lane] += quanta * quanta;
            counts[lane] += u32::from(finite);
            least[lane] = least[lane].min(if finite { value } else { f32::INFINITY });
            greatest[lane] = greatest[lane].max(if finite { value } else { f32::NEG_INFINITY });
        }
    };
    let (whole, rest) = cells.as_chunks::<LANES>();
    whole.iter().for_each(&mut eight);
    let mut last = [f32::NAN; LANES];
    last[..rest.len()].copy_from_slice(rest);
    eight(&last);
    (sums, squares, counts, (least, greatest))
}
