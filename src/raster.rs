//! Rasters at the edge: what a file holds, reading it on the run's grid, writing layers.

pub mod gdal;
