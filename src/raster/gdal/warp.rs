//! GDAL's warper, held so that a cell's value does not depend on the window it is read through.
//!
//! Left to itself the warper approximates coordinates, and derives how far its kernel reaches from the window at hand.
//! Here the transformer is exact and anchored to the run's grid, and the scale is computed once for the whole grid. The
//! cells it warps are handed to it in memory, as the band's reader sees them: whatever means "no value" in the file (stated
//! values, NaN, masks, alpha) is NaN by then.

mod operation;
mod transformer;

use std::path::{Path, PathBuf};

use gdal::raster::GdalType;
use ndarray::{Array2, ArrayViewMut2, Axis};

use super::guard;
use super::open::BandInfo;
use crate::fault::{Fault, Result};
use crate::grid::{Extent, Grid, Margin, Window};
use crate::project::file::Resample;
use operation::{Operation, in_memory};
use transformer::Transformer;

/// Cells of the input per cell of the grid, along the input's columns and rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// Grid cells per input column; below 1 where the grid is coarser.
    pub x: f64,
    /// Grid cells per input row; below 1 where the grid is coarser.
    pub y: f64,
}

/// Input cells read at once; windows that need more are read in parts.
const LARGEST_SOURCE_CELLS: usize = 1 << 24;
/// Grid cells between the places at which the image of a window is sampled.
const SAMPLE_CELLS: usize = 16;
/// Input cells read beyond what the window's edges map to.
const SOURCE_MARGIN: f64 = 8.0;
/// Input cells that one grid cell may span along either axis; beyond, a single cell would need more memory than a tile.
const MOST_CELLS_SPANNED: f64 = 1000.0;
/// Cells beyond this number belong to no raster.
const FARTHEST_CELL: f64 = 1e12;
/// Points along each side of the grid at which the scale is measured.
const SCALE_POINTS: i32 = 17;

/// A type that cells are read and warped in.
pub trait Cell: GdalType + Copy {
    /// No value.
    const NAN: Self;
}

impl Cell for f32 {
    const NAN: Self = f32::NAN;
}

impl Cell for f64 {
    const NAN: Self = f64::NAN;
}

/// Input cells per grid cell, the mean over the whole grid: the footprint of a cell along each axis of the input.
///
/// # Errors
/// If no point of the grid has an image in the input's system, or its cells are far too small for the grid's.
pub fn scale(path: &Path, info: &BandInfo, grid: &Grid, interest: Option<Extent>) -> Result<Scale> {
    let transformer = guard::reading(path, || Transformer::new(info, grid, interest))?;
    let (mut across, mut along, mut points) = (0.0, 0.0, 0.0);
    for i in 0..SCALE_POINTS {
        for j in 0..SCALE_POINTS {
            let col = grid.cols as f64 * f64::from(i) / f64::from(SCALE_POINTS - 1);
            let row = grid.rows as f64 * f64::from(j) / f64::from(SCALE_POINTS - 1);
            let probe = |dc: f64, dr: f64| transformer.source_cell(col + dc, row + dr);
            let (Some(e), Some(w)) = (probe(0.5, 0.0), probe(-0.5, 0.0)) else { continue };
            let (Some(s), Some(n)) = (probe(0.0, 0.5), probe(0.0, -0.5)) else { continue };
            across += (e.0 - w.0).hypot(s.0 - n.0);
            along += (e.1 - w.1).hypot(s.1 - n.1);
            points += 1.0;
        }
    }
    if points == 0.0 {
        let what = format!("its system {} has no image of the run's grid in {}", info.crs.label, grid.crs.label);
        return Err(Fault::input(path.display().to_string(), what).into());
    }
    let scale = Scale { x: points / across, y: points / along };
    let spanned = (1.0 / scale.x).max(1.0 / scale.y);
    if spanned > MOST_CELLS_SPANNED {
        let what = format!("a cell of the grid spans {spanned:.0} of its cells, more than {MOST_CELLS_SPANNED}");
        let hint = "check its geotransform; if it is right, average it first with gdalwarp -r average -tr";
        return Err(Fault::input(path.display().to_string(), what).hint(hint).into());
    }
    Ok(scale)
}

/// A warp from one band to the run's grid.
pub struct Warp {
    transformer: Transformer,
    /// The band's columns and rows.
    size: (usize, usize),
    setting: Setting,
    path: PathBuf,
}

/// How a band is warped.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// How values are found between cells.
    pub resample: Resample,
    /// See [`scale`].
    pub scale: Scale,
    /// The grid's extent in degrees.
    pub interest: Option<Extent>,
}

// SAFETY: the transformer belongs to one `Reader`, which is used by one thread at a time; GDAL allows it to move between
// threads.
unsafe impl Send for Warp {}

/// Gives the band's cells of a window, counted from the band's own corner; `NaN` where there is no value.
pub type Fetch<'a, T> = dyn Fn(Window) -> Result<Array2<T>> + 'a;

