//! The run's grid: where its cells lie, how large they are, and windows onto it.
//!
//! A grid holds no pixels. Cells are addressed by `(row, col)` with row 0 in the north; windows may reach beyond the
//! grid on every side, because inputs are read there where they have coverage.

pub mod ellipsoid;

use ndarray::Axis;

use crate::units::AreaMm2;
use ellipsoid::Ellipsoid;

/// What the coordinates of a CRS are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrsKind {
    /// Eastings and northings; of a grid, in metres.
    Projected,
    /// Longitudes and latitudes; of a grid, in degrees.
    Geographic,
}

/// A coordinate reference system, resolved once at the edge.
#[derive(Debug, Clone, PartialEq)]
pub struct Crs {
    /// Name for people, such as `EPSG:32648`.
    pub label: String,
    /// Full definition, WKT.
    pub wkt: String,
    /// Whether coordinates are lengths or angles.
    pub kind: CrsKind,
    /// Metres, or degrees, in one unit of its coordinates; 1 for the system of a grid.
    pub unit: f64,
    /// Its ellipsoid.
    pub ellipsoid: Ellipsoid,
}

/// A north-up lattice of equal cells in one CRS.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    /// Coordinate reference system.
    pub crs: Crs,
    /// Western edge, in CRS units.
    pub x_min: f64,
    /// Northern edge, in CRS units.
    pub y_max: f64,
    /// Cell width, in CRS units, positive.
    pub cell_x: f64,
    /// Cell height, in CRS units, positive.
    pub cell_y: f64,
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub cols: usize,
}

/// A rectangle of cells; it may lie partly or wholly outside the grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Window {
    /// First row, counted from the grid's northern edge.
    pub row: isize,
    /// First column, counted from the grid's western edge.
    pub col: isize,
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub cols: usize,
}

/// A rectangle in CRS units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extent {
    /// Western edge.
    pub x_min: f64,
    /// Southern edge.
    pub y_min: f64,
    /// Eastern edge.
    pub x_max: f64,
    /// Northern edge.
    pub y_max: f64,
}

impl std::fmt::Display for Extent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "x {:.6}–{:.6}, y {:.6}–{:.6}", self.x_min, self.x_max, self.y_min, self.y_max)
    }
}

impl Extent {
    /// The rectangle around points; `None` without any.
    pub fn around(points: impl IntoIterator<Item = (f64, f64)>) -> Option<Self> {
        points.into_iter().map(|(x, y)| Self { x_min: x, y_min: y, x_max: x, y_max: y }).reduce(|a, b| Self {
            x_min: a.x_min.min(b.x_min),
            y_min: a.y_min.min(b.y_min),
            x_max: a.x_max.max(b.x_max),
            y_max: a.y_max.max(b.y_max),
        })
    }

    /// Whether two rectangles have a point in common.
    pub fn meets(&self, other: &Self) -> bool {
        self.x_min <= other.x_max && self.x_max >= other.x_min && self.y_min <= other.y_max && self.y_max >= other.y_min
    }

    /// The smallest extent around both.
    #[must_use]
    pub fn joined(self, other: Self) -> Self {
        Self {
            x_min: self.x_min.min(other.x_min),
            y_min: self.y_min.min(other.y_min),
            x_max: self.x_max.max(other.x_max),
            y_max: self.y_max.max(other.y_max),
        }
    }

    /// What it has in common with another; `None` if that is nothing.
    pub fn overlap(&self, other: &Self) -> Option<Self> {
        let both = Self {
            x_min: self.x_min.max(other.x_min),
            y_min: self.y_min.max(other.y_min),
            x_max: self.x_max.min(other.x_max),
            y_max: self.y_max.min(other.y_max),
        };
        (both.x_min < both.x_max && both.y_min < both.y_max).then_some(both)
    }

    /// The same rectangle moved east.
    #[must_use]
    pub fn moved(self, dx: f64) -> Self {
        Self { x_min: self.x_min + dx, x_max: self.x_max + dx, ..self }
    }

