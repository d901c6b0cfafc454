//! Sites: minimum area across tile borders, cuts, ids that stay, land by modes, substations, outlines.

use std::collections::{BTreeMap, BTreeSet};

use ndarray::{Array2, array};
use serde_json::Value;

use crate::support::{CELL_M, PRICES, Run, Scene, close, same_files, solsite};

/// Takes water and leaves grassland.
const NO_WATER: &str = "[[exclusion]]\nid = \"water\"\nlayer = \"landcover\"\nexclude = { classes = [\"water\"] }\n";
const GRASS: u8 = 30;
const WATER: u8 = 80;

fn scene(land: &Array2<u8>) -> Scene {
    let mut scene = Scene::new(land.nrows(), land.ncols());
    scene.classes("landcover", land);
    scene
}

fn sites_of(run: &Run) -> Vec<Value> {
    run.json("sites.geojson")["features"].as_array().unwrap().clone()
}

/// Ids and areas of the sites.
fn areas(run: &Run) -> BTreeMap<String, f64> {
    let area = |site: &Value| {
        let properties = &site["properties"];
        (properties["site_id"].as_str().unwrap().to_owned(), properties["area_ha"].as_f64().unwrap())
    };
    sites_of(run).iter().map(area).collect()
}

/// Grassland at these cells, water elsewhere.
fn grass_at((rows, cols): (usize, usize), cells: &[(usize, usize)]) -> Array2<u8> {
    let mut land = Array2::from_elem((rows, cols), WATER);
    for &cell in cells {
        land[cell] = GRASS;
    }
    land
}

#[test]
fn the_minimum_area_holds_across_tile_borders_and_corners() {
    // Two pairs that meet at a corner: across a side of two tiles, and across the corner of four, both ways.
    for cells in [
        [(3, 14), (3, 15), (4, 16), (4, 17)],
        [(14, 15), (15, 15), (16, 16), (17, 16)],
        [(14, 16), (15, 16), (16, 15), (17, 15)],
    ] {
        let scene = scene(&grass_at((32, 32), &cells));
        for (connectivity, expected) in [("queen", 1), ("rook", 0)] {
            let sites = format!("{NO_WATER}[sites]\nmin_area_ha = 4.0\nconnectivity = \"{connectivity}\"\n");
            let run = scene.try_run(&sites, &["--tile-cells", "16"]);
            let summary = run.summary();
            assert_eq!(summary["sites"], expected, "{cells:?} {connectivity}");
            assert_eq!(summary["dropped"]["areas"], if expected == 1 { 0 } else { 2 });
            assert_eq!(summary["dropped"]["area_ha"], if expected == 1 { 0.0 } else { 4.0 });
        }
    }
}

/// Sizes of the components of true cells, by flooding.
fn flooded(free: &Array2<bool>, diagonal: i64) -> Vec<usize> {
    let mut open = free.clone();
    let mut sizes = Vec::new();
    for (row, col) in free.indexed_iter().filter(|(_, is)| **is).map(|(cell, _)| cell) {
        let mut stack = vec![(row as i64, col as i64)];
        let mut size = 0;
        while let Some((r, c)) = stack.pop() {
            let inside = r >= 0 && c >= 0 && r < free.nrows() as i64 && c < free.ncols() as i64;
            if !inside || !std::mem::take(&mut open[(r as usize, c as usize)]) {
                continue;
            }
            size += 1;
            for (dr, dc) in [(0, 1), (1, 0), (0, -1), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1)] {
                if dr == 0 || dc == 0 || diagonal == 1 {
                    stack.push((r + dr, c + dc));
                }
            }
        }
        sizes.extend((size > 0).then_some(size));
    }
    sizes.sort_unstable();
    sizes
}

/// Land that looks random but is always the same.
fn speckled(rows: usize, cols: usize, of_ten: u64) -> Array2<bool> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    Array2::from_shape_simple_fn((rows, cols), || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % 10 < of_ten
    })
}

