//! Land of a table of offers: what contradicts the offers is refused, what is not used is told.

use std::fmt::Write as _;

use crate::desk::{Desk, refused, scenario, summary};
use crate::support::Run;

const OFFERS: &str = "site_id,mode,area_ha,capacity_mw,energy_mwh_per_yr\n\
A,ground,10,5,50\nB,ground,10,5,60\nB,agri,10,4,40\n";

/// What a run that ends well tells the planner.
fn notes(run: &Run) -> Vec<String> {
    assert_eq!(run.code, 0, "{}", run.errors);
    let summary = summary(run, "s");
    summary["notes"].as_array().unwrap().iter().map(|note| note.as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_misspelt_mode_of_land_is_a_mistake_and_one_without_offers_is_not() {
    let desk = Desk::new(OFFERS);
    let on_land = |land: &str| desk.try_on_land(&scenario("max_energy", &[]), land);
    // Row 3 has land of that mode, so that the mode as such has some.
    let run = on_land("A,grund,10\nB,ground;agri,10\n");
    refused(&run, 3, &["land.csv:2: no offer has mode `grund`", "did you mean `ground`?"]);
    // No land of the mode at all: still one fault, of its row.
    let run = on_land("A,grund,10\nB,agri,10\n");
    refused(&run, 3, &["land.csv:2", "did you mean `ground`?"]);
    assert_eq!(run.errors.lines().count(), 1, "{}", run.errors);
    // `agro` is near to `agri`, which has land there all the same: another mode.
    let run = on_land("A,ground;roof,10\nB,ground;agri;agro,10\n");
    assert_eq!(notes(&run), ["site_land has land of 2 modes without offers: agro, roof"]);
    // Nothing like it among the offers of the site: its offer stays without land.
    let run = on_land("A,lake,10\nB,ground;agri,10\n");
    let unbuilt = "1 offer cannot be built, as the site has no land for the mode: 1";
    assert_eq!(notes(&run), ["site_land has land of 1 mode without offers: lake", unbuilt]);
    assert_eq!(run.table("scenarios/s/allocation.csv").numbers("allocated_mw"), [0.0, 5.0, 0.0]);
}

#[test]
fn offers_that_cannot_be_built_are_counted_in_one_note() {
    let mut offers = String::from("offer_id,site_id,mode,area_ha,capacity_mw,energy_mwh_per_yr\nz,z,a,1,1,1\n");
    let mut land = String::from("z,a,1\n");
    for site in 1..=7 {
        writeln!(offers, "o{site},s{site},a,1,1,1").unwrap();
        writeln!(land, "s{site},b,1").unwrap();
    }
    let desk = Desk::new(&format!("{offers}y,z,b,1,1,1\nx,z,b,0,1,1\n"));
    let run = desk.try_on_land(&scenario("max_energy", &[]), &land);
    // An offer that takes no land needs none.
    let unbuilt = "8 offers cannot be built, as the site has no land for the mode: o1, o2, o3, o4, o5 and 3 more";
    assert_eq!(notes(&run), [unbuilt]);
    assert_eq!(run.table("scenarios/s/allocation.csv").numbers("allocated_mw").iter().sum::<f64>(), 2.0);
    // A site without any area is told in the same way, with no table of land at all.
    let desk =
        Desk::new("site_id,mode,area_ha,capacity_mw,energy_mwh_per_yr,site_area_ha\nA,g,10,5,50,0\nB,g,10,5,50,4\n");
    let run = desk.run(&scenario("max_energy", &[]));
    assert_eq!(notes(&run), ["1 offer cannot be built, as the site has no land for the mode: 1"]);
    assert_eq!(run.table("scenarios/s/allocation.csv").numbers("allocated_mw"), [0.0, 2.0]);
}

#[test]
fn land_of_a_misspelt_site_is_a_mistake_and_of_one_without_offers_is_not() {
    let desk = Desk::new(OFFERS);
    let on_land = |land: &str| desk.try_on_land(&scenario("max_energy", &[]), land);
    let run = on_land("A,ground,10\nB1,ground;agri,10\nZZ,ground,99\n");
    refused(&run, 3, &["offers.csv:3: site `B` has offers but no land; is it `B1` in site_land"]);
    let run = on_land("A,ground,10\nB,ground;agri,10\nB1,ground,10\nZZ,ground,99\n");
    assert_eq!(notes(&run), ["site_land has land of 2 sites without offers: B1, ZZ"]);
}

#[test]
fn the_area_of_a_site_is_one_and_not_below_zero() {
    let sized = |sizes: [&str; 3]| {
        let rows = OFFERS.lines().skip(1).zip(sizes).map(|(row, size)| format!("{row},{size}\n"));
        let header = OFFERS.lines().next().unwrap();
        Desk::new(&format!("{header},site_area_ha\n{}", rows.collect::<String>()))
    };
    let run = |sizes| sized(sizes).try_run(&scenario("max_energy", &[]), &[]);
    refused(&run(["10", "6", "7"]), 3, &["offers.csv:4: site `B` has site_area_ha 7, but 6 in row 3"]);
    refused(&run(["10", "", "7"]), 3, &["offers.csv:4: site `B` has site_area_ha 7, but empty in row 3"]);
    refused(&run(["-10", "7", "7"]), 3, &["offers.csv:2: offer `1` has site_area_ha -10; expected zero or more"]);
    refused(&run(["nan", "7", "7"]), 3, &["offers.csv:2: site_area_ha is `nan`"]);
    // Not stated: the largest area of an offer; zero: nothing.
    let desk = sized(["", "0", "0"]);
    let fits = desk.run(&scenario("max_energy", &[]));
    assert_eq!(fits.table("scenarios/s/allocation.csv").numbers("allocated_mw"), [5.0, 0.0, 0.0]);
}
