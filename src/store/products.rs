//! Results of the stages as sections of bytes, and back.

use ndarray::Array2;

use super::codec::{Decoder, Encoder};
use super::tiles::Sections;
use crate::exclude::{Mask, RegionTally, RuleTally, State, Tally};
use crate::fault::Result;
use crate::grid::Window;
use crate::kernels::exact_sum::ExactSum;
use crate::kernels::label::Contact;
use crate::rule::ModeSet;
use crate::site::{Content, Land, SetSums, Sum};
use crate::sites::admit::Unusable;
use crate::sites::parts::{Dropped, GridRun, Part, TileParts};
use crate::units::AreaMm2;

/// Sections of a mask.
pub const MASK: [&str; 5] = ["reasons", "state", "states", "regions", "tally"];
/// Section with the reasons of every cell.
pub const REASONS: &str = MASK[0];
/// Section with the admissible modes of every cell.
pub const MODES: &str = "modes";
/// Section with the parts of sites.
pub const PARTS: &str = "parts";
/// Section with the land and sums of parts.
pub const CONTENTS: &str = "contents";
/// Section with the runs of parts.
pub const RUNS: &str = "runs";

/// Section with the scores of a mode.
pub fn suitability(mode: usize) -> String {
    format!("suitability_{mode}")
}

/// Bytes of `f32` cells.
pub fn cells(array: &Array2<f32>) -> Vec<u8> {
    let mut encoder = Encoder::default();
    encoder.array(array);
    encoder.bytes
}

/// `f32` cells of bytes.
///
/// # Errors
/// If they are damaged.
pub fn cells_of(bytes: &[u8]) -> Result<Array2<f32>> {
    Decoder::new(bytes).array()
}

/// Sections of a mask, in the order of [`MASK`].
pub fn mask(mask: &Mask) -> Sections {
    let mut sections: Vec<Vec<u8>> = Vec::new();
    let mut section = |fill: &dyn Fn(&mut Encoder)| {
        let mut encoder = Encoder::default();
        fill(&mut encoder);
        sections.push(encoder.bytes);
    };
    section(&|encoder| encoder.array(&mask.reasons));
    section(&|encoder| encoder.array(&mask.state));
    section(&|encoder| {
        encoder.number(mask.states.len() as u64);
        mask.states.iter().for_each(|state| encoder.numbers(state.shares.iter().copied()));
    });
    section(&|encoder| encoder.array(&mask.regions));
    section(&|encoder| encode_tally(encoder, &mask.tally));
    MASK.iter().map(|name| (*name).to_owned()).zip(sections).collect()
}

/// The mask of sections in the order of [`MASK`].
///
/// # Errors
/// If they are damaged.
pub fn mask_of(window: Window, sections: &[Vec<u8>]) -> Result<Mask> {
    let section = |index: usize| Decoder::new(sections.get(index).map_or(&[][..], |bytes| &bytes[..]));
    let mut states = section(2);
    let count = states.length(8)?;
    let states: Result<Vec<State>> = (0..count).map(|_| Ok(State { shares: states.numbers()? })).collect();
    Ok(Mask {
        window,
        reasons: section(0).array()?,
        state: section(1).array()?,
        states: states?,
        regions: section(3).array()?,
        tally: tally_of(&mut section(4))?,
    })
}

fn encode_tally(encoder: &mut Encoder, tally: &Tally) {
    encoder.number(tally.regions.len() as u64);
    for region in &tally.regions {
        for count in [region.cells, region.available_cells, region.unknown_cells] {
            encoder.number(count);
        }
        encoder.number(region.area.0);
        encoder.number(region.available.0);
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
    for _ in 0..decoder.length(56)? {
        let (cells, available_cells, unknown_cells) = (decoder.number()?, decoder.number()?, decoder.number()?);
        let (area, available) = (AreaMm2(decoder.number()?), AreaMm2(decoder.number()?));
        tally.regions.push(RegionTally { cells, area, available_cells, available, unknown_cells });
    }
    for _ in 0..decoder.length(24)? {
        let (cells, only_cells, unknown_cells) = (decoder.number()?, decoder.number()?, decoder.number()?);
        tally.rules.push(RuleTally { cells, only_cells, unknown_cells });
    }
    tally.overlaps = decoder.number()?;
    Ok(tally)
}

/// The tally alone, of the last section of [`MASK`].
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
        encoder.number(land.area.0);
    }
    encoder.number(content.sums.len() as u64);
    for set in &content.sums {
        encoder.number(set.modes.0);
        encoder.number(set.sums.len() as u64);
        for sum in &set.sums {
            let (first, digits) = sum.sum.digits();
            encoder.number(first);
            encoder.numbers(digits.into_iter());
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
    for _ in 0..decoder.length(24)? {
        let (modes, class, area) = (ModeSet(decoder.number()?), decoder.number()?, AreaMm2(decoder.number()?));
        content.land.push(Land { modes, class, area });
    }
    for _ in 0..decoder.length(12)? {
        let mut set = SetSums { modes: ModeSet(decoder.number()?), sums: Vec::new() };
        for _ in 0..decoder.length(25)? {
            let first = decoder.number()?;
            let digits: Vec<i64> = decoder.numbers()?;
            let sum = ExactSum::from_digits(first, &digits);
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

/// Bytes of sets of modes.
pub fn modes(sets: &Array2<ModeSet>) -> Vec<u8> {
    let mut encoder = Encoder::default();
    encoder.array(&sets.mapv(|set| set.0));
    encoder.bytes
}

/// Sets of modes, as bits.
///
/// # Errors
/// If the bytes are damaged.
pub fn modes_of(bytes: &[u8]) -> Result<Array2<u32>> {
    Decoder::new(bytes).array()
}

/// Reasons of every cell.
///
/// # Errors
/// If the bytes are damaged.
pub fn reasons_of(bytes: &[u8]) -> Result<Array2<u64>> {
    Decoder::new(bytes).array()
}
