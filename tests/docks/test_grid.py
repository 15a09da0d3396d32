"""A day's slots by the wall's clock: breaks, closed days, and days on which clocks are changed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from docks_world import MONDAY, SHANGHAI, WORKDAYS, at
from hypothesis import given
from hypothesis import strategies as st

from haoyun.platform.docks.grid import Slot, instant_of, longest_run, quarters, runs, slots_of_day
from haoyun.platform.docks.hours import QUARTER_MIN, day_text, read_day, read_week, week_texts
from haoyun.platform.market.errors import FieldErrors

BERLIN, LORD_HOWE, NEW_YORK = (
    ZoneInfo(name) for name in ("Europe/Berlin", "Australia/Lord_Howe", "America/New_York")
)
ZONES = st.sampled_from([SHANGHAI, BERLIN, LORD_HOWE, NEW_YORK, ZoneInfo("Asia/Kathmandu"), ZoneInfo("UTC")])
WEEK = read_week(WORKDAYS)
NOTHING: frozenset[date] = frozenset()


def clocks(slots: list[Slot], zone: ZoneInfo) -> list[str]:
    return [slot.start.astimezone(zone).strftime("%H:%M") for slot in slots]


def test_a_day_has_slots_between_opening_and_closing_but_not_in_the_break() -> None:
    slots = slots_of_day(WEEK, NOTHING, SHANGHAI, MONDAY, 60)
    assert clocks(slots, SHANGHAI) == [
        "08:00",
        "09:00",
        "10:00",
        "11:00",
        *(f"{h}:00" for h in range(13, 18)),
    ]
    assert slots[0].start == datetime(2026, 5, 11, 0, 0, tzinfo=UTC)


def test_a_rest_that_holds_no_whole_slot_is_left_out() -> None:
    assert clocks(slots_of_day(WEEK, NOTHING, SHANGHAI, MONDAY, 90), SHANGHAI) == [
        "08:00", "09:30", "13:00", "14:30", "16:00",
    ]  # fmt: skip


def test_a_closed_day_of_the_week_or_of_the_calendar_has_none() -> None:
    assert slots_of_day(WEEK, NOTHING, SHANGHAI, date(2026, 5, 17), 60) == []
    assert slots_of_day(WEEK, frozenset({MONDAY}), SHANGHAI, MONDAY, 60) == []


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 3, 28), 24), (date(2026, 3, 29), 23), (date(2026, 10, 24), 24), (date(2026, 10, 25), 25)],
)
def test_a_day_open_around_the_clock_is_as_long_as_the_day(day: date, hours: int) -> None:
    slots = slots_of_day(read_week(["00:00-24:00"] * 7), NOTHING, BERLIN, day, 60)
    assert len(slots) == hours
    assert all(a.end == b.start for a, b in pairwise(slots))


def test_when_clocks_go_forward_the_hour_that_is_left_out_has_no_slot() -> None:
    slots = slots_of_day(read_week(["00:00-06:00"] * 7), NOTHING, BERLIN, date(2026, 3, 29), 60)
    assert clocks(slots, BERLIN) == ["00:00", "01:00", "03:00", "04:00", "05:00"]


def test_when_clocks_go_back_the_hour_that_comes_twice_has_two() -> None:
    slots = slots_of_day(read_week(["00:00-06:00"] * 7), NOTHING, BERLIN, date(2026, 10, 25), 60)
    assert clocks(slots, BERLIN) == ["00:00", "01:00", "02:00", "02:00", "03:00", "04:00", "05:00"]


@pytest.mark.parametrize("minute", [121, 135, 150, 165, 179])
def test_a_minute_that_is_left_out_is_the_instant_at_which_it_is_skipped(minute: int) -> None:
    assert instant_of(date(2026, 3, 29), minute, BERLIN) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)


@given(
    zone=ZONES,
    day=st.dates(date(2020, 1, 1), date(2035, 12, 31)),
    cuts=st.lists(st.integers(0, 96), min_size=2, max_size=8, unique=True),
    slot_min=st.sampled_from([15, 30, 45, 60, 120]),
)
def test_slots_never_overlap_last_as_long_as_they_say_and_lie_on_quarters(
    zone: ZoneInfo, day: date, cuts: list[int], slot_min: int
) -> None:
    edges = sorted(cuts)
    spans = ", ".join(
        f"{a // 4:02d}:{a % 4 * 15:02d}-{b // 4:02d}:{b % 4 * 15:02d}"
        for a, b in zip(edges[::2], edges[1::2], strict=False)
    )
    week = read_week([spans] * 7)
    slots = slots_of_day(week, NOTHING, zone, day, slot_min)
    assert all(a.end <= b.start for a, b in pairwise(slots))
    for slot in slots:
        assert slot.end - slot.start == timedelta(minutes=slot_min)
        assert len(slot.quarters()) == slot_min // QUARTER_MIN
        assert slot.start.astimezone(zone).date() == day
    following = slots_of_day(week, NOTHING, zone, day + timedelta(days=1), slot_min)
    assert not slots or not following or slots[-1].end <= following[0].start


def test_runs_do_not_cross_a_break() -> None:
    slots = slots_of_day(WEEK, NOTHING, SHANGHAI, MONDAY, 60)
    assert [clocks([one], SHANGHAI)[0] for one in runs(slots, 4)] == ["08:00", "13:00", "14:00"]
    assert longest_run(slots, at("2026-05-11 10:00")) == 2
    assert longest_run(slots, at("2026-05-11 10:30")) == 0


def test_a_begun_quarter_counts_whole() -> None:
    assert len(quarters(at("2026-05-11 08:10"), at("2026-05-11 08:31"))) == 3


@pytest.mark.parametrize("text", ["", "08:00-12:00", "08:00-12:00, 13:00-18:00", "00:00-24:00"])
def test_hours_are_read_as_they_are_written(text: str) -> None:
    assert day_text(read_day(text)) == text


def test_hours_are_read_as_people_type_them() -> None:
    assert day_text(read_day(" 8:00–12:00；13:00 - 18:00")) == "08:00-12:00, 13:00-18:00"
    assert week_texts(WEEK) == WORKDAYS


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("8-12", "dock_hours"),
        ("12:00-08:00", "dock_hours"),
        ("08:00-25:00", "dock_hours"),
        ("08:61-09:00", "dock_hours"),
        ("08:00-12:00, 11:00-13:00", "dock_hours_order"),
        ("08:10-12:00", "dock_quarters"),
        (", ".join(f"{h:02d}:00-{h:02d}:30" for h in range(7)), "dock_hours_many"),
    ],
)
def test_hours_that_make_no_sense_are_refused_by_their_day(text: str, rule: str) -> None:
    with pytest.raises(FieldErrors) as refused:
        read_week([text, *WORKDAYS[1:]])
    assert refused.value.errors["hours.1"][0] == rule
