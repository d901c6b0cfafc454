//! Reading one band on the run's grid, window by window.

use std::path::PathBuf;

use gdal::Dataset;
use gdal::raster::{GdalType, RasterBand};
use ndarray::Array2;

use super::open::{self, BandInfo, Content};
use super::warp::{self, Plan, Scale, Warp};
use super::{crs, guard};
use crate::fault::{Fault, Result};
use crate::grid::{Extent, Grid, Window};
use crate::layer::{Code, NO_CLASS};
use crate::project::RasterSpec;
use crate::project::file::Access;

/// A band whose lattice differs by less than this from the grid's, over the whole of both, is on the grid [cells].
const ALIGNED_WITHIN: f64 = 1e-3;

/// How a band lies to the grid; found once and recorded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Alignment {
    /// On the same lattice: the grid's cell (0, 0) is this cell of the band.
    Same {
        /// Row of the band.
        row: isize,
        /// Column of the band.
        col: isize,
    },
    /// On another lattice or in another system.
    Warped(Scale),
}

/// Finds how a band lies to the grid.
///
/// # Errors
/// If there is no way from one system to the other.
pub fn align(spec: &RasterSpec, info: &BandInfo, grid: &Grid, interest: Option<Extent>) -> Result<Alignment> {
    let [x0, dx, skew_x, y0, skew_y, dy] = info.geotransform;
    let north_up = skew_x == 0.0 && skew_y == 0.0 && dx > 0.0 && dy < 0.0;
    if north_up && crs::same(&info.crs, &grid.crs)? {
        let (col, row) = ((grid.x_min - x0) / dx, (grid.y_max - y0) / dy);
        // Where the last column of the grid, or of the band, comes to lie if the sizes differ a little.
        let cells = grid.cols.max(grid.rows).max(info.size.0).max(info.size.1) as f64;
        let drift = ((grid.cell_x / dx - 1.0).abs()).max((grid.cell_y / -dy - 1.0).abs()) * cells;
        let off = (col - col.round()).abs().max((row - row.round()).abs());
        if off + drift < ALIGNED_WITHIN {
            return Ok(Alignment::Same { row: row.round() as isize, col: col.round() as isize });
        }
    }
    Ok(Alignment::Warped(warp::scale(&spec.path, info, grid, interest)?))
}

/// One band, open on the run's grid. For one thread at a time.
pub struct Reader {
    // Dropped before the dataset it reads.
    warp: Option<Warp>,
    dataset: Dataset,
    path: PathBuf,
    band: usize,
    nodata: Option<f64>,
    info: BandInfo,
    alignment: Alignment,
}

/// Types values are read in: `f32` for amounts that fit it, `f64` for the rest and for codes.
trait Value: GdalType + Copy + PartialEq {
    const NAN: Self;
    fn widen(self) -> f64;
    fn narrow(value: f64) -> Self;
}

impl Value for f32 {
    const NAN: Self = f32::NAN;
    fn widen(self) -> f64 {
        f64::from(self)
    }
    fn narrow(value: f64) -> Self {
        value as Self
    }
}

impl Value for f64 {
    const NAN: Self = f64::NAN;
    fn widen(self) -> f64 {
        self
    }
    fn narrow(value: f64) -> Self {
        value
    }
}

