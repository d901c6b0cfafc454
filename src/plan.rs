//! The plan of a run: the project joined with what its inputs turn out to be.
//!
//! Making a plan opens every input once, looks at headers, takes vector layers in, and finds all that cannot fit. It reads
//! no cells. A plan is immutable and shared by all threads.

mod demands;
mod ground;
mod inputs;
mod law;
pub mod mined;
mod outputs;

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::fault::{Fault, Result};
use crate::grid::{Extent, Grid, Window};
use crate::layer::LayerName;
use crate::mode::{Footing, LandKind};
use crate::panels::Panels;
use crate::project::Project;
use crate::raster::gdal::read::Placed;
use crate::resource::fields::Fields;
use crate::resource::{self, Resource, Wanted};
use crate::rule::ModeSet;
use crate::vector::gdal::LayerInfo;
use crate::vector::{Shape, ShapeSet};

pub use demands::{YieldSource, rent_per_ha_yr};
pub use ground::within_degrees;
pub use outputs::edge_note;

/// Everything the tiles need to know.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The project.
    pub project: Project,
    /// The run's grid.
    pub grid: Grid,
    /// The grid's extent in degrees.
    pub lonlat: Extent,
    /// Raster inputs and how they lie to the grid.
    pub rasters: BTreeMap<String, Placed>,
    /// Vector inputs.
    pub vectors: BTreeMap<String, VectorLayer>,
    /// The layer of the regions.
    pub region_layer: LayerInfo,
    /// Ids of the regions; a region's place here is its number.
    pub regions: Vec<String>,
    /// Polygons of the regions with the region's number, in the order of the layer.
    pub region_shapes: Vec<(u16, ShapeSet)>,
    /// Substations, in order of their ids.
    pub substations: Vec<Substation>,
    /// Where the yield of each layout comes from, for all layouts in use.
    pub yields: BTreeMap<String, YieldSource>,
    /// What sun and weather tell, where a yield comes from them.
    pub resource: Option<Arc<Resource>>,
    /// Light and water beneath the designs of modes with crops; `None` without any.
    pub fields: Option<Arc<Fields>>,
    /// Panels of old coal workings and what they make of the ground, where the project asks for it.
    pub mined: Option<Arc<Panels>>,
    /// Files of all inputs and of the regions.
    pub files: Vec<InputFile>,
    /// What the user should know of the inputs.
    pub notes: Vec<String>,
}

/// A vector input, on the grid.
#[derive(Debug, Clone)]
pub struct VectorLayer {
    /// What the layer is.
    pub info: LayerInfo,
    /// Its shapes as far from the grid as anything looks.
    pub shapes: ShapeSet,
}

/// A place where power can be fed in.
#[derive(Debug, Clone, PartialEq)]
pub struct Substation {
    /// Its id.
    pub id: String,
    /// Capacity it can take [MW AC], where the layer says so.
    pub hosting_mw: Option<f64>,
    /// Where it is, in grid coordinates.
    pub shapes: Vec<Shape>,
}

/// Id under which the files of the regions are listed.
pub const REGION: &str = "[region]";

/// Id under which the files of the project's own packs of land law are listed.
pub const LAW: &str = "[law]";

/// A file an input consists of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct InputFile {
    /// Id of the input.
    pub input: String,
    /// Where it is.
    pub path: PathBuf,
    /// How it was found; `None` for what the operating system does not know.
    stamp: Option<Stamp>,
}

/// Size, time of the last change and number of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Stamp {
    bytes: u64,
    changed: (i64, i64),
    inode: u64,
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let found = path.metadata().ok()?;
        Some(Self { bytes: found.size(), changed: (found.mtime(), found.mtime_nsec()), inode: found.ino() })
    }
}

impl InputFile {
    /// A file of an input, as it is now.
    pub fn new(input: &str, path: &Path) -> Self {
        Self { input: input.to_owned(), path: path.to_owned(), stamp: Stamp::of(path) }
    }

    /// Whether it is still as it was found.
    pub fn is_as_found(&self) -> bool {
        Stamp::of(&self.path) == self.stamp
    }
}

