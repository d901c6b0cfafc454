//! Months of which only the mean is known: typical days against the generator's, and against a year of hours.

use serde_json::Value;
use solsite::solar::air_mass;
use solsite::solar::clear_sky::Irradiance;
use solsite::solar::decomposition::{
    TypicalDay, daily_clearness, erbs, erbs_monthly, month_of_mean, month_of_quantiles,
};
use solsite::solar::position::{self, MEAN_DAYS, MONTH_DAYS, Place};
use solsite::solar::power::pvwatts_dc;
use solsite::solar::temperature::faiman;
use solsite::solar::tracker::Backtracking;
use solsite::solar::transposition::{SkyModel, SkyState};

use crate::solar_support::{
    at, by_month, cases, fixed, month_errors, month_of, near, number, site, tracker, tracking, vertical,
};
use crate::support::{close, real_data, vectors};

const SITES: [&str; 2] = ["lanzhou", "qingdao"];

/// The sky of a sun, as the generator takes it.
fn sky(zenith_deg: f64, azimuth_deg: f64, irradiance: Irradiance, day_of_year: usize) -> SkyState {
    SkyState {
        irradiance,
        apparent_zenith_deg: zenith_deg,
        azimuth_deg,
        extraterrestrial_w_per_m2: position::extraterrestrial_w_per_m2(day_of_year as f64),
        relative_air_mass: air_mass::relative(zenith_deg.min(89.9)),
        albedo: 0.2,
    }
}

/// Light on a plane.
type OnPlane = Box<dyn Fn(&SkyState) -> f64>;

/// The generator's planes by name.
fn planes() -> Vec<(&'static str, OnPlane)> {
    let model = SkyModel::HayDavies;
    vec![
        ("h0", Box::new(|sky: &SkyState| sky.irradiance.ghi_w_per_m2)),
        ("fix30", Box::new(fixed(model, 30.0, 180.0))),
        ("fix20", Box::new(fixed(model, 20.0, 180.0))),
        ("sat35", Box::new(tracking(model, tracker(0.35, Backtracking::On)))),
        ("vert", Box::new(vertical(model))),
    ]
}

fn skies(day: &TypicalDay) -> Vec<SkyState> {
    let of = |hour: &solsite::solar::decomposition::TypicalHour| {
        sky(hour.zenith_deg, hour.azimuth_deg, hour.irradiance, day.day_of_year.into())
    };
    day.hours.iter().map(of).collect()
}

/// Sum over a typical day, counted by its weight [kWh/m²].
fn daily_kwh(day: &TypicalDay, of: impl Fn(&SkyState) -> f64) -> f64 {
    skies(day).iter().map(of).sum::<f64>() * day.step_h * day.weight / 1000.0
}

#[test]
fn mean_days_of_assumed_months() {
    let all = vectors("c6_allsky_klein_error.json");
    for name in SITES {
        let expected = &all["synthetic_monthly_vectors"]["sites"][name];
        let latitude = site(name).latitude_deg;
        for (month, case) in cases(expected, "monthly").iter().enumerate() {
            let mean_day = f64::from(MEAN_DAYS[month]);
            let above = position::extraterrestrial_daily_wh_per_m2(latitude, mean_day) / 1000.0;
            near(above, at(case, "H0"), 6e-5);
            let sunset = position::sunset_hour_angle_rad(latitude, position::declination_rad(mean_day));
            near(sunset.to_degrees(), at(case, "ws"), 6e-5);
            let clearness = at(case, "H") / above;
            near(clearness, at(case, "KT"), 6e-6);
            near(at(case, "H") * erbs_monthly(clearness, sunset), at(case, "Hd"), 6e-5);
            let day = month_of_mean(latitude, month, at(case, "H") * 1000.0, 24);
            for (plane, on) in planes() {
                near(daily_kwh(&day, on), at(case, plane), 1e-5);
            }
        }
        let days = |month: usize| month_of_mean(latitude, month, at(&expected["monthly"][month], "H") * 1000.0, 24);
        let air = |month: usize| number(&expected["Ta_monthly"][month]);
        for (plane, on) in planes() {
            let year: f64 = (0..12).map(|m| daily_kwh(&days(m), &on) * f64::from(MONTH_DAYS[m])).sum();
            close(year, at(&expected["annual_kwh_m2"], plane), 1e-6);
            let Some(ac) = expected["annual_ac_kwh_per_kwp"][plane].as_f64() else { continue };
            let month_ac = |m: usize| {
                let power = |sky: &SkyState| {
                    let poa = on(sky);
                    pvwatts_dc(poa, faiman(poa, air(m), 1.5, 25.0, 6.84), -0.0030) * (1.0 - 0.14) * 0.96
                };
                daily_kwh(&days(m), power) * 1000.0 * f64::from(MONTH_DAYS[m])
            };
            close((0..12).map(month_ac).sum(), ac, 1e-6);
        }
    }
}

