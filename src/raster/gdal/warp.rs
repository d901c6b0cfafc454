//! GDAL's warper, held so that a cell's value does not depend on the window it is read through.
//!
//! Left to itself the warper approximates coordinates, and derives how far its kernel reaches from the window at hand.
//! Here the transformer is exact and anchored to the run's grid, and the scale is computed once for the whole grid. The
//! cells it warps are handed to it in memory, as the band's reader sees them: whatever means "no value" in the file (stated
//! values, NaN, masks, alpha) is NaN by then.

use std::ffi::{CString, c_int, c_void};
use std::path::{Path, PathBuf};
use std::ptr;

use gdal::Dataset;
use gdal::errors::GdalError;
use gdal::raster::{Buffer, GdalType};
use gdal_sys::{CPLErr, GDALResampleAlg};
use ndarray::{Array2, ArrayViewMut2, Axis};

use super::guard;
use super::open::BandInfo;
use crate::fault::{Fault, Result};
use crate::grid::{Extent, Grid, Margin, Window};
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
const LARGEST_SOURCE_CELLS: usize = 1 << 24;
/// Grid cells between the places at which the image of a window is sampled.
const SAMPLE_CELLS: usize = 16;
/// Input cells read beyond what the window's edges map to.
const SOURCE_MARGIN: f64 = 8.0;
/// Input cells that one grid cell may span along either axis; beyond, a single cell would need more memory than a tile.
const MOST_CELLS_SPANNED: f64 = 1000.0;
/// Cells beyond this number belong to no raster.
const FARTHEST_CELL: f64 = 1e12;
/// Points along each side of the grid at which the scale is measured.
const SCALE_POINTS: i32 = 17;

/// A type that cells are read and warped in.
pub trait Cell: GdalType + Copy {
    /// No value.
    const NAN: Self;
}

impl Cell for f32 {
    const NAN: Self = f32::NAN;
}

impl Cell for f64 {
    const NAN: Self = f64::NAN;
}

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
/// If no point of the grid has an image in the input's system, or its cells are far too small for the grid's.
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
    let scale = Scale { x: points / across, y: points / along };
    let spanned = (1.0 / scale.x).max(1.0 / scale.y);
    if spanned > MOST_CELLS_SPANNED {
        let what = format!("a cell of the grid spans {spanned:.0} of its cells, more than {MOST_CELLS_SPANNED}");
        let hint = "check its geotransform; if it is right, average it first with gdalwarp -r average -tr";
        return Err(Fault::input(path.display().to_string(), what).hint(hint).into());
    }
    Ok(scale)
}

/// A warp from one band to the run's grid.
pub struct Warp {
    transformer: Transformer,
    /// The band's columns and rows.
    size: (usize, usize),
    setting: Setting,
    path: PathBuf,
}

/// How a band is warped.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// How values are found between cells.
    pub resample: Resample,
    /// See [`scale`].
    pub scale: Scale,
    /// The grid's extent in degrees.
    pub interest: Option<Extent>,
}

// SAFETY: the transformer belongs to one `Reader`, which is used by one thread at a time; GDAL allows it to move between
// threads.
unsafe impl Send for Warp {}

/// Gives the band's cells of a window, counted from the band's own corner; `NaN` where there is no value.
pub type Fetch<'a, T> = dyn Fn(Window) -> Result<Array2<T>> + 'a;

impl Warp {
    /// Sets a warp up.
    ///
    /// # Errors
    /// If there is no way from the band's system to the grid's.
    pub fn new(path: &Path, info: &BandInfo, grid: &Grid, setting: Setting) -> Result<Self> {
        let transformer = guard::reading(path, || Transformer::new(info, grid, setting.interest))?;
        Ok(Self { transformer, size: info.size, setting, path: path.to_owned() })
    }

    /// Values over a window of the grid; `NaN` where the band has none.
    ///
    /// # Errors
    /// If the band cannot be read.
    pub fn read<T: Cell>(&self, window: Window, fetch: &Fetch<'_, T>) -> Result<Array2<T>> {
        let mut values = Array2::from_elem(window.shape(), T::NAN);
        self.fill(window, values.view_mut(), fetch)?;
        Ok(values)
    }

    /// Fills a window, in parts where it needs many input cells.
    fn fill<T: Cell>(&self, window: Window, out: ArrayViewMut2<'_, T>, fetch: &Fetch<'_, T>) -> Result<()> {
        let Some(source) = self.source_window(window) else { return Ok(()) };
        if source.cells() <= LARGEST_SOURCE_CELLS || window.cells() == 1 {
            return self.fill_whole(window, out, &(source, fetch(source)?));
        }
        let (near, far, axis) = window.halves();
        let (near_out, far_out) = out.split_at(axis, if axis == Axis(0) { near.rows } else { near.cols });
        self.fill(near, near_out, fetch)?;
        self.fill(far, far_out, fetch)
    }

