//! Crops: the built-in table with the project's numbers in place, and crops of its own.

use std::collections::{BTreeMap, BTreeSet};

use super::Check;
use super::modes::BuiltInMoney;
use crate::crop::{BandRow, Crop, Limits, day_of_year};
use crate::fault::suggestion;
use crate::mode::Number;
use crate::project::file::{CropTable, ProjectFile};
use crate::tables::Tables;

/// Where what a project states comes from.
const STATED: &str = "stated by the project";
/// Group of a crop of which nothing is known.
const NO_GROUP: &str = "none";
/// Days of a year.
const DAYS: f64 = 365.0;

/// Built-in crops with the project's numbers in place, and its own.
pub fn crops(
    check: &mut Check<'_>,
    file: &ProjectFile,
    tables: &Tables,
    money: BuiltInMoney,
) -> BTreeMap<String, Crop> {
    let rows = tables.crops.crop.iter().filter(|_| money == BuiltInMoney::Usable);
    let mut crops: BTreeMap<String, Crop> = rows.map(|crop| (crop.id.clone(), crop.clone())).collect();
    for (i, table) in file.crop.iter().enumerate() {
        let at = format!("crop.{i}");
        check.name(&format!("{at}.id"), &table.id);
        group_known(check, &at, table, tables);
        let base = table.like.as_ref().unwrap_or(&table.id);
        let Some(base) = tables.crops.crop.iter().find(|crop| &crop.id == base) else {
            let names = suggestion(base, tables.crops.crop.iter().map(|crop| crop.id.as_str()));
            let what = match table.like {
                Some(_) => format!("unknown crop `{base}`"),
                None => format!("`{base}` is not one of the built-in crops: `like` must name one to start from"),
            };
            check.fault(&at, what, names);
            continue;
        };
        let price = money.of(Some(&base.price_per_t));
        let margin = money.of(Some(&base.margin_per_ha_yr));
        let price = table.price_cny_per_t.map(Number::stated).or(price);
        let margin = table.margin_cny_per_ha_yr.map(Number::stated).or(margin);
        let (Some(price), Some(margin)) = (price, margin) else {
            let keys = [check.shown("price_cny_per_t"), check.shown("margin_cny_per_ha_yr")];
            let what = format!("crop `{}` needs {} and {}", table.id, keys[0], keys[1]);
            check.fault(&at, what, "the built-in prices are in CNY");
            continue;
        };
        let crop = crop(base, table, (price, margin));
        fits(check, &at, (table, &crop));
        crops.insert(table.id.clone(), crop);
    }
    crops
}

/// Ids of the crops a project may name: some that are known, and those it means to give numbers.
pub fn crop_ids<'a>(file: &'a ProjectFile, known: impl Iterator<Item = &'a String>) -> Vec<&'a str> {
    let ids: BTreeSet<&str> = known.chain(file.crop.iter().map(|crop| &crop.id)).map(String::as_str).collect();
    ids.into_iter().collect()
}

fn group_known(check: &mut Check<'_>, at: &str, table: &CropTable, tables: &Tables) {
    let Some(group) = table.group.as_ref().filter(|group| *group != NO_GROUP) else { return };
    if tables.crops.group(group).is_none() {
        let groups = tables.crops.group.iter().map(|group| group.id.as_str()).chain([NO_GROUP]);
        check.fault(&format!("{at}.group"), format!("unknown group `{group}`"), suggestion(group, groups));
    }
}

