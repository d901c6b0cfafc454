//! Tables of offers from outside: what is refused, and with which words.

use std::fmt::Write as _;

use crate::desk::{Desk, TWO, refused, scenario, summary};
use crate::support::solsite;

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
    refused(&run(&TWO.replace("region,", "mode,")), 3, &["offers.csv:1", "used before"]);
    refused(&run("site_id,mode\ns"), 3, &["offers.csv", "not a table", "line: 2"]);
    let desk = Desk::new(TWO);
    refused(&desk.try_on_land(&text, "a,ground;agri,100\n"), 3, &["site `b` has offers but no land"]);
    refused(&desk.try_on_land(&text, "a,ground,x\n"), 3, &["land.csv:2", "area_ha is `x`"]);
    refused(
        &desk.try_on_land(&text, "a,gr\u{7}nd,1\n"),
        3,
        &["land.csv:2: modes \"gr\\u{7}nd\" holds control characters"],
    );
    refused(
        &desk.try_on_land(&text, "a,agri;ground,50\na,agri,10\na,ground; agri,50\nb,agri;ground,100\n"),
        3,
        &["land.csv:4: land of site `a` for the modes `ground;agri` is that of row 2 too"],
    );
    refused(&desk.try_on_land(&text, "a,ground,-1\n"), 3, &["land.csv:2: site `a` has area_ha -1"]);
}

#[test]
fn columns_that_must_be_there_are_missed_all_at_once_and_with_what_may_be_meant() {
    let run = |offers: &str| Desk::new(offers).try_run(&scenario("max_net_value", &[]), &[]);
    let expected = "expected site_id, mode, area_ha, capacity_mw";
    let renamed =
        TWO.replace(",site_id,", ",site,").replace(",capacity_mw,", ",capacity,").replace(",area_ha,", ",size,");
    let refusal = run(&renamed);
    let [site, area, capacity] = [
        format!("offers.csv: has no column `site_id`; is it `site`? {expected}"),
        format!("offers.csv: has no column `area_ha`; {expected}"),
        format!("offers.csv: has no column `capacity_mw`; is it `capacity`? {expected}"),
    ];
    refused(&refusal, 3, &[&site, &area, &capacity]);
    assert_eq!(refusal.errors.lines().count(), 3, "{}", refusal.errors);
    // A column of another meaning is not meant, though its name is near.
    let refusal = run(&TWO.replace(",capacity_mw,", ",power,"));
    refused(&refusal, 3, &["offers.csv: has no column `capacity_mw`; expected"]);
    let desk = Desk::new(TWO);
    desk.write("land.csv", "site,modes,area\na,ground,1\n");
    let land = desk.path("land.csv");
    let refusal = desk.try_run(&scenario("max_net_value", &[]), &["--site-land", land.to_str().unwrap()]);
    refused(&refusal, 3, &["land.csv: has no column `site_id`; is it `site`?", "no column `area_ha`; is it `area`?"]);
}

#[test]
fn other_separators_than_commas_are_named_once() {
    let desk = Desk::new(&TWO.replace(',', ";"));
    desk.write("land.csv", "site_id\tmodes\tarea_ha\na\tground\t1\n");
    let land = desk.path("land.csv");
    let run = desk.try_run(&scenario("max_net_value", &[]), &["--site-land", land.to_str().unwrap()]);
    refused(
        &run,
        3,
        &[
            "offers.csv:1: has one column only",
            "is the separator `;`? expected commas",
            "land.csv:1: has one column only",
            "is the separator a tab? expected commas",
        ],
    );
    assert_eq!(run.errors.lines().count(), 2, "{}", run.errors);
}

#[test]
fn a_column_that_is_declared_is_there() {
    let declared = |name: &str| {
        let text =
            format!("[columns]\n{name} = \"extensive\"\n{}", scenario("max_net_value", &["sum = \"x\"\nmax = 1.0"]));
        Desk::new(TWO).try_run(&text, &[])
    };
    let wanted = ["project.toml:4: [columns] declares `capex_cn`", "did you mean `capex_cny`?", "no column `x`"];
    refused(&declared("capex_cn"), 2, &wanted);
    assert!(!declared("capex_cny").errors.contains("[columns]"));
}

