//! What could be built on each site: one offer a mode and crop.

mod table;

use std::collections::BTreeMap;

use crate::agronomy::response;
use crate::criterion::{Criterion, weights_of};
use crate::finance;
use crate::layer::{LayerName, NO_CLASS};
use crate::mode::{Mode, REFERENCE_MODE};
use crate::plan::{Plan, rent_per_ha_yr};
use crate::project::{Economics, Project};
use crate::rule::ModeSet;
use crate::site::{Site, Statistic};
use crate::subsidence::quantity::Quantity;
use crate::tables::Class;
use crate::units::KILO_PER_MEGA;

pub use table::{empty_table, table};

/// An offer: a mode, with a crop or without, on all the land of a site that admits it.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// Number of the site.
    pub site: usize,
    /// Number of the mode.
    pub mode: usize,
    /// The crop.
    pub crop: Option<String>,
    /// Land it uses [ha].
    pub area_ha: f64,
    /// DC peak capacity [MW].
    pub capacity_mw: f64,
    /// AC capacity [MW].
    pub capacity_ac_mw: f64,
    /// Energy of the first year before curtailment, per DC peak capacity [kWh/kWp].
    pub specific_yield_kwh_per_kwp: f64,
    /// Energy sold in a year, levelised over the life [MWh/yr].
    pub energy_mwh_per_yr: f64,
    /// Investment, connection and restoration included [currency].
    pub capex: f64,
    /// Connection alone [currency].
    pub connection: f64,
    /// Annuity of the investment, operation, and rent [currency/yr].
    pub cost_per_yr: f64,
    /// Cost over energy [currency/kWh]; `NaN` without energy.
    pub lcoe_per_kwh: f64,
    /// Sales, crop margin and the annuity of what is paid for restoration, less cost [currency/yr]; `NaN` without a price.
    pub net_value_per_yr: f64,
    /// Harvest per land against the open field [1]; `NaN` without a crop.
    pub crop_yield_ratio: f64,
    /// Income of the crop under the array [currency/yr]; 0 without a crop.
    pub crop_margin_per_yr: f64,
    /// Harvest with the project less harvest without it [t/yr]; `NaN` where today's crop is not known.
    pub crop_change_t_per_yr: f64,
    /// Land that crop and electricity would need apart, over the land they use together [1]; `NaN` without a crop.
    pub land_equivalent_ratio: f64,
    /// Mean score of the cells it uses, 0–1; `NaN` without criteria.
    pub score: f64,
    /// Mined-out land it makes good [ha]; all of its land if the mode is one for such land, none else.
    pub treated_area_ha: f64,
    /// What making it good costs, part of the investment [currency].
    pub restoration: f64,
    /// What is paid for making it good, once [currency].
    pub restoration_credit: f64,
    /// Probability of what was decided of its land, mean over its cells; `NaN` where that is not asked for.
    pub decision_probability: f64,
    /// Land by class [ha].
    pub class_area_ha: BTreeMap<String, f64>,
}

/// The offers of a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Offers {
    /// Offers in the order of sites, modes and crops.
    pub offers: Vec<Offer>,
    /// Site and mode of offers that could not be made because no cell has a known yield.
    pub without_yield: Vec<(usize, usize)>,
}

/// What the appraisal of a scenario differs in.
pub struct Terms<'a> {
    /// Money.
    pub economics: &'a Economics,
    /// Criteria with their weights.
    pub criteria: &'a [Criterion],
}

/// Appraises all sites.
pub fn appraise(plan: &Plan, sites: &[Site], statistics: &[Statistic], terms: &Terms<'_>) -> Offers {
    let mut offers = Offers::default();
    for (index, site) in sites.iter().enumerate() {
        for mode in site.modes().iter().filter(|&mode| mode < plan.project.economics.modes.len()) {
            let appraisal = Appraisal { plan, site: (index, site), mode, statistics, terms };
            let crops = &terms.economics.modes[mode].crops;
            let made: Vec<Option<Offer>> = if crops.is_empty() {
                vec![appraisal.offer(None)]
            } else {
                crops.iter().map(|crop| appraisal.offer(Some(crop))).collect()
            };
            if made.contains(&None) {
                offers.without_yield.push((index, mode));
            }
            offers.offers.extend(made.into_iter().flatten());
        }
    }
    offers
}

/// Mean score of a mode over the cells of a site that admit it, with the weights of a scenario.
pub fn score_of(plan: &Plan, site: &Site, mode: usize, statistics: &[Statistic], criteria: &[Criterion]) -> f64 {
    let mean = |wanted: &Statistic| {
        let index = statistics.iter().position(|statistic| statistic == wanted);
        index.map_or(f64::NAN, |index| site.content.mean(index, ModeSet::one(mode)))
    };
    if criteria == plan.project.criteria.as_slice() {
        return mean(&Statistic::Score(mode));
    }
    weights_of(criteria, mode).into_iter().map(|(i, weight)| weight * mean(&Statistic::Worth(i))).sum()
}

