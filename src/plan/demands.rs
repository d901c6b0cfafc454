//! What modes and regions need to be told before an offer can be made.

use std::collections::{BTreeMap, BTreeSet};

use crate::fault::{Fault, nearest, suggestion};
use crate::layer::LayerName;
use crate::mode::{LandKind, Layout, Mode, REFERENCE_LAYOUT, REFERENCE_MODE};
use crate::project::file::LayoutTable;
use crate::project::{BASE, Economics, InputSpec, Project};
use crate::scenario::{Bound, Quantity};
use crate::tables::Class;

/// Where the specific yield of a layout comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum YieldSource {
    /// A raster input; its values times the factor are kWh/kWp/yr.
    Raster {
        /// Id of the input.
        input: String,
        /// Factor to kWh/kWp/yr, and from the layout of the raster to this one.
        factor: f64,
    },
    /// A value for each region, by region number [kWh/kWp/yr].
    Regions(Vec<f64>),
    /// Sun and weather, by the number of the layout among those of the resource.
    Sun(usize),
}

/// Finds all that is missing to appraise the modes and to score the land, and where the yield of every layout comes from.
///
/// - `regions`: ids of the regions; `None` where they could not be read.
pub fn demands(
    project: &Project,
    regions: Option<&[String]>,
    faults: &mut Vec<Fault>,
) -> BTreeMap<String, YieldSource> {
    if let Some(regions) = regions {
        regions_known(project, regions, faults);
    }
    economics(project, regions.unwrap_or_default(), faults);
    scores(project, faults);
    yields(project, regions, faults)
}

/// Faults of references to regions that do not exist.
fn regions_known(project: &Project, regions: &[String], faults: &mut Vec<Fault>) {
    let mut check = |path: String, id: &str| {
        if id != "*" && !regions.iter().any(|region| region == id) {
            let hint = suggestion(id, regions.iter().map(String::as_str).take(40).collect::<Vec<_>>());
            let place = project.document.place(&path);
            faults.push(Fault::project(place, format!("there is no region `{id}`")).hint(hint));
        }
    };
    let file = &project.file;
    let base = file.base.iter().map(|base| ("base".to_owned(), &base.region_data));
    let scenarios = file.scenario.iter().enumerate().map(|(i, one)| (format!("scenario.{i}"), &one.region_data));
    for (above, list) in base.chain(scenarios) {
        for (i, data) in list.iter().enumerate() {
            check(format!("{above}.region_data.{i}.id"), &data.id);
        }
    }
    for (i, data) in file.region_data.iter().enumerate() {
        check(format!("region_data.{i}.id"), &data.id);
    }
    for (i, rule) in project.rules.iter().enumerate().filter(|(_, rule)| rule.law.is_none()) {
        for id in rule.only_in.iter().flatten() {
            check(format!("exclusion.{i}.only_in"), id);
        }
    }
    for (i, law) in file.law.iter().enumerate() {
        for id in law.only_in.iter().flatten() {
            check(format!("law.{i}.only_in"), id);
        }
    }
}

/// Faults of scenarios that ask for scores in a project without criteria.
fn scores(project: &Project, faults: &mut Vec<Fault>) {
    if !project.criteria.is_empty() || project.left_out.any("criterion") {
        return;
    }
    let asks = |bound: &Bound| matches!(bound, Bound::Average { column, .. } if column == "score");
    let limits = project.scenarios.iter().flat_map(|scenario| &scenario.limits);
    let limits = limits.filter(|limit| asks(&limit.bound)).map(|limit| &limit.place);
    let objectives = project.scenarios.iter().filter(|scenario| scenario.objective.quantity == Quantity::Score);
    for place in objectives.map(|scenario| &scenario.place).chain(limits) {
        let what = "a score is asked for, but there is no [[criterion]] to score by";
        faults.push(Fault::project(place, what).hint("add one, or ask for something else"));
    }
}

