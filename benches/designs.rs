//! Speed of the choice of designs of arrays with crops: 10 000 sites, 200 designs with their crops on each, on one thread.
//!
//! `cargo bench --bench designs [-- --export FILE]`. The project is that of the demo region of Lanzhou with more designs, over a grid
//! of 120 km; its sites are made up, the same every time. Timed are the tables of light, water and yields beneath the designs at all
//! climates that sites lie in, the offers of all sites with warm tables, and both in one go; what every run begins with (project,
//! weather, arrays) is not. Prints seconds of processor time, the best of a few runs. `--export` writes what it began with and what
//! it found, for `benches/peers/designs.py`, and the weather beside it.

#![allow(clippy::print_stdout)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use solsite::agronomy::response::Response;
use solsite::appraise::choice::Outcome;
use solsite::appraise::{self, Irrigation, Offer, Offers, Seasonal, Terms};
use solsite::crop::Crop;
use solsite::demo::{self, Order, Region, Replace};
use solsite::layer::{Code, LayerName};
use solsite::mode::{Category, MountingKind};
use solsite::plan::{Plan, rent_per_ha_yr};
use solsite::project::Project;
use solsite::project::file::Keep;
use solsite::project::terms::weighted_criteria;
use solsite::raster::gdal::crs::Transform;
use solsite::raster::gdal::guard;
use solsite::resource::climate::Climate;
use solsite::resource::fields::{Designs, Fields};
use solsite::resource::nodes::Lattice;
use solsite::resource::{self, Resource};
use solsite::rule::ModeSet;
use solsite::site::{Land, Site, Statistic, Total, Totals};
use solsite::sites::statistics;
use solsite::tiles::Cancel;
use solsite::units::AreaMm2;

/// Sites, and designs with their crops on each.
const SITES: usize = 10_000;
const DESIGNS: usize = 200;
/// Every variant is timed so often; the fastest counts.
const RUNS: usize = 3;
/// Sites whose offers are looked at one by one, and exported with all that was not offered.
const LOOKED_AT: usize = 100;
/// Modes of all sites.
const MODES: [&str; 5] = ["ground", "agri_interspace", "agri_stilt", "agri_vertical", "agri_tracker"];
/// Classes of land on which all these may stand: other agricultural land, grassland, unused land.
const CLASSES: [Code; 3] = [1202, 401, 1206];
const CELL_M2: f64 = 900.0;

/// Lines of the demo's project and what stands in their place: a wide grid, and many designs.
const CHANGES: [(&str, &str); 5] = [
    (
        "like = \"inputs/dem.tif\"",
        "crs = \"EPSG:32648\"\ncell_size_m = 30.0\nextent = [332010.0, 3930990.0, 452010.0, 4050990.0]",
    ),
    (
        "id = \"agri_interspace\"\ncrops = [\"alfalfa\", \"plateau_vegetables\"]",
        "id = \"agri_interspace\"\ncrops = [\"alfalfa\", \"plateau_vegetables\", \"potato\"]\ntilt_deg = [20.0, 30.0]\n\
         gcr = [0.12, 0.15, 0.18, 0.21, 0.24, 0.27, 0.3, 0.33, 0.36, 0.4]",
    ),
    (
        "crops = [\"lily\", \"rose\", \"codonopsis\"]",
        "crops = [\"lily\", \"rose\", \"codonopsis\", \"plateau_vegetables\"]\ntilt_deg = [10.0, 20.0]\n\
         gcr = [0.18, 0.21, 0.24, 0.27, 0.3, 0.33, 0.36, 0.39, 0.42, 0.45]",
    ),
    (
        "crops = [\"potato\", \"alfalfa\"]",
        "crops = [\"potato\", \"alfalfa\", \"wheat\"]\n\
         gcr = [0.06, 0.08, 0.1, 0.12, 0.14, 0.16, 0.18, 0.2, 0.22, 0.25]",
    ),
    (
        "id = \"agri_tracker\"\n",
        "id = \"agri_tracker\"\n\
         gcr = [0.12, 0.14, 0.16, 0.18, 0.2, 0.22, 0.24, 0.26, 0.28, 0.3, 0.33, 0.36, 0.39, 0.42, 0.45]\n",
    ),
];