#[test]
fn typical_days_keep_the_mean_and_the_balance() {
    for latitude in [-60.0, -23.0, 0.0, 36.0, 64.0] {
        for (month, day) in MEAN_DAYS.iter().enumerate() {
            let above = position::extraterrestrial_daily_wh_per_m2(latitude, f64::from(*day));
            let mean = 0.5 * above;
            let days = month_of_quantiles(latitude, month, mean, 3);
            close(days.iter().map(|day| day.weight).sum(), 1.0, 1e-12);
            let ghi: f64 = days.iter().map(|day| daily_kwh(day, |sky| sky.irradiance.ghi_w_per_m2)).sum();
            close(ghi * 1000.0, mean, 1e-9);
            for hour in days.iter().flat_map(|day| &day.hours) {
                let Irradiance { ghi_w_per_m2: ghi, dni_w_per_m2: dni, dhi_w_per_m2: dhi } = hour.irradiance;
                assert!(dni >= 0.0 && dhi >= 0.0 && dhi <= ghi + 1e-9);
                if hour.zenith_deg < 89.0 {
                    near(dhi + dni * hour.zenith_deg.to_radians().cos(), ghi, 1e-9);
                }
            }
        }
    }
}

#[test]
fn days_run_from_dull_to_bright() {
    for mean in [0.02, 0.07, 0.3, 0.55, 0.75, 0.83] {
        let days = daily_clearness(mean, 5);
        assert!(days.is_sorted() && days[0] > 0.0, "{days:?}");
        close(days.iter().sum::<f64>() / 5.0, mean, 1e-12);
    }
    // Of the mean of a month comes one day of that mean.
    near(daily_clearness(0.5, 1)[0], 0.5, 1e-12);
}

#[test]
fn polar_night_is_dark() {
    let days = month_of_quantiles(80.0, 11, 0.0, 3);
    assert!(days.iter().flat_map(|day| &day.hours).all(|hour| hour.irradiance == Irradiance::default()));
    let day = month_of_mean(80.0, 11, 0.0, 24);
    assert!(day.hours.iter().all(|hour| hour.irradiance == Irradiance::default()));
}

/// A year of hours.
struct Hours {
    place: Place,
    ghi: Vec<f64>,
    dni: Vec<f64>,
    dhi: Vec<f64>,
}

/// The sun in the middle of an hour of the year, on the clock of the file's header, one hour ahead of universal time.
fn sun(place: &Place, hour_of_year: usize) -> position::Sun {
    position::sun(position::days_since_j2000(2023, 1.0 + (hour_of_year as f64 + 0.5 - 1.0) / 24.0), place)
}

fn month_of_hour(hour_of_year: usize) -> usize {
    month_of(1 + hour_of_year / 24)
}

impl Hours {
    /// The year of the EPW file of 45° N 8° E, or `None`, said aloud.
    fn of_pvgis() -> Option<Self> {
        let path = real_data("solar/tmy_45.000_8.000_2005_2023.epw")?;
        let text = std::fs::read_to_string(path).unwrap();
        let rows: Vec<Vec<&str>> = text.lines().skip(8).map(|line| line.split(',').collect()).collect();
        // Columns 14 to 16 of an EPW file, counted from 1.
        let column = |at: usize| rows.iter().map(|row| row[at].parse::<f64>().unwrap()).collect();
        let place = Place { latitude_deg: 45.0, longitude_deg: 8.0, elevation_m: 250.0 };
        Some(Self { place, ghi: column(13), dni: column(14), dhi: column(15) })
    }

    fn len(&self) -> usize {
        self.ghi.len()
    }

    fn sky(&self, hour: usize) -> SkyState {
        let sun = sun(&self.place, hour);
        let irradiance =
            Irradiance { ghi_w_per_m2: self.ghi[hour], dni_w_per_m2: self.dni[hour], dhi_w_per_m2: self.dhi[hour] };
        sky(sun.apparent_zenith_deg, sun.azimuth_deg, irradiance, 1 + hour / 24)
    }

    fn monthly(&self, of: impl Fn(&SkyState) -> f64) -> [f64; 12] {
        by_month((0..self.len()).map(|hour| (month_of_hour(hour), of(&self.sky(hour)) / 1000.0)))
    }

    /// Mean of a column in an hour of the days of a month.
    fn mean_hour(column: &[f64], month: usize, hour: usize) -> f64 {
        let values = || column.iter().enumerate().skip(hour).step_by(24).filter(|(at, _)| month_of_hour(*at) == month);
        values().map(|(_, value)| value).sum::<f64>() / values().count() as f64
    }

