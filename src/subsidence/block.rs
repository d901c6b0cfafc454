//! What a source makes of a block of cells.
//!
//! On a lattice the influence of a point of an edge is that along the row times that along the column. So the integral along the
//! outline, for all cells at once, is a product of matrices: rows × nodes times nodes × columns. Exponentials are taken for each
//! node and row, and each node and column, not for each node and cell.

mod steps;

use std::f64::consts::PI;
use std::ops::Range;

use multiversion::multiversion;
use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2, s};

use super::deformation::{Deformation, Tensor};
use super::influence::half_erf;
use super::outline::Outline;
use super::panel::Form;
use super::trough::{Piece, REACH_RADII, nodes, pieces};
use crate::grid::{Grid, Window};
use steps::Steps;

/// Edge of a block [cells].
pub const BLOCK_CELLS: usize = 64;
/// Numbers of a state: subsidence, tilt, curvature, displacement, strain.
pub const PARTS: usize = 11;

/// What one source makes of the cells it reaches in a block, over a full subsidence of 1.
#[derive(Debug, Clone)]
pub struct Patch {
    /// Number of the source.
    pub source: usize,
    /// Rows of the block.
    pub rows: Range<usize>,
    /// Columns of the block.
    pub cols: Range<usize>,
    /// By part of the state, row by row.
    pub parts: Parts,
}

impl Patch {
    /// A patch of one cell.
    pub fn of_point(source: usize, state: &Deformation) -> Self {
        Self { source, rows: 0..1, cols: 0..1, parts: numbers(state).map(|number| vec![number]) }
    }
}

/// A state as numbers.
pub fn numbers(state: &Deformation) -> [f64; PARTS] {
    let Deformation { subsidence_m, tilt, curvature_per_m: curvature, displacement_m, strain } = *state;
    let [ix, iy] = tilt;
    let [ux, uy] = displacement_m;
    [subsidence_m, ix, iy, curvature.xx, curvature.yy, curvature.xy, ux, uy, strain.xx, strain.yy, strain.xy]
}

/// The state of some numbers.
pub fn state(numbers: &[f64; PARTS]) -> Deformation {
    let [subsidence_m, ix, iy, kxx, kyy, kxy, ux, uy, xx, yy, xy] = *numbers;
    Deformation {
        subsidence_m,
        tilt: [ix, iy],
        curvature_per_m: Tensor { xx: kxx, yy: kyy, xy: kxy },
        displacement_m: [ux, uy],
        strain: Tensor { xx, yy, xy },
    }
}

/// Memory that is used again from source to source.
#[derive(Debug, Default)]
pub struct Scratch {
    /// By node: influence along rows times the rise of the edge.
    rise: Vec<f64>,
    /// By node: influence along rows times the run of the edge, and times distance and run, and distance and rise.
    others: Vec<f64>,
    /// By node: half of erf along columns, influence, and influence times distance.
    along: Vec<f64>,
    /// What products come to.
    product: Vec<f64>,
    /// What pieces far ahead or behind add to every row.
    constant: Vec<f64>,
    /// Parts of patches that are not needed any more.
    spare: Vec<Parts>,
}

/// Numbers of a state by cell.
pub type Parts = [Vec<f64>; PARTS];

impl Scratch {
    fn parts(&mut self) -> Parts {
        let mut parts = self.spare.pop().unwrap_or_default();
        parts.iter_mut().for_each(Vec::clear);
        parts
    }

    /// Takes back what patches hold.
    pub fn take_back(&mut self, patches: Vec<Patch>) {
        self.spare.extend(patches.into_iter().map(|patch| patch.parts));
    }
}

/// A source, as a block sees it.
pub struct Sight<'a> {
    /// Number of the source.
    pub source: usize,
    /// Its shape.
    pub form: &'a Form,
    /// Displacement factor b [1].
    pub displacement_factor: f64,
}

