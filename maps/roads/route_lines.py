"""Route questions and answers as JSON values: what `haoyun map route` reads and writes, a line each."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from haoyun.maps.errors import MapError
from haoyun.maps.geodesy import check_position
from haoyun.maps.roads.road_engine import LatLon, RoadEngine, Route, Situated

SHAPE = '{"from": [lat, lon], "to": [lat, lon]}'
_DECIMALS = 6  # of a degree: a decimetre


class BadQuestion(MapError):
    """A question that is not of the form; the message names its fault."""


def read_question(value: Any) -> tuple[LatLon, LatLon]:
    """(start, end) of a decoded line. Raises BadQuestion, or BadCoordinate for a position off the Earth."""
    if not isinstance(value, dict):
        raise BadQuestion(f"a line is one JSON object {SHAPE}")
    for key in ("from", "to"):
        if key not in value:
            raise BadQuestion(f"{key!r} is missing; a line is {SHAPE}")
    return _position("from", value["from"]), _position("to", value["to"])


def feature(route: Route) -> dict[str, Any]:
    """A GeoJSON Feature: the line as [lon, lat] from road to road, and what the drive is."""
    return {
        "type": "Feature",
        "geometry": {
            "type": "LineString",
            "coordinates": np.round(route.coordinates[:, ::-1], _DECIMALS).tolist(),
        },
        "properties": {
            "distance_m": round(route.distance_m, 2),
            "duration_s": round(route.duration_s, 3),
            "osm_way_ids": list(route.osm_way_ids),
            "start_gap_m": round(route.start_gap_m, 1),
            "end_gap_m": round(route.end_gap_m, 1),
        },
    }


def answer(engine: RoadEngine, value: Any, at: Situated = None) -> dict[str, Any]:
    """The Feature for a decoded line; with the line's `id`, if it has one. Raises MapError."""
    start, end = read_question(value)
    found = feature(engine.route(start, end, at))
    return found if "id" not in value else {"type": "Feature", "id": value["id"], **found}


def _position(key: str, value: Any) -> LatLon:
    if not isinstance(value, list) or len(value) != 2:
        raise BadQuestion(f"{key!r} is a pair [lat, lon]")
    if any(isinstance(x, bool) or not isinstance(x, int | float) for x in value):
        raise BadQuestion(f"{key!r} holds two numbers, latitude first, in degrees")
    lat, lon = (float(x) if abs(x) < 1e9 else math.inf for x in value)
    check_position(lat, lon)
    return lat, lon
