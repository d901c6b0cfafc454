//! Dates of the calendar and years to reckon with.

use std::fmt;

/// Days of a year that is reckoned with.
pub const DAYS_PER_YEAR: f64 = 365.25;
/// Year in which days are counted from.
const EPOCH_YEAR: f64 = 1970.0;

/// A day of the Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: i32,
    month: u32,
    day: u32,
}

impl Date {
    /// The day of a text such as `2026-07-01` or `2026/07/01`; the first day of what it leaves out. `None` if it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        // OGR writes times of day behind dates.
        let day = text.split(['T', ' ']).next()?;
        let mut parts = day.split(['-', '/']);
        let year = parts.next().filter(|year| year.len() == 4)?.parse().ok()?;
        let mut number = || parts.next().map_or(Some(1), |part| part.parse::<u32>().ok());
        let (month, day) = (number()?, number()?);
        let date = Self { year, month, day };
        (parts.next().is_none() && (1..=12).contains(&month) && (1..=date.days_of_month()).contains(&day))
            .then_some(date)
    }

    fn days_of_month(self) -> u32 {
        let leap = self.year % 4 == 0 && (self.year % 100 != 0 || self.year % 400 == 0);
        match self.month {
            2 => 28 + u32::from(leap),
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }

    /// The date in years, each of 365.25 days; within a day of the calendar's own fraction of the year.
    ///
    /// Source: number of days by H. Hinnant, "chrono-compatible low-level date algorithms", `days_from_civil`.
    pub fn years(self) -> f64 {
        let year = i64::from(self.year) - i64::from(self.month <= 2);
        let era = year.div_euclid(400);
        let of_era = year.rem_euclid(400);
        let of_year = (153 * i64::from((self.month + 9) % 12) + 2) / 5 + i64::from(self.day) - 1;
        let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
        EPOCH_YEAR + days as f64 / DAYS_PER_YEAR
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}
