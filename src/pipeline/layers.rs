//! The layers of a run, each one file.

use std::path::Path;

use ndarray::Array2;
use serde_json::json;

use super::{Context, Event};
use crate::exclude::NO_STATE;
use crate::export::layers::{self, LayerFile, Measured};
use crate::fault::Result;
use crate::layer::LayerName;
use crate::raster::gdal::write::{BandText, CellType, Overviews};
use crate::store::keys::{DERIVE, MASK, SCORE, digest};
use crate::store::products;
use crate::tiles::{self, Tile};

/// A layer to be written.
struct Job {
    content: Content,
    text: BandText,
    /// Hash of what it is made from.
    key: String,
}

/// Where its cells come from.
enum Content {
    /// A derived quantity.
    Derived(LayerName),
    /// Availability.
    Available,
    /// Rules that fired.
    Reasons,
    /// Admissible modes.
    Modes,
    /// Score of a mode.
    Suitability(usize),
}

impl Content {
    fn stage(&self) -> &'static str {
        match self {
            Self::Derived(_) => DERIVE,
            Self::Available | Self::Reasons => MASK,
            Self::Modes | Self::Suitability(_) => SCORE,
        }
    }
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
            one(context, job)?;
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
    let mut jobs = Vec::new();
    let mut add = |content: Content, name: &str, unit: &str, bits: Vec<(String, String)>| {
        let text = text(context, (name, unit), bits);
        let key = digest(&json!([context.key(content.stage()), text.name, text.unit, text.metadata]));
        jobs.push(Job { content, text, key });
    };
    for layer in plan.output_layers().into_iter().filter(|layer| *layer != LayerName::Elevation) {
        add(Content::Derived(layer.clone()), &layer.to_string(), layer.unit(), Vec::new());
    }
    let bits = |ids: Vec<String>| {
        let named = ids.into_iter().enumerate().filter(|(_, id)| !id.is_empty());
        named.map(|(bit, id)| (format!("BIT_{bit}"), id)).collect()
    };
    add(Content::Available, "available", "", Vec::new());
    add(Content::Reasons, "reasons", "", bits(plan.project.rules.iter().map(|rule| rule.id.clone()).collect()));
    add(Content::Modes, "modes", "", bits(plan.mode_ids()));
    let scored = if plan.project.criteria.is_empty() { 0 } else { plan.mode_count() };
    for (mode, id) in plan.mode_ids().into_iter().enumerate().take(scored) {
        let name = if id.is_empty() { "suitability".to_owned() } else { format!("suitability_{id}") };
        add(Content::Suitability(mode), &name, "", Vec::new());
    }
    jobs
}

/// What every band says of itself.
fn text(context: &Context<'_>, (name, unit): (&str, &str), bits: Vec<(String, String)>) -> BandText {
    let mut metadata = vec![("PROJECT".to_owned(), context.plan.project.name.clone())];
    if context.plan.project.synthetic {
        metadata.push(("SYNTHETIC".to_owned(), "YES: made-up data, not a real place".to_owned()));
    }
    metadata.extend(bits);
    BandText { name: name.to_owned(), unit: unit.to_owned(), metadata }
}

/// Writes one layer.
fn one(context: &Context<'_>, job: &Job) -> Result<()> {
    match &job.content {
        Content::Derived(layer) => {
            let name = layer.to_string();
            // The mean of 359° and 1° is not south.
            let overviews = if *layer == LayerName::Aspect { Overviews::Nearest } else { Overviews::Average };
            file(context, job, overviews, |tile| products::cells_of(&context.stored(DERIVE, tile, &name)?))
        }
        Content::Available => file(context, job, Overviews::Average, |tile| {
            let sections = products::MASK.iter().map(|name| context.stored(MASK, tile, name));
            let sections: Vec<Vec<u8>> = sections.collect::<Result<_>>()?;
            Ok(products::mask_of(tile.window, &sections)?.available())
        }),
        Content::Reasons => file(context, job, Overviews::Nearest, |tile| {
            products::reasons_of(&context.stored(MASK, tile, products::REASONS)?)
        }),
        Content::Modes => file(context, job, Overviews::Nearest, |tile| modes(context, tile)),
        Content::Suitability(mode) => file(context, job, Overviews::Average, |tile| {
            products::cells_of(&context.stored(SCORE, tile, &products::suitability(*mode))?)
        }),
    }
}

fn file<T: Measured>(
    context: &Context<'_>,
    job: &Job,
    overviews: Overviews,
    tile: impl Fn(&Tile) -> Result<Array2<T>>,
) -> Result<()> {
    let file = LayerFile { grid: &context.plan.grid, tiling: &context.tiling, text: job.text.clone(), overviews };
    let scratch = context.folder.scratch(&format!("{}.tif", job.text.name));
    let guarded = |one: &Tile| {
        context.watch.cancel.check()?;
        tile(one)
    };
    let write = |target: &Path| layers::write::<T>(&file, &scratch, target, guarded);
    context.folder.write_with(&file_name(job), &job.key, write)
}

/// Admissible modes, one bit each; no data outside all regions.
fn modes(context: &Context<'_>, tile: &Tile) -> Result<Array2<u32>> {
    let mut modes = products::modes_of(&context.stored(SCORE, tile, products::MODES)?)?;
    let state = products::modes_of(&context.stored(MASK, tile, products::MASK[1])?)?;
    modes.zip_mut_with(&state, |modes, &state| {
        if state == NO_STATE {
            *modes = u32::NODATA;
        }
    });
    Ok(modes)
}
