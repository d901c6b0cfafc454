//! All panels of a region and what they make of its ground at a date.

mod cells;
mod outlook;
mod quick;

use std::collections::BTreeMap;

use ndarray::Array2;

use super::block::{BLOCK_CELLS, Patch, Scratch, Sight, patch};
use super::damage::Limits;
use super::decision::{RestYears, StabilityLimits, WaterLimits};
use super::insar::Track;
use super::outline::Point;
use super::panel::{Panel, Source};
use super::quantity::Quantity;
use crate::grid::{Extent, Grid, Window};
use cells::{Cell, Draws};
use outlook::{Detail, Outlook};
use quick::{Copy, of_state};

pub use cells::Sighting;

/// Panels, and what is asked of them.
#[derive(Debug, Clone)]
pub struct Scene {
    /// The panels.
    panels: Vec<PanelTerms>,
    /// What acts on the surface, with the number of its panel and the rectangle in which it is felt.
    sources: Vec<(usize, Source, Extent)>,
    /// What is asked.
    pub terms: Terms,
    /// Panels as they may be as well, sample by sample.
    samples: Vec<Vec<Variation>>,
}

/// A panel with what the scene wants to know of it.
#[derive(Debug, Clone, PartialEq)]
pub struct PanelTerms {
    /// The panel.
    pub panel: Panel,
    /// Years until the ground above it comes to rest.
    pub rest: RestYears,
    /// Whether fractures reach the surface above it.
    pub cracks_open: bool,
}

/// What is asked of a scene.
#[derive(Debug, Clone, PartialEq)]
pub struct Terms {
    /// The date [yr]; `None` for the state when all has come to rest.
    pub date_yr: Option<f64>,
    /// Life of a plant [yr].
    pub life_yr: f64,
    /// When ground counts as come to rest.
    pub stability: StabilityLimits,
    /// Limits of the grades of damage.
    pub damage: Vec<Limits>,
    /// Depths of water.
    pub water: WaterLimits,
    /// Subsidence from which on a place counts as mined-out land [m].
    pub edge_m: f64,
    /// How much the water table rises and falls about its mean within a year [m].
    pub seasonal_m: f64,
    /// Whether the pace that satellites see decides stability where it is known.
    pub rates: Rates,
    /// Tracks of the satellites whose pictures are given.
    pub tracks: Vec<Track>,
}

/// Whose pace decides stability.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rates {
    /// The predicted one.
    Predicted,
    /// That of satellites, where they see something.
    Observed,
}

/// How a panel may differ from what is thought most likely, as ratios.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Variation {
    /// Of the subsidence factor q.
    pub subsidence_factor: f64,
    /// Of tan β.
    pub tan_beta: f64,
    /// Of the pace of the course.
    pub pace: f64,
}

impl Variation {
    /// As thought most likely.
    pub const NONE: Self = Self { subsidence_factor: 1.0, tan_beta: 1.0, pace: 1.0 };
}

/// What else is known of the cells of a window.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// Depth of the water table below the ground before mining [m]; `None` if nobody asked for water.
    pub groundwater_m: Option<Array2<f32>>,
    /// Height of the outlet above that ground [m].
    pub outlet_above_m: Option<Array2<f32>>,
    /// Whether the soil is good enough for crops.
    pub fertile: Option<Array2<bool>>,
    /// Whether the cell lies where nothing may be built.
    pub protected: Option<Array2<bool>>,
    /// Velocity towards each satellite [m/yr], in the order of the tracks.
    pub seen_m_per_yr: Vec<Array2<f32>>,
}

impl Scene {
    /// A scene of panels.
    ///
    /// - `samples`: variations of every panel, sample by sample; empty if probabilities are not asked for.
    pub fn new(panels: Vec<(PanelTerms, Vec<Source>)>, terms: Terms, samples: Vec<Vec<Variation>>) -> Self {
        let mut scene = Self { panels: Vec::new(), sources: Vec::new(), terms, samples };
        for (number, (panel, sources)) in panels.into_iter().enumerate() {
            let bounded = sources.into_iter().filter_map(|source| {
                let reach = source.form.reach()?;
                Some((number, source, reach))
            });
            scene.sources.extend(bounded);
            scene.panels.push(panel);
        }
        scene
    }

