//! How subsidence comes about in time.

use crate::date::DAYS_PER_YEAR;

/// Depth up to which the surface moves in proportion to it [m], and for how long there [days].
const DEEP_M: f64 = 400.0;
const DEEP_DAYS: f64 = 1000.0;

/// Share of the final subsidence that has happened, by years since extraction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Course {
    /// 1 − e^(−ct): fastest at once.
    ///
    /// Source: S. Knothe, "Time influence on a formation of a subsidence surface", Archiwum Górnictwa i Hutnictwa 1, 1953.
    Knothe {
        /// c [1/yr].
        per_year: f64,
    },
    /// (1 − e^(−ct))ⁿ: fastest at ln n / c.
    ///
    /// Source: Appl. Sci. 14:3742, 2024.
    KnothePower {
        /// c [1/yr].
        per_year: f64,
        /// n, at least 1.
        power: f64,
    },
    /// tᵏ / (c + tᵏ), Morgan–Mercer–Flodin.
    ///
    /// Source: Appl. Sci. 13:8066, 2023.
    MorganMercerFlodin {
        /// c [yrᵏ].
        half: f64,
        /// k.
        power: f64,
    },
    /// 1 / (1 + e^(−k(t − τ))).
    Logistic {
        /// τ, when half has happened [yr].
        middle_yr: f64,
        /// k [1/yr].
        per_year: f64,
    },
    /// Two branches of Knothe's course, each the other's mirror about the middle; whole at the end.
    Segmented {
        /// T, when all has happened [yr].
        duration_yr: f64,
        /// c [1/yr].
        per_year: f64,
    },
}

impl Course {
    /// Knothe's course of which a share has happened after some days: c = −ln(1 − p) / T.
    pub fn knothe_by(share: f64, days: f64) -> Self {
        Self::Knothe { per_year: -(1.0 - share).ln() / (days / DAYS_PER_YEAR) }
    }

    /// Share that has happened, 0–1; nothing before extraction.
    pub fn share(&self, since_yr: f64) -> f64 {
        if since_yr <= 0.0 {
            return 0.0;
        }
        match *self {
            Self::Knothe { per_year } => -(-per_year * since_yr).exp_m1(),
            Self::KnothePower { per_year, power } => (-(-per_year * since_yr).exp_m1()).powf(power),
            Self::MorganMercerFlodin { half, power } => {
                let grown = since_yr.powf(power);
                grown / (half + grown)
            }
            Self::Logistic { middle_yr, per_year } => 1.0 / (1.0 + (-per_year * (since_yr - middle_yr)).exp()),
            Self::Segmented { duration_yr, .. } if since_yr >= duration_yr => 1.0,
            Self::Segmented { duration_yr, per_year } => {
                let half_yr = duration_yr / 2.0;
                let first = |t: f64| {
                    let lag = (-per_year * half_yr).exp();
                    0.5 / (1.0 - lag) * ((-per_year * (half_yr - t)).exp() - lag)
                };
                if since_yr <= half_yr { first(since_yr) } else { 1.0 - first(duration_yr - since_yr) }
            }
        }
    }

    /// How fast it happens [1/yr].
    pub fn rate_per_yr(&self, since_yr: f64) -> f64 {
        if since_yr < 0.0 {
            return 0.0;
        }
        match *self {
            Self::Knothe { per_year } => per_year * (-per_year * since_yr).exp(),
            Self::KnothePower { per_year, power } => {
                let left = (-per_year * since_yr).exp();
                power * per_year * left * (1.0 - left).powf(power - 1.0)
            }
            Self::MorganMercerFlodin { half, power } => {
                let all = half + since_yr.powf(power);
                half * power * since_yr.powf(power - 1.0) / (all * all)
            }
            Self::Logistic { per_year, .. } => {
                let share = self.share(since_yr);
                per_year * share * (1.0 - share)
            }
            Self::Segmented { duration_yr, .. } if since_yr >= duration_yr => 0.0,
            Self::Segmented { duration_yr, per_year } => {
                let half_yr = duration_yr / 2.0;
                let from_middle_yr = (since_yr - half_yr).abs();
                0.5 * per_year / (1.0 - (-per_year * half_yr).exp()) * (-per_year * from_middle_yr).exp()
            }
        }
    }
}

/// How long the surface moves over a panel without measurements [days].
///
/// - `depth_m`: mean depth of mining.
///
/// Source: code of 2017: 2.5 H up to 400 m, beyond it 1000 exp(1 − 400 / H).
pub fn duration_days(depth_m: f64) -> f64 {
    if depth_m <= DEEP_M { DEEP_DAYS / DEEP_M * depth_m } else { DEEP_DAYS * (1.0 - DEEP_M / depth_m).exp() }
}
