//! Exact distance from every cell centre to the nearest of many line segments.

use std::ops::Range;

use multiversion::multiversion;
use ndarray::{Array2, ArrayViewMut2, Axis, s};

use crate::grid::ellipsoid::Ellipsoid;
use crate::grid::{CrsKind, Grid, Window};

/// A straight piece between two vertices, in the coordinates of the grid; a point has two equal vertices.
pub type Segment = [(f64, f64); 2];

/// Blocks of this many cells or fewer are searched cell by cell.
const LEAF_CELLS: usize = 64;
/// Cells of a row that are searched together.
const LANES: usize = 8;
/// Slack on pruning distances on the ellipsoid, for rounding and for the change of scale inside a block.
const SLACK: f64 = 1.02;
/// Slack on pruning distances in the plane, for rounding.
const PLANAR_SLACK: f64 = 1.000_001;

/// How distances are measured between coordinates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Metric {
    /// In the plane of the projection.
    Planar,
    /// Along the ellipsoid, coordinates in degrees.
    Geodesic(Ellipsoid),
}

impl Metric {
    /// The metric of a grid.
    pub fn of(grid: &Grid) -> Self {
        match grid.crs.kind {
            CrsKind::Projected => Self::Planar,
            CrsKind::Geographic => Self::Geodesic(grid.crs.ellipsoid),
        }
    }

    /// Squared distance from a point to a segment [m²].
    ///
    /// On the ellipsoid the nearest point is sought on the segment straight in degrees, with the metric at the middle
    /// latitude, and the distance to it is geodesic (1e-6 relative up to 100 km).
    pub fn squared_m2(&self, point: (f64, f64), segment: &Segment) -> f64 {
        match self {
            Self::Planar => {
                let (x, y) = offset_on(point, segment, (1.0, 1.0));
                x * x + y * y
            }
            Self::Geodesic(ellipsoid) => {
                let mut lat_deg = point.1;
                let mut nearest = segment[0];
                for _ in 0..2 {
                    let (meridian_m, vertical_m) = ellipsoid.radii_m(lat_deg);
                    let scale = (vertical_m * lat_deg.to_radians().cos(), meridian_m);
                    let (dx, dy) = offset_on(point, segment, scale);
                    nearest = (point.0 + dx / scale.0, point.1 + dy / scale.1);
                    lat_deg = 0.5 * (point.1 + nearest.1);
                }
                let (east_m, north_m) = ellipsoid.near_offset_m(point, nearest);
                east_m * east_m + north_m * north_m
            }
        }
    }
}

/// Offset from a point to the nearest point of a segment, in coordinates stretched by `scale`.
#[inline]
fn offset_on(point: (f64, f64), segment: &Segment, scale: (f64, f64)) -> (f64, f64) {
    let ax = (segment[0].0 - point.0) * scale.0;
    let ay = (segment[0].1 - point.1) * scale.1;
    let ux = (segment[1].0 - segment[0].0) * scale.0;
    let uy = (segment[1].1 - segment[0].1) * scale.1;
    let length2 = ux * ux + uy * uy;
    let t = if length2 > 0.0 { (-(ax * ux + ay * uy) / length2).clamp(0.0, 1.0) } else { 0.0 };
    (ax + t * ux, ay + t * uy)
}

/// Squared distance from every cell centre of a window to the nearest segment [m²].
///
/// `+∞` beyond `reach_m` and where there is no segment. Exact: blocks of cells are halved, and a segment is dropped
/// from a block only when another is nearer to every cell of it, so the cost per cell does not grow with the number
/// of segments. Whatever the window, a cell gets the same bits.
pub fn squared_distance_m2(segments: &[Segment], grid: &Grid, window: Window, reach_m: f64) -> Array2<f64> {
    let mut out = Array2::from_elem(window.shape(), f64::INFINITY);
    let mut search = Search::new(segments, grid, reach_m);
    search.descend(window, 0..segments.len(), out.view_mut());
    out
}

struct Search<'a> {
    segments: &'a [Segment],
    grid: &'a Grid,
    metric: Metric,
    reach_m: f64,
    /// Slack on pruning distances.
    slack: f64,
    /// Candidates of the blocks on the way down, those of the innermost block last.
    candidates: Vec<u32>,
    squared_m2: Vec<f64>,
}

impl<'a> Search<'a> {
    fn new(segments: &'a [Segment], grid: &'a Grid, reach_m: f64) -> Self {
        let metric = Metric::of(grid);
        let slack = if metric == Metric::Planar { PLANAR_SLACK } else { SLACK };
        let candidates = (0..segments.len() as u32).collect();
        Self { segments, grid, metric, reach_m, slack, candidates, squared_m2: Vec::new() }
    }

