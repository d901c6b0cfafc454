//! The state of the ground at points, as a table.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::json;

use super::{FIT, Order, REPORT, Soil, Water, fit, in_metres, panels, report, told, write_bytes, write_json};
use crate::export::csv;
use crate::fault::{Fault, Faults, Result, of_rows};
use crate::grid::{Crs, Grid};
use crate::offer::number_text;
use crate::pipeline::{Event, Watch};
use crate::project::file::Access;
use crate::project::{RasterSpec, VectorSpec};
use crate::raster::gdal::sample::Sampler;
use crate::store::bundle::Bundle;
use crate::subsidence::decision::{Cause, Decision};
use crate::subsidence::outline::Outline;
use crate::subsidence::quantity::Quantity;
use crate::subsidence::scene::Sighting;
use crate::tables::Tables;
use crate::tiles;
use crate::vector::ShapeKind;
use crate::vector::gdal::{VectorReader, layer_info};

/// Name of the table that is written.
const POINTS: &str = "points.csv";
/// Columns every table has first, in this order, behind the coordinates.
const FIRST: [Quantity; 10] = [
    Quantity::Subsidence,
    Quantity::Residual,
    Quantity::TiltX,
    Quantity::TiltY,
    Quantity::TiltMax,
    Quantity::CurvatureMax,
    Quantity::CurvatureMin,
    Quantity::StrainMax,
    Quantity::StrainMin,
    Quantity::Rate,
];
/// Points worked on at once by a thread.
const AT_ONCE: usize = 64;

/// A table of points.
pub struct PointTable {
    /// Names of its columns.
    pub header: Vec<String>,
    /// Its rows, as written.
    pub rows: Vec<Vec<String>>,
    /// Coordinates of each row.
    pub at: Vec<(f64, f64)>,
}

impl PointTable {
    /// Reads a table with columns `x` and `y`.
    ///
    /// # Errors
    /// If it cannot be read, lacks a column, or a coordinate is no number: all rows of them.
    pub fn read(path: &Path) -> Result<Self> {
        let place = path.display().to_string();
        let (header, rows) = csv::read::words(path)?;
        let mut faults = Vec::new();
        let mut column = |name: &str| {
            let index = header.iter().position(|known| known.eq_ignore_ascii_case(name));
            if index.is_none() {
                let hint = format!("its columns: {}", header.join(", "));
                faults.push(Fault::input(&place, format!("has no column `{name}`")).hint(hint));
            }
            index
        };
        let (x, y) = (column("x"), column("y"));
        let (Some(x), Some(y)) = (x, y) else {
            return Err(Faults::or(faults, ()).err().unwrap_or_else(|| lost(&place)));
        };
        let number = |row: &[String], column: usize| row[column].parse::<f64>().ok().filter(|value| value.is_finite());
        let at: Vec<Option<(f64, f64)>> = rows.iter().map(|row| Some((number(row, x)?, number(row, y)?))).collect();
        let bad: Vec<usize> = (0..at.len()).filter(|&row| at[row].is_none()).collect();
        faults.extend(of_rows(&place, &bad, |_| Fault::input("", "x or y is no number")));
        if rows.is_empty() {
            faults.push(Fault::input(&place, "has no point"));
        }
        Faults::or(faults, Self { header, rows, at: at.into_iter().flatten().collect() })
    }

    /// Numbers of a column; `None` if there is no such column.
    ///
    /// # Errors
    /// If a value is no number.
    pub fn numbers(&self, place: &str, name: &str) -> Result<Option<Vec<f64>>> {
        let Some(index) = self.header.iter().position(|known| known == name) else { return Ok(None) };
        let values: Vec<Option<f64>> =
            self.rows.iter().map(|row| row[index].parse().ok().filter(|value: &f64| value.is_finite())).collect();
        let bad: Vec<usize> = (0..values.len()).filter(|&row| values[row].is_none()).collect();
        let faults = of_rows(place, &bad, |_| Fault::input("", format!("{name} is no number")));
        Faults::or(faults, Some(values.into_iter().flatten().collect()))
    }
}

fn lost(place: &str) -> Faults {
    Fault::input(place, "cannot be read").into()
}

/// A grid of a layer's own system, to carry its shapes nowhere.
pub fn own_grid(system: &Crs) -> Grid {
    Grid { crs: system.clone(), x_min: 0.0, y_max: 0.0, cell_x: 1.0, cell_y: 1.0, rows: 1, cols: 1 }
}

