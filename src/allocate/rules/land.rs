//! Land inside a site, shared exactly.
//!
//! Land is known by the set of modes it admits. An allocation fits the land of a site if and only if, for every set of
//! modes, the land they use together is no more than the land that admits any of them (the supply side of a transport
//! problem; the right-hand side is a matroid rank function, so the row of a set that is not closed, or that splits into
//! parts with disjoint land, follows from others).
//!
//! Source: J. Edmonds, "Submodular functions, matroids, and certain polyhedra", 1970, theorems 8 and 28.

mod pools;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::allocate::model::{Form, Model, Row, RowKey, Side};
use crate::allocate::{Market, shown};
use crate::fault::{Fault, Faults, Result, counted, listed, of_rows};
use crate::rule::ModeSet;

/// Rule name of land rows.
pub const RULE: &str = "land";
/// Name of the table of land, for messages.
pub const TABLE: &str = "site_land";
/// Land that differs by less is the same [1].
const SAME_AREA: f64 = 1e-9;

/// Adds the land rows of every site.
///
/// # Errors
/// If the offers lack `site_id`, `mode` or `area_ha`, the land of a site is not given, or it contradicts the offers.
pub fn add(market: &Market<'_>, model: &mut Model) -> Result<()> {
    let sites = market.words("site_id", market.place)?;
    let modes = market.words("mode", market.place)?;
    let areas = market.extensive("area_ha", market.place)?;
    Faults::or(no_areas(market, model, ("area_ha", areas), |area| area.is_finite() && area >= 0.0), ())?;
    let offered = Offered::new(market, (&sites, &modes, areas));
    let mut pools = pools::pools(&offered, model)?;
    let mut facets = Facets::default();
    let mut faults = Vec::new();
    let mut landless = Vec::new();
    for site in &offered.sites {
        let offers = &offered.by_site[site];
        let names: Vec<&str> = offers.iter().map(|&i| modes[i].as_str()).collect::<BTreeSet<_>>().into_iter().collect();
        if names.len() > ModeSet::CAPACITY {
            let what = format!("site `{site}` has offers of {} modes; at most 32 are possible", names.len());
            faults.push(Fault::input(market.place, what));
            continue;
        }
        let land = pools.remove(site).unwrap_or_default().restricted(&names);
        let mode_of = |i: usize| names.iter().position(|name| *name == modes[i]);
        let uses = offers.iter().filter_map(|&i| Some(Use { offer: i, mode: mode_of(i)?, area_ha: areas[i] }));
        let site = SiteUse { id: site, modes: &names, land, uses: uses.collect() };
        landless.extend(site.landless());
        faults.extend(site_rows(model, &site, &mut facets).err());
    }
    if !landless.is_empty() {
        landless.sort_unstable();
        let ids: Vec<&str> = landless.iter().map(|&i| model.columns[i].id.as_str()).collect();
        let what = "cannot be built, as the site has no land for the mode";
        model.notes.push(format!("{} {what}: {}", counted(ids.len(), "offer"), listed(&ids)));
    }
    Faults::or(faults, ())
}

/// Faults of areas that are none.
fn no_areas(
    market: &Market<'_>,
    model: &Model,
    (name, areas): (&str, &[f64]),
    is_area: impl Fn(f64) -> bool,
) -> Vec<Fault> {
    let odd: Vec<usize> = (0..areas.len()).filter(|&i| !is_area(areas[i])).collect();
    of_rows(market.place, &odd, |i| {
        let what = format!("offer `{}` has {name} {}", model.columns[i].id, shown(areas[i]));
        Fault::input("", what).hint("expected zero or more")
    })
}

/// The offers, by the sites they need land of.
struct Offered<'a> {
    market: &'a Market<'a>,
    /// Mode of each offer.
    modes: &'a [String],
    /// Land of each offer [ha].
    areas: &'a [f64],
    /// Sites in the order of their first offer.
    sites: Vec<&'a str>,
    /// Offers of each site, ascending.
    by_site: BTreeMap<&'a str, Vec<usize>>,
}

impl<'a> Offered<'a> {
    fn new(market: &'a Market<'a>, (sites, modes, areas): (&'a [String], &'a [String], &'a [f64])) -> Self {
        let mut offered = Self { market, modes, areas, sites: Vec::new(), by_site: BTreeMap::new() };
        for (i, site) in sites.iter().enumerate() {
            let offers = offered.by_site.entry(site).or_default();
            if offers.is_empty() {
                offered.sites.push(site);
            }
            offers.push(i);
        }
        offered
    }

    /// Modes of the offers of a site.
    fn modes_of(&self, site: &str) -> BTreeSet<&'a str> {
        self.by_site.get(site).into_iter().flatten().map(|&i| self.modes[i].as_str()).collect()
    }
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

impl SiteUse<'_> {
    /// Modes that no land admits.
    fn landless_modes(&self) -> ModeSet {
        ModeSet(ModeSet::first(self.modes.len()).0 & !union(self.land.keys()).0)
    }

    /// Offers that need land where there is none for them.
    fn landless(&self) -> impl Iterator<Item = usize> {
        let modes = self.landless_modes();
        self.uses.iter().filter(move |used| modes.has(used.mode) && used.area_ha > 0.0).map(|used| used.offer)
    }
}

/// Adds the rows of one site. A mode without any land gets a row of its own, which keeps it at zero.
fn site_rows(model: &mut Model, site: &SiteUse<'_>, facets: &mut Facets) -> std::result::Result<(), Fault> {
    let family: Vec<ModeSet> = site.land.keys().copied().collect();
    let landless = site.landless_modes();
    let Some(facets) = facets.of(&family) else { return Err(too_finely_told(site.id)) };
    for set in facets.iter().copied().chain(landless.iter().map(ModeSet::one)) {
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
    Fault::input(TABLE, what).hint("offer fewer modes, or treat modes with nearly the same land as one")
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
