//! GDAL's warper, held so that a cell's value does not depend on the window it is read through.
//!
//! Left to itself the warper approximates coordinates, and derives how far its kernel reaches from the window at hand.
//! Here the transformer is exact and anchored to the run's grid, and the scale is computed once for the whole grid.

use std::ffi::{CString, c_int, c_void};
use std::path::{Path, PathBuf};
use std::ptr;

use gdal::Dataset;
use gdal::errors::GdalError;
use gdal::raster::GdalType;
use gdal_sys::{CPLErr, GDALResampleAlg};

use super::guard;
use super::open::BandInfo;
use crate::fault::{Fault, Result};
use crate::grid::{Extent, Grid, Window};
use crate::project::file::Resample;

/// Cells of the input per cell of the grid, along the input's columns and rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// Grid cells per input column; below 1 where the grid is coarser.
    pub x: f64,
    /// Grid cells per input row; below 1 where the grid is coarser.
    pub y: f64,
}

/// Input cells read at once; windows that need more are read in parts.
const LARGEST_SOURCE_CELLS: f64 = 16_777_216.0;
/// Input cells read beyond what the window's edges map to.
const SOURCE_MARGIN: f64 = 8.0;
/// Points along each side of the grid at which the scale is measured.
const SCALE_POINTS: i32 = 17;

/// A transformer from cells of the grid to cells of an input.
struct Transformer(*mut c_void);

