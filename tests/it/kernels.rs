//! Kernels: pictures of situations, brute force, and the same bits for any window.

use ndarray::{Array2, array};
use proptest::prelude::*;
use solsite::grid::{CellSize, Grid, Margin, Window};
use solsite::kernels::exact_sum::ExactSum;
use solsite::kernels::label::{Connectivity, label};
use solsite::kernels::nearest_segment::{self, Metric, Segment};
use solsite::kernels::outline::{CellRun, outline};
use solsite::kernels::{burn, compass, nearest_cell, slope_aspect};
use solsite::raster::gdal::crs::resolve;

use crate::support::close;

const SQUARE: CellSize = CellSize { dx_m: 10.0, dy_m: 10.0 };

fn slope_of(dem: &Array2<f32>, size: CellSize) -> (Array2<f32>, Array2<f32>) {
    let (rows, cols) = (dem.nrows() - 2, dem.ncols() - 2);
    let (mut slope, mut aspect) = (Array2::zeros((rows, cols)), Array2::zeros((rows, cols)));
    slope_aspect::slope_aspect(dem, &vec![size; rows], &mut slope, &mut aspect);
    (slope, aspect)
}

#[test]
fn a_plane_has_its_own_slope_and_aspect() {
    // Rises 1 in 10 towards the east and 2 in 10 towards the north: it falls to the south-south-west.
    let dem = Array2::from_shape_fn((6, 7), |(row, col)| col as f32 - 2.0 * row as f32);
    let (slope, aspect) = slope_of(&dem, SQUARE);
    for (&slope, &aspect) in slope.iter().zip(&aspect) {
        close(f64::from(slope), 0.05_f64.sqrt().atan().to_degrees(), 1e-6);
        close(f64::from(aspect), 180.0 + 0.5_f64.atan().to_degrees(), 1e-6);
    }
}

#[test]
fn the_four_slopes_face_the_four_winds() {
    let facing = |rise: fn(usize, usize) -> f32| {
        slope_of(&Array2::from_shape_fn((3, 3), |(row, col)| rise(row, col)), SQUARE).1[(0, 0)]
    };
    assert_eq!(facing(|row, _| row as f32), 0.0);
    assert_eq!(facing(|_, col| -(col as f32)), 90.0);
    assert_eq!(facing(|row, _| -(row as f32)), 180.0);
    assert_eq!(facing(|_, col| col as f32), 270.0);
    assert_eq!(facing(|_, _| 5.0), slope_aspect::FLAT);
}

#[test]
fn a_missing_neighbour_leaves_no_slope() {
    for at in [(0, 0), (1, 1), (2, 1)] {
        let mut dem = Array2::from_shape_fn((3, 4), |(_, col)| col as f32);
        dem[at] = f32::NAN;
        let (slope, aspect) = slope_of(&dem, SQUARE);
        assert!(slope[(0, 0)].is_nan() && aspect[(0, 0)].is_nan());
        assert_eq!(slope[(0, 1)].is_nan(), at.1 > 0);
    }
}

#[test]
fn oblong_cells_use_both_their_sizes() {
    let dem = Array2::from_shape_fn((3, 3), |(row, col)| (col as f32) * 3.0 + (row as f32) * 4.0);
    let (slope, _) = slope_of(&dem, CellSize { dx_m: 30.0, dy_m: 20.0 });
    close(f64::from(slope[(0, 0)]), (0.1_f64.hypot(0.2)).atan().to_degrees(), 1e-6);
}

#[test]
fn exact_sums_lose_nothing() {
    let mut sum = ExactSum::default();
    for value in [1e30_f32, 1.0, -1e30, 1e-40, f32::MIN_POSITIVE] {
        sum.add(value);
    }
    assert_eq!(sum.value(), 1.0 + f64::from(1e-40_f32) + f64::from(f32::MIN_POSITIVE));
    assert_eq!(ExactSum::default().value(), 0.0);
    let mut negative = ExactSum::default();
    (0..1000).for_each(|_| negative.add(-0.1));
    assert_eq!(negative.value(), -1000.0 * f64::from(0.1_f32));
}

