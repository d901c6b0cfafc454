//! Parameters of a model from what was observed, and whether the observations tell them at all.
//!
//! Above a panel that is small against the radius of influence, one trough looks like another: tan β, the offsets of the inflection
//! points and q make up for each other along a profile. Least squares find numbers all the same. So each fit comes with a verdict,
//! and whoever shows its numbers shows it too.
//!
//! Source: D. W. Marquardt, "An algorithm for least-squares estimation of nonlinear parameters", J. SIAM 11, 1963; standard errors
//! and the column-normalised matrix as in D. M. Bates, D. G. Watts, "Nonlinear Regression Analysis", 1988, sect. 2.2 and 3.

mod normal;
pub mod student;
mod verdict;

use normal::Normal;
pub use verdict::Verdict;

/// The search ends when a full step is shorter than this share of each range.
const SHORTEST_STEP: f64 = 1e-10;
/// Steps after which the search gives up: those that get anywhere need some ten.
const MOST_STEPS: usize = 200;
/// Damping of the first step, as a share of the diagonal, and the factor it rises or falls by, both as in Marquardt's paper.
const FIRST_DAMPING: f64 = 1e-2;
const DAMPING_FACTOR: f64 = 10.0;
/// With this damping a step is lost in rounding: if it lowers nothing, nothing does.
const MOST_DAMPING: f64 = 1e16;
/// Half of the step of differences, as a share of the range: the cube root of the rounding of numbers, where rounding and curvature
/// disturb equally.
const DIFFERENCE: f64 = 6e-6;
/// Predictions that change over the whole range by less than this share of themselves do not depend on a parameter: differences
/// carry rounding of some 10⁻¹⁰.
const UNSEEN: f64 = 1e-8;
/// Confidence of the half widths.
const CONFIDENCE: f64 = 0.95;

/// A parameter that is looked for, in any unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parameter {
    /// Where the search starts; if outside, from the nearer bound.
    pub start: f64,
    /// The lowest value, inclusive.
    pub low: f64,
    /// The highest value, inclusive; above the lowest.
    pub high: f64,
}

/// Values of parameters, and how well they are known. Everything is in the order of the parameters and in their units.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// The values with the least sum of squares near the start.
    pub values: Vec<f64>,
    /// Standard errors, 1 σ, of the model made linear there; infinite for what predictions do not depend on. Bounds are not
    /// considered.
    pub standard_errors: Vec<f64>,
    /// Half widths of the intervals that hold the true value with 95 %, each by itself: standard errors times Student's quantile.
    pub half_widths_95: Vec<f64>,
    /// Correlation of the errors, −1…1, in rows; NaN if there are too few observations.
    pub correlation: Vec<Vec<f64>>,
    /// Root of the mean square of observed minus predicted, in the unit of the observations.
    pub rms_residual: f64,
    /// Observations beyond the number of parameters.
    pub degrees_of_freedom: usize,
    /// Whether a value ended at a bound. Then the bound was found, not the parameter, whatever the verdict: the observations may
    /// want it beyond.
    pub at_bound: Vec<bool>,
    /// Whether the search came to rest: a full step is shorter than 10⁻¹⁰ of the ranges, or no step lowers the sum of squares.
    pub converged: bool,
    /// What the observations tell.
    pub verdict: Verdict,
}

/// Fits parameters to observations of equal weight by damped least squares within bounds.
///
/// - `model`: fills the predictions for all observations, by values of the parameters. It is never asked beyond the bounds. A NaN
///   counts as a bad fit.
///
/// The same input gives the same bits. The search finds the minimum near the start; another one may lie elsewhere.
///
/// Source: see the module; checked against certified values of NIST `StRD`, "Nonlinear Regression".
pub fn fit(parameters: &[Parameter], observed: &[f64], model: &dyn Fn(&[f64], &mut [f64])) -> Fit {
    let problem = Problem { parameters, observed, model };
    let degrees = observed.len().saturating_sub(parameters.len());
    let (at, converged) = if degrees == 0 { (problem.start(), false) } else { problem.search() };
    let squares = square(&problem.residuals(&at));
    let mut fit = Fit {
        values: problem.values(&at),
        standard_errors: vec![f64::INFINITY; at.len()],
        half_widths_95: vec![f64::INFINITY; at.len()],
        correlation: vec![vec![f64::NAN; at.len()]; at.len()],
        rms_residual: (squares / observed.len() as f64).sqrt(),
        degrees_of_freedom: degrees,
        at_bound: at.iter().map(|&at| at <= 0.0 || at >= 1.0).collect(),
        converged,
        verdict: Verdict::TooFew,
    };
    if degrees == 0 {
        return fit;
    }
    let normal = Normal::new(&problem.columns(&at));
    let inverse = normal.inverse();
    let deviation = (squares / degrees as f64).sqrt();
    let quantile = student::two_sided(CONFIDENCE, degrees);
    // Shares of the range, with the others known and with the others sought.
    let alone: Vec<f64> = normal.norms().iter().map(|norm| quantile * deviation / norm).collect();
    let among: Vec<f64> = (0..at.len()).map(|i| alone[i] * inverse[i][i].sqrt()).collect();
    for (i, parameter) in parameters.iter().enumerate().filter(|(i, _)| normal.norms()[*i] > 0.0) {
        fit.half_widths_95[i] = among[i] * (parameter.high - parameter.low);
        fit.standard_errors[i] = fit.half_widths_95[i] / quantile;
    }
    let correlation = |i: usize, j: usize| inverse[i][j] / (inverse[i][i] * inverse[j][j]).sqrt();
    fit.correlation = (0..at.len()).map(|i| (0..at.len()).map(|j| correlation(i, j)).collect()).collect();
    fit.verdict = match verdict::judge(&alone, &among, &fit.correlation, &normal) {
        Verdict::Determined | Verdict::Undetermined(_) if !converged => Verdict::Undetermined((0..at.len()).collect()),
        verdict => verdict,
    };
    fit
}

