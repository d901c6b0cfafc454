//! The numbers of a limit that differ from key to key.

use std::collections::BTreeMap;

use crate::allocate::Market;
use crate::fault::{Fault, Faults, Result, listed, suggestion};
use crate::offer::{Kind, kind_of, number_text};
use crate::scenario::{Constant, Level, Limit};

/// Values named in a message at most.
const LISTED: usize = 5;

/// A limit and the offers it counts by key.
pub struct Bounds<'a> {
    pub market: &'a Market<'a>,
    pub limit: &'a Limit,
    pub keys: &'a BTreeMap<String, Vec<u32>>,
}

/// A bound of every key.
pub enum Levels {
    /// The same for all; none if the limit does not state it.
    One(Option<f64>),
    /// From a column; none where its cells are empty.
    ByKey(String, BTreeMap<String, Option<f64>>),
}

impl Levels {
    /// The bound of a key.
    pub fn of(&self, key: &str) -> Option<f64> {
        match self {
            Self::One(value) => *value,
            Self::ByKey(_, values) => values.get(key).copied().flatten(),
        }
    }

    /// What the planner should know: keys that are not held, as nothing says how far.
    pub fn note(&self, limit: &Limit) -> Option<String> {
        let Self::ByKey(column, values) = self else { return None };
        let open: Vec<&str> = values.iter().filter(|(_, value)| value.is_none()).map(|(key, _)| key.as_str()).collect();
        let list = listed(&open);
        (!open.is_empty()).then(|| format!("limit `{}` does not hold for {list}: `{column}` is empty there", limit.id))
    }
}

impl Bounds<'_> {
    /// A bound by key. Its column is looked at though no offer may have a key.
    ///
    /// # Errors
    /// If there is no such column, it holds no numbers, or differs between the offers of a key.
    pub fn levels(&self, level: Option<&Level>) -> Result<Levels> {
        let name = match level {
            None => return Ok(Levels::One(None)),
            Some(Level::Value(value)) => return Ok(Levels::One(Some(*value))),
            Some(Level::Column(name)) => name,
        };
        let (market, place) = (self.market, &self.limit.place);
        let Some(values) = market.offers.numbers(name) else {
            market.words(name, place)?;
            let known = kind_of(name, market.currency, market.declared);
            let hint = match known {
                Some(Kind::Text) => String::new(),
                _ => format!("if it holds numbers, say so: {name} = \"intensive\" in [columns]"),
            };
            return Err(Fault::project(place, format!("column `{name}` holds words, not numbers")).hint(hint).into());
        };
        let mut faults = Vec::new();
        let mut by_key = BTreeMap::new();
        for (key, offers) in self.keys {
            let mut found: Vec<String> = offers.iter().map(|&i| number_text(values[i as usize])).collect();
            found.sort();
            found.dedup();
            if found.len() > 1 {
                let name_of = |text: &String| if text.is_empty() { "empty".to_owned() } else { text.clone() };
                let list: Vec<String> = found.iter().take(LISTED).map(name_of).collect();
                let what = format!("`{name}` is not the same for all offers of `{key}`: {}", list.join(", "));
                faults.push(Fault::project(place, what).hint("a bound must be constant within each key"));
            }
            // A key without offers has no value, and nothing to hold.
            if let Some(&first) = offers.first() {
                by_key.insert(key.clone(), Some(values[first as usize]).filter(|value| !value.is_nan()));
            }
        }
        Faults::or(faults, Levels::ByKey(name.clone(), by_key))
    }

    /// A fault if a baseline by key lacks a key, or has one that does not occur. A key that there could be, though no
    /// offer has it, is no mistake.
    ///
    /// # Errors
    /// If so.
    pub fn keys_of_baseline(&self, baseline: Option<&Constant>) -> Result<()> {
        let (Some(Constant::ByKey(values)), Some(per)) = (baseline, &self.limit.per) else { return Ok(()) };
        let (market, place) = (self.market, &self.limit.place);
        let known = market.known.get(per);
        let words = market.words(per, place)?;
        let could_be = |key: &String| match known {
            Some(known) => known.contains(key) && !words.contains(key),
            None => market.offers.rows == 0,
        };
        let lacking = self.keys.iter().filter(|(key, offers)| !offers.is_empty() && !values.contains_key(*key));
        let lacking = lacking.map(|(key, _)| key);
        let mut faults: Vec<Fault> =
            lacking.map(|key| Fault::project(place, format!("the baseline has no value for `{key}`"))).collect();
        faults.extend(values.keys().filter(|key| !self.keys.contains_key(*key) && !could_be(key)).map(|key| {
            let names: Vec<&str> = self.keys.keys().chain(known.into_iter().flatten()).map(String::as_str).collect();
            let what = format!("the baseline names `{key}`, which no selected offer has");
            Fault::project(place, what).hint(suggestion(key, names))
        }));
        Faults::or(faults, ())
    }
}
