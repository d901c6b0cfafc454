//! Results of the stages as sections of bytes, and back.

use ndarray::Array2;

use super::codec::{Decoder, Encoder, short};
use super::tiles::{Packing, Section, Sections};
use crate::exclude::{self, Mask, NO_KIND, RegionTally, RuleTally, State, Tally};
use crate::fault::{Fault, Kind, Result};
use crate::grid::{Grid, Window};
use crate::kernels::exact_sum::ExactSum;
use crate::kernels::label::Contact;
use crate::raster::blocks::{self, Coding};
use crate::raster::gdal::write::CellType;
use crate::raster::measure::Measure;
use crate::rule::ModeSet;
use crate::site::{Content, Land, SetSums, Sum};
use crate::sites::admit::Unusable;
use crate::sites::parts::{Dropped, GridRun, Part, TileParts};
use crate::units::AreaMm2;

/// Sections of a mask, its cells last.
pub const MASK: [&str; 3] = [TALLY, "kinds", "kind"];
/// Section with the counts.
pub const TALLY: &str = "tally";
/// Section with the parts of sites.
pub const PARTS: &str = "parts";
/// Section with the land and sums of parts.
pub const CONTENTS: &str = "contents";
/// Section with the runs of parts.
pub const RUNS: &str = "runs";

/// A section to be compressed.
pub fn section(name: &str, bytes: Vec<u8>) -> Section {
    Section { name: name.to_owned(), bytes, packing: Packing::Compressed }
}

/// Name of the section with the statistics of a layer.
pub fn measure_name(layer: &str) -> String {
    format!("{layer}:measure")
}

/// A layer over a window, as encoded pieces.
///
/// # Errors
/// If it cannot be encoded.
pub fn layer<T: CellType>(
    name: &str,
    (grid, window): (&Grid, Window),
    cells: &Array2<T>,
    coding: Coding,
) -> Result<Section> {
    let failed = |error: std::io::Error| Fault::new(Kind::Output, "", format!("cannot encode `{name}`: {error}"));
    let mut encoder = Encoder::default();
    for piece in blocks::pieces(grid, window) {
        let bytes = blocks::encode_piece((cells, window), &piece, coding).map_err(failed)?;
        encoder.number(bytes.len() as u64);
        encoder.bytes.extend(bytes);
    }
    Ok(Section { name: name.to_owned(), bytes: encoder.bytes, packing: Packing::AsItIs })
}

/// The encoded pieces of a layer, in the order of [`blocks::pieces`].
///
/// # Errors
/// If the bytes are damaged.
pub fn pieces_of(bytes: &[u8]) -> Result<Vec<&[u8]>> {
    let mut decoder = Decoder::new(bytes);
    let mut pieces = Vec::new();
    while !decoder.is_at_end() {
        let length = decoder.length(1)?;
        pieces.push(decoder.bytes(length)?);
    }
    Ok(pieces)
}

/// The cells of a layer.
///
/// # Errors
/// If the bytes are damaged.
pub fn layer_of<T: CellType>(bytes: &[u8], (grid, window): (&Grid, Window), coding: Coding) -> Result<Array2<T>> {
    let mut cells = Array2::from_elem(window.shape(), T::NODATA);
    for (piece, bytes) in blocks::pieces(grid, window).iter().zip(pieces_of(bytes)?) {
        let part = blocks::decode_piece::<T>(bytes, piece, coding).ok_or_else(short)?;
        blocks::place(&part, piece.window, (&mut cells, window));
    }
    Ok(cells)
}

/// The statistics of a layer.
pub fn measure(layer: &str, measure: &Measure) -> Section {
    let mut encoder = Encoder::default();
    encode_sum(&mut encoder, &measure.sum);
    encode_sum(&mut encoder, &measure.squares);
    encoder.number(measure.cells);
    encoder.number(measure.all);
    let (min, max) = measure.range.unwrap_or((f32::NAN, f32::NAN));
    encoder.number(min);
    encoder.number(max);
    section(&measure_name(layer), encoder.bytes)
}

/// The statistics of a layer.
///
/// # Errors
/// If the bytes are damaged.
pub fn measure_of(bytes: &[u8]) -> Result<Measure> {
    let mut decoder = Decoder::new(bytes);
    let (sum, squares) = (sum_of(&mut decoder)?, sum_of(&mut decoder)?);
    let (cells, all) = (decoder.number()?, decoder.number()?);
    let (min, max): (f32, f32) = (decoder.number()?, decoder.number()?);
    Ok(Measure { sum, squares, cells, all, range: (!min.is_nan()).then_some((min, max)) })
}

fn encode_sum(encoder: &mut Encoder, sum: &ExactSum) {
    let (first, digits) = sum.digits();
    encoder.number(first);
    encoder.numbers(digits.into_iter());
}

fn sum_of(decoder: &mut Decoder<'_>) -> Result<ExactSum> {
    let first = decoder.number()?;
    let digits: Vec<i64> = decoder.numbers()?;
    Ok(ExactSum::from_digits(first, &digits))
}

