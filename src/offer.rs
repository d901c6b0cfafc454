//! Offers: what could be built on a site, and the table the allocation works on.

use std::collections::BTreeMap;

use crate::units::with_word;

/// What the values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Words.
    Text,
    /// Amounts at full use of the offer: they add up and scale with its use.
    Extensive,
    /// Ratios, scores and properties: they do not add up.
    Intensive,
}

/// A column of an offers table.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its name, with the unit.
    pub name: String,
    /// Its values.
    pub values: Values,
}

/// Values of a column, one an offer.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Words; empty where there is none.
    Text(Vec<String>),
    /// Numbers; `NaN` where there is none.
    Number(Vec<f64>),
}

/// A table of offers.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OfferTable {
    /// Its columns, in order.
    pub columns: Vec<Column>,
    /// Number of offers.
    pub rows: usize,
}

impl OfferTable {
    /// Adds a column of words.
    pub fn text(&mut self, name: &str, values: Vec<String>) {
        self.rows = values.len();
        self.columns.push(Column { name: name.to_owned(), values: Values::Text(values) });
    }

    /// Adds a column of numbers.
    pub fn number(&mut self, name: &str, values: Vec<f64>) {
        self.rows = values.len();
        self.columns.push(Column { name: name.to_owned(), values: Values::Number(values) });
    }

    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Names of all columns.
    pub fn names(&self) -> Vec<&str> {
        self.columns.iter().map(|column| column.name.as_str()).collect()
    }

    /// Numbers of a column; `None` if there is no such column or it holds words.
    pub fn numbers(&self, name: &str) -> Option<&[f64]> {
        match &self.column(name)?.values {
            Values::Number(values) => Some(values),
            Values::Text(_) => None,
        }
    }

    /// The words of a column; numbers are written out.
    pub fn words(&self, name: &str) -> Option<Vec<String>> {
        Some(match &self.column(name)?.values {
            Values::Text(values) => values.clone(),
            Values::Number(values) => values.iter().map(|value| number_text(*value)).collect(),
        })
    }
}

/// Significant digits of numbers in tables: more than any input can know, fewer than the noise of a sum.
const DIGITS: usize = 12;

/// A number rounded to the digits that tables carry; no negative zero.
pub fn rounded(value: f64) -> f64 {
    quickly_rounded(value).unwrap_or_else(|| exactly_rounded(value))
}

/// A rounded number by arithmetic; `None` where that may not give the number nearest to the rounded digits.
///
/// The digits as a whole number are exact, and so is the power of ten they are divided or multiplied by: what comes of it is
/// rounded once, as reading them would.
///
/// Source: W. D. Clinger, "How to read floating point numbers accurately", PLDI 1990, sect. 3.
fn quickly_rounded(value: f64) -> Option<f64> {
    /// Share of a unit that the product may be off by, many times over.
    const DOUBT: f64 = 1e-3;
    let magnitude = value.abs();
    // Powers of ten up to the 22nd are exact.
    if !(1e-10..1e12).contains(&magnitude) {
        return None;
    }
    let places = DIGITS as i32 - 1 - magnitude.log10().floor() as i32;
    let scale = 10.0_f64.powi(places);
    let digits = magnitude * scale;
    let whole = digits.round();
    let (least, most) = (10.0_f64.powi(DIGITS as i32 - 1), 10.0_f64.powi(DIGITS as i32));
    let is_clear = ((digits - digits.floor()) - 0.5).abs() > DOUBT && digits > least + 1.0 && digits < most - 1.0;
    is_clear.then(|| (whole / scale).copysign(value))
}

fn exactly_rounded(value: f64) -> f64 {
    let text = format!("{value:.*e}", DIGITS - 1);
    text.parse::<f64>().map_or(value, |value| value + 0.0)
}

/// A number as written in sentences: six digits, no negative zero.
pub fn short_text(value: f64) -> String {
    format!("{value:.5e}").parse::<f64>().map_or_else(|_| value.to_string(), |value| (value + 0.0).to_string())
}

/// A number as written in tables, empty for none.
pub fn number_text(value: f64) -> String {
    if value.is_nan() { String::new() } else { rounded(value).to_string() }
}