    /// Input cells that a window may look at, the band's own and some around it; `None` where there are none.
    fn source_window(&self, window: Window) -> Option<Window> {
        let corner = |offset: usize, size: usize| {
            (0..=size.div_ceil(SAMPLE_CELLS)).map(move |i| offset + (i * SAMPLE_CELLS).min(size))
        };
        let mut seen = Bounds::default();
        let mut all_seen = true;
        for row in corner(0, window.rows) {
            for col in corner(0, window.cols) {
                let at = (window.col as f64 + col as f64, window.row as f64 + row as f64);
                match self.transformer.source_cell(at.0, at.1) {
                    Some(cell) => seen.add(cell),
                    None => all_seen = false,
                }
            }
        }
        if !all_seen {
            // Where the systems do not overlap, the samples may miss a corner that has an image: every cell is asked.
            for row in 0..window.rows {
                for col in 0..window.cols {
                    let at = (window.col as f64 + col as f64 + 0.5, window.row as f64 + row as f64 + 0.5);
                    self.transformer.source_cell(at.0, at.1).into_iter().for_each(|cell| seen.add(cell));
                }
            }
        }
        // A kernel that covers several input cells reaches that much farther.
        let Scale { x, y } = self.setting.scale;
        let margin = (SOURCE_MARGIN + 2.0 / x.min(1.0), SOURCE_MARGIN + 2.0 / y.min(1.0));
        let band = Window { row: 0, col: 0, rows: self.size.1, cols: self.size.0 };
        let around = Margin { rows: margin.1.ceil() as usize, cols: margin.0.ceil() as usize };
        seen.window(margin)?.intersection(&band.padded(around))
    }

    /// Fills a window from the input cells it looks at.
    fn fill_whole<T: Cell>(
        &self,
        window: Window,
        mut out: ArrayViewMut2<'_, T>,
        (source, cells): &(Window, Array2<T>),
    ) -> Result<()> {
        let mut buffer = vec![T::NAN; window.cells()];
        guard::reading(&self.path, || {
            let memory = in_memory(cells)?;
            let mut shift = Shifted { base: self.transformer.0, col: source.col as f64, row: source.row as f64 };
            let operation = Operation::new::<T>(&memory, &mut shift, &self.setting)?;
            operation.run(window, &mut buffer)
        })?;
        for (cell, value) in out.iter_mut().zip(buffer) {
            *cell = value;
        }
        Ok(())
    }
}

/// A rectangle around points.
#[derive(Default)]
struct Bounds(Option<[f64; 4]>);

impl Bounds {
    fn add(&mut self, (x, y): (f64, f64)) {
        let [x0, y0, x1, y1] = self.0.unwrap_or([x, y, x, y]);
        self.0 = Some([x0.min(x), y0.min(y), x1.max(x), y1.max(y)]);
    }

    /// The cells it touches, with a margin around it.
    fn window(&self, (margin_x, margin_y): (f64, f64)) -> Option<Window> {
        let [x0, y0, x1, y1] = self.0?.map(|cell| cell.clamp(-FARTHEST_CELL, FARTHEST_CELL));
        let (col, row) = ((x0 - margin_x).floor() as isize, (y0 - margin_y).floor() as isize);
        let (col_end, row_end) = ((x1 + margin_x).ceil() as isize, (y1 + margin_y).ceil() as isize);
        Some(Window { row, col, rows: (row_end - row) as usize, cols: (col_end - col) as usize })
    }
}

/// Cells as a dataset that GDAL can warp from.
fn in_memory<T: Cell>(cells: &Array2<T>) -> gdal::errors::Result<Dataset> {
    let (rows, cols) = cells.dim();
    let driver = gdal::DriverManager::get_driver_by_name("MEM")?;
    let dataset = driver.create_with_band_type::<T, _>("", cols, rows, 1)?;
    let mut buffer = Buffer::new((cols, rows), cells.iter().copied().collect());
    dataset.rasterband(1)?.write((0, 0), (cols, rows), &mut buffer)?;
    Ok(dataset)
}

/// The transformer to a part of the input: its cells are counted from the part's corner.
///
/// Whole numbers of cells are taken from coordinates that are multiples of the same power of two, so nothing is rounded,
/// and a cell sees the same fractions whatever part is read.
struct Shifted {
    base: *mut c_void,
    col: f64,
    row: f64,
}

/// [`gdal_sys::GDALGenImgProjTransform`] for a part of the input.
///
/// # Safety
/// As GDAL calls it: `argument` is a [`Shifted`] that lives, the pointers hold `n` values each.
unsafe extern "C" fn shifted(
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
        let shift = &*argument.cast::<Shifted>();
        let move_by = |sign: f64| {
            for i in 0..n as usize {
                *x.add(i) += sign * shift.col;
                *y.add(i) += sign * shift.row;
            }
        };
        if to_source == 0 {
            move_by(1.0);
        }
        let done = gdal_sys::GDALGenImgProjTransform(shift.base, to_source, n, x, y, z, success);
        if to_source != 0 {
            move_by(-1.0);
        }
        done
    }
}

/// A warp operation that is set up. It refers to the dataset and the transformer it was made with.
struct Operation<'a> {
    handle: gdal_sys::GDALWarpOperationH,
    _source: &'a Dataset,
    _shift: &'a mut Shifted,
}

impl<'a> Operation<'a> {
    fn new<T: Cell>(source: &'a Dataset, shift: &'a mut Shifted, setting: &Setting) -> gdal::errors::Result<Self> {
        let algorithm = match setting.resample {
            Resample::Nearest => GDALResampleAlg::GRA_NearestNeighbour,
            Resample::Bilinear => GDALResampleAlg::GRA_Bilinear,
            Resample::Average => GDALResampleAlg::GRA_Average,
            Resample::Mode => GDALResampleAlg::GRA_Mode,
        };
        let options = settings(setting.scale)?;
        let argument: *mut Shifted = &raw mut *shift;
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
    fn run<T: Cell>(&self, window: Window, buffer: &mut [T]) -> gdal::errors::Result<()> {
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

fn settings(scale: Scale) -> gdal::errors::Result<*mut *mut std::ffi::c_char> {
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