    /// The same rectangle, larger by so much on every side.
    #[must_use]
    pub fn grown(self, dx: f64, dy: f64) -> Self {
        Self { x_min: self.x_min - dx, y_min: self.y_min - dy, x_max: self.x_max + dx, y_max: self.y_max + dy }
    }
}

/// Size of a cell on the ground.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CellSize {
    /// West to east [m].
    pub dx_m: f64,
    /// North to south [m].
    pub dy_m: f64,
}

impl Window {
    /// The same window grown by a margin of whole cells on every side.
    #[must_use]
    pub fn padded(self, margin: Margin) -> Self {
        Self {
            row: self.row - margin.rows as isize,
            col: self.col - margin.cols as isize,
            rows: self.rows + 2 * margin.rows,
            cols: self.cols + 2 * margin.cols,
        }
    }

    /// Number of cells.
    pub fn cells(&self) -> usize {
        self.rows * self.cols
    }

    /// Shape as ndarray wants it.
    pub fn shape(&self) -> (usize, usize) {
        (self.rows, self.cols)
    }

    /// The window cut in two across its longer side, and the axis it is cut along.
    pub fn halves(&self) -> (Self, Self, Axis) {
        if self.rows >= self.cols {
            let rows = self.rows / 2;
            let far = Self { row: self.row + rows as isize, rows: self.rows - rows, ..*self };
            (Self { rows, ..*self }, far, Axis(0))
        } else {
            let cols = self.cols / 2;
            let far = Self { col: self.col + cols as isize, cols: self.cols - cols, ..*self };
            (Self { cols, ..*self }, far, Axis(1))
        }
    }

    /// The common part of two windows; `None` where they do not meet.
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        let row = self.row.max(other.row);
        let col = self.col.max(other.col);
        let row_end = (self.row + self.rows as isize).min(other.row + other.rows as isize);
        let col_end = (self.col + self.cols as isize).min(other.col + other.cols as isize);
        (row < row_end && col < col_end).then(|| Self {
            row,
            col,
            rows: (row_end - row) as usize,
            cols: (col_end - col) as usize,
        })
    }
}

/// A margin around a window, in whole cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Margin {
    /// Rows above and below.
    pub rows: usize,
    /// Columns left and right.
    pub cols: usize,
}

impl Margin {
    /// The same number of cells on every side.
    pub fn cells(n: usize) -> Self {
        Self { rows: n, cols: n }
    }

    /// One margin after another.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { rows: self.rows + other.rows, cols: self.cols + other.cols }
    }

    /// The larger of two margins, side by side.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self { rows: self.rows.max(other.rows), cols: self.cols.max(other.cols) }
    }
}

/// Latitudes nearer to a pole than this have no usable cell width [°].
const POLE_GUARD_DEG: f64 = 89.9;

impl Grid {
    /// The window that covers the whole grid.
    pub fn window(&self) -> Window {
        Window { row: 0, col: 0, rows: self.rows, cols: self.cols }
    }

    /// Coordinates of the centre of a cell.
    ///
    /// Always computed from the grid's own origin, so that every tiling sees the same bits.
    pub fn centre(&self, row: isize, col: isize) -> (f64, f64) {
        (self.x_min + (col as f64 + 0.5) * self.cell_x, self.y_max - (row as f64 + 0.5) * self.cell_y)
    }

    /// Coordinates of the north-western corner of a cell.
    pub fn corner(&self, row: isize, col: isize) -> (f64, f64) {
        (self.x_min + col as f64 * self.cell_x, self.y_max - row as f64 * self.cell_y)
    }

    /// The cell a point lies in, if it lies in the grid.
    pub fn cell_at(&self, x: f64, y: f64) -> Option<(usize, usize)> {
        let col = ((x - self.x_min) / self.cell_x).floor();
        let row = ((self.y_max - y) / self.cell_y).floor();
        let inside = row >= 0.0 && col >= 0.0 && row < self.rows as f64 && col < self.cols as f64;
        inside.then_some((row as usize, col as usize))
    }

