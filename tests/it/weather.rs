//! Weather: every format, what is wrong with files, the instants of irradiance, and the working form.

use std::fmt::Write as _;
use std::path::PathBuf;

use proptest::prelude::*;
use solsite::fault::{Faults, Kind};
use solsite::solar::position::{Place, days_since_j2000, sun};
use solsite::weather::blend::{Blend, blend, great_circle_m, weights};
use solsite::weather::matrix::{HOURS, MONTHS, Matrix, Table};
use solsite::weather::time_offset::{NotFitted, Origin};
use solsite::weather::{Component, Format, Label, Location, Weather, read};
use tempfile::TempDir;

use crate::support::{close, real_data, vectors};

pub const LANZHOU: Place = Place { latitude_deg: 36.06, longitude_deg: 103.83, elevation_m: 1520.0 };
const DAYS: [i32; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// A record of a made-up year.
#[derive(Clone, Copy)]
pub struct Record {
    year: i32,
    month: i32,
    day: i32,
    /// Start of the step on the clock [min].
    minute: i32,
    ghi: f64,
    dni: f64,
    dhi: f64,
    pub temp: f64,
    wind: f64,
}

/// How a made-up year is to be.
#[derive(Clone, Copy)]
pub struct Year {
    pub place: Place,
    pub utc_offset_h: f64,
    pub step_min: i32,
    /// Instant of the sun after the start of the step [min].
    pub instant_min: f64,
    pub years: [i32; 2],
}

impl Year {
    /// Hours of one year on the clock of the place, the sun that of their middles.
    pub fn hourly() -> Self {
        Self { place: LANZHOU, utc_offset_h: 8.0, step_min: 60, instant_min: 30.0, years: [2019, 2019] }
    }

    pub fn utc() -> Self {
        Self { utc_offset_h: 0.0, ..Self::hourly() }
    }

    pub fn records(self) -> Vec<Record> {
        let mut records = Vec::new();
        for year in self.years[0]..=self.years[1] {
            let leap = i32::from(year % 4 == 0);
            let mut of_year = 0;
            for (month, days) in (1..).zip(DAYS) {
                for day in 1..=days + if month == 2 { leap } else { 0 } {
                    // 29 February has the sun of 1 March, as in a year that is no leap year.
                    of_year += i32::from(day <= days);
                    let sun_day = if day <= days { of_year } else { of_year + 1 };
                    for minute in (0..1440).step_by(self.step_min as usize) {
                        let (ghi, dni, dhi) = self.sky(sun_day, minute);
                        let temp = 10.0 - 14.0 * (f64::from(month) * 0.52).cos() + f64::from(minute) / 300.0;
                        let wind = 1.0 + f64::from((day * 7 + minute / 60) % 5);
                        records.push(Record { year, month, day, minute, ghi, dni, dhi, temp, wind });
                    }
                }
            }
        }
        records
    }

    /// A clear sky that closes: GHI = DNI·cos θz + DHI.
    fn sky(&self, day: i32, minute: i32) -> (f64, f64, f64) {
        let minutes = f64::from(minute) + self.instant_min - 60.0 * self.utc_offset_h;
        let days = days_since_j2000(2023, f64::from(day) + minutes / 1440.0);
        let cosine = sun(days, &self.place).zenith_deg.to_radians().cos();
        if cosine < 0.06 {
            return (0.0, 0.0, 0.0);
        }
        // Days differ: some are overcast.
        let clearness = if day % 3 == 0 { 0.2 } else { 0.8 };
        let (dni, dhi) = (clearness * 1100.0 * (-0.15 / cosine).exp(), 60.0 + 120.0 * cosine);
        (dni * cosine + dhi, dni, dhi)
    }
}

pub fn epw(records: &[Record]) -> String {
    let mut text = "LOCATION,Lanzhou,-,CHN,made up,0,36.06,103.83,8.0,1520\nDESIGN CONDITIONS,0\nTYPICAL,0\nGROUND,0\n\
                    HOLIDAYS,No,0,0,0\nCOMMENTS 1,a\nCOMMENTS 2,b\nDATA PERIODS,1,1,Data,Sunday,1/1,12/31\n"
        .to_owned();
    for Record { year, month, day, minute, ghi, dni, dhi, temp, wind } in records {
        let hour = minute / 60 + 1;
        writeln!(
            text,
            "{year},{month},{day},{hour},0,?,{temp:.3},0,50,84000,0,0,300,{ghi:.3},{dni:.3},{dhi:.3},0,0,0,0,0,{wind:.3},5"
        )
        .unwrap();
    }
    text
}

pub const PVGIS_HEAD: &str = "Latitude (decimal degrees): 36.060\r\nLongitude (decimal degrees): 103.830\r\n\
    Elevation (m): 1520.0\r\nIrradiance Time Offset (h): 0.5\r\nmonth,year\r\n1,2019\r\n2,2007\r\n";
const PVGIS_NAMES: &str = "time(UTC),T2m,RH,G(h),Gb(n),Gd(h),IR(h),WS10m,WD10m,SP\r\n";

pub fn pvgis(head: &str, records: &[Record]) -> String {
    let mut text = format!("{head}{PVGIS_NAMES}");
    for Record { year, month, day, minute, ghi, dni, dhi, temp, wind } in records {
        let hour = minute / 60;
        write!(
            text,
            "{year}{month:02}{day:02}:{hour:02}00,{temp:.3},50.0,{ghi:.3},{:.3},{dhi:.3},300.0,{wind:.3},0.0,84000.0\r\n",
            if *dni == 0.0 { -0.0 } else { *dni }
        )
        .unwrap();
    }
    text + "\r\nT2m: 2-m air temperature (degree Celsius)\r\nPVGIS (c) European Communities, 2001-2024\r\n"
}

pub const TRY_2015: &str = "RW HW MM DD HH t p WR WG N x RF B D A E IL";
const TRY_2010: &str = "RG IS MM DD HH N WR WG t p x RF W B D IK A E IL";

pub fn try_dwd(head: &str, columns: &str, records: &[Record]) -> String {
    let mut text = format!("{head}\n\n{columns}\n*** \n");
    for record in records {
        let direct = record.ghi - record.dhi;
        for name in columns.split(' ') {
            let value = match name {
                "MM" => f64::from(record.month),
                "DD" => f64::from(record.day),
                "HH" => f64::from(record.minute / 60 + 1),
                "t" => record.temp,
                "WG" => record.wind,
                "B" => direct,
                "D" => record.dhi,
                _ => 7.0,
            };
            write!(text, "{value} ").unwrap();
        }
        text.push('\n');
    }
    text
}

const PLACE: &str = "# latitude: 36.06\n# longitude [deg]: 103.83\n# elevation: 1520\n";

/// A plain table with stamps of the start of the step, moved by some minutes.
pub fn plain(head: &str, names: &str, records: &[Record], row: impl Fn(&Record) -> String) -> String {
    let rows: String = records.iter().map(|record| row(record) + "\n").collect();
    format!("{PLACE}{head}{names}\n{rows}")
}

pub const ISO: &str = "time,ghi [W/m2],dni [W/m2],dhi [W/m2],temp_air [°C],wind_speed [m/s]";

pub fn iso(record: &Record) -> String {
    let Record { year, month, day, minute, ghi, dni, dhi, temp, wind } = record;
    format!(
        "{year}-{month:02}-{day:02}T{:02}:{:02},{ghi:.3},{dni:.3},{dhi:.3},{temp:.3},{wind:.3}",
        minute / 60,
        minute % 60
    )
}

pub const START: &str = "# utc_offset: 8\n# time: start of interval\n";

fn file(bytes: impl AsRef<[u8]>) -> (TempDir, PathBuf) {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("weather.any");
    std::fs::write(&path, bytes).unwrap();
    (dir, path)
}

#[track_caller]
pub fn good(text: impl AsRef<[u8]>) -> Weather {
    let (_dir, path) = file(text);
    read(&path).and_then(|weather| weather.located(&LANZHOU)).unwrap_or_else(|faults| panic!("{faults}"))
}

fn faults(text: impl AsRef<[u8]>) -> Faults {
    let (_dir, path) = file(text);
    read(&path).and_then(|weather| weather.located(&LANZHOU)).expect_err("it is taken")
}

/// Asserts that a file is refused with some words, one fault for each.
#[track_caller]
pub fn refused(text: impl AsRef<[u8]>, words: &[&str]) {
    let faults = faults(text);
    assert_eq!(faults.kind(), Kind::Input);
    let told = faults.to_string();
    for word in words {
        assert!(told.contains(word), "`{word}` is not in: {told}");
    }
    assert!(faults.list().len() <= 8, "{told}");
}

/// Asserts that weather is that of the records.
#[track_caller]
fn same(weather: &Weather, records: &[Record], tolerance: f64) {
    assert_eq!(weather.hours.len(), records.len());
    for (hour, record) in weather.hours.iter().zip(records) {
        let at = (i32::from(hour.month), i32::from(hour.day), i32::from(hour.minute));
        assert_eq!(at, (record.month, record.day, record.minute));
        for (found, expected) in [
            (hour.ghi_w_per_m2, record.ghi),
            (hour.dni_w_per_m2, record.dni),
            (hour.dhi_w_per_m2, record.dhi),
            (hour.air_temperature_c, record.temp),
            (hour.wind_speed_m_per_s, record.wind),
        ] {
            assert!((found - expected).abs() < tolerance, "{at:?}: {found} against {expected}");
        }
    }
}

fn offset(weather: &Weather) -> f64 {
    weather.time_offset.unwrap().minutes
}

#[test]
fn an_epw_file_is_the_year_that_was_written() {
    let records = Year::hourly().records();
    let weather = good(epw(&records));
    same(&weather, &records, 6e-4);
    assert_eq!((weather.format, weather.label, weather.step_min), (Format::Epw, Label::End, 60));
    assert_eq!((weather.utc_offset_h, weather.instant_min, weather.derived), (8.0, 30.0, None));
    assert_eq!(weather.location.place(), Some(LANZHOU));
    assert_eq!(offset(&weather), 0.0);
    assert_eq!(weather.notes, Vec::<String>::new());
}

#[test]
fn a_typical_year_of_pvgis_is_read_with_and_without_its_head() {
    let records = Year { instant_min: 30.0, ..Year::utc() }.records();
    let weather = good(pvgis(PVGIS_HEAD, &records));
    same(&weather, &records, 6e-4);
    assert_eq!((weather.format, weather.label), (Format::PvgisTmy, Label::Instant));
    assert_eq!((weather.header_offset_min, offset(&weather)), (Some(30.0), 30.0));
    assert_eq!(weather.location.place(), Some(LANZHOU));
    assert_eq!(weather.notes, Vec::<String>::new());
    assert!(weather.hours.iter().all(|hour| hour.dni_w_per_m2.is_sign_positive()));

    let (_dir, path) = file(pvgis("", &records));
    let weather = read(&path).unwrap();
    assert_eq!((weather.location, weather.time_offset), (Location::default(), None));
    let weather = weather.located(&LANZHOU).unwrap();
    assert_eq!((weather.header_offset_min, offset(&weather)), (None, 30.0));
    assert!(weather.notes[0].contains("+30 min from the declared instants"), "{:?}", weather.notes);
}

#[test]
fn months_of_a_typical_year_may_be_of_any_year() {
    let mut records = Year::utc().records();
    for record in &mut records {
        record.year = 2000 + (record.month * 7) % 12;
    }
    same(&good(pvgis(PVGIS_HEAD, &records)), &records, 6e-4);
}

/// Hourly series, with the sun's elevation in the file.
pub fn series(head: &str, names: &str, records: &[Record], year: &Year) -> String {
    let mut text = format!("{head}{names}\n");
    let mut of_year = 0;
    for record in records {
        of_year += i32::from(record.minute == 0);
        let minutes = f64::from(record.minute) + year.instant_min;
        let zenith_deg = sun(days_since_j2000(2023, f64::from(of_year) + minutes / 1440.0), &year.place).zenith_deg;
        let Record { year, month, day, minute, ghi, dhi, temp, wind, .. } = record;
        let elevation = (90.0 - zenith_deg).max(0.0);
        let hour = minute / 60;
        writeln!(
            text,
            "{year}{month:02}{day:02}:{hour:02}10,{:.4},{dhi:.4},0.0,{elevation:.4},{temp:.3},{wind:.3},0.0",
            ghi - dhi
        )
        .unwrap();
    }
    text + "\nGb(i): Beam (direct) irradiance on the inclined plane\n"
}

pub const SERIES_HEAD: &str = "Latitude (decimal degrees):\t36.060\nLongitude (decimal degrees):\t103.830\nElevation (m):\t1520\n\
    Radiation database:\tPVGIS-SARAH3\n\n\nSlope: 0 deg. \nAzimuth: 0 deg. \n";

#[test]
fn an_hourly_series_of_pvgis_is_taken_on_the_horizontal_plane_only() {
    let year = Year { instant_min: 10.0, ..Year::utc() };
    let records = year.records();
    let names = "time,Gb(i),Gd(i),Gr(i),H_sun,T2m,WS10m,Int";
    let weather = good(series(SERIES_HEAD, names, &records, &year));
    same(&weather, &records, 0.05);
    assert_eq!((weather.format, weather.instant_min, weather.derived), (Format::PvgisSeries, 10.0, None));
    assert_eq!(offset(&weather), 0.0);
    let tilted = SERIES_HEAD.replace("Slope: 0 deg.", "Slope: 35 deg. (optimum)");
    refused(
        series(&tilted, names, &records, &year),
        &["weather.any:9: irradiance of a plane inclined by 35°", "(TMY)"],
    );
    refused(series("", names, &records, &year), &["slope is not stated", "(TMY)"]);
    let global = "time,G(i),H_sun,T2m,WS10m,Int";
    refused(series(SERIES_HEAD, global, &records, &year), &["without its direct and diffuse components", "(TMY)"]);
}

#[test]
fn a_test_reference_year_is_read_by_the_names_before_its_stars() {
    let cet = Year { utc_offset_h: 1.0, place: AACHEN, ..Year::hourly() };
    let records = cet.records();
    for (head, columns) in [("Hoehenlage        : 171 Meter ueber NN", TRY_2015), ("Kopf", TRY_2010)] {
        let (_dir, path) = file(try_dwd(head, columns, &records));
        let weather = read(&path).unwrap();
        assert_eq!((weather.format, weather.label, weather.utc_offset_h), (Format::TryDwd, Label::End, 1.0));
        assert!(weather.hours[12].dni_w_per_m2.is_nan());
        assert_eq!(weather.location.elevation_m, (columns == TRY_2015).then_some(171.0));
        let weather = weather.located(&AACHEN).unwrap();
        same(&weather, &records, 1e-6);
        assert_eq!(weather.time_offset.unwrap().origin, Origin::Declared(NotFitted::Derived(Component::Dni)));
    }
    let lage = "Lage: 50 Grad 47'N <- B.   6 Grad  5'O <- L.   202 Meter ueber NN";
    let weather = good(try_dwd(lage, TRY_2010, &records));
    let place = weather.location.place().unwrap();
    close(place.latitude_deg, 50.0 + 47.0 / 60.0, 1e-12);
    close(place.longitude_deg, 6.0 + 5.0 / 60.0, 1e-12);
    assert_eq!(place.elevation_m, 202.0);
}

pub const AACHEN: Place = Place { latitude_deg: 50.78, longitude_deg: 6.09, elevation_m: 171.0 };

#[test]
fn a_test_reference_year_may_name_its_columns_in_the_list_alone_and_in_latin_1() {
    let records = Year { utc_offset_h: 1.0, place: AACHEN, ..Year::hourly() }.records();
    let list: String = TRY_2015.replace(' ', " f\u{fc}r etwas\n");
    let text = try_dwd("", TRY_2015, &records).replacen(TRY_2015, &format!("Reihenfolge der Parameter:\n{list}"), 1);
    let bytes: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    assert!(std::str::from_utf8(&bytes).is_err());
    let (_dir, path) = file(bytes);
    same(&read(&path).unwrap().located(&AACHEN).unwrap(), &records, 1e-6);
    let lacking = try_dwd("", "MM DD HH t B D", &records);
    refused(lacking, &["columns WG are not named"]);
    let unit = "Reihenfolge der Parameter:\nB  Direkte Sonnenbestrahlung [kJ/m^2]";
    refused(try_dwd(unit, TRY_2015, &records), &["irradiance in `kJ/m^2`"]);
}

#[test]
fn a_plain_table_says_the_same_in_many_ways() {
    let year = Year::hourly();
    let records = year.records();
    let expected = good(epw(&records));
    let plain_start = good(plain(START, ISO, &records, iso));
    same(&plain_start, &records, 6e-4);
    assert_eq!((plain_start.format, plain_start.utc_offset_h, offset(&plain_start)), (Format::Plain, 8.0, 0.0));
    let ends = |record: &Record| {
        let Record { month, day, minute, ghi, dni, dhi, temp, wind, .. } = record;
        let (kelvin, km_per_h) = (temp + 273.15, wind * 3.6);
        format!("{wind};{month};{day};{};{};{dni};{};{kelvin};{km_per_h}", minute / 60 + 1, ghi / 1000.0, dhi * 0.36)
    };
    let names = "\"station\";month;day;hour;ghi (kWh/m²);dni_w_per_m2;dhi [J/cm2];temp_air_k;wind_speed (km/h)";
    let by_parts = good(plain("# UTC offset: UTC+08:00\n# time: end of interval\n", names, &records, ends));
    same(&by_parts, &records, 1e-6);
    // Stamps of the middle with their own offset, in a clock of their own.
    let zoned = |record: &Record| iso(&Record { minute: record.minute + 30, ..*record }).replacen(',', ":00+08:00,", 1);
    let middle = good(plain("# time: middle\n", ISO, &records, zoned));
    same(&middle, &records, 6e-4);
    for weather in [&plain_start, &by_parts, &middle] {
        assert_eq!(weather.instant_min, 30.0);
        let (found, matrix) = (Matrix::from(weather, 0.0), Matrix::from(&expected, 0.0));
        assert_eq!(found.hour_centre_utc_h, matrix.hour_centre_utc_h);
        alike(&found.dni_w_per_m2, &matrix.dni_w_per_m2, 1e-3);
    }
}

#[track_caller]
fn alike(found: &Table, expected: &Table, tolerance: f64) {
    for (found, expected) in found.iter().flatten().zip(expected.iter().flatten()) {
        assert!((found - expected).abs() < tolerance, "{found} against {expected}");
    }
}

#[test]
fn ends_of_intervals_may_begin_and_end_a_table_anywhere() {
    let records = Year::hourly().records();
    // Stamps 00:00 to 23:00 of one year, each the end of its hour: the first record is the last hour of the year.
    let rotated: Vec<Record> = records.iter().cycle().skip(8759).take(8760).copied().collect();
    let stamps = records.clone();
    let mut text = format!("{PLACE}# utc_offset: 8\n# time: end\n{ISO}\n");
    for (stamp, record) in stamps.iter().zip(&rotated) {
        let stamped = Record {
            ghi: record.ghi,
            dni: record.dni,
            dhi: record.dhi,
            temp: record.temp,
            wind: record.wind,
            ..*stamp
        };
        writeln!(text, "{}", iso(&stamped)).unwrap();
    }
    let weather = good(&text);
    same(&weather, &rotated, 6e-4);
    assert_eq!(offset(&weather), 0.0);
}

#[test]
fn two_components_give_the_third() {
    let records = Year::hourly().records();
    for (names, component) in [
        ("time,ghi [W/m2],dni [W/m2],other,temp_air_c,wind_speed_m_per_s", Component::Dhi),
        ("time,ghi [W/m2],other,dhi [W/m2],temp_air_c,wind_speed_m_per_s", Component::Dni),
        ("time,other,dni [W/m2],dhi [W/m2],temp_air_c,wind_speed_m_per_s", Component::Ghi),
    ] {
        let weather = good(plain(START, names, &records, iso));
        same(&weather, &records, 0.02);
        assert_eq!(weather.derived, Some(component));
        assert_eq!(weather.time_offset.unwrap().origin, Origin::Declared(NotFitted::Derived(component)));
    }
}

#[test]
fn shorter_steps_and_several_years_are_kept() {
    for (step_min, unit, factor) in [(30, "Wh/m2", 0.5), (15, "kWh/m2", 0.000_25), (10, "J/m2", 600.0)] {
        let instant_min = f64::from(step_min) / 2.0;
        let records = Year { step_min, instant_min, ..Year::hourly() }.records();
        let names = ISO.replace("W/m2", unit);
        let energy = |record: &Record| {
            let Record { year, month, day, minute, ghi, dni, dhi, temp, wind } = record;
            let time = format!("{year}-{month:02}-{day:02} {:02}:{:02}Z", minute / 60, minute % 60);
            format!("{time},{},{},{},{temp},{wind}", ghi * factor, dni * factor, dhi * factor)
        };
        let utc = Year { step_min, instant_min, ..Year::utc() }.records();
        let weather = good(plain("# time: start\n", &names, &utc, energy));
        same(&weather, &utc, 1e-6);
        assert_eq!((i32::from(weather.step_min), weather.instant_min, offset(&weather)), (step_min, instant_min, 0.0));
        close(weather.years(), 1.0, 1e-12);
        let sum: f64 = records.iter().map(|record| record.ghi).sum::<f64>() * f64::from(step_min) / 60_000.0;
        close(weather.annual_kwh_per_m2(|hour| hour.ghi_w_per_m2), sum, 1e-3);
        // The hour's middle is that of its steps.
        let centre = Matrix::from(&weather, 0.0).hour_centre_utc_h;
        assert!((centre.rem_euclid(1.0) - 0.5).abs() < 1e-12, "{centre}");
    }
    let records = Year { years: [2019, 2021], ..Year::hourly() }.records();
    let weather = good(plain(START, ISO, &records, iso));
    same(&weather, &records, 6e-4);
    assert_eq!((weather.hours.len(), weather.years()), (3 * 8760 + 24, 3.0));
    let without: Vec<Record> = records.iter().filter(|record| (record.month, record.day) != (2, 29)).copied().collect();
    assert_eq!(good(plain(START, ISO, &without, iso)).hours.len(), 3 * 8760);
}

#[test]
fn the_offset_is_found_to_the_minute() {
    for minutes in [-58.0, -30.0, -7.0, 0.0, 1.0, 41.0, 66.0] {
        let weather = good(epw(&Year { instant_min: 30.0 + minutes, ..Year::hourly() }.records()));
        let found = weather.time_offset.unwrap();
        let Origin::Fitted { rms_w_per_m2, rms_as_declared_w_per_m2 } = found.origin else { panic!("{found:?}") };
        assert_eq!(found.minutes, minutes);
        assert!(rms_w_per_m2 < 1.0 && (minutes.abs() < 2.0 || rms_as_declared_w_per_m2 > 2.0), "{found:?}");
        assert_eq!(weather.notes.is_empty(), minutes.abs() < 6.0, "{:?}", weather.notes);
        assert_eq!(weather.notes.join("").contains("check its time zone"), minutes > 65.0, "{:?}", weather.notes);
    }
}

#[test]
fn rows_in_utc_under_another_zone_are_named() {
    // As PVGIS writes EPW: the zone of the place, rows in UTC, an offset from the end of the hour.
    let italy = Place { latitude_deg: 45.0, longitude_deg: 8.0, elevation_m: 250.0 };
    let records = Year { place: italy, utc_offset_h: 0.0, instant_min: 10.6, ..Year::hourly() }.records();
    let text = epw(&records)
        .replace("36.06,103.83,8.0,1520", "45.0,8.0,1,250")
        .replace("COMMENTS 2,b", "COMMENTS 2,Irradiance Time Offset (h):-0.8239");
    let weather = good(text);
    assert_eq!(offset(&weather), 41.0);
    assert!((weather.header_offset_min.unwrap() + 19.434).abs() < 1e-9);
    assert!(weather.notes[0].contains("its rows are in UTC, not in UTC+1"), "{:?}", weather.notes);
}

#[test]
fn what_cannot_be_fitted_is_as_declared() {
    let mut records = Year::utc().records();
    for record in &mut records {
        (record.ghi, record.dni) = (record.dhi, 0.0);
    }
    let weather = good(pvgis(PVGIS_HEAD, &records));
    assert_eq!((offset(&weather), weather.time_offset.unwrap().origin), (30.0, Origin::Header(NotFitted::Flat)));
    let weather = good(pvgis("", &records));
    assert_eq!(weather.time_offset.unwrap().origin, Origin::Declared(NotFitted::Flat));
}

#[test]
fn a_clock_that_is_hours_off_is_named() {
    for (utc_offset_h, words) in
        [(0.0, "8.0 h too early for UTC+8"), (5.5, "2.5 h too early"), (10.0, "2.0 h too late")]
    {
        let records = Year { utc_offset_h, ..Year::hourly() }.records();
        refused(epw(&records), &["its clock is shifted", words, "the longitude with its sign"]);
        let two = "time,ghi [W/m2],other,dhi [W/m2],temp_air_c,wind_speed_m_per_s";
        refused(plain(START, two, &records, iso), &["its clock is shifted", words]);
    }
    // The place is given to a file without one: the wrong one is seen.
    let (_dir, path) = file(pvgis("", &Year::utc().records()));
    let faults = read(&path).unwrap().located(&AACHEN).unwrap_err().to_string();
    assert!(faults.contains("its clock is shifted"), "{faults}");
}

#[test]
fn irradiance_at_night_is_a_note_in_few_records_and_a_fault_in_many() {
    let mut records = Year::hourly().records();
    for day in 0..10 {
        records[24 * day].ghi = 40.0;
        records[24 * day].dhi = 40.0;
    }
    let weather = good(epw(&records));
    assert!(
        weather.notes[0].contains("10 records with irradiance at night, the first in line 9"),
        "{:?}",
        weather.notes
    );
    for day in 10..60 {
        records[24 * day].ghi = 40.0;
        records[24 * day].dhi = 40.0;
    }
    refused(epw(&records), &["weather.any:9: 60 records with irradiance while the sun is more than 6° below"]);
}

#[test]
fn what_the_sun_does_not_allow_is_named_with_its_line() {
    let records = Year::hourly().records();
    let at = |hour: usize, change: &dyn Fn(&mut Record)| {
        let mut records = records.clone();
        change(&mut records[hour]);
        epw(&records)
    };
    refused(at(12, &|record| record.dhi = record.ghi * 1.2 + 21.0), &["weather.any:21", "exceeds the global one"]);
    refused(at(8, &|record| record.ghi = 900.0), &["weather.any:17: global irradiance 900 W/m² with the sun at"]);
    let with_dni = |dni: f64| {
        let mut records = records.clone();
        let june = 24 * 170 + 12;
        records[june].dni = dni;
        epw(&records)
    };
    assert_eq!(good(with_dni(1390.0)).hours.len(), 8760);
    let mut thousandfold = records.clone();
    for record in &mut thousandfold {
        (record.ghi, record.dhi) = (record.ghi / 1000.0, record.dhi / 1000.0);
    }
    refused(epw(&thousandfold), &["kWh/m² a year, expected 400 to 3500; check the unit"]);
}

#[test]
fn small_negative_irradiance_is_zero_and_counted_other_is_a_fault() {
    let mut records = Year::hourly().records();
    for day in 0..7 {
        records[24 * day + 2].ghi = -4.9;
    }
    let weather = good(epw(&records));
    assert_eq!(weather.hours[2].ghi_w_per_m2, 0.0);
    assert_eq!(weather.notes, ["7 small irradiances below zero, taken for zero"]);
    // Told as well where the place comes later.
    let (_dir, path) = file(pvgis("", &records));
    assert_eq!(read(&path).unwrap().notes, ["7 small irradiances below zero, taken for zero"]);
    records[2].ghi = -5.1;
    refused(epw(&records), &["weather.any:11: the global horizontal radiation is -5.1, expected 0 to 1600"]);
}

#[test]
fn gaps_duplicates_and_jumps_are_named_as_ranges() {
    let records = Year::hourly().records();
    let without = |from: usize, to: usize| [&records[..from], &records[to..]].concat();
    let text = |records: &[Record]| plain(START, ISO, records, iso);
    refused(
        text(&without(100, 104)),
        &["weather.any:107: 4 records are missing before this row: month 1, day 5, 04:00 to month 1, day 5, 08:00"],
    );
    refused(text(&without(100, 101)), &["1 record is missing before this row"]);
    let many: Vec<Record> = records.iter().enumerate().filter(|(i, _)| i % 50 != 49).map(|(_, r)| *r).collect();
    refused(text(&many), &["and 170 more breaks in the order", "175 records missing in 175 gaps; fill the gaps"]);
    let mut moved = records.clone();
    moved[100].day = 6;
    let (_dir, path) = file(text(&moved));
    let told = read(&path).unwrap_err();
    assert_eq!(told.list().len(), 1, "{told}");
    refused(text(&moved), &["weather.any:107: is month 1, day 6, 04:00; expected month 1, day 5, 04:00"]);
    let twice = [&records[..200], &records[199..]].concat();
    refused(text(&twice), &["month 1, day 9, 07:00 is there twice, the first time in line 206"]);
    let back = [&records[..200], &records[150..]].concat();
    refused(text(&back), &["goes back to month 1, day 7, 06:00; expected month 1, day 9, 08:00"]);
    refused(
        text(&without(1400, 1450)),
        &["50 records are missing before this row: month 2, day 28, 08:00 to month 3, day 2, 10:00"],
    );
    refused(text(&without(1416, 1418)), &["2 records are missing before this row: month 3, day 1, 00:00 to"]);
    refused(text(&records[..5000]), &["5000 hours, from month 1, day 1, 00:00", "a year has 8760 or 8784"]);
    refused(text(&records[..1]), &["1 hour; a year has 8760"]);
    refused(text(&[]), &["0 hours"]);
    let thirds: Vec<Record> = records.iter().step_by(3).copied().collect();
    refused(text(&thirds), &["its records are 180 min apart, expected 60, 30, 15 or 10"]);
    let mut same_year = [records.clone(), records.clone()].concat();
    refused(text(&same_year), &["the year goes from 2019 to 2019, expected 2020"]);
    for record in same_year.iter_mut().skip(8760) {
        record.year = 2020;
    }
    assert_eq!(good(text(&same_year)).years(), 2.0);
}

#[test]
fn what_a_plain_table_does_not_say_is_asked_for() {
    let records = Year::hourly().records();
    let text = |head: &str, names: &str| plain(head, names, &records[..30], iso);
    refused(text("# time: start\n", ISO), &["in which clock the time is; add a line such as `# utc_offset: 8`"]);
    refused(text("# utc_offset: 8\n", ISO), &["what a time stamp stands for; add a line such as `# time: start"]);
    refused(text("# utc_offset: x\n# time: noon\n", ISO), &["time zone is `x`", "said to be `noon`"]);
    let names = "time,ghi,dni [W],dhi [furlong/m2],temp_air [°F],wind";
    refused(
        text(START, names),
        &[
            "column `ghi` has no unit; write `[W/m2]`",
            "column `dni [W]` has the unit `w`, unknown here",
            "`furlong/m2`",
            "column `temp_air [°F]` has the unit `°f`",
            "lacks a column `wind_speed [m/s]`",
            "units are never guessed",
        ],
    );
    refused(text(START, "time,ghi [W/m2],x,y,temp_air_c,wind_speed_m_per_s"), &["two of ghi, dni and dhi are needed"]);
    refused(text(START, "when,ghi [W/m2],dni [W/m2],y,temp_air_c,wind_speed_m_per_s"), &["no column `time`"]);
    let twice = "time,ghi [W/m2],ghi (W/m²),dhi [W/m2],temp_air_c,wind_speed_m_per_s";
    refused(text(START, twice), &["columns `ghi [W/m2]` and `ghi (W/m²)` are the same"]);
    let summer = |record: &Record| iso(record).replacen(',', if record.month == 7 { "+09:00," } else { "+08:00," }, 1);
    refused(plain("# time: start\n", ISO, &records, summer), &["the clock of this row differs", "standard time"]);
    let hours = |record: &Record| {
        let Record { month, day, minute, ghi, dni, dhi, temp, wind, .. } = record;
        format!("{month},{day},{},{ghi},{dni},{dhi},{temp},{wind}", minute / 60 + 1)
    };
    let names = ISO.replace("time", "month,day,hour");
    refused(plain(START, &names, &records, hours), &["hour 24 where time stamps are not ends"]);
}

#[test]
fn broken_values_are_named_and_counted() {
    let records = Year::hourly().records();
    let nan = |record: &Record| iso(record).replace(",0.000,", ",NaN,");
    refused(plain(START, ISO, &records, nan), &["the ghi is NaN, expected 0 to 1600", "more values like these"]);
    let comma = |record: &Record| iso(record).replace(',', ";").replace('.', ",");
    refused(plain(START, &ISO.replace(',', ";"), &records, comma), &["the ghi is `0,000`, no number"]);
    let date = |record: &Record| iso(record).replacen('-', "/", 2);
    refused(plain(START, ISO, &records, date), &["the time is `2019/01/01T00:00`, expected such as 2019-01-31T09:00"]);
    refused(epw(&records).replace(",2,28,", ",2,30,"), &["month 2, day 30 is no date"]);
    let short: String = epw(&records).lines().map(|line| line.chars().take(60).collect::<String>() + "\n").collect();
    refused(short, &["wind speed is missing"]);
    refused(pvgis(PVGIS_HEAD, &records).replace(":0900", ":09h0"), &["the time is `20190101:09h0`"]);
    let names = PVGIS_NAMES.replace("WS10m", "WS");
    refused(pvgis(PVGIS_HEAD, &records).replace(PVGIS_NAMES, &names), &["lacks WS10m; download the typical year"]);
    refused(pvgis(PVGIS_HEAD, &records).replace("36.060", "136.06"), &["latitude is 136.06, expected -90 to 90"]);
}

#[test]
fn what_is_no_weather_is_refused() {
    refused("", &["the file is empty"]);
    refused("<!doctype html>\n<p>Not found", &["begins with `<!doctype html>`", "known are EPW"]);
    refused("{\"inputs\": {}}", &["no weather in a form known here"]);
    refused("LOCATION,a", &["8 lines before its hours"]);
    refused("*** \n", &["are not named before `***`"]);
    refused(PVGIS_HEAD, &["no row of names"]);
    refused([0xff, 0xfe, b'L', 0], &["UTF-16"]);
    refused(b"LOCATION,\0", &["bytes that are zero"]);
    refused(format!("LOCATION,a\n{}\n", "x".repeat(70_000)), &["weather.any:2: the line is longer than 64 kB"]);
    let dir = TempDir::new().unwrap();
    assert!(read(dir.path()).unwrap_err().to_string().contains("no regular file"));
    assert!(read(&dir.path().join("absent")).unwrap_err().to_string().contains("cannot read it"));
    let path = dir.path().join("large");
    std::fs::File::create(&path).unwrap().set_len((256 << 20) + 1).unwrap();
    assert!(read(&path).unwrap_err().to_string().contains("larger than 256 MB"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_bytes_stop_the_program(
        bytes in proptest::collection::vec(any::<u8>(), 0..400),
        head in proptest::sample::select(vec![
            "", "LOCATION,a,b,c,d,e,1,2,3,4\n\n\n\n\n\n\n\n", "RW HW MM DD HH t p WR WG N x RF B D\n***\n",
            "time(UTC),T2m,RH,G(h),Gb(n),Gd(h),IR(h),WS10m\n", "Slope: 0\ntime,Gb(i),Gd(i),H_sun,T2m,WS10m\n20",
            "# time: end\n# utc_offset: 1\nmonth,day,hour,ghi [W/m2],dni [W/m2],temp_air_c,wind_speed [m/s]\n",
            "# utc_offset: +\ntime,ghi [W/m2],dhi [W/m2],temp_air_c,wind_speed [m/s]\n2019-",
        ]),
    ) {
        let (_dir, path) = file([head.as_bytes(), &bytes].concat());
        prop_assert!(read(&path).is_err());
    }

    #[test]
    fn no_words_stop_the_program(
        head in "# time: (start|end|middle)\n# utc_offset: [-+0-9:.]{0,6}\n",
        rows in proptest::collection::vec("[-0-9]{4}-[0-9]{1,2}-[0-9]{1,2}[T ][0-9:.]{2,8}[-+Z0-9:é]{0,6},[-0-9.e]{1,9},5,20,1", 0..6),
    ) {
        let names = "time,ghi [W/m2],dhi [W/m2],temp_air_c,wind_speed [m/s]";
        let (_dir, path) = file(format!("{head}{names}\n{}\n", rows.join("\n")));
        prop_assert!(read(&path).is_err());
    }

    #[test]
    fn weights_sum_to_one(
        points in proptest::collection::vec((-89.0..89.0_f64, -180.0..180.0_f64), 1..6),
        (latitude_deg, longitude_deg) in (-89.0..89.0_f64, -180.0..180.0_f64),
        power in 0.5..4.0_f64,
    ) {
        let place = |(latitude_deg, longitude_deg)| Place { latitude_deg, longitude_deg, elevation_m: 0.0 };
        let places: Vec<Place> = points.into_iter().map(place).collect();
        let weights = weights(&places, &place((latitude_deg, longitude_deg)), Blend { power, ..HOW });
        prop_assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        prop_assert!(weights.iter().all(|weight| (0.0..=1.0).contains(weight)));
    }
}

#[test]
fn real_files_have_the_sums_and_offsets_another_program_finds() {
    let reference = vectors("weather_sums.json");
    let number = |name: &str, key: &str| reference[name][key].as_f64().unwrap();
    for (name, path, place) in [
        ("epw", "solar/tmy_45.000_8.000_2005_2023.epw", (45.0, 8.0, 250.0)),
        ("pvgis_tmy", "solar/pvgis_tmy_test.csv", (45.0, 8.0, 250.0)),
        ("try_dwd", "aachen/TRY2015_507755060854_Jahr.dat", (50.7755, 6.0854, 171.0)),
    ] {
        let Some(path) = real_data(path) else { return };
        let place = Place { latitude_deg: place.0, longitude_deg: place.1, elevation_m: place.2 };
        let weather = read(&path).and_then(|weather| weather.located(&place)).unwrap();
        close(weather.annual_kwh_per_m2(|hour| hour.ghi_w_per_m2), number(name, "ghi_kwh_per_m2"), 1e-9);
        close(weather.annual_kwh_per_m2(|hour| hour.dhi_w_per_m2), number(name, "dhi_kwh_per_m2"), 1e-9);
        let dni_tolerance = if name == "try_dwd" { 5e-4 } else { 1e-9 };
        close(weather.annual_kwh_per_m2(|hour| hour.dni_w_per_m2), number(name, "dni_kwh_per_m2"), dni_tolerance);
        if let Origin::Fitted { rms_w_per_m2, rms_as_declared_w_per_m2 } = weather.time_offset.unwrap().origin {
            assert_eq!(offset(&weather), number(name, "offset_min"));
            close(rms_w_per_m2, number(name, "rms_w_per_m2"), 0.01);
            close(rms_as_declared_w_per_m2, number(name, "rms_as_declared_w_per_m2"), 0.01);
        } else {
            assert_eq!((name, offset(&weather)), ("try_dwd", 0.0));
            // Published with the file.
            assert_eq!((weather.annual_kwh_per_m2(|hour| hour.ghi_w_per_m2) * 10.0).round(), 10_412.0);
            assert_eq!((weather.annual_kwh_per_m2(|hour| hour.dhi_w_per_m2) * 10.0).round(), 5730.0);
        }
    }
}

#[test]
fn the_matrix_of_a_real_year_has_the_means_another_program_finds() {
    let Some(path) = real_data("solar/pvgis_tmy_test.csv") else { return };
    let italy = Place { latitude_deg: 45.0, longitude_deg: 8.0, elevation_m: 250.0 };
    let weather = read(&path).and_then(|weather| weather.located(&italy)).unwrap();
    let matrix = Matrix::from(&weather, offset(&weather));
    // 11 minutes past UTC midnight is 0.717 h in solar time: hour 0 is that of the file.
    close(matrix.hour_centre_utc_h, 11.0 / 60.0, 1e-12);
    let reference = &vectors("weather_sums.json")["pvgis_tmy"]["july_by_utc_hour"];
    for (name, table) in [
        ("dni_w_per_m2", &matrix.dni_w_per_m2),
        ("dhi_w_per_m2", &matrix.dhi_w_per_m2),
        ("air_temperature_c", &matrix.air_temperature_c),
        ("wind_speed_m_per_s", &matrix.wind_speed_m_per_s),
    ] {
        for (hour, expected) in reference[name].as_array().unwrap().iter().enumerate() {
            assert!((table[6][hour] - expected.as_f64().unwrap()).abs() < 1e-9, "{name} {hour}");
        }
    }
}

#[test]
fn the_hours_of_a_matrix_begin_at_midnight_of_the_sun() {
    let (local, utc) = (good(epw(&Year::hourly().records())), good(pvgis(PVGIS_HEAD, &Year::utc().records())));
    let (local, utc) = (Matrix::from(&local, 0.0), Matrix::from(&utc, 30.0));
    // 00:30 of the clock is 23:25 of the sun, so hour 0 is that of 01:30.
    close(local.hour_centre_utc_h, 1.5 - 8.0, 1e-12);
    close(utc.hour_centre_utc_h, local.hour_centre_utc_h, 1e-12);
    let july = local.dni_w_per_m2[6];
    assert!(july[0] == 0.0 && july[23] == 0.0 && july[12] > 500.0, "{july:?}");
    // Months begin at midnight of either clock: a day in thirty differs.
    for (a, b) in july.iter().zip(utc.dni_w_per_m2[6]) {
        assert!((a - b).abs() < 0.05 * 900.0, "{a} {b}");
    }
}

pub fn flat(hour_centre_utc_h: f64, value: f64) -> Matrix {
    let day: [f64; HOURS] = std::array::from_fn(|hour| (value * (hour as f64 - 11.5).powi(2)).sin().abs() * 100.0);
    let table = |factor: f64| -> Table { std::array::from_fn(|month| day.map(|v| factor * (v + month as f64))) };
    Matrix {
        hour_centre_utc_h,
        dni_w_per_m2: table(5.0),
        dhi_w_per_m2: table(1.0),
        air_temperature_c: table(0.2),
        wind_speed_m_per_s: table(0.05),
        vapour_pressure_kpa: table(0.01),
    }
}

pub const HOW: Blend = Blend { power: 2.0, lapse_rate_k_per_km: -6.5, height_distance_ratio: 0.0 };

#[test]
fn a_blend_is_exact_at_a_point_and_continuous_around_it() {
    let places = [(36.0, 103.0), (36.5, 104.2), (35.2, 103.9)].map(|(latitude_deg, longitude_deg)| Place {
        latitude_deg,
        longitude_deg,
        elevation_m: 1500.0,
    });
    let matrices: Vec<Matrix> = [(-6.5, 0.31), (-6.5, 0.47), (-6.717, 0.53)].map(|(h, v)| flat(h, v)).into();
    let points: Vec<(Place, &Matrix)> = places.iter().copied().zip(&matrices).collect();
    for (place, matrix) in &points {
        let at = blend(&points, place, HOW);
        assert!((at.hour_centre_utc_h - matrix.hour_centre_utc_h).abs() < 1e-9);
        alike(&at.dni_w_per_m2, &matrix.dni_w_per_m2, 1e-9);
        alike(&at.air_temperature_c, &matrix.air_temperature_c, 1e-9);
        // A hundred metres away it is nearly the same, whatever the other points.
        let beside = Place { latitude_deg: place.latitude_deg + 0.001, ..*place };
        alike(&blend(&points, &beside, HOW).dni_w_per_m2, &matrix.dni_w_per_m2, 0.1);
    }
    // Along a line through all of them, step by step.
    let along = |share: f64| Place {
        latitude_deg: 35.0 + share * 2.0,
        longitude_deg: 102.5 + 2.0 * share,
        elevation_m: 1500.0,
    };
    for step in 0..400 {
        let (a, b) = (along(f64::from(step) / 400.0), along((f64::from(step) + 0.01) / 400.0));
        let (a, b) = (blend(&points, &a, HOW), blend(&points, &b, HOW));
        let turn = (b.hour_centre_utc_h - a.hour_centre_utc_h).round();
        let shifted: Table = std::array::from_fn(|m| {
            std::array::from_fn(|h| b.dni_w_per_m2[m][(h as f64 - turn).rem_euclid(24.0) as usize])
        });
        alike(&a.dni_w_per_m2, &shifted, 1.0);
    }
}

#[test]
fn a_blend_between_two_points_is_their_mean_and_keeps_the_sum_of_the_day() {
    let place = |longitude_deg: f64, elevation_m: f64| Place { latitude_deg: 0.0, longitude_deg, elevation_m };
    let (a, b) = (flat(0.5, 0.31), flat(0.25, 0.47));
    let at = blend(&[(place(-1.0, 0.0), &a), (place(1.0, 2000.0), &b)], &place(0.0, 1000.0), HOW);
    for month in 0..MONTHS {
        let day = |table: &Table| table[month].iter().sum::<f64>();
        close(day(&at.dni_w_per_m2), f64::midpoint(day(&a.dni_w_per_m2), day(&b.dni_w_per_m2)), 1e-12);
        close(day(&at.dhi_w_per_m2), f64::midpoint(day(&a.dhi_w_per_m2), day(&b.dhi_w_per_m2)), 1e-12);
        // −6.5 K for the kilometre up from one, and back for the kilometre down from the other.
        let mean = f64::midpoint(day(&a.air_temperature_c), day(&b.air_temperature_c));
        assert!((day(&at.air_temperature_c) - mean).abs() < 1e-9);
    }
    let alone = blend(&[(place(0.0, 0.0), &a)], &place(0.0, 1000.0), HOW);
    close(alone.air_temperature_c[3][5], a.air_temperature_c[3][5] - 6.5, 1e-12);
}

/// The sun's day is laid over the sun's day: a clear year seen from both sides is the clear year between them.
#[test]
fn a_blend_lays_days_over_each_other_by_the_sun() {
    let year = |longitude_deg: f64| {
        let place = Place { longitude_deg, ..LANZHOU };
        let records = Year { place, ..Year::utc() }.records();
        let (_dir, path) = file(pvgis("", &records));
        let weather = read(&path).and_then(|weather| weather.located(&place)).unwrap();
        (place, Matrix::from(&weather, offset(&weather)))
    };
    let (west, middle, east) = (year(100.0), year(103.0), year(106.0));
    let at = blend(&[(west.0, &west.1), (east.0, &east.1)], &middle.0, HOW);
    let near = |h: f64| h - h.round();
    assert!(near(at.hour_centre_utc_h - middle.1.hour_centre_utc_h).abs() < 0.51);
    let sum = |matrix: &Matrix| matrix.dni_w_per_m2.iter().flatten().sum::<f64>();
    close(sum(&at), sum(&middle.1), 0.01);
}

#[test]
fn distances_are_those_of_the_sphere() {
    let place = |latitude_deg, longitude_deg| Place { latitude_deg, longitude_deg, elevation_m: 0.0 };
    let quarter = std::f64::consts::FRAC_PI_2 * 6_371_008.8;
    close(great_circle_m(&place(0.0, 0.0), &place(0.0, 90.0)), quarter, 1e-12);
    close(great_circle_m(&place(90.0, 0.0), &place(0.0, 17.0)), quarter, 1e-12);
    close(great_circle_m(&place(0.0, 179.5), &place(0.0, -179.5)), quarter / 90.0, 1e-9);
    assert_eq!(great_circle_m(&place(36.0, 103.0), &place(36.0, 103.0)), 0.0);
}
