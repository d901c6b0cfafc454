//! The one linear limit: a sum, a share or an average over selected offers, between bounds.

use std::collections::BTreeMap;

use super::bounds::Bounds;
use crate::allocate::Market;
use crate::allocate::model::{Form, Model, Row, RowKey, Side, sum};
use crate::fault::{Fault, Faults, Result, suggestion};
use crate::offer;
use crate::scenario::{Bound, Constant, Level, Limit, Reference, Selection, UnassignedOffers};

/// Values named in a hint at most.
const LISTED: usize = 40;

/// Adds the rows of a limit.
///
/// # Errors
/// If it names columns, values or keys the offers do not have, or sums what does not add up.
pub fn add(market: &Market<'_>, limit: &Limit, model: &mut Model) -> Result<()> {
    let selected = select(market, &limit.select, &limit.place)?;
    is_measured(market, limit)?;
    let keys = keys(market, limit, &selected)?;
    model.notes.extend(without_offers(market, limit, &keys));
    let rows = Rows { market, limit, model, keys };
    match &limit.bound {
        Bound::Amount { column, min, max, baseline } => rows.amount(column, (min, max), baseline.as_ref()),
        Bound::Share { column, min, max, of } => rows.share(column, (*min, *max), of),
        Bound::Average { column, by, min, max } => rows.average(column, by, (*min, *max)),
    }
}

/// Whether each offer is selected.
///
/// # Errors
/// If a column or a value does not occur among the offers.
fn select(market: &Market<'_>, selection: &Selection, place: &str) -> Result<Vec<bool>> {
    let mut selected = vec![true; market.offers.rows];
    let mut faults = Vec::new();
    for (column, values) in selection {
        let words = match market.words(column, place) {
            Ok(words) => words,
            Err(more) => {
                faults.extend(more.into_list());
                continue;
            }
        };
        let known = market.known.get(column);
        let open = known.is_none() && market.offers.rows == 0;
        let is_known =
            |value: &String| open || words.contains(value) || known.is_some_and(|known| known.contains(value));
        for value in values.iter().filter(|value| !is_known(value)) {
            let mut names: Vec<&str> = words.iter().chain(known.into_iter().flatten()).map(String::as_str).collect();
            names.sort_unstable();
            names.dedup();
            names.truncate(LISTED);
            let what = match known {
                Some(_) => format!("there is no {column} `{value}`"),
                None => format!("no offer has {column} = \"{value}\""),
            };
            faults.push(Fault::project(place, what).hint(suggestion(value, names)));
        }
        for (flag, word) in selected.iter_mut().zip(&words) {
            *flag &= values.contains(word);
        }
    }
    Faults::or(faults, selected)
}

/// Selected offers by the value of the limit's `per` column; one empty key without it. A value that the selection does not
/// rule out is a key though none of its offers is selected.
fn keys(market: &Market<'_>, limit: &Limit, selected: &[bool]) -> Result<BTreeMap<String, Vec<u32>>> {
    let chosen = || (0..selected.len() as u32).filter(|&i| selected[i as usize]);
    let Some(per) = &limit.per else { return Ok(BTreeMap::from([(String::new(), chosen().collect())])) };
    let words = market.words(per, &limit.place)?;
    let asked = limit.select.get(per);
    let every = words.iter().filter(|word| !word.is_empty() && asked.is_none_or(|asked| asked.contains(word)));
    let mut keys: BTreeMap<String, Vec<u32>> = every.map(|word| (word.clone(), Vec::new())).collect();
    for i in chosen() {
        let word = &words[i as usize];
        if !word.is_empty() {
            keys.entry(word.clone()).or_default().push(i);
        } else if limit.unassigned == UnassignedOffers::Refused {
            let what = format!("limit `{}`: the offer in row {} has no {per}", limit.id, i + 2);
            let hint = "set unassigned = \"free\" to leave such offers out";
            return Err(Fault::project(&limit.place, what).hint(hint).into());
        }
    }
    Ok(keys)
}

