//! Sky-view factors: closed forms from the vectors, and planes against the general integral.

use ndarray::{Array2, Array3};
use serde_json::Value;
use solsite::kernels::sky_view::{Plane, add_slope, azimuth_deg, plane_view, sky_view};

use crate::support::close;

/// A horizon given by its tangent at every azimuth, the same in a few cells.
fn horizon(azimuths: usize, tangent: impl Fn(f64) -> f64) -> Array3<f32> {
    Array3::from_shape_fn((azimuths, 2, 9), |(sector, _, _)| tangent(azimuth_deg(sector, azimuths).to_radians()) as f32)
}

fn of_ground(horizon: &Array3<f32>, (dz_dx, dz_dy): (f64, f64)) -> f64 {
    let (_, rows, cols) = horizon.dim();
    let rise = |value: f64| Array2::from_elem((rows, cols), value as f32);
    let mut view = Array2::zeros((rows, cols));
    sky_view(horizon, &rise(dz_dx), &rise(dz_dy), &mut view);
    assert!(view.iter().all(|one| *one == view[(0, 0)]), "the same in every cell");
    f64::from(view[(0, 0)])
}

fn of_plane(horizon: &Array3<f32>, tilt_deg: f64, azimuth_deg: f64) -> f64 {
    let mut view = Array2::zeros((2, 9));
    plane_view(Plane { tilt_deg, azimuth_deg }, horizon, &mut view);
    f64::from(view[(1, 8)])
}

fn near(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-4, "found {found}, expected {expected}");
}

#[test]
fn closed_forms_are_met_at_36_azimuths() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("../vectors/c4_svf.json")).unwrap();
    for case in &cases {
        let (deg, exact) = (case["deg"].as_f64().unwrap(), case["exact"].as_f64().unwrap());
        let tangent = deg.to_radians().tan();
        match case["case"].as_str().unwrap() {
            "tilted plane" => {
                for facing in [0.0_f64, 77.0, 180.0] {
                    let rise = (-tangent * facing.to_radians().sin(), -tangent * facing.to_radians().cos());
                    near(of_ground(&horizon(36, |_| 0.0), rise), exact);
                    near(of_plane(&horizon(36, |_| 0.0), deg, facing), exact);
                }
            }
            "V valley" => near(of_ground(&horizon(36, |azimuth| tangent * azimuth.cos().abs()), (0.0, 0.0)), exact),
            "bowl" => near(of_ground(&horizon(36, |_| tangent), (0.0, 0.0)), exact),
            other if other.starts_with("wall") => {
                near(of_ground(&horizon(36, |azimuth| tangent * azimuth.cos().max(0.0)), (0.0, 0.0)), exact);
            }
            // How much is missing without the slope's own horizon; here it cannot be left out.
            _ => {}
        }
    }
}

#[test]
fn four_azimuths_are_enough_for_an_open_sky() {
    close(of_ground(&horizon(4, |_| 0.0), (0.0, 0.0)), 1.0, 1e-6);
    close(of_plane(&horizon(5, |_| 0.0), 0.0, 123.0), 1.0, 1e-6);
}

#[test]
fn upright_planes_see_half_the_sky_and_less_at_the_foot_of_a_slope() {
    // Their own horizon is a corner at 90° aside, which sectors cut: 36 of them lose 0.0013.
    assert!((of_plane(&horizon(36, |_| 0.0), 90.0, 90.0) - 0.5).abs() < 0.0014);
    near(of_plane(&horizon(360, |_| 0.0), 90.0, 90.0), 0.5);
    // Facing a wall of 45° that runs along it: (1 − sin 45°) / 2.
    near(of_plane(&horizon(360, |azimuth| azimuth.sin().max(0.0)), 90.0, 90.0), (1.0 - 0.5_f64.sqrt()) / 2.0);
}

/// Share of an isotropic sky that a plane receives, as the plain sum over the sky of the cosines of incidence.
fn by_quadrature(tilt_deg: f64, facing_deg: f64, tangent: impl Fn(f64) -> f64, azimuths: usize) -> f64 {
    let (sin_tilt, cos_tilt) = tilt_deg.to_radians().sin_cos();
    let (steps, mut sum) = (2000, 0.0);
    for sector in 0..azimuths {
        let azimuth = azimuth_deg(sector, azimuths).to_radians();
        let lowest = tangent(azimuth).atan();
        let step = (std::f64::consts::FRAC_PI_2 - lowest) / f64::from(steps);
        for n in 0..steps {
            let elevation = lowest + (f64::from(n) + 0.5) * step;
            let aside = (azimuth - facing_deg.to_radians()).cos();
            let cosine = cos_tilt * elevation.sin() + sin_tilt * elevation.cos() * aside;
            sum += cosine.max(0.0) * elevation.cos() * step;
        }
    }
    2.0 * sum / azimuths as f64
}

#[test]
fn planes_behind_hills_see_what_the_sum_over_the_sky_gives() {
    let hills = |azimuth: f64| (0.4 * (2.0 * azimuth + 0.3).sin() + 0.25).max(0.0);
    for (tilt_deg, facing_deg) in [(0.0, 0.0), (25.0, 180.0), (60.0, 75.0), (90.0, 270.0)] {
        near(of_plane(&horizon(36, hills), tilt_deg, facing_deg), by_quadrature(tilt_deg, facing_deg, hills, 36));
    }
}

#[test]
fn the_grounds_own_slope_hides_the_sky_from_planes_on_it() {
    // On a slope of 30° that falls to the south, a plane that faces north sees over its crest only.
    let mut sky = horizon(36, |_| 0.0);
    let rise = 30.0_f64.to_radians().tan();
    let (flat, north) = (Array2::zeros((2, 9)), Array2::from_elem((2, 9), rise as f32));
    add_slope(&mut sky, &flat, &north);
    let crest = |azimuth: f64| (rise * azimuth.cos()).max(0.0);
    near(of_plane(&sky, 40.0, 0.0), by_quadrature(40.0, 0.0, crest, 36));
    close(of_ground(&sky, (0.0, rise)), of_ground(&horizon(36, |_| 0.0), (0.0, rise)), 1e-6);
}

#[test]
fn what_is_missing_stays_missing() {
    let mut sky = horizon(8, |_| 0.0);
    sky[(3, 0, 1)] = f32::NAN;
    let (mut dz_dx, dz_dy, mut view) = (Array2::zeros((2, 9)), Array2::zeros((2, 9)), Array2::zeros((2, 9)));
    dz_dx[(1, 4)] = f32::NAN;
    sky_view(&sky, &dz_dx, &dz_dy, &mut view);
    let missing = |view: &Array2<f32>| -> Vec<(usize, usize)> {
        view.indexed_iter().filter(|(_, one)| one.is_nan()).map(|(at, _)| at).collect()
    };
    assert_eq!(missing(&view), [(0, 1), (1, 4)]);
    plane_view(Plane { tilt_deg: 30.0, azimuth_deg: 180.0 }, &sky, &mut view);
    assert_eq!(missing(&view), [(0, 1)]);
}
