#!/usr/bin/env bash
# Installs what is missing and runs all tests, after the format and lint checks. Safe to repeat.
# Tests on real data look for ../shared/realdata beside this folder and say so where it is absent.
set -euo pipefail
cd "$(dirname "$0")/.."

# The kill tests stop the program at chosen system calls; poisoned databases are made with ogr2ogr and python3.
. scripts/install.sh strace gdal-bin python3
if cargo fmt --version >/dev/null 2>&1; then
    echo "format"
    cargo fmt --check
else
    echo "SKIPPED: the format check (rustup component add rustfmt)" >&2
fi
echo "building (the first time takes some minutes: the HiGHS solver is compiled too)"
if cargo clippy --version >/dev/null 2>&1; then
    cargo clippy --locked --quiet --all-targets -- -D warnings
else
    echo "SKIPPED: the lints (rustup component add clippy)" >&2
fi
RUSTDOCFLAGS="-D warnings" cargo doc --locked --quiet --no-deps --document-private-items
cargo test --locked
