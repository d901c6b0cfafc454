//! Attributes of a panel: what they are called, and what they may be.

use super::Reading;
use super::one::class_of;
use crate::date::Date;
use crate::fault::{Fault, suggestion};
use crate::overburden::{Band, Overburden};
use crate::project::subsidence::SubsidenceSettings;
use crate::subsidence::outline::{Outline, Point};
use crate::subsidence::panel::Mined;
use crate::tables::Tables;
use crate::vector::Record;

/// Fields that are read, where the layer has them.
pub const FIELDS: [&str; 24] = [
    "id",
    "name",
    "thickness_m",
    "depth_m",
    "dip_deg",
    "dip_azimuth_deg",
    "theta0_deg",
    "q",
    "tan_beta",
    "tan_beta1",
    "tan_beta2",
    "b",
    "offset_m",
    "offset_down_m",
    "offset_up_m",
    "offset_left_m",
    "offset_right_m",
    "start",
    "end",
    "advance_azimuth_deg",
    "overburden",
    "repeated",
    "loose_layer_m",
    "c_per_yr",
];
/// Beyond this dip the method is not made for [°].
pub const STEEP_DEG: f64 = 55.0;
/// Largest dip that is taken [°].
const STEEPEST_DEG: f64 = 75.0;

/// The values of a record by field.
pub struct Attributes<'a> {
    record: &'a Record,
    fields: &'a [&'a str],
}

/// Classes of overburden, and the one of panels that name none.
pub struct Overburdens<'a> {
    pub tables: &'a Tables,
    pub default: Option<&'a str>,
}

/// A panel's attributes, resolved.
pub struct Read<'a> {
    pub thickness_m: f64,
    pub depth_m: f64,
    pub dip_deg: f64,
    pub up: Point,
    pub theta0_deg: f64,
    pub q: f64,
    pub tan_beta: [f64; 3],
    /// Bands of q and tan β, where they are those of a class.
    pub bands: [Option<&'a Band>; 2],
    pub b: f64,
    pub offsets_m: [f64; 4],
    pub offsets_unknown: bool,
    pub mined: Option<Mined>,
    pub per_yr: Option<f64>,
    pub repeated: usize,
    pub loose_layer_m: f64,
    /// Class that tells what the panel does not: its own, or the one its subsidence factor is typical of.
    pub class: &'a Overburden,
}

/// Collects what is wrong with one panel.
struct Panel<'a, 'b> {
    of: &'b Attributes<'a>,
    place: &'b str,
    faults: &'b mut Vec<Fault>,
}

impl<'a> Attributes<'a> {
    pub fn new(record: &'a Record, fields: &'a [&'a str]) -> Self {
        Self { record, fields }
    }

    /// The text of a field; `None` where it is missing, null or empty.
    fn text(&self, field: &str) -> Option<&'a str> {
        let index = self.fields.iter().position(|known| *known == field)?;
        self.record.fields.get(index)?.as_deref().map(str::trim).filter(|text| !text.is_empty())
    }

    /// Whether a field has a value.
    pub fn has(&self, field: &str) -> bool {
        self.text(field).is_some()
    }

    /// What the panel is called: by the field the project names, else `id`, else `name`.
    pub fn id(&self, field: Option<&str>) -> Option<String> {
        field.into_iter().chain(["id", "name"]).find_map(|field| self.text(field)).map(str::to_owned)
    }

