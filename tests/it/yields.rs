//! Yields of a run: what sun, weather, height and skyline make of every cell.

use ndarray::Array2;
use solsite::project::file::{ClearSkyInput, ClearSkyModel};
use solsite::resource::climate::clear_steps;
use solsite::solar::array::{Array, CellModel, Electric, Inverter, Mounting};
use solsite::solar::incidence::{GLASS_INDEX, IncidenceModel};
use solsite::solar::position::Place;
use solsite::solar::skyline::{Directions, LEVEL_DEG, SkylineTable, levels};
use solsite::solar::transposition::{Plane, SkyModel};
use solsite::solar::year::{Step, Year};

use crate::support::{Scene, close, demo, solsite};

fn sky() -> ClearSkyInput {
    ClearSkyInput {
        clear_sky: ClearSkyModel::Ineichen,
        linke_turbidity: Some([3.0; 12]),
        aod700: None,
        precipitable_water_cm: None,
        clearness: 1.0,
        air_temperature_c: 15.0,
        wind_speed_m_per_s: 2.0,
    }
}

/// Level of one horizon.
fn level(tangent: f32) -> u8 {
    let mut found = [0];
    levels(&[tangent], &mut found);
    found[0]
}

const HERE: Place = Place { latitude_deg: 36.0, longitude_deg: 105.0, elevation_m: 1500.0 };

fn fixed(tilt_deg: f64, azimuth_deg: f64) -> Array {
    Array {
        mounting: Mounting::Fixed(Plane { tilt_deg, azimuth_deg }),
        gcr: None,
        rear: None,
        sky_model: SkyModel::HayDavies,
        albedo: 0.2,
        incidence: IncidenceModel::Physical { index: GLASS_INDEX },
        cell: CellModel::Faiman { u0_w_per_m2_k: 25.0, u1_w_s_per_m3_k: 6.84 },
        electric: Electric {
            gamma_per_k: -0.0035,
            losses_share: 0.1,
            inverter: Inverter::Constant { efficiency: 1.0 },
        },
    }
}

/// Direct current of a year whose skyline is computed step by step, the sky's share given.
fn stepwise(array: &Array, steps: &[Step], view: f64, tangent: impl Fn(f64) -> f64) -> f64 {
    let energy = |step: &Step| {
        let output = array.output(&step.at);
        let path: [_; 6] = step.path(&HERE);
        let up: Vec<_> = path.iter().filter(|sun| sun.apparent_zenith_deg < 90.0).collect();
        let seen =
            up.iter().filter(|sun| (90.0 - sun.apparent_zenith_deg).to_radians().tan() > tangent(sun.azimuth_deg));
        let share = if up.is_empty() { 0.0 } else { seen.count() as f64 / up.len() as f64 };
        let current = |beam: f64| {
            array
                .current(&output.warming.scaled(beam, view), &output.effective.scaled(beam, view), &step.at)
                .dc_w_per_kwp
        };
        step.weight_h * (share * current(1.0) + (1.0 - share) * current(0.0))
    };
    steps.iter().map(energy).sum::<f64>() / 1000.0
}

#[test]
fn a_table_of_the_skyline_says_what_every_step_says() {
    let steps = clear_steps(&sky(), &HERE);
    let arrays = [fixed(30.0, 180.0), fixed(0.0, 180.0), fixed(90.0, 90.0)];
    let table = SkylineTable::new(&arrays, &steps, &HERE, Directions { count: 36, north_deg: 0.0 });
    for height_deg in [0.0, 5.0_f64, 12.0, 30.0] {
        // A hair above the level's height, so that both sides see the same suns.
        let tangent = (height_deg + 0.3 * LEVEL_DEG).to_radians().tan();
        let levels = [level(tangent as f32); 36];
        let (mut sums, mut shares) = ([0.0; 9], [0.0; 3]);
        table.shares(&levels, &mut sums, &mut shares);
        // A level array within a bowl sees cos² of its height.
        let open = Year::of(&arrays[1], &steps).total().dc_kwh_per_kwp;
        let height = (f64::from(levels[0]) * LEVEL_DEG).to_radians();
        let expected = stepwise(&arrays[1], &steps, height.cos().powi(2), |_| height.tan()) / open;
        close(f64::from(shares[1]), expected, 2e-4);
        assert!(shares.iter().all(|share| (0.0..=1.0001).contains(share)), "{shares:?}");
    }
}

