//! An array of modules as it stands: from sun and weather of an instant to alternating current.

use crate::solar::air_mass;
use crate::solar::clear_sky::Irradiance;
use crate::solar::incidence::IncidenceModel;
use crate::solar::position::Sun;
use crate::solar::power;
use crate::solar::rows::{self, RowSky, Rows};
use crate::solar::temperature;
use crate::solar::tracker::{self, Tracker};
use crate::solar::transposition::{Plane, PlaneOfArray, SkyModel, SkyState, incidence_deg, plane_of_array};

/// Irradiance at which modules are rated [W/m²].
const RATED_W_PER_M2: f64 = 1_000.0;

/// How the modules are held.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Mounting {
    /// In one plane, all year.
    Fixed(Plane),
    /// Turning about one axis.
    Tracking(Tracker),
}

/// What the back of the modules adds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rear {
    /// Efficiency of the back over that of the front, 0–1.
    pub bifaciality: f64,
    /// Share of the back's gain lost because its light is uneven, 0–1.
    pub mismatch_share: f64,
}

/// How warm the cells get.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CellModel {
    /// After Faiman: heat loss without wind [W/m²K], and more of it per m/s of wind [W·s/m³K].
    Faiman {
        /// Constant heat transfer [W/m²K].
        u0_w_per_m2_k: f64,
        /// Heat transfer by wind [W·s/m³K].
        u1_w_s_per_m3_k: f64,
    },
    /// After Ross: nominal operating cell temperature [°C].
    Ross {
        /// Temperature at 800 W/m² and 20 °C of air.
        noct_c: f64,
    },
}

impl CellModel {
    /// Warming above the air per irradiance on the front [K·m²/W].
    pub fn warming_k_m2_per_w(&self, wind_speed_m_per_s: f64) -> f64 {
        match *self {
            Self::Faiman { u0_w_per_m2_k, u1_w_s_per_m3_k } => {
                temperature::faiman(1.0, 0.0, wind_speed_m_per_s, u0_w_per_m2_k, u1_w_s_per_m3_k)
            }
            Self::Ross { noct_c } => temperature::ross(1.0, 0.0, noct_c),
        }
    }
}

/// Modules, cables and inverter, per kWp of direct current.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Electric {
    /// Change of power with the temperature of the cells [1/K]; negative.
    pub gamma_per_k: f64,
    /// Losses between module and inverter, 0–1.
    pub losses_share: f64,
    /// What makes alternating current of it.
    pub inverter: Inverter,
}

/// An inverter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Inverter {
    /// Less efficient at part load, cut off at its rating, as in `PVWatts`.
    PvWatts {
        /// Nominal efficiency, 0–1.
        efficiency: f64,
        /// Direct-current peak over alternating-current rating [1].
        dc_ac_ratio: f64,
    },
    /// The same efficiency at any load, without a rating.
    Constant {
        /// Efficiency, 0–1.
        efficiency: f64,
    },
}

impl Inverter {
    /// Alternating current from direct current, and what the rating cuts off [W per kWp].
    fn ac_w_per_kwp(&self, dc_w_per_kwp: f64) -> (f64, f64) {
        match *self {
            Self::Constant { efficiency } => (efficiency * dc_w_per_kwp, 0.0),
            Self::PvWatts { efficiency, dc_ac_ratio } => {
                let limit = RATED_W_PER_M2 / dc_ac_ratio / efficiency;
                let ac = power::pvwatts_inverter_ac(dc_w_per_kwp, limit, efficiency);
                (ac, (efficiency * (dc_w_per_kwp - limit)).max(0.0))
            }
        }
    }
}

/// An array.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Array {
    /// How the modules are held.
    pub mounting: Mounting,
    /// Width of a row over the distance from row to row [1]; `None` for a single row that nothing shades.
    pub gcr: Option<f64>,
    /// What the back adds; `None` for modules with one face.
    pub rear: Option<Rear>,
    /// How diffuse light comes from the sky.
    pub sky_model: SkyModel,
    /// Share of light that the ground reflects, 0–1.
    pub albedo: f64,
    /// What the glass reflects.
    pub incidence: IncidenceModel,
    /// How warm the cells get.
    pub cell: CellModel,
    /// What becomes of the light.
    pub electric: Electric,
}

/// Sun and weather at an instant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Instant {
    /// Position of the sun.
    pub sun: Sun,
    /// Light on level ground.
    pub irradiance: Irradiance,
    /// Irradiance of a plane facing the sun above the air [W/m²].
    pub extraterrestrial_w_per_m2: f64,
    /// Temperature of the air [°C].
    pub air_temperature_c: f64,
    /// Wind speed at the modules [m/s].
    pub wind_speed_m_per_s: f64,
}

