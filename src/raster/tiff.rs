//! Encoded blocks put into a GeoTIFF that GDAL has begun.
//!
//! GDAL writes a file without any block: its directory says what the layer is and where it lies. The blocks go behind it, one
//! after another, and the directory is told where they are. So blocks are encoded where they are made, on any thread, and the
//! bytes of the file depend on nothing but the cells.
//!
//! Source: TIFF Revision 6.0, Adobe, 1992, sect. 2 and 15; the `BigTIFF` design, `AWare` Systems, 2007.

use std::fs::{File, OpenOptions};
use std::hash::{DefaultHasher, Hasher};
use std::io::{BufWriter, Error, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::fault::{Fault, Faults, Result};

/// Tags of the places and lengths of blocks.
const TILE_OFFSETS: u16 = 324;
const TILE_BYTE_COUNTS: u16 = 325;
/// Field types of whole numbers: of 4 bytes, of 8 bytes.
const LONG: u16 = 4;
const LONG8: u16 = 16;

/// How numbers are laid out in a file: plain TIFF counts in 4 bytes, `BigTIFF` in 8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Format {
    is_big: bool,
}

impl Format {
    fn word(self) -> usize {
        if self.is_big { 8 } else { 4 }
    }

    fn number(self, bytes: &[u8]) -> u64 {
        bytes.iter().take(self.word()).rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
    }

    fn bytes(self, number: u64) -> Vec<u8> {
        number.to_le_bytes()[..self.word()].to_vec()
    }
}

/// Where the directory keeps the places and the lengths of blocks: positions of the two entries in the file.
#[derive(Debug, Clone, Copy)]
struct Entries {
    format: Format,
    offsets: u64,
    counts: u64,
}

/// A block in a file: where it is, how long, and a checksum of its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Placed {
    at: u64,
    bytes: usize,
    checksum: u64,
}

/// The blocks of a file that was written.
#[derive(Debug)]
pub struct Filled {
    path: PathBuf,
    blocks: Vec<Placed>,
}

fn checksum(bytes: &[u8]) -> u64 {
    let mut sum = DefaultHasher::new();
    sum.write(bytes);
    sum.finish()
}

fn failed(path: &Path, error: &Error) -> Faults {
    Fault::output(path.display().to_string(), format!("cannot write it: {error}")).into()
}

/// Appends blocks to a file begun by GDAL and enters them in its directory.
///
/// - `blocks`: number of blocks.
/// - `block`: the encoded block of a number, in raster order.
///
/// # Errors
/// If the file cannot be written or is no little-endian TIFF with one directory of that many blocks, or a block cannot be had.
pub fn fill(path: &Path, blocks: usize, mut block: impl FnMut(usize) -> Result<Vec<u8>>) -> Result<Filled> {
    let failed = |error: Error| failed(path, &error);
    let (entries, mut out, table) = open(path, blocks).map_err(failed)?;
    let mut at = out.stream_position().map_err(failed)?;
    let mut filled = Filled { path: path.to_owned(), blocks: Vec::with_capacity(blocks) };
    for number in 0..blocks {
        let bytes = block(number)?;
        out.write_all(&bytes).map_err(failed)?;
        filled.blocks.push(Placed { at, bytes: bytes.len(), checksum: checksum(&bytes) });
        at += bytes.len() as u64;
    }
    if !entries.format.is_big && at > u64::from(u32::MAX) {
        return Err(failed(Error::new(ErrorKind::FileTooLarge, "too large for a plain TIFF")));
    }
    let file = out.into_inner().map_err(|error| failed(error.into_error()))?;
    enter_all(file, entries, table, &filled.blocks).map_err(failed)?;
    Ok(filled)
}

