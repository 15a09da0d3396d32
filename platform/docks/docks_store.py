"""Docks in the database, and the times at which one is closed."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.docks.access import sees_dock
from haoyun.platform.docks.claims import claim, must_be_unbooked, release
from haoyun.platform.docks.dock import Dock, DockDraft, OpenTo, Purpose
from haoyun.platform.docks.grid import quarters
from haoyun.platform.docks.tables import BOOKING, CLOSURE, DOCK, WAREHOUSE
from haoyun.platform.docks.warehouse import Warehouse
from haoyun.platform.docks.warehouses_store import get_warehouse, own_warehouse
from haoyun.platform.ids import new_id
from haoyun.platform.market.access import must_own
from haoyun.platform.market.errors import Checks, Conflict, FieldErrors, NotFound, Stale
from haoyun.platform.market.values import Body, Window
from haoyun.tracking.instants import find_instant, from_ms, to_ms

MOST_DOCKS = 200
LONGEST_CLOSURE = timedelta(days=31)  # a claim for each quarter of an hour of it: longer is a dock out of use
FARTHEST_DAYS = 400
_PLAIN = (
    *("id", "warehouse_id", "name", "max_length_cm", "max_height_cm", "hazardous", "refrigerated"),
    *("slot_min", "lead_min", "horizon_days", "version"),
)


@dataclass(frozen=True, slots=True)
class Closure:
    """A time at which a dock is not booked, such as a repair."""

    id: str
    dock_id: str
    window: Window
    reason: str


def add_dock(db: sa.Connection, actor: Actor, warehouse_id: str, draft: DockDraft, now: datetime) -> Dock:
    """Register a dock. Raises NotFound, NotAllowed, FieldErrors."""
    warehouse = own_warehouse(db, actor, warehouse_id)
    others = docks_of(db, [warehouse.id], actor)
    checks = Checks()
    checks.require(len(others) < MOST_DOCKS, "name", "dock_too_many", most=MOST_DOCKS)
    checks.require(_is_new_name(others, draft.name), "name", "dock_name_taken")
    checks.done()
    dock = _of_draft(draft, new_id("dock"), warehouse.id, 1, now)
    db.execute(sa.insert(DOCK).values(_row(dock)))
    return dock


def change_dock(db: sa.Connection, actor: Actor, dock_id: str, draft: DockDraft, version: int) -> Dock:
    """Write all of it anew over the version that was read; bookings that stand stay as they are.

    Raises NotFound, NotAllowed, FieldErrors, Stale.
    """
    before, _ = own_dock(db, actor, dock_id)
    others = [one for one in docks_of(db, [before.warehouse_id], actor) if one.id != before.id]
    if not _is_new_name(others, draft.name):
        raise FieldErrors({"name": ("dock_name_taken", {})})
    after = _of_draft(draft, before.id, before.warehouse_id, version + 1, before.created_at)
    same = (DOCK.c.id == before.id, DOCK.c.version == version, DOCK.c.ended_ms.is_(None))
    if db.execute(sa.update(DOCK).where(*same).values(_row(after))).rowcount != 1:
        raise Stale
    return after


def end_dock(db: sa.Connection, actor: Actor, dock_id: str, now: datetime) -> None:
    """Take a dock out of use. Raises NotFound, NotAllowed, Conflict while bookings stand."""
    dock, warehouse = own_dock(db, actor, dock_id)
    db.execute(sa.update(DOCK).where(DOCK.c.id == dock.id).values(ended_ms=to_ms(now)))
    must_be_unbooked(db, BOOKING.c.dock_id == dock.id, now, warehouse.clock)


def own_dock(db: sa.Connection, actor: Actor, dock_id: str) -> tuple[Dock, Warehouse]:
    """A dock that the actor may change, and its warehouse. Raises NotFound, NotAllowed."""
    dock = get_dock(db, dock_id, actor)
    warehouse = get_warehouse(db, dock.warehouse_id, actor)
    must_own(actor, warehouse.org_id)
    return dock, warehouse


def get_dock(db: sa.Connection, dock_id: str, viewer: Actor) -> Dock:
    """A dock in use that is open to the viewer, or the viewer's own. Raises NotFound."""
    row = db.execute(_seen(viewer).where(DOCK.c.id == dock_id)).one_or_none()
    if row is None:
        raise NotFound
    return dock_of(row)


def docks_of(db: sa.Connection, warehouse_ids: list[str], viewer: Actor) -> list[Dock]:
    """The docks in use of warehouses that are open to the viewer, or the viewer's own, in order of registration."""
    query = _seen(viewer).where(DOCK.c.warehouse_id.in_(warehouse_ids)).order_by(DOCK.c.id)
    return [dock_of(row) for row in db.execute(query)]


def hold_docks(db: sa.Connection, dock_ids: set[str]) -> None:
    """Nobody changes or books these docks until this transaction is over; the same order for everybody."""
    db.execute(
        sa.select(DOCK.c.id).where(DOCK.c.id.in_(dock_ids)).order_by(DOCK.c.id).with_for_update()
    ).all()


