//! Rules and criteria: that the layers they name exist and can answer what they ask.

use std::collections::BTreeMap;

use super::{Check, inputs};
use crate::criterion::{Criterion, Utility};
use crate::fault::suggestion;
use crate::layer::{DEM, LayerName};
use crate::project::file::{CriterionTable, ExclusionTable, ProjectFile};
use crate::project::{InputSpec, RasterValues};
use crate::rule::{ClassRef, Condition, Rule, Shape, Unknown, Verb};
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
    pub modes: &'a [String],
}

/// What a layer can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answers {
    /// How much.
    Amount,
    /// Which class.
    Class,
    /// How far, and whether inside.
    Geometry,
}

impl Scope<'_> {
    /// What the layer answers; a fault if there is no such layer.
    fn answers(&self, check: &mut Check<'_>, at: &str, layer: &LayerName) -> Option<Answers> {
        match layer {
            LayerName::Input(id) => match self.inputs.get(id) {
                Some(InputSpec::Raster(raster)) if raster.values == RasterValues::Quantity => Some(Answers::Amount),
                Some(InputSpec::Raster(_)) => Some(Answers::Class),
                Some(InputSpec::Vector(_)) => Some(Answers::Geometry),
                Some(InputSpec::Weather(_)) => {
                    check.fault(at, format!("input `{id}` is weather, which has no cells"), "");
                    None
                }
                None => {
                    let names = self.layer_names();
                    let hint = suggestion(id, names.iter().map(String::as_str));
                    check.fault(at, format!("there is no layer `{id}`"), hint);
                    None
                }
            },
            LayerName::Elevation | LayerName::Slope | LayerName::Aspect => {
                if !matches!(self.inputs.get(DEM), Some(InputSpec::Raster(_))) {
                    let hint = format!("add the elevation model as input `{DEM}`");
                    check.fault(at, format!("`{layer}` needs an elevation model"), hint);
                }
                Some(Answers::Amount)
            }
            LayerName::Yield(layout) => {
                if self.tables.layout(layout).is_none() {
                    let hint = suggestion(layout, self.tables.layouts.iter().map(|layout| layout.id.as_str()));
                    check.fault(at, format!("unknown array layout `{layout}`"), hint);
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
                let names: Vec<&str> = self.inputs.keys().map(String::as_str).collect();
                check.fault(at, format!("there is no input `{id}` to measure to"), suggestion(id, names));
            }
        }
    }

    fn layer_names(&self) -> Vec<String> {
        let derived = [LayerName::Elevation, LayerName::Slope, LayerName::Aspect];
        let distances = self.inputs.keys().map(|id| LayerName::DistanceTo(id.clone()).to_string());
        self.inputs.keys().cloned().chain(derived.iter().map(ToString::to_string)).chain(distances).collect()
    }

    /// A fault if a value asked of a distance layer lies beyond the maximum the project set for it.
    fn beyond_maximum(&self, check: &mut Check<'_>, at: &str, layer: &LayerName, value_m: f64) {
        let LayerName::DistanceTo(id) = layer else { return };
        let max_m = match self.inputs.get(id) {
            Some(InputSpec::Raster(raster)) => raster.max_distance_m,
            Some(InputSpec::Vector(vector)) => vector.max_distance_m,
            _ => None,
        };
        if let Some(max_m) = max_m.filter(|max_m| value_m > *max_m) {
            let what = format!("{value_m} m is beyond max_distance_m {max_m} of input `{id}`");
            check.fault(at, what, "raise max_distance_m, or leave it out");
        }
    }
}

/// Validates the exclusion rules.
pub fn rules(check: &mut Check<'_>, scope: &Scope<'_>) -> Vec<Rule> {
    let tables = &scope.file.exclusion;
    check.unique("exclusion", tables.iter().map(|table| table.id.as_str()));
    if tables.len() > Rule::CAPACITY {
        let what = format!("{} rules; at most {} fit the reasons layer", tables.len(), Rule::CAPACITY);
        check.fault(&format!("exclusion.{}", Rule::CAPACITY), what, "join rules on one layer");
    }
    tables.iter().enumerate().map(|(i, table)| rule(check, scope, &format!("exclusion.{i}"), table)).collect()
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
    let nothing = Shape::Inside {};
    let (verb, key, shape) = first.unwrap_or((Verb::Exclude, "", &nothing));
    let mut layer = LayerName::parse(&table.layer);
    if let (LayerName::DistanceTo(id), Shape::Nearer { .. } | Shape::Farther { .. }) = (&layer, shape) {
        layer = LayerName::Input(id.clone());
    }
    let condition = condition(check, scope, (at, &format!("{at}.{key}")), (&layer, shape));
    let buffer_m = table.buffer_m.unwrap_or(0.0);
    check.within(&format!("{at}.buffer_m"), buffer_m, 0.0..=f64::INFINITY);
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
    let only_where = table.only_where.as_ref().and_then(|id| {
        let found = scope.file.exclusion.iter().position(|other| &other.id == id);
        if found.is_none() {
            let names: Vec<&str> = scope.file.exclusion.iter().map(|other| other.id.as_str()).collect();
            check.fault(&format!("{at}.only_where"), format!("there is no rule `{id}`"), suggestion(id, names));
        }
        found
    });
    Rule {
        id: table.id.clone(),
        verb,
        layer,
        condition,
        buffer_m,
        weight,
        unknown: table.nodata,
        only_where,
        only_in: table.only_in.clone(),
        modes: check.mode_set(&format!("{at}.modes"), table.modes.as_ref(), scope.modes),
    }
}

