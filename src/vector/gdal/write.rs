//! Writing vector layers, for the demo regions.

use std::path::Path;

use gdal::DriverManager;
use gdal::vector::{Defn, Feature, FieldDefn, FieldValue, Geometry, LayerOptions};
use gdal_sys::{OGRFieldType, OGRwkbGeometryType as Wkb};

use crate::fault::{Fault, Result};
use crate::grid::Crs;
use crate::project::VectorSpec;
use crate::project::file::Access;
use crate::raster::gdal::{crs, guard};
use crate::vector::{Shape, ShapeKind};

/// The value of a field.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Words.
    Text(String),
    /// A number with decimals.
    Real(f64),
    /// A whole number.
    Integer(i32),
}

/// A layer to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct OutLayer {
    /// Its name.
    pub name: String,
    /// Names of its fields.
    pub fields: Vec<String>,
    /// Geometry and field values of each feature; all of one kind.
    pub features: Vec<(Shape, Vec<Value>)>,
}

/// Writes a layer as GeoJSON or GeoPackage, by the ending of the path, and counts what is read back.
///
/// # Errors
/// If it cannot be written, or features are missing when it is read back.
pub fn write_layer(path: &Path, crs: &Crs, layer: &OutLayer) -> Result<()> {
    let reference = crs::spatial_ref(crs)?;
    let is_json = path.extension().is_some_and(|ending| ending == "geojson");
    let driver = if is_json { "GeoJSON" } else { "GPKG" };
    guard::writing(path, || {
        let mut dataset = DriverManager::get_driver_by_name(driver)?.create_vector_only(path)?;
        let options: &[&str] = if is_json { &["RFC7946=YES"] } else { &["SPATIAL_INDEX=YES"] };
        let out = dataset.create_layer(LayerOptions {
            name: &layer.name,
            srs: Some(&reference),
            ty: layer.features.first().map_or(Wkb::wkbUnknown, |(shape, _)| wkb(shape)),
            options: Some(options),
        })?;
        for (name, value) in layer.fields.iter().zip(layer.features.first().map_or(&[][..], |(_, values)| values)) {
            let kind = match value {
                Value::Text(_) => OGRFieldType::OFTString,
                Value::Real(_) => OGRFieldType::OFTReal,
                Value::Integer(_) => OGRFieldType::OFTInteger,
            };
            FieldDefn::new(name, kind)?.add_to_layer(&out)?;
        }
        let definition = Defn::from_layer(&out);
        for (shape, values) in &layer.features {
            let mut feature = Feature::new(&definition)?;
            feature.set_geometry(geometry(shape)?)?;
            for (i, value) in values.iter().enumerate() {
                let value = match value {
                    Value::Text(text) => FieldValue::StringValue(text.clone()),
                    Value::Real(number) => FieldValue::RealValue(*number),
                    Value::Integer(number) => FieldValue::IntegerValue(*number),
                };
                feature.set_field(i, &value)?;
            }
            feature.create(&out)?;
        }
        dataset.flush_cache()?;
        dataset.close()
    })?;
    let spec = VectorSpec { path: path.to_owned(), ..VectorSpec::default() };
    let found = super::layer_info(&spec, Access::default())?.features;
    if found == layer.features.len() {
        Ok(())
    } else {
        let what = format!("{found} of {} features were read back", layer.features.len());
        Err(Fault::output(path.display().to_string(), what).hint("is the disk full, or failing?").into())
    }
}

fn wkb(shape: &Shape) -> Wkb::Type {
    match shape.kind {
        ShapeKind::Points => Wkb::wkbPoint,
        ShapeKind::Lines => Wkb::wkbLineString,
        ShapeKind::Polygons => Wkb::wkbPolygon,
    }
}

fn geometry(shape: &Shape) -> gdal::errors::Result<Geometry> {
    let mut geometry = Geometry::empty(wkb(shape))?;
    if shape.kind == ShapeKind::Polygons {
        for part in &shape.parts {
            let mut ring = Geometry::empty(Wkb::wkbLinearRing)?;
            for &point in part.iter().chain(part.first()) {
                ring.add_point_2d(point);
            }
            geometry.add_geometry(ring)?;
        }
    } else {
        for &point in shape.parts.iter().flatten() {
            geometry.add_point_2d(point);
        }
    }
    Ok(geometry)
}
