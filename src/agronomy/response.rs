//! Relative yield of a crop under an array.

/// How the yield of a crop answers to shade.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Response {
    /// 10^(αR + βR²), with a 95 % band of a half width that grows with the shade.
    Curve {
        /// Linear coefficient of log10 yield [1].
        alpha: f64,
        /// Quadratic coefficient [1].
        beta: f64,
        /// Terms p, q, s of the half width R √(p + qR + sR²) of the band in log10 yield [1].
        band: [f64; 3],
    },
    /// Nothing is known of the crop: its yield is taken to fall with the light.
    Unknown,
}

/// Yield relative to the open field [1], with what bounds it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RelativeYield {
    /// Lower end of the 95 % band.
    pub low: f64,
    /// Expected.
    pub expected: f64,
    /// Upper end of the 95 % band.
    pub high: f64,
}

impl RelativeYield {
    /// The same on the part of the land that is cropped.
    #[must_use]
    pub fn times(self, share: f64) -> Self {
        Self { low: share * self.low, expected: share * self.expected, high: share * self.high }
    }
}

/// Yield under shade relative to the open field.
///
/// - `shade`: share of light lost R [1], 0 to the largest the curves were fitted to.
/// - `worst`: lower end of the bands of all crops that are known, at this shade [1]: the lower end for a crop of which nothing is
///   known, whose upper end is an open field's yield.
///
/// Source: form and coefficients of M. Laub et al., "Contrasting yield responses at varying levels of shade suggest different
/// suitability of crop types for dual land-use systems", Agron. Sustain. Dev. 42:51, 2022, doi 10.1007/s13593-022-00783-7;
/// checked against its table S2, predictions and bands (`tests/vectors/laub_s2.csv`, `laub_s2_bands.csv`).
pub fn relative_yield(response: Response, shade: f64, worst: f64) -> RelativeYield {
    match response {
        Response::Curve { alpha, beta, band } => {
            let log = alpha * shade + beta * shade * shade;
            let [p, q, s] = band;
            let half = shade * (p + q * shade + s * shade * shade).max(0.0).sqrt();
            let of = |log: f64| 10.0_f64.powf(log);
            RelativeYield { low: of(log - half), expected: of(log), high: of(log + half) }
        }
        Response::Unknown => {
            let expected = 1.0 - shade.clamp(0.0, 1.0);
            RelativeYield { low: worst.min(expected), expected, high: 1.0 }
        }
    }
}

/// Land that crop and electricity would need apart over the land they use together [1].
///
/// - `cropped_share`: share of the land that is still cropped [1].
/// - `relative_yield`: of the cropped land [1].
/// - `electricity_ratio`: energy over that of plain ground-mounted PV on the same land [1].
///
/// Source: R. Mead, R. W. Willey, "The concept of a 'land equivalent ratio'", Exp. Agric. 16, 1980, in the form of C. Dupraz et
/// al., Renew. Energy 36, 2011; checked against `tests/vectors/b_agri.json`.
pub fn land_equivalent_ratio(cropped_share: f64, relative_yield: f64, electricity_ratio: f64) -> f64 {
    cropped_share * relative_yield + electricity_ratio
}
