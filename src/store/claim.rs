//! What a run may find in an output folder, and what it may not.

use std::path::{Path, PathBuf};

use super::TEMPORARY;
use super::ledger::{JOURNAL, Ledger, MANIFEST, Owner, is_output};
use super::lock::LOCK;
use crate::fault::{Fault, Result};

/// Whether files that are not this project's may be overwritten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overwrite {
    /// They may not.
    Refuse,
    /// They may.
    Allow,
}

/// What a run asks of a folder.
#[derive(Debug)]
pub struct Claim<'a> {
    /// The output folder.
    pub dir: &'a Path,
    /// The work folder.
    pub work: &'a Path,
    /// Whose results it shall hold.
    pub owner: Owner,
    /// Whether others may be overwritten.
    pub overwrite: Overwrite,
    /// Files that are read, which may not be overwritten.
    pub inputs: &'a [PathBuf],
}

/// Inputs that lie where results would be written.
pub fn inputs_in_the_way(claim: &Claim<'_>, dir: &Path) -> Vec<Fault> {
    let in_the_way = |input: &&PathBuf| {
        let real = input.canonicalize().ok();
        let inside = real.as_deref().and_then(|real| real.strip_prefix(dir).ok());
        inside.is_some_and(|name| is_output(&name.to_string_lossy()))
    };
    let fault = |input: &PathBuf| {
        let what = format!("is an input and would be overwritten by results in {}", claim.dir.display());
        Fault::project(input.display().to_string(), what).hint("choose another --out")
    };
    claim.inputs.iter().filter(in_the_way).map(fault).collect()
}

/// A fault unless everything in the way was left by an earlier run of the same project and command.
///
/// # Errors
/// If it was not.
pub fn belongs(claim: &Claim<'_>, ledger: &Ledger) -> Result<()> {
    let place = claim.dir.display().to_string();
    let refused =
        |what: String| Err(Fault::output(&place, what).hint("choose another --out, or pass --overwrite").into());
    if let Some((project, command)) = &ledger.before {
        if *project != claim.owner.project {
            return refused(format!("holds the results of project `{project}`, not of `{}`", claim.owner.project));
        }
        if command != claim.owner.command {
            return refused(format!("holds the results of `{command}`, not of `{}`", claim.owner.command));
        }
    }
    let own = |name: &str| ledger.known.contains_key(name) || (ledger.before.is_some() && UNLISTED.contains(&name));
    let foreign: Vec<String> = present(claim.dir).into_iter().filter(|name| !own(name)).collect();
    match foreign.first() {
        None => Ok(()),
        Some(first) => refused(format!("holds {first}, which no run of this project has written")),
    }
}

/// Outputs that no manifest lists.
const UNLISTED: [&str; 2] = [MANIFEST, "run.json"];

fn entries(dir: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

/// The folders runs write to.
fn folders(dir: &Path) -> Vec<PathBuf> {
    let scenarios = entries(&dir.join("scenarios")).into_iter().filter(|path| path.is_dir());
    [dir.to_owned(), dir.join("layers")].into_iter().chain(scenarios).collect()
}

/// Files that have the names of outputs.
fn present(dir: &Path) -> Vec<String> {
    let files = folders(dir).into_iter().flat_map(|folder| entries(&folder));
    let names = files.filter_map(|path| Some(path.strip_prefix(dir).ok()?.to_string_lossy().into_owned()));
    let mut names: Vec<String> = names.filter(|name| is_output(name)).collect();
    names.sort();
    names
}

/// Removes what an interrupted run left half written, in the folders runs write to and no other.
pub fn clear(claim: &Claim<'_>) {
    for folder in folders(claim.dir).into_iter().chain([claim.work.to_owned()]) {
        let is_left = |path: &&PathBuf| {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            name.starts_with(TEMPORARY) && name != JOURNAL && name != LOCK && path.is_file()
        };
        // What cannot be removed is only in the way.
        entries(&folder).iter().filter(is_left).for_each(|path| drop(std::fs::remove_file(path)));
    }
}
