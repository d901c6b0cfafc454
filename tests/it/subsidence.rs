//! The probability-integral method against its vectors, quadrature, and what must hold of every trough.

use std::f64::consts::PI;

use proptest::prelude::*;
use serde_json::Value;
use solsite::subsidence::damage::{Limits, grade, worst};
use solsite::subsidence::deformation::{Deformation, Tensor};
use solsite::subsidence::insar::{Track, east_and_up};
use solsite::subsidence::outline::Outline;
use solsite::subsidence::panel::Form;
use solsite::subsidence::rectangle::{Rectangle, computed_width_m};
use solsite::subsidence::time::{Course, duration_days};
use solsite::subsidence::trough::{Influence, Trough};

use crate::support::vectors;

fn file() -> Value {
    vectors("a_subsidence.json")
}

fn number(of: &Value, key: &str) -> f64 {
    of[key].as_f64().unwrap_or_else(|| panic!("{key} in {of}"))
}

fn list(of: &Value) -> &Vec<Value> {
    of.as_array().unwrap()
}

fn near(found: f64, expected: f64, within: f64, what: &str) {
    assert!((found - expected).abs() <= within, "{what}: {found} instead of {expected}");
}

/// Holds a state against the parts of one in a file, which has 12 digits.
fn same(found: &Deformation, expected: &Value) {
    let Tensor { xx, yy, xy } = found.strain;
    for (key, value) in [
        ("W", found.subsidence_m),
        ("ix", found.tilt[0]),
        ("iy", found.tilt[1]),
        ("kxx", found.curvature_per_m.xx),
        ("kyy", found.curvature_per_m.yy),
        ("kxy", found.curvature_per_m.xy),
        ("ux", found.displacement_m[0]),
        ("uy", found.displacement_m[1]),
        ("exx", xx),
        ("eyy", yy),
        ("gxy", 2.0 * xy),
    ] {
        near(value, number(expected, key), if key == "W" { 1e-9 } else { 1e-10 }, key);
    }
}

/// West, south, east and north of where a level panel is felt.
fn bounds(outline: &Outline, influence: Influence) -> [f64; 4] {
    let form = Form::Level { outline: outline.clone(), radius_m: influence.radius_m, lean: [0.0; 2] };
    let reach = form.reach().unwrap();
    [reach.x_min, reach.y_min, reach.x_max, reach.y_max]
}

fn rectangle_ring(length: f64, width: f64) -> Vec<(f64, f64)> {
    vec![(0.0, 0.0), (length, 0.0), (length, width), (0.0, width)]
}

#[test]
fn a_level_rectangle_is_the_same_in_closed_form_and_along_its_edges() {
    let file = file();
    let inputs = &file["level_rect"]["inputs"];
    let [full, r, length, width, b] = ["W0", "r", "l", "L", "b"].map(|key| number(inputs, key));
    let closed = Rectangle {
        full_subsidence_m: full,
        displacement_factor: b,
        radii_m: [r; 3],
        size_m: (length, width),
        theta0_deg: 90.0,
    };
    let influence = Influence { full_subsidence_m: full, radius_m: r, displacement_factor: b };
    let trough = Trough::new(&Outline::polygon(&rectangle_ring(length, width), &[]), influence);
    for case in list(&file["level_rect"]["cases"]) {
        let (x, y) = (number(case, "x"), number(case, "y"));
        for state in [closed.at(x, y), trough.at(x, y)] {
            same(&state, case);
            near(state.tilt_max(), number(case, "tilt_max"), 1e-10, "tilt_max");
            near(state.strain.principal().0, number(case, "eps1"), 1e-10, "eps1");
            near(state.strain.principal().1, number(case, "eps2"), 1e-10, "eps2");
            near(state.curvature_per_m.principal().0, number(case, "k1"), 1e-12, "k1");
            near(state.curvature_per_m.principal().1, number(case, "k2"), 1e-12, "k2");
        }
    }
}

