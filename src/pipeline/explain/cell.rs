//! The story of a cell, computed afresh from the project and its inputs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::read_json;
use super::site::{in_scenarios, scenario_ids, site_at};
use crate::criterion::weights_of;
use crate::derive::needs::Needs;
use crate::derive::sources::Sources;
use crate::derive::{self, Layers};
use crate::exclude::land::{LandUse, land_use};
use crate::exclude::rules::{Verdict, Verdicts};
use crate::exclude::{self, Mask};
use crate::export::json_number;
use crate::export::summary::citation;
use crate::fault::{Fault, Result};
use crate::grid::{CrsKind, Window};
use crate::layer::{LayerName, NO_CLASS};
use crate::pipeline::{both, inputs};
use crate::plan::Plan;
use crate::raster::gdal::crs::{Transform, resolve};
use crate::raster::gdal::guard;
use crate::rule::{Condition, Rule, Verb};
use crate::score::{self, Scores};
use crate::sites::admit::{Refusal, refusal};
use crate::sites::parts::TileView;
use crate::store::keys::stage_keys;
use crate::store::ledger::{MANIFEST, is_whole};

/// How the story names what is not known; what there is none of is null.
const UNKNOWN: &str = "unknown";
/// The only cell of the window that is looked at.
const HERE: (usize, usize) = (0, 0);

/// Tells the story of a cell, by longitude and latitude.
///
/// The cell is computed afresh from the project and its inputs, which must still be where the run found them.
///
/// - `scenario`: what became in it of the site that the cell lies in is told too.
///
/// # Errors
/// If the folder holds no finished run, its project is gone, or the place lies outside the grid.
pub fn cell(dir: &Path, (lon, lat): (f64, f64), scenario: Option<&str>) -> Result<Value> {
    guard::setup();
    is_whole(dir)?;
    let scenarios = scenario.map(|id| scenario_ids(dir, Some(id))).transpose()?;
    let plan = both(&project_of(dir)?)?;
    let (row, col) = locate(&plan, (lon, lat))?;
    let window = Window { row: row as isize, col: col as isize, rows: 1, cols: 1 };
    let needs = Needs::of_rules(&plan).and(Needs::of_criteria(&plan)).and(Needs::of_outputs(&plan));
    let needs = needs.and(Needs::of_land(&plan));
    let layers = derive::derive(&plan, &Sources::open(&plan)?, window, &needs, BTreeMap::new())?;
    let mask = exclude::exclude(&plan, &layers);
    let land = land_use(&plan, &layers, &mask);
    let scores = score::score(&plan, &layers, &land.open);
    let story = Cell { plan: &plan, layers: &layers, mask: &mask, land: &land, scores: &scores };
    let (x, y) = plan.grid.centre(window.row, window.col);
    let mut told = story.tell();
    told.insert("row".to_owned(), row.into());
    told.insert("col".to_owned(), col.into());
    told.insert("x".to_owned(), json_number(x));
    told.insert("y".to_owned(), json_number(y));
    if changed(dir, &plan)? {
        told.insert("warning".to_owned(), "the project or its inputs have changed since the run".into());
    }
    let centre = Transform::to_wgs84(&plan.grid.crs)?.point(x, y);
    let site = centre.map(|centre| site_at(dir, centre)).transpose()?.flatten();
    if let (Some(site), Some(scenarios)) = (&site, scenarios) {
        told.insert("scenarios".to_owned(), in_scenarios(dir, site, &scenarios)?);
    }
    told.insert("site_id".to_owned(), site.map_or(Value::Null, Value::String));
    Ok(Value::Object(told))
}

/// The cell at a place, in whichever turn of longitude the grid counts it.
fn locate(plan: &Plan, (lon, lat): (f64, f64)) -> Result<(usize, usize)> {
    let to_grid = Transform::new(&resolve("EPSG:4326", "EPSG:4326")?, &plan.grid.crs, None)?;
    let turns = [0.0, -360.0, 360.0];
    let found = turns.iter().find_map(|turn| {
        let (x, y) = to_grid.point(lon + turn, lat)?;
        let around = if plan.grid.crs.kind == CrsKind::Geographic { turns } else { [0.0; 3] };
        around.iter().find_map(|turn| plan.grid.cell_at(x + turn, y))
    });
    found.ok_or_else(|| {
        let what = format!("{lon}, {lat} lies outside the grid of the run");
        Fault::project("--at", what).hint("longitude first, then latitude, in degrees").into()
    })
}

