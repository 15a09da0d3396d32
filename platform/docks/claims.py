"""Claims: the rows by which one booking wins a quarter of an hour at a dock, and nobody else gets it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from haoyun.platform.docks.booking import BookingState
from haoyun.platform.docks.grid import quarters
from haoyun.platform.docks.tables import BOOKING, CLAIM
from haoyun.platform.market.errors import Conflict
from haoyun.tracking.instants import from_ms, to_ms
from haoyun.tracking.tables import upsert

# Bookings whose vehicle is still to come, or stands there.
_STANDING = [BookingState.BOOKED.value, BookingState.ARRIVED.value, BookingState.STARTED.value]


def claim(db: sa.Connection, dock_id: str, wanted: range, holder_id: str) -> bool:
    """Hold these quarters for a booking or a closure: all of them, or none and False where one is taken.

    The unique key decides. Rows go in by order of time, so that two who want the same wait for each other one way
    only; what is not committed yet is waited for.
    """
    rows = [{"dock_id": dock_id, "quarter": number, "holder_id": holder_id} for number in wanted]
    insert = upsert(db, CLAIM).values(rows).on_conflict_do_nothing().returning(CLAIM.c.quarter)
    if len(db.execute(insert).all()) == len(rows):
        return True
    release(db, holder_id)
    return False


def release(db: sa.Connection, holder_id: str) -> None:
    """Let go of everything that a booking or a closure holds."""
    db.execute(sa.delete(CLAIM).where(CLAIM.c.holder_id == holder_id))


def taken_between(
    db: sa.Connection, dock_ids: Iterable[str], start: datetime, end: datetime
) -> dict[str, set[int]]:
    """By dock, the quarters that are booked or closed between two instants."""
    wanted, found = quarters(start, end), {dock_id: set[int]() for dock_id in dock_ids}
    query = sa.select(CLAIM.c.dock_id, CLAIM.c.quarter).where(
        CLAIM.c.dock_id.in_(found), CLAIM.c.quarter >= wanted.start, CLAIM.c.quarter < wanted.stop
    )
    for row in db.execute(query):
        found[row.dock_id].add(row.quarter)
    return found


def must_be_unbooked(
    db: sa.Connection,
    where: sa.ColumnElement[bool],
    now: datetime,
    clock: ZoneInfo,
    on: Callable[[datetime], bool] = lambda _start: True,
) -> None:
    """Raise Conflict that counts the bookings which stand in the way: those of now and later whose start is `on`."""
    standing = (where, BOOKING.c.state.in_(_STANDING), BOOKING.c.end_ms > to_ms(now))
    query: sa.Select[Any] = sa.select(BOOKING.c.start_ms).where(*standing).order_by(BOOKING.c.start_ms)
    starts = [start for ms in db.scalars(query) if on(start := from_ms(ms))]
    if starts:
        first = starts[0].astimezone(clock).strftime("%Y-%m-%d %H:%M")
        raise Conflict("dock_has_bookings", count=len(starts), first=first)
