//! Yields of the cells of a band that lie in one block of the lattice: tables are found once, cells look up.

use std::ops::Range;

use ndarray::{Array2, ArrayViewMut2};

use super::{Band, GhiMap};
use crate::resource::correction::Correction;
use crate::resource::nodes::Near;
use crate::resource::{CLASSES, LayoutArray, Resource};
use crate::solar::ground_plane::{self, Cells, LANES};

/// The part of a band that lies in one block.
pub struct Block<'a> {
    pub band: &'a Band,
    pub resource: &'a Resource,
    /// Nodes around the middle of the block.
    pub near: Near,
    /// Rows of the band.
    pub rows: usize,
    pub cols: Range<usize>,
}

impl<'a> Block<'a> {
    /// The block's cells of a row.
    fn line<T>(&self, values: &'a Array2<T>, row: usize) -> &'a [T] {
        let all = values.as_slice().unwrap_or_default();
        &all[row * values.ncols()..][self.cols.clone()]
    }

    fn gradient(&self, row: usize) -> (&'a [f32], &'a [f32]) {
        (self.line(&self.band.gradient.0, row), self.line(&self.band.gradient.1, row))
    }

    /// Height classes below the cells of the block.
    fn classes(&self) -> Vec<usize> {
        // A bit a class; that of unknown heights is beyond them all.
        let bits =
            |row: usize| self.line(&self.band.classes, row).iter().fold(0, |has, class| has | 1_u32 << (class & 31));
        let has = (0..self.rows).fold(0, |has, row| has | bits(row));
        (0..CLASSES).filter(|class| has >> class & 1 == 1).collect()
    }

    /// The cells of a class in a row.
    fn each_of(&self, class: usize, row: usize) -> impl Iterator<Item = usize> {
        let classes = self.line(&self.band.classes, row).iter().enumerate();
        classes.filter(move |(_, of_cell)| usize::from(**of_cell) == class).map(|(index, _)| index)
    }

    /// Layouts with planes of their own: an open-sky table between two heights, times what the skyline leaves.
    pub fn standing(&self, out: &mut [ArrayViewMut2<'_, f32>]) {
        let standing: Vec<usize> = self.resource.standing().map(|(index, _)| index).collect();
        if standing.is_empty() {
            return;
        }
        let directions = self.band.horizon.dim().0;
        let skyline = (directions > 0).then(|| self.resource.skyline(&self.near));
        let mut sums = vec![0.0; 3 * standing.len()];
        let mut shares = vec![1.0; standing.len()];
        for class in self.classes() {
            let below = self.resource.open_kwh_per_kwp(&self.near, class);
            let above = self.resource.open_kwh_per_kwp(&self.near, class + 1);
            for row in 0..self.rows {
                let first = row * self.band.up.ncols() + self.cols.start;
                let up = self.line(&self.band.up, row);
                for index in self.each_of(class, row) {
                    if let Some(table) = skyline {
                        let levels = &self.band.levels[(first + index) * directions..][..directions];
                        table.shares(levels, &mut sums, &mut shares);
                    }
                    for (&layout, share) in standing.iter().zip(&shares) {
                        let open = below[layout] + up[index] * (above[layout] - below[layout]);
                        out[layout][(row, self.cols.start + index)] = open * share;
                    }
                }
            }
        }
    }

    /// Layouts on the ground: every cell has its plane. Under an open sky planes are looked up, within a skyline the year
    /// is gone through step by step.
    pub fn on_slope(&self, out: &mut [ArrayViewMut2<'_, f32>]) {
        for (which, (index, layout)) in self.resource.on_slope().enumerate() {
            for class in self.classes() {
                let correction = self.resource.correction_near(&self.near, class, index);
                if self.band.horizon.is_empty() {
                    self.looked_up((class, which), &correction, &mut out[index]);
                } else {
                    self.stepwise((class, which), layout, &correction, &mut out[index]);
                }
            }
        }
    }

    /// Scales the yields by what maps of irradiation say over what the weather has.
    pub fn by_maps(&self, maps: &[GhiMap], out: &mut [ArrayViewMut2<'_, f32>]) {
        if maps.is_empty() {
            return;
        }
        let clearness = self.resource.clearness(&self.near);
        // A month in the dark has no share, whatever its map says.
        let known: Vec<(Option<usize>, f32, &Array2<f32>)> = maps
            .iter()
            .map(|(month, map)| (*month, clearness.ghi_kwh_per_m2_day(*month), map))
            .filter(|(_, ghi, _)| *ghi > 0.0)
            .map(|(month, ghi, map)| (month, (1.0 / ghi) as f32, map))
            .collect();
        for row in 0..self.rows {
            for col in self.cols.clone() {
                let at = (self.band.rows.start + row, col);
                for (layout, out) in out.iter_mut().enumerate() {
                    let share: f32 = known
                        .iter()
                        .map(|(month, per_ghi, map)| clearness.share(layout, *month, per_ghi * map[at]))
                        .sum();
                    out[(row, col)] *= share;
                }
            }
        }
    }

    /// Yield of the cells of a class under an open sky; what is steeper than modules are laid on stays unknown.
    fn looked_up(&self, (class, which): (usize, usize), correction: &Correction, out: &mut ArrayViewMut2<'_, f32>) {
        let planes = self.resource.planes(&self.near, class, which);
        let mut found = vec![f32::NAN; self.cols.len()];
        for row in 0..self.rows {
            let (east, north) = self.gradient(row);
            planes.line((east, north), self.line(&self.band.up, row), &mut found);
            let mut line = out.row_mut(row);
            for index in self.each_of(class, row) {
                line[self.cols.start + index] = found[index] * correction.on_ground(east[index], north[index]);
            }
        }
    }

    /// Yield of the cells of a class within their skylines.
    fn stepwise(
        &self,
        (class, which): (usize, usize),
        layout: &LayoutArray,
        correction: &Correction,
        out: &mut ArrayViewMut2<'_, f32>,
    ) {
        let steps = self.resource.slope_steps(&self.near, class, (which, layout));
        let (mut lanes, width) = (Lanes::default(), self.cols.len());
        for row in 0..self.rows {
            let (east, north) = self.gradient(row);
            let mut found = vec![f32::NAN; width];
            for first in (0..width).step_by(LANES) {
                let some = first..width.min(first + LANES);
                lanes.fill(self, row, some.clone());
                found[some.clone()].copy_from_slice(&ground_plane::yields(&steps, &lanes.cells())[..some.len()]);
            }
            let mut line = out.row_mut(row);
            for index in self.each_of(class, row) {
                let factor = correction.on_ground(east[index], north[index]);
                line[self.cols.start + index] = found[index] * factor;
            }
        }
    }
}

/// Some cells side by side, in the form the kernel takes.
#[derive(Default)]
struct Lanes {
    up: [f32; LANES],
    east: [f32; LANES],
    north: [f32; LANES],
    sky_view: [f32; LANES],
    horizon: Vec<[f32; LANES]>,
}

impl Lanes {
    /// Takes some cells of a row of a block.
    fn fill(&mut self, block: &Block<'_>, row: usize, some: Range<usize>) {
        let band = block.band;
        let (east, north) = block.gradient(row);
        let taken = |to: &mut [f32; LANES], from: &[f32]| to[..some.len()].copy_from_slice(&from[some.clone()]);
        taken(&mut self.east, east);
        taken(&mut self.north, north);
        taken(&mut self.sky_view, block.line(&band.sky_view, row));
        taken(&mut self.up, block.line(&band.up, row));
        let (directions, rows, cols) = band.horizon.dim();
        self.horizon.resize(directions, [0.0; LANES]);
        let (all, first) = (band.horizon.as_slice().unwrap_or_default(), row * cols + block.cols.start + some.start);
        for (of_direction, to) in all.chunks_exact(rows * cols).zip(&mut self.horizon) {
            to[..some.len()].copy_from_slice(&of_direction[first..first + some.len()]);
        }
    }

    fn cells(&self) -> Cells<'_> {
        Cells { gradient: (&self.east, &self.north), up: &self.up, sky_view: &self.sky_view, skyline: &self.horizon }
    }
}
