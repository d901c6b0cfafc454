"""Light on planes and yield of three hourly files, by pvlib.

Reads ../shared/realdata/solar and ../shared/realdata/aachen, writes tests/vectors/pvlib_hourly.json. Made with Python
3.11, pvlib 0.16.1, numpy 2.4.6, pandas 3.1.1.

    pip install pvlib
    python tests/reference/pvlib_hourly.py

What is computed:

- Instant of a row: the middle of its hour, plus an offset of the file. Row r (from 0) is hour [r, r + 1] of 2023, whatever
  years the file is of, on the clock `clock_ahead_of_utc_h`. The offset is the minute from -90 to 90 with the smallest root
  of the mean square of GHI - (DNI cos z + DHI) over all hours, cos z of the apparent zenith angle and at least 0.
  The PVGIS files hold the state of 10 minutes past the full hour in universal time. Their EPW twin says the clock of the
  place in its head, one hour ahead, but counts universal time as well: so its offset is 60 minutes larger.
  The TRY has no DNI. Made of its direct horizontal light B, the balance above closes at any offset, but for what is cut
  at low sun; so the TRY is computed as its format says (offset 0: means of the hours), and once more at the offset that
  minimises the remainder.
- TRY: DNI by irradiance.dni: B / cos z of the true zenith angle, 0 beyond 88 degrees; GHI = B + D as in the file.
- Sun: SPA (nrel_numpy), pressure by alt2pres of the elevation, 12 degrees Celsius, delta t 67 s.
- DNI counts 0 where the apparent zenith angle is 90 degrees or more. Nothing else in the files is changed.
- Extraterrestrial light: Spencer, 1366.1 W/m2, by the day r // 24 + 1.
- Planes: Hay-Davies, albedo 0.2, apparent zenith angle. Tracker: horizontal axis to 180 degrees, up to 60, backtracking,
  gcr 0.35; flat (facing 180) while the sun is down. Neither shade of rows nor a horizon.
- AC of each plane as if it were the module's only side, per kWp: light in = direct * iam.physical(aoi) + sky + ground
  (diffuse light as it is), cells by Faiman (u0 25, u1 6.84) from the light on the plane and the file's air temperature and
  wind as they are, DC by PVWatts with gamma -0.0035, losses of 14.07566 %, inverter of PVWatts with eta 0.96 and a
  rating of 1/1.2 kW (dc limit: rating / 0.96), which cuts.
- AC with diffuse modifiers: the same, but sky and ground light times iam.marion_diffuse("physical") of the tilt (for the
  tracker between whole degrees of tilt; ground of a horizontal plane 0).
"""

import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pvlib
from pvlib import atmosphere, iam, inverter, irradiance, pvsystem, solarposition, temperature, tracking

warnings.filterwarnings("ignore")
DATA = Path(__file__).resolve().parents[2] / "../shared/realdata"
OUT = Path(__file__).resolve().parents[1] / "vectors/pvlib_hourly.json"
HOURS = 8760
DAY = np.arange(HOURS) // 24 + 1
MONTH = pd.date_range("2023-01-01", periods=HOURS, freq="h").month.values


def epw():
    path = "solar/tmy_45.000_8.000_2005_2023.epw"
    rows = np.genfromtxt((DATA / path), delimiter=",", skip_header=8, usecols=(6, 13, 14, 15, 21))
    air, ghi, dni, dhi, wind = rows.T
    return dict(path=path, place=(45.0, 8.0, 250.0), clock=1, air=air, wind=wind, ghi=ghi, dni=dni, dhi=dhi)


def pvgis_csv():
    path = "solar/pvgis_tmy_test.csv"
    rows = pd.read_csv(DATA / path)
    column = {k: rows[v].values for k, v in dict(air="T2m", wind="WS10m", ghi="G(h)", dni="Gb(n)", dhi="Gd(h)").items()}
    return dict(path=path, place=(45.0, 8.0, 250.0), clock=0, **column)


def aachen_try():
    path = "aachen/TRY2015_507755060854_Jahr.dat"
    text = (DATA / path).read_text(encoding="latin1").split("***")[1]
    rows = np.array([[float(x) for x in line.split()] for line in text.splitlines() if line.strip()])
    air, wind, beam, dhi = rows[:, [5, 8, 12, 13]].T
    return dict(path=path, place=(50.7755, 6.0854, 171.0), clock=1, air=air, wind=wind, ghi=beam + dhi, beam=beam, dhi=dhi)


def sun(file, offset_min):
    lat, lon, elevation = file["place"]
    middles = pd.date_range("2023-01-01", periods=HOURS, freq="h", tz="UTC") + pd.Timedelta(
        minutes=30 + offset_min - 60 * file["clock"])
    return solarposition.get_solarposition(middles, lat, lon, elevation, pressure=atmosphere.alt2pres(elevation),
                                           temperature=12, method="nrel_numpy", delta_t=67.0)


def beam_of(file, position):
    if "dni" in file:
        return np.maximum(file["dni"], 0.0)
    zenith = pd.Series(position.zenith.values)
    dni = irradiance.dni(pd.Series(file["beam"] + file["dhi"]), pd.Series(file["dhi"]), zenith)
    return dni.fillna(0.0).to_numpy()


