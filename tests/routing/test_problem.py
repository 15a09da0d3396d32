"""A problem that cannot be is refused on construction, with the rule it breaks."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from haoyun.routing import (
    CHINA,
    EU_561,
    BadProblem,
    Cleaning,
    DriverState,
    GoodsRules,
    HoursRule,
    Job,
    Matrices,
    Objective,
    Problem,
    Reload,
    Shipment,
    Underway,
    Vehicle,
    Visit,
    Window,
)
from haoyun.routing.extract import extract
from haoyun.routing.tasks import clock

TRUCK = Vehicle(1, 0, 0)
PAIR = Shipment(9, Visit(1, 1), Visit(2, 2))


def going(**parts: object) -> Vehicle:
    return Vehicle(1, 0, 0, underway=Underway(**{"time_s": 0, "location": 0, **parts}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Window(32400, 28800), r"window ends \(08:00\) before it begins \(09:00\)"),
        (
            lambda: Job(7, 1, windows=(Window(5, 9), Window(9, 12))),
            "windows of stop 7 must follow one another",
        ),
        (lambda: Job(7, 1, service_s=-1), "stop 7 has a negative service time"),
        (lambda: Job(7, -1), "stop 7 has the negative location -1"),
        (lambda: Job(7, 1, delivery=(-2,)), r"job 7 has a negative amount \(-2\)"),
        (lambda: Job(7, 1, priority=101), "priority of job 7 is 101, outside 0..100"),
        (lambda: Shipment(3, Visit(1, 0), Visit(2, 1), amount=(-1,)), "shipment 3 has a negative amount"),
        (lambda: Job(7, 1, delivery=(10**13,)), "job 7 has an amount above"),
        (lambda: Window(0, 10**13), "window reaches beyond"),
        (lambda: Vehicle(1, 0, 0, fixed_cost=10**13), "fixed_cost of vehicle 1 is above"),
        (lambda: Vehicle(1, 0, 0, (-1,)), "vehicle 1 has a negative amount"),
        (lambda: Vehicle(1, 0, 0, max_stops=-1), "max_stops of vehicle 1 is negative"),
        (lambda: Job(7, 1, setup_s=-1), "setup at stop 7 is outside"),
        (lambda: Job(7, 1, revenue=-1), "revenue of job 7 is -1"),
        (lambda: Vehicle(1, 0, 0, max_duration_s=-1), "max_duration_s of vehicle 1 is negative"),
        (lambda: Vehicle(1, 0, 0, max_trips=0), "max_trips of vehicle 1 must be at least 1"),
        (lambda: Vehicle(1, 0, 0, reloads=(Reload(1, 0), Reload(1, 2))), "two reloads with one id"),
        (lambda: Reload(1, 0, -1), "reload 1 has a duration outside"),
        (lambda: Vehicle(1, 0, 0, driver=DriverState(60, 60)), "a driver's state but no rule on hours"),
        (
            lambda: Vehicle(1, 0, 0, hours=CHINA, driver=DriverState(first_part_taken=True)),
            "the first part of a break that may not be split",
        ),
        (
            lambda: Vehicle(1, 0, 0, hours=EU_561, driver=DriverState(day_began_s=9)),
            "driver begins after the vehicle may leave",
        ),
        (lambda: DriverState(60, 30), "has driven 60 s since the last break but 30 s today"),
        (lambda: DriverState(driven_s=-1), "driven_s of a driver is negative"),
        (lambda: HoursRule("x", max_driving_s=60), "hours rule x needs max_driving_s and break_s together"),
        (lambda: HoursRule("x", daily_driving_s=60), "limits the day, so it needs rest_s"),
        (
            lambda: HoursRule("x", max_driving_s=0, break_s=1),
            "max_driving_s of hours rule x must be positive",
        ),
        (
            lambda: HoursRule("x", max_driving_s=60, break_s=45, split_s=(10, 30)),
            "parts of a split break of hours rule x are too short together",
        ),
        (
            lambda: HoursRule("x", max_driving_s=60, break_s=45, rest_s=30),
            "rest_s of hours rule x is shorter",
        ),
        (lambda: HoursRule("x", reduced_rests=1), "has reduced rests, so it needs reduced_rest_s"),
        (lambda: HoursRule("x", rest_s=9, reduced_rest_s=10), "must lie between a break and rest_s"),
        (
            lambda: HoursRule("x", rest_s=9, span_s=20, reduced_rest_s=8, long_span_s=19),
            "long_span_s of hours rule x must be at least span_s",
        ),
        (lambda: Cleaning("milk", "oil", 0), "cleaning after milk before oil must take"),
        (lambda: GoodsRules((("oil", "oil"),)), "goods oil cannot be kept apart from themselves"),
        (
            lambda: GoodsRules(cleanings=(Cleaning("a", "b", 1), Cleaning("a", "b", 2))),
            "two cleanings are given for a before b",
        ),
        (lambda: Underway(0, None, on_board=(1,)), "has not left its start has nothing on board"),
        (lambda: Underway(0, 1, on_board=(1, 1)), "names a shipment twice"),
        (lambda: Underway(0, 1, load=(-1,)), "has a negative amount"),
        (lambda: Matrices(np.zeros((2, 3), int), np.zeros((2, 3), int)), "durations_s must be square"),
        (lambda: Matrices(np.zeros((2, 2)), np.zeros((2, 2), int)), "durations_s must hold whole numbers"),
        (lambda: Matrices(np.zeros((2, 2), int), -np.ones((2, 2), int)), "distances_m has an entry outside"),
        (lambda: Matrices(np.zeros((2, 2), int), np.zeros((3, 3), int)), "covers 2 locations, distances_m 3"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_the_rule(build: Callable[[], object], message: str) -> None:
    with pytest.raises(BadProblem, match=message):
        build()


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"vehicles": ()}, "at least one vehicle"),
        ({"vehicles": (TRUCK, TRUCK)}, "vehicle 1 appears twice"),
        ({"vehicles": (Vehicle(1, 11, 0),)}, r"vehicle 1 is at location 11, but the matrices cover 0..10"),
        ({"vehicles": (TRUCK,), "jobs": (Job(1, 12),)}, "job 1 is at location 12"),
        ({"vehicles": (TRUCK,), "jobs": (Job(1, 1), Job(1, 2))}, "job 1 appears twice"),
        (
            {"vehicles": (TRUCK,), "capacity_names": ("kg",)},
            r"capacity of vehicle 1 has 0 values, the problem has 1",
        ),
        ({"vehicles": (TRUCK,), "jobs": (Job(1, 1, delivery=(1,)),)}, "delivery of job 1 has 1 values"),
        ({"vehicles": (Vehicle(1, 0, 0, profile="van"),)}, "travels by profile van, which has no matrices"),
        ({"vehicles": (Vehicle(1, 0, 0, reloads=(Reload(1, 11),)),)}, "vehicle 1 is at location 11"),
        ({"vehicles": (going(location=11),)}, "vehicle 1 is at location 11"),
        ({"vehicles": (going(load=(1,)),)}, "load of vehicle 1 has 1 values"),
        ({"vehicles": (going(on_board=(5,)),)}, "under way with shipment 5, which does not exist"),
        ({"vehicles": (going(loaded=(5,)),)}, "under way with job 5, which does not exist"),
        ({"vehicles": (going(fixed=(("job", 5),)),)}, "under way with stop job 5, which does not exist"),
        (
            {"vehicles": (going(fixed=(("delivery", 2),)),), "shipments": (PAIR,)},
            "cannot deliver shipment 9 first: it is not on board",
        ),
        (
            {"vehicles": (going(fixed=(("pickup", 1),), on_board=(9,)),), "shipments": (PAIR,)},
            "shipment 9 is on board vehicle 1 already",
        ),
        (
            {"vehicles": (going(on_board=(9,)), replace(going(on_board=(9,)), id=2)), "shipments": (PAIR,)},
            "two vehicles under way have 9 on board",
        ),
    ],
)
def test_a_problem_that_contradicts_itself_is_refused(
    line: Callable[..., Problem], parts: dict[str, object], message: str
) -> None:
    with pytest.raises(BadProblem, match=message):
        line(**parts)


def test_a_job_and_a_shipment_may_bear_the_same_id(line: Callable[..., Problem]) -> None:
    problem = line(vehicles=(TRUCK,), jobs=(Job(1, 1),), shipments=(Shipment(1, Visit(1, 1), Visit(1, 2)),))
    assert [(stop.kind.value, stop.visit.id) for stop in problem.stops] == [
        ("job", 1),
        ("pickup", 1),
        ("delivery", 1),
    ]


def test_matrices_cannot_be_changed_afterwards_not_even_through_the_original() -> None:
    original = np.zeros((2, 2), np.int64)
    problem = Problem((TRUCK,), original, original)
    original[0, 1] = 7
    assert problem.durations_s[0, 1] == 0
    with pytest.raises(ValueError, match="read-only"):
        problem.durations_s[0, 1] = 7


def test_a_problem_travels_to_another_process_unchanged(freight: Problem) -> None:
    copy = pickle.loads(pickle.dumps(freight))
    assert copy.vehicles == freight.vehicles
    assert copy.tasks == freight.tasks
    assert np.array_equal(copy.distances_m, freight.distances_m)
    assert copy.objective is Objective.DISTANCE


def test_times_within_a_week_read_as_a_clock() -> None:
    assert [clock(s) for s in (0, 28800, 28801, -5, 10**9)] == [
        "00:00",
        "08:00",
        "08:00:01",
        "-5 s",
        "1000000000 s",
    ]


def test_the_presets_are_what_the_law_says() -> None:
    hours = 3600
    assert (EU_561.max_driving_s, EU_561.break_s, EU_561.split_s) == (4.5 * hours, 2700, (900, 1800))
    assert (EU_561.daily_driving_s, EU_561.rest_s, EU_561.reduced_rest_s) == (
        9 * hours,
        11 * hours,
        9 * hours,
    )
    assert EU_561.span_s is not None
    assert EU_561.long_span_s is not None
    assert EU_561.rest_s is not None
    assert EU_561.reduced_rest_s is not None
    assert EU_561.span_s + EU_561.rest_s == EU_561.long_span_s + EU_561.reduced_rest_s == 24 * hours
    assert (CHINA.max_driving_s, CHINA.break_s, CHINA.daily_driving_s) == (4 * hours, 1200, 8 * hours)
    assert CHINA.rest_s == 24 * hours - 8 * hours, "days of 8 h so far apart keep 8 h in any 24 h"


def test_a_part_of_a_problem_is_a_problem_with_the_same_ways(freight: Problem) -> None:
    part = extract(freight, freight.vehicles[1:], [freight.shipments[1]])
    (vehicle,), stops = part.vehicles, part.stops
    assert vehicle.start is not None
    assert [part.distances_m[vehicle.start, stop.visit.location] for stop in stops] == [1000, 3000]
    assert len(part.distances_m) == 3
