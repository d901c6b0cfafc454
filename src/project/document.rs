//! A TOML text as a tree that remembers its lines.

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::fault::Fault;

/// A parsed TOML file.
#[derive(Debug, Clone)]
pub struct Document {
    /// Name of the file, for messages.
    pub file: String,
    /// Its tables.
    pub root: Node,
}

/// A value and the line it starts on.
#[derive(Debug, Clone)]
pub struct Node {
    /// Line, from 1.
    pub line: usize,
    /// What it is.
    pub content: Content,
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
    /// Parses a TOML text; what could be read comes with every fault found on the way.
    pub fn parse(file: &str, text: &str) -> (Self, Vec<Fault>) {
        let (table, errors) = DeTable::parse_recoverable(text);
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(offset, _)| offset);
        let mut reader = Reader { file, line_ends: ends.collect(), faults: Vec::new() };
        for error in errors {
            let line = error.span().map_or(1, |span| reader.line(span.start));
            reader.fault(line, error.message().replace('\n', ", "));
        }
        let root = Node { line: 1, content: reader.table(table.get_ref()) };
        (Self { file: file.to_owned(), root }, reader.faults)
    }

    /// `file:line` of the value at a path of keys and indices such as `exclusion.2.layer`; of the nearest table above
    /// it where there is none.
    pub fn place(&self, path: &str) -> String {
        let mut node = &self.root;
        let mut line = node.line;
        for step in path.split('.').filter(|step| !step.is_empty()) {
            match &node.content {
                Content::Table(entries) => match entries.iter().find(|entry| entry.key == step) {
                    Some(entry) => (node, line) = (&entry.node, entry.line),
                    None => break,
                },
                Content::Array(items) => match step.parse::<usize>().ok().and_then(|index| items.get(index)) {
                    Some(item) => (node, line) = (item, item.line),
                    None => break,
                },
                Content::Scalar(_) => break,
            }
        }
        format!("{}:{line}", self.file)
    }
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
            let line = self.line(key.span().start);
            if let Some(node) = self.node(value) {
                entries.push((key.span().start, Entry { key: key.get_ref().to_string(), line, node }));
            }
        }
        entries.sort_by_key(|(offset, _)| *offset);
        Content::Table(entries.into_iter().map(|(_, entry)| entry).collect())
    }

    fn node(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Node> {
        let line = self.line(value.span().start);
        let content = match value.get_ref() {
            DeValue::Table(table) => self.table(table),
            DeValue::Array(items) => Content::Array(items.iter().filter_map(|item| self.node(item)).collect()),
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
        Some(Node { line, content })
    }

    fn refuse(&mut self, line: usize, what: String) -> Option<Node> {
        self.fault(line, what);
        None
    }
}
