//! Test reference years of the Deutscher Wetterdienst (2010 to 2017).
//!
//! Hours are those of Central European Time and name their end (1–24). Direct and diffuse irradiance are of the horizontal
//! plane, so GHI = B + D, and DNI follows from the sun. The place is given in a projection, which is not undone here: it
//! is unknown unless the head writes degrees (files of 2010).
//!
//! Format: DWD, "Testreferenzjahre von Deutschland für mittlere, extreme und zukünftige Witterungsverhältnisse", handbook,
//! 2014 and 2017; columns are read from the line before `***`, or else from the list of parameters.

use super::checks::Findings;
use super::fields::{self, Field, Quantity};
use super::rows::{self, Row, Stamp};
use super::{Format, Label, Location, Weather};

/// Central European Time less universal time [h].
const CET_H: f64 = 1.0;
/// Columns: name, quantity, what the handbook calls it; one of an optional quantity may be absent.
const FIELDS: [(&str, Quantity, &str); 5] = [
    ("B", Quantity::DirectHorizontal, "direct horizontal irradiance B"),
    ("D", Quantity::Dhi, "diffuse horizontal irradiance D"),
    ("t", Quantity::AirTemperature, "air temperature t"),
    ("WG", Quantity::WindSpeed, "wind speed WG"),
    ("RF", Quantity::RelativeHumidity, "relative humidity RF"),
];
/// Columns of the time.
const TIME: [(&str, i32, i32); 3] = [("MM", 1, 12), ("DD", 1, 31), ("HH", 1, 24)];

/// Reads the lines of such a file; `None`, with faults, if there is no weather in them.
pub fn read(lines: &[&str], findings: &mut Findings) -> Option<Weather> {
    let end = lines.iter().position(|line| line.trim().starts_with("***"))?;
    let head = &lines[..end];
    units(head, findings);
    let names = names(head);
    let place = |name: &str| names.iter().position(|found| found == name);
    let missing: Vec<&str> = TIME
        .iter()
        .map(|(name, ..)| *name)
        .chain(FIELDS.iter().filter(|(_, quantity, _)| !quantity.is_optional()).map(|(name, ..)| *name))
        .filter(|name| place(name).is_none())
        .collect();
    if !missing.is_empty() {
        let hint = "the line before `***` names the columns, as `RW HW MM DD HH t p WR WG N x RF B D A E IL`";
        findings.line(end + 1, format!("columns {} are not named before `***`", missing.join(", ")), hint);
        return None;
    }
    let fields: Vec<Field> =
        FIELDS.iter().filter_map(|&(name, quantity, words)| Some(Field::new(place(name)?, quantity, words))).collect();
    let times: Vec<usize> = TIME.iter().filter_map(|(name, ..)| place(name)).collect();
    let body = lines.iter().enumerate().skip(end + 1).filter(|(_, line)| !line.trim().is_empty());
    let rows = rows::collected(body, findings, |(i, line), findings| row(i + 1, line, (&times, &fields), findings));
    let ordered = rows::ordered(&rows, Label::End, findings)?;
    Some(Weather::of_rows((Format::TryDwd, Label::End, location(head, findings), CET_H), ordered))
}

fn row(line: usize, text: &str, (times, fields): (&[usize], &[Field]), findings: &mut Findings) -> Option<Row> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut part = |i: usize| {
        let written = times.get(i).and_then(|&index| words.get(index)).copied().unwrap_or_default();
        fields::whole(line, written, TIME[i], findings)
    };
    let (month, day, hour) = (part(0), part(1), part(2));
    let values = fields::values(line, &words, fields, findings);
    Some(Row { line, stamp: Stamp::new(line, [month?, day?, 60 * hour?], None, findings)?, values })
}

/// Names of the columns in order: the last line of the head if it names the time, or else its list of parameters.
fn names(head: &[&str]) -> Vec<String> {
    let named_by = |line: &&str| TIME.iter().all(|(name, ..)| line.split_whitespace().any(|word| word == *name));
    let words: Vec<&str> = match head.iter().rev().find(|line| !line.trim().is_empty()).filter(|line| named_by(line)) {
        Some(line) => line.split_whitespace().collect(),
        None => {
            let list = head.iter().skip_while(|line| !line.starts_with("Reihenfolge der Parameter")).skip(1);
            list.filter_map(|line| line.split_whitespace().next()).collect()
        }
    };
    words.into_iter().map(str::to_owned).collect()
}

/// A fault if the list of parameters gives irradiance in another unit than W/m².
fn units(head: &[&str], findings: &mut Findings) {
    for (i, line) in head.iter().enumerate() {
        let is_irradiance = matches!(line.split_whitespace().next(), Some("B" | "D"));
        let Some(unit) = line.split_once('[').and_then(|(_, rest)| Some(rest.split_once(']')?.0)) else { continue };
        if is_irradiance && !unit.trim().starts_with("W/m") {
            let what = format!("irradiance in `{}`, expected W/m^2", fields::shortened(unit));
            findings.line(i + 1, what, "");
        }
    }
}

/// Where the year is: its height, and degrees where the head writes `Lage: 51 Grad 24'N <- B.   6 Grad 58'O <- L.`.
fn location(head: &[&str], findings: &mut Findings) -> Location {
    let mut location = Location::default();
    for (i, line) in head.iter().enumerate() {
        let Some((key, value)) = line.split_once(':') else { continue };
        match key.trim() {
            "Hoehenlage" | "Höhenlage" => {
                let written = value.split_whitespace().next().unwrap_or_default();
                location.elevation_m = fields::of_head(i + 1, written, fields::ELEVATION, findings);
            }
            "Lage" => {
                let mut angles = value.split("<-").take(2).map(angle_deg);
                location.latitude_deg = angles.next().flatten();
                location.longitude_deg = angles.next().flatten();
                let words: Vec<&str> = value.split_whitespace().collect();
                let metres = words.iter().position(|word| *word == "Meter").and_then(|i| words.get(i.checked_sub(1)?));
                location.elevation_m = metres.and_then(|written| written.parse().ok());
            }
            _ => {}
        }
    }
    location
}

/// The angle of `… 51 Grad 24'N` [°].
fn angle_deg(text: &str) -> Option<f64> {
    let (before, after) = text.split_once("Grad")?;
    let degrees: f64 = before.split_whitespace().next_back()?.parse().ok()?;
    let (minutes, side) = after.split_once('\'')?;
    let angle = degrees + minutes.trim().parse::<f64>().ok()? / 60.0;
    let is_negative = matches!(side.trim().chars().next(), Some('S' | 'W'));
    (0.0..=180.0).contains(&angle).then_some(if is_negative { -angle } else { angle })
}
