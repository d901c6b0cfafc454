//! A contradiction in the planner's words, with numbers that can be put into the project file.

use super::{Alone, Clash, Conflict, Loosening, MET_WITHIN, MOST_ALONE, meets};
use crate::allocate::model::{Row, Side};
use crate::offer::{number_text, rounded};

/// Significant digits of the limits that are proposed.
const DIGITS: i32 = 9;
/// Values that differ by less than this share of a last digit are the same number.
const SAME_DIGIT: f64 = 1e-3;
/// A value below this share of its terms is zero [1].
const ZERO_WITHIN: f64 = 1e-12;
/// Numbers from here on are written with an exponent.
const LONGEST: f64 = 1e15;
/// Last digits by which a proposal is widened until the choice it comes from meets it.
const WIDENED_BY: [f64; 3] = [0.0, 1.0, 100.0];

/// The limit that a choice meets, rounded away from the limit as stated; `None` if the limit may not take that value.
pub fn settled(row: &Row, megawatts: &[f64]) -> Option<f64> {
    let form = &row.key.form;
    let terms = |list: &[(u32, f64)]| -> f64 {
        list.iter().map(|&(column, value)| (value * megawatts[column as usize]).abs()).sum()
    };
    let value = row.value(megawatts);
    let size = terms(&row.coefficients) + form.limit.abs() * terms(&form.over) + form.constant.abs();
    let value = if (value * row.weight(megawatts)).abs() <= ZERO_WITHIN * size { 0.0 } else { value };
    let proposals = WIDENED_BY.iter().map(|&digits| outward(value, row.side, digits));
    let mut fit = proposals.filter(|proposal| meets(&row.at(*proposal), megawatts, MET_WITHIN));
    let (least, most) = form.range;
    fit.next().filter(|proposal| *proposal >= least && *proposal <= most)
}

/// A value rounded up (for a `max`) or down to the digits that are shown, and some last digits further.
fn outward(value: f64, side: Side, last_digits: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let digit = 10.0_f64.powi(value.abs().log10().floor() as i32 + 1 - DIGITS);
    let (steps, toward) = (value / digit, if side == Side::Max { 1.0 } else { -1.0 });
    let whole = if (steps - steps.round()).abs() < SAME_DIGIT {
        steps.round()
    } else if side == Side::Max {
        steps.ceil()
    } else {
        steps.floor()
    };
    rounded((whole + toward * last_digits) * digit)
}

/// The contradiction in sentences.
///
/// - `offers`: how many there are.
pub fn sentences(conflict: &Conflict, offers: usize) -> Vec<String> {
    let clashes = &conflict.limits;
    let asks = |clash: &Clash| {
        let word = if clash.side == Side::Max { "at most" } else { "at least" };
        format!("{} ({word} {})", name(clash), amount(clash.limit, &clash.unit))
    };
    let mut list: Vec<String> = clashes.iter().take(MOST_ALONE).map(asks).collect();
    let with_land = if conflict.land_binds { ", given the land of the sites" } else { "" };
    let mut lines = vec![match clashes.len() {
        1 => format!("The limit {} cannot be met{with_land}.", list[0]),
        n => {
            list.extend((n > MOST_ALONE).then(|| format!("and {} more", n - MOST_ALONE)));
            format!("These limits cannot all be met{with_land}: {}.", list.join("; "))
        }
    }];
    if offers == 0 {
        lines.push("There are no offers to choose from.".to_owned());
    } else {
        let idle = clashes.iter().filter(|clash| !clash.counts_offers).take(MOST_ALONE);
        lines.extend(idle.map(|clash| format!("No offer counts for {}.", name(clash))));
    }
    lines.push(loosening(conflict));
    match clashes.len() {
        0 | 1 => {}
        n if n <= MOST_ALONE => lines.extend(clashes.iter().map(alone)),
        n => lines.push(format!("Which of the {n} could give way alone was not tried; it is for up to {MOST_ALONE}.")),
    }
    lines
}

fn loosening(conflict: &Conflict) -> String {
    let changed = conflict.limits.iter().filter(|clash| clash.loosened != clash.limit);
    let change = |clash: &Clash| {
        let [from, to] = [clash.limit, clash.loosened].map(|value| amount(value, &clash.unit));
        format!("{} {} from {from} to {to}", verb(clash), name(clash))
    };
    let list = changed.map(change).collect::<Vec<_>>().join(", and ");
    match (conflict.loosening, conflict.limits.len()) {
        (Loosening::Smallest, _) => format!("Smallest loosening: {list}."),
        (Loosening::Sufficient, _) => format!("A loosening that suffices: {list}."),
        (Loosening::NotFound, 1) => "No value of it would be enough.".to_owned(),
        (Loosening::NotFound, _) => "No loosening of them together was found.".to_owned(),
    }
}

fn alone(clash: &Clash) -> String {
    match clash.alone {
        Alone::To(value) => format!("Or {} {} alone to {}.", verb(clash), name(clash), amount(value, &clash.unit)),
        Alone::NotEnough => format!("Changing {} alone is not enough.", name(clash)),
        Alone::Untold => format!("Whether changing {} alone is enough could not be told.", name(clash)),
    }
}

fn name(clash: &Clash) -> String {
    if clash.key.is_empty() { format!("`{}`", clash.rule) } else { format!("`{}` of {}", clash.rule, clash.key) }
}

fn verb(clash: &Clash) -> &'static str {
    if clash.side == Side::Max { "raise" } else { "lower" }
}

fn amount(value: f64, unit: &str) -> String {
    let text = |value: f64| if value.abs() < LONGEST { number_text(value) } else { format!("{:e}", rounded(value)) };
    match unit {
        "" => text(value),
        "share" => format!("{} %", text(100.0 * value)),
        unit => format!("{} {unit}", text(value)),
    }
}
