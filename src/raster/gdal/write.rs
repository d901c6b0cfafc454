//! Writing GeoTIFF window by window, and turning it into a Cloud Optimized GeoTIFF.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use gdal::raster::{Buffer, GdalDataType, GdalType, RasterCreationOptions};
use gdal::{Dataset, DriverManager, Metadata};
use gdal_sys::GDALDataType;
use ndarray::Array2;

use super::open::{self, Content};
use super::{crs, guard};
use crate::fault::{Fault, Result};
use crate::grid::{Grid, Window};
use crate::project::file::Access;
use crate::raster::blocks::{BLOCK, Coding};
use crate::raster::float_predictor;

/// Quantised layers gain 2 % from the slowest level, which takes three times as long.
const COMPRESSION_LEVEL: u8 = 1;

/// A cell type that layers are written in, with the value that means no data.
pub trait CellType: GdalType + Copy + PartialEq {
    /// No data.
    const NODATA: Self;
    /// Encodes a row of cells, little-endian; compressed cells by the TIFF predictor of their type.
    fn encode(cells: &[Self], bytes: &mut [u8], coding: Coding);
    /// Decodes what [`Self::encode`] has made.
    fn decode(bytes: &[u8], cells: &mut [Self], coding: Coding);
    /// Whether it is no number.
    fn is_no_number(self) -> bool {
        false
    }
    /// Adds the cell to a checksum; all that is no number is the same.
    fn sum_up(self, sum: &mut DefaultHasher);
}

impl CellType for f32 {
    const NODATA: Self = f32::NAN;
    fn is_no_number(self) -> bool {
        self.is_nan()
    }
    fn encode(cells: &[Self], bytes: &mut [u8], coding: Coding) {
        let bits: Vec<u32> =
            cells.iter().map(|cell| if cell.is_nan() { f32::NAN.to_bits() } else { cell.to_bits() }).collect();
        match coding {
            Coding::Zstd => float_predictor::encode(&bits, bytes),
            Coding::Plain => {
                bytes.as_chunks_mut().0.iter_mut().zip(&bits).for_each(|(out, bits)| *out = bits.to_le_bytes());
            }
        }
    }

    fn decode(bytes: &[u8], cells: &mut [Self], coding: Coding) {
        let mut bits = vec![0; cells.len()];
        match coding {
            Coding::Zstd => float_predictor::decode(bytes, &mut bits),
            Coding::Plain => {
                let (bytes, _) = bytes.as_chunks();
                bits.iter_mut().zip(bytes).for_each(|(bits, bytes)| *bits = u32::from_le_bytes(*bytes));
            }
        }
        cells.iter_mut().zip(bits).for_each(|(cell, bits)| *cell = f32::from_bits(bits));
    }

    fn sum_up(self, sum: &mut DefaultHasher) {
        sum.write_u32(if self.is_nan() { u32::MAX } else { self.to_bits() });
    }
}

macro_rules! integer_cell {
    ($($integer:ty: $nodata:expr),*) => {$(
        impl CellType for $integer {
            const NODATA: Self = $nodata;
            fn encode(cells: &[Self], bytes: &mut [u8], coding: Coding) {
                let (out, _) = bytes.as_chunks_mut();
                let differs = coding == Coding::Zstd && predictor::<Self>().is_some();
                let mut before = 0;
                for (out, &cell) in out.iter_mut().zip(cells) {
                    *out = cell.wrapping_sub(before).to_le_bytes();
                    before = if differs { cell } else { 0 };
                }
            }

            fn decode(bytes: &[u8], cells: &mut [Self], coding: Coding) {
                let (bytes, _) = bytes.as_chunks();
                let differs = coding == Coding::Zstd && predictor::<Self>().is_some();
                let mut before = 0;
                for (cell, bytes) in cells.iter_mut().zip(bytes) {
                    *cell = Self::from_le_bytes(*bytes).wrapping_add(before);
                    before = if differs { *cell } else { 0 };
                }
            }

            fn sum_up(self, sum: &mut DefaultHasher) {
                self.hash(sum);
            }
        }
    )*};
}

integer_cell!(u64: u64::MAX, u32: u32::MAX, u16: u16::MAX, u8: u8::MAX, i32: i32::MIN);

/// What a band says of itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BandText {
    /// Its name.
    pub name: String,
    /// Unit of its values; may be empty.
    pub unit: String,
    /// Further metadata of the file.
    pub metadata: Vec<(String, String)>,
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

