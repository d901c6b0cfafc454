//! The cells of a site, and the polygons around them.

use super::parts::GridRun;
use crate::grid::Grid;
use crate::kernels::outline::{self, CellRun};

/// A polygon in the grid's coordinates; rings are closed.
#[derive(Debug, Clone, PartialEq)]
pub struct Polygon {
    /// Counter-clockwise.
    pub exterior: Vec<(f64, f64)>,
    /// Clockwise.
    pub holes: Vec<Vec<(f64, f64)>>,
}

/// The runs of several parts as one sorted list, runs that continue across a tile border made whole.
pub fn gather<'a>(parts: impl Iterator<Item = &'a [GridRun]>) -> Vec<GridRun> {
    let mut runs: Vec<GridRun> = parts.flatten().copied().collect();
    runs.sort_unstable();
    let mut whole: Vec<GridRun> = Vec::with_capacity(runs.len());
    for run in runs {
        match whole.last_mut() {
            Some(last) if last.row == run.row && last.end == run.col => last.end = run.end,
            _ => whole.push(run),
        }
    }
    whole
}

/// The polygons around the cells of some runs: one for each part connected through cell edges.
pub fn polygons(grid: &Grid, runs: &[GridRun]) -> Vec<Polygon> {
    let cells: Vec<CellRun> = runs
        .iter()
        .map(|run| CellRun { row: i64::from(run.row), col: i64::from(run.col), end: i64::from(run.end) })
        .collect();
    let ring = |corners: &Vec<outline::Corner>| -> Vec<(f64, f64)> {
        corners.iter().chain(corners.first()).map(|&(row, col)| grid.corner(row as isize, col as isize)).collect()
    };
    let polygons = outline::outline(&cells).into_iter();
    polygons.map(|p| Polygon { exterior: ring(&p.exterior), holes: p.holes.iter().map(ring).collect() }).collect()
}
