//! The story of a site, from the files of the run.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::read_json;
use crate::export::csv;
use crate::fault::{Fault, Result, nearest, suggestion};
use crate::kernels::burn::{self, Ring};
use crate::project::BASE;
use crate::store::ledger::{MANIFEST, is_whole};

/// The offers of a run, before any scenario.
const OFFERS: &str = "offers.csv";

/// A row of a table, by column.
type Row = BTreeMap<String, String>;

/// Tells the story of a site.
///
/// - `scenario`: only this scenario; all by default.
///
/// # Errors
/// If the folder holds no finished run with sites, or no site of that id.
pub fn site(dir: &Path, id: &str, scenario: Option<&str>) -> Result<Value> {
    is_whole(dir)?;
    let sites = read_json(&dir.join("sites.geojson"))?;
    let properties = || sites.get("features").and_then(Value::as_array).into_iter().flatten();
    let ids = || properties().filter_map(|feature| feature.pointer("/properties/site_id")?.as_str());
    let Some(found) = properties().find(|f| f.pointer("/properties/site_id").and_then(Value::as_str) == Some(id))
    else {
        let near = nearest(id, ids()).map_or_else(String::new, |near| format!("did you mean `{near}`?"));
        let place = dir.join("sites.geojson").display().to_string();
        return Err(Fault::project(place, format!("there is no site `{id}`")).hint(near).into());
    };
    let mut told = Map::new();
    told.insert("site".to_owned(), found.get("properties").cloned().unwrap_or_default());
    told.insert("land".to_owned(), json!(rows_of(dir, "site_land.csv", id)?));
    let offers = if dir.join(OFFERS).exists() { rows_of(dir, OFFERS, id)? } else { Vec::new() };
    told.insert("offers".to_owned(), json!(offers));
    told.insert("scenarios".to_owned(), in_scenarios(dir, id, &scenario_ids(dir, scenario)?)?);
    Ok(Value::Object(told))
}

/// Rows of a table that are of a site.
fn rows_of(dir: &Path, name: &str, id: &str) -> Result<Vec<Row>> {
    let rows = csv::records(&dir.join(name))?.into_iter();
    Ok(rows.filter(|row| row.get("site_id").is_some_and(|site| site == id)).collect())
}

/// What became of a site in each scenario: its offers in the scenario's own prices, why each was taken or left, and the
/// prices of its land.
pub fn in_scenarios(dir: &Path, id: &str, scenarios: &[String]) -> Result<Value> {
    let mut told = Map::new();
    for name in scenarios {
        let folder = format!("scenarios/{name}");
        let summary = read_json(&dir.join(&folder).join("summary.json"))?;
        if summary.get("status").and_then(Value::as_str) != Some("optimal") {
            let story = json!({"status": summary.get("status"), "explanation": summary.get("explanation")});
            told.insert(name.clone(), story);
            continue;
        }
        let offers = rows_of(dir, &format!("{folder}/allocation.csv"), id)?;
        let mut prices = csv::records(&dir.join(&folder).join("prices.csv"))?;
        prices.retain(|row| row.get("rule").is_some_and(|r| r == "land") && row.get("key").is_some_and(|k| k == id));
        told.insert(name.clone(), json!({"status": "optimal", "offers": offers, "land_prices": prices}));
    }
    Ok(Value::Object(told))
}

/// Ids of the scenarios there are results of, in the order of the project; only the one asked for, if any.
///
/// # Errors
/// If there are no results of the one asked for.
pub fn scenario_ids(dir: &Path, only: Option<&str>) -> Result<Vec<String>> {
    let manifest = read_json(&dir.join(MANIFEST))?;
    let stated = manifest.pointer("/project_file/scenario").and_then(Value::as_array).cloned().unwrap_or_default();
    let named = stated.iter().filter_map(|scenario| scenario.get("id")?.as_str().map(str::to_owned));
    let has_results = |id: &String| dir.join("scenarios").join(id).join("summary.json").exists();
    let ids: Vec<String> = named.chain([BASE.to_owned()]).filter(has_results).collect();
    let Some(only) = only else { return Ok(ids) };
    if ids.iter().any(|id| id == only) {
        return Ok(vec![only.to_owned()]);
    }
    let hint = suggestion(only, ids.iter().map(String::as_str));
    Err(Fault::project(dir.display().to_string(), format!("there are no results of scenario `{only}`"))
        .hint(hint)
        .into())
}

/// The site a point lies in, by longitude and latitude.
pub fn site_at(dir: &Path, point: (f64, f64)) -> Result<Option<String>> {
    let path = dir.join("sites.geojson");
    if !path.exists() {
        return Ok(None);
    }
    let sites = read_json(&path)?;
    let features = sites.get("features").and_then(Value::as_array).into_iter().flatten();
    let mut holding = features.filter(|feature| feature.get("geometry").is_some_and(|g| contains(g, point)));
    Ok(holding.find_map(|feature| feature.pointer("/properties/site_id")?.as_str()).map(str::to_owned))
}

/// Whether a polygon or multipolygon holds a point.
fn contains(geometry: &Value, point: (f64, f64)) -> bool {
    let mut found = Vec::new();
    rings(geometry.get("coordinates").unwrap_or(&Value::Null), &mut found);
    burn::contains(&found, point)
}

/// Adds every ring of nested coordinates.
fn rings(coordinates: &Value, found: &mut Vec<Ring>) {
    let list = coordinates.as_array().map_or(&[][..], Vec::as_slice);
    let vertex = |value: &Value| Some((value.get(0)?.as_f64()?, value.get(1)?.as_f64()?));
    let ring: Ring = list.iter().filter_map(vertex).collect();
    if ring.is_empty() {
        for inner in list {
            rings(inner, found);
        }
    } else {
        found.push(ring);
    }
}
