//! Which designs of arrays with crops a site is offered.
//!
//! All designs of all modes with crops are tried with every crop. Those that the climate, the machines or the law do not allow
//! are refused, each for the first reason; of the rest, those stay that nothing on the same land beats in energy and in crop income, and
//! the best of each crop of each mode.

use super::deal::{Deal, Variation};
use super::frontier::{self, Worth};
use super::growing::{Grown, Table};
use crate::crop::Crop;
use crate::law::{DesignFacts, DesignRow, Limit};
use crate::mode::{Category, FieldRow, LandKind, Mode};
use crate::project::file::{AgrivoltaicsTable, Keep};
use crate::resource::fields::{Design, Designs, Field};
use crate::units::KILO_PER_MEGA;

/// Why a design is not offered, or is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// No other on the same land beats it.
    Frontier,
    /// Another beats it; it is the best of its mode for its crop, or for its investment.
    Best,
    /// Another beats it; the project asks for all.
    Asked,
    /// On the frontier, but not among the most telling.
    Thinned,
    /// Another on the same land beats it.
    Dominated,
    /// It is refused.
    Refused(Refusal),
}

/// Why a design is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// By a clause of land law, by its number.
    Law(usize),
    /// Climate or terrain do not suit the crop.
    Unsuited,
    /// It is darker beneath than anything that was measured.
    Dark,
    /// Machines do not fit between the rows.
    Machines,
    /// The layout cannot be built as high as crop or machines need.
    Height,
}

impl Refusal {
    /// Its name and its words.
    ///
    /// - `clauses`: those of the clauses of land law, in order.
    pub fn told(self, clauses: &[(String, String)]) -> (&str, &str) {
        match self {
            Self::Law(number) => clauses.get(number).map_or(("law", ""), |(name, words)| (name, words)),
            Self::Unsuited => ("unsuited", "climate or terrain do not suit the crop"),
            Self::Dark => ("dark", "it is darker beneath than anything the response of crops was measured at"),
            Self::Machines => ("machines", "machines do not fit between the rows"),
            Self::Height => ("height", "the layout cannot be built as high as crop or machines need"),
        }
    }
}

/// A mode with crops on a site.
pub struct Party<'a> {
    /// Number of the mode.
    pub mode: usize,
    /// Its row.
    pub row: &'a Mode,
    /// How crops grow with its layout.
    pub field_row: &'a FieldRow,
    /// Its designs.
    pub designs: &'a Designs,
    /// Its crops, in its order, with how well the site suits them (`NaN` where that is not known); `None` for those without numbers.
    pub crops: Vec<Option<(&'a Crop, f64)>>,
    /// What it has of the site.
    pub deal: Deal,
    /// Kinds of land it would use.
    pub kinds: Vec<LandKind>,
    /// Pieces of the site's land it may use, one bit each.
    pub land: u64,
    /// Energy of plain ground-mounted PV on a hectare of it [kWh/ha/yr].
    pub plain_kwh_per_ha: f64,
}

/// What all sites of a climate and a region share.
pub struct Setting<'a> {
    /// What grows, by mode.
    pub grown: &'a Table,
    /// What the climate makes of designs.
    pub field: &'a Field,
    /// Clauses that hold in the region, with their numbers.
    pub clauses: &'a [(usize, &'a DesignRow)],
    /// What a cubic metre of irrigation costs [currency/m³].
    pub water_price_per_m3: f64,
    /// How designs are chosen.
    pub how: AgrivoltaicsTable,
}

/// A design with a crop on a site.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// Number of the party.
    pub party: usize,
    /// Number of the crop in the mode's list.
    pub crop: usize,
    /// Number of the design.
    pub design: usize,
    /// Height of the lowest edge [m].
    pub clearance_m: f64,
    /// What asks for that height.
    pub basis: Basis,
    /// What a hectare is worth.
    pub worth: Worth,
    /// Investment a hectare takes [currency/ha].
    pub capex_per_ha: f64,
    /// What became of it.
    pub outcome: Outcome,
}

/// What decides the height of the modules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// The layout cannot be lower.
    Layout,
    /// The crop.
    Crop,
    /// Machines.
    Machines,
    /// A clause of land law, by its number.
    Law(usize),
}

impl Basis {
    /// Its name.
    ///
    /// - `clauses`: names and words of the clauses of land law, in order.
    pub fn name(self, clauses: &[(String, String)]) -> &str {
        match self {
            Self::Layout => "layout",
            Self::Crop => "crop",
            Self::Machines => "machines",
            Self::Law(number) => Refusal::Law(number).told(clauses).0,
        }
    }
}

