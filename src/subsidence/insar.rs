//! What a radar satellite sees of moving ground.

/// Where a satellite looks from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Track {
    /// Angle between the line of sight and the vertical at the ground [°], 0–90.
    pub incidence_deg: f64,
    /// Compass direction from the ground to the satellite [°], clockwise from north.
    pub azimuth_deg: f64,
}

/// A satellite looks to the right of where it flies: from the ground it stands on the left [°].
const SEEN_AT_DEG: f64 = 270.0;

impl Track {
    /// The track of a satellite that flies in a compass direction and looks to the right.
    pub fn heading(incidence_deg: f64, heading_deg: f64) -> Self {
        Self { incidence_deg, azimuth_deg: (heading_deg + SEEN_AT_DEG).rem_euclid(360.0) }
    }

    /// Unit vector from the ground to the satellite: east, north, up.
    pub fn sight(&self) -> [f64; 3] {
        let (sin, cos) = self.incidence_deg.to_radians().sin_cos();
        let (east, north) = self.azimuth_deg.to_radians().sin_cos();
        [sin * east, sin * north, cos]
    }

    /// Motion towards the satellite of ground that moves east, north and up; in the unit of the motion.
    pub fn seen(&self, motion: [f64; 3]) -> f64 {
        self.sight().iter().zip(motion).map(|(sight, motion)| sight * motion).sum()
    }

    /// Motion upwards if the ground moves in no other direction.
    pub fn vertical(&self, seen: f64) -> f64 {
        seen / self.sight()[2]
    }
}

/// Whether two tracks look from directions so different that motion to the east and upwards can be told apart.
pub fn are_apart(one: Track, other: Track) -> bool {
    east_and_up((one, 0.0), (other, 0.0)).is_some()
}

/// Motion to the east and upwards that two tracks see, if there is none to the north; `None` if both look from one direction.
pub fn east_and_up(one: (Track, f64), other: (Track, f64)) -> Option<(f64, f64)> {
    let ([a, _, b], [c, _, d]) = (one.0.sight(), other.0.sight());
    let determinant = a * d - b * c;
    (determinant.abs() > 1e-6)
        .then(|| ((one.1 * d - b * other.1) / determinant, (a * other.1 - one.1 * c) / determinant))
}
