//! Numbers on crops, fields and law that are not verified.

use std::collections::BTreeSet;

use crate::mode::Number;
use crate::project::Project;

/// Numbers and rows that a project with crops or land law relies on and that are not verified, as `table.row.key = value`.
pub fn unverified(project: &Project) -> Vec<String> {
    let mut names = BTreeSet::new();
    let carrying = || project.economics.modes.iter().filter(|mode| !mode.crops.is_empty());
    for mode in carrying() {
        if let Some(layout) = project.tables.layout(&mode.layout)
            && let Some(field) = &layout.field
        {
            add(&mut names, "layouts", &layout.id, &field.numbers());
            if !field.designs.verified
                && project.file.mode.iter().all(|table| table.id != mode.id || table.gcr.is_none())
            {
                names.insert(format!("layouts.{}.designs.gcr = {:?}", layout.id, field.designs.gcr));
            }
        }
    }
    let crops: BTreeSet<&String> = carrying().flat_map(|mode| &mode.crops).collect();
    for crop in crops.into_iter().filter_map(|id| project.economics.crops.get(id)) {
        let table = &project.tables.crops;
        if let Some(group) = crop.group.as_ref().filter(|_| crop.alpha.is_none()).and_then(|id| table.group(id)) {
            add(&mut names, "crops", &group.id, &[("alpha", &group.alpha), ("beta", &table.beta)]);
        }
        if let Some(alpha) = &crop.alpha {
            add(&mut names, "crops", &crop.id, &[("alpha", alpha)]);
        }
        let numbers = [
            ("harvest_t_per_ha", &crop.harvest_t_per_ha),
            ("cycle_yr", &crop.cycle_yr),
            ("price_per_t", &crop.price_per_t),
            ("margin_per_ha_yr", &crop.margin_per_ha_yr),
            ("height_m", &crop.height_m),
            ("machine_height_m", &crop.machine_height_m),
            ("machine_width_m", &crop.machine_width_m),
        ];
        add(&mut names, "crops", &crop.id, &numbers);
        let season = format!("{} {:?}", crop.season.starts, crop.season.stages_days);
        let kc = [crop.kc.ini, crop.kc.mid, crop.kc.end];
        let mut rows = vec![("season", season, crop.season.verified), ("kc", format!("{kc:?}"), crop.kc.verified)];
        rows.extend(crop.band.as_ref().map(|band| ("band", format!("{:?}", band.terms), band.verified)));
        for (key, limits) in crop.limits() {
            rows.push((key, format!("{:?}", limits.limits), limits.verified));
        }
        let rows = rows.into_iter().filter(|(_, _, verified)| !verified);
        names.extend(rows.map(|(key, value, _)| format!("crops.{}.{key} = {value}", crop.id)));
    }
    let water = &project.economics.water_price_per_m3;
    if carrying().next().is_some() && !water.verified {
        names.insert(format!("water.price_per_m3 = {}", water.value));
    }
    names.into_iter().chain(of_law(project)).chain(of_regions(project)).collect()
}

/// Economics taken from the built-in regions.
fn of_regions(project: &Project) -> Vec<String> {
    let mut names = BTreeSet::new();
    for data in &project.file.region_data {
        let row = data.like.as_ref().and_then(|id| project.tables.regions.iter().find(|row| &row.id == id));
        let Some(row) = row else { continue };
        let numbers = [
            ("price_per_kwh", &row.price_per_kwh, data.price_cny_per_kwh.is_none()),
            ("curtailment_share", &row.curtailment_share, data.curtailment_share.is_none()),
            ("water_price_per_m3", &row.water_price_per_m3, data.water_price_cny_per_m3.is_none()),
        ];
        let used = numbers.into_iter().filter(|(_, _, is_used)| *is_used);
        let used: Vec<(&str, &Number)> = used.map(|(key, number, _)| (key, number)).collect();
        add(&mut names, "regions", &row.id, &used);
        for (kind, rent) in &row.land_rent_per_ha_yr {
            if !data.land_rent_cny_per_ha_yr.contains_key(kind) {
                add(&mut names, "regions", &row.id, &[(&format!("land_rent_per_ha_yr.{kind}"), rent)]);
            }
        }
    }
    names.into_iter().collect()
}

fn add(names: &mut BTreeSet<String>, table: &str, row: &str, numbers: &[(&str, &Number)]) {
    let unverified = numbers.iter().filter(|(_, number)| !number.verified);
    names.extend(unverified.map(|(key, number)| format!("{table}.{row}.{key} = {}", number.value)));
}

/// Clauses of the packs that hold whose text was not seen.
fn of_law(project: &Project) -> Vec<String> {
    let mut names = Vec::new();
    for pack in project.law.iter().map(|held| &held.pack) {
        let land = pack.land.iter().filter(|row| !row.verified).map(|row| (&row.id, &row.clause));
        let design = pack.design.iter().filter(|row| !row.verified).map(|row| (&row.id, &row.clause));
        names.extend(land.chain(design).map(|(id, clause)| format!("law.{}.{id} = {clause}", pack.id)));
        let belts = pack.land.iter().filter_map(|row| Some((row, row.within_m.as_ref()?)));
        let belts = belts.filter(|(_, number)| !number.verified);
        names.extend(belts.map(|(row, number)| format!("law.{}.{}.within_m = {}", pack.id, row.id, number.value)));
    }
    names
}
