//! Pure array kernels: arrays in, arrays out, one algorithm a file.
//!
//! No kernel reads a file, spawns a thread or fails. Preconditions are shapes, asserted; missing data is `NaN`. Every
//! kernel gives the same bits for a cell whatever the window it is computed in.

pub mod arctangent;
pub mod burn;
pub mod compass;
pub mod exact_sum;
pub mod horizon;
pub mod label;
pub mod lanes;
pub mod nearest_cell;
pub mod nearest_segment;
pub mod outline;
pub mod sky_view;
pub mod slope_aspect;
pub mod union_find;
pub mod whole;
