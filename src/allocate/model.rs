//! Rows and columns of the allocation, each with the key it came from.

use crate::fault::{Fault, Kind, Result};
use crate::scenario::Sense;

/// A column: the megawatts taken of one offer.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Id of the offer.
    pub id: String,
    /// Its capacity [MW].
    pub capacity_mw: f64,
    /// What a megawatt of it adds to the objective.
    pub objective_per_mw: f64,
    /// Whether a land row holds it to its capacity, so that the bound can be left out and land alone has a price.
    pub free: bool,
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
    /// How the right-hand side follows from the limit.
    pub form: Form,
}

/// How a row follows from its limit.
#[derive(Debug, Clone, PartialEq)]
pub enum Form {
    /// Σ ≤ limit − baseline.
    Amount {
        /// Constant added to the sum.
        baseline: f64,
    },
    /// Σ − limit · (Σ over + constant) ≤ 0.
    Share {
        /// The share.
        limit: f64,
        /// The sum the share refers to, (column, coefficient per MW).
        over: Vec<(u32, f64)>,
        /// Constant the share refers to.
        constant: f64,
    },
    /// Σ by · (value − limit) ≤ 0.
    Average {
        /// The greatest or least mean.
        limit: f64,
        /// The weights, (column, coefficient per MW).
        by: Vec<(u32, f64)>,
    },
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
    /// Upper bound by column; `+∞` where rows bound it.
    pub upper: Vec<f64>,
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
        let upper = self.columns.iter().map(|c| if c.free { f64::INFINITY } else { c.capacity_mw }).collect();
        Lp { cost, upper, rows: self.rows.iter().map(Row::scaled).collect(), cost_scale }
    }

    /// A fault for the first coefficient that is not a finite number; the solver would take it for granted.
    ///
    /// # Errors
    /// If there is one.
    pub fn check_finite(&self, place: &str) -> Result<()> {
        let odd =
            |what: String| Err(Fault::new(Kind::Input, place, what).hint("every value used must be a number").into());
        for column in &self.columns {
            if !column.objective_per_mw.is_finite() || !column.capacity_mw.is_finite() {
                return odd(format!("offer `{}` has a value that is no finite number", column.id));
            }
        }
        for row in &self.rows {
            if let Some((column, _)) = row.coefficients.iter().find(|(_, value)| !value.is_finite()) {
                let id = &self.columns[*column as usize].id;
                return odd(format!("offer `{id}` has no finite value for rule `{}`", row.key.rule));
            }
            if !row.rhs.is_finite() {
                return odd(format!("rule `{}` {} has no finite bound", row.key.rule, row.key.key));
            }
        }
        Ok(())
    }
}

impl Row {
    fn scaled(&self) -> LpRow {
        let largest = self.coefficients.iter().map(|(_, value)| value.abs()).fold(0.0, f64::max);
        let direction = match self.side {
            Side::Max => 1.0,
            Side::Min => -1.0,
        };
        let scale = direction * power_of_two_for(largest);
        let coefficients = self.coefficients.iter().map(|&(column, value)| (column, value * scale)).collect();
        LpRow { coefficients, rhs: self.rhs * scale, scale }
    }

    /// Σ coefficient · MW.
    pub fn activity(&self, megawatts: &[f64]) -> f64 {
        dot(&self.coefficients, megawatts)
    }
}

/// Σ coefficient · MW over a sparse list.
pub fn dot(coefficients: &[(u32, f64)], megawatts: &[f64]) -> f64 {
    coefficients.iter().map(|&(column, value)| value * megawatts[column as usize]).sum()
}
