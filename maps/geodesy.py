"""Distances, bearings and positions on a spherical Earth (WGS-84 degrees in, metres out).

The sphere errs by up to 0.5 % against the ellipsoid, which is below what a road length is known to.
"""

from __future__ import annotations

import math
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from haoyun.maps.errors import BadCoordinate

EARTH_RADIUS_M = 6371008.8  # mean radius of the IUGG

FloatArray = NDArray[np.float64]


def check_position(lat: float, lon: float) -> None:
    """Raise BadCoordinate unless (lat, lon) are finite degrees within -90..90 and -180..180."""
    for name, value, limit in (("latitude", lat, 90), ("longitude", lon, 180)):
        if not math.isfinite(value):
            raise BadCoordinate(f"{name} {value} is not a finite number of degrees")
        if abs(value) > limit:
            raise BadCoordinate(f"{name} {value:g} is outside -{limit}..{limit}")


@overload
def haversine_m(lat1: float, lon1: float, lat2: float, lon2: float) -> float: ...
@overload
def haversine_m(lat1: ArrayLike, lon1: ArrayLike, lat2: ArrayLike, lon2: ArrayLike) -> FloatArray: ...
def haversine_m(lat1: Any, lon1: Any, lat2: Any, lon2: Any) -> Any:
    """Great-circle distance in metres; scalars give a float, arrays broadcast and give an array."""
    phi1, phi2 = np.radians(lat1), np.radians(lat2)
    half_dphi = (phi2 - phi1) / 2
    half_dlam = np.radians(np.subtract(lon2, lon1)) / 2
    a = np.sin(half_dphi) ** 2 + np.cos(phi1) * np.cos(phi2) * np.sin(half_dlam) ** 2
    distance = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.clip(a, 0.0, 1.0)))
    return _plain(distance)


@overload
def bearing_deg(lat1: float, lon1: float, lat2: float, lon2: float) -> float: ...
@overload
def bearing_deg(lat1: ArrayLike, lon1: ArrayLike, lat2: ArrayLike, lon2: ArrayLike) -> FloatArray: ...
def bearing_deg(lat1: Any, lon1: Any, lat2: Any, lon2: Any) -> Any:
    """Initial bearing from the first to the second position, degrees clockwise from north, 0 <= b < 360."""
    phi1, phi2 = np.radians(lat1), np.radians(lat2)
    dlam = np.radians(np.subtract(lon2, lon1))
    east = np.sin(dlam) * np.cos(phi2)
    north = np.cos(phi1) * np.sin(phi2) - np.sin(phi1) * np.cos(phi2) * np.cos(dlam)
    # The second remainder: a bearing of -1e-17 would otherwise come out as 360.0.
    return _plain(np.degrees(np.arctan2(east, north)) % 360.0 % 360.0)


def destination(lat: float, lon: float, bearing_deg: float, distance_m: float) -> tuple[float, float]:
    """The (lat, lon) reached from a position by going `distance_m` along a great circle."""
    phi, lam, theta = math.radians(lat), math.radians(lon), math.radians(bearing_deg)
    delta = distance_m / EARTH_RADIUS_M
    sin_phi2 = math.sin(phi) * math.cos(delta) + math.cos(phi) * math.sin(delta) * math.cos(theta)
    phi2 = math.asin(max(-1.0, min(1.0, sin_phi2)))
    lam2 = lam + math.atan2(
        math.sin(theta) * math.sin(delta) * math.cos(phi), math.cos(delta) - math.sin(phi) * sin_phi2
    )
    return math.degrees(phi2), (math.degrees(lam2) + 540.0) % 360.0 - 180.0


def polyline_length_m(coords: ArrayLike) -> float:
    """Length in metres of a line of (lat, lon) rows; a single point has length 0."""
    return float(segment_lengths_m(coords).sum())


def segment_lengths_m(coords: ArrayLike) -> FloatArray:
    """Lengths in metres of the k-1 segments of a line of k (lat, lon) rows."""
    line = as_line(coords)
    return haversine_m(line[:-1, 0], line[:-1, 1], line[1:, 0], line[1:, 1])


def point_along(coords: ArrayLike, distance_m: float) -> tuple[float, float, float]:
    """(lat, lon, bearing_deg) at `distance_m` from the start of a line of (lat, lon) rows.

    Distances before the start or past the end are clamped to the ends.
    """
    line = as_line(coords)
    if len(line) == 1:
        return float(line[0, 0]), float(line[0, 1]), 0.0
    lengths = segment_lengths_m(line)
    ends = np.cumsum(lengths)
    wanted = min(max(distance_m, 0.0), float(ends[-1]))
    i = min(int(np.searchsorted(ends, wanted)), len(lengths) - 1)
    share = 0.0 if lengths[i] == 0 else (wanted - (ends[i] - lengths[i])) / lengths[i]
    lat, lon = line[i] + share * (line[i + 1] - line[i])
    return float(lat), float(lon), bearing_deg(*map(float, line[i]), *map(float, line[i + 1]))


def as_line(coords: ArrayLike) -> FloatArray:
    """`coords` as a float64 array of shape (k, 2), k >= 1; BadCoordinate otherwise."""
    line = np.asarray(coords, dtype=np.float64)
    if line.ndim != 2 or line.shape[1] != 2 or len(line) == 0:
        raise BadCoordinate(f"a line needs one or more (lat, lon) rows, got an array of shape {line.shape}")
    return line


def _plain(value: Any) -> Any:
    return float(value) if np.ndim(value) == 0 else value
