//! Layers as Cloud Optimized GeoTIFF.

use std::path::Path;

use ndarray::Array2;

use crate::fault::Result;
use crate::grid::Grid;
use crate::kernels::exact_sum::ExactSum;
use crate::raster::gdal::write::{self, BandText, CellType, Overviews, Statistics, Storage, TiffWriter};
use crate::tiles::{Tile, Tiling};

/// A layer to be written.
pub struct LayerFile<'a> {
    /// Grid of the run.
    pub grid: &'a Grid,
    /// Its tiles.
    pub tiling: &'a Tiling,
    /// Name, unit and metadata of the band.
    pub text: BandText,
    /// How coarser versions are made.
    pub overviews: Overviews,
}

/// Cells whose statistics can be told.
pub trait Measured: CellType {
    /// The value as a number; `None` where there is none.
    fn measure(self) -> Option<f32>;
}

impl Measured for f32 {
    fn measure(self) -> Option<f32> {
        self.is_finite().then_some(self)
    }
}

impl Measured for u64 {
    fn measure(self) -> Option<f32> {
        (self != Self::NODATA).then_some(self as f32)
    }
}

impl Measured for u32 {
    fn measure(self) -> Option<f32> {
        (self != Self::NODATA).then_some(self as f32)
    }
}

/// Statistics that do not depend on the order of cells.
#[derive(Default)]
struct Tally {
    sum: ExactSum,
    squares: ExactSum,
    cells: u64,
    all: u64,
    range: Option<(f32, f32)>,
}

impl Tally {
    fn add<T: Measured>(&mut self, cell: T) {
        self.all += 1;
        let Some(value) = cell.measure() else { return };
        self.cells += 1;
        self.sum.add(value);
        // The square of 24 bits has 48: two numbers of 24 hold it without loss, as long as it is in range.
        let square = f64::from(value) * f64::from(value);
        let high = square as f32;
        if high.is_finite() {
            self.squares.add(high);
            self.squares.add((square - f64::from(high)) as f32);
        }
        self.range = Some(self.range.map_or((value, value), |(min, max)| (min.min(value), max.max(value))));
    }

    fn statistics(&self) -> Option<Statistics> {
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

/// Writes a layer tile by tile to a scratch file, and from there to `target`, which is read back and held against the tiles.
///
/// # Errors
/// If a tile cannot be had, or the layer cannot be written.
pub fn write<T: Measured>(
    layer: &LayerFile<'_>,
    scratch: &Path,
    target: &Path,
    tile: impl Fn(&Tile) -> Result<Array2<T>>,
) -> Result<()> {
    let mut writer = TiffWriter::create::<T>(scratch, layer.grid, Storage::Scratch, &layer.text)?;
    let mut tally = Tally::default();
    for one in &layer.tiling.tiles {
        let values = tile(one)?;
        values.iter().for_each(|&cell| tally.add(cell));
        writer.write(one.window, values.into_raw_vec_and_offset().0)?;
    }
    let proof = writer.finish()?;
    let written = write::to_cog::<T>(scratch, target, layer.overviews, tally.statistics());
    // The scratch file has served, whether the copy succeeded or not; what GDAL knew of it lies beside it.
    for ending in ["", ".aux.xml"] {
        let _ = std::fs::remove_file(format!("{}{ending}", scratch.display()));
    }
    written.and_then(|()| proof.check::<T>(target))
}
