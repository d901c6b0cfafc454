//! The only place that speaks to OGR.

pub mod write;

use std::path::PathBuf;

use gdal::Dataset;
use gdal::vector::{Geometry, Layer, LayerAccess};
use gdal_sys::OGRwkbGeometryType as Wkb;

use super::{Record, Shape, ShapeKind};
use crate::fault::{Fault, Faults, Result, suggestion};
use crate::grid::{Crs, CrsKind, Extent, Grid};
use crate::project::VectorSpec;
use crate::project::file::Access;
use crate::raster::gdal::crs::{self, Transform};
use crate::raster::gdal::guard;
use crate::raster::gdal::open::{self, Content};

/// Share of a cell that an edge may be off when it is carried to the grid [1].
const EDGE_TOLERANCE: f64 = 1e-4;
/// Halvings of an edge at most.
const MOST_HALVINGS: usize = 14;
/// Degrees around a grid within which a shape on the other side of the antimeridian is shown too.
const BESIDE_DEG: f64 = 30.0;

/// What a vector layer is, without its features.
#[derive(Debug, Clone)]
pub struct LayerInfo {
    /// Its system.
    pub crs: Crs,
    /// Features after the attribute filter.
    pub features: usize,
    /// What the whole layer spans, in its own system; `None` without a feature.
    pub extent: Option<Extent>,
    /// Names of its fields.
    pub fields: Vec<String>,
    /// Files it consists of.
    pub files: Vec<PathBuf>,
}

/// A vector layer, open on the run's grid.
pub struct VectorReader {
    dataset: Dataset,
    spec: VectorSpec,
    to_grid: Transform,
    from_grid: Transform,
    grid: Grid,
    info: LayerInfo,
}

/// Opens the one layer a spec names.
fn layer<'a>(dataset: &'a Dataset, spec: &VectorSpec) -> Result<Layer<'a>> {
    let place = spec.path.display().to_string();
    let names: Vec<String> = dataset.layers().map(|layer| layer.name()).collect();
    match &spec.layer {
        Some(name) => dataset.layer_by_name(name).map_err(|_| {
            let hint = suggestion(name, names.iter().map(String::as_str));
            Fault::input(place, format!("has no layer `{name}`")).hint(hint).into()
        }),
        None if names.len() == 1 => guard::reading(&spec.path, || dataset.layer(0)),
        None => {
            let what = format!("has {} layers ({})", names.len(), names.join(", "));
            Err(Fault::input(place, what).hint("say which with `layer`").into())
        }
    }
}

/// Sets the attribute filter of a spec.
fn filtered<'a>(mut layer: Layer<'a>, spec: &VectorSpec) -> Result<Layer<'a>> {
    if let Some(filter) = &spec.filter {
        guard::reading(&spec.path, || layer.set_attribute_filter(filter)).map_err(|faults| {
            let said = faults.list().first().map(|fault| fault.what.clone()).unwrap_or_default();
            let hint = format!("its fields: {}", field_names(&layer).join(", "));
            let place = spec.path.display().to_string();
            Fault::input(place, format!("`where` \"{filter}\" is not understood: {said}")).hint(hint)
        })?;
    }
    Ok(layer)
}

fn field_names(layer: &Layer<'_>) -> Vec<String> {
    layer.defn().fields().map(|field| field.name()).collect()
}

