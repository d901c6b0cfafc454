//! Skylines: walls and towers, the plain march, and the same bits for any window.

use ndarray::{Array2, ArrayRef2, s};
use proptest::prelude::*;
use solsite::grid::{CellSize, Margin};
use solsite::kernels::horizon::{Curvature, Rays, Terrain, skyline, to_degrees};

use crate::support::close;

const EARTH: Curvature = Curvature::Earth { refraction_coefficient: 0.13 };
const SQUARE: CellSize = CellSize { dx_m: 30.0, dy_m: 30.0 };

/// Hills of all sizes from two cells on, higher the wider they are [m].
pub fn hills(rows: usize, cols: usize, seed: u32) -> Array2<f32> {
    let lattice = |octave: u32, row: usize, col: usize| {
        let mixed =
            (row as u32).wrapping_mul(0x9E37_79B1) ^ (col as u32).wrapping_mul(0x85EB_CA77) ^ (seed + octave * 7919);
        let mixed = (mixed ^ (mixed >> 15)).wrapping_mul(0x2C1B_3C6D);
        f64::from((mixed ^ (mixed >> 13)).wrapping_mul(0x297A_2D39) >> 8) / f64::from(1_u32 << 24) - 0.5
    };
    Array2::from_shape_fn((rows, cols), |(row, col)| {
        let octaves = (1..7).map(|octave| {
            let width = f64::from(1_u32 << octave);
            let (y, x) = (row as f64 / width, col as f64 / width);
            let (i, j, v, u) = (y as usize, x as usize, y.fract(), x.fract());
            let along = |i: usize| lattice(octave, i, j) * (1.0 - u) + lattice(octave, i, j + 1) * u;
            width * 9.0 * (along(i) * (1.0 - v) + along(i + 1) * v)
        });
        700.0 + octaves.sum::<f64>() as f32
    })
}

/// Skylines of all cells of a window that is all there is.
fn everywhere(dem: &ArrayRef2<f32>, rays: Rays, azimuth_deg: f64, size: CellSize) -> Array2<f32> {
    let mut tangent = Array2::zeros(dem.dim());
    let terrain = Terrain::new(dem, Margin::default(), &vec![size; dem.nrows()]);
    skyline(&terrain, &rays, azimuth_deg, 0, &mut tangent);
    tangent
}

/// The definition, one sample after another; each sample in the kernel's own arithmetic, so that bits can be compared.
fn plain(dem: &Array2<f32>, rays: Rays, azimuth_deg: f64, size: CellSize, (row, col): (usize, usize)) -> f32 {
    let own_m = dem[(row, col)];
    if own_m.is_nan() {
        return f32::NAN;
    }
    // Within a quarter turn, so that axes are exact.
    let (sin, cos) = (azimuth_deg % 90.0).to_radians().sin_cos();
    let (east, north) = [(sin, cos), (cos, -sin), (-sin, -cos), (-cos, sin)][(azimuth_deg / 90.0) as usize % 4];
    let (right, down) = (east / size.dx_m, -north / size.dy_m);
    let step_m = 1.0 / right.abs().max(down.abs());
    let near_whole = |x: f64| if (x - x.round()).abs() < 1e-9 { x.round() } else { x };
    let z = |y: f64, x: f64| {
        let (row, col) = (row.checked_add_signed(y as isize)?, col.checked_add_signed(x as isize)?);
        dem.get((row, col)).copied()
    };
    let count = (rays.reach_m / step_m * (1.0 + 1e-12)) as u32;
    let mut best = 0.0_f32;
    if count > 0 && near_whole(right * step_m) != 0.0 && near_whole(down * step_m) != 0.0 {
        // What the ground sets out with: the cell above or left of the observer is the first.
        let both = [((down.signum(), 0.0), down.abs()), ((0.0, right.signum()), right.abs())];
        let [((y, x), _), ((v, u), share)] = if down < 0.0 { both } else { [both[1], both[0]] };
        let per_m = right.abs() + down.abs();
        if let (Some(near), Some(far)) = (z(y, x), z(v, u)) {
            let rise_m = (near - own_m) + (share / per_m) as f32 * (far - near);
            let tangent = rise_m * per_m as f32;
            best = if tangent > best { tangent } else { best };
        }
    }
    for n in 1..=count {
        let distance_m = f64::from(n) * step_m;
        let (y, x) = (near_whole(distance_m * down), near_whole(distance_m * right));
        let (Some(near), Some(far)) = (z(y.floor(), x.floor()), z(y.ceil(), x.ceil())) else { continue };
        let fraction = (y - y.floor()).max(x - x.floor()) as f32;
        let drop_m = match rays.curvature {
            Curvature::Flat => 0.0,
            Curvature::Earth { refraction_coefficient } => {
                distance_m * distance_m * (1.0 - refraction_coefficient) / (2.0 * 6_371_008.771_4)
            }
        };
        let rise_m = (near - own_m) + fraction * (far - near);
        let tangent = (rise_m - drop_m as f32) * (1.0 / distance_m) as f32;
        best = if tangent > best { tangent } else { best };
    }
    best
}

