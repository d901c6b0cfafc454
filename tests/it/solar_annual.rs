//! A year of clear sky over the sites of the vectors, against pvlib with SPA.

use serde_json::Value;
use solsite::solar::air_mass;
use solsite::solar::clear_sky::{Irradiance, daily_turbidity, esra, ineichen};
use solsite::solar::position::{self, MEAN_DAYS, MONTH_DAYS};
use solsite::solar::tracker::Backtracking;
use solsite::solar::transposition::{SkyModel, SkyState};

use crate::solar_support::{
    at, by_month, fixed, month_errors, month_of, near, number, site, tracker, tracking, vertical,
};
use crate::support::{close, vectors};

/// An instant in the middle of a step.
struct Instant {
    /// Day of the year at the site, 1–365.
    day: usize,
    zenith_deg: f64,
    sky: SkyState,
    esra: Irradiance,
}

/// All instants of 2023 at a site, `step_min` apart.
struct Year {
    step_h: f64,
    instants: Vec<Instant>,
}

impl Year {
    fn of(name: &str, step_min: usize) -> Self {
        let place = site(name);
        let clear = &vectors("c2_clearsky.json")["sites"][name];
        let monthly: Vec<f64> = clear["TL_monthly"].as_array().unwrap().iter().map(number).collect();
        let monthly: [f64; 12] = monthly.try_into().unwrap();
        let pressure = air_mass::pressure_pa(place.elevation_m);
        let instant = |step: usize| {
            let minutes = step as f64 * step_min as f64 + step_min as f64 / 2.0;
            let day = 1 + (minutes / 1440.0) as usize;
            // The sites' clocks are eight hours ahead.
            let day_ut = 1.0 + minutes / 1440.0 - 8.0 / 24.0;
            let sun = position::sun(position::days_since_j2000(2023, day_ut), &place);
            let turbidity = daily_turbidity(&monthly, if day_ut < 1.0 { 365.0 } else { day_ut.floor() });
            let extraterrestrial = position::extraterrestrial_w_per_m2(day as f64);
            let relative = air_mass::relative(sun.apparent_zenith_deg);
            let absolute = air_mass::absolute(relative, pressure);
            let sky = SkyState {
                irradiance: ineichen(sun.apparent_zenith_deg, absolute, turbidity, place.elevation_m, extraterrestrial),
                apparent_zenith_deg: sun.apparent_zenith_deg,
                azimuth_deg: sun.azimuth_deg,
                extraterrestrial_w_per_m2: extraterrestrial,
                relative_air_mass: relative,
                albedo: 0.2,
            };
            let esra = esra(sun.zenith_deg, place.elevation_m, turbidity, extraterrestrial);
            Instant { day, zenith_deg: sun.zenith_deg, sky, esra }
        };
        Self { step_h: step_min as f64 / 60.0, instants: (0..525_600 / step_min).map(instant).collect() }
    }

    /// Monthly sums [kWh/m²], all days counted once.
    fn monthly(&self, of: impl Fn(&Instant) -> f64) -> [f64; 12] {
        by_month(self.instants.iter().map(|instant| (month_of(instant.day), of(instant) * self.step_h / 1000.0)))
    }

    /// Monthly sums [kWh/m²], the mean day counted for all days of its month.
    fn of_mean_days(&self, of: impl Fn(&Instant) -> f64) -> [f64; 12] {
        let mean_days = self.instants.iter().filter(|instant| MEAN_DAYS.contains(&(instant.day as u16)));
        by_month(mean_days.map(|instant| {
            let month = month_of(instant.day);
            (month, of(instant) * self.step_h / 1000.0 * f64::from(MONTH_DAYS[month]))
        }))
    }

    fn annual(&self, of: impl Fn(&SkyState) -> f64) -> f64 {
        self.monthly(|instant| of(&instant.sky)).iter().sum()
    }
}

/// A part of irradiance.
type Part = fn(&Irradiance) -> f64;

const SITES: [&str; 2] = ["lanzhou", "qingdao"];

#[test]
fn horizontal_irradiation_of_two_clear_skies() {
    for name in SITES {
        let year = Year::of(name, 60);
        let expected = &vectors("c2_clearsky.json")["sites"][name];
        let parts: [(&str, Part); 3] =
            [("ghi", |i| i.ghi_w_per_m2), ("dni", |i| i.dni_w_per_m2), ("dhi", |i| i.dhi_w_per_m2)];
        for (part, of) in parts {
            let months = year.monthly(|instant| of(&instant.sky.irradiance));
            for (month, found) in months.iter().enumerate() {
                close(*found, number(&expected["ineichen_monthly"][part][month]), 5e-4);
            }
            close(months.iter().sum(), at(&expected["ineichen_annual"], part), 2e-4);
            let months = year.monthly(|instant| of(&instant.esra));
            close(months.iter().sum(), at(&expected["esra_annual"], part), 2e-4);
            if part == "ghi" {
                for (month, found) in months.iter().enumerate() {
                    close(*found, number(&expected["esra_monthly_ghi"][month]), 5e-4);
                }
            }
        }
        let above = year
            .monthly(|instant| instant.sky.extraterrestrial_w_per_m2 * instant.zenith_deg.to_radians().cos().max(0.0));
        close(above.iter().sum(), at(expected, "extraterrestrial_annual_hor"), 1e-4);
    }
}