#[test]
fn components_are_those_a_flood_finds() {
    for (of_ten, connectivity, diagonal) in [(4, "queen", 1), (6, "rook", 0), (5, "rook", 0)] {
        let free = speckled(50, 45, of_ten);
        let scene = scene(&free.mapv(|is| if is { GRASS } else { WATER }));
        let sizes = flooded(&free, diagonal);
        let kept: Vec<usize> = sizes.iter().copied().filter(|&size| size >= 5).collect();
        for tile in ["16", "64"] {
            let text = format!("{NO_WATER}[sites]\nmin_area_ha = 5.0\nconnectivity = \"{connectivity}\"\n");
            let run = scene.try_run(&text, &["--tile-cells", tile]);
            let mut found: Vec<usize> = areas(&run).values().map(|ha| ha.round() as usize).collect();
            found.sort_unstable();
            assert_eq!(found, kept, "{connectivity} {tile}");
            assert_eq!(run.summary()["dropped"]["areas"], sizes.len() - kept.len());
        }
    }
}

#[test]
fn large_land_is_cut_and_nothing_is_lost() {
    let free = speckled(60, 60, 8);
    let scene = scene(&free.mapv(|is| if is { GRASS } else { WATER }));
    let text = format!("{NO_WATER}[sites]\nmin_area_ha = 20.0\nmax_area_ha = 200.0\n");
    let run = scene.try_run(&text, &["--tile-cells", "16"]);
    let found = areas(&run);
    assert!(found.len() > 12, "{found:?}");
    assert!(found.values().all(|&ha| (20.0..=200.0).contains(&ha)), "{found:?}");
    let large: usize = flooded(&free, 1).into_iter().filter(|&size| size >= 20).sum();
    close(found.values().sum(), large as f64, 1e-12);
    let whole = scene.try_run(&text, &["--tile-cells", "64"]);
    assert_eq!(areas(&whole), found);
}

#[test]
fn ids_come_from_the_lattice_and_stay() {
    let mut land = Array2::from_elem((40, 40), WATER);
    land.slice_mut(ndarray::s![0..10, 0..10]).fill(GRASS);
    land.slice_mut(ndarray::s![20..40, 0..40]).fill(GRASS);
    let scene = scene(&land);
    let text = format!("{NO_WATER}[sites]\nmax_area_ha = 100.0\n");
    let before: BTreeSet<String> = areas(&scene.run(&text)).into_keys().collect();
    // Row and column count from 20 000 km north-west of the system's origin.
    let (row, col) = ((2e7 - 4e6) / CELL_M, (2e7 + 5e5) / CELL_M);
    assert!(before.contains(&format!("all-r{row}c{col}")), "{before:?}");
    // A rule that takes land in the south-east alone changes ids there alone.
    scene.polygons("corner", &[("x", [3000.0, 3000.0, 4000.0, 4000.0])]);
    let mut changed = scene;
    changed.input("corner = { vector = \"corner.geojson\" }");
    let rule = "[[exclusion]]\nid = \"corner\"\nlayer = \"corner\"\nexclude = { inside = {} }\n";
    let after: BTreeSet<String> = areas(&changed.run(&format!("{rule}{text}"))).into_keys().collect();
    let kept = before.intersection(&after).count();
    assert!(kept >= before.len() - 2 && after != before, "{before:?} {after:?}");
}

#[test]
fn a_larger_extent_does_not_rename_a_site() {
    let id = |scene: &mut Scene, land: &Array2<u8>| {
        scene.classes("landcover", land);
        areas(&scene.run(&format!("{NO_WATER}[sites]\nmin_area_ha = 2.0\n"))).into_keys().next().unwrap()
    };
    let small = id(&mut Scene::new(4, 4), &grass_at((4, 4), &[(1, 2), (1, 3)]));
    let corner = (500_000.0 - 7.0 * CELL_M, 4_000_000.0 + 5.0 * CELL_M);
    let large = id(&mut Scene::at("EPSG:32648", corner, CELL_M, (12, 14)), &grass_at((12, 14), &[(6, 9), (6, 10)]));
    assert_eq!(small, large);
}

