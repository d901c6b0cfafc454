//! The only place that speaks to GDAL about rasters and coordinate systems.
//!
//! `guard` turns GDAL's messages into faults, `open` decides what may be opened, `crs` resolves systems and transforms
//! points, `read` aligns an input with the run's grid, `write` makes GeoTIFF and COG.

pub mod crs;
pub mod guard;
pub mod open;
pub mod read;
pub mod warp;
pub mod write;