/// Notes of a limit that asks for something where no offer counts: keys that offers have, and those there could be.
fn without_offers(market: &Market<'_>, limit: &Limit, keys: &BTreeMap<String, Vec<u32>>) -> Vec<String> {
    let asks = match &limit.bound {
        Bound::Amount { min, .. } => min.is_some(),
        Bound::Share { min, .. } | Bound::Average { min, .. } => min.is_some(),
    };
    if !asks || market.offers.rows == 0 {
        return Vec::new();
    }
    let idle: Vec<&str> = keys.iter().filter(|(_, offers)| offers.is_empty()).map(|(key, _)| key.as_str()).collect();
    let Some(per) = &limit.per else {
        return idle.iter().map(|_| format!("limit `{}` counts no offer", limit.id)).collect();
    };
    let asked = limit.select.get(per);
    let known = market.known.get(per).into_iter().flatten();
    let known = known.filter(|key| asked.is_none_or(|asked| asked.contains(key))).map(String::as_str);
    let absent: Vec<&str> = known.filter(|key| !keys.contains_key(*key)).collect();
    let listed = |keys: &[&str]| keys.iter().take(LISTED).copied().collect::<Vec<_>>().join(", ");
    let mut notes = Vec::new();
    if !idle.is_empty() {
        notes.push(format!("limit `{}` holds for {} too, though it counts no offer there", limit.id, listed(&idle)));
    }
    if !absent.is_empty() {
        notes.push(format!("limit `{}` does not hold for {}: there are no offers", limit.id, listed(&absent)));
    }
    notes
}

/// A fault of a baseline that nothing has measured.
fn is_measured(market: &Market<'_>, limit: &Limit) -> Result<()> {
    let constant = match &limit.bound {
        Bound::Amount { baseline, .. } => baseline.as_ref(),
        Bound::Share { of, .. } => of.constant.as_ref(),
        Bound::Average { .. } => None,
    };
    let Some(Constant::Measured(area)) = constant else { return Ok(()) };
    let fault = |what: &str, hint: &str| Err(Fault::project(&limit.place, what).hint(hint).into());
    if limit.per.as_ref().is_some_and(|per| per != "region") {
        return fault("the baseline is measured by region", "write per = \"region\", or leave `per` out");
    }
    if !market.measured.contains_key(area) {
        let hint = "a run of a project with [subsidence] measures it; else write the number";
        return fault("the baseline is measured by nothing here", hint);
    }
    Ok(())
}

struct Rows<'a, 'b> {
    market: &'a Market<'b>,
    limit: &'a Limit,
    model: &'a mut Model,
    keys: BTreeMap<String, Vec<u32>>,
}

impl Rows<'_, '_> {
    fn unit(&self, column: &str) -> String {
        offer::unit_of(column, self.market.currency)
    }

    /// Coefficients per MW of a column over some offers.
    fn per_mw(&self, values: &[f64], offers: &[u32]) -> Vec<(u32, f64)> {
        let of = |&i: &u32| (i, values[i as usize] / self.model.columns[i as usize].capacity_mw);
        offers.iter().map(of).filter(|(_, value)| *value != 0.0).collect()
    }

    fn push(&mut self, key: &str, unit: &str, form: Form, (coefficients, side): (Vec<(u32, f64)>, Side)) {
        let rhs = form.limit * form.reference - form.constant;
        let rule = self.limit.id.clone();
        let key = RowKey { rule, key: key.to_owned(), modes: Vec::new(), unit: unit.to_owned(), form };
        self.model.rows.push(Row { key, coefficients, side, rhs });
    }

    fn amount(
        mut self,
        column: &str,
        (min, max): (&Option<Level>, &Option<Level>),
        baseline: Option<&Constant>,
    ) -> Result<()> {
        let values = self.market.extensive(column, &self.limit.place)?;
        let unit = self.unit(column);
        let keys = std::mem::take(&mut self.keys);
        let bounds = Bounds { market: self.market, limit: self.limit, keys: &keys };
        bounds.keys_of_baseline(baseline)?;
        let levels = [(bounds.levels(min.as_ref())?, Side::Min), (bounds.levels(max.as_ref())?, Side::Max)];
        for (level, _) in &levels {
            self.model.notes.extend(level.note(self.limit));
        }
        for (key, offers) in &keys {
            let coefficients = self.per_mw(values, offers);
            let constant = constant_for(self.market, self.limit, (baseline, key));
            for (level, side) in &levels {
                let (Some(limit), side) = (level.of(key), *side) else { continue };
                let is_met = if side == Side::Min { constant >= limit } else { constant <= limit };
                if offers.is_empty() && is_met && self.limit.per.is_some() {
                    continue;
                }
                self.push(key, &unit, Form::amount(limit, constant), (coefficients.clone(), side));
            }
        }
        Ok(())
    }

