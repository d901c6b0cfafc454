//! Sites and allocations as GeoJSON (RFC 7946).

use std::io::Write;

use serde_json::{Map, Value};

use super::json_number;
use super::shapes::Shapes;
use crate::allocate::Optimum;
use crate::appraise;
use crate::fault::{Fault, Result};
use crate::layer::LayerName;
use crate::offer::{OfferTable, Values};
use crate::plan::Plan;
use crate::rule::ModeSet;
use crate::site::{Site, Statistic};

/// Sites with what their properties come from.
pub struct SiteView<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The sites.
    pub sites: &'a [Site],
    /// What was averaged over them.
    pub statistics: &'a [Statistic],
    /// Their outlines.
    pub shapes: &'a Shapes,
}

/// Writes a feature collection, feature by feature: geometries in GeoJSON, and properties.
fn collection(
    out: &mut dyn Write,
    name: &str,
    features: impl Iterator<Item = Result<(Vec<u8>, Map<String, Value>)>>,
) -> Result<()> {
    let failed = |error: std::io::Error| Fault::output("", format!("cannot write GeoJSON: {error}"));
    let head = serde_json::json!(name);
    write!(out, "{{\"type\":\"FeatureCollection\",\"name\":{head},\"features\":[").map_err(failed)?;
    for (i, feature) in features.enumerate() {
        let (geometry, properties) = feature?;
        let comma = if i == 0 { "\n" } else { ",\n" };
        write!(out, "{comma}{{\"type\":\"Feature\",\"geometry\":").map_err(failed)?;
        out.write_all(&geometry).map_err(failed)?;
        write!(out, ",\"properties\":{}}}", Value::Object(properties)).map_err(failed)?;
    }
    writeln!(out, "\n]}}").map_err(failed)?;
    Ok(())
}

/// Writes the sites.
///
/// # Errors
/// If they cannot be written.
pub fn sites(out: &mut dyn Write, view: &SiteView<'_>) -> Result<()> {
    let features = (0..view.sites.len()).map(|index| Ok((view.shapes.geometry(index)?, site_properties(view, index))));
    collection(out, "sites", features)
}

/// Properties of a site.
pub fn site_properties(view: &SiteView<'_>, index: usize) -> Map<String, Value> {
    let (plan, site) = (view.plan, &view.sites[index]);
    let mut properties = Map::new();
    let mut add = |name: &str, value: Value| {
        properties.insert(name.to_owned(), value);
    };
    add("site_id", site.id.clone().into());
    add("region", plan.regions[usize::from(site.region)].clone().into());
    add("area_ha", json_number(site.gross.ha()));
    add("available_ha", json_number(site.available().ha()));
    for (name, mean) in means(view.statistics, site) {
        add(&name, json_number(mean));
    }
    let scores = scores(plan, site, view.statistics);
    for (mode, score) in &scores {
        let name = if mode.is_empty() { "score".to_owned() } else { format!("score_{mode}") };
        add(&name, json_number(*score));
    }
    let best = scores.iter().filter(|(_, score)| !score.is_nan());
    let best = best.fold(None, |best: Option<&(String, f64)>, one| match best {
        Some(known) if known.1 >= one.1 => Some(known),
        _ => Some(one),
    });
    let nearest = site.substation.map(|(number, distance_m)| (&plan.substations[number].id, distance_m));
    add("best_mode", best.map_or(Value::Null, |(mode, _)| mode.clone().into()));
    add("substation", nearest.map_or(Value::Null, |(id, _)| id.clone().into()));
    add("substation_distance_m", nearest.map_or(Value::Null, |(_, distance_m)| json_number(distance_m)));
    if plan.project.synthetic {
        add("synthetic", true.into());
    }
    properties
}

/// Means of layers over a site's cells, by name; a direction is the direction of the mean vector.
fn means(statistics: &[Statistic], site: &Site) -> Vec<(String, f64)> {
    let all = ModeSet(u32::MAX);
    let mut list = Vec::new();
    for (index, statistic) in statistics.iter().enumerate() {
        match statistic {
            Statistic::Amount(layer) => list.push((layer.to_string(), site.content.mean(index, all))),
            Statistic::AspectEast => {
                let north = statistics.iter().position(|other| *other == Statistic::AspectNorth);
                let (east, north) = (site.content.mean(index, all), north.map(|i| site.content.mean(i, all)));
                let direction = east.atan2(north.unwrap_or(f64::NAN)).to_degrees().rem_euclid(360.0);
                list.push((LayerName::Aspect.to_string(), direction));
            }
            Statistic::AspectNorth | Statistic::Score(_) | Statistic::Worth(_) => {}
        }
    }
    list
}

/// Mean scores by mode; `NaN` for modes without land on the site.
fn scores(plan: &Plan, site: &Site, statistics: &[Statistic]) -> Vec<(String, f64)> {
    if plan.project.criteria.is_empty() {
        return Vec::new();
    }
    let score = |mode: usize| appraise::score_of(plan, site, mode, statistics, &plan.project.criteria);
    plan.mode_ids().into_iter().enumerate().map(|(mode, id)| (id, score(mode))).collect()
}

/// Writes what a scenario takes: a feature for each offer in use, on the outline of its site.
///
/// # Errors
/// If it cannot be written.
pub fn allocation(out: &mut dyn Write, view: &SiteView<'_>, offers: &OfferTable, optimum: &Optimum) -> Result<()> {
    let place = |name: &str| Fault::output("", format!("the offers have no {name}"));
    let site_ids = offers.words("site_id").ok_or_else(|| place("site_id"))?;
    let capacity = offers.numbers("capacity_mw").ok_or_else(|| place("capacity_mw"))?;
    let index: std::collections::HashMap<&str, usize> =
        view.sites.iter().enumerate().map(|(i, site)| (site.id.as_str(), i)).collect();
    let settled = |row: usize| super::csv::settled_mw(optimum.allocated_mw[row], capacity[row]);
    let rows = (0..offers.rows).filter(|&row| settled(row) > 0.0);
    let features = rows.map(|row| {
        let site = index.get(site_ids[row].as_str()).copied().ok_or_else(|| place("site"))?;
        let mut properties = Map::new();
        for column in &offers.columns {
            let value = match &column.values {
                Values::Text(values) if values[row].is_empty() => Value::Null,
                Values::Text(values) => values[row].clone().into(),
                Values::Number(values) => json_number(values[row]),
            };
            properties.insert(column.name.clone(), value);
        }
        properties.insert("allocated_mw".to_owned(), json_number(settled(row)));
        properties.insert("share".to_owned(), json_number(settled(row) / capacity[row]));
        properties.insert("reduced_cost".to_owned(), json_number(optimum.reduced_cost[row] + 0.0));
        properties.insert("reason".to_owned(), optimum.reasons[row].clone().into());
        if view.plan.project.synthetic {
            properties.insert("synthetic".to_owned(), true.into());
        }
        Ok((view.shapes.geometry(site)?, properties))
    });
    collection(out, "allocation", features)
}
