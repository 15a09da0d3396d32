"""The calendar of statistics: ISO weeks and the months they make up, in China Standard Time (pure).

A month is the ISO weeks whose Thursday lies in it, so that every month is a sum of whole weeks: a month less its
weeks leaves no odd days behind that could tell of somebody.
"""

from __future__ import annotations

from datetime import date, timedelta

from haoyun.tracking.instants import EPOCH

DAY_MS = 86_400_000
WEEK_MS = 7 * DAY_MS
_ZONE_MS = 8 * 3_600_000  # UTC+8, which has no summer time
_FIRST_MONDAY = date(1970, 1, 5)
_FIRST_MS = 4 * DAY_MS - _ZONE_MS  # that Monday's midnight in China, in epoch milliseconds


def week_of(instant_ms: int) -> int:
    """The number of the week that an instant lies in; week 0 began on 5 January 1970."""
    return (instant_ms - _FIRST_MS) // WEEK_MS


def week_start_ms(week: int) -> int:
    """When a week begins: Monday 00:00 in China."""
    return _FIRST_MS + week * WEEK_MS


def monday(week: int) -> date:
    """The first day of a week."""
    return _FIRST_MONDAY + timedelta(weeks=week)


def week_name(week: int) -> str:
    """Its ISO 8601 name, such as ``2026-W21``."""
    year, number, _ = monday(week).isocalendar()
    return f"{year}-W{number:02d}"


def month_name(week: int) -> str:
    """The month that a week belongs to, such as ``2026-05``: its Thursday's."""
    thursday = monday(week) + timedelta(days=3)
    return f"{thursday.year}-{thursday.month:02d}"


def weeks_of_month(week: int) -> tuple[int, ...]:
    """All weeks of the month that a week belongs to, the first one first."""
    name = month_name(week)
    return tuple(one for one in range(week - 5, week + 6) if month_name(one) == name)


def year_of(week: int) -> int:
    """The ISO year of a week."""
    return monday(week).isocalendar().year


def is_over(week: int, now_ms: int, settle_days: int) -> bool:
    """Whether a week has ended and late facts had `settle_days` to come in."""
    return now_ms >= week_start_ms(week + 1) + settle_days * DAY_MS


def china_year(instant_ms: int) -> int:
    """The calendar year of an instant in China."""
    return (EPOCH + timedelta(milliseconds=instant_ms + _ZONE_MS)).year
