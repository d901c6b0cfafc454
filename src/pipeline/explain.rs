//! The whole story of a cell or a site: rules, scores, land, offers, and why each is taken or left.

mod cell;
mod site;

use std::path::Path;

use serde_json::Value;

use crate::fault::{Fault, Result};

pub use cell::cell;
pub use site::{scenario_ids, site};

fn read_json(path: &Path) -> Result<Value> {
    let place = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| {
        Fault::input(&place, format!("cannot read it: {error}")).hint("name the output folder of a finished run")
    })?;
    serde_json::from_str(&text).map_err(|error| Fault::input(place, format!("not JSON: {error}")).into())
}
