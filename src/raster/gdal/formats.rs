//! What GDAL can reach in this process: the formats that are registered, and the network.
//!
//! A file may name others: as overviews, masks or in sidecars, which GDAL opens in whatever format they have. What is not
//! registered cannot be opened by any such way, so the list of formats is kept for the process and not for a call.

use std::ffi::{c_char, c_int, c_void};
use std::io::Read;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use gdal::{Driver, DriverManager, Metadata};

use super::open::Content;
use crate::project::file::Access;

/// Formats of one file with its sidecars, and those this program writes or works in. Of netCDF only the classic format: the
/// newer one is HDF5, see [`points_elsewhere`].
const PLAIN: [&str; 33] = [
    "GTiff",
    "COG",
    "MEM",
    "Memory",
    "AAIGrid",
    "AIG",
    "CSV",
    "DTED",
    "EHdr",
    "ENVI",
    "ESRI Shapefile",
    "FlatGeobuf",
    "GeoJSON",
    "GeoJSONSeq",
    "GPKG",
    "GPX",
    "GRASSASCIIGrid",
    "GRIB",
    "HFA",
    "JP2OpenJPEG",
    "JPEG",
    "KML",
    "MapInfo File",
    "netCDF",
    "OpenFileGDB",
    "PCRaster",
    "PNG",
    "RST",
    "SAGA",
    "SQLite",
    "SRTMHGT",
    "TopoJSON",
    "USGSDEM",
];
/// Formats of local files that can point to further files.
const POINTING: [&str; 16] = [
    "VRT",
    "OGR_VRT",
    "GTI",
    "BAG",
    "ERS",
    "GML",
    "HDF4",
    "HDF4Image",
    "HDF5",
    "HDF5Image",
    "ISIS3",
    "LIBKML",
    "MBTiles",
    "NITF",
    "Parquet",
    "Zarr",
];
/// Formats that live on a server or in a database.
const REMOTE: [&str; 12] = [
    "HTTP",
    "MSSQLSpatial",
    "MySQL",
    "OAPIF",
    "OGCAPI",
    "PostGISRaster",
    "PostgreSQL",
    "STACIT",
    "STACTA",
    "WCS",
    "WFS",
    "WMS",
];

/// Whether a project may read a format. Formats in none of the lists are never opened: some write beside what they read.
fn is_allowed(format: &str, access: Access) -> bool {
    PLAIN.contains(&format)
        || (access.allow_virtual && POINTING.contains(&format))
        || (access.allow_remote && REMOTE.contains(&format))
}

/// First bytes of an HDF5 file, whose arrays may lie in any other file.
const HDF5: &[u8] = b"\x89HDF\r\n\x1a\n";

/// Whether a file is of a kind that can hold the bytes of other files, whatever its format is called.
pub fn points_elsewhere(path: &Path) -> bool {
    let mut first = [0; HDF5.len()];
    std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut first)).is_ok() && first == *HDF5
}

struct Registered {
    /// All formats this GDAL knows, registered or not.
    drivers: Vec<Driver>,
    access: Option<Access>,
}

// SAFETY: drivers live as long as the process; they are touched under the lock only.
unsafe impl Send for Registered {}

static REGISTERED: Mutex<Registered> = Mutex::new(Registered { drivers: Vec::new(), access: None });

/// Lets GDAL reach what a project allows, and nothing else. Safe to repeat; one project at a time.
pub fn permit(access: Access) {
    let mut registered = REGISTERED.lock().unwrap_or_else(PoisonError::into_inner);
    if registered.access == Some(access) {
        return;
    }
    if registered.access.is_none() {
        DriverManager::prevent_auto_registration();
        DriverManager::register_all();
        registered.drivers = DriverManager::all().collect();
    }
    for driver in &registered.drivers {
        if is_allowed(&driver.short_name(), access) {
            DriverManager::register_driver(driver);
        } else {
            DriverManager::deregister_driver(driver);
        }
    }
    network(access);
    registered.access = Some(access);
}

/// The formats a project may read, for messages.
pub fn readable(access: Access, content: Content) -> Vec<&'static str> {
    let capability = match content {
        Content::Raster => "DCAP_RASTER",
        Content::Vector => "DCAP_VECTOR",
    };
    let reads = |format: &&str| {
        let driver = DriverManager::get_driver_by_name(format);
        driver.is_ok_and(|driver| driver.metadata_item(capability, "").is_some())
    };
    let own = ["COG", "MEM", "Memory"];
    let all = PLAIN.into_iter().chain(POINTING).chain(REMOTE);
    all.filter(|format| is_allowed(format, access) && !own.contains(format)).filter(reads).collect()
}

/// Opens or shuts the network. GDAL fetches in two ways: its network file systems, which take the name of the only file
/// they may open, and plain requests, which go through a hook.
fn network(access: Access) {
    const ONLY_FILE: &str = "CPL_VSIL_CURL_ALLOWED_FILENAME";
    let hook: Option<Fetch> = if access.allow_remote { None } else { Some(no_fetch) };
    // Only a NUL byte in the constants could make these fail.
    let _ = if access.allow_remote {
        gdal::config::clear_config_option(ONLY_FILE)
    } else {
        gdal::config::set_config_option(ONLY_FILE, "none")
    };
    // SAFETY: called under the lock of `permit`, before anything is opened with the new access; the hook needs no data.
    unsafe { CPLHTTPSetFetchCallback(hook, std::ptr::null_mut()) };
}

/// GDAL's `CPLHTTPFetchCallbackFunc`.
type Fetch = unsafe extern "C" fn(
    *const c_char,
    *const *const c_char,
    *const c_void,
    *mut c_void,
    *const c_void,
    *mut c_void,
    *mut c_void,
) -> *mut c_void;

unsafe extern "C" {
    /// See `cpl_http.h`, since GDAL 3.2; missing from the generated bindings.
    fn CPLHTTPSetFetchCallback(hook: Option<Fetch>, data: *mut c_void);
}

/// Bytes of a `CPLHTTPResult`, with room to spare: GDAL 3.6 has 72.
const RESULT_BYTES: usize = 512;

/// Answers every request with a failure.
///
/// # Safety
/// As GDAL calls it; nothing of the arguments is read.
unsafe extern "C" fn no_fetch(
    _url: *const c_char,
    _options: *const *const c_char,
    _progress: *const c_void,
    _progress_data: *mut c_void,
    _write: *const c_void,
    _write_data: *mut c_void,
    _data: *mut c_void,
) -> *mut c_void {
    // SAFETY: zeroed memory from GDAL's allocator, which frees it: no data, no message, and a status that is no success.
    unsafe {
        let result = gdal_sys::VSICalloc(1, RESULT_BYTES);
        if !result.is_null() {
            result.cast::<c_int>().write(1);
        }
        result
    }
}
