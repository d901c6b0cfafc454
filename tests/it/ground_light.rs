//! Light, water and yield beneath rows, against independent programs.

use serde_json::Value;
use solsite::agronomy::evapotranspiration::{
    Day, Site, effective_rain_mm, extraterrestrial_mj_per_m2, net_radiation_mj_per_m2, reference_mm, wind_at_2m,
};
use solsite::agronomy::light::{self, par_diffuse_share};
use solsite::agronomy::response::land_equivalent_ratio;
use solsite::agronomy::row_profile::{self, Section};
use solsite::agronomy::season::{CropCoefficients, Season, shade};
use solsite::agronomy::suitability::between;
use solsite::finance::{break_even_capex, capital_recovery_factor};
use solsite::mode::Number;
use solsite::project::WeatherSpec;
use solsite::project::file::{ClearSkyInput, ClearSkyModel, YieldTable};
use solsite::resource::arrays::Workshop;
use solsite::resource::climate::{clear_step, hourly_steps};
use solsite::resource::located;
use solsite::solar::array::{Array, Instant, Mounting};
use solsite::solar::clear_sky::Irradiance;
use solsite::solar::position::{MONTH_DAYS, Sun, days_since_j2000};
use solsite::solar::rows::ground_sky_view;
use solsite::solar::transposition::Plane;
use solsite::solar::year::Step;
use solsite::tables::Tables;

use crate::solar_support::{at, cases, near, site};
use crate::support::{real_data, vectors};

/// An array of a built-in layout with another row spacing, and another tilt if it is fixed.
fn array(layout: &str, gcr: f64, tilt_deg: f64) -> Array {
    let tables = Tables::builtin().unwrap();
    let settings = YieldTable::default();
    let mut row = tables.layout(layout).unwrap().clone();
    row.gcr = Number::stated(gcr);
    row.array.tilt_deg = row.array.tilt_deg.map(|_| Number::stated(tilt_deg));
    Workshop { pv: &tables.pv, settings: &settings, latitude_deg: 36.0 }.array(&row, 1.2, &[])
}

/// The array a vector names: `fixed20_gcr0.25`, `vertical_EW_gcr0.12`, `sat_gcr0.35`, `overhead0_gcr0.30`.
fn named(name: &str) -> Array {
    let (kind, gcr) = name.split_once("_gcr").unwrap();
    let gcr: f64 = gcr.parse().unwrap();
    let tilt = |prefix: &str| kind.strip_prefix(prefix).map(|tilt| tilt.parse::<f64>().unwrap());
    match kind {
        "vertical_EW" => array("vertical", gcr, 0.0),
        "sat" => array("tracker", gcr, 0.0),
        _ => array("fixed", gcr, tilt("fixed").or_else(|| tilt("overhead")).unwrap()),
    }
}

/// A clear year at a place of the vectors, hour by hour.
fn clear_year(name: &str) -> Vec<Step> {
    let turbidity = match name {
        "lanzhou" => [1.65, 1.65, 1.65, 1.70, 2.05, 2.25, 2.25, 2.25, 1.95, 1.80, 1.65, 1.65],
        _ => [2.2, 2.4, 2.9, 3.4, 3.8, 4.05, 4.25, 4.35, 3.85, 3.1, 2.55, 2.05],
    };
    let clear = ClearSkyInput {
        clear_sky: ClearSkyModel::Ineichen,
        linke_turbidity: Some(turbidity),
        aod700: None,
        precipitable_water_cm: None,
        clearness: 1.0,
        air_temperature_c: 20.0,
        wind_speed_m_per_s: 1.0,
    };
    let place = site(name);
    let mut steps = Vec::new();
    let mut day = 0.0;
    for (month, days) in MONTH_DAYS.into_iter().enumerate() {
        for _ in 0..days {
            day += 1.0;
            for hour in 0..24 {
                // The vectors count in China Standard Time.
                let utc_h = f64::from(hour) + 0.5 - 8.0;
                let middle = days_since_j2000(2023, day + utc_h / 24.0);
                steps.push(clear_step(&clear, &place, (month, hour as usize), (middle, 1.0), day));
            }
        }
    }
    steps
}

fn shares(array: &Array, steps: &[Step]) -> [f64; 4] {
    let months = light::by_month(array, 0.0, steps);
    let share = |some: std::ops::Range<usize>| {
        let mut sum = light::Light::default();
        for month in &months[some] {
            sum.add(month, 1.0);
        }
        sum.share()
    };
    [share(0..12), share(3..9), months[5].share(), months[11].share()]
}

