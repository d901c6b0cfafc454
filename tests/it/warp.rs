//! Rasters of any system, resolution, extent and nodata on the run's grid, the same whatever window reads them.

use std::path::{Path, PathBuf};

use ndarray::{Array2, s};
use solsite::grid::{Grid, Window};
use solsite::layer::NO_CLASS;
use solsite::project::file::{Access, Resample};
use solsite::project::{RasterSpec, RasterValues};
use solsite::raster::gdal::crs::{lonlat_extent, resolve};
use solsite::raster::gdal::open;
use solsite::raster::gdal::read::{Alignment, Placed, Reader, align};
use tempfile::TempDir;

use crate::support::write_raster;

fn grid(code: &str, (x_min, y_max): (f64, f64), cell: f64, (rows, cols): (usize, usize)) -> Grid {
    Grid { crs: resolve(code, "test").unwrap(), x_min, y_max, cell_x: cell, cell_y: cell, rows, cols }
}

fn amounts(path: PathBuf, resample: Resample) -> RasterSpec {
    RasterSpec {
        path,
        band: 1,
        nodata: None,
        values: RasterValues::Quantity,
        resample,
        yield_of: None,
        ghi_of: None,
        set: None,
        max_distance_m: None,
    }
}

fn classes(path: PathBuf) -> RasterSpec {
    let values = RasterValues::Classes { scheme: None, refuse_unlisted: false };
    RasterSpec { values, ..amounts(path, Resample::Nearest) }
}

fn placed(spec: &RasterSpec, grid: &Grid) -> Placed {
    let info = open::band_info(&spec.path, spec.band, Access::default()).unwrap();
    let interest = Some(lonlat_extent(grid).unwrap());
    let alignment = align(spec, &info, grid, interest).unwrap();
    Placed { info, alignment, interest }
}

fn reader(spec: &RasterSpec, grid: &Grid) -> Reader {
    Reader::open(spec, Access::default(), grid, &placed(spec, grid)).unwrap()
}

/// Hills in degrees around 36 N 104 E, with a hole.
fn hills(dir: &Path) -> PathBuf {
    let source = grid("EPSG:4326", (103.9, 36.1), 0.0005, (400, 420));
    let mut values = Array2::from_shape_fn((400, 420), |(row, col)| {
        let (r, c) = (row as f32, col as f32);
        1500.0 + 80.0 * (r / 23.0).sin() * (c / 31.0).cos() + 7.0 * ((r * 7.0 + c * 3.0) / 5.0).sin()
    });
    values.slice_mut(s![100..130, 200..240]).fill(f32::NAN);
    let path = dir.join("hills.tif");
    write_raster(&path, &source, &values);
    path
}

fn same_bits(a: &Array2<f32>, b: &Array2<f32>) -> bool {
    a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()))
}

/// Every cell has the same bits through any window, for grids finer and coarser than the source.
#[test]
fn a_cell_does_not_depend_on_the_window_it_is_read_through() {
    let dir = TempDir::new().unwrap();
    let path = hills(dir.path());
    for (cell, rows) in [(20.0, 700), (47.0, 300), (260.0, 60)] {
        let target = grid("EPSG:32648", (400_500.0, 3_995_000.0), cell, (rows, rows));
        for resample in [Resample::Bilinear, Resample::Average, Resample::Nearest] {
            let reader = reader(&amounts(path.clone(), resample), &target);
            let whole = reader.read_quantity(target.window()).unwrap();
            assert!(whole.iter().any(|v| v.is_nan()) && whole.iter().filter(|v| !v.is_nan()).count() > 1000);
            let step = rows / 7 + 1;
            for row in (0..rows).step_by(step) {
                for col in (0..rows).step_by(step) {
                    // A margin reaches beyond the grid on all sides.
                    let (r0, c0) = (row as isize - 5, col as isize - 3);
                    let part = Window { row: r0, col: c0, rows: step + 8, cols: step + 6 };
                    let found = reader.read_quantity(part).unwrap();
                    let (top, left) = (r0.max(0) as usize, c0.max(0) as usize);
                    let (bottom, right) = ((row + step + 3).min(rows), (col + step + 3).min(rows));
                    let expected = whole.slice(s![top..bottom, left..right]).to_owned();
                    let (dr, dc) = ((top as isize - r0) as usize, (left as isize - c0) as usize);
                    let inner = found.slice(s![dr..dr + expected.nrows(), dc..dc + expected.ncols()]).to_owned();
                    assert!(same_bits(&inner, &expected), "{resample:?} {cell} m at {row}, {col}");
                }
            }
        }
    }
}

