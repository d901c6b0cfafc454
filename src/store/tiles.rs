//! Results of tiles, kept so that a run can continue and a changed project redoes only what changed.
//!
//! One file a tile and stage, named by what it depends on. A file holds named sections, each compressed and with its own
//! checksum: what does not verify counts as missing and is computed again.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::TEMPORARY;
use super::keys::STAGES;
use crate::fault::{Fault, Result};
use crate::tiles::Tile;

/// First bytes of every file.
const MAGIC: &[u8; 8] = b"solsite2";
/// Fast: results are read once or twice.
const COMPRESSION_LEVEL: i32 = 1;
/// Ending of the names of results.
const ENDING: &str = ".tile";
/// Bytes of a checksum.
const CHECKSUM: usize = 32;

/// Results of tiles in one folder.
#[derive(Debug)]
pub struct TileStore {
    dir: PathBuf,
    tile_cells: usize,
    used: Mutex<BTreeSet<PathBuf>>,
}

/// A result to be stored: named sections.
pub type Sections = Vec<(String, Vec<u8>)>;

impl TileStore {
    /// Opens the folder for tiles of one size.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn open(dir: &Path, tile_cells: usize) -> Result<Self> {
        std::fs::create_dir_all(dir).map_err(|error| {
            let hint = "name another with --work";
            Fault::output(dir.display().to_string(), format!("cannot make the work folder: {error}")).hint(hint)
        })?;
        Ok(Self { dir: dir.to_owned(), tile_cells, used: Mutex::new(BTreeSet::new()) })
    }

    fn path(&self, stage: &str, key: &str, tile: &Tile) -> PathBuf {
        let name = format!("r{:05}c{:05}{ENDING}", tile.row, tile.col);
        let path = self.dir.join(stage).join(format!("{key}-{}", self.tile_cells)).join(name);
        self.used.lock().unwrap_or_else(PoisonError::into_inner).insert(path.clone());
        path
    }

    /// Whether a result is there and whole.
    pub fn has(&self, stage: &str, key: &str, tile: &Tile) -> bool {
        let path = self.path(stage, key, tile);
        std::fs::read(path).is_ok_and(|bytes| Index::read(&bytes).is_some_and(|index| index.verify_all(&bytes)))
    }

    /// Some sections of a result, in the order asked; `None` if any is missing or damaged.
    pub fn load(&self, stage: &str, key: &str, tile: &Tile, names: &[&str]) -> Option<Vec<Vec<u8>>> {
        let bytes = std::fs::read(self.path(stage, key, tile)).ok()?;
        let index = Index::read(&bytes)?;
        names.iter().map(|name| index.section(&bytes, name)).collect()
    }

    /// Stores a result.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn save(&self, stage: &str, key: &str, tile: &Tile, sections: &Sections) -> Result<()> {
        let path = self.path(stage, key, tile);
        let place = path.display().to_string();
        let failed = |error: std::io::Error| Fault::output(&place, format!("cannot store the tile: {error}"));
        let folder = path.parent().unwrap_or(&self.dir);
        std::fs::create_dir_all(folder).map_err(failed)?;
        let bytes = pack(sections).map_err(failed)?;
        let mut file = tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(folder).map_err(failed)?;
        file.write_all(&bytes).map_err(failed)?;
        file.persist(&path).map_err(|error| failed(error.error))?;
        Ok(())
    }

    /// Removes every result this run did not ask for, and nothing else that may lie in the folder.
    pub fn forget_unused(&self) {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        for stage in STAGES {
            for key in entries(&self.dir.join(stage)) {
                for file in entries(&key).iter().filter(|file| is_result(file) && !used.contains(*file)) {
                    // What cannot be removed only takes space.
                    let _ = std::fs::remove_file(file);
                }
                let _ = std::fs::remove_dir(key);
            }
        }
    }
}

/// Whether a file has the name of a result, or of one half written.
fn is_result(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    name.starts_with(TEMPORARY) || (name.starts_with('r') && name.ends_with(ENDING))
}

fn entries(dir: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

/// Magic, number of sections, then for each: name, length, compressed length, checksum; a checksum of all this; then the
/// compressed sections.
fn pack(sections: &Sections) -> std::io::Result<Vec<u8>> {
    let mut head = MAGIC.to_vec();
    let mut body = Vec::new();
    head.extend((sections.len() as u32).to_le_bytes());
    for (name, bytes) in sections {
        let packed = zstd::bulk::compress(bytes, COMPRESSION_LEVEL)?;
        head.extend((name.len() as u32).to_le_bytes());
        head.extend(name.as_bytes());
        head.extend((bytes.len() as u64).to_le_bytes());
        head.extend((packed.len() as u64).to_le_bytes());
        head.extend(blake3::hash(&packed).as_bytes());
        body.extend(packed);
    }
    head.extend(*blake3::hash(&head).as_bytes());
    head.extend(body);
    Ok(head)
}

struct Index {
    sections: Vec<Section>,
}

struct Section {
    name: String,
    length: usize,
    start: usize,
    end: usize,
    checksum: [u8; CHECKSUM],
}

impl Index {
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut at: usize = 0;
        let mut take = |n: usize| {
            let part = bytes.get(at..at.checked_add(n)?)?;
            at += n;
            Some(part)
        };
        if take(MAGIC.len())? != MAGIC {
            return None;
        }
        let count = u32::from_le_bytes(take(4)?.try_into().ok()?);
        let mut sections = Vec::new();
        for _ in 0..count {
            let name_length = u32::from_le_bytes(take(4)?.try_into().ok()?) as usize;
            let name = String::from_utf8(take(name_length)?.to_vec()).ok()?;
            let length = u64::from_le_bytes(take(8)?.try_into().ok()?) as usize;
            let packed = u64::from_le_bytes(take(8)?.try_into().ok()?) as usize;
            let checksum = take(CHECKSUM)?.try_into().ok()?;
            sections.push((Section { name, length, start: 0, end: 0, checksum }, packed));
        }
        let head = at;
        let mut start = head + CHECKSUM;
        if blake3::hash(&bytes[..head]).as_bytes()[..] != *bytes.get(head..start)? {
            return None;
        }
        let mut placed = Vec::new();
        for (section, packed) in sections {
            let end = start.checked_add(packed).filter(|end| *end <= bytes.len())?;
            placed.push(Section { start, end, ..section });
            start = end;
        }
        Some(Self { sections: placed })
    }

    fn section(&self, bytes: &[u8], name: &str) -> Option<Vec<u8>> {
        let section = self.sections.iter().find(|section| section.name == name)?;
        let packed = &bytes[section.start..section.end];
        if blake3::hash(packed).as_bytes() != &section.checksum {
            return None;
        }
        zstd::bulk::decompress(packed, section.length).ok().filter(|bytes| bytes.len() == section.length)
    }

    fn verify_all(&self, bytes: &[u8]) -> bool {
        let whole =
            |section: &Section| blake3::hash(&bytes[section.start..section.end]).as_bytes() == &section.checksum;
        self.sections.iter().all(whole)
    }
}
