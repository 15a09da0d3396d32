"""Where a search looks: around a place, in a division, in a window of the map, along somebody's way.

Every offer names places of the installation's map, so that an area is the set of their codes and a way the set of
(from, to) pairs: plain equality for the database, whatever the shape was.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np

from haoyun.maps.gazetteer.places import Gazetteer
from haoyun.maps.geodesy import haversine_m
from haoyun.platform.market.driving import FloatArray
from haoyun.platform.market.errors import FieldErrors
from haoyun.platform.market.roads import MatchContext
from haoyun.platform.market.values import Site

Lanes: TypeAlias = frozenset[tuple[str, str]]
MAX_DETOUR_KM = 500


@dataclass(frozen=True, slots=True)
class Bounds:
    """A window of the map in degrees; `west` above `east` crosses the 180th meridian. Raises FieldErrors."""

    west: float
    south: float
    east: float
    north: float

    def __post_init__(self) -> None:
        inside = -180 <= self.west <= 180 and -180 <= self.east <= 180
        if not (inside and -90 <= self.south <= self.north <= 90):
            raise FieldErrors({"bbox": ("bbox", {})})

    @classmethod
    def parse(cls, text: str) -> Bounds:
        """Of ``west,south,east,north``. Raises FieldErrors."""
        try:
            west, south, east, north = (float(part) for part in text.split(","))
        except ValueError:
            raise FieldErrors({"bbox": ("bbox", {})}) from None
        return cls(west, south, east, north)

    def __str__(self) -> str:
        return ",".join(f"{edge:.4f}".rstrip("0").rstrip(".") for edge in self._edges())

    def _edges(self) -> tuple[float, float, float, float]:
        return self.west, self.south, self.east, self.north


@dataclass(frozen=True, slots=True, eq=False)
class _Columns:
    codes: np.ndarray
    divisions: tuple[str, ...]
    lat: FloatArray
    lon: FloatArray


@cache
def _columns(gazetteer: Gazetteer) -> _Columns:
    places = gazetteer.list()
    return _Columns(
        np.array([place.code for place in places], dtype=object),
        tuple(place.division for place in places),
        np.array([place.lat for place in places], dtype=np.float64),
        np.array([place.lon for place in places], dtype=np.float64),
    )


def codes_around(gazetteer: Gazetteer, site: Site, radius_km: float) -> frozenset[str]:
    """Codes of the places within a radius as the crow flies; the place itself is always among them."""
    columns = _columns(gazetteer)
    near = haversine_m(site.lat, site.lon, columns.lat, columns.lon) <= radius_km * 1000
    return frozenset(columns.codes[near]) | {site.code}


def codes_in_division(gazetteer: Gazetteer, code: str, field: str = "division") -> frozenset[str]:
    """Codes of the places of a division (GB/T 2260: 51, 510000, 5101, 510104 ...). Raises FieldErrors.

    The map knows a prefecture by its seat: a county's code finds nothing where the county has no place of its own.
    """
    columns, prefix = _columns(gazetteer), division_prefix(code)
    found = (
        frozenset(c for c, d in zip(columns.codes, columns.divisions, strict=True) if d.startswith(prefix))
        if prefix
        else frozenset()
    )
    if not found:
        raise FieldErrors({field: ("unknown_division", {"code": code[:20]})})
    return found


def division_prefix(code: str) -> str:
    """What the codes of everything inside a division begin with; "" for what is no code of GB/T 2260."""
    text = code.strip()
    if not text.isascii() or not text.isdigit() or len(text) not in (2, 4, 6):
        return ""
    return text[:2] if text[2:].strip("0") == "" else text[:4] if text[4:].strip("0") == "" else text


def divisions_of(gazetteer: Gazetteer) -> tuple[str, ...]:
    """The provinces that have places on this map, as two digits in the order of the standard."""
    return tuple(
        sorted({division[:2] for division in _columns(gazetteer).divisions if division[:2].isdigit()})
    )


def codes_in_window(gazetteer: Gazetteer, window: Bounds) -> frozenset[str]:
    """Codes of the places inside a window of the map, edges included."""
    columns = _columns(gazetteer)
    inside = (columns.lat >= window.south) & (columns.lat <= window.north)
    if window.west <= window.east:
        inside &= (columns.lon >= window.west) & (columns.lon <= window.east)
    else:
        inside &= (columns.lon >= window.west) | (columns.lon <= window.east)
    return frozenset(columns.codes[inside])


def within_all(areas: Iterable[frozenset[str] | None]) -> frozenset[str] | None:
    """What lies in each of the areas; None where none of them limits."""
    limits = [area for area in areas if area is not None]
    return frozenset.intersection(*limits) if limits else None


def lanes_on_the_way(context: MatchContext, here: str, home: str, detour_km: float) -> Lanes:
    """Lanes whose pickup and then delivery add at most `detour_km` by road to the way from `here` to `home`.

    Loads for somebody who drives home. Raises FieldErrors for a detour out of bounds, or where no road leads home.
    """
    a, b, limit_m = _ends(context, here, home, detour_km)
    road = context.distance_m
    added_m = road[a, :, None] + road + road[:, b][None, :] - road[a, b]
    return _lanes(context, added_m <= limit_m)


def lanes_passing(context: MatchContext, pickup: str, delivery: str, detour_km: float) -> Lanes:
    """Lanes of trucks that could take a load from `pickup` to `delivery` with at most `detour_km` more by road.

    The other direction of `lanes_on_the_way`. Raises FieldErrors likewise.
    """
    a, b, limit_m = _ends(context, pickup, delivery, detour_km)
    road = context.distance_m
    with np.errstate(invalid="ignore"):  # where no road leads, inf - inf: no number, and no lane
        added_m = road[:, a][:, None] + road[a, b] + road[b, :][None, :] - road
    return _lanes(context, added_m <= limit_m)


def _ends(context: MatchContext, start: str, end: str, detour_km: float) -> tuple[int, int, float]:
    if not 0 <= detour_km <= MAX_DETOUR_KM:
        raise FieldErrors({"detour_km": ("between", {"low": 0, "high": MAX_DETOUR_KM})})
    a, b = context.places[start], context.places[end]
    if not np.isfinite(context.distance_m[a, b]):
        raise FieldErrors({"way_to": ("no_road", {"origin": start, "destination": end})})
    return a, b, detour_km * 1000 + 0.5


def _lanes(context: MatchContext, fits: np.ndarray) -> Lanes:
    codes = list(context.places)
    fits = fits & ~np.eye(len(codes), dtype=bool)
    return frozenset((codes[o], codes[d]) for o, d in np.argwhere(fits).tolist())
