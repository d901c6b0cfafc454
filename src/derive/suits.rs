//! How well climate and terrain suit a crop, cell by cell.

use ndarray::{Array2, Zip};

use crate::agronomy::season::GrowingMonth;
use crate::agronomy::suitability::between;
use crate::crop::Crop;
use crate::grid::Window;
use crate::plan::Plan;
use crate::resource::fields::Fields;
use crate::solar::year::MONTHS;

/// Terrain of a window.
pub struct Terrain<'a> {
    /// Height above the sea [m].
    pub elevation_m: &'a Array2<f32>,
    /// Slope [deg].
    pub slope_deg: &'a Array2<f32>,
}

/// Worth of every cell of a window for a crop, 0–1: that of the least of season's temperature, height, slope and rain that are known;
/// `NaN` where the terrain should be known and is not.
///
/// - `terrain`: `None` without an elevation model.
/// - `regions`: by cell, for the rain.
pub fn suits(
    plan: &Plan,
    crop: &Crop,
    window: Window,
    terrain: Option<&Terrain<'_>>,
    regions: &Array2<u16>,
) -> Array2<f32> {
    let rain: Vec<f32> = plan.regions.iter().map(|region| worth_of_rain(plan, crop, region)).collect();
    let rain_of = |region: u16| rain.get(usize::from(region)).copied().unwrap_or(1.0);
    let mut worth = regions.mapv(rain_of);
    if let Some(Terrain { elevation_m, slope_deg }) = terrain {
        Zip::from(&mut worth).and(*elevation_m).and(*slope_deg).for_each(|worth, &elevation, &slope| {
            let of_land = least(between(elevation, &crop.elevation_m.limits), between(slope, &crop.slope_deg.limits));
            *worth = least(*worth, of_land);
        });
    }
    if let Some(fields) = plan.fields.as_deref() {
        warm_enough(fields, crop, (window, terrain), &mut worth);
    }
    worth
}

/// The lower of two worths; `NaN` if one is.
fn least(a: f32, b: f32) -> f32 {
    if a.is_nan() || a < b { a } else { b }
}

/// Worth of the rain of a region; 1 where it is not known.
fn worth_of_rain(plan: &Plan, crop: &Crop, region: &str) -> f32 {
    let rain = plan.project.economics.region_value(region, |data| data.rain_mm_per_month);
    let Some(rain) = rain else { return 1.0 };
    let mut limits = crop.rain_mm_per_yr.limits;
    if plan.project.file.agrivoltaics.irrigated {
        [limits[0], limits[1]] = [f32::NEG_INFINITY; 2];
    }
    between(rain.iter().sum::<f64>() as f32, &limits)
}

/// Lowers the worth of cells to that of the mean temperature of the crop's season there.
fn warm_enough(
    fields: &Fields,
    crop: &Crop,
    (window, terrain): (Window, Option<&Terrain<'_>>),
    worth: &mut Array2<f32>,
) {
    let block = fields.block_cells();
    let block_of = |at: isize| at.div_euclid(block);
    let (rows, cols) = (window.rows as isize, window.cols as isize);
    for down in block_of(window.row)..=block_of(window.row + rows - 1) {
        for right in block_of(window.col)..=block_of(window.col + cols - 1) {
            let middle = |at: isize| (at * block) as f64 + 0.5 * block as f64;
            let air = fields.air_at(middle(down), middle(right));
            let (season, kc) = crop.growth(air.latitude_deg);
            let mean_c = season_mean(&season.months(&kc), &air.temperature_at_sea_level_c);
            if mean_c.is_nan() {
                continue;
            }
            let within = |first: isize, from: isize, count: isize| {
                ((from * block - first).max(0) as usize)..(((from + 1) * block - first).min(count) as usize)
            };
            for row in within(window.row, down, rows) {
                for col in within(window.col, right, cols) {
                    let height_m =
                        terrain.map_or(air.known_height_m, |terrain| f64::from(terrain.elevation_m[(row, col)]));
                    let celsius = (mean_c + air.temperature_per_m * height_m) as f32;
                    worth[(row, col)] = least(worth[(row, col)], between(celsius, &crop.temperature_c.limits));
                }
            }
        }
    }
}

/// Mean of a quantity of months over a season, by its days.
fn season_mean(months: &[GrowingMonth; MONTHS], values: &[f64; MONTHS]) -> f64 {
    let days: f64 = months.iter().map(|month| month.days).sum();
    months.iter().zip(values).map(|(month, value)| if month.days > 0.0 { month.days * value } else { 0.0 }).sum::<f64>()
        / days
}
