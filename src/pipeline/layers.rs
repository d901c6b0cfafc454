//! The layers of a run, each one file.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use ndarray::Array2;
use serde_json::json;

use super::{Context, Event};
use crate::export::layers::{self, LayerFile};
use crate::fault::{Fault, Kind, Result};
use crate::layer::{AVAILABLE, LayerName, MODES, REASONS, suitability};
use crate::plan::Plan;
use crate::raster::blocks::{self, Coding, Piece};
use crate::raster::gdal::write::{self, BandText, CellType, Overviews};
use crate::raster::measure::Measure;
use crate::store::keys::{DERIVE, MASK, SCORE, digest};
use crate::store::products;
use crate::tiles;

/// How blocks are encoded.
pub static CODING: LazyLock<Coding> = LazyLock::new(write::coding);

/// A layer to be written.
struct Job {
    cells: Cells,
    /// Stage whose result holds it.
    stage: &'static str,
    overviews: Overviews,
    text: BandText,
    /// Hash of what it is made from.
    key: String,
}

/// Types of cells.
#[derive(Debug, Clone, Copy)]
enum Cells {
    /// Amounts.
    F32,
    /// Modes, one bit each.
    U32,
    /// Rules, one bit each.
    U64,
}

/// Names of the layers to be written that are results of a stage.
pub fn of_stage(plan: &Plan, stage: &str) -> Vec<String> {
    let mut names: Vec<String> = match stage {
        DERIVE => plan.written_layers().iter().map(ToString::to_string).collect(),
        MASK => [AVAILABLE, REASONS].map(str::to_owned).to_vec(),
        _ => {
            let scored = if plan.project.criteria.is_empty() { 0 } else { plan.mode_count() };
            let scores = plan.mode_ids().into_iter().take(scored).map(|id| suitability(&id));
            std::iter::once(MODES.to_owned()).chain(scores).collect()
        }
    };
    names.retain(|name| plan.writes(name));
    names
}

/// Writes all layers, as many at once as there are threads. A layer whose stage has not changed and whose file is still
/// whole is left alone.
pub fn write(context: &mut Context<'_>) -> Result<()> {
    let jobs = jobs(context);
    context.tell(Event::Stage("layers", jobs.len()));
    let (mut open, mut kept) = (Vec::new(), 0);
    for job in jobs {
        if context.folder.keep(&file_name(&job), &job.key) { kept += 1 } else { open.push(job) }
    }
    (0..kept).for_each(|_| context.tell(Event::Step));
    let threads = context.options.threads;
    tiles::for_each(
        &open,
        threads,
        context.watch.cancel,
        || Ok(()),
        |(), job| {
            match job.cells {
                Cells::F32 => file::<f32>(context, job),
                Cells::U32 => file::<u32>(context, job),
                Cells::U64 => file::<u64>(context, job),
            }?;
            context.tell(Event::Step);
            Ok(())
        },
    )?;
    Ok(())
}

fn file_name(job: &Job) -> String {
    format!("layers/{}.tif", job.text.name)
}

fn jobs(context: &Context<'_>) -> Vec<Job> {
    let plan = &context.plan;
    let names = |ids: Vec<String>| {
        let named = ids.into_iter().enumerate().filter(|(_, id)| !id.is_empty());
        named.map(|(bit, id)| (format!("BIT_{bit}"), id)).collect()
    };
    let job = |stage: &'static str, name: String| {
        let (cells, bits) = match name.as_str() {
            REASONS => (Cells::U64, names(plan.project.rules.iter().map(|rule| rule.id.clone()).collect())),
            MODES => (Cells::U32, names(plan.mode_ids())),
            name => match LayerName::parse(name) {
                LayerName::Mined(quantity) => (Cells::F32, quantity.codes()),
                _ => (Cells::F32, Vec::new()),
            },
        };
        let derived = (stage == DERIVE).then(|| LayerName::parse(&name));
        // The mean of 359° and 1° is not south, and bits have none.
        let is_code = match &derived {
            Some(LayerName::Mined(quantity)) => quantity.is_code(),
            layer => *layer == Some(LayerName::Aspect),
        };
        let has_mean = !is_code && matches!(cells, Cells::F32);
        let text = text(context, (&name, derived.map_or("", |layer| layer.unit())), bits);
        let format = plan.project.file.output.raster;
        let key = digest(&json!([context.key(stage), text.name, text.unit, text.metadata, format!("{format:?}")]));
        Job { cells, stage, overviews: if has_mean { Overviews::Average } else { Overviews::Nearest }, text, key }
    };
    let of = |stage: &'static str| of_stage(plan, stage).into_iter().map(move |name| (stage, name));
    [DERIVE, MASK, SCORE].into_iter().flat_map(of).map(|(stage, name)| job(stage, name)).collect()
}

