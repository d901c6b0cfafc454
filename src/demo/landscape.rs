//! Height, cover and use of the land at a place.

use super::Region;
use super::coal_field::CoalField;
use super::noise::Noise;
use crate::fault::Result;
use crate::grid::Grid;
use crate::layer::Code;

/// Codes of the class scheme `worldcover`.
pub mod cover {
    use crate::layer::Code;
    pub const TREE: Code = 10;
    pub const SHRUB: Code = 20;
    pub const GRASS: Code = 30;
    pub const CROP: Code = 40;
    pub const BUILT: Code = 50;
    pub const BARE: Code = 60;
    pub const WATER: Code = 80;
    pub const WETLAND: Code = 90;
}

/// Codes of the class scheme `gbt21010`.
mod land_use {
    use crate::layer::Code;
    pub const CULTIVATED: Code = 1;
    pub const ORCHARD: Code = 2;
    pub const FOREST: Code = 3;
    pub const SHRUB_FOREST: Code = 305;
    pub const GRASSLAND: Code = 4;
    pub const MINING: Code = 602;
    pub const RESIDENTIAL: Code = 7;
    pub const WATER: Code = 11;
    pub const TIDAL_FLAT: Code = 1105;
    pub const OTHER_AGRICULTURAL: Code = 1202;
    pub const UNUSED: Code = 1206;
}

/// Half the width of a region that has room for the coal field and the data centre where they belong [m].
const ROOMY_M: f64 = 6_200.0;
/// Water that a satellite does not tell from wet ground [m].
const DRY_UP_TO_M: f64 = 0.2;
/// Half the width of the river [m].
const RIVER_HALF_WIDTH_M: f64 = 110.0;

/// What the ground is like at a cell.
pub struct Surface {
    /// Elevation [m].
    pub height_m: f64,
    /// Slope [°].
    pub slope_deg: f64,
    /// Rise towards the north [1]: positive on slopes that face south.
    pub southness: f64,
}

/// The landscape of a region.
pub struct Landscape {
    region: Region,
    grid: Grid,
    centre: (f64, f64),
    /// Half the edge of the region [m].
    half_width_m: f64,
    coal_field: CoalField,
    relief: Noise,
    patches: Noise,
    towns: Noise,
    bends: Noise,
    /// Seed of everything placed at random.
    pub seed: u64,
}

impl Landscape {
    /// The landscape of a region.
    ///
    /// # Errors
    /// If the built-in tables cannot be read.
    pub fn new(region: Region, seed: u64, grid: &Grid) -> Result<Self> {
        let extent = grid.extent();
        let centre = (0.5 * (extent.x_min + extent.x_max), 0.5 * (extent.y_min + extent.y_max));
        let half_width_m = 0.5 * grid.cols as f64 * grid.cell_x;
        let noise = |purpose| Noise::new(seed, purpose);
        Ok(Self {
            region,
            grid: grid.clone(),
            centre,
            half_width_m,
            coal_field: CoalField::new(region, centre, compactness(half_width_m), seed)?,
            relief: noise(1),
            patches: noise(2),
            towns: noise(3),
            bends: noise(4),
            seed,
        })
    }

    pub fn grid(&self) -> &Grid {
        &self.grid
    }

    pub fn region(&self) -> Region {
        self.region
    }

    pub fn centre(&self) -> (f64, f64) {
        self.centre
    }

    /// Northing of the river's middle at an easting. It runs from west to east through the region's centre.
    pub fn river_y(&self, x: f64) -> f64 {
        let along = x - self.centre.0;
        let bend = self.bends.fractal(along, 0.5, (24_000.0, 1_500.0), 0.45);
        let straight = self.bends.fractal(0.0, 0.5, (24_000.0, 1_500.0), 0.45);
        self.centre.1 + 2_600.0 * (bend - straight)
    }

    /// Easting of the coast at a northing; land lies west of it. Only the coastal region has one.
    pub fn coast_x(&self, y: f64) -> f64 {
        let along = y - self.centre.1;
        self.centre.0 + 0.72 * self.half_width_m + 1_800.0 * self.bends.fractal(along, 90.5, (18_000.0, 900.0), 0.5)
    }

    /// Distance to the middle of the river, measured north–south [m].
    fn river_distance_m(&self, x: f64, y: f64) -> f64 {
        (y - self.river_y(x)).abs()
    }

    /// Elevation [m], in sixteenths of a metre.
    pub fn height_m(&self, x: f64, y: f64) -> f64 {
        let height = match self.region {
            Region::Lanzhou => self.loess_height(x, y),
            Region::Qingdao => self.coastal_height(x, y),
        };
        (height * 16.0).round() / 16.0
    }

    /// A flat valley with terraces between hills that rise away from the river and are cut by gullies.
    fn loess_height(&self, x: f64, y: f64) -> f64 {
        let (dx, from_river) = (x - self.centre.0, self.river_distance_m(x, y));
        let floor = 1_520.0 - 0.0012 * dx;
        let beyond = (from_river - 1_800.0).max(0.0);
        let rise = 520.0 * (1.0 - (-beyond / 7_000.0).exp());
        let strength = (beyond / 2_500.0).min(1.0);
        let hills = self.relief.fractal(x, y, (12_000.0, 240.0), 0.52);
        let gullies = self.relief.ridged(x, y, (2_400.0, 240.0), 0.55);
        let terrace = 6.0 * self.relief.at(x / 900.0, y / 900.0);
        floor + 0.006 * from_river.min(1_800.0) + rise + strength * (230.0 * hills + 300.0 * gullies) + terrace
    }

