//! Fits against certified values, closed forms and troughs whose parameters are known; and what they refuse to tell.

use solsite::subsidence::fit::{Fit, Parameter, Verdict, fit, student};
use solsite::subsidence::outline::Outline;
use solsite::subsidence::trough::{Influence, Trough};

fn near(found: f64, expected: f64, within: f64, what: &str) {
    assert!((found - expected).abs() <= within, "{what}: {found} instead of {expected}");
}

fn same(found: f64, expected: f64, relative: f64, what: &str) {
    near(found, expected, relative * expected.abs(), what);
}

fn parameter(start: f64, low: f64, high: f64) -> Parameter {
    Parameter { start, low, high }
}

/// A model of one variable.
fn along<'a>(xs: &'a [f64], of: impl Fn(&[f64], f64) -> f64 + 'a) -> impl Fn(&[f64], &mut [f64]) + 'a {
    move |values, predicted| {
        for (predicted, &x) in predicted.iter_mut().zip(xs) {
            *predicted = of(values, x);
        }
    }
}

/// Noise of standard deviation 1: sums of twelve numbers of splitmix64, by S. Vigna, 2015.
fn noise(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed;
    let mut uniform = move || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    };
    move || (0..12).map(|_| uniform()).sum::<f64>() - 6.0
}

/// Observations of NIST `StRD` "Nonlinear Regression", which are in the public domain, with what was certified.
struct Certified {
    name: &'static str,
    rows: &'static [(f64, f64)],
    of: fn(&[f64], f64) -> f64,
    ranges: &'static [(f64, f64)],
    starts: &'static [&'static [f64]],
    values: &'static [f64],
    errors: &'static [f64],
    squares: f64,
}

const MISRA: Certified = Certified {
    name: "Misra1a",
    rows: &[
        (77.6, 10.07),
        (114.9, 14.73),
        (141.1, 17.94),
        (190.8, 23.93),
        (239.9, 29.61),
        (289.0, 35.18),
        (332.8, 40.02),
        (378.4, 44.82),
        (434.8, 50.76),
        (477.3, 55.05),
        (536.8, 61.01),
        (593.1, 66.40),
        (689.1, 75.47),
        (760.0, 81.78),
    ],
    of: |b, x| b[0] * (1.0 - (-b[1] * x).exp()),
    ranges: &[(0.0, 1000.0), (0.0, 0.01)],
    starts: &[&[500.0, 0.0001], &[250.0, 0.0005]],
    values: &[2.389_421_291_8e2, 5.501_564_318_1e-4],
    errors: &[2.707_007_524_1, 7.266_868_843_6e-6],
    squares: 1.245_513_889_4e-1,
};

const RATKOWSKY_2: Certified = Certified {
    name: "Rat42",
    rows: &[
        (9.0, 8.93),
        (14.0, 10.80),
        (21.0, 18.59),
        (28.0, 22.33),
        (42.0, 39.35),
        (57.0, 56.11),
        (63.0, 61.73),
        (70.0, 64.62),
        (79.0, 67.08),
    ],
    of: |b, x| b[0] / (1.0 + (b[1] - b[2] * x).exp()),
    ranges: &[(0.0, 200.0), (0.0, 10.0), (0.0, 1.0)],
    starts: &[&[100.0, 1.0, 0.1], &[75.0, 2.5, 0.07]],
    values: &[7.246_223_757_6e1, 2.618_076_840_2, 6.735_920_006_6e-2],
    errors: &[1.734_028_340_1, 8.829_521_753_6e-2, 3.446_566_337_7e-3],
    squares: 8.056_522_933_8,
};

