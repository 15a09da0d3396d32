"""What is where: the nearest place and the administrative divisions of a position.

There are no boundaries here. The county is that of the nearest place whose county is known; near a border that may
be the neighbour, and then `certain` is False. Far from every known place the answer says so and names nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from haoyun.maps.gazetteer.addresses import AddressDivision, divisions_of
from haoyun.maps.gazetteer.divisions import MUNICIPALITIES
from haoyun.maps.gazetteer.place import SITE_KINDS, Place, PlaceKind
from haoyun.maps.gazetteer.place_book import PlaceBook, place_of
from haoyun.maps.gazetteer.place_file import as_json
from haoyun.maps.geodesy import EARTH_RADIUS_M, bearing_deg, check_position, haversine_m

COVERAGE_M = 300_000.0  # beyond this from every place, a position is outside coverage
_RADII_M = (20_000.0, 80_000.0, COVERAGE_M)
_LANDMARK_M = 40_000.0
_AT_M = 1_500.0  # within this of a place one is there, not beside it
_SITE_M = 3_000.0
_VOTES = 3
_LANDMARKS = frozenset({PlaceKind.PROVINCE, PlaceKind.PREFECTURE, PlaceKind.COUNTY, PlaceKind.CITY})
_EN = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")
_ZH = ("北", "东北", "东", "东南", "南", "西南", "西", "西北")


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What is known about a position.

    `nearest` is the closest populated place, `landmark` the closest city or seat within 40 km (or else the nearest
    place again); distances in metres and bearings in degrees are from the place to the position. `site` is a port,
    station, border, park or airport that the position may lie in.
    """

    lat: float
    lon: float
    nearest: Place | None = None
    nearest_m: float = math.inf
    landmark: Place | None = None
    landmark_m: float = math.inf
    bearing_deg: float = 0.0
    site: Place | None = None
    chain: tuple[AddressDivision, ...] = ()
    certain: bool = False

    @property
    def code(self) -> str:
        """GB/T 2260 code of the smallest division, "" outside China."""
        return self.chain[-1].code if self.chain else ""

    def text(self, lang: str) -> str:
        """A phrase: "12 km NE of Ningbo" or "宁波市东北12公里"."""
        zh = lang == "zh"
        if self.landmark is None:
            return "已知地点之外" if zh else "far from any known place"
        name = self.landmark.name_zh if zh else self.landmark.name_en
        if self.landmark_m <= _AT_M:
            return name
        sector = round(self.bearing_deg / 45) % 8
        far = f"{self.landmark_m / 1000:.0f}" if self.landmark_m >= 9_950 else f"{self.landmark_m / 1000:.1f}"
        return f"{name}{_ZH[sector]}{far}公里" if zh else f"{far} km {_EN[sector]} of {name}"


def reverse(book: PlaceBook, lat: float, lon: float) -> Whereabouts:
    """What lies at a WGS-84 position. Raises BadCoordinate off the Earth."""
    check_position(lat, lon)
    for radius_m in _RADII_M:
        places = _around(book, lat, lon, radius_m)
        populated = [(p, m) for p, m in places if p.kind not in SITE_KINDS and _is_a_place(p)]
        if len(populated) >= _VOTES or (populated and radius_m == COVERAGE_M):
            return _whereabouts(book, lat, lon, places, populated)
    return Whereabouts(lat, lon)


def _whereabouts(
    book: PlaceBook,
    lat: float,
    lon: float,
    places: Sequence[tuple[Place, float]],
    populated: Sequence[tuple[Place, float]],
) -> Whereabouts:
    nearest, nearest_m = populated[0]
    seats = (found for found in populated if found[0].kind in _LANDMARKS and found[1] <= _LANDMARK_M)
    landmark, landmark_m = next(seats, populated[0])
    site = next((p for p, m in places if p.kind in SITE_KINDS and m <= max(_SITE_M, p.precision_m)), None)
    votes = [(p.country, _county(p)) for p, _ in populated if _county(p) or not p.division][:_VOTES]
    chain = divisions_of(book, votes[0][1]) if votes and votes[0][1] else ()
    return Whereabouts(
        lat,
        lon,
        nearest,
        nearest_m,
        landmark,
        landmark_m,
        bearing_deg(landmark.lat, landmark.lon, lat, lon),
        site,
        chain,
        certain=len(votes) == _VOTES and len(set(votes)) == 1,
    )


def _is_a_place(place: Place) -> bool:
    """A province is where its capital is, and the capital is the place; a municipality is both."""
    return place.kind != PlaceKind.PROVINCE or place.code in MUNICIPALITIES


def _county(place: Place) -> str:
    """The county a place tells of; a prefecture's or municipality's own entry tells of none, unless it has none."""
    whole = place.division.endswith("00")
    return "" if whole and place.kind in (PlaceKind.PREFECTURE, PlaceKind.PROVINCE) else place.division


def _around(book: PlaceBook, lat: float, lon: float, radius_m: float) -> list[tuple[Place, float]]:
    """The closest places within a radius with their distance, the closest first."""
    rows = [
        row
        for low, high in _cell_ranges(lat, lon, radius_m)
        for row in book.rows("SELECT lat, lon, id FROM place WHERE cell BETWEEN ? AND ?", (low, high))
    ]
    if not rows:
        return []
    table = np.array(rows, dtype=np.float64)
    metres = haversine_m(lat, lon, table[:, 0], table[:, 1])
    order = np.argsort(metres, kind="stable")[:40]
    chosen = [(int(table[i, 2]), float(metres[i])) for i in order if metres[i] <= radius_m]
    rows = book.rows(
        "SELECT * FROM place WHERE id IN (SELECT value FROM json_each(?))", (as_json([i for i, _ in chosen]),)
    )
    found = {row[0]: place_of(row) for row in rows}
    return [(found[i], m) for i, m in chosen]


def _cell_ranges(lat: float, lon: float, radius_m: float) -> Iterator[tuple[int, int]]:
    """Ranges of one-degree cells that hold every position within a radius; split at the 180th meridian."""
    high = math.degrees(radius_m / EARTH_RADIUS_M)
    top = min(90.0, abs(lat) + high)
    wide = 180.0 if top > 89 else min(180.0, high / math.cos(math.radians(top)))
    west, east = math.floor(lon - wide + 180), math.floor(lon + wide + 180)
    for row in range(max(0, math.floor(lat - high + 90)), min(179, math.floor(lat + high + 90)) + 1):
        if east - west >= 359:
            yield row * 360, row * 360 + 359
            continue
        if west < 0:
            yield row * 360 + west + 360, row * 360 + 359
        if east > 359:
            yield row * 360, row * 360 + east - 360
        yield row * 360 + max(west, 0), row * 360 + min(east, 359)
