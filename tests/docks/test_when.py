"""The first broken rule of a wished time, the first reason why a vehicle does not fit, and the first free slot."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from docks_world import NOW, a_dock, a_warehouse, at, visit
from hypothesis import given
from hypothesis import strategies as st

from haoyun.platform.docks.closed_days import days_text, read_days
from haoyun.platform.docks.dock import Dock, Purpose, misfit
from haoyun.platform.docks.grid import Slot
from haoyun.platform.docks.hours import read_week
from haoyun.platform.docks.when import Asker, Free, count_free, find_slot, first_free
from haoyun.platform.market.errors import FieldErrors
from haoyun.platform.market.values import Body
from haoyun.platform.market.words import sentence

HERE = a_warehouse(closed_days=frozenset({date(2026, 5, 13)}))
OUTSIDER, INSIDER = Asker(NOW), Asker(NOW, insider=True)


@pytest.mark.parametrize(
    ("start", "count", "field", "rule", "says"),
    [
        ("2026-05-11 07:00", 1, "start", "dock_past", "lies in the past"),
        ("2026-05-11 08:30", 1, "start", "dock_lead", "is booked at least 60 minutes ahead"),
        ("2026-05-26 08:00", 1, "start", "dock_horizon", "is booked at most 14 days ahead, until 2026-05-25"),
        ("2026-05-17 08:00", 1, "start", "dock_closed_7", "closed on Sunday"),
        ("2026-05-13 08:00", 1, "start", "dock_closed_day", "closed on 2026-05-13"),
        ("2026-05-12 12:00", 1, "start", "dock_outside", "open 08:00-12:00, 13:00-18:00 on that day"),
        ("2026-05-12 18:00", 1, "start", "dock_outside", "open 08:00-12:00, 13:00-18:00 on that day"),
        ("2026-05-12 09:30", 1, "start", "dock_between_slots", "slots begin at 09:00 and 10:00"),
        ("2026-05-12 10:00", 3, "slots", "dock_run", "only 2 slots of 60 minutes follow each other from then on"),
        ("2026-05-12 10:00", 33, "slots", "between", "must be between 1 and 32"),
    ],
)  # fmt: skip
def test_the_first_broken_rule_of_a_time_is_said(
    start: str, count: int, field: str, rule: str, says: str
) -> None:
    found = find_slot(HERE, a_dock(), at(start), count, OUTSIDER)
    assert not isinstance(found, Slot)
    assert (found[0], found[1][0], sentence(*found[1])) == (field, rule, says)


def test_a_time_that_breaks_no_rule_is_the_slots_from_then_on() -> None:
    start = at("2026-05-12 09:00")
    assert find_slot(HERE, a_dock(), start, 2, OUTSIDER) == Slot(start, start + timedelta(hours=2))


def test_no_lead_time_binds_the_own_organization_which_also_books_a_slot_that_has_begun() -> None:
    begun = Asker(NOW + timedelta(minutes=20), insider=True)
    assert isinstance(find_slot(HERE, a_dock(), NOW, 1, begun), Slot)
    over = Asker(NOW + timedelta(hours=1), insider=True)
    assert find_slot(HERE, a_dock(), NOW, 1, over) == ("start", ("dock_past", {}))


@pytest.mark.parametrize("year", [1, 1969, 9999])
def test_instants_at_the_edges_of_the_calendar_are_refused_and_not_stumbled_over(year: int) -> None:
    edge = datetime(year, 12 if year > 1 else 1, 31 if year > 1 else 1, tzinfo=UTC)
    found = find_slot(HERE, a_dock(), edge, 1, OUTSIDER)
    assert not isinstance(found, Slot)
    assert found[1][0] in ("dock_past", "dock_horizon")
    found_free = first_free(HERE, [a_dock()], {}, visit(), 1, edge, OUTSIDER)
    assert (found_free is None) == (year == 9999)


@pytest.mark.parametrize(
    ("dock", "comes", "field", "says"),
    [
        ({"purposes": frozenset({Purpose.LOAD})}, {}, "purpose", "this dock only loads"),
        ({"purposes": frozenset({Purpose.UNLOAD})}, {"purpose": Purpose.LOAD}, "purpose", "this dock only unloads"),
        ({"bodies": frozenset({Body.REEFER, Body.TANK})}, {}, "body",
         "this dock takes reefer/tank; the vehicle is box"),
        ({"max_length_cm": 1300}, {"length_cm": 1750}, "length_cm",
         "this dock takes up to 13 m; the vehicle has 17.5 m"),
        ({"max_height_cm": 380}, {"height_cm": 390}, "height_cm",
         "this dock takes up to 3.8 m of height; the vehicle has 3.9 m"),
        ({"max_height_cm": 380}, {}, "height_cm",
         "this dock takes up to 3.8 m of height; say how high the vehicle is (4 m is assumed)"),
        ({}, {"hazardous": True}, "hazardous", "this dock takes no dangerous goods"),
        ({}, {"refrigerated": True}, "refrigerated", "this dock has no refrigeration"),
        ({"max_length_cm": 900, "bodies": frozenset({Body.TANK})}, {}, "body",
         "this dock takes tank; the vehicle is box"),
    ],
)  # fmt: skip
def test_the_first_reason_why_a_vehicle_does_not_fit_is_said(
    dock: dict[str, Any], comes: dict[str, Any], field: str, says: str
) -> None:
    broken = misfit(a_dock(**dock), visit(**comes))
    assert broken is not None
    assert (broken[0], sentence(*broken[1])) == (field, says)
    assert sentence(*broken[1], "zh") != says


def test_what_a_dock_takes_fits() -> None:
    assert misfit(a_dock(), visit()) is None
    exact = a_dock(max_length_cm=1300, max_height_cm=400, hazardous=True)
    assert misfit(exact, visit(hazardous=True)) is None


def test_the_first_free_slot_is_the_earliest_over_all_docks_that_take_the_vehicle() -> None:
    small, large = a_dock("small", max_length_cm=900), a_dock("large")
    nine, ten = at("2026-05-11 09:00"), at("2026-05-11 10:00")
    taken = {"large": set(Slot(nine, ten).quarters())}
    found = first_free(HERE, [small, large], taken, visit(), 1, NOW, OUTSIDER)
    assert found == Free(large, Slot(ten, ten + timedelta(hours=1)))
    assert first_free(HERE, [small, large], taken, None, 1, NOW, OUTSIDER) == Free(small, Slot(nine, ten))
    assert first_free(HERE, [small], {}, visit(), 1, NOW, OUTSIDER) is None


def test_several_slots_in_a_row_are_found_behind_a_break_or_a_closed_day() -> None:
    dock = a_dock()
    found = first_free(HERE, [dock], {}, visit(), 5, at("2026-05-12 13:30"), OUTSIDER)
    assert found is not None and found.slot.start == at("2026-05-14 13:00")  # the 13th is closed
    assert first_free(HERE, [dock], {}, visit(), 6, NOW, OUTSIDER) is None


def test_a_run_goes_on_over_midnight_where_the_warehouse_does() -> None:
    always = a_warehouse(week=read_week(["00:00-24:00"] * 7))
    found = find_slot(always, a_dock(), at("2026-05-11 23:00"), 3, OUTSIDER)
    assert found == Slot(at("2026-05-11 23:00"), at("2026-05-12 02:00"))


def exhaustive(docks: list[Dock], taken: dict[str, set[int]], count: int, after: datetime, who: Asker) -> Any:
    """Every quarter of an hour of the horizon is tried, by the rules alone."""
    start = after.replace(minute=after.minute // 15 * 15)
    while start < NOW + timedelta(days=docks[0].horizon_days + 1):
        for dock in docks:
            if start >= after:
                found = find_slot(HERE, dock, start, count, who)
                if isinstance(found, Slot) and taken[dock.id].isdisjoint(found.quarters()):
                    return Free(dock, found)
        start += timedelta(minutes=15)
    return None


@given(
    slot_min=st.sampled_from([30, 60, 90]),
    count=st.integers(1, 3),
    holes=st.lists(st.tuples(st.integers(0, 24 * 4 * 5), st.integers(1, 40)), max_size=6),
    hours=st.integers(0, 72),
    insider=st.booleans(),
)
def test_the_first_free_slot_is_what_trying_every_quarter_finds(
    slot_min: int, count: int, holes: list[tuple[int, int]], hours: int, insider: bool
) -> None:
    dock = a_dock(slot_min=slot_min, horizon_days=4)
    first = Slot(NOW, NOW + timedelta(minutes=15)).quarters().start
    taken = {dock.id: {first + at_ + i for at_, length in holes for i in range(length)}}
    who, after = Asker(NOW, insider=insider), NOW + timedelta(hours=hours)
    assert first_free(HERE, [dock], taken, None, count, after, who) == exhaustive(
        [dock], taken, count, after, who
    )


def test_free_slots_of_a_day_are_counted_without_what_is_too_close_or_taken() -> None:
    dock, day = a_dock(), date(2026, 5, 11)
    assert count_free(HERE, [dock], {}, None, day, INSIDER) == 9
    assert count_free(HERE, [dock], {}, None, day, OUTSIDER) == 8
    ten = at("2026-05-11 10:00")
    taken = {dock.id: set(Slot(ten, ten + timedelta(minutes=15)).quarters())}
    assert count_free(HERE, [dock], taken, None, day, OUTSIDER) == 7
    assert count_free(HERE, [dock], {}, None, date(2026, 5, 13), OUTSIDER) == 0


@given(st.frozensets(st.dates(date(2026, 1, 1), date(2026, 3, 31)), max_size=40))
def test_closed_days_are_read_as_they_are_written(days: frozenset[date]) -> None:
    assert read_days(days_text(days)) == days


@pytest.mark.parametrize("text", ["tomorrow", "2026-13-01", "2026-10-07 2026-10-01", "2026-01-01 2028-01-01"])
def test_closed_days_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(FieldErrors):
        read_days(text)
