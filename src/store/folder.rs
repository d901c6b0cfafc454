//! The output folder: who may write to it, and files that appear whole or not at all.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::TEMPORARY;
use super::claim::{Claim, Overwrite, belongs, clear, inputs_in_the_way};
use super::keys::hash_file;
use super::ledger::{Entry, JOURNAL, Ledger, MANIFEST, is_output};
use super::lock::Lock;
use crate::fault::{Fault, Faults, Result};

/// An output folder held by this process.
#[derive(Debug)]
pub struct Folder {
    dir: PathBuf,
    work: PathBuf,
    ledger: Mutex<Ledger>,
    locks: Vec<Lock>,
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.ledger().is_empty() {
            // Nothing was written: nothing is left to be known.
            let _ = std::fs::remove_file(self.dir.join(JOURNAL));
        }
        self.locks.clear();
        // The work folder goes if nothing is kept there.
        let _ = std::fs::remove_dir(&self.work);
    }
}

/// The default place of tile results: beside the output folder.
pub fn work_dir(out: &Path) -> PathBuf {
    let out = std::path::absolute(out).unwrap_or_else(|_| out.to_owned());
    let mut name = out.file_name().map_or_else(|| "out".into(), std::ffi::OsStr::to_os_string);
    name.push(".work");
    out.with_file_name(name)
}

impl Folder {
    /// Takes an output folder: makes it if needed, refuses one of another project or one in use, and clears what an
    /// interrupted run left half written.
    ///
    /// # Errors
    /// If it cannot be written to, holds files of others or inputs where results would lie, or is in use.
    pub fn open(claim: &Claim<'_>) -> Result<Self> {
        for folder in [claim.dir, claim.work] {
            std::fs::create_dir_all(folder).map_err(|error| {
                let hint = if folder == claim.work { "name another work folder with --work" } else { "" };
                Fault::output(folder.display().to_string(), format!("cannot make the folder: {error}")).hint(hint)
            })?;
        }
        let (dir, work) = (resolved(claim.dir)?, resolved(claim.work)?);
        if dir == work {
            let what = "is both the output folder and the work folder";
            return Err(Fault::project(claim.dir.display().to_string(), what).hint("name another with --work").into());
        }
        let locks = vec![Lock::take(claim.dir)?, Lock::take(claim.work)?];
        let mut ledger = Ledger::read(claim.dir);
        Faults::or(inputs_in_the_way(claim, &dir), ())?;
        if claim.overwrite == Overwrite::Refuse {
            belongs(claim, &ledger)?;
        }
        clear(claim);
        ledger.begin(claim.dir, &claim.owner)?;
        Ok(Self { dir: claim.dir.to_owned(), work: claim.work.to_owned(), ledger: Mutex::new(ledger), locks })
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where it is.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Place of a file that is deleted when it has served, in the work folder.
    pub fn scratch(&self, name: &str) -> PathBuf {
        self.work.join(format!("{TEMPORARY}{name}"))
    }

    /// Writes a file whose bytes are at hand.
    ///
    /// - `key`: hash of what it was made from, for [`Self::keep`]; empty for files made anew in every run.
    ///
    /// # Errors
    /// If it cannot be written, or what is read back differs.
    pub fn write(&self, name: &str, key: &str, bytes: &[u8]) -> Result<()> {
        let place = self.dir.join(name).display().to_string();
        self.stream(name, key, |out| {
            out.write_all(bytes).map_err(|error| Fault::output(place, format!("cannot write it: {error}")).into())
        })
    }

    /// Writes a JSON file, indented.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn write_json(&self, name: &str, key: &str, value: &Value) -> Result<()> {
        self.write(name, key, format!("{value:#}\n").as_bytes())
    }

    /// Writes a file piece by piece; what is read back must have the hash of what was written.
    ///
    /// # Errors
    /// If it cannot be written, or what is read back differs.
    pub fn stream(&self, name: &str, key: &str, write: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
        self.write_with(name, key, |path| {
            let failed = |error: std::io::Error| Fault::output(path.display().to_string(), error.to_string());
            let file = OpenOptions::new().write(true).truncate(true).open(path).map_err(failed)?;
            let mut out = Hashing { out: BufWriter::new(file), hasher: blake3::Hasher::new() };
            write(&mut out)?;
            out.flush().map_err(failed)?;
            if hash_file(path)?.blake3 == out.hasher.finalize().to_hex().to_string() {
                return Ok(());
            }
            let what = "what was read back is not what was written";
            Err(Fault::output(path.display().to_string(), what).hint("is the disk full, or failing?").into())
        })
    }

