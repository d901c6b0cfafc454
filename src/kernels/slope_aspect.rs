//! Slope and aspect of a surface.

use ndarray::ArrayRef2;

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
    let (rows, cols) = slope_deg.dim();
    assert_eq!(dem.dim(), (rows + 2 * HALO, cols + 2 * HALO), "elevation must have a halo of one cell");
    assert_eq!(aspect_deg.dim(), (rows, cols));
    assert_eq!(sizes.len(), rows);
    for row in 0..rows {
        let CellSize { dx_m, dy_m } = sizes[row];
        for col in 0..cols {
            let z = |r: usize, c: usize| f64::from(dem[(row + r, col + c)]);
            let west = z(0, 0) + 2.0 * z(1, 0) + z(2, 0);
            let east = z(0, 2) + 2.0 * z(1, 2) + z(2, 2);
            let north = z(0, 0) + 2.0 * z(0, 1) + z(0, 2);
            let south = z(2, 0) + 2.0 * z(2, 1) + z(2, 2);
            let dz_dx = (east - west) / (8.0 * dx_m);
            let dz_dy = (north - south) / (8.0 * dy_m);
            let (slope, aspect) = if z(1, 1).is_nan() || dz_dx.is_nan() || dz_dy.is_nan() {
                (f64::NAN, f64::NAN)
            } else if dz_dx == 0.0 && dz_dy == 0.0 {
                (0.0, f64::from(FLAT))
            } else {
                (dz_dx.hypot(dz_dy).atan().to_degrees(), (-dz_dx).atan2(-dz_dy).to_degrees().rem_euclid(360.0))
            };
            slope_deg[(row, col)] = slope as f32;
            aspect_deg[(row, col)] = aspect as f32;
        }
    }
}
