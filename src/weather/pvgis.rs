//! CSV files of PVGIS: typical years, and hourly series on the horizontal plane.
//!
//! Their stamps are instants in universal time: of the wind and temperature in typical years, whose head since December
//! 2024 says how far the irradiance is from it; of the satellite's pass in hourly series (`20200101:0010`).
//!
//! Format: "PVGIS data download", "API non-interactive service", Joint Research Centre of the European Commission.

use super::checks::{Findings, Kind};
use super::fields::{self, Field, Quantity};
use super::rows::{self, Row, Stamp};
use super::{Format, Label, Location, Weather};

/// Names of the columns of a typical year; one of an optional quantity may be absent.
const TMY: [(&str, Quantity); 6] = [
    ("G(h)", Quantity::Ghi),
    ("Gb(n)", Quantity::Dni),
    ("Gd(h)", Quantity::Dhi),
    ("T2m", Quantity::AirTemperature),
    ("WS10m", Quantity::WindSpeed),
    ("RH", Quantity::RelativeHumidity),
];
/// Names of the columns of an hourly series with components, on the horizontal plane.
const SERIES: [(&str, Quantity); 5] = [
    ("Gb(i)", Quantity::DirectHorizontal),
    ("Gd(i)", Quantity::Dhi),
    ("H_sun", Quantity::SunElevation),
    ("T2m", Quantity::AirTemperature),
    ("WS10m", Quantity::WindSpeed),
];
/// What to load instead.
const HINT: &str = "download the typical year (TMY) as CSV, or hourly data with slope 0 and radiation components";
/// Slope that counts as horizontal [°].
const HORIZONTAL_DEG: f64 = 0.01;

/// Whether a line names the columns of such a file.
pub fn is_names(line: &str) -> bool {
    let mut names = line.split(',').map(str::trim);
    let is_time = matches!(names.next(), Some("time(UTC)" | "time"));
    is_time && names.any(|name| matches!(name, "G(h)" | "Gb(n)" | "G(i)" | "Gb(i)"))
}

/// What the lines before the table say.
#[derive(Default)]
struct Head {
    location: Location,
    offset_h: Option<f64>,
    slope_deg: Option<f64>,
}

/// Reads the lines of such a file; `None`, with faults, if there is no weather in them.
pub fn read(lines: &[&str], findings: &mut Findings) -> Option<Weather> {
    let Some(at) = lines.iter().position(|line| is_names(line.trim())) else {
        findings.whole("a head of PVGIS, but no row of names such as `time(UTC),T2m,RH,G(h),Gb(n),Gd(h)`", HINT);
        return None;
    };
    let head = head(&lines[..at], findings);
    let names: Vec<&str> = lines[at].split(',').map(str::trim).collect();
    let is_series = names.iter().any(|name| name.ends_with("(i)"));
    if is_series {
        refuse_tilted(at + 1, &names, &head, findings)?;
    }
    let (format, wanted) = if is_series { (Format::PvgisSeries, &SERIES[..]) } else { (Format::PvgisTmy, &TMY[..]) };
    let fields = columns(at + 1, &names, wanted, findings)?;
    let rows = table(lines, at + 1, &fields, findings);
    let ordered = rows::ordered(&rows, Label::Instant, findings)?;
    let weather = Weather::of_rows((format, Label::Instant, head.location, 0.0), ordered);
    Some(Weather { header_offset_min: head.offset_h.map(|hours| 60.0 * hours), ..weather })
}

fn head(lines: &[&str], findings: &mut Findings) -> Head {
    let mut head = Head::default();
    for (i, line) in lines.iter().enumerate() {
        let Some((key, value)) = line.split_once(':') else { continue };
        let mut number = |what| fields::of_head(i + 1, value, what, findings);
        match key.trim() {
            "Latitude (decimal degrees)" => head.location.latitude_deg = number(fields::LATITUDE),
            "Longitude (decimal degrees)" => head.location.longitude_deg = number(fields::LONGITUDE),
            "Elevation (m)" => head.location.elevation_m = number(fields::ELEVATION),
            "Irradiance Time Offset (h)" => head.offset_h = number(fields::OFFSET),
            // `Slope: 35 deg. (optimum)`
            "Slope" => head.slope_deg = value.split_whitespace().next().and_then(|word| word.parse().ok()),
            _ => {}
        }
    }
    head
}

fn refuse_tilted(line: usize, names: &[&str], head: &Head, findings: &mut Findings) -> Option<()> {
    let what = match head.slope_deg {
        None => "irradiance of an inclined plane whose slope is not stated".to_owned(),
        Some(slope) if slope.abs() > HORIZONTAL_DEG => format!("irradiance of a plane inclined by {slope}°"),
        Some(_) if !names.contains(&"Gb(i)") => {
            "global irradiance without its direct and diffuse components".to_owned()
        }
        Some(_) => return Some(()),
    };
    findings.line(line, what, HINT);
    None
}

fn columns(line: usize, names: &[&str], wanted: &[(&str, Quantity)], findings: &mut Findings) -> Option<Vec<Field>> {
    let mut fields = Vec::new();
    let mut missing = Vec::new();
    for &(name, quantity) in wanted {
        match names.iter().position(|found| *found == name) {
            Some(index) => fields.push(Field::new(index, quantity, name)),
            None if quantity.is_optional() => {}
            None => missing.push(name),
        }
    }
    if missing.is_empty() {
        return Some(fields);
    }
    findings.line(line, format!("lacks {}", missing.join(", ")), HINT);
    None
}

/// The rows below the names, up to the explanations.
fn table(lines: &[&str], start: usize, fields: &[Field], findings: &mut Findings) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut ended = false;
    for (i, text) in lines.iter().enumerate().skip(start).filter(|(_, text)| !text.trim().is_empty()) {
        let begins = text.trim_start().starts_with(|c: char| c.is_ascii_digit());
        if begins && ended {
            findings.add(Kind::Order, i + 1, "a record after the end of the table");
        } else if begins {
            match row(i + 1, text, fields, findings) {
                Some(row) => rows.push(row),
                None => findings.undated += 1,
            }
        }
        ended |= !begins;
    }
    rows
}

fn row(line: usize, text: &str, fields: &[Field], findings: &mut Findings) -> Option<Row> {
    let words: Vec<&str> = text.split(',').collect();
    let values = fields::values(line, &words, fields, findings);
    let written = words[0].trim();
    let Some([year, month, day, minute]) = stamp(written) else {
        let what = format!("the time is `{}`, expected such as 20180131:0900", fields::shortened(written));
        findings.add(Kind::Value, line, what);
        return None;
    };
    Some(Row { line, stamp: Stamp::new(line, [month, day, minute], Some(year), findings)?, values })
}

/// Year, month, day and minute of `20180131:0910`.
fn stamp(written: &str) -> Option<[i32; 4]> {
    let (date, time) = written.split_once(':')?;
    if !written.is_ascii() || date.len() != 8 || time.len() != 4 {
        return None;
    }
    let number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?;
    let (hour, minute): (i32, i32) = (number(&time[..2])?, number(&time[2..])?);
    (hour < 24 && minute < 60).then_some([
        number(&date[..4])?,
        number(&date[4..6])?,
        number(&date[6..])?,
        60 * hour + minute,
    ])
}
