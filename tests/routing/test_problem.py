"""A problem that cannot be is refused on construction, with the rule it breaks."""

from __future__ import annotations

import pickle
from collections.abc import Callable

import numpy as np
import pytest

from haoyun.routing import BadProblem, Job, Matrices, Objective, Problem, Shipment, Vehicle, Visit, Window
from haoyun.routing.tasks import clock

TRUCK = Vehicle(1, 0, 0)


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
