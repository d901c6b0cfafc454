//! The JSON Schema of the project file, and the check of a document against it.
//!
//! The check finds every unknown key, missing key and wrong type at once, with lines, the valid names and the nearest
//! one; a deserialiser would stop at the first.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::document::{Content, Document, Entry, Node};
use super::file::ProjectFile;
use crate::fault::{Fault, nearest, suggestion};
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

/// Checks a document against the schema, and marks as spoiled what does not conform to it.
///
/// Keys with money in their name get the name the schema has for them. A key that is not known is read as the one it is
/// nearest to, so that what was meant is checked too; without one it is removed. Keys of maps, such as columns and classes,
/// are the user's own and stay.
///
/// - `currency`: of the project, lower case; `None` where it cannot be told, and any may be meant.
pub fn conform(document: &mut Document, currency: Option<&str>) -> Vec<Fault> {
    let schema = json_schema();
    let definitions = schema.get("$defs").cloned().unwrap_or_default();
    let mut check = Check { file: document.file.clone(), definitions: &definitions, currency, faults: Vec::new() };
    check.node(&mut document.root, &schema, THE_PROJECT);
    check.faults
}

/// What the document as a whole is called.
const THE_PROJECT: &str = "the project";
/// The currency in keys of the schema.
const HOME: &str = "cny";

/// Whether a key of the schema has money in its name.
fn is_money(key: &str) -> bool {
    key.split('_').any(|word| word == HOME)
}

struct Check<'a> {
    file: String,
    definitions: &'a Value,
    currency: Option<&'a str>,
    faults: Vec<Fault>,
}

impl<'a> Check<'a> {
    /// How a key of the schema is written in this project.
    fn shown(&self, key: &str) -> String {
        with_word(key, self.currency.unwrap_or(HOME), HOME)
    }

    /// The key of the schema that a key of this project means; keys in the home currency of a project in another one are
    /// faults.
    fn meant(&mut self, entry: &Entry, properties: &Map<String, Value>) -> String {
        if properties.contains_key(&entry.key) {
            let expected = self.shown(&entry.key);
            if let Some(currency) = self.currency.filter(|_| expected != entry.key) {
                let currency = currency.to_uppercase();
                let what = format!("`{}` in a project in {currency}; expected `{expected}`", entry.key);
                self.fault(entry.line, what, String::new());
            }
            return entry.key.clone();
        }
        let words = entry.key.split('_').filter(|word| self.currency.map_or(word.len() == 3, |own| *word == own));
        let mut meant = words.map(|word| with_word(&entry.key, HOME, word));
        meant.find(|meant| properties.contains_key(meant)).unwrap_or_else(|| entry.key.clone())
    }

    fn fault(&mut self, line: usize, what: String, hint: String) {
        self.faults.push(Fault::project(format!("{}:{line}", self.file), what).hint(hint));
    }

