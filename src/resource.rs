//! The solar resource of a run: what every array layout yields at any place and height under an open sky, and what a
//! skyline takes from it.
//!
//! Everything is computed at the nodes of a wide lattice anchored to the grid, when a tile first asks for it, and found
//! between them; cells only look up. Weather of several points is weighed by distance and height.

pub mod arrays;
pub mod clearness;
pub mod climate;
pub mod correction;
pub mod fields;
pub mod nodes;
pub mod slope;

use std::sync::{Arc, OnceLock};

use serde_json::{Map, Value, json};

use crate::fault::{Fault, Faults, Result};
use crate::grid::Grid;
use crate::kernels::whole;
use crate::mode::{Layout, MountingKind, Photovoltaics};
use crate::project::file::{SkyModelName, TerrainTable};
use crate::project::{InputSpec, Project, WeatherSpec};
use crate::raster::gdal::crs::Transform;
use crate::solar::array::Array;
use crate::solar::ground_plane::{LightStep, Steps};
use crate::solar::position::Place;
use crate::solar::skyline::{Directions, SkylineTable};
use crate::solar::year::{Profile, Step, Year};
use crate::weather::blend::{self, Blend, great_circle_m};
use crate::weather::{self, Weather, checks};
use arrays::Workshop;
use clearness::Clearness;
use climate::{Climate, Station};
use correction::Correction;
use nodes::{Lattice, Near};
use slope::{Planes, PlanesBetween};

/// Lowest height that tables are made for [m].
const LOWEST_M: f64 = -500.0;
/// Difference of height between two tables [m].
const CLASS_M: f64 = 500.0;
/// Heights that tables are made for: up to 9 000 m.
pub const CLASSES: usize = 20;
/// Height class of cells whose height is not known.
pub const NO_CLASS: u8 = u8::MAX;
/// Distance from which weather is not that of the place any more [m].
pub const ELSEWHERE_M: f64 = 1_000_000.0;
/// Distance from which that is worth a note [m].
const AWAY_M: f64 = 100_000.0;
/// Power of the distance by which the weights of weather points fall.
///
/// Source: D. Shepard 1968, see [`blend::weights`]: 2 is his choice.
const BLEND_POWER: f64 = 2.0;

/// An array layout of the run.
#[derive(Debug, Clone, PartialEq)]
pub struct LayoutArray {
    /// Id of the layout.
    pub layout: String,
    /// Its array; of a layout on the slope, level.
    pub array: Array,
    /// Whether its plane is the ground's.
    pub on_slope: bool,
}

/// The solar resource of a run.
#[derive(Debug)]
pub struct Resource {
    /// Layouts whose yield it tells.
    pub layouts: Vec<LayoutArray>,
    /// How much sun there is.
    pub climate: Arc<Climate>,
    /// Directions of the horizon; 0 for an open one.
    pub directions: usize,
    /// Height that all cells are taken to have, without an elevation model [m]; `NaN` with one.
    pub known_height_m: f32,
    /// How weather is carried from its points.
    how: Blend,
    /// Yield by the hour over yield by tables, by weather point and layout.
    corrections: Vec<Vec<Correction>>,
    /// Nodes.
    pub lattice: Lattice,
    nodes: Vec<Node>,
}

/// Tables of a node, each made when it is first asked for.
#[derive(Debug, Default)]
struct Node {
    by_class: [OnceLock<Vec<f64>>; CLASSES],
    corrections: [OnceLock<Vec<Correction>>; CLASSES],
    skyline: OnceLock<SkylineTable>,
    clearness: OnceLock<Clearness>,
    /// Light for layouts on the slope, and the planes it makes of an open sky, by layout.
    light: [OnceLock<Vec<Vec<LightStep>>>; CLASSES],
    planes: [OnceLock<Vec<Planes>>; CLASSES],
}

/// Layouts with the ratio of direct to alternating capacity they are built with.
pub type Wanted<'a> = Vec<(&'a Layout, f64)>;

