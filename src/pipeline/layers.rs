//! The layers of a run, each one file.

use ndarray::Array2;

use super::{Context, Event};
use crate::exclude::NO_STATE;
use crate::export::layers::{self, LayerFile, Measured};
use crate::fault::Result;
use crate::layer::LayerName;
use crate::raster::gdal::write::{BandText, CellType, Overviews};
use crate::store::keys::{DERIVE, MASK, SCORE};
use crate::store::products;
use crate::tiles::Tile;

/// Writes all layers. A layer whose stage has not changed and whose file is still whole is left alone.
pub fn write(context: &mut Context<'_>) -> Result<()> {
    let written = context.plan.output_layers().into_iter().filter(|layer| *layer != LayerName::Elevation);
    let derived: Vec<LayerName> = written.collect();
    let scored = if context.plan.project.criteria.is_empty() { 0 } else { context.plan.mode_count() };
    context.tell(Event::Stage("layers", derived.len() + scored + 3));
    for layer in derived {
        let name = layer.to_string();
        let text = text(context, &name, layer.unit(), Vec::new());
        one(context, (DERIVE, &text, Overviews::Average), |context, tile| {
            products::cells_of(&context.stored(DERIVE, tile, &name)?)
        })?;
    }
    available(context)?;
    reasons(context)?;
    modes(context)?;
    for (mode, id) in context.plan.mode_ids().into_iter().enumerate().take(scored) {
        let name = if id.is_empty() { "suitability".to_owned() } else { format!("suitability_{id}") };
        let text = text(context, &name, "", Vec::new());
        one(context, (SCORE, &text, Overviews::Average), |context, tile| {
            products::cells_of(&context.stored(SCORE, tile, &products::suitability(mode))?)
        })?;
    }
    Ok(())
}

/// What every band says of itself.
fn text(context: &Context<'_>, name: &str, unit: &str, more: Vec<(String, String)>) -> BandText {
    let mut metadata = vec![("PROJECT".to_owned(), context.plan.project.name.clone())];
    if context.plan.project.synthetic {
        metadata.push(("SYNTHETIC".to_owned(), "YES: made-up data, not a real place".to_owned()));
    }
    metadata.extend(more);
    BandText { name: name.to_owned(), unit: unit.to_owned(), metadata, statistics: None }
}

/// Writes one layer, unless it is there.
fn one<T: Measured>(
    context: &mut Context<'_>,
    (stage, text, overviews): (&str, &BandText, Overviews),
    tile: impl Fn(&Context<'_>, &Tile) -> Result<Array2<T>>,
) -> Result<()> {
    let name = format!("layers/{}.tif", text.name);
    context.watch.cancel.check()?;
    if !context.outputs.keep(&name, stage) {
        let file = LayerFile {
            grid: &context.plan.grid,
            tiling: &context.tiling,
            text: text.clone(),
            overviews,
            threads: context.options.threads,
        };
        let scratch = context.work.join("layer.tif");
        let hash = context
            .folder
            .write_with(&name, |target| layers::write::<T>(&file, &scratch, target, |one| tile(context, one)))?;
        context.outputs.add(&name, hash);
    }
    context.tell(Event::Step);
    Ok(())
}

fn available(context: &mut Context<'_>) -> Result<()> {
    let text = text(context, "available", "", Vec::new());
    one(context, (MASK, &text, Overviews::Average), |context, tile| {
        let sections = context.store.load(MASK, &context.keys.mask, tile, &products::MASK);
        match sections {
            Some(sections) => Ok(products::mask_of(tile.window, &sections)?.available()),
            None => products::cells_of(&context.stored(MASK, tile, products::REASONS)?),
        }
    })
}

fn reasons(context: &mut Context<'_>) -> Result<()> {
    let rules = context.plan.project.rules.iter().enumerate();
    let bits = rules.map(|(bit, rule)| (format!("BIT_{bit}"), rule.id.clone())).collect();
    let text = text(context, "reasons", "", bits);
    one(context, (MASK, &text, Overviews::Nearest), |context, tile| {
        products::reasons_of(&context.stored(MASK, tile, products::REASONS)?)
    })
}

/// Admissible modes, one bit each; no data outside all regions.
fn modes(context: &mut Context<'_>) -> Result<()> {
    let ids = context.plan.mode_ids().into_iter().enumerate();
    let bits = ids.filter(|(_, id)| !id.is_empty()).map(|(bit, id)| (format!("BIT_{bit}"), id)).collect();
    let text = text(context, "modes", "", bits);
    one(context, (SCORE, &text, Overviews::Nearest), |context, tile| {
        let mut modes = products::modes_of(&context.stored(SCORE, tile, products::MODES)?)?;
        let state = products::modes_of(&context.stored(MASK, tile, products::MASK[1])?)?;
        modes.zip_mut_with(&state, |modes, &state| {
            if state == NO_STATE {
                *modes = u32::NODATA;
            }
        });
        Ok(modes)
    })
}
