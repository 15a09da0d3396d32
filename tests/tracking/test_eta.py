"""Estimates of arrival: what they are made of, how wide they are, and when they are told anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import sqlalchemy as sa

from haoyun.maps.geodesy import destination
from haoyun.tracking.estimates import Told, along_m, estimate, news, planned_times
from haoyun.tracking.estimates_store import look, tell
from haoyun.tracking.eta import (
    HOURS,
    Eta,
    Progress,
    RestHabit,
    Stop,
    TravelTimes,
    expected_s,
    predict,
)
from haoyun.tracking.events import EventKind
from haoyun.tracking.events_store import events_after
from haoyun.tracking.geofences import Fence
from haoyun.tracking.journeys import FollowedJourney, Journey, JourneyState
from haoyun.tracking.pipeline import run
from haoyun.tracking.positions import store_batch
from haoyun.tracking.spread import Spread
from haoyun.tracking.steps.context import Context, PlannedWay
from haoyun.tracking.steps.rules import CHINA, EU_561
from haoyun.tracking.store import get_device, milestones_of, open_journey
from haoyun.tracking.testing import fix_at
from haoyun.tracking.timeline import MilestoneCode, Quality

NOW = datetime(2026, 5, 11, 8, 0, tzinfo=UTC)  # a Monday
HOUR = 3600
EXACT = Spread.exact()


def steady(km: float, kmh: float = 60) -> TravelTimes:
    return TravelTimes.steady([km * 100] * 10, kmh)


def seconds(eta: Eta) -> float:
    return (eta.arrival - NOW).total_seconds()


def at(metres: float = 0, **more: float) -> Progress:
    return Progress(NOW, metres, **more)


def go(times: TravelTimes, progress: Progress, **more: object) -> Eta:
    return predict(times, progress, NOW, NOW, **{"spread": EXACT, **more})  # type: ignore[arg-type]


def test_the_way_that_remains_is_driven_at_the_speed_of_its_hours() -> None:
    speed = np.full((2, HOURS), 60.0)
    speed[:, 9] = 30.0  # Monday 9 to 10
    times = TravelTimes(np.array([60_000.0, 30_000.0]), speed)
    assert seconds(go(times, at())) == pytest.approx(HOUR + HOUR)
    assert seconds(go(times, at(60_000))) == pytest.approx(HOUR / 2)


def test_hours_of_the_week_are_local() -> None:
    speed = np.full((1, HOURS), 60.0)
    speed[:, 16] = 30.0  # Monday 16:00 in China is 08:00 UTC
    assert seconds(go(TravelTimes(np.array([30_000.0]), speed, 8 * HOUR), at())) == pytest.approx(HOUR)
    assert seconds(go(TravelTimes(np.array([30_000.0]), speed), at())) == pytest.approx(HOUR / 2)


def test_rests_are_taken_where_the_rule_asks_for_them() -> None:
    assert go(steady(540), at(), rule=CHINA).rest_s == 2 * CHINA.break_s  # 9 h: after 4 and 8 h
    eta = go(steady(600), at(), rule=EU_561)  # 10 h: after 4.5 h, and after 9 h the end of the day
    assert eta.rest_s == EU_561.break_s + EU_561.rest_s
    assert go(steady(230), at(), rule=CHINA).rest_s == 0
    assert go(steady(30), at(driven_s=3.9 * HOUR), rule=CHINA).rest_s == CHINA.break_s
    assert go(steady(300), at(), rule=EU_561).rest_s == EU_561.break_s


def test_a_break_that_goes_on_is_finished_and_not_begun_again() -> None:
    eta = go(steady(30), at(driven_s=3.9 * HOUR, pause_s=15 * 60), rule=CHINA)
    assert eta.rest_s == 5 * 60


def test_a_stop_of_the_plan_takes_its_time_and_counts_as_a_break_when_it_is_long_enough() -> None:
    eta = go(steady(300), at(), rule=CHINA, stops=(Stop(180_000, 1800),))
    assert (eta.stop_s, eta.rest_s) == (1800, 0)
    assert go(steady(300), at(200_000), rule=CHINA, stops=(Stop(180_000, 1800),)).stop_s == 0


def test_the_pace_so_far_moves_the_rest_the_more_the_longer_it_was_seen() -> None:
    slow = [go(steady(60), at(seen_s=1.5 * e, expected_s=e)).driving_s for e in (60, HOUR, 10 * HOUR)]
    assert HOUR < slow[0] < slow[1] < slow[2] < 1.5 * HOUR
    assert slow[0] == pytest.approx(HOUR, rel=0.01)


def test_habits_of_resting_replace_the_rules_latest_moment() -> None:
    habit = RestHabit.learn(CHINA, [3.5 * HOUR] * 30, [1500.0] * 30)
    assert habit == RestHabit(3.5 * HOUR, 1500)
    assert go(steady(225), at(), rule=CHINA, habit=habit).rest_s == 1500
    assert RestHabit.learn(CHINA, [3 * HOUR], [1500.0]) == RestHabit.by_rule(CHINA)


def test_an_estimate_that_has_passed_becomes_now() -> None:
    later = NOW + timedelta(hours=5)
    eta = predict(steady(60), at(), NOW, later)
    assert eta.early == eta.arrival == eta.late == later


def test_expected_time_of_a_stretch_knows_the_hour() -> None:
    speed = np.full((1, HOURS), 60.0)
    speed[:, 8] = 20.0
    times = TravelTimes(np.array([100_000.0]), speed)
    assert expected_s(times, 0, 10_000, NOW) == pytest.approx(1800)
    assert expected_s(times, 0, 10_000, NOW - timedelta(hours=2)) == pytest.approx(600)


@pytest.mark.parametrize(("lengths", "speeds"), [([], 0), ([1.0], 100), ([-1.0], HOURS)])
def test_travel_times_check_themselves(lengths: list[float], speeds: int) -> None:
    with pytest.raises(ValueError, match=r"way needs|lengths are"):
        TravelTimes(np.array(lengths), np.full((len(lengths), speeds), 60.0))


# journeys

JOURNEY = Journey(
    "c1",
    1,
    Fence(30.0, 120.0, 1000, "A"),
    Fence(30.0, 121.0, 1000, "B"),
    NOW,
    NOW,
    NOW + timedelta(hours=2),
    120_000,
)
WAY = PlannedWay(tuple(destination(30.0, 120.0, 90, 3211.2 * i) for i in range(31)), corridor_m=2000)


def drive(minutes: int, metres_a_minute: float = 800) -> list:
    ways = [destination(30.0, 120.0, 90, metres_a_minute * i) for i in range(minutes)]
    return [fix_at(NOW, 60 * i, lat, lon) for i, (lat, lon) in enumerate(ways)]


def test_without_anything_learned_the_plan_is_followed_from_where_the_truck_is() -> None:
    fold, _ = run(None, drive(61), Context(journeys=(JOURNEY,)))
    followed = FollowedJourney(JOURNEY, fold.journeys["c1"])
    now = NOW + timedelta(hours=1)
    for way in (None, WAY):
        eta = estimate(followed, fold, now, way=way)
        assert eta is not None
        assert eta.remaining_m == pytest.approx(60_000, rel=0.02)
        assert (eta.arrival - now) / timedelta(minutes=1) == pytest.approx(60, rel=0.03)
        assert eta.early < eta.arrival < eta.late


def test_there_is_no_estimate_before_departure_after_arrival_or_without_a_position() -> None:
    fold, _ = run(None, drive(30), Context(journeys=(JOURNEY,)))
    departed = FollowedJourney(JOURNEY, JourneyState(departed=True))
    assert estimate(departed, None, NOW) is None
    assert estimate(FollowedJourney(JOURNEY, JourneyState()), fold, NOW) is None
    assert estimate(FollowedJourney(JOURNEY, JourneyState(departed=True, arrived=True)), fold, NOW) is None


def test_metres_behind_are_those_of_the_way_and_beside_it_those_that_are_left() -> None:
    halfway = destination(30.0, 120.0, 90, 48_168)
    assert along_m(JOURNEY, WAY, *halfway) == pytest.approx(60_000, rel=0.01)
    far = destination(*halfway, 0, 20_000)
    assert along_m(JOURNEY, WAY, *far) < 60_000


def test_the_plans_rests_are_not_driven() -> None:
    long = replace(JOURNEY, planned_arrival=NOW + timedelta(hours=4, minutes=40), distance_m=240_000)
    assert planned_times(long, None).speed_kmh[0, 0] == pytest.approx(240 / (4 + 20 / 60), rel=0.01)


def eta_in(minutes: float, now: datetime = NOW) -> Eta:
    arrival = now + timedelta(minutes=minutes)
    delay_s = (arrival - JOURNEY.planned_arrival).total_seconds()
    return Eta(arrival, arrival, arrival, 1.0, 1.0, 0.0, 0.0, delay_s, now)


def test_an_estimate_is_told_anew_only_when_it_moved_far_enough() -> None:
    told, tells, _ = news(JOURNEY, Told(), eta_in(120), NOW, NOW)
    assert tells
    assert not news(JOURNEY, told, eta_in(125), NOW, NOW)[1]
    assert news(JOURNEY, told, eta_in(140), NOW, NOW)[1]
    assert not news(JOURNEY, told, eta_in(111), NOW, NOW)[1]


def test_a_delay_begins_at_fifteen_minutes_and_ends_below_half_of_that() -> None:
    told, happened = Told(), []
    for minutes in (120, 134, 152, 138, 110):
        told, _, events = news(JOURNEY, told, eta_in(minutes), NOW, NOW)
        happened.append([e.value for e in events])
    assert happened == [[], [], ["delayed"], [], ["on_time_again"]]


def test_silence_is_told_once_and_so_is_its_end() -> None:
    late = NOW + timedelta(minutes=31)
    told, _, events = news(JOURNEY, Told(), None, NOW, late)
    assert events == [EventKind.SILENT]
    assert news(JOURNEY, told, None, NOW, late)[2] == []
    assert news(JOURNEY, told, None, late, late)[2] == [EventKind.HEARD_AGAIN]


def test_what_is_told_is_one_estimated_milestone_and_an_event_of_the_delay(
    db: sa.Connection, register: Callable[..., object]
) -> None:
    register(db)
    device_id = get_device(db, "truck-0001").id
    open_journey(db, replace(JOURNEY, device_id=device_id), NOW, WAY)
    later = NOW + timedelta(minutes=100)
    for minutes, now in ((40, NOW + timedelta(minutes=40)), (41, later)):
        fixes = (
            drive(minutes) if minutes == 40 else [fix_at(NOW, 6000, *destination(30.0, 120.0, 90, 33_000))]
        )
        store_batch(db, {"truck-0001": device_id}, fixes, now)
        tell(db, look(db, now), now)
    estimated = [m for m in milestones_of(db, "c1") if m.quality is Quality.ESTIMATED]
    assert [m.code for m in estimated] == [MilestoneCode.ARRI]
    assert estimated[0].occurred_at > JOURNEY.planned_arrival
    kinds = [e.event.kind for e in events_after(db, 0)[0]]
    assert kinds.count(EventKind.DELAYED) == 1
    assert look(db, later) == []
