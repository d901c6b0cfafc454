//! What a tile needs to see: inputs on the run's grid, and the layers derived from them.
//!
//! A layer is computed over the tile's window and as much around it as some rule or criterion looks at, so that every
//! cell sees the same surroundings whatever the tiling.

mod burnt;
mod distances;
mod mined;
pub mod needs;
mod padded;
pub mod sources;
mod suits;
pub mod sun;

use std::cell::OnceCell;
use std::collections::BTreeMap;

use ndarray::{Array2, Zip};

use crate::fault::{Fault, Result};
use crate::grid::{CellSize, Margin, Window};
use crate::kernels::slope_aspect;
use crate::layer::{Code, DEM, LayerName, NO_CLASS, quantise, within_turn};
use crate::plan::{Plan, YieldSource};
use crate::project::{InputSpec, RasterValues};
use needs::Needs;
use sources::Sources;
use sun::{Ground, Lit};

pub use distances::{Distances, cut_at};
pub use padded::{Padded, map_rows};

/// Region number of a cell that lies in no region.
pub const NO_REGION: u16 = u16::MAX;

/// The layers of one tile.
#[derive(Debug, Clone)]
pub struct Layers {
    /// Its cells.
    pub window: Window,
    amounts: BTreeMap<LayerName, Padded<f32>>,
    classes: BTreeMap<String, Padded<Code>>,
    distances: BTreeMap<String, Distances>,
    insides: BTreeMap<String, Padded<bool>>,
    regions: Padded<u16>,
    /// Cells of the window that lie in more than one region.
    pub overlaps: u64,
}

impl Layers {
    /// A quantity; it was computed because some rule, criterion or output named it.
    pub fn amount(&self, layer: &LayerName) -> Option<&Padded<f32>> {
        self.amounts.get(layer)
    }

    /// Classes of an input.
    pub fn classes(&self, input: &str) -> Option<&Padded<Code>> {
        self.classes.get(input)
    }

    /// Distances to an input.
    pub fn distances(&self, input: &str) -> Option<&Distances> {
        self.distances.get(input)
    }

    /// Whether cell centres lie in the polygons of an input.
    pub fn inside(&self, input: &str) -> Option<&Padded<bool>> {
        self.insides.get(input)
    }

    /// Region numbers; [`NO_REGION`] outside all regions.
    pub fn regions(&self) -> &Padded<u16> {
        &self.regions
    }
}

/// Codes below this are looked up in tables.
pub const LOW_CODES: Code = 256;

/// A raster input over a padded window.
enum Raw {
    Amounts(Padded<f32>),
    Classes(Padded<Code>),
}

/// Layers of a tile that are known from an earlier run, over the tile's own cells.
pub type Stored = BTreeMap<LayerName, Array2<f32>>;

/// Computes the layers a tile needs and does not have yet.
///
/// # Errors
/// If an input cannot be read, or holds codes its class scheme does not know.
pub fn derive(plan: &Plan, sources: &Sources, window: Window, needs: &Needs, stored: Stored) -> Result<Layers> {
    let mut layers = compute(plan, sources, window, &needs.without(&stored))?;
    for (layer, values) in stored {
        let padded = Padded { margin: Margin::default(), values };
        layers.amounts.entry(layer).or_insert(padded);
    }
    Ok(layers)
}