#[test]
fn a_wall_in_the_south_hides_the_winter_sun_and_none_in_the_north() {
    let steps = clear_steps(&sky(), &HERE);
    let arrays = [fixed(30.0, 180.0)];
    let table = SkylineTable::new(&arrays, &steps, &HERE, Directions { count: 36, north_deg: 0.0 });
    let wall = |middle: usize| {
        let mut levels = [0; 36];
        (0..9).for_each(|k| levels[(middle + 32 + k) % 36] = level(35.0_f32.to_radians().tan()));
        let (mut sums, mut share) = ([0.0; 3], [0.0; 1]);
        table.shares(&levels, &mut sums, &mut share);
        share[0]
    };
    assert!(wall(18) < 0.88, "{}", wall(18));
    assert!(wall(0) > 0.97, "{}", wall(0));
}

#[test]
fn more_skyline_is_never_more_yield() {
    let steps = clear_steps(&sky(), &HERE);
    let arrays = [fixed(25.0, 200.0), fixed(90.0, 90.0)];
    let table = SkylineTable::new(&arrays, &steps, &HERE, Directions { count: 16, north_deg: 0.0 });
    let mut last = [1.0_f32; 2];
    for step in 0..=250 {
        let levels: Vec<u8> = (0..16).map(|direction| (step * (direction + 3) / 20).min(255) as u8).collect();
        let (mut sums, mut shares) = ([0.0; 6], [0.0; 2]);
        table.shares(&levels, &mut sums, &mut shares);
        assert!(shares.iter().zip(last).all(|(now, before)| *now <= before + 1e-6), "{step}: {shares:?} {last:?}");
        last = shares;
    }
}

const CLEAR: &str = "sun = { clear_sky = \"ineichen\", linke_turbidity = [3,3,3,3,3,3,3,3,3,3,3,3], clearness = 1.0, \
     air_temperature_c = 15.0, wind_speed_m_per_s = 2.0 }";

/// The yield layer of a layout on a given ground.
fn layer(dem: &Array2<f32>, layout: &str, rest: &str) -> Array2<f32> {
    let mut scene = Scene::new(dem.nrows(), dem.ncols());
    scene.amounts("dem", dem);
    scene.input(CLEAR);
    let run = scene.run(&format!("[yield]\nlayouts = [\"{layout}\"]\n{rest}"));
    assert_eq!(run.code, 0, "{}", run.errors);
    run.layer(&format!("yield_kwh_per_kwp_{layout}"))
}

#[test]
fn on_level_ground_a_run_yields_what_the_one_place_yields() {
    let dem = Array2::from_elem((40, 40), 1500.0);
    let found = layer(&dem, "fixed", "");
    let mut scene = Scene::new(40, 40);
    scene.amounts("dem", &dem);
    let (lon, lat) = (105.0, 36.13);
    let sky = "--clear-sky ineichen --linke-turbidity 3 --air-temperature-c 15 --wind-speed-m-per-s 2 --layout fixed -q --format json";
    let place = format!("--lon {lon} --lat {lat} --elevation-m 1500");
    let arguments: Vec<&str> = ["yield"].into_iter().chain(place.split(' ')).chain(sky.split(' ')).collect();
    let answer: serde_json::Value = serde_json::from_slice(&solsite(&arguments).stdout).unwrap();
    // Klein's days stand for the year within 0.3 %.
    close(f64::from(found[(20, 20)]), answer["specific_yield_kwh_per_kwp_yr"].as_f64().unwrap(), 6e-3);
    let (least, most) = found.iter().fold((f32::MAX, 0.0_f32), |(low, high), v| (low.min(*v), high.max(*v)));
    assert!(most - least < 0.5, "{least} {most}");
}

