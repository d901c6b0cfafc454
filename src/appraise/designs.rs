//! Designs of arrays with crops over all sites: what is offered of them, and why the rest is not.

use std::collections::BTreeMap;

use super::choice::{self, Candidate, Outcome, Party, Setting};
use super::growing::{Climate, Table};
use super::{Appraisal, Offer};
use crate::law::DesignRow;
use crate::plan::Plan;
use crate::project::{Economics, HeldPack, Project};
use crate::site::Site;

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
    pub outcome: Outcome,
}

/// Sites by what became of designs there.
pub type DesignCounts = BTreeMap<DesignCount, u64>;

/// [`DesignCounts`] while sites are counted, by region and mode.
#[derive(Default)]
pub struct Tally(BTreeMap<(u16, usize), Counted>);

/// Counts of a mode in a region: outcomes by crop and design, the designs of a crop side by side.
struct Counted {
    designs: usize,
    outcomes: Vec<Vec<(Outcome, u64)>>,
}

impl Tally {
    /// Counts what became of the candidates of a party.
    fn count(&mut self, region: u16, party: &Party<'_>, candidates: &[Candidate]) {
        let designs = party.designs.list.len();
        let none = || Counted { designs, outcomes: vec![Vec::new(); party.crops.len() * designs] };
        let counted = self.0.entry((region, party.mode)).or_insert_with(none);
        for one in candidates {
            // Few things become of one design.
            let known = &mut counted.outcomes[one.crop * designs + one.design];
            match known.iter_mut().find(|(outcome, _)| *outcome == one.outcome) {
                Some((_, sites)) => *sites += 1,
                None => known.push((one.outcome, 1)),
            }
        }
    }

    /// What was counted.
    pub fn counts(&self) -> DesignCounts {
        let mut counts = DesignCounts::new();
        for (&(region, mode), Counted { designs, outcomes }) in &self.0 {
            for (at, known) in outcomes.iter().enumerate() {
                let (crop, design) = (at / designs, at % designs);
                let count = |&(outcome, sites)| (DesignCount { region, mode, crop, design, outcome }, sites);
                counts.extend(known.iter().map(count));
            }
        }
        counts
    }
}

/// Clauses of land law on designs with the packs they are of; their places are their numbers.
fn clauses(project: &Project) -> Vec<(&HeldPack, &DesignRow)> {
    project.law.iter().flat_map(|held| held.pack.design.iter().map(move |row| (held, row))).collect()
}

/// Where designs are chosen.
pub struct Desk<'a> {
    plan: &'a Plan,
    economics: &'a Economics,
    /// Clauses that hold in each region, with their numbers.
    by_region: Vec<Vec<(usize, &'a DesignRow)>>,
}

impl<'a> Desk<'a> {
    /// The desk of a plan, in some terms.
    pub fn new(plan: &'a Plan, economics: &'a Economics) -> Self {
        let clauses = clauses(&plan.project);
        let numbered = |region: &String| {
            let held = clauses.iter().enumerate().filter(|(_, (held, _))| held.holds_in(region));
            held.map(|(number, &(_, row))| (number, row)).collect()
        };
        Self { plan, economics, by_region: plan.regions.iter().map(numbered).collect() }
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
            tally.count(site.region, &parties[of_party[0].party], of_party);
        }
        let is_offered = |one: &&Candidate| matches!(one.outcome, Outcome::Frontier | Outcome::Best | Outcome::Asked);
        let offered = candidates.iter().filter(is_offered);
        offered.filter_map(|one| appraisals[one.party].planted(&parties[one.party], &setting, one)).collect()
    }
}

/// Names and words of the clauses of land law on designs, by their numbers.
pub fn clause_names(project: &Project) -> Vec<(String, String)> {
    let named = |(held, row): (&HeldPack, &DesignRow)| (format!("{}.{}", held.pack.id, row.id), row.clause.clone());
    clauses(project).into_iter().map(named).collect()
}
