//! Runs that are cut, killed, repeated or damaged end in the same bytes.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::support::{demo, files, same_files, solsite};

fn run(project: &Path, out: &Path, more: &[&str]) -> std::process::Output {
    let mut arguments = vec!["run", project.to_str().unwrap(), "--out", out.to_str().unwrap(), "-q"];
    arguments.extend(more);
    solsite(&arguments)
}

#[track_caller]
fn done(output: &std::process::Output) {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A demo region and the files of an undisturbed run on it.
fn undisturbed(region: &str) -> (TempDir, PathBuf, PathBuf) {
    let dir = TempDir::new().unwrap();
    let project = demo(dir.path(), region, 180);
    let out = dir.path().join("whole");
    done(&run(&project, &out, &["--tile-cells", "64", "--threads", "1"]));
    (dir, project, out)
}

#[test]
fn tiles_and_threads_do_not_change_a_byte() {
    for region in ["lanzhou", "qingdao"] {
        let (dir, project, whole) = undisturbed(region);
        for (i, arguments) in
            [["--tile-cells", "37", "--threads", "2"], ["--tile-cells", "512", "--threads", "1"]].iter().enumerate()
        {
            let out = dir.path().join(format!("cut{i}"));
            done(&run(&project, &out, arguments));
            same_files(&whole, &out);
        }
    }
}

#[test]
fn a_repeated_run_does_nothing_and_changes_nothing() {
    let (_dir, project, out) = undisturbed("lanzhou");
    let before = files(&out);
    let times = |out: &Path| -> Vec<std::time::SystemTime> {
        std::fs::read_dir(out.join("layers"))
            .unwrap()
            .map(|e| e.unwrap().metadata().unwrap().modified().unwrap())
            .collect()
    };
    let written = times(&out);
    done(&run(&project, &out, &["--tile-cells", "64"]));
    assert_eq!(files(&out), before);
    assert_eq!(times(&out), written, "layers that are whole are left alone");
}

#[test]
fn a_changed_scenario_redoes_no_tile_and_a_changed_rule_does() {
    let (dir, project, out) = undisturbed("lanzhou");
    let store = dir.path().join("whole.work/tiles");
    let tiles = || -> Vec<PathBuf> { files(&store).into_keys().collect() };
    let before = tiles();
    assert!(!before.is_empty());
    let text = std::fs::read_to_string(&project).unwrap();
    std::fs::write(&project, text.replace("max = 2.0e9", "max = 1.0e9")).unwrap();
    done(&run(&project, &out, &["--tile-cells", "64"]));
    assert_eq!(tiles(), before);
    std::fs::write(&project, text.replace("max = 25.0 }", "max = 20.0 }")).unwrap();
    done(&run(&project, &out, &["--tile-cells", "64"]));
    let stage =
        |list: &[PathBuf], name: &str| list.iter().filter(|path| path.starts_with(name)).cloned().collect::<Vec<_>>();
    let after = tiles();
    assert_eq!(stage(&after, "derive"), stage(&before, "derive"), "a rule does not change what layers are");
    assert_ne!(stage(&after, "mask"), stage(&before, "mask"));
    // What the new rules give is what a fresh run gives.
    let fresh = dir.path().join("fresh");
    done(&run(&project, &fresh, &["--tile-cells", "64"]));
    same_files(&out, &fresh);
}

#[test]
fn damaged_tile_results_are_computed_again() {
    let (dir, project, out) = undisturbed("qingdao");
    let store = dir.path().join("whole.work/tiles");
    for (i, name) in files(&store).into_keys().enumerate() {
        let path = store.join(name);
        let mut bytes = std::fs::read(&path).unwrap();
        match i % 3 {
            0 => bytes.truncate(bytes.len() / 2),
            1 => {
                let middle = bytes.len() * 2 / 3;
                bytes[middle] ^= 0x10;
            }
            _ => bytes.clear(),
        }
        std::fs::write(&path, bytes).unwrap();
    }
    let before = files(&out);
    std::fs::remove_dir_all(&out).unwrap();
    done(&run(&project, &out, &["--tile-cells", "64"]));
    assert_eq!(files(&out), before);
}

/// Kills a run at the given times, then lets it end.
#[test]
fn a_run_killed_at_any_moment_continues_to_the_same_bytes() {
    let (dir, project, whole) = undisturbed("lanzhou");
    let out = dir.path().join("killed");
    let mut killed = 0;
    for milliseconds in [30, 80, 140, 200, 280, 380, 500, 650, 800, 1000, 1300] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_solsite"))
            .args(["run", project.to_str().unwrap(), "--out", out.to_str().unwrap(), "-q", "--tile-cells", "64"])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(milliseconds));
        child.kill().unwrap();
        killed += usize::from(child.wait().unwrap().code().is_none());
    }
    assert!(killed > 2, "{killed}");
    done(&run(&project, &out, &["--tile-cells", "64"]));
    same_files(&whole, &out);
}