    /// The attributes of a panel; `None` if some that it must have are missing or impossible, of which faults tell.
    pub fn panel(
        &self,
        place: &str,
        (outline, classes): (&Outline, &Overburdens<'a>),
        reading: &Reading<'_>,
        faults: &mut Vec<Fault>,
    ) -> Option<Read<'a>> {
        let before = faults.len();
        let tan_betas = ["tan_beta", "tan_beta1", "tan_beta2"];
        let mut panel = Panel { of: self, place, faults };
        let class = panel.class(classes);
        let thickness_m = panel.needed("thickness_m", 0.05..=60.0);
        let depth_m = panel.depth(outline, reading);
        let dip_deg = panel.number("dip_deg", 0.0..=STEEPEST_DEG).unwrap_or(0.0);
        let up = panel.up(dip_deg);
        let theta0_deg = panel.theta0(dip_deg, class);
        let q = panel.parameter("q", 0.01..=1.1, class.map(|class| class.q.value));
        let tan_beta = panel.parameter("tan_beta", 0.3..=6.0, class.map(|class| class.tan_beta.value));
        let lower = panel.number("tan_beta1", 0.3..=6.0);
        let upper = panel.number("tan_beta2", 0.3..=6.0);
        let b = panel.parameter("b", 0.0..=1.0, class.map(|class| class.b.value));
        let (offsets_m, offsets_unknown) = panel.offsets((depth_m, class));
        let mined = panel.mined(reading.settings);
        let per_yr = panel.number("c_per_yr", 1e-3..=100.0);
        let repeated = panel.count("repeated", 10);
        let loose_layer_m = panel.number("loose_layer_m", 0.0..=1000.0).unwrap_or(0.0);
        if panel.faults.len() > before {
            return None;
        }
        Some(Read {
            thickness_m: thickness_m?,
            depth_m: depth_m?,
            dip_deg,
            up,
            theta0_deg,
            q: q?,
            tan_beta: [tan_beta?, lower.or(tan_beta)?, upper.or(tan_beta)?],
            bands: [
                class.map(|class| &class.q).filter(|_| !self.has("q")),
                class.map(|class| &class.tan_beta).filter(|_| !tan_betas.into_iter().any(|field| self.has(field))),
            ],
            b: b?,
            offsets_m,
            offsets_unknown,
            mined,
            per_yr,
            repeated,
            loose_layer_m,
            class: class.or_else(|| class_of(q?, classes.tables))?,
        })
    }
}

