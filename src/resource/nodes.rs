//! The lattice of nodes at which tables are made.

use crate::grid::Grid;
use crate::raster::gdal::crs::Transform;
use crate::solar::position::Place;
use crate::weather::blend::great_circle_m;

/// Distance between nodes [m]: a quarter of a degree of latitude, over which the sun's path hardly bends.
const NODE_M: f64 = 25_000.0;
/// Nodes between the two weather points that are nearest to each other, and how near nodes may come [m].
const NODES_BETWEEN: f64 = 8.0;
const FINEST_M: f64 = 1_000.0;
/// Most nodes along a side of the grid.
const MOST_NODES: usize = 64;
/// How far to both sides the grid's north is looked for [cells].
const NEARBY: f64 = 0.5;
/// Width of a block of cells that share open-sky tables [m], and the most cells along its edge.
const BLOCK_M: f64 = 2_000.0;
const MOST_BLOCK_CELLS: f64 = 64.0;

/// Nodes over a grid, anchored to its corner, so that no tile's border shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Lattice {
    /// Cells from node to node, along rows and columns.
    step: (f64, f64),
    rows: usize,
    cols: usize,
    places: Vec<Place>,
    /// Compass directions of the grid's north at the nodes [°].
    norths_deg: Vec<f64>,
    /// Cells along the edge of a block, anchored to the grid's corner, whose open-sky tables are found once.
    pub block_cells: isize,
}

/// The four nodes around a cell, with weights that add up to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Near([(usize, f64); 4]);

impl Near {
    /// Nodes and their weights.
    pub fn nodes(&self) -> impl Iterator<Item = (usize, f64)> {
        self.0.into_iter().filter(|(_, weight)| *weight > 0.0)
    }

    /// The node that weighs most; the first of equals.
    pub fn nearest(&self) -> usize {
        self.0.iter().fold(self.0[0], |best, &one| if one.1 > best.1 { one } else { best }).0
    }
}

impl Lattice {
    /// The nodes of a grid: nearer to each other where weather points are.
    pub fn new(grid: &Grid, to_lonlat: &Transform, points: &[Place]) -> Self {
        let pairs = points.iter().enumerate().flat_map(|(i, one)| points[..i].iter().map(move |other| (one, other)));
        let nearest_m = pairs.map(|(one, other)| great_circle_m(one, other)).fold(f64::INFINITY, f64::min);
        let node_m = (nearest_m / NODES_BETWEEN).clamp(FINEST_M, NODE_M);
        let middle = grid.cell_size(grid.rows as isize / 2);
        let along = |size_m: f64, cells: usize| (node_m / size_m).max((cells / MOST_NODES) as f64).round().max(1.0);
        let step = (along(middle.dy_m, grid.rows), along(middle.dx_m, grid.cols));
        let nodes = |cells: usize, step: f64| (cells as f64 / step).ceil() as usize + 1;
        let (rows, cols) = (nodes(grid.rows, step.0), nodes(grid.cols, step.1));
        let corner =
            |row: usize, col: usize| grid.corner((row as f64 * step.0) as isize, (col as f64 * step.1) as isize);
        let corners: Vec<(f64, f64)> = (0..rows).flat_map(|row| (0..cols).map(move |col| corner(row, col))).collect();
        let place = |&(x, y): &(f64, f64)| {
            let (longitude_deg, latitude_deg) = to_lonlat.point(x, y).unwrap_or((0.0, 0.0));
            Place { latitude_deg: latitude_deg.clamp(-90.0, 90.0), longitude_deg, elevation_m: 0.0 }
        };
        let north = |&(x, y): &(f64, f64)| {
            let ends = (to_lonlat.point(x, y - NEARBY * grid.cell_y), to_lonlat.point(x, y + NEARBY * grid.cell_y));
            let (Some(south), Some(north)) = ends else { return 0.0 };
            let (east_m, north_m) = grid.crs.ellipsoid.near_offset_m(south, north);
            east_m.atan2(north_m).to_degrees()
        };
        let (places, norths_deg) = (corners.iter().map(place).collect(), corners.iter().map(north).collect());
        let block_cells = (BLOCK_M / middle.dx_m.max(middle.dy_m)).round().clamp(1.0, MOST_BLOCK_CELLS) as isize;
        Self { step, rows, cols, places, norths_deg, block_cells }
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Where a node is, at sea level.
    pub fn place(&self, node: usize) -> Place {
        self.places[node]
    }

    /// Compass direction of the grid's north at a node [°].
    pub fn north_deg(&self, node: usize) -> f64 {
        self.norths_deg[node]
    }

    /// Where the middle node is.
    pub fn middle(&self) -> Place {
        self.places[(self.rows / 2) * self.cols + self.cols / 2]
    }

    /// Where a point of the grid is, at sea level, by the nodes around it; `None` without nodes.
    pub fn place_at(&self, grid: &Grid, x: f64, y: f64) -> Option<Place> {
        let near = self.near((grid.y_max - y) / grid.cell_y, (x - grid.x_min) / grid.cell_x);
        let mean = |of: fn(&Place) -> f64| near.nodes().map(|(node, weight)| weight * of(&self.places[node])).sum();
        let (latitude_deg, longitude_deg) = (mean(|place| place.latitude_deg), mean(|place| place.longitude_deg));
        (!self.is_empty()).then_some(Place { latitude_deg, longitude_deg, elevation_m: 0.0 })
    }

    /// The nodes around a place of the grid, by bilinear weights.
    ///
    /// - `row`, `col`: from the grid's corner [cells].
    pub fn near(&self, row: f64, col: f64) -> Near {
        let split = |at: f64, step: f64, count: usize| {
            let at = (at / step).clamp(0.0, (count - 1) as f64);
            let before = (at as usize).min(count.saturating_sub(2));
            (before, (before + 1).min(count - 1), at - before as f64)
        };
        let (north, south, down) = split(row, self.step.0, self.rows);
        let (west, east, right) = split(col, self.step.1, self.cols);
        let node = |row: usize, col: usize| row * self.cols + col;
        Near([
            (node(north, west), (1.0 - down) * (1.0 - right)),
            (node(north, east), (1.0 - down) * right),
            (node(south, west), down * (1.0 - right)),
            (node(south, east), down * right),
        ])
    }
}
