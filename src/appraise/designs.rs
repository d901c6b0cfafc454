//! Designs of arrays with crops over all sites: what is offered of them, and why the rest is not.

use std::collections::BTreeMap;

use super::choice::{self, Candidate, Outcome, Party, Refusal, Setting};
use super::growing::{Climate, Table};
use super::{Appraisal, Offer};
use crate::law::DesignRow;
use crate::plan::Plan;
use crate::project::{Economics, Project};
use crate::site::Site;

/// What became of a design.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// Offered: no other on the same land beats it.
    Frontier,
    /// Offered as the best of its mode for its crop, or for its investment.
    Best,
    /// Offered because the project asks for all.
    Asked,
    /// On the frontier, but not among the most telling.
    Thinned,
    /// Another on the same land beats it.
    Dominated,
    /// Refused, by the number of the reason: a clause of land law, or one of [`Refusal`] behind these.
    Refused(usize),
}

/// A design of a mode with a crop in a region, and what became of it there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DesignCount {
    /// Number of the region.
    pub region: u16,
    /// Number of the mode.
    pub mode: usize,
    /// Number of the crop in the mode's list.
    pub crop: usize,
    /// Number of the design.
    pub design: usize,
    /// What became of it.
    pub fate: Fate,
}

/// Sites by what became of designs there.
pub type DesignCounts = BTreeMap<DesignCount, u64>;

impl Fate {
    /// Number of fates other than refusals.
    const OTHERS: usize = 5;

    /// Its place in a list.
    fn index(self) -> usize {
        match self {
            Self::Frontier => 0,
            Self::Best => 1,
            Self::Thinned => 2,
            Self::Dominated => 3,
            Self::Asked => 4,
            Self::Refused(reason) => Self::OTHERS + reason,
        }
    }

    /// The fate of a place in a list.
    fn at(index: usize) -> Self {
        match index {
            0 => Self::Frontier,
            1 => Self::Best,
            2 => Self::Thinned,
            3 => Self::Dominated,
            4 => Self::Asked,
            refused => Self::Refused(refused - Self::OTHERS),
        }
    }
}

/// [`DesignCounts`] while sites are counted: by region and mode, a list by crop, design and fate.
#[derive(Default)]
pub struct Tally(BTreeMap<(u16, usize), Counted>);

/// Counts of a mode in a region.
struct Counted {
    designs: usize,
    by_fate: Vec<u64>,
}

/// Clauses of land law on designs, in order: id of the pack, row.
pub fn clauses(project: &Project) -> Vec<(&str, &DesignRow)> {
    let rows = |held: &'_ crate::project::HeldPack| held.pack.design.len();
    let mut list = Vec::with_capacity(project.law.iter().map(rows).sum());
    for held in &project.law {
        list.extend(held.pack.design.iter().map(|row| (held.pack.id.as_str(), row)));
    }
    list
}

/// Where designs are chosen.
pub struct Desk<'a> {
    plan: &'a Plan,
    economics: &'a Economics,
    /// Clauses that hold in each region, with their numbers.
    by_region: Vec<Vec<(usize, &'a DesignRow)>>,
    clauses: usize,
}

impl<'a> Desk<'a> {
    /// The desk of a plan, in some terms.
    pub fn new(plan: &'a Plan, economics: &'a Economics) -> Self {
        let numbered = |region: &String| {
            let mut first = 0;
            let mut list = Vec::new();
            for held in &plan.project.law {
                if held.holds_in(region) {
                    list.extend(held.pack.design.iter().enumerate().map(|(i, row)| (first + i, row)));
                }
                first += held.pack.design.len();
            }
            list
        };
        let clauses = plan.project.law.iter().map(|held| held.pack.design.len()).sum();
        Self { plan, economics, by_region: plan.regions.iter().map(numbered).collect(), clauses }
    }

    /// Offers of the modes with crops on a site; what becomes of all designs is counted.
    pub fn offers(
        &self,
        (site, climate): (&Site, Climate),
        grown: &Table,
        parties: Vec<(Appraisal<'a>, Party<'a>)>,
        tally: &mut Tally,
    ) -> Vec<Offer> {
        let (appraisals, parties): (Vec<Appraisal<'a>>, Vec<Party<'a>>) = parties.into_iter().unzip();
        let Some(fields) = self.plan.fields.as_deref() else { return Vec::new() };
        let region = &self.plan.regions[usize::from(site.region)];
        let water = self.economics.region_value(region, |data| data.water_price_cny_per_m3);
        let setting = Setting {
            grown,
            field: fields.field(climate.0),
            clauses: &self.by_region[usize::from(site.region)],
            water_price_per_m3: water.unwrap_or(self.economics.water_price_per_m3.value),
            how: self.plan.project.file.agrivoltaics,
        };
        let candidates = choice::choose(&setting, &parties);
        for of_party in candidates.chunk_by(|one, next| one.party == next.party) {
            self.count(tally, site.region, &parties[of_party[0].party], of_party);
        }
        let is_offered = |one: &&Candidate| matches!(one.outcome, Outcome::Frontier | Outcome::Best | Outcome::Asked);
        let offered = candidates.iter().filter(is_offered);
        offered.filter_map(|one| appraisals[one.party].planted(&parties[one.party], &setting, one)).collect()
    }

    /// Counts what became of the candidates of a party.
    fn count(&self, tally: &mut Tally, region: u16, party: &Party<'_>, candidates: &[Candidate]) {
        let (designs, fates) = (party.designs.list.len(), self.fates());
        let none = || Counted { designs, by_fate: vec![0; party.crops.len() * designs * fates] };
        let counted = tally.0.entry((region, party.mode)).or_insert_with(none);
        for one in candidates {
            let design = one.crop * designs + one.design;
            counted.by_fate[design * fates + self.fate(one.outcome).index()] += 1;
        }
    }

    /// What was counted.
    pub fn counts(&self, tally: &Tally) -> DesignCounts {
        let fates = self.fates();
        let mut counts = DesignCounts::new();
        for (&(region, mode), Counted { designs, by_fate }) in &tally.0 {
            for (at, &sites) in by_fate.iter().enumerate().filter(|(_, sites)| **sites > 0) {
                let (crop, design) = (at / fates / designs, at / fates % designs);
                counts.insert(DesignCount { region, mode, crop, design, fate: Fate::at(at % fates) }, sites);
            }
        }
        counts
    }

    /// Number of fates.
    fn fates(&self) -> usize {
        Fate::OTHERS + self.clauses + Refusal::OTHERS
    }

    fn fate(&self, outcome: Outcome) -> Fate {
        match outcome {
            Outcome::Frontier => Fate::Frontier,
            Outcome::Best => Fate::Best,
            Outcome::Asked => Fate::Asked,
            Outcome::Thinned => Fate::Thinned,
            Outcome::Dominated => Fate::Dominated,
            Outcome::Refused(refusal) => Fate::Refused(refusal.index(self.clauses)),
        }
    }
}

/// Names and words of the reasons against designs, by their numbers.
pub fn reasons(project: &Project) -> Vec<(String, String)> {
    let by_law = clauses(project).into_iter().map(|(pack, row)| (format!("{pack}.{}", row.id), row.clause.clone()));
    let others: [(&str, &str); Refusal::OTHERS] = [
        ("unsuited", "climate or terrain do not suit the crop"),
        ("dark", "it is darker beneath than anything the response of crops was measured at"),
        ("machines", "machines do not fit between the rows"),
        ("height", "the layout cannot be built as high as crop or machines need"),
    ];
    by_law.chain(others.map(|(name, words)| (name.to_owned(), words.to_owned()))).collect()
}
