//! The fields beneath arrays: what light and water they get with every design, by climate.
//!
//! Nothing is computed by the hour for a site: tables are made at the nodes of the resource's lattice and at heights 500 m apart, when a
//! site first asks, and sites near a node share them.

use std::sync::{Arc, OnceLock};

use super::arrays::Workshop;
use super::climate::{AirOfMonth, Climate};
use super::nodes::Lattice;
use super::{CLASSES, Resource, how};
use crate::agronomy::evapotranspiration::{Day, Site, reference_mm, wind_at_2m};
use crate::agronomy::light::{self, Light};
use crate::agronomy::row_profile;
use crate::fault::Result;
use crate::grid::Grid;
use crate::mode::{Category, FieldRow, Layout, MountingKind, Number, Photovoltaics};
use crate::project::Project;
use crate::project::file::{ClearSkyInput, ClearSkyModel};
use crate::raster::gdal::crs::Transform;
use crate::solar::array::{Array, Mounting};
use crate::solar::position::{MEAN_DAYS, MONTH_DAYS, Place};
use crate::solar::vapour::saturation_vapour_pressure_kpa;
use crate::solar::year::{MONTHS, Step, Year};
use crate::weather::blend::Blend;

/// Linke turbidity of the sky that stands for weather where a project has none [1].
///
/// Source: between clean and hazy air; light beneath rows, as a share, differs by 0–2 points for fixed arrays from that of skies of
/// `tests/vectors/b_agri.json`, and by 3–8 for trackers.
const STAND_IN_TURBIDITY: f64 = 3.0;
/// Strips across a row whose light is told apart.
const STRIPS: usize = 12;
/// MJ of a kWh.
const MJ_PER_KWH: f64 = 3.6;

/// A design of a layout: how far apart its rows stand, and how they are tilted.
#[derive(Debug, Clone, PartialEq)]
pub struct Design {
    /// What it is called within its mode.
    pub name: String,
    /// Width of a row over the distance from row to row [1].
    pub gcr: f64,
    /// Tilt of a fixed array [°]; 90 for an upright one, `NaN` for a tracker.
    pub tilt_deg: f64,
    /// Distance from row to row [m].
    pub pitch_m: f64,
    /// Free width between rows, seen from above, of a tracker when it lies flat [m].
    pub row_gap_m: f64,
    /// Share of the ground beneath modules, seen from above, of a tracker when it lies flat [1].
    pub cover_share: f64,
    /// Share of the land that is cropped [1].
    pub cropped_share: f64,
    array: Array,
}

/// Designs of a mode that carries crops.
#[derive(Debug, Clone, PartialEq)]
pub struct Designs {
    /// Where crops grow.
    pub category: Category,
    /// Ground coverage ratio that the mode's density is of [1].
    pub reference_gcr: f64,
    /// The designs, in order.
    pub list: Vec<Design>,
    /// The array that the layout's yield is of.
    reference: Array,
    transmittance: f64,
    clearance_m: f64,
}

/// What a climate makes of a design.
#[derive(Debug, Clone, PartialEq)]
pub struct UnderDesign {
    /// Light of every month, on open ground and beneath.
    pub light: [Light; MONTHS],
    /// Reference evapotranspiration of a day of every month beneath [mm]; `NaN` where the air is not known.
    pub et0_mm_per_day: [f64; MONTHS],
    /// Specific yield over that of the layout's own geometry [1].
    pub yield_ratio: f64,
    /// Least and most light of the year across the row over that of open ground, with the layout's own clearance [1].
    pub across: [f64; 2],
}

/// What a climate makes of all designs of all modes.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Latitude [°].
    pub latitude_deg: f64,
    /// Reference evapotranspiration of a day of every month on open ground [mm]; `NaN` where the air is not known.
    pub et0_mm_per_day: [f64; MONTHS],
    /// By mode, empty for modes without crops, and by design.
    pub modes: Vec<Vec<UnderDesign>>,
}

/// The fields of a run.
#[derive(Debug)]
pub struct Fields {
    /// Designs by mode; `None` for modes without crops.
    pub designs: Vec<Option<Designs>>,
    /// Whether a clear sky stands for weather that the project does not have.
    pub is_stand_in: bool,
    climate: Arc<Climate>,
    lattice: Lattice,
    how: Blend,
    air: Assumed,
    nodes: Vec<Node>,
}

/// Air of a place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AirOfPlace {
    /// Latitude [°].
    pub latitude_deg: f64,
    /// Height of the weather [m].
    pub known_height_m: f64,
    /// Mean temperature of every month, carried to sea level [°C]; `NaN` where it is not known.
    pub temperature_at_sea_level_c: [f64; MONTHS],
    /// Its change with height [K/m].
    pub temperature_per_m: f64,
}

