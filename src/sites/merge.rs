//! Joining the parts of all tiles into atoms, and finding which atoms touch.

use std::collections::BTreeMap;

use super::admit::UnusableLand;
use super::parts::{Dropped, NO_PART, Part, TileParts};
use crate::kernels::label::Connectivity;
use crate::kernels::union_find::UnionFind;
use crate::tiles::Tiling;
use crate::units::AreaMm2;

/// Land of one region and one block, connected within them.
#[derive(Debug, Clone, PartialEq)]
pub struct Atom {
    /// Region number.
    pub region: u16,
    /// First cell in raster order.
    pub first: (u32, u32),
    /// Area of its cells.
    pub gross: AreaMm2,
    /// Area available to some mode.
    pub available: AreaMm2,
    /// Parts of tiles it consists of, as (tile, label).
    pub parts: Vec<(u32, u32)>,
}

/// The atoms of a run and how they touch.
#[derive(Debug, Clone, Default)]
pub struct Atoms {
    /// In raster order of their first cells.
    pub atoms: Vec<Atom>,
    /// Touching atoms, by (smaller, larger) number, with the cell edges they share.
    pub contacts: BTreeMap<(u32, u32), u64>,
    /// What tiles dropped on their own.
    pub dropped: Dropped,
    /// Land that no mode may use.
    pub unusable: UnusableLand,
}

/// Joins the parts of all tiles, given in the order of the tiling.
pub fn merge(tiling: &Tiling, tiles: Vec<TileParts>, connectivity: Connectivity) -> Atoms {
    let mut offsets = Vec::with_capacity(tiles.len());
    let mut total = 0;
    for tile in &tiles {
        offsets.push(total);
        total += tile.parts.len() as u32;
    }
    let mut joiner = Joiner {
        tiling,
        tiles: &tiles,
        offsets: &offsets,
        sets: UnionFind::new(total as usize),
        touching: Vec::new(),
        reach: connectivity.reach() as isize,
    };
    joiner.all();
    let Joiner { sets, touching, .. } = joiner;
    collect(tiles, &offsets, sets, touching)
}

struct Joiner<'a> {
    tiling: &'a Tiling,
    tiles: &'a [TileParts],
    offsets: &'a [u32],
    sets: UnionFind,
    touching: Vec<(u32, u32, u64)>,
    reach: isize,
}

/// Sides of a tile, in the order of [`TileParts::borders`].
const NORTH: usize = 0;
const SOUTH: usize = 1;
const WEST: usize = 2;
const EAST: usize = 3;

