//! `solsite yield`: what can be asked of one place.

use std::path::PathBuf;

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};

use super::args::{Format, FormatArg};
use crate::crop::Crop;
use crate::fault::{Fault, Faults, Result, suggestion};
use crate::mode::{ArrayRow, FieldRow, Layout, MountingKind, Number};
use crate::one_place::{Across, Beneath, Detail, Order, Source, Sunlight};
use crate::project::file::{
    ClearSkyInput, ClearSkyModel, IncidenceName, InverterName, MonthlyGhiInput, SkyModelName, YieldTable,
};
use crate::project::{WeatherSpec, too_bright};
use crate::resource::arrays::Workshop;
use crate::solar::array::{Array, CellModel, Mounting};
use crate::solar::position::Place;
use crate::solar::tracker::{self, Backtracking};
use crate::tables::Tables;

/// One array at one place.
#[derive(Debug, Args)]
#[command(allow_negative_numbers = true, group = clap::ArgGroup::new("sun").required(true))]
pub struct YieldArgs {
    /// Longitude, east positive.
    #[arg(long, value_name = "DEG", value_parser = number::<-180, 180>)]
    lon: f64,
    /// Latitude, north positive.
    #[arg(long, value_name = "DEG", value_parser = number::<-90, 90>)]
    lat: f64,
    /// Height above the sea.
    #[arg(long, value_name = "M", value_parser = number::<-500, 9000>)]
    elevation_m: f64,
    /// Weather file: EPW, PVGIS CSV, TRY, or CSV with names and units.
    #[arg(long, value_name = "FILE", group = "sun")]
    weather: Option<PathBuf>,
    /// A sky without clouds, after this model: for comparisons only.
    #[arg(long, value_enum, value_name = "MODEL", group = "sun")]
    clear_sky: Option<ClearSky>,
    /// Mean daily global irradiation of the twelve months, in kWh/m² a day.
    #[arg(long, value_delimiter = ',', value_name = "JAN,…,DEC", group = "sun")]
    monthly_ghi: Option<Vec<f64>>,
    /// Linke turbidity, one number or twelve (ineichen, esra).
    #[arg(long, value_delimiter = ',', value_name = "TL")]
    linke_turbidity: Option<Vec<f64>>,
    /// Aerosol optical depth at 700 nm (simplified-solis).
    #[arg(long, value_name = "AOD")]
    aod700: Option<f64>,
    /// Precipitable water (simplified-solis).
    #[arg(long, value_name = "CM")]
    precipitable_water_cm: Option<f64>,
    /// Share of the clear sky's energy that is taken to arrive [default: 1].
    #[arg(long)]
    clearness: Option<f64>,
    /// Temperature of the air where there is no weather file: one number, or twelve with --monthly-ghi [default: 20].
    #[arg(long, value_delimiter = ',', value_name = "C", allow_hyphen_values = true)]
    air_temperature_c: Option<Vec<f64>>,
    /// Wind speed where there is no weather file [default: 1].
    #[arg(long, value_name = "M/S")]
    wind_speed_m_per_s: Option<f64>,
    /// Minutes from the instants the file states to the sun it means, in place of the fitted ones.
    #[arg(long, value_name = "MIN")]
    time_offset_min: Option<f64>,
    /// How the modules are held.
    #[arg(long, value_enum)]
    mounting: Option<Held>,
    /// Take the numbers of this layout of the built-in table where nothing else is said.
    #[arg(long, value_name = "ID", conflicts_with = "mounting")]
    layout: Option<String>,
    /// Tilt of a fixed array, or of a tracker's axis; `best` for the fixed one with the highest yield.
    #[arg(long, value_name = "DEG|best", value_parser = tilt)]
    tilt_deg: Option<TiltArg>,
    /// Direction a fixed or the front of a vertical array faces, or a tracker's axis runs, clockwise from north.
    #[arg(long, value_name = "DEG")]
    azimuth_deg: Option<f64>,
    /// Width of a row over the distance from row to row. A fixed array then stands among rows; a tracker turns by it.
    #[arg(long, value_parser = number::<0, 1>)]
    gcr: Option<f64>,
    /// Turn a tracker back before its rows shade each other.
    #[arg(long, requires = "gcr")]
    backtrack: bool,
    /// Farthest a tracker turns.
    #[arg(long, value_name = "DEG")]
    max_angle_deg: Option<f64>,
    /// Let the rows of a backtracking tracker hide sky and ground from each other too.
    #[arg(long, requires = "gcr")]
    between_rows: bool,
    /// Slope of the ground under a tracker.
    #[arg(long, value_name = "DEG", default_value_t = 0.0)]
    slope_deg: f64,
    /// Direction that slope descends to, clockwise from north [default: 180].
    #[arg(long, value_name = "DEG")]
    slope_azimuth_deg: Option<f64>,
    /// Share of light that the ground reflects.
    #[arg(long)]
    albedo: Option<f64>,
    /// Share of light that modules and the gaps in them let through to the ground [default: the layout's, else 0].
    #[arg(long)]
    transmittance: Option<f64>,
    /// Height of the lowest edge at its lowest: tells light across the rows [default: the layout's].
    #[arg(long, value_name = "M")]
    clearance_m: Option<f64>,
    /// Width of a row, along the slant of its modules [default: the layout's].
    #[arg(long, value_name = "M")]
    collector_width_m: Option<f64>,
    /// Strips across a row whose light is told apart.
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u16).range(1..=1000))]
    strips: u16,
    /// Crop of the built-in table that grows beneath; may be given several times.
    #[arg(long, value_name = "ID")]
    crop: Vec<String>,
    /// Efficiency of the back over that of the front; 0 for one face.
    #[arg(long)]
    bifaciality: Option<f64>,
    /// How diffuse light comes from the sky.
    #[arg(long, value_enum, default_value = "hay-davies")]
    sky_model: Sky,
    /// What the glass reflects.
    #[arg(long, value_enum, default_value = "physical")]
    incidence: Incidence,
    /// Heat the cells by their nominal operating temperature (Ross) instead of wind (Faiman).
    #[arg(long, value_name = "C")]
    noct_c: Option<f64>,
    /// Change of power with the temperature of the cells, per K.
    #[arg(long)]
    gamma_per_k: Option<f64>,
    /// Losses between module and inverter (0–1).
    #[arg(long)]
    losses_share: Option<f64>,
    /// Nominal efficiency of the inverter (0–1).
    #[arg(long)]
    inverter_efficiency: Option<f64>,
    /// Direct-current peak over alternating-current rating.
    #[arg(long, default_value_t = 1.2)]
    dc_ac_ratio: f64,
    /// How much the JSON tells.
    #[arg(long, value_enum, default_value = "months")]
    detail: Detail,
    #[command(flatten)]
    pub format: FormatArg,
}