/// What a source makes of a block of the grid; `None` where it is not felt.
pub fn patch(grid: &Grid, block: Window, sight: &Sight<'_>, scratch: &mut Scratch) -> Option<Patch> {
    let reach = sight.form.reach()?;
    // Cells whose centres lie in the rectangle around what is felt.
    let index = |from: f64, to: f64, cells: usize| {
        let (first, last) = (from.ceil().max(0.0), to.floor().min(cells as f64 - 1.0));
        (first <= last).then(|| first as usize..last as usize + 1)
    };
    let (x0, y0) = grid.centre(block.row, block.col);
    let rows = index((y0 - reach.y_max) / grid.cell_y, (y0 - reach.y_min) / grid.cell_y, block.rows)?;
    let cols = index((reach.x_min - x0) / grid.cell_x, (reach.x_max - x0) / grid.cell_x, block.cols)?;
    let mut patch = Patch { source: sight.source, parts: scratch.parts(), rows, cols };
    match sight.form {
        Form::Level { outline, radius_m, lean } => {
            let lattice = Lattice::new(grid, block, &patch);
            lattice.integrals(outline, *radius_m, scratch, &mut patch.parts);
            lean_and_stretch(&mut patch.parts, sight.displacement_factor * radius_m, *lean);
        }
        Form::Inclined { .. } => {
            let cells = patch.rows.len() * patch.cols.len();
            patch.parts.iter_mut().for_each(|part| part.reserve(cells));
            for row in patch.rows.clone() {
                for col in patch.cols.clone() {
                    let at = grid.centre(block.row + row as isize, block.col + col as isize);
                    let numbers = numbers(&sight.form.at(sight.displacement_factor, at));
                    patch.parts.iter_mut().zip(numbers).for_each(|(part, number)| part.push(number));
                }
            }
        }
    }
    Some(patch)
}

/// Displacement and strain of tilt and curvature: b r times them, and along with the subsidence of an inclined seam.
fn lean_and_stretch(parts: &mut Parts, moved_m: f64, [x, y]: [f64; 2]) {
    let [subsidence, ix, iy, kxx, kyy, kxy, ux, uy, exx, eyy, exy] = parts;
    let cells = subsidence.len();
    for part in [&mut *ux, uy, exx, eyy, exy] {
        part.resize(cells, 0.0);
    }
    weighted((ix, moved_m), (subsidence, x), ux);
    weighted((iy, moved_m), (subsidence, y), uy);
    weighted((kxx, moved_m), (ix, x), exx);
    weighted((kyy, moved_m), (iy, y), eyy);
    weighted((kxy, moved_m), (iy, x / 2.0), exy);
    if y != 0.0 {
        added((ix, y / 2.0), exy);
    }
}

/// The sum of two lists, each with a weight.
#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2"))]
fn weighted((ones, one): (&[f64], f64), (others, other): (&[f64], f64), out: &mut [f64]) {
    for (out, (a, b)) in out.iter_mut().zip(ones.iter().zip(others)) {
        *out = one * a + other * b;
    }
}

/// Adds a list with a weight.
#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2"))]
pub fn added((ones, one): (&[f64], f64), out: &mut [f64]) {
    for (out, a) in out.iter_mut().zip(ones) {
        *out += one * a;
    }
}

/// Cell centres of a patch.
struct Lattice {
    x: f64,
    y: f64,
    step_x: f64,
    step_y: f64,
    rows: usize,
    cols: usize,
}

impl Lattice {
    fn new(grid: &Grid, block: Window, patch: &Patch) -> Self {
        let (x, y) = grid.centre(block.row + patch.rows.start as isize, block.col + patch.cols.start as isize);
        Self { x, y, step_x: grid.cell_x, step_y: -grid.cell_y, rows: patch.rows.len(), cols: patch.cols.len() }
    }

