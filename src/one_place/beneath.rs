//! What grows beneath an array at one place: light by month and across the rows, water, and yields with their bands.

use serde_json::{Value, json};

use super::{Order, Sunlight};
use crate::agronomy::light::{self, Light};
use crate::agronomy::row_profile;
use crate::appraise::{Irrigation, Seasonal};
use crate::crop::Crop;
use crate::resource::fields::{Assumed, Field, UnderDesign, open_by_month};
use crate::solar::array::Array;
use crate::solar::year::{MONTHS, Step};
use crate::tables::Tables;

/// What is asked of the ground beneath an array.
#[derive(Debug, Clone, PartialEq)]
pub struct Beneath {
    /// Width of a row over the distance from row to row [1].
    pub gcr: f64,
    /// Share of light that modules and the gaps in them let through [1].
    pub transmittance: f64,
    /// How light is told across the rows; `None` if it is not asked for.
    pub across: Option<Across>,
    /// Crops.
    pub crops: Vec<Crop>,
}

/// Where light is told across the rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Across {
    /// Height of the lowest edge at its lowest [m].
    pub clearance_m: f64,
    /// Width of a row, along the slant [m].
    pub collector_width_m: f64,
    /// Equal strips from the middle of a row to that of the next.
    pub strips: usize,
}

impl Beneath {
    /// The array among its rows.
    fn rows(&self, array: &Array) -> Array {
        Array { gcr: Some(self.gcr), ..*array }
    }

    /// What is told of it.
    pub fn report(&self, order: &Order, array: &Array, sunlight: &Sunlight, tables: &Tables) -> Value {
        let rows = self.rows(array);
        let months = light::by_month(&rows, self.transmittance, &sunlight.steps);
        let mut told = json!({
            "gcr": self.gcr,
            "transmittance": self.transmittance,
            "annual": light_json(&Light::sum(months.iter())),
            "monthly": months.iter().enumerate().map(|(month, one)| {
                let mut row = light_json(one);
                row["month"] = (month + 1).into();
                row
            }).collect::<Vec<_>>(),
        });
        if let Some(across) = &self.across {
            told["across"] = self.profile(across, &rows, &sunlight.steps);
        }
        if !self.crops.is_empty() {
            let assumed = Assumed::new(&tables.pv);
            let et0 = |light: &[f64; MONTHS]| assumed.et0_mm_per_day(&order.place, &sunlight.air, light);
            let field = Field {
                latitude_deg: order.place.latitude_deg,
                et0_mm_per_day: et0(&open_by_month(&sunlight.steps)),
                modes: Vec::new(),
            };
            let under = UnderDesign {
                light: months,
                et0_mm_per_day: et0(&months.map(|month| month.ground_kwh_per_m2)),
                yield_ratio: 1.0,
                across: [f64::NAN; 2],
            };
            told["crops"] = self.crops.iter().map(|crop| crop_json(tables, crop, &field, &under)).collect();
        }
        told
    }

    /// Light on the ground at a step, beside what is told of the step.
    pub fn step(&self, array: &Array, step: &Step, told: &mut Value) {
        let rows = self.rows(array);
        let at = light::at_instant(&rows, self.transmittance, &step.at);
        told["open_w_per_m2"] = at.open_kwh_per_m2.into();
        told["ground_w_per_m2"] = at.ground_kwh_per_m2.into();
        told["ground_light_share"] = at.share().into();
        told["ground_par_share"] = at.par_share().into();
        let Some(across) = &self.across else { return };
        let mut one = [*step];
        one[0].weight_h = 1_000.0;
        let strips = self.strips(across, &rows, &one);
        told["across_w_per_m2"] = strips[step.month].iter().map(|strip| Value::from(strip.ground_kwh_per_m2)).collect();
    }

    /// Distance from row to row [m].
    fn pitch_m(&self, across: &Across) -> f64 {
        across.collector_width_m / self.gcr
    }

    /// Light across the rows by month; `rows` is the array among its rows.
    fn strips(&self, across: &Across, rows: &Array, steps: &[Step]) -> [Vec<Light>; MONTHS] {
        let height = row_profile::middle_height(rows, across.clearance_m, self.pitch_m(across));
        row_profile::by_month(rows, (self.transmittance, height), steps, across.strips)
    }

    fn profile(&self, across: &Across, rows: &Array, steps: &[Step]) -> Value {
        let months = self.strips(across, rows, steps);
        let pitch_m = self.pitch_m(across);
        let middle_m = |strip: usize| (strip as f64 + 0.5) / across.strips as f64 * pitch_m;
        let share = |strip: usize| Light::sum(months.iter().map(|month| &month[strip])).share();
        json!({
            "clearance_m": across.clearance_m,
            "pitch_m": pitch_m,
            "from_row_m": (0..across.strips).map(middle_m).collect::<Vec<_>>(),
            "annual_light_share": (0..across.strips).map(share).collect::<Vec<_>>(),
            "monthly_light_share": months.iter().map(|month| month.iter().map(Light::share).collect::<Vec<_>>()).collect::<Vec<_>>(),
        })
    }
}

fn light_json(light: &Light) -> Value {
    json!({
        "open_kwh_per_m2": light.open_kwh_per_m2,
        "ground_kwh_per_m2": light.ground_kwh_per_m2,
        "light_share": light.share(),
        "par_share": light.par_share(),
    })
}

fn crop_json(tables: &Tables, crop: &Crop, field: &Field, under: &UnderDesign) -> Value {
    let seasonal = Seasonal::new(&tables.crops, crop, (field, None), Irrigation::AsNeeded);
    let grown = seasonal.beneath(under);
    let days: Vec<f64> = seasonal.months().iter().map(|month| month.days).collect();
    let relative = grown.relative;
    json!({
        "id": crop.id,
        "name": crop.name,
        "group": crop.group,
        "growing_days_by_month": days,
        "light_share": grown.light_share,
        "par_share": grown.par_share,
        "relative_yield": {"low": relative.low, "expected": relative.expected, "high": relative.high},
        "evapotranspiration_mm": grown.evapotranspiration_mm,
        "open_evapotranspiration_mm": grown.open_evapotranspiration_mm,
    })
}
