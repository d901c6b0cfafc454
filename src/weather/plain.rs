//! Plain tables: lines `# key: value` on the place, a row of names and units, and a row a step of time.
//!
//! ```text
//! # latitude: 36.1
//! # longitude: 103.8
//! # elevation: 1520
//! # utc_offset: 8
//! # time: start of interval
//! time,ghi [W/m2],dhi [W/m2],temp_air [°C],wind_speed [m/s]
//! 2019-01-01T00:00,0,0,-8.4,1.2
//! ```
//!
//! Nothing is guessed: a unit, the clock and what a time stamp stands for must be written. Two of the three components of
//! irradiance do. `relative_humidity [%]` or `dew_point [°C]` may be there; humidity in an unknown unit is not read, and a
//! note says so.

use super::checks::{Findings, Kind};
use super::fields::{self, Field, Quantity};
use super::plain_units::{self, Column};
use super::rows::{self, Row, Stamp};
use super::{Format, Label, Location, Weather};

/// Rows by which the step of time is found.
const FIRST_ROWS: usize = 50;
/// Minutes of a day.
const DAY_MIN: i32 = 24 * 60;

/// Whether a line names the columns of such a table.
pub fn is_names(line: &str) -> bool {
    words(line, separator(line)).iter().any(|word| plain_units::is_irradiance(word))
}

/// What separates the columns: what is most frequent in the row of names.
fn separator(names: &str) -> char {
    let count = |separator: char| names.matches(separator).count();
    [',', ';', '\t'].into_iter().rev().max_by_key(|&separator| count(separator)).unwrap_or(',')
}

fn words(line: &str, separator: char) -> Vec<&str> {
    line.split(separator).map(|word| word.trim().trim_matches('"').trim()).collect()
}

/// What the comments say.
#[derive(Default)]
struct Head {
    location: Location,
    utc_offset_h: Option<f64>,
    label: Option<Label>,
}

/// Where the time of a row is.
enum Time {
    /// ISO 8601 in a column.
    Iso(usize),
    /// Columns month, day, hour, and where there are any, minute and year.
    Parts { month: usize, day: usize, hour: usize, minute: Option<usize>, year: Option<usize> },
}

/// A stamp, with the offset of its clock where it has one [min], and whether it is hour 24.
struct Read {
    parts: [i32; 3],
    year: Option<i32>,
    offset_min: Option<i32>,
}

/// Reads the lines of such a table; `None`, with faults, if there is no weather in them.
pub fn read(lines: &[&str], findings: &mut Findings) -> Option<Weather> {
    let is_comment = |line: &str| line.trim_start().starts_with('#');
    let at = lines.iter().position(|line| !line.trim().is_empty() && !is_comment(line))?;
    let separator = separator(lines[at]);
    let names = words(lines[at], separator);
    let head = head(lines, findings);
    let body = lines.iter().enumerate().skip(at + 1).filter(|(_, line)| !line.trim().is_empty() && !is_comment(line));
    let body: Vec<(usize, Vec<&str>)> = body.map(|(i, line)| (i + 1, words(line, separator))).collect();
    let time = time_columns(at + 1, &names, findings)?;
    let mut rows = Vec::with_capacity(body.len());
    let mut clocks = Vec::with_capacity(body.len());
    let fields = columns(at + 1, &names, first_step_min(&body, &time), findings);
    for (line, words) in &body {
        let values = fields::values(*line, words, &fields, findings);
        let read = stamp(*line, words, &time, findings);
        let stamp = read.as_ref().and_then(|read| Stamp::new(*line, read.parts, read.year, findings));
        clocks.extend(read.map(|read| (*line, read.offset_min)));
        match stamp {
            Some(stamp) => rows.push(Row { line: *line, stamp, values }),
            None => findings.undated += 1,
        }
    }
    same_clock(&clocks, findings);
    let clock_min = clocks.first().and_then(|(_, clock)| *clock);
    let about = declared(at + 1, &head, clock_min, findings);
    hour_24(&rows, &time, head.label, findings);
    let (label, utc_offset_h) = about?;
    let ordered = rows::ordered(&rows, label, findings)?;
    Some(Weather::of_rows((Format::Plain, label, head.location, utc_offset_h), ordered))
}

