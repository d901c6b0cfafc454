//! Tables of offers from outside: what is refused, and with which words.

use crate::desk::{Desk, TWO, refused, scenario, summary};

#[test]
fn limits_are_checked_against_the_table() {
    let desk = Desk::new(TWO);
    let try_limit = |limit: &str| desk.try_run(&scenario("max_net_value", &[limit]), &[]);
    refused(&try_limit("sum = \"capex\"\nmax = 1.0"), 2, &["no column `capex`", "capex_cny", "project.toml:6"]);
    refused(&try_limit("sum = \"lcoe_cny_per_kwh\"\nmax = 1.0"), 2, &["do not add up", "average"]);
    refused(&try_limit("sum = \"score\"\nmax = 1.0"), 2, &["do not add up"]);
    refused(&try_limit("average = \"capex_cny\"\nby = \"capacity_mw\"\nmax = 1.0"), 2, &["is an amount"]);
    refused(
        &try_limit("where = { region = \"wset\" }\nsum = \"capex_cny\"\nmax = 1.0"),
        2,
        &["no offer has region = \"wset\"", "did you mean `west`"],
    );
    refused(
        &try_limit("where = { regoin = \"west\" }\nsum = \"capex_cny\"\nmax = 1.0"),
        2,
        &["no column `regoin`", "did you mean `region`"],
    );
    refused(
        &try_limit("per = \"region\"\nsum = \"capex_cny\"\nmax_column = \"score\""),
        2,
        &["not the same for all offers of `east`"],
    );
    refused(
        &try_limit("per = \"region\"\nsum = \"capex_cny\"\nmin = 1.0\nbaseline = { west = 1.0 }"),
        2,
        &["no value for `east`"],
    );
    let both = desk.try_run(&scenario("max_net_valeu", &["sum = \"capex\"\nmax = 1.0"]), &[]);
    refused(&both, 2, &["no column `net_valeu` to strive for; did you mean `net_value`", "no column `capex`"]);
}

#[test]
fn offers_without_a_key_are_an_error_unless_they_are_free() {
    let desk = Desk::new(&TWO.replace(",S2,30,", ",,,"));
    let hosting = "per = \"substation\"\nsum = \"capacity_ac_mw\"\nmax_column = \"hosting_mw\"";
    refused(&desk.try_run(&scenario("max_net_value", &[hosting]), &[]), 2, &["has no substation", "unassigned"]);
    let free = desk.run(&scenario("max_net_value", &[&format!("{hosting}\nunassigned = \"free\"")]));
    assert_eq!(free.table("scenarios/s/allocation.csv").numbers("allocated_mw"), [48.0, 0.0, 60.0, 0.0]);
}

#[test]
fn an_empty_bound_holds_nothing_and_says_so() {
    let hosting = "per = \"substation\"\nsum = \"capacity_ac_mw\"\nmax_column = \"hosting_mw\"";
    let text = scenario("max_net_value", &[hosting]);
    // Both offers of the second substation.
    let desk = Desk::new(&TWO.replace(",S2,30,", ",S2,,"));
    let run = desk.run(&text);
    assert_eq!(run.table("scenarios/s/allocation.csv").numbers("allocated_mw"), [48.0, 0.0, 60.0, 0.0]);
    let notes = summary(&run, "s")["notes"].to_string();
    assert!(notes.contains("limit `l0` does not hold for S2: `hosting_mw` is empty there"), "{notes}");
    // One of them.
    let run = Desk::new(&TWO.replacen(",S2,30,", ",S2,,", 1)).try_run(&text, &[]);
    refused(&run, 2, &["`hosting_mw` is not the same for all offers of `S2`: empty, 30"]);
}

#[test]
fn tables_with_faults_are_refused_with_their_rows() {
    let text = scenario("max_net_value", &[]);
    let run = |offers: &str| {
        let desk = Desk::new(offers);
        let run = desk.try_run(&text, &[]);
        assert!(!desk.path("out/manifest.json").exists());
        run
    };
    refused(&run(&TWO.replace("9e6", "nan")), 3, &["offers.csv:2", "net_value_cny_per_yr is `nan`"]);
    refused(&run(&TWO.replace("9e6", "inf")), 3, &["offers.csv:2"]);
    refused(&run(&TWO.replace("9e6", "")), 3, &["`a-g` has no value for the objective"]);
    refused(&run(&TWO.replace(",100,60,50,90000", ",100,-60,50,90000")), 3, &["offers.csv:2", "capacity_mw -60"]);
    refused(&run(&TWO.replace("capacity_mw,", "mw,")), 2, &["no column `capacity_mw`"]);
    refused(&run(&TWO.replace("region,", "mode,")), 3, &["offers.csv:1", "used before"]);
    refused(&run("site_id,mode\ns"), 3, &["offers.csv", "not a table", "line: 2"]);
    refused(&run("site_id,mode\ns,m\n"), 2, &["capacity_mw"]);
    let desk = Desk::new(TWO);
    desk.write("land.csv", "site_id,modes,area_ha\na,ground;agri,100\n");
    let land = desk.path("land.csv");
    refused(&desk.try_run(&text, &["--site-land", land.to_str().unwrap()]), 3, &["site `b` has offers but no land"]);
    desk.write("land.csv", "site_id,modes,area_ha\na,ground,x\n");
    refused(&desk.try_run(&text, &["--site-land", land.to_str().unwrap()]), 3, &["land.csv:2", "area_ha is `x`"]);
}
