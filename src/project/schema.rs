//! The JSON Schema of the project file, and the check of a document against it.
//!
//! The check finds every unknown key, missing key and wrong type at once, with lines, the valid names and the nearest
//! one; a deserialiser would stop at the first.

use serde_json::{Map, Value};

use super::document::{Content, Document, Entry, Node};
use super::file::ProjectFile;
use crate::fault::{Fault, suggestion};
use crate::units::with_word;

/// The JSON Schema of the project file.
pub fn json_schema() -> Value {
    let mut schema = Value::from(schemars::schema_for!(ProjectFile));
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("title".to_owned(), "solsite project".into());
    }
    schema
}

/// The schema for editors and other programs: it also takes keys of money in other currencies than the home currency.
pub fn published() -> Value {
    let mut schema = json_schema();
    add_currencies(&mut schema);
    schema
}

/// Adds a pattern for every key with the home currency in its name.
fn add_currencies(schema: &mut Value) {
    let Some(table) = schema.as_object_mut() else {
        schema.as_array_mut().into_iter().flatten().for_each(add_currencies);
        return;
    };
    table.values_mut().for_each(add_currencies);
    let properties = table.get("properties").and_then(Value::as_object).into_iter().flatten();
    let money = properties.filter(|(key, _)| is_money(key));
    let pattern = |key: &str| format!("^{}$", with_word(key, "[a-z]{3}", HOME));
    let patterns: Map<String, Value> = money.map(|(key, value)| (pattern(key), value.clone())).collect();
    if !patterns.is_empty() {
        table.insert("patternProperties".to_owned(), Value::Object(patterns));
    }
}

/// Checks a document against the schema. Keys with money in their name are written as the schema has them; unknown keys are
/// removed, so that the rest can still be read. Keys of maps, such as columns and classes, are the user's own and stay.
///
/// - `currency`: of the project, lower case.
pub fn conform(document: &mut Document, currency: &str) -> Vec<Fault> {
    let schema = json_schema();
    let definitions = schema.get("$defs").cloned().unwrap_or_default();
    let mut check = Check { file: document.file.clone(), definitions: &definitions, currency, faults: Vec::new() };
    check.node(&mut document.root, &schema, "the project");
    check.faults
}

/// The currency in keys of the schema.
const HOME: &str = "cny";

/// Whether a key of the schema has money in its name.
fn is_money(key: &str) -> bool {
    key.split('_').any(|word| word == HOME)
}

struct Check<'a> {
    file: String,
    definitions: &'a Value,
    currency: &'a str,
    faults: Vec<Fault>,
}

impl<'a> Check<'a> {
    /// How a key of the schema is written in this project.
    fn shown(&self, key: &str) -> String {
        with_word(key, self.currency, HOME)
    }

    /// The key of the schema that a key of this project means; keys in the home currency of a project in another one are
    /// faults.
    fn meant(&mut self, entry: &Entry, properties: &Map<String, Value>) -> String {
        let meant = with_word(&entry.key, HOME, self.currency);
        if properties.contains_key(&entry.key) {
            let expected = self.shown(&entry.key);
            if expected != entry.key {
                let currency = self.currency.to_uppercase();
                let what = format!("`{}` in a project in {currency}; expected `{expected}`", entry.key);
                self.fault(entry.line, what, String::new());
            }
            return entry.key.clone();
        }
        if properties.contains_key(&meant) { meant } else { entry.key.clone() }
    }

    fn fault(&mut self, line: usize, what: String, hint: String) {
        self.faults.push(Fault::project(format!("{}:{line}", self.file), what).hint(hint));
    }

    /// The schema a reference points to.
    fn resolve(&self, schema: &'a Value) -> &'a Value {
        let name = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix("#/$defs/"));
        name.and_then(|name| self.definitions.get(name)).unwrap_or(schema)
    }