/// Columns of known meaning, currency written as `cny`.
const KNOWN: [(&str, Kind); 53] = [
    ("offer_id", Kind::Text),
    ("site_id", Kind::Text),
    ("region", Kind::Text),
    ("mode", Kind::Text),
    ("crop", Kind::Text),
    ("design", Kind::Text),
    ("substation", Kind::Text),
    ("area_ha", Kind::Extensive),
    ("capacity_mw", Kind::Extensive),
    ("capacity_ac_mw", Kind::Extensive),
    ("energy_mwh_per_yr", Kind::Extensive),
    ("capex_cny", Kind::Extensive),
    ("cost_cny_per_yr", Kind::Extensive),
    ("net_value_cny_per_yr", Kind::Extensive),
    ("crop_change_t_per_yr", Kind::Extensive),
    ("crop_margin_cny_per_yr", Kind::Extensive),
    ("connection_cny", Kind::Extensive),
    ("treated_area_ha", Kind::Extensive),
    ("restoration_cny", Kind::Extensive),
    ("restoration_credit_cny", Kind::Extensive),
    ("decision_probability", Kind::Intensive),
    ("lcoe_cny_per_kwh", Kind::Intensive),
    ("crop_margin_change_cny_per_yr", Kind::Extensive),
    ("water_saved_m3_per_yr", Kind::Extensive),
    ("clearance_basis", Kind::Text),
    ("kept_as", Kind::Text),
    ("break_even_price_cny_per_kwh", Kind::Intensive),
    ("break_even_capex_cny_per_kw", Kind::Intensive),
    ("crop_yield_ratio", Kind::Intensive),
    ("crop_yield_ratio_low", Kind::Intensive),
    ("crop_yield_ratio_high", Kind::Intensive),
    ("crop_suitability", Kind::Intensive),
    ("gcr", Kind::Intensive),
    ("tilt_deg", Kind::Intensive),
    ("pitch_m", Kind::Intensive),
    ("row_gap_m", Kind::Intensive),
    ("clearance_m", Kind::Intensive),
    ("cropped_share", Kind::Intensive),
    ("light_share", Kind::Intensive),
    ("par_share", Kind::Intensive),
    ("light_share_least", Kind::Intensive),
    ("light_share_most", Kind::Intensive),
    ("evapotranspiration_mm", Kind::Intensive),
    ("open_evapotranspiration_mm", Kind::Intensive),
    ("land_equivalent_ratio", Kind::Intensive),
    ("land_equivalent_ratio_low", Kind::Intensive),
    ("land_equivalent_ratio_high", Kind::Intensive),
    ("score", Kind::Intensive),
    ("hosting_mw", Kind::Intensive),
    ("site_area_ha", Kind::Intensive),
    ("substation_distance_m", Kind::Intensive),
    ("specific_yield_kwh_per_kwp", Kind::Intensive),
    ("capacity_factor", Kind::Intensive),
];

/// Whether a column is of known meaning, its currency written as `cny`.
pub fn is_known(name: &str) -> bool {
    KNOWN.iter().any(|(known, _)| *known == name)
}

/// Units whose amounts add up.
const EXTENSIVE_UNITS: [&str; 13] =
    ["ha", "m2", "m3", "mw", "kw", "gw", "mwh", "kwh", "gwh", "t", "kg", "households", "jobs"];

/// What a column's values are: as declared, as known, or as its unit says; `None` if none of these tells.
///
/// - `currency`: three letters, lower case.
/// - `declared`: kinds the project declares.
pub fn kind_of(name: &str, currency: &str, declared: &BTreeMap<String, Kind>) -> Option<Kind> {
    if let Some(kind) = declared.get(name) {
        return Some(*kind);
    }
    let home = with_word(name, "cny", currency);
    if let Some((_, kind)) = KNOWN.iter().find(|(known, _)| *known == home) {
        return Some(*kind);
    }
    if home.starts_with("class_area_ha_") {
        return Some(Kind::Extensive);
    }
    let words: Vec<&str> = home.split('_').collect();
    let unit_at = words.iter().rposition(|word| EXTENSIVE_UNITS.contains(word) || *word == "cny")?;
    match words[unit_at + 1..] {
        [] | ["per", "yr"] if !words[..unit_at].contains(&"per") => Some(Kind::Extensive),
        _ => Some(Kind::Intensive),
    }
}

/// Unit of a column, from its name; empty if the name holds none.
///
/// - `currency`: three letters, lower case.
pub fn unit_of(name: &str, currency: &str) -> String {
    if name.starts_with("class_area_ha_") {
        return "ha".to_owned();
    }
    let words: Vec<&str> = name.split('_').collect();
    let is_unit =
        |word: &str| EXTENSIVE_UNITS.contains(&word) || word == currency || ["m", "kwp", "deg"].contains(&word);
    let Some(mut first) = words.iter().position(|word| is_unit(word)) else { return String::new() };
    if first > 0 && words[first - 1] == "per" {
        first -= 1;
    }
    let written = |word: &str| match word {
        "mw" => "MW".to_owned(),
        "gw" => "GW".to_owned(),
        "kw" => "kW".to_owned(),
        "mwh" => "MWh".to_owned(),
        "gwh" => "GWh".to_owned(),
        "kwh" => "kWh".to_owned(),
        "kwp" => "kWp".to_owned(),
        "m2" => "m²".to_owned(),
        "m3" => "m³".to_owned(),
        word if word == currency => word.to_uppercase(),
        word => word.to_owned(),
    };
    let unit: String =
        words[first..].iter().map(|word| if *word == "per" { "/".to_owned() } else { written(word) }).collect();
    if unit.starts_with('/') { format!("1{unit}") } else { unit }
}

/// Land of a site that admits the same modes, as a table row.
#[derive(Debug, Clone, PartialEq)]
pub struct SiteLand {
    /// The site.
    pub site_id: String,
    /// The modes it admits.
    pub modes: Vec<String>,
    /// Its area [ha].
    pub area_ha: f64,
}