/// What became of a project when its inputs were looked at.
#[derive(Debug, Default)]
pub struct Inspection {
    /// The plan, of whatever could be read; `None` without a grid.
    pub plan: Option<Plan>,
    /// Ids that scenarios may name.
    pub names: Names,
    /// Every fault.
    pub faults: Vec<Fault>,
}

/// Ids that scenarios may name; `None` where they could not be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// Of the regions.
    pub regions: Option<Vec<String>>,
    /// Of the substations.
    pub substations: Option<Vec<String>>,
}

/// Faults of a project without what every run needs.
fn lacking(project: &Project) -> impl Iterator<Item = Fault> {
    let needed = [(project.grid.is_some(), "grid"), (project.region.is_some(), "region")];
    let lacking = needed.into_iter().filter(|(given, table)| !given && !project.left_out.any(table));
    lacking.map(|(_, table)| Fault::project(project.document.place(""), format!("a run needs [{table}]")))
}

/// What sun and weather tell of yields, and of the fields beneath arrays, as far as either is asked for.
fn under_the_sky(project: &Project, grid: &Grid, wanted: &Wanted<'_>) -> Result<(Option<Resource>, Option<Fields>)> {
    let has_crops = project.economics.modes.iter().any(|mode| !mode.crops.is_empty());
    let climate = if wanted.is_empty() && !has_crops { None } else { resource::climate_of(project)?.map(Arc::new) };
    let fields = Fields::new(project, grid, climate.clone())?;
    let lit = climate.filter(|_| !wanted.is_empty());
    Ok((lit.map(|climate| Resource::new(project, grid, climate, wanted)).transpose()?, fields))
}

impl Plan {
    /// Makes as much of the plan as possible, with every fault. What cannot be read is missing from it, and what only
    /// follows from that is no fault.
    pub fn inspect(project: &Project) -> Inspection {
        let mut faults = Vec::new();
        faults.extend(lacking(project));
        let found = inputs::probe(project, &mut faults);
        let layer = ground::region_layer(project, &mut faults);
        let Some((grid, lonlat)) = ground::grid(project, &mut faults) else {
            demands::demands(project, None, &mut faults);
            return Inspection { faults, ..Inspection::default() };
        };
        let placed = inputs::place(project, found, (&grid, lonlat), &mut faults);
        let regions = layer.and_then(|layer| ground::regions(project, layer, (&grid, lonlat), &mut faults));
        let substations = ground::substations(project, (&grid, lonlat), &mut faults);
        let yields = demands::demands(project, regions.as_ref().map(|regions| &regions.ids[..]), &mut faults);
        let wanted = demands::under_the_sun(project, &yields, &mut faults);
        let (resource, fields) = under_the_sky(project, &grid, &wanted).unwrap_or_else(|more| {
            faults.extend(more.into_list());
            (None, None)
        });
        let mined = mined::panels(project, &placed.vectors, &grid, &mut faults);
        outputs::check(project, &outputs::derived(project, &yields), &mut faults);
        let mut notes = placed.notes;
        let of_sky = resource.iter().flat_map(resource::notes).chain(fields.iter().flat_map(Fields::notes));
        notes.extend(of_sky.chain(law::notes(project)));
        notes.extend(mined.iter().flat_map(|panels| &panels.notes).map(|note| format!("panels: {note}")));
        notes.extend(demands::mixed_note(&yields));
        notes.extend(demands::unused_note(&project.file.layout, &yields));
        if resource.as_ref().is_some_and(|resource| resource.directions > 0) {
            let model = placed.rasters.get(crate::layer::DEM);
            notes.extend(model.and_then(|model| outputs::model_note(project, &grid, model)));
        }
        let names = Names {
            regions: regions.as_ref().map(|regions| regions.ids.clone()),
            substations: substations.as_ref().map(|list| list.iter().map(|one| one.id.clone()).collect()),
        };
        let regions = regions.unwrap_or_else(|| ground::Regions::none(&grid));
        let mut files = placed.files;
        files.extend(regions.layer.files.iter().map(|path| InputFile::new(REGION, path)));
        files.extend(law::files(project));
        files.sort();
        files.dedup();
        let plan = Self {
            grid,
            lonlat,
            rasters: placed.rasters,
            vectors: placed.vectors,
            region_layer: regions.layer,
            regions: regions.ids,
            region_shapes: regions.shapes,
            substations: substations.unwrap_or_default(),
            yields,
            files,
            notes,
            resource: resource.map(Arc::new),
            fields: fields.map(Arc::new),
            mined: mined.map(Arc::new),
            project: project.clone(),
        };
        Inspection { plan: Some(plan), names, faults }
    }

