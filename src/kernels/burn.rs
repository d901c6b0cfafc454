//! Burning polygons into a window of cells.

use ndarray::ArrayRef2;

use crate::grid::{Grid, Window};

/// A closed sequence of vertices in grid coordinates; the last need not repeat the first.
pub type Ring = Vec<(f64, f64)>;

/// Calls `visit(row, first_col, end_col)` for every run of cells of `window` whose **centre** lies in the polygon.
///
/// Inside is decided by the even–odd rule over all rings, so holes are rings like any other. A centre exactly on an
/// edge belongs to the polygon west or south of it, so polygons that share an edge share no cell. Rows and columns
/// are counted from the window's own corner. Whatever the window, a cell gets the same answer.
///
/// Source: scan-line filling, J. D. Foley et al., "Computer Graphics: Principles and Practice", 2nd ed., 1990,
/// sect. 3.6. The same cells as `gdal_rasterize` without `-at`, also where centres lie on edges, but for level edges in
/// the south: GDAL gives their cells to both polygons.
pub fn polygon_runs(rings: &[Ring], grid: &Grid, window: Window, mut visit: impl FnMut(usize, usize, usize)) {
    let mut crossings: Vec<Vec<f64>> = vec![Vec::new(); window.rows];
    for ring in rings {
        let next = ring.iter().cycle().skip(1);
        for (&a, &b) in ring.iter().zip(next) {
            add_crossings(a, b, grid, window, &mut crossings);
        }
    }
    for (row, xs) in crossings.iter_mut().enumerate() {
        xs.sort_by(f64::total_cmp);
        for pair in xs.chunks_exact(2) {
            let first = first_centre_beyond(pair[0], grid, window);
            let end = first_centre_beyond(pair[1], grid, window);
            if first < end {
                visit(row, first, end);
            }
        }
    }
}

/// Marks every cell of `window` whose centre lies in the polygon.
pub fn polygon(rings: &[Ring], grid: &Grid, window: Window, mask: &mut ArrayRef2<bool>) {
    polygon_runs(rings, grid, window, |row, first, end| {
        mask.slice_mut(ndarray::s![row, first..end]).fill(true);
    });
}

/// Whether a point lies in a polygon, by the even–odd rule; a point on an edge may be told either way.
pub fn contains(rings: &[Ring], point: (f64, f64)) -> bool {
    let edges = rings.iter().flat_map(|ring| ring.iter().zip(ring.iter().cycle().skip(1)));
    let crossings = edges.filter(|(a, b)| {
        (a.1 > point.1) != (b.1 > point.1) && point.0 < a.0 + (point.1 - a.1) * (b.0 - a.0) / (b.1 - a.1)
    });
    crossings.count() % 2 == 1
}

/// Adds where the edge a–b crosses the centre lines of the window's rows.
fn add_crossings(a: (f64, f64), b: (f64, f64), grid: &Grid, window: Window, crossings: &mut [Vec<f64>]) {
    // Always from the lower end, so that both polygons along a shared edge see the same crossing.
    let (low, high) = if a.1 < b.1 { (a, b) } else { (b, a) };
    let row_of = |y: f64| (grid.y_max - y) / grid.cell_y - 0.5 - window.row as f64;
    // One row of slack on both sides: the exact test below decides.
    let first = (row_of(high.1).floor() - 1.0).clamp(0.0, window.rows as f64) as usize;
    let end = (row_of(low.1).ceil() + 2.0).clamp(0.0, window.rows as f64) as usize;
    for (row, xs) in crossings.iter_mut().enumerate().take(end).skip(first) {
        let y = grid.centre(window.row + row as isize, 0).1;
        if (low.1 >= y) != (high.1 >= y) {
            xs.push(low.0 + (y - low.1) * (high.0 - low.0) / (high.1 - low.1));
        }
    }
}

/// The first column of the window whose centre is east of `x`.
fn first_centre_beyond(x: f64, grid: &Grid, window: Window) -> usize {
    let guess = ((x - grid.x_min) / grid.cell_x + 0.5 - window.col as f64).floor();
    let mut col = guess.clamp(0.0, window.cols as f64) as usize;
    // The division may be off by a rounding error: the centres themselves decide.
    while col > 0 && grid.centre(0, window.col + col as isize - 1).0 > x {
        col -= 1;
    }
    while col < window.cols && grid.centre(0, window.col + col as isize).0 <= x {
        col += 1;
    }
    col
}
