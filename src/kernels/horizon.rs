//! Elevation of the skyline, direction by direction.
//!
//! From the centre of an observer's cell a ray goes along the compass azimuth. Where it crosses successive columns of
//! cell centres (or rows, if it runs more along them), the ground is taken linearly between the two centres beside it;
//! the skyline is the largest tangent of these samples and of the direction in which the ground sets out, and at
//! least 0. Along the axes of the grid that is exact, elsewhere it is a march over the bilinear surface.
//!
//! For one azimuth the n-th sample lies at the same offset from every observer of a row, so 32 neighbours march
//! together. A stretch of samples over which not even the highest ground could rise above the skylines found so far is
//! passed over, and the stretches that made the skyline of the row before are marched first. Both change the time it
//! takes and nothing else: the result is the largest tangent of all samples, bit for bit, for any window that reaches
//! far enough.

mod rays;
mod terrain;

use std::ops::Range;

use multiversion::multiversion;
use ndarray::{ArrayRef2, aview1};

use super::arctangent;
use crate::grid::{CellSize, Margin};
use rays::{Fan, Ray};
pub use terrain::Terrain;

/// Mean radius of the earth [m], (2a + b) / 3 of GRS 80 (H. Moritz, "Geodetic Reference System 1980", 2000).
const EARTH_RADIUS_M: f64 = 6_371_008.771_4;
/// Observers that march together: neighbours in a row.
const LANES: usize = 32;
/// Of these, so many at a time: what the registers hold.
const WIDTH: usize = 16;
/// Rows of observers that share what is known of the highest ground.
const TILE: usize = 8;
/// Stretches that are looked at together first.
const GROUP: usize = 4;

/// How far sight drops below the horizontal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Curvature {
    /// Not at all.
    Flat,
    /// By d² (1 − k) / 2R at a distance d, R the mean radius of the earth.
    Earth {
        /// Share k of the earth's curvature that refraction makes up for, 0–1, about 0.13.
        refraction_coefficient: f64,
    },
}

/// How far rays go.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rays {
    /// Longest distance of a sample [m].
    pub reach_m: f64,
    /// Drop with distance.
    pub curvature: Curvature,
}

impl Rays {
    /// Cells needed around observers for their skylines to depend on nothing else.
    ///
    /// `smallest`: the smallest width and the smallest height of a cell of any row of observers.
    pub fn halo(&self, smallest: CellSize) -> Margin {
        let cells = |size_m: f64| (self.reach_m / size_m).ceil() as usize + 1;
        Margin { rows: cells(smallest.dy_m), cols: cells(smallest.dx_m) }
    }

    fn drop_m(&self, distance_m: f64) -> f64 {
        match self.curvature {
            Curvature::Flat => 0.0,
            Curvature::Earth { refraction_coefficient } => {
                distance_m * distance_m * (1.0 - refraction_coefficient) / (2.0 * EARTH_RADIUS_M)
            }
        }
    }
}

/// Skyline in one direction, for a band of rows of observers.
///
/// - `azimuth_deg`: compass direction [°], clockwise from north; any number.
/// - `first_row`: the first row of observers, counted from the northernmost.
/// - `tangent`: tangent of the skyline's angle above the horizontal, 0–∞, shape (rows of the band, all columns of
///   observers); `NaN` where the observer has no elevation. Ground without data hides nothing, and neither does ground
///   beyond the window.
///
/// Checked against a plain march, and against one over the bilinear surface in steps of a tenth of a cell.
///
/// # Panics
/// If the band is not within the terrain's observers.
pub fn skyline(terrain: &Terrain, rays: &Rays, azimuth_deg: f64, first_row: usize, tangent: &mut ArrayRef2<f32>) {
    let (rows, cols) = tangent.dim();
    assert_eq!(cols, terrain.core_cols(), "a band has all columns of observers");
    let band = &terrain.sizes()[first_row..first_row + rows];
    let mut lines = vec![0.0; TILE * cols];
    let mut known: Option<(&[CellSize], Fan)> = None;
    let mut notes = Notes::default();
    for (tile, sizes) in band.chunks(TILE).enumerate() {
        let fan = match known.take() {
            Some((same, fan)) if same == sizes => fan,
            _ => Fan::new(rays, azimuth_deg, sizes, terrain.stride()),
        };
        let first = tile * TILE;
        march_tile(terrain, &fan, terrain.placed(first_row + first, 0), &mut lines[..sizes.len() * cols], &mut notes);
        for (row, line) in lines.chunks_exact(cols.max(1)).take(sizes.len()).enumerate() {
            tangent.row_mut(first + row).assign(&aview1(line));
        }
        known = Some((sizes, fan));
    }
}

