"""Live changes of a network: closed roads and present speeds, as values that number their versions.

A `LiveChanges` never changes itself: closing, opening and setting speeds give the next version. An engine turns
a version into weights (`haoyun.maps.roads.road_metric`) and answers with it from the next question on. Roads are
picked by edge, by way, inside a polygon or along a corridor.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from haoyun.maps.geodesy import check_position
from haoyun.maps.network import RoadNetwork

FloatArray = NDArray[np.float64]
LongArray = NDArray[np.int64]
LatLon = tuple[float, float]

_METRES_A_DEGREE = 111_195.0
_MOST_KMH = 200.0


@dataclass(frozen=True, slots=True)
class LiveChanges:
    """Which edges are closed, and the speeds that hold on others; version 0 is the network as it is."""

    version: int = 0
    closed: frozenset[int] = frozenset()
    speed_kmh: Mapping[int, float] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        object.__setattr__(self, "speed_kmh", MappingProxyType(dict(self.speed_kmh)))

    def close(self, edges: Iterable[int]) -> LiveChanges:
        """The next version, with these edges closed as well."""
        return replace(self, version=self.version + 1, closed=self.closed | _numbers(edges))

    def reopen(self, edges: Iterable[int]) -> LiveChanges:
        """The next version, with these edges open again; their speeds stay."""
        return replace(self, version=self.version + 1, closed=self.closed - _numbers(edges))

    def set_speeds(self, edges: Iterable[int], speed_kmh: float) -> LiveChanges:
        """The next version, with this speed on these edges, whatever the vehicle's own limit allows above it.

        Raises ValueError unless the speed is above 0 and at most 200 km/h: a road without movement is closed.
        """
        if not 0 < speed_kmh <= _MOST_KMH:
            raise ValueError(
                f"a speed is above 0 and at most 200 km/h, not {speed_kmh!r}; close a blocked road"
            )
        speeds = dict(self.speed_kmh)
        speeds.update(dict.fromkeys(_numbers(edges), float(speed_kmh)))
        return replace(self, version=self.version + 1, speed_kmh=speeds)

    def reset_speeds(self, edges: Iterable[int]) -> LiveChanges:
        """The next version, with the usual speeds on these edges."""
        gone = _numbers(edges)
        left = {edge: speed for edge, speed in self.speed_kmh.items() if edge not in gone}
        return replace(self, version=self.version + 1, speed_kmh=left)

    def differing(self, other: LiveChanges) -> LongArray:
        """The edges on which two versions differ, ascending."""
        speeds = self.speed_kmh.items() ^ other.speed_kmh.items()
        edges = (self.closed ^ other.closed) | {edge for edge, _ in speeds}
        return np.array(sorted(edges), dtype=np.int64)

    def check(self, network: RoadNetwork) -> None:
        """Raise ValueError if an edge is not one of the network's."""
        edges = self.closed | self.speed_kmh.keys()
        if edges and not (min(edges) >= 0 and max(edges) < network.edge_count):
            raise ValueError(f"the network {network.name!r} has edges 0..{network.edge_count - 1} only")


def edges_of_ways(network: RoadNetwork, way_ids: Iterable[int]) -> LongArray:
    """The edges, in both directions, of OpenStreetMap ways; unknown ways have none."""
    return np.flatnonzero(np.isin(network.edge_way, np.array(list(way_ids), dtype=np.int64)))


def edges_in_polygon(network: RoadNetwork, ring: Sequence[LatLon]) -> LongArray:
    """The edges whose line touches or crosses the inside of a polygon of (lat, lon) corners."""
    import shapely  # noqa: PLC0415 - only where an area is asked for

    if len(ring) < 3:
        raise ValueError("a polygon needs at least three corners")
    for lat, lon in ring:
        check_position(lat, lon)
    area = shapely.Polygon([(lon, lat) for lat, lon in ring])
    if not area.is_valid:
        raise ValueError("the polygon crosses itself")
    west, south, east, north = area.bounds
    near = _edges_in_box(network, south, west, north, east)
    shapely.prepare(area)
    return np.asarray(near[shapely.intersects(area, _lines(network, near))])


def edges_along(network: RoadNetwork, line: Sequence[LatLon], width_m: float) -> LongArray:
    """The edges with a point within width_m / 2 of a line of (lat, lon) points: a corridor."""
    import shapely  # noqa: PLC0415 - only where an area is asked for

    if len(line) < 2 or not width_m > 0:
        raise ValueError("a corridor needs at least two points and a width above 0 m")
    for lat, lon in line:
        check_position(lat, lon)
    squeeze = float(np.cos(np.radians(np.mean([lat for lat, _ in line]))))
    reach = width_m / 2 / _METRES_A_DEGREE
    spine = shapely.LineString([(lon * squeeze, lat) for lat, lon in line])
    west, south, east, north = spine.bounds
    near = _edges_in_box(
        network, south - reach, (west - reach) / squeeze, north + reach, (east + reach) / squeeze
    )
    lines = shapely.transform(_lines(network, near), lambda xy: xy * np.array([squeeze, 1.0]))
    shapely.prepare(spine)
    return np.asarray(near[shapely.dwithin(spine, lines, reach)])


def _edges_in_box(network: RoadNetwork, south: float, west: float, north: float, east: float) -> LongArray:
    """The edges whose own box meets the box; all candidates for an exact test."""
    points, first = network.lines.points, network.lines.offsets[:-1]
    low, high = np.minimum.reduceat(points, first), np.maximum.reduceat(points, first)
    meets = (high[:, 0] >= south) & (low[:, 0] <= north) & (high[:, 1] >= west) & (low[:, 1] <= east)
    return np.flatnonzero(meets)


def _lines(network: RoadNetwork, edges: LongArray) -> NDArray[np.object_]:
    """Shapely lines (lon, lat) of some edges."""
    import shapely  # noqa: PLC0415 - only where an area is asked for

    offsets = network.lines.offsets
    sizes = offsets[edges + 1] - offsets[edges]
    start = np.cumsum(sizes) - sizes
    at = np.arange(int(sizes.sum())) - np.repeat(start, sizes) + np.repeat(offsets[edges], sizes)
    of_line = np.repeat(np.arange(len(edges)), sizes)
    return np.asarray(shapely.linestrings(network.lines.points[at][:, ::-1], indices=of_line), dtype=object)


def _numbers(edges: Iterable[int]) -> frozenset[int]:
    return frozenset(edges.tolist() if isinstance(edges, np.ndarray) else (int(edge) for edge in edges))
