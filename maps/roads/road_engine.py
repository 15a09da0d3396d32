"""RoadEngine: matrices, routes and reach for one kind of vehicle on real roads, with live changes.

Between positions it snaps to the nearest allowed edges with the offset along them. Between nodes it keeps the
`MatrixEngine` protocol. Duration and distance of an answer always belong to the same fastest path, turn costs
included; among equally fast ones (to the millisecond) it is the shortest.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import ArrayLike, NDArray

from haoyun.maps.engine import Matrix, Path
from haoyun.maps.errors import NoPath, NoRoadNear
from haoyun.maps.geodesy import check_position
from haoyun.maps.network import RoadNetwork
from haoyun.maps.roads.live import LiveChanges
from haoyun.maps.roads.profiles import VehicleProfile
from haoyun.maps.roads.road_graph import RoadGraph
from haoyun.maps.roads.road_line import line_along, osm_ways
from haoyun.maps.roads.road_metric import (
    HourlySpeeds,
    RoadMetric,
    Situation,
    base_metric,
    changed_metric,
    situation_of,
)
from haoyun.maps.roads.snapping import SCHEMATIC_WITHIN_M, WITHIN_M, Snapped, at_nodes, snap
from haoyun.maps.roads.trips import best_way, matrix_between

FloatArray = NDArray[np.float64]
LongArray = NDArray[np.int64]
LatLon = tuple[float, float]
Situated = datetime | None  # a departure: local wall clock, or None for whatever the hour

_SITUATIONS_KEPT = 8  # metrics of different hours; one is some 15 MB for a city
_TIMES_KEPT = 256


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """The fastest way between two positions: edges driven, (k, 2) lat, lon rows, metres and seconds.

    It starts and ends on the road; start_gap_m and end_gap_m are the straight lines from the positions, which
    are in neither the distance nor the duration.
    """

    edges: tuple[int, ...]
    osm_way_ids: tuple[int, ...]  # in driving order, repeats joined; without edges that have no way id
    coordinates: FloatArray
    distance_m: float
    duration_s: float
    start_gap_m: float
    end_gap_m: float


class RoadEngine:
    """Answers for one vehicle profile on one RoadGraph; several threads may ask and change it at once.

    With `speeds`, a departure takes the speeds of its hour of the week for the whole trip.
    """

    def __init__(self, graph: RoadGraph, profile: VehicleProfile, speeds: HourlySpeeds | None = None) -> None:
        self.graph = graph
        self.profile = profile
        self._speeds = speeds
        self._changes = LiveChanges()
        self._bases: OrderedDict[bytes, RoadMetric] = OrderedDict()
        self._current: dict[bytes, RoadMetric] = {}
        self._situations: OrderedDict[object, Situation] = OrderedDict()
        self._lock = threading.RLock()

    @property
    def network(self) -> RoadNetwork:
        """The network that edges and nodes are numbered by."""
        return self.graph.network

    @property
    def within_m(self) -> float:
        """How far a position may lie from the road: farther on a schematic network, whose nodes are cities."""
        return WITHIN_M if self.network.kind == "streets" else SCHEMATIC_WITHIN_M

    # ---- live changes ----

    @property
    def changes(self) -> LiveChanges:
        """The live changes in force."""
        return self._changes

    def apply(self, changes: LiveChanges) -> None:
        """Answer with these live changes from the next question on; ValueError for edges of another network."""
        changes.check(self.network)
        with self._lock:
            self._changes = changes

    def close_edges(self, edges: Iterable[int]) -> int:
        """Close edges (see `haoyun.maps.roads.live` for ways, polygons and corridors); the new version."""
        with self._lock:
            self.apply(self._changes.close(edges))
            return self._changes.version

    def reopen_edges(self, edges: Iterable[int]) -> int:
        """Open edges again; the new version."""
        with self._lock:
            self.apply(self._changes.reopen(edges))
            return self._changes.version

    def set_speeds(self, edges: Iterable[int], speed_kmh: float) -> int:
        """Set the present speed of edges, capped by what the vehicle can drive; the new version."""
        with self._lock:
            self.apply(self._changes.set_speeds(edges, speed_kmh))
            return self._changes.version

    def metric(self, at: Situated = None) -> RoadMetric:
        """The weights in force for a departure at a local time (its wall clock counts; None = any time).

        The signs that hold at the departure hold for the whole trip.
        """
        with self._lock:
            situation = self._situation(at)
            key, changes = situation.key, self._changes
            if key not in self._bases:
                self._bases[key] = base_metric(self.graph, self.profile, situation, self._speeds)
                while len(self._bases) > _SITUATIONS_KEPT:
                    self._current.pop(self._bases.popitem(last=False)[0], None)
            self._bases.move_to_end(key)
            base = self._bases[key]
            known = self._current.get(key, base)
            if known.changes != changes:
                known = changed_metric(self.graph, self.profile, base, known, changes)
            self._current[key] = known
            return known

    # ---- between positions ----

    def snap(self, points: Sequence[LatLon], at: Situated = None, within_m: float | None = None) -> Snapped:
        """Where (lat, lon) positions meet the roads that this vehicle may use."""
        return snap(self.graph, self.metric(at), *_columns(points), within_m or self.within_m)

    def point_matrix(
        self, sources: Sequence[LatLon], targets: Sequence[LatLon] | None = None, at: Situated = None
    ) -> Matrix:
        """Seconds and metres between (lat, lon) positions, targets = sources if left out.

        From road to road: the straight lines to the road are not in it. inf where there is no way, or no
        allowed road near.
        """
        metric = self.metric(at)
        here = snap(self.graph, metric, *_columns(sources), self.within_m)
        there = here if targets is None else snap(self.graph, metric, *_columns(targets), self.within_m)
        return matrix_between(self.graph, metric, here, there)

    def route(self, start: LatLon, end: LatLon, at: Situated = None) -> Route:
        """The fastest way between two (lat, lon) positions.

        Raises BadCoordinate off the Earth, NoRoadNear for a position far from any allowed road, and NoPath.
        """
        check_position(*start)
        check_position(*end)
        metric = self.metric(at)
        places = snap(self.graph, metric, *_columns([start, end]), self.within_m)
        for name, found, (lat, lon) in zip(("start", "end"), places.found, (start, end), strict=True):
            if not found:
                raise NoRoadNear(
                    f"no road for {self.profile.name} within {self.within_m:.0f} m of the {name} {lat:g},{lon:g}"
                )
        found_way = best_way(self.graph, metric, places.only(0), places.only(1))
        if found_way is None:
            raise NoPath(
                f"no way for {self.profile.name} from {start[0]:g},{start[1]:g} to {end[0]:g},{end[1]:g}"
            )
        return Route(
            edges=found_way.edges,
            osm_way_ids=osm_ways(self.network, found_way.edges),
            coordinates=line_along(
                self.network, found_way.edges, found_way.first_share, found_way.last_share
            ),
            distance_m=found_way.distance_m,
            duration_s=found_way.duration_s,
            start_gap_m=float(places.gap_m[0]),
            end_gap_m=float(places.gap_m[1]),
        )

    # ---- between nodes: the MatrixEngine protocol ----

    def matrix(self, sources: ArrayLike, targets: ArrayLike) -> Matrix:
        """Times and distances between two lists of nodes; inf where there is no way, 0 from a node to itself."""
        metric = self.metric()
        here, there = self._nodes(sources), self._nodes(targets)
        found = matrix_between(
            self.graph,
            metric,
            at_nodes(self.graph, metric, here, leaving=True),
            at_nodes(self.graph, metric, there, leaving=False),
        )
        same = here[:, None] == there[None, :]
        found.duration_s[same], found.distance_m[same] = 0.0, 0.0
        return found

    def path(self, source: int, target: int) -> Path:
        """The fastest path between two nodes; NoPath if there is none."""
        metric = self.metric()
        here, there = self._nodes([source]), self._nodes([target])
        if source == target:
            return Path((source,), (), np.array([self.network.position(source)]), 0.0, 0.0)
        found = best_way(
            self.graph,
            metric,
            at_nodes(self.graph, metric, here, leaving=True),
            at_nodes(self.graph, metric, there, leaving=False),
        )
        if found is None:
            raise NoPath(f"no way for {self.profile.name} from node {source} to node {target}")
        nodes = (source, *self.network.edge_head[list(found.edges)].tolist())
        line = line_along(self.network, found.edges, 0.0, 1.0)
        return Path(nodes, found.edges, line, found.distance_m, found.duration_s)

    def _nodes(self, nodes: ArrayLike) -> LongArray:
        found = np.atleast_1d(np.asarray(nodes, dtype=np.int64))
        if len(found) and not (found.min() >= 0 and found.max() < self.network.node_count):
            raise NoPath(f"the network {self.network.name!r} has nodes 0..{self.network.node_count - 1} only")
        return found

    def _situation(self, at: Situated) -> Situation:
        when = None if at is None else (at.month, at.day, at.weekday(), at.hour, at.minute)
        if when not in self._situations:
            found = situation_of(self.graph, self.profile, at)
            if self._speeds is not None and at is not None:
                found = replace(found, hour_of_week=at.weekday() * 24 + at.hour)
            self._situations[when] = found
            if len(self._situations) > _TIMES_KEPT:
                self._situations.popitem(last=False)
        return self._situations[when]


def _columns(points: Sequence[LatLon]) -> tuple[FloatArray, FloatArray]:
    table = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    return table[:, 0], table[:, 1]
