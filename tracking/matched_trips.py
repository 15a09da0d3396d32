"""Matching a closed trip to the roads: how far it really was, and how fast its roads were driven.

Not a step of the pipeline: it needs a road network. It is done once for a trip that is over (trip_roads.py says when),
with at most MOST_FIXES of its fixes, so that the cost of a trip is bounded whatever its device sends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from haoyun.maps.learning import Traversals, traversals
from haoyun.maps.matching.matcher import Matcher
from haoyun.maps.matching.trace import USUAL_SIGMA_M, make_trace
from haoyun.maps.network import RoadNetwork
from haoyun.tracking.fixes import PositionFix

MOST_FIXES = 3000
ACCURACY_TO_SIGMA = 1 / 1.5  # devices report the radius that holds 68 %


@dataclass(frozen=True, slots=True, eq=False)
class MatchedTrip:
    """Metres by road, the share of fixes that lie on one, and what was learned of the roads (maps.learning)."""

    distance_m: float
    on_road: float
    driven: Traversals


def match_trip(network: RoadNetwork, matcher: Matcher, fixes: Sequence[PositionFix]) -> MatchedTrip | None:
    """The roads of a trip's believed fixes, in the order of time; None for fewer than two instants."""
    at: dict[float, PositionFix] = {fix.fix_time.timestamp(): fix for fix in fixes if not fix.doubtful}
    times = sorted(at)
    times = times[:: -(-len(times) // MOST_FIXES) or 1]
    if len(times) < 2:
        return None
    found = [at[time] for time in times]
    sigma = [
        USUAL_SIGMA_M if f.accuracy_m is None else max(1.0, f.accuracy_m * ACCURACY_TO_SIGMA) for f in found
    ]
    trace = make_trace(
        times,
        [f.lat for f in found],
        [f.lon for f in found],
        sigma_m=sigma,
        speed_m_s=[np.nan if f.speed_kmh is None else f.speed_kmh / 3.6 for f in found],
        heading_deg=[np.nan if f.heading_deg is None else f.heading_deg % 360 for f in found],
    )
    match = matcher.match(trace)
    distance_m = sum(part.length_m for part in match.parts)
    return MatchedTrip(float(distance_m), float(np.mean(match.edge >= 0)), traversals(network, trace, match))
