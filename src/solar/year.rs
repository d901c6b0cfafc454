//! A year in steps: what an array yields over it, by month and by hour of the day.

use super::array::{Array, Instant, Output};
use super::clear_sky::Irradiance;
use super::position::{Place, Sun, extraterrestrial_w_per_m2, sun};

/// Months of a year.
pub const MONTHS: usize = 12;
/// Hours of a day.
pub const HOURS: usize = 24;
/// Year whose sun stands for a typical one: midway between leap years.
pub const TYPICAL_YEAR: i32 = 2023;
/// Watt-hours of a kilowatt-hour.
const WH_PER_KWH: f64 = 1_000.0;

/// A number for every month and hour of the day.
pub type Profile = [[f64; HOURS]; MONTHS];

/// Some time of the year during which sun and weather are taken to stand still.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// Sun and weather.
    pub at: Instant,
    /// Length [h].
    pub weight_h: f64,
    /// Month, from 0.
    pub month: usize,
    /// Hour of the day as the weather counts it, from 0.
    pub hour: usize,
    /// Middle of the step, in days since noon of 1 January 2000, universal time.
    pub middle: f64,
    /// Time that the sun is followed over within the step, to see when a skyline hides it [h].
    pub span_h: f64,
}

impl Step {
    /// Position of the sun at equally spaced moments of the step.
    pub fn path<const N: usize>(&self, place: &Place) -> [Sun; N] {
        std::array::from_fn(|i| {
            let from_middle_h = self.span_h * ((i as f64 + 0.5) / N as f64 - 0.5);
            sun(self.middle + from_middle_h / HOURS as f64, place)
        })
    }
}

/// Light and air of a moment, without the sun.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Air {
    /// Direct normal irradiance [W/m²].
    pub dni_w_per_m2: f64,
    /// Diffuse horizontal irradiance [W/m²].
    pub dhi_w_per_m2: f64,
    /// Global horizontal irradiance [W/m²]; `None` for what sun and sky add up to.
    pub ghi_w_per_m2: Option<f64>,
    /// Temperature of the air [°C].
    pub air_temperature_c: f64,
    /// Wind speed [m/s].
    pub wind_speed_m_per_s: f64,
}

/// Sun and weather of a moment at a place.
///
/// - `middle`: days since noon of 1 January 2000, universal time.
/// - `day`: day of the year, from 1, for the distance of the sun.
pub fn instant(middle: f64, day: f64, place: &Place, air: &Air) -> Instant {
    let sun = sun(middle, place);
    let beam = air.dni_w_per_m2 * sun.apparent_zenith_deg.to_radians().cos().max(0.0);
    Instant {
        sun,
        irradiance: Irradiance {
            ghi_w_per_m2: air.ghi_w_per_m2.unwrap_or(beam + air.dhi_w_per_m2),
            dni_w_per_m2: air.dni_w_per_m2,
            dhi_w_per_m2: air.dhi_w_per_m2,
        },
        extraterrestrial_w_per_m2: extraterrestrial_w_per_m2(day),
        air_temperature_c: air.air_temperature_c,
        wind_speed_m_per_s: air.wind_speed_m_per_s,
    }
}

/// What an array makes of a year.
#[derive(Debug, Clone, PartialEq)]
pub struct Year {
    /// Sums by month.
    pub months: [Sums; MONTHS],
    /// Mean alternating current by month and hour [kW per kWp].
    pub profile_kw_per_kwp: Profile,
}

/// Sums over some time.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Sums {
    /// Time [h].
    pub hours: f64,
    /// Global horizontal irradiation [kWh/m²].
    pub ghi_kwh_per_m2: f64,
    /// Direct normal irradiation [kWh/m²].
    pub dni_kwh_per_m2: f64,
    /// Diffuse horizontal irradiation [kWh/m²].
    pub dhi_kwh_per_m2: f64,
    /// Irradiation of the front, direct [kWh/m²].
    pub poa_direct_kwh_per_m2: f64,
    /// Irradiation of the front from the sky, the surroundings of the sun included [kWh/m²].
    pub poa_sky_diffuse_kwh_per_m2: f64,
    /// Irradiation of the front from the ground [kWh/m²].
    pub poa_ground_diffuse_kwh_per_m2: f64,
    /// Irradiation of the back [kWh/m²].
    pub poa_rear_kwh_per_m2: f64,
    /// Light that works: after reflection, with what the back adds [kWh/m²].
    pub effective_kwh_per_m2: f64,
    /// Temperature of the cells times light on the front [°C·kWh/m²].
    warmth: f64,
    /// Direct current [kWh/kWp].
    pub dc_kwh_per_kwp: f64,
    /// Alternating current [kWh/kWp].
    pub ac_kwh_per_kwp: f64,
    /// Alternating current cut off by the inverter's rating [kWh/kWp].
    pub clipped_kwh_per_kwp: f64,
}

