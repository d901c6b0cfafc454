//! Inputs: what they are, and that what is said of them fits together.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Check, weather};
use crate::fault::suggestion;
use crate::layer::Code;
use crate::project::access::Reach;
use crate::project::file::{
    Access, Input, ProjectFile, RasterInput, RasterKind, RasterUnit, Resample, UnlistedCodes, VectorInput,
};
use crate::project::left_out::LeftOut;
use crate::project::{InputSpec, RasterSpec, RasterValues, VectorSpec};
use crate::rule::ClassRef;
use crate::tables::{Scheme, Tables};

/// Days of a typical year, for what is given per day.
pub const DAYS_PER_YEAR: f64 = 365.0;

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
                let path = path_of(check, &format!("{at}.tmy"), &weather.tmy, (dir, file.access));
                InputSpec::Weather(weather::file(check, &at, weather, path))
            }
            Input::MonthlyGhi(monthly) => {
                weather::monthly(check, &at, monthly);
                InputSpec::MonthlyGhi(monthly.clone())
            }
            Input::ClearSky(clear) => {
                weather::clear_sky(check, &at, clear);
                InputSpec::ClearSky(clear.clone())
            }
        };
        specs.insert(id.clone(), spec);
    }
    weather::of_one_kind(check, &specs);
    weather::maps(check, &specs);
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
        if check.left_out.any("access") {
            // Whether it may be read cannot be told.
            check.spoiled.push(at.to_owned());
        } else if reach == Reach::Elsewhere {
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
    let set = raster.set.as_ref().map(|set| set_of(check, &format!("{at}.set"), set, naming_of(&values, tables)));
    reach(check, &format!("{at}.max_distance_m"), raster.max_distance_m);
    let yield_of = yield_of(check, at, raster, tables);
    let ghi_of = weather::ghi_of(check, at, raster);
    RasterSpec {
        path,
        band: raster.band,
        nodata: raster.nodata,
        values,
        resample,
        yield_of,
        ghi_of,
        set,
        max_distance_m: raster.max_distance_m,
    }
}

/// The codes that distances are measured to.
fn set_of(check: &mut Check<'_>, at: &str, set: &[ClassRef], naming: Naming<'_>) -> Vec<Code> {
    match naming {
        Naming::None => {
            check.fault(at, "`set` names classes, but the input has none", "add `classes` or `kind`");
            Vec::new()
        }
        naming => codes(check, at, set, naming),
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
    if raster.unlisted_codes.is_some() && raster.classes.is_none() {
        let hint = "add `classes`, or remove it";
        check.fault(&format!("{at}.unlisted_codes"), "without a class scheme no code is listed", hint);
    }
    if raster.classes.is_some() || raster.kind == Some(RasterKind::Classes) {
        let refuse_unlisted = raster.unlisted_codes != Some(UnlistedCodes::Unknown);
        RasterValues::Classes { scheme: raster.classes.clone(), refuse_unlisted }
    } else {
        RasterValues::Quantity
    }
}

fn yield_of(check: &mut Check<'_>, at: &str, raster: &RasterInput, tables: &Tables) -> Option<(String, f64)> {
    match (&raster.layout, raster.unit) {
        (None, None) => None,
        (None, Some(_)) if raster.ghi.is_some() => None,
        (Some(_), None) => {
            let hint = "write unit = \"kWh/kWp/yr\" or \"kWh/kWp/day\": it is stated, never guessed";
            check.fault(at, "a specific yield needs its unit", hint);
            None
        }
        (None, Some(_)) => {
            check.fault(
                &format!("{at}.unit"),
                "only a specific yield or an irradiation has a unit here",
                "add `layout` or `ghi`, or remove `unit`",
            );
            None
        }
        (Some(layout), Some(unit)) => {
            if tables.layout(layout).is_none() {
                let hint = suggestion(layout, tables.layouts.iter().map(|layout| layout.id.as_str()));
                check.fault(&format!("{at}.layout"), format!("unknown array layout `{layout}`"), hint);
            }
            let factor = match unit {
                RasterUnit::PerYear => 1.0,
                RasterUnit::PerDay => DAYS_PER_YEAR,
                _ => {
                    let hint = "write unit = \"kWh/kWp/yr\" or \"kWh/kWp/day\"";
                    check.fault(&format!("{at}.unit"), "a specific yield is not counted per square metre", hint);
                    return None;
                }
            };
            Some((layout.clone(), factor))
        }
    }
}

fn vector_spec(check: &mut Check<'_>, at: &str, vector: &VectorInput, path: PathBuf) -> VectorSpec {
    reach(check, &format!("{at}.max_distance_m"), vector.max_distance_m);
    VectorSpec {
        path,
        layer: vector.layer.clone(),
        filter: vector.filter.clone(),
        max_distance_m: vector.max_distance_m,
        id_field: vector.id_field.clone(),
        hosting_mw_field: vector.hosting_mw_field.clone(),
    }
}

/// Adds a fault unless a distance that a layer is to be computed to can be.
fn reach(check: &mut Check<'_>, at: &str, distance_m: Option<f64>) {
    match distance_m {
        Some(0.0) => check.fault(at, "a distance must be positive", ""),
        Some(distance_m) => check.distance(at, distance_m),
        None => {}
    }
}

/// How the classes of an input are named.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Naming<'a> {
    /// As in a scheme.
    Scheme(&'a Scheme),
    /// By their codes alone.
    Codes,
    /// It has no classes.
    None,
    /// That cannot be told: the input or its scheme has a fault, which is named already.
    Unclear,
}

fn naming_of<'a>(values: &RasterValues, tables: &'a Tables) -> Naming<'a> {
    match values {
        RasterValues::Quantity => Naming::None,
        RasterValues::Classes { scheme: None, .. } => Naming::Codes,
        RasterValues::Classes { scheme: Some(name), .. } => {
            tables.schemes.get(name).map_or(Naming::Unclear, Naming::Scheme)
        }
    }
}