#[test]
fn modules_on_a_slope_yield_what_a_fixed_array_of_that_tilt_does() {
    // A plane that falls to the south by 20°, far wider than its skyline is looked for.
    let fall = 20.0_f32.to_radians().tan() * 100.0;
    let dem = Array2::from_shape_fn((40, 40), |(row, _)| 3000.0 - fall * row as f32);
    let free = "[terrain]\nazimuths = 0\n";
    let on_slope = layer(&dem, "on_slope", free);
    let tilted = "[[layout]]\nid = \"tilted\"\nlike = \"fixed\"\ntilt_deg = 20.0\ngcr = 0.0\n";
    let fixed = layer(&dem, "tilted", &format!("{free}{tilted}"));
    // A single row has 3 % for shading that is not computed; modules on the slope have none.
    for cell in [(5, 5), (20, 20), (35, 30)] {
        close(f64::from(on_slope[cell]) * 0.97, f64::from(fixed[cell]), 3e-3);
    }
    assert!(on_slope[(0, 5)].is_nan(), "the slope of the outermost row is not known");
    let shaded = layer(&dem, "on_slope", "[terrain]\nazimuths = 36\nreach_m = 2000.0\n");
    close(f64::from(shaded[(20, 20)]), f64::from(on_slope[(20, 20)]), 1e-2);
}

#[test]
fn slopes_and_skylines_face_where_they_do_on_earth_not_on_the_map() {
    // 30° E on a map around 10° E: north of the map is 16.75° east of north, as pyproj has it.
    let north_deg = 16.75;
    let mut scene = Scene::at("EPSG:3035", (5_500_000.0, 4_000_000.0), 100.0, (40, 40));
    let fall = 20.0_f32.to_radians().tan() * 100.0;
    scene.amounts("dem", &Array2::from_shape_fn((40, 40), |(_, col)| 3000.0 - fall * col as f32));
    scene.input(CLEAR);
    let found = |layout: &str, rest: &str| {
        let run = scene.try_run(&format!("{rest}[yield]\nlayouts = [\"{layout}\"]\n"), &["--overwrite"]);
        assert_eq!(run.code, 0, "{}", run.errors);
        f64::from(run.layer(&format!("yield_kwh_per_kwp_{layout}"))[(20, 20)])
    };
    let facing = |azimuth_deg: f64| {
        let layout = format!(
            "[[layout]]\nid = \"tilted\"\nlike = \"fixed\"\ntilt_deg = 20.0\ngcr = 0.0\nazimuth_deg = {azimuth_deg}\n"
        );
        found("tilted", &format!("[terrain]\nazimuths = 0\n{layout}"))
    };
    let expected = facing(90.0 + north_deg);
    close(0.97 * found("on_slope", "[terrain]\nazimuths = 0\n"), expected, 3e-3);
    close(0.97 * found("on_slope", "[terrain]\nazimuths = 36\nreach_m = 1000.0\n"), expected, 1.5e-2);
    assert!(expected > 1.02 * facing(90.0), "it matters");
}

#[test]
fn a_valley_yields_less_than_a_plateau_and_height_more() {
    // A valley along the rows, east to west, 1 000 m deep.
    let dem = Array2::from_shape_fn((60, 60), |(row, _)| {
        let from_middle = (row as f32 - 30.0).abs();
        1000.0 + 1000.0 * ((from_middle - 4.0) / 6.0).clamp(0.0, 1.0)
    });
    let found = layer(&dem, "fixed", "");
    assert!(found[(30, 30)] < 0.97 * found[(55, 30)], "{} {}", found[(30, 30)], found[(55, 30)]);
    let open = layer(&dem, "fixed", "[terrain]\nazimuths = 0\n");
    assert!(found[(30, 30)] < open[(30, 30)]);
    close(f64::from(open[(55, 30)]), f64::from(found[(55, 30)]), 2e-2);
    assert!(open[(55, 30)] > open[(30, 30)], "thinner air lets more light through");
}

