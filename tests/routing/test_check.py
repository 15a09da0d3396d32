"""The checker finds every kind of broken rule, and nothing in a sound plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haoyun.routing import (
    Job,
    Plan,
    PlanRefused,
    Problem,
    Rule,
    Shipment,
    Step,
    StepKind,
    Unassigned,
    Vehicle,
    Visit,
    Window,
    check,
    violations,
)
from haoyun.routing.solve import plan_of


@pytest.fixture
def plan(freight: Problem) -> Plan:
    sound = plan_of(freight, ((0, 1, 2, 3), (4, 5)))
    assert sound is not None
    return sound


def change_step(plan: Plan, route: int, step: int, **changes: object) -> Plan:
    steps = list(plan.routes[route].steps)
    steps[step] = replace(steps[step], **changes)  # type: ignore[arg-type]
    return change_route(plan, route, steps=tuple(steps))


def change_route(plan: Plan, route: int, **changes: object) -> Plan:
    routes = list(plan.routes)
    routes[route] = replace(routes[route], **changes)  # type: ignore[arg-type]
    return replace(plan, routes=tuple(routes))


def without_step(plan: Plan, route: int, step: int) -> Plan:
    steps = plan.routes[route].steps
    return change_route(plan, route, steps=steps[:step] + steps[step + 1 :])


def swapped(plan: Plan, route: int, i: int, j: int) -> Plan:
    steps = list(plan.routes[route].steps)
    steps[i], steps[j] = steps[j], steps[i]
    return change_route(plan, route, steps=tuple(steps))


def test_a_sound_plan_has_no_violation(freight: Problem, plan: Plan) -> None:
    assert violations(freight, plan) == []
    check(freight, plan)


MUTATIONS: list[tuple[Rule, Callable[[Plan], Plan]]] = [
    (Rule.UNKNOWN_VEHICLE, lambda p: change_route(p, 0, vehicle_id=9)),
    (Rule.VEHICLE_TWICE, lambda p: change_route(p, 1, vehicle_id=1)),
    (Rule.SHAPE, lambda p: without_step(p, 0, 0)),
    (Rule.SHAPE, lambda p: swapped(p, 0, 0, 1)),
    (Rule.ENDS, lambda p: change_step(p, 0, 0, location=1)),
    (Rule.ENDS, lambda p: change_step(p, 1, -1, location=10)),
    (Rule.UNKNOWN_STOP, lambda p: change_step(p, 0, 1, id=99)),
    (Rule.UNKNOWN_STOP, lambda p: change_step(p, 0, 1, kind=StepKind.PICKUP)),
    (Rule.PLACE, lambda p: change_step(p, 0, 1, location=4)),
    (Rule.SERVED_TWICE, lambda p: change_step(p, 0, 2, id=1, location=1)),
    (Rule.PAIR_SPLIT, lambda p: without_step(p, 0, 4)),
    (Rule.PAIR_ORDER, lambda p: swapped(p, 1, 1, 2)),
    (Rule.SKILL, lambda p: replace(p, routes=(replace(p.routes[0], vehicle_id=2),))),
    (Rule.LOAD, lambda p: change_step(p, 0, 1, load=(1, 0))),
    (Rule.CAPACITY, lambda p: swapped(swapped(p, 0, 1, 2), 0, 2, 3)),
    (Rule.TRAVEL_TIME, lambda p: change_step(p, 0, 2, arrival_s=p.routes[0].steps[2].arrival_s - 1)),
    (Rule.TRAVEL_TIME, lambda p: change_route(p, 0, travel_s=p.routes[0].travel_s - 1)),
    (Rule.SERVICE_TIME, lambda p: change_step(p, 0, 1, departure_s=p.routes[0].steps[1].departure_s - 1)),
    (Rule.SERVICE_TIME, lambda p: change_step(p, 0, 1, start_service_s=0)),
    (Rule.SERVICE_TIME, lambda p: change_step(p, 0, 0, departure_s=p.routes[0].steps[0].departure_s + 1)),
    (Rule.WINDOW, lambda p: change_step(p, 0, 2, start_service_s=299)),
    (Rule.SHIFT, lambda p: change_step(p, 0, 0, departure_s=-1)),
    (Rule.SHIFT, lambda p: change_step(p, 0, -1, arrival_s=3601)),
    (Rule.DISTANCE, lambda p: change_route(p, 0, distance_m=p.routes[0].distance_m - 1)),
    (Rule.COST, lambda p: change_route(p, 0, cost=p.routes[0].cost - 0.01)),
    (Rule.TOTAL, lambda p: replace(p, cost=p.cost - 0.01)),
    (Rule.TOTAL, lambda p: replace(p, distance_m=p.distance_m + 1)),
    (Rule.TOTAL, lambda p: replace(p, travel_s=p.travel_s + 1)),
    (Rule.UNASSIGNED, lambda p: replace(p, routes=p.routes[:1])),
    (Rule.UNASSIGNED, lambda p: replace(p, unassigned=(Unassigned("job", 1),))),
    (Rule.UNASSIGNED, lambda p: replace(p, unassigned=(Unassigned("job", 77),))),
    (
        Rule.UNASSIGNED,
        lambda p: replace(p, routes=p.routes[:1], unassigned=(Unassigned("shipment", 20),) * 2),
    ),
]


@pytest.mark.parametrize(
    ("rule", "mutate"), MUTATIONS, ids=[f"{r.value}-{n}" for n, (r, _) in enumerate(MUTATIONS)]
)
def test_every_broken_rule_is_found(
    freight: Problem, plan: Plan, rule: Rule, mutate: Callable[[Plan], Plan]
) -> None:
    found = violations(freight, mutate(plan))
    assert rule in {violation.rule for violation in found}, found


@pytest.mark.parametrize(
    ("limit", "value"), [("max_stops", 1), ("max_distance_m", 2999), ("max_travel_s", 179)]
)
def test_a_limit_of_the_vehicle_is_a_rule(freight: Problem, plan: Plan, limit: str, value: int) -> None:
    tight = replace(freight, vehicles=(freight.vehicles[0], replace(freight.vehicles[1], **{limit: value})))
    assert [v.rule for v in violations(tight, plan)] == [Rule.LIMIT]


def test_each_rule_has_a_mutation_that_breaks_it() -> None:
    freight = {  # test_audit.py, test_mutations.py
        Rule.REVENUE, Rule.SETUP, Rule.TRIPS, Rule.LIFO, Rule.APART, Rule.CLEANING, Rule.FIXED, Rule.ON_BOARD,
        Rule.NOT_LOADED, Rule.PAUSE, Rule.DRIVING, Rule.DAILY_DRIVING, Rule.DAILY_REST, Rule.RELEASE,
    }  # fmt: skip
    assert {rule for rule, _ in MUTATIONS} | {Rule.LIMIT} == set(Rule) - freight


def test_a_refusal_carries_every_violation(freight: Problem, plan: Plan) -> None:
    with pytest.raises(PlanRefused, match="costs") as refusal:
        check(freight, change_route(change_step(plan, 0, 1, load=(1, 0)), 0, cost=0.0))
    assert {v.rule for v in refusal.value.violations} == {Rule.LOAD, Rule.COST, Rule.TOTAL}


times = st.integers(0, 600)
windows = st.tuples(times, times).map(lambda pair: (Window(min(pair), max(pair) + 200),))


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Small random problems with jobs, shipments, open ends, skills, windows and two capacities."""
    size = draw(st.integers(2, 5))
    place, amount = st.integers(0, size - 1), st.tuples(st.integers(0, 3), st.integers(0, 3))
    matrix = st.lists(
        st.lists(st.integers(0, 300), min_size=size, max_size=size), min_size=size, max_size=size
    )
    skills = st.frozensets(st.sampled_from("ab"))
    end = st.none() | place
    vehicle = st.tuples(end, end, amount, st.none() | windows.map(lambda w: w[0]), skills)
    job = st.tuples(place, st.integers(0, 50), st.just(()) | windows, amount, amount, skills)
    visit = st.tuples(place, st.integers(0, 50), st.just(()) | windows)
    return Problem(
        vehicles=tuple(
            Vehicle(n, s, e, c, w, k, 3, 5, 7)
            for n, (s, e, c, w, k) in enumerate(draw(st.lists(vehicle, min_size=1, max_size=3)))
        ),
        durations_s=np.array(draw(matrix)),
        distances_m=np.array(draw(matrix)),
        jobs=tuple(Job(n, *parts) for n, parts in enumerate(draw(st.lists(job, max_size=3)))),
        shipments=tuple(
            Shipment(n, Visit(n, *up), Visit(n, *down), a)
            for n, (up, down, a) in enumerate(draw(st.lists(st.tuples(visit, visit, amount), max_size=2)))
        ),
        capacity_names=("kg", "m3"),
    )


