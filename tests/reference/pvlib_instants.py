"""Numbers of pvlib for single instants, beyond those of tests/vectors/c1 to c3.

Writes tests/vectors/pvlib_instants.json: simplified Solis, tracker on slopes, diffuse incidence angle modifiers, inverter,
infinite rows, parts of the sky models, air. Made with Python 3.11, pvlib 0.16.1, numpy 2.4.6, pandas 3.1.1.

    pip install pvlib
    python tests/reference/pvlib_instants.py
"""

import itertools
import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pvlib
from pvlib import atmosphere, clearsky, iam, inverter, irradiance, tracking
from pvlib.bifacial import infinite_sheds
from pvlib.bifacial import utils as rows

warnings.filterwarnings("ignore")
OUT = Path(__file__).resolve().parents[1] / "vectors/pvlib_instants.json"


def number(x):
    return float(np.ravel(x)[0])


def solis():
    cases = itertools.product((60.0, 25.0, 4.0), ((0.1, 1.0), (0.02, 0.1), (0.4, 4.0)), (101325.0, 84350.0))
    for elevation, (aod700, water), pressure in cases:
        o = clearsky.simplified_solis(elevation, aod700, water, pressure, 1361.0)
        yield dict(elevation=elevation, aod700=aod700, water_cm=water, pressure_pa=pressure, i0=1361.0,
                   **{k: number(o[k]) for k in ("ghi", "dni", "dhi")})


def air():
    for elevation in (0.0, 171.0, 1520.0, 4500.0):
        yield dict(elevation_m=elevation, pressure_pa=number(atmosphere.alt2pres(elevation)))


def air_mass():
    for zenith in (0.0, 40.0, 75.0, 88.0, 90.0):
        yield dict(zenith=zenith, relative=number(atmosphere.get_relative_airmass(zenith)))


def slopes():
    for slope_azimuth, slope_tilt, axis_azimuth in itertools.product((0.0, 75.0, 200.0), (0.0, 5.0, 18.0), (180.0, 155.0)):
        axis_tilt = tracking.calc_axis_tilt(slope_azimuth, slope_tilt, axis_azimuth)
        cross = tracking.calc_cross_axis_tilt(slope_azimuth, slope_tilt, axis_azimuth, axis_tilt)
        yield dict(slope_azimuth=slope_azimuth, slope_tilt=slope_tilt, axis_azimuth=axis_azimuth,
                   axis_tilt=number(axis_tilt), cross_axis_tilt=number(cross))


def trackers():
    suns = ((80.0, 85.0), (60.0, 110.0), (20.0, 190.0), (70.0, 255.0), (88.0, 290.0))
    mounts = ((0.0, 180.0, 4.0), (0.0, 180.0, -6.0), (5.0, 180.0, 0.0), (-7.0, 155.0, 3.0), (12.0, 20.0, -9.0))
    for (zenith, azimuth), (tilt, axis_azimuth, cross), back in itertools.product(suns, mounts, (True, False)):
        o = tracking.singleaxis(zenith, azimuth, tilt, axis_azimuth, 55.0, back, 0.4, cross)
        yield dict(zenith=zenith, azimuth=azimuth, axis_tilt=tilt, axis_azimuth=axis_azimuth, cross_axis_tilt=cross,
                   backtrack=back, max=55.0, gcr=0.4, theta=number(o["tracker_theta"]), tilt=number(o["surface_tilt"]),
                   surf_az=number(o["surface_azimuth"]), aoi=number(o["aoi"]))


def diffuse_modifiers():
    for tilt in (0.0, 20.0, 45.0, 90.0, 135.0):
        martin = iam.martin_ruiz_diffuse(tilt)
        row = dict(tilt=tilt, martin_ruiz=[number(martin["sky"]), number(martin["ground"])])
        for model, more in (("physical", {}), ("ashrae", {"b": 0.05}), ("martin_ruiz", {})):
            o = iam.marion_diffuse(model, tilt, **more)
            row["marion_" + model] = [number(o["sky"]), number(o["ground"])]
        yield row


def inverters():
    for dc in (0.0, 0.004, 0.02, 0.3, 0.9, 1.0, 1.15):
        yield dict(dc=dc, dc_limit=0.95, eta=0.96, ac=number(inverter.pvwatts(dc, 0.95, 0.96)))


# pvlib adds up the ground over 20 rows and the sky down to 5 degrees, which leaves out up to 0.4 % of the light from the
# ground at the tilts of a front and 7 % at 10 degrees; here both are over 2000 rows.
SKY_OF_ROWS, GROUND_OF_ROWS = rows.vf_ground_sky_2d_integ, rows.vf_row_ground_2d_integ


def ground_of_rows(*args, **more):
    return GROUND_OF_ROWS(*args, **more | {"max_rows": 2000})


def sky_of_rows(*args, **more):
    return SKY_OF_ROWS(*args, **more | {"max_rows": 2000})


rows.vf_ground_sky_2d_integ, rows.vf_row_ground_2d_integ = sky_of_rows, ground_of_rows


