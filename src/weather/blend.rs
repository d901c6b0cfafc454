//! Weather between the points where it is known.

use super::matrix::{HOURS, MONTHS, Matrix, Table};
use crate::solar::position::Place;

/// Mean radius of the earth [m]. Source: IUGG, 1980 (R1 of the GRS 80).
const EARTH_RADIUS_M: f64 = 6_371_008.8;
/// Distance within which a place is the point itself [m].
const SAME_PLACE_M: f64 = 1.0;

/// How weather is carried from point to place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Blend {
    /// Power of the distance by which weights fall, above 0.
    pub power: f64,
    /// Change of air temperature with height [K/km], usually −6.5 (ICAO standard atmosphere).
    pub lapse_rate_k_per_km: f64,
    /// How many times a difference of height counts as one of distance [1].
    pub height_distance_ratio: f64,
}

/// Weights of points by inverse distance, height counted as distance too; their sum is 1, and a point within a metre has
/// it all.
///
/// Source: D. Shepard, "A two-dimensional interpolation function for irregularly-spaced data", Proc. 23rd ACM National
/// Conference, 1968.
pub fn weights(points: &[Place], at: &Place, how: Blend) -> Vec<f64> {
    let distance_m = |point: &Place| {
        great_circle_m(point, at).hypot(how.height_distance_ratio * (point.elevation_m - at.elevation_m))
    };
    let distances_m: Vec<f64> = points.iter().map(distance_m).collect();
    let nearest = distances_m.iter().copied().fold(f64::INFINITY, f64::min);
    let raw: Vec<f64> = if nearest < SAME_PLACE_M {
        distances_m.iter().map(|&distance| if distance == nearest { 1.0 } else { 0.0 }).collect()
    } else {
        distances_m.iter().map(|distance| (nearest / distance).powf(how.power)).collect()
    };
    let sum: f64 = raw.iter().sum();
    raw.into_iter().map(|weight| weight / sum).collect()
}

/// Distance along the great circle [m], on the mean sphere.
///
/// Source: R. W. Sinnott, "Virtues of the Haversine", Sky and Telescope 68(2), 1984.
pub fn great_circle_m(a: &Place, b: &Place) -> f64 {
    let (lat_a, lat_b) = (a.latitude_deg.to_radians(), b.latitude_deg.to_radians());
    let half = |difference: f64| (difference / 2.0).sin().powi(2);
    let haversine =
        half(lat_b - lat_a) + lat_a.cos() * lat_b.cos() * half((b.longitude_deg - a.longitude_deg).to_radians());
    2.0 * EARTH_RADIUS_M * haversine.clamp(0.0, 1.0).sqrt().asin()
}

/// Weather at a place between points: their means weighted by inverse distance, air temperature brought to the height of
/// the place before.
///
/// Vapour pressure is that of the points, whatever the height; it is `NaN` where that of any point with a weight is.
///
/// Days are laid over each other by solar time: where the hours of points are not those of the place, they are taken from
/// the two nearest in proportion, which keeps the sum of the day. At a point the blend is its own weather.
///
/// - `points`: where the weather is known, and the weather.
///
/// # Panics
/// If there are no points.
pub fn blend(points: &[(Place, &Matrix)], at: &Place, how: Blend) -> Matrix {
    assert!(!points.is_empty(), "weather is known somewhere");
    let places: Vec<Place> = points.iter().map(|(place, _)| *place).collect();
    let weights = weights(&places, at, how);
    let first_h = points[0].1.solar_centre_h(points[0].0.longitude_deg);
    // Centres of hours are a matter of their fractions: each is told from the first one by half an hour at most.
    let ahead_h: Vec<f64> = points
        .iter()
        .map(|(place, matrix)| {
            let ahead = matrix.solar_centre_h(place.longitude_deg) - first_h;
            ahead - ahead.round()
        })
        .collect();
    let centre_h = first_h + ahead_h.iter().zip(&weights).map(|(ahead, weight)| ahead * weight).sum::<f64>();
    let mut blended = Matrix {
        hour_centre_utc_h: centre_h - at.longitude_deg / 15.0,
        dni_w_per_m2: [[0.0; HOURS]; MONTHS],
        dhi_w_per_m2: [[0.0; HOURS]; MONTHS],
        air_temperature_c: [[0.0; HOURS]; MONTHS],
        wind_speed_m_per_s: [[0.0; HOURS]; MONTHS],
        vapour_pressure_kpa: [[0.0; HOURS]; MONTHS],
    };
    for ((place, matrix), &weight) in points.iter().zip(&weights).filter(|(_, weight)| **weight > 0.0) {
        let later_h = centre_h - matrix.solar_centre_h(place.longitude_deg);
        for (to, from) in blended.tables_mut().into_iter().zip(matrix.tables()) {
            add(to, from, later_h, weight);
        }
        let warmer_k = how.lapse_rate_k_per_km * (at.elevation_m - place.elevation_m) / 1000.0;
        for value in blended.air_temperature_c.iter_mut().flatten() {
            *value += weight * warmer_k;
        }
    }
    blended.since_midnight(at.longitude_deg)
}

/// Hours that differ by less are the same [h]: rounding of solar times.
const SAME_HOUR_H: f64 = 1e-9;

/// Adds a share of the values some hours later, from the two nearest hours of each.
fn add(to: &mut Table, from: &Table, later_h: f64, weight: f64) {
    let whole = if (later_h - later_h.round()).abs() < SAME_HOUR_H { later_h.round() } else { later_h.floor() };
    let part = (later_h - whole).max(0.0);
    let part = if part < SAME_HOUR_H { 0.0 } else { part };
    for (to, from) in to.iter_mut().zip(from) {
        for (hour, value) in to.iter_mut().enumerate() {
            let at = (hour as f64 + whole).rem_euclid(HOURS as f64) as usize;
            // An hour of no part has no say, were it `NaN`.
            let later = if part > 0.0 { part * from[(at + 1) % HOURS] } else { 0.0 };
            *value += weight * ((1.0 - part) * from[at] + later);
        }
    }
}
