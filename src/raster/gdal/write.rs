//! Writing GeoTIFF window by window, and turning it into a Cloud Optimized GeoTIFF.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use gdal::raster::{Buffer, GdalType, RasterCreationOptions};
use gdal::{Dataset, DriverManager, Metadata};
use gdal_sys::GDALDataType;
use ndarray::Array2;

use super::open::{self, Content};
use super::{crs, guard};
use crate::fault::{Fault, Result};
use crate::grid::{Grid, Window};
use crate::project::file::Access;

/// Edge of the blocks of every file written [cells].
const BLOCK: &str = "512";
/// Quantised layers gain 2 % from the slowest level, which takes three times as long.
const COMPRESSION_LEVEL: u8 = 1;
/// Rows read at once when a file is checked.
const CHECK_ROWS: usize = 512;

/// A cell type that layers are written in, with the value that means no data.
pub trait CellType: GdalType + Copy + PartialEq {
    /// No data.
    const NODATA: Self;
    /// Whether two cells are the same; no data equals itself.
    fn same(self, other: Self) -> bool;
}

impl CellType for f32 {
    const NODATA: Self = f32::NAN;
    fn same(self, other: Self) -> bool {
        self == other || (self.is_nan() && other.is_nan())
    }
}

macro_rules! integer_cell {
    ($($integer:ty: $nodata:expr),*) => {$(
        impl CellType for $integer {
            const NODATA: Self = $nodata;
            fn same(self, other: Self) -> bool {
                self == other
            }
        }
    )*};
}

integer_cell!(u64: u64::MAX, u32: u32::MAX, u16: u16::MAX, u8: u8::MAX, i32: i32::MIN);

/// How a file is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// Uncompressed, to be read once and deleted.
    Scratch,
    /// Compressed, to be kept.
    Kept,
}

/// What a band says of itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BandText {
    /// Its name.
    pub name: String,
    /// Unit of its values; may be empty.
    pub unit: String,
    /// Further metadata of the file.
    pub metadata: Vec<(String, String)>,
    /// Minimum, maximum, mean and standard deviation, and the percentage of valid cells; `None` without valid cells.
    pub statistics: Option<Statistics>,
}

/// Statistics of a band.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Statistics {
    /// Least value.
    pub min: f64,
    /// Greatest value.
    pub max: f64,
    /// Mean.
    pub mean: f64,
    /// Standard deviation of the population.
    pub std_dev: f64,
    /// Share of cells with a value [%].
    pub valid_percent: f64,
}

/// A GeoTIFF of one band, being written.
pub struct TiffWriter {
    dataset: Dataset,
    path: PathBuf,
}

impl TiffWriter {
    /// Creates a file on a grid, its cells without data.
    ///
    /// # Errors
    /// If it cannot be created as asked.
    pub fn create<T: CellType>(path: &Path, grid: &Grid, storage: Storage, text: &BandText) -> Result<Self> {
        let reference = crs::spatial_ref(&grid.crs)?;
        let dataset = guard::writing(path, || {
            let driver = DriverManager::get_driver_by_name("GTiff")?;
            let mut options: Vec<String> =
                ["TILED=YES", "BIGTIFF=IF_SAFER"].iter().map(|option| (*option).to_owned()).collect();
            options.extend(["BLOCKXSIZE", "BLOCKYSIZE"].map(|key| format!("{key}={BLOCK}")));
            if storage == Storage::Kept {
                options.extend(["COMPRESS=DEFLATE".to_owned(), "ZLEVEL=6".to_owned()]);
                options.extend(predictor::<T>().map(|predictor| format!("PREDICTOR={predictor}")));
            }
            let options: RasterCreationOptions = options.iter().map(String::as_str).collect();
            let (cols, rows) = (grid.cols, grid.rows);
            let mut dataset = driver.create_with_band_type_with_options::<T, _>(path, cols, rows, 1, &options)?;
            dataset.set_spatial_ref(&reference)?;
            dataset.set_geo_transform(&grid.geotransform())?;
            for (key, value) in &text.metadata {
                dataset.set_metadata_item(key, value, "")?;
            }
            describe::<T>(&mut dataset.rasterband(1)?, text)?;
            Ok(dataset)
        })?;
        Ok(Self { dataset, path: path.to_owned() })
    }

    /// Writes a window, which must lie in the grid.
    ///
    /// # Errors
    /// If the cells cannot be written.
    pub fn write<T: CellType>(&mut self, window: Window, values: Vec<T>) -> Result<()> {
        guard::writing(&self.path, || {
            let size = (window.cols, window.rows);
            let mut buffer = Buffer::new(size, values);
            self.dataset.rasterband(1)?.write((window.col, window.row), size, &mut buffer)
        })
    }

    /// Writes the statistics and closes the file.
    ///
    /// # Errors
    /// If anything is left that cannot be written.
    pub fn finish(mut self, statistics: Option<Statistics>) -> Result<()> {
        let path = self.path.clone();
        guard::writing(&path, || {
            if let Some(found) = statistics {
                let mut band = self.dataset.rasterband(1)?;
                for (key, value) in [
                    ("STATISTICS_MINIMUM", found.min),
                    ("STATISTICS_MAXIMUM", found.max),
                    ("STATISTICS_MEAN", found.mean),
                    ("STATISTICS_STDDEV", found.std_dev),
                    ("STATISTICS_VALID_PERCENT", (found.valid_percent * 100.0).round() / 100.0),
                ] {
                    band.set_metadata_item(key, &value.to_string(), "")?;
                }
            }
            self.dataset.flush_cache()?;
            self.dataset.close()
        })
    }
}

