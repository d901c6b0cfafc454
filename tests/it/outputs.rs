//! `[output]`: which layers are written, in which format, and that no tiling shows in them.

use std::path::Path;

use ndarray::Array2;
use solsite::grid::Window;
use solsite::layer::{quantise, step};
use solsite::offer::rounded;
use solsite::raster::gdal::write::read_layer;
use solsite::raster::measure::Measure;
use solsite::site::{Quantum, Sum};

use crate::support::{Scene, same_files};

const RULES: &str = "[[exclusion]]\nid = \"steep\"\nlayer = \"slope_deg\"\nexclude = { above = { max = 20.0 } }\n\
    [[criterion]]\nid = \"flat\"\nlayer = \"slope_deg\"\nutility = { falling = { best = 0.0, worst = 30.0 } }\nweight = 1.0\n";

/// A hilly scene of several blocks, one of them cut by the grid's edge, with a hole in the elevation.
fn hills(rows: usize, cols: usize) -> Scene {
    let mut scene = Scene::new(rows, cols);
    let height = |(row, col): (usize, usize)| {
        let (y, x) = (row as f32 / 17.0, col as f32 / 23.0);
        if (30..34).contains(&row) && col < 9 { f32::NAN } else { 300.0 * (x.sin() + y.cos()) }
    };
    scene.amounts("dem", &Array2::from_shape_fn((rows, cols), height));
    scene
}

