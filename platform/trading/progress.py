"""What the timeline of a consignment says of its order: a pure fold, so that late evidence ends the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from haoyun.platform.trading.order import Order, OrderFlag, OrderState, way_to
from haoyun.tracking.timeline import Milestone, MilestoneCode, Quality, ShipmentState, status

# How far evidence alone takes an order. Arrival does not end the transit: unloading or a signature does.
_REACHES: Mapping[ShipmentState, OrderState] = MappingProxyType(
    {
        ShipmentState.AT_ORIGIN: OrderState.LOADING,
        ShipmentState.LOADED: OrderState.LOADING,
        ShipmentState.IN_TRANSIT: OrderState.IN_TRANSIT,
        ShipmentState.ARRIVED: OrderState.IN_TRANSIT,
        ShipmentState.DELIVERED: OrderState.TO_CONFIRM,
    }
)
_LEAVING = frozenset({MilestoneCode.DEPA, MilestoneCode.GTOT})


@dataclass(frozen=True, slots=True)
class Progress:
    """The states that an order passes now, the milestone that says so, its flags, and when it was delivered."""

    states: tuple[OrderState, ...]
    decided_by: Milestone | None
    flags: frozenset[OrderFlag]
    delivered_at: datetime | None


def progress(order: Order, milestones: Sequence[Milestone]) -> Progress:
    """What the milestones known so far, in whatever order they came, make of the order.

    An order without a vehicle, or a cancelled one, is not moved by evidence.
    """
    now = status(milestones)
    target = _REACHES.get(now.state)
    waits = order.vehicle_id is None or order.state is OrderState.CANCELLED
    states = () if target is None or waits else way_to(order.state, target)
    delivered_at = now.since if now.state is ShipmentState.DELIVERED else None
    flags = {OrderFlag(flag.value) for flag in now.exceptions} | _lateness(order, milestones, delivered_at)
    return Progress(states, now.decided_by, frozenset(flags), delivered_at)


def _lateness(order: Order, milestones: Iterable[Milestone], delivered_at: datetime | None) -> set[OrderFlag]:
    left = [m.occurred_at for m in milestones if m.code in _LEAVING and m.quality is Quality.ACTUAL]
    late = set()
    if left and min(left) > order.pickup.end:
        late.add(OrderFlag.LATE_PICKUP)
    if delivered_at is not None and delivered_at > order.delivery.end:
        late.add(OrderFlag.LATE_DELIVERY)
    return late
