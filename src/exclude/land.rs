//! Which modes what is left of a cell is for: those with a share of it whose kinds of land fit.

use std::collections::BTreeMap;

use ndarray::{Array2, Zip};

use super::Mask;
use crate::derive::{LOW_CODES, Layers, map_rows};
use crate::grid::Margin;
use crate::layer::{Code, LayerName};
use crate::mode::Footing;
use crate::plan::Plan;
use crate::rule::ModeSet;
use crate::subsidence::decision::Decision;
use crate::subsidence::quantity::Quantity;

/// The land of a tile as modes see it.
pub struct LandUse {
    /// Class of every cell; `None` in a project without modes, or without a layer that says what land is.
    pub classes: Option<Array2<Code>>,
    /// What was decided of the mined-out land of every cell; `None` in a project that does not ask for it.
    pub ground: Option<Array2<GroundCode>>,
    /// Modes that have a share of each cell and may stand on its class and ground.
    pub open: Array2<ModeSet>,
}

/// What is known of the ground of a cell, as a code: that of a decision, or one of the two below.
pub type GroundCode = u8;
/// The cell is not mined-out land.
pub const UNTOUCHED: GroundCode = 0;
/// The cell is mined-out land, and something that decides is not known.
pub const UNKNOWN_GROUND: GroundCode = u8::MAX;
/// Codes of the ground: untouched, decisions, unknown.
const CODES: usize = Decision::ALL.len() + 2;

/// What a code stands for.
pub fn ground_of(code: GroundCode) -> Footing {
    match (code, Decision::of_code(code)) {
        (UNTOUCHED, _) => Footing::Untouched,
        (_, Some(decision)) => Footing::Decided(decision),
        _ => Footing::Unknown,
    }
}

/// What was decided of the mined-out land of a tile; `None` in a project that does not ask for it.
pub fn grounds(layers: &Layers) -> Option<Array2<GroundCode>> {
    let decisions = layers.amount(&LayerName::Mined(Quantity::Decision))?;
    let code = |&value: &f32| if value.is_nan() { UNKNOWN_GROUND } else { value as GroundCode };
    Some(map_rows(&decisions.core(), code))
}

/// Finds the modes each cell of a tile is open to. A cell whose class is not known is open to none.
pub fn land_use(plan: &Plan, layers: &Layers, mask: &Mask) -> LandUse {
    let land = plan.project.land.as_ref().filter(|_| !plan.project.economics.modes.is_empty());
    let classes = land.and_then(|land| layers.classes(land)).map(|codes| codes.cut(Margin::default()).values);
    let scheme = land.and_then(|land| plan.project.scheme(land));
    let ground = grounds(layers).filter(|_| plan.project.subsidence.is_some());
    // By ground, as `place_of` numbers it; without mined-out land there is one.
    let on = |ground: Option<Footing>| -> BTreeMap<Code, ModeSet> {
        let classes = scheme.into_iter().flat_map(|scheme| &scheme.classes);
        classes.map(|(&code, class)| (code, plan.modes_on(class.kind, ground))).collect()
    };
    let fitting: Vec<BTreeMap<Code, ModeSet>> = match &ground {
        None => vec![on(None)],
        Some(_) => (0..CODES as GroundCode).map(|code| on(Some(ground_of(code)))).collect(),
    };
    let fits = |code: Code, ground: usize| fitting[ground].get(&code).copied().unwrap_or_default();
    let low: Vec<Vec<ModeSet>> =
        (0..fitting.len()).map(|ground| (0..LOW_CODES).map(|code| fits(code, ground)).collect()).collect();
    let place_of = |code: GroundCode| usize::from(code).min(CODES - 1);
    let with_share: Vec<ModeSet> = mask.kinds.iter().map(|kind| kind.state.modes()).collect();
    let has_share = |kind: u32| with_share.get(kind as usize).copied().unwrap_or_default();
    let open = match &classes {
        None => mask.kind.mapv(has_share),
        Some(classes) => {
            let open = |kind: u32, code: Code, ground: usize| {
                let fits = low[ground].get(code as usize).copied().unwrap_or_else(|| fits(code, ground));
                ModeSet(has_share(kind).0 & fits.0)
            };
            match &ground {
                None => Zip::from(&mask.kind).and(classes).map_collect(|&kind, &code| open(kind, code, 0)),
                Some(ground) => Zip::from(&mask.kind)
                    .and(classes)
                    .and(ground)
                    .map_collect(|&kind, &code, &ground| open(kind, code, place_of(ground))),
            }
        }
    };
    LandUse { classes, ground, open }
}
