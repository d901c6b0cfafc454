//! Land inside a site, shared exactly.
//!
//! Land is known by the set of modes it admits. An allocation fits the land of a site if and only if, for every set of
//! modes, the land they use together is no more than the land that admits any of them (the supply side of a transport
//! problem; the right-hand side is a matroid rank function, so the row of a set that is not closed, or that splits into
//! parts with disjoint land, follows from others).
//!
//! Source: J. Edmonds, "Submodular functions, matroids, and certain polyhedra", 1970, theorems 8 and 28.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::allocate::model::{Form, Model, Row, RowKey, Side};
use crate::allocate::{Market, shown};
use crate::fault::{Fault, Faults, Result, of_rows, suggestion};
use crate::rule::ModeSet;

/// Rule name of land rows.
pub const RULE: &str = "land";
/// Land that differs by less is the same [1].
const SAME_AREA: f64 = 1e-9;

/// Adds the land rows of every site.
///
/// # Errors
/// If the offers lack `site_id`, `mode` or `area_ha`, or the land of a site is not given.
pub fn add(market: &Market<'_>, model: &mut Model) -> Result<()> {
    let sites = market.words("site_id", market.place)?;
    let modes = market.words("mode", market.place)?;
    let areas = market.extensive("area_ha", market.place)?;
    let odd: Vec<usize> = (0..areas.len()).filter(|&i| !(areas[i].is_finite() && areas[i] >= 0.0)).collect();
    let faults = of_rows(market.place, &odd, |i| {
        let what = format!("offer `{}` has area_ha {}", model.columns[i].id, shown(areas[i]));
        Fault::input("", what).hint("expected zero or more")
    });
    Faults::or(faults, ())?;
    let mut by_site: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut order: Vec<&str> = Vec::new();
    for (i, site) in sites.iter().enumerate() {
        by_site.entry(site).or_insert_with(|| {
            order.push(site);
            Vec::new()
        });
        by_site.entry(site).or_default().push(i);
    }
    let pools = pools(market, &by_site, areas)?;
    let mut facets = Facets::default();
    let mut faults = Vec::new();
    for site in order {
        let offers = &by_site[site];
        let names: Vec<&str> = offers.iter().map(|&i| modes[i].as_str()).collect::<BTreeSet<_>>().into_iter().collect();
        if names.len() > ModeSet::CAPACITY {
            let what = format!("site `{site}` has offers of {} modes; at most 32 are possible", names.len());
            faults.push(Fault::input(market.place, what));
            continue;
        }
        let Some(pool) = pools.get(site) else {
            let what = format!("site `{site}` has offers but no land");
            faults.push(Fault::input(market.place, what).hint("add it to the site_land table"));
            continue;
        };
        let land = restrict(pool, &names);
        let mode_of = |i: usize| names.iter().position(|name| *name == modes[i]);
        let uses = offers.iter().filter_map(|&i| Some(Use { offer: i, mode: mode_of(i)?, area_ha: areas[i] }));
        let site = SiteUse { id: site, modes: &names, land, uses: uses.collect() };
        faults.extend(site_rows(model, &site, &mut facets).err());
    }
    Faults::or(faults, ())
}

/// Land of a site by the modes it admits; the whole site is one pool where they are not told apart.
enum Pool {
    /// One pool for all modes [ha].
    Whole(f64),
    /// By modes.
    ByModes(Vec<(Vec<String>, f64)>),
}

/// Land of every site: from the land table, else `site_area_ha`, else the largest area of its offers.
fn pools(market: &Market<'_>, by_site: &BTreeMap<&str, Vec<usize>>, areas: &[f64]) -> Result<BTreeMap<String, Pool>> {
    let mut pools: BTreeMap<String, Pool> = BTreeMap::new();
    let Some(rows) = market.site_land else {
        let stated = market.offers.numbers("site_area_ha");
        for (site, offers) in by_site {
            let known = stated.and_then(|values| offers.iter().map(|&i| values[i]).find(|value| value.is_finite()));
            let largest = offers.iter().map(|&i| areas[i]).fold(0.0, f64::max);
            pools.insert((*site).to_owned(), Pool::Whole(known.unwrap_or(largest)));
        }
        return Ok(pools);
    };
    let mut faults = Vec::new();
    let offered: BTreeSet<String> = market.words("mode", market.place)?.into_iter().collect();
    for row in rows {
        if !(row.area_ha.is_finite() && row.area_ha >= 0.0) {
            let what = format!("site `{}` has area_ha {}", row.site_id, row.area_ha);
            faults.push(Fault::input("site_land", what).hint("expected zero or more"));
        }
        match pools.entry(row.site_id.clone()).or_insert_with(|| Pool::ByModes(Vec::new())) {
            Pool::ByModes(list) => list.push((row.modes.clone(), row.area_ha)),
            Pool::Whole(_) => {}
        }
    }
    let admitted: BTreeSet<&String> = rows.iter().flat_map(|row| &row.modes).collect();
    for mode in offered.iter().filter(|mode| !admitted.contains(mode)) {
        let hint = suggestion(mode, admitted.iter().map(|mode| mode.as_str()).collect::<Vec<_>>());
        faults.push(Fault::input("site_land", format!("no land admits mode `{mode}`, which has offers")).hint(hint));
    }
    Faults::or(faults, pools)
}

