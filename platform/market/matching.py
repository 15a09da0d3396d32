"""Matching: one load with many capacities and the other way round.

`assess` is the one truth about a pair. Before it runs, a vectorised sieve drops most pairs that cannot be
feasible; it never drops one that is (tested against assessing every pair).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from haoyun.maps.geodesy import haversine_m
from haoyun.platform.market.balance import Balance, balance_of
from haoyun.platform.market.capacity import Capacity
from haoyun.platform.market.load import Load
from haoyun.platform.market.match import Match, WhyNot, ranked
from haoyun.platform.market.roads import FloatArray, MatchContext, legal_durations_s
from haoyun.platform.market.rules import Departure, Pair, departure, first_broken, trip
from haoyun.platform.market.score import score
from haoyun.platform.market.values import Body

_BIT = {body: 1 << i for i, body in enumerate(Body)}
_ANY = (1 << len(_BIT)) - 1
_SLACK_M = 1.0  # the sieve may err only on the side of letting through
_SLACK_S = 1.0


def assess(
    load: Load, capacity: Capacity, start: Departure, context: MatchContext, balance: Balance, now: datetime
) -> Match | WhyNot:
    """The match of a pair with its reasons, or the first hard constraint that it breaks."""
    pair = Pair(load, capacity, start, trip(load, start, context), now)
    broken = first_broken(pair)
    if broken is not None:
        return WhyNot(load.id, capacity.id, *broken)
    assert pair.trip is not None  # a missing road is a broken constraint
    return score(load, capacity, pair.trip, balance, context.costs)


def explain(
    load: Load, capacity: Capacity, context: MatchContext, balance: Balance, now: datetime
) -> Match | WhyNot:
    """`assess` for a single pair."""
    return assess(load, capacity, departure(capacity, context, now), context, balance, now)


@dataclass(frozen=True, slots=True, eq=False)
class Fleet:
    """Capacities as columns, for the sieve."""

    capacities: tuple[Capacity, ...]
    starts: tuple[Departure, ...]
    body: NDArray[np.int64]
    weight_kg: NDArray[np.int64]
    volume_dm3: NDArray[np.int64]
    ldm_cm: NDArray[np.int64]
    length_cm: NDArray[np.int64]
    lat: FloatArray
    lon: FloatArray
    radius_m: FloatArray
    leaves_s: FloatArray
    empty_s: FloatArray  # capacities x places, at legal driving times

    def candidates(self, load: Load, context: MatchContext) -> list[int]:
        """Indexes of the capacities that may be feasible for the load."""
        place = context.places.get(load.origin.code)
        if place is None or not self.capacities:
            return []
        wanted = sum(_BIT[body] for body in load.body) or _ANY
        fits = (self.body & wanted) != 0
        fits &= (self.weight_kg >= load.weight_kg) & (self.volume_dm3 >= load.volume_dm3)
        fits &= (self.ldm_cm >= load.ldm_cm) & (self.length_cm >= load.max_piece_cm)
        fits &= self.leaves_s + self.empty_s[:, place] <= load.pickup.end.timestamp() + _SLACK_S
        away_m = haversine_m(self.lat, self.lon, load.origin.lat, load.origin.lon)
        fits &= away_m <= self.radius_m + _SLACK_M
        return [int(i) for i in np.flatnonzero(fits)]


def fleet_of(capacities: Iterable[Capacity], context: MatchContext, now: datetime) -> Fleet:
    """Capacities made ready for matching many loads; where each vehicle starts is worked out once."""
    found = tuple(capacities)
    starts = tuple(departure(capacity, context, now) for capacity in found)
    nowhere = np.full(len(context.places), np.inf)
    rows = [nowhere if start.duration_s is None else start.duration_s for start in starts]
    return Fleet(
        capacities=found,
        starts=starts,
        body=_whole([_BIT[c.body] for c in found]),
        weight_kg=_whole([c.weight_kg for c in found]),
        volume_dm3=_whole([c.volume_dm3 for c in found]),
        ldm_cm=_whole([c.ldm_cm for c in found]),
        length_cm=_whole([c.length_cm for c in found]),
        lat=np.array([c.origin.lat for c in found], dtype=np.float64),
        lon=np.array([c.origin.lon for c in found], dtype=np.float64),
        radius_m=np.array([c.radius_km * 1000.0 for c in found], dtype=np.float64),
        leaves_s=np.array([start.leaves_at.timestamp() for start in starts], dtype=np.float64),
        empty_s=legal_durations_s(np.array(rows).reshape(len(found), len(context.places))),
    )


def match_loads(
    loads: Sequence[Load],
    capacities: Sequence[Capacity],
    context: MatchContext,
    now: datetime,
    balance: Balance | None = None,
) -> list[Match]:
    """Every feasible pair of these offers, best first. `balance` is the whole market's, if that is larger."""
    balance = balance or balance_of(loads, capacities)
    fleet = fleet_of(capacities, context, now)
    found = []
    for load in loads:
        for i in fleet.candidates(load, context):
            result = assess(load, fleet.capacities[i], fleet.starts[i], context, balance, now)
            if isinstance(result, Match):
                found.append(result)
    return ranked(found)


def _whole(values: list[int]) -> NDArray[np.int64]:
    return np.array(values, dtype=np.int64)
