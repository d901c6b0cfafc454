//! Poisoned data: files that point to others, write, call home, or are larger than they look.

use std::process::Command;

use gdal::DriverManager;
use gdal::raster::RasterCreationOptions;
use gdal::spatial_ref::SpatialRef;
use ndarray::Array2;
use solsite::grid::Grid;

use crate::faults::{ABOVE, both_refuse};
use crate::support::{Scene, write_raster};

/// Takes the land inside the polygons of `a`.
const INSIDE: &str = "[[exclusion]]\nid = \"r\"\nlayer = \"a\"\nexclude = { inside = {} }\n";

#[test]
fn files_that_point_elsewhere_are_not_followed() {
    let mut scene = Scene::new(2, 2);
    let secret = scene.path("secret.txt");
    std::fs::write(&secret, "1234").unwrap();
    let vrt = format!(
        "<VRTDataset rasterXSize=\"2\" rasterYSize=\"2\"><SRS>EPSG:32648</SRS>\
         <GeoTransform>500000,100,0,4000000,0,-100</GeoTransform><VRTRasterBand dataType=\"Byte\" band=\"1\" \
         subClass=\"VRTRawRasterBand\"><SourceFilename>{}</SourceFilename></VRTRasterBand></VRTDataset>",
        secret.display()
    );
    std::fs::write(scene.path("a.tif"), vrt).unwrap();
    scene.input("a = { raster = \"a.tif\" }");
    both_refuse(&scene, ABOVE, 3, &["a.tif", "not a raster file this project may read", "[access]"]);
    // A mask beside a harmless raster is opened by GDAL on its own; one that cannot be read is no empty mask.
    let mut masked = Scene::new(2, 2);
    masked.amounts("a", &Array2::zeros((2, 2)));
    std::fs::write(masked.path("a.tif.msk"), std::fs::read(scene.path("a.tif")).unwrap()).unwrap();
    both_refuse(&masked, ABOVE, 3, &["a.tif.msk", "cannot be read"]);
}

#[test]
fn formats_that_write_beside_what_they_read_are_never_opened() {
    let mut scene = Scene::new(2, 2);
    let (payload, target) = (scene.path("payload.tif"), scene.path("target"));
    scene.raster("payload", &Array2::<f32>::zeros((2, 2)));
    std::fs::write(&target, "mine\n").unwrap();
    let mrf = format!(
        "<MRF_META><CachedSource><Source>{}</Source></CachedSource><Raster><Size x=\"2\" y=\"2\" c=\"1\"/>\
         <Compression>NONE</Compression><DataType>Float32</DataType><DataFile>{}</DataFile><IndexFile>{}</IndexFile>\
         </Raster><GeoTags><BoundingBox minx=\"500000\" miny=\"3999800\" maxx=\"500200\" maxy=\"4000000\"/>\
         <Projection>EPSG:32648</Projection></GeoTags></MRF_META>",
        payload.display(),
        target.display(),
        scene.path("index").display()
    );
    std::fs::write(scene.path("a.tif"), mrf).unwrap();
    scene.input("a = { raster = \"a.tif\" }");
    both_refuse(&scene, ABOVE, 3, &["a.tif", "not a raster file this project may read"]);
    let allowed = format!("{ABOVE}[access]\nallow_virtual = true\n");
    both_refuse(&scene, &allowed, 3, &["a.tif", "not a raster file this project may read"]);
    assert_eq!(std::fs::read_to_string(&target).unwrap(), "mine\n");
    assert!(!scene.path("index").exists());
}

#[test]
fn no_file_makes_the_program_use_the_network() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}/x.tif", listener.local_addr().unwrap());
    let vrt = format!(
        "<VRTDataset rasterXSize=\"2\" rasterYSize=\"2\"><VRTRasterBand dataType=\"Byte\" band=\"1\"><SimpleSource>\
         <SourceFilename>/vsicurl/{url}</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>"
    );
    let overview = format!(
        "<PAMDataset><Metadata domain=\"OVERVIEWS\"><MDI key=\"OVERVIEW_FILE\">/vsicurl/{url}</MDI></Metadata></PAMDataset>"
    );
    for (name, text) in [("a.tif.msk", &vrt), ("a.tif.ovr", &vrt), ("a.tif.aux.xml", &overview)] {
        let mut scene = Scene::new(2, 2);
        scene.amounts("a", &Array2::zeros((2, 2)));
        std::fs::write(scene.path(name), text).unwrap();
        let code = scene.try_run(ABOVE, &[]).code;
        assert_eq!(code, if name.ends_with("msk") { 3 } else { 0 }, "{name}");
    }
    let mut linked = Scene::new(2, 2);
    let text = format!(
        r#"{{"type":"FeatureCollection","crs":{{"type":"link","properties":{{"href":"{url}","type":"proj4"}}}},"features":[]}}"#
    );
    std::fs::write(linked.path("a.geojson"), text).unwrap();
    linked.input("a = { vector = \"a.geojson\" }");
    assert_eq!(linked.try_run(INSIDE, &[]).code, 3);
    let mut stated = Scene::new(2, 2);
    stated.input(&format!("a = {{ raster = \"/vsicurl/{url}\" }}"));
    both_refuse(&stated, ABOVE, 2, &["allow_remote"]);
    assert!(listener.accept().is_err(), "something asked the server");
}

