//! The folder of a region while it is made: its files get their names when all of them are whole.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::Replace;
use crate::fault::{Fault, Result};

/// Where files are written first: a folder within that of the region, so that naming them moves no bytes.
const DRAFT: &str = ".solsite-draft";

/// A region that is being written. What is not published is removed.
pub struct Draft {
    target: PathBuf,
    dir: PathBuf,
    /// Whether the folder was there before.
    found: bool,
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> Fault {
    move |error| Fault::output(path.display().to_string(), format!("cannot write here: {error}"))
}

/// What lies in a folder.
fn entries(dir: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

impl Draft {
    /// Begins a region in a folder, in place of one that was not ended.
    ///
    /// # Errors
    /// If the folder holds anything and may not, or cannot be written to.
    pub fn begin(target: &Path, replace: Replace) -> Result<Self> {
        let dir = target.join(DRAFT);
        if replace == Replace::No && entries(target).iter().any(|path| *path != dir) {
            let hint = "choose another, or pass --overwrite";
            return Err(Fault::output(target.display().to_string(), "the folder is not empty").hint(hint).into());
        }
        let draft = Self { target: target.to_owned(), dir, found: target.exists() };
        if draft.dir.exists() {
            std::fs::remove_dir_all(&draft.dir).map_err(failed(target))?;
        }
        std::fs::create_dir_all(draft.inputs()).map_err(failed(target))?;
        Ok(draft)
    }

    /// Where the project file goes.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Where the inputs go.
    pub fn inputs(&self) -> PathBuf {
        self.dir.join("inputs")
    }

    /// Gives all files their names, those that name others last.
    ///
    /// # Errors
    /// If they cannot be written out or renamed.
    pub fn publish(self) -> Result<()> {
        for folder in [self.inputs(), self.dir.clone()] {
            let files: Vec<PathBuf> = entries(&folder).into_iter().filter(|path| path.is_file()).collect();
            for file in &files {
                File::open(file).and_then(|file| file.sync_all()).map_err(failed(file))?;
            }
            let place = self.target.join(folder.strip_prefix(&self.dir).unwrap_or(Path::new("")));
            std::fs::create_dir_all(&place).map_err(failed(&place))?;
            for file in &files {
                let name = file.file_name().unwrap_or_default();
                std::fs::rename(file, place.join(name)).map_err(failed(&place.join(name)))?;
            }
            File::open(&place).and_then(|folder| folder.sync_all()).map_err(failed(&place))?;
        }
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // What cannot be removed is taken away by the next one.
        let _ = std::fs::remove_dir_all(&self.dir);
        if !self.found {
            // Only an empty folder can be removed this way.
            let _ = std::fs::remove_dir(&self.target);
        }
    }
}
