"""A window of the map, the dots in it, and how they are gathered where there are too many to draw. Pure.

The window is divided into CELLS x CELLS cells of PIXELS x PIXELS; a dot is known to one of these. So a hundred thousand
dots are a few arrays of small numbers, whatever the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CELLS, PIXELS = 32, 32
SIDE = CELLS * PIXELS
BITS = 10  # of a pixel's number on one side
IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MapWindow:
    """Edges in degrees, all of them inside; `west` above `east` crosses the 180th meridian. Raises ValueError."""

    west: float
    south: float
    east: float
    north: float

    def __post_init__(self) -> None:
        inside = -180 <= self.west <= 180 and -180 <= self.east <= 180
        if not (inside and -90 <= self.south <= self.north <= 90):
            raise ValueError("a map window is west, south, east, north in degrees, south not above north")

    @property
    def crosses(self) -> bool:
        """Whether it holds the 180th meridian."""
        return self.west > self.east

    @property
    def pixels_by_degree(self) -> tuple[float, float]:
        """By latitude and by longitude; a hair less than a whole window, so that its last edge is inside."""
        width = self.east - self.west + (360 if self.crosses else 0)
        most = SIDE - 1e-6
        return most / max(self.north - self.south, 1e-9), most / max(width, 1e-9)

    def holds(self, lat: float, lon: float) -> bool:
        """Whether a position lies in it."""
        inside = lon >= self.west or lon <= self.east if self.crosses else self.west <= lon <= self.east
        return inside and self.south <= lat <= self.north

    def pixel(self, lat: float, lon: float) -> tuple[int, int]:
        """The pixel (y, x) of a position in it."""
        by_lat, by_lon = self.pixels_by_degree
        east_of = lon - self.west + (360 if lon < self.west else 0)
        return int((lat - self.south) * by_lat), int(east_of * by_lon)

    def at(self, y: FloatArray, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Latitudes and longitudes of places between pixels, (n,) each."""
        by_lat, by_lon = self.pixels_by_degree
        lon = self.west + x / by_lon
        return np.minimum(self.north, self.south + y / by_lat), np.where(lon > 180, lon - 360, lon)


@dataclass(frozen=True, slots=True)
class Cluster:
    """Dots of one cell: their middle in degrees, how many they are, and how many of them move."""

    lat: float
    lon: float
    count: int
    moving: int


@dataclass(frozen=True, slots=True, eq=False)
class Dots:
    """Dots in a window: a number that names each (n,), its pixel and whether it moves."""

    number: IntArray
    y: IntArray
    x: IntArray
    moving: IntArray

    def __len__(self) -> int:
        return len(self.number)

    @classmethod
    def packed(cls, keys: IntArray) -> Dots:
        """From ``((number << BITS | y) << BITS | x) << 1 | moving`` each."""
        mask = SIDE - 1
        return cls(keys >> (2 * BITS + 1), keys >> (BITS + 1) & mask, keys >> 1 & mask, keys & 1)

    @classmethod
    def of(cls, window: MapWindow, positions: Sequence[tuple[float, float, bool]]) -> Dots:
        """From (lat, lon, moving) that lie in the window, numbered as they stand."""
        rows = [(*window.pixel(lat, lon), moving) for lat, lon, moving in positions]
        table = np.array(rows, dtype=np.int64).reshape(-1, 3)
        return cls(np.arange(len(rows), dtype=np.int64), table[:, 0], table[:, 1], table[:, 2])

    def without(self, numbers: Sequence[int]) -> Dots:
        """All but these."""
        if not numbers:
            return self
        keep = ~np.isin(self.number, np.asarray(numbers, dtype=np.int64))
        return Dots(self.number[keep], self.y[keep], self.x[keep], self.moving[keep])

    def gathered(self, window: MapWindow) -> tuple[list[Cluster], list[int]]:
        """One cluster for each cell with more than one dot, and the numbers of those that are alone in theirs."""
        cell = self.y // PIXELS * CELLS + self.x // PIXELS
        count, moving, y, x = (
            np.bincount(cell, weights, CELLS * CELLS)
            for weights in (None, self.moving, self.y + 0.5, self.x + 0.5)
        )
        many = np.flatnonzero(count > 1)
        lat, lon = window.at(y[many] / count[many], x[many] / count[many])
        columns = lat, lon, count[many].astype(int), moving[many].astype(int)
        clusters = [Cluster(*one) for one in zip(*(column.tolist() for column in columns), strict=True)]
        return clusters, np.sort(self.number[count[cell] == 1]).tolist()
