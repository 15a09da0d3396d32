"""Timing of routes: windows are kept, the end is as early as possible, the departure as late as that allows."""

from __future__ import annotations

from collections.abc import Callable

from haoyun.routing import Job, Problem, Vehicle, Window
from haoyun.routing.timing import build_route


def route(problem: Problem, numbers: list[int]):  # type: ignore[no-untyped-def]
    stops = problem.stops
    return build_route(problem, problem.vehicles[0], [stops[n] for n in numbers])


def test_it_leaves_as_late_as_the_earliest_end_allows(line: Callable[..., Problem]) -> None:
    problem = line(vehicles=(Vehicle(1, 0, 0),), jobs=(Job(1, 2, 30, (Window(1000, 2000),)),))
    start, job, end = route(problem, [0]).steps
    assert (start.departure_s, job.arrival_s, job.start_service_s, end.arrival_s) == (880, 1000, 1000, 1150)


def test_the_second_window_is_taken_when_the_first_is_missed(line: Callable[..., Problem]) -> None:
    jobs = (Job(1, 2, windows=(Window(0, 100), Window(500, 600))),)
    problem = line(vehicles=(Vehicle(1, 0, 0, window=Window(0, 5000)),), jobs=jobs)
    assert route(problem, [0]).steps[1].start_service_s == 500


def test_between_two_windows_it_waits(line: Callable[..., Problem]) -> None:
    jobs = (Job(1, 1, windows=(Window(0, 60),)), Job(2, 2, windows=(Window(0, 60), Window(900, 1000))))
    steps = route(line(vehicles=(Vehicle(1, 0, 0),), jobs=jobs), [0, 1]).steps
    assert (steps[2].arrival_s, steps[2].waiting_s) == (120, 780)


def test_a_missed_window_or_shift_has_no_route(line: Callable[..., Problem]) -> None:
    late = line(vehicles=(Vehicle(1, 0, 0),), jobs=(Job(1, 2, windows=(Window(0, 119),)),))
    long = line(vehicles=(Vehicle(1, 0, 0, window=Window(0, 239)),), jobs=(Job(1, 2),))
    assert route(late, [0]) is None
    assert route(long, [0]) is None


def test_an_open_start_and_an_open_end_cost_nothing(line: Callable[..., Problem]) -> None:
    problem = line(vehicles=(Vehicle(1, None, None, cost_per_km=7),), jobs=(Job(1, 2), Job(2, 6)))
    built = route(problem, [0, 1])
    assert (built.distance_m, built.travel_s, built.cost) == (4000, 240, 28)


def test_the_load_begins_with_what_the_jobs_deliver_and_ends_with_what_they_pick_up(freight: Problem) -> None:
    loads = [step.load for step in route(freight, [0, 1, 2, 3]).steps]
    assert loads == [(4, 1), (0, 0), (3, 1), (9, 3), (3, 1), (3, 1)]


def test_the_cost_is_fixed_plus_kilometres_plus_hours_of_travel(freight: Problem) -> None:
    assert route(freight, [0, 1, 2, 3]).cost == 500 + 10 * 100 + 36 * 600 / 3600
