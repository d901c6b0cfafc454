#!/usr/bin/env python3
"""Mining subsidence of many panels over a grid, as a careful user of numpy and scipy would compute it, and inputs to time it on.

  subsidence.py make DIR --panels 2000 --cells 4000 [--cell-size-m 30] [--seed 1]
  subsidence.py run DIR [--way products|points] [--rows N] [--block-cells N] [--out FILE.npy]
  subsidence.py compare A.tif B.npy
  subsidence.py check

make writes DIR/panels.gpkg and DIR/like.tif, the same for the same choices. run adds up subsidence, its derivatives, displacement
and strain of all panels after movement has ended, then takes principal values; times are of the processor, one thread. --rows
keeps to the first rows. The cells in a panel's bounding box grown by 3 radii are taken in blocks; pieces of edges farther than
3 radii from a block are left out or taken by their exact term. The ways differ in what is done with the nodes of near pieces:
  products  exp and erf of each node and column, and each node and row, as cells lie on a grid; products of matrices make the sums
  points    exp and erf of each node and cell, which would do for points anywhere
compare prints the largest difference of subsidence; check, of both ways from tests/vectors/a_subsidence.json.
"""
import argparse
import json
import math
import os
import pathlib
import time
from types import SimpleNamespace

# One thread; and a fixed date of change makes the GeoPackage the same each time.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", OGR_CURRENT_DATE="2025-01-01T00:00:00.000Z")

import geopandas  # noqa: E402
import numpy as np  # noqa: E402
import rasterio  # noqa: E402
import shapely  # noqa: E402
from scipy.special import erf  # noqa: E402
from shapely.affinity import rotate, translate  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
GRID = {"driver": "GTiff", "dtype": "float32", "count": 1, "crs": "EPSG:32650",
        "tiled": True, "blockxsize": 256, "blockysize": 256, "compress": "deflate"}
WEST_M, NORTH_M = 400_000.0, 4_000_000.0
MOST_TRIES = 500
REACH_RADII = 3.0
NODES, WEIGHTS = (column[:, None] for column in np.polynomial.legendre.leggauss(8))
SUMS = ("W", "ix", "iy", "Kxx", "Kyy", "Kxy", "Ux", "Uy", "exx", "eyy", "exy")


def laid_out(rng, count):
    """Parallel rectangles beside each other, turned, about the origin [m]."""
    width_m, length_m, pillar_m, angle_deg = rng.uniform((180, 600, 20, 0), (300, 1800, 40, 180))
    for n in range(count):
        half_m, shift_m = np.clip(length_m * rng.uniform(0.9, 1.1), 600, 1800) / 2, rng.uniform(-60, 60)
        low_m = (n - count / 2) * (width_m + pillar_m)
        yield rotate(shapely.box(shift_m - half_m, low_m, shift_m + half_m, low_m + width_m), angle_deg, origin=(0, 0))


def place(rng, hull, taken, side_m):
    """Where to move a group so that it is within the grid and, if room is found, clear of those before it [m]."""
    reach_m = np.abs(shapely.get_coordinates(hull)).max(axis=0) + 100.0
    spare_m = np.maximum(side_m / 2 - reach_m, 0.0)
    for _ in range(MOST_TRIES):
        dx, dy = rng.uniform(-spare_m, spare_m) + (WEST_M + side_m / 2, NORTH_M - side_m / 2)
        if not any(shapely.intersects(translate(hull, dx, dy), taken)):
            break
    return dx, dy


def mined(rng, count):
    """Attributes of the panels of a group, mined one after the other."""
    names = ("thickness_m", "depth_m", "q", "tan_beta", "b")
    common = rng.uniform((2.2, 220, 0.6, 1.8, 0.25), (5.8, 580, 0.85, 2.4, 0.32))
    end = np.datetime64("2005-06-01") + int(rng.integers(0, 365 * 11))
    for _ in range(count):
        own = (common + rng.uniform(-1, 1) * np.array([0.2, 20, 0, 0, 0])).round(3)
        start, last = end - int(rng.integers(120, 420)), min(end, np.datetime64("2024-12-31"))
        yield {**dict(zip(names, own)), "dip_deg": 0.0, "offset_m": 0.0, "start": str(start), "end": str(last)}
        end = end + int(rng.integers(120, 300))


