//! `solsite subsidence`: what panels make of the ground, on the cells of a raster or at points.

mod fit;
mod maps;
mod points;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::Watch;
use crate::export::json_number;
use crate::fault::{Fault, Faults, Result};
use crate::grid::{Crs, CrsKind, Grid};
use crate::overburden;
use crate::panels::{self, DepthBelow, Panels, Reading, Records};
use crate::plan::mined::depth_below;
use crate::project::file::Access;
use crate::project::subsidence::SubsidenceSettings;
use crate::project::{RasterSpec, VectorSpec};
use crate::raster::gdal::crs;
use crate::raster::gdal::sample::Sampler;
use crate::store::claim::Overwrite;
use crate::subsidence::outline::Outline;
use crate::subsidence::quantity::Quantity;
use crate::tables::Tables;
use crate::vector::gdal::layer_info;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Order {
    /// Layer of panels.
    pub panels: VectorSpec,
    /// Where the ground is looked at.
    pub target: Target,
    /// Output folder.
    pub out: PathBuf,
    /// What is asked of the panels.
    pub settings: SubsidenceSettings,
    /// Depth of the water table, if water is asked for.
    pub groundwater: Option<Water>,
    /// Elevation of the ground before mining.
    pub ground: Option<PathBuf>,
    /// Elevation above which water runs off [m]; needs the ground.
    pub outlet_level_m: Option<f64>,
    /// Elevation of the seam's floor, for panels without a depth; needs the ground.
    pub seam_floor: Option<PathBuf>,
    /// Rasters of velocities towards satellites, each with the factor to m/yr, in the order of the tracks.
    pub velocities: Vec<(PathBuf, f64)>,
    /// Whether the soil is good enough for crops.
    pub soil: Soil,
    /// Polygons in which nothing may be built.
    pub protected: Option<PathBuf>,
    /// Levelled points that parameters are fitted to.
    pub levelling: Option<PathBuf>,
    /// Layers to write; all by default.
    pub layers: Vec<Quantity>,
    /// Threads.
    pub threads: usize,
    /// Edge of the tiles [cells].
    pub tile_cells: usize,
    /// Whether files that are there may be overwritten.
    pub overwrite: Overwrite,
}

/// Where the ground is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// On the cells of a raster.
    Like(PathBuf),
    /// At the points of a table with columns x and y, in the system of the panels.
    Points(PathBuf),
}

/// Depth of the water table below the ground before mining.
#[derive(Debug, Clone, PartialEq)]
pub enum Water {
    /// The same everywhere [m].
    Depth(f64),
    /// By a raster [m].
    Raster(PathBuf),
}

/// What the soil is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Soil {
    /// Not for crops.
    Poor,
    /// For crops.
    Good,
}

/// Name of the file that says what was asked and found.
const REPORT: &str = "subsidence.json";
/// Name of the file with parameters fitted to levelled points.
const FIT: &str = "fit.json";

/// Writes what is asked for, and tells what the user should know.
///
/// # Errors
/// If an input cannot be read or panels have faults: all of them; or if the files cannot be written.
pub fn write(order: &Order, watch: &Watch<'_>) -> Result<Vec<String>> {
    crate::raster::gdal::guard::setup();
    faults_of_asking(order)?;
    match &order.target {
        Target::Like(like) => maps::write(order, like, watch),
        Target::Points(points) => points::write(order, points, watch),
    }
}

/// Faults of what is asked for together.
fn faults_of_asking(order: &Order) -> Result<()> {
    let mut faults = Vec::new();
    let mut lacks = |asks: bool, what: &str, hint: &str| {
        if asks {
            faults.push(Fault::project("command line", what).hint(hint));
        }
    };
    let no_ground = order.ground.is_none();
    lacks(
        order.outlet_level_m.is_some() && no_ground,
        "--outlet-level-m needs the elevation of the ground before mining",
        "add --ground DEM",
    );
    lacks(
        order.seam_floor.is_some() && no_ground,
        "--seam-floor needs the elevation of the ground",
        "add --ground DEM",
    );
    let without_water = order.groundwater.is_none();
    lacks(
        order.outlet_level_m.is_some() && without_water,
        "--outlet-level-m says nothing without a water table",
        "add --groundwater-depth-m or --groundwater",
    );
    lacks(
        order.settings.seasonal_m > 0.0 && without_water,
        "--groundwater-seasonal-m says nothing without a water table",
        "add --groundwater-depth-m or --groundwater",
    );
    lacks(
        !order.layers.is_empty() && matches!(order.target, Target::Points(_)),
        "--layers names rasters, and --points writes a table of everything",
        "remove it",
    );
    let possible = told(order);
    for quantity in order.layers.iter().filter(|quantity| !possible.contains(quantity)) {
        let what = format!("--layers {} cannot be told from what is given", quantity.name());
        let hint = "water needs a water table, a seasonal range its own option, radar --insar, probabilities --samples, \
                    what is to come a --date";
        faults.push(Fault::project("command line", what).hint(hint));
    }
    Faults::or(faults, ())
}

