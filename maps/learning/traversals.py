"""Traversals: how fast each edge of a matched drive was driven, without the stops at its customers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from haoyun.maps.geodesy import haversine_m
from haoyun.maps.matching.matched import Match, MatchedPart
from haoyun.maps.matching.trace import Trace
from haoyun.maps.network import RoadNetwork

FloatArray = NDArray[np.float64]
LongArray = NDArray[np.int64]

LEAST_CONFIDENCE = 0.8
LONGEST_WAIT_S = 150.0  # a red light is part of the road; who stands longer has stopped there
_WAIT_RADIUS_M = 40.0
# Short edges are timed over the stretch around them: a fix that is 10 m off would double the speed on 20 m.
_LEAST_STRETCH_M = 80.0
_LEAST_SHARE = 0.5  # of an edge that must have been driven
_SLOWEST_KMH, _FASTEST_KMH = 1.5, 180.0  # beyond, the fixes are wrong and not the traffic


@dataclass(frozen=True, slots=True, eq=False)
class Traversals:
    """Edges driven, when they were entered (Unix time) and how fast (km/h, waits at junctions included)."""

    edge: LongArray
    entered_s: FloatArray
    speed_kmh: FloatArray

    def __post_init__(self) -> None:
        if not len(self.edge) == len(self.entered_s) == len(self.speed_kmh):
            raise ValueError("every traversal has an edge, a time and a speed")


def traversals(network: RoadNetwork, trace: Trace, match: Match) -> Traversals:
    """The edges of a match of `trace` that are sure enough and were not interrupted by a stop.

    Left out: confidence below 0.8, an edge of which less than half was driven, one on which the vehicle stood
    for more than 150 s within 40 m, and speeds outside 1.5 to 180 km/h.
    """
    stops = _stops(trace)
    found = [_of_part(network, part, stops) for part in match.parts]
    return Traversals(
        np.concatenate([np.zeros(0, dtype=np.int64), *(t.edge for t in found)]),
        np.concatenate([np.zeros(0), *(t.entered_s for t in found)]),
        np.concatenate([np.zeros(0), *(t.speed_kmh for t in found)]),
    )


def _of_part(network: RoadNetwork, part: MatchedPart, stops: FloatArray) -> Traversals:
    length_m = network.edge_length_m[part.edges]
    start_m = np.cumsum(length_m) - length_m
    end_m = start_m + length_m
    first_m, last_m = part.from_m, float(start_m[-1]) + part.to_m
    driven_from, driven_to = np.maximum(start_m, first_m), np.minimum(end_m, last_m)
    known_m = np.concatenate([[first_m], end_m[:-1], [last_m]])
    known_s = np.concatenate([part.entered_s[:1], part.left_s])
    middle = (driven_from + driven_to) / 2
    low = np.maximum(first_m, np.minimum(driven_from, middle - _LEAST_STRETCH_M / 2))
    high = np.minimum(last_m, np.maximum(driven_to, middle + _LEAST_STRETCH_M / 2))
    low_s, high_s = np.interp(low, known_m, known_s), np.interp(high, known_m, known_s)
    seconds = high_s - low_s
    speed_kmh = 3.6 * np.divide(high - low, seconds, out=np.full(len(seconds), np.inf), where=seconds > 0)
    sure = part.edge_confidence >= LEAST_CONFIDENCE
    enough = driven_to - driven_from >= _LEAST_SHARE * length_m
    moving = np.ones(len(length_m), dtype=np.bool_)
    for begin, end in stops:
        moving &= (high_s <= begin) | (low_s >= end)
    use = sure & enough & moving & (speed_kmh >= _SLOWEST_KMH) & (speed_kmh <= _FASTEST_KMH)
    return Traversals(part.edges[use].astype(np.int64), part.entered_s[use], speed_kmh[use])


def _stops(trace: Trace) -> FloatArray:
    """(k, 2) begin and end of the times in which the vehicle stayed within a small circle for long."""
    found: list[tuple[float, float]] = []
    anchor, n = 0, len(trace)
    away_m = 2.0 * trace.sigma_m + _WAIT_RADIUS_M
    while anchor < n - 1:
        # Most fixes move on at once: look one ahead before measuring a long stretch.
        reach = int(np.searchsorted(trace.time_s, trace.time_s[anchor] + LONGEST_WAIT_S))
        if reach >= n:
            break
        ahead = slice(anchor + 1, reach + 1)
        off = haversine_m(trace.lat[anchor], trace.lon[anchor], trace.lat[ahead], trace.lon[ahead])
        left = np.flatnonzero(off > away_m[anchor])
        if len(left):
            anchor += max(1, int(left[0]) // 2)
            continue
        rest = haversine_m(trace.lat[anchor], trace.lon[anchor], trace.lat[reach:], trace.lon[reach:])
        gone = np.flatnonzero(rest > away_m[anchor])
        end = reach + (int(gone[0]) - 1 if len(gone) else n - reach - 1)
        found.append((float(trace.time_s[anchor]), float(trace.time_s[end])))
        anchor = end + 1
    return np.array(found, dtype=np.float64).reshape(-1, 2)
