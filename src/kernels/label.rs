//! Connected parts of a window of zoned cells, as runs.

use std::collections::BTreeMap;

use ndarray::{ArrayRef1, ArrayRef2};

use super::union_find::UnionFind;

/// Which cells count as neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Connectivity {
    /// Eight neighbours: cells that share an edge or a corner.
    Queen,
    /// Four neighbours: cells that share an edge.
    Rook,
}

impl Connectivity {
    /// Columns by which two runs of neighbouring rows may miss each other and still touch.
    pub fn reach(self) -> usize {
        match self {
            Self::Queen => 1,
            Self::Rook => 0,
        }
    }
}

/// A horizontal run of cells with one label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// Row of the cells.
    pub row: usize,
    /// First column.
    pub col: usize,
    /// Column after the last.
    pub end: usize,
    /// Label of the part, counted in raster order of first cells.
    pub label: u32,
}

/// Two touching parts of different zones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contact {
    /// The smaller label.
    pub a: u32,
    /// The larger label.
    pub b: u32,
    /// Cell edges they share; 0 if only corners touch.
    pub shared_edges: u64,
}

/// The connected parts of a window.
#[derive(Debug, Clone, Default)]
pub struct Labels {
    /// All runs, in raster order.
    pub runs: Vec<Run>,
    /// Number of labels.
    pub count: usize,
    /// Pairs of touching parts, ascending.
    pub contacts: Vec<Contact>,
}

/// Labels the connected cells of equal zone.
///
/// - `zones`: 0 = not part of anything; touching cells of different zones are different parts in contact.
///
/// Source: run-based two-pass labelling, L. He, Y. Chao, K. Suzuki, "A run-based two-scan labeling algorithm", IEEE
/// Trans. Image Processing 17(5), 2008; checked against `scipy.ndimage.label`.
pub fn label(zones: &ArrayRef2<u32>, connectivity: Connectivity) -> Labels {
    let mut scan = Scan { reach: connectivity.reach(), ..Scan::default() };
    for (row, zone_row) in zones.rows().into_iter().enumerate() {
        scan.row(row, &zone_row);
    }
    scan.finish()
}

#[derive(Default)]
struct Scan {
    reach: usize,
    runs: Vec<Run>,
    zones: Vec<u32>,
    sets: UnionFind,
    touching: Vec<(u32, u32, u64)>,
    /// Index of the first run of the row above.
    above: usize,
}

impl Scan {
    fn row(&mut self, row: usize, zones: &ArrayRef1<u32>) {
        let start = self.runs.len();
        let mut col = 0;
        while col < zones.len() {
            let zone = zones[col];
            let end = (col..zones.len()).find(|&c| zones[c] != zone).unwrap_or(zones.len());
            if zone != 0 {
                let label = self.sets.push();
                self.runs.push(Run { row, col, end, label });
                self.zones.push(zone);
                if self.runs.len() > start + 1 && self.runs[self.runs.len() - 2].end == col {
                    self.touching.push((label - 1, label, 1));
                }
            }
            col = end;
        }
        self.join(start);
        self.above = start;
    }

    /// Joins the runs of the newest row, from `start` on, with those of the row above.
    fn join(&mut self, start: usize) {
        let mut first = self.above;
        for now in start..self.runs.len() {
            let run = self.runs[now];
            while first < start && self.runs[first].end + self.reach <= run.col {
                first += 1;
            }
            for up in first..start {
                let other = self.runs[up];
                if other.row + 1 != run.row || other.col >= run.end + self.reach {
                    break;
                }
                if self.zones[up] == self.zones[now] {
                    self.sets.union(up as u32, now as u32);
                } else {
                    let shared = run.end.min(other.end).saturating_sub(run.col.max(other.col));
                    self.touching.push((up as u32, now as u32, shared as u64));
                }
            }
        }
    }

    fn finish(mut self) -> Labels {
        // The root of a set is its smallest run, so labels come out in raster order.
        let mut label_of = vec![u32::MAX; self.runs.len()];
        let mut count = 0;
        for i in 0..self.runs.len() {
            let root = self.sets.find(i as u32) as usize;
            if label_of[root] == u32::MAX {
                label_of[root] = count;
                count += 1;
            }
            label_of[i] = label_of[root];
            self.runs[i].label = label_of[i];
        }
        let mut contacts: BTreeMap<(u32, u32), u64> = BTreeMap::new();
        for (a, b, shared) in self.touching {
            let (a, b) = (label_of[a as usize], label_of[b as usize]);
            *contacts.entry((a.min(b), a.max(b))).or_default() += shared;
        }
        let contacts = contacts.into_iter().map(|((a, b), shared_edges)| Contact { a, b, shared_edges }).collect();
        Labels { runs: self.runs, count: count as usize, contacts }
    }
}
