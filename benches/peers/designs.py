#!/usr/bin/env python3
"""Arrays with crops on many sites, as a careful user of numpy and pvlib would choose their designs, on the input of our bench.

  cargo bench --bench designs -- --export FILE.json
  designs.py FILE.json [--across 2] [--sun spa|almanac]

At every climate: light beneath and energy of all designs over 12 mean days, hour by hour, all designs at once; evapotranspiration
in the open and beneath; yield and water of every crop. On every site: what a hectare of each design with each crop is worth, in
arrays of sites and designs; then those that nothing beats, the most telling five of each mode, and the best of each crop. pvlib
has the sun, trackers, sky, glass, cells and inverters; shade and views of rows are closed forms, one line each.

Prints seconds of processor time, one thread, and how far it is from what the bench exported. Ours also finds the light of 12 strips
across the rows, for which pvlib has `vf_ground_sky_2d`; --across times that at so many climates. Ours makes offers with some thirty
numbers each of what was chosen; here they are indices. Values differ by where the sun stands (0.013 degrees), and with them choices
between near equals; with --sun almanac nothing is left of that.
"""
import argparse
import json
import os
import resource
import time
from types import SimpleNamespace

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import pvlib  # noqa: E402
from pvlib.bifacial.utils import vf_ground_sky_2d  # noqa: E402

MEAN_DAYS = np.array([17, 47, 75, 105, 135, 162, 198, 228, 258, 288, 318, 344])
MONTH_DAYS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
MJ_PER_KWH, SOLAR_CONSTANT = 3.6, 1366.1
STRIPS, FAR = 12, 40


def cos(deg):
    return np.cos(np.radians(deg))


def vapour_kpa(celsius):
    return 0.6108 * np.exp(17.27 * celsius / (celsius + 237.3))


def read_weather(path):
    """Means by month and hour of the file's clock, and where it was."""
    data, meta = pvlib.iotools.read_epw(path)
    data["vapour"] = data.relative_humidity.clip(upper=100) / 100 * vapour_kpa(data.temp_air)
    means = data.groupby([data.index.month, data.index.hour])[["dni", "dhi", "temp_air", "wind_speed", "vapour"]].mean()
    return {name: means[name].to_numpy().reshape(12, 24) for name in means}, meta


def almanac(times, place):
    """Apparent zenith angle and azimuth of the sun after Michalsky 1988, as ours has them."""
    lat, lon, height_m = place
    n = ((times - pd.Timestamp("2000-01-01 12:00", tz="UTC")) / pd.Timedelta(days=1)).to_numpy()
    anomaly, obliquity, latitude = np.radians(357.528 + 0.9856003 * n), np.radians(23.439 - 4e-7 * n), np.radians(lat)
    longitude = np.radians(280.460 + 0.9856474 * n + 1.915 * np.sin(anomaly) + 0.020 * np.sin(2 * anomaly))
    ascension = np.arctan2(np.cos(obliquity) * np.sin(longitude), np.cos(longitude))
    declination = np.arcsin(np.sin(obliquity) * np.sin(longitude))
    sidereal_h = 6.697375 + 0.0657098242 * n + 24 * ((n + 0.5) % 1) + lon / 15
    turn = np.radians(15 * sidereal_h) - ascension
    up = np.sin(declination) * np.sin(latitude) + np.cos(declination) * np.cos(latitude) * np.cos(turn)
    north = np.sin(declination) * np.cos(latitude) - np.cos(declination) * np.sin(latitude) * np.cos(turn)
    east = -np.sin(turn) * np.cos(declination)
    height = 90 - np.degrees(np.arctan2(np.hypot(east, north), up))
    bent = 1.02 / (60 * np.tan(np.radians(height + 10.3 / (height + 5.11)))) * 283 / 285
    bent *= pvlib.atmosphere.alt2pres(height_m) / 101000
    return 90 - height - np.where(height < -0.83337, 0, bent), np.degrees(np.arctan2(east, north)) % 360


def spa(times, place):
    """The same by pvlib's usual algorithm."""
    lat, lon, height_m = place
    sun = pvlib.solarposition.get_solarposition(times, lat, lon, altitude=height_m)
    return sun.apparent_zenith.to_numpy(), sun.azimuth.to_numpy()


SUNS = {"spa": spa, "almanac": almanac}


