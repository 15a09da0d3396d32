"""The follower that tells of bookings: webhooks of everybody concerned, and the inbox of the side that did not act.

It reads rows that were written with the change itself and marks them in the transaction that writes what it tells:
killed at any moment, it loses nothing and tells nothing twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from haoyun.platform.alerts.notices import NoticeKind, raise_notice
from haoyun.platform.database import Databases, reading
from haoyun.platform.docks.booking import Booking, BookingState
from haoyun.platform.docks.bookings_store import bookings_by_id
from haoyun.platform.docks.docks_store import dock_names
from haoyun.platform.docks.payloads import booking_data
from haoyun.platform.docks.tables import EVENT
from haoyun.platform.docks.warehouses_store import warehouses_by_id
from haoyun.platform.trading.orders_store import orders_where
from haoyun.platform.trading.tables import ORDER
from haoyun.platform.webhooks.deliveries import queue_event
from haoyun.platform.webhooks.event import Event, EventType
from haoyun.platform.webhooks.store import listening
from haoyun.tracking.instants import from_ms, to_ms

BATCH = 200
_TYPES: Mapping[str, EventType] = {
    BookingState.ARRIVED.value: EventType.DOCK_ARRIVED,
    BookingState.STARTED.value: EventType.DOCK_STARTED,
    BookingState.FINISHED.value: EventType.DOCK_FINISHED,
    BookingState.CANCELLED.value: EventType.DOCK_CANCELLED,
    BookingState.NO_SHOW.value: EventType.DOCK_NO_SHOW,
}
# What the inbox is told; the steps at the gate are on the booking's page, and in webhooks.
_NOTICES: Mapping[EventType, NoticeKind] = {
    EventType.DOCK_BOOKED: NoticeKind.DOCK_BOOKED,
    EventType.DOCK_REBOOKED: NoticeKind.DOCK_REBOOKED,
    EventType.DOCK_CANCELLED: NoticeKind.DOCK_CANCELLED,
    EventType.DOCK_NO_SHOW: NoticeKind.DOCK_NO_SHOW,
}


def follow_bookings(databases: Databases, now: datetime) -> int:
    """Tell what happened to bookings. Returns how many steps were read."""
    with reading(databases.platform).connect() as db:
        if db.execute(sa.select(EVENT.c.seq).where(EVENT.c.told_ms.is_(None)).limit(1)).first() is None:
            return 0  # an idle platform takes no write lock
    with databases.platform.begin() as db:
        untold = sa.select(EVENT).where(EVENT.c.told_ms.is_(None)).order_by(EVENT.c.seq).limit(BATCH)
        rows = list(db.execute(untold))
        bookings = bookings_by_id(db, {row.booking_id for row in rows})
        sides, webhooks = _sides(db, bookings), listening(db)
        for row in rows:
            booking = bookings[row.booking_id]
            event = booking_event(row, booking, sides.get(booking.order_id or "", frozenset()))
            queue_event(db, webhooks, event, now)
            _notice(db, row, booking, event.type, now)
        seqs = [row.seq for row in rows]
        db.execute(sa.update(EVENT).where(EVENT.c.seq.in_(seqs)).values(told_ms=to_ms(now)))
    return len(rows)


def booking_event(row: Any, booking: Booking, sides: frozenset[str]) -> Event:
    """One step of a booking, for the warehouse, who booked, and the sides of its order.

    The order is named only where the warehouse is a side of it: all of them are told the same words.
    """
    kind = _TYPES.get(row.state) or (EventType.DOCK_BOOKED if row.version == 1 else EventType.DOCK_REBOOKED)
    shown = booking if booking.warehouse_org in sides else replace(booking, order_id=None)
    return Event(
        id=f"evt_dck_{row.seq}",
        type=kind,
        subject_id=booking.id,
        version=row.version,
        at=from_ms(row.at_ms),
        data={"booking": booking_data(shown), "state": row.state, "reason": row.reason},
        concerned=frozenset({booking.warehouse_org, booking.org_id, *sides}),
    )


def _notice(db: sa.Connection, row: Any, booking: Booking, kind: EventType, now: datetime) -> None:
    if kind not in _NOTICES:
        return
    warehouse = warehouses_by_id(db, {booking.warehouse_id})[booking.warehouse_id]
    data = {
        "name": f"{warehouse.name} · {dock_names(db, {booking.dock_id})[booking.dock_id]}",
        "plate": booking.visit.plate,
        "slot": booking.slot.start.isoformat(),
        "booking_id": booking.id,
    }
    for part, org_id in (("", booking.warehouse_org), (".b", booking.org_id)):
        alone = part and booking.org_id == booking.warehouse_org
        if org_id != row.org_id and not alone:
            raise_notice(db, org_id, _NOTICES[kind], (booking.id + part, row.seq), data, now)


def _sides(db: sa.Connection, bookings: Mapping[str, Booking]) -> dict[str, frozenset[str]]:
    ids = {one.order_id for one in bookings.values() if one.order_id}
    return {
        order.id: frozenset({order.shipper_org, order.carrier_org})
        for order in orders_where(db, ORDER.c.id.in_(ids))
    }
