#!/usr/bin/env bash
# Installs what is missing, builds solsite, writes a synthetic region and runs the main job on it. Safe to repeat: what
# is there is kept, and the run continues where it stopped.
#   bash scripts/demo.sh [lanzhou|qingdao] [FOLDER]
set -euo pipefail
cd "$(dirname "$0")/.."
region=${1:-lanzhou}
folder=${2:-demo/$region}

# A sourced script sees the arguments of this one: they are no packages.
set --
. scripts/install.sh
echo "building (the first time takes some minutes: the HiGHS solver is compiled too)"
cargo build --release --locked --quiet
solsite=target/release/solsite

[ -f "$folder/project.toml" ] || "$solsite" demo "$folder" --region "$region" --overwrite
"$solsite" run "$folder/project.toml" --out "$folder/out"
"$solsite" compare "$folder/out"
echo
echo "Open in QGIS: $folder/out/sites.geojson, $folder/out/layers/*.tif, $folder/out/scenarios/*/allocation.geojson"
echo "Why here, why not: $solsite explain $folder/out --at LON,LAT"
