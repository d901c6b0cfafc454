//! Land of every site, from its table or from the offers themselves, and what in it must be a mistake.

use std::collections::{BTreeMap, BTreeSet};

use super::{Offered, TABLE, no_areas};
use crate::allocate::model::Model;
use crate::allocate::shown;
use crate::fault::{Fault, Faults, Result, counted, listed, nearest, of_rows, suggestion};
use crate::offer::SiteLand;
use crate::rule::ModeSet;

/// Land of a site by the modes it admits; the whole site is one pool where they are not told apart.
pub enum Pool<'a> {
    /// One pool for all modes [ha].
    Whole(f64),
    /// By modes.
    ByModes(Vec<&'a SiteLand>),
}

impl Default for Pool<'_> {
    fn default() -> Self {
        Self::ByModes(Vec::new())
    }
}

impl Pool<'_> {
    /// Land by the modes that have offers [ha]; only what there is.
    pub fn restricted(&self, names: &[&str]) -> BTreeMap<ModeSet, f64> {
        let mut land = BTreeMap::new();
        let mut put = |set: ModeSet, area_ha: f64| {
            if !set.is_empty() && area_ha > 0.0 {
                *land.entry(set).or_default() += area_ha;
            }
        };
        match self {
            Self::Whole(area_ha) => put(ModeSet::first(names.len()), *area_ha),
            Self::ByModes(rows) => {
                for row in rows {
                    let known = row.modes.iter().filter_map(|mode| names.iter().position(|name| name == mode));
                    put(known.fold(ModeSet::default(), ModeSet::with), row.area_ha);
                }
            }
        }
        land
    }
}

/// Land of every site: from the land table, else `site_area_ha`, else the largest area of its offers.
///
/// # Errors
/// If an area is none, a site with offers has no land, or land and offers name different things that must be the same.
pub fn pools<'a>(offered: &Offered<'a>, model: &mut Model) -> Result<BTreeMap<&'a str, Pool<'a>>> {
    match offered.market.site_land {
        Some(rows) => Told::new(offered, rows).pools(model),
        None => whole(offered, model),
    }
}

/// Every site as one pool.
fn whole<'a>(offered: &Offered<'a>, model: &Model) -> Result<BTreeMap<&'a str, Pool<'a>>> {
    const NAME: &str = "site_area_ha";
    let (market, areas) = (offered.market, offered.areas);
    let largest = |offers: &[usize]| offers.iter().map(|&i| areas[i]).fold(0.0, f64::max);
    if market.offers.column(NAME).is_none() {
        return Ok(offered.by_site.iter().map(|(site, offers)| (*site, Pool::Whole(largest(offers)))).collect());
    }
    let stated = market.intensive(NAME, market.place)?;
    // Empty means not stated.
    let mut faults = no_areas(market, model, (NAME, stated), |area| area.is_nan() || area.is_finite() && area >= 0.0);
    let mut pools = BTreeMap::new();
    let mut first = BTreeMap::new();
    for (&site, offers) in &offered.by_site {
        let area = stated[offers[0]];
        pools.insert(site, Pool::Whole(if area.is_nan() { largest(offers) } else { area }));
        let others = offers.iter().filter(|&&i| shown(stated[i]) != shown(area));
        first.extend(others.map(|&i| (i, (site, offers[0]))));
    }
    faults.extend(of_rows(market.place, &first.keys().copied().collect::<Vec<_>>(), |i| {
        let (site, first) = first[&i];
        let (here, there) = (shown(stated[i]), shown(stated[first]));
        let what = format!("site `{site}` has {NAME} {here}, but {there} in row {}", first + 2);
        Fault::input("", what).hint("expected the same for all offers of a site")
    }));
    Faults::or(faults, pools)
}

/// Land told by a table.
struct Told<'a, 'b> {
    offered: &'b Offered<'a>,
    rows: &'a [SiteLand],
    /// Modes that some offer has.
    modes: BTreeSet<&'a str>,
    /// Modes that have land, by site.
    admitted: BTreeMap<&'a str, BTreeSet<&'a str>>,
}

impl<'a, 'b> Told<'a, 'b> {
    fn new(offered: &'b Offered<'a>, rows: &'a [SiteLand]) -> Self {
        let mut admitted: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for row in rows {
            admitted.entry(&row.site_id).or_default().extend(row.modes.iter().map(String::as_str));
        }
        Self { offered, rows, modes: offered.modes.iter().map(String::as_str).collect(), admitted }
    }

