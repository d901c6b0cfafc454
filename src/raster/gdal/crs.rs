//! Coordinate reference systems, and points carried from one to another.

use std::path::Path;

use gdal::spatial_ref::{AxisMappingStrategy, CoordTransform, CoordTransformOptions, SpatialRef};

use super::guard;
use crate::fault::{Fault, Kind, Result};
use crate::grid::ellipsoid::Ellipsoid;
use crate::grid::{Crs, CrsKind, Extent, Grid};

/// WGS 84 longitude and latitude, the system of all GeoJSON.
const WGS84: &str = "EPSG:4326";
/// Points along each edge when a rectangle is carried to another system.
const EDGE_POINTS: i32 = 41;
/// A projection may change areas by this share before it is refused [1].
pub const LARGEST_AREA_DISTORTION: f64 = 0.01;

/// Resolves a system written in a project: `EPSG:<n>`, WKT or PROJJSON. Anything else GDAL could take (names, URLs,
/// files) is refused.
///
/// # Errors
/// If it is none of these, or neither projected nor geographic.
pub fn resolve(text: &str, place: &str) -> Result<Crs> {
    guard::setup();
    let trimmed = text.trim();
    let code = trimmed.to_uppercase().strip_prefix("EPSG:").and_then(|code| code.parse::<u32>().ok());
    let written_out = trimmed.starts_with('{') || (trimmed.contains('[') && trimmed.ends_with(']'));
    let reference = match code {
        Some(code) => guard::reading(Path::new(place), || SpatialRef::from_epsg(code)),
        None if written_out => guard::reading(Path::new(place), || SpatialRef::from_definition(trimmed)),
        None => Err(Fault::project(place, "neither EPSG:<n>, WKT nor PROJJSON").into()),
    };
    let reference = reference.map_err(|faults| {
        let said = faults.list().first().map(|fault| fault.what.clone()).unwrap_or_default();
        Fault::project(place, format!("`{text}` is not a known coordinate reference system: {said}"))
    })?;
    describe(&reference, place)
}

/// The description of a system GDAL has read.
///
/// # Errors
/// If it is neither projected nor geographic.
pub fn describe(reference: &SpatialRef, place: &str) -> Result<Crs> {
    let refuse = |what: String, hint: &str| Fault::input(place, what).hint(hint).into();
    let name = reference.name().unwrap_or_else(|| "unnamed".to_owned());
    let label = reference.authority().unwrap_or_else(|_| name.clone());
    let wkt = guard::reading(Path::new(place), || reference.to_wkt())?;
    let (kind, unit) = if reference.is_geographic() {
        (CrsKind::Geographic, reference.angular_units().to_degrees())
    } else if reference.is_projected() {
        (CrsKind::Projected, reference.linear_units())
    } else {
        return Err(refuse(format!("{label} is neither projected nor geographic"), "assign the true system"));
    };
    let (a, b) = (reference.semi_major().unwrap_or(0.0), reference.semi_minor().unwrap_or(0.0));
    let ellipsoid =
        if a > 0.0 && b > 0.0 { Ellipsoid { semi_major_m: a, flattening: (a - b) / a } } else { Ellipsoid::WGS84 };
    Ok(Crs { label, wkt, kind, unit, ellipsoid })
}

/// A fault unless a grid can lie in a system: its cells are measured in metres or degrees.
///
/// # Errors
/// If its coordinates are in another unit.
pub fn fit_for_grid(crs: &Crs, place: &str) -> Result<()> {
    if (crs.unit - 1.0).abs() < 1e-9 {
        return Ok(());
    }
    let unit = if crs.kind == CrsKind::Projected { "metres" } else { "degrees" };
    let what = format!("{} counts in units of {:.6} {unit}, not in {unit}", crs.label, crs.unit);
    Err(Fault::project(place, what).hint(format!("a grid needs a system in {unit}; inputs may lie in any")).into())
}

/// Whether a system is the Mercator projection of web maps, whose lengths and areas are wrong nearly everywhere.
pub fn is_web_mercator(crs: &Crs) -> bool {
    ["Popular Visualisation Pseudo", "+proj=merc +a=6378137 +b=6378137"].iter().any(|sign| crs.wkt.contains(sign))
}

/// GDAL's object for a system, with coordinates in the order (x, y).
pub(crate) fn spatial_ref(crs: &Crs) -> Result<SpatialRef> {
    let mut reference = guard::reading(Path::new(&crs.label), || SpatialRef::from_wkt(&crs.wkt))?;
    reference.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
    Ok(reference)
}

/// Whether two systems are the same but for the order of their axes.
pub(crate) fn same(a: &Crs, b: &Crs) -> Result<bool> {
    Ok(a.wkt == b.wkt || spatial_ref(a)? == spatial_ref(b)?)
}

/// Carries points from one system to another. Not to be shared between threads.
pub struct Transform {
    inner: Option<CoordTransform>,
    place: String,
}

