//! Outlines that cross themselves, taken apart.

use i_overlay::core::fill_rule::FillRule;
use i_overlay::core::overlay_rule::OverlayRule;
use i_overlay::float::simplify::SimplifyShape;
use i_overlay::float::single::SingleFloatOverlay;

use super::{Outline, Point, doubled_area};

/// Share of its area by which an outline that crosses nothing may seem to: coordinates are rounded to a 10⁻⁹ of its size.
const ROUNDING: f64 = 1e-6;

/// Rings as the library has them, from a corner of their own: coordinates of maps are large.
fn contours(rings: &[Vec<Point>], (x, y): Point) -> Vec<Vec<[f64; 2]>> {
    rings.iter().map(|ring| ring.iter().map(|at| [at.0 - x, at.1 - y]).collect()).collect()
}

fn corner(rings: &[Vec<Point>]) -> Point {
    rings.iter().flatten().next().copied().unwrap_or_default()
}

/// Shapes of the library, each an outer ring and its holes, as an outline.
fn outline(shapes: Vec<Vec<Vec<[f64; 2]>>>, (x, y): Point) -> Outline {
    let back = |ring: Vec<[f64; 2]>| -> Vec<Point> { ring.into_iter().map(|at| (at[0] + x, at[1] + y)).collect() };
    let polygon = |shape: Vec<Vec<[f64; 2]>>| {
        let rings: Vec<Vec<Point>> = shape.into_iter().map(back).collect();
        let (exterior, holes) = rings.split_first()?;
        Some(Outline::polygon(exterior, holes))
    };
    Outline::joined(shapes.into_iter().filter_map(polygon))
}

/// Whether rings cross neither themselves nor each other, holes lie inside what they are holes of, and no parts overlap: then the
/// area by their directions is that which is inside.
pub fn is_plain(rings: &[Vec<Point>]) -> bool {
    let corner = corner(rings);
    let by_direction = rings.iter().map(|ring| doubled_area(ring)).sum::<f64>() / 2.0;
    let within = outline(contours(rings, corner).simplify_shape(FillRule::EvenOdd), corner).area_m2();
    (by_direction - within).abs() <= ROUNDING * within
}

/// What rings hold without some pieces.
pub fn without(rings: &[Vec<Point>], mut pieces: Vec<Vec<Point>>) -> Outline {
    let corner = corner(rings);
    // Pieces that ran in opposite directions would cancel where they overlap.
    pieces.iter_mut().filter(|piece| doubled_area(piece) < 0.0).for_each(|piece| piece.reverse());
    let left = contours(rings, corner).overlay(&contours(&pieces, corner), OverlayRule::Difference, FillRule::NonZero);
    outline(left, corner)
}
