//! Cells of a layer as encoded blocks of a GeoTIFF.
//!
//! The grid is cut into square blocks. What a window has of a block is a piece. A piece that is all the grid has of its block
//! is encoded as the block itself, so that a file is put together from pieces without decoding them.

use ndarray::{Array2, ArrayRef2, s};

use super::gdal::write::CellType;
use crate::grid::{Grid, Window};

/// Edge of a block [cells].
pub const BLOCK: usize = 512;
/// Quantised layers gain 2 % from the slowest level, which takes three times as long.
const LEVEL: i32 = 1;

/// How blocks are compressed: ZSTD where this GDAL can read it, which is smaller and three times faster than DEFLATE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// Differences of neighbours, compressed.
    Zstd,
    /// As they are.
    Plain,
}

/// The part of a window in one block of the grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// Its cells.
    pub window: Window,
    /// Row of the block among blocks.
    pub row: usize,
    /// Column of the block among blocks.
    pub col: usize,
    /// Whether it is all the grid has of its block.
    pub is_whole: bool,
}

/// Rows and columns of blocks of a grid.
pub fn layout(grid: &Grid) -> (usize, usize) {
    (grid.rows.div_ceil(BLOCK), grid.cols.div_ceil(BLOCK))
}

/// All that the grid has of a block.
pub fn block(grid: &Grid, row: usize, col: usize) -> Window {
    let window = Window { row: (row * BLOCK) as isize, col: (col * BLOCK) as isize, rows: BLOCK, cols: BLOCK };
    window.intersection(&grid.window()).unwrap_or(Window { rows: 0, cols: 0, ..window })
}

/// The pieces of a window that lies in the grid, in raster order of their blocks.
pub fn pieces(grid: &Grid, window: Window) -> Vec<Piece> {
    let rows = window.row as usize / BLOCK..(window.row as usize + window.rows).div_ceil(BLOCK);
    let cols = window.col as usize / BLOCK..(window.col as usize + window.cols).div_ceil(BLOCK);
    let mut pieces = Vec::new();
    for row in rows {
        for col in cols.clone() {
            let whole = block(grid, row, col);
            if let Some(part) = whole.intersection(&window) {
                pieces.push(Piece { window: part, row, col, is_whole: part == whole });
            }
        }
    }
    pieces
}

/// Encodes the piece of a window whose cells are given.
///
/// # Errors
/// If it cannot be compressed.
pub fn encode_piece<T: CellType>(
    (cells, window): (&ArrayRef2<T>, Window),
    piece: &Piece,
    coding: Coding,
) -> std::io::Result<Vec<u8>> {
    let (top, left) = ((piece.window.row - window.row) as usize, (piece.window.col - window.col) as usize);
    let cells = cells.slice(s![top..top + piece.window.rows, left..left + piece.window.cols]);
    let shape = if piece.is_whole { (BLOCK, BLOCK) } else { piece.window.shape() };
    let row_bytes = shape.1 * size_of::<T>();
    let mut bytes = vec![0_u8; shape.0 * row_bytes];
    let mut line = vec![T::NODATA; shape.1];
    for (row, out) in bytes.chunks_exact_mut(row_bytes.max(1)).enumerate() {
        let values = if row < cells.nrows() { cells.row(row) } else { cells.slice(s![0, ..0]) };
        match values.as_slice() {
            Some(values) => line[..values.len()].copy_from_slice(values),
            None => line.iter_mut().zip(values).for_each(|(to, from)| *to = *from),
        }
        line[values.len()..].fill(T::NODATA);
        T::encode(&line, out, coding);
    }
    match coding {
        Coding::Zstd => zstd::bulk::compress(&bytes, LEVEL),
        Coding::Plain => Ok(bytes),
    }
}

/// Decodes a piece; `None` if the bytes are not those of one.
pub fn decode_piece<T: CellType>(bytes: &[u8], piece: &Piece, coding: Coding) -> Option<Array2<T>> {
    let shape = if piece.is_whole { (BLOCK, BLOCK) } else { piece.window.shape() };
    let length = shape.0 * shape.1 * size_of::<T>();
    let plain;
    let bytes = match coding {
        Coding::Zstd => {
            plain = zstd::bulk::decompress(bytes, length).ok()?;
            &plain[..]
        }
        Coding::Plain => bytes,
    };
    if bytes.len() != length {
        return None;
    }
    let mut cells = Array2::from_elem(piece.window.shape(), T::NODATA);
    let mut line = vec![T::NODATA; shape.1];
    let rows = bytes.chunks_exact((shape.1 * size_of::<T>()).max(1));
    for (mut out, row) in cells.rows_mut().into_iter().zip(rows) {
        T::decode(row, &mut line, coding);
        out.iter_mut().zip(&line).for_each(|(to, from)| *to = *from);
    }
    Some(cells)
}

/// Puts the cells of a window where they belong in those of another; what lies beyond is left out.
pub fn place<T: Copy>(part: &Array2<T>, from: Window, (cells, window): (&mut Array2<T>, Window)) {
    let Some(both) = from.intersection(&window) else { return };
    let range = |of: Window| {
        let (top, left) = ((both.row - of.row) as usize, (both.col - of.col) as usize);
        s![top..top + both.rows, left..left + both.cols]
    };
    cells.slice_mut(range(window)).assign(&part.slice(range(from)));
}