#[test]
fn eight_nodes_a_radius_are_as_exact_as_the_vectors_say() {
    let exact = number(&vectors("checks.json")["quadrature"]["n8_seg1.0r"], "W");
    let influence = Influence { full_subsidence_m: 2.25, radius_m: 200.0, displacement_factor: 0.3 };
    let trough = Trough::new(&Outline::polygon(&rectangle_ring(600.0, 250.0), &[]), influence);
    let closed = Rectangle {
        full_subsidence_m: 2.25,
        displacement_factor: 0.3,
        radii_m: [200.0; 3],
        size_m: (600.0, 250.0),
        theta0_deg: 90.0,
    };
    let points = (0..60).flat_map(|i| (0..40).map(move |j| (f64::from(i) * 17.0 - 200.0, f64::from(j) * 17.0 - 200.0)));
    let off = points.map(|(x, y)| (trough.at(x, y).subsidence_m - closed.at(x, y).subsidence_m).abs());
    let most = off.fold(0.0, f64::max);
    assert!(most <= 2.0 * exact, "{most} m; the vectors have {exact} m");
}

#[test]
fn an_inclined_rectangle_leans_down_the_dip() {
    let file = file();
    let (inputs, derived) = (&file["inclined_rect"]["inputs"], &file["inclined_rect"]["derived"]);
    let of = |key: &str| number(inputs, key);
    let depth_m = f64::midpoint(of("H1"), of("H2"));
    let panel = Rectangle {
        full_subsidence_m: of("m") * of("q") * of("alpha").to_radians().cos(),
        displacement_factor: of("b"),
        radii_m: [depth_m / of("tan_beta"), of("H1") / of("tan_beta1"), of("H2") / of("tan_beta2")],
        size_m: (
            of("D3") - of("s3") - of("s4"),
            computed_width_m(of("D1") - of("s1") - of("s2"), of("theta0"), of("alpha")),
        ),
        theta0_deg: of("theta0"),
    };
    near(panel.size_m.1, number(derived, "L"), 1e-6, "L");
    near(panel.radii_m[0], number(derived, "rx"), 1e-6, "rx");
    for case in list(&file["inclined_rect"]["cases"]) {
        // The points of the file have six digits.
        let state = panel.at(number(case, "x"), number(case, "y"));
        near(state.subsidence_m, number(case, "W"), 1e-7, "W");
        near(state.displacement_m[1], number(case, "uy"), 1e-7, "uy");
        near(state.strain.yy, number(case, "eyy"), 1e-9, "eyy");
        near(2.0 * state.strain.xy, number(case, "gxy"), 1e-9, "gxy");
    }
}

#[test]
fn troughs_of_several_panels_add_up_before_principal_values() {
    let file = file();
    let polygons = &file["polygons"];
    let ring = |key: &str| -> Vec<(f64, f64)> {
        list(&polygons[key]).iter().map(|at| (at[0].as_f64().unwrap(), at[1].as_f64().unwrap())).collect()
    };
    let influence = |of: &Value| Influence {
        full_subsidence_m: number(of, "W0"),
        radius_m: number(of, "r"),
        displacement_factor: number(of, "b"),
    };
    // Clockwise, as shapefiles have it: the direction does not matter.
    let backwards: Vec<(f64, f64)> = ring("L_shape").into_iter().rev().collect();
    let panels = [
        Trough::new(&Outline::polygon(&backwards, &[]), influence(&polygons["L_params"])),
        Trough::new(&Outline::polygon(&ring("triangle"), &[]), influence(&polygons["tri_params"])),
    ];
    for case in list(&polygons["cases"]) {
        let (x, y) = (number(case, "x"), number(case, "y"));
        near(panels[0].at(x, y).subsidence_m, number(case, "W_L"), 1e-9, "W_L");
        let sum: Deformation = panels.iter().map(|panel| panel.at(x, y)).sum();
        same(&sum, &case["sum"]);
        near(sum.strain.principal().0, number(case, "eps1"), 1e-10, "eps1");
        near(sum.strain.principal().1, number(case, "eps2"), 1e-10, "eps2");
    }
}

#[test]
fn over_an_endless_edge_extremes_are_those_of_the_textbook() {
    let file = file();
    let of = &file["semi_infinite"];
    let influence =
        Influence { full_subsidence_m: number(of, "W0"), radius_m: number(of, "r"), displacement_factor: 0.3 };
    let far = 50.0 * influence.radius_m;
    let trough = Trough::new(&Outline::polygon(&[(0.0, -far), (far, -far), (far, far), (0.0, far)], &[]), influence);
    for row in list(&of["profile"]) {
        let state = trough.at(number(row, "x_over_r") * influence.radius_m, 0.0);
        near(state.subsidence_m / influence.full_subsidence_m, number(row, "W_over_W0"), 1e-9, "W");
        near(state.tilt[0] / number(of, "i_max"), number(row, "i_over_imax"), 1e-8, "tilt");
    }
    near(trough.at(0.0, 0.0).displacement_m[0], number(of, "U_max"), 1e-9, "U");
    near(trough.at(-number(of, "x_Kmax"), 0.0).strain.xx, number(of, "eps_max"), 1e-9, "strain");
    near(trough.at(-number(of, "x_Kmax"), 0.0).curvature_per_m.xx, number(of, "K_max"), 1e-12, "curvature");
}

