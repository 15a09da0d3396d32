"""Routes of several trips in the compiled search: reloads where they help, and every rule on each trip."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_problems import (
    SHORT_DAYS,
    best_by_brute_force,
    by_ruin_and_recreate,
    random_problem,
    with_driver_hours,
    with_freight_rules,
    with_several_trips,
    with_vehicles_under_way,
)

from haoyun.routing import (
    BadProblem,
    Job,
    Objective,
    Problem,
    Reload,
    Vehicle,
    Window,
    read_problem,
    solve,
    tours_of,
    violations,
)
from haoyun.routing.sisr.search import Search
from haoyun.routing.solve import plan_of, worth

SIZES = [(3, 0), (4, 0), (2, 1), (3, 1), (1, 2)]


def agrees_with_brute_force(problem: Problem, seed: int) -> None:
    plan = plan_of(problem, by_ruin_and_recreate(problem, seed))
    assert plan is not None
    assert violations(problem, plan) == []
    found, best = worth(problem, plan), best_by_brute_force(problem)
    if problem.objective is Objective.VEHICLES:
        # A trip that must wait for its goods may keep the search from dissolving the last route but one.
        *left, vehicles, _ = found
        assert left == list(best[:-2])
        assert vehicles <= best[-2] + 1
    else:
        assert found == pytest.approx(best)


@given(seed=st.integers(0, 10_000), size=st.sampled_from(SIZES), objective=st.sampled_from(Objective))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_with_reloads_it_finds_what_brute_force_finds(
    seed: int, size: tuple[int, int], objective: Objective
) -> None:
    problem = random_problem(seed, objective, jobs=size[0], shipments=size[1])
    agrees_with_brute_force(with_several_trips(problem, seed), seed)


@given(seed=st.integers(0, 10_000), size=st.sampled_from(SIZES[:3]), objective=st.sampled_from(Objective))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_with_reloads_under_the_rules_of_freight_it_finds_what_brute_force_finds(
    seed: int, size: tuple[int, int], objective: Objective
) -> None:
    problem = random_problem(seed, objective, jobs=size[0], shipments=size[1])
    agrees_with_brute_force(with_several_trips(with_freight_rules(problem, seed), seed), seed)


@pytest.mark.parametrize("seed", range(8))
def test_with_reloads_under_driver_hours_it_finds_what_brute_force_finds(seed: int) -> None:
    problem = random_problem(seed, Objective.COST, jobs=3, shipments=0)
    agrees_with_brute_force(with_driver_hours(with_several_trips(problem, seed), SHORT_DAYS), seed)


@pytest.mark.parametrize("seed", range(8))
def test_with_reloads_on_vehicles_under_way_it_finds_what_brute_force_finds(seed: int) -> None:
    problem = with_several_trips(
        with_vehicles_under_way(random_problem(seed, Objective.DISTANCE), seed), seed
    )
    wide = replace(problem.vehicles[0], capacity=(14, 14))
    problem = replace(problem, vehicles=(wide, *problem.vehicles[1:]))
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


@pytest.fixture
def shuttle(line: Callable[..., Problem]) -> Problem:
    """One small truck, six jobs that each fill it, and the depot to reload at."""
    return line(
        vehicles=(Vehicle("t", 0, 0, (5,), Window(0, 10_000), reloads=(Reload("depot", 0, 60),)),),
        jobs=tuple(Job(n, n, 30, delivery=(5,)) for n in range(1, 7)),
        capacity_names=("kg",),
    )


def test_one_truck_serves_job_after_job_as_often_as_it_may_reload(shuttle: Problem) -> None:
    plan = solve(shuttle, time_limit_s=1)
    assert (len(plan.unassigned), plan.routes[0].distance_m) == (0, 2 * (1 + 2 + 3 + 4 + 5 + 6) * 1000)
    assert len(plan.routes[0].trips) == 6
    limited = replace(shuttle, vehicles=(replace(shuttle.vehicles[0], max_trips=4),))
    plan = solve(limited, time_limit_s=1)
    assert sorted(task.id for task in plan.left_out(limited)) == [5, 6], "the far ones stay behind"


def test_a_plan_with_reloads_is_where_a_search_may_start(shuttle: Problem) -> None:
    tours = tours_of(shuttle, solve(shuttle, time_limit_s=1))
    assert sum(n < 0 for n in tours[0]) == 5
    assert Search(shuttle, 1, tours).tours() == tours
    unknown = (tuple(-2 if n < 0 else n for n in tours[0]),)
    assert all(n >= -1 for n in Search(shuttle, 1, unknown).tours()[0]), "a reload that it does not have"


def test_reloads_that_nothing_needs_are_not_made(shuttle: Problem) -> None:
    light = replace(shuttle, jobs=tuple(replace(job, delivery=(0,)) for job in shuttle.jobs))
    useless = ((0, -1, 1, -1, 2, -1, 3, 4, 5),)
    plan = plan_of(light, by_ruin_and_recreate(light, 3, useless))
    assert plan is not None
    assert (plan.distance_m, len(plan.routes[0].trips)) == (12_000, 1)


def test_the_same_seed_gives_the_same_plan_with_several_trips(shared_data: Path) -> None:
    folder = shared_data / "routing" / "pyvrp_MTVRPTWR"
    problem = read_problem(folder / "C201R0.25.vrp").problem
    first, again = (by_ruin_and_recreate(problem, 5) for _ in range(2))
    assert first == again
    plan = plan_of(problem, first)
    assert plan is not None
    assert violations(problem, plan) == []
    assert any(n < 0 for tour in first for n in tour)