const RATKOWSKY_3: Certified = Certified {
    name: "Rat43",
    rows: &[
        (1.0, 16.08),
        (2.0, 33.83),
        (3.0, 65.80),
        (4.0, 97.20),
        (5.0, 191.55),
        (6.0, 326.20),
        (7.0, 386.87),
        (8.0, 520.53),
        (9.0, 590.03),
        (10.0, 651.92),
        (11.0, 724.93),
        (12.0, 699.56),
        (13.0, 689.96),
        (14.0, 637.56),
        (15.0, 717.41),
    ],
    of: |b, x| b[0] / (1.0 + (b[1] - b[2] * x).exp()).powf(1.0 / b[3]),
    ranges: &[(0.0, 2000.0), (0.0, 20.0), (0.0, 5.0), (0.05, 10.0)],
    starts: &[&[100.0, 10.0, 1.0, 1.0], &[700.0, 5.0, 0.75, 1.3]],
    values: &[6.996_415_127_0e2, 5.277_125_302_5, 7.596_293_832_9e-1, 1.279_248_385_9],
    errors: &[1.630_229_781_7e1, 2.082_873_582_9, 1.956_612_345_1e-1, 6.876_193_638_5e-1],
    squares: 8.786_404_908_0e3,
};

const KOWALIK_OSBORNE: Certified = Certified {
    name: "MGH09",
    rows: &[
        (4.0, 0.1957),
        (2.0, 0.1947),
        (1.0, 0.1735),
        (0.5, 0.1600),
        (0.25, 0.0844),
        (0.167, 0.0627),
        (0.125, 0.0456),
        (0.1, 0.0342),
        (0.0833, 0.0323),
        (0.0714, 0.0235),
        (0.0625, 0.0246),
    ],
    of: |b, x| b[0] * (x * x + x * b[1]) / (x * x + x * b[2] + b[3]),
    ranges: &[(0.0, 1.0), (0.0, 1.0), (0.0, 1.0), (0.0, 1.0)],
    starts: &[&[0.25, 0.39, 0.415, 0.39]],
    values: &[1.928_069_345_8e-1, 1.912_823_287_3e-1, 1.230_565_069_3e-1, 1.360_623_306_8e-1],
    errors: &[1.143_531_222_7e-2, 1.963_322_091_1e-1, 8.084_203_123_2e-2, 9.002_554_230_8e-2],
    squares: 3.075_056_038_5e-4,
};

impl Certified {
    fn fit(&self, start: &[f64], ranges: &[(f64, f64)]) -> Fit {
        let (xs, observed): (Vec<f64>, Vec<f64>) = self.rows.iter().copied().unzip();
        let parameters: Vec<Parameter> =
            start.iter().zip(ranges).map(|(&start, &(low, high))| parameter(start, low, high)).collect();
        fit(&parameters, &observed, &along(&xs, self.of))
    }
}

#[test]
fn certified_values_are_found_from_near_and_far() {
    for of in [MISRA, RATKOWSKY_2, RATKOWSKY_3, KOWALIK_OSBORNE] {
        for start in of.starts {
            let found = of.fit(start, of.ranges);
            assert!(found.converged, "{} from {start:?}: {found:?}", of.name);
            let degrees = of.rows.len() - of.values.len();
            assert_eq!(found.degrees_of_freedom, degrees);
            same(found.rms_residual.powi(2) * of.rows.len() as f64, of.squares, 1e-9, of.name);
            for (i, (value, error)) in of.values.iter().zip(of.errors).enumerate() {
                same(found.values[i], *value, 1e-7, of.name);
                same(found.standard_errors[i], *error, 1e-6, of.name);
                same(found.half_widths_95[i], *error * student::two_sided(0.95, degrees), 1e-6, of.name);
            }
        }
    }
}

#[test]
fn at_a_bound_the_others_are_the_best_there() {
    // b1 of Misra1a held at 220 by its bound: scipy 1.17, minimize_scalar of the sum of squares over b2.
    let found = MISRA.fit(&[100.0, 0.0005], &[(0.0, 220.0), (0.0, 0.01)]);
    assert!(found.converged);
    assert_eq!((found.values[0], &found.at_bound[..]), (220.0, &[true, false][..]));
    same(found.values[1], 6.061_156_487e-4, 1e-7, "b2");
    same(found.rms_residual.powi(2) * 14.0, 0.735_290_193_984, 1e-9, "squares");
}

