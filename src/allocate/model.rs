//! Rows and columns of the allocation, each with the key it came from.

use std::collections::BTreeMap;

use crate::fault::{Fault, Faults, Kind, Result};
use crate::scenario::{INFINITE, Sense};

/// A column: the megawatts taken of one offer.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Id of the offer.
    pub id: String,
    /// Its capacity [MW].
    pub capacity_mw: f64,
    /// What a megawatt of it adds to the objective.
    pub objective_per_mw: f64,
    /// Whether a land row holds it to its capacity, so that land alone has a price.
    pub held_by_land: bool,
}

/// A row Σ coefficient · MW ≤ rhs or ≥ rhs.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// What it stands for.
    pub key: RowKey,
    /// (column, coefficient per MW), ascending, without zeros.
    pub coefficients: Vec<(u32, f64)>,
    /// Whether the sum must not exceed or not fall below the right-hand side.
    pub side: Side,
    /// The right-hand side.
    pub rhs: f64,
}

/// Side of a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// At most.
    Max,
    /// At least.
    Min,
}

impl Side {
    /// The opposite side.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Max => Self::Min,
            Self::Min => Self::Max,
        }
    }
}

/// What a row stands for.
#[derive(Debug, Clone, PartialEq)]
pub struct RowKey {
    /// Id of the limit, or `land`.
    pub rule: String,
    /// Value of the limit's `per` column, or the site; empty for a limit without keys.
    pub key: String,
    /// Modes a land row is about.
    pub modes: Vec<String>,
    /// Unit of the limit.
    pub unit: String,
    /// How the row follows from the limit.
    pub form: Form,
}

/// How a row follows from its limit, which bounds the quotient (Σ part + constant) / (Σ over + reference): the row is
/// Σ part − limit · Σ over ≤ limit · reference − constant, or ≥.
#[derive(Debug, Clone, PartialEq)]
pub struct Form {
    /// The limit as the planner stated it.
    pub limit: f64,
    /// Constant in the numerator.
    pub constant: f64,
    /// Sum in the denominator, (column, coefficient per MW), ascending; empty for amounts.
    pub over: Vec<(u32, f64)>,
    /// Constant in the denominator; 1 for amounts.
    pub reference: f64,
    /// Values the limit may take.
    pub range: (f64, f64),
}

impl Form {
    /// A limit of a sum plus a constant.
    pub fn amount(limit: f64, constant: f64) -> Self {
        Self { limit, constant, over: Vec::new(), reference: 1.0, range: (f64::NEG_INFINITY, f64::INFINITY) }
    }
}

/// The allocation as a linear program.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Model {
    /// Columns, in the order of the offers.
    pub columns: Vec<Column>,
    /// Rows: land first, then limits.
    pub rows: Vec<Row>,
    /// Unit of the objective.
    pub objective_unit: String,
    /// What the planner should know of the limits.
    pub notes: Vec<String>,
}

/// A linear program in one form: minimise cost · x under rows Σ ≤ rhs and 0 ≤ x ≤ upper, every row and the cost scaled by
/// powers of two so that its largest coefficient is near 1.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lp {
    /// Scaled cost by column.
    pub cost: Vec<f64>,
    /// Upper bound by column; `+∞` for none.
    pub upper: Vec<f64>,
    /// Whether the rows imply the upper bound of a column: the solver is not told of it, so that they have the price.
    pub implied: Vec<bool>,
    /// Scaled rows.
    pub rows: Vec<LpRow>,
    /// Cost = true cost · this.
    pub cost_scale: f64,
}

/// A row of an [`Lp`].
#[derive(Debug, Clone, PartialEq)]
pub struct LpRow {
    /// (column, coefficient).
    pub coefficients: Vec<(u32, f64)>,
    /// Right-hand side.
    pub rhs: f64,
    /// Row = true row · this; negative where a row ≥ was turned round.
    pub scale: f64,
}

/// Factor that turns an objective into one to be minimised, and back.
pub fn sign(sense: Sense) -> f64 {
    match sense {
        Sense::Max => -1.0,
        Sense::Min => 1.0,
    }
}

/// Bounds of rows are cut off here: no sum of offers comes near, and the solver takes 1e20 for infinite.
const FAR: f64 = 1e19;

/// The solver refuses coefficients from here on.
const LARGEST: f64 = 1e15;

/// The power of two that brings `largest` near to 1.
fn power_of_two_for(largest: f64) -> f64 {
    if largest > 0.0 && largest.is_finite() { 2.0_f64.powi(-(largest.log2().round() as i32)) } else { 1.0 }
}

