//! What a run was made of and what it made: `manifest.json`, and `run.json` for what differs from run to run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::Context;
use super::inputs::Files;
use crate::export::json_number;
use crate::fault::Result;
use crate::grid::{Extent, Grid};
use crate::mode::Number;
use crate::plan::Plan;
use crate::project::Project;
use crate::raster::gdal::open;
use crate::store::folder::{Folder, MANIFEST};
use crate::store::keys::{FileHash, REGION, StageKeys, alignment_json, hash_file};

/// The files a run has written or found whole.
#[derive(Debug, Default)]
pub struct Outputs {
    dir: PathBuf,
    written: BTreeMap<String, FileHash>,
    /// Files of the manifest that was there before.
    before: BTreeMap<String, FileHash>,
    /// Stages that have not changed since.
    same_stages: BTreeSet<String>,
    /// Scenarios that have not changed since.
    same_scenarios: BTreeSet<String>,
    files: Files,
}

impl Outputs {
    /// Looks at what an earlier run left in the folder.
    pub fn new(dir: &Path, plan: &Plan, keys: &StageKeys, files: Files) -> Self {
        let manifest = earlier(dir);
        let mut outputs = Self { files, ..Self::listed(dir, &manifest) };
        for (stage, key) in stages(keys) {
            if manifest.pointer(&format!("/stages/{stage}")).and_then(Value::as_str) == Some(key) {
                outputs.same_stages.insert(stage.to_owned());
            }
        }
        let unchanged = |key: &str| manifest.pointer(&format!("/project_file/{key}")) == plan.project.json.get(key);
        let common = ["mode", "region_data", "connection", "base", "columns", "crop"].iter().all(|key| unchanged(key));
        let old = manifest.pointer("/project_file/scenario").and_then(Value::as_array).cloned().unwrap_or_default();
        let new = plan.project.json.get("scenario").and_then(Value::as_array).cloned().unwrap_or_default();
        if common && outputs.same_stages.contains(crate::store::keys::SCORE) {
            let ids = new.iter().filter(|scenario| old.contains(scenario));
            outputs.same_scenarios.extend(ids.filter_map(|s| s.get("id")?.as_str()).map(str::to_owned));
        }
        outputs
    }

    /// The files a manifest lists.
    fn listed(dir: &Path, manifest: &Value) -> Self {
        let mut outputs = Self { dir: dir.to_owned(), ..Self::default() };
        for file in manifest.get("outputs").and_then(Value::as_array).into_iter().flatten() {
            let text = |name: &str| file.get(name).and_then(Value::as_str).map(str::to_owned);
            let size = file.get("size").and_then(Value::as_u64);
            if let (Some(path), Some(blake3), Some(size)) = (text("path"), text("blake3"), size) {
                outputs.before.insert(path, FileHash { size, blake3 });
            }
        }
        outputs
    }

    /// What an earlier run left, of which nothing is taken over.
    pub fn afresh(dir: &Path) -> Self {
        Self::listed(dir, &earlier(dir))
    }

    /// Remembers a file that was written.
    pub fn add(&mut self, name: &str, hash: FileHash) {
        self.written.insert(name.to_owned(), hash);
    }

    /// Whether a file of an unchanged stage is there as the manifest says; it then counts as written.
    pub fn keep(&mut self, name: &str, stage: &str) -> bool {
        self.same_stages.contains(stage) && self.keep_file(name)
    }

    fn keep_file(&mut self, name: &str) -> bool {
        let Some(known) = self.before.get(name) else { return false };
        let whole = hash_file(&self.dir.join(name)).is_ok_and(|hash| hash == *known);
        if whole {
            self.written.insert(name.to_owned(), known.clone());
        }
        whole
    }

    /// Whether results of a scenario are there and valid: written now, or left by an earlier run and unchanged.
    pub fn has_scenario(&self, id: &str) -> bool {
        self.written.contains_key(&format!("scenarios/{id}/summary.json")) || self.same_scenarios.contains(id)
    }