/// Tries all designs of all parties with all their crops.
pub fn choose(setting: &Setting<'_>, parties: &[Party<'_>]) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    for (index, party) in parties.iter().enumerate() {
        for (number, crop) in party.crops.iter().enumerate() {
            let Some((crop, suitability)) = crop else { continue };
            let height = party.height(setting.clauses, crop);
            let clauses: Vec<(usize, Limit)> = party.clauses(setting.clauses).collect();
            for (design, (shape, grown)) in
                party.designs.list.iter().zip(&setting.grown[party.mode][number]).enumerate()
            {
                let under = setting.field.modes[party.mode][design].yield_ratio;
                let tried = Tried { party, crop, design: shape, grown, clearance_m: height.clearance_m };
                let refused = if *suitability <= 0.0 {
                    Some(Refusal::Unsuited)
                } else {
                    tried.refusal(&clauses, (&height, under))
                };
                let (worth, capex_per_ha) = tried.worth(under, setting.water_price_per_m3);
                candidates.push(Candidate {
                    party: index,
                    crop: number,
                    design,
                    clearance_m: height.clearance_m,
                    basis: height.basis,
                    worth,
                    capex_per_ha,
                    outcome: refused.map_or(Outcome::Dominated, Outcome::Refused),
                });
            }
        }
    }
    settle(parties, &mut candidates, setting.how);
    candidates
}

/// Height of the modules, and what asks for it.
struct Height {
    clearance_m: f64,
    basis: Basis,
}

impl Party<'_> {
    /// Clauses that hold on the kinds of land it would use.
    fn clauses<'s>(&'s self, all: &'s [(usize, &DesignRow)]) -> impl Iterator<Item = (usize, Limit)> + 's {
        let holds = |row: &DesignRow| row.holds(self.designs.category, &self.kinds);
        all.iter().filter(move |(_, row)| holds(row)).map(|&(number, row)| (number, row.limit))
    }

    /// The least height that layout, crop, machines and law allow.
    fn height(&self, clauses: &[(usize, &DesignRow)], crop: &Crop) -> Height {
        let mut height = Height { clearance_m: self.field_row.least_clearance_m.value, basis: Basis::Layout };
        let mut ask = |clearance_m: f64, basis: Basis| {
            if clearance_m > height.clearance_m {
                height = Height { clearance_m, basis };
            }
        };
        if self.designs.category == Category::Overhead {
            ask(crop.height_m.value, Basis::Crop);
            ask(crop.machine_height_m.value, Basis::Machines);
        }
        for (number, limit) in self.clauses(clauses) {
            if let Some(clearance_m) = limit.clearance_m(crop.height_m.value) {
                ask(clearance_m, Basis::Law(number));
            }
        }
        height
    }
}

/// A design with a crop that is tried on a site.
struct Tried<'a> {
    party: &'a Party<'a>,
    crop: &'a Crop,
    design: &'a Design,
    grown: &'a Grown,
    clearance_m: f64,
}

impl Tried<'_> {
    /// The first reason against it.
    ///
    /// - `yield_ratio`: specific yield over that of the layout's own geometry [1].
    fn refusal(&self, clauses: &[(usize, Limit)], (height, yield_ratio): (&Height, f64)) -> Option<Refusal> {
        let (party, design) = (self.party, self.design);
        if height.clearance_m > party.field_row.most_clearance_m.value {
            return Some(match height.basis {
                Basis::Law(clause) => Refusal::Law(clause),
                _ => Refusal::Height,
            });
        }
        let is_between = party.designs.category == Category::Interspace;
        if is_between && design.row_gap_m < self.crop.machine_width_m.value {
            return Some(Refusal::Machines);
        }
        if self.grown.relative.expected.is_nan() {
            return Some(Refusal::Dark);
        }
        let own = party.density(design) * KILO_PER_MEGA * party.deal.specific_yield_kwh_per_kwp * yield_ratio;
        let facts = DesignFacts {
            clearance_m: self.clearance_m,
            crop_height_m: self.crop.height_m.value,
            pitch_m: design.pitch_m,
            row_gap_m: design.row_gap_m,
            pile_spacing_m: party.field_row.pile_spacing_m.value,
            cropped_share: design.cropped_share,
            yield_ratio: self.grown.relative.expected,
            cover_share: design.cover_share,
            module_area_share: design.gcr,
            electricity_ratio: own / party.plain_kwh_per_ha,
        };
        clauses.iter().find(|(_, limit)| !limit.admits(&facts)).map(|&(clause, _)| Refusal::Law(clause))
    }

    /// What a hectare of it is worth, and the investment it takes [currency/ha].
    fn worth(&self, yield_ratio: f64, water_price_per_m3: f64) -> (Worth, f64) {
        let plant = self.party.deal.plant(&self.party.variation(self.design, (yield_ratio, self.clearance_m)));
        let margin = margin_per_ha(self.crop, self.design.cropped_share, self.grown, water_price_per_m3);
        let worth = Worth {
            energy: plant.energy_net_per_yr / self.party.deal.area_ha,
            crop: margin,
            mwh: plant.sold_kwh_per_yr / KILO_PER_MEGA / self.party.deal.area_ha,
        };
        (worth, plant.capex / self.party.deal.area_ha)
    }
}

