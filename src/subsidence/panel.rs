//! A panel: what was extracted, how, and what follows for the ground.

use crate::grid::Extent;

use super::deformation::Deformation;
use super::outline::{Outline, Point};
use super::rectangle::{Rectangle, computed_width_m};
use super::time::Course;
use super::trough::{Influence, REACH_RADII, Trough};

/// Depth of a strip of an inclined panel over its mean depth, at most [1].
const STRIP_DEPTH_SHARE: f64 = 0.05;
/// Steps of a year in which a face that advances is followed: a month.
const STEPS_PER_YEAR: f64 = 12.0;
/// Steps of the advance of a face at most.
const MOST_STEPS: f64 = 120.0;

/// An extraction panel in plan, with the parameters of the ground above it.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// Its outline in plan.
    pub outline: Outline,
    /// Thickness extracted m [m], across the seam.
    pub thickness_m: f64,
    /// Depth of the seam H at the middle of the panel [m].
    pub depth_m: f64,
    /// Dip of the seam α [°].
    pub dip_deg: f64,
    /// Unit vector up the dip.
    pub up: Point,
    /// Angle of the greatest subsidence θ₀ [°]; 90 over a level seam.
    pub theta0_deg: f64,
    /// Subsidence factor q [1].
    pub subsidence_factor: f64,
    /// Subsidence factor that residual settlement leads to q∞ [1], not below q.
    pub final_factor: f64,
    /// Tangent of the main influence angle tan β: in general, at the lower, and at the upper edge [1].
    pub tan_beta: [f64; 3],
    /// Displacement factor b [1].
    pub displacement_factor: f64,
    /// Offsets of the inflection points along the seam: at the lower and the upper edge, and on the left and the right of who looks
    /// up the dip [m].
    pub offsets_m: [f64; 4],
    /// When it is extracted; `None` if that is not asked.
    pub mined: Option<Mined>,
    /// How subsidence comes about.
    pub course: Course,
    /// Years from extraction until residual settlement begins: the end of active movement.
    pub active_yr: f64,
    /// Pace of residual settlement [1/yr].
    pub residual_per_yr: f64,
}

/// When a panel is extracted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mined {
    /// Begin [yr].
    pub start_yr: f64,
    /// End [yr].
    pub end_yr: f64,
    /// Unit vector along which the face advances; `None` if it is not known: all counts as extracted at the end.
    pub advance: Option<Point>,
}

/// Something extracted at one time, at one depth.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// Its shape, as it acts on the surface.
    pub form: Form,
    /// When it was extracted [yr]; `None` if that is not asked.
    pub mined_yr: Option<f64>,
}

/// How an extraction acts on the surface.
#[derive(Debug, Clone, PartialEq)]
pub enum Form {
    /// Any outline, at one depth.
    Level {
        /// Outline on the surface.
        outline: Outline,
        /// Radius of influence [m].
        radius_m: f64,
        /// Displacement for each metre of subsidence: up the dip by cot θ₀.
        lean: [f64; 2],
    },
    /// A rectangle along the strike of an inclined seam.
    Inclined {
        /// It, over a subsidence of 1.
        rectangle: Rectangle,
        /// Its lower left corner on the map.
        corner: Point,
        /// Unit vector along its length.
        strike: Point,
    },
}

impl Panel {
    /// Subsidence over a panel without end, W₀ = m q cos α [m].
    pub fn full_subsidence_m(&self) -> f64 {
        self.thickness_m * self.subsidence_factor * self.dip_deg.to_radians().cos()
    }

    /// Residual settlement over a panel without end, m (q∞ − q) cos α [m].
    pub fn full_residual_m(&self) -> f64 {
        self.thickness_m * (self.final_factor - self.subsidence_factor).max(0.0) * self.dip_deg.to_radians().cos()
    }

    /// Depth of the seam below points [m].
    pub fn depths_m(&self) -> impl Fn(Point) -> f64 + use<> {
        let middle = self.outline.centroid().unwrap_or_default();
        let (up, depth_m, rise) = (self.up, self.depth_m, self.dip_deg.to_radians().tan());
        move |at| depth_m - ((at.0 - middle.0) * up.0 + (at.1 - middle.1) * up.1) * rise
    }

    fn is_level(&self) -> bool {
        self.dip_deg == 0.0
    }

    /// Unit vector along the strike: to the right of who looks up the dip.
    fn strike(&self) -> Point {
        (self.up.1, -self.up.0)
    }

    /// What acts on the surface; `None` if nothing is left within the offsets.
    ///
    /// A rectangle along the strike of an inclined seam is kept as one, for the closed form; any other inclined panel is cut in
    /// strips of equal depth. Every point of it acts H cot θ₀ down the dip. A face that advances makes a source a month.
    pub fn sources(&self) -> Option<Vec<Source>> {
        let sources = if !self.is_level() && self.outline.is_rectangle_along(self.up) {
            self.rectangles()?
        } else {
            let inner = self.outline.moved_inwards(|outwards| self.offset_m(outwards))?;
            let span = self.mined.and_then(|mined| mined.advance).map(|advance| (advance, inner.span(advance)));
            let strips = self.strips(&inner);
            strips.into_iter().flat_map(|strip| self.in_steps(strip, span)).collect()
        };
        (!sources.is_empty()).then_some(sources)
    }

