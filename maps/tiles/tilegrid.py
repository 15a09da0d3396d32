"""The grid of web map tiles: Web Mercator as a unit square, tiles by zoom, column and row.

The square spans longitude -180..180 and latitude -85.05..85.05; x grows eastward, y southward. At zoom z it
is cut into 2**z x 2**z tiles, numbered from the north-west (OpenStreetMap's "slippy map" numbering).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from haoyun.maps.geodesy import check_position
from haoyun.maps.network import Bounds

FloatArray = NDArray[np.float64]

MAX_LAT = math.degrees(math.atan(math.sinh(math.pi)))  # 85.0511: where the square ends
MAX_ZOOM = 24  # 1 m is some 0.6 tile widths there: nobody asks for more
EARTH_EQUATOR_M = 40_075_016.686


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """One tile of the grid."""

    z: int
    x: int
    y: int

    def __post_init__(self) -> None:
        if not 0 <= self.z <= MAX_ZOOM:
            raise ValueError(f"a tile's zoom is 0 to {MAX_ZOOM}, not {self.z}")
        if not (0 <= self.x < 1 << self.z and 0 <= self.y < 1 << self.z):
            raise ValueError(
                f"at zoom {self.z} columns and rows run from 0 to {(1 << self.z) - 1}, not {self.x}/{self.y}"
            )

    @property
    def bounds(self) -> Bounds:
        """The tile's box in degrees."""
        west, north = self.x / (1 << self.z), self.y / (1 << self.z)
        size = 1 / (1 << self.z)
        (top, bottom), (left, right) = from_unit([west, west + size], [north, north + size])
        return Bounds(float(bottom), float(left), float(top), float(right))

    @property
    def children(self) -> tuple[Tile, Tile, Tile, Tile]:
        """The four tiles of the next zoom that cover this one."""
        z, x, y = self.z + 1, 2 * self.x, 2 * self.y
        return Tile(z, x, y), Tile(z, x + 1, y), Tile(z, x, y + 1), Tile(z, x + 1, y + 1)


def to_unit(lat: ArrayLike, lon: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """(x, y) in the unit square of positions in degrees; latitudes beyond the square are put on its edge."""
    phi = np.radians(np.clip(np.asarray(lat, dtype=np.float64), -MAX_LAT, MAX_LAT))
    x = (np.asarray(lon, dtype=np.float64) + 180) / 360
    return x, 0.5 - np.arcsinh(np.tan(phi)) / (2 * math.pi)


def from_unit(x: ArrayLike, y: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """(lat, lon) in degrees of points of the unit square."""
    lat = np.degrees(np.arctan(np.sinh(2 * math.pi * (0.5 - np.asarray(y, dtype=np.float64)))))
    return lat, np.asarray(x, dtype=np.float64) * 360 - 180


def tile_at(lat: float, lon: float, z: int) -> Tile:
    """The tile of zoom z that a position in degrees lies in."""
    check_position(lat, lon)
    x, y = to_unit(lat, lon)
    last = (1 << z) - 1
    return Tile(z, min(int(float(x) * (1 << z)), last), min(max(int(float(y) * (1 << z)), 0), last))


def ground_m(z: int, lat: float, tile_units: int = 1) -> float:
    """Metres on the ground that one of `tile_units` parts of a tile's width covers at a latitude."""
    return EARTH_EQUATOR_M * math.cos(math.radians(lat)) / (1 << z) / tile_units
