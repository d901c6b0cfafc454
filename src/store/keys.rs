//! What a stage of a tile depends on, as a hash.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::derive::needs::Needs;
use crate::fault::{Fault, Result};
use crate::layer::{DEM, LayerName};
use crate::plan::{Plan, YieldSource};
use crate::raster::gdal::open;
use crate::raster::gdal::read::Alignment;

/// Version of the computation of each stage: raised whenever its results may change.
const ALGORITHMS: [(&str, u32); 3] = [(DERIVE, 1), (MASK, 1), (SCORE, 1)];
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

/// Hashes a file.
///
/// # Errors
/// If it cannot be read.
pub fn hash_file(path: &Path) -> Result<FileHash> {
    let place = path.display().to_string();
    let failed = |error: std::io::Error| Fault::input(&place, format!("cannot read it: {error}"));
    let mut hasher = blake3::Hasher::new();
    let mut file = std::fs::File::open(path).map_err(failed)?;
    let size = std::io::copy(&mut file, &mut hasher).map_err(failed)?;
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

/// The keys of a plan's stages: grid, the tables and inputs a stage reads, and the versions of the programs.
pub fn stage_keys(plan: &Plan, files: &BTreeMap<String, Vec<FileHash>>) -> StageKeys {
    let table = |name: &str| plan.project.json.get(name).cloned().unwrap_or(Value::Null);
    let (gdal, proj) = open::versions();
    let common = json!({
        "program": env!("CARGO_PKG_VERSION"),
        "gdal": gdal,
        "proj": proj,
        "crs": plan.grid.crs.wkt,
        "geotransform": plan.grid.geotransform(),
        "size": [plan.grid.rows, plan.grid.cols],
        "region": [table("region"), hashes(files, REGION)],
    });
    let of = |stage: &str, needs: &Needs, tables: Value| {
        let version = ALGORITHMS.iter().find(|(name, _)| *name == stage).map_or(0, |(_, version)| *version);
        let inputs = inputs_of(plan, needs, files);
        let text = json!({"common": common, "stage": stage, "version": version, "inputs": inputs, "tables": tables});
        blake3::hash(text.to_string().as_bytes()).to_hex()[..24].to_owned()
    };
    let yields = json!([table("region_data"), table("mode")]);
    let derive = of(DERIVE, &Needs::of_outputs(plan), yields.clone());
    let mask_tables = json!([table("exclusion"), yields, mode_ids(plan)]);
    let mask = of(MASK, &Needs::of_rules(plan), mask_tables.clone());
    let scored = json!([table("criterion"), table("sites"), table("land"), table("scenario"), table("base")]);
    let needs =
        Needs::of_rules(plan).and(Needs::of_criteria(plan)).and(Needs::of_land(plan)).and(Needs::of_outputs(plan));
    let score = of(SCORE, &needs, json!([mask_tables, scores_of(plan, scored)]));
    StageKeys { derive, mask, score }
}

/// Id under which the hashes of the region file are kept.
pub const REGION: &str = "[region]";

fn mode_ids(plan: &Plan) -> Value {
    let modes = plan.project.economics.modes.iter();
    modes.map(|mode| json!([mode.id, mode.land.iter().map(|kind| format!("{kind:?}")).collect::<Vec<_>>()])).collect()
}

/// The tables a score depends on: of scenarios only whether one changes weights.
fn scores_of(plan: &Plan, mut tables: Value) -> Value {
    let file = &plan.project.file;
    let weighted = file.scenario.iter().chain(&file.base).any(|scenario| !scenario.weights.is_empty());
    if let Some(list) = tables.as_array_mut() {
        list.truncate(3);
        list.push(json!(weighted));
    }
    tables
}

/// The inputs a stage reads: what the project says of them, how they lie to the grid, and their files.
fn inputs_of(plan: &Plan, needs: &Needs, files: &BTreeMap<String, Vec<FileHash>>) -> Value {
    let mut ids: std::collections::BTreeSet<String> = needs.classes.keys().cloned().collect();
    ids.extend(needs.distances.keys().cloned());
    ids.extend(needs.insides.keys().cloned());
    for layer in needs.amounts.keys() {
        match layer {
            LayerName::Input(id) => ids.extend([id.clone()]),
            LayerName::Elevation | LayerName::Slope | LayerName::Aspect => ids.extend([DEM.to_owned()]),
            LayerName::Yield(layout) => {
                if let Some(YieldSource::Raster { input, .. }) = plan.yields.get(layout) {
                    ids.extend([input.clone()]);
                }
            }
            LayerName::DistanceTo(_) => {}
        }
    }
    let describe = |id: &String| {
        let stated = plan.project.json.get("inputs").and_then(|inputs| inputs.get(id)).cloned();
        let alignment = plan.rasters.get(id).map(|placed| alignment_json(&placed.alignment));
        json!([id, stated, alignment, hashes(files, id)])
    };
    ids.iter().map(describe).collect()
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
