"""A day's slots, out of opening hours and the zone's clock. Pure, and right on days when clocks are changed.

The wall's clock says when a warehouse opens and closes, and what passes between is real time: on the day on which
clocks go forward a span over that hour has one slot of an hour less, on the day on which they go back one more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from haoyun.platform.docks.hours import DAY_MIN, QUARTER_MIN, Week
from haoyun.tracking.instants import to_ms

_QUARTER_MS = QUARTER_MIN * 60_000


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """From `start` to `end`, aware UTC."""

    start: datetime
    end: datetime

    def quarters(self) -> range:
        """The numbers of its quarters of an hour since 1970: what a booking of it claims."""
        return quarters(self.start, self.end)


def quarters(start: datetime, end: datetime) -> range:
    """Numbers of the quarters of an hour between two instants, begun ones included."""
    return range(to_ms(start) // _QUARTER_MS, -(-to_ms(end) // _QUARTER_MS))


def instant_of(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """When the wall's clock shows this minute of the day (0 to 1440), in UTC.

    Of a minute that comes twice the first; of one that is left out the instant at which it is skipped. Both keep the
    order of minutes, so that spans which lie apart on the wall never overlap in time.
    """
    wall = datetime.combine(day + timedelta(days=minute // DAY_MIN), time(), None)
    wall += timedelta(minutes=minute % DAY_MIN)
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == wall:
        return first
    # Left out: the change lies between the two readings of it, by the offset before and by the one after.
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    after = first
    while after - before > timedelta(minutes=1):
        middle = (before + (after - before) / 2).replace(second=0, microsecond=0)
        if middle.astimezone(zone).utcoffset() == first.astimezone(zone).utcoffset():
            after = middle
        else:
            before = middle
    return after


def slots_of_day(
    week: Week, closed_days: frozenset[date], zone: ZoneInfo, day: date, slot_min: int
) -> list[Slot]:
    """All slots of a local day in order, whether booked or not; a rest that holds no whole slot is left out."""
    if day in closed_days:
        return []
    step = timedelta(minutes=slot_min)
    found: list[Slot] = []
    for span in week[day.isoweekday() - 1]:
        start, end = instant_of(day, span.start_min, zone), instant_of(day, span.end_min, zone)
        while start + step <= end:
            found.append(Slot(start, start + step))
            start += step
    return found


def runs(slots: Sequence[Slot], count: int) -> Iterable[Slot]:
    """Every run of `count` slots that follow each other without a break, as one slot each, in order."""
    for i in range(len(slots) - count + 1):
        run = slots[i : i + count]
        if all(a.end == b.start for a, b in pairwise(run)):
            yield Slot(run[0].start, run[-1].end)


def longest_run(slots: Sequence[Slot], start: datetime) -> int:
    """How many slots follow each other from `start` on; 0 where none begins then."""
    count, at = 0, start
    for slot in slots:
        if slot.start == at:
            count, at = count + 1, slot.end
    return count


def is_free(slot: Slot, taken: set[int]) -> bool:
    """Whether none of its quarters is taken."""
    return taken.isdisjoint(slot.quarters())
