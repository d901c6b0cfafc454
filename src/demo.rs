//! Synthetic regions: made-up land that behaves like the two cities' own, written as real files.
//!
//! Everything is a pure function of the seed and of a place in metres, so that a region of any size is written tile by
//! tile; a larger one contains the landscape of a smaller one around its centre. Nothing here is a real place.

mod coal_field;
mod draft;
mod features;
mod landscape;
mod noise;
mod weather;

use std::path::{Path, PathBuf};

use ndarray::Array2;

use crate::fault::{Fault, Faults, Kind, Result};
use crate::grid::{Grid, Margin, Window};
use crate::layer::Code;
use crate::raster::gdal::crs::{Transform, resolve};
use crate::raster::gdal::write::{BandText, CellType, TiffWriter};
use crate::tiles::{self, Cancel, Tiling};
use draft::Draft;
use landscape::Landscape;

/// Edge of a cell [m].
const CELL_M: f64 = 30.0;
/// Edge of the tiles the rasters are written in.
const TILE_CELLS: usize = 512;
/// Name of the raster with the depth of the water table.
const GROUNDWATER: &str = "groundwater";
/// Name of the project file of a region.
const PROJECT: &str = "project.toml";
/// Cells along one edge.
const CELLS: std::ops::RangeInclusive<usize> = 100..=20_000;

/// What the project of a demo region may spend.
const BUDGET_CNY_PER_KM2: f64 = 2e6;
/// What a scenario of it is to generate.
const ENERGY_MWH_PER_KM2_YR: f64 = 300.0;

/// Share of the stable land of its coal field that is to be treated, and how large a region must be for it.
const TREATED_SHARE: f64 = 0.05;
const ROOM_FOR_TREATED_KM2: f64 = 140.0;

/// Which landscape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Region {
    /// Arid loess hills cut by a river valley.
    Lanzhou,
    /// A wet coastal plain with an old coal field.
    Qingdao,
}

impl Region {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lanzhou => "lanzhou",
            Self::Qingdao => "qingdao",
        }
    }

    /// System of its files, and where its centre is put.
    fn place(self) -> (&'static str, f64, f64) {
        match self {
            Self::Lanzhou => ("EPSG:32648", 392_010.0, 3_990_990.0),
            Self::Qingdao => ("EPSG:32651", 257_010.0, 3_999_000.0),
        }
    }

    /// Its project file; what is to be built grows with the land there is.
    fn project(self, area_km2: f64) -> String {
        let text = match self {
            Self::Lanzhou => include_str!("../data/demo/lanzhou.toml"),
            Self::Qingdao => include_str!("../data/demo/qingdao.toml"),
        };
        let amount = |per_km2: f64| format!("{:.1}", (per_km2 * area_km2).round());
        // In a small region what is left of the coal field is too little for sites.
        let treated = if area_km2 < ROOM_FOR_TREATED_KM2 { 0.0 } else { TREATED_SHARE };
        text.replace("{treated_share}", &format!("{treated:.2}"))
            .replace("{budget_cny}", &amount(BUDGET_CNY_PER_KM2))
            .replace("{energy_mwh_per_yr}", &amount(ENERGY_MWH_PER_KM2_YR))
    }
}

/// Whether a folder may hold files already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replace {
    /// It must be empty.
    No,
    /// Files of the same names are replaced.
    Yes,
}

/// What region to write, and where.
#[derive(Debug, Clone)]
pub struct Order {
    /// Folder to write to.
    pub dir: PathBuf,
    /// Which landscape.
    pub region: Region,
    /// Cells along one edge.
    pub cells: usize,
    /// Seed of everything random.
    pub seed: u64,
    /// Threads.
    pub threads: usize,
    /// Whether the folder may hold files already.
    pub replace: Replace,
}

/// Writes a region and returns the path of its project file.
///
/// - `step`: told of (tiles done, tiles in all).
///
/// # Errors
/// If the folder is not empty or cannot be written to, or what is read back is not what was written.
pub fn write(order: &Order, cancel: &Cancel, step: &(dyn Fn(usize, usize) + Sync)) -> Result<PathBuf> {
    if !CELLS.contains(&order.cells) {
        let what = format!("{} cells; a demo region has {} to {}", order.cells, CELLS.start(), CELLS.end());
        return Err(Fault::project("--cells", what).into());
    }
    let draft = Draft::begin(&order.dir, order.replace)?;
    // What cannot be read back was not written.
    files(order, &draft, cancel, step).or_else(|faults| {
        let written = |fault: Fault| match fault.kind {
            Kind::Input => Fault { kind: Kind::Output, ..fault },
            _ => fault,
        };
        Faults::or(faults.into_list().into_iter().map(written).collect(), ())
    })?;
    draft.publish()?;
    Ok(order.dir.join(PROJECT))
}

/// Writes all files of a region, and reads them back.
fn files(order: &Order, draft: &Draft, cancel: &Cancel, step: &(dyn Fn(usize, usize) + Sync)) -> Result<()> {
    let inputs = draft.inputs();
    let (code, x, y) = order.region.place();
    let crs = resolve(code, code)?;
    let half_m = (order.cells / 2) as f64 * CELL_M;
    let grid = Grid {
        crs,
        x_min: x - half_m,
        y_max: y + half_m,
        cell_x: CELL_M,
        cell_y: CELL_M,
        rows: order.cells,
        cols: order.cells,
    };
    let land = Landscape::new(order.region, order.seed, &grid)?;
    rasters(order, (&grid, &land), &inputs, (cancel, step))?;
    features::write(&grid, &land, &inputs)?;
    let centre = Transform::to_wgs84(&grid.crs)?.point(x, y).unwrap_or((0.0, 0.0));
    weather::write(&inputs.join("weather.epw"), order.region, order.seed, centre)?;
    let edge_km = CELL_M * order.cells as f64 / 1_000.0;
    write_text(&draft.dir().join(PROJECT), &order.region.project(edge_km * edge_km))
}

