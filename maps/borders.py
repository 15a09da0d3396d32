"""Distances in metres from positions to lines on the sphere.

A line is straight in degrees between its corners, as GeoJSON has it (RFC 7946, 3.1.1), not a great circle. It is
cut into pieces so short that a great circle through the ends of each stays within a centimetre of it; the distance
to a great-circle piece is exact. No degree is taken for a length anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from haoyun.maps.geodesy import EARTH_RADIUS_M, haversine_m
from haoyun.maps.network import unit_vectors

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

FloatArray = NDArray[np.float64]

_BULGE_M = 0.01
_LEAST_PIECE_M = 20.0  # near a pole parallels are tight: pieces get no shorter than this
_MOST_PIECES = 1_000_000
_SLACK = 1e-9  # in radians, 6 mm: the tree's answers are rounded
_AT_ONCE = 4_096  # positions looked at together, which bounds the memory


@dataclass(frozen=True, slots=True)
class Border:
    """Great-circle pieces by the unit vectors of their ends, both of shape (k, 3), and a tree of their middles."""

    start: FloatArray
    end: FloatArray
    tree: cKDTree
    reach: float  # half of the longest piece, as a chord

    @classmethod
    def of(cls, lines: Sequence[FloatArray]) -> Border:
        """The pieces of lines of (lat, lon) rows, each straight in degrees between its rows."""
        from scipy.spatial import cKDTree  # noqa: PLC0415 - takes a third of a second that most programs save

        cut = [_cut(line) for line in lines]
        start = np.concatenate([unit_vectors(c[:-1, 0], c[:-1, 1]) for c in cut])
        end = np.concatenate([unit_vectors(c[1:, 0], c[1:, 1]) for c in cut])
        middle = (start + end) / np.linalg.norm(start + end, axis=1, keepdims=True)
        return cls(start, end, cKDTree(middle), float(np.linalg.norm(end - middle, axis=1).max()))

    def distance_m(self, lat: ArrayLike, lon: ArrayLike) -> FloatArray:
        """Metres from each position to the nearest point of the border; shape (n,)."""
        points = unit_vectors(np.atleast_1d(lat), np.atleast_1d(lon))
        parts = [self._angles(points[at : at + _AT_ONCE]) for at in range(0, len(points), _AT_ONCE)]
        return np.concatenate([np.empty(0), *parts]) * EARTH_RADIUS_M

    def _angles(self, points: FloatArray) -> FloatArray:
        """Radians to the nearest piece. The nearest middle is on the border, so no piece whose middle is farther
        than that and half a piece can be nearer."""
        bound, _ = self.tree.query(points)
        lists = self.tree.query_ball_point(points, bound + self.reach + _SLACK)
        count = np.array([len(found) for found in lists])
        piece = np.concatenate(lists).astype(np.int64)
        angle = _angle(np.repeat(points, count, axis=0), self.start[piece], self.end[piece])
        return np.asarray(np.minimum.reduceat(angle, np.concatenate([[0], count[:-1].cumsum()])))


def _angle(point: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
    """Radians from points to great-circle pieces, row by row."""
    normal = np.cross(a, b)
    length = np.linalg.norm(normal, axis=1)
    normal = normal / np.where(length == 0, 1.0, length)[:, None]
    # The foot of the perpendicular lies on the piece if the point is on the inner side of both its ends.
    inner = (_dot(point, np.cross(normal, a)) > 0) & (_dot(point, np.cross(b, normal)) > 0) & (length > 0)
    across = np.abs(np.arcsin(np.clip(_dot(point, normal), -1, 1)))
    chord = np.minimum(np.linalg.norm(point - a, axis=1), np.linalg.norm(point - b, axis=1))
    return np.where(inner, across, 2 * np.arcsin(np.clip(chord / 2, 0, 1)))


def _dot(a: FloatArray, b: FloatArray) -> FloatArray:
    return np.asarray(np.einsum("ij,ij->i", a, b))


def _cut(line: FloatArray) -> FloatArray:
    """The line with enough corners added: on latitude phi, a piece of length s along the parallel bulges
    s^2 tan(phi) / 8R from the great circle through its ends."""
    length_m = haversine_m(line[:-1, 0], line[:-1, 1], line[1:, 0], line[1:, 1])
    highest = np.minimum(89.9, np.maximum(np.abs(line[:-1, 0]), np.abs(line[1:, 0])) + 0.01)
    tight = np.tan(np.radians(highest))
    longest_m = np.maximum(_LEAST_PIECE_M, np.sqrt(8 * EARTH_RADIUS_M * _BULGE_M / tight))
    pieces = np.maximum(1, np.ceil(length_m / longest_m)).astype(np.int64)
    if pieces.sum() > _MOST_PIECES:
        raise ValueError(f"a border of {length_m.sum() / 1000:,.0f} km is too long to be measured exactly")
    parts = [
        line[i] + np.linspace(0, 1, n, endpoint=False)[:, None] * (line[i + 1] - line[i])
        for i, n in enumerate(pieces)
    ]
    return np.concatenate([*parts, line[-1:]])
