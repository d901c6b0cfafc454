//! Rows in order: the step of time, gaps, duplicates, whole years.

use std::collections::BTreeSet;

use super::checks::{Findings, Kind};
use super::fields::{Quantity, Values};
use super::{Component, Hour, Label};
use crate::fault::counted;

/// Minutes of a day.
const DAY_MIN: i32 = 24 * 60;
/// Days of the months of a leap year.
const DAYS_OF_MONTH: [i32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
/// Minutes of a leap year: the calendar all stamps are counted in, in which other years leap over a day.
const YEAR_MIN: i32 = 366 * DAY_MIN;
/// Start of 29 February [min].
const LEAP_DAY_MIN: i32 = 59 * DAY_MIN;
/// Steps of time that are taken [min].
const STEPS_MIN: [i32; 4] = [60, 30, 15, 10];
/// Pairs of rows by which the step is found.
const PAIRS: usize = 49;

/// When a row is, as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Year, where the file has one.
    pub year: Option<i32>,
    /// Month, 1–12.
    pub month: i32,
    /// Day, from 1.
    pub day: i32,
    /// Minute of the day, 0–1440.
    pub minute: i32,
}

impl Stamp {
    /// A stamp, if its day exists in some year.
    pub fn new(
        line: usize,
        [month, day, minute]: [i32; 3],
        year: Option<i32>,
        findings: &mut Findings,
    ) -> Option<Self> {
        let days = usize::try_from(month - 1).ok().and_then(|i| DAYS_OF_MONTH.get(i));
        if days.is_some_and(|days| (1..=*days).contains(&day)) && (0..=DAY_MIN).contains(&minute) {
            return Some(Self { year, month, day, minute });
        }
        findings.add(Kind::Value, line, format!("month {month}, day {day} is no date"));
        None
    }

    /// Minutes since the start of a leap year.
    fn ordinal(&self) -> i32 {
        let before: i32 = DAYS_OF_MONTH.iter().zip(1..self.month).map(|(days, _)| days).sum();
        (before + self.day - 1) * DAY_MIN + self.minute
    }

    fn is_leap_day(&self) -> bool {
        self.month == 2 && self.day == 29
    }
}

/// A row as written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// Line of the file.
    pub line: usize,
    /// When it is.
    pub stamp: Stamp,
    /// What it holds.
    pub values: Values,
}

/// Rows of numbered lines; those whose time cannot be read are left out and counted.
pub fn collected<T>(
    lines: impl Iterator<Item = T>,
    findings: &mut Findings,
    row: impl Fn(T, &mut Findings) -> Option<Row>,
) -> Vec<Row> {
    let mut rows = Vec::new();
    for line in lines {
        match row(line, findings) {
            Some(row) => rows.push(row),
            None => findings.undated += 1,
        }
    }
    rows
}

/// Rows in order.
pub struct Ordered {
    pub step_min: u16,
    pub instant_min: f64,
    pub derived: Option<Component>,
    pub hours: Vec<Hour>,
}

/// Where an ordinal lies in the calendar: month, day, minute.
fn date(ordinal: i32) -> (u8, u8, u16) {
    let ordinal = ordinal.rem_euclid(YEAR_MIN);
    let (mut day, mut month) = (ordinal / DAY_MIN, 0);
    while day >= DAYS_OF_MONTH[month] {
        day -= DAYS_OF_MONTH[month];
        month += 1;
    }
    (month as u8 + 1, day as u8 + 1, (ordinal % DAY_MIN) as u16)
}

/// A time in words, an interval by its start.
fn written(ordinal: i32) -> String {
    let (month, day, minute) = date(ordinal);
    format!("month {month}, day {day}, {:02}:{:02}", minute / 60, minute % 60)
}

