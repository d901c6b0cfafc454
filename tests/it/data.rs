//! Numbers of the domain against independent programs and publications.

use solsite::agronomy::response::{Response, relative_yield};
use solsite::crop::day_of_year;
use solsite::finance::{capital_recovery_factor, levelised_yield};
use solsite::layer::NO_CLASS;
use solsite::mode::LandKind;
use solsite::tables::Tables;

use crate::support::{close, vectors};

#[test]
fn annuities_match_the_vectors() {
    for case in vectors("e_finance.json")["crf"].as_array().unwrap() {
        let (rate, life) = (case["i"].as_f64().unwrap(), case["n"].as_f64().unwrap());
        close(capital_recovery_factor(rate, life), case["crf"].as_f64().unwrap(), 1e-7);
    }
    assert_eq!(capital_recovery_factor(0.0, 20.0), 0.05);
}

#[test]
fn levelised_costs_match_the_vectors() {
    for case in vectors("e_finance.json")["lcoe"].as_array().unwrap() {
        let value = |name: &str| case[name].as_f64().unwrap();
        let (rate, life) = (value("i"), value("n"));
        let yearly = value("capex") * capital_recovery_factor(rate, life) + value("opex");
        close(yearly / (value("yield1") * levelised_yield(rate, life, value("deg"))), value("lcoe"), 1e-8);
        close(yearly / value("yield1"), value("simple"), 1e-8);
    }
}

/// A group's response.
fn response(tables: &Tables, group: &str) -> Response {
    let group = tables.crops.group(group).unwrap_or_else(|| panic!("{group}"));
    Response::Curve { alpha: group.alpha.value, beta: tables.crops.beta.value, band: group.band.terms }
}

fn vector_lines(name: &str) -> Vec<String> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(name);
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(str::to_owned).collect()
}

/// 162 point predictions of Laub et al. 2022, table S2, to the rounding of the table.
#[test]
fn crop_responses_match_the_published_table() {
    let tables = Tables::builtin().unwrap();
    let id = |name: &str| match name {
        "Tubers/root crops" => "tubers".to_owned(),
        name => name.to_lowercase().replace(' ', "_"),
    };
    let mut checked = 0;
    for line in vector_lines("laub_s2.csv") {
        let (name, values) = line.split_once(',').unwrap();
        let response = response(&tables, &id(name));
        for (i, value) in values.split(',').enumerate() {
            let shade = 0.05 * (i + 1) as f64;
            let found = 100.0 * relative_yield(response, shade, 0.0).expected;
            let published: f64 = value.parse().unwrap();
            assert!((found - published).abs() < 0.06, "{name} at {shade}: {found} against {published}");
            checked += 1;
        }
    }
    assert_eq!(checked, 162);
}

/// 162 intervals of the same table.
#[test]
fn bands_of_crop_responses_match_the_published_table() {
    let tables = Tables::builtin().unwrap();
    let lines = vector_lines("laub_s2_bands.csv");
    assert_eq!(lines.len(), 163);
    for line in &lines[1..] {
        let fields: Vec<&str> = line.split(',').collect();
        let [shade, predicted, low, high] = [1, 2, 3, 4].map(|i| fields[i].parse::<f64>().unwrap());
        let found = relative_yield(response(&tables, fields[0]), shade / 100.0, 0.0);
        for (found, published) in [(found.expected, predicted), (found.low, low), (found.high, high)] {
            assert!((100.0 * found - published).abs() < 0.11, "{line}: {found}");
        }
    }
}

#[test]
fn yields_lie_within_their_bands_and_all_is_harvested_in_full_light() {
    let tables = Tables::builtin().unwrap();
    for crop in &tables.crops.crop {
        for shade in (0..=90).map(|percent| f64::from(percent) / 100.0) {
            let found = relative_yield(tables.crops.response(crop), shade, tables.crops.worst(shade));
            let ordered = 0.0 <= found.low && found.low <= found.expected && found.expected <= found.high;
            assert!(ordered, "{} at {shade}: {found:?}", crop.id);
            assert!(shade > 0.0 || (found.low, found.expected, found.high) == (1.0, 1.0, 1.0), "{}", crop.id);
        }
    }
}

#[test]
fn a_crop_of_which_nothing_is_known_falls_with_the_light() {
    let tables = Tables::builtin().unwrap();
    let found = relative_yield(Response::Unknown, 0.3, tables.crops.worst(0.3));
    assert_eq!(found.expected, 0.7);
    // The lower end is that of maize.
    assert!((100.0 * found.low - 49.2).abs() < 0.1 && found.high == 1.0);
}

