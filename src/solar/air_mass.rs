//! Pressure of the air and the length of the sun's way through it.

/// Pressure at sea level that absolute air mass refers to [Pa].
pub const STANDARD_PRESSURE_PA: f64 = 101_325.0;

/// Pressure of the standard atmosphere at a height above the sea [Pa].
///
/// - `elevation_m`: height [m], up to 11 000 (the troposphere).
///
/// Source: "A quick derivation relating altitude to air pressure", Portland State Aerospace Society, 2004;
/// checked against pvlib `alt2pres`.
pub fn pressure_pa(elevation_m: f64) -> f64 {
    100.0 * ((44_331.514 - elevation_m) / 11_880.516).powf(1.0 / 0.190_263_2)
}

/// Air mass relative to that of the sun overhead, at sea level [1]; `NaN` where the sun is below the horizon.
///
/// - `apparent_zenith_deg`: zenith angle with refraction [°].
///
/// Source: F. Kasten, A. T. Young, "Revised optical air mass tables and approximation formula", Appl. Opt. 28(22), 1989,
/// p. 4735; checked against `tests/vectors/c3_instants.json`.
pub fn relative(apparent_zenith_deg: f64) -> f64 {
    if apparent_zenith_deg > 90.0 {
        return f64::NAN;
    }
    let elevation_deg = 90.0 - apparent_zenith_deg;
    1.0 / (apparent_zenith_deg.to_radians().cos() + 0.505_72 * (elevation_deg + 6.079_95).powf(-1.636_4))
}

/// Air mass at the pressure of the place [1].
pub fn absolute(relative: f64, pressure_pa: f64) -> f64 {
    relative * pressure_pa / STANDARD_PRESSURE_PA
}
