//! Values of a tile and of its surroundings.

use multiversion::multiversion;
use ndarray::{Array2, ArrayView2, s};

use crate::grid::Margin;

/// Values over a window and a margin around it.
#[derive(Debug, Clone)]
pub struct Padded<T> {
    /// Cells around the window.
    pub margin: Margin,
    /// The values.
    pub values: Array2<T>,
}

impl<T: Clone> Padded<T> {
    /// The values over the window and a margin no larger than its own.
    pub fn view(&self, margin: Margin) -> ArrayView2<'_, T> {
        let (rows, cols) = (self.margin.rows - margin.rows, self.margin.cols - margin.cols);
        self.values.slice(s![rows..self.values.nrows() - rows, cols..self.values.ncols() - cols])
    }

    /// The values over the window alone.
    pub fn core(&self) -> ArrayView2<'_, T> {
        self.view(Margin::default())
    }

    /// The values over the window and a smaller margin, as an array of their own.
    #[must_use]
    pub fn cut(&self, margin: Margin) -> Self {
        Self { margin, values: map_rows(&self.view(margin), T::clone) }
    }
}

/// An array of what a function makes of every value, row by row: rows lie in one piece even where a view does not.
pub fn map_rows<T, U: Clone>(view: &ArrayView2<'_, T>, of: impl Fn(&T) -> U + Copy) -> Array2<U> {
    let mut out = Vec::with_capacity(view.len());
    for row in view.rows() {
        match row.as_slice() {
            Some(row) => append(&mut out, row, of),
            None => out.extend(row.iter().map(of)),
        }
    }
    Array2::from_shape_vec(view.dim(), out).unwrap_or_else(|_| view.map(of))
}

/// Appends what a function makes of every value.
#[multiversion(targets("x86_64+avx2"))]
fn append<T, U, F: Fn(&T) -> U>(out: &mut Vec<U>, row: &[T], of: F) {
    out.extend(row.iter().map(of));
}
