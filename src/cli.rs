//! The command line: what can be asked, how progress is shown, and what the exit code says.
//!
//! Standard output carries data only; progress, notes and faults go to standard error.

mod args;
mod progress;
mod subsidence;
mod text;
mod yields;

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use serde_json::Value;

use crate::compare;
use crate::demo;
use crate::derive::sun::REFRACTION_COEFFICIENT;
use crate::fault::{Fault, Faults, Kind, Result};
use crate::kernels::horizon::{Curvature, Rays};
use crate::one_place;
use crate::pipeline::{self, Options, Outcome, Watch, terrain};
use crate::project::schema;
use crate::store::claim::Overwrite;
use crate::tiles::Cancel;
use args::{Cli, Command, Format, WriteArgs};
use progress::Progress;

/// Exit code of a run that ended, but without a solution or with findings.
const FINDINGS: u8 = 1;
/// Time an interrupted run has to stop by itself.
const GRACE: Duration = Duration::from_secs(3);

/// Reads the command line, does what it asks, and says how it went.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let cancel = Arc::new(Cancel::default());
    let on_signal = Arc::clone(&cancel);
    // Without a handler the default one ends the process, which is safe too: nothing has a final name yet.
    let _ = ctrlc::set_handler(move || {
        on_signal.request();
        std::thread::sleep(GRACE);
        std::process::exit(i32::from(code(Kind::Interrupted)));
    });
    let progress = Progress::new(cli.quiet);
    let result = dispatch(cli.command, &progress, &cancel);
    progress.end();
    match result {
        Ok(exit) => ExitCode::from(exit),
        Err(faults) => {
            progress::faults(faults.list());
            ExitCode::from(code(faults.kind()))
        }
    }
}

/// The exit code of a fault.
fn code(kind: Kind) -> u8 {
    match kind {
        Kind::Project => 2,
        Kind::Input => 3,
        Kind::Output => 4,
        Kind::Incomplete => 5,
        Kind::Solver => 6,
        Kind::Interrupted => 130,
    }
}

fn dispatch(command: Command, progress: &Progress, cancel: &Cancel) -> Result<u8> {
    let tell = |event| progress.tell(&event);
    let watch = Watch { tell: &tell, cancel };
    match command {
        Command::Demo { dir, region, cells, seed, threads, overwrite } => {
            let replace = if overwrite { demo::Replace::Yes } else { demo::Replace::No };
            let order = demo::Order { dir, region, cells, seed, threads: threads.number(), replace };
            let project = demo::write(&order, cancel, &|done, total| progress.at("demo", done, total))?;
            progress.say(&format!("wrote a synthetic region; now run: solsite run {} --out OUT", project.display()));
            Ok(0)
        }
        Command::Init { dir } => init(&dir, progress),
        Command::Schema => print(&format!("{:#}", schema::published())),
        Command::Check { project, format, threads } => {
            check(&project, threads.number(), format.format, (progress, &watch))
        }
        Command::Run { project, write, threads, tile_cells } => {
            let options = options(write, threads.number(), tile_cells);
            let outcome = pipeline::run(&project, &options, &watch)?;
            Ok(report(&outcome, &options, progress))
        }
        Command::Allocate { project, offers, site_land, write } => {
            let options = options(write, 1, 1);
            let tables = pipeline::table::Tables { offers, site_land };
            let outcome = pipeline::table::allocate(&project, &tables, &options, &watch)?;
            Ok(report(&outcome, &options, progress))
        }
        Command::Terrain { dem, out, reach_m, azimuths, earth_curvature, threads, tile_cells, overwrite } => {
            let curvature = if earth_curvature {
                Curvature::Earth { refraction_coefficient: REFRACTION_COEFFICIENT }
            } else {
                Curvature::Flat
            };
            let rays = Rays { reach_m, curvature };
            let overwrite = if overwrite { Overwrite::Allow } else { Overwrite::Refuse };
            let order = terrain::Order { dem, out, rays, azimuths, threads: threads.number(), tile_cells, overwrite };
            Ok(told(&order.out, terrain::write(&order, &watch)?, progress))
        }
        Command::Subsidence(args) => {
            let order = args.order()?;
            Ok(told(&order.out, pipeline::subsidence::write(&order, &watch)?, progress))
        }
        Command::Yield(args) => yield_of(&args, progress),
        Command::Compare { dir, baseline, format } => compare_runs(&dir, baseline.as_deref(), format.format),
        Command::Explain { dir, site, at, scenario, format } => {
            let story = match (site, at) {
                (Some(site), _) => pipeline::explain::site(&dir, &site, scenario.as_deref())?,
                (None, Some(place)) => pipeline::explain::cell(&dir, place, scenario.as_deref())?,
                (None, None) => Value::Null,
            };
            show(&story, format.format)
        }
    }
}

