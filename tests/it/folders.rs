//! The output and work folders: whose they are, what stays, what goes, and what is never touched.

use std::path::{Path, PathBuf};
use std::process::Command;

use ndarray::Array2;
use tempfile::TempDir;

use crate::faults::ABOVE;
use crate::support::{Run, Scene, demo, files, same_files, solsite};

fn run(project: &Path, out: &Path, more: &[&str]) -> Run {
    let mut arguments = vec!["run", project.to_str().unwrap(), "--out", out.to_str().unwrap(), "-q"];
    arguments.extend(more);
    Run::of(&solsite(&arguments), out.to_owned())
}

#[track_caller]
fn done(project: &Path, out: &Path, more: &[&str]) {
    let run = run(project, out, more);
    assert_eq!(run.code, 0, "{}", run.errors);
}

/// A project and the folder of its results.
fn results() -> (TempDir, PathBuf, PathBuf) {
    let dir = TempDir::new().unwrap();
    let project = demo(dir.path(), "qingdao", 100);
    let out = dir.path().join("out");
    done(&project, &out, &[]);
    (dir, project, out)
}

/// Edits the project file.
fn edit(project: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(project).unwrap();
    assert!(text.contains(from), "{from}");
    std::fs::write(project, text.replace(from, to)).unwrap();
}

/// The results of a project made from nothing.
fn fresh(dir: &Path, project: &Path) -> PathBuf {
    let out = dir.join("fresh");
    let _ = std::fs::remove_dir_all(&out);
    done(project, &out, &[]);
    out
}

#[test]
fn files_of_others_are_not_overwritten_unless_asked() {
    let (dir, project, _) = results();
    for name in ["summary.json", "layers/slope_deg.tif", "scenarios/x/allocation.csv", "manifest.json"] {
        let out = dir.path().join("others");
        let _ = std::fs::remove_dir_all(&out);
        let file = out.join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, "mine").unwrap();
        let refused = run(&project, &out, &[]);
        assert_eq!(refused.code, 4, "{}", refused.errors);
        assert!(refused.errors.contains(name) && refused.errors.contains("--overwrite"), "{}", refused.errors);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
        assert_eq!(files(&out).len(), 1);
    }
    // What no run writes is in nobody's way.
    let out = dir.path().join("log");
    std::fs::create_dir_all(out.join("layers")).unwrap();
    std::fs::write(out.join("run.log"), "mine").unwrap();
    std::fs::write(out.join("layers/notes.txt"), "mine").unwrap();
    done(&project, &out, &[]);
    assert_eq!(std::fs::read_to_string(out.join("layers/notes.txt")).unwrap(), "mine");
}

#[test]
fn inputs_are_never_overwritten() {
    let mut scene = Scene::new(2, 2);
    scene.amounts("a", &Array2::zeros((2, 2)));
    scene.polygons("sites", &[("x", [0.0, 0.0, 100.0, 100.0])]);
    scene.input("b = { vector = \"sites.geojson\" }");
    let project = scene.project(ABOVE);
    let before = std::fs::read(scene.path("sites.geojson")).unwrap();
    for more in [&[][..], &["--overwrite"]] {
        let refused = run(&project, scene.dir.path(), more);
        assert_eq!(refused.code, 2, "{}", refused.errors);
        assert!(refused.errors.contains("is an input and would be overwritten"), "{}", refused.errors);
    }
    assert_eq!(std::fs::read(scene.path("sites.geojson")).unwrap(), before);
}

#[test]
fn an_allocation_does_not_take_the_place_of_a_run() {
    let (_dir, project, out) = results();
    let before = files(&out);
    let table = out.join("offers.csv");
    let arguments =
        ["allocate", project.to_str().unwrap(), "--offers", table.to_str().unwrap(), "--out", out.to_str().unwrap()];
    for more in [&[][..], &["--overwrite"]] {
        let refused = solsite(&[&arguments[..], more].concat());
        assert_eq!(refused.status.code(), Some(2), "{}", String::from_utf8_lossy(&refused.stderr));
    }
    assert_eq!(files(&out), before);
}

