//! Single instants of every model, against pvlib.

use serde_json::Value;
use solsite::solar::air_mass;
use solsite::solar::clear_sky::{Irradiance, daily_turbidity, esra, ineichen, simplified_solis};
use solsite::solar::decomposition;
use solsite::solar::incidence::{self, GLASS_INDEX, IncidenceModel};
use solsite::solar::power::{self, Losses};
use solsite::solar::temperature::{self, SapmMounting};
use solsite::solar::tracker::{self, Backtracking, Tracker};
use solsite::solar::transposition::{SkyModel, incidence_deg, plane_of_array};

use crate::solar_support::{at, cases, day_of, near, number, plane_and_sky, site, tracker};
use crate::support::{close, vectors};

const MODELS: [(&str, SkyModel); 6] = [
    ("isotropic", SkyModel::Isotropic),
    ("klucher", SkyModel::Klucher),
    ("haydavies", SkyModel::HayDavies),
    ("reindl", SkyModel::Reindl),
    ("king", SkyModel::King),
    ("perez", SkyModel::Perez),
];

/// Twelve monthly values.
fn monthly(of: &Value) -> [f64; 12] {
    let values: Vec<f64> = of.as_array().unwrap().iter().map(number).collect();
    values.try_into().unwrap()
}

#[track_caller]
fn same_parts(found: &Irradiance, expected: [f64; 3], relative: f64) {
    close(found.ghi_w_per_m2, expected[0], relative);
    close(found.dni_w_per_m2, expected[1], relative);
    close(found.dhi_w_per_m2, expected[2], relative);
}

#[test]
fn air_is_that_of_the_standard_atmosphere() {
    let all = vectors("pvlib_instants.json");
    for case in cases(&all, "air") {
        close(air_mass::pressure_pa(at(case, "elevation_m")), at(case, "pressure_pa"), 1e-12);
    }
    for case in cases(&all, "air_mass") {
        close(air_mass::relative(at(case, "zenith")), at(case, "relative"), 1e-12);
    }
    assert!(air_mass::relative(90.1).is_nan());
    for (_, site) in vectors("c2_clearsky.json")["sites"].as_object().unwrap() {
        close(air_mass::pressure_pa(at(site, "alt")), at(site, "pressure_pa"), 1e-6);
    }
}

#[test]
fn clear_skies_of_instants() {
    for (name, of_site) in vectors("c2_clearsky.json")["sites"].as_object().unwrap() {
        let place = site(name);
        for case in cases(of_site, "instants_ghi_dni_dhi") {
            let turbidity = at(case, "TL");
            let (_, day_ut) = day_of(case["t"].as_str().unwrap());
            near(daily_turbidity(&monthly(&of_site["TL_monthly"]), day_ut.floor()), turbidity, 6e-5);
            let absolute =
                air_mass::absolute(air_mass::relative(at(case, "apparent_zenith")), at(of_site, "pressure_pa"));
            close(absolute, at(case, "am_abs"), 2e-5);
            let parts = |key: &str| [0, 1, 2].map(|part| number(&case[key][part]));
            let sky = ineichen(at(case, "apparent_zenith"), absolute, turbidity, place.elevation_m, at(case, "I0"));
            same_parts(&sky, parts("ineichen"), 1e-4);
            same_parts(&esra(at(case, "zenith"), place.elevation_m, turbidity, at(case, "I0")), parts("esra"), 1e-4);
        }
    }
    for case in cases(&vectors("pvlib_instants.json"), "solis") {
        let [elevation, aod, water, pressure, extraterrestrial] =
            ["elevation", "aod700", "water_cm", "pressure_pa", "i0"].map(|key| at(case, key));
        let sky = simplified_solis(elevation, aod, water, pressure, extraterrestrial);
        same_parts(&sky, ["ghi", "dni", "dhi"].map(|key| at(case, key)), 1e-10);
    }
}

#[test]
fn clear_skies_are_dark_at_night_and_unknown_for_an_unknown_sun() {
    let dark = Irradiance::default();
    assert_eq!(ineichen(90.0, f64::NAN, 3.0, 100.0, 1361.0), dark);
    assert_eq!(esra(91.0, 100.0, 3.0, 1361.0), dark);
    assert_eq!(simplified_solis(-0.1, 0.1, 1.0, 101_325.0, 1361.0), dark);
    assert!(ineichen(f64::NAN, f64::NAN, 3.0, 100.0, 1361.0).ghi_w_per_m2.is_nan());
    assert!(esra(40.0, 100.0, f64::NAN, 1361.0).dni_w_per_m2.is_nan());
}

#[test]
fn turbidity_runs_from_month_to_month_and_over_the_new_year() {
    for case in cases(&vectors("pvlib_instants.json"), "turbidity") {
        close(daily_turbidity(&monthly(&case["monthly"]), at(case, "day_of_year")), at(case, "turbidity"), 1e-12);
    }
}

/// A decomposition of global light, zenith angle and day.
type Split = fn(f64, f64, f64) -> Irradiance;