impl Sums {
    /// Irradiation of the front [kWh/m²].
    pub fn poa_kwh_per_m2(&self) -> f64 {
        self.poa_direct_kwh_per_m2 + self.poa_sky_diffuse_kwh_per_m2 + self.poa_ground_diffuse_kwh_per_m2
    }

    /// Mean temperature of the cells, weighted by light [°C]; `NaN` in the dark.
    pub fn cell_temperature_c(&self) -> f64 {
        self.warmth / self.poa_kwh_per_m2()
    }

    fn add(&mut self, step: &Step, output: &Output) {
        let kwh = |watts: f64| watts * step.weight_h / WH_PER_KWH;
        let light = &step.at.irradiance;
        self.hours += step.weight_h;
        self.ghi_kwh_per_m2 += kwh(light.ghi_w_per_m2);
        self.dni_kwh_per_m2 += kwh(light.dni_w_per_m2);
        self.dhi_kwh_per_m2 += kwh(light.dhi_w_per_m2);
        self.poa_direct_kwh_per_m2 += kwh(output.front.direct_w_per_m2);
        self.poa_sky_diffuse_kwh_per_m2 += kwh(output.front.sky.total());
        self.poa_ground_diffuse_kwh_per_m2 += kwh(output.front.ground_w_per_m2);
        self.poa_rear_kwh_per_m2 += kwh(output.rear.global());
        self.effective_kwh_per_m2 += kwh(output.effective.global_w_per_m2());
        self.warmth += kwh(output.front.global()) * output.cell_temperature_c;
        self.dc_kwh_per_kwp += kwh(output.dc_w_per_kwp);
        self.ac_kwh_per_kwp += kwh(output.ac_w_per_kwp);
        self.clipped_kwh_per_kwp += kwh(output.clipped_w_per_kwp);
    }

    fn plus(mut self, other: &Self) -> Self {
        self.hours += other.hours;
        self.ghi_kwh_per_m2 += other.ghi_kwh_per_m2;
        self.dni_kwh_per_m2 += other.dni_kwh_per_m2;
        self.dhi_kwh_per_m2 += other.dhi_kwh_per_m2;
        self.poa_direct_kwh_per_m2 += other.poa_direct_kwh_per_m2;
        self.poa_sky_diffuse_kwh_per_m2 += other.poa_sky_diffuse_kwh_per_m2;
        self.poa_ground_diffuse_kwh_per_m2 += other.poa_ground_diffuse_kwh_per_m2;
        self.poa_rear_kwh_per_m2 += other.poa_rear_kwh_per_m2;
        self.effective_kwh_per_m2 += other.effective_kwh_per_m2;
        self.warmth += other.warmth;
        self.dc_kwh_per_kwp += other.dc_kwh_per_kwp;
        self.ac_kwh_per_kwp += other.ac_kwh_per_kwp;
        self.clipped_kwh_per_kwp += other.clipped_kwh_per_kwp;
        self
    }
}

impl Year {
    /// Adds an array's output up over the steps of one year: their lengths are those of one, however many are on record.
    pub fn of(array: &Array, steps: &[Step]) -> Self {
        let mut months = [Sums::default(); MONTHS];
        let mut watt_hours = [[0.0; HOURS]; MONTHS];
        let mut hours = [[0.0; HOURS]; MONTHS];
        for step in steps {
            let output = array.output(&step.at);
            months[step.month].add(step, &output);
            watt_hours[step.month][step.hour] += step.weight_h * output.ac_w_per_kwp;
            hours[step.month][step.hour] += step.weight_h;
        }
        let mean = |month: usize, hour: usize| {
            let time = hours[month][hour];
            if time > 0.0 { watt_hours[month][hour] / time / WH_PER_KWH } else { 0.0 }
        };
        let profile_kw_per_kwp = std::array::from_fn(|month| std::array::from_fn(|hour| mean(month, hour)));
        Self { months, profile_kw_per_kwp }
    }

    /// Sums over the year.
    pub fn total(&self) -> Sums {
        self.months.iter().fold(Sums::default(), Sums::plus)
    }
}
