"""Distances on the ground for one pair of points: scalar, because a step sees one fix at a time.

`haoyun.maps.geodesy` does the same for arrays; on single numbers numpy's overhead is ten times the sine's.
"""

from __future__ import annotations

from math import asin, cos, hypot, radians, sin, sqrt

EARTH_RADIUS_M = 6_371_008.8  # mean radius, IUGG
METRES_A_DEGREE = radians(1.0) * EARTH_RADIUS_M

Point = tuple[float, float]  # lat, lon in degrees


def distance_m(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Great-circle distance in metres (haversine)."""
    phi1, phi2 = radians(lat1), radians(lat2)
    a = sin((phi2 - phi1) / 2) ** 2 + cos(phi1) * cos(phi2) * sin(radians(lon2 - lon1) / 2) ** 2
    return 2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(a)))


def to_segment_m(lat: float, lon: float, a: Point, b: Point) -> tuple[float, float]:
    """(distance in metres, share 0..1 along) from a point to the line a to b, in the plane at the point.

    Right to a few metres for lines of some tens of kilometres, which is what planned ways consist of.
    """
    east = METRES_A_DEGREE * cos(radians(lat))
    ax, ay = (a[1] - lon) * east, (a[0] - lat) * METRES_A_DEGREE
    dx, dy = (b[1] - a[1]) * east, (b[0] - a[0]) * METRES_A_DEGREE
    length2 = dx * dx + dy * dy
    share = 0.0 if length2 == 0 else min(1.0, max(0.0, -(ax * dx + ay * dy) / length2))
    return hypot(ax + share * dx, ay + share * dy), share