    /// The alternatives of a schema, without null.
    fn alternatives(&self, schema: &'a Value) -> Vec<&'a Value> {
        let list = ["oneOf", "anyOf"].iter().find_map(|key| schema.get(*key)).and_then(Value::as_array);
        let resolved = list.into_iter().flatten().map(|alternative| self.resolve(alternative));
        resolved.filter(|alternative| alternative.get("type").and_then(Value::as_str) != Some("null")).collect()
    }

    fn node(&mut self, node: &mut Node, schema: &'a Value, name: &str) {
        let schema = self.resolve(schema);
        let alternatives = self.alternatives(schema);
        if alternatives.len() == 1 {
            return self.node(node, alternatives[0], name);
        }
        if !alternatives.is_empty() {
            return self.choice(node, &alternatives, name);
        }
        let types = types_of(schema);
        if !types.iter().any(|expected| fits(node, expected)) {
            let expected = types.join(" or ");
            return self.fault(node.line, format!("`{name}` is {}, expected {expected}", node.kind()), String::new());
        }
        if let (Content::Scalar(value), Some(least)) = (&node.content, schema.get("minimum").and_then(Value::as_f64))
            && value.as_f64().is_some_and(|value| value < least)
        {
            return self.fault(node.line, format!("`{name}` is {value}, expected at least {least}"), String::new());
        }
        match &mut node.content {
            Content::Table(entries) => self.table(node.line, entries, schema, name),
            Content::Array(items) => self.array(node.line, items, schema, name),
            Content::Scalar(_) => {}
        }
    }

    fn array(&mut self, line: usize, items: &mut [Node], schema: &'a Value, name: &str) {
        let bound = |key: &str| schema.get(key).and_then(Value::as_u64).map(|n| n as usize);
        if bound("minItems").is_some_and(|n| items.len() < n) || bound("maxItems").is_some_and(|n| items.len() > n) {
            let wanted = bound("minItems").unwrap_or_default();
            self.fault(line, format!("`{name}` has {} values, expected {wanted}", items.len()), String::new());
        }
        if let Some(item_schema) = schema.get("items") {
            for item in items {
                self.node(item, item_schema, name);
            }
        }
    }

    fn table(&mut self, line: usize, entries: &mut Vec<Entry>, schema: &'a Value, name: &str) {
        let properties = schema.get("properties").and_then(Value::as_object);
        let property = |key: &str| properties.and_then(|properties| properties.get(key));
        if let Some(properties) = properties {
            for entry in entries.iter_mut() {
                entry.key = self.meant(entry, properties);
            }
        }
        for required in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
            let key = required.as_str().unwrap_or_default();
            if !entries.iter().any(|entry| entry.key == key) {
                let what = format!("{name} lacks `{}`", self.shown(key));
                self.fault(line, what, describe(property(key)));
            }
        }
        let any_key = schema.get("additionalProperties").filter(|value| value.is_object());
        entries.retain_mut(|entry| {
            let Some(schema) = property(&entry.key).or(any_key) else {
                let names: Vec<String> =
                    properties.into_iter().flat_map(Map::keys).map(|key| self.shown(key)).collect();
                let hint = suggestion(&entry.key, names.iter().map(String::as_str));
                self.fault(entry.line, format!("unknown key `{}` in {name}", entry.key), hint);
                return false;
            };
            let name = if property(&entry.key).is_some() { self.shown(&entry.key) } else { entry.key.clone() };
            self.node(&mut entry.node, schema, &name);
            true
        });
    }

