"""Whatever is broken in a sound plan of a random problem, the auditor names the rule."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from mutations import ALL, Mutation
from small_problems import FAMILIES, random_freight, some_plan

from haoyun.routing import Job, Plan, Problem, Rule, Vehicle, violations
from haoyun.routing.build import plan_of

SETS = [
    (),
    ("freight",),
    ("hours",),
    ("under way",),
    ("reloads",),
    ("freight", "reloads"),
    ("under way", "reloads"),
]


@given(seed=st.integers(0, 100_000), families=st.frozensets(st.sampled_from(sorted(FAMILIES))))
@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
def test_the_auditor_names_the_rule_whatever_is_broken(seed: int, families: frozenset[str]) -> None:
    problem = random_freight(seed, families)
    plan = some_plan(problem, seed)
    assume(plan is not None)
    assert plan is not None
    draw = random.Random(seed)
    for mutation in ALL:
        broken = mutation.breaks(problem, plan, draw)
        if broken is not None:
            found = {violation.rule for violation in violations(*broken)}
            assert found & mutation.rules, (mutation.name, found)


@pytest.fixture(scope="module")
def corpus() -> list[tuple[Problem, Plan]]:
    problems = [random_freight(seed, SETS[seed % len(SETS)]) for seed in range(140)]
    plans = [some_plan(problem, seed) for seed, problem in enumerate(problems)]
    return [(problem, plan) for problem, plan in zip(problems, plans, strict=True) if plan is not None]


@pytest.mark.parametrize("mutation", ALL, ids=lambda mutation: mutation.name)
def test_each_way_to_break_a_plan_is_found_in_some_plan(
    corpus: list[tuple[Problem, Plan]], mutation: Mutation
) -> None:
    tried = (mutation.breaks(problem, plan, random.Random(7)) for problem, plan in corpus)
    broken = [case for case in tried if case is not None]
    assert broken, "no plan of the corpus can be broken so"
    for case in broken:
        assert {violation.rule for violation in violations(*case)} & mutation.rules


def test_no_rule_is_without_a_mutation() -> None:
    by_hours = {Rule.DAILY_DRIVING, Rule.DAILY_REST}  # test_audit.py, test_shifts.py
    assert set().union(*(mutation.rules for mutation in ALL)) | by_hours == set(Rule)


def test_a_fen_in_a_million_yuan_is_noticed() -> None:
    far = np.array([[0, 10**9], [10**9, 0]])
    problem = Problem((Vehicle(1, 0, 0, cost_per_km=100),), far, far, (Job(1, 1),))
    plan = plan_of(problem, ((0,),))
    assert plan is not None
    assert violations(problem, plan) == []
    assert plan.cost == 200_000_000
    assert [v.rule for v in violations(problem, replace(plan, cost=plan.cost + 1))] == [Rule.TOTAL]


def test_a_stop_off_the_map_is_a_violation_and_no_crash() -> None:
    near = np.array([[0, 60], [60, 0]])
    problem = Problem((Vehicle(1, 0, 0),), near, near, (Job(1, 1),))
    plan = plan_of(problem, ((0,),))
    assert plan is not None
    for place in (2, -1):
        steps = list(plan.routes[0].steps)
        steps[1] = replace(steps[1], location=place)
        lost = replace(plan, routes=(replace(plan.routes[0], steps=tuple(steps)),))
        assert [v.rule for v in violations(problem, lost)] == [Rule.PLACE]
