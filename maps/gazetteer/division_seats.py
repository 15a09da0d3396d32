"""Where the administrative divisions are: the position of their seats, and how exact it is.

No boundary is used or shipped. Positions of provinces, prefectures and most counties come from the table of the
installed package cpca, which is in GCJ-02: against GeoNames it lies 560 m east on average, and 5 m once
converted. Counties younger than that table are found in GeoNames by name, then in the middle of their townships,
then at the seat of their prefecture. Townships come from GeoNames by name.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

import numpy as np

from haoyun.maps.crs import Crs, to_wgs84
from haoyun.maps.gazetteer.divisions import (
    COUNTY_LEVEL,
    MUNICIPALITIES,
    PROVINCE_LEVEL,
    TOWNSHIP_LEVEL,
    Division,
    short_name,
)
from haoyun.maps.gazetteer.geonames import GeoName
from haoyun.maps.geodesy import haversine_m

SEAT_M, TOWNSHIP_M, PREFECTURE_M = 3_000.0, 15_000.0, 60_000.0
_SAME_M = 12_000.0  # a populated place of the same name within this distance of the seat is the seat
_NEW_COUNTY_M = 300_000.0  # how far from its prefecture a county that is in no table is looked for
_TOWNSHIP_REACH_M = 80_000.0

Positions = Mapping[str, tuple[str, float, float]]  # code -> (name, lat, lon), WGS-84


@dataclass(frozen=True, slots=True)
class Seat:
    """Position of a division; `geoname` is the populated place it is one with, if there is one."""

    lat: float
    lon: float
    precision_m: float
    geoname: GeoName | None = None


def seat_table_version() -> str:
    """Version of the package the positions come from."""
    return distribution("cpca").version


def read_seat_table() -> dict[str, tuple[str, float, float]]:
    """Name and WGS-84 position of divisions by six-digit code. The package itself is not imported."""
    path = Path(str(distribution("cpca").locate_file("cpca/resources/adcodes.csv")))
    rows = [r for r in csv.DictReader(path.read_text("utf-8-sig").splitlines()) if r["latitude"]]
    lat, lon = to_wgs84(
        [float(r["latitude"]) for r in rows], [float(r["longitude"]) for r in rows], Crs.GCJ02
    )
    return {
        row["adcode"][:6]: (row["name"], float(y), float(x)) for row, y, x in zip(rows, lat, lon, strict=True)
    }


class _Namesakes:
    """Populated places of China by province and Han name."""

    def __init__(self, places: Iterable[GeoName]) -> None:
        self._by_name: dict[tuple[str, str], list[GeoName]] = defaultdict(list)
        for place in places:
            for name in place.han_names:
                self._by_name[place.province, name].append(place)

    def nearest(self, division: Division, lat: float, lon: float, within_m: float) -> GeoName | None:
        """The closest place that bears the division's full name, or else its short one."""
        short = short_name(division.name)
        for name in (division.name, short) if len(short) > 1 else (division.name,):
            found = self._by_name.get((division.code[:2], name), ())
            ranked = sorted((haversine_m(lat, lon, p.lat, p.lon), p.id, p) for p in found)
            if ranked and ranked[0][0] <= within_m:
                return ranked[0][2]
        return None


def locate(divisions: Sequence[Division], places: Sequence[GeoName], table: Positions) -> dict[str, Seat]:
    """The seat of every province, prefecture and county, and of the townships that GeoNames knows.

    `divisions` have parents before children; `places` are those of China.
    """
    namesakes, by_name = _Namesakes(places), _names_of(table)
    seats: dict[str, Seat] = {}
    waiting: list[Division] = []
    for division in (d for d in divisions if d.level <= COUNTY_LEVEL):
        position = _tabled(division, table, by_name)
        if position is not None:
            lat, lon = position
            # A province shares its seat with a city, and the city is the populated place.
            one = division.level != PROVINCE_LEVEL or division.code in MUNICIPALITIES
            seats[division.code] = Seat(
                lat, lon, SEAT_M, namesakes.nearest(division, lat, lon, _SAME_M) if one else None
            )
        elif division.level == COUNTY_LEVEL:
            waiting.append(division)
        else:
            seats[division.code] = _found(division, seats, namesakes)
    townships = _township_seats(divisions, seats, namesakes)
    for county in waiting:
        seats[county.code] = _new_county(county, seats, namesakes, townships.get(county.code, {}))
    return seats | {code: seat for found in townships.values() for code, seat in found.items()}


def _names_of(table: Positions) -> dict[tuple[str, str], list[str]]:
    by_name: dict[tuple[str, str], list[str]] = defaultdict(list)
    for code, (name, _, _) in table.items():
        by_name[code[:2], name].append(code)
        if short_name(name) != name:
            by_name[code[:2], short_name(name)].append(code)
    return by_name


def _tabled(
    division: Division, table: Positions, by_name: Mapping[tuple[str, str], list[str]]
) -> tuple[float, float] | None:
    """By code and name; for a code that is newer than the table, by a name that only one bears there."""
    short = short_name(division.name)
    row = table.get(division.code)
    if row is None or short_name(row[0]) != short:
        for name in (division.name, short):
            codes = by_name.get((division.code[:2], name), [])
            if len(codes) == 1:
                return table[codes[0]][1:]
    return row[1:] if row else None  # renamed, and in place


def _found(division: Division, seats: Mapping[str, Seat], namesakes: _Namesakes) -> Seat:
    base = seats[division.parent]
    place = namesakes.nearest(division, base.lat, base.lon, _NEW_COUNTY_M)
    if place is None:
        return Seat(base.lat, base.lon, PREFECTURE_M)
    return Seat(place.lat, place.lon, SEAT_M, place)


def _new_county(
    county: Division, seats: Mapping[str, Seat], namesakes: _Namesakes, townships: Mapping[str, Seat]
) -> Seat:
    found = _found(county, seats, namesakes)
    if found.geoname is not None or not townships:
        return found
    return _middle(list(townships.values()))


def _middle(seats: Sequence[Seat]) -> Seat:
    """The one with the least distance to all others; a wrong namesake far away does not pull it."""
    lat, lon = np.array([s.lat for s in seats]), np.array([s.lon for s in seats])
    apart_m = haversine_m(lat[:, None], lon[:, None], lat[None], lon[None])
    best = seats[int(apart_m.sum(axis=1).argmin())]
    return Seat(best.lat, best.lon, TOWNSHIP_M)


def _township_seats(
    divisions: Sequence[Division], seats: Mapping[str, Seat], namesakes: _Namesakes
) -> dict[str, dict[str, Seat]]:
    """Townships that GeoNames knows, by parent. Where the county's own place is not known, a name that several
    townships of the province bear is left out."""
    townships = [d for d in divisions if d.level == TOWNSHIP_LEVEL]
    parents = {d.code: d.parent for d in divisions}
    bearers = Counter((t.code[:2], t.name) for t in townships)
    known: dict[str, dict[str, Seat]] = defaultdict(dict)
    for township in townships:
        base, reach_m = seats.get(township.parent), _TOWNSHIP_REACH_M
        if base is None:
            if bearers[township.code[:2], township.name] > 1:
                continue
            base, reach_m = seats[parents[township.parent]], _NEW_COUNTY_M
        if place := namesakes.nearest(township, base.lat, base.lon, reach_m):
            known[township.parent][township.code] = Seat(place.lat, place.lon, SEAT_M, place)
    return known