def make(chosen):
    rng, cells = np.random.default_rng(chosen.seed), chosen.cells
    rows, outlines, taken = [], [], []
    while len(rows) < chosen.panels:
        count = min(int(rng.integers(3, 11)), chosen.panels - len(rows))
        boxes = list(laid_out(rng, count))
        hull = shapely.convex_hull(shapely.union_all(boxes))
        dx, dy = place(rng, hull, taken, cells * chosen.cell_size_m)
        taken.append(translate(hull, dx, dy))
        outlines += [shapely.set_precision(translate(box, dx, dy), 0.01) for box in boxes]
        rows += mined(rng, count)
    os.makedirs(chosen.dir, exist_ok=True)
    # Written over, a GeoPackage would keep some of its past.
    pathlib.Path(chosen.dir, "panels.gpkg").unlink(missing_ok=True)
    geopandas.GeoDataFrame(rows, geometry=outlines, crs=GRID["crs"]).to_file(f"{chosen.dir}/panels.gpkg", layer="panels")
    transform = rasterio.transform.from_origin(WEST_M, NORTH_M, chosen.cell_size_m, chosen.cell_size_m)
    with rasterio.open(f"{chosen.dir}/like.tif", "w", width=cells, height=cells, transform=transform, **GRID) as out:
        out.write(np.zeros((cells, cells), np.float32), 1)


def prepared(polygon, full_subsidence_m, radius_m, displacement_factor):
    """A panel with its edges in pieces of at most one radius, itself on their left."""
    pieces = []
    for part in shapely.get_parts(shapely.orient_polygons(polygon)):
        for ring in (part.exterior, *part.interiors):
            corners = shapely.get_coordinates(ring)
            for start, end in zip(corners, corners[1:]):
                cuts = np.linspace(start, end, math.ceil(math.dist(start, end) / radius_m) + 1)
                pieces.append(np.stack([cuts[:-1], cuts[1:]]))
    starts_m, ends_m = np.concatenate(pieces, axis=1)
    return SimpleNamespace(full_subsidence_m=full_subsidence_m, radius_m=radius_m, displacement_factor=displacement_factor,
                           starts_m=starts_m, ends_m=ends_m)


def by_products(u, v, du, dv):
    """The first six of SUMS over W0, from nodes seen from columns (u) and rows (v), and shares of the edge; lengths in radii."""
    along, across = np.exp(-math.pi * u * u), np.exp(-math.pi * v * v)
    level = across.T @ np.stack([0.5 * erf(math.sqrt(math.pi) * u) * dv, -along * dv, along * du, -2 * math.pi * u * along * dv])
    bent = (v * across).T @ np.stack([2 * math.pi * along * du, -2 * math.pi * along * dv])
    return np.concatenate([level, bent])


def by_points(u, v, du, dv):
    """The same, every node from every cell by itself."""
    shape = 6, v.shape[1], u.shape[1]
    u, v, du, dv = np.tile(u, (1, shape[1])), np.repeat(v, shape[2], axis=1), du.T, dv.T
    weighted = np.exp(-math.pi * (u * u + v * v))
    aside = v * weighted
    rows = [0.5 * dv @ (erf(math.sqrt(math.pi) * u) * np.exp(-math.pi * v * v)), -dv @ weighted, du @ weighted,
            -2 * math.pi * dv @ (u * weighted), 2 * math.pi * du @ aside, -2 * math.pi * dv @ aside]
    return np.concatenate(rows).reshape(shape)


# With the sides of blocks that are fastest on cells of 30 m.
WAYS = {"products": (by_products, 256), "points": (by_points, 16)}