/// Land by the modes that have offers.
fn restrict(pool: &Pool, names: &[&str]) -> BTreeMap<ModeSet, f64> {
    let mut land = BTreeMap::new();
    match pool {
        Pool::Whole(area_ha) => {
            land.insert(ModeSet::first(names.len()), *area_ha);
        }
        Pool::ByModes(list) => {
            for (modes, area_ha) in list {
                let known = modes.iter().filter_map(|mode| names.iter().position(|name| name == mode));
                let set = known.fold(ModeSet::default(), ModeSet::with);
                if !set.is_empty() && *area_ha > 0.0 {
                    *land.entry(set).or_default() += area_ha;
                }
            }
        }
    }
    land
}

/// The offers of a site and the land they share.
struct SiteUse<'a> {
    id: &'a str,
    /// Modes that have offers; sets of modes count in this order.
    modes: &'a [&'a str],
    /// Land by the modes it admits [ha].
    land: BTreeMap<ModeSet, f64>,
    uses: Vec<Use>,
}

/// Land an offer uses in full.
struct Use {
    offer: usize,
    mode: usize,
    area_ha: f64,
}

/// Adds the rows of one site. A mode without any land gets a row of its own, which keeps it at zero.
fn site_rows(model: &mut Model, site: &SiteUse<'_>, facets: &mut Facets) -> std::result::Result<(), Fault> {
    let family: Vec<ModeSet> = site.land.keys().copied().collect();
    let covered = union(family.iter());
    let landless = (0..site.modes.len()).filter(|&mode| !covered.has(mode)).map(ModeSet::one);
    let Some(facets) = facets.of(&family) else { return Err(too_finely_told(site.id)) };
    for set in facets.iter().copied().chain(landless) {
        let rhs: f64 = site.land.iter().filter(|(admitted, _)| admitted.meets(set)).map(|(_, area)| area).sum();
        let mut coefficients = Vec::new();
        for used in site.uses.iter().filter(|used| set.has(used.mode) && used.area_ha > 0.0) {
            let column = &mut model.columns[used.offer];
            coefficients.push((used.offer as u32, used.area_ha / column.capacity_mw));
            column.held_by_land |= rhs <= used.area_ha * (1.0 + SAME_AREA);
        }
        let modes = set.iter().filter_map(|mode| site.modes.get(mode)).map(|name| (*name).to_owned()).collect();
        let key = RowKey {
            rule: RULE.to_owned(),
            key: site.id.to_owned(),
            modes,
            unit: "ha".to_owned(),
            form: Form::amount(rhs, 0.0),
        };
        model.rows.push(Row { key, coefficients, side: Side::Max, rhs });
    }
    Ok(())
}

fn too_finely_told(site: &str) -> Fault {
    let what = format!(
        "land of site `{site}` is told by so many overlapping sets of modes that it needs over {MOST_FACETS} rows"
    );
    Fault::input("site_land", what).hint("offer fewer modes, or treat modes with nearly the same land as one")
}

/// Rows a site may need at most; what is told apart so finely has to be merged first.
pub const MOST_FACETS: usize = 4096;

/// The sets of modes that need a row, by the sets of modes that land admits. Many sites share a family.
#[derive(Default)]
pub struct Facets {
    known: HashMap<Vec<ModeSet>, Option<Vec<ModeSet>>>,
}

impl Facets {
    /// The sets that are closed (adding any mode adds land) and connected (no split into parts with disjoint land),
    /// ascending; `None` if there are more than [`MOST_FACETS`].
    ///
    /// - `family`: the distinct sets of modes that land admits, ascending.
    pub fn of(&mut self, family: &[ModeSet]) -> Option<&[ModeSet]> {
        self.known.entry(family.to_vec()).or_insert_with(|| facets(family)).as_deref()
    }
}

/// Every facet is reached from the closure of one of its modes by adding a neighbour and closing again, and every set on
/// the way is a facet: the work is in proportion to what is found, not to the subsets there could be.
fn facets(family: &[ModeSet]) -> Option<Vec<ModeSet>> {
    let mut found: BTreeSet<ModeSet> = BTreeSet::new();
    let mut open: Vec<ModeSet> = union(family.iter()).iter().map(|mode| closure(ModeSet::one(mode), family)).collect();
    while let Some(set) = open.pop() {
        if !found.insert(set) {
            continue;
        }
        if found.len() > MOST_FACETS {
            return None;
        }
        let near = union(family.iter().filter(|land| land.meets(set)));
        open.extend(near.iter().filter(|&mode| !set.has(mode)).map(|mode| closure(set.with(mode), family)));
    }
    Some(found.into_iter().collect())
}

/// A set with every mode that adds no land to it.
fn closure(set: ModeSet, family: &[ModeSet]) -> ModeSet {
    let (within, beyond): (Vec<ModeSet>, Vec<ModeSet>) = family.iter().partition(|land| land.meets(set));
    ModeSet(union(within.iter()).0 & !union(beyond.iter()).0)
}

fn union<'a>(sets: impl Iterator<Item = &'a ModeSet>) -> ModeSet {
    sets.fold(ModeSet::default(), |all, set| ModeSet(all.0 | set.0))
}