fn head(lines: &[&str], findings: &mut Findings) -> Head {
    let mut head = Head::default();
    for (i, line) in lines.iter().enumerate() {
        let Some((key, value)) = line.trim().strip_prefix('#').and_then(|text| text.split_once(':')) else { continue };
        let key = key.split(['[', '(']).next().unwrap_or_default().trim().to_lowercase().replace([' ', '-'], "_");
        let value = value.trim();
        let mut number = |what| fields::of_head(i + 1, value, what, findings);
        match key.as_str() {
            "latitude" | "latitude_deg" => head.location.latitude_deg = number(fields::LATITUDE),
            "longitude" | "longitude_deg" => head.location.longitude_deg = number(fields::LONGITUDE),
            "elevation" | "elevation_m" => head.location.elevation_m = number(fields::ELEVATION),
            "utc_offset" | "utc_offset_h" | "time_zone" => {
                let hours = hours_written(value).map_or_else(|| value.to_owned(), |hours| hours.to_string());
                head.utc_offset_h = fields::of_head(i + 1, &hours, fields::UTC_OFFSET, findings);
            }
            "time" => head.label = label(i + 1, value, findings),
            _ => {}
        }
    }
    head
}

/// Hours of `8`, `+08:00` or `UTC+8`.
fn hours_written(value: &str) -> Option<f64> {
    let bare = value.strip_prefix("UTC").unwrap_or(value).trim();
    match bare.split_once(':') {
        Some((hours, minutes)) => {
            let (hours, minutes): (f64, f64) = (hours.parse().ok()?, minutes.parse().ok()?);
            Some(hours + (minutes / 60.0).copysign(if bare.starts_with('-') { -1.0 } else { 1.0 }))
        }
        None if bare.is_empty() => (!value.is_empty()).then_some(0.0),
        None => bare.parse().ok(),
    }
}

fn label(line: usize, value: &str, findings: &mut Findings) -> Option<Label> {
    let word = value.split_whitespace().next().unwrap_or_default().to_lowercase();
    let label = match word.as_str() {
        "start" => Label::Start,
        "middle" => Label::Middle,
        "end" => Label::End,
        "instant" => Label::Instant,
        _ => {
            let what = format!("time stamps are said to be `{}`", fields::shortened(value));
            findings.line(line, what, "write start, middle or end of interval, or instant");
            return None;
        }
    };
    Some(label)
}

fn time_columns(line: usize, names: &[&str], findings: &mut Findings) -> Option<Time> {
    let place = |wanted: &str| names.iter().position(|name| name.eq_ignore_ascii_case(wanted));
    if let Some(index) = place("time") {
        return Some(Time::Iso(index));
    }
    if let (Some(month), Some(day), Some(hour)) = (place("month"), place("day"), place("hour")) {
        return Some(Time::Parts { month, day, hour, minute: place("minute"), year: place("year") });
    }
    findings.line(line, "no column `time`, nor `month`, `day` and `hour`", "name the time such as 2019-01-31T09:00");
    None
}

fn columns(line: usize, names: &[&str], step_min: i32, findings: &mut Findings) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    let mut unknown = Vec::new();
    for (index, name) in names.iter().enumerate() {
        match plain_units::column(index, name, step_min) {
            Column::Known(field) => match fields.iter().find(|other| other.quantity == field.quantity) {
                Some(other) => {
                    let what = format!("columns `{}` and `{name}` are the same quantity", names[other.index]);
                    findings.line(line, what, "keep one of them");
                }
                None => fields.push(field),
            },
            Column::UnitUnknown(quantity, what) => unknown.push((quantity, what)),
            Column::Other => {}
        }
    }
    let has = |quantity| fields.iter().any(|field| field.quantity == quantity);
    for (quantity, what) in unknown.iter().filter(|(quantity, _)| !has(*quantity)) {
        if quantity.is_optional() {
            findings.note(format!("{what}; it is not read"));
        } else {
            findings.line(line, what.clone(), "units are never guessed");
        }
    }
    let is_named = |quantity| has(quantity) || unknown.iter().any(|(other, _)| *other == quantity);
    let components = [Quantity::Ghi, Quantity::Dni, Quantity::Dhi].into_iter().filter(|&one| is_named(one)).count();
    if components < 2 {
        findings.line(line, "two of ghi, dni and dhi are needed", "the third one follows from the sun");
    }
    for quantity in [Quantity::AirTemperature, Quantity::WindSpeed] {
        if !is_named(quantity) {
            findings.line(line, format!("lacks a column {}", plain_units::expected(quantity)), "add it");
        }
    }
    fields
}

/// The step between the first rows [min], 60 where it cannot be told.
fn first_step_min(body: &[(usize, Vec<&str>)], time: &Time) -> i32 {
    let mut aside = Findings::new("");
    let stamps = body.iter().take(FIRST_ROWS).filter_map(|(line, words)| stamp(*line, words, time, &mut aside));
    let stamps: Vec<Stamp> =
        stamps.filter_map(|read| Stamp::new(0, read.parts, read.year, &mut Findings::new(""))).collect();
    rows::usual_step_min(&stamps).filter(|step| *step > 0).unwrap_or(60)
}