fn compute(plan: &Plan, sources: &Sources, window: Window, needs: &Needs) -> Result<Layers> {
    let rasters = read_rasters(plan, sources, window, needs)?;
    let (regions, overlaps) = burnt::regions(plan, window, needs.region_margin(plan));
    let mut measured = BTreeMap::new();
    for (input, need) in &needs.distances {
        let target = window.padded(need.margin);
        let found = match rasters.get(input) {
            Some(Raw::Classes(codes)) => distances::to_classes(plan, input, codes, (&regions, target, need)),
            _ => distances::to_geometry(plan, input, (target, need)),
        };
        measured.insert(input.clone(), found);
    }
    let inside = |(input, &margin): (&String, &Margin)| {
        (input.clone(), Padded { margin, values: burnt::inside(plan, input, window.padded(margin)) })
    };
    let insides = needs.insides.iter().map(inside).collect();
    let mut amounts = BTreeMap::new();
    let lit = under_the_sun(plan, window, needs, &rasters);
    let told = mined::told(plan, window, needs, &rasters);
    let from = Derived::new((plan, window, needs), &rasters, (&measured, &regions), (&lit, &told));
    for (layer, &margin) in &needs.amounts {
        let mut values = from.amount(layer, margin)?;
        if let Some(quantum) = layer.quantum() {
            quantise(&mut values.values, quantum);
        }
        if *layer == LayerName::Aspect {
            within_turn(&mut values.values);
        }
        amounts.insert(layer.clone(), values);
    }
    let classes = rasters
        .into_iter()
        .filter_map(|(id, raw)| match raw {
            Raw::Classes(codes) => Some((id, codes)),
            Raw::Amounts(_) => None,
        })
        .collect();
    Ok(Layers { window, amounts, classes, distances: measured, insides, regions, overlaps })
}

/// The layers that sun and skyline decide, all at once, over the largest margin any of them is needed with.
fn under_the_sun(plan: &Plan, window: Window, needs: &Needs, rasters: &BTreeMap<String, Raw>) -> (Margin, Lit) {
    let is_sun = |layer: &LayerName| match layer {
        LayerName::SkyView => true,
        LayerName::Yield(layout) => matches!(plan.yields.get(layout), Some(YieldSource::Sun(_))),
        _ => false,
    };
    let asked: Vec<(&LayerName, Margin)> =
        needs.amounts.iter().filter(|(layer, _)| is_sun(layer)).map(|(layer, &margin)| (layer, margin)).collect();
    let margin = asked.iter().fold(Margin::default(), |most, (_, margin)| most.max(*margin));
    if asked.is_empty() {
        return (margin, Lit::default());
    }
    let elevation = match rasters.get(DEM) {
        Some(Raw::Amounts(values)) => Some(values.cut(margin.plus(sun::halo(plan)))),
        _ => None,
    };
    let map = |(id, month, factor): (&str, Option<usize>, f64)| match rasters.get(id) {
        Some(Raw::Amounts(values)) => Some((month, values.cut(margin).values.mapv(|ghi| ghi * factor as f32))),
        _ => None,
    };
    let maps = plan.project.ghi_maps().filter_map(map).collect();
    (margin, Ground::new(plan, window.padded(margin), elevation.as_ref(), maps).lit())
}

/// Sizes of the cells of a window's rows.
pub fn cell_sizes(plan: &Plan, window: Window) -> Vec<CellSize> {
    (0..window.rows as isize).map(|row| plan.grid.cell_size(window.row + row)).collect()
}

/// Reads every raster needed, each once, over the largest margin anything looks at.
fn read_rasters(plan: &Plan, sources: &Sources, window: Window, needs: &Needs) -> Result<BTreeMap<String, Raw>> {
    let mut rasters = BTreeMap::new();
    for (id, margin) in needs.raster_margins(plan) {
        let Some(InputSpec::Raster(spec)) = plan.project.inputs.get(&id) else { continue };
        let target = window.padded(margin);
        let raw = match &spec.values {
            RasterValues::Quantity => {
                let values = sources.raster(&id)?.read_quantity(target)?;
                if id == DEM {
                    sun::on_earth(&format!("{} (input `{DEM}`)", spec.path.display()), &plan.grid, target, &values)?;
                }
                Raw::Amounts(Padded { margin, values })
            }
            RasterValues::Classes { refuse_unlisted, .. } => {
                let mut codes = Padded { margin, values: sources.raster(&id)?.read_codes(target)? };
                if let Some(scheme) = plan.project.scheme(&id) {
                    let low: Vec<bool> = (0..LOW_CODES).map(|code| scheme.classes.contains_key(&code)).collect();
                    let listed = |code: Code| match low.get(code as usize) {
                        Some(&is_listed) => is_listed,
                        None => code == NO_CLASS || scheme.classes.contains_key(&code),
                    };
                    if !codes.values.iter().all(|&code| listed(code)) {
                        if *refuse_unlisted {
                            refuse(plan, &id, &codes, window, listed)?;
                        }
                        codes.values.mapv_inplace(|code| if listed(code) { code } else { NO_CLASS });
                    }
                }
                Raw::Classes(codes)
            }
        };
        rasters.insert(id, raw);
    }
    Ok(rasters)
}

