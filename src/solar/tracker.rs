//! Trackers that turn about one axis.
//!
//! An axis points along its azimuth, tilt upwards at its start: a rotation is positive clockwise looking along it, so that
//! with an axis to the south rotations to the east are negative and to the west positive.

use crate::solar::transposition::Plane;

/// Whether a tracker turns back where rows would shade each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backtracking {
    /// Rows keep each other in the sun.
    On,
    /// Rows follow the sun up to their largest angle.
    Off,
}

/// Rows that turn about one axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tracker {
    /// Angle of the axis from the horizontal [°]; positive: its start is the higher end.
    pub axis_tilt_deg: f64,
    /// Direction of the axis [°], clockwise from north; 180 for rows from north to south.
    pub axis_azimuth_deg: f64,
    /// Largest rotation to either side [°].
    pub max_angle_deg: f64,
    /// Width of a row over the distance of the axes, along the ground [1].
    pub gcr: f64,
    /// Angle from the horizontal of the plane of the axes, across them [°]; [`cross_axis_tilt_deg`].
    pub cross_axis_tilt_deg: f64,
    /// Whether rows turn back.
    pub backtracking: Backtracking,
}

/// Rotation of a tracker [°]; `None` where the sun is down.
///
/// - `apparent_zenith_deg`, `azimuth_deg`: the sun's [°].
///
/// Source: K. Anderson, M. Mikofski, "Slope-aware backtracking for single-axis trackers", NREL/TP-5K00-76626, 2020, eqs.
/// 4, 5, 11–16; checked against `tests/vectors/c3_instants.json` and numbers of pvlib 0.16.1.
pub fn rotation_deg(tracker: &Tracker, apparent_zenith_deg: f64, azimuth_deg: f64) -> Option<f64> {
    if apparent_zenith_deg > 90.0 {
        return None;
    }
    let (sin_zenith, cos_zenith) = apparent_zenith_deg.to_radians().sin_cos();
    let (sin_turn, cos_turn) = (azimuth_deg - tracker.axis_azimuth_deg).to_radians().sin_cos();
    let (sin_tilt, cos_tilt) = tracker.axis_tilt_deg.to_radians().sin_cos();
    let across = sin_zenith * sin_turn;
    let up = sin_zenith * cos_turn * sin_tilt + cos_zenith * cos_tilt;
    let ideal = across.atan2(up);
    let rotation = match tracker.backtracking {
        Backtracking::Off => ideal,
        Backtracking::On => {
            let slope = tracker.cross_axis_tilt_deg.to_radians();
            let room = ((ideal - slope).cos() / (tracker.gcr * slope.cos())).abs();
            if room < 1.0 { ideal - ideal.signum() * room.acos() } else { ideal }
        }
    };
    Some(rotation.to_degrees().clamp(-tracker.max_angle_deg, tracker.max_angle_deg))
}

/// Rotation of a tracker [°] and the plane it turns its modules to; `None` where the sun is down.
///
/// Source: as [`rotation_deg`], eq. 1 for the tilt; azimuth from the rotated normal.
pub fn orientation(tracker: &Tracker, apparent_zenith_deg: f64, azimuth_deg: f64) -> Option<(f64, Plane)> {
    let rotation = rotation_deg(tracker, apparent_zenith_deg, azimuth_deg)?;
    Some((rotation, plane(tracker, rotation)))
}

/// The plane of a tracker's modules at a rotation; where it is horizontal, it faces to the left of the axis.
pub fn plane(tracker: &Tracker, rotation_deg: f64) -> Plane {
    let (sin_rotation, cos_rotation) = rotation_deg.to_radians().sin_cos();
    let (sin_tilt, cos_tilt) = tracker.axis_tilt_deg.to_radians().sin_cos();
    let (right, ahead, up) = (sin_rotation, cos_rotation * sin_tilt, cos_rotation * cos_tilt);
    let tilt_deg = right.hypot(ahead).atan2(up).to_degrees();
    let from_axis_deg = if tilt_deg == 0.0 { -90.0 } else { right.atan2(ahead).to_degrees() };
    Plane { tilt_deg, azimuth_deg: (tracker.axis_azimuth_deg + from_axis_deg).rem_euclid(360.0) }
}

/// Tilt of axes that lie on a slope [°]; negative where they rise along their azimuth.
///
/// - `slope_azimuth_deg`: direction of the descent [°]; `slope_tilt_deg`: its angle from the horizontal [°].
///
/// Source: as [`rotation_deg`], eqs. 18–19; checked against numbers of pvlib 0.16.1.
pub fn axis_tilt_deg(slope_azimuth_deg: f64, slope_tilt_deg: f64, axis_azimuth_deg: f64) -> f64 {
    let turn = (axis_azimuth_deg - slope_azimuth_deg).to_radians();
    (turn.cos() * slope_tilt_deg.to_radians().tan()).atan().to_degrees()
}

/// Angle from the horizontal of a slope, across the axes that lie on it [°]; positive where the ground falls to the right
/// of the axes, looking along them.
///
/// - `axis_tilt_deg`: of axes that lie on the slope, from [`axis_tilt_deg`].
///
/// Source: as [`rotation_deg`], eqs. 22 and 26; checked against numbers of pvlib 0.16.1.
pub fn cross_axis_tilt_deg(
    slope_azimuth_deg: f64,
    slope_tilt_deg: f64,
    axis_azimuth_deg: f64,
    axis_tilt_deg: f64,
) -> f64 {
    let (sin_axis, cos_axis) = axis_tilt_deg.to_radians().sin_cos();
    let (sin_slope, cos_slope) = slope_tilt_deg.to_radians().sin_cos();
    let (sin_turn, cos_turn) = (axis_azimuth_deg - slope_azimuth_deg).to_radians().sin_cos();
    // A line in the slope, square to the axis.
    let x = sin_turn * cos_axis * cos_slope;
    let y = sin_axis * sin_slope + cos_turn * cos_axis * cos_slope;
    let z = -sin_turn * sin_slope * cos_axis;
    let length = (x * x + y * y + z * z).sqrt();
    (((x * cos_turn - y * sin_turn) * sin_axis + z * cos_axis) / length).asin().to_degrees()
}
