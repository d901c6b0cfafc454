//! Water in the air.

/// Pressure of water vapour in saturated air [kPa], above 0; `NaN` where the temperature is.
///
/// At the dew point it is the actual vapour pressure of the air. It is that above liquid water, below 0 °C too.
///
/// - `air_temperature_c`: temperature of the air, or its dew point [°C], −90 to 70.
///
/// Source: R. G. Allen, L. S. Pereira, D. Raes, M. Smith, "Crop evapotranspiration", FAO Irrigation and Drainage Paper 56,
/// 1998, eq. 11.
pub fn saturation_vapour_pressure_kpa(air_temperature_c: f64) -> f64 {
    0.6108 * (17.27 * air_temperature_c / (air_temperature_c + 237.3)).exp()
}
