//! Extraction panels at the edge: from the features of a layer to a scene, every fault named by panel.

mod attributes;
mod draws;
mod one;

use std::collections::BTreeSet;

use crate::fault::{Fault, Faults, Result, counted, listed};
use crate::grid::Grid;
use crate::project::VectorSpec;
use crate::project::file::Access;
use crate::project::subsidence::SubsidenceSettings;
use crate::subsidence::outline::Outline;
use crate::subsidence::panel::Panel;
use crate::subsidence::scene::{Scene, Terms};
use crate::tables::Tables;
use crate::vector::Record;
use crate::vector::gdal::{LayerInfo, VectorReader};
use attributes::{Attributes, FIELDS};
use one::panel;

/// Letters that a name of a field has in a shapefile.
const CUT_AT: usize = 10;

/// Panels read, and what the user should know of them.
#[derive(Debug, Clone)]
pub struct Panels {
    /// What they make of the ground.
    pub scene: Scene,
    /// Notes.
    pub notes: Vec<String>,
    /// Ids of the panels, in the order of the layer.
    pub ids: Vec<String>,
    /// Ids of the overburden classes that tell what panels do not.
    pub classes: BTreeSet<String>,
}

/// How to find the depth of a seam below an outline where a panel does not state it: mean over its inside [m]; `None` where it is
/// not known.
pub type DepthBelow<'a> = &'a dyn Fn(&Outline) -> Result<Option<f64>>;

/// What panels are read with.
pub struct Reading<'a> {
    /// What is asked of them.
    pub settings: &'a SubsidenceSettings,
    /// Built-in tables.
    pub tables: &'a Tables,
    /// Depth of the seam, where there is a map of it.
    pub depth_below: Option<DepthBelow<'a>>,
}

/// Reads the panels of a layer, carried to a grid.
///
/// # Errors
/// If the layer cannot be read, or a panel lacks something or has something impossible: all of it, by panel.
pub fn read(
    spec: &VectorSpec,
    access: Access,
    (info, grid): (&LayerInfo, &Grid),
    reading: &Reading<'_>,
) -> Result<Panels> {
    of_records(&records(spec, access, (info, grid))?, reading)
}

/// Reads the features of a layer of panels, carried to a grid.
///
/// # Errors
/// If the layer cannot be read.
pub fn records(spec: &VectorSpec, access: Access, (info, grid): (&LayerInfo, &Grid)) -> Result<Records> {
    let id_field = spec.id_field.as_deref();
    // Shapefiles cut names at ten letters.
    let is_named =
        |field: &str, known: &String| known == field || known.len() == CUT_AT && field.starts_with(known.as_str());
    let named = |field: &'static str| Some((field, info.fields.iter().find(|known| is_named(field, known))?.as_str()));
    let own = id_field.filter(|field| info.fields.iter().any(|known| known == field));
    let (fields, names): (Vec<&str>, Vec<&str>) =
        FIELDS.into_iter().filter_map(named).chain(own.map(|field| (field, field))).unzip();
    let records = VectorReader::open(spec, access, grid, None)?.records(&names)?;
    let id_field = id_field.map(str::to_owned);
    let fields = fields.into_iter().map(str::to_owned).collect();
    Ok(Records { place: spec.path.display().to_string(), fields, id_field, features: records })
}

/// Parameters that all panels have in common.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shared {
    /// Subsidence factor [1].
    pub q: f64,
    /// Tangent of the main influence angle [1].
    pub tan_beta: f64,
    /// Offset of the inflection points over depth [1].
    pub offset_per_depth: f64,
}

impl Shared {
    fn put_into(&self, panel: &mut Panel) {
        let added = panel.final_factor - panel.subsidence_factor;
        panel.subsidence_factor = self.q;
        panel.final_factor = self.q + added;
        panel.tan_beta = [self.tan_beta; 3];
        panel.offsets_m = [self.offset_per_depth * panel.depth_m; 4];
    }
}

/// Means of the panels' own parameters.
///
/// # Errors
/// As [`read`].
pub fn common(records: &Records, reading: &Reading<'_>) -> Result<Shared> {
    let found = of_records(records, reading)?;
    let panels = found.scene.panels();
    let mean = |of: &dyn Fn(&Panel) -> f64| panels.clone().map(of).sum::<f64>() / panels.clone().count() as f64;
    Ok(Shared {
        q: mean(&|panel| panel.subsidence_factor),
        tan_beta: mean(&|panel| panel.tan_beta[0]),
        offset_per_depth: mean(&|panel| panel.offsets_m[0] / panel.depth_m),
    })
}