#[test]
fn a_tower_is_seen_along_axes_and_diagonals_exactly() {
    let mut dem = Array2::from_elem((41, 41), 100.0_f32);
    dem[(20, 20)] = 400.0;
    let rays = Rays { reach_m: 1000.0, curvature: Curvature::Flat };
    for (azimuth_deg, row, col) in [
        (0.0, 1, 0),
        (45.0, 1, -1),
        (90.0, 0, -1),
        (135.0, -1, -1),
        (180.0, -1, 0),
        (225.0, -1, 1),
        (270.0, 0, 1),
        (-45.0, 1, 1_isize),
    ] {
        let found = everywhere(&dem, rays, azimuth_deg, SQUARE);
        let mut seen = 0;
        for n in 1..=20_isize {
            let at = ((20 + n * row) as usize, (20 + n * col) as usize);
            let distance_m = 30.0 * n as f64 * f64::from((row * row + col * col) as i32).sqrt();
            let expected = if distance_m <= 1000.0 { 300.0 / distance_m } else { 0.0 };
            close(f64::from(found[at]) + 1.0, expected + 1.0, 1e-7);
            seen += usize::from(expected > 0.0);
        }
        // Between two centres the ground rises towards the tower: looking past it, one is on its slope beside it.
        if row * col != 0 {
            for at in [(20 + row) as usize, 20].into_iter().zip([20, (20 + col) as usize]) {
                close(f64::from(found[at]), 300.0 / 30.0 * 0.5_f64.sqrt(), 1e-6);
                seen += 1;
            }
        }
        assert_eq!(found.iter().filter(|tangent| **tangent > 0.0).count(), seen, "{azimuth_deg}: nobody else sees it");
    }
}

#[test]
fn a_long_wall_stands_lower_the_more_it_is_looked_at_along() {
    // 50 m above the plain from column 60 on; seen at an angle, its foot is farther by the inverse of the sine.
    let dem = Array2::from_shape_fn((121, 100), |(_, col)| if col >= 60 { 150.0_f32 } else { 100.0 });
    let rays = Rays { reach_m: 5000.0, curvature: Curvature::Flat };
    for azimuth_deg in [90.0_f64, 75.0, 110.0, 60.0] {
        let found = everywhere(&dem, rays, azimuth_deg, CellSize { dx_m: 20.0, dy_m: 35.0 });
        for col in [0, 31, 50, 59] {
            let expected = 50.0 * azimuth_deg.to_radians().sin() / (20.0 * f64::from(60 - col));
            close(f64::from(found[(60, col as usize)]), expected, 1e-6);
        }
    }
    let mut angle = everywhere(&dem, rays, 90.0, CellSize { dx_m: 50.0, dy_m: 50.0 });
    to_degrees(&mut angle);
    close(f64::from(angle[(60, 59)]), 45.0, 1e-6);
}

