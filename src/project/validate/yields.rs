//! What yields are computed with: the skyline, the settings of the chain, and array layouts.

use super::Check;
use crate::fault::suggestion;
use crate::mode::{Layout, MountingKind, Number};
use crate::project::file::{LayoutTable, ProjectFile, Tilt};
use crate::tables::Tables;

/// Most directions of a horizon.
const MOST_AZIMUTHS: usize = 360;
/// Fewest directions of a horizon: a sky view is a sum over them.
const FEWEST_AZIMUTHS: usize = 4;

/// Puts the project's numbers in place in the built-in layouts, and adds its own layouts.
pub fn layouts(check: &mut Check<'_>, file: &ProjectFile, tables: &mut Tables) {
    check.unique("layout", file.layout.iter().map(|layout| layout.id.as_str()));
    let built_in = tables.layouts.clone();
    for (i, table) in file.layout.iter().enumerate() {
        let at = format!("layout.{i}");
        check.name(&format!("{at}.id"), &table.id);
        numbers_in_range(check, &at, table);
        let base = table.like.as_ref().unwrap_or(&table.id);
        let Some(row) = built_in.iter().find(|row| &row.id == base) else {
            let hint = suggestion(base, built_in.iter().map(|row| row.id.as_str()));
            let what = match table.like {
                Some(_) => format!("unknown array layout `{base}`"),
                None => format!("`{base}` is not one of the built-in layouts: `like` must name one to start from"),
            };
            check.fault(&at, what, hint);
            continue;
        };
        fits_mounting(check, &at, table, row.array.mounting);
        let layout = layout(table, row);
        grows(check, &at, table, &layout);
        match tables.layouts.iter_mut().find(|row| row.id == layout.id) {
            Some(row) => *row = layout,
            None => tables.layouts.push(layout),
        }
    }
}

fn numbers_in_range(check: &mut Check<'_>, at: &str, table: &LayoutTable) {
    if let Some(Tilt::Degrees(tilt_deg)) = table.tilt_deg {
        check.within(&format!("{at}.tilt_deg"), tilt_deg, 0.0..=90.0);
    }
    for (key, stated, range) in [
        ("azimuth_deg", table.azimuth_deg, 0.0..=360.0),
        ("max_rotation_deg", table.max_rotation_deg, 1.0..=90.0),
        ("gcr", table.gcr, 0.0..=0.95),
        ("bifaciality", table.bifaciality, 0.0..=1.0),
        ("u0_w_per_m2_k", table.u0_w_per_m2_k, 1.0..=200.0),
        ("u1_w_s_per_m3_k", table.u1_w_s_per_m3_k, 0.0..=100.0),
        ("cropped_share", table.cropped_share, 0.0..=1.0),
        ("transmittance", table.transmittance, 0.0..=1.0),
        ("collector_width_m", table.collector_width_m, 0.1..=30.0),
        ("pile_spacing_m", table.pile_spacing_m, 0.1..=50.0),
        ("clearance_m", table.clearance_m, 0.0..=20.0),
        ("least_clearance_m", table.least_clearance_m, 0.0..=20.0),
        ("most_clearance_m", table.most_clearance_m, 0.0..=20.0),
    ] {
        if let Some(value) = stated {
            check.within(&format!("{at}.{key}"), value, range);
        }
    }
}

/// Faults of numbers that a way of mounting has no use for.
fn fits_mounting(check: &mut Check<'_>, at: &str, table: &LayoutTable, mounting: MountingKind) {
    let is_fixed = mounting == MountingKind::Fixed;
    for (key, stated, has_use) in [
        ("tilt_deg", table.tilt_deg.is_some(), is_fixed),
        ("azimuth_deg", table.azimuth_deg.is_some(), is_fixed || mounting == MountingKind::Vertical),
        ("max_rotation_deg", table.max_rotation_deg.is_some(), mounting == MountingKind::Tracker),
        ("tracking", table.tracking.is_some(), mounting == MountingKind::Tracker),
        ("bifaciality", table.bifaciality.is_some(), mounting != MountingKind::OnSlope),
    ] {
        if stated && !has_use {
            let what = format!("layout `{}` has no use for {key}", table.id);
            check.fault(&format!("{at}.{key}"), what, "remove it, or start from another layout with `like`");
        }
    }
}

/// Faults of how crops grow with a layout.
fn grows(check: &mut Check<'_>, at: &str, table: &LayoutTable, layout: &Layout) {
    let Some(field) = &layout.field else {
        if let Some((key, _)) = of_field(table).into_iter().find(|(_, stated)| stated.is_some()) {
            let what = format!("layout `{}` carries no crops and has no use for {key}", table.id);
            check.fault(&format!("{at}.{key}"), what, "remove it, or start from another layout with `like`");
        }
        return;
    };
    let [least, own, most] = [&field.least_clearance_m, &field.clearance_m, &field.most_clearance_m].map(|n| n.value);
    if !(least..=most).contains(&own) {
        let what = format!("clearance_m {own} is outside {least}–{most}, the least and the most of the layout");
        check.fault(at, what, "state least_clearance_m and most_clearance_m too");
    }
}

