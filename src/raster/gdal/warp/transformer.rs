//! Coordinates between cells of the grid and cells of an input, exact.

use std::ffi::{CString, c_int, c_void};
use std::ptr;

use gdal::errors::GdalError;

use crate::grid::{Extent, Grid, Window};
use crate::raster::gdal::open::BandInfo;

/// A transformer from cells of the grid to cells of an input.
pub struct Transformer(*mut c_void);

impl Transformer {
    /// The transformer between a band and the grid.
    ///
    /// - `interest`: the grid's extent in degrees, by which PROJ chooses among several ways.
    ///
    /// # Errors
    /// If there is no way between the two systems.
    pub fn new(info: &BandInfo, grid: &Grid, interest: Option<Extent>) -> gdal::errors::Result<Self> {
        let source = CString::new(info.crs.wkt.as_str())?;
        let target = CString::new(grid.crs.wkt.as_str())?;
        let (source_ref, target_ref) = (reference(&source)?, reference(&target)?);
        let mut options: *mut *mut std::ffi::c_char = ptr::null_mut();
        if let Some(area) = interest {
            let text = format!("{},{},{},{}", area.x_min, area.y_min, area.x_max, area.y_max);
            options = set_option(options, "AREA_OF_INTEREST", &text)?;
        }
        // SAFETY: both systems and both geotransforms outlive the call; the transformer copies what it keeps.
        let pointer = unsafe {
            let made = gdal_sys::GDALCreateGenImgProjTransformer4(
                source_ref.0,
                info.geotransform.as_ptr(),
                target_ref.0,
                grid.geotransform().as_ptr(),
                options.cast_const().cast(),
            );
            gdal_sys::CSLDestroy(options);
            made
        };
        if pointer.is_null() {
            return Err(GdalError::BadArgument("no way between the two coordinate systems".to_owned()));
        }
        Ok(Self(pointer))
    }

    /// Carries grid cells (column, row) to input cells (column, row); `None` where there is no image.
    pub fn source_cell(&self, col: f64, row: f64) -> Option<(f64, f64)> {
        let (mut x, mut y, mut z, mut success) = ([col], [row], [0.0], [0]);
        // SAFETY: four arrays of the one element announced.
        let done = unsafe {
            gdal_sys::GDALGenImgProjTransform(
                self.0,
                1,
                1,
                x.as_mut_ptr(),
                y.as_mut_ptr(),
                z.as_mut_ptr(),
                success.as_mut_ptr(),
            )
        };
        (done == 1 && success[0] == 1 && x[0].is_finite() && y[0].is_finite()).then_some((x[0], y[0]))
    }

    /// The same to a part of the input, whose cells are counted from the part's corner.
    pub fn shifted(&self, part: Window) -> Shifted<'_> {
        Shifted { base: self, col: part.col as f64, row: part.row as f64 }
    }
}

impl Drop for Transformer {
    fn drop(&mut self) {
        // SAFETY: made by GDALCreateGenImgProjTransformer4 and destroyed once.
        unsafe { gdal_sys::GDALDestroyGenImgProjTransformer(self.0) };
    }
}

/// A coordinate system as the C interface wants it, freed on drop.
struct Reference(gdal_sys::OGRSpatialReferenceH);

fn reference(wkt: &CString) -> gdal::errors::Result<Reference> {
    // SAFETY: a new object is filled from a null-terminated string that outlives the call.
    unsafe {
        let handle = gdal_sys::OSRNewSpatialReference(ptr::null());
        let made = Reference(handle);
        let mut text = wkt.as_ptr().cast_mut();
        if gdal_sys::OSRImportFromWkt(handle, &raw mut text) != gdal_sys::OGRErr::OGRERR_NONE {
            return Err(GdalError::BadArgument("unreadable coordinate system".to_owned()));
        }
        let order = gdal_sys::OSRAxisMappingStrategy::OAMS_TRADITIONAL_GIS_ORDER;
        gdal_sys::OSRSetAxisMappingStrategy(handle, order);
        Ok(made)
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        // SAFETY: made by OSRNewSpatialReference and released once.
        unsafe { gdal_sys::OSRRelease(self.0) };
    }
}

/// Adds an option to a list of GDAL's.
///
/// # Errors
/// If a word holds a NUL byte.
pub fn set_option(
    list: *mut *mut std::ffi::c_char,
    key: &str,
    value: &str,
) -> gdal::errors::Result<*mut *mut std::ffi::c_char> {
    let (key, value) = (CString::new(key)?, CString::new(value)?);
    // SAFETY: `list` is null or a list of this function; both strings are copied.
    Ok(unsafe { gdal_sys::CSLSetNameValue(list, key.as_ptr(), value.as_ptr()) })
}

/// The transformer to a part of the input: its cells are counted from the part's corner.
///
/// Whole numbers of cells are taken from coordinates that are multiples of the same power of two, so nothing is rounded,
/// and a cell sees the same fractions whatever part is read.
pub struct Shifted<'a> {
    base: &'a Transformer,
    col: f64,
    row: f64,
}

/// [`gdal_sys::GDALGenImgProjTransform`] for a part of the input.
///
/// # Safety
/// As GDAL calls it: `argument` is a [`Shifted`] that lives, the pointers hold `n` values each.
pub unsafe extern "C" fn shifted(
    argument: *mut c_void,
    to_source: c_int,
    n: c_int,
    x: *mut f64,
    y: *mut f64,
    z: *mut f64,
    success: *mut c_int,
) -> c_int {
    // SAFETY: see above.
    unsafe {
        let shift = &*argument.cast::<Shifted<'_>>();
        let move_by = |sign: f64| {
            for i in 0..n as usize {
                *x.add(i) += sign * shift.col;
                *y.add(i) += sign * shift.row;
            }
        };
        if to_source == 0 {
            move_by(1.0);
        }
        let done = gdal_sys::GDALGenImgProjTransform(shift.base.0, to_source, n, x, y, z, success);
        if to_source != 0 {
            move_by(-1.0);
        }
        done
    }
}
