//! Siting of photovoltaics together with other uses of the land.
//!
//! The crate reads terrain and land-use rasters through GDAL, removes land that rules forbid, scores what is left for
//! each kind of project, cuts it into sites, and lets a linear program allocate capacity among sites and kinds.
//! `ARCHITECTURE.md` has the map of the modules and the invariants between them; the list below goes from the ground
//! up, and a module uses only what stands above it here.

pub mod date;
pub mod fault;
pub mod grid;
pub mod units;

pub mod kernels;
pub mod solar;

pub mod criterion;
pub mod layer;
pub mod rule;

pub mod agronomy;
pub mod allocate;
pub mod appraise;
pub mod cli;
pub mod compare;
pub mod crop;
pub mod demo;
pub mod derive;
pub mod exclude;
pub mod export;
pub mod finance;
pub mod law;
pub mod mode;
pub mod offer;
pub mod one_place;
pub mod overburden;
pub mod panels;
pub mod pipeline;
pub mod plan;
pub mod project;
pub mod raster;
pub mod resource;
pub mod scenario;
pub mod score;
pub mod site;
pub mod sites;
pub mod store;
pub mod subsidence;
pub mod tables;
pub mod tiles;
pub mod vector;
pub mod weather;