#[test]
fn on_a_grid_in_degrees_a_larger_extent_does_not_rename_or_recut() {
    // Across the equator, where cells are widest: 0.001 degrees are 111 m.
    let text = format!("{NO_WATER}[sites]\nmin_area_ha = 2.0\nmax_area_ha = 40.0\n");
    let found = |(north, rows): (f64, usize)| {
        let mut scene = Scene::at("EPSG:4326", (10.0, north), 0.001, (rows, 40));
        let land = Array2::from_shape_fn((rows, 40), |(row, col)| {
            let from_equator = (north / 0.001).round() as i64 - row as i64;
            if (-14..15).contains(&from_equator) && !(col * 7 + (from_equator + 99) as usize * 3).is_multiple_of(11) {
                GRASS
            } else {
                WATER
            }
        });
        scene.classes("landcover", &land);
        areas(&scene.run(&text))
    };
    let small = found((0.015, 30));
    assert!(small.len() > 10, "{small:?}");
    assert!(small.values().all(|ha| *ha <= 40.0), "{small:?}");
    let large = found((0.5, 700));
    assert_eq!(small.keys().collect::<Vec<_>>(), large.keys().collect::<Vec<_>>());
    for (id, ha) in &small {
        close(large[id], *ha, 1e-9);
    }
}

#[test]
fn available_land_is_in_sites_or_dropped_or_unusable_with_a_reason() {
    let (rows, cols) = (24, 30);
    let mut scene = Scene::at("EPSG:4326", (103.0, 36.0), 0.001, (rows, cols));
    // Grassland, cropland, water that no mode stands on, and holes; a criterion with holes of its own.
    let codes = [30_u8, 30, 30, 40, 80, 255];
    scene.raster("landcover", &Array2::from_shape_fn((rows, cols), |(r, c)| codes[(r * 5 + c * c) % 6]));
    scene.input("landcover = { raster = \"landcover.tif\", classes = \"worldcover\" }");
    scene.amounts(
        "s",
        &Array2::from_shape_fn((rows, cols), |(r, c)| if (r + c) % 9 == 0 { f32::NAN } else { ((r * c) % 10) as f32 }),
    );
    let rules = "[[exclusion]]\nid = \"third\"\nlayer = \"s\"\nexclude = { above = { max = 6.0 } }\nweight = 0.3\nnodata = \"pass\"\nmodes = [\"ground\"]\n\
        [[exclusion]]\nid = \"most\"\nlayer = \"s\"\nexclude = { below = { min = 2.0 } }\nweight = 0.7\nnodata = \"pass\"\n";
    let criterion = "[[criterion]]\nid = \"c\"\nlayer = \"s\"\nutility = { falling = { best = 0.0, worst = 10.0 } }\nweight = 2.0\n";
    let modes = "[[mode]]\nid = \"ground\"\n[[mode]]\nid = \"agri_interspace\"\ncrops = [\"alfalfa\"]\n";
    let text = format!("{rules}{criterion}{modes}[sites]\nmin_area_ha = 3.0\nmin_score = 0.3\n{PRICES}");
    let run = scene.try_run(&text, &["--tile-cells", "16"]);
    assert_eq!(run.code, 0, "{}", run.errors);
    let summary = run.summary();
    let ha = |pointer: &str| summary.pointer(pointer).unwrap().as_f64().unwrap();
    let reasons = ["land_unknown", "land_unfit", "score_unknown", "score_low"];
    let unusable: f64 = reasons.iter().map(|reason| ha(&format!("/unusable/{reason}/area_ha"))).sum();
    assert!(reasons.iter().all(|reason| ha(&format!("/unusable/{reason}/area_ha")) > 0.0), "{summary:#}");
    assert!(ha("/dropped/available_area_ha") > 0.0 && ha("/dropped/available_area_ha") < ha("/dropped/area_ha"));
    close(ha("/available_in_sites_ha") + ha("/dropped/available_area_ha") + unusable, ha("/available_area_ha"), 1e-11);
    // Land partly taken is rounded by the cell, so tiles do not show.
    let other = scene.dir.path().join("other");
    let project = scene.project(&text);
    let arguments = ["run", project.to_str().unwrap(), "--out", other.to_str().unwrap(), "-q", "--tile-cells", "37"];
    assert_eq!(solsite(&arguments).status.code(), Some(0));
    same_files(&run.out, &other);
    // A score is given only where the mode may stand.
    let scores = run.layer("suitability_ground");
    let land = |(r, c): (usize, usize)| codes[(r * 5 + c * c) % 6];
    assert!(scores.indexed_iter().all(|(at, score)| score.is_nan() || land(at) == 30), "scored where it may not stand");
}