/// Light that reaches the cells, by where it comes from [W/m²].
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Light {
    /// From the sun and around it.
    pub beam_w_per_m2: f64,
    /// From the whole sky.
    pub sky_w_per_m2: f64,
    /// From the ground.
    pub ground_w_per_m2: f64,
}

impl Light {
    /// Sum of the parts [W/m²].
    pub fn global_w_per_m2(&self) -> f64 {
        self.beam_w_per_m2 + self.sky_w_per_m2 + self.ground_w_per_m2
    }

    /// Light with its beam and sky parts scaled, as a skyline does.
    #[must_use]
    pub fn scaled(&self, beam: f64, sky: f64) -> Self {
        Self {
            beam_w_per_m2: beam * self.beam_w_per_m2,
            sky_w_per_m2: sky * self.sky_w_per_m2,
            ground_w_per_m2: self.ground_w_per_m2,
        }
    }
}

/// What an array makes of an instant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Output {
    /// Plane of the front.
    pub plane: Plane,
    /// Rotation of a tracker [°]; 0 for a fixed plane.
    pub rotation_deg: f64,
    /// Angle between the sun and the normal of the front [°].
    pub aoi_deg: f64,
    /// Irradiance of the front [W/m²].
    pub front: PlaneOfArray,
    /// Irradiance of the back [W/m²]; zero without a second face.
    pub rear: PlaneOfArray,
    /// Share of the beam that passes the glass.
    pub incidence_modifier: f64,
    /// Light as it warms: on the front.
    pub warming: Light,
    /// Light as it works: front after reflection, and what the back adds.
    pub effective: Light,
    /// Temperature of the cells [°C].
    pub cell_temperature_c: f64,
    /// Direct current after losses [W per kWp].
    pub dc_w_per_kwp: f64,
    /// Alternating current [W per kWp].
    pub ac_w_per_kwp: f64,
    /// Alternating current that the rating of the inverter cuts off [W per kWp].
    pub clipped_w_per_kwp: f64,
}

/// Direct current and what becomes of it [W per kWp].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Current {
    /// Temperature of the cells [°C].
    pub cell_temperature_c: f64,
    /// Direct current after losses.
    pub dc_w_per_kwp: f64,
    /// Alternating current.
    pub ac_w_per_kwp: f64,
    /// Alternating current cut off by the rating.
    pub clipped_w_per_kwp: f64,
}

impl Array {
    /// Plane of the modules at an instant, and the rotation that brought them there.
    pub fn stance(&self, sun: &Sun) -> (f64, Plane) {
        match &self.mounting {
            Mounting::Fixed(plane) => (0.0, *plane),
            Mounting::Tracking(tracker) => {
                // At night trackers lie flat.
                tracker::orientation(tracker, sun.apparent_zenith_deg, sun.azimuth_deg)
                    .unwrap_or((0.0, Plane { tilt_deg: 0.0, azimuth_deg: 180.0 }))
            }
        }
    }

    /// What the array makes of an instant under an open sky.
    ///
    /// Light of the beam is reduced by the incidence-angle modifier, diffuse light is not, as in `PVWatts`.
    ///
    /// Source: A. P. Dobos, "PVWatts Version 5 Manual", NREL/TP-6A20-62641, 2014, sections 4–10; order of steps as in
    /// pvlib's `ModelChain`; checked against `tests/vectors/pvlib_hourly.json`.
    pub fn output(&self, at: &Instant) -> Output {
        let (rotation_deg, plane) = self.stance(&at.sun);
        let state = SkyState {
            irradiance: at.irradiance,
            apparent_zenith_deg: at.sun.apparent_zenith_deg,
            azimuth_deg: at.sun.azimuth_deg,
            extraterrestrial_w_per_m2: at.extraterrestrial_w_per_m2,
            relative_air_mass: air_mass::relative(at.sun.apparent_zenith_deg),
            albedo: self.albedo,
        };
        let (front, rear) = self.faces(&plane, &state);
        let aoi_deg = incidence_deg(&plane, at.sun.apparent_zenith_deg, at.sun.azimuth_deg);
        let incidence_modifier = self.incidence.beam(aoi_deg);
        let warming = light(&front, 1.0);
        let effective = self.effective(&front, &rear, incidence_modifier);
        let current = self.current(&warming, &effective, at);
        Output {
            plane,
            rotation_deg,
            aoi_deg,
            front,
            rear,
            incidence_modifier,
            warming,
            effective,
            cell_temperature_c: current.cell_temperature_c,
            dc_w_per_kwp: current.dc_w_per_kwp,
            ac_w_per_kwp: current.ac_w_per_kwp,
            clipped_w_per_kwp: current.clipped_w_per_kwp,
        }
    }

