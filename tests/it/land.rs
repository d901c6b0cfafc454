//! Land inside a site, shared exactly: rows of facets against the whole transport problem.

use std::fmt::Write as _;

use proptest::prelude::*;
use solsite::allocate::model::{Lp, LpRow};
use solsite::allocate::rules::land::Facets;
use solsite::allocate::solver::{self, Outcome};
use solsite::rule::ModeSet;
use solsite::tiles::Cancel;

use crate::desk::{Desk, refused, scenario, summary};
use crate::support::close;

#[test]
fn land_told_by_modes_is_shared_exactly() {
    // 10 ha take A alone, 20 ha take B alone, 30 ha take both.
    let desk = Desk::new("site_id,mode,area_ha,capacity_mw,energy_mwh_per_yr\ns,A,40,40,80\ns,B,50,100,150\n");
    let text = "[[scenario]]\nid = \"e\"\nobjective = \"max_energy\"\n";
    let run = desk.try_on_land(text, "s,A,10\ns,B,20\ns,A;B,30\n");
    assert_eq!(run.code, 0, "{}", run.errors);
    // A hectare of B makes 3 MWh, one of A makes 2: B takes all it may, A its own.
    let table = run.table("scenarios/e/allocation.csv");
    assert_eq!(table.numbers("allocated_mw"), [10.0, 100.0]);
    close(summary(&run, "e")["objective"].as_f64().unwrap(), 20.0 + 150.0, 1e-12);
    let prices = run.table("scenarios/e/prices.csv");
    assert_eq!(prices.words("modes"), ["A", "B", "A;B"]);
    // Without the table a site is one pool, as large as its largest offer.
    let pooled = desk.run(text);
    close(summary(&pooled, "e")["objective"].as_f64().unwrap(), 150.0, 1e-12);
}

/// Most that capacities per hectare can earn on land told by modes: a transport problem with a column for each
/// pair of mode and land, against the rows of facets alone.
fn by_transport(land: &[(ModeSet, f64)], worth: &[f64], wanted: &[f64]) -> f64 {
    let pairs: Vec<(usize, usize)> = (0..worth.len())
        .flat_map(|mode| land.iter().enumerate().filter(move |(_, l)| l.0.has(mode)).map(move |(i, _)| (mode, i)))
        .collect();
    let row = |test: &dyn Fn(&(usize, usize)) -> bool, rhs: f64| {
        let chosen = pairs.iter().enumerate().filter(|(_, pair)| test(pair));
        LpRow { coefficients: chosen.map(|(i, _)| (i as u32, 1.0)).collect(), rhs, scale: 1.0 }
    };
    let mut rows: Vec<LpRow> = (0..land.len()).map(|i| row(&|pair| pair.1 == i, land[i].1)).collect();
    rows.extend((0..worth.len()).map(|mode| row(&|pair| pair.0 == mode, wanted[mode])));
    best(&pairs.iter().map(|pair| worth[pair.0]).collect::<Vec<_>>(), rows)
}

fn by_facets(land: &[(ModeSet, f64)], worth: &[f64], wanted: &[f64]) -> f64 {
    let mut family: Vec<ModeSet> = land.iter().map(|(set, _)| *set).collect();
    family.sort();
    family.dedup();
    let mut facets = Facets::default();
    let row = |set: &ModeSet| {
        let rhs = land.iter().filter(|(admitted, _)| admitted.meets(*set)).map(|(_, area)| area).sum();
        LpRow { coefficients: set.iter().map(|mode| (mode as u32, 1.0)).collect(), rhs, scale: 1.0 }
    };
    let mut rows: Vec<LpRow> = facets.of(&family).unwrap().iter().map(row).collect();
    let covered = family.iter().fold(ModeSet::default(), |all, set| ModeSet(all.0 | set.0));
    for (mode, &most) in wanted.iter().enumerate() {
        let rhs = if covered.has(mode) { most } else { 0.0 };
        rows.push(LpRow { coefficients: vec![(mode as u32, 1.0)], rhs, scale: 1.0 });
    }
    best(worth, rows)
}

fn best(worth: &[f64], rows: Vec<LpRow>) -> f64 {
    let cost: Vec<f64> = worth.iter().map(|worth| -worth).collect();
    let n = cost.len();
    let lp = Lp { upper: vec![f64::INFINITY; n], implied: vec![false; n], cost, rows, cost_scale: 1.0 };
    match solver::solve(&lp, &Cancel::default()).unwrap() {
        Outcome::Optimal(solution) => solution.columns.iter().zip(worth).map(|(x, worth)| x * worth).sum(),
        other => panic!("{other:?}"),
    }
}

