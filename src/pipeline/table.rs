//! Allocation from tables: offers, and land if it is told by modes, without any raster.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::manifest;
use super::scenarios::{Columns, Desk, Supply, chosen};
use super::{Options, Outcome, Watch, scenario_known};
use crate::allocate::rules::land;
use crate::export::csv;
use crate::fault::{Fault, Faults, Result, suggestion};
use crate::offer::{OfferTable, SiteLand};
use crate::project::Project;
use crate::project::terms::without_effect;
use crate::scenario::Scenario;
use crate::store::claim::Claim;
use crate::store::folder::{Folder, work_dir};
use crate::store::keys::{FileHash, digest, hash_file};
use crate::store::ledger::Owner;

/// The tables of an allocation.
#[derive(Debug, Clone)]
pub struct Tables {
    /// Offers.
    pub offers: PathBuf,
    /// Land of the sites by modes.
    pub site_land: Option<PathBuf>,
}

/// Solves the scenarios of a project over tables.
///
/// # Errors
/// If the project or a table has faults, or a scenario asks for what the table does not have.
pub fn allocate(path: &Path, tables: &Tables, options: &Options, watch: &Watch<'_>) -> Result<Outcome> {
    let project = Project::load(path)?;
    if project.scenarios.is_empty() {
        let hint = "add a [[scenario]] with an objective";
        return Err(Fault::project(project.document.file.clone(), "there is no scenario to solve").hint(hint).into());
    }
    for id in &options.scenarios {
        scenario_known(&project, id)?;
    }
    let scenarios = chosen(&project, &options.scenarios);
    Faults::or(without_effect(&project, &scenarios), ())?;
    let place = tables.offers.display().to_string();
    let columns = Columns::of_table(&project);
    let (offers, land) = read(tables, &columns)?;
    let supply = Supply { offers: &offers, land: land.as_deref(), place: &place, columns: &columns, view: None };
    let mut faults = undeclarable(&project, &offers);
    let more = supply.check(&scenarios).map_err(|faults| faults.map(|fault| in_file(fault, tables)));
    faults.extend(more.err().into_iter().flat_map(Faults::into_list));
    Faults::or(faults, ())?;
    let mut inputs: Vec<(String, FileHash)> = vec![(file_name(&tables.offers), hash_file(&tables.offers)?)];
    if let Some(path) = &tables.site_land {
        inputs.push((file_name(path), hash_file(path)?));
    }
    let work = options.work.clone().unwrap_or_else(|| work_dir(&options.out));
    let paths = [path.to_owned(), tables.offers.clone()];
    let paths: Vec<PathBuf> = paths.into_iter().chain(tables.site_land.clone()).collect();
    let folder = Folder::open(&Claim {
        dir: &options.out,
        work: &work,
        owner: Owner { project: project.name.clone(), command: manifest::ALLOCATE },
        overwrite: options.overwrite,
        inputs: &paths,
    })?;
    let mut outcome = Outcome { offers: Some(offers.rows), ..Outcome::default() };
    let desk = Desk { project: &project, folder: &folder, cancel: watch.cancel };
    let key = |scenario: &Scenario| key(&project, &inputs, scenario);
    desk.solve(&scenarios, key, |scenario, key| desk.scenario((scenario, key), &supply, &mut outcome))?;
    manifest::write_table(&folder, &project, &inputs)?;
    Ok(outcome)
}

/// Key of a scenario's results: the tables, what the project says of them, and the scenario.
fn key(project: &Project, inputs: &[(String, FileHash)], scenario: &Scenario) -> String {
    let head = json!([env!("CARGO_PKG_VERSION"), project.name, project.title, project.synthetic, project.currency]);
    let hashes: Vec<&str> = inputs.iter().map(|(_, hash)| hash.blake3.as_str()).collect();
    digest(&json!([head, hashes, format!("{:?}{scenario:?}", project.columns)]))
}

/// Faults of columns that are declared but not there.
fn undeclarable(project: &Project, offers: &OfferTable) -> Vec<Fault> {
    let absent = project.columns.keys().filter(|name| offers.column(name).is_none());
    let fault = |name: &String| {
        let place = project.document.place(&format!("columns.{name}"));
        let what = format!("[columns] declares `{name}`, which the offers do not have");
        Fault::project(place, what).hint(suggestion(name, offers.names()))
    };
    absent.map(fault).collect()
}

/// The tables, with the faults of both.
fn read(tables: &Tables, columns: &Columns) -> Result<(OfferTable, Option<Vec<SiteLand>>)> {
    let place = tables.offers.display().to_string();
    let Columns { currency, declared, .. } = columns;
    let offers = open(&tables.offers)
        .and_then(|file| csv::read::offers(&csv::read::Schema { place: &place, currency, declared }, file));
    let land = tables
        .site_land
        .as_ref()
        .map(|path| open(path).and_then(|file| csv::read::site_land(&path.display().to_string(), file)));
    match (offers, land.transpose()) {
        (Ok(offers), Ok(land)) => Ok((offers, land)),
        (offers, land) => {
            let faults = [offers.err(), land.err()].into_iter().flatten().flat_map(Faults::into_list).collect();
            Faults::or(faults, (OfferTable::default(), None))
        }
    }
}

/// A fault of the land, at the file it is from.
fn in_file(fault: Fault, tables: &Tables) -> Fault {
    let row = fault.place.strip_prefix(land::TABLE).filter(|row| row.is_empty() || row.starts_with(':'));
    match (&tables.site_land, row) {
        (Some(path), Some(row)) => Fault { place: format!("{}{row}", path.display()), ..fault },
        _ => fault,
    }
}

fn open(path: &Path) -> Result<std::fs::File> {
    std::fs::File::open(path)
        .map_err(|error| Fault::input(path.display().to_string(), format!("cannot read it: {error}")).into())
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}