/// Turns tangents of skylines into angles above the horizontal [°].
///
/// Within 10⁻⁵ ° of double precision.
pub fn to_degrees(tangent: &mut ArrayRef2<f32>) {
    tangent.mapv_inplace(|tangent| arctangent::of(tangent).to_degrees());
}

/// A bit for each group of [`WIDTH`] observers of a strip.
type Parts = u8;

/// What is kept from strip to strip.
#[derive(Debug, Default)]
struct Notes {
    /// Highest ground of every stretch of a tile's strip, and of every group of stretches [m].
    tops: Vec<f32>,
    group_tops: Vec<f32>,
    /// Stretches that raised skylines of the row before, and in which parts, the last one first.
    promising: Vec<(usize, Parts)>,
    /// The same of this row; entries beyond the count are stale.
    raised: Vec<(usize, Parts)>,
    /// Parts in which a stretch has been marched because it was promising.
    marched: Vec<Parts>,
}

impl Notes {
    fn survey(&mut self, terrain: &Terrain, fan: &Fan, (row, col): (isize, isize)) {
        let shifted = |range: &Range<isize>, by: isize| range.start + by..range.end + by;
        self.tops.clear();
        self.tops.extend(
            fan.stretches.iter().map(|one| terrain.highest(&shifted(&one.rows, row), &shifted(&one.cols, col))),
        );
        let highest = |group: &[f32]| group.iter().fold(f32::NEG_INFINITY, |top, &z_m| top.max(z_m));
        self.group_tops.clear();
        self.group_tops.extend(self.tops.chunks(GROUP).map(highest));
        // A stretch may be noted once for every part, and there is always room for one more to be tried.
        self.raised.resize(LANES / WIDTH * self.tops.len() + 1, (0, 0));
        self.promising.retain(|one| one.0 < self.tops.len());
    }
}

/// Neighbours in a row, and their skylines so far.
struct Strip<'a> {
    cells: &'a [f32],
    ray: &'a Ray,
    /// Of the first in `cells`.
    index: usize,
    /// Samples that exist.
    count: usize,
    slack_m: f32,
    /// Elevations [m]; +∞ where there is none, so that nothing rises above it.
    own_m: [f32; LANES],
    tangent: [f32; LANES],
}

/// Skylines of a tile: `lines` holds its rows one after another; `start` is its first observer.
#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2"))]
fn march_tile(terrain: &Terrain, fan: &Fan, start: (usize, usize), lines: &mut [f32], notes: &mut Notes) {
    let cols = lines.len() / fan.rows;
    for first in (0..cols).step_by(LANES) {
        let (col, width) = (start.1 + first, LANES.min(cols - first));
        notes.survey(terrain, fan, (start.0 as isize, col as isize));
        for n in 0..fan.rows {
            // To and fro, so that rows that follow each other are neighbours.
            let line = if (first / LANES).is_multiple_of(2) { n } else { fan.rows - 1 - n };
            let mut strip = Strip::new(terrain, fan.ray(line), (start.0 + line, col), width);
            strip.march_all(fan, notes);
            let skylines = strip.own_m.iter().zip(&strip.tangent);
            for (out, (&own_m, &tangent)) in lines[line * cols + first..][..width].iter_mut().zip(skylines) {
                *out = if own_m == f32::INFINITY { f32::NAN } else { tangent };
            }
        }
    }
}

#[allow(clippy::inline_always, reason = "these belong into a function that is compiled for each instruction set")]
impl<'a> Strip<'a> {
    #[inline(always)]
    fn new(terrain: &'a Terrain, ray: &'a Ray, (row, col): (usize, usize), width: usize) -> Self {
        let (cells, index) = (terrain.cells(), terrain.index(row, col));
        let mut own_m = [f32::INFINITY; LANES];
        for (own_m, &z_m) in own_m.iter_mut().zip(&cells[index..index + width]) {
            *own_m = if z_m.is_nan() { f32::INFINITY } else { z_m };
        }
        let count = ray.inside(terrain, (row, col));
        Self { cells, ray, index, count, slack_m: terrain.slack_m(), own_m, tangent: [0.0; LANES] }
    }