/// TIFF predictor for a cell type: differences of whole numbers also suit our floats, which are multiples of a quantum;
/// libtiff has none for 64-bit cells.
fn predictor<T: CellType>() -> Option<u8> {
    match size_of::<T>() {
        1 | 8 => None,
        _ => Some(2),
    }
}

fn describe<T: CellType>(band: &mut gdal::raster::RasterBand<'_>, text: &BandText) -> gdal::errors::Result<()> {
    set_nodata::<T>(band)?;
    band.set_description(&text.name)?;
    set_unit(band, &text.unit)
}

fn set_unit(band: &gdal::raster::RasterBand<'_>, unit: &str) -> gdal::errors::Result<()> {
    if unit.is_empty() {
        return Ok(());
    }
    let text = std::ffi::CString::new(unit)?;
    // SAFETY: the band lives through the call, the string is copied.
    unsafe { gdal_sys::GDALSetRasterUnitType(band.c_rasterband(), text.as_ptr()) };
    Ok(())
}

fn set_nodata<T: CellType>(band: &mut gdal::raster::RasterBand<'_>) -> gdal::errors::Result<()> {
    let bytes = size_of::<T>();
    if T::gdal_ordinal() == GDALDataType::GDT_UInt64 {
        return band.set_no_data_value_u64(Some(u64::MAX));
    }
    let value = match T::gdal_ordinal() {
        GDALDataType::GDT_Float32 => f64::NAN,
        GDALDataType::GDT_Int32 => f64::from(i32::MIN),
        _ => 2.0_f64.powi(8 * bytes as i32) - 1.0,
    };
    band.set_no_data_value(Some(value))
}

/// How coarser versions of a layer are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overviews {
    /// The nearest cell: for codes and bits.
    Nearest,
    /// The mean: for amounts.
    Average,
}

/// Copies a GeoTIFF into a Cloud Optimized GeoTIFF and reads it back.
///
/// # Errors
/// If it cannot be written, or what is read back is not what was written.
pub fn to_cog<T: CellType>(source: &Path, target: &Path, overviews: Overviews) -> Result<()> {
    let dataset = open::open(source, Content::Raster, Access::default())?;
    guard::writing(target, || {
        let driver = DriverManager::get_driver_by_name("COG")?;
        let mut options = vec![
            format!("COMPRESS={}", *COMPRESSION),
            format!("LEVEL={COMPRESSION_LEVEL}"),
            format!("BLOCKSIZE={BLOCK}"),
            "BIGTIFF=IF_SAFER".to_owned(),
            // Layers are written side by side; one thread each is enough.
            "NUM_THREADS=1".to_owned(),
        ];
        options.push(match overviews {
            Overviews::Nearest => "OVERVIEW_RESAMPLING=NEAREST".to_owned(),
            Overviews::Average => "OVERVIEW_RESAMPLING=AVERAGE".to_owned(),
        });
        if predictor::<T>().is_some() {
            options.push("PREDICTOR=STANDARD".to_owned());
        }
        let options: RasterCreationOptions = options.iter().map(String::as_str).collect();
        let copy = dataset.create_copy(&driver, target, &options)?;
        copy.close()
    })?;
    compare::<T>(&dataset, source, target)
}

/// ZSTD where this GDAL has it: smaller and three times faster than DEFLATE.
///
/// Asked once, by one thread: GDAL makes the list of options when it is first asked for, and a second thread asking
/// meanwhile is given an unfinished one.
static COMPRESSION: LazyLock<&str> = LazyLock::new(|| {
    let driver = DriverManager::get_driver_by_name("COG").ok();
    let list = driver.and_then(|driver| driver.metadata_item("DMD_CREATIONOPTIONLIST", "")).unwrap_or_default();
    if list.contains("ZSTD") { "ZSTD" } else { "DEFLATE" }
});

/// Reads both files and compares them cell by cell.
fn compare<T: CellType>(source: &Dataset, source_path: &Path, target: &Path) -> Result<()> {
    let written = open::open(target, Content::Raster, Access::default())?;
    let (cols, rows) = source.raster_size();
    let mut ours = vec![T::NODATA; cols * CHECK_ROWS.min(rows)];
    let mut theirs = ours.clone();
    for row in (0..rows).step_by(CHECK_ROWS) {
        let n = CHECK_ROWS.min(rows - row) * cols;
        let size = (cols, n / cols.max(1));
        for (dataset, path, buffer) in [(source, source_path, &mut ours), (&written, target, &mut theirs)] {
            guard::reading(path, || {
                let band = dataset.rasterband(1)?;
                band.read_into_slice((0, row as isize), size, size, &mut buffer[..n], None)
            })?;
        }
        if !ours[..n].iter().zip(&theirs[..n]).all(|(a, b)| a.same(*b)) {
            let place = target.display().to_string();
            let hint = "is the disk full, or failing?";
            return Err(Fault::output(place, "what was read back is not what was written").hint(hint).into());
        }
    }
    Ok(())
}

/// Reads a window of a layer this program wrote.
///
/// # Errors
/// If it cannot be read.
pub fn read_layer<T: CellType>(path: &Path, window: Window) -> Result<Array2<T>> {
    let dataset = open::open(path, Content::Raster, Access::default())?;
    let mut values = vec![T::NODATA; window.cells()];
    guard::reading(path, || {
        let size = (window.cols, window.rows);
        dataset.rasterband(1)?.read_into_slice((window.col, window.row), size, size, &mut values, None)
    })?;
    Array2::from_shape_vec(window.shape(), values)
        .map_err(|error| Fault::input(path.display().to_string(), error.to_string()).into())
}