    /// Integrals along the outline: subsidence, tilt and curvature over a full subsidence of 1.
    fn integrals(&self, outline: &Outline, radius_m: f64, scratch: &mut Scratch, parts: &mut Parts) {
        let count = self.lay_out(outline, radius_m, scratch);
        let (rows, cols, r) = (self.rows, self.cols, radius_m);
        let (tilt, bend) = (1.0 / r, 2.0 * PI / (r * r));
        let Scratch { rise, others, along, product, constant, .. } = scratch;
        product.resize(3 * rows * cols, 0.0);
        // The shapes are those of what was laid out.
        let (Ok(rise), Ok(others), Ok(along)) = (
            ArrayView2::from_shape((count, rows), &rise[..]),
            ArrayView2::from_shape((count, 3 * rows), &others[..]),
            ArrayView2::from_shape((count, 3 * cols), &along[..]),
        ) else {
            return;
        };
        if let Ok(mut out) = ArrayViewMut2::from_shape((rows, 3 * cols), &mut product[..]) {
            general_mat_mul(1.0, &rise.t(), &along, 0.0, &mut out);
        }
        for (row, constant) in product.chunks_exact(3 * cols).zip(constant) {
            let (subsidence, rest) = row.split_at(cols);
            let (slope, moment) = rest.split_at(cols);
            parts[0].extend(subsidence.iter().map(|sum| sum + *constant));
            parts[1].extend_from_slice(slope);
            parts[3].extend_from_slice(moment);
        }
        scaled(-tilt, &mut parts[1]);
        scaled(-bend, &mut parts[3]);
        let influence = along.slice(s![.., cols..2 * cols]);
        if let Ok(mut out) = ArrayViewMut2::from_shape((3 * rows, cols), &mut product[..]) {
            general_mat_mul(1.0, &others.t(), &influence, 0.0, &mut out);
        }
        for ((part, factor), sums) in [(2, tilt), (4, bend), (5, -bend)].iter().zip(product.chunks_exact(rows * cols)) {
            parts[*part].extend_from_slice(sums);
            scaled(*factor, &mut parts[*part]);
        }
    }

    /// Lays out the nodes of all pieces near enough, and returns their number.
    fn lay_out(&self, outline: &Outline, radius_m: f64, scratch: &mut Scratch) -> usize {
        [&mut scratch.rise, &mut scratch.others, &mut scratch.along].into_iter().for_each(Vec::clear);
        scratch.constant.clear();
        scratch.constant.resize(self.rows, 0.0);
        let reach = REACH_RADII * radius_m;
        let (x_min, x_max) = (self.x - reach, self.x + self.step_x * (self.cols as f64 - 1.0) + reach);
        let (y_max, y_min) = (self.y + reach, self.y + self.step_y * (self.rows as f64 - 1.0) - reach);
        let (down, across) =
            (Steps::new(self.step_y / radius_m, self.rows), Steps::new(self.step_x / radius_m, self.cols));
        let mut count = 0;
        for Piece { start, end } in pieces(outline, radius_m) {
            if start.1.min(end.1) > y_max || start.1.max(end.1) < y_min {
                continue;
            }
            if start.0.min(end.0) > x_max || start.0.max(end.0) < x_min {
                // Far ahead or behind of all cells, only how much of the ordinate it spans counts.
                let ahead = (start.0 - self.x).signum();
                let to = |y: f64, row: usize| half_erf((y - self.y - self.step_y * row as f64) / radius_m);
                for (row, constant) in scratch.constant.iter_mut().enumerate() {
                    *constant += 0.5 * ahead * (to(end.1, row) - to(start.1, row));
                }
                continue;
            }
            let (half_u, half_v) = ((end.0 - start.0) / (2.0 * radius_m), (end.1 - start.1) / (2.0 * radius_m));
            let middle = (f64::midpoint(start.0, end.0), f64::midpoint(start.1, end.1));
            for (node, weight) in nodes() {
                let u = (middle.0 - self.x) / radius_m + node * half_u;
                let v = (middle.1 - self.y) / radius_m + node * half_v;
                let first = |of: &mut Vec<f64>, more: usize| {
                    of.resize(of.len() + more, 0.0);
                    of.len() - more
                };
                let rise = first(&mut scratch.rise, self.rows);
                let others = first(&mut scratch.others, 3 * self.rows);
                let along = first(&mut scratch.along, 3 * self.cols);
                let edge = (weight * half_u, weight * half_v);
                down.moments(v, edge, &mut scratch.rise[rise..], &mut scratch.others[others..]);
                across.influences(u, &mut scratch.along[along..]);
                count += 1;
            }
        }
        count
    }
}

#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2"))]
fn scaled(factor: f64, values: &mut [f64]) {
    for value in values {
        *value *= factor;
    }
}
