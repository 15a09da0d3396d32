"""Isochrones: the area that a vehicle reaches from a position within some minutes, as polygons.

The reached parts of all edges, partly driven ones up to the very metre, are laid on a grid; the cells they touch
are joined, widened by half a cell and smoothed. Every reached place lies inside, and nothing farther than about
one and a half cells from one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from haoyun.maps.errors import NoRoadNear
from haoyun.maps.geodesy import check_position
from haoyun.maps.roads.road_engine import RoadEngine
from haoyun.maps.roads.road_metric import RoadMetric
from haoyun.maps.roads.snapping import Snapped
from haoyun.maps.roads.trips import starts_of
from haoyun.maps.search.weights import NO_WAY

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]

CELL_M = 75.0  # a block of a town; smaller shows streets, larger blurs rivers
_METRES_A_DEGREE = 111_195.0
_SAMPLES_A_CELL = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class Isochrone:
    """The area reached within some minutes: a shapely Polygon or MultiPolygon of (lon, lat) degrees."""

    minutes: float
    area: Any
    road_m: float  # metres of edges reached, each direction for itself


def isochrones(
    engine: RoadEngine,
    start: tuple[float, float],
    minutes: Sequence[float],
    *,
    at: datetime | None = None,
    cell_m: float = CELL_M,
) -> list[Isochrone]:
    """The areas within each of `minutes` of a (lat, lon) position, in the order given.

    Raises ValueError unless every figure is above 0, BadCoordinate, and NoRoadNear for a position far from
    any road that the vehicle may use.
    """
    if not minutes or min(minutes) <= 0:
        raise ValueError("an isochrone needs minutes above 0")
    if not cell_m > 0:
        raise ValueError("the cells of an isochrone are wider than 0 m")
    check_position(*start)
    metric = engine.metric(at)
    places = engine.snap([start], at)
    if not places.found[0]:
        raise NoRoadNear(
            f"no road for {engine.profile.name} within {engine.within_m:.0f} m of {start[0]:g},{start[1]:g}"
        )
    entry_s = _entry_times(engine, metric, places)
    return [_isochrone(engine, metric, places, entry_s, band, cell_m) for band in minutes]


def reached_parts(
    engine: RoadEngine, metric: RoadMetric, places: Snapped, entry_s: FloatArray, limit_s: float
) -> tuple[NDArray[np.int64], FloatArray, FloatArray]:
    """(edge, from share, to share) of every part of an edge reached within limit_s."""
    duration_s = _edge_durations(engine, metric)
    entered = np.flatnonzero(entry_s <= limit_s)
    to = _driven_share(limit_s - entry_s[entered], duration_s[entered])
    own_to = places.share + _driven_share(np.full(len(places.edge), float(limit_s)), duration_s[places.edge])
    return (
        np.concatenate([entered, places.edge]),
        np.concatenate([np.zeros(len(entered)), places.share]),
        np.minimum(np.concatenate([to, own_to]), 1.0),
    )


def _entry_times(engine: RoadEngine, metric: RoadMetric, places: Snapped) -> FloatArray:
    """(edges,) seconds until a vehicle enters each edge at its tail, inf where it never does."""
    states = engine.graph.states
    labels = metric.search.reach(starts_of(engine.graph, metric, places))
    entry = np.full(engine.network.edge_count, np.inf)
    arrived = labels < NO_WAY
    edge = states.edge[arrived]
    np.minimum.at(entry, edge, ((labels[arrived] - metric.traverse[edge]) >> 32) / 1000.0)
    return entry


def _edge_durations(engine: RoadEngine, metric: RoadMetric) -> FloatArray:
    return np.asarray(engine.network.edge_length_m / (metric.speed_kmh / 3.6))


def _driven_share(time_s: FloatArray, duration_s: FloatArray) -> FloatArray:
    share = np.divide(time_s, duration_s, out=np.ones_like(time_s), where=duration_s > 0)
    return np.minimum(share, 1.0)


def _isochrone(
    engine: RoadEngine,
    metric: RoadMetric,
    places: Snapped,
    entry_s: FloatArray,
    minutes: float,
    cell_m: float,
) -> Isochrone:
    edge, from_share, to_share = reached_parts(engine, metric, places, entry_s, minutes * 60)
    length_m = engine.network.edge_length_m[edge]
    part_m = (to_share - from_share) * length_m
    pieces = np.ceil(part_m / (cell_m / _SAMPLES_A_CELL)).astype(np.int64) + 1
    owner = np.repeat(np.arange(len(edge)), pieces)
    step = np.arange(len(owner)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    share = step / np.maximum(pieces[owner] - 1, 1)
    offset_m = (from_share[owner] + share * (to_share - from_share)[owner]) * length_m[owner]
    lat, lon = engine.graph.index.positions(edge[owner], offset_m)
    return Isochrone(minutes, _area(lat, lon, cell_m), float(part_m.sum()))


def _area(lat: FloatArray, lon: FloatArray, cell_m: float) -> Any:
    """The joined cells around positions, in degrees."""
    import shapely  # noqa: PLC0415 - only where an area is asked for

    squeeze = float(np.cos(np.radians(lat.mean())))
    x, y = lon * squeeze * _METRES_A_DEGREE / cell_m, lat * _METRES_A_DEGREE / cell_m
    west, south = np.floor(x.min()), np.floor(y.min())
    column, row = np.floor(x - west).astype(np.int64), np.floor(y - south).astype(np.int64)
    width = int(column.max()) + 2  # an empty column, so that runs end with their row
    cells = np.unique(row * width + column)
    first = np.flatnonzero(np.append(True, np.diff(cells) > 1))
    last = np.append(first[1:], len(cells)) - 1
    left, bottom = cells[first] % width, cells[first] // width
    boxes = shapely.box(left, bottom, cells[last] % width + 1, bottom + 1)
    joined = shapely.union_all(boxes).buffer(0.5, join_style="mitre").simplify(0.25)
    scale = np.array([cell_m / _METRES_A_DEGREE / squeeze, cell_m / _METRES_A_DEGREE])
    return shapely.transform(joined, lambda xy: (xy + np.array([west, south])) * scale)
