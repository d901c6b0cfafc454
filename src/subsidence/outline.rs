//! Outlines of panels: moved, cut and turned.

mod overlay;

use crate::grid::Extent;

/// A vertex, in metres of the map.
pub type Point = (f64, f64);

/// Rings without their closing vertex; what was extracted lies on the left of every edge, so that rings around it run
/// counter-clockwise and those around holes clockwise.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outline {
    rings: Vec<Vec<Point>>,
}

/// Cosine of the angle between edges that still counts as right.
const RIGHT_ANGLE: f64 = 2e-3;
/// Sine of the turn at a vertex below which the edges are one.
const STRAIGHT: f64 = 1e-9;

impl Outline {
    /// The outline of a polygon: its outer ring and its holes, in either direction, closed or not.
    pub fn polygon(exterior: &[Point], holes: &[Vec<Point>]) -> Self {
        let rings = std::iter::once((exterior, false)).chain(holes.iter().map(|hole| (&hole[..], true)));
        let turned = |(ring, is_hole): (&[Point], bool)| {
            let mut ring = open(ring);
            if (doubled_area(&ring) < 0.0) != is_hole {
                ring.reverse();
            }
            ring
        };
        Self { rings: rings.map(turned).filter(|ring| ring.len() > 2).collect() }
    }

    /// Several outlines as one.
    pub fn joined(all: impl IntoIterator<Item = Self>) -> Self {
        Self { rings: all.into_iter().flat_map(|one| one.rings).collect() }
    }

    /// Its edges, each from its start to its end.
    pub fn edges(&self) -> impl Iterator<Item = (Point, Point)> {
        self.rings.iter().flat_map(|ring| ring.iter().copied().zip(ring.iter().copied().cycle().skip(1)))
    }

    /// Its area [m²], holes taken off.
    pub fn area_m2(&self) -> f64 {
        self.rings.iter().map(|ring| doubled_area(ring)).sum::<f64>() / 2.0
    }

    /// Its centre of gravity; `None` without an area.
    ///
    /// Source: P. Bourke, "Calculating the area and centroid of a polygon", 1988.
    pub fn centroid(&self) -> Option<Point> {
        let origin = *self.rings.first()?.first()?;
        let (mut x, mut y, mut doubled) = (0.0, 0.0, 0.0);
        for (a, b) in self.edges() {
            let (a, b) = ((a.0 - origin.0, a.1 - origin.1), (b.0 - origin.0, b.1 - origin.1));
            let cross = a.0 * b.1 - b.0 * a.1;
            doubled += cross;
            x += (a.0 + b.0) * cross;
            y += (a.1 + b.1) * cross;
        }
        (doubled > 0.0).then(|| (origin.0 + x / (3.0 * doubled), origin.1 + y / (3.0 * doubled)))
    }

    /// Whether a point lies inside, by the even–odd rule.
    pub fn contains(&self, (x, y): Point) -> bool {
        let crosses =
            |(a, b): &(Point, Point)| (a.1 > y) != (b.1 > y) && x < (b.0 - a.0) * (y - a.1) / (b.1 - a.1) + a.0;
        self.edges().filter(crosses).count() % 2 == 1
    }

    /// The rectangle around it; `None` without a vertex.
    pub fn extent(&self) -> Option<Extent> {
        Extent::around(self.rings.iter().flatten().copied())
    }

