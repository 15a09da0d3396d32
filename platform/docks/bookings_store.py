"""Bookings in the database: read as the viewer may see them, and the events that tell their story."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.docks.access import is_side, sees_booking
from haoyun.platform.docks.booking import HOLDING, Booking, BookingState
from haoyun.platform.docks.dock import Purpose, Visit
from haoyun.platform.docks.grid import Slot
from haoyun.platform.docks.tables import BOOKING, EVENT
from haoyun.platform.market.errors import NotFound, Stale
from haoyun.platform.market.paging import keyset, marker, page_size
from haoyun.platform.market.values import Body, Page
from haoyun.platform.trading.tables import ORDER
from haoyun.tracking.instants import find_instant, from_ms, to_ms

_PLAIN = (
    *("id", "warehouse_id", "warehouse_org", "dock_id", "org_id", "user_id", "vehicle_id"),
    *("order_id", "slots", "note", "version"),
)
_VISIT = ("plate", "length_cm", "height_cm", "hazardous", "refrigerated")
_STAMPS = ("arrived", "started", "finished")


@dataclass(frozen=True, slots=True)
class BookingFilter:
    """Which bookings of those that the viewer may see; `since` and `until` bound their start."""

    warehouse_id: str | None = None
    order_id: str | None = None
    state: BookingState | None = None
    since: datetime | None = None
    until: datetime | None = None
    made_by_us: bool = False
    at_ours: bool = False


def get_booking(db: sa.Connection, booking_id: str, viewer: Actor) -> Booking:
    """A booking of the viewer's, at a warehouse of the viewer's, or of an order of the viewer's. Raises NotFound."""
    query = sa.select(BOOKING).where(BOOKING.c.id == booking_id, sees_booking(viewer))
    row = db.execute(query).one_or_none()
    if row is None:
        raise NotFound
    return _as_seen(db, [booking_of(row)], viewer)[0]


def list_bookings(
    db: sa.Connection, viewer: Actor, wanted: BookingFilter, *, limit: int = 50, after: str | None = None
) -> Page[Booking]:
    """Bookings by start, the last first. Raises FieldErrors for `after`."""
    query = sa.select(BOOKING).where(sees_booking(viewer), *_filtered(wanted, viewer))
    if (
        wanted.order_id is not None and not viewer.sees_all
    ):  # whose order it is must not be told by what is found
        query = query.where(BOOKING.c.order_id.in_(_own_orders(viewer)))
    paged = keyset(query, BOOKING.c.start_ms, BOOKING.c.id, descending=True, limit=limit, after=after)
    rows = list(db.execute(paged))
    found = _as_seen(db, [booking_of(row) for row in rows[: page_size(limit)]], viewer)
    return Page(tuple(found), marker(rows, limit))


def bookings_on(
    db: sa.Connection, dock_ids: Iterable[str], start: datetime, end: datetime, viewer: Actor
) -> list[Booking]:
    """What the viewer may see of the bookings that hold docks between two instants, by start."""
    where = (
        BOOKING.c.dock_id.in_(list(dock_ids)),
        BOOKING.c.start_ms < to_ms(end),
        BOOKING.c.end_ms > to_ms(start),
        BOOKING.c.state.in_([state.value for state in HOLDING]),
        sees_booking(viewer),
    )
    rows = db.execute(sa.select(BOOKING).where(*where).order_by(BOOKING.c.start_ms, BOOKING.c.id))
    return _as_seen(db, [booking_of(row) for row in rows], viewer)


def bookings_by_id(db: sa.Connection, ids: set[str]) -> dict[str, Booking]:
    """Bookings whole, for the system's own work."""
    return {row.id: booking_of(row) for row in db.execute(sa.select(BOOKING).where(BOOKING.c.id.in_(ids)))}


