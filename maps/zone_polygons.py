"""Zones with corners: polygons with holes, and several of them as one zone.

Edges are straight in degrees, as in GeoJSON. A polygon does not cross the 180th meridian: RFC 7946 (3.1.9) cuts it
there, and a `MultiPolygonZone` of the parts is the zone; the cut itself is no border then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from haoyun.maps.borders import Border
from haoyun.maps.geodesy import check_position

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
Ring = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class PolygonZone:
    """The inside of a ring of (lat, lon) corners, less what lies inside the holes; borders belong to it."""

    ring: Ring
    holes: tuple[Ring, ...] = ()
    _shape: Any = field(init=False, repr=False, compare=False)
    _border: Border = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ring", _corners(self.ring))
        object.__setattr__(self, "holes", tuple(_corners(hole) for hole in self.holes))
        object.__setattr__(self, "_shape", _valid(self._polygon()))
        object.__setattr__(self, "_border", Border.of([_closed(ring) for ring in (self.ring, *self.holes)]))

    @classmethod
    def of(
        cls, corners: Sequence[Sequence[float]], holes: Sequence[Sequence[Sequence[float]]] = ()
    ) -> PolygonZone:
        """A zone from any sequences of (lat, lon) pairs, closed or not."""
        return cls(_pairs(corners), tuple(_pairs(hole) for hole in holes))

    def contains(self, lat: float, lon: float) -> bool:
        """Whether the position lies inside or on the border."""
        return bool(self.contains_many([lat], [lon])[0])

    def contains_many(self, lat: ArrayLike, lon: ArrayLike) -> BoolArray:
        """Which of n positions lie inside or on the border."""
        from shapely import intersects_xy  # noqa: PLC0415

        return np.asarray(intersects_xy(self._shape, np.atleast_1d(lon), np.atleast_1d(lat)))

    def signed_distance_m(self, lat: ArrayLike, lon: ArrayLike) -> FloatArray:
        """Metres to the nearest point of the border (of a hole too), negative inside."""
        distance = self._border.distance_m(lat, lon)
        return np.where(self.contains_many(lat, lon), -distance, distance)

    def distance_to_edge_m(self, lat: float, lon: float) -> float:
        """Metres to the nearest point of the border, from either side; never negative."""
        return float(self._border.distance_m([lat], [lon])[0])

    def boxes(self) -> list[tuple[float, float, float, float]]:
        """The box of the ring: west, south, east, north."""
        (south, west), (north, east) = np.min(self.ring, axis=0), np.max(self.ring, axis=0)
        return [(float(west), float(south), float(east), float(north))]

    def _polygon(self) -> Any:
        from shapely import Polygon, prepare  # noqa: PLC0415 - importing this room stays light

        shape = Polygon(_flipped(self.ring), [_flipped(hole) for hole in self.holes])
        prepare(shape)
        return shape


@dataclass(frozen=True, slots=True)
class MultiPolygonZone:
    """Several polygons as one zone; they do not overlap."""

    parts: tuple[PolygonZone, ...]
    _border: Border = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        from shapely import MultiPolygon  # noqa: PLC0415

        if not self.parts:
            raise ValueError("a zone of several polygons needs at least one")
        _valid(MultiPolygon([part._shape for part in self.parts]))
        rings = [_closed(ring) for part in self.parts for ring in (part.ring, *part.holes)]
        object.__setattr__(self, "_border", Border.of(_without_cut(rings)))

    def contains(self, lat: float, lon: float) -> bool:
        """Whether the position lies inside one of the parts or on a border."""
        return bool(self.contains_many([lat], [lon])[0])

    def contains_many(self, lat: ArrayLike, lon: ArrayLike) -> BoolArray:
        """Which of n positions lie inside one of the parts or on a border."""
        return np.asarray(np.logical_or.reduce([part.contains_many(lat, lon) for part in self.parts]))

    def signed_distance_m(self, lat: ArrayLike, lon: ArrayLike) -> FloatArray:
        """Metres to the nearest point of the border, negative inside; a cut along the 180th meridian is none."""
        distance = self._border.distance_m(lat, lon)
        return np.where(self.contains_many(lat, lon), -distance, distance)

    def distance_to_edge_m(self, lat: float, lon: float) -> float:
        """Metres to the nearest point of the border, from either side; never negative."""
        return float(self._border.distance_m([lat], [lon])[0])

    def boxes(self) -> list[tuple[float, float, float, float]]:
        """One box a part."""
        return [box for part in self.parts for box in part.boxes()]


def _pairs(corners: Sequence[Sequence[float]]) -> Ring:
    return tuple((float(pair[0]), float(pair[1])) for pair in corners)


def _corners(ring: Ring) -> Ring:
    """The corners of a ring without the repeated last one, checked."""
    corners = ring[:-1] if len(ring) > 1 and ring[0] == ring[-1] else ring
    if len(set(corners)) < 3:
        raise ValueError("a polygon zone needs at least three different corners")
    for lat, lon in corners:
        check_position(lat, lon)
    if max(lon for _, lon in corners) - min(lon for _, lon in corners) > 180:
        raise ValueError(
            "a polygon zone must not cross the 180th meridian; cut it there into two parts (RFC 7946, 3.1.9)"
        )
    return _pairs(corners)


def _valid(shape: Any) -> Any:
    from shapely import is_valid_reason  # noqa: PLC0415

    if not shape.is_valid:
        raise ValueError(f"the rings of a polygon zone must not cross or overlap: {is_valid_reason(shape)}")
    return shape


def _flipped(ring: Ring) -> list[tuple[float, float]]:
    return [(lon, lat) for lat, lon in ring]


def _closed(ring: Ring) -> FloatArray:
    return np.array([*ring, ring[0]])


def _without_cut(rings: Sequence[FloatArray]) -> list[FloatArray]:
    """Rings as lines without their edges along the 180th meridian, if parts meet there from both sides."""
    sides = {float(lon) for ring in rings for lon in ring[:, 1] if abs(lon) == 180}
    if sides != {180.0, -180.0}:
        return list(rings)
    edges = [ring[i : i + 2] for ring in rings for i in range(len(ring) - 1)]
    return [edge for edge in edges if not (edge[0, 1] == edge[1, 1] and abs(edge[0, 1]) == 180)]
