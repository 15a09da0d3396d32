"""When a fence is watched: hours of some days of the week, in a time zone. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from haoyun.tracking.errors import BadFence

DAY_MIN = 1440
EVERY_DAY = frozenset(range(1, 8))


@dataclass(frozen=True, slots=True)
class Calendar:
    """On each of `weekdays` (1 Monday to 7) from `start_min` until before `end_min`, local time of `zone`.

    Minutes after midnight, `end_min` up to 1440; an end that is not after the start lies in the next day, whose own
    place in `weekdays` does not matter: a night belongs to the day on which it begins. Raises BadFence.
    """

    weekdays: frozenset[int]
    start_min: int
    end_min: int
    zone: str

    def __post_init__(self) -> None:
        if not self.weekdays or not self.weekdays <= EVERY_DAY:
            raise BadFence("weekdays")
        if not (0 <= self.start_min < DAY_MIN and 0 <= self.end_min <= DAY_MIN) or (
            self.start_min == self.end_min
        ):
            raise BadFence("hours")
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise BadFence("zone", found=self.zone[:40]) from error

    @classmethod
    def of(cls, weekdays: frozenset[int], start: str, end: str, zone: str) -> Calendar:
        """From times of the day as HH:MM; both empty is the whole day. Raises BadFence."""
        if not start and not end:
            return cls(weekdays, 0, DAY_MIN, zone)
        return cls(weekdays, _minutes(start), _minutes(end), zone)

    @property
    def start(self) -> str:
        """As HH:MM."""
        return _clock(self.start_min)

    @property
    def end(self) -> str:
        """As HH:MM; 24:00 is midnight after the day."""
        return _clock(self.end_min)

    def holds(self, at_ms: int) -> bool:
        """Whether an instant lies within."""
        local = datetime.fromtimestamp(at_ms / 1000, ZoneInfo(self.zone))
        minute, today = local.hour * 60 + local.minute, local.isoweekday()
        if self.start_min < self.end_min:
            return today in self.weekdays and self.start_min <= minute < self.end_min
        yesterday = (local.date() - timedelta(days=1)).isoweekday()
        began_today = minute >= self.start_min and today in self.weekdays
        return began_today or (minute < self.end_min and yesterday in self.weekdays)

    def to_json(self) -> dict[str, Any]:
        """As the table and the API have it."""
        return {"weekdays": sorted(self.weekdays), "start": self.start, "end": self.end, "zone": self.zone}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Calendar:
        """What `to_json` wrote, or that somebody sent. Raises BadFence."""
        return cls.of(frozenset(value["weekdays"]), value["start"], value["end"], value["zone"])


def _minutes(clock: str) -> int:
    hour, colon, minute = clock.partition(":")
    if not (colon and hour.isdecimal() and minute.isdecimal() and len(minute) == 2 and int(minute) < 60):
        raise BadFence("hours")
    return int(hour) * 60 + int(minute)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
