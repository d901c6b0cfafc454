//! The layers a rule or criterion may name, with their units and quanta.

use std::fmt;

use multiversion::multiversion;
use ndarray::Array2;

use crate::subsidence::quantity::Quantity;

/// Prefix and suffix of the distance layers.
const DISTANCE: (&str, &str) = ("distance_to_", "_m");
/// Prefix of the layers on what suits crops.
const SUITS: &str = "crop_suitability_";
/// Prefix of the yield layers.
const YIELD: &str = "yield_kwh_per_kwp_";
/// Id of the input that holds the elevation model.
pub const DEM: &str = "dem";

/// Layer with the share of each cell that is left.
pub const AVAILABLE: &str = "available";
/// Layer with the rules that fired, one bit each.
pub const REASONS: &str = "reasons";
/// Layer with the admissible modes, one bit each.
pub const MODES: &str = "modes";
/// Layer with the scores of a project without modes; those of modes begin with it.
pub const SUITABILITY: &str = "suitability";

/// Name of the layer with the scores of a mode; the id is empty in a project without modes.
pub fn suitability(mode: &str) -> String {
    if mode.is_empty() { SUITABILITY.to_owned() } else { format!("{SUITABILITY}_{mode}") }
}

/// A layer of the run's grid.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LayerName {
    /// An input raster or vector, by its id.
    Input(String),
    /// Elevation above the DEM's datum.
    Elevation,
    /// Steepest slope from the horizontal.
    Slope,
    /// Direction of the descent.
    Aspect,
    /// Share of the sky that the sloping ground sees.
    SkyView,
    /// Specific yield of an array layout.
    Yield(String),
    /// How well climate and terrain suit a crop.
    Suits(String),
    /// What is told of mined-out land.
    Mined(Quantity),
    /// Distance to an input: to the geometry of a vector, or to the set of a raster.
    DistanceTo(String),
}

impl LayerName {
    /// The layer of that name; anything that is not a derived layer is taken for an input.
    pub fn parse(name: &str) -> Self {
        if let Some(input) = name.strip_prefix(DISTANCE.0).and_then(|rest| rest.strip_suffix(DISTANCE.1)) {
            return Self::DistanceTo(input.to_owned());
        }
        if let Some(layout) = name.strip_prefix(YIELD) {
            return Self::Yield(layout.to_owned());
        }
        if let Some(crop) = name.strip_prefix(SUITS) {
            return Self::Suits(crop.to_owned());
        }
        if let Some(quantity) = Quantity::parse(name) {
            return Self::Mined(quantity);
        }
        match name {
            "elevation_m" => Self::Elevation,
            "slope_deg" => Self::Slope,
            "aspect_deg" => Self::Aspect,
            "sky_view" => Self::SkyView,
            _ => Self::Input(name.to_owned()),
        }
    }

    /// Unit of its values; empty for classes and for inputs, whose unit the project states elsewhere.
    pub fn unit(&self) -> &'static str {
        match self {
            Self::Input(_) | Self::SkyView | Self::Suits(_) => "",
            Self::Elevation | Self::DistanceTo(_) => "m",
            Self::Slope | Self::Aspect => "deg",
            Self::Yield(_) => "kWh/kWp/yr",
            Self::Mined(quantity) => quantity.unit(),
        }
    }

    /// Values are rounded to whole multiples of this before any threshold, sum or file sees them, so that the last
    /// bits of a mathematical library do not decide a cell. Powers of two, far below what the data can know.
    pub fn quantum(&self) -> Option<f32> {
        match self {
            Self::Input(_) => None,
            Self::Elevation | Self::Aspect | Self::DistanceTo(_) => Some(1.0 / 1024.0),
            Self::Slope => Some(1.0 / 8192.0),
            Self::SkyView | Self::Suits(_) => Some(1.0 / 16384.0),
            Self::Yield(_) => Some(1.0 / 64.0),
            Self::Mined(quantity) => Some(quantity.quantum()),
        }
    }

    /// A threshold as exact as the layer's own values: a value meant to equal it does.
    pub fn threshold(&self, value: f64) -> f32 {
        self.quantum().map_or(value as f32, |quantum| step(value as f32, quantum))
    }
}

impl fmt::Display for LayerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input(id) => write!(f, "{id}"),
            Self::Elevation => write!(f, "elevation_m"),
            Self::Slope => write!(f, "slope_deg"),
            Self::Aspect => write!(f, "aspect_deg"),
            Self::SkyView => write!(f, "sky_view"),
            Self::Yield(layout) => write!(f, "{YIELD}{layout}"),
            Self::Suits(crop) => write!(f, "{SUITS}{crop}"),
            Self::Mined(quantity) => write!(f, "{}", quantity.name()),
            Self::DistanceTo(input) => write!(f, "{}{input}{}", DISTANCE.0, DISTANCE.1),
        }
    }
}

/// A class code; [`NO_CLASS`] where there is none.
pub type Code = i32;
/// A cell without a class: nodata, or outside the input's coverage.
pub const NO_CLASS: Code = i32::MIN;

/// Quantum of scores, 0–1.
pub const SCORE_QUANTUM: f32 = 1.0 / 65_536.0;

/// The whole multiple of `quantum`, a power of two, nearest to a value, halves away from zero; `NaN` and infinities stay.
#[inline]
pub fn step(value: f32, quantum: f32) -> f32 {
    // Adding and taking away what leaves no room for a fraction rounds halves to even; without a jump in it, many values are
    // rounded at once.
    const NO_FRACTION: f32 = 8_388_608.0;
    let quanta = value / quantum;
    let magnitude = quanta.abs();
    let even = (magnitude + NO_FRACTION) - NO_FRACTION;
    let up = if magnitude - even == 0.5 { 1.0 } else { 0.0 };
    let rounded = (even + up).copysign(quanta) * quantum;
    if magnitude < NO_FRACTION { rounded } else { value }
}

/// Rounds every value to a whole multiple of `quantum`.
pub fn quantise(values: &mut Array2<f32>, quantum: f32) {
    match values.as_slice_mut() {
        Some(values) => steps(values, quantum),
        None => values.mapv_inplace(|value| step(value, quantum)),
    }
}

#[multiversion(targets("x86_64+avx2"))]
fn steps(values: &mut [f32], quantum: f32) {
    for value in values {
        *value = step(*value, quantum);
    }
}

/// Turns directions that rounding has brought to a full turn back to north.
pub fn within_turn(values: &mut Array2<f32>) {
    values.mapv_inplace(|value| if value >= 360.0 { value - 360.0 } else { value });
}