def dock_names(db: sa.Connection, ids: set[str]) -> dict[str, str]:
    """Names by id, of docks out of use too; whoever calls knows that the viewer may see them."""
    return {
        row.id: row.name for row in db.execute(sa.select(DOCK.c.id, DOCK.c.name).where(DOCK.c.id.in_(ids)))
    }


def close_dock(
    db: sa.Connection, actor: Actor, dock_id: str, window: Window, reason: str, now: datetime
) -> Closure:
    """Keep a dock from being booked for a while.

    Raises NotFound, NotAllowed, FieldErrors, Conflict where bookings, or another closure, stand in the way.
    """
    dock, warehouse = own_dock(db, actor, dock_id)
    checks = Checks()
    checks.require(window.end > now, "end", "past")
    short = window.end - window.start <= LONGEST_CLOSURE
    checks.require(short, "end", "dock_closure_long", days=LONGEST_CLOSURE.days)
    near = window.start <= now + timedelta(days=FARTHEST_DAYS)
    checks.require(near, "start", "dock_closure_far", days=FARTHEST_DAYS)
    checks.require(len(reason) <= 120, "reason", "text_length", low=0, high=120)
    checks.done()
    closure = Closure(new_id("clo"), dock.id, window, reason.strip())
    hold_docks(db, {dock.id})
    if not claim(db, dock.id, quarters(window.start, window.end), closure.id):
        inside = sa.and_(
            BOOKING.c.dock_id == dock.id,
            BOOKING.c.start_ms < to_ms(window.end),
            BOOKING.c.end_ms > to_ms(window.start),
        )
        must_be_unbooked(db, inside, now, warehouse.clock)
        raise Conflict("dock_taken")  # by another closure, or by what is over already
    db.execute(
        sa.insert(CLOSURE).values(
            id=closure.id,
            dock_id=dock.id,
            start_ms=to_ms(window.start),
            end_ms=to_ms(window.end),
            reason=closure.reason,
            created_ms=to_ms(now),
        )
    )
    return closure


def open_again(db: sa.Connection, actor: Actor, dock_id: str, closure_id: str) -> None:
    """End a closure: what is left of it can be booked again. Raises NotFound, NotAllowed."""
    dock, _ = own_dock(db, actor, dock_id)
    one = (CLOSURE.c.id == closure_id, CLOSURE.c.dock_id == dock.id)
    if db.execute(sa.delete(CLOSURE).where(*one)).rowcount != 1:
        raise NotFound
    release(db, closure_id)


def closures_of(db: sa.Connection, dock_ids: list[str], since: datetime) -> list[Closure]:
    """Closures of docks that end after an instant, by start; whoever calls knows that the viewer may see them."""
    where = (CLOSURE.c.dock_id.in_(dock_ids), CLOSURE.c.end_ms > to_ms(since))
    rows = db.execute(sa.select(CLOSURE).where(*where).order_by(CLOSURE.c.start_ms, CLOSURE.c.id))
    return [
        Closure(row.id, row.dock_id, Window(from_ms(row.start_ms), from_ms(row.end_ms)), row.reason)
        for row in rows
    ]


def dock_of(row: Any) -> Dock:
    """The dock of a row of dck_dock."""
    return Dock(
        **{name: getattr(row, name) for name in _PLAIN},
        bodies=frozenset(Body(one) for one in row.bodies.split(",") if one),
        purposes=frozenset(Purpose(one) for one in row.purposes.split(",")),
        open_to=OpenTo(row.open_to),
        created_at=from_ms(row.created_ms),
        ended_at=find_instant(row.ended_ms),
    )


def _seen(viewer: Actor) -> sa.Select[Any]:
    live = (DOCK.c.ended_ms.is_(None), WAREHOUSE.c.ended_ms.is_(None))
    return (
        sa.select(DOCK).join(WAREHOUSE, WAREHOUSE.c.id == DOCK.c.warehouse_id).where(*live, sees_dock(viewer))
    )


def _is_new_name(others: list[Dock], name: str) -> bool:
    return name.strip().casefold() not in {one.name.casefold() for one in others}


def _of_draft(draft: DockDraft, id_: str, warehouse_id: str, version: int, created_at: datetime) -> Dock:
    values = {one.name: getattr(draft, one.name) for one in fields(DockDraft)}
    values["name"] = draft.name.strip()
    return Dock(**values, id=id_, warehouse_id=warehouse_id, version=version, created_at=created_at)


def _row(dock: Dock) -> dict[str, Any]:
    return {
        **{name: getattr(dock, name) for name in _PLAIN},
        "bodies": ",".join(sorted(body.value for body in dock.bodies)),
        "purposes": ",".join(sorted(one.value for one in dock.purposes)),
        "open_to": dock.open_to.value,
        "created_ms": to_ms(dock.created_at),
    }
