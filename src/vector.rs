//! Vector layers at the edge: shapes in the grid's coordinates.

pub mod gdal;

use crate::grid::Extent;
use crate::kernels::nearest_segment::Segment;

/// What a shape consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ShapeKind {
    /// Single points.
    Points,
    /// Lines.
    Lines,
    /// Rings of polygons, holes included; inside by the even–odd rule.
    Polygons,
}

/// A feature's geometry in the grid's coordinates.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// What its parts are.
    pub kind: ShapeKind,
    /// Points, lines or rings.
    pub parts: Vec<Vec<(f64, f64)>>,
}

impl Shape {
    /// The straight pieces of the shape; a point is a piece of no length.
    pub fn segments(&self) -> impl Iterator<Item = Segment> {
        self.parts.iter().flat_map(|part| {
            let single = if part.len() == 1 || self.kind == ShapeKind::Points { &part[..] } else { &[] };
            let pieces = if single.is_empty() { &part[..] } else { &[] };
            let closing = match (self.kind, part.first(), part.last()) {
                (ShapeKind::Polygons, Some(&first), Some(&last)) if first != last => Some([last, first]),
                _ => None,
            };
            let along = pieces.windows(2).map(|pair| [pair[0], pair[1]]);
            single.iter().map(|&point| [point, point]).chain(along).chain(closing)
        })
    }
}

/// Shapes of a layer, each with the rectangle around it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ShapeSet {
    shapes: Vec<(Extent, Shape)>,
}

impl ShapeSet {
    /// Keeps the shapes that have a vertex.
    pub fn new(shapes: impl IntoIterator<Item = Shape>) -> Self {
        let bounded = |shape: Shape| Some((Extent::around(shape.parts.iter().flatten().copied())?, shape));
        Self { shapes: shapes.into_iter().filter_map(bounded).collect() }
    }

    /// The shapes whose rectangle meets another.
    pub fn near(&self, extent: Extent) -> impl Iterator<Item = &Shape> {
        self.shapes.iter().filter(move |(bounds, _)| bounds.meets(&extent)).map(|(_, shape)| shape)
    }

    /// The extent of all shapes; `None` without any.
    pub fn extent(&self) -> Option<Extent> {
        self.shapes.iter().map(|(bounds, _)| *bounds).reduce(Extent::joined)
    }

    /// Whether there is no shape.
    pub fn is_empty(&self) -> bool {
        self.shapes.is_empty()
    }

    /// Whether some shape has an inside.
    pub fn has_polygons(&self) -> bool {
        self.shapes.iter().any(|(_, shape)| shape.kind == ShapeKind::Polygons)
    }
}

/// A feature with the attributes asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Number of the feature in the layer, from 1, after the filter.
    pub number: usize,
    /// Values of the fields asked for, in their order; `None` = null.
    pub fields: Vec<Option<String>>,
    /// Its geometry; several where it mixes points, lines and polygons.
    pub shapes: Vec<Shape>,
}
