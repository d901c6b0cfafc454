//! Parameters fitted to levelled points.

use std::path::Path;

use serde_json::{Value, json};

use super::points::PointTable;
use super::{Order, with_records};
use crate::export::json_number;
use crate::fault::{Fault, Result};
use crate::grid::Grid;
use crate::panels::{self, Reading, Records, Shared};
use crate::project::subsidence::SubsidenceSettings;
use crate::subsidence::fit::{Fit, Parameter, Verdict, fit as least_squares};
use crate::subsidence::quantity::Quantity;
use crate::subsidence::scene::Sighting;
use crate::tables::Tables;

/// Column with the levelled subsidence.
const LEVELLED: &str = "subsidence_m";
/// Parameters that are fitted, with the ranges they may have; offsets are over depth.
const PARAMETERS: [(&str, f64, f64); 3] = [("q", 0.05, 1.1), ("tan_beta", 0.5, 5.0), ("offset_per_depth", -0.1, 0.4)];

/// What to do if nothing fits.
const CHECK: &str = "is the subsidence in metres, positive downwards, and of the date that was given?";

/// Fits q, tan β and the offset of the inflection points over depth, common to all panels, to levelled subsidence.
///
/// What cannot be told from the points is said so, and has no value.
///
/// # Errors
/// If the points or the panels cannot be read.
pub fn fit(order: &Order, path: &Path, (grid, tables): (&Grid, &Tables)) -> Result<Value> {
    let place = path.display().to_string();
    let points = PointTable::read(path)?;
    let Some(levelled) = points.numbers(&place, LEVELLED)? else {
        let hint = "positive downwards, in metres";
        return Err(Fault::input(place, format!("has no column `{LEVELLED}`")).hint(hint).into());
    };
    // Nobody asks for probabilities here, and every sample would be looked at again for every step of the fit.
    let settings = SubsidenceSettings { samples: 0, ..order.settings.clone() };
    let fitted = with_records(order, (grid, &settings, tables), |records, reading| {
        best(records, reading, (&points, &levelled))
    })?;
    Ok(told(&fitted, levelled.len()))
}

/// The parameters that fit the points best.
fn best(records: &Records, reading: &Reading<'_>, (points, levelled): (&PointTable, &[f64])) -> Result<Fit> {
    // Panels must be whole before they are varied.
    let start = panels::common(records, reading)?;
    let model = |values: &[f64], out: &mut [f64]| {
        let shared = Shared { q: values[0], tan_beta: values[1], offset_per_depth: values[2] };
        match panels::with_shared(records, reading, &shared) {
            Ok(found) => {
                for (out, &at) in out.iter_mut().zip(&points.at) {
                    let state = found.scene.look_at(at, &Sighting::default());
                    *out = [Quantity::Subsidence, Quantity::Residual]
                        .iter()
                        .map(|quantity| state.get(quantity).copied().unwrap_or(0.0))
                        .sum();
                }
            }
            // An offset that leaves nothing of a panel.
            Err(_) => out.fill(f64::NAN),
        }
    };
    let starts = [start.q, start.tan_beta, start.offset_per_depth];
    let parameters: Vec<Parameter> = PARAMETERS
        .iter()
        .zip(starts)
        .map(|(&(_, low, high), start)| Parameter { start: start.clamp(low, high), low, high })
        .collect();
    Ok(least_squares(&parameters, levelled, &model))
}

/// The fit in words and numbers.
fn told(fit: &Fit, points: usize) -> Value {
    let name = |index: usize| PARAMETERS[index].0;
    let hidden: Vec<usize> = match &fit.verdict {
        Verdict::Determined => Vec::new(),
        Verdict::NotTogether(pairs) => pairs.iter().flat_map(|&(a, b)| [a, b]).collect(),
        Verdict::Undetermined(list) => list.clone(),
        Verdict::TooFew => (0..PARAMETERS.len()).collect(),
    };
    let verdict = match &fit.verdict {
        Verdict::Determined => "the points determine all parameters".to_owned(),
        Verdict::NotTogether(pairs) => {
            let list: Vec<String> = pairs.iter().map(|&(a, b)| format!("{} and {}", name(a), name(b))).collect();
            format!(
                "{} cannot be told apart from these points (depth and width of the influence mix): levelled points across the edge of a panel wider than 1.4 times its depth would tell them",
                list.join(", ")
            )
        }
        Verdict::Undetermined(list) => {
            let list: Vec<&str> = list.iter().map(|&index| name(index)).collect();
            format!("these points do not determine {}", list.join(", "))
        }
        Verdict::TooFew => format!("{points} points are too few for {} parameters", PARAMETERS.len()),
    };
    let at_bounds = fit.at_bound.iter().all(|at_bound| *at_bound);
    let verdict = if at_bounds { format!("{verdict}; all of them lie at their bounds: {CHECK}") } else { verdict };
    let parameter = |index: usize| {
        let shown = |value: f64| if hidden.contains(&index) { Value::Null } else { json_number(value) };
        json!({
            "value": shown(fit.values[index]),
            "standard_error": shown(fit.standard_errors[index]),
            "half_width_95": shown(fit.half_widths_95[index]),
            "at_bound": fit.at_bound[index],
        })
    };
    let all = (0..PARAMETERS.len()).map(|index| (name(index).to_owned(), parameter(index)));
    json!({
        "points": points,
        "verdict": verdict,
        "parameters": Value::Object(all.collect()),
        "correlation": fit.correlation.iter().map(|row| row.iter().map(|&value| json_number(value)).collect::<Vec<_>>()).collect::<Vec<_>>(),
        "held_against": "subsidence_m + residual_m, at --date if one was given",
        "rms_residual_m": json_number(fit.rms_residual),
        "degrees_of_freedom": fit.degrees_of_freedom,
        "converged": fit.converged,
    })
}
