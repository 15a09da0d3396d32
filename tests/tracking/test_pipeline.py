"""The steps of a fix: what is doubted, what moves the newest position, what departs and arrives."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from haoyun.maps.geodesy import destination
from haoyun.tracking.errors import BadFix, BadJourney
from haoyun.tracking.eta import eta
from haoyun.tracking.fixes import FixFlag, PositionFix
from haoyun.tracking.geofences import Fence, FenceState, observe
from haoyun.tracking.journeys import FollowedJourney, Journey, JourneyState
from haoyun.tracking.pipeline import PipelineResult, run
from haoyun.tracking.testing import fix_at
from haoyun.tracking.timeline import MilestoneCode

NOW = datetime(2026, 5, 11, 8, 0, tzinfo=UTC)
ORIGIN = Fence(30.0, 120.0, 1000, "Hangzhou yard")
GOAL = Fence(30.0, 121.0, 1000, "Ningbo yard")
JOURNEY = Journey("c1", 1, ORIGIN, GOAL, NOW, NOW, NOW + timedelta(hours=2), 120_000)


def east(seconds: float, metres: float, **more: float | None) -> PositionFix:
    """A fix `metres` east of the origin's middle."""
    lat, lon = destination(30.0, 120.0, 90, metres)
    return fix_at(NOW, seconds, lat, lon, **more)


def drive(start_m: float = 0, end_m: float = 96_500, metres_a_minute: float = 1200) -> list[PositionFix]:
    count = int((end_m - start_m) / metres_a_minute) + 1
    return [east(60.0 * i, start_m + i * metres_a_minute) for i in range(count)]


def follow(fixes: list[PositionFix], journey: Journey = JOURNEY) -> PipelineResult:
    state = JourneyState(under_way=journey.under_way)
    return run(fixes, {}, {"truck-0001": [FollowedJourney(journey, state)]})


def codes(result: PipelineResult) -> list[MilestoneCode]:
    return [m.code for m in result.milestones]


def test_latitude_91_is_refused_with_the_rule() -> None:
    with pytest.raises(BadFix, match=r"latitude 91 is outside -90\.\.90"):
        fix_at(NOW, 0, 91, 120)
    with pytest.raises(BadFix, match="aware"):
        PositionFix("truck-0001", NOW.replace(tzinfo=None), NOW, 1, 2)


def test_a_fix_from_the_future_is_flagged_kept_and_never_the_newest() -> None:
    ahead = replace(east(0, 0), fix_time=NOW + timedelta(minutes=5, seconds=1))
    result = run([ahead, east(0, 0)], {}, {})
    assert [f.flags for f in result.fixes] == [FixFlag(0), FixFlag.FUTURE]
    assert result.latest["truck-0001"].fix_time == NOW


def test_zero_zero_and_an_outlier_are_flagged_and_move_nothing() -> None:
    result = run([east(0, 0), fix_at(NOW, 10, 0, 0), east(20, 50_000), east(30, 200)], {}, {})
    assert [f.flags for f in result.fixes] == [0, FixFlag.ZERO | FixFlag.JUMP, FixFlag.JUMP, 0]
    assert result.latest["truck-0001"].odometer_m == pytest.approx(200, abs=1)


def test_a_real_leap_is_believed_once_enough_time_has_passed() -> None:
    result = run([east(0, 0), *(east(60.0 * i, 50_000) for i in range(1, 20))], {}, {})
    assert result.fixes[1].flags and not result.fixes[-1].flags


def test_the_newest_position_moves_only_forward() -> None:
    first = run([east(60, 500)], {}, {})
    late = run([east(0, 0)], first.latest, {})
    assert len(late.fixes) == 1
    assert late.latest == {}


def test_a_standing_receiver_does_not_drive() -> None:
    rng = random.Random(1)
    fixes = [east(10.0 * i, rng.uniform(0, 12), speed_kmh=rng.uniform(0, 1.5)) for i in range(100)]
    state = run(fixes, {}, {}).latest["truck-0001"]
    assert (state.odometer_m, state.moving) == (0, False)


def test_motion_has_hysteresis_between_two_and_five() -> None:
    speeds = [0.0, 4, 6, 4, 3, 1, 4]
    states, moving = {}, []
    for i, speed in enumerate(speeds):
        states |= run([east(10.0 * i, 0, speed_kmh=speed)], states, {}).latest
        moving.append(states["truck-0001"].moving)
    assert moving == [False, False, True, True, True, False, False]


