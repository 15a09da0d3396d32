"""A warehouse's day as a picture: docks as rows, time as columns, lengths in per cent of the day shown (pure)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from haoyun.platform.docks.availability import DockDay, SlotState
from haoyun.platform.docks.booking import Booking
from haoyun.platform.docks.dock import Dock

_HOUR = timedelta(hours=1)
_MOST_TICKS = 24
_PX_PER_HOUR = 88  # below that a plate does not fit into an hour


@dataclass(frozen=True, slots=True)
class Block:
    """A rectangle in a row. `kind`: free, busy, late, closed, or booking with its state."""

    left: float
    width: float
    kind: str
    start: datetime
    end: datetime
    booking: Booking | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A dock's line."""

    dock: Dock
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """What the template draws; `ticks` are (left, clock), `now_left` is None on other days."""

    rows: tuple[Row, ...]
    ticks: tuple[tuple[float, str], ...]
    now_left: float | None
    width_px: int


def picture(
    days: Sequence[DockDay], zone: ZoneInfo, now: datetime, midnights: tuple[datetime, datetime]
) -> Picture:
    """The day from its first slot to its last, in whole hours; wider where bookings lie outside of them.

    Of today what is over and was not booked is left out, so that the picture begins where the reader is.
    """
    start, end = _frame(days, midnights, now)
    share = _share(start, end)
    rows = tuple(Row(one.dock, tuple(_blocks(one, start, end, share))) for one in days)
    hours = max(1, round((end - start) / _HOUR))
    ticks = tuple((share(at), at.astimezone(zone).strftime("%H:%M")) for at in _ticks(start, end, hours))
    return Picture(rows, ticks, share(now) if start <= now <= end else None, hours * _PX_PER_HOUR)


def _frame(
    days: Sequence[DockDay], midnights: tuple[datetime, datetime], now: datetime
) -> tuple[datetime, datetime]:
    today = midnights[0] <= now < midnights[1]
    slots = [view.slot for one in days for view in one.slots if not (today and view.slot.end < now - _HOUR)]
    held = [booking.slot for one in days for booking in one.bookings]
    edges = [*(one.start for one in (*slots, *held)), *(one.end for one in (*slots, *held))]
    if not edges:
        return midnights
    first, last = max(min(edges), midnights[0]), min(max(edges), midnights[1])
    begin = first.replace(minute=0, second=0, microsecond=0)
    full = last.replace(minute=0, second=0, microsecond=0)
    return begin, full if full == last else full + _HOUR


def _share(start: datetime, end: datetime) -> Callable[[datetime], float]:
    return lambda at: round(max(0.0, min(1.0, (at - start) / (end - start))) * 100, 3)


def _ticks(start: datetime, end: datetime, hours: int) -> Iterable[datetime]:
    step = -(-hours // _MOST_TICKS) * _HOUR
    while start < end:
        yield start
        start += step


def _blocks(
    one: DockDay, start: datetime, end: datetime, share: Callable[[datetime], float]
) -> Iterable[Block]:
    def block(
        kind: str, begin: datetime, until: datetime, booking: Booking | None = None, words: str = ""
    ) -> Block:
        left = share(begin)
        return Block(left, round(share(until) - left, 3), kind, begin, until, booking, words)

    covered = [(b.slot.start, b.slot.end) for b in one.bookings]
    covered += [(c.window.start, c.window.end) for c in one.closures]
    for view in one.slots:
        if view.slot.end <= start:
            continue  # over, and not drawn
        hidden = any(a < view.slot.end and view.slot.start < b for a, b in covered)
        if not (hidden and view.state is SlotState.BUSY):
            yield block(view.state.value, view.slot.start, view.slot.end)
    for closure in one.closures:
        if closure.window.start < end and closure.window.end > start:
            yield block("closed", closure.window.start, closure.window.end, words=closure.reason)
    for booking in one.bookings:
        yield block("booking", booking.slot.start, booking.slot.end, booking)
