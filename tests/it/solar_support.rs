//! What the tests of the sun share: the sites of the vectors, and one year over them.

use serde_json::Value;
use solsite::solar::clear_sky::Irradiance;
use solsite::solar::position::{self, Place};
use solsite::solar::tracker::{Backtracking, Tracker, orientation};
use solsite::solar::transposition::{Plane, SkyModel, SkyState, plane_of_array};

/// Asserts that two numbers differ by no more than `slack`.
#[track_caller]
pub fn near(found: f64, expected: f64, slack: f64) {
    assert!((found - expected).abs() <= slack, "found {found}, expected {expected} within {slack}");
}

/// A number of a vector file.
#[track_caller]
pub fn number(of: &Value) -> f64 {
    of.as_f64().unwrap()
}

/// The two sites of the vectors.
pub fn site(name: &str) -> Place {
    match name {
        "lanzhou" => Place { latitude_deg: 36.06, longitude_deg: 103.83, elevation_m: 1520.0 },
        "qingdao" => Place { latitude_deg: 36.07, longitude_deg: 120.38, elevation_m: 30.0 },
        _ => panic!("no site {name}"),
    }
}

/// Day of the year of a text `yyyy-mm-ddThh:mm…+08:00`, whole and with its time in universal time.
pub fn day_of(text: &str) -> (f64, f64) {
    let part = |from: usize, to: usize| text[from..to].parse::<f64>().unwrap();
    let months = &position::MONTH_DAYS[..part(5, 7) as usize - 1];
    let day = f64::from(months.iter().sum::<u16>()) + part(8, 10);
    (day, day + (part(11, 13) - 8.0 + part(14, 16) / 60.0) / 24.0)
}

/// The list under a key.
pub fn cases<'a>(of: &'a Value, key: &str) -> &'a [Value] {
    of[key].as_array().unwrap()
}

/// The number under a key.
#[track_caller]
pub fn at(case: &Value, key: &str) -> f64 {
    case[key].as_f64().unwrap_or_else(|| panic!("no number `{key}` in {case}"))
}

/// The plane and the sky of a case.
pub fn plane_and_sky(case: &Value, keys: [&str; 4]) -> (Plane, SkyState) {
    let [tilt, facing, zenith, azimuth] = keys.map(|key| at(case, key));
    let irradiance =
        Irradiance { ghi_w_per_m2: at(case, "ghi"), dni_w_per_m2: at(case, "dni"), dhi_w_per_m2: at(case, "dhi") };
    let sky = SkyState {
        irradiance,
        apparent_zenith_deg: zenith,
        azimuth_deg: azimuth,
        extraterrestrial_w_per_m2: 1366.1,
        relative_air_mass: solsite::solar::air_mass::relative(zenith),
        albedo: 0.2,
    };
    (Plane { tilt_deg: tilt, azimuth_deg: facing }, sky)
}

/// The horizontal tracker of the vectors: north to south, ±60°.
pub fn tracker(gcr: f64, backtracking: Backtracking) -> Tracker {
    Tracker {
        axis_tilt_deg: 0.0,
        axis_azimuth_deg: 180.0,
        max_angle_deg: 60.0,
        gcr,
        cross_axis_tilt_deg: 0.0,
        backtracking,
    }
}

/// Light on a fixed plane.
pub fn fixed(model: SkyModel, tilt_deg: f64, azimuth_deg: f64) -> impl Fn(&SkyState) -> f64 {
    move |sky| plane_of_array(model, &Plane { tilt_deg, azimuth_deg }, sky).global()
}

/// Light on the modules of a tracker, which lie flat at night.
pub fn tracking(model: SkyModel, tracker: Tracker) -> impl Fn(&SkyState) -> f64 {
    move |sky| {
        let flat = Plane { tilt_deg: 0.0, azimuth_deg: 180.0 };
        let plane = orientation(&tracker, sky.apparent_zenith_deg, sky.azimuth_deg).map_or(flat, |(_, plane)| plane);
        plane_of_array(model, &plane, sky).global()
    }
}

/// Light on both sides of vertical modules facing east, the back counted 0.9.
pub fn vertical(model: SkyModel) -> impl Fn(&SkyState) -> f64 {
    move |sky| fixed(model, 90.0, 90.0)(sky) + 0.9 * fixed(model, 90.0, 270.0)(sky)
}

/// How far an estimate is from the whole data [%].
pub struct ErrorsPct {
    /// Of the sum of the year.
    pub annual: f64,
    /// Of the months, root of the mean square.
    pub monthly_rms: f64,
    /// Of the month that is farthest off.
    pub worst_month: f64,
}

/// Compares monthly sums.
pub fn month_errors(estimate: &[f64; 12], full: &[f64; 12]) -> ErrorsPct {
    let off_pct = |estimate: f64, full: f64| (estimate / full - 1.0) * 100.0;
    let months = || estimate.iter().zip(full).map(|(estimate, full)| off_pct(*estimate, *full));
    ErrorsPct {
        annual: off_pct(estimate.iter().sum(), full.iter().sum()),
        monthly_rms: (months().map(|month| month * month).sum::<f64>() / 12.0).sqrt(),
        worst_month: months().max_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap(),
    }
}

/// Sums by month.
pub fn by_month(values: impl Iterator<Item = (usize, f64)>) -> [f64; 12] {
    let mut sums = [0.0; 12];
    for (month, value) in values {
        sums[month] += value;
    }
    sums
}

/// Month (0 to 11) of a day of a common year (1 to 365).
pub fn month_of(day: usize) -> usize {
    let mut ends = position::MONTH_DAYS.iter().scan(0, |end, &days| {
        *end += usize::from(days);
        Some(*end)
    });
    ends.position(|end| day <= end).unwrap()
}