/// Sections of a mask, in the order of [`MASK`].
pub fn mask(mask: &Mask) -> Sections {
    let mut tally = Encoder::default();
    encode_tally(&mut tally, &mask.tally);
    let mut kinds = Encoder::default();
    kinds.number(mask.kinds.len() as u64);
    for kind in &mask.kinds {
        kinds.number(kind.region);
        kinds.number(kind.reasons);
        kinds.numbers(kind.state.shares.iter().copied());
    }
    // A byte holds nearly always what is to be known of a cell.
    let mut cells = Encoder::default();
    if mask.kinds.len() < usize::from(u8::MAX) {
        cells.number(1_u8);
        let narrow = |&kind: &u32| kind.min(u32::from(u8::MAX)) as u8;
        match mask.kind.as_slice() {
            Some(kinds) => cells.bytes.extend(kinds.iter().map(narrow)),
            None => cells.bytes.extend(mask.kind.iter().map(narrow)),
        }
    } else {
        cells.number(4_u8);
        mask.kind.iter().for_each(|&kind| cells.number(kind));
    }
    MASK.iter().zip([tally, kinds, cells]).map(|(name, encoder)| section(name, encoder.bytes)).collect()
}

/// The mask of sections in the order of [`MASK`].
///
/// # Errors
/// If they are damaged.
pub fn mask_of(window: Window, sections: &[Vec<u8>]) -> Result<Mask> {
    let part = |index: usize| Decoder::new(sections.get(index).map_or(&[][..], |bytes| &bytes[..]));
    let mut list = part(1);
    let kind = |decoder: &mut Decoder<'_>| -> Result<exclude::Kind> {
        let (region, reasons, shares) = (decoder.number()?, decoder.number()?, decoder.numbers()?);
        Ok(exclude::Kind { region, reasons, state: State { shares } })
    };
    let kinds: Result<Vec<exclude::Kind>> = (0..list.length(18)?).map(|_| kind(&mut list)).collect();
    let mut cells = part(2);
    let width: u8 = cells.number()?;
    let kind: Vec<u32> = if width == 1 {
        let widen = |&kind: &u8| if kind == u8::MAX { NO_KIND } else { u32::from(kind) };
        cells.bytes(window.cells())?.iter().map(widen).collect()
    } else {
        (0..window.cells()).map(|_| cells.number()).collect::<Result<_>>()?
    };
    let kind = Array2::from_shape_vec(window.shape(), kind).map_err(|_| short())?;
    Ok(Mask { window, kind, kinds: kinds?, tally: tally_of(&mut part(0))? })
}

fn encode_tally(encoder: &mut Encoder, tally: &Tally) {
    encoder.number(tally.regions.len() as u64);
    for region in &tally.regions {
        for count in [region.cells, region.available_cells, region.unknown_cells] {
            encoder.number(count);
        }
        encoder.number(region.area.0);
        encoder.number(region.available.0);
        for area in region.decided.iter().chain([&region.stable]) {
            encoder.number(area.0);
        }
    }
    encoder.number(tally.rules.len() as u64);
    for rule in &tally.rules {
        for count in [rule.cells, rule.only_cells, rule.unknown_cells] {
            encoder.number(count);
        }
    }
    encoder.number(tally.overlaps);
}

fn tally_of(decoder: &mut Decoder<'_>) -> Result<Tally> {
    let mut tally = Tally::default();
    for _ in 0..decoder.length(232)? {
        let (cells, available_cells, unknown_cells) = (decoder.number()?, decoder.number()?, decoder.number()?);
        let (area, available) = (AreaMm2(decoder.number()?), AreaMm2(decoder.number()?));
        let mut counts =
            RegionTally { cells, area, available_cells, available, unknown_cells, ..RegionTally::default() };
        for area in counts.decided.iter_mut().chain([&mut counts.stable]) {
            *area = AreaMm2(decoder.number()?);
        }
        tally.regions.push(counts);
    }
    for _ in 0..decoder.length(24)? {
        let (cells, only_cells, unknown_cells) = (decoder.number()?, decoder.number()?, decoder.number()?);
        tally.rules.push(RuleTally { cells, only_cells, unknown_cells });
    }
    tally.overlaps = decoder.number()?;
    Ok(tally)
}

/// The tally alone, of the section [`TALLY`].
///
/// # Errors
/// If it is damaged.
pub fn tally(bytes: &[u8]) -> Result<Tally> {
    tally_of(&mut Decoder::new(bytes))
}

/// Bytes of the parts of a tile, without their contents and runs.
pub fn parts(tile: &TileParts) -> Vec<u8> {
    let mut encoder = Encoder::default();
    encoder.number(tile.parts.len() as u64);
    for part in &tile.parts {
        encoder.number(part.region);
        encoder.number(part.block.0);
        encoder.number(part.block.1);
        encoder.number(part.first.0);
        encoder.number(part.first.1);
        encoder.number(part.gross.0);
        encoder.number(part.available.0);
    }
    encoder.number(tile.contacts.len() as u64);
    for contact in &tile.contacts {
        encoder.number(contact.a);
        encoder.number(contact.b);
        encoder.number(contact.shared_edges);
    }
    for border in &tile.borders {
        encoder.numbers(border.iter().copied());
    }
    encoder.number(tile.dropped.components);
    encoder.number(tile.dropped.gross.0);
    encoder.number(tile.dropped.available.0);
    for lost in &tile.unusable {
        encoder.number(lost.cells);
        encoder.number(lost.area.0);
    }
    encoder.bytes
}

