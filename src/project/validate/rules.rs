//! Rules: that the layers they name exist and can answer what they ask.

use std::collections::BTreeMap;

use super::inputs::Naming;
use super::{Check, inputs, law};
use crate::layer::{Code, DEM, LayerName};
use crate::project::file::{ExclusionTable, ProjectFile};
use crate::project::{HeldPack, InputSpec, RasterValues};
use crate::rule::{ClassRef, Condition, Rule, Shape, Unknown, Verb};
use crate::subsidence::quantity::Quantity;
use crate::tables::Tables;

/// What rules and criteria may refer to.
pub struct Scope<'a> {
    /// The project as written.
    pub file: &'a ProjectFile,
    /// Its inputs.
    pub inputs: &'a BTreeMap<String, InputSpec>,
    /// The built-in tables.
    pub tables: &'a Tables,
    /// Ids of its modes, in order.
    pub modes: &'a [&'a str],
}

/// What a layer can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answers {
    /// How much.
    Amount,
    /// Which class.
    Class,
    /// How far, and whether inside.
    Geometry,
}

impl Scope<'_> {
    /// What the layer answers; a fault if there is no such layer.
    pub fn answers(&self, check: &mut Check<'_>, at: &str, layer: &LayerName) -> Option<Answers> {
        match layer {
            LayerName::Input(id) => match self.inputs.get(id) {
                Some(InputSpec::Raster(raster)) if raster.values == RasterValues::Quantity => Some(Answers::Amount),
                Some(InputSpec::Raster(_)) => Some(Answers::Class),
                Some(InputSpec::Vector(_)) => Some(Answers::Geometry),
                Some(InputSpec::Weather(_) | InputSpec::MonthlyGhi(_) | InputSpec::ClearSky(_)) => {
                    check.fault(at, format!("input `{id}` is weather, which has no cells"), "");
                    None
                }
                None => {
                    let names = self.layer_names();
                    let names: Vec<&str> = names.iter().map(String::as_str).collect();
                    check.known((at, "inputs"), id, &names, || format!("there is no layer `{id}`"));
                    None
                }
            },
            LayerName::Elevation | LayerName::Slope | LayerName::Aspect | LayerName::SkyView => {
                let has_dem = matches!(self.inputs.get(DEM), Some(InputSpec::Raster(_)));
                if !has_dem && !check.left_out.may_be("inputs", DEM) {
                    let hint = format!("add the elevation model as input `{DEM}`");
                    check.fault(at, format!("`{layer}` needs an elevation model"), hint);
                }
                Some(Answers::Amount)
            }
            LayerName::Yield(layout) => {
                let layouts: Vec<&str> = self.tables.layouts.iter().map(|layout| layout.id.as_str()).collect();
                check.known((at, "layouts"), layout, &layouts, || format!("unknown array layout `{layout}`"));
                Some(Answers::Amount)
            }
            LayerName::Suits(crop) => {
                let known = super::crops::crop_ids(self.file, self.tables.crops.crop.iter().map(|crop| &crop.id));
                check.known((at, "crop"), crop, &known, || format!("there is no crop `{crop}`"));
                Some(Answers::Amount)
            }
            LayerName::Mined(quantity) => {
                let needed = match (&self.file.subsidence, quantity) {
                    _ if check.left_out.any("subsidence") => None,
                    (None, _) => Some("a [subsidence] table"),
                    (Some(table), Quantity::Ponding | Quantity::PondingLow | Quantity::PondingHigh) => {
                        let is_dry = table.groundwater.is_none() && table.groundwater_depth_m.is_none();
                        is_dry.then_some("the water table in [subsidence]")
                    }
                    (Some(table), Quantity::InsarRate | Quantity::InsarDifference) => {
                        table.insar.is_empty().then_some("[[subsidence.insar]]")
                    }
                    _ => None,
                };
                if let Some(needed) = needed {
                    check.fault(at, format!("`{layer}` needs {needed}"), "");
                }
                Some(Answers::Amount)
            }
            LayerName::DistanceTo(id) => {
                self.measurable(check, at, id);
                Some(Answers::Amount)
            }
        }
    }

    /// A fault unless distances to the input can be measured.
    fn measurable(&self, check: &mut Check<'_>, at: &str, id: &str) {
        match self.inputs.get(id) {
            Some(InputSpec::Vector(_)) => {}
            Some(InputSpec::Raster(raster)) if raster.set.is_some() => {}
            Some(InputSpec::Raster(_)) => {
                let hint = format!("say which classes in [inputs]: {id} = {{ raster = …, set = [\"…\"] }}");
                check.fault(at, format!("distance to the raster input `{id}` needs a set of classes"), hint);
            }
            _ => {
                let names: Vec<&str> = self.inputs.keys().map(String::as_str).filter(|name| *name != id).collect();
                check.known((at, "inputs"), id, &names, || format!("there is no input `{id}` to measure to"));
            }
        }
    }

    /// The codes a list of classes means in a layer.
    pub fn codes(&self, check: &mut Check<'_>, at: &str, layer: &LayerName, classes: &[ClassRef]) -> Vec<Code> {
        let naming = match layer {
            LayerName::Input(id) => inputs::naming(self.inputs, self.tables, id),
            _ => Naming::None,
        };
        // That a layer without classes is asked for some is named already.
        if naming == Naming::None { Vec::new() } else { inputs::codes(check, at, classes, naming) }
    }

    fn layer_names(&self) -> Vec<String> {
        let derived = [LayerName::Elevation, LayerName::Slope, LayerName::Aspect, LayerName::SkyView];
        let distances = self.inputs.keys().map(|id| LayerName::DistanceTo(id.clone()).to_string());
        let mined = self.file.subsidence.iter().flat_map(|_| Quantity::all().map(Quantity::name));
        let derived = derived.iter().map(ToString::to_string).chain(mined);
        self.inputs.keys().cloned().chain(derived).chain(distances).collect()
    }

    /// A fault if a value asked of a distance layer lies beyond the maximum the project set for it, or beyond the earth.
    pub fn beyond_maximum(&self, check: &mut Check<'_>, at: &str, layer: &LayerName, value_m: f64) {
        let LayerName::DistanceTo(id) = layer else { return };
        let max_m = match self.inputs.get(id) {
            Some(InputSpec::Raster(raster)) => raster.max_distance_m,
            Some(InputSpec::Vector(vector)) => vector.max_distance_m,
            _ => None,
        };
        match max_m {
            Some(max_m) if value_m > max_m => {
                let what = format!("{value_m} m is beyond max_distance_m {max_m} of input `{id}`");
                check.fault(at, what, "raise max_distance_m, or leave it out");
            }
            _ => check.distance(at, value_m.max(0.0)),
        }
    }
}

