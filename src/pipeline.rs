//! The order of work: plan, tiles, sites, offers, scenarios, files.

pub mod check;
pub mod explain;
mod inputs;
mod layers;
mod manifest;
mod scenarios;
mod sites;
pub mod subsidence;
pub mod table;
pub mod terrain;
mod tile;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use crate::appraise;
use crate::derive::needs;
use crate::exclude::Tally;
use crate::fault::{Fault, Faults, Result, suggestion};
use crate::plan::Plan;
use crate::project::Project;
use crate::raster::gdal::guard;
use crate::store::claim::{Claim, Overwrite};
use crate::store::folder::{Folder, work_dir};
use crate::store::keys::StageKeys;
use crate::store::ledger::Owner;
use crate::store::products;
use crate::store::tiles::TileStore;
use crate::tiles::{self, Cancel, Tiling};
use inputs::Files;

/// How a run is done; nothing here changes its results.
#[derive(Debug, Clone)]
pub struct Options {
    /// Output folder.
    pub out: PathBuf,
    /// Folder for results of tiles; beside the output folder by default.
    pub work: Option<PathBuf>,
    /// Scenarios to solve; all by default.
    pub scenarios: Vec<String>,
    /// Threads.
    pub threads: usize,
    /// Edge of a tile in cells.
    pub tile_cells: usize,
    /// Whether results of another project may be overwritten.
    pub overwrite: Overwrite,
}

/// What happens during a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A stage of so many steps begins.
    Stage(&'static str, usize),
    /// One step of the stage is done.
    Step,
    /// Something the user should know.
    Note(String),
}

/// Who is told, and who may stop it.
pub struct Watch<'a> {
    /// Told of everything that happens.
    pub tell: &'a (dyn Fn(Event) + Sync),
    /// May ask for a stop.
    pub cancel: &'a Cancel,
}

/// What came of a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcome {
    /// Sites found.
    pub sites: Option<usize>,
    /// Offers made.
    pub offers: Option<usize>,
    /// Scenarios with an optimum, with a line on each.
    pub solved: Vec<(String, String)>,
    /// What the planner should know of the limits, by scenario.
    pub notes: Vec<(String, String)>,
    /// Scenarios without a solution, with the explanation.
    pub infeasible: Vec<(String, Vec<String>)>,
}

/// A run under way.
pub(crate) struct Context<'a> {
    plan: Arc<Plan>,
    options: &'a Options,
    watch: &'a Watch<'a>,
    folder: Folder,
    store: TileStore,
    tiling: Tiling,
    keys: StageKeys,
    files: Files,
    clock: Clock,
    work: PathBuf,
}

/// Seconds by stage, and the most memory held by its end.
#[derive(Debug)]
pub(crate) struct Clock {
    start: Instant,
    stages: Mutex<Vec<Lap>>,
}

/// One stage.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lap {
    stage: &'static str,
    seconds: f64,
    peak_memory_mb: Option<f64>,
}

impl Clock {
    fn new() -> Self {
        Self { start: Instant::now(), stages: Mutex::new(Vec::new()) }
    }

    /// Ends a stage.
    fn lap(&self, stage: &'static str, start: Instant) {
        let lap = Lap { stage, seconds: start.elapsed().as_secs_f64(), peak_memory_mb: manifest::peak_memory_mb() };
        self.stages.lock().unwrap_or_else(PoisonError::into_inner).push(lap);
    }
}

/// Runs a project.
///
/// # Errors
/// Every fault of the project and its inputs together, or the first failure on the way. A scenario without a solution
/// is no error.
pub fn run(path: &Path, options: &Options, watch: &Watch<'_>) -> Result<Outcome> {
    let mut context = begin(path, options, watch)?;
    context.plan.notes.iter().for_each(|note| context.tell(Event::Note(note.clone())));
    context.tiles()?;
    let tally = context.tally()?;
    if tally.total().cells == 0 {
        return Err(context.plan.without_cells().into());
    }
    tally.notes(&context.plan.project.rules).into_iter().for_each(|note| context.tell(Event::Note(note)));
    context.time("layers", layers::write)?;
    let cut = context.time("sites", |context| sites::cut(context))?;
    let mut outcome = Outcome { sites: cut.as_ref().map(|cut| cut.sites.len()), ..Outcome::default() };
    let offers = context.time("offers", |context| Ok(cut.as_ref().and_then(|cut| scenarios::offers(context, cut))))?;
    outcome.offers = offers.as_ref().map(|offers| offers.offers.len());
    for note in offers.iter().flat_map(|offers| appraise::notes(&context.plan, &offers.offers)) {
        context.tell(Event::Note(note));
    }
    if let (Some(sites @ 1..), Some(0)) = (outcome.sites, outcome.offers) {
        context.tell(Event::Note(
            offers.as_ref().map_or_else(String::new, |made| appraise::without_offers(&context.plan, sites, made)),
        ));
    }
    context.time("summary", |context| sites::write(context, &tally, cut.as_ref(), offers.as_ref()))?;
    if let (Some(cut), Some(offers)) = (&cut, &offers) {
        context.time("scenarios", |context| scenarios::solve(context, (cut, offers), &tally, &mut outcome))?;
    }
    context.finish()?;
    Ok(outcome)
}

