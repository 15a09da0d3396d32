"""Opening hours by weekday, as the warehouse's clock shows them. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from haoyun.platform.market.errors import Checks, FieldErrors, FieldRule

QUARTER_MIN = (
    15  # hours, slots and bookings lie on quarters of an hour; so do the offsets of every zone in use
)
DAY_MIN = 24 * 60
MOST_SPANS = 6
EXAMPLE = "08:00-12:00, 13:00-18:00"
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*[-–—~至]\s*(\d{1,2}):(\d{2})")
_BETWEEN = " \t,;，；、"


@dataclass(frozen=True, slots=True)
class Span:
    """Open from one minute of the day to another, 0 to 1440, on quarters of an hour. Raises FieldErrors for `hours`."""

    start_min: int
    end_min: int

    def __post_init__(self) -> None:
        checks = Checks()
        ordered = 0 <= self.start_min < self.end_min <= DAY_MIN
        checks.require(ordered, "hours", "dock_hours", example=EXAMPLE)
        on_quarters = self.start_min % QUARTER_MIN == 0 and self.end_min % QUARTER_MIN == 0
        checks.require(on_quarters, "hours", "dock_quarters", minutes=QUARTER_MIN)
        checks.done()


Day = tuple[Span, ...]  # in order, apart from each other: what lies between them is a break
Week = tuple[Day, ...]  # seven, Monday first; an empty one is closed


def read_day(text: str, field: str = "hours") -> Day:
    """The spans of a day written as ``08:00-12:00, 13:00-18:00``; nothing written: closed. Raises FieldErrors."""
    wrong = FieldErrors({field: ("dock_hours", {"example": EXAMPLE})})
    if _SPAN.sub("", text).strip(_BETWEEN):
        raise wrong
    spans = []
    for found in _SPAN.findall(text):
        h1, m1, h2, m2 = (int(one) for one in found)
        if max(m1, m2) > 59:
            raise wrong
        try:
            spans.append(Span(h1 * 60 + m1, h2 * 60 + m2))
        except FieldErrors as error:
            raise FieldErrors({field: error.errors["hours"]}) from None
    if len(spans) > MOST_SPANS:
        raise FieldErrors({field: ("dock_hours_many", {"most": MOST_SPANS})})
    if any(after.start_min < before.end_min for before, after in pairwise(spans)):
        raise FieldErrors({field: ("dock_hours_order", {"example": EXAMPLE})})
    return tuple(spans)


def read_week(days: Sequence[str]) -> Week:
    """Seven days as `read_day` takes them, Monday first. Raises FieldErrors for ``hours.<1 to 7>``, all at once."""
    if len(days) != 7:
        raise FieldErrors({"hours": ("dock_week", {})})
    errors: dict[str, FieldRule] = {}
    week: list[Day] = []
    for i, text in enumerate(days, start=1):
        try:
            week.append(read_day(text, f"hours.{i}"))
        except FieldErrors as error:
            errors.update(error.errors)
    if errors:
        raise FieldErrors(errors)
    return tuple(week)


def day_text(day: Day) -> str:
    """As `read_day` takes it."""
    return ", ".join(f"{_clock(span.start_min)}-{_clock(span.end_min)}" for span in day)


def week_texts(week: Week) -> list[str]:
    """As `read_week` takes it."""
    return [day_text(day) for day in week]


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
