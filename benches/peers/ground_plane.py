#!/usr/bin/env python3
"""Yields on the ground over the steps of a year: our kernel beside a loop fused by numba, on the same cells and steps.

  ground_plane.py [DEM.tif] [--inputs make_inputs.py]

The model of both: simplified Solis sky by height (AOD 0.15, 1.5 cm of water), Hay-Davies on the plane of the ground, Faiman at
20 C and 2 m/s, PVWatts direct current at -0.35 %/K; 12 mean days, hour by hour, the sun above 2 degrees. Ours takes the sky at
heights 500 m apart, the loop at 64 pressures. Prints million cells a second of processor time on one thread, and how far the
yields are apart. Needs rasterio, numpy, numba, pandas and pvlib; BENCH is the program of `cargo bench --bench ground_plane`, built
if it is not given.
"""
import argparse
import os
import resource
import subprocess
import sys
import tempfile

os.environ["NUMBA_NUM_THREADS"] = "1"
import numba as nb
import numpy as np
import pandas as pd
import pvlib
import rasterio

HERE = os.path.dirname(os.path.abspath(__file__))
MEAN_DAYS = (17, 47, 75, 105, 135, 162, 198, 228, 258, 288, 318, 344)
LOWEST_M, CLASS_M, CLASSES = 0.0, 500.0, 12
F = np.float32


def sun(lat=31.0, lon=104.0):
    start = pd.Timestamp("2023-01-01", tz="UTC")
    times = [start + pd.Timedelta(days=d - 1, hours=h - lon / 15) for d in MEAN_DAYS for h in range(4, 21)]
    position = pvlib.solarposition.get_solarposition(pd.DatetimeIndex(times), lat, lon)
    return position[position.apparent_elevation > 2]


def sky(position, extra, pressure):
    """DNI, GHI, DHI of every step (rows) and pressure (columns)."""
    out = np.empty((len(position), len(pressure), 3), F)
    for k, elevation in enumerate(position.apparent_elevation):
        light = pvlib.clearsky.simplified_solis(elevation, 0.15, 1.5, pressure, extra[k])
        out[k, :, 0], out[k, :, 1], out[k, :, 2] = light["dni"], light["ghi"], light["dhi"]
    return out


@nb.njit(fastmath=True)
def fused(z, east, north, to_sun, extra, table, out):
    for i in range(z.size):
        pressure = F(100.0) * ((F(44331.514) - z[i]) / F(11880.516)) ** F(5.2558774)
        q = min(max((pressure - F(50_000)) * F(63.0 / 53_000.0), F(0)), F(62.999))
        b = int(q)
        w = q - F(b)
        up = F(1) / np.sqrt(F(1) + east[i] * east[i] + north[i] * north[i])
        total = F(0)
        for k in range(to_sun.shape[0]):
            dni = table[k, b, 0] + w * (table[k, b + 1, 0] - table[k, b, 0])
            ghi = table[k, b, 1] + w * (table[k, b + 1, 1] - table[k, b, 1])
            dhi = table[k, b, 2] + w * (table[k, b + 1, 2] - table[k, b, 2])
            cosine = max(up * (to_sun[k, 2] - east[i] * to_sun[k, 0] - north[i] * to_sun[k, 1]), F(0))
            share = dni / extra[k]
            beside = cosine / max(to_sun[k, 2], F(0.01745))
            poa = dni * cosine + dhi * (share * beside + (F(1) - share) * F(0.5) * (F(1) + up)) \
                + ghi * F(0.125) * (F(1) - up)
            total += poa * F(0.001) * (F(1) - F(0.0035) * (poa / F(38.68) - F(5)))
        out[i] = total


def bench():
    program = os.environ.get("BENCH")
    if program:
        return program
    root = os.path.dirname(os.path.dirname(HERE))
    run = subprocess.run(["cargo", "bench", "--bench", "ground_plane", "--no-run"], cwd=root, check=True,
                         stderr=subprocess.PIPE, text=True)
    line = [line for line in run.stderr.splitlines() if "ground_plane" in line and "(" in line][-1]
    return os.path.join(root, line.split("(")[-1].rstrip(")"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dem", nargs="?")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        dem = chosen.dem
        if not dem:
            make = [sys.executable, os.path.join(HERE, "make_inputs.py"), "--size", "2048", "--out", folder]
            subprocess.run(make, check=True)
            dem = f"{folder}/dem.tif"
        with rasterio.open(dem) as source:
            z, cell_m = source.read(1).astype(F), source.transform.a
        north, east = (g.astype(F) for g in np.gradient(z, cell_m))
        north = -north
        cells = z.size // 16 * 16
        z, east, north = (np.ascontiguousarray(a.ravel()[:cells]) for a in (z, east, north))
        position = sun()
        extra = pvlib.irradiance.get_extra_radiation(position.index).to_numpy()
        zenith, azimuth = np.radians(position.apparent_zenith), np.radians(position.azimuth)
        to_sun = np.stack([np.sin(zenith) * np.sin(azimuth), np.sin(zenith) * np.cos(azimuth), np.cos(zenith)], 1).astype(F)
        heights = sky(position, extra, pvlib.atmosphere.alt2pres(LOWEST_M + CLASS_M * np.arange(CLASSES)))
        with open(f"{folder}/cells", "wb") as out:
            np.array([cells], "<u8").tofile(out)
            for values in (z, east, north):
                values.astype("<f4").tofile(out)
        with open(f"{folder}/steps", "wb") as out:
            np.array([len(position), CLASSES], "<u8").tofile(out)
            np.array([LOWEST_M, CLASS_M], "<f4").tofile(out)
            for c in range(CLASSES):
                light = [heights[:, c, 0], heights[:, c, 2], 1.0 / extra, np.full(len(position), 0.001)]
                np.column_stack([to_sun, *light]).astype("<f4").tofile(out)
        told = subprocess.run([bench(), f"{folder}/cells", f"{folder}/steps", f"{folder}/out"], check=True,
                              stdout=subprocess.PIPE, text=True).stdout
        ours = np.fromfile(f"{folder}/out", "<f4")
        table, theirs = sky(position, extra, np.linspace(50_000, 103_000, 64)), np.empty_like(z)
        fused(z[:16], east[:16], north[:16], to_sun, extra.astype(F), table, theirs[:16])
        before = resource.getrusage(resource.RUSAGE_SELF)
        fused(z, east, north, to_sun, extra.astype(F), table, theirs)
        after = resource.getrusage(resource.RUSAGE_SELF)
        peer = cells / (after.ru_utime - before.ru_utime) / 1e6
        print(f"{cells} cells, {len(position)} steps; numba, fused: {peer:.2f} Mpx/s")
        for name, speed in (line.split("\t") for line in told.splitlines() if "\t" in line):
            print(f"ours, {name}: {float(speed):.1f} Mpx/s, {float(speed) / peer:.1f} times")
        apart = np.abs(ours / theirs - 1.0)
        print(f"yields apart: mean {100 * apart.mean():.4f} %, most {100 * apart.max():.4f} %, "
              f"of the sum {100 * abs(ours.sum(dtype=float) / theirs.sum(dtype=float) - 1):.4f} %")


if __name__ == "__main__":
    main()