/// `gdalwarp -et 0` (GDAL 3.6.2) of the same file to the same grid: coordinates are exact, not approximated.
#[test]
fn bilinear_values_follow_the_surface() {
    let dir = TempDir::new().unwrap();
    let source = grid("EPSG:4326", (103.9, 36.1), 0.001, (200, 200));
    // A plane in degrees: bilinear interpolation must return it exactly, at the transformed place.
    let plane = |lon: f64, lat: f64| 1000.0 + 300.0 * (lon - 103.9) + 200.0 * (36.1 - lat);
    let values = Array2::from_shape_fn((200, 200), |(row, col)| {
        let (lon, lat) = source.centre(row as isize, col as isize);
        plane(lon, lat) as f32
    });
    let path = dir.path().join("plane.tif");
    write_raster(&path, &source, &values);
    let target = grid("EPSG:32648", (403_000.0, 3_992_000.0), 50.0, (150, 150));
    let found = reader(&amounts(path, Resample::Bilinear), &target).read_quantity(target.window()).unwrap();
    let to_lonlat = solsite::raster::gdal::crs::Transform::to_wgs84(&target.crs).unwrap();
    for ((row, col), &value) in found.indexed_iter() {
        let (x, y) = target.centre(row as isize, col as isize);
        let (lon, lat) = to_lonlat.point(x, y).unwrap();
        assert!((f64::from(value) - plane(lon, lat)).abs() < 2e-3, "{row}, {col}: {value}");
    }
}

#[test]
fn coarser_grids_average_what_they_cover() {
    let dir = TempDir::new().unwrap();
    let source = grid("EPSG:32648", (500_000.0, 4_000_000.0), 10.0, (80, 80));
    let values = Array2::from_shape_fn((80, 80), |(row, col)| (row * 80 + col) as f32);
    let path = dir.path().join("fine.tif");
    write_raster(&path, &source, &values);
    let target = grid("EPSG:32648", (500_000.0, 4_000_000.0), 80.0, (10, 10));
    let found = reader(&amounts(path, Resample::Average), &target).read_quantity(target.window()).unwrap();
    for ((row, col), value) in found.indexed_iter() {
        let block = values.slice(s![8 * row..8 * row + 8, 8 * col..8 * col + 8]);
        assert!((value - block.mean().unwrap()).abs() < 1e-2);
    }
}

#[test]
fn classes_take_the_nearest_cell_and_nothing_between() {
    let dir = TempDir::new().unwrap();
    let source = grid("EPSG:4326", (103.9, 36.1), 0.002, (100, 100));
    let codes = Array2::from_shape_fn((100, 100), |(row, col)| [10_u8, 40, 80, 255][(row / 7 + col / 11) % 4]);
    let path = dir.path().join("classes.tif");
    write_raster(&path, &source, &codes);
    let target = grid("EPSG:32648", (402_000.0, 3_993_000.0), 60.0, (200, 200));
    let found = reader(&classes(path), &target).read_codes(target.window()).unwrap();
    let to_lonlat = solsite::raster::gdal::crs::Transform::to_wgs84(&target.crs).unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for ((row, col), &code) in found.indexed_iter() {
        let (x, y) = target.centre(row as isize, col as isize);
        let (lon, lat) = to_lonlat.point(x, y).unwrap();
        let expected = source.cell_at(lon, lat).map_or(NO_CLASS, |at| match codes[at] {
            255 => NO_CLASS,
            code => i32::from(code),
        });
        assert_eq!(code, expected, "{row}, {col}");
        seen.insert(code);
    }
    assert_eq!(seen.len(), 4);
}

