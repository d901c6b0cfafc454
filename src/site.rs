//! Sites: connected land of one region that can carry a plant.

use multiversion::multiversion;

use crate::kernels::exact_sum::ExactSum;
use crate::kernels::lanes;
use crate::layer::{Code, LayerName};
use crate::rule::ModeSet;
use crate::units::AreaMm2;

/// A quantity that is averaged over the cells of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Statistic {
    /// A layer.
    Amount(LayerName),
    /// Eastern part of the unit vector of the aspect; directions are averaged as vectors.
    AspectEast,
    /// Northern part of the unit vector of the aspect.
    AspectNorth,
    /// Score of a mode.
    Score(usize),
    /// Worth of a criterion.
    Worth(usize),
}

/// A power of two that values are multiples of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quantum {
    size: f32,
    per_one: f32,
}

impl Quantum {
    /// A quantum of a size.
    pub fn new(size: f32) -> Self {
        Self { size, per_one: 1.0 / size }
    }
}

/// Values that are added side by side.
const LANES: usize = 8;
/// Whole numbers up to this, and all below, are exact in an `f64`.
const MOST_WHOLE: f64 = 9_007_199_254_740_992.0;

/// A sum over cells that can be carried across tiles without loss.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sum {
    /// Sum of the finite values.
    pub sum: ExactSum,
    /// Number of finite values.
    pub finite: u64,
    /// Number of values beyond the reach of a layer.
    pub beyond: u64,
}

impl Sum {
    /// Adds a value; `NaN` is left out.
    pub fn add(&mut self, value: f32) {
        if value.is_finite() {
            self.sum.add(value);
            self.finite += 1;
        } else if !value.is_nan() {
            self.beyond += 1;
        }
    }

    /// Adds values; `NaN` is left out.
    ///
    /// - `quantum`: power of two of which every finite value is a multiple, where there is one. It only makes adding faster.
    pub fn add_all(&mut self, values: &[f32], quantum: Option<Quantum>) {
        let Some(Quantum { size, per_one }) = quantum else {
            for &value in values {
                self.add(value);
            }
            return;
        };
        let Quanta { sums, largest, finite, beyond } = add_up(values, per_one);
        // Whole numbers add up without loss as long as no sum on the way can outgrow the digits of an `f64`.
        if largest.iter().copied().fold(0.0, f64::max) * values.len() as f64 > MOST_WHOLE {
            for &value in values {
                self.add(value);
            }
            return;
        }
        self.sum.add_whole(sums.iter().sum::<f64>() as i64, size);
        self.finite += u64::from(finite.iter().sum::<u32>());
        self.beyond += u64::from(beyond.iter().sum::<u32>());
    }

    /// Adds the terms of another sum.
    pub fn merge(&mut self, other: &Self) {
        self.sum.merge(&other.sum);
        self.finite += other.finite;
        self.beyond += other.beyond;
    }
}

/// Values added up as whole numbers, side by side.
#[derive(Default)]
struct Quanta {
    sums: [f64; LANES],
    largest: [f64; LANES],
    finite: [u32; LANES],
    beyond: [u32; LANES],
}

#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2"))]
fn add_up(values: &[f32], per_one: f32) -> Quanta {
    let mut all = Quanta::default();
    for some in values.chunks(LANES) {
        for (lane, value) in lanes::filled::<LANES>(some).into_iter().enumerate() {
            let is_finite = value.is_finite();
            let number = if is_finite { f64::from(value * per_one) } else { 0.0 };
            let size = number.abs();
            all.sums[lane] += number;
            all.largest[lane] = if size > all.largest[lane] { size } else { all.largest[lane] };
            all.finite[lane] += u32::from(is_finite);
            all.beyond[lane] += u32::from(value.is_infinite());
        }
    }
    all
}

/// Sums over the cells that admit the same modes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SetSums {
    /// The modes.
    pub modes: ModeSet,
    /// By statistic of the plan.
    pub sums: Vec<Sum>,
}

/// Land of one class that admits the same modes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Land {
    /// The modes.
    pub modes: ModeSet,
    /// Its class; [`crate::layer::NO_CLASS`] in a project without classes of land.
    pub class: Code,
    /// What was decided of it, as a code, if it is mined-out land; 0 else.
    pub ground: u8,
    /// Its area, partial availability counted.
    pub area: AreaMm2,
}