def steps(weather, meta, place, common):
    """Sun and weather of the mean days at a place; the day is that of the sun at the weather's place."""
    lat, lon, height_m = place
    solar_h = (np.arange(24) + 0.5 + common["offset_min"] / 60 - meta["TZ"] + meta["longitude"] / 15) % 24
    hours = np.add.outer(24.0 * (MEAN_DAYS - 1), solar_h - lon / 15)
    times = pd.Timestamp("2023-01-01", tz="UTC") + pd.to_timedelta(hours.ravel(), unit="h")
    zenith, azimuth = SUNS[common["sun"]](times, place)
    colder_k = common["lapse_rate_k_per_km"] * (height_m - meta["altitude"]) / 1000
    air_c = weather["temp_air"] - colder_k
    extra = np.repeat(pvlib.irradiance.get_extra_radiation(MEAN_DAYS, SOLAR_CONSTANT), 24)
    dni, dhi = weather["dni"].ravel(), weather["dhi"].ravel()
    beam = dni * np.maximum(cos(zenith), 0)
    lit = beam + dhi > 0
    month = np.repeat(np.arange(12), 24)
    return SimpleNamespace(
        zenith=zenith[lit], azimuth=azimuth[lit], dni=dni[lit], dhi=dhi[lit], beam=beam[lit], extra=extra[lit],
        air_c=air_c.ravel()[lit], wind=weather["wind_speed"].ravel()[lit],
        weights=(np.eye(12) * (MONTH_DAYS / 1000))[month[lit]],
        day=SimpleNamespace(warmest=air_c.max(axis=1), coldest=air_c.min(axis=1), vapour=weather["vapour"].mean(axis=1),
                            wind=weather["wind_speed"].mean(axis=1)), lat=lat, height_m=height_m)


class Designs:
    """All designs of all modes, those that yields are of behind them, one a row."""

    def __init__(self, modes):
        self.of_mode = []
        rows = []
        for mode in modes:
            self.of_mode.append(slice(len(rows), len(rows) + len(mode["designs"])))
            rows += [(gcr, tilt if tilt is not None else np.nan, mode) for gcr, tilt, _, _ in mode["designs"]]
        self.reference = range(len(rows), len(rows) + len(modes))
        rows += [(mode["reference_gcr"], 90.0 if mode["mounting"] == "vertical" else mode["tilt_deg"] or np.nan, mode) for mode in modes]
        column = lambda of: np.array([of(mode) for _, _, mode in rows], float)[:, None]  # noqa: E731
        self.gcr, self.tilt = (np.array([row[i] for row in rows], float)[:, None] for i in (0, 1))
        self.azimuth = column(lambda mode: 90.0 if mode["mounting"] == "vertical" else 180.0)
        self.tracks = np.array([mode["mounting"] == "tracker" for _, _, mode in rows])
        self.bifacial = np.array([mode["bifaciality"] > 0 for _, _, mode in rows])
        for name in ("bifaciality", "u0", "u1", "transmittance", "dc_ac_ratio"):
            setattr(self, name, column(lambda mode: mode[name]))
        self.most_deg = next((mode["max_rotation_deg"] for mode in modes if mode["mounting"] == "tracker"), 60.0)

    def planes(self, at):
        """Tilt and azimuth of all designs at all steps."""
        shape = len(self.gcr), len(at.zenith)
        tilt, azimuth = (np.broadcast_to(own, shape).copy() for own in (self.tilt, self.azimuth))
        count = self.tracks.sum()
        turned = pvlib.tracking.singleaxis(
            np.tile(at.zenith, count), np.tile(at.azimuth, count), axis_tilt=0, axis_azimuth=180, max_angle=self.most_deg,
            backtrack=True, gcr=np.repeat(self.gcr[self.tracks, 0], shape[1]))
        tilt[self.tracks] = np.nan_to_num(turned["surface_tilt"]).reshape(count, -1)
        azimuth[self.tracks] = np.nan_to_num(turned["surface_azimuth"], nan=180.0).reshape(count, -1)
        return tilt, azimuth


def ground(at, tilt, gcr, cos_aoi):
    """Share of the ground in shadow, and its view of the sky."""
    cos_zenith = cos(at.zenith)
    with np.errstate(divide="ignore"):
        shaded = np.where(cos_zenith > 0, np.minimum(gcr * np.abs(cos_aoi) / cos_zenith, 1), 1)
    crossed = 2 * gcr * cos(tilt)
    return shaded, (np.sqrt(1 - crossed + gcr**2) + np.sqrt(1 + crossed + gcr**2)) / 2 - gcr


