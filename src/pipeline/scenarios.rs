//! Offers and scenarios of a run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use super::sites::Cut;
use super::{Context, Event, Outcome};
use crate::allocate::{self, Allocation, Market, Optimum};
use crate::appraise::{self, Offers, Terms};
use crate::compare;
use crate::exclude::{RegionTally, Tally};
use crate::export::geojson::{self, SiteView};
use crate::export::{csv, scenario as summaries};
use crate::fault::{Fault, Faults, Result};
use crate::offer::{Kind, OfferTable, SiteLand, number_text};
use crate::plan::{Names, Plan};
use crate::project::Project;
use crate::project::file::ColumnKind;
use crate::project::terms::{economics_of, weighted_criteria};
use crate::scenario::{MeasuredArea, Scenario};
use crate::store::folder::Folder;
use crate::store::keys::scenario_key;
use crate::tiles::Cancel;

/// Name of the offers of a run, for messages.
const OFFERS: &str = "offers.csv";

/// The offers of a project with modes, in the terms of the base; `None` without.
pub fn offers(context: &Context<'_>, cut: &Cut) -> Option<Offers> {
    let project = &context.plan.project;
    let criteria = weighted_criteria(project, None);
    let terms = Terms { economics: &project.economics, criteria: &criteria };
    (!project.economics.modes.is_empty())
        .then(|| appraise::appraise(&context.plan, &cut.sites, &cut.statistics, &terms))
}

/// What a project says of the columns of its offers, whatever the offers are.
pub struct Columns {
    /// Three-letter currency, lower case.
    pub currency: String,
    /// Kinds the project declares.
    pub declared: BTreeMap<String, Kind>,
    /// Values there may be though no offer has them.
    known: BTreeMap<String, Vec<String>>,
    /// Areas that the run measures, by region [ha].
    measured: BTreeMap<MeasuredArea, BTreeMap<String, f64>>,
}

impl Columns {
    /// Columns of a table from outside: their values are free text.
    pub fn of_table(project: &Project) -> Self {
        let kind = |kind: &ColumnKind| match kind {
            ColumnKind::Extensive => Kind::Extensive,
            ColumnKind::Intensive => Kind::Intensive,
            ColumnKind::Text => Kind::Text,
        };
        let declared = project.columns.iter().map(|(name, column)| (name.clone(), kind(column))).collect();
        Self { currency: project.currency.to_lowercase(), declared, known: BTreeMap::new(), measured: BTreeMap::new() }
    }

    /// Columns of the offers of a run, with the values there may be as far as all of them can be told.
    fn of_run(project: &Project, names: &Names) -> Self {
        let modes = &project.economics.modes;
        let crops: BTreeSet<String> = modes.iter().flat_map(|mode| mode.crops.iter().cloned()).collect();
        let modes_whole = !project.left_out.any("mode");
        let known = [
            ("region", names.regions.clone()),
            ("mode", modes_whole.then(|| modes.iter().map(|mode| mode.id.clone()).collect())),
            ("crop", modes_whole.then(|| crops.into_iter().collect())),
            ("substation", names.substations.clone()),
        ];
        let known = known.into_iter().filter_map(|(column, values)| Some((column.to_owned(), values?))).collect();
        // Before anything is measured it is the names that count.
        let nothing = names.regions.iter().flatten().map(|region| (region.clone(), 0.0)).collect();
        let areas = [MeasuredArea::StableLandHa, MeasuredArea::MinedOutLandHa];
        let areas = areas.into_iter().filter(|_| project.subsidence.is_some() || project.left_out.any("subsidence"));
        let measured = areas.map(|area| (area, BTreeMap::clone(&nothing))).collect();
        Self { known, measured, ..Self::of_table(project) }
    }

    /// The same with what the run has measured.
    fn with_measured(mut self, plan: &Plan, tally: &Tally) -> Self {
        for (area, by_region) in &mut self.measured {
            let of = |(id, tally): (&String, &RegionTally)| {
                let found = match area {
                    MeasuredArea::StableLandHa => tally.stable,
                    MeasuredArea::MinedOutLandHa => tally.mined_out(),
                };
                (id.clone(), found.ha())
            };
            *by_region = plan.regions.iter().zip(&tally.regions).map(of).collect();
        }
        self
    }
}