    /// The panels.
    pub fn panels(&self) -> impl Iterator<Item = &Panel> + Clone {
        self.panels.iter().map(|terms| &terms.panel)
    }

    /// The rectangles in which each source is felt.
    pub fn reaches(&self) -> impl Iterator<Item = Extent> {
        self.sources.iter().map(|(_, _, reach)| *reach)
    }

    /// Whether probabilities can be told.
    pub fn has_samples(&self) -> bool {
        !self.samples.is_empty()
    }

    /// What is told of the cells of a window, with decisions only on mined-out land.
    ///
    /// Blocks are those of the whole grid, whatever the window, so that a cell is the same in every window.
    pub fn look(
        &self,
        grid: &Grid,
        window: Window,
        around: &Surroundings,
        wanted: &[Quantity],
    ) -> BTreeMap<Quantity, Array2<f32>> {
        let mut maps: BTreeMap<Quantity, Array2<f32>> =
            wanted.iter().map(|&quantity| (quantity, quick::beside_everything(quantity, window.shape()))).collect();
        let detail =
            if wanted.iter().all(|quantity| of_state(*quantity).is_some()) { Detail::Now } else { Detail::All };
        let is_uncertain =
            |quantity: &Quantity| matches!(quantity, Quantity::DecisionProbability | Quantity::Probability(_));
        let is_sampled = self.has_samples() && wanted.iter().any(is_uncertain);
        let near = grid.extent_of(window);
        let felt: Vec<usize> = (0..self.sources.len()).filter(|&i| self.sources[i].2.meets(&near)).collect();
        let mut scratch = Scratch::default();
        for (block, part) in blocks(window) {
            let extent = grid.extent_of(block);
            let felt: Vec<usize> = felt.iter().copied().filter(|&i| self.sources[i].2.meets(&extent)).collect();
            let patches = self.patches(grid, block, (&felt, None), &mut scratch);
            let outlook = Outlook::new(self, patches, (block.shape(), detail), None);
            let to = ((part.row - window.row) as usize, (part.col - window.col) as usize);
            let from = ((part.row - block.row) as usize, (part.col - block.col) as usize);
            let copy = Copy { from, to, shape: part.shape() };
            // What is the same all over the block, or follows from the state alone, needs no cell of its own.
            let slow: Vec<Quantity> = maps
                .iter_mut()
                .filter_map(|(quantity, map)| (!copy.quickly(*quantity, &outlook, map)).then_some(*quantity))
                .collect();
            let draws = if is_sampled && !felt.is_empty() {
                self.draws((grid, block), (&felt, &outlook), (&copy, around), &mut scratch)
            } else {
                Vec::new()
            };
            for (n, (row, col)) in copy.cells().enumerate().take(if slow.is_empty() { 0 } else { usize::MAX }) {
                let at = (to.0 + row, to.1 + col);
                let around = around.at(at);
                let cell = Cell::new(&outlook, (from.0 + row, from.1 + col), &around).with(draws.get(n).copied());
                for quantity in &slow {
                    if let Some(map) = maps.get_mut(quantity) {
                        map[at] = cell.layer_value(*quantity) as f32;
                    }
                }
            }
            scratch.take_back(outlook.into_patches());
        }
        maps
    }

