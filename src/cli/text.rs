//! Answers for people.

use serde_json::Value;

use crate::export::csv;

/// Widest column of a table.
const WIDEST: usize = 48;

/// A JSON value as indented lines.
pub fn outline(value: &Value) -> String {
    let mut lines = Vec::new();
    write(value, 0, &mut lines);
    lines.join("\n")
}

fn write(value: &Value, depth: usize, lines: &mut Vec<String>) {
    let pad = "  ".repeat(depth);
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                match plain(value) {
                    Some(text) => lines.push(format!("{pad}{key}: {text}")),
                    None => {
                        lines.push(format!("{pad}{key}:"));
                        write(value, depth + 1, lines);
                    }
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                match plain(item) {
                    Some(text) => lines.push(format!("{pad}- {text}")),
                    None => {
                        lines.push(format!("{pad}-"));
                        write(item, depth + 1, lines);
                    }
                }
            }
        }
        other => lines.extend(plain(other).map(|text| format!("{pad}{text}"))),
    }
}

/// A value that fits a line.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some("none".to_owned()),
        Value::String(text) => Some(text.clone()),
        Value::Array(items) if items.is_empty() => Some("none".to_owned()),
        Value::Object(entries) if entries.is_empty() => Some("none".to_owned()),
        Value::Array(items) if items.iter().all(|item| !item.is_array() && !item.is_object()) => {
            Some(items.iter().filter_map(plain).collect::<Vec<_>>().join(", "))
        }
        Value::Object(entries) if entries.len() <= 2 => {
            let parts: Option<Vec<String>> =
                entries.iter().map(|(key, value)| Some(format!("{key} {}", plain(value)?))).collect();
            parts.map(|parts| parts.join(", "))
        }
        Value::Array(_) | Value::Object(_) => None,
        scalar => Some(scalar.to_string()),
    }
}

/// Significant digits of numbers for people.
const DIGITS: usize = 7;

/// A comparison of scenarios with its columns lined up. Of the sums by region and mode only the capacities are shown, and
/// no line without a number other than zero; the files of the comparison hold everything.
pub fn comparison(table: &[u8]) -> String {
    let shown = |row: &Vec<String>| {
        let says = row.iter().skip(1).any(|cell| !cell.is_empty() && cell != "0");
        let is_part = row.first().is_some_and(|name| name.contains(" by_") && !name.starts_with("capacity_mw "));
        says && !is_part
    };
    let rows = csv::rows(table).into_iter().filter(shown);
    let rows: Vec<Vec<String>> = rows.map(|row| row.iter().map(|cell| short(cell)).collect()).collect();
    let count = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        let widths = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        widths.max().unwrap_or_default().min(WIDEST)
    };
    let widths: Vec<usize> = (0..count).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// A number with the digits people read; words stay.
fn short(cell: &str) -> String {
    let Ok(value) = cell.parse::<f64>() else { return cell.to_owned() };
    format!("{value:.*e}", DIGITS - 1).parse::<f64>().map_or_else(|_| cell.to_owned(), |rounded| rounded.to_string())
}
