//! Grid, regions and substations.

use std::collections::BTreeMap;

use super::Substation;
use crate::fault::{Fault, Result};
use crate::grid::{Crs, CrsKind, Extent, Grid};
use crate::project::file::GridTable;
use crate::project::{InputSpec, Project, VectorSpec};
use crate::raster::gdal::crs::{self, LARGEST_AREA_DISTORTION};
use crate::raster::gdal::open;
use crate::vector::gdal::{LayerInfo, VectorReader, layer_info};
use crate::vector::{Record, ShapeKind, ShapeSet};

/// Cells a grid may have along one side.
const LARGEST_SIDE: f64 = 1_000_000.0;
/// Longitudes of a grid in degrees lie within this, so that it may cross the antimeridian on either side [°].
const LARGEST_LONGITUDE_DEG: f64 = 540.0;
/// A side of the extent may miss a whole number of cells by this share of one.
const SNAP: f64 = 1e-6;

/// The grid of a project, with its extent in degrees.
pub fn grid(project: &Project, faults: &mut Vec<Fault>) -> Option<(Grid, Extent)> {
    let table = project.grid.as_ref()?;
    let made = if table.like.is_some() { like(project, table).map(Some) } else { stated(project, table) };
    let fitting = made.and_then(|grid| match grid {
        Some(grid) => fits_earth(project, table, &grid).map(|lonlat| Some((grid, lonlat))),
        None => Ok(None),
    });
    fitting.unwrap_or_else(|more| {
        faults.extend(more.into_list());
        None
    })
}

/// Whole numbers of cells along the sides of an extent.
fn counted(place: &str, cols: f64, rows: f64) -> Result<(usize, usize)> {
    let (cols, rows) = (cols.round() + 0.0, rows.round() + 0.0);
    if [cols, rows].iter().all(|cells| (1.0..=LARGEST_SIDE).contains(cells)) {
        return Ok((cols as usize, rows as usize));
    }
    let shown = |cells: f64| if cells < 1e15 { cells.to_string() } else { format!("{cells:.0e}") };
    let what = format!("the extent is {} by {} cells; each side takes 1 to {LARGEST_SIDE}", shown(cols), shown(rows));
    Err(Fault::project(place, what).hint("is the extent in the grid's own units?").into())
}

/// A fault if a grid in degrees leaves the earth; its outermost cells may reach over the poles.
///
/// # Errors
/// If it does; it tells longitudes and latitudes.
pub fn within_degrees(grid: &Grid, place: &str) -> Result<()> {
    let Extent { x_min, y_min, x_max, y_max } = grid.extent();
    let slack = |cell: f64| cell * (1.0 + SNAP);
    let over_poles = y_max > 90.0 + slack(grid.cell_y) || y_min < -90.0 - slack(grid.cell_y);
    let around = x_max - x_min > 360.0 + slack(grid.cell_x);
    if over_poles || around || x_min < -LARGEST_LONGITUDE_DEG || x_max > LARGEST_LONGITUDE_DEG {
        let what = format!("longitudes {x_min} to {x_max} and latitudes {y_min} to {y_max} are not on earth");
        return Err(Fault::project(place, what).hint("check the extent: is it in degrees?").into());
    }
    Ok(())
}

/// A fault unless the grid's system describes its extent, without distorting areas.
fn fits_earth(project: &Project, table: &GridTable, grid: &Grid) -> Result<Extent> {
    let place = project.document.place("grid");
    crs::fit_for_grid(&grid.crs, &place)?;
    if grid.crs.kind == CrsKind::Geographic {
        within_degrees(grid, &place)?;
    }
    let lonlat = crs::lonlat_extent(grid).map_err(|faults| {
        let said = faults.list().first().map(|fault| fault.what.clone()).unwrap_or_default();
        Fault::project(&place, said).hint("check the extent: is it in the grid's own units?")
    })?;
    if !table.allow_area_distortion {
        if crs::is_web_mercator(&grid.crs) {
            let what =
                format!("{} is the projection of web maps, whose areas and lengths are not true", grid.crs.label);
            let hint = "choose a local or equal-area system, or set allow_area_distortion = true";
            return Err(Fault::project(place, what).hint(hint).into());
        }
        let distortion = crs::area_distortion(grid)?;
        if distortion > LARGEST_AREA_DISTORTION {
            let percent =
                if distortion.is_finite() { format!("{:.1} %", distortion * 100.0) } else { "beyond measure".into() };
            let what = format!("{} distorts areas here by {percent}, more than 1 %", grid.crs.label);
            let hint = "choose a local or equal-area system, or set allow_area_distortion = true";
            return Err(Fault::project(place, what).hint(hint).into());
        }
    }
    Ok(lonlat)
}

