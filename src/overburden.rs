//! What is known of the ground over old workings in general: rows of `data/overburden.toml` and `data/subsidence.toml`.

use serde::Deserialize;

use crate::mode::Number;
use crate::subsidence::damage::Limits;
use crate::subsidence::decision::{Decision, RestYears, StabilityLimits, WaterLimits};

/// A number with the range in which it may as well lie.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// The most likely value, in the unit its key names.
    pub value: f64,
    /// The smallest.
    pub low: f64,
    /// The largest.
    pub high: f64,
    /// Where they come from.
    pub source: String,
    /// Whether the source was seen.
    pub verified: bool,
}

/// A row of `data/overburden.toml`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overburden {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Subsidence factor q [1].
    pub q: Band,
    /// Tangent of the main influence angle [1].
    pub tan_beta: Band,
    /// Displacement factor [1].
    pub b: Number,
    /// Offset of the inflection points over depth [1].
    pub offset_per_depth: Number,
    /// Angle of the greatest subsidence: θ₀ = 90° − this × dip.
    pub theta0_per_dip: Number,
    /// Years until the ground is stable.
    pub stable_yr: Number,
    /// Years until it is basically stable.
    pub basically_stable_yr: Number,
    /// Height of fractures.
    pub fracture: Fracture,
}

/// Height of the fractures above a seam that carry water: 100 M / (a M + b) + deviation [m].
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fracture {
    /// a [1].
    pub a: Number,
    /// b [m].
    pub b: Number,
    /// Deviation [m].
    pub deviation_m: Number,
}

/// `data/subsidence.toml`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settling {
    /// How subsidence comes about.
    pub course: CourseRow,
    /// Settlement after the active movement.
    pub residual: Residual,
    /// Mining again.
    pub repeated: Repeated,
    /// Edge of mined-out land, and life of a plant.
    pub extent: ExtentRow,
    /// Grades of damage, from the slightest on.
    pub damage: Vec<LimitsRow>,
    /// When the ground counts as come to rest.
    pub stability: StabilityRow,
    /// Depths of water.
    pub water: WaterRow,
    /// Open cracks.
    pub cracks: Cracks,
    /// Cost of restoration by decision.
    pub restoration: Vec<Restoration>,
}

/// How subsidence comes about.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CourseRow {
    /// Share that has happened at the end of movement, 0–1.
    pub share_at_end: Number,
    /// How much quicker it is than that [1].
    pub pace: Band,
}

/// Settlement after the active movement.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Residual {
    /// By how much the subsidence factor grows [1].
    pub factor_added: Number,
    /// Largest subsidence factor [1].
    pub largest_factor: Number,
    /// Pace [1/yr].
    pub per_yr: Band,
}

/// Mining again.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repeated {
    /// By what share the subsidence factor grows each time [1].
    pub factor_growth: Number,
    /// Largest subsidence factor [1].
    pub largest_factor: Number,
}

/// Edge of mined-out land, and life of a plant.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExtentRow {
    /// Subsidence from which on land counts as mined-out [m].
    pub edge_m: Number,
    /// Life of a plant [yr].
    pub life_yr: Number,
}

/// The most that something bears.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitsRow {
    /// Tilt [mm/m].
    pub tilt_mm_per_m: Number,
    /// Curvature [10⁻³/m].
    pub curvature_per_km: Number,
    /// Strain [mm/m].
    pub strain_mm_per_m: Number,
}

/// When the ground counts as come to rest.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StabilityRow {
    /// Fastest subsidence [mm/day].
    pub rate_mm_per_day: Number,
    /// Subsidence within six months [mm].
    pub six_months_mm: Number,
    /// Deformation to come of stable ground.
    pub stable: LimitsRow,
    /// Deformation to come of basically stable ground.
    pub basically_stable: LimitsRow,
}

/// Depths of water.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WaterRow {
    /// Up to this land is drained or filled [m].
    pub regrade_m: Number,
    /// Up to this piles are driven [m].
    pub pile_m: Number,
}

/// Open cracks.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cracks {
    /// Rock that fractures must leave whole for cracks not to be open [m].
    pub margin_m: Number,
}

/// What restoration costs and brings.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Restoration {
    /// Name of the decision.
    pub decision: Decision,
    /// Cost [currency/ha].
    #[serde(rename = "cost_cny_per_ha")]
    pub cost_per_ha: Number,
    /// What is paid for it, once [currency/ha].
    #[serde(rename = "credit_cny_per_ha")]
    pub credit_per_ha: Number,
}