#[test]
fn rasters_on_the_grid_are_copied_cell_by_cell() {
    let dir = TempDir::new().unwrap();
    let source = grid("EPSG:32648", (500_000.0, 4_000_000.0), 100.0, (6, 6));
    let values = Array2::from_shape_fn((6, 6), |(row, col)| (row * 10 + col) as f32);
    let path = dir.path().join("a.tif");
    write_raster(&path, &source, &values);
    // Two cells to the north-west and beyond the south-east.
    let target = grid("EPSG:32648", (499_800.0, 4_000_100.0), 100.0, (9, 9));
    let spec = amounts(path.clone(), Resample::Bilinear);
    assert_eq!(placed(&spec, &target).alignment, Alignment::Same { row: -1, col: -2 });
    let found = reader(&spec, &target).read_quantity(target.window()).unwrap();
    assert!(found.row(0).iter().all(|v| v.is_nan()) && found.column(1).iter().all(|v| v.is_nan()));
    assert_eq!(found.slice(s![1..7, 2..8]), values);
    // A cell size as GLAES's files state it is the same; half a cell off is not.
    let almost = Grid { cell_x: 99.999_999_999_999_99, cell_y: 99.999_999_999_999_99, ..source.clone() };
    write_raster(&dir.path().join("b.tif"), &almost, &values);
    assert!(matches!(
        placed(&amounts(dir.path().join("b.tif"), Resample::Bilinear), &target).alignment,
        Alignment::Same { .. }
    ));
    let off = Grid { x_min: source.x_min + 50.0, ..source };
    write_raster(&dir.path().join("c.tif"), &off, &values);
    assert!(matches!(
        placed(&amounts(dir.path().join("c.tif"), Resample::Bilinear), &target).alignment,
        Alignment::Warped(_)
    ));
}

#[test]
fn nodata_is_whatever_the_file_or_the_project_says() {
    let dir = TempDir::new().unwrap();
    let source = grid("EPSG:32648", (500_000.0, 4_000_000.0), 100.0, (3, 3));
    let values = ndarray::array![[1.0_f32, 2.0, -9999.0], [4.0, f32::NAN, 6.0], [7.0, 8.0, 9.0]];
    let path = dir.path().join("a.tif");
    write_raster(&path, &source, &values);
    let mut spec = amounts(path, Resample::Bilinear);
    let holes = |spec: &RasterSpec, target: &Grid| {
        reader(spec, target).read_quantity(target.window()).unwrap().iter().filter(|v| v.is_nan()).count()
    };
    assert_eq!(holes(&spec, &source), 1);
    spec.nodata = Some(-9999.0);
    assert_eq!(holes(&spec, &source), 2);
    // Warped to cells a quarter as large, what is missing neither leaks into its neighbours as a number nor takes more of
    // them than its own cell, whether it is a stated value or NaN that no file declares.
    let fine = grid("EPSG:32648", (500_012.5, 3_999_987.5), 25.0, (11, 11));
    for (missing, nodata) in [(-9999.0, Some(-9999.0)), (f32::NAN, None)] {
        let values = ndarray::array![[1.0_f32, 2.0, 3.0], [4.0, missing, 6.0], [7.0, 8.0, 9.0]];
        let path = dir.path().join("b.tif");
        write_bands(&path, &source, &[values], |_| ());
        let warped = reader(&RasterSpec { nodata, ..amounts(path, Resample::Bilinear) }, &fine);
        let warped = warped.read_quantity(fine.window()).unwrap();
        for ((row, col), value) in warped.indexed_iter() {
            let hole = (4..=6).contains(&row) && (4..=6).contains(&col);
            let edge = [3, 7].contains(&row) || [3, 7].contains(&col);
            assert!(edge || hole == value.is_nan(), "{row}, {col}: {warped}");
            assert!(value.is_nan() || (1.0..=9.0).contains(value), "{warped}");
        }
    }
}