impl Resource {
    /// The resource of a run.
    ///
    /// # Errors
    /// If the weather is not that of its place.
    pub fn new(project: &Project, grid: &Grid, climate: Arc<Climate>, wanted: &Wanted<'_>) -> Result<Self> {
        if let Some((layout, _)) = wanted.iter().find(|(layout, _)| layout.array.mounting == MountingKind::OnSlope)
            && project.file.yields.sky_model == Some(SkyModelName::Perez)
        {
            let what = format!("layout `{}` follows the ground, for which there is no Perez sky", layout.id);
            let hint = "take hay_davies or isotropic";
            return Err(Fault::project(project.document.place("yield.sky_model"), what).hint(hint).into());
        }
        let to_lonlat = Transform::to_wgs84(&grid.crs)?;
        let lattice = Lattice::new(grid, &to_lonlat, &climate.points());
        let pv = &project.tables.pv;
        let how = how(pv);
        let middle = at_known_height(&climate, &lattice.middle());
        is_near(&climate, &middle)?;
        let workshop = Workshop { pv, settings: &project.file.yields, latitude_deg: middle.latitude_deg };
        let steps = climate.steps(&middle, how);
        let layouts = wanted.iter().map(|(layout, dc_ac_ratio)| LayoutArray {
            layout: layout.id.clone(),
            array: workshop.array(layout, *dc_ac_ratio, &steps),
            on_slope: layout.array.mounting == MountingKind::OnSlope,
        });
        let layouts: Vec<LayoutArray> = layouts.collect();
        let corrections = corrections(&climate, &layouts, &steps);
        let nodes = (0..lattice.len()).map(|_| Node::default()).collect();
        let has_dem = project.inputs.contains_key(crate::layer::DEM);
        let directions = if has_dem { project.file.terrain.azimuths } else { 0 };
        let known_height_m = if has_dem { f32::NAN } else { middle.elevation_m as f32 };
        Ok(Self { layouts, climate, directions, known_height_m, how, corrections, lattice, nodes })
    }

    /// Whether its light is that of a sky without clouds.
    pub fn is_clear_sky(&self) -> bool {
        matches!(*self.climate, Climate::ClearSky(_))
    }

    /// Layouts whose plane is their own, in order.
    pub fn standing(&self) -> impl Iterator<Item = (usize, &LayoutArray)> {
        self.layouts.iter().enumerate().filter(|(_, layout)| !layout.on_slope)
    }

    /// Height class below each height, and how far it is towards the next, 0–1; heights beyond the tables count as their
    /// ends, unknown ones have [`NO_CLASS`].
    pub fn classify(elevation_m: &[f32], classes: &mut [u8], up: &mut [f32]) {
        for (height_m, (class, up)) in elevation_m.iter().zip(classes.iter_mut().zip(up)) {
            let at = ((height_m - LOWEST_M as f32) / CLASS_M as f32).clamp(0.0, (CLASSES - 1) as f32);
            let (below, number) = whole::nearest((at - 0.5).clamp(0.0, (CLASSES - 2) as f32));
            *class = if height_m.is_finite() { number as u8 } else { NO_CLASS };
            *up = at - below;
        }
    }

    /// Height that a class is of [m].
    pub fn height_m(class: usize) -> f64 {
        LOWEST_M + CLASS_M * class as f64
    }

    /// The class whose height is nearest.
    pub fn class_nearest(height_m: f64) -> usize {
        ((height_m - LOWEST_M) / CLASS_M).round().clamp(0.0, (CLASSES - 1) as f64) as usize
    }

    /// Yield of every layout near some place under an open sky, at the height of a class [kWh/kWp]: nodes weighed.
    pub fn open_kwh_per_kwp(&self, near: &Near, class: usize) -> Vec<f32> {
        let mut yields = vec![0.0; self.layouts.len()];
        for (node, weight) in near.nodes() {
            let of_node = self.nodes[node].by_class[class].get_or_init(|| self.node_yields(node, class));
            yields.iter_mut().zip(of_node).for_each(|(sum, value)| *sum += weight * value);
        }
        yields.into_iter().map(|value| value as f32).collect()
    }

    /// What a skyline takes from the standing layouts near some place.
    pub fn skyline(&self, near: &Near) -> &SkylineTable {
        let node = near.nearest();
        self.nodes[node].skyline.get_or_init(|| {
            let place = at_known_height(&self.climate, &self.lattice.place(node));
            let arrays: Vec<Array> = self.standing().map(|(_, layout)| layout.array).collect();
            let directions = Directions { count: self.directions, north_deg: self.lattice.north_deg(node) };
            SkylineTable::new(&arrays, &self.climate.steps(&place, self.how), &place, directions)
        })
    }

