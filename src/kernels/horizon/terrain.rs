//! Elevation laid out for rays: rows with room beside them, and the highest ground of blocks.

use std::ops::Range;

use ndarray::ArrayRef2;

use super::LANES;
use crate::grid::{CellSize, Margin};

/// Edge of the blocks whose highest elevation is kept, in cells.
const BLOCK: usize = 8;

/// Elevation prepared for looking over it in any direction.
#[derive(Debug)]
pub struct Terrain {
    /// Rows of elevation [m] with [`LANES`] missing cells between them, before the first and after the last.
    cells: Vec<f32>,
    rows: usize,
    cols: usize,
    margin: Margin,
    sizes: Vec<CellSize>,
    /// Highest elevation of every block, −∞ where it has no data [m].
    highest: Vec<f32>,
    block_cols: usize,
    slack_m: f32,
}

impl Terrain {
    /// Prepares a window.
    ///
    /// - `dem`: elevation [m], `NaN` = no data, else finite.
    /// - `margin`: how much of it lies around the observers.
    /// - `sizes`: size of the cells of each row of observers, one entry a row.
    ///
    /// # Panics
    /// If the shapes do not fit each other.
    pub fn new(dem: &ArrayRef2<f32>, margin: Margin, sizes: &[CellSize]) -> Self {
        let (rows, cols) = dem.dim();
        assert_eq!(rows, sizes.len() + 2 * margin.rows, "every row of observers must have its cell size");
        assert!(cols >= 2 * margin.cols);
        let stride = cols + LANES;
        let mut cells = vec![f32::NAN; rows * stride + 2 * LANES];
        let (block_rows, block_cols) = (rows.div_ceil(BLOCK), cols.div_ceil(BLOCK));
        let mut highest = vec![f32::NEG_INFINITY; block_rows * block_cols];
        let mut largest = 0.0_f32;
        for (row, line) in dem.rows().into_iter().enumerate() {
            let copy = &mut cells[row * stride + LANES..][..cols];
            copy.iter_mut().zip(line).for_each(|(cell, &z_m)| *cell = z_m);
            largest = copy.iter().fold(largest, |largest, z_m| largest.max(z_m.abs()));
            for (top, block) in highest[row / BLOCK * block_cols..].iter_mut().zip(copy.chunks(BLOCK)) {
                *top = block.iter().fold(*top, |top, &z_m| higher(top, z_m));
            }
        }
        let slack_m = 16.0 * f32::EPSILON * largest;
        Self { cells, rows, cols, margin, sizes: sizes.to_vec(), highest, block_cols, slack_m }
    }

    /// Sizes of the cells of the rows of observers.
    pub(super) fn sizes(&self) -> &[CellSize] {
        &self.sizes
    }

    /// Number of columns of observers.
    pub(super) fn core_cols(&self) -> usize {
        self.cols - 2 * self.margin.cols
    }

    /// Row and column in the window of an observer.
    pub(super) fn placed(&self, row: usize, col: usize) -> (usize, usize) {
        (row + self.margin.rows, col + self.margin.cols)
    }

    /// More than rounding can add to how far a sample rises above an observer [m].
    pub(super) fn slack_m(&self) -> f32 {
        self.slack_m
    }

    /// Distance of two rows in [`Self::cells`].
    pub(super) fn stride(&self) -> usize {
        self.cols + LANES
    }

    /// Elevations from a cell of the window on, row after row.
    pub(super) fn cells(&self) -> &[f32] {
        &self.cells
    }

    /// Where a cell of the window is in [`Self::cells`].
    pub(super) fn index(&self, row: usize, col: usize) -> usize {
        row * self.stride() + LANES + col
    }

    /// Whether the window has these two rows, and the column of any of [`LANES`] neighbours from `col` on.
    pub(super) fn reaches(&self, (first, last): (isize, isize), col: isize) -> bool {
        first >= 0 && last < self.rows as isize && col > -(LANES as isize) && col < self.cols as isize
    }

    /// Highest elevation of all blocks that cells of a rectangle lie in [m]; −∞ if there is none.
    pub(super) fn highest(&self, rows: &Range<isize>, cols: &Range<isize>) -> f32 {
        let (rows, cols) = (blocks(rows, self.rows), blocks(cols, self.cols));
        let mut top = f32::NEG_INFINITY;
        for row in rows {
            let line = &self.highest[row * self.block_cols..][cols.clone()];
            top = line.iter().fold(top, |top, &z_m| higher(top, z_m));
        }
        top
    }
}

/// The larger of two elevations; the first if the second is missing.
fn higher(top: f32, z_m: f32) -> f32 {
    if z_m > top { z_m } else { top }
}

/// The blocks of an axis of `len` cells that a range of cells, which may reach beyond it, meets.
fn blocks(cells: &Range<isize>, len: usize) -> Range<usize> {
    let end = (cells.end.clamp(0, len as isize) as usize).div_ceil(BLOCK);
    (cells.start.max(0) as usize / BLOCK).min(end)..end
}
