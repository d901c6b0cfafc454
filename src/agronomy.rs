//! What an array does to the plants beneath it: their light, their water, their yield.
//!
//! All functions are pure. Shade `R` is the share of light lost, 0–1. Months count from 0.

pub mod evapotranspiration;
pub mod light;
pub mod response;
pub mod row_profile;
pub mod season;
pub mod suitability;
