//! Reading one band on the run's grid, window by window.

use std::path::PathBuf;

use gdal::Dataset;
use gdal::raster::{GdalType, RasterBand};
use ndarray::{Array2, s};

use super::open::{self, BandInfo, Content, Numbers};
use super::warp::{self, Cell, Scale, Setting, Warp};
use super::{crs, guard};
use crate::fault::{Fault, Result};
use crate::grid::{Extent, Grid, Window};
use crate::layer::{Code, NO_CLASS};
use crate::project::RasterSpec;
use crate::project::file::Access;

/// A band whose lattice differs by less than this from the grid's, over the whole of both, is on the grid [cells].
const ALIGNED_WITHIN: f64 = 1e-3;

/// Whole numbers beyond this have digits that an `f32` cannot hold.
const LARGEST_WHOLE_AMOUNT: f64 = 16_777_216.0;

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
    warp: Option<Warp>,
    dataset: Dataset,
    path: PathBuf,
    band: usize,
    /// Values that mean no data: what the file declares, and what the project states besides.
    nodata: Vec<f64>,
    info: BandInfo,
    alignment: Alignment,
}

/// A type that a band is read in: `f32` for amounts that fit it, `f64` for the rest and for codes.
trait Value: Cell + PartialEq + Into<f64> {
    fn narrow(value: f64) -> Self;
    /// Whether it is no number.
    fn is_nan(self) -> bool;
    /// Whether it is a whole number that codes reach, or none at all.
    fn is_code(self) -> bool;
    /// The code it is; [`NO_CLASS`] if it is no number.
    fn code(self) -> Code;
}

/// Where whole numbers outgrow codes.
const BEYOND_CODES: f32 = 2_147_483_648.0;

macro_rules! value {
    ($($float:ty),*) => {$(
        impl Value for $float {
            fn narrow(value: f64) -> Self {
                value as Self
            }
            fn is_nan(self) -> bool {
                <$float>::is_nan(self)
            }
            fn is_code(self) -> bool {
                let code = f64::from(self as Code);
                <$float>::is_nan(self) || (code == f64::from(self) && self.abs() < Self::from(BEYOND_CODES))
            }
            fn code(self) -> Code {
                if <$float>::is_nan(self) { NO_CLASS } else { self as Code }
            }
        }
    )*};
}

value!(f32, f64);

/// Values looked at before the first that is no code is noticed.
const CHECKED_AT_ONCE: usize = 1024;

fn are_codes<T: Value>(values: &[T]) -> bool {
    values.iter().fold(true, |all, value| all & value.is_code())
}

