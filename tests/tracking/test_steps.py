"""What fixes mean, step by step: trips, gaps, speed, hours, fences, the planned way, sensors."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from haoyun.maps.geodesy import destination
from haoyun.tracking.errors import BadFence
from haoyun.tracking.events import EventKind, TrackEvent
from haoyun.tracking.fixes import PositionFix
from haoyun.tracking.geofences import Circle, Corridor, Fence, Geofence, Polygon
from haoyun.tracking.journeys import Journey
from haoyun.tracking.pipeline import run
from haoyun.tracking.steps.context import Context, PlannedWay
from haoyun.tracking.steps.passage import Outputs
from haoyun.tracking.steps.rules import CHINA, EU_561, DrivingRule, Rules
from haoyun.tracking.testing import fix_at

NOW = datetime(2026, 5, 11, 8, 0, tzinfo=UTC)
MINUTE, HOUR = 60, 3600


class Drive:
    """Writes fixes east along a line: go(seconds, km/h), stand(seconds), silent(seconds)."""

    def __init__(self, every_s: int = 20) -> None:
        self.every_s = every_s
        self.at_s = 0.0
        self.metres = 0.0
        self.fixes: list[PositionFix] = [self._fix(0)]

    def go(self, seconds: float, kmh: float = 60, **sensors: float | bool | str) -> Drive:
        for _ in range(int(seconds / self.every_s)):
            self.at_s += self.every_s
            self.metres += kmh / 3.6 * self.every_s
            self.fixes.append(replace(self._fix(kmh), sensors=sensors))
        return self

    def stand(self, seconds: float, **sensors: float | bool | str) -> Drive:
        return self.go(seconds, 0, **sensors)

    def silent(self, seconds: float, kmh: float = 0) -> Drive:
        self.at_s += seconds
        self.metres += kmh / 3.6 * seconds
        return self

    def _fix(self, kmh: float) -> PositionFix:
        lat, lon = destination(30.0, 120.0, 90, self.metres)
        return fix_at(NOW, self.at_s, lat, lon, speed_kmh=float(kmh))


def events(drive: Drive, rules: Rules | None = None, **context: object) -> list[TrackEvent]:
    found = Context(rules=((0, rules or Rules()),), **context)  # type: ignore[arg-type]
    return run(None, drive.fixes, found)[1].events


def kinds(found: list[TrackEvent]) -> list[EventKind]:
    return [e.kind for e in found if e.kind not in (EventKind.TRIP_STARTED, EventKind.TRIP_ENDED)]


def segments(drive: Drive) -> Outputs:
    return run(None, drive.fixes)[1]


def minutes(at_ms: int) -> float:
    return (at_ms / 1000 - NOW.timestamp()) / 60


# trips and stops


def test_a_day_is_cut_into_stops_and_trips_without_gaps() -> None:
    day = Drive().stand(10 * MINUTE).go(30 * MINUTE).stand(15 * MINUTE).go(20 * MINUTE).stand(10 * MINUTE)
    found = segments(day).segments
    assert [s.driving for s in found] == [False, True, False, True]
    assert [minutes(s.start_ms) for s in found] == pytest.approx([0, 10, 40, 55], abs=0.5)
    assert all(a.end_ms == b.start_ms for a, b in pairwise(found))
    assert found[1].distance_m == pytest.approx(30_000, rel=0.01)
    assert found[1].max_kmh == 60


def test_shunting_in_the_yard_is_no_trip_and_a_red_light_no_stop() -> None:
    assert segments(Drive().stand(600).go(60, 6).stand(600).go(60, 6).stand(600)).segments == []
    lights = Drive().stand(600).go(600).stand(120).go(600).stand(120).go(600).stand(600)
    assert [s.driving for s in segments(lights).segments] == [False, True]


def test_an_hour_of_silence_ends_a_trip_where_it_was_last_seen() -> None:
    found = segments(Drive().go(20 * MINUTE).silent(61 * MINUTE).go(10 * MINUTE)).segments
    assert found[1].driving and minutes(found[1].end_ms) == pytest.approx(20)
    assert not segments(Drive().go(20 * MINUTE).silent(50 * MINUTE, 60).go(10 * MINUTE)).segments[1:]


# gaps


def test_a_gap_while_driving_is_told_and_one_that_looks_made_is_suspected() -> None:
    assert kinds(events(Drive().go(600, 20).silent(900).go(60, 20))) == [EventKind.GAP]
    assert kinds(events(Drive().go(600, 80).silent(900, 80).go(60, 80))) == [EventKind.JAMMING]
    assert kinds(events(Drive().go(600).stand(600).silent(900).go(60))) == []


def test_lost_positions_while_driving_are_suspected_once() -> None:
    drive = Drive().go(600)
    lost = [
        replace(drive.fixes[-1], fix_time=NOW + timedelta(seconds=601 + i), lat=0.0, lon=0.0)
        for i in range(5)
    ]
    found = run(None, [*drive.fixes, *lost])[1].events
    assert [(e.kind, e.subject) for e in found if e.kind is EventKind.JAMMING] == [
        (EventKind.JAMMING, "positions_lost")
    ]


# over-speed


def test_speeding_is_told_once_and_ended_with_its_worst() -> None:
    drive = Drive().go(300, 80).go(60, 95).go(60, 110).go(300, 80)
    found = [e for e in events(drive, Rules(speed_limit_kmh=90)) if "speeding" in e.kind.value]
    assert [e.kind for e in found] == [EventKind.SPEEDING, EventKind.SPEEDING_ENDED]
    assert found[1].data == {"max_kmh": 110.0, "limit_kmh": 90, "for_s": 120}


def test_a_moment_of_overtaking_is_no_speeding() -> None:
    assert (
        kinds(
            events(Drive().go(300, 80).go(20, 95).go(300, 80), Rules(speed_limit_kmh=90, speeding_for_s=30))
        )
        == []
    )


def test_inside_a_fence_its_own_lower_limit_holds() -> None:
    yard = Geofence("f1", "Yard", Circle(30.0, 120.0, 5000), speed_limit_kmh=20)
    found = events(Drive().stand(60).go(120, 40), Rules(speed_limit_kmh=90), fences=(yard,))
    assert found[-1].data["limit_kmh"] == 20


# driver hours


def test_the_chinese_rule_warns_before_four_hours_and_tells_the_breach() -> None:
    found = [e for e in events(Drive(60).go(4.2 * HOUR), Rules(driving=CHINA)) if e.subject == "continuous"]
    assert [e.kind for e in found] == [EventKind.BREAK_DUE, EventKind.HOURS_BREACHED]
    assert minutes(found[0].at_ms) == pytest.approx(3.5 * 60, abs=1)
    assert minutes(found[1].at_ms) == pytest.approx(4 * 60 + 1, abs=1)


def test_a_break_of_twenty_minutes_begins_a_new_period_and_a_shorter_one_does_not() -> None:
    breach = EventKind.HOURS_BREACHED
    kept = Drive(60).go(3 * HOUR).stand(21 * MINUTE).go(3 * HOUR)
    short = Drive(60).go(3 * HOUR).stand(19 * MINUTE).go(3 * HOUR)
    assert breach not in kinds(events(kept, Rules(driving=CHINA)))
    assert breach in kinds(events(short, Rules(driving=CHINA)))


def test_the_european_break_may_be_split_in_fifteen_and_thirty_in_this_order() -> None:
    breach = EventKind.HOURS_BREACHED
    right = Drive(60).go(2 * HOUR).stand(16 * MINUTE).go(2 * HOUR).stand(31 * MINUTE).go(2 * HOUR)
    wrong = Drive(60).go(2 * HOUR).stand(31 * MINUTE).go(2 * HOUR).stand(16 * MINUTE).go(2 * HOUR)
    assert breach not in kinds(events(right, Rules(driving=EU_561)))
    assert breach in kinds(events(wrong, Rules(driving=EU_561)))


def test_driving_of_the_day_adds_up_over_breaks_until_the_daily_rest() -> None:
    rule = DrivingRule("test", 2 * HOUR, 30 * MINUTE, None, 3 * HOUR, 9 * HOUR, warn_s=600)
    day = Drive(60).go(1.9 * HOUR).stand(40 * MINUTE).go(1.5 * HOUR)
    assert [e.subject for e in events(day, Rules(driving=rule)) if e.kind is EventKind.HOURS_BREACHED] == [
        "daily"
    ]
    rested = Drive(60).go(1.9 * HOUR).stand(9.1 * HOUR).go(1.5 * HOUR)
    assert EventKind.HOURS_BREACHED not in kinds(events(rested, Rules(driving=rule)))


def test_another_driver_begins_with_no_hours_behind_them() -> None:
    shared = Drive(60).go(3 * HOUR, driver="A").go(3 * HOUR, driver="B")
    assert EventKind.HOURS_BREACHED not in kinds(events(shared, Rules(driving=CHINA)))


def test_an_unseen_stretch_counts_as_driving_for_its_distance() -> None:
    unseen = Drive(60).go(2 * HOUR).silent(2.2 * HOUR, 60).go(600)
    assert EventKind.HOURS_BREACHED in kinds(events(unseen, Rules(driving=CHINA, gap_s=99_999)))


# fences

SQUARE = Polygon(((29.99, 120.05), (29.99, 120.07), (30.01, 120.07), (30.01, 120.05)))


@pytest.mark.parametrize(
    "shape",
    [SQUARE, Circle(30.0, 120.06, 1000), Corridor(((30.0, 120.05), (30.0, 120.07)), 300)],
    ids=["polygon", "circle", "corridor"],
)
def test_each_shape_is_entered_and_left_once(shape: Polygon | Circle | Corridor) -> None:
    fence = Geofence("f1", "Yard", shape)
    assert kinds(events(Drive(5).go(900), fences=(fence,))) == [EventKind.FENCE_ENTERED, EventKind.FENCE_LEFT]


@pytest.mark.parametrize("shape", [SQUARE, Circle(30.0, 120.06, 1000)], ids=["polygon", "circle"])
def test_noise_at_the_edge_of_a_fence_enters_at_most_once_and_never_leaves(shape: Polygon | Circle) -> None:
    rng = random.Random(4)
    edge_lon = 120.05 if isinstance(shape, Polygon) else destination(30.0, 120.06, 270, 1000)[1]
    fixes = [
        fix_at(
            NOW,
            10 * i,
            30.0,
            destination(30.0, edge_lon, 90, rng.gauss(0, 25))[1],
            speed_kmh=0,
            accuracy_m=25,
        )
        for i in range(500)
    ]
    found = run(None, fixes, Context(fences=(Geofence("f1", "Yard", shape),)))[1].events
    assert kinds(found) in ([], [EventKind.FENCE_ENTERED])


def test_staying_longer_than_the_dwell_time_is_told_once() -> None:
    fence = Geofence("f1", "Yard", Circle(30.0, 120.0, 500), dwell_s=600)
    found = events(Drive().stand(1800).go(300), fences=(fence,))
    assert kinds(found) == [EventKind.FENCE_ENTERED, EventKind.FENCE_DWELT, EventKind.FENCE_LEFT]
    assert found[0].data == {"name": "Yard"}


def test_a_fence_counts_from_its_beginning_to_its_end_of_validity() -> None:
    start_ms = int(NOW.timestamp() * 1000)
    later = Geofence("f1", "Yard", Circle(30.0, 120.0, 500), valid_from_ms=start_ms + 300_000)
    ended = Geofence("f2", "Old", Circle(30.0, 120.0, 500), valid_until_ms=start_ms)
    found = events(Drive().stand(900), fences=(later, ended))
    assert [(e.subject, minutes(e.at_ms)) for e in found] == [("f1", 5)]


@pytest.mark.parametrize(
    ("make", "rule"),
    [
        (lambda: Circle(30, 120, 5), "20 to 100000 m"),
        (lambda: Polygon(((0.0, 0.0), (1.0, 1.0))), "at least 3 points"),
        (lambda: Corridor(((0.0, 0.0),), 100), "at least 2 points"),
        (lambda: Circle(95, 120, 500), "latitude -85..85"),
        (lambda: Geofence("f", "", Circle(30, 120, 500)), "1 to 120 characters"),
    ],
)
def test_a_fence_that_makes_no_sense_is_refused_with_the_rule(make, rule: str) -> None:
    with pytest.raises(BadFence, match=rule):
        make()


# the planned way

JOURNEY = Journey(
    "c1", 1, Fence(30.0, 120.0, 1000), Fence(30.0, 121.0, 1000), NOW, NOW, NOW + timedelta(hours=2), 96_000
)
WAY = PlannedWay(tuple(destination(30.0, 120.0, 90, 4000.0 * i) for i in range(26)), corridor_m=1000)


def detour(metres_aside: float) -> list[PositionFix]:
    """Away from the way between the 20th and the 40th minute."""
    fixes = []
    for i, fix in enumerate(Drive(60).go(80 * MINUTE).fixes):
        aside = metres_aside if 20 <= i < 40 else 0
        lat, lon = destination(fix.lat, fix.lon, 0, aside)
        fixes.append(replace(fix, lat=lat, lon=lon))
    return fixes


def test_leaving_the_corridor_is_told_once_and_coming_back_too() -> None:
    found = run(None, detour(3000), Context(journeys=(JOURNEY,), ways={"c1": WAY}))[1].events
    assert [(e.kind, e.journey_id) for e in found if e.kind is not EventKind.TRIP_STARTED] == [
        (EventKind.OFF_ROUTE, "c1"),
        (EventKind.BACK_ON_ROUTE, "c1"),
    ]
    beside = run(None, detour(900), Context(journeys=(JOURNEY,), ways={"c1": WAY}))[1].events
    assert EventKind.OFF_ROUTE not in [e.kind for e in beside]


# sensors


def test_a_temperature_out_of_range_is_told_when_it_lasts_and_when_it_is_back() -> None:
    warm = Drive().go(600, temperature_c=4.0).go(900, temperature_c=9.0).go(600, temperature_c=4.0)
    found = [e for e in events(warm, Rules(temperature_c=(2, 8))) if "temperature" in e.kind.value]
    assert [e.kind for e in found] == [EventKind.TEMPERATURE_OUT, EventKind.TEMPERATURE_BACK]
    assert found[1].data["worst_c"] == 9.0
    moment = Drive().go(600, temperature_c=4.0).go(200, temperature_c=9.0).go(600, temperature_c=4.0)
    assert kinds(events(moment, Rules(temperature_c=(2, 8)))) == []


def test_a_door_that_is_open_while_driving_is_told_once() -> None:
    drive = Drive().stand(120, door_open=True).go(300, door_open=True).go(60, door_open=False)
    assert kinds(events(drive, Rules(door_watched=True))) == [EventKind.DOOR_OPENED_EN_ROUTE]
    assert kinds(events(drive)) == []


def test_rules_hold_from_the_instant_they_were_set() -> None:
    middle = int(NOW.timestamp() * 1000) + 600_000
    context = Context(rules=((0, Rules(speed_limit_kmh=90)), (middle, Rules(speed_limit_kmh=70))))
    found = run(None, Drive().go(1200, 80).fixes, context)[1].events
    assert [minutes(e.at_ms) >= 10 for e in found if e.kind is EventKind.SPEEDING] == [True]