    /// Sums of months by the mean of every hour under the sun of the mean day; `beam` says what the beam is, of the hour's
    /// mean irradiance and the cosine of the zenith angle.
    fn of_mean_hours(&self, of: impl Fn(&SkyState) -> f64, beam: impl Fn(&Irradiance, f64) -> Irradiance) -> [f64; 12] {
        std::array::from_fn(|month| {
            let day = usize::from(MEAN_DAYS[month]);
            let hourly = |hour: usize| {
                let sun = sun(&self.place, (day - 1) * 24 + hour);
                let mean = |column| Self::mean_hour(column, month, hour);
                let irradiance = Irradiance {
                    ghi_w_per_m2: mean(&self.ghi),
                    dni_w_per_m2: mean(&self.dni),
                    dhi_w_per_m2: mean(&self.dhi),
                };
                let irradiance = beam(&irradiance, sun.apparent_zenith_deg.to_radians().cos());
                of(&sky(sun.apparent_zenith_deg, sun.azimuth_deg, irradiance, day))
            };
            (0..24).map(hourly).sum::<f64>() * f64::from(MONTH_DAYS[month]) / 1000.0
        })
    }
}

/// Compares an estimate with the whole year, and both with the vector.
#[track_caller]
fn same_as(estimate: &[f64; 12], full: &[f64; 12], expected: &Value) {
    let found = month_errors(estimate, full);
    close(full.iter().sum(), at(expected, "full"), 1e-4);
    close(estimate.iter().sum(), at(expected, "est"), 2e-4);
    near(found.annual, at(expected, "err_pct"), 0.05);
    near(found.monthly_rms, at(expected, "month_rmse_pct"), 0.05);
    near(found.worst_month, at(expected, "worst_month_pct"), 0.05);
}

#[test]
fn typical_days_err_as_much_as_the_generators() {
    let Some(hours) = Hours::of_pvgis() else { return };
    let expected = vectors("c6_allsky_klein_error_pvgis45N8E.json");
    let monthly_ghi = hours.monthly(|sky| sky.irradiance.ghi_w_per_m2);
    near(monthly_ghi.iter().sum(), at(&expected["site"]["annual"], "ghi"), 0.005);
    let latitude = hours.place.latitude_deg;
    let mean_daily = |month: usize| monthly_ghi[month] * 1000.0 / f64::from(MONTH_DAYS[month]);
    let of_days = |days: &dyn Fn(usize) -> Vec<TypicalDay>, on: &dyn Fn(&SkyState) -> f64| {
        std::array::from_fn(|month| {
            days(month).iter().map(|day| daily_kwh(day, on)).sum::<f64>() * f64::from(MONTH_DAYS[month])
        })
    };
    for (plane, on) in planes() {
        let full = hours.monthly(&on);
        for (key, steps) in [("KT_24", 24), ("KT_96", 96)] {
            let days = |month: usize| vec![month_of_mean(latitude, month, mean_daily(month), steps)];
            same_as(&of_days(&days, &on), &full, &expected[key][plane]);
        }
        let quantiles = vectors("c6b_ktquant_pvgis45N8E.json");
        for count in [1, 3, 5, 10] {
            let days = |month: usize| month_of_quantiles(latitude, month, mean_daily(month), count);
            same_as(&of_days(&days, &on), &full, &quantiles[format!("KTquant_{count}")][plane]);
        }
    }
}

#[test]
fn mean_hours_err_as_much_as_the_generators() {
    let Some(hours) = Hours::of_pvgis() else { return };
    let expected = vectors("c6_allsky_klein_error_pvgis45N8E.json");
    for (plane, on) in planes() {
        let full = hours.monthly(&on);
        let of_direct = hours.of_mean_hours(&on, |mean, cos_zenith| Irradiance {
            ghi_w_per_m2: mean.dni_w_per_m2 * cos_zenith.max(0.0) + mean.dhi_w_per_m2,
            ..*mean
        });
        same_as(&of_direct, &full, &expected["mean_hour_DNI_DHI"][plane]);
        let of_global = hours.of_mean_hours(&on, |mean, cos_zenith| {
            let beam = (mean.ghi_w_per_m2 - mean.dhi_w_per_m2).max(0.0) / cos_zenith.max(0.03);
            Irradiance { dni_w_per_m2: if cos_zenith > 0.03 { beam.min(1100.0) } else { 0.0 }, ..*mean }
        });
        same_as(&of_global, &full, &expected["mean_hour_GHI_DHI"][plane]);
        let of_erbs = (0..hours.len()).map(|hour| {
            let zenith = sun(&hours.place, hour).zenith_deg;
            let irradiance = erbs(hours.ghi[hour], zenith, (1 + hour / 24) as f64);
            (month_of_hour(hour), on(&SkyState { irradiance, ..hours.sky(hour) }) / 1000.0)
        });
        let year: f64 = by_month(of_erbs).iter().sum();
        close(year, at(&expected["hourly_erbs_from_GHI"][plane], "est"), 2e-4);
    }
}
