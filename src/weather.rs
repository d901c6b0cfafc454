//! Weather of typical years and of years on record at the edge: read, checked, and brought into its working form.
//!
//! A file is told by what it holds, not by its name: `epw`, `pvgis`, `try_dwd` and `plain` read a format each into rows;
//! `rows` puts them in order, `components` finds what two components of irradiance say of the third, `checks` holds it
//! all against the sun, `time_offset` finds the instants the irradiance belongs to, `matrix` is what is worked with.

pub mod blend;
pub mod checks;
mod components;
mod epw;
mod fields;
pub mod matrix;
mod plain;
mod plain_units;
mod pvgis;
mod rows;
mod text;
pub mod time_offset;
mod try_dwd;

use std::path::Path;

use crate::fault::{Fault, Result};
use crate::solar::position::{self, Place};
use checks::Findings;
use rows::Ordered;
use time_offset::TimeOffset;

/// Year whose sun is taken for all years: a typical year mixes several, and no leap year is among them.
const SUN_YEAR: i32 = 2023;
/// Days before each month of a year that is no leap year.
const DAYS_BEFORE: [u16; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// EnergyPlus weather.
    Epw,
    /// Typical year of PVGIS as CSV, with or without its head.
    PvgisTmy,
    /// Hourly series of PVGIS as CSV, on the horizontal plane.
    PvgisSeries,
    /// Test reference year of the Deutscher Wetterdienst.
    TryDwd,
    /// A table with a row of names and units.
    Plain,
}

/// What a time stamp says of the time its irradiance is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    /// It is the start of the interval.
    Start,
    /// It is the middle of the interval.
    Middle,
    /// It is the end of the interval.
    End,
    /// It is the instant itself.
    Instant,
}

/// A component of irradiance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Component {
    /// Global horizontal irradiance.
    Ghi,
    /// Direct normal irradiance.
    Dni,
    /// Diffuse horizontal irradiance.
    Dhi,
}

/// Where weather was, as far as its file says.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Location {
    /// Latitude, north positive [°].
    pub latitude_deg: Option<f64>,
    /// Longitude, east positive [°].
    pub longitude_deg: Option<f64>,
    /// Height above the sea [m].
    pub elevation_m: Option<f64>,
}

impl Location {
    /// The place, if all of it is known.
    pub fn place(&self) -> Option<Place> {
        let Self { latitude_deg, longitude_deg, elevation_m } = *self;
        Some(Place { latitude_deg: latitude_deg?, longitude_deg: longitude_deg?, elevation_m: elevation_m? })
    }

    /// Where the sun is seen from, if latitude and longitude are known: the height bears on refraction only.
    fn seen_from(&self) -> Option<Place> {
        Self { elevation_m: self.elevation_m.or(Some(0.0)), ..*self }.place()
    }
}

/// Weather of one step of time, an hour as a rule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hour {
    /// Line of the file, from 1.
    pub line: usize,
    /// Month, 1–12.
    pub month: u8,
    /// Day of the month, 1–31.
    pub day: u8,
    /// Start of the step on the file's clock [min] after midnight, a multiple of the step.
    pub minute: u16,
    /// Global horizontal irradiance [W/m²]; `NaN` where it follows from the sun and the place is not known.
    pub ghi_w_per_m2: f64,
    /// Direct normal irradiance [W/m²]; `NaN` as above.
    pub dni_w_per_m2: f64,
    /// Diffuse horizontal irradiance [W/m²]; `NaN` as above.
    pub dhi_w_per_m2: f64,
    /// Air temperature [°C].
    pub air_temperature_c: f64,
    /// Wind speed [m/s].
    pub wind_speed_m_per_s: f64,
    /// Actual vapour pressure of the air [kPa]; `NaN` where the file does not tell its humidity.
    ///
    /// From relative humidity where there is one, or else from the dew point, by
    /// [`crate::solar::vapour::saturation_vapour_pressure_kpa`].
    pub vapour_pressure_kpa: f64,
}

