//! What sun and skyline decide: sky view and yields, a band of rows at a time.

mod block;

use std::ops::Range;

use ndarray::{Array2, Array3, ArrayViewMut2, Axis, Zip, s};

use super::{Padded, cell_sizes, map_rows};
use crate::fault::{Fault, Result};
use crate::grid::{Grid, Margin, Window};
use crate::kernels::horizon::{Curvature, Rays, Terrain};
use crate::kernels::{horizon, sky_view, slope_aspect};
use crate::plan::Plan;
use crate::project::file::TerrainTable;
use crate::resource::Resource;
use crate::solar::skyline;
use block::Block;

/// Rows worked on at once where there are no blocks.
const ROWS_AT_ONCE: isize = 64;
/// Share of the earth's curvature that refraction makes up for.
///
/// Source: C. F. Gauss's mean coefficient, as in W. Torge, "Geodesy", 3rd ed. 2001, section 5.1.1.
pub const REFRACTION_COEFFICIENT: f64 = 0.13;

/// Layers that sun and skyline decide.
#[derive(Debug, Default)]
pub struct Lit {
    /// Share of the sky that the sloping ground sees.
    pub sky_view: Array2<f32>,
    /// Yield by number of the layout among those of the resource [kWh/kWp/yr].
    pub yields: Vec<Array2<f32>>,
}

/// Elevations there are on earth, trenches of the sea and all [m].
const ELEVATIONS_M: std::ops::RangeInclusive<f32> = -12_000.0..=9_000.0;

/// A fault if a cell of an elevation model is higher or deeper than anything on earth.
///
/// # Errors
/// If so; it tells the first such cell.
pub fn on_earth(place: &str, grid: &Grid, window: Window, elevation_m: &Array2<f32>) -> Result<()> {
    let odd = |z_m: &f32| !z_m.is_nan() && !ELEVATIONS_M.contains(z_m);
    // Whole rows first: a cell is looked for only where there is one.
    let Some(row) = elevation_m.rows().into_iter().position(|row| row.iter().any(odd)) else { return Ok(()) };
    let col = elevation_m.row(row).iter().position(odd).unwrap_or_default();
    let (x, y) = grid.centre(window.row + row as isize, window.col + col as isize);
    let what = format!("elevation {} m at x {x:.3}, y {y:.3}", elevation_m[(row, col)]);
    let hint = "is it in metres, and its value for no data declared? (gdal_edit -a_nodata …)";
    Err(Fault::input(place, what).hint(hint).into())
}

/// How far beyond a cell the skyline looks.
pub fn halo(plan: &Plan) -> Margin {
    let terrain = &plan.project.file.terrain;
    if terrain.azimuths == 0 {
        return Margin::cells(slope_aspect::HALO);
    }
    plan.grid.margin(terrain.reach_m).max(Margin::cells(slope_aspect::HALO))
}

/// What is seen and made of the ground of a window.
pub struct Ground<'a> {
    plan: &'a Plan,
    /// Cells asked for.
    target: Window,
    /// Elevation over them and [`halo`] around; `None` without an elevation model.
    elevation: Option<&'a Padded<f32>>,
    /// Mean daily irradiation by maps, over the cells asked for [kWh/m²]: of a month (from 0), or of the year.
    maps: Vec<GhiMap>,
}

/// Mean daily irradiation of a month (from 0), or of the year [kWh/m²].
pub type GhiMap = (Option<usize>, Array2<f32>);

impl<'a> Ground<'a> {
    /// The ground of the cells of `target`.
    ///
    /// - `elevation`: over `target` and as much around as [`halo`] says.
    /// - `maps`: of irradiation, over `target`.
    pub fn new(plan: &'a Plan, target: Window, elevation: Option<&'a Padded<f32>>, maps: Vec<GhiMap>) -> Self {
        Self { plan, target, elevation, maps }
    }

    /// Sky view, and the yields of all layouts under the sun.
    pub fn lit(&self) -> Lit {
        let shape = self.target.shape();
        let resource = self.plan.resource.as_deref();
        let layouts = resource.map_or(0, |resource| resource.layouts.len());
        let mut lit = Lit {
            sky_view: Array2::from_elem(shape, f32::NAN),
            yields: vec![Array2::from_elem(shape, f32::NAN); layouts],
        };
        let settings = &self.plan.project.file.terrain;
        let terrain = self.elevation.filter(|_| settings.azimuths > 0).map(|padded| self.terrain(padded));
        let block_cells = resource.map_or(ROWS_AT_ONCE, |resource| resource.lattice.block_cells);
        let mut first = 0;
        while first < self.target.rows {
            // Bands end where blocks do.
            let beyond = (self.target.row + first as isize).rem_euclid(block_cells) as usize;
            let rows = first..self.target.rows.min(first + block_cells as usize - beyond);
            first = rows.end;
            let mut band = Band::new(self, rows.clone());
            if let Some(terrain) = &terrain {
                band.look_around(terrain, settings);
            }
            lit.sky_view.slice_mut(s![rows.clone(), ..]).assign(&band.sky_view);
            if let Some(resource) = resource {
                if resource.standing().next().is_some() {
                    band.find_levels();
                }
                let mut out: Vec<ArrayViewMut2<'_, f32>> =
                    lit.yields.iter_mut().map(|values| values.slice_mut(s![rows.clone(), ..])).collect();
                band.yields((resource, &self.maps), &mut out);
            }
        }
        lit
    }

    fn terrain(&self, elevation: &Padded<f32>) -> Terrain {
        Terrain::new(&elevation.values, elevation.margin, &cell_sizes(self.plan, self.target))
    }
}

