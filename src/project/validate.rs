//! From the file as written to a project that holds together.

mod agri;
mod criteria;
mod crops;
mod inputs;
mod law;
mod modes;
mod regions;
mod rules;
pub mod scenarios;
mod subsidence;
pub mod weather;
mod yields;

use std::collections::BTreeMap;
use std::path::Path;

use super::document::Document;
use super::file::{Neighbours, ProjectFile};
use super::left_out::LeftOut;
use super::terms;
use super::{InputSpec, Project, SCHEMA_VERSION, SiteSettings, is_currency};
use crate::fault::{Fault, Result, suggestion};
use crate::kernels::label::Connectivity;
use crate::layer::{SCORE_QUANTUM, step};
use crate::rule::ModeSet;
use crate::tables::Tables;
use crate::units::with_word;

use inputs::Naming;
pub use inputs::lacks_land;
pub use modes::{DEFAULT_SUBSTATIONS, unverified};

/// No two places on earth are farther apart [m].
const FARTHEST_M: f64 = 20_000_000.0;

/// A project, the faults of its file, and the paths of the values that have them.
pub struct Found {
    pub project: Project,
    pub faults: Vec<Fault>,
    pub spoiled: Vec<String>,
}

/// Collects the faults of one project.
pub struct Check<'a> {
    document: &'a Document,
    /// What is missing because its fault is named already: a reference to it is none.
    left_out: &'a LeftOut,
    /// Three-letter currency, upper case.
    currency: String,
    faults: Vec<Fault>,
    spoiled: Vec<String>,
}

impl Check<'_> {
    /// Adds a fault of the value at `path`.
    fn fault(&mut self, path: &str, what: impl Into<String>, hint: impl Into<String>) {
        self.faults.push(Fault::project(self.document.place(path), what).hint(hint));
        self.spoiled.push(path.to_owned());
    }

    /// A key of the schema as written in this project: money in its currency.
    fn shown(&self, key: &str) -> String {
        with_word(key, &self.currency.to_lowercase(), "cny")
    }

    /// Adds a fault if `value` is outside `range`.
    fn within(&mut self, path: &str, value: f64, range: std::ops::RangeInclusive<f64>) {
        if !range.contains(&value) {
            let (least, most) = (range.start(), range.end());
            let what = if most.is_infinite() {
                format!("{value} is below {least}")
            } else {
                format!("{value} is outside {least}–{most}")
            };
            self.fault(path, what, "");
        }
    }

    /// Adds a fault if a name cannot be used in file and column names.
    fn name(&mut self, path: &str, name: &str) {
        let fine = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if name.is_empty() || name.len() > 64 || !name.chars().all(fine) || name.starts_with('-') {
            let what = format!("`{name}` cannot be used as a name");
            self.fault(path, what, "use 1 to 64 letters, digits, `-` and `_`");
        }
    }

    /// Adds a fault if a distance is negative, or larger than any on earth.
    fn distance(&mut self, path: &str, distance_m: f64) {
        if distance_m > FARTHEST_M {
            let hint = "no two places on earth are so far apart";
            self.fault(path, format!("{distance_m} m is beyond {FARTHEST_M} m"), hint);
        }
        self.within(path, distance_m, 0.0..=f64::INFINITY);
    }

    /// Adds a fault for every id that appears twice in the list at `path`.
    fn unique<'b>(&mut self, path: &str, ids: impl Iterator<Item = &'b str>) {
        let mut seen = std::collections::BTreeSet::new();
        for (i, id) in ids.enumerate() {
            if !seen.insert(id) {
                let steps: Vec<&str> = path.split('.').filter(|step| step.parse::<usize>().is_err()).collect();
                let what = format!("`{id}` is used twice in [[{}]]", steps.join("."));
                self.fault(&format!("{path}.{i}.id"), what, "rename one");
            }
        }
    }

    /// Adds a fault if `name` is not among `names`, in words made by `what`, unless it may be what was left out of a list.
    fn known(&mut self, (path, list): (&str, &str), name: &str, names: &[&str], what: impl FnOnce() -> String) -> bool {
        let known = names.contains(&name);
        if !known && !self.left_out.may_be(list, name) {
            self.fault(path, what(), suggestion(name, names.iter().copied()));
        }
        known
    }

    /// The set of modes a list of ids names; all of them without a list.
    fn mode_set(&mut self, path: &str, names: Option<&Vec<String>>, modes: &[&str]) -> ModeSet {
        let Some(names) = names.filter(|names| !names.is_empty()) else {
            if names.is_some() {
                self.fault(path, "it binds no mode", "name at least one, or leave `modes` out to bind all");
            }
            return ModeSet::first(modes.len().max(1));
        };
        let mut set = ModeSet::default();
        for name in names {
            self.known((path, "mode"), name, modes, || format!("mode `{name}` is not one of this project's [[mode]]"));
            let index = modes.iter().position(|mode| mode == name).filter(|index| *index < ModeSet::CAPACITY);
            set = index.map_or(set, |index| set.with(index));
        }
        set
    }
}