#[test]
fn a_site_never_spans_regions_but_the_minimum_counts_the_whole_land() {
    let scene = scene(&Array2::from_elem((4, 10), GRASS));
    scene.polygons("region", &[("a", [0.0, 0.0, 200.0, 400.0]), ("b", [200.0, 0.0, 1000.0, 400.0])]);
    let run = scene.run("[sites]\nmin_area_ha = 30.0\n");
    let found: Vec<f64> = areas(&run).into_values().collect();
    assert_eq!(found, [8.0, 32.0]);
    let ids: Vec<String> = areas(&run).into_keys().collect();
    assert!(ids[0].starts_with("a-r") && ids[1].starts_with("b-r"), "{ids:?}");
}

#[test]
fn land_is_told_by_the_modes_it_admits() {
    let mut scene = scene(&Array2::from_elem((4, 10), GRASS));
    let mut slope = Array2::from_elem((4, 10), 0.0_f32);
    slope.slice_mut(ndarray::s![.., 6..]).fill(20.0);
    slope.slice_mut(ndarray::s![.., 9..]).fill(40.0);
    scene.amounts("s", &slope);
    let rules = "[[exclusion]]\nid = \"gentle\"\nlayer = \"s\"\nexclude = { above = { max = 10.0 } }\nmodes = [\"agri_interspace\"]\n\
                 [[exclusion]]\nid = \"steep\"\nlayer = \"s\"\nexclude = { above = { max = 30.0 } }\n";
    let modes = "[[mode]]\nid = \"ground\"\n[[mode]]\nid = \"agri_interspace\"\ncrops = [\"alfalfa\"]\n[[mode]]\nid = \"subsidence_floating\"\n";
    let run = scene.run(&format!("{rules}{modes}[sites]\n{PRICES}"));
    let land = run.table("site_land.csv");
    let found: BTreeMap<&str, f64> = land.words("modes").into_iter().zip(land.numbers("area_ha")).collect();
    assert_eq!(found, BTreeMap::from([("ground", 12.0), ("ground;agri_interspace", 24.0)]));
    let offers = run.table("offers.csv");
    let area: BTreeMap<&str, f64> = offers.words("mode").into_iter().zip(offers.numbers("area_ha")).collect();
    assert_eq!(area, BTreeMap::from([("ground", 36.0), ("agri_interspace", 24.0)]));
}

#[test]
fn partly_taken_land_counts_in_part() {
    let scene = scene(&array![[GRASS, GRASS, GRASS, GRASS, GRASS, WATER]]);
    let half = "[[exclusion]]\nid = \"half\"\nlayer = \"landcover\"\nexclude = { classes = [\"grassland\"] }\nweight = 0.4\nmodes = [\"agri_interspace\"]\n";
    let modes = "[[mode]]\nid = \"ground\"\n[[mode]]\nid = \"agri_interspace\"\ncrops = [\"alfalfa\"]\n";
    let run = scene.run(&format!("{NO_WATER}{half}{modes}[sites]\n{PRICES}"));
    let land = run.table("site_land.csv");
    let found: BTreeMap<&str, f64> = land.words("modes").into_iter().zip(land.numbers("area_ha")).collect();
    close(found["ground"], 2.0, 1e-6);
    close(found["ground;agri_interspace"], 3.0, 1e-6);
    let summary = run.summary();
    close(summary["available_percent"].as_f64().unwrap(), 100.0 * 5.0 / 6.0, 1e-6);
}