/// A fault unless a system counts in metres.
fn in_metres(system: &Crs, place: &str) -> Result<()> {
    if crs::fit_for_grid(system, place).is_err() || system.kind == CrsKind::Geographic || crs::is_web_mercator(system) {
        let what = format!("is in {}, which does not count in true metres", system.label);
        let hint = "reproject it to a local system, such as the UTM zone (ogr2ogr -t_srs, gdalwarp -t_srs)";
        return Err(Fault::input(place, what).hint(hint).into());
    }
    Ok(())
}

/// Reads the panels onto a grid.
fn panels(order: &Order, grid: &Grid, tables: &Tables) -> Result<Panels> {
    with_records(order, (grid, &order.settings, tables), panels::of_records)
}

/// Does something with the records of the panels' layer, and with what they are read with.
fn with_records<T>(
    order: &Order,
    (grid, settings, tables): (&Grid, &SubsidenceSettings, &Tables),
    read: impl FnOnce(&Records, &Reading<'_>) -> Result<T>,
) -> Result<T> {
    let info = layer_info(&order.panels, Access::default())?;
    let maps = match (&order.ground, &order.seam_floor) {
        (Some(ground), Some(floor)) => {
            let open = |path: &Path| Sampler::open(&RasterSpec::amounts(path), Access::default(), &grid.crs);
            Some((open(ground)?, open(floor)?))
        }
        _ => None,
    };
    let below = maps.map(|(ground, floor)| move |outline: &Outline| depth_below(outline, (&ground, &floor)));
    let depth_below = below.as_ref().map(|below| below as DepthBelow<'_>);
    let records = panels::records(&order.panels, Access::default(), (&info, grid))?;
    read(&records, &Reading { settings, tables, depth_below })
}

/// Quantities that this order can tell.
fn told(order: &Order) -> Vec<Quantity> {
    let settings = &order.settings;
    let is_told = |quantity: &Quantity| match quantity {
        Quantity::Ponding => order.groundwater.is_some(),
        Quantity::PondingLow | Quantity::PondingHigh => order.groundwater.is_some() && settings.seasonal_m > 0.0,
        Quantity::DecisionProbability | Quantity::Probability(_) => settings.samples > 0,
        Quantity::InsarRate | Quantity::InsarDifference => !order.velocities.is_empty(),
        Quantity::StableYear
        | Quantity::SubsidenceToCome
        | Quantity::TiltToCome
        | Quantity::CurvatureToCome
        | Quantity::StrainToCome => settings.date.is_some(),
        _ => true,
    };
    Quantity::all().filter(is_told).collect()
}

/// Notes on what was not given.
fn notes(order: &Order, panels: &Panels) -> Vec<String> {
    let undated =
        order.settings.date.is_none().then(|| "no --date: this is the state when all has come to rest".to_owned());
    let dry = order.groundwater.is_none().then(|| "no water table: decisions take all land for dry".to_owned());
    let still = (order.settings.date.is_none() && !order.velocities.is_empty())
        .then(|| "no --date: what satellites see is held against ground that does not move".to_owned());
    let levelled = (order.settings.date.is_none() && order.levelling.is_some()).then(|| {
        "no --date: levelled subsidence is held against that when all has come to rest, residual settlement included; \
         give the day of the levelling"
            .to_owned()
    });
    panels.notes.iter().cloned().chain(undated).chain(dry).chain(still).chain(levelled).collect()
}

/// What was asked and found, as JSON.
fn report(order: &Order, (panels, tables): (&Panels, &Tables), found: &Value) -> Value {
    let settings = &order.settings;
    let classes: Vec<_> = panels.classes.iter().filter_map(|class| tables.overburden(class)).collect();
    json!({
        "panels": panels.ids.len(),
        "date": settings.date.map(|date| date.to_string()),
        "life_yr": json_number(settings.life_yr),
        "course": settings.course.words(),
        "overburden_classes": panels.classes,
        "groundwater": order.groundwater.as_ref().map(|water| match water {
            Water::Depth(depth_m) => json!({"depth_m": depth_m}),
            Water::Raster(path) => json!({"raster": path.display().to_string()}),
        }),
        "samples": settings.samples,
        "seed": settings.seed,
        "found": found,
        "notes": notes(order, panels),
        "unverified": overburden::unverified(&tables.settling, &classes),
    })
}

fn write_json(folder: &Path, name: &str, value: &Value) -> Result<()> {
    write_bytes(folder, name, format!("{value:#}\n").as_bytes())
}

fn write_bytes(folder: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    let path = folder.join(name);
    std::fs::write(&path, bytes)
        .map_err(|error| Fault::output(path.display().to_string(), format!("cannot write it: {error}")).into())
}