    /// How far an edge moves inwards, in plan [m].
    fn offset_m(&self, outwards: Point) -> f64 {
        let [down, up, left, right] = self.offsets_m;
        let (flat, strike) = (self.dip_deg.to_radians().cos(), self.strike());
        let along = outwards.0 * self.up.0 + outwards.1 * self.up.1;
        let across = outwards.0 * strike.0 + outwards.1 * strike.1;
        match (along.abs() >= across.abs(), along < 0.0, across < 0.0) {
            (true, true, _) => down * flat,
            (true, false, _) => up * flat,
            (false, _, true) => left,
            (false, _, false) => right,
        }
    }

    /// Strips of one radius of influence each, in plan.
    fn strips(&self, inner: &Outline) -> Vec<(Outline, f64)> {
        let [mean, lower, upper] = self.tan_beta;
        if self.is_level() {
            return vec![(inner.clone(), self.depth_m / mean)];
        }
        let ((low, high), (all_low, all_high)) = (inner.span(self.up), self.outline.span(self.up));
        let middle = self.outline.centroid().unwrap_or_default();
        let middle_up = middle.0 * self.up.0 + middle.1 * self.up.1;
        let rise = self.dip_deg.to_radians().tan();
        let count = ((high - low) * rise / (STRIP_DEPTH_SHARE * self.depth_m)).ceil().max(1.0);
        let strip = |n: usize| {
            let at = |n: f64| low + (high - low) * n / count;
            let depth_m = self.depth_m - (at(n as f64 + 0.5) - middle_up) * rise;
            // From that of the lower edge over the general one to that of the upper edge.
            let share = 2.0 * (at(n as f64 + 0.5) - all_low) / (all_high - all_low);
            let tan_beta =
                if share < 1.0 { lower + (mean - lower) * share } else { mean + (upper - mean) * (share - 1.0) };
            (inner.between(self.up, (at(n as f64), at(n as f64 + 1.0))), depth_m / tan_beta)
        };
        (0..count as usize).map(strip).collect()
    }

    /// A strip as the face extracts it.
    ///
    /// - `span`: direction of the advance, and from where to where the whole panel reaches along it.
    fn in_steps(&self, (strip, radius_m): (Outline, f64), span: Option<(Point, (f64, f64))>) -> Vec<Source> {
        let cot = if self.is_level() { 0.0 } else { 1.0 / self.theta0_deg.to_radians().tan() };
        let lean = [self.up.0 * cot, self.up.1 * cot];
        let depth_m = self.depths_m();
        let on_surface = |at: Point| {
            let down_m = if cot == 0.0 { 0.0 } else { depth_m(at) * cot };
            (at.0 - self.up.0 * down_m, at.1 - self.up.1 * down_m)
        };
        let form = |outline: &Outline| Form::Level { outline: outline.mapped(on_surface), radius_m, lean };
        let Some((advance, (from, to))) = span else {
            return vec![Source { form: form(&strip), mined_yr: self.mined.map(|mined| mined.end_yr) }];
        };
        let step = |(begin, end, mined_yr): (f64, f64, f64)| {
            let part = strip.between(advance, (from + (to - from) * begin, from + (to - from) * end));
            (part.area_m2() > 0.0).then(|| Source { form: form(&part), mined_yr: Some(mined_yr) })
        };
        self.steps().into_iter().filter_map(step).collect()
    }

    /// Steps of a face that advances: shares of its way at their begin and end, and when they end [yr].
    fn steps(&self) -> Vec<(f64, f64, f64)> {
        let Some(Mined { start_yr, end_yr, .. }) = self.mined else { return Vec::new() };
        let count = ((end_yr - start_yr) * STEPS_PER_YEAR).round().clamp(1.0, MOST_STEPS);
        let at = |n: f64| n / count;
        (0..count as usize)
            .map(|n| (at(n as f64), at(n as f64 + 1.0), start_yr + (end_yr - start_yr) * at(n as f64 + 1.0)))
            .collect()
    }

