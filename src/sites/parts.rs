//! The parts of sites that lie in one tile.

use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use ndarray::{Array2, ArrayView2, s};

use super::Blocks;
use super::admit::{UnusableLand, unusable};
use crate::derive::{Layers, NO_REGION};
use crate::exclude::Mask;
use crate::exclude::land::{GroundCode, LandUse, UNTOUCHED};
use crate::kernels::label::{self, Contact, Labels};
use crate::kernels::union_find::UnionFind;
use crate::kernels::{compass, lanes};
use crate::layer::{Code, LayerName, NO_CLASS, SCORE_QUANTUM};
use crate::plan::Plan;
use crate::project::SiteSettings;
use crate::rule::ModeSet;
use crate::score::Scores;
use crate::site::{Content, Land, Quantum, Statistic, Sum};
use crate::units::AreaMm2;

/// Label of a cell that belongs to no part.
pub const NO_PART: u32 = u32::MAX;

/// Part of an atom: connected land of one region and one block within a tile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    /// Region number.
    pub region: u16,
    /// Block of the lattice.
    pub block: (i64, i64),
    /// First cell in raster order, counted from the grid's corner.
    pub first: (u32, u32),
    /// Area of its cells, partial availability not counted.
    pub gross: AreaMm2,
    /// Area available to some mode.
    pub available: AreaMm2,
}

/// A run of cells, counted from the grid's corner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct GridRun {
    /// Row.
    pub row: u32,
    /// First column.
    pub col: u32,
    /// Column after the last.
    pub end: u32,
}

/// All parts of a tile.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TileParts {
    /// Parts by label.
    pub parts: Vec<Part>,
    /// Land and sums of each part.
    pub contents: Vec<Content>,
    /// Runs of each part.
    pub runs: Vec<Vec<GridRun>>,
    /// Touching parts.
    pub contacts: Vec<Contact>,
    /// Labels along the northern, southern, western and eastern border; [`NO_PART`] elsewhere.
    pub borders: [Vec<u32>; 4],
    /// Land that some mode could use but that was dropped for being too small, wholly inside the tile.
    pub dropped: Dropped,
    /// Land that no mode may use.
    pub unusable: UnusableLand,
}

/// Land dropped because the connected area is below the minimum.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Connected areas.
    pub components: u64,
    /// Their area, partial availability not counted.
    pub gross: AreaMm2,
    /// Area of it that is available to some mode.
    pub available: AreaMm2,
}

/// What a tile knows of its cells when parts are cut from it.
pub struct TileView<'a> {
    /// Layers of the tile.
    pub layers: &'a Layers,
    /// What the rules left.
    pub mask: &'a Mask,
    /// What it is for.
    pub land: &'a LandUse,
    /// Scores.
    pub scores: &'a Scores,
}

/// How parts are cut and summed.
pub struct Cutting<'a> {
    /// Modes that may use each cell: [`super::admit::admissible`].
    pub modes: &'a Array2<ModeSet>,
    /// How sites are cut.
    pub settings: &'a SiteSettings,
    /// What is averaged over them.
    pub statistics: &'a [Statistic],
}

/// Cuts the parts of a tile.
pub fn parts(plan: &Plan, view: &TileView<'_>, cutting: &Cutting<'_>) -> TileParts {
    let Cutting { modes, settings, statistics } = *cutting;
    let blocks = Blocks::new(&plan.grid, settings);
    let (zones, of_zone) = zones(plan, view, modes, blocks);
    let labels = label::label(&zones, settings.connectivity);
    let unusable = unusable(plan, view, (modes, settings.min_score));
    let mut tile = TileParts { contacts: labels.contacts.clone(), unusable, ..TileParts::default() };
    let window = view.mask.window;
    let mut borders = [window.cols, window.cols, window.rows, window.rows].map(|cells| vec![NO_PART; cells]);
    let filler = Filler::new(plan, view, modes, statistics);
    tile.parts.resize(labels.count, Part::default());
    tile.contents.resize(labels.count, Content::default());
    tile.runs.resize(labels.count, Vec::new());
    for run in &labels.runs {
        let label = run.label as usize;
        let [north, south, west, east] = &mut borders;
        for (_, line) in [(0, north), (window.rows - 1, south)].into_iter().filter(|(border, _)| *border == run.row) {
            line[run.col..run.end].fill(run.label);
        }
        for (_, line) in [(run.col == 0, west), (run.end == window.cols, east)].into_iter().filter(|(at_it, _)| *at_it)
        {
            line[run.row] = run.label;
        }
        let (row, col) = ((window.row as usize + run.row) as u32, window.col as usize);
        let grid_run = GridRun { row, col: (col + run.col) as u32, end: (col + run.end) as u32 };
        if tile.runs[label].is_empty() {
            let (region, block) = of_zone[zones[(run.row, run.col)] as usize - 1];
            tile.parts[label] = Part { region, block, first: (grid_run.row, grid_run.col), ..Part::default() };
        }
        tile.runs[label].push(grid_run);
        tile.parts[label].gross += filler.fill(&mut tile.contents[label], run.row, run.col..run.end);
    }
    for (part, content) in tile.parts.iter_mut().zip(&mut tile.contents) {
        filler.finish(content);
        part.available = content.land.iter().map(|land| land.area).sum();
    }
    tile.borders = borders;
    drop_small(&mut tile, &labels, settings);
    tile
}