#[test]
fn offers_without_ids_differ_in_what_they_are() {
    let plain = "site_id,mode,crop,area_ha,capacity_mw,energy_mwh_per_yr\ns,agri,rice,1,1,1\ns,agri,tea,1,1,2\n";
    let text = scenario("max_energy", &[]);
    assert_eq!(Desk::new(plain).run(&text).table("scenarios/s/allocation.csv").rows.len(), 2);
    let refusal = Desk::new(&format!("{plain}s,agri,rice,1,1,3\n")).try_run(&text, &[]);
    refused(&refusal, 3, &["offers.csv:4: offer `s:agri:rice` is that of row 2 too", "offer_id"]);
    // With ids of their own they may be two variants of the same.
    let named =
        format!("{plain}s,agri,rice,1,1,3\n").replace("site_id", "offer_id,site_id").replace("s,agri", "#,s,agri");
    let named = named.split('#').enumerate().map(|(i, part)| if i == 0 { part.into() } else { format!("o{i}{part}") });
    assert_eq!(Desk::new(&named.collect::<String>()).run(&text).code, 0);
}

#[test]
fn ids_and_codes_stay_as_they_are_written() {
    let offers = "offer_id,site_id,mode,area_ha,capacity_mw,energy_mwh_per_yr,county,zone\n\
        007,0010,ground,10,5,50,0123,1e3\n8,0020,ground,10,5,50,0123,1000\n";
    let desk = Desk::new(offers);
    // The county is of no known kind, the zone would be a number by its look.
    let text =
        scenario("max_energy", &["where = { county = \"0123\", zone = \"1e3\" }\nsum = \"capacity_mw\"\nmax = 1.0"]);
    let run = desk.run(&format!("[columns]\nzone = \"text\"\n{text}"));
    let table = run.table("scenarios/s/allocation.csv");
    assert_eq!(table.words("offer_id"), ["007", "8"]);
    assert_eq!(table.words("site_id"), ["0010", "0020"]);
    assert_eq!(table.words("county"), ["0123", "0123"]);
    assert_eq!(table.words("zone"), ["1e3", "1000"]);
    assert_eq!(table.numbers("allocated_mw"), [1.0, 5.0]);
    // A column declared to be words is none of numbers, whatever its unit.
    let run = Desk::new(offers).try_run(&format!("[columns]\nenergy_mwh_per_yr = \"text\"\n{text}"), &[]);
    refused(&run, 2, &["column `energy_mwh_per_yr` holds words"]);
}

#[test]
fn cells_that_are_no_numbers_are_named_with_their_rows() {
    let run = |offers: &str| Desk::new(offers).try_run(&scenario("max_net_value", &[]), &[]);
    // The offers have no bearing on the objective, yet a column of amounts holds amounts.
    refused(
        &run(&TWO.replace("160e6,-1e6", "n/a,-1e6")),
        3,
        &["offers.csv:5", "capex_cny is `n/a`, not a finite number"],
    );
    let mut many = String::from("site_id,mode,area_ha,capacity_mw,net_value_cny_per_yr\n");
    (0..50).for_each(|i| writeln!(many, "s{i},m,1,1,\"1,{i}\"").unwrap());
    let refusal = run(&many);
    refused(&refusal, 3, &["offers.csv:21: net_value_cny_per_yr is `1,19`", "… and 30 more like it"]);
    assert!(!refusal.errors.contains("offers.csv:22"), "{}", refusal.errors);
    // Empty cells are seen by what counts them.
    let empty = many.replace("\"1,", "\"").lines().map(|line| line.replace("m,1,1,", "m,1,,")).collect::<Vec<_>>();
    refused(&run(&empty.join("\n")), 3, &["offers.csv:2: offer `1` has capacity_mw empty", "… and 30 more like it"]);
    let desk = Desk::new(&TWO.replace("180e6,9e6", ",9e6"));
    let counted = desk.try_run(&scenario("max_net_value", &["id = \"budget\"\nsum = \"capex_cny\"\nmax = 1e9"]), &[]);
    refused(&counted, 3, &["offer `a-g` has no value to count for rule `budget`", "fill the cell"]);
}

