//! From atoms to sites: small components go, large ones are cut, small leftovers join their neighbours.

use std::collections::{BTreeMap, BTreeSet};

use super::merge::Atoms;
use super::parts::{Dropped, is_below};
use crate::kernels::union_find::UnionFind;
use crate::plan::Plan;
use crate::project::SiteSettings;
use crate::site::Site;
use crate::units::AreaMm2;

/// The sites of a run, without their land and statistics.
#[derive(Debug, Clone, Default)]
pub struct Cut {
    /// By region, then in raster order of their first cells.
    pub sites: Vec<Site>,
    /// Connected land below the minimum area.
    pub dropped: Dropped,
}

/// A piece of land that may become a site: some atoms, connected, of one region.
#[derive(Debug, Clone)]
struct Piece {
    atoms: BTreeSet<u32>,
    area: AreaMm2,
}

/// Cuts atoms into sites.
pub fn cut(plan: &Plan, atoms: &Atoms, settings: &SiteSettings) -> Cut {
    let least = AreaMm2::from_ha(settings.min_area_ha);
    let most = if settings.max_area_ha.is_infinite() {
        AreaMm2(i128::MAX)
    } else {
        // The same slack as at the minimum: a site of exactly the largest area is not cut.
        AreaMm2::from_ha(settings.max_area_ha * (1.0 + 1e-9))
    };
    let mut cut = Cut { sites: Vec::new(), dropped: atoms.dropped };
    let areas: Vec<AreaMm2> = atoms.atoms.iter().map(|atom| atom.gross).collect();
    let components = groups(atoms, |_, _| true);
    let mut kept = vec![true; atoms.atoms.len()];
    for members in &components {
        let area: AreaMm2 = members.iter().map(|&atom| areas[atom as usize]).sum();
        if is_below(area, least) {
            cut.dropped.components += 1;
            cut.dropped.gross += area;
            for &atom in members {
                cut.dropped.available += atoms.atoms[atom as usize].available;
                kept[atom as usize] = false;
            }
        }
    }
    let region = |atom: u32| atoms.atoms[atom as usize].region;
    let neighbours = neighbours(atoms);
    for members in groups(atoms, |a, b| region(a) == region(b)) {
        if !kept[members[0] as usize] {
            continue;
        }
        let area: AreaMm2 = members.iter().map(|&atom| areas[atom as usize]).sum();
        let pieces = if area <= most {
            vec![Piece { atoms: members.into_iter().collect(), area }]
        } else {
            join_small(&members, &areas, &neighbours, (least, most))
        };
        cut.sites.extend(pieces.iter().map(|piece| site(plan, atoms, piece)));
    }
    cut.sites.sort_by_key(|site| (site.region, site.first));
    cut
}

/// Atoms connected through contacts that pass a test, each group ascending.
fn groups(atoms: &Atoms, joins: impl Fn(u32, u32) -> bool) -> Vec<Vec<u32>> {
    let mut sets = UnionFind::new(atoms.atoms.len());
    for &(a, b) in atoms.contacts.keys().filter(|(a, b)| joins(*a, *b)) {
        sets.union(a, b);
    }
    let mut groups: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for atom in 0..atoms.atoms.len() as u32 {
        groups.entry(sets.find(atom)).or_default().push(atom);
    }
    groups.into_values().collect()
}

/// Neighbours of each atom with the cell edges they share.
fn neighbours(atoms: &Atoms) -> Vec<Vec<(u32, u64)>> {
    let mut lists = vec![Vec::new(); atoms.atoms.len()];
    for (&(a, b), &shared_edges) in &atoms.contacts {
        lists[a as usize].push((b, shared_edges));
        lists[b as usize].push((a, shared_edges));
    }
    lists
}

/// Joins every piece below the minimum to the neighbour with which it shares the longest border, as long as the two
/// together stay below the maximum; ties go to the neighbour that comes first.
fn join_small(
    members: &[u32],
    areas: &[AreaMm2],
    neighbours: &[Vec<(u32, u64)>],
    (least, most): (AreaMm2, AreaMm2),
) -> Vec<Piece> {
    let mut piece_of: BTreeMap<u32, u32> = members.iter().map(|&atom| (atom, atom)).collect();
    let alone = |&atom: &u32| (atom, Piece { atoms: BTreeSet::from([atom]), area: areas[atom as usize] });
    let mut pieces: BTreeMap<u32, Piece> = members.iter().map(alone).collect();
    loop {
        let small: Vec<u32> =
            pieces.iter().filter(|(_, piece)| is_below(piece.area, least)).map(|(&id, _)| id).collect();
        let mut joined = false;
        for id in small {
            let Some(piece) = pieces.get(&id).filter(|piece| is_below(piece.area, least)) else { continue };
            let mut borders: BTreeMap<u32, u64> = BTreeMap::new();
            for (next, shared_edges) in piece.atoms.iter().flat_map(|&atom| &neighbours[atom as usize]) {
                if let Some(&other) = piece_of.get(next).filter(|other| **other != id) {
                    *borders.entry(other).or_default() += shared_edges;
                }
            }
            let fits = |other: &u32| pieces[other].area + piece.area <= most;
            let best =
                borders.into_iter().filter(|(other, _)| fits(other)).min_by_key(|&(other, n)| (u64::MAX - n, other));
            if let Some((other, _)) = best {
                let (into, from) = (id.min(other), id.max(other));
                if let Some(gone) = pieces.remove(&from) {
                    piece_of.extend(gone.atoms.iter().map(|&atom| (atom, into)));
                    if let Some(piece) = pieces.get_mut(&into) {
                        piece.area += gone.area;
                        piece.atoms.extend(gone.atoms);
                    }
                    joined = true;
                }
            }
        }
        if !joined {
            return pieces.into_values().collect();
        }
    }
}

fn site(plan: &Plan, atoms: &Atoms, piece: &Piece) -> Site {
    let mut members = piece.atoms.iter().map(|&atom| &atoms.atoms[atom as usize]);
    let mut site = Site {
        id: String::new(),
        region: 0,
        first: (u32::MAX, u32::MAX),
        gross: piece.area,
        parts: Vec::new(),
        content: crate::site::Totals::default(),
        substation: None,
    };
    for atom in members.by_ref() {
        site.region = atom.region;
        site.first = site.first.min(atom.first);
        site.parts.extend(&atom.parts);
    }
    site.parts.sort_unstable();
    let (row0, col0) = plan.grid.lattice_origin();
    let (row, col) = (row0 + i64::from(site.first.0), col0 + i64::from(site.first.1));
    site.id = format!("{}-r{row}c{col}", plan.regions[usize::from(site.region)]);
    site
}