/// A fault for the first cell of the window whose code the scheme does not know.
fn refuse(plan: &Plan, id: &str, codes: &Padded<Code>, window: Window, listed: impl Fn(Code) -> bool) -> Result<()> {
    let Some(((row, col), code)) =
        codes.core().indexed_iter().find(|(_, code)| !listed(**code)).map(|(at, c)| (at, *c))
    else {
        return Ok(());
    };
    let (row, col) = (window.row + row as isize, window.col + col as isize);
    let (x, y) = plan.grid.centre(row, col);
    let path = match plan.project.inputs.get(id) {
        Some(InputSpec::Raster(spec)) => spec.path.display().to_string(),
        _ => id.to_owned(),
    };
    let names =
        plan.project.scheme(id).map(|scheme| scheme.classes.keys().map(ToString::to_string).collect::<Vec<_>>());
    let what = format!("code {code} at x {x:.3}, y {y:.3} (row {row}, column {col}) is not in its class scheme");
    let hint = format!(
        "known codes: {}; name the right scheme, or set unlisted_codes = \"unknown\"",
        names.unwrap_or_default().join(", ")
    );
    Err(Fault::input(format!("{path} (input `{id}`)"), what).hint(hint).into())
}

/// What quantities are derived from.
struct Derived<'a> {
    plan: &'a Plan,
    window: Window,
    rasters: &'a BTreeMap<String, Raw>,
    distances: &'a BTreeMap<String, Distances>,
    regions: &'a Padded<u16>,
    /// Slope and aspect over the larger of their margins, computed together when either is asked for.
    terrain: OnceCell<[Padded<f32>; 2]>,
    terrain_margin: Margin,
    /// What sun and skyline decide, with its margin.
    lit: &'a (Margin, Lit),
    /// What is told of mined-out land, with its margin.
    told: &'a mined::Told,
}