/// A model of the clear sky.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum ClearSky {
    /// Ineichen and Perez.
    Ineichen,
    /// European Solar Radiation Atlas.
    Esra,
    /// Simplified Solis.
    SimplifiedSolis,
}

/// How modules are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Held {
    /// In one plane.
    Fixed,
    /// Turning about one axis.
    Tracker,
    /// Upright; the front faces east.
    Vertical,
}

/// A model of diffuse light.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Sky {
    /// The same from everywhere.
    Isotropic,
    /// A part from around the sun.
    HayDavies,
    /// Parts from around the sun and the horizon.
    Perez,
}

/// A model of reflection.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Incidence {
    /// A pane of glass.
    Physical,
    /// ASHRAE.
    Ashrae,
    /// Martin and Ruiz.
    MartinRuiz,
    /// Nothing is reflected.
    None,
}

impl ValueEnum for Detail {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Months, Self::Steps]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::Months => PossibleValue::new("months").help("Sums by month, and means by month and hour"),
            Self::Steps => PossibleValue::new("steps").help("Every step of the year besides"),
        })
    }
}

/// Air and wind where there is no weather file [°C, m/s], and where a slope descends to [°], unless told.
const AIR_TEMPERATURE_C: f64 = 20.0;
const WIND_SPEED_M_PER_S: f64 = 1.0;
const SLOPE_AZIMUTH_DEG: f64 = 180.0;

/// A tilt, or the best one.
#[derive(Debug, Clone, Copy, PartialEq)]
enum TiltArg {
    Degrees(f64),
    Best,
}

fn tilt(text: &str) -> std::result::Result<TiltArg, String> {
    if text == "best" {
        return Ok(TiltArg::Best);
    }
    number::<0, 90>(text).map(TiltArg::Degrees)
}