    /// Removes files of the earlier run that this one does not stand behind. Results of scenarios that were not asked
    /// for stay, if nothing they depend on has changed.
    pub fn remove_stale(&mut self, folder: &Folder) -> Result<()> {
        let stale: Vec<String> = self.before.keys().filter(|name| !self.written.contains_key(*name)).cloned().collect();
        for name in stale {
            let scenario = name.strip_prefix("scenarios/").and_then(|rest| rest.split('/').next());
            let stays = scenario.is_some_and(|id| self.same_scenarios.contains(id));
            if !(stays && self.keep_file(&name)) {
                folder.remove(&name)?;
            }
        }
        Ok(())
    }
}

/// The manifest of an earlier run; null without one.
fn earlier(dir: &Path) -> Value {
    let text = std::fs::read_to_string(dir.join(MANIFEST)).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

fn stages(keys: &StageKeys) -> [(&'static str, &str); 3] {
    [
        (crate::store::keys::DERIVE, &keys.derive),
        (crate::store::keys::MASK, &keys.mask),
        (crate::store::keys::SCORE, &keys.score),
    ]
}

/// The programs whose versions may change a result.
fn program() -> Value {
    let (gdal, proj) = open::versions();
    json!({"name": "solsite", "version": env!("CARGO_PKG_VERSION"), "gdal": gdal, "proj": proj})
}

/// Writes `manifest.json`.
pub fn write(context: &mut Context<'_>) -> Result<()> {
    let plan = &context.plan;
    let manifest = json!({
        "program": program(),
        "project": head(&plan.project),
        "project_file": plan.project.json,
        "resolved": resolved(plan),
        "grid": grid(&plan.grid),
        "inputs": inputs(plan, &context.outputs.files),
        "stages": stages(&context.keys).iter().map(|(stage, key)| ((*stage).to_owned(), (*key).into())).collect::<Map<_, _>>(),
        "outputs": listed(&context.outputs.written),
    });
    context.folder.write(MANIFEST, format!("{manifest:#}\n").as_bytes())?;
    Ok(())
}

/// Name, title and currency of a project.
fn head(project: &Project) -> Value {
    json!({
        "name": project.name,
        "title": project.title,
        "currency": project.currency,
        "synthetic": project.synthetic,
        "file": project.path.file_name().map(|name| name.to_string_lossy().into_owned()),
    })
}

/// Files with their hashes.
fn listed(files: &BTreeMap<String, FileHash>) -> Value {
    files.iter().map(|(path, hash)| json!({"path": path, "size": hash.size, "blake3": hash.blake3})).collect()
}

/// The numbers a project stands on, each with its source.
fn resolved(plan: &Plan) -> Value {
    let number = |number: &Number| json!({"value": json_number(number.value), "source": number.source, "verified": number.verified});
    let modes = plan.project.economics.modes.iter().map(|mode| {
        json!({
            "id": mode.id,
            "layout": mode.layout,
            "crops": mode.crops,
            "density_mwp_per_ha": number(&mode.density_mwp_per_ha),
            "dc_ac_ratio": number(&mode.dc_ac_ratio),
            "capex_per_kw": number(&mode.capex_per_kw),
            "om_per_kw_yr": number(&mode.om_per_kw_yr),
            "life_yr": number(&mode.life_yr),
            "discount_rate": number(&mode.discount_rate),
            "degradation_per_yr": number(&mode.degradation_per_yr),
        })
    });
    json!({
        "modes": modes.collect::<Vec<_>>(),
        "line_per_mw_km": json_number(plan.project.economics.line_per_mw_km),
        "station_per_kw": json_number(plan.project.economics.station_per_kw),
        "unverified": plan.project.unverified(),
    })
}

fn grid(grid: &Grid) -> Value {
    json!({
        "crs": grid.crs.label,
        "geotransform": grid.geotransform().map(json_exact),
        "rows": grid.rows,
        "cols": grid.cols,
        "extent": extent(grid.extent()),
    })
}

fn extent(extent: Extent) -> Value {
    json!([extent.x_min, extent.y_min, extent.x_max, extent.y_max].map(json_exact))
}

/// A coordinate with all its digits.
fn json_exact(value: f64) -> Value {
    serde_json::Number::from_f64(value).map_or(Value::Null, Value::Number)
}

/// Every input: what it is, where it lies, and its files.
fn inputs(plan: &Plan, files: &Files) -> Value {
    let mut list = Vec::new();
    let dir = plan.project.dir();
    let of_files = |id: &str| -> Value {
        let paths = files.paths.get(id).into_iter().flatten();
        paths
            .map(|path| {
                let hash = &files.by_path[path];
                json!({"path": relative(path, dir), "size": hash.size, "blake3": hash.blake3})
            })
            .collect()
    };
    for id in plan.project.inputs.keys() {
        let mut entry = json!({"id": id, "files": of_files(id)});
        if let Some(placed) = plan.rasters.get(id) {
            let [x0, dx, skew_x, y0, skew_y, dy] = placed.info.geotransform;
            let (cols, rows) = (placed.info.size.0 as f64, placed.info.size.1 as f64);
            entry["crs"] = placed.info.crs.label.clone().into();
            entry["size"] = json!([placed.info.size.0, placed.info.size.1]);
            entry["extent"] = if skew_x == 0.0 && skew_y == 0.0 {
                extent(Extent { x_min: x0, y_min: y0 + rows * dy, x_max: x0 + cols * dx, y_max: y0 })
            } else {
                Value::Null
            };
            entry["alignment"] = alignment_json(&placed.alignment);
        }
        if let Some(layer) = plan.vectors.get(id) {
            entry["crs"] = layer.info.crs.label.clone().into();
            entry["features"] = layer.info.features.into();
        }
        list.push(entry);
    }
    list.push(json!({
        "id": REGION,
        "files": of_files(REGION),
        "crs": plan.region_layer.crs.label,
        "features": plan.region_layer.features,
        "regions": plan.regions.len(),
    }));
    Value::Array(list)
}

/// A path as seen from the project, so that it is the same on every machine.
fn relative(path: &Path, dir: &Path) -> String {
    path.strip_prefix(dir).unwrap_or(path).display().to_string()
}

/// Writes the `manifest.json` of an allocation from tables.
pub fn write_table(folder: &Folder, project: &Project, inputs: &[(String, FileHash)], outputs: &Outputs) -> Result<()> {
    let inputs = inputs.iter().map(|(path, hash)| json!({"path": path, "size": hash.size, "blake3": hash.blake3}));
    let manifest = json!({
        "program": program(),
        "project": head(project),
        "project_file": project.json,
        "inputs": inputs.collect::<Vec<_>>(),
        "outputs": listed(&outputs.written),
    });
    folder.write(MANIFEST, format!("{manifest:#}\n").as_bytes())?;
    Ok(())
}

/// Writes `run.json`.
pub fn write_run(context: &Context<'_>) -> Result<()> {
    let stages = context.clock.stages.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let seconds = |seconds: f64| json_number((seconds * 1e3).round() / 1e3);
    let laps = stages.iter().map(|lap| {
        let peak = lap.peak_memory_mb.map(json_number);
        (lap.stage.to_owned(), json!({"seconds": seconds(lap.seconds), "peak_memory_mb": peak}))
    });
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string();
    let run = json!({
        "stages": laps.collect::<Map<_, _>>(),
        "total_seconds": seconds(context.clock.start.elapsed().as_secs_f64()),
        "peak_memory_mb": peak_memory_mb().map(json_number),
        "threads": context.options.threads,
        "tile_cells": context.options.tile_cells,
        "tiles": context.tiling.tiles.len(),
        "host": std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim(),
        "project": absolute(&context.plan.project.path),
        "out": absolute(&context.options.out),
        "work": absolute(&context.work),
    });
    context.folder.write("run.json", format!("{run:#}\n").as_bytes())?;
    Ok(())
}

/// The most memory this process has held, as far as the system tells.
pub fn peak_memory_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some((kilobytes / 102.4).round() / 10.0)
}
