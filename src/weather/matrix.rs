//! The working form of weather: means by month and hour of the day.

use super::Weather;

pub use crate::solar::year::{HOURS, MONTHS, Profile as Table};

/// Means of weather by month and hour.
///
/// Hour 0 is the first one after midnight in the local mean solar time of the place, so that a day is one day of the sun
/// whatever the clock of the file. Its centre in universal time tells where the sun stood.
///
/// Light on planes from such means is within about 1 % of that from single hours, fixed, tracking or vertical, measured
/// on three years (`tests/vectors/c6_allsky_klein_error*.json`). Energy is more by up to 2.3 %: bright hours are hot, and
/// are cut off by the inverter.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    /// Centre of hour 0 [h UT]; hour `k` is centred `k` hours later.
    pub hour_centre_utc_h: f64,
    /// Direct normal irradiance [W/m²].
    pub dni_w_per_m2: Table,
    /// Diffuse horizontal irradiance [W/m²].
    pub dhi_w_per_m2: Table,
    /// Air temperature [°C].
    pub air_temperature_c: Table,
    /// Wind speed [m/s].
    pub wind_speed_m_per_s: Table,
    /// Actual vapour pressure of the air [kPa]; `NaN` where any record of the month and hour has no humidity.
    pub vapour_pressure_kpa: Table,
}

impl Matrix {
    /// The means of weather: all years together, and the steps within an hour.
    ///
    /// Irradiance is known once the place is ([`Weather::located`]), and `NaN` before. Months are those of the file's
    /// clock. Temperature, wind and vapour pressure are taken to belong to the instants of irradiance.
    ///
    /// - `offset_min`: added to the declared instants [min], such as that of [`Weather::time_offset`].
    ///
    /// Midnight is that of the place; where its longitude is not known, that of the clock.
    ///
    /// # Panics
    /// If there is no record of some hour of some month: readers let whole years through only.
    pub fn from(weather: &Weather, offset_min: f64) -> Self {
        let mut means = Means::new();
        for hour in &weather.hours {
            let at = (usize::from(hour.month - 1), usize::from(hour.minute / 60));
            let values = [
                hour.dni_w_per_m2,
                hour.dhi_w_per_m2,
                hour.air_temperature_c,
                hour.wind_speed_m_per_s,
                hour.vapour_pressure_kpa,
            ];
            means.add(at, values);
        }
        // Declared instants of the steps of an hour lie around their mean.
        let centre_min = weather.instant_min + (60.0 - f64::from(weather.step_min)) / 2.0 + offset_min;
        let [dni_w_per_m2, dhi_w_per_m2, air_temperature_c, wind_speed_m_per_s, vapour_pressure_kpa] = means.tables();
        let hour_centre_utc_h = centre_min / 60.0 - weather.utc_offset_h;
        let longitude_deg = weather.location.longitude_deg.unwrap_or(DEG_PER_HOUR * weather.utc_offset_h);
        let from_midnight_of_the_clock = Self {
            hour_centre_utc_h,
            dni_w_per_m2,
            dhi_w_per_m2,
            air_temperature_c,
            wind_speed_m_per_s,
            vapour_pressure_kpa,
        };
        from_midnight_of_the_clock.since_midnight(longitude_deg)
    }

    /// Centre of hour 0 in local mean solar time [h].
    pub(super) fn solar_centre_h(&self, longitude_deg: f64) -> f64 {
        self.hour_centre_utc_h + longitude_deg / DEG_PER_HOUR
    }

    /// The same, counted from the first hour centred after local midnight.
    pub(super) fn since_midnight(mut self, longitude_deg: f64) -> Self {
        let late = self.solar_centre_h(longitude_deg).floor();
        // Hour 0 is to be `late` hours earlier: what is there now.
        let turn = (-late).rem_euclid(HOURS as f64) as usize;
        for table in self.tables_mut() {
            for month in table {
                month.rotate_left(turn);
            }
        }
        self.hour_centre_utc_h -= late;
        self
    }

    /// The quantities.
    pub(super) fn tables(&self) -> [&Table; QUANTITIES] {
        [
            &self.dni_w_per_m2,
            &self.dhi_w_per_m2,
            &self.air_temperature_c,
            &self.wind_speed_m_per_s,
            &self.vapour_pressure_kpa,
        ]
    }

    /// The quantities, to be changed.
    pub(super) fn tables_mut(&mut self) -> [&mut Table; QUANTITIES] {
        [
            &mut self.dni_w_per_m2,
            &mut self.dhi_w_per_m2,
            &mut self.air_temperature_c,
            &mut self.wind_speed_m_per_s,
            &mut self.vapour_pressure_kpa,
        ]
    }
}

/// Turn of the earth in an hour of mean solar time [°].
const DEG_PER_HOUR: f64 = 15.0;

/// Quantities of a matrix.
const QUANTITIES: usize = 5;

/// Sums and counts on the way to means.
struct Means {
    sums: [Table; QUANTITIES],
    counts: [[u32; HOURS]; MONTHS],
}

impl Means {
    const fn new() -> Self {
        Self { sums: [[[0.0; HOURS]; MONTHS]; QUANTITIES], counts: [[0; HOURS]; MONTHS] }
    }

    fn add(&mut self, (month, hour): (usize, usize), values: [f64; QUANTITIES]) {
        for (sum, value) in self.sums.iter_mut().zip(values) {
            sum[month][hour] += value;
        }
        self.counts[month][hour] += 1;
    }

    fn tables(&self) -> [Table; QUANTITIES] {
        assert!(self.counts.iter().flatten().all(|&count| count > 0), "every hour of every month has a record");
        let mean = |sums: &Table, month: usize, hour: usize| sums[month][hour] / f64::from(self.counts[month][hour]);
        self.sums
            .each_ref()
            .map(|sums| std::array::from_fn(|month| std::array::from_fn(|hour| mean(sums, month, hour))))
    }
}