/// Income of a crop beneath a design on a hectare of land, after its cost, with the irrigation that is saved [currency/ha/yr].
///
/// Cost of growing it is that of the cropped land, whatever the harvest.
pub fn margin_per_ha(crop: &Crop, cropped_share: f64, grown: &Grown, water_price_per_m3: f64) -> f64 {
    let saved = grown.water_saved_m3_per_ha;
    let water = if saved.is_nan() { 0.0 } else { water_price_per_m3 * saved };
    cropped_share * (grown.relative.expected * crop.sales_per_ha_yr() - crop.cost_per_ha_yr() + water)
}

impl Party<'_> {
    /// DC peak capacity of a design per land [MWp/ha].
    pub fn density(&self, design: &Design) -> f64 {
        self.row.density_mwp_per_ha.value * design.gcr / self.designs.reference_gcr
    }

    /// How a design at a height differs from the layout's own geometry.
    pub fn variation(&self, design: &Design, (yield_ratio, clearance_m): (f64, f64)) -> Variation {
        let raised_m = clearance_m - self.field_row.clearance_m.value;
        let raising = self.row.raising_per_kw_m.as_ref().map_or(0.0, |number| number.value);
        Variation {
            density_mwp_per_ha: self.density(design),
            yield_ratio,
            extra_capex_per_kw: (raising * raised_m).max(-self.deal.capex_per_kw),
        }
    }
}

/// Decides which of the candidates that nothing refuses are offered.
fn settle(parties: &[Party<'_>], candidates: &mut [Candidate], how: AgrivoltaicsTable) {
    let open: Vec<usize> =
        (0..candidates.len()).filter(|&at| !matches!(candidates[at].outcome, Outcome::Refused(_))).collect();
    let mut done: Vec<u64> = Vec::new();
    for land in parties.iter().map(|party| party.land) {
        if done.contains(&land) {
            continue;
        }
        done.push(land);
        // Whatever may use all of this land may take the place of what uses it.
        let rivals: Vec<usize> =
            open.iter().copied().filter(|&at| parties[candidates[at].party].land & land == land).collect();
        let worths: Vec<Worth> = rivals.iter().map(|&at| candidates[at].worth).collect();
        let (best, lost): (Vec<usize>, frontier::Lost) = match how.keep {
            Keep::FrontierWithEnergy => (frontier::frontier_with_energy(&worths), frontier::gap),
            _ => (frontier::frontier(&worths), frontier::area),
        };
        for (index, _) in parties.iter().enumerate().filter(|(_, party)| party.land == land) {
            let own: Vec<usize> = best.iter().copied().filter(|&i| candidates[rivals[i]].party == index).collect();
            let telling = frontier::telling(&worths, &own, how.most_designs, lost);
            for i in own {
                candidates[rivals[i]].outcome = if telling.contains(&i) { Outcome::Frontier } else { Outcome::Thinned };
            }
        }
    }
    keep_best(&open, parties, candidates);
    if how.keep == Keep::All {
        for at in open {
            let outcome = &mut candidates[at].outcome;
            if matches!(outcome, Outcome::Dominated | Outcome::Thinned) {
                *outcome = Outcome::Asked;
            }
        }
    }
}

/// Offers the best of each mode for each crop, and of each mode for its investment, though others beat them.
///
/// The best for a crop is that of the greatest sum among those where the crop does not lose, if there are any. The best for the
/// investment is what a budget buys first.
fn keep_best(open: &[usize], parties: &[Party<'_>], candidates: &mut [Candidate]) {
    let crops = parties.iter().map(|party| party.crops.len()).max().unwrap_or(0);
    let mut of_crop: Vec<Option<usize>> = vec![None; parties.len() * crops];
    let mut of_capex: Vec<Option<usize>> = vec![None; parties.len()];
    let sum = |at: usize| (candidates[at].worth.crop >= 0.0, candidates[at].worth.sum());
    let per_capex = |at: usize| candidates[at].worth.sum() / candidates[at].capex_per_ha;
    for &at in open {
        let one = &candidates[at];
        let slot = &mut of_crop[one.party * crops + one.crop];
        if slot.is_none_or(|known| sum(at) > sum(known)) {
            *slot = Some(at);
        }
        let slot = &mut of_capex[one.party];
        if one.worth.sum() > 0.0 && slot.is_none_or(|known| per_capex(at) > per_capex(known)) {
            *slot = Some(at);
        }
    }
    for at in of_crop.into_iter().chain(of_capex).flatten() {
        if candidates[at].outcome != Outcome::Frontier {
            candidates[at].outcome = Outcome::Best;
        }
    }
}