/// Looks at a layer without reading its features.
///
/// # Errors
/// If the file, the layer, the filter or the coordinate system is not usable, or a field the project names is not there.
pub fn layer_info(spec: &VectorSpec, access: Access) -> Result<LayerInfo> {
    let dataset = open::open(&spec.path, Content::Vector, access)?;
    let layer = layer(&dataset, spec)?;
    let extent = whole_extent(&layer, spec)?;
    let layer = filtered(layer, spec)?;
    let place = spec.path.display().to_string();
    let reference = layer.spatial_ref().ok_or_else(|| {
        let hint = "say which it is: ogr2ogr -a_srs EPSG:… OUT IN";
        Fault::input(place.clone(), "has no coordinate reference system").hint(hint)
    })?;
    let crs = crs::describe(&reference, &place)?;
    let fields = field_names(&layer);
    let named = spec.id_field.iter().chain(&spec.hosting_mw_field);
    let lacking = named.filter(|field| !fields.contains(field)).map(|field| {
        let hint = suggestion(field, fields.iter().map(String::as_str));
        Fault::input(place.clone(), format!("has no field `{field}`")).hint(hint)
    });
    Faults::or(lacking.collect(), ())?;
    let features = guard::reading(&spec.path, || Ok(layer.feature_count()))? as usize;
    Ok(LayerInfo { crs, features, extent, fields, files: open::files_of(&dataset, &spec.path) })
}

/// What a layer spans before any filter.
fn whole_extent(layer: &Layer<'_>, spec: &VectorSpec) -> Result<Option<Extent>> {
    if guard::reading(&spec.path, || Ok(layer.feature_count()))? == 0 {
        return Ok(None);
    }
    // A layer whose features have no geometry spans nothing, which GDAL reports as a failure.
    let found = guard::reading(&spec.path, || layer.get_extent()).ok();
    Ok(found.map(|found| Extent { x_min: found.MinX, y_min: found.MinY, x_max: found.MaxX, y_max: found.MaxY }))
}

fn flat_type(geometry: &Geometry) -> Wkb::Type {
    gdal::vector::geometry_type_flatten(geometry.geometry_type())
}

impl VectorReader {
    /// Opens a layer.
    ///
    /// # Errors
    /// If it cannot be opened or carried to the grid's system.
    pub fn open(spec: &VectorSpec, access: Access, grid: &Grid, interest: Option<Extent>) -> Result<Self> {
        let info = layer_info(spec, access)?;
        Ok(Self {
            dataset: open::open(&spec.path, Content::Vector, access)?,
            spec: spec.clone(),
            to_grid: Transform::new(&info.crs, &grid.crs, interest)?,
            from_grid: Transform::new(&grid.crs, &info.crs, interest)?,
            grid: grid.clone(),
            info,
        })
    }

    /// Shapes of all features that come within `reach_m` of the grid.
    ///
    /// # Errors
    /// As [`Self::records`].
    pub fn shapes(&self, reach_m: f64) -> Result<Vec<Shape>> {
        let records = self.features(&[], self.search_box(reach_m))?;
        Ok(records.into_iter().flat_map(|record| record.shapes).collect())
    }

    /// All features with the values of some fields.
    ///
    /// # Errors
    /// If the layer cannot be read, or a geometry has no usable coordinates.
    pub fn records(&self, fields: &[&str]) -> Result<Vec<Record>> {
        self.features(fields, None)
    }

    fn features(&self, fields: &[&str], near: Option<Extent>) -> Result<Vec<Record>> {
        let mut layer = filtered(layer(&self.dataset, &self.spec)?, &self.spec)?;
        match near {
            Some(near) => layer.set_spatial_filter_rect(near.x_min, near.y_min, near.x_max, near.y_max),
            None => layer.clear_spatial_filter(),
        }
        // GDAL tells of a damaged file while the features go by: all of it is inside the guard, and what the geometries are
        // found to be is kept for after it.
        let read = guard::reading(&self.spec.path, || {
            let mut read = Vec::new();
            for (i, feature) in layer.features().enumerate() {
                let mut values = Vec::with_capacity(fields.len());
                for field in fields {
                    values.push(feature.field_as_string(feature.field_index(field)?)?);
                }
                let mut shapes = Vec::new();
                // A feature without geometry has a null pointer in the place of one.
                let geometry = feature.geometry().filter(|geometry| {
                    // SAFETY: the pointer is only looked at.
                    !unsafe { geometry.c_geometry() }.is_null()
                });
                let taken = geometry.map_or(Ok(()), |geometry| collect(geometry, &mut shapes));
                read.push((Record { number: i + 1, fields: values, shapes }, taken));
            }
            Ok(read)
        })?;
        let mut records = Vec::with_capacity(read.len());
        for (mut record, taken) in read {
            let place = format!("{}: feature {}", self.spec.path.display(), record.number);
            taken.map_err(|what| {
                Fault::input(place.clone(), what).hint("convert it: ogr2ogr -nlt CONVERT_TO_LINEAR OUT IN")
            })?;
            record.shapes = self.carried(record.shapes, &place)?;
            records.push(record);
        }
        Ok(records)
    }