#[test]
fn ids_are_there_and_differ() {
    let run = |offers: &str| Desk::new(offers).try_run(&scenario("max_net_value", &[]), &[]);
    refused(&run(&TWO.replace("b-f,", "a-g,")), 3, &["offers.csv:5: offer_id `a-g` is that of row 2 too"]);
    refused(&run(&TWO.replace("b-f,", " ,")), 3, &["offers.csv:5: offer_id is empty"]);
    refused(&run(&TWO.replace("b-f,b,", "b-f,,")), 3, &["offers.csv:5: site_id is empty"]);
    let unprintable = run(&TWO.replace("b-f,b,", "b-\0f,b,").replace("west,ground", "we\u{1b}st,ground"));
    let escaped =
        ["offers.csv:5: offer_id \"b-\\0f\" holds control", "offers.csv:2: region \"we\\u{1b}st\" holds control"];
    refused(&unprintable, 3, &escaped);
}

#[test]
fn a_table_without_rows_has_no_offers_and_an_empty_file_is_none() {
    let desk = Desk::new(TWO.lines().next().unwrap());
    let run = desk.run(&scenario("max_net_value", &["sum = \"capex_cny\"\nmax = 1e6"]));
    assert_eq!(summary(&run, "s")["capacity_mw"], 0);
    let [project, offers, out] =
        ["project.toml", "offers.csv", "out"].map(|name| desk.path(name).display().to_string());
    let told = solsite(&["allocate", &project, "--offers", &offers, "--out", &out]);
    let told = String::from_utf8_lossy(&told.stderr).into_owned();
    assert!(told.contains("scenario s: objective 0 CNY/yr, 0.000 MW"), "{told}");
    assert!(told.contains("note: scenario s: the best choice is to build nothing"), "{told}");
    let least = desk.try_run(&scenario("max_net_value", &["id = \"least\"\nsum = \"capacity_mw\"\nmin = 5.0"]), &[]);
    assert_eq!(least.code, 1, "{}", least.errors);
    assert!(least.errors.contains("There are no offers to choose from."), "{}", least.errors);
    let nothing = Desk::new("").try_run(&scenario("max_net_value", &[]), &[]);
    refused(&nothing, 3, &["offers.csv: the file is empty", "names of columns"]);
}

#[test]
fn an_allocation_may_be_allocated_again() {
    let desk = Desk::new(TWO);
    let text = scenario("max_net_value", &[]);
    let first = std::fs::read_to_string(desk.run(&text).out.join("scenarios/s/allocation.csv")).unwrap();
    desk.write("offers.csv", &first);
    let again = std::fs::read_to_string(desk.run(&text).out.join("scenarios/s/allocation.csv")).unwrap();
    assert_eq!(again, first, "the results once, not twice");
}

#[test]
fn words_that_are_formulas_to_a_spreadsheet_are_kept_from_it() {
    let formula = "\"=HYPERLINK(\"\"http://x\"\")\"";
    let desk = Desk::new(&TWO.replace("east", formula).replace("b-g", "-b").replace("b-f", "'+b").replace("a-g", "'a"));
    let limit = "id = \"each\"\nper = \"region\"\nsum = \"capacity_mw\"\nmax = 30.0";
    let run = desk.run(&scenario("max_net_value", &[limit]));
    let written = |name: &str| std::fs::read_to_string(run.out.join("scenarios/s").join(name)).unwrap();
    let allocation = written("allocation.csv");
    for cell in ["\n'a,", "\n'-b,", "\n'+b,", ",\"'=HYPERLINK"] {
        assert!(allocation.contains(cell), "no {cell} in {allocation}");
    }
    assert!(written("prices.csv").contains("each,\"'=HYPERLINK"), "{}", written("prices.csv"));
    assert!(allocation.contains(",-60,"), "numbers below zero are no formulas: {allocation}");
    // Read again they are what they were: keys and ids are the same, and guarded once.
    desk.write("offers.csv", &allocation);
    let again = desk.run(&scenario("max_net_value", &[limit]));
    assert_eq!(std::fs::read_to_string(again.out.join("scenarios/s/allocation.csv")).unwrap(), allocation);
    assert_eq!(summary(&again, "s")["by_region"]["=HYPERLINK(\"http://x\")"]["capacity_mw"], 30);
}