/// Puts rows in order; `None`, with faults, if they are in none.
pub fn ordered(rows: &[Row], label: Label, findings: &mut Findings) -> Option<Ordered> {
    if findings.undated > 0 {
        return None;
    }
    let step = step_min(rows, findings)?;
    let leaps: BTreeSet<Option<i32>> =
        rows.iter().map(|row| row.stamp).filter(Stamp::is_leap_day).map(|stamp| stamp.year).collect();
    let lead = match label {
        Label::Start | Label::Instant => 0,
        Label::Middle => step / 2,
        Label::End => step,
    };
    let start = |row: &Row| {
        let (stamp, ordinal) = (row.stamp.ordinal(), row.stamp.ordinal() - lead);
        // Before 1 March lies 28 February, where the year has no 29th.
        let leaps_over =
            stamp >= LEAP_DAY_MIN + DAY_MIN && ordinal < LEAP_DAY_MIN + DAY_MIN && !leaps.contains(&row.stamp.year);
        (if leaps_over { ordinal - DAY_MIN } else { ordinal }).rem_euclid(YEAR_MIN)
    };
    let starts: Vec<i32> = rows.iter().map(start).collect();
    let leap_day = if leaps.is_empty() { LeapDay::Absent } else { LeapDay::Present };
    follow(rows, (&starts, step), leap_day, findings);
    years(rows, step, findings);
    let (first, last) = (*starts.first()?, *starts.last()?);
    if !follows(last, first, step) && !findings.has_faults() {
        incomplete(&starts, step, findings);
    }
    let slot = |start: i32| start - start.rem_euclid(step);
    let half = if label == Label::Instant { 0 } else { step };
    let instant_min = f64::from(first - slot(first)) + f64::from(half) / 2.0;
    let hours: Vec<Hour> = rows.iter().zip(&starts).map(|(row, &start)| hour(row, slot(start))).collect();
    Some(Ordered { step_min: step as u16, instant_min, derived: derived(rows), hours })
}

/// The most usual distance of the first stamps [min].
pub fn usual_step_min(stamps: &[Stamp]) -> Option<i32> {
    let pairs = stamps.windows(2).take(PAIRS);
    let mut steps: Vec<i32> = pairs.map(|pair| (pair[1].ordinal() - pair[0].ordinal()).rem_euclid(YEAR_MIN)).collect();
    steps.sort_unstable();
    steps.get(steps.len() / 2).copied()
}

/// The step of time; `None`, with a fault, if there is none that is taken.
fn step_min(rows: &[Row], findings: &mut Findings) -> Option<i32> {
    let stamps: Vec<Stamp> = rows.iter().take(PAIRS + 1).map(|row| row.stamp).collect();
    let Some(step) = usual_step_min(&stamps) else {
        findings.whole(format!("{}; a year has 8760 or 8784", counted(rows.len(), "hour")), "is it cut short?");
        return None;
    };
    if !STEPS_MIN.contains(&step) {
        let what = format!("its records are {step} min apart, expected 60, 30, 15 or 10");
        findings.whole(what, "bring it to one of these steps");
        return None;
    }
    Some(step)
}

/// Whether an interval follows another one, over 29 February or not.
fn follows(before: i32, after: i32, step: i32) -> bool {
    let ahead = (after - before - step).rem_euclid(YEAR_MIN);
    ahead == 0 || (ahead == DAY_MIN && before + step >= LEAP_DAY_MIN && before + step < LEAP_DAY_MIN + step)
}

/// Whether a file has a 29 February in any year.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LeapDay {
    Present,
    Absent,
}

