//! Offers in the columns of `offers.csv`.

use super::choice::Outcome;
use super::{FieldOffer, Offer, designs};
use crate::agronomy::response::RelativeYield;
use crate::offer::OfferTable;
use crate::plan::{Plan, Substation};
use crate::project::Project;
use crate::site::Site;

/// Design of offers without crops: the layout's own geometry.
const REFERENCE_DESIGN: &str = "reference";

/// Classes of land that some mode may stand on, each once, in order of their first code.
fn usable_classes(project: &Project) -> Vec<&str> {
    let land = project.land.as_ref().and_then(|land| project.scheme(land));
    // Where it cannot be told what land is, it may be anything.
    let schemes = project.tables.schemes.values().filter(|_| land.is_none() && project.lacks_land());
    let modes = &project.economics.modes;
    let anything = land.is_none() || project.left_out.any("mode");
    let mut names: Vec<&str> = Vec::new();
    for class in land.into_iter().chain(schemes).flat_map(|scheme| scheme.classes.values()) {
        let usable = anything || modes.iter().any(|mode| mode.kinds().any(|kind| kind == class.kind));
        if usable && !names.contains(&class.name.as_str()) {
            names.push(&class.name);
        }
    }
    names
}

/// The table of a run without offers, whether or not its inputs could be read.
pub fn empty_table(project: &Project) -> OfferTable {
    columns(project, &Places::default(), &[])
}

/// The offers as a table, in the columns of `offers.csv`. The columns depend on the project alone, not on what was found.
pub fn table(plan: &Plan, sites: &[Site], offers: &[Offer]) -> OfferTable {
    columns(&plan.project, &Places { sites, regions: &plan.regions, substations: &plan.substations }, offers)
}

/// What the numbers in offers stand for.
#[derive(Default)]
struct Places<'a> {
    sites: &'a [Site],
    regions: &'a [String],
    substations: &'a [Substation],
}

fn columns(project: &Project, places: &Places<'_>, offers: &[Offer]) -> OfferTable {
    let mut table = OfferTable::default();
    let site = |offer: &Offer| &places.sites[offer.site];
    let mode = |offer: &Offer| project.economics.modes[offer.mode].id.clone();
    let crop = |offer: &Offer| offer.crop.clone().unwrap_or_default();
    let substation = |offer: &Offer| site(offer).substation.map(|(index, _)| &places.substations[index]);
    let id = |offer: &Offer| {
        let planted = |field: &FieldOffer| format!(":{}:{}", crop(offer), field.design);
        let planted = offer.field.as_ref().map_or_else(String::new, planted);
        format!("{}:{}{planted}", site(offer).id, mode(offer))
    };
    let words = |get: &dyn Fn(&Offer) -> String| offers.iter().map(get).collect::<Vec<_>>();
    table.text("offer_id", words(&id));
    table.text("site_id", words(&|offer| site(offer).id.clone()));
    table.text("region", words(&|offer| places.regions[usize::from(site(offer).region)].clone()));
    table.text("mode", words(&mode));
    table.text("crop", words(&crop));
    let design = |field: &FieldOffer| field.design.clone();
    table.text("design", words(&|offer| offer.field.as_ref().map_or_else(|| REFERENCE_DESIGN.to_owned(), design)));
    let number = |table: &mut OfferTable, name: &str, get: &dyn Fn(&Offer) -> f64| {
        table.number(&project.money_column(name), offers.iter().map(get).collect());
    };
    number(&mut table, "area_ha", &|offer| offer.area_ha);
    number(&mut table, "capacity_mw", &|offer| offer.capacity_mw);
    number(&mut table, "capacity_ac_mw", &|offer| offer.capacity_ac_mw);
    number(&mut table, "energy_mwh_per_yr", &|offer| offer.energy_mwh_per_yr);
    number(&mut table, "capex_cny", &|offer| offer.capex);
    number(&mut table, "cost_cny_per_yr", &|offer| offer.cost_per_yr);
    number(&mut table, "lcoe_cny_per_kwh", &|offer| offer.lcoe_per_kwh);
    number(&mut table, "net_value_cny_per_yr", &|offer| offer.net_value_per_yr);
    let field = |offer: &Offer, get: &dyn Fn(&FieldOffer) -> f64| offer.field.as_ref().map_or(f64::NAN, get);
    number(&mut table, "crop_yield_ratio", &|offer| field(offer, &|field| field.yield_ratio().expected));
    number(&mut table, "crop_change_t_per_yr", &|offer| offer.crop_change_t_per_yr);
    number(&mut table, "land_equivalent_ratio", &|offer| offer.land_equivalent_ratio(|ratio| ratio.expected));
    number(&mut table, "score", &|offer| offer.score);
    table.text("substation", words(&|offer| substation(offer).map(|s| s.id.clone()).unwrap_or_default()));
    number(&mut table, "hosting_mw", &|offer| substation(offer).and_then(|s| s.hosting_mw).unwrap_or(f64::NAN));
    for class in usable_classes(project) {
        number(&mut table, &format!("class_area_ha_{class}"), &|offer| {
            offer.class_area_ha.get(class).copied().unwrap_or(0.0)
        });
    }
    number(&mut table, "substation_distance_m", &|offer| {
        site(offer).substation.map_or(f64::NAN, |(_, distance)| distance)
    });
    number(&mut table, "connection_cny", &|offer| offer.connection);
    restored(&mut table, project, offers);
    number(&mut table, "specific_yield_kwh_per_kwp", &|offer| offer.specific_yield_kwh_per_kwp);
    number(&mut table, "crop_margin_cny_per_yr", &|offer| offer.crop_margin_per_yr);
    if project.economics.modes.iter().any(|mode| !mode.crops.is_empty()) || project.left_out.any("mode") {
        fields(&mut table, project, offers);
    }
    number(&mut table, "break_even_price_cny_per_kwh", &|offer| offer.break_even_price_per_kwh);
    number(&mut table, "break_even_capex_cny_per_kw", &|offer| offer.break_even_capex_per_kw);
    table
}

