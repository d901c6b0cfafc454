//! `solsite terrain`: slope, aspect, sky view and horizon of one elevation model, on its own cells.

use std::path::{Path, PathBuf};

use ndarray::{Array2, Array3, ArrayView2, Axis, s};

use super::{Event, Watch};
use crate::derive::sun::on_earth;
use crate::fault::{Fault, Faults, Result};
use crate::grid::{CrsKind, Grid, Margin, Window};
use crate::kernels::horizon::{self, Rays, Terrain};
use crate::kernels::{sky_view, slope_aspect};
use crate::layer::{LayerName, quantise, within_turn};
use crate::plan::{edge_note, within_degrees};
use crate::project::RasterSpec;
use crate::project::file::Access;
use crate::raster::gdal::crs;
use crate::raster::gdal::open::{self, BandInfo};
use crate::raster::gdal::read::{self, Placed, Reader};
use crate::raster::gdal::write::{self, BandText, Overviews, TiffWriter};
use crate::store::bundle::Bundle;
use crate::store::claim::Overwrite;
use crate::tiles::{self, Tile, Tiling};

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Order {
    /// Elevation model.
    pub dem: PathBuf,
    /// Output folder.
    pub out: PathBuf,
    /// How far and over what earth the horizon is looked for.
    pub rays: Rays,
    /// Its directions.
    pub azimuths: usize,
    /// Threads.
    pub threads: usize,
    /// Edge of the tiles [cells].
    pub tile_cells: usize,
    /// Whether files that are there may be overwritten.
    pub overwrite: Overwrite,
}

/// Rows of observers that are looked around from at once.
const BAND_ROWS: usize = 16;
/// Cells that may be looked at beyond a tile on every side: memory grows with the square.
const LARGEST_MARGIN: usize = 4096;
/// Heights of the horizon are rounded to whole multiples of this [°].
const HORIZON_QUANTUM_DEG: f32 = 1.0 / 1024.0;
/// Files that are written: name, layer, and how coarser versions are made.
const LAYERS: [(LayerName, Overviews); 3] = [
    (LayerName::Slope, Overviews::Average),
    (LayerName::Aspect, Overviews::Nearest),
    (LayerName::SkyView, Overviews::Average),
];
/// Name of the file with a band for each direction.
const HORIZON: &str = "horizon_deg";

/// The layers of a tile.
struct TileLayers {
    window: Window,
    layers: [Array2<f32>; LAYERS.len()],
    /// Height of the horizon, direction by direction [°].
    horizon: Array3<f32>,
}

/// Writes the four files, and tells what the user should know.
///
/// # Errors
/// If the elevation model cannot be read, or the files cannot be written.
pub fn write(order: &Order, watch: &Watch<'_>) -> Result<Vec<String>> {
    let info = open::band_info(&order.dem, 1, Access::default())?;
    let grid = grid_of(&order.dem, &info)?;
    let margin = grid.margin(order.rays.reach_m).max(Margin::cells(slope_aspect::HALO));
    let farthest = margin.rows.max(margin.cols);
    if farthest > LARGEST_MARGIN {
        let what = format!("the horizon would look {farthest} cells around; at most {LARGEST_MARGIN} are possible");
        return Err(Fault::project("--reach-m", what).hint("shorten the reach, or use larger cells").into());
    }
    let folder = Bundle::begin(&order.out, names(), &[&order.dem], order.overwrite)?;
    let tiling = Tiling::new(&grid, order.tile_cells);
    (watch.tell)(Event::Stage("terrain", tiling.tiles.len()));
    let mut files = Files::create(folder.scratch(), &grid, order)?;
    let placed = placed(&order.dem, info, &grid)?;
    let open = || Reader::open(&RasterSpec::amounts(&order.dem), Access::default(), &grid, &placed);
    let mut is_known = false;
    // As many tiles at once as there are threads: what they hold is written before the next ones are begun.
    for some in tiling.tiles.chunks(order.threads.max(1)) {
        let looked = |reader: &mut Reader, tile: &Tile| {
            let layers = look(order, &grid, reader, (tile.window, margin));
            (watch.tell)(Event::Step);
            layers
        };
        for tile in tiles::for_each(some, order.threads, watch.cancel, open, looked)? {
            is_known |= tile.layers[0].iter().any(|slope_deg| !slope_deg.is_nan());
            files.write(tile)?;
        }
    }
    if !is_known {
        let what = "no cell has an elevation, and neighbours with one, to have a slope";
        let hint = "is its value for no data right? (gdalinfo)";
        return Err(Fault::input(order.dem.display().to_string(), what).hint(hint).into());
    }
    files.finish(&folder)?;
    folder.publish()?;
    Ok(edge_note(&grid, grid.extent(), order.rays.reach_m).into_iter().collect())
}

/// The grid that the elevation model is on.
fn grid_of(dem: &Path, info: &BandInfo) -> Result<Grid> {
    let place = dem.display().to_string();
    crs::fit_for_grid(&info.crs, &place)?;
    if crs::is_web_mercator(&info.crs) {
        let what = "is in Web Mercator, whose metres are none";
        return Err(Fault::input(place, what).hint("reproject it with gdalwarp to a local system").into());
    }
    Faults::or(info.in_metres(&place).into_iter().collect(), ())?;
    let grid = info.grid(&place)?;
    if grid.crs.kind == CrsKind::Geographic {
        within_degrees(&grid, &place)?;
    }
    Ok(grid)
}

