//! The only place that speaks to GDAL about rasters and coordinate systems.
//!
//! `guard` turns GDAL's messages into faults, `formats` decides what GDAL may open at all, `open` looks at a file, `crs`
//! resolves systems and transforms points, `read` aligns an input with the run's grid, `write` makes GeoTIFF and COG.

pub mod crs;
pub mod formats;
pub mod guard;
pub mod open;
pub mod read;
pub mod sample;
pub mod warp;
pub mod write;
