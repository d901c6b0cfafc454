//! Light on level ground across the rows: uneven, and less so the higher the rows stand.
//!
//! Lengths are in distances from row to row, positions run from beneath the middle of a row, 0–1, towards where its front faces; of a
//! tracker, to the left of its axis: eastwards if that points to the south.

use std::collections::BTreeMap;

use crate::agronomy::light::{self, Light};
use crate::solar::array::{Array, Mounting};
use crate::solar::transposition::Plane;
use crate::solar::year::{MONTHS, Step};

/// Places across the rows at which the sky is looked at, at least.
const PLACES: usize = 48;
/// Rows as far as this many times their height are looked at one by one.
const FAR: f64 = 40.0;

/// The section across long rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Section {
    /// Front of the modules.
    pub plane: Plane,
    /// Width of a row over the distance from row to row [1].
    pub gcr: f64,
    /// Height of the middle of a row over the distance from row to row [1]; at least that of its upper edge over its middle.
    pub height: f64,
}

impl Section {
    /// Edges of the row at 0: the lower towards where the front faces, then the upper; as (place, height).
    fn edges(&self) -> [(f64, f64); 2] {
        let (sin, cos) = self.plane.tilt_deg.to_radians().sin_cos();
        let half = 0.5 * self.gcr;
        [(half * cos, self.height - half * sin), (-half * cos, self.height + half * sin)]
    }

    /// Share of each of `bins` equal strips of the ground that is in the shadow of the rows; all of them where the sun is down.
    ///
    /// Source: the edges of a row cast along the sun onto the ground; its mean is
    /// [`crate::solar::rows::ground_shaded_fraction`].
    pub fn shaded(&self, zenith_deg: f64, azimuth_deg: f64, bins: usize) -> Vec<f64> {
        if zenith_deg >= 90.0 {
            return vec![1.0; bins];
        }
        let across = (azimuth_deg - self.plane.azimuth_deg).to_radians().cos() * zenith_deg.to_radians().tan();
        let [one, other] = self.edges().map(|(place, height)| place - height * across);
        let width = (one - other).abs();
        if width >= 1.0 {
            return vec![1.0; bins];
        }
        let start = one.min(other).rem_euclid(1.0);
        let size = 1.0 / bins as f64;
        let overlap = |from: f64, to: f64, left: f64| (to.min(left + size) - from.max(left)).max(0.0);
        let of = |bin: usize| {
            let left = bin as f64 * size;
            (overlap(start, start + width, left) + overlap(start - 1.0, start - 1.0 + width, left)) / size
        };
        (0..bins).map(of).collect()
    }

    /// Share of the sky's light that reaches each of `bins` equal strips, as the mean of equally spaced places in it.
    ///
    /// ½ Σ (sin φ₂ − sin φ₁) over the angles from the vertical between the rows.
    ///
    /// Source: view of a strip between two parallel lines, as in pvlib's `vf_ground_sky_2d`; checked against its numbers
    /// (`tests/vectors/ground_light.json`). Its mean is [`crate::solar::rows::ground_sky_view`].
    pub fn sky_views(&self, bins: usize) -> Vec<f64> {
        let each = PLACES.div_ceil(bins);
        let fine = self.views_at(bins * each);
        fine.chunks(each).map(|places| places.iter().sum::<f64>() / each as f64).collect()
    }

    /// The same at the middles of equal strips.
    pub fn views_at(&self, places: usize) -> Vec<f64> {
        let edges = self.edges();
        let reach = (FAR * edges[1].1.max(1.0)).ceil() as i32;
        let of = |bin: usize| {
            let at = (bin as f64 + 0.5) / places as f64;
            let sine = |row: i32, (place, height): (f64, f64)| {
                let along = f64::from(row) + place - at;
                along / (along * along + height * height).sqrt()
            };
            // Sines from the last row looked at to the horizon are seen as between the last two rows.
            let (mut seen, mut hidden_to, mut open_share) = (0.0, -1.0, 0.0);
            for row in -reach..=reach {
                let ends = edges.map(|edge| sine(row, edge));
                let (from, to) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
                let gap = (from - hidden_to).max(0.0);
                let is_first = row == -reach;
                if !is_first {
                    seen += gap;
                }
                open_share = gap / (gap + to - from);
                hidden_to = to.max(hidden_to);
            }
            let tail = (1.0 - hidden_to).max(0.0) + (1.0 + sine(-reach, edges[0]).min(sine(-reach, edges[1]))).max(0.0);
            0.5 * (seen + tail * open_share)
        };
        (0..places).map(of).collect()
    }
}