#[test]
fn the_model_is_never_asked_beyond_the_bounds() {
    let xs: Vec<f64> = (0..12).map(f64::from).collect();
    let of = |values: &[f64], x: f64| {
        assert!((-1.0..=1.0).contains(&values[0]) && (0.1..=0.7).contains(&values[1]), "{values:?}");
        values[0] * x + (values[1] * x).sqrt()
    };
    let observed: Vec<f64> = xs.iter().map(|x| 1.5 * x + (0.01 * x).sqrt()).collect();
    for start in [-1.0, 0.0, 1.0, -1e9] {
        let sought = [parameter(start, -1.0, 1.0), parameter(1e9, 0.1, 0.7)];
        let found = fit(&sought, &observed, &along(&xs, of));
        assert!(found.converged);
        assert_eq!((&found.values[..], &found.at_bound[..]), (&[1.0, 0.7][..], &[true, true][..]));
    }
}

#[test]
fn a_line_has_the_errors_of_the_textbook() {
    // N. R. Draper, H. Smith, "Applied Regression Analysis", sect. 1.4: variances of intercept and slope.
    let line = |values: &[f64], x: f64| values[0] + values[1] * x;
    let sought = [parameter(0.0, -50.0, 50.0), parameter(0.0, -5.0, 5.0)];
    for (first, together) in [(-3.0, true), (100.0, false)] {
        let xs: Vec<f64> = (0..10).map(|i| first + f64::from(i)).collect();
        let observed: Vec<f64> =
            xs.iter().enumerate().map(|(i, x)| 2.0 + 0.5 * x + [0.02, -0.05, 0.03][i % 3]).collect();
        let found = fit(&sought, &observed, &along(&xs, line));
        let mean = |of: &[f64]| of.iter().sum::<f64>() / 10.0;
        let (x, y) = (mean(&xs), mean(&observed));
        let spread: f64 = xs.iter().map(|at| (at - x).powi(2)).sum();
        let slope = xs.iter().zip(&observed).map(|(at, seen)| (at - x) * (seen - y)).sum::<f64>() / spread;
        let left: f64 =
            xs.iter().zip(&observed).map(|(at, seen)| (seen - y - slope * (at - x)).powi(2)).sum::<f64>() / 8.0;
        near(found.values[0], y - slope * x, 1e-8, "intercept");
        near(found.values[1], slope, 1e-8, "slope");
        same(found.standard_errors[0], (left * (0.1 + x * x / spread)).sqrt(), 1e-6, "error of the intercept");
        same(found.standard_errors[1], (left / spread).sqrt(), 1e-6, "error of the slope");
        near(found.correlation[0][1], -x / (x * x + spread / 10.0).sqrt(), 1e-6, "correlation");
        assert_eq!((found.correlation[1][0], found.degrees_of_freedom), (found.correlation[0][1], 8));
        near(found.correlation[0][0], 1.0, 1e-12, "correlation with itself");
        // Far from the origin the intercept is the slope's.
        let expected = if together { Verdict::Determined } else { Verdict::NotTogether(vec![(0, 1)]) };
        assert_eq!(found.verdict, expected);
    }
}