    /// What more or less light than the weather has makes of the yields near some place.
    pub fn clearness(&self, near: &Near) -> Clearness {
        let of_node = |node: usize| {
            self.nodes[node].clearness.get_or_init(|| {
                let place = at_known_height(&self.climate, &self.lattice.place(node));
                Clearness::new(&self.climate.steps(&place, self.how), &place, &self.layouts)
            })
        };
        Clearness::mean(near.nodes().map(|(node, weight)| (of_node(node), weight)))
    }

    /// Layouts whose plane is the ground's, in order.
    pub fn on_slope(&self) -> impl Iterator<Item = (usize, &LayoutArray)> {
        self.layouts.iter().enumerate().filter(|(_, layout)| layout.on_slope)
    }

    /// Light of the steps of a year at a node, at the height of a class, for each layout on the slope.
    fn light(&self, node: usize, class: usize) -> &[Vec<LightStep>] {
        self.nodes[node].light[class].get_or_init(|| {
            let steps = self.climate.steps(&self.at(node, class), self.how);
            self.on_slope()
                .map(|(_, layout)| slope::light(&steps, &layout.array, self.lattice.north_deg(node)))
                .collect()
        })
    }

    /// Steps of a year near some place between the heights of a class and the next, for a layout on the slope.
    ///
    /// - `which`: number of the layout among those on the slope.
    pub fn slope_steps(&self, near: &Near, class: usize, (which, layout): (usize, &LayoutArray)) -> Steps {
        let light =
            |(node, weight)| (&self.light(node, class)[which][..], &self.light(node, class + 1)[which][..], weight);
        slope::steps(&near.nodes().map(light).collect::<Vec<_>>(), &layout.array, self.directions)
    }

    /// What planes of all slopes yield near some place under an open sky, between the heights of a class and the next.
    ///
    /// - `which`: number of the layout among those on the slope.
    pub fn planes(&self, near: &Near, class: usize, which: usize) -> PlanesBetween {
        let of_node = |node: usize, class: usize| {
            let planes = self.nodes[node].planes[class].get_or_init(|| {
                let layouts = self.on_slope().zip(self.light(node, class));
                layouts.map(|((_, layout), light)| Planes::new(light, &layout.array)).collect()
            });
            &planes[which]
        };
        Planes::between(near.nodes().map(|(node, weight)| ([of_node(node, class), of_node(node, class + 1)], weight)))
    }

    /// Where a node is, at the height of a class.
    fn at(&self, node: usize, class: usize) -> Place {
        Place { elevation_m: Self::height_m(class), ..self.lattice.place(node) }
    }

    fn node_yields(&self, node: usize, class: usize) -> Vec<f64> {
        let place = self.at(node, class);
        let steps = self.climate.steps(&place, self.how);
        let of = |(index, layout): (usize, &LayoutArray)| {
            Year::of(&layout.array, &steps).total().ac_kwh_per_kwp * self.corrections(node, class)[index].level()
        };
        self.layouts.iter().enumerate().map(of).collect()
    }

    /// Factors that the yields of all layouts by tables get at a place: of the weather points, weighed; of a sky without
    /// clouds, those of the place itself.
    fn corrections_at(&self, place: &Place) -> Vec<Correction> {
        let points = self.climate.points();
        if points.is_empty() {
            let steps = self.climate.steps(place, self.how);
            return self.layouts.iter().map(|layout| Correction::new(layout, &steps, &steps)).collect();
        }
        let weights = blend::weights(&points, place, self.how);
        let of = |layout: usize| {
            Correction::mean(weights.iter().zip(&self.corrections).map(|(weight, all)| (all[layout], *weight)))
        };
        (0..self.layouts.len()).map(of).collect()
    }

    fn corrections(&self, node: usize, class: usize) -> &[Correction] {
        self.nodes[node].corrections[class].get_or_init(|| self.corrections_at(&self.at(node, class)))
    }

    /// Factor that a layout's yield by tables gets near some place, at the height of a class.
    pub fn correction_near(&self, near: &Near, class: usize, layout: usize) -> Correction {
        Correction::mean(near.nodes().map(|(node, weight)| (self.corrections(node, class)[layout], weight)))
    }