/// Faults of rows that do not follow the one before: gaps by what is missing, duplicates, jumps, single wrong stamps.
fn follow(rows: &[Row], (starts, step): (&[i32], i32), leap_day: LeapDay, findings: &mut Findings) {
    let (mut gaps, mut missing) = (0, 0);
    let mut before = starts[0];
    for i in 1..starts.len() {
        let after = starts[i];
        if follows(before, after, step) {
            before = after;
            continue;
        }
        let mut expected = (before + step) % YEAR_MIN;
        let mut ahead = (after - expected).rem_euclid(YEAR_MIN);
        if leap_day == LeapDay::Absent && expected <= LEAP_DAY_MIN && expected + ahead >= LEAP_DAY_MIN + DAY_MIN {
            ahead -= DAY_MIN;
            expected += if expected == LEAP_DAY_MIN { DAY_MIN } else { 0 };
        }
        let goes_on = starts.get(i + 1).is_some_and(|&next| follows(expected, next, step));
        let what = if goes_on {
            format!("is {}; expected {}", written(after), written(expected))
        } else if after == before {
            format!("{} is there twice, the first time in line {}", written(after), rows[i - 1].line)
        } else if ahead < YEAR_MIN / 2 {
            let count = (ahead + step - 1) / step;
            (gaps, missing) = (gaps + 1, missing + count as usize);
            let are = if count == 1 { "is" } else { "are" };
            let count = counted(count as usize, "record");
            format!("{count} {are} missing before this row: {} to {}", written(expected), written(after))
        } else {
            format!("goes back to {}; expected {}", written(after), written(expected))
        };
        findings.add(Kind::Order, rows[i].line, what);
        before = if goes_on { expected } else { after };
    }
    if gaps > 1 {
        let what = format!("{} missing in {gaps} gaps", counted(missing, "record"));
        findings.whole(what, "fill the gaps, or take another year or source");
    }
}

/// Faults of years that do not follow, in a file of several: a typical year has mixed ones and is none of these.
fn years(rows: &[Row], step: i32, findings: &mut Findings) {
    if rows.len() as f64 * f64::from(step) < 1.5 * f64::from(YEAR_MIN) {
        return;
    }
    for pair in rows.windows(2) {
        let (before, after) = (pair[0].stamp, pair[1].stamp);
        let (Some(last), Some(next)) = (before.year, after.year) else { continue };
        let expected = last + i32::from(before.month > after.month);
        if next != expected {
            findings.add(
                Kind::Order,
                pair[1].line,
                format!("the year goes from {last} to {next}, expected {expected}"),
            );
        }
    }
}

fn incomplete(starts: &[i32], step: i32, findings: &mut Findings) {
    let (first, last) = (starts.first().copied().unwrap_or(0), starts.last().copied().unwrap_or(0));
    let of = if step == 60 { "hours".to_owned() } else { format!("records of {step} min") };
    let year = YEAR_MIN / step;
    let what = format!(
        "{} {of}, from {} to {}; a year has {} or {year}",
        starts.len(),
        written(first),
        written(last + step),
        year - DAY_MIN / step,
    );
    findings.whole(what, "whole years are needed; is it cut short?");
}

fn hour(row: &Row, start: i32) -> Hour {
    let (month, day, minute) = date(start);
    let of = |quantity| row.values.of(quantity);
    let direct = of(Quantity::DirectHorizontal);
    let mut hour = Hour {
        line: row.line,
        month,
        day,
        minute,
        ghi_w_per_m2: of(Quantity::Ghi),
        dni_w_per_m2: of(Quantity::Dni),
        dhi_w_per_m2: of(Quantity::Dhi),
        air_temperature_c: of(Quantity::AirTemperature),
        wind_speed_m_per_s: of(Quantity::WindSpeed),
        vapour_pressure_kpa: row.values.vapour_pressure_kpa(),
    };
    if direct.is_finite() {
        hour.ghi_w_per_m2 = direct + hour.dhi_w_per_m2;
        hour.dni_w_per_m2 = super::components::dni_w_per_m2(direct, of(Quantity::SunElevation).to_radians().sin());
    }
    hour
}

/// The component that is not given, by the first row.
fn derived(rows: &[Row]) -> Option<Component> {
    let values = rows.first()?.values;
    let lacks = |quantity| values.of(quantity).is_nan();
    if !lacks(Quantity::DirectHorizontal) {
        return lacks(Quantity::SunElevation).then_some(Component::Dni);
    }
    let components =
        [(Quantity::Ghi, Component::Ghi), (Quantity::Dni, Component::Dni), (Quantity::Dhi, Component::Dhi)];
    components.into_iter().find(|(quantity, _)| lacks(*quantity)).map(|(_, component)| component)
}