def test_a_trip_departs_once_and_arrives_once() -> None:
    result = follow(drive())
    assert codes(result) == [MilestoneCode.DEPA, MilestoneCode.ARRI]
    depa, arri = result.milestones
    assert depa.place == "Hangzhou yard" and arri.place == "Ningbo yard"
    assert depa.occurred_at < arri.occurred_at
    assert depa.evidence["rule"] == "left the fence"


def test_shuffled_and_doubled_arrival_within_a_batch_changes_nothing() -> None:
    fixes = drive()
    shuffled = [*fixes, *fixes]
    random.Random(3).shuffle(shuffled)
    assert follow(shuffled) == follow(fixes)


def test_batches_of_any_size_end_in_the_same_state() -> None:
    whole, fixes = follow(drive()), drive()
    states, journeys, milestones = {}, [FollowedJourney(JOURNEY, JourneyState())], []
    for i in range(0, len(fixes), 7):
        part = run(fixes[i : i + 7], states, {"truck-0001": journeys})
        states |= part.latest
        journeys = list(part.journeys) or journeys
        milestones += part.milestones
    assert (tuple(journeys), tuple(milestones)) == (whole.journeys, whole.milestones)


def test_noise_at_the_edge_of_a_fence_makes_no_events() -> None:
    rng = random.Random(5)
    fixes = [east(10.0 * i, 1000 + rng.gauss(0, 15), accuracy_m=30) for i in range(1, 200)]
    assert codes(follow([east(0, 0), *fixes])) == []


def test_one_reflection_is_no_departure_but_two_fixes_outside_are() -> None:
    assert codes(follow([east(0, 0), east(10, 1200), east(20, 0)])) == []
    assert codes(follow([east(0, 0), east(60, 1200), east(120, 1300)])) == [MilestoneCode.DEPA]


def test_far_outside_needs_no_second_fix() -> None:
    assert observe(ORIGIN, FenceState(inside=True), east(0, 2100)).inside is False
    assert observe(ORIGIN, FenceState(inside=True), east(0, 1500)).inside is True


def test_passing_the_destination_on_the_way_to_the_pickup_is_no_arrival() -> None:
    assert codes(follow(list(reversed(_as_time(drive()))))) == []


def _as_time(fixes: list[PositionFix]) -> list[PositionFix]:
    """The same way driven backwards."""
    times = [f.fix_time for f in fixes]
    return [replace(f, fix_time=t, received_at=t) for f, t in zip(reversed(fixes), times, strict=True)]


def test_goods_that_were_on_board_before_tracking_began_depart_with_the_first_fix_and_it_says_so() -> None:
    under_way = replace(JOURNEY, under_way=True)
    result = follow(drive(start_m=40_000), under_way)
    assert codes(result) == [MilestoneCode.DEPA, MilestoneCode.ARRI]
    assert result.milestones[0].evidence["rule"] == "first seen under way, outside the fence"
    assert codes(follow(drive(start_m=40_000))) == []


def test_fixes_before_the_start_do_not_count() -> None:
    assert codes(follow(drive(), replace(JOURNEY, starts_at=NOW + timedelta(days=1)))) == []


def test_a_journey_checks_itself() -> None:
    with pytest.raises(BadJourney, match="after planned_departure"):
        replace(JOURNEY, planned_arrival=NOW)
    with pytest.raises(BadJourney, match=r"outside 20\.\.100000"):
        Fence(0, 0, 5)


def test_the_state_survives_its_json() -> None:
    (followed,) = follow(drive(end_m=20_000)).journeys
    assert JourneyState.from_json(followed.state.to_json()) == followed.state


def test_eta_is_remaining_way_over_planned_speed_and_none_before_departure() -> None:
    result = follow(drive(end_m=48_000))
    latest, (followed,) = result.latest["truck-0001"], result.journeys
    estimate = eta(followed, latest, latest.fix_time)
    assert estimate is not None
    assert estimate.remaining_m == pytest.approx(60_000, rel=0.02)
    assert estimate.speed_kmh == pytest.approx(60)
    assert (estimate.arrival - latest.fix_time) / timedelta(minutes=1) == pytest.approx(60, rel=0.03)
    assert eta(FollowedJourney(JOURNEY, JourneyState()), latest, NOW) is None
