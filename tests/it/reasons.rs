//! Reasons and prices, worked out by hand.

use std::collections::BTreeMap;

use crate::desk::{Desk, TWO, prices, scenario};
use crate::support::close;

/// Reasons by offer.
fn reasons(desk: &Desk, text: &str) -> BTreeMap<String, String> {
    let run = desk.run(text);
    let table = run.table("scenarios/s/allocation.csv");
    let pairs = table.words("offer_id").into_iter().zip(table.words("reason"));
    pairs.map(|(id, reason)| (id.to_owned(), reason.to_owned())).collect()
}

#[test]
fn what_holds_an_offer_is_told_from_what_asks_for_it() {
    let desk = Desk::new(TWO);
    let crops = "id = \"crops\"\nwhere = { mode = \"agri\", region = \"east\" }\nsum = \"area_ha\"\nmin = 50.0";
    let found = reasons(&desk, &scenario("max_net_value", &[crops]));
    assert_eq!(found["a-g"], "in full, held by: land a");
    assert_eq!(found["b-g"], "in part, held by: land b");
    assert_eq!(found["b-f"], "in part, held by: land b, asked for by: crops");
    // 40 MW of it would take the land of 60 MW of ground, worth 9 million against its 2.
    let loss = "left out: a MW of it would worsen the objective by 175000 CNY/yr, counting: land a";
    assert_eq!(found["a-f"], loss);
}

#[test]
fn reasons_under_a_minimum_have_the_same_signs() {
    let desk = Desk::new(TWO);
    let energy = "id = \"energy\"\nsum = \"energy_mwh_per_yr\"\nmin = 60000.0";
    let found = reasons(&desk, &scenario("min_cost", &[energy]));
    assert_eq!(found["a-g"], "in part, asked for by: energy");
    // A MW costs 250 000; its 1400 MWh are to be had for 1400 · 15e6 / 90 000.
    let loss = "left out: a MW of it would worsen the objective by 16666.7 CNY/yr, though asked for by: energy";
    assert_eq!(found["b-g"], loss);
}

#[test]
fn rows_are_named_by_what_they_take_from_an_offer() {
    // Both half: 100 000 = budget − fair in the east, 150 000 = budget + fair in the west, so 125 000 and 25 000 per MW;
    // a share of +1 is worth 67 times as much as a MW of it.
    let desk = Desk::new(TWO);
    let budget = "id = \"budget\"\nsum = \"capex_cny\"\nmax = 200e6";
    let fair = "id = \"fair\"\nwhere = { region = \"east\" }\nsum = \"capacity_mw\"\nmin_share = 0.5";
    let found = reasons(&desk, &scenario("max_net_value", &[budget, fair]));
    assert_eq!(found["a-g"], "in part, held by: budget, fair");
    assert_eq!(found["b-g"], "in part, held by: budget, asked for by: fair");
}

#[test]
fn an_offer_that_cannot_be_built_is_not_called_as_good_as_others() {
    let desk = Desk::new(TWO);
    let ban = "id = \"ban\"\nwhere = { mode = \"ground\", region = \"west\" }\nsum = \"capacity_mw\"\nmax = 0.0";
    let found = reasons(&desk, &scenario("max_net_value", &[ban]));
    assert_eq!(found["a-g"], "left out: ban leaves no room for it");
    let none = "id = \"none\"\nwhere = { region = \"west\" }\nsum = \"capacity_mw\"\nmax_share = 0.0";
    let found = reasons(&desk, &scenario("max_net_value", &[none]));
    assert_eq!(found["a-f"], "left out: none leaves no room for it");
    desk.write("land.csv", "site_id,modes,area_ha\na,agri,100\nb,ground;agri,100\n");
    let land = desk.path("land.csv");
    let run = desk.try_run(&scenario("max_net_value", &[]), &["--site-land", land.to_str().unwrap()]);
    let table = run.table("scenarios/s/allocation.csv");
    assert_eq!(table.words("reason")[0], "left out: no land of its site admits it");
}

#[test]
fn of_two_that_are_worth_the_same_one_is_left_without_loss() {
    // Both modes of site a bring 90 000 a hectare.
    let desk = Desk::new(&TWO.replace("160e6,2e6,", "160e6,9e6,"));
    let found = reasons(&desk, &scenario("max_net_value", &[]));
    let left = "left out: a MW of it would bring no more than it takes, held by: land a";
    assert!([&found["a-g"], &found["a-f"]].iter().any(|reason| *reason == left), "{found:?}");
}

#[test]
fn next_to_nothing_is_not_written_as_less_than_nothing() {
    let desk = Desk::new(&TWO.replace("6e6,15e6,0.18", "-6e6,15e6,0.18").replace(",-1e6,", ",-4e-8,"));
    let found = reasons(&desk, &scenario("max_net_value", &[]));
    assert_eq!(found["b-f"], "left out: it adds -0.000000001 CNY/yr per MW to the objective");
}

#[test]
fn a_price_is_no_noise_because_its_unit_is_small() {
    let with = |line: &str| {
        let mw = line.split(',').nth(5).unwrap().parse::<f64>();
        format!("{line},{}", mw.map_or("dust_kg".to_owned(), |mw| format!("{:e}", 1e14 * mw)))
    };
    let desk = Desk::new(&TWO.lines().map(with).collect::<Vec<_>>().join("\n"));
    let dust = "id = \"dust\"\nwhere = { site_id = \"b\" }\nsum = \"dust_kg\"\nmax = 30e14";
    let found = prices(&desk.run(&scenario("max_net_value", &[dust])), "s");
    close(found[&("dust".to_owned(), String::new())], 1e-9, 1e-9);
    close(found[&("land".to_owned(), "a".to_owned())], 9e4, 1e-9);
    assert_eq!(found.len(), 2, "{found:?}");
}