#[test]
fn decompositions_of_instants() {
    let all = &vectors("c3_instants.json")["decomposition"];
    // 21 June.
    let day = 172.0;
    let disc = |ghi, zenith, day| decomposition::disc(ghi, zenith, day, 101_325.0);
    let models: [(&str, Split); 4] = [
        ("erbs", decomposition::erbs),
        ("orgill_hollands", decomposition::orgill_hollands),
        ("boland", decomposition::boland),
        ("disc", disc),
    ];
    for (name, split) in models {
        for case in cases(all, name) {
            let found = split(at(case, "ghi"), at(case, "zenith"), day);
            close(found.dni_w_per_m2, at(case, "dni"), 1e-4);
            if name != "disc" {
                close(found.dhi_w_per_m2, at(case, "dhi"), 1e-4);
            }
        }
    }
    for case in cases(&vectors("pvlib_instants.json"), "decompositions") {
        let [ghi, zenith, day] = ["ghi", "zenith", "day_of_year"].map(|key| at(case, key));
        for (name, split) in &models[..3] {
            let found = split(ghi, zenith, day);
            near(found.dni_w_per_m2, number(&case[*name][0]), 1e-9);
            near(found.dhi_w_per_m2, number(&case[*name][1]), 1e-9);
        }
        near(decomposition::disc(ghi, zenith, day, 95_000.0).dni_w_per_m2, at(case, "disc"), 1e-9);
    }
    assert!(models.iter().all(|(_, split)| split(f64::NAN, 40.0, 41.0).dhi_w_per_m2.is_nan()));
}

#[test]
fn transpositions_of_instants() {
    for case in cases(&vectors("c3_instants.json"), "transposition") {
        let (plane, mut sky) = plane_and_sky(case, ["tilt", "az", "zenith", "sun_az"]);
        sky.extraterrestrial_w_per_m2 = at(case, "dni_extra");
        close(sky.relative_air_mass, at(case, "airmass"), 1e-6);
        close(incidence_deg(&plane, sky.apparent_zenith_deg, sky.azimuth_deg), at(case, "aoi"), 1e-6);
        for (name, model) in MODELS.iter().filter(|(name, _)| *name != "king") {
            let found = plane_of_array(*model, &plane, &sky);
            close(found.global(), at(&case[*name], "poa"), 1e-7);
            close(found.sky.total(), at(&case[*name], "sky"), 1e-7);
        }
    }
    for case in cases(&vectors("pvlib_instants.json"), "skies") {
        let (plane, sky) = plane_and_sky(case, ["tilt", "facing", "zenith", "azimuth"]);
        for (name, model) in MODELS {
            let (found, expected) = (plane_of_array(model, &plane, &sky), &case[name]);
            near(found.direct_w_per_m2, at(expected, "direct"), 1e-9);
            near(found.sky.total(), at(expected, "sky"), 1e-9);
            near(found.ground_w_per_m2, at(expected, "ground"), 1e-9);
            near(found.global(), at(expected, "total"), 1e-9);
            if let Some(parts) = expected["parts"].as_array() {
                near(found.sky.isotropic_w_per_m2, number(&parts[0]), 1e-9);
                near(found.sky.circumsolar_w_per_m2, number(&parts[1]), 1e-9);
                near(found.sky.horizon_w_per_m2, number(&parts[2]), 1e-9);
            }
        }
    }
}

#[test]
fn what_is_unknown_of_the_sky_is_unknown_on_the_plane() {
    let all = vectors("pvlib_instants.json");
    let (plane, mut sky) = plane_and_sky(&cases(&all, "skies")[1], ["tilt", "facing", "zenith", "azimuth"]);
    sky.irradiance.dni_w_per_m2 = f64::NAN;
    for (_, model) in MODELS {
        assert!(plane_of_array(model, &plane, &sky).global().is_nan());
    }
}

#[test]
fn cells_are_as_warm_and_modules_as_strong_as_pvlib_says() {
    for case in cases(&vectors("c3_instants.json"), "temperature") {
        let [poa, air, wind] = ["poa", "ta", "wind"].map(|key| at(case, key));
        let faiman = temperature::faiman(poa, air, wind, 25.0, 6.84);
        near(faiman, at(case, "faiman"), 1e-5);
        near(temperature::ross(poa, air, 45.0), at(case, "ross_noct45"), 1e-5);
        let sapm = temperature::sapm_cell(poa, air, wind, &SapmMounting::OPEN_RACK_GLASS_GLASS);
        near(sapm, at(case, "sapm_open_rack_glass_glass"), 1e-5);
        near(100.0 * power::pvwatts_dc(poa, faiman, -0.003), at(case, "pvwatts_dc_100kw_gm0p3"), 1e-6);
    }
}