    /// What samples come to, one after the other, in the cells of a part of a block.
    fn draws(
        &self,
        (grid, block): (&Grid, Window),
        (felt, outlook): (&[usize], &Outlook<'_>),
        (copy, around): (&Copy, &Surroundings),
        scratch: &mut Scratch,
    ) -> Vec<Draws> {
        let mut draws = vec![Draws::default(); copy.shape.0 * copy.shape.1];
        for sample in &self.samples {
            let patches = self.patches(grid, block, (felt, Some(sample)), scratch);
            let drawn = Outlook::new(self, patches, (block.shape(), Detail::All), Some(sample));
            for (draws, (row, col)) in draws.iter_mut().zip(copy.cells()) {
                let around = around.at((copy.to.0 + row, copy.to.1 + col));
                let cell = Cell::new(outlook, (copy.from.0 + row, copy.from.1 + col), &around);
                if cell.is_affected() {
                    cell.draw(&drawn, draws);
                }
            }
            scratch.take_back(drawn.into_patches());
        }
        draws
    }

    /// What every source makes of a block.
    fn patches(
        &self,
        grid: &Grid,
        block: Window,
        (felt, variations): (&[usize], Option<&[Variation]>),
        scratch: &mut Scratch,
    ) -> Vec<Patch> {
        let of = |&source: &usize| {
            let (panel, found, _) = &self.sources[source];
            let ratio = variations.map_or(1.0, |all| all[*panel].tan_beta);
            let varied = (ratio != 1.0).then(|| found.form.with_radius(1.0 / ratio));
            let form = varied.as_ref().unwrap_or(&found.form);
            let displacement_factor = self.panels[*panel].panel.displacement_factor;
            patch(grid, block, &Sight { source, form, displacement_factor }, scratch)
        };
        felt.iter().filter_map(of).collect()
    }

    /// What is told of a point.
    pub fn look_at(&self, at: Point, around: &Sighting) -> BTreeMap<Quantity, f64> {
        let outlook = Outlook::new(self, self.patches_at(at, None), ((1, 1), Detail::All), None);
        let cell = Cell::new(&outlook, (0, 0), around);
        let mut draws = Draws::default();
        for sample in &self.samples {
            let patches = self.patches_at(at, Some(sample));
            cell.draw(&Outlook::new(self, patches, ((1, 1), Detail::All), Some(sample)), &mut draws);
        }
        let cell = cell.with(self.has_samples().then_some(draws));
        Quantity::all().map(|quantity| (quantity, cell.value(quantity))).collect()
    }

    fn patches_at(&self, at: Point, variations: Option<&[Variation]>) -> Vec<Patch> {
        let here = Extent { x_min: at.0, x_max: at.0, y_min: at.1, y_max: at.1 };
        let felt = self.sources.iter().enumerate().filter(|(_, (_, _, reach))| reach.meets(&here));
        let of = |(number, (panel, source, _)): (usize, &(usize, Source, Extent))| {
            let b = self.panels[*panel].panel.displacement_factor;
            let ratio = variations.map_or(1.0, |all| all[*panel].tan_beta);
            let state =
                if ratio == 1.0 { source.form.at(b, at) } else { source.form.with_radius(1.0 / ratio).at(b, at) };
            Patch::of_point(number, &state)
        };
        felt.map(of).collect()
    }
}

impl Surroundings {
    /// What is known of one cell.
    fn at(&self, at: (usize, usize)) -> Sighting {
        let of = |values: &Option<Array2<f32>>| values.as_ref().map(|values| f64::from(values[at]));
        let is = |values: &Option<Array2<bool>>| values.as_ref().is_some_and(|values| values[at]);
        Sighting {
            groundwater_m: of(&self.groundwater_m),
            outlet_above_m: of(&self.outlet_above_m),
            is_fertile: is(&self.fertile),
            is_protected: is(&self.protected),
            seen_m_per_yr: std::array::from_fn(|track| {
                self.seen_m_per_yr.get(track).map_or(f64::NAN, |values| f64::from(values[at]))
            }),
        }
    }
}

/// The blocks of the grid that a window meets, and what it has of each.
fn blocks(window: Window) -> Vec<(Window, Window)> {
    let size = BLOCK_CELLS as isize;
    let first = |at: isize| at.div_euclid(size) * size;
    let starts = |from: isize, cells: usize| (first(from)..from + cells as isize).step_by(BLOCK_CELLS);
    let block = |row, col| Window { row, col, rows: BLOCK_CELLS, cols: BLOCK_CELLS };
    starts(window.row, window.rows)
        .flat_map(|row| starts(window.col, window.cols).map(move |col| block(row, col)))
        .filter_map(|block| Some((block, block.intersection(&window)?)))
        .collect()
}
