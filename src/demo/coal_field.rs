//! The coal field of a region: its panels, how far the ground above them has sunk, and where the water table stands.

use super::Region;
use super::noise::Noise;
use crate::fault::Result;
use crate::grid::Extent;
use crate::subsidence::outline::Outline;
use crate::subsidence::panel::{Form, Panel as Extraction};
use crate::subsidence::time::Course;
use crate::tables::Tables;

/// Dip of the seam [°], down to the south.
pub const DIP_DEG: f64 = 4.0;
/// Offset of the inflection points over depth [1].
pub const OFFSET_PER_DEPTH: f64 = 0.05;
/// Class of the overburden.
pub const OVERBURDEN: &str = "medium";
/// Shallowest workings [m].
const SHALLOWEST_M: f64 = 70.0;

/// A coal panel in the coordinates of the coal field: along the strike and across it [m].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Panel {
    /// Centre.
    pub x: f64,
    /// Centre.
    pub y: f64,
    /// Half the length along the strike.
    pub half_length_m: f64,
    /// Half the width.
    pub half_width_m: f64,
    /// Seam thickness [m].
    pub thickness_m: f64,
    /// Depth [m].
    pub depth_m: f64,
    /// Year in which extraction ended.
    pub end_year: i32,
}

/// Panels and their troughs.
pub struct CoalField {
    /// Its panels.
    pub panels: Vec<Panel>,
    /// Full subsidence, shape and reach of each.
    troughs: Vec<(f64, Form, Extent)>,
    water: Noise,
}

impl CoalField {
    /// The coal field of a region around its centre.
    ///
    /// - `by`: what lengths are multiplied with, so that a small region holds it.
    pub fn new(region: Region, centre: (f64, f64), by: f64, seed: u64) -> Result<Self> {
        let tables = Tables::builtin()?;
        let panels = panels(region, centre, by);
        let class = tables.overburden(OVERBURDEN);
        let of = |panel: &Panel| {
            let class = class?;
            let extraction = panel.extraction((class.q.value, class.tan_beta.value, class.b.value));
            let theta0_deg = 90.0 - class.theta0_per_dip.value * DIP_DEG;
            let extraction = Extraction { theta0_deg, ..extraction };
            let form = extraction.sources()?.into_iter().next()?.form;
            let reach = form.reach()?;
            Some((extraction.full_subsidence_m(), form, reach))
        };
        Ok(Self { troughs: panels.iter().filter_map(of).collect(), panels, water: Noise::new(seed, 5) })
    }

    /// How far the ground has sunk [m].
    pub fn sunk_m(&self, x: f64, y: f64) -> f64 {
        let here = Extent { x_min: x, x_max: x, y_min: y, y_max: y };
        let felt = self.troughs.iter().filter(|(_, _, reach)| reach.meets(&here));
        felt.map(|(full_m, form, _)| full_m * form.at(0.0, (x, y)).subsidence_m).sum()
    }

    /// Depth of the water table below the ground before mining [m], from 0.5 to 3 m.
    pub fn groundwater_m(&self, x: f64, y: f64) -> f64 {
        let swell = self.water.fractal(x, y, (3_000.0, 700.0), 0.5);
        ((1.75 + 1.25 * swell.clamp(-1.0, 1.0)) * 16.0).round() / 16.0
    }

    /// Whether a place lies over a panel or near it.
    pub fn is_near(&self, x: f64, y: f64) -> bool {
        self.panels.iter().any(|panel| {
            (x - panel.x).abs() < panel.half_length_m + 150.0 && (y - panel.y).abs() < panel.half_width_m + 150.0
        })
    }
}

impl Panel {
    /// Its corners.
    pub fn ring(&self) -> Vec<(f64, f64)> {
        let (dx, dy) = (self.half_length_m, self.half_width_m);
        [(-dx, -dy), (dx, -dy), (dx, dy), (-dx, dy)].iter().map(|(u, v)| (self.x + u, self.y + v)).collect()
    }

    /// Offset of its inflection points [m].
    pub fn offset_m(&self) -> f64 {
        (OFFSET_PER_DEPTH * self.depth_m).round()
    }

    /// The panel as it acts when all has come to rest.
    fn extraction(&self, (q, tan_beta, b): (f64, f64, f64)) -> Extraction {
        Extraction {
            outline: Outline::polygon(&self.ring(), &[]),
            thickness_m: self.thickness_m,
            depth_m: self.depth_m,
            dip_deg: DIP_DEG,
            up: (0.0, 1.0),
            theta0_deg: 90.0,
            subsidence_factor: q,
            final_factor: q,
            tan_beta: [tan_beta; 3],
            displacement_factor: b,
            offsets_m: [self.offset_m(); 4],
            mined: None,
            course: Course::Knothe { per_year: 1.0 },
            active_yr: 0.0,
            residual_per_yr: 0.0,
        }
    }
}

/// Panels in rows, each 1 km by 200 m, or less and shallower in a small region.
fn panels(region: Region, centre: (f64, f64), by: f64) -> Vec<Panel> {
    let (columns, rows, east, north) = match region {
        Region::Lanzhou => (2, 2, -4_200.0, 5_400.0),
        Region::Qingdao => (3, 5, -3_600.0, -4_800.0),
    };
    let panel = |number: i32| Panel {
        x: centre.0 + by * (east + 1_300.0 * f64::from(number % columns)),
        y: centre.1 + by * (north + 320.0 * f64::from(number / columns)),
        half_length_m: by * 500.0,
        half_width_m: by * 100.0,
        thickness_m: 2.2 + 1.1 * f64::from(number % 5),
        depth_m: (by * (220.0 + 45.0 * f64::from(number % 4))).max(SHALLOWEST_M),
        end_year: 2004 + (number * 3) % 22,
    };
    (0..columns * rows).map(panel).collect()
}