    /// Output of a layout by month and hour of local mean time, at the height of the weather nearest to a place, under an
    /// open sky.
    pub fn profile(&self, place: &Place, layout: usize) -> OutputProfile {
        let place = at_known_height(&self.climate, place);
        let steps = self.climate.steps(&place, self.how);
        let year = Year::of(&self.layouts[layout].array, &steps);
        let base = if self.layouts[layout].on_slope { 1.0 } else { self.corrections_at(&place)[layout].level() };
        let first = steps.first().map_or(0.0, |step| step.middle);
        OutputProfile {
            mean_kw_per_kwp: year.profile_kw_per_kwp.map(|hours| hours.map(|mean| base * mean)),
            // Instants are counted from noon.
            first_middle_utc_h: (24.0 * (first + 0.5)).rem_euclid(24.0),
        }
    }

    /// What the resource was made of, for the manifest.
    pub fn account(&self, terrain: &TerrainTable) -> Value {
        let kind = match &*self.climate {
            Climate::Hourly(_) => "hourly weather",
            Climate::Monthly(_) => "monthly irradiation",
            Climate::ClearSky(_) => "clear sky: no resource",
        };
        let points = self.climate.points();
        let points = points.iter().map(|point| json!([point.longitude_deg, point.latitude_deg, point.elevation_m]));
        let offsets: Map<String, Value> = match &*self.climate {
            Climate::Hourly(stations) => {
                stations.iter().map(|station| (station.input.clone(), station.offset_min.into())).collect()
            }
            _ => Map::new(),
        };
        let layouts = self.layouts.iter().enumerate().map(|(index, layout)| {
            let corrections: Vec<f64> = self.corrections.iter().map(|by_layout| by_layout[index].level()).collect();
            json!({
                "layout": layout.layout,
                "array": format!("{:?}", layout.array),
                "on_slope": layout.on_slope,
                "hourly_over_mean_days": corrections,
            })
        });
        json!({
            "kind": kind,
            "points_lon_lat_m": points.collect::<Vec<_>>(),
            "time_offset_min": offsets,
            "layouts": layouts.collect::<Vec<_>>(),
            "horizon": {
                "azimuths": self.directions,
                "reach_m": terrain.reach_m,
                "earth_curvature": terrain.earth_curvature,
            },
        })
    }
}

/// Output by month and hour.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputProfile {
    /// Mean alternating current [kW per kWp].
    pub mean_kw_per_kwp: Profile,
    /// Middle of the first hour of a day in universal time [h].
    pub first_middle_utc_h: f64,
}

/// A fault if all weather is from so far away that its place can only be a mistake.
fn is_near(climate: &Climate, middle: &Place) -> Result<()> {
    let far_m = |point: &Place| great_circle_m(point, middle);
    let nearest_m = climate.points().iter().map(far_m).min_by(f64::total_cmp).filter(|far_m| *far_m > ELSEWHERE_M);
    let Some(nearest_m) = nearest_m else { return Ok(()) };
    let what = format!("the nearest weather is {:.0} km from the middle of the grid", nearest_m / 1_000.0);
    Err(Fault::input("weather", what)
        .hint("check latitude and longitude with their signs, or give weather of the region")
        .into())
}

/// A place at the height of the weather point nearest to it; at its own where there is none.
fn at_known_height(climate: &Climate, place: &Place) -> Place {
    let points = climate.points();
    let distance = |point: &Place| great_circle_m(point, place);
    let nearest = points.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)));
    Place { elevation_m: nearest.map_or(place.elevation_m, |point| point.elevation_m), ..*place }
}

/// Corrections of all layouts, by weather point: what is known by the hour over what tables are made of.
fn corrections(climate: &Climate, layouts: &[LayoutArray], middle: &[Step]) -> Vec<Vec<Correction>> {
    let all = |hourly: &[Step], mean_days: &[Step]| -> Vec<Correction> {
        layouts.iter().map(|layout| Correction::new(layout, hourly, mean_days)).collect()
    };
    match climate {
        Climate::Hourly(stations) => stations
            .iter()
            .map(|station| all(&station.hourly, &climate::mean_day_steps(&station.means, &station.place)))
            .collect(),
        Climate::Monthly(tables) => vec![all(middle, middle); tables.len()],
        Climate::ClearSky(_) => Vec::new(),
    }
}

/// How weather is carried from its points.
fn how(pv: &Photovoltaics) -> Blend {
    Blend {
        power: BLEND_POWER,
        lapse_rate_k_per_km: -pv.air.lapse_rate_k_per_km.value,
        height_distance_ratio: pv.air.height_distance_ratio.value,
    }
}

