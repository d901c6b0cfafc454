//! The plan of a run: the project joined with what its inputs turn out to be.
//!
//! Making a plan opens every input once, looks at headers, takes vector layers in, and finds all that cannot fit. It reads
//! no cells. A plan is immutable and shared by all threads.

mod demands;
mod ground;
mod inputs;

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::fault::{Fault, Faults, Result};
use crate::grid::{Extent, Grid, Window};
use crate::layer::LayerName;
use crate::mode::LandKind;
use crate::project::{InputSpec, Project};
use crate::raster::gdal::read::Placed;
use crate::rule::ModeSet;
use crate::vector::gdal::LayerInfo;
use crate::vector::{Shape, ShapeSet};

pub use demands::{YieldSource, rent_per_ha_yr};

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

impl Plan {
    /// Makes the plan of a project.
    ///
    /// # Errors
    /// Every fault of the inputs and of how they fit the project, together.
    pub fn new(project: Project) -> Result<Self> {
        let (plan, faults) = Self::inspect(project);
        match plan {
            Some(plan) if faults.is_empty() => Ok(plan),
            _ => Err(Faults::or(faults, ()).err().unwrap_or_else(|| Fault::project("", "no plan").into())),
        }
    }

    /// Makes as much of the plan as possible, with every fault.
    pub fn inspect(project: Project) -> (Option<Self>, Vec<Fault>) {
        if !project.stays_within_access() {
            // The project's own check has named the path.
            return (None, Vec::new());
        }
        let mut faults = Vec::new();
        for (given, table) in [(project.grid.is_some(), "[grid]"), (project.region.is_some(), "[region]")] {
            if !given {
                let place = project.document.place("");
                faults.push(Fault::project(place, format!("a run needs {table}")));
            }
        }
        let found = inputs::probe(&project, &mut faults);
        let grid = ground::grid(&project, &mut faults);
        let Some((grid, lonlat)) = grid else { return (None, faults) };
        let placed = inputs::place(&project, found, (&grid, lonlat), &mut faults);
        let regions = ground::regions(&project, (&grid, lonlat), &mut faults);
        let substations = ground::substations(&project, (&grid, lonlat), &mut faults);
        let Some(regions) = regions else { return (None, faults) };
        demands::regions_known(&project, &regions.ids, &mut faults);
        let yields = demands::yields(&project, &regions.ids, &mut faults);
        demands::economics(&project, &regions.ids, &mut faults);
        let mut files = placed.files;
        files.extend(regions.layer.files.iter().map(|path| InputFile::new(REGION, path)));
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
            substations,
            yields,
            files,
            notes: placed.notes,
            project,
        };
        (Some(plan), faults)
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
    pub fn modes_on(&self, kind: LandKind) -> ModeSet {
        let modes = self.project.economics.modes.iter().enumerate();
        modes.filter(|(_, mode)| mode.land.contains(&kind)).fold(ModeSet::default(), |set, (i, _)| set.with(i))
    }

    /// Derived quantities every run writes: terrain where there is an elevation model, and a yield for each layout.
    pub fn output_layers(&self) -> Vec<LayerName> {
        let has_dem = matches!(self.project.inputs.get(crate::layer::DEM), Some(InputSpec::Raster(_)));
        let terrain = [LayerName::Elevation, LayerName::Slope, LayerName::Aspect];
        let terrain = terrain.into_iter().filter(|_| has_dem);
        terrain.chain(self.yields.keys().map(|layout| LayerName::Yield(layout.clone()))).collect()
    }
}
