//! What can be asked of the program, and how.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::subsidence::SubsidenceArgs;
use super::yields::YieldArgs;
use crate::demo;

/// More threads than this no machine has use for: starting them would take longer than the work.
const MOST_THREADS: usize = 1024;
/// Edge of a tile when nothing is said.
pub const TILE_CELLS: &str = "512";

/// Siting of photovoltaics together with other uses of the land.
#[derive(Debug, Parser)]
#[command(name = "solsite", version, about, max_term_width = 100)]
pub struct Cli {
    /// Say nothing but faults and results.
    #[arg(long, short, global = true)]
    pub quiet: bool,
    #[command(subcommand)]
    pub command: Command,
}

/// What can be asked.
#[derive(Debug, Subcommand)]
pub enum Command {
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
    /// Slope, aspect, sky view and horizon of an elevation model.
    Terrain {
        /// Elevation model: any GDAL raster, metres.
        dem: PathBuf,
        /// Output folder.
        #[arg(long)]
        out: PathBuf,
        /// How far the horizon is looked for, in metres.
        #[arg(long, default_value_t = 10_000.0, value_parser = positive)]
        reach_m: f64,
        /// Directions of the horizon, clockwise from north.
        #[arg(long, default_value_t = 36, value_parser = azimuths)]
        azimuths: usize,
        /// Let far land sink below the earth's curve, refraction allowed for.
        #[arg(long)]
        earth_curvature: bool,
        #[command(flatten)]
        threads: ThreadsArg,
        /// Edge of the tiles worked on at once, in cells. Results do not depend on it.
        #[arg(long, env = "SOLSITE_TILE_CELLS", default_value = TILE_CELLS, value_parser = tile_cells)]
        tile_cells: usize,
        /// Overwrite files that are there.
        #[arg(long)]
        overwrite: bool,
    },
    /// What extraction panels make of the ground: subsidence, tilt, curvature, strain, ponding, stability, decision.
    Subsidence(Box<SubsidenceArgs>),
    /// The yield of one array at one place, with all steps on the way.
    Yield(Box<YieldArgs>),
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
    #[command(group = clap::ArgGroup::new("what").required(true))]
    Explain {
        /// Output folder of a run.
        dir: PathBuf,
        /// Id of a site.
        #[arg(long, group = "what")]
        site: Option<String>,
        /// Longitude and latitude of a cell, in degrees.
        #[arg(long, group = "what", value_name = "LON,LAT", value_parser = lon_lat, allow_hyphen_values = true)]
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

/// Where results are written.
#[derive(Debug, Args)]
pub struct WriteArgs {
    /// Output folder.
    #[arg(long)]
    pub out: PathBuf,
    /// Scenario to solve; may be repeated. All by default.
    #[arg(long = "scenario", value_name = "ID")]
    pub scenarios: Vec<String>,
    /// Folder for results of tiles, kept so that a run can continue; `<out>.work` by default.
    #[arg(long)]
    pub work: Option<PathBuf>,
    /// Overwrite the results of another project.
    #[arg(long)]
    pub overwrite: bool,
}

/// How many threads work.
#[derive(Debug, Args)]
pub struct ThreadsArg {
    /// Threads, at most 1024; all cores by default.
    #[arg(long, env = "SOLSITE_THREADS", value_parser = threads)]
    threads: Option<usize>,
}

impl ThreadsArg {
    /// The number asked for, or one a core.
    pub fn number(&self) -> usize {
        let asked = self.threads.filter(|&threads| threads > 0);
        asked.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, Into::into))
    }
}

/// How an answer is written.
#[derive(Debug, Args)]
pub struct FormatArg {
    /// How the answer is written.
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

fn positive(text: &str) -> std::result::Result<f64, String> {
    let value = text.parse::<f64>().ok().filter(|value| value.is_finite() && *value > 0.0);
    value.ok_or_else(|| "expected a number above 0".to_owned())
}

fn azimuths(text: &str) -> std::result::Result<usize, String> {
    let azimuths = text.parse::<usize>().ok().filter(|azimuths| (4..=360).contains(azimuths));
    azimuths.ok_or_else(|| "expected 4 to 360 directions".to_owned())
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

pub fn tile_cells(text: &str) -> std::result::Result<usize, String> {
    let cells = text.parse::<usize>().ok().filter(|cells| (16..=16_384).contains(cells));
    cells.ok_or_else(|| "expected 16 to 16384 cells".to_owned())
}
