//! Tables from outside.

use std::collections::{BTreeMap, HashMap};
use std::io::Read;

use csv::{Reader, ReaderBuilder, Trim};

use super::{MODES_JOINED_BY, bare};
use crate::fault::{Fault, Faults, Result, of_rows};
use crate::offer::{Kind, OfferTable, SiteLand, kind_of};

/// Columns whose cells must not be empty, as they say which offer or site a row is about.
const IDS: [&str; 2] = ["offer_id", "site_id"];

/// How columns of a table are read.
pub struct Schema<'a> {
    /// Name of the file, for messages.
    pub place: &'a str,
    /// Three-letter currency, lower case.
    pub currency: &'a str,
    /// Kinds the project declares.
    pub declared: &'a BTreeMap<String, Kind>,
}

/// Reads a table of offers. Columns of amounts and ratios, as known, declared or told by their unit, hold numbers; all
/// others hold words, as they are written.
///
/// # Errors
/// If it is no table, a column appears twice, a number is none or not finite, or an id is missing or appears twice; all
/// such cells together.
pub fn offers(schema: &Schema<'_>, input: impl Read) -> Result<OfferTable> {
    let place = schema.place;
    let (header, columns) = columns(place, input)?;
    let mut table = OfferTable { rows: columns.first().map_or(0, Vec::len), ..OfferTable::default() };
    let mut faults = Vec::new();
    for (name, values) in header.iter().zip(columns) {
        if IDS.contains(&name.as_str()) {
            faults.extend(blanks(place, name, &values));
        }
        if name == IDS[0] {
            faults.extend(twice(place, name, &values));
        }
        match kind_of(name, schema.currency, schema.declared) {
            Some(Kind::Extensive | Kind::Intensive) => {
                let (numbers, odd) = numbers(place, name, &values);
                faults.extend(odd);
                table.number(name, numbers);
            }
            Some(Kind::Text) | None => table.text(name, values),
        }
    }
    Faults::or(faults, table)
}

/// Header and columns of a table.
fn columns(place: &str, input: impl Read) -> Result<(Vec<String>, Vec<Vec<String>>)> {
    let (mut reader, header) = open(place, input)?;
    for (i, name) in header.iter().enumerate() {
        if name.is_empty() || header[..i].contains(name) {
            let what = format!("column {} is named `{name}`, which is empty or used before", i + 1);
            return Err(Fault::input(format!("{place}:1"), what).into());
        }
    }
    let mut columns: Vec<Vec<String>> = vec![Vec::new(); header.len()];
    for record in reader.records() {
        for (column, value) in columns.iter_mut().zip(record.map_err(|error| broken(place, &error))?.iter()) {
            column.push(bare(value).to_owned());
        }
    }
    Ok((header, columns))
}

fn open<R: Read>(place: &str, input: R) -> Result<(Reader<R>, Vec<String>)> {
    let mut reader = ReaderBuilder::new().trim(Trim::All).from_reader(input);
    let clean = |name: &str| bare(name.trim_start_matches('\u{feff}').trim()).to_owned();
    let header: Vec<String> = reader.headers().map_err(|error| broken(place, &error))?.iter().map(clean).collect();
    if header.is_empty() {
        return Err(Fault::input(place, "the file is empty").hint("expected a line with the names of columns").into());
    }
    Ok((reader, header))
}

fn broken(place: &str, error: &csv::Error) -> Fault {
    Fault::input(place, format!("not a table: {error}"))
}

/// Numbers of a column, `NaN` for empty cells, and faults of those that are none.
fn numbers(place: &str, name: &str, values: &[String]) -> (Vec<f64>, Vec<Fault>) {
    let number = |text: &String| {
        if text.is_empty() { Some(f64::NAN) } else { text.parse().ok().filter(|n: &f64| n.is_finite()) }
    };
    let numbers: Vec<Option<f64>> = values.iter().map(number).collect();
    let odd: Vec<usize> = (0..values.len()).filter(|&row| numbers[row].is_none()).collect();
    let faults =
        of_rows(place, &odd, |row| Fault::input("", format!("{name} is `{}`, not a finite number", values[row])));
    (numbers.into_iter().map(|number| number.unwrap_or(f64::NAN)).collect(), faults)
}

fn blanks(place: &str, name: &str, values: &[String]) -> Vec<Fault> {
    let blank: Vec<usize> = (0..values.len()).filter(|&row| values[row].is_empty()).collect();
    of_rows(place, &blank, |_| Fault::input("", format!("{name} is empty")))
}

fn twice(place: &str, name: &str, values: &[String]) -> Vec<Fault> {
    let mut first: HashMap<&str, usize> = HashMap::new();
    let mut again = Vec::new();
    for (row, value) in values.iter().enumerate().filter(|(_, value)| !value.is_empty()) {
        if *first.entry(value).or_insert(row) != row {
            again.push(row);
        }
    }
    of_rows(place, &again, |row| {
        Fault::input("", format!("{name} `{0}` is that of row {1} too", values[row], first[values[row].as_str()] + 2))
    })
}

/// Reads a table of land: `site_id, modes, area_ha`.
///
/// - `place`: name of the file, for messages.
///
/// # Errors
/// If it lacks a column, or holds an area that is no number; all such cells together.
pub fn site_land(place: &str, input: impl Read) -> Result<Vec<SiteLand>> {
    let (header, columns) = columns(place, input)?;
    let at = |name: &str| {
        let found = header.iter().position(|known| known == name).map(|i| &columns[i]);
        found.ok_or_else(|| {
            Fault::input(place, format!("has no column `{name}`")).hint("expected site_id, modes, area_ha")
        })
    };
    let (sites, modes, areas) = (at("site_id")?, at("modes")?, at("area_ha")?);
    let (areas_ha, mut faults) = numbers(place, "area_ha", areas);
    let missing: Vec<usize> = (0..areas.len()).filter(|&row| areas[row].is_empty()).collect();
    faults.extend(of_rows(place, &missing, |_| Fault::input("", "area_ha is empty")));
    faults.extend(blanks(place, "site_id", sites));
    let rows = sites.iter().zip(modes).zip(areas_ha).map(|((site, modes), area_ha)| {
        let modes = modes.split(MODES_JOINED_BY).map(str::trim).filter(|mode| !mode.is_empty());
        SiteLand { site_id: site.clone(), modes: modes.map(str::to_owned).collect(), area_ha }
    });
    Faults::or(faults, rows.collect())
}