/// Finds the yield of every layout that a mode, a rule or a criterion uses.
fn yields(project: &Project, regions: Option<&[String]>, faults: &mut Vec<Fault>) -> BTreeMap<String, YieldSource> {
    let named = |layer: &LayerName| match layer {
        LayerName::Yield(layout) => Some(layout.clone()),
        _ => None,
    };
    let used: BTreeSet<String> = (project.economics.modes.iter().map(|mode| mode.layout.clone()))
        .chain(project.rules.iter().filter_map(|rule| named(&rule.layer)))
        .chain(project.criteria.iter().filter_map(|criterion| named(&criterion.layer)))
        .chain(project.file.yields.layouts.iter().cloned())
        .chain(project.inputs.values().filter_map(|input| match input {
            InputSpec::Raster(raster) => raster.yield_of.as_ref().map(|(layout, _)| layout.clone()),
            _ => None,
        }))
        .collect();
    // Where the regions are not known, those that the project has data of stand for them.
    let stated: Vec<String> = project.file.region_data.iter().map(|data| data.id.clone()).collect();
    let mut named = regions.unwrap_or_default().iter();
    let may_be_missing = project.left_out.any("inputs")
        || project.left_out.any("region_data")
        || named.any(|region| lacks_data(project, regions.unwrap_or_default(), region));
    let (mut sources, mut under_the_sun) = (BTreeMap::new(), 0);
    for layout in used {
        match source(project, regions.unwrap_or(&stated), &layout, &mut under_the_sun) {
            Some(source) => {
                sources.insert(layout, source);
            }
            None if may_be_missing => {}
            None => {
                let what = format!("nothing gives the specific yield of layout `{layout}`");
                let or_reference = if layout == REFERENCE_LAYOUT { "" } else { " (or \"fixed\")" };
                let hint = format!(
                    "add weather = {{ tmy = … }}, a raster input with layout = \"{layout}\"{or_reference}, or yield_kwh_per_kwp to every [[region_data]]"
                );
                faults.push(Fault::project(project.document.place("mode"), what).hint(hint));
            }
        }
    }
    sources
}

/// The layout's own raster, its values by region, the sun, or raster or values of the reference layout times a ratio.
///
/// - `under_the_sun`: layouts so far whose yield comes from sun and weather.
fn source(project: &Project, regions: &[String], layout: &str, under_the_sun: &mut usize) -> Option<YieldSource> {
    let raster = |layout: &str| {
        project.inputs.iter().find_map(|(id, input)| match input {
            InputSpec::Raster(spec) => {
                let (of, factor) = spec.yield_of.as_ref()?;
                (of == layout).then(|| (id.clone(), *factor))
            }
            _ => None,
        })
    };
    let by_region = |layout: &str| {
        let value = |region: &String| {
            project.economics.region_value(region, |data| data.yield_kwh_per_kwp.get(layout).copied())
        };
        regions.iter().map(value).collect::<Option<Vec<f64>>>().filter(|values| !values.is_empty())
    };
    let ratio = project.tables.layout(layout)?.yield_ratio.value;
    if let Some((input, factor)) = raster(layout) {
        return Some(YieldSource::Raster { input, factor });
    }
    if let Some(values) = by_region(layout) {
        return Some(YieldSource::Regions(values));
    }
    if project.inputs.values().any(InputSpec::is_weather) {
        *under_the_sun += 1;
        return Some(YieldSource::Sun(*under_the_sun - 1));
    }
    if let Some((input, factor)) = raster(REFERENCE_LAYOUT) {
        return Some(YieldSource::Raster { input, factor: factor * ratio });
    }
    by_region(REFERENCE_LAYOUT)
        .map(|values| YieldSource::Regions(values.into_iter().map(|value| value * ratio).collect()))
}

/// Faults of what is missing to appraise the modes: land, prices, rents.
fn economics(project: &Project, regions: &[String], faults: &mut Vec<Fault>) {
    let modes = &project.economics.modes;
    if modes.is_empty() {
        return;
    }
    let Some(scheme) = project.land.as_ref().and_then(|land| project.scheme(land)) else {
        if project.lacks_land() {
            return;
        }
        let hint = "add landcover = { raster = …, classes = … } to [inputs], or name another in [land]";
        faults.push(
            Fault::project(project.document.place("mode"), "modes need a layer that says what land is").hint(hint),
        );
        return;
    };
    if project.sites.is_none() {
        return;
    }
    let usable =
        || scheme.classes.values().filter(|class| modes.iter().any(|mode| mode.kinds().any(|kind| kind == class.kind)));
    let place = project.document.place("region_data");
    for region in regions.iter().filter(|region| !lacks_data(project, regions, region)) {
        let priced = project.economics.region_value(region, |data| data.price_cny_per_kwh).is_some()
            || project.economics.mode_price_per_kwh.iter().all(Option::is_some);
        if !priced {
            let key = project.money_column("price_cny_per_kwh");
            let hint = "add it to the region's [[region_data]], or to one with id = \"*\"";
            faults.push(Fault::project(&place, format!("region `{region}` has no {key}")).hint(hint));
        }
        let unknown: BTreeSet<&str> = usable()
            .filter(|class| rent_per_ha_yr(&project.economics, region, class).is_none())
            .map(|class| class.name.as_str())
            .collect();
        if !unknown.is_empty() {
            let unknown: Vec<&str> = unknown.into_iter().collect();
            let key = project.money_column("land_rent_cny_per_ha_yr");
            let what = format!("region `{region}` has no {key} for {}", unknown.join(", "));
            let hint = "name each, its kind of land, or \"*\" for the rest (0 where land is free)";
            faults.push(Fault::project(&place, what).hint(hint));
        }
    }
}

