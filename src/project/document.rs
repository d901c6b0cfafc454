//! A TOML text as a tree that remembers its lines.

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::left_out::LeftOut;
use crate::fault::{Fault, Faults, Result};

/// The map whose entries a project can do without, one by one.
const INPUTS: &str = "inputs";

/// A parsed TOML file.
#[derive(Debug, Clone)]
pub struct Document {
    /// Name of the file, for messages.
    pub file: String,
    /// Its tables, with the keys of the schema once they are known.
    pub root: Node,
    /// Its tables as they are written.
    pub written: Value,
}

/// A value and the line it starts on.
#[derive(Debug, Clone)]
pub struct Node {
    /// Line, from 1.
    pub line: usize,
    /// What it is.
    pub content: Content,
    /// Whether nothing can be made of it; its fault is named already.
    pub spoiled: bool,
}

/// What a node holds.
#[derive(Debug, Clone)]
pub enum Content {
    /// Keys in the order written.
    Table(Vec<Entry>),
    /// Items in order.
    Array(Vec<Node>),
    /// A string, boolean or finite number.
    Scalar(Value),
}

/// A key and its value.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The key as the program knows it.
    pub key: String,
    /// Line of the key, from 1.
    pub line: usize,
    /// Its value.
    pub node: Node,
}

impl Document {
    /// Parses a TOML text. Values that no project can hold are spoiled, and come with a fault each.
    ///
    /// # Errors
    /// If it is not TOML.
    pub fn parse(file: &str, text: &str) -> Result<(Self, Vec<Fault>)> {
        let (table, errors) = DeTable::parse_recoverable(text);
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(offset, _)| offset);
        let mut reader = Reader { file, line_ends: ends.collect(), faults: Vec::new() };
        for error in errors {
            let line = error.span().map_or(1, |span| reader.line(span.start));
            reader.fault(line, error.message().replace('\n', ", "));
        }
        Faults::or(std::mem::take(&mut reader.faults), ())?;
        let root = Node { line: 1, content: reader.table(table.get_ref()), spoiled: false };
        let written = root.to_json();
        Ok((Self { file: file.to_owned(), root, written }, reader.faults))
    }

    /// `file:line` of the value at a path of keys and indices such as `exclusion.2.layer`; of the nearest table above
    /// it where there is none.
    pub fn place(&self, path: &str) -> String {
        let (mut node, mut line, mut rest) = (&self.root, self.root.line, path);
        while let Some((index, beyond)) = node.child(rest) {
            rest = beyond;
            (node, line) = match &node.content {
                Content::Table(entries) => (&entries[index].node, entries[index].line),
                Content::Array(items) => (&items[index], items[index].line),
                Content::Scalar(_) => break,
            };
        }
        format!("{}:{line}", self.file)
    }

    /// Marks the value at a path, or the nearest table above it, as spoiled. A list of tables as a whole never is.
    pub fn spoil(&mut self, path: &str) {
        let (mut node, mut rest) = (&mut self.root, path);
        while let Some((index, beyond)) = node.child(rest) {
            rest = beyond;
            node = match &mut node.content {
                Content::Table(entries) => &mut entries[index].node,
                Content::Array(items) => &mut items[index],
                Content::Scalar(_) => return,
            };
        }
        node.spoiled = !node.is_list();
    }

    /// Takes out what is spoiled, each with the innermost thing a project can do without: an element of a list of tables,
    /// an input, a table. Tells whether there was any.
    pub fn sweep(&mut self, left_out: &mut LeftOut) -> bool {
        let mut swept = false;
        sweep(&mut self.root, "", &mut |list, id| {
            swept = true;
            left_out.add(list, id);
        });
        swept
    }
}

/// Takes out what is spoiled below a node, and tells whether the node itself is. The project as a whole never is.
fn sweep(node: &mut Node, path: &str, left_out: &mut impl FnMut(&str, Option<String>)) -> bool {
    let mut spoiled = node.spoiled && !path.is_empty();
    match &mut node.content {
        Content::Table(entries) => entries.retain_mut(|entry| {
            let inner = if path.is_empty() { entry.key.clone() } else { format!("{path}.{}", entry.key) };
            let whole = !sweep(&mut entry.node, &inner, left_out);
            match path {
                _ if whole => {}
                "" => left_out(&entry.key, None),
                INPUTS => left_out(INPUTS, Some(entry.key.clone())),
                _ => spoiled = true,
            }
            whole || spoiled
        }),
        Content::Array(items) => items.retain_mut(|item| {
            let whole = !sweep(item, path, left_out);
            match item.content {
                _ if whole => {}
                Content::Table(_) => left_out(path, item.id()),
                _ => spoiled = true,
            }
            whole || spoiled
        }),
        Content::Scalar(_) => {}
    }
    spoiled
}