#[test]
fn views_of_a_database_read_no_other_files() {
    let mut scene = Scene::new(2, 2);
    scene.polygons("a", &[("x", [0.0, 0.0, 100.0, 100.0])]);
    let script = "import sqlite3, sys\n\
        c = sqlite3.connect(sys.argv[1])\n\
        c.execute('PRAGMA writable_schema=ON')\n\
        add = \"insert into sqlite_master(type,name,tbl_name,rootpage,sql) values(?,?,?,0,?)\"\n\
        table = \"CREATE VIRTUAL TABLE t USING VirtualText('/etc/passwd','UTF-8',0,POINT,NONE,':')\"\n\
        c.execute(add, ('table', 't', 't', table))\n\
        c.execute(add, ('view', 'w', 'w', 'CREATE VIEW w AS SELECT fid, geom, (SELECT group_concat(COL001) FROM t) AS id FROM a'))\n\
        c.execute(\"insert into gpkg_contents(table_name,data_type,identifier,srs_id) values('w','features','w',32648)\")\n\
        c.execute(\"insert into gpkg_geometry_columns values('w','geom','GEOMETRY',32648,0,0)\")\n\
        c.commit()\n";
    let package = scene.path("a.gpkg");
    let made = Command::new("ogr2ogr").args(["-nln", "a"]).args([&package, &scene.path("a.geojson")]).status();
    let poisoned = Command::new("python3").args(["-c", script]).arg(&package).status();
    if !(made.is_ok_and(|status| status.success()) && poisoned.is_ok_and(|status| status.success())) {
        eprintln!("SKIPPED: ogr2ogr and python3 with sqlite3 are needed to make a poisoned GeoPackage");
        return;
    }
    scene.input("a = { vector = \"a.gpkg\", layer = \"w\", id_field = \"id\" }");
    let run = scene.try_run(INSIDE, &[]);
    assert_eq!(run.code, 3, "{}", run.errors);
    assert!(!run.errors.contains("root"), "{}", run.errors);
}

#[test]
fn blocks_too_large_to_decode_are_refused() {
    // Files of a few kilobytes: one block of half a gigabyte, and 3 000 bands whose cells lie side by side.
    for (side, bands, options) in [
        (24_000, 1, &["TILED=YES", "BLOCKXSIZE=24000", "BLOCKYSIZE=24000", "SPARSE_OK=TRUE"][..]),
        (512, 3_000, &["TILED=YES", "BLOCKXSIZE=512", "BLOCKYSIZE=512", "SPARSE_OK=TRUE", "INTERLEAVE=PIXEL"][..]),
    ] {
        let mut scene = Scene::new(2, 2);
        solsite::raster::gdal::guard::setup();
        let options: RasterCreationOptions = options.iter().copied().collect();
        let driver = DriverManager::get_driver_by_name("GTiff").unwrap();
        let path = scene.path("a.tif");
        let mut bomb = driver.create_with_band_type_with_options::<u8, _>(&path, side, side, bands, &options).unwrap();
        bomb.set_spatial_ref(&SpatialRef::from_epsg(32648).unwrap()).unwrap();
        bomb.set_geo_transform(&[500_000.0, 200.0 / side as f64, 0.0, 4_000_000.0, 0.0, -200.0 / side as f64]).unwrap();
        bomb.close().unwrap();
        scene.input("a = { raster = \"a.tif\" }");
        both_refuse(&scene, ABOVE, 3, &["a.tif", "cannot be read safely", "rewrite it"]);
    }
}

#[test]
fn files_whose_arrays_may_lie_elsewhere_need_leave() {
    let mut scene = Scene::new(2, 2);
    std::fs::write(scene.path("a.nc"), b"\x89HDF\r\n\x1a\n and more").unwrap();
    scene.input("a = { raster = \"a.nc\" }");
    both_refuse(&scene, ABOVE, 3, &["a.nc", "HDF5", "allow_virtual"]);
}

#[test]
fn cells_far_smaller_than_the_grids_are_refused() {
    let mut scene = Scene::new(2, 2);
    let tiny = Grid { cell_x: 1e-7, cell_y: 1e-7, rows: 20, cols: 20, ..scene.grid.clone() };
    write_raster(&scene.path("a.tif"), &tiny, &Array2::<f32>::zeros((20, 20)));
    scene.input("a = { raster = \"a.tif\", resample = \"average\" }");
    both_refuse(&scene, ABOVE, 3, &["a.tif", "a cell of the grid spans 1000000000 of its cells", "gdalwarp"]);
}