    /// Fills one block from some of the candidates: those that may be nearest to some cell of the block around it.
    fn descend(&mut self, block: Window, around: Range<usize>, out: ArrayViewMut2<'_, f64>) {
        if block.cells() == 0 {
            return;
        }
        let kept = self.candidates.len();
        self.prune(block, around);
        let end = self.candidates.len();
        if kept == end {
            return;
        }
        if block.cells() <= LEAF_CELLS {
            self.fill(block, &self.candidates[kept..end], out);
        } else {
            let (near, far, axis) = block.halves();
            let (near_out, far_out) = out.split_at(axis, if axis == Axis(0) { near.rows } else { near.cols });
            self.descend(near, kept..end, near_out);
            self.descend(far, kept..end, far_out);
        }
        self.candidates.truncate(kept);
    }

    /// Appends the candidates that are within reach of the block and not farther from all of it than another.
    fn prune(&mut self, block: Window, around: Range<usize>) {
        let first = self.grid.centre(block.row, block.col);
        let last = self.grid.centre(block.row + block.rows as isize - 1, block.col + block.cols as isize - 1);
        let middle = (0.5 * (first.0 + last.0), 0.5 * (first.1 + last.1));
        let size = [block.row, block.row + block.rows as isize - 1].map(|row| self.grid.cell_size(row));
        // Between the centres of the outermost cells.
        let width_m = size[0].dx_m.max(size[1].dx_m) * (block.cols - 1) as f64;
        let height_m = size[0].dy_m.max(size[1].dy_m) * (block.rows - 1) as f64;
        let radius_m = 0.5 * width_m.hypot(height_m) * self.slack;
        self.squared_m2.clear();
        for &candidate in &self.candidates[around.clone()] {
            self.squared_m2.push(self.metric.squared_m2(middle, &self.segments[candidate as usize]));
        }
        let least = self.squared_m2.iter().copied().fold(f64::INFINITY, f64::min).sqrt();
        let limit = (least + 2.0 * radius_m).min(self.reach_m + radius_m) * self.slack;
        for (index, &squared) in around.zip(&self.squared_m2) {
            if squared <= limit * limit {
                self.candidates.push(self.candidates[index]);
            }
        }
    }

    /// Searches every cell of a small block.
    fn fill(&self, block: Window, candidates: &[u32], mut out: ArrayViewMut2<'_, f64>) {
        let reach2 = self.reach_m * self.reach_m;
        let mut eastings = [[0.0; LANES]; LEAF_CELLS / LANES];
        for (col, x) in eastings.as_flattened_mut()[..block.cols].iter_mut().enumerate() {
            *x = self.grid.centre(block.row, block.col + col as isize).0;
        }
        let eastings = &eastings[..block.cols.div_ceil(LANES)];
        let mut least = [[0.0; LANES]; LEAF_CELLS / LANES];
        for (row, mut out) in out.rows_mut().into_iter().enumerate() {
            let y = self.grid.centre(block.row + row as isize, block.col).1;
            match self.metric {
                Metric::Planar => nearest(self.segments, candidates, (eastings, y), &mut least),
                Metric::Geodesic(_) => {
                    for (least, &x) in least.as_flattened_mut()[..block.cols].iter_mut().zip(eastings.as_flattened()) {
                        let squared = |&one: &u32| self.metric.squared_m2((x, y), &self.segments[one as usize]);
                        *least = candidates.iter().map(squared).fold(f64::INFINITY, f64::min);
                    }
                }
            }
            for (out, &squared) in out.iter_mut().zip(least.as_flattened()) {
                *out = if squared <= reach2 { squared } else { f64::INFINITY };
            }
        }
    }
}

/// Squared distances of the points of a row to the nearest of some segments in the plane [m²]. The same sums as in
/// [`offset_on`].
#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2"))]
fn nearest(
    segments: &[Segment],
    candidates: &[u32],
    (eastings, y): (&[[f64; LANES]], f64),
    least: &mut [[f64; LANES]],
) {
    for (xs, least) in eastings.iter().zip(least) {
        let mut nearest = [f64::INFINITY; LANES];
        for &candidate in candidates {
            let [a, b] = segments[candidate as usize];
            let (ux, uy) = (b.0 - a.0, b.1 - a.1);
            let length2 = ux * ux + uy * uy;
            let ay = a.1 - y;
            // A point divides by one and stays where it is, as both its parts are zero.
            let divisor = if length2 > 0.0 { length2 } else { 1.0 };
            for lane in 0..LANES {
                let ax = a.0 - xs[lane];
                let t = -(ax * ux + ay * uy) / divisor;
                let t = if t < 0.0 { 0.0 } else { t };
                let t = if t > 1.0 { 1.0 } else { t };
                let (dx, dy) = (ax + t * ux, ay + t * uy);
                let squared = dx * dx + dy * dy;
                nearest[lane] = if squared < nearest[lane] { squared } else { nearest[lane] };
            }
        }
        *least = nearest;
    }
}

/// Sets the distance to zero wherever `inside` holds: a polygon's interior is at distance 0 from it.
pub fn zero_inside(squared_m2: &mut Array2<f64>, inside: &Array2<bool>) {
    squared_m2.slice_mut(s![.., ..]).zip_mut_with(inside, |distance, &is_inside| {
        if is_inside {
            *distance = 0.0;
        }
    });
}
