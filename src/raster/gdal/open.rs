//! Opening rasters: what is allowed, and what a file holds.

use std::ffi::CStr;
use std::path::{Path, PathBuf};

use gdal::raster::{GdalDataType, RasterBand};
use gdal::{Dataset, DatasetOptions, GdalOpenFlags, Metadata};

use super::{formats, guard};
use crate::fault::{Fault, Result};
use crate::grid::{Crs, Extent, Grid};
use crate::project::access::Reach;
use crate::project::file::Access;

/// A block that takes more than this when decoded is a bomb, not a raster [bytes].
const LARGEST_BLOCK: usize = 1 << 29;
/// More cells than this are not a raster either: 2 million by 1 million.
const LARGEST_RASTER: usize = 2_000_000_000_000;

/// What to look for in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Bands of cells.
    Raster,
    /// Layers of features.
    Vector,
}

/// Opens a file read-only, in a format the project allows.
///
/// # Errors
/// If it cannot be opened, or only in a format the project does not allow.
pub fn open(path: &Path, content: Content, access: Access) -> Result<Dataset> {
    guard::setup();
    formats::permit(access);
    let place = path.display().to_string();
    let reach = Reach::of(path);
    if !reach.is_allowed(access) {
        return Err(Fault::project(place, "leads farther than [access] allows").into());
    }
    if matches!(reach, Reach::File | Reach::Pointer) && !path.is_file() && !path.is_dir() {
        let what = if path.exists() { "is neither a file nor a folder" } else { "no such file" };
        return Err(Fault::input(place, what)
            .hint("check the path; in a project it is relative to the project file")
            .into());
    }
    if !access.allow_virtual && formats::points_elsewhere(path) {
        let hint = "convert it to GeoTIFF, or set allow_virtual = true in [access]";
        return Err(Fault::input(place, "is HDF5, whose arrays may lie in other files").hint(hint).into());
    }
    let flags = match content {
        Content::Raster => GdalOpenFlags::GDAL_OF_RASTER,
        Content::Vector => GdalOpenFlags::GDAL_OF_VECTOR,
    };
    let open_flags = flags | GdalOpenFlags::GDAL_OF_READONLY | GdalOpenFlags::GDAL_OF_VERBOSE_ERROR;
    let options = DatasetOptions { open_flags, ..DatasetOptions::default() };
    guard::reading(path, || Dataset::open_ex(path, options)).map_err(|faults| {
        let what = match content {
            Content::Raster => "not a raster file this project may read",
            Content::Vector => "not a vector file this project may read",
        };
        let said = faults.list().first().map(|fault| fault.what.clone()).unwrap_or_default();
        let readable = formats::readable(access, content).join(", ");
        let hint = format!("formats it may read: {readable}; those that may point to further files need [access]");
        Fault::input(place, format!("{what}: {said}")).hint(hint).into()
    })
}

/// All files a dataset consists of: itself, sidecars, and what a virtual format points to.
pub fn files_of(dataset: &Dataset, path: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = Vec::new();
    // SAFETY: the handle lives as long as `dataset`. The list is ours: null-terminated strings up to a null pointer,
    // read before it is freed.
    unsafe {
        let list = gdal_sys::GDALGetFileList(dataset.c_dataset());
        let mut entry = list;
        while !entry.is_null() && !(*entry).is_null() {
            files.push(PathBuf::from(CStr::from_ptr(*entry).to_string_lossy().into_owned()));
            entry = entry.add(1);
        }
        gdal_sys::CSLDestroy(list);
    }
    if files.is_empty() {
        files.push(path.to_owned());
    }
    files.extend(files.iter().filter_map(|file| journal(file)).collect::<Vec<_>>());
    files.sort();
    files.dedup();
    files
}

/// The journal beside a database file that holds changes not yet in the file itself.
fn journal(path: &Path) -> Option<PathBuf> {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    let journal = PathBuf::from(name);
    journal.metadata().is_ok_and(|found| found.len() > 0).then_some(journal)
}

/// What numbers the cells of a band hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbers {
    /// Numbers that an `f32` holds exactly.
    Narrow,
    /// Bytes with a sign, which GDAL before 3.7 says beside the type.
    SignedBytes,
    /// Whole numbers of more than 24 bits.
    WideWhole,
    /// Numbers with more digits than an `f32` has.
    WideReal,
}

impl Numbers {
    fn of(band: &RasterBand<'_>) -> Self {
        let data_type = band.band_type();
        let wide = !matches!(data_type, GdalDataType::Float32) && data_type.bytes() >= 4;
        match (wide, data_type.is_integer()) {
            (true, true) => Self::WideWhole,
            (true, false) => Self::WideReal,
            _ if band.metadata_item("PIXELTYPE", "IMAGE_STRUCTURE").as_deref() == Some("SIGNEDBYTE") => {
                Self::SignedBytes
            }
            _ => Self::Narrow,
        }
    }
}

/// What a raster band holds.
#[derive(Debug, Clone)]
pub struct BandInfo {
    /// Columns and rows.
    pub size: (usize, usize),
    /// GDAL's six coefficients.
    pub geotransform: [f64; 6],
    /// Its system.
    pub crs: Crs,
    /// Nodata the file declares.
    pub nodata: Option<f64>,
    /// What its cells hold.
    pub numbers: Numbers,
    /// Value = raw · scale + offset.
    pub scale: f64,
    /// See `scale`.
    pub offset: f64,
    /// Unit the band declares; may be empty.
    pub unit: String,
    /// Files it consists of.
    pub files: Vec<PathBuf>,
}

