//! The trough above a level panel of any outline, by an integral along its edges.
//!
//! The ground is influenced by what was extracted below and around it with the weight exp(−πρ²/r²)/r². By Green's theorem the
//! integral of that over the panel is one along its outline, and so are its derivatives. Each edge is cut into pieces of at most
//! one radius of influence, with Gauss–Legendre nodes on each.

use std::f64::consts::PI;

use libm::erf;

use super::deformation::{Deformation, Tensor};
use super::outline::{Outline, Point};

/// Nodes and weights of the Gauss–Legendre rule with 8 points on −1…1, one half of the symmetric set.
///
/// Source: M. Abramowitz, I. A. Stegun, "Handbook of Mathematical Functions", 1964, table 25.4.
const GAUSS: [(f64, f64); 4] = [
    (0.183_434_642_495_649_8, 0.362_683_783_378_362),
    (0.525_532_409_916_329, 0.313_706_645_877_887_3),
    (0.796_666_477_413_626_7, 0.222_381_034_453_374_48),
    (0.960_289_856_497_536_3, 0.101_228_536_290_376_26),
];
/// Beyond this many radii an edge is felt no more: exp(−9π) = 5·10⁻¹³.
pub const REACH_RADII: f64 = 3.0;
/// Longest piece of an edge [radii].
const PIECE_RADII: f64 = 1.0;

/// How extraction acts on the ground above.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Influence {
    /// Subsidence over a panel without end, W₀ = m q cos α [m].
    pub full_subsidence_m: f64,
    /// Radius of influence, r = H / tan β [m]; above 0.
    pub radius_m: f64,
    /// Displacement factor b: horizontal displacement over r times the tilt [1].
    pub displacement_factor: f64,
}

/// A panel's trough, prepared to be asked for at many points.
#[derive(Debug, Clone, PartialEq)]
pub struct Trough {
    influence: Influence,
    pieces: Vec<Piece>,
}

/// A piece of an edge.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Piece {
    pub start: Point,
    pub end: Point,
}

impl Trough {
    /// The trough of a panel, offsets of the inflection points already taken off its outline.
    pub fn new(outline: &Outline, influence: Influence) -> Self {
        Self { influence, pieces: pieces(outline, influence.radius_m) }
    }

    /// What the panel makes of the ground at a point.
    ///
    /// Within 10⁻¹⁰ of W₀; checked against closed forms of rectangles, an independent rule with 64 nodes, and quadrature over the
    /// plane.
    ///
    /// Source: Green's theorem on the kernel of the probability-integral method.
    pub fn at(&self, x: f64, y: f64) -> Deformation {
        let Influence { full_subsidence_m: full, radius_m: r, displacement_factor } = self.influence;
        let reach = REACH_RADII * r;
        let mut sum = Shares::default();
        for piece in &self.pieces {
            let ((u0, v0), (u1, v1)) = ((piece.start.0 - x, piece.start.1 - y), (piece.end.0 - x, piece.end.1 - y));
            if v0.min(v1) > reach || v0.max(v1) < -reach {
                continue;
            }
            if u0.min(u1) > reach || u0.max(u1) < -reach {
                // Far ahead or behind, only how much of the ordinate it spans counts.
                let to = |v: f64| erf(PI.sqrt() * v / r);
                sum.subsidence += 0.25 * u0.signum() * (to(v1) - to(v0));
                continue;
            }
            sum.add(((u0 / r, v0 / r), (u1 / r, v1 / r)));
        }
        let curvature_per_m = Tensor { xx: sum.xx, yy: sum.yy, xy: sum.xy } * (full / (r * r));
        let tilt = [sum.x * full / r, sum.y * full / r];
        let moved = displacement_factor * r;
        Deformation {
            subsidence_m: sum.subsidence * full,
            tilt,
            curvature_per_m,
            displacement_m: tilt.map(|part| moved * part),
            strain: curvature_per_m * moved,
        }
    }
}

/// Integrals along edges over W₀, lengths in radii.
#[derive(Debug, Default)]
struct Shares {
    subsidence: f64,
    x: f64,
    y: f64,
    xx: f64,
    yy: f64,
    xy: f64,
}

impl Shares {
    /// Adds a piece, given from the point [radii].
    fn add(&mut self, ((u0, v0), (u1, v1)): ((f64, f64), (f64, f64))) {
        let (half_u, half_v) = ((u1 - u0) / 2.0, (v1 - v0) / 2.0);
        for (node, weight) in nodes() {
            let (u, v) = (f64::midpoint(u0, u1) + node * half_u, f64::midpoint(v0, v1) + node * half_v);
            let (du, dv) = (weight * half_u, weight * half_v);
            let across = (-PI * v * v).exp();
            let weighted = across * (-PI * u * u).exp();
            self.subsidence += 0.5 * erf(PI.sqrt() * u) * across * dv;
            self.x -= weighted * dv;
            self.y += weighted * du;
            self.xx -= 2.0 * PI * u * weighted * dv;
            self.yy += 2.0 * PI * v * weighted * du;
            self.xy -= 2.0 * PI * v * weighted * dv;
        }
    }
}

/// The edges of an outline in pieces that the rule integrates exactly enough.
pub(super) fn pieces(outline: &Outline, radius_m: f64) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (start, end) in outline.edges() {
        let (dx, dy) = (end.0 - start.0, end.1 - start.1);
        let count = (dx.hypot(dy) / (PIECE_RADII * radius_m)).ceil();
        let at = |n: f64| (start.0 + dx * n / count, start.1 + dy * n / count);
        pieces.extend((0..count as usize).map(|n| Piece { start: at(n as f64), end: at((n + 1) as f64) }));
    }
    pieces
}

/// Nodes of the rule on −1…1 with their weights.
pub(super) fn nodes() -> impl Iterator<Item = (f64, f64)> {
    GAUSS.into_iter().flat_map(|(node, weight)| [(node, weight), (-node, weight)])
}
