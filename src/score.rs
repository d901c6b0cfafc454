//! How suitable each cell is for each mode.

use ndarray::Array2;

use crate::criterion::{Criterion, Utility, facing, weights_of};
use crate::derive::Layers;
use crate::layer::{Code, LayerName, NO_CLASS, SCORE_QUANTUM, quantise};
use crate::plan::Plan;
use crate::rule::ModeSet;

/// Scores of a tile.
#[derive(Debug, Clone)]
pub struct Scores {
    /// Worth of every cell by criterion, 0–1; `NaN` where it is not known.
    pub worths: Vec<Array2<f32>>,
    /// Score of every cell by mode, 0–1; `NaN` where the cell is not open to the mode or a criterion is not known. Empty for
    /// a project without criteria.
    pub by_mode: Vec<Array2<f32>>,
}

/// Scores a tile: the weighted sum of the criteria that count for a mode, with weights normalised to 1.
///
/// - `open`: modes each cell is open to.
///
/// Source: simple additive weighting, J. Malczewski, "GIS and Multicriteria Decision Analysis", 1999, sect. 6.2.
pub fn score(plan: &Plan, layers: &Layers, open: &Array2<ModeSet>) -> Scores {
    let criteria = &plan.project.criteria;
    let worths: Vec<Array2<f32>> = criteria.iter().map(|criterion| worth(layers, criterion)).collect();
    if criteria.is_empty() {
        return Scores { worths, by_mode: Vec::new() };
    }
    let by_mode = (0..plan.mode_count()).map(|mode| {
        let weights = weights_of(criteria, mode);
        let mut scores = Array2::from_shape_fn(open.dim(), |at| {
            if open[at].has(mode) { weighted(&worths, &weights, at) as f32 } else { f32::NAN }
        });
        quantise(&mut scores, SCORE_QUANTUM);
        scores
    });
    let by_mode = by_mode.collect();
    Scores { worths, by_mode }
}

/// Weighted sum of the worths at a cell.
fn weighted(worths: &[Array2<f32>], weights: &[(usize, f64)], at: (usize, usize)) -> f64 {
    weights.iter().map(|&(criterion, weight)| weight * f64::from(worths[criterion][at])).sum()
}

/// Worth of every cell of a tile to one criterion.
fn worth(layers: &Layers, criterion: &Criterion) -> Array2<f32> {
    let missing = || Array2::from_elem(layers.window.shape(), f32::NAN);
    match (&criterion.utility, &criterion.layer) {
        (Utility::Classes(_), LayerName::Input(input)) => layers.classes(input).map_or_else(missing, |classes| {
            classes.core().mapv(|code: Code| {
                if code == NO_CLASS { f32::NAN } else { criterion.by_class.get(&code).copied().unwrap_or(0.0) }
            })
        }),
        (Utility::Facing { azimuth_deg, sigma_deg, flat_below_deg }, layer) => {
            match (layers.amount(layer), layers.amount(&LayerName::Slope)) {
                (Some(aspect), Some(slope)) => {
                    let (aspect, slope) = (aspect.core(), slope.core());
                    Array2::from_shape_fn(aspect.dim(), |at| {
                        let (aspect_deg, slope_deg) = (f64::from(aspect[at]), f64::from(slope[at]));
                        facing(aspect_deg, slope_deg, (*azimuth_deg, *sigma_deg), *flat_below_deg) as f32
                    })
                }
                _ => missing(),
            }
        }
        (utility, layer) => layers
            .amount(layer)
            .map_or_else(missing, |amount| amount.core().mapv(|value| utility.of(f64::from(value)) as f32)),
    }
}