fn names(out: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(out.join("layers")).unwrap();
    let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn blocks_are_the_same_whatever_the_tiling_and_the_format() {
    let scene = hills(530, 1030);
    let window = Window { row: 0, col: 0, rows: 530, cols: 1030 };
    let mut kept: Vec<(String, Array2<f32>)> = Vec::new();
    for format in ["cog", "geotiff"] {
        let project = format!("{RULES}[output]\nraster = \"{format}\"\n");
        let run = scene.try_run(&project, &["--tile-cells", "512"]);
        assert_eq!(run.code, 0, "{}", run.errors);
        let whole = scene.path(&format!("whole_{format}"));
        std::fs::rename(&run.out, &whole).unwrap();
        for tile in ["300", "700", "2000"] {
            let run = scene.try_run(&project, &["--tile-cells", tile, "--overwrite"]);
            assert_eq!(run.code, 0, "{}", run.errors);
            same_files(&whole, &run.out);
            std::fs::remove_dir_all(&run.out).unwrap();
        }
        for name in ["slope_deg", "aspect_deg", "available", "suitability"] {
            let cells = read_layer::<f32>(&whole.join(format!("layers/{name}.tif")), window).unwrap();
            match kept.iter().find(|(known, _)| known == name) {
                None => kept.push((name.to_owned(), cells)),
                Some((_, known)) => {
                    assert!(known.iter().zip(&cells).all(|(a, b)| a == b || (a.is_nan() && b.is_nan())), "{name}");
                }
            }
        }
    }
    assert!(kept.iter().all(|(_, cells)| cells.iter().any(|cell| cell.is_nan()) && cells.iter().any(|c| !c.is_nan())));
}

#[test]
fn only_the_layers_asked_for_are_written_and_another_list_redoes_no_rule() {
    let scene = hills(40, 50);
    let run = scene.run(&format!("{RULES}[output]\nlayers = [\"suitability\", \"reasons\"]\nraster = \"geotiff\"\n"));
    assert_eq!(names(&run.out), ["reasons.tif", "suitability.tif"]);
    let few = std::fs::read(run.out.join("layers/suitability.tif")).unwrap();
    let run = scene.run(&format!("{RULES}[output]\nlayers = [\"slope_deg\", \"suitability\"]\nraster = \"geotiff\"\n"));
    assert_eq!(names(&run.out), ["slope_deg.tif", "suitability.tif"]);
    assert_eq!(std::fs::read(run.out.join("layers/suitability.tif")).unwrap(), few);
    let dataset = gdal::Dataset::open(run.out.join("layers/slope_deg.tif")).unwrap();
    let band = dataset.rasterband(1).unwrap();
    assert_eq!((band.overview_count().unwrap(), band.block_size(), band.unit()), (0, (512, 512), "deg".to_owned()));
    let run = scene.run(&format!("{RULES}[output]\nlayers = []\n"));
    assert!(!run.out.join("layers").exists());
}

#[test]
fn a_layer_that_is_not_there_is_refused_with_the_nearest() {
    let scene = hills(20, 20);
    let run = scene.try_run(&format!("{RULES}[output]\nlayers = [\"slope_dge\", \"elevation_m\"]\n"), &[]);
    assert_eq!(run.code, 2, "{}", run.errors);
    assert!(run.errors.contains("no layer `slope_dge`") && run.errors.contains("slope_deg"), "{}", run.errors);
    assert!(run.errors.contains("no layer `elevation_m`"), "{}", run.errors);
}

#[test]
fn sums_of_many_are_those_of_one_after_another() {
    let quantum = 1.0 / 1024.0;
    let cells: Vec<f32> = (0..3000_i32)
        .map(|i| match i % 97 {
            0 => f32::NAN,
            1 => f32::INFINITY,
            _ => (i * 7919 % 100_003 - 50_000) as f32 * quantum,
        })
        .collect();
    let (mut many, mut single, mut fast, mut slow) =
        (Sum::default(), Sum::default(), Measure::default(), Measure::default());
    many.add_all(&cells, Some(Quantum::new(quantum)));
    for &cell in &cells {
        single.add(cell);
    }
    assert_eq!((many.sum.value(), many.finite, many.beyond), (single.sum.value(), single.finite, single.beyond));
    fast.add(&cells, Some(quantum));
    slow.add(&cells, None);
    assert_eq!(fast.statistics(), slow.statistics());
    let finite: Vec<f64> = cells.iter().filter(|cell| cell.is_finite()).map(|&cell| f64::from(cell)).collect();
    let mean = finite.iter().sum::<f64>() / finite.len() as f64;
    assert!((fast.statistics().unwrap().mean - mean).abs() < 1e-9);
}

#[test]
fn rounding_is_that_of_the_standard_library() {
    let quantum = 1.0 / 64.0;
    let mut values: Vec<f32> = (-2000..2000).map(|i| i as f32 / 256.0).collect();
    values.extend([0.0, -0.0, 1e-30, 131_071.99, 131_072.01, 3e7, -3e30, f32::INFINITY, f32::NEG_INFINITY]);
    for &value in &values {
        let expected = if value.is_finite() { (value / quantum).round() * quantum } else { value };
        assert_eq!(step(value, quantum).to_bits(), expected.to_bits(), "{value}");
    }
    let mut array = Array2::from_shape_vec((1, values.len()), values.clone()).unwrap();
    quantise(&mut array, quantum);
    assert!(array.iter().zip(&values).all(|(a, &b)| a.to_bits() == step(b, quantum).to_bits()));
    assert!(step(f32::NAN, quantum).is_nan());
}

#[test]
fn numbers_of_tables_have_twelve_digits() {
    let mut state = 1_u64;
    for i in 0..200_000_u64 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let share = (state >> 11) as f64 / 9_007_199_254_740_992.0;
        let value = match i % 4 {
            0 => share * 10.0_f64.powi((state % 30) as i32 - 10),
            1 => -share * 1e6,
            2 => (share * 1e4).round() / 100.0,
            _ => 10.0_f64.powi((state % 20) as i32 - 5) * (1.0 - share * 1e-11),
        };
        let expected: f64 = format!("{value:.11e}").parse().unwrap();
        assert_eq!(rounded(value).to_bits(), (expected + 0.0).to_bits(), "{value:e}");
    }
    assert_eq!(rounded(-0.0).to_bits(), 0);
    assert!(rounded(f64::NAN).is_nan());
}