    /// The rectangle, in the layer's own system, that holds everything within reach of the grid; `None` where it cannot be
    /// told and everything must be looked at.
    pub fn search_box(&self, reach_m: f64) -> Option<Extent> {
        let turned = |extent: Extent| extent.x_min < -180.0 || extent.x_max > 180.0;
        if self.info.crs.kind == CrsKind::Geographic && self.info.extent.is_some_and(turned) {
            // Longitudes from 0 to 360: the same places have other numbers.
            return None;
        }
        let extent = self.grid.extent_of(self.grid.window().padded(self.grid.margin(reach_m.max(1.0))));
        if self.grid.crs.kind == CrsKind::Geographic && turned(extent) {
            return None;
        }
        let near = self.from_grid.extent(extent).ok()?;
        // The image of a rectangle is followed along its edges only: a hundredth more covers the bulge between them.
        let (dx, dy) = ((near.x_max - near.x_min) * 0.01, (near.y_max - near.y_min) * 0.01);
        let usable = near.x_min <= near.x_max && dx.is_finite() && dy.is_finite();
        usable.then(|| near.grown(dx, dy))
    }

    /// Shapes in the grid's coordinates. Edges are straight in the layer's own system: where they are not on the grid, they
    /// get as many vertices as it takes.
    fn carried(&self, shapes: Vec<Shape>, place: &str) -> Result<Vec<Shape>> {
        let mut carried = Vec::with_capacity(shapes.len());
        for mut shape in shapes {
            if shape.parts.iter().flatten().any(|(x, y)| !(x.is_finite() && y.is_finite())) {
                return Err(Fault::input(place, "has a coordinate that is no number").into());
            }
            for part in &mut shape.parts {
                *part = if shape.kind == ShapeKind::Points { self.images(part)? } else { self.followed(part)? };
            }
            if shape.parts.iter().flatten().any(|(x, y)| !(x.is_finite() && y.is_finite())) {
                let what = format!("lies where {} has no coordinates", self.grid.crs.label);
                return Err(Fault::input(place, what).hint("leave it out with `where`, or cut it").into());
            }
            carried.extend(self.on_all_sides(shape));
        }
        Ok(carried)
    }

    fn images(&self, points: &[(f64, f64)]) -> Result<Vec<(f64, f64)>> {
        let (mut xs, mut ys): (Vec<f64>, Vec<f64>) = points.iter().copied().unzip();
        self.to_grid.points(&mut xs, &mut ys)?;
        Ok(xs.into_iter().zip(ys).collect())
    }

    /// A chain of edges in the grid's coordinates, edges halved until their middles lie where they should.
    fn followed(&self, part: &[(f64, f64)]) -> Result<Vec<(f64, f64)>> {
        let mut chain: Vec<((f64, f64), (f64, f64))> = part.iter().copied().zip(self.images(part)?).collect();
        if self.to_grid.is_identity() {
            return Ok(chain.into_iter().map(|(_, image)| image).collect());
        }
        let tolerance = EDGE_TOLERANCE * self.grid.cell_x.min(self.grid.cell_y);
        let half = |a: (f64, f64), b: (f64, f64)| (0.5 * (a.0 + b.0), 0.5 * (a.1 + b.1));
        for _ in 0..MOST_HALVINGS {
            let middles: Vec<(f64, f64)> = chain.windows(2).map(|edge| half(edge[0].0, edge[1].0)).collect();
            let images = self.images(&middles)?;
            let off = |i: usize| {
                let straight = half(chain[i].1, chain[i + 1].1);
                (images[i].0 - straight.0).hypot(images[i].1 - straight.1) > tolerance
            };
            let mut finer = Vec::with_capacity(chain.len() + middles.len());
            for (i, &vertex) in chain.iter().enumerate() {
                finer.push(vertex);
                if i < middles.len() && off(i) {
                    finer.push((middles[i], images[i]));
                }
            }
            if finer.len() == chain.len() {
                break;
            }
            chain = finer;
        }
        Ok(chain.into_iter().map(|(_, image)| image).collect())
    }

