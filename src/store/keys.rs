//! What a stage of a tile depends on, as a hash.

use std::collections::BTreeMap;
use std::io::BufReader;
use std::path::Path;

use serde_json::{Value, json};

use crate::derive::needs::Needs;
use crate::fault::{Fault, Result};
use crate::layer::{DEM, LayerName};
use crate::mode::Mode;
use crate::plan::{Plan, REGION, YieldSource};
use crate::project::Project;
use crate::project::terms::{economics_of, weighted_criteria};
use crate::raster::gdal::open;
use crate::raster::gdal::read::Alignment;
use crate::scenario::Scenario;

/// The stages of a tile.
pub const STAGES: [&str; 3] = [DERIVE, MASK, SCORE];
/// Version of the computation of each stage: raised whenever its results may change.
const ALGORITHMS: [(&str, u32); 3] = [(DERIVE, 5), (MASK, 4), (SCORE, 4)];
/// Stage that computes layers.
pub const DERIVE: &str = "derive";
/// Stage that applies the rules.
pub const MASK: &str = "mask";
/// Stage that scores cells and cuts parts of sites.
pub const SCORE: &str = "score";

/// Size and hash of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileHash {
    /// Bytes.
    pub size: u64,
    /// blake3, hexadecimal.
    pub blake3: String,
}

/// Bytes that are hashed at once: enough for all lanes of a processor.
const HASHED_AT_ONCE: usize = 1 << 18;

/// Hashes a file.
///
/// # Errors
/// If it cannot be read.
pub fn hash_file(path: &Path) -> Result<FileHash> {
    let place = path.display().to_string();
    let failed = |error: std::io::Error| Fault::input(&place, format!("cannot read it: {error}"));
    let mut hasher = blake3::Hasher::new();
    let file = std::fs::File::open(path).map_err(failed)?;
    let size = std::io::copy(&mut BufReader::with_capacity(HASHED_AT_ONCE, file), &mut hasher).map_err(failed)?;
    Ok(FileHash { size, blake3: hasher.finalize().to_hex().to_string() })
}

/// Keys of the three stages. They do not depend on the tiling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageKeys {
    /// Key of [`DERIVE`].
    pub derive: String,
    /// Key of [`MASK`].
    pub mask: String,
    /// Key of [`SCORE`].
    pub score: String,
}

/// The keys of a plan's stages: grid, the settings and inputs a stage reads, and the versions of the programs. Settings
/// enter as they were resolved, so that what does not reach a stage does not redo it.
pub fn stage_keys(plan: &Plan, files: &BTreeMap<String, Vec<FileHash>>) -> StageKeys {
    let (gdal, proj) = open::versions();
    let common = json!({
        "program": env!("CARGO_PKG_VERSION"),
        "gdal": gdal,
        "proj": proj,
        "crs": plan.grid.crs.wkt,
        "geotransform": plan.grid.geotransform(),
        "size": [plan.grid.rows, plan.grid.cols],
        "region": [plan.project.json.get("region"), hashes(files, REGION)],
    });
    let of = |stage: &str, needs: &Needs, settings: &str| {
        let version = ALGORITHMS.iter().find(|(name, _)| *name == stage).map_or(0, |(_, version)| *version);
        let inputs = inputs_of(plan, needs, files);
        digest(&json!([common, stage, version, inputs, settings]))
    };
    let project = &plan.project;
    let arrays = plan.resource.as_ref().map(|resource| (&resource.layouts, &project.tables.pv.air));
    let tables = (&project.tables.settling, &project.tables.overburden);
    let mined = project.subsidence.as_ref().map(|spec| (spec, tables));
    let yields = format!("{:?}{arrays:?}{:?}{mined:?}", plan.yields, project.file.terrain);
    let derive = of(DERIVE, &Needs::of_outputs(plan), &format!("{yields}{}", suits(project)));
    let rules = format!("{yields}{:?}{:?}{}", project.rules, plan.mode_ids(), suits(project));
    let mask = of(MASK, &Needs::of_rules(plan), &rules);
    let land_of = |mode: &Mode| format!("{:?}{:?}{:?}", mode.land, mode.decisions, mode.subsided_land);
    let lands: Vec<_> = project.economics.modes.iter().map(land_of).collect();
    let weighted = project.file.scenario.iter().chain(&project.file.base).any(|scenario| !scenario.weights.is_empty());
    let scores = format!("{rules}{:?}{lands:?}{:?}{:?}{weighted}", project.criteria, project.sites, project.land);
    let needs =
        Needs::of_rules(plan).and(Needs::of_criteria(plan)).and(Needs::of_land(plan)).and(Needs::of_outputs(plan));
    let score = of(SCORE, &needs, &scores);
    StageKeys { derive, mask, score }
}

