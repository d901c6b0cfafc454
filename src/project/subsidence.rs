//! Mined-out land of a project, resolved.

use crate::date::Date;
use crate::project::file::CourseTable;
use crate::subsidence::insar::Track;
use crate::subsidence::scene::Rates;

/// Most samples of uncertain parameters.
pub const MOST_SAMPLES: usize = 1000;

/// What is asked of mined-out land, whatever its panels.
#[derive(Debug, Clone, PartialEq)]
pub struct SubsidenceSettings {
    /// Date of the state; `None` for the state when all has come to rest.
    pub date: Option<Date>,
    /// Life of a plant [yr].
    pub life_yr: f64,
    /// Overburden class of panels that name none.
    pub overburden: Option<String>,
    /// How subsidence comes about.
    pub course: CourseTable,
    /// How far the water table rises and falls about its mean [m].
    pub seasonal_m: f64,
    /// Whose pace decides stability.
    pub rates: Rates,
    /// Tracks of satellites.
    pub tracks: Vec<Track>,
    /// Number of samples.
    pub samples: usize,
    /// Their seed.
    pub seed: u64,
}

impl SubsidenceSettings {
    /// Date of the state [yr].
    pub fn date_yr(&self) -> Option<f64> {
        self.date.map(Date::years)
    }
}

/// Mined-out land of a project.
#[derive(Debug, Clone, PartialEq)]
pub struct SubsidenceSpec {
    /// Id of the vector input with the panels.
    pub panels: String,
    /// What is asked.
    pub settings: SubsidenceSettings,
    /// Water table, if it is asked for.
    pub groundwater: Option<Groundwater>,
    /// Elevation above which water runs off [m].
    pub outlet_level_m: Option<f64>,
    /// Id of the raster input with the seam's floor.
    pub seam_floor: Option<String>,
    /// Ids of the raster inputs with velocities, each with the factor to m/yr, in the order of the tracks.
    pub velocities: Vec<(String, f64)>,
}

/// Depth of the water table below the ground before mining.
#[derive(Debug, Clone, PartialEq)]
pub enum Groundwater {
    /// The same everywhere [m].
    Depth(f64),
    /// A raster input [m].
    Raster(String),
}
