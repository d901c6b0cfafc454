//! The one test binary: pictures, properties, independent numbers, and runs of the real program.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod aachen;
mod allocation;
mod allocation_table;
mod architecture;
mod at_once;
mod commands;
mod data;
mod demo;
mod desk;
mod faults;
mod folders;
mod grid;
mod infeasible;
mod kernels;
mod land;
mod project;
mod reasons;
mod resume;
mod rules;
mod scores;
mod sites;
mod solar_annual;
mod solar_instants;
mod solar_months;
mod solar_position;
mod solar_rows;
mod solar_support;
mod solver;
mod support;
mod table_land;
mod threats;
mod vectors;
mod warp;
mod weather;
