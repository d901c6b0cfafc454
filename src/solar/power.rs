//! Power of modules and inverter, and what the years take of it.

use crate::solar::{at_least, at_most};

/// Losses of a system [%], each of what the others leave.
///
/// Source of the defaults: A. P. Dobos, "PVWatts version 5 manual", NREL/TP-6A20-62641, 2014.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Losses {
    /// Dirt on the modules.
    pub soiling_pct: f64,
    /// Shade of things near by; 0 where rows and horizon are computed.
    pub shading_pct: f64,
    /// Snow.
    pub snow_pct: f64,
    /// Modules of a string that differ.
    pub mismatch_pct: f64,
    /// Cables.
    pub wiring_pct: f64,
    /// Connectors.
    pub connections_pct: f64,
    /// Loss in the first hours of light; 0 where [`after_light_induced_degradation`] is used.
    pub light_induced_pct: f64,
    /// Modules weaker than their label.
    pub nameplate_pct: f64,
    /// Age; 0 where [`mean_over_life`] is used.
    pub age_pct: f64,
    /// Standstill.
    pub availability_pct: f64,
}

impl Default for Losses {
    fn default() -> Self {
        Self {
            soiling_pct: 2.0,
            shading_pct: 3.0,
            snow_pct: 0.0,
            mismatch_pct: 2.0,
            wiring_pct: 2.0,
            connections_pct: 0.5,
            light_induced_pct: 1.5,
            nameplate_pct: 1.0,
            age_pct: 0.0,
            availability_pct: 3.0,
        }
    }
}

/// Share of the power that the losses leave [1].
///
/// Source: as [`Losses`]; checked against `tests/vectors/c3_instants.json`.
pub fn pvwatts_losses(losses: &Losses) -> f64 {
    let all = [
        losses.soiling_pct,
        losses.shading_pct,
        losses.snow_pct,
        losses.mismatch_pct,
        losses.wiring_pct,
        losses.connections_pct,
        losses.light_induced_pct,
        losses.nameplate_pct,
        losses.age_pct,
        losses.availability_pct,
    ];
    all.iter().map(|pct| 1.0 - pct / 100.0).product()
}

/// Power of modules of 1 kW peak [kW].
///
/// - `poa_w_per_m2`: light that enters the modules [W/m²].
/// - `gamma_per_k`: change of power with temperature [1/K], negative.
///
/// Source: Dobos 2014 (see [`Losses`]); checked against `tests/vectors/c3_instants.json`.
pub fn pvwatts_dc(poa_w_per_m2: f64, cell_temperature_c: f64, gamma_per_k: f64) -> f64 {
    poa_w_per_m2 / 1000.0 * (1.0 + gamma_per_k * (cell_temperature_c - 25.0))
}

/// Power behind the inverter, in the unit of `dc`.
///
/// - `dc`: power of the modules.
/// - `dc_limit`: direct current at which the inverter gives its rated power: its rating over `eta_nominal`.
/// - `eta_nominal`: efficiency at the rated power [1].
///
/// It is cut at the rating, `eta_nominal` · `dc_limit`.
///
/// Source: Dobos 2014 (see [`Losses`]); checked against numbers of pvlib 0.16.1.
pub fn pvwatts_inverter_ac(dc: f64, dc_limit: f64, eta_nominal: f64) -> f64 {
    const ETA_REFERENCE: f64 = 0.9637;
    if dc == 0.0 {
        return 0.0;
    }
    let load = dc / dc_limit;
    let eta = eta_nominal / ETA_REFERENCE * (-0.0162 * load - 0.0059 / load + 0.9858);
    at_least(at_most(eta * dc, eta_nominal * dc_limit), 0.0)
}

/// Yield in the mean of the years of a life, relative to the first [1].
///
/// - `degradation_per_yr`: share lost from one year to the next [1/yr].
/// - `life_yr`: counted in whole years, at least 1 [yr].
pub fn mean_over_life(degradation_per_yr: f64, life_yr: f64) -> f64 {
    let years = life_yr.round().max(1.0) as i32;
    (0..years).map(|age| (1.0 - degradation_per_yr).powi(age)).sum::<f64>() / f64::from(years)
}

/// Share of the power left after the first hours of light [1].
///
/// - `loss_pct`: typically 1–2 for p-type silicon, 0 for n-type.
pub fn after_light_induced_degradation(loss_pct: f64) -> f64 {
    1.0 - loss_pct / 100.0
}
