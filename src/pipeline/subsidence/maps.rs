//! The state of the ground as rasters.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ndarray::Array2;
use serde_json::{Value, json};

use super::{FIT, Order, REPORT, Soil, Water, fit, in_metres, panels, report, told, write_json};
use crate::export::json_number;
use crate::fault::Result;
use crate::grid::{Grid, Window};
use crate::kernels::burn;
use crate::layer::quantise;
use crate::pipeline::{Event, Watch};
use crate::project::file::Access;
use crate::project::{RasterSpec, VectorSpec};
use crate::raster::gdal::open;
use crate::raster::gdal::read::{Placed, Reader, align};
use crate::raster::gdal::write::{self, BandText, Overviews, TiffWriter};
use crate::store::bundle::Bundle;
use crate::subsidence::decision::Decision;
use crate::subsidence::quantity::Quantity;
use crate::subsidence::scene::{Scene, Surroundings};
use crate::tables::Tables;
use crate::tiles::{self, Tile, Tiling};
use crate::units::AreaMm2;
use crate::vector::gdal::VectorReader;
use crate::vector::{ShapeKind, ShapeSet};

/// Writes the rasters.
pub fn write(order: &Order, like: &Path, watch: &Watch<'_>) -> Result<Vec<String>> {
    let place = like.display().to_string();
    let grid = open::band_info(like, 1, Access::default())?.grid(&place)?;
    in_metres(&grid.crs, &place)?;
    let tables = Tables::builtin()?;
    let found = panels(order, &grid, &tables)?;
    let protected = order.protected.as_ref().map(|path| shapes(path, &grid)).transpose()?;
    let fitted = order.levelling.as_ref().map(|path| fit::fit(order, path, (&grid, &tables))).transpose()?;
    let wanted = if order.layers.is_empty() { told(order) } else { order.layers.clone() };
    let names: Vec<String> = wanted.iter().map(|quantity| format!("{}.tif", quantity.name())).collect();
    let names = names.into_iter().chain(fitted.is_some().then(|| FIT.to_owned())).chain([REPORT.to_owned()]).collect();
    let folder = Bundle::begin(&order.out, names, &[&order.panels.path, like], order.overwrite)?;
    let tiling = Tiling::new(&grid, order.tile_cells);
    (watch.tell)(Event::Stage("subsidence", tiling.tiles.len()));
    let mut files = Files::create(folder.scratch(), &grid, &wanted)?;
    let ground = Ground { order, grid: &grid, scene: &found.scene, protected: protected.as_ref(), wanted: &wanted };
    let mut sums = Sums::default();
    // As many tiles at once as there are threads: what they hold is written before the next ones are begun.
    for some in tiling.tiles.chunks(order.threads.max(1)) {
        let look = |maps: &mut Maps, tile: &Tile| {
            let looked = ground.look(maps, tile.window);
            (watch.tell)(Event::Step);
            looked
        };
        for (window, layers, more) in
            tiles::for_each(some, order.threads, watch.cancel, || Maps::open(order, &grid), look)?
        {
            sums.merge(&more);
            files.write(window, layers)?;
        }
    }
    files.finish(folder.scratch(), order.threads, watch)?;
    let notes = super::notes(order, &found);
    write_json(folder.scratch(), REPORT, &report(order, (&found, &tables), &sums.json(&grid)))?;
    if let Some(fitted) = &fitted {
        write_json(folder.scratch(), FIT, fitted)?;
    }
    folder.publish()?;
    Ok(notes)
}

fn shapes(path: &Path, grid: &Grid) -> Result<ShapeSet> {
    let spec = VectorSpec { path: path.to_owned(), ..VectorSpec::default() };
    Ok(ShapeSet::new(VectorReader::open(&spec, Access::default(), grid, None)?.shapes(0.0)?))
}

/// Open rasters of one thread.
struct Maps {
    groundwater: Option<Reader>,
    ground: Option<Reader>,
    velocities: Vec<Reader>,
}

