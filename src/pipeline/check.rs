//! Everything wrong with a project and its inputs, all at once: headers, references, and every cell.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use super::{Event, Watch, scenarios};
use crate::derive::needs::{self, Needs};
use crate::derive::sources::Sources;
use crate::derive::{self, NO_REGION};
use crate::exclude;
use crate::fault::{Fault, Kind, Result};
use crate::grid::Margin;
use crate::layer::{LayerName, NO_CLASS};
use crate::plan::Plan;
use crate::project::{InputSpec, Project, RasterValues};
use crate::raster::gdal::guard;
use crate::tiles::{self, Tile, Tiling};

/// Edge of the tiles that inputs are read in.
const TILE_CELLS: usize = 1024;

/// What a check found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// Faults, each once.
    pub faults: Vec<Fault>,
    /// Things worth knowing that stop nothing.
    pub notes: Vec<String>,
    /// Cells in the regions, and by raster input those without a value.
    pub coverage: Option<Coverage>,
}

/// How far inputs cover the regions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Cells in the regions.
    pub region_cells: u64,
    /// Cells in the regions without a value, by input.
    pub unknown_cells: BTreeMap<String, u64>,
}

/// Checks a project and its inputs.
///
/// - `threads`: how many read cells.
///
/// # Errors
/// If the check itself is interrupted.
pub fn check(path: &Path, threads: usize, watch: &Watch<'_>) -> Result<Report> {
    guard::setup();
    let mut report = Report::default();
    let (project, faults) = Project::inspect(path);
    report.faults = faults;
    let Some(project) = project else { return Ok(report.settled()) };
    report.notes.extend(notes(&project));
    if needs_no_land(&project) {
        return Ok(report.settled());
    }
    let found = Plan::inspect(&project);
    report.faults.extend(found.faults);
    report.faults.extend(scenarios::faults(&project, &found.names));
    if let Some(plan) = &found.plan {
        report.notes.extend(plan.notes.clone());
        let too_far = needs::faults(plan);
        // Nothing is read that no tile can hold.
        if too_far.is_empty() {
            cells(plan, threads, watch, &mut report)?;
        }
        report.faults.extend(too_far);
        let outside = report.coverage.as_ref().is_some_and(|coverage| coverage.region_cells == 0);
        let fault = plan.without_cells();
        if outside && found.names.regions.is_some() && report.faults.iter().all(|known| known.place != fault.place) {
            report.faults.push(fault);
        }
    }
    report.notes.extend(guard::take_notices());
    Ok(report.settled())
}

/// Whether a project is for tables alone: it has no grid, regions or inputs, and nothing more to check.
fn needs_no_land(project: &Project) -> bool {
    let left_out = ["grid", "region", "inputs"].iter().any(|table| project.left_out.any(table));
    project.grid.is_none() && project.region.is_none() && project.inputs.is_empty() && !left_out
}

impl Report {
    fn settled(mut self) -> Self {
        let mut seen = std::collections::HashSet::new();
        self.faults.retain(|fault| seen.insert(fault.clone()));
        self.notes.dedup();
        self
    }

    /// The report as JSON.
    pub fn json(&self) -> Value {
        let fault = |fault: &Fault| {
            json!({
                "kind": format!("{:?}", fault.kind).to_lowercase(),
                "place": fault.place,
                "what": fault.what,
                "hint": fault.hint,
            })
        };
        let coverage = self
            .coverage
            .as_ref()
            .map(|coverage| json!({"region_cells": coverage.region_cells, "unknown_cells": coverage.unknown_cells}));
        let faults: Vec<Value> = self.faults.iter().map(fault).collect();
        json!({"faults": faults, "notes": self.notes, "coverage": coverage})
    }
}

/// What is worth knowing of a valid project.
fn notes(project: &Project) -> Vec<String> {
    let mut notes = Vec::new();
    if project.synthetic {
        notes.push("the project is marked synthetic: its data are made up".to_owned());
    }
    let unverified = project.unverified();
    if !unverified.is_empty() {
        let list = unverified.join("; ");
        notes.push(format!("{} built-in numbers in use are not verified: {list}", unverified.len()));
    }
    if !project.economics.modes.is_empty() && project.substations().is_none() && !project.lacks_substations() {
        notes.push("no substations are given: connection costs nothing and hosting is not limited".to_owned());
    }
    notes
}