    /// Adds a fault of a node, of which nothing can be made then.
    fn refuse(&mut self, node: &mut Node, what: String, hint: String) {
        node.spoiled = true;
        self.fault(node.line, what, hint);
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
        let meant = resolved.filter(|alternative| alternative.get("type").and_then(Value::as_str) != Some("null"));
        let opened = |alternative: &'a Value| match self.alternatives(alternative) {
            // A choice that may be left out is a choice within a choice.
            inner if alternative.get("type").is_none() && !inner.is_empty() => inner,
            _ => vec![alternative],
        };
        meant.flat_map(opened).collect()
    }

    fn node(&mut self, node: &mut Node, schema: &'a Value, name: &str) {
        if node.spoiled {
            return;
        }
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
            let what = format!("`{name}` is {}, expected {}", node.kind(), types.join(" or "));
            return self.refuse(node, what, String::new());
        }
        match &node.content {
            Content::Table(_) => self.table(node, schema, name),
            Content::Array(_) => self.array(node, schema, name),
            Content::Scalar(value) => {
                let only = schema.get("const").filter(|only| *only != value).and_then(Value::as_str);
                if let (Some(only), Some(written)) = (only, value.as_str()) {
                    let hint = suggestion(written, [only]);
                    return self.refuse(node, format!("unknown {name} `{written}`"), hint);
                }
                let least = schema.get("minimum").and_then(Value::as_f64);
                if let (Some(value), Some(least)) = (value.as_f64(), least)
                    && value < least
                {
                    self.refuse(node, format!("`{name}` is {value}, expected at least {least}"), String::new());
                }
            }
        }
    }

    fn array(&mut self, node: &mut Node, schema: &'a Value, name: &str) {
        let Content::Array(items) = &mut node.content else { return };
        let count = items.len();
        if let Some(item_schema) = schema.get("items") {
            for item in items.iter_mut() {
                self.node(item, item_schema, name);
            }
            // Of a list of tables one can be left out; anything else is whole or nothing.
            let of_tables = types_of(self.resolve(item_schema)).contains(&"table");
            node.spoiled = !of_tables && items.iter().any(|item| item.spoiled);
        }
        let bound = |key: &str| schema.get(key).and_then(Value::as_u64).map(|n| n as usize);
        if bound("minItems").is_some_and(|n| count < n) || bound("maxItems").is_some_and(|n| count > n) {
            let wanted = bound("minItems").unwrap_or_default();
            self.refuse(node, format!("`{name}` has {count} values, expected {wanted}"), String::new());
        }
    }

    fn table(&mut self, node: &mut Node, schema: &'a Value, name: &str) {
        let Node { line, content: Content::Table(entries), spoiled } = node else { return };
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
            for entry in entries {
                if let Some(schema) = schema.get("additionalProperties").filter(|schema| schema.is_object()) {
                    self.node(&mut entry.node, schema, &entry.key);
                }
            }
            return;
        };
        self.keys(entries, properties, name);
        for key in schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            if !entries.iter().any(|entry| entry.key == key) {
                self.fault(*line, format!("{name} lacks `{}`", self.shown(key)), describe(properties.get(key)));
                *spoiled = true;
            }
        }
    }

    /// Checks the entries of a table whose keys are known.
    fn keys(&mut self, entries: &mut Vec<Entry>, properties: &'a Map<String, Value>, name: &str) {
        for entry in entries.iter_mut() {
            entry.key = self.meant(entry, properties);
        }
        let mut given: BTreeSet<String> = entries.iter().map(|entry| entry.key.clone()).collect();
        entries.retain_mut(|entry| {
            let known = properties.contains_key(&entry.key);
            if !known && !self.guess(entry, properties, name) {
                return false;
            }
            let is_scalar = matches!(entry.node.content, Content::Scalar(_));
            if !known && !given.insert(entry.key.clone()) {
                // Both are there: what the unknown one holds is missing elsewhere if it is a list, and means nothing if not.
                entry.node.spoiled = true;
                return !is_scalar;
            }
            let before = self.faults.len();
            self.node(&mut entry.node, &properties[&entry.key], &self.shown(&entry.key));
            if !known && is_scalar {
                // Its key is the fault.
                self.faults.truncate(before);
            }
            true
        });
    }

    /// A fault of an unknown key, which gets the name of the one it is nearest to. Tells whether there is one.
    fn guess(&mut self, entry: &mut Entry, properties: &Map<String, Value>, name: &str) -> bool {
        let shown: Vec<String> = properties.keys().map(|key| self.shown(key)).collect();
        let names = || shown.iter().map(String::as_str);
        self.fault(entry.line, format!("unknown key `{}` in {name}", entry.key), suggestion(&entry.key, names()));
        let near = nearest(&entry.key, names()).and_then(|near| names().position(|name| name == near));
        if let Some(key) = near.and_then(|index| properties.keys().nth(index)) {
            entry.key.clone_from(key);
        }
        near.is_some()
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
            // What it is, its first key says; the others are missing.
            if let Some(meant) = tables().find(|alternative| required(alternative).first().is_some_and(&has)) {
                return self.node(node, meant, name);
            }
            let keys: Vec<String> = tables()
                .filter_map(|alternative| required(alternative).into_iter().next())
                .filter_map(|key| Some(format!("`{}`", key.as_str()?)))
                .collect();
            if !keys.is_empty() {
                let what = format!("`{name}` does not say what it is: one of {} is needed", keys.join(", "));
                return self.refuse(node, what, String::new());
            }
        }
        match alternatives.iter().copied().find(|alternative| types_of(alternative).iter().any(|t| fits(node, t))) {
            Some(chosen) => self.node(node, chosen, name),
            None => {
                let types: Vec<&str> = alternatives.iter().flat_map(|alternative| types_of(alternative)).collect();
                let what = format!("`{name}` is {}, expected {}", node.kind(), types.join(" or "));
                self.refuse(node, what, String::new());
            }
        }
    }

    /// One of a closed list of names.
    fn name_of(&mut self, node: &mut Node, names: &[&str], name: &str) {
        let (what, hint) = match &node.content {
            Content::Scalar(Value::String(written)) if names.contains(&written.as_str()) => return,
            Content::Scalar(Value::String(written)) => {
                (format!("unknown {name} `{written}`"), suggestion(written, names.iter().copied()))
            }
            _ => (format!("`{name}` is {}, expected one of {}", node.kind(), names.join(", ")), String::new()),
        };
        self.refuse(node, what, hint);
    }

    /// A table with exactly one key, which names the variant.
    fn tagged(&mut self, node: &mut Node, tags: &[(&str, &'a Value)], name: &str) {
        let valid = || tags.iter().map(|(tag, _)| *tag);
        let Content::Table(entries) = &mut node.content else { return };
        let [entry] = &mut entries[..] else {
            let list: Vec<&str> = valid().collect();
            let what = format!("`{name}` holds {} keys, expected exactly one of {}", entries.len(), list.join(", "));
            return self.refuse(node, what, String::new());
        };
        match tags.iter().find(|(tag, _)| *tag == entry.key) {
            Some((tag, schema)) => self.node(&mut entry.node, schema, tag),
            None => {
                let hint = suggestion(&entry.key, valid());
                self.fault(entry.line, format!("unknown {name} `{}`", entry.key), hint);
                node.spoiled = true;
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