    /// The rectangle a window covers, in CRS units.
    pub fn extent_of(&self, window: Window) -> Extent {
        let (x_min, y_max) = self.corner(window.row, window.col);
        let (x_max, y_min) = self.corner(window.row + window.rows as isize, window.col + window.cols as isize);
        Extent { x_min, y_min, x_max, y_max }
    }

    /// The rectangle the whole grid covers, in CRS units.
    pub fn extent(&self) -> Extent {
        self.extent_of(self.window())
    }

    /// GDAL's six coefficients.
    pub fn geotransform(&self) -> [f64; 6] {
        [self.x_min, self.cell_x, 0.0, self.y_max, 0.0, -self.cell_y]
    }

    /// Size on the ground of the cells of a row, at the row's centre.
    pub fn cell_size(&self, row: isize) -> CellSize {
        self.cell_size_at(self.centre(row, 0).1)
    }

    /// Size on the ground of a cell at a northing or latitude.
    ///
    /// In degrees: the radii of curvature there times the cell's angle.
    pub fn cell_size_at(&self, y: f64) -> CellSize {
        match self.crs.kind {
            CrsKind::Projected => CellSize { dx_m: self.cell_x, dy_m: self.cell_y },
            CrsKind::Geographic => {
                let lat_deg = y.clamp(-POLE_GUARD_DEG, POLE_GUARD_DEG);
                let (meridian_m, vertical_m) = self.crs.ellipsoid.radii_m(lat_deg);
                CellSize {
                    dx_m: vertical_m * lat_deg.to_radians().cos() * self.cell_x.to_radians(),
                    dy_m: meridian_m * self.cell_y.to_radians(),
                }
            }
        }
    }

    /// True area of one cell of a row, in whole square millimetres.
    ///
    /// In degrees: the quadrangle on the ellipsoid. In metres: the area on the map.
    pub fn cell_area(&self, row: usize) -> AreaMm2 {
        match self.crs.kind {
            CrsKind::Projected => AreaMm2::from_m2(self.cell_x * self.cell_y),
            CrsKind::Geographic => {
                let (_, north) = self.corner(row as isize, 0);
                let (_, south) = self.corner(row as isize + 1, 0);
                let (north, south) = (north.clamp(-90.0, 90.0), south.clamp(-90.0, 90.0));
                AreaMm2::from_m2(self.crs.ellipsoid.quadrangle_m2(south, north, self.cell_x))
            }
        }
    }

    /// The smallest margin of whole cells that reaches `reach_m` from any cell of the grid.
    pub fn margin(&self, reach_m: f64) -> Margin {
        if reach_m <= 0.0 {
            return Margin::default();
        }
        let last = self.rows as isize - 1;
        // Cells are lowest at the equator, or as near to it as the grid comes.
        let lowest = self.extent().y_min.max(0.0).min(self.extent().y_max);
        let dy_m = self.cell_size_at(lowest).dy_m;
        let rows = (reach_m / dy_m).ceil() as usize + 1;
        // Cells narrow towards the poles: the margin's own outermost rows decide the number of columns.
        let outer = [self.cell_size(-(rows as isize)), self.cell_size(last + rows as isize)];
        let dx_m = outer[0].dx_m.min(outer[1].dx_m);
        Margin { rows, cols: (reach_m / dx_m).ceil() as usize + 1 }
    }

    /// Row and column of cell (0, 0) on the lattice that all grids of this CRS, cell size and phase share.
    ///
    /// The lattice starts north-west of anything on earth (90° N 180° W, or 20 000 km north and west of the CRS's
    /// origin), so that a cell keeps its number when the extent of a run changes.
    pub fn lattice_origin(&self) -> (i64, i64) {
        let (west, north) = match self.crs.kind {
            CrsKind::Projected => (-2.0e7, 2.0e7),
            CrsKind::Geographic => (-180.0, 90.0),
        };
        // Rounded to a millionth of a cell first: the half-cell phase must not fall on either side by noise.
        let index = |cells: f64| ((cells * 1e6).round() / 1e6 + 0.5).floor() as i64;
        (index((north - self.y_max) / self.cell_y), index((self.x_min - west) / self.cell_x))
    }
}