impl Transformer {
    fn new(info: &BandInfo, grid: &Grid, interest: Option<Extent>) -> gdal::errors::Result<Self> {
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
    fn source_cell(&self, col: f64, row: f64) -> Option<(f64, f64)> {
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

fn set_option(
    list: *mut *mut std::ffi::c_char,
    key: &str,
    value: &str,
) -> gdal::errors::Result<*mut *mut std::ffi::c_char> {
    let (key, value) = (CString::new(key)?, CString::new(value)?);
    // SAFETY: `list` is null or a list of this function; both strings are copied.
    Ok(unsafe { gdal_sys::CSLSetNameValue(list, key.as_ptr(), value.as_ptr()) })
}

/// Input cells per grid cell, the mean over the whole grid: the footprint of a cell along each axis of the input.
///
/// # Errors
/// If no point of the grid has an image in the input's system.
pub fn scale(path: &Path, info: &BandInfo, grid: &Grid, interest: Option<Extent>) -> Result<Scale> {
    let transformer = guard::reading(path, || Transformer::new(info, grid, interest))?;
    let (mut across, mut along, mut points) = (0.0, 0.0, 0.0);
    for i in 0..SCALE_POINTS {
        for j in 0..SCALE_POINTS {
            let col = grid.cols as f64 * f64::from(i) / f64::from(SCALE_POINTS - 1);
            let row = grid.rows as f64 * f64::from(j) / f64::from(SCALE_POINTS - 1);
            let probe = |dc: f64, dr: f64| transformer.source_cell(col + dc, row + dr);
            let (Some(e), Some(w)) = (probe(0.5, 0.0), probe(-0.5, 0.0)) else { continue };
            let (Some(s), Some(n)) = (probe(0.0, 0.5), probe(0.0, -0.5)) else { continue };
            across += (e.0 - w.0).hypot(s.0 - n.0);
            along += (e.1 - w.1).hypot(s.1 - n.1);
            points += 1.0;
        }
    }
    if points == 0.0 {
        let what = format!("its system {} has no image of the run's grid in {}", info.crs.label, grid.crs.label);
        return Err(Fault::input(path.display().to_string(), what).into());
    }
    Ok(Scale { x: points / across, y: points / along })
}

/// A warp from one band to the run's grid.
pub struct Warp {
    // Dropped in this order: the operation refers to the transformer.
    operation: Operation,
    _transformer: Transformer,
    scale: Scale,
    path: PathBuf,
}

struct Operation(gdal_sys::GDALWarpOperationH);

impl Drop for Operation {
    fn drop(&mut self) {
        // SAFETY: made by GDALCreateWarpOperation and destroyed once, before its transformer.
        unsafe { gdal_sys::GDALDestroyWarpOperation(self.0) };
    }
}

// SAFETY: the operation, its transformer and the dataset it reads belong together to one `Reader`, which is used by
// one thread at a time; GDAL allows such objects to move between threads.
unsafe impl Send for Warp {}

/// How a band is warped.
pub struct Plan<'a> {
    /// The file, for messages.
    pub path: &'a Path,
    /// What the band holds.
    pub info: &'a BandInfo,
    /// Band, from 1.
    pub band: usize,
    /// Value that means no data.
    pub nodata: Option<f64>,
    /// How values are found between cells.
    pub resample: Resample,
    /// See [`scale`].
    pub scale: Scale,
    /// The grid's extent in degrees.
    pub interest: Option<Extent>,
}

impl Warp {
    /// Sets a warp up. The dataset must outlive it.
    ///
    /// # Errors
    /// If GDAL refuses the combination.
    pub fn new<T: GdalType>(dataset: &Dataset, grid: &Grid, plan: &Plan<'_>) -> Result<Self> {
        guard::reading(plan.path, || {
            let transformer = Transformer::new(plan.info, grid, plan.interest)?;
            let options = settings(plan)?;
            let algorithm = match plan.resample {
                Resample::Nearest => GDALResampleAlg::GRA_NearestNeighbour,
                Resample::Bilinear => GDALResampleAlg::GRA_Bilinear,
                Resample::Average => GDALResampleAlg::GRA_Average,
                Resample::Mode => GDALResampleAlg::GRA_Mode,
            };
            // SAFETY: the options are made, filled and destroyed here; arrays in them come from CPLMalloc because
            // GDALDestroyWarpOptions frees them; the operation keeps its own copy and refers to `dataset` and
            // `transformer`, which outlive it.
            let operation = unsafe {
                let warp = gdal_sys::GDALCreateWarpOptions();
                (*warp).papszWarpOptions = options;
                (*warp).eResampleAlg = algorithm;
                (*warp).eWorkingDataType = T::gdal_ordinal();
                (*warp).hSrcDS = dataset.c_dataset();
                (*warp).nBandCount = 1;
                (*warp).panSrcBands = one_int(plan.band as c_int);
                (*warp).panDstBands = one_int(1);
                // Without a stated value NaN is the one that means nothing. GDAL knows one such value only: in a band
                // that has both, NaN spreads as far as the kernel reaches, to cells that then count as unknown.
                (*warp).padfSrcNoDataReal = one_double(plan.nodata.unwrap_or(f64::NAN));
                (*warp).padfDstNoDataReal = one_double(f64::NAN);
                (*warp).pfnTransformer = Some(gdal_sys::GDALGenImgProjTransform);
                (*warp).pTransformerArg = transformer.0;
                let operation = gdal_sys::GDALCreateWarpOperation(warp);
                gdal_sys::GDALDestroyWarpOptions(warp);
                operation
            };
            if operation.is_null() {
                return Err(GdalError::BadArgument("the warp could not be set up".to_owned()));
            }
            let path = plan.path.to_owned();
            Ok(Self { operation: Operation(operation), _transformer: transformer, scale: plan.scale, path })
        })
    }

    /// Fills `buffer` (row by row, preset to NaN) with the window's values; cells without a value stay NaN.
    ///
    /// # Errors
    /// If the input cannot be read.
    pub fn read<T: GdalType + Copy>(&self, window: Window, buffer: &mut [T], empty: T) -> Result<()> {
        let source_cells = window.cells() as f64 / (self.scale.x * self.scale.y);
        if source_cells <= LARGEST_SOURCE_CELLS || window.rows == 1 && window.cols == 1 {
            buffer.fill(empty);
            return self.read_whole::<T>(window, buffer);
        }
        if window.rows > 1 {
            let half = window.rows / 2;
            let (top, bottom) = buffer.split_at_mut(half * window.cols);
            self.read(Window { rows: half, ..window }, top, empty)?;
            let rest = Window { row: window.row + half as isize, rows: window.rows - half, ..window };
            return self.read(rest, bottom, empty);
        }
        let half = window.cols / 2;
        let (left, right) = buffer.split_at_mut(half);
        self.read(Window { cols: half, ..window }, left, empty)?;
        self.read(Window { col: window.col + half as isize, cols: window.cols - half, ..window }, right, empty)
    }

    fn read_whole<T: GdalType>(&self, window: Window, buffer: &mut [T]) -> Result<()> {
        debug_assert_eq!(buffer.len(), window.cells());
        guard::reading(&self.path, || {
            // SAFETY: the buffer holds exactly the cells announced, in the type announced; a source window of zero
            // size asks GDAL to find it.
            let code = unsafe {
                gdal_sys::GDALWarpRegionToBuffer(
                    self.operation.0,
                    window.col as c_int,
                    window.row as c_int,
                    window.cols as c_int,
                    window.rows as c_int,
                    buffer.as_mut_ptr().cast(),
                    T::gdal_ordinal(),
                    0,
                    0,
                    0,
                    0,
                )
            };
            if code == CPLErr::CE_None {
                Ok(())
            } else {
                Err(GdalError::BadArgument("the input could not be warped".to_owned()))
            }
        })
    }
}

fn settings(plan: &Plan<'_>) -> gdal::errors::Result<*mut *mut std::ffi::c_char> {
    // A kernel that covers several input cells reaches that much farther.
    let reach = (1.0 / plan.scale.x).max(1.0 / plan.scale.y).max(1.0);
    let mut list = ptr::null_mut();
    for (key, value) in [
        ("XSCALE", format!("{:.17e}", plan.scale.x)),
        ("YSCALE", format!("{:.17e}", plan.scale.y)),
        ("SOURCE_EXTRA", format!("{}", (SOURCE_MARGIN + 2.0 * reach).ceil())),
        ("SAMPLE_GRID", "YES".to_owned()),
        ("NUM_THREADS", "1".to_owned()),
        ("INIT_DEST", "NO_DATA".to_owned()),
    ] {
        list = set_option(list, key, &value)?;
    }
    Ok(list)
}

/// One integer in memory that GDAL will free.
fn one_int(value: c_int) -> *mut c_int {
    // SAFETY: CPLMalloc returns memory for the size asked, or ends the process.
    unsafe {
        let memory: *mut c_int = gdal_sys::VSIMalloc(size_of::<c_int>()).cast();
        memory.write(value);
        memory
    }
}

/// One double in memory that GDAL will free.
fn one_double(value: f64) -> *mut f64 {
    // SAFETY: as in `one_int`.
    unsafe {
        let memory: *mut f64 = gdal_sys::VSIMalloc(size_of::<f64>()).cast();
        memory.write(value);
        memory
    }
}
