//! Temperature of the cells.

/// Coefficients of the Sandia model for a module and its mounting.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SapmMounting {
    /// Logarithm of the heating in still air [1].
    pub a: f64,
    /// Cooling by wind [s/m].
    pub b: f64,
    /// Cell above the module's back at 1000 W/m² [K].
    pub delta_t_k: f64,
}

impl SapmMounting {
    /// Glass on both sides, open rack.
    pub const OPEN_RACK_GLASS_GLASS: Self = Self { a: -3.47, b: -0.0594, delta_t_k: 3.0 };
    /// Glass and polymer, open rack.
    pub const OPEN_RACK_GLASS_POLYMER: Self = Self { a: -3.56, b: -0.0750, delta_t_k: 3.0 };
    /// Glass on both sides, close to a roof.
    pub const CLOSE_MOUNT_GLASS_GLASS: Self = Self { a: -2.98, b: -0.0471, delta_t_k: 1.0 };
}

/// Temperature of the modules by a loss that grows with wind [°C].
///
/// - `u0_w_per_m2_k`: loss in still air [W/(m² K)]; 25 for an open rack.
/// - `u1_w_s_per_m3_k`: its growth with wind [W s/(m³ K)]; 6.84 for an open rack.
///
/// Source: D. Faiman, "Assessing the outdoor operating temperature of photovoltaic modules", Prog. Photovolt. 16(4), 2008,
/// p. 307; checked against `tests/vectors/c3_instants.json`.
pub fn faiman(
    poa_w_per_m2: f64,
    air_temperature_c: f64,
    wind_m_per_s: f64,
    u0_w_per_m2_k: f64,
    u1_w_s_per_m3_k: f64,
) -> f64 {
    air_temperature_c + poa_w_per_m2 / (u0_w_per_m2_k + u1_w_s_per_m3_k * wind_m_per_s)
}

/// Temperature of the cells by their nominal operating temperature alone [°C].
///
/// - `noct_c`: cell temperature at 800 W/m², 20 °C and 1 m/s [°C].
///
/// Source: R. G. Ross, "Interface design considerations for terrestrial solar cell modules", 12th IEEE Photovoltaic
/// Specialists Conf., 1976, p. 801; checked against `tests/vectors/c3_instants.json`.
pub fn ross(poa_w_per_m2: f64, air_temperature_c: f64, noct_c: f64) -> f64 {
    air_temperature_c + (noct_c - 20.0) / 800.0 * poa_w_per_m2
}

/// Temperature of the cells by the Sandia array performance model [°C].
///
/// Source: D. L. King, W. E. Boyson, J. A. Kratochvil, "Photovoltaic array performance model", SAND2004-3535, 2004;
/// checked against `tests/vectors/c3_instants.json`.
pub fn sapm_cell(poa_w_per_m2: f64, air_temperature_c: f64, wind_m_per_s: f64, mounting: &SapmMounting) -> f64 {
    let back_c = air_temperature_c + poa_w_per_m2 * (mounting.a + mounting.b * wind_m_per_s).exp();
    back_c + poa_w_per_m2 / 1000.0 * mounting.delta_t_k
}
