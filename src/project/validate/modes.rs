//! Modes, crops and connection: the built-in tables with the project's numbers in place.

use std::collections::BTreeSet;

use super::crops::{crop_ids, crops};
use super::{Check, agri, regions, subsidence};
use crate::fault::suggestion;
use crate::mode::{Layout, Mode, MountingKind, Number, REFERENCE_MODE};
use crate::overburden;
use crate::project::file::{Input, ModeTable, ProjectFile};
use crate::project::{Economics, HOME_CURRENCY, InputSpec, Project};
use crate::rule::ModeSet;
use crate::tables::Tables;

/// Resolves everything that decides the money of an offer.
pub fn economics(check: &mut Check<'_>, file: &ProjectFile, tables: &Tables) -> Economics {
    check.unique("mode", file.mode.iter().map(|mode| mode.id.as_str()));
    check.unique("crop", file.crop.iter().map(|crop| crop.id.as_str()));
    if file.mode.len() > ModeSet::CAPACITY {
        let what = format!("{} modes; at most {} are possible", file.mode.len(), ModeSet::CAPACITY);
        check.fault(&format!("mode.{}", ModeSet::CAPACITY), what, "");
        check.spoiled.extend((ModeSet::CAPACITY..file.mode.len()).map(|i| format!("mode.{i}")));
    }
    let built_in = if check.currency == HOME_CURRENCY { BuiltInMoney::Usable } else { BuiltInMoney::OtherCurrency };
    let crops = crops(check, file, tables, built_in);
    let known = crop_ids(file, crops.keys());
    let mut modes = Vec::new();
    let mut mode_price_per_kwh = Vec::new();
    for (i, table) in file.mode.iter().enumerate() {
        let at = format!("mode.{i}");
        check.name(&format!("{at}.id"), &table.id);
        let base = tables.modes.iter().find(|mode| mode.id == table.id);
        numbers_in_range(check, &at, table);
        if let Some(mode) = mode(check, &at, (base, table), (tables, built_in)) {
            mode_fits(check, &at, &mode, tables);
            carries(check, &at, &mode, &known);
            designs(check, &at, (table, &mode), tables);
            modes.push(mode);
            mode_price_per_kwh.push(table.price_cny_per_kwh);
        }
    }
    let regions = file.region_data.iter().map(|data| (data.id.clone(), regions::filled(data, tables))).collect();
    let (line_per_mw_km, station_per_kw) = connection(check, file, tables, built_in);
    let water_price_per_m3 = built_in.of(Some(&tables.water_price_per_m3)).unwrap_or_else(|| Number::stated(0.0));
    let restoration = subsidence::restoration(check, file, tables);
    Economics {
        modes,
        mode_price_per_kwh,
        regions,
        crops,
        line_per_mw_km,
        station_per_kw,
        water_price_per_m3,
        restoration,
    }
}

/// Whether the money in the built-in tables is in the project's currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuiltInMoney {
    /// It is.
    Usable,
    /// It is not.
    OtherCurrency,
}

impl BuiltInMoney {
    /// A built-in amount of money, unless it is in another currency.
    pub fn of(self, base: Option<&Number>) -> Option<Number> {
        base.filter(|_| self == Self::Usable).cloned()
    }
}

