//! `solsite subsidence`: what can be asked of panels.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::args::{TILE_CELLS, ThreadsArg, tile_cells};
use crate::date::Date;
use crate::fault::{Fault, Faults, Result, suggestion};
use crate::pipeline::subsidence::{Order, Soil, Target, Water};
use crate::project::VectorSpec;
use crate::project::file::CourseTable;
use crate::project::subsidence::{MOST_SAMPLES, SubsidenceSettings};
use crate::store::claim::Overwrite;
use crate::subsidence::insar::{Track, are_apart};
use crate::subsidence::quantity::Quantity;
use crate::subsidence::scene::Rates;
use crate::tables::Tables;

/// Place of faults of options.
const HERE: &str = "command line";

/// What extraction panels make of the ground.
#[derive(Debug, Args)]
#[command(allow_negative_numbers = true, group = clap::ArgGroup::new("target").required(true))]
pub struct SubsidenceArgs {
    /// Layer of panels: polygons with `thickness_m`, `depth_m`, `q`, `tan_beta`, `b` … or an overburden class.
    panels: PathBuf,
    /// Raster whose cells are looked at.
    #[arg(long, value_name = "RASTER", group = "target")]
    like: Option<PathBuf>,
    /// Table with columns x and y, in the system of the panels.
    #[arg(long, value_name = "CSV", group = "target")]
    points: Option<PathBuf>,
    /// Output folder.
    #[arg(long)]
    out: PathBuf,
    /// Date of the state, such as 2026-07-01; without it, the state when all has come to rest.
    #[arg(long)]
    date: Option<String>,
    /// Layer of the panels' file.
    #[arg(long)]
    layer: Option<String>,
    /// Attribute filter of the panels (OGR SQL).
    #[arg(long = "where", value_name = "SQL")]
    filter: Option<String>,
    /// Field with the panels' ids [default: id, else name, else their number].
    #[arg(long)]
    id_field: Option<String>,
    /// Overburden class of panels that name none: hard, medium or soft.
    #[arg(long)]
    overburden: Option<String>,
    /// Life of a plant, over which deformation to come is counted [default: 25].
    #[arg(long, value_name = "YR")]
    life_yr: Option<f64>,
    /// How subsidence comes about: `knothe[:C]`, `knothe_power:C,N`, `mmf:C,K`, `logistic:TAU,K` or `segmented:T,C`.
    #[arg(long, default_value = "knothe")]
    course: String,
    /// Depth of the water table below the ground before mining.
    #[arg(long, value_name = "M", conflicts_with = "groundwater")]
    groundwater_depth_m: Option<f64>,
    /// Raster with that depth, in metres.
    #[arg(long, value_name = "RASTER")]
    groundwater: Option<PathBuf>,
    /// How far the water table rises and falls about its mean.
    #[arg(long, value_name = "M", default_value_t = 0.0)]
    groundwater_seasonal_m: f64,
    /// Elevation of the ground before mining, in metres.
    #[arg(long, value_name = "RASTER")]
    ground: Option<PathBuf>,
    /// Elevation above which water runs off.
    #[arg(long, value_name = "M")]
    outlet_level_m: Option<f64>,
    /// Elevation of the seam's floor, for panels without `depth_m`.
    #[arg(long, value_name = "RASTER")]
    seam_floor: Option<PathBuf>,
    /// Velocity that a satellite sees, positive towards it, with incidence and heading in degrees and the unit; at most twice.
    #[arg(long, value_name = "RASTER,INCIDENCE,HEADING,mm/yr|m/yr")]
    insar: Vec<String>,
    /// Let the pace that satellites see decide stability, where they see something.
    #[arg(long, requires = "insar")]
    observed_rates: bool,
    /// Whether the soil is good enough for crops.
    #[arg(long, value_enum, default_value = "poor")]
    soil: SoilName,
    /// Polygons in which nothing may be built.
    #[arg(long, value_name = "VECTOR")]
    protected: Option<PathBuf>,
    /// Levelled points (CSV: `x`, `y`, `subsidence_m`) that q, tan β and the offset are fitted to; writes fit.json.
    #[arg(long, value_name = "CSV")]
    levelling: Option<PathBuf>,
    /// Samples of uncertain parameters, for the probability of decisions.
    #[arg(long, value_name = "N", default_value_t = 0)]
    samples: usize,
    /// Seed of the samples.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Rasters to write, by name; all by default.
    #[arg(long, value_delimiter = ',', value_name = "NAME,…")]
    layers: Vec<String>,
    #[command(flatten)]
    threads: ThreadsArg,
    /// Edge of the tiles worked on at once, in cells. Results do not depend on it.
    #[arg(long, env = "SOLSITE_TILE_CELLS", default_value = TILE_CELLS, value_parser = tile_cells)]
    tile_cells: usize,
    /// Overwrite files that are there.
    #[arg(long)]
    overwrite: bool,
}

