//! One run at a time in a folder.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::fault::{Fault, Kind, Result};

/// Name of the lock file.
pub const LOCK: &str = ".solsite-lock";

/// A folder held by this process, until dropped.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    _file: File,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // While it is still held, so that nobody holds a file that is gone.
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Lock {
    /// Takes a folder. On a file system without locks it is taken on trust.
    ///
    /// # Errors
    /// If another process holds it, or no file can be made in it.
    pub fn take(dir: &Path) -> Result<Self> {
        let path = dir.join(LOCK);
        let place = path.display().to_string();
        loop {
            let mut file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(&path)
                .map_err(|error| Fault::output(dir.display().to_string(), format!("cannot write here: {error}")))?;
            if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
                let holder = std::fs::read_to_string(&path).unwrap_or_default();
                let what = format!("another run is writing here ({})", holder.trim());
                let hint = "wait for it, or choose another folder";
                return Err(Fault::new(Kind::Incomplete, place, what).hint(hint).into());
            }
            // A run that ended in between has taken its lock file away: then this one locks nothing.
            let same = file.metadata().is_ok_and(|ours| path.metadata().is_ok_and(|there| there.ino() == ours.ino()));
            if same {
                let said = format!("process {}\n", std::process::id());
                let _ = file.set_len(0).and_then(|()| file.write_all(said.as_bytes()));
                return Ok(Self { path, _file: file });
            }
        }
    }
}