#[test]
fn fixed_planes_in_all_models() {
    let models = [
        ("isotropic", SkyModel::Isotropic),
        ("klucher", SkyModel::Klucher),
        ("haydavies", SkyModel::HayDavies),
        ("reindl", SkyModel::Reindl),
        ("king", SkyModel::King),
        ("perez", SkyModel::Perez),
    ];
    for name in SITES {
        let year = Year::of(name, 60);
        let expected = &vectors("c5_annual_clear.json")["sites"][name];
        for tilt in [0, 20, 25, 30, 35, 40] {
            for (key, model) in models {
                let found = year.annual(fixed(model, f64::from(tilt), 180.0));
                close(found, at(&expected[format!("fixed_{tilt}_S")], key), 2e-4);
            }
        }
        let both = &expected["vertical_EW_haydavies_noshade"];
        close(year.annual(fixed(SkyModel::HayDavies, 90.0, 90.0)), at(both, "east"), 2e-4);
        close(year.annual(fixed(SkyModel::HayDavies, 90.0, 270.0)), at(both, "west"), 2e-4);
        close(year.annual(vertical(SkyModel::HayDavies)), at(both, "sum_bif0p9"), 2e-4);
    }
}

#[test]
fn trackers_dense_and_wide_with_and_without_backtracking() {
    let models = [("isotropic", SkyModel::Isotropic), ("haydavies", SkyModel::HayDavies), ("perez", SkyModel::Perez)];
    let mounts = [
        ("sat_gcr0.35_bt1_max60", tracker(0.35, Backtracking::On)),
        ("sat_gcr0.35_bt0_max60", tracker(0.35, Backtracking::Off)),
        ("sat_gcr0.25_bt1_max60", tracker(0.25, Backtracking::On)),
        ("sat_gcr0.45_bt1_max60", tracker(0.45, Backtracking::On)),
    ];
    for name in SITES {
        let year = Year::of(name, 60);
        let expected = &vectors("c5_annual_clear.json")["sites"][name];
        for (mount_key, mount) in mounts {
            for (key, model) in models {
                close(year.annual(tracking(model, mount)), at(&expected[mount_key], key), 2e-4);
            }
        }
    }
}

#[test]
fn steps_from_five_minutes_to_two_hours() {
    for name in SITES {
        let expected = &vectors("c5_annual_clear.json")["sites"][name]["timestep_haydavies_fixed30"];
        for (key, step_min) in [("5min", 5), ("15min", 15), ("30min", 30), ("60min", 60), ("120min", 120)] {
            let year = Year::of(name, step_min);
            close(year.annual(fixed(SkyModel::HayDavies, 0.0, 180.0)), at(&expected[key], "ghi"), 2e-4);
            close(year.annual(fixed(SkyModel::HayDavies, 30.0, 180.0)), at(&expected[key], "poa"), 2e-4);
        }
    }
}

/// Whether the mean days of the months are off by as much as in the vector [percentage points].
fn same_errors(year: &Year, of: impl Fn(&SkyState) -> f64, expected: &Value) {
    let full = year.monthly(|instant| of(&instant.sky));
    let mean_days = year.of_mean_days(|instant| of(&instant.sky));
    let errors = month_errors(&mean_days, &full);
    close(full.iter().sum(), at(expected, "full"), 2e-4);
    close(mean_days.iter().sum(), at(expected, "klein"), 2e-4);
    near(errors.annual, at(expected, "err_pct"), 0.05);
    near(errors.worst_month, at(expected, "worst_month_err_pct"), 0.05);
}

#[test]
fn mean_days_stand_for_their_months_as_well_as_in_pvlib() {
    for name in SITES {
        for (key, step_min) in [("60min", 60), ("10min", 10)] {
            let expected = &vectors("c5_annual_clear.json")["sites"][name]["klein_vs_full_clear"][key];
            let year = Year::of(name, step_min);
            same_errors(&year, |sky| sky.irradiance.ghi_w_per_m2, &expected["ghi"]);
            same_errors(&year, fixed(SkyModel::HayDavies, 30.0, 180.0), &expected["poa30"]);
            let mount = tracker(0.35, Backtracking::On);
            same_errors(&year, tracking(SkyModel::HayDavies, mount), &expected["sat"]);
            same_errors(&year, vertical(SkyModel::HayDavies), &expected["vertical"]);
        }
    }
}
