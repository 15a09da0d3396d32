"""`solve` serves and costs what the best of all plans does, under every combination of rules that the search keeps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

import pytest
from small_problems import FAMILIES, best_by_brute_force, random_problem

from haoyun.routing import BadProblem, Objective, Problem, solve, violations, worth
from haoyun.routing.portfolio import Crew

# Judged rules on vehicles under way have a file of their own: test_sisr_underway.py.
ELSEWHERE = {("under way", "freight"), ("under way", "hours")}
COMBINATIONS = [
    names
    for count in (0, 1, 2)
    for names in combinations(sorted(FAMILIES), count)
    if not any(set(other) <= set(names) for other in ELSEWHERE)
]
SEEDS = range(2)


@pytest.fixture(scope="module")
def crew() -> Iterator[Crew]:
    with Crew(1) as warm:
        yield warm


def small(seed: int, names: tuple[str, ...]) -> Problem:
    objective = tuple(Objective)[seed % len(Objective)]
    if "under way" in names and objective is Objective.VEHICLES:
        objective = Objective.COST  # not kept with fixed stops
    problem = random_problem(seed, objective, jobs=2, shipments=1 + (seed % 2 and "hours" not in names))
    for name in names:
        problem = FAMILIES[name](problem, seed)
    # Where windows are several the search knows only the timetable that ends first (kept.py).
    return replace(problem, vehicles=tuple(replace(v, max_duration_s=None) for v in problem.vehicles))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("names", COMBINATIONS, ids=lambda names: " + ".join(names) or "plain")
def test_it_serves_and_costs_what_the_best_of_all_plans_does(
    crew: Crew, names: tuple[str, ...], seed: int
) -> None:
    problem = small(seed, names)
    try:
        best = best_by_brute_force(problem)
    except StopIteration:
        with pytest.raises(BadProblem, match="what vehicles under way have fixed cannot be done"):
            solve(problem, time_limit_s=0.3, crew=crew)
        return
    plan = solve(problem, time_limit_s=0.3, seed=seed, crew=crew)
    assert violations(problem, plan) == []
    assert worth(problem, plan) == pytest.approx(best)