#[test]
fn a_score_below_the_minimum_admits_no_mode() {
    let mut scene = scene(&Array2::from_elem((1, 4), GRASS));
    scene.amounts("s", &array![[0.0, 4.0, 6.0, 10.0]]);
    let criterion = "[[criterion]]\nid = \"c\"\nlayer = \"s\"\nutility = { falling = { best = 0.0, worst = 10.0 } }\nweight = 2.0\n";
    let run = scene.run(&format!("{criterion}[[mode]]\nid = \"ground\"\n[sites]\nmin_score = 0.6\n{PRICES}"));
    assert_eq!(run.summary()["area_ha"], 2.0);
    let score = sites_of(&run)[0]["properties"]["score_ground"].as_f64().unwrap();
    close(score, 0.8, 1e-5);
}

#[test]
fn sites_connect_to_the_nearest_substation_however_far_and_ties_go_by_id() {
    let mut scene = scene(&grass_at((1, 20), &[(0, 0), (0, 19)]));
    // 300 m east of the first cell, and two just as far north and south of the last; one only a line can reach.
    scene.points("substations", &[("s", 400.0, 50.0, 10.0), ("z", 1950.0, -40.0, 10.0), ("m", 1950.0, 140.0, 10.0)]);
    scene.input("substations = { vector = \"substations.geojson\", id_field = \"id\", hosting_mw_field = \"mw\" }");
    let run = scene.run(&format!("{NO_WATER}[sites]\n"));
    let found: Vec<(String, f64)> = sites_of(&run)
        .iter()
        .map(|site| &site["properties"])
        .map(|p| (p["substation"].as_str().unwrap().to_owned(), p["substation_distance_m"].as_f64().unwrap()))
        .collect();
    assert_eq!(found, [("s".to_owned(), 300.0), ("m".to_owned(), 40.0)]);
}

#[test]
fn distances_on_a_grid_in_degrees_are_geodesic() {
    let mut scene = Scene::at("EPSG:4326", (103.0, 36.0), 0.01, (1, 1));
    scene.classes("landcover", &array![[GRASS]]);
    scene.points("substations", &[("far", 1.0, -1.5, 5.0)]);
    scene.input("substations = { vector = \"substations.geojson\", id_field = \"id\" }");
    let run = scene.run("[sites]\n");
    let site = &sites_of(&run)[0]["properties"];
    // geographiclib 2.1 (Karney): from the cell's north-eastern corner 36.0 N 103.01 E to 37.5 N 104.0 E.
    close(site["substation_distance_m"].as_f64().unwrap(), 188_477.269_860_32, 1e-9);
    // geographiclib 2.1: area of the quadrangle 35.99-36.00 N, 103.00-103.01 E, its sides along the parallels.
    close(site["area_ha"].as_f64().unwrap(), 100.050_958_153, 1e-8);
}

/// Twice the signed area of a ring, positive counter-clockwise.
fn turn(ring: &[Value]) -> f64 {
    let at = |i: usize, axis: usize| ring[i][axis].as_f64().unwrap();
    (0..ring.len() - 1).map(|i| at(i, 0) * at(i + 1, 1) - at(i + 1, 0) * at(i, 1)).sum()
}

/// Asserts what RFC 7946 asks of a polygon: rings closed, of at least four positions, the first counter-clockwise and
/// the others clockwise, longitudes and latitudes in range with seven digits at most.
fn sound_polygon(rings: &[Value]) {
    for (number, ring) in rings.iter().enumerate() {
        let ring = ring.as_array().unwrap();
        assert!(ring.len() >= 4 && ring.first() == ring.last());
        assert_eq!(turn(ring) > 0.0, number == 0, "ring {number}");
        for position in ring {
            for (axis, most) in [(0, 180.0), (1, 90.0)] {
                let value = position[axis].as_f64().unwrap();
                assert!(value.abs() <= most);
                let digits = position[axis].to_string();
                assert!(digits.split('.').nth(1).is_none_or(|part| part.len() <= 7), "{digits}");
            }
        }
    }
}

