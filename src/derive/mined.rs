//! What is told of mined-out land, over a window.

use std::collections::BTreeMap;

use ndarray::Array2;

use super::needs::Needs;
use super::{LOW_CODES, Raw};
use crate::grid::{Margin, Window};
use crate::layer::{Code, DEM, LayerName};
use crate::plan::Plan;
use crate::project::subsidence::{Groundwater, SubsidenceSpec};
use crate::subsidence::quantity::Quantity;
use crate::subsidence::scene::Surroundings;

/// What is told, by quantity, over a margin around the window.
pub type Told = (Margin, BTreeMap<Quantity, Array2<f32>>);

/// Looks at the panels of a plan, all at once, over the largest margin that anything of them is needed with.
pub fn told(plan: &Plan, window: Window, needs: &Needs, rasters: &BTreeMap<String, Raw>) -> Told {
    let asked: Vec<(Quantity, Margin)> = needs
        .amounts
        .iter()
        .filter_map(|(layer, &margin)| match layer {
            LayerName::Mined(quantity) => Some((*quantity, margin)),
            _ => None,
        })
        .collect();
    let margin = asked.iter().fold(Margin::default(), |most, (_, margin)| most.max(*margin));
    let (Some(panels), Some(spec), false) = (&plan.mined, &plan.project.subsidence, asked.is_empty()) else {
        return (margin, BTreeMap::new());
    };
    let wanted: Vec<Quantity> = asked.iter().map(|(quantity, _)| *quantity).collect();
    let target = window.padded(margin);
    let around = surroundings(plan, spec, (target, margin), rasters);
    (margin, panels.scene.look(&plan.grid, target, &around, &wanted))
}

/// What else is known of the cells.
fn surroundings(
    plan: &Plan,
    spec: &SubsidenceSpec,
    (target, margin): (Window, Margin),
    rasters: &BTreeMap<String, Raw>,
) -> Surroundings {
    let quantity = |id: &str| match rasters.get(id) {
        Some(Raw::Amounts(values)) => values.cut(margin).values,
        _ => Array2::from_elem(target.shape(), f32::NAN),
    };
    let groundwater_m = spec.groundwater.as_ref().map(|water| match water {
        Groundwater::Depth(depth_m) => Array2::from_elem(target.shape(), *depth_m as f32),
        Groundwater::Raster(id) => quantity(id),
    });
    let outlet_above_m = spec.outlet_level_m.map(|level_m| quantity(DEM).mapv(|ground_m| level_m as f32 - ground_m));
    let land = plan.project.land.as_ref();
    let fertile = land.and_then(|land| {
        let scheme = plan.project.scheme(land)?;
        let Some(Raw::Classes(codes)) = rasters.get(land) else { return None };
        let is_cropped = |code: Code| scheme.classes.get(&code).is_some_and(|class| class.kind.is_cropped());
        let low: Vec<bool> = (0..LOW_CODES).map(is_cropped).collect();
        let look_up = |&code: &Code| low.get(code as usize).copied().unwrap_or_else(|| is_cropped(code));
        Some(codes.view(margin).map(look_up))
    });
    let seen = spec.velocities.iter().map(|(id, factor)| quantity(id).mapv(|seen| seen * *factor as f32));
    Surroundings { groundwater_m, outlet_above_m, fertile, protected: None, seen_m_per_yr: seen.collect() }
}