#[test]
fn five_waves_do_not_disturb_each_other() {
    // Cosines at middles of twelve intervals are orthogonal, each with the square sum 6.
    let xs: Vec<f64> = (0..12).map(|i| (f64::from(i) + 0.5) * std::f64::consts::PI / 12.0).collect();
    let waves = |values: &[f64], x: f64| values.iter().enumerate().map(|(k, a)| a * ((k + 1) as f64 * x).cos()).sum();
    let heights = [0.3, -1.2, 0.0, 2.5, -0.7];
    // The residual is a wave of its own, with the mean square ½.
    let observed: Vec<f64> = xs.iter().map(|&x| 0.01 * (7.0 * x).cos() + waves(&heights, x)).collect();
    let found = fit(&[parameter(0.1, -3.0, 3.0); 5], &observed, &along(&xs, waves));
    same(found.rms_residual, 0.01 / 2.0_f64.sqrt(), 1e-9, "residual");
    for (i, height) in heights.iter().enumerate() {
        near(found.values[i], *height, 1e-9, "height");
        same(found.standard_errors[i], 0.01 / 7.0_f64.sqrt(), 1e-6, "error");
        for (j, correlation) in found.correlation[i].iter().enumerate() {
            near(*correlation, f64::from(u8::from(i == j)), 1e-8, "correlation");
        }
    }
    assert_eq!(found.verdict, Verdict::Determined);
    assert_eq!(found, fit(&[parameter(0.1, -3.0, 3.0); 5], &observed, &along(&xs, waves)));
}

const DEPTH_M: f64 = 300.0;
const HEIGHT_M: f64 = 2.0;
const LENGTH_M: f64 = 1000.0;

/// Subsidence along a line across the middle of a panel, by q, tan β, and the offset of the inflection points [m].
fn profile(width_m: f64, xs: &[f64]) -> impl Fn(&[f64], &mut [f64]) {
    move |values, predicted| {
        let influence = Influence {
            full_subsidence_m: HEIGHT_M * values[0],
            radius_m: DEPTH_M / values[1],
            displacement_factor: 0.3,
        };
        let (low, east, north) = (values[2], width_m - values[2], LENGTH_M - values[2]);
        let trough =
            Trough::new(&Outline::polygon(&[(low, low), (east, low), (east, north), (low, north)], &[]), influence);
        for (predicted, &x) in predicted.iter_mut().zip(xs) {
            *predicted = trough.at(x, LENGTH_M / 2.0).subsidence_m;
        }
    }
}

fn sought(furthest_m: f64) -> [Parameter; 3] {
    [parameter(0.6, 0.1, 1.0), parameter(1.5, 1.0, 4.0), parameter(0.0, -furthest_m, furthest_m)]
}

fn observed(model: &impl Fn(&[f64], &mut [f64]), truth: &[f64], count: usize, error_m: f64, seed: u64) -> Vec<f64> {
    let mut seen = vec![0.0; count];
    model(truth, &mut seen);
    let mut noise = noise(seed);
    seen.into_iter().map(|seen| seen + error_m * noise()).collect()
}

#[test]
fn a_wide_panel_gives_its_parameters_away() {
    // Six radii wide.
    let (truth, xs) = ([0.75, 2.0, 30.0], (0..31).map(|i| -300.0 + 25.0 * f64::from(i)).collect::<Vec<f64>>());
    let model = profile(900.0, &xs);
    let exact = fit(&sought(100.0), &observed(&model, &truth, 31, 0.0, 0), &model);
    assert!(exact.converged);
    assert_eq!((&exact.verdict, &exact.at_bound[..]), (&Verdict::Determined, &[false; 3][..]));
    for (found, truth) in exact.values.iter().zip(truth) {
        near(*found, truth, 1e-6, "without noise");
    }
    // With noise of 5 mm, 95 of 100 intervals hold the truth, give or take 2.2 (1 σ of the binomial).
    let mut held = [0; 3];
    for seed in 0..100 {
        let found = fit(&sought(100.0), &observed(&model, &truth, 31, 0.005, seed), &model);
        assert!(found.converged && found.verdict == Verdict::Determined, "{found:?}");
        assert!((0.0025..0.0075).contains(&found.rms_residual));
        for i in 0..3 {
            held[i] += usize::from((found.values[i] - truth[i]).abs() <= found.half_widths_95[i]);
        }
    }
    assert!(held.iter().all(|held| (88..=100).contains(held)), "{held:?}");
}