def trough(panel, x_m, y_m, way):
    """What a panel makes of a block of columns and rows: all of SUMS."""
    r, full, starts, ends = panel.radius_m, panel.full_subsidence_m, panel.starts_m, panel.ends_m
    low, high = np.minimum(starts, ends) - REACH_RADII * r, np.maximum(starts, ends) + REACH_RADII * r
    east, west = low[:, 0] > x_m.max(), high[:, 0] < x_m.min()
    beside = (low[:, 1] > y_m.max()) | (high[:, 1] < y_m.min())
    near, far = ~(beside | east | west), ~beside & (east | west)
    found = np.zeros((6, len(y_m), len(x_m)))
    if near.any():
        middle, half = (starts[near, None] + ends[near, None]) / 2, (ends[near, None] - starts[near, None]) / 2
        at_m = (middle + NODES * half).reshape(-1, 2)
        du, dv = np.hsplit((WEIGHTS * half / r).reshape(-1, 2), 2)
        found = WAYS[way][0]((at_m[:, :1] - x_m) / r, (at_m[:, 1:] - y_m) / r, du, dv)
    if far.any():
        # Far ahead or behind, only how much of the ordinate a piece spans counts.
        first, last = (erf(math.sqrt(math.pi) * (side[far, 1:] - y_m) / r) for side in (starts, ends))
        found[0] += (np.where(east[far], 0.25, -0.25) @ (last - first))[:, None]
    found *= np.array([full, full / r, full / r, *[full / r**2] * 3])[:, None, None]
    return np.concatenate([found, panel.displacement_factor * r * found[1:]])


def principal(xx, yy, xy):
    mean, radius = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    return mean + radius, mean - radius


def window(panel, grid, rows):
    """Ranges of the rows and columns of the cells within reach, of the grid's first rows."""
    west, south = panel.starts_m.min(axis=0) - REACH_RADII * panel.radius_m
    east, north = panel.starts_m.max(axis=0) + REACH_RADII * panel.radius_m
    (dx_m, dy_m), left, top = grid.res, grid.bounds.left, grid.bounds.top
    row, last_row = math.ceil((top - north) / dy_m - 0.5), math.ceil((top - south) / dy_m - 0.5)
    col, last_col = math.ceil((west - left) / dx_m - 0.5), math.ceil((east - left) / dx_m - 0.5)
    return range(max(row, 0), min(last_row, rows)), range(max(col, 0), min(last_col, grid.width))


def sums(panels, grid, rows, way, side):
    """SUMS over the grid's first rows, by blocks of so many cells a side."""
    x_m = grid.bounds.left + (np.arange(grid.width) + 0.5) * grid.res[0]
    y_m = grid.bounds.top - (np.arange(rows) + 0.5) * grid.res[1]
    total = np.zeros((len(SUMS), rows, grid.width))
    for panel in panels:
        down, along = window(panel, grid, rows)
        for i in down[::side]:
            for j in along[::side]:
                block = slice(i, min(i + side, down.stop)), slice(j, min(j + side, along.stop))
                total[:, block[0], block[1]] += trough(panel, x_m[block[1]], y_m[block[0]], way)
    return total


def worst(total):
    """The steepest tilt, and principal curvatures and strains."""
    found = np.empty((5, *total.shape[1:]), np.float32)
    # A few rows at a time, which stay in the cache.
    for part, out in ((total[:, i:i + 16], found[:, i:i + 16]) for i in range(0, total.shape[1], 16)):
        out[0] = np.hypot(part[1], part[2])
        out[1:3], out[3:5] = principal(*part[3:6]), principal(*part[8:11])
    return found


def read(folder):
    table = geopandas.read_file(f"{folder}/panels.gpkg", layer="panels")
    if table[["dip_deg", "offset_m"]].to_numpy().any():
        raise SystemExit("left out: panels with dips or offsets")
    panels = [prepared(row.geometry, row.thickness_m * row.q, row.depth_m / row.tan_beta, row.b) for row in table.itertuples()]
    with rasterio.open(f"{folder}/like.tif") as grid:
        return panels, grid


