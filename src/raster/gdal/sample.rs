//! Values of a raster at points.

use super::crs::Transform;
use super::open;
use super::read::{Placed, Reader, align};
use crate::fault::Result;
use crate::grid::{Crs, Grid, Window};
use crate::project::RasterSpec;
use crate::project::file::Access;

/// A raster of quantities that can be asked at points of another system.
pub struct Sampler {
    reader: Reader,
    grid: Grid,
    to_raster: Transform,
}

impl Sampler {
    /// Opens a raster.
    ///
    /// # Errors
    /// If it cannot be opened, is not north-up, or there is no way between the systems.
    pub fn open(spec: &RasterSpec, access: Access, from: &Crs) -> Result<Self> {
        let info = open::band_info(&spec.path, spec.band, access)?;
        let grid = info.grid(&spec.path.display().to_string())?;
        let to_raster = Transform::new(from, &grid.crs, None)?;
        let placed = Placed { alignment: align(spec, &info, &grid, None)?, info, interest: None };
        Ok(Self { reader: Reader::open(spec, access, &grid, &placed)?, grid, to_raster })
    }

    /// The value at a point, bilinear between cell centres; `NaN` where one of the four has none.
    ///
    /// # Errors
    /// If the file cannot be read there.
    pub fn at(&self, x: f64, y: f64) -> Result<f64> {
        let Some((x, y)) = self.to_raster.point(x, y) else { return Ok(f64::NAN) };
        let (col, row) =
            ((x - self.grid.x_min) / self.grid.cell_x - 0.5, (self.grid.y_max - y) / self.grid.cell_y - 0.5);
        if !(col >= -0.5 && row >= -0.5 && col <= self.grid.cols as f64 && row <= self.grid.rows as f64) {
            return Ok(f64::NAN);
        }
        let first = |at: f64, cells: usize| (at.floor() as isize).clamp(0, (cells as isize - 2).max(0));
        let window = Window { row: first(row, self.grid.rows), col: first(col, self.grid.cols), rows: 2, cols: 2 };
        // Beyond the outermost centres, values are theirs.
        let share =
            |at: f64, from: isize, cells: usize| (at - from as f64).clamp(0.0, if cells > 1 { 1.0 } else { 0.0 });
        let (v, u) = (share(row, window.row, self.grid.rows), share(col, window.col, self.grid.cols));
        let values = self.reader.read_quantity(window)?.mapv(f64::from);
        let weighed =
            [((0, 0), (1.0 - v) * (1.0 - u)), ((0, 1), (1.0 - v) * u), ((1, 0), v * (1.0 - u)), ((1, 1), v * u)];
        Ok(weighed.into_iter().filter(|(_, weight)| *weight > 0.0).map(|(at, weight)| values[at] * weight).sum())
    }
}
