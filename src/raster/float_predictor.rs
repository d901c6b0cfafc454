//! TIFF's predictor for floating-point cells: the bytes of a row sorted by significance, then each less the one before.
//!
//! Source: "Adobe Photoshop TIFF Technical Notes" 3, Adobe, 2005.

use multiversion::multiversion;

/// Bytes of a cell.
const BYTES: usize = 4;

fn byte(bits: u32, place: usize) -> u8 {
    (bits >> (8 * (BYTES - 1 - place))) as u8
}

/// Encodes the bits of a row of cells.
///
/// # Panics
/// If there is not room for exactly 4 bytes a cell.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl", "x86_64+avx2"))]
pub fn encode(bits: &[u32], bytes: &mut [u8]) {
    assert_eq!(bytes.len(), BYTES * bits.len());
    let (Some(&first), Some(&last)) = (bits.first(), bits.last()) else { return };
    for (place, out) in bytes.chunks_exact_mut(bits.len()).enumerate() {
        out[0] = byte(first, place).wrapping_sub(if place > 0 { byte(last, place - 1) } else { 0 });
        for (out, pair) in out[1..].iter_mut().zip(bits.windows(2)) {
            *out = byte(pair[1], place).wrapping_sub(byte(pair[0], place));
        }
    }
}

/// Decodes a row of cells to their bits.
///
/// # Panics
/// If there are not exactly 4 bytes a cell.
pub fn decode(bytes: &[u8], bits: &mut [u32]) {
    assert_eq!(bytes.len(), BYTES * bits.len());
    bits.fill(0);
    let mut before = 0_u8;
    for differences in bytes.chunks_exact(bits.len().max(1)) {
        for (bits, &difference) in bits.iter_mut().zip(differences) {
            before = before.wrapping_add(difference);
            *bits = *bits << 8 | u32::from(before);
        }
    }
}
