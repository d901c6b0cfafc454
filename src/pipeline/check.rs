//! Everything wrong with a project and its inputs, all at once: headers, references, and every cell.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use super::{Event, Watch, scenarios};
use crate::derive::needs::{self, Needs};
use crate::derive::sources::Sources;
use crate::derive::{self, NO_REGION};
use crate::fault::{Fault, Result};
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
    // A project for tables alone has no grid, regions or inputs, and nothing more to check.
    if project.grid.is_none() && project.region.is_none() && project.inputs.is_empty() {
        return Ok(report.settled());
    }
    let (plan, more) = Plan::inspect(project);
    report.faults.extend(more);
    if let Some(plan) = &plan {
        report.notes.extend(plan.notes.clone());
        report.faults.extend(needs::faults(plan));
        report.faults.extend(scenarios::faults(plan));
        if report.faults.is_empty() {
            cells(plan, threads, watch, &mut report)?;
        }
    }
    report.notes.extend(guard::take_notices());
    Ok(report.settled())
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
    if !project.economics.modes.is_empty() && project.substations().is_none() {
        notes.push("no substations are given: connection costs nothing and hosting is not limited".to_owned());
    }
    notes
}

/// Reads every cell of every raster once.
fn cells(plan: &Plan, threads: usize, watch: &Watch<'_>, report: &mut Report) -> Result<()> {
    let tiling = Tiling::new(&plan.grid, TILE_CELLS);
    (watch.tell)(Event::Stage("check", tiling.tiles.len()));
    let faults: Mutex<BTreeMap<String, Vec<Fault>>> = Mutex::new(BTreeMap::new());
    let counted = tiles::for_each(
        &tiling.tiles,
        threads,
        watch.cancel,
        || Sources::open(plan),
        |sources, tile| {
            let counts = tile_counts(plan, sources, tile, &faults);
            (watch.tell)(Event::Step);
            Ok(counts)
        },
    )?;
    let mut coverage = Coverage::default();
    for (region_cells, unknown) in counted {
        coverage.region_cells += region_cells;
        for (input, cells) in unknown {
            *coverage.unknown_cells.entry(input).or_default() += cells;
        }
    }
    for (input, cells) in coverage.unknown_cells.iter().filter(|(_, cells)| **cells > 0) {
        let percent = 100.0 * *cells as f64 / coverage.region_cells.max(1) as f64;
        report.notes.push(format!("input `{input}` has no value on {cells} cells of the regions ({percent:.2} %)"));
    }
    // One fault an input is enough: the others are alike.
    let faults = faults.into_inner().unwrap_or_else(PoisonError::into_inner);
    report.faults.extend(faults.into_values().filter_map(|list| list.into_iter().min()));
    if coverage.region_cells == 0 && report.faults.is_empty() {
        let place = plan.region_layer.files.first().map(|path| path.display().to_string()).unwrap_or_default();
        report.faults.push(Fault::input(place, "no cell centre of the grid lies in a region"));
    }
    report.coverage = Some(coverage);
    Ok(())
}

/// Region cells of a tile, and by input those without a value; what cannot be read is a fault of the input.
fn tile_counts(
    plan: &Plan,
    sources: &Sources,
    tile: &Tile,
    faults: &Mutex<BTreeMap<String, Vec<Fault>>>,
) -> (u64, BTreeMap<String, u64>) {
    let mut unknown = BTreeMap::new();
    let mut region_cells = 0;
    if let Ok(layers) = derive::derive(plan, sources, tile.window, &Needs::default(), BTreeMap::new()) {
        region_cells = layers.regions().core().iter().filter(|&&region| region != NO_REGION).count() as u64;
    }
    for (id, input) in &plan.project.inputs {
        let InputSpec::Raster(spec) = input else { continue };
        let mut needs = Needs::default();
        let layer = LayerName::Input(id.clone());
        match spec.values {
            RasterValues::Quantity => needs.amounts.insert(layer.clone(), Margin::default()),
            RasterValues::Classes { .. } => needs.classes.insert(id.clone(), Margin::default()),
        };
        match derive::derive(plan, sources, tile.window, &needs, BTreeMap::new()) {
            Ok(layers) => {
                let regions = layers.regions().core().to_owned();
                let inside = regions.iter().map(|&region| region != NO_REGION);
                let missing: Vec<bool> = match (layers.amount(&layer), layers.classes(id)) {
                    (Some(amount), _) => amount.core().iter().map(|value| value.is_nan()).collect(),
                    (_, Some(codes)) => codes.core().iter().map(|&code| code == NO_CLASS).collect(),
                    _ => Vec::new(),
                };
                let holes = missing.iter().zip(inside).filter(|(missing, inside)| **missing && *inside);
                unknown.insert(id.clone(), holes.count() as u64);
            }
            Err(found) => {
                let mut faults = faults.lock().unwrap_or_else(PoisonError::into_inner);
                faults.entry(id.clone()).or_default().extend(found.into_list());
            }
        }
    }
    (region_cells, unknown)
}
