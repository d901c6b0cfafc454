//! Polygons around sets of cells.

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
    let mut group_of = vec![usize::MAX; runs.len()];
    let mut groups: Vec<Vec<CellRun>> = Vec::new();
    for (i, run) in runs.iter().enumerate() {
        let group = &mut group_of[sets.find(i as u32) as usize];
        if *group == usize::MAX {
            *group = groups.len();
            groups.push(Vec::new());
        }
        groups[*group].push(*run);
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
struct Edges {
    all: Vec<Edge>,
    /// Number of the first piece that starts on each line of corners, from `first_line` on, and of all pieces.
    lines: Vec<usize>,
    first_line: i64,
}

impl Edges {
    fn new(part: &[CellRun]) -> Self {
        let first_line = part.first().map_or(0, |run| run.row);
        let mut edges = Self { all: Vec::with_capacity(6 * part.len()), lines: vec![0], first_line };
        let mut rows = part.chunk_by(|a, b| a.row == b.row);
        let (mut above, mut below) = (Vec::new(), whole(rows.next().unwrap_or_default()));
        let mut line = first_line;
        while !(above.is_empty() && below.is_empty()) {
            edges.line(line, &above, &below);
            // The part is connected: no row of it is empty.
            above = std::mem::replace(&mut below, whole(rows.next().unwrap_or_default()));
            line += 1;
        }
        edges
    }

    /// Adds the pieces that start on the line between two rows.
    fn line(&mut self, line: i64, above: &[(i64, i64)], below: &[(i64, i64)]) {
        let start = self.all.len();
        let mut add = |from: Corner, heading: u8, to: Corner| self.all.push(Edge { from, heading, to });
        for &(col, _) in below {
            add((line, col), SOUTH, (line + 1, col));
        }
        for &(_, end) in above {
            add((line, end), NORTH, (line - 1, end));
        }
        minus(below, above, |col, end| add((line, end), WEST, (line, col)));
        minus(above, below, |col, end| add((line, col), EAST, (line, end)));
        self.all[start..].sort_unstable();
        self.lines.push(self.all.len());
    }

    /// Number of the first piece that starts at a corner.
    fn at(&self, corner: Corner) -> usize {
        let line = (corner.0 - self.first_line) as usize;
        let (start, end) = (self.lines[line], self.lines[line + 1]);
        start + self.all[start..end].partition_point(|edge| edge.from < corner)
    }
}

/// The runs of a row as intervals, those that continue each other as one.
fn whole(row: &[CellRun]) -> Vec<(i64, i64)> {
    let mut intervals: Vec<(i64, i64)> = Vec::with_capacity(row.len());
    for run in row {
        match intervals.last_mut() {
            Some(last) if last.1 == run.col => last.1 = run.end,
            _ => intervals.push((run.col, run.end)),
        }
    }
    intervals
}

/// Tells the parts of the intervals `a` that no interval of `b` covers; both sorted and free of overlap.
fn minus(a: &[(i64, i64)], b: &[(i64, i64)], mut tell: impl FnMut(i64, i64)) {
    let mut first = 0;
    for &(start, end) in a {
        while first < b.len() && b[first].1 <= start {
            first += 1;
        }
        let mut from = start;
        for &(cut_start, cut_end) in b[first..].iter().take_while(|cut| cut.0 < end) {
            if cut_start > from {
                tell(from, cut_start);
            }
            from = from.max(cut_end);
        }
        if from < end {
            tell(from, end);
        }
    }
}

/// Links the outline of one part into rings.
fn trace(part: &[CellRun]) -> LatticePolygon {
    let edges = Edges::new(part);
    let mut used = vec![false; edges.all.len()];
    let mut exterior = Vec::new();
    let mut holes = Vec::new();
    for start in 0..edges.all.len() {
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
fn follow(edges: &Edges, used: &mut [bool], start: usize) -> Vec<Corner> {
    let mut ring = Vec::new();
    let mut at = start;
    loop {
        used[at] = true;
        let here = edges.all[at];
        let first = edges.at(here.to);
        // Where the background touches itself across a corner two edges leave it: turning right keeps the outline
        // with the background it came along.
        let right = (here.heading + 1) % 4;
        let next = match edges.all.get(first + 1) {
            Some(second) if second.from == here.to && second.heading == right => first + 1,
            _ => first,
        };
        if edges.all[next].heading != here.heading {
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