fn write_text(path: &Path, text: &str) -> Result<()> {
    let failed = |error: std::io::Error| Fault::output(path.display().to_string(), format!("cannot write it: {error}"));
    std::fs::write(path, text).map_err(failed)?;
    if std::fs::read(path).map_err(failed)? == text.as_bytes() {
        return Ok(());
    }
    let what = "what was read back is not what was written";
    Err(Fault::output(path.display().to_string(), what).hint("is the disk full, or failing?").into())
}

/// Elevation, land cover and legal land use of a tile.
struct TileRasters {
    window: Window,
    elevation: Array2<f32>,
    cover: Array2<Code>,
    land_use: Array2<Code>,
    groundwater: Array2<f32>,
}

/// Writes elevation, land cover and legal land use, tile by tile: a row of tiles at a time is computed in parallel.
fn rasters(
    order: &Order,
    (grid, land): (&Grid, &Landscape),
    inputs: &Path,
    (cancel, step): (&Cancel, &(dyn Fn(usize, usize) + Sync)),
) -> Result<()> {
    let mut elevation = create::<f32>(inputs, grid, "dem", "m")?;
    let mut cover = create::<u8>(inputs, grid, "landcover", "")?;
    let mut land_use = create::<u16>(inputs, grid, "land_use", "")?;
    // Only the coastal region has a water table worth a map.
    let has_water = order.region == Region::Qingdao;
    let mut groundwater = has_water.then(|| create::<f32>(inputs, grid, GROUNDWATER, "m")).transpose()?;
    let tiling = Tiling::new(grid, TILE_CELLS);
    for (row, tiles) in tiling.tiles.chunks(tiling.cols).enumerate() {
        let made =
            tiles::for_each(tiles, order.threads, cancel, || Ok(()), |(), tile| Ok(tile_rasters(land, tile.window)))?;
        for tile in made {
            elevation.write(tile.window, tile.elevation.into_raw_vec_and_offset().0)?;
            cover.write(tile.window, tile.cover.iter().map(|&code| code as u8).collect())?;
            land_use.write(tile.window, tile.land_use.iter().map(|&code| code as u16).collect())?;
            if let Some(groundwater) = &mut groundwater {
                groundwater.write(tile.window, tile.groundwater.into_raw_vec_and_offset().0)?;
            }
        }
        step((row + 1) * tiling.cols, tiling.tiles.len());
    }
    if let Some(groundwater) = groundwater {
        groundwater.finish()?.check::<f32>(&raster(inputs, GROUNDWATER))?;
    }
    elevation.finish()?.check::<f32>(&raster(inputs, "dem"))?;
    cover.finish()?.check::<u8>(&raster(inputs, "landcover"))?;
    land_use.finish()?.check::<u16>(&raster(inputs, "land_use"))
}

/// Where the raster of that name goes.
fn raster(dir: &Path, name: &str) -> PathBuf {
    dir.join(format!("{name}.tif"))
}

fn create<T: CellType>(dir: &Path, grid: &Grid, name: &str, unit: &str) -> Result<TiffWriter> {
    let metadata = vec![("SYNTHETIC".to_owned(), "YES: made-up data, not a real place".to_owned())];
    let text = BandText { name: name.to_owned(), unit: unit.to_owned(), metadata };
    TiffWriter::create::<T>(&raster(dir, name), grid, &[text])
}

fn tile_rasters(land: &Landscape, window: Window) -> TileRasters {
    let around = window.padded(Margin::cells(1));
    let height = Array2::from_shape_fn(around.shape(), |(row, col)| {
        let (x, y) = land.grid().centre(around.row + row as isize, around.col + col as isize);
        land.height_m(x, y) as f32
    });
    let mut cover = Array2::zeros(window.shape());
    let mut land_use = Array2::zeros(window.shape());
    for row in 0..window.rows {
        for col in 0..window.cols {
            let (x, y) = land.grid().centre(window.row + row as isize, window.col + col as isize);
            let east = f64::from(height[(row + 1, col + 2)] - height[(row + 1, col)]) / (2.0 * CELL_M);
            let north = f64::from(height[(row, col + 1)] - height[(row + 2, col + 1)]) / (2.0 * CELL_M);
            let surface = landscape::Surface {
                height_m: f64::from(height[(row + 1, col + 1)]),
                slope_deg: east.hypot(north).atan().to_degrees(),
                // Positive where the ground falls towards the south.
                southness: north,
            };
            let covered = land.cover(x, y, &surface);
            cover[(row, col)] = covered;
            land_use[(row, col)] = land.land_use(x, y, covered, &surface);
        }
    }
    let elevation = height.slice(ndarray::s![1..=window.rows, 1..=window.cols]).to_owned();
    let groundwater = Array2::from_shape_fn(window.shape(), |(row, col)| {
        let (x, y) = land.grid().centre(window.row + row as isize, window.col + col as isize);
        land.coal_field().groundwater_m(x, y) as f32
    });
    TileRasters { window, elevation, cover, land_use, groundwater }
}
