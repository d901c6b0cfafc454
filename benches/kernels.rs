//! Speed of the terrain kernels on one thread, in million cells a second of processor time.
//!
//! `cargo bench --bench kernels [-- DEM]`, where DEM is a file of two little-endian `u64` (rows, columns), two `f64` (cell width
//! and height [m]) and the elevations as `f32` row by row, which `benches/peers/terrain.py` makes of any raster; without it, a
//! fractal of 2048² cells of 30 m. One line a kernel: name, million cells a second, separated by a tab. With a second file name,
//! instead writes the tangents of the skylines of 16 azimuths there, as `f32`, for `benches/peers/skylines.py`.

#![allow(clippy::print_stdout)]

use std::path::Path;
use std::time::Instant;

use ndarray::{Array2, Array3, Axis};
use solsite::grid::{CellSize, Margin};
use solsite::kernels::horizon::{Curvature, Rays, Terrain, skyline};
use solsite::kernels::sky_view::{azimuth_deg, sky_view};
use solsite::kernels::slope_aspect::{gradient, slope_aspect};

/// Every kernel is timed so often; the fastest counts.
const RUNS: usize = 5;
const AZIMUTHS: usize = 16;
const REACH_M: f64 = 10_000.0;

/// A surface of octaves of random lattices, interpolated linearly, as rough as hills.
fn fractal(size: usize) -> Array2<f32> {
    let mut state = 7_u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1 << 24) as f32 - 0.5
    };
    let mut surface = Array2::from_elem((size, size), 900.0_f32);
    for octave in 1..=10 {
        let width = 1_usize << octave;
        let lattice = Array2::from_shape_simple_fn((size / width + 2, size / width + 2), &mut random);
        for ((row, col), z_m) in surface.indexed_iter_mut() {
            let (i, j) = (row / width, col / width);
            let (v, u) = ((row % width) as f32 / width as f32, (col % width) as f32 / width as f32);
            let along = |i: usize| lattice[(i, j)] * (1.0 - u) + lattice[(i, j + 1)] * u;
            *z_m += 3.0 * (width as f32).powf(0.95) * (along(i) * (1.0 - v) + along(i + 1) * v);
        }
    }
    surface
}

fn read(path: &Path) -> std::io::Result<(Array2<f32>, CellSize)> {
    let bytes = std::fs::read(path)?;
    let word = |n: usize| -> [u8; 8] { std::array::from_fn(|byte| bytes[8 * n + byte]) };
    let shape = (u64::from_le_bytes(word(0)) as usize, u64::from_le_bytes(word(1)) as usize);
    let size = CellSize { dx_m: f64::from_le_bytes(word(2)), dy_m: f64::from_le_bytes(word(3)) };
    let cell = |n: usize| f32::from_le_bytes(std::array::from_fn(|byte| bytes[32 + 4 * n + byte]));
    Ok((Array2::from_shape_fn(shape, |(row, col)| cell(row * shape.1 + col)), size))
}

/// Processor time of this thread [s]; wall time where the system does not tell.
fn processor_s(since: Instant) -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let ns = told.and_then(|text| text.split_whitespace().next().and_then(|word| word.parse::<f64>().ok()));
    ns.map_or_else(|| since.elapsed().as_secs_f64(), |ns| ns * 1e-9)
}

/// Prints how many million cells a second `work` does, which does `cells`.
fn time(name: &str, cells: usize, mut work: impl FnMut()) {
    let start = Instant::now();
    let mut least_s = f64::INFINITY;
    for _ in 0..RUNS {
        // Long enough for the clock, which goes in steps of milliseconds.
        let (before, began, mut times) = (processor_s(start), Instant::now(), 0);
        while times == 0 || began.elapsed().as_secs_f64() < 0.2 {
            work();
            times += 1;
        }
        least_s = least_s.min((processor_s(start) - before) / f64::from(times));
    }
    println!("{name}\t{:.1}", cells as f64 / least_s / 1e6);
}

/// All azimuths of a band of rows at a time, as a caller would who keeps them in cache.
fn skylines(terrain: &Terrain, rays: &Rays, first_row: usize, band: &mut Array3<f32>) {
    for (n, mut one) in band.axis_iter_mut(Axis(0)).enumerate() {
        skyline(terrain, rays, azimuth_deg(n, AZIMUTHS), first_row, &mut one);
    }
}

/// Tangents of the skylines of all azimuths, over a flat earth.
fn write_skylines(dem: &Array2<f32>, size: CellSize, path: &Path) -> std::io::Result<()> {
    let terrain = Terrain::new(dem, Margin::default(), &vec![size; dem.nrows()]);
    let mut all = Array3::zeros((AZIMUTHS, dem.nrows(), dem.ncols()));
    skylines(&terrain, &Rays { reach_m: REACH_M, curvature: Curvature::Flat }, 0, &mut all);
    std::fs::write(path, all.iter().flat_map(|tangent| tangent.to_le_bytes()).collect::<Vec<u8>>())
}

fn main() -> std::io::Result<()> {
    let names: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let (dem, size) = match names.first() {
        Some(path) => read(Path::new(path))?,
        None => (fractal(2048), CellSize { dx_m: 30.0, dy_m: 30.0 }),
    };
    if let Some(path) = names.get(1) {
        return write_skylines(&dem, size, Path::new(path));
    }
    let (rows, cols) = (dem.nrows() - 2, dem.ncols() - 2);
    let cells = rows * cols;
    let sizes = vec![size; rows + 2];
    let (mut first, mut second) = (Array2::zeros((rows, cols)), Array2::zeros((rows, cols)));
    time("slope_aspect", cells, || slope_aspect(&dem, &sizes[1..=rows], &mut first, &mut second));
    time("gradient", cells, || gradient(&dem, &sizes[1..=rows], &mut first, &mut second));

    time("horizon_prepare", dem.len(), || drop(Terrain::new(&dem, Margin::default(), &sizes)));
    let terrain = Terrain::new(&dem, Margin::default(), &sizes);
    let mut tangent = Array2::zeros(dem.dim());
    let earth = Curvature::Earth { refraction_coefficient: 0.13 };
    for (name, curvature) in [("horizon_1az_flat", Curvature::Flat), ("horizon_1az_earth", earth)] {
        let rays = Rays { reach_m: REACH_M, curvature };
        time(name, AZIMUTHS * dem.len(), || {
            (0..AZIMUTHS).for_each(|n| skyline(&terrain, &rays, azimuth_deg(n, AZIMUTHS), 0, &mut tangent));
        });
    }

    // A band of rows, so that it fits the memory of small machines.
    let height = rows.min(64);
    let mut band = Array3::zeros((AZIMUTHS, height, dem.ncols()));
    skylines(&terrain, &Rays { reach_m: REACH_M, curvature: earth }, 1, &mut band);
    let horizon = band.slice_move(ndarray::s![.., .., 1..=cols]);
    let mut view = Array2::zeros((height, cols));
    let band_of = |array: &Array2<f32>| array.slice(ndarray::s![..height, ..]).to_owned();
    let (east, north) = (band_of(&first), band_of(&second));
    time("sky_view_16az", height * cols, || sky_view(&horizon, &east, &north, &mut view));
    let seen: Vec<f64> = view.iter().filter(|one| one.is_finite()).map(|&one| f64::from(one)).collect();
    let mean = seen.iter().sum::<f64>() / seen.len() as f64;
    println!("# {rows} x {cols} cells; mean sky view of the first {height} rows {mean:.4}");
    Ok(())
}
