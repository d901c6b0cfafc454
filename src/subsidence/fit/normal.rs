//! The normal equations of least squares, with columns made of length 1, by their eigenvectors.

use super::{dot, square};

/// Rounds of rotations; five parameters need about six.
const MOST_ROUNDS: usize = 50;

/// `JᵀJ` with the columns of J made of length 1, so that units and ranges do not matter.
#[derive(Debug)]
pub(super) struct Normal {
    norms: Vec<f64>,
    /// Eigenvalues, each with its vector of length 1.
    axes: Vec<(f64, Vec<f64>)>,
}

impl Normal {
    /// The equations of some columns; one of zeros stands for a parameter that does not take part.
    pub(super) fn new(columns: &[Vec<f64>]) -> Self {
        let norms: Vec<f64> = columns.iter().map(|column| square(column).sqrt()).collect();
        let product = |i: usize, j: usize| match norms[i] * norms[j] {
            0.0 => 0.0,
            scale => dot(&columns[i], &columns[j]) / scale,
        };
        let matrix = (0..norms.len()).map(|i| (0..norms.len()).map(|j| product(i, j)).collect()).collect();
        Self { axes: axes(matrix), norms }
    }

    /// Lengths of the columns.
    pub(super) fn norms(&self) -> &[f64] {
        &self.norms
    }

    /// Eigenvalues, each with its vector.
    pub(super) fn axes(&self) -> &[(f64, Vec<f64>)] {
        &self.axes
    }

    /// The step that the residuals ask for.
    ///
    /// - `wishes`: columns times residuals, those of taking no part 0.
    /// - `damping`: what is added to the diagonal, as a share of it.
    pub(super) fn step(&self, wishes: &[f64], damping: f64) -> Vec<f64> {
        let of_length_1 = |of: &[f64]| -> Vec<f64> {
            of.iter().zip(&self.norms).map(|(of, &norm)| if norm == 0.0 { 0.0 } else { of / norm }).collect()
        };
        let wishes = of_length_1(wishes);
        let mut step = vec![0.0; wishes.len()];
        for (value, vector) in &self.axes {
            let along = dot(vector, &wishes) / (value.max(f64::EPSILON) + damping);
            step.iter_mut().zip(vector).for_each(|(step, part)| *step += along * part);
        }
        of_length_1(&step)
    }

    /// The inverse. Eigenvalues within rounding of 0 are taken as the rounding: errors become large, not without meaning.
    pub(super) fn inverse(&self) -> Vec<Vec<f64>> {
        let part = |i: usize, j: usize| -> f64 {
            self.axes.iter().map(|(value, vector)| vector[i] * vector[j] / value.max(f64::EPSILON)).sum()
        };
        (0..self.axes.len()).map(|i| (0..self.axes.len()).map(|j| part(i, j)).collect()).collect()
    }
}

/// Eigenvalues and eigenvectors of a symmetric matrix.
///
/// Source: C. G. J. Jacobi, 1846, as in G. H. Golub, C. F. Van Loan, "Matrix Computations", sect. 8.5.
fn axes(mut matrix: Vec<Vec<f64>>) -> Vec<(f64, Vec<f64>)> {
    let count = matrix.len();
    let unit = |i: usize| (0..count).map(|j| f64::from(u8::from(i == j))).collect();
    let mut vectors: Vec<Vec<f64>> = (0..count).map(unit).collect();
    let pairs = || (0..count).flat_map(|i| (i + 1..count).map(move |j| (i, j)));
    for _ in 0..MOST_ROUNDS {
        if pairs().all(|(i, j)| matrix[i][j] == 0.0) {
            break;
        }
        for (i, j) in pairs() {
            if matrix[i][j] == 0.0 {
                continue;
            }
            let cot_doubled = (matrix[j][j] - matrix[i][i]) / (2.0 * matrix[i][j]);
            let tan = 1.0_f64.copysign(cot_doubled) / (cot_doubled.abs() + cot_doubled.hypot(1.0));
            let cos = 1.0 / tan.hypot(1.0);
            let turn = |a: f64, b: f64| (cos * a - cos * tan * b, cos * tan * a + cos * b);
            for row in &mut matrix {
                (row[i], row[j]) = turn(row[i], row[j]);
            }
            for rows in [&mut matrix, &mut vectors] {
                let (before, from) = rows.split_at_mut(j);
                for (a, b) in before[i].iter_mut().zip(&mut from[0]) {
                    (*a, *b) = turn(*a, *b);
                }
            }
            (matrix[i][j], matrix[j][i]) = (0.0, 0.0);
        }
    }
    vectors.into_iter().enumerate().map(|(i, vector)| (matrix[i][i], vector)).collect()
}