#[test]
fn exact_sums_carry_before_they_overflow() {
    let mut sum = ExactSum::default();
    let terms = (1_u32 << 24) + 5;
    (0..terms).for_each(|_| sum.add(f32::MAX));
    assert_eq!(sum.value(), f64::from(f32::MAX) * f64::from(terms));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn exact_sums_do_not_depend_on_order(values in prop::collection::vec(any::<f32>(), 0..200), cut in 0_usize..200) {
        let values: Vec<f32> = values.into_iter().filter(|value| value.is_finite()).collect();
        let whole = |list: &[f32]| list.iter().fold(ExactSum::default(), |mut sum, &value| { sum.add(value); sum });
        let forward = whole(&values).value();
        let backward = whole(&values.iter().rev().copied().collect::<Vec<_>>()).value();
        let (head, tail) = values.split_at(cut.min(values.len()));
        let mut merged = whole(tail);
        merged.merge(&whole(head));
        let (first, digits) = merged.digits();
        prop_assert_eq!(forward.to_bits(), backward.to_bits());
        prop_assert_eq!(forward.to_bits(), merged.value().to_bits());
        prop_assert_eq!(forward.to_bits(), ExactSum::from_digits(first, &digits).value().to_bits());
    }

    #[test]
    fn nearest_cells_match_brute_force(
        set in prop::collection::vec(prop::bool::weighted(0.06), 400),
        dx in 1.0_f64..9.0,
        dy in 1.0_f64..9.0,
    ) {
        let set = Array2::from_shape_vec((20, 20), set).unwrap();
        let margin = Margin { rows: 3, cols: 4 };
        let size = CellSize { dx_m: dx, dy_m: dy };
        let found = nearest_cell::squared_distance_m2(&set, margin, &[size; 14]);
        for ((row, col), &found) in found.indexed_iter() {
            let from = (row + margin.rows, col + margin.cols);
            let distance = |((r, c), _): ((usize, usize), &bool)| {
                let (dc, dr) = (c.abs_diff(from.1) as f64, r.abs_diff(from.0) as f64);
                dx * dx * (dc * dc) + dy * dy * (dr * dr)
            };
            let least = set.indexed_iter().filter(|(_, is_set)| **is_set).map(distance).fold(f64::INFINITY, f64::min);
            prop_assert_eq!(found.to_bits(), least.to_bits());
        }
        // A buffer takes the cells at most so far away; distances that occur are the hard ones.
        let near = found.iter().copied().filter(|squared| *squared < 3.0 * 3.0 * dx.min(dy).powi(2));
        for reach_m in near.map(f64::sqrt).chain([0.0, dx, 2.5 * dy]).filter(|m| *m <= 3.0 * dx.min(dy)) {
            let within = nearest_cell::within(&set, margin, &[size; 14], reach_m);
            for (&within, &squared) in within.iter().zip(&found) {
                prop_assert_eq!(within, squared <= reach_m * reach_m);
            }
        }
    }

    #[test]
    fn nearest_segments_match_brute_force_in_any_window(
        ends in prop::collection::vec((0.0_f64..4000.0, 0.0_f64..4000.0, -600.0_f64..600.0, -600.0_f64..600.0), 1..30),
        (cut_row, cut_col) in (1_usize..39, 1_usize..39),
        reach_m in 50.0_f64..3000.0,
    ) {
        let grid = plane(40, 40);
        let corner = grid.corner(0, 0);
        let segment = |&(x, y, dx, dy): &(f64, f64, f64, f64)| -> Segment {
            [(corner.0 + x, corner.1 - y), (corner.0 + x + dx, corner.1 - y - dy)]
        };
        let segments: Vec<Segment> = ends.iter().map(segment).collect();
        let whole = nearest_segment::squared_distance_m2(&segments, &grid, grid.window(), reach_m);
        for ((row, col), &found) in whole.indexed_iter() {
            let centre = grid.centre(row as isize, col as isize);
            let least = segments.iter().map(|one| Metric::Planar.squared_m2(centre, one)).fold(f64::INFINITY, f64::min);
            let expected = if least <= reach_m * reach_m { least } else { f64::INFINITY };
            prop_assert_eq!(found.to_bits(), expected.to_bits());
        }
        let part = Window { row: cut_row as isize, col: cut_col as isize, rows: 40 - cut_row, cols: 40 - cut_col };
        let alone = nearest_segment::squared_distance_m2(&segments, &grid, part, reach_m);
        prop_assert_eq!(alone, whole.slice(ndarray::s![cut_row.., cut_col..]).to_owned());
    }

    #[test]
    fn labels_are_connected_and_outlines_enclose_them(
        cells in prop::collection::vec(prop::bool::weighted(0.5), 100),
        queen in any::<bool>(),
    ) {
        let zones = Array2::from_shape_vec((10, 10), cells).unwrap().mapv(u32::from);
        let connectivity = if queen { Connectivity::Queen } else { Connectivity::Rook };
        let labels = label(&zones, connectivity);
        prop_assert_eq!(labels.count, flood_fill_count(&zones, connectivity));
        let cells: usize = labels.runs.iter().map(|run| run.end - run.col).sum();
        prop_assert_eq!(cells as u32, zones.sum());
        for part in 0..labels.count as u32 {
            let runs: Vec<CellRun> = labels.runs.iter().filter(|run| run.label == part)
                .map(|run| CellRun { row: run.row as i64, col: run.col as i64, end: run.end as i64 }).collect();
            let area: i64 = runs.iter().map(|run| run.end - run.col).sum();
            let polygons = outline(&runs);
            let twice = |ring: &Vec<(i64, i64)>| -> i64 {
                ring.iter().zip(ring.iter().cycle().skip(1)).map(|(a, b)| b.1 * a.0 - a.1 * b.0).sum()
            };
            prop_assert!(polygons.iter().all(|p| twice(&p.exterior) > 0 && p.holes.iter().all(|hole| twice(hole) < 0)));
            let enclosed: i64 = polygons.iter().map(|p| twice(&p.exterior) + p.holes.iter().map(twice).sum::<i64>()).sum();
            prop_assert_eq!(enclosed, 2 * area);
            for ring in polygons.iter().flat_map(|p| std::iter::once(&p.exterior).chain(&p.holes)) {
                let mut corners = ring.clone();
                corners.sort_unstable();
                corners.dedup();
                prop_assert_eq!(corners.len(), ring.len(), "a ring touches itself");
            }
        }
    }
}