/// Whether system calls can be tampered with here.
pub fn strace() -> bool {
    let works = Command::new("strace").args(["-o", "/dev/null", "true"]).status().is_ok_and(|status| status.success());
    if !works {
        eprintln!("SKIPPED: strace is not here, or may not trace");
    }
    works
}

/// Runs the program and tampers with its system calls as `inject` says.
fn tampered(inject: &str, project: &Path, out: &Path) -> std::process::Output {
    let calls = inject.split(':').next().unwrap();
    Command::new("timeout")
        .args([
            "60",
            "strace",
            "-f",
            "-o",
            "/dev/null",
            "-e",
            &format!("trace={calls}"),
            "-e",
            &format!("inject={inject}"),
        ])
        .arg(env!("CARGO_BIN_EXE_solsite"))
        .args(["run", project.to_str().unwrap(), "--out", out.to_str().unwrap(), "-q", "--tile-cells", "64"])
        .args(["--threads", "1"])
        .output()
        .unwrap()
}

/// Files under their final names.
fn final_files(out: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let is_final = |name: &Path| !name.file_name().unwrap().to_string_lossy().starts_with(".solsite-");
    if out.exists() { files(out).into_iter().filter(|(name, _)| is_final(name)).collect() } else { Vec::new() }
}

/// Kills a run at many renames and writes: the moments at which files get their names and their bytes.
#[test]
fn a_run_killed_at_a_call_leaves_whole_files_only() {
    if !strace() {
        return;
    }
    let (dir, project, whole) = undisturbed("qingdao");
    let known = files(&whole);
    let out = dir.path().join("killed");
    let mut killed = 0;
    let renames = (1..60).step_by(5).map(|number| format!("rename,renameat,renameat2:signal=KILL:when={number}"));
    let writes = (90..180).step_by(7).map(|number| format!("write,pwrite64:signal=KILL:when={number}"));
    for inject in renames.chain(writes) {
        if final_files(&out).len() == known.len() {
            // Once a run has ended there is nothing left to kill: all but the tiles is written again.
            std::fs::remove_dir_all(&out).unwrap();
        }
        killed += usize::from(!tampered(&inject, &project, &out).status.success());
        for (name, bytes) in final_files(&out) {
            assert!(known[&name] == bytes, "{} is not whole after {inject}", name.display());
        }
    }
    assert!(killed > 10, "{killed}");
    done(&run(&project, &out, &["--tile-cells", "64"]));
    same_files(&whole, &out);
    assert_eq!(final_files(&out).len(), files(&out).len(), "something is left over");
}

/// Lets single writes fail, as on a disk that is full for a moment: GDAL does not tell of all of them.
#[test]
fn a_write_that_failed_is_never_passed_off_as_done() {
    if !strace() {
        return;
    }
    let (dir, project, whole) = undisturbed("qingdao");
    let mut failed = 0;
    for number in (31..420).step_by(9) {
        let out = dir.path().join("full");
        let _ = std::fs::remove_dir_all(&out);
        let inject = format!("write,pwrite64:error=ENOSPC:when={number}");
        let output = tampered(&inject, &project, &out);
        let said = String::from_utf8_lossy(&output.stderr);
        match output.status.code() {
            Some(0) => same_files(&whole, &out),
            code => assert_eq!(code, Some(4), "{inject}: {said}"),
        }
        failed += usize::from(!output.status.success());
    }
    assert!(failed > 15, "{failed}");
}

#[test]
fn an_interrupt_ends_a_run_with_130() {
    let dir = TempDir::new().unwrap();
    let project = demo(dir.path(), "lanzhou", 700);
    let out = dir.path().join("out");
    let child = Command::new(env!("CARGO_BIN_EXE_solsite"))
        .args([
            "run",
            project.to_str().unwrap(),
            "--out",
            out.to_str().unwrap(),
            "--tile-cells",
            "64",
            "--threads",
            "1",
        ])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(400));
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(said.contains("interrupted; run the same command again to continue"), "{said}");
    assert!(!out.join("manifest.json").exists());
}