def light(at, designs, shaded, view):
    """Light of the months on open ground, beneath, and beneath of what plants use [kWh/m2]."""
    through = designs.transmittance
    beam, diffuse = 1 - (1 - through) * shaded, through + (1 - through) * view
    whole = at.beam + at.dhi
    k, cos_zenith = at.dhi / whole, cos(at.zenith)
    clear = 1 - k * k
    par = np.minimum((1 + 0.3 * clear) * k / (1 + clear * cos_zenith**2 * np.sin(np.radians(at.zenith))**3), 1)
    return whole @ at.weights, (at.beam * beam + at.dhi * diffuse) @ at.weights, (whole * ((1 - par) * beam + par * diffuse)) @ at.weights


def face(at, plane, gcr, sides, albedo):
    """Direct, sky and ground light of a side of the rows, and the direct part alone."""
    tilt, azimuth, cos_aoi = plane
    shaded, view = sides
    sky = pvlib.irradiance.haydavies(tilt, azimuth, at.dhi, at.dni, at.extra, at.zenith, at.azimuth, return_components=True)
    across = cos(at.azimuth - azimuth) * np.tan(np.radians(at.zenith))
    shadow = gcr * (np.sin(np.radians(tilt)) * across + cos(tilt))
    with np.errstate(divide="ignore"):
        sunlit = np.where(shadow <= 1, 1, np.where(cos_aoi > 0, 1 / shadow, 0))
    row_view = (1 + 1 / gcr - np.sqrt(1 / gcr**2 - 2 / gcr * cos(tilt) + 1)) / 2
    row_ground = (1 + 1 / gcr - np.sqrt(1 / gcr**2 + 2 / gcr * cos(tilt) + 1)) / 2
    cos_zenith = cos(at.zenith)
    dome = at.dhi * (1 - at.dni / at.extra * np.maximum(cos_zenith, 0) / np.maximum(cos_zenith, 0.01745))
    reflected = albedo * ((1 - shaded) * (at.beam + at.dhi - dome) + view * dome) * row_ground
    direct = np.maximum(at.dni * cos_aoi, 0) * sunlit
    isotropic = sky["poa_isotropic"] * row_view / ((1 + cos(tilt)) / 2)
    return direct, sky["poa_circumsolar"] * sunlit + isotropic + reflected


def energy(at, designs, planes, sides, common):
    """Alternating current of a year [kWh/kWp]."""
    tilt, azimuth, cos_aoi = planes
    direct, rest = face(at, planes, designs.gcr, sides, common["albedo"])
    works = direct * pvlib.iam.physical(np.degrees(np.arccos(cos_aoi)), K=4.0, L=0.002) + rest
    two = designs.bifacial
    behind = 180 - tilt[two], (azimuth[two] + 180) % 360, -cos_aoi[two]
    share = designs.bifaciality[two] * (1 - common["mismatch_share"])
    works[two] += share * sum(face(at, behind, designs.gcr[two], [side[two] for side in sides], common["albedo"]))
    cell_c = pvlib.temperature.faiman(direct + rest, at.air_c, at.wind, designs.u0, designs.u1)
    dc = pvlib.pvsystem.pvwatts_dc(works, cell_c, 1000, common["gamma_per_k"]) * (1 - common["losses_share"])
    nominal = common["inverter_efficiency"]
    ac = pvlib.inverter.pvwatts(dc, 1000 / designs.dc_ac_ratio / nominal, nominal)
    return (ac @ at.weights).sum(axis=1)


