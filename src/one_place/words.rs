//! The report on one place as a table for people.

use std::fmt::Write;

use serde_json::Value;

/// Columns of the table: name, unit, key.
const COLUMNS: [(&str, &str, &str); 11] = [
    ("GHI", "kWh/m2", "ghi_kwh_per_m2"),
    ("DNI", "kWh/m2", "dni_kwh_per_m2"),
    ("DHI", "kWh/m2", "dhi_kwh_per_m2"),
    ("beam", "kWh/m2", "poa_direct_kwh_per_m2"),
    ("sky", "kWh/m2", "poa_sky_diffuse_kwh_per_m2"),
    ("ground", "kWh/m2", "poa_ground_diffuse_kwh_per_m2"),
    ("POA", "kWh/m2", "poa_kwh_per_m2"),
    ("rear", "kWh/m2", "poa_rear_kwh_per_m2"),
    ("cells", "degC", "cell_temperature_c"),
    ("DC", "kWh/kWp", "dc_kwh_per_kwp"),
    ("AC", "kWh/kWp", "ac_kwh_per_kwp"),
];

/// The report as text: the monthly table, and the sums.
pub fn text(report: &Value) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    if let Some(offset) = report["weather"].get("time_offset") {
        let found = offset.get("found_min").map_or_else(|| "none".to_owned(), ToString::to_string);
        let origin = offset["origin"].as_str().unwrap_or("stated");
        let _ = writeln!(text, "time offset: {} min used ({origin}: {found} min)", offset["used_min"]);
    }
    let line = |text: &mut String, head: &str, cell: &dyn Fn(&(&str, &str, &str)) -> String| {
        let cells: Vec<String> = COLUMNS.iter().map(|column| format!("{:>8}", cell(column))).collect();
        let _ = writeln!(text, "{head:<6}{}", cells.join(""));
    };
    line(&mut text, "month", &|column| column.0.to_owned());
    line(&mut text, "", &|column| column.1.to_owned());
    let number =
        |row: &Value, key: &str| row[key].as_f64().map_or_else(|| "-".to_owned(), |value| format!("{value:.1}"));
    for row in report["monthly"].as_array().into_iter().flatten() {
        line(&mut text, &row["month"].to_string(), &|column| number(row, column.2));
    }
    line(&mut text, "year", &|column| number(&report["annual"], column.2));
    let _ = writeln!(text, "poa_kwh_per_m2_yr             {}", number(report, "poa_kwh_per_m2_yr"));
    let _ = write!(text, "specific_yield_kwh_per_kwp_yr {}", number(report, "specific_yield_kwh_per_kwp_yr"));
    if let Some(rows) = report.get("between_rows") {
        let _ = write!(
            text,
            "\nbetween rows of gcr {}: poa {} kWh/m2, {} kWh/kWp",
            rows["gcr"],
            number(rows, "poa_kwh_per_m2_yr"),
            number(rows, "specific_yield_kwh_per_kwp_yr")
        );
    }
    if let Some(beneath) = report.get("beneath") {
        light(&mut text, beneath);
    }
    text
}

/// Light beneath the rows by month, and what grows there.
fn light(text: &mut String, beneath: &Value) {
    let share = |of: &Value| of.as_f64().map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"));
    let _ =
        write!(text, "\n\nbeneath rows of gcr {}, as shares of open ground\nmonth    light     PAR", beneath["gcr"]);
    for row in beneath["monthly"].as_array().into_iter().flatten() {
        let _ = write!(
            text,
            "\n{:<6}{:>8}{:>8}",
            row["month"].to_string(),
            share(&row["light_share"]),
            share(&row["par_share"])
        );
    }
    let annual = &beneath["annual"];
    let _ = write!(text, "\nyear  {:>8}{:>8}", share(&annual["light_share"]), share(&annual["par_share"]));
    if let Some(across) = beneath.get("across") {
        let list = |key: &str, digits: usize| {
            let numbers = across[key].as_array().into_iter().flatten().filter_map(Value::as_f64);
            numbers.map(|number| format!("{number:>8.digits$}")).collect::<Vec<_>>().concat()
        };
        let _ = write!(
            text,
            "\nfrom beneath the middle of a row towards its front (of a tracker, eastwards)\nm     {}\nlight {}",
            list("from_row_m", 2),
            list("annual_light_share", 3)
        );
    }
    for crop in beneath["crops"].as_array().into_iter().flatten() {
        let relative = &crop["relative_yield"];
        let id = crop["id"].as_str().unwrap_or_default();
        let [low, expected, high] = ["low", "expected", "high"].map(|key| share(&relative[key]));
        let light = share(&crop["light_share"]);
        if relative["expected"].is_null() {
            let _ = write!(text, "\n{id}: {light} of the light of its season: darker than anything that was measured");
            continue;
        }
        let _ = write!(
            text,
            "\n{id}: {light} of the light of its season, yield {expected} of the open field ({low} to {high})"
        );
        let water = ["evapotranspiration_mm", "open_evapotranspiration_mm"].map(|key| crop[key].as_f64());
        if let [Some(shaded), Some(open)] = water {
            let _ = write!(text, ", water {shaded:.0} mm in place of {open:.0} mm");
        }
    }
}
