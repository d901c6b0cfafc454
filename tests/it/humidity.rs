//! Humidity of the air: read from every format that has it, missing where it is not, carried to means and between places.

use solsite::solar::position::Place;
use solsite::solar::vapour::saturation_vapour_pressure_kpa as saturated;
use solsite::weather::blend::blend;
use solsite::weather::matrix::{HOURS, MONTHS, Matrix, Table};
use solsite::weather::{Format, Weather, read};
use tempfile::TempDir;

use crate::support::{close, demo, real_data};
use crate::weather::{
    AACHEN, HOW, ISO, LANZHOU, PVGIS_HEAD, Record, SERIES_HEAD, START, TRY_2015, Year, epw, flat, good, iso, plain,
    pvgis, refused, series, try_dwd,
};

/// Dew point and relative humidity in each record of a made-up EPW file, with the field after them.
const EPW_HUMIDITY: &str = ",0,50,84000,";
/// Lines before the hours of an EPW file.
const EPW_HEAD: usize = 8;

/// A made-up EPW file with dew point and relative humidity of some hours written otherwise.
fn epw_with(records: &[Record], changes: &[(usize, &str)]) -> String {
    let mut lines: Vec<String> = epw(records).lines().map(str::to_owned).collect();
    for (hour, written) in changes {
        let line = &mut lines[EPW_HEAD + hour];
        *line = line.replacen(EPW_HUMIDITY, &format!(",{written},84000,"), 1);
    }
    lines.join("\n")
}

/// Asserts that the vapour pressure of every hour is what a record says [kPa].
#[track_caller]
fn vapour(weather: &Weather, records: &[Record], expected: impl Fn(&Record) -> f64) {
    assert_eq!(weather.hours.len(), records.len());
    for (hour, record) in weather.hours.iter().zip(records) {
        close(hour.vapour_pressure_kpa, expected(record), 1e-3);
    }
}

#[track_caller]
fn dry_of_knowledge(weather: &Weather) {
    assert!(weather.hours.len() >= 8760 && weather.hours.iter().all(|hour| hour.vapour_pressure_kpa.is_nan()));
}

#[test]
fn saturated_air_holds_what_the_tables_say() {
    // FAO Irrigation and Drainage Paper 56, table 2.3 and example 3; the table differs from its equation by 0.02 % at 35 °C.
    for (air_temperature_c, expected_kpa) in [(1.0, 0.657), (15.0, 1.705), (20.0, 2.338), (24.5, 3.075)] {
        assert!((saturated(air_temperature_c) - expected_kpa).abs() < 5e-4, "{air_temperature_c}");
    }
    close(saturated(35.0), 5.624, 3e-4);
    assert_eq!(saturated(0.0), 0.6108);
    assert!(saturated(-90.0) > 0.0 && saturated(f64::NAN).is_nan());
}

#[test]
fn an_epw_file_tells_relative_humidity_or_else_the_dew_point() {
    let records = Year::hourly().records();
    let changes = [(1, "0,999"), (2, "99.9,999"), (3, "0,104"), (4, "0,"), (5, "99.9,999.0"), (6, "99.90,80")];
    let weather = good(epw_with(&records, &changes));
    let found = |hour: usize| weather.hours[hour].vapour_pressure_kpa;
    let air = |hour: usize| saturated(weather.hours[hour].air_temperature_c);
    close(found(0), 0.5 * air(0), 1e-12);
    close(found(1), 0.6108, 1e-12);
    assert!(found(2).is_nan() && found(5).is_nan());
    close(found(3), air(3), 1e-12);
    close(found(4), 0.6108, 1e-12);
    close(found(6), 0.8 * air(6), 1e-12);
    close(found(5000), 0.5 * air(5000), 1e-12);
    assert_eq!(weather.notes, Vec::<String>::new());
}

#[test]
fn humidity_that_cannot_be_true_is_named_with_its_line() {
    let records = Year::hourly().records();
    let with = |written: &str| epw_with(&records, &[(100, written)]);
    refused(with("0,111"), &["weather.any:109: the relative humidity is 111, expected 0 to 110"]);
    refused(with("0,-1"), &["weather.any:109: the relative humidity is -1, expected 0 to 110"]);
    refused(with("71,50"), &["weather.any:109: the dew point temperature is 71, expected -90 to 70"]);
    refused(with("0,wet"), &["weather.any:109: the relative humidity is `wet`, no number"]);
    let many: Vec<(usize, &str)> = (0..50).map(|hour| (hour, "0,-5")).collect();
    refused(epw_with(&records, &many), &["and 45 more values like these"]);
}

