"""One pair judged: `assess` is the one truth about a pair. For the market `ranking` lets an index propose pairs."""

from __future__ import annotations

from datetime import datetime

from haoyun.platform.market.capacity import Capacity
from haoyun.platform.market.figures import MarketFigures, figures_of
from haoyun.platform.market.load import Load
from haoyun.platform.market.match import Match, WhyNot
from haoyun.platform.market.roads import MatchContext
from haoyun.platform.market.rules import Pair, standing_broken, way_broken
from haoyun.platform.market.score import score
from haoyun.platform.market.taking import take_along
from haoyun.platform.market.way import Departure, Trip, departure, trip
from haoyun.platform.market.words import Broken


def assess(
    load: Load,
    capacity: Capacity,
    start: Departure,
    context: MatchContext,
    market: MarketFigures,
    now: datetime,
) -> Match | WhyNot:
    """The match of a pair with its reasons, or the first hard constraint that it breaks."""
    way, broken = _judged(load, capacity, start, context, now)
    if broken is not None:
        return WhyNot(load.id, capacity.id, *broken)
    assert isinstance(way, Trip)  # a missing road is a broken constraint
    return score(load, capacity, way, figures_of(load, capacity, market, context))


def broken_rule(load: Load, capacity: Capacity, context: MatchContext, now: datetime) -> Broken | None:
    """The first hard constraint that a pair breaks, without a score."""
    return _judged(load, capacity, departure(capacity, context, now), context, now)[1]


def _judged(
    load: Load, capacity: Capacity, start: Departure, context: MatchContext, now: datetime
) -> tuple[Trip | Broken | None, Broken | None]:
    """The way that the pair would go, and what it breaks."""
    broken = standing_broken(load, capacity, now)
    if broken is not None:
        return None, broken
    # Orders of stops are looked at only for a load that could be carried alone.
    way = take_along(load, capacity, start, context, now) if capacity.plan else trip(load, start, context)
    return way, way_broken(Pair(load, capacity, start, way, now))


def explain(
    load: Load, capacity: Capacity, context: MatchContext, market: MarketFigures, now: datetime
) -> Match | WhyNot:
    """`assess` for a single pair."""
    return assess(load, capacity, departure(capacity, context, now), context, market, now)