fn stamp(line: usize, words: &[&str], time: &Time, findings: &mut Findings) -> Option<Read> {
    let word = |index: usize| words.get(index).copied().unwrap_or_default();
    match *time {
        Time::Iso(index) => {
            let read = iso(word(index));
            if read.is_none() {
                let written = fields::shortened(word(index));
                let what =
                    format!("the time is `{written}`, expected such as 2019-01-31T09:00 or 2019-01-31T09:00+08:00");
                findings.add(Kind::Value, line, what);
            }
            read
        }
        Time::Parts { month, day, hour, minute, year } => {
            let mut part = |index: usize, what| fields::whole(line, word(index), what, findings);
            let month = part(month, ("month", 1, 12));
            let day = part(day, ("day", 1, 31));
            let hour = part(hour, ("hour", 0, 24));
            let minute = minute.map_or(Some(0), |index| part(index, ("minute", 0, 59)));
            let year = year.map(|index| part(index, ("year", 1, 9999)));
            Some(Read {
                parts: [month?, day?, 60 * hour? + minute?],
                year: if let Some(year) = year { Some(year?) } else { None },
                offset_min: None,
            })
        }
    }
}

/// A time of ISO 8601: date, `T` or a space, hours and minutes, seconds of zero, and perhaps `Z` or `+08:00`.
fn iso(written: &str) -> Option<Read> {
    let (date, rest) = written.split_once(['T', ' '])?;
    let at = rest.find(['Z', '+', '-']).unwrap_or(rest.len());
    let (time, zone) = rest.split_at(at);
    let digits = |text: &str| {
        (!text.is_empty() && text.len() < 5 && text.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| text.parse().ok())?
    };
    let date: Vec<i32> = date.split('-').map(digits).collect::<Option<_>>()?;
    let [year, month, day] = date[..] else { return None };
    let mut parts = time.trim().split(':');
    let (hour, minute): (i32, i32) = (digits(parts.next()?)?, digits(parts.next()?)?);
    let seconds: f64 = parts.next().map_or(Some(0.0), |text| text.parse().ok())?;
    if hour > 24 || minute > 59 || seconds != 0.0 || parts.next().is_some() {
        return None;
    }
    let offset_min = match zone {
        "" => None,
        "Z" => Some(0),
        _ => {
            let (hours, minutes) =
                zone[1..].split_once(':').unwrap_or_else(|| zone[1..].split_at_checked(2).unwrap_or((&zone[1..], "")));
            let ahead = 60 * digits(hours)? + if minutes.is_empty() { 0 } else { digits(minutes)? };
            Some(if zone.starts_with('-') { -ahead } else { ahead })
        }
    };
    let minute = 60 * hour + minute;
    (minute <= DAY_MIN).then_some(Read { parts: [month, day, minute], year: Some(year), offset_min })
}

/// Faults of rows whose clock is not that of the first one.
fn same_clock(clocks: &[(usize, Option<i32>)], findings: &mut Findings) {
    let Some((_, first)) = clocks.first() else { return };
    for (line, _) in clocks.iter().filter(|(_, clock)| clock != first) {
        let what = "the clock of this row differs from that of the first one; write all in standard time or UTC";
        findings.add(Kind::Order, *line, what);
    }
}

/// Label and clock as declared.
fn declared(line: usize, head: &Head, clock_min: Option<i32>, findings: &mut Findings) -> Option<(Label, f64)> {
    let of_rows = clock_min.map(|minutes| f64::from(minutes) / 60.0);
    let utc_offset_h = match (head.utc_offset_h, of_rows) {
        (Some(said), Some(found)) if said != found => {
            findings.line(line, format!("`# utc_offset: {said}` and stamps of UTC{found:+}"), "remove one");
            None
        }
        (None, None) => {
            let hint = "add a line such as `# utc_offset: 8` above the names, or write stamps with their offset";
            findings.line(line, "it is not said in which clock the time is", hint);
            None
        }
        (said, found) => found.or(said),
    };
    if head.label.is_none() {
        let hint = "add a line such as `# time: start of interval` (or middle, or end, or instant) above the names";
        findings.line(line, "it is not said what a time stamp stands for", hint);
    }
    Some((head.label?, utc_offset_h?))
}

/// A fault of hours 1 to 24 that do not name the end.
fn hour_24(rows: &[Row], time: &Time, label: Option<Label>, findings: &mut Findings) {
    let is_named = matches!(time, Time::Parts { .. }) && label.is_some_and(|label| label != Label::End);
    if let Some(row) = rows.iter().find(|row| is_named && row.stamp.minute == DAY_MIN) {
        let hint = "hours 1 to 24 name the end of their interval; number them 0 to 23 otherwise";
        findings.line(row.line, "hour 24 where time stamps are not ends of intervals", hint);
    }
}
