//! A file of weather as text, whatever its bytes are.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::fault::{Fault, Result};

/// Size of a file at most [byte]; a year in steps of ten minutes has about 5 MB.
const FILE_BYTES: u64 = 256 << 20;
/// Length of a line at most [byte].
const LINE_BYTES: usize = 64 << 10;
/// Marks at the start of a text of 16 bits a letter.
const UTF16_MARKS: [&[u8]; 2] = [&[0xff, 0xfe], &[0xfe, 0xff]];

/// The text of a file: UTF-8, or Latin-1 where it is no UTF-8; without a byte order mark.
///
/// # Errors
/// If it cannot be read, is no regular file, is too large, has too long a line, or is no text.
pub fn load(path: &Path) -> Result<String> {
    let place = path.display().to_string();
    let unreadable = |error: std::io::Error| Fault::input(&place, format!("cannot read it: {error}"));
    let about = std::fs::metadata(path).map_err(unreadable)?;
    if !about.is_file() {
        return Err(Fault::input(&place, "cannot read it: it is no regular file").into());
    }
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(FILE_BYTES + 1).read_to_end(&mut bytes)).map_err(unreadable)?;
    if bytes.len() as u64 > FILE_BYTES {
        let what = format!("is larger than {} MB, more than weather of any use here has", FILE_BYTES >> 20);
        return Err(Fault::input(place, what).into());
    }
    decoded(bytes, &place)
}

/// The text of some bytes.
fn decoded(bytes: Vec<u8>, place: &str) -> Result<String> {
    if UTF16_MARKS.iter().any(|mark| bytes.starts_with(mark)) {
        return Err(Fault::input(place, "is text of 16 bits a letter (UTF-16)").hint("save it as UTF-8").into());
    }
    for (i, line) in bytes.split(|&byte| byte == b'\n').enumerate() {
        let fault = if line.contains(&0) {
            "is no text: it holds bytes that are zero".to_owned()
        } else if line.len() > LINE_BYTES {
            format!("the line is longer than {} kB: is it a file of weather?", LINE_BYTES >> 10)
        } else {
            continue;
        };
        return Err(Fault::input(format!("{place}:{}", i + 1), fault).into());
    }
    let text = String::from_utf8(bytes)
        .unwrap_or_else(|error| error.into_bytes().iter().map(|&byte| char::from(byte)).collect());
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}