/// Validates the exclusion rules, and adds those of land law.
///
/// - `packs`, `land`: packs that hold, and the input that says what land is.
pub fn rules(check: &mut Check<'_>, scope: &Scope<'_>, (packs, land): (&[HeldPack], Option<&str>)) -> Vec<Rule> {
    let tables = &scope.file.exclusion;
    check.unique("exclusion", tables.iter().map(|table| table.id.as_str()));
    if tables.len() > Rule::CAPACITY {
        let what = format!("{} rules; at most {} fit the reasons layer", tables.len(), Rule::CAPACITY);
        check.fault(&format!("exclusion.{}", Rule::CAPACITY), what, "join rules on one layer");
        check.spoiled.extend((Rule::CAPACITY..tables.len()).map(|i| format!("exclusion.{i}")));
    }
    let own = tables.iter().enumerate();
    let mut rules: Vec<Rule> = own.map(|(i, table)| rule(check, scope, &format!("exclusion.{i}"), table)).collect();
    let by_law = law::rules(check, scope, (packs, land), rules.len());
    let (most, own) = (Rule::CAPACITY, rules.len());
    if own <= most && own + by_law.len() > most {
        let what =
            format!("{own} rules and {} clauses of land law; at most {most} fit the reasons layer", by_law.len());
        check.fault("law", what, "join rules on one layer, or say \"none\" of what the region has not");
    }
    rules.extend(by_law);
    rules
}

