//! Mined-out land: that what is said of it fits together.

use std::collections::BTreeMap;

use super::Check;
use crate::date::Date;
use crate::fault::suggestion;
use crate::layer::DEM;
use crate::mode::Number;
use crate::overburden::Restoration;
use crate::project::file::{CourseTable, InsarTable, ProjectFile, RatesName, SubsidenceTable, VelocityUnit};
use crate::project::subsidence::{Groundwater, MOST_SAMPLES, SubsidenceSettings, SubsidenceSpec};
use crate::project::{HOME_CURRENCY, InputSpec, RasterValues};
use crate::subsidence::insar::{Track, are_apart};
use crate::subsidence::scene::Rates;
use crate::tables::Tables;

/// Id of the input with the panels, unless another is named.
const DEFAULT_PANELS: &str = "panels";
/// Millimetres of a metre.
const MM_PER_M: f64 = 1000.0;

/// Validates `[subsidence]`; `None` without it.
pub fn subsidence(
    check: &mut Check<'_>,
    file: &ProjectFile,
    inputs: &BTreeMap<String, InputSpec>,
    tables: &Tables,
) -> Option<SubsidenceSpec> {
    let table = file.subsidence.as_ref()?;
    let panels = table.panels.clone().unwrap_or_else(|| DEFAULT_PANELS.to_owned());
    let vectors: Vec<&str> =
        inputs.iter().filter(|(_, input)| matches!(input, InputSpec::Vector(_))).map(|(id, _)| id.as_str()).collect();
    let at = if table.panels.is_some() { "subsidence.panels" } else { "subsidence" };
    check.known((at, "inputs"), &panels, &vectors, || format!("`{panels}` is not a vector input"));
    let settings = settings(check, table, tables);
    ranges(check, table);
    let has_dem = raster(inputs, DEM);
    for (key, asks) in [("outlet_level_m", table.outlet_level_m.is_some()), ("seam_floor", table.seam_floor.is_some())]
    {
        if asks && !has_dem && !check.left_out.may_be("inputs", DEM) {
            let hint = "add dem = { raster = … } to [inputs]";
            check.fault(&format!("subsidence.{key}"), "it needs the elevation of the ground", hint);
        }
    }
    let groundwater = groundwater(check, table, inputs);
    if let Some(floor) = &table.seam_floor {
        quantity(check, "subsidence.seam_floor", floor, inputs);
    }
    let velocities = velocities(check, table, inputs);
    Some(SubsidenceSpec {
        panels,
        settings,
        groundwater,
        outlet_level_m: table.outlet_level_m,
        seam_floor: table.seam_floor.clone(),
        velocities,
    })
}

/// Whether there is a raster of quantities of that id.
fn raster(inputs: &BTreeMap<String, InputSpec>, id: &str) -> bool {
    matches!(inputs.get(id), Some(InputSpec::Raster(spec)) if spec.values == RasterValues::Quantity)
}

/// Adds a fault unless a raster of quantities has that id.
fn quantity(check: &mut Check<'_>, at: &str, id: &str, inputs: &BTreeMap<String, InputSpec>) {
    let able: Vec<&str> = inputs.keys().map(String::as_str).filter(|id| raster(inputs, id)).collect();
    check.known((at, "inputs"), id, &able, || format!("`{id}` is not a raster input of quantities"));
}

fn settings(check: &mut Check<'_>, table: &SubsidenceTable, tables: &Tables) -> SubsidenceSettings {
    let date = table.date.as_ref().and_then(|text| {
        let date = Date::parse(text);
        if date.is_none() {
            check.fault("subsidence.date", format!("`{text}` is not a date"), "write it as 2026-07-01");
        }
        date
    });
    if let Some(class) = &table.overburden
        && tables.overburden(class).is_none()
    {
        let hint = suggestion(class, tables.overburden.iter().map(|row| row.id.as_str()));
        check.fault("subsidence.overburden", format!("unknown overburden class `{class}`"), hint);
    }
    if table.rates == Some(RatesName::Observed) && table.insar.is_empty() {
        let hint = "add [[subsidence.insar]], or remove `rates`";
        check.fault("subsidence.rates", "no satellite observes anything", hint);
    }
    SubsidenceSettings {
        date,
        life_yr: table.life_yr.unwrap_or(tables.settling.extent.life_yr.value),
        overburden: table.overburden.clone(),
        course: table.course.clone().unwrap_or(CourseTable::Knothe { per_yr: None }),
        seasonal_m: table.groundwater_seasonal_m.unwrap_or(0.0),
        rates: if table.rates == Some(RatesName::Observed) { Rates::Observed } else { Rates::Predicted },
        tracks: table.insar.iter().map(track).collect(),
        samples: table.samples.unwrap_or(0),
        seed: table.seed.unwrap_or(1),
    }
}