/// A mode with the project's numbers over those of its row; a fault names whatever is missing.
fn mode(
    check: &mut Check<'_>,
    at: &str,
    (base, table): (Option<&Mode>, &ModeTable),
    (tables, money): (&Tables, BuiltInMoney),
) -> Option<Mode> {
    let mut missing = Vec::new();
    let mut number = |key: &str, stated: Option<f64>, base: Option<Number>| {
        let found = stated.map(Number::stated).or(base);
        if found.is_none() {
            missing.push(check.shown(key));
        }
        found.unwrap_or_else(|| Number::stated(f64::NAN))
    };
    let layout = table.layout.clone().or_else(|| base.map(|base| base.layout.clone()));
    let dense = base.map(|base| density(base, layout.as_ref(), tables));
    let density = number("density_mwp_per_ha", table.density_mwp_per_ha, dense);
    let dc_ac_ratio = number("dc_ac_ratio", table.dc_ac_ratio, base.map(|b| b.dc_ac_ratio.clone()));
    let capex = money.of(base.map(|b| &b.capex_per_kw));
    let capex_per_kw = number("capex_cny_per_kw", table.capex_cny_per_kw, capex);
    let om = money.of(base.map(|b| &b.om_per_kw_yr));
    let om_per_kw_yr = number("om_cny_per_kw_yr", table.om_cny_per_kw_yr, om);
    let crops = table.crops.clone().or_else(|| base.map(|base| base.crops.clone())).unwrap_or_default();
    let raising_per_kw_m = (!crops.is_empty()).then(|| {
        let raising = money.of(base.and_then(|b| b.raising_per_kw_m.as_ref()));
        number("raising_cny_per_kw_m", table.raising_cny_per_kw_m, raising)
    });
    let life_yr = number("life_yr", table.life_yr, base.map(|b| b.life_yr.clone()));
    let discount_rate = number("discount_rate", table.discount_rate, base.map(|b| b.discount_rate.clone()));
    let degradation =
        number("degradation_per_yr", table.degradation_per_yr, base.map(|b| b.degradation_per_yr.clone()));
    let land = table.land.clone().or_else(|| base.map(|base| base.land.clone()));
    missing.extend(layout.is_none().then(|| "layout".to_owned()));
    missing.extend(land.is_none().then(|| "land".to_owned()));
    if !missing.is_empty() {
        let builtin = tables.modes.iter().map(|mode| mode.id.as_str());
        let hint = match base {
            Some(_) => "the built-in costs are in CNY".to_owned(),
            None => format!("it is not one of the built-in modes; {}", suggestion(&table.id, builtin)),
        };
        check.fault(at, format!("mode `{}` lacks {}", table.id, missing.join(", ")), hint);
        return None;
    }
    Some(Mode {
        id: table.id.clone(),
        name: table.name.clone().or_else(|| base.map(|base| base.name.clone())).unwrap_or_else(|| table.id.clone()),
        layout: layout.unwrap_or_default(),
        land: land.unwrap_or_default(),
        decisions: table.decisions.clone().or_else(|| base.map(|base| base.decisions.clone())).unwrap_or_default(),
        subsided_land: match &table.land {
            Some(_) => Vec::new(),
            None => base.map(|base| base.subsided_land.clone()).unwrap_or_default(),
        },
        crops,
        density_mwp_per_ha: density,
        dc_ac_ratio,
        capex_per_kw,
        raising_per_kw_m,
        om_per_kw_yr,
        life_yr,
        discount_rate,
        degradation_per_yr: degradation,
    })
}

/// Density of a built-in mode where the project has changed how far apart the rows of its layout stand.
fn density(base: &Mode, layout: Option<&String>, tables: &Tables) -> Number {
    let own = base.density_mwp_per_ha.clone();
    let changed = layout.filter(|layout| **layout == base.layout).and_then(|layout| tables.layout(layout));
    let built_in = tables.built_in_gcr.get(&base.layout).copied().unwrap_or(0.0);
    match changed.map(|layout| layout.gcr.value).filter(|gcr| *gcr > 0.0 && built_in > 0.0 && *gcr != built_in) {
        Some(gcr) => {
            Number { value: own.value * gcr / built_in, source: format!("{}; for gcr {gcr}", own.source), ..own }
        }
        None => own,
    }
}

/// Faults of the numbers a project or a scenario states for a mode.
pub fn numbers_in_range(check: &mut Check<'_>, at: &str, table: &ModeTable) {
    for (key, stated, range) in [
        ("density_mwp_per_ha", table.density_mwp_per_ha, 1e-6..=20.0),
        ("dc_ac_ratio", table.dc_ac_ratio, 0.5..=5.0),
        ("capex_cny_per_kw", table.capex_cny_per_kw, 0.0..=f64::INFINITY),
        ("raising_cny_per_kw_m", table.raising_cny_per_kw_m, 0.0..=f64::INFINITY),
        ("om_cny_per_kw_yr", table.om_cny_per_kw_yr, 0.0..=f64::INFINITY),
        ("life_yr", table.life_yr, 1.0..=100.0),
        ("discount_rate", table.discount_rate, 0.0..=1.0),
        ("degradation_per_yr", table.degradation_per_yr, 0.0..=0.5),
    ] {
        if let Some(value) = stated {
            check.within(&format!("{at}.{key}"), value, range);
        }
    }
    if table.life_yr.is_some_and(|life_yr| life_yr.fract() != 0.0) {
        check.fault(&format!("{at}.life_yr"), "the life is counted in whole years", "");
    }
}

/// Faults of a mode's layout and land.
fn mode_fits(check: &mut Check<'_>, at: &str, mode: &Mode, tables: &Tables) {
    if tables.layout(&mode.layout).is_none() {
        let hint = suggestion(&mode.layout, tables.layouts.iter().map(|layout| layout.id.as_str()));
        check.fault(&format!("{at}.layout"), format!("unknown array layout `{}`", mode.layout), hint);
    }
    if mode.land.is_empty() {
        check.fault(&format!("{at}.land"), "the mode has no kind of land to stand on", "");
    }
}

