//! Which modes what is left of a cell is for: those with a share of it whose kinds of land fit.

use std::collections::BTreeMap;

use ndarray::{Array2, Zip};

use super::Mask;
use crate::derive::{LOW_CODES, Layers};
use crate::grid::Margin;
use crate::layer::Code;
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
    let classes = land.and_then(|land| layers.classes(land)).map(|codes| codes.cut(Margin::default()).values);
    let scheme = land.and_then(|land| plan.project.scheme(land));
    let fitting: BTreeMap<Code, ModeSet> = (scheme.into_iter().flat_map(|scheme| &scheme.classes))
        .map(|(&code, class)| (code, plan.modes_on(class.kind)))
        .collect();
    let fits = |code: Code| fitting.get(&code).copied().unwrap_or_default();
    let low: Vec<ModeSet> = (0..LOW_CODES).map(fits).collect();
    let with_share: Vec<ModeSet> = mask.kinds.iter().map(|kind| kind.state.modes()).collect();
    let has_share = |kind: u32| with_share.get(kind as usize).copied().unwrap_or_default();
    let open = match &classes {
        None => mask.kind.mapv(has_share),
        Some(classes) => Zip::from(&mask.kind).and(classes).map_collect(|&kind, &code| {
            let fits = low.get(code as usize).copied().unwrap_or_else(|| fits(code));
            ModeSet(has_share(kind).0 & fits.0)
        }),
    };
    LandUse { classes, open }
}