impl Model {
    /// The program to be minimised.
    pub fn lp(&self, sense: Sense) -> Lp {
        let largest = self.columns.iter().map(|column| column.objective_per_mw.abs()).fold(0.0, f64::max);
        let cost_scale = power_of_two_for(largest);
        let cost = self.columns.iter().map(|column| sign(sense) * column.objective_per_mw * cost_scale).collect();
        let upper = self.columns.iter().map(|column| column.capacity_mw).collect();
        let implied = self.columns.iter().map(|column| column.held_by_land).collect();
        Lp { cost, upper, implied, rows: self.rows.iter().map(Row::scaled).collect(), cost_scale }
    }

    /// Faults of numbers that the solver would take for granted (`NaN`), for infinite, or not at all.
    ///
    /// - `place`: where the offers come from.
    ///
    /// # Errors
    /// If there are any.
    pub fn check_numbers(&self, place: &str) -> Result<()> {
        let mut faults = Vec::new();
        let mut odd = |what: String, hint: &str| faults.push(Fault::new(Kind::Input, place, what).hint(hint));
        let larger = "count in a larger unit";
        let fits = |value: f64, most: f64| value.abs() < most;
        for column in self.columns.iter().filter(|column| !fits(column.objective_per_mw, LARGEST)) {
            odd(format!("offer `{}` brings {:e} per MW to the objective", column.id, column.objective_per_mw), larger);
        }
        for row in &self.rows {
            if let Some((column, value)) = row.coefficients.iter().find(|(_, value)| !fits(*value, LARGEST)) {
                let id = &self.columns[*column as usize].id;
                if value.is_nan() {
                    let hint = "fill the cell, or leave such offers out with `where`";
                    odd(format!("offer `{id}` has no value to count for rule `{}`", row.key.rule), hint);
                } else {
                    odd(format!("offer `{id}` brings {value:e} per MW to rule `{}`", row.key.rule), larger);
                }
            }
            if !fits(row.rhs, INFINITE) {
                odd(format!("rule `{}` {} is bounded by {:e}", row.key.rule, row.key.key, row.rhs), larger);
            }
        }
        Faults::or(faults, ())
    }
}

impl Row {
    /// The row ≤ with its largest coefficient near 1.
    pub fn scaled(&self) -> LpRow {
        let largest = self.coefficients.iter().map(|(_, value)| value.abs()).fold(0.0, f64::max);
        let direction = match self.side {
            Side::Max => 1.0,
            Side::Min => -1.0,
        };
        let scale = direction * power_of_two_for(largest);
        let coefficients = self.coefficients.iter().map(|&(column, value)| (column, value * scale)).collect();
        LpRow { coefficients, rhs: (self.rhs * scale).clamp(-FAR, FAR), scale }
    }

    /// Σ coefficient · MW.
    pub fn activity(&self, megawatts: &[f64]) -> f64 {
        dot(&self.coefficients, megawatts)
    }

    /// Denominator of what the limit bounds: how far the right-hand side moves per +1 of the limit.
    pub fn weight(&self, megawatts: &[f64]) -> f64 {
        dot(&self.key.form.over, megawatts) + self.key.form.reference
    }

    /// What the limit bounds; no finite number where the denominator is zero.
    pub fn value(&self, megawatts: &[f64]) -> f64 {
        let form = &self.key.form;
        let part = self.activity(megawatts) + form.limit * dot(&form.over, megawatts);
        (part + form.constant) / self.weight(megawatts)
    }

    /// The row with another limit.
    #[must_use]
    pub fn at(&self, limit: f64) -> Self {
        let form = &self.key.form;
        let coefficients = sum(&self.coefficients, &form.over, form.limit - limit);
        let rhs = limit * form.reference - form.constant;
        let key = RowKey { form: Form { limit, ..form.clone() }, ..self.key.clone() };
        Self { key, coefficients, side: self.side, rhs }
    }
}

/// a + factor · b, both sparse and ascending.
pub fn sum(a: &[(u32, f64)], b: &[(u32, f64)], factor: f64) -> Vec<(u32, f64)> {
    let mut sum: BTreeMap<u32, f64> = a.iter().copied().collect();
    for &(column, value) in b {
        *sum.entry(column).or_default() += factor * value;
    }
    sum.into_iter().filter(|(_, value)| *value != 0.0).collect()
}

/// Σ coefficient · MW over a sparse list.
pub fn dot(coefficients: &[(u32, f64)], megawatts: &[f64]) -> f64 {
    coefficients.iter().map(|&(column, value)| value * megawatts[column as usize]).sum()
}
