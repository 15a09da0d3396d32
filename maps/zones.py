"""Zones on the ground: which positions lie inside which zones, and how far it is to a border.

Everything is in metres on the sphere, at any latitude; arrays of positions are answered at once. Three shapes:
`Circle`, `PolygonZone` (with holes; several as `MultiPolygonZone`) and `Corridor`, a line with a width.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from haoyun.maps.borders import Border
from haoyun.maps.errors import BadCoordinate
from haoyun.maps.geodesy import EARTH_RADIUS_M, check_position, haversine_m
from haoyun.maps.zone_polygons import MultiPolygonZone, PolygonZone

__all__ = [
    "Box",
    "Circle",
    "Corridor",
    "MultiPolygonZone",
    "PolygonZone",
    "Zone",
    "ZoneIndex",
    "zones_containing",
]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
Box = tuple[
    float, float, float, float
]  # west, south, east, north in degrees; never across the 180th meridian

_MOST_RADIUS_M = 1_000_000.0


class Zone(Protocol):
    """Anything with an inside."""

    def contains(self, lat: float, lon: float) -> bool:
        """Whether the position lies inside or on the border."""
        ...

    def contains_many(self, lat: ArrayLike, lon: ArrayLike) -> BoolArray:
        """The same for n positions; shape (n,)."""
        ...

    def signed_distance_m(self, lat: ArrayLike, lon: ArrayLike) -> FloatArray:
        """Metres to the nearest point of the border, negative inside; shape (n,). A state that only changes
        beyond some metres on either side does not flicker while a truck stands at the gate."""
        ...

    def distance_to_edge_m(self, lat: float, lon: float) -> float:
        """Metres to the nearest point of the border, from either side; never negative."""
        ...

    def boxes(self) -> list[Box]:
        """Boxes in degrees that hold the zone together; more than one at the 180th meridian."""
        ...


class _OneByOne:
    """What one position is answered with, from the answer for many."""

    __slots__ = ()

    def contains(self: Zone, lat: float, lon: float) -> bool:
        """Whether the position lies inside or on the border."""
        return bool(self.contains_many([lat], [lon])[0])

    def distance_to_edge_m(self: Zone, lat: float, lon: float) -> float:
        """Metres to the nearest point of the border, from either side; never negative."""
        return abs(float(self.signed_distance_m([lat], [lon])[0]))


@dataclass(frozen=True, slots=True)
class Circle(_OneByOne):
    """All positions within `radius_m` of a centre."""

    lat: float
    lon: float
    radius_m: float

    def __post_init__(self) -> None:
        check_position(self.lat, self.lon)
        if not 0 < self.radius_m <= _MOST_RADIUS_M:
            raise ValueError(f"a zone's radius is above 0 and at most 1,000,000 m, not {self.radius_m:g}")

    def contains_many(self, lat: ArrayLike, lon: ArrayLike) -> BoolArray:
        """Which of n positions lie inside or on the border."""
        return self.signed_distance_m(lat, lon) <= 0

    def signed_distance_m(self, lat: ArrayLike, lon: ArrayLike) -> FloatArray:
        """Metres to the border, negative inside."""
        return haversine_m(self.lat, self.lon, np.atleast_1d(lat), np.atleast_1d(lon)) - self.radius_m

    def boxes(self) -> list[Box]:
        """The box, or two at the 180th meridian; all longitudes where a pole is inside."""
        return boxes_around([(self.lat, self.lon)], self.radius_m)


@dataclass(frozen=True, slots=True)
class Corridor(_OneByOne):
    """All positions within `half_width_m` of a line of (lat, lon) corners; the line may cross the 180th meridian,
    where it takes the shorter way.

    Outside, the distance to the border is exact. Inside it is the half width less the distance from the line:
    exact beside straight parts, and too small (never too large) in the elbow of a bend.
    """

    line: tuple[tuple[float, float], ...]
    half_width_m: float
    _border: Border = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for lat, lon in self.line:
            check_position(lat, lon)
        line = tuple((float(lat), float(lon)) for lat, lon in self.line)
        if len(set(line)) < 2:
            raise ValueError("a corridor needs a line of at least two different corners")
        if not 0 < self.half_width_m <= _MOST_RADIUS_M:
            raise ValueError(
                f"a corridor's half width is above 0 and at most 1,000,000 m, not {self.half_width_m:g}"
            )
        object.__setattr__(self, "line", line)
        object.__setattr__(self, "_border", Border.of([self._running()]))

    @classmethod
    def of(cls, line: ArrayLike, half_width_m: float) -> Corridor:
        """A corridor along any array of (lat, lon) rows, such as a path's coordinates."""
        rows = np.asarray(line, dtype=np.float64)
        if rows.ndim != 2 or rows.shape[1] != 2:
            raise BadCoordinate(f"a line needs (lat, lon) rows, got an array of shape {rows.shape}")
        return cls(tuple((float(lat), float(lon)) for lat, lon in rows), half_width_m)

    def contains_many(self, lat: ArrayLike, lon: ArrayLike) -> BoolArray:
        """Which of n positions lie inside or on the border."""
        return self.signed_distance_m(lat, lon) <= 0

    def signed_distance_m(self, lat: ArrayLike, lon: ArrayLike) -> FloatArray:
        """Metres to the border, negative inside."""
        return self._border.distance_m(lat, lon) - self.half_width_m

    def boxes(self) -> list[Box]:
        """A box for each stretch of the line, so that a long one does not cover half a country."""
        line = self._running()
        step = max(1, math.ceil((len(line) - 1) / 64))
        stretches = [line[at : at + step + 1] for at in range(0, len(line) - 1, step)]
        return [box for part in stretches for box in boxes_around(part, self.half_width_m)]

    def _running(self) -> FloatArray:
        """The line with longitudes that run on across the 180th meridian instead of jumping."""
        rows = np.array(self.line)
        rows[:, 1] = np.degrees(np.unwrap(np.radians(rows[:, 1])))
        return rows


