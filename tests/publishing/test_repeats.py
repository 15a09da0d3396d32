"""Repeats post once on each of their days, whoever looks how often."""

from __future__ import annotations

from datetime import UTC, date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from publishing_world import HERE, ZONE, People, find_site, inbox, keeper, mine

from haoyun.platform.alerts.rule import NoticeKind
from haoyun.platform.database import Databases
from haoyun.platform.market.errors import FieldErrors, NotAllowed, NotFound
from haoyun.platform.market.store import (
    add_vehicle,
    post_capacity,
)
from haoyun.platform.market.testing import NOW, capacity_draft, vehicle_draft
from haoyun.platform.publishing.chat.found import Kind
from haoyun.platform.publishing.repeat import Times, times_of, values_of
from haoyun.platform.publishing.repeats import (
    add_repeat,
    end_repeat,
    get_repeat,
    list_repeats,
    occurrences_of,
    post_repeat,
    repeats_due,
)

PATTERN: dict[str, Any] = {"goods": "钢卷", "weight_kg": 28_000, "origin": "B", "destination": "D"}
TODAY = NOW.astimezone(ZONE).date()  # Monday, 11 May 2026, four in the afternoon in China
WORKDAYS = frozenset({1, 2, 3, 4, 5})


def times(**changes: Any) -> Times:
    values: dict[str, Any] = {
        "weekdays": WORKDAYS, "first": TODAY, "last": TODAY + timedelta(days=20), "at": "08:00", "hours": 4,
        "delivery_hours": 24, "zone": ZONE.key,
    }  # fmt: skip
    return Times(**{**values, **changes})


def test_a_repeat_opens_by_the_clocks_of_its_zone_also_when_they_are_put_forward() -> None:
    berlin = times(zone="Europe/Berlin", first=date(2026, 3, 27), last=date(2026, 3, 30), at="08:00")
    opens = {day: berlin.opens_at(day).astimezone(UTC).hour for day in berlin.days()}
    assert opens == {date(2026, 3, 27): 7, date(2026, 3, 30): 6}  # the clocks go forward on the 29th


def test_a_repeat_keeps_its_zone_and_one_kept_without_has_the_one_of_china() -> None:
    lima = times(zone="America/Lima")
    kept = values_of(lima)
    assert times_of(kept) == lima
    del kept["zone"]
    assert times_of(kept).zone == "Asia/Shanghai"


def test_a_repeat_in_a_zone_that_does_not_exist_is_refused() -> None:
    with pytest.raises(FieldErrors) as refused:
        times(zone="Asia/Nowhere")
    assert set(refused.value.errors) == {"zone"}


def test_a_repeat_posts_each_working_day_once_however_often_the_worker_looks(
    stores: Databases, people: People
) -> None:
    with stores.platform.begin() as db:
        repeat = add_repeat(db, people.shipper, Kind.LOAD, "每日钢卷", PATTERN, times(), find_site, NOW)
    for day in range(8):
        for _ in range(3):
            keeper()(stores, NOW + timedelta(days=day))
    loads = mine(stores, people.shipper)
    days = sorted(load.pickup.start.astimezone(ZONE).date() for load in loads)
    assert days == [date(2026, 5, d) for d in (12, 13, 14, 15, 18, 19)]  # no Saturday, no Sunday
    assert {load.pickup.start.astimezone(ZONE).hour for load in loads} == {8}
    with stores.platform.begin() as db:
        assert len(occurrences_of(db, repeat.id)) == 6


def test_a_worker_killed_before_the_commit_posts_once_after_it(stores: Databases, people: People) -> None:
    with stores.platform.begin() as db:
        repeat = add_repeat(db, people.shipper, Kind.LOAD, "r", PATTERN, times(), find_site, NOW)

    class Killed(RuntimeError):
        pass

    def killed_while_posting() -> None:
        with stores.platform.begin() as db:
            assert post_repeat(db, repeat.id, find_site, NOW, HERE) == 1
            raise Killed

    with pytest.raises(Killed):
        killed_while_posting()
    assert mine(stores, people.shipper) == ()
    with stores.platform.begin() as db:
        assert repeats_due(db, NOW) == [repeat.id]
        assert post_repeat(db, repeat.id, find_site, NOW, HERE) == 1
    with stores.platform.begin() as db:
        assert post_repeat(db, repeat.id, find_site, NOW, HERE) == 0
    assert len(mine(stores, people.shipper)) == 1


