//! The command line: what can be asked, how progress is shown, and what the exit code says.
//!
//! Standard output carries data only; progress, notes and faults go to standard error.

mod progress;
mod text;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use serde_json::Value;

use crate::compare;
use crate::demo;
use crate::fault::{Fault, Faults, Kind, Result};
use crate::pipeline::{self, Options, Outcome, Watch};
use crate::project::schema;
use crate::store::claim::Overwrite;
use crate::tiles::Cancel;
use progress::Progress;

/// Exit code of a run that ended, but without a solution or with findings.
const FINDINGS: u8 = 1;
/// Time an interrupted run has to stop by itself.
const GRACE: Duration = Duration::from_secs(3);
/// More threads than this no machine has use for: starting them would take longer than the work.
const MOST_THREADS: usize = 1024;
/// Edge of a tile when nothing is said.
const TILE_CELLS: &str = "512";

/// Siting of photovoltaics together with other uses of the land.
#[derive(Debug, Parser)]
#[command(name = "solsite", version, about, max_term_width = 100)]
struct Cli {
    /// Say nothing but faults and results.
    #[arg(long, short, global = true)]
    quiet: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a synthetic but plausible region and its project file.
    Demo {
        /// Folder to write to.
        dir: PathBuf,
        /// Which landscape.
        #[arg(long, value_enum, default_value = "lanzhou")]
        region: demo::Region,
        /// Edge of the region in cells of 30 m.
        #[arg(long, default_value_t = 1000)]
        cells: usize,
        /// Seed of everything random.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        #[command(flatten)]
        threads: ThreadsArg,
        /// Write into a folder that is not empty.
        #[arg(long)]
        overwrite: bool,
    },
    /// Write a commented project file to start from.
    Init {
        /// Folder to write to.
        dir: PathBuf,
    },
    /// Print the JSON Schema of project files.
    Schema,
    /// Find everything wrong with a project and its inputs.
    Check {
        /// Project file.
        project: PathBuf,
        #[command(flatten)]
        format: FormatArg,
        #[command(flatten)]
        threads: ThreadsArg,
    },
    /// Run a project: exclude, score, cut sites, appraise, allocate. Continues what is there.
    Run {
        /// Project file.
        project: PathBuf,
        #[command(flatten)]
        write: WriteArgs,
        #[command(flatten)]
        threads: ThreadsArg,
        /// Edge of the tiles worked on at once, in cells. Results do not depend on it.
        #[arg(long, env = "SOLSITE_TILE_CELLS", default_value = TILE_CELLS, value_parser = tile_cells)]
        tile_cells: usize,
    },
    /// Only the allocation, from a table of offers.
    Allocate {
        /// Project file; only its name and scenarios are needed.
        project: PathBuf,
        /// Table of offers (CSV).
        #[arg(long)]
        offers: PathBuf,
        /// Land of the sites by the modes it admits (CSV: `site_id`, `modes`, `area_ha`).
        #[arg(long)]
        site_land: Option<PathBuf>,
        #[command(flatten)]
        write: WriteArgs,
    },
    /// Set the scenarios of a run side by side.
    Compare {
        /// Output folder of a run.
        dir: PathBuf,
        /// Scenario the others are compared with; the first by default.
        #[arg(long)]
        baseline: Option<String>,
        #[command(flatten)]
        format: FormatArg,
    },
    /// Tell the whole story of a site or a cell: why here, why not.
    Explain {
        /// Output folder of a run.
        dir: PathBuf,
        /// Id of a site.
        #[arg(long, required_unless_present = "at", conflicts_with = "at")]
        site: Option<String>,
        /// Longitude and latitude of a cell, in degrees.
        #[arg(long, value_name = "LON,LAT", value_parser = lon_lat, allow_hyphen_values = true)]
        at: Option<(f64, f64)>,
        /// Only this scenario; of a cell, what became in it of the site that the cell lies in.
        #[arg(long)]
        scenario: Option<String>,
        #[command(flatten)]
        format: FormatArg,
    },
}

impl ValueEnum for demo::Region {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Lanzhou, Self::Qingdao]
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.name()))
    }
}

#[derive(Debug, Args)]
struct WriteArgs {
    /// Output folder.
    #[arg(long)]
    out: PathBuf,
    /// Scenario to solve; may be repeated. All by default.
    #[arg(long = "scenario", value_name = "ID")]
    scenarios: Vec<String>,
    /// Folder for results of tiles, kept so that a run can continue; `<out>.work` by default.
    #[arg(long)]
    work: Option<PathBuf>,
    /// Overwrite the results of another project.
    #[arg(long)]
    overwrite: bool,
}

#[derive(Debug, Args)]
struct ThreadsArg {
    /// Threads, at most 1024; all cores by default.
    #[arg(long, env = "SOLSITE_THREADS", value_parser = threads)]
    threads: Option<usize>,
}

impl ThreadsArg {
    /// The number asked for, or one a core.
    fn number(&self) -> usize {
        let asked = self.threads.filter(|&threads| threads > 0);
        asked.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, Into::into))
    }
}

#[derive(Debug, Args)]
struct FormatArg {
    /// How the answer is written.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

fn lon_lat(text: &str) -> std::result::Result<(f64, f64), String> {
    let parse = |part: &str| part.trim().parse::<f64>().ok().filter(|value| value.is_finite());
    let pair = text.split_once(',').and_then(|(lon, lat)| Some((parse(lon)?, parse(lat)?)));
    pair.ok_or_else(|| "expected longitude and latitude in degrees, such as 103.8,36.1".to_owned())
}

fn threads(text: &str) -> std::result::Result<usize, String> {
    let threads = text.parse::<usize>().ok().filter(|threads| *threads <= MOST_THREADS);
    threads.ok_or_else(|| format!("expected a number up to {MOST_THREADS}; 0 for one a core"))
}

fn tile_cells(text: &str) -> std::result::Result<usize, String> {
    let cells = text.parse::<usize>().ok().filter(|cells| (16..=16_384).contains(cells));
    cells.ok_or_else(|| "expected 16 to 16384 cells".to_owned())
}

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