#[test]
fn outlines_are_rfc_7946_with_holes() {
    let mut land = Array2::from_elem((12, 12), GRASS);
    // A hole, a hole that touches it at a corner, a hole with an island of its own.
    for cell in [(2, 2), (3, 3), (6, 6), (6, 7), (6, 8), (7, 6), (7, 8), (8, 6), (8, 7), (8, 8)] {
        land[cell] = WATER;
    }
    let scene = scene(&land);
    let run = scene.run(&format!("{NO_WATER}[sites]\nconnectivity = \"rook\"\n"));
    let sites = sites_of(&run);
    assert_eq!(sites.len(), 2);
    for site in &sites {
        assert_eq!(site["geometry"]["type"], "Polygon");
        sound_polygon(site["geometry"]["coordinates"].as_array().unwrap());
    }
    assert_eq!(run.json("sites.geojson").get("crs"), None);
    assert_eq!(areas(&run).into_values().collect::<Vec<_>>(), [133.0, 1.0]);
}

#[test]
fn a_site_over_the_antimeridian_is_split_there() {
    // UTM 60 N: 180° lies at x = 833 978 m at the equator.
    let mut scene = Scene::at("EPSG:32660", (833_478.0, 10_000.0), CELL_M, (10, 10));
    scene.classes("landcover", &Array2::from_elem((10, 10), GRASS));
    let run = scene.run("[sites]\n");
    let sites = sites_of(&run);
    assert_eq!(sites.len(), 1);
    let geometry = &sites[0]["geometry"];
    assert_eq!(geometry["type"], "MultiPolygon");
    let mut sides = Vec::new();
    for polygon in geometry["coordinates"].as_array().unwrap() {
        sound_polygon(polygon.as_array().unwrap());
        let lons: Vec<f64> = polygon[0].as_array().unwrap().iter().map(|p| p[0].as_f64().unwrap()).collect();
        assert!(lons.iter().all(|lon| lon.abs() > 179.9));
        assert!(lons.iter().any(|lon| lon.abs() == 180.0));
        assert!(lons.iter().all(|lon| *lon > 0.0) || lons.iter().all(|lon| *lon < 0.0), "{lons:?}");
        sides.push(lons[0] > 0.0);
    }
    sides.sort_unstable();
    assert_eq!(sides, [false, true]);
}

#[test]
fn an_offer_without_energy_has_no_cost_of_it() {
    let mut scene = scene(&Array2::from_elem((2, 4), GRASS));
    // Two regions: in the dark one the map of yields says zero.
    scene.polygons("region", &[("dark", [0.0, 0.0, 200.0, 200.0]), ("sunny", [200.0, 0.0, 400.0, 200.0])]);
    scene.raster("pv", &Array2::from_shape_fn((2, 4), |(_, col)| if col < 2 { 0.0_f32 } else { 1500.0 }));
    scene.input("pv = { raster = \"pv.tif\", layout = \"fixed\", unit = \"kWh/kWp/yr\" }");
    let prices = PRICES.replace("yield_kwh_per_kwp = { fixed = 1500.0 }", "");
    let scenario = "[[scenario]]\nid = \"s\"\nobjective = \"max_net_value\"\n";
    let run = scene.run(&format!("[[mode]]\nid = \"ground\"\n[sites]\n{prices}{scenario}"));
    let offers = run.table("offers.csv");
    assert_eq!(offers.words("region"), ["dark", "sunny"]);
    assert_eq!(offers.numbers("energy_mwh_per_yr")[0], 0.0);
    assert_eq!((offers.words("lcoe_cny_per_kwh")[0], offers.words("land_equivalent_ratio")[0]), ("", ""));
    assert!(offers.numbers("lcoe_cny_per_kwh")[1] > 0.0);
    for (name, bytes) in crate::support::files(&run.out) {
        if name.extension().is_some_and(|ending| ending != "tif") {
            let text = String::from_utf8(bytes).unwrap();
            let odd = text.split(|c: char| !c.is_alphanumeric()).find(|word| ["inf", "NaN", "Infinity"].contains(word));
            assert_eq!(odd, None, "{}", name.display());
        }
    }
}
