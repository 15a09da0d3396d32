"""Warehouses, docks and visits with sensible values, for tests."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.docks.availability import asker, choices
from haoyun.platform.docks.book import Wish, at_the_gate, book
from haoyun.platform.docks.booking import BookingState
from haoyun.platform.docks.dock import Dock, DockDraft, OpenTo, Purpose, Visit
from haoyun.platform.docks.docks_store import add_dock, close_dock
from haoyun.platform.docks.hours import read_week
from haoyun.platform.docks.warehouse import Warehouse, WarehouseDraft
from haoyun.platform.docks.warehouses_store import add_warehouse
from haoyun.platform.market.values import Body, Window

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = date(2026, 5, 11)
NOW = datetime(2026, 5, 11, 0, 0, tzinfo=UTC)  # Monday, 08:00 in Shanghai
WORKDAYS = ["08:00-12:00, 13:00-18:00"] * 5 + ["08:00-12:00", ""]


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    """`2026-05-11 08:00` by the wall's clock, as an instant."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def warehouse_draft(**changes: Any) -> WarehouseDraft:
    """In Ningbo, open on weekdays with a break at noon, on Saturday morning, not on Sunday."""
    values: dict[str, Any] = {
        "name": "北仑一号仓",
        "address": "宁波市北仑区港口路 1 号",
        "lat": 29.9,
        "lon": 121.8,
        "zone": "Asia/Shanghai",
        "week": read_week(WORKDAYS),
    }
    return WarehouseDraft(**{**values, **changes})


def dock_draft(name: str = "1", **changes: Any) -> DockDraft:
    """Takes anything, in slots of an hour, from everybody who is verified, an hour ahead at the latest."""
    return DockDraft(name=name, **{"open_to": OpenTo.VERIFIED, **changes})


def visit(**changes: Any) -> Visit:
    """A 13 m box truck that unloads."""
    values: dict[str, Any] = {"plate": "浙B12345", "body": Body.BOX, "length_cm": 1_300}
    return Visit(**{**values, "purpose": Purpose.UNLOAD, **changes})


def a_warehouse(**changes: Any) -> Warehouse:
    """One without a database."""
    draft = warehouse_draft(**changes)
    values = {name: getattr(draft, name) for name in WarehouseDraft.__dataclass_fields__}
    return Warehouse(**values, id="wh_1", org_id="org-warehouse", version=1, created_at=NOW)


def a_dock(name: str = "1", **changes: Any) -> Dock:
    """One without a database; its id is its name."""
    draft = dock_draft(name, **changes)
    values = {key: getattr(draft, key) for key in DockDraft.__dataclass_fields__}
    return Dock(**values, id=name, warehouse_id="wh_1", version=1, created_at=NOW)


def registered(
    db: sa.Connection, owner: Actor, *docks: DockDraft, **changes: Any
) -> tuple[Warehouse, list[Dock]]:
    """A warehouse with these docks, or one dock, in the database."""
    made = add_warehouse(db, owner, warehouse_draft(**changes), NOW)
    return made, [add_dock(db, owner, made.id, draft, NOW) for draft in docks or (dock_draft(),)]


def furnish(world: Any, owner: Actor, carrier: Actor) -> tuple[str, str]:
    """A warehouse in the portal's world with a day of every colour: (its id, the id of a booking of the carrier's)."""
    now = datetime.now(UTC)
    week = read_week(["00:00-12:00, 13:00-24:00"] * 7)
    with world.services.write() as db:
        house = add_warehouse(db, owner, warehouse_draft(week=week, note="Check in at gate 2"), now)
        drafts = (
            dock_draft("A1", max_length_cm=1360),
            dock_draft("A2", bodies=frozenset({Body.REEFER, Body.BOX}), refrigerated=True),
            dock_draft("B1", purposes=frozenset({Purpose.UNLOAD}), slot_min=90, hazardous=True),
        )
        docks = [add_dock(db, owner, house.id, draft, now) for draft in drafts]
        steps = (BookingState.ARRIVED, BookingState.STARTED, BookingState.FINISHED)
        for i, dock in enumerate(docks):
            free = choices(db, house, [dock], visit(), 1, now, asker(owner, house, now), of_each=1)[0]
            wish = Wish(dock_id=dock.id, start=free.slot.start, visit=visit(plate=f"浙B1000{i}"))
            made = book(db, owner, wish, now)
            for step in steps[: i + 1]:
                at_the_gate(db, owner, made.id, step, now)
        free = choices(db, house, docks, visit(), 2, now, asker(carrier, house, now))[0]
        booked = book(
            db, carrier, Wish(dock_id=free.dock.id, start=free.slot.start, visit=visit(), slots=2), now
        )
        later = free.slot.end + timedelta(hours=3)
        close_dock(db, owner, docks[1].id, Window(later, later + timedelta(hours=2)), "floor", now)
    return house.id, booked.id
