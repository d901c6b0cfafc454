//! The money of a plant on the land of a site: what is the same for all its designs, and what a design makes of it.

use crate::finance;
use crate::units::KILO_PER_MEGA;

/// What a mode has of a site, whatever the design.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Deal {
    /// Land it may use [ha].
    pub area_ha: f64,
    /// Energy of the first year before curtailment, per DC peak capacity, of the layout's own geometry [kWh/kWp].
    pub specific_yield_kwh_per_kwp: f64,
    /// DC over AC capacity [1].
    pub dc_ac_ratio: f64,
    /// Mean year of the life over the first, and what is left after curtailment [1].
    pub sold_share: f64,
    /// What a kWh earns [currency/kWh]; `NaN` where it is not known.
    pub price_per_kwh: f64,
    /// Capital recovery factor [1/yr].
    pub recovered: f64,
    /// Discount rate [1/yr] and life [yr].
    pub terms: (f64, f64),
    /// Investment without connection [currency/kW DC].
    pub capex_per_kw: f64,
    /// Operation [currency/kW DC/yr].
    pub om_per_kw_yr: f64,
    /// Line and station [currency/MW AC].
    pub connection_per_mw_ac: f64,
    /// Rent of all the land [currency/yr].
    pub rent_per_yr: f64,
    /// What making mined-out land good costs, and what is paid for it, once [currency].
    pub restoration: (f64, f64),
}

/// How a design differs from the layout's own geometry.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Variation {
    /// DC peak capacity per land [MWp/ha].
    pub density_mwp_per_ha: f64,
    /// Specific yield over that of the layout's own geometry [1].
    pub yield_ratio: f64,
    /// What it costs more [currency/kW DC].
    pub extra_capex_per_kw: f64,
}

/// What a design makes of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plant {
    /// DC peak capacity [MW].
    pub capacity_mw: f64,
    /// AC capacity [MW].
    pub capacity_ac_mw: f64,
    /// Energy of the first year before curtailment [kWh/kWp].
    pub specific_yield_kwh_per_kwp: f64,
    /// Energy sold in a year [kWh/yr].
    pub sold_kwh_per_yr: f64,
    /// Line and station [currency].
    pub connection: f64,
    /// Investment, connection and restoration included [currency].
    pub capex: f64,
    /// Annuity of the investment, operation, and rent [currency/yr].
    pub cost_per_yr: f64,
    /// Sales and the annuity of what is paid for restoration, less cost [currency/yr].
    pub energy_net_per_yr: f64,
}

impl Deal {
    /// The plant of a design.
    pub fn plant(&self, design: &Variation) -> Plant {
        let capacity_mw = design.density_mwp_per_ha * self.area_ha;
        let capacity_ac_mw = capacity_mw / self.dc_ac_ratio;
        let capacity_kw = capacity_mw * KILO_PER_MEGA;
        let specific_yield_kwh_per_kwp = self.specific_yield_kwh_per_kwp * design.yield_ratio;
        let sold_kwh_per_yr = capacity_kw * specific_yield_kwh_per_kwp * self.sold_share;
        let connection = capacity_ac_mw * self.connection_per_mw_ac;
        let (restoration, credit) = self.restoration;
        let capex = capacity_kw * (self.capex_per_kw + design.extra_capex_per_kw) + connection + restoration;
        let cost_per_yr = self.recovered * capex + capacity_kw * self.om_per_kw_yr + self.rent_per_yr;
        Plant {
            capacity_mw,
            capacity_ac_mw,
            specific_yield_kwh_per_kwp,
            sold_kwh_per_yr,
            connection,
            capex,
            cost_per_yr,
            energy_net_per_yr: sold_kwh_per_yr * self.price_per_kwh + self.recovered * credit - cost_per_yr,
        }
    }

    /// Price of a kWh (`NaN` without energy), and investment per kW DC without connection and restoration, at which the plant and its crop just pay
    /// [currency/kWh, currency/kW].
    ///
    /// - `crop_per_yr`: income of the crop [currency/yr].
    pub fn break_even(&self, plant: &Plant, crop_per_yr: f64) -> (f64, f64) {
        let (restoration, credit) = self.restoration;
        let lacking = plant.cost_per_yr - crop_per_yr - self.recovered * credit;
        let capacity_kw = plant.capacity_mw * KILO_PER_MEGA;
        let income = plant.sold_kwh_per_yr * self.price_per_kwh + crop_per_yr + self.recovered * credit
            - capacity_kw * self.om_per_kw_yr
            - self.rent_per_yr;
        let (rate, life_yr) = self.terms;
        let affordable = finance::break_even_capex(income, rate, life_yr) - plant.connection - restoration;
        let price = if plant.sold_kwh_per_yr > 0.0 { lacking / plant.sold_kwh_per_yr } else { f64::NAN };
        (price, affordable / capacity_kw)
    }
}
