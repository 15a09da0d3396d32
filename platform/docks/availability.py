"""What is free: a warehouse's day, the first free slots, and warehouses near a place that have some."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa

from haoyun.maps.geodesy import haversine_m
from haoyun.platform.accounts.actor import Actor
from haoyun.platform.docks.access import sees_warehouse
from haoyun.platform.docks.booking import Booking
from haoyun.platform.docks.bookings_store import bookings_on
from haoyun.platform.docks.claims import taken_between
from haoyun.platform.docks.dock import Dock, Visit
from haoyun.platform.docks.docks_store import Closure, closures_of, docks_of
from haoyun.platform.docks.grid import Slot, instant_of, is_free
from haoyun.platform.docks.hours import DAY_MIN
from haoyun.platform.docks.tables import WAREHOUSE
from haoyun.platform.docks.warehouse import Warehouse
from haoyun.platform.docks.warehouses_store import get_warehouse, warehouse_of
from haoyun.platform.docks.when import Asker, Free, Taken, count_free, first_free

MOST_FOUND = 100
# Days that can be asked for: every zone has them, and clocks beyond are nobody's to know.
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
_DEG_M = 111_000.0  # of latitude, rounded down: the window is never too small
_RUN_DAYS = 12  # the longest run, 32 slots of 8 hours, may go on for so long after the last day


class SlotState(StrEnum):
    """How a slot stands for who asks."""

    FREE = "free"  # it can be booked
    BUSY = "busy"  # booked or closed; by whom is told to those alone whose business it is
    LATE = "late"  # past, or too close, or too far ahead for who asks


@dataclass(frozen=True, slots=True)
class SlotView:
    """A slot of a dock's day."""

    slot: Slot
    state: SlotState
    booking_id: str | None


