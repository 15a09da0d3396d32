"""Still valid? An offer is renewed by its publisher; what partners saw first becomes public at its time."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.market.access import must_own
from haoyun.platform.market.auctions_store import must_be_without_bids
from haoyun.platform.market.capacities_store import get_capacity
from haoyun.platform.market.capacity import MATCHABLE, Capacity
from haoyun.platform.market.errors import Conflict, Stale
from haoyun.platform.market.history import record
from haoyun.platform.market.load import Load, LoadState, Visibility
from haoyun.platform.market.loads_store import find_load, get_load, lock_load, written_load
from haoyun.platform.market.matches_store import drop_matches, match_capacity, match_load
from haoyun.platform.market.roads import MatchContext
from haoyun.platform.market.rows import capacity_row, load_row
from haoyun.platform.market.tables import CAPACITY, LOAD, LOAD_INVITED
from haoyun.platform.market.values import Window
from haoyun.tracking.instants import to_ms

RENEWED = "renewed"
DAY = timedelta(days=1)


def renew_load(db: sa.Connection, actor: Actor, load_id: str, now: datetime, context: MatchContext) -> Load:
    """Keep an open load open for another day.

    Where it would expire before its pickup window ends, it stays open to that end or for a day more; otherwise both
    windows move by a day, which are new terms: quotes on the old ones can no longer be accepted. Raises NotFound,
    NotAllowed, Conflict unless it is open and where an auction has bids on the old terms, Stale, FieldErrors.
    """
    before = get_load(db, load_id, actor)
    must_own(actor, before.org_id)
    lock_load(db, load_id)
    if before.state is not LoadState.OPEN:
        raise Conflict("not_renewable", state=before.state.value)
    later = renewed(before, now)
    drawn = written_load(load_id, before.org_id, later, now, context)
    is_moved = later.pickup != before.pickup
    if is_moved:
        must_be_without_bids(db, before)
    load = replace(
        drawn,
        state=before.state,
        version=before.version + 1,
        terms=before.terms + is_moved,
        posted_at=before.posted_at,
    )
    same = (LOAD.c.id == load_id, LOAD.c.version == before.version, LOAD.c.state == LoadState.OPEN.value)
    if db.execute(sa.update(LOAD).where(*same).values(load_row(load))).rowcount != 1:
        raise Stale
    record(db, load.id, load.version, load.state, actor.user_id, now, RENEWED)
    if is_moved:
        drop_matches(db, load_ids=[load_id])
    match_load(db, load, now, context)
    return load


def renewed(load: Load, now: datetime) -> Load:
    """The load with a day more. Pure."""
    if load.expires_at < load.pickup.end:
        return replace(load, expires_at=min(load.pickup.end, max(load.expires_at, now) + DAY))
    days = DAY * max(1, -((load.pickup.end - now) // DAY))  # a window long over comes back into the future
    return replace(
        load,
        pickup=_moved(load.pickup, days),
        delivery=_moved(load.delivery, days),
        expires_at=load.expires_at + days,
    )


def renew_capacity(
    db: sa.Connection, actor: Actor, capacity_id: str, now: datetime, context: MatchContext
) -> Capacity:
    """Keep an open capacity ready for a day more. Raises NotFound, NotAllowed, Conflict, Stale."""
    before = get_capacity(db, capacity_id, actor)
    must_own(actor, before.org_id)
    if before.state not in MATCHABLE:
        raise Conflict("not_renewable", state=before.state.value)
    ready = Window(before.ready.start, max(before.ready.end, now) + DAY)
    capacity = replace(before, ready=ready, version=before.version + 1)
    same = (CAPACITY.c.id == capacity_id, CAPACITY.c.version == before.version)
    if db.execute(sa.update(CAPACITY).where(*same).values(capacity_row(capacity))).rowcount != 1:
        raise Stale
    record(db, capacity.id, capacity.version, capacity.state, actor.user_id, now, RENEWED)
    match_capacity(db, capacity, now, context)
    return capacity


def release_due(db: sa.Connection, now: datetime, context: MatchContext) -> list[str]:
    """Show everybody the loads that partners had to themselves until now. Returns their ids."""
    due = (
        LOAD.c.state == LoadState.OPEN.value,
        LOAD.c.visibility == Visibility.PARTNERS.value,
        LOAD.c.public_ms <= to_ms(now),
    )
    waiting = [row.id for row in db.execute(sa.select(LOAD.c.id).where(*due).order_by(LOAD.c.id))]
    return [load_id for load_id in waiting if _release(db, load_id, due, now, context)]


def _release(
    db: sa.Connection,
    load_id: str,
    due: tuple[sa.ColumnElement[bool], ...],
    now: datetime,
    context: MatchContext,
) -> bool:
    opened = {"visibility": Visibility.PUBLIC.value, "public_ms": None, "version": LOAD.c.version + 1}
    if db.execute(sa.update(LOAD).where(LOAD.c.id == load_id, *due).values(opened)).rowcount != 1:
        return False
    db.execute(sa.delete(LOAD_INVITED).where(LOAD_INVITED.c.load_id == load_id))
    load = find_load(db, load_id)
    assert load is not None  # the row is ours since the update
    record(db, load.id, load.version, load.state, None, now, "public")
    match_load(db, load, now, context)
    return True


def _moved(window: Window, by: timedelta) -> Window:
    return Window(window.start + by, window.end + by)
