//! Slope, aspect and rises: double precision, planes, `gdaldem`, and the same bits for any window.

use std::process::Command;

use ndarray::{Array2, s};
use solsite::grid::CellSize;
use solsite::kernels::arctangent;
use solsite::kernels::slope_aspect::{FLAT, gradient, slope_aspect};

use crate::horizon::hills;
use crate::support::close;

fn both(dem: &ndarray::ArrayRef2<f32>, sizes: &[CellSize]) -> (Array2<f32>, Array2<f32>) {
    let shape = (dem.nrows() - 2, dem.ncols() - 2);
    let (mut slope, mut aspect) = (Array2::zeros(shape), Array2::zeros(shape));
    slope_aspect(dem, sizes, &mut slope, &mut aspect);
    (slope, aspect)
}

fn oblong(rows: usize) -> Vec<CellSize> {
    (0..rows).map(|row| CellSize { dx_m: 20.0 + row as f64 * 0.01, dy_m: 31.0 }).collect()
}

/// Slope and aspect [°] in double precision, written out from Horn's weights.
fn reference(dem: &Array2<f32>, (row, col): (usize, usize), size: CellSize) -> (f64, f64) {
    let z = |i: usize, j: usize| f64::from(dem[(row + i, col + j)]);
    let (mut x, mut y) = (0.0, 0.0);
    for (at, weight) in [(0, 1.0), (1, 2.0), (2, 1.0)] {
        x += weight * (z(at, 2) - z(at, 0));
        y += weight * (z(0, at) - z(2, at));
    }
    let (x, y) = (x / (8.0 * size.dx_m), y / (8.0 * size.dy_m));
    (x.hypot(y).atan().to_degrees(), (-x).atan2(-y).to_degrees().rem_euclid(360.0))
}

#[test]
fn single_precision_is_enough_even_in_high_mountains() {
    for base_m in [0.0, 8000.0] {
        let dem = hills(60, 90, 3).mapv(|z_m| base_m + z_m);
        let sizes = oblong(58);
        let (slope, aspect) = both(&dem, &sizes);
        for (at, &slope) in slope.indexed_iter() {
            let (slope_deg, aspect_deg) = reference(&dem, at, sizes[at.0]);
            assert!((f64::from(slope) - slope_deg).abs() < 2e-5, "{slope} {slope_deg}");
            let aside = (f64::from(aspect[at]) - aspect_deg).abs();
            assert!(aside.min(360.0 - aside) < 1e-4, "{} {aspect_deg}", aspect[at]);
            assert!((0.0..360.0).contains(&aspect[at]));
        }
    }
}

#[test]
fn any_window_and_any_layout_give_the_same_bits() {
    let dem = hills(50, 77, 5);
    let sizes = oblong(48);
    let (slope, aspect) = both(&dem, &sizes);
    for (row, col, rows, cols) in [(0, 0, 9, 9), (3, 1, 20, 33), (11, 30, 30, 40), (5, 70, 3, 3)] {
        let part = dem.slice(s![row..row + rows, col..col + cols]);
        let (slope_part, aspect_part) = both(&part, &sizes[row..row + rows - 2]);
        let inner = s![row..row + rows - 2, col..col + cols - 2];
        assert_eq!(slope_part, slope.slice(inner));
        assert_eq!(aspect_part, aspect.slice(inner));
    }
    let turned = dem.t().to_owned();
    assert_eq!(both(&turned.t(), &sizes), (slope, aspect));
}

#[test]
fn rises_of_a_plane_are_its_own_and_missing_together() {
    let mut dem = Array2::from_shape_fn((5, 40), |(row, col)| 3.0 * col as f32 - 7.0 * row as f32);
    dem[(2, 20)] = f32::NAN;
    let (mut dz_dx, mut dz_dy) = (Array2::zeros((3, 38)), Array2::zeros((3, 38)));
    gradient(&dem, &[CellSize { dx_m: 10.0, dy_m: 20.0 }; 3], &mut dz_dx, &mut dz_dy);
    for ((row, col), (&east, &north)) in ndarray::indices((3, 38)).into_iter().zip(dz_dx.iter().zip(&dz_dy)) {
        if (18..=20).contains(&col) {
            assert!(east.is_nan() && north.is_nan(), "{row} {col}");
        } else {
            close(f64::from(east), 0.3, 1e-6);
            close(f64::from(north), 0.35, 1e-6);
        }
    }
}

#[test]
fn the_arctangent_is_that_of_the_standard_library() {
    let tangents = (0..200_000).map(|n| (n as f32 * 1e-4).powi(3)).chain([1.0, 1e30, f32::INFINITY, 1e-30]);
    for tangent in tangents {
        let angle = f64::from(tangent).atan();
        assert!((f64::from(arctangent::of(tangent)) - angle).abs() <= 2e-7 * angle, "{tangent}");
    }
    assert!(arctangent::of(f32::NAN).is_nan());
}

#[test]
fn gdaldem_agrees() {
    let dir = tempfile::TempDir::new().unwrap();
    let dem = hills(40, 50, 9);
    let text = |values: &Array2<f32>| {
        let rows = values.rows().into_iter().map(|row| row.iter().map(f32::to_string).collect::<Vec<_>>().join(" "));
        rows.collect::<Vec<_>>().join("\n")
    };
    let head = "ncols 50\nnrows 40\nxllcorner 0\nyllcorner 0\ncellsize 30\n";
    let path = |name: &str| dir.path().join(name);
    std::fs::write(path("dem.asc"), format!("{head}{}\n", text(&dem))).unwrap();
    let (slope, aspect) = both(&dem, &[CellSize { dx_m: 30.0, dy_m: 30.0 }; 38]);
    // It sums elevations in single precision before it takes differences; aspects of gentle slopes show that.
    for (mode, ours, slack) in [("slope", slope, 0.001), ("aspect", aspect, 0.02)] {
        let made =
            Command::new("gdaldem").args([mode, "-q", "-of", "AAIGrid"]).args([path("dem.asc"), path(mode)]).status();
        if !made.is_ok_and(|status| status.success()) {
            eprintln!("SKIPPED: gdaldem is not here to compare with");
            return;
        }
        let made = std::fs::read_to_string(path(mode)).unwrap();
        let rows = made.lines().filter(|line| !line.starts_with(|c: char| c.is_alphabetic()));
        let theirs: Vec<f32> = rows.flat_map(str::split_whitespace).map(|word| word.parse().unwrap()).collect();
        let theirs = Array2::from_shape_vec((40, 50), theirs).unwrap();
        for (ours, &theirs) in ours.iter().zip(theirs.slice(s![1..39, 1..49])) {
            let expected = if mode == "aspect" && theirs == -9999.0 { FLAT } else { theirs };
            assert!((ours - expected).abs() < slack, "{mode}: {ours} {expected}");
        }
    }
}
