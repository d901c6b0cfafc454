//! Days that stand for a month of which only the mean global light is known.

use std::f64::consts::PI;

use crate::solar::at_most;
use crate::solar::clear_sky::Irradiance;
use crate::solar::decomposition::{collares_pereira_rabl, erbs_daily, erbs_monthly, liu_jordan};
use crate::solar::position::{
    MEAN_DAYS, declination_rad, extraterrestrial_daily_wh_per_m2, from_hour_angle, sunset_hour_angle_rad,
};

/// Least cosine of the zenith angle for which there is a beam: the sun 1° high.
const LEAST_COS_ZENITH: f64 = 0.017;

/// The middle of a step of a day in solar time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TypicalHour {
    /// Zenith angle of the sun without refraction [°].
    pub zenith_deg: f64,
    /// Azimuth of the sun [°].
    pub azimuth_deg: f64,
    /// Mean irradiance of the step.
    pub irradiance: Irradiance,
}

/// A day that stands for a share of a month's days.
#[derive(Debug, Clone, PartialEq)]
pub struct TypicalDay {
    /// The day whose sun it has, 1–365.
    pub day_of_year: u16,
    /// Share of the month's days [1]; the shares of a month add up to 1.
    pub weight: f64,
    /// Length of a step [h].
    pub step_h: f64,
    /// Steps from midnight to midnight in solar time.
    pub hours: Vec<TypicalHour>,
}

/// What all days of a month have in common.
struct Month {
    day_of_year: u16,
    sunset_rad: f64,
    extraterrestrial_wh_per_m2: f64,
    step_h: f64,
    /// Zenith angle and azimuth of the steps [°].
    suns: Vec<(f64, f64)>,
    /// Shares of the day's global light [1/h].
    global: Vec<f64>,
    /// Shares of the day's diffuse light [1/h].
    diffuse: Vec<f64>,
}

impl Month {
    fn of(latitude_deg: f64, month: usize, steps: usize) -> Self {
        let day_of_year = MEAN_DAYS[month];
        let declination = declination_rad(f64::from(day_of_year));
        let sunset_rad = sunset_hour_angle_rad(latitude_deg, declination);
        let step_h = 24.0 / steps as f64;
        let angles: Vec<f64> = (0..steps).map(|step| ((step as f64 + 0.5) * step_h - 12.0) * PI / 12.0).collect();
        let shares = |rate: fn(f64, f64) -> f64| {
            let rates: Vec<f64> = angles.iter().map(|&angle| rate(angle, sunset_rad)).collect();
            let day = rates.iter().sum::<f64>() * step_h;
            // In polar night nothing is there to be shared.
            rates.iter().map(|rate| if day > 0.0 { rate / day } else { 0.0 }).collect()
        };
        Self {
            day_of_year,
            sunset_rad,
            extraterrestrial_wh_per_m2: extraterrestrial_daily_wh_per_m2(latitude_deg, f64::from(day_of_year)),
            step_h,
            suns: angles.iter().map(|&angle| from_hour_angle(latitude_deg, declination, angle)).collect(),
            global: shares(collares_pereira_rabl),
            diffuse: shares(liu_jordan),
        }
    }

    /// Mean clearness [1]; 0 in polar night.
    fn clearness(&self, daily_ghi_wh_per_m2: f64) -> f64 {
        if self.extraterrestrial_wh_per_m2 > 0.0 { daily_ghi_wh_per_m2 / self.extraterrestrial_wh_per_m2 } else { 0.0 }
    }

    fn day(&self, weight: f64, daily_ghi_wh_per_m2: f64, diffuse_share: f64) -> TypicalDay {
        let hour = |step: usize| {
            let (zenith_deg, azimuth_deg) = self.suns[step];
            let ghi_w_per_m2 = daily_ghi_wh_per_m2 * self.global[step];
            let dhi_w_per_m2 = at_most(daily_ghi_wh_per_m2 * diffuse_share * self.diffuse[step], ghi_w_per_m2);
            let cos_zenith = zenith_deg.to_radians().cos();
            let beam_w_per_m2 = ghi_w_per_m2 - dhi_w_per_m2;
            let dni_w_per_m2 = if cos_zenith > LEAST_COS_ZENITH { beam_w_per_m2 / cos_zenith } else { 0.0 };
            TypicalHour { zenith_deg, azimuth_deg, irradiance: Irradiance { ghi_w_per_m2, dni_w_per_m2, dhi_w_per_m2 } }
        };
        TypicalDay {
            day_of_year: self.day_of_year,
            weight,
            step_h: self.step_h,
            hours: (0..self.suns.len()).map(hour).collect(),
        }
    }
}