/// The sets that need a row, by trying every set of modes.
fn by_definition(family: &[ModeSet]) -> Vec<ModeSet> {
    let covered = family.iter().fold(0, |all, set| all | set.0);
    let touched = |set: u32| family.iter().filter(|land| land.0 & set != 0).count();
    let closed =
        |set: u32| (0..32).all(|m| set >> m & 1 == 1 || covered >> m & 1 == 0 || touched(set | 1 << m) > touched(set));
    // A split into two parts is a proper subset that no land joins to the rest.
    let joined = |part: u32, rest: u32| family.iter().any(|land| land.0 & part != 0 && land.0 & rest != 0);
    let connected = |set: u32| (1..set).filter(|part| part & !set == 0).all(|part| joined(part, set & !part));
    (1..=covered).filter(|set| set & !covered == 0 && closed(*set) && connected(*set)).map(ModeSet).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn facets_alone_describe_all_that_fits(
        land in prop::collection::vec((1_u32..32, 0.5_f64..20.0), 1..8),
        worth in prop::collection::vec(0.1_f64..9.0, 5),
        wanted in prop::collection::vec(0.0_f64..40.0, 5),
    ) {
        let land: Vec<(ModeSet, f64)> = land.into_iter().map(|(bits, area)| (ModeSet(bits), area)).collect();
        let (exact, lean) = (by_transport(&land, &worth, &wanted), by_facets(&land, &worth, &wanted));
        prop_assert!((exact - lean).abs() < 1e-7 * (1.0 + exact), "{} {}", exact, lean);
    }

    #[test]
    fn facets_are_exactly_the_closed_and_connected_sets(family in prop::collection::btree_set(1_u32..128, 1..10)) {
        let family: Vec<ModeSet> = family.into_iter().map(ModeSet).collect();
        let mut facets = Facets::default();
        prop_assert_eq!(facets.of(&family).unwrap(), by_definition(&family));
    }

    #[test]
    fn loosening_a_limit_never_worsens_the_optimum(budget in 2.0_f64..9.0, more in 0.0_f64..3.0, share in 0.0_f64..0.9) {
        let objective = |budget: f64, share: f64| {
            let columns = [[3.0, 1.0, 0.0], [2.0, 0.8, 1.0], [1.0, 0.3, 0.0]];
            let row = |coefficients: Vec<f64>, rhs: f64| LpRow {
                coefficients: coefficients.into_iter().enumerate().map(|(i, v)| (i as u32, v)).collect(), rhs, scale: 1.0,
            };
            let rows = vec![
                row(columns.iter().map(|c| c[1]).collect(), budget),
                row(columns.iter().map(|c| share - c[2]).collect(), 0.0),
            ];
            let cost: Vec<f64> = columns.iter().map(|c| -c[0]).collect();
            let lp = Lp { cost: cost.clone(), upper: vec![6.0; 3], implied: vec![false; 3], rows, cost_scale: 1.0 };
            match solver::solve(&lp, &Cancel::default()).unwrap() {
                Outcome::Optimal(s) => -s.columns.iter().zip(&cost).map(|(x, c)| x * c).sum::<f64>(),
                other => panic!("{other:?}"),
            }
        };
        prop_assert!(objective(budget + more, share) >= objective(budget, share) - 1e-9);
        prop_assert!(objective(budget, share * 0.5) >= objective(budget, share) - 1e-9);
    }
}

#[test]
fn a_set_needs_a_row_only_if_it_is_closed_and_connected() {
    let sets = |bits: &[u32]| bits.iter().map(|&bits| ModeSet(bits)).collect::<Vec<_>>();
    let facets =
        |family: &[u32]| Facets::default().of(&sets(family)).unwrap().iter().map(|set| set.0).collect::<Vec<_>>();
    // One pool: one row. Land apart: a row each. Nested: the smaller and the whole.
    assert_eq!(facets(&[0b111]), [0b111]);
    assert_eq!(facets(&[0b001, 0b010]), [0b001, 0b010]);
    assert_eq!(facets(&[0b001, 0b011]), [0b010, 0b011]);
    assert_eq!(facets(&[0b011, 0b110]), [0b001, 0b100, 0b111]);
}

#[test]
fn much_land_told_apart_is_counted_by_its_rows_not_by_its_subsets() {
    // 32 modes in a row, a pool for every two neighbours: all 528 runs of neighbours, but for the 31 that begin at the
    // second mode, whose first could join for free, and the 31 that end at the last but one; one run does both.
    let chain: Vec<ModeSet> = (0..31).map(|i| ModeSet(0b11 << i)).collect();
    assert_eq!(Facets::default().of(&chain).unwrap().len(), 528 - 31 - 31 + 1);
    // Land apart: a row each.
    let apart: Vec<ModeSet> = (0..32).map(|i| ModeSet(1 << i)).collect();
    assert_eq!(Facets::default().of(&apart).unwrap().len(), 32);
    // A pool for every pair of 20 modes: half a million rows are not for one site.
    let pairs: Vec<ModeSet> = (0..20).flat_map(|i| (i + 1..20).map(move |j| ModeSet(1 << i | 1 << j))).collect();
    assert_eq!(Facets::default().of(&pairs), None);
}

#[test]
fn a_site_told_too_finely_is_refused() {
    let (mut offers, mut land) =
        (String::from("site_id,mode,area_ha,capacity_mw\n"), String::from("site_id,modes,area_ha\n"));
    for i in 0..20 {
        writeln!(offers, "s,m{i},1,1").unwrap();
        (i + 1..20).for_each(|j| writeln!(land, "s,m{i};m{j},1").unwrap());
    }
    let desk = Desk::new(&offers);
    desk.write("land.csv", &land);
    let path = desk.path("land.csv");
    let run = desk.try_run(&scenario("max_capacity_mw", &[]), &["--site-land", path.to_str().unwrap()]);
    refused(&run, 3, &["land of site `s`", "over 4096 rows"]);
}