/// What the soil is good for.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum SoilName {
    /// Not for crops.
    Poor,
    /// For crops.
    Good,
}

impl SubsidenceArgs {
    /// What is asked for.
    ///
    /// # Errors
    /// All faults of the options.
    pub fn order(self) -> Result<Order> {
        let tables = Tables::builtin()?;
        let mut asked = Asked { faults: Vec::new() };
        let settings = asked.settings(&self, &tables);
        let insar = asked.insar(&self.insar);
        let layers = asked.layers(&self.layers);
        let numbers = [
            ("--groundwater-depth-m", self.groundwater_depth_m, -100.0..=5000.0),
            ("--outlet-level-m", self.outlet_level_m, -1000.0..=9000.0),
        ];
        for (name, value, range) in numbers {
            asked.within(name, value, range);
        }
        Faults::or(asked.faults, ())?;
        let target = match (self.like, self.points) {
            (Some(like), _) => Target::Like(like),
            (None, points) => Target::Points(points.unwrap_or_default()),
        };
        let water = self.groundwater_depth_m.map(Water::Depth).or(self.groundwater.map(Water::Raster));
        let (tracks, velocities) = insar.into_iter().map(|(path, track, factor)| (track, (path, factor))).unzip();
        Ok(Order {
            panels: VectorSpec {
                path: self.panels,
                layer: self.layer,
                filter: self.filter,
                id_field: self.id_field,
                ..VectorSpec::default()
            },
            target,
            out: self.out,
            settings: SubsidenceSettings { tracks, ..settings },
            groundwater: water,
            ground: self.ground,
            outlet_level_m: self.outlet_level_m,
            seam_floor: self.seam_floor,
            velocities,
            soil: match self.soil {
                SoilName::Poor => Soil::Poor,
                SoilName::Good => Soil::Good,
            },
            protected: self.protected,
            levelling: self.levelling,
            layers,
            threads: self.threads.number(),
            tile_cells: self.tile_cells,
            overwrite: if self.overwrite { Overwrite::Allow } else { Overwrite::Refuse },
        })
    }
}

/// Collects the faults of options.
struct Asked {
    faults: Vec<Fault>,
}

impl Asked {
    fn fault(&mut self, what: String, hint: String) {
        self.faults.push(Fault::project(HERE, what).hint(hint));
    }

    fn within(&mut self, name: &str, value: Option<f64>, range: std::ops::RangeInclusive<f64>) {
        if let Some(value) = value.filter(|value| !range.contains(value)) {
            self.fault(format!("{name} {value} is outside {}–{}", range.start(), range.end()), String::new());
        }
    }

    fn settings(&mut self, args: &SubsidenceArgs, tables: &Tables) -> SubsidenceSettings {
        let date = args.date.as_deref().and_then(|text| {
            let date = Date::parse(text);
            if date.is_none() {
                self.fault(format!("--date `{text}` is not a date"), "write it as 2026-07-01".to_owned());
            }
            date
        });
        self.within("--life-yr", args.life_yr, 1.0..=100.0);
        self.within("--groundwater-seasonal-m", Some(args.groundwater_seasonal_m), 0.0..=100.0);
        if args.samples > MOST_SAMPLES {
            self.fault(format!("--samples {} is above {MOST_SAMPLES}", args.samples), String::new());
        }
        if let Some(class) = args.overburden.as_deref().filter(|class| tables.overburden(class).is_none()) {
            let names = suggestion(class, tables.overburden.iter().map(|row| row.id.as_str()));
            self.fault(format!("unknown overburden class `{class}`"), names);
        }
        SubsidenceSettings {
            date,
            life_yr: args.life_yr.unwrap_or(tables.settling.extent.life_yr.value),
            overburden: args.overburden.clone(),
            course: self.course(&args.course),
            seasonal_m: args.groundwater_seasonal_m,
            rates: if args.observed_rates { Rates::Observed } else { Rates::Predicted },
            tracks: Vec::new(),
            samples: args.samples,
            seed: args.seed,
        }
    }