@st.composite
def tours(draw: st.DrawFn) -> tuple[Problem, tuple[tuple[int, ...], ...]]:
    problem = draw(problems())
    order = draw(st.permutations(range(len(problem.stops))))
    whose = draw(st.lists(st.integers(0, len(problem.vehicles)), min_size=len(order), max_size=len(order)))
    by_vehicle = [
        [n for n, v in zip(order, whose, strict=True) if v == number]
        for number in range(len(problem.vehicles))
    ]
    return problem, tuple(tuple(tour) for tour in by_vehicle)


# What a tour itself decides; the rest is the timing's and the report's own work, which must always be right.
ABOUT_THE_TOUR = {Rule.PAIR_SPLIT, Rule.PAIR_ORDER, Rule.SKILL, Rule.CAPACITY, Rule.UNASSIGNED}


@given(tours())
@settings(max_examples=100, deadline=None)
def test_what_the_timing_builds_the_checker_replays_to_the_same_figures(
    case: tuple[Problem, tuple[tuple[int, ...], ...]],
) -> None:
    problem, driven = case
    plan = plan_of(problem, driven)
    if plan is not None:
        assert {v.rule for v in violations(problem, plan)} <= ABOUT_THE_TOUR


@given(tours(), st.data())
@settings(max_examples=100, deadline=None)
def test_no_instant_of_a_plan_can_be_moved_unnoticed(
    case: tuple[Problem, tuple[tuple[int, ...], ...]], data: st.DataObject
) -> None:
    problem, driven = case
    plan = plan_of(problem, driven)
    if plan is None or not plan.routes:
        return
    route = data.draw(st.integers(0, len(plan.routes) - 1))
    step = data.draw(st.integers(0, len(plan.routes[route].steps) - 1))
    name = data.draw(st.sampled_from(["arrival_s", "start_service_s", "departure_s"]))
    by = data.draw(st.integers(-9, 9).filter(bool))
    before: Step = plan.routes[route].steps[step]
    moved = change_step(plan, route, step, **{name: getattr(before, name) + by})
    assert len(violations(problem, moved)) > len(violations(problem, plan))