impl Warp {
    /// Sets a warp up.
    ///
    /// # Errors
    /// If there is no way from the band's system to the grid's.
    pub fn new(path: &Path, info: &BandInfo, grid: &Grid, setting: Setting) -> Result<Self> {
        let transformer = guard::reading(path, || Transformer::new(info, grid, setting.interest))?;
        Ok(Self { transformer, size: info.size, setting, path: path.to_owned() })
    }

    /// Values over a window of the grid; `NaN` where the band has none.
    ///
    /// # Errors
    /// If the band cannot be read.
    pub fn read<T: Cell>(&self, window: Window, fetch: &Fetch<'_, T>) -> Result<Array2<T>> {
        let mut values = Array2::from_elem(window.shape(), T::NAN);
        self.fill(window, values.view_mut(), fetch)?;
        Ok(values)
    }

    /// Fills a window, in parts where it needs many input cells.
    fn fill<T: Cell>(&self, window: Window, out: ArrayViewMut2<'_, T>, fetch: &Fetch<'_, T>) -> Result<()> {
        let Some(source) = self.source_window(window) else { return Ok(()) };
        if source.cells() <= LARGEST_SOURCE_CELLS || window.cells() == 1 {
            return self.fill_whole(window, out, &(source, fetch(source)?));
        }
        let (near, far, axis) = window.halves();
        let (near_out, far_out) = out.split_at(axis, if axis == Axis(0) { near.rows } else { near.cols });
        self.fill(near, near_out, fetch)?;
        self.fill(far, far_out, fetch)
    }

    /// Input cells that a window may look at, the band's own and some around it; `None` where there are none.
    fn source_window(&self, window: Window) -> Option<Window> {
        let corner = |offset: usize, size: usize| {
            (0..=size.div_ceil(SAMPLE_CELLS)).map(move |i| offset + (i * SAMPLE_CELLS).min(size))
        };
        let mut seen = Bounds::default();
        let mut all_seen = true;
        for row in corner(0, window.rows) {
            for col in corner(0, window.cols) {
                let at = (window.col as f64 + col as f64, window.row as f64 + row as f64);
                match self.transformer.source_cell(at.0, at.1) {
                    Some(cell) => seen.add(cell),
                    None => all_seen = false,
                }
            }
        }
        if !all_seen {
            // Where the systems do not overlap, the samples may miss a corner that has an image: every cell is asked.
            for row in 0..window.rows {
                for col in 0..window.cols {
                    let at = (window.col as f64 + col as f64 + 0.5, window.row as f64 + row as f64 + 0.5);
                    self.transformer.source_cell(at.0, at.1).into_iter().for_each(|cell| seen.add(cell));
                }
            }
        }
        // A kernel that covers several input cells reaches that much farther.
        let Scale { x, y } = self.setting.scale;
        let margin = (SOURCE_MARGIN + 2.0 / x.min(1.0), SOURCE_MARGIN + 2.0 / y.min(1.0));
        let band = Window { row: 0, col: 0, rows: self.size.1, cols: self.size.0 };
        let around = Margin { rows: margin.1.ceil() as usize, cols: margin.0.ceil() as usize };
        seen.window(margin)?.intersection(&band.padded(around))
    }

    /// Fills a window from the input cells it looks at.
    fn fill_whole<T: Cell>(
        &self,
        window: Window,
        mut out: ArrayViewMut2<'_, T>,
        (source, cells): &(Window, Array2<T>),
    ) -> Result<()> {
        let mut buffer = vec![T::NAN; window.cells()];
        guard::reading(&self.path, || {
            let memory = in_memory(cells)?;
            let mut shift = self.transformer.shifted(*source);
            let operation = Operation::new::<T>(&memory, &mut shift, &self.setting)?;
            operation.run(window, &mut buffer)
        })?;
        for (cell, value) in out.iter_mut().zip(buffer) {
            *cell = value;
        }
        Ok(())
    }
}

/// A rectangle around points.
#[derive(Default)]
struct Bounds(Option<[f64; 4]>);

impl Bounds {
    fn add(&mut self, (x, y): (f64, f64)) {
        let [x0, y0, x1, y1] = self.0.unwrap_or([x, y, x, y]);
        self.0 = Some([x0.min(x), y0.min(y), x1.max(x), y1.max(y)]);
    }

    /// The cells it touches, with a margin around it.
    fn window(&self, (margin_x, margin_y): (f64, f64)) -> Option<Window> {
        let [x0, y0, x1, y1] = self.0?.map(|cell| cell.clamp(-FARTHEST_CELL, FARTHEST_CELL));
        let (col, row) = ((x0 - margin_x).floor() as isize, (y0 - margin_y).floor() as isize);
        let (col_end, row_end) = ((x1 + margin_x).ceil() as isize, (y1 + margin_y).ceil() as isize);
        Some(Window { row, col, rows: (row_end - row) as usize, cols: (col_end - col) as usize })
    }
}