/// How the classes of the input with that id are named.
pub fn naming<'a>(inputs: &BTreeMap<String, InputSpec>, tables: &'a Tables, id: &str) -> Naming<'a> {
    match inputs.get(id) {
        Some(InputSpec::Raster(raster)) => naming_of(&raster.values, tables),
        Some(_) => Naming::None,
        None => Naming::Unclear,
    }
}

/// The codes a list of classes means, ascending.
pub fn codes(check: &mut Check<'_>, at: &str, classes: &[ClassRef], naming: Naming<'_>) -> Vec<Code> {
    let mut codes = Vec::new();
    for class in classes {
        match (class, naming) {
            (ClassRef::Code(code), naming) => {
                let code = Code::try_from(*code).unwrap_or(crate::layer::NO_CLASS);
                if matches!(naming, Naming::Scheme(scheme) if !scheme.classes.contains_key(&code)) {
                    check.fault(at, format!("code {code} is not in the input's class scheme"), "");
                }
                codes.push(code);
            }
            (ClassRef::Name(name), Naming::Scheme(scheme)) => {
                let found = scheme.codes(name);
                if found.is_empty() {
                    check.fault(at, format!("unknown class `{name}`"), suggestion(name, scheme.names()));
                }
                codes.extend(found);
            }
            (ClassRef::Name(name), Naming::Codes | Naming::None) => {
                let hint = "the input has no class scheme: write codes, or add `classes`";
                check.fault(at, format!("unknown class `{name}`"), hint);
            }
            (ClassRef::Name(_), Naming::Unclear) => {}
        }
    }
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// Inputs that say what land is when the project does not.
const LAND: [&str; 2] = ["land_use", "landcover"];

/// The input that says what land is.
pub fn land(check: &mut Check<'_>, file: &ProjectFile, inputs: &BTreeMap<String, InputSpec>) -> Option<String> {
    let has_scheme = |id: &str| {
        let spec = inputs.get(id);
        matches!(spec, Some(InputSpec::Raster(raster)) if matches!(raster.values, RasterValues::Classes { scheme: Some(_), .. }))
    };
    let Some(table) = &file.land else { return LAND.into_iter().find(|id| has_scheme(id)).map(str::to_owned) };
    let able: Vec<&str> = inputs.keys().map(String::as_str).filter(|id| has_scheme(id)).collect();
    let what = || format!("`{}` is not a raster input with `classes`", table.input);
    check.known(("land.input", "inputs"), &table.input, &able, what).then(|| table.input.clone())
}

/// Whether what says what land is may be among what was left out.
pub fn lacks_land(file: &ProjectFile, left_out: &LeftOut) -> bool {
    let able = file.land.as_ref().map_or(LAND.to_vec(), |table| vec![table.input.as_str()]);
    left_out.any("land") || able.into_iter().any(|id| left_out.may_be("inputs", id))
}