@dataclass(frozen=True, slots=True)
class DockDay:
    """A dock's day: its slots, and of its bookings and closures those that the viewer may see."""

    dock: Dock
    slots: tuple[SlotView, ...]
    bookings: tuple[Booking, ...]
    closures: tuple[Closure, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A warehouse that was found: its docks that the viewer may book, and what is free on the day asked for."""

    warehouse: Warehouse
    docks: tuple[Dock, ...]
    distance_m: float | None
    free_slots: int
    first: Free | None


@dataclass(frozen=True, slots=True)
class Around:
    """A circle, WGS-84."""

    lat: float
    lon: float
    radius_m: float

    def distance_m(self, warehouse: Warehouse) -> float:
        """From the middle to a warehouse."""
        return float(haversine_m(self.lat, self.lon, warehouse.lat, warehouse.lon))


def asker(viewer: Actor, warehouse: Warehouse, now: datetime) -> Asker:
    """The viewer as one who wants to book there."""
    return Asker(now, insider=viewer.org_id == warehouse.org_id)


def day_of_warehouse(
    db: sa.Connection, warehouse: Warehouse, docks: Sequence[Dock], day: date, viewer: Actor, now: datetime
) -> list[DockDay]:
    """The local day of each dock, as the viewer may see it."""
    start, end = day_bounds(warehouse, day)
    ids, who = [dock.id for dock in docks], asker(viewer, warehouse, now)
    taken = taken_between(db, ids, start, end + timedelta(days=1))
    bookings = bookings_on(db, ids, start, end, viewer)
    inside = viewer.sees_all or viewer.org_id == warehouse.org_id
    closures = [one for one in closures_of(db, ids, start) if one.window.start < end] if inside else []
    return [
        DockDay(
            dock,
            tuple(_slot_views(warehouse, dock, taken[dock.id], day, who, bookings)),
            tuple(one for one in bookings if one.dock_id == dock.id),
            tuple(one for one in closures if one.dock_id == dock.id),
        )
        for dock in docks
    ]


def day_bounds(warehouse: Warehouse, day: date) -> tuple[datetime, datetime]:
    """From one local midnight to the next."""
    return instant_of(day, 0, warehouse.clock), instant_of(day, DAY_MIN, warehouse.clock)


def next_free(
    db: sa.Connection,
    warehouse: Warehouse,
    docks: Sequence[Dock],
    visit: Visit | None,
    count: int,
    after: datetime,
    who: Asker,
) -> Free | None:
    """The first `count` free slots in a row from `after` on over these docks, for this vehicle."""
    return first_free(
        warehouse, docks, _taken_from(db, warehouse, docks, after, who), visit, count, after, who
    )


def choices(
    db: sa.Connection,
    warehouse: Warehouse,
    docks: Sequence[Dock],
    visit: Visit | None,
    count: int,
    after: datetime,
    who: Asker,
    *,
    most: int = 9,
    of_each: int = 3,
) -> list[Free]:
    """The first free times to choose from, the earliest first, a few of each dock so that no dock hides another."""
    taken = _taken_from(db, warehouse, docks, after, who)
    found: list[Free] = []
    for dock in docks:
        since = after
        for _ in range(of_each):
            free = first_free(warehouse, [dock], taken, visit, count, since, who)
            if free is None:
                break
            found.append(free)
            since = free.slot.end
    return sorted(found, key=lambda one: (one.slot.start, one.dock.id))[:most]


def _taken_from(
    db: sa.Connection, warehouse: Warehouse, docks: Sequence[Dock], after: datetime, who: Asker
) -> dict[str, set[int]]:
    """What is taken from an instant on until the last day that can be booked."""
    if not docks:
        return {}
    last = max(who.last_day(warehouse, dock) for dock in docks)
    end = day_bounds(warehouse, last)[1] + timedelta(days=_RUN_DAYS)
    start = min(max(after, who.now), end) - timedelta(days=1)
    return taken_between(db, [dock.id for dock in docks], start, end)


def find_warehouses(
    db: sa.Connection,
    viewer: Actor,
    now: datetime,
    *,
    around: Around | None = None,
    day: date | None = None,
    visit: Visit | None = None,
    free_only: bool = False,
    limit: int = 50,
) -> list[Found]:
    """Warehouses that the viewer may book at, the nearest first, else the own ones first; at most MOST_FOUND.

    `day` is local to each warehouse, today where nothing is said. `visit`: what is free for this vehicle.
    """
    query = sa.select(WAREHOUSE).where(WAREHOUSE.c.ended_ms.is_(None), sees_warehouse(viewer), *_box(around))
    warehouses = [warehouse_of(row) for row in db.execute(query.order_by(WAREHOUSE.c.id))]
    if around is not None:
        far = {one.id: around.distance_m(one) for one in warehouses}
        warehouses = sorted((w for w in warehouses if far[w.id] <= around.radius_m), key=lambda w: far[w.id])
    else:
        far = {}
        warehouses.sort(key=lambda one: one.org_id != viewer.org_id)
    docks = _by_warehouse(docks_of(db, [one.id for one in warehouses], viewer))
    found: list[Found] = []
    for one in warehouses:
        shown = _shown(db, one, docks.get(one.id, ()), day or one.day_of(now), visit, asker(viewer, one, now))
        if shown.free_slots or not free_only:
            found.append(Found(one, shown.docks, far.get(one.id), shown.free_slots, shown.first))
        if len(found) == min(limit, MOST_FOUND):
            break
    return found


def docks_for(db: sa.Connection, warehouse_id: str, viewer: Actor) -> tuple[Warehouse, list[Dock]]:
    """A warehouse and those of its docks that the viewer may book. Raises NotFound."""
    warehouse = get_warehouse(db, warehouse_id, viewer)
    return warehouse, docks_of(db, [warehouse.id], viewer)


def _shown(
    db: sa.Connection,
    warehouse: Warehouse,
    docks: tuple[Dock, ...],
    day: date,
    visit: Visit | None,
    who: Asker,
) -> Found:
    start, end = day_bounds(warehouse, day)
    taken = taken_between(db, [dock.id for dock in docks], start, end + timedelta(days=1))
    free = count_free(warehouse, docks, taken, visit, day, who)
    first = _first_on(warehouse, docks, taken, visit, start, end, who) if free else None
    return Found(warehouse, docks, None, free, first)


def _first_on(
    warehouse: Warehouse,
    docks: Sequence[Dock],
    taken: Taken,
    visit: Visit | None,
    start: datetime,
    end: datetime,
    who: Asker,
) -> Free | None:
    found = first_free(warehouse, docks, taken, visit, 1, start, who)
    return found if found is not None and found.slot.start < end else None


def _slot_views(
    warehouse: Warehouse, dock: Dock, taken: set[int], day: date, who: Asker, bookings: Iterable[Booking]
) -> Iterable[SlotView]:
    own = [one for one in bookings if one.dock_id == dock.id]
    reachable = day <= who.last_day(warehouse, dock)
    for slot in warehouse.slots(day, dock.slot_min):
        holder = next((b.id for b in own if b.slot.start < slot.end and slot.start < b.slot.end), None)
        if not is_free(slot, taken):
            state = SlotState.BUSY
        else:
            open_ = reachable and slot.start >= who.earliest(dock)
            state = SlotState.FREE if open_ else SlotState.LATE
        yield SlotView(slot, state, holder)


def _by_warehouse(docks: Iterable[Dock]) -> dict[str, tuple[Dock, ...]]:
    found: dict[str, tuple[Dock, ...]] = {}
    for dock in docks:
        found[dock.warehouse_id] = (*found.get(dock.warehouse_id, ()), dock)
    return found


def _box(around: Around | None) -> list[sa.ColumnElement[bool]]:
    """A window of degrees that holds the circle; where it would cross a pole or the date line, latitude alone."""
    if around is None:
        return []
    high = around.radius_m / _DEG_M
    box: list[sa.ColumnElement[bool]] = [WAREHOUSE.c.lat.between(around.lat - high, around.lat + high)]
    edge = abs(around.lat) + high
    if edge < 85:
        wide = high / math.cos(math.radians(edge))
        if abs(around.lon) + wide < 180:
            box.append(WAREHOUSE.c.lon.between(around.lon - wide, around.lon + wide))
    return box
