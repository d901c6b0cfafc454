//! The output folder: who may write to it, and files that appear whole or not at all.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::keys::{FileHash, hash_file};
use crate::fault::{Fault, Kind, Result};

/// Names of files being written begin with this.
const TEMPORARY: &str = ".solsite-";
/// Name of the lock in the work folder.
const LOCK: &str = "lock";
/// Name of the manifest, which tells whose folder it is.
pub const MANIFEST: &str = "manifest.json";

/// Whether files of another project may be overwritten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overwrite {
    /// They may not.
    Refuse,
    /// They may.
    Allow,
}

/// An output folder held by this process.
#[derive(Debug)]
pub struct Folder {
    dir: PathBuf,
    work: PathBuf,
    _lock: File,
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Before the lock is released; the work folder goes with it if nothing is kept there.
        let _ = std::fs::remove_file(self.work.join(LOCK));
        let _ = std::fs::remove_dir(&self.work);
    }
}

/// The default place of tile results: beside the output folder.
pub fn work_dir(out: &Path) -> PathBuf {
    let mut name = out.file_name().map_or_else(|| "out".into(), std::ffi::OsStr::to_os_string);
    name.push(".work");
    out.with_file_name(name)
}

impl Folder {
    /// Takes an output folder: makes it if needed, refuses one of another project or one in use, and clears what an
    /// interrupted run left half written.
    ///
    /// # Errors
    /// If it cannot be written to, belongs to another project, or is in use.
    pub fn open(dir: &Path, work: &Path, project: &str, overwrite: Overwrite) -> Result<Self> {
        let place = dir.display().to_string();
        for folder in [dir, work] {
            std::fs::create_dir_all(folder).map_err(|error| {
                let hint = if folder == work { "name another work folder with --work" } else { "" };
                Fault::output(folder.display().to_string(), format!("cannot make the folder: {error}")).hint(hint)
            })?;
        }
        let lock = lock(work)?;
        if let Some(owner) = owner(dir).filter(|owner| owner != project && overwrite == Overwrite::Refuse) {
            let what = format!("holds the results of project `{owner}`, not of `{project}`");
            return Err(Fault::output(place, what).hint("choose another --out, or pass --overwrite").into());
        }
        let folder = Self { dir: dir.to_owned(), work: work.to_owned(), _lock: lock };
        clear(dir);
        // A folder that cannot be written to is found before hours of work.
        drop(temporary(&dir.join(MANIFEST))?);
        Ok(folder)
    }

    /// Where it is.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Writes a file whose bytes are at hand.
    ///
    /// # Errors
    /// If it cannot be written, or what is read back differs.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<FileHash> {
        self.write_with(name, |path| {
            let failed = |error: std::io::Error| Fault::output(path.display().to_string(), error.to_string());
            OpenOptions::new()
                .write(true)
                .truncate(true)
                .open(path)
                .map_err(failed)?
                .write_all(bytes)
                .map_err(failed)?;
            let same = std::fs::read(path).map_err(failed)? == bytes;
            if same { Ok(()) } else { Err(not_as_written(path).into()) }
        })
    }

    /// Writes a file by a function that is given a temporary path beside its place, and that reads back what it wrote.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write_with(&self, name: &str, write: impl FnOnce(&Path) -> Result<()>) -> Result<FileHash> {
        let path = self.dir.join(name);
        let folder = path.parent().unwrap_or(&self.dir);
        let place = path.display().to_string();
        let failed = |error: std::io::Error| Fault::output(&place, format!("cannot write it: {error}"));
        std::fs::create_dir_all(folder).map_err(failed)?;
        let temporary = temporary(&path)?;
        write(temporary.path())?;
        // GDAL replaces the file it is given: what lies at the path now is synced, and its permissions set.
        let file = File::open(temporary.path()).map_err(failed)?;
        file.set_permissions(readable()).map_err(failed)?;
        file.sync_all().map_err(failed)?;
        let hash = hash_file(temporary.path())?;
        temporary.persist(&path).map_err(|error| failed(error.error))?;
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
        Ok(hash)
    }

    /// Writes a file piece by piece; what is read back must have the hash of what was written.
    ///
    /// # Errors
    /// If it cannot be written, or what is read back differs.
    pub fn stream(&self, name: &str, write: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<FileHash> {
        self.write_with(name, |path| {
            let failed = |error: std::io::Error| Fault::output(path.display().to_string(), error.to_string());
            let file = OpenOptions::new().write(true).truncate(true).open(path).map_err(failed)?;
            let mut out = Hashing { out: BufWriter::new(file), hasher: blake3::Hasher::new() };
            write(&mut out)?;
            out.flush().map_err(failed)?;
            let same = hash_file(path)?.blake3 == out.hasher.finalize().to_hex().to_string();
            if same { Ok(()) } else { Err(not_as_written(path).into()) }
        })
    }

    /// Removes a file of an earlier run, if there is one.
    ///
    /// # Errors
    /// If it is there and cannot be removed.
    pub fn remove(&self, name: &str) -> Result<()> {
        let path = self.dir.join(name);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Fault::output(path.display().to_string(), format!("cannot remove it: {error}")).into())
            }
            _ => Ok(()),
        }
    }
}