    /// The panel as rectangles of the closed form, one a step of the face, which goes along the nearer of their sides.
    ///
    /// Source: code of 2017, app. 2; the lower edge of the computed panel lies s₁ cos α up the dip from the panel's and H₁ cot θ₀
    /// down the dip.
    fn rectangles(&self) -> Option<Vec<Source>> {
        let [down, up, left, right] = self.offsets_m;
        let dip = self.dip_deg.to_radians();
        let strike = self.strike();
        let ((west, east), (low, high)) = (self.outline.span(strike), self.outline.span(self.up));
        let width_m = (high - low) / dip.cos();
        let length_m = east - west - left - right;
        let inner_m = width_m - down - up;
        if length_m <= 0.0 || inner_m <= 0.0 {
            return None;
        }
        let computed_m = computed_width_m(inner_m, self.theta0_deg, self.dip_deg);
        let half_m = width_m / 2.0 * dip.sin();
        let [mean, lower, upper] = self.tan_beta;
        let radii_m = [self.depth_m / mean, (self.depth_m + half_m) / lower, (self.depth_m - half_m) / upper];
        let x = west + left;
        let y = low + down * dip.cos() - (self.depth_m + half_m) / self.theta0_deg.to_radians().tan();
        let part = |(x0, x1): (f64, f64), (y0, y1): (f64, f64), mined_yr: Option<f64>| {
            let radius_at = |share: f64| radii_m[1] + (radii_m[2] - radii_m[1]) * share;
            let rectangle = Rectangle {
                full_subsidence_m: 1.0,
                displacement_factor: self.displacement_factor,
                radii_m: [radii_m[0], radius_at(y0), radius_at(y1)],
                size_m: (length_m * (x1 - x0), computed_m * (y1 - y0)),
                theta0_deg: self.theta0_deg,
            };
            let (along, across) = (x + length_m * x0, y + computed_m * y0);
            let corner = (strike.0 * along + self.up.0 * across, strike.1 * along + self.up.1 * across);
            Source { form: Form::Inclined { rectangle, corner, strike }, mined_yr }
        };
        let Some(advance) = self.mined.and_then(|mined| mined.advance) else {
            return Some(vec![part((0.0, 1.0), (0.0, 1.0), self.mined.map(|mined| mined.end_yr))]);
        };
        let along = advance.0 * strike.0 + advance.1 * strike.1;
        let across = advance.0 * self.up.0 + advance.1 * self.up.1;
        let steps = self.steps().into_iter().map(|(begin, end, mined_yr)| {
            let forwards = |is: bool| if is { (begin, end) } else { (1.0 - end, 1.0 - begin) };
            if along.abs() >= across.abs() {
                part(forwards(along > 0.0), (0.0, 1.0), Some(mined_yr))
            } else {
                part((0.0, 1.0), forwards(across > 0.0), Some(mined_yr))
            }
        });
        Some(steps.collect())
    }

    /// Share of the full residual settlement that has happened, by an exponential pace from the end of active movement on.
    ///
    /// Source: `tests/vectors/a_subsidence.json`, `residual`.
    pub fn residual_share(&self, mined_yr: f64, at_yr: f64) -> f64 {
        let since_yr = (at_yr - mined_yr - self.active_yr).max(0.0);
        -(-self.residual_per_yr * since_yr).exp_m1()
    }

    /// How fast residual settlement goes on [1/yr].
    pub fn residual_rate_per_yr(&self, mined_yr: f64, at_yr: f64) -> f64 {
        let since_yr = at_yr - mined_yr - self.active_yr;
        if since_yr < 0.0 { 0.0 } else { self.residual_per_yr * (-self.residual_per_yr * since_yr).exp() }
    }
}

impl Form {
    /// What it makes of the ground at a point, over a full subsidence of 1.
    ///
    /// - `displacement_factor`: b of the panel.
    pub fn at(&self, displacement_factor: f64, (x, y): Point) -> Deformation {
        match self {
            Self::Level { outline, radius_m, lean } => {
                let influence = Influence { full_subsidence_m: 1.0, radius_m: *radius_m, displacement_factor };
                Trough::new(outline, influence).at(x, y).leaning(*lean)
            }
            Self::Inclined { rectangle, corner, strike } => {
                let from = (x - corner.0, y - corner.1);
                let own = rectangle.at(from.0 * strike.0 + from.1 * strike.1, from.1 * strike.0 - from.0 * strike.1);
                own.turned(*strike)
            }
        }
    }

    /// The rectangle within which it is felt: subsidence elsewhere is below 10⁻¹² of the full one.
    pub fn reach(&self) -> Option<Extent> {
        match self {
            Self::Level { outline, radius_m, .. } => {
                let reach_m = REACH_RADII * radius_m;
                Some(outline.extent()?.grown(reach_m, reach_m))
            }
            Self::Inclined { rectangle, corner, strike } => {
                let (length_m, width_m) = rectangle.size_m;
                let at =
                    |x: f64, y: f64| (corner.0 + strike.0 * x - strike.1 * y, corner.1 + strike.1 * x + strike.0 * y);
                let corners = [at(0.0, 0.0), at(length_m, 0.0), at(length_m, width_m), at(0.0, width_m)];
                let reach_m = REACH_RADII * rectangle.radii_m.into_iter().fold(0.0, f64::max);
                Some(Extent::around(corners)?.grown(reach_m, reach_m))
            }
        }
    }

    /// The same with the radius of influence in another proportion: tan β as it may as well be.
    #[must_use]
    pub fn with_radius(&self, ratio: f64) -> Self {
        let mut form = self.clone();
        match &mut form {
            Self::Level { radius_m, .. } => *radius_m *= ratio,
            Self::Inclined { rectangle, .. } => rectangle.radii_m.iter_mut().for_each(|radius_m| *radius_m *= ratio),
        }
        form
    }
}