impl Filled {
    /// Reads the blocks back, and calls `seen` with the bytes of each.
    ///
    /// # Errors
    /// If they cannot be read, are not what was written, or `seen` fails.
    pub fn check(&self, mut seen: impl FnMut(usize, &[u8]) -> Result<()>) -> Result<()> {
        let failed = |error: Error| failed(&self.path, &error);
        let file = File::open(&self.path).map_err(failed)?;
        let mut bytes = Vec::new();
        for (number, placed) in self.blocks.iter().enumerate() {
            bytes.resize(placed.bytes, 0);
            file.read_exact_at(&mut bytes, placed.at).map_err(failed)?;
            if checksum(&bytes) != placed.checksum {
                let what = "what was read back is not what was written";
                let hint = "is the disk full, or failing?";
                return Err(Fault::output(self.path.display().to_string(), what).hint(hint).into());
            }
            seen(number, &bytes)?;
        }
        Ok(())
    }
}

/// Opens a file begun by GDAL where the blocks go; also tells where the table of their places goes. A single place lies in its
/// entry; more of them lie in front of the blocks.
fn open(path: &Path, blocks: usize) -> std::io::Result<(Entries, BufWriter<File>, u64)> {
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    let entries = entries(&mut file, blocks)?;
    let end = file.seek(SeekFrom::End(0))?;
    let table = end + (end & 1);
    let length = if blocks > 1 { 2 * blocks * entries.format.word() } else { 0 };
    file.seek(SeekFrom::Start(table + length as u64))?;
    Ok((entries, BufWriter::with_capacity(1 << 20, file), table))
}

/// Writes the table of places and lengths, and enters it in the directory.
fn enter_all(mut file: File, entries: Entries, table: u64, blocks: &[Placed]) -> std::io::Result<()> {
    let format = entries.format;
    let offsets: Vec<u8> = blocks.iter().flat_map(|block| format.bytes(block.at)).collect();
    let counts: Vec<u8> = blocks.iter().flat_map(|block| format.bytes(block.bytes as u64)).collect();
    let place = table + offsets.len() as u64;
    for (entry, list, place) in [(entries.offsets, offsets, table), (entries.counts, counts, place)] {
        let value = if blocks.len() > 1 {
            file.seek(SeekFrom::Start(place))?;
            file.write_all(&list)?;
            format.bytes(place)
        } else {
            list
        };
        enter(&mut file, format, entry, (blocks.len(), &value))?;
    }
    Ok(())
}

/// Sets type, number and value of a directory entry.
fn enter(file: &mut File, format: Format, entry: u64, (number, value): (usize, &[u8])) -> std::io::Result<()> {
    let field = if format.is_big { LONG8 } else { LONG };
    file.seek(SeekFrom::Start(entry + 2))?;
    file.write_all(&field.to_le_bytes())?;
    file.write_all(&format.bytes(number as u64))?;
    file.write_all(value)
}

/// Finds the two entries in the only directory of a file.
fn entries(file: &mut File, blocks: usize) -> std::io::Result<Entries> {
    let odd = || Error::new(ErrorKind::InvalidData, "not the TIFF that GDAL was asked for");
    let mut head = [0_u8; 16];
    file.seek(SeekFrom::Start(0))?;
    file.read_exact(&mut head)?;
    let format = match &head[..4] {
        b"II*\0" => Format { is_big: false },
        b"II+\0" => Format { is_big: true },
        _ => return Err(odd()),
    };
    let (start, count_bytes) = if format.is_big { (&head[8..], 8) } else { (&head[4..], 2) };
    let directory = format.number(start);
    let mut bytes = vec![0_u8; count_bytes];
    file.seek(SeekFrom::Start(directory))?;
    file.read_exact(&mut bytes)?;
    let count = bytes.iter().rev().fold(0_usize, |number, &byte| number << 8 | usize::from(byte));
    let size = 4 + 2 * format.word();
    let mut list = vec![0_u8; count.min(1 << 12) * size + format.word()];
    file.read_exact(&mut list)?;
    let (list, next) = list.split_at(list.len() - format.word());
    let find = |tag: u16| {
        let index = list.chunks_exact(size).position(|entry| entry[..2] == tag.to_le_bytes())?;
        let number = format.number(&list[index * size + 4..]);
        (number as usize == blocks).then_some(directory + (count_bytes + index * size) as u64)
    };
    match (find(TILE_OFFSETS), find(TILE_BYTE_COUNTS), format.number(next)) {
        (Some(offsets), Some(counts), 0) => Ok(Entries { format, offsets, counts }),
        _ => Err(odd()),
    }
}