#[test]
fn a_narrow_panel_does_not_tell_its_parameters_apart() {
    // 0.3 radii wide, seen near its middle; with noise of levelling, of a millimetre, of centimetres, and with none.
    let (truth, xs) = ([0.75, 2.0, 5.0], (0..14).map(|i| -10.0 + 5.0 * f64::from(i)).collect::<Vec<f64>>());
    let model = profile(45.0, &xs);
    for (seed, error_m) in [0.0, 1e-4, 1e-3, 2e-2].into_iter().enumerate() {
        let found = fit(&sought(20.0), &observed(&model, &truth, 14, error_m, seed as u64), &model);
        assert_eq!(found.verdict, Verdict::NotTogether(vec![(0, 1), (0, 2), (1, 2)]), "{error_m}: {found:?}");
    }
    // A line that reaches the rim helps little: q and the offset make up for each other.
    let xs: Vec<f64> = (0..40).map(|i| -250.0 + 14.0 * f64::from(i)).collect();
    let model = profile(45.0, &xs);
    let found = fit(&sought(20.0), &observed(&model, &truth, 40, 1e-3, 1), &model);
    assert!(matches!(&found.verdict, Verdict::NotTogether(pairs) if pairs.contains(&(0, 2))), "{found:?}");
    // With the others known, q is.
    let alone = |values: &[f64], predicted: &mut [f64]| model(&[values[0], truth[1], truth[2]], predicted);
    let found = fit(&sought(20.0)[..1], &observed(&model, &truth, 40, 1e-3, 1), &alone);
    assert_eq!(found.verdict, Verdict::Determined);
    near(found.values[0], truth[0], 2.0 * found.half_widths_95[0], "q");
}

#[test]
fn what_observations_do_not_depend_on_is_undetermined() {
    let xs: Vec<f64> = (0..10).map(f64::from).collect();
    let observed: Vec<f64> = xs.iter().map(|x| 3.0 * x + 0.1 * (x * x).sin()).collect();
    let found =
        fit(&[parameter(1.0, 0.0, 9.0), parameter(0.4, 0.0, 1.0)], &observed, &along(&xs, |values, x| values[0] * x));
    assert!(found.converged);
    assert_eq!((found.verdict, found.values[1]), (Verdict::Undetermined(vec![1]), 0.4));
    assert!(found.standard_errors[1].is_infinite() && found.half_widths_95[1].is_infinite());
    near(found.values[0], 3.0, found.half_widths_95[0], "the other");
    // A range without extent, too.
    let found =
        fit(&[parameter(1.0, 0.0, 9.0), parameter(2.0, 2.0, 2.0)], &observed, &along(&xs, |values, x| values[0] * x));
    assert_eq!((found.verdict, found.values[1]), (Verdict::Undetermined(vec![1]), 2.0));
}

#[test]
fn an_interval_as_wide_as_the_range_is_undetermined() {
    let xs: Vec<f64> = (0..6).map(|i| f64::from(i) - 2.5).collect();
    let observed: Vec<f64> = xs.iter().enumerate().map(|(i, x)| 1.0 + 0.2 * x + [0.5, -0.5, 0.0][i % 3]).collect();
    let line = |values: &[f64], x: f64| values[0] + values[1] * x;
    let of = |half_range: f64| {
        let slope = parameter(0.2, 0.2 - half_range, 0.2 + half_range);
        fit(&[parameter(0.0, -10.0, 10.0), slope], &observed, &along(&xs, line))
    };
    let width = of(10.0).half_widths_95[1];
    assert_eq!(of(width * 1.01).verdict, Verdict::Determined);
    assert_eq!(of(width * 0.99).verdict, Verdict::Undetermined(vec![1]));
}