impl Maps {
    fn open(order: &Order, grid: &Grid) -> Result<Self> {
        let open = |path: &PathBuf| {
            let spec = RasterSpec::amounts(path);
            let info = open::band_info(path, 1, Access::default())?;
            let placed = Placed { alignment: align(&spec, &info, grid, None)?, info, interest: None };
            Reader::open(&spec, Access::default(), grid, &placed)
        };
        let groundwater = match &order.groundwater {
            Some(Water::Raster(path)) => Some(open(path)?),
            _ => None,
        };
        let ground = order.outlet_level_m.and(order.ground.as_ref()).map(open).transpose()?;
        let velocities = order.velocities.iter().map(|(path, _)| open(path)).collect::<Result<_>>()?;
        Ok(Self { groundwater, ground, velocities })
    }
}

/// What is looked at.
struct Ground<'a> {
    order: &'a Order,
    grid: &'a Grid,
    scene: &'a Scene,
    protected: Option<&'a ShapeSet>,
    wanted: &'a [Quantity],
}

/// Layers of a tile, by quantity.
type Layers = BTreeMap<Quantity, Array2<f32>>;

impl Ground<'_> {
    fn look(&self, maps: &Maps, window: Window) -> Result<(Window, Layers, Sums)> {
        let around = self.around(maps, window)?;
        // What the report counts is looked at whether or not it is written.
        let counted = [Quantity::Subsidence, Quantity::Residual, Quantity::Decision];
        let mut all = self.wanted.to_vec();
        all.extend(counted.into_iter().filter(|quantity| !self.wanted.contains(quantity)));
        let mut layers = self.scene.look(self.grid, window, &around, &all);
        for (quantity, values) in &mut layers {
            quantise(values, quantity.quantum());
        }
        let sums = Sums::of(&layers);
        layers.retain(|quantity, _| self.wanted.contains(quantity));
        Ok((window, layers, sums))
    }

    fn around(&self, maps: &Maps, window: Window) -> Result<Surroundings> {
        let order = self.order;
        let groundwater_m = match (&order.groundwater, &maps.groundwater) {
            (_, Some(reader)) => Some(reader.read_quantity(window)?),
            (Some(Water::Depth(depth_m)), None) => Some(Array2::from_elem(window.shape(), *depth_m as f32)),
            _ => None,
        };
        let outlet_above_m = match (order.outlet_level_m, &maps.ground) {
            (Some(level_m), Some(reader)) => {
                Some(reader.read_quantity(window)?.mapv(|ground_m| level_m as f32 - ground_m))
            }
            _ => None,
        };
        let protected = self.protected.map(|shapes| {
            let mut mask = Array2::from_elem(window.shape(), false);
            let near = shapes.near(self.grid.extent_of(window)).filter(|shape| shape.kind == ShapeKind::Polygons);
            near.for_each(|shape| burn::polygon(&shape.parts, self.grid, window, &mut mask));
            mask
        });
        let fertile = (order.soil == Soil::Good).then(|| Array2::from_elem(window.shape(), true));
        let seen = maps
            .velocities
            .iter()
            .zip(&order.velocities)
            .map(|(reader, (_, factor))| Ok(reader.read_quantity(window)?.mapv(|seen| seen * *factor as f32)));
        let seen_m_per_yr = seen.collect::<Result<_>>()?;
        Ok(Surroundings { groundwater_m, outlet_above_m, fertile, protected, seen_m_per_yr })
    }
}

/// What the report tells of all cells.
#[derive(Debug, Default)]
struct Sums {
    /// Volume of subsidence and of residual settlement over the area of a cell [m].
    sunk_m: [f64; 2],
    deepest_m: f64,
    /// Cells by code of their decision.
    decided: BTreeMap<u8, u64>,
    /// Cells of mined-out land of which too little is known.
    undecided: u64,
}

