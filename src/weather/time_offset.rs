//! The instants the irradiance of a file belongs to, found from the sun.
//!
//! Files say what their time stamps are, and are off by up to an hour all the same. Global, direct and diffuse irradiance
//! together know better: GHI = DNI·cos θz + DHI holds only with the sun of the right instant.

use super::{Component, Weather};
use crate::solar::position::{Place, sun};

/// Offsets that are tried on both sides [min].
const REACH_MIN: i32 = 120;
/// Step of the first look [min]; the second one goes minute by minute around its best.
const COARSE_MIN: i32 = 10;
/// How much the misfit must vary within reach for there to be a best [W/m²].
const CONTRAST_W_PER_M2: f64 = 1.0;

/// What to add to the declared instants of a file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TimeOffset {
    /// Minutes to add.
    pub minutes: f64,
    /// Where that comes from.
    pub origin: Origin,
}

/// Where an offset comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Origin {
    /// It makes global, direct and diffuse irradiance agree best.
    Fitted {
        /// Misfit of global irradiance to its components with it, root mean square over the day [W/m²].
        rms_w_per_m2: f64,
        /// Misfit at the declared instants [W/m²].
        rms_as_declared_w_per_m2: f64,
    },
    /// The head of the file says so; it cannot be fitted.
    Header(NotFitted),
    /// The instants are as declared; it cannot be fitted.
    Declared(NotFitted),
}

/// Why an offset cannot be fitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotFitted {
    /// A component was derived from the others, which then agree whatever the instant.
    Derived(Component),
    /// The misfit does not depend on the instant: there is no direct irradiance to speak of.
    Flat,
    /// The misfit still falls two hours from the declared instants: the clock is wrong, not the label.
    OutOfReach,
}

/// Fits the offset of a file whose place is known; where that cannot be done, what the file declares.
///
/// - `place`: where the weather was.
///
/// Checked against pvlib 0.16, `tests/vectors/weather_sums.json`.
pub fn fit(weather: &Weather, place: &Place) -> TimeOffset {
    let not_fitted = match weather.derived {
        Some(component) => NotFitted::Derived(component),
        None => match fitted(weather, place) {
            Ok(offset) => return offset,
            Err(reason) => reason,
        },
    };
    match weather.header_offset_min {
        Some(minutes) => TimeOffset { minutes, origin: Origin::Header(not_fitted) },
        None => TimeOffset { minutes: 0.0, origin: Origin::Declared(not_fitted) },
    }
}

fn fitted(weather: &Weather, place: &Place) -> Result<TimeOffset, NotFitted> {
    let rms = |minutes: i32| (misfit_w_per_m2(weather, place, f64::from(minutes)), minutes);
    let tried: Vec<(f64, i32)> = (-REACH_MIN..=REACH_MIN).step_by(COARSE_MIN as usize).map(rms).collect();
    let least =
        |tried: &[(f64, i32)]| tried.iter().copied().min_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or((f64::NAN, 0));
    let (coarse_rms, coarse) = least(&tried);
    let worst = tried.iter().map(|(misfit, _)| *misfit).fold(0.0, f64::max);
    // Written so that a misfit that is no number counts as flat.
    let has_valley = worst - coarse_rms > CONTRAST_W_PER_M2;
    if !has_valley {
        return Err(NotFitted::Flat);
    }
    if coarse.abs() == REACH_MIN {
        return Err(NotFitted::OutOfReach);
    }
    let fine: Vec<(f64, i32)> = (coarse - COARSE_MIN + 1..coarse + COARSE_MIN).map(rms).collect();
    let (rms_w_per_m2, minutes) = least(&fine);
    let origin = Origin::Fitted { rms_w_per_m2, rms_as_declared_w_per_m2: rms(0).0 };
    Ok(TimeOffset { minutes: f64::from(minutes), origin })
}

/// Root mean square of GHI − DNI·cos θz − DHI over the records with global irradiance [W/m²]; `NaN` if there is none.
///
/// - `offset_min`: added to the declared instants [min].
pub fn misfit_w_per_m2(weather: &Weather, place: &Place, offset_min: f64) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0_f64);
    for hour in weather.hours.iter().filter(|hour| hour.ghi_w_per_m2 > 0.0) {
        let direct = if hour.dni_w_per_m2 > 0.0 {
            let zenith_deg = sun(weather.instant_days(hour, offset_min), place).zenith_deg;
            hour.dni_w_per_m2 * zenith_deg.to_radians().cos().max(0.0)
        } else {
            0.0
        };
        sum += (hour.ghi_w_per_m2 - direct - hour.dhi_w_per_m2).powi(2);
        count += 1.0;
    }
    (sum / count).sqrt()
}