#[test]
fn tiles_do_not_show_in_yields() {
    let dem = Array2::from_shape_fn((90, 70), |(row, col)| {
        1500.0 + 200.0 * (row as f32 * 0.3).sin() + 150.0 * (col as f32 * 0.17).cos()
    });
    let mut scene = Scene::new(90, 70);
    scene.amounts("dem", &dem);
    scene.input(CLEAR);
    let rest = "[terrain]\nazimuths = 12\nreach_m = 3000.0\n[yield]\nlayouts = [\"fixed\", \"tracker\", \"on_slope\", \"vertical\"]\n";
    let run = |more: &[&str]| {
        let run = scene.try_run(rest, more);
        assert_eq!(run.code, 0, "{}", run.errors);
        ["fixed", "tracker", "on_slope", "vertical"]
            .map(|layout| run.layer(&format!("yield_kwh_per_kwp_{layout}")).mapv(f32::to_bits))
    };
    let whole = run(&["--tile-cells", "512", "--overwrite"]);
    assert!(run(&["--tile-cells", "33", "--threads", "1", "--overwrite"]) == whole);
}

#[test]
fn a_run_by_a_clear_sky_says_so_loudly() {
    let mut scene = Scene::new(8, 8);
    scene.amounts("dem", &Array2::from_elem((8, 8), 100.0));
    scene.input(CLEAR);
    let project = scene.project("[yield]\nlayouts = [\"fixed\"]\n");
    let out = scene.path("told");
    let output = solsite(&["run", project.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("SKY WITHOUT CLOUDS"));
}

#[test]
fn a_region_has_a_profile_for_every_layout_that_adds_up_to_its_yield() {
    let dir = tempfile::TempDir::new().unwrap();
    let project = demo(dir.path(), "lanzhou", 200);
    let out = dir.path().join("out");
    let output = solsite(&["run", project.to_str().unwrap(), "--out", out.to_str().unwrap(), "-q"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let table = crate::support::Table::read(&out.join("profiles.csv"));
    let (layouts, hours, months) = (table.words("layout"), table.numbers("hour"), table.numbers("month"));
    let mean = table.numbers("mean_kw_per_kwp");
    let regions = table.words("region");
    let days = [31.0, 28.0, 31.0, 30.0, 31.0, 30.0, 31.0, 31.0, 30.0, 31.0, 30.0, 31.0];
    let sum: f64 = (0..mean.len())
        .filter(|&row| layouts[row] == "fixed" && regions[row] == regions[0])
        .map(|row| mean[row] * days[months[row] as usize - 1])
        .sum();
    assert!((1100.0..1600.0).contains(&sum), "{sum}");
    assert!((0..mean.len()).all(|row| mean[row] == 0.0 || (4.0..20.0).contains(&hours[row])));
}

#[test]
fn a_layout_may_have_the_best_tilt_and_nothing_else_by_name() {
    let dem = Array2::from_elem((8, 8), 1500.0);
    let free = "[terrain]\nazimuths = 0\n";
    let layout = |tilt: &str| format!("{free}[[layout]]\nid = \"own\"\nlike = \"fixed\"\ntilt_deg = {tilt}\n");
    let best = layer(&dem, "own", &layout("\"best\""))[(4, 4)];
    for other in ["10.0", "55.0"] {
        assert!(layer(&dem, "own", &layout(other))[(4, 4)] < best);
    }
    let mut scene = Scene::new(8, 8);
    scene.amounts("dem", &dem).input(CLEAR);
    let run = scene.try_run(&format!("[yield]\nlayouts = [\"own\"]\n{}", layout("\"bset\"")), &[]);
    assert_eq!(run.code, 2);
    assert!(run.errors.contains("unknown tilt_deg `bset`") && run.errors.contains("`best`"), "{}", run.errors);
}

#[test]
fn what_cannot_be_computed_is_refused() {
    let mut scene = Scene::new(8, 8);
    scene.amounts("dem", &Array2::from_elem((8, 8), 1500.0)).input(CLEAR);
    for (rest, words) in [
        ("[yield]\nlayouts = [\"on_slope\"]\nsky_model = \"perez\"\n", "there is no Perez sky"),
        ("[yield]\nlayouts = [\"fixt\"]\n", "did you mean `fixed`"),
        ("[yield]\nlayouts = [\"fixed\"]\nalbedo = 2.0\n", "outside 0–1"),
        ("[terrain]\nazimuths = 3\n", "a horizon has 4 to 360"),
        ("[yield]\nlayouts = [\"fixed\"]\n[terrain]\nreach_m = 400000.0\n", "shorten the reach"),
        ("[[layout]]\nid = \"tracker\"\ntilt_deg = 20.0\n", "has no use for tilt_deg"),
        ("[[layout]]\nid = \"own\"\n", "`like` must name one"),
    ] {
        let run = scene.try_run(rest, &[]);
        assert_eq!(run.code, 2, "{rest}: {}", run.errors);
        assert!(run.errors.contains(words), "{rest}: {}", run.errors);
    }
}

#[test]
fn a_given_yield_beside_a_computed_one_is_worth_a_note() {
    let mut scene = Scene::new(8, 8);
    scene.amounts("dem", &Array2::from_elem((8, 8), 1500.0)).input(CLEAR);
    scene.raster("pv", &Array2::<f32>::from_elem((8, 8), 1500.0));
    scene.input("pv = { raster = \"pv.tif\", layout = \"fixed\", unit = \"kWh/kWp/yr\" }");
    let project = scene.project("[yield]\nlayouts = [\"tracker\"]\n[[layout]]\nid = \"steep\"\nlike = \"fixed\"\n");
    let out = scene.path("told");
    let output = solsite(&["run", project.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && told.contains("the yields of fixed are given, those of tracker computed"),
        "{told}"
    );
    assert!(told.contains("[[layout]] steep: no mode"), "{told}");
    assert!(told.contains("to the edge of the elevation model"), "{told}");
}

/// Mean daily irradiation of the months of a made-up place [kWh/m²].
const MONTHS: [f64; 12] = [2.7, 3.6, 4.5, 5.5, 6.1, 6.2, 5.9, 5.4, 4.2, 3.5, 2.9, 2.4];
/// Sum over the year [kWh/m²].
const ANNUAL: f32 = 1610.3;

/// The yields of two layouts where light is known by month, and by maps whose lines are given.
fn mapped(maps: &[(String, Array2<f32>)]) -> [Array2<f32>; 2] {
    let mut scene = Scene::new(6, 8);
    scene.amounts("dem", &Array2::from_elem((6, 8), 1500.0));
    let (list, air) = (format!("{MONTHS:?}"), "[-5, 0, 6, 12, 17, 21, 23, 22, 17, 10, 3, -3]");
    scene.input(&format!(
        "sun = {{ monthly_ghi_kwh_per_m2_day = {list}, latitude_deg = 36.1, longitude_deg = 105.0, elevation_m = 1500.0, \
         air_temperature_c = {air}, wind_speed_m_per_s = 2.0 }}"
    ));
    for (i, (line, map)) in maps.iter().enumerate() {
        scene.raster(&format!("map{i}"), map);
        scene.input(&format!("map{i} = {{ raster = \"map{i}.tif\", {line} }}"));
    }
    let run = scene.run("[terrain]\nazimuths = 0\n[yield]\nlayouts = [\"fixed\", \"on_slope\"]\n");
    assert_eq!(run.code, 0, "{}", run.errors);
    ["fixed", "on_slope"].map(|layout| run.layer(&format!("yield_kwh_per_kwp_{layout}")))
}

#[test]
fn a_map_of_irradiation_scales_the_light_of_the_weather() {
    let bare = mapped(&[]);
    let annual = |unit: &str, values: Array2<f32>| [(format!("ghi = \"annual\", unit = \"{unit}\""), values)];
    // The slope of the outermost cells is not known.
    let ratios = [1.0, 1.0, 1.1, 0.9, 1.2, 0.4, f32::NAN, 1.0];
    let map = Array2::from_shape_fn((6, 8), |(_, col)| ANNUAL * ratios[col]);
    let found = mapped(&annual("kWh/m2/yr", map.clone()));
    let daily = mapped(&annual("kWh/m2/day", map / 365.0));
    for (layout, bare) in bare.iter().enumerate() {
        let of = |col: usize| f64::from(found[layout][(3, col + 1)]);
        let base = f64::from(bare[(3, 3)]);
        close(of(0), base, 2e-3);
        // More light is clearer days: a tilted array gains more than in proportion, less what warming takes.
        assert!((1.06..1.14).contains(&(of(1) / base)), "{}", of(1) / base);
        assert!((0.86..0.94).contains(&(of(2) / base)), "{}", of(2) / base);
        assert!(of(3) > of(1));
        assert!(
            of(4).is_nan() && of(5).is_nan(),
            "a map far from the weather, or without a value, leaves the yield unknown"
        );
        close(f64::from(daily[layout][(3, 2)]), of(1), 1e-4);
    }
    let months = std::array::from_fn::<_, 12, _>(|month| {
        let line = format!("ghi = {}, unit = \"kWh/m2/day\"", month + 1);
        (line, Array2::from_elem((6, 8), 1.1 * MONTHS[month] as f32))
    });
    close(f64::from(mapped(&months)[0][(3, 2)]), f64::from(found[0][(3, 2)]), 1e-3);
}

#[test]
fn maps_of_irradiation_that_make_no_year_are_refused() {
    let mut scene = Scene::new(6, 6);
    scene.amounts("dem", &Array2::from_elem((6, 6), 1500.0));
    scene.raster("map", &Array2::<f32>::from_elem((6, 6), 5.0));
    for (line, words) in [
        ("ghi = 3, unit = \"kWh/m2/day\"", "do not make one year"),
        ("ghi = 13, unit = \"kWh/m2/day\"", "there is no month 13"),
        ("ghi = \"annual\"", "needs its unit"),
        ("ghi = \"annual\", unit = \"kWh/kWp/yr\"", "needs its unit"),
        ("ghi = \"anual\", unit = \"kWh/m2/yr\"", "did you mean `annual`"),
        ("ghi = \"annual\", unit = \"kWh/m2/yr\"", "has no weather to scale"),
        ("layout = \"fixed\", unit = \"kWh/m2/yr\"", "not counted per square metre"),
    ] {
        let project = scene.project(&format!("[inputs.map]\nraster = \"map.tif\"\n{}\n", line.replace(", ", "\n")));
        let output = solsite(&["check", project.to_str().unwrap()]);
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(told.contains(words), "{line}: {told}");
    }
}

#[test]
fn a_clear_sky_that_lacks_something_is_told_what() {
    let mut scene = Scene::new(8, 8);
    scene.amounts("dem", &Array2::from_elem((8, 8), 100.0));
    scene.input("sun = { clear_sky = \"ineichen\", linke_turbidity = [3,3,3,3,3,3,3,3,3,3,3,3], air_temperature_c = 15.0, wind_speed_m_per_s = 2.0 }");
    let run = scene.try_run("[yield]\nlayouts = [\"fixed\"]\n", &[]);
    assert!(run.code == 2 && run.errors.contains("lacks `clearness`"), "{}", run.errors);
}
