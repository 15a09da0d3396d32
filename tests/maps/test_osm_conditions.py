"""Conditional tags: when a rule holds, for whom, and which ones say nothing that a map can keep."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haoyun.maps.osm.conditions import (
    DAYS,
    Passing,
    Unreadable,
    parse_condition,
    parse_windows,
    split_clauses,
)
from haoyun.maps.rules import EVERY_DAY, Condition, Measure, Threshold, TimeWindow

MO, FR, SA, SU = 0, 4, 5, 6
WORKDAYS = 0b0011111


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("no @ (Mo-Fr 07:00-09:00)", [("no", "(Mo-Fr 07:00-09:00)")]),
        ("no @ Mo-Fr 12:45-13:30", [("no", "Mo-Fr 12:45-13:30")]),
        ("no @ (Mo-Fr 7-9; Sa 8-9); yes @ (weight<3.5)", [("no", "(Mo-Fr 7-9; Sa 8-9)"), ("yes", "(weight<3.5)")]),
        ("no @ Mo-Fr 06:00-20:00; Sa 06:00-12:00", [("no", "Mo-Fr 06:00-20:00; Sa 06:00-12:00")]),
        ("none @ destination", [("none", "destination")]),
    ],
)  # fmt: skip
def test_a_tag_is_split_into_values_and_their_conditions(text: str, clauses: list[tuple[str, str]]) -> None:
    assert split_clauses(text) == clauses


def test_a_tag_without_a_condition_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        split_clauses("no")


@pytest.mark.parametrize(
    ("text", "windows"),
    [
        ("Mo-Fr 07:00-09:00", [TimeWindow(WORKDAYS, 420, 540)]),
        ("Mo-Fr 7:00-9:00,16:00-18:00", [TimeWindow(WORKDAYS, 420, 540), TimeWindow(WORKDAYS, 960, 1080)]),
        ("19:00-6:00", [TimeWindow(EVERY_DAY, 1140, 1800)]),
        ("Mo-Fr 16:00-11:00;Sa 00:00-11:00", [TimeWindow(WORKDAYS, 960, 2100), TimeWindow(1 << SA, 0, 660)]),
        ("07:00 - 24:00", [TimeWindow(EVERY_DAY, 420, 1440)]),
        ("Sa,Su", [TimeWindow(0b1100000)]),
        ("Sa-Mo 10:00-11:00", [TimeWindow(0b1100001, 600, 660)]),
        ("Su,PH 00:00-22:00", [TimeWindow(1 << SU, 0, 1320)]),
        ("Mo-Fr 7:00-9:00, Sa 8:00-9:00", [TimeWindow(WORKDAYS, 420, 540), TimeWindow(1 << SA, 480, 540)]),
        ("Mo-Sa 06:00-20:00; PH off", [TimeWindow(0b0111111, 360, 1200)]),
        ("Nov-Mar", [TimeWindow(season=(1101, 331))]),
        ("Oct 15-Apr 15 22:00-06:00", [TimeWindow(EVERY_DAY, 1320, 1800, (1015, 415))]),
        ("Dec 24", [TimeWindow(season=(1224, 1224))]),
        ("07:00-07:00", [TimeWindow(EVERY_DAY, 420, 1860)]),
        ("24/7", []),
    ],
)  # fmt: skip
def test_times_of_the_week_become_windows(text: str, windows: list[TimeWindow]) -> None:
    assert list(parse_windows(text)) == windows


def test_a_window_past_midnight_belongs_to_the_day_it_starts_on() -> None:
    (friday_night,) = parse_windows("Fr 22:00-06:00")
    assert friday_night.covers(FR, 23 * 60)
    assert friday_night.covers(SA, 5 * 60)
    assert not friday_night.covers(FR, 5 * 60), "that is the night to Friday"
    assert not friday_night.covers(SA, 6 * 60), "the end is outside"


def test_sunday_night_runs_into_monday() -> None:
    (window,) = parse_windows("Su 22:00-05:00")
    assert window.covers(MO, 4 * 60)


def test_a_season_may_wrap_the_new_year_and_is_taken_as_on_without_a_date() -> None:
    (winter,) = parse_windows("Nov-Mar")
    assert winter.covers(MO, 600, month_day=115)
    assert winter.covers(MO, 600, month_day=1231)
    assert not winter.covers(MO, 600, month_day=701)
    assert winter.covers(MO, 600)


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("(7:30-19:00 AND weight>7.5)",
         Condition((TimeWindow(EVERY_DAY, 450, 1140),), (Threshold(Measure.WEIGHT_T, above=7.5),))),
        ("(weight>=12 t)", Condition((), (Threshold(Measure.WEIGHT_T, above=12, includes_above=True),))),
        ("(axles>2)", Condition((), (Threshold(Measure.AXLES, above=2),))),
        ("(length>10)", Condition((), (Threshold(Measure.LENGTH_M, above=10),))),
        ("destination", Condition(destination_only=True)),
        ("(delivery AND Mo-Sa 06:00-10:00)",
         Condition((TimeWindow(0b0111111, 360, 600),), (), destination_only=True)),
    ],
)  # fmt: skip
def test_conditions_join_times_vehicles_and_purpose(text: str, condition: Condition) -> None:
    assert parse_condition(text) == condition


@pytest.mark.parametrize("text", ["wet", "(snow)", "(2016 Apr 25 - 2016 Sep 26)", "(PH)"])
def test_weather_holidays_and_dates_of_one_year_are_passing(text: str) -> None:
    with pytest.raises(Passing):
        parse_condition(text)


@pytest.mark.parametrize(
    "text", ["(sunset-sunrise)", "(occupants>2)", "(25:99-30:00)", "(full moon)", "(weight>heavy)"]
)
def test_other_conditions_are_unreadable(text: str) -> None:
    with pytest.raises(Unreadable):
        parse_condition(text)


def test_a_threshold_with_equals_meets_its_figure() -> None:
    above = Threshold(Measure.WEIGHT_T, above=7.5)
    assert not above.holds(7.5)
    assert above.holds(7.51)
    (up_to,) = parse_condition("(weight<=3.5)").thresholds
    assert up_to.holds(3.5)
    (below,) = parse_condition("(weight<3.5)").thresholds
    assert not below.holds(3.5)
    assert below.holds(3.4)


@given(
    st.sets(st.integers(0, 6), min_size=1),
    st.integers(0, 1439),
    st.integers(1, 1440),
    st.integers(0, 6),
    st.integers(0, 1439),
)
def test_a_written_window_covers_exactly_its_minutes(
    days: set[int], start: int, lasts: int, weekday: int, minute: int
) -> None:
    end = (start + lasts) % 1440
    names = ",".join(DAYS[day].capitalize() for day in sorted(days))
    text = f"{names} {start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"
    (window,) = parse_windows(text)
    meant = any((weekday - day) % 7 * 1440 + minute in range(start, start + lasts) for day in days)
    assert window.covers(weekday, minute) == meant


@given(st.text(alphabet="moTuWe-frSs:;,()@ 0123456789and>weight<=", max_size=40))
def test_any_condition_is_read_or_refused_and_nothing_else(text: str) -> None:
    try:
        for _, condition in split_clauses(text):
            assert isinstance(parse_condition(condition), Condition)
    except (Unreadable, Passing):
        pass


def test_a_minute_that_no_clock_shows_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        parse_windows("07:60-08:00")
