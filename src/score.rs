//! How suitable each cell is for each mode.

use std::rc::Rc;

use multiversion::multiversion;
use ndarray::{Array2, ArrayView2, s};

use crate::criterion::{Criterion, Utility, facing, weights_of};
use crate::derive::{LOW_CODES, Layers, map_rows};
use crate::layer::{Code, LayerName, NO_CLASS, SCORE_QUANTUM, step};
use crate::plan::Plan;
use crate::rule::ModeSet;

/// Scores of a tile.
#[derive(Debug, Clone)]
pub struct Scores {
    /// Worth of every cell by criterion, 0–1; `NaN` where it is not known.
    pub worths: Vec<Array2<f32>>,
    /// Score of every cell by mode, 0–1; `NaN` where the cell is not open to the mode or a criterion is not known. Empty for
    /// a project without criteria.
    pub by_mode: Vec<Rc<Array2<f32>>>,
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
    let weights: Vec<_> = (0..plan.mode_count()).map(|mode| weights_of(criteria, mode)).collect();
    let mut by_mode: Vec<Rc<Array2<f32>>> = Vec::new();
    for (mode, of_mode) in weights.iter().enumerate() {
        // Modes of equal weights have equal scores, the same ones where they are open to the same cells.
        let alike = weights[..mode].iter().position(|weights| weights == of_mode);
        let differs = |of: usize, open: &ModeSet| open.has(mode) != open.has(of);
        let is_same = |other: usize| {
            !open.rows().into_iter().any(|row| {
                row.as_slice().unwrap_or_default().iter().fold(false, |differ, open| differ | differs(other, open))
            })
        };
        by_mode.push(match alike {
            Some(other) if is_same(other) => Rc::clone(&by_mode[other]),
            _ => {
                let mut scores = weighted(&worths, of_mode, open);
                scores.zip_mut_with(open, |score, open| *score = if open.has(mode) { *score } else { f32::NAN });
                Rc::new(scores)
            }
        });
    }
    Scores { worths, by_mode }
}

/// Weighted sums of the worths, rounded, of the rows that are open to any mode.
fn weighted(worths: &[Array2<f32>], weights: &[(usize, f64)], open: &Array2<ModeSet>) -> Array2<f32> {
    let mut scores = Array2::from_elem(open.dim(), f32::NAN);
    let mut sums: Vec<f64> = Vec::new();
    for (row, open) in open.rows().into_iter().enumerate() {
        let is_open = |open: &ModeSet| !open.is_empty();
        let Some(first) = open.iter().position(is_open) else { continue };
        let end = open.iter().rposition(is_open).map_or(first, |last| last + 1);
        sums.clear();
        sums.resize(end - first, 0.0);
        for &(criterion, weight) in weights {
            let worths = worths[criterion].slice(s![row, first..end]);
            add(&mut sums, worths.as_slice().unwrap_or_default(), weight);
        }
        let scores = scores.slice_mut(s![row, first..end]);
        scores.into_iter().zip(&sums).for_each(|(score, &sum)| *score = step(sum as f32, SCORE_QUANTUM));
    }
    scores
}

#[multiversion(targets("x86_64+avx2"))]
fn add(sums: &mut [f64], worths: &[f32], weight: f64) {
    sums.iter_mut().zip(worths).for_each(|(sum, &worth)| *sum += weight * f64::from(worth));
}

/// Worth of every cell of a tile to one criterion.
fn worth(layers: &Layers, criterion: &Criterion) -> Array2<f32> {
    let missing = || Array2::from_elem(layers.window.shape(), f32::NAN);
    match (&criterion.utility, &criterion.layer) {
        (Utility::Classes(_), LayerName::Input(input)) => layers.classes(input).map_or_else(missing, |classes| {
            let of = |code: Code| criterion.by_class.get(&code).copied().unwrap_or(0.0);
            let low: Vec<f32> = (0..LOW_CODES).map(of).collect();
            map_rows(&classes.core(), |&code: &Code| match low.get(code as usize) {
                Some(&worth) => worth,
                None if code == NO_CLASS => f32::NAN,
                None => of(code),
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
        (utility, layer) => layers.amount(layer).map_or_else(missing, |amount| worths(utility, &amount.core())),
    }
}

/// Worths of amounts. A straight ramp, the most frequent of all, has a loop of its own, with the same sums.
fn worths(utility: &Utility, amounts: &ArrayView2<'_, f32>) -> Array2<f32> {
    match utility.straight() {
        Some(ramp) => map_rows(amounts, |&value| ramp.of(f64::from(value)) as f32),
        None => map_rows(amounts, |&value| utility.of(f64::from(value)) as f32),
    }
}
