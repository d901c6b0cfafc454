//! Weather of a typical year at the edge: read and checked, hour by hour.

pub mod epw;

/// One hour of weather.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hour {
    /// Global horizontal irradiance [W/m²].
    pub ghi_w_per_m2: f64,
    /// Direct normal irradiance [W/m²].
    pub dni_w_per_m2: f64,
    /// Diffuse horizontal irradiance [W/m²].
    pub dhi_w_per_m2: f64,
    /// Air temperature [°C].
    pub air_temperature_c: f64,
    /// Wind speed [m/s].
    pub wind_speed_m_per_s: f64,
}

/// A typical year at one place.
#[derive(Debug, Clone, PartialEq)]
pub struct Weather {
    /// Latitude [°], north positive.
    pub latitude_deg: f64,
    /// Longitude [°], east positive.
    pub longitude_deg: f64,
    /// Elevation [m].
    pub elevation_m: f64,
    /// Hours of the year, in order.
    pub hours: Vec<Hour>,
}