/// Reads every cell of every raster that lies on the grid, as far around it as a run reads.
fn cells(plan: &Plan, threads: usize, watch: &Watch<'_>, report: &mut Report) -> Result<()> {
    let tiling = Tiling::new(&plan.grid, TILE_CELLS);
    (watch.tell)(Event::Stage("check", tiling.tiles.len()));
    let needs = [Needs::of_criteria(plan), Needs::of_outputs(plan), Needs::of_land(plan)];
    let margins = needs.into_iter().fold(Needs::of_rules(plan), Needs::and).raster_margins(plan);
    let scan = Scan { plan, margins, faults: Mutex::default() };
    let counted = tiles::for_each(
        &tiling.tiles,
        threads,
        watch.cancel,
        || Sources::open(plan),
        |sources, tile| {
            let counts = scan.tile(sources, tile);
            (watch.tell)(Event::Step);
            Ok(counts)
        },
    );
    let counted = match counted {
        Err(faults) if faults.kind() != Kind::Interrupted => {
            report.faults.extend(faults.into_list());
            return Ok(());
        }
        counted => counted?,
    };
    let mut coverage = Coverage::default();
    let mut overlaps = 0;
    for counts in counted {
        coverage.region_cells += counts.region_cells;
        overlaps += counts.overlaps;
        for (input, cells) in counts.unknown {
            *coverage.unknown_cells.entry(input).or_default() += cells;
        }
    }
    report.notes.extend(exclude::overlap_note(overlaps));
    for (input, cells) in coverage.unknown_cells.iter().filter(|(_, cells)| **cells > 0) {
        let percent = 100.0 * *cells as f64 / coverage.region_cells.max(1) as f64;
        report.notes.push(format!("input `{input}` has no value on {cells} cells of the regions ({percent:.2} %)"));
    }
    // One fault an input is enough: the others are alike.
    let faults = scan.faults.into_inner().unwrap_or_else(PoisonError::into_inner);
    report.faults.extend(faults.into_values().filter_map(|list| list.into_iter().min()));
    report.coverage = Some(coverage);
    Ok(())
}

/// The reading of all cells.
struct Scan<'a> {
    plan: &'a Plan,
    /// How far around a tile a run reads each raster.
    margins: BTreeMap<String, Margin>,
    /// What cannot be read, by input.
    faults: Mutex<BTreeMap<String, Vec<Fault>>>,
}

/// What one tile holds.
#[derive(Default)]
struct Counts {
    region_cells: u64,
    /// Cells in more than one region.
    overlaps: u64,
    /// Region cells without a value, by input.
    unknown: BTreeMap<String, u64>,
}

impl Scan<'_> {
    /// What a tile holds; what cannot be read is a fault of the input.
    fn tile(&self, sources: &Sources, tile: &Tile) -> Counts {
        let mut counts = Counts::default();
        if let Ok(layers) = derive::derive(self.plan, sources, tile.window, &Needs::default(), BTreeMap::new()) {
            let inside = layers.regions().core().iter().filter(|&&region| region != NO_REGION).count();
            (counts.region_cells, counts.overlaps) = (inside as u64, layers.overlaps);
        }
        for id in self.plan.rasters.keys() {
            match self.unknown(id, sources, tile) {
                Ok(cells) => {
                    counts.unknown.insert(id.clone(), cells);
                }
                Err(found) => {
                    let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
                    faults.entry(id.clone()).or_default().extend(found.into_list());
                }
            }
        }
        counts
    }

    /// Region cells of a tile without a value in an input.
    fn unknown(&self, id: &str, sources: &Sources, tile: &Tile) -> Result<u64> {
        let Some(InputSpec::Raster(spec)) = self.plan.project.inputs.get(id) else { return Ok(0) };
        let margin = self.margins.get(id).copied().unwrap_or_default();
        let (layer, mut needs) = (LayerName::Input(id.to_owned()), Needs::default());
        match spec.values {
            RasterValues::Quantity => needs.amounts.insert(layer.clone(), margin),
            RasterValues::Classes { .. } => needs.classes.insert(id.to_owned(), margin),
        };
        let layers = derive::derive(self.plan, sources, tile.window, &needs, BTreeMap::new())?;
        let regions = layers.regions().core();
        let inside = regions.iter().map(|&region| region != NO_REGION);
        let missing: Vec<bool> = match (layers.amount(&layer), layers.classes(id)) {
            (Some(amount), _) => amount.core().iter().map(|value| value.is_nan()).collect(),
            (_, Some(codes)) => codes.core().iter().map(|&code| code == NO_CLASS).collect(),
            _ => Vec::new(),
        };
        Ok(missing.iter().zip(inside).filter(|(missing, inside)| **missing && *inside).count() as u64)
    }
}