    /// One of several schemas: variants tagged by their only key, names, or types told apart by required keys.
    fn choice(&mut self, node: &mut Node, alternatives: &[&'a Value], name: &str) {
        let names: Vec<&str> =
            alternatives.iter().filter_map(|alternative| alternative.get("const")?.as_str()).collect();
        if names.len() == alternatives.len() {
            return self.name_of(node, &names, name);
        }
        if let Content::Table(entries) = &node.content {
            let tags: Vec<(&str, &Value)> = alternatives.iter().filter_map(|alternative| tag_of(alternative)).collect();
            if tags.len() == alternatives.len() {
                return self.tagged(node, &tags, name);
            }
            let has = |key: &Value| entries.iter().any(|entry| Some(entry.key.as_str()) == key.as_str());
            let required =
                |schema: &Value| schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
            let tables = || alternatives.iter().copied().filter(|alternative| types_of(alternative).contains(&"table"));
            if let Some(chosen) = tables().find(|alternative| required(alternative).iter().all(has)) {
                return self.node(node, chosen, name);
            }
            let keys: Vec<String> = tables()
                .flat_map(|alternative| required(alternative).into_iter())
                .filter_map(|key| Some(format!("`{}`", key.as_str()?)))
                .collect();
            if !keys.is_empty() {
                let what = format!("`{name}` does not say what it is: one of {} is needed", keys.join(", "));
                return self.fault(node.line, what, String::new());
            }
        }
        match alternatives.iter().copied().find(|alternative| types_of(alternative).iter().any(|t| fits(node, t))) {
            Some(chosen) => self.node(node, chosen, name),
            None => {
                let types: Vec<&str> = alternatives.iter().flat_map(|alternative| types_of(alternative)).collect();
                let what = format!("`{name}` is {}, expected {}", node.kind(), types.join(" or "));
                self.fault(node.line, what, String::new());
            }
        }
    }

    /// One of a closed list of names.
    fn name_of(&mut self, node: &Node, names: &[&str], name: &str) {
        let Content::Scalar(Value::String(written)) = &node.content else {
            let what = format!("`{name}` is {}, expected one of {}", node.kind(), names.join(", "));
            return self.fault(node.line, what, String::new());
        };
        if !names.contains(&written.as_str()) {
            let hint = suggestion(written, names.iter().copied());
            self.fault(node.line, format!("unknown {name} `{written}`"), hint);
        }
    }

    /// A table with exactly one key, which names the variant.
    fn tagged(&mut self, node: &mut Node, tags: &[(&str, &'a Value)], name: &str) {
        let line = node.line;
        let Content::Table(entries) = &mut node.content else { return };
        let valid = || tags.iter().map(|(tag, _)| *tag);
        if entries.len() != 1 {
            let list: Vec<&str> = valid().collect();
            let what = format!("`{name}` holds {} keys, expected exactly one of {}", entries.len(), list.join(", "));
            return self.fault(line, what, String::new());
        }
        let entry = &mut entries[0];
        match tags.iter().find(|(tag, _)| *tag == entry.key) {
            Some((tag, schema)) => self.node(&mut entry.node, schema, tag),
            None => {
                let hint = suggestion(&entry.key, valid());
                self.fault(entry.line, format!("unknown {name} `{}`", entry.key), hint);
            }
        }
    }
}

/// The only key of a tagged variant and the schema behind it.
fn tag_of(schema: &Value) -> Option<(&str, &Value)> {
    let properties = schema.get("properties")?.as_object()?;
    let required = schema.get("required")?.as_array()?;
    match (properties.iter().next(), properties.len(), required.len()) {
        (Some((tag, inner)), 1, 1) => Some((tag, inner)),
        _ => None,
    }
}

/// The types a schema admits, in TOML's words.
fn types_of(schema: &Value) -> Vec<&str> {
    let words = |name: &str| match name {
        "object" => Some("table"),
        "array" => Some("array"),
        "string" => Some("string"),
        "boolean" => Some("boolean"),
        "integer" => Some("integer"),
        "number" => Some("number"),
        _ => None,
    };
    match schema.get("type") {
        Some(Value::String(name)) => words(name).into_iter().collect(),
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).filter_map(words).collect(),
        _ => Vec::new(),
    }
}

fn fits(node: &Node, expected: &str) -> bool {
    match (&node.content, expected) {
        (Content::Table(_), "table")
        | (Content::Array(_), "array")
        | (Content::Scalar(Value::String(_)), "string")
        | (Content::Scalar(Value::Bool(_)), "boolean")
        | (Content::Scalar(Value::Number(_)), "number") => true,
        (Content::Scalar(Value::Number(number)), "integer") => !number.is_f64(),
        _ => false,
    }
}

fn describe(schema: Option<&Value>) -> String {
    let text = schema.and_then(|schema| schema.get("description")).and_then(Value::as_str).unwrap_or_default();
    text.lines().next().unwrap_or_default().trim_end_matches('.').to_owned()
}
