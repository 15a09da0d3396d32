"""The compiled search: as good as brute force where that is possible, repeatable, and faithful to its memory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
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

from haoyun.routing import BadProblem, HoursRule, Objective, Problem, read_problem, solve, violations
from haoyun.routing.sisr.recombine import columns_of, recombine
from haoyun.routing.sisr.schedule import recompute
from haoyun.routing.sisr.search import Search
from haoyun.routing.sisr.state import ABSENT, ACTIVE, LENGTH, ROUTE
from haoyun.routing.solve import plan_of, worth

SIZES = [(0, 3), (1, 2), (2, 2), (3, 1), (4, 1), (5, 0)]

OBJECTIVES = [Objective.DISTANCE, Objective.VEHICLES, Objective.COST]


@pytest.fixture(scope="module")
def lr104(shared_data: Path) -> Problem:
    return read_problem(shared_data / "routing" / "li_lim" / "lr104.txt").problem


@given(seed=st.integers(0, 10_000), size=st.sampled_from(SIZES), objective=st.sampled_from(OBJECTIVES))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_it_finds_what_brute_force_finds(seed: int, size: tuple[int, int], objective: Objective) -> None:
    problem = random_problem(seed, objective, jobs=size[0], shipments=size[1])
    plan = plan_of(problem, by_ruin_and_recreate(problem, seed))
    assert plan is not None
    assert violations(problem, plan) == []
    assert worth(problem, plan) == pytest.approx(best_by_brute_force(problem))


@given(seed=st.integers(0, 10_000), size=st.sampled_from(SIZES[:4]), objective=st.sampled_from(Objective))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_under_the_rules_of_freight_it_finds_what_brute_force_finds(
    seed: int, size: tuple[int, int], objective: Objective
) -> None:
    problem = with_freight_rules(random_problem(seed, objective, jobs=size[0], shipments=size[1]), seed)
    plan = plan_of(problem, by_ruin_and_recreate(problem, seed))
    assert plan is not None
    assert violations(problem, plan) == []
    assert worth(problem, plan) == pytest.approx(best_by_brute_force(problem))


@pytest.mark.parametrize("seed", range(12))
def test_with_vehicles_under_way_it_finds_what_brute_force_finds(seed: int) -> None:
    objective = (Objective.DISTANCE, Objective.COST, Objective.PROFIT)[seed % 3]
    problem = with_vehicles_under_way(random_problem(seed, objective, jobs=2, shipments=1), seed)
    problem = replace(problem, jobs=tuple(replace(job, revenue=2500) for job in problem.jobs))
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


@pytest.mark.parametrize("rule", [SHORT_DAYS, SHORT_SPANS], ids=lambda rule: rule.name)
@pytest.mark.parametrize("seed", range(5))
def test_under_driver_hours_it_finds_what_brute_force_finds(seed: int, rule: HoursRule) -> None:
    problem = with_driver_hours(random_problem(seed, Objective.DISTANCE), rule)
    plan = plan_of(problem, by_ruin_and_recreate(problem, seed))
    assert plan is not None
    assert violations(problem, plan) == []
    assert worth(problem, plan) == pytest.approx(best_by_brute_force(problem))


@pytest.mark.parametrize("seed", range(8))
def test_a_short_duty_is_never_exceeded(seed: int) -> None:
    problem = with_freight_rules(random_problem(seed, Objective.COST, jobs=3, shipments=1), seed)
    short = replace(problem, vehicles=tuple(replace(v, max_duration_s=4000) for v in problem.vehicles))
    plan = plan_of(short, by_ruin_and_recreate(short, seed))
    assert plan is not None
    assert violations(short, plan) == []
    assert all(route.duration_s <= 4000 for route in plan.routes)


def test_the_same_seed_gives_the_same_plan_and_another_seed_another_way_there(lr104: Problem) -> None:
    assert by_ruin_and_recreate(lr104, 1) == by_ruin_and_recreate(lr104, 1)
    searches = [Search(lr104, seed) for seed in (1, 2)]
    for search in searches:
        search.anneal(100_000, 1e4, 1e4)
    assert searches[0].tours() != searches[1].tours()


def test_every_plan_it_calls_best_passes_the_checker(lr104: Problem) -> None:
    search = Search(lr104, seed=3)
    leg = search.average_leg
    for _ in range(20):
        search.anneal(50_000, leg, leg)
        plan = plan_of(lr104, search.tours())
        assert plan is not None
        assert violations(lr104, plan) == []
        assert plan.distance_m == search.worth[-1]


def test_after_thousands_of_changes_and_returns_the_state_is_what_its_routes_say(lr104: Problem) -> None:
    search = Search(lr104, seed=4)
    state, flat = search.state, search.flat
    search.anneal(2_000_000, search.average_leg, search.average_leg)
    driven = state.active[: state.num[ACTIVE]].tolist()
    assert sorted(driven) == [v for v in range(len(flat.fleet)) if state.route[v, LENGTH]]
    served = [int(s) for v in driven for s in state.seq[v, : state.route[v, LENGTH]]]
    assert len(set(served)) == len(served)
    absent = {int(flat.task[t, 0]) for t in state.absent[: state.num[ABSENT]]}
    assert {s for s in range(len(flat.stop)) if state.at[s, ROUTE] < 0} == {
        s for first in absent for s in (first, first + 1)
    }
    assert all(recompute(flat, state, v) for v in driven)


def test_fewer_vehicles_are_found_by_dissolving_routes(lr104: Problem) -> None:
    plan = plan_of(lr104, by_ruin_and_recreate(replace(lr104, objective=Objective.VEHICLES), limit_s=3))
    assert plan is not None
    assert (plan.vehicles, len(plan.unassigned)) == (9, 0)


def test_a_start_that_breaks_rules_is_used_as_far_as_it_keeps_them(freight: Problem) -> None:
    good = ((0, 1, 2, 3), (4, 5))
    assert Search(freight, 0, good).tours() == good
    for wrong in [((1, 0, 2, 3), (5, 4)), ((0, 0, 2, 3), (4,)), ((4, 5, 2, 3), (0, 1))]:
        tours = Search(freight, 0, wrong).tours()
        plan = plan_of(freight, tours)
        assert plan is not None
        assert violations(freight, plan) == []


def test_recombination_takes_the_best_routes_of_several_plans(lr104: Problem) -> None:
    searches = [Search(lr104, seed) for seed in range(3)]
    for search in searches:
        search.anneal(300_000, search.average_leg / 10, search.average_leg / 10)
    first = searches[0]
    best = first.tours()
    columns = columns_of(first.flat, [search.pool() for search in searches], best)
    tours = recombine(first.flat, columns, best, fleet_first=False, seconds=5, threads=1, seed=0, effort=1.0)
    assert tours is not None
    plan = plan_of(lr104, tours)
    assert plan is not None
    assert violations(lr104, plan) == []
    assert plan.distance_m <= min(search.worth[-1] for search in searches)