fn track(insar: &InsarTable) -> Track {
    match insar.azimuth_deg {
        Some(azimuth_deg) => Track { incidence_deg: insar.incidence_deg, azimuth_deg },
        None => Track::heading(insar.incidence_deg, insar.heading_deg.unwrap_or_default()),
    }
}

/// Faults of numbers out of range.
fn ranges(check: &mut Check<'_>, table: &SubsidenceTable) {
    for (key, stated, range) in [
        ("life_yr", table.life_yr, 1.0..=100.0),
        ("groundwater_depth_m", table.groundwater_depth_m, -100.0..=5000.0),
        ("groundwater_seasonal_m", table.groundwater_seasonal_m, 0.0..=100.0),
        ("outlet_level_m", table.outlet_level_m, -1000.0..=9000.0),
    ] {
        if let Some(value) = stated {
            check.within(&format!("subsidence.{key}"), value, range);
        }
    }
    if let Some(samples) = table.samples.filter(|samples| *samples > MOST_SAMPLES) {
        let what = format!("{samples} samples; at most {MOST_SAMPLES} are possible");
        check.fault("subsidence.samples", what, "");
    }
    if let Some(course) = &table.course {
        for (key, value, range) in course.numbers() {
            check.within(&format!("subsidence.course.{}.{key}", course.name()), value, range);
        }
    }
}

impl CourseTable {
    /// Its name in files.
    fn name(&self) -> &'static str {
        match self {
            Self::Knothe { .. } => "knothe",
            Self::KnothePower { .. } => "knothe_power",
            Self::Mmf { .. } => "mmf",
            Self::Logistic { .. } => "logistic",
            Self::Segmented { .. } => "segmented",
        }
    }

    /// It in words.
    pub fn words(&self) -> String {
        let numbers = self.numbers();
        let list: Vec<String> = numbers.iter().map(|(key, value, _)| format!("{key} {value}")).collect();
        format!("{} {}", self.name(), list.join(", ")).trim().to_owned()
    }

    /// Its numbers with their keys and the ranges they may have.
    pub fn numbers(&self) -> Vec<(&'static str, f64, std::ops::RangeInclusive<f64>)> {
        let pace = |per_yr: f64| ("per_yr", per_yr, 1e-3..=100.0);
        match *self {
            Self::Knothe { per_yr } => per_yr.map(pace).into_iter().collect(),
            Self::KnothePower { per_yr, power } => vec![pace(per_yr), ("power", power, 1.0..=20.0)],
            Self::Mmf { half, power } => vec![("half", half, 1e-6..=1e6), ("power", power, 1.0..=20.0)],
            Self::Logistic { middle_yr, per_yr } => vec![("middle_yr", middle_yr, 0.0..=100.0), pace(per_yr)],
            Self::Segmented { duration_yr, per_yr } => {
                let duration = duration_yr.map(|duration| ("duration_yr", duration, 1e-2..=100.0));
                duration.into_iter().chain([pace(per_yr)]).collect()
            }
        }
    }
}

