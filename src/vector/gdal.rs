//! The only place that speaks to OGR.

pub mod write;

use std::path::PathBuf;

use gdal::Dataset;
use gdal::vector::{Feature, Geometry, Layer, LayerAccess};
use gdal_sys::OGRwkbGeometryType as Wkb;

use super::{Record, Shape, ShapeKind};
use crate::fault::{Fault, Result, suggestion};
use crate::grid::{Crs, CrsKind, Extent, Grid, Window};
use crate::project::VectorSpec;
use crate::project::file::Access;
use crate::raster::gdal::crs::{self, Transform};
use crate::raster::gdal::guard;
use crate::raster::gdal::open::{self, Content};

/// What a vector layer holds.
#[derive(Debug, Clone)]
pub struct LayerInfo {
    /// Its system.
    pub crs: Crs,
    /// Features after the attribute filter.
    pub features: usize,
    /// Whether any of its geometries may have an inside.
    pub has_polygons: bool,
    /// Names of its fields.
    pub fields: Vec<String>,
    /// Files it consists of.
    pub files: Vec<PathBuf>,
}

/// A vector layer, open on the run's grid. For one thread at a time.
pub struct VectorReader {
    dataset: Dataset,
    spec: VectorSpec,
    to_grid: Transform,
    from_grid: Transform,
    grid: Grid,
}

// SAFETY: dataset and transforms belong to one reader, which is used by one thread at a time; GDAL and PROJ allow such
// objects to move between threads.
unsafe impl Send for VectorReader {}

/// Opens the one layer a spec names and sets its attribute filter.
fn layer<'a>(dataset: &'a Dataset, spec: &VectorSpec) -> Result<Layer<'a>> {
    let place = spec.path.display().to_string();
    let names: Vec<String> = dataset.layers().map(|layer| layer.name()).collect();
    let mut layer = match &spec.layer {
        Some(name) => dataset.layer_by_name(name).map_err(|_| {
            let hint = suggestion(name, names.iter().map(String::as_str));
            Fault::input(place.clone(), format!("has no layer `{name}`")).hint(hint)
        })?,
        None if names.len() == 1 => guard::reading(&spec.path, || dataset.layer(0))?,
        None => {
            let what = format!("has {} layers ({})", names.len(), names.join(", "));
            return Err(Fault::input(place, what).hint("say which with `layer`").into());
        }
    };
    if let Some(filter) = &spec.filter {
        guard::reading(&spec.path, || layer.set_attribute_filter(filter)).map_err(|faults| {
            let said = faults.list().first().map(|fault| fault.what.clone()).unwrap_or_default();
            let hint = format!("its fields: {}", field_names(&layer).join(", "));
            Fault::input(place, format!("`where` \"{filter}\" is not understood: {said}")).hint(hint)
        })?;
    }
    Ok(layer)
}

fn field_names(layer: &Layer<'_>) -> Vec<String> {
    layer.defn().fields().map(|field| field.name()).collect()
}

/// Looks at a layer without reading its features' vertices.
///
/// # Errors
/// If the file, the layer, the filter or the coordinate system is not usable.
pub fn layer_info(spec: &VectorSpec, access: Access) -> Result<LayerInfo> {
    let dataset = open::open(&spec.path, Content::Vector, access)?;
    let mut layer = layer(&dataset, spec)?;
    let place = spec.path.display().to_string();
    let reference = layer.spatial_ref().ok_or_else(|| {
        let hint = "say which it is: ogr2ogr -a_srs EPSG:… OUT IN";
        Fault::input(place.clone(), "has no coordinate reference system").hint(hint)
    })?;
    let crs = crs::describe(&reference, &place)?;
    let fields = field_names(&layer);
    let mut features = 0;
    let mut has_polygons = false;
    for feature in layer.features() {
        features += 1;
        has_polygons |= feature.geometry().is_some_and(is_polygonal);
    }
    Ok(LayerInfo { crs, features, has_polygons, fields, files: open::files_of(&dataset, &spec.path) })
}

fn flat_type(geometry: &Geometry) -> Wkb::Type {
    gdal::vector::geometry_type_flatten(geometry.geometry_type())
}