def timed(task, *given):
    begun = time.process_time()
    return task(*given), time.process_time() - begun


def run(chosen):
    (panels, grid), reading_s = timed(read, chosen.dir)
    rows = min(chosen.rows or grid.height, grid.height)
    total, sums_s = timed(sums, panels, grid, rows, chosen.way, chosen.block_cells or WAYS[chosen.way][1])
    _, worst_s = timed(worst, total)
    pairs, whole = (sum(math.prod(map(len, window(panel, grid, n))) for panel in panels) for n in (rows, grid.height))
    print(f"{chosen.way}: {len(panels)} panels, {rows} of {grid.height} rows of {grid.width} cells; reading {reading_s:.2f} s")
    print(f"sums {sums_s:.2f} s, principal values {worst_s:.2f} s, both {sums_s + worst_s:.2f} s")
    print(f"{pairs} pairs of cell and panel, {pairs / sums_s:.3e} pairs/s in the sums, {pairs / (sums_s + worst_s):.3e} in both")
    print(f"whole grid: {whole} pairs, {sums_s * whole / max(pairs, 1) + worst_s * grid.height / rows:.2f} s for both")
    if chosen.out:
        np.save(chosen.out, total[0])


def compare(chosen):
    theirs = np.load(chosen.npy)
    with rasterio.open(chosen.tif) as source:
        ours = source.read(1, window=((0, theirs.shape[0]), (0, theirs.shape[1])), masked=True).astype(float).filled(np.nan)
    missing = np.isnan(ours)
    off = np.where(missing, 0.0, np.abs(ours - theirs))
    row, col = np.unravel_index(off.argmax(), off.shape)
    print(f"largest difference {off.max():.3e} m, at row {row} and column {col}; largest subsidence {theirs.max():.3f} m")
    print(f"{missing.sum()} cells of nodata, the peer's subsidence there at most {theirs[missing].max(initial=0.0):.3e} m")


def check(_):
    with open(f"{ROOT}/tests/vectors/a_subsidence.json") as source:
        given = json.load(source)["polygons"]
    panels = [prepared(shapely.Polygon(given[shape]), *(given[values][name] for name in ("W0", "r", "b")))
              for shape, values in (("L_shape", "L_params"), ("triangle", "tri_params"))]
    names = "W ix iy kxx kyy kxy ux uy exx eyy gxy W_L W_tri eps1 eps2".split()
    for way in WAYS:
        off = np.zeros(len(names))
        for case in given["cases"]:
            alone = [trough(panel, np.array([case["x"]]), np.array([case["y"]]), way).ravel() for panel in panels]
            total = sum(alone)
            found = [*total[:10], 2 * total[10], alone[0][0], alone[1][0], *principal(*total[8:])]
            off = np.maximum(off, np.abs(np.subtract(found, [{**case, **case["sum"]}[name] for name in names])))
        print(f"{way}: largest {off.max():.1e};", " ".join(f"{name} {value:.1e}" for name, value in zip(names, off)))
        if off.max() > 1e-9:
            raise SystemExit("too far off")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    tasks = parser.add_subparsers(required=True, metavar="make|run|compare|check")
    for task, places in ((make, ["dir"]), (run, ["dir"]), (compare, ["tif", "npy"]), (check, [])):
        tasks.add_parser(task.__name__).set_defaults(task=task)
        for place in places:
            tasks.choices[task.__name__].add_argument(place)
    for name, value in (("panels", 2000), ("cells", 4000), ("cell-size-m", 30.0), ("seed", 1)):
        tasks.choices["make"].add_argument(f"--{name}", type=type(value), default=value)
    tasks.choices["run"].add_argument("--way", choices=WAYS, default="products")
    for name, kind in (("rows", int), ("block-cells", int), ("out", str)):
        tasks.choices["run"].add_argument(f"--{name}", type=kind)
    chosen = parser.parse_args()
    chosen.task(chosen)


if __name__ == "__main__":
    main()
