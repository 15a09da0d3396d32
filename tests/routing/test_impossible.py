"""A load that nobody can carry never empties the answer, whatever engine searches: it is left out, with its reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from small_problems import random_problem

from haoyun.routing import (
    Job,
    Objective,
    Problem,
    ReasonCode,
    Shipment,
    Visit,
    Window,
    solve,
    violations,
    why_not,
)
from haoyun.routing.portfolio import Crew
from haoyun.routing.recipes import Engine

LATE = (Window(-600, -60),)  # before any vehicle is on duty


def heavy(problem: Problem) -> Problem:
    return replace(problem, jobs=(*problem.jobs, Job("x", 1, delivery=(99, 0))))


def unskilled(problem: Problem) -> Problem:
    return replace(problem, jobs=(*problem.jobs, Job("x", 1, skills=frozenset({"wings"}))))


def too_late(problem: Problem) -> Problem:
    return replace(problem, jobs=(*problem.jobs, Job("x", 1, windows=LATE)))


def heavy_pair(problem: Problem) -> Problem:
    pair = Shipment("x", Visit("x", 1), Visit("x", 2), (99, 0), priority=100, mandatory=False)
    return replace(problem, shipments=(*problem.shipments, pair))


def backwards(problem: Problem) -> Problem:
    pair = Shipment(
        "x", Visit("x", 1, windows=(Window(5000, 6000),)), Visit("x", 2, windows=(Window(0, 4000),))
    )
    return replace(problem, shipments=(*problem.shipments, pair))


IMPOSSIBLE: dict[Callable[[Problem], Problem], ReasonCode] = {
    heavy: ReasonCode.TOO_LARGE,
    unskilled: ReasonCode.NO_SKILL,
    too_late: ReasonCode.OUT_OF_REACH,
    heavy_pair: ReasonCode.TOO_LARGE,
    backwards: ReasonCode.OUT_OF_REACH,
}


@pytest.fixture(scope="module")
def crew() -> Iterator[Crew]:
    with Crew(1) as warm:
        yield warm


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("engine", Engine, ids=lambda engine: engine.value)
@pytest.mark.parametrize(
    ("add", "code"), IMPOSSIBLE.items(), ids=lambda one: getattr(one, "__name__", str(one))
)
def test_an_impossible_load_is_unassigned_with_its_reason_and_the_others_are_served_as_without_it(
    crew: Crew, add: Callable[[Problem], Problem], code: ReasonCode, engine: Engine, seed: int
) -> None:
    possible = random_problem(seed, Objective.DISTANCE, jobs=3, shipments=1)
    without = solve(possible, time_limit_s=0.4, engine=engine, crew=crew)
    problem = add(possible)
    plan = solve(problem, time_limit_s=0.4, engine=engine, crew=crew)
    assert violations(problem, plan) == []
    (left,) = (entry for entry in plan.unassigned if entry.id == "x")
    assert [reason.code for reason in left.reasons] == [code]
    assert len(plan.unassigned) == len(without.unassigned) + 1
    assert plan.routes or not without.routes
    task = next(task for task in problem.tasks if task.id == "x")
    why = why_not(problem, plan, task)
    assert why.obstacles or why.relaxations