#[test]
fn tables_hold_together() {
    let tables = Tables::builtin().unwrap();
    for mode in &tables.modes {
        assert!(tables.layout(&mode.layout).is_some(), "mode {} has no layout", mode.id);
        for crop in &mode.crops {
            assert!(tables.crops.crop.iter().any(|known| &known.id == crop), "mode {} has no crop {crop}", mode.id);
        }
    }
    for crop in &tables.crops.crop {
        if let Some(group) = &crop.group {
            assert!(tables.crops.group.iter().any(|known| &known.id == group), "crop {} has no group", crop.id);
        }
    }
    for layout in &tables.layouts {
        let field = layout.field.as_ref();
        for share in [Some(&layout.gcr), field.map(|field| &field.cropped_share)].into_iter().flatten() {
            assert!((0.0..=1.0).contains(&share.value), "layout {}", layout.id);
        }
    }
}

/// Cost and price rows say what they may be and when.
#[test]
fn money_has_a_range_and_a_year() {
    let tables = Tables::builtin().unwrap();
    let modes = tables.modes.iter().flat_map(|mode| {
        [Some(&mode.capex_per_kw), Some(&mode.om_per_kw_yr), mode.raising_per_kw_m.as_ref()].into_iter().flatten()
    });
    let crops = tables.crops.crop.iter().flat_map(|crop| [&crop.price_per_t, &crop.margin_per_ha_yr]);
    let connection = [&tables.connection.line_per_mw_km, &tables.connection.station_per_kw];
    let restoration = tables.settling.restoration.iter().flat_map(|row| [&row.cost_per_ha, &row.credit_per_ha]);
    let regions = tables.regions.iter().flat_map(|row| {
        row.land_rent_per_ha_yr.values().chain([&row.price_per_kwh, &row.curtailment_share, &row.water_price_per_m3])
    });
    let all =
        regions.chain(modes).chain(crops).chain(connection).chain(restoration).chain([&tables.water_price_per_m3]);
    for number in all {
        let [least, most] = number.range.unwrap_or_else(|| panic!("no range: {}", number.source));
        assert!((least..=most).contains(&number.value), "{} is outside its range: {}", number.value, number.source);
        assert!(number.year.is_some_and(|year| (2010..=2030).contains(&year)), "no year: {}", number.source);
    }
}

#[test]
fn crops_can_be_grown_and_sold() {
    let tables = Tables::builtin().unwrap();
    for crop in &tables.crops.crop {
        assert!(crop.cost_per_ha_yr() >= 0.0, "{} earns more than it sells", crop.id);
        let (season, kc) = crop.growth(36.0);
        let days: f64 = season.months(&kc).iter().map(|month| month.days).sum();
        assert!((1.0..=365.0).contains(&days), "{} grows {days} days", crop.id);
        assert!(day_of_year(&crop.season.starts).is_some(), "{}", crop.id);
        for limits in [&crop.temperature_c, &crop.elevation_m, &crop.rain_mm_per_yr, &crop.slope_deg] {
            assert!(limits.limits.is_sorted(), "{}", crop.id);
        }
    }
    let lily = tables.crops.crop.iter().find(|crop| crop.id == "lily").unwrap();
    assert!(
        (lily.yield_t_per_ha_yr() - 3.2).abs() < 0.05,
        "a harvest in five and a half years is {}",
        lily.yield_t_per_ha_yr()
    );
}

#[test]
fn every_number_says_where_it_comes_from() {
    let tables = Tables::builtin().unwrap();
    let modes = tables.modes.iter().flat_map(|mode| {
        [
            &mode.density_mwp_per_ha,
            &mode.capex_per_kw,
            &mode.om_per_kw_yr,
            &mode.discount_rate,
            &mode.degradation_per_yr,
        ]
    });
    let crops = tables.crops.crop.iter().flat_map(|crop| [&crop.harvest_t_per_ha, &crop.margin_per_ha_yr]);
    for number in modes.chain(crops) {
        assert!(!number.source.trim().is_empty());
        assert!(!(number.verified && number.source.contains("no source found")), "{}", number.source);
    }
}

#[test]
fn class_schemes_know_their_codes() {
    let tables = Tables::builtin().unwrap();
    let kind = |scheme: &str, code| tables.schemes[scheme].classes[&code].kind;
    assert_eq!(kind("worldcover", 40), LandKind::Cropland);
    assert_eq!(kind("corine", 211), LandKind::Cropland);
    assert_eq!(kind("corine_index", 12), LandKind::Cropland);
    assert_eq!(kind("corine_index", 7), LandKind::Mining);
    assert_eq!(tables.schemes["corine_index"].classes.len(), 44);
    // Several codes of one group share a name.
    assert_eq!(tables.schemes["gbt21010"].codes("unused"), vec![1204, 1205, 1206, 1207]);
    assert!(!tables.schemes["gbt21010"].classes.contains_key(&NO_CLASS));
}
