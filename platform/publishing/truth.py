"""One load, one truth: what looks like a duplicate, a ghost, a resale or a price far off the lane. Pure.

Nothing is dropped for it: a suspicion is shown, with its evidence, to the publisher and to the operator.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from statistics import median

from haoyun.maps.gazetteer.names import fold
from haoyun.platform.market.load import Load, PriceMode
from haoyun.platform.market.values import Site, Window

SAME_WEIGHT = 0.02  # weights are rounded differently from post to post
GHOST_ROUNDS = 3  # posted or renewed so often, with quotes that nobody answered
LONELY_ROUNDS = 6  # or so often at all, without a deal
FEWEST_PRICES = 5  # a median of fewer says little
FEWEST_PUBLISHERS = 2  # and one publisher's prices are no lane's
LOW, HIGH = 0.5, 2.0  # times the lane's median


class FlagKind(StrEnum):
    """What an offer looks like."""

    DUPLICATE = "duplicate"  # the publisher's own open offer of the same goods
    RESALE = "resale"  # another publisher's load, or one that the publisher won, posted again
    GHOST = "ghost"  # there again and again, and nobody answers
    PRICE = "price"  # far off what the lane pays


@dataclass(frozen=True, slots=True)
class Suspicion:
    """What is suspected, which other offer or order shows it (or none), and the figures."""

    kind: FlagKind
    other_id: str = ""
    evidence: Mapping[str, str | float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Won:
    """An order that a carrier holds: what it was entrusted with."""

    order_id: str
    goods: str
    weight_kg: int
    origin: Site
    destination: Site
    pickup: Window


@dataclass(frozen=True, slots=True)
class Past:
    """How an offer fared: earlier posts of the same that closed without a deal, renewals, quotes got and answered."""

    closed: int
    renewals: int
    quotes: int
    answered: int


def same_goods(one: str, other: str) -> bool:
    """Whether two texts name the same goods: letters, digits and characters alone count."""
    a, b = fold(one), fold(other)
    return bool(a) and a == b


def same_weight(one: int, other: int) -> bool:
    """Whether two weights differ by no more than rounding."""
    return abs(one - other) <= SAME_WEIGHT * max(one, other)


def duplicates(load: Load, others: Iterable[Load]) -> Iterator[Suspicion]:
    """The publisher's own open offers of the same goods, lane, weight and time."""
    for other in others:
        if other.org_id == load.org_id and other.id != load.id and _same(load, other):
            yield Suspicion(FlagKind.DUPLICATE, other.id, _likeness(load, other))


def resales(load: Load, others: Iterable[Load], won: Iterable[Won]) -> Iterator[Suspicion]:
    """Offers of others that were there before, and orders of the publisher's own, that this one repeats.

    An offer of another publisher counts with the very same weight only: on a busy lane many loads are alike.
    """
    for order in won:
        same_lane = (order.origin.code, order.destination.code) == (load.origin.code, load.destination.code)
        alike = same_goods(order.goods, load.goods) and same_weight(order.weight_kg, load.weight_kg)
        if same_lane and alike and order.pickup.overlaps(load.pickup):
            yield Suspicion(FlagKind.RESALE, order.order_id, {"won": "yes", "goods": load.goods})
    for other in others:
        earlier = (other.posted_at, other.id) < (load.posted_at, load.id)
        if (
            other.org_id != load.org_id
            and earlier
            and other.weight_kg == load.weight_kg
            and _same(load, other)
        ):
            yield Suspicion(FlagKind.RESALE, other.id, {"won": "no", **_likeness(load, other)})


def ghost(past: Past) -> Suspicion | None:
    """An offer that is there again and again, and does not answer or never comes to a deal."""
    rounds = past.closed + past.renewals
    silent = past.quotes > 0 and past.answered == 0
    if not (rounds >= GHOST_ROUNDS and silent) and not (rounds >= LONELY_ROUNDS and past.answered == 0):
        return None
    figures = {"closed": past.closed, "renewals": past.renewals, "quotes": past.quotes}
    return Suspicion(FlagKind.GHOST, "", {name: float(value) for name, value in figures.items()})


def price_off(load: Load, others: Sequence[Load]) -> Suspicion | None:
    """A fixed price below half or above twice the median per kilometre of the lane's other open offers."""
    if load.price_mode is not PriceMode.FIXED or load.price_fen is None or load.distance_m <= 0:
        return None
    lane = [
        o
        for o in others
        if o.org_id != load.org_id and o.price_mode is PriceMode.FIXED and o.price_fen and o.distance_m > 0
    ]
    if len(lane) < FEWEST_PRICES or len({o.org_id for o in lane}) < FEWEST_PUBLISHERS:
        return None
    usual = median((o.price_fen or 0) / o.distance_m for o in lane)
    times = load.price_fen / load.distance_m / usual
    if LOW <= times <= HIGH:
        return None
    figures = {"times": round(times, 2), "prices": float(len(lane)), "per_km_fen": round(usual * 1000, 1)}
    return Suspicion(FlagKind.PRICE, "", figures)


def _same(load: Load, other: Load) -> bool:
    same_lane = (other.origin.code, other.destination.code) == (load.origin.code, load.destination.code)
    alike = same_goods(load.goods, other.goods) and same_weight(load.weight_kg, other.weight_kg)
    return same_lane and alike and load.pickup.overlaps(other.pickup)


def _likeness(load: Load, other: Load) -> dict[str, str | float]:
    return {"goods": load.goods, "weight_kg": float(other.weight_kg)}
