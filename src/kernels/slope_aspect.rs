//! Slope and aspect of a surface.

use std::borrow::Cow;

use multiversion::multiversion;
use ndarray::{ArrayRef2, ArrayView1, aview1};

use super::arctangent;
use crate::grid::CellSize;

/// Cells of elevation needed around every cell of the result.
pub const HALO: usize = 1;
/// Aspect of a cell that has no downslope direction.
pub const FLAT: f32 = -1.0;

/// Steepest slope and its direction, of every core cell.
///
/// - `dem`: elevation [m], shape `(rows + 2, cols + 2)`; `NaN` = no data.
/// - `sizes`: size of the cells of each core row, one entry a row.
/// - `slope_deg`: angle from the horizontal [°], 0–90, shape `(rows, cols)`; `NaN` where any of the nine cells is
///   `NaN` (the weights skip the centre, so it is tested by itself): there is no value at the edge of the data.
/// - `aspect_deg`: compass direction of the descent [°], 0–360 clockwise from north, [`FLAT`] where the slope is
///   exactly zero, `NaN` where the slope is.
///
/// Single precision throughout: within 2·10⁻⁵ ° of the slope and 10⁻⁴ ° of the aspect that double precision gives.
///
/// Source: B. K. P. Horn, "Hill shading and the reflectance map", Proc. IEEE 69(1), 1981, p. 18; checked against
/// `gdaldem`.
///
/// # Panics
/// If the shapes do not fit each other.
pub fn slope_aspect(
    dem: &ArrayRef2<f32>,
    sizes: &[CellSize],
    slope_deg: &mut ArrayRef2<f32>,
    aspect_deg: &mut ArrayRef2<f32>,
) {
    assert_eq!(aspect_deg.dim(), slope_deg.dim());
    each_row(dem, sizes, slope_deg.dim(), |row, dz_dx, dz_dy| {
        angles(dz_dx, dz_dy);
        slope_deg.row_mut(row).assign(&aview1(dz_dx));
        aspect_deg.row_mut(row).assign(&aview1(dz_dy));
    });
}

/// Rise of the surface towards the east and towards the north, of every core cell.
///
/// - `dem`, `sizes`: as for [`slope_aspect`].
/// - `dz_dx`, `dz_dy`: metres of rise a metre of way, shape `(rows, cols)`; both `NaN` where any of the nine cells is.
///   The upward normal of the surface is `(-dz_dx, -dz_dy, 1)` by its length.
///
/// Source: Horn 1981, as [`slope_aspect`].
///
/// # Panics
/// If the shapes do not fit each other.
pub fn gradient(dem: &ArrayRef2<f32>, sizes: &[CellSize], dz_dx: &mut ArrayRef2<f32>, dz_dy: &mut ArrayRef2<f32>) {
    assert_eq!(dz_dx.dim(), dz_dy.dim());
    each_row(dem, sizes, dz_dx.dim(), |row, east, north| {
        dz_dx.row_mut(row).assign(&aview1(east));
        dz_dy.row_mut(row).assign(&aview1(north));
    });
}

/// Gives the rises of every row, towards the east and towards the north, to `take`, which may change them.
fn each_row(
    dem: &ArrayRef2<f32>,
    sizes: &[CellSize],
    (rows, cols): (usize, usize),
    mut take: impl FnMut(usize, &mut [f32], &mut [f32]),
) {
    assert_eq!(dem.dim(), (rows + 2 * HALO, cols + 2 * HALO), "elevation must have a halo of one cell");
    assert_eq!(sizes.len(), rows);
    let (mut dz_dx, mut dz_dy) = (vec![0.0; cols], vec![0.0; cols]);
    for (row, size) in sizes.iter().enumerate() {
        let lines = [dem.row(row), dem.row(row + 1), dem.row(row + 2)].map(|row| together(&row));
        rises([&lines[0], &lines[1], &lines[2]], *size, &mut dz_dx, &mut dz_dy);
        take(row, &mut dz_dx, &mut dz_dy);
    }
}

/// The cells of a row side by side in memory, copied only if they are not.
fn together<'a>(row: &ArrayView1<'a, f32>) -> Cow<'a, [f32]> {
    row.to_slice().map_or_else(|| Cow::Owned(row.to_vec()), Cow::Borrowed)
}

/// Rises of one row from its three rows of elevation.
///
/// Differences of neighbours come first: they are exact or nearly so, however high the ground lies.
#[multiversion(targets("x86_64+avx2"))]
fn rises([north, middle, south]: [&[f32]; 3], size: CellSize, dz_dx: &mut [f32], dz_dy: &mut [f32]) {
    let cols = dz_dx.len();
    let (north, middle, south) = (&north[..cols + 2], &middle[..cols + 2], &south[..cols + 2]);
    let dz_dy = &mut dz_dy[..cols];
    let (per_x, per_y) = ((0.125 / size.dx_m) as f32, (0.125 / size.dy_m) as f32);
    for col in 0..cols {
        let across = (north[col + 2] - north[col]) + (south[col + 2] - south[col]);
        let along = (north[col] - south[col]) + (north[col + 2] - south[col + 2]);
        let to_east = across + 2.0 * (middle[col + 2] - middle[col]);
        let to_north = along + 2.0 * (north[col + 1] - south[col + 1]);
        // Zero, or NaN if any of the nine cells is.
        let gap = (to_east + to_north + middle[col + 1]) * 0.0;
        dz_dx[col] = to_east * per_x + gap;
        dz_dy[col] = to_north * per_y + gap;
    }
}

/// Turns rises in place: those towards the east into slopes [°], those towards the north into aspects [°].
#[multiversion(targets("x86_64+avx2"))]
fn angles(east: &mut [f32], north: &mut [f32]) {
    for (east, north) in east.iter_mut().zip(north) {
        let (dz_dx, dz_dy) = (*east, *north);
        let square = dz_dx * dz_dx + dz_dy * dz_dy;
        *east = arctangent::of(square.sqrt()).to_degrees();
        *north = if square == 0.0 { FLAT } else { descent_deg(dz_dx, dz_dy) };
    }
}

/// Compass direction [°] of the descent, from the rises towards east and north, which are not both zero.
#[allow(clippy::inline_always, reason = "belongs into a loop that is compiled once for each instruction set")]
#[inline(always)]
fn descent_deg(dz_dx: f32, dz_dy: f32) -> f32 {
    let (x, y) = (dz_dx.abs(), dz_dy.abs());
    let (lesser, greater) = if x < y { (x, y) } else { (y, x) };
    let from_axis = arctangent::of_fraction(lesser / greater).to_degrees();
    let from_meridian = if x < y { from_axis } else { 90.0 - from_axis };
    let from_north = if dz_dy > 0.0 { 180.0 - from_meridian } else { from_meridian };
    let clockwise = if dz_dx > 0.0 { 360.0 - from_north } else { from_north };
    // Just west of north, single precision knows no angle below the full turn.
    if clockwise >= 360.0 { 0.0 } else { clockwise }
}