def sheds():
    skies = ((650.0, 700.0, 113.77, 40.0, 160.0), (250.0, 400.0, 113.19, 70.0, 110.0), (90.0, 300.0, 60.0, 84.0, 95.0),
             (300.0, 50.0, 254.68, 25.0, 200.0), (0.0, 0.0, 0.0, 95.0, 300.0), (60.0, 0.0, 60.0, 80.0, 180.0))
    planes = ((30.0, 180.0, 0.45), (90.0, 90.0, 0.2), (55.0, 90.0, 0.4), (10.0, 0.0, 0.6), (70.0, 175.0, 0.8))
    for (ghi, dni, dhi, zenith, azimuth), (tilt, facing, gcr), model in itertools.product(
            skies, planes, ("isotropic", "haydavies")):
        o = infinite_sheds.get_irradiance(tilt, facing, zenith, azimuth, gcr, 2.0, 5.0, ghi, dhi, dni, 0.25, model=model,
                                          dni_extra=1370.0)
        yield dict(ghi=ghi, dni=dni, dhi=dhi, zenith=zenith, azimuth=azimuth, tilt=tilt, facing=facing, gcr=gcr,
                   model=model, albedo=0.25, i0=1370.0,
                   **{k: number(o["poa_" + k]) for k in (
                       "front", "front_direct", "front_sky_diffuse", "front_ground_diffuse",
                       "back", "back_direct", "back_sky_diffuse", "back_ground_diffuse")},
                   shaded_front=number(o["shaded_fraction_front"]), shaded_back=number(o["shaded_fraction_back"]))


def views():
    for gcr, tilt in itertools.product((0.1, 0.35, 0.7), (0.0, 25.0, 60.0, 90.0, 150.0)):
        yield dict(gcr=gcr, tilt=tilt, row_sky=number(rows.vf_row_sky_2d_integ(tilt, gcr)),
                   row_ground=number(ground_of_rows(tilt, gcr)))


def skies():
    cases = ((650.0, 700.0, 113.77, 40.0, 160.0), (250.0, 400.0, 113.19, 70.0, 110.0), (40.0, 150.0, 30.0, 88.5, 60.0),
             (300.0, 0.0, 300.0, 25.0, 200.0), (900.0, 950.0, 40.0, 20.0, 180.0), (150.0, 5.0, 149.0, 75.0, 250.0))
    planes = ((0.0, 180.0), (35.0, 180.0), (90.0, 90.0), (20.0, 0.0))
    for (ghi, dni, dhi, zenith, azimuth), (tilt, facing) in itertools.product(cases, planes):
        am = atmosphere.get_relative_airmass(zenith)
        row = dict(ghi=ghi, dni=dni, dhi=dhi, zenith=zenith, azimuth=azimuth, tilt=tilt, facing=facing, i0=1366.1,
                   relative_air_mass=number(am))
        for model in ("isotropic", "klucher", "haydavies", "reindl", "king", "perez"):
            parts = model not in ("klucher", "king")
            o = irradiance.get_total_irradiance(tilt, facing, zenith, azimuth, dni, ghi, dhi, 1366.1, am, 0.2, model=model,
                                                diffuse_components=parts)
            row[model] = dict(direct=number(o["poa_direct"]), sky=number(o["poa_sky_diffuse"]),
                              ground=number(o["poa_ground_diffuse"]), total=number(o["poa_global"]))
            if parts:
                row[model]["parts"] = [number(o.get(k, 0.0)) for k in ("poa_isotropic", "poa_circumsolar", "poa_horizon")]
        yield row


def decompositions():
    day = pd.DatetimeIndex(["2023-02-10 12:00"], tz="UTC")
    for ghi, zenith in ((40.0, 50.0), (400.0, 50.0), (800.0, 50.0), (20.0, 86.0), (20.0, 88.0), (1100.0, 30.0), (90.0, 70.0)):
        row = dict(ghi=ghi, zenith=zenith, day_of_year=41)
        for model in ("erbs", "orgill_hollands", "boland"):
            o = getattr(irradiance, model)(np.array([ghi]), np.array([zenith]), day)
            row[model] = [number(o["dni"]), number(o["dhi"])]
        row["disc"] = number(irradiance.disc(np.array([ghi]), np.array([zenith]), day, 95000.0)["dni"])
        yield row


def turbidity():
    monthly = np.array([2.2, 2.4, 2.9, 3.4, 3.8, 4.05, 4.25, 4.35, 3.85, 3.1, 2.55, 2.05])
    for day in (1, 15, 16, 46, 60, 196, 319, 350, 365):
        time = pd.DatetimeIndex([pd.Timestamp("2023-01-01", tz="UTC") + pd.Timedelta(days=day - 1)])
        yield dict(day_of_year=day, monthly=list(monthly),
                   turbidity=number(clearsky._interpolate_turbidity(monthly, time).iloc[0]))


made = {f.__name__: list(f()) for f in (solis, air, air_mass, slopes, trackers, diffuse_modifiers, inverters, sheds, views,
                                         skies, decompositions, turbidity)}
made["versions"] = dict(pvlib=pvlib.__version__, numpy=np.__version__, pandas=pd.__version__)
OUT.write_text(json.dumps(made, indent=1) + "\n")
