"""The best matches of some offers: the index proposes, the database is read, `assess` decides."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import TypeVar

import sqlalchemy as sa

from haoyun.platform.market.capacity import Capacity
from haoyun.platform.market.index import View, view_of
from haoyun.platform.market.load import Load
from haoyun.platform.market.match import Match, WhyNot, ranked
from haoyun.platform.market.matching import assess
from haoyun.platform.market.offers import read_capacities, read_loads
from haoyun.platform.market.roads import MatchContext
from haoyun.platform.market.way import Departure, departure

MOST_READ = (
    500  # offers read for one ranking: far more than are ever needed unless most of them were taken meanwhile
)
_ROUNDING = 0.1  # nine components, each rounded to a hundredth
_MORE = 10

T = TypeVar("T")
Proposed = Iterator[tuple[str, float]]


def best_capacities(
    db: sa.Connection, load: Load, now: datetime, context: MatchContext, limit: int
) -> list[Match]:
    """The best capacities for a load, the best first."""
    return best_capacities_of(db, [load], view_of(db, now), now, context, limit)[0]


def best_capacities_of(
    db: sa.Connection, loads: Sequence[Load], view: View, now: datetime, context: MatchContext, limit: int
) -> list[list[Match]]:
    """The best capacities for each of some different loads, the best first. What several of them ask for is read
    once."""
    starts: dict[str, Departure] = {}

    def judge(number: int, capacity: Capacity) -> Match | WhyNot:
        start = starts.get(capacity.id)
        if start is None:
            start = starts[capacity.id] = departure(capacity, context, now)
        return assess(loads[number], capacity, start, context, view.figures, now)

    return _best(view.capacities_for(loads, context, now), lambda ids: read_capacities(db, ids), judge, limit)


def best_loads(
    db: sa.Connection, capacity: Capacity, now: datetime, context: MatchContext, limit: int
) -> list[Match]:
    """The best loads for a capacity, the best first."""
    return best_loads_of(db, [capacity], view_of(db, now), now, context, limit)[0]


def best_loads_of(
    db: sa.Connection,
    capacities: Sequence[Capacity],
    view: View,
    now: datetime,
    context: MatchContext,
    limit: int,
) -> list[list[Match]]:
    """The best loads for each of some capacities, the best first. What several of them ask for is read once."""
    starts = [departure(capacity, context, now) for capacity in capacities]

    def judge(number: int, load: Load) -> Match | WhyNot:
        return assess(load, capacities[number], starts[number], context, view.figures, now)

    proposed = [view.loads_for(capacity, context, now) for capacity in capacities]
    return _best(proposed, lambda ids: read_loads(db, ids), judge, limit)


def _best(
    proposed: Sequence[Proposed],
    read: Callable[[set[str]], Mapping[str, T]],
    judge: Callable[[int, T], Match | WhyNot],
    limit: int,
) -> list[list[Match]]:
    """Assess what is proposed to each from the top, until nothing further down can be among its best."""
    found: list[list[Match]] = [[] for _ in proposed]
    seen = [0] * len(proposed)
    offers: dict[str, T] = {}
    asked: set[str] = set()
    chunks = {number: _first(one, limit) for number, one in enumerate(proposed)}
    while chunks := {number: chunk for number, chunk in chunks.items() if chunk}:
        new = {key for chunk in chunks.values() for key, _ in chunk} - asked
        if new:
            asked |= new
            offers.update(read(new))
        for number, chunk in list(chunks.items()):
            verdicts = [judge(number, offers[key]) for key, _ in chunk if key in offers]
            fits = [one for one in verdicts if isinstance(one, Match)]
            best = found[number] = ranked([*found[number], *fits])[:limit]
            seen[number] += len(chunk)
            done = len(best) == limit and chunk[-1][1] < best[-1].score - _ROUNDING
            done |= seen[number] >= MOST_READ
            chunks[number] = [] if done else list(islice(proposed[number], limit + _MORE))
    return found


def _first(proposed: Proposed, limit: int) -> list[tuple[str, float]]:
    """What is read first: as few as surely do if all of them fit, and not many more where points lie close."""
    chunk = list(islice(proposed, limit))
    if len(chunk) == limit:
        enough = chunk[-1][1] - 2 * _ROUNDING
        for one in islice(proposed, _MORE):
            chunk.append(one)
            if one[1] < enough:
                break
    return chunk
