"""The follower that makes alerts out of tracking's events; its cursor is saved with what it did.

An event concerns the organization of the device, and both sides of the order that the device carries goods of.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from haoyun.platform.alerts.rule import subject_of
from haoyun.platform.alerts.store import raise_alert, rules_of
from haoyun.platform.database import Databases, reading
from haoyun.platform.trading.cursors import cursor, save_cursor
from haoyun.platform.trading.tables import CONSIGNMENT, ORDER
from haoyun.tracking.events import RecordedEvent
from haoyun.tracking.events_store import events_after

EVENTS = "tracking.event"
BATCH = 500


def follow_events(databases: Databases, now: datetime) -> int:
    """Raise the alerts that new and changed events ask for. Returns how many events were read."""
    with databases.platform.begin() as db:
        start = cursor(db, EVENTS)
        with reading(databases.tracking).connect() as tracking:
            events, end = events_after(tracking, start, BATCH)
        told = [one for one in events if subject_of(one.event.kind) is not None]
        orders = _orders(db, {one.event.journey_id for one in told if one.event.journey_id})
        for one in told:
            _raise(db, one, orders.get(one.event.journey_id or ""), now)
        if end != start:
            save_cursor(db, EVENTS, end)
    return len(events)


def _raise(db: sa.Connection, one: RecordedEvent, order: tuple[str, str, str] | None, now: datetime) -> None:
    concerned = {one.org_id, *(order[1:] if order else ())}
    subject = subject_of(one.event.kind)
    for rule in rules_of(db, concerned):
        if rule.subject is subject:
            raise_alert(db, rule, one, order[0] if order else None, now)


def _orders(db: sa.Connection, journey_ids: set[str]) -> dict[str, tuple[str, str, str]]:
    """(order, shipper, carrier) of journeys: a journey has the id of its consignment."""
    query = (
        sa.select(CONSIGNMENT.c.id, ORDER.c.id.label("order_id"), ORDER.c.shipper_org, ORDER.c.carrier_org)
        .join(ORDER, ORDER.c.id == CONSIGNMENT.c.order_id)
        .where(CONSIGNMENT.c.id.in_(journey_ids))
    )
    return {row.id: (row.order_id, row.shipper_org, row.carrier_org) for row in db.execute(query)}