fn begin<'a>(path: &Path, options: &'a Options, watch: &'a Watch<'a>) -> Result<Context<'a>> {
    let clock = Clock::new();
    guard::setup();
    let plan = Arc::new(both(path)?);
    for id in &options.scenarios {
        scenario_known(&plan.project, id)?;
    }
    let work = options.work.clone().unwrap_or_else(|| work_dir(&options.out));
    let paths: Vec<PathBuf> = plan.files.iter().map(|file| file.path.clone()).chain([path.to_owned()]).collect();
    let folder = Folder::open(&Claim {
        dir: &options.out,
        work: &work,
        owner: Owner { project: plan.project.name.clone(), command: manifest::RUN },
        overwrite: options.overwrite,
        inputs: &paths,
    })?;
    let files = inputs::hash(&plan, options.threads)?;
    let keys = crate::store::keys::stage_keys(&plan, &files.by_input);
    let tiling = Tiling::new(&plan.grid, options.tile_cells);
    let store = TileStore::open(&work.join("tiles"), options.tile_cells)?;
    clock.lap("plan", clock.start);
    Ok(Context { plan, options, watch, folder, store, tiling, keys, files, clock, work })
}

/// Project and plan, with the faults of both together.
fn both(path: &Path) -> Result<Plan> {
    let (project, mut faults) = Project::inspect(path);
    let mut plan = None;
    if let Some(project) = &project {
        let found = Plan::inspect(project);
        faults.extend(found.faults);
        faults.extend(found.plan.iter().flat_map(needs::faults));
        faults.extend(scenarios::faults(project, &found.names));
        plan = found.plan;
    }
    Faults::or(faults, ())?;
    plan.map_or_else(|| unreadable(path), Ok)
}

fn unreadable<T>(path: &Path) -> Result<T> {
    Err(Fault::project(path.display().to_string(), "no plan can be made of it").into())
}

/// A fault if the project has no such scenario.
fn scenario_known(project: &Project, id: &str) -> Result<()> {
    if project.scenarios.iter().any(|scenario| scenario.id == id) {
        return Ok(());
    }
    let names: Vec<&str> = project.scenarios.iter().map(|scenario| scenario.id.as_str()).collect();
    let place = project.document.file.clone();
    Err(Fault::project(place, format!("there is no scenario `{id}`")).hint(suggestion(id, names)).into())
}

impl Context<'_> {
    fn time<T>(&mut self, stage: &'static str, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.watch.cancel.check()?;
        let start = Instant::now();
        let result = work(self);
        self.clock.lap(stage, start);
        result
    }

    fn tell(&self, event: Event) {
        (self.watch.tell)(event);
    }

    /// Works on every tile.
    fn tiles(&mut self) -> Result<()> {
        self.tell(Event::Stage("tiles", self.tiling.tiles.len()));
        self.time("tiles", |context| {
            let work = tile::Work::new(context);
            tiles::for_each(
                &context.tiling.tiles,
                context.options.threads,
                context.watch.cancel,
                || Ok(tile::Workspace::default()),
                |workspace, one| {
                    work.tile(workspace, one)?;
                    context.tell(Event::Step);
                    Ok(())
                },
            )
        })?;
        for notice in guard::take_notices() {
            self.tell(Event::Note(notice));
        }
        Ok(())
    }

    /// Counts of all tiles.
    fn tally(&self) -> Result<Tally> {
        let mut total = Tally::new(self.plan.regions.len(), self.plan.project.rules.len());
        for one in &self.tiling.tiles {
            let bytes = self.stored(crate::store::keys::MASK, one, products::TALLY)?;
            total.merge(&products::tally(&bytes)?);
        }
        Ok(total)
    }

    /// A section of a tile's result that must be there by now.
    fn stored(&self, stage: &str, one: &tiles::Tile, section: &str) -> Result<Vec<u8>> {
        let key = self.key(stage);
        let loaded = self.store.load(stage, key, one, &[section]).and_then(|mut sections| sections.pop());
        loaded.ok_or_else(|| {
            let what = format!("the {stage} result of tile r{}c{} is gone or damaged", one.row, one.col);
            Fault::new(crate::fault::Kind::Incomplete, self.work.display().to_string(), what).hint("run again").into()
        })
    }

    fn key(&self, stage: &str) -> &str {
        match stage {
            crate::store::keys::DERIVE => &self.keys.derive,
            crate::store::keys::MASK => &self.keys.mask,
            _ => &self.keys.score,
        }
    }

    /// Writes the last files: the manifest comes after everything it lists, and what no longer belongs is removed.
    fn finish(&self) -> Result<()> {
        manifest::write(self)?;
        self.store.forget_unused();
        manifest::write_run(self)
    }
}