    /// The smallest and the largest coordinate along a direction.
    pub fn span(&self, direction: Point) -> (f64, f64) {
        let along = self.rings.iter().flatten().map(|&at| dot(at, direction));
        along.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), at| (least.min(at), most.max(at)))
    }

    /// The outline with every vertex carried elsewhere, by a map that keeps what is left on the left.
    #[must_use]
    pub fn mapped(&self, to: impl Fn(Point) -> Point) -> Self {
        Self { rings: self.rings.iter().map(|ring| ring.iter().map(|&at| to(at)).collect()).collect() }
    }

    /// The part between two coordinates along a direction. Edges along the cuts may lie on each other; integrals along them
    /// cancel.
    ///
    /// Source: I. E. Sutherland, G. W. Hodgman, "Reentrant polygon clipping", Commun. ACM 17, 1974.
    #[must_use]
    pub fn between(&self, direction: Point, (from, to): (f64, f64)) -> Self {
        let above = |ring: &Vec<Point>| clipped(ring, |at| dot(at, direction) - from);
        let below = |ring: Vec<Point>| clipped(&ring, |at| to - dot(at, direction));
        Self { rings: self.rings.iter().map(above).map(below).filter(|ring| ring.len() > 2).collect() }
    }

    /// Whether it is one rectangle with sides along a direction and across it.
    pub fn is_rectangle_along(&self, direction: Point) -> bool {
        let [ring] = &self.rings[..] else { return false };
        let ring = without_straight(ring);
        let sides = ring.iter().zip(ring.iter().cycle().skip(1));
        let is_along = |(a, b): (&Point, &Point)| {
            let side = unit((b.0 - a.0, b.1 - a.1));
            dot(side, direction).abs() < RIGHT_ANGLE || cross(side, direction).abs() < RIGHT_ANGLE
        };
        ring.len() == 4 && sides.into_iter().all(is_along)
    }

    /// Whether it crosses nothing, its holes lie inside it, and its parts do not overlap.
    pub fn is_plain(&self) -> bool {
        overlay::is_plain(&self.rings)
    }

    /// The outline with every edge moved towards what was extracted; `None` if nothing is left. What is narrower than the offsets of
    /// its sides falls away, and what was one part may become several.
    ///
    /// Where that makes edges cross, it is the outline less the strips that the edges pass over.
    ///
    /// - `offset_m`: by how much, of the unit vector that points out of the panel across an edge.
    pub fn moved_inwards(&self, offset_m: impl Fn(Point) -> f64) -> Option<Self> {
        let lines: Vec<Vec<MovedEdge>> = self.rings.iter().map(|ring| moved_edges(ring, &offset_m)).collect();
        let shrunk: Option<Vec<Vec<Point>>> = lines.iter().map(|lines| without_turned(lines.clone())).collect();
        // Nearly always the edges that are left make an outline as they are, exact to the last digit.
        let whole = shrunk.map(|rings| Self { rings });
        if let Some(whole) = whole.filter(|whole| whole.keeps_directions(self) && whole.is_plain()) {
            return Some(whole);
        }
        if lines.iter().flatten().any(|edge| edge.inwards_m < 0.0) {
            return None;
        }
        let passed: Vec<Vec<Point>> = lines.iter().flat_map(|edges| strips(edges)).collect();
        let left = overlay::without(&self.rings, passed);
        (left.area_m2() > 0.0).then_some(left)
    }

    /// Whether every ring runs as that of another outline does.
    fn keeps_directions(&self, other: &Self) -> bool {
        let mut pairs = self.rings.iter().zip(&other.rings);
        pairs.all(|(a, b)| (doubled_area(a) > 0.0) == (doubled_area(b) > 0.0))
    }
}

/// The point at which two lines meet, each given by a point and a direction.
fn meeting((a, along): (Point, Point), (b, other): (Point, Point)) -> Option<Point> {
    let sine = cross(along, other);
    let reach = cross((b.0 - a.0, b.1 - a.1), other) / sine;
    (sine.abs() > STRAIGHT).then_some((a.0 + along.0 * reach, a.1 + along.1 * reach))
}

/// A moved edge: a point on it, its direction, and the length it had.
#[derive(Debug, Clone, Copy)]
struct MovedEdge {
    on: Point,
    along: Point,
    length_m: f64,
    /// How far it has moved [m].
    inwards_m: f64,
}

/// What edges pass over as they move: a strip each, and between two that turn away from each other the corner they leave open.
fn strips(edges: &[MovedEdge]) -> Vec<Vec<Point>> {
    let count = edges.len();
    let moved = |at: Point, edge: &MovedEdge, back_m: f64| (at.0 + edge.along.1 * back_m, at.1 - edge.along.0 * back_m);
    let mut strips = Vec::new();
    for (i, edge) in edges.iter().enumerate() {
        let end = (edge.on.0 + edge.along.0 * edge.length_m, edge.on.1 + edge.along.1 * edge.length_m);
        let (from, to) = (moved(edge.on, edge, edge.inwards_m), moved(end, edge, edge.inwards_m));
        strips.push(vec![from, to, end, edge.on]);
        let next = &edges[(i + 1) % count];
        if cross(edge.along, next.along) < 0.0 {
            strips.push(vec![to, end, corner(*edge, *next), next.on]);
        }
    }
    strips
}