fn groundwater(
    check: &mut Check<'_>,
    table: &SubsidenceTable,
    inputs: &BTreeMap<String, InputSpec>,
) -> Option<Groundwater> {
    match (&table.groundwater, table.groundwater_depth_m) {
        (Some(_), Some(_)) => {
            check.fault("subsidence.groundwater", "the water table is given twice", "remove one of the two");
            None
        }
        (Some(id), None) => {
            quantity(check, "subsidence.groundwater", id, inputs);
            Some(Groundwater::Raster(id.clone()))
        }
        (None, Some(depth_m)) => Some(Groundwater::Depth(depth_m)),
        (None, None) => {
            let asks = [
                ("groundwater_seasonal_m", table.groundwater_seasonal_m.is_some()),
                ("outlet_level_m", table.outlet_level_m.is_some()),
            ];
            for (key, _) in asks.into_iter().filter(|(_, is_given)| *is_given) {
                let hint = "add groundwater_depth_m or groundwater";
                check.fault(&format!("subsidence.{key}"), "it says nothing without a water table", hint);
            }
            None
        }
    }
}

fn velocities(
    check: &mut Check<'_>,
    table: &SubsidenceTable,
    inputs: &BTreeMap<String, InputSpec>,
) -> Vec<(String, f64)> {
    if table.insar.len() > 2 {
        check.fault("subsidence.insar.2", "more than two tracks", "one or two are used");
    }
    for (i, insar) in table.insar.iter().enumerate() {
        let at = format!("subsidence.insar.{i}");
        quantity(check, &format!("{at}.input"), &insar.input, inputs);
        check.within(&format!("{at}.incidence_deg"), insar.incidence_deg, 0.0..=89.0);
        if insar.heading_deg.is_some() == insar.azimuth_deg.is_some() {
            let hint = "give heading_deg, or azimuth_deg from the ground to the satellite";
            check.fault(&at, "it needs one direction", hint);
        }
        for (key, value) in [("heading_deg", insar.heading_deg), ("azimuth_deg", insar.azimuth_deg)] {
            if let Some(value) = value {
                check.within(&format!("{at}.{key}"), value, -360.0..=360.0);
            }
        }
    }
    if let [one, other] = &table.insar[..]
        && !are_apart(track(one), track(other))
    {
        let hint = "give an ascending and a descending track, or one alone";
        check.fault("subsidence.insar.1", "both tracks look from one direction", hint);
    }
    let factor = |unit: VelocityUnit| match unit {
        VelocityUnit::MillimetresPerYear => 1.0 / MM_PER_M,
        VelocityUnit::MetresPerYear => 1.0,
    };
    table.insar.iter().map(|insar| (insar.input.clone(), factor(insar.unit))).collect()
}

/// Built-in rows of restoration with the project's numbers in place.
pub fn restoration(check: &mut Check<'_>, file: &ProjectFile, tables: &Tables) -> Vec<Restoration> {
    let Some(table) = &file.subsidence else { return Vec::new() };
    let is_home = check.currency == HOME_CURRENCY;
    let mut rows: Vec<Restoration> = if is_home { tables.settling.restoration.clone() } else { Vec::new() };
    for (i, stated) in table.restoration.iter().enumerate() {
        let at = format!("subsidence.restoration.{i}");
        let money = [("cost_cny_per_ha", stated.cost_cny_per_ha), ("credit_cny_per_ha", stated.credit_cny_per_ha)];
        for (key, value) in money {
            if let Some(value) = value {
                check.within(&format!("{at}.{key}"), value, 0.0..=f64::INFINITY);
            }
        }
        if table.restoration[..i].iter().any(|other| other.decision == stated.decision) {
            check.fault(&at, format!("`{}` is stated twice", stated.decision.name()), "remove one");
        }
        let index = rows.iter().position(|row| row.decision == stated.decision);
        let base = index.map(|index| rows.remove(index));
        let number = |stated: Option<f64>, base: Option<&Number>| {
            stated.map(Number::stated).or(base.cloned()).unwrap_or_else(|| Number::stated(0.0))
        };
        rows.push(Restoration {
            decision: stated.decision,
            cost_per_ha: number(stated.cost_cny_per_ha, base.as_ref().map(|row| &row.cost_per_ha)),
            credit_per_ha: number(stated.credit_cny_per_ha, base.as_ref().map(|row| &row.credit_per_ha)),
        });
    }
    if !is_home && table.restoration.is_empty() && !file.mode.is_empty() {
        let hint = "the built-in costs are in CNY: state [[subsidence.restoration]] with costs of your own";
        check.fault("subsidence", "restoration has no cost in this currency", hint);
    }
    rows
}
