//! Layers that follow from the state of a block alone, without looking at each cell by itself.

use multiversion::multiversion;
use ndarray::{Array2, s};

use super::outlook::Outlook;
use crate::subsidence::quantity::Quantity;

/// How a quantity follows from parts of the state.
#[derive(Debug, Clone, Copy)]
pub enum Recipe {
    /// It is one.
    Part(usize),
    /// Length of a vector.
    Length([usize; 2]),
    /// Largest value of a tensor over all directions, given by xx, yy and xy.
    Largest([usize; 3]),
    /// Smallest value of it.
    Smallest([usize; 3]),
}

/// How a quantity follows from the state; `None` if it takes more than that.
pub fn of_state(quantity: Quantity) -> Option<Recipe> {
    Some(match quantity {
        Quantity::Subsidence => Recipe::Part(0),
        Quantity::TiltX => Recipe::Part(1),
        Quantity::TiltY => Recipe::Part(2),
        Quantity::TiltMax => Recipe::Length([1, 2]),
        Quantity::CurvatureMax => Recipe::Largest([3, 4, 5]),
        Quantity::CurvatureMin => Recipe::Smallest([3, 4, 5]),
        Quantity::DisplacementX => Recipe::Part(6),
        Quantity::DisplacementY => Recipe::Part(7),
        Quantity::StrainMax => Recipe::Largest([8, 9, 10]),
        Quantity::StrainMin => Recipe::Smallest([8, 9, 10]),
        _ => return None,
    })
}

/// Whether a quantity is the same all over a block in which nothing is felt: then its value, as layers tell it.
fn untouched(quantity: Quantity) -> Option<f32> {
    match quantity {
        Quantity::Ponding
        | Quantity::PondingLow
        | Quantity::PondingHigh
        | Quantity::InsarRate
        | Quantity::InsarDifference => None,
        Quantity::DamageGrade
        | Quantity::Stability
        | Quantity::Cause
        | Quantity::StableYear
        | Quantity::DecisionProbability
        | Quantity::Probability(_) => Some(f32::NAN),
        _ => Some(0.0),
    }
}

/// A map of a quantity as it is where nothing is felt; unknown if it is not the same everywhere there.
pub fn beside_everything(quantity: Quantity, shape: (usize, usize)) -> Array2<f32> {
    match untouched(quantity) {
        // The system hands out zeros for nothing.
        Some(0.0) => Array2::zeros(shape),
        other => Array2::from_elem(shape, other.unwrap_or(f32::NAN)),
    }
}

/// A part of a block that goes into a part of a map.
pub struct Copy {
    /// First row and column in the block.
    pub from: (usize, usize),
    /// First row and column in the map.
    pub to: (usize, usize),
    /// Rows and columns.
    pub shape: (usize, usize),
}

impl Copy {
    /// Rows and columns of its cells, row by row.
    pub fn cells(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let (rows, cols) = self.shape;
        (0..rows).flat_map(move |row| (0..cols).map(move |col| (row, col)))
    }

    /// Fills the part of a map if that takes no look at single cells; whether it did.
    pub fn quickly(&self, quantity: Quantity, outlook: &Outlook<'_>, map: &mut Array2<f32>) -> bool {
        let ((row, col), (rows, cols)) = (self.to, self.shape);
        let mut target = map.slice_mut(s![row..row + rows, col..col + cols]);
        if outlook.is_untouched() {
            // The map holds it already.
            return untouched(quantity).is_some();
        }
        let Some(recipe) = of_state(quantity) else { return false };
        for (n, mut out) in target.rows_mut().into_iter().enumerate() {
            let start = (self.from.0 + n) * crate::subsidence::block::BLOCK_CELLS + self.from.1;
            let line =
                |part: usize| outlook.part(part).and_then(|part| part.get(start..start + cols)).unwrap_or_default();
            let Some(out) = out.as_slice_mut() else { return false };
            match recipe {
                Recipe::Part(part) => plain(line(part), out),
                Recipe::Length([x, y]) => length(line(x), line(y), out),
                Recipe::Largest(parts) => principal(parts.map(line), 1.0, out),
                Recipe::Smallest(parts) => principal(parts.map(line), -1.0, out),
            }
        }
        true
    }
}

#[multiversion(targets("x86_64+avx2"))]
fn plain(values: &[f64], out: &mut [f32]) {
    for (out, value) in out.iter_mut().zip(values) {
        *out = *value as f32;
    }
}

#[multiversion(targets("x86_64+avx2"))]
fn length(xs: &[f64], ys: &[f64], out: &mut [f32]) {
    for (out, (x, y)) in out.iter_mut().zip(xs.iter().zip(ys)) {
        *out = (x * x + y * y).sqrt() as f32;
    }
}

/// The largest (sign 1) or smallest (sign −1) value of all directions.
#[multiversion(targets("x86_64+avx2"))]
fn principal([xx, yy, xy]: [&[f64]; 3], sign: f64, out: &mut [f32]) {
    for (out, (xx, (yy, xy))) in out.iter_mut().zip(xx.iter().zip(yy.iter().zip(xy))) {
        let half = 0.5 * (xx - yy);
        *out = (0.5 * (xx + yy) + sign * (half * half + xy * xy).sqrt()) as f32;
    }
}
