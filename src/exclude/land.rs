//! Which modes what is left of a cell is for: those with a share of it whose kinds of land fit.

use std::collections::BTreeMap;

use ndarray::Array2;

use super::Mask;
use crate::derive::Layers;
use crate::layer::{Code, NO_CLASS};
use crate::plan::Plan;
use crate::rule::ModeSet;

/// The land of a tile as modes see it.
pub struct LandUse {
    /// Class of every cell; `None` in a project without modes, or without a layer that says what land is.
    pub classes: Option<Array2<Code>>,
    /// Modes that have a share of each cell and may stand on its class.
    pub open: Array2<ModeSet>,
}

/// Finds the modes each cell of a tile is open to. A cell whose class is not known is open to none.
pub fn land_use(plan: &Plan, layers: &Layers, mask: &Mask) -> LandUse {
    let land = plan.project.land.as_ref().filter(|_| !plan.project.economics.modes.is_empty());
    let classes = land.and_then(|land| layers.classes(land)).map(|codes| codes.core().to_owned());
    let scheme = land.and_then(|land| plan.project.scheme(land));
    let fitting: BTreeMap<Code, ModeSet> = (scheme.into_iter().flat_map(|scheme| &scheme.classes))
        .map(|(&code, class)| (code, plan.modes_on(class.kind)))
        .collect();
    let with_share: Vec<ModeSet> = mask.kinds.iter().map(|kind| kind.state.modes()).collect();
    // Neighbours are mostly alike.
    let mut last = (NO_CLASS, ModeSet::default());
    let open = Array2::from_shape_fn(mask.kind.dim(), |at| {
        let Some(&with_share) = with_share.get(mask.kind[at] as usize) else { return ModeSet::default() };
        let Some(classes) = &classes else { return with_share };
        if last.0 != classes[at] {
            last = (classes[at], fitting.get(&classes[at]).copied().unwrap_or_default());
        }
        ModeSet(with_share.0 & last.1.0)
    });
    LandUse { classes, open }
}
