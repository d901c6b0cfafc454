//! From cells to sites: connected land is cut, small pieces joined, each site gets its outline and its substation.
//!
//! Tiles give parts; parts of one lattice block and region that touch across a border are one atom; touching atoms are
//! a component. Components below the minimum area are dropped whole, the rest is cut into sites along blocks.

pub mod connect;
pub mod cut;
pub mod merge;
pub mod outlines;
pub mod parts;

use crate::criterion::Utility;
use crate::grid::Grid;
use crate::layer::LayerName;
use crate::plan::Plan;
use crate::project::SiteSettings;
use crate::site::Statistic;

/// Land is cut into blocks of this share of the maximum at most, so that small leftovers can still be joined.
const LARGEST_BLOCK_SHARE: f64 = 0.9;

/// The lattice along which land is cut, in cells; blocks are anchored to the lattice of the grid's system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Blocks {
    /// Rows of a block.
    pub rows: i64,
    /// Columns of a block.
    pub cols: i64,
}

impl Blocks {
    /// Blocks near to squares on the ground, below the largest area of a site everywhere on the grid; one block for
    /// everything if sites have no largest area.
    pub fn new(grid: &Grid, settings: &SiteSettings) -> Self {
        if settings.max_area_ha.is_infinite() {
            return Self { rows: i64::MAX, cols: i64::MAX };
        }
        let target_ha = (settings.max_area_ha - 2.0 * settings.min_area_ha)
            .max(0.5 * settings.max_area_ha)
            .min(LARGEST_BLOCK_SHARE * settings.max_area_ha);
        let sizes = [0, grid.rows as isize - 1].map(|row| grid.cell_size(row));
        let dx_m = sizes[0].dx_m.max(sizes[1].dx_m);
        let dy_m = sizes[0].dy_m.max(sizes[1].dy_m);
        let side_m = (target_ha * crate::units::M2_PER_HA).sqrt();
        let rows = (side_m / dy_m).floor().max(1.0);
        let cols = (side_m * side_m / (rows * dy_m) / dx_m).floor().max(1.0);
        Self { rows: rows as i64, cols: cols as i64 }
    }

    /// The block a cell of the lattice lies in.
    pub fn of(&self, row: i64, col: i64) -> (i64, i64) {
        (row.div_euclid(self.rows), col.div_euclid(self.cols))
    }
}

/// The quantities averaged over sites: what every run writes, what the criteria look at, and scores. Worths of single
/// criteria are summed only where a scenario changes weights.
pub fn statistics(plan: &Plan) -> Vec<Statistic> {
    let mut list: Vec<Statistic> = Vec::new();
    let mut add = |statistic: Statistic| {
        if !list.contains(&statistic) {
            list.push(statistic);
        }
    };
    let looked_at = plan.project.criteria.iter().filter(|c| !matches!(c.utility, Utility::Classes(_)));
    for layer in plan.output_layers().into_iter().chain(looked_at.map(|criterion| criterion.layer.clone())) {
        match layer {
            LayerName::Aspect => {
                add(Statistic::AspectEast);
                add(Statistic::AspectNorth);
            }
            layer => add(Statistic::Amount(layer)),
        }
    }
    if !plan.project.criteria.is_empty() {
        (0..plan.mode_count()).for_each(|mode| add(Statistic::Score(mode)));
    }
    let file = &plan.project.file;
    if file.scenario.iter().chain(&file.base).any(|scenario| !scenario.weights.is_empty()) {
        (0..plan.project.criteria.len()).for_each(|criterion| add(Statistic::Worth(criterion)));
    }
    list
}
