//! The nearest substation of every site.

use super::parts::GridRun;
use crate::grid::{Extent, Grid, Window};
use crate::kernels::burn;
use crate::kernels::nearest_segment::{Metric, Segment};
use crate::plan::Substation;
use crate::vector::{Shape, ShapeKind};

/// A distance below this share of a lower bound is still searched: the bound is exact only in the plane [1].
const BOUND_SLACK: f64 = 0.999;

/// The nearest substation to the cells of some runs, as (number, distance in metres). Of equally near ones the first
/// in the order of ids.
///
/// The distance is from the edge of the site's cells to the substation, in the metric of the grid: in the plane of the
/// projection, or geodesic on a grid in degrees. It has no upper limit.
pub fn nearest(grid: &Grid, runs: &[GridRun], substations: &[Substation]) -> Option<(usize, f64)> {
    let measure = Measure { metric: Metric::of(grid), grid };
    let around = bounding_box(grid, runs)?;
    let mut bounds: Vec<(f64, usize)> =
        substations.iter().enumerate().map(|(i, s)| (measure.to(&around, &s.shapes) * BOUND_SLACK, i)).collect();
    bounds.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut best: Option<(usize, f64)> = None;
    for (bound, index) in bounds {
        if best.is_some_and(|(_, distance)| bound > distance) {
            break;
        }
        let distance = runs
            .iter()
            .map(|run| measure.to(&extent_of(grid, run), &substations[index].shapes))
            .fold(f64::INFINITY, f64::min);
        if best.is_none_or(|(known, known_m)| (distance, index) < (known_m, known)) {
            best = Some((index, distance));
        }
    }
    best
}

fn extent_of(grid: &Grid, run: &GridRun) -> Extent {
    let (row, col) = (run.row as isize, run.col as isize);
    grid.extent_of(Window { row, col, rows: 1, cols: (run.end - run.col) as usize })
}

fn bounding_box(grid: &Grid, runs: &[GridRun]) -> Option<Extent> {
    let extents = runs.iter().map(|run| extent_of(grid, run));
    extents.reduce(|a, b| Extent {
        x_min: a.x_min.min(b.x_min),
        y_min: a.y_min.min(b.y_min),
        x_max: a.x_max.max(b.x_max),
        y_max: a.y_max.max(b.y_max),
    })
}

struct Measure<'a> {
    metric: Metric,
    grid: &'a Grid,
}

impl Measure<'_> {
    /// Distance from a rectangle to some shapes [m].
    fn to(&self, rectangle: &Extent, shapes: &[Shape]) -> f64 {
        shapes.iter().map(|shape| self.to_shape(rectangle, shape)).fold(f64::INFINITY, f64::min)
    }

    fn to_shape(&self, rectangle: &Extent, shape: &Shape) -> f64 {
        let corner = (rectangle.x_min, rectangle.y_max);
        if shape.kind == ShapeKind::Polygons && burn::contains(&shape.parts, corner) {
            return 0.0;
        }
        shape.segments().map(|segment| self.to_segment(rectangle, &segment)).fold(f64::INFINITY, f64::min)
    }

    /// Distance from a rectangle to a segment: of an end of the segment to the rectangle, or of a corner of the
    /// rectangle to the segment.
    fn to_segment(&self, rectangle: &Extent, segment: &Segment) -> f64 {
        let from_ends = segment.iter().map(|&end| self.between(end, clamp(rectangle, end)));
        if segment[0] == segment[1] {
            return from_ends.fold(f64::INFINITY, f64::min);
        }
        if crosses(rectangle, segment) {
            return 0.0;
        }
        let corners = [
            (rectangle.x_min, rectangle.y_min),
            (rectangle.x_min, rectangle.y_max),
            (rectangle.x_max, rectangle.y_min),
            (rectangle.x_max, rectangle.y_max),
        ];
        let from_corners = corners.iter().map(|&corner| self.metric.squared_m2(corner, segment).sqrt());
        from_ends.chain(from_corners).fold(f64::INFINITY, f64::min)
    }

    fn between(&self, a: (f64, f64), b: (f64, f64)) -> f64 {
        match self.metric {
            Metric::Planar => (a.0 - b.0).hypot(a.1 - b.1),
            Metric::Geodesic(ellipsoid) => {
                let exact = ellipsoid.geodesic_m(a, b);
                if exact.is_nan() { self.grid.crs.ellipsoid.near_distance_m(a, b) } else { exact }
            }
        }
    }
}

/// The point of a rectangle nearest to a point.
fn clamp(rectangle: &Extent, point: (f64, f64)) -> (f64, f64) {
    (point.0.clamp(rectangle.x_min, rectangle.x_max), point.1.clamp(rectangle.y_min, rectangle.y_max))
}

/// Whether a segment passes through a rectangle.
///
/// Source: parametric clipping, Y.-D. Liang and B. A. Barsky, "A new concept and method for line clipping", ACM
/// Trans. Graphics 3(1), 1984.
fn crosses(rectangle: &Extent, segment: &Segment) -> bool {
    let (dx, dy) = (segment[1].0 - segment[0].0, segment[1].1 - segment[0].1);
    let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
    for (direction, distance) in [
        (-dx, segment[0].0 - rectangle.x_min),
        (dx, rectangle.x_max - segment[0].0),
        (-dy, segment[0].1 - rectangle.y_min),
        (dy, rectangle.y_max - segment[0].1),
    ] {
        if direction == 0.0 {
            if distance < 0.0 {
                return false;
            }
        } else if direction < 0.0 {
            enter = enter.max(distance / direction);
        } else {
            leave = leave.min(distance / direction);
        }
    }
    enter <= leave
}