type Result<T> = std::result::Result<T, String>;

fn told(fault: impl Display) -> String {
    fault.to_string()
}

/// Numbers that look random, always the same. Source: G. L. Steele et al., "Fast splittable pseudorandom number generators", 2014.
struct Random(u64);

impl Random {
    fn between(&mut self, low: f64, high: f64) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let unit = ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64;
        low + unit * (high - low)
    }

    fn below(&mut self, count: usize) -> usize {
        (self.between(0.0, count as f64) as usize).min(count - 1)
    }
}

/// Processor time of this thread [s].
fn processor_s() -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    told.split_whitespace().next().and_then(|word| word.parse::<f64>().ok()).unwrap_or(f64::NAN) * 1e-9
}

fn timed<T>(task: impl FnOnce() -> T) -> (T, f64) {
    let begun = processor_s();
    let made = task();
    (made, processor_s() - begun)
}

/// Most memory the program has had so far [MB].
fn peak_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kb = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
    kb.map_or(f64::NAN, |kb: f64| kb / 1024.0)
}

/// The demo region in a folder, with more designs and over a wider grid.
fn plan(dir: &Path) -> Result<Plan> {
    guard::setup();
    let region = Region::Lanzhou;
    let order = Order { dir: dir.to_owned(), region, cells: 200, seed: 1, threads: 1, replace: Replace::Yes };
    let path = demo::write(&order, &Cancel::default(), &|_, _| {}).map_err(told)?;
    let mut text = std::fs::read_to_string(&path).map_err(told)?;
    for (line, other) in CHANGES {
        assert!(text.contains(line), "the demo's project has no {line:?}");
        text = text.replacen(line, other, 1);
    }
    std::fs::write(&path, text).map_err(told)?;
    let project = Project::load(&path).map_err(told)?;
    let inspection = Plan::inspect(&project);
    let faults: Vec<String> = inspection.faults.iter().map(told).collect();
    inspection.plan.filter(|_| faults.is_empty()).ok_or_else(|| faults.join("\n"))
}

/// A plausible mean of a statistic over a site.
fn mean(plan: &Plan, statistic: &Statistic, fixed_kwh_per_kwp: f64, random: &mut Random) -> f64 {
    let ratio = |layout: &str| plan.project.tables.layout(layout).map_or(1.0, |layout| layout.yield_ratio.value);
    match statistic {
        Statistic::Amount(LayerName::Elevation) => random.between(1_500.0, 2_300.0),
        Statistic::Amount(LayerName::Slope) => random.between(0.0, 10.0),
        Statistic::Amount(LayerName::Suits(_)) => random.between(0.2, 1.0),
        Statistic::Amount(LayerName::Yield(layout)) => fixed_kwh_per_kwp * ratio(layout) * random.between(0.98, 1.02),
        Statistic::Amount(LayerName::DistanceTo(_)) => random.between(0.0, 20_000.0),
        Statistic::AspectEast | Statistic::AspectNorth => random.between(-1.0, 1.0),
        Statistic::Amount(_) | Statistic::Score(_) | Statistic::Worth(_) => random.between(0.0, 1.0),
    }
}

fn site(plan: &Plan, statistics: &[Statistic], random: &mut Random) -> Site {
    let numbers = plan.project.economics.modes.iter().enumerate();
    let modes = numbers.filter(|(_, mode)| MODES.contains(&mode.id.as_str()));
    let modes = modes.fold(ModeSet::default(), |set, (number, _)| set.with(number));
    let cells = random.between(100.0, 2_000.0) as u64;
    let fixed_kwh_per_kwp = random.between(1_450.0, 1_650.0);
    let total = |statistic: &Statistic| {
        let sum = mean(plan, statistic, fixed_kwh_per_kwp, random) * cells as f64;
        Total { sum, finite: cells, beyond: 0 }
    };
    let totals = statistics.iter().map(total).collect();
    let gross = AreaMm2::from_m2(CELL_M2 * cells as f64);
    let classes = 1 + random.below(CLASSES.len());
    let area = gross.share(random.between(0.8, 1.0) / classes as f64);
    let land = CLASSES[..classes].iter().map(|&class| Land { modes, class, ground: 0, area });
    let first = (random.below(plan.grid.rows) as u32, random.below(plan.grid.cols) as u32);
    let region = random.below(plan.regions.len()) as u16;
    Site {
        id: format!("{}-r{}c{}", plan.regions[usize::from(region)], first.0, first.1),
        region,
        first,
        gross,
        parts: Vec::new(),
        content: Totals { cells, land: land.collect(), sets: vec![(modes, totals)] },
        substation: Some((random.below(plan.substations.len()), random.between(500.0, 25_000.0))),
    }
}

