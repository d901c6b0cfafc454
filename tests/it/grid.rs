//! Grid arithmetic and lengths on the ellipsoid.

use solsite::grid::ellipsoid::{Ellipsoid, wrap_deg};
use solsite::grid::{CrsKind, Grid, Margin, Window};
use solsite::kernels::nearest_segment::Metric;
use solsite::raster::gdal::crs::{area_distortion, resolve};

use crate::support::close;

/// Area of a hundredth of a degree at 36 degrees north, and of ten degrees at the equator [m²].
const AREA_36: f64 = 1_000_384.947_776_004_1;
const AREA_0: f64 = 1_224_832_294_167.521_2;

type Place = (f64, f64);

/// Points, segments and the distance between them [m].
const SEGMENTS: [(Place, [Place; 2], f64); 4] = [
    ((103.80, 36.00), [(103.9, 36.05), (104.0, 36.02)], 10_584.118_668_125_626),
    ((103.80, 36.00), [(103.85, 35.9), (103.95, 36.2)], 7_253.039_304_280_661),
    ((6.2, 50.7), [(6.0, 50.9), (6.9, 50.95)], 23_395.214_248_123_204),
    ((179.99, -17.0), [(180.05, -17.1), (180.1, -16.9)], 8_799.855_796_061_775),
];

fn grid(code: &str, (x_min, y_max): (f64, f64), cell: f64, (rows, cols): (usize, usize)) -> Grid {
    Grid { crs: resolve(code, "test").unwrap(), x_min, y_max, cell_x: cell, cell_y: cell, rows, cols }
}

/// Numbers of `GeographicLib` 2.0 (C. Karney), WGS 84.
#[test]
fn geodesic_distances_match_geographiclib() {
    for (from, to, metres) in [
        ((103.8, 36.06), (103.9, 36.16), 14_289.591_830_205_067),
        ((6.0, 50.5), (6.4, 50.9), 52_712.218_015_916_034),
        ((120.3, 36.0), (121.4, 36.7), 125_629.190_684_741_32),
        ((179.95, -17.0), (-179.95, -17.1), 15_356.110_056_930_63),
        ((10.0, 70.0), (10.5, 70.2), 29_307.176_864_248_235),
        ((0.0, 0.0), (0.1, 0.1), 15_690.343_289_661_22),
    ] {
        close(Ellipsoid::WGS84.geodesic_m(from, to), metres, 1e-9);
        close(Ellipsoid::WGS84.near_distance_m(from, to), metres, 1e-9);
    }
    assert_eq!(Ellipsoid::WGS84.geodesic_m((5.0, 5.0), (5.0, 5.0)), 0.0);
}

/// Areas of `GeographicLib` polygons whose parallels are followed in 2 000 steps.
#[test]
fn quadrangles_have_their_true_area() {
    close(Ellipsoid::WGS84.quadrangle_m2(36.0, 36.01, 0.01), AREA_36, 1e-6);
    close(Ellipsoid::WGS84.quadrangle_m2(0.0, 10.0, 10.0), AREA_0, 1e-6);
    let sphere = Ellipsoid { semi_major_m: 1.0, flattening: 0.0 };
    close(sphere.quadrangle_m2(-90.0, 90.0, 360.0), 4.0 * std::f64::consts::PI, 1e-12);
}

/// Nearest points found with `GeographicLib` by golden section along the segment, straight in degrees.
#[test]
fn distances_to_segments_in_degrees_are_geodesic() {
    let metric = Metric::Geodesic(Ellipsoid::WGS84);
    for (point, segment, metres) in SEGMENTS {
        close(metric.squared_m2(point, &segment).sqrt(), metres, 1e-6);
    }
}

#[test]
fn cells_of_a_geographic_grid_shrink_towards_the_pole() {
    let degrees = grid("EPSG:4326", (103.0, 37.0), 0.01, (200, 100));
    assert_eq!(degrees.crs.kind, CrsKind::Geographic);
    assert!(degrees.cell_area(0) < degrees.cell_area(199));
    // Row 99 lies between 36.01 and 36 degrees north.
    close(degrees.cell_area(99).ha() * 1e4, AREA_36, 1e-6);
    let all: solsite::units::AreaMm2 = (0..200).map(|row| degrees.cell_area(row)).sum();
    close(all.ha() * 1e4, Ellipsoid::WGS84.quadrangle_m2(35.0, 37.0, 0.01), 1e-9);
}

#[test]
fn a_margin_reaches_as_far_as_it_is_asked_to() {
    let metres = grid("EPSG:32648", (500_000.0, 4_000_000.0), 30.0, (100, 100));
    assert_eq!(metres.margin(0.0), Margin::default());
    assert!(metres.margin(200.0).rows >= 7 && metres.margin(200.0).cols >= 7);
    let degrees = grid("EPSG:4326", (10.0, 70.0), 0.01, (100, 100));
    // At 70 degrees a hundredth of a degree is 382 m of longitude and 1 115 m of latitude.
    assert!(degrees.margin(10_000.0).cols > 26 && degrees.margin(10_000.0).rows >= 9);
    // Cells are lowest at the equator, within the grid: 1 105.74 m a hundredth of a degree, 1 108 m at 30 degrees.
    let both = grid("EPSG:4326", (10.0, 30.0), 0.01, (6000, 100));
    assert!(both.margin(1_105.75 * 500.0).rows as f64 * 1_105.74 >= 1_105.75 * 500.0);
}

#[test]
fn a_cell_keeps_its_place_on_the_lattice_when_the_extent_changes() {
    let small = grid("EPSG:3035", (4_037_300.0, 3_100_200.0), 100.0, (10, 10));
    let large = grid("EPSG:3035", (4_030_000.0, 3_110_000.0), 100.0, (500, 500));
    let ((row_s, col_s), (row_l, col_l)) = (small.lattice_origin(), large.lattice_origin());
    assert_eq!((row_s - row_l, col_s - col_l), (98, 73));
    let half = grid("EPSG:3035", (4_037_350.0, 3_100_250.0), 100.0, (10, 10));
    assert_eq!(half.lattice_origin(), (row_s, col_s + 1));
}

#[test]
fn windows_meet_where_they_overlap() {
    let a = Window { row: 0, col: 0, rows: 4, cols: 4 };
    let b = Window { row: 2, col: 3, rows: 4, cols: 4 };
    assert_eq!(a.intersection(&b), Some(Window { row: 2, col: 3, rows: 2, cols: 1 }));
    assert_eq!(a.intersection(&Window { row: 4, ..b }), None);
}

#[test]
fn mercator_distorts_and_utm_does_not() {
    let utm = grid("EPSG:32648", (380_000.0, 4_000_000.0), 30.0, (1000, 1000));
    assert!(area_distortion(&utm).unwrap() < 0.002);
    let mercator = grid("EPSG:3857", (11_550_000.0, 4_320_000.0), 30.0, (1000, 1000));
    assert!(area_distortion(&mercator).unwrap() > 0.4);
}

#[test]
fn angles_wrap_to_half_a_turn() {
    assert_eq!(wrap_deg(350.0), -10.0);
    assert_eq!(wrap_deg(-190.0), 170.0);
}