/// Solves the scenarios asked for and writes what came of them.
pub fn solve(
    context: &Context<'_>,
    (cut, offers): (&Cut, &Offers),
    tally: &Tally,
    outcome: &mut Outcome,
) -> Result<()> {
    let plan = Arc::clone(&context.plan);
    let scenarios = chosen(&plan.project, &context.options.scenarios);
    context.tell(Event::Stage("scenarios", scenarios.len()));
    let land = csv::site_land_rows(&plan, &cut.sites);
    let base = appraise::table(&plan, &cut.sites, &offers.offers);
    let view = SiteView { plan: &plan, sites: &cut.sites, statistics: &cut.statistics, shapes: &cut.shapes };
    let columns = Columns::of_run(&plan.project, &plan.names()).with_measured(&plan, tally);
    let supply = Supply { offers: &base, land: Some(&land), place: OFFERS, columns: &columns, view: Some(&view) };
    supply.check(&scenarios)?;
    let desk = Desk { project: &plan.project, folder: &context.folder, cancel: context.watch.cancel };
    let key = |scenario: &Scenario| scenario_key(&plan, &context.keys, scenario);
    desk.solve(&scenarios, key, |scenario, key| {
        let own = own_table(&plan, cut, scenario);
        let table = own.as_ref().unwrap_or(&base);
        desk.scenario((scenario, key), &Supply { offers: table, ..supply }, outcome)?;
        context.tell(Event::Step);
        Ok(())
    })
}

/// Where the results of a scenario lie.
fn folder_of(scenario: &Scenario) -> String {
    format!("scenarios/{}", scenario.id)
}

/// The scenarios asked for; all of them if none is named.
pub fn chosen<'a>(project: &'a Project, asked: &[String]) -> Vec<&'a Scenario> {
    project.scenarios.iter().filter(|scenario| asked.is_empty() || asked.contains(&scenario.id)).collect()
}

/// The offers of a scenario that changes economics or weights; `None` if they are those of the base.
fn own_table(plan: &Plan, cut: &Cut, scenario: &Scenario) -> Option<OfferTable> {
    let project = &plan.project;
    let economics = economics_of(project, scenario);
    let criteria = weighted_criteria(project, Some(scenario));
    if economics == project.economics && criteria == weighted_criteria(project, None) {
        return None;
    }
    let terms = Terms { economics: &economics, criteria: &criteria };
    let offers = appraise::appraise(plan, &cut.sites, &cut.statistics, &terms);
    Some(appraise::table(plan, &cut.sites, &offers.offers))
}

/// What a scenario chooses from.
#[derive(Clone, Copy)]
pub struct Supply<'a> {
    /// Offers.
    pub offers: &'a OfferTable,
    /// Land of the sites, if it is told by modes.
    pub land: Option<&'a [SiteLand]>,
    /// Where the offers come from, for messages.
    pub place: &'a str,
    /// What is known of their columns.
    pub columns: &'a Columns,
    /// Sites with outlines, if there are any.
    pub view: Option<&'a SiteView<'a>>,
}

impl Supply<'_> {
    fn market(&self) -> Market<'_> {
        let Columns { currency, declared, known, measured } = self.columns;
        Market { offers: self.offers, site_land: self.land, declared, known, measured, currency, place: self.place }
    }

    /// Faults of all scenarios over these offers, together, before any of them is solved.
    pub fn check(&self, scenarios: &[&Scenario]) -> Result<()> {
        let market = self.market();
        let built = scenarios.iter().map(|scenario| allocate::build(&market, scenario));
        Faults::or(built.filter_map(Result::err).flat_map(Faults::into_list).collect(), ())
    }
}

/// Faults that a project's scenarios have whatever the offers turn out to be.
pub fn faults(project: &Project, names: &Names) -> Vec<Fault> {
    let lacking = [("mode", project.economics.modes.is_empty()), ("sites", project.sites.is_none())];
    if lacking.iter().any(|(table, lacking)| *lacking && !project.left_out.any(table)) {
        let hint = "add [sites] and at least one [[mode]]";
        let fault = |scenario: &Scenario| {
            Fault::project(&scenario.place, "a scenario needs sites and modes to choose from").hint(hint)
        };
        return project.scenarios.first().map(fault).into_iter().collect();
    }
    let (table, columns) = (appraise::empty_table(project), Columns::of_run(project, names));
    let supply = Supply { offers: &table, land: None, place: OFFERS, columns: &columns, view: None };
    let scenarios: Vec<&Scenario> = project.scenarios.iter().collect();
    supply.check(&scenarios).err().into_iter().flat_map(Faults::into_list).collect()
}