fn plane(rows: usize, cols: usize) -> Grid {
    let crs = resolve("EPSG:32648", "test").unwrap();
    Grid { crs, x_min: 500_000.0, y_max: 4_000_000.0, cell_x: 100.0, cell_y: 100.0, rows, cols }
}

fn flood_fill_count(zones: &Array2<u32>, connectivity: Connectivity) -> usize {
    let mut seen = Array2::from_elem(zones.dim(), false);
    let mut count = 0;
    for start in zones.indexed_iter().filter(|(_, zone)| **zone > 0).map(|(at, _)| at) {
        if seen[start] {
            continue;
        }
        count += 1;
        let mut open = vec![start];
        while let Some((row, col)) = open.pop() {
            if std::mem::replace(&mut seen[(row, col)], true) {
                continue;
            }
            for (dr, dc) in [(-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1)] {
                let next = (row.wrapping_add_signed(dr), col.wrapping_add_signed(dc));
                let corner = dr != 0 && dc != 0;
                let linked = !corner || connectivity == Connectivity::Queen;
                if linked && zones.get(next).is_some_and(|&zone| zone > 0) && !seen[next] {
                    open.push(next);
                }
            }
        }
    }
    count
}

#[test]
fn touching_parts_of_different_zones_are_in_contact() {
    let zones = array![[1, 1, 2, 0], [1, 1, 2, 2], [0, 3, 0, 2]];
    let labels = label(&zones, Connectivity::Queen);
    assert_eq!(labels.count, 3);
    let found: Vec<(u32, u32, u64)> = labels.contacts.iter().map(|c| (c.a, c.b, c.shared_edges)).collect();
    assert_eq!(found, vec![(0, 1, 2), (0, 2, 1), (1, 2, 0)]);
    let rook = label(&zones, Connectivity::Rook);
    assert_eq!(rook.contacts.len(), 2);
}

fn runs(picture: &[&str]) -> Vec<CellRun> {
    let mut runs = Vec::new();
    for (row, line) in picture.iter().enumerate() {
        for (col, _) in line.char_indices().filter(|(_, c)| *c == '#') {
            runs.push(CellRun { row: row as i64, col: col as i64, end: col as i64 + 1 });
        }
    }
    runs
}

#[test]
fn a_square_has_four_corners_counter_clockwise() {
    let polygons = outline(&runs(&["##", "##"]));
    assert_eq!(polygons.len(), 1);
    assert_eq!(polygons[0].holes.len(), 0);
    let mut ring = polygons[0].exterior.clone();
    let first = ring.iter().position(|corner| *corner == (0, 0)).unwrap();
    ring.rotate_left(first);
    assert_eq!(ring, vec![(0, 0), (2, 0), (2, 2), (0, 2)]);
}

#[test]
fn a_ring_has_a_hole() {
    let polygons = outline(&runs(&["###", "#.#", "###"]));
    assert_eq!((polygons.len(), polygons[0].holes.len(), polygons[0].holes[0].len()), (1, 1, 4));
}

#[test]
fn cells_that_touch_at_a_corner_are_two_polygons() {
    assert_eq!(outline(&runs(&["#.", ".#"])).len(), 2);
}

