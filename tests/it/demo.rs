//! A demo region is there as a whole or not at all.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::resume::strace;
use crate::support::{demo, same_files, solsite};

/// Writes a region and tampers with the system calls as `inject` says; the exit code.
fn tampered(inject: &str, dir: &Path) -> Option<i32> {
    let calls = inject.split(':').next().unwrap();
    let (trace, inject) = (format!("trace={calls}"), format!("inject={inject}"));
    let output = Command::new("timeout")
        .args(["60", "strace", "-f", "-o", "/dev/null", "-e", &trace, "-e", &inject])
        .args([env!("CARGO_BIN_EXE_solsite"), "demo", dir.to_str().unwrap()])
        .args(["--region", "qingdao", "--cells", "100", "-q", "--threads", "1"])
        .output()
        .unwrap();
    output.status.code()
}

#[test]
fn a_write_that_failed_leaves_no_region() {
    if !strace() {
        return;
    }
    let dir = TempDir::new().unwrap();
    let whole = dir.path().join("whole");
    demo(&whole, "qingdao", 100);
    let mut failed = 0;
    // Around the fifteenth GDAL writes land cover, and tells nobody that it could not.
    for number in (1..24).chain((24..1200).step_by(49)) {
        let out = dir.path().join("full");
        match tampered(&format!("write,pwrite64:error=ENOSPC:when={number}"), &out) {
            Some(0) => {
                same_files(&whole, &out);
                std::fs::remove_dir_all(&out).unwrap();
            }
            code => {
                assert_eq!(code, Some(4), "{number}");
                assert!(!out.exists(), "something is left after {number}");
                failed += 1;
            }
        }
    }
    assert!(failed > 30, "{failed}");
}

#[test]
fn a_region_that_was_not_ended_is_written_anew() {
    if !strace() {
        return;
    }
    let dir = TempDir::new().unwrap();
    let (whole, killed) = (dir.path().join("whole"), dir.path().join("killed"));
    demo(&whole, "qingdao", 100);
    for number in [5, 40, 400, 1000] {
        assert_ne!(tampered(&format!("write,pwrite64:signal=KILL:when={number}"), &killed), Some(0));
        let left: Vec<_> = std::fs::read_dir(&killed).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, [".solsite-draft"], "{number}");
    }
    demo(&killed, "qingdao", 100);
    same_files(&whole, &killed);
}

#[test]
fn an_interrupt_takes_the_region_away() {
    let dir = TempDir::new().unwrap();
    let out = dir.path().join("region");
    let child = Command::new(env!("CARGO_BIN_EXE_solsite"))
        .args(["demo", out.to_str().unwrap(), "--cells", "4000", "-q", "--threads", "1"])
        .spawn()
        .unwrap();
    while !out.join(".solsite-draft/inputs/dem.tif").exists() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let interrupted = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(interrupted.success());
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130));
    if out.exists() {
        // A tile that takes longer than the time an interrupt leaves is cut off; the next region removes the rest.
        assert_eq!(std::fs::read_dir(&out).unwrap().count(), 1);
        assert!(out.join(".solsite-draft").is_dir());
    }
}

#[test]
fn other_files_are_left_alone() {
    let dir = TempDir::new().unwrap();
    std::fs::write(dir.path().join("mine.txt"), "mine\n").unwrap();
    let path = dir.path().to_str().unwrap();
    assert_eq!(solsite(&["demo", path, "--cells", "100", "-q"]).status.code(), Some(4));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    assert_eq!(solsite(&["demo", path, "--cells", "100", "-q", "--overwrite"]).status.code(), Some(0));
    assert_eq!(std::fs::read_to_string(dir.path().join("mine.txt")).unwrap(), "mine\n");
    assert!(dir.path().join("project.toml").exists() && !dir.path().join(".solsite-draft").exists());
}