impl Reader {
    /// Opens a band.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn open(spec: &RasterSpec, access: Access, grid: &Grid, placed: &Placed) -> Result<Self> {
        let dataset = open::open(&spec.path, Content::Raster, access)?;
        let warp = match placed.alignment {
            Alignment::Same { .. } => None,
            Alignment::Warped(scale) => {
                let setting = Setting { resample: spec.resample, scale, interest: placed.interest };
                Some(Warp::new(&spec.path, &placed.info, grid, setting)?)
            }
        };
        let nodata = spec.nodata.into_iter().chain(placed.info.nodata).collect();
        let (path, info, alignment) = (spec.path.clone(), placed.info.clone(), placed.alignment);
        Ok(Self { warp, dataset, path, band: spec.band, nodata, info, alignment })
    }

    /// Amounts over a window; `NaN` where the band has none.
    ///
    /// # Errors
    /// If the file cannot be read there, or holds whole numbers that amounts cannot hold.
    pub fn read_quantity(&self, window: Window) -> Result<Array2<f32>> {
        let linear = |value: f64| (value * self.info.scale + self.info.offset) as f32;
        let plain = self.info.scale == 1.0 && self.info.offset == 0.0;
        if matches!(self.info.numbers, Numbers::Narrow | Numbers::SignedBytes) {
            let values = self.read::<f32>(window)?;
            return Ok(if plain { values } else { values.mapv(|value| linear(f64::from(value))) });
        }
        let values = self.read::<f64>(window)?;
        let whole = self.info.numbers == Numbers::WideWhole;
        let large = values.iter().find(|value| whole && value.abs() > LARGEST_WHOLE_AMOUNT);
        match large {
            None => Ok(values.mapv(linear)),
            Some(value) => {
                let what = format!("{value} is a whole number too large for an amount, whose digits would be lost");
                Err(Fault::input(self.path.display().to_string(), what)
                    .hint("if the values are codes, say kind = \"classes\"")
                    .into())
            }
        }
    }

    /// Codes over a window; [`NO_CLASS`] where the band has none.
    ///
    /// # Errors
    /// If the file cannot be read there, or a value is no whole number.
    pub fn read_codes(&self, window: Window) -> Result<Array2<Code>> {
        if matches!(self.info.numbers, Numbers::Narrow | Numbers::SignedBytes) {
            self.codes_of::<f32>(&self.read(window)?)
        } else {
            self.codes_of::<f64>(&self.read(window)?)
        }
    }

    fn codes_of<T: Value>(&self, values: &Array2<T>) -> Result<Array2<Code>> {
        let all = values.as_slice().is_some_and(|values| values.chunks(CHECKED_AT_ONCE).all(are_codes));
        if let Some(value) = values.iter().filter(|_| !all).find(|value| !value.is_code()) {
            let value: f64 = (*value).into();
            let hint = "is it a quantity? then remove `classes` and `kind`";
            let place = self.path.display().to_string();
            return Err(Fault::input(place, format!("{value} is no class code")).hint(hint).into());
        }
        Ok(values.mapv(T::code))
    }

    fn read<T: Value>(&self, window: Window) -> Result<Array2<T>> {
        let read = match (&self.warp, self.alignment) {
            (Some(warp), _) => warp.read::<T>(window, &|source| self.cells(source)),
            (None, Alignment::Same { row, col }) => {
                self.cells(Window { row: window.row + row, col: window.col + col, ..window })
            }
            (None, Alignment::Warped(_)) => Ok(Array2::from_elem(window.shape(), T::NAN)),
        };
        read.map_err(|faults| {
            let said = faults.list().first().map(|fault| fault.what.clone()).unwrap_or_default();
            let what = format!("cannot be read around row {}, column {} of the grid: {said}", window.row, window.col);
            Fault::input(self.path.display().to_string(), what).hint("is the file damaged or cut short?").into()
        })
    }

    /// The band's own cells of a window counted from its corner; `NaN` where there is no value: beyond the band, where its
    /// mask or alpha says so, and where it holds a value that means no data.
    fn cells<T: Value>(&self, asked: Window) -> Result<Array2<T>> {
        let (cols, rows) = self.info.size;
        let Some(part) = asked.intersection(&Window { row: 0, col: 0, rows, cols }) else {
            return Ok(Array2::from_elem(asked.shape(), T::NAN));
        };
        let mut buffer = vec![T::narrow(0.0); part.cells()];
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
        self.without_nodata(&mut buffer, &valid);
        if part == asked {
            return Array2::from_shape_vec(asked.shape(), buffer)
                .map_err(|error| Fault::input(self.path.display().to_string(), error.to_string()).into());
        }
        let mut values = Array2::from_elem(asked.shape(), T::NAN);
        let (top, left) = ((part.row - asked.row) as usize, (part.col - asked.col) as usize);
        for (row, read) in buffer.chunks_exact(part.cols).enumerate() {
            let mut out = values.slice_mut(s![top + row, left..left + part.cols]);
            if let Some(out) = out.as_slice_mut() {
                out.copy_from_slice(read);
            }
        }
        Ok(values)
    }

    /// Puts `NaN` where the mask or a value says that there is none, and gives bytes their sign.
    fn without_nodata<T: Value>(&self, cells: &mut [T], valid: &[u8]) {
        let is_signed = self.info.numbers == Numbers::SignedBytes;
        let nodata: Vec<T> =
            self.nodata.iter().map(|value| T::narrow(*value)).filter(|value| !value.is_nan()).collect();
        if is_signed {
            for cell in cells.iter_mut() {
                let read = *cell;
                *cell = if nodata.contains(&read) { T::NAN } else { signed(read) };
            }
        }
        for nodata in nodata {
            for cell in cells.iter_mut() {
                *cell = if *cell == nodata { T::NAN } else { *cell };
            }
        }
        for (cell, _) in cells.iter_mut().zip(valid).filter(|(_, valid)| **valid == 0) {
            *cell = T::NAN;
        }
    }
}

/// A byte read without its sign.
fn signed<T: Value>(byte: T) -> T {
    let value: f64 = byte.into();
    if value > 127.0 { T::narrow(value - 256.0) } else { byte }
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