#[test]
fn light_beneath_rows_through_clear_years_matches_the_vectors() {
    let results = &vectors("b_agri.json")["ground_light_fraction"]["results"];
    for name in ["lanzhou", "qingdao"] {
        let steps = clear_year(name);
        for (layout, expected) in results[format!("{name}_clear")].as_object().unwrap() {
            let found = shares(&named(layout), &steps);
            for (found, key) in found.into_iter().zip(["annual", "apr_sep", "jun", "dec"]) {
                near(found, at(expected, key), 1e-3);
            }
        }
    }
}

#[test]
fn light_on_the_ground_matches_pvlib_hour_by_hour() {
    let all = vectors("ground_light.json");
    let hours = cases(&all, "hours");
    assert!(hours.len() > 40);
    for case in hours {
        let mut array = match case["array"].as_str().unwrap() {
            "fixed" => array("fixed", at(case, "gcr"), at(case, "tilt_deg")),
            other => array(other, at(case, "gcr"), 0.0),
        };
        if let (Mounting::Fixed(plane), Some(azimuth_deg)) = (&mut array.mounting, case["azimuth_deg"].as_f64()) {
            plane.azimuth_deg = azimuth_deg;
        }
        let zenith_deg = at(case, "zenith_deg");
        let (dni, dhi) = (at(case, "dni"), at(case, "dhi"));
        let instant = Instant {
            sun: Sun { zenith_deg, apparent_zenith_deg: zenith_deg, azimuth_deg: at(case, "sun_azimuth_deg") },
            irradiance: Irradiance {
                ghi_w_per_m2: dni * zenith_deg.to_radians().cos() + dhi,
                dni_w_per_m2: dni,
                dhi_w_per_m2: dhi,
            },
            extraterrestrial_w_per_m2: 1366.0,
            air_temperature_c: 20.0,
            wind_speed_m_per_s: 1.0,
        };
        near(light::at_instant(&array, 0.0, &instant).ground_kwh_per_m2, at(case, "ground"), 0.3);
        let passing = light::passing(&array, 0.0, &instant);
        near(passing.beam, at(case, "lit"), 1e-5);
        near(passing.diffuse, at(case, "view"), 5e-4);
        // Half the light through the modules is half of what they hold back.
        let half = light::passing(&array, 0.5, &instant);
        near(half.beam, 0.5 + 0.5 * passing.beam, 1e-12);
        near(half.diffuse, 0.5 + 0.5 * passing.diffuse, 1e-12);
    }
}

#[test]
fn views_across_the_rows_match_pvlib_and_add_up_to_the_closed_form() {
    for case in cases(&vectors("ground_light.json"), "sky_views") {
        let plane = Plane { tilt_deg: at(case, "tilt_deg"), azimuth_deg: 180.0 };
        let section = Section { plane, gcr: at(case, "gcr"), height: at(case, "height_over_pitch") };
        let found = section.views_at(10);
        // pvlib counts from the front to the back.
        for (found, expected) in found.iter().rev().zip(case["view"].as_array().unwrap()) {
            near(*found, expected.as_f64().unwrap(), 5e-4);
        }
        for strips in [1, 3, 12, 400] {
            let mean = section.sky_views(strips).iter().sum::<f64>() / strips as f64;
            near(mean, ground_sky_view(section.gcr, section.plane.tilt_deg), 1.5e-3);
        }
    }
}

#[test]
fn shadows_across_the_rows_add_up_to_the_closed_form() {
    let agri = vectors("b_agri.json");
    for case in cases(&agri, "beam_shadow") {
        let plane = Plane { tilt_deg: at(case, "tilt"), azimuth_deg: at(case, "surf_az") };
        for height in [0.3, 0.6, 2.0] {
            let section = Section { plane, gcr: at(case, "gcr"), height };
            let strips = section.shaded(at(case, "zenith"), at(case, "azimuth"), 7);
            near(strips.iter().sum::<f64>() / 7.0, at(case, "shaded_frac"), 1e-9);
            assert!(strips.iter().all(|strip| (0.0..=1.0 + 1e-12).contains(strip)));
        }
    }
}

