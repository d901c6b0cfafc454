//! What a run found, in numbers.

use serde_json::{Value, json};

use super::{designs, json_number};
use crate::appraise::{self, Offers};
use crate::exclude::{RegionTally, Tally};
use crate::plan::Plan;
use crate::rule::Citation;
use crate::site::Site;
use crate::sites::admit::{Refusal, Unusable, UnusableLand};
use crate::sites::parts::Dropped;
use crate::subsidence::decision::Decision;
use crate::units::AreaMm2;

/// What the summary is made of.
pub struct Found<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// Counts of cells.
    pub tally: &'a Tally,
    /// Sites and the land in none; `None` in a project that cuts none.
    pub sites: Option<Land<'a>>,
    /// Offers; `None` in a project that makes none.
    pub offers: Option<&'a Offers>,
}

/// What became of the available land.
pub struct Land<'a> {
    /// Sites.
    pub sites: &'a [Site],
    /// Land that is connected to too little other.
    pub dropped: Dropped,
    /// Land that no mode may use.
    pub unusable: &'a UnusableLand,
}

/// `summary.json`.
pub fn summary(found: &Found<'_>) -> Value {
    let (plan, total) = (found.plan, found.tally.total());
    let mut summary = json!({
        "name": plan.project.name,
        "title": plan.project.title,
        "synthetic": plan.project.synthetic,
        "region_cells": total.cells,
        "available_cells": total.available_cells,
        "unknown_cells": total.unknown_cells,
        "available_percent": percent(&total),
        "region_area_ha": json_number(total.area.ha()),
        "available_area_ha": json_number(total.available.ha()),
        "overlap_cells": found.tally.overlaps,
        "exclusions": exclusions(found),
        "regions": regions(found),
        "area_ha": Value::Null,
        "sites": Value::Null,
    });
    let mut set = |name: &str, value: Value| summary[name] = value;
    if let Some(land) = &found.sites {
        let gross: AreaMm2 = land.sites.iter().map(|site| site.gross).sum();
        let available: AreaMm2 = land.sites.iter().map(Site::available).sum();
        set("area_ha", json_number(gross.ha()));
        set("sites", land.sites.len().into());
        set("available_in_sites_ha", json_number(available.ha()));
        set("dropped", dropped(land.dropped));
        set("unusable", unusable(land.unusable));
    }
    if let Some(offers) = found.offers {
        let ids = plan.mode_ids();
        let without = offers.without_yield.iter().map(|&(site, mode)| {
            let id = found.sites.as_ref().map(|land| land.sites[site].id.clone());
            json!({"site_id": id, "mode": ids[mode]})
        });
        set("offers", offers.offers.len().into());
        set("without_yield", without.collect());
        if plan.fields.is_some() {
            set("designs", designs::summary(plan, &offers.designs));
        }
    }
    let of_offers = found.offers.into_iter().flat_map(|offers| appraise::notes(plan, &offers.offers));
    let notes = plan.notes.iter().cloned().chain(found.tally.notes(&plan.project.rules)).chain(of_offers);
    set("notes", notes.collect());
    set("unverified", plan.project.unverified().into());
    summary
}

/// Connected land below the minimum area.
fn dropped(dropped: Dropped) -> Value {
    json!({
        "areas": dropped.components,
        "area_ha": json_number(dropped.gross.ha()),
        "available_area_ha": json_number(dropped.available.ha()),
    })
}

/// Available land that no mode may use, by reason.
fn unusable(land: &UnusableLand) -> Value {
    let entry = |(reason, lost): (&Refusal, &Unusable)| {
        (reason.name().to_owned(), json!({"cells": lost.cells, "area_ha": json_number(lost.area.ha())}))
    };
    Value::Object(Refusal::ALL.iter().zip(land).map(entry).collect())
}

/// Available share of a region's area [%]; null for a region without cells.
fn percent(tally: &RegionTally) -> Value {
    json_number(100.0 * tally.available.0 as f64 / tally.area.0 as f64)
}

fn exclusions(found: &Found<'_>) -> Value {
    let rules = found.plan.project.rules.iter().zip(&found.tally.rules);
    rules
        .map(|(rule, tally)| {
            let mut told = json!({
                "id": rule.id,
                "cells": tally.cells,
                "only_cells": tally.only_cells,
                "unknown_cells": tally.unknown_cells,
            });
            if let Some(law) = &rule.law {
                told["law"] = citation(law);
            }
            told
        })
        .collect()
}

/// A clause of land law.
pub fn citation(law: &Citation) -> Value {
    json!({"pack": law.pack, "clause": law.clause, "source": law.source, "verified": law.verified})
}

fn regions(found: &Found<'_>) -> Value {
    let asks_for_mines = found.plan.project.subsidence.is_some();
    let told = |(id, tally): (&String, &RegionTally)| {
        let mut told = json!({
            "id": id,
            "cells": tally.cells,
            "area_ha": json_number(tally.area.ha()),
            "available_cells": tally.available_cells,
            "available_area_ha": json_number(tally.available.ha()),
            "available_percent": percent(tally),
            "unknown_cells": tally.unknown_cells,
        });
        if asks_for_mines {
            told["mined_out"] = mined_out(tally);
        }
        told
    };
    found.plan.regions.iter().zip(&found.tally.regions).map(told).collect()
}

/// Mined-out land of a region, by decision.
fn mined_out(tally: &RegionTally) -> Value {
    let names = Decision::ALL.iter().map(|decision| decision.name()).chain(["unknown"]);
    let decided = names.zip(tally.decided).map(|(name, area)| (name.to_owned(), json_number(area.ha())));
    json!({
        "area_ha": json_number(tally.mined_out().ha()),
        "stable_land_ha": json_number(tally.stable.ha()),
        "decisions_ha": Value::Object(decided.collect()),
    })
}
