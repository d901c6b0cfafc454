//! Districts, roads, substations and everything else that has a name.

use std::path::Path;

use super::landscape::Landscape;
use super::noise::Random;
use super::{Region, coal_field};
use crate::fault::Result;
use crate::grid::{Crs, Grid};
use crate::raster::gdal::crs::{Transform, resolve};
use crate::vector::gdal::write::{OutLayer, Value, write_layer};
use crate::vector::{Shape, ShapeKind};

/// Districts keep this far from the edge of the rasters, as a share of it.
const INSET: f64 = 0.03;
/// Square kilometres for one substation, protected area, plant.
const KM2_PER_SUBSTATION: f64 = 160.0;
const KM2_PER_PROTECTED: f64 = 350.0;
const KM2_PER_PLANT: f64 = 500.0;
/// Vertices of a line are this far apart [m].
const STEP_M: f64 = 300.0;

/// Streams of random numbers, one a layer.
enum Purpose {
    Protected = 10,
    Substations = 11,
    Plants = 12,
    RedLines = 13,
    Roads = 14,
}

/// Writes all vector layers.
pub fn write(grid: &Grid, land: &Landscape, dir: &Path) -> Result<()> {
    let sheet = Sheet::new(grid, land)?;
    sheet.json(dir, sheet.districts())?;
    sheet.packed(dir, &sheet.protected())?;
    sheet.packed(dir, &sheet.red_lines())?;
    sheet.packed(dir, &sheet.farmland())?;
    sheet.json(dir, sheet.rivers())?;
    sheet.packed(dir, &sheet.roads())?;
    sheet.json(dir, sheet.rail())?;
    sheet.json(dir, sheet.substations())?;
    sheet.packed(dir, &sheet.panels())?;
    sheet.json(dir, sheet.data_centre())?;
    sheet.json(dir, sheet.plants())
}

type Point = (f64, f64);

struct Sheet<'a> {
    land: &'a Landscape,
    crs: Crs,
    wgs84: Crs,
    to_wgs84: Transform,
    /// West, south, east and north of the districts.
    frame: [f64; 4],
}

fn line(points: Vec<Point>) -> Shape {
    Shape { kind: ShapeKind::Lines, parts: vec![points] }
}

fn polygon(points: Vec<Point>) -> Shape {
    Shape { kind: ShapeKind::Polygons, parts: vec![points] }
}

fn point(at: Point) -> Shape {
    Shape { kind: ShapeKind::Points, parts: vec![vec![at]] }
}

fn text(words: &str) -> Value {
    Value::Text(words.to_owned())
}

/// A layer; every feature says that it is made up.
fn layer(name: &str, fields: &[&str], features: Vec<(Shape, Vec<Value>)>) -> OutLayer {
    let mut fields: Vec<String> = fields.iter().map(|field| (*field).to_owned()).collect();
    fields.push("synthetic".to_owned());
    let marked = features.into_iter().map(|(shape, mut values)| {
        values.push(text("yes"));
        (shape, values)
    });
    OutLayer { name: name.to_owned(), fields, features: marked.collect() }
}

impl<'a> Sheet<'a> {
    fn new(grid: &Grid, land: &'a Landscape) -> Result<Self> {
        let extent = grid.extent();
        let (dx, dy) = (INSET * (extent.x_max - extent.x_min), INSET * (extent.y_max - extent.y_min));
        Ok(Self {
            land,
            crs: grid.crs.clone(),
            wgs84: resolve("EPSG:4326", "EPSG:4326")?,
            to_wgs84: Transform::to_wgs84(&grid.crs)?,
            frame: [extent.x_min + dx, extent.y_min + dy, extent.x_max - dx, extent.y_max - dy],
        })
    }

    /// Writes a layer as GeoJSON, in degrees.
    fn json(&self, dir: &Path, mut layer: OutLayer) -> Result<()> {
        for (shape, _) in &mut layer.features {
            for part in &mut shape.parts {
                let (mut xs, mut ys): (Vec<f64>, Vec<f64>) = part.iter().copied().unzip();
                self.to_wgs84.points(&mut xs, &mut ys)?;
                *part = xs.into_iter().zip(ys).collect();
            }
        }
        write_layer(&dir.join(format!("{}.geojson", layer.name)), &self.wgs84, &layer)
    }

    /// Writes a layer as GeoPackage, in metres.
    fn packed(&self, dir: &Path, layer: &OutLayer) -> Result<()> {
        write_layer(&dir.join(format!("{}.gpkg", layer.name)), &self.crs, layer)
    }

    fn random(&self, purpose: Purpose) -> Random {
        Random::new(self.land.seed, purpose as u64)
    }

    fn area_km2(&self) -> f64 {
        let [west, south, east, north] = self.frame;
        (east - west) * (north - south) / 1e6
    }

