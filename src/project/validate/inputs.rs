//! Inputs: what they are, and that what is said of them fits together.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::Check;
use crate::fault::suggestion;
use crate::layer::Code;
use crate::project::access::Reach;
use crate::project::file::{
    Access, Input, ProjectFile, RasterInput, RasterKind, Resample, UnlistedCodes, VectorInput, YieldUnit,
};
use crate::project::{InputSpec, RasterSpec, RasterValues, VectorSpec};
use crate::rule::ClassRef;
use crate::tables::{Scheme, Tables};

/// Days of a typical year, for yields given per day.
const DAYS_PER_YEAR: f64 = 365.0;
/// Validates all inputs.
pub fn inputs(check: &mut Check<'_>, file: &ProjectFile, dir: &Path, tables: &Tables) -> BTreeMap<String, InputSpec> {
    let mut specs = BTreeMap::new();
    for (id, input) in &file.inputs {
        let at = format!("inputs.{id}");
        check.name(&at, id);
        let spec = match input {
            Input::Raster(raster) => {
                let path = path_of(check, &format!("{at}.raster"), &raster.raster, (dir, file.access));
                InputSpec::Raster(raster_spec(check, &at, raster, path, tables))
            }
            Input::Vector(vector) => {
                let path = path_of(check, &format!("{at}.vector"), &vector.vector, (dir, file.access));
                InputSpec::Vector(vector_spec(check, &at, vector, path))
            }
            Input::Weather(weather) => {
                InputSpec::Weather(path_of(check, &format!("{at}.tmy"), &weather.tmy, (dir, file.access)))
            }
        };
        specs.insert(id.clone(), spec);
    }
    if let Some(region) = &file.region {
        path_of(check, "region.path", &region.path, (dir, file.access));
    }
    if let Some(like) = file.grid.as_ref().and_then(|grid| grid.like.as_ref()) {
        path_of(check, "grid.like", like, (dir, file.access));
    }
    specs
}

/// A path relative to the project; a fault if it reaches where the project does not allow it to.
fn path_of(check: &mut Check<'_>, at: &str, written: &str, (dir, access): (&Path, Access)) -> PathBuf {
    let reach = Reach::of(Path::new(written));
    if !reach.is_allowed(access) {
        if reach == Reach::Elsewhere {
            let hint = "copy the data beside the project, or set allow_remote = true in [access]";
            check.fault(at, format!("`{written}` is not a file"), hint);
        } else {
            let hint = "name the file itself, or set allow_virtual = true in [access]";
            check.fault(at, format!("`{written}` only points to further files"), hint);
        }
    }
    if written.is_empty() {
        check.fault(at, "the path is empty", "");
    }
    match reach {
        Reach::File | Reach::Pointer => dir.join(written),
        Reach::Archive | Reach::Elsewhere => PathBuf::from(written),
    }
}

fn raster_spec(check: &mut Check<'_>, at: &str, raster: &RasterInput, path: PathBuf, tables: &Tables) -> RasterSpec {
    let values = raster_values(check, at, raster, tables);
    let is_classes = matches!(values, RasterValues::Classes { .. });
    let default = if is_classes { Resample::Nearest } else { Resample::Bilinear };
    let resample = raster.resample.unwrap_or(default);
    let fits = match resample {
        Resample::Nearest => true,
        Resample::Mode => is_classes,
        Resample::Bilinear | Resample::Average => !is_classes,
    };
    if !fits {
        let what =
            if is_classes { "codes of classes cannot be averaged" } else { "amounts have no most frequent value" };
        check.fault(
            &format!("{at}.resample"),
            what,
            "use nearest or mode for classes, bilinear or average for amounts",
        );
    }
    if raster.band == 0 {
        check.fault(&format!("{at}.band"), "bands are counted from 1", "");
    }
    let scheme = match &values {
        RasterValues::Classes { scheme: Some(scheme), .. } => tables.schemes.get(scheme),
        _ => None,
    };
    let set = raster.set.as_ref().map(|set| {
        if !is_classes {
            check.fault(&format!("{at}.set"), "`set` names classes, but the input has none", "add `classes` or `kind`");
        }
        codes(check, &format!("{at}.set"), set, scheme)
    });
    positive(check, &format!("{at}.max_distance_m"), raster.max_distance_m);
    let yield_of = yield_of(check, at, raster, tables);
    RasterSpec {
        path,
        band: raster.band,
        nodata: raster.nodata,
        values,
        resample,
        yield_of,
        set,
        max_distance_m: raster.max_distance_m,
    }
}