/// A crop with the project's numbers over those of another.
fn crop(base: &Crop, table: &CropTable, (price_per_t, margin_per_ha_yr): (Number, Number)) -> Crop {
    let mut crop = Crop { id: table.id.clone(), price_per_t, margin_per_ha_yr, ..base.clone() };
    if let Some(name) = &table.name {
        crop.name.clone_from(name);
    }
    match table.group.as_deref() {
        Some(NO_GROUP) => (crop.group, crop.alpha, crop.band) = (None, None, None),
        Some(group) => (crop.group, crop.alpha, crop.band) = (Some(group.to_owned()), None, None),
        None => {}
    }
    crop.alpha = table.alpha.map(Number::stated).or(crop.alpha);
    let own = |half: f64| BandRow { terms: [half * half, 0.0, 0.0], source: STATED.to_owned(), verified: true };
    crop.band = table.band.map(own).or(crop.band);
    if let Some(harvest) = table.yield_t_per_ha_yr {
        (crop.harvest_t_per_ha, crop.cycle_yr) = (Number::stated(harvest), Number::stated(1.0));
    }
    for (slot, stated) in [
        (&mut crop.height_m, table.height_m),
        (&mut crop.machine_height_m, table.machine_height_m),
        (&mut crop.machine_width_m, table.machine_width_m),
    ] {
        if let Some(value) = stated {
            *slot = Number::stated(value);
        }
    }
    for (slot, stated) in [
        (&mut crop.temperature_c, table.temperature_c),
        (&mut crop.elevation_m, table.elevation_m),
        (&mut crop.rain_mm_per_yr, table.rain_mm_per_yr),
        (&mut crop.slope_deg, table.slope_deg),
    ] {
        if let Some(limits) = stated {
            *slot = Limits { limits, source: STATED.to_owned(), verified: true };
        }
    }
    if let Some(starts) = &table.season_starts {
        crop.season.starts.clone_from(starts);
    }
    if let Some(stages_days) = table.stages_days {
        crop.season.stages_days = stages_days;
    }
    if table.season_starts.is_some() && table.stages_days.is_some() {
        (crop.season.source, crop.season.verified) = (STATED.to_owned(), true);
    }
    if let Some([ini, mid, end]) = table.kc {
        (crop.kc.ini, crop.kc.mid, crop.kc.end) = (ini, mid, end);
        (crop.kc.source, crop.kc.verified) = (STATED.to_owned(), true);
    }
    crop
}

/// Faults of the numbers a project states for a crop, and of what they make of it.
fn fits(check: &mut Check<'_>, at: &str, (table, crop): (&CropTable, &Crop)) {
    for (key, stated, range) in [
        ("yield_t_per_ha_yr", table.yield_t_per_ha_yr, 0.0..=f64::INFINITY),
        ("price_cny_per_t", table.price_cny_per_t, 0.0..=f64::INFINITY),
        ("alpha", table.alpha, -5.0..=2.0),
        ("band", table.band, 0.0..=2.0),
        ("height_m", table.height_m, 0.0..=20.0),
        ("machine_height_m", table.machine_height_m, 0.0..=10.0),
        ("machine_width_m", table.machine_width_m, 0.0..=30.0),
    ] {
        if let Some(value) = stated {
            check.within(&format!("{at}.{key}"), value, range);
        }
    }
    if table.season_starts.as_ref().is_some_and(|starts| day_of_year(starts).is_none()) {
        let what = format!("`{}` is no day of the year", crop.season.starts);
        check.fault(&format!("{at}.season_starts"), what, "write month and day, such as \"04-15\"");
    }
    let stages = crop.season.stages_days;
    if stages.iter().any(|days| *days < 0.0) || !(1.0..=DAYS).contains(&stages.iter().sum::<f64>()) {
        check.fault(&format!("{at}.stages_days"), "the stages make no season of 1 to 365 days", "");
    }
    for kc in table.kc.into_iter().flatten() {
        check.within(&format!("{at}.kc"), kc, 0.0..=2.0);
    }
    for (key, stated) in [
        ("temperature_c", table.temperature_c),
        ("elevation_m", table.elevation_m),
        ("rain_mm_per_yr", table.rain_mm_per_yr),
        ("slope_deg", table.slope_deg),
    ] {
        if stated.is_some_and(|limits| !limits.is_sorted()) {
            let hint = "write absolute least, optimal least, optimal most, absolute most";
            check.fault(&format!("{at}.{key}"), "the four limits must ascend", hint);
        }
    }
    let (sales, margin) = (crop.sales_per_ha_yr(), crop.margin_per_ha_yr.value);
    if margin > sales {
        let keys = [check.shown("margin_cny_per_ha_yr"), check.shown("price_cny_per_t")];
        let what = format!("{} {margin} of crop `{}` is more than its harvest earns, {sales}", keys[0], crop.id);
        check.fault(at, what, format!("state {} and yield_t_per_ha_yr that go with it", keys[1]));
    }
}