/// The grid of a raster file, cut to the stated extent.
fn like(project: &Project, table: &GridTable) -> Result<Grid> {
    let path = project.dir().join(table.like.as_deref().unwrap_or_default());
    let info = open::band_info(&path, 1, project.access)?;
    let place = path.display().to_string();
    let whole = info.grid(&place)?;
    let (x0, dx, y0, dy) = (whole.x_min, whole.cell_x, whole.y_max, -whole.cell_y);
    let Some([x_min, y_min, x_max, y_max]) = table.extent else {
        counted(&place, whole.cols as f64, whole.rows as f64)?;
        return Ok(whole);
    };
    // On the model's own lattice: the cells the extent touches.
    let col = ((x_min - x0) / dx + SNAP).floor();
    let row = ((y0 - y_max) / -dy + SNAP).floor();
    let col_end = ((x_max - x0) / dx - SNAP).ceil();
    let row_end = ((y0 - y_min) / -dy - SNAP).ceil();
    let (cols, rows) = counted(&project.document.place("grid.extent"), col_end - col, row_end - row)?;
    Ok(Grid { x_min: x0 + col * dx, y_max: y0 + row * dy, rows, cols, ..whole })
}

/// The grid of a stated system and cell size, over the stated extent or the regions; `None` where these have a fault that is
/// named already.
fn stated(project: &Project, table: &GridTable) -> Result<Option<Grid>> {
    let place = project.document.place("grid");
    let crs = crs::resolve(table.crs.as_deref().unwrap_or_default(), &project.document.place("grid.crs"))?;
    let cell = match (crs.kind, table.cell_size_m, table.cell_size_deg) {
        (CrsKind::Projected, Some(size), _) | (CrsKind::Geographic, _, Some(size)) => size,
        (CrsKind::Projected, None, _) => {
            let what = format!("{} counts in metres", crs.label);
            return Err(Fault::project(place, what).hint("write cell_size_m").into());
        }
        (CrsKind::Geographic, _, None) => {
            let what = format!("{} counts in degrees", crs.label);
            return Err(Fault::project(place, what).hint("write cell_size_deg").into());
        }
    };
    let extent = match table.extent {
        Some([x_min, y_min, x_max, y_max]) => Extent { x_min, y_min, x_max, y_max },
        None if project.region.is_none() && project.left_out.any("region") => return Ok(None),
        None => around_regions(project, &crs, cell)?,
    };
    let (cols, rows) = ((extent.x_max - extent.x_min) / cell, (extent.y_max - extent.y_min) / cell);
    for (cells, side) in [(cols, "width"), (rows, "height")] {
        if (cells - cells.round()).abs() > SNAP * cells.max(1.0) {
            let what = format!("the extent's {side} is {cells:.3} cells of {cell}, not a whole number");
            return Err(Fault::project(place, what).hint("change the extent or the cell size").into());
        }
    }
    let (cols, rows) = counted(&place, cols, rows)?;
    Ok(Some(Grid { crs, x_min: extent.x_min, y_max: extent.y_max, cell_x: cell, cell_y: cell, rows, cols }))
}

