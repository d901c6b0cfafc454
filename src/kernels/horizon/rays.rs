//! Where the samples of rays lie.

use std::ops::Range;

use super::terrain::Terrain;
use super::{LANES, Rays};
use crate::grid::CellSize;

/// Fewest samples of a stretch.
const SHORTEST: usize = 16;
/// Stretches double every so many times their length: far away, skylines change slowly along a ray.
const LENGTHENING: usize = 16;
/// Longest stretch, in shortest ones.
const LONGEST: usize = 8;
/// Offsets nearer to a whole number of cells than this are whole: noise of the trigonometry [cells].
const WHOLE: f64 = 1e-9;
/// Makes a bound smaller by more than rounding can have made it larger.
const SAFELY: f64 = 0.999_999;

/// A point of a ray, between two cells next to each other.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// From the observer to the first cell, in the terrain's memory.
    pub offset: isize,
    /// From there to the second; 0 if the sample lies on the first.
    pub other: usize,
    /// How far from the first to the second, 0–1.
    pub fraction: f32,
    /// How far sight drops below the horizontal on the way [m].
    pub drop_m: f32,
    /// Inverse of the distance [1/m].
    pub per_m: f32,
    /// Distance, surely not too large [m].
    pub near_m: f32,
}

impl Sample {
    /// The way the ground sets out between the neighbour in the row and the one in the column, and the cell at the north
    /// west of both.
    ///
    /// The bilinear surface leaves the observer along a direction as the plane through the three cells does, and that plane is on
    /// the line between the two neighbours at the inverse of the sum of both parts.
    fn at_once((cols_per_m, rows_per_m): (f64, f64), stride: usize) -> (Self, (isize, isize)) {
        let per_m = cols_per_m.abs() + rows_per_m.abs();
        let (row, col) = (rows_per_m.signum() as isize, cols_per_m.signum() as isize);
        let (beside, beyond) = (col, row * stride as isize);
        let fraction = if beside < beyond { rows_per_m.abs() } else { cols_per_m.abs() } / per_m;
        let sample = Self {
            offset: beside.min(beyond),
            other: beside.abs_diff(beyond),
            fraction: fraction as f32,
            drop_m: 0.0,
            per_m: per_m as f32,
            near_m: (SAFELY / per_m) as f32,
        };
        (sample, (row.min(0), col.min(0)))
    }
}

/// The samples of one observer, by distance.
#[derive(Debug)]
pub struct Ray {
    pub samples: Vec<Sample>,
    /// Rows and columns from the observer to the first cell of each sample, or north west of both its cells.
    offsets: Vec<(isize, isize)>,
}

impl Ray {
    fn new(rays: &Rays, azimuth_deg: f64, size: CellSize, stride: usize) -> Self {
        let (east, north) = compass(azimuth_deg);
        let (cols_per_m, rows_per_m) = (east / size.dx_m, -north / size.dy_m);
        let across_cols = cols_per_m.abs() >= rows_per_m.abs();
        let (major, minor) = if across_cols { (cols_per_m, rows_per_m) } else { (rows_per_m, cols_per_m) };
        let step_m = 1.0 / major.abs();
        // A reach that is meant to be a whole number of steps includes the last.
        let count = (rays.reach_m / step_m * (1.0 + 1e-12)) as usize;
        let (mut samples, mut offsets) = (Vec::with_capacity(count + 1), Vec::with_capacity(count + 1));
        if count > 0 && minor.abs() > WHOLE * major.abs() {
            let (sample, offset) = Sample::at_once((cols_per_m, rows_per_m), stride);
            samples.push(sample);
            offsets.push(offset);
        }
        for n in 1..=count {
            let distance_m = n as f64 * step_m;
            let aside = distance_m * minor;
            let aside = if (aside - aside.round()).abs() < WHOLE { aside.round() } else { aside };
            let ahead = n as isize * major.signum() as isize;
            let whole = aside.floor() as isize;
            let (row, col) = if across_cols { (whole, ahead) } else { (ahead, whole) };
            let fraction = (aside - aside.floor()) as f32;
            let neighbour = if across_cols { stride } else { 1 };
            offsets.push((row, col));
            samples.push(Sample {
                offset: row * stride as isize + col,
                other: if fraction > 0.0 { neighbour } else { 0 },
                fraction,
                drop_m: rays.drop_m(distance_m) as f32,
                per_m: (1.0 / distance_m) as f32,
                near_m: (distance_m * SAFELY) as f32,
            });
        }
        Self { samples, offsets }
    }

