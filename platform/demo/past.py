"""Half a year of a made-up market before the demonstration began, so that the charts of statistics have a past. Pure.

Only facts are made, none of an existing organization; the worker releases them as it releases any other.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime
from random import Random

from haoyun.platform.demo.world import Lane, World
from haoyun.platform.statistics.areas import cell_at
from haoyun.platform.statistics.facts import Fact, Measure, price_kind
from haoyun.platform.statistics.periods import week_of
from haoyun.tracking.instants import to_ms

WEEKS = 20
_ORDERS, _FROM_EACH, _PARTIES = (
    90,
    2,
    36,
)  # a week's orders on so few lanes that most of them have enough parties
_SITES, _LEAST_M = 6, 10_000
_BODIES = ("box", "box", "curtain", "stake", "reefer", "flatbed")
_USUAL_FEN = {"box": 640, "curtain": 620, "stake": 580, "reefer": 860, "flatbed": 610}


def past_weeks(world: World, now: datetime) -> Iterator[list[Fact]]:
    """The facts of the weeks before this one, a list a week; none where the map has too few lanes."""
    lanes = _busiest(world)
    if len(lanes) < 2:
        return
    this_week = week_of(to_ms(now))
    for week in range(this_week - WEEKS, this_week):
        yield list(_week(world, world.rng("past", week), lanes, week))


def _busiest(world: World) -> Sequence[Lane]:
    """Some lanes from each of the sites with the most of them."""
    sites = sorted(world.lanes, key=lambda code: (-len(world.lanes[code]), code))[:_SITES]
    return [lane for code in sites for lane in world.lanes[code][:_FROM_EACH] if lane.distance_m > _LEAST_M]


def _week(world: World, rng: Random, lanes: Sequence[Lane], week: int) -> Iterator[Fact]:
    trend = 1 + 0.06 * math.sin(week / 5) + 0.002 * (week % 52)
    for number in range(_ORDERS):
        lane, body = rng.choice(lanes), rng.choice(_BODIES)
        fen = _USUAL_FEN[body] * trend * rng.lognormvariate(0, 0.08)
        yield from _order(world, rng, lane, (week, number), (body, fen))
        yield from _posts(world, rng, lane, (week, number), (body, fen))


def _order(
    world: World, rng: Random, lane: Lane, key: tuple[int, int], priced: tuple[str, float]
) -> Iterator[Fact]:
    week, number = key
    start, end = _cell(world, lane.origin), _cell(world, lane.destination)
    shipper, carrier = (f"past-{side}{rng.randrange(_PARTIES)}" for side in ("s", "c"))
    subject = f"past-o{week}-{number}"
    km, empty = lane.distance_m / 1000, rng.uniform(5, 220)
    kind = price_kind(priced[0], rng.choice((4_000, 12_000, 24_000)), lane.distance_m)
    yield Fact(Measure.PRICE, subject, week, start, end, shipper, carrier, priced[1], 1.0, kind)
    yield Fact(Measure.COVER_TIME, subject, week, start, "", shipper, "", rng.lognormvariate(0.7, 0.6))
    for measure, driven in (
        (Measure.EMPTY, empty),
        (Measure.EMPTY_TRACKED, empty * rng.uniform(0.95, 1.2)),
    ):
        yield Fact(measure, subject, week, start, "", "", carrier, round(driven, 1), round(km + driven, 1))
    for measure, share in ((Measure.PICKUP_ON_TIME, 0.91), (Measure.DELIVERY_ON_TIME, 0.94)):
        yield Fact(measure, subject, week, start, "", shipper, carrier, float(rng.random() < share))


def _posts(
    world: World, rng: Random, lane: Lane, key: tuple[int, int], priced: tuple[str, float]
) -> Iterator[Fact]:
    """A load posted, with its asking price; trucks are more or fewer than loads from place to place."""
    week, number = key
    start, end = _cell(world, lane.origin), _cell(world, lane.destination)
    shipper, subject = f"past-s{rng.randrange(_PARTIES)}", f"past-l{week}-{number}"
    kind = price_kind(priced[0], 12_000, lane.distance_m)
    ask = priced[1] * rng.uniform(0.88, 1.02)
    yield Fact(Measure.LOAD, subject, week, start, "", shipper, "", 1.0)
    yield Fact(Measure.ASK, subject, week, start, end, shipper, "", ask, 1.0, kind)
    yield Fact(Measure.MATCH_TIME, subject, week, start, "", shipper, "", rng.lognormvariate(-1.2, 0.8))
    trucks = 1 + (sum(lane.origin.encode()) % 3 == 0) - (rng.random() < 0.35)
    for i in range(trucks):
        truck, carrier = f"past-t{week}-{number}-{i}", f"past-c{rng.randrange(_PARTIES)}"
        yield Fact(Measure.TRUCK, truck, week, start, "", "", carrier, 1.0)


def _cell(world: World, code: str) -> str:
    site = world.sites[code]
    return cell_at(site.lat, site.lon)