struct Appraisal<'a> {
    plan: &'a Plan,
    site: (usize, &'a Site),
    mode: usize,
    statistics: &'a [Statistic],
    terms: &'a Terms<'a>,
}

impl Appraisal<'_> {
    fn row(&self) -> &Mode {
        &self.terms.economics.modes[self.mode]
    }

    fn project(&self) -> &Project {
        &self.plan.project
    }

    fn region(&self) -> &str {
        &self.plan.regions[usize::from(self.site.1.region)]
    }

    /// The offer of a mode with a crop or without; `None` if no cell has a known yield.
    fn offer(&self, crop: Option<&String>) -> Option<Offer> {
        let (row, site) = (self.row(), self.site.1);
        let area_ha: f64 = site.content.land_for(self.mode).map(|land| land.area.ha()).sum();
        let capacity_mw = row.density_mwp_per_ha.value * area_ha;
        let capacity_ac_mw = capacity_mw / row.dc_ac_ratio.value;
        let specific_yield = self.mean_yield(&row.layout);
        if !(specific_yield.is_finite() && capacity_mw > 0.0) {
            return None;
        }
        let (rate, life) = (row.discount_rate.value, row.life_yr.value);
        let curtailed = self.region_value(|data| data.curtailment_share).unwrap_or(0.0);
        let levelised = finance::levelised_yield(rate, life, row.degradation_per_yr.value);
        let energy_mwh_per_yr = capacity_mw * specific_yield * levelised * (1.0 - curtailed);
        let connection = self.connection(capacity_ac_mw);
        let (restoration, restoration_credit) = self.restoration();
        let capex = capacity_mw * KILO_PER_MEGA * row.capex_per_kw.value + connection + restoration;
        let operation = capacity_mw * KILO_PER_MEGA * row.om_per_kw_yr.value;
        let recovered = finance::capital_recovery_factor(rate, life);
        let cost_per_yr = recovered * capex + operation + self.rent();
        let price = self.terms.economics.mode_price_per_kwh[self.mode]
            .or_else(|| self.region_value(|data| data.price_cny_per_kwh))
            .unwrap_or(f64::NAN);
        let planted = self.planted(crop, area_ha);
        let sold_kwh = energy_mwh_per_yr * KILO_PER_MEGA;
        Some(Offer {
            site: self.site.0,
            mode: self.mode,
            crop: crop.cloned(),
            area_ha,
            capacity_mw,
            capacity_ac_mw,
            specific_yield_kwh_per_kwp: specific_yield,
            energy_mwh_per_yr,
            capex,
            connection,
            cost_per_yr,
            lcoe_per_kwh: ratio(cost_per_yr, sold_kwh),
            net_value_per_yr: sold_kwh * price + planted.margin_per_yr + recovered * restoration_credit - cost_per_yr,
            crop_yield_ratio: planted.yield_ratio,
            crop_margin_per_yr: planted.margin_per_yr,
            crop_change_t_per_yr: planted.harvest_t_per_yr - self.present_harvest_t_per_yr(),
            land_equivalent_ratio: planted.yield_ratio + self.electricity_ratio(specific_yield),
            score: score_of(self.plan, site, self.mode, self.statistics, self.terms.criteria),
            treated_area_ha: if self.is_on_mined_out_land() { area_ha } else { 0.0 },
            restoration,
            restoration_credit,
            decision_probability: self.mean_of(&Statistic::Amount(LayerName::Mined(Quantity::DecisionProbability))),
            class_area_ha: self.class_area_ha(),
        })
    }

    fn region_value<T>(&self, get: impl Fn(&crate::project::file::RegionData) -> Option<T>) -> Option<T> {
        self.terms.economics.region_value(self.region(), get)
    }

    /// Mean specific yield of a layout over the cells that admit the mode [kWh/kWp/yr].
    fn mean_yield(&self, layout: &str) -> f64 {
        self.mean_of(&Statistic::Amount(LayerName::Yield(layout.to_owned())))
    }

    /// Mean of a statistic over the cells that admit the mode; `NaN` where nothing sums it up.
    fn mean_of(&self, wanted: &Statistic) -> f64 {
        let index = self.statistics.iter().position(|statistic| statistic == wanted);
        index.map_or(f64::NAN, |index| self.site.1.content.mean(index, ModeSet::one(self.mode)))
    }

    /// Whether the mode is one for mined-out land, in a project that asks for it.
    fn is_on_mined_out_land(&self) -> bool {
        self.project().subsidence.is_some() && !self.row().decisions.is_empty()
    }

    /// Cost of making the land good, and what is paid for it [currency].
    fn restoration(&self) -> (f64, f64) {
        if !self.is_on_mined_out_land() {
            return (0.0, 0.0);
        }
        let rows = &self.terms.economics.restoration;
        let of = |land: &crate::site::Land| {
            let row = rows.iter().find(|row| row.decision as u8 == land.ground)?;
            Some((land.area.ha() * row.cost_per_ha.value, land.area.ha() * row.credit_per_ha.value))
        };
        let lands = self.site.1.content.land_for(self.mode).filter_map(of);
        lands.fold((0.0, 0.0), |(cost, credit), (more, earned)| (cost + more, credit + earned))
    }

    /// Line to the nearest substation and a share of its station; nothing where the project knows no substations.
    fn connection(&self, capacity_ac_mw: f64) -> f64 {
        let Some((_, distance_m)) = self.site.1.substation else { return 0.0 };
        let economics = self.terms.economics;
        let line = economics.line_per_mw_km * distance_m / 1_000.0;
        capacity_ac_mw * (line + economics.station_per_kw * KILO_PER_MEGA)
    }

    fn class(&self, code: crate::layer::Code) -> Option<&Class> {
        if code == NO_CLASS {
            return None;
        }
        self.project().scheme(self.project().land.as_ref()?)?.classes.get(&code)
    }

    fn rent(&self) -> f64 {
        let of = |land: &crate::site::Land| {
            let rent =
                self.class(land.class).and_then(|class| rent_per_ha_yr(self.terms.economics, self.region(), class));
            land.area.ha() * rent.unwrap_or(0.0)
        };
        self.site.1.content.land_for(self.mode).map(of).sum()
    }

    fn class_area_ha(&self) -> BTreeMap<String, f64> {
        let mut areas = BTreeMap::new();
        for land in self.site.1.content.land_for(self.mode) {
            if let Some(class) = self.class(land.class) {
                *areas.entry(class.name.clone()).or_default() += land.area.ha();
            }
        }
        areas
    }

    fn planted(&self, crop: Option<&String>, area_ha: f64) -> Planted {
        let found = crop.and_then(|id| self.terms.economics.crops.get(id));
        let layout = self.project().tables.layout(&self.row().layout);
        let (Some(crop), Some(layout)) = (found, layout) else {
            return Planted { yield_ratio: f64::NAN, margin_per_yr: 0.0, harvest_t_per_yr: 0.0 };
        };
        let crops = &self.project().tables.crops;
        let shade = 1.0 - layout.light_share.value;
        let group = crop.group.as_ref().and_then(|id| crops.group.iter().find(|group| &group.id == id));
        let relative = match group {
            Some(group) => {
                let held = shade.min(crops.largest_shade.value);
                response::relative_yield(held, group.alpha.value, crops.beta.value)
            }
            None => response::linear_yield(shade),
        };
        let yield_ratio = layout.cropped_share.value * relative;
        Planted {
            yield_ratio,
            margin_per_yr: area_ha * yield_ratio * crop.margin_per_ha_yr.value,
            harvest_t_per_yr: area_ha * yield_ratio * crop.yield_t_per_ha_yr.value,
        }
    }

    /// Today's harvest on the land of the offer; `NaN` where it is cropped and the region does not say with what.
    fn present_harvest_t_per_yr(&self) -> f64 {
        let is_cropped =
            |land: &&crate::site::Land| self.class(land.class).is_some_and(|class| class.kind.is_cropped());
        let cropped_ha: f64 = self.site.1.content.land_for(self.mode).filter(is_cropped).map(|l| l.area.ha()).sum();
        if cropped_ha == 0.0 {
            return 0.0;
        }
        let present = self.region_value(|data| data.present_crop.clone());
        let crop = present.and_then(|id| self.terms.economics.crops.get(&id));
        crop.map_or(f64::NAN, |crop| cropped_ha * crop.yield_t_per_ha_yr.value)
    }

    /// Electricity per land against plain ground-mounted PV on the same land.
    fn electricity_ratio(&self, specific_yield: f64) -> f64 {
        let tables = &self.project().tables;
        // The project's own numbers for it, if it has any.
        let rows = self.terms.economics.modes.iter().chain(&tables.modes);
        let Some(reference) = rows.into_iter().find(|mode| mode.id == REFERENCE_MODE) else { return f64::NAN };
        let measured = self.mean_yield(&reference.layout);
        let relative = |layout: &str| tables.layout(layout).map_or(f64::NAN, |layout| layout.yield_ratio.value);
        let expected = specific_yield * relative(&reference.layout) / relative(&self.row().layout);
        let reference_yield = if measured.is_finite() { measured } else { expected };
        let (own, plain) = (self.row().density_mwp_per_ha.value, reference.density_mwp_per_ha.value);
        ratio(own * specific_yield, plain * reference_yield)
    }
}

/// One amount over another; `NaN` where there is none of the other.
fn ratio(amount: f64, of: f64) -> f64 {
    if of == 0.0 { f64::NAN } else { amount / of }
}

/// What a crop gives under the array.
struct Planted {
    yield_ratio: f64,
    margin_per_yr: f64,
    harvest_t_per_yr: f64,
}