    fn share(mut self, column: &str, (min, max): (Option<f64>, Option<f64>), of: &Reference) -> Result<()> {
        let values = self.market.extensive(column, &self.limit.place)?;
        let keys = std::mem::take(&mut self.keys);
        Bounds { market: self.market, limit: self.limit, keys: &keys }.keys_of_baseline(of.constant.as_ref())?;
        let over = match &of.offers {
            Some(selection) => {
                let selected = select(self.market, selection, &self.limit.place)?;
                let offers: Vec<u32> = (0..selected.len() as u32).filter(|&i| selected[i as usize]).collect();
                self.per_mw(values, &offers)
            }
            None => Vec::new(),
        };
        for (key, offers) in &keys {
            let part = self.per_mw(values, offers);
            let reference = constant_for(self.market, self.limit, (of.constant.as_ref(), key));
            if over.is_empty() && reference == 0.0 {
                let key = if key.is_empty() { String::new() } else { format!(" of {key}") };
                self.model.notes.push(format!("limit `{}`{key} asks for a share of nothing", self.limit.id));
            }
            for (limit, side) in [(min, Side::Min), (max, Side::Max)] {
                let Some(limit) = limit else { continue };
                if part.is_empty() && limit <= 0.0 && side == Side::Min && self.limit.per.is_some() {
                    continue;
                }
                let of_all = of.constant.is_none() && of.offers.as_ref().is_some_and(Selection::is_empty);
                let range = if of_all { (0.0, 1.0) } else { (0.0, f64::INFINITY) };
                let form = Form { limit, constant: 0.0, over: over.clone(), reference, range };
                self.push(key, "share", form, (sum(&part, &over, -limit), side));
            }
        }
        Ok(())
    }

    fn average(mut self, column: &str, by: &str, (min, max): (Option<f64>, Option<f64>)) -> Result<()> {
        let place = &self.limit.place;
        let values = self.market.intensive(column, place)?;
        let weights = self.market.extensive(by, place)?;
        let unit = self.unit(column);
        let keys = std::mem::take(&mut self.keys);
        for (key, offers) in keys.iter().filter(|(key, offers)| key.is_empty() || !offers.is_empty()) {
            let by = self.per_mw(weights, offers);
            for (limit, side) in [(min, Side::Min), (max, Side::Max)] {
                let Some(limit) = limit else { continue };
                let coefficients = by.iter().map(|&(i, weight)| (i, weight * (values[i as usize] - limit)));
                let form = Form { over: by.clone(), reference: 0.0, ..Form::amount(limit, 0.0) };
                self.push(key, &unit, form, (coefficients.filter(|(_, value)| *value != 0.0).collect(), side));
            }
        }
        Ok(())
    }
}

/// A constant of a limit for a key; what is measured is that of the key's region, or of all regions the limit selects.
fn constant_for(market: &Market<'_>, limit: &Limit, (constant, key): (Option<&Constant>, &str)) -> f64 {
    match constant {
        Some(Constant::Measured(area)) => {
            let asked = limit.select.get("region");
            let is_meant = |region: &String| {
                if limit.per.is_some() { region == key } else { asked.is_none_or(|asked| asked.contains(region)) }
            };
            let by_region = market.measured.get(area).into_iter().flatten();
            by_region.filter(|(region, _)| is_meant(region)).map(|(_, area_ha)| area_ha).sum()
        }
        None => 0.0,
        Some(Constant::One(value)) => *value,
        Some(Constant::ByKey(values)) => values.get(key).copied().unwrap_or(0.0),
    }
}