    /// Irradiance of front and back.
    fn faces(&self, plane: &Plane, state: &SkyState) -> (PlaneOfArray, PlaneOfArray) {
        let face = |plane: &Plane| {
            let open = plane_of_array(self.sky_model, plane, state);
            self.gcr.map_or(open, |gcr| between_rows(&open, (self.sky_model, &Rows { plane: *plane, gcr }), state))
        };
        let rear = self.rear.map_or_else(PlaneOfArray::default, |_| face(&opposite(plane)));
        (face(plane), rear)
    }

    fn effective(&self, front: &PlaneOfArray, rear: &PlaneOfArray, incidence_modifier: f64) -> Light {
        let front = light(front, incidence_modifier);
        let Some(Rear { bifaciality, mismatch_share }) = self.rear else { return front };
        let (share, rear) = (bifaciality * (1.0 - mismatch_share), light(rear, 1.0));
        Light {
            beam_w_per_m2: front.beam_w_per_m2 + share * rear.beam_w_per_m2,
            sky_w_per_m2: front.sky_w_per_m2 + share * rear.sky_w_per_m2,
            ground_w_per_m2: front.ground_w_per_m2 + share * rear.ground_w_per_m2,
        }
    }

    /// Current from light: cells warmed by what falls on the front, power from what works.
    pub fn current(&self, warming: &Light, effective: &Light, at: &Instant) -> Current {
        let rise = self.cell.warming_k_m2_per_w(at.wind_speed_m_per_s);
        let cell_temperature_c = at.air_temperature_c + rise * warming.global_w_per_m2();
        let Electric { gamma_per_k, losses_share, inverter } = self.electric;
        let raw = power::pvwatts_dc(effective.global_w_per_m2(), cell_temperature_c, gamma_per_k);
        let dc_w_per_kwp = RATED_W_PER_M2 * raw.max(0.0) * (1.0 - losses_share);
        let (ac_w_per_kwp, clipped_w_per_kwp) = inverter.ac_w_per_kwp(dc_w_per_kwp);
        Current { cell_temperature_c, dc_w_per_kwp, ac_w_per_kwp, clipped_w_per_kwp }
    }
}

/// What the rows before and behind leave of a face's light.
///
/// The beam and the light around the sun fall by the shaded share of the face, the sky by the view between the rows; the
/// ground is lit where the rows let light through.
///
/// Source: M. A. Mikofski, R. Darawali, M. Hamer, A. Neubert, J. Newmiller, "Bifacial performance modeling in large
/// arrays", 46th IEEE PVSC, 2019; checked against `tests/vectors/c3_instants.json`.
fn between_rows(open: &PlaneOfArray, (model, rows): (SkyModel, &Rows), state: &SkyState) -> PlaneOfArray {
    let lit = match model {
        SkyModel::Isotropic => RowSky::Isotropic,
        _ => RowSky::HayDavies,
    };
    let side = rows::front(lit, rows, state);
    let view = f64::midpoint(1.0, rows.plane.tilt_deg.to_radians().cos());
    let between = if view > 0.0 { rows::row_sky_view(rows.gcr, rows.plane.tilt_deg) / view } else { 0.0 };
    let sunlit = 1.0 - side.shaded_fraction;
    let mut face = *open;
    face.direct_w_per_m2 *= sunlit;
    face.sky.circumsolar_w_per_m2 *= sunlit;
    face.sky.isotropic_w_per_m2 *= between;
    face.sky.horizon_w_per_m2 *= between;
    face.ground_w_per_m2 = side.ground_w_per_m2;
    face
}

/// The other side of a plane.
pub fn opposite(plane: &Plane) -> Plane {
    Plane { tilt_deg: 180.0 - plane.tilt_deg, azimuth_deg: (plane.azimuth_deg + 180.0).rem_euclid(360.0) }
}

/// Light on a face, its direct part reduced by a modifier.
fn light(face: &PlaneOfArray, incidence_modifier: f64) -> Light {
    Light {
        beam_w_per_m2: face.direct_w_per_m2 * incidence_modifier + face.sky.circumsolar_w_per_m2,
        sky_w_per_m2: face.sky.isotropic_w_per_m2 + face.sky.horizon_w_per_m2,
        ground_w_per_m2: face.ground_w_per_m2,
    }
}
