"""Travel between coordinates where nobody has given matrices."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from haoyun.routing.legend import Point
from haoyun.routing.travel import Matrices

# Roads are longer than the great circle, and trucks do not fly.
DETOUR = 1.3
SPEED_KMH = 60


def estimated_matrices(places: Sequence[Point]) -> Matrices:
    """Matrices for (lon, lat) places: great circles x DETOUR at SPEED_KMH."""
    # Here and not above: maps brings scipy along, which would triple the start of every search process.
    from haoyun.maps.geodesy import haversine_m  # noqa: PLC0415

    lon, lat = np.array(places, dtype=np.float64).reshape(-1, 2).T
    metres = np.rint(haversine_m(lat[:, None], lon[:, None], lat[None, :], lon[None, :]) * DETOUR)
    distances_m = metres.astype(np.int64)
    return Matrices(np.ceil(metres / (SPEED_KMH / 3.6)).astype(np.int64), distances_m)
