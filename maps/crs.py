"""WGS-84, GCJ-02 and BD-09: conversion at the edges of the platform; inside, everything is WGS-84.

GCJ-02 shifts WGS-84 by a smooth offset of some hundred metres inside a rectangle around China and by
nothing outside; BD-09 is a second shift on top of it. The way back has no closed form: it is iterated
until the round trip is exact to well under a centimetre. Only in the strip along the rectangle's own edge
(at sea or abroad), where the offset starts with a jump, is there no inverse.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

_AXIS_M = 6378245.0  # Krasovsky 1940 semi-major axis, used by the offset
_ECCENTRICITY2 = 0.00669342162296594323
_LAT_RANGE = (0.8293, 55.8271)  # the rectangle in which the offset applies
_LON_RANGE = (72.004, 137.8347)
_BD_TURN = np.pi * 3000.0 / 180.0
_ROUNDS = 12  # each round shrinks the error about a thousandfold; 1e-12 degrees is reached in 5


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
    """WGS-84 (lat, lon) of a position given in `crs`; scalars or arrays of degrees."""
    y, x = np.asarray(lat, dtype=np.float64), np.asarray(lon, dtype=np.float64)
    if crs == Crs.BD09:
        y, x = _invert(_gcj_to_bd, *_bd_to_gcj_guess(y, x), y, x)
    if crs != Crs.WGS84:
        y, x = _invert(_wgs_to_gcj, y, x, y, x)
    return _plain(y), _plain(x)


@overload
def from_wgs84(lat: float, lon: float, crs: Crs) -> tuple[float, float]: ...
@overload
def from_wgs84(lat: ArrayLike, lon: ArrayLike, crs: Crs) -> tuple[FloatArray, FloatArray]: ...
def from_wgs84(lat: Any, lon: Any, crs: Crs) -> tuple[Any, Any]:
    """(lat, lon) in `crs` of a WGS-84 position; scalars or arrays of degrees."""
    y, x = np.asarray(lat, dtype=np.float64), np.asarray(lon, dtype=np.float64)
    if crs != Crs.WGS84:
        y, x = _wgs_to_gcj(y, x)
    if crs == Crs.BD09:
        y, x = _gcj_to_bd(y, x)
    return _plain(y), _plain(x)


def shifts(lat: ArrayLike, lon: ArrayLike) -> NDArray[np.bool_]:
    """Where the GCJ-02 offset applies: the rectangle around China that the offset itself uses."""
    y, x = np.asarray(lat, dtype=np.float64), np.asarray(lon, dtype=np.float64)
    return (y >= _LAT_RANGE[0]) & (y <= _LAT_RANGE[1]) & (x >= _LON_RANGE[0]) & (x <= _LON_RANGE[1])


def _wgs_to_gcj(lat: FloatArray, lon: FloatArray) -> tuple[FloatArray, FloatArray]:
    dlat, dlon = _offset_deg(lat, lon)
    inside = shifts(lat, lon)
    return np.where(inside, lat + dlat, lat), np.where(inside, lon + dlon, lon)


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


def _gcj_to_bd(lat: FloatArray, lon: FloatArray) -> tuple[FloatArray, FloatArray]:
    inside = shifts(lat, lon)
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD_TURN)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD_TURN)
    bd_lat, bd_lon = radius * np.sin(angle) + 0.006, radius * np.cos(angle) + 0.0065
    return np.where(inside, bd_lat, lat), np.where(inside, bd_lon, lon)


def _bd_to_gcj_guess(lat: FloatArray, lon: FloatArray) -> tuple[FloatArray, FloatArray]:
    inside = shifts(lat - 0.006, lon - 0.0065)
    return np.where(inside, lat - 0.006, lat), np.where(inside, lon - 0.0065, lon)


def _invert(
    forward: Any, guess_lat: FloatArray, guess_lon: FloatArray, lat: FloatArray, lon: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """The position that `forward` moves onto (lat, lon), by fixed-point iteration from a guess."""
    y, x = guess_lat, guess_lon
    for _ in range(_ROUNDS):
        got_lat, got_lon = forward(y, x)
        y, x = y + (lat - got_lat), x + (lon - got_lon)
    return y, x


def _plain(value: Any) -> Any:
    return float(value) if np.ndim(value) == 0 else value