fn condition(
    check: &mut Check<'_>,
    scope: &Scope<'_>,
    (rule, at): (&str, &str),
    (layer, shape): (&LayerName, &Shape),
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
    let answers = scope.answers(check, &format!("{rule}.layer"), layer);
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
            check.within(at, *m, 0.0..=f64::INFINITY);
            Condition::Nearer(*m)
        }
        Shape::Farther { m } => {
            check.within(at, *m, 0.0..=f64::INFINITY);
            Condition::Farther(*m)
        }
        Shape::Classes(classes) => {
            let scheme = match layer {
                LayerName::Input(id) => inputs::scheme(scope.inputs, scope.tables, id),
                _ => None,
            };
            if classes.is_empty() {
                check.fault(at, "the list of classes is empty", "");
            }
            Condition::Classes(inputs::codes(check, at, classes, scheme))
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

/// Validates the criteria.
pub fn criteria(check: &mut Check<'_>, scope: &Scope<'_>) -> Vec<Criterion> {
    let tables = &scope.file.criterion;
    check.unique("criterion", tables.iter().map(|table| table.id.as_str()));
    let criteria: Vec<Criterion> =
        tables.iter().enumerate().map(|(i, table)| criterion(check, scope, &format!("criterion.{i}"), table)).collect();
    if !criteria.is_empty() {
        for (i, mode) in scope.modes.iter().enumerate() {
            if !criteria.iter().any(|criterion| criterion.modes.has(i)) {
                let what = format!("no criterion counts for mode `{mode}`");
                check.fault("criterion", what, "add one, or add the mode to the `modes` of another");
            }
        }
    }
    criteria
}

fn criterion(check: &mut Check<'_>, scope: &Scope<'_>, at: &str, table: &CriterionTable) -> Criterion {
    check.name(&format!("{at}.id"), &table.id);
    let layer = LayerName::parse(&table.layer);
    let answers = scope.answers(check, &format!("{at}.layer"), &layer);
    let utility_at = format!("{at}.utility");
    let fits = match (&table.utility, answers) {
        (_, None) | (Utility::Classes(_), Some(Answers::Class)) => true,
        (Utility::Facing { .. }, Some(_)) => layer == LayerName::Aspect,
        (_, Some(found)) => found == Answers::Amount && layer != LayerName::Aspect,
    };
    if !fits {
        let hint = match (&layer, answers) {
            (LayerName::Aspect, _) => "an aspect is a direction: use `facing`",
            (_, Some(Answers::Geometry)) => "name its distance layer: distance_to_<input>_m",
            (_, Some(Answers::Class)) => "classes are worth what `classes` says",
            _ => "",
        };
        check.fault(&utility_at, format!("this utility does not fit layer `{layer}`"), hint);
    }
    breakpoints(check, &utility_at, &table.utility);
    for value in table.utility.breakpoints() {
        scope.beyond_maximum(check, &utility_at, &layer, value);
    }
    if table.weight <= 0.0 {
        check.fault(&format!("{at}.weight"), "a weight must be positive", "leave the criterion out instead");
    }
    let by_class = match (&table.utility, &layer) {
        (Utility::Classes(worths), LayerName::Input(id)) => class_worths(check, scope, &utility_at, (id, worths)),
        _ => BTreeMap::new(),
    };
    Criterion {
        id: table.id.clone(),
        layer,
        utility: table.utility.clone(),
        by_class,
        weight: table.weight,
        modes: check.mode_set(&format!("{at}.modes"), table.modes.as_ref(), scope.modes),
    }
}

fn class_worths(
    check: &mut Check<'_>,
    scope: &Scope<'_>,
    at: &str,
    (input, worths): (&str, &BTreeMap<String, f64>),
) -> BTreeMap<crate::layer::Code, f32> {
    let scheme = inputs::scheme(scope.inputs, scope.tables, input);
    let mut by_class = BTreeMap::new();
    for (name, worth) in worths {
        check.within(at, *worth, 0.0..=1.0);
        let class = name.parse().map_or_else(|_| ClassRef::Name(name.clone()), ClassRef::Code);
        for code in inputs::codes(check, at, &[class], scheme) {
            by_class.insert(code, *worth as f32);
        }
    }
    by_class
}

fn breakpoints(check: &mut Check<'_>, at: &str, utility: &Utility) {
    let ordered = match utility {
        Utility::Rising { worst, best, .. } => worst < best,
        Utility::Falling { best, worst, .. } => best < worst,
        Utility::Trapezoid { zero_below, one_from, one_to, zero_above } => {
            zero_below <= one_from && one_from <= one_to && one_to <= zero_above
        }
        Utility::Points(points) => {
            for point in points {
                check.within(at, point[1], 0.0..=1.0);
            }
            !points.is_empty() && points.windows(2).all(|pair| pair[0][0] < pair[1][0])
        }
        Utility::Gaussian { sigma, .. } => *sigma > 0.0,
        Utility::Facing { sigma_deg, .. } => *sigma_deg > 0.0,
        Utility::Classes(worths) => !worths.is_empty(),
    };
    if !ordered {
        let hint = match utility {
            Utility::Rising { .. } => "`worst` must be below `best`",
            Utility::Falling { .. } => "`best` must be below `worst`",
            Utility::Trapezoid { .. } => "zero_below ≤ one_from ≤ one_to ≤ zero_above",
            Utility::Points(_) => "values must ascend",
            Utility::Gaussian { .. } | Utility::Facing { .. } => "sigma must be positive",
            Utility::Classes(_) => "name at least one class",
        };
        check.fault(at, "the breakpoints are out of order", hint);
    }
}
