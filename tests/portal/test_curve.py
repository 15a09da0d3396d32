"""Drawings of the page of a job: values in, SVG points out."""

from __future__ import annotations

from typing import Any

from haoyun.platform.portal.curve import HEIGHT, LEFT, PROFILE_HEIGHT, PROFILE_WIDTH, WIDTH, curve, profile
from haoyun.platform.portal.gantt import chart


def better(seconds: float, cost: float, unassigned: int = 0) -> dict[str, Any]:
    return {"seconds": seconds, "cost": cost, "vehicles": 2, "unassigned": unassigned}


def points(written: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in (pair.split(",") for pair in written.split())]


def test_the_course_stays_level_until_something_better_is_found_and_ends_at_the_right() -> None:
    found = curve([better(1, 90), better(3, 50)], seconds=10)
    assert found is not None
    line = points(found.cost)
    (x1, high), (x2, still), (x3, low), (x4, end) = line
    assert x1 < x2 == x3 < x4 == WIDTH - LEFT
    assert high == still < low == end < HEIGHT  # y grows downwards: cheaper is lower
    assert found.unassigned == ""
    assert found.last["cost"] == 50


def test_what_is_left_behind_is_drawn_where_it_changed() -> None:
    found = curve([better(0, 10, 4), better(2, 30, 1)], seconds=2)
    assert found is not None
    assert points(found.unassigned)[0][1] < points(found.unassigned)[-1][1]
    assert curve([], 5) is None


def test_a_profile_shows_the_fullest_dimension_over_time() -> None:
    def step(at_s: int, *filled: float) -> dict[str, Any]:
        return {"arrival_s": at_s, "departure_s": at_s, "filled": list(filled)}

    area = points(profile([step(0, 0.5, 0.1), step(50, 0.2, 1.0), step(100, 0.0, 0.0)]))
    assert (PROFILE_WIDTH / 2, 0.0) in area
    assert (0.0, PROFILE_HEIGHT / 2) in area
    assert profile([step(0), step(9)]) == ""


def test_the_chart_tells_driving_waiting_breaks_and_service_apart() -> None:
    def step(kind: str, arrival_s: int, begin_s: int, departure_s: int) -> dict[str, Any]:
        times = {"arrival_s": arrival_s, "start_service_s": begin_s, "departure_s": departure_s}
        return {"kind": kind, "id": None if kind in ("start", "end") else 7, **times}

    steps = [step("start", 0, 0, 0), step("pickup", 3600, 5400, 6000), step("delivery", 9000, 9000, 9600)]
    route = {
        "vehicle": 1,
        "steps": [*steps, step("end", 9600, 9600, 9600)],
        "pauses": [{"kind": "break", "start_s": 7000, "duration_s": 900}],
    }
    (row,) = chart([route], {"1": "浙B1"}).rows
    kinds = {bar.kind for bar in row.bars}
    assert kinds == {"drive", "wait", "break", "stop", "stop delivery"}
    (wait,) = (bar for bar in row.bars if bar.kind == "wait")
    (drive, *_) = (bar for bar in row.bars if bar.kind == "drive")
    assert wait.x == drive.x + drive.width
    assert (row.label, row.bars[-1].title) == ("浙B1", "7")
