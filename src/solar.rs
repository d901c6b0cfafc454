//! The sun and what modules make of it: position, clear sky, sky models, trackers, rows, temperature, power;
//! and the vapour of the air.
//!
//! All functions are pure and work on one instant, so that a caller decides what is looped over. Angles are degrees at
//! the door (`_deg`); azimuths run clockwise from north, tilts from the horizontal. Conventions at the edges (sun at the
//! horizon, sun behind a plane) are those of pvlib 0.16, against which every formula is tested. `NaN` in gives `NaN` out.

pub mod air_mass;
pub mod array;
pub mod clear_sky;
pub mod decomposition;
pub mod ground_plane;
pub mod incidence;
pub mod position;
pub mod power;
pub mod rows;
pub mod skyline;
pub mod temperature;
pub mod tracker;
pub mod transposition;
pub mod vapour;
pub mod year;

/// The value or what it must at least be; unlike `f64::max` it keeps `NaN`, which means nodata.
fn at_least(value: f64, least: f64) -> f64 {
    if value < least { least } else { value }
}

/// The value or what it may at most be; `NaN` stays.
fn at_most(value: f64, most: f64) -> f64 {
    if value > most { most } else { value }
}
