"""The engines: rules in their words, against brute force on everything small enough."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import numpy as np
import pytest
from small_problems import best_by_brute_force, by_ruin_and_recreate, random_problem

from haoyun.routing import (
    Job,
    Matrices,
    Objective,
    Plan,
    Problem,
    Shipment,
    Vehicle,
    Visit,
    Window,
    violations,
)
from haoyun.routing.model import search
from haoyun.routing.problem import Tours
from haoyun.routing.recipes import Engine, portfolio
from haoyun.routing.solve import plan_of, worth

SECONDS = 0.25


class Searched(Protocol):
    """Searches with the engine under test."""

    def __call__(self, problem: Problem, *, recipe: int = 0, seed: int = 0) -> Plan: ...


def by_own(problem: Problem, recipe: int, seed: int) -> Tours:
    return by_ruin_and_recreate(problem, seed)


def by_or_tools(problem: Problem, recipe: int, seed: int) -> Tours | None:
    recipes = portfolio(problem, 3, Engine.OR_TOOLS)
    return search(problem, recipes[recipe], deadline=time.monotonic() + SECONDS, seed=seed)


@pytest.fixture(params=[by_or_tools, by_own], ids=["or-tools", "own"])
def searched(request: pytest.FixtureRequest) -> Searched:
    def run(problem: Problem, *, recipe: int = 0, seed: int = 0) -> Plan:
        tours = request.param(problem, recipe, seed)
        assert tours is not None
        plan = plan_of(problem, tours)
        assert plan is not None
        assert violations(problem, plan) == []
        return plan

    return run


def stops(plan: Plan) -> dict[object, list[object]]:
    return {route.vehicle_id: [step.id for step in route.stops] for route in plan.routes}


def left(plan: Plan) -> list[object]:
    return [entry.id for entry in plan.unassigned]


@pytest.mark.parametrize("objective", [Objective.DISTANCE, Objective.VEHICLES, Objective.COST])
@pytest.mark.parametrize("seed", range(4))
def test_the_search_finds_what_brute_force_finds(searched: Searched, seed: int, objective: Objective) -> None:
    problem = random_problem(seed, objective)
    assert worth(problem, searched(problem, recipe=2 * (seed % 2))) == best_by_brute_force(problem)


def test_a_skill_is_only_met_by_a_vehicle_that_has_it(
    searched: Searched, line: Callable[..., Problem]
) -> None:
    problem = line(
        vehicles=(Vehicle("near", 4, 4), Vehicle("cold", 10, 10, skills=frozenset({"cold"}))),
        jobs=(Job(1, 5, skills=frozenset({"cold"})), Job(2, 3)),
    )
    assert stops(searched(problem)) == {"near": [2], "cold": [1]}


def test_an_impossible_shipment_does_not_empty_the_answer(
    searched: Searched, line: Callable[..., Problem]
) -> None:
    problem = line(
        vehicles=(Vehicle(1, 0, 0, (5,), Window(0, 3600)),),
        shipments=(
            Shipment(1, Visit(1, 1), Visit(1, 2), (6,)),
            Shipment(2, Visit(2, 1), Visit(2, 2), (5,)),
            Shipment(3, Visit(3, 1, windows=(Window(3000, 3600),)), Visit(3, 2, windows=(Window(0, 2000),))),
        ),
        capacity_names=("kg",),
    )
    plan = searched(problem)
    assert (left(plan), stops(plan)) == ([1, 3], {1: [2, 2]})


def test_nothing_possible_is_an_answer_too(searched: Searched, line: Callable[..., Problem]) -> None:
    problem = line(vehicles=(Vehicle(1, 0, 0),), jobs=(Job(1, 1, skills=frozenset({"x"})),))
    assert left(searched(problem)) == [1]


def test_the_vehicle_must_have_room_for_what_it_brings_and_what_it_collects(
    searched: Searched,
    line: Callable[..., Problem],
) -> None:
    # 5 to deliver and 5 to collect fit a vehicle of 5 only in this order, though the collection lies nearer.
    problem = line(
        vehicles=(Vehicle(1, 0, 10, (5,)),),
        jobs=(Job("collect", 2, pickup=(5,)), Job("deliver", 8, delivery=(5,))),
        capacity_names=("kg",),
    )
    assert stops(searched(problem)) == {1: ["deliver", "collect"]}


def test_what_has_priority_is_served_first(searched: Searched, line: Callable[..., Problem]) -> None:
    problem = line(
        vehicles=(Vehicle(1, 0, 0, (1,)),),
        jobs=(Job(1, 1, delivery=(1,)), Job(2, 9, delivery=(1,), priority=10), Job(3, 1, delivery=(1,))),
        capacity_names=("kg",),
    )
    assert left(searched(problem)) == [1, 3]


@pytest.mark.parametrize(
    ("limit", "served"),
    [({"max_stops": 2}, 2), ({"max_distance_m": 9000}, 2), ({"max_travel_s": 300}, 1), ({}, 3)],
)
def test_limits_of_a_vehicle_hold(
    searched: Searched, line: Callable[..., Problem], limit: dict[str, int], served: int
) -> None:
    problem = line(vehicles=(Vehicle(1, 0, 0, **limit),), jobs=(Job(1, 2), Job(2, 4), Job(3, 6)))
    assert sum(map(len, stops(searched(problem)).values())) == served


def test_fewer_vehicles_come_before_fewer_kilometres(
    searched: Searched, line: Callable[..., Problem]
) -> None:
    problem = line(vehicles=(Vehicle(1, 0, 0), Vehicle(2, 10, 10)), jobs=(Job(1, 1), Job(2, 9)))
    assert searched(problem).vehicles == 2
    assert searched(replace(problem, objective=Objective.VEHICLES)).vehicles == 1


def test_cost_prefers_the_cheap_vehicle_that_is_far_away(
    searched: Searched, line: Callable[..., Problem]
) -> None:
    fleet = (Vehicle("dear", 3, None, cost_per_km=500), Vehicle("cheap", 0, None, cost_per_km=100))
    problem = line(vehicles=fleet, jobs=(Job(1, 4),))
    assert stops(searched(problem)) == {"dear": [1]}
    assert stops(searched(replace(problem, objective=Objective.COST))) == {"cheap": [1]}


def test_vehicles_may_travel_by_matrices_of_their_own(
    searched: Searched, line: Callable[..., Problem]
) -> None:
    slow = np.full((11, 11), 5000)
    fleet = (Vehicle("slow", 0, None, window=Window(0, 4000), profile="mule"), Vehicle("fast", 10, None))
    problem = line(vehicles=fleet, jobs=(Job(1, 1),), profiles={"mule": Matrices(slow, np.full((11, 11), 1))})
    assert stops(searched(problem)) == {"fast": [1]}


def test_windows_before_and_after_all_shifts_are_out_of_reach(
    searched: Searched, line: Callable[..., Problem]
) -> None:
    problem = line(
        vehicles=(Vehicle(1, 0, 0, window=Window(5000, 9000)),),
        jobs=(
            Job("early", 1, windows=(Window(0, 4000),)),
            Job("late", 1, windows=(Window(9001, 9999),)),
            Job("both", 1, windows=(Window(0, 4000), Window(6000, 7000))),
        ),
    )
    assert left(searched(problem)) == ["early", "late"]


def test_another_seed_keeps_every_rule(searched: Searched, freight: Problem) -> None:
    assert {left_over for seed in range(4) for left_over in left(searched(freight, seed=seed))} == set()
