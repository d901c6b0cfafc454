//! What grows beneath the designs of a climate, and how much water it uses there.

use std::collections::BTreeMap;

use crate::agronomy::evapotranspiration::effective_rain_mm;
use crate::agronomy::response::{RelativeYield, relative_yield};
use crate::agronomy::season::{GrowingMonth, shade};
use crate::crop::{Crop, Crops};
use crate::plan::Plan;
use crate::project::Economics;
use crate::resource::fields::{Field, Fields, UnderDesign};
use crate::solar::position::MONTH_DAYS;
use crate::solar::year::MONTHS;

/// A crop beneath a design, per hectare of cropped land.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grown {
    /// Share of light that reaches the ground over its season [1].
    pub light_share: f64,
    /// The same of photosynthetically active light [1].
    pub par_share: f64,
    /// Yield over that of the open field; `NaN` where it is darker than anything that was measured.
    pub relative: RelativeYield,
    /// Evapotranspiration of its season [mm]; `NaN` where the air is not known.
    pub evapotranspiration_mm: f64,
    /// The same in the open field [mm].
    pub open_evapotranspiration_mm: f64,
    /// Irrigation that the shade saves in a year [m³/ha]; `NaN` as above.
    pub water_saved_m3_per_ha: f64,
}

/// By mode, crop (in the mode's order) and design.
pub type Table = Vec<Vec<Vec<Grown>>>;

/// What sites of one climate and region share.
pub type Climate = ((usize, usize), u16);

/// Tables by climate and region, as far as sites lie in them.
#[derive(Debug, Default)]
pub struct Growing(BTreeMap<Climate, Table>);

impl Growing {
    /// The tables of some climates.
    pub fn new(plan: &Plan, economics: &Economics, climates: impl Iterator<Item = Climate>) -> Self {
        let mut tables = BTreeMap::new();
        let Some(fields) = plan.fields.as_deref() else { return Self::default() };
        for climate in climates {
            tables.entry(climate).or_insert_with(|| table(plan, economics, fields, climate));
        }
        Self(tables)
    }

    /// The table of a climate.
    pub fn of(&self, climate: Climate) -> Option<&Table> {
        self.0.get(&climate)
    }
}

fn table(plan: &Plan, economics: &Economics, fields: &Fields, (climate, region): Climate) -> Table {
    let field = fields.field(climate);
    let region = plan.regions.get(usize::from(region)).map_or("", String::as_str);
    let is_irrigated = plan.project.file.agrivoltaics.irrigated;
    let irrigation = if is_irrigated { Irrigation::AsNeeded } else { Irrigation::None };
    let rain = economics.region_value(region, |data| data.rain_mm_per_month);
    let of_mode = |(mode, designs): (usize, &Vec<UnderDesign>)| {
        let crops = economics.modes[mode].crops.iter().map(|id| economics.crops.get(id));
        let grown = |crop: Option<&Crop>| {
            let crop = Seasonal::new(&plan.project.tables.crops, crop?, (field, rain), irrigation);
            Some(designs.iter().map(|design| crop.beneath(design)).collect())
        };
        crops.map(|crop| grown(crop).unwrap_or_default()).collect()
    };
    field.modes.iter().enumerate().map(of_mode).collect()
}

/// Whether crops get what rain does not give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Irrigation {
    /// They do.
    AsNeeded,
    /// They do not.
    None,
}

/// A crop in a climate.
pub struct Seasonal<'a> {
    crops: &'a Crops,
    irrigation: Irrigation,
    crop: &'a Crop,
    field: &'a Field,
    rain: Option<[f64; MONTHS]>,
    months: [GrowingMonth; MONTHS],
}

impl<'a> Seasonal<'a> {
    /// A crop in the climate of a field, with the rain of its months [mm] if that is known.
    pub fn new(
        crops: &'a Crops,
        crop: &'a Crop,
        (field, rain): (&'a Field, Option<[f64; MONTHS]>),
        irrigation: Irrigation,
    ) -> Self {
        let (season, kc) = crop.growth(field.latitude_deg);
        Self { crops, irrigation, crop, field, rain, months: season.months(&kc) }
    }

    /// Days of growth by month.
    pub fn months(&self) -> &[GrowingMonth; MONTHS] {
        &self.months
    }

    /// What it makes of a design.
    pub fn beneath(&self, design: &UnderDesign) -> Grown {
        let crops = self.crops;
        let light = design.light.map(|month| (month.open_kwh_per_m2, month.ground_kwh_per_m2));
        let par = design.light.map(|month| (month.open_kwh_per_m2, month.par_ground_kwh_per_m2));
        let lost = shade(&self.months, &light);
        let held = lost.max(0.0);
        let is_told = held <= crops.largest_shade.value;
        let told = || relative_yield(crops.response(self.crop), held, crops.worst(held));
        let dark = RelativeYield { low: f64::NAN, expected: f64::NAN, high: f64::NAN };
        let open = self.water(&self.field.et0_mm_per_day);
        let beneath = self.water(&design.et0_mm_per_day);
        Grown {
            light_share: 1.0 - lost,
            par_share: 1.0 - shade(&self.months, &par),
            relative: if is_told { told() } else { dark },
            evapotranspiration_mm: beneath.used_mm,
            open_evapotranspiration_mm: open.used_mm,
            water_saved_m3_per_ha: M3_PER_HA_MM * (open.irrigated_mm - beneath.irrigated_mm),
        }
    }

    /// Water of a season by the reference evapotranspiration of a day of each month.
    fn water(&self, et0_mm_per_day: &[f64; MONTHS]) -> Water {
        let mut sum = Water::default();
        for (month, grown) in self.months.iter().enumerate().filter(|(_, grown)| grown.days > 0.0) {
            let used_mm = grown.kc_days * et0_mm_per_day[month];
            let share = grown.days / f64::from(MONTH_DAYS[month]);
            let rain_mm = self.rain.map_or(0.0, |rain| share * effective_rain_mm(rain[month]));
            sum.used_mm += used_mm;
            if self.irrigation == Irrigation::AsNeeded {
                let lacking = used_mm - rain_mm;
                sum.irrigated_mm += if lacking < 0.0 { 0.0 } else { lacking };
            }
        }
        sum
    }
}

/// m³ on a hectare of a millimetre of water.
const M3_PER_HA_MM: f64 = 10.0;

/// Water of a season.
#[derive(Default)]
struct Water {
    used_mm: f64,
    irrigated_mm: f64,
}
