"""Booking: one winner for a slot, whoever else wants it; moving a booking in one transaction; calling it off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.docks.access import must_stand_at_the_gate
from haoyun.platform.docks.availability import asker, next_free
from haoyun.platform.docks.booking import AT_THE_GATE, Booking, BookingState, move, moved_to, must_be_movable
from haoyun.platform.docks.bookings_store import get_booking, insert_booking, store_step
from haoyun.platform.docks.claims import claim, release
from haoyun.platform.docks.dock import MOST_SLOTS, Dock, Visit, misfit
from haoyun.platform.docks.docks_store import docks_of, get_dock, hold_docks
from haoyun.platform.docks.grid import Slot
from haoyun.platform.docks.warehouse import Warehouse
from haoyun.platform.docks.warehouses_store import get_warehouse, warehouses_by_id
from haoyun.platform.docks.when import Free, find_slot
from haoyun.platform.ids import new_id
from haoyun.platform.market.access import must_be_cleared, must_trade
from haoyun.platform.market.dock_words import DOCKS
from haoyun.platform.market.errors import Conflict, FieldErrors, FieldRule, NotAllowed, NotFound
from haoyun.platform.market.store import find_load
from haoyun.platform.trading.order import OrderState
from haoyun.platform.trading.store import get_order

_OVER = frozenset({OrderState.COMPLETED, OrderState.CANCELLED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants to book: `slots` in a row of a dock from `start` on."""

    dock_id: str
    start: datetime
    visit: Visit
    slots: int = 1
    vehicle_id: str | None = None
    order_id: str | None = None
    note: str = ""


def book(db: sa.Connection, actor: Actor, wish: Wish, now: datetime) -> Booking:
    """Book a dock. Of many who want the same slot exactly one gets it.

    Raises NotFound (also for a dock that is not open to the actor), NotAllowed, FieldErrors that name the first broken
    rule and what would be right, Conflict `dock_taken`.
    """
    must_trade(actor)
    must_be_cleared(actor)
    if len(wish.note) > 200:
        raise FieldErrors({"note": ("text_length", {"low": 0, "high": 200})})
    dock, warehouse = _held(db, actor, wish.dock_id)
    visit = _with_goods(db, actor, wish)
    slot = _slot(db, actor, warehouse, dock, visit, wish.start, wish.slots, now)
    booking = Booking(
        id=new_id("bkg"),
        warehouse_id=warehouse.id,
        warehouse_org=warehouse.org_id,
        dock_id=dock.id,
        org_id=actor.org_id,
        user_id=actor.user_id,
        vehicle_id=wish.vehicle_id,
        order_id=wish.order_id,
        visit=visit,
        slot=slot,
        slots=wish.slots,
        note=wish.note.strip(),
        state=BookingState.BOOKED,
        version=1,
        created_at=now,
        updated_at=now,
    )
    _win(db, actor, warehouse, dock, booking, now)
    insert_booking(db, booking, actor, now)
    return booking


def rebook(
    db: sa.Connection,
    actor: Actor,
    booking_id: str,
    dock_id: str,
    start: datetime,
    slots: int,
    now: datetime,
) -> Booking:
    """Move a booking to other slots of its warehouse: the old ones are let go and the new ones won, or nothing is.

    Raises as `book` does, and Conflict for one that is not BOOKED any more.
    """
    before = _own_booking(db, actor, booking_id)
    wanted = get_dock(db, dock_id, actor)
    if wanted.warehouse_id != before.warehouse_id:
        raise FieldErrors({"dock_id": ("dock_other_warehouse", {})})
    dock, warehouse = _held(db, actor, dock_id, before.dock_id)
    before = get_booking(db, booking_id, actor)  # as it stands now that nobody else moves it
    must_be_movable(before)
    release(db, before.id)
    slot = _slot(db, actor, warehouse, dock, before.visit, start, slots, now)
    after = moved_to(before, dock.id, slot, slots, now)
    _win(db, actor, warehouse, dock, after, now)
    store_step(db, before, after, actor, now)
    return after


def cancel(db: sa.Connection, actor: Actor, booking_id: str, now: datetime, reason: str = "") -> Booking:
    """Call a booking off: who booked may, and the warehouse. Raises NotFound, NotAllowed, ForbiddenMove, Stale."""
    before = _own_booking(db, actor, booking_id)
    after = move(before, BookingState.CANCELLED, now)
    store_step(db, before, after, actor, now, reason)
    release(db, before.id)
    return after


