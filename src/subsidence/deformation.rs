//! How the ground moves and bends at a point.

use std::ops::{Add, Mul};

/// A symmetric tensor in the plane.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Tensor {
    /// Along x.
    pub xx: f64,
    /// Along y.
    pub yy: f64,
    /// Of x and y: half of the shear.
    pub xy: f64,
}

impl Tensor {
    /// The largest and the smallest value of all directions.
    ///
    /// Source: any text on plane strain, e.g. S. Timoshenko, J. N. Goodier, "Theory of Elasticity", 1951, sect. 11.
    pub fn principal(&self) -> (f64, f64) {
        let mean = f64::midpoint(self.xx, self.yy);
        let radius = ((self.xx - self.yy) / 2.0).hypot(self.xy);
        (mean + radius, mean - radius)
    }

    /// The value along a direction, counter-clockwise from x [rad].
    pub fn along(&self, direction: f64) -> f64 {
        let (sin, cos) = direction.sin_cos();
        self.xx * cos * cos + self.yy * sin * sin + 2.0 * self.xy * sin * cos
    }
}

/// The state of the ground at a point. States of several panels add up: first the sum, then principal values.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Deformation {
    /// Subsidence W [m], positive downwards.
    pub subsidence_m: f64,
    /// ∂W/∂x, ∂W/∂y [m/m].
    pub tilt: [f64; 2],
    /// Second derivatives of W [1/m].
    pub curvature_per_m: Tensor,
    /// Horizontal displacement along x and y [m].
    pub displacement_m: [f64; 2],
    /// Horizontal strain [m/m], positive for tension.
    pub strain: Tensor,
}

impl Deformation {
    /// The same state of ground that is turned counter-clockwise: x points along a unit vector of the map.
    #[must_use]
    pub fn turned(&self, (cos, sin): (f64, f64)) -> Self {
        let vector = |[x, y]: [f64; 2]| [cos * x - sin * y, sin * x + cos * y];
        let tensor = |of: Tensor| Tensor {
            xx: of.xx * cos * cos - 2.0 * of.xy * sin * cos + of.yy * sin * sin,
            yy: of.xx * sin * sin + 2.0 * of.xy * sin * cos + of.yy * cos * cos,
            xy: (of.xx - of.yy) * sin * cos + of.xy * (cos * cos - sin * sin),
        };
        Self {
            subsidence_m: self.subsidence_m,
            tilt: vector(self.tilt),
            curvature_per_m: tensor(self.curvature_per_m),
            displacement_m: vector(self.displacement_m),
            strain: tensor(self.strain),
        }
    }

    /// The state of ground that also moves along with its subsidence, by a vector for each metre: over an inclined seam, up the
    /// dip by cot θ₀.
    #[must_use]
    pub fn leaning(mut self, [x, y]: [f64; 2]) -> Self {
        let [east, north] = self.tilt;
        self.displacement_m[0] += x * self.subsidence_m;
        self.displacement_m[1] += y * self.subsidence_m;
        self.strain = self.strain + Tensor { xx: x * east, yy: y * north, xy: f64::midpoint(x * north, y * east) };
        self
    }

    /// The steepest tilt [m/m].
    pub fn tilt_max(&self) -> f64 {
        self.tilt[0].hypot(self.tilt[1])
    }
}

impl Add for Tensor {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self { xx: self.xx + other.xx, yy: self.yy + other.yy, xy: self.xy + other.xy }
    }
}

impl Mul<f64> for Tensor {
    type Output = Self;
    fn mul(self, factor: f64) -> Self {
        Self { xx: self.xx * factor, yy: self.yy * factor, xy: self.xy * factor }
    }
}

impl Add for Deformation {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let sum = |mine: [f64; 2], theirs: [f64; 2]| [mine[0] + theirs[0], mine[1] + theirs[1]];
        Self {
            subsidence_m: self.subsidence_m + other.subsidence_m,
            tilt: sum(self.tilt, other.tilt),
            curvature_per_m: self.curvature_per_m + other.curvature_per_m,
            displacement_m: sum(self.displacement_m, other.displacement_m),
            strain: self.strain + other.strain,
        }
    }
}

impl Mul<f64> for Deformation {
    type Output = Self;
    fn mul(self, factor: f64) -> Self {
        Self {
            subsidence_m: self.subsidence_m * factor,
            tilt: self.tilt.map(|part| part * factor),
            curvature_per_m: self.curvature_per_m * factor,
            displacement_m: self.displacement_m.map(|part| part * factor),
            strain: self.strain * factor,
        }
    }
}

impl std::iter::Sum for Deformation {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), Add::add)
    }
}
