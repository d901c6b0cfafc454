//! Output of every layout by month and hour in every region: what a load or a grid has to live with.

use super::csv;
use crate::fault::Result;
use crate::plan::Plan;
use crate::resource::Resource;
use crate::solar::position::Place;

/// Columns of the table.
const HEADER: [&str; 8] =
    ["region", "layout", "month", "hour", "utc_h", "mean_kw_per_kwp", "latitude_deg", "longitude_deg"];

/// The table of profiles: 12 × 24 rows for each region and layout whose yield comes from sun and weather.
///
/// They are those of the middle of the region at the height of its weather, under an open sky, in hours of local mean
/// time; `utc_h` is the middle of the hour in universal time. A layout on the slope is taken as level.
///
/// # Errors
/// If the table cannot be written.
pub fn csv(plan: &Plan, resource: &Resource) -> Result<Vec<u8>> {
    let mut rows = Vec::new();
    for (region, id) in plan.regions.iter().enumerate() {
        let Some(place) = middle(plan, region) else { continue };
        for (index, layout) in resource.layouts.iter().enumerate() {
            let profile = resource.profile(&place, index);
            for (month, hours) in profile.mean_kw_per_kwp.iter().enumerate() {
                for (hour, mean) in hours.iter().enumerate() {
                    rows.push(vec![
                        id.clone(),
                        layout.layout.clone(),
                        (month + 1).to_string(),
                        hour.to_string(),
                        format!("{:.3}", (profile.first_middle_utc_h + hour as f64).rem_euclid(24.0)),
                        format!("{mean:.6}"),
                        format!("{:.5}", place.latitude_deg),
                        format!("{:.5}", place.longitude_deg),
                    ]);
                }
            }
        }
    }
    csv::table(&HEADER, rows.into_iter())
}

/// The middle of the rectangle around a region; `None` for a region without shapes on the grid.
fn middle(plan: &Plan, region: usize) -> Option<Place> {
    let shapes = plan.region_shapes.iter().filter(|(number, _)| usize::from(*number) == region);
    let bounds = shapes.filter_map(|(_, shapes)| shapes.extent());
    let around = bounds.reduce(crate::grid::Extent::joined)?.overlap(&plan.grid.extent())?;
    let (x, y) = (f64::midpoint(around.x_min, around.x_max), f64::midpoint(around.y_min, around.y_max));
    plan.resource.as_ref()?.lattice.place_at(&plan.grid, x, y)
}