#[test]
fn a_file_without_humidity_is_read_as_before() {
    let records = Year::hourly().records();
    let (with, without) = (good(epw(&records)), good(epw(&records).replace(EPW_HUMIDITY, ",99.9,999,84000,")));
    dry_of_knowledge(&without);
    let (with, without) = (Matrix::from(&with, 0.0), Matrix::from(&without, 0.0));
    assert!(without.vapour_pressure_kpa.iter().flatten().all(|value| value.is_nan()));
    let vapour_pressure_kpa = with.vapour_pressure_kpa;
    assert_eq!(Matrix { vapour_pressure_kpa, ..without }, with);
}

#[test]
fn a_typical_year_of_pvgis_may_have_a_column_of_humidity() {
    let records = Year::utc().records();
    let text = pvgis(PVGIS_HEAD, &records);
    vapour(&good(&text), &records, |record| 0.5 * saturated(record.temp));
    dry_of_knowledge(&good(text.replacen(",RH,", ",other,", 1)));
    dry_of_knowledge(&good(text.replace(",50.0,", ",,")));
    refused(text.replacen(",50.0,", ",150.0,", 1), &["weather.any:9: the RH is 150, expected 0 to 110"]);
}

#[test]
fn an_hourly_series_of_pvgis_has_no_humidity() {
    let year = Year { instant_min: 10.0, ..Year::utc() };
    let weather = good(series(SERIES_HEAD, "time,Gb(i),Gd(i),Gr(i),H_sun,T2m,WS10m,Int", &year.records(), &year));
    assert_eq!(weather.format, Format::PvgisSeries);
    dry_of_knowledge(&weather);
}

#[test]
fn a_test_reference_year_may_have_a_column_of_humidity() {
    let records = Year { utc_offset_h: 1.0, place: AACHEN, ..Year::hourly() }.records();
    let lage = "Lage: 50 Grad 47'N <- B.   6 Grad  5'O <- L.   202 Meter ueber NN";
    // Columns that are of no use here hold 7.
    vapour(&good(try_dwd(lage, TRY_2015, &records)), &records, |record| 0.07 * saturated(record.temp));
    dry_of_knowledge(&good(try_dwd(lage, &TRY_2015.replace(" RF ", " "), &records)));
}

#[test]
fn a_plain_table_may_have_columns_of_humidity() {
    let records = Year::hourly().records();
    let table = |names: &str, values: &str| {
        let names = format!("{ISO},{names}");
        good(plain(START, &names, &records, |record| format!("{},{values}", iso(record))))
    };
    let of_dew = |dew_point_c: f64| move |_: &Record| saturated(dew_point_c);
    for names in ["relative_humidity [%]", "relative_humidity_percent", "Relative_Humidity (%)"] {
        vapour(&table(names, "40"), &records, |record| 0.4 * saturated(record.temp));
    }
    for (names, value) in [("dew_point [degC]", "7.5"), ("temp_dew [°C]", "7.5"), ("temp_dew_k", "280.65")] {
        vapour(&table(names, value), &records, of_dew(7.5));
    }
    let both = "temp_dew [°C],relative_humidity [%]";
    vapour(&table(both, "7.5,40"), &records, |record| 0.4 * saturated(record.temp));
    vapour(&table(both, "7.5,"), &records, of_dew(7.5));
    vapour(&table(both, "7.5,NaN"), &records, of_dew(7.5));
    dry_of_knowledge(&table("relative_humidity [%]", ""));
    dry_of_knowledge(&table("humidity", "40"));
    let twice = format!("{ISO},temp_dew [°C],dew_point [°C]");
    refused(plain(START, &twice, &records, |record| iso(record) + ",1,1"), &["are the same quantity"]);
}

#[test]
fn humidity_in_an_unknown_unit_is_not_read_and_said_so() {
    let records = Year::hourly().records();
    let names = format!("{ISO},relative_humidity,dew_point [°F]");
    let weather = good(plain(START, &names, &records, |record| iso(record) + ",40,50"));
    dry_of_knowledge(&weather);
    let notes = [
        "column `relative_humidity` has no unit; write `relative_humidity [%]`; it is not read",
        "column `dew_point [°F]` has the unit `°f`, unknown here; write `dew_point [°C]` or `[K]`; it is not read",
    ];
    assert_eq!(weather.notes, notes);
}

