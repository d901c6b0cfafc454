//! Rasters at the edge: what a file holds, reading it on the run's grid, writing layers.
//!
//! `gdal` reads, and writes what needs GDAL; `blocks` encodes the cells of layers (floats by `float_predictor`), `tiff` puts
//! encoded blocks into a file that GDAL has begun, `measure` takes the statistics of a layer.

pub mod blocks;
pub mod float_predictor;
pub mod gdal;
pub mod measure;
pub mod tiff;
