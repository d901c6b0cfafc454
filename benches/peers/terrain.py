#!/usr/bin/env python3
"""Terrain kernels beside today's best packages, in one go on one input.

  terrain.py [DEM.tif] [--stages FOLDER]

Without a DEM, makes the fractal of 2048 x 2048 cells of 30 m that the peers' own numbers are of (make_inputs.py). Times are of the
processor, one thread each, the fastest run; ours are from `cargo bench --bench kernels`. Run with the Python of the peers:
PEERS_VENV is taken if the packages are not there. What is missing is said and left out. SOLSITE is the folder
where cargo finds the bench, if it is not this one's.
"""
import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.environ.get("SOLSITE", os.path.dirname(os.path.dirname(HERE)))
VENV = os.environ.get("PEERS_VENV", "")
try:
    import numpy as np
    import rasterio
except ModuleNotFoundError:
    python = os.path.join(VENV, "bin", "python")
    if os.environ.get("PEERS_TRIED") or not os.path.exists(python):
        sys.exit(f"numpy and rasterio are needed, here or in PEERS_VENV ({VENV})")
    os.execve(python, [python, *sys.argv], {**os.environ, "PEERS_TRIED": "1"})

# Our kernel, the peer's stage, and what it takes to run it.
STAGES = [
    ("slope_aspect", "slope_numba_fused", "numba"),
    ("slope_aspect", "slope_xrspatial", "xrspatial"),
    ("horizon_1az_flat", "horizon_numba_raymarch_1az_10km", "numba"),
    ("horizon_1az_flat", "horizon_numba_hull_1az_oblique", "numba"),
    ("horizon_1az_flat", "horizon_topocalc_1az", "topocalc"),
]


def dump(dem, size, path):
    """The format of benches/kernels.rs."""
    with open(path, "wb") as out:
        np.array(dem.shape, "<u8").tofile(out)
        np.array(size, "<f8").tofile(out)
        np.ascontiguousarray(dem, "<f4").tofile(out)


def read(path):
    """Elevations with NaN where there are none, and the size of a cell in metres."""
    with rasterio.open(path) as source:
        dem = source.read(1).astype(np.float32)
        if source.nodata is not None:
            dem[dem == np.float32(source.nodata)] = np.nan
        size = source.res
        if source.crs and source.crs.is_geographic:
            middle = np.radians((source.bounds.top + source.bounds.bottom) / 2)
            size = (size[0] * 111_320 * np.cos(middle), size[1] * 111_132)
    return dem, size


def ours(dump_path):
    """Million cells a second of every kernel of ours."""
    command = ["cargo", "bench", "--quiet", "--bench", "kernels", "--", dump_path]
    lines = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    return {name: float(value) for name, value in (line.split("\t") for line in lines if "\t" in line)}


def stage(folder, stages, name):
    """Million cells a second of a stage of stages.py, or a sentence on why there is none."""
    run = subprocess.run([sys.executable, os.path.join(stages, "stages.py"), folder, name, "--runs", "3"],
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if run.returncode != 0:
        return f"failed: {run.stderr.strip().splitlines()[-1][:90]}"
    # stage size threads wall_min wall_median cpu_median rss
    return float(run.stdout.strip().splitlines()[-1].split("\t")[5])


def gdaldem(path):
    """Seconds of the processor of gdaldem slope and gdaldem aspect together, as programs, uncompressed output."""
    total = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for mode in ("slope", "aspect"):
            best = np.inf
            for _ in range(3):
                before = resource.getrusage(resource.RUSAGE_CHILDREN)
                try:
                    subprocess.run(["gdaldem", mode, "-q", "-co", "TILED=YES", path, f"{folder}/{mode}.tif"], check=True)
                except FileNotFoundError:
                    return "missing: gdaldem is not installed"
                after = resource.getrusage(resource.RUSAGE_CHILDREN)
                best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
            total += best
    return total


def module_there(name):
    return subprocess.run([sys.executable, "-c", f"import {name}"], stderr=subprocess.DEVNULL, check=False).returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dem", nargs="?")
    parser.add_argument("--stages", default=os.path.join(ROOT, "..", "shared", "peers"), help="folder of stages.py and make_inputs.py")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if chosen.dem:
            os.symlink(os.path.abspath(chosen.dem), f"{folder}/dem.tif")
        else:
            make = os.path.join(chosen.stages, "make_inputs.py")
            subprocess.run([sys.executable, make, "--size", "2048", "--out", folder], check=True)
        dem, size = read(f"{folder}/dem.tif")
        dump(dem, size, f"{folder}/dem.bin")
        print(f"input: {chosen.dem or 'fractal'}, {dem.shape[0]} x {dem.shape[1]} cells of {size[0]:.1f} x {size[1]:.1f} m")
        started = time.time()
        mine = ours(f"{folder}/dem.bin")
        for name, speed in mine.items():
            print(f"ours   {name:38s} {speed:9.1f} Mpx/s")
        rows = []
        for kernel, name, needs in STAGES:
            found = f"missing: {needs} is not installed" if not module_there(needs) else stage(folder, chosen.stages, name)
            rows.append((kernel, name, found))
        rows.append(("slope_aspect", "gdaldem slope + aspect (programs)", gdaldem(f"{folder}/dem.tif")))
        print(f"\n{'peer':40s} {'Mpx/s':>9s} {'ours':>9s} {'ratio':>7s}   (processor time, one thread)")
        for kernel, name, found in rows:
            if isinstance(found, str):
                print(f"{name:40s} {found}")
            else:
                speed = dem.size / found / 1e6
                print(f"{name:40s} {speed:9.2f} {mine[kernel]:9.1f} {mine[kernel] / speed:6.1f}x")
        print(f"\n{time.time() - started:.0f} s, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")


if __name__ == "__main__":
    main()