/// What a table says of the field beneath a layout.
fn of_field(table: &LayoutTable) -> [(&'static str, Option<f64>); 7] {
    [
        ("cropped_share", table.cropped_share),
        ("transmittance", table.transmittance),
        ("collector_width_m", table.collector_width_m),
        ("pile_spacing_m", table.pile_spacing_m),
        ("clearance_m", table.clearance_m),
        ("least_clearance_m", table.least_clearance_m),
        ("most_clearance_m", table.most_clearance_m),
    ]
}

fn layout(table: &LayoutTable, row: &Layout) -> Layout {
    let mut layout = row.clone();
    layout.id.clone_from(&table.id);
    if table.id != row.id {
        layout.name = format!("{}, as `{}`", row.name, table.id);
    }
    let array = &mut layout.array;
    match table.tilt_deg {
        Some(Tilt::Degrees(tilt_deg)) => array.tilt_deg = Some(Number::stated(tilt_deg)),
        Some(Tilt::Named(_)) => array.tilt_deg = None,
        None => {}
    }
    array.tracking = table.tracking.unwrap_or(array.tracking);
    for (stated, number) in
        [(table.azimuth_deg, &mut array.azimuth_deg), (table.max_rotation_deg, &mut array.max_rotation_deg)]
    {
        if let Some(value) = stated {
            *number = Some(Number::stated(value));
        }
    }
    for (stated, number) in [
        (table.gcr, &mut layout.gcr),
        (table.bifaciality, &mut array.bifaciality),
        (table.u0_w_per_m2_k, &mut array.u0_w_per_m2_k),
        (table.u1_w_s_per_m3_k, &mut array.u1_w_s_per_m3_k),
    ] {
        if let Some(value) = stated {
            *number = Number::stated(value);
        }
    }
    if let Some(field) = &mut layout.field {
        let slots = [
            &mut field.cropped_share,
            &mut field.transmittance,
            &mut field.collector_width_m,
            &mut field.pile_spacing_m,
            &mut field.clearance_m,
            &mut field.least_clearance_m,
            &mut field.most_clearance_m,
        ];
        for (slot, (_, stated)) in slots.into_iter().zip(of_field(table)) {
            if let Some(value) = stated {
                *slot = Number::stated(value);
            }
        }
        if table.cropped_share.is_none() && row.gcr.value > 0.0 {
            // The strip that a row takes stays: there are more of them, or fewer.
            let lost = (1.0 - field.cropped_share.value) * layout.gcr.value / row.gcr.value;
            field.cropped_share.value = (1.0 - lost).max(0.0);
        }
        // What the project says of its rows and how they are tilted is the design it means.
        if table.gcr.is_some() {
            field.designs.gcr = vec![layout.gcr.value];
        }
        if table.tilt_deg.is_some() {
            field.designs.tilt_deg.clear();
        }
    }
    layout
}

/// Checks the skyline's and the chain's settings.
pub fn settings(check: &mut Check<'_>, file: &ProjectFile, tables: &Tables) {
    let terrain = &file.terrain;
    if terrain.azimuths != 0 && !(FEWEST_AZIMUTHS..=MOST_AZIMUTHS).contains(&terrain.azimuths) {
        let what = format!("{} directions; a horizon has {FEWEST_AZIMUTHS} to {MOST_AZIMUTHS}", terrain.azimuths);
        check.fault("terrain.azimuths", what, "write 0 for an open horizon");
    }
    check.within("terrain.reach_m", terrain.reach_m, 1.0..=500_000.0);
    let yields = &file.yields;
    for layout in yields.layouts.iter().filter(|id| tables.layout(id).is_none()) {
        let names = suggestion(layout, tables.layouts.iter().map(|row| row.id.as_str()));
        if !check.left_out.may_be("layout", layout) {
            check.fault("yield.layouts", format!("unknown array layout `{layout}`"), names);
        }
    }
    for (key, stated, range) in [
        ("albedo", yields.albedo, 0.0..=1.0),
        ("gamma_per_k", yields.gamma_per_k, -0.01..=0.0),
        ("losses_share", yields.losses_share, 0.0..=0.9),
        ("inverter_efficiency", yields.inverter_efficiency, 0.5..=1.0),
    ] {
        if let Some(value) = stated {
            check.within(&format!("yield.{key}"), value, range);
        }
    }
}