/// Region and block that the cells of a zone share.
type Zone = (u16, (i64, i64));

/// Numbers the zones of a tile, from 1: equal region and block.
fn zones(plan: &Plan, view: &TileView<'_>, modes: &Array2<ModeSet>, blocks: Blocks<'_>) -> (Array2<u32>, Vec<Zone>) {
    let (row0, col0) = plan.grid.lattice_origin();
    let window = view.mask.window;
    let mut index: HashMap<Zone, u32> = HashMap::new();
    let mut list = Vec::new();
    let mut zones = Array2::zeros(modes.dim());
    for row in 0..window.rows {
        let (block_row, block_cols) = blocks.row(row0 + (window.row + row as isize) as i64);
        let mut last = None;
        let modes = modes.row(row);
        let mut zones = zones.row_mut(row);
        for (col, zone_of) in zones.iter_mut().enumerate().filter(|(col, _)| !modes[*col].is_empty()) {
            let block_col = (col0 + (window.col + col as isize) as i64).div_euclid(block_cols);
            let region = view.mask.of((row, col)).map_or(NO_REGION, |kind| kind.region);
            let key = (region, (block_row, block_col));
            let zone = match last {
                Some((known, zone)) if known == key => zone,
                _ => *index.entry(key).or_insert_with(|| {
                    list.push(key);
                    list.len() as u32
                }),
            };
            last = Some((key, zone));
            *zone_of = zone;
        }
    }
    (zones, list)
}

/// Adds cells to the contents of parts.
struct Filler<'a> {
    plan: &'a Plan,
    view: &'a TileView<'a>,
    modes: &'a Array2<ModeSet>,
    columns: Vec<Column<'a>>,
}

/// Where the values of a statistic are found.
enum Column<'a> {
    /// Values, and the quantum they are multiples of.
    Values(ArrayView2<'a, f32>, Option<Quantum>),
    /// Directions, of whose unit vectors a part is meant.
    Aspect(ArrayView2<'a, f32>, compass::Part),
    /// In another column.
    SameAs(usize),
    Nothing,
}

impl Column<'_> {
    /// Adds the values of some columns of a row to a sum.
    fn add_to(&self, sum: &mut Sum, row: usize, cols: Range<usize>) {
        match self {
            Self::Values(values, quantum) => sum.add_all(piece(values, row, cols), *quantum),
            Self::Aspect(aspect, part) => {
                for some in piece(aspect, row, cols).chunks(compass::LANES) {
                    sum.add_all(&compass::parts(&lanes::filled(some), *part), Some(Quantum::new(compass::QUANTUM)));
                }
            }
            Self::SameAs(_) | Self::Nothing => {}
        }
    }
}

/// A row of an array that lies in one piece.
fn line<T>(values: &Array2<T>, row: usize) -> &[T] {
    values.row(row).to_slice().unwrap_or_default()
}

/// Some columns of a row.
fn piece<'a>(values: &'a ArrayView2<'_, f32>, row: usize, cols: Range<usize>) -> &'a [f32] {
    let row = values.slice(s![row, ..]);
    // Rows lie in one piece even where a view does not.
    row.to_slice().and_then(|row| row.get(cols)).unwrap_or_default()
}

impl<'a> Filler<'a> {
    fn new(plan: &'a Plan, view: &'a TileView<'a>, modes: &'a Array2<ModeSet>, statistics: &[Statistic]) -> Self {
        let amount = |layer: &LayerName| view.layers.amount(layer).map(|padded| padded.core());
        let column = |statistic: &Statistic| {
            match statistic {
            Statistic::Amount(layer) => amount(layer).map(|values| Column::Values(values, layer.quantum().map(Quantum::new))),
            Statistic::AspectEast => amount(&LayerName::Aspect).map(|aspect| Column::Aspect(aspect, compass::Part::East)),
            Statistic::AspectNorth => amount(&LayerName::Aspect).map(|aspect| Column::Aspect(aspect, compass::Part::North)),
            Statistic::Score(mode) => view.scores.by_mode.get(*mode).map(|scores| {
                let is_same = |other: &Statistic| {
                    matches!(other, Statistic::Score(other) if Rc::ptr_eq(&view.scores.by_mode[*other], scores))
                };
                match statistics.iter().position(is_same) {
                    Some(first) if statistics[first] != *statistic => Column::SameAs(first),
                    _ => Column::Values(scores.view(), Some(Quantum::new(SCORE_QUANTUM))),
                }
            }),
            Statistic::Worth(criterion) => {
                view.scores.worths.get(*criterion).map(|worths| Column::Values(worths.view(), None))
            }
        }
        };
        let columns = statistics.iter().map(|statistic| column(statistic).unwrap_or(Column::Nothing)).collect();
        Self { plan, view, modes, columns }
    }

