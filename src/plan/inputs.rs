//! Looking at every input, and finding how it lies to the grid.

use std::collections::BTreeMap;

use super::{InputFile, VectorLayer};
use crate::fault::{Fault, Faults, Result};
use crate::grid::{Extent, Grid};
use crate::layer::{DEM, LayerName};
use crate::project::{InputSpec, Project, RasterSpec};
use crate::raster::gdal::crs::Transform;
use crate::raster::gdal::open::{self, BandInfo};
use crate::raster::gdal::read::{self, Placed};
use crate::resource;
use crate::rule::{Condition, Rule, Verb};
use crate::vector::ShapeSet;
use crate::vector::gdal::{self as vector, LayerInfo, VectorReader};

/// What the inputs turned out to be.
#[derive(Default)]
pub struct Found {
    rasters: BTreeMap<String, BandInfo>,
    vectors: BTreeMap<String, LayerInfo>,
    notes: Vec<String>,
}

/// Inputs and how they lie to the grid.
#[derive(Default)]
pub struct PlacedInputs {
    pub rasters: BTreeMap<String, Placed>,
    pub vectors: BTreeMap<String, VectorLayer>,
    pub files: Vec<InputFile>,
    pub notes: Vec<String>,
}

/// Opens every input once.
pub fn probe(project: &Project, faults: &mut Vec<Fault>) -> Found {
    let mut found = Found::default();
    for (id, input) in &project.inputs {
        match input {
            InputSpec::Raster(spec) => match open::band_info(&spec.path, spec.band, project.access) {
                Ok(info) => {
                    found.rasters.insert(id.clone(), info);
                }
                Err(more) => faults.extend(more.into_list()),
            },
            InputSpec::Vector(spec) => match vector::layer_info(spec, project.access) {
                Ok(info) => {
                    found.vectors.insert(id.clone(), info);
                }
                Err(more) => faults.extend(more.into_list()),
            },
            InputSpec::Weather(spec) => match resource::located(spec) {
                Ok((weather, _)) => {
                    found.notes.extend(weather.notes.iter().map(|note| format!("input `{id}`: {note}")));
                }
                Err(more) => faults.extend(more.into_list()),
            },
            InputSpec::MonthlyGhi(_) | InputSpec::ClearSky(_) => {}
        }
    }
    found
}

/// Faults of rules that ask a layer without polygons for an inside.
fn askable(project: &Project, id: &str, layer: &VectorLayer) -> Vec<Fault> {
    if layer.shapes.is_empty() || layer.shapes.has_polygons() {
        return Vec::new();
    }
    let asks = |rule: &Rule| rule.layer == LayerName::Input(id.to_owned()) && rule.condition == Condition::Inside;
    let needs_polygons = |rule: &Rule| asks(rule) && (rule.buffer_m == 0.0 || rule.verb == Verb::Keep);
    let rules = project.rules.iter().enumerate().filter(|(_, rule)| needs_polygons(rule));
    rules
        .map(|(i, rule)| {
            let what = format!("rule `{}` asks for the inside of `{id}`, which has no polygons", rule.id);
            let place = project.document.place(&format!("exclusion.{i}"));
            let hint = match rule.verb {
                Verb::Keep => "points and lines contain no cell centre: say keep = { nearer = { m = … } }",
                _ => "points and lines contain no cell centre: add buffer_m, or say nearer",
            };
            Fault::project(place, what).hint(hint)
        })
        .collect()
}

/// How far from the grid anything looks at the shapes of a vector input [m].
fn reach_m(project: &Project, id: &str) -> f64 {
    let layers = [LayerName::Input(id.to_owned()), LayerName::DistanceTo(id.to_owned())];
    let rules = project.rules.iter().filter(|rule| layers.contains(&rule.layer));
    let by_rules = rules.map(|rule| rule.condition.reach_m() + rule.buffer_m).fold(0.0, f64::max);
    by_rules + project.distance_cap_m(id)
}

