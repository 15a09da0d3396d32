"""Values of cells: what a spreadsheet or CSV file holds, read as the column wants it or refused by its place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation

from haoyun.routing.errors import BadFormat
from haoyun.routing.legend import Point

Raw = str | int | float | bool | datetime | date | time | timedelta | None

_CLOCK = re.compile(r"(\d{1,2})[:：](\d{2})(?:[:：](\d{2}))?")
_DATE_TIME = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]+(.+))?")
_POSITION = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*[,，;；]\s*([+-]?\d+(?:\.\d+)?)")
_BETWEEN_SKILLS = re.compile(r"[,，;；、]")
_THOUSANDS = re.compile(r"\d{1,3}(?:[,，]\d{3})+(?:\.\d+)?")
_MOST_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Moment:
    """A time of day, and the date where the cell gives one."""

    day: date | None
    seconds: int


@dataclass(frozen=True, slots=True)
class Cell:
    """A value and where it stands."""

    raw: Raw
    where: str

    @property
    def is_empty(self) -> bool:
        """Whether nothing is there."""
        return self.raw is None or (isinstance(self.raw, str) and not self.raw.strip())

    def refuse(self, wanted: str) -> BadFormat:
        """The error that says what is there and what would be right."""
        return BadFormat(f"{self.where}: {wanted}, not {str(self.raw)[:40]!r}")

    def text(self) -> str:
        """A text; a number as a spreadsheet shows it."""
        if isinstance(self.raw, float) and self.raw.is_integer():
            return str(int(self.raw))
        return "" if self.raw is None else str(self.raw).strip()

    def decimal(self, digits: int) -> int:
        """A number that is not negative, in parts of 10^-digits; 0 where empty."""
        if self.is_empty:
            return 0
        wanted = (
            f"must be a number that is not negative, with up to {digits} decimals"
            if digits
            else "must be a whole number that is not negative"
        )
        if isinstance(self.raw, bool):
            raise self.refuse(wanted)
        try:
            # Of a float the shortest decimals that name it: 24.5 and not 24.500000000000001.
            text = self.text()
            # Only a comma that parts thousands: 24,5 might be meant for 24.5.
            grouped = _THOUSANDS.fullmatch(text) is not None
            value = Decimal(text.replace("，", "").replace(",", "") if grouped else text)
        except InvalidOperation:
            raise self.refuse(wanted) from None
        if not value.is_finite() or value < 0 or value >= 10**_MOST_DIGITS:
            raise self.refuse(wanted)
        parts = value.scaleb(digits)
        if parts != parts.to_integral_value():
            raise self.refuse(wanted)
        return int(parts)

    def skills(self) -> frozenset[str]:
        """Words between commas."""
        return frozenset(word.strip() for word in _BETWEEN_SKILLS.split(self.text()) if word.strip())

    def moment(self) -> Moment | None:
        """A date and time, or a time alone; None where empty."""
        if self.is_empty:
            return None
        raw = self.raw
        if isinstance(raw, datetime):
            return Moment(raw.date(), _seconds(raw.time()))
        if isinstance(raw, time):
            return Moment(None, _seconds(raw))
        if isinstance(raw, timedelta) and timedelta(0) <= raw <= timedelta(days=1):
            return Moment(None, int(raw.total_seconds()))
        found = _moment(self.text()) if isinstance(raw, str) else None
        if found is None:
            raise self.refuse("must be a time such as 2026-12-01 08:00 or 08:00")
        return found

    def position(self) -> Point | None:
        """(lon, lat) of a cell "latitude, longitude"; None where the text is not two numbers."""
        match = _POSITION.fullmatch(self.text())
        if match is None:
            return None
        lat, lon = float(match[1]), float(match[2])
        if abs(lat) > 90 or abs(lon) > 180:
            raise self.refuse("must be latitude, longitude within ±90, ±180")
        return lon, lat


def _seconds(clock: time) -> int:
    return clock.hour * 3600 + clock.minute * 60 + clock.second


def _moment(text: str) -> Moment | None:
    day = None
    dated = _DATE_TIME.fullmatch(text)
    if dated is not None:
        try:
            day = date(int(dated[1]), int(dated[2]), int(dated[3]))
        except ValueError:
            return None
        text = dated[4]
        if text is None:  # a date alone names no time
            return None
    clock = _CLOCK.fullmatch(text.strip())
    if clock is None:
        return None
    hours, minutes, seconds = (int(part or 0) for part in clock.groups())
    total = hours * 3600 + minutes * 60 + seconds
    if minutes > 59 or seconds > 59 or total > 86400:
        return None
    return Moment(day, total)


def first_day(moments: Iterable[Moment | None]) -> date | None:
    """The earliest date among the moments."""
    return min((m.day for m in moments if m is not None and m.day is not None), default=None)