/// How far and over what earth the skyline looks.
pub fn rays(settings: &TerrainTable) -> Rays {
    let curvature = if settings.earth_curvature {
        Curvature::Earth { refraction_coefficient: REFRACTION_COEFFICIENT }
    } else {
        Curvature::Flat
    };
    Rays { reach_m: settings.reach_m, curvature }
}

/// The rows of a window in one row of blocks, with what their cells are and see.
struct Band {
    /// Its rows in the window.
    rows: Range<usize>,
    /// Row and column of its first cell on the grid.
    corner: (isize, isize),
    /// Height class of its cells, and how far they are towards the next, 0–1.
    classes: Array2<u8>,
    up: Array2<f32>,
    /// Rise of the ground towards the east and the north [1]; 0 without an elevation model.
    gradient: (Array2<f32>, Array2<f32>),
    /// Tangent of the horizon's height, direction by direction; empty for an open horizon.
    horizon: Array3<f32>,
    /// The same as levels of tables of the skyline, cell by cell; empty where no table is asked.
    levels: Vec<u8>,
    /// Share of the sky that the ground sees.
    sky_view: Array2<f32>,
}

impl Band {
    fn new(ground: &Ground<'_>, rows: Range<usize>) -> Self {
        let shape = (rows.len(), ground.target.cols);
        let corner = (ground.target.row + rows.start as isize, ground.target.col);
        let mut gradient = (Array2::zeros(shape), Array2::zeros(shape));
        let elevation_m = match ground.elevation {
            // Without an elevation model the ground is level, at the height of the weather.
            None => Array2::from_elem(shape, ground.plan.resource.as_ref().map_or(f32::NAN, |sun| sun.known_height_m)),
            Some(Padded { margin, values }) => {
                let (top, left) = (margin.rows + rows.start, margin.cols);
                let around = s![top - 1..=top + rows.len(), left - 1..=left + ground.target.cols];
                let sizes = &cell_sizes(ground.plan, ground.target)[rows.clone()];
                slope_aspect::gradient(&values.slice(around), sizes, &mut gradient.0, &mut gradient.1);
                map_rows(&values.slice(s![top..top + shape.0, left..left + shape.1]), |height_m| *height_m)
            }
        };
        // Over an open horizon only the slope itself hides the sky.
        let sky_view = Zip::from(&gradient.0)
            .and(&gradient.1)
            .map_collect(|&east, &north| f32::midpoint(1.0, 1.0 / (1.0 + east * east + north * north).sqrt()));
        let horizon = Array3::zeros((0, shape.0, shape.1));
        let (mut classes, mut up) = (Array2::zeros(shape), Array2::zeros(shape));
        let lines = classes.rows_mut().into_iter().zip(up.rows_mut());
        for (heights, (mut classes, mut up)) in elevation_m.rows().into_iter().zip(lines) {
            if let (Some(heights), Some(classes), Some(up)) =
                (heights.as_slice(), classes.as_slice_mut(), up.as_slice_mut())
            {
                Resource::classify(heights, classes, up);
            }
        }
        Self { rows, corner, classes, up, gradient, horizon, levels: Vec::new(), sky_view }
    }

    /// Finds the horizon in all directions, the sky within it, and raises it to the slope the cell lies on.
    fn look_around(&mut self, terrain: &Terrain, settings: &TerrainTable) {
        let (rows, cols) = self.up.dim();
        let (directions, rays) = (settings.azimuths, rays(settings));
        self.horizon = Array3::zeros((directions, rows, cols));
        for (direction, mut tangents) in self.horizon.axis_iter_mut(Axis(0)).enumerate() {
            let azimuth_deg = sky_view::azimuth_deg(direction, directions);
            horizon::skyline(terrain, &rays, azimuth_deg, self.rows.start, &mut tangents);
        }
        let (east, north) = &self.gradient;
        sky_view::sky_view(&self.horizon, east, north, &mut self.sky_view);
        sky_view::add_slope(&mut self.horizon, east, north);
    }

    /// Levels of the horizon for tables of the skyline, all directions of a cell side by side.
    fn find_levels(&mut self) {
        let (directions, rows, cols) = self.horizon.dim();
        self.levels = vec![0; rows * cols * directions];
        let mut line = vec![0; cols];
        for (direction, tangents) in self.horizon.axis_iter(Axis(0)).enumerate() {
            for (row, tangents) in tangents.rows().into_iter().enumerate() {
                skyline::levels(tangents.as_slice().unwrap_or_default(), &mut line);
                let cells = &mut self.levels[row * cols * directions..][..cols * directions];
                cells.iter_mut().skip(direction).step_by(directions).zip(&line).for_each(|(to, level)| *to = *level);
            }
        }
    }
}

/// Yields of a band.
impl Band {
    /// Yields of all layouts, block by block of the lattice.
    fn yields(&self, (resource, maps): (&Resource, &[GhiMap]), out: &mut [ArrayViewMut2<'_, f32>]) {
        let (rows, cols) = self.up.dim();
        let (first_row, first_col) = self.corner;
        let block_cells = resource.lattice.block_cells;
        let middle = |block: isize| (block as f64 + 0.5) * block_cells as f64;
        let block_row = first_row.div_euclid(block_cells);
        let mut col = 0;
        while col < cols {
            let block_col = (first_col + col as isize).div_euclid(block_cells);
            let end = cols.min(((block_col + 1) * block_cells - first_col) as usize);
            let near = resource.lattice.near(middle(block_row), middle(block_col));
            let block = Block { band: self, resource, near, rows, cols: col..end };
            block.standing(out);
            block.on_slope(out);
            block.by_maps(maps, out);
            col = end;
        }
    }
}
