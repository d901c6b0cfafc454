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
        Value::Null => Some("unknown".to_owned()),
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

/// A table of CSV with its columns lined up. Lines without a number other than zero are left out: they say nothing.
pub fn columns(table: &[u8]) -> String {
    let says = |row: &Vec<String>| row.iter().skip(1).any(|cell| !cell.is_empty() && cell != "0");
    let rows: Vec<Vec<String>> = csv::rows(table).into_iter().filter(says).collect();
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
