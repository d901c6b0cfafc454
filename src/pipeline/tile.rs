//! One tile: derive, exclude, score, cut; each stage only if its result is not there.

use ndarray::Array2;

use super::Context;
use super::layers::{CODING, of_stage};
use crate::derive::needs::Needs;
use crate::derive::sources::Sources;
use crate::derive::{self, Layers, Stored};
use crate::exclude::land::land_use;
use crate::exclude::{self, Mask, NO_KIND};
use crate::fault::Result;
use crate::layer::{AVAILABLE, LayerName, MODES, REASONS, SCORE_QUANTUM, suitability};
use crate::plan::YieldSource;
use crate::raster::gdal::write::CellType;
use crate::raster::measure::Measure;
use crate::rule::ModeSet;
use crate::score;
use crate::site::Statistic;
use crate::sites;
use crate::sites::admit::admissible;
use crate::sites::parts::{self, Cutting, TileParts, TileView};
use crate::store::keys::{DERIVE, MASK, SCORE};
use crate::store::products;
use crate::store::tiles::{Section, Sections};
use crate::tiles::Tile;

/// What a thread keeps between tiles: its own open inputs.
#[derive(Default)]
pub struct Workspace {
    sources: Option<Sources>,
}

/// What is the same for all tiles.
pub struct Work<'a> {
    context: &'a Context<'a>,
    /// Derived layers that are stored: those to be written, and those that take long to compute.
    derived: Vec<LayerName>,
    statistics: Vec<Statistic>,
    /// Sections of the result of each stage.
    names: [(&'static str, Vec<String>); 3],
}

impl<'a> Work<'a> {
    pub fn new(context: &'a Context<'a>) -> Self {
        let plan = &context.plan;
        let takes_long = |layer: &LayerName| match layer {
            LayerName::Yield(layout) => {
                !matches!(plan.yields.get(layout), Some(YieldSource::Raster { .. } | YieldSource::Regions(_)))
            }
            LayerName::SkyView | LayerName::Mined(_) => true,
            _ => false,
        };
        let written = plan.written_layers();
        let stored = |layer: &LayerName| written.contains(layer) || takes_long(layer);
        let derived: Vec<LayerName> = plan.output_layers().into_iter().filter(stored).collect();
        let with = |stage: &'static str, others: &[&str]| {
            let written = of_stage(plan, stage).into_iter().flat_map(|name| [products::measure_name(&name), name]);
            (stage, written.chain(others.iter().map(|name| (*name).to_owned())).collect())
        };
        let kept: Vec<String> = derived.iter().map(ToString::to_string).collect();
        let kept: Vec<&str> = kept.iter().map(String::as_str).collect();
        let parts = [products::PARTS, products::CONTENTS, products::RUNS];
        let names = [with(DERIVE, &kept), with(MASK, &products::MASK), with(SCORE, &parts)];
        Self { context, derived, statistics: sites::statistics(plan), names }
    }

    /// Makes sure that all results of a tile are stored.
    pub fn tile(&self, workspace: &mut Workspace, tile: &Tile) -> Result<()> {
        let plan = &self.context.plan;
        let [derived, masked, scored] = self.names.each_ref().map(|(stage, names)| {
            names.is_empty() || self.context.store.has(stage, self.context.key(stage), tile, names)
        });
        if derived && masked && scored {
            return Ok(());
        }
        let stored = if derived { self.derived(tile) } else { None };
        let mask = if masked { self.mask(tile) } else { None };
        let mut needs = Needs::of_outputs(plan);
        if !scored {
            needs = needs.and(Needs::of_land(plan)).and(Needs::of_criteria(plan));
        }
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
            self.save(DERIVE, tile, &self.derived_sections(tile, &layers)?)?;
        }
        let mask = match mask {
            Some(mask) => mask,
            None => {
                let mask = exclude::exclude(plan, &layers);
                self.save(MASK, tile, &self.mask_sections(tile, &mask)?)?;
                mask
            }
        };
        if !scored {
            self.save(SCORE, tile, &self.scored(tile, &layers, &mask)?)?;
        }
        Ok(())
    }

    /// The stored layers of a tile.
    fn derived(&self, tile: &Tile) -> Option<Stored> {
        let names: Vec<String> = self.derived.iter().map(ToString::to_string).collect();
        if names.is_empty() {
            return Some(Stored::default());
        }
        let sections = self.context.store.load(DERIVE, &self.context.keys.derive, tile, &names)?;
        let place = (&self.context.plan.grid, tile.window);
        let cells = sections.iter().map(|bytes| products::layer_of(bytes, place, *CODING).ok());
        self.derived.iter().cloned().zip(cells).map(|(layer, cells)| Some((layer, cells?))).collect()
    }

    fn derived_sections(&self, tile: &Tile, layers: &Layers) -> Result<Sections> {
        let mut sections = Sections::new();
        for layer in &self.derived {
            let cells = layers.amount(layer).map(|amount| amount.core().to_owned());
            let cells = cells.unwrap_or_else(|| Array2::from_elem(tile.window.shape(), f32::NAN));
            let name = layer.to_string();
            if self.context.plan.writes(&name) {
                sections.push(measured(&name, &cells, layer.quantum()));
            }
            sections.push(self.layer(tile, &name, &cells)?);
        }
        Ok(sections)
    }

    fn layer<T: CellType>(&self, tile: &Tile, name: &str, cells: &Array2<T>) -> Result<Section> {
        products::layer(name, (&self.context.plan.grid, tile.window), cells, *CODING)
    }

    /// Stores a result, unless an input is no longer what the key says.
    fn save(&self, stage: &str, tile: &Tile, sections: &Sections) -> Result<()> {
        if sections.is_empty() {
            return Ok(());
        }
        self.context.plan.inputs_are_as_found()?;
        self.context.store.save(stage, self.context.key(stage), tile, sections)
    }

    fn mask(&self, tile: &Tile) -> Option<Mask> {
        let sections = self.context.store.load(MASK, &self.context.keys.mask, tile, &products::MASK)?;
        products::mask_of(tile.window, &sections).ok()
    }

    fn mask_sections(&self, tile: &Tile, mask: &Mask) -> Result<Sections> {
        let mut sections = products::mask(mask);
        if self.context.plan.writes(AVAILABLE) {
            let available = mask.available();
            sections.push(measured(AVAILABLE, &available, None));
            sections.push(self.layer(tile, AVAILABLE, &available)?);
        }
        if self.context.plan.writes(REASONS) {
            sections.push(products::measure(REASONS, &Measure::default()));
            sections.push(self.layer(tile, REASONS, &mask.reasons())?);
        }
        Ok(sections)
    }

    fn scored(&self, tile: &Tile, layers: &Layers, mask: &Mask) -> Result<Sections> {
        let plan = &self.context.plan;
        let land = land_use(plan, layers, mask);
        let scores = score::score(plan, layers, &land.open);
        let view = TileView { layers, mask, land: &land, scores: &scores };
        let settings = plan.project.sites;
        let modes = admissible(&view, settings.map_or(0.0, |settings| settings.min_score));
        let parts = settings.map_or_else(TileParts::default, |settings| {
            let cutting = Cutting { modes: &modes, settings: &settings, statistics: &self.statistics };
            parts::parts(plan, &view, &cutting)
        });
        let mut sections: Sections = vec![
            products::section(products::PARTS, products::parts(&parts)),
            products::section(products::CONTENTS, products::contents(&parts)),
            products::section(products::RUNS, products::runs(&parts)),
        ];
        if plan.writes(MODES) {
            sections.push(products::measure(MODES, &Measure::default()));
            sections.push(self.layer(tile, MODES, &bits(&modes, mask))?);
        }
        for (id, scores) in plan.mode_ids().iter().zip(&scores.by_mode) {
            let name = suitability(id);
            if plan.writes(&name) {
                sections.push(measured(&name, scores, Some(SCORE_QUANTUM)));
                sections.push(self.layer(tile, &name, scores)?);
            }
        }
        Ok(sections)
    }
}

/// The statistics of a layer.
fn measured(name: &str, cells: &Array2<f32>, quantum: Option<f32>) -> Section {
    let mut measure = Measure::default();
    cells.rows().into_iter().for_each(|row| measure.add(row.as_slice().unwrap_or_default(), quantum));
    products::measure(name, &measure)
}

/// Admissible modes, one bit each; no data outside all regions.
fn bits(modes: &Array2<ModeSet>, mask: &Mask) -> Array2<u32> {
    let mut bits = modes.mapv(|set| set.0);
    bits.zip_mut_with(&mask.kind, |bits, &kind| {
        if kind == NO_KIND {
            *bits = u32::NODATA;
        }
    });
    bits
}
