//! Files that get their names together, once all of them are whole: those of the commands that have no project.

use std::path::{Path, PathBuf};

use super::TEMPORARY;
use super::claim::Overwrite;
use crate::fault::{Fault, Result};

/// An output folder, with a place in it for files that are not whole yet.
#[derive(Debug)]
pub struct Bundle {
    out: PathBuf,
    names: Vec<String>,
    scratch: tempfile::TempDir,
}

impl Bundle {
    /// Makes the folder, and looks whether the files may be written there.
    ///
    /// - `inputs`: files that are read, which may not be overwritten.
    ///
    /// # Errors
    /// If it cannot be written to, or a file of that name is there and may not be overwritten.
    pub fn begin(out: &Path, names: Vec<String>, inputs: &[&Path], overwrite: Overwrite) -> Result<Self> {
        let failed =
            |error: std::io::Error| Fault::output(out.display().to_string(), format!("cannot write there: {error}"));
        std::fs::create_dir_all(out).map_err(failed)?;
        for path in names.iter().map(|name| out.join(name)).filter(|path| path.exists()) {
            let place = path.display().to_string();
            if inputs.iter().any(|input| same_file(&path, input)) {
                let what = "is an input, and would be overwritten";
                return Err(Fault::output(place, what).hint("choose another --out").into());
            }
            if overwrite == Overwrite::Refuse {
                let hint = "choose another --out, or pass --overwrite";
                return Err(Fault::output(place, "is there already").hint(hint).into());
            }
        }
        let scratch = tempfile::Builder::new().prefix(TEMPORARY).tempdir_in(out).map_err(failed)?;
        Ok(Self { out: out.to_owned(), names, scratch })
    }

    /// Where files are written until they are whole.
    pub fn scratch(&self) -> &Path {
        self.scratch.path()
    }

    /// Gives the files their names.
    ///
    /// # Errors
    /// If one of them is not there, or cannot be brought to the disk.
    pub fn publish(self) -> Result<()> {
        let failed = |path: &Path, error: std::io::Error| {
            Fault::output(path.display().to_string(), format!("cannot write it: {error}"))
        };
        for name in &self.names {
            let path = self.scratch.path().join(name);
            std::fs::File::open(&path).and_then(|file| file.sync_all()).map_err(|error| failed(&path, error))?;
        }
        for name in &self.names {
            let (from, to) = (self.scratch.path().join(name), self.out.join(name));
            std::fs::rename(&from, &to).map_err(|error| failed(&to, error))?;
        }
        std::fs::File::open(&self.out).and_then(|dir| dir.sync_all()).map_err(|error| failed(&self.out, error))?;
        Ok(())
    }
}

fn same_file(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}
