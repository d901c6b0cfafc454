//! Share of the sky that a plane sees, over its horizon.
//!
//! Angles never appear: the horizon is given by tangents, t = tan h, and
//! cos² h = 1 / (1 + t²), sin h cos h = t / (1 + t²), π/2 − h = atan(1 / t).

use multiversion::multiversion;
use ndarray::{ArrayRef2, ArrayRef3, Axis, Zip, aview1};

use super::arctangent;

/// Tilts are taken to be a little below 90°, whose tangent is none [cosine].
const UPRIGHT: f64 = 1e-9;

/// Azimuth [°] of the centre of one of `count` sectors: the horizons that [`sky_view`] and [`plane_view`] take.
pub fn azimuth_deg(sector: usize, count: usize) -> f64 {
    sector as f64 * 360.0 / count as f64
}

/// Sky-view factor of the ground: what a cell's own sloping surface receives of an isotropic sky.
///
/// - `horizon`: tangents of the skyline's angle, 0–∞, shape (azimuths, rows, cols); the first azimuth is north, the
///   others follow clockwise at equal distances ([`azimuth_deg`]); at least four.
/// - `dz_dx`, `dz_dy`: rise of the surface towards east and north, shape (rows, cols).
/// - `view`: 0–1, of the irradiance on a horizontal plane under an open sky; `NaN` where anything is.
///
/// The slope's own horizon is part of it: without it, a slope would see (cos β) of the sky and not (1 + cos β) / 2.
///
/// Source: J. Dozier, J. Frew, "Rapid calculation of terrain parameters for radiation modeling from digital elevation
/// data", IEEE Trans. Geosci. Remote Sens. 28(5), 1990, eq. 7b; checked against closed forms for slopes, walls, valleys
/// and bowls.
///
/// # Panics
/// If the shapes do not fit each other.
pub fn sky_view(horizon: &ArrayRef3<f32>, dz_dx: &ArrayRef2<f32>, dz_dy: &ArrayRef2<f32>, view: &mut ArrayRef2<f32>) {
    let (azimuths, rows, cols) = horizon.dim();
    assert!(azimuths >= 4, "a horizon has at least four azimuths");
    assert!([dz_dx.dim(), dz_dy.dim(), view.dim()].iter().all(|shape| *shape == (rows, cols)));
    let mut sum = vec![0.0; cols];
    for row in 0..rows {
        let (east, north) = (dz_dx.row(row).to_vec(), dz_dy.row(row).to_vec());
        sum.fill(0.0);
        for (sector, skyline) in horizon.axis_iter(Axis(0)).enumerate() {
            let (sin, cos) = azimuth_deg(sector, azimuths).to_radians().sin_cos();
            let skyline = skyline.row(row).to_vec();
            add_sloping([&skyline, &east, &north], [sin as f32, cos as f32], &mut sum);
        }
        let cosines = east.iter().zip(&north).map(|(x, y)| 1.0 / (1.0 + x * x + y * y).sqrt());
        for ((view, sum), cosine) in view.row_mut(row).iter_mut().zip(&sum).zip(cosines) {
            *view = sum * cosine / azimuths as f32;
        }
    }
}

/// A plane, by its tilt and where it faces.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plane {
    /// Angle from the horizontal [°], 0–90.
    pub tilt_deg: f64,
    /// Compass direction that it faces [°], clockwise from north.
    pub azimuth_deg: f64,
}

