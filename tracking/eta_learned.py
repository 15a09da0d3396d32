"""Travel times of a planned way out of what earlier drives taught about its roads (haoyun.maps.learning)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from haoyun.maps.learning import LearnedSpeeds
from haoyun.maps.network import RoadNetwork
from haoyun.tracking.eta import TravelTimes

MOST_PIECES = 400


def learned_times(
    network: RoadNetwork,
    edges: Sequence[int],
    learned: LearnedSpeeds,
    utc_offset_s: int = 0,
    total_m: float | None = None,
) -> TravelTimes:
    """The learned speeds along a way of edges, for every hour of the week; at most MOST_PIECES pieces.

    Neighbouring edges are joined to pieces with the mean speed of their metres, so that a way across a country stays
    small enough to be kept for each journey. `total_m` is the planned length of the way, where it differs from that of
    its edges: the ways to and from the road, a schematic line.
    """
    which = np.asarray(edges, dtype=np.int64)
    length_m = network.edge_length_m[which]
    seconds = length_m[:, None] / (learned.speeds_along(which) / 3.6)
    if len(which) > MOST_PIECES:
        cuts = np.linspace(0, length_m.sum(), MOST_PIECES + 1)[1:-1]
        starts = np.unique(np.concatenate([[0], np.searchsorted(np.cumsum(length_m), cuts)]))
        length_m, seconds = np.add.reduceat(length_m, starts), np.add.reduceat(seconds, starts, axis=0)
    scale = 1.0 if total_m is None else total_m / float(length_m.sum())
    return TravelTimes(length_m * scale, length_m[:, None] / seconds * 3.6, utc_offset_s)