impl Sums {
    fn of(layers: &Layers) -> Self {
        let mut sums = Self::default();
        for (sum, quantity) in sums.sunk_m.iter_mut().zip([Quantity::Subsidence, Quantity::Residual]) {
            *sum = layers.get(&quantity).into_iter().flatten().map(|&value| f64::from(value)).sum();
        }
        let subsidence = layers.get(&Quantity::Subsidence).into_iter().flatten();
        sums.deepest_m = subsidence.copied().fold(0.0, f32::max).into();
        for &code in layers.get(&Quantity::Decision).into_iter().flatten() {
            if code.is_nan() {
                sums.undecided += 1;
            } else {
                *sums.decided.entry(code as u8).or_default() += 1;
            }
        }
        sums
    }

    /// Adds another tile; tiles come in one order, so that sums are the same every time.
    fn merge(&mut self, other: &Self) {
        self.sunk_m.iter_mut().zip(other.sunk_m).for_each(|(mine, theirs)| *mine += theirs);
        self.deepest_m = self.deepest_m.max(other.deepest_m);
        self.undecided += other.undecided;
        for (code, cells) in &other.decided {
            *self.decided.entry(*code).or_default() += cells;
        }
    }

    fn json(&self, grid: &Grid) -> Value {
        let cell = grid.cell_area(0);
        let ha = |cells: u64| json_number(cell.times(cells).ha());
        let cell_m2 = AreaMm2::ha(cell) * crate::units::M2_PER_HA;
        let of = |decision: &Decision| {
            let cells = self.decided.get(&(*decision as u8)).copied().unwrap_or(0);
            (decision.name().to_owned(), ha(cells))
        };
        json!({
            "volume_m3": json_number(self.sunk_m[0] * cell_m2),
            "residual_volume_m3": json_number(self.sunk_m[1] * cell_m2),
            "deepest_m": json_number(self.deepest_m),
            "decisions_ha": Value::Object(Decision::ALL.iter().map(of).collect()),
            "undecided_ha": ha(self.undecided),
        })
    }
}

/// The files while they are written.
struct Files {
    layers: BTreeMap<Quantity, (TiffWriter, PathBuf)>,
}

impl Files {
    fn create(dir: &Path, grid: &Grid, wanted: &[Quantity]) -> Result<Self> {
        let mut layers = BTreeMap::new();
        for &quantity in wanted {
            let path = dir.join(format!("{}.plain.tif", quantity.name()));
            let text = BandText { name: quantity.name(), unit: quantity.unit().to_owned(), metadata: quantity.codes() };
            layers.insert(quantity, (TiffWriter::create::<f32>(&path, grid, &[text])?, path));
        }
        Ok(Self { layers })
    }

    fn write(&mut self, window: Window, layers: Layers) -> Result<()> {
        for (quantity, values) in layers {
            if let Some((writer, _)) = self.layers.get_mut(&quantity) {
                writer.write(window, values.into_raw_vec_and_offset().0)?;
            }
        }
        Ok(())
    }

    /// Closes the files, copies them into cloud optimized ones, and reads them back.
    fn finish(self, dir: &Path, threads: usize, watch: &Watch<'_>) -> Result<()> {
        (watch.tell)(Event::Stage("files", self.layers.len()));
        let mut closed = Vec::new();
        for (quantity, (writer, plain)) in self.layers {
            closed.push((quantity, writer.finish()?, plain));
        }
        let copy = |(): &mut (), (quantity, proof, plain): &(Quantity, write::Proof, PathBuf)| {
            let overviews = if quantity.is_code() { Overviews::Nearest } else { Overviews::Average };
            let target = dir.join(format!("{}.tif", quantity.name()));
            write::to_cog::<f32>(plain, &target, overviews)?;
            proof.check::<f32>(&target)?;
            (watch.tell)(Event::Step);
            Ok(())
        };
        tiles::for_each(&closed, threads, watch.cancel, || Ok(()), copy).map(|_| ())
    }
}