    fn pools(self, model: &mut Model) -> Result<BTreeMap<&'a str, Pool<'a>>> {
        let mut faults = self.no_areas();
        let misspelt: BTreeMap<usize, (&str, &str)> =
            self.rows.iter().enumerate().filter_map(|(i, row)| Some((i, self.misspelt(row)?))).collect();
        faults.extend(self.misspelt_modes(&misspelt));
        faults.extend(self.modes_without_land(&misspelt.values().map(|(_, meant)| *meant).collect()));
        faults.extend(self.sites_without_land());
        // What a run finds land for is known to be right, with offers or without.
        if !self.offered.market.known.contains_key("mode") {
            model.notes.extend(self.without_offers());
        }
        let mut pools: BTreeMap<&str, Pool> = BTreeMap::new();
        for row in self.rows {
            if let Pool::ByModes(list) = pools.entry(&row.site_id).or_default() {
                list.push(row);
            }
        }
        Faults::or(faults, pools)
    }

    fn no_areas(&self) -> Vec<Fault> {
        let is_area = |row: &SiteLand| row.area_ha.is_finite() && row.area_ha >= 0.0;
        let odd: Vec<usize> = (0..self.rows.len()).filter(|&i| !is_area(&self.rows[i])).collect();
        of_rows(TABLE, &odd, |i| {
            let what = format!("site `{}` has area_ha {}", self.rows[i].site_id, shown(self.rows[i].area_ha));
            Fault::input("", what).hint("expected zero or more")
        })
    }

    /// Modes of a site's offers for which the site has no land.
    fn lacking(&self, site: &str) -> Vec<&'a str> {
        let admitted = self.admitted.get(site);
        let lacks = |mode: &&str| admitted.is_none_or(|modes| !modes.contains(mode));
        self.offered.modes_of(site).into_iter().filter(lacks).collect()
    }

    /// A mode of a row that no offer has, with the mode that it must be meant for: one nearly so named that has offers on
    /// the site but no land there. Any other mode without offers may be right; it was just not worth offering.
    fn misspelt(&self, row: &'a SiteLand) -> Option<(&'a str, &'a str)> {
        let strange = |mode: &&str| !self.modes.contains(mode);
        let meant = |mode: &'a str| Some((mode, nearest(mode, self.lacking(&row.site_id))?));
        row.modes.iter().map(String::as_str).filter(strange).find_map(meant)
    }

    fn misspelt_modes(&self, found: &BTreeMap<usize, (&str, &str)>) -> Vec<Fault> {
        of_rows(TABLE, &found.keys().copied().collect::<Vec<_>>(), |i| {
            let (mode, meant) = found[&i];
            let site = &self.rows[i].site_id;
            let what = format!("no offer has mode `{mode}`, but site `{site}` has offers of `{meant}` without land");
            Fault::input("", what).hint(format!("did you mean `{meant}`?"))
        })
    }

    /// Modes with offers that have land nowhere, but for those `meant` by another name.
    fn modes_without_land(&self, meant: &BTreeSet<&str>) -> Vec<Fault> {
        let admitted: BTreeSet<&str> = self.admitted.values().flatten().copied().collect();
        let fault = |mode: &&str| {
            let what = format!("no land admits mode `{mode}`, which has offers");
            Fault::input(TABLE, what).hint(suggestion(mode, admitted.iter().copied().collect::<Vec<_>>()))
        };
        self.modes.difference(&admitted).filter(|mode| !meant.contains(*mode)).map(fault).collect()
    }

    /// Land that is not used.
    fn strangers(&self) -> Vec<&'a str> {
        self.admitted.keys().copied().filter(|site| !self.offered.by_site.contains_key(site)).collect()
    }

    fn sites_without_land(&self) -> Vec<Fault> {
        let lacking = self.offered.sites.iter().filter(|site| !self.admitted.contains_key(*site));
        let first: BTreeMap<usize, &str> = lacking.map(|site| (self.offered.by_site[site][0], *site)).collect();
        let strangers = if first.is_empty() { Vec::new() } else { self.strangers() };
        of_rows(self.offered.market.place, &first.keys().copied().collect::<Vec<_>>(), |i| {
            let hint = match nearest(first[&i], strangers.iter().copied()) {
                Some(near) => format!("is it `{near}` in {TABLE}, which has no offers?"),
                None => format!("add it to the {TABLE} table"),
            };
            Fault::input("", format!("site `{}` has offers but no land", first[&i])).hint(hint)
        })
    }

    /// What the planner should know: land that nothing is offered for.
    fn without_offers(&self) -> Vec<String> {
        let modes: BTreeSet<&str> = self.admitted.values().flatten().copied().collect();
        let modes: Vec<&str> = modes.difference(&self.modes).copied().collect();
        let mut notes = Vec::new();
        for (names, noun) in [(modes, "mode"), (self.strangers(), "site")] {
            if !names.is_empty() {
                let count = counted(names.len(), noun);
                notes.push(format!("{TABLE} has land of {count} without offers: {}", listed(&names)));
            }
        }
        notes
    }
}
