"""Zones on the ground: is a position inside, and how far is the edge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from haoyun.maps.geodesy import EARTH_RADIUS_M, check_position, haversine_m


class Zone(Protocol):
    """Anything with an inside."""

    def contains(self, lat: float, lon: float) -> bool:
        """Whether the position lies inside or on the edge."""
        ...

    def distance_to_edge_m(self, lat: float, lon: float) -> float:
        """Metres to the nearest point of the edge, from either side; never negative."""
        ...


@dataclass(frozen=True, slots=True)
class Circle:
    """All positions within `radius_m` of a centre."""

    lat: float
    lon: float
    radius_m: float

    def __post_init__(self) -> None:
        check_position(self.lat, self.lon)
        if not 0 < self.radius_m <= 1_000_000:
            raise ValueError(f"a zone's radius is above 0 and at most 1,000,000 m, not {self.radius_m:g}")

    def contains(self, lat: float, lon: float) -> bool:
        """Whether the position lies inside or on the edge."""
        return haversine_m(self.lat, self.lon, lat, lon) <= self.radius_m

    def distance_to_edge_m(self, lat: float, lon: float) -> float:
        """Metres to the nearest point of the edge, from either side; never negative."""
        return abs(haversine_m(self.lat, self.lon, lat, lon) - self.radius_m)


@dataclass(frozen=True, slots=True)
class PolygonZone:
    """The inside of a ring of (lat, lon) corners, not crossing the 180th meridian.

    Edges are straight in degrees; over yard and city sizes that is a great circle to within metres.
    """

    ring: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        corners = self.ring[:-1] if len(self.ring) > 1 and self.ring[0] == self.ring[-1] else self.ring
        if len(set(corners)) < 3:
            raise ValueError("a polygon zone needs at least three different corners")
        for lat, lon in corners:
            check_position(lat, lon)
        if max(lon for _, lon in corners) - min(lon for _, lon in corners) > 180:
            raise ValueError("a polygon zone must not cross the 180th meridian")
        object.__setattr__(self, "ring", tuple((float(lat), float(lon)) for lat, lon in corners))

    @classmethod
    def of(cls, corners: Sequence[Sequence[float]]) -> PolygonZone:
        """A zone from any sequence of (lat, lon) pairs, closed or not."""
        return cls(tuple((pair[0], pair[1]) for pair in corners))

    def contains(self, lat: float, lon: float) -> bool:
        """Whether the position lies inside (even-odd rule) or on the edge (to 1 cm)."""
        inside = False
        for (lat_a, lon_a), (lat_b, lon_b) in self._edges():
            if (lat_a > lat) != (lat_b > lat):
                crossing = lon_a + (lat - lat_a) / (lat_b - lat_a) * (lon_b - lon_a)
                inside ^= lon < crossing
        return inside or self.distance_to_edge_m(lat, lon) <= 0.01

    def distance_to_edge_m(self, lat: float, lon: float) -> float:
        """Metres to the nearest point of the edge, from either side; never negative."""
        return min(_segment_distance_m(lat, lon, a, b) for a, b in self._edges())

    def _edges(self) -> list[tuple[tuple[float, float], tuple[float, float]]]:
        return list(zip(self.ring, (*self.ring[1:], self.ring[0]), strict=True))


def _segment_distance_m(lat: float, lon: float, a: tuple[float, float], b: tuple[float, float]) -> float:
    """Distance to a straight segment on the plane that touches the Earth at (lat, lon)."""
    pa, pb = _plane_m(lat, lon, *a), _plane_m(lat, lon, *b)
    along = pb - pa
    length2 = float(along @ along)
    share = 0.0 if length2 == 0 else min(1.0, max(0.0, float(-pa @ along) / length2))
    return float(np.hypot(*(pa + share * along)))


def _plane_m(lat0: float, lon0: float, lat: float, lon: float) -> NDArray[np.float64]:
    metres_per_degree = EARTH_RADIUS_M * np.pi / 180
    return np.array([(lat - lat0), (lon - lon0) * np.cos(np.radians(lat0))]) * metres_per_degree
