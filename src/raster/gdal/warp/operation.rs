//! One warp of cells in memory.

use std::ffi::{c_char, c_int};
use std::ptr;

use gdal::Dataset;
use gdal::errors::GdalError;
use gdal::raster::Buffer;
use gdal_sys::{CPLErr, GDALResampleAlg};
use ndarray::Array2;

use super::transformer::{Shifted, set_option, shifted};
use super::{Cell, SOURCE_MARGIN, Scale, Setting};
use crate::grid::Window;
use crate::project::file::Resample;

/// Cells as a dataset that GDAL can warp from.
///
/// # Errors
/// If there is no memory for it.
pub fn in_memory<T: Cell>(cells: &Array2<T>) -> gdal::errors::Result<Dataset> {
    let (rows, cols) = cells.dim();
    let driver = gdal::DriverManager::get_driver_by_name("MEM")?;
    let dataset = driver.create_with_band_type::<T, _>("", cols, rows, 1)?;
    let mut buffer = Buffer::new((cols, rows), cells.iter().copied().collect());
    dataset.rasterband(1)?.write((0, 0), (cols, rows), &mut buffer)?;
    Ok(dataset)
}

/// A warp operation that is set up. It refers to the dataset and the transformer it was made with.
pub struct Operation<'a> {
    handle: gdal_sys::GDALWarpOperationH,
    _source: &'a Dataset,
    _shift: &'a mut Shifted<'a>,
}

impl<'a> Operation<'a> {
    /// Sets an operation up.
    ///
    /// # Errors
    /// If GDAL refuses it.
    pub fn new<T: Cell>(
        source: &'a Dataset,
        shift: &'a mut Shifted<'a>,
        setting: &Setting,
    ) -> gdal::errors::Result<Self> {
        let algorithm = match setting.resample {
            Resample::Nearest => GDALResampleAlg::GRA_NearestNeighbour,
            Resample::Bilinear => GDALResampleAlg::GRA_Bilinear,
            Resample::Average => GDALResampleAlg::GRA_Average,
            Resample::Mode => GDALResampleAlg::GRA_Mode,
        };
        let options = settings(setting.scale)?;
        let argument: *mut Shifted<'_> = &raw mut *shift;
        // SAFETY: the options are made, filled and destroyed here; arrays in them come from VSIMalloc because
        // GDALDestroyWarpOptions frees them; the operation keeps its own copy and refers to `source` and `shift`, which
        // the borrows keep alive.
        let handle = unsafe {
            let warp = gdal_sys::GDALCreateWarpOptions();
            (*warp).papszWarpOptions = options;
            (*warp).eResampleAlg = algorithm;
            (*warp).eWorkingDataType = T::gdal_ordinal();
            (*warp).hSrcDS = source.c_dataset();
            (*warp).nBandCount = 1;
            (*warp).panSrcBands = owned(1)?;
            (*warp).panDstBands = owned(1)?;
            (*warp).padfSrcNoDataReal = owned(f64::NAN)?;
            (*warp).padfDstNoDataReal = owned(f64::NAN)?;
            (*warp).pfnTransformer = Some(shifted);
            (*warp).pTransformerArg = argument.cast();
            let handle = gdal_sys::GDALCreateWarpOperation(warp);
            gdal_sys::GDALDestroyWarpOptions(warp);
            handle
        };
        if handle.is_null() {
            return Err(GdalError::BadArgument("the warp could not be set up".to_owned()));
        }
        Ok(Self { handle, _source: source, _shift: shift })
    }

    /// Fills `buffer`, row by row, with a window's values.
    ///
    /// # Errors
    /// If GDAL fails.
    pub fn run<T: Cell>(&self, window: Window, buffer: &mut [T]) -> gdal::errors::Result<()> {
        assert_eq!(buffer.len(), window.cells(), "a warp fills its whole buffer");
        // SAFETY: the buffer holds exactly the cells announced, in the type announced; a source window of zero size
        // asks GDAL to find it.
        let code = unsafe {
            gdal_sys::GDALWarpRegionToBuffer(
                self.handle,
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
    }
}

impl Drop for Operation<'_> {
    fn drop(&mut self) {
        // SAFETY: made by GDALCreateWarpOperation and destroyed once, while what it refers to lives.
        unsafe { gdal_sys::GDALDestroyWarpOperation(self.handle) };
    }
}

fn settings(scale: Scale) -> gdal::errors::Result<*mut *mut c_char> {
    let reach = (1.0 / scale.x).max(1.0 / scale.y).max(1.0);
    let mut list = ptr::null_mut();
    for (key, value) in [
        ("XSCALE", format!("{:.17e}", scale.x)),
        ("YSCALE", format!("{:.17e}", scale.y)),
        ("SOURCE_EXTRA", format!("{}", (SOURCE_MARGIN + 2.0 * reach).ceil())),
        ("SAMPLE_GRID", "YES".to_owned()),
        ("NUM_THREADS", "1".to_owned()),
        ("INIT_DEST", "NO_DATA".to_owned()),
    ] {
        list = set_option(list, key, &value)?;
    }
    Ok(list)
}

/// One value in memory that GDAL will free.
fn owned<V>(value: V) -> gdal::errors::Result<*mut V> {
    // SAFETY: memory of the size of the value, written only if there is any.
    unsafe {
        let memory: *mut V = gdal_sys::VSIMalloc(size_of::<V>()).cast();
        if memory.is_null() {
            return Err(GdalError::BadArgument("no memory for the options of a warp".to_owned()));
        }
        memory.write(value);
        Ok(memory)
    }
}