impl Node {
    /// The same tree as JSON.
    pub fn to_json(&self) -> Value {
        match &self.content {
            Content::Table(entries) => {
                Value::Object(entries.iter().map(|entry| (entry.key.clone(), entry.node.to_json())).collect())
            }
            Content::Array(items) => Value::Array(items.iter().map(Self::to_json).collect()),
            Content::Scalar(value) => value.clone(),
        }
    }

    /// What the value is, for messages.
    pub fn kind(&self) -> &'static str {
        match &self.content {
            Content::Table(_) => "a table",
            Content::Array(_) => "an array",
            Content::Scalar(Value::String(_)) => "a string",
            Content::Scalar(Value::Bool(_)) => "a boolean",
            Content::Scalar(Value::Number(number)) if number.is_f64() => "a number",
            Content::Scalar(_) => "an integer",
        }
    }

    /// Place of the value that the first key or index of a path leads to, and the rest of the path. Keys may hold dots.
    fn child<'p>(&self, path: &'p str) -> Option<(usize, &'p str)> {
        let beyond = |step: &str| match path.strip_prefix(step)? {
            "" => Some(""),
            rest => rest.strip_prefix('.'),
        };
        match &self.content {
            _ if path.is_empty() => None,
            Content::Table(entries) => {
                let fitting = entries.iter().enumerate().filter_map(|(i, entry)| Some((i, beyond(&entry.key)?)));
                fitting.min_by_key(|(_, rest)| rest.len())
            }
            Content::Array(items) => {
                let (step, rest) = path.split_once('.').unwrap_or((path, ""));
                Some((step.parse().ok().filter(|index| *index < items.len())?, rest))
            }
            Content::Scalar(_) => None,
        }
    }

    /// Whether it is a list of tables.
    fn is_list(&self) -> bool {
        matches!(&self.content, Content::Array(items) if items.iter().any(|item| matches!(item.content, Content::Table(_))))
    }

    /// The id of a table, if it can be read.
    fn id(&self) -> Option<String> {
        let Content::Table(entries) = &self.content else { return None };
        let id = entries.iter().find(|entry| entry.key == "id" && !entry.node.spoiled)?;
        match &id.node.content {
            Content::Scalar(Value::String(id)) => Some(id.clone()),
            _ => None,
        }
    }
}

struct Reader<'a> {
    file: &'a str,
    /// Offsets of the line feeds, ascending.
    line_ends: Vec<usize>,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn line(&self, offset: usize) -> usize {
        1 + self.line_ends.partition_point(|&end| end < offset)
    }

    fn fault(&mut self, line: usize, what: String) {
        self.faults.push(Fault::project(format!("{}:{line}", self.file), what));
    }

    fn table(&mut self, table: &DeTable<'_>) -> Content {
        let mut entries: Vec<(usize, Entry)> = Vec::new();
        for (key, value) in table {
            let (offset, line) = (key.span().start, self.line(key.span().start));
            entries.push((offset, Entry { key: key.get_ref().to_string(), line, node: self.node(value) }));
        }
        entries.sort_by_key(|(offset, _)| *offset);
        Content::Table(entries.into_iter().map(|(_, entry)| entry).collect())
    }

    fn node(&mut self, value: &Spanned<DeValue<'_>>) -> Node {
        let line = self.line(value.span().start);
        let content = match value.get_ref() {
            DeValue::Table(table) => self.table(table),
            DeValue::Array(items) => Content::Array(items.iter().map(|item| self.node(item)).collect()),
            DeValue::String(text) => Content::Scalar(Value::String(text.to_string())),
            DeValue::Boolean(flag) => Content::Scalar(Value::Bool(*flag)),
            DeValue::Datetime(date) => Content::Scalar(Value::String(date.to_string())),
            DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
                Ok(number) => Content::Scalar(number.into()),
                Err(_) => return self.refuse(line, format!("{number} does not fit 64 bits")),
            },
            DeValue::Float(number) => {
                match number.as_str().parse::<f64>().ok().and_then(serde_json::Number::from_f64) {
                    Some(number) => Content::Scalar(Value::Number(number)),
                    None => return self.refuse(line, format!("{} is not a finite number", number.as_str())),
                }
            }
        };
        Node { line, content, spoiled: false }
    }

    fn refuse(&mut self, line: usize, what: String) -> Node {
        self.fault(line, what);
        Node { line, content: Content::Scalar(Value::Null), spoiled: true }
    }
}
