//! What a source makes of a block of cells.
//!
//! On a lattice the influence of a point of an edge is that along the row times that along the column. So the integral along the
//! outline, for all cells at once, is a product of matrices: rows × nodes times nodes × columns. Exponentials are taken for each
//! node and row, and each node and column, not for each node and cell.

use std::f64::consts::PI;
use std::ops::Range;

use libm::erf;
use ndarray::{ArrayView2, ArrayViewMut2, linalg::general_mat_mul};

use super::deformation::{Deformation, Tensor};
use super::outline::Outline;
use super::panel::Form;
use super::trough::{Piece, REACH_RADII, nodes, pieces};
use crate::grid::{Grid, Window};

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
    pub parts: [Vec<f64>; PARTS],
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
    /// Influence by node along rows, times what each integral weighs it with.
    rows: [Vec<f64>; 4],
    /// Influence by node along columns: half of erf, itself, and times its distance.
    cols: [Vec<f64>; 3],
    line: Vec<f64>,
    product: Vec<f64>,
    constant: Vec<f64>,
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
    let mut patch = Patch { source: sight.source, parts: Default::default(), rows, cols };
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
fn lean_and_stretch(parts: &mut [Vec<f64>; PARTS], moved_m: f64, [x, y]: [f64; 2]) {
    let [subsidence, ix, iy, kxx, kyy, kxy, ux, uy, exx, eyy, exy] = parts;
    ux.extend(ix.iter().zip(&*subsidence).map(|(tilt, w)| moved_m * tilt + x * w));
    uy.extend(iy.iter().zip(&*subsidence).map(|(tilt, w)| moved_m * tilt + y * w));
    exx.extend(kxx.iter().zip(&*ix).map(|(k, tilt)| moved_m * k + x * tilt));
    eyy.extend(kyy.iter().zip(&*iy).map(|(k, tilt)| moved_m * k + y * tilt));
    let sheared = kxy.iter().zip(ix.iter().zip(&*iy));
    exy.extend(sheared.map(|(k, (ix, iy))| moved_m * k + f64::midpoint(x * iy, y * ix)));
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
    fn integrals(&self, outline: &Outline, radius_m: f64, scratch: &mut Scratch, parts: &mut [Vec<f64>; PARTS]) {
        let count = self.lay_out(outline, radius_m, scratch);
        let (rows, cols) = (self.rows, self.cols);
        let [dv, du, v_dv, v_du] = scratch.rows.each_ref().map(|of| ArrayView2::from_shape((count, rows), of));
        let [step, influence, u_influence] =
            scratch.cols.each_ref().map(|of| ArrayView2::from_shape((count, cols), of));
        scratch.product.resize(rows * cols, 0.0);
        let r = radius_m;
        let products = [
            (&dv, &step, 1.0),
            (&dv, &influence, -1.0 / r),
            (&du, &influence, 1.0 / r),
            (&dv, &u_influence, -2.0 * PI / (r * r)),
            (&v_du, &influence, 2.0 * PI / (r * r)),
            (&v_dv, &influence, -2.0 * PI / (r * r)),
        ];
        for (part, (left, right, factor)) in parts.iter_mut().zip(products) {
            part.resize(rows * cols, 0.0);
            // The shapes are those of what was laid out.
            if let (Ok(left), Ok(right), Ok(mut out)) = (left, right, ArrayViewMut2::from_shape((rows, cols), part)) {
                general_mat_mul(factor, &left.t(), right, 0.0, &mut out);
            }
        }
        for (row, constant) in parts[0].chunks_exact_mut(cols).zip(&scratch.constant) {
            for subsidence in row {
                *subsidence += constant;
            }
        }
    }

    /// Lays out the nodes of all pieces near enough, and returns their number.
    fn lay_out(&self, outline: &Outline, radius_m: f64, scratch: &mut Scratch) -> usize {
        scratch.rows.iter_mut().chain(&mut scratch.cols).for_each(Vec::clear);
        scratch.constant.clear();
        scratch.constant.resize(self.rows, 0.0);
        let reach = REACH_RADII * radius_m;
        let (x_min, x_max) = (self.x - reach, self.x + self.step_x * (self.cols as f64 - 1.0) + reach);
        let (y_max, y_min) = (self.y + reach, self.y + self.step_y * (self.rows as f64 - 1.0) - reach);
        let mut count = 0;
        for Piece { start, end } in pieces(outline, radius_m) {
            if start.1.min(end.1) > y_max || start.1.max(end.1) < y_min {
                continue;
            }
            if start.0.min(end.0) > x_max || start.0.max(end.0) < x_min {
                // Far ahead or behind of all cells, only how much of the ordinate it spans counts.
                let ahead = (start.0 - self.x).signum();
                let to = |y: f64, row: usize| erf(PI.sqrt() * (y - self.y - self.step_y * row as f64) / radius_m);
                for (row, constant) in scratch.constant.iter_mut().enumerate() {
                    *constant += 0.25 * ahead * (to(end.1, row) - to(start.1, row));
                }
                continue;
            }
            let (half_u, half_v) = ((end.0 - start.0) / (2.0 * radius_m), (end.1 - start.1) / (2.0 * radius_m));
            let middle = (f64::midpoint(start.0, end.0), f64::midpoint(start.1, end.1));
            for (node, weight) in nodes() {
                let u = (middle.0 - self.x) / radius_m + node * half_u;
                let v = (middle.1 - self.y) / radius_m + node * half_v;
                self.node((u, v), (weight * half_u, weight * half_v), radius_m, scratch);
                count += 1;
            }
        }
        count
    }

    /// Lays out one node, given from the first cell, with its share of the edge, in radii.
    fn node(&self, (u, v): (f64, f64), (du, dv): (f64, f64), radius_m: f64, scratch: &mut Scratch) {
        let Scratch { rows: [by_dv, by_du, by_v_dv, by_v_du], cols: [step, influence, u_influence], line, .. } =
            scratch;
        let (step_u, step_v) = (self.step_x / radius_m, self.step_y / radius_m);
        gaussian(v, step_v, self.rows, line);
        for (row, across) in line.iter().enumerate() {
            let v = v - step_v * row as f64;
            by_dv.push(across * dv);
            by_du.push(across * du);
            by_v_dv.push(v * across * dv);
            by_v_du.push(v * across * du);
        }
        gaussian(u, step_u, self.cols, line);
        for (col, along) in line.iter().enumerate() {
            let u = u - step_u * col as f64;
            step.push(0.5 * erf(PI.sqrt() * u));
            influence.push(*along);
            u_influence.push(u * along);
        }
    }
}

/// exp(−π(u − n·step)²) for n from 0, from the largest of them outwards: each follows from its neighbour by a factor, and the factor
/// from the one before by a constant. Within 10⁻¹² over a block.
fn gaussian(u: f64, step: f64, count: usize, out: &mut Vec<f64>) {
    out.clear();
    out.resize(count, 0.0);
    let peak = (u / step).round().clamp(0.0, count as f64 - 1.0) as usize;
    let at_peak = u - step * peak as f64;
    let bend = (-2.0 * PI * step * step).exp();
    let value = (-PI * at_peak * at_peak).exp();
    let factor = |towards: f64| (PI * (2.0 * at_peak * towards - towards * towards)).exp();
    let (mut up, mut next) = (factor(step), value);
    for of in &mut out[peak..] {
        *of = next;
        next *= up;
        up *= bend;
    }
    let (mut down, mut next) = (factor(-step), value);
    for of in out[..=peak].iter_mut().rev() {
        *of = next;
        next *= down;
        down *= bend;
    }
}
