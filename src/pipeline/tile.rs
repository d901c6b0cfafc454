//! One tile: derive, exclude, score, cut; each stage only if its result is not there.

use super::Context;
use crate::derive::needs::Needs;
use crate::derive::sources::Sources;
use crate::derive::{self, Layers, Stored};
use crate::exclude::land::land_use;
use crate::exclude::{self, Mask};
use crate::fault::Result;
use crate::layer::LayerName;
use crate::score;
use crate::site::Statistic;
use crate::sites;
use crate::sites::admit::admissible;
use crate::sites::parts::{self, Cutting, TileParts, TileView};
use crate::store::keys::{DERIVE, MASK, SCORE};
use crate::store::products;
use crate::store::tiles::Sections;
use crate::tiles::Tile;

/// What a thread keeps between tiles: its own open inputs.
#[derive(Default)]
pub struct Workspace {
    sources: Option<Sources>,
}

/// What is the same for all tiles.
pub struct Work<'a> {
    context: &'a Context<'a>,
    outputs: Vec<LayerName>,
    statistics: Vec<Statistic>,
}

impl<'a> Work<'a> {
    pub fn new(context: &'a Context<'a>) -> Self {
        let (outputs, statistics) = (context.plan.output_layers(), sites::statistics(&context.plan));
        Self { context, outputs, statistics }
    }

    /// Makes sure that all results of a tile are stored.
    pub fn tile(&self, workspace: &mut Workspace, tile: &Tile) -> Result<()> {
        let (store, keys) = (&self.context.store, &self.context.keys);
        let scored = store.has(SCORE, &keys.score, tile);
        let stored = self.derived(tile);
        let mask = self.mask(tile);
        if let (true, Some(_), Some(_)) = (scored, &stored, &mask) {
            return Ok(());
        }
        let plan = &self.context.plan;
        let mut needs = Needs::of_outputs(plan).and(Needs::of_land(plan)).and(Needs::of_criteria(plan));
        if mask.is_none() {
            needs = needs.and(Needs::of_rules(plan));
        }
        let sources = match &mut workspace.sources {
            Some(sources) => sources,
            None => workspace.sources.insert(Sources::open(plan)?),
        };
        let had_derived = stored.is_some();
        let layers = derive::derive(plan, sources, tile.window, &needs, stored.unwrap_or_default())?;
        if !had_derived {
            self.save_derived(tile, &layers)?;
        }
        let mask = match mask {
            Some(mask) => mask,
            None => {
                let mask = exclude::exclude(plan, &layers);
                self.save(MASK, &keys.mask, tile, &products::mask(&mask))?;
                mask
            }
        };
        if !scored {
            self.save(SCORE, &keys.score, tile, &self.scored(&layers, &mask))?;
        }
        Ok(())
    }

    fn derived(&self, tile: &Tile) -> Option<Stored> {
        let names: Vec<String> = self.outputs.iter().map(ToString::to_string).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let sections = self.context.store.load(DERIVE, &self.context.keys.derive, tile, &names)?;
        let cells = sections.iter().map(|bytes| products::cells_of(bytes).ok());
        self.outputs.iter().cloned().zip(cells).map(|(layer, cells)| Some((layer, cells?))).collect()
    }

    fn save_derived(&self, tile: &Tile, layers: &Layers) -> Result<()> {
        let section = |layer: &LayerName| {
            let cells = layers.amount(layer).map(|amount| amount.core().to_owned());
            (layer.to_string(), cells.map_or_else(Vec::new, |cells| products::cells(&cells)))
        };
        let sections: Sections = self.outputs.iter().map(section).collect();
        self.save(DERIVE, &self.context.keys.derive, tile, &sections)
    }

    /// Stores a result, unless an input is no longer what the key says.
    fn save(&self, stage: &str, key: &str, tile: &Tile, sections: &Sections) -> Result<()> {
        self.context.plan.inputs_are_as_found()?;
        self.context.store.save(stage, key, tile, sections)
    }

    fn mask(&self, tile: &Tile) -> Option<Mask> {
        let sections = self.context.store.load(MASK, &self.context.keys.mask, tile, &products::MASK)?;
        products::mask_of(tile.window, &sections).ok()
    }

    fn scored(&self, layers: &Layers, mask: &Mask) -> Sections {
        let plan = &self.context.plan;
        let land = land_use(plan, layers, mask);
        let scores = score::score(plan, layers, &land.open);
        let view = TileView { layers, mask, land: &land, scores: &scores };
        let settings = plan.project.sites;
        let modes = admissible(&view, settings.map_or(0.0, |settings| settings.min_score));
        let tile = settings.map_or_else(TileParts::default, |settings| {
            let cutting = Cutting { modes: &modes, settings: &settings, statistics: &self.statistics };
            parts::parts(plan, &view, &cutting)
        });
        let mut sections: Sections = vec![
            (products::MODES.to_owned(), products::modes(&modes)),
            (products::PARTS.to_owned(), products::parts(&tile)),
            (products::CONTENTS.to_owned(), products::contents(&tile)),
            (products::RUNS.to_owned(), products::runs(&tile)),
        ];
        for (mode, scores) in scores.by_mode.iter().enumerate() {
            sections.push((products::suitability(mode), products::cells(scores)));
        }
        sections
    }
}
