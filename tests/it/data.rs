//! Numbers of the domain against independent programs and publications.

use solsite::agronomy::response::{linear_yield, relative_yield};
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

/// 162 point predictions of Laub et al. 2022, table S2, to the rounding of the table.
#[test]
fn crop_responses_match_the_published_table() {
    let tables = Tables::builtin().unwrap();
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/laub_s2.csv");
    let text = std::fs::read_to_string(path).unwrap();
    let id = |name: &str| match name {
        "Tubers/root crops" => "tubers".to_owned(),
        name => name.to_lowercase().replace(' ', "_"),
    };
    let mut checked = 0;
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let (name, values) = line.split_once(',').unwrap();
        let group = tables.crops.group.iter().find(|group| group.id == id(name)).unwrap_or_else(|| panic!("{name}"));
        for (i, value) in values.split(',').enumerate() {
            let shade = 0.05 * (i + 1) as f64;
            let found = 100.0 * relative_yield(shade, group.alpha.value, tables.crops.beta.value);
            let published: f64 = value.parse().unwrap();
            assert!((found - published).abs() < 0.06, "{name} at {shade}: {found} against {published}");
            checked += 1;
        }
    }
    assert_eq!(checked, 162);
}

#[test]
fn a_crop_of_which_nothing_is_known_falls_with_the_light() {
    assert_eq!(linear_yield(0.3), 0.7);
    assert_eq!(relative_yield(0.0, -0.5, -0.7), 1.0);
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
        for share in [&layout.gcr, &layout.light_share, &layout.cropped_share] {
            assert!((0.0..=1.0).contains(&share.value), "layout {}", layout.id);
        }
    }
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
    let crops = tables.crops.crop.iter().flat_map(|crop| [&crop.yield_t_per_ha_yr, &crop.margin_per_ha_yr]);
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
