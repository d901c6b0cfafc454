//! t
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::expect_used)]
use solsite::*;
use std::path::Path;

#[test]
fn quick() {
    let project = project::Project::load(Path::new("tests/aachen/minimal.toml")).unwrap_or_else(|e| panic!("{e}"));
    let plan = plan::Plan::new(project).unwrap_or_else(|e| panic!("{e}"));
    println!("{} x {} {:?}", plan.grid.rows, plan.grid.cols, plan.rasters["dem"].alignment);
    println!("{:?}", plan.rasters["corine"].alignment);
    let needs = derive::needs::Needs::of_rules(&plan).and(derive::needs::Needs::of_outputs(&plan));
    let mut base: Option<exclude::Tally> = None;
    let mut slopes: Vec<u64> = vec![];
    for cells in [10000usize, 300, 128, 37] {
        let tiling = tiles::Tiling::new(&plan.grid, cells);
        let t = std::time::Instant::now();
        let tallies = tiles::for_each(
            &tiling.tiles,
            2,
            &tiles::Cancel::default(),
            || derive::sources::Sources::open(&plan),
            |s, tile| {
                let layers = derive::derive(&plan, s, tile.window, &needs)?;
                let mask = exclude::exclude(&plan, &layers);
                let mut h = 0u64;
                for (i, v) in layers.amount(&layer::LayerName::Slope).unwrap().core().indexed_iter() {
                    let k = ((tile.window.row as usize + i.0) * 100000 + tile.window.col as usize + i.1) as u64;
                    h = h.wrapping_add(
                        k.wrapping_mul(0x9E37_79B9_7F4A_7C15)
                            ^ u64::from(v.to_bits()).wrapping_mul(0xC2B2_AE3D_27D4_EB4F).rotate_left((k % 61) as u32),
                    );
                }
                Ok((mask.tally, h))
            },
        )
        .unwrap_or_else(|e| panic!("{e}"));
        let mut all = exclude::Tally::new(plan.regions.len(), plan.project.rules.len());
        let mut h = 0u64;
        for (t, x) in &tallies {
            all.merge(t);
            h = h.wrapping_add(*x);
        }
        println!("{cells}: {:?} {h:x} {:?}", all.total(), t.elapsed());
        slopes.push(h);
        for (r, t) in plan.project.rules.iter().zip(&all.rules) {
            println!("  {} {:?} left {:.8} %", r.id, t, 100.0 - 100.0 * t.cells as f64 / all.total().cells as f64);
        }
        if let Some(b) = &base {
            assert_eq!(b, &all);
        } else {
            base = Some(all);
        }
    }
    println!("{slopes:?}");
}