/// Names of the metre that elevation models use.
const METRES: [&str; 7] = ["", "m", "metre", "meter", "metres", "meters", "1"];

impl BandInfo {
    /// A fault if it declares another unit than metres.
    pub fn in_metres(&self, place: &str) -> Option<Fault> {
        let in_metres = METRES.contains(&self.unit.trim().to_lowercase().as_str());
        (!in_metres).then(|| {
            let hint = "convert it: gdal_calc, or gdal_translate -scale; then gdal_edit -units m";
            Fault::input(place, format!("is an elevation model in `{}`, expected metres", self.unit)).hint(hint)
        })
    }

    /// The smallest rectangle around all cells, in the band's own coordinates.
    pub fn extent(&self) -> Extent {
        let [x0, dx, skew_x, y0, skew_y, dy] = self.geotransform;
        let (cols, rows) = (self.size.0 as f64, self.size.1 as f64);
        let corners = [(0.0, 0.0), (cols, 0.0), (0.0, rows), (cols, rows)];
        let xs = corners.map(|(col, row)| x0 + col * dx + row * skew_x);
        let ys = corners.map(|(col, row)| y0 + col * skew_y + row * dy);
        let least = |values: [f64; 4]| values.into_iter().fold(f64::INFINITY, f64::min);
        let most = |values: [f64; 4]| values.into_iter().fold(f64::NEG_INFINITY, f64::max);
        Extent { x_min: least(xs), y_min: least(ys), x_max: most(xs), y_max: most(ys) }
    }

    /// The grid of its own cells.
    ///
    /// # Errors
    /// If it is turned or mirrored.
    pub fn grid(&self, place: &str) -> Result<Grid> {
        let [x_min, cell_x, skew_x, y_max, skew_y, dy] = self.geotransform;
        if skew_x != 0.0 || skew_y != 0.0 || cell_x <= 0.0 || dy >= 0.0 {
            let hint = "rewrite it north-up with gdalwarp";
            return Err(Fault::input(place, "is not north-up and cannot give a grid").hint(hint).into());
        }
        let (cols, rows) = self.size;
        Ok(Grid { crs: self.crs.clone(), x_min, y_max, cell_x, cell_y: -dy, rows, cols })
    }
}

/// Looks at one band without reading cells.
///
/// # Errors
/// If the file cannot be opened, has no such band, no coordinate system or no usable geotransform, or if its size
/// can only be an attack.
pub fn band_info(path: &Path, band: usize, access: Access) -> Result<BandInfo> {
    let dataset = open(path, Content::Raster, access)?;
    let place = path.display().to_string();
    let bands = dataset.raster_count();
    if band > bands {
        return Err(Fault::input(place, format!("has {bands} band(s), not a band {band}")).into());
    }
    let size = dataset.raster_size();
    let handle = guard::reading(path, || dataset.rasterband(band))?;
    let block = handle.block_size();
    // Where bands are stored cell by cell, reading one reads all.
    let interleaved = dataset.metadata_item("INTERLEAVE", "IMAGE_STRUCTURE").as_deref() == Some("PIXEL");
    let cell_bytes = handle.band_type().bytes() as usize * if interleaved { bands } else { 1 };
    let block_bytes = block.0.saturating_mul(block.1).saturating_mul(cell_bytes);
    if block_bytes > LARGEST_BLOCK || size.0.saturating_mul(size.1) > LARGEST_RASTER {
        let what = format!("{}×{} cells in blocks of {}×{} cannot be read safely", size.0, size.1, block.0, block.1);
        return Err(Fault::input(place, what).hint("rewrite it in blocks of 512×512").into());
    }
    let spatial_ref = dataset.spatial_ref().map_err(|_| {
        let hint = "say which it is: gdal_edit.py -a_srs EPSG:… FILE";
        Fault::input(place.clone(), "has no coordinate reference system").hint(hint)
    })?;
    let geotransform = dataset.geo_transform().map_err(|_| {
        Fault::input(place.clone(), "has no geotransform").hint("georeference it, for example with gdalwarp")
    })?;
    let crs = super::crs::describe(&spatial_ref, &place)?;
    let files = files_of(&dataset, path);
    mask_is_read(path, &files)?;
    Ok(BandInfo {
        size,
        geotransform,
        crs,
        nodata: handle.no_data_value(),
        numbers: Numbers::of(&handle),
        scale: handle.scale().filter(|scale| *scale != 0.0).unwrap_or(1.0),
        offset: handle.offset().unwrap_or(0.0),
        unit: handle.unit(),
        files,
    })
}

/// A fault if a mask lies beside a raster that GDAL cannot read: its cells would all count as valid.
fn mask_is_read(path: &Path, files: &[PathBuf]) -> Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".msk");
    let mask = PathBuf::from(name);
    if !mask.is_file() || files.contains(&mask) {
        return Ok(());
    }
    let what = format!("its mask {} cannot be read", mask.display());
    Err(Fault::input(path.display().to_string(), what).hint("make it again, or remove it").into())
}

/// Versions of GDAL and PROJ, for the manifest and the keys of results.
pub fn versions() -> (String, String) {
    guard::setup();
    let gdal = gdal::version::VersionInfo::release_name();
    let (mut major, mut minor, mut patch) = (0, 0, 0);
    // SAFETY: the three pointers are valid for writing one integer each.
    unsafe { gdal_sys::OSRGetPROJVersion(&raw mut major, &raw mut minor, &raw mut patch) };
    (gdal, format!("{major}.{minor}.{patch}"))
}
