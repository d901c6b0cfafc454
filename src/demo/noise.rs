//! Random numbers that depend on a seed and a place only.

use std::sync::LazyLock;

/// Mixes 64 bits.
///
/// Source: the finaliser of `SplitMix64`, G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number
/// generators", OOPSLA 2014, fig. 16.
fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Unit vectors all round, as (sine, cosine).
static DIRECTIONS: LazyLock<[(f64, f64); 256]> =
    LazyLock::new(|| std::array::from_fn(|i| (i as f64 / 256.0 * std::f64::consts::TAU).sin_cos()));

/// A stream of random numbers.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// A stream of its own for a seed and a purpose.
    pub fn new(seed: u64, purpose: u64) -> Self {
        Self(mix(seed ^ mix(purpose)))
    }

    /// The next number, 0–1.
    pub fn unit(&mut self) -> f64 {
        self.0 = mix(self.0);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// The next number between two.
    pub fn between(&mut self, least: f64, most: f64) -> f64 {
        least + (most - least) * self.unit()
    }
}

/// Smooth noise over the plane.
#[derive(Debug, Clone, Copy)]
pub struct Noise {
    seed: u64,
}

impl Noise {
    /// Noise of its own for a seed and a purpose.
    pub fn new(seed: u64, purpose: u64) -> Self {
        Self { seed: mix(seed ^ mix(purpose)) }
    }

    /// Slope of the noise at a lattice point: one of as many directions as the table has.
    fn gradient(self, i: i64, j: i64) -> (f64, f64) {
        let bits = mix(self.seed ^ mix(i as u64) ^ mix(j as u64).rotate_left(32));
        DIRECTIONS[(bits >> 56) as usize]
    }

    /// Gradient noise of wavelength 1, about −1 to 1.
    ///
    /// Source: K. Perlin, "Improving noise", SIGGRAPH 2002.
    pub fn at(self, x: f64, y: f64) -> f64 {
        let (i, j) = (x.floor(), y.floor());
        let (fx, fy) = (x - i, y - j);
        let fade = |t: f64| t * t * t * (t * (t * 6.0 - 15.0) + 10.0);
        let corner = |di: f64, dj: f64| {
            let (gy, gx) = self.gradient((i + di) as i64, (j + dj) as i64);
            gx * (fx - di) + gy * (fy - dj)
        };
        let mix = |a: f64, b: f64, t: f64| a + (b - a) * t;
        let (u, v) = (fade(fx), fade(fy));
        1.5 * mix(mix(corner(0.0, 0.0), corner(1.0, 0.0), u), mix(corner(0.0, 1.0), corner(1.0, 1.0), u), v)
    }

    /// Noise of several wavelengths, from `wavelength_m` down to `least_m`, each half as long and `gain` as strong.
    pub fn fractal(self, x: f64, y: f64, (wavelength_m, least_m): (f64, f64), gain: f64) -> f64 {
        let (mut sum, mut strength, mut length) = (0.0, 1.0, wavelength_m);
        while length >= least_m {
            // Each octave is shifted, or their lattices would coincide at the origin.
            sum += strength * self.at(x / length + 17.3 * length, y / length - 5.9 * length);
            strength *= gain;
            length *= 0.5;
        }
        sum
    }

    /// Ridges: sharp crests and gullies, 0–1.
    pub fn ridged(self, x: f64, y: f64, (wavelength_m, least_m): (f64, f64), gain: f64) -> f64 {
        let (mut sum, mut total, mut strength, mut length) = (0.0, 0.0, 1.0, wavelength_m);
        while length >= least_m {
            let crest = 1.0 - self.at(x / length - 3.1 * length, y / length + 11.7 * length).abs();
            sum += strength * crest * crest;
            total += strength;
            strength *= gain;
            length *= 0.5;
        }
        sum / total
    }
}
