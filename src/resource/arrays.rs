//! Array layouts as the physics takes them.

use crate::mode::{Layout, MountingKind, Photovoltaics, Tracking};
use crate::project::file::{IncidenceName, InverterName, SkyModelName, YieldTable};
use crate::solar::array::{Array, CellModel, Electric, Inverter, Mounting, Rear};
use crate::solar::incidence::{GLASS_INDEX, IncidenceModel};
use crate::solar::tracker::{Backtracking, Tracker};
use crate::solar::transposition::{Plane, SkyModel};
use crate::solar::year::{Step, Year};

/// Loss parameter of the ASHRAE incidence-angle modifier [1].
const ASHRAE_B: f64 = 0.05;
/// Angular loss coefficient of clean glass after Martin and Ruiz [1].
const MARTIN_RUIZ_A_R: f64 = 0.16;
/// Farthest a tracker turns when its row does not say [°].
const MAX_ROTATION_DEG: f64 = 60.0;
/// Tilts among which the best is looked for [°].
const TILTS_DEG: std::ops::RangeInclusive<i32> = 0..=75;

/// What turns the rows of layouts into arrays.
#[derive(Debug, Clone, Copy)]
pub struct Workshop<'a> {
    /// What is the same for all layouts.
    pub pv: &'a Photovoltaics,
    /// What the project says of yields.
    pub settings: &'a YieldTable,
    /// Latitude of the middle of the run: where the equator lies [°].
    pub latitude_deg: f64,
}

impl Workshop<'_> {
    /// The array of a layout; where its tilt is to be the best, that over the steps of a year.
    ///
    /// A layout on the slope gets a level plane: its plane is the ground's, cell by cell.
    pub fn array(&self, layout: &Layout, dc_ac_ratio: f64, steps: &[Step]) -> Array {
        let level = Plane { tilt_deg: 0.0, azimuth_deg: self.towards_equator_deg() };
        let array = self.in_plane(layout, dc_ac_ratio, level);
        let azimuth_deg = layout.array.azimuth_deg.as_ref().map(|number| number.value);
        match layout.array.mounting {
            MountingKind::OnSlope | MountingKind::Tracker => array,
            MountingKind::Vertical => {
                let front = Plane { tilt_deg: 90.0, azimuth_deg: azimuth_deg.unwrap_or(90.0) };
                Array { mounting: Mounting::Fixed(front), ..array }
            }
            MountingKind::Fixed => {
                let azimuth_deg = azimuth_deg.unwrap_or(level.azimuth_deg);
                let tilted =
                    |tilt_deg: f64| Array { mounting: Mounting::Fixed(Plane { tilt_deg, azimuth_deg }), ..array };
                match &layout.array.tilt_deg {
                    Some(tilt) => tilted(tilt.value),
                    None => tilted(best_tilt_deg(tilted, steps)),
                }
            }
        }
    }

    /// Direction of the equator [°].
    fn towards_equator_deg(&self) -> f64 {
        if self.latitude_deg < 0.0 { 0.0 } else { 180.0 }
    }

    fn in_plane(&self, layout: &Layout, dc_ac_ratio: f64, plane: Plane) -> Array {
        let Self { pv, settings, .. } = *self;
        let row = &layout.array;
        let on_slope = row.mounting == MountingKind::OnSlope;
        let gcr = Some(layout.gcr.value).filter(|&gcr| gcr > 0.0 && !on_slope);
        let efficiency = settings.inverter_efficiency.unwrap_or(pv.system.inverter_efficiency.value);
        let bifaciality = row.bifaciality.value;
        // A single row on its own: what shades it is not computed.
        let shading_share = if gcr.is_none() && !on_slope { pv.system.shading_share.value } else { 0.0 };
        let losses_share = 1.0 - (1.0 - pv.system.losses_share.value) * (1.0 - shading_share);
        Array {
            mounting: match row.mounting {
                MountingKind::Tracker => Mounting::Tracking(Tracker {
                    axis_tilt_deg: 0.0,
                    axis_azimuth_deg: 180.0,
                    max_angle_deg: row.max_rotation_deg.as_ref().map_or(MAX_ROTATION_DEG, |number| number.value),
                    gcr: gcr.unwrap_or(0.0),
                    cross_axis_tilt_deg: 0.0,
                    backtracking: match row.tracking {
                        Tracking::Backtracking if gcr.is_some() => Backtracking::On,
                        _ => Backtracking::Off,
                    },
                }),
                _ => Mounting::Fixed(plane),
            },
            gcr,
            rear: (bifaciality > 0.0)
                .then_some(Rear { bifaciality, mismatch_share: pv.module.bifacial_mismatch_share.value }),
            sky_model: sky_model(settings.sky_model),
            albedo: settings.albedo.unwrap_or(pv.ground.albedo.value),
            incidence: incidence(settings.incidence),
            cell: CellModel::Faiman {
                u0_w_per_m2_k: row.u0_w_per_m2_k.value,
                u1_w_s_per_m3_k: row.u1_w_s_per_m3_k.value,
            },
            electric: Electric {
                gamma_per_k: settings.gamma_per_k.unwrap_or(pv.module.gamma_per_k.value),
                losses_share: settings.losses_share.unwrap_or(losses_share),
                inverter: match settings.inverter {
                    Some(InverterName::Constant) => Inverter::Constant { efficiency },
                    Some(InverterName::Pvwatts) | None => Inverter::PvWatts { efficiency, dc_ac_ratio },
                },
            },
        }
    }
}

/// Model of diffuse light of that name; Hay and Davies where none is given.
pub fn sky_model(name: Option<SkyModelName>) -> SkyModel {
    match name {
        Some(SkyModelName::Isotropic) => SkyModel::Isotropic,
        Some(SkyModelName::HayDavies) | None => SkyModel::HayDavies,
        Some(SkyModelName::Perez) => SkyModel::Perez,
    }
}

/// Model of reflection of that name; a pane of glass where none is given.
pub fn incidence(name: Option<IncidenceName>) -> IncidenceModel {
    match name {
        Some(IncidenceName::Physical) | None => IncidenceModel::Physical { index: GLASS_INDEX },
        Some(IncidenceName::Ashrae) => IncidenceModel::Ashrae { b: ASHRAE_B },
        Some(IncidenceName::MartinRuiz) => IncidenceModel::MartinRuiz { a_r: MARTIN_RUIZ_A_R },
        Some(IncidenceName::None) => IncidenceModel::None,
    }
}

/// Whole degrees of tilt with the highest yield of a year; the lowest of equals.
pub fn best_tilt_deg(tilted: impl Fn(f64) -> Array, steps: &[Step]) -> f64 {
    let energy = |tilt: i32| Year::of(&tilted(f64::from(tilt)), steps).total().ac_kwh_per_kwp;
    // The yield rises to one peak and falls again: halves of the range without the peak are dropped.
    let (mut low, mut high) = (*TILTS_DEG.start(), *TILTS_DEG.end());
    while low < high {
        let middle = i32::midpoint(low, high);
        if energy(middle + 1) > energy(middle) { low = middle + 1 } else { high = middle }
    }
    f64::from(low)
}
