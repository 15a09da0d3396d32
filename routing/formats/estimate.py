"""Travel between coordinates where nobody has given matrices."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from haoyun.routing.legend import Point
from haoyun.routing.travel import IntMatrix, LegTable, Matrices

# Roads are longer than the great circle, and trucks do not fly.
DETOUR = 1.3
SPEED_KMH = 60
# More places than this, and legs are worked out when they are asked for: two matrices would take 16 bytes an entry.
_MOST_IN_ARRAYS = 4_000


def estimated_matrices(places: Sequence[Point]) -> Matrices:
    """Matrices for (lon, lat) places: great circles x DETOUR at SPEED_KMH; worked out on demand where they are many."""
    points = np.array(places, dtype=np.float64).reshape(-1, 2)
    travel = Matrices(GreatCircles(points, in_seconds=True), GreatCircles(points, in_seconds=False))
    if len(points) > _MOST_IN_ARRAYS:
        return travel
    return Matrices(np.asarray(travel.durations_s), np.asarray(travel.distances_m))


class GreatCircles(LegTable):
    """Metres of great circles x DETOUR between (lon, lat) places, or the seconds that they take at SPEED_KMH."""

    def __init__(self, points: NDArray[np.float64], *, in_seconds: bool) -> None:
        """`points`: n rows of longitude and latitude in degrees, WGS-84."""
        self.points = points
        self.in_seconds = in_seconds

    def __len__(self) -> int:
        """The number of places."""
        return len(self.points)

    def between(self, origins: NDArray[np.intp], destinations: NDArray[np.intp]) -> IntMatrix:
        """Metres to the nearest, seconds rounded up."""
        # Here and not above: maps brings scipy along, which would triple the start of every search process.
        from haoyun.maps.geodesy import haversine_m  # noqa: PLC0415

        one, other = self.points[origins], self.points[destinations]
        metres = np.rint(haversine_m(one[..., 1], one[..., 0], other[..., 1], other[..., 0]) * DETOUR)
        found = np.ceil(metres / (SPEED_KMH / 3.6)) if self.in_seconds else metres
        whole: IntMatrix = np.asarray(found).astype(np.int64)
        return whole
