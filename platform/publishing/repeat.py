"""When a repeat posts: days of the week at local times, for some weeks. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from haoyun.platform.market.errors import Checks, FieldErrors
from haoyun.platform.publishing.chat.found import Kind
from haoyun.platform.zones import is_zone

MAX_DAYS = 366
MAX_HOURS = 240
MAX_AHEAD_H = 24 * 14
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_DAY = timedelta(days=1)
ZONE_BEFORE = "Asia/Shanghai"  # of repeats that were kept before they had a zone of their own


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Every one of `weekdays` (1 Monday to 7) from `first` to `last`: a window from `at` on, by the clocks of `zone`.

    `hours`: how long the window is. `delivery_after_h` and `delivery_hours`: when the window of delivery opens, from
    the opening of the pickup's, and how long it is (loads only). `ahead_h`: how long before it opens it is posted.
    Raises FieldErrors.
    """

    weekdays: frozenset[int]
    first: date
    last: date
    at: str
    hours: int
    zone: str
    ahead_h: int = 24
    delivery_after_h: int = 24
    delivery_hours: int = 12

    def __post_init__(self) -> None:
        checks = Checks()
        checks.require(bool(self.weekdays) and self.weekdays <= set(range(1, 8)), "weekdays", "weekdays")
        checks.require(bool(_TIME.fullmatch(self.at)), "at", "local_time")
        checks.require(self.first <= self.last, "last", "repeat_order")
        checks.require((self.last - self.first).days <= MAX_DAYS, "last", "repeat_long", most=MAX_DAYS)
        checks.require(is_zone(self.zone), "zone", "dock_zone", example="Asia/Shanghai")
        checks.between("hours", self.hours, 1, MAX_HOURS)
        checks.between("ahead_h", self.ahead_h, 1, MAX_AHEAD_H)
        checks.between("delivery_after_h", self.delivery_after_h, 0, MAX_HOURS)
        checks.between("delivery_hours", self.delivery_hours, 1, MAX_HOURS)
        checks.done()

    def opens_at(self, day: date) -> datetime:
        """When the window of a day opens."""
        hour, minute = (int(part) for part in self.at.split(":"))
        return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(self.zone))

    def posts_at(self, day: date) -> datetime:
        """When the offer of a day is posted."""
        return self.opens_at(day) - timedelta(hours=self.ahead_h)

    def is_over(self, day: date, now: datetime) -> bool:
        """Whether the window of a day has closed."""
        return self.opens_at(day) + timedelta(hours=self.hours) <= now

    def days(self) -> Iterator[date]:
        """Every day that has an offer."""
        day = self.first
        while day <= self.last:
            if day.isoweekday() in self.weekdays:
                yield day
            day += _DAY

    def due(self, now: datetime) -> list[date]:
        """The days whose offers should have been posted by now and still can be."""
        return [day for day in self.days() if self.posts_at(day) <= now and not self.is_over(day, now)]

    def next_at(self, now: datetime) -> datetime | None:
        """When the next offer is posted after now; None when the last one was."""
        return next((at for day in self.days() if (at := self.posts_at(day)) > now), None)

    def windows(self, kind: Kind, day: date) -> dict[str, Any]:
        """The windows of a day's offer, as a document has them."""
        opens = self.opens_at(day)
        first = _window(opens, self.hours)
        if kind is Kind.CAPACITY:
            return {"ready": first}
        delivery = opens + timedelta(hours=self.delivery_after_h)
        return {"pickup": first, "delivery": _window(delivery, self.delivery_hours)}


def times_of(values: Mapping[str, Any]) -> Times:
    """Times as the table keeps them. Raises FieldErrors."""
    try:
        first, last = (date.fromisoformat(str(values[name])) for name in ("first", "last"))
    except ValueError:
        raise FieldErrors({"first": ("an_instant", {"example": "2026-03-02"})}) from None
    rest = {name: value for name, value in values.items() if name not in ("first", "last", "weekdays")}
    rest.setdefault("zone", ZONE_BEFORE)
    return Times(first=first, last=last, weekdays=frozenset(values["weekdays"]), **rest)


def values_of(times: Times) -> dict[str, Any]:
    """Times for the table."""
    return {
        "weekdays": sorted(times.weekdays),
        "first": times.first.isoformat(),
        "last": times.last.isoformat(),
        "at": times.at,
        "hours": times.hours,
        "zone": times.zone,
        "ahead_h": times.ahead_h,
        "delivery_after_h": times.delivery_after_h,
        "delivery_hours": times.delivery_hours,
    }


def _window(start: datetime, hours: int) -> dict[str, str]:
    return {"start": start.isoformat(), "end": (start + timedelta(hours=hours)).isoformat()}
