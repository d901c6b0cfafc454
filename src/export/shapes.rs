//! Outlines of sites in longitude and latitude, kept as GeoJSON in a scratch file so that memory does not grow with their
//! number.

use std::fs::File;
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::fault::{Fault, Result};
use crate::grid::Grid;
use crate::raster::gdal::crs::Transform;
use crate::sites::outlines::{self, Polygon};
use crate::sites::parts::GridRun;

/// Decimal digits of coordinates: a centimetre.
const COORDINATE_SCALE: f64 = 1e7;

/// Rings of the polygons of one site, in degrees.
type Rings = Vec<Vec<Vec<(f64, f64)>>>;

/// Carries outlines of sites to degrees, on any thread.
pub struct Outliner<'a> {
    grid: &'a Grid,
    /// Transformations that no thread uses at the moment: they take long to make.
    idle: Mutex<Vec<Transform>>,
}

impl<'a> Outliner<'a> {
    /// For sites of a grid.
    ///
    /// # Errors
    /// If the grid cannot be carried to degrees.
    pub fn new(grid: &'a Grid) -> Result<Self> {
        Ok(Self { grid, idle: Mutex::new(vec![Transform::to_wgs84(&grid.crs)?]) })
    }

    /// The outline of the cells of some runs, as the geometry of GeoJSON.
    ///
    /// # Errors
    /// If it cannot be carried to degrees.
    pub fn outline(&self, runs: &[GridRun]) -> Result<Vec<u8>> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let known = idle().pop();
        let transform = known.map_or_else(|| Transform::to_wgs84(&self.grid.crs), Ok)?;
        let polygons = outlines::polygons(self.grid, runs);
        let carried = lonlat(self.grid, &transform, (runs, &polygons));
        idle().push(transform);
        Ok(geometry(&carried?))
    }
}

/// Writes outlines of sites, one after another.
pub struct ShapeWriter {
    file: BufWriter<File>,
    path: PathBuf,
    offsets: Vec<u64>,
}

/// Outlines of sites, read by number.
#[derive(Debug)]
pub struct Shapes {
    path: PathBuf,
    offsets: Vec<u64>,
}

impl ShapeWriter {
    /// Begins a scratch file.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn create(path: &Path) -> Result<Self> {
        let file = File::create(path).map_err(|error| failed(path, &error))?;
        Ok(Self { file: BufWriter::new(file), path: path.to_owned(), offsets: vec![0] })
    }

    /// Adds the outline of the next site.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn add(&mut self, outline: &[u8]) -> Result<()> {
        self.file.write_all(outline).map_err(|error| failed(&self.path, &error))?;
        let end = self.offsets.last().copied().unwrap_or_default() + outline.len() as u64;
        self.offsets.push(end);
        Ok(())
    }

    /// Ends the file.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn finish(mut self) -> Result<Shapes> {
        self.file.flush().map_err(|error| failed(&self.path, &error))?;
        Ok(Shapes { path: self.path, offsets: self.offsets })
    }
}

impl Shapes {
    /// The geometry of a site in GeoJSON: a polygon, or several.
    ///
    /// # Errors
    /// If the scratch file cannot be read.
    pub fn geometry(&self, site: usize) -> Result<Vec<u8>> {
        let (start, end) = (self.offsets[site], self.offsets[site + 1]);
        let mut file = File::open(&self.path).map_err(|error| failed(&self.path, &error))?;
        file.seek(SeekFrom::Start(start)).map_err(|error| failed(&self.path, &error))?;
        let mut bytes = vec![0; (end - start) as usize];
        std::io::Read::read_exact(&mut file, &mut bytes).map_err(|error| failed(&self.path, &error))?;
        Ok(bytes)
    }
}

fn failed(path: &Path, error: &std::io::Error) -> Fault {
    Fault::output(path.display().to_string(), format!("scratch file: {error}"))
}

/// Polygons of some cells in degrees, rounded, split where they cross the antimeridian (RFC 7946, 3.1.9).
fn lonlat(grid: &Grid, transform: &Transform, (runs, polygons): (&[GridRun], &[Polygon])) -> Result<Rings> {
    let carried = carry(transform, polygons)?;
    let longitudes = || carried.iter().flatten().flatten().map(|vertex| vertex.0);
    let (west, east) = (longitudes().fold(f64::INFINITY, f64::min), longitudes().fold(f64::NEG_INFINITY, f64::max));
    let crosses = east - west > 180.0 || east > 180.0 || west < -180.0;
    if !crosses {
        return Ok(round(carried, |lon| lon));
    }
    let (eastern, western) = sides(grid, transform, runs)?;
    let turn = |lon: f64| lon.rem_euclid(360.0);
    let mut polygons = round(carry(transform, &outlines::polygons(grid, &eastern))?, |lon| turn(lon).min(180.0));
    polygons.extend(round(carry(transform, &outlines::polygons(grid, &western))?, |lon| turn(lon).max(180.0) - 360.0));
    Ok(polygons)
}

