//! Small made-up scenes on disk, the real program run on them, and real data where it is present.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use ndarray::Array2;
use serde_json::Value;
use solsite::grid::{CrsKind, Grid, Window};
use solsite::project::file::Access;
use solsite::raster::gdal::crs::resolve;
use solsite::raster::gdal::write::{BandText, CellType, TiffWriter};
use tempfile::TempDir;

/// Edge of a cell of a scene [m].
pub const CELL_M: f64 = 100.0;
/// North-western corner of a scene.
pub const CORNER: (f64, f64) = (500_000.0, 4_000_000.0);
/// What modes need to know of a region whose land cover is an input.
pub const PRICES: &str = "[[region_data]]\nid = \"*\"\nprice_cny_per_kwh = 0.3\ncurtailment_share = 0.0\n\
    land_rent_cny_per_ha_yr = { \"*\" = 1000.0 }\nyield_kwh_per_kwp = { fixed = 1500.0 }\n";

/// A region of a few cells, with inputs and a project file of its own.
pub struct Scene {
    /// Where it lies.
    pub dir: TempDir,
    /// Its grid.
    pub grid: Grid,
    inputs: String,
}

impl Scene {
    /// A scene in metres whose only region, `all`, is the whole grid.
    pub fn new(rows: usize, cols: usize) -> Self {
        Self::at("EPSG:32648", CORNER, CELL_M, (rows, cols))
    }

