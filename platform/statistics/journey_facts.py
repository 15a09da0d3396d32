"""What an order contributes to the figures, from what is known of it so far (pure)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from haoyun.platform.statistics.areas import cell_at
from haoyun.platform.statistics.facts import Fact, Measure, price_kind
from haoyun.platform.statistics.methods import LEAST_KM, is_sound
from haoyun.platform.statistics.periods import week_of
from haoyun.platform.trading.order import Order, OrderState
from haoyun.tracking.instants import to_ms
from haoyun.tracking.steps.passage import Segment

ORDER_MEASURES = (
    Measure.PRICE,
    Measure.COVER_TIME,
    Measure.EMPTY,
    Measure.EMPTY_TRACKED,
    Measure.PICKUP_ON_TIME,
    Measure.DELIVERY_ON_TIME,
)
_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownOrder:
    """An order with what other places know of it; None: not known (yet).

    `empty_m` is the way from the vehicle's last place to the pickup by the chain of its orders; `joins` says that
    the vehicle carries an earlier order of the same trip, whose kilometres count there.
    """

    order: Order
    body: str
    payload_kg: int | None = None
    cooled: bool = False
    posted_ms: int | None = None
    confirmed_ms: int | None = None
    left_ms: int | None = None
    delivered_ms: int | None = None
    joins: bool = False
    on_board_kg: int | None = None
    empty_m: float | None = None
    driven_empty_m: float | None = None
    driven_m: float | None = None

    @property
    def counts(self) -> bool:
        """Whether it is an agreed transport: confirmed, and not called off."""
        return self.confirmed_ms is not None and self.order.state is not OrderState.CANCELLED


def facts_of_order(known: KnownOrder) -> list[Fact]:
    """Its facts. An order between two sides that are one organization says nothing of a market."""
    order, confirmed_ms = known.order, known.confirmed_ms
    if not known.counts or confirmed_ms is None or order.shipper_org == order.carrier_org:
        return []
    found = []
    km = order.distance_m / 1000
    if km >= LEAST_KM:
        kind = price_kind(known.body, order.weight_kg, order.distance_m)
        price = _fact(known, Measure.PRICE, confirmed_ms, order.price_fen / km, kind=kind)
        found += [price] if is_sound(price) else []
    if known.posted_ms is not None:
        hours = max(0, confirmed_ms - known.posted_ms) / _HOUR_MS
        found.append(_fact(known, Measure.COVER_TIME, confirmed_ms, hours, of="shipper"))
    return found + _way_facts(known) + _time_facts(known)


def _way_facts(known: KnownOrder) -> list[Fact]:
    pickup_ms = to_ms(known.order.pickup.end)
    if known.joins:
        return []
    found = []
    pairs = (
        (Measure.EMPTY, known.empty_m, known.order.distance_m),
        (Measure.EMPTY_TRACKED, known.driven_empty_m, known.driven_m),
    )
    for measure, empty_m, loaded_m in pairs:
        if empty_m is not None and loaded_m:
            km = (round(empty_m / 1000, 1), round((empty_m + loaded_m) / 1000, 1))
            found.append(_fact(known, measure, pickup_ms, km[0], weight=km[1], of="carrier"))
    return [fact for fact in found if fact.weight > 0]


def _time_facts(known: KnownOrder) -> list[Fact]:
    found = []
    pairs = (
        (Measure.PICKUP_ON_TIME, known.left_ms, to_ms(known.order.pickup.end)),
        (Measure.DELIVERY_ON_TIME, known.delivered_ms, to_ms(known.order.delivery.end)),
    )
    for measure, was_ms, due_ms in pairs:
        if was_ms is not None:
            found.append(_fact(known, measure, due_ms, float(was_ms <= due_ms)))
    return found


def _fact(
    known: KnownOrder,
    measure: Measure,
    at_ms: int,
    value: float,
    *,
    weight: float = 1.0,
    kind: str = "",
    of: str = "",
) -> Fact:
    order = known.order
    return Fact(
        measure,
        order.id,
        week_of(at_ms),
        cell_at(order.origin.lat, order.origin.lon),
        cell_at(order.destination.lat, order.destination.lon) if measure is Measure.PRICE else "",
        order.shipper_org if of in ("", "shipper") else "",
        order.carrier_org if of in ("", "carrier") else "",
        value,
        weight,
        kind,
    )


def driven_m(segments: Iterable[Segment], start_ms: int, end_ms: int) -> float:
    """Metres that a device drove between two instants; of a trip across an end, the part by time."""
    total = 0.0
    for one in segments:
        shared = min(one.end_ms, end_ms) - max(one.start_ms, start_ms)
        if one.driving and shared > 0:
            total += one.distance_m * shared / max(1, one.end_ms - one.start_ms)
    return total
