"""When a dock can be booked: the first rule that a wished time breaks, and the first time that breaks none. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from haoyun.platform.docks.dock import MAX_HORIZON_DAYS, MOST_SLOTS, Dock, Visit, misfit
from haoyun.platform.docks.grid import Slot, is_free, longest_run, runs
from haoyun.platform.docks.hours import day_text
from haoyun.platform.docks.warehouse import Warehouse
from haoyun.platform.market.errors import FieldRule

Taken = Mapping[str, set[int]]  # by dock: the quarters of an hour that are booked or closed


@dataclass(frozen=True, slots=True)
class Free:
    """Free slots of a dock, `slot` from the first one's start to the last one's end."""

    dock: Dock
    slot: Slot


@dataclass(frozen=True, slots=True)
class Asker:
    """Who wants to book, and when. `insider`: of the warehouse's own organization, which no lead time binds and which
    also books a slot that has begun, for the vehicle that stands at its gate."""

    now: datetime
    insider: bool = False

    def earliest(self, dock: Dock) -> datetime:
        """Slots that begin before that are past or too close for this dock."""
        if self.insider:
            return self.now - timedelta(minutes=dock.slot_min) + timedelta(milliseconds=1)
        return self.now + timedelta(minutes=dock.lead_min)

    def last_day(self, warehouse: Warehouse, dock: Dock) -> date:
        """The last local day that can be booked."""
        return warehouse.day_of(self.now) + timedelta(days=dock.horizon_days)


def find_slot(
    warehouse: Warehouse, dock: Dock, start: datetime, count: int, asker: Asker
) -> Slot | tuple[str, FieldRule]:
    """The slots from `start` on as one, or the field and the first rule that is broken. Whether it is taken is not
    looked at."""
    if not 1 <= count <= MOST_SLOTS:
        return "slots", ("between", {"low": 1, "high": MOST_SLOTS})
    if (broken := _out_of_reach(warehouse, dock, start, asker)) is not None:
        return "start", broken
    day = warehouse.day_of(start)
    if (broken := _closed(warehouse, day)) is not None:
        return "start", broken
    slots = _slots_from(warehouse, dock, day, count)
    fitting = longest_run(slots, start)
    if fitting == 0:
        return "start", _off_the_grid(warehouse, slots, start, day)
    if fitting < count:
        return "slots", ("dock_run", {"most": fitting, "minutes": dock.slot_min})
    return next(run for run in runs(slots, count) if run.start == start)


def first_free(
    warehouse: Warehouse,
    docks: Sequence[Dock],
    taken: Taken,
    visit: Visit | None,
    count: int,
    after: datetime,
    asker: Asker,
) -> Free | None:
    """The earliest `count` free slots from `after` on over these docks, the first dock of the list where several tie.

    `visit` None: any vehicle. None where nothing is free until the last day that can be booked.
    """
    fitting = [dock for dock in docks if visit is None or misfit(dock, visit) is None]
    if not fitting:
        return None
    last = max(asker.last_day(warehouse, dock) for dock in fitting)
    if after > asker.now + timedelta(days=MAX_HORIZON_DAYS + 2):
        return None  # before the local day is asked for: the last days of the calendar have none everywhere
    # A run that began yesterday may still have slots ahead of it: days are looked at by where their slots begin.
    day = warehouse.day_of(max(after, min(asker.earliest(dock) for dock in fitting)))
    while day <= last:
        found = [
            Free(dock, run)
            for dock in fitting
            if day <= asker.last_day(warehouse, dock)
            for run in _free_runs(warehouse, dock, taken, day, count, max(after, asker.earliest(dock)))
        ]
        if found:
            return min(found, key=lambda one: one.slot.start)
        day += timedelta(days=1)
    return None


def count_free(
    warehouse: Warehouse, docks: Sequence[Dock], taken: Taken, visit: Visit | None, day: date, asker: Asker
) -> int:
    """How many slots of a local day can still be booked over these docks."""
    return sum(
        1
        for dock in docks
        if (visit is None or misfit(dock, visit) is None) and day <= asker.last_day(warehouse, dock)
        for _ in _free_runs(warehouse, dock, taken, day, 1, asker.earliest(dock), every=True)
    )


def _free_runs(
    warehouse: Warehouse,
    dock: Dock,
    taken: Taken,
    day: date,
    count: int,
    earliest: datetime,
    *,
    every: bool = False,
) -> Iterator[Slot]:
    """The first free run of a dock that begins on a day, or every one."""
    busy = taken.get(dock.id, set())
    for run in runs(_slots_from(warehouse, dock, day, count), count):
        if warehouse.day_of(run.start) == day and run.start >= earliest and is_free(run, busy):
            yield run
            if not every:
                return


def _slots_from(warehouse: Warehouse, dock: Dock, day: date, count: int) -> list[Slot]:
    """The slots of a day, and those of following days as far as they go on without a break and a run may need them."""
    slots = warehouse.slots(day, dock.slot_min)
    most = len(slots) + count - 1
    while slots and len(slots) < most:
        day += timedelta(days=1)
        following = warehouse.slots(day, dock.slot_min)
        if not following or following[0].start != slots[-1].end:
            break
        slots += following[: most - len(slots)]
    return slots


def _out_of_reach(warehouse: Warehouse, dock: Dock, start: datetime, asker: Asker) -> FieldRule | None:
    if start < min(asker.now, asker.earliest(dock)):
        return "dock_past", {}
    if start < asker.earliest(dock):
        return "dock_lead", {"minutes": dock.lead_min}
    last = asker.last_day(warehouse, dock)
    # By instants first: the last days of the calendar have no local day everywhere.
    if start > asker.now + timedelta(days=dock.horizon_days + 2) or warehouse.day_of(start) > last:
        return "dock_horizon", {"days": dock.horizon_days, "last": last.isoformat()}
    return None


def _closed(warehouse: Warehouse, day: date) -> FieldRule | None:
    if day in warehouse.closed_days:
        return "dock_closed_day", {"day": day.isoformat()}
    if not warehouse.week[day.isoweekday() - 1]:
        return f"dock_closed_{day.isoweekday()}", {}
    return None


def _off_the_grid(warehouse: Warehouse, slots: Sequence[Slot], start: datetime, day: date) -> FieldRule:
    hours = day_text(warehouse.week[day.isoweekday() - 1])
    inside = next((slot for slot in slots if slot.start < start < slot.end), None)
    if inside is None:
        return "dock_outside", {"hours": hours}
    begins, ends = (at.astimezone(warehouse.clock).strftime("%H:%M") for at in (inside.start, inside.end))
    return "dock_between_slots", {"before": begins, "after": ends}