fn rule(check: &mut Check<'_>, scope: &Scope<'_>, at: &str, table: &ExclusionTable) -> Rule {
    check.name(&format!("{at}.id"), &table.id);
    let verbs = [
        (Verb::Exclude, "exclude", &table.exclude),
        (Verb::Keep, "keep", &table.keep),
        (Verb::ForceInclude, "force_include", &table.force_include),
    ];
    let mut given = verbs.into_iter().filter_map(|(verb, key, shape)| Some((verb, key, shape.as_ref()?)));
    let (first, second) = (given.next(), given.next());
    if first.is_none() || second.is_some() {
        let what = format!("rule `{}` needs exactly one of `exclude`, `keep` and `force_include`", table.id);
        check.fault(at, what, "");
    }
    let mut layer = LayerName::parse(&table.layer);
    if let (LayerName::DistanceTo(id), Some((_, _, Shape::Nearer { .. } | Shape::Farther { .. }))) = (&layer, &first) {
        layer = LayerName::Input(id.clone());
    }
    let answers = scope.answers(check, &format!("{at}.layer"), &layer);
    let verb = first.as_ref().map_or(Verb::Exclude, |(verb, _, _)| *verb);
    let condition = first.map_or(Condition::Inside, |(_, key, shape)| {
        condition(check, scope, &format!("{at}.{key}"), (&layer, answers, shape))
    });
    let buffer_m = table.buffer_m.unwrap_or(0.0);
    check.distance(&format!("{at}.buffer_m"), buffer_m);
    if buffer_m > 0.0 && condition.reach_m() > 0.0 {
        let hint = "add the buffer to the distance";
        check.fault(&format!("{at}.buffer_m"), "`nearer` and `farther` take no buffer", hint);
    }
    let weight = table.weight.unwrap_or(1.0);
    check.within(&format!("{at}.weight"), weight, 0.0..=1.0);
    if verb == Verb::ForceInclude && table.nodata == Unknown::Exclude {
        let hint = "use unknown or pass";
        check.fault(&format!("{at}.nodata"), "a rule that gives land back cannot exclude it", hint);
    }
    if table.only_in.as_ref().is_some_and(Vec::is_empty) {
        let hint = "name at least one, or leave `only_in` out for all";
        check.fault(&format!("{at}.only_in"), "it holds in no region", hint);
    }
    Rule {
        id: table.id.clone(),
        verb,
        layer,
        condition,
        buffer_m,
        weight,
        unknown: table.nodata,
        only_where: only_where(check, scope, at, table),
        only_in: table.only_in.clone(),
        modes: check.mode_set(&format!("{at}.modes"), table.modes.as_ref(), scope.modes),
        law: None,
    }
}

/// Index of the rule that must have fired.
fn only_where(check: &mut Check<'_>, scope: &Scope<'_>, at: &str, table: &ExclusionTable) -> Option<usize> {
    let id = table.only_where.as_ref()?;
    let names: Vec<&str> = scope.file.exclusion.iter().map(|other| other.id.as_str()).collect();
    let what = || format!("there is no rule `{id}`");
    check.known((&format!("{at}.only_where"), "exclusion"), id, &names, what);
    names.iter().position(|name| name == id)
}

