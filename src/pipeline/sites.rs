//! Sites of a run: parts of tiles joined and cut, connected, outlined and written.

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use super::{Context, Event};
use crate::appraise::{self, Offers};
use crate::exclude::Tally;
use crate::export::geojson::{self, SiteView};
use crate::export::shapes::{Outliner, ShapeWriter, Shapes};
use crate::export::{csv, designs, profiles, summary};
use crate::fault::Result;
use crate::site::{Content, Site, Statistic};
use crate::sites::admit::UnusableLand;
use crate::sites::parts::{Dropped, GridRun};
use crate::sites::{self, connect, cut as cutting, merge, outlines};
use crate::store::keys::SCORE;
use crate::store::products;
use crate::tiles;

/// Sites with their outlines.
pub struct Cut {
    pub sites: Vec<Site>,
    pub dropped: Dropped,
    pub unusable: UnusableLand,
    pub statistics: Vec<Statistic>,
    pub shapes: Shapes,
}

/// Joins the parts of all tiles, cuts sites, finds their substations and outlines; `None` for a project without sites.
pub fn cut(context: &mut Context<'_>) -> Result<Option<Cut>> {
    let Some(settings) = context.plan.project.sites else { return Ok(None) };
    let tiles = context.tiling.tiles.iter();
    let parts: Result<Vec<_>> =
        tiles.map(|tile| products::parts_of(&context.stored(SCORE, tile, products::PARTS)?)).collect();
    let atoms = merge::merge(&context.tiling, parts?, settings.connectivity);
    let mut cut = cutting::cut(&context.plan, &atoms, &settings);
    let unusable = atoms.unusable;
    drop(atoms);
    fill(context, &mut cut.sites)?;
    context.tell(Event::Stage("sites", cut.sites.len()));
    let shapes = trace(context, &mut cut.sites)?;
    let statistics = sites::statistics(&context.plan);
    Ok(Some(Cut { sites: cut.sites, dropped: cut.dropped, unusable, statistics, shapes }))
}

/// Adds up the contents of every site, tile by tile. Exact sums are large; a site's are rounded and dropped as soon as its
/// last part is in, so only the sites of a few rows of tiles are held at a time.
fn fill(context: &Context<'_>, sites: &mut [Site]) -> Result<()> {
    let mut owners: Vec<Vec<(u32, usize)>> = vec![Vec::new(); context.tiling.tiles.len()];
    let mut missing: Vec<usize> = sites.iter().map(|site| site.parts.len()).collect();
    for (index, site) in sites.iter().enumerate() {
        for &(tile, label) in &site.parts {
            owners[tile as usize].push((label, index));
        }
    }
    let mut open: HashMap<usize, Content> = HashMap::new();
    for (tile, owned) in context.tiling.tiles.iter().zip(&owners).filter(|(_, owned)| !owned.is_empty()) {
        let contents = products::contents_of(&context.stored(SCORE, tile, products::CONTENTS)?)?;
        for &(label, index) in owned {
            open.entry(index).or_default().merge(&contents[label as usize]);
            missing[index] -= 1;
            if missing[index] == 0 {
                sites[index].content = open.remove(&index).unwrap_or_default().totals();
            }
        }
    }
    Ok(())
}

/// Sites that are outlined side by side: as many as their runs may take memory.
const OUTLINED_AT_ONCE: usize = 1024;

/// Connects and outlines every site.
fn trace(context: &Context<'_>, sites: &mut [Site]) -> Result<Shapes> {
    let plan = &context.plan;
    let mut writer = ShapeWriter::create(&context.folder.scratch("shapes.bin"))?;
    let outliner = Outliner::new(&plan.grid)?;
    let mut cache = RunCache::new(context);
    for some in sites.chunks_mut(OUTLINED_AT_ONCE) {
        let runs: Vec<Vec<GridRun>> = some.iter().map(|site| cache.runs(site)).collect::<Result<_>>()?;
        let outlined = tiles::for_each(
            &runs,
            context.options.threads,
            context.watch.cancel,
            || Ok(()),
            |(), runs| Ok((connect::nearest(&plan.grid, runs, &plan.substations), outliner.outline(runs)?)),
        )?;
        for (site, (substation, outline)) in some.iter_mut().zip(outlined) {
            site.substation = substation;
            writer.add(&outline)?;
            context.tell(Event::Step);
        }
    }
    writer.finish()
}

/// Runs of the tiles used last: sites come in raster order within a region, so two rows of tiles are enough.
struct RunCache<'a> {
    context: &'a Context<'a>,
    kept: VecDeque<(u32, Rc<Vec<Vec<GridRun>>>)>,
    capacity: usize,
}

impl<'a> RunCache<'a> {
    fn new(context: &'a Context<'a>) -> Self {
        Self { context, kept: VecDeque::new(), capacity: 2 * context.tiling.cols + 2 }
    }

    /// All runs of a site.
    fn runs(&mut self, site: &Site) -> Result<Vec<GridRun>> {
        let mut tiles: HashMap<u32, Rc<Vec<Vec<GridRun>>>> = HashMap::new();
        for &(tile, _) in &site.parts {
            if let std::collections::hash_map::Entry::Vacant(entry) = tiles.entry(tile) {
                entry.insert(self.tile(tile)?);
            }
        }
        Ok(outlines::gather(site.parts.iter().map(|(tile, label)| &tiles[tile][*label as usize][..])))
    }

    fn tile(&mut self, tile: u32) -> Result<Rc<Vec<Vec<GridRun>>>> {
        if let Some(at) = self.kept.iter().position(|(known, _)| *known == tile) {
            if let Some(entry) = self.kept.remove(at) {
                self.kept.push_back(entry);
            }
        } else {
            let bytes = self.context.stored(SCORE, &self.context.tiling.tiles[tile as usize], products::RUNS)?;
            self.kept.push_back((tile, Rc::new(products::runs_of(&bytes)?)));
            if self.kept.len() > self.capacity {
                self.kept.pop_front();
            }
        }
        Ok(self.kept.back().map(|(_, runs)| Rc::clone(runs)).unwrap_or_default())
    }
}

/// Writes sites, land, offers, profiles and the summary.
pub fn write(context: &Context<'_>, tally: &Tally, cut: Option<&Cut>, offers: Option<&Offers>) -> Result<()> {
    if let Some(resource) = context.plan.resource.as_deref() {
        context.folder.write("profiles.csv", "", &profiles::csv(&context.plan, resource)?)?;
    }
    if let Some(cut) = cut {
        let view =
            SiteView { plan: &context.plan, sites: &cut.sites, statistics: &cut.statistics, shapes: &cut.shapes };
        context.folder.stream("sites.geojson", "", |out| geojson::sites(out, &view))?;
        let rows = csv::site_land_rows(&context.plan, &cut.sites);
        context.folder.write("site_land.csv", "", &csv::site_land(&rows)?)?;
    }
    if let (Some(cut), Some(offers)) = (cut, offers) {
        let table = appraise::table(&context.plan, &cut.sites, &offers.offers);
        context.folder.write("offers.csv", "", &csv::offers(&table)?)?;
        if context.plan.fields.is_some() {
            context.folder.write("designs.csv", "", &designs::csv(&context.plan, &offers.designs)?)?;
        }
    }
    let sites = cut.map(|cut| summary::Land { sites: &cut.sites, dropped: cut.dropped, unusable: &cut.unusable });
    let found = summary::Found { plan: &context.plan, tally, sites, offers };
    let summary = summary::summary(&found);
    context.folder.write_json("summary.json", "", &summary)
}
