"""Sums, time offsets and monthly means of the real weather files, by a program that shares no code with solsite.

Reads ../shared/realdata, writes tests/vectors/weather_sums.json. The sun is NREL's SPA as of pvlib, in 2023 as there.

    pip install numpy pandas pvlib
    python tests/reference/weather_sums.py
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pvlib

DATA = Path(__file__).resolve().parents[2] / "../shared/realdata"
OUT = Path(__file__).resolve().parents[1] / "vectors/weather_sums.json"
EPW = DATA / "solar/tmy_45.000_8.000_2005_2023.epw"
PVGIS = DATA / "solar/pvgis_tmy_test.csv"
TRY = DATA / "aachen/TRY2015_507755060854_Jahr.dat"
REACH_MIN = 120


def zenith_deg(times, latitude, longitude, elevation):
    frame = pvlib.solarposition.get_solarposition(times, latitude, longitude, altitude=elevation)
    return frame["zenith"].to_numpy()


def kwh(values):
    return float(np.sum(values) / 1000.0)


def sums(ghi, dni, dhi):
    return {"ghi_kwh_per_m2": kwh(ghi), "dni_kwh_per_m2": kwh(dni), "dhi_kwh_per_m2": kwh(dhi)}


def fit(times, ghi, dni, dhi, place):
    """Minutes from `times` at which the components close best, and the misfits there and at 0."""

    def rms(minutes):
        cosine = np.cos(np.radians(zenith_deg(times + pd.Timedelta(minutes=minutes), *place))).clip(min=0.0)
        return float(np.sqrt(np.mean((ghi - dni * cosine - dhi)[ghi > 0.0] ** 2)))

    misfits = {minutes: rms(minutes) for minutes in range(-REACH_MIN, REACH_MIN + 1, 5)}
    coarse = min(misfits, key=misfits.get)
    misfits |= {minutes: rms(minutes) for minutes in range(coarse - 5, coarse + 6)}
    best = min(misfits, key=misfits.get)
    return {"offset_min": best, "rms_w_per_m2": misfits[best], "rms_as_declared_w_per_m2": misfits[0]}


def means(months, hours, columns):
    """Means of July by hour of the file's clock."""
    july = months == 7
    return {name: [float(values[july & (hours == hour)].mean()) for hour in range(24)] for name, values in columns.items()}


def epw():
    table = pd.read_csv(EPW, skiprows=8, header=None)
    ghi, dni, dhi = (table[i].to_numpy(float) for i in (13, 14, 15))
    # Hours name their end, in the zone of the first line.
    middles = pd.date_range("2023-01-01 00:30", periods=8760, freq="h", tz="Etc/GMT-1")
    return sums(ghi, dni, dhi) | fit(middles, ghi, dni, dhi, (45.0, 8.0, 250.0))


def pvgis():
    table = pd.read_csv(PVGIS)
    ghi, dni, dhi = (table[name].to_numpy(float) for name in ("G(h)", "Gb(n)", "Gd(h)"))
    instants = pd.date_range("2023-01-01 00:00", periods=8760, freq="h", tz="UTC")
    columns = {"dni_w_per_m2": dni, "dhi_w_per_m2": dhi, "air_temperature_c": table["T2m"].to_numpy(float)}
    columns["wind_speed_m_per_s"] = table["WS10m"].to_numpy(float)
    found = sums(ghi, dni, dhi) | fit(instants, ghi, dni, dhi, (45.0, 8.0, 250.0))
    return found | {"july_by_utc_hour": means(instants.month.to_numpy(), instants.hour.to_numpy(), columns)}


def try_dwd():
    names = "RW HW MM DD HH t p WR WG N x RF B D A E IL".split()
    lines = TRY.read_text(encoding="latin-1").splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("***")) + 1
    table = pd.DataFrame([line.split() for line in lines[start:] if line.strip()], columns=names)
    direct, dhi = table["B"].to_numpy(float), table["D"].to_numpy(float)
    middles = pd.date_range("2023-01-01 00:30", periods=8760, freq="h", tz="Etc/GMT-1")
    zenith = zenith_deg(middles, 50.7755, 6.0854, 171.0)
    # None where the sun is lower than 2°, and no more than the solar constant.
    cosine = np.cos(np.radians(zenith))
    dni = np.where(zenith <= 88.0, np.minimum(direct / np.maximum(cosine, 0.03), 1366.1), 0.0)
    return sums(direct + dhi, dni, dhi)


found = {"pvlib": pvlib.__version__, "epw": epw(), "pvgis_tmy": pvgis(), "try_dwd": try_dwd()}
OUT.write_text(json.dumps(found, indent=1) + "\n")
