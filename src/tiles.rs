//! Cutting the grid into tiles and working on them in parallel.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};

use crate::fault::{Fault, Faults, Kind, Result};
use crate::grid::{Grid, Window};

/// A piece of the grid that is worked on at once. The windows of all tiles partition the grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tile {
    /// Row of the tile among tiles.
    pub row: usize,
    /// Column of the tile among tiles.
    pub col: usize,
    /// Its cells.
    pub window: Window,
}

/// The tiles of a grid.
#[derive(Debug, Clone)]
pub struct Tiling {
    /// Rows of tiles.
    pub rows: usize,
    /// Columns of tiles.
    pub cols: usize,
    /// Edge of a tile in cells.
    pub cells: usize,
    /// All tiles in raster order.
    pub tiles: Vec<Tile>,
}

impl Tiling {
    /// Cuts a grid into tiles of at most `cells` × `cells`.
    pub fn new(grid: &Grid, cells: usize) -> Self {
        let cells = cells.max(1);
        let (rows, cols) = (grid.rows.div_ceil(cells), grid.cols.div_ceil(cells));
        let tile = |i: usize| {
            let (row, col) = (i / cols, i % cols);
            let window = Window {
                row: (row * cells) as isize,
                col: (col * cells) as isize,
                rows: cells.min(grid.rows - row * cells),
                cols: cells.min(grid.cols - col * cells),
            };
            Tile { row, col, window }
        };
        Self { rows, cols, cells, tiles: (0..rows * cols).map(tile).collect() }
    }

    /// The tile at a row and column of tiles, if there is one.
    pub fn at(&self, row: usize, col: usize) -> Option<&Tile> {
        (row < self.rows && col < self.cols).then(|| &self.tiles[row * self.cols + col])
    }

    /// The tiles that a window of the grid lies in, in raster order.
    pub fn around(&self, window: Window) -> impl Iterator<Item = &Tile> {
        let range = |first: isize, count: usize| {
            let first = first.max(0) as usize;
            first / self.cells..(first + count).div_ceil(self.cells)
        };
        let (rows, cols) = (range(window.row, window.rows), range(window.col, window.cols));
        rows.flat_map(move |row| cols.clone().filter_map(move |col| self.at(row, col)))
    }

    /// Index of a tile in [`Self::tiles`].
    pub fn index(&self, tile: &Tile) -> usize {
        tile.row * self.cols + tile.col
    }
}

/// A request to stop, shared between threads.
#[derive(Debug, Default)]
pub struct Cancel(AtomicBool);

impl Cancel {
    /// Asks for a stop.
    pub fn request(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// A fault if a stop was asked for.
    ///
    /// # Errors
    /// If so.
    pub fn check(&self) -> Result<()> {
        if self.0.load(Ordering::SeqCst) {
            let what = "interrupted; run the same command again to continue";
            return Err(Fault::new(Kind::Interrupted, "", what).into());
        }
        Ok(())
    }
}

/// Runs `work` on every item, a tile or a layer, each thread with a workspace of its own made by `open`.
///
/// Results come in the order of the items, whatever the order of work. After the first failure no further item is
/// begun; of those that failed the first fault of every place is returned: a file that is damaged is damaged for all.
///
/// # Errors
/// If any item fails, or a stop is asked for.
pub fn for_each<I: Sync, W: Send, R: Send>(
    items: &[I],
    threads: usize,
    cancel: &Cancel,
    open: impl Fn() -> Result<W> + Sync,
    work: impl Fn(&mut W, &I) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(|error| Fault::new(Kind::Incomplete, "", format!("cannot start {threads} threads: {error}")))?;
    let workspaces: Mutex<Vec<W>> = Mutex::new(Vec::new());
    let failed = AtomicBool::new(false);
    let one = |item: &I| -> Result<Option<R>> {
        cancel.check()?;
        if failed.load(Ordering::SeqCst) {
            return Ok(None);
        }
        let idle = workspaces.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut workspace = match idle {
            Some(workspace) => workspace,
            None => open()?,
        };
        let result = work(&mut workspace, item);
        workspaces.lock().unwrap_or_else(PoisonError::into_inner).push(workspace);
        result.map(Some).inspect_err(|_| failed.store(true, Ordering::SeqCst))
    };
    let results: Vec<Result<Option<R>>> = pool.install(|| items.par_iter().with_max_len(1).map(one).collect());
    let mut done = Vec::with_capacity(items.len());
    let mut faults: Vec<Fault> = Vec::new();
    for result in results {
        match result {
            Ok(Some(value)) => done.push(value),
            Ok(None) => {}
            Err(some) => {
                let known = |fault: &Fault| faults.iter().any(|known: &Fault| known.place == fault.place);
                let new: Vec<Fault> = some.into_list().into_iter().filter(|fault| !known(fault)).collect();
                faults.extend(new);
            }
        }
    }
    Faults::or(faults, done)
}
