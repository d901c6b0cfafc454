//! The inputs of a run, open for one thread.

use std::collections::BTreeMap;

use crate::fault::{Fault, Result};
use crate::grid::Window;
use crate::plan::Plan;
use crate::project::InputSpec;
use crate::raster::gdal::read::Reader;
use crate::vector::Shape;
use crate::vector::gdal::VectorReader;

/// Open inputs.
pub struct Sources {
    rasters: BTreeMap<String, Reader>,
    vectors: BTreeMap<String, VectorReader>,
    /// The regions.
    pub regions: VectorReader,
}

impl Sources {
    /// Opens every input of a plan.
    ///
    /// # Errors
    /// If one cannot be opened any more.
    pub fn open(plan: &Plan) -> Result<Self> {
        let access = plan.project.access;
        let mut rasters = BTreeMap::new();
        let mut vectors = BTreeMap::new();
        for (id, input) in &plan.project.inputs {
            match (input, plan.rasters.get(id)) {
                (InputSpec::Raster(spec), Some(placed)) => {
                    rasters.insert(id.clone(), Reader::open(spec, access, &plan.grid, placed)?);
                }
                (InputSpec::Vector(spec), _) => {
                    vectors.insert(id.clone(), VectorReader::open(spec, access, &plan.grid, Some(plan.lonlat))?);
                }
                _ => {}
            }
        }
        let regions = VectorReader::open(&plan.region_spec, access, &plan.grid, Some(plan.lonlat))?;
        Ok(Self { rasters, vectors, regions })
    }

    /// An open raster.
    ///
    /// # Errors
    /// If there is no raster of that id.
    pub fn raster(&self, id: &str) -> Result<&Reader> {
        self.rasters.get(id).ok_or_else(|| Fault::project("", format!("there is no raster input `{id}`")).into())
    }

    /// Shapes of a vector input near a window.
    ///
    /// # Errors
    /// If there is no vector of that id, or it cannot be read.
    pub fn shapes(&self, id: &str, window: Window, reach_m: f64) -> Result<Vec<Shape>> {
        let reader = self.vectors.get(id);
        let reader = reader.ok_or_else(|| Fault::project("", format!("there is no vector input `{id}`")))?;
        Ok(reader.features(window, reach_m)?.into_iter().flat_map(|(_, shapes)| shapes).collect())
    }
}