/// Tables of a node, each made when it is first asked for.
#[derive(Debug, Default)]
struct Node {
    by_class: [OnceLock<Field>; CLASSES],
    /// Least and most light across the rows, by mode and design, at the height of the weather: it is the same at any height.
    across: OnceLock<Vec<Vec<[f64; 2]>>>,
    /// Mean temperature of every month, carried to sea level [°C].
    sea_level_c: OnceLock<[f64; MONTHS]>,
}

/// What is assumed of the air.
#[derive(Debug, Clone, Copy)]
pub struct Assumed {
    wind_height_m: f64,
    dew_point_below_coldest_k: f64,
}

impl Assumed {
    /// What `data/pv.toml` says.
    pub fn new(pv: &Photovoltaics) -> Self {
        Self {
            wind_height_m: pv.air.wind_height_m.value,
            dew_point_below_coldest_k: pv.air.dew_point_below_coldest_k.value,
        }
    }

    /// Reference evapotranspiration of the mean day of every month with so much light [mm]; `NaN` where the course of the
    /// temperature is not known.
    ///
    /// - `light_kwh_per_m2`: of the months, on the ground.
    pub fn et0_mm_per_day(
        &self,
        place: &Place,
        air: &[AirOfMonth; MONTHS],
        light_kwh_per_m2: &[f64; MONTHS],
    ) -> [f64; MONTHS] {
        let site = Site { latitude_deg: place.latitude_deg, elevation_m: place.elevation_m };
        std::array::from_fn(|month| {
            let air = &air[month];
            let assumed = saturation_vapour_pressure_kpa(air.coldest_c - self.dew_point_below_coldest_k);
            let humid = air.vapour_pressure_kpa;
            let day = Day {
                warmest_c: air.warmest_c,
                coldest_c: air.coldest_c,
                vapour_pressure_kpa: if humid.is_nan() { assumed } else { humid },
                wind_2m_m_per_s: wind_at_2m(air.wind_speed_m_per_s, self.wind_height_m),
                day_of_year: f64::from(MEAN_DAYS[month]),
            };
            reference_mm(&day, &site, MJ_PER_KWH * light_kwh_per_m2[month] / f64::from(MONTH_DAYS[month]))
        })
    }
}

impl Fields {
    /// The fields of a project whose modes carry crops; `None` if none does.
    ///
    /// - `climate`: weather of the project; `None` for a sky that stands in for it.
    ///
    /// # Errors
    /// If the grid's system cannot be brought to degrees.
    pub fn new(project: &Project, grid: &Grid, climate: Option<Arc<Climate>>) -> Result<Option<Self>> {
        if project.economics.modes.iter().all(|mode| mode.crops.is_empty()) {
            return Ok(None);
        }
        let is_stand_in = climate.is_none();
        let climate = climate.unwrap_or_else(|| Arc::new(stand_in()));
        let lattice = Lattice::new(grid, &Transform::to_wgs84(&grid.crs)?, &climate.points());
        let pv = &project.tables.pv;
        let middle = lattice.middle();
        let workshop = Workshop { pv, settings: &project.file.yields, latitude_deg: middle.latitude_deg };
        let steps = climate.steps(&middle, how(pv));
        let designs = project.economics.modes.iter().map(|mode| {
            let layout = project.tables.layout(&mode.layout).filter(|_| !mode.crops.is_empty())?;
            let stated = project.file.mode.iter().find(|table| table.id == mode.id);
            let chosen = Chosen {
                gcr: stated.and_then(|table| table.gcr.as_deref()),
                tilt_deg: stated.and_then(|table| table.tilt_deg.as_deref()),
            };
            designs_of(&workshop, (layout, mode.dc_ac_ratio.value), &chosen, &steps)
        });
        let designs = designs.collect();
        let nodes = (0..lattice.len()).map(|_| Node::default()).collect();
        Ok(Some(Self { designs, is_stand_in, climate, lattice, how: how(pv), air: Assumed::new(pv), nodes }))
    }

    /// Number of the climate of a place: its node and the height class nearest to it.
    ///
    /// - `row`, `col`: from the grid's corner [cells].
    /// - `elevation_m`: `NaN` where it is not known, which counts as that of the weather.
    pub fn climate_at(&self, row: f64, col: f64, elevation_m: f64) -> (usize, usize) {
        let node = self.lattice.near(row, col).nearest();
        let height_m = if elevation_m.is_nan() { self.known_height_m(node) } else { elevation_m };
        (node, Resource::class_nearest(height_m))
    }