/// Faults of the designs of a mode.
fn designs(check: &mut Check<'_>, at: &str, (table, mode): (&ModeTable, &Mode), tables: &Tables) {
    let Some(layout) = tables.layout(&mode.layout) else { return };
    for (key, stated) in [("gcr", &table.gcr), ("tilt_deg", &table.tilt_deg)] {
        let at = format!("{at}.{key}");
        let Some(values) = stated else { continue };
        if mode.crops.is_empty() {
            check.fault(&at, format!("mode `{}` carries no crops and has one design", mode.id), "remove it");
        }
        if key == "tilt_deg" && layout.array.mounting != MountingKind::Fixed {
            check.fault(&at, format!("layout `{}` has no tilt to choose", layout.id), "remove it");
        }
        if values.iter().enumerate().any(|(i, value)| values[..i].contains(value)) {
            check.fault(&at, "a design is named twice", "name each once");
        }
        if values.is_empty() {
            check.fault(&at, "there is no design to choose from", "name one at least, or leave it out");
        }
        let range = if key == "gcr" { 0.01..=0.95 } else { 0.0..=90.0 };
        for value in values {
            check.within(&at, *value, range.clone());
        }
    }
    if !mode.crops.is_empty() && layout.gcr.value <= 0.0 {
        let what =
            format!("mode `{}` carries crops between rows, and its layout `{}` is a single row", mode.id, layout.id);
        check.fault(at, what, "give the layout a gcr above 0");
    }
    if !mode.crops.is_empty() && layout.field.is_none() {
        let fields = tables.layouts.iter().filter(|row| row.field.is_some()).map(|row| row.id.as_str());
        let hint = format!("such layouts are {}", fields.collect::<Vec<_>>().join(", "));
        check.fault(at, format!("mode `{}` carries crops, and its layout `{}` has no field", mode.id, layout.id), hint);
    }
}

/// Faults of the crops a mode carries.
fn carries(check: &mut Check<'_>, at: &str, mode: &Mode, known: &[&str]) {
    for crop in mode.crops.iter().filter(|crop| !known.contains(&crop.as_str())) {
        if check.left_out.may_be("crop", crop) {
            continue;
        }
        let what = format!("crop `{crop}` of mode `{}` is not known in this currency", mode.id);
        let names = suggestion(crop, known.iter().copied());
        let hint = format!("add a [[crop]] with its harvest and margin, or `crops = []` to the mode; {names}");
        check.fault(&format!("{at}.crops"), what, hint);
    }
}

/// Cost of line and station.
fn connection(check: &mut Check<'_>, file: &ProjectFile, tables: &Tables, money: BuiltInMoney) -> (f64, f64) {
    let table = file.connection.clone().unwrap_or_default();
    let connects =
        file.connection.is_some() || file.inputs.contains_key(DEFAULT_SUBSTATIONS) && !check.left_out.any("connection");
    let mut number = |key: &str, stated: Option<f64>, base: &Number| {
        let value = stated.or(money.of(Some(base)).map(|number| number.value));
        if value.is_none() && connects && !file.mode.is_empty() {
            let hint = "the built-in costs are in CNY";
            let what = format!("[connection] lacks {}", check.shown(key));
            check.fault("connection", what, hint);
        }
        let value = value.unwrap_or(0.0);
        check.within(&format!("connection.{key}"), value, 0.0..=f64::INFINITY);
        value
    };
    let line = number("line_cny_per_mw_km", table.line_cny_per_mw_km, &tables.connection.line_per_mw_km);
    let station = number("station_cny_per_kw", table.station_cny_per_kw, &tables.connection.station_per_kw);
    let input = table.input.as_deref().unwrap_or(DEFAULT_SUBSTATIONS);
    if file.connection.is_some() {
        let vectors = file.inputs.iter().filter(|(_, input)| matches!(input, Input::Vector(_)));
        let names: Vec<&str> = vectors.map(|(id, _)| id.as_str()).collect();
        let what = || match file.inputs.get(input) {
            Some(_) => format!("input `{input}` is no vector layer to connect to"),
            None => format!("there is no input `{input}` to connect to"),
        };
        check.known(("connection.input", "inputs"), input, &names, what);
    }
    (line, station)
}