impl Joiner<'_> {
    fn all(&mut self) {
        for (index, tile) in self.tiling.tiles.iter().enumerate() {
            for contact in &self.tiles[index].contacts {
                let (a, b) = (self.offsets[index] + contact.a, self.offsets[index] + contact.b);
                self.touching.push((a, b, contact.shared_edges));
            }
            if let Some(east) = self.tiling.at(tile.row, tile.col + 1) {
                self.along(index, EAST, self.tiling.index(east), WEST);
            }
            if let Some(south) = self.tiling.at(tile.row + 1, tile.col) {
                self.along(index, SOUTH, self.tiling.index(south), NORTH);
            }
            if self.reach > 0 {
                self.corners(index);
            }
        }
    }

    fn part(&self, tile: usize, label: u32) -> &Part {
        &self.tiles[tile].parts[label as usize]
    }

    /// Joins what touches along a common side.
    fn along(&mut self, tile: usize, side: usize, other: usize, other_side: usize) {
        let tiles = self.tiles;
        let (mine, theirs) = (&tiles[tile].borders[side], &tiles[other].borders[other_side]);
        for (i, &label) in mine.iter().enumerate().filter(|(_, label)| **label != NO_PART) {
            for step in -self.reach..=self.reach {
                let facing = i.checked_add_signed(step).and_then(|j| theirs.get(j)).copied().unwrap_or(NO_PART);
                if facing != NO_PART {
                    self.touch((tile, label), (other, facing), u64::from(step == 0));
                }
            }
        }
    }

    /// Joins what touches across the corners to the south-east and south-west.
    fn corners(&mut self, index: usize) {
        let tile = self.tiling.tiles[index];
        let tiles = self.tiles;
        let last = |border: &Vec<u32>| border.last().copied().unwrap_or(NO_PART);
        let first = |border: &Vec<u32>| border.first().copied().unwrap_or(NO_PART);
        let mut pairs = Vec::new();
        if let Some(east) = self.tiling.at(tile.row + 1, tile.col + 1) {
            let other = self.tiling.index(east);
            pairs.push((last(&tiles[index].borders[SOUTH]), other, first(&tiles[other].borders[NORTH])));
        }
        if let Some(west) = tile.col.checked_sub(1).and_then(|col| self.tiling.at(tile.row + 1, col)) {
            let other = self.tiling.index(west);
            pairs.push((first(&tiles[index].borders[SOUTH]), other, last(&tiles[other].borders[NORTH])));
        }
        for (label, other, facing) in pairs {
            if label != NO_PART && facing != NO_PART {
                self.touch((index, label), (other, facing), 0);
            }
        }
    }

    /// Two touching parts: one atom if they are of one region and block, otherwise in contact.
    fn touch(&mut self, a: (usize, u32), b: (usize, u32), shared_edges: u64) {
        let (mine, theirs) = (self.part(a.0, a.1), self.part(b.0, b.1));
        let same = mine.region == theirs.region && mine.block == theirs.block;
        let (a, b) = (self.offsets[a.0] + a.1, self.offsets[b.0] + b.1);
        if same {
            self.sets.union(a, b);
        } else {
            self.touching.push((a, b, shared_edges));
        }
    }
}

/// Gathers parts into atoms, numbered in raster order of their first cells.
fn collect(tiles: Vec<TileParts>, offsets: &[u32], mut sets: UnionFind, touching: Vec<(u32, u32, u64)>) -> Atoms {
    let mut atoms: BTreeMap<u32, Atom> = BTreeMap::new();
    let mut dropped = Dropped::default();
    let mut unusable = UnusableLand::default();
    for (tile, content) in tiles.into_iter().enumerate() {
        dropped.components += content.dropped.components;
        dropped.gross += content.dropped.gross;
        dropped.available += content.dropped.available;
        for (sum, found) in unusable.iter_mut().zip(&content.unusable) {
            sum.cells += found.cells;
            sum.area += found.area;
        }
        for (label, part) in content.parts.into_iter().enumerate() {
            let root = sets.find(offsets[tile] + label as u32);
            let place = (tile as u32, label as u32);
            match atoms.get_mut(&root) {
                Some(atom) => {
                    atom.first = atom.first.min(part.first);
                    atom.gross += part.gross;
                    atom.available += part.available;
                    atom.parts.push(place);
                }
                None => {
                    let Part { region, first, gross, available, .. } = part;
                    atoms.insert(root, Atom { region, first, gross, available, parts: vec![place] });
                }
            }
        }
    }
    let mut ordered: Vec<(u32, Atom)> = atoms.into_iter().collect();
    ordered.sort_by_key(|(_, atom)| atom.first);
    let number: BTreeMap<u32, u32> = ordered.iter().enumerate().map(|(i, (root, _))| (*root, i as u32)).collect();
    let mut contacts: BTreeMap<(u32, u32), u64> = BTreeMap::new();
    for (a, b, shared_edges) in touching {
        let (a, b) = (number[&sets.find(a)], number[&sets.find(b)]);
        if a != b {
            *contacts.entry((a.min(b), a.max(b))).or_default() += shared_edges;
        }
    }
    Atoms { atoms: ordered.into_iter().map(|(_, atom)| atom).collect(), contacts, dropped, unusable }
}