impl Statistics {
    /// The names GDAL has for them.
    fn items(&self) -> [(&'static str, f64); 5] {
        [
            ("STATISTICS_MINIMUM", self.min),
            ("STATISTICS_MAXIMUM", self.max),
            ("STATISTICS_MEAN", self.mean),
            ("STATISTICS_STDDEV", self.std_dev),
            ("STATISTICS_VALID_PERCENT", (self.valid_percent * 100.0).round() / 100.0),
        ]
    }
}

/// Checksums of the windows that were written, to hold a file against.
///
/// GDAL may lose cells without a word: it writes blocks when its cache is full, in calls that have nothing to do with them.
#[derive(Debug, Default)]
pub struct Proof(Vec<(usize, Window, u64)>);

impl Proof {
    fn add<T: CellType>(&mut self, band: usize, window: Window, cells: &[T]) {
        self.0.push((band, window, checksum(cells)));
    }

    /// Reads every window of a file.
    ///
    /// # Errors
    /// If it cannot be read, or what is read back is not what was written.
    pub fn check<T: CellType>(&self, path: &Path) -> Result<()> {
        let dataset = open::open(path, Content::Raster, Access::default())?;
        for &(band, window, expected) in &self.0 {
            if checksum(&cells::<T>(&dataset, path, (band, window))?) != expected {
                let what = "what was read back is not what was written";
                let hint = "is the disk full, or failing?";
                return Err(Fault::output(path.display().to_string(), what).hint(hint).into());
            }
        }
        Ok(())
    }
}

fn checksum<T: CellType>(cells: &[T]) -> u64 {
    let mut sum = DefaultHasher::new();
    for cell in cells {
        cell.sum_up(&mut sum);
    }
    sum.finish()
}

fn cells<T: CellType>(dataset: &Dataset, path: &Path, (band, window): (usize, Window)) -> Result<Vec<T>> {
    let mut values = vec![T::NODATA; window.cells()];
    guard::reading(path, || {
        let size = (window.cols, window.rows);
        dataset.rasterband(band)?.read_into_slice((window.col, window.row), size, size, &mut values, None)
    })?;
    Ok(values)
}

/// A GeoTIFF being written.
///
/// A file that fails half-way is never closed: closing writes once more, and libtiff may then follow a broken directory for
/// ever. What little is leaked goes with the run, which has failed.
pub struct TiffWriter {
    dataset: ManuallyDrop<Dataset>,
    path: PathBuf,
    proof: Proof,
}

impl TiffWriter {
    /// Creates a file on a grid, its cells without data, in place of whatever lies there.
    ///
    /// # Errors
    /// If it cannot be created as asked.
    /// - `bands`: what each band says of itself; the metadata of the first are those of the file.
    pub fn create<T: CellType>(path: &Path, grid: &Grid, bands: &[BandText]) -> Result<Self> {
        let options = ["COMPRESS=DEFLATE", "ZLEVEL=6", "BIGTIFF=IF_SAFER", "INTERLEAVE=BAND"];
        let dataset = create::<T>(path, grid, bands, options.map(str::to_owned).to_vec())?;
        Ok(Self { dataset: ManuallyDrop::new(dataset), path: path.to_owned(), proof: Proof::default() })
    }

    /// Writes a window of the only band, or of the first; it must lie in the grid.
    ///
    /// # Errors
    /// If the cells cannot be written.
    pub fn write<T: CellType>(&mut self, window: Window, values: Vec<T>) -> Result<()> {
        self.write_band(1, window, values)
    }

    /// Writes a window of a band, counted from 1.
    ///
    /// # Errors
    /// If the cells cannot be written.
    pub fn write_band<T: CellType>(&mut self, band: usize, window: Window, values: Vec<T>) -> Result<()> {
        self.proof.add(band, window, &values);
        guard::writing(&self.path, || {
            let size = (window.cols, window.rows);
            let mut buffer = Buffer::new(size, values);
            self.dataset.rasterband(band)?.write((window.col, window.row), size, &mut buffer)
        })
    }

