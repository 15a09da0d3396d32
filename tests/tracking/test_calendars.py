"""Hours in which a fence is watched: days of the week, nights, time zones, and clocks that are put forward."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from haoyun.tracking.calendars import DAY_MIN, EVERY_DAY, Calendar
from haoyun.tracking.context_store import add_fence, fences_of
from haoyun.tracking.errors import BadFence
from haoyun.tracking.events import EventKind
from haoyun.tracking.geofences import Circle, Geofence
from haoyun.tracking.pipeline import run
from haoyun.tracking.steps.context import Context
from haoyun.tracking.testing import fix_at

SHANGHAI, BERLIN = "Asia/Shanghai", "Europe/Berlin"
ZONES = (SHANGHAI, BERLIN, "America/St_Johns", "Pacific/Chatham", "UTC")
DAYS = st.frozensets(st.integers(1, 7), min_size=1)


def ms(*parts: int, zone: str = SHANGHAI) -> int:
    return round(datetime(*parts, tzinfo=ZoneInfo(zone)).timestamp() * 1000)


@given(
    DAYS, st.integers(0, DAY_MIN - 1), st.integers(1, DAY_MIN), st.sampled_from(ZONES), st.integers(0, 10_000)
)
def test_minutes_inside_are_those_that_counting_through_the_days_finds(
    weekdays: frozenset[int], start: int, length: int, zone: str, day: int
) -> None:
    end = start + length if start + length <= DAY_MIN else start + length - DAY_MIN
    if start == end:
        return
    calendar = Calendar(weekdays, start, end, zone)
    first = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None) + timedelta(days=day)
    wanted = {
        (begun + timedelta(minutes=minute)).replace(fold=0)
        for begun in (first - timedelta(days=1), first)
        if begun.isoweekday() in weekdays
        for minute in range(start, start + (end - start if end > start else end - start + DAY_MIN))
    }
    for minute in range(0, DAY_MIN, 7):
        local = first + timedelta(minutes=minute)
        at = local.replace(tzinfo=ZoneInfo(zone))
        if at.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) != local:
            continue  # the clock jumped over it
        assert calendar.holds(round(at.timestamp() * 1000)) == (local in wanted)


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    friday_night = Calendar.of(frozenset({5}), "22:00", "06:00", SHANGHAI)
    assert not friday_night.holds(ms(2026, 5, 15, 21, 59))
    assert friday_night.holds(ms(2026, 5, 15, 22, 0))
    assert friday_night.holds(ms(2026, 5, 16, 5, 59))
    assert not friday_night.holds(ms(2026, 5, 16, 6, 0))
    assert not friday_night.holds(ms(2026, 5, 15, 3, 0))


def test_hours_are_those_of_the_zone_also_when_its_clock_changes() -> None:
    office = Calendar.of(EVERY_DAY, "08:00", "17:00", BERLIN)
    winter, summer = datetime(2026, 3, 28, 7, 30, tzinfo=UTC), datetime(2026, 3, 29, 6, 30, tzinfo=UTC)
    assert office.holds(round(winter.timestamp() * 1000))
    assert office.holds(round(summer.timestamp() * 1000))
    assert not office.holds(round((winter - timedelta(hours=1)).timestamp() * 1000))


def test_no_times_are_the_whole_day() -> None:
    sunday = Calendar.of(frozenset({7}), "", "", SHANGHAI)
    assert (sunday.start, sunday.end) == ("00:00", "24:00")
    assert sunday.holds(ms(2026, 5, 17, 0, 0))
    assert sunday.holds(ms(2026, 5, 17, 23, 59))
    assert not sunday.holds(ms(2026, 5, 18, 0, 0))


@given(DAYS, st.integers(0, DAY_MIN - 1), st.integers(0, DAY_MIN), st.sampled_from(ZONES))
def test_a_calendar_comes_back_as_it_was_written(
    weekdays: frozenset[int], start: int, end: int, zone: str
) -> None:
    if start != end:
        calendar = Calendar(weekdays, start, end, zone)
        assert Calendar.from_json(calendar.to_json()) == calendar


@pytest.mark.parametrize(
    ("weekdays", "start", "end", "zone", "rule"),
    [
        ({}, "08:00", "17:00", SHANGHAI, "day of the week"),
        ({0, 1}, "08:00", "17:00", SHANGHAI, "day of the week"),
        ({1}, "08:00", "08:00", SHANGHAI, "HH:MM"),
        ({1}, "24:00", "08:00", SHANGHAI, "HH:MM"),
        ({1}, "8", "17:00", SHANGHAI, "HH:MM"),
        ({1}, "08:00", "17:60", SHANGHAI, "HH:MM"),
        ({1}, "08:00", "", SHANGHAI, "HH:MM"),
        ({1}, "-1:00", "17:00", SHANGHAI, "HH:MM"),
        ({1}, "08:00", "17:00", "Moon/Base", "time zone 'Moon/Base'"),
        ({1}, "08:00", "17:00", "../etc/passwd", "time zone"),
        ({1}, "08:00", "17:00", "", "time zone"),
    ],
)
def test_hours_that_make_no_sense_are_refused_with_the_rule(
    weekdays: set[int], start: str, end: str, zone: str, rule: str
) -> None:
    with pytest.raises(BadFence, match=rule):
        Calendar.of(frozenset(weekdays), start, end, zone)


NIGHT = Geofence(
    "f1", "Yard", Circle(30.0, 120.0, 500), calendar=Calendar.of(EVERY_DAY, "22:00", "06:00", SHANGHAI)
)


def test_a_fence_is_watched_in_its_hours_and_forgets_without_a_word_when_they_end() -> None:
    noon = datetime(2026, 5, 11, 12, 0, tzinfo=ZoneInfo(SHANGHAI)).astimezone(UTC)
    stands = [fix_at(noon, 600 * n, 30.0, 120.0) for n in range(6 * 20)]  # till 08:00 of the next day
    leaves = [fix_at(noon, 20 * 3600 + 60 * n, 30.1, 120.0) for n in range(3)]
    _, segment = run(None, [*stands, *leaves], Context(fences=(NIGHT,)))
    found = [one for one in segment.events if one.subject == "f1"]
    assert [one.kind for one in found] == [EventKind.FENCE_ENTERED]
    assert found[0].at_ms == ms(2026, 5, 11, 22, 0)


def test_a_fence_is_kept_with_its_hours(db: sa.Connection) -> None:
    add_fence(db, "org1", NIGHT)
    add_fence(db, "org1", Geofence("f2", "Zoo", Circle(30.0, 120.0, 500)))
    assert fences_of(db, "org1") == [NIGHT, Geofence("f2", "Zoo", Circle(30.0, 120.0, 500))]