/// Writes the bands of a raster that declares no nodata; what else it is told is up to `describe`.
fn write_bands<T: gdal::raster::GdalType + Copy>(
    path: &Path,
    grid: &Grid,
    bands: &[Array2<T>],
    describe: impl FnOnce(&mut gdal::Dataset),
) {
    let driver = gdal::DriverManager::get_driver_by_name("GTiff").unwrap();
    let mut dataset = driver.create_with_band_type::<T, _>(path, grid.cols, grid.rows, bands.len()).unwrap();
    dataset.set_geo_transform(&grid.geotransform()).unwrap();
    dataset.set_spatial_ref(&gdal::spatial_ref::SpatialRef::from_wkt(&grid.crs.wkt).unwrap()).unwrap();
    describe(&mut dataset);
    let size = (grid.cols, grid.rows);
    for (i, values) in bands.iter().enumerate() {
        let mut buffer = gdal::raster::Buffer::new(size, values.iter().copied().collect());
        dataset.rasterband(i + 1).unwrap().write((0, 0), size, &mut buffer).unwrap();
    }
    dataset.close().unwrap();
}

/// The cells without a value of a file whose upper left quarter has none, on its own lattice and a fifth of a cell beside.
fn holes_of(spec: &RasterSpec, source: &Grid) -> [Vec<(usize, usize)>; 2] {
    let beside = Grid { x_min: source.x_min + 20.0, y_max: source.y_max - 20.0, ..source.clone() };
    [source.clone(), beside].map(|grid| {
        let values = reader(spec, &grid).read_quantity(grid.window()).unwrap();
        values.indexed_iter().filter(|(_, value)| value.is_nan()).map(|(at, _)| at).collect()
    })
}

#[test]
fn whatever_hides_a_cell_hides_it_on_any_grid() {
    let dir = TempDir::new().unwrap();
    let source = grid("EPSG:32648", (500_000.0, 4_000_000.0), 100.0, (8, 8));
    let quarter = |row: usize, col: usize| row < 4 && col < 4;
    let expected: Vec<(usize, usize)> = (0..4).flat_map(|row| (0..4).map(move |col| (row, col))).collect();
    let path = dir.path().join("alpha.tif");
    let grey = Array2::from_shape_fn((8, 8), |(row, col)| (row * 8 + col) as u8);
    let alpha = Array2::from_shape_fn((8, 8), |(row, col)| if quarter(row, col) { 0_u8 } else { 255 });
    write_bands(&path, &source, &[grey.clone(), alpha.clone()], |dataset| {
        use gdal::raster::ColorInterpretation::{AlphaBand, GrayIndex};
        dataset.rasterband(1).unwrap().set_color_interpretation(GrayIndex).unwrap();
        dataset.rasterband(2).unwrap().set_color_interpretation(AlphaBand).unwrap();
    });
    assert_eq!(holes_of(&amounts(path, Resample::Bilinear), &source), [expected.clone(), expected.clone()], "alpha");
    // A mask hides half of the quarter, a declared value a quarter of it, a stated one and NaN the rest.
    let path = dir.path().join("mask.tif");
    let values = Array2::from_shape_fn((8, 8), |(row, col)| match (row, col) {
        (2, 0..=3) => -9999.0_f32,
        (3, 0 | 1) => -32_768.0,
        (3, 2 | 3) => f32::NAN,
        _ => 100.0 + (row * 8 + col) as f32,
    });
    write_bands(&path, &source, &[values], |dataset| {
        dataset.rasterband(1).unwrap().set_no_data_value(Some(-9999.0)).unwrap();
        dataset.rasterband(1).unwrap().create_mask_band(true).unwrap();
        let mask = Array2::from_shape_fn((8, 8), |(row, col)| if row < 2 && col < 4 { 0_u8 } else { 255 });
        let mut buffer = gdal::raster::Buffer::new((8, 8), mask.iter().copied().collect());
        dataset.rasterband(1).unwrap().open_mask_band().unwrap().write((0, 0), (8, 8), &mut buffer).unwrap();
    });
    let spec = RasterSpec { nodata: Some(-32_768.0), ..amounts(path, Resample::Bilinear) };
    assert_eq!(holes_of(&spec, &source), [expected.clone(), expected], "mask, declared and stated values, NaN");
}