/// A finite number within bounds.
fn number<const LEAST: i32, const MOST: i32>(text: &str) -> std::result::Result<f64, String> {
    let value = text.parse::<f64>().ok().filter(|value| (f64::from(LEAST)..=f64::from(MOST)).contains(value));
    value.ok_or_else(|| format!("expected a number from {LEAST} to {MOST}"))
}

/// One number for all months, or twelve.
fn months(numbers: &[f64], place: &str) -> Result<[f64; 12]> {
    match numbers {
        [one] => Ok([*one; 12]),
        many => <[f64; 12]>::try_from(many)
            .map_err(|_| Fault::project(place, format!("{} numbers; expected one, or twelve", many.len())).into()),
    }
}

impl YieldArgs {
    /// What is asked for.
    ///
    /// # Errors
    /// If a number is missing or out of range.
    pub fn order(&self) -> Result<Order> {
        self.check_ranges()?;
        let place = Place { latitude_deg: self.lat, longitude_deg: self.lon, elevation_m: self.elevation_m };
        Ok(Order { place, source: self.source()?, detail: self.detail, beneath: self.beneath()? })
    }

    /// What is asked of the ground beneath; nothing of an array without rows.
    fn beneath(&self) -> Result<Option<Beneath>> {
        let tables = Tables::builtin()?;
        let row = self.layout.as_ref().and_then(|id| tables.layout(id));
        let field = row.and_then(|row| row.field.as_ref());
        let Some(gcr) = self.gcr.or(row.map(|row| row.gcr.value)).filter(|gcr| *gcr > 0.0) else { return Ok(None) };
        let of_field = |stated: Option<f64>, get: fn(&FieldRow) -> f64| stated.or(field.map(get));
        let clearance_m = of_field(self.clearance_m, |field| field.clearance_m.value);
        let width_m = of_field(self.collector_width_m, |field| field.collector_width_m.value);
        let across = match (clearance_m, width_m) {
            (Some(clearance_m), Some(collector_width_m)) => {
                Some(Across { clearance_m, collector_width_m, strips: usize::from(self.strips) })
            }
            (None, None) => None,
            _ => {
                let what = "light across the rows needs --clearance-m and --collector-width-m";
                return Err(Fault::project("--clearance-m", what).into());
            }
        };
        let crop = |id: &String| {
            let found = tables.crops.crop.iter().find(|crop| &crop.id == id).cloned();
            let names = tables.crops.crop.iter().map(|crop| crop.id.as_str());
            let hint = || suggestion(id, names.collect::<Vec<_>>());
            found.ok_or_else(|| Fault::project("--crop", format!("unknown crop `{id}`")).hint(hint()).into())
        };
        let crops: Result<Vec<Crop>> = self.crop.iter().map(crop).collect();
        let transmittance = of_field(self.transmittance, |field| field.transmittance.value).unwrap_or(0.0);
        Ok(Some(Beneath { gcr, transmittance, across, crops: crops? }))
    }

