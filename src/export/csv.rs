//! Tables as CSV: UTF-8, decimal points, units in the header, one line a row.

use std::io::Read;

use crate::allocate::Optimum;
use crate::allocate::model::Side;
use crate::fault::{Fault, Result};
use crate::offer::{self, Column, Kind, OfferTable, SiteLand, Values, number_text};
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
    writer.write_record(header).map_err(failed)?;
    for row in rows {
        writer.write_record(row).map_err(failed)?;
    }
    writer.into_inner().map_err(|error| Fault::output("", format!("cannot write a table: {error}")).into())
}

/// Rows of a table at hand, its header first.
pub fn rows(table: &[u8]) -> Vec<Vec<String>> {
    let mut reader = ::csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(table);
    reader.records().filter_map(std::result::Result::ok).map(|row| row.iter().map(str::to_owned).collect()).collect()
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
        let mut by_modes = std::collections::BTreeMap::new();
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

/// The offers with what a scenario takes of each.
///
/// # Errors
/// If the offers have no capacity.
pub fn allocation(offers: &OfferTable, optimum: &Optimum) -> Result<Vec<u8>> {
    let capacity = offers.numbers("capacity_mw").ok_or_else(|| Fault::input("", "the offers have no capacity_mw"))?;
    let mut header = offers.names();
    header.extend(["allocated_mw", "share", "reduced_cost", "reason"]);
    let rows = (0..offers.rows).map(|row| {
        let mut fields: Vec<String> = offers.columns.iter().map(|column| cell(column, row)).collect();
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

/// Reads a table of offers: columns of known words stay words, others are numbers if every value is one.
///
/// - `place`: name of the file, for messages.
///
/// # Errors
/// If it is no table, a column appears twice, or a number is not finite; all such values together.
pub fn read_offers(place: &str, input: impl Read) -> Result<OfferTable> {
    let mut reader = ::csv::ReaderBuilder::new().trim(::csv::Trim::All).from_reader(input);
    let broken = |error: ::csv::Error| Fault::input(place, format!("not a table: {error}"));
    let header: Vec<String> = reader.headers().map_err(broken)?.iter().map(clean_header).collect();
    for (i, name) in header.iter().enumerate() {
        if name.is_empty() || header[..i].contains(name) {
            let what = format!("column {} is named `{name}`, which is empty or used before", i + 1);
            return Err(Fault::input(format!("{place}:1"), what).into());
        }
    }
    let mut columns: Vec<Vec<String>> = vec![Vec::new(); header.len()];
    for record in reader.records() {
        for (column, value) in columns.iter_mut().zip(record.map_err(broken)?.iter()) {
            column.push(value.to_owned());
        }
    }
    let mut table = OfferTable::default();
    let mut faults = Vec::new();
    for (name, values) in header.iter().zip(columns) {
        let is_words = offer::kind_of(name, "cny", &std::collections::BTreeMap::new()) == Some(Kind::Text);
        let numbers: Option<Vec<f64>> = values.iter().map(|value| parse_number(value)).collect();
        match numbers.filter(|_| !is_words && values.iter().any(|value| !value.is_empty())) {
            None => table.text(name, values),
            Some(numbers) => {
                for (row, value) in values.iter().enumerate().filter(|(i, v)| !v.is_empty() && !numbers[*i].is_finite())
                {
                    let what = format!("{name} is `{value}`, not a finite number");
                    faults.push(Fault::input(format!("{place}:{}", row + 2), what));
                }
                table.number(name, numbers);
            }
        }
    }
    crate::fault::Faults::or(faults, table)
}

fn clean_header(name: &str) -> String {
    name.trim_start_matches('\u{feff}').trim().to_owned()
}

/// A number, or NaN for an empty field.
fn parse_number(text: &str) -> Option<f64> {
    if text.is_empty() { Some(f64::NAN) } else { text.parse().ok() }
}

/// Reads a table of land: `site_id, modes, area_ha`.
///
/// # Errors
/// If it lacks a column or holds an area that is no number.
pub fn read_site_land(place: &str, input: impl Read) -> Result<Vec<SiteLand>> {
    let mut reader = ::csv::ReaderBuilder::new().trim(::csv::Trim::All).from_reader(input);
    let broken = |error: ::csv::Error| Fault::input(place, format!("not a table: {error}"));
    let header: Vec<String> = reader.headers().map_err(broken)?.iter().map(clean_header).collect();
    let at = |name: &str| {
        let found = header.iter().position(|known| known == name);
        found.ok_or_else(|| {
            Fault::input(place, format!("has no column `{name}`")).hint("expected site_id, modes, area_ha")
        })
    };
    let (site, modes, area) = (at("site_id")?, at("modes")?, at("area_ha")?);
    let mut rows = Vec::new();
    for (i, record) in reader.records().enumerate() {
        let record = record.map_err(broken)?;
        let field = |index: usize| record.get(index).unwrap_or_default();
        let area_ha = field(area).parse::<f64>().ok().filter(|value| value.is_finite()).ok_or_else(|| {
            Fault::input(format!("{place}:{}", i + 2), format!("area_ha is `{}`, not a number", field(area)))
        })?;
        let modes = field(modes).split(MODES_JOINED_BY).map(str::trim).filter(|mode| !mode.is_empty());
        rows.push(SiteLand { site_id: field(site).to_owned(), modes: modes.map(str::to_owned).collect(), area_ha });
    }
    Ok(rows)
}

/// Rows of a table this program wrote, by column.
///
/// # Errors
/// If the file cannot be read.
pub fn records(path: &std::path::Path) -> Result<Vec<std::collections::BTreeMap<String, String>>> {
    let place = path.display().to_string();
    let broken = |error: ::csv::Error| Fault::input(&place, format!("cannot read the table: {error}"));
    let mut reader = ::csv::Reader::from_path(path).map_err(broken)?;
    let rows = reader.deserialize().collect::<std::result::Result<_, _>>();
    Ok(rows.map_err(broken)?)
}
