//! Tables from outside.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;
use std::io::Read;

use csv::{Reader, ReaderBuilder, Trim};

use super::{MODES_JOINED_BY, bare};
use crate::fault::{Fault, Faults, Result, nearest, of_rows};
use crate::offer::{Kind, OfferTable, SiteLand, is_known, kind_of};

/// Columns whose cells must not be empty, as they say which offer or site a row is about.
const IDS: [&str; 2] = ["offer_id", "site_id"];
/// Columns a table of offers must have.
const NEEDED: [&str; 4] = ["site_id", "mode", "area_ha", "capacity_mw"];
/// What tells offers without ids apart.
const TELLING: [&str; 4] = ["site_id", "mode", "crop", "design"];
/// Columns of a table of land.
const LAND: [&str; 3] = ["site_id", "modes", "area_ha"];

/// What stands between columns in tables that are none of ours.
const SEPARATORS: [(char, &str); 3] = [(';', "`;`"), ('\t', "a tab"), ('|', "`|`")];

/// A table's header and rows, as written; every row has as many words as the header.
///
/// # Errors
/// If it cannot be read, or a row has more words or fewer.
pub fn words(path: &std::path::Path) -> Result<(Vec<String>, Vec<Vec<String>>)> {
    let place = path.display().to_string();
    let broken = |error: csv::Error| Fault::input(&place, format!("cannot read the table: {error}"));
    let mut reader = ReaderBuilder::new().trim(Trim::All).from_path(path).map_err(broken)?;
    let words = |record: &csv::StringRecord| record.iter().map(|word| bare(word).to_owned()).collect::<Vec<_>>();
    let mut header = words(reader.headers().map_err(broken)?);
    if let Some(first) = header.first_mut() {
        *first = first.trim_start_matches('\u{feff}').to_owned();
    }
    let rows = reader.records().map(|record| Ok(words(&record.map_err(broken)?))).collect::<Result<_>>()?;
    Ok((header, rows))
}

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
/// If it is no table, a column is missing or appears twice, a number is none or not finite, an id is missing, appears
/// twice or cannot be printed, or offers without ids are the same; all of these together.
pub fn offers(schema: &Schema<'_>, input: impl Read) -> Result<OfferTable> {
    let place = schema.place;
    let (header, columns) = columns(place, input)?;
    let mut table = OfferTable { rows: columns.first().map_or(0, Vec::len), ..OfferTable::default() };
    let mut faults = lacking(place, &header, &NEEDED);
    let is_whole = faults.is_empty();
    for (name, values) in header.iter().zip(columns) {
        if IDS.contains(&name.as_str()) {
            faults.extend(blanks(place, name, &values));
        }
        if name == IDS[0] {
            let ids: Vec<Option<&String>> = values.iter().map(|id| Some(id).filter(|id| !id.is_empty())).collect();
            faults.extend(twice(place, &ids, "", |row| format!("{name} `{}`", values[row])));
        }
        if kind_of(name, schema.currency, &BTreeMap::new()) == Some(Kind::Text) {
            faults.extend(unprintable(place, name, &values));
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
    if is_whole && table.column(IDS[0]).is_none() {
        faults.extend(same_offers(place, &table));
    }
    Faults::or(faults, table)
}

/// Faults of offers without ids that nothing tells apart.
fn same_offers(place: &str, table: &OfferTable) -> Vec<Fault> {
    let words: Vec<Vec<String>> = TELLING.iter().filter_map(|name| table.words(name)).collect();
    let key = |row: usize| words.iter().map(|column| column[row].as_str()).collect::<Vec<_>>();
    let keys: Vec<_> = (0..table.rows).map(|row| Some(key(row)).filter(|key| !key[0].is_empty())).collect();
    let hint = "if they are two offers, give all offers an offer_id";
    twice(place, &keys, hint, |row| {
        let told: Vec<&str> = key(row).into_iter().filter(|word| !word.is_empty()).collect();
        format!("offer `{}`", told.join(":"))
    })
}

/// Faults of columns that are not there.
fn lacking(place: &str, header: &[String], needed: &[&str]) -> Vec<Fault> {
    let fault = |name: &&str| {
        let others = header.iter().map(String::as_str).filter(|other| !needed.contains(other) && !is_known(other));
        let hint = match nearest(name, others) {
            Some(near) => format!("is it `{near}`? expected {}", needed.join(", ")),
            None => format!("expected {}", needed.join(", ")),
        };
        Fault::input(place, format!("has no column `{name}`")).hint(hint)
    };
    needed.iter().filter(|name| !header.iter().any(|known| known == *name)).map(fault).collect()
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
    if let [only] = &header[..]
        && let Some((_, separator)) = SEPARATORS.iter().find(|(separator, _)| only.contains(*separator))
    {
        let what = format!("has one column only, {only:?}; is the separator {separator}?");
        return Err(Fault::input(format!("{place}:1"), format!("{what} expected commas")).into());
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

/// Faults of rows whose key is that of a row before; rows without a key have none.
///
/// - `named`: what a row is.
fn twice<K: Eq + Hash>(place: &str, keys: &[Option<K>], hint: &str, named: impl Fn(usize) -> String) -> Vec<Fault> {
    let mut first: HashMap<&K, usize> = HashMap::new();
    let mut again = BTreeMap::new();
    for (row, key) in keys.iter().enumerate() {
        let Some(key) = key else { continue };
        let before = *first.entry(key).or_insert(row);
        if before != row {
            again.insert(row, before);
        }
    }
    of_rows(place, &again.keys().copied().collect::<Vec<_>>(), |row| {
        Fault::input("", format!("{} is that of row {} too", named(row), again[&row] + 2)).hint(hint)
    })
}

/// Faults of names that cannot be printed.
fn unprintable(place: &str, name: &str, values: &[String]) -> Vec<Fault> {
    let odd: Vec<usize> = (0..values.len()).filter(|&row| values[row].contains(char::is_control)).collect();
    of_rows(place, &odd, |row| {
        Fault::input("", format!("{name} {:?} holds control characters", values[row])).hint("names must be printable")
    })
}

/// Reads a table of land: `site_id, modes, area_ha`.
///
/// - `place`: name of the file, for messages.
///
/// # Errors
/// If it lacks a column, holds an area that is no number or a name that cannot be printed, or tells the same land twice;
/// all such cells together.
pub fn site_land(place: &str, input: impl Read) -> Result<Vec<SiteLand>> {
    let (header, columns) = columns(place, input)?;
    Faults::or(lacking(place, &header, &LAND), ())?;
    let at = |name: &str| header.iter().position(|known| known == name).map_or(&[][..], |i| &columns[i]);
    let [sites, modes, areas] = LAND.map(at);
    let (areas_ha, mut faults) = numbers(place, LAND[2], areas);
    faults.extend(blanks(place, LAND[2], areas));
    faults.extend(blanks(place, LAND[0], sites));
    faults.extend(unprintable(place, LAND[0], sites));
    faults.extend(unprintable(place, LAND[1], modes));
    let rows = sites.iter().zip(modes).zip(areas_ha).map(|((site, modes), area_ha)| {
        let modes = modes.split(MODES_JOINED_BY).map(str::trim).filter(|mode| !mode.is_empty());
        SiteLand { site_id: site.clone(), modes: modes.map(str::to_owned).collect(), area_ha }
    });
    let rows: Vec<SiteLand> = rows.collect();
    // The order of modes says nothing.
    let key = |row: &SiteLand| Some((row.site_id.clone(), row.modes.iter().cloned().collect::<BTreeSet<_>>()));
    let keys: Vec<_> = rows.iter().map(key).collect();
    faults.extend(twice(place, &keys, "add them up, or remove one", |row| {
        format!("land of site `{}` for the modes `{}`", rows[row].site_id, rows[row].modes.join(MODES_JOINED_BY))
    }));
    Faults::or(faults, rows)
}