/// Bytes of the contents of all parts of a tile.
pub fn contents(tile: &TileParts) -> Vec<u8> {
    let mut encoder = Encoder::default();
    encoder.number(tile.contents.len() as u64);
    tile.contents.iter().for_each(|content| encode_content(&mut encoder, content));
    encoder.bytes
}

/// The contents of all parts of a tile.
///
/// # Errors
/// If the bytes are damaged.
pub fn contents_of(bytes: &[u8]) -> Result<Vec<Content>> {
    let mut decoder = Decoder::new(bytes);
    (0..decoder.length(24)?).map(|_| content_of(&mut decoder)).collect()
}

fn encode_content(encoder: &mut Encoder, content: &Content) {
    encoder.number(content.cells);
    encoder.number(content.land.len() as u64);
    for land in &content.land {
        encoder.number(land.modes.0);
        encoder.number(land.class);
        encoder.number(land.ground);
        encoder.number(land.area.0);
    }
    encoder.number(content.sums.len() as u64);
    for set in &content.sums {
        encoder.number(set.modes.0);
        encoder.number(set.sums.len() as u64);
        for sum in &set.sums {
            encode_sum(encoder, &sum.sum);
            encoder.number(sum.finite);
            encoder.number(sum.beyond);
        }
    }
}

/// The parts of a tile, without their contents and runs.
///
/// # Errors
/// If the bytes are damaged.
pub fn parts_of(bytes: &[u8]) -> Result<TileParts> {
    let mut decoder = Decoder::new(bytes);
    let mut tile = TileParts::default();
    for _ in 0..decoder.length(58)? {
        tile.parts.push(Part {
            region: decoder.number()?,
            block: (decoder.number()?, decoder.number()?),
            first: (decoder.number()?, decoder.number()?),
            gross: AreaMm2(decoder.number()?),
            available: AreaMm2(decoder.number()?),
        });
    }
    for _ in 0..decoder.length(16)? {
        let (a, b, shared_edges) = (decoder.number()?, decoder.number()?, decoder.number()?);
        tile.contacts.push(Contact { a, b, shared_edges });
    }
    for border in &mut tile.borders {
        *border = decoder.numbers()?;
    }
    tile.dropped = Dropped {
        components: decoder.number()?,
        gross: AreaMm2(decoder.number()?),
        available: AreaMm2(decoder.number()?),
    };
    for lost in &mut tile.unusable {
        *lost = Unusable { cells: decoder.number()?, area: AreaMm2(decoder.number()?) };
    }
    Ok(tile)
}

fn content_of(decoder: &mut Decoder<'_>) -> Result<Content> {
    let mut content = Content { cells: decoder.number()?, ..Content::default() };
    for _ in 0..decoder.length(25)? {
        let (modes, class, ground) = (ModeSet(decoder.number()?), decoder.number()?, decoder.number()?);
        content.land.push(Land { modes, class, ground, area: AreaMm2(decoder.number()?) });
    }
    for _ in 0..decoder.length(12)? {
        let mut set = SetSums { modes: ModeSet(decoder.number()?), sums: Vec::new() };
        for _ in 0..decoder.length(25)? {
            let sum = sum_of(decoder)?;
            set.sums.push(Sum { sum, finite: decoder.number()?, beyond: decoder.number()? });
        }
        content.sums.push(set);
    }
    Ok(content)
}

/// Bytes of the runs of all parts of a tile.
pub fn runs(tile: &TileParts) -> Vec<u8> {
    let mut encoder = Encoder::default();
    encoder.number(tile.runs.len() as u64);
    for runs in &tile.runs {
        encoder.number(runs.len() as u64);
        for run in runs {
            encoder.number(run.row);
            encoder.number(run.col);
            encoder.number(run.end);
        }
    }
    encoder.bytes
}

/// The runs of all parts of a tile.
///
/// # Errors
/// If the bytes are damaged.
pub fn runs_of(bytes: &[u8]) -> Result<Vec<Vec<GridRun>>> {
    let mut decoder = Decoder::new(bytes);
    let count = decoder.length(8)?;
    let mut all = Vec::with_capacity(count);
    for _ in 0..count {
        let runs = decoder.length(12)?;
        let run = |decoder: &mut Decoder<'_>| -> Result<GridRun> {
            Ok(GridRun { row: decoder.number()?, col: decoder.number()?, end: decoder.number()? })
        };
        all.push((0..runs).map(|_| run(&mut decoder)).collect::<Result<_>>()?);
    }
    Ok(all)
}