/// What decides how well land suits the crops of the modes.
fn suits(project: &Project) -> String {
    let grown = |id: &String| project.economics.modes.iter().any(|mode| mode.crops.contains(id));
    let crops = project.economics.crops.iter().filter(|(id, _)| grown(id));
    let needs = crops.map(|(id, crop)| format!("{id}{:?}{:?}", crop.limits().map(|(_, row)| row.limits), crop.season));
    let rain = project.economics.regions.values().map(|data| (&data.id, data.rain_mm_per_month));
    let irrigated = project.file.agrivoltaics.irrigated;
    format!("{:?}{:?}{irrigated}", needs.collect::<Vec<_>>(), rain.collect::<Vec<_>>())
}

/// A short hash of a description.
pub fn digest(description: &Value) -> String {
    blake3::hash(description.to_string().as_bytes()).to_hex()[..24].to_owned()
}

/// Key of a scenario's results: the sites, whatever makes offers of them, and the scenario itself.
pub fn scenario_key(plan: &Plan, keys: &StageKeys, scenario: &Scenario) -> String {
    let project = &plan.project;
    let head = json!([project.name, project.title, project.synthetic, project.currency]);
    let offers = format!("{:?}{:?}", economics_of(project, scenario), weighted_criteria(project, Some(scenario)));
    let substations = format!("{:?}{:?}", plan.substations, project.columns);
    let fields = format!(
        "{:?}{:?}{:?}",
        plan.fields.as_ref().map(|fields| &fields.designs),
        project.law,
        project.file.agrivoltaics
    );
    digest(&json!([keys.derive, keys.mask, keys.score, head, offers, substations, fields, format!("{scenario:?}")]))
}

/// The inputs a stage reads: what the project says of them, how they lie to the grid, and their files.
fn inputs_of(plan: &Plan, needs: &Needs, files: &BTreeMap<String, Vec<FileHash>>) -> Value {
    let mut ids: std::collections::BTreeSet<String> = needs.classes.keys().cloned().collect();
    ids.extend(needs.distances.keys().cloned());
    ids.extend(needs.insides.keys().cloned());
    for layer in needs.amounts.keys() {
        match layer {
            LayerName::Input(id) => ids.extend([id.clone()]),
            LayerName::Elevation | LayerName::Slope | LayerName::Aspect | LayerName::SkyView => {
                ids.extend([DEM.to_owned()]);
            }
            LayerName::Suits(_) => {
                let weather = plan.project.inputs.iter().filter(|(_, input)| input.is_weather());
                ids.extend(weather.map(|(id, _)| id.clone()));
                ids.extend(plan.has_dem().then(|| DEM.to_owned()));
            }
            LayerName::Yield(layout) => match plan.yields.get(layout) {
                Some(YieldSource::Raster { input, .. }) => ids.extend([input.clone()]),
                Some(YieldSource::Sun(_)) => {
                    let weather = plan.project.inputs.iter().filter(|(_, input)| input.is_weather());
                    ids.extend(weather.map(|(id, _)| id.clone()));
                    ids.extend(plan.project.ghi_maps().map(|(id, ..)| id.to_owned()));
                    ids.extend(plan.has_dem().then(|| DEM.to_owned()));
                }
                _ => {}
            },
            LayerName::Mined(_) => ids.extend(mined_inputs(&plan.project)),
            LayerName::DistanceTo(_) => {}
        }
    }
    let describe = |id: &String| {
        let stated = plan.project.json.get("inputs").and_then(|inputs| inputs.get(id)).cloned();
        let alignment = plan.rasters.get(id).map(|placed| alignment_json(&placed.alignment));
        let scheme = plan.project.scheme(id).map(|scheme| format!("{scheme:?}"));
        json!([id, stated, alignment, scheme, hashes(files, id)])
    };
    ids.iter().map(describe).collect()
}

/// Ids of the inputs that what is told of mined-out land depends on.
fn mined_inputs(project: &Project) -> Vec<String> {
    let Some(spec) = &project.subsidence else { return Vec::new() };
    let depth = spec.seam_floor.iter().flat_map(|floor| [floor.clone(), DEM.to_owned()]);
    project.mined_maps().into_iter().chain([spec.panels.clone()]).chain(depth).collect()
}

fn hashes(files: &BTreeMap<String, Vec<FileHash>>, id: &str) -> Value {
    files.get(id).into_iter().flatten().map(|file| json!([file.size, file.blake3])).collect()
}

/// How a raster lies to the grid, for keys and the manifest.
pub fn alignment_json(alignment: &Alignment) -> Value {
    match alignment {
        Alignment::Same { row, col } => json!({"aligned": {"row": row, "col": col}}),
        Alignment::Warped(scale) => json!({"warped": {"xscale": scale.x, "yscale": scale.y}}),
    }
}
