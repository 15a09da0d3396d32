"""Many offers in one transaction: checked one by one, stored at once, and matched by `refresh` afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.ids import new_id
from haoyun.platform.market.access import must_ship
from haoyun.platform.market.capacities_store import written_capacity
from haoyun.platform.market.capacity import Capacity, CapacityDraft, CapacityState
from haoyun.platform.market.capacity import move as move_capacity
from haoyun.platform.market.errors import FieldErrors
from haoyun.platform.market.load import Load, LoadDraft, LoadState, move
from haoyun.platform.market.loads_store import written_load
from haoyun.platform.market.roads import MatchContext
from haoyun.platform.market.rows import capacity_row, load_row
from haoyun.platform.market.tables import CAPACITY, EVENT, LOAD, LOAD_INVITED
from haoyun.platform.market.units import Unit
from haoyun.tracking.instants import to_ms
from haoyun.tracking.tables import insert_new


def check_load(actor: Actor, draft: LoadDraft, now: datetime, context: MatchContext) -> Load | FieldErrors:
    """The load that a draft makes, ready for `store_loads`, or what is in its way. Raises NotAllowed."""
    must_ship(actor)
    try:
        return move(written_load(new_id("load"), actor.org_id, draft, now, context), LoadState.OPEN)
    except FieldErrors as error:
        return error


def store_loads(db: sa.Connection, user_id: str, loads: Sequence[Load], now: datetime) -> None:
    """Post what `check_load` made, without matching it."""
    if not loads:
        return
    db.execute(sa.insert(LOAD), [load_row(load) for load in loads])
    invited = [{"load_id": load.id, "org_id": org} for load in loads for org in sorted(load.invited)]
    if invited:
        db.execute(sa.insert(LOAD_INVITED), invited)
    _record_posts(db, user_id, loads, now)


def check_capacity(
    draft: CapacityDraft, unit: Unit, now: datetime, context: MatchContext
) -> Capacity | FieldErrors:
    """The capacity that a draft makes of an own vehicle, ready for `store_capacities`, or what is in its way."""
    try:
        return move_capacity(written_capacity(draft, unit, now, context), CapacityState.OPEN)
    except FieldErrors as error:
        return error


def store_capacities(
    db: sa.Connection, user_id: str, capacities: Sequence[Capacity], now: datetime
) -> frozenset[str]:
    """Offer them, without matching; the ids of those whose vehicle was not on offer already."""
    taken = [c for c in capacities if insert_new(db, CAPACITY, capacity_row(c))]
    _record_posts(db, user_id, taken, now)
    return frozenset(c.id for c in taken)


def _record_posts(
    db: sa.Connection, user_id: str, offers: Sequence[Load] | Sequence[Capacity], now: datetime
) -> None:
    posted = [
        {
            "subject_id": offer.id,
            "version": offer.version,
            "state": offer.state.value,
            "user_id": user_id,
            "at_ms": to_ms(now),
            "reason": "posted",
        }
        for offer in offers
    ]
    if posted:
        db.execute(sa.insert(EVENT), posted)
