//! What shade does to crops.

pub mod response;