/// Height of the middle of an array's rows over the distance from row to row [1].
///
/// - `clearance_m`: of the lowest edge at its lowest [m].
/// - `pitch_m`: distance from row to row [m].
pub fn middle_height(array: &Array, clearance_m: f64, pitch_m: f64) -> f64 {
    let steepest_deg = match &array.mounting {
        Mounting::Fixed(plane) => plane.tilt_deg,
        Mounting::Tracking(tracker) => tracker.max_angle_deg,
    };
    clearance_m / pitch_m + 0.5 * array.gcr.unwrap_or(0.0) * steepest_deg.to_radians().sin()
}

/// Direction in which positions are counted [°].
fn forward_deg(array: &Array) -> f64 {
    match &array.mounting {
        Mounting::Fixed(plane) => plane.azimuth_deg,
        Mounting::Tracking(tracker) => tracker.axis_azimuth_deg - 90.0,
    }
}

/// Steps of tilt between which the views of a tracker's rows are taken to run straight [°].
const TILT_STEP_DEG: f64 = 5.0;

/// Views of the sky across the rows, by tilt.
struct Views {
    gcr: f64,
    height: f64,
    bins: usize,
    /// By the bits of the tilt.
    known: BTreeMap<u64, Vec<f64>>,
}

impl Views {
    fn exact(&mut self, tilt_deg: f64) -> Vec<f64> {
        // Across the rows it does not matter where they face.
        let section = Section { plane: Plane { tilt_deg, azimuth_deg: 0.0 }, gcr: self.gcr, height: self.height };
        self.known.entry(tilt_deg.to_bits()).or_insert_with(|| section.sky_views(self.bins)).clone()
    }

    /// Between the views of the two nearest whole steps.
    fn between(&mut self, tilt_deg: f64) -> Vec<f64> {
        let below_deg = (tilt_deg / TILT_STEP_DEG).floor() * TILT_STEP_DEG;
        let part = (tilt_deg - below_deg) / TILT_STEP_DEG;
        let (mut views, above) = (self.exact(below_deg), self.exact(below_deg + TILT_STEP_DEG));
        for (view, above) in views.iter_mut().zip(above) {
            *view += part * (above - *view);
        }
        views
    }
}

/// Light across the rows by month.
///
/// - `height`: of the middle of the rows over the distance from row to row [1].
///
/// Returns for each month and strip the light on open ground and beneath; strips as of [`Section::shaded`].
pub fn by_month(
    array: &Array,
    (transmittance, height): (f64, f64),
    steps: &[Step],
    bins: usize,
) -> [Vec<Light>; MONTHS] {
    let mut months = std::array::from_fn(|_| vec![Light::default(); bins]);
    let gcr = array.gcr.unwrap_or(0.0);
    let opaque = 1.0 - transmittance;
    let forward_deg = forward_deg(array);
    let mut views = Views { gcr, height, bins, known: BTreeMap::new() };
    for step in steps {
        let sun = &step.at.sun;
        let (beam, diffuse) = light::parts_w_per_m2(&step.at.irradiance, sun.apparent_zenith_deg);
        if beam + diffuse <= 0.0 {
            continue;
        }
        let (_, plane) = array.stance(sun);
        let section = Section { plane, gcr, height };
        // In the afternoon the front of a tracker faces the other way.
        let is_turned = (plane.azimuth_deg - forward_deg).to_radians().cos() < 0.0;
        let laid = |mut strips: Vec<f64>| {
            if is_turned {
                strips.reverse();
            }
            strips
        };
        let seen = laid(match array.mounting {
            Mounting::Fixed(_) => views.exact(plane.tilt_deg),
            Mounting::Tracking(_) => views.between(plane.tilt_deg),
        });
        let shaded = laid(section.shaded(sun.apparent_zenith_deg, sun.azimuth_deg, bins));
        let kwh = step.weight_h / 1_000.0;
        for ((sum, shaded), view) in months[step.month].iter_mut().zip(shaded).zip(&seen) {
            let ground = beam * (1.0 - opaque * shaded) + diffuse * (transmittance + opaque * view);
            sum.open_kwh_per_m2 += kwh * (beam + diffuse);
            sum.ground_kwh_per_m2 += kwh * ground;
        }
    }
    months
}