    /// What a climate makes of all designs.
    pub fn field(&self, (node, class): (usize, usize)) -> &Field {
        self.nodes[node].by_class[class].get_or_init(|| self.computed(node, &self.place(node, class)))
    }

    fn across(&self, node: usize) -> &[Vec<[f64; 2]>] {
        self.nodes[node].across.get_or_init(|| {
            let place = Place { elevation_m: self.known_height_m(node), ..self.lattice.place(node) };
            let steps = self.climate.steps(&place, self.how);
            let of = |designs: &Designs| designs.list.iter().map(|design| designs.across(design, &steps)).collect();
            self.designs.iter().map(|designs| designs.as_ref().map(of).unwrap_or_default()).collect()
        })
    }

    /// Air of a place, to be carried to any height there.
    ///
    /// - `row`, `col`: from the grid's corner [cells].
    pub fn air_at(&self, row: f64, col: f64) -> AirOfPlace {
        let near = self.lattice.near(row, col);
        let mut sea_level_c = [0.0; MONTHS];
        for (node, weight) in near.nodes() {
            for (sum, month_c) in sea_level_c.iter_mut().zip(self.sea_level_c(node)) {
                *sum += weight * month_c;
            }
        }
        AirOfPlace {
            latitude_deg: self.lattice.place(near.nearest()).latitude_deg,
            known_height_m: self.known_height_m(near.nearest()),
            temperature_at_sea_level_c: if self.is_stand_in { [f64::NAN; MONTHS] } else { sea_level_c },
            temperature_per_m: self.temperature_per_m(),
        }
    }

    /// Change of temperature with height [K/m]; that of a clear sky is the same at any height.
    fn temperature_per_m(&self) -> f64 {
        let is_carried = !matches!(*self.climate, Climate::ClearSky(_));
        if is_carried { self.how.lapse_rate_k_per_km / 1_000.0 } else { 0.0 }
    }

    fn sea_level_c(&self, node: usize) -> &[f64; MONTHS] {
        self.nodes[node].sea_level_c.get_or_init(|| {
            let known_m = self.known_height_m(node);
            let months = self.climate.air(&Place { elevation_m: known_m, ..self.lattice.place(node) }, self.how);
            months.map(|month| month.mean_c - self.temperature_per_m() * known_m)
        })
    }

    /// Cells along the edge of a block that is taken for one place.
    pub fn block_cells(&self) -> isize {
        self.lattice.block_cells
    }

    fn known_height_m(&self, node: usize) -> f64 {
        super::at_known_height(&self.climate, &self.lattice.place(node)).elevation_m
    }

    fn place(&self, node: usize, class: usize) -> Place {
        Place { elevation_m: Resource::height_m(class), ..self.lattice.place(node) }
    }

    fn computed(&self, node: usize, place: &Place) -> Field {
        let steps = self.climate.steps(place, self.how);
        let air = self.climate.air(place, self.how);
        let open = open_by_month(&steps);
        let et0 = |light: &[f64; MONTHS]| {
            let told = self.air.et0_mm_per_day(place, &air, light);
            if self.is_stand_in { [f64::NAN; MONTHS] } else { told }
        };
        let of = |(designs, across): (&Option<Designs>, &Vec<[f64; 2]>)| -> Vec<UnderDesign> {
            let Some(designs) = designs else { return Vec::new() };
            let reference = Year::of(&designs.reference, &steps).total().ac_kwh_per_kwp;
            let known = designs.list.iter().zip(across);
            known
                .map(|(design, &across)| {
                    let light = light::by_month(&design.array, designs.transmittance, &steps);
                    UnderDesign {
                        light,
                        et0_mm_per_day: et0(&light.map(|month| month.ground_kwh_per_m2)),
                        yield_ratio: Year::of(&design.array, &steps).total().ac_kwh_per_kwp / reference,
                        across,
                    }
                })
                .collect()
        };
        Field {
            latitude_deg: place.latitude_deg,
            et0_mm_per_day: et0(&open),
            modes: self.designs.iter().zip(self.across(node)).map(of).collect(),
        }
    }

    /// What is worth telling of the light and the air.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.is_stand_in {
            notes.push(format!(
                "the project has no weather: light beneath arrays is that of a clear sky (Linke turbidity {STAND_IN_TURBIDITY}), which is some points too dark for trackers; water and the temperature that crops need are not known"
            ));
        } else {
            let air = self.climate.air(&self.place(0, 0), self.how);
            if air.iter().any(|month| month.coldest_c.is_nan() || month.warmest_c.is_nan()) {
                notes.push(
                    "the weather tells no course of temperature through the day: what crops use of water is not known"
                        .to_owned(),
                );
            } else if air.iter().any(|month| month.vapour_pressure_kpa.is_nan()) {
                notes.push(format!(
                    "the weather tells no humidity: the dew point is taken {} K below the coldest hour, which decides what crops use of water",
                    self.air.dew_point_below_coldest_k
                ));
            }
        }
        notes
    }
}

