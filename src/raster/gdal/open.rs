//! Opening rasters: what is allowed, and what a file holds.

use std::ffi::CStr;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use gdal::raster::{GdalDataType, RasterBand};
use gdal::{Dataset, DatasetOptions, DriverManager, GdalOpenFlags, Metadata};

use super::guard;
use crate::fault::{Fault, Result};
use crate::grid::Crs;
use crate::project::file::Access;

/// Formats whose files point to other files.
const VIRTUAL: [&str; 8] = ["VRT", "OGR_VRT", "GTI", "DERIVED", "STACTA", "STACIT", "ECRGTOC", "RPFTOC"];
/// Formats that live on a server or in a database.
const REMOTE: [&str; 34] = [
    "WMS",
    "WCS",
    "WMTS",
    "WFS",
    "OAPIF",
    "OGCAPI",
    "EEDA",
    "EEDAI",
    "PLMOSAIC",
    "PLScenes",
    "PLSCENES",
    "DAAS",
    "HTTP",
    "NGW",
    "CSW",
    "Elasticsearch",
    "Elastic",
    "Carto",
    "AmigoCloud",
    "GFT",
    "MongoDBv3",
    "PostgreSQL",
    "PGDUMP",
    "PostGISRaster",
    "MySQL",
    "MSSQLSpatial",
    "OCI",
    "GeoRaster",
    "ODBC",
    "PGeo",
    "HANA",
    "RDA",
    "KEA_REMOTE",
    "SNAP_TIFF",
];
/// A block that takes more than this when decoded is a bomb, not a raster [bytes].
const LARGEST_BLOCK: usize = 1 << 30;
/// More cells than this are not a raster either: 2 million by 1 million.
const LARGEST_RASTER: usize = 2_000_000_000_000;

static DRIVERS: LazyLock<Vec<String>> = LazyLock::new(|| {
    guard::setup();
    DriverManager::register_all();
    DriverManager::all().map(|driver| driver.short_name()).collect()
});

/// Names of the formats a project may read.
fn allowed(access: Access) -> Vec<&'static str> {
    DRIVERS
        .iter()
        .map(String::as_str)
        .filter(|name| access.allow_virtual || !VIRTUAL.contains(name))
        .filter(|name| access.allow_remote || !REMOTE.contains(name))
        .collect()
}

/// What to look for in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Bands of cells.
    Raster,
    /// Layers of features.
    Vector,
}

/// Opens a file read-only, in an allowed format.
///
/// # Errors
/// If it cannot be opened, or only in a format the project does not allow.
pub fn open(path: &Path, content: Content, access: Access) -> Result<Dataset> {
    let flags = match content {
        Content::Raster => GdalOpenFlags::GDAL_OF_RASTER,
        Content::Vector => GdalOpenFlags::GDAL_OF_VECTOR,
    };
    let open_flags = flags | GdalOpenFlags::GDAL_OF_READONLY | GdalOpenFlags::GDAL_OF_VERBOSE_ERROR;
    if !is_virtual_path(path) && !path.exists() {
        let hint = "check the path; it is relative to the project file";
        return Err(Fault::input(path.display().to_string(), "no such file").hint(hint).into());
    }
    let drivers = allowed(access);
    let options = DatasetOptions { open_flags, allowed_drivers: Some(&drivers), ..DatasetOptions::default() };
    guard::reading(path, || Dataset::open_ex(path, options)).map_err(|faults| {
        let what = match content {
            Content::Raster => "not a raster file this project may read",
            Content::Vector => "not a vector file this project may read",
        };
        let said = faults.list().first().map(|fault| fault.what.clone()).unwrap_or_default();
        let hint = "formats that point to other files or to servers need [access]";
        Fault::input(path.display().to_string(), format!("{what}: {said}")).hint(hint).into()
    })
}

/// Whether GDAL, not the operating system, knows the path.
pub fn is_virtual_path(path: &Path) -> bool {
    let text = path.to_string_lossy();
    text.starts_with("/vsi")
        || text.contains("://")
        || text.split_once(':').is_some_and(|(head, _)| !head.contains('/'))
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
    files.sort();
    files.dedup();
    files
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
    /// Files it consists of.
    pub files: Vec<PathBuf>,
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
    let block_bytes = block.0.saturating_mul(block.1).saturating_mul(handle.band_type().bytes() as usize);
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
    Ok(BandInfo {
        size,
        geotransform,
        crs,
        nodata: handle.no_data_value(),
        numbers: Numbers::of(&handle),
        scale: handle.scale().filter(|scale| *scale != 0.0).unwrap_or(1.0),
        offset: handle.offset().unwrap_or(0.0),
        files: files_of(&dataset, path),
    })
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