/// What to fit, with parameters as shares of their ranges.
struct Problem<'a> {
    parameters: &'a [Parameter],
    observed: &'a [f64],
    model: &'a dyn Fn(&[f64], &mut [f64]),
}

impl Problem<'_> {
    fn start(&self) -> Vec<f64> {
        let share = |of: &Parameter| {
            let range = of.high - of.low;
            if range > 0.0 { ((of.start - of.low) / range).clamp(0.0, 1.0) } else { 0.0 }
        };
        self.parameters.iter().map(share).collect()
    }

    /// Values by shares: the bounds themselves at 0 and 1.
    fn values(&self, at: &[f64]) -> Vec<f64> {
        let value = |(of, at): (&Parameter, &f64)| (of.low * (1.0 - at) + of.high * at).max(of.low).min(of.high);
        self.parameters.iter().zip(at).map(value).collect()
    }

    fn predictions(&self, at: &[f64]) -> Vec<f64> {
        let mut predicted = vec![0.0; self.observed.len()];
        (self.model)(&self.values(at), &mut predicted);
        predicted
    }

    /// Observed minus predicted.
    fn residuals(&self, at: &[f64]) -> Vec<f64> {
        self.observed.iter().zip(self.predictions(at)).map(|(observed, predicted)| observed - predicted).collect()
    }

    /// How predictions rise with each parameter, over its range: differences about a point that keeps them within the bounds.
    fn columns(&self, at: &[f64]) -> Vec<Vec<f64>> {
        let column = |i: usize| {
            let beside = |difference: f64| {
                let mut beside = at.to_vec();
                beside[i] = at[i].clamp(DIFFERENCE, 1.0 - DIFFERENCE) + difference;
                self.predictions(&beside)
            };
            let (behind, ahead) = (beside(-DIFFERENCE), beside(DIFFERENCE));
            let rise: Vec<f64> = behind.iter().zip(&ahead).map(|(a, b)| (b - a) / (2.0 * DIFFERENCE)).collect();
            if square(&rise) <= UNSEEN * UNSEEN * square(&ahead) { vec![0.0; rise.len()] } else { rise }
        };
        (0..at.len()).map(column).collect()
    }

    /// The least sum of squares, and whether the search came to rest there.
    fn search(&self) -> (Vec<f64>, bool) {
        let mut at = self.start();
        let mut residuals = self.residuals(&at);
        let mut damping = FIRST_DAMPING;
        for _ in 0..MOST_STEPS {
            let mut columns = self.columns(&at);
            let mut wishes: Vec<f64> = columns.iter().map(|column| dot(column, &residuals)).collect();
            // What wants out through its bound stays there.
            for ((column, wish), at) in columns.iter_mut().zip(&mut wishes).zip(&at) {
                if (*at <= 0.0 && *wish < 0.0) || (*at >= 1.0 && *wish > 0.0) {
                    column.fill(0.0);
                    *wish = 0.0;
                }
            }
            let normal = Normal::new(&columns);
            let full = normal.step(&wishes, 0.0);
            if full.iter().any(|step| !step.is_finite()) {
                return (at, false);
            }
            if full.iter().all(|step| step.abs() <= SHORTEST_STEP) {
                return (at, true);
            }
            loop {
                let step = normal.step(&wishes, damping);
                let next: Vec<f64> = at.iter().zip(step).map(|(at, step)| (at + step).clamp(0.0, 1.0)).collect();
                let left = self.residuals(&next);
                if square(&left) < square(&residuals) {
                    (at, residuals) = (next, left);
                    damping /= DAMPING_FACTOR;
                    break;
                }
                damping *= DAMPING_FACTOR;
                if damping > MOST_DAMPING {
                    return (at, true);
                }
            }
        }
        (at, false)
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn square(of: &[f64]) -> f64 {
    dot(of, of)
}