    /// Number of samples before the ray leaves the terrain, for all of [`LANES`] observers from a cell on.
    pub fn inside(&self, terrain: &Terrain, (row, col): (usize, usize)) -> usize {
        let is_inside = |n: usize| {
            let (rows, cols) = self.offsets[n];
            let first = row as isize + rows;
            let last = first + isize::from(self.samples[n].other > 1);
            terrain.reaches((first, last), col as isize + cols)
        };
        let (mut low, mut high) = (0, self.samples.len());
        if high == 0 || is_inside(high - 1) {
            return high;
        }
        // Rays do not come back: the samples inside are the first ones.
        while low < high {
            let middle = usize::midpoint(low, high);
            if is_inside(middle) { low = middle + 1 } else { high = middle }
        }
        low
    }
}

/// A stretch of the rays of neighbouring rows.
#[derive(Debug)]
pub struct Stretch {
    /// Its samples.
    pub samples: Range<usize>,
    /// Rows and columns of all cells they lie between, from the first observer of the first row.
    pub rows: Range<isize>,
    pub cols: Range<isize>,
}

/// The rays of neighbouring rows of observers, which differ only where cell sizes do.
#[derive(Debug)]
pub struct Fan {
    /// Number of rows.
    pub rows: usize,
    /// Stretches, by distance.
    pub stretches: Vec<Stretch>,
    rays: Vec<Ray>,
}

impl Fan {
    /// Rays of rows with cells of the given sizes.
    pub fn new(rays: &Rays, azimuth_deg: f64, sizes: &[CellSize], stride: usize) -> Self {
        let distinct = if sizes.iter().all(|size| *size == sizes[0]) { sizes.len().min(1) } else { sizes.len() };
        let rays: Vec<Ray> = sizes[..distinct].iter().map(|size| Ray::new(rays, azimuth_deg, *size, stride)).collect();
        let count = rays.iter().map(|ray| ray.samples.len()).max().unwrap_or(0);
        let (mut stretches, mut start) = (Vec::new(), 0);
        while start < count {
            let times = (start / (SHORTEST * LENGTHENING)).clamp(1, LONGEST).next_power_of_two();
            let end = (start + SHORTEST * times).min(count);
            stretches.push(Stretch::new(start..end, &rays, sizes.len()));
            start = end;
        }
        Self { rows: sizes.len(), stretches, rays }
    }

    /// Rays of a row.
    pub fn ray(&self, row: usize) -> &Ray {
        &self.rays[row.min(self.rays.len() - 1)]
    }
}

impl Stretch {
    fn new(samples: Range<usize>, rays: &[Ray], lines: usize) -> Self {
        let (mut rows, mut cols) = ([isize::MAX, isize::MIN], [isize::MAX, isize::MIN]);
        for &(row, col) in rays.iter().flat_map(|ray| ray.offsets.iter().take(samples.end).skip(samples.start)) {
            // Both cells of a sample, for the last row and the last lane too.
            rows = [rows[0].min(row), rows[1].max(row + 1 + lines as isize)];
            cols = [cols[0].min(col), cols[1].max(col + 1 + LANES as isize)];
        }
        Self { samples, rows: rows[0]..rows[1], cols: cols[0]..cols[1] }
    }
}

/// Sine and cosine of an azimuth: its parts towards the east and towards the north, exact along the axes.
fn compass(azimuth_deg: f64) -> (f64, f64) {
    let turn = azimuth_deg.rem_euclid(360.0);
    let quarter = (turn / 90.0).floor();
    let (sin, cos) = (turn - 90.0 * quarter).to_radians().sin_cos();
    match quarter as u8 % 4 {
        0 => (sin, cos),
        1 => (cos, -sin),
        2 => (-sin, -cos),
        _ => (-cos, sin),
    }
}