fn condition(
    check: &mut Check<'_>,
    scope: &Scope<'_>,
    at: &str,
    (layer, answers, shape): (&LayerName, Option<Answers>, &Shape),
) -> Condition {
    let (word, wanted) = match shape {
        Shape::Above { .. } => ("above", Answers::Amount),
        Shape::Below { .. } => ("below", Answers::Amount),
        Shape::Range { .. } => ("range", Answers::Amount),
        Shape::Classes(_) => ("classes", Answers::Class),
        Shape::Inside {} => ("inside", Answers::Geometry),
        Shape::Nearer { .. } => ("nearer", Answers::Geometry),
        Shape::Farther { .. } => ("farther", Answers::Geometry),
    };
    let measured = matches!(shape, Shape::Nearer { .. } | Shape::Farther { .. });
    match (layer, answers) {
        (LayerName::Input(id), Some(Answers::Class)) if measured => scope.measurable(check, at, id),
        (_, Some(found)) if found != wanted => {
            let hint = match found {
                Answers::Amount => "an amount takes above, below and range",
                Answers::Class => "classes take classes (and nearer, farther with a `set`)",
                Answers::Geometry => "geometry takes inside, nearer and farther",
            };
            let hint = match (found, wanted) {
                (Answers::Amount, Answers::Class) => "add `classes` or kind = \"classes\" to the input",
                _ => hint,
            };
            check.fault(at, format!("`{word}` cannot be asked of layer `{layer}`"), hint);
        }
        _ => {}
    }
    match shape {
        Shape::Above { max } => {
            scope.beyond_maximum(check, at, layer, *max);
            Condition::Above(layer.threshold(*max))
        }
        Shape::Below { min } => {
            scope.beyond_maximum(check, at, layer, *min);
            Condition::Below(layer.threshold(*min))
        }
        Shape::Range { min, max } => range(check, scope, at, (layer, *min, *max)),
        Shape::Nearer { m } => {
            check.distance(at, *m);
            Condition::Nearer(*m)
        }
        Shape::Farther { m } => {
            check.distance(at, *m);
            Condition::Farther(*m)
        }
        Shape::Classes(classes) => {
            if classes.is_empty() {
                check.fault(at, "the list of classes is empty", "");
            }
            Condition::Classes(scope.codes(check, at, layer, classes))
        }
        Shape::Inside {} => Condition::Inside,
    }
}

fn range(
    check: &mut Check<'_>,
    scope: &Scope<'_>,
    at: &str,
    (layer, min, max): (&LayerName, Option<f64>, Option<f64>),
) -> Condition {
    match (min, max) {
        (None, None) => check.fault(at, "the range has neither `min` nor `max`", ""),
        (Some(min), Some(max)) if min > max => {
            check.fault(at, format!("the range is empty: min {min} is above max {max}"), "swap them");
        }
        _ => {}
    }
    for value in [min, max].into_iter().flatten() {
        scope.beyond_maximum(check, at, layer, value);
    }
    let bound = |value: Option<f64>, none: f32| value.map_or(none, |value| layer.threshold(value));
    Condition::Range(bound(min, f32::NEG_INFINITY), bound(max, f32::INFINITY))
}

/// The order in which every rule follows the one it depends on.
pub fn order(check: &mut Check<'_>, rules: &[Rule]) -> Vec<usize> {
    let mut order: Vec<usize> = Vec::new();
    let mut left: Vec<usize> = (0..rules.len()).collect();
    while !left.is_empty() {
        let ready = |i: usize| rules[i].only_where.is_none_or(|on| order.contains(&on));
        let (now, later): (Vec<usize>, Vec<usize>) = left.iter().partition(|&&i| ready(i));
        if now.is_empty() {
            let names: Vec<&str> = later.iter().map(|&i| rules[i].id.as_str()).collect();
            let at = format!("exclusion.{}.only_where", later[0]);
            check.fault(&at, format!("rules wait for each other: {}", names.join(", ")), "break the circle");
            return (0..rules.len()).collect();
        }
        order.extend(now);
        left = later;
    }
    order
}