#[test]
fn a_work_folder_may_hold_other_things() {
    let (dir, project, _) = results();
    let work = dir.path().join("maps");
    let others = ["tiles/12/3402/1567.png", "tiles/derive/notes/r.txt", "lock", "shapes.bin", "slope_deg.tif"];
    for name in others {
        std::fs::create_dir_all(work.join(name).parent().unwrap()).unwrap();
        std::fs::write(work.join(name), "mine").unwrap();
    }
    done(&project, &dir.path().join("other"), &["--work", work.to_str().unwrap()]);
    for name in others {
        assert_eq!(std::fs::read_to_string(work.join(name)).unwrap(), "mine", "{name}");
    }
    let refused = run(&project, &work, &["--work", work.to_str().unwrap()]);
    assert_eq!(refused.code, 2, "{}", refused.errors);
}

#[test]
fn a_manifest_names_no_file_outside_its_folder_for_deletion() {
    let (dir, project, out) = results();
    let victim = dir.path().join("victim.txt");
    std::fs::write(&victim, "mine").unwrap();
    std::fs::write(out.join("notes.txt"), "mine").unwrap();
    let text = std::fs::read_to_string(out.join("manifest.json")).unwrap();
    let mut manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
    for path in ["../victim.txt", victim.to_str().unwrap(), "layers/../../victim.txt", "notes.txt"] {
        manifest["outputs"].as_array_mut().unwrap().push(serde_json::json!({"path": path, "size": 4, "blake3": "00"}));
    }
    std::fs::write(out.join("manifest.json"), manifest.to_string()).unwrap();
    done(&project, &out, &[]);
    assert!(victim.exists() && out.join("notes.txt").exists());
}