def remainder(file, offset_min):
    position = sun(file, offset_min)
    cos_zenith = np.cos(np.radians(position.apparent_zenith.values))
    rest = file["ghi"] - (beam_of(file, position) * np.maximum(cos_zenith, 0.0) + file["dhi"])
    return float(np.sqrt(np.mean(rest**2)))


def best_offset(file):
    return min(range(-90, 91), key=lambda minutes: remainder(file, minutes))


def marion_table():
    # The integral is made once for whole degrees of tilt; the ground of a horizontal plane is taken as 0.
    tilts = np.arange(0.0, 91.0)
    both = [iam.marion_diffuse("physical", tilt) for tilt in tilts]
    return tilts, np.array([float(o["sky"]) for o in both]), np.array([float(o["ground"]) for o in both])


TABLE = marion_table()


def ac(light_in, light_on, file):
    cells = temperature.faiman(light_on, file["air"], file["wind"], 25.0, 6.84)
    dc = pvsystem.pvwatts_dc(light_in, cells, 1.0, -0.0035) * (1.0 - pvsystem.pvwatts_losses() / 100.0)
    return inverter.pvwatts(dc, (1.0 / 1.2) / 0.96, 0.96)


def on_plane(file, zenith, azimuth, dni, tilt, facing):
    extra = irradiance.get_extra_radiation(DAY, solar_constant=1366.1, method="spencer")
    o = irradiance.get_total_irradiance(tilt, facing, zenith, azimuth, dni, file["ghi"], file["dhi"], dni_extra=extra,
                                        albedo=0.2, model="haydavies")
    aoi = irradiance.aoi(tilt, facing, zenith, azimuth)
    direct = o["poa_direct"] * iam.physical(aoi)
    sky = np.interp(tilt, TABLE[0], TABLE[1]) * o["poa_sky_diffuse"]
    ground = np.interp(tilt, TABLE[0], TABLE[2]) * o["poa_ground_diffuse"]
    return {
        "poa_kwh_per_m2": o["poa_global"] / 1000.0,
        "poa_direct_kwh_per_m2": o["poa_direct"] / 1000.0,
        "poa_sky_kwh_per_m2": o["poa_sky_diffuse"] / 1000.0,
        "ac_kwh_per_kwp": ac(direct + o["poa_sky_diffuse"] + o["poa_ground_diffuse"], o["poa_global"], file),
        "ac_diffuse_modified_kwh_per_kwp": ac(direct + sky + ground, o["poa_global"], file),
    }


def summed(series):
    months = [round(float(series[MONTH == m].sum()), 5) for m in range(1, 13)]
    return dict(annual=round(float(series.sum()), 5), monthly=months)


def computed(file, offset_min):
    position = sun(file, offset_min)
    zenith, azimuth = position.apparent_zenith.values, position.azimuth.values
    dni = np.where(zenith < 90.0, beam_of(file, position), 0.0)
    turned = tracking.singleaxis(zenith, azimuth, 0.0, 180.0, 60.0, True, 0.35)
    flat = np.isnan(turned["surface_tilt"])
    full = np.ones(HOURS)
    planes = dict(
        horizontal=(0.0 * full, 180.0 * full),
        fixed30_south=(30.0 * full, 180.0 * full),
        tracker=(np.where(flat, 0.0, turned["surface_tilt"]), np.where(flat, 180.0, turned["surface_azimuth"])),
        vertical_east=(90.0 * full, 90.0 * full),
        vertical_west=(90.0 * full, 270.0 * full),
    )
    lat, lon, elevation = file["place"]
    return dict(
        path=file["path"], latitude_deg=lat, longitude_deg=lon, elevation_m=elevation,
        clock_ahead_of_utc_h=file["clock"], offset_min=offset_min, rms_w_per_m2=round(remainder(file, offset_min), 5),
        rms_at_0_min_w_per_m2=round(remainder(file, 0), 5),
        ghi_kwh_per_m2=summed(file["ghi"] / 1000.0), dni_kwh_per_m2=summed(dni / 1000.0),
        dhi_kwh_per_m2=summed(file["dhi"] / 1000.0),
        planes={name: {k: summed(v) for k, v in on_plane(file, zenith, azimuth, dni, *plane).items()}
                for name, plane in planes.items()},
    )


def main():
    made = {"versions": dict(pvlib=pvlib.__version__, numpy=np.__version__, pandas=pd.__version__),
            "what": "see tests/reference/pvlib_hourly.py"}
    for name, file in (("pvgis_epw", epw()), ("pvgis_csv", pvgis_csv())):
        made[name] = computed(file, best_offset(file))
    file = aachen_try()
    made["aachen_try"] = computed(file, 0)
    made["aachen_try_least_remainder"] = computed(file, best_offset(file))
    OUT.write_text(json.dumps(made, indent=1) + "\n")
    for name in list(made)[2:]:
        of = made[name]
        print(name, of["offset_min"], of["rms_w_per_m2"], of["ghi_kwh_per_m2"]["annual"], of["dni_kwh_per_m2"]["annual"])
        for plane, values in of["planes"].items():
            print("   ", plane, {k: v["annual"] for k, v in values.items()})


main()
