#!/usr/bin/env bash
# The same work by solsite and by a careful chain of Python packages (peer_chain.py), on the same made-up inputs.
#
#   chain.sh [SIZE] [THREADS] [AZIMUTHS]   cells along an edge (2048), threads (2), directions of the skyline (0: none)
#
# Needs a release build (or SOLSITE=path of the program), PYTHON with rasterio, numpy, numba, scipy, edt,
# connected-components-3d, pvlib, geopandas, pyogrio and highspy, and room in WORK (default: a folder in /tmp).
# Prints wall and CPU seconds, peak memory, and the ratios. The peer's first run compiles its kernels: one at a small size comes
# before it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
size=${1:-2048}
threads=${2:-2}
azimuths=${3:-0}
python=${PYTHON:-python3}
solsite=${SOLSITE:-$here/../../target/release/solsite}
work=${WORK:-/tmp/solsite-chain}/$size
mkdir -p "$work/inputs"

export NUMBA_CACHE_DIR=${WORK:-/tmp/solsite-chain}/numba PYTHONDONTWRITEBYTECODE=1
make_inputs() { [ -f "$2/roads.geojson" ] || "$python" "$here/make_inputs.py" --size "$1" --out "$2"; }
make_inputs "$size" "$work/inputs"
"$python" - "$work/inputs/region.geojson" "$size" <<'PY'
import json
import sys

west, north, edge = 250_000.0, 3_500_000.0, 30.0 * int(sys.argv[2])
ring = [[west, north - edge], [west + edge, north - edge], [west + edge, north], [west, north], [west, north - edge]]
feature = {"type": "Feature", "properties": {"name": "all"}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32648"}}
json.dump({"type": "FeatureCollection", "crs": crs, "features": [feature]}, open(sys.argv[1], "w"))
PY
sed "s/^azimuths = 0/azimuths = $azimuths/" "$here/chain/project.toml" > "$work/project.toml"
horizon=none
[ "$azimuths" = 0 ] || horizon=topocalc

timed() { /usr/bin/time -f "%e %U %S %M" -o "$1" "${@:2}" > "$work/said.txt" 2>&1 || { cat "$work/said.txt" >&2; exit 1; }; }
peer() { "$python" "$here/peer_chain.py" "$1" "$2" --horizon "$horizon" --azimuths "$azimuths" --threads "$threads"; }
if [ ! -d "$NUMBA_CACHE_DIR" ]; then
    make_inputs 1024 "$work/small"
    peer "$work/small" "$work/small/peer" > /dev/null
fi
export -f peer
export python here threads horizon azimuths
timed "$work/peer.txt" bash -c 'peer "$@"' peer "$work/inputs" "$work/peer"
rm -rf "$work/out" "$work/out.work"
timed "$work/ours.txt" "$solsite" run -q "$work/project.toml" --out "$work/out" --threads "$threads"

awk -v size="$size" -v threads="$threads" '
    { wall[FNR == NR] = $1; cpu[FNR == NR] = $2 + $3; mb[FNR == NR] = $4 / 1024 }
    END {
        printf "%d x %d cells, %d threads   wall s   CPU s   peak MB\n", size, size, threads
        printf "  peer_chain.py             %8.2f %7.2f %9.0f\n", wall[1], cpu[1], mb[1]
        printf "  solsite                   %8.2f %7.2f %9.0f\n", wall[0], cpu[0], mb[0]
        printf "  ratio                     %8.1f %7.1f %9.1f\n", wall[1] / wall[0], cpu[1] / cpu[0], mb[1] / mb[0]
    }' "$work/peer.txt" "$work/ours.txt"
"$python" -c "
import json
for stage, lap in json.load(open('$work/out/run.json'))['stages'].items():
    print(f'  {stage:<12} {lap[\"seconds\"]:8.3f} s')"
