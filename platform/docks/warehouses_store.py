"""Warehouses in the database."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, datetime
from typing import Any

import orjson
import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.docks.access import sees_warehouse
from haoyun.platform.docks.claims import must_be_unbooked
from haoyun.platform.docks.hours import read_week, week_texts
from haoyun.platform.docks.tables import BOOKING, DOCK, WAREHOUSE
from haoyun.platform.docks.warehouse import Warehouse, WarehouseDraft
from haoyun.platform.ids import new_id
from haoyun.platform.market.access import must_be_cleared, must_own, must_trade
from haoyun.platform.market.errors import FieldErrors, NotFound, Stale
from haoyun.tracking.instants import find_instant, from_ms, to_ms

MOST_WAREHOUSES = 200
_PLAIN = ("id", "org_id", "name", "address", "lat", "lon", "zone", "note", "version")


def add_warehouse(db: sa.Connection, actor: Actor, draft: WarehouseDraft, now: datetime) -> Warehouse:
    """Register a warehouse of the actor's organization. Raises NotAllowed, FieldErrors."""
    must_trade(actor)
    must_be_cleared(actor)
    own = (WAREHOUSE.c.org_id == actor.org_id, WAREHOUSE.c.ended_ms.is_(None))
    count = db.scalar(sa.select(sa.func.count()).select_from(WAREHOUSE).where(*own)) or 0
    if count >= MOST_WAREHOUSES:
        raise FieldErrors({"name": ("dock_too_many_warehouses", {"most": MOST_WAREHOUSES})})
    warehouse = _of_draft(draft, new_id("wh"), actor.org_id, 1, now)
    db.execute(sa.insert(WAREHOUSE).values(_row(warehouse)))
    return warehouse


def change_warehouse(
    db: sa.Connection, actor: Actor, warehouse_id: str, draft: WarehouseDraft, version: int, now: datetime
) -> Warehouse:
    """Write all of it anew over the version that was read.

    Raises NotFound, NotAllowed, Stale, Conflict where bookings stand on a day that would be closed from now on.
    """
    before = own_warehouse(db, actor, warehouse_id)
    after = _of_draft(draft, before.id, before.org_id, version + 1, before.created_at)
    same = (WAREHOUSE.c.id == before.id, WAREHOUSE.c.version == version, WAREHOUSE.c.ended_ms.is_(None))
    # The row first: whoever books holds it shared, so that nobody books on a day while it is being closed.
    if db.execute(sa.update(WAREHOUSE).where(*same).values(_row(after))).rowcount != 1:
        raise Stale
    closing = after.closed_days - before.closed_days
    must_be_unbooked(
        db,
        BOOKING.c.warehouse_id == before.id,
        now,
        after.clock,
        on=lambda start: after.day_of(start) in closing,
    )
    return after


def end_warehouse(db: sa.Connection, actor: Actor, warehouse_id: str, now: datetime) -> None:
    """Take it and its docks out of use. Raises NotFound, NotAllowed, Conflict while bookings stand."""
    found = own_warehouse(db, actor, warehouse_id)
    db.execute(sa.update(WAREHOUSE).where(WAREHOUSE.c.id == found.id).values(ended_ms=to_ms(now)))
    must_be_unbooked(db, BOOKING.c.warehouse_id == found.id, now, found.clock)
    live = (DOCK.c.warehouse_id == found.id, DOCK.c.ended_ms.is_(None))
    db.execute(sa.update(DOCK).where(*live).values(ended_ms=to_ms(now)))


def get_warehouse(db: sa.Connection, warehouse_id: str, viewer: Actor, *, hold: bool = False) -> Warehouse:
    """A warehouse in use that the viewer may see. Raises NotFound.

    `hold`: nobody changes its hours or ends it until this transaction is over (SQLite: nobody writes at all).
    """
    query = sa.select(WAREHOUSE).where(
        WAREHOUSE.c.id == warehouse_id, WAREHOUSE.c.ended_ms.is_(None), sees_warehouse(viewer)
    )
    row = db.execute(query.with_for_update(read=True, of=WAREHOUSE) if hold else query).one_or_none()
    if row is None:
        raise NotFound
    return warehouse_of(row)


def own_warehouse(db: sa.Connection, actor: Actor, warehouse_id: str) -> Warehouse:
    """A warehouse that the actor may change. Raises NotFound, NotAllowed."""
    found = get_warehouse(db, warehouse_id, actor)
    must_own(actor, found.org_id)
    return found


def warehouses_by_id(db: sa.Connection, ids: set[str]) -> dict[str, Warehouse]:
    """Warehouses by id, ended ones too, for lists of bookings; whoever calls knows that the viewer may see them."""
    query = sa.select(WAREHOUSE).where(WAREHOUSE.c.id.in_(ids))
    return {row.id: warehouse_of(row) for row in db.execute(query)}


def warehouse_of(row: Any) -> Warehouse:
    """The warehouse of a row of dck_warehouse."""
    return Warehouse(
        **{name: getattr(row, name) for name in _PLAIN},
        week=read_week(orjson.loads(row.week)),
        closed_days=frozenset(date.fromisoformat(day) for day in orjson.loads(row.closed_days)),
        created_at=from_ms(row.created_ms),
        ended_at=find_instant(row.ended_ms),
    )


def _of_draft(draft: WarehouseDraft, id_: str, org_id: str, version: int, created_at: datetime) -> Warehouse:
    values = {one.name: getattr(draft, one.name) for one in fields(WarehouseDraft)}
    return Warehouse(**values, id=id_, org_id=org_id, version=version, created_at=created_at)


def _row(warehouse: Warehouse) -> dict[str, Any]:
    return {
        **{name: getattr(warehouse, name) for name in _PLAIN},
        "week": orjson.dumps(week_texts(warehouse.week)).decode(),
        "closed_days": orjson.dumps(sorted(day.isoformat() for day in warehouse.closed_days)).decode(),
        "created_ms": to_ms(warehouse.created_at),
    }