/// Weather of one or several whole years at one place.
#[derive(Debug, Clone, PartialEq)]
pub struct Weather {
    /// How the file is written.
    pub format: Format,
    /// Where it is, as far as known.
    pub location: Location,
    /// The file's clock less universal time [h].
    pub utc_offset_h: f64,
    /// What its time stamps are, as declared by the format or the file.
    pub label: Label,
    /// Length of a step [min]: 60, 30, 15 or 10.
    pub step_min: u16,
    /// The declared instant of a record less the start of its step [min]: half a step where intervals are declared.
    pub instant_min: f64,
    /// What the file itself wants added to the declared instants of irradiance [min].
    pub header_offset_min: Option<f64>,
    /// The component the file does not give, which follows from the other two and the sun.
    pub derived: Option<Component>,
    /// What the user wants added to the declared instants [min].
    pub stated_offset_min: Option<f64>,
    /// What to add to the declared instants, found once the place is known.
    pub time_offset: Option<TimeOffset>,
    /// The records, in order.
    pub hours: Vec<Hour>,
    /// What the user should know.
    pub notes: Vec<String>,
    /// The file.
    file: String,
}

impl Weather {
    /// Weather as its rows say, not yet under the sun.
    fn of_rows((format, label, location, utc_offset_h): (Format, Label, Location, f64), ordered: Ordered) -> Self {
        let Ordered { step_min, instant_min, derived, hours } = ordered;
        Self {
            format,
            location,
            utc_offset_h,
            label,
            step_min,
            instant_min,
            header_offset_min: None,
            derived,
            stated_offset_min: None,
            time_offset: None,
            hours,
            notes: Vec::new(),
            file: String::new(),
        }
    }

    /// What is added to the declared instants where it cannot be fitted [min]: as stated, or as the head has it.
    fn assumed_offset_min(&self) -> f64 {
        self.stated_offset_min.or(self.header_offset_min).unwrap_or(0.0)
    }

    /// Number of years.
    pub fn years(&self) -> f64 {
        (self.hours.len() as f64 * f64::from(self.step_min) / (60.0 * 24.0 * 365.0)).round()
    }

    /// Days since noon of 1 January 2000 UT at which a record's sun is seen, in the sun's year.
    ///
    /// - `offset_min`: added to the declared instant [min].
    pub fn instant_days(&self, hour: &Hour, offset_min: f64) -> f64 {
        position::days_since_j2000(SUN_YEAR, self.day_of_year_ut(hour, offset_min))
    }

    /// Day of the year with its fraction, universal time; 29 February counts as 1 March.
    fn day_of_year_ut(&self, hour: &Hour, offset_min: f64) -> f64 {
        let before = DAYS_BEFORE[usize::from(hour.month - 1)];
        let minutes = f64::from(hour.minute) + self.instant_min + offset_min - 60.0 * self.utc_offset_h;
        f64::from(before) + f64::from(hour.day) + minutes / (60.0 * 24.0)
    }

    /// Sum of a quantity of irradiance over the mean year [kWh/m²].
    pub fn annual_kwh_per_m2(&self, quantity: impl Fn(&Hour) -> f64) -> f64 {
        let sum: f64 = self.hours.iter().map(quantity).sum();
        sum * f64::from(self.step_min) / 60.0 / 1000.0 / self.years()
    }

    /// The weather with what its file does not say of its place taken from `place`, completed by the sun and checked.
    ///
    /// Without effect where the file says where it is.
    ///
    /// # Errors
    /// If the weather cannot be that of this place: see [`checks`].
    pub fn located(mut self, place: &Place) -> Result<Self> {
        let known = self.location;
        self.location = Location {
            latitude_deg: known.latitude_deg.or(Some(place.latitude_deg)),
            longitude_deg: known.longitude_deg.or(Some(place.longitude_deg)),
            elevation_m: known.elevation_m.or(Some(place.elevation_m)),
        };
        if known.seen_from().is_some() {
            return Ok(self);
        }
        let mut findings = Findings::new(&self.file);
        under_the_sun(&mut self, &mut findings);
        findings.or(self)
    }
}