    /// A plain that falls to the sea, with hills inland and low ground on old mines.
    fn coastal_height(&self, x: f64, y: f64) -> f64 {
        let inland = self.coast_x(y) - x;
        if inland < 0.0 {
            return -2.0 - (-inland / 500.0).min(20.0);
        }
        let plain = 2.0 + 0.0018 * inland.min(30_000.0);
        let hilly = self.relief.fractal(x, y, (26_000.0, 6_500.0), 0.5).max(0.0);
        let hills =
            (inland / 2_500.0).min(1.0) * 260.0 * hilly * (0.4 + self.relief.ridged(x, y, (5_000.0, 240.0), 0.5));
        let channel = 3.0 * (1.0 - self.river_distance_m(x, y) / 1_200.0).max(0.0);
        let roll = 2.0 * self.relief.fractal(x, y, (1_600.0, 200.0), 0.5);
        (plain + hills + roll - channel - self.coal_field.sunk_m(x, y)).max(-9.0)
    }

    /// What lengths of the places near the centre are multiplied with, so that a small region holds them too.
    pub fn compactness(&self) -> f64 {
        compactness(self.half_width_m)
    }

    /// The region's coal field.
    pub fn coal_field(&self) -> &CoalField {
        &self.coal_field
    }

    /// Land cover at a place, in codes of `worldcover`.
    pub fn cover(&self, x: f64, y: f64, surface: &Surface) -> Code {
        let from_river = self.river_distance_m(x, y);
        let patch = self.patches.fractal(x, y, (2_400.0, 120.0), 0.6);
        let town = self.towns.fractal(x, y, (5_200.0, 160.0), 0.55);
        match self.region {
            Region::Lanzhou => loess_cover(from_river, surface, (patch, town)),
            Region::Qingdao => {
                let inland = self.coast_x(y) - x;
                let water_m = self.coal_field.sunk_m(x, y) - self.coal_field.groundwater_m(x, y);
                coastal_cover((inland, from_river, water_m), surface, (patch, town))
            }
        }
    }

    /// Legal land use at a place, in codes of `gbt21010`: it follows the cover, with orchards, farm yards and mines that
    /// a satellite does not tell apart.
    pub fn land_use(&self, x: f64, y: f64, covered: Code, surface: &Surface) -> Code {
        let patch = self.patches.fractal(x + 50_000.0, y, (1_800.0, 240.0), 0.5);
        if self.coal_field.is_near(x, y) && covered != cover::BUILT && covered != cover::WATER {
            return land_use::MINING;
        }
        match covered {
            cover::CROP if patch > 0.45 => land_use::ORCHARD,
            cover::CROP if patch < -0.62 => land_use::OTHER_AGRICULTURAL,
            cover::CROP => land_use::CULTIVATED,
            cover::TREE if surface.slope_deg < 9.0 && patch > 0.1 => land_use::ORCHARD,
            cover::TREE => land_use::FOREST,
            cover::SHRUB => land_use::SHRUB_FOREST,
            cover::GRASS if patch < -0.75 => land_use::OTHER_AGRICULTURAL,
            cover::GRASS => land_use::GRASSLAND,
            cover::BUILT => land_use::RESIDENTIAL,
            cover::WATER => land_use::WATER,
            cover::WETLAND => land_use::TIDAL_FLAT,
            _ => land_use::UNUSED,
        }
    }
}

fn compactness(half_width_m: f64) -> f64 {
    (half_width_m / ROOMY_M).min(1.0)
}

fn loess_cover(from_river: f64, surface: &Surface, (patch, town): (f64, f64)) -> Code {
    let slope = surface.slope_deg;
    if from_river < RIVER_HALF_WIDTH_M {
        return cover::WATER;
    }
    if from_river < 2_600.0 && slope < 7.0 && town > 0.28 {
        return cover::BUILT;
    }
    if slope < 6.0 && (from_river < 3_200.0 || patch > 0.25) {
        return cover::CROP;
    }
    if surface.height_m > 2_150.0 && surface.southness < 0.0 && patch > -0.1 {
        return cover::TREE;
    }
    if slope > 24.0 && surface.southness > 0.1 || patch < -0.85 {
        return cover::BARE;
    }
    if patch > 0.35 && surface.southness < 0.05 { cover::SHRUB } else { cover::GRASS }
}

fn coastal_cover((inland, from_river, water_m): (f64, f64, f64), surface: &Surface, (patch, town): (f64, f64)) -> Code {
    if inland < 0.0 || from_river < 0.5 * RIVER_HALF_WIDTH_M || water_m > DRY_UP_TO_M {
        return cover::WATER;
    }
    if inland < 500.0 && surface.height_m < 4.0 {
        return cover::WETLAND;
    }
    if town > 0.42 && surface.slope_deg < 8.0 {
        return cover::BUILT;
    }
    if surface.slope_deg > 9.0 {
        return if patch > -0.2 { cover::TREE } else { cover::SHRUB };
    }
    if surface.slope_deg > 5.0 {
        return if patch > 0.0 { cover::TREE } else { cover::GRASS };
    }
    if patch < -0.7 {
        return cover::GRASS;
    }
    if patch > 0.9 { cover::BARE } else { cover::CROP }
}