/// The kernel over the inside of some rings, by the even-odd rule: strips along y by the rule of midpoints, each exact along x.
fn by_quadrature(rings: &[Vec<(f64, f64)>], r: f64, (x, y): (f64, f64), step: f64) -> f64 {
    let reach = (3.2 * r / step) as i32;
    let strip = |n: i32| {
        let v = (f64::from(n) + 0.5) * step;
        let edges = rings.iter().flat_map(|ring| ring.iter().zip(ring.iter().cycle().skip(1)));
        let crossed = edges.filter(|(a, b)| (a.1 > y + v) != (b.1 > y + v));
        let mut crossings: Vec<f64> =
            crossed.map(|(a, b)| a.0 + (y + v - a.1) / (b.1 - a.1) * (b.0 - a.0) - x).collect();
        crossings.sort_by(f64::total_cmp);
        let to = |u: f64| 0.5 * libm::erf(PI.sqrt() * u / r);
        let inside: f64 = crossings.chunks(2).map(|ends| to(ends[1]) - to(ends[0])).sum();
        inside * (-PI * v * v / (r * r)).exp()
    };
    (-reach..reach).map(strip).sum::<f64>() * step / r
}

#[test]
fn turned_concave_panels_with_holes_agree_with_quadrature() {
    let turn = |ring: &[(f64, f64)]| -> Vec<(f64, f64)> {
        let (sin, cos) = 0.7_f64.sin_cos();
        ring.iter().map(|(x, y)| (5e5 + x * cos - y * sin, 4e6 + x * sin + y * cos)).collect()
    };
    let star =
        [(0.0, 0.0), (400.0, 120.0), (800.0, 0.0), (560.0, 300.0), (700.0, 700.0), (390.0, 480.0), (40.0, 650.0)];
    let rings = vec![turn(&star), turn(&[(350.0, 200.0), (480.0, 210.0), (430.0, 330.0)])];
    let influence = Influence { full_subsidence_m: 2.0, radius_m: 150.0, displacement_factor: 0.3 };
    let outline = Outline::polygon(&rings[0], &rings[1..]);
    let trough = Trough::new(&outline, influence);
    for (x, y) in [(400.0, 250.0), (100.0, 50.0), (600.0, 600.0), (-150.0, 200.0), (420.0, 500.0)] {
        let (x, y) = turn(&[(x, y)])[0];
        let expected = 2.0 * by_quadrature(&rings, 150.0, (x, y), 0.5);
        near(trough.at(x, y).subsidence_m, expected, 2e-5, "W");
        // Derivatives against differences of subsidence.
        let state = trough.at(x, y);
        let [w, e, s, n] = [(-0.1, 0.0), (0.1, 0.0), (0.0, -0.1), (0.0, 0.1)].map(|(dx, dy)| trough.at(x + dx, y + dy));
        near(state.tilt[0], (e.subsidence_m - w.subsidence_m) / 0.2, 1e-8, "tilt x");
        near(state.tilt[1], (n.subsidence_m - s.subsidence_m) / 0.2, 1e-8, "tilt y");
        near(state.curvature_per_m.xx, (e.tilt[0] - w.tilt[0]) / 0.2, 1e-9, "curvature xx");
        near(state.curvature_per_m.yy, (n.tilt[1] - s.tilt[1]) / 0.2, 1e-9, "curvature yy");
        near(state.curvature_per_m.xy, (n.tilt[0] - s.tilt[0]) / 0.2, 1e-9, "curvature xy");
        near(state.strain.xx, (e.displacement_m[0] - w.displacement_m[0]) / 0.2, 1e-8, "strain xx");
    }
    let [west, south, east, north] = bounds(&outline, influence);
    for (x, y) in [(west, south), (east, north), (west, north), (f64::midpoint(west, east), north)] {
        assert!(trough.at(x, y).subsidence_m.abs() < 1e-11, "nothing is felt at the bounds");
    }
}

