//! What leaves the program: tables, GeoJSON, layers, summaries. One file a format; nothing here knows where files go.

pub mod csv;
pub mod designs;
pub mod geojson;
pub mod layers;
pub mod profiles;
pub mod scenario;
pub mod shapes;
pub mod summary;

use serde_json::{Number, Value};

use crate::offer::rounded;

/// A number as JSON: rounded to the digits that tables carry, null where there is none.
pub fn json_number(value: f64) -> Value {
    let value = rounded(value);
    // Whole numbers are written without a decimal point, as in the tables.
    if value.fract() == 0.0 && value.abs() < 1e15 {
        return Value::from(value as i64);
    }
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}