    /// A course as `name:number,number`.
    fn course(&mut self, text: &str) -> CourseTable {
        let (name, rest) = text.split_once(':').unwrap_or((text, ""));
        let parts: Vec<&str> = rest.split(',').filter(|part| !part.is_empty()).collect();
        let numbers: Vec<f64> = parts.iter().filter_map(|part| part.trim().parse().ok()).collect();
        let course = match (name, &numbers[..]) {
            _ if numbers.len() != parts.len() => None,
            ("knothe", []) => Some(CourseTable::Knothe { per_yr: None }),
            ("knothe", &[per_yr]) => Some(CourseTable::Knothe { per_yr: Some(per_yr) }),
            ("knothe_power", &[per_yr, power]) => Some(CourseTable::KnothePower { per_yr, power }),
            ("mmf", &[half, power]) => Some(CourseTable::Mmf { half, power }),
            ("logistic", &[middle_yr, per_yr]) => Some(CourseTable::Logistic { middle_yr, per_yr }),
            ("segmented", &[duration_yr, per_yr]) => {
                Some(CourseTable::Segmented { duration_yr: Some(duration_yr), per_yr })
            }
            _ => None,
        };
        let Some(course) = course else {
            let hint = "write knothe, knothe:C, knothe_power:C,N, mmf:C,K, logistic:TAU,K or segmented:T,C";
            self.fault(format!("--course `{text}` is not understood"), hint.to_owned());
            return CourseTable::Knothe { per_yr: None };
        };
        for (key, value, range) in course.numbers() {
            self.within(&format!("--course {name} {key}"), Some(value), range);
        }
        course
    }

    /// Rasters of velocities with their tracks and factors to m/yr.
    fn insar(&mut self, all: &[String]) -> Vec<(PathBuf, Track, f64)> {
        if all.len() > 2 {
            self.fault("--insar is given more than twice".to_owned(), "one or two tracks are used".to_owned());
        }
        let mut found = Vec::new();
        for text in all {
            let mut parts = text.rsplitn(4, ',');
            let (unit, heading, incidence, path) = (parts.next(), parts.next(), parts.next(), parts.next());
            let number = |part: Option<&str>| part.and_then(|part| part.trim().parse::<f64>().ok());
            let factor = match unit.map(str::trim) {
                Some("mm/yr") => Some(1e-3),
                Some("m/yr") => Some(1.0),
                _ => None,
            };
            match (path, number(incidence), number(heading), factor) {
                (Some(path), Some(incidence_deg), Some(heading_deg), Some(factor)) => {
                    self.within("--insar incidence", Some(incidence_deg), 0.0..=89.0);
                    self.within("--insar heading", Some(heading_deg), -360.0..=360.0);
                    found.push((Path::new(path).to_owned(), Track::heading(incidence_deg, heading_deg), factor));
                }
                _ => {
                    let hint = "write RASTER,INCIDENCE,HEADING,mm/yr, such as asc.tif,39,350,mm/yr";
                    self.fault(format!("--insar `{text}` is not understood"), hint.to_owned());
                }
            }
        }
        if let [(_, one, _), (_, other, _)] = found[..]
            && !are_apart(one, other)
        {
            let hint = "give an ascending and a descending track, or one alone";
            self.fault("both --insar look from one direction".to_owned(), hint.to_owned());
        }
        found
    }

    fn layers(&mut self, names: &[String]) -> Vec<Quantity> {
        let known: Vec<String> = Quantity::all().map(Quantity::name).collect();
        let mut found = Vec::new();
        for name in names {
            match Quantity::parse(name) {
                Some(quantity) if !found.contains(&quantity) => found.push(quantity),
                Some(_) => {}
                None => {
                    let hint = suggestion(name, known.iter().map(String::as_str));
                    self.fault(format!("there is no layer `{name}`"), hint);
                }
            }
        }
        found
    }
}