/// What is timed.
struct Bench {
    plan: Plan,
    statistics: Vec<Statistic>,
    sites: Vec<Site>,
    /// Climate of each site.
    climates: Vec<(usize, usize)>,
    weather: Arc<Climate>,
}

impl Bench {
    fn new(plan: Plan) -> Result<Self> {
        let statistics = statistics(&plan);
        let mut random = Random(1);
        let sites: Vec<Site> = (0..SITES).map(|_| site(&plan, &statistics, &mut random)).collect();
        let height = statistics.iter().position(|one| *one == Statistic::Amount(LayerName::Elevation));
        let (height, fields) = height.zip(plan.fields.clone()).ok_or("no heights, or no fields")?;
        let climate = |site: &Site| {
            let height_m = site.content.mean(height, site.modes());
            fields.climate_at(f64::from(site.first.0), f64::from(site.first.1), height_m)
        };
        let climates = sites.iter().map(climate).collect();
        let weather = resource::climate_of(&plan.project).map_err(told)?.ok_or("no weather")?;
        Ok(Self { plan, statistics, sites, climates, weather: Arc::new(weather) })
    }

    /// Tables are made anew.
    fn cool(&mut self) -> Result<()> {
        let weather = Some(Arc::clone(&self.weather));
        let fields = Fields::new(&self.plan.project, &self.plan.grid, weather).map_err(told)?;
        self.plan.fields = fields.map(Arc::new);
        Ok(())
    }

    /// Each climate once.
    fn distinct(&self) -> BTreeSet<(usize, usize)> {
        self.climates.iter().copied().collect()
    }

    /// Makes the tables of light, water and yields.
    fn tables(&self) {
        for climate in self.distinct() {
            let field = self.plan.fields.as_ref().map(|fields| fields.field(climate));
            assert!(field.is_some_and(|field| field.modes.iter().flatten().all(|under| under.yield_ratio > 0.0)));
        }
    }

    /// Makes the tables of crops, as the appraisal does for every climate and region.
    fn crops(&self) -> f64 {
        let (economics, tables) = (&self.plan.project.economics, &self.plan.project.tables);
        let regions = self.sites.iter().map(|site| site.region);
        let keys: BTreeSet<_> = self.climates.iter().zip(regions).collect();
        let mut sum = 0.0;
        for (&climate, region) in keys {
            let Some(field) = self.plan.fields.as_ref().map(|fields| fields.field(climate)) else { continue };
            let region = &self.plan.regions[usize::from(region)];
            let rain = economics.region_value(region, |data| data.rain_mm_per_month);
            for (mode, under) in economics.modes.iter().zip(&field.modes) {
                for crop in mode.crops.iter().filter_map(|id| economics.crops.get(id)) {
                    let crop = Seasonal::new(&tables.crops, crop, (field, rain), Irrigation::AsNeeded);
                    sum += under.iter().map(|design| crop.beneath(design).light_share).sum::<f64>();
                }
            }
        }
        sum
    }

    fn appraise(&self, sites: &[Site], keep: Keep) -> Offers {
        let criteria = weighted_criteria(&self.plan.project, None);
        let terms = Terms { economics: &self.plan.project.economics, criteria: &criteria };
        if keep == self.plan.project.file.agrivoltaics.keep {
            return appraise::appraise(&self.plan, sites, &self.statistics, &terms);
        }
        let mut plan = self.plan.clone();
        plan.project.file.agrivoltaics.keep = keep;
        appraise::appraise(&plan, sites, &self.statistics, &terms)
    }
}

/// What a hectare of an offer is worth in energy and in its crop [currency/ha/yr].
fn worth(offer: &Offer) -> (f64, f64) {
    let crop = offer.crop_margin_per_yr;
    ((offer.net_value_per_yr - crop) / offer.area_ha, crop / offer.area_ha)
}

