//! What more or less light than the weather has makes of a yield: for maps of irradiation.
//!
//! A month with another irradiation has other days: they are split again into three by clearness, so that the share of
//! diffuse light changes with it. Only the ratio of the yields enters; the level is that of the weather.

use super::LayoutArray;
use super::climate::monthly_steps;
use crate::project::file::MonthlyGhiInput;
use crate::solar::array::{Array, Mounting};
use crate::solar::position::{MONTH_DAYS, Place};
use crate::solar::transposition::Plane;
use crate::solar::year::{MONTHS, Step, Year};

/// Ratios of a map's irradiation to the weather's that tables are made for; a map beyond them contradicts the weather.
const LEAST_RATIO: f32 = 0.5;
const RATIO_STEP: f32 = 0.1;
const RATIOS: usize = 11;

/// Yields by month at several irradiations, as shares of the year's by the weather.
#[derive(Debug, Clone, PartialEq)]
pub struct Clearness {
    /// Mean daily irradiation of the weather [kWh/m²].
    ghi_kwh_per_m2_day: [f64; MONTHS],
    /// Layout × month × ratio.
    shares: Vec<f32>,
}

impl Clearness {
    /// The tables of a place from the steps of its year.
    pub fn new(steps: &[Step], place: &Place, layouts: &[LayoutArray]) -> Self {
        let base = months_of(steps, place);
        let mut shares = vec![0.0; layouts.len() * MONTHS * RATIOS];
        let years: Vec<Year> = layouts.iter().map(|layout| Year::of(&level(layout), steps)).collect();
        let by_ratio: Vec<Vec<Year>> = (0..RATIOS)
            .map(|index| {
                let ratio = f64::from(LEAST_RATIO + RATIO_STEP * index as f32);
                let scaled = MonthlyGhiInput {
                    monthly_ghi_kwh_per_m2_day: base.monthly_ghi_kwh_per_m2_day.map(|ghi| ghi * ratio),
                    ..base.clone()
                };
                let steps = monthly_steps(&scaled, place);
                layouts.iter().map(|layout| Year::of(&level(layout), &steps)).collect()
            })
            .collect();
        let unscaled = monthly_steps(&base, place);
        for (layout, year) in years.iter().enumerate() {
            let split = Year::of(&level(&layouts[layout]), &unscaled);
            let total = year.total().ac_kwh_per_kwp;
            for month in 0..MONTHS {
                let (own, as_split) = (year.months[month].ac_kwh_per_kwp, split.months[month].ac_kwh_per_kwp);
                for (index, all) in by_ratio.iter().enumerate() {
                    let scaled = all[layout].months[month].ac_kwh_per_kwp;
                    let share = if as_split > 0.0 && total > 0.0 { own / total * scaled / as_split } else { 0.0 };
                    shares[(layout * MONTHS + month) * RATIOS + index] = share as f32;
                }
            }
        }
        Self { ghi_kwh_per_m2_day: base.monthly_ghi_kwh_per_m2_day, shares }
    }

    /// The weighted mean of some tables of as many layouts.
    pub fn mean<'a>(weighed: impl Iterator<Item = (&'a Self, f64)>) -> Self {
        let mut sum = Self { ghi_kwh_per_m2_day: [0.0; MONTHS], shares: Vec::new() };
        for (one, weight) in weighed {
            sum.shares.resize(one.shares.len(), 0.0);
            sum.ghi_kwh_per_m2_day.iter_mut().zip(one.ghi_kwh_per_m2_day).for_each(|(to, from)| *to += weight * from);
            sum.shares.iter_mut().zip(&one.shares).for_each(|(to, from)| *to += weight as f32 * from);
        }
        sum
    }

    /// Mean daily irradiation of the weather: of a month, or of the year [kWh/m²].
    pub fn ghi_kwh_per_m2_day(&self, month: Option<usize>) -> f64 {
        let days = MONTH_DAYS.map(f64::from);
        let year = || self.ghi_kwh_per_m2_day.iter().zip(days).map(|(ghi, days)| ghi * days).sum::<f64>() / 365.0;
        month.map_or_else(year, |month| self.ghi_kwh_per_m2_day[month])
    }

    /// Yield over the weather's of a layout, of a month or of all of them, at a ratio of irradiations; `NaN` where the map
    /// contradicts the weather.
    pub fn share(&self, layout: usize, month: Option<usize>, ratio: f32) -> f32 {
        let place = (ratio - LEAST_RATIO) / RATIO_STEP;
        if !(0.0..=(RATIOS - 1) as f32).contains(&place) {
            return f32::NAN;
        }
        let below = (place as usize).min(RATIOS - 2);
        let months = month.map_or(0..MONTHS, |month| month..month + 1);
        let of = |month: usize| {
            let line = &self.shares[(layout * MONTHS + month) * RATIOS..][..RATIOS];
            line[below] + (place - below as f32) * (line[below + 1] - line[below])
        };
        months.map(of).sum()
    }
}

/// The array of a layout; on the slope, one that lies level.
fn level(layout: &LayoutArray) -> Array {
    let flat = Mounting::Fixed(Plane { tilt_deg: 0.0, azimuth_deg: 180.0 });
    if layout.on_slope { Array { mounting: flat, ..layout.array } } else { layout.array }
}

/// Irradiation, air by day, and wind of the months of a year.
fn months_of(steps: &[Step], place: &Place) -> MonthlyGhiInput {
    let mut sums = [[0.0; 4]; MONTHS];
    for step in steps {
        let light = step.weight_h * step.at.irradiance.ghi_w_per_m2;
        let values =
            [light, light * step.at.air_temperature_c, step.weight_h * step.at.wind_speed_m_per_s, step.weight_h];
        sums[step.month].iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
    }
    let mean = |sum: f64, of: f64| if of > 0.0 { sum / of } else { 0.0 };
    MonthlyGhiInput {
        monthly_ghi_kwh_per_m2_day: std::array::from_fn(|month| sums[month][0] / 1e3 / f64::from(MONTH_DAYS[month])),
        latitude_deg: place.latitude_deg,
        longitude_deg: place.longitude_deg,
        elevation_m: place.elevation_m,
        air_temperature_c: std::array::from_fn(|month| mean(sums[month][1], sums[month][0])),
        wind_speed_m_per_s: mean(sums.iter().map(|sum| sum[2]).sum(), sums.iter().map(|sum| sum[3]).sum()),
    }
}