/// Columns of what is done to mined-out land.
fn restored(table: &mut OfferTable, project: &Project, offers: &[Offer]) {
    let mut number = |name: &str, get: &dyn Fn(&Offer) -> f64| {
        table.number(&project.money_column(name), offers.iter().map(get).collect());
    };
    if project.subsidence.is_some() || project.left_out.any("subsidence") {
        number("treated_area_ha", &|offer| offer.treated_area_ha);
        number("restoration_cny", &|offer| offer.restoration);
        number("restoration_credit_cny", &|offer| offer.restoration_credit);
    }
    if project.subsidence.as_ref().is_some_and(|spec| spec.settings.samples > 0) {
        number("decision_probability", &|offer| offer.decision_probability);
    }
}

/// Columns of what grows beneath arrays.
fn fields(table: &mut OfferTable, project: &Project, offers: &[Offer]) {
    let mut number = |name: &str, get: &dyn Fn(&FieldOffer) -> f64| {
        let of = |offer: &Offer| offer.field.as_ref().map_or(f64::NAN, get);
        table.number(&project.money_column(name), offers.iter().map(of).collect());
    };
    number("crop_yield_ratio_low", &|field| field.yield_ratio().low);
    number("crop_yield_ratio_high", &|field| field.yield_ratio().high);
    number("crop_suitability", &|field| field.suitability);
    number("gcr", &|field| field.gcr);
    number("tilt_deg", &|field| field.tilt_deg);
    number("pitch_m", &|field| field.pitch_m);
    number("row_gap_m", &|field| field.row_gap_m);
    number("clearance_m", &|field| field.clearance_m);
    number("cropped_share", &|field| field.cropped_share);
    number("light_share", &|field| field.grown.light_share);
    number("par_share", &|field| field.grown.par_share);
    number("light_share_least", &|field| field.across[0]);
    number("light_share_most", &|field| field.across[1]);
    number("evapotranspiration_mm", &|field| field.grown.evapotranspiration_mm);
    number("open_evapotranspiration_mm", &|field| field.grown.open_evapotranspiration_mm);
    number("water_saved_m3_per_yr", &|field| field.water_saved_m3_per_yr);
    let clauses = designs::clause_names(project);
    let basis = |offer: &Offer| {
        let named = |field: &FieldOffer| field.clearance_basis.name(&clauses).to_owned();
        offer.field.as_ref().map(named).unwrap_or_default()
    };
    table.text("clearance_basis", offers.iter().map(basis).collect());
    let kept = |offer: &Offer| match offer.field.as_ref().map(|field| field.outcome) {
        Some(Outcome::Frontier) => "frontier",
        Some(Outcome::Best) => "best",
        Some(_) => "all",
        None => "",
    };
    table.text("kept_as", offers.iter().map(|offer| kept(offer).to_owned()).collect());
    let mut of_offer = |name: &str, get: &dyn Fn(&Offer) -> f64| {
        table.number(&project.money_column(name), offers.iter().map(get).collect());
    };
    let ratio = |offer: &Offer, end: fn(&RelativeYield) -> f64| offer.land_equivalent_ratio(end);
    of_offer("land_equivalent_ratio_low", &|offer| ratio(offer, |band| band.low));
    of_offer("land_equivalent_ratio_high", &|offer| ratio(offer, |band| band.high));
    of_offer("crop_margin_change_cny_per_yr", &|offer| offer.crop_margin_change_per_yr);
}