class ZoneIndex:
    """Many zones, asked about many positions."""

    def __init__(self, zones: Sequence[Zone]) -> None:
        from shapely import STRtree, box  # noqa: PLC0415 - only where zones are searched

        self._zones = tuple(zones)
        owned = [(i, b) for i, zone in enumerate(self._zones) for b in zone.boxes()]
        self._owner = np.array([i for i, _ in owned], dtype=np.int64)
        self._tree = STRtree(box(*np.array([b for _, b in owned]).reshape(-1, 4).T))

    def containing(self, lat: ArrayLike, lon: ArrayLike) -> tuple[IntArray, IntArray]:
        """(position, zone) index pairs of every zone that holds a position, sorted by position, then zone."""
        from shapely import points  # noqa: PLC0415

        y, x = np.atleast_1d(np.asarray(lat, np.float64)), np.atleast_1d(np.asarray(lon, np.float64))
        where, found = self._tree.query(points(x, y), predicate="intersects")
        # A zone of several boxes may be found more than once.
        pairs = np.unique(np.column_stack([self._owner[found], where]), axis=0)
        kept = np.zeros(len(pairs), dtype=np.bool_)
        for begin, end in _runs(pairs[:, 0]):
            at = pairs[begin:end, 1]
            kept[begin:end] = self._zones[pairs[begin, 0]].contains_many(y[at], x[at])
        zone, position = pairs[kept].T
        order = np.lexsort((zone, position))
        return position[order], zone[order]


def zones_containing(zones: Sequence[Zone], lat: ArrayLike, lon: ArrayLike) -> list[list[int]]:
    """For each position the indexes of the zones that hold it. Keep a `ZoneIndex` to ask the same zones again."""
    answers: list[list[int]] = [[] for _ in np.atleast_1d(lat)]
    for position, zone in zip(*ZoneIndex(zones).containing(lat, lon), strict=True):
        answers[position].append(int(zone))
    return answers


def boxes_around(rows: Any, margin_m: float) -> list[Box]:
    """Boxes that hold all positions within `margin_m` of (lat, lon) rows whose longitudes do not jump."""
    line = np.asarray(rows, dtype=np.float64)
    high = math.degrees(margin_m / EARTH_RADIUS_M)
    south, north = float(line[:, 0].min()) - high, float(line[:, 0].max()) + high
    if south <= -90 or north >= 90:
        return [(-180.0, max(south, -90.0), 180.0, min(north, 90.0))]
    # How far east a circle reaches is farther than on its centre's own parallel: asin(sin r / cos lat).
    widest = math.sin(math.radians(high)) / math.cos(math.radians(np.abs(line[:, 0]).max()))
    wide = math.degrees(math.asin(min(1.0, widest)))
    west, east = float(line[:, 1].min()) - wide, float(line[:, 1].max()) + wide
    if east - west >= 360:
        return [(-180.0, south, 180.0, north)]
    turns = 360 * math.floor((west + 180) / 360)
    west, east = west - turns, east - turns
    if east <= 180:
        # What lies on the meridian itself may be written as 180 or as -180.
        beside = [(180.0, south, 180.0, north)] if west == -180 else []
        return [
            (west, south, east, north),
            *beside,
            *([(-180.0, south, -180.0, north)] if east == 180 else []),
        ]
    return [(west, south, 180.0, north), (-180.0, south, east - 360, north)]


def _runs(values: IntArray) -> Iterator[tuple[int, int]]:
    """Begin and end of each run of equal values."""
    if len(values):
        cuts = np.flatnonzero(np.diff(values)) + 1
        yield from zip([0, *cuts.tolist()], [*cuts.tolist(), len(values)], strict=True)