/// Says what the user should know of files that were written.
fn told(out: &std::path::Path, notes: Vec<String>, progress: &Progress) -> u8 {
    progress.end();
    for note in notes {
        progress.say(&format!("note: {note}"));
    }
    progress.say(&format!("results in {}", out.display()));
    0
}

fn options(write: WriteArgs, threads: usize, tile_cells: usize) -> Options {
    let overwrite = if write.overwrite { Overwrite::Allow } else { Overwrite::Refuse };
    Options { out: write.out, work: write.work, scenarios: write.scenarios, threads, tile_cells, overwrite }
}

/// Says what came of a run; the exit code is 1 if a scenario has no solution.
fn report(outcome: &Outcome, options: &Options, progress: &Progress) -> u8 {
    progress.end();
    if let Some(sites) = outcome.sites {
        let offers = outcome.offers.map_or_else(String::new, |offers| format!(", {offers} offers"));
        progress.say(&format!("{sites} sites{offers}"));
    }
    for (id, line) in &outcome.solved {
        progress.say(&format!("scenario {id}: {line}"));
    }
    for (id, note) in &outcome.notes {
        progress.say(&format!("note: scenario {id}: {note}"));
    }
    for (id, sentences) in &outcome.infeasible {
        progress.always(&format!("scenario {id} has no solution:"));
        for sentence in sentences {
            progress.always(&format!("  {sentence}"));
        }
    }
    progress.say(&format!("results in {}", options.out.display()));
    if outcome.infeasible.is_empty() { 0 } else { FINDINGS }
}

fn init(dir: &std::path::Path, progress: &Progress) -> Result<u8> {
    let path = dir.join("project.toml");
    let place = path.display().to_string();
    let failed = |error: std::io::Error| Fault::output(&place, format!("cannot write it: {error}"));
    std::fs::create_dir_all(dir).map_err(failed)?;
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(&path).map_err(|error| {
        let fault = failed(error);
        if path.exists() { fault.hint("remove the file that is there, or choose another folder") } else { fault }
    })?;
    file.write_all(include_str!("../data/init.toml").as_bytes()).map_err(failed)?;
    progress.say(&format!("wrote {place}; edit it, then: solsite check {place}"));
    Ok(0)
}

fn check(
    project: &std::path::Path,
    threads: usize,
    format: Format,
    (progress, watch): (&Progress, &Watch<'_>),
) -> Result<u8> {
    let report = pipeline::check::check(project, threads, watch)?;
    progress.end();
    match format {
        Format::Json => print(&format!("{:#}", report.json()))?,
        Format::Text => {
            let faults = report.faults.iter().map(|fault| format!("fault: {fault}"));
            let notes = report.notes.iter().map(|note| format!("note: {note}"));
            let verdict = match report.faults.len() {
                0 => "no faults".to_owned(),
                1 => "1 fault".to_owned(),
                n => format!("{n} faults"),
            };
            print(&faults.chain(notes).chain([verdict]).collect::<Vec<_>>().join("\n"))?
        }
    };
    let worst = report.faults.iter().map(|fault| fault.kind).min();
    Ok(worst.map_or(0, code))
}

fn yield_of(args: &yields::YieldArgs, progress: &Progress) -> Result<u8> {
    let order = args.order()?;
    let sunlight = one_place::Sunlight::new(&order)?;
    let array = args.array(&sunlight)?;
    let report = one_place::report(&order, &array, &sunlight, &crate::tables::Tables::builtin()?);
    for note in &sunlight.notes {
        progress.always(&format!("note: {note}"));
    }
    match args.format.format {
        Format::Json => print(&format!("{report:#}")),
        Format::Text => print(&one_place::text(&report)),
    }
}

fn compare_runs(dir: &std::path::Path, baseline: Option<&str>, format: Format) -> Result<u8> {
    crate::store::ledger::is_whole(dir)?;
    let ids = pipeline::explain::scenario_ids(dir, None)?;
    let comparison = compare::compare(dir, &ids, baseline)?;
    match format {
        Format::Json => print(&format!("{:#}", comparison.json())),
        Format::Text => print(&text::comparison(&comparison.csv()?)),
    }
}

fn show(value: &Value, format: Format) -> Result<u8> {
    match format {
        Format::Json => print(&format!("{value:#}")),
        Format::Text => print(&text::outline(value)),
    }
}

/// Writes an answer to standard output. A reader that has heard enough (a closed pipe) is no fault.
fn print(answer: &str) -> Result<u8> {
    match writeln!(std::io::stdout().lock(), "{answer}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Faults::from(Fault::output("standard output", error.to_string())))
        }
        _ => Ok(0),
    }
}