/// Writes the table.
pub fn write(order: &Order, path: &Path, watch: &Watch<'_>) -> Result<Vec<String>> {
    let info = layer_info(&order.panels, Access::default())?;
    let place = order.panels.path.display().to_string();
    in_metres(&info.crs, &place)?;
    let grid = own_grid(&info.crs);
    let tables = Tables::builtin()?;
    let (found, points) = match (panels(order, &grid, &tables), PointTable::read(path)) {
        (Ok(found), Ok(points)) => (found, points),
        (found, points) => {
            let faults = found.err().into_iter().chain(points.err()).flat_map(Faults::into_list).collect();
            Faults::or(faults, ())?;
            return Err(lost(&place));
        }
    };
    let fitted = order.levelling.as_ref().map(|path| fit::fit(order, path, (&grid, &tables))).transpose()?;
    let names = [POINTS.to_owned(), REPORT.to_owned()].into_iter().chain(fitted.is_some().then(|| FIT.to_owned()));
    let folder = Bundle::begin(&order.out, names.collect(), &[&order.panels.path, path], order.overwrite)?;
    (watch.tell)(Event::Stage("points", points.at.len().div_ceil(AT_ONCE)));
    let chunks: Vec<&[(f64, f64)]> = points.at.chunks(AT_ONCE).collect();
    let looked = tiles::for_each(
        &chunks,
        order.threads,
        watch.cancel,
        || Maps::open(order, &grid),
        |maps, chunk| {
            (watch.tell)(Event::Step);
            chunk.iter().map(|&at| Ok(found.scene.look_at(at, &maps.around(order, at)?))).collect::<Result<Vec<_>>>()
        },
    )?;
    let states: Vec<BTreeMap<Quantity, f64>> = looked.into_iter().flatten().collect();
    write_bytes(folder.scratch(), POINTS, &table(order, &points, &states)?)?;
    let counted = json!({ "points": states.len() });
    write_json(folder.scratch(), REPORT, &report(order, (&found, &tables), &counted))?;
    if let Some(fitted) = &fitted {
        write_json(folder.scratch(), FIT, fitted)?;
    }
    let mut notes = super::notes(order, &found);
    if states.iter().all(|state| state.get(&Quantity::Subsidence).is_none_or(|sunk_m| *sunk_m == 0.0)) {
        notes.push(
            "no point lies within reach of a panel: are x and y in the panels' system, and not swapped?".to_owned(),
        );
    }
    folder.publish()?;
    Ok(notes)
}

/// Maps that are asked at points.
struct Maps {
    groundwater: Option<Sampler>,
    ground: Option<Sampler>,
    velocities: Vec<Sampler>,
    protected: Vec<Outline>,
}

impl Maps {
    fn open(order: &Order, grid: &Grid) -> Result<Self> {
        let open = |path: &Path| Sampler::open(&RasterSpec::amounts(path), Access::default(), &grid.crs);
        let groundwater = match &order.groundwater {
            Some(Water::Raster(path)) => Some(open(path)?),
            _ => None,
        };
        let protected = order.protected.as_ref().map(|path| {
            let spec = VectorSpec { path: path.clone(), ..VectorSpec::default() };
            let records = VectorReader::open(&spec, Access::default(), grid, None)?.records(&[])?;
            let shapes = records.into_iter().flat_map(|record| record.shapes);
            let polygons = shapes.filter(|shape| shape.kind == ShapeKind::Polygons);
            let outline = |parts: Vec<Vec<(f64, f64)>>| {
                let (exterior, holes) = parts.split_first()?;
                Some(Outline::polygon(exterior, holes))
            };
            Ok::<_, Faults>(polygons.filter_map(|shape| outline(shape.parts)).collect())
        });
        Ok(Self {
            groundwater,
            ground: order.outlet_level_m.and(order.ground.as_deref()).map(open).transpose()?,
            velocities: order.velocities.iter().map(|(path, _)| open(path)).collect::<Result<_>>()?,
            protected: protected.transpose()?.unwrap_or_default(),
        })
    }