def insert_booking(db: sa.Connection, booking: Booking, actor: Actor, now: datetime) -> None:
    """Store a new booking with its first event."""
    visit = {name: getattr(booking.visit, name) for name in _VISIT}
    words = {"body": booking.visit.body.value, "purpose": booking.visit.purpose.value}
    plain = {name: getattr(booking, name) for name in _PLAIN}
    made = {"created_ms": to_ms(booking.created_at)}
    db.execute(sa.insert(BOOKING).values(**plain, **visit, **words, **made, **_changing(booking)))
    _record(db, booking, actor, now, "")


def store_step(
    db: sa.Connection, before: Booking, after: Booking, actor: Actor, now: datetime, reason: str = ""
) -> None:
    """Store a booking's next state with its event, if nobody was faster. Raises Stale."""
    same = (BOOKING.c.id == before.id, BOOKING.c.version == before.version)
    changed = {"dock_id": after.dock_id, "slots": after.slots, "version": after.version, **_changing(after)}
    if db.execute(sa.update(BOOKING).where(*same).values(changed)).rowcount != 1:
        raise Stale
    _record(db, after, actor, now, reason)


def booking_of(row: Any) -> Booking:
    """The booking of a row of dck_booking."""
    stamps: dict[str, Any] = {f"{name}_at": find_instant(getattr(row, f"{name}_ms")) for name in _STAMPS}
    visit = Visit(
        **{name: getattr(row, name) for name in _VISIT}, body=Body(row.body), purpose=Purpose(row.purpose)
    )
    return Booking(
        **{name: getattr(row, name) for name in _PLAIN},
        visit=visit,
        slot=Slot(from_ms(row.start_ms), from_ms(row.end_ms)),
        state=BookingState(row.state),
        created_at=from_ms(row.created_ms),
        updated_at=from_ms(row.updated_ms),
        **stamps,
    )


def _changing(booking: Booking) -> dict[str, Any]:
    stamps = {name: getattr(booking, f"{name}_at") for name in _STAMPS}
    return {
        "start_ms": to_ms(booking.slot.start),
        "end_ms": to_ms(booking.slot.end),
        "state": booking.state.value,
        "updated_ms": to_ms(booking.updated_at),
        **{f"{name}_ms": None if at is None else to_ms(at) for name, at in stamps.items()},
    }


def _record(db: sa.Connection, booking: Booking, actor: Actor, now: datetime, reason: str) -> None:
    db.execute(
        sa.insert(EVENT).values(
            booking_id=booking.id,
            version=booking.version,
            state=booking.state.value,
            user_id=actor.user_id,
            org_id=actor.org_id,
            at_ms=to_ms(now),
            reason=reason[:200],
        )
    )


def _filtered(wanted: BookingFilter, viewer: Actor) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if wanted.warehouse_id is not None:
        found.append(BOOKING.c.warehouse_id == wanted.warehouse_id)
    if wanted.order_id is not None:
        found.append(BOOKING.c.order_id == wanted.order_id)
    if wanted.state is not None:
        found.append(BOOKING.c.state == wanted.state.value)
    if wanted.since is not None:
        found.append(BOOKING.c.start_ms >= to_ms(wanted.since))
    if wanted.until is not None:
        found.append(BOOKING.c.start_ms < to_ms(wanted.until))
    if wanted.made_by_us:
        found.append(BOOKING.c.org_id == viewer.org_id)
    if wanted.at_ours:
        found.append(BOOKING.c.warehouse_org == viewer.org_id)
    return found


def _own_orders(viewer: Actor) -> sa.Select[Any]:
    return sa.select(ORDER.c.id).where(is_side(viewer))


def _as_seen(db: sa.Connection, bookings: list[Booking], viewer: Actor) -> list[Booking]:
    """Without the order, for a warehouse that is no side of it."""
    asked = {b.order_id for b in bookings if b.order_id and b.org_id != viewer.org_id}
    if viewer.sees_all or not asked:
        return bookings
    own = set(db.scalars(_own_orders(viewer).where(ORDER.c.id.in_(asked))))
    return [
        replace(b, order_id=None) if b.order_id in asked - own and b.org_id != viewer.org_id else b
        for b in bookings
    ]