#[test]
fn a_hole_that_touches_the_outside_at_a_corner_stays_a_hole() {
    let polygons = outline(&runs(&[".##", "#.#", "###"]));
    assert_eq!((polygons.len(), polygons[0].holes.len()), (1, 1));
    assert_eq!(polygons[0].exterior.len(), 6);
}

#[test]
fn a_bay_closed_at_a_corner_becomes_a_hole() {
    let polygons = outline(&runs(&["####", "#..#", "#.##", "##.."]));
    let holes: usize = polygons.iter().map(|polygon| polygon.holes.len()).sum();
    assert_eq!((polygons.len(), holes), (1, 1));
}

fn burnt(rings: &[Vec<(f64, f64)>], grid: &Grid, window: Window) -> Array2<bool> {
    let mut mask = Array2::from_elem(window.shape(), false);
    burn::polygon(rings, grid, window, &mut mask);
    mask
}

#[test]
fn a_cell_burns_if_its_centre_is_inside() {
    let grid = plane(4, 4);
    let at = |x: f64, y: f64| (500_000.0 + x, 4_000_000.0 - y);
    // From 40 m to 260 m: the centres at 50, 150 and 250 m are inside.
    let square = vec![at(40.0, 40.0), at(260.0, 40.0), at(260.0, 260.0), at(40.0, 260.0)];
    let hole = vec![at(140.0, 140.0), at(160.0, 140.0), at(160.0, 160.0), at(140.0, 160.0)];
    let found = burnt(&[square, hole], &grid, grid.window()).mapv(u8::from);
    assert_eq!(found, array![[1, 1, 1, 0], [1, 0, 1, 0], [1, 1, 1, 0], [0, 0, 0, 0]]);
}

#[test]
fn polygons_that_share_an_edge_through_centres_share_no_cell() {
    let grid = plane(6, 6);
    let at = |x: f64, y: f64| (500_000.0 + x, 4_000_000.0 - y);
    // The common edge runs through cell centres, vertically and at an angle.
    let west = vec![at(-50.0, -50.0), at(250.0, -50.0), at(250.0, 250.0), at(350.0, 650.0), at(-50.0, 650.0)];
    let east = vec![at(250.0, -50.0), at(650.0, -50.0), at(650.0, 650.0), at(350.0, 650.0), at(250.0, 250.0)];
    let (a, b) = (burnt(&[west], &grid, grid.window()), burnt(&[east], &grid, grid.window()));
    assert!(a.iter().zip(&b).all(|(a, b)| a != b), "every cell belongs to exactly one");
}

#[test]
fn burning_does_not_depend_on_the_window() {
    let grid = plane(30, 30);
    let ring: Vec<(f64, f64)> = (0..50)
        .map(|i| {
            let (angle, radius) = (f64::from(i) * 0.1256, 900.0 + 300.0 * (f64::from(i) * 0.7).sin());
            (501_500.0 + radius * angle.cos(), 3_998_500.0 + radius * angle.sin())
        })
        .collect();
    let whole = burnt(std::slice::from_ref(&ring), &grid, grid.window());
    for (row, col) in [(0, 0), (7, 3), (13, 22)] {
        let part = Window { row, col, rows: 8, cols: 8 };
        let expected = whole.slice(ndarray::s![row..row + 8, col..col + 8]).to_owned();
        assert_eq!(burnt(std::slice::from_ref(&ring), &grid, part), expected);
    }
}

#[test]
fn parts_of_directions_are_those_of_the_standard_library() {
    let azimuths: Vec<f32> = (0..=36_000).map(|n| n as f32 / 100.0).chain([-1.0, f32::NAN]).collect();
    for some in azimuths.chunks(compass::LANES) {
        let mut lanes = [f32::NAN; compass::LANES];
        lanes[..some.len()].copy_from_slice(some);
        let (east, north) = (compass::parts(&lanes, compass::Part::East), compass::parts(&lanes, compass::Part::North));
        for (azimuth_deg, (east, north)) in some.iter().zip(east.into_iter().zip(north)) {
            let (sin, cos) = f64::from(*azimuth_deg).to_radians().sin_cos();
            if *azimuth_deg >= 0.0 {
                assert!((f64::from(east) - sin).abs() < 7e-7 && (f64::from(north) - cos).abs() < 7e-7, "{azimuth_deg}");
                assert_eq!((east / compass::QUANTUM).fract(), 0.0);
            } else {
                assert!(east.is_nan() && north.is_nan(), "{azimuth_deg} is no direction");
            }
        }
    }
}
