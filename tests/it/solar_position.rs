//! Position of the sun and what depends on the day, against SPA and the Almanac.

use solsite::solar::position::{self, Place, Sun};

use crate::solar_support::{day_of, near, number, site};
use crate::support::{close, vectors};

#[test]
fn positions_are_those_of_spa() {
    for case in vectors("c1_solar_position.json")["cases"].as_array().unwrap() {
        let place = site(case["site"].as_str().unwrap());
        let (day, day_ut) = day_of(case["t"].as_str().unwrap());
        let days = position::days_since_j2000(2023, day_ut);
        let sun = position::sun(days, &place);
        near(sun.zenith_deg, number(&case["zenith"]), 0.013);
        near(sun.apparent_zenith_deg, number(&case["apparent_zenith"]), 0.013);
        // Near the zenith the azimuth turns fast: what counts is the distance on the sky.
        let on_the_sky = sun.zenith_deg.to_radians().sin();
        near(sun.azimuth_deg * on_the_sky, number(&case["azimuth"]) * on_the_sky, 0.013);
        near(position::equation_of_time_min(days), number(&case["eot_min"]), 0.05);
        close(position::extraterrestrial_w_per_m2(day), number(&case["dni_extra_nrel"]), 1e-3);
    }
}

#[test]
fn days_are_counted_from_noon_of_the_first_of_2000() {
    // Julian days minus 2 451 545, from the table of J. Meeus, "Astronomical Algorithms", 1998, p. 62.
    near(position::days_since_j2000(2000, 1.5), 0.0, 0.0);
    near(position::days_since_j2000(1999, 1.0), 2_451_179.5 - 2_451_545.0, 0.0);
    near(position::days_since_j2000(1987, 27.0), 2_446_822.5 - 2_451_545.0, 0.0);
    near(position::days_since_j2000(1900, 1.0), 2_415_020.5 - 2_451_545.0, 0.0);
    near(position::days_since_j2000(1600, 366.0), 2_305_812.5 - 2_451_545.0, 0.0);
    // The day before the first is the last of the year before.
    near(position::days_since_j2000(2021, 0.25), position::days_since_j2000(2020, 366.25), 0.0);
}

#[test]
fn the_sun_of_the_southern_half_passes_through_the_north() {
    let place = Place { latitude_deg: -33.9, longitude_deg: 18.4, elevation_m: 0.0 };
    // 2023-12-22 12:00 at UT+2; the numbers are SPA's by pvlib 0.16.1.
    let Sun { zenith_deg, azimuth_deg, .. } =
        position::sun(position::days_since_j2000(2023, 356.0 + 10.0 / 24.0), &place);
    near(zenith_deg, 14.332_20, 0.013);
    near(azimuth_deg, 46.035_25, 0.05);
}

#[test]
fn refraction_ends_where_the_sun_is_down() {
    let place = site("qingdao");
    let at = |hour_ut: f64| position::sun(position::days_since_j2000(2023, 172.0 + hour_ut / 24.0), &place);
    let night = at(16.0);
    assert_eq!(night.zenith_deg, night.apparent_zenith_deg);
    let noon = at(4.0);
    assert!(noon.apparent_zenith_deg < noon.zenith_deg && noon.zenith_deg - noon.apparent_zenith_deg < 0.01);
}

#[test]
fn klein_days_have_the_declination_and_distance_of_spencer() {
    let all = vectors("c1_solar_position.json");
    for (case, day) in all["klein"].as_array().unwrap().iter().zip(position::MEAN_DAYS) {
        assert_eq!(case["doy"], day);
        near(position::declination_rad(f64::from(day)).to_degrees(), number(&case["decl_spencer_deg"]), 6e-5);
        near(position::eccentricity(f64::from(day)), number(&case["E0"]), 6e-7);
    }
}

#[test]
fn the_sun_does_not_set_in_polar_day_nor_rise_in_polar_night() {
    assert_eq!(position::sunset_hour_angle_rad(75.0, position::declination_rad(172.0)), std::f64::consts::PI);
    assert_eq!(position::sunset_hour_angle_rad(75.0, position::declination_rad(355.0)), 0.0);
    assert_eq!(position::extraterrestrial_daily_wh_per_m2(75.0, 355.0), 0.0);
    assert!(position::extraterrestrial_daily_wh_per_m2(75.0, 172.0) > 11_500.0);
}