impl<'a> Panel<'a, '_> {
    fn fault(&mut self, what: String, hint: &str) {
        self.faults.push(Fault::input(self.place, what).hint(hint));
    }

    /// A number within a range, if the field has one.
    fn number(&mut self, field: &str, range: std::ops::RangeInclusive<f64>) -> Option<f64> {
        let text = self.of.text(field)?;
        let found = text.parse::<f64>().ok().filter(|value| value.is_finite());
        match found {
            Some(value) if range.contains(&value) => Some(value),
            Some(value) => {
                let (least, most) = (range.start(), range.end());
                self.fault(format!("{field} is {value}, outside {least}–{most}"), "check its unit");
                None
            }
            None => {
                self.fault(format!("{field} is `{text}`, which is no number"), "");
                None
            }
        }
    }

    /// A whole number up to a largest one; 0 if the field has none.
    fn count(&mut self, field: &str, most: usize) -> usize {
        let value = self.number(field, 0.0..=most as f64).unwrap_or(0.0);
        if value.fract() != 0.0 {
            self.fault(format!("{field} is {value}, expected a whole number"), "");
        }
        value as usize
    }

    /// A number that the panel must have.
    fn needed(&mut self, field: &str, range: std::ops::RangeInclusive<f64>) -> Option<f64> {
        if !self.of.has(field) {
            self.fault(format!("lacks {field}"), "every panel states it");
            return None;
        }
        self.number(field, range)
    }

    /// A parameter of the ground, of the panel itself or of its class.
    fn parameter(&mut self, field: &str, range: std::ops::RangeInclusive<f64>, of_class: Option<f64>) -> Option<f64> {
        if !self.of.has(field) && of_class.is_none() {
            let hint = "state it, or the `overburden`: hard, medium or soft";
            self.fault(format!("lacks {field}"), hint);
            return None;
        }
        self.number(field, range).or(if self.of.has(field) { None } else { of_class })
    }

    /// The class the panel names, else the one of all panels that name none.
    fn class(&mut self, classes: &Overburdens<'a>) -> Option<&'a Overburden> {
        let name = self.of.text("overburden").or(classes.default)?;
        let found = classes.tables.overburden(name);
        if found.is_none() {
            let names = suggestion(name, classes.tables.overburden.iter().map(|row| row.id.as_str()));
            self.fault(format!("unknown overburden `{name}`"), &names);
        }
        found
    }

    /// The depth stated, or that of a map below the panel.
    fn depth(&mut self, outline: &Outline, reading: &Reading<'_>) -> Option<f64> {
        let range = 5.0..=3000.0;
        let Some(below) = reading.depth_below.filter(|_| !self.of.has("depth_m")) else {
            return self.needed("depth_m", range);
        };
        match below(outline) {
            Ok(Some(depth_m)) if range.contains(&depth_m) => Some(depth_m),
            Ok(Some(depth_m)) => {
                let what = format!("lies {depth_m:.1} m above the seam's floor, outside 5–3000 m");
                self.fault(what, "check the maps of the ground and of the seam's floor");
                None
            }
            Ok(None) => {
                self.fault("lacks depth_m, and the map of the seam's floor does not cover it".to_owned(), "");
                None
            }
            Err(more) => {
                self.faults.extend(more.into_list());
                None
            }
        }
    }

    /// Unit vector up the dip; north over a level seam.
    fn up(&mut self, dip_deg: f64) -> Point {
        let azimuth_deg = self.number("dip_azimuth_deg", -360.0..=360.0);
        let sides = ["offset_down_m", "offset_up_m", "offset_left_m", "offset_right_m"];
        let needs = dip_deg > 0.0 || sides.into_iter().any(|field| self.of.has(field));
        if azimuth_deg.is_none() && needs && !self.of.has("dip_azimuth_deg") {
            let hint = "state the compass direction in which the seam goes down";
            self.fault("lacks dip_azimuth_deg".to_owned(), hint);
        }
        // Whole quarters must come out exactly, so that level panels along the map stay along it.
        let (sin, cos) = match azimuth_deg.unwrap_or(180.0).rem_euclid(360.0) {
            0.0 => (0.0, 1.0),
            90.0 => (1.0, 0.0),
            180.0 => (0.0, -1.0),
            270.0 => (-1.0, 0.0),
            other => other.to_radians().sin_cos(),
        };
        (0.0 - sin, 0.0 - cos)
    }

    /// The angle of the greatest subsidence: stated, or of the class; 90 over a level seam.
    fn theta0(&mut self, dip_deg: f64, class: Option<&Overburden>) -> f64 {
        let stated = self.number("theta0_deg", 30.0..=90.0);
        if dip_deg == 0.0 {
            return 90.0;
        }
        let of_class = class.map(|class| 90.0 - class.theta0_per_dip.value * dip_deg);
        if stated.is_none() && of_class.is_none() && !self.of.has("theta0_deg") {
            self.fault("lacks theta0_deg".to_owned(), "state it, or the `overburden`: hard, medium or soft");
        }
        stated.or(of_class).unwrap_or(90.0)
    }

    /// Offsets below, above, left and right, and whether nothing tells them.
    fn offsets(&mut self, (depth_m, class): (Option<f64>, Option<&Overburden>)) -> ([f64; 4], bool) {
        let range = -200.0..=1000.0;
        let all = self.number("offset_m", range.clone());
        let of_class = class.and_then(|class| Some(class.offset_per_depth.value * depth_m?));
        let fields = ["offset_down_m", "offset_up_m", "offset_left_m", "offset_right_m"];
        let sides = fields.map(|field| self.number(field, range.clone()));
        let unknown = sides.contains(&None) && all.or(of_class).is_none();
        (sides.map(|side| side.or(all).or(of_class).unwrap_or(0.0)), unknown)
    }

    fn date(&mut self, field: &str) -> Option<f64> {
        let text = self.of.text(field)?;
        let date = Date::parse(text);
        if date.is_none() {
            self.fault(format!("{field} is `{text}`, which is no date"), "write it as 2026-07-01");
        }
        date.map(Date::years)
    }

    /// When the panel is extracted; it must say so if a date is asked for.
    fn mined(&mut self, settings: &SubsidenceSettings) -> Option<Mined> {
        let is_asked = settings.date.is_some();
        let (start_yr, end_yr) = (self.date("start"), self.date("end"));
        let advance = self.number("advance_azimuth_deg", -360.0..=360.0);
        if is_asked && !self.of.has("end") {
            self.fault("lacks end".to_owned(), "the state at a date needs the end of extraction");
        }
        if advance.is_some() && end_yr.is_some() && !self.of.has("start") {
            self.fault("lacks start".to_owned(), "an advance is followed from the start of extraction");
        }
        let end_yr = end_yr?;
        if start_yr.is_some_and(|start_yr| start_yr > end_yr) {
            self.fault("starts after its end".to_owned(), "");
        }
        let advance = advance.map(|azimuth_deg| azimuth_deg.to_radians().sin_cos());
        is_asked.then_some(Mined { start_yr: start_yr.unwrap_or(end_yr), end_yr, advance })
    }
}
