//! One panel: from the attributes of a feature to what acts on the surface.

use super::attributes::{Attributes, Overburdens, Read, STEEP_DEG};
use super::{Reading, Tally};
use crate::date::DAYS_PER_YEAR;
use crate::fault::{Fault, Faults, Result};
use crate::overburden::{Band, Overburden, Settling};
use crate::project::file::CourseTable;
use crate::subsidence::decision::fracture_height_m;
use crate::subsidence::outline::Outline;
use crate::subsidence::panel::Panel;
use crate::subsidence::scene::PanelTerms;
use crate::subsidence::time::{Course, duration_days};
use crate::tables::Tables;
use crate::vector::{Record, ShapeKind};

/// Depth of the shallowest workings that are taken [m].
const SHALLOWEST_M: f64 = 5.0;

/// Parameters of a panel that are not certain.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranges {
    /// Class of the overburden whose parameters it takes, so that all its panels vary together.
    pub class: usize,
    /// Smallest, most likely and largest ratio of q, of tan β, and of the pace.
    pub ratios: [(f64, f64, f64); 3],
}

impl Ranges {
    /// Whether q and tan β are.
    pub fn is_certain(&self) -> bool {
        self.ratios[..2].iter().all(|(low, _, high)| low == high)
    }
}

/// A panel of a record.
///
/// # Errors
/// All that is missing or impossible in it.
pub fn panel(
    place: &str,
    attributes: &Attributes<'_>,
    (record, reading): (&Record, &Reading<'_>),
    tally: &mut Tally,
) -> Result<(PanelTerms, Ranges)> {
    let mut faults = Vec::new();
    let outline = outline(place, record, &mut faults);
    let classes = Overburdens { tables: reading.tables, default: reading.settings.overburden.as_deref() };
    let read = attributes.panel(place, (&outline, &classes), reading, &mut faults);
    let Some(read) = read else { return Err(several(place, faults)) };
    Faults::or(faults, ())?;
    tally.without_dip += usize::from(!attributes.has("dip_deg"));
    tally.without_offset += usize::from(read.offsets_unknown);
    tally.without_advance += usize::from(read.mined.is_some_and(|mined| mined.advance.is_none()));
    tally.steep += usize::from(read.dip_deg > STEEP_DEG);
    let settling = &reading.tables.settling;
    let active_yr = duration_days(read.depth_m) / DAYS_PER_YEAR;
    let (subsidence_factor, final_factor) = factors(&read, settling);
    let panel = Panel {
        outline,
        thickness_m: read.thickness_m,
        depth_m: read.depth_m,
        dip_deg: read.dip_deg,
        up: read.up,
        theta0_deg: read.theta0_deg,
        subsidence_factor,
        final_factor,
        tan_beta: read.tan_beta,
        displacement_factor: read.b,
        offsets_m: read.offsets_m,
        mined: read.mined,
        course: course(&reading.settings.course, read.per_yr, (active_yr, settling.course.share_at_end.value)),
        active_yr,
        residual_per_yr: settling.residual.per_yr.value,
    };
    impossible(place, &read, &panel)?;
    let terms = PanelTerms { rest: read.class.rest_years(), cracks_open: cracks_open(&read, settling), panel };
    Ok((terms, ranges(&read, reading.tables)))
}

/// Faults of what is possible by itself but not together.
fn impossible(place: &str, read: &Read<'_>, panel: &Panel) -> Result<()> {
    let depth_m = panel.depths_m();
    let shallowest_m = panel.outline.edges().map(|(at, _)| depth_m(at)).fold(f64::INFINITY, f64::min);
    let mut faults = Vec::new();
    if shallowest_m < SHALLOWEST_M {
        let what = format!("would lie {shallowest_m:.1} m deep at its upper edge with this dip and depth");
        faults.push(Fault::input(place, what).hint("depth_m is that of its middle; are dip and width right?"));
    }
    if read.thickness_m >= read.depth_m / 2.0 {
        let what = format!("thickness_m {} is half of depth_m {} or more", read.thickness_m, read.depth_m);
        faults.push(Fault::input(place, what).hint("check their units"));
    }
    if read.loose_layer_m >= read.depth_m {
        let what = format!("loose_layer_m {} reaches down to the seam at {} m", read.loose_layer_m, read.depth_m);
        faults.push(Fault::input(place, what).hint("check their units"));
    }
    Faults::or(faults, ())
}

/// Subsidence factor, larger where it was mined before, and that which residual settlement leads to.
fn factors(read: &Read<'_>, settling: &Settling) -> (f64, f64) {
    let (repeated, residual) = (&settling.repeated, &settling.residual);
    let grown = (0..read.repeated).fold(read.q, |q, _| q * (1.0 + repeated.factor_growth.value));
    let factor = grown.min(repeated.largest_factor.value).max(read.q);
    (factor, (factor + residual.factor_added.value).min(residual.largest_factor.value).max(factor))
}

/// Whether fractures come so near to the loose layer, or to the surface, that cracks are open.
fn cracks_open(read: &Read<'_>, settling: &Settling) -> bool {
    let fracture = &read.class.fracture;
    let numbers = (fracture.a.value, fracture.b.value, fracture.deviation_m.value);
    let up_to_m = fracture_height_m(read.thickness_m, numbers) + settling.cracks.margin_m.value;
    up_to_m >= read.depth_m - read.loose_layer_m
}

/// What is not certain of a panel.
fn ranges(read: &Read<'_>, tables: &Tables) -> Ranges {
    let share = |of: &Band| (of.low / of.value, 1.0, of.high / of.value);
    let of_class = |band: Option<&Band>| band.map_or((1.0, 1.0, 1.0), share);
    Ranges {
        class: tables.overburden.iter().position(|row| row.id == read.class.id).unwrap_or_default(),
        ratios: [of_class(read.bands[0]), of_class(read.bands[1]), share(&tables.settling.course.pace)],
    }
}

/// Faults of a panel that cannot be read, as an error.
fn several(place: &str, faults: Vec<Fault>) -> Faults {
    let unknown = || Fault::input(place, "cannot be read").into();
    Faults::or(faults, ()).err().unwrap_or_else(unknown)
}

/// The course of a panel: its own pace if it states one, else that of the settings.
fn course(table: &CourseTable, per_yr: Option<f64>, (active_yr, share_at_end): (f64, f64)) -> Course {
    if let Some(per_year) = per_yr {
        return Course::Knothe { per_year };
    }
    match *table {
        CourseTable::Knothe { per_yr: Some(per_year) } => Course::Knothe { per_year },
        CourseTable::Knothe { per_yr: None } => Course::knothe_by(share_at_end, active_yr * DAYS_PER_YEAR),
        CourseTable::KnothePower { per_yr, power } => Course::KnothePower { per_year: per_yr, power },
        CourseTable::Mmf { half, power } => Course::MorganMercerFlodin { half, power },
        CourseTable::Logistic { middle_yr, per_yr } => Course::Logistic { middle_yr, per_year: per_yr },
        CourseTable::Segmented { duration_yr, per_yr } => {
            Course::Segmented { duration_yr: duration_yr.unwrap_or(active_yr), per_year: per_yr }
        }
    }
}

/// The outline of a record's polygons.
fn outline(place: &str, record: &Record, faults: &mut Vec<Fault>) -> Outline {
    let polygons = record.shapes.iter().filter(|shape| shape.kind == ShapeKind::Polygons);
    let outlines = polygons.filter_map(|shape| {
        let (exterior, holes) = shape.parts.split_first()?;
        Some(Outline::polygon(exterior, holes))
    });
    let outline = Outline::joined(outlines);
    if record.shapes.iter().any(|shape| shape.kind != ShapeKind::Polygons) {
        faults.push(Fault::input(place, "is not a polygon").hint("panels are polygons of what was extracted, in plan"));
    } else if outline.area_m2() > 0.0 && !outline.is_plain() {
        let what = "crosses itself, has a hole outside it, or parts that overlap";
        faults
            .push(Fault::input(place, what).hint("mend it: ogr2ogr -makevalid OUT IN, and look at what becomes of it"));
    } else if outline.area_m2() <= 0.0 {
        faults.push(Fault::input(place, "has no area").hint("panels are polygons of what was extracted, in plan"));
    }
    outline
}

/// The class whose row tells of a panel without one, by its subsidence factor: the first whose range reaches it.
pub fn class_of(q: f64, tables: &Tables) -> Option<&Overburden> {
    let by_middle = |row: &&Overburden| (row.q.value - q).abs();
    tables.overburden.iter().min_by(|a, b| by_middle(a).total_cmp(&by_middle(b)))
}
