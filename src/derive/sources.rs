//! The raster inputs of a run, open for one thread.

use std::collections::BTreeMap;

use crate::fault::{Fault, Result};
use crate::plan::Plan;
use crate::project::InputSpec;
use crate::raster::gdal::read::Reader;

/// Open raster inputs.
pub struct Sources {
    rasters: BTreeMap<String, Reader>,
}

impl Sources {
    /// Opens every raster input of a plan.
    ///
    /// # Errors
    /// If one cannot be opened any more.
    pub fn open(plan: &Plan) -> Result<Self> {
        let mut rasters = BTreeMap::new();
        for (id, placed) in &plan.rasters {
            if let Some(InputSpec::Raster(spec)) = plan.project.inputs.get(id) {
                rasters.insert(id.clone(), Reader::open(spec, plan.project.access, &plan.grid, placed)?);
            }
        }
        Ok(Self { rasters })
    }

    /// An open raster.
    ///
    /// # Errors
    /// If there is no raster of that id.
    pub fn raster(&self, id: &str) -> Result<&Reader> {
        self.rasters.get(id).ok_or_else(|| Fault::project("", format!("there is no raster input `{id}`")).into())
    }
}
