//! Influence of nodes on cells in equal steps along one direction.

use std::f64::consts::PI;

use multiversion::multiversion;

use crate::subsidence::influence::half_erfs;

/// Equal steps of cells along one direction.
pub struct Steps {
    /// Length of one [radii].
    step: f64,
    count: usize,
    /// Factor of the factor from one cell to the next.
    bend: f64,
}

impl Steps {
    /// Steps of a length [radii].
    pub fn new(step: f64, count: usize) -> Self {
        Self { step, count, bend: (-2.0 * PI * step * step).exp() }
    }

    /// exp(−πu²) at all cells, for a node at `u` from the first [radii].
    ///
    /// From the cell nearest to the node outwards, each follows from its neighbour by a factor, and the factor from the one before
    /// by a constant. Within 10⁻¹² over a block.
    fn bell(&self, u: f64, out: &mut [f64]) {
        let peak = (u / self.step).round().clamp(0.0, self.count as f64 - 1.0) as usize;
        let from_peak = u - self.step * peak as f64;
        let value = (-PI * from_peak * from_peak).exp();
        let up = (PI * (2.0 * from_peak * self.step - self.step * self.step)).exp();
        let (mut factor, mut next) = (up, value);
        for of in &mut out[peak..] {
            *of = next;
            next *= factor;
            factor *= self.bend;
        }
        let (mut factor, mut next) = (self.bend / up, value);
        for of in out[..=peak].iter_mut().rev() {
            *of = next;
            next *= factor;
            factor *= self.bend;
        }
    }

    /// Influence of a node along rows, times what the integrals weigh it with.
    pub fn moments(&self, v: f64, (du, dv): (f64, f64), rise: &mut [f64], others: &mut [f64]) {
        let (by_run, rest) = others.split_at_mut(self.count);
        let (by_run_moment, by_rise_moment) = rest.split_at_mut(self.count);
        self.bell(v, by_run);
        moments((v, self.step), (du, dv), [rise, by_run, by_run_moment, by_rise_moment]);
    }

    /// Half of erf, influence, and influence times distance, of a node along columns.
    pub fn influences(&self, u: f64, along: &mut [f64]) {
        let (half, rest) = along.split_at_mut(self.count);
        let (bell, moment) = rest.split_at_mut(self.count);
        self.bell(u, bell);
        half_erfs((u, self.step), half);
        distances((u, self.step), bell, moment);
    }
}

/// Products of an influence, which `run` holds, with rise and run of the edge, and with the distance.
#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2"))]
fn moments((v, step): (f64, f64), (du, dv): (f64, f64), [rise, run, run_moment, rise_moment]: [&mut [f64]; 4]) {
    let lines = rise.iter_mut().zip(run).zip(run_moment.iter_mut().zip(rise_moment));
    for (n, ((rise, run), (run_moment, rise_moment))) in lines.enumerate() {
        let (bell, distance) = (*run, v - step * n as f64);
        *rise = bell * dv;
        *run = bell * du;
        *run_moment = distance * bell * du;
        *rise_moment = distance * bell * dv;
    }
}

/// Influence times distance.
#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2"))]
fn distances((u, step): (f64, f64), bell: &[f64], out: &mut [f64]) {
    for (n, (out, bell)) in out.iter_mut().zip(bell).enumerate() {
        *out = (u - step * n as f64) * bell;
    }
}
