"""Counts of available cells on the Aachen data, by programs that share no code with solsite.

Reads ../shared/realdata/aachen, writes tests/vectors/aachen.json. Cells by centre with shapely, distances between cell
centres with scipy, distances to geometry with shapely, components with scipy, terrain with gdalwarp and gdaldem.

    pip install numpy scipy shapely pyproj rasterio geopandas pyogrio
    python tests/reference/aachen.py
"""

import json
import subprocess
import tempfile
from pathlib import Path

import geopandas
import numpy as np
import rasterio
import scipy
import scipy.ndimage as ndi
import shapely
from rasterio.windows import from_bounds

DATA = Path(__file__).resolve().parents[2] / "../shared/realdata/aachen"
OUT = Path(__file__).resolve().parents[1] / "vectors/aachen.json"
CELL = 100.0
EXTENT = (4037300.0, 3049300.0, 4067700.0, 3100200.0)
ROWS, COLS = 509, 304

xs = EXTENT[0] + (np.arange(COLS) + 0.5) * CELL
ys = EXTENT[3] - (np.arange(ROWS) + 0.5) * CELL
X, Y = np.meshgrid(xs, ys)


def layer(name, where=None):
    return geopandas.read_file(DATA / name, where=where).to_crs(3035).geometry.values


def inside(shapes):
    union = shapely.union_all(shapely.make_valid(shapes))
    shapely.prepare(union)
    return shapely.contains_xy(union, X, Y)


def within(shapes, metres):
    """Cell centres at most so far from a geometry."""
    parts = shapely.get_parts(shapes)
    tree = shapely.STRtree(parts)
    points = shapely.points(X.ravel(), Y.ravel())
    found, _ = tree.query(points, predicate="dwithin", distance=metres)
    mask = np.zeros(X.size, bool)
    mask[found] = True
    return mask.reshape(X.shape)


def band(name, margin_cells=0):
    """A band on the grid, with a margin around it; 255 where it has no value."""
    with rasterio.open(DATA / name) as source:
        m = margin_cells * CELL
        bounds = (EXTENT[0] - m, EXTENT[1] - m, EXTENT[2] + m, EXTENT[3] + m)
        window = from_bounds(*bounds, transform=source.transform).round_offsets().round_lengths()
        return source.read(1, window=window, boundless=True, fill_value=255)


def near_class(codes, metres):
    """Cells whose centre is at most so far from the centre of a cell of these classes, also from beyond the grid."""
    m = int(metres // CELL) + 2
    member = np.isin(band("clc-aachen_clipped.tif", m), codes)
    distance = ndi.distance_transform_edt(~member, sampling=CELL)
    return (distance <= metres)[m:-m, m:-m]


# The footprint of a grid cell on the DEM, as solsite measures it over the whole grid and records it in its manifest.
# gdalwarp takes the ratio of the windows it happens to read instead, which differs by some percent.
STATED_SCALE = ["-wo", "XSCALE=0.35302185515789025", "-wo", "YSCALE=0.5563079106160883", "-wo", "SOURCE_EXTRA=20"]


def slopes(options):
    """Slope of the DEM warped to the grid, by GDAL's own programs."""
    with tempfile.TemporaryDirectory() as folder:
        dem, slope = f"{folder}/dem.tif", f"{folder}/slope.tif"
        # One cell more on every side: gdaldem gives no slope at the edge.
        extent = [EXTENT[0] - CELL, EXTENT[1] - CELL, EXTENT[2] + CELL, EXTENT[3] + CELL]
        warp = ["gdalwarp", "-q", "-et", "0", "-r", "bilinear", "-t_srs", "EPSG:3035", "-tr", "100", "100", *options, "-te"]
        subprocess.run([*warp, *map(str, extent), DATA / "elevation.tif", dem], check=True)
        subprocess.run(["gdaldem", "slope", "-q", dem, slope], check=True)
        with rasterio.open(slope) as source:
            return source.read(1, masked=True).filled(np.nan)[1:-1, 1:-1]


region = inside(layer("aachenShapefile.shp"))
clc = band("clc-aachen_clipped.tif")
roads_prior = band("roads_prior_clip.tif")
motorways = layer("aachenRoads.shp", "type = 'motorway'")
major = layer("aachenRoads.shp", "type='motorway' OR type='primary' OR type='trunk'")
cdda = layer("CDDA_aachenClipped.shp", "YEAR>2000")
natura = layer("Natura2000_aachenClipped.shp")

excluded = {
    "class_12": clc == 12,
    "classes_5_to_12": (clc >= 5) & (clc <= 12),
    "urban_1000m": near_class([1, 2], 1000.0),
    "cdda": inside(cdda),
    "cdda_400m": within(cdda, 400.0),
    "natura_250m": within(natura, 250.0),
    "roads_band": roads_prior <= 5,
    "motorway_200m": within(motorways, 200.0),
    "motorway_1000m": within(motorways, 1000.0),
    "beyond_motorway_5000m": ~within(motorways, 5000.0),
    "major_roads_200m": within(major, 200.0),
    "sample_set": np.isin(clc, range(12, 23)) | near_class([1, 2], 1000.0) | within(major, 200.0),
}
free = region & ~excluded["roads_band"]
labels, n = ndi.label(free, structure=np.ones((3, 3)))
sizes = np.bincount(labels.ravel())[1:]


def of_slope(slope):
    known = region & ~np.isnan(slope)
    places = [(r, c) for r in range(40, 500, 60) for c in range(60, 290, 70) if known[r, c]]
    return {
        "mean_deg": float(slope[known].mean()),
        "cells_above_deg": {str(t): int((slope[known] > t).sum()) for t in (2, 5, 10, 15, 20)},
        "deg_at_row_col": {f"{r},{c}": round(float(slope[r, c]), 5) for r, c in places},
        "unknown_cells": int((region & np.isnan(slope)).sum()),
    }


result = {
    "_generator": "tests/reference/aachen.py",
    "_versions": {
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "shapely": shapely.__version__,
        "rasterio": rasterio.__version__,
        "gdal programs": subprocess.run(["gdalinfo", "--version"], capture_output=True, text=True).stdout.strip(),
    },
    "region_cells": int(region.sum()),
    "excluded_cells": {name: int((mask & region).sum()) for name, mask in excluded.items()},
    "roads_band_min_1200ha_cells": int(sizes[sizes >= 1200].sum()),
    "slope_by_stated_scale": of_slope(slopes(STATED_SCALE)),
    "slope_by_default": of_slope(slopes([])),
}
OUT.write_text(json.dumps(result, indent=1) + "\n")
print(json.dumps(result, indent=1))