    fn check_ranges(&self) -> Result<()> {
        let mut faults = Vec::new();
        for (name, value, least, most) in [
            ("--azimuth-deg", self.azimuth_deg, 0.0, 360.0),
            ("--max-angle-deg", self.max_angle_deg, 1.0, 90.0),
            ("--slope-deg", Some(self.slope_deg), 0.0, 60.0),
            ("--slope-azimuth-deg", self.slope_azimuth_deg, 0.0, 360.0),
            ("--albedo", self.albedo, 0.0, 1.0),
            ("--transmittance", self.transmittance, 0.0, 1.0),
            ("--clearance-m", self.clearance_m, 0.0, 50.0),
            ("--collector-width-m", self.collector_width_m, 0.05, 50.0),
            ("--bifaciality", self.bifaciality, 0.0, 1.0),
            ("--gamma-per-k", self.gamma_per_k, -0.01, 0.0),
            ("--losses-share", self.losses_share, 0.0, 0.9),
            ("--inverter-efficiency", self.inverter_efficiency, 0.5, 1.0),
            ("--dc-ac-ratio", Some(self.dc_ac_ratio), 0.5, 5.0),
            ("--noct-c", self.noct_c, 30.0, 80.0),
            ("--clearness", self.clearness, 0.01, 1.0),
            ("--time-offset-min", self.time_offset_min, -720.0, 720.0),
            ("--wind-speed-m-per-s", self.wind_speed_m_per_s, 0.0, 40.0),
            ("--aod700", self.aod700, 0.0, 0.45),
            ("--precipitable-water-cm", self.precipitable_water_cm, 0.2, 10.0),
        ] {
            if value.is_some_and(|value| !(least..=most).contains(&value)) {
                faults.push(Fault::project(name, format!("expected a number from {least} to {most}")));
            }
        }
        let list = |name: &str, values: Option<&Vec<f64>>, least: f64, most: f64| {
            let odd = values.into_iter().flatten().find(|value| !(least..=most).contains(*value))?;
            Some(Fault::project(name, format!("{odd} is outside {least} to {most}")))
        };
        faults.extend(list("--monthly-ghi", self.monthly_ghi.as_ref(), 0.0, 12.0));
        faults.extend(list("--linke-turbidity", self.linke_turbidity.as_ref(), 1.0, 10.0));
        faults.extend(list("--air-temperature-c", self.air_temperature_c.as_ref(), -60.0, 60.0));
        faults.extend(self.useless());
        if self.gcr == Some(0.0) {
            faults.push(Fault::project("--gcr", "rows without width are no array; leave it out for a single row"));
        }
        Faults::or(faults, ())
    }

    /// Faults of what is asked of the ground between rows where there are none.
    fn without_rows(&self) -> impl Iterator<Item = Fault> {
        let asked = [
            ("--transmittance", self.transmittance.is_some()),
            ("--clearance-m", self.clearance_m.is_some()),
            ("--collector-width-m", self.collector_width_m.is_some()),
            ("--crop", !self.crop.is_empty()),
        ];
        let has_rows = self.gcr.is_some() || self.layout.is_some();
        let useless = asked.into_iter().filter(move |(_, is_given)| *is_given && !has_rows);
        useless.map(|(name, _)| Fault::project(name, "a single row has no use for it").hint("add --gcr, or --layout"))
    }

    /// Faults of options that what is asked for has no use for.
    fn useless(&self) -> Vec<Fault> {
        let (tracks, stands) = (self.mounting == Some(Held::Tracker), self.mounting == Some(Held::Vertical));
        let none = |name: &str, of: &str| Fault::project(name, format!("{of} has no use for it")).hint("leave it out");
        let mut faults = Vec::new();
        if self.backtrack && !tracks {
            faults.push(none("--backtrack", "what does not track"));
        }
        if self.between_rows && !(tracks && self.backtrack) {
            faults.push(none("--between-rows", "anything but a tracker with --backtrack"));
        }
        faults.extend(self.without_rows());
        if self.tilt_deg.is_some() && stands {
            faults.push(none("--tilt-deg", "a vertical array"));
        }
        if self.tilt_deg == Some(TiltArg::Best) && tracks {
            faults.push(none("--tilt-deg best", "a tracker"));
        }
        if self.slope_deg > 0.0 && !tracks {
            faults.push(none("--slope-deg", "anything but --mounting tracker"));
        }
        if self.slope_azimuth_deg.is_some() && self.slope_deg == 0.0 {
            faults.push(none("--slope-azimuth-deg", "level ground"));
        }
        if self.max_angle_deg.is_some() && (stands || self.mounting == Some(Held::Fixed)) {
            faults.push(none("--max-angle-deg", "what does not track"));
        }
        let is_solis = matches!(self.clear_sky, Some(ClearSky::SimplifiedSolis));
        if !is_solis && (self.aod700.is_some() || self.precipitable_water_cm.is_some()) {
            faults.push(none("--aod700 or --precipitable-water-cm", "anything but --clear-sky simplified-solis"));
        }
        if self.linke_turbidity.is_some() && (is_solis || self.clear_sky.is_none()) {
            faults.push(none("--linke-turbidity", "anything but --clear-sky ineichen or esra"));
        }
        if matches!(self.detail, Detail::Steps) && matches!(self.format.format, Format::Text) {
            faults.push(none("--detail steps", "text, which tells of months,").hint("add --format json"));
        }
        if self.clearness.is_some() && self.clear_sky.is_none() {
            faults.push(none("--clearness", "anything but --clear-sky"));
        }
        if self.weather.is_some() {
            for (name, is_given) in [
                ("--air-temperature-c", self.air_temperature_c.is_some()),
                ("--wind-speed-m-per-s", self.wind_speed_m_per_s.is_some()),
            ] {
                faults.extend(is_given.then(|| none(name, "a weather file, which has its own,")));
            }
        } else if self.time_offset_min.is_some() {
            faults.push(none("--time-offset-min", "anything but --weather"));
        }
        if self.air_temperature_c.as_ref().is_some_and(|list| list.len() > 1) && self.clear_sky.is_some() {
            faults.push(Fault::project("--air-temperature-c", "twelve numbers are for --monthly-ghi").hint("give one"));
        }
        faults
    }