fn not_as_written(path: &Path) -> Fault {
    let what = "what was read back is not what was written";
    Fault::output(path.display().to_string(), what).hint("is the disk full, or failing?")
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

/// Removes what an interrupted run left half written, in the folders runs write to and no other.
fn clear(dir: &Path) {
    let entries = |dir: &Path| std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
    let scenarios = entries(&dir.join("scenarios")).filter(|path| path.is_dir());
    for folder in [dir.to_owned(), dir.join("layers")].into_iter().chain(scenarios) {
        let is_left = |path: &PathBuf| {
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(TEMPORARY)) && path.is_file()
        };
        // What cannot be removed is only in the way.
        entries(&folder).filter(is_left).for_each(|path| drop(std::fs::remove_file(path)));
    }
}

/// A temporary file beside the place of `path`, with its ending: some writers choose the format by it.
fn temporary(path: &Path) -> Result<tempfile::NamedTempFile> {
    let folder = path.parent().unwrap_or(path);
    let ending = path.extension().map_or_else(String::new, |ending| format!(".{}", ending.to_string_lossy()));
    tempfile::Builder::new()
        .prefix(TEMPORARY)
        .suffix(&ending)
        .permissions(readable())
        .tempfile_in(folder)
        .map_err(|error| Fault::output(folder.display().to_string(), format!("cannot write here: {error}")).into())
}

fn readable() -> std::fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o644)
}

/// Locks the work folder for this process.
fn lock(work: &Path) -> Result<File> {
    let path = work.join(LOCK);
    let place = path.display().to_string();
    loop {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|error| Fault::output(&place, format!("cannot lock the folder: {error}")))?;
        if file.try_lock().is_err() {
            let holder = std::fs::read_to_string(&path).unwrap_or_default();
            let what = format!("another run is writing here ({})", holder.trim());
            return Err(Fault::new(Kind::Incomplete, place, what).hint("wait for it, or choose another --out").into());
        }
        // A run that ended in between has taken its lock file away: then this one locks nothing.
        let same = file.metadata().is_ok_and(|ours| path.metadata().is_ok_and(|there| there.ino() == ours.ino()));
        if same {
            let said = format!("process {}\n", std::process::id());
            let _ = file.set_len(0).and_then(|()| file.write_all(said.as_bytes()));
            return Ok(file);
        }
    }
}

/// Name of the project whose results a folder holds.
fn owner(dir: &Path) -> Option<String> {
    let text = std::fs::read_to_string(dir.join(MANIFEST)).ok()?;
    let manifest: serde_json::Value = serde_json::from_str(&text).ok()?;
    manifest.get("project")?.get("name")?.as_str().map(str::to_owned)
}