/// Whether data of a region may be among what was left out, or stand under a name that is nearly right.
fn lacks_data(project: &Project, regions: &[String], region: &str) -> bool {
    let names = || regions.iter().map(String::as_str);
    let mut stray = project.file.region_data.iter().filter(|data| data.id != "*" && !regions.contains(&data.id));
    let lists = ["region_data", "base.region_data"];
    let missing = |list: &str| ["*", region].iter().any(|id| project.left_out.may_be(list, id));
    lists.iter().any(|list| missing(list))
        || project.left_out.any(BASE)
        || stray.any(|data| nearest(&data.id, names()) == Some(region))
}

/// Rent of a class of land in a region: by class, else by kind of land, else `*` [currency/ha/yr].
pub fn rent_per_ha_yr(economics: &Economics, region: &str, class: &Class) -> Option<f64> {
    economics.region_value(region, |data| {
        let rents = &data.land_rent_cny_per_ha_yr;
        let by_kind = || rents.iter().find(|(name, _)| LandKind::parse(name) == Some(class.kind)).map(|(_, rent)| rent);
        rents.get(&class.name).or_else(by_kind).or_else(|| rents.get("*")).copied()
    })
}

/// Layouts whose yield comes from sun and weather, in the order of their numbers, each with the ratio of direct to
/// alternating capacity that its modes are built with.
///
/// Modes that share a layout share its yield, so they must agree on the ratio; a layout without modes has that of the
/// reference mode.
pub fn under_the_sun<'a>(
    project: &'a Project,
    yields: &BTreeMap<String, YieldSource>,
    faults: &mut Vec<Fault>,
) -> Vec<(&'a Layout, f64)> {
    let mut wanted = Vec::new();
    for layout in yields.iter().filter(|(_, source)| matches!(source, YieldSource::Sun(_))).map(|(layout, _)| layout) {
        let Some(row) = project.tables.layout(layout) else { continue };
        let modes: Vec<&Mode> = project.economics.modes.iter().filter(|mode| &mode.layout == layout).collect();
        let reference = project.tables.modes.iter().find(|mode| mode.id == REFERENCE_MODE);
        let ratio = modes.first().copied().or(reference).map_or(1.0, |mode| mode.dc_ac_ratio.value);
        if let Some(other) = modes.iter().find(|mode| mode.dc_ac_ratio.value != ratio) {
            let what = format!(
                "modes `{}` and `{}` share the layout `{layout}` but not the dc_ac_ratio that its yield is computed with",
                modes[0].id, other.id
            );
            let hint = "give them the same ratio, or one of them a [[layout]] of its own with like = \"…\"";
            faults.push(Fault::project(project.document.place("mode"), what).hint(hint));
        }
        wanted.push((row, ratio));
    }
    wanted
}

/// A note if some yields come from maps or regions and others from the sun: they do not compare.
pub fn mixed_note(yields: &BTreeMap<String, YieldSource>) -> Option<String> {
    let of = |is_sun: bool| {
        let layouts = yields.iter().filter(|(_, source)| matches!(source, YieldSource::Sun(_)) == is_sun);
        layouts.map(|(layout, _)| layout.as_str()).collect::<Vec<_>>().join(", ")
    };
    let (given, computed) = (of(false), of(true));
    (!given.is_empty() && !computed.is_empty()).then(|| {
        format!("the yields of {given} are given, those of {computed} computed from weather: compare them with care")
    })
}

/// A note if the project describes layouts that nothing asks for.
pub fn unused_note(layouts: &[LayoutTable], yields: &BTreeMap<String, YieldSource>) -> Option<String> {
    let unused: Vec<&str> =
        layouts.iter().map(|table| table.id.as_str()).filter(|id| !yields.contains_key(*id)).collect();
    (!unused.is_empty())
        .then(|| format!("[[layout]] {}: no mode, rule, criterion or `yield.layouts` uses it", unused.join(", ")))
}
