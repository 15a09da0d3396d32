"""Events of orders and of what tracking notices on the way, read behind cursors."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from haoyun.platform.trading.cursors import cursor, save_cursor
from haoyun.platform.trading.order import Order, OrderState
from haoyun.platform.trading.orders_store import OrderEvent, events_after, orders_where
from haoyun.platform.trading.tables import CONSIGNMENT, ORDER
from haoyun.platform.webhooks.event import Event, EventType
from haoyun.platform.webhooks.payloads import order_data
from haoyun.tracking.events import EventKind, RecordedEvent
from haoyun.tracking.instants import from_ms

ORDERS = "webhooks.order"
TRACKING = "webhooks.tracking"
# What is told of the road: what an alert can be asked for, without fences and driver hours, which are the carrier's
# own affair and have their alerts.
EXCEPTIONS = frozenset(
    {
        EventKind.OFF_ROUTE,
        EventKind.BACK_ON_ROUTE,
        EventKind.GAP,
        EventKind.JAMMING,
        EventKind.TEMPERATURE_OUT,
        EventKind.TEMPERATURE_BACK,
        EventKind.DOOR_OPENED_EN_ROUTE,
        EventKind.DELAYED,
        EventKind.ON_TIME_AGAIN,
        EventKind.SILENT,
        EventKind.HEARD_AGAIN,
        EventKind.EXCEPTION,
    }
)
Tell = Callable[[Event], object]


def tell_orders(db: sa.Connection, tell: Tell) -> int:
    """Tell what happened to orders. Returns how many steps were read."""
    start = cursor(db, ORDERS)
    steps, end = events_after(db, start)
    orders = {order.id: order for order in orders_where(db, ORDER.c.id.in_({s.order_id for s in steps}))}
    for step in steps:
        tell(order_event(step, orders[step.order_id]))
    if end != start:
        save_cursor(db, ORDERS, end)
    return len(steps)


def order_event(step: OrderEvent, order: Order) -> Event:
    """One step of an order, for both its sides."""
    if step.state is OrderState.CANCELLED:
        kind = EventType.ORDER_CANCELLED
    else:
        kind = EventType.ORDER_MADE if step.version == 1 else EventType.ORDER_MOVED
    said = {"state": step.state.value, "reason": step.reason, "evidence": dict(step.evidence)}
    return Event(
        id=f"evt_ord_{step.seq}",
        type=kind,
        subject_id=order.id,
        version=step.version,
        at=step.at,
        data={"order": order_data(order), **said},
        concerned=frozenset({order.shipper_org, order.carrier_org}),
    )


def tell_exceptions(db: sa.Connection, events: list[RecordedEvent], tell: Tell) -> None:
    """Tell what tracking noticed: to the device's organization, and both sides of the order that it carries.

    Only what is new: what a late fix moves or withdraws is corrected where it is read, and not told again.
    """
    told = [
        one
        for one in events
        if one.event.kind in EXCEPTIONS and one.amends is None and one.withdrawn_at is None
    ]
    orders = _orders(db, {one.event.journey_id for one in told if one.event.journey_id})
    for one in told:
        tell(exception_event(one, orders.get(one.event.journey_id or "")))


def exception_event(one: RecordedEvent, order: tuple[str, str, str] | None) -> Event:
    """One thing that tracking noticed. `order`: its id and both its sides, where the device carries goods of one."""
    order_id = order[0] if order else None
    said = {**one.event.data, "subject": one.event.subject}
    return Event(
        id=f"evt_trk_{one.id}",
        type=EventType.TRACKING_EXCEPTION,
        subject_id=order_id or one.vehicle_id or f"device_{one.id}",
        version=1,
        at=from_ms(one.event.at_ms),
        data={
            "kind": one.event.kind.value,
            "order_id": order_id,
            "vehicle_id": one.vehicle_id,
            "details": said,
        },
        concerned=frozenset({one.org_id, *(order[1:] if order else ())}),
    )


def _orders(db: sa.Connection, journey_ids: set[str]) -> dict[str, tuple[str, str, str]]:
    """(order, shipper, carrier) of journeys: a journey has the id of its consignment."""
    query = (
        sa.select(CONSIGNMENT.c.id, ORDER.c.id.label("order_id"), ORDER.c.shipper_org, ORDER.c.carrier_org)
        .join(ORDER, ORDER.c.id == CONSIGNMENT.c.order_id)
        .where(CONSIGNMENT.c.id.in_(journey_ids))
    )
    return {row.id: (row.order_id, row.shipper_org, row.carrier_org) for row in db.execute(query)}