/// The cells that reach west of the antimeridian (up to +180°) and those that reach east of it (from −180°); cells it
/// passes through are in both, and cut there.
fn sides(grid: &Grid, transform: &Transform, runs: &[GridRun]) -> Result<(Vec<GridRun>, Vec<GridRun>)> {
    let (mut eastern, mut western) = (Vec::new(), Vec::new());
    for run in runs {
        for col in run.col..run.end {
            let cell = GridRun { row: run.row, col, end: col + 1 };
            let corners =
                [(0, 0), (0, 1), (1, 0), (1, 1)].map(|(dr, dc)| grid.corner(run.row as isize + dr, col as isize + dc));
            let mut xs = corners.map(|corner| corner.0);
            let mut ys = corners.map(|corner| corner.1);
            transform.points(&mut xs, &mut ys)?;
            let turned = xs.map(|lon| lon.rem_euclid(360.0));
            if turned.iter().any(|&lon| lon < 180.0) {
                eastern.push(cell);
            }
            if turned.iter().any(|&lon| lon > 180.0) {
                western.push(cell);
            }
        }
    }
    let whole = |cells: Vec<GridRun>| outlines::gather(std::iter::once(&cells[..]));
    Ok((whole(eastern), whole(western)))
}

fn carry(transform: &Transform, polygons: &[Polygon]) -> Result<Rings> {
    let ring = |vertices: &Vec<(f64, f64)>| -> Result<Vec<(f64, f64)>> {
        let (mut xs, mut ys): (Vec<f64>, Vec<f64>) = vertices.iter().copied().unzip();
        transform.points(&mut xs, &mut ys)?;
        if xs.iter().chain(&ys).any(|value| !value.is_finite()) {
            return Err(Fault::output("", "a site lies where its system has no longitude and latitude").into());
        }
        Ok(xs.into_iter().zip(ys).collect())
    };
    polygons
        .iter()
        .map(|polygon| std::iter::once(&polygon.exterior).chain(&polygon.holes).map(ring).collect())
        .collect()
}

fn round(polygons: Rings, longitude: impl Fn(f64) -> f64) -> Rings {
    let digits = |value: f64| (value * COORDINATE_SCALE).round() / COORDINATE_SCALE + 0.0;
    let vertex = |(lon, lat): (f64, f64)| (digits(longitude(lon)), digits(lat));
    let ring = |ring: Vec<(f64, f64)>| ring.into_iter().map(vertex).collect();
    polygons.into_iter().map(|rings| rings.into_iter().map(ring).collect()).collect()
}

/// Polygons in GeoJSON.
fn geometry(polygons: &Rings) -> Vec<u8> {
    let mut out = Vec::new();
    let one = |out: &mut Vec<u8>, rings: &Vec<Vec<(f64, f64)>>| {
        list(out, rings, |out, ring| {
            list(out, ring, |out, &(lon, lat)| {
                out.push(b'[');
                coordinate(out, lon);
                out.push(b',');
                coordinate(out, lat);
                out.push(b']');
            });
        });
    };
    if let [rings] = &polygons[..] {
        out.extend(br#"{"type":"Polygon","coordinates":"#);
        one(&mut out, rings);
    } else {
        out.extend(br#"{"type":"MultiPolygon","coordinates":"#);
        list(&mut out, polygons, one);
    }
    out.push(b'}');
    out
}

fn list<T>(out: &mut Vec<u8>, items: &[T], write: impl Fn(&mut Vec<u8>, &T)) {
    out.push(b'[');
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        write(out, item);
    }
    out.push(b']');
}

/// Digits of a coordinate behind the point.
const DECIMALS: usize = 7;
/// Coordinates nearer to zero than this are left to the library, which may write them with an exponent [10⁻⁷ °].
const LEAST_PLAIN: u64 = 100_000;

/// A rounded coordinate, with as few digits as it has: the shortest text that means the same number.
fn coordinate(out: &mut Vec<u8>, value: f64) {
    let scaled = (value * COORDINATE_SCALE).round();
    let mut rest = scaled.abs() as u64;
    if rest < LEAST_PLAIN {
        out.extend(serde_json::json!(value).to_string().bytes());
        return;
    }
    let mut digits = [b'0'; 24];
    let mut at = digits.len();
    for place in 0.. {
        if place == DECIMALS {
            at -= 1;
            digits[at] = b'.';
        }
        if rest == 0 && place > DECIMALS {
            break;
        }
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    if scaled < 0.0 {
        out.push(b'-');
    }
    // One digit stays behind the point.
    let zeros = digits.iter().rev().take(DECIMALS - 1).take_while(|&&digit| digit == b'0').count();
    out.extend(&digits[at..digits.len() - zeros]);
}
