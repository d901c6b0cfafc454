//! Tables as CSV: UTF-8, decimal points, units in the header, one line a row.
//!
//! Words that a spreadsheet would take for a formula stand behind an apostrophe, which is taken away when they are read.

pub mod read;

use std::collections::BTreeMap;

use crate::allocate::Optimum;
use crate::allocate::model::Side;
use crate::fault::{Fault, Result};
use crate::offer::{Column, OfferTable, SiteLand, Values, number_text};
use crate::plan::Plan;
use crate::site::Site;

/// Separates the modes of a row of land.
const MODES_JOINED_BY: &str = ";";
/// Allocations below this share of an offer's capacity are rounding noise of the solver [1].
const ALLOCATION_NOISE: f64 = 1e-9;

/// Writes rows of words under a header.
///
/// # Errors
/// If a row has not as many fields as the header.
pub fn table(header: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Result<Vec<u8>> {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    let failed = |error: ::csv::Error| Fault::output("", format!("cannot write a table: {error}"));
    writer.write_record(header.iter().map(|word| guarded(word))).map_err(failed)?;
    for row in rows {
        writer.write_record(row.iter().map(|word| guarded(word))).map_err(failed)?;
    }
    writer.into_inner().map_err(|error| Fault::output("", format!("cannot write a table: {error}")).into())
}

/// What keeps a word from being a formula.
const GUARD: char = '\'';

/// Whether a word, apart from guards before it, is a formula to a spreadsheet. Numbers are none.
fn is_formula(word: &str) -> bool {
    word.trim_start_matches(GUARD).starts_with(['=', '+', '-', '@', '\t', '\r']) && word.parse::<f64>().is_err()
}

fn guarded(word: &str) -> String {
    if is_formula(word) { format!("{GUARD}{word}") } else { word.to_owned() }
}

/// A word as it was before it was [`guarded`].
fn bare(word: &str) -> &str {
    word.strip_prefix(GUARD).filter(|bare| is_formula(bare)).unwrap_or(word)
}

/// Rows of a table at hand, its header first.
pub fn rows(table: &[u8]) -> Vec<Vec<String>> {
    let mut reader = ::csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(table);
    reader
        .records()
        .filter_map(std::result::Result::ok)
        .map(|row| row.iter().map(|word| bare(word).to_owned()).collect())
        .collect()
}

/// The offers.
///
/// # Errors
/// If the columns differ in length.
pub fn offers(offers: &OfferTable) -> Result<Vec<u8>> {
    table(&offers.names(), (0..offers.rows).map(|row| offers.columns.iter().map(|column| cell(column, row)).collect()))
}

fn cell(column: &Column, row: usize) -> String {
    match &column.values {
        Values::Text(values) => values[row].clone(),
        Values::Number(values) => number_text(values[row]),
    }
}

/// Land of sites by the modes it admits.
pub fn site_land_rows(plan: &Plan, sites: &[Site]) -> Vec<SiteLand> {
    let ids = plan.mode_ids();
    let mut rows = Vec::new();
    for site in sites {
        let mut by_modes = BTreeMap::new();
        for land in &site.content.land {
            *by_modes.entry(land.modes).or_insert(crate::units::AreaMm2::ZERO) += land.area;
        }
        for (modes, area) in by_modes {
            let modes = modes.iter().map(|mode| ids[mode].clone()).collect();
            rows.push(SiteLand { site_id: site.id.clone(), modes, area_ha: area.ha() });
        }
    }
    rows
}

/// Land of sites as a table.
///
/// # Errors
/// If it cannot be written.
pub fn site_land(rows: &[SiteLand]) -> Result<Vec<u8>> {
    let row = |land: &SiteLand| vec![land.site_id.clone(), land.modes.join(MODES_JOINED_BY), number_text(land.area_ha)];
    table(&["site_id", "modes", "area_ha"], rows.iter().map(row))
}

/// Megawatts as reported: noise of the solver is nothing, or everything.
pub fn settled_mw(allocated_mw: f64, capacity_mw: f64) -> f64 {
    if allocated_mw <= capacity_mw * ALLOCATION_NOISE {
        0.0
    } else if allocated_mw >= capacity_mw * (1.0 - ALLOCATION_NOISE) {
        capacity_mw
    } else {
        allocated_mw
    }
}

/// Columns of an allocation, behind those of the offers.
const RESULTS: [&str; 4] = ["allocated_mw", "share", "reduced_cost", "reason"];

/// The offers with what a scenario takes of each.
///
/// # Errors
/// If the offers have no capacity.
pub fn allocation(offers: &OfferTable, optimum: &Optimum) -> Result<Vec<u8>> {
    let capacity = offers.numbers("capacity_mw").ok_or_else(|| Fault::input("", "the offers have no capacity_mw"))?;
    // The table may be an allocation itself: its results make way for the new ones.
    let kept: Vec<&Column> = offers.columns.iter().filter(|column| !RESULTS.contains(&column.name.as_str())).collect();
    let header: Vec<&str> = kept.iter().map(|column| column.name.as_str()).chain(RESULTS).collect();
    let rows = (0..offers.rows).map(|row| {
        let mut fields: Vec<String> = kept.iter().map(|column| cell(column, row)).collect();
        let allocated = settled_mw(optimum.allocated_mw[row], capacity[row]);
        fields.push(number_text(allocated));
        fields.push(number_text(allocated / capacity[row]));
        fields.push(number_text(optimum.reduced_cost[row] + 0.0));
        fields.push(optimum.reasons[row].clone());
        fields
    });
    table(&header, rows)
}

/// The prices of a scenario.
///
/// # Errors
/// If they cannot be written.
pub fn prices(optimum: &Optimum) -> Result<Vec<u8>> {
    let rows = optimum.prices.iter().map(|price| {
        vec![
            price.rule.clone(),
            price.key.clone(),
            price.unit.clone(),
            number_text(price.limit),
            number_text(price.used),
            number_text(price.shadow_price),
            if price.side == Side::Max { "max" } else { "min" }.to_owned(),
            price.modes.join(MODES_JOINED_BY),
        ]
    });
    table(&["rule", "key", "unit", "limit", "used", "shadow_price", "bound", "modes"], rows)
}

/// Rows of a table this program wrote, by column.
///
/// # Errors
/// If the file cannot be read.
pub fn records(path: &std::path::Path) -> Result<Vec<BTreeMap<String, String>>> {
    let place = path.display().to_string();
    let broken = |error: ::csv::Error| Fault::input(&place, format!("cannot read the table: {error}"));
    let mut reader = ::csv::Reader::from_path(path).map_err(broken)?;
    let rows = reader.deserialize().collect::<std::result::Result<Vec<BTreeMap<String, String>>, _>>();
    let mut rows = rows.map_err(broken)?;
    for word in rows.iter_mut().flat_map(BTreeMap::values_mut) {
        *word = bare(word).to_owned();
    }
    Ok(rows)
}
