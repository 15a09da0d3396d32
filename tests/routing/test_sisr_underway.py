"""Rules that are judged by driving a route through, on vehicles under way: what brute force finds."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from small_problems import (
    SHORT_DAYS,
    SHORT_SPANS,
    best_by_brute_force,
    by_ruin_and_recreate,
    random_problem,
    with_driver_hours,
    with_freight_rules,
    with_vehicles_under_way,
)

from haoyun.routing import BadProblem, DriverState, Objective, Problem, Underway, solve, violations
from haoyun.routing.solve import plan_of, worth
from haoyun.routing.tasks import StopKind

OBJECTIVES = (Objective.DISTANCE, Objective.COST, Objective.PROFIT)


def check_against_brute_force(problem: Problem, seed: int) -> None:
    try:
        best = best_by_brute_force(problem)
    except StopIteration:
        with pytest.raises(BadProblem, match="what vehicles under way have fixed cannot be done"):
            solve(problem, time_limit_s=0.5)
        return
    plan = plan_of(problem, by_ruin_and_recreate(problem, seed))
    assert plan is not None
    assert violations(problem, plan) == []
    assert worth(problem, plan) == pytest.approx(best)


def with_a_driver(problem: Problem, seed: int) -> Problem:
    """The first driver has driven already, for some seeds."""
    draw = random.Random(seed)
    first = problem.vehicles[0]
    if first.underway is None or draw.random() < 0.4:
        return problem
    driven = draw.randrange(0, 1500)
    state = DriverState(driven, driven + draw.randrange(0, 800), first.on_duty_s - 2500)
    return replace(problem, vehicles=(replace(first, driver=state), *problem.vehicles[1:]))


@pytest.mark.parametrize("seed", range(30))
def test_freight_rules_are_kept_after_what_is_fixed_and_with_what_is_on_board(seed: int) -> None:
    bare = random_problem(seed, OBJECTIVES[seed % 3], jobs=2, shipments=1)
    check_against_brute_force(with_vehicles_under_way(with_freight_rules(bare, seed), seed), seed)


@pytest.mark.parametrize("rule", [SHORT_DAYS, SHORT_SPANS], ids=lambda rule: rule.name)
@pytest.mark.parametrize("seed", range(8))
def test_driver_hours_count_from_what_the_driver_has_behind_them(seed: int, rule: object) -> None:
    bare = random_problem(seed, Objective.DISTANCE, jobs=2, shipments=1)
    hours = with_driver_hours(bare, rule)  # type: ignore[arg-type]
    check_against_brute_force(with_a_driver(with_vehicles_under_way(hours, seed), seed), seed)


@pytest.mark.parametrize("seed", range(10))
def test_a_vehicle_that_has_not_left_loads_at_its_start_for_fixed_and_other_stops(seed: int) -> None:
    problem = random_problem(seed, Objective.COST, jobs=3, shipments=0)
    draw = random.Random(seed)
    fixed = ((StopKind.JOB, problem.jobs[draw.randrange(3)].id),)
    way = Underway(time_s=draw.randrange(0, 500), fixed=fixed)
    first = replace(problem.vehicles[0], underway=way, skills=frozenset("a"))
    check_against_brute_force(replace(problem, vehicles=(first, *problem.vehicles[1:])), seed)