def et0_mm(at, kwh, common):
    """Reference evapotranspiration of a day of each month, FAO-56."""
    day, mj = at.day, MJ_PER_KWH * kwh / MONTH_DAYS
    turn = 2 * np.pi * MEAN_DAYS / 365
    declination, latitude = 0.409 * np.sin(turn - 1.39), np.radians(at.lat)
    sunset = np.arccos(np.clip(-np.tan(latitude) * np.tan(declination), -1, 1))
    path = sunset * np.sin(latitude) * np.sin(declination) + np.cos(latitude) * np.cos(declination) * np.sin(sunset)
    above = 24 * 60 / np.pi * 0.0820 * (1 + 0.033 * np.cos(turn)) * path
    clearness = np.minimum(mj / ((0.75 + 2e-5 * at.height_m) * above), 1)
    warmth = 4.903e-9 * ((day.warmest + 273.16)**4 + (day.coldest + 273.16)**4) / 2
    net = 0.77 * mj - warmth * (0.34 - 0.14 * np.sqrt(day.vapour)) * (1.35 * clearness - 0.35)
    mean_c = (day.warmest + day.coldest) / 2
    gamma = 0.665e-3 * 101.3 * ((293 - 0.0065 * at.height_m) / 293)**5.26
    slope = 4098 * vapour_kpa(mean_c) / (mean_c + 237.3)**2
    dry = np.maximum((vapour_kpa(day.warmest) + vapour_kpa(day.coldest)) / 2 - day.vapour, 0)
    wind = day.wind * 4.87 / np.log(67.8 * common["wind_height_m"] - 5.42)
    drawn = gamma * 900 / (mean_c + 273) * wind * dry
    return np.maximum((0.408 * slope * net + drawn) / (slope + gamma * (1 + 0.34 * wind)), 0)


def at_climate(given, weather, meta, designs, place):
    """Yield ratio, relative crop yield and saved water [m3/ha] of every design with every crop at a climate."""
    common = given["common"]
    at = steps(weather, meta, place, common)
    tilt, azimuth = designs.planes(at)
    cos_aoi = np.clip(pvlib.irradiance.aoi_projection(tilt, azimuth, at.zenith, at.azimuth), -1, 1)
    sides = ground(at, tilt, designs.gcr, cos_aoi)
    open_kwh, ground_kwh, par_kwh = light(at, designs, *sides)
    year_kwh = energy(at, designs, (tilt, azimuth, cos_aoi), sides, common)
    rain = np.array(common["rain_mm"])
    rain = np.maximum(np.where(rain > 75, 0.8 * rain - 25, 0.6 * rain - 10), 0)
    open_mm, beneath_mm = et0_mm(at, open_kwh, common), et0_mm(at, ground_kwh, common)
    columns = []
    for mode, own, reference in zip(given["modes"], designs.of_mode, designs.reference):
        ratio = year_kwh[own] / year_kwh[reference]
        for name in mode["crops"]:
            crop = given["crops"][name]
            share, kc_days = np.array(crop["days"]) / MONTH_DAYS, np.array(crop["kc_days"])
            shade, par_shade = (np.maximum(1 - of[own] @ share / (open_kwh @ share), 0) for of in (ground_kwh, par_kwh))
            low, expected, high = np.where(shade <= common["largest_shade"], relative_yield(crop, shade), np.nan)
            lacking = [np.maximum(kc_days * mm - share * rain, 0).sum(axis=-1) for mm in (open_mm, beneath_mm[own])]
            columns.append((ratio, expected, 10 * (lacking[0] - lacking[1]), low, high, par_shade))
    return np.concatenate(columns, axis=1)[:3]


def relative_yield(crop, shade):
    """Low, expected and high yield over that of the open field; it falls with the light where nothing is known of a crop."""
    if crop["alpha"] is None:
        return np.array([0 * shade, 1 - shade, 1 + 0 * shade])
    p, q, s = crop["band"]
    half = shade * np.sqrt(np.maximum(p + q * shade + s * shade**2, 0))
    return 10 ** (crop["alpha"] * shade + crop["beta"] * shade**2 + half * np.array([[-1], [0], [1]]))


def across(given, weather, meta, designs, place):
    """Share of the sky that strips across the rows see, at all steps."""
    at = steps(weather, meta, place, given["common"])
    tilt, _ = designs.planes(at)
    x = (np.arange(STRIPS) + 0.5) / STRIPS
    for row in range(len(designs.gcr) - len(given["modes"])):
        deg = np.unique(np.round(tilt[row], 12))
        vf_ground_sky_2d(deg, designs.gcr[row, 0], x, 1.0, 0.5, max_rows=FAR)