#[test]
fn four_of_one_kind_are_not_told_apart() {
    // Errors of any two are correlated by −⅓ only: it is the condition that says it.
    let xs: Vec<f64> = (0..10).map(f64::from).collect();
    let observed: Vec<f64> = xs.iter().map(|x| 1.0 + 3.0 * x + 0.1 * (x * x).sin()).collect();
    let model = along(&xs, |values, x| values[4] + x * values[..4].iter().sum::<f64>());
    let found = fit(&[parameter(0.5, -9.0, 9.0); 5], &observed, &model);
    assert!(found.correlation[0][1].abs() < 0.9);
    let Verdict::NotTogether(pairs) = found.verdict else { panic!("{found:?}") };
    assert!((0..4).all(|i| pairs.iter().any(|&(a, b)| a == i || b == i)), "{pairs:?}");
    assert!(pairs.iter().all(|&(a, b)| a < b && b < 4), "{pairs:?}");
}

#[test]
fn with_too_few_observations_nothing_is_told() {
    let line = |values: &[f64], x: f64| values[0] + values[1] * x;
    let sought = [parameter(0.5, -9.0, 9.0), parameter(7.0, -5.0, 5.0)];
    for count in 0..=2 {
        let xs: Vec<f64> = (0..count).map(f64::from).collect();
        let found = fit(&sought, &xs, &along(&xs, line));
        assert_eq!((found.verdict, found.degrees_of_freedom), (Verdict::TooFew, 0));
        assert_eq!(found.values, [0.5, 5.0]);
        assert!(!found.converged && found.half_widths_95.iter().all(|width| width.is_infinite()));
    }
}

#[test]
fn where_the_model_knows_nothing_the_search_turns_back() {
    let xs: Vec<f64> = (0..10).map(f64::from).collect();
    let observed: Vec<f64> = xs.iter().map(|x| (9.3 - x).sqrt()).collect();
    let found = fit(&[parameter(60.0, 0.0, 100.0)], &observed, &along(&xs, |values, x| (values[0] - x).sqrt()));
    assert!(found.converged);
    near(found.values[0], 9.3, 1e-8, "root");
    // From where it knows nothing, or nothing beside it, there is no way out.
    for start in [3.0, 9.0] {
        let lost = fit(&[parameter(start, 0.0, 100.0)], &observed, &along(&xs, |values, x| (values[0] - x).sqrt()));
        assert_eq!((lost.converged, lost.verdict), (false, Verdict::Undetermined(vec![0])));
        assert_eq!((lost.values[0], lost.standard_errors[0]), (start, f64::INFINITY));
    }
}

#[test]
fn quantiles_are_those_of_the_tables() {
    // scipy 1.17: [(d, t.ppf(.975, d), t.ppf(.995, d)) for d in (…)].
    for (degrees, at_95, at_99) in [
        (1, 12.706_204_736_17, 63.656_741_162_87),
        (2, 4.302_652_729_749, 9.924_843_200_918),
        (3, 3.182_446_305_284, 5.840_909_309_733),
        (4, 2.776_445_105_198, 4.604_094_871_350),
        (5, 2.570_581_835_636, 4.032_142_983_555),
        (7, 2.364_624_251_593, 3.499_483_297_350),
        (10, 2.228_138_851_986, 3.169_272_672_617),
        (12, 2.178_812_829_667, 3.054_539_589_393),
        (29, 2.045_229_642_133, 2.756_385_903_671),
        (30, 2.042_272_456_301, 2.749_995_653_567),
        (120, 1.979_930_405_082, 2.617_421_145_107),
        (1000, 1.962_339_080_826, 2.580_754_698_066),
        (100_000, 1.959_987_707_535, 2.575_878_469_908),
    ] {
        same(student::two_sided(0.95, degrees), at_95, 1e-11, "95 %");
        same(student::two_sided(0.99, degrees), at_99, 1e-11, "99 %");
    }
}
