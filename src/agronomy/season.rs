//! When a crop grows, and how much water it then uses.

use crate::solar::position::MONTH_DAYS;
use crate::solar::year::MONTHS;

/// Days of a year.
const DAYS: u32 = 365;

/// Growth of a crop through the year.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Season {
    /// First day, of the year, from 1.
    pub first_day: u32,
    /// Days of the initial, development, mid-season and late stages; together at most a year.
    pub stages_days: [f64; 4],
}

/// Crop coefficients: what a crop uses over the reference evapotranspiration [1].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CropCoefficients {
    /// Of the initial stage.
    pub initial: f64,
    /// Of the mid-season.
    pub mid: f64,
    /// At the end of the late season.
    pub end: f64,
}

/// What of a month belongs to a season.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct GrowingMonth {
    /// Days of growth.
    pub days: f64,
    /// Sum of the crop coefficient over these days.
    pub kc_days: f64,
}

impl CropCoefficients {
    /// Coefficient so many days into the season [1].
    ///
    /// Constant at first and in mid-season, straight in between and to the end.
    ///
    /// Source: R. G. Allen et al., "Crop evapotranspiration", FAO Irrigation and Drainage Paper 56, 1998, ch. 6, figure 34.
    pub fn at(&self, day: f64, stages_days: &[f64; 4]) -> f64 {
        let [initial, development, mid, late] = *stages_days;
        let along = |into: f64, days: f64| if days > 0.0 { (into / days).clamp(0.0, 1.0) } else { 1.0 };
        if day < initial {
            self.initial
        } else if day < initial + development {
            self.initial + along(day - initial, development) * (self.mid - self.initial)
        } else {
            self.mid + along(day - initial - development - mid, late) * (self.end - self.mid)
        }
    }
}

impl Season {
    /// Days of growth and what is used in them, by month.
    pub fn months(&self, kc: &CropCoefficients) -> [GrowingMonth; MONTHS] {
        let mut months = [GrowingMonth::default(); MONTHS];
        let length = self.stages_days.iter().sum::<f64>().round().min(f64::from(DAYS)) as u32;
        for day in 0..length {
            let month = month_of((self.first_day - 1 + day) % DAYS);
            months[month].days += 1.0;
            months[month].kc_days += kc.at(f64::from(day) + 0.5, &self.stages_days);
        }
        months
    }

    /// The same season half a year later: that of the other hemisphere.
    #[must_use]
    pub fn in_the_south(self) -> Self {
        Self { first_day: (self.first_day - 1 + DAYS / 2) % DAYS + 1, ..self }
    }
}

/// Month of a day of the year, both from 0.
fn month_of(day: u32) -> usize {
    let mut left = day;
    for (month, days) in MONTH_DAYS.into_iter().enumerate() {
        if left < u32::from(days) {
            return month;
        }
        left -= u32::from(days);
    }
    MONTHS - 1
}

/// Share of light lost over a season [1]: months by their days of growth and their light. `NaN` for a season in the dark.
///
/// - `light`: of each month, on open ground and beneath [kWh/m²].
pub fn shade(months: &[GrowingMonth; MONTHS], light: &[(f64, f64); MONTHS]) -> f64 {
    let (mut open, mut beneath) = (0.0, 0.0);
    for ((month, (above, below)), days) in months.iter().zip(light).zip(MONTH_DAYS) {
        let share = month.days / f64::from(days);
        open += share * above;
        beneath += share * below;
    }
    1.0 - beneath / open
}