    /// The ids that scenarios may name.
    pub fn names(&self) -> Names {
        let substations = self.substations.iter().map(|substation| substation.id.clone());
        Names { regions: Some(self.regions.clone()), substations: Some(substations.collect()) }
    }

    /// The fault of a grid none of whose cells lies in a region.
    pub fn without_cells(&self) -> Fault {
        let place = self.region_layer.files.first().map(|path| path.display().to_string()).unwrap_or_default();
        let hint = "are the cells larger than the regions, or the regions elsewhere?";
        Fault::input(place, "no cell centre of the grid lies in a region").hint(hint)
    }

    /// A fault if a file has changed since the plan was made: what is read from it now is not what it was hashed as.
    ///
    /// # Errors
    /// If so.
    pub fn inputs_are_as_found(&self) -> Result<()> {
        let changed = self.files.iter().find(|file| !file.is_as_found());
        changed.map_or(Ok(()), |file| {
            let what = "has changed while it was read";
            Err(Fault::input(file.path.display().to_string(), what).hint("run again when nothing writes to it").into())
        })
    }

    /// The rectangle, in grid coordinates, of everything within reach of a window.
    pub fn near(&self, window: Window, reach_m: f64) -> Extent {
        self.grid.extent_of(window.padded(self.grid.margin(reach_m)))
    }

    /// Shapes of a vector input within reach of a window.
    pub fn shapes(&self, input: &str, window: Window, reach_m: f64) -> impl Iterator<Item = &Shape> {
        let near = self.near(window, reach_m);
        self.vectors.get(input).into_iter().flat_map(move |layer| layer.shapes.near(near))
    }

    /// Number of modes that rules and scores tell apart; 1 for a project without modes, whose land is for anything.
    pub fn mode_count(&self) -> usize {
        self.project.economics.modes.len().max(1)
    }

    /// The set of all modes.
    pub fn all_modes(&self) -> ModeSet {
        ModeSet::first(self.mode_count())
    }

    /// Ids of the modes; one empty id for a project without modes.
    pub fn mode_ids(&self) -> Vec<String> {
        let ids: Vec<String> = self.project.economics.modes.iter().map(|mode| mode.id.clone()).collect();
        if ids.is_empty() { vec![String::new()] } else { ids }
    }

    /// Modes that may stand on a kind of land.
    ///
    /// - `ground`: what was decided of the mined-out land there; `None` in a project that does not ask for it.
    pub fn modes_on(&self, kind: LandKind, ground: Option<Footing>) -> ModeSet {
        let modes = self.project.economics.modes.iter().enumerate();
        modes.filter(|(_, mode)| mode.fits(kind, ground)).fold(ModeSet::default(), |set, (i, _)| set.with(i))
    }

    /// Whether there is an elevation model.
    pub fn has_dem(&self) -> bool {
        outputs::has_dem(&self.project)
    }

    /// Derived quantities of every run: terrain where there is an elevation model, and a yield for each layout. Sites have
    /// their means, whether or not they are written.
    pub fn output_layers(&self) -> Vec<LayerName> {
        outputs::derived(&self.project, &self.yields)
    }

    /// Whether a layer is to be written.
    pub fn writes(&self, layer: &str) -> bool {
        outputs::writes(&self.project, layer)
    }

    /// The derived layers that are to be written.
    pub fn written_layers(&self) -> Vec<LayerName> {
        let written = |layer: &LayerName| *layer != LayerName::Elevation && self.writes(&layer.to_string());
        self.output_layers().into_iter().filter(written).collect()
    }
}
