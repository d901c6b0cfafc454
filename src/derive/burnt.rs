//! Polygons as cells.

use ndarray::Array2;

use super::NO_REGION;
use super::padded::Padded;
use crate::grid::{Margin, Window};
use crate::kernels::burn;
use crate::plan::Plan;
use crate::vector::ShapeKind;

/// Burns the regions over a padded window: of overlapping regions the first feature wins.
pub fn regions(plan: &Plan, window: Window, margin: Margin) -> (Padded<u16>, u64) {
    let target = window.padded(margin);
    let near = plan.near(target, 0.0);
    let mut regions = Array2::from_elem(target.shape(), NO_REGION);
    let mut overlaps = Array2::from_elem(target.shape(), false);
    for (region, shapes) in &plan.region_shapes {
        for shape in shapes.near(near) {
            burn::polygon_runs(&shape.parts, &plan.grid, target, |row, first, end| {
                for col in first..end {
                    let cell = &mut regions[(row, col)];
                    if *cell == NO_REGION {
                        *cell = *region;
                    } else if cell != region {
                        overlaps[(row, col)] = true;
                    }
                }
            });
        }
    }
    let regions = Padded { margin, values: regions };
    let overlaps = Padded { margin, values: overlaps }.core().iter().filter(|&&overlap| overlap).count();
    (regions, overlaps as u64)
}

/// Marks the cells whose centres lie in the polygons of an input.
pub fn inside(plan: &Plan, input: &str, window: Window) -> Array2<bool> {
    let mut mask = Array2::from_elem(window.shape(), false);
    for shape in plan.shapes(input, window, 0.0).filter(|shape| shape.kind == ShapeKind::Polygons) {
        burn::polygon(&shape.parts, &plan.grid, window, &mut mask);
    }
    mask
}
