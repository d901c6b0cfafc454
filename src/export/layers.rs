//! Layers as GeoTIFF, plain or cloud optimized, put together from encoded blocks.

use std::path::Path;

use crate::fault::{Fault, Result};
use crate::grid::Grid;
use crate::project::file::RasterFormat;
use crate::raster::blocks::{self, Coding, Piece};
use crate::raster::gdal::write::{self, BandText, CellType, Check, Overviews, Statistics};
use crate::raster::tiff::{self, Filled};

/// A layer to be written.
pub struct LayerFile<'a> {
    /// Grid of the run.
    pub grid: &'a Grid,
    /// Name, unit and metadata of the band.
    pub text: BandText,
    /// Statistics of the cells; `None` without valid cells.
    pub statistics: Option<Statistics>,
    /// How coarser versions are made.
    pub overviews: Overviews,
    /// Format of the file.
    pub format: RasterFormat,
    /// How the blocks are encoded.
    pub coding: Coding,
}

/// Writes a layer to `target`, which is read back and held against the blocks.
///
/// - `scratch`: place of a file that is needed in between.
/// - `block`: the encoded block at a row and column of blocks.
///
/// # Errors
/// If a block cannot be had, or the layer cannot be written.
pub fn write<T: CellType>(
    layer: &LayerFile<'_>,
    (scratch, target): (&Path, &Path),
    block: impl FnMut(usize, usize) -> Result<Vec<u8>>,
) -> Result<()> {
    match layer.format {
        RasterFormat::Geotiff => {
            let filled = plain::<T>(layer, target, block)?;
            // GDAL has not seen the blocks: that it finds them shows at the last one.
            let (rows, cols) = blocks::layout(layer.grid);
            check::<T>(layer, target, &filled, |number| number + 1 == rows * cols)
        }
        RasterFormat::Cog => {
            let written = plain::<T>(layer, scratch, block).and_then(|filled| {
                write::to_cog::<T>(scratch, target, layer.overviews)?;
                check::<T>(layer, target, &filled, |_| true)
            });
            // The scratch file has served, whether the copy succeeded or not; what GDAL knew of it lies beside it.
            for ending in ["", ".aux.xml"] {
                let _ = std::fs::remove_file(format!("{}{ending}", scratch.display()));
            }
            written
        }
    }
}

/// Writes a GeoTIFF without coarser versions.
fn plain<T: CellType>(
    layer: &LayerFile<'_>,
    path: &Path,
    mut block: impl FnMut(usize, usize) -> Result<Vec<u8>>,
) -> Result<Filled> {
    write::begin::<T>(path, layer.grid, (&layer.text, layer.statistics), layer.coding)?;
    let (rows, cols) = blocks::layout(layer.grid);
    tiff::fill(path, rows * cols, |number| block(number / cols, number % cols))
}

/// Reads the blocks back, and holds what GDAL reads of some of them against them.
fn check<T: CellType>(
    layer: &LayerFile<'_>,
    target: &Path,
    filled: &Filled,
    is_read: impl Fn(usize) -> bool,
) -> Result<()> {
    let reader = Check::open(target)?;
    let (_, cols) = blocks::layout(layer.grid);
    filled.check(|number, bytes| {
        if !is_read(number) {
            return Ok(());
        }
        let (row, col) = (number / cols, number % cols);
        let window = blocks::block(layer.grid, row, col);
        let piece = Piece { window, row, col, is_whole: true };
        let cells = blocks::decode_piece::<T>(bytes, &piece, layer.coding)
            .ok_or_else(|| Fault::output(target.display().to_string(), "a block cannot be decoded"))?;
        reader.window(window, &cells)
    })
}