    /// A shape as the grid sees it: on a grid in degrees, a whole turn east or west where that is nearer.
    fn on_all_sides(&self, shape: Shape) -> Vec<Shape> {
        let bounds = Extent::around(shape.parts.iter().flatten().copied());
        let (Some(bounds), CrsKind::Geographic) = (bounds, self.grid.crs.kind) else { return vec![shape] };
        let around = self.grid.extent().grown(BESIDE_DEG, f64::INFINITY);
        let turns = [-360.0, 0.0, 360.0].into_iter().filter(|turn| bounds.moved(*turn).meets(&around));
        let moved = |turn: f64| {
            let mut moved = shape.clone();
            moved.parts.iter_mut().flatten().for_each(|vertex| vertex.0 += turn);
            moved
        };
        let seen: Vec<Shape> = turns.map(moved).collect();
        if seen.is_empty() { vec![shape] } else { seen }
    }
}

/// Takes a geometry apart; arcs become short straight pieces.
fn collect(geometry: &Geometry, shapes: &mut Vec<Shape>) -> std::result::Result<(), String> {
    let points = |geometry: &Geometry| {
        let mut points = Vec::new();
        geometry.get_points(&mut points);
        points.into_iter().map(|(x, y, _)| (x, y)).collect::<Vec<_>>()
    };
    let children = || (0..geometry.geometry_count()).map(|i| geometry.get_geometry(i));
    match flat_type(geometry) {
        _ if geometry.is_empty() => {}
        Wkb::wkbPoint => shapes.push(Shape { kind: ShapeKind::Points, parts: vec![points(geometry)] }),
        Wkb::wkbLineString => shapes.push(Shape { kind: ShapeKind::Lines, parts: vec![points(geometry)] }),
        Wkb::wkbPolygon => {
            let parts = children().map(|ring| points(&ring)).collect();
            shapes.push(Shape { kind: ShapeKind::Polygons, parts });
        }
        Wkb::wkbMultiPoint | Wkb::wkbMultiLineString | Wkb::wkbMultiPolygon | Wkb::wkbGeometryCollection => {
            for child in children() {
                collect(&child, shapes)?;
            }
        }
        Wkb::wkbCircularString
        | Wkb::wkbCompoundCurve
        | Wkb::wkbCurvePolygon
        | Wkb::wkbMultiCurve
        | Wkb::wkbMultiSurface => collect(&straightened(geometry)?, shapes)?,
        _ => return Err(format!("is a {}, which has no straight pieces", geometry.geometry_name())),
    }
    Ok(())
}

/// A geometry with its arcs as chains of short edges, at most 4 degrees of arc each.
fn straightened(geometry: &Geometry) -> std::result::Result<Geometry, String> {
    // SAFETY: GDAL makes a new geometry of one that lives; its WKB is copied before it is destroyed.
    let wkb = unsafe {
        let linear = gdal_sys::OGR_G_GetLinearGeometry(geometry.c_geometry(), 0.0, std::ptr::null_mut());
        if linear.is_null() {
            return Err(format!("is a {} that cannot be straightened", geometry.geometry_name()));
        }
        let mut bytes = vec![0_u8; gdal_sys::OGR_G_WkbSize(linear) as usize];
        gdal_sys::OGR_G_ExportToIsoWkb(linear, gdal_sys::OGRwkbByteOrder::wkbNDR, bytes.as_mut_ptr());
        gdal_sys::OGR_G_DestroyGeometry(linear);
        bytes
    };
    Geometry::from_wkb(&wkb).map_err(|error| error.to_string())
}