    /// Writes a file by a function that is given a temporary path beside its place, and that reads back what it wrote.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write_with(&self, name: &str, key: &str, write: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
        debug_assert!(is_output(name), "{name} is not in the list of outputs");
        let path = self.dir.join(name);
        let folder = path.parent().unwrap_or(&self.dir);
        let place = path.display().to_string();
        let failed = |error: std::io::Error| Fault::output(&place, format!("cannot write it: {error}"));
        std::fs::create_dir_all(folder).map_err(failed)?;
        let temporary = temporary(&path)?;
        let permissions = temporary.as_file().metadata().map_err(failed)?.permissions();
        write(temporary.path())?;
        // GDAL replaces the file it is given: what lies at the path now is synced, and its permissions set.
        let file = File::open(temporary.path()).map_err(failed)?;
        file.set_permissions(permissions).map_err(failed)?;
        file.sync_all().map_err(failed)?;
        let hash = hash_file(temporary.path())?;
        self.ledger().note(name, Entry { hash, key: key.to_owned() }).map_err(failed)?;
        temporary.persist(&path).map_err(|error| failed(error.error))?;
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
        Ok(())
    }

    /// Whether a file made from the same is there and whole; it then counts as written.
    pub fn keep(&self, name: &str, key: &str) -> bool {
        let Some(known) = self.ledger().known.get(name).filter(|known| known.key == key).cloned() else { return false };
        let whole = !key.is_empty() && hash_file(&self.dir.join(name)).is_ok_and(|hash| hash == known.hash);
        if whole {
            self.ledger().written.insert(name.to_owned(), known);
        }
        whole
    }

    /// Keeps all files of a folder of earlier results, if all were made from the same and are whole.
    pub fn keep_folder(&self, folder: &str, key: &str) {
        let inside = |name: &String| name.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
        let names: Vec<String> = self.ledger().known.keys().filter(|name| inside(name)).cloned().collect();
        if !names.iter().all(|name| self.keep(name, key)) {
            self.ledger().written.retain(|name, _| !inside(name));
        }
    }

    /// Whether this run stands behind a file.
    pub fn has(&self, name: &str) -> bool {
        self.ledger().written.contains_key(name)
    }

    /// Files with their hashes, for the manifest.
    pub fn listed(&self) -> Value {
        self.ledger().listed()
    }

    /// Removes earlier files that this run does not stand behind, and writes the manifest, the last of the files it lists.
    ///
    /// # Errors
    /// If a file cannot be removed, or the manifest not be written.
    pub fn finish(&self, manifest: &Value) -> Result<()> {
        let stale: Vec<String> = {
            let ledger = self.ledger();
            ledger.known.keys().filter(|name| !ledger.written.contains_key(*name)).cloned().collect()
        };
        for name in stale.iter().filter(|name| *name != MANIFEST) {
            self.remove(name)?;
        }
        self.write_json(MANIFEST, "", manifest)?;
        self.remove(JOURNAL)
    }

    /// Removes a file if it is there, and its folder if nothing is left in it.
    fn remove(&self, name: &str) -> Result<()> {
        let path = self.dir.join(name);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Fault::output(path.display().to_string(), format!("cannot remove it: {error}")).into());
            }
            _ => {}
        }
        for folder in path.ancestors().skip(1).take_while(|folder| *folder != self.dir) {
            // Only an empty folder can be removed this way.
            let _ = std::fs::remove_dir(folder);
        }
        Ok(())
    }
}

fn resolved(path: &Path) -> Result<PathBuf> {
    path.canonicalize().map_err(|error| Fault::output(path.display().to_string(), error.to_string()).into())
}

/// Passes bytes on and hashes them.
struct Hashing<W> {
    out: W,
    hasher: blake3::Hasher,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let sent = self.out.write(bytes)?;
        self.hasher.update(&bytes[..sent]);
        Ok(sent)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}

/// A temporary file beside the place of `path`, with its ending: some writers choose the format by it. Readable by all, as
/// far as the user's umask lets it be.
fn temporary(path: &Path) -> Result<tempfile::NamedTempFile> {
    let folder = path.parent().unwrap_or(path);
    let ending = path.extension().map_or_else(String::new, |ending| format!(".{}", ending.to_string_lossy()));
    let readable: Permissions = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    tempfile::Builder::new()
        .prefix(TEMPORARY)
        .suffix(&ending)
        .permissions(readable)
        .tempfile_in(folder)
        .map_err(|error| Fault::output(folder.display().to_string(), format!("cannot write here: {error}")).into())
}
