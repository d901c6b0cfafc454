//! Rows of modules, against pvlib's infinite sheds and a ray count.

use solsite::solar::rows::{self, RowSide, RowSky, Rows};
use solsite::solar::transposition::Plane;

use crate::solar_support::{at, cases, near, plane_and_sky};
use crate::support::{close, vectors};

#[test]
fn fronts_and_backs_of_the_vectors() {
    for case in cases(&vectors("c3_instants.json"), "bifacial_infinite_sheds_isotropic") {
        let (plane, mut sky) = plane_and_sky(case, ["tilt", "az", "zenith", "sun_az"]);
        sky.albedo = at(case, "albedo");
        let rows = Rows { plane, gcr: at(case, "gcr") };
        let front = rows::front(RowSky::Isotropic, &rows, &sky);
        close(front.global(), at(case, "poa_front"), 1e-4);
        // The vector's ground ends after 20 rows.
        close(rows::back(RowSky::Isotropic, &rows, &sky).global(), at(case, "poa_back"), 6e-4);
        near(front.shaded_fraction, at(case, "shaded_fraction_front"), 1e-6);
    }
}

#[test]
fn both_sides_under_low_and_hidden_suns_and_two_skies() {
    for case in cases(&vectors("pvlib_instants.json"), "sheds") {
        let (plane, mut sky) = plane_and_sky(case, ["tilt", "facing", "zenith", "azimuth"]);
        sky.albedo = at(case, "albedo");
        sky.extraterrestrial_w_per_m2 = at(case, "i0");
        let rows = Rows { plane, gcr: at(case, "gcr") };
        let model = if case["model"] == "isotropic" { RowSky::Isotropic } else { RowSky::HayDavies };
        let same = |side: &RowSide, name: &str| {
            near(side.direct_w_per_m2, at(case, &format!("{name}_direct")), 1e-9);
            near(side.sky_w_per_m2, at(case, &format!("{name}_sky_diffuse")), 1e-9);
            // pvlib's rows stand in the view by 1e-4 of their width more than they are wide.
            let ground = at(case, &format!("{name}_ground_diffuse"));
            near(side.ground_w_per_m2, ground, 1.5e-4 * ground);
        };
        let (front, back) = (rows::front(model, &rows, &sky), rows::back(model, &rows, &sky));
        same(&front, "front");
        same(&back, "back");
        if sky.apparent_zenith_deg < 90.0 {
            near(front.shaded_fraction, at(case, "shaded_front"), 1e-9);
            near(back.shaded_fraction, at(case, "shaded_back"), 1e-9);
        }
    }
}

#[test]
fn views_of_rows() {
    for case in cases(&vectors("pvlib_instants.json"), "views") {
        let (gcr, tilt) = (at(case, "gcr"), at(case, "tilt"));
        near(rows::row_sky_view(gcr, tilt), at(case, "row_sky"), 1e-12);
        near(rows::row_ground_view(gcr, tilt), at(case, "row_ground"), 3e-5);
    }
    // Without neighbours a row sees the open sky.
    near(rows::row_sky_view(1e-7, 30.0), f64::midpoint(1.0, 30.0_f64.to_radians().cos()), 1e-6);
    for case in cases(&vectors("b_agri.json"), "diffuse_ground_sky_vf") {
        let view = rows::ground_sky_view(at(case, "gcr"), at(case, "tilt"));
        near(view, at(case, "F_closed"), 1e-9);
        near(view, at(case, "F_pvlib"), 2e-6);
    }
}

#[test]
fn light_from_the_sky_goes_to_the_ground_or_to_the_rows() {
    // Of a period of the rows: what both sides and the ground take of a uniform sky is all it sends.
    for (gcr, tilt) in [(0.2, 0.0), (0.35, 30.0), (0.5, 60.0), (0.25, 90.0)] {
        let on_rows = gcr * (rows::row_sky_view(gcr, tilt) + rows::row_sky_view(gcr, 180.0 - tilt));
        near(on_rows + rows::ground_sky_view(gcr, tilt), 1.0, 1e-12);
    }
}

#[test]
fn shade_on_the_ground() {
    for case in cases(&vectors("b_agri.json"), "beam_shadow") {
        let plane = Plane { tilt_deg: at(case, "tilt"), azimuth_deg: at(case, "surf_az") };
        let rows = Rows { plane, gcr: at(case, "gcr") };
        let shaded = rows::ground_shaded_fraction(&rows, at(case, "zenith"), at(case, "azimuth"));
        near(shaded, at(case, "shaded_frac"), 1e-9);
        near(shaded, at(case, "mc_shaded"), 3e-3);
    }
    let rows = Rows { plane: Plane { tilt_deg: 30.0, azimuth_deg: 180.0 }, gcr: 0.3 };
    near(rows::ground_shaded_fraction(&rows, 90.0, 180.0), 1.0, 0.0);
}

#[test]
fn gain_of_the_back() {
    close(rows::bifacial_gain(0.8, 90.0, 800.0, 0.05), 0.0855, 1e-12);
}