/// The regions' bounding box, grown to whole multiples of the cell size.
fn around_regions(project: &Project, crs: &Crs, cell: f64) -> Result<Extent> {
    let spec = region_spec(project).ok_or_else(|| {
        Fault::project(project.document.place("grid"), "neither the grid nor the regions give an extent")
    })?;
    // Any grid of the system will do to carry the shapes over.
    let probe = Grid { crs: crs.clone(), x_min: 0.0, y_max: 0.0, cell_x: cell, cell_y: cell, rows: 1, cols: 1 };
    let records = VectorReader::open(&spec, project.access, &probe, None)?.records(&[])?;
    let vertices = || records.iter().flat_map(|record| &record.shapes).flat_map(|shape| &shape.parts).flatten();
    let Some(mut extent) = Extent::around(vertices().copied()) else {
        return Err(Fault::input(spec.path.display().to_string(), "has no region with a geometry").into());
    };
    // Regions on both sides of the antimeridian are near to each other when the western hemisphere is counted on.
    let onward = vertices().map(|&(x, y)| (if x < 0.0 { x + 360.0 } else { x }, y));
    if let (CrsKind::Geographic, Some(onward)) = (crs.kind, Extent::around(onward))
        && onward.x_max - onward.x_min < extent.x_max - extent.x_min
    {
        extent = onward;
    }
    let down = |value: f64| (value / cell + SNAP).floor() * cell;
    let up = |value: f64| (value / cell - SNAP).ceil() * cell;
    Ok(Extent {
        x_min: down(extent.x_min),
        y_min: down(extent.y_min),
        x_max: up(extent.x_max),
        y_max: up(extent.y_max),
    })
}

/// The regions of a run.
pub struct Regions {
    pub layer: LayerInfo,
    pub ids: Vec<String>,
    pub shapes: Vec<(u16, ShapeSet)>,
}

impl Regions {
    /// An empty layer in the place of one that cannot be read.
    pub fn none(grid: &Grid) -> Self {
        let crs = grid.crs.clone();
        let layer = LayerInfo { crs, features: 0, extent: None, fields: Vec::new(), files: Vec::new() };
        Self { layer, ids: Vec::new(), shapes: Vec::new() }
    }
}

fn region_spec(project: &Project) -> Option<VectorSpec> {
    let table = project.region.as_ref()?;
    Some(VectorSpec {
        path: project.dir().join(&table.path),
        layer: table.layer.clone(),
        filter: table.filter.clone(),
        id_field: table.id_field.clone(),
        ..VectorSpec::default()
    })
}

/// Looks at the layer of the regions.
pub fn region_layer(project: &Project, faults: &mut Vec<Fault>) -> Option<LayerInfo> {
    let found = layer_info(&region_spec(project)?, project.access);
    found.map_err(|more| faults.extend(more.into_list())).ok()
}

/// Reads the regions: features with the same id are one region.
pub fn regions(
    project: &Project,
    layer: LayerInfo,
    (grid, lonlat): (&Grid, Extent),
    faults: &mut Vec<Fault>,
) -> Option<Regions> {
    let spec = region_spec(project)?;
    let fields: Vec<&str> = spec.id_field.iter().map(String::as_str).collect();
    let records = VectorReader::open(&spec, project.access, grid, Some(lonlat)).and_then(|open| open.records(&fields));
    match records {
        Ok(records) => Some(numbered(&spec, layer, (records, grid), faults)),
        Err(more) => {
            faults.extend(more.into_list());
            None
        }
    }
}

/// Gives every region its number, in the order in which ids appear.
fn numbered(
    spec: &VectorSpec,
    layer: LayerInfo,
    (records, grid): (Vec<Record>, &Grid),
    faults: &mut Vec<Fault>,
) -> Regions {
    let place = spec.path.display().to_string();
    let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
    let mut regions = Regions { layer, ids: Vec::new(), shapes: Vec::new() };
    let mut polygons = Vec::new();
    for record in &records {
        let id = match (spec.id_field.is_some(), record.fields.first()) {
            (false, _) => record.number.to_string(),
            (true, Some(Some(id))) if !id.is_empty() => id.clone(),
            (true, _) => {
                let what = format!("feature {} has no region id", record.number);
                faults.push(Fault::input(&place, what).hint("fill the id_field, or leave it out with `where`"));
                continue;
            }
        };
        let number = *numbers.entry(id.clone()).or_insert(regions.ids.len());
        if number == regions.ids.len() {
            regions.ids.push(id);
        }
        let inside = record.shapes.iter().filter(|shape| shape.kind == ShapeKind::Polygons);
        polygons.push((number as u16, ShapeSet::new(inside.cloned())));
    }
    faults.extend(regions.ids.iter().filter_map(|id| unfit_id(&place, id).or_else(|| wildcard(&place, id))));
    regions.shapes = polygons;
    faults.extend(region_faults(&place, &regions, grid));
    regions
}

