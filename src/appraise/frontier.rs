//! Designs that no other beats: in energy and in crop income, both after cost.

/// What a hectare of a design is worth in a year.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Worth {
    /// Sales of energy less the cost of the plant [currency/ha/yr].
    pub energy: f64,
    /// Income of the crop after its cost [currency/ha/yr].
    pub crop: f64,
    /// Energy sold [MWh/ha/yr].
    pub mwh: f64,
}

impl Worth {
    /// Both together.
    pub fn sum(&self) -> f64 {
        self.energy + self.crop
    }

    /// Whether it is at least as good in energy's worth and crop income, and better in one.
    pub fn beats(&self, other: &Self) -> bool {
        self.energy >= other.energy && self.crop >= other.crop && (self.energy > other.energy || self.crop > other.crop)
    }
}

/// Places of the worths that none of the others beats, from most energy to most crop; of equals the first.
///
/// Source: H. T. Kung, F. Luccio, F. P. Preparata, "On finding the maxima of a set of vectors", J. ACM 22, 1975.
pub fn frontier(worths: &[Worth]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..worths.len()).collect();
    let falling = |a: &f64, b: &f64| b.total_cmp(a);
    order.sort_by(|&a, &b| {
        let (one, other) = (&worths[a], &worths[b]);
        falling(&one.energy, &other.energy).then(falling(&one.crop, &other.crop)).then(a.cmp(&b))
    });
    let mut best = f64::NEG_INFINITY;
    order.retain(|&at| {
        let is_new = worths[at].crop > best;
        best = if is_new { worths[at].crop } else { best };
        is_new
    });
    order
}

/// Places of the worths that none of the others beats when energy itself counts too, from most to least of it; of equals the first.
pub fn frontier_with_energy(worths: &[Worth]) -> Vec<usize> {
    let beaten = |at: usize| {
        let own = &worths[at];
        worths.iter().enumerate().any(|(other, rival)| {
            let is_as_good = rival.energy >= own.energy && rival.crop >= own.crop && rival.mwh >= own.mwh;
            is_as_good && (rival != own || other < at)
        })
    };
    let mut kept: Vec<usize> = (0..worths.len()).filter(|&at| !beaten(at)).collect();
    kept.sort_by(|&a, &b| worths[b].mwh.total_cmp(&worths[a].mwh).then(a.cmp(&b)));
    kept
}

/// What is lost without the middle one of three neighbours on a frontier.
pub type Lost = fn(&Worth, &Worth, &Worth) -> f64;

/// What is lost of the area under a frontier of energy's worth and crop income without its middle one of three.
pub fn area(before: &Worth, own: &Worth, after: &Worth) -> f64 {
    (own.energy - after.energy) * (own.crop - before.crop)
}

/// How far apart the neighbours of the middle one of three are in energy.
pub fn gap(before: &Worth, _own: &Worth, after: &Worth) -> f64 {
    before.mwh - after.mwh
}

/// The most telling places of a frontier: its ends, its best sum, and of the rest those without which most is lost.
///
/// - `frontier`: in order, as of [`frontier`] or [`frontier_with_energy`].
/// - `most`: how many are kept; at least the ends and the best sum are.
pub fn telling(worths: &[Worth], frontier: &[usize], most: usize, lost: Lost) -> Vec<usize> {
    let mut kept = frontier.to_vec();
    let best = kept.iter().copied().max_by(|&a, &b| worths[a].sum().total_cmp(&worths[b].sum()).then(b.cmp(&a)));
    while kept.len() > most.max(1) {
        let without = |at: usize| lost(&worths[kept[at - 1]], &worths[kept[at]], &worths[kept[at + 1]]);
        let inner = (1..kept.len().saturating_sub(1)).filter(|&at| Some(kept[at]) != best);
        let Some(least) = inner.min_by(|&a, &b| without(a).total_cmp(&without(b))) else { break };
        kept.remove(least);
    }
    kept
}
