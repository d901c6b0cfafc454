//! What lies in an output folder by the hands of this program.
//!
//! The manifest lists the files of a run that ended. While a run is under way there is no manifest but a journal: the files
//! of the run before, and every file written since, each noted before it gets its name. So a run that was killed is known as
//! such, what it left is taken up or removed by the next one, and files of others are never touched.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};

use super::keys::FileHash;
use crate::fault::{Fault, Kind, Result};

/// Name of the manifest.
pub const MANIFEST: &str = "manifest.json";
/// Name of the journal.
pub const JOURNAL: &str = ".solsite-journal";
/// Every file a run may write; `*` stands for any name.
const OUTPUTS: [&str; 16] = [
    MANIFEST,
    "run.json",
    "summary.json",
    "sites.geojson",
    "site_land.csv",
    "offers.csv",
    "designs.csv",
    "profiles.csv",
    "comparison.csv",
    "comparison.json",
    "layers/*.tif",
    "scenarios/*/allocation.csv",
    "scenarios/*/allocation.geojson",
    "scenarios/*/prices.csv",
    "scenarios/*/summary.json",
    "scenarios/*/model.mps",
];

/// Whether a run may write a file of that name, relative to the output folder.
pub fn is_output(name: &str) -> bool {
    let fits = |pattern: &str, part: &str| match pattern.strip_prefix('*') {
        Some(ending) => part.len() > ending.len() && part.ends_with(ending) && !part.starts_with('.'),
        None => pattern == part,
    };
    OUTPUTS.iter().any(|pattern| {
        pattern.split('/').count() == name.split('/').count()
            && pattern.split('/').zip(name.split('/')).all(|(pattern, part)| fits(pattern, part))
    })
}

/// Whose results a folder holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// Name of the project.
    pub project: String,
    /// Command that makes them: `run` or `allocate`.
    pub command: &'static str,
}

/// A file: its content, and what it was made from; without a key it is made anew in every run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its content.
    pub hash: FileHash,
    /// Hash of everything it depends on; may be empty.
    pub key: String,
}

/// The files of a folder.
#[derive(Debug, Default)]
pub struct Ledger {
    /// Project and command of the run before.
    pub before: Option<(String, String)>,
    /// Files of the run before, and of one that did not end.
    pub known: BTreeMap<String, Entry>,
    /// Files this run stands behind.
    pub written: BTreeMap<String, Entry>,
    journal: Option<File>,
}

impl Ledger {
    /// Reads what earlier runs say of a folder.
    pub fn read(dir: &Path) -> Self {
        let mut ledger = Self::default();
        let text = std::fs::read_to_string(dir.join(JOURNAL)).unwrap_or_default();
        for line in text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
            ledger.take_owner(&line);
            ledger.take_entry(&line);
        }
        let text = std::fs::read_to_string(dir.join(MANIFEST)).unwrap_or_default();
        if let Ok(manifest) = serde_json::from_str::<Value>(&text) {
            ledger.take_owner(&json!({"project": manifest.pointer("/project/name"), "command": manifest["command"]}));
            manifest["outputs"].as_array().into_iter().flatten().for_each(|file| ledger.take_entry(file));
        }
        ledger
    }

    fn take_owner(&mut self, line: &Value) {
        if let (Some(project), Some(command)) = (line["project"].as_str(), line["command"].as_str()) {
            self.before = Some((project.to_owned(), command.to_owned()));
        }
    }

    fn take_entry(&mut self, line: &Value) {
        let text = |name: &str| line[name].as_str().map(str::to_owned);
        if let (Some(path), Some(blake3), Some(size)) = (text("path"), text("blake3"), line["size"].as_u64())
            && is_output(&path)
        {
            self.known.insert(path, Entry { hash: FileHash { size, blake3 }, key: text("key").unwrap_or_default() });
        }
    }

    /// Whether any run has left anything.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty() && self.written.is_empty()
    }

    /// Begins the journal of this run. From here on there is no manifest.
    ///
    /// # Errors
    /// If the folder cannot be written to.
    pub fn begin(&mut self, dir: &Path, owner: &Owner) -> Result<()> {
        let path = dir.join(JOURNAL);
        let failed = |error: std::io::Error| unwritable(&path, &error);
        let mut text = format!("{}\n", json!({"project": owner.project, "command": owner.command}));
        for (name, entry) in &self.known {
            text.push_str(&line(name, entry));
        }
        let mut beside = tempfile::Builder::new().prefix(super::TEMPORARY).tempfile_in(dir).map_err(failed)?;
        beside.write_all(text.as_bytes()).map_err(failed)?;
        beside.as_file().sync_all().map_err(failed)?;
        self.journal = Some(beside.persist(&path).map_err(|error| failed(error.error))?);
        match std::fs::remove_file(dir.join(MANIFEST)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed(error).into()),
            _ => Ok(()),
        }
    }

    /// Notes a file that is whole but has not got its name yet.
    ///
    /// # Errors
    /// If the journal cannot be written.
    pub fn note(&mut self, name: &str, entry: Entry) -> std::io::Result<()> {
        if let Some(journal) = &mut self.journal {
            journal.write_all(line(name, &entry).as_bytes())?;
            journal.sync_data()?;
        }
        self.written.insert(name.to_owned(), entry);
        Ok(())
    }

    /// Files with their hashes, for the manifest.
    pub fn listed(&self) -> Value {
        self.written.iter().map(|(path, entry)| value(path, entry)).collect()
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> Fault {
    Fault::output(path.display().to_string(), format!("cannot write it: {error}"))
}

fn value(path: &str, entry: &Entry) -> Value {
    let mut value = json!({"path": path, "size": entry.hash.size, "blake3": entry.hash.blake3});
    if !entry.key.is_empty() {
        value["key"] = entry.key.clone().into();
    }
    value
}

fn line(path: &str, entry: &Entry) -> String {
    format!("{}\n", value(path, entry))
}

/// A fault if a run in a folder has not ended: its files are not of one piece.
///
/// # Errors
/// If there is a journal and no manifest.
pub fn is_whole(dir: &Path) -> Result<()> {
    if dir.join(JOURNAL).exists() && !dir.join(MANIFEST).exists() {
        let what = "the last run here did not end";
        return Err(Fault::new(Kind::Incomplete, dir.display().to_string(), what)
            .hint("give its command again")
            .into());
    }
    Ok(())
}