/// Asserts that what is offered of some sites as undominated is beaten by nothing that may be built there.
///
/// - `all`: of the same sites, all that the law, the machines and the climate allow.
fn check(offered: &[Offer], all: &[Offer]) {
    let beats = |one: &Offer, other: &Offer| {
        let ((energy, crop), (less, fewer)) = (worth(one), worth(other));
        energy >= less && crop >= fewer && (energy > less || crop > fewer)
    };
    let is_undominated = |offer: &&Offer| offer.field.as_ref().is_some_and(|field| field.outcome == Outcome::Frontier);
    for offer in offered.iter().filter(is_undominated) {
        let mut rivals = all.iter().filter(|one| one.site == offer.site && one.crop.is_some());
        assert!(!rivals.any(|one| beats(one, offer)), "{offer:?} is beaten");
    }
}

/// Seconds of tables, of tables of crops, of offers with warm tables, and of all at once.
fn run(bench: &mut Bench) -> Result<([f64; 4], Offers)> {
    let mut least_s = [f64::INFINITY; 4];
    let mut found = Offers::default();
    for _ in 0..RUNS {
        bench.cool()?;
        let ((), tables_s) = timed(|| bench.tables());
        let (light, crops_s) = timed(|| bench.crops());
        assert!(light > 0.0);
        let (warm, warm_s) = timed(|| bench.appraise(&bench.sites, Keep::Frontier));
        drop(warm);
        bench.cool()?;
        let (offers, cold_s) = timed(|| bench.appraise(&bench.sites, Keep::Frontier));
        for (least, new) in least_s.iter_mut().zip([tables_s, crops_s, warm_s, cold_s]) {
            *least = least.min(new);
        }
        found = offers;
    }
    Ok((least_s, found))
}

/// Mode, crop and design of an offer, by their numbers; `None` for an offer without a crop.
fn numbers(plan: &Plan, offer: &Offer) -> Option<[usize; 4]> {
    let (crop, field) = (offer.crop.as_ref()?, offer.field.as_ref()?);
    let crop = plan.project.economics.modes[offer.mode].crops.iter().position(|id| id == crop)?;
    let designs = plan.fields.as_ref()?.designs[offer.mode].as_ref()?;
    let design = designs.list.iter().position(|design| design.name == field.design)?;
    Some([offer.site, offer.mode, crop, design])
}

/// Modes with crops, their layouts and designs.
fn modes_json(plan: &Plan) -> Vec<Value> {
    let Some(fields) = &plan.fields else { return Vec::new() };
    let mode = |(number, designs): (usize, &Option<Designs>)| {
        let (row, designs) = (&plan.project.economics.modes[number], designs.as_ref()?);
        let layout = plan.project.tables.layout(&row.layout)?;
        let (array, field) = (&layout.array, layout.field.as_ref()?);
        let mounting = match array.mounting {
            MountingKind::Tracker => "tracker",
            MountingKind::Vertical => "vertical",
            MountingKind::Fixed | MountingKind::OnSlope => "fixed",
        };
        let list = designs.list.iter().map(|one| json!([one.gcr, one.tilt_deg, one.cropped_share, one.row_gap_m]));
        Some(json!({
            "number": number, "id": row.id, "layout": row.layout, "crops": row.crops, "mounting": mounting,
            "overhead": designs.category == Category::Overhead, "designs": list.collect::<Vec<_>>(),
            "reference_gcr": layout.gcr.value, "tilt_deg": array.tilt_deg.as_ref().map(|tilt| tilt.value),
            "max_rotation_deg": array.max_rotation_deg.as_ref().map(|most| most.value),
            "bifaciality": array.bifaciality.value, "u0": array.u0_w_per_m2_k.value, "u1": array.u1_w_s_per_m3_k.value,
            "transmittance": field.transmittance.value, "clearance_m": field.clearance_m.value,
            "least_clearance_m": field.least_clearance_m.value, "most_clearance_m": field.most_clearance_m.value,
            "density_mwp_per_ha": row.density_mwp_per_ha.value, "dc_ac_ratio": row.dc_ac_ratio.value,
            "capex_per_kw": row.capex_per_kw.value, "om_per_kw_yr": row.om_per_kw_yr.value,
            "raising_per_kw_m": row.raising_per_kw_m.as_ref().map_or(0.0, |number| number.value),
            "life_yr": row.life_yr.value, "discount_rate": row.discount_rate.value,
            "degradation_per_yr": row.degradation_per_yr.value,
        }))
    };
    fields.designs.iter().enumerate().filter_map(mode).collect()
}

