//! The panels of a project, read and carried to its grid.

use std::collections::BTreeMap;

use super::VectorLayer;
use crate::fault::{Fault, Result};
use crate::grid::{CrsKind, Grid};
use crate::layer::DEM;
use crate::panels::{self, Panels, Reading};
use crate::project::{InputSpec, Project};
use crate::raster::gdal::sample::Sampler;
use crate::subsidence::outline::Outline;

/// Lines of points along a panel's longer side at which its depth is looked up.
const LINES: usize = 12;

/// Reads the panels; `None` if the project has none, or they cannot be read.
pub fn panels(
    project: &Project,
    vectors: &BTreeMap<String, VectorLayer>,
    grid: &Grid,
    faults: &mut Vec<Fault>,
) -> Option<Panels> {
    let spec = project.subsidence.as_ref()?;
    let info = &vectors.get(&spec.panels)?.info;
    let Some(InputSpec::Vector(layer)) = project.inputs.get(&spec.panels) else { return None };
    if grid.crs.kind == CrsKind::Geographic {
        let what = "subsidence is reckoned in metres, and the run's grid counts in degrees";
        let hint = "choose a projected system for the grid, such as the UTM zone";
        faults.push(Fault::project(project.document.place("subsidence"), what).hint(hint));
        return None;
    }
    let maps = spec.seam_floor.as_ref().map(|floor| depth_maps(project, floor, grid)).transpose();
    let maps = maps.map_err(|more| faults.extend(more.into_list())).ok()?;
    let below = maps.map(|(ground, floor)| move |outline: &Outline| depth_below(outline, (&ground, &floor)));
    let reading = Reading {
        settings: &spec.settings,
        tables: &project.tables,
        depth_below: below.as_ref().map(|below| below as panels::DepthBelow<'_>),
    };
    panels::read(layer, project.access, (info, grid), &reading).map_err(|more| faults.extend(more.into_list())).ok()
}

/// Maps of the ground and of the seam's floor.
fn depth_maps(project: &Project, floor: &str, grid: &Grid) -> Result<(Sampler, Sampler)> {
    let map = |id: &str| match project.inputs.get(id) {
        Some(InputSpec::Raster(spec)) => Sampler::open(spec, project.access, &grid.crs),
        _ => Err(Fault::project("", format!("there is no raster input `{id}`")).into()),
    };
    Ok((map(DEM)?, map(floor)?))
}

/// Mean height of the ground above the seam's floor inside an outline [m]; `None` where one of the maps has a hole.
///
/// # Errors
/// If a map cannot be read.
pub fn depth_below(outline: &Outline, (ground, floor): (&Sampler, &Sampler)) -> Result<Option<f64>> {
    let Some(extent) = outline.extent() else { return Ok(None) };
    let step = (extent.x_max - extent.x_min).max(extent.y_max - extent.y_min) / LINES as f64;
    let line = |from: f64, to: f64| {
        let count = ((to - from) / step).ceil().max(1.0);
        (0..count as usize).map(move |n| from + (to - from) * (n as f64 + 0.5) / count)
    };
    let points = line(extent.x_min, extent.x_max)
        .flat_map(|x| line(extent.y_min, extent.y_max).map(move |y| (x, y)))
        .filter(|at| outline.contains(*at));
    let (mut sum, mut count) = (0.0, 0);
    for (x, y) in points.chain(outline.centroid()) {
        sum += ground.at(x, y)? - floor.at(x, y)?;
        count += 1;
    }
    let mean = sum / f64::from(count);
    Ok((!mean.is_nan()).then_some(mean))
}
