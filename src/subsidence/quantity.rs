//! What is told of a place on mined-out land, with names, units and quanta.

use super::decision::{Cause, Decision, Stability};

/// A number told of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quantity {
    /// Subsidence at the date, residual settlement apart.
    Subsidence,
    /// Residual settlement at the date.
    Residual,
    /// Rise of subsidence to the east.
    TiltX,
    /// Rise of subsidence to the north.
    TiltY,
    /// Steepest tilt.
    TiltMax,
    /// Largest curvature of all directions.
    CurvatureMax,
    /// Smallest curvature of all directions.
    CurvatureMin,
    /// Largest strain of all directions.
    StrainMax,
    /// Smallest strain of all directions.
    StrainMin,
    /// Displacement to the east.
    DisplacementX,
    /// Displacement to the north.
    DisplacementY,
    /// Pace of subsidence, residual settlement included.
    Rate,
    /// Subsidence that is still to come over the life of a plant, residual settlement included.
    SubsidenceToCome,
    /// Steepest tilt still to come.
    TiltToCome,
    /// Largest curvature still to come, by size.
    CurvatureToCome,
    /// Largest strain still to come, by size.
    StrainToCome,
    /// Depth of water at the mean water table.
    Ponding,
    /// Depth of water in the dry season.
    PondingLow,
    /// Depth of water in the wet season.
    PondingHigh,
    /// Grade of damage to buildings of brick, from 1.
    DamageGrade,
    /// Code of [`super::decision::Stability`].
    Stability,
    /// Code of the [`super::decision::Cause`] of instability.
    Cause,
    /// Year from which the place is not unstable any more; unknown where it is not unstable.
    StableYear,
    /// Code of the decision.
    Decision,
    /// 1 over workings whose fractures reach the surface.
    OpenCracks,
    /// Probability of the decision itself.
    DecisionProbability,
    /// Probability of a decision.
    Probability(Decision),
    /// Pace of subsidence as a satellite sees it.
    InsarRate,
    /// What a satellite sees beyond the prediction.
    InsarDifference,
}

impl Quantity {
    /// All of them but those of single decisions.
    const PLAIN: [Self; 28] = [
        Self::Subsidence,
        Self::Residual,
        Self::TiltX,
        Self::TiltY,
        Self::TiltMax,
        Self::CurvatureMax,
        Self::CurvatureMin,
        Self::StrainMax,
        Self::StrainMin,
        Self::DisplacementX,
        Self::DisplacementY,
        Self::Rate,
        Self::SubsidenceToCome,
        Self::TiltToCome,
        Self::CurvatureToCome,
        Self::StrainToCome,
        Self::Ponding,
        Self::PondingLow,
        Self::PondingHigh,
        Self::DamageGrade,
        Self::Stability,
        Self::Cause,
        Self::StableYear,
        Self::Decision,
        Self::OpenCracks,
        Self::DecisionProbability,
        Self::InsarRate,
        Self::InsarDifference,
    ];

    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::PLAIN.into_iter().chain(Decision::ALL.into_iter().map(Self::Probability))
    }

    /// The quantity of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::all().find(|quantity| quantity.name() == name)
    }

    /// Its name, unit included where it has one that no table of names tells.
    pub fn name(self) -> String {
        let name = match self {
            Self::Subsidence => "subsidence_m",
            Self::Residual => "residual_m",
            Self::TiltX => "tilt_x",
            Self::TiltY => "tilt_y",
            Self::TiltMax => "tilt_max",
            Self::CurvatureMax => "curvature_max",
            Self::CurvatureMin => "curvature_min",
            Self::StrainMax => "strain_max",
            Self::StrainMin => "strain_min",
            Self::DisplacementX => "displacement_x_m",
            Self::DisplacementY => "displacement_y_m",
            Self::Rate => "rate_m_per_yr",
            Self::SubsidenceToCome => "subsidence_to_come_m",
            Self::TiltToCome => "tilt_to_come",
            Self::CurvatureToCome => "curvature_to_come",
            Self::StrainToCome => "strain_to_come",
            Self::Ponding => "ponding_m",
            Self::PondingLow => "ponding_low_m",
            Self::PondingHigh => "ponding_high_m",
            Self::DamageGrade => "damage_grade",
            Self::Stability => "stability",
            Self::Cause => "instability_cause",
            Self::StableYear => "stable_year",
            Self::Decision => "decision",
            Self::OpenCracks => "open_cracks",
            Self::DecisionProbability => "decision_probability",
            Self::Probability(decision) => return format!("probability_{}", decision.name()),
            Self::InsarRate => "insar_rate_m_per_yr",
            Self::InsarDifference => "insar_difference_m_per_yr",
        };
        name.to_owned()
    }

    /// Its unit; empty for codes, grades and flags.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Subsidence
            | Self::Residual
            | Self::DisplacementX
            | Self::DisplacementY
            | Self::SubsidenceToCome
            | Self::Ponding
            | Self::PondingLow
            | Self::PondingHigh => "m",
            Self::TiltX
            | Self::TiltY
            | Self::TiltMax
            | Self::TiltToCome
            | Self::StrainMax
            | Self::StrainMin
            | Self::StrainToCome => "m/m",
            Self::CurvatureMax | Self::CurvatureMin | Self::CurvatureToCome => "1/m",
            Self::Rate | Self::InsarRate | Self::InsarDifference => "m/yr",
            Self::StableYear => "yr",
            Self::DamageGrade
            | Self::Stability
            | Self::Cause
            | Self::Decision
            | Self::OpenCracks
            | Self::DecisionProbability
            | Self::Probability(_) => "",
        }
    }

    /// Values of layers are whole multiples of this power of two.
    pub fn quantum(self) -> f32 {
        match self.unit() {
            "m" | "m/yr" => 1.0 / 65_536.0,
            "m/m" => 1.0 / 16_777_216.0,
            "1/m" => 1.0 / 4_294_967_296.0,
            "yr" => 1.0 / 4.0,
            _ => 1.0 / 1024.0,
        }
    }

    /// What a code stands for; `None` for numbers, and for codes that there are none of.
    pub fn word(self, code: f64) -> Option<&'static str> {
        let is = |known: u8| f64::from(known) == code;
        match self {
            Self::Decision if is(0) => Some("not mined-out land"),
            Self::Decision => Decision::ALL.into_iter().find(|one| is(*one as u8)).map(Decision::name),
            Self::Stability => Stability::ALL.into_iter().find(|one| is(*one as u8)).map(Stability::name),
            Self::Cause => Cause::ALL.into_iter().find(|one| is(*one as u8)).map(Cause::words),
            _ => None,
        }
    }

    /// What its codes stand for, as metadata of a raster: `CODE_<n>` and the word.
    pub fn codes(self) -> Vec<(String, String)> {
        let named = |code: usize| Some((format!("CODE_{code}"), self.word(code as f64)?.to_owned()));
        (0..=Decision::ALL.len()).filter_map(named).collect()
    }

    /// Whether it stands for a kind of thing, and has no mean.
    pub fn is_code(self) -> bool {
        matches!(self, Self::Decision | Self::Stability | Self::Cause | Self::DamageGrade)
    }
}