def test_what_a_repeat_cannot_post_is_told_to_the_publisher_once(stores: Databases, people: People) -> None:
    """The truck is on offer already."""
    with stores.platform.begin() as db:
        vehicle = add_vehicle(db, people.carrier, vehicle_draft(), NOW)
        post_capacity(db, people.carrier, capacity_draft(vehicle.id), NOW, HERE)
        pattern = {"vehicle_id": vehicle.id, "origin": "A"}
        repeat = add_repeat(db, people.carrier, Kind.CAPACITY, "车", pattern, times(), find_site, NOW)
    keeper()(stores, NOW)
    keeper()(stores, NOW)
    (notice,) = inbox(stores, people.carrier, NoticeKind.NOT_POSTED)
    assert notice.data["name"] == "车"
    with stores.platform.begin() as db:
        (occurrence,) = occurrences_of(db, repeat.id)
    assert occurrence.problem is not None and occurrence.problem.errors["vehicle_id"][0] == "vehicle_offered"


def test_a_repeat_checks_its_pattern_and_times_when_it_is_made(stores: Databases, people: People) -> None:
    with stores.platform.begin() as db:
        with pytest.raises(FieldErrors) as caught:
            add_repeat(db, people.shipper, Kind.LOAD, "r", {"goods": "纸"}, times(), find_site, NOW)
        assert set(caught.value.errors) == {"weight_kg", "origin", "destination"}
        with pytest.raises(NotAllowed):
            add_repeat(db, people.viewer, Kind.LOAD, "r", PATTERN, times(), find_site, NOW)
        over = times(first=TODAY - timedelta(days=9), last=TODAY - timedelta(days=5))
        with pytest.raises(FieldErrors):
            add_repeat(db, people.shipper, Kind.LOAD, "r", PATTERN, over, find_site, NOW)
    for wrong in (
        {"weekdays": frozenset()},
        {"at": "25:00"},
        {"hours": 0},
        {"last": TODAY - timedelta(days=1)},
    ):
        with pytest.raises(FieldErrors):
            times(**wrong)


def test_an_ended_repeat_posts_no_more_and_is_nobody_elses(stores: Databases, people: People) -> None:
    with stores.platform.begin() as db:
        repeat = add_repeat(db, people.shipper, Kind.LOAD, "r", PATTERN, times(), find_site, NOW)
        for ask in (
            lambda: get_repeat(db, people.carrier, repeat.id),
            lambda: end_repeat(db, people.other_shipper, repeat.id, NOW),
        ):
            with pytest.raises(NotFound):
                ask()
        end_repeat(db, people.shipper, repeat.id, NOW)
        assert list_repeats(db, people.shipper) == []
    keeper()(stores, NOW)
    assert mine(stores, people.shipper) == ()


@settings(deadline=None)
@given(
    st.sets(st.integers(1, 7), min_size=1),
    st.integers(0, 40),
    st.integers(1, 336),
    st.lists(st.integers(0, 24 * 50), min_size=1, max_size=8),
)
def test_every_day_is_due_at_some_look_if_somebody_looks_in_time(
    weekdays: set[int], length: int, ahead_h: int, looks: list[int]
) -> None:
    """Between two looks `next_at` never passes over a day that could still be posted."""
    found = times(weekdays=frozenset(weekdays), last=TODAY + timedelta(days=length), ahead_h=ahead_h)
    for hour in looks:
        now = NOW + timedelta(hours=hour)
        due, following = found.due(now), found.next_at(now)
        for day in found.days():
            assert (day in due) or found.is_over(day, now) or found.posts_at(day) > now
            if found.posts_at(day) > now:
                assert following is not None and following <= found.posts_at(day)