impl<'a> Derived<'a> {
    fn new(
        (plan, window, needs): (&'a Plan, Window, &Needs),
        rasters: &'a BTreeMap<String, Raw>,
        (distances, regions): (&'a BTreeMap<String, Distances>, &'a Padded<u16>),
        (lit, told): (&'a (Margin, Lit), &'a mined::Told),
    ) -> Self {
        let on_terrain =
            |layer: &LayerName| matches!(layer, LayerName::Slope | LayerName::Aspect | LayerName::Suits(_));
        let margins = needs.amounts.iter().filter(|(layer, _)| on_terrain(layer)).map(|(_, &margin)| margin);
        let terrain_margin = margins.fold(Margin::default(), Margin::max);
        Self { plan, window, rasters, distances, regions, terrain: OnceCell::new(), terrain_margin, lit, told }
    }

    fn raster(&self, id: &str, margin: Margin) -> Result<Padded<f32>> {
        match self.rasters.get(id) {
            Some(Raw::Amounts(values)) => Ok(values.cut(margin)),
            _ => Err(Fault::project("", format!("input `{id}` holds no amounts")).into()),
        }
    }

    fn amount(&self, layer: &LayerName, margin: Margin) -> Result<Padded<f32>> {
        match layer {
            LayerName::Input(id) => self.raster(id, margin),
            LayerName::Elevation => self.raster(DEM, margin),
            LayerName::Slope => Ok(self.terrain()?[0].cut(margin)),
            LayerName::Aspect => Ok(self.terrain()?[1].cut(margin)),
            LayerName::Suits(crop) => self.suits(crop, margin),
            LayerName::SkyView => Ok(self.cut((self.lit.0, Some(&self.lit.1.sky_view)), margin)),
            LayerName::Yield(layout) => self.specific_yield(layout, margin),
            LayerName::Mined(quantity) => Ok(self.cut((self.told.0, self.told.1.get(quantity)), margin)),
            LayerName::DistanceTo(input) => Ok(self.distance(input, margin)),
        }
    }

    fn terrain(&self) -> Result<&[Padded<f32>; 2]> {
        if let Some(terrain) = self.terrain.get() {
            return Ok(terrain);
        }
        let margin = self.terrain_margin;
        let elevation = self.raster(DEM, margin.plus(Margin::cells(slope_aspect::HALO)))?;
        let target = self.window.padded(margin);
        let mut slope = Array2::zeros(target.shape());
        let mut aspect = Array2::zeros(target.shape());
        let sizes = cell_sizes(self.plan, target);
        slope_aspect::slope_aspect(&elevation.values, &sizes, &mut slope, &mut aspect);
        Ok(self.terrain.get_or_init(|| [slope, aspect].map(|values| Padded { margin, values })))
    }

    fn specific_yield(&self, layout: &str, margin: Margin) -> Result<Padded<f32>> {
        match self.plan.yields.get(layout) {
            Some(YieldSource::Raster { input, factor }) => {
                let mut values = self.raster(input, margin)?;
                values.values.mapv_inplace(|value| (f64::from(value) * factor) as f32);
                Ok(values)
            }
            Some(YieldSource::Regions(by_region)) => {
                let of = |region: u16| by_region.get(usize::from(region)).map_or(f32::NAN, |value| *value as f32);
                Ok(Padded { margin, values: self.regions.view(margin).mapv(of) })
            }
            Some(YieldSource::Sun(index)) => Ok(self.cut((self.lit.0, self.lit.1.yields.get(*index)), margin)),
            None => Err(Fault::project("", format!("no yield for layout `{layout}`")).into()),
        }
    }

    fn suits(&self, crop: &str, margin: Margin) -> Result<Padded<f32>> {
        let target = self.window.padded(margin);
        let Some(crop) = self.plan.project.economics.crops.get(crop) else {
            return Err(Fault::project("", format!("there is no crop `{crop}`")).into());
        };
        let regions = self.regions.view(margin).to_owned();
        let values = if self.plan.has_dem() {
            let (elevation, slope) = (self.raster(DEM, margin)?, self.terrain()?[0].cut(margin));
            let terrain = suits::Terrain { elevation_m: &elevation.values, slope_deg: &slope.values };
            suits::suits(self.plan, crop, target, Some(&terrain), &regions)
        } else {
            suits::suits(self.plan, crop, target, None, &regions)
        };
        Ok(Padded { margin, values })
    }

    /// A layer that was computed together with others, over a smaller margin; unknown where there is none.
    fn cut(&self, (own, values): (Margin, Option<&Array2<f32>>), margin: Margin) -> Padded<f32> {
        match values {
            Some(values) => Padded { margin: own, values: values.clone() }.cut(margin),
            None => Padded { margin, values: Array2::from_elem(self.window.padded(margin).shape(), f32::NAN) },
        }
    }

    fn distance(&self, input: &str, margin: Margin) -> Padded<f32> {
        let cap_m = self.plan.project.distance_cap_m(input);
        let cap2 = cap_m * cap_m;
        let metres = |squared: f64| if squared <= cap2 { squared.sqrt() as f32 } else { f32::INFINITY };
        let Some(distances) = self.distances.get(input) else {
            return Padded { margin, values: Array2::from_elem(self.window.padded(margin).shape(), f32::NAN) };
        };
        let mut values = map_rows(&distances.known.view(margin), |&squared| metres(squared));
        if let Some(holes) = &distances.unknown {
            // What the hole hides may be nearer than what is seen.
            Zip::from(&mut values).and(&distances.known.view(margin)).and(&holes.view(margin)).for_each(
                |value, &known, &hole| {
                    if hole < known && hole <= cap2 {
                        *value = f32::NAN;
                    }
                },
            );
        }
        Padded { margin, values }
    }
}
