#!/usr/bin/env bash
# Installs what is missing and runs all tests, after the format and lint checks. Safe to repeat.
# Tests on real data look for ../shared/realdata beside this folder and say so where it is absent.
set -euo pipefail
cd "$(dirname "$0")/.."

. scripts/install.sh
# The kill tests inject faults with strace; the picture of a layer is compared with GDAL's own programs.
for tool in cargo-fmt cargo-clippy; do
    command -v "$tool" >/dev/null || echo "SKIPPED: $tool is not installed (rustup component add rustfmt clippy)" >&2
done
! command -v cargo-fmt >/dev/null || cargo fmt --check
! command -v cargo-clippy >/dev/null || cargo clippy --locked --quiet --all-targets -- -D warnings
RUSTDOCFLAGS="-D warnings" cargo doc --locked --quiet --no-deps --document-private-items
cargo test --locked