#[test]
fn two_runs_do_not_write_to_one_folder() {
    let dir = TempDir::new().unwrap();
    let project = demo(dir.path(), "lanzhou", 500);
    let out = dir.path().join("out");
    let mut first = Command::new(env!("CARGO_BIN_EXE_solsite"))
        .args(["run", project.to_str().unwrap(), "--out", out.to_str().unwrap(), "-q", "--tile-cells", "64"])
        .spawn()
        .unwrap();
    while !out.join(".solsite-journal").exists() {
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    let elsewhere = dir.path().join("w");
    for more in [&[][..], &["--work", elsewhere.to_str().unwrap()]] {
        let second = run(&project, &out, more);
        assert_eq!(second.code, 5, "{}", second.errors);
        assert!(second.errors.contains(&format!("process {}", first.id())), "{}", second.errors);
    }
    assert!(first.wait().unwrap().success());
    done(&project, &out, &[]);
}

#[test]
fn what_is_kept_is_what_a_fresh_run_would_make() {
    let (dir, project, out) = results();
    // The data are no longer synthetic, the project has another title: neither redoes a tile, both are in the files.
    for (from, to) in [
        ("synthetic = true", "synthetic = false"),
        ("title = \"", "title = \"Another "),
        ("price_cny_per_kwh = 0.", "price_cny_per_kwh = 0.1"),
    ] {
        let tiles = files(&dir.path().join("out.work"));
        edit(&project, from, to);
        done(&project, &out, &[]);
        assert!(files(&dir.path().join("out.work")) == tiles, "{to}: tiles were computed again");
        same_files(&out, &fresh(dir.path(), &project));
    }
}

#[test]
fn scenarios_that_were_not_asked_for_stay_only_if_nothing_they_stand_on_has_changed() {
    let (dir, project, out) = results();
    let text = std::fs::read_to_string(&project).unwrap();
    let ids: Vec<&str> =
        text.split("[[scenario]]\nid = \"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(ids.len() > 1, "{ids:?}");
    let of = |id: &str| out.join(format!("scenarios/{id}/summary.json"));
    done(&project, &out, &["--scenario", ids[0]]);
    assert!(ids.iter().all(|id| of(id).exists()));
    same_files(&out, &fresh(dir.path(), &project));
    // Hosting capacities are in the file of the substations, and no criterion looks at it.
    let substations = dir.path().join("inputs/substations.geojson");
    let capacities = std::fs::read_to_string(&substations).unwrap();
    let changed = capacities.replacen("\"hosting_mw\": ", "\"hosting_mw\": 1", 1);
    assert_ne!(capacities, changed);
    std::fs::write(&substations, changed).unwrap();
    done(&project, &out, &["--scenario", ids[0]]);
    assert!(of(ids[0]).exists() && !of(ids[1]).exists());
    assert!(!out.join("scenarios").join(ids[1]).exists(), "an empty folder is left");
}

#[test]
fn what_a_killed_run_left_is_removed_when_the_project_has_changed() {
    let (dir, project, out) = results();
    let scenario = "[[scenario]]\nid = \"extra\"\nobjective = \"max_energy\"\n";
    let text = std::fs::read_to_string(&project).unwrap();
    std::fs::write(&project, format!("{text}\n{scenario}")).unwrap();
    // As a kill between the last scenario and the manifest leaves it.
    done(&project, &out, &[]);
    let manifest: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(out.join("manifest.json")).unwrap()).unwrap();
    let name = manifest["project"]["name"].as_str().unwrap();
    let head = serde_json::json!({"project": name, "command": "run"});
    let lines = [&head].into_iter().chain(manifest["outputs"].as_array().unwrap());
    let journal: Vec<String> = lines.map(ToString::to_string).collect();
    std::fs::write(out.join(".solsite-journal"), journal.join("\n")).unwrap();
    std::fs::remove_file(out.join("manifest.json")).unwrap();
    let compared = solsite(&["compare", out.to_str().unwrap()]);
    assert_eq!(compared.status.code(), Some(5), "{}", String::from_utf8_lossy(&compared.stderr));
    std::fs::write(&project, &text).unwrap();
    done(&project, &out, &[]);
    assert!(!out.join("scenarios/extra").exists());
    assert!(!out.join(".solsite-journal").exists() && !out.join(".solsite-lock").exists());
    same_files(&out, &fresh(dir.path(), &project));
}

#[test]
fn the_umask_decides_who_may_read() {
    use std::os::unix::fs::PermissionsExt;
    let dir = TempDir::new().unwrap();
    let project = demo(dir.path(), "qingdao", 100);
    let out = dir.path().join("out");
    let binary = env!("CARGO_BIN_EXE_solsite");
    let command = format!("umask 077; exec {binary} run {} --out {} -q", project.display(), out.display());
    assert!(Command::new("bash").args(["-c", &command]).status().unwrap().success());
    for name in files(&out).keys() {
        let mode = out.join(name).metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", name.display());
    }
}

#[test]
fn an_input_that_changes_while_it_is_read_stops_the_run() {
    let dir = TempDir::new().unwrap();
    let project = demo(dir.path(), "lanzhou", 600);
    let out = dir.path().join("out");
    let dem = dir.path().join("inputs/dem.tif");
    let mut child = Command::new(env!("CARGO_BIN_EXE_solsite"))
        .args(["run", project.to_str().unwrap(), "--out", out.to_str().unwrap(), "-q", "--tile-cells", "32"])
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    while !dir.path().join("out.work/tiles/score").exists() {
        assert!(child.try_wait().unwrap().is_none());
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    let bytes = std::fs::read(&dem).unwrap();
    std::fs::write(&dem, &bytes).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("dem.tif: has changed while it was read"), "{said}");
    done(&project, &out, &["--tile-cells", "32"]);
}

#[test]
fn a_database_with_a_journal_is_more_than_its_file() {
    let dir = TempDir::new().unwrap();
    let project = demo(dir.path(), "lanzhou", 200);
    let out = dir.path().join("out");
    done(&project, &out, &[]);
    let package = dir.path().join("inputs/protected.gpkg");
    // The connection stays open in the child until it is killed, so that the change stays in the journal.
    let script = "import sqlite3, sys, time\nc = sqlite3.connect(sys.argv[1])\nc.execute('PRAGMA journal_mode=WAL')\n\
        t = c.execute('select table_name from gpkg_contents').fetchone()[0]\n\
        n = [r[0] for r in c.execute(\"select name from sqlite_master where type='trigger'\")]\n\
        [c.execute('drop trigger \"%s\"' % x) for x in n]\nc.execute('update \"%s\" set level = 3' % t)\nc.commit()\n\
        print('done', flush=True)\ntime.sleep(60)\n";
    let Ok(mut child) =
        Command::new("python3").args(["-c", script]).arg(&package).stdout(std::process::Stdio::piped()).spawn()
    else {
        eprintln!("SKIPPED: python3 with sqlite3 is needed to change a GeoPackage");
        return;
    };
    let mut said = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.take().unwrap()), &mut said).unwrap();
    assert_eq!(said.trim(), "done");
    done(&project, &out, &[]);
    let kept = files(&out);
    let anew = dir.path().join("anew");
    done(&project, &anew, &[]);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(kept == files(&anew), "results of before the change were kept");
}
