//! Which layers a run writes.

use std::collections::BTreeMap;

use super::YieldSource;
use crate::fault::{Fault, suggestion};
use crate::layer::{AVAILABLE, DEM, LayerName, MODES, REASONS, SUITABILITY, suitability};
use crate::project::{InputSpec, Project};

/// Derived quantities of every run.
pub fn derived(project: &Project, yields: &BTreeMap<String, YieldSource>) -> Vec<LayerName> {
    let has_dem = matches!(project.inputs.get(DEM), Some(InputSpec::Raster(_)));
    let terrain = [LayerName::Elevation, LayerName::Slope, LayerName::Aspect];
    let terrain = terrain.into_iter().filter(|_| has_dem);
    terrain.chain(yields.keys().map(|layout| LayerName::Yield(layout.clone()))).collect()
}

/// Whether a layer is to be written.
pub fn writes(project: &Project, layer: &str) -> bool {
    let Some(names) = &project.file.output.layers else { return true };
    let of_all_modes = layer.starts_with(SUITABILITY).then_some(SUITABILITY);
    names.iter().any(|name| name == layer || Some(name.as_str()) == of_all_modes)
}

/// Faults of names of layers that this project has not.
pub fn check(project: &Project, yields: &BTreeMap<String, YieldSource>, faults: &mut Vec<Fault>) {
    // What was left out for a fault of its own may be what is named.
    if ["mode", "inputs", "criterion", "exclusion", "region_data"].iter().any(|list| project.left_out.any(list)) {
        return;
    }
    let mut known: Vec<String> = derived(project, yields).iter().map(ToString::to_string).collect();
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