    fn source(&self) -> Result<Source> {
        if let Some(path) = &self.weather {
            return Ok(Source::File(WeatherSpec {
                path: path.clone(),
                latitude_deg: None,
                longitude_deg: None,
                elevation_m: None,
                time_offset_min: self.time_offset_min,
            }));
        }
        let air_temperature_c =
            months(self.air_temperature_c.as_deref().unwrap_or(&[AIR_TEMPERATURE_C]), "--air-temperature-c")?;
        if let Some(monthly) = &self.monthly_ghi {
            let table = MonthlyGhiInput {
                monthly_ghi_kwh_per_m2_day: months(monthly, "--monthly-ghi")?,
                latitude_deg: self.lat,
                longitude_deg: self.lon,
                elevation_m: self.elevation_m,
                air_temperature_c,
                wind_speed_m_per_s: self.wind_speed_m_per_s.unwrap_or(WIND_SPEED_M_PER_S),
            };
            let fault =
                |what: String| Fault::project("--monthly-ghi", what).hint("check the unit, and --lat with its sign");
            return Faults::or(too_bright(&table).into_iter().map(fault).collect(), Source::Monthly(table));
        }
        self.clear_sky_source(air_temperature_c[0])
    }

    fn clear_sky_source(&self, air_temperature_c: f64) -> Result<Source> {
        let is_solis = matches!(self.clear_sky, Some(ClearSky::SimplifiedSolis));
        let turbidity = self.linke_turbidity.as_ref().map(|list| months(list, "--linke-turbidity")).transpose()?;
        if !is_solis && turbidity.is_none() {
            let hint = "monthly maps of it are on soda-pro.com; clean air 2, haze 4 and more";
            return Err(Fault::project("--linke-turbidity", "this clear sky needs it").hint(hint).into());
        }
        if is_solis && (self.aod700.is_none() || self.precipitable_water_cm.is_none()) {
            return Err(Fault::project("--aod700", "this clear sky needs --aod700 and --precipitable-water-cm").into());
        }
        Ok(Source::ClearSky(ClearSkyInput {
            clear_sky: match self.clear_sky {
                Some(ClearSky::Esra) => ClearSkyModel::Esra,
                Some(ClearSky::SimplifiedSolis) => ClearSkyModel::SimplifiedSolis,
                Some(ClearSky::Ineichen) | None => ClearSkyModel::Ineichen,
            },
            linke_turbidity: turbidity,
            aod700: self.aod700,
            precipitable_water_cm: self.precipitable_water_cm,
            clearness: self.clearness.unwrap_or(1.0),
            air_temperature_c,
            wind_speed_m_per_s: self.wind_speed_m_per_s.unwrap_or(WIND_SPEED_M_PER_S),
        }))
    }

