//! Which layers a run writes.

use std::collections::{BTreeMap, BTreeSet};

use super::YieldSource;
use crate::fault::{Fault, suggestion};
use crate::grid::{Extent, Grid};
use crate::layer::{AVAILABLE, DEM, LayerName, MODES, REASONS, SUITABILITY, suitability};
use crate::project::{InputSpec, Project};
use crate::raster::gdal::crs::Transform;
use crate::raster::gdal::read::Placed;
use crate::subsidence::quantity::Quantity;

/// Whether there is an elevation model.
pub fn has_dem(project: &Project) -> bool {
    matches!(project.inputs.get(DEM), Some(InputSpec::Raster(_)))
}

/// Derived quantities of every run.
pub fn derived(project: &Project, yields: &BTreeMap<String, YieldSource>) -> Vec<LayerName> {
    let is_lit = yields.values().any(|source| matches!(source, YieldSource::Sun(_)));
    let has_dem = has_dem(project);
    let terrain = [LayerName::Elevation, LayerName::Slope, LayerName::Aspect];
    let sees = is_lit && project.file.terrain.azimuths > 0 && has_dem;
    let terrain = terrain.into_iter().filter(|_| has_dem).chain(sees.then_some(LayerName::SkyView));
    let yields = yields.keys().map(|layout| LayerName::Yield(layout.clone()));
    let crops: BTreeSet<&String> = project.economics.modes.iter().flat_map(|mode| &mode.crops).collect();
    let suits = crops.into_iter().filter(|id| project.economics.crops.contains_key(*id));
    let suits = suits.map(|crop| LayerName::Suits(crop.clone()));
    terrain.chain(yields).chain(suits).chain(mined(project).into_iter().map(LayerName::Mined)).collect()
}

/// What every run tells of mined-out land, and what else of it the project wants to be written.
fn mined(project: &Project) -> Vec<Quantity> {
    let Some(spec) = &project.subsidence else { return Vec::new() };
    let has_water = spec.groundwater.is_some();
    let is_seasonal = has_water && spec.settings.seasonal_m > 0.0;
    let is_dated = spec.settings.date.is_some();
    let has_samples = spec.settings.samples > 0;
    let told = |quantity: &Quantity| match quantity {
        Quantity::Subsidence
        | Quantity::Residual
        | Quantity::TiltMax
        | Quantity::DamageGrade
        | Quantity::Stability
        | Quantity::Decision
        | Quantity::OpenCracks => true,
        Quantity::Rate
        | Quantity::SubsidenceToCome
        | Quantity::TiltToCome
        | Quantity::CurvatureToCome
        | Quantity::StrainToCome
        | Quantity::Cause
        | Quantity::StableYear => is_dated,
        Quantity::Ponding => has_water,
        Quantity::PondingLow | Quantity::PondingHigh => is_seasonal,
        Quantity::DecisionProbability | Quantity::Probability(_) => has_samples,
        Quantity::InsarRate | Quantity::InsarDifference => !spec.velocities.is_empty(),
        _ => false,
    };
    let asked = |quantity: &Quantity| {
        project.file.output.layers.iter().flatten().any(|name| Quantity::parse(name) == Some(*quantity))
    };
    Quantity::all().filter(|quantity| told(quantity) || asked(quantity)).collect()
}

/// Whether a layer is to be written.
pub fn writes(project: &Project, layer: &str) -> bool {
    // One for every crop is many: sites have their means, and the layer is written where it is named.
    let is_for_crops = matches!(LayerName::parse(layer), LayerName::Suits(_));
    let Some(names) = &project.file.output.layers else { return !is_for_crops };
    let of_all_modes = layer.starts_with(SUITABILITY).then_some(SUITABILITY);
    names.iter().any(|name| name == layer || Some(name.as_str()) == of_all_modes)
}

/// Faults of names of layers that this project has not, among the derived ones and those of rules and scores.
pub fn check(project: &Project, derived: &[LayerName], faults: &mut Vec<Fault>) {
    // What was left out for a fault of its own may be what is named.
    if ["mode", "inputs", "criterion", "exclusion", "region_data"].iter().any(|list| project.left_out.any(list)) {
        return;
    }
    let mut known: Vec<String> = derived.iter().map(ToString::to_string).collect();
    known.retain(|name| *name != LayerName::Elevation.to_string());
    known.extend([AVAILABLE, REASONS, MODES].map(str::to_owned));
    if !project.criteria.is_empty() {
        known.push(SUITABILITY.to_owned());
        known.extend(project.economics.modes.iter().map(|mode| suitability(&mode.id)));
    }
    for (i, name) in project.file.output.layers.iter().flatten().enumerate() {
        if !known.contains(name) {
            let place = project.document.place(&format!("output.layers.{i}"));
            let hint = suggestion(name, known.iter().map(String::as_str));
            faults.push(Fault::project(place, format!("this project has no layer `{name}` to write")).hint(hint));
        }
    }
}

/// A note if the elevation model ends so near to the grid that skylines may lack what lies beyond it.
pub fn model_note(project: &Project, grid: &Grid, model: &Placed) -> Option<String> {
    let extent = model.info.extent();
    let known = Transform::new(&model.info.crs, &grid.crs, None).ok()?.extent(extent).ok()?;
    edge_note(grid, known, project.file.terrain.reach_m)
}

/// A note on cells that lie nearer to the edge of the known ground than their skyline looks.
///
/// - `known`: rectangle of the elevation model, in the grid's coordinates.
pub fn edge_note(grid: &Grid, known: Extent, reach_m: f64) -> Option<String> {
    let (margin, all) = (grid.margin(reach_m), grid.extent());
    let (dx, dy) = (margin.cols as f64 * grid.cell_x, margin.rows as f64 * grid.cell_y);
    let inner =
        Extent { x_min: known.x_min + dx, y_min: known.y_min + dy, x_max: known.x_max - dx, y_max: known.y_max - dy };
    let area = |extent: Extent| (extent.x_max - extent.x_min) * (extent.y_max - extent.y_min);
    let percent = 100.0 * (1.0 - inner.overlap(&all).map_or(0.0, area) / area(all));
    // A rectangle turned into another system is a little too large: what is left over is no edge.
    (percent > 0.01).then(|| {
        format!(
            "{percent:.0} % of the cells are nearer than {reach_m} m to the edge of the elevation model: land beyond it may rise above the skyline given for them"
        )
    })
}
