//! The story of a site, from the files of the run.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::read_json;
use crate::export::csv;
use crate::fault::{Fault, Result, nearest, suggestion};
use crate::project::BASE;
use crate::store::ledger::MANIFEST;

/// Tells the story of a site.
///
/// - `scenario`: only this scenario; all by default.
///
/// # Errors
/// If the folder holds no run with sites, or no site of that id.
pub fn site(dir: &Path, id: &str, scenario: Option<&str>) -> Result<Value> {
    let sites = read_json(&dir.join("sites.geojson"))?;
    let properties = || sites.get("features").and_then(Value::as_array).into_iter().flatten();
    let ids = || properties().filter_map(|feature| feature.pointer("/properties/site_id")?.as_str());
    let Some(found) = properties().find(|f| f.pointer("/properties/site_id").and_then(Value::as_str) == Some(id))
    else {
        let near = nearest(id, ids()).map_or_else(String::new, |near| format!("did you mean `{near}`?"));
        let place = dir.join("sites.geojson").display().to_string();
        return Err(Fault::project(place, format!("there is no site `{id}`")).hint(near).into());
    };
    let of_site = |row: &BTreeMap<String, String>| row.get("site_id").is_some_and(|site| site == id);
    let rows = |name: &str| -> Result<Vec<BTreeMap<String, String>>> {
        Ok(csv::records(&dir.join(name))?.into_iter().filter(of_site).collect())
    };
    let mut told = Map::new();
    told.insert("site".to_owned(), found.get("properties").cloned().unwrap_or_default());
    told.insert("land".to_owned(), json!(rows("site_land.csv")?));
    if dir.join("offers.csv").exists() {
        told.insert("offers".to_owned(), json!(rows("offers.csv")?));
    }
    let mut scenarios = Map::new();
    for name in scenario_ids(dir, scenario)? {
        let folder = format!("scenarios/{name}");
        let summary = read_json(&dir.join(&folder).join("summary.json"))?;
        if summary.get("status").and_then(Value::as_str) != Some("optimal") {
            scenarios.insert(name, json!({"status": summary.get("status"), "explanation": summary.get("explanation")}));
            continue;
        }
        let wanted = ["offer_id", "mode", "crop", "capacity_mw", "allocated_mw", "share", "reduced_cost", "reason"];
        let offers: Vec<Value> = rows(&format!("{folder}/allocation.csv"))?
            .iter()
            .map(|row| {
                wanted.iter().filter_map(|key| Some(((*key).to_owned(), json!(row.get(*key)?)))).collect::<Map<_, _>>()
            })
            .map(Value::Object)
            .collect();
        let land = csv::records(&dir.join(&folder).join("prices.csv"))?.into_iter();
        let land: Vec<_> = land
            .filter(|row| row.get("rule").is_some_and(|r| r == "land") && row.get("key").is_some_and(|k| k == id))
            .collect();
        scenarios.insert(name, json!({"status": "optimal", "offers": offers, "land_prices": land}));
    }
    told.insert("scenarios".to_owned(), Value::Object(scenarios));
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

/// The site a point lies in.
pub fn site_at(dir: &Path, lon: f64, lat: f64) -> Result<Option<String>> {
    let path = dir.join("sites.geojson");
    if !path.exists() {
        return Ok(None);
    }
    let sites = read_json(&path)?;
    let features = sites.get("features").and_then(Value::as_array).into_iter().flatten();
    let mut holding = features.filter(|feature| feature.get("geometry").is_some_and(|g| contains(g, lon, lat)));
    Ok(holding.find_map(|feature| feature.pointer("/properties/site_id")?.as_str()).map(str::to_owned))
}

/// Whether a polygon or multipolygon holds a point, by the even–odd rule over all its rings.
fn contains(geometry: &Value, lon: f64, lat: f64) -> bool {
    let mut crossings = 0;
    let Some(coordinates) = geometry.get("coordinates") else { return false };
    rings(coordinates, &mut |ring: &[Value]| {
        let vertex = |value: &Value| Some((value.get(0)?.as_f64()?, value.get(1)?.as_f64()?));
        let vertices: Vec<(f64, f64)> = ring.iter().filter_map(vertex).collect();
        for pair in vertices.windows(2) {
            let ((ax, ay), (bx, by)) = (pair[0], pair[1]);
            if (ay > lat) != (by > lat) && lon < ax + (lat - ay) * (bx - ax) / (by - ay) {
                crossings += 1;
            }
        }
    });
    crossings % 2 == 1
}

/// Calls `visit` with every ring of nested coordinates.
fn rings(coordinates: &Value, visit: &mut dyn FnMut(&[Value])) {
    let Some(list) = coordinates.as_array() else { return };
    let is_ring = list.first().and_then(|first| first.get(0)).is_some_and(Value::is_number);
    if is_ring {
        visit(list);
    } else {
        for inner in list {
            rings(inner, visit);
        }
    }
}