/// A fault if an id cannot stand in a table: spreadsheets run cells that begin like a formula.
fn unfit_id(place: &str, id: &str) -> Option<Fault> {
    let unfit = id.starts_with(['=', '+', '-', '@']) || id.chars().any(char::is_control);
    unfit.then(|| {
        let what = format!("the id {id:?} begins like a formula or holds control characters");
        Fault::input(place, what).hint("spreadsheets would run it; use another id_field, or rename it")
    })
}

/// A fault if a region has the name that stands for all of them.
fn wildcard(place: &str, id: &str) -> Option<Fault> {
    (id == "*").then(|| {
        let hint = "use another id_field, or rename it";
        Fault::input(place, "a region has the id `*`, which stands for all regions").hint(hint)
    })
}

/// Faults of the regions as a whole.
fn region_faults(place: &str, regions: &Regions, grid: &Grid) -> Option<Fault> {
    if regions.ids.is_empty() {
        return Some(Fault::input(place, "has no region").hint("check `where`"));
    }
    if regions.ids.len() >= usize::from(u16::MAX) {
        let what = format!("has {} regions; at most 65 534 are possible", regions.ids.len());
        return Some(Fault::input(place, what));
    }
    if regions.shapes.iter().all(|(_, shapes)| shapes.is_empty()) {
        return Some(Fault::input(place, "has no polygons, so no cell lies in a region"));
    }
    let meets = regions.shapes.iter().any(|(_, shapes)| shapes.near(grid.extent()).next().is_some());
    (!meets).then(|| Fault::input(place, "no region lies on the run's grid").hint("check the grid's extent"))
}

/// Reads the substations, in order of their ids; `None` where they cannot be read.
pub fn substations(
    project: &Project,
    (grid, lonlat): (&Grid, Extent),
    faults: &mut Vec<Fault>,
) -> Option<Vec<Substation>> {
    let Some(InputSpec::Vector(spec)) = project.substations().and_then(|id| project.inputs.get(id)) else {
        return (!project.lacks_substations()).then(Vec::new);
    };
    // Whether the layer can be used at all is named already, with the other inputs.
    layer_info(spec, project.access).ok()?;
    read_substations(project, spec, grid, lonlat).map_err(|more| faults.extend(more.into_list())).ok()
}

fn read_substations(project: &Project, spec: &VectorSpec, grid: &Grid, lonlat: Extent) -> Result<Vec<Substation>> {
    let place = spec.path.display().to_string();
    let fields: Vec<&str> = spec.id_field.iter().chain(&spec.hosting_mw_field).map(String::as_str).collect();
    let records = VectorReader::open(spec, project.access, grid, Some(lonlat))?.records(&fields)?;
    let mut faults = Vec::new();
    let mut found = Vec::new();
    for record in records {
        if record.shapes.is_empty() {
            let what = format!("substation {} has no geometry", record.number);
            faults.push(Fault::input(&place, what).hint("give it one, or leave it out with `where`"));
            continue;
        }
        let mut fields = record.fields.into_iter();
        let id = match &spec.id_field {
            Some(_) => fields.next().flatten(),
            None => Some(record.number.to_string()),
        };
        let hosting = fields.next().flatten();
        let hosting_mw =
            hosting.as_ref().map(|text| text.parse::<f64>().ok().filter(|mw| mw.is_finite() && *mw >= 0.0));
        match (id, hosting_mw) {
            (None, _) => faults.push(Fault::input(&place, format!("substation {} has no id", record.number))),
            (Some(id), Some(None)) => {
                let what = format!("hosting capacity of `{id}` is `{}`", hosting.unwrap_or_default());
                faults.push(Fault::input(&place, what).hint("expected megawatts, zero or more"));
            }
            (Some(id), mw) => found.push(Substation { id, hosting_mw: mw.flatten(), shapes: record.shapes }),
        }
    }
    faults.extend(found.iter().filter_map(|substation: &Substation| unfit_id(&place, &substation.id)));
    found.sort_by(|a, b| a.id.cmp(&b.id));
    for pair in found.windows(2).filter(|pair| pair[0].id == pair[1].id) {
        faults.push(Fault::input(&place, format!("two substations have the id `{}`", pair[0].id)));
    }
    if found.is_empty() && faults.is_empty() {
        faults.push(Fault::input(&place, "has no substation to connect to"));
    }
    crate::fault::Faults::or(faults, found)
}