def at_the_gate(db: sa.Connection, actor: Actor, booking_id: str, to: BookingState, now: datetime) -> Booking:
    """What the warehouse says: the vehicle arrived, work started, work finished, or nobody came.

    Raises NotFound, NotAllowed, ForbiddenMove, Stale, Conflict for who is missed before the slot begins.
    """
    before = get_booking(db, booking_id, actor)
    must_stand_at_the_gate(actor, before.warehouse_org)
    if to not in AT_THE_GATE:
        raise FieldErrors({"to": ("one_of", {"choices": ", ".join(AT_THE_GATE)})})
    after = move(before, to, now)
    missed = to is BookingState.NO_SHOW
    if missed and now < before.slot.start:
        clock = warehouses_by_id(db, {before.warehouse_id})[before.warehouse_id].clock
        raise Conflict("dock_no_show_early", at=_local(before.slot.start, clock))
    store_step(db, before, after, actor, now)
    if missed:
        release(db, before.id)
    return after


def refused(rule: FieldRule, free: Free | None, warehouse: Warehouse) -> FieldRule:
    """The rule with what would be right, where there is something."""
    key, params = rule
    if free is None or f"{key}_next" not in DOCKS:
        return rule
    return f"{key}_next", {
        **params,
        "next": _local(free.slot.start, warehouse.clock),
        "dock": free.dock.name,
    }


def _held(db: sa.Connection, actor: Actor, dock_id: str, also: str | None = None) -> tuple[Dock, Warehouse]:
    """A dock and its warehouse as they are until the end of this transaction. Raises NotFound."""
    warehouse = get_warehouse(db, get_dock(db, dock_id, actor).warehouse_id, actor, hold=True)
    hold_docks(db, {dock_id, also or dock_id})
    return get_dock(db, dock_id, actor), warehouse


def _slot(
    db: sa.Connection,
    actor: Actor,
    warehouse: Warehouse,
    dock: Dock,
    visit: Visit,
    start: datetime,
    slots: int,
    now: datetime,
) -> Slot:
    """The wished slots, if no rule is broken but that they may be taken. Raises FieldErrors."""
    who = asker(actor, warehouse, now)
    found = misfit(dock, visit) or find_slot(warehouse, dock, start, slots, who)
    if isinstance(found, Slot):
        return found
    field, rule = found
    docks = _wished_first(docks_of(db, [warehouse.id], actor), dock)
    count, after = min(max(slots, 1), MOST_SLOTS), now if rule[0] == "dock_horizon" else max(start, now)
    free = next_free(db, warehouse, docks, visit, count, after, who)
    raise FieldErrors({field: refused(rule, free, warehouse)})


def _win(
    db: sa.Connection, actor: Actor, warehouse: Warehouse, dock: Dock, booking: Booking, now: datetime
) -> None:
    """Claim the slots. Raises Conflict that names the next free ones."""
    if claim(db, dock.id, booking.slot.quarters(), booking.id):
        return
    docks = _wished_first(docks_of(db, [warehouse.id], actor), dock)
    who = asker(actor, warehouse, now)
    free = next_free(db, warehouse, docks, booking.visit, booking.slots, booking.slot.start, who)
    key, params = refused(("dock_taken", {}), free, warehouse)
    raise Conflict(key, **params)


def _wished_first(docks: Sequence[Dock], dock: Dock) -> list[Dock]:
    return sorted(docks, key=lambda one: one.id != dock.id)


def _own_booking(db: sa.Connection, actor: Actor, booking_id: str) -> Booking:
    """A booking that the actor may move or call off. Raises NotFound, NotAllowed."""
    found = get_booking(db, booking_id, actor)
    must_trade(actor)
    if actor.org_id not in (found.org_id, found.warehouse_org) and not actor.is_operator:
        raise NotAllowed("other_side")
    return found


def _with_goods(db: sa.Connection, actor: Actor, wish: Wish) -> Visit:
    """The visit with what the order's goods ask of a dock. Raises FieldErrors for an order that is not the actor's."""
    if wish.order_id is None:
        return wish.visit
    try:
        order = get_order(db, wish.order_id, actor)
    except NotFound:
        raise FieldErrors({"order_id": ("dock_order_unknown", {})}) from None
    if order.state in _OVER:
        raise FieldErrors({"order_id": ("dock_order_over", {"state": order.state.value})})
    load = find_load(db, order.load_id)
    if load is None:
        return wish.visit
    return replace(
        wish.visit,
        hazardous=wish.visit.hazardous or load.dg_class is not None,
        refrigerated=wish.visit.refrigerated or load.temperature_min_c is not None,
    )


def _local(instant: datetime, clock: ZoneInfo) -> str:
    """Day and time as the warehouse's clock shows them, the same in every language."""
    return instant.astimezone(clock).strftime("%Y-%m-%d %H:%M")