/// Input that sites connect to when the project does not say.
pub const DEFAULT_SUBSTATIONS: &str = "substations";

/// Numbers that decide the yield of a layout.
fn array_numbers(layout: &Layout) -> Vec<(&'static str, &Number)> {
    let array = &layout.array;
    let always = [
        ("gcr", &layout.gcr),
        ("bifaciality", &array.bifaciality),
        ("u0_w_per_m2_k", &array.u0_w_per_m2_k),
        ("u1_w_s_per_m3_k", &array.u1_w_s_per_m3_k),
    ];
    let sometimes = [
        ("tilt_deg", array.tilt_deg.as_ref()),
        ("azimuth_deg", array.azimuth_deg.as_ref()),
        ("max_rotation_deg", array.max_rotation_deg.as_ref()),
    ];
    always.into_iter().chain(sometimes.into_iter().filter_map(|(key, number)| Some((key, number?)))).collect()
}

/// Numbers of the built-in tables a project relies on that are not verified.
pub fn unverified(project: &Project) -> Vec<String> {
    let mut names = BTreeSet::new();
    let mut add = |table: &str, row: &str, numbers: &[(&str, &Number)]| {
        for (key, number) in numbers.iter().filter(|(_, number)| !number.verified) {
            names.insert(format!("{table}.{row}.{key} = {}", number.value));
        }
    };
    for mode in &project.economics.modes {
        let numbers = [
            ("density_mwp_per_ha", &mode.density_mwp_per_ha),
            ("dc_ac_ratio", &mode.dc_ac_ratio),
            ("capex_per_kw", &mode.capex_per_kw),
            ("om_per_kw_yr", &mode.om_per_kw_yr),
            ("life_yr", &mode.life_yr),
            ("discount_rate", &mode.discount_rate),
            ("degradation_per_yr", &mode.degradation_per_yr),
        ];
        add("modes", &mode.id, &numbers);
        if let Some(raising) = &mode.raising_per_kw_m {
            add("modes", &mode.id, &[("raising_per_kw_m", raising)]);
        }
        if let Some(layout) = project.tables.layout(&mode.layout) {
            if project.inputs.values().any(InputSpec::is_weather) {
                add("layouts", &layout.id, &array_numbers(layout));
            } else {
                add("layouts", &layout.id, &[("yield_ratio", &layout.yield_ratio)]);
            }
        }
    }
    if project.inputs.values().filter(|input| input.is_weather()).count() > 1 {
        add("pv", "air", &[("height_distance_ratio", &project.tables.pv.air.height_distance_ratio)]);
    }
    let own = project.economics.modes.iter().any(|mode| mode.id == REFERENCE_MODE);
    if !own && project.economics.modes.iter().any(|mode| !mode.crops.is_empty()) {
        // Land equivalent ratios compare with it though the project does not build it.
        for mode in project.tables.modes.iter().filter(|mode| mode.id == REFERENCE_MODE) {
            add("modes", &mode.id, &[("density_mwp_per_ha", &mode.density_mwp_per_ha)]);
        }
    }
    let stated = project.file.connection.clone().unwrap_or_default();
    if !project.economics.modes.is_empty() && project.substations().is_some() {
        let cost = &project.tables.connection;
        if stated.line_cny_per_mw_km.is_none() {
            add("connection", "line", &[("per_mw_km", &cost.line_per_mw_km)]);
        }
        if stated.station_cny_per_kw.is_none() {
            add("connection", "station", &[("per_kw", &cost.station_per_kw)]);
        }
    }
    names.into_iter().chain(of_mined_out_land(project)).chain(agri::unverified(project)).collect()
}

/// Numbers on mined-out land that are not verified.
fn of_mined_out_land(project: &Project) -> Vec<String> {
    let Some(spec) = &project.subsidence else { return Vec::new() };
    let default = spec.settings.overburden.as_deref();
    // Which classes the panels name, only they can tell.
    let classes: Vec<_> =
        project.tables.overburden.iter().filter(|row| default.is_none_or(|id| row.id == id)).collect();
    let mut names = overburden::unverified(&project.tables.settling, &classes);
    for row in project.economics.restoration.iter().filter(|_| !project.economics.modes.is_empty()) {
        let numbers = [("cost_per_ha", &row.cost_per_ha), ("credit_per_ha", &row.credit_per_ha)];
        let unverified = numbers.into_iter().filter(|(_, number)| !number.verified);
        names.extend(
            unverified.map(|(key, number)| {
                format!("subsidence.restoration.{}.{key} = {}", row.decision.name(), number.value)
            }),
        );
    }
    names
}
