//! The `solsite` program: hands the command line to the library and its exit code to the shell.

use std::process::ExitCode;

/// Arrays of tiles are large, short-lived and alike: what one tile frees is kept for the next, instead of being given back to
/// the system, which would have to clear every page of it again.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn keep_freed_memory() {
    /// Parameters of `mallopt`, from glibc's `malloc.h`.
    const TRIM_THRESHOLD: std::ffi::c_int = -1;
    const MMAP_THRESHOLD: std::ffi::c_int = -3;
    /// Arrays up to this are kept [bytes]; glibc allows no more.
    const LARGEST_KEPT: std::ffi::c_int = 32 << 20;
    /// Free memory beyond this is given back [bytes].
    const MOST_KEPT: std::ffi::c_int = 256 << 20;
    unsafe extern "C" {
        fn mallopt(parameter: std::ffi::c_int, value: std::ffi::c_int) -> std::ffi::c_int;
    }
    // SAFETY: no other thread is running yet, and a parameter that is not understood is left as it is.
    unsafe {
        mallopt(MMAP_THRESHOLD, LARGEST_KEPT);
        mallopt(TRIM_THRESHOLD, MOST_KEPT);
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn keep_freed_memory() {}

fn main() -> ExitCode {
    keep_freed_memory();
    solsite::cli::main()
}
