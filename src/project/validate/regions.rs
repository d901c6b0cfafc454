//! Data of regions, of the project and of its scenarios.

use super::Check;
use super::inputs::Naming;
use crate::fault::suggestion;
use crate::mode::LandKind;
use crate::project::HOME_CURRENCY;
use crate::project::file::{ProjectFile, RegionData};
use crate::tables::Tables;

/// What data of regions may refer to.
pub struct Terms<'a> {
    /// How classes of land are named.
    pub land: Naming<'a>,
    /// The built-in tables.
    pub tables: &'a Tables,
    /// Ids of the crops there are.
    pub crops: &'a [&'a str],
}

/// Validates the data of regions.
pub fn regions(check: &mut Check<'_>, file: &ProjectFile, terms: &Terms<'_>) {
    list(check, "region_data", &file.region_data, terms);
}

/// Validates the data of regions in the list at a path.
pub fn list(check: &mut Check<'_>, at: &str, list: &[RegionData], terms: &Terms<'_>) {
    check.unique(at, list.iter().map(|data| data.id.as_str()));
    for (i, data) in list.iter().enumerate() {
        region(check, &format!("{at}.{i}"), data, terms);
    }
}

/// Data of a region with what it does not state taken from the row it is like.
pub fn filled(data: &RegionData, tables: &Tables) -> RegionData {
    let Some(row) = data.like.as_ref().and_then(|id| tables.regions.iter().find(|row| &row.id == id)) else {
        return data.clone();
    };
    let rents = row.land_rent_per_ha_yr.iter().map(|(kind, rent)| (kind.clone(), rent.value));
    RegionData {
        price_cny_per_kwh: data.price_cny_per_kwh.or(Some(row.price_per_kwh.value)),
        curtailment_share: data.curtailment_share.or(Some(row.curtailment_share.value)),
        water_price_cny_per_m3: data.water_price_cny_per_m3.or(Some(row.water_price_per_m3.value)),
        land_rent_cny_per_ha_yr: rents.chain(data.land_rent_cny_per_ha_yr.clone()).collect(),
        ..data.clone()
    }
}

/// A fault if a region is like none of the built-in table, or the project counts in another currency.
fn like_known(check: &mut Check<'_>, at: &str, data: &RegionData, tables: &Tables) {
    let Some(like) = &data.like else { return };
    let path = format!("{at}.like");
    let known: Vec<&str> = tables.regions.iter().map(|row| row.id.as_str()).collect();
    if !known.contains(&like.as_str()) {
        check.fault(&path, format!("there is no built-in region `{like}`"), suggestion(like, known));
    } else if check.currency != HOME_CURRENCY {
        let what = format!("the economics of `{like}` are in {HOME_CURRENCY}, the project's in {}", check.currency);
        check.fault(&path, what, "state them");
    }
}

fn region(check: &mut Check<'_>, at: &str, data: &RegionData, terms: &Terms<'_>) {
    like_known(check, at, data, terms.tables);
    if let Some(share) = data.curtailment_share {
        let path = format!("{at}.curtailment_share");
        check.within(&path, share, 0.0..=1.0);
        if share == 1.0 {
            check.fault(&path, "all the energy is curtailed: none is left to sell", "a share below 1 was expected");
        }
    }
    let layouts: Vec<&str> = terms.tables.layouts.iter().map(|layout| layout.id.as_str()).collect();
    for (layout, value) in &data.yield_kwh_per_kwp {
        let path = format!("{at}.yield_kwh_per_kwp.{layout}");
        check.known((&path, "layouts"), layout, &layouts, || format!("unknown array layout `{layout}`"));
        check.within(&path, *value, 0.0..=8760.0);
        if *value == 0.0 {
            check.fault(&path, "an array that yields nothing cannot be appraised", "leave the mode out instead");
        }
    }
    for (class, rent) in &data.land_rent_cny_per_ha_yr {
        let path = format!("{at}.land_rent_cny_per_ha_yr.{class}");
        check.within(&path, *rent, 0.0..=f64::INFINITY);
        let names = match terms.land {
            Naming::Scheme(scheme) => scheme.names(),
            Naming::Unclear => continue,
            Naming::Codes | Naming::None => Vec::new(),
        };
        if class != "*" && LandKind::parse(class).is_none() {
            check.known((&path, "classes"), class, &names, || format!("`{class}` is no class or kind of land"));
        }
    }
    for rain in data.rain_mm_per_month.into_iter().flatten() {
        check.within(&format!("{at}.rain_mm_per_month"), rain, 0.0..=5_000.0);
    }
    if let Some(price) = data.water_price_cny_per_m3 {
        check.within(&format!("{at}.water_price_cny_per_m3"), price, 0.0..=f64::INFINITY);
    }
    for (key, crop) in [("present_crop", &data.present_crop), ("present_orchard_crop", &data.present_orchard_crop)] {
        let Some(crop) = crop else { continue };
        let what = || format!("crop `{crop}` is not known in this currency");
        check.known((&format!("{at}.{key}"), "crop"), crop, terms.crops, what);
    }
}
