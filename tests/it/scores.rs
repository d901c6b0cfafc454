//! Value functions against vectors, and scores of small scenes worked by hand.

use ndarray::array;
use proptest::prelude::*;
use solsite::criterion::{Ramp, Utility, facing};
use solsite::kernels::slope_aspect::FLAT;

use crate::support::{Scene, close, vectors};

#[test]
fn value_functions_match_the_vectors() {
    let fuzzy = &vectors("d_mcda.json")["fuzzy"];
    for case in fuzzy["trapezoid"].as_array().unwrap() {
        let corner = |i: usize| case["abcd"][i].as_f64().unwrap();
        let utility =
            Utility::Trapezoid { zero_below: corner(0), one_from: corner(1), one_to: corner(2), zero_above: corner(3) };
        assert_eq!(utility.of(case["x"].as_f64().unwrap()), case["mu"].as_f64().unwrap());
    }
    for case in fuzzy["cos2_decreasing"].as_array().unwrap() {
        let (best, worst) = (case["a"].as_f64().unwrap(), case["b"].as_f64().unwrap());
        let utility = Utility::Falling { best, worst, shape: Ramp::Cosine };
        assert!((utility.of(case["x"].as_f64().unwrap()) - case["mu"].as_f64().unwrap()).abs() < 1e-9);
    }
    for case in fuzzy["gauss"].as_array().unwrap() {
        let (center, sigma) = (case["c"].as_f64().unwrap(), case["sigma"].as_f64().unwrap());
        let (x, mu) = (case["x"].as_f64().unwrap(), case["mu"].as_f64().unwrap());
        assert!((Utility::Gaussian { center, sigma }.of(x) - mu).abs() < 1e-9);
        assert!((facing(x, 20.0, (center, sigma), 3.0) - mu).abs() < 1e-9);
    }
}

#[test]
fn directions_go_round_and_flat_land_faces_nowhere() {
    let north = |aspect| facing(aspect, 20.0, (0.0, 60.0), 3.0);
    assert_eq!(north(350.0), north(10.0));
    assert_eq!(facing(90.0, 2.9, (180.0, 60.0), 3.0), 1.0);
    assert_eq!(facing(f64::from(FLAT), 0.0, (180.0, 60.0), 0.0), 1.0);
    assert!(facing(f64::NAN, 5.0, (180.0, 60.0), 3.0).is_nan());
}

#[test]
fn far_beyond_a_layers_reach_is_worth_what_the_far_end_is() {
    let near = Utility::Falling { best: 100.0, worst: 5000.0, shape: Ramp::Linear };
    assert_eq!(near.of(f64::INFINITY), 0.0);
    assert_eq!(Utility::Points(vec![[0.0, 1.0], [10.0, 0.25]]).of(f64::INFINITY), 0.25);
    assert_eq!(Utility::Points(vec![[0.0, 1.0], [10.0, 0.25]]).of(4.0), 0.7);
    assert_eq!(Utility::Points(vec![[0.0, 1.0], [10.0, 0.25]]).of(-4.0), 1.0);
}

proptest! {
    #[test]
    fn value_functions_stay_in_range_and_are_monotone(a in -50.0_f64..50.0, width in 0.1_f64..80.0, x in -200.0_f64..200.0, step in 0.0_f64..40.0) {
        for shape in [Ramp::Linear, Ramp::Cosine] {
            let rising = Utility::Rising { worst: a, best: a + width, shape };
            let falling = Utility::Falling { best: a, worst: a + width, shape };
            for utility in [&rising, &falling] {
                prop_assert!((0.0..=1.0).contains(&utility.of(x)));
            }
            prop_assert!(rising.of(x + step) >= rising.of(x) - 1e-12);
            prop_assert!(falling.of(x + step) <= falling.of(x) + 1e-12);
        }
    }
}

#[test]
fn a_score_is_the_weighted_sum_with_weights_normalised() {
    let mut scene = Scene::new(2, 3);
    scene.amounts("a", &array![[0.0, 5.0, 10.0], [20.0, f32::NAN, 10.0]]);
    scene.classes("landcover", &array![[60, 60, 30], [30, 30, 40]]);
    let run = scene.run(
        r#"
[[criterion]]
id = "amount"
layer = "a"
utility = { rising = { worst = 0.0, best = 10.0 } }
weight = 3.0
[[criterion]]
id = "land"
layer = "landcover"
utility = { classes = { bare = 1.0, "30" = 0.5 } }
weight = 1.0
"#,
    );
    let found = run.layer("suitability");
    let expected = array![[0.25, 0.625, 0.875], [0.875, f32::NAN, 0.75]];
    for (found, expected) in found.iter().zip(&expected) {
        assert!(found.is_nan() && expected.is_nan() || (found - expected).abs() < 1e-4, "{found} {expected}");
    }
}

#[test]
fn scores_of_modes_count_only_their_criteria() {
    let mut scene = Scene::new(2, 4);
    scene.amounts("a", &array![[0.0, 4.0, 8.0, 10.0], [0.0, 4.0, 8.0, 10.0]]);
    scene.classes("landcover", &array![[60, 60, 60, 60], [80, 80, 80, 80]]);
    let run = scene.run(
        r#"
[[region_data]]
id = "*"
yield_kwh_per_kwp = { fixed = 1500.0, floating = 1400.0 }
[[mode]]
id = "ground"
[[mode]]
id = "subsidence_floating"
[[criterion]]
id = "dry"
layer = "a"
utility = { rising = { worst = 0.0, best = 10.0 } }
weight = 1.0
modes = ["ground"]
[[criterion]]
id = "all"
layer = "a"
utility = { falling = { best = 0.0, worst = 10.0 } }
weight = 1.0
"#,
    );
    let (ground, floating) = (run.layer("suitability_ground"), run.layer("suitability_subsidence_floating"));
    for (col, expected) in [1.0, 0.6, 0.2, 0.0].into_iter().enumerate() {
        close(f64::from(ground[(0, col)]), 0.5, 1e-4);
        assert!((floating[(1, col)] - expected).abs() < 1e-4);
        // Neither is scored where it may not stand.
        assert!(ground[(1, col)].is_nan() && floating[(0, col)].is_nan());
    }
    // Bits 0 and 1: bare land takes ground only, water takes floating only.
    let modes = run.layer("modes");
    assert_eq!(modes.iter().map(|bits| *bits as u32).collect::<Vec<_>>(), vec![1, 1, 1, 1, 2, 2, 2, 2]);
}