/// Resolves and checks the file; what it holds is in the currency of the home tables' keys.
///
/// # Errors
/// If the built-in tables cannot be read, or the document does not fit the types of the file after all.
pub fn project(path: &Path, document: &Document, left_out: &LeftOut) -> Result<Found> {
    let json = document.root.to_json();
    let file: ProjectFile =
        serde_json::from_value(json.clone()).map_err(|error| Fault::project(&document.file, error.to_string()))?;
    let mut tables = Tables::builtin()?;
    let stated = file.currency.as_deref().filter(|currency| is_currency(currency));
    let currency = stated.unwrap_or(super::HOME_CURRENCY).to_uppercase();
    let mut check = Check { document, left_out, currency: currency.clone(), faults: Vec::new(), spoiled: Vec::new() };
    head(&mut check, &file);
    yields::layouts(&mut check, &file, &mut tables);
    yields::settings(&mut check, &file, &tables);
    let dir = path.parent().unwrap_or(Path::new(""));
    let inputs = inputs::inputs(&mut check, &file, dir, &tables);
    let land = inputs::land(&mut check, &file, &inputs);
    let mut economics = modes::economics(&mut check, &file, &tables);
    let modes: Vec<&str> = file.mode.iter().map(|mode| mode.id.as_str()).collect();
    let scope = rules::Scope { file: &file, inputs: &inputs, tables: &tables, modes: &modes };
    let packs = law::packs(&mut check, &file, dir, &tables);
    let rules = rules::rules(&mut check, &scope, (&packs, land.as_deref()));
    let rule_order = rules::order(&mut check, &rules);
    let criteria = criteria::criteria(&mut check, &scope);
    let subsidence = subsidence::subsidence(&mut check, &file, &inputs, &tables);
    let sites = sites(&mut check, &file);
    check.within("agrivoltaics.most_designs", file.agrivoltaics.most_designs as f64, 1.0..=1_000.0);
    let crops = crops::crop_ids(&file, economics.crops.keys());
    let naming = land_naming(&file, left_out, (land.as_deref(), &inputs, &tables));
    let terms = regions::Terms { land: naming, tables: &tables, crops: &crops };
    regions::regions(&mut check, &file, &terms);
    let scenarios = scenarios::scenarios(&mut check, &file, &terms);
    if let Some(base) = &file.base {
        terms::apply(&mut economics, base);
    }
    let Check { faults, spoiled, .. } = check;
    let project = Project {
        path: path.to_owned(),
        name: file.name.clone(),
        title: file.title.clone().unwrap_or_else(|| file.name.clone()),
        currency,
        synthetic: file.synthetic,
        grid: file.grid.clone(),
        region: file.region.clone(),
        inputs,
        access: file.access,
        land,
        rules,
        rule_order,
        law: packs,
        criteria,
        subsidence,
        sites,
        economics,
        columns: file.columns.clone(),
        scenarios,
        tables,
        file,
        json,
        document: document.clone(),
        left_out: left_out.clone(),
    };
    Ok(Found { project, faults, spoiled })
}