fn raster_values(check: &mut Check<'_>, at: &str, raster: &RasterInput, tables: &Tables) -> RasterValues {
    if let Some(scheme) = &raster.classes {
        if !tables.schemes.contains_key(scheme) {
            let hint = suggestion(scheme, tables.schemes.keys().map(String::as_str));
            check.fault(&format!("{at}.classes"), format!("unknown class scheme `{scheme}`"), hint);
        }
        if raster.kind == Some(RasterKind::Quantity) {
            check.fault(&format!("{at}.kind"), "an input with `classes` is not a quantity", "remove one of the two");
        }
    }
    if raster.classes.is_some() || raster.kind == Some(RasterKind::Classes) {
        let refuse_unlisted = raster.unlisted_codes == UnlistedCodes::Refuse;
        RasterValues::Classes { scheme: raster.classes.clone(), refuse_unlisted }
    } else {
        RasterValues::Quantity
    }
}

fn yield_of(check: &mut Check<'_>, at: &str, raster: &RasterInput, tables: &Tables) -> Option<(String, f64)> {
    match (&raster.layout, raster.unit) {
        (None, None) => None,
        (Some(_), None) => {
            let hint = "write unit = \"kWh/kWp/yr\" or \"kWh/kWp/day\": it is stated, never guessed";
            check.fault(at, "a specific yield needs its unit", hint);
            None
        }
        (None, Some(_)) => {
            check.fault(
                &format!("{at}.unit"),
                "only a specific yield has a unit here",
                "add `layout`, or remove `unit`",
            );
            None
        }
        (Some(layout), Some(unit)) => {
            if tables.layout(layout).is_none() {
                let hint = suggestion(layout, tables.layouts.iter().map(|layout| layout.id.as_str()));
                check.fault(&format!("{at}.layout"), format!("unknown array layout `{layout}`"), hint);
            }
            let factor = match unit {
                YieldUnit::PerYear => 1.0,
                YieldUnit::PerDay => DAYS_PER_YEAR,
            };
            Some((layout.clone(), factor))
        }
    }
}

fn vector_spec(check: &mut Check<'_>, at: &str, vector: &VectorInput, path: PathBuf) -> VectorSpec {
    positive(check, &format!("{at}.max_distance_m"), vector.max_distance_m);
    VectorSpec {
        path,
        layer: vector.layer.clone(),
        filter: vector.filter.clone(),
        max_distance_m: vector.max_distance_m,
        id_field: vector.id_field.clone(),
        hosting_mw_field: vector.hosting_mw_field.clone(),
    }
}

fn positive(check: &mut Check<'_>, at: &str, value: Option<f64>) {
    if value.is_some_and(|value| value <= 0.0) {
        check.fault(at, "a distance must be positive", "");
    }
}

/// The codes a list of classes means, ascending.
pub fn codes(check: &mut Check<'_>, at: &str, classes: &[ClassRef], scheme: Option<&Scheme>) -> Vec<Code> {
    let mut codes = Vec::new();
    for class in classes {
        match class {
            ClassRef::Code(code) => {
                let code = Code::try_from(*code).unwrap_or(crate::layer::NO_CLASS);
                if scheme.is_some_and(|scheme| !scheme.classes.contains_key(&code)) {
                    check.fault(at, format!("code {code} is not in the input's class scheme"), "");
                }
                codes.push(code);
            }
            ClassRef::Name(name) => {
                let found = scheme.map(|scheme| scheme.codes(name)).unwrap_or_default();
                if found.is_empty() {
                    let hint = match scheme {
                        Some(scheme) => suggestion(name, scheme.names()),
                        None => "the input has no class scheme: write codes, or add `classes`".to_owned(),
                    };
                    check.fault(at, format!("unknown class `{name}`"), hint);
                }
                codes.extend(found);
            }
        }
    }
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// The class scheme of an input.
pub fn scheme<'a>(inputs: &BTreeMap<String, InputSpec>, tables: &'a Tables, id: &str) -> Option<&'a Scheme> {
    match inputs.get(id)? {
        InputSpec::Raster(RasterSpec { values: RasterValues::Classes { scheme: Some(name), .. }, .. }) => {
            tables.schemes.get(name)
        }
        _ => None,
    }
}

/// The input that says what land is.
pub fn land(check: &mut Check<'_>, file: &ProjectFile, inputs: &BTreeMap<String, InputSpec>) -> Option<String> {
    let has_scheme = |id: &str| {
        let spec = inputs.get(id);
        matches!(spec, Some(InputSpec::Raster(raster)) if matches!(raster.values, RasterValues::Classes { scheme: Some(_), .. }))
    };
    match &file.land {
        Some(table) if !has_scheme(&table.input) => {
            let able = inputs.keys().map(String::as_str).filter(|id| has_scheme(id)).collect::<Vec<_>>();
            let hint = suggestion(&table.input, able);
            check.fault("land.input", format!("`{}` is not a raster input with `classes`", table.input), hint);
            None
        }
        Some(table) => Some(table.input.clone()),
        None => ["land_use", "landcover"].into_iter().find(|id| has_scheme(id)).map(str::to_owned),
    }
}
