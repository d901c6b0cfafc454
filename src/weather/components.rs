//! What two components of irradiance and the sun say of the third: GHI = DNI·cos θz + DHI.

use super::{Component, Weather};
use crate::solar::position::{Place, SOLAR_CONSTANT_W_PER_M2, sun};

/// Zenith angle beyond which no direct normal irradiance is derived [°]: the quotient of two small numbers has no meaning.
///
/// Source: pvlib 0.16, `irradiance.dni`, whose threshold it is by default.
const LOWEST_ZENITH_DEG: f64 = 88.0;

/// Direct normal irradiance of a direct irradiance of the horizontal plane [W/m²], not more than above the air, and none
/// while the sun is lower than 2°; `NaN` where the sun is not known.
///
/// - `cos_zenith`: of the sun at the instant of the record.
pub fn dni_w_per_m2(direct_horizontal_w_per_m2: f64, cos_zenith: f64) -> f64 {
    if cos_zenith.is_nan() {
        return f64::NAN;
    }
    if cos_zenith < LOWEST_ZENITH_DEG.to_radians().cos() {
        return 0.0;
    }
    (direct_horizontal_w_per_m2.max(0.0) / cos_zenith).min(SOLAR_CONSTANT_W_PER_M2)
}

/// Fills the component the file does not give, with the sun at the instants that somebody states, or else the file.
pub fn complete(weather: &mut Weather, place: &Place) {
    let Some(component) = weather.derived else { return };
    let offset_min = weather.assumed_offset_min();
    for i in 0..weather.hours.len() {
        let mut hour = weather.hours[i];
        let cos_zenith = sun(weather.instant_days(&hour, offset_min), place).zenith_deg.to_radians().cos();
        let direct = hour.dni_w_per_m2 * cos_zenith.max(0.0);
        match component {
            Component::Ghi => hour.ghi_w_per_m2 = direct + hour.dhi_w_per_m2,
            Component::Dhi => hour.dhi_w_per_m2 = (hour.ghi_w_per_m2 - direct).clamp(0.0, hour.ghi_w_per_m2),
            Component::Dni => hour.dni_w_per_m2 = dni_w_per_m2(hour.ghi_w_per_m2 - hour.dhi_w_per_m2, cos_zenith),
        }
        weather.hours[i] = hour;
    }
}
