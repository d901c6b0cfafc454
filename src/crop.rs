//! Crops: how they answer to shade, when they grow, what they need and what they bring.

use serde::Deserialize;

use crate::agronomy::response::{Response, relative_yield};
use crate::agronomy::season::{CropCoefficients, Season};
use crate::mode::Number;

/// A row of `data/crops.toml`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Crop {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Id of its response group. A crop with neither group nor coefficients of its own loses yield as it loses light.
    pub group: Option<String>,
    /// Its own linear coefficient of log10 yield in the share of light lost [1].
    pub alpha: Option<Number>,
    /// 95 % band of its own curve.
    pub band: Option<BandRow>,
    /// Open-field harvest of one cycle [t/ha].
    pub harvest_t_per_ha: Number,
    /// Years of land use to one harvest.
    pub cycle_yr: Number,
    /// What a tonne earns at the farm [currency/t].
    #[serde(rename = "price_cny_per_t")]
    pub price_per_t: Number,
    /// Income after cost in the open field [currency/ha/yr].
    #[serde(rename = "margin_cny_per_ha_yr")]
    pub margin_per_ha_yr: Number,
    /// When it grows.
    pub season: SeasonRow,
    /// What it uses over the reference evapotranspiration.
    pub kc: CoefficientsRow,
    /// Mean temperature of its season [°C].
    pub temperature_c: Limits,
    /// Height of the land above the sea [m].
    pub elevation_m: Limits,
    /// Rain of a year [mm]; the lower two do not bind where land is irrigated.
    pub rain_mm_per_yr: Limits,
    /// Slope of the land [°].
    pub slope_deg: Limits,
    /// Height of the plants [m].
    pub height_m: Number,
    /// Height of what must pass beneath modules [m].
    pub machine_height_m: Number,
    /// Width of what must pass between rows [m].
    pub machine_width_m: Number,
}

/// A 95 % band around a curve.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BandRow {
    /// Terms p, q, s of its half width R √(p + qR + sR²) in log10 yield, with R the share of light lost [1].
    pub terms: [f64; 3],
    /// Where they come from.
    pub source: String,
    /// Whether that was seen.
    pub verified: bool,
}

/// When a crop grows, on the northern half of the earth.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeasonRow {
    /// First day, as month-day.
    pub starts: String,
    /// Days of the initial, development, mid-season and late stages.
    pub stages_days: [f64; 4],
    /// Where it comes from.
    pub source: String,
    /// Whether that was seen.
    pub verified: bool,
}

/// Crop coefficients.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoefficientsRow {
    /// Of the initial stage [1].
    pub ini: f64,
    /// Of the mid-season [1].
    pub mid: f64,
    /// At the end of the late season [1].
    pub end: f64,
    /// Where they come from.
    pub source: String,
    /// Whether that was seen.
    pub verified: bool,
}

/// What a crop bears, and what suits it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Absolute least, optimal least, optimal most, absolute most.
    pub limits: [f32; 4],
    /// Where they come from.
    pub source: String,
    /// Whether that was seen.
    pub verified: bool,
}

impl Crop {
    /// Open-field harvest [t/ha/yr].
    pub fn yield_t_per_ha_yr(&self) -> f64 {
        self.harvest_t_per_ha.value / self.cycle_yr.value
    }

    /// What the open field's harvest earns [currency/ha/yr].
    pub fn sales_per_ha_yr(&self) -> f64 {
        self.yield_t_per_ha_yr() * self.price_per_t.value
    }

    /// What growing it costs [currency/ha/yr], whatever the harvest.
    pub fn cost_per_ha_yr(&self) -> f64 {
        self.sales_per_ha_yr() - self.margin_per_ha_yr.value
    }

    /// What it bears, and what suits it, by the keys.
    pub fn limits(&self) -> [(&'static str, &Limits); 4] {
        [
            ("temperature_c", &self.temperature_c),
            ("elevation_m", &self.elevation_m),
            ("rain_mm_per_yr", &self.rain_mm_per_yr),
            ("slope_deg", &self.slope_deg),
        ]
    }

    /// When it grows at a latitude, and what it then uses.
    pub fn growth(&self, latitude_deg: f64) -> (Season, CropCoefficients) {
        let first_day = day_of_year(&self.season.starts).unwrap_or(1);
        let season = Season { first_day, stages_days: self.season.stages_days };
        let kc = CropCoefficients { initial: self.kc.ini, mid: self.kc.mid, end: self.kc.end };
        (if latitude_deg < 0.0 { season.in_the_south() } else { season }, kc)
    }
}

/// Day of a year that is no leap year, from 1, of a date such as `04-15`; `None` for anything else.
pub fn day_of_year(month_day: &str) -> Option<u32> {
    let (month, day) = month_day.split_once('-')?;
    let (month, day): (usize, u32) = (month.parse().ok()?, day.parse().ok()?);
    let days = crate::solar::position::MONTH_DAYS;
    let length = u32::from(*days.get(month.checked_sub(1)?)?);
    let before: u32 = days[..month - 1].iter().map(|&days| u32::from(days)).sum();
    (1..=length).contains(&day).then_some(before + day)
}

/// A response group of `data/crops.toml`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Its id.
    pub id: String,
    /// Linear coefficient of log10 yield in the share of light lost [1].
    pub alpha: Number,
    /// Its 95 % band.
    pub band: BandRow,
}

/// The table `data/crops.toml`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Crops {
    /// Quadratic coefficient, common to all groups [1].
    pub beta: Number,
    /// Largest share of light lost that the curves were fitted to; nothing is told beyond it [1].
    pub largest_shade: Number,
    /// Response groups.
    pub group: Vec<Group>,
    /// Crops.
    pub crop: Vec<Crop>,
}

impl Crops {
    /// The group of that id.
    pub fn group(&self, id: &str) -> Option<&Group> {
        self.group.iter().find(|group| group.id == id)
    }

    /// How a crop answers to shade: by its own coefficients, those of its group, or as one of which nothing is known.
    pub fn response(&self, crop: &Crop) -> Response {
        let beta = self.beta.value;
        let group = crop.group.as_ref().and_then(|id| self.group(id));
        match (&crop.alpha, group) {
            (Some(alpha), group) => {
                let own = crop.band.as_ref().or(group.map(|group| &group.band));
                let band = own.map_or_else(|| self.widest(), |band| band.terms);
                Response::Curve { alpha: alpha.value, beta, band }
            }
            (None, Some(group)) => Response::Curve { alpha: group.alpha.value, beta, band: group.band.terms },
            (None, None) => Response::Unknown,
        }
    }

    /// The band of the group that is known least.
    fn widest(&self) -> [f64; 3] {
        let wider = |a: [f64; 3], b: &Group| if b.band.terms[0] > a[0] { b.band.terms } else { a };
        self.group.iter().fold([0.0; 3], wider)
    }

    /// Lower end of the band of the most sensitive group at a shade [1].
    pub fn worst(&self, shade: f64) -> f64 {
        let low = |group: &Group| {
            let (alpha, beta, band) = (group.alpha.value, self.beta.value, group.band.terms);
            relative_yield(Response::Curve { alpha, beta, band }, shade, 0.0).low
        };
        self.group.iter().map(low).fold(f64::INFINITY, f64::min)
    }
}
