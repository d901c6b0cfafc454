//! EnergyPlus weather files.
//!
//! A record's hour is its end; irradiance is the mean of the hour. The EPW files of PVGIS break this: their rows are
//! instants in universal time whatever zone their first line names, which the fit of the offset finds (measured on a file
//! of 2023: 40 min after the middle of the declared hour).
//!
//! Format: "Auxiliary Programs", EnergyPlus documentation, section "EnergyPlus Weather File (EPW) Data Dictionary".

use super::checks::Findings;
use super::fields::{self, Field, Quantity};
use super::rows::{self, Row, Stamp};
use super::{Format, Label, Location, Weather};

/// Lines before the first hour.
const HEADER_LINES: usize = 8;
/// Minutes of an hour.
const HOUR_MIN: i32 = 60;
/// What PVGIS writes before the offset of its irradiance from the time stamp.
const OFFSET_WORDS: &str = "Irradiance Time Offset (h):";

/// Fields of a record: place, quantity, name, code for missing.
const FIELDS: [(usize, Quantity, &str, f64); 7] = [
    (13, Quantity::Ghi, "global horizontal radiation", 9999.0),
    (14, Quantity::Dni, "direct normal radiation", 9999.0),
    (15, Quantity::Dhi, "diffuse horizontal radiation", 9999.0),
    (6, Quantity::AirTemperature, "dry bulb temperature", 99.9),
    (21, Quantity::WindSpeed, "wind speed", 999.0),
    (8, Quantity::RelativeHumidity, "relative humidity", 999.0),
    (7, Quantity::DewPoint, "dew point temperature", 99.9),
];

/// Reads the lines of an EPW file; `None`, with faults, if there is no weather in them.
pub fn read(lines: &[&str], findings: &mut Findings) -> Option<Weather> {
    if lines.len() < HEADER_LINES {
        findings.whole("an EPW file has 8 lines before its hours; this one ends before", "is it cut short?");
        return None;
    }
    let (head, body) = lines.split_at(HEADER_LINES);
    let words: Vec<&str> = head[0].split(',').collect();
    let mut number =
        |index: usize, what| fields::of_head(1, words.get(index).copied().unwrap_or_default(), what, findings);
    let location = Location {
        latitude_deg: number(6, fields::LATITUDE),
        longitude_deg: number(7, fields::LONGITUDE),
        elevation_m: number(9, fields::ELEVATION),
    };
    let utc_offset_h = number(8, fields::UTC_OFFSET);
    let fields = FIELDS
        .map(|(index, quantity, name, missing)| Field { missing: Some(missing), ..Field::new(index, quantity, name) });
    let numbered = body.iter().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let rows =
        rows::collected(numbered, findings, |(i, line), findings| row(HEADER_LINES + 1 + i, line, &fields, findings));
    let header_offset_min = offset_min(head, findings);
    let ordered = rows::ordered(&rows, Label::End, findings)?;
    let about = (Format::Epw, Label::End, location, utc_offset_h?);
    Some(Weather { header_offset_min, ..Weather::of_rows(about, ordered) })
}

fn row(line: usize, text: &str, fields: &[Field], findings: &mut Findings) -> Option<Row> {
    let words: Vec<&str> = text.split(',').collect();
    let mut part =
        |index: usize, what| fields::whole(line, words.get(index).copied().unwrap_or_default(), what, findings);
    let (month, day, hour) = (part(1, ("month", 1, 12)), part(2, ("day", 1, 31)), part(3, ("hour", 1, 24)));
    let year = words[0].trim().parse().ok();
    let values = fields::values(line, &words, fields, findings);
    let stamp = Stamp::new(line, [month?, day?, hour? * HOUR_MIN], year, findings)?;
    Some(Row { line, stamp, values })
}

/// The offset PVGIS states in a comment, from the middle of the interval [min].
fn offset_min(head: &[&str], findings: &mut Findings) -> Option<f64> {
    let (i, stated) = head.iter().enumerate().find_map(|(i, line)| Some((i, line.split_once(OFFSET_WORDS)?.1)))?;
    let stated = stated.split(',').next().unwrap_or_default();
    let offset_h = fields::of_head(i + 1, stated, fields::OFFSET, findings)?;
    Some(f64::from(HOUR_MIN) * (offset_h + 0.5))
}
