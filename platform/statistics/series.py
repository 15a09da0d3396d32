"""The published series: of which facts each is made, over which areas, in which unit (pure)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from haoyun.platform.statistics.areas import EVERYWHERE, division_of
from haoyun.platform.statistics.facts import Fact, Measure
from haoyun.platform.statistics.privacy import Node, Pool, exactly


class Series(StrEnum):
    """What is published."""

    PRICE = "price"  # lane price index, from confirmed orders
    ASK = "ask"  # the same from asking prices
    RATIO = "ratio"  # loads posted for each truck posted
    EMPTY = "empty"  # share of empty kilometres, by the chain of orders
    EMPTY_TRACKED = "empty_tracked"  # the same as devices saw it
    MATCH_TIME = "match_time"
    COVER_TIME = "cover_time"
    PICKUP_ON_TIME = "pickup_on_time"
    DELIVERY_ON_TIME = "delivery_on_time"


@dataclass(frozen=True, slots=True)
class Shape:
    """`levels`: areas under the whole (lane, division, cell); `step`: what values are rounded to, in `unit`."""

    measures: tuple[Measure, ...]
    levels: tuple[str, ...]
    unit: str
    step: float


LANES, DIVISIONS, CELLS = ("lane",), ("division",), ("division", "cell")
SHAPES: Mapping[Series, Shape] = MappingProxyType(
    {
        Series.PRICE: Shape((Measure.PRICE,), LANES, "CNY/km", 0.05),
        Series.ASK: Shape((Measure.ASK,), LANES, "CNY/km", 0.05),
        Series.RATIO: Shape((Measure.LOAD, Measure.TRUCK), CELLS, "loads/truck", 0.05),
        Series.EMPTY: Shape((Measure.EMPTY,), DIVISIONS, "%", 1.0),
        Series.EMPTY_TRACKED: Shape((Measure.EMPTY_TRACKED,), DIVISIONS, "%", 1.0),
        Series.MATCH_TIME: Shape((Measure.MATCH_TIME,), DIVISIONS, "h", 0.1),
        Series.COVER_TIME: Shape((Measure.COVER_TIME,), DIVISIONS, "h", 0.1),
        Series.PICKUP_ON_TIME: Shape((Measure.PICKUP_ON_TIME,), DIVISIONS, "%", 1.0),
        Series.DELIVERY_ON_TIME: Shape((Measure.DELIVERY_ON_TIME,), DIVISIONS, "%", 1.0),
    }
)
PRICES = frozenset({Series.PRICE, Series.ASK})
SERIES_OF: Mapping[Measure, Series] = MappingProxyType(
    {measure: series for series, shape in SHAPES.items() for measure in shape.measures}
)


# Whose secrets a series is made of. Both sides know the price; a delay is the carrier's as much as the shipper's.
SHIPPER, CARRIER = "shipper", "carrier"
SIDES: Mapping[Series, tuple[str, ...]] = MappingProxyType(
    {
        Series.PRICE: (SHIPPER, CARRIER),
        Series.ASK: (SHIPPER,),
        Series.RATIO: (SHIPPER, CARRIER),
        Series.EMPTY: (CARRIER,),
        Series.EMPTY_TRACKED: (CARRIER,),
        Series.MATCH_TIME: (SHIPPER,),
        Series.COVER_TIME: (SHIPPER,),
        Series.PICKUP_ON_TIME: (SHIPPER, CARRIER),
        Series.DELIVERY_ON_TIME: (SHIPPER, CARRIER),
    }
)


def keys_of(series: Series, fact: Fact) -> tuple[str, ...]:
    """The areas that a fact counts in, the whole first, each within the one before."""
    levels = SHAPES[series].levels
    if levels == LANES:
        return EVERYWHERE, fact.lane
    if levels == DIVISIONS:
        return EVERYWHERE, division_of(fact.cell)
    return EVERYWHERE, division_of(fact.cell), fact.cell


def level_of(key: str) -> str:
    """Which kind of area a key names: all, lane, division or cell."""
    if key == EVERYWHERE:
        return "all"
    if ">" in key:
        return "lane"
    return "division" if key.isdigit() and len(key) == 6 else "cell"


def gather(series: Series, facts: Iterable[Fact]) -> tuple[dict[str, Node], dict[str, list[Fact]]]:
    """The tree of areas with their pools, and the facts of each."""
    nodes: dict[str, Node] = {}
    members: dict[str, list[Fact]] = {}
    sides = SIDES[series]
    for fact in facts:
        parent, shares = "", _shares(fact, sides)
        for key in keys_of(series, fact):
            node = nodes.get(key)
            if node is None:
                node = nodes[key] = Node(key, parent, {side: Counter() for side in sides})
                members[key] = []
            for side, organization, amount in shares:
                node.pool[side][organization] += amount
            members[key].append(fact)
            parent = key
    return nodes, members


def pool_of(series: Series, facts: Iterable[Fact]) -> Pool:
    """The pool of some facts, wherever they are."""
    sides = SIDES[series]
    pool: dict[str, Counter[str]] = {side: Counter() for side in sides}
    for fact in facts:
        for side, organization, amount in _shares(fact, sides):
            pool[side][organization] += amount
    return pool


def _shares(fact: Fact, sides: tuple[str, ...]) -> list[tuple[str, str, int]]:
    amount = exactly(fact.weight)
    orgs = ((side, fact.shipper if side == SHIPPER else fact.carrier) for side in sides)
    return [(side, organization, amount) for side, organization in orgs if organization]
