//! Polygons as cells.

use ndarray::{Array2, s};

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
    let mut overlaps: Option<Array2<bool>> = None;
    for (region, shapes) in &plan.region_shapes {
        for shape in shapes.near(near) {
            burn::polygon_runs(&shape.parts, &plan.grid, target, |row, first, end| {
                let mut cells = regions.slice_mut(s![row, first..end]);
                if cells.iter().all(|&cell| cell == NO_REGION) {
                    cells.fill(*region);
                    return;
                }
                for (col, cell) in (first..end).zip(cells) {
                    if *cell == NO_REGION {
                        *cell = *region;
                    } else if cell != region {
                        overlaps.get_or_insert_with(|| Array2::from_elem(target.shape(), false))[(row, col)] = true;
                    }
                }
            });
        }
    }
    let of_window = |values| Padded { margin, values }.core().iter().filter(|&&overlap| overlap).count();
    let overlaps = overlaps.map_or(0, of_window);
    (Padded { margin, values: regions }, overlaps as u64)
}

/// Marks the cells whose centres lie in the polygons of an input.
pub fn inside(plan: &Plan, input: &str, window: Window) -> Array2<bool> {
    let mut mask = Array2::from_elem(window.shape(), false);
    for shape in plan.shapes(input, window, 0.0).filter(|shape| shape.kind == ShapeKind::Polygons) {
        burn::polygon(&shape.parts, &plan.grid, window, &mut mask);
    }
    mask
}
