//! Distances to inputs.

use ndarray::{Array2, ArrayView2};

use super::needs::DistanceNeed;
use super::padded::Padded;
use super::{NO_REGION, burnt, cell_sizes};
use crate::grid::{Extent, Window};
use crate::kernels::{nearest_cell, nearest_segment};
use crate::layer::{Code, NO_CLASS};
use crate::plan::Plan;
use crate::project::InputSpec;
use crate::vector::Shape;

/// Squared distances to an input [m²]: to its geometry, or to its set of classes.
#[derive(Debug, Clone)]
pub struct Distances {
    /// To what is known to be there; `+∞` beyond the reach.
    pub known: Padded<f64>,
    /// To cells of the regions where the input is unknown; `None` where there are none.
    pub unknown: Option<Padded<f64>>,
}

/// Distances to the geometry of a vector input; zero inside its polygons.
pub fn to_geometry(plan: &Plan, input: &str, (target, need): (Window, &DistanceNeed)) -> Distances {
    let near = plan.near(target, need.reach_m);
    let meets = |segment: &nearest_segment::Segment| {
        Extent::around(segment.iter().copied()).is_some_and(|bounds| bounds.meets(&near))
    };
    let segments = plan.shapes(input, target, need.reach_m).flat_map(Shape::segments).filter(meets);
    let segments: Vec<nearest_segment::Segment> = segments.collect();
    let mut known = nearest_segment::squared_distance_m2(&segments, &plan.grid, target, need.reach_m);
    nearest_segment::zero_inside(&mut known, &burnt::inside(plan, input, target));
    Distances { known: Padded { margin: need.margin, values: known }, unknown: None }
}

/// Distances between cell centres to the set of classes of a raster input.
pub fn to_classes(
    plan: &Plan,
    input: &str,
    codes: &Padded<Code>,
    (regions, target, need): (&Padded<u16>, Window, &DistanceNeed),
) -> Distances {
    let set = match plan.project.inputs.get(input) {
        Some(InputSpec::Raster(spec)) => spec.set.clone().unwrap_or_default(),
        _ => Vec::new(),
    };
    let reach = plan.grid.margin(need.reach_m);
    let around = need.margin.plus(reach);
    let sizes = cell_sizes(plan, target);
    let measure = |members: &Array2<bool>| {
        let mut squared = nearest_cell::squared_distance_m2(members, reach, &sizes);
        cut_at(&mut squared, need.reach_m);
        Padded { margin: need.margin, values: squared }
    };
    let codes = codes.view(around);
    let known = measure(&codes.mapv(|code| set.binary_search(&code).is_ok()));
    let holes = unknown_in_regions(&codes, &regions.view(around));
    Distances { known, unknown: holes.iter().any(|&hole| hole).then(|| measure(&holes)) }
}

/// Cells of the regions whose class is unknown.
pub fn unknown_in_regions(codes: &ArrayView2<'_, Code>, regions: &ArrayView2<'_, u16>) -> Array2<bool> {
    let mut holes = codes.mapv(|code| code == NO_CLASS);
    holes.zip_mut_with(regions, |hole, &region| *hole &= region != NO_REGION);
    holes
}

/// Sets distances beyond the reach to infinity, so that the margin at hand does not show.
pub fn cut_at(squared_m2: &mut Array2<f64>, reach_m: f64) {
    let reach2 = reach_m * reach_m;
    squared_m2.mapv_inplace(|squared| if squared <= reach2 { squared } else { f64::INFINITY });
}