/// Where results of scenarios are written.
pub struct Desk<'a> {
    pub project: &'a Project,
    pub folder: &'a Folder,
    pub cancel: &'a Cancel,
}

impl Desk<'_> {
    /// Has the chosen scenarios solved one by one, and compares all there are results of: what is there of the others stays if
    /// it was made from the same.
    ///
    /// - `key`: hash of what the results of a scenario are made from.
    pub fn solve(
        &self,
        chosen: &[&Scenario],
        key: impl Fn(&Scenario) -> String,
        mut one: impl FnMut(&Scenario, &str) -> Result<()>,
    ) -> Result<()> {
        for scenario in &self.project.scenarios {
            let key = key(scenario);
            if !chosen.contains(&scenario) {
                self.folder.keep_folder(&folder_of(scenario), &key);
                continue;
            }
            self.cancel.check()?;
            one(scenario, &key)?;
        }
        self.compare()
    }

    /// Solves one scenario and writes its folder; each file carries the key of what it is made from.
    pub fn scenario(
        &self,
        (scenario, key): (&Scenario, &str),
        supply: &Supply<'_>,
        outcome: &mut Outcome,
    ) -> Result<()> {
        let market = supply.market();
        let folder = folder_of(scenario);
        let model = allocate::build(&market, scenario)?;
        let write = |path: &Path| allocate::solver::write_mps(&model, scenario.objective.sense, path);
        self.folder.write_with(&format!("{folder}/model.mps"), key, write)?;
        let case = summaries::Case { scenario, model: &model, offers: supply.offers, currency: market.currency };
        let summary = match allocate::solve(&model, scenario, self.cancel)? {
            Allocation::Optimal(optimum) => {
                self.optimum((&folder, key), supply, &optimum)?;
                // The sum of nothing is -0.
                let built = optimum.allocated_mw.iter().sum::<f64>() + 0.0;
                let objective = number_text(optimum.objective);
                let line = format!("objective {objective} {}, {built:.3} MW", model.objective_unit);
                outcome.solved.push((scenario.id.clone(), line));
                summaries::optimal(&case, &optimum)
            }
            Allocation::Infeasible(conflict) => {
                let summary = summaries::infeasible(&case, &conflict);
                outcome.infeasible.push((scenario.id.clone(), conflict.sentences));
                summary
            }
        };
        let notes = summary["notes"].as_array().into_iter().flatten().filter_map(|note| note.as_str());
        outcome.notes.extend(notes.map(|note| (scenario.id.clone(), note.to_owned())));
        self.folder.write_json(&format!("{folder}/summary.json"), key, &summary)
    }

    fn optimum(&self, (folder, key): (&str, &str), supply: &Supply<'_>, optimum: &Optimum) -> Result<()> {
        let allocation = csv::allocation(supply.offers, optimum)?;
        self.folder.write(&format!("{folder}/allocation.csv"), key, &allocation)?;
        self.folder.write(&format!("{folder}/prices.csv"), key, &csv::prices(optimum)?)?;
        let Some(view) = supply.view else { return Ok(()) };
        let name = format!("{folder}/allocation.geojson");
        self.folder.stream(&name, key, |out| geojson::allocation(out, view, supply.offers, optimum))
    }

    /// Writes the comparison of all scenarios there are results of.
    fn compare(&self) -> Result<()> {
        let has_results = |scenario: &&Scenario| self.folder.has(&format!("{}/summary.json", folder_of(scenario)));
        let ids: Vec<String> =
            self.project.scenarios.iter().filter(has_results).map(|scenario| scenario.id.clone()).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let comparison = compare::compare(self.folder.dir(), &ids, None)?;
        self.folder.write("comparison.csv", "", &comparison.csv()?)?;
        self.folder.write_json("comparison.json", "", &comparison.json())
    }
}