#[test]
fn a_trough_has_the_volume_of_what_was_taken() {
    let influence = Influence { full_subsidence_m: 1.5, radius_m: 100.0, displacement_factor: 0.3 };
    let outline = Outline::polygon(&[(0.0, 0.0), (300.0, 0.0), (300.0, 200.0), (120.0, 260.0)], &[]);
    let trough = Trough::new(&outline, influence);
    let [west, south, east, north] = bounds(&outline, influence);
    let step = 10.0;
    let mut volume = 0.0;
    for i in 0..((east - west) / step).ceil() as usize {
        for j in 0..((north - south) / step).ceil() as usize {
            let at = (west + step * (i as f64 + 0.5), south + step * (j as f64 + 0.5));
            volume += trough.at(at.0, at.1).subsidence_m * step * step;
        }
    }
    // Its area by the shoelace rule.
    near(volume, 1.5 * 0.5 * (300.0 * 200.0 + (300.0 * 260.0 - 120.0 * 200.0)), 1e-3, "volume");
}

#[test]
fn courses_in_time_are_those_of_the_vectors() {
    let file = file();
    let time = &file["time"];
    let rows = |course: Course, rows: &Value| {
        for row in list(rows) {
            let t = number(row, "t");
            near(2.25 * course.share(t), number(row, "w"), 1e-9, &format!("{course:?} at {t}"));
            let slope = (course.share(t + 1e-5) - course.share(t - 1e-5)) / 2e-5;
            near(course.rate_per_yr(t), slope, 1e-6, &format!("rate of {course:?} at {t}"));
        }
    };
    let of = |key: &str, parameter: &str| number(&time[key], parameter);
    let knothe = Course::Knothe { per_year: 2.0 };
    rows(knothe, &time["knothe_c2"]);
    for row in list(&time["knothe_c2"]) {
        near(2.25 * knothe.rate_per_yr(number(row, "t")), number(row, "v"), 1e-9, "rate");
    }
    let power = Course::KnothePower { per_year: of("knothe_n", "c"), power: of("knothe_n", "n") };
    rows(power, &time["knothe_n"]["rows"]);
    let fastest = of("knothe_n", "t_vmax");
    assert!([-0.01, 0.01].iter().all(|aside| power.rate_per_yr(fastest + aside) < power.rate_per_yr(fastest)));
    rows(Course::MorganMercerFlodin { half: of("mmf", "c"), power: of("mmf", "k") }, &time["mmf"]["rows"]);
    rows(
        Course::Logistic { middle_yr: of("logistic", "tau"), per_year: of("logistic", "k") },
        &time["logistic"]["rows"],
    );
    rows(
        Course::Segmented { duration_yr: of("segmented", "T"), per_year: of("segmented", "c") },
        &time["segmented"]["rows"],
    );
    for row in list(&time["duration_days"]) {
        near(duration_days(number(row, "H")), number(row, "T"), 1e-4, "duration");
    }
    for row in list(&time["knothe_c_from_T"]) {
        let Course::Knothe { per_year } = Course::knothe_by(number(row, "target"), number(row, "T_days")) else {
            panic!("it is Knothe's")
        };
        near(per_year, number(row, "c_per_year"), 1e-6, "c");
    }
}

#[test]
fn a_face_that_advances_sinks_strip_by_strip() {
    let file = file();
    let course = Course::Knothe { per_year: 2.0 };
    let influence = Influence { full_subsidence_m: 2.25, radius_m: 200.0, displacement_factor: 0.3 };
    let strip = |n: u32| {
        let west = 60.0 * f64::from(n);
        Trough::new(
            &Outline::polygon(&[(west, 0.0), (west + 60.0, 0.0), (west + 60.0, 250.0), (west, 250.0)], &[]),
            influence,
        )
    };
    for row in list(&file["time"]["sequential"]["rows"]) {
        let sunk: f64 = (0..10)
            .map(|n| {
                let since = number(row, "t") - f64::from(n + 1) / 12.0;
                strip(n).at(number(row, "x"), number(row, "y")).subsidence_m * course.share(since)
            })
            .sum();
        near(sunk, number(row, "w"), 2e-9, "W");
    }
}