    /// Closes the file, and tells what it must hold.
    ///
    /// # Errors
    /// If anything is left that cannot be written.
    pub fn finish(mut self) -> Result<Proof> {
        guard::writing(&self.path, || self.dataset.flush_cache())?;
        guard::writing(&self.path, || ManuallyDrop::into_inner(self.dataset).close())?;
        Ok(self.proof)
    }
}

/// Creates a GeoTIFF on a grid in place of whatever lies there.
fn create<T: CellType>(path: &Path, grid: &Grid, bands: &[BandText], mut options: Vec<String>) -> Result<Dataset> {
    let reference = crs::spatial_ref(&grid.crs)?;
    // GDAL does not replace a file it cannot read, such as one half written. What cannot be removed it will name.
    let _ = std::fs::remove_file(path);
    guard::writing(path, || {
        let driver = DriverManager::get_driver_by_name("GTiff")?;
        options.push("TILED=YES".to_owned());
        options.extend(["BLOCKXSIZE", "BLOCKYSIZE"].map(|key| format!("{key}={BLOCK}")));
        if !options.iter().any(|option| option == "COMPRESS=NONE") {
            options.extend(predictor::<T>().map(|predictor| format!("PREDICTOR={predictor}")));
        }
        let options: RasterCreationOptions = options.iter().map(String::as_str).collect();
        let size = (grid.cols, grid.rows);
        let mut dataset =
            driver.create_with_band_type_with_options::<T, _>(path, size.0, size.1, bands.len(), &options)?;
        dataset.set_spatial_ref(&reference)?;
        dataset.set_geo_transform(&grid.geotransform())?;
        for (key, value) in bands.iter().take(1).flat_map(|text| &text.metadata) {
            dataset.set_metadata_item(key, value, "")?;
        }
        for (index, text) in bands.iter().enumerate() {
            describe::<T>(&mut dataset.rasterband(index + 1)?, text)?;
        }
        Ok(dataset)
    })
}

/// Bytes of cells beyond which a file counts in 8 bytes.
const LARGEST_PLAIN: usize = 3_900_000_000;

/// Begins a GeoTIFF: all but its blocks, which are for [`crate::raster::tiff::fill`].
///
/// - `statistics`: of the cells, for those who open it; `None` without valid cells.
///
/// # Errors
/// If it cannot be created.
pub fn begin<T: CellType>(
    path: &Path,
    grid: &Grid,
    (text, statistics): (&BandText, Option<Statistics>),
    coding: Coding,
) -> Result<()> {
    let compression = if coding == Coding::Zstd { "ZSTD" } else { "NONE" };
    let is_big = grid.rows.saturating_mul(grid.cols).saturating_mul(size_of::<T>()) > LARGEST_PLAIN;
    let options = vec![
        format!("COMPRESS={compression}"),
        format!("BIGTIFF={}", if is_big { "YES" } else { "NO" }),
        "SPARSE_OK=TRUE".to_owned(),
    ];
    let dataset = create::<T>(path, grid, std::slice::from_ref(text), options)?;
    guard::writing(path, || {
        for (key, value) in statistics.iter().flat_map(Statistics::items) {
            dataset.rasterband(1)?.set_metadata_item(key, &value.to_string(), "")?;
        }
        dataset.close()
    })
}

/// How blocks are compressed, so that this GDAL can read them.
pub fn coding() -> Coding {
    if *COMPRESSION == "ZSTD" { Coding::Zstd } else { Coding::Plain }
}

/// TIFF predictor for a cell type: differences of neighbours, of floats those of [`float_predictor`]; libtiff has none for
/// 64-bit cells.
fn predictor<T: CellType>() -> Option<u8> {
    match (size_of::<T>(), T::datatype()) {
        (1 | 8, _) => None,
        (_, GdalDataType::Float32) => Some(3),
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

/// Copies a GeoTIFF into a Cloud Optimized GeoTIFF; whether it holds what it should is to be seen by [`Check`].
///
/// # Errors
/// If it cannot be written.
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
            // Of whole numbers, for floats too, which are multiples of a quantum: a tenth larger, but libtiff takes half as
            // long again for its other one.
            options.push("PREDICTOR=STANDARD".to_owned());
        }
        let options: RasterCreationOptions = options.iter().map(String::as_str).collect();
        let copy = dataset.create_copy(&driver, target, &options)?;
        copy.close()
    })
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

/// A layer that was written, read as everybody will.
pub struct Check {
    dataset: Dataset,
    path: PathBuf,
}

impl Check {
    /// Opens a layer.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn open(path: &Path) -> Result<Self> {
        Ok(Self { dataset: open::open(path, Content::Raster, Access::default())?, path: path.to_owned() })
    }

    /// Compares the cells of a window with what they must be.
    ///
    /// # Errors
    /// If they differ, or cannot be read.
    pub fn window<T: CellType>(&self, window: Window, expected: &Array2<T>) -> Result<()> {
        let read = cells::<T>(&self.dataset, &self.path, (1, window))?;
        let same = |(a, b): (&T, &T)| a == b || (a.is_no_number() && b.is_no_number());
        if read.len() == expected.len() && read.iter().zip(expected).all(same) {
            return Ok(());
        }
        let what = "what was read back is not what was written";
        Err(Fault::output(self.path.display().to_string(), what).hint("is the disk full, or failing?").into())
    }
}

/// Reads a window of a layer this program wrote.
///
/// # Errors
/// If it cannot be read.
pub fn read_layer<T: CellType>(path: &Path, window: Window) -> Result<Array2<T>> {
    let dataset = open::open(path, Content::Raster, Access::default())?;
    let values = cells(&dataset, path, (1, window))?;
    Array2::from_shape_vec(window.shape(), values)
        .map_err(|error| Fault::input(path.display().to_string(), error.to_string()).into())
}