    /// A scene in any system, from its north-western corner.
    pub fn at(crs: &str, corner: (f64, f64), cell: f64, (rows, cols): (usize, usize)) -> Self {
        let crs = resolve(crs, "test").unwrap();
        let grid = Grid { crs, x_min: corner.0, y_max: corner.1, cell_x: cell, cell_y: cell, rows, cols };
        let scene = Self { dir: TempDir::new().unwrap(), grid, inputs: String::new() };
        scene.polygons("region", &[("all", [0.0, 0.0, cols as f64 * cell, rows as f64 * cell])]);
        scene
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes rectangles, given as west, north, east, south in the grid's units from the corner (southwards positive).
    pub fn polygons(&self, name: &str, boxes: &[(&str, [f64; 4])]) {
        let mut features = Vec::new();
        for (id, [west, north, east, south]) in boxes {
            let corner = |x: f64, y: f64| format!("[{},{}]", self.grid.x_min + x, self.grid.y_max - y);
            let ring = [(*west, *south), (*east, *south), (*east, *north), (*west, *north), (*west, *south)]
                .map(|(x, y)| corner(x, y));
            features.push(format!(
                r#"{{"type":"Feature","properties":{{"id":"{id}"}},"geometry":{{"type":"Polygon","coordinates":[[{}]]}}}}"#,
                ring.join(",")
            ));
        }
        self.geojson(name, &features);
    }

    /// Writes points, in the grid's units from the corner, each with a hosting capacity.
    pub fn points(&self, name: &str, points: &[(&str, f64, f64, f64)]) {
        let feature = |(id, x, y, mw): &(&str, f64, f64, f64)| {
            format!(
                r#"{{"type":"Feature","properties":{{"id":"{id}","mw":{mw}}},"geometry":{{"type":"Point","coordinates":[{},{}]}}}}"#,
                self.grid.x_min + x,
                self.grid.y_max - y
            )
        };
        self.geojson(name, &points.iter().map(feature).collect::<Vec<_>>());
    }

    /// Writes a line through points in the grid's units from the corner.
    pub fn line(&self, name: &str, points: &[(f64, f64)]) {
        let list: Vec<String> =
            points.iter().map(|(x, y)| format!("[{},{}]", self.grid.x_min + x, self.grid.y_max - y)).collect();
        let feature = format!(
            r#"{{"type":"Feature","properties":{{}},"geometry":{{"type":"LineString","coordinates":[{}]}}}}"#,
            list.join(",")
        );
        self.geojson(name, &[feature]);
    }

    /// Writes features of a GeoJSON layer in the scene's system.
    pub fn geojson(&self, name: &str, features: &[String]) {
        let code = self.grid.crs.label.trim_start_matches("EPSG:");
        let crs = format!(r#""crs":{{"type":"name","properties":{{"name":"urn:ogc:def:crs:EPSG::{code}"}}}}"#);
        let text = format!(r#"{{"type":"FeatureCollection",{crs},"features":[{}]}}"#, features.join(","));
        std::fs::write(self.path(&format!("{name}.geojson")), text).unwrap();
    }

    /// Writes amounts as input `id`; `NaN` = no data.
    pub fn amounts(&mut self, id: &str, values: &Array2<f32>) -> &mut Self {
        self.raster(id, values);
        self.input(&format!("{id} = {{ raster = \"{id}.tif\" }}"))
    }

    /// Writes WorldCover codes as input `id`; 255 = no data.
    pub fn classes(&mut self, id: &str, values: &Array2<u8>) -> &mut Self {
        self.raster(id, values);
        self.input(&format!("{id} = {{ raster = \"{id}.tif\", classes = \"worldcover\" }}"))
    }

    /// Writes a raster on the scene's grid.
    pub fn raster<T: CellType>(&self, id: &str, values: &Array2<T>) {
        write_raster(&self.path(&format!("{id}.tif")), &self.grid, values);
    }

    /// Adds a line to `[inputs]`.
    pub fn input(&mut self, line: &str) -> &mut Self {
        writeln!(self.inputs, "{line}").unwrap();
        self
    }

    /// Writes the project file: head, grid, region and inputs, then `rest`.
    pub fn project(&self, rest: &str) -> PathBuf {
        let Grid { x_min, y_max, cell_x, cell_y, .. } = self.grid;
        let (y_min, x_max) = (y_max - self.grid.rows as f64 * cell_y, x_min + self.grid.cols as f64 * cell_x);
        let unit = if self.grid.crs.kind == CrsKind::Projected { "m" } else { "deg" };
        let text = format!(
            "schema_version = 1\nname = \"scene\"\n[grid]\ncrs = \"{}\"\ncell_size_{unit} = {cell_x:?}\n\
             extent = [{x_min:?}, {y_min:?}, {x_max:?}, {y_max:?}]\n[region]\npath = \"region.geojson\"\n\
             id_field = \"id\"\n[inputs]\n{}\n{rest}\n",
            self.grid.crs.label, self.inputs
        );
        let path = self.path("project.toml");
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Writes the project and runs it; the run must succeed.
    pub fn run(&self, rest: &str) -> Run {
        let run = self.try_run(rest, &[]);
        assert_eq!(run.code, 0, "{}", run.errors);
        run
    }

    /// Writes the project and runs it with further arguments.
    pub fn try_run(&self, rest: &str, more: &[&str]) -> Run {
        let project = self.project(rest);
        let out = self.path("out");
        let mut arguments = vec!["run", project.to_str().unwrap(), "--out", out.to_str().unwrap(), "-q"];
        arguments.extend(more);
        Run::of(&solsite(&arguments), out)
    }
}

/// Writes a raster on a grid.
pub fn write_raster<T: CellType>(path: &Path, grid: &Grid, values: &Array2<T>) {
    let mut writer = TiffWriter::create::<T>(path, grid, &[BandText::default()]).unwrap();
    let window = Window { row: 0, col: 0, rows: grid.rows, cols: grid.cols };
    writer.write(window, values.iter().copied().collect()).unwrap();
    writer.finish().unwrap();
}

/// What the program did.
pub struct Run {
    pub code: i32,
    pub errors: String,
    pub out: PathBuf,
}

impl Run {
    pub fn of(output: &Output, out: PathBuf) -> Self {
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        Self { code: output.status.code().unwrap_or(-1), errors, out }
    }

    pub fn json(&self, name: &str) -> Value {
        serde_json::from_str(&std::fs::read_to_string(self.out.join(name)).unwrap()).unwrap()
    }

    pub fn summary(&self) -> Value {
        self.json("summary.json")
    }

    /// The entry of a rule in the summary.
    pub fn rule(&self, id: &str) -> Value {
        let summary = self.summary();
        let rules = summary["exclusions"].as_array().unwrap();
        rules.iter().find(|rule| rule["id"] == id).unwrap().clone()
    }

    pub fn table(&self, name: &str) -> Table {
        Table::read(&self.out.join(name))
    }

    pub fn layer(&self, name: &str) -> Array2<f32> {
        let path = self.out.join(format!("layers/{name}.tif"));
        let info = solsite::raster::gdal::open::band_info(&path, 1, Access::default()).unwrap();
        let window = Window { row: 0, col: 0, rows: info.size.1, cols: info.size.0 };
        solsite::raster::gdal::write::read_layer::<f32>(&path, window).unwrap()
    }
}

/// A CSV file.
pub struct Table {
    pub header: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl Table {
    pub fn read(path: &Path) -> Self {
        let mut reader = csv::Reader::from_path(path).unwrap();
        let header = reader.headers().unwrap().iter().map(str::to_owned).collect();
        let row = |record: csv::StringRecord| record.iter().map(str::to_owned).collect();
        Self { header, rows: reader.records().map(|record| row(record.unwrap())).collect() }
    }

    pub fn words(&self, column: &str) -> Vec<&str> {
        let index = self.header.iter().position(|name| name == column).unwrap_or_else(|| panic!("no column {column}"));
        self.rows.iter().map(|row| row[index].as_str()).collect()
    }

    pub fn numbers(&self, column: &str) -> Vec<f64> {
        self.words(column).iter().map(|word| if word.is_empty() { f64::NAN } else { word.parse().unwrap() }).collect()
    }
}

/// Runs the program.
pub fn solsite(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_solsite")).args(arguments).output().unwrap()
}

/// Writes a demo region and returns its project file.
#[track_caller]
pub fn demo(dir: &Path, region: &str, cells: usize) -> PathBuf {
    let cells = cells.to_string();
    let output = solsite(&["demo", dir.to_str().unwrap(), "--region", region, "--cells", &cells, "-q"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    dir.join("project.toml")
}

/// A path in the shared real data; `None`, said aloud, where they are absent.
pub fn real_data(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/realdata").join(name);
    if path.exists() {
        return Some(path);
    }
    eprintln!("SKIPPED: real data {} is not here", path.display());
    None
}

/// A file of `tests/vectors`, as JSON.
pub fn vectors(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Asserts that two numbers agree within a relative tolerance.
#[track_caller]
pub fn close(found: f64, expected: f64, relative: f64) {
    let slack = relative * expected.abs().max(1e-300);
    assert!((found - expected).abs() <= slack, "found {found}, expected {expected} within {relative} relative");
}

/// All files below a folder with their bytes, but for `run.json`.
pub fn files(dir: &Path) -> std::collections::BTreeMap<PathBuf, Vec<u8>> {
    let mut found = std::collections::BTreeMap::new();
    let mut open = vec![dir.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.file_name().unwrap() != "run.json" {
                found.insert(path.strip_prefix(dir).unwrap().to_owned(), std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// Asserts that two output folders hold the same files with the same bytes, `run.json` apart.
#[track_caller]
pub fn same_files(a: &Path, b: &Path) {
    let (a, b) = (files(a), files(b));
    assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>());
    let differing: Vec<&PathBuf> = a.iter().filter(|(name, bytes)| b[*name] != **bytes).map(|(name, _)| name).collect();
    assert!(differing.is_empty(), "files differ: {differing:?}");
}