#[test]
fn light_across_the_rows_is_even_high_up_and_adds_up_to_the_mean() {
    let steps = clear_year("lanzhou");
    let array = array("fixed", 0.3, 25.0);
    let mean = light::by_month(&array, 0.0, &steps);
    let spread = |height: f64| {
        let months = row_profile::by_month(&array, (0.0, height), &steps, 16);
        let june: Vec<f64> = months[5].iter().map(light::Light::share).collect();
        near(june.iter().sum::<f64>() / 16.0, mean[5].share(), 1e-3);
        june.iter().copied().fold(0.0, f64::max) - june.iter().copied().fold(1.0, f64::min)
    };
    let (low, high) = (spread(0.15), spread(1.2));
    assert!(low > 1.2 * high, "{low} against {high}");
}

/// Under a sky that is the same in the morning and in the afternoon, both sides of a tracker's row are alike.
#[test]
fn light_across_a_trackers_row_is_symmetric() {
    // Half an hour past the full one lies evenly around noon there, and in June the sun is on time.
    let steps = clear_year("qingdao");
    let months = row_profile::by_month(&array("tracker", 0.35, 0.0), (0.0, 0.4), &steps, 12);
    for (east, west) in months[5].iter().zip(months[5].iter().rev()) {
        near(east.share(), west.share(), 0.03);
    }
    let june: Vec<f64> = months[5].iter().map(light::Light::share).collect();
    assert!(june[5] - june[0] > 0.05, "between the rows it is lighter than beneath: {june:?}");
}

#[test]
fn more_cover_is_never_more_light() {
    let steps = clear_year("qingdao");
    for layout in ["fixed", "tracker", "vertical"] {
        let mut before = [1.0 + 1e-12; 12];
        for gcr in (1..=19).map(|step| 0.05 * f64::from(step)) {
            let months = light::by_month(&array(layout, gcr, 20.0), 0.0, &steps);
            for (before, month) in before.iter_mut().zip(&months) {
                assert!(month.share() <= *before + 1e-12, "{layout} at {gcr}");
                *before = month.share();
            }
        }
    }
}

/// A year of real weather: the hours themselves against their mean days.
#[test]
fn mean_days_tell_the_light_of_a_real_year() {
    let Some(path) = real_data("solar/tmy_45.000_8.000_2005_2023.epw") else { return };
    let spec = WeatherSpec { path, latitude_deg: None, longitude_deg: None, elevation_m: None, time_offset_min: None };
    let (weather, place) = located(&spec).unwrap();
    let offset_min = weather.time_offset.unwrap().minutes;
    let hours = hourly_steps(&weather, &place, offset_min);
    let means = solsite::weather::matrix::Matrix::from(&weather, offset_min);
    let days = solsite::resource::climate::mean_day_steps(&means, &place);
    for (layout, gcr) in [("fixed", 0.25), ("fixed", 0.4), ("vertical", 0.15), ("tracker", 0.35)] {
        let array = array(layout, gcr, 25.0);
        let [by_hours, by_days] = [&hours, &days].map(|steps| shares(&array, steps)[1]);
        near(by_days, by_hours, 0.01);
    }
}

#[test]
fn the_diffuse_share_of_light_for_plants_matches_pvlib() {
    for case in cases(&vectors("ground_light.json"), "par") {
        let found = par_diffuse_share(at(case, "diffuse_share"), at(case, "zenith_deg"));
        near(found, at(case, "par_diffuse_share"), 1e-12);
    }
}

/// FAO-56, example 18: Brussels on 6 July.
#[test]
fn evapotranspiration_matches_example_18() {
    let expected = &vectors("b_agri.json")["fao56"]["example18"];
    let day = Day {
        warmest_c: 21.5,
        coldest_c: 12.3,
        vapour_pressure_kpa: 1.409,
        wind_2m_m_per_s: 2.078,
        day_of_year: 187.0,
    };
    let place = Site { latitude_deg: 50.8, elevation_m: 100.0 };
    near(extraterrestrial_mj_per_m2(50.8, 187.0), at(expected, "Ra"), 1e-3);
    near(net_radiation_mj_per_m2(&day, &place, 22.07), at(expected, "Rn"), 5e-3);
    near(reference_mm(&day, &place, 22.07), at(expected, "ET0"), 5e-3);
}

