//! What observations tell of parameters.

use std::collections::BTreeSet;

use super::normal::Normal;

/// Half widths beyond this share of the range: the interval is as wide as the range, which was known before.
const WIDEST_SHARE: f64 = 0.5;
/// Errors correlated beyond this go together: if one were known, the error of the other would be a fifth, √(1 − 0.98²).
const CORRELATED: f64 = 0.98;
/// Condition of the normalised matrix, the square of that of the columns: beyond it some change of the parameters moves predictions
/// by less than a hundredth of what another one does.
const SINGULAR: f64 = 1e4;
/// Parts of a direction, of length 1, that count: of three equal ones each has 0.58.
const PART: f64 = 0.5;

/// What the observations tell of the parameters, which are named by their positions from 0. Only what is determined is a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// All parameters.
    Determined,
    /// Pairs that cannot be told apart, lower position first: their errors are correlated beyond ±0.98, or they have the largest
    /// parts in a change of parameters that hardly changes predictions. Their intervals may be narrow; other values of both fit
    /// nearly as well.
    NotTogether(Vec<(usize, usize)>),
    /// Of these the half width of 95 % exceeds half of the range, predictions do not depend on them, or the search never came to
    /// rest: then all.
    Undetermined(Vec<usize>),
    /// There are no more observations than parameters: any model fits.
    TooFew,
}

/// Judges a fit with degrees of freedom to spare.
///
/// What is unknown even if all else were known comes first, for a pair with it says nothing; then pairs, which explain wide
/// intervals; then wide intervals.
///
/// - `alone`, `among`: half widths as shares of the ranges, with the others known and with the others sought.
pub(super) fn judge(alone: &[f64], among: &[f64], correlation: &[Vec<f64>], normal: &Normal) -> Verdict {
    let wide = |widths: &[f64]| -> Vec<usize> {
        let is_wide = |width: f64| width.is_nan() || width > WIDEST_SHARE;
        (0..widths.len()).filter(|&i| is_wide(widths[i])).collect()
    };
    let unknown = wide(alone);
    if !unknown.is_empty() {
        return Verdict::Undetermined(unknown);
    }
    let count = alone.len();
    let all = (0..count).flat_map(|i| (i + 1..count).map(move |j| (i, j)));
    let mut pairs: BTreeSet<(usize, usize)> = all.filter(|&(i, j)| correlation[i][j].abs() > CORRELATED).collect();
    let most = normal.axes().iter().map(|(value, _)| *value).fold(0.0, f64::max);
    for (_, vector) in normal.axes().iter().filter(|(value, _)| value * SINGULAR < most) {
        pairs.extend(blamed(vector));
    }
    if !pairs.is_empty() {
        return Verdict::NotTogether(pairs.into_iter().collect());
    }
    let unknown = wide(among);
    if unknown.is_empty() { Verdict::Determined } else { Verdict::Undetermined(unknown) }
}

/// Pairs among the larger parts of a direction along which predictions hardly change.
fn blamed(direction: &[f64]) -> impl Iterator<Item = (usize, usize)> {
    let mut order: Vec<usize> = (0..direction.len()).collect();
    order.sort_by(|&i, &j| direction[j].abs().total_cmp(&direction[i].abs()));
    // Five equal parts are all small, and one large part leaves small ones: two there must be.
    let large = order.iter().filter(|&&i| direction[i].abs() > PART).count().max(2);
    order.truncate(large);
    order.sort_unstable();
    let others = order.clone();
    order.into_iter().flat_map(move |i| others.clone().into_iter().filter(move |&j| j > i).map(move |j| (i, j)))
}