def candidates(given):
    """Mode, crop and design of every candidate, and what is the same on all sites."""
    rows = []
    for mode in given["modes"]:
        for number, name in enumerate(mode["crops"]):
            crop = given["crops"][name]
            asked = (crop["height_m"], crop["machine_height_m"]) if mode["overhead"] else ()
            height_m = max(mode["least_clearance_m"], *asked) if asked else mode["least_clearance_m"]
            for design, (gcr, _, cropped, gap_m) in enumerate(mode["designs"]):
                fits = height_m <= mode["most_clearance_m"] and (mode["overhead"] or gap_m >= crop["machine_width_m"])
                extra = max(mode["raising_per_kw_m"] * (height_m - mode["clearance_m"]), -mode["capex_per_kw"])
                density_kw = 1000 * mode["density_mwp_per_ha"] * gcr / mode["reference_gcr"]
                rows.append((mode["number"], number, design, density_kw, extra, cropped, fits, crop["sales_per_ha_yr"], crop["cost_per_ha_yr"]))
    names = "mode crop design density_kw extra cropped fits sales cost".split()
    return SimpleNamespace(**{name: np.array(values) for name, values in zip(names, zip(*rows))})


def worths(given, all_of, tables):
    """What a hectare is worth in energy and in crops, and what is allowed: arrays of sites and candidates."""
    common, sites = given["common"], {name: np.array(given["sites"][name]) for name in ("climate", "area_ha", "distance_m", "rent_per_yr")}
    ratio, relative, saved = (tables[:, i][sites["climate"]] for i in range(3))
    crop = all_of.cropped * (relative * all_of.sales - all_of.cost + common["water_price_per_m3"] * saved)
    connection = (common["line_per_mw_km"] * sites["distance_m"] / 1000 + common["station_per_kw"] * 1000) / 1000
    rent = sites["rent_per_yr"] / sites["area_ha"]
    energy, allowed = np.empty_like(crop), all_of.fits & ~np.isnan(relative)
    for mode in given["modes"]:
        own = all_of.mode == mode["number"]
        rate, life = mode["discount_rate"], mode["life_yr"]
        years = np.arange(1, int(life) + 1)
        recovered = rate / (1 - (1 + rate)**-life)
        sold = recovered * ((1 - mode["degradation_per_yr"])**(years - 1) / (1 + rate)**years).sum() * (1 - common["curtailment_share"])
        kwh = np.array(given["sites"]["yield_kwh_per_kwp"][mode["layout"]])[:, None] * ratio[:, own] * sold
        capex = mode["capex_per_kw"] + all_of.extra[own] + connection[:, None] / mode["dc_ac_ratio"]
        per_kw = kwh * common["price_per_kwh"] - recovered * capex - mode["om_per_kw_yr"]
        energy[:, own] = all_of.density_kw[own] * per_kw - rent[:, None]
        for number, name in enumerate(mode["crops"]):
            allowed[:, own & (all_of.crop == number)] &= np.array(given["sites"]["suitability"][name])[:, None] > 0
    return energy, crop, allowed


def telling(energy, crop, count, most):
    """Which places of frontiers, one a row from most energy to most crop, are kept: ends, best sum, those of the largest loss."""
    rows, places = np.arange(len(energy)), np.arange(energy.shape[1])
    kept = np.broadcast_to(places, energy.shape).copy()
    best = np.where(places < count[:, None], energy + crop, -np.inf).argmax(axis=1)
    while (long := rows[count > most]).size:
        e, c = (np.take_along_axis(of[long], kept[long], 1) for of in (energy, crop))
        lost = np.full(e.shape, np.inf)
        lost[:, 1:-1] = (e[:, 1:-1] - e[:, 2:]) * (c[:, 1:-1] - c[:, :-2])
        lost[(places >= count[long, None] - 1) | (kept[long] == best[long, None])] = np.inf
        least = lost.argmin(axis=1)[:, None]
        kept[long] = np.take_along_axis(kept[long], np.minimum(places + (places >= least), places[-1]), 1)
        count[long] -= 1
    return kept, places < count[:, None]