fn is_polygonal(geometry: &Geometry) -> bool {
    match flat_type(geometry) {
        Wkb::wkbPolygon | Wkb::wkbMultiPolygon => true,
        Wkb::wkbGeometryCollection => (0..geometry.geometry_count()).any(|i| is_polygonal(&geometry.get_geometry(i))),
        _ => false,
    }
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
        })
    }

    /// Features whose bounding box comes within `reach_m` of a window, with their ids in the file.
    ///
    /// # Errors
    /// If the layer cannot be read, or a geometry has no usable coordinates.
    pub fn features(&self, window: Window, reach_m: f64) -> Result<Vec<(u64, Vec<Shape>)>> {
        let mut layer = layer(&self.dataset, &self.spec)?;
        if let Some(near) = self.search_box(window, reach_m) {
            layer.set_spatial_filter_rect(near.x_min, near.y_min, near.x_max, near.y_max);
        }
        let found = layer.features().enumerate();
        found.map(|(i, feature)| Ok((fid(&feature, i + 1), self.shapes_of(&feature, i + 1)?))).collect()
    }

    /// All features with the values of some fields.
    ///
    /// # Errors
    /// If the layer cannot be read, lacks a field, or a geometry has no usable coordinates.
    pub fn records(&self, fields: &[&str]) -> Result<Vec<Record>> {
        let mut layer = layer(&self.dataset, &self.spec)?;
        let names = field_names(&layer);
        for field in fields {
            if !names.iter().any(|name| name == field) {
                let hint = suggestion(field, names.iter().map(String::as_str));
                let place = self.spec.path.display().to_string();
                return Err(Fault::input(place, format!("has no field `{field}`")).hint(hint).into());
            }
        }
        let mut records = Vec::new();
        for (i, feature) in layer.features().enumerate() {
            let number = i + 1;
            let mut values = Vec::new();
            for field in fields {
                values.push(guard::reading(&self.spec.path, || feature.field_as_string(feature.field_index(field)?))?);
            }
            let shapes = self.shapes_of(&feature, number)?;
            records.push(Record { number, fid: fid(&feature, number), fields: values, shapes });
        }
        Ok(records)
    }

    /// The rectangle, in the layer's own system, that holds everything within reach of a window; `None` where it
    /// cannot be told and everything must be looked at.
    fn search_box(&self, window: Window, reach_m: f64) -> Option<Extent> {
        let margin = self.grid.margin(reach_m.max(1.0));
        let extent = self.grid.extent_of(window.padded(margin));
        if self.grid.crs.kind == CrsKind::Geographic && (extent.x_min < -180.0 || extent.x_max > 180.0) {
            return None;
        }
        let near = self.from_grid.extent(extent).ok()?;
        // The image of a rectangle is followed along its edges only: a hundredth more covers the bulge between them.
        let (dx, dy) = ((near.x_max - near.x_min) * 0.01, (near.y_max - near.y_min) * 0.01);
        let usable = near.x_min <= near.x_max && dx.is_finite() && dy.is_finite();
        usable.then_some(Extent {
            x_min: near.x_min - dx,
            y_min: near.y_min - dy,
            x_max: near.x_max + dx,
            y_max: near.y_max + dy,
        })
    }

    /// A feature's shapes in the grid's coordinates. All its vertices are carried over together, so that they come
    /// out the same whatever window asks for them.
    fn shapes_of(&self, feature: &Feature<'_>, number: usize) -> Result<Vec<Shape>> {
        let place = format!("{}: feature {number}", self.spec.path.display());
        let Some(geometry) = feature.geometry() else { return Ok(Vec::new()) };
        let mut shapes = Vec::new();
        collect(geometry, &mut shapes).map_err(|what| {
            Fault::input(place.clone(), what).hint("convert it: ogr2ogr -nlt CONVERT_TO_LINEAR OUT IN")
        })?;
        let vertices = || shapes.iter().flat_map(|shape: &Shape| &shape.parts).flatten();
        let (mut xs, mut ys): (Vec<f64>, Vec<f64>) = vertices().copied().unzip();
        if xs.iter().chain(&ys).any(|value| !value.is_finite()) {
            return Err(Fault::input(place, "has a coordinate that is no number").into());
        }
        self.to_grid.points(&mut xs, &mut ys)?;
        if xs.iter().chain(&ys).any(|value| !value.is_finite()) {
            let what = format!("lies where {} has no coordinates", self.grid.crs.label);
            return Err(Fault::input(place, what).hint("leave it out with `where`").into());
        }
        self.unwrap_longitudes(&mut xs);
        let mut carried = xs.into_iter().zip(ys);
        for vertex in shapes.iter_mut().flat_map(|shape| &mut shape.parts).flatten() {
            if let Some(point) = carried.next() {
                *vertex = point;
            }
        }
        Ok(shapes)
    }

    /// Turns longitudes by whole turns so that a feature lies on the grid's side of the antimeridian.
    fn unwrap_longitudes(&self, xs: &mut [f64]) {
        if self.grid.crs.kind == CrsKind::Geographic && !xs.is_empty() {
            let extent = self.grid.extent();
            let middle = 0.5 * (extent.x_min + extent.x_max);
            let turns = ((middle - xs[0]) / 360.0).round();
            for x in xs {
                *x += 360.0 * turns;
            }
        }
    }
}

/// A feature's id in its file; its number where the format has none.
fn fid(feature: &Feature<'_>, number: usize) -> u64 {
    feature.fid().unwrap_or(number as u64)
}

/// Takes a geometry apart.
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
        _ => return Err(format!("is a {}, which has no straight pieces", geometry.geometry_name())),
    }
    Ok(())
}