#[test]
fn signed_bytes_have_their_sign() {
    let dir = TempDir::new().unwrap();
    let source = grid("EPSG:32648", (500_000.0, 4_000_000.0), 100.0, (2, 2));
    let path = dir.path().join("a.tif");
    write_raster(&path, &source, &ndarray::array![[250_u8, 3], [128, 127]]);
    let text = "<PAMDataset><PAMRasterBand band=\"1\"><Metadata domain=\"IMAGE_STRUCTURE\"><MDI key=\"PIXELTYPE\">SIGNEDBYTE</MDI></Metadata></PAMRasterBand></PAMDataset>";
    std::fs::write(dir.path().join("a.tif.aux.xml"), text).unwrap();
    let found = reader(&amounts(path, Resample::Bilinear), &source).read_quantity(source.window()).unwrap();
    assert_eq!(found, ndarray::array![[-6.0, 3.0], [-128.0, 127.0]]);
}

#[test]
fn whole_numbers_that_would_lose_digits_are_refused_as_amounts() {
    let dir = TempDir::new().unwrap();
    let source = grid("EPSG:32648", (500_000.0, 4_000_000.0), 100.0, (1, 2));
    let path = dir.path().join("a.tif");
    write_raster(&path, &source, &ndarray::array![[100_000_002_i32, 5]]);
    let fault = reader(&amounts(path.clone(), Resample::Bilinear), &source).read_quantity(source.window()).unwrap_err();
    assert!(fault.to_string().contains("100000002 is a whole number too large for an amount"), "{fault}");
    assert_eq!(reader(&classes(path), &source).read_codes(source.window()).unwrap()[(0, 0)], 100_000_002);
}

#[test]
fn scale_and_offset_make_the_value() {
    let dir = TempDir::new().unwrap();
    let source = grid("EPSG:32648", (500_000.0, 4_000_000.0), 100.0, (2, 2));
    let path = dir.path().join("a.tif");
    write_raster(&path, &source, &ndarray::array![[10_u16, 20], [30, 65_535]]);
    let text =
        "<PAMDataset><PAMRasterBand band=\"1\"><Offset>-5</Offset><Scale>0.5</Scale></PAMRasterBand></PAMDataset>";
    std::fs::write(dir.path().join("a.tif.aux.xml"), text).unwrap();
    let spec = amounts(path, Resample::Bilinear);
    let found = reader(&spec, &source).read_quantity(source.window()).unwrap();
    assert_eq!(found.iter().take(3).copied().collect::<Vec<_>>(), [0.0, 5.0, 10.0]);
    assert!(found[(1, 1)].is_nan());
    // The sidecar is part of the input: it is listed and hashed.
    assert_eq!(placed(&spec, &source).info.files.len(), 2);
}

#[test]
fn south_up_and_turned_rasters_are_warped_to_the_north() {
    let dir = TempDir::new().unwrap();
    let target = grid("EPSG:32648", (500_000.0, 4_000_000.0), 100.0, (4, 4));
    let values = Array2::from_shape_fn((4, 4), |(row, col)| (10 * row + col) as f32);
    let flipped = Array2::from_shape_fn((4, 4), |(row, col)| values[(3 - row, col)]);
    let path = dir.path().join("south.tif");
    write_raster(&path, &target, &flipped);
    let mut dataset = gdal_edit(&path, [500_000.0, 100.0, 0.0, 3_999_600.0, 0.0, 100.0]);
    dataset.clear();
    let found = reader(&amounts(path, Resample::Nearest), &target).read_quantity(target.window()).unwrap();
    assert_eq!(found, values);
    // A quarter turn: columns run south, rows run west.
    let turned = Array2::from_shape_fn((4, 4), |(row, col)| values[(col, 3 - row)]);
    let path = dir.path().join("turned.tif");
    write_raster(&path, &target, &turned);
    gdal_edit(&path, [500_400.0, 0.0, -100.0, 4_000_000.0, -100.0, 0.0]);
    let found = reader(&amounts(path, Resample::Nearest), &target).read_quantity(target.window()).unwrap();
    assert_eq!(found, values);
}

/// Gives a file another geotransform, by a sidecar.
fn gdal_edit(path: &Path, transform: [f64; 6]) -> String {
    let list = transform.map(|value| value.to_string()).join(", ");
    let text = format!("<PAMDataset><GeoTransform>{list}</GeoTransform></PAMDataset>");
    std::fs::write(path.with_extension("tif.aux.xml"), &text).unwrap();
    text
}
