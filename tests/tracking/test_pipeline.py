"""The steps of a fix: what is doubted, what moves the newest position, what departs and arrives."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haoyun.maps.geodesy import destination
from haoyun.tracking.errors import BadFix, BadJourney
from haoyun.tracking.fixes import FixFlag, PositionFix
from haoyun.tracking.geofences import Fence, FenceState, observe
from haoyun.tracking.instants import to_ms
from haoyun.tracking.journeys import Journey, JourneyState
from haoyun.tracking.pipeline import latest, run
from haoyun.tracking.steps.context import Context
from haoyun.tracking.steps.fold import Fold
from haoyun.tracking.steps.passage import Outputs
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


def follow(fixes: list[PositionFix], journey: Journey = JOURNEY) -> tuple[Fold, Outputs]:
    return run(None, fixes, Context(journeys=(journey,)))


def codes(result: tuple[Fold, Outputs]) -> list[MilestoneCode]:
    return [m.code for m in result[1].milestones]


def flags(fixes: list[PositionFix], out: Outputs) -> list[int]:
    """The doubts about the fixes, in the order of their time."""
    doubts = dict(out.doubts)
    return [int(doubts.get((to_ms(f.fix_time), f.seq), 0)) for f in sorted(fixes, key=lambda f: f.fix_time)]


def test_latitude_91_is_refused_with_the_rule() -> None:
    with pytest.raises(BadFix, match=r"latitude 91 is outside -90\.\.90"):
        fix_at(NOW, 0, 91, 120)
    with pytest.raises(BadFix, match="aware"):
        PositionFix("truck-0001", NOW.replace(tzinfo=None), NOW, 1, 2)


def test_a_fix_from_the_future_is_doubted_and_never_the_newest() -> None:
    ahead = replace(east(0, 0), fix_time=NOW + timedelta(minutes=5, seconds=1))
    fold, out = run(None, [ahead, east(0, 0)])
    assert flags([ahead, east(0, 0)], out) == [0, FixFlag.FUTURE]
    assert latest("truck-0001", fold).fix_time == NOW


def test_zero_zero_a_cell_and_an_outlier_are_doubted_and_move_nothing() -> None:
    cell = replace(east(15, 3000), accuracy_m=2500.0)
    fixes = [east(0, 0), fix_at(NOW, 10, 0, 0), cell, east(20, 50_000), east(30, 200)]
    fold, out = run(None, fixes)
    assert flags(fixes, out) == [0, FixFlag.ZERO, FixFlag.COARSE, FixFlag.JUMP, 0]
    assert fold.odometer_m == pytest.approx(200, abs=1)


def test_a_step_far_beyond_the_devices_own_speed_is_an_outlier() -> None:
    fixes = [east(0, 0, speed_kmh=20.0), east(20, 1000, speed_kmh=20.0), east(40, 220, speed_kmh=20.0)]
    assert flags(fixes, run(None, fixes)[1]) == [0, FixFlag.OUTLIER, 0]


def test_a_leap_is_believed_when_three_fixes_agree_on_it() -> None:
    fixes = [east(0, 0), *(east(60.0 * i, 50_000 + 500 * i) for i in range(1, 6))]
    assert flags(fixes, run(None, fixes)[1]) == [0, FixFlag.JUMP, FixFlag.JUMP, 0, 0, 0]


def test_what_the_device_itself_calls_no_position_is_not_believed() -> None:
    fold, out = run(None, [east(0, 0), replace(east(10, 100), flags=FixFlag.NO_FIX)])
    assert [flag for _, flag in out.doubts] == [FixFlag.NO_FIX]
    assert latest("truck-0001", fold).fix_time == NOW


def test_a_standing_receiver_does_not_drive() -> None:
    rng = random.Random(1)
    fixes = [east(10.0 * i, rng.uniform(0, 12), speed_kmh=rng.uniform(0, 1.5)) for i in range(100)]
    fold, _ = run(None, fixes)
    assert (fold.odometer_m, fold.moving) == (0, False)


def test_motion_has_hysteresis_between_two_and_five() -> None:
    speeds = [0.0, 4, 6, 4, 3, 1, 4]
    fold, moving = None, []
    for i, speed in enumerate(speeds):
        fold, _ = run(fold, [east(10.0 * i, 0, speed_kmh=speed)])
        moving.append(fold.moving)
    assert moving == [False, False, True, True, True, False, False]


def test_a_trip_departs_once_and_arrives_once() -> None:
    result = follow(drive())
    assert codes(result) == [MilestoneCode.DEPA, MilestoneCode.ARRI]
    depa, arri = result[1].milestones
    assert depa.place == "Hangzhou yard" and arri.place == "Ningbo yard"
    assert depa.occurred_at < arri.occurred_at
    assert depa.evidence["rule"] == "left the fence"


def test_shuffled_and_doubled_arrival_within_a_batch_changes_nothing() -> None:
    fixes = drive()
    shuffled = [*fixes, *fixes]
    random.Random(3).shuffle(shuffled)
    assert follow(shuffled) == follow(fixes)


@given(st.lists(st.integers(1, 30), min_size=1, max_size=12))
def test_batches_of_any_size_end_in_the_same_state(sizes: list[int]) -> None:
    whole, out = follow(drive())
    fixes, fold, milestones, events = drive(), None, [], []
    while fixes:
        part, fixes = fixes[: sizes[0]], fixes[sizes[0] :]
        sizes = [*sizes[1:], sizes[0]]
        fold, new = run(fold, part, Context(journeys=(JOURNEY,)))
        fold = Fold.from_json(fold.to_json())  # as the store keeps it between batches
        milestones += new.milestones
        events += new.events
    assert fold.to_json() == whole.to_json()
    assert (milestones, events) == (out.milestones, out.events)


def test_a_run_leaves_the_fold_that_it_was_given_as_it_is() -> None:
    fixes = drive()
    fold, _ = run(None, fixes[:40], Context(journeys=(JOURNEY,)))
    before = fold.to_json()
    run(fold, fixes[40:], Context(journeys=(JOURNEY,)))
    assert fold.to_json() == before


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
    assert result[1].milestones[0].evidence["rule"] == "first seen under way, outside the fence"
    assert codes(follow(drive(start_m=40_000))) == []


def test_fixes_before_the_start_do_not_count() -> None:
    assert codes(follow(drive(), replace(JOURNEY, starts_at=NOW + timedelta(days=1)))) == []


def test_a_journey_checks_itself() -> None:
    with pytest.raises(BadJourney, match="after planned_departure"):
        replace(JOURNEY, planned_arrival=NOW)
    with pytest.raises(BadJourney, match=r"outside 20\.\.100000"):
        Fence(0, 0, 5)


def test_the_state_survives_its_json() -> None:
    state = follow(drive(end_m=20_000))[0].journeys["c1"]
    assert JourneyState.from_json(state.to_json()) == state
