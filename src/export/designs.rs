//! Designs of arrays with crops: which were offered, which were not, and why.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::csv;
use crate::appraise::choice::{Outcome, Refusal};
use crate::appraise::{DesignCount, DesignCounts, clause_names};
use crate::fault::Result;
use crate::offer::number_text;
use crate::plan::Plan;

/// Columns of the table.
const HEADER: [&str; 12] =
    ["region", "mode", "layout", "crop", "design", "gcr", "tilt_deg", "pitch_m", "outcome", "sites", "rule", "reason"];

/// Word for what became of a design.
fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Frontier => "kept_frontier",
        Outcome::Best => "kept_best",
        Outcome::Asked => "kept_all",
        Outcome::Thinned => "dropped_thinned",
        Outcome::Dominated => "dropped_dominated",
        Outcome::Refused(_) => "refused",
    }
}

/// Why a design was kept or dropped, where no rule says so.
fn sentence(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Frontier => {
            "no design on the same land beats it in energy and crop income, nor in energy itself where that counts"
        }
        Outcome::Best => "another beats it; it is the best of its mode for its crop, or for its investment",
        Outcome::Asked => "another beats it; the project keeps all",
        Outcome::Thinned => "on the frontier, but close to others that are kept",
        Outcome::Dominated => {
            "another on the same land is at least as good in energy and crop income, and better in one"
        }
        Outcome::Refused(_) => "",
    }
}

/// The table of designs: a row for each design of a mode with a crop in a region and what became of it, with the number of
/// sites where it did.
///
/// # Errors
/// If the table cannot be written.
pub fn csv(plan: &Plan, counts: &DesignCounts) -> Result<Vec<u8>> {
    let clauses = clause_names(&plan.project);
    let rows = counts.iter().filter_map(|(count, sites)| {
        let DesignCount { region, mode, crop, design, outcome } = *count;
        let row = &plan.project.economics.modes[mode];
        let shape = plan.fields.as_deref()?.designs[mode].as_ref()?.list.get(design)?;
        let (rule, reason) = match outcome {
            Outcome::Refused(refusal) => refusal.told(&clauses),
            kept => ("", sentence(kept)),
        };
        Some(vec![
            plan.regions[usize::from(region)].clone(),
            row.id.clone(),
            row.layout.clone(),
            row.crops[crop].clone(),
            shape.name.clone(),
            number_text(shape.gcr),
            number_text(shape.tilt_deg),
            number_text(shape.pitch_m),
            word(outcome).to_owned(),
            sites.to_string(),
            rule.to_owned(),
            reason.to_owned(),
        ])
    });
    csv::table(&HEADER, rows)
}

/// Numbers of designs over all sites, by what became of them, and refusals by their reason.
pub fn summary(plan: &Plan, counts: &DesignCounts) -> Value {
    let mut outcomes: BTreeMap<&str, u64> = BTreeMap::new();
    let mut refusals: BTreeMap<Refusal, u64> = BTreeMap::new();
    for (count, sites) in counts {
        *outcomes.entry(word(count.outcome)).or_default() += sites;
        if let Outcome::Refused(refusal) = count.outcome {
            *refusals.entry(refusal).or_default() += sites;
        }
    }
    let clauses = clause_names(&plan.project);
    let refusals = refusals.into_iter().map(|(refusal, designs)| {
        let (rule, reason) = refusal.told(&clauses);
        json!({"rule": rule, "reason": reason, "designs": designs})
    });
    json!({"tried": counts.values().sum::<u64>(), "outcomes": outcomes, "refusals": refusals.collect::<Vec<_>>()})
}