#[test]
fn evapotranspiration_in_the_shade_matches_the_vectors() {
    let case = &vectors("b_agri.json")["fao56"]["lanzhou_july"];
    let input = |key: &str| at(&case["inputs"], key);
    let saturated = |celsius: f64| 0.6108 * (17.27 * celsius / (celsius + 237.3)).exp();
    let humid = saturated(input("Tmin")) * input("RHmax") + saturated(input("Tmax")) * input("RHmin");
    let day = Day {
        warmest_c: input("Tmax"),
        coldest_c: input("Tmin"),
        vapour_pressure_kpa: humid / 200.0,
        wind_2m_m_per_s: input("u2"),
        day_of_year: input("J"),
    };
    let place = Site { latitude_deg: input("lat"), elevation_m: input("z") };
    let open = reference_mm(&day, &place, input("Rs"));
    near(open, at(&case["open"], "ET0"), 1e-3);
    for (share, expected) in case["shaded"].as_object().unwrap() {
        let shaded = reference_mm(&day, &place, share.parse::<f64>().unwrap() * input("Rs"));
        near(shaded, at(expected, "ET0"), 1e-3);
        near(100.0 * (1.0 - shaded / open), at(expected, "reduction_pct"), 1e-2);
    }
}

#[test]
fn wind_and_rain_are_those_of_the_manuals() {
    // FAO-56, example 14; training manual 3, table 6.
    near(wind_at_2m(3.2, 10.0), 2.4, 0.05);
    for (rain, used) in [(10.0, 0.0), (60.0, 26.0), (100.0, 55.0), (180.0, 119.0)] {
        near(effective_rain_mm(rain), used, 1e-9);
    }
}

/// FAO-56, figure 35: dry beans, stages of 25, 25, 30 and 20 days, 0.15, 1.19 and 0.35.
#[test]
fn crop_coefficients_follow_the_stages() {
    let kc = CropCoefficients { initial: 0.15, mid: 1.19, end: 0.35 };
    let stages_days = [25.0, 25.0, 30.0, 20.0];
    for (day, expected) in [(10.0, 0.15), (40.0, 0.15 + 0.6 * 1.04), (70.0, 1.19), (95.0, 1.19 - 0.75 * 0.84)] {
        near(kc.at(day, &stages_days), expected, 1e-9);
    }
    let season = Season { first_day: 352, stages_days };
    let months = season.months(&kc);
    near(months.iter().map(|month| month.days).sum(), 100.0, 1e-9);
    assert_eq!(months.map(|month| month.days as u32), [31, 28, 27, 0, 0, 0, 0, 0, 0, 0, 0, 14]);
    let south = season.in_the_south().months(&kc);
    near(south[6].days, 31.0, 1e-9);
}

#[test]
fn shade_counts_months_by_their_growth_and_light() {
    let season = Season { first_day: 152, stages_days: [30.0, 0.0, 15.0, 0.0] };
    let months = season.months(&CropCoefficients { initial: 1.0, mid: 1.0, end: 1.0 });
    let mut light = [(100.0, 90.0); 12];
    light[5] = (200.0, 100.0);
    light[6] = (124.0, 62.0 * 1.5);
    // All of June, 15 of 31 days of July.
    near(shade(&months, &light), 1.0 - (100.0 + 45.0) / (200.0 + 60.0), 1e-9);
}

#[test]
fn land_equivalent_ratios_match_the_vectors() {
    let all = vectors("b_agri.json");
    for case in cases(&all, "ler") {
        near(land_equivalent_ratio(1.0, at(case, "Y_ratio"), at(case, "E_ratio")), at(case, "LER"), 1e-9);
    }
    near(land_equivalent_ratio(0.92, 0.90, 0.55), 1.378, 1e-9);
}

#[test]
fn break_even_matches_the_check() {
    let case: Value = vectors("checks.json")["breakeven_capex_CNY_kW"].clone();
    let income = 0.225 * 1300.0 - 45.0;
    near(break_even_capex(income, 0.06, 25.0), at(&case, "capex"), 0.01);
    near(break_even_capex(income, 0.06, 25.0) * capital_recovery_factor(0.06, 25.0), income, 1e-9);
}

#[test]
fn worth_lies_between_the_limits() {
    let limits = [5.0, 15.0, 25.0, 30.0];
    for (value, expected) in [(4.0, 0.0), (5.0, 0.0), (10.0, 0.5), (15.0, 1.0), (25.0, 1.0), (27.5, 0.5), (31.0, 0.0)] {
        assert_eq!(between(value, &limits), expected);
    }
    assert!(between(f32::NAN, &limits).is_nan());
    assert_eq!(between(0.0, &[0.0, 0.0, 10.0, 20.0]), 1.0);
}