/// Takes a vector layer in; without any feature it is worth a note.
fn take_in(
    project: &Project,
    (id, info): (&str, LayerInfo),
    (grid, lonlat): (&Grid, Extent),
    placed: &mut PlacedInputs,
) -> Result<()> {
    let Some(InputSpec::Vector(spec)) = project.inputs.get(id) else { return Ok(()) };
    if info.features == 0 {
        let path = spec.path.display();
        placed.notes.push(match &spec.filter {
            Some(filter) => format!("input `{id}`: no feature of {path} passes `where` \"{filter}\""),
            None => format!("input `{id}`: {path} has no feature"),
        });
    }
    let reach_m = reach_m(project, id);
    let reader = VectorReader::open(spec, project.access, grid, Some(lonlat))?;
    let shapes = ShapeSet::new(reader.shapes(reach_m)?);
    let layer = VectorLayer { info, shapes };
    let mut faults = askable(project, id, &layer);
    let beyond = grid.extent_of(grid.window().padded(grid.margin(reach_m)));
    if layer.info.features > 0 && layer.shapes.near(beyond).next().is_none() {
        // Sites may be connected to substations however far away, and troughs reach beyond their panels.
        let is_panels = project.subsidence.as_ref().is_some_and(|spec| spec.panels == id);
        let misses =
            if is_panels || project.substations() == Some(id) { None } else { misses(&layer.info, &reader, reach_m) };
        match misses {
            Some(what) => {
                let hint = "check its system and the order of its coordinates; remove the input if nothing is meant to be here";
                faults.push(Fault::input(spec.path.display().to_string(), what).hint(hint));
            }
            None => placed.notes.push(format!("input `{id}`: none of its features lies within reach of the grid")),
        }
    }
    placed.vectors.insert(id.to_owned(), layer);
    Faults::or(faults, ())
}

/// What to say of a layer that lies wholly beyond the reach of the grid; `None` if it does not.
fn misses(info: &LayerInfo, reader: &VectorReader, reach_m: f64) -> Option<String> {
    let (theirs, ours) = (info.extent?, reader.search_box(reach_m)?);
    (!theirs.meets(&ours)).then(|| {
        format!("lies beyond the reach of the run's grid: at {theirs}, the grid at {ours} in {}", info.crs.label)
    })
}

/// Finds how the inputs lie to the grid.
pub fn place(
    project: &Project,
    found: Found,
    (grid, lonlat): (&Grid, Extent),
    faults: &mut Vec<Fault>,
) -> PlacedInputs {
    let mut placed = PlacedInputs { notes: found.notes, ..PlacedInputs::default() };
    let mut add = |id: &str, paths: &[std::path::PathBuf]| {
        placed.files.extend(paths.iter().map(|path| InputFile::new(id, path)));
    };
    for (id, input) in &project.inputs {
        if let InputSpec::Weather(spec) = input {
            add(id, std::slice::from_ref(&spec.path));
        }
    }
    for (id, info) in &found.vectors {
        add(id, &info.files);
    }
    for (id, info) in &found.rasters {
        add(id, &info.files);
    }
    for (id, info) in found.rasters {
        let Some(InputSpec::Raster(spec)) = project.inputs.get(&id) else { continue };
        if let Some(fault) = misses_grid(spec, &info, grid) {
            faults.push(fault);
            continue;
        }
        if id == DEM {
            faults.extend(info.in_metres(&spec.path.display().to_string()));
        }
        match read::align(spec, &info, grid, Some(lonlat)) {
            Ok(alignment) => {
                placed.rasters.insert(id, Placed { info, alignment, interest: Some(lonlat) });
            }
            Err(more) => faults.extend(more.into_list()),
        }
    }
    for layer in found.vectors {
        let taken = take_in(project, (&layer.0, layer.1), (grid, lonlat), &mut placed);
        faults.extend(taken.err().into_iter().flat_map(Faults::into_list));
    }
    placed
}

/// A fault if a raster covers no part of the grid.
fn misses_grid(spec: &RasterSpec, info: &BandInfo, grid: &Grid) -> Option<Fault> {
    let extent = info.extent();
    let (ours, theirs) = (grid.extent(), Transform::new(&info.crs, &grid.crs, None).ok()?.extent(extent).ok()?);
    let apart = theirs.x_max <= ours.x_min
        || theirs.x_min >= ours.x_max
        || theirs.y_max <= ours.y_min
        || theirs.y_min >= ours.y_max;
    apart.then(|| {
        let what =
            format!("covers no cell of the run's grid: it lies at {theirs}, the grid at {ours} in {}", grid.crs.label);
        Fault::input(spec.path.display().to_string(), what).hint("check its system, and the grid's extent")
    })
}