// SAFETY: a transformation is used by one thread at a time (it is not `Sync`); GDAL takes PROJ's context of the thread that
// calls it, so it may move between threads.
unsafe impl Send for Transform {}

impl Transform {
    /// From one system to another; the area of interest, in degrees, makes PROJ choose one operation for all points.
    ///
    /// # Errors
    /// If PROJ knows no way between them.
    pub fn new(from: &Crs, to: &Crs, interest: Option<Extent>) -> Result<Self> {
        let place = format!("{} to {}", from.label, to.label);
        if same(from, to)? {
            return Ok(Self { inner: None, place });
        }
        let (source, target) = (spatial_ref(from)?, spatial_ref(to)?);
        let inner = guard::reading(Path::new(&place), || {
            let mut options = CoordTransformOptions::new()?;
            if let Some(area) = interest {
                options.set_area_of_interest(area.x_min, area.y_min, area.x_max, area.y_max)?;
            }
            CoordTransform::new_with_options(&source, &target, &options)
        })?;
        Ok(Self { inner: Some(inner), place })
    }

    /// Whether points stay where they are.
    pub fn is_identity(&self) -> bool {
        self.inner.is_none()
    }

    /// To WGS 84 longitude and latitude.
    ///
    /// # Errors
    /// If PROJ knows no way.
    pub fn to_wgs84(from: &Crs) -> Result<Self> {
        Self::new(from, &resolve(WGS84, WGS84)?, None)
    }

    /// Carries points in place; a point that cannot be carried becomes infinite.
    ///
    /// # Errors
    /// If no point can be carried.
    pub fn points(&self, xs: &mut [f64], ys: &mut [f64]) -> Result<()> {
        let Some(inner) = &self.inner else { return Ok(()) };
        // Single points outside the system's domain come back as infinities; only a total failure is an error.
        let (result, some_finite) = {
            let result = guard::reading(Path::new(&self.place), || inner.transform_coords(xs, ys, &mut []));
            (result, xs.iter().chain(ys.iter()).any(|value| value.is_finite()))
        };
        if some_finite || xs.is_empty() { Ok(()) } else { result }
    }

    /// Carries one point; `None` where it cannot be carried.
    pub fn point(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        let (mut xs, mut ys) = ([x], [y]);
        self.points(&mut xs, &mut ys).ok()?;
        (xs[0].is_finite() && ys[0].is_finite()).then_some((xs[0], ys[0]))
    }

    /// The rectangle around the image of a rectangle, edges followed.
    ///
    /// # Errors
    /// If it cannot be carried.
    pub fn extent(&self, extent: Extent) -> Result<Extent> {
        let Some(inner) = &self.inner else { return Ok(extent) };
        let bounds = [extent.x_min, extent.y_min, extent.x_max, extent.y_max];
        let carried = guard::reading(Path::new(&self.place), || inner.transform_bounds(&bounds, EDGE_POINTS));
        let [x_min, y_min, x_max, y_max] = carried.map_err(|faults| {
            let said = faults.list().first().map(|fault| fault.what.clone()).unwrap_or_default();
            Fault::new(Kind::Project, &self.place, format!("the extent cannot be carried over: {said}"))
        })?;
        Ok(Extent { x_min, y_min, x_max, y_max })
    }
}

/// The grid's extent in WGS 84 degrees.
///
/// # Errors
/// If the grid reaches beyond what its system can describe.
pub fn lonlat_extent(grid: &Grid) -> Result<Extent> {
    Transform::to_wgs84(&grid.crs)?.extent(grid.extent())
}

/// The largest relative error of the map's cell area against the ellipsoid's, over the grid [1]; 0 in degrees.
///
/// # Errors
/// If the grid cannot be carried to degrees.
pub fn area_distortion(grid: &Grid) -> Result<f64> {
    if grid.crs.kind == CrsKind::Geographic {
        return Ok(0.0);
    }
    let transform = Transform::to_wgs84(&grid.crs)?;
    let ellipsoid = grid.crs.ellipsoid;
    let extent = grid.extent();
    let step_m = 100.0;
    let mut worst: f64 = 0.0;
    for i in 0..=8 {
        for j in 0..=8 {
            let x = extent.x_min + (extent.x_max - extent.x_min) * f64::from(i) / 8.0;
            let y = extent.y_min + (extent.y_max - extent.y_min) * f64::from(j) / 8.0;
            let (mut xs, mut ys) = ([x, x + step_m, x], [y, y, y + step_m]);
            transform.points(&mut xs, &mut ys)?;
            let origin = (xs[0], ys[0]);
            let (ex, ey) = ellipsoid.near_offset_m(origin, (xs[1], ys[1]));
            let (nx, ny) = ellipsoid.near_offset_m(origin, (xs[2], ys[2]));
            let true_m2 = (ex * ny - ey * nx).abs();
            worst = worst.max((step_m * step_m / true_m2 - 1.0).abs());
        }
    }
    // A point the system cannot describe is as distorted as can be.
    Ok(if worst.is_nan() { f64::INFINITY } else { worst })
}
