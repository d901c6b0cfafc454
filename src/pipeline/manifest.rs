//! What a run was made of and what it made: `manifest.json`, and `run.json` for what differs from run to run.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::Context;
use super::inputs::Files;
use crate::crop::{BandRow, Crop};
use crate::export::json_number;
use crate::fault::Result;
use crate::grid::{Extent, Grid};
use crate::mode::Number;
use crate::plan::{LAW, Plan, REGION};
use crate::project::{HeldPack, Project};
use crate::raster::gdal::open;
use crate::store::folder::Folder;
use crate::store::keys::{FileHash, STAGES, StageKeys, alignment_json};

/// The command that makes a run.
pub const RUN: &str = "run";
/// The command that allocates from tables.
pub const ALLOCATE: &str = "allocate";

fn stages(keys: &StageKeys) -> Value {
    let keys = [&keys.derive, &keys.mask, &keys.score];
    STAGES.iter().zip(keys).map(|(stage, key)| ((*stage).to_owned(), key.as_str().into())).collect::<Map<_, _>>().into()
}

/// The programs whose versions may change a result.
fn program() -> Value {
    let (gdal, proj) = open::versions();
    json!({"name": "solsite", "version": env!("CARGO_PKG_VERSION"), "gdal": gdal, "proj": proj})
}

/// Writes `manifest.json`.
pub fn write(context: &Context<'_>) -> Result<()> {
    let plan = &context.plan;
    let manifest = json!({
        "program": program(),
        "command": RUN,
        "project": head(&plan.project),
        "project_file": plan.project.document.written,
        "resolved": resolved(plan),
        "grid": grid(&plan.grid),
        "inputs": inputs(plan, &context.files),
        "stages": stages(&context.keys),
        "outputs": context.folder.listed(),
    });
    context.folder.finish(&manifest)
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

/// The numbers a project stands on, each with its source.
fn resolved(plan: &Plan) -> Value {
    let project = &plan.project;
    let modes = &project.economics.modes;
    let rows = modes.iter().map(|mode| {
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
    let layouts = project.tables.layouts.iter().filter(|layout| modes.iter().any(|mode| mode.layout == layout.id));
    let layouts = layouts.map(|layout| {
        let field = layout.field.as_ref().map(|field| {
            let mut told = json!({"category": format!("{:?}", field.category)});
            for (key, value) in field.numbers() {
                told[key] = number(value);
            }
            told
        });
        json!({
            "id": layout.id,
            "gcr": number(&layout.gcr),
            "yield_ratio": number(&layout.yield_ratio),
            "field": field,
        })
    });
    let crops = project.economics.crops.values().filter(|crop| modes.iter().any(|mode| mode.crops.contains(&crop.id)));
    json!({
        "sun": plan.resource.as_deref().map(|resource| resource.account(&project.file.terrain)),
        "modes": rows.collect::<Vec<_>>(),
        "layouts": layouts.collect::<Vec<_>>(),
        "crops": crops.map(|crop| of_crop(project, crop)).collect::<Vec<_>>(),
        "water_price_per_m3": number(&project.economics.water_price_per_m3),
        "law": project.law.iter().map(of_law).collect::<Vec<_>>(),
        "connection": connection(project),
        "unverified": project.unverified(),
    })
}

/// A crop with all its numbers.
fn of_crop(project: &Project, crop: &Crop) -> Value {
    let table = &project.tables.crops;
    let group = crop.group.as_ref().and_then(|id| table.group(id));
    let band = |row: &BandRow| json!({"terms": row.terms, "source": row.source, "verified": row.verified});
    let (season, kc) = (&crop.season, &crop.kc);
    let mut told = json!({
        "id": crop.id,
        "group": crop.group,
        "alpha": crop.alpha.as_ref().or(group.map(|group| &group.alpha)).map(number),
        "beta": number(&table.beta),
        "band": crop.band.as_ref().or(group.map(|group| &group.band)).map(band),
        "harvest_t_per_ha": number(&crop.harvest_t_per_ha),
        "cycle_yr": number(&crop.cycle_yr),
        "price_per_t": number(&crop.price_per_t),
        "margin_per_ha_yr": number(&crop.margin_per_ha_yr),
        "season": {
            "starts": season.starts, "stages_days": season.stages_days, "source": season.source, "verified": season.verified,
        },
        "kc": {"ini": kc.ini, "mid": kc.mid, "end": kc.end, "source": kc.source, "verified": kc.verified},
    });
    for (key, row) in crop.limits() {
        told[key] = json!({"limits": row.limits, "source": row.source, "verified": row.verified});
    }
    for (key, value) in [
        ("height_m", &crop.height_m),
        ("machine_height_m", &crop.machine_height_m),
        ("machine_width_m", &crop.machine_width_m),
    ] {
        told[key] = number(value);
    }
    told
}

/// A pack of land law that holds: which version, where, and what of it.
fn of_law(held: &HeldPack) -> Value {
    let pack = &held.pack;
    json!({
        "id": pack.id,
        "name": pack.name,
        "version": pack.version,
        "jurisdiction": pack.jurisdiction,
        "source": pack.source,
        "verified": pack.verified,
        "only_in": held.only_in,
        "not_tested": pack.not_tested.iter().map(|row| &row.clause).collect::<Vec<_>>(),
    })
}

/// A number with its source.
fn number(number: &Number) -> Value {
    json!({"value": json_number(number.value), "source": number.source, "verified": number.verified})
}

/// Cost of connection: stated by the project, or from the table.
fn connection(project: &Project) -> Value {
    let (economics, table) = (&project.economics, &project.tables.connection);
    let source = |value: f64, built_in: &Number| {
        number(&if value == built_in.value { built_in.clone() } else { Number::stated(value) })
    };
    json!({
        "line_per_mw_km": source(economics.line_per_mw_km, &table.line_per_mw_km),
        "station_per_kw": source(economics.station_per_kw, &table.station_per_kw),
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
            entry["extent"] = layer.info.extent.map_or(Value::Null, extent);
        }
        list.push(entry);
    }
    list.push(json!({
        "id": REGION,
        "files": of_files(REGION),
        "crs": plan.region_layer.crs.label,
        "features": plan.region_layer.features,
        "extent": plan.region_layer.extent.map_or(Value::Null, extent),
        "regions": plan.regions.len(),
    }));
    if files.paths.contains_key(LAW) {
        list.push(json!({"id": LAW, "files": of_files(LAW)}));
    }
    Value::Array(list)
}

/// A path as seen from the project, so that it is the same on every machine.
fn relative(path: &Path, dir: &Path) -> String {
    path.strip_prefix(dir).unwrap_or(path).display().to_string()
}

/// Writes the `manifest.json` of an allocation from tables.
pub fn write_table(folder: &Folder, project: &Project, inputs: &[(String, FileHash)]) -> Result<()> {
    let inputs = inputs.iter().map(|(path, hash)| json!({"path": path, "size": hash.size, "blake3": hash.blake3}));
    let manifest = json!({
        "program": program(),
        "command": ALLOCATE,
        "project": head(project),
        "project_file": project.document.written,
        "inputs": inputs.collect::<Vec<_>>(),
        "outputs": folder.listed(),
    });
    folder.finish(&manifest)
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
    context.folder.write_json("run.json", "", &run)
}

/// The most memory this process has held, as far as the system tells.
pub fn peak_memory_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some((kilobytes / 102.4).round() / 10.0)
}
