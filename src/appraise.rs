//! What could be built on each site: offers by mode, and by crop and design where crops are grown.

pub mod choice;
pub mod deal;
mod designs;
pub mod frontier;
mod growing;
mod table;

use std::collections::BTreeMap;

use crate::agronomy::response::{RelativeYield, land_equivalent_ratio};
use crate::criterion::{Criterion, weights_of};
use crate::finance;
use crate::layer::{LayerName, NO_CLASS};
use crate::mode::{LandKind, Mode, REFERENCE_MODE};
use crate::plan::{Plan, rent_per_ha_yr};
use crate::project::{Economics, Project};
use crate::rule::ModeSet;
use crate::site::{Site, Statistic};
use crate::subsidence::quantity::Quantity;
use crate::tables::Class;
use crate::units::KILO_PER_MEGA;
use choice::{Basis, Candidate, Outcome, Party, Setting};
use deal::{Deal, Plant, Variation};
use growing::{Growing, Grown};

pub use designs::{DesignCount, DesignCounts, clause_names};
pub use growing::{Irrigation, Seasonal};
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
    /// How its rows stand, and what grows beneath; `None` without a crop.
    pub field: Option<FieldOffer>,
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
    /// Price of a kWh at which it just pays [currency/kWh].
    pub break_even_price_per_kwh: f64,
    /// Investment without connection and restoration at which it just pays [currency/kW DC]; negative where no investment would.
    pub break_even_capex_per_kw: f64,
    /// Income of the crop under the array, with the irrigation that is saved [currency/yr]; 0 without a crop.
    pub crop_margin_per_yr: f64,
    /// The same less the income of today's crop without the project [currency/yr]; `NaN` where that is not known.
    pub crop_margin_change_per_yr: f64,
    /// Harvest with the project less harvest without it [t/yr]; `NaN` where today's crop is not known.
    pub crop_change_t_per_yr: f64,
    /// Electricity per land over that of plain ground-mounted PV on the same land [1].
    pub electricity_ratio: f64,
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

/// How the rows of an offer stand, and what grows beneath.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldOffer {
    /// The design's name within its mode.
    pub design: String,
    /// Width of a row over the distance from row to row [1].
    pub gcr: f64,
    /// Tilt of a fixed array [°]; `NaN` for a tracker.
    pub tilt_deg: f64,
    /// Distance from row to row [m].
    pub pitch_m: f64,
    /// Free width between rows, seen from above [m].
    pub row_gap_m: f64,
    /// Height of the lowest edge [m].
    pub clearance_m: f64,
    /// What asks for that height.
    pub clearance_basis: Basis,
    /// Why it is offered.
    pub outcome: Outcome,
    /// Share of the land that is cropped [1].
    pub cropped_share: f64,
    /// What grows there, on the cropped land.
    pub grown: Grown,
    /// Least and most light of a year across the row over that of open ground [1].
    pub across: [f64; 2],
    /// How well climate and terrain suit the crop, 0–1; `NaN` where that is not known.
    pub suitability: f64,
    /// Irrigation that is saved [m³/yr]; `NaN` where the air is not known.
    pub water_saved_m3_per_yr: f64,
}

impl FieldOffer {
    /// Harvest of all the land over that of the open field [1].
    pub fn yield_ratio(&self) -> RelativeYield {
        self.grown.relative.times(self.cropped_share)
    }
}

impl Offer {
    /// Land that crop and electricity would need apart, over the land they use together [1], by a yield of the cropped land; `NaN`
    /// without a crop.
    pub fn land_equivalent_ratio(&self, yield_of: impl Fn(&RelativeYield) -> f64) -> f64 {
        let Some(field) = &self.field else { return f64::NAN };
        land_equivalent_ratio(field.cropped_share, yield_of(&field.grown.relative), self.electricity_ratio)
    }
}