/// The project of the run in a folder.
fn project_of(dir: &Path) -> Result<PathBuf> {
    let run = read_json(&dir.join("run.json"))?;
    let path = run.get("project").and_then(Value::as_str).map(PathBuf::from);
    path.filter(|path| path.is_file()).ok_or_else(|| {
        let hint = "explain needs the project and its inputs where the run found them";
        Fault::input(dir.display().to_string(), "the project file of this run is gone").hint(hint).into()
    })
}

/// Whether a plan differs from the one a run was made with.
fn changed(dir: &Path, plan: &Plan) -> Result<bool> {
    let manifest = read_json(&dir.join(MANIFEST))?;
    let files = inputs::hash(plan, 1)?;
    let keys = stage_keys(plan, &files.by_input);
    Ok(manifest.pointer("/stages/score").and_then(Value::as_str) != Some(&keys.score))
}

struct Cell<'a> {
    plan: &'a Plan,
    layers: &'a Layers,
    mask: &'a Mask,
    land: &'a LandUse,
    scores: &'a Scores,
}

impl Cell<'_> {
    fn tell(&self) -> Map<String, Value> {
        let plan = self.plan;
        let verdicts = exclude::rules::verdicts(plan, self.layers);
        let kind = self.mask.of(HERE);
        let mut told = Map::new();
        let region = kind.map(|kind| plan.regions[usize::from(kind.region)].clone());
        told.insert("region".to_owned(), region.map_or(Value::Null, Value::String));
        told.insert("land".to_owned(), self.land());
        told.insert("layers".to_owned(), self.values());
        let rules = plan.project.rules.iter().enumerate().map(|(bit, rule)| self.rule(bit, rule, &verdicts));
        told.insert("rules".to_owned(), rules.collect());
        told.insert("available".to_owned(), kind.map_or(Value::Null, |kind| share(kind.state.available())));
        told.insert("modes".to_owned(), self.modes());
        told
    }

    /// Class of land at the cell.
    fn land(&self) -> Value {
        let Some(land) = &self.plan.project.land else { return Value::Null };
        let code = self.layers.classes(land).map_or(NO_CLASS, |codes| codes.core()[HERE]);
        let class = self.plan.project.scheme(land).and_then(|scheme| scheme.classes.get(&code));
        json!({
            "input": land,
            "code": (code != NO_CLASS).then_some(code),
            "class": class.map(|class| class.name.clone()),
        })
    }

    /// Values of the layers that rules and criteria look at.
    fn values(&self) -> Value {
        let mut values = Map::new();
        let layers = self.plan.project.rules.iter().map(|rule| &rule.layer);
        let layers = layers.chain(self.plan.project.criteria.iter().map(|criterion| &criterion.layer)).cloned();
        for layer in self.plan.output_layers().into_iter().chain(layers) {
            values.insert(layer.to_string(), self.value(&layer));
        }
        Value::Object(values)
    }

    fn value(&self, layer: &LayerName) -> Value {
        if let Some(amount) = self.layers.amount(layer) {
            let value = f64::from(amount.core()[HERE]);
            let word = match layer {
                LayerName::Mined(quantity) => quantity.word(value),
                _ => None,
            };
            return match value {
                value if value.is_nan() => UNKNOWN.into(),
                _ if word.is_some() => word.into(),
                f64::INFINITY => "beyond its maximum".into(),
                value => json_number(value),
            };
        }
        let LayerName::Input(id) = layer else { return Value::Null };
        if let Some(codes) = self.layers.classes(id) {
            let code = codes.core()[HERE];
            let class = self.plan.project.scheme(id).and_then(|scheme| scheme.classes.get(&code));
            return match (code, class) {
                (NO_CLASS, _) => UNKNOWN.into(),
                (code, Some(class)) => format!("{code} {}", class.name).into(),
                (code, None) => code.into(),
            };
        }
        if let Some(distances) = self.layers.distances(id) {
            let distance = distances.known.core()[HERE].sqrt();
            return match distance {
                distance if distance.is_nan() => UNKNOWN.into(),
                f64::INFINITY => "farther than any rule looks".into(),
                distance => format!("{} m away", crate::offer::number_text(distance)).into(),
            };
        }
        self.layers
            .inside(id)
            .map_or(Value::Null, |inside| if inside.core()[HERE] { "inside" } else { "outside" }.into())
    }

    fn rule(&self, bit: usize, rule: &Rule, verdicts: &Verdicts) -> Value {
        let verdict = verdicts.of(bit, HERE);
        let effect = match (verdict, rule.verb) {
            (Verdict::Yes, Verb::ForceInclude) => format!("makes {} % available at least", rule.weight * 100.0),
            (Verdict::Yes, _) => format!("takes {} %", rule.weight * 100.0),
            (Verdict::Unknown, _) => "undecided: its layer has no value here".to_owned(),
            (Verdict::No, _) => "does not fire".to_owned(),
        };
        let ids = self.plan.mode_ids();
        let modes: Vec<&String> =
            rule.modes.iter().filter_map(|mode| ids.get(mode)).filter(|id| !id.is_empty()).collect();
        let mut told = json!({
            "id": rule.id,
            "fired": verdict == Verdict::Yes,
            "effect": effect,
            "layer": rule.layer.to_string(),
            "value": self.value(&rule.layer),
            "condition": condition(self.plan, rule),
            "modes": modes,
        });
        if let Some(law) = &rule.law {
            told["law"] = citation(law);
        }
        told
    }

    fn modes(&self) -> Value {
        let view = TileView { layers: self.layers, mask: self.mask, land: self.land, scores: self.scores };
        let min_score = self.plan.project.sites.map_or(0.0, |settings| settings.min_score);
        let state = self.mask.of(HERE).map(|kind| &kind.state);
        let told = |(mode, id): (usize, String)| {
            let left = state.map_or(0.0, |state| state.shares[mode]);
            let score = self.scores.by_mode.get(mode).map(|scores| scores[HERE]);
            let refused = (left > 0.0).then(|| refusal(self.plan, &view, HERE, (mode, min_score))).flatten();
            let why = match (left, refused) {
                _ if state.is_none() => "outside the regions",
                (left, _) if left.is_nan() => "a rule is undecided here",
                (0.0, _) => "excluded",
                (_, None) => "admissible",
                (_, Some(Refusal::LandUnknown)) => "the class of the land is not known here",
                (_, Some(Refusal::LandUnfit)) => "not on this kind of land",
                (_, Some(Refusal::GroundUnknown)) => "mined-out land of which too little is known",
                (_, Some(Refusal::GroundUnfit)) => "not what this ground can carry",
                (_, Some(Refusal::ScoreUnknown)) => "a criterion has no value here",
                (_, Some(Refusal::ScoreLow)) => "its score is below min_score",
            };
            json!({
                "mode": id,
                "admissible": left > 0.0 && refused.is_none(),
                "why": why,
                "share": share(left),
                "score": score.map(|score| json_number(f64::from(score))),
                "score_parts": self.score_parts(mode),
            })
        };
        self.plan.mode_ids().into_iter().enumerate().map(told).collect()
    }

    /// What each criterion adds to the score of a mode; the parts add up to the score.
    fn score_parts(&self, mode: usize) -> Value {
        let criteria = &self.plan.project.criteria;
        let part = |(index, weight): (usize, f64)| {
            let worth = f64::from(self.scores.worths[index][HERE]);
            json!({
                "criterion": criteria[index].id,
                "value": self.value(&criteria[index].layer),
                "worth": json_number(worth),
                "weight": json_number(weight),
                "adds": json_number(worth * weight),
            })
        };
        weights_of(criteria, mode).into_iter().map(part).collect()
    }
}

fn share(share: f64) -> Value {
    if share.is_nan() { UNKNOWN.into() } else { json_number(share) }
}

/// The condition of a rule as the project states it.
fn condition(plan: &Plan, rule: &Rule) -> Value {
    if rule.law.is_some() {
        return match &rule.condition {
            Condition::Nearer(within_m) => json!({"exclude": {"nearer": {"m": within_m}}}),
            Condition::Classes(codes) => json!({"exclude": {"classes": codes}, "weight": rule.weight}),
            Condition::Range(least, _) => json!({"exclude": {"range": {"min": least}}}),
            _ => json!({"exclude": {"inside": {}}}),
        };
    }
    let tables = plan.project.json.get("exclusion").and_then(Value::as_array);
    let table = tables.into_iter().flatten().find(|table| table.get("id").and_then(Value::as_str) == Some(&rule.id));
    let stated = |key: &str| table.and_then(|table| table.get(key)).map(|value| (key.to_owned(), value.clone()));
    let keys = ["exclude", "keep", "force_include", "buffer_m", "weight", "nodata", "only_where", "only_in"];
    Value::Object(keys.iter().filter_map(|key| stated(key)).collect())
}