impl Reader {
    /// Opens a band of amounts.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn quantity(spec: &RasterSpec, access: Access, grid: &Grid, placed: &Placed) -> Result<Self> {
        if placed.info.is_wide {
            Self::open::<f64>(spec, access, grid, placed)
        } else {
            Self::open::<f32>(spec, access, grid, placed)
        }
    }

    /// Opens a band of codes.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn classes(spec: &RasterSpec, access: Access, grid: &Grid, placed: &Placed) -> Result<Self> {
        Self::open::<f64>(spec, access, grid, placed)
    }

    fn open<T: Value>(spec: &RasterSpec, access: Access, grid: &Grid, placed: &Placed) -> Result<Self> {
        let dataset = open::open(&spec.path, Content::Raster, access)?;
        let nodata = spec.nodata.or(placed.info.nodata);
        let warp = match placed.alignment {
            Alignment::Same { .. } => None,
            Alignment::Warped(scale) => {
                let plan = Plan {
                    path: &spec.path,
                    info: &placed.info,
                    band: spec.band,
                    nodata,
                    resample: spec.resample,
                    scale,
                    interest: placed.interest,
                };
                Some(Warp::new::<T>(&dataset, grid, &plan)?)
            }
        };
        Ok(Self {
            warp,
            dataset,
            path: spec.path.clone(),
            band: spec.band,
            nodata,
            info: placed.info.clone(),
            alignment: placed.alignment,
        })
    }

    /// Amounts over a window; `NaN` where the band has none.
    ///
    /// # Errors
    /// If the file cannot be read there.
    pub fn read_quantity(&self, window: Window) -> Result<Array2<f32>> {
        let linear = |value: f64| (value * self.info.scale + self.info.offset) as f32;
        let plain = self.info.scale == 1.0 && self.info.offset == 0.0;
        if self.info.is_wide {
            return Ok(self.read::<f64>(window)?.mapv(linear));
        }
        let values = self.read::<f32>(window)?;
        Ok(if plain { values } else { values.mapv(|value| linear(f64::from(value))) })
    }

    /// Codes over a window; [`NO_CLASS`] where the band has none.
    ///
    /// # Errors
    /// If the file cannot be read there, or a value is no whole number.
    pub fn read_codes(&self, window: Window) -> Result<Array2<Code>> {
        let values = self.read::<f64>(window)?;
        let mut odd = None;
        let codes = values.mapv(|value| {
            if value.is_nan() {
                return NO_CLASS;
            }
            if value.fract() != 0.0 || value.abs() > f64::from(Code::MAX) {
                odd = Some(value);
            }
            value as Code
        });
        match odd {
            None => Ok(codes),
            Some(value) => {
                let hint = "is it a quantity? then remove `classes` and `kind`";
                Err(Fault::input(self.path.display().to_string(), format!("{value} is no class code"))
                    .hint(hint)
                    .into())
            }
        }
    }

    fn read<T: Value>(&self, window: Window) -> Result<Array2<T>> {
        let mut values = Array2::from_elem(window.shape(), T::NAN);
        let read = match (&self.warp, self.alignment) {
            (Some(warp), _) => values.as_slice_mut().map_or(Ok(()), |buffer| warp.read::<T>(window, buffer, T::NAN)),
            (None, Alignment::Same { row, col }) => {
                let asked = Window { row: window.row + row, col: window.col + col, ..window };
                self.copy(asked, &mut values)
            }
            (None, Alignment::Warped(_)) => Ok(()),
        };
        read.map(|()| values).map_err(|faults| {
            let said = faults.list().first().map(|fault| fault.what.clone()).unwrap_or_default();
            let what = format!("cannot be read around row {}, column {} of the grid: {said}", window.row, window.col);
            Fault::input(self.path.display().to_string(), what).hint("is the file damaged or cut short?").into()
        })
    }

    /// Copies the part of a window, in the band's own cells, that the band covers.
    fn copy<T: Value>(&self, asked: Window, values: &mut Array2<T>) -> Result<()> {
        let (cols, rows) = self.info.size;
        let Some(part) = asked.intersection(&Window { row: 0, col: 0, rows, cols }) else { return Ok(()) };
        let mut buffer = vec![T::NAN; part.cells()];
        let mut valid = Vec::new();
        guard::reading(&self.path, || {
            let band = self.dataset.rasterband(self.band)?;
            fill(&band, part, &mut buffer)?;
            let flags = band.mask_flags()?;
            if !flags.is_all_valid() && !flags.is_nodata() {
                valid = vec![0_u8; part.cells()];
                fill(&band.open_mask_band()?, part, &mut valid)?;
            }
            Ok(())
        })?;
        let nodata = self.nodata.map(T::narrow);
        let (top, left) = ((part.row - asked.row) as usize, (part.col - asked.col) as usize);
        for (i, value) in buffer.into_iter().enumerate() {
            let missing = nodata == Some(value) || valid.get(i) == Some(&0);
            if !missing && !value.widen().is_nan() {
                values[(top + i / part.cols, left + i % part.cols)] = value;
            }
        }
        Ok(())
    }
}

fn fill<T: GdalType + Copy>(band: &RasterBand<'_>, part: Window, buffer: &mut [T]) -> gdal::errors::Result<()> {
    let size = (part.cols, part.rows);
    band.read_into_slice((part.col, part.row), size, size, buffer, None)
}

/// A band and how it lies to the grid.
#[derive(Debug, Clone)]
pub struct Placed {
    /// What the band holds.
    pub info: BandInfo,
    /// How it lies to the grid.
    pub alignment: Alignment,
    /// The grid's extent in degrees.
    pub interest: Option<Extent>,
}