    /// Marches what was promising, then whatever could still rise above the skylines.
    #[inline(always)]
    fn march_all(&mut self, fan: &Fan, notes: &mut Notes) {
        let Notes { tops, group_tops, promising, raised, marched } = notes;
        marched.clear();
        marched.resize(tops.len(), 0);
        let (mut count, end) = (0, self.count);
        for &(stretch, parts) in promising.iter().filter(|one| fan.stretches[one.0].samples.start < end) {
            let rose = self.march(&fan.stretches[stretch].samples, parts);
            marched[stretch] |= parts;
            raised[count] = (stretch, rose);
            count += usize::from(rose != 0);
        }
        for (group, stretches) in fan.stretches.chunks(GROUP).enumerate() {
            if stretches[0].samples.start >= end {
                break;
            }
            if self.open(stretches[0].samples.start, group_tops[group]) == 0 {
                continue;
            }
            for (stretch, one) in (group * GROUP..).zip(stretches).take_while(|(_, one)| one.samples.start < end) {
                let parts = self.open(one.samples.start, tops[stretch]) & !marched[stretch];
                if parts != 0 {
                    let rose = self.march(&one.samples, parts);
                    raised[count] = (stretch, rose);
                    count += usize::from(rose != 0);
                }
            }
        }
        promising.clear();
        promising.extend(raised[..count].iter().rev());
    }

    /// The parts in which ground up to `top_m` could rise above a skyline, at a sample or beyond it.
    ///
    /// No part is left out wrongly: the bound is lowered by more than rounding can lift a sample. Ground no higher than
    /// the observer needs no such care: every step of a sample's arithmetic keeps its rise from being positive.
    #[inline(always)]
    fn open(&self, sample: usize, top_m: f32) -> Parts {
        let sample = &self.ray.samples[sample];
        let drop_m = sample.drop_m * (1.0 - 1e-6) - self.slack_m;
        let mut parts = 0;
        for part in 0..LANES / WIDTH {
            let mut open = false;
            for lane in part * WIDTH..(part + 1) * WIDTH {
                let rise_m = self.tangent[lane] * sample.near_m + drop_m;
                let hidden_m = self.own_m[lane] + if rise_m > 0.0 { rise_m } else { 0.0 };
                open |= hidden_m < top_m;
            }
            parts |= Parts::from(open) << part;
        }
        parts
    }

    /// Raises the skylines of some parts over a stretch; the parts in which any rose.
    #[inline(always)]
    fn march(&mut self, stretch: &Range<usize>, mut parts: Parts) -> Parts {
        let samples = &self.ray.samples[stretch.start..stretch.end.min(self.count)];
        let mut risen = 0;
        while parts != 0 {
            let part = parts.trailing_zeros() as usize;
            parts &= parts - 1;
            let first = part * WIDTH;
            let own_m: [f32; WIDTH] = std::array::from_fn(|lane| self.own_m[first + lane]);
            let before: [f32; WIDTH] = std::array::from_fn(|lane| self.tangent[first + lane]);
            let mut skyline = before;
            for sample in samples {
                let cells = &self.cells[(self.index + first).wrapping_add_signed(sample.offset)..];
                let (near, far) = (cells.first_chunk::<WIDTH>(), cells[sample.other..].first_chunk::<WIDTH>());
                let (Some(near), Some(far)) = (near, far) else { continue };
                for lane in 0..WIDTH {
                    // Differences of elevations first: they are exact or nearly so, however high the ground lies.
                    let rise_m = (near[lane] - own_m[lane]) + sample.fraction * (far[lane] - near[lane]);
                    let tangent = (rise_m - sample.drop_m) * sample.per_m;
                    skyline[lane] = if tangent > skyline[lane] { tangent } else { skyline[lane] };
                }
            }
            let mut rose = false;
            for lane in 0..WIDTH {
                rose |= skyline[lane] > before[lane];
                self.tangent[first + lane] = skyline[lane];
            }
            risen |= Parts::from(rose) << part;
        }
        risen
    }
}
