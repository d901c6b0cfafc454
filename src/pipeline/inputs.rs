//! Hashes of every file a run reads.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::fault::Result;
use crate::plan::Plan;
use crate::store::keys::{FileHash, hash_file};
use crate::tiles::{self, Cancel};

/// The files of a run.
#[derive(Debug, Clone, Default)]
pub struct Files {
    /// Every file once, with its hash.
    pub by_path: BTreeMap<PathBuf, FileHash>,
    /// Hashes of the files of every input, in the order of their paths.
    pub by_input: BTreeMap<String, Vec<FileHash>>,
    /// Files of every input.
    pub paths: BTreeMap<String, Vec<PathBuf>>,
    /// Inputs that are no local files, and so have no hash.
    pub elsewhere: Vec<String>,
}

/// Hashes the files of all inputs and of the regions, as many at once as there are threads. A file in an archive has the hash
/// of the archive.
pub fn hash(plan: &Plan, threads: usize) -> Result<Files> {
    let paths: BTreeSet<PathBuf> = plan.files.iter().filter_map(|file| on_disk(&file.path)).collect();
    let paths: Vec<PathBuf> = paths.into_iter().collect();
    let hashes = tiles::for_each(&paths, threads, &Cancel::default(), || Ok(()), |(), path| hash_file(path))?;
    let mut files = Files { by_path: paths.into_iter().zip(hashes).collect(), ..Files::default() };
    for file in &plan.files {
        let found = on_disk(&file.path).and_then(|path| files.by_path.get(&path).cloned().map(|hash| (path, hash)));
        let Some((path, hash)) = found else {
            if !files.elsewhere.contains(&file.input) {
                files.elsewhere.push(file.input.clone());
                // Nothing tells whether it is still the same: no later run may take its results over.
                files.by_input.entry(file.input.clone()).or_default().push(never_again());
            }
            continue;
        };
        files.by_input.entry(file.input.clone()).or_default().push(hash);
        files.paths.entry(file.input.clone()).or_default().push(path);
    }
    plan.inputs_are_as_found()?;
    Ok(files)
}

/// The file that holds a path: itself, or the archive it lies in.
fn on_disk(path: &Path) -> Option<PathBuf> {
    if path.is_file() {
        return Some(path.to_owned());
    }
    let text = path.to_string_lossy();
    let (_, inside) = text.strip_prefix("/vsi")?.split_once('/')?;
    let inside = inside.trim_start_matches('{').replace('}', "");
    Path::new(&inside).ancestors().find(|path| path.is_file()).map(Path::to_owned)
}

/// A hash that no other run has.
fn never_again() -> FileHash {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    FileHash {
        size: 0,
        blake3: format!("unknown at {}.{} by {}", now.as_secs(), now.subsec_nanos(), std::process::id()),
    }
}
