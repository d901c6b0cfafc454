#!/usr/bin/env python3
"""How near our skylines, and topocalc's, are to a fine march over the bilinear surface.

  skylines.py DEM.tif [--crop 512]

Takes the middle CROP x CROP cells with 10 km around them where there are, marches from every 7th cell in steps of a tenth of a cell
over the surface that is bilinear between cell centres, and prints how far the angles are off: degrees, over all azimuths (16) and
cells. topocalc has no limit of reach: it is run on a window cut to the same surroundings and sees farther at most there.
Needs numba, rasterio, numpy; topocalc is left out, and said so, where it is missing.
"""
import argparse
import math
import subprocess
import tempfile

import numba as nb
import numpy as np

from terrain import ROOT, dump, read

REACH_M = 10_000.0
AZIMUTHS = np.arange(16) * 22.5


@nb.njit(parallel=True)
def march(dem, dx, dy, azimuth_deg, at, reach_m):
    """Tangents by steps of a tenth of the smaller cell size, double precision."""
    found = np.zeros(len(at))
    step = 0.1 * min(dx, dy)
    sin, cos = math.sin(math.radians(azimuth_deg)), math.cos(math.radians(azimuth_deg))
    rows, cols = dem.shape
    for k in nb.prange(len(at)):
        row, col = at[k]
        own = dem[row, col]
        best = 0.0
        for n in range(1, int(reach_m / step) + 1):
            d = n * step
            y, x = row - d * cos / dy, col + d * sin / dx
            i, j = int(math.floor(y + 1e-9)), int(math.floor(x + 1e-9))
            v, u = max(y - i, 0.0), max(x - j, 0.0)
            if i < 0 or j < 0 or i + 1 >= rows or j + 1 >= cols:
                break
            z = (dem[i, j] * (1 - u) + dem[i, j + 1] * u) * (1 - v) + (dem[i + 1, j] * (1 - u) + dem[i + 1, j + 1] * u) * v
            best = max(best, (z - own) / d)
        found[k] = own * 0 + best
    return found


def told(name, off):
    off = np.abs(off[np.isfinite(off)])
    marks = " ".join(f"p{q} {np.percentile(off, q):.4f}" for q in (50, 90, 99))
    print(f"{name:10s} mean {off.mean():.4f} {marks} max {off.max():.3f} deg over {off.size} skylines", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dem")
    parser.add_argument("--crop", type=int, default=512)
    chosen = parser.parse_args()
    dem, (dx, dy) = read(chosen.dem)
    halo = [math.ceil(REACH_M / size) + 1 for size in (dy, dx)]
    sides = []
    for length, around in zip(dem.shape, halo):
        first = max((length - chosen.crop) // 2, 0)
        last = min(first + chosen.crop, length)
        start = max(first - around, 0)
        sides.append((start, min(last + around, length), first - start, last - start))
    window = np.ascontiguousarray(dem[sides[0][0]:sides[0][1], sides[1][0]:sides[1][1]])
    grid = np.mgrid[sides[0][2]:sides[0][3]:7, sides[1][2]:sides[1][3]:7].reshape(2, -1).T.copy()
    with tempfile.TemporaryDirectory() as folder:
        dump(window, (dx, dy), f"{folder}/dem.bin")
        subprocess.run(["cargo", "bench", "--quiet", "--bench", "kernels", "--", f"{folder}/dem.bin", f"{folder}/out.bin"],
                       cwd=ROOT, check=True)
        ours = np.fromfile(f"{folder}/out.bin", "<f4").reshape(16, *window.shape)
    degrees = lambda tangent: np.degrees(np.arctan(tangent))  # noqa: E731
    fine = [degrees(march(window.astype(float), dx, dy, azimuth, grid, REACH_M)) for azimuth in AZIMUTHS]
    told("ours", np.array([degrees(ours[n][tuple(grid.T)]) - fine[n] for n in range(16)]))
    try:
        from topocalc.horizon import horizon
    except ModuleNotFoundError:
        print("missing: topocalc is not installed")
        return
    if abs(dx / dy - 1) > 0.01 or not np.isfinite(window).all():
        print("left out: topocalc takes square cells without gaps only")
        return
    off = []
    for n, azimuth in enumerate(AZIMUTHS):
        # Its azimuths run from south, counter-clockwise; it gives the cosine of the angle from the zenith.
        cosine = horizon((180.0 - azimuth + 180.0) % 360.0 - 180.0, window.astype(float), dx)
        off.append(np.degrees(np.arcsin(np.clip(cosine[tuple(grid.T)], 0, 1))) - fine[n])
    told("topocalc", np.array(off))


if __name__ == "__main__":
    main()
