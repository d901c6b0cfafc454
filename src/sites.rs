//! From cells to sites: connected land is cut, small pieces joined, each site gets its outline and its substation.
//!
//! Tiles give parts; parts of one lattice block and region that touch across a border are one atom; touching atoms are
//! a component. Components below the minimum area are dropped whole, the rest is cut into sites along blocks.

pub mod admit;
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

/// The lattice along which land is cut. It hangs on the lattice of the grid's system, not on the extent of a run: in degrees
/// every row of blocks has as many columns as its widest cells allow, wherever the run begins.
#[derive(Debug, Clone, Copy)]
pub struct Blocks<'a> {
    grid: &'a Grid,
    /// Area that no block exceeds [m²]; `+∞` for one block of everything.
    largest_m2: f64,
    /// Rows of a block.
    rows: i64,
}

impl<'a> Blocks<'a> {
    /// Blocks near to squares on the ground, below the largest area of a site.
    pub fn new(grid: &'a Grid, settings: &SiteSettings) -> Self {
        let target_ha = (settings.max_area_ha - 2.0 * settings.min_area_ha)
            .max(0.5 * settings.max_area_ha)
            .min(LARGEST_BLOCK_SHARE * settings.max_area_ha);
        let largest_m2 = target_ha * crate::units::M2_PER_HA;
        let rows = (largest_m2.sqrt() / highest_cell_m(grid)).floor().max(1.0);
        Self { grid, largest_m2, rows: rows as i64 }
    }

    /// Row of blocks that a row of the lattice lies in, and how many columns of cells its blocks have.
    pub fn row(&self, row: i64) -> (i64, i64) {
        if self.largest_m2.is_infinite() {
            return (0, i64::MAX);
        }
        let block = row.div_euclid(self.rows);
        let row_m2 = self.rows as f64 * highest_cell_m(self.grid) * self.widest_cell_m(block);
        (block, (self.largest_m2 / row_m2).floor().max(1.0) as i64)
    }

    /// Width of the widest cells of a row of blocks [m].
    fn widest_cell_m(&self, block: i64) -> f64 {
        let lat_deg = |row: i64| 90.0 - row as f64 * self.grid.cell_y;
        // The lattice may be up to a cell off the round latitudes.
        let (north, south) = (lat_deg(block * self.rows - 1), lat_deg((block + 1) * self.rows + 1));
        let widest = if south > 0.0 { south } else { north.min(0.0) };
        self.grid.cell_size_at(widest).dx_m
    }
}

/// Height of the highest cells of a lattice [m]: in degrees, those at the poles.
fn highest_cell_m(grid: &Grid) -> f64 {
    grid.cell_size_at(90.0).dy_m
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
            // Codes have no mean.
            LayerName::Mined(quantity) if quantity.is_code() => {}
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