/// How classes of land are named.
fn land_naming<'a>(
    file: &ProjectFile,
    left_out: &LeftOut,
    (land, inputs, tables): (Option<&str>, &BTreeMap<String, InputSpec>, &'a Tables),
) -> Naming<'a> {
    match land {
        Some(land) => inputs::naming(inputs, tables, land),
        None if file.land.is_some() || inputs::lacks_land(file, left_out) => Naming::Unclear,
        None => Naming::None,
    }
}

fn head(check: &mut Check<'_>, file: &ProjectFile) {
    if file.schema_version != SCHEMA_VERSION {
        let what = format!("schema_version {} is not known to this program", file.schema_version);
        check.fault("schema_version", what, format!("write {SCHEMA_VERSION}"));
    }
    check.name("name", &file.name);
    if let Some(currency) = file.currency.as_deref().filter(|currency| !is_currency(currency)) {
        let what = format!("`{currency}` is not a currency");
        check.fault("currency", what, "write its three letters, such as CNY or EUR");
    }
    let Some(grid) = &file.grid else { return };
    for (key, size) in [("cell_size_m", grid.cell_size_m), ("cell_size_deg", grid.cell_size_deg)] {
        if size.is_some_and(|size| size <= 0.0) {
            check.fault(&format!("grid.{key}"), "the cell size must be positive", "");
        }
    }
    if let Some([x_min, y_min, x_max, y_max]) = grid.extent
        && (x_min >= x_max || y_min >= y_max)
    {
        check.fault("grid.extent", "the extent is empty", "write [xmin, ymin, xmax, ymax]");
    }
    let sizes = usize::from(grid.cell_size_m.is_some()) + usize::from(grid.cell_size_deg.is_some());
    match &grid.like {
        Some(_) if sizes > 0 || grid.crs.is_some() => {
            check.fault("grid.like", "`like` already gives the system and the cells", "remove `crs` and the cell size");
        }
        None if grid.crs.is_none() || sizes != 1 => {
            let hint = "give `crs` and one of `cell_size_m` and `cell_size_deg`, or `like`";
            check.fault("grid", "the grid is not determined", hint);
        }
        _ => {}
    }
}

fn sites(check: &mut Check<'_>, file: &ProjectFile) -> Option<SiteSettings> {
    let table = file.sites.as_ref()?;
    check.within("sites.min_area_ha", table.min_area_ha, 0.0..=f64::INFINITY);
    check.within("sites.min_score", table.min_score, 0.0..=1.0);
    if table.min_score > 0.0 && file.criterion.is_empty() && !check.left_out.any("criterion") {
        check.fault("sites.min_score", "there is no [[criterion]] to score by", "add one, or remove `min_score`");
    }
    if let Some(max_area_ha) = table.max_area_ha
        && (max_area_ha <= 0.0 || max_area_ha < 2.0 * table.min_area_ha)
    {
        let what = format!("max_area_ha {max_area_ha} is below twice min_area_ha {}", table.min_area_ha);
        check.fault("sites.max_area_ha", what, "land cannot be cut so that every piece fits both");
    }
    let connectivity = match table.connectivity {
        Neighbours::Queen => Connectivity::Queen,
        Neighbours::Rook => Connectivity::Rook,
    };
    let max_area_ha = table.max_area_ha.unwrap_or(f64::INFINITY);
    let min_score = step(table.min_score as f32, SCORE_QUANTUM);
    Some(SiteSettings { min_area_ha: table.min_area_ha, max_area_ha, connectivity, min_score })
}