impl LimitsRow {
    /// The limits alone.
    pub fn limits(&self) -> Limits {
        Limits {
            tilt_mm_per_m: self.tilt_mm_per_m.value,
            curvature_per_km: self.curvature_per_km.value,
            strain_mm_per_m: self.strain_mm_per_m.value,
        }
    }
}

impl Settling {
    /// When ground counts as come to rest.
    pub fn stability_limits(&self) -> StabilityLimits {
        StabilityLimits {
            stable: self.stability.stable.limits(),
            basically_stable: self.stability.basically_stable.limits(),
            rate_mm_per_day: self.stability.rate_mm_per_day.value,
            six_months_mm: self.stability.six_months_mm.value,
        }
    }

    /// Limits of the grades of damage.
    pub fn damage_limits(&self) -> Vec<Limits> {
        self.damage.iter().map(LimitsRow::limits).collect()
    }

    /// Depths of water.
    pub fn water_limits(&self) -> WaterLimits {
        WaterLimits { regrade_m: self.water.regrade_m.value, pile_m: self.water.pile_m.value }
    }
}

impl Overburden {
    /// Years until the ground comes to rest.
    pub fn rest_years(&self) -> RestYears {
        RestYears { stable: self.stable_yr.value, basically_stable: self.basically_stable_yr.value }
    }
}

/// Numbers of the tables that are not verified, as `table.row.key = value`.
pub fn unverified(settling: &Settling, classes: &[&Overburden]) -> Vec<String> {
    let mut names = Vec::new();
    let mut add = |name: String, (value, verified): (f64, bool)| {
        names.extend((!verified).then(|| format!("{name} = {value}")));
    };
    for class in classes {
        for (key, band) in [("q", &class.q), ("tan_beta", &class.tan_beta)] {
            add(format!("overburden.{}.{key}", class.id), (band.value, band.verified));
        }
        for (key, number) in [
            ("b", &class.b),
            ("offset_per_depth", &class.offset_per_depth),
            ("theta0_per_dip", &class.theta0_per_dip),
            ("stable_yr", &class.stable_yr),
            ("basically_stable_yr", &class.basically_stable_yr),
            ("fracture.a", &class.fracture.a),
            ("fracture.b", &class.fracture.b),
            ("fracture.deviation_m", &class.fracture.deviation_m),
        ] {
            add(format!("overburden.{}.{key}", class.id), (number.value, number.verified));
        }
    }
    let Settling { course, residual, repeated, extent, damage, stability, water, cracks, .. } = settling;
    for (key, band) in [("course.pace", &course.pace), ("residual.per_yr", &residual.per_yr)] {
        add(format!("subsidence.{key}"), (band.value, band.verified));
    }
    for (key, number) in [
        ("course.share_at_end", &course.share_at_end),
        ("residual.factor_added", &residual.factor_added),
        ("residual.largest_factor", &residual.largest_factor),
        ("repeated.factor_growth", &repeated.factor_growth),
        ("repeated.largest_factor", &repeated.largest_factor),
        ("extent.edge_m", &extent.edge_m),
        ("extent.life_yr", &extent.life_yr),
        ("stability.rate_mm_per_day", &stability.rate_mm_per_day),
        ("stability.six_months_mm", &stability.six_months_mm),
        ("water.regrade_m", &water.regrade_m),
        ("water.pile_m", &water.pile_m),
        ("cracks.margin_m", &cracks.margin_m),
    ] {
        add(format!("subsidence.{key}"), (number.value, number.verified));
    }
    let rows = damage.iter().enumerate().map(|(grade, row)| (format!("damage.{}", grade + 1), row));
    let rows = rows.chain([
        ("stability.stable".to_owned(), &stability.stable),
        ("stability.basically_stable".to_owned(), &stability.basically_stable),
    ]);
    for (name, row) in rows {
        for (key, number) in [
            ("tilt_mm_per_m", &row.tilt_mm_per_m),
            ("curvature_per_km", &row.curvature_per_km),
            ("strain_mm_per_m", &row.strain_mm_per_m),
        ] {
            add(format!("subsidence.{name}.{key}"), (number.value, number.verified));
        }
    }
    names
}