/// The offers of a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Offers {
    /// Offers in the order of sites, modes, crops and designs.
    pub offers: Vec<Offer>,
    /// Site and mode of offers that could not be made because no cell has a known yield.
    pub without_yield: Vec<(usize, usize)>,
    /// What became of the designs of modes with crops.
    pub designs: DesignCounts,
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
    let elevation = statistics.iter().position(|one| *one == Statistic::Amount(LayerName::Elevation));
    let climates: Vec<_> = sites.iter().map(|site| climate_of(plan, site, elevation)).collect();
    let growing = Growing::new(plan, terms.economics, climates.iter().flatten().copied());
    let desk = designs::Desk::new(plan, terms.economics);
    let mut tally = designs::Tally::default();
    for (index, (site, climate)) in sites.iter().zip(&climates).enumerate() {
        let mut made: Vec<Offer> = Vec::new();
        let mut parties = Vec::new();
        for mode in site.modes().iter().filter(|&mode| mode < plan.project.economics.modes.len()) {
            let appraisal = Appraisal { plan, site: (index, site), mode, statistics, terms };
            let Some(deal) = appraisal.deal() else {
                offers.without_yield.push((index, mode));
                continue;
            };
            if appraisal.row().crops.is_empty() {
                made.push(appraisal.plain(&deal));
            } else {
                parties.extend(appraisal.party(deal).map(|party| (appraisal, party)));
            }
        }
        let table = climate.and_then(|climate| Some((climate, growing.of(climate)?)));
        if let (Some((climate, grown)), false) = (table, parties.is_empty()) {
            made.extend(desk.offers((site, climate), grown, parties, &mut tally));
        }
        made.sort_by_key(|offer| offer.mode);
        offers.offers.extend(made);
    }
    offers.designs = tally.counts();
    offers
}

/// Why no offer could be made on some sites.
pub fn without_offers(plan: &Plan, sites: usize, offers: &Offers) -> String {
    if offers.designs.is_empty() {
        return format!(
            "no offer could be made on {sites} sites: no yield is known there; check units and coverage of the maps of yield or irradiation"
        );
    }
    let clauses = clause_names(&plan.project);
    let mut names: Vec<&str> = Vec::new();
    for count in offers.designs.keys() {
        if let Outcome::Refused(refusal) = count.outcome
            && !names.contains(&refusal.told(&clauses).0)
        {
            names.push(refusal.told(&clauses).0);
        }
    }
    format!(
        "no offer could be made on {sites} sites: all designs were refused ({}); designs.csv says why",
        names.join(", ")
    )
}

/// What the planner should know of the offers of modes with crops: which of them pay by the crop alone.
pub fn notes(plan: &Plan, offers: &[Offer]) -> Vec<String> {
    let modes = plan.project.economics.modes.iter().enumerate().filter(|(_, mode)| !mode.crops.is_empty());
    let lives_on_crops = |(number, _): &(usize, &Mode)| {
        let mut own = offers.iter().filter(|offer| offer.mode == *number).peekable();
        own.peek().is_some() && own.all(|offer| offer.net_value_per_yr < offer.crop_margin_per_yr)
    };
    let names: Vec<&str> = modes.filter(lives_on_crops).map(|(_, mode)| mode.id.as_str()).collect();
    let note = format!(
        "no design of {} earns the cost of its energy: what value its offers have is the crop's, which the land may bring without modules too",
        names.join(", ")
    );
    if names.is_empty() { Vec::new() } else { vec![note] }
}

