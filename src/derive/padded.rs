//! Values of a tile and of its surroundings.

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
        Self { margin, values: self.view(margin).to_owned() }
    }
}