#[test]
fn the_earth_curves_away() {
    let mut dem = Array2::from_elem((1, 1001), 0.0_f32);
    dem[(0, 1000)] = 500.0;
    let rays = Rays { reach_m: 30_000.0, curvature: EARTH };
    let found = everywhere(&dem, rays, 90.0, SQUARE);
    // 30 km · 30 km · 0.87 / (2 · 6371.0088 km) = 61.45 m.
    close(f64::from(found[(0, 0)]), (500.0 - 61.4503) / 30_000.0, 1e-6);
    let short = Rays { reach_m: 29_999.0, ..rays };
    assert_eq!(everywhere(&dem, short, 90.0, SQUARE)[(0, 0)], 0.0);
}

#[test]
fn missing_ground_hides_nothing_and_has_no_skyline() {
    let mut dem = Array2::from_elem((3, 40), 10.0_f32);
    dem[(1, 20)] = 200.0;
    dem[(1, 10)] = f32::NAN;
    let rays = Rays { reach_m: 3000.0, curvature: Curvature::Flat };
    let found = everywhere(&dem, rays, 90.0, SQUARE);
    close(f64::from(found[(1, 5)]), 190.0 / 450.0, 1e-6);
    assert!(found[(1, 10)].is_nan());
    assert_eq!(found.iter().filter(|tangent| tangent.is_nan()).count(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_is_passed_over_changes_nothing(
        seed in 0_u32..1000,
        azimuth in 0_u32..720,
        (dx_m, dy_m) in (10.0_f64..40.0, 10.0_f64..40.0),
        reach_m in 100.0_f64..6000.0,
        holes in 0_usize..60,
        curved in any::<bool>(),
        flood_m in 500.0_f32..900.0,
    ) {
        let mut dem = hills(70, 150, seed).mapv(|z_m| z_m.max(flood_m));
        for hole in 0..holes {
            dem[(hole * 7 % 70, hole * 31 % 150)] = f32::NAN;
        }
        let size = CellSize { dx_m, dy_m };
        let rays = Rays { reach_m, curvature: if curved { EARTH } else { Curvature::Flat } };
        let azimuth_deg = f64::from(azimuth) / 2.0;
        let found = everywhere(&dem, rays, azimuth_deg, size);
        for (at, tangent) in found.indexed_iter() {
            let expected = plain(&dem, rays, azimuth_deg, size, at);
            let same = tangent.to_bits() == expected.to_bits() || tangent.is_nan() && expected.is_nan();
            prop_assert!(same, "{at:?}: {tangent} {expected}");
        }
    }

    #[test]
    fn windows_and_bands_give_the_same_bits(
        seed in 0_u32..1000,
        azimuth_deg in 0.0_f64..360.0,
        reach_m in 100.0_f64..900.0,
        (row, col, rows, cols) in (0_usize..20, 0_usize..40, 1_usize..20, 1_usize..50),
    ) {
        let rays = Rays { reach_m, curvature: EARTH };
        let sizes: Vec<CellSize> =
            (0..40).map(|row| CellSize { dx_m: 25.0 + f64::from(row / 8) * 0.1, dy_m: 30.0 }).collect();
        let margin = rays.halo(CellSize { dx_m: 25.0, dy_m: 30.0 });
        let dem = hills(40 + 2 * margin.rows, 90 + 2 * margin.cols, seed);
        let mut whole = Array2::zeros((40, 90));
        skyline(&Terrain::new(&dem, margin, &sizes), &rays, azimuth_deg, 0, &mut whole);
        let window = dem.slice(s![row..row + rows + 2 * margin.rows, col..col + cols + 2 * margin.cols]);
        let terrain = Terrain::new(&window, margin, &sizes[row..row + rows]);
        let mut band = Array2::zeros((rows - rows / 2, cols));
        skyline(&terrain, &rays, azimuth_deg, rows / 2, &mut band);
        prop_assert_eq!(band, whole.slice(s![row + rows / 2..row + rows, col..col + cols]));
    }
}