    /// The land's end in the east: the frame, or the coast where there is one.
    fn east_end(&self, y: f64) -> f64 {
        match self.land.region() {
            Region::Lanzhou => self.frame[2],
            Region::Qingdao => self.frame[2].min(self.land.coast_x(y)),
        }
    }

    fn along_x(&self) -> Vec<f64> {
        let [west, _, east, _] = self.frame;
        let steps = ((east - west) / STEP_M).ceil().max(4.0) as usize;
        (0..=steps).map(|i| west + (east - west) * i as f64 / steps as f64).collect()
    }

    /// The river within the frame, up to the coast.
    fn river(&self) -> Vec<Point> {
        let inside = self.along_x().into_iter().map(|x| (x, self.land.river_y(x)));
        inside.take_while(|&(x, y)| x < self.east_end(y) + 1.0).collect()
    }

    /// Four districts: the river divides north from south, a line through the centre east from west.
    fn districts(&self) -> OutLayer {
        let [_, south, _, north] = self.frame;
        let river = self.river();
        let middle = river.iter().position(|&(x, _)| x >= self.land.centre().0).unwrap_or(river.len() / 2);
        let (west_bank, east_bank) = (&river[..=middle], &river[middle..]);
        let meet = river[middle];
        let divide = |to_y: f64| -> Vec<Point> {
            let steps = ((to_y - meet.1).abs() / STEP_M).ceil().max(1.0) as usize;
            let mut random = Random::new(self.land.seed, to_y.to_bits());
            (1..=steps)
                .map(|i| {
                    let sway = if i == steps { 0.0 } else { random.between(-120.0, 120.0) };
                    (meet.0 + sway, meet.1 + (to_y - meet.1) * i as f64 / steps as f64)
                })
                .collect()
        };
        let (up, down) = (divide(north), divide(south));
        let eastern_edge = |to_y: f64| -> Vec<Point> {
            let from = east_bank.last().copied().unwrap_or(meet).1;
            let steps = ((to_y - from).abs() / STEP_M).ceil().max(1.0) as usize;
            let along = (1..=steps).map(|i| from + (to_y - from) * i as f64 / steps as f64);
            along.map(|y| (self.east_end(y), y)).collect()
        };
        let west = self.frame[0];
        let ring = |parts: [&[Point]; 3]| polygon(parts.concat());
        let back = |points: &[Point]| points.iter().rev().copied().collect::<Vec<_>>();
        let features = vec![
            ("north-west", ring([west_bank, &up, &[(west, north)]])),
            ("north-east", ring([&back(&up), east_bank, &eastern_edge(north)])),
            ("south-west", ring([west_bank, &down, &[(west, south)]])),
            ("south-east", ring([&back(&down), east_bank, &eastern_edge(south)])),
        ];
        let named = features.into_iter().map(|(name, shape)| (shape, vec![text(name)]));
        layer("districts", &["name"], named.collect())
    }

    /// A blob around a place.
    fn blob(random: &mut Random, at: Point, radius_m: f64) -> Shape {
        let corners = 28;
        let mut swell = 1.0;
        let ring = (0..corners).map(|i| {
            swell = (0.75 * swell + 0.25 * random.between(0.6, 1.4)).clamp(0.5, 1.5);
            let angle = std::f64::consts::TAU * f64::from(i) / f64::from(corners);
            (at.0 + radius_m * swell * angle.cos(), at.1 + radius_m * swell * angle.sin())
        });
        polygon(ring.collect())
    }

    fn somewhere(&self, random: &mut Random) -> Point {
        let [west, south, _, north] = self.frame;
        let y = random.between(south, north);
        (random.between(west, self.east_end(y)), y)
    }

    fn count(&self, km2_each: f64) -> usize {
        (self.area_km2() / km2_each).ceil().max(2.0) as usize
    }

    fn protected(&self) -> OutLayer {
        let mut random = self.random(Purpose::Protected);
        let features = (1..=self.count(KM2_PER_PROTECTED)).map(|number| {
            let (at, radius_m) = (self.somewhere(&mut random), random.between(500.0, 2_200.0));
            let level = 1 + (number % 3) as i32;
            let name = format!("reserve {number}");
            (Self::blob(&mut random, at, radius_m), vec![text(&name), Value::Integer(level)])
        });
        layer("protected", &["name", "level"], features.collect())
    }

    fn red_lines(&self) -> OutLayer {
        let mut random = self.random(Purpose::RedLines);
        let features = (1..=self.count(2.0 * KM2_PER_PROTECTED)).map(|number| {
            let (at, radius_m) = (self.somewhere(&mut random), random.between(900.0, 2_600.0));
            (Self::blob(&mut random, at, radius_m), vec![text(&format!("red line {number}"))])
        });
        layer("red_lines", &["name"], features.collect())
    }