fn moved_edges(ring: &[Point], offset_m: impl Fn(Point) -> f64) -> Vec<MovedEdge> {
    let ring = without_straight(ring);
    let moved = |(a, b): (&Point, &Point)| {
        let along = unit((b.0 - a.0, b.1 - a.1));
        let outwards = (along.1, -along.0);
        let inwards_m = offset_m(outwards);
        let on = (a.0 - outwards.0 * inwards_m, a.1 - outwards.1 * inwards_m);
        MovedEdge { on, along, length_m: (b.0 - a.0).hypot(b.1 - a.1), inwards_m }
    };
    ring.iter().zip(ring.iter().cycle().skip(1)).map(moved).collect()
}

/// The corner before an edge; where neighbours do not meet, as they run back on themselves, the edge's own beginning.
fn corner(before: MovedEdge, edge: MovedEdge) -> Point {
    meeting((before.on, before.along), (edge.on, edge.along)).unwrap_or(edge.on)
}

fn corners(edges: &[MovedEdge]) -> Vec<Point> {
    let count = edges.len();
    (0..count).map(|i| corner(edges[(i + count - 1) % count], edges[i])).collect()
}

/// Corners of the edges that still run as they did, those that have shrunk to nothing left out, the shortest first; `None` if too
/// few are left.
fn without_turned(mut edges: Vec<MovedEdge>) -> Option<Vec<Point>> {
    loop {
        if edges.len() < 3 {
            return None;
        }
        let vertices = corners(&edges);
        // An edge that points backwards has shrunk to nothing and turned around.
        let is_turned = |&i: &usize| {
            let (start, end) = (vertices[i], vertices[(i + 1) % edges.len()]);
            dot((end.0 - start.0, end.1 - start.1), edges[i].along) < 0.0
        };
        let turned = (0..edges.len()).filter(is_turned);
        match turned.min_by(|&a, &b| edges[a].length_m.total_cmp(&edges[b].length_m)) {
            None => return Some(vertices),
            Some(edge) => {
                edges.remove(edge);
            }
        }
    }
}

/// A ring without its closing vertex and without repeated ones.
fn open(ring: &[Point]) -> Vec<Point> {
    let mut ring = ring.to_vec();
    ring.dedup();
    while ring.len() > 1 && ring.first() == ring.last() {
        ring.pop();
    }
    ring
}

/// A ring without the vertices at which it does not turn.
fn without_straight(ring: &[Point]) -> Vec<Point> {
    let count = ring.len();
    let turns = |i: usize| {
        let (before, at, after) = (ring[(i + count - 1) % count], ring[i], ring[(i + 1) % count]);
        let (come, go) = (unit((at.0 - before.0, at.1 - before.1)), unit((after.0 - at.0, after.1 - at.1)));
        cross(come, go).abs() > STRAIGHT || dot(come, go) < 0.0
    };
    (0..count).filter(|&i| turns(i)).map(|i| ring[i]).collect()
}

/// The part of a ring on which a linear function is not negative.
fn clipped(ring: &[Point], height: impl Fn(Point) -> f64) -> Vec<Point> {
    let mut kept = Vec::with_capacity(ring.len() + 2);
    for (&a, &b) in ring.iter().zip(ring.iter().cycle().skip(1)) {
        let (from, to) = (height(a), height(b));
        if from >= 0.0 {
            kept.push(a);
        }
        if (from < 0.0) != (to < 0.0) {
            let share = from / (from - to);
            kept.push((a.0 + (b.0 - a.0) * share, a.1 + (b.1 - a.1) * share));
        }
    }
    kept
}

/// Twice the area of a ring, negative if it is clockwise.
fn doubled_area(ring: &[Point]) -> f64 {
    // From the first vertex: coordinates of maps are large.
    let (x, y) = ring.first().copied().unwrap_or_default();
    let ends = ring.iter().cycle().skip(1);
    ring.iter().zip(ends).map(|(a, b)| (a.0 - x) * (b.1 - y) - (b.0 - x) * (a.1 - y)).sum()
}

fn dot(a: Point, b: Point) -> f64 {
    a.0 * b.0 + a.1 * b.1
}

fn cross(a: Point, b: Point) -> f64 {
    a.0 * b.1 - a.1 * b.0
}

fn unit(of: Point) -> Point {
    let length = of.0.hypot(of.1);
    (of.0 / length, of.1 / length)
}