#[test]
fn the_mean_of_a_month_and_hour_is_missing_where_any_record_of_it_is() {
    let records = Year::hourly().records();
    // The second hour of the clock is the first one of the sun (`weather.rs`).
    let weather = good(epw_with(&records, &[(1, "99.9,999"), (24 * 40 + 13, "99.9,999")]));
    let table = Matrix::from(&weather, 0.0).vapour_pressure_kpa;
    for (month, day) in table.iter().enumerate() {
        for (hour, found) in day.iter().enumerate() {
            if [(0, 0), (1, 12)].contains(&(month, hour)) {
                assert!(found.is_nan(), "{month} {hour}");
                continue;
            }
            let clock_min = 60 * ((hour + 1) % HOURS);
            let of_cell = weather
                .hours
                .iter()
                .filter(|record| (usize::from(record.month), usize::from(record.minute)) == (month + 1, clock_min));
            let values: Vec<f64> = of_cell.map(|record| record.vapour_pressure_kpa).collect();
            close(*found, values.iter().sum::<f64>() / values.len() as f64, 1e-12);
        }
    }
}

/// Cells that are not known, and whether all others are.
fn unknown(table: &Table) -> Vec<(usize, usize)> {
    let cells = (0..MONTHS).flat_map(|month| (0..HOURS).map(move |hour| (month, hour)));
    cells.filter(|&(month, hour)| table[month][hour].is_nan()).collect()
}

#[test]
fn a_blend_carries_vapour_pressure_by_its_weights_whatever_the_height() {
    let place = |longitude_deg: f64, elevation_m: f64| Place { latitude_deg: 0.0, longitude_deg, elevation_m };
    let (a, b) = (flat(0.5, 0.31), flat(0.25, 0.47));
    let at = blend(&[(place(-1.0, 0.0), &a), (place(1.0, 2000.0), &b)], &place(0.0, 1500.0), HOW);
    for month in 0..MONTHS {
        let day = |table: &Table| table[month].iter().sum::<f64>();
        let mean = f64::midpoint(day(&a.vapour_pressure_kpa), day(&b.vapour_pressure_kpa));
        close(day(&at.vapour_pressure_kpa), mean, 1e-12);
    }
    let higher = blend(&[(place(0.0, 0.0), &a)], &place(0.0, 1000.0), HOW);
    assert_eq!(higher.vapour_pressure_kpa, a.vapour_pressure_kpa);
    assert!(higher.air_temperature_c[0][0] < a.air_temperature_c[0][0]);
}

#[test]
fn a_blend_does_not_know_vapour_pressure_where_a_place_with_a_weight_does_not() {
    let place = |longitude_deg: f64| Place { latitude_deg: 0.0, longitude_deg, elevation_m: 0.0 };
    let whole = flat(0.5, 0.31);
    // The sun is an hour ahead there: hours of both are centred half an hour after its midnight.
    let mut gap = flat(-0.5, 0.47);
    gap.vapour_pressure_kpa[6][12] = f64::NAN;
    let points = [(place(0.0), &whole), (place(15.0), &gap)];
    let at = |longitude_deg: f64| blend(&points, &place(longitude_deg), HOW);
    // At a point, the other one has no weight.
    assert_eq!(at(0.0), whole);
    assert_eq!(unknown(&at(15.0).vapour_pressure_kpa), [(6, 12)]);
    let between = at(5.0);
    assert_eq!(unknown(&between.vapour_pressure_kpa), [(6, 12)]);
    assert!(between.dni_w_per_m2.iter().flatten().all(|value| value.is_finite()));
    // Days that are half an hour apart: two hours draw on the one that is not known.
    let half = Matrix { hour_centre_utc_h: -1.0, ..gap };
    let of_halves = blend(&[(place(0.0), &whole), (place(15.0), &half)], &place(5.0), HOW);
    assert_eq!(unknown(&of_halves.vapour_pressure_kpa).len(), 2);
}

/// Fields of the records of a real file.
fn fields(path: &std::path::Path, separator: &str, is_record: impl Fn(&str) -> bool) -> Vec<Vec<f64>> {
    let text: String = std::fs::read(path).unwrap().into_iter().map(char::from).collect();
    let words = |line: &str| -> Vec<f64> {
        let line = if separator == " " { line.split_whitespace().collect() } else { line.split(separator).collect() };
        let line: Vec<&str> = line;
        line.into_iter().map(|word| word.parse().unwrap_or(f64::NAN)).collect()
    };
    text.lines().filter(|line| is_record(line)).map(words).collect()
}

