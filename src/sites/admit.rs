//! Which modes may use a cell, and what becomes of land that the rules left but no mode may use.

use std::rc::Rc;

use ndarray::Array2;

use super::parts::TileView;
use crate::exclude::NO_KIND;
use crate::exclude::land::UNKNOWN_GROUND;
use crate::layer::NO_CLASS;
use crate::plan::Plan;
use crate::rule::ModeSet;
use crate::units::AreaMm2;

/// Why a mode may not use land that the rules left to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The class of the land is not known.
    LandUnknown,
    /// The mode does not stand on this kind of land.
    LandUnfit,
    /// It is mined-out land, and something that decides of it is not known.
    GroundUnknown,
    /// The mode does not stand on ground of which this was decided.
    GroundUnfit,
    /// A criterion has no value here.
    ScoreUnknown,
    /// Its score is below the minimum.
    ScoreLow,
}

impl Refusal {
    /// All of them, in the order in which they are asked.
    pub const ALL: [Self; 6] = [
        Self::LandUnknown,
        Self::LandUnfit,
        Self::GroundUnknown,
        Self::GroundUnfit,
        Self::ScoreUnknown,
        Self::ScoreLow,
    ];

    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::LandUnknown => "land_unknown",
            Self::LandUnfit => "land_unfit",
            Self::GroundUnknown => "ground_unknown",
            Self::GroundUnfit => "ground_unfit",
            Self::ScoreUnknown => "score_unknown",
            Self::ScoreLow => "score_low",
        }
    }
}

/// Land available by the rules that no mode may use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unusable {
    /// Cells.
    pub cells: u64,
    /// Their area, partial availability counted.
    pub area: AreaMm2,
}

/// Unusable land by reason, in the order of [`Refusal::ALL`].
pub type UnusableLand = [Unusable; Refusal::ALL.len()];

/// Why a mode may not use a cell it has a share of; `None` if it may.
///
/// - `min_score`: least score a mode needs.
pub fn refusal(
    plan: &Plan,
    view: &TileView<'_>,
    at: (usize, usize),
    (mode, min_score): (usize, f32),
) -> Option<Refusal> {
    if !view.land.open[at].has(mode) {
        let code = view.land.classes.as_ref().map(|classes| classes[at]);
        let scheme = plan.project.land.as_ref().and_then(|land| plan.project.scheme(land));
        let class = code.and_then(|code| scheme.and_then(|scheme| scheme.classes.get(&code)));
        let row = plan.project.economics.modes.get(mode);
        let stands = class.zip(row).is_some_and(|(class, row)| row.kinds().any(|kind| kind == class.kind));
        let ground = view.land.ground.as_ref().map(|ground| ground[at]);
        return Some(match (code, ground) {
            (Some(NO_CLASS), _) => Refusal::LandUnknown,
            (_, Some(UNKNOWN_GROUND)) if stands => Refusal::GroundUnknown,
            (_, Some(_)) if stands => Refusal::GroundUnfit,
            _ => Refusal::LandUnfit,
        });
    }
    match view.scores.by_mode.get(mode).map(|scores| scores[at]) {
        Some(score) if score.is_nan() => Some(Refusal::ScoreUnknown),
        Some(score) if score < min_score => Some(Refusal::ScoreLow),
        _ => None,
    }
}

/// Modes that may use each cell: those it is open to, with a sufficient score.
pub fn admissible(view: &TileView<'_>, min_score: f32) -> Array2<ModeSet> {
    let mut modes = view.land.open.clone();
    let by_mode = &view.scores.by_mode;
    for (mode, scores) in by_mode.iter().enumerate() {
        let shares_it = |other: &usize| Rc::ptr_eq(&by_mode[*other], scores);
        if (0..mode).any(|other| shares_it(&other)) {
            continue;
        }
        let bound = (mode..by_mode.len()).filter(shares_it).fold(ModeSet::default(), ModeSet::with);
        // A score that is not known is not enough either.
        modes.zip_mut_with(scores, |set, &score| set.0 &= if score >= min_score { u32::MAX } else { !bound.0 });
    }
    modes
}

/// Counts the land of a tile that the rules left to some mode but that no mode may use: where it is partly left, the part
/// beyond the largest share of those that may. The reason is that of the first mode with the largest share of all.
pub fn unusable(plan: &Plan, view: &TileView<'_>, (modes, min_score): (&Array2<ModeSet>, f32)) -> UnusableLand {
    let mut land = UnusableLand::default();
    let kinds: Vec<(f64, &[f64])> =
        view.mask.kinds.iter().map(|kind| (kind.state.available(), &kind.state.shares[..])).collect();
    // Where nothing is known to be available, nothing is less than it.
    let is_left: Vec<bool> = kinds.iter().map(|(available, _)| *available > 0.0).collect();
    // Neighbours are mostly alike.
    let mut last = (NO_KIND, ModeSet::default(), 0.0, f64::NAN);
    for (row, (kind_row, mode_row)) in view.mask.kind.rows().into_iter().zip(modes.rows()).enumerate() {
        let area = plan.grid.cell_area((view.mask.window.row + row as isize) as usize);
        for (col, (&kind, &modes)) in kind_row.iter().zip(mode_row).enumerate() {
            if !is_left.get(kind as usize).is_some_and(|&is_left| is_left) {
                continue;
            }
            if (kind, modes) != (last.0, last.1) {
                let (available, shares) = kinds.get(kind as usize).copied().unwrap_or((f64::NAN, &[]));
                last = (kind, modes, modes.iter().map(|mode| shares[mode]).fold(0.0, f64::max), available);
            }
            let (_, _, used, available) = last;
            if used < available {
                let best = kinds[kind as usize].1.iter().position(|share| *share == available).unwrap_or_default();
                let reason = refusal(plan, view, (row, col), (best, min_score)).unwrap_or(Refusal::LandUnfit);
                let lost = &mut land[reason as usize];
                lost.cells += 1;
                lost.area += area.share(available).less(area.share(used));
            }
        }
    }
    land
}
