"""What maps on pages draw: lanes along the roads, points, tracks, as GeoJSON."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from flask import current_app

from haoyun.maps.crs import from_wgs84
from haoyun.maps.errors import NoPath
from haoyun.platform.market.capacity import Capacity
from haoyun.platform.market.context import MarketContext
from haoyun.platform.market.load import Load
from haoyun.platform.market.values import Site
from haoyun.platform.portal.formats import place
from haoyun.platform.services import services

_DIGITS = 4  # 10 m
_MAX_POINTS = 400  # of one line: enough for a screen
_MOST_LANES = 4096  # kept between requests, some 10 MB


def collection(features: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """A FeatureCollection."""
    return {"type": "FeatureCollection", "features": list(features)}


def line(coordinates: Sequence[Sequence[float]], **properties: Any) -> dict[str, Any]:
    """A line of [lon, lat] pairs in WGS-84, as the base map wants it."""
    rows = np.asarray(coordinates, dtype=np.float64)
    lat, lon = from_wgs84(rows[:, 1], rows[:, 0], services().settings.map_crs)
    return _feature("LineString", np.round(np.column_stack([lon, lat]), _DIGITS).tolist(), properties)


def point(lat: float, lon: float, **properties: Any) -> dict[str, Any]:
    """A point given in WGS-84, as the base map wants it."""
    return _feature("Point", shown(lat, lon), properties)


def shown(lat: float, lon: float) -> list[float]:
    """[lon, lat] on the base map of a WGS-84 position: shifted where that map is in another datum.

    The only place where pages leave WGS-84; the API never does.
    """
    y, x = from_wgs84(lat, lon, services().settings.map_crs)
    return [round(float(x), 5), round(float(y), 5)]


def lane_features(loads: Iterable[Load]) -> list[dict[str, Any]]:
    """The lanes of loads along the roads, and their ends."""
    found: list[dict[str, Any]] = []
    for load in loads:
        found.append(line(lane_line(load.origin, load.destination), id=load.id, kind="lane", opacity=0.7))
        found.append(point(load.origin.lat, load.origin.lon, id=load.id, size=5, label=place(load.origin)))
    return found


def truck_features(capacities: Iterable[Capacity]) -> list[dict[str, Any]]:
    """Where capacities stand, and the lanes of those that say where they go."""
    found: list[dict[str, Any]] = []
    for one in capacities:
        label = f"{place(one.origin)} · {one.radius_km} km"
        found.append(point(one.origin.lat, one.origin.lon, id=one.id, size=7, label=label))
        if one.destination:
            found.append(line(lane_line(one.origin, one.destination), id=one.id, kind="lane", opacity=0.5))
    return found


def place_counts(
    market: MarketContext, counts: Mapping[str, int], words: Callable[[int], str]
) -> list[dict[str, Any]]:
    """A point for each place with how much there is, its size by the order of magnitude, the largest first."""
    found: list[dict[str, Any]] = []
    for code, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        here = market.gazetteer.find(code)
        if here is not None:
            size = round(5 + 4 * math.log10(count), 1)
            found.append(
                point(here.lat, here.lon, kind="plan", size=size, label=f"{place(here)} · {words(count)}")
            )
    return found


def lane_line(origin: Site, destination: Site) -> list[list[float]]:
    """[lon, lat] pairs of the fastest way between two places; straight where no road leads."""
    kept: dict[tuple[str, str], list[list[float]]] = current_app.extensions.setdefault("haoyun_lanes", {})
    key = (origin.code, destination.code)
    if key not in kept:
        if len(kept) >= _MOST_LANES:
            kept.clear()
        kept[key] = _drawn(services().market, (origin.lat, origin.lon, destination.lat, destination.lon))
    return kept[key]


def _drawn(context: MarketContext, ends: tuple[float, float, float, float]) -> list[list[float]]:
    lat1, lon1, lat2, lon2 = ends
    start, _ = context.network.nearest_node(lat1, lon1)
    end, _ = context.network.nearest_node(lat2, lon2)
    try:
        latlon = context.engine.path(start, end).coordinates
    except NoPath:
        return [[lon1, lat1], [lon2, lat2]]
    return thinned(latlon)


def thinned(latlon: Any) -> list[list[float]]:
    """[lon, lat] pairs of (lat, lon) rows, at most _MAX_POINTS, both ends kept."""
    rows = np.asarray(latlon, dtype=np.float64)
    if len(rows) > _MAX_POINTS:
        rows = rows[np.unique(np.linspace(0, len(rows) - 1, _MAX_POINTS).astype(int))]
    return [[float(lon), float(lat)] for lat, lon in rows]


def _feature(kind: str, coordinates: Any, properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": {"type": kind, "coordinates": coordinates},
        "properties": properties,
    }
