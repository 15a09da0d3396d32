"""What trading does to offers, inside its own transaction: one winner, and never more than there is.

Every step is one conditional UPDATE whose row count says whether it was won; see docs/reference/lifecycles.md.
Locks are taken in the order load, capacity, so that two transactions cannot wait for each other.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from haoyun.platform.market.booked import Booked, plan_json, plan_of
from haoyun.platform.market.capacities_store import find_capacity
from haoyun.platform.market.capacity import MATCHABLE, Capacity, CapacityState
from haoyun.platform.market.errors import Conflict, NotFound, Stale
from haoyun.platform.market.history import record
from haoyun.platform.market.load import Load, LoadState, PriceMode, move
from haoyun.platform.market.loads_store import ask_instead, change_load, find_load
from haoyun.platform.market.tables import CAPACITY, LOAD
from haoyun.tracking.instants import to_ms

_MATCHABLE = [state.value for state in MATCHABLE]


def reserve_load(db: sa.Connection, load_id: str, terms: int, user_id: str | None, now: datetime) -> Load:
    """Take an open load for an accepted quote. Raises Conflict: `load_taken`, or `load_changed` since the quote."""
    is_open = (LOAD.c.id == load_id, LOAD.c.state == LoadState.OPEN.value, LOAD.c.expires_ms > to_ms(now))
    taken = sa.update(LOAD).where(*is_open, LOAD.c.terms == terms)
    reserved = {"state": LoadState.RESERVED.value, "version": LOAD.c.version + 1}
    won = db.execute(taken.values(reserved)).rowcount == 1
    load = find_load(db, load_id)
    if load is None:
        raise NotFound
    if not won:
        raise Conflict("load_changed" if load.is_open(now) else "load_taken")
    record(db, load_id, load.version, load.state, user_id, now, "quote accepted")
    return load


def cover_load(db: sa.Connection, load_id: str, user_id: str, now: datetime) -> None:
    """The carrier confirmed. Raises ForbiddenMove, Stale."""
    before = _load(db, load_id)
    change_load(db, before, move(before, LoadState.COVERED), user_id, now, "order confirmed")


def reopen_load(db: sa.Connection, load_id: str, user_id: str | None, now: datetime) -> None:
    """The order was cancelled: on offer again until it expires, and what was auctioned asks for quotes.

    Raises ForbiddenMove, Stale.
    """
    before = _load(db, load_id)
    change_load(db, before, move(before, LoadState.OPEN), user_id, now, "order cancelled")
    if before.price_mode is PriceMode.AUCTION:
        ask_instead(db, load_id, now, "the auction is over")


def book_space(
    db: sa.Connection, capacity_id: str, load: Load, user_id: str | None, now: datetime
) -> Capacity:
    """Take the load's space from a capacity. Raises Conflict `capacity_gone` where there is not enough."""
    c = CAPACITY.c
    enough = (
        c.id == capacity_id,
        c.state.in_(_MATCHABLE),
        c.ready_end_ms > to_ms(now),
        c.weight_kg >= load.weight_kg,
        c.volume_dm3 >= load.volume_dm3,
        c.ldm_cm >= load.ldm_cm,
    )
    taken = (
        sa.update(CAPACITY)
        .where(*enough)
        .values(
            weight_kg=c.weight_kg - load.weight_kg,
            volume_dm3=c.volume_dm3 - load.volume_dm3,
            ldm_cm=c.ldm_cm - load.ldm_cm,
            booked=c.booked + 1,
            version=c.version + 1,
        )
    )
    if db.execute(taken).rowcount != 1:
        raise Conflict("capacity_gone")
    _plan(db, capacity_id, load, booked=True)
    return _settle(db, capacity_id, user_id, now, "booked")


def give_space_back(
    db: sa.Connection, capacity_id: str, load: Load, user_id: str | None, now: datetime
) -> None:
    """Return a cancelled order's space; an expired or withdrawn capacity stays what it is."""
    c = CAPACITY.c
    db.execute(
        sa.update(CAPACITY)
        .where(c.id == capacity_id)
        .values(
            weight_kg=c.weight_kg + load.weight_kg,
            volume_dm3=c.volume_dm3 + load.volume_dm3,
            ldm_cm=c.ldm_cm + load.ldm_cm,
            booked=c.booked - 1,
            version=c.version + 1,
        )
    )
    _plan(db, capacity_id, load, booked=False)
    _settle(db, capacity_id, user_id, now, "order cancelled")


def _plan(db: sa.Connection, capacity_id: str, load: Load, *, booked: bool) -> None:
    """Put the load into the vehicle's plan or take it out; the row is ours since the update before."""
    text = db.scalar(sa.select(CAPACITY.c.plan).where(CAPACITY.c.id == capacity_id)) or "[]"
    plan = [one for one in plan_of(text) if one.load_id != load.id]
    if booked:
        ends, windows = (load.origin.code, load.destination.code), (load.pickup, load.delivery)
        plan.append(Booked(load.id, *ends, *windows, load.weight_kg, load.volume_dm3, load.ldm_cm))
    db.execute(sa.update(CAPACITY).where(CAPACITY.c.id == capacity_id).values(plan=plan_json(plan)))


def _settle(db: sa.Connection, capacity_id: str, user_id: str | None, now: datetime, reason: str) -> Capacity:
    """Bring the state in line with what is left; the row is ours since the update before."""
    capacity = find_capacity(db, capacity_id)
    if capacity is None:
        raise NotFound
    if capacity.state in (CapacityState.EXPIRED, CapacityState.WITHDRAWN):
        return capacity
    state = capacity.filled_state
    if capacity.state is CapacityState.FULL and _offered_anew(db, capacity):
        state = CapacityState.WITHDRAWN
    if (
        db.execute(sa.update(CAPACITY).where(CAPACITY.c.id == capacity_id).values(state=state.value)).rowcount
        != 1
    ):
        raise Stale
    record(db, capacity_id, capacity.version, state, user_id, now, reason)
    return capacity


def _offered_anew(db: sa.Connection, capacity: Capacity) -> bool:
    c = CAPACITY.c
    others = (c.vehicle_id == capacity.vehicle_id, c.id != capacity.id, c.state.in_(_MATCHABLE))
    return db.execute(sa.select(c.id).where(*others)).first() is not None


def _load(db: sa.Connection, load_id: str) -> Load:
    load = find_load(db, load_id)
    if load is None:
        raise NotFound
    return load