    fn around(&self, order: &Order, at: (f64, f64)) -> Result<Sighting> {
        let groundwater_m = match (&order.groundwater, &self.groundwater) {
            (_, Some(map)) => Some(map.at(at.0, at.1)?),
            (Some(Water::Depth(depth_m)), None) => Some(*depth_m),
            _ => None,
        };
        let outlet_above_m = match (order.outlet_level_m, &self.ground) {
            (Some(level_m), Some(map)) => Some(level_m - map.at(at.0, at.1)?),
            _ => None,
        };
        let mut seen_m_per_yr = [f64::NAN; 2];
        for ((seen, map), (_, factor)) in seen_m_per_yr.iter_mut().zip(&self.velocities).zip(&order.velocities) {
            *seen = map.at(at.0, at.1)? * factor;
        }
        Ok(Sighting {
            groundwater_m,
            outlet_above_m,
            is_fertile: order.soil == Soil::Good,
            is_protected: self.protected.iter().any(|outline| outline.contains(at)),
            seen_m_per_yr,
        })
    }
}

/// The table: coordinates and state, then what was in the points' own columns.
fn table(order: &Order, points: &PointTable, states: &[BTreeMap<Quantity, f64>]) -> Result<Vec<u8>> {
    let told = told(order);
    let coded = |quantity: &Quantity| {
        matches!(quantity, Quantity::Decision | Quantity::Stability | Quantity::Cause | Quantity::Ponding)
    };
    let others: Vec<Quantity> =
        told.into_iter().filter(|quantity| !FIRST.contains(quantity) && !coded(quantity)).collect();
    let mut header: Vec<String> = ["x", "y"].map(str::to_owned).to_vec();
    header.extend(FIRST.iter().map(|quantity| quantity.name()));
    header.extend(["ponding_m", "decision", "reason", "stability"].map(str::to_owned));
    header.extend(others.iter().map(|quantity| quantity.name()));
    let own: Vec<usize> = (0..points.header.len()).filter(|&i| !header.contains(&points.header[i])).collect();
    header.extend(own.iter().map(|&i| points.header[i].clone()));
    let row = |(index, state): (usize, &BTreeMap<Quantity, f64>)| {
        let value = |quantity: &Quantity| without_noise(state.get(quantity).copied().unwrap_or(f64::NAN));
        let (x, y) = points.at[index];
        let mut row = vec![x.to_string(), y.to_string()];
        row.extend(FIRST.iter().map(|quantity| number_text(value(quantity))));
        let decision = Decision::of_code(value(&Quantity::Decision) as u8);
        row.push(number_text(value(&Quantity::Ponding)));
        row.push(decision.map_or_else(String::new, |decision| decision.name().to_owned()));
        row.push(reason(decision, state));
        row.push(Quantity::Stability.word(value(&Quantity::Stability)).unwrap_or_default().to_owned());
        row.extend(others.iter().map(|quantity| number_text(value(quantity))));
        row.extend(own.iter().map(|&i| points.rows[index][i].clone()));
        row
    };
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    csv::table(&header, states.iter().enumerate().map(row))
}

/// A number, or 0 for what is left where parts cancel.
fn without_noise(value: f64) -> f64 {
    const NOISE: f64 = 1e-15;
    if value.abs() < NOISE { 0.0 } else { value }
}

/// Why a place was decided so, in words.
fn reason(decision: Option<Decision>, state: &BTreeMap<Quantity, f64>) -> String {
    let value = |quantity: Quantity| state.get(&quantity).copied().unwrap_or(f64::NAN);
    let cause = Quantity::Cause.word(value(Quantity::Cause)).unwrap_or_default();
    let is_stable = value(Quantity::Cause) == f64::from(Cause::None as u8);
    let water = || format!("water up to {:.2} m deep", value(Quantity::PondingHigh));
    match decision {
        None => "the water table is not known here".to_owned(),
        Some(Decision::Exclude) => "in a protected area".to_owned(),
        Some(Decision::Defer) => match value(Quantity::StableYear) {
            year if year.is_nan() => format!("{cause}; when it comes to rest is not known"),
            year => format!("{cause}; look again in {}", year.floor()),
        },
        Some(Decision::Ground | Decision::Agri) => "dry and at rest".to_owned(),
        Some(Decision::GroundAdjustable | Decision::AgriAdjustable) => format!("dry, but {cause}"),
        Some(Decision::Regrade | Decision::FisheryPile) => water(),
        Some(Decision::Floating) if is_stable => water(),
        Some(Decision::Floating) => format!("{}, and {cause}", water()),
    }
}
