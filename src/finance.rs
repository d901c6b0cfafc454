//! Annuities and levelised cost.

/// Capital recovery factor: the yearly payment that repays 1 over `life_yr` years [1/yr].
///
/// - `rate`: discount rate [1/yr]; 0 gives 1/life.
///
/// Source: W. Short, D. J. Packey, T. Holt, "A Manual for the Economic Evaluation of Energy Efficiency and Renewable
/// Energy Technologies", NREL/TP-462-5173, 1995, eq. 2-13; checked against `tests/vectors/e_finance.json`.
pub fn capital_recovery_factor(rate: f64, life_yr: f64) -> f64 {
    if rate == 0.0 {
        return 1.0 / life_yr;
    }
    let growth = (1.0 + rate).powf(life_yr);
    rate * growth / (growth - 1.0)
}

/// Constant yearly amount worth as much as a yield that starts at 1 and shrinks every year [1].
///
/// - `degradation`: share lost from one year to the next [1/yr].
///
/// CRF · Σₜ (1 − δ)^(t−1) / (1 + i)^t over whole years, so that cost per year divided by it is the levelised cost of
/// the discounted sums.
///
/// Source: as [`capital_recovery_factor`], sect. 3 (levelised cost of energy).
pub fn levelised_yield(rate: f64, life_yr: f64, degradation: f64) -> f64 {
    let years = life_yr.round().max(1.0) as u32;
    let discounted: f64 =
        (1..=years).map(|t| (1.0 - degradation).powi(t as i32 - 1) / (1.0 + rate).powi(t as i32)).sum();
    capital_recovery_factor(rate, f64::from(years)) * discounted
}

/// Investment that income just pays back [currency]; negative where income does not even pay for operation.
///
/// - `income_per_yr`: of every year, after operation and rent [currency/yr].
///
/// Source: the annuity of [`capital_recovery_factor`], turned around; checked against `tests/vectors/checks.json`.
pub fn break_even_capex(income_per_yr: f64, rate: f64, life_yr: f64) -> f64 {
    income_per_yr / capital_recovery_factor(rate, life_yr)
}