/// What adds up over parts of a site, without loss.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Content {
    /// Number of cells.
    pub cells: u64,
    /// Land by modes and class.
    pub land: Vec<Land>,
    /// Sums by modes.
    pub sums: Vec<SetSums>,
}

impl Content {
    /// Adds land.
    pub fn add_land(&mut self, land: Land) {
        match self
            .land
            .iter_mut()
            .find(|known| (known.modes, known.class, known.ground) == (land.modes, land.class, land.ground))
        {
            Some(known) => known.area += land.area,
            None => self.land.push(land),
        }
    }

    /// The sums of the cells that admit these modes.
    pub fn sums_of(&mut self, modes: ModeSet, statistics: usize) -> &mut SetSums {
        let index = self.sums.iter().position(|known| known.modes == modes).unwrap_or_else(|| {
            self.sums.push(SetSums { modes, sums: vec![Sum::default(); statistics] });
            self.sums.len() - 1
        });
        &mut self.sums[index]
    }

    /// Adds another part.
    pub fn merge(&mut self, other: &Self) {
        self.cells += other.cells;
        for land in &other.land {
            self.add_land(*land);
        }
        for theirs in &other.sums {
            let mine = self.sums_of(theirs.modes, theirs.sums.len());
            for (mine, theirs) in mine.sums.iter_mut().zip(&theirs.sums) {
                mine.merge(theirs);
            }
        }
    }

    /// The totals when all parts are in, each sum rounded once. Their order does not tell how tiles were cut.
    pub fn totals(mut self) -> Totals {
        self.land.sort_by_key(|land| (land.modes, land.class, land.ground));
        self.sums.sort_by_key(|set| set.modes);
        let total = |sum: &Sum| Total { sum: sum.sum.value(), finite: sum.finite, beyond: sum.beyond };
        let sets = self.sums.iter().map(|set| (set.modes, set.sums.iter().map(total).collect()));
        Totals { cells: self.cells, sets: sets.collect(), land: self.land }
    }
}

/// The total of a statistic.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Total {
    /// Sum of the finite values.
    pub sum: f64,
    /// Number of finite values.
    pub finite: u64,
    /// Number of values beyond the reach of a layer.
    pub beyond: u64,
}

/// Land and statistics of a whole site.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Totals {
    /// Number of cells.
    pub cells: u64,
    /// Land by modes and class, ascending.
    pub land: Vec<Land>,
    /// Totals by modes, ascending, and by statistic of the plan.
    pub sets: Vec<(ModeSet, Vec<Total>)>,
}

impl Totals {
    /// Mean of a statistic over the cells that admit any of these modes; `NaN` where there is no value, or one beyond
    /// the reach of its layer.
    pub fn mean(&self, statistic: usize, modes: ModeSet) -> f64 {
        let (mut sum, mut finite, mut beyond) = (0.0, 0, 0);
        for (_, totals) in self.sets.iter().filter(|(set, _)| set.meets(modes)) {
            sum += totals[statistic].sum;
            finite += totals[statistic].finite;
            beyond += totals[statistic].beyond;
        }
        if beyond > 0 || finite == 0 { f64::NAN } else { sum / finite as f64 }
    }

    /// Land that admits a mode, by class.
    pub fn land_for(&self, mode: usize) -> impl Iterator<Item = &Land> {
        self.land.iter().filter(move |land| land.modes.has(mode))
    }
}

/// A site.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// `<region>-r<row>c<col>` of its first cell in raster order, on the lattice of the grid's system.
    pub id: String,
    /// Its region's number.
    pub region: u16,
    /// Row and column of its first cell, counted from the grid's corner.
    pub first: (u32, u32),
    /// Area of its cells, partial availability not counted.
    pub gross: AreaMm2,
    /// Parts of tiles it consists of, as (tile, label).
    pub parts: Vec<(u32, u32)>,
    /// Its land and statistics.
    pub content: Totals,
    /// Nearest substation, as (number, distance in metres).
    pub substation: Option<(usize, f64)>,
}

impl Site {
    /// Land available to some mode, partial availability counted.
    pub fn available(&self) -> AreaMm2 {
        self.content.land.iter().map(|land| land.area).sum()
    }

    /// Modes that some of its land admits.
    pub fn modes(&self) -> ModeSet {
        self.content.land.iter().fold(ModeSet::default(), |set, land| ModeSet(set.0 | land.modes.0))
    }
}