/// A crop; without `alpha` where nothing is known of its response to shade.
fn crop_json(plan: &Plan, crop: &Crop) -> Value {
    let (alpha, beta, band) = match plan.project.tables.crops.response(crop) {
        Response::Curve { alpha, beta, band } => (Some(alpha), beta, band),
        Response::Unknown => (None, 0.0, [0.0; 3]),
    };
    let (season, kc) = crop.growth(plan.fields.as_ref().map_or(0.0, |fields| fields.field((0, 0)).latitude_deg));
    let months = season.months(&kc);
    json!({
        "alpha": alpha, "beta": beta, "band": band, "days": months.map(|month| month.days),
        "kc_days": months.map(|month| month.kc_days), "sales_per_ha_yr": crop.sales_per_ha_yr(),
        "cost_per_ha_yr": crop.cost_per_ha_yr(), "height_m": crop.height_m.value,
        "machine_height_m": crop.machine_height_m.value, "machine_width_m": crop.machine_width_m.value,
    })
}

/// Columns of the sites.
fn sites_json(bench: &Bench) -> Value {
    let Bench { plan, sites, statistics, .. } = bench;
    let distinct: Vec<_> = bench.distinct().into_iter().collect();
    let scheme = plan.project.land.as_ref().and_then(|land| plan.project.scheme(land));
    let rent = |site: &Site| {
        let of = |land: &Land| {
            let class = scheme.and_then(|scheme| scheme.classes.get(&land.class))?;
            let region = &plan.regions[usize::from(site.region)];
            Some(land.area.ha() * rent_per_ha_yr(&plan.project.economics, region, class)?)
        };
        site.content.land.iter().filter_map(of).sum::<f64>()
    };
    let amounts = |named: &dyn Fn(&Statistic) -> Option<String>| {
        let column = |(at, one): (usize, &Statistic)| {
            let means = sites.iter().map(|site| site.content.mean(at, site.modes()));
            Some((named(one)?, means.collect::<Vec<_>>()))
        };
        statistics.iter().enumerate().filter_map(column).collect::<BTreeMap<_, _>>()
    };
    let yields = |one: &Statistic| match one {
        Statistic::Amount(LayerName::Yield(layout)) => Some(layout.clone()),
        _ => None,
    };
    let suits = |one: &Statistic| match one {
        Statistic::Amount(LayerName::Suits(crop)) => Some(crop.clone()),
        _ => None,
    };
    json!({
        "climate": bench.climates.iter().map(|one| distinct.binary_search(one).unwrap_or(0)).collect::<Vec<_>>(),
        "area_ha": sites.iter().map(|site| site.available().ha()).collect::<Vec<_>>(),
        "distance_m": sites.iter().map(|site| site.substation.map_or(0.0, |(_, m)| m)).collect::<Vec<_>>(),
        "rent_per_yr": sites.iter().map(rent).collect::<Vec<_>>(),
        "yield_kwh_per_kwp": amounts(&yields),
        "suitability": amounts(&suits),
    })
}

