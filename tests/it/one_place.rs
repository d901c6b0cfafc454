//! `solsite yield`: the chain of one place against pvlib and the vectors, and what it refuses.

use std::fmt::Write as _;

use serde_json::Value;

use crate::support::{close, real_data, solsite, vectors};

/// The answer to `solsite yield`.
#[track_caller]
fn asked(arguments: &[&str]) -> Value {
    let output = solsite(&[&["yield", "-q", "--format", "json"], arguments].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

const LANZHOU: [&str; 6] = ["--lon", "103.83", "--lat", "36.06", "--elevation-m", "1520"];
const QINGDAO: [&str; 6] = ["--lon", "120.38", "--lat", "36.07", "--elevation-m", "30"];

#[test]
fn clear_years_of_the_vectors_come_out_within_a_tenth_of_a_percent() {
    let (clear, annual) = (vectors("c2_clearsky.json"), vectors("c5_annual_clear.json"));
    for (site, place) in [("lanzhou", LANZHOU), ("qingdao", QINGDAO)] {
        let monthly = clear["sites"][site]["TL_monthly"].as_array().unwrap();
        let turbidity = monthly.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        let sky = ["--clear-sky", "ineichen", "--linke-turbidity", &turbidity];
        let expected = &annual["sites"][site];
        let check = |mounting: &[&str], expected: &Value| {
            let found = asked(&[&place[..], &sky, mounting].concat());
            close(found["poa_kwh_per_m2_yr"].as_f64().unwrap(), expected.as_f64().unwrap(), 1e-3);
        };
        for (model, name) in [("isotropic", "isotropic"), ("hay-davies", "haydavies"), ("perez", "perez")] {
            let fixed = ["--mounting", "fixed", "--tilt-deg", "30", "--azimuth-deg", "180", "--sky-model", model];
            check(&fixed, &expected["fixed_30_S"][name]);
        }
        for gcr in ["0.25", "0.35", "0.45"] {
            let tracker = ["--mounting", "tracker", "--gcr", gcr, "--backtrack"];
            check(&tracker, &expected[format!("sat_gcr{gcr}_bt1_max60")]["haydavies"]);
        }
        check(&["--mounting", "tracker"], &expected["sat_gcr0.35_bt0_max60"]["haydavies"]);
        check(&["--mounting", "vertical"], &expected["vertical_EW_haydavies_noshade"]["east"]);
        let level = asked(&[&place[..], &sky, &["--mounting", "fixed", "--tilt-deg", "0"]].concat());
        let ghi = &clear["sites"][site]["ineichen_annual"]["ghi"];
        close(level["poa_kwh_per_m2_yr"].as_f64().unwrap(), ghi.as_f64().unwrap(), 1e-3);
        assert!(level["notes"][0].as_str().unwrap().contains("SKY WITHOUT CLOUDS"));
    }
}

#[test]
fn hours_of_real_files_yield_what_pvlib_makes_of_them() {
    let reference = vectors("pvlib_hourly.json");
    for file in ["pvgis_epw", "pvgis_csv", "aachen_try"] {
        let case = &reference[file];
        let Some(path) = real_data(case["path"].as_str().unwrap()) else { continue };
        let number = |key: &str| case[key].as_f64().unwrap().to_string();
        let (lon, lat, height) = (number("longitude_deg"), number("latitude_deg"), number("elevation_m"));
        let place = ["--lon", &lon, "--lat", &lat, "--elevation-m", &height];
        let weather = ["--weather", path.to_str().unwrap()];
        let planes: [(&str, &[&str]); 4] = [
            ("fixed30_south", &["--mounting", "fixed", "--tilt-deg", "30", "--azimuth-deg", "180"]),
            ("tracker", &["--mounting", "tracker", "--gcr", "0.35", "--backtrack"]),
            ("vertical_east", &["--mounting", "vertical"]),
            ("vertical_west", &["--mounting", "vertical", "--azimuth-deg", "270"]),
        ];
        for (plane, mounting) in planes {
            let found = asked(&[&place[..], &weather, mounting].concat());
            let expected = &case["planes"][plane];
            let annual = |key: &str| expected[key]["annual"].as_f64().unwrap();
            assert!(found["poa_kwh_per_m2_yr"].is_f64(), "{file} {plane}");
            close(found["poa_kwh_per_m2_yr"].as_f64().unwrap(), annual("poa_kwh_per_m2"), 2e-3);
            close(found["specific_yield_kwh_per_kwp_yr"].as_f64().unwrap(), annual("ac_kwh_per_kwp"), 2e-3);
            for (month, row) in found["monthly"].as_array().unwrap().iter().enumerate() {
                let expected = expected["poa_kwh_per_m2"]["monthly"][month].as_f64().unwrap();
                close(row["poa_kwh_per_m2"].as_f64().unwrap(), expected, 5e-3);
            }
        }
    }
}

#[test]
fn every_step_adds_up_to_the_sums() {
    let sky = ["--clear-sky", "esra", "--linke-turbidity", "3"];
    let found = asked(&[&LANZHOU[..], &sky, &["--mounting", "tracker", "--gcr", "0.4", "--detail", "steps"]].concat());
    let steps = found["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 8760);
    let sum = |key: &str| -> f64 {
        steps.iter().map(|step| step[key].as_f64().unwrap() * step["weight_h"].as_f64().unwrap() / 1000.0).sum()
    };
    close(sum("poa_global_w_per_m2"), found["poa_kwh_per_m2_yr"].as_f64().unwrap(), 1e-9);
    close(sum("ac_w_per_kwp"), found["specific_yield_kwh_per_kwp_yr"].as_f64().unwrap(), 1e-9);
    let months: f64 =
        found["monthly"].as_array().unwrap().iter().map(|row| row["ac_kwh_per_kwp"].as_f64().unwrap()).sum();
    close(months, found["specific_yield_kwh_per_kwp_yr"].as_f64().unwrap(), 1e-9);
    let profile: f64 = found["profile_kw_per_kwp"]
        .as_array()
        .unwrap()
        .iter()
        .zip([31.0, 28.0, 31.0, 30.0, 31.0, 30.0, 31.0, 31.0, 30.0, 31.0, 30.0, 31.0])
        .map(|(hours, days)| days * hours.as_array().unwrap().iter().map(|hour| hour.as_f64().unwrap()).sum::<f64>())
        .sum();
    close(profile, found["specific_yield_kwh_per_kwp_yr"].as_f64().unwrap(), 1e-9);
}

/// Monthly irradiation: the assumed months of the vectors, whose single typical day is the method of `c6`; three days a month
/// stay within what was measured of them.
#[test]
fn months_of_irradiation_are_enough_for_an_estimate() {
    let months = &vectors("c6_allsky_klein_error.json")["synthetic_monthly_vectors"]["sites"]["lanzhou"]["monthly"];
    let months = months.as_array().unwrap();
    let daily = months.iter().map(|month| month["H"].to_string()).collect::<Vec<_>>().join(",");
    let found = asked(&[&LANZHOU[..], &["--monthly-ghi", &daily, "--mounting", "fixed", "--tilt-deg", "0"]].concat());
    close(found["annual"]["ghi_kwh_per_m2"].as_f64().unwrap(), 1610.3, 1e-6);
    let fixed = ["--mounting", "fixed", "--tilt-deg", "30"];
    let found = asked(&[&LANZHOU[..], &["--monthly-ghi", &daily], &fixed].concat());
    close(found["poa_kwh_per_m2_yr"].as_f64().unwrap(), 1840.864, 0.02);
}

#[test]
fn the_best_tilt_is_the_best_of_all_whole_degrees() {
    let sky = ["--clear-sky", "ineichen", "--linke-turbidity", "3"];
    let yield_of = |tilt: &str| {
        let found = asked(&[&QINGDAO[..], &sky, &["--mounting", "fixed", "--tilt-deg", tilt]].concat());
        let tilt = found["array"]["mounting"]["fixed"]["tilt_deg"].as_f64().unwrap();
        (tilt, found["specific_yield_kwh_per_kwp_yr"].as_f64().unwrap())
    };
    let (tilt, best) = yield_of("best");
    assert!((25.0..=40.0).contains(&tilt), "{tilt}");
    for other in [tilt - 1.0, tilt + 1.0, tilt + 10.0] {
        assert!(yield_of(&other.to_string()).1 < best);
    }
}

#[test]
fn south_of_the_equator_arrays_face_north() {
    let place = ["--lon", "20", "--lat", "-30", "--elevation-m", "1000", "--clear-sky", "ineichen"];
    let found = asked(&[&place[..], &["--linke-turbidity", "3", "--mounting", "fixed", "--tilt-deg", "30"]].concat());
    assert_eq!(found["array"]["mounting"]["fixed"]["azimuth_deg"], 0.0);
    let away = ["--linke-turbidity", "3", "--mounting", "fixed", "--tilt-deg", "30", "--azimuth-deg", "180"];
    let turned = asked(&[&place[..], &away].concat());
    assert!(turned["poa_kwh_per_m2_yr"].as_f64() < found["poa_kwh_per_m2_yr"].as_f64());
}

#[test]
fn rows_a_second_face_and_a_small_inverter_change_the_yield_as_they_must() {
    let base = [&LANZHOU[..], &["--clear-sky", "ineichen", "--linke-turbidity", "3"]].concat();
    let yield_of = |more: &[&str]| {
        let found = asked(&[&base[..], more].concat());
        found["specific_yield_kwh_per_kwp_yr"].as_f64().unwrap()
    };
    let fixed = ["--mounting", "fixed", "--tilt-deg", "30", "--losses-share", "0.1"];
    let alone = yield_of(&fixed);
    let rows = yield_of(&[&fixed[..], &["--gcr", "0.5"]].concat());
    let dense = yield_of(&[&fixed[..], &["--gcr", "0.7"]].concat());
    assert!(dense < rows && rows < alone);
    let two_faces = yield_of(&[&fixed[..], &["--gcr", "0.5", "--bifaciality", "0.8"]].concat());
    assert!(two_faces > 1.01 * rows && two_faces < 1.15 * rows, "{two_faces} {rows}");
    let clipped = yield_of(&[&fixed[..], &["--dc-ac-ratio", "1.6"]].concat());
    assert!(clipped < 0.98 * alone);
    let floating = asked(&[&base[..], &["--layout", "floating"]].concat());
    assert!(floating["annual"]["cell_temperature_c"].as_f64().unwrap() < 45.0);
}

#[test]
fn what_cannot_be_answered_is_refused_with_a_reason() {
    for (arguments, words) in [
        (&["--clear-sky", "ineichen", "--mounting", "fixed"][..], "--linke-turbidity"),
        (&["--clear-sky", "simplified-solis", "--mounting", "fixed"], "--aod700"),
        (&["--weather", "nowhere.epw", "--mounting", "fixed"], "nowhere.epw"),
        (&["--clear-sky", "esra", "--linke-turbidity", "1,2,3", "--mounting", "fixed"], "expected one, or twelve"),
        (&["--clear-sky", "esra", "--linke-turbidity", "3", "--layout", "floatin"], "did you mean `floating`"),
        (&["--clear-sky", "esra", "--linke-turbidity", "3", "--albedo", "1.5"], "--albedo"),
        (&["--mounting", "fixed"], "--weather"),
        (&["--clear-sky", "esra", "--linke-turbidity", "3", "--mounting", "tracker", "--backtrack"], "--gcr"),
        (&["--weather", "none.epw", "--mounting", "fixed", "--clearness", "0.6"], "--clearness"),
        (&["--weather", "none.epw", "--mounting", "fixed", "--air-temperature-c", "9"], "--air-temperature-c"),
        (&["--weather", "none.epw", "--mounting", "fixed", "--wind-speed-m-per-s", "9"], "--wind-speed-m-per-s"),
        (&["--clear-sky", "esra", "--linke-turbidity", "3", "--layout", "fixed", "--time-offset-min", "9"], "--time"),
        (&["--weather", "none.epw", "--mounting", "fixed", "--slope-azimuth-deg", "9"], "--slope-azimuth-deg"),
        (&["--weather", "none.epw", "--mounting", "fixed", "--detail", "steps"], "--format json"),
    ] {
        let output = solsite(&[&["yield"], &LANZHOU[..], arguments].concat());
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && told.contains(words), "{arguments:?}: {told}");
        assert!(output.stdout.is_empty());
    }
}

/// A year of hours as CSV at 36.06 N 103.8 E, its light computed by `light` from sin of the sun's height.
fn hours(dir: &std::path::Path, columns: &str, light: impl Fn(f64) -> (f64, f64)) -> std::path::PathBuf {
    late_hours(dir, columns, 0.0, light)
}

/// The same, of the sun some minutes after the middle of each hour.
fn late_hours(
    dir: &std::path::Path,
    columns: &str,
    late_min: f64,
    light: impl Fn(f64) -> (f64, f64),
) -> std::path::PathBuf {
    use solsite::solar::position::{MONTH_DAYS, Place, days_since_j2000, sun};
    let place = Place { latitude_deg: 36.06, longitude_deg: 103.8, elevation_m: 1520.0 };
    let mut text = format!(
        "# latitude: 36.06\n# longitude: 103.8\n# elevation: 1520\n# utc_offset: 8\n# time: start of interval\n\
         time,{columns},temp_air [degC],wind_speed [m/s]\n"
    );
    let days = MONTH_DAYS.iter().enumerate().flat_map(|(month, days)| (1..=*days).map(move |day| (month + 1, day)));
    for (day_of_year, (month, day)) in days.enumerate() {
        for hour in 0..24 {
            let utc = day_of_year as f64 + 1.0 + (f64::from(hour) + 0.5 + late_min / 60.0 - 8.0) / 24.0;
            let height = sun(days_since_j2000(2023, utc), &place).zenith_deg.to_radians().cos().max(0.0);
            let (first, second) = light(height);
            writeln!(text, "2023-{month:02}-{day:02}T{hour:02}:00,{first:.1},{second:.1},15,2").unwrap();
        }
    }
    let path = dir.join("hours.csv");
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn weather_that_cannot_be_is_refused() {
    let dir = tempfile::TempDir::new().unwrap();
    let good = |height: f64| (850.0 * height, 200.0 * height);
    let path = hours(dir.path(), "ghi [W/m2],dhi [W/m2]", good);
    let here = ["--lon", "103.8", "--lat", "36.06", "--elevation-m", "1520", "--layout", "fixed"];
    let told = |place: &[&str], more: &[&str], weather: &std::path::Path| {
        let output = solsite(&[&["yield"], place, &["--weather", weather.to_str().unwrap()], more].concat());
        (output.status.code().unwrap(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    assert_eq!(told(&here, &[], &path).0, 0);
    let (code, errors) = told(&here, &["--time-offset-min", "400"], &path);
    assert!(code == 3 && errors.contains("the mean day is centred"), "{errors}");
    let mirrored = ["--lon", "-103.8", "--lat", "36.06", "--elevation-m", "1520", "--layout", "fixed"];
    let (code, errors) = told(&mirrored, &[], &path);
    assert!(code == 3 && errors.contains("km from here"), "{errors}");
    let swapped = hours(dir.path(), "dhi [W/m2],ghi [W/m2]", good);
    let (code, errors) = told(&here, &[], &swapped);
    assert!(code == 3 && errors.contains("exceeds the global one"), "{errors}");
    let faint = hours(dir.path(), "ghi [W/m2],dhi [W/m2]", |height| (85.0 * height, 20.0 * height));
    let (code, errors) = told(&here, &[], &faint);
    assert!(code == 3 && errors.contains("check the unit"), "{errors}");
    let months =
        ["yield", "--lon", "103.8", "--lat", "36.06", "--elevation-m", "1520", "--layout", "fixed", "--monthly-ghi"];
    for list in ["9,9,9,9,9,9,9,9,9,9,9,9", "0,0,0,0,0,0,0,0,0,0,0,0"] {
        let output = solsite(&[&months[..], &[list]].concat());
        assert_eq!(output.status.code(), Some(2), "{list}");
    }
}

#[test]
fn a_stated_offset_holds_for_the_component_that_follows_from_two() {
    let dir = tempfile::TempDir::new().unwrap();
    // The beam fades towards the horizon, so that it does not matter when an hour of sunrise is looked at.
    let light = |height: f64| (100.0 * height + 800.0 * height * height, 100.0 * height);
    let poa = |late_min: f64, more: &[&str]| {
        let path = late_hours(dir.path(), "ghi [W/m2],dhi [W/m2]", late_min, light);
        let weather = ["--weather", path.to_str().unwrap(), "--mounting", "vertical", "--format", "json"];
        let output = solsite(&[&["yield"], &LANZHOU[..], &weather, more].concat());
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{told}");
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let step = report["weather"]["time_offset"]["found_min"].is_null();
        assert!(step, "nothing was looked for");
        (report["poa_kwh_per_m2_yr"].as_f64().unwrap(), told)
    };
    let (expected, told) = poa(0.0, &[]);
    assert!(told.contains("two components of irradiance do not tell when they are of"), "{told}");
    let (stated, told) = poa(37.0, &["--time-offset-min", "37"]);
    close(stated, expected, 1e-2);
    assert!(!told.contains("do not tell"), "{told}");
    assert!((poa(37.0, &[]).0 - expected).abs() > 0.1 * expected, "it matters");
}

fn number(of: &Value) -> f64 {
    of.as_f64().unwrap()
}

/// The transmission fractions of DOMAIN B2 through the command, for the Linke turbidity of the vectors.
#[test]
fn light_beneath_rows_matches_the_vectors() {
    let (clear, agri) = (vectors("c2_clearsky.json"), vectors("b_agri.json"));
    for (site, place) in [("lanzhou", LANZHOU), ("qingdao", QINGDAO)] {
        let monthly = clear["sites"][site]["TL_monthly"].as_array().unwrap();
        let turbidity = monthly.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        let sky = ["--clear-sky", "ineichen", "--linke-turbidity", &turbidity];
        for (name, mounting) in [
            ("fixed20_gcr0.25", &["--mounting", "fixed", "--tilt-deg", "20", "--gcr", "0.25"][..]),
            ("fixed30_gcr0.35", &["--mounting", "fixed", "--tilt-deg", "30", "--gcr", "0.35"]),
            ("vertical_EW_gcr0.25", &["--mounting", "vertical", "--gcr", "0.25"]),
            ("sat_gcr0.35", &["--mounting", "tracker", "--gcr", "0.35", "--backtrack"]),
            ("overhead0_gcr0.30", &["--mounting", "fixed", "--tilt-deg", "0", "--gcr", "0.3"]),
        ] {
            let found = &asked(&[&place[..], &sky, mounting].concat())["beneath"];
            let expected = &agri["ground_light_fraction"]["results"][format!("{site}_clear")][name];
            for (share, key) in
                [(&found["annual"], "annual"), (&found["monthly"][5], "jun"), (&found["monthly"][11], "dec")]
            {
                let (share, expected) = (number(&share["light_share"]), number(&expected[key]));
                assert!((share - expected).abs() < 1e-3, "{site} {name} {key}: {share} against {expected}");
            }
        }
    }
}

#[test]
fn hours_across_the_rows_and_months_tell_the_same_light() {
    let monthly = ["--monthly-ghi", "2.9,3.7,4.5,5.3,5.8,6.0,5.8,5.3,4.2,3.5,2.9,2.6"];
    let rows =
        ["--mounting", "fixed", "--tilt-deg", "25", "--gcr", "0.4", "--clearance-m", "2.5", "--collector-width-m", "4"];
    let more = ["--strips", "40", "--transmittance", "0.1", "--crop", "potato", "--crop", "rose", "--detail", "steps"];
    let report = asked(&[&LANZHOU[..], &monthly, &rows, &more].concat());
    let beneath = &report["beneath"];
    let steps = report["steps"].as_array().unwrap();
    for (month, row) in beneath["monthly"].as_array().unwrap().iter().enumerate() {
        let in_month = || steps.iter().filter(|step| step["month"] == month + 1);
        let sum = |key: &str| in_month().map(|step| number(&step[key]) * number(&step["weight_h"])).sum::<f64>() / 1e3;
        close(sum("ground_w_per_m2"), number(&row["ground_kwh_per_m2"]), 1e-9);
        close(sum("open_w_per_m2"), number(&row["open_kwh_per_m2"]), 1e-9);
    }
    let lit = steps.iter().filter(|step| number(&step["open_w_per_m2"]) > 50.0);
    for step in lit {
        let strips = step["across_w_per_m2"].as_array().unwrap();
        let mean = strips.iter().map(number).sum::<f64>() / 40.0;
        close(mean, number(&step["ground_w_per_m2"]), 3e-3);
    }
    let across = beneath["across"]["annual_light_share"].as_array().unwrap();
    close(across.iter().map(number).sum::<f64>() / 40.0, number(&beneath["annual"]["light_share"]), 3e-3);
    assert!(beneath["across"]["pitch_m"] == 10.0 && across.len() == 40);
    let [potato, rose] = [0, 1].map(|at| &beneath["crops"][at]);
    let shade = 1.0 - number(&potato["light_share"]);
    let expected = 10.0_f64.powf(-0.2471 * shade - 0.73317 * shade * shade);
    close(number(&potato["relative_yield"]["expected"]), expected, 1e-9);
    close(number(&rose["relative_yield"]["expected"]), number(&rose["light_share"]), 1e-9);
    assert!(potato["evapotranspiration_mm"].is_null(), "months alone do not tell the course of the day");
}

#[test]
fn water_beneath_rows_follows_from_real_weather() {
    let Some(path) = real_data("solar/tmy_45.000_8.000_2005_2023.epw") else { return };
    let place = ["--lon", "8", "--lat", "45", "--elevation-m", "250", "--weather", path.to_str().unwrap()];
    let crop = |layout: &str| {
        asked(&[&place[..], &["--layout", layout, "--crop", "alfalfa"]].concat())["beneath"]["crops"][0].clone()
    };
    let (open_rows, dense_rows) = (crop("vertical"), crop("tracker"));
    let open = number(&open_rows["open_evapotranspiration_mm"]);
    close(number(&dense_rows["open_evapotranspiration_mm"]), open, 1e-12);
    // A season of alfalfa on the Po plain, whose reference grass uses some 800 mm from April to September.
    assert!((450.0..1_000.0).contains(&open), "{open}");
    let [few, many] = [&open_rows, &dense_rows].map(|crop| number(&crop["evapotranspiration_mm"]));
    assert!(many < few && few < open, "{many} {few} {open}");
}

#[test]
fn what_a_single_row_or_no_crop_has_no_use_for_is_refused() {
    let sky = ["--clear-sky", "ineichen", "--linke-turbidity", "3"];
    for (more, word) in [
        (&["--crop", "potato"][..], "a single row has no use for it"),
        (&["--transmittance", "0.1"], "a single row has no use for it"),
        (&["--gcr", "0.3", "--crop", "potatoe"], "did you mean `potato`"),
        (&["--gcr", "0.3", "--clearance-m", "2"], "needs --clearance-m and --collector-width-m"),
        (&["--gcr", "0.3", "--transmittance", "2"], "from 0 to 1"),
    ] {
        let output =
            solsite(&[&["yield"], &LANZHOU[..], &sky, &["--mounting", "fixed", "--tilt-deg", "20"], more].concat());
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && errors.contains(word), "{more:?}: {errors}");
    }
}
