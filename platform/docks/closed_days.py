"""Closed days as people write them: a day a line, or the first and the last of several. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta

from haoyun.platform.docks.warehouse import MOST_CLOSED_DAYS
from haoyun.platform.market.errors import FieldErrors

EXAMPLE = "2026-10-01 2026-10-07"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def read_days(text: str) -> frozenset[date]:
    """The days of a text, each line one day or the first and the last. Raises FieldErrors for `closed_days`."""
    found: set[date] = set()
    for line in text.splitlines():
        if not line.strip():
            continue
        try:
            days = [date.fromisoformat(one) for one in _DAY.findall(line)]
        except ValueError:
            days = []
        if not 1 <= len(days) <= 2 or days[-1] < days[0]:
            raise FieldErrors({"closed_days": ("dock_days", {"example": EXAMPLE})})
        length = (days[-1] - days[0]).days + 1
        if length > MOST_CLOSED_DAYS:
            raise FieldErrors({"closed_days": ("dock_closed_many", {"most": MOST_CLOSED_DAYS})})
        found |= {days[0] + timedelta(days=i) for i in range(length)}
    return frozenset(found)


def days_text(days: Iterable[date]) -> str:
    """As `read_days` takes it, days that follow each other on one line."""
    spans: list[list[date]] = []
    for day in sorted(days):
        if spans and day - spans[-1][1] == timedelta(days=1):
            spans[-1][1] = day
        else:
            spans.append([day, day])
    return "\n".join(
        first.isoformat() if first == last else f"{first.isoformat()} {last.isoformat()}"
        for first, last in spans
    )
