//! The trough above a rectangular panel, level or inclined, in closed form.

use std::f64::consts::PI;

use libm::erf;

use super::deformation::{Deformation, Tensor};

/// A rectangular panel in coordinates of its own: x along the strike, y up the dip, from the corner at its lower left end. Its size
/// is the computed one, offsets of the inflection points taken off.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rectangle {
    /// Subsidence over a panel without end, W₀ = m q cos α [m].
    pub full_subsidence_m: f64,
    /// Displacement factor b [1].
    pub displacement_factor: f64,
    /// Radius of influence along the strike, at the lower edge, and at the upper edge [m].
    pub radii_m: [f64; 3],
    /// Length along the strike, and width up the dip as it acts on the surface [m].
    pub size_m: (f64, f64),
    /// Angle of the greatest subsidence θ₀ [°], 90 over a level seam.
    pub theta0_deg: f64,
}

/// Computed width of an inclined panel on the surface [m]: (D₁ − s₁ − s₂) sin(θ₀ + α) / sin θ₀.
///
/// - `inner_m`: width along the dip without the offsets.
///
/// Source: code of 2017, app. 2, as restated by the generator of `tests/vectors/a_subsidence.json`.
pub fn computed_width_m(inner_m: f64, theta0_deg: f64, dip_deg: f64) -> f64 {
    inner_m * (theta0_deg + dip_deg).to_radians().sin() / theta0_deg.to_radians().sin()
}

/// What an edge without end makes of the ground beside it: influence Φ, and its first and second derivative.
struct Edge {
    share: f64,
    slope_per_m: f64,
    bend_per_m2: f64,
}

impl Edge {
    fn new(beyond_m: f64, radius_m: f64) -> Self {
        let u = beyond_m / radius_m;
        let slope_per_m = (-PI * u * u).exp() / radius_m;
        Self {
            share: f64::midpoint(1.0, erf(PI.sqrt() * u)),
            slope_per_m,
            bend_per_m2: -2.0 * PI * u / radius_m * slope_per_m,
        }
    }
}

impl Rectangle {
    /// What the panel makes of the ground at a point of its own coordinates; vectors and tensors are in these too.
    ///
    /// Source: code of 2017, app. 2: products of the profiles along strike and dip, the displacement up the dip by each edge's
    /// own radius and the shift of the trough, W cot θ₀.
    pub fn at(&self, x: f64, y: f64) -> Deformation {
        let [strike, lower, upper] = self.radii_m;
        let (length_m, width_m) = self.size_m;
        let (west, east) = (Edge::new(x, strike), Edge::new(x - length_m, strike));
        let (low, high) = (Edge::new(y, lower), Edge::new(y - width_m, upper));
        let (along, up) = (west.share - east.share, low.share - high.share);
        let (along_slope, up_slope) = (west.slope_per_m - east.slope_per_m, low.slope_per_m - high.slope_per_m);
        let (along_bend, up_bend) = (west.bend_per_m2 - east.bend_per_m2, low.bend_per_m2 - high.bend_per_m2);
        let full = self.full_subsidence_m;
        let shift = 1.0 / self.theta0_deg.to_radians().tan();
        let b = self.displacement_factor;
        let tilt = [full * along_slope * up, full * along * up_slope];
        let curvature = Tensor { xx: along_bend * up, yy: along * up_bend, xy: along_slope * up_slope } * full;
        // Displacement up the dip over b and W₀, along it and its rise.
        let pull = lower * low.slope_per_m - upper * high.slope_per_m;
        let pull_rise = lower * low.bend_per_m2 - upper * high.bend_per_m2;
        let shear = b * strike * curvature.xy + b * full * along_slope * pull + tilt[0] * shift;
        let subsidence_m = full * along * up;
        Deformation {
            subsidence_m,
            tilt,
            curvature_per_m: curvature,
            displacement_m: [b * strike * tilt[0], b * full * along * pull + subsidence_m * shift],
            strain: Tensor {
                xx: b * strike * curvature.xx,
                yy: b * full * along * pull_rise + tilt[1] * shift,
                xy: shear / 2.0,
            },
        }
    }
}
