//! Merit order: what one gets without optimising.

use super::model::{Model, Row, Side, dot, sign};
use crate::scenario::Sense;

/// A choice by merit order.
#[derive(Debug, Clone, PartialEq)]
pub struct Greedy {
    /// Value of the objective.
    pub objective: f64,
    /// Limits it does not meet, as `rule` or `rule key`.
    pub unmet: Vec<String>,
}

/// Takes offers in the order of what a megawatt adds to the objective, each as far as land and amounts bounded from above
/// allow: first those that help to meet amounts bounded from below, then all that improve the objective. Shares and
/// averages only mean something for the whole choice; a merit order does not see them and may end up breaking them.
pub fn greedy(model: &Model, sense: Sense) -> Greedy {
    let mut order: Vec<usize> = (0..model.columns.len()).collect();
    let gain = |i: usize| -sign(sense) * model.columns[i].objective_per_mw;
    order.sort_by(|&a, &b| gain(b).total_cmp(&gain(a)).then(a.cmp(&b)));
    let mut state = State::new(model);
    for (number, row) in model.rows.iter().enumerate().filter(|(_, row)| row.side == Side::Min && is_amount(row)) {
        let mut helps = vec![0.0; model.columns.len()];
        for &(column, value) in row.coefficients.iter().filter(|(_, value)| *value > 0.0) {
            helps[column as usize] = value;
        }
        for &column in order.iter().filter(|&&column| helps[column] > 0.0) {
            let missing = row.rhs - state.used[number];
            if missing <= 0.0 {
                break;
            }
            state.take(column, missing / helps[column]);
        }
    }
    for &column in order.iter().filter(|&&column| gain(column) > 0.0) {
        state.take(column, f64::INFINITY);
    }
    let objective = state.megawatts.iter().zip(&model.columns).map(|(mw, column)| mw * column.objective_per_mw).sum();
    let name = |rule: &str, key: &str| if key.is_empty() { rule.to_owned() } else { format!("{rule} {key}") };
    let unmet = model.rows.iter().filter(|row| {
        let excess = dot(&row.coefficients, &state.megawatts) - row.rhs;
        let breach = if row.side == Side::Min { -excess } else { excess };
        breach > 1e-6 * row.rhs.abs().max(1.0)
    });
    Greedy { objective, unmet: unmet.map(|row| name(&row.key.rule, &row.key.key)).collect() }
}

fn is_amount(row: &Row) -> bool {
    row.key.form.over.is_empty()
}

struct State<'a> {
    model: &'a Model,
    megawatts: Vec<f64>,
    /// Activity of every row.
    used: Vec<f64>,
    /// Rows of every column, as (row, coefficient).
    rows_of: Vec<Vec<(u32, f64)>>,
}

impl<'a> State<'a> {
    fn new(model: &'a Model) -> Self {
        let mut rows_of = vec![Vec::new(); model.columns.len()];
        for (number, row) in model.rows.iter().enumerate() {
            for &(column, value) in &row.coefficients {
                rows_of[column as usize].push((number as u32, value));
            }
        }
        Self { model, megawatts: vec![0.0; model.columns.len()], used: vec![0.0; model.rows.len()], rows_of }
    }

    /// Takes as much of a column as is wanted and every upper limit allows.
    fn take(&mut self, column: usize, wanted_mw: f64) {
        let mut room = (self.model.columns[column].capacity_mw - self.megawatts[column]).min(wanted_mw);
        for &(number, value) in self.rows_of[column].iter().filter(|(_, value)| *value > 0.0) {
            let row = &self.model.rows[number as usize];
            if row.side == Side::Max && is_amount(row) {
                room = room.min((row.rhs - self.used[number as usize]).max(0.0) / value);
            }
        }
        if room > 0.0 {
            self.megawatts[column] += room;
            for &(number, value) in &self.rows_of[column] {
                self.used[number as usize] += value * room;
            }
        }
    }
}