fn placed(dem: &Path, info: BandInfo, grid: &Grid) -> Result<Placed> {
    let alignment = read::align(&RasterSpec::amounts(dem), &info, grid, None)?;
    Ok(Placed { info, alignment, interest: None })
}

/// Computes the layers of a tile.
fn look(order: &Order, grid: &Grid, reader: &Reader, (window, margin): (Window, Margin)) -> Result<TileLayers> {
    let elevation = reader.read_quantity(window.padded(margin))?;
    on_earth(&order.dem.display().to_string(), grid, window.padded(margin), &elevation)?;
    let sizes: Vec<_> = (0..window.rows as isize).map(|row| grid.cell_size(window.row + row)).collect();
    let shape = window.shape();
    let (mut slope, mut aspect, mut seen) = (Array2::zeros(shape), Array2::zeros(shape), Array2::zeros(shape));
    let (mut east, mut north) = (Array2::zeros(shape), Array2::zeros(shape));
    let near = around(&elevation, margin);
    slope_aspect::slope_aspect(&near, &sizes, &mut slope, &mut aspect);
    slope_aspect::gradient(&near, &sizes, &mut east, &mut north);
    let terrain = Terrain::new(&elevation, margin, &sizes);
    let mut skyline = Array3::zeros((order.azimuths, shape.0, shape.1));
    for (direction, mut tangents) in skyline.axis_iter_mut(Axis(0)).enumerate() {
        let azimuth_deg = sky_view::azimuth_deg(direction, order.azimuths);
        for first in (0..shape.0).step_by(BAND_ROWS) {
            let rows = first..shape.0.min(first + BAND_ROWS);
            horizon::skyline(&terrain, &order.rays, azimuth_deg, first, &mut tangents.slice_mut(s![rows, ..]));
        }
    }
    sky_view::sky_view(&skyline, &east, &north, &mut seen);
    for mut tangents in skyline.axis_iter_mut(Axis(0)) {
        horizon::to_degrees(&mut tangents);
        tangents.mapv_inplace(|height| crate::layer::step(height, HORIZON_QUANTUM_DEG));
    }
    let mut layers = [slope, aspect, seen];
    for ((layer, _), values) in LAYERS.iter().zip(&mut layers) {
        quantise(values, layer.quantum().unwrap_or(HORIZON_QUANTUM_DEG));
    }
    within_turn(&mut layers[1]);
    Ok(TileLayers { window, layers, horizon: skyline })
}

/// The elevation of a window and one cell around it.
fn around(elevation: &Array2<f32>, margin: Margin) -> ArrayView2<'_, f32> {
    let (top, left) = (margin.rows - slope_aspect::HALO, margin.cols - slope_aspect::HALO);
    elevation.slice(s![top..elevation.nrows() - top, left..elevation.ncols() - left])
}

/// The files while they are written.
struct Files {
    layers: Vec<(TiffWriter, PathBuf)>,
    horizon: (TiffWriter, PathBuf),
}

impl Files {
    fn create(dir: &Path, grid: &Grid, order: &Order) -> Result<Self> {
        let text = |name: String, unit: &str| BandText { name, unit: unit.to_owned(), metadata: metadata(order) };
        let mut layers = Vec::new();
        for (layer, _) in &LAYERS {
            let path = dir.join(format!("{layer}.plain.tif"));
            layers.push((TiffWriter::create::<f32>(&path, grid, &[text(layer.to_string(), layer.unit())])?, path));
        }
        let azimuth_deg = |direction: usize| sky_view::azimuth_deg(direction, order.azimuths);
        let bands: Vec<BandText> = (0..order.azimuths)
            .map(|direction| text(format!("azimuth {} deg", azimuth_deg(direction)), "deg"))
            .collect();
        let path = dir.join(format!("{HORIZON}.tif"));
        Ok(Self { layers, horizon: (TiffWriter::create::<f32>(&path, grid, &bands)?, path) })
    }

    fn write(&mut self, tile: TileLayers) -> Result<()> {
        for ((writer, _), values) in self.layers.iter_mut().zip(tile.layers) {
            writer.write(tile.window, values.into_raw_vec_and_offset().0)?;
        }
        for (direction, heights) in tile.horizon.axis_iter(Axis(0)).enumerate() {
            self.horizon.0.write_band(direction + 1, tile.window, heights.iter().copied().collect())?;
        }
        Ok(())
    }

    /// Closes the files, copies all but the horizon into cloud optimized ones, and reads them back.
    fn finish(self, folder: &Bundle) -> Result<()> {
        for ((layer, overviews), (writer, plain)) in LAYERS.iter().zip(self.layers) {
            let proof = writer.finish()?;
            let target = folder.scratch().join(format!("{layer}.tif"));
            write::to_cog::<f32>(&plain, &target, *overviews)?;
            proof.check::<f32>(&target)?;
        }
        self.horizon.0.finish()?.check::<f32>(&self.horizon.1)
    }
}

fn metadata(order: &Order) -> Vec<(String, String)> {
    let curvature = format!("{:?}", order.rays.curvature);
    let file = order.dem.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    [
        ("DEM", file),
        ("REACH_M", order.rays.reach_m.to_string()),
        ("AZIMUTHS", order.azimuths.to_string()),
        ("CURVATURE", curvature),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .to_vec()
}

/// Names of the files.
fn names() -> Vec<String> {
    LAYERS.iter().map(|(layer, _)| format!("{layer}.tif")).chain([format!("{HORIZON}.tif")]).collect()
}
