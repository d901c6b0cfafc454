#!/usr/bin/env python3
"""Light on the ground between rows from pvlib 0.16: sky views place by place, hourly light, diffuse share of PAR.

Writes tests/vectors/ground_light.json. Needs pvlib; the light of the hours is made up.
"""
import json
import pathlib

import numpy as np
import pandas as pd
import pvlib
from pvlib.bifacial import utils
from pvlib.irradiance import diffuse_par_spitters as spitters_relationship

HERE = pathlib.Path(__file__).resolve().parent


def views():
    cases = []
    for gcr, tilt, height, pitch in (
        (0.25, 20.0, 2.5, 10.0), (0.35, 30.0, 1.8, 8.0), (0.3, 0.0, 4.0, 12.0), (0.15, 90.0, 1.6, 9.0), (0.45, 55.0, 3.0, 5.0),
    ):
        x = (np.arange(10) + 0.5) / 10
        view = utils.vf_ground_sky_2d(tilt, gcr, x, pitch, height, max_rows=1000)
        cases.append(dict(gcr=gcr, tilt_deg=tilt, height_over_pitch=height / pitch, x=x.tolist(), view=np.ravel(view).tolist()))
    return cases


def par():
    zenith, share = np.meshgrid([10.0, 35.0, 60.0, 80.0], [0.1, 0.35, 0.7, 0.95, 1.0])
    out = spitters_relationship(zenith, share)
    return [dict(zenith_deg=z, diffuse_share=k, par_diffuse_share=p) for z, k, p in zip(zenith.flat, share.flat, out.flat)]


def hours():
    """Hours of a clear and of a dull day beneath a fixed array and a backtracking tracker."""
    lat, lon, alt = 36.06, 103.83, 1520.0
    times = np.arange(1, 12)
    index = pd.DatetimeIndex([f"2023-{m:02d}-{d:02d} {h:02d}:00" for m, d in ((5, 15), (12, 10)) for h in times], tz="UTC")
    sun = pvlib.solarposition.get_solarposition(index, lat, lon, alt)
    rows = []
    arrays = {"fixed": (25.0, 180.0, 0.3), "vertical": (90.0, 90.0, 0.15), "tracker": (None, None, 0.4)}
    for name, (tilt, azimuth, gcr) in arrays.items():
        for i, (stamp, at) in enumerate(sun.iterrows()):
            zenith, turn = at.apparent_zenith, at.azimuth
            if zenith > 85.0:
                continue
            dni, dhi = (820.0, 95.0) if i % 2 else (140.0, 260.0)
            t, a = tilt, azimuth
            if name == "tracker":
                found = pvlib.tracking.singleaxis(zenith, turn, 0, 180, 60, True, gcr)
                t, a = float(np.ravel(found["surface_tilt"])[0]), float(np.ravel(found["surface_azimuth"])[0])
            phi = pvlib.shading.projected_solar_zenith_angle(zenith, turn, 0.0, a - 90.0)
            lit = float(np.ravel(utils._unshaded_ground_fraction(np.array([t]), np.array([phi]), gcr, max_zenith=89.9))[0])
            view = float(np.ravel(utils.vf_ground_sky_2d_integ(np.array([t]), gcr, 2.5, 8.0, max_rows=2000))[0])
            ground = dni * np.cos(np.radians(zenith)) * lit + dhi * view
            rows.append(dict(array=name, tilt_deg=tilt, azimuth_deg=azimuth, gcr=gcr, zenith_deg=zenith, sun_azimuth_deg=turn,
                             dni=dni, dhi=dhi, ground=float(ground), lit=lit, view=view))
    return rows


json.dump(dict(pvlib=pvlib.__version__, sky_views=views(), par=par(), hours=hours()),
          open(HERE.parent / "ground_light.json", "w"), indent=1)