/// Irradiation of open ground by month, from sun and sky [kWh/m²].
pub fn open_by_month(steps: &[Step]) -> [f64; MONTHS] {
    let mut months = [0.0; MONTHS];
    for step in steps {
        let (beam, diffuse) = light::parts_w_per_m2(&step.at.irradiance, step.at.sun.apparent_zenith_deg);
        months[step.month] += step.weight_h * (beam + diffuse) / 1_000.0;
    }
    months
}

/// A sky without clouds in the place of weather.
fn stand_in() -> Climate {
    Climate::ClearSky(ClearSkyInput {
        clear_sky: ClearSkyModel::Ineichen,
        linke_turbidity: Some([STAND_IN_TURBIDITY; MONTHS]),
        aod700: None,
        precipitable_water_cm: None,
        clearness: 1.0,
        air_temperature_c: 20.0,
        wind_speed_m_per_s: 1.0,
    })
}

/// Designs that a project states for a mode.
struct Chosen<'a> {
    gcr: Option<&'a [f64]>,
    tilt_deg: Option<&'a [f64]>,
}

/// The designs of a layout; `None` for one without a field.
fn designs_of(
    workshop: &Workshop<'_>,
    (layout, dc_ac_ratio): (&Layout, f64),
    chosen: &Chosen<'_>,
    steps: &[Step],
) -> Option<Designs> {
    let field = layout.field.as_ref()?;
    let reference = workshop.array(layout, dc_ac_ratio, steps);
    let gcrs = chosen.gcr.unwrap_or(&field.designs.gcr);
    let own: Vec<f64> = match reference.mounting {
        Mounting::Fixed(plane) => vec![plane.tilt_deg],
        Mounting::Tracking(_) => vec![f64::NAN],
    };
    let stated = chosen.tilt_deg.unwrap_or(&field.designs.tilt_deg);
    let tilts = if stated.is_empty() || layout.array.mounting != MountingKind::Fixed { &own[..] } else { stated };
    let combined = tilts.iter().flat_map(|&tilt_deg| gcrs.iter().map(move |&gcr| (gcr, tilt_deg)));
    let design = |(gcr, tilt_deg): (f64, f64)| {
        let mut row = layout.clone();
        row.gcr = Number::stated(gcr);
        if layout.array.mounting == MountingKind::Fixed {
            row.array.tilt_deg = Some(Number::stated(tilt_deg));
        }
        let name = if tilts.len() > 1 { format!("gcr{gcr}_tilt{tilt_deg}") } else { format!("gcr{gcr}") };
        let array = workshop.array(&row, dc_ac_ratio, steps);
        geometry(name, field, (layout.gcr.value, gcr), array)
    };
    Some(Designs {
        category: field.category,
        reference_gcr: layout.gcr.value,
        list: combined.map(design).collect(),
        reference,
        transmittance: field.transmittance.value,
        clearance_m: field.clearance_m.value,
    })
}

/// Lengths and shares of a design.
fn geometry(name: String, field: &FieldRow, (reference_gcr, gcr): (f64, f64), array: Array) -> Design {
    let width_m = field.collector_width_m.value;
    let pitch_m = width_m / gcr;
    let (tilt_deg, flattest_deg) = match &array.mounting {
        Mounting::Fixed(plane) => (plane.tilt_deg, plane.tilt_deg),
        Mounting::Tracking(_) => (f64::NAN, 0.0),
    };
    let level = flattest_deg.to_radians().cos();
    Design {
        name,
        gcr,
        tilt_deg,
        pitch_m,
        row_gap_m: pitch_m - width_m * level,
        cover_share: gcr * level,
        // The strip that a row takes from the crop is as wide however far apart rows are.
        cropped_share: (1.0 - (1.0 - field.cropped_share.value) * gcr / reference_gcr).max(0.0),
        array,
    }
}

impl Designs {
    /// Least and most light of a year across the rows of a design, over that of open ground [1].
    fn across(&self, design: &Design, steps: &[Step]) -> [f64; 2] {
        let height = row_profile::middle_height(&design.array, self.clearance_m, design.pitch_m);
        let months = row_profile::by_month(&design.array, (self.transmittance, height), steps, STRIPS);
        let share = |strip: usize| Light::sum(months.iter().map(|month| &month[strip])).share();
        let shares = (0..STRIPS).map(share);
        shares.fold([f64::INFINITY, f64::NEG_INFINITY], |[least, most], share| [least.min(share), most.max(share)])
    }
}