/// Panels with the same parameters in place of their own.
///
/// # Errors
/// As [`read`]; also if the offset leaves nothing of a panel.
pub fn with_shared(records: &Records, reading: &Reading<'_>, shared: &Shared) -> Result<Panels> {
    made(records, reading, Some(shared))
}

/// Records of a layer of panels.
#[derive(Debug, Clone)]
pub struct Records {
    place: String,
    fields: Vec<String>,
    id_field: Option<String>,
    features: Vec<Record>,
}

/// Panels of the records of a layer.
///
/// # Errors
/// As [`read`].
pub fn of_records(records: &Records, reading: &Reading<'_>) -> Result<Panels> {
    made(records, reading, None)
}

fn made(layer: &Records, reading: &Reading<'_>, shared: Option<&Shared>) -> Result<Panels> {
    let Records { place, fields, id_field, features: records } = layer;
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    let (mut faults, mut notes) = (Vec::new(), Vec::new());
    if records.is_empty() {
        return Err(Fault::input(place, "has no panel").hint("check `where`, and that it is the right layer").into());
    }
    let mut found = Vec::new();
    let mut ids = Vec::new();
    let mut varied = Vec::new();
    let mut tally = Tally::default();
    for record in records {
        let attributes = Attributes::new(record, &fields);
        let id = attributes.id(id_field.as_deref()).unwrap_or_else(|| record.number.to_string());
        let place = format!("{place}: panel {id}");
        match panel(&place, &attributes, (record, reading), &mut tally) {
            Ok((mut terms, range)) => {
                if let Some(shared) = shared {
                    shared.put_into(&mut terms.panel);
                }
                let Some(sources) = terms.panel.sources() else {
                    let what = "nothing of it is left within the offsets of the inflection points";
                    let hint = "are they larger than half of its width? with dip, are width and depth right?";
                    faults.push(Fault::input(place, what).hint(hint));
                    continue;
                };
                found.push((terms, sources));
                varied.push(range);
                ids.push(id);
            }
            Err(more) => faults.extend(more.into_list()),
        }
    }
    notes.extend(tally.notes(reading));
    let mut seen = BTreeSet::new();
    let twice: BTreeSet<&str> = ids.iter().map(String::as_str).filter(|id| !seen.insert(*id)).collect();
    if !twice.is_empty() {
        let names: Vec<&str> = twice.into_iter().collect();
        notes.push(format!("several panels are called {}: all of them count", listed(&names)));
    }
    let samples = draws::variations(&varied, reading.settings.samples, reading.settings.seed);
    let certain = varied.iter().filter(|ranges| ranges.is_certain()).count();
    if reading.settings.samples > 0 && certain > 0 {
        notes.push(format!(
            "{} with q and tan_beta of its own: only its pace is uncertain; name an overburden class to let them vary",
            counted(certain, "panel")
        ));
    }
    let scene = Scene::new(found, terms(reading), samples);
    let classes = varied.iter().filter_map(|range| reading.tables.overburden.get(range.class));
    let classes = classes.map(|class| class.id.clone()).collect();
    Faults::or(faults, Panels { scene, notes, ids, classes })
}

fn terms(reading: &Reading<'_>) -> Terms {
    let (settings, settling) = (reading.settings, &reading.tables.settling);
    Terms {
        date_yr: settings.date_yr(),
        life_yr: settings.life_yr,
        stability: settling.stability_limits(),
        damage: settling.damage_limits(),
        water: settling.water_limits(),
        edge_m: settling.extent.edge_m.value,
        seasonal_m: settings.seasonal_m,
        rates: settings.rates,
        tracks: settings.tracks.clone(),
    }
}

/// What is worth telling of all panels together.
#[derive(Debug, Default)]
struct Tally {
    without_offset: usize,
    without_dip: usize,
    without_advance: usize,
    steep: usize,
}

impl Tally {
    fn notes(&self, reading: &Reading<'_>) -> Vec<String> {
        let of = |number: usize, what: &str| (number > 0).then(|| format!("{} {what}", counted(number, "panel")));
        let followed = reading.settings.date.is_some();
        [
            of(self.without_dip, "without dip_deg: taken as level"),
            of(self.without_offset, "without offset_m and overburden: inflection points taken at the edges"),
            of(
                if followed { self.without_advance } else { 0 },
                "without advance_azimuth_deg: taken as extracted at its end, all at once",
            ),
            of(self.steep, "steeper than 55 deg: the method is not made for them"),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}
