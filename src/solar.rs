//! The sun and what modules make of it: position, clear sky, sky models, trackers, rows, temperature, power.
//!
//! All functions are pure and work on one instant, so that a caller decides what is looped over. Angles are degrees at
//! the door (`_deg`); azimuths run clockwise from north, tilts from the horizontal. Conventions at the edges (sun at the
//! horizon, sun behind a plane) are those of pvlib 0.16, against which every formula is tested.

pub mod air_mass;
pub mod position;
