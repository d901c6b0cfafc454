//! Results of tiles, kept so that a run can continue and a changed project redoes only what changed.
//!
//! One file a tile and stage, named by what it depends on. A file holds named sections, each compressed and with its own
//! checksum: what does not verify counts as missing and is computed again.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::TEMPORARY;
use super::keys::STAGES;
use crate::fault::{Fault, Result};
use crate::tiles::Tile;

/// First bytes of every file.
const MAGIC: &[u8; 8] = b"solsite3";
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

/// A part of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub bytes: Vec<u8>,
    /// How it is stored.
    pub packing: Packing,
}

/// How a section is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// Compressed.
    Compressed,
    /// As it is: for what is compressed already.
    AsItIs,
}

/// A result to be stored.
pub type Sections = Vec<Section>;

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

    /// Whether a result is there and whole, with all these sections.
    pub fn has(&self, stage: &str, key: &str, tile: &Tile, names: &[String]) -> bool {
        let Some((file, index)) = Index::open(&self.path(stage, key, tile)) else { return false };
        let there = |name: &String| index.places.iter().any(|place| place.name == *name);
        names.iter().all(there) && index.places.iter().all(|place| place.packed(&file).is_some())
    }

    /// Some sections of a result, in the order asked; `None` if any is missing or damaged.
    pub fn load<N: AsRef<str>>(&self, stage: &str, key: &str, tile: &Tile, names: &[N]) -> Option<Vec<Vec<u8>>> {
        let (file, index) = Index::open(&self.path(stage, key, tile))?;
        let section = |name: &N| index.places.iter().find(|place| place.name == name.as_ref())?.read(&file);
        names.iter().map(section).collect()
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

/// Magic, length of the head, number of sections, then for each: name, length, stored length, whether it is compressed,
/// checksum; a checksum of all this; then the sections.
fn pack(sections: &Sections) -> std::io::Result<Vec<u8>> {
    let mut list = Vec::new();
    let mut body: Vec<u8> = Vec::new();
    list.extend((sections.len() as u32).to_le_bytes());
    for Section { name, bytes, packing } in sections {
        let compressed = match packing {
            Packing::Compressed => Some(zstd::bulk::compress(bytes, COMPRESSION_LEVEL)?),
            Packing::AsItIs => None,
        };
        let packed = compressed.as_ref().unwrap_or(bytes);
        list.extend((name.len() as u32).to_le_bytes());
        list.extend(name.as_bytes());
        list.extend((bytes.len() as u64).to_le_bytes());
        list.extend((packed.len() as u64).to_le_bytes());
        list.push(u8::from(compressed.is_some()));
        list.extend(blake3::hash(packed).as_bytes());
        body.extend_from_slice(packed);
    }
    let mut bytes = MAGIC.to_vec();
    bytes.extend((list.len() as u32).to_le_bytes());
    bytes.extend(list);
    bytes.extend(*blake3::hash(&bytes).as_bytes());
    bytes.extend(body);
    Ok(bytes)
}

/// Where the sections of a file are.
struct Index {
    places: Vec<Place>,
}

struct Place {
    name: String,
    length: usize,
    start: u64,
    packed: usize,
    is_compressed: bool,
    checksum: [u8; CHECKSUM],
}

/// Bytes in front of the list of sections.
const FRONT: usize = MAGIC.len() + 4;

impl Index {
    fn open(path: &Path) -> Option<(File, Self)> {
        let file = File::open(path).ok()?;
        let size = file.metadata().ok()?.len();
        let mut head = vec![0; FRONT];
        file.read_exact_at(&mut head, 0).ok()?;
        if &head[..MAGIC.len()] != MAGIC {
            return None;
        }
        let length = u32::from_le_bytes(head[MAGIC.len()..].try_into().ok()?) as usize;
        let end = FRONT.checked_add(length)?.checked_add(CHECKSUM)?;
        if end as u64 > size {
            return None;
        }
        head.resize(end, 0);
        file.read_exact_at(&mut head[FRONT..], FRONT as u64).ok()?;
        let (head, checksum) = head.split_at(end - CHECKSUM);
        if blake3::hash(head).as_bytes()[..] != *checksum {
            return None;
        }
        let places = Self::places(&head[FRONT..], end as u64)?;
        places.iter().all(|place| place.start + place.packed as u64 <= size).then_some((file, Self { places }))
    }

    fn places(list: &[u8], mut start: u64) -> Option<Vec<Place>> {
        let mut at: usize = 0;
        let mut take = |n: usize| {
            let part = list.get(at..at.checked_add(n)?)?;
            at += n;
            Some(part)
        };
        let count = u32::from_le_bytes(take(4)?.try_into().ok()?);
        let mut places = Vec::new();
        for _ in 0..count {
            let name_length = u32::from_le_bytes(take(4)?.try_into().ok()?) as usize;
            let name = String::from_utf8(take(name_length)?.to_vec()).ok()?;
            let length = u64::from_le_bytes(take(8)?.try_into().ok()?) as usize;
            let packed = u64::from_le_bytes(take(8)?.try_into().ok()?);
            let is_compressed = take(1)? == [1];
            let checksum = take(CHECKSUM)?.try_into().ok()?;
            places.push(Place { name, length, start, packed: packed as usize, is_compressed, checksum });
            start = start.checked_add(packed)?;
        }
        Some(places)
    }
}

impl Place {
    /// The bytes as they are stored.
    fn packed(&self, file: &File) -> Option<Vec<u8>> {
        let mut bytes = vec![0; self.packed];
        file.read_exact_at(&mut bytes, self.start).ok()?;
        (blake3::hash(&bytes).as_bytes() == &self.checksum).then_some(bytes)
    }

    fn read(&self, file: &File) -> Option<Vec<u8>> {
        let packed = self.packed(file)?;
        let bytes = if self.is_compressed { zstd::bulk::decompress(&packed, self.length).ok()? } else { packed };
        (bytes.len() == self.length).then_some(bytes)
    }
}