/// What decides what grows on a site: climate and region; `None` in a project without crops.
fn climate_of(plan: &Plan, site: &Site, elevation: Option<usize>) -> Option<growing::Climate> {
    let fields = plan.fields.as_deref()?;
    let height_m = elevation.map_or(f64::NAN, |statistic| site.content.mean(statistic, site.modes()));
    let (row, col) = (f64::from(site.first.0), f64::from(site.first.1));
    Some((fields.climate_at(row, col, height_m), site.region))
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

#[derive(Clone, Copy)]
struct Appraisal<'a> {
    plan: &'a Plan,
    site: (usize, &'a Site),
    mode: usize,
    statistics: &'a [Statistic],
    terms: &'a Terms<'a>,
}

impl<'a> Appraisal<'a> {
    fn row(&self) -> &'a Mode {
        &self.terms.economics.modes[self.mode]
    }

    fn project(&self) -> &'a Project {
        &self.plan.project
    }

    fn region(&self) -> &'a str {
        &self.plan.regions[usize::from(self.site.1.region)]
    }

    /// What the mode has of the site, whatever the design; `None` if no cell has a known yield.
    fn deal(&self) -> Option<Deal> {
        let row = self.row();
        let area_ha: f64 = self.site.1.content.land_for(self.mode).map(|land| land.area.ha()).sum();
        let specific_yield_kwh_per_kwp = self.mean_yield(&row.layout);
        if !(specific_yield_kwh_per_kwp.is_finite() && area_ha > 0.0) {
            return None;
        }
        let (rate, life) = (row.discount_rate.value, row.life_yr.value);
        let curtailed = self.region_value(|data| data.curtailment_share).unwrap_or(0.0);
        let price = self.terms.economics.mode_price_per_kwh[self.mode];
        Some(Deal {
            area_ha,
            specific_yield_kwh_per_kwp,
            dc_ac_ratio: row.dc_ac_ratio.value,
            sold_share: finance::levelised_yield(rate, life, row.degradation_per_yr.value) * (1.0 - curtailed),
            price_per_kwh: price.or_else(|| self.region_value(|data| data.price_cny_per_kwh)).unwrap_or(f64::NAN),
            recovered: finance::capital_recovery_factor(rate, life),
            terms: (rate, life),
            capex_per_kw: row.capex_per_kw.value,
            om_per_kw_yr: row.om_per_kw_yr.value,
            connection_per_mw_ac: self.connection_per_mw_ac(),
            rent_per_yr: self.rent(),
            restoration: self.restoration(),
        })
    }

    /// The offer of a mode without crops.
    fn plain(&self, deal: &Deal) -> Offer {
        let density_mwp_per_ha = self.row().density_mwp_per_ha.value;
        let plant = deal.plant(&Variation { density_mwp_per_ha, yield_ratio: 1.0, extra_capex_per_kw: 0.0 });
        self.offer(deal, &plant, None)
    }

    /// The offer of a plant, with what grows beneath: the crop, its field, its income and its harvest.
    fn offer(&self, deal: &Deal, plant: &Plant, planted: Option<Planted>) -> Offer {
        let (restoration, restoration_credit) = deal.restoration;
        let margin = planted.as_ref().map_or(0.0, |planted| planted.margin_per_yr);
        let harvest = planted.as_ref().map_or(0.0, |planted| planted.harvest_t_per_yr);
        let today = self.today();
        let (price, capex) = deal.break_even(plant, margin);
        Offer {
            site: self.site.0,
            mode: self.mode,
            crop: planted.as_ref().map(|planted| planted.crop.clone()),
            field: planted.map(|planted| planted.field),
            area_ha: deal.area_ha,
            capacity_mw: plant.capacity_mw,
            capacity_ac_mw: plant.capacity_ac_mw,
            specific_yield_kwh_per_kwp: plant.specific_yield_kwh_per_kwp,
            energy_mwh_per_yr: plant.sold_kwh_per_yr / KILO_PER_MEGA,
            capex: plant.capex,
            connection: plant.connection,
            cost_per_yr: plant.cost_per_yr,
            lcoe_per_kwh: ratio(plant.cost_per_yr, plant.sold_kwh_per_yr),
            net_value_per_yr: plant.energy_net_per_yr + margin,
            break_even_price_per_kwh: price,
            break_even_capex_per_kw: capex,
            crop_margin_per_yr: margin,
            crop_margin_change_per_yr: margin - today.margin_per_yr,
            crop_change_t_per_yr: harvest - today.harvest_t_per_yr,
            electricity_ratio: ratio(plant.capacity_mw * plant.specific_yield_kwh_per_kwp, self.plain_mwh(deal)),
            score: score_of(self.plan, self.site.1, self.mode, self.statistics, self.terms.criteria),
            treated_area_ha: if self.is_on_mined_out_land() { deal.area_ha } else { 0.0 },
            restoration,
            restoration_credit,
            decision_probability: self.mean_of(&Statistic::Amount(LayerName::Mined(Quantity::DecisionProbability))),
            class_area_ha: self.class_area_ha(),
        }
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

    /// Line to the nearest substation and a share of its station [currency/MW AC]; nothing where the project knows no substations.
    fn connection_per_mw_ac(&self) -> f64 {
        let Some((_, distance_m)) = self.site.1.substation else { return 0.0 };
        let economics = self.terms.economics;
        economics.line_per_mw_km * distance_m / 1_000.0 + economics.station_per_kw * KILO_PER_MEGA
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

    /// Kinds of the land it would use, each once.
    fn kinds(&self) -> Vec<LandKind> {
        let mut kinds: Vec<LandKind> =
            self.site.1.content.land_for(self.mode).filter_map(|land| Some(self.class(land.class)?.kind)).collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }

    /// Today's harvest and its income on the land of the offer; `NaN` where it is cropped and the region does not say with what.
    fn today(&self) -> Today {
        let crop_of = |id: Option<String>| id.and_then(|id| self.terms.economics.crops.get(&id));
        let fields = crop_of(self.region_value(|data| data.present_crop.clone()));
        let orchards = crop_of(self.region_value(|data| data.present_orchard_crop.clone())).or(fields);
        let mut today = Today { harvest_t_per_yr: 0.0, margin_per_yr: 0.0 };
        for land in self.site.1.content.land_for(self.mode) {
            let Some(kind) = self.class(land.class).map(|class| class.kind).filter(|kind| kind.is_cropped()) else {
                continue;
            };
            let (crop, ha) = (if kind == LandKind::Orchard { orchards } else { fields }, land.area.ha());
            today.harvest_t_per_yr += crop.map_or(f64::NAN, |crop| ha * crop.yield_t_per_ha_yr());
            today.margin_per_yr += crop.map_or(f64::NAN, |crop| ha * crop.margin_per_ha_yr.value);
        }
        today
    }

    /// Energy of the first year of plain ground-mounted PV on the land of a deal [MWh/yr].
    fn plain_mwh(&self, deal: &Deal) -> f64 {
        let tables = &self.project().tables;
        // The project's own numbers for it, if it has any.
        let rows = self.terms.economics.modes.iter().chain(&tables.modes);
        let Some(reference) = rows.into_iter().find(|mode| mode.id == REFERENCE_MODE) else { return f64::NAN };
        let measured = self.mean_yield(&reference.layout);
        let relative = |layout: &str| tables.layout(layout).map_or(f64::NAN, |layout| layout.yield_ratio.value);
        let own = deal.specific_yield_kwh_per_kwp;
        let expected = own * relative(&reference.layout) / relative(&self.row().layout);
        let reference_yield = if measured.is_finite() { measured } else { expected };
        deal.area_ha * reference.density_mwp_per_ha.value * reference_yield
    }

    /// The mode among those that compete with designs and crops for the site; `None` if its layout has no field.
    fn party(&self, deal: Deal) -> Option<Party<'a>> {
        let (plan, row) = (self.plan, self.row());
        let designs = plan.fields.as_deref()?.designs[self.mode].as_ref()?;
        let field_row = self.project().tables.layout(&row.layout)?.field.as_ref()?;
        let crops = row.crops.iter().map(|id| {
            let suitability = self.mean_of(&Statistic::Amount(LayerName::Suits(id.clone())));
            Some((self.terms.economics.crops.get(id)?, suitability))
        });
        Some(Party {
            mode: self.mode,
            row,
            field_row,
            designs,
            crops: crops.collect(),
            kinds: self.kinds(),
            land: pieces(self.site.1, self.mode),
            plain_kwh_per_ha: self.plain_mwh(&deal) * KILO_PER_MEGA / deal.area_ha,
            deal,
        })
    }

    /// The offer of a design with a crop.
    fn planted(&self, party: &Party<'_>, setting: &Setting<'_>, candidate: &Candidate) -> Option<Offer> {
        let (crop, suitability) = party.crops[candidate.crop]?;
        let design = &party.designs.list[candidate.design];
        let under = &setting.field.modes[party.mode][candidate.design];
        let grown = setting.grown[party.mode][candidate.crop][candidate.design];
        let area_ha = party.deal.area_ha;
        let variation = party.variation(design, (under.yield_ratio, candidate.clearance_m));
        let plant = party.deal.plant(&variation);
        let field = FieldOffer {
            design: design.name.clone(),
            gcr: design.gcr,
            tilt_deg: design.tilt_deg,
            pitch_m: design.pitch_m,
            row_gap_m: design.row_gap_m,
            clearance_m: candidate.clearance_m,
            clearance_basis: candidate.basis,
            outcome: candidate.outcome,
            cropped_share: design.cropped_share,
            grown,
            across: under.across,
            suitability,
            water_saved_m3_per_yr: area_ha * design.cropped_share * grown.water_saved_m3_per_ha,
        };
        let margin = choice::margin_per_ha(crop, design.cropped_share, &grown, setting.water_price_per_m3);
        let planted = Planted {
            crop: crop.id.clone(),
            margin_per_yr: area_ha * margin,
            harvest_t_per_yr: area_ha * field.yield_ratio().expected * crop.yield_t_per_ha_yr(),
            field,
        };
        Some(self.offer(&party.deal, &plant, Some(planted)))
    }
}

/// Pieces of a site's land that a mode may use, one bit each; a bit of its own for each mode where there are too many pieces.
fn pieces(site: &Site, mode: usize) -> u64 {
    let mut sets: Vec<ModeSet> = site.content.land.iter().map(|land| land.modes).collect();
    sets.sort_unstable();
    sets.dedup();
    if sets.len() > u64::BITS as usize {
        return 1 << mode;
    }
    sets.iter().enumerate().filter(|(_, set)| set.has(mode)).fold(0, |bits, (at, _)| bits | 1 << at)
}

/// One amount over another; `NaN` where there is none of the other.
fn ratio(amount: f64, of: f64) -> f64 {
    if of == 0.0 { f64::NAN } else { amount / of }
}

/// What the land of an offer bears today.
struct Today {
    harvest_t_per_yr: f64,
    margin_per_yr: f64,
}

/// A crop beneath an array.
struct Planted {
    crop: String,
    field: FieldOffer,
    margin_per_yr: f64,
    harvest_t_per_yr: f64,
}