    /// Permanent basic farmland: strips along the river, off its banks.
    fn farmland(&self) -> OutLayer {
        let river = self.river();
        let mut features = Vec::new();
        for (number, reach) in river.chunks(12).enumerate().filter(|(i, reach)| i % 2 == 0 && reach.len() > 2) {
            let side = if number % 4 == 0 { 1.0 } else { -1.0 };
            let near = reach.iter().map(|&(x, y)| (x, y + side * 450.0));
            let far = reach.iter().rev().map(|&(x, y)| (x, y + side * 1_350.0));
            features.push((polygon(near.chain(far).collect()), vec![text(&format!("basic farmland {number}"))]));
        }
        layer("farmland", &["name"], features)
    }

    fn rivers(&self) -> OutLayer {
        layer("river", &["name"], vec![(line(self.river()), vec![text("the river")])])
    }

    /// A line beside the river.
    fn beside_river(&self, off_m: f64) -> Vec<Point> {
        self.river().into_iter().map(|(x, y)| (x, y + off_m)).collect()
    }

    fn roads(&self) -> OutLayer {
        let [_, south, _, north] = self.frame;
        let mut random = self.random(Purpose::Roads);
        let mut features = vec![
            (line(self.beside_river(1_150.0)), vec![text("national")]),
            (line(self.beside_river(-1_700.0)), vec![text("expressway")]),
        ];
        let river = self.river();
        for start in river.iter().skip(6).step_by(26) {
            for (to_y, direction) in [(north, 1.0), (south, -1.0)] {
                let (mut x, mut y, mut sway) = (start.0, start.1, 0.0);
                let mut points = vec![(x, y)];
                while (to_y - y) * direction > STEP_M {
                    sway = 0.8 * sway + random.between(-60.0, 60.0);
                    (x, y) = (x + sway, y + direction * STEP_M);
                    points.push((x.min(self.east_end(y)), y));
                }
                features.push((line(points), vec![text("county")]));
            }
        }
        layer("roads", &["kind"], features)
    }

    fn rail(&self) -> OutLayer {
        layer("rail", &["kind"], vec![(line(self.beside_river(760.0)), vec![text("main line")])])
    }

    /// Substations near the valley roads; the larger ones on the river.
    fn substations(&self) -> OutLayer {
        let mut random = self.random(Purpose::Substations);
        let features = (1..=self.count(KM2_PER_SUBSTATION)).map(|number| {
            let at = self.somewhere(&mut random);
            let large = number % 3 == 1;
            let (kv, mw) = if large { (220, random.between(180.0, 420.0)) } else { (110, random.between(50.0, 140.0)) };
            let y = if large { self.land.river_y(at.0) + 900.0 } else { at.1 };
            let values =
                vec![text(&format!("S{number:03}")), Value::Real((mw / 5.0).round() * 5.0), Value::Integer(kv)];
            (point((at.0, y)), values)
        });
        layer("substations", &["id", "hosting_mw", "kv"], features.collect())
    }

    /// Extraction panels with what a subsidence model asks for; the overburden tells the rest.
    fn panels(&self) -> OutLayer {
        let fields = [
            "name",
            "thickness_m",
            "depth_m",
            "dip_deg",
            "dip_azimuth_deg",
            "offset_m",
            "start",
            "end",
            "advance_azimuth_deg",
            "overburden",
        ];
        let features = self.land.coal_field().panels.iter().enumerate().map(|(i, panel)| {
            let values = vec![
                text(&format!("panel {}", i + 1)),
                Value::Real(panel.thickness_m),
                Value::Real(panel.depth_m),
                Value::Real(coal_field::DIP_DEG),
                Value::Real(180.0),
                Value::Real(panel.offset_m()),
                text(&format!("{}-03-01", panel.end_year - 1)),
                text(&format!("{}-09-30", panel.end_year)),
                Value::Real(90.0),
                text(coal_field::OVERBURDEN),
            ];
            (polygon(panel.ring()), values)
        });
        layer("coal_panels", &fields, features.collect())
    }

    fn data_centre(&self) -> OutLayer {
        let by = self.land.compactness();
        let x = self.land.centre().0 + by * 2_100.0;
        let at = (x, self.land.river_y(x) + by * 2_300.0);
        layer("data_centre", &["name", "load_mw"], vec![(point(at), vec![text("data centre"), Value::Real(60.0)])])
    }

    fn plants(&self) -> OutLayer {
        let mut random = self.random(Purpose::Plants);
        let features = (1..=self.count(KM2_PER_PLANT)).map(|number| {
            let (x, y) = self.somewhere(&mut random);
            let (dx, dy) = (random.between(250.0, 700.0), random.between(200.0, 500.0));
            let ring = vec![(x - dx, y - dy), (x + dx, y - dy), (x + dx, y + dy), (x - dx, y + dy)];
            let mw = (4.0 * dx * dy / 1e4 * 0.6).round();
            (polygon(ring), vec![text(&format!("plant {number}")), Value::Real(mw)])
        });
        layer("existing_plants", &["name", "capacity_mw"], features.collect())
    }
}