/// How much sun there is, by the inputs of a project; `None` without weather.
///
/// # Errors
/// If weather cannot be read.
pub fn climate_of(project: &Project) -> Result<Option<Climate>> {
    let (mut stations, mut tables, mut faults) = (Vec::new(), Vec::new(), Vec::new());
    for (id, input) in &project.inputs {
        match input {
            InputSpec::Weather(spec) => match station(id, spec) {
                Ok(station) => stations.push(station),
                Err(more) => faults.extend(more.into_list()),
            },
            InputSpec::MonthlyGhi(table) => tables.push(table.clone()),
            InputSpec::ClearSky(clear) => return Ok(Some(Climate::ClearSky(clear.clone()))),
            InputSpec::Raster(_) | InputSpec::Vector(_) => {}
        }
    }
    let climate = match (stations.is_empty(), tables.is_empty()) {
        (false, _) => Some(Climate::Hourly(stations)),
        (true, false) => Some(Climate::Monthly(tables)),
        (true, true) => None,
    };
    Faults::or(faults, climate)
}

/// Reads the weather of an input.
fn station(id: &str, spec: &WeatherSpec) -> Result<Station> {
    let (weather, place) = located(spec)?;
    let offset_min = offset_min(&weather, &place, spec)?;
    Ok(Station::new(id, place, &weather, offset_min))
}

/// Minutes by which the instants of a file are moved: what is stated, else what was found.
///
/// # Errors
/// If its days are not those of the sun at the place then.
pub fn offset_min(weather: &Weather, place: &Place, spec: &WeatherSpec) -> Result<f64> {
    let found = weather.time_offset.map_or(0.0, |offset| offset.minutes);
    let used = spec.time_offset_min.unwrap_or(found);
    checks::fits_the_sun(weather, place, used)?;
    Ok(used)
}

/// Weather of a file at the place that the project or the file states.
///
/// # Errors
/// If neither says where it is, or the weather cannot be that of the place.
pub fn located(spec: &WeatherSpec) -> Result<(Weather, Place)> {
    placed(weather::read_with_offset(&spec.path, spec.time_offset_min)?, spec)
}

/// Weather under the sun of the place that is stated for it, or that its file states.
///
/// # Errors
/// If neither says where it is, or the weather cannot be that of the place.
pub fn placed(weather: Weather, spec: &WeatherSpec) -> Result<(Weather, Place)> {
    let file = weather.location;
    let place = Place {
        latitude_deg: spec.latitude_deg.or(file.latitude_deg).unwrap_or(f64::NAN),
        longitude_deg: spec.longitude_deg.or(file.longitude_deg).unwrap_or(f64::NAN),
        elevation_m: spec.elevation_m.or(file.elevation_m).unwrap_or(f64::NAN),
    };
    if [place.latitude_deg, place.longitude_deg, place.elevation_m].iter().any(|number| number.is_nan()) {
        let hint = "state latitude_deg, longitude_deg and elevation_m";
        return Err(Fault::input(spec.path.display().to_string(), "does not say where it is").hint(hint).into());
    }
    Ok((weather.located(&place)?, place))
}

/// What is worth telling of irradiation by months.
pub const MONTHLY_NOTE: &str = "irradiation by months is split into three typical days each: within about 1.5 % of hourly weather for fixed arrays, 2.5 % for trackers, 5 % for upright ones with two faces, 8 % with one";

/// What is worth telling of a resource.
pub fn notes(resource: &Resource) -> Vec<String> {
    let mut notes = Vec::new();
    if matches!(*resource.climate, Climate::Monthly(_)) {
        notes.push(MONTHLY_NOTE.to_owned());
    }
    if let Climate::ClearSky(clear) = &*resource.climate {
        let what = format!(
            "THE YIELDS ARE THOSE OF A SKY WITHOUT CLOUDS times a clearness of {}: an assumption, no resource; give measured or satellite weather before acting on them",
            clear.clearness
        );
        notes.push(what);
    }
    let middle = resource.lattice.middle();
    let far_m = |point: &Place| great_circle_m(point, &middle);
    if let Some(far_m) = resource.climate.points().iter().map(far_m).min_by(f64::total_cmp).filter(|far| *far > AWAY_M)
    {
        notes.push(format!(
            "the nearest weather is {:.0} km from the middle of the grid: taken as it is",
            far_m / 1_000.0
        ));
    }
    notes
}
