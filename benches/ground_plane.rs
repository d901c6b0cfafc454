//! Speed of yields on the ground, cell by cell, over the steps of a year, on one thread.
//!
//! `cargo bench --bench ground_plane -- CELLS STEPS OUT`, of files that `benches/peers/ground_plane.py` makes: CELLS holds the
//! number of cells (`u64`), then elevation [m] and rise towards east and north of each (`f32`); STEPS the number of steps and of
//! heights (`u64`), the lowest height and the distance of heights [m] (`f32`), then for each height and step the sun towards
//! east, north, up, DNI, DHI [W/m²], one over the irradiance above the air, and the energy per power (`f32`). Writes the yields
//! to OUT (`f32`), and prints million cells a second of processor time: under an open sky, and within a skyline.

#![allow(clippy::print_stdout)]

use std::time::Instant;

use solsite::solar::ground_plane::{Cells, LANES, LightStep, Modules, StepPair, Steps, yields};

/// Numbers of a step in the file.
const NUMBERS: usize = 7;
/// Directions of the skyline.
const DIRECTIONS: usize = 16;
/// Every variant is timed so often; the fastest counts.
const RUNS: usize = 3;

struct Input {
    elevation_m: Vec<f32>,
    gradient: [Vec<f32>; 2],
    lowest_m: f32,
    class_m: f32,
    /// Steps by height.
    heights: Vec<Vec<LightStep>>,
}

fn words(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|word| f32::from_le_bytes([word[0], word[1], word[2], word[3]])).collect()
}

fn count(bytes: &[u8], n: usize) -> usize {
    u64::from_le_bytes(std::array::from_fn(|byte| bytes[8 * n + byte])) as usize
}

fn read(cells: &str, steps: &str) -> std::io::Result<Input> {
    let (cells, steps) = (std::fs::read(cells)?, std::fs::read(steps)?);
    let (n, values) = (count(&cells, 0), words(&cells[8..]));
    let (k, numbers) = (count(&steps, 0), words(&steps[16..]));
    let step = |of: &[f32]| LightStep {
        sun: [of[0], of[1], of[2]],
        dni_w_per_m2: of[3],
        dhi_w_per_m2: of[4],
        per_extraterrestrial: of[5],
        air_temperature_c: 20.0,
        // Faiman at 2 m/s.
        warming_k_m2_per_w: 1.0 / 38.68,
        weight: of[6],
    };
    let heights = numbers[2..].chunks_exact(k * NUMBERS).map(|all| all.chunks_exact(NUMBERS).map(step).collect());
    Ok(Input {
        elevation_m: values[..n].to_vec(),
        gradient: [values[n..2 * n].to_vec(), values[2 * n..].to_vec()],
        lowest_m: numbers[0],
        class_m: numbers[1],
        heights: heights.collect(),
    })
}

impl Input {
    /// Steps between every two heights.
    fn classes(&self, modules: &Modules) -> Vec<Steps> {
        let pair = |(low, high): (&LightStep, &LightStep)| -> StepPair {
            let turn = f64::from(low.sun[0].atan2(low.sun[1])).rem_euclid(std::f64::consts::TAU);
            let place = turn / std::f64::consts::TAU * DIRECTIONS as f64;
            (*low, *high, (place as usize % DIRECTIONS, place.fract() as f32))
        };
        let between = |two: &[Vec<LightStep>]| two[0].iter().zip(&two[1]).map(pair).collect::<Vec<_>>();
        self.heights.windows(2).map(|two| Steps::new(&between(two), modules)).collect()
    }

    /// Yields of all cells; cells side by side may lie between different heights.
    fn all(&self, classes: &[Steps], skyline: &[[f32; LANES]], out: &mut [f32]) {
        let chunks = out.chunks_exact_mut(LANES).zip(self.elevation_m.chunks_exact(LANES));
        let gradients = self.gradient[0].chunks_exact(LANES).zip(self.gradient[1].chunks_exact(LANES));
        for ((out, elevation_m), (east, north)) in chunks.zip(gradients) {
            let (Some(east), Some(north)) = (east.first_chunk(), north.first_chunk()) else { continue };
            let height: [f32; LANES] = std::array::from_fn(|lane| (elevation_m[lane] - self.lowest_m) / self.class_m);
            let class_of = |lane: usize| (height[lane] as usize).min(classes.len() - 1);
            let up: [f32; LANES] = std::array::from_fn(|lane| height[lane] - class_of(lane) as f32);
            let seen = |lane: usize| f32::midpoint(1.0, 1.0 / (1.0 + east[lane].powi(2) + north[lane].powi(2)).sqrt());
            let sky_view = std::array::from_fn(seen);
            let cells = Cells { gradient: (east, north), up: &up, sky_view: &sky_view, skyline };
            let mut class = None;
            for lane in 0..LANES {
                if class != Some(class_of(lane)) {
                    class = Some(class_of(lane));
                    let found = yields(&classes[class_of(lane)], &cells);
                    out[lane..].copy_from_slice(&found[lane..]);
                }
            }
        }
    }
}

/// Processor time of this thread [s].
fn processor_s() -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    told.split_whitespace().next().and_then(|word| word.parse::<f64>().ok()).unwrap_or(f64::NAN) * 1e-9
}

fn main() -> std::io::Result<()> {
    let names: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let [cells, steps, out] = &names[..] else {
        println!("# run by benches/peers/ground_plane.py");
        return Ok(());
    };
    let input = read(cells, steps)?;
    let modules = Modules { albedo: 0.25, gamma_per_k: -0.0035, modifier: None, round_sun: 1.0 };
    let classes = input.classes(&modules);
    let mut found = vec![0.0_f32; input.elevation_m.len()];
    for (name, skyline) in [("yield_skyline", vec![[0.05; LANES]; DIRECTIONS]), ("yield_open", Vec::new())] {
        let mut least_s = f64::INFINITY;
        for _ in 0..RUNS {
            let (before, began) = (processor_s(), Instant::now());
            input.all(&classes, &skyline, &mut found);
            let spent_s = processor_s() - before;
            least_s = least_s.min(if spent_s.is_nan() { began.elapsed().as_secs_f64() } else { spent_s });
        }
        println!("{name}\t{:.1}", found.len() as f64 / least_s / 1e6);
    }
    std::fs::write(out, found.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>())
}
