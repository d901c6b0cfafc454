//! A synthetic typical year in the EnergyPlus format.

use std::fmt::Write;
use std::path::Path;

use super::Region;
use super::noise::Random;
use crate::fault::Result;
use crate::solar::vapour::saturation_vapour_pressure_kpa;

const DAYS_OF_MONTH: [u32; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
/// Solar constant [W/m²].
const SOLAR_CONSTANT: f64 = 1361.0;

/// Climate of a region.
struct Climate {
    /// Name of the place.
    name: &'static str,
    /// Hours ahead of UTC.
    time_zone: f64,
    elevation_m: f64,
    /// Mean clearness of the days [1].
    clearness: f64,
    /// Mean temperature, and its swing over the year and over a day [°C].
    temperature_c: (f64, f64, f64),
    /// Mean dew point, and its swing over the year [°C].
    dew_point_c: (f64, f64),
    /// Mean wind [m/s].
    wind_m_per_s: f64,
}

fn climate(region: Region) -> Climate {
    match region {
        Region::Lanzhou => Climate {
            name: "Synthetic Lanzhou",
            time_zone: 8.0,
            elevation_m: 1_520.0,
            clearness: 0.72,
            temperature_c: (10.0, 14.5, 6.0),
            dew_point_c: (-2.0, 13.0),
            wind_m_per_s: 1.6,
        },
        Region::Qingdao => Climate {
            name: "Synthetic Qingdao",
            time_zone: 8.0,
            elevation_m: 20.0,
            clearness: 0.64,
            temperature_c: (13.0, 12.5, 3.5),
            dew_point_c: (7.5, 13.0),
            wind_m_per_s: 3.8,
        },
    }
}

/// Writes the year.
pub fn write(path: &Path, region: Region, seed: u64, (lon, lat): (f64, f64)) -> Result<()> {
    let climate = climate(region);
    let mut random = Random::new(seed, 20);
    let mut text = header(&climate, (lon, lat));
    let (mut clearness, mut day_of_year) = (climate.clearness, 0);
    for (month, &days) in DAYS_OF_MONTH.iter().enumerate() {
        let dew_point_of_month_c = dew_point_c(&climate, f64::from(day_of_year) + f64::from(days + 1) / 2.0);
        for day in 1..=days {
            day_of_year += 1;
            // Weather persists: each day resembles the one before.
            let fresh = random.between(climate.clearness - 0.5, climate.clearness + 0.35);
            clearness = (0.45 * clearness + 0.55 * fresh).clamp(0.1, 1.0);
            for hour in 1..=24 {
                let sky = sky((lon, lat), climate.time_zone, f64::from(day_of_year), f64::from(hour) - 0.5);
                let (ghi, dni, dhi) = irradiance(&sky, clearness);
                let (mean, season, daily) = climate.temperature_c;
                let by_season = -season * season_of(f64::from(day_of_year));
                let by_hour = -daily * (std::f64::consts::TAU * (f64::from(hour) - 3.0) / 24.0).cos();
                let air = mean + by_season + by_hour + random.between(-1.5, 1.5);
                let wind = climate.wind_m_per_s * random.between(0.3, 1.8);
                // Air that cools down to its dew point leaves the water above it as fog.
                let dew = dew_point_of_month_c.min(air);
                let humidity = 100.0 * saturation_vapour_pressure_kpa(dew) / saturation_vapour_pressure_kpa(air);
                // Writing to a string cannot fail.
                let _ = writeln!(
                    text,
                    "2023,{},{day},{hour},0,?9?9?9?9E0?9?9?9?9?9?9?9?9?9?9?9?9?9?9?9*9*9?9?9?9,{air:.1},{dew:.1},{humidity:.0},{:.0},0,0,{:.0},{ghi:.0},{dni:.0},{dhi:.0},0,0,0,0,0,{wind:.1},5,5,20.0,77777,9,999999999,10,0.1,0,88,0.2,0.0,1.0",
                    month + 1,
                    101_325.0 * (1.0 - 2.255_77e-5 * climate.elevation_m).powf(5.255_88),
                    300.0 + air,
                );
            }
        }
    }
    super::write_text(path, &text)
}

/// The swing of a year [1], 1 on the coldest day and −1 on the warmest one.
fn season_of(day_of_year: f64) -> f64 {
    (std::f64::consts::TAU * (day_of_year - 20.0) / 365.0).cos()
}

/// Dew point on a day [°C]: air keeps its water by day and by night, so that it is drier when it is warm.
fn dew_point_c(climate: &Climate, day_of_year: f64) -> f64 {
    let (mean, season) = climate.dew_point_c;
    mean - season * season_of(day_of_year)
}

fn header(climate: &Climate, (lon, lat): (f64, f64)) -> String {
    format!(
        "LOCATION,{},-,CHN,SYNTHETIC,000000,{lat:.3},{lon:.3},{:.1},{:.1}\n\
         DESIGN CONDITIONS,0\n\
         TYPICAL/EXTREME PERIODS,0\n\
         GROUND TEMPERATURES,0\n\
         HOLIDAYS/DAYLIGHT SAVINGS,No,0,0,0\n\
         COMMENTS 1,made-up weather of a solsite demo region\n\
         COMMENTS 2,not measured and not of a real place\n\
         DATA PERIODS,1,1,Data,Sunday,1/1,12/31\n",
        climate.name, climate.time_zone, climate.elevation_m
    )
}

/// Where the sun stands.
struct Sky {
    cos_zenith: f64,
    extraterrestrial: f64,
}

/// Source: declination and equation of time after J. W. Spencer, Search 2(5), 1971; enough for made-up weather.
fn sky((lon, lat): (f64, f64), time_zone: f64, day: f64, clock_h: f64) -> Sky {
    let angle = std::f64::consts::TAU * (day - 1.0) / 365.0;
    let declination = 0.006_918 - 0.399_912 * angle.cos() + 0.070_257 * angle.sin() - 0.006_758 * (2.0 * angle).cos()
        + 0.000_907 * (2.0 * angle).sin();
    let equation_min = 229.18
        * (0.000_075 + 0.001_868 * angle.cos()
            - 0.032_077 * angle.sin()
            - 0.014_615 * (2.0 * angle).cos()
            - 0.040_849 * (2.0 * angle).sin());
    let solar_h = clock_h + (lon - 15.0 * time_zone) / 15.0 + equation_min / 60.0;
    let hour_angle = (15.0 * (solar_h - 12.0)).to_radians();
    let (sin_lat, cos_lat) = lat.to_radians().sin_cos();
    let cos_zenith = sin_lat * declination.sin() + cos_lat * declination.cos() * hour_angle.cos();
    Sky { cos_zenith, extraterrestrial: SOLAR_CONSTANT * (1.0 + 0.033 * angle.cos()) }
}

/// Global, direct normal and diffuse irradiance of an hour [W/m²].
///
/// Source: clear sky after B. Haurwitz, J. Meteorology 2, 1945, times the day's clearness; diffuse share after D. G. Erbs
/// et al., Solar Energy 28(4), 1982.
fn irradiance(sky: &Sky, clearness: f64) -> (f64, f64, f64) {
    if sky.cos_zenith < 0.02 {
        return (0.0, 0.0, 0.0);
    }
    let ghi = clearness * 1098.0 * sky.cos_zenith * (-0.057 / sky.cos_zenith).exp();
    let kt = ghi / (sky.extraterrestrial * sky.cos_zenith);
    let diffuse_share = if kt <= 0.22 {
        1.0 - 0.09 * kt
    } else if kt <= 0.8 {
        0.9511 - 0.1604 * kt + 4.388 * kt.powi(2) - 16.638 * kt.powi(3) + 12.336 * kt.powi(4)
    } else {
        0.165
    };
    let dhi = diffuse_share * ghi;
    // Near the horizon the division blows up: no sun is brighter than the one outside the air.
    let dni = ((ghi - dhi) / sky.cos_zenith).min(0.85 * sky.extraterrestrial);
    (ghi, dni, dhi)
}