/// Reads weather, and checks all that can be checked: order, gaps and values; with a known place the sun as well.
///
/// Where the file does not say where it is, [`Weather::located`] is the second half.
///
/// # Errors
/// If the file cannot be read, is in no format known here, does not hold whole years without gaps, or holds values that
/// are missing, no numbers, or impossible; each with its line, the first few by name and the rest counted.
pub fn read(path: &Path) -> Result<Weather> {
    read_with_offset(path, None)
}

/// The same, with what is to be added to the declared instants [min], where somebody states it.
///
/// # Errors
/// As [`read`].
pub fn read_with_offset(path: &Path, stated_offset_min: Option<f64>) -> Result<Weather> {
    let file = path.display().to_string();
    let text = text::load(path)?;
    let lines: Vec<&str> = text.lines().collect();
    let mut findings = Findings::new(&file);
    let weather = match recognised(&lines) {
        Some(Format::Epw) => epw::read(&lines, &mut findings),
        Some(Format::PvgisTmy | Format::PvgisSeries) => pvgis::read(&lines, &mut findings),
        Some(Format::TryDwd) => try_dwd::read(&lines, &mut findings),
        Some(Format::Plain) => plain::read(&lines, &mut findings),
        None => return Err(unknown(&file, &lines).into()),
    };
    match weather {
        Some(mut weather) if !findings.has_faults() => {
            file.clone_into(&mut weather.file);
            weather.stated_offset_min = stated_offset_min;
            checks::without_sun(&weather, &mut findings);
            if weather.location.seen_from().is_some() && !findings.has_faults() {
                under_the_sun(&mut weather, &mut findings);
            }
            weather.notes.extend(findings.take_notes());
            findings.or(weather)
        }
        _ => Err(findings.refusal()),
    }
}

/// Completes the components, finds the instants, and checks; notes go into the weather.
fn under_the_sun(weather: &mut Weather, findings: &mut Findings) {
    if let Some(place) = weather.location.seen_from() {
        components::complete(weather, &place);
        let offset = time_offset::fit(weather, &place);
        // What the third component was made with is what the file is held against.
        let used_min = if weather.derived.is_some() { weather.assumed_offset_min() } else { offset.minutes };
        checks::with_sun(weather, &place, used_min, findings);
        checks::say_offset(weather, &offset, findings);
        weather.time_offset = Some(offset);
    }
    weather.notes.extend(findings.take_notes());
}

/// Lines among which a format must show itself.
const HEAD_LINES: usize = 200;

/// The format of a file, by its first lines.
fn recognised(lines: &[&str]) -> Option<Format> {
    let head = || lines.iter().take(HEAD_LINES).map(|line| line.trim());
    let first = head().find(|line| !line.is_empty())?;
    if first.split(',').next().is_some_and(|word| word.trim().eq_ignore_ascii_case("LOCATION")) {
        return Some(Format::Epw);
    }
    if head().any(|line| line.starts_with("***")) {
        return Some(Format::TryDwd);
    }
    if head().any(pvgis::is_names) || head().any(|line| line.starts_with("Latitude (decimal degrees)")) {
        return Some(Format::PvgisTmy);
    }
    head().find(|line| !line.is_empty() && !line.starts_with('#')).filter(|line| plain::is_names(line))?;
    Some(Format::Plain)
}

/// Letters of a line that are quoted.
const QUOTED: usize = 60;

fn unknown(file: &str, lines: &[&str]) -> Fault {
    let first = lines.iter().map(|line| line.trim()).find(|line| !line.is_empty()).unwrap_or_default();
    let what = match first.chars().take(QUOTED).collect::<String>() {
        quoted if quoted.is_empty() => "no weather: the file is empty".to_owned(),
        quoted => format!("no weather in a form known here; it begins with `{quoted}`"),
    };
    Fault::input(file, what).hint(
        "known are EPW (first line LOCATION), CSV of PVGIS (TMY), TRY of the DWD (`***` before the hours), and CSV \
         with a row of names and units such as `time,ghi [W/m2],dhi [W/m2],temp_air [°C],wind_speed [m/s]`",
    )
}