#[test]
fn radar_sees_along_its_line() {
    let file = file();
    let insar = &file["insar"];
    let track = |key: &str| Track { incidence_deg: number(&insar[key], "inc"), azimuth_deg: number(&insar[key], "az") };
    let truth = ["e", "n", "u"].map(|key| number(&insar["true"], key));
    let (ascending, descending) = (track("asc"), track("desc"));
    let seen = [ascending.seen(truth), descending.seen(truth)];
    near(seen[0], number(&insar["asc"], "d_los"), 1e-9, "ascending");
    near(seen[1], number(&insar["desc"], "d_los"), 1e-9, "descending");
    near(ascending.vertical(seen[0]), number(insar, "vertical_only_asc"), 1e-9, "vertical");
    near(descending.vertical(seen[1]), number(insar, "vertical_only_desc"), 1e-9, "vertical");
    let (east, up) = east_and_up((ascending, seen[0]), (descending, seen[1])).unwrap();
    near(east, number(&insar["two_track_neglect_n"], "e"), 1e-12, "east");
    near(up, number(&insar["two_track_neglect_n"], "u"), 1e-12, "up");
    assert_eq!(east_and_up((ascending, 1.0), (ascending, 1.0)), None);
}

#[test]
fn the_worst_of_three_decides_the_grade() {
    let of =
        |tilt_mm_per_m, curvature_per_km, strain_mm_per_m| Limits { tilt_mm_per_m, curvature_per_km, strain_mm_per_m };
    let limits = [of(3.0, 0.2, 2.0), of(6.0, 0.4, 4.0), of(10.0, 0.6, 6.0)];
    for case in list(&file()["damage_class"]) {
        let measures = (number(case, "i"), number(case, "k"), number(case, "e"));
        assert_eq!(grade(&limits, measures) as f64, number(case, "cls"), "{case}");
    }
    let state = Deformation {
        tilt: [0.003, -0.004],
        curvature_per_m: Tensor { xx: -3e-4, yy: 1e-4, xy: 0.0 },
        strain: Tensor { xx: 0.0, yy: 0.0, xy: 0.001 },
        ..Deformation::default()
    };
    assert_eq!(worst(&state), (5.0, 0.3, 1.0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn cutting_a_panel_in_two_changes_nothing(
        cut in 20.0_f64..480.0,
        (x, y) in (-300.0_f64..900.0, -300.0_f64..600.0),
        r in 60.0_f64..400.0,
    ) {
        let influence = Influence { full_subsidence_m: 2.0, radius_m: r, displacement_factor: 0.3 };
        let part = |west: f64, east: f64| {
            Trough::new(&Outline::polygon(&[(west, 0.0), (east, 0.0), (east, 300.0), (west, 300.0)], &[]), influence).at(x, y)
        };
        let (whole, sum) = (part(0.0, 500.0), part(0.0, cut) + part(cut, 500.0));
        prop_assert!((whole.subsidence_m - sum.subsidence_m).abs() < 4e-10);
        prop_assert!((whole.curvature_per_m.xy - sum.curvature_per_m.xy).abs() < 1e-12);
        prop_assert!(whole.subsidence_m > -1e-10 && whole.subsidence_m < 2.0 + 1e-10);
        // A trough of a symmetric panel is symmetric.
        let mirrored = Trough::new(&Outline::polygon(&rectangle_ring(500.0, 300.0), &[]), influence).at(500.0 - x, y);
        prop_assert!((whole.subsidence_m - mirrored.subsidence_m).abs() < 4e-10);
        prop_assert!((whole.tilt[0] + mirrored.tilt[0]).abs() < 1e-11);
    }

    #[test]
    fn sinking_never_turns_back(
        (t, later) in (0.0_f64..20.0, 0.0_f64..5.0),
        per_year in 0.2_f64..5.0,
        power in 1.0_f64..4.0,
    ) {
        for course in [
            Course::Knothe { per_year },
            Course::KnothePower { per_year, power },
            Course::MorganMercerFlodin { half: per_year, power },
            Course::Logistic { middle_yr: power, per_year },
            Course::Segmented { duration_yr: power, per_year },
        ] {
            let (before, after) = (course.share(t), course.share(t + later));
            prop_assert!((0.0..=1.0).contains(&before) && before <= after + 1e-15 && after <= 1.0, "{course:?}");
            prop_assert!(course.rate_per_yr(t) >= 0.0);
        }
    }
}