def chosen(given, all_of, energy, crop, allowed):
    """What is offered: the most telling of what nothing beats, and the best of each crop of each mode."""
    e, c = np.where(allowed, energy, -np.inf), np.where(allowed, crop, -np.inf)
    order = np.lexsort((-c, -e), axis=1)
    e, c = np.take_along_axis(e, order, 1), np.take_along_axis(c, order, 1)
    before = np.maximum.accumulate(c, axis=1)
    front = c > np.concatenate([np.full((len(c), 1), -np.inf), before[:, :-1]], axis=1)
    offered, total = np.zeros_like(allowed), np.where(allowed, energy + crop, -np.inf)
    rows = np.arange(len(c))[:, None]
    for mode in given["modes"]:
        own = front & (all_of.mode[order] == mode["number"])
        count = own.sum(axis=1)
        places = np.argsort(~own, axis=1, kind="stable")[:, :max(count.max(), 1)]
        kept, valid = telling(e[rows, places], c[rows, places], count, given["common"]["most_designs"])
        at = order[rows, np.take_along_axis(places, kept, 1)]
        offered[np.broadcast_to(rows, at.shape)[valid], at[valid]] = True
        for number in range(len(mode["crops"])):
            same = np.flatnonzero((all_of.mode == mode["number"]) & (all_of.crop == number))
            best = same[total[:, same].argmax(axis=1)]
            offered[rows[:, 0], best] |= allowed[rows[:, 0], best]
    return offered


def compare(given, all_of, energy, crop, allowed, offered):
    """Prints how far values and choices are from what the bench found."""
    place = {key: i for i, key in enumerate(zip(all_of.mode, all_of.crop, all_of.design))}
    ours = [(site, place[mode, kind, design], *worth) for (site, mode, kind, design), worth in given["allowed"]]
    site, at, our_energy, our_crop = (np.array(column) for column in zip(*ours))
    for name, of, our in (("energy", energy, our_energy), ("crop", crop, our_crop)):
        off = np.abs(of[site, at] - our)
        print(f"largest difference of {name} worth\t{(off / np.abs(our)).max():.2e} relative, {off.max():.3g} CNY/ha/yr of"
              f" {np.abs(our).min():.4g}-{np.abs(our).max():.4g}")
    known = np.zeros_like(allowed[:site.max() + 1])
    known[site, at] = True
    print(f"allowed differently\t{(known != allowed[:len(known)]).sum()} of {known.size}")
    found = np.zeros_like(offered)
    site, *rest = (np.array(column) for column in zip(*given["offered"]))
    found[site, [place[key] for key in zip(*rest)]] = True
    print(f"offers\t{offered.sum()}, ours {found.sum()}, in one only {(offered != found).sum()}")


def timed(task, *given):
    begun = time.process_time()
    return task(*given), time.process_time() - begun


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("input")
    parser.add_argument("--across", type=int, default=0, help="climates at which light across the rows is timed")
    parser.add_argument("--runs", type=int, default=3, help="every part is timed so often; the fastest counts")
    parser.add_argument("--sun", choices=SUNS, default="spa", help="position of the sun: by pvlib, or by the algorithm of ours")
    options = parser.parse_args()
    with open(options.input) as source:
        given = json.load(source)
    given["common"]["sun"] = options.sun
    weather, meta = read_weather(os.path.join(os.path.dirname(os.path.abspath(options.input)), given["weather"]))
    designs, all_of, places = Designs(given["modes"]), candidates(given), given["common"]["places"]
    least = [np.inf] * 3
    for _ in range(options.runs):
        tables, tables_s = timed(lambda: np.array([at_climate(given, weather, meta, designs, place) for place in places]))
        (energy, crop, allowed), worth_s = timed(worths, given, all_of, tables)
        offered, chosen_s = timed(chosen, given, all_of, energy, crop, allowed)
        least = [min(pair) for pair in zip(least, (tables_s, worth_s, chosen_s))]
    tables_s, worth_s, chosen_s = least
    print(f"tables s\t{tables_s:.3f}\nworths s\t{worth_s:.3f}\nchoice s\t{chosen_s:.3f}\nall s\t{sum(least):.3f}")
    print(f"million evaluations a second, warm\t{energy.size / (worth_s + chosen_s) / 1e6:.2f}")
    print(f"million evaluations a second, all\t{energy.size / sum(least) / 1e6:.2f}")
    print(f"peak memory MB\t{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f}")
    if options.across:
        _, across_s = timed(lambda: [across(given, weather, meta, designs, place) for place in places[:options.across]])
        print(f"light across the rows, at all {len(places)} climates s\t{across_s / options.across * len(places):.1f}")
    compare(given, all_of, energy, crop, allowed, offered)


if __name__ == "__main__":
    main()
