//! Hashes of every file a run reads.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::fault::Result;
use crate::plan::Plan;
use crate::store::keys::{FileHash, REGION, hash_file};

/// The files of a run.
#[derive(Debug, Clone, Default)]
pub struct Files {
    /// Every file once, with its hash.
    pub by_path: BTreeMap<PathBuf, FileHash>,
    /// Hashes of the files of every input, in the order of their paths.
    pub by_input: BTreeMap<String, Vec<FileHash>>,
    /// Files of every input.
    pub paths: BTreeMap<String, Vec<PathBuf>>,
}

/// Hashes the files of all inputs and of the regions. What is not a local file has no hash.
pub fn hash(plan: &Plan) -> Result<Files> {
    let mut files = Files::default();
    let of_region = plan.region_layer.files.clone();
    let listed = plan.files.iter().map(|file| (file.input.clone(), file.path.clone()));
    for (input, path) in listed.chain(of_region.into_iter().map(|path| (REGION.to_owned(), path))) {
        if !path.is_file() {
            continue;
        }
        let hash = match files.by_path.get(&path) {
            Some(known) => known.clone(),
            None => hash_file(&path)?,
        };
        files.by_path.insert(path.clone(), hash.clone());
        files.by_input.entry(input.clone()).or_default().push(hash);
        files.paths.entry(input).or_default().push(path);
    }
    Ok(files)
}
