//! The terms offers are appraised in: those of the project and its base, changed by scenarios.

use super::file::ScenarioTable;
use super::{Economics, Project};
use crate::criterion::Criterion;
use crate::fault::Fault;
use crate::mode::Number;
use crate::scenario::Scenario;

fn own_table<'a>(project: &'a Project, scenario: &Scenario) -> Option<&'a ScenarioTable> {
    project.file.scenario.iter().find(|table| table.id.as_deref() == Some(&scenario.id))
}

/// Faults of scenarios that change what offers are made from, where the offers are given. What the base changes is in
/// the offers of a run already.
pub fn without_effect(project: &Project, scenarios: &[&Scenario]) -> Vec<Fault> {
    let stated = |scenario: &Scenario| {
        let table = own_table(project, scenario)?;
        let keys = [
            ("weights", !table.weights.is_empty()),
            ("mode", !table.mode.is_empty()),
            ("region_data", !table.region_data.is_empty()),
        ];
        let list: Vec<String> = keys.iter().filter(|(_, given)| *given).map(|(key, _)| format!("`{key}`")).collect();
        let what = format!(
            "scenario `{}` changes {}, which has no effect on offers that are given",
            scenario.id,
            list.join(" and ")
        );
        let hint = "solve it with `run`, or put what differs into a table of its own";
        (!list.is_empty()).then(|| Fault::project(&scenario.place, what).hint(hint))
    };
    scenarios.iter().filter_map(|scenario| stated(scenario)).collect()
}

/// The project's economics with the numbers a scenario puts in their place.
pub fn economics_of(project: &Project, scenario: &Scenario) -> Economics {
    let mut economics = project.economics.clone();
    if let Some(table) = own_table(project, scenario) {
        apply(&mut economics, table);
    }
    economics
}

/// Puts the numbers of a base or scenario in the place of others.
pub fn apply(economics: &mut Economics, table: &ScenarioTable) {
    for change in &table.mode {
        let Some(index) = economics.modes.iter().position(|mode| mode.id == change.id) else { continue };
        let mode = &mut economics.modes[index];
        for (slot, stated) in [
            (&mut mode.density_mwp_per_ha, change.density_mwp_per_ha),
            (&mut mode.dc_ac_ratio, change.dc_ac_ratio),
            (&mut mode.capex_per_kw, change.capex_cny_per_kw),
            (&mut mode.om_per_kw_yr, change.om_cny_per_kw_yr),
            (&mut mode.life_yr, change.life_yr),
            (&mut mode.discount_rate, change.discount_rate),
            (&mut mode.degradation_per_yr, change.degradation_per_yr),
        ] {
            if let Some(value) = stated {
                *slot = Number::stated(value);
            }
        }
        if let (Some(slot), Some(value)) = (&mut mode.raising_per_kw_m, change.raising_cny_per_kw_m) {
            *slot = Number::stated(value);
        }
        if change.price_cny_per_kwh.is_some() {
            economics.mode_price_per_kwh[index] = change.price_cny_per_kwh;
        }
    }
    for change in &table.region_data {
        let data = economics.regions.entry(change.id.clone()).or_default();
        data.id.clone_from(&change.id);
        data.price_cny_per_kwh = change.price_cny_per_kwh.or(data.price_cny_per_kwh);
        data.curtailment_share = change.curtailment_share.or(data.curtailment_share);
        data.land_rent_cny_per_ha_yr.extend(change.land_rent_cny_per_ha_yr.clone());
        data.rain_mm_per_month = change.rain_mm_per_month.or(data.rain_mm_per_month);
        data.water_price_cny_per_m3 = change.water_price_cny_per_m3.or(data.water_price_cny_per_m3);
        let orchard = change.present_orchard_crop.clone();
        data.present_orchard_crop = orchard.or_else(|| data.present_orchard_crop.clone());
        data.present_crop = change.present_crop.clone().or_else(|| data.present_crop.clone());
    }
}

/// The project's criteria with the weights that its base, then a scenario, puts in their place. The sites are cut by those of
/// the project, whatever the base.
pub fn weighted_criteria(project: &Project, scenario: Option<&Scenario>) -> Vec<Criterion> {
    let mut criteria = project.criteria.clone();
    for table in project.file.base.iter().chain(scenario.and_then(|scenario| own_table(project, scenario))) {
        for criterion in &mut criteria {
            criterion.weight = table.weights.get(&criterion.id).copied().unwrap_or(criterion.weight);
        }
    }
    criteria
}