/// The mean day of a month, in `steps` equal steps.
///
/// - `month`: 0 to 11.
/// - `mean_daily_ghi_wh_per_m2`: mean over the month's days [Wh/m²].
///
/// One mean sky in place of clear and dull days: against hourly data of three sites, fixed planes to the south come out
/// 0.2–0.8 % high in a year, trackers 2–3 %, vertical planes 2–5 %. [`month_of_quantiles`] is better.
///
/// Source: S. A. Klein, Solar Energy 19, 1977, p. 325 (day); [`collares_pereira_rabl`], [`liu_jordan`] (hours),
/// [`erbs_monthly`] (diffuse); checked against `tests/vectors/c6_allsky_klein_error.json`.
///
/// # Panics
/// If `month` is beyond 11.
pub fn month_of_mean(latitude_deg: f64, month: usize, mean_daily_ghi_wh_per_m2: f64, steps: usize) -> TypicalDay {
    let common = Month::of(latitude_deg, month, steps);
    let clearness = common.clearness(mean_daily_ghi_wh_per_m2);
    common.day(1.0, mean_daily_ghi_wh_per_m2, erbs_monthly(clearness, common.sunset_rad))
}

/// Equally frequent days of a month, from its dullest to its brightest, of 24 hours each; 3 are enough.
///
/// Against hourly data of three sites, fixed planes to the south come out 0.4–0.9 % low in a year, trackers within 0.3 %,
/// vertical planes 1.6–4.9 % high.
///
/// - `month`: 0 to 11.
/// - `mean_daily_ghi_wh_per_m2`: mean over the month's days [Wh/m²], which the days keep.
///
/// Source: [`daily_clearness`] (days), [`erbs_daily`] (diffuse), the rest as [`month_of_mean`]; checked against
/// `tests/vectors/c6b_ktquant_pvgis45N8E.json`.
///
/// # Panics
/// If `month` is beyond 11.
pub fn month_of_quantiles(
    latitude_deg: f64,
    month: usize,
    mean_daily_ghi_wh_per_m2: f64,
    quantiles: usize,
) -> Vec<TypicalDay> {
    let common = Month::of(latitude_deg, month, 24);
    let days = daily_clearness(common.clearness(mean_daily_ghi_wh_per_m2), quantiles);
    let weight = 1.0 / quantiles as f64;
    let day = |clearness: f64| {
        let ghi_wh_per_m2 = clearness * common.extraterrestrial_wh_per_m2;
        common.day(weight, ghi_wh_per_m2, erbs_daily(clearness, common.sunset_rad))
    };
    days.into_iter().map(day).collect()
}

/// Clearness of equally frequent days of a month of a given mean, which they keep.
///
/// Source: P. Bendt, M. Collares-Pereira, A. Rabl, "The frequency distribution of daily insolation values", Solar Energy
/// 27(1), 1981, p. 1, with the exponent's fit by M. E. Herzog (Trinity University, 1985) and the clearest day of
/// K. G. T. Hollands, R. G. Huget, "A probability density function for the clearness index, with applications", Solar
/// Energy 30(3), 1983, p. 195, as in Duffie & Beckman, 4th ed. 2013, sect. 2.9.
pub fn daily_clearness(mean: f64, quantiles: usize) -> Vec<f64> {
    const DULLEST: f64 = 0.05;
    // The curves have no meaning where hardly any day could differ from the mean.
    let shape_mean = mean.clamp(0.1, 0.8);
    let clearest = 0.6313 + 0.267 * shape_mean - 11.9 * (shape_mean - 0.75).powi(8);
    let spread = (clearest - DULLEST) / (clearest - shape_mean);
    let exponent = -1.498 + (1.184 * spread - 27.182 * (-1.5 * spread).exp()) / (clearest - DULLEST);
    let quantile = |at: usize| {
        let share = (at as f64 + 0.5) / quantiles as f64;
        ((1.0 - share) * (exponent * DULLEST).exp() + share * (exponent * clearest).exp()).ln() / exponent
    };
    let rescaled = |days: Vec<f64>| {
        let scale = mean * quantiles as f64 / days.iter().sum::<f64>();
        days.into_iter().map(move |day| day * scale)
    };
    let days = rescaled((0..quantiles).map(quantile).collect()).map(|day| day.clamp(0.03, 0.85));
    rescaled(days.collect()).collect()
}