fn weather_of(path: &std::path::Path, place: &Place) -> Weather {
    read(path).and_then(|weather| weather.located(place)).unwrap_or_else(|faults| panic!("{faults}"))
}

#[test]
fn real_files_have_the_humidity_they_say() {
    let italy = Place { latitude_deg: 45.0, longitude_deg: 8.0, elevation_m: 250.0 };
    let of_relative = |air_temperature_c: f64, percent: f64| percent / 100.0 * saturated(air_temperature_c);
    if let Some(path) = real_data("solar/tmy_45.000_8.000_2005_2023.epw") {
        let weather = weather_of(&path, &italy);
        let rows = fields(&path, ",", |line| line.starts_with('2'));
        assert_eq!((weather.hours.len(), rows.len()), (8760, 8760));
        for (hour, row) in weather.hours.iter().zip(&rows) {
            close(hour.vapour_pressure_kpa, of_relative(row[6], row[8]), 1e-12);
        }
        // Its dew points agree on the whole; where months are joined they were smoothed on their own.
        let sum: f64 = weather.hours.iter().map(|hour| hour.vapour_pressure_kpa).sum();
        close(sum, rows.iter().map(|row| saturated(row[7])).sum(), 1e-3);
    }
    if let Some(path) = real_data("solar/pvgis_tmy_test.csv") {
        let weather = weather_of(&path, &italy);
        let rows = fields(&path, ",", |line| line.starts_with('2'));
        assert_eq!((weather.hours.len(), rows.len()), (8760, 8760));
        for (hour, row) in weather.hours.iter().zip(&rows) {
            close(hour.vapour_pressure_kpa, of_relative(row[1], row[2]), 1e-12);
        }
    }
    if let Some(path) = real_data("aachen/TRY2015_507755060854_Jahr.dat") {
        let weather = weather_of(&path, &AACHEN);
        let rows = fields(&path, " ", |line| line.starts_with("3733500 "));
        assert_eq!((weather.hours.len(), rows.len()), (8760, 8760));
        let mut of_mixture = 0.0;
        for (hour, row) in weather.hours.iter().zip(&rows) {
            close(hour.vapour_pressure_kpa, of_relative(row[5], row[11]), 1e-12);
            // The same by the mixing ratio [g/kg] and the pressure [hPa] of the file: x = 622 e / (p − e).
            of_mixture += row[10] * row[6] / (622.0 + row[10]) / 10.0;
        }
        let sum: f64 = weather.hours.iter().map(|hour| hour.vapour_pressure_kpa).sum();
        close(sum, of_mixture, 0.01);
    }
}

#[test]
fn the_air_of_demo_regions_is_dry_inland_and_damp_at_the_coast_and_drier_by_day() {
    for (region, least, most) in [("lanzhou", 30.0, 60.0), ("qingdao", 60.0, 85.0)] {
        let dir = TempDir::new().unwrap();
        demo(dir.path(), region, 100);
        let path = dir.path().join("inputs/weather.epw");
        let weather = weather_of(&path, &LANZHOU);
        let rows = fields(&path, ",", |line| line.starts_with("2023,"));
        let mean = |is_wanted: &dyn Fn(&[f64]) -> bool| {
            let wanted: Vec<f64> = rows.iter().filter(|row| is_wanted(row)).map(|row| row[8]).collect();
            wanted.iter().sum::<f64>() / wanted.len() as f64
        };
        for month in 1..=12 {
            let of_month = mean(&|row| row[1] == f64::from(month));
            assert!((least..=most).contains(&of_month), "{region} {month}: {of_month} %");
            let by_hour = |hour: f64| mean(&|row| row[1] == f64::from(month) && row[3] == hour);
            assert!(by_hour(15.0) + 10.0 < by_hour(4.0), "{region} {month}");
        }
        for (hour, row) in weather.hours.iter().zip(&rows) {
            assert!(row[7] <= row[6] && row[8] <= 100.0);
            // Written to 1 % of relative humidity and 0.1 K.
            let tolerance_kpa = 0.013 * saturated(row[6]);
            assert!((hour.vapour_pressure_kpa - saturated(row[7])).abs() < tolerance_kpa, "{region} {row:?}");
        }
    }
}
