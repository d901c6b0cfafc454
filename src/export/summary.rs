//! What a run found, in numbers.

use serde_json::{Value, json};

use super::json_number;
use crate::appraise::Offers;
use crate::exclude::{RegionTally, Tally};
use crate::plan::Plan;
use crate::site::Site;
use crate::sites::parts::Dropped;
use crate::units::AreaMm2;

/// What the summary is made of.
pub struct Found<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// Counts of cells.
    pub tally: &'a Tally,
    /// Sites and dropped land; `None` in a project that cuts none.
    pub sites: Option<(&'a [Site], Dropped)>,
    /// Offers; `None` in a project that makes none.
    pub offers: Option<&'a Offers>,
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
    if let Some((sites, dropped)) = &found.sites {
        let gross: AreaMm2 = sites.iter().map(|site| site.gross).sum();
        set("area_ha", json_number(gross.ha()));
        set("sites", sites.len().into());
        set("dropped", json!({"areas": dropped.components, "area_ha": json_number(dropped.area.ha())}));
    }
    if let Some(offers) = found.offers {
        let ids = plan.mode_ids();
        let without = offers.without_yield.iter().map(|&(site, mode)| {
            let id = found.sites.as_ref().map(|(sites, _)| sites[site].id.clone());
            json!({"site_id": id, "mode": ids[mode]})
        });
        set("offers", offers.offers.len().into());
        set("without_yield", without.collect());
    }
    set("notes", plan.notes.clone().into());
    set("unverified", plan.project.unverified().into());
    summary
}

/// Available share of a region's area [%]; null for a region without cells.
fn percent(tally: &RegionTally) -> Value {
    json_number(100.0 * tally.available.0 as f64 / tally.area.0 as f64)
}

fn exclusions(found: &Found<'_>) -> Value {
    let rules = found.plan.project.rules.iter().zip(&found.tally.rules);
    rules
        .map(|(rule, tally)| {
            json!({
                "id": rule.id,
                "cells": tally.cells,
                "only_cells": tally.only_cells,
                "unknown_cells": tally.unknown_cells,
            })
        })
        .collect()
}

fn regions(found: &Found<'_>) -> Value {
    let regions = found.plan.regions.iter().zip(&found.tally.regions);
    regions
        .map(|(id, tally)| {
            json!({
                "id": id,
                "cells": tally.cells,
                "area_ha": json_number(tally.area.ha()),
                "available_cells": tally.available_cells,
                "available_area_ha": json_number(tally.available.ha()),
                "available_percent": percent(tally),
                "unknown_cells": tally.unknown_cells,
            })
        })
        .collect()
}