    /// The array that is asked for.
    ///
    /// # Errors
    /// If the layout is not known.
    pub fn array(&self, sunlight: &Sunlight) -> Result<Array> {
        let tables = Tables::builtin()?;
        let settings = self.settings();
        let workshop = Workshop { pv: &tables.pv, settings: &settings, latitude_deg: self.lat };
        let row = self.row(&tables)?;
        let mut array = workshop.array(&row, self.dc_ac_ratio, &sunlight.steps);
        if let Mounting::Tracking(tracker) = &mut array.mounting {
            if let Some(TiltArg::Degrees(axis_tilt_deg)) = self.tilt_deg {
                tracker.axis_tilt_deg = axis_tilt_deg;
            }
            tracker.axis_azimuth_deg = self.azimuth_deg.unwrap_or(tracker.axis_azimuth_deg);
            if self.slope_deg > 0.0 {
                let slope = (self.slope_azimuth_deg.unwrap_or(SLOPE_AZIMUTH_DEG), self.slope_deg);
                tracker.axis_tilt_deg = tracker::axis_tilt_deg(slope.0, slope.1, tracker.axis_azimuth_deg);
                tracker.cross_axis_tilt_deg =
                    tracker::cross_axis_tilt_deg(slope.0, slope.1, tracker.axis_azimuth_deg, tracker.axis_tilt_deg);
            }
            if self.layout.is_none() {
                tracker.backtracking = if self.backtrack { Backtracking::On } else { Backtracking::Off };
                tracker.gcr = self.gcr.unwrap_or(0.0);
            }
        }
        if let Some(noct_c) = self.noct_c {
            array.cell = CellModel::Ross { noct_c };
        }
        Ok(array)
    }

    /// The layout that is asked for as a row of the table.
    fn row(&self, tables: &Tables) -> Result<Layout> {
        let id = match (&self.layout, self.mounting) {
            (Some(id), _) => id.as_str(),
            (None, Some(Held::Tracker)) => "tracker",
            (None, Some(Held::Vertical)) => "vertical",
            (None, Some(Held::Fixed) | None) => "fixed",
        };
        let found = tables.layout(id).filter(|row| row.array.mounting != MountingKind::OnSlope);
        let Some(mut row) = found.cloned() else {
            if tables.layout(id).is_some() {
                let what = format!("`{id}` has the plane of the ground it lies on");
                let hint = "give that plane: --mounting fixed --tilt-deg … --azimuth-deg …";
                return Err(Fault::project("--layout", what).hint(hint).into());
            }
            let names = tables.layouts.iter().filter(|row| row.array.mounting != MountingKind::OnSlope);
            let hint = suggestion(id, names.map(|row| row.id.as_str()).collect::<Vec<_>>());
            return Err(Fault::project("--layout", format!("unknown array layout `{id}`")).hint(hint).into());
        };
        if self.layout.is_none() {
            // A single row with one face, unless more is asked for.
            row.gcr = Number::stated(0.0);
            row.array.bifaciality = Number::stated(0.0);
        }
        // Rows that turn back do not shade each other; what they hide of the sky is asked for apart.
        let alone = self.mounting == Some(Held::Tracker) && self.backtrack && !self.between_rows;
        row.gcr = self.gcr.filter(|_| !alone).map_or(row.gcr, Number::stated);
        self.over(&mut row.array);
        Ok(row)
    }

    /// Puts what is asked for in place of the row's numbers.
    fn over(&self, row: &mut ArrayRow) {
        match self.tilt_deg {
            Some(TiltArg::Degrees(tilt_deg)) => row.tilt_deg = Some(Number::stated(tilt_deg)),
            Some(TiltArg::Best) => row.tilt_deg = None,
            None => {}
        }
        if let Some(azimuth_deg) = self.azimuth_deg {
            row.azimuth_deg = Some(Number::stated(azimuth_deg));
        }
        if let Some(max_angle_deg) = self.max_angle_deg {
            row.max_rotation_deg = Some(Number::stated(max_angle_deg));
        }
        if let Some(bifaciality) = self.bifaciality {
            row.bifaciality = Number::stated(bifaciality);
        }
    }

    fn settings(&self) -> YieldTable {
        YieldTable {
            layouts: Vec::new(),
            sky_model: Some(match self.sky_model {
                Sky::Isotropic => SkyModelName::Isotropic,
                Sky::HayDavies => SkyModelName::HayDavies,
                Sky::Perez => SkyModelName::Perez,
            }),
            incidence: Some(match self.incidence {
                Incidence::Physical => IncidenceName::Physical,
                Incidence::Ashrae => IncidenceName::Ashrae,
                Incidence::MartinRuiz => IncidenceName::MartinRuiz,
                Incidence::None => IncidenceName::None,
            }),
            inverter: Some(InverterName::Pvwatts),
            albedo: self.albedo,
            gamma_per_k: self.gamma_per_k,
            losses_share: self.losses_share,
            inverter_efficiency: self.inverter_efficiency,
        }
    }
}
