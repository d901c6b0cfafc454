//! Speed of troughs of many panels over a large grid, on one thread.
//!
//! `cargo bench --bench subsidence -- DIR [ROWS]`, where DIR holds `panels.gpkg` and `like.tif` as `benches/peers/subsidence.py make`
//! writes them. Looks at all cells, or at those of the first ROWS rows, tile by tile, for subsidence, tilt, curvature, displacement
//! and strain when all has come to rest, and prints seconds of processor time, pairs of cells and panels within reach (cell centres
//! in the rectangle around a panel grown by three radii), and million pairs a second.

#![allow(clippy::print_stdout)]

use std::path::Path;
use std::time::Instant;

use solsite::fault::Result;
use solsite::grid::Grid;
use solsite::panels::{self, Panels, Reading};
use solsite::project::VectorSpec;
use solsite::project::file::{Access, CourseTable};
use solsite::project::subsidence::SubsidenceSettings;
use solsite::raster::gdal::{guard, open};
use solsite::subsidence::quantity::Quantity;
use solsite::subsidence::scene::{Rates, Surroundings};
use solsite::tables::Tables;
use solsite::tiles::Tiling;
use solsite::vector::gdal::layer_info;

/// What is looked at.
const WANTED: [Quantity; 10] = [
    Quantity::Subsidence,
    Quantity::TiltX,
    Quantity::TiltY,
    Quantity::TiltMax,
    Quantity::CurvatureMax,
    Quantity::CurvatureMin,
    Quantity::StrainMax,
    Quantity::StrainMin,
    Quantity::DisplacementX,
    Quantity::DisplacementY,
];
/// Edge of the tiles [cells].
const TILE_CELLS: usize = 512;

fn read(dir: &Path) -> Result<(Grid, Panels)> {
    guard::setup();
    let like = dir.join("like.tif");
    let grid = open::band_info(&like, 1, Access::default())?.grid("like.tif")?;
    let settings = SubsidenceSettings {
        date: None,
        life_yr: 25.0,
        overburden: None,
        course: CourseTable::Knothe { per_yr: None },
        seasonal_m: 0.0,
        rates: Rates::Predicted,
        tracks: Vec::new(),
        samples: 0,
        seed: 1,
    };
    let tables = Tables::builtin()?;
    let reading = Reading { settings: &settings, tables: &tables, depth_below: None };
    let spec = VectorSpec { path: dir.join("panels.gpkg"), ..VectorSpec::default() };
    let info = layer_info(&spec, Access::default())?;
    let panels = panels::read(&spec, Access::default(), (&info, &grid), &reading)?;
    Ok((grid, panels))
}

/// Processor time of this thread [s]; wall time where the system does not tell.
fn processor_s(since: Instant) -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let ns = told.and_then(|text| text.split_whitespace().next().and_then(|word| word.parse::<f64>().ok()));
    ns.map_or_else(|| since.elapsed().as_secs_f64(), |ns| ns * 1e-9)
}

/// Cells and panels within reach of each other.
fn pairs(grid: &Grid, panels: &Panels) -> u64 {
    let count = |from: f64, to: f64, cells: usize| {
        let (first, last) = (from.ceil().max(0.0), to.floor().min(cells as f64 - 1.0));
        (last - first + 1.0).max(0.0) as u64
    };
    let of = |reach: solsite::grid::Extent| {
        let (x0, y0) = grid.centre(0, 0);
        count((reach.x_min - x0) / grid.cell_x, (reach.x_max - x0) / grid.cell_x, grid.cols)
            * count((y0 - reach.y_max) / grid.cell_y, (y0 - reach.y_min) / grid.cell_y, grid.rows)
    };
    panels.scene.reaches().map(of).sum()
}

fn main() -> std::process::ExitCode {
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let Some(dir) = arguments.next() else {
        println!("name the folder that benches/peers/subsidence.py made");
        return std::process::ExitCode::SUCCESS;
    };
    let rows = arguments.next().and_then(|rows| rows.parse::<usize>().ok());
    match read(Path::new(&dir)) {
        Err(faults) => {
            println!("{faults}");
            std::process::ExitCode::FAILURE
        }
        Ok((mut grid, panels)) => {
            grid.rows = grid.rows.min(rows.unwrap_or(usize::MAX));
            let (start, begun) = (Instant::now(), processor_s(Instant::now()));
            let mut deepest_m = 0.0_f32;
            for tile in Tiling::new(&grid, TILE_CELLS).tiles {
                let maps = panels.scene.look(&grid, tile.window, &Surroundings::default(), &WANTED);
                let subsidence = maps.get(&Quantity::Subsidence).into_iter().flatten();
                deepest_m = subsidence.copied().fold(deepest_m, f32::max);
            }
            let seconds = processor_s(start) - begun;
            let pairs = pairs(&grid, &panels) as f64;
            println!("deepest m\t{deepest_m}\nprocessor s\t{seconds:.3}\npairs\t{pairs}");
            println!("million pairs a second\t{:.2}", pairs / seconds / 1e6);
            std::process::ExitCode::SUCCESS
        }
    }
}