/// What every band says of itself.
fn text(context: &Context<'_>, (name, unit): (&str, &str), bits: Vec<(String, String)>) -> BandText {
    let mut metadata = vec![("PROJECT".to_owned(), context.plan.project.name.clone())];
    if context.plan.project.synthetic {
        metadata.push(("SYNTHETIC".to_owned(), "YES: made-up data, not a real place".to_owned()));
    }
    let is_yield = matches!(LayerName::parse(name), LayerName::Yield(_));
    if is_yield && context.plan.resource.as_ref().is_some_and(|resource| resource.is_clear_sky()) {
        metadata.push(("CLEAR_SKY".to_owned(), "YES: a sky without clouds times a clearness, no resource".to_owned()));
    }
    metadata.extend(bits);
    BandText { name: name.to_owned(), unit: unit.to_owned(), metadata }
}

/// Writes one layer from the encoded pieces of all tiles.
fn file<T: CellType>(context: &Context<'_>, job: &Job) -> Result<()> {
    let mut measure = Measure::default();
    for tile in &context.tiling.tiles {
        let bytes = context.stored(job.stage, tile, &products::measure_name(&job.text.name))?;
        measure.merge(&products::measure_of(&bytes)?);
    }
    let file = LayerFile {
        grid: &context.plan.grid,
        text: job.text.clone(),
        statistics: measure.statistics(),
        overviews: job.overviews,
        format: context.plan.project.file.output.raster,
        coding: *CODING,
    };
    let scratch = context.folder.scratch(&format!("{}.tif", job.text.name));
    let mut blocks = BlockRow { context, job, row: None, sections: BTreeMap::new() };
    let write = |target: &Path| {
        layers::write::<T>(&file, (&scratch, target), |row, col| {
            context.watch.cancel.check()?;
            blocks.block::<T>(row, col)
        })
    };
    context.folder.write_with(&file_name(job), &job.key, write)
}

/// The results of the tiles that a row of blocks lies in.
struct BlockRow<'a> {
    context: &'a Context<'a>,
    job: &'a Job,
    row: Option<usize>,
    /// Stored layers by number of the tile.
    sections: BTreeMap<usize, Vec<u8>>,
}

impl BlockRow<'_> {
    /// An encoded block: as a tile has it, or put together from the pieces of several.
    fn block<T: CellType>(&mut self, row: usize, col: usize) -> Result<Vec<u8>> {
        let (grid, tiling) = (&self.context.plan.grid, &self.context.tiling);
        let window = blocks::block(grid, row, col);
        if self.row != Some(row) {
            // What the row above needed and this one does not is let go.
            self.sections.retain(|tile, _| tiling.tiles[*tile].window.row + tiling.cells as isize > window.row);
            self.row = Some(row);
        }
        let mut whole = Array2::from_elem(window.shape(), T::NODATA);
        for tile in tiling.around(window) {
            let index = tiling.index(tile);
            let bytes = match self.sections.entry(index) {
                std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
                std::collections::btree_map::Entry::Vacant(entry) => {
                    entry.insert(self.context.stored(self.job.stage, tile, &self.job.text.name)?)
                }
            };
            let pieces = blocks::pieces(grid, tile.window);
            let mut found = pieces.iter().zip(products::pieces_of(bytes)?);
            let Some((piece, bytes)) = found.find(|(piece, _)| (piece.row, piece.col) == (row, col)) else { continue };
            if piece.is_whole {
                return Ok(bytes.to_vec());
            }
            let part = blocks::decode_piece::<T>(bytes, piece, *CODING).ok_or_else(damaged)?;
            blocks::place(&part, piece.window, (&mut whole, window));
        }
        let piece = Piece { window, row, col, is_whole: true };
        blocks::encode_piece((&whole, window), &piece, *CODING)
            .map_err(|error| Fault::new(Kind::Output, &self.job.text.name, error.to_string()).into())
    }
}

fn damaged() -> Fault {
    Fault::new(Kind::Incomplete, "", "a stored layer is damaged").hint("delete the work folder")
}