#[test]
fn losses_multiply_and_the_inverter_cuts() {
    let losses = &vectors("c3_instants.json")["losses"];
    let lost_pct = |losses: &Losses| 100.0 * (1.0 - power::pvwatts_losses(losses));
    near(lost_pct(&Losses::default()), at(losses, "pvwatts_default_pct"), 6e-6);
    near(lost_pct(&Losses { shading_pct: 0.0, ..Losses::default() }), at(losses, "no_shade"), 6e-6);
    for case in cases(&vectors("pvlib_instants.json"), "inverters") {
        let [dc, limit, eta] = ["dc", "dc_limit", "eta"].map(|key| at(case, key));
        near(power::pvwatts_inverter_ac(dc, limit, eta), at(case, "ac"), 1e-12);
    }
    // By hand: 1, 0.99, 0.9801 in three years.
    close(power::mean_over_life(0.01, 3.0), 0.990_033_333_333, 1e-10);
    close(power::mean_over_life(0.0, 25.0), 1.0, 1e-15);
    close(power::after_light_induced_degradation(1.5), 0.985, 1e-15);
}

#[test]
fn glass_takes_light_from_the_side_as_in_pvlib() {
    for case in cases(&vectors("c3_instants.json"), "iam") {
        let aoi = at(case, "aoi");
        near(incidence::ashrae(aoi, 0.05), at(case, "ashrae_b05"), 6e-7);
        near(incidence::physical(aoi, GLASS_INDEX), at(case, "physical"), 6e-7);
        near(incidence::martin_ruiz(aoi, 0.16), at(case, "martin_ruiz"), 6e-7);
    }
    let models = [
        ("ashrae", IncidenceModel::Ashrae { b: 0.05 }),
        ("physical", IncidenceModel::Physical { index: GLASS_INDEX }),
        ("martin_ruiz", IncidenceModel::MartinRuiz { a_r: 0.16 }),
    ];
    assert!(models.iter().all(|(_, model)| model.beam(90.0) == 0.0 && model.beam(120.0) == 0.0));
    for case in cases(&vectors("pvlib_instants.json"), "diffuse_modifiers") {
        let tilt = at(case, "tilt");
        let closed = IncidenceModel::MartinRuiz { a_r: 0.16 }.diffuse(tilt);
        near(closed.sky, number(&case["martin_ruiz"][0]), 1e-9);
        near(closed.ground, number(&case["martin_ruiz"][1]), 1e-9);
        for (name, model) in models {
            let (found, expected) = (incidence::diffuse(model, tilt), &case[format!("marion_{name}")]);
            near(found.sky, number(&expected[0]), 5e-4);
            near(found.ground, number(&expected[1]), 5e-4);
        }
    }
}

#[test]
fn trackers_turn_as_in_pvlib() {
    let backtracking = |case: &Value| if case["backtrack"] == true { Backtracking::On } else { Backtracking::Off };
    for case in cases(&vectors("c3_instants.json"), "tracker") {
        let mount = Tracker { max_angle_deg: at(case, "max"), ..tracker(at(case, "gcr"), backtracking(case)) };
        let (rotation, plane) = tracker::orientation(&mount, at(case, "zenith"), at(case, "azimuth")).unwrap();
        near(rotation, at(case, "theta"), 6e-6);
        near(plane.tilt_deg, at(case, "tilt"), 6e-6);
        // A rotation of nothing but rounding may face either way.
        if plane.tilt_deg > 1e-9 {
            near(plane.azimuth_deg, at(case, "surf_az"), 6e-6);
        }
        near(incidence_deg(&plane, at(case, "zenith"), at(case, "azimuth")), at(case, "aoi"), 6e-6);
    }
    for case in cases(&vectors("pvlib_instants.json"), "trackers") {
        let mount = Tracker {
            axis_tilt_deg: at(case, "axis_tilt"),
            axis_azimuth_deg: at(case, "axis_azimuth"),
            max_angle_deg: at(case, "max"),
            gcr: at(case, "gcr"),
            cross_axis_tilt_deg: at(case, "cross_axis_tilt"),
            backtracking: backtracking(case),
        };
        let (rotation, plane) = tracker::orientation(&mount, at(case, "zenith"), at(case, "azimuth")).unwrap();
        near(rotation, at(case, "theta"), 1e-9);
        near(plane.tilt_deg, at(case, "tilt"), 1e-9);
        near(plane.azimuth_deg, at(case, "surf_az"), 1e-9);
        near(incidence_deg(&plane, at(case, "zenith"), at(case, "azimuth")), at(case, "aoi"), 1e-6);
    }
    assert_eq!(tracker::orientation(&tracker(0.35, Backtracking::On), 90.5, 100.0), None);
}

#[test]
fn axes_lie_on_slopes_as_in_pvlib() {
    for case in cases(&vectors("pvlib_instants.json"), "slopes") {
        let [slope_azimuth, slope_tilt, axis] =
            ["slope_azimuth", "slope_tilt", "axis_azimuth"].map(|key| at(case, key));
        let axis_tilt = tracker::axis_tilt_deg(slope_azimuth, slope_tilt, axis);
        near(axis_tilt, at(case, "axis_tilt"), 1e-9);
        let across = tracker::cross_axis_tilt_deg(slope_azimuth, slope_tilt, axis, axis_tilt);
        near(across, at(case, "cross_axis_tilt"), 1e-9);
    }
    // Axes to the south on ground that falls to the west.
    close(tracker::cross_axis_tilt_deg(270.0, 10.0, 180.0, 0.0), 10.0, 1e-12);
}
