"""Bookings: one vehicle at one dock for some slots, and their life cycle. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from haoyun.platform.docks.dock import Visit
from haoyun.platform.docks.grid import Slot
from haoyun.platform.market.errors import Conflict
from haoyun.platform.market.lifecycle import check_move


class BookingState(StrEnum):
    """Where a booking is in its life."""

    BOOKED = "BOOKED"  # the slots are held; it may be moved to others
    ARRIVED = "ARRIVED"  # the vehicle is at the gate
    STARTED = "STARTED"  # it stands at the dock, loading or unloading has begun
    FINISHED = "FINISHED"  # loading or unloading is done, the dock is free
    CANCELLED = "CANCELLED"  # called off by either side; the slots are free again
    NO_SHOW = "NO_SHOW"  # the vehicle did not come; the slots are free again


NEXT: Mapping[BookingState, frozenset[BookingState]] = {
    BookingState.BOOKED: frozenset({BookingState.ARRIVED, BookingState.CANCELLED, BookingState.NO_SHOW}),
    BookingState.ARRIVED: frozenset({BookingState.STARTED}),
    BookingState.STARTED: frozenset({BookingState.FINISHED}),
    BookingState.FINISHED: frozenset(),
    BookingState.CANCELLED: frozenset(),
    BookingState.NO_SHOW: frozenset(),
}
# States in which the slots are held.
HOLDING = frozenset({BookingState.BOOKED, BookingState.ARRIVED, BookingState.STARTED, BookingState.FINISHED})
# What the gate says, in the order in which it happens.
AT_THE_GATE = (BookingState.ARRIVED, BookingState.STARTED, BookingState.FINISHED, BookingState.NO_SHOW)


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """A booking. `org_id` is who booked, `version` counts its states; the order's sides see it too."""

    id: str
    warehouse_id: str
    warehouse_org: str
    dock_id: str
    org_id: str
    user_id: str
    vehicle_id: str | None
    order_id: str | None
    visit: Visit
    slot: Slot
    slots: int
    note: str
    state: BookingState
    version: int
    created_at: datetime
    updated_at: datetime
    arrived_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None


_STAMPS = {
    BookingState.ARRIVED: "arrived_at",
    BookingState.STARTED: "started_at",
    BookingState.FINISHED: "finished_at",
}


def move(booking: Booking, to: BookingState, now: datetime) -> Booking:
    """The booking in its next state. Raises ForbiddenMove."""
    check_move("booking", NEXT, booking.state, to)
    after = replace(booking, state=to, version=booking.version + 1, updated_at=now)
    stamp: dict[str, Any] = {_STAMPS[to]: now} if to in _STAMPS else {}
    return replace(after, **stamp)


def must_be_movable(booking: Booking) -> None:
    """Raise Conflict unless the vehicle is still to come."""
    if booking.state is not BookingState.BOOKED:
        raise Conflict("dock_not_movable", state=booking.state.value)


def moved_to(booking: Booking, dock_id: str, slot: Slot, slots: int, now: datetime) -> Booking:
    """The booking at other slots, maybe of another dock of the warehouse. Raises Conflict unless it is BOOKED."""
    must_be_movable(booking)
    return replace(
        booking, dock_id=dock_id, slot=slot, slots=slots, version=booking.version + 1, updated_at=now
    )