    /// Puts sums that are the same as others in their place.
    fn finish(&self, content: &mut Content) {
        for set in &mut content.sums {
            for (index, column) in self.columns.iter().enumerate() {
                if let Column::SameAs(first) = column {
                    set.sums[index] = set.sums[*first].clone();
                }
            }
        }
    }

    /// Adds the cells of a run, whose row is counted from the tile's corner, and returns their area.
    fn fill(&self, content: &mut Content, row: usize, cols: Range<usize>) -> AreaMm2 {
        let area = self.plan.grid.cell_area((self.view.mask.window.row + row as isize) as usize);
        content.cells += cols.len() as u64;
        let (modes, kinds) = (line(self.modes, row), line(&self.view.mask.kind, row));
        let classes = self.view.land.classes.as_ref().map(|classes| line(classes, row));
        // What decides the land of a cell.
        let ground = self.view.land.ground.as_ref().map(|ground| line(ground, row));
        let key = |col: usize| {
            let class = classes.map_or(NO_CLASS, |classes| classes[col]);
            (modes[col], kinds[col], (class, ground.map_or(UNTOUCHED, |ground| ground[col])))
        };
        let mut col = cols.start;
        while col < cols.end {
            let land = key(col);
            let end = (col + 1..cols.end).find(|&next| key(next) != land).unwrap_or(cols.end);
            self.land(content, land, (area, (end - col) as u64));
            let sums = content.sums_of(land.0, self.columns.len());
            for (sum, column) in sums.sums.iter_mut().zip(&self.columns) {
                column.add_to(sum, row, col..end);
            }
            col = end;
        }
        area.times(cols.len() as u64)
    }

    /// Adds the land of some equal cells by sets of modes: what the mode with the smallest share has is open to all of them,
    /// what the next has beyond that is open to the rest, and so on.
    fn land(
        &self,
        content: &mut Content,
        (modes, kind, what): (ModeSet, u32, (Code, GroundCode)),
        cells: (AreaMm2, u64),
    ) {
        let (class, ground) = what;
        let shares = &self.view.mask.kinds[kind as usize].state.shares;
        let (cell, number) = cells;
        let mut left = modes;
        let mut used = 0.0;
        while !left.is_empty() {
            let least = left.iter().map(|mode| shares[mode]).fold(f64::INFINITY, f64::min);
            if least > used {
                // Differences of rounded shares: together they are the rounded largest share.
                let area = cell.share(least).less(cell.share(used)).times(number);
                content.add_land(Land { modes: left, class, ground, area });
                used = least;
            }
            left = left.iter().filter(|&mode| shares[mode] > used).fold(ModeSet::default(), ModeSet::with);
        }
    }
}

/// Drops connected land that is too small and does not reach the tile's border: no other tile can add to it.
fn drop_small(tile: &mut TileParts, labels: &Labels, settings: &SiteSettings) {
    let least = AreaMm2::from_ha(settings.min_area_ha);
    let mut components = UnionFind::new(labels.count);
    for contact in &labels.contacts {
        components.union(contact.a, contact.b);
    }
    let root: Vec<usize> = (0..labels.count as u32).map(|label| components.find(label) as usize).collect();
    let mut area = vec![AreaMm2::ZERO; labels.count];
    let mut open = vec![false; labels.count];
    for (label, part) in tile.parts.iter().enumerate() {
        area[root[label]] += part.gross;
    }
    for &label in tile.borders.iter().flatten().filter(|label| **label != NO_PART) {
        open[root[label as usize]] = true;
    }
    let is_kept = |label: usize| open[root[label]] || !is_below(area[root[label]], least);
    let mut renumbered = vec![NO_PART; labels.count];
    let mut next = 0;
    for label in 0..labels.count {
        if is_kept(label) {
            renumbered[label] = next;
            next += 1;
        } else {
            tile.dropped.components += u64::from(root[label] == label);
            tile.dropped.gross += tile.parts[label].gross;
            tile.dropped.available += tile.parts[label].available;
        }
    }
    retain(&mut tile.parts, &renumbered);
    retain(&mut tile.contents, &renumbered);
    retain(&mut tile.runs, &renumbered);
    tile.contacts.retain_mut(|contact| {
        contact.a = renumbered[contact.a as usize];
        contact.b = renumbered[contact.b as usize];
        contact.a != NO_PART
    });
    for label in tile.borders.iter_mut().flatten().filter(|label| **label != NO_PART) {
        *label = renumbered[*label as usize];
    }
}

/// Keeps the items whose label got a new number.
fn retain<T>(items: &mut Vec<T>, renumbered: &[u32]) {
    let mut labels = renumbered.iter();
    items.retain(|_| labels.next().is_some_and(|&label| label != NO_PART));
}

/// Whether an area is below a minimum, by more than the rounding of cell areas (1e-9).
pub fn is_below(area: AreaMm2, least: AreaMm2) -> bool {
    (area.0 as f64) < least.0 as f64 * (1.0 - 1e-9)
}