/// What does not differ from site to site.
fn common_json(bench: &Bench) -> Result<Value> {
    let plan = &bench.plan;
    let (pv, economics) = (&plan.project.tables.pv, &plan.project.economics);
    let Climate::Hourly(stations) = &*bench.weather else { return Err("no hourly weather".to_owned()) };
    let to_lonlat = Transform::to_wgs84(&plan.grid.crs).map_err(told)?;
    let lattice = Lattice::new(&plan.grid, &to_lonlat, &bench.weather.points());
    let place = |(node, class): (usize, usize)| {
        let place = lattice.place(node);
        json!([place.latitude_deg, place.longitude_deg, Resource::height_m(class)])
    };
    let data = economics.regions.get("*").ok_or("no data of regions")?;
    Ok(json!({
        "places": bench.distinct().into_iter().map(place).collect::<Vec<_>>(),
        "offset_min": stations.first().map(|station| station.offset_min),
        "price_per_kwh": data.price_cny_per_kwh, "curtailment_share": data.curtailment_share,
        "rain_mm": data.rain_mm_per_month, "water_price_per_m3": data.water_price_cny_per_m3,
        "line_per_mw_km": economics.line_per_mw_km, "station_per_kw": economics.station_per_kw,
        "albedo": pv.ground.albedo.value, "gamma_per_k": pv.module.gamma_per_k.value,
        "mismatch_share": pv.module.bifacial_mismatch_share.value, "losses_share": pv.system.losses_share.value,
        "inverter_efficiency": pv.system.inverter_efficiency.value,
        "lapse_rate_k_per_km": pv.air.lapse_rate_k_per_km.value, "wind_height_m": pv.air.wind_height_m.value,
        "largest_shade": plan.project.tables.crops.largest_shade.value,
        "most_designs": plan.project.file.agrivoltaics.most_designs,
    }))
}

/// Writes what the peer reads: what was given, and what was found.
///
/// - `all`: of the first sites, all that the law, the machines and the climate allow.
fn export(bench: &Bench, offered: &[Offer], all: &[Offer], (dir, file): (&Path, &Path)) -> Result<()> {
    let plan = &bench.plan;
    let crops = plan.project.economics.crops.iter().map(|(id, crop)| (id.clone(), crop_json(plan, crop)));
    let allowed = |offer: &Offer| numbers(plan, offer).map(|numbers| (numbers, worth(offer)));
    let weather = file.with_extension("epw");
    std::fs::copy(dir.join("inputs/weather.epw"), &weather).map_err(told)?;
    let text = json!({
        "weather": weather.file_name().map(|name| name.to_string_lossy()),
        "common": common_json(bench)?,
        "modes": modes_json(plan),
        "crops": crops.collect::<serde_json::Map<_, _>>(),
        "sites": sites_json(bench),
        "allowed": all.iter().filter_map(allowed).collect::<Vec<_>>(),
        "offered": offered.iter().filter_map(|offer| numbers(plan, offer)).collect::<Vec<_>>(),
    });
    std::fs::write(file, text.to_string()).map_err(told)
}

fn bench(to: Option<&Path>) -> Result<()> {
    let dir = tempfile::tempdir().map_err(told)?;
    let mut bench = Bench::new(plan(dir.path())?)?;
    let ([tables_s, crops_s, warm_s, cold_s], offers) = run(&mut bench)?;
    let peak_mb = peak_mb();
    let evaluated: u64 = offers.designs.values().sum();
    assert_eq!(evaluated, (SITES * DESIGNS) as u64);
    let looked_at = offers.offers.partition_point(|offer| offer.site < LOOKED_AT);
    let all = bench.appraise(&bench.sites[..LOOKED_AT], Keep::All).offers;
    check(&offers.offers[..looked_at], &all);
    println!("sites\t{SITES}\ndesigns with crops\t{DESIGNS}\nevaluations\t{evaluated}");
    println!("climates\t{}\noffers\t{}", bench.distinct().len(), offers.offers.len());
    println!("allowed of the first sites\t{:.3}", all.len() as f64 / (LOOKED_AT * (DESIGNS + 1)) as f64);
    println!(
        "tables of light, water and yields s\t{tables_s:.3}\ntables of crops (part of the offers) s\t{crops_s:.3}"
    );
    println!("offers with warm tables s\t{warm_s:.3}\nall at once s\t{cold_s:.3}");
    println!("million evaluations a second, warm\t{:.2}", evaluated as f64 / warm_s / 1e6);
    println!("million evaluations a second, all included\t{:.2}", evaluated as f64 / cold_s / 1e6);
    println!("peak memory MB\t{peak_mb:.0}");
    to.map_or(Ok(()), |file| export(&bench, &offers.offers, &all, (dir.path(), file)))
}

fn main() -> std::process::ExitCode {
    let mut arguments = std::env::args().skip_while(|argument| argument != "--export").skip(1);
    let to = arguments.next();
    match bench(to.as_deref().map(Path::new)) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(fault) => {
            println!("{fault}");
            std::process::ExitCode::FAILURE
        }
    }
}
