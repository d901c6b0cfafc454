//! From the file as written to a project that holds together.

mod inputs;
mod modes;
mod rules;
pub mod scenarios;

use std::path::Path;

use super::document::Document;
use super::file::{Neighbours, ProjectFile};
use super::{Project, SiteSettings};
use crate::fault::{Fault, Result, suggestion};
use crate::kernels::label::Connectivity;
use crate::layer::{SCORE_QUANTUM, step};
use crate::rule::ModeSet;
use crate::tables::Tables;
use crate::units::with_word;

pub use modes::{DEFAULT_SUBSTATIONS, unverified};

/// The only version of the project file there is.
const SCHEMA_VERSION: u32 = 1;

/// Collects the faults of one project.
pub struct Check<'a> {
    document: &'a Document,
    currency: &'a str,
    faults: &'a mut Vec<Fault>,
}

impl Check<'_> {
    /// Adds a fault of the value at `path`.
    fn fault(&mut self, path: &str, what: impl Into<String>, hint: impl Into<String>) {
        self.faults.push(Fault::project(self.document.place(path), what).hint(hint));
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

    /// Adds a fault for every id that appears twice in the list at `path`.
    fn unique<'b>(&mut self, path: &str, ids: impl Iterator<Item = &'b str>) {
        let mut seen = std::collections::BTreeSet::new();
        for (i, id) in ids.enumerate() {
            if !seen.insert(id) {
                self.fault(&format!("{path}.{i}.id"), format!("`{id}` is used twice in [[{path}]]"), "rename one");
            }
        }
    }

    /// The set of modes a list of ids names; all of them without a list.
    fn mode_set(&mut self, path: &str, names: Option<&Vec<String>>, modes: &[String]) -> ModeSet {
        let Some(names) = names else { return ModeSet::first(modes.len().max(1)) };
        let mut set = ModeSet::default();
        for name in names {
            match modes.iter().position(|mode| mode == name) {
                Some(index) => set = set.with(index),
                None => {
                    let hint = suggestion(name, modes.iter().map(String::as_str));
                    self.fault(path, format!("mode `{name}` is not one of this project's [[mode]]"), hint);
                }
            }
        }
        set
    }
}

/// Validates a file. What has faults is left out of the project, and the faults are added to `faults`.
///
/// # Errors
/// If the built-in tables cannot be read.
pub fn project(
    path: &Path,
    file: ProjectFile,
    (document, json): (Document, serde_json::Value),
    faults: &mut Vec<Fault>,
) -> Result<Project> {
    let tables = Tables::builtin()?;
    let currency = file.currency.clone().unwrap_or_else(|| super::HOME_CURRENCY.to_owned()).to_uppercase();
    let mut check = Check { document: &document, currency: &currency, faults };
    head(&mut check, &file);
    let dir = path.parent().unwrap_or(Path::new(""));
    let inputs = inputs::inputs(&mut check, &file, dir, &tables);
    let land = inputs::land(&mut check, &file, &inputs);
    let economics = modes::economics(&mut check, &file, &tables, &currency);
    let names: Vec<String> = economics.modes.iter().map(|mode| mode.id.clone()).collect();
    let scope = rules::Scope { file: &file, inputs: &inputs, tables: &tables, modes: &names };
    let rules = rules::rules(&mut check, &scope);
    let rule_order = rules::order(&mut check, &rules);
    let criteria = rules::criteria(&mut check, &scope);
    let sites = sites(&mut check, &file);
    let land_scheme = land.as_deref().and_then(|land| inputs::scheme(&inputs, &tables, land));
    modes::regions(&mut check, &file, land_scheme);
    let scenarios = scenarios::scenarios(&mut check, &file, land_scheme);
    Ok(Project {
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
        criteria,
        sites,
        economics,
        columns: file.columns.clone(),
        scenarios,
        tables,
        file,
        json,
        document,
    })
}

fn head(check: &mut Check<'_>, file: &ProjectFile) {
    if file.schema_version != SCHEMA_VERSION {
        let what = format!("schema_version {} is not known to this program", file.schema_version);
        check.fault("schema_version", what, format!("write {SCHEMA_VERSION}"));
    }
    check.name("name", &file.name);
    if let Some(currency) = &file.currency
        && (currency.len() != 3 || !currency.chars().all(|c| c.is_ascii_alphabetic()))
    {
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
    if table.min_score > 0.0 && file.criterion.is_empty() {
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