/// Sky-view factor of a plane of one tilt and azimuth standing in every cell, such as an array of modules.
///
/// - `horizon`, `view`: as for [`sky_view`]. Where the ground's own slope is to hide the sky from the plane too, put
///   it into the horizon first, with [`add_slope`].
///
/// The plane's own horizon is part of it. Source and checks: as [`sky_view`].
///
/// # Panics
/// If the shapes do not fit each other, or the plane faces down.
pub fn plane_view(plane: Plane, horizon: &ArrayRef3<f32>, view: &mut ArrayRef2<f32>) {
    let (azimuths, rows, cols) = horizon.dim();
    assert!(azimuths >= 4, "a horizon has at least four azimuths");
    assert!((0.0..=90.0).contains(&plane.tilt_deg), "a plane that faces down sees the sky below its horizon");
    assert_eq!(view.dim(), (rows, cols));
    let (sin_tilt, cos_tilt) = plane.tilt_deg.to_radians().sin_cos();
    let cos_tilt = cos_tilt.max(UPRIGHT);
    let mut sum = vec![0.0; cols];
    for row in 0..rows {
        sum.fill(0.0);
        for (sector, skyline) in horizon.axis_iter(Axis(0)).enumerate() {
            let aside = azimuth_deg(sector, azimuths) - plane.azimuth_deg;
            let facing = sin_tilt * aside.to_radians().cos();
            let own = (-facing / cos_tilt).max(0.0) as f32;
            add_plane(&skyline.row(row).to_vec(), [cos_tilt as f32, facing as f32, own], &mut sum);
        }
        for sum in &mut sum {
            *sum /= azimuths as f32;
        }
        view.row_mut(row).assign(&aview1(&sum));
    }
}

/// Raises horizons to the one that the ground's own slope is.
///
/// `horizon`, `dz_dx`, `dz_dy`: as for [`sky_view`]; where the slope is `NaN`, the horizon becomes `NaN`.
///
/// # Panics
/// If the shapes do not fit each other.
pub fn add_slope(horizon: &mut ArrayRef3<f32>, dz_dx: &ArrayRef2<f32>, dz_dy: &ArrayRef2<f32>) {
    let azimuths = horizon.len_of(Axis(0));
    for (sector, mut skyline) in horizon.axis_iter_mut(Axis(0)).enumerate() {
        let (sin, cos) = azimuth_deg(sector, azimuths).to_radians().sin_cos();
        let (sin, cos) = (sin as f32, cos as f32);
        Zip::from(&mut skyline).and(dz_dx).and(dz_dy).for_each(|tangent, &x, &y| {
            let rise = x * sin + y * cos;
            *tangent = if *tangent < rise || rise.is_nan() { rise } else { *tangent };
        });
    }
}

/// Adds what sloping cells see of a sector, by the cosine of their slope.
///
/// `lines`: horizons, rises towards east, rises towards north; `direction`: sine and cosine of the sector's azimuth.
#[multiversion(targets("x86_64+avx2"))]
fn add_sloping([skyline, east, north]: [&[f32]; 3], [sin, cos]: [f32; 2], sum: &mut [f32]) {
    let cols = sum.len();
    let (skyline, east, north) = (&skyline[..cols], &east[..cols], &north[..cols]);
    for col in 0..cols {
        let rise = east[col] * sin + north[col] * cos;
        // A missing horizon stays: it is not less than the rise.
        let tangent = if skyline[col] < rise { rise } else { skyline[col] };
        let (upward, sideward) = above(tangent);
        sum[col] += upward - rise * sideward;
    }
}

/// Adds what planes see of a sector: `weights` are the cosine of the tilt, the sine of the tilt by the cosine of the
/// angle aside, and the tangent of the plane's own horizon.
#[multiversion(targets("x86_64+avx2"))]
fn add_plane(skyline: &[f32], [up, facing, own]: [f32; 3], sum: &mut [f32]) {
    for (sum, &skyline) in sum.iter_mut().zip(skyline) {
        let tangent = if skyline < own { own } else { skyline };
        let (upward, sideward) = above(tangent);
        *sum += up * upward + facing * sideward;
    }
}

/// cos² h and π/2 − h − sin h cos h: what a horizontal and an upright plane receive over a horizon of tangent t = tan h.
#[allow(clippy::inline_always, reason = "belongs into loops that are compiled once for each instruction set")]
#[inline(always)]
fn above(tangent: f32) -> (f32, f32) {
    let square = 1.0 / (1.0 + tangent * tangent);
    let steep = tangent > 1.0;
    let angle = arctangent::of_fraction(if steep { 1.0 / tangent } else { tangent });
    let rest = if steep { angle } else { std::f32::consts::FRAC_PI_2 - angle };
    (square, rest - tangent * square)
}
