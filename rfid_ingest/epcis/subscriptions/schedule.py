"""When a scheduled query is due (EPCIS 2.0, 8.2.5.3): like cron, with seconds, in UTC."""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from haoyun.rfid_ingest.epcis.errors import SubscriptionRefused

_ELEMENT = re.compile(r"(\d{1,2})\Z|\[(\d{1,2})-(\d{1,2})\]\Z")
_LEAP_YEAR = 2024
_OF_THE_DAY = ("second", "minute", "hour")
_YEARS = 8  # the 29th of February comes again within them
# Field -> its range; a field that is left out matches always, but for those finer than the finest given: they are 0.
_RANGES = {
    "second": (0, 59),
    "minute": (0, 59),
    "hour": (0, 23),
    "dayOfMonth": (1, 31),
    "month": (1, 12),
    "dayOfWeek": (1, 7),
}


@dataclass(frozen=True, slots=True)
class Schedule:
    """The seconds, minutes, hours, days, months and weekdays (1 is Monday) at which a query is due."""

    second: frozenset[int]
    minute: frozenset[int]
    hour: frozenset[int]
    dayOfMonth: frozenset[int]
    month: frozenset[int]
    dayOfWeek: frozenset[int]

    def next(self, after: datetime) -> datetime | None:
        """The first instant behind `after` at which the query is due; None when there is none in eight years."""
        moment = after.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
        last = moment + timedelta(days=365 * _YEARS)
        while moment < last:
            if not self._day(moment):
                moment = (moment + timedelta(days=1)).replace(hour=0, minute=0, second=0)
            elif moment.hour not in self.hour:
                moment = (moment + timedelta(hours=1)).replace(minute=0, second=0)
            elif moment.minute not in self.minute:
                moment = (moment + timedelta(minutes=1)).replace(second=0)
            elif moment.second not in self.second:
                moment += timedelta(seconds=1)
            else:
                return moment
        return None

    def _day(self, moment: datetime) -> bool:
        in_month = moment.month in self.month and moment.day in self.dayOfMonth
        return in_month and moment.isoweekday() in self.dayOfWeek


def parse_schedule(fields: Mapping[str, object]) -> Schedule:
    """The schedule of the standard's fields. Raises SubscriptionRefused, which names the field."""
    unknown = set(fields) - set(_RANGES)
    if unknown or not fields:
        named = f"{min(unknown)!r} is no field" if unknown else "a schedule has at least one field"
        raise SubscriptionRefused(f"schedule: {named}; fields are {', '.join(_RANGES)}")
    finest = min(list(_RANGES).index(name) for name in fields)
    parsed = {name: _values(name, fields.get(name), index < finest) for index, name in enumerate(_RANGES)}
    schedule = Schedule(**parsed)
    if min(schedule.dayOfMonth) > max(calendar.monthrange(_LEAP_YEAR, month)[1] for month in schedule.month):
        raise SubscriptionRefused("schedule: this day never comes in these months")
    return schedule


def _values(name: str, given: object, below_finest: bool) -> frozenset[int]:
    low, high = _RANGES[name]
    if given is None:
        zero = below_finest and name in _OF_THE_DAY
        return frozenset({low}) if zero else frozenset(range(low, high + 1))
    found: set[int] = set()
    for element in str(given).split(","):
        match = _ELEMENT.match(element.strip())
        if match is None:
            raise SubscriptionRefused(
                f"schedule.{name}: {element[:40]!r} is neither a number nor a range [1-5]"
            )
        single, first, last = match.groups()
        start, end = (int(single), int(single)) if single else (int(first), int(last))
        if not low <= start <= end <= high:
            raise SubscriptionRefused(f"schedule.{name}: {element[:40]!r} lies outside {low} to {high}")
        found.update(range(start, end + 1))
    return frozenset(found)
