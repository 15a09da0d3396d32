"""Orders: the contract that an accepted quote makes, and its life cycle. An exception is a flag, never a state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

from haoyun.platform.market.errors import Conflict
from haoyun.platform.market.lifecycle import check_move
from haoyun.platform.market.values import Site, Window


class OrderState(StrEnum):
    """Where an order is in its life."""

    AWAITING_CONFIRMATION = "AWAITING_CONFIRMATION"  # accepted; the carrier has to confirm
    AWAITING_VEHICLE = "AWAITING_VEHICLE"  # confirmed; no vehicle is bound yet
    READY = "READY"  # a vehicle is bound; tracking follows it
    TO_LOADING = "TO_LOADING"  # on the way to the pickup
    LOADING = "LOADING"  # goods are handed over
    IN_TRANSIT = "IN_TRANSIT"  # left the origin
    TO_CONFIRM = "TO_CONFIRM"  # delivered by its evidence; the shipper has to confirm receipt
    AWAITING_DOCUMENTS = "AWAITING_DOCUMENTS"  # receipt confirmed; the proof of delivery is missing
    COMPLETED = "COMPLETED"  # goods, receipt and documents are there
    CANCELLED = "CANCELLED"  # by either side before loading, by the operator after


_WAY = tuple(state for state in OrderState if state is not OrderState.CANCELLED)
NEXT: Mapping[OrderState, frozenset[OrderState]] = {
    **{state: frozenset({following, OrderState.CANCELLED}) for state, following in pairwise(_WAY)},
    OrderState.COMPLETED: frozenset(),
    OrderState.CANCELLED: frozenset(),
}
# Before the goods are touched, either side may still step back.
BEFORE_LOADING = frozenset(
    {OrderState.AWAITING_CONFIRMATION, OrderState.AWAITING_VEHICLE, OrderState.READY, OrderState.TO_LOADING}
)
UNDER_WAY = frozenset(
    {
        OrderState.READY,
        OrderState.TO_LOADING,
        OrderState.LOADING,
        OrderState.IN_TRANSIT,
        OrderState.TO_CONFIRM,
    }
)


class OrderFlag(StrEnum):
    """What is odd about an order, beside its state."""

    NO_DEPARTURE = "no_departure"  # arrived, but nobody saw it leave
    NO_ARRIVAL = "no_arrival"  # delivered, but nobody saw it arrive
    LATE_PICKUP = "late_pickup"  # left the origin after the pickup window
    LATE_DELIVERY = "late_delivery"  # delivered after the delivery window


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A contract with the terms as they were agreed. Raises Conflict for a ready order without a vehicle.

    `distance_m` and `duration_s` are by road from origin to destination, without rests.
    """

    id: str
    load_id: str
    capacity_id: str
    quote_id: str
    shipper_org: str
    carrier_org: str
    vehicle_id: str | None
    price_fen: int
    currency: str
    goods: str
    weight_kg: int
    pallets: int
    origin: Site
    destination: Site
    pickup: Window
    delivery: Window
    distance_m: float
    duration_s: float
    state: OrderState
    version: int
    flags: frozenset[OrderFlag]
    created_at: datetime
    updated_at: datetime

    def __post_init__(self) -> None:
        if self.state in UNDER_WAY and self.vehicle_id is None:
            raise Conflict("vehicle_needed")


def move(order: Order, to: OrderState, now: datetime) -> Order:
    """The order in its next state. Raises ForbiddenMove, Conflict."""
    check_move("order", NEXT, order.state, to)
    return replace(order, state=to, version=order.version + 1, updated_at=now)


def way_to(before: OrderState, target: OrderState) -> tuple[OrderState, ...]:
    """The states between: what is passed on the way from `before` to `target`, `target` included.

    Empty if the target is reached or passed already, or if the order is cancelled.
    """
    if before is OrderState.CANCELLED:
        return ()
    return _WAY[_WAY.index(before) + 1 : _WAY.index(target) + 1]
