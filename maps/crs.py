"""WGS-84, GCJ-02 and BD-09: conversion at the edges of the platform; inside, everything is WGS-84.

GCJ-02 shifts WGS-84 by a smooth offset of some hundred metres inside a rectangle around China and by nothing
outside; BD-09 is a second shift on top of it. The way back has no closed form: it is iterated until the round
trip is exact to far below a millimetre.

The rectangle decides on the WGS-84 side: a position in it is shifted, one outside is not. At its edge, which lies
abroad or at sea (72.004 to 137.8347 E, 0.8293 to 55.8271 N), the offset therefore starts with a jump, and

- every position inside has an exact way there and back;
- in a strip of some hundred metres (GCJ-02) to 1.5 km (BD-09) just outside, a given shifted position may be either
  the image of a position inside or a position outside that was not shifted: it is taken for the former;
- everywhere else outside nothing changes, in either direction.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from haoyun.maps.errors import BadOption

FloatArray = NDArray[np.float64]

_AXIS_M = 6378245.0  # Krasovsky 1940 semi-major axis, used by the offset
_ECCENTRICITY2 = 0.00669342162296594323
_LAT_RANGE = (0.8293, 55.8271)  # the rectangle in which the offset applies
_LON_RANGE = (72.004, 137.8347)
_MARGIN_DEG = 0.1  # no shift is longer: beyond this from the rectangle nothing can be an image of its inside
_BD_TURN = np.pi * 3000.0 / 180.0
_ROUNDS = 20  # each round shrinks the error some fiftyfold; 7 reach 1e-12 degrees, a tenth of a micrometre
_EXACT_DEG = 1e-12
_ROUNDING_DEG = 1e-9  # a position on the very edge comes back a few last digits beside it


class Crs(StrEnum):
    """Which datum a pair of degrees is in."""

    WGS84 = "wgs84"  # GPS, OpenStreetMap, this platform
    GCJ02 = "gcj02"  # required for public maps in mainland China; AMap, Tencent
    BD09 = "bd09"  # Baidu


@overload
def to_wgs84(lat: float, lon: float, crs: Crs) -> tuple[float, float]: ...
@overload
def to_wgs84(lat: ArrayLike, lon: ArrayLike, crs: Crs) -> tuple[FloatArray, FloatArray]: ...
def to_wgs84(lat: Any, lon: Any, crs: Crs) -> tuple[Any, Any]:
    """WGS-84 (lat, lon) of a position given in `crs`; scalars or arrays of degrees.

    Raises BadOption for an unknown crs.
    """
    y, x = _arrays(lat, lon)
    if _known(crs) != Crs.WGS84:
        near = _within(y, x, _MARGIN_DEG)
        back_y, back_x = _invert(y[near], x[near], crs)
        inside = _within(back_y, back_x, _ROUNDING_DEG)
        back_y, back_x = np.clip(back_y, *_LAT_RANGE), np.clip(back_x, *_LON_RANGE)
        y, x = y.copy(), x.copy()
        y[near] = np.where(inside, back_y, y[near])
        x[near] = np.where(inside, back_x, x[near])
    return _like(y, lat, lon), _like(x, lat, lon)


@overload
def from_wgs84(lat: float, lon: float, crs: Crs) -> tuple[float, float]: ...
@overload
def from_wgs84(lat: ArrayLike, lon: ArrayLike, crs: Crs) -> tuple[FloatArray, FloatArray]: ...
def from_wgs84(lat: Any, lon: Any, crs: Crs) -> tuple[Any, Any]:
    """(lat, lon) in `crs` of a WGS-84 position; scalars or arrays of degrees. Raises BadOption for an unknown crs."""
    y, x = _arrays(lat, lon)
    if _known(crs) != Crs.WGS84:
        inside = shifts(y, x)
        there_y, there_x = _shifted(y[inside], x[inside], crs)
        y, x = y.copy(), x.copy()
        y[inside], x[inside] = there_y, there_x
    return _like(y, lat, lon), _like(x, lat, lon)


@overload
def convert(lat: float, lon: float, source: Crs, target: Crs) -> tuple[float, float]: ...
@overload
def convert(lat: ArrayLike, lon: ArrayLike, source: Crs, target: Crs) -> tuple[FloatArray, FloatArray]: ...
def convert(lat: Any, lon: Any, source: Crs, target: Crs) -> tuple[Any, Any]:
    """(lat, lon) in `target` of a position given in `source`, by way of WGS-84."""
    y, x = to_wgs84(lat, lon, source)
    return from_wgs84(y, x, target)


def shifts(lat: ArrayLike, lon: ArrayLike) -> NDArray[np.bool_]:
    """Where the GCJ-02 offset applies to a WGS-84 position: the rectangle around China, its edge included."""
    return _within(np.asarray(lat, dtype=np.float64), np.asarray(lon, dtype=np.float64), 0.0)


def _known(crs: Crs) -> Crs:
    """The datum itself; without it "GCJ-02" or "wgs-84" would be taken for one and be 500 m off unseen."""
    try:
        return Crs(crs)
    except ValueError:
        raise BadOption(f"there is no datum {crs!r}; there are: {', '.join(Crs)}") from None


def _within(lat: FloatArray, lon: FloatArray, margin_deg: float) -> NDArray[np.bool_]:
    return np.asarray(
        (lat >= _LAT_RANGE[0] - margin_deg)
        & (lat <= _LAT_RANGE[1] + margin_deg)
        & (lon >= _LON_RANGE[0] - margin_deg)
        & (lon <= _LON_RANGE[1] + margin_deg)
    )


def _shifted(lat: FloatArray, lon: FloatArray, crs: Crs) -> tuple[FloatArray, FloatArray]:
    """The smooth shift alone, also where the rectangle would forbid it."""
    dlat, dlon = _offset_deg(lat, lon)
    y, x = lat + dlat, lon + dlon
    if crs == Crs.BD09:
        radius = np.hypot(x, y) + 0.00002 * np.sin(y * _BD_TURN)
        angle = np.arctan2(y, x) + 0.000003 * np.cos(x * _BD_TURN)
        y, x = radius * np.sin(angle) + 0.006, radius * np.cos(angle) + 0.0065
    return y, x


def _offset_deg(lat: FloatArray, lon: FloatArray) -> tuple[FloatArray, FloatArray]:
    x, y = lon - 105.0, lat - 35.0
    common = 20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)
    root = np.sqrt(np.abs(x))
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north = north + (common + _waves(y, (20.0, 1.0), (40.0, 1 / 3), (160.0, 1 / 12), (320.0, 1 / 30))) * 2 / 3
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east = east + (common + _waves(x, (20.0, 1.0), (40.0, 1 / 3), (150.0, 1 / 12), (300.0, 1 / 30))) * 2 / 3
    phi = np.radians(lat)
    w2 = 1.0 - _ECCENTRICITY2 * np.sin(phi) ** 2
    metres_north = _AXIS_M * (1.0 - _ECCENTRICITY2) / (w2 * np.sqrt(w2))
    metres_east = _AXIS_M / np.sqrt(w2) * np.cos(phi)
    return np.degrees(north / metres_north), np.degrees(east / metres_east)


def _waves(t: FloatArray, *terms: tuple[float, float]) -> Any:
    return sum(height * np.sin(t * np.pi * turn) for height, turn in terms)


def _invert(lat: FloatArray, lon: FloatArray, crs: Crs) -> tuple[FloatArray, FloatArray]:
    """The positions that the smooth shift moves onto (lat, lon), by fixed-point iteration: the shift changes so
    slowly that taking it off where one is brings one closer each time."""
    y, x = lat, lon
    for _ in range(_ROUNDS):
        got_lat, got_lon = _shifted(y, x, crs)
        step_lat, step_lon = lat - got_lat, lon - got_lon
        y, x = y + step_lat, x + step_lon
        if not (np.abs(step_lat) > _EXACT_DEG).any() and not (np.abs(step_lon) > _EXACT_DEG).any():
            break
    return y, x


def _arrays(lat: ArrayLike, lon: ArrayLike) -> tuple[FloatArray, FloatArray]:
    y, x = np.broadcast_arrays(np.asarray(lat, dtype=np.float64), np.asarray(lon, dtype=np.float64))
    return np.atleast_1d(y), np.atleast_1d(x)


def _like(value: FloatArray, lat: Any, lon: Any) -> Any:
    return float(value[0]) if np.ndim(lat) == 0 and np.ndim(lon) == 0 else value
