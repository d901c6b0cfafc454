//! Polygons around sets of cells.

use std::collections::HashMap;

use super::union_find::UnionFind;

/// A horizontal run of cells on an unbounded lattice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CellRun {
    /// Row of the cells; rows grow southwards.
    pub row: i64,
    /// First column.
    pub col: i64,
    /// Column after the last.
    pub end: i64,
}

/// A lattice corner as (row, col): the north-western corner of the cell of that number.
pub type Corner = (i64, i64);

/// A polygon on lattice corners; rings are not closed by repeating the first corner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LatticePolygon {
    /// Counter-clockwise on a map with north up.
    pub exterior: Vec<Corner>,
    /// Clockwise.
    pub holes: Vec<Vec<Corner>>,
}

/// The outline of a set of cells: one polygon for every part connected through cell edges.
///
/// - `runs`: the cells, each once, sorted by row and column.
/// - result: valid simple polygons in raster order of their first cells; only corners where the outline turns are
///   kept. Parts that touch at a corner stay separate, and a hole that touches the outline at a corner stays a hole,
///   so every ring is free of self-contact.
pub fn outline(runs: &[CellRun]) -> Vec<LatticePolygon> {
    parts(runs).iter().map(|part| trace(part)).collect()
}

/// Runs grouped into parts connected through edges, in raster order of their first cells.
fn parts(runs: &[CellRun]) -> Vec<Vec<CellRun>> {
    let mut sets = UnionFind::new(runs.len());
    let mut above = 0;
    for (i, run) in runs.iter().enumerate() {
        if i > 0 && runs[i - 1].row == run.row && runs[i - 1].end == run.col {
            sets.union((i - 1) as u32, i as u32);
        }
        while above < i && (runs[above].row < run.row - 1 || (runs[above].row < run.row && runs[above].end <= run.col))
        {
            above += 1;
        }
        for (j, other) in runs.iter().enumerate().take(i).skip(above) {
            if other.row == run.row || other.col >= run.end {
                break;
            }
            if other.end > run.col {
                sets.union(j as u32, i as u32);
            }
        }
    }
    let mut index: HashMap<u32, usize> = HashMap::new();
    let mut groups: Vec<Vec<CellRun>> = Vec::new();
    for (i, run) in runs.iter().enumerate() {
        let root = sets.find(i as u32);
        let group = *index.entry(root).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[group].push(*run);
    }
    groups
}

/// Headings, clockwise; a right turn adds one.
const NORTH: u8 = 0;
const EAST: u8 = 1;
const SOUTH: u8 = 2;
const WEST: u8 = 3;

/// A piece of the outline, with the cells on its left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Edge {
    from: Corner,
    heading: u8,
    to: Corner,
}

/// All pieces of the outline of one part, sorted by where they start.
fn edges(part: &[CellRun]) -> Vec<Edge> {
    let mut edges = Vec::new();
    let mut rows: HashMap<i64, Vec<(i64, i64)>> = HashMap::new();
    for run in part {
        let row = rows.entry(run.row).or_default();
        match row.last_mut() {
            Some(last) if last.1 == run.col => last.1 = run.end,
            _ => row.push((run.col, run.end)),
        }
    }
    for (&row, runs) in &rows {
        for &(col, end) in runs {
            edges.push(Edge { from: (row, col), heading: SOUTH, to: (row + 1, col) });
            edges.push(Edge { from: (row + 1, end), heading: NORTH, to: (row, end) });
        }
        let none = Vec::new();
        for (col, end) in minus(runs, rows.get(&(row - 1)).unwrap_or(&none)) {
            edges.push(Edge { from: (row, end), heading: WEST, to: (row, col) });
        }
        for (col, end) in minus(runs, rows.get(&(row + 1)).unwrap_or(&none)) {
            edges.push(Edge { from: (row + 1, col), heading: EAST, to: (row + 1, end) });
        }
    }
    edges.sort_unstable();
    edges
}

/// The parts of the intervals `a` that no interval of `b` covers; both sorted and free of overlap.
fn minus(a: &[(i64, i64)], b: &[(i64, i64)]) -> Vec<(i64, i64)> {
    let mut out = Vec::new();
    let mut first = 0;
    for &(start, end) in a {
        while first < b.len() && b[first].1 <= start {
            first += 1;
        }
        let mut from = start;
        for &(cut_start, cut_end) in b[first..].iter().take_while(|cut| cut.0 < end) {
            if cut_start > from {
                out.push((from, cut_start));
            }
            from = from.max(cut_end);
        }
        if from < end {
            out.push((from, end));
        }
    }
    out
}

/// Links the outline of one part into rings.
fn trace(part: &[CellRun]) -> LatticePolygon {
    let edges = edges(part);
    let mut used = vec![false; edges.len()];
    let mut exterior = Vec::new();
    let mut holes = Vec::new();
    for start in 0..edges.len() {
        if used[start] {
            continue;
        }
        let ring = follow(&edges, &mut used, start);
        if twice_area(&ring) > 0 {
            exterior = ring;
        } else {
            holes.push(ring);
        }
    }
    LatticePolygon { exterior, holes }
}

/// One ring, from edge `start` until it comes back to it.
fn follow(edges: &[Edge], used: &mut [bool], start: usize) -> Vec<Corner> {
    let mut ring = Vec::new();
    let mut at = start;
    loop {
        used[at] = true;
        let here = edges[at];
        let first = edges.partition_point(|edge| edge.from < here.to);
        // Where the background touches itself across a corner two edges leave it: turning right keeps the outline
        // with the background it came along.
        let right = (here.heading + 1) % 4;
        let next = match edges.get(first + 1) {
            Some(second) if second.from == here.to && second.heading == right => first + 1,
            _ => first,
        };
        if edges[next].heading != here.heading {
            ring.push(here.to);
        }
        if next == start {
            return ring;
        }
        at = next;
    }
}

/// Twice the signed area of a ring in cells; positive if counter-clockwise with north up.
fn twice_area(ring: &[Corner]) -> i64 {
    let next = ring.iter().cycle().skip(1);
    ring.iter().zip(next).map(|(a, b)| b.1 * a.0 - a.1 * b.0).sum()
}
