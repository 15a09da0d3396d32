"""A rule that an engine does not keep is refused before the search, in one sentence that names rule and owner."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from small_problems import by_ruin_and_recreate

from haoyun.routing import (
    CHINA,
    BadProblem,
    Cleaning,
    GoodsRules,
    Job,
    Objective,
    Problem,
    Reload,
    Underway,
    Vehicle,
    solve,
    violations,
)
from haoyun.routing.kept import refuse_what_is_not_kept
from haoyun.routing.recipes import Engine
from haoyun.routing.solve import plan_of

ASKED: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any], str]] = [
    ({"hours": CHINA}, {}, {}, r"driver hours, rule china \(vehicle 7\)"),
    ({"lifo": True}, {}, {}, r"last in first out \(vehicle 7\)"),
    ({"max_duration_s": 900}, {}, {}, r"max_duration_s \(vehicle 7\)"),
    ({"cost_per_duty_hour": 9}, {}, {"objective": Objective.COST}, r"duty or task hours \(vehicle 7\)"),
    ({"underway": Underway(60, 1)}, {}, {}, r"under way .* \(vehicle 7\)"),
    ({"reloads": (Reload("hub", 3),)}, {}, {}, r"reloads \(vehicle 7\)"),
    ({}, {}, {"objective": Objective.PROFIT}, "profit"),
    ({}, {"mandatory": True}, {}, r"mandatory before other tasks \(job 1\)"),
    ({}, {"setup_s": 60}, {}, r"setup \(job 1\)"),
    ({}, {"release_s": 300}, {}, r"release_s \(job 1\)"),
    ({}, {"goods": "milk"}, {"goods": GoodsRules((("milk", "diesel"),))}, r"job 1 carries milk"),
    ({}, {"goods": "milk"}, {"goods": GoodsRules((), (Cleaning("milk", "oil", 60),))}, r"job 1 carries milk"),
]


def asked(
    line: Callable[..., Problem], vehicle: dict[str, Any], job: dict[str, Any], whole: dict[str, Any]
) -> Problem:
    return line(vehicles=(Vehicle(7, 0, 0, **vehicle),), jobs=(Job(1, 1, **job), Job(2, 2)), **whole)


@pytest.mark.parametrize(("vehicle", "job", "whole", "sentence"), ASKED)
def test_or_tools_refuses_what_it_does_not_keep(
    line: Callable[..., Problem],
    vehicle: dict[str, Any],
    job: dict[str, Any],
    whole: dict[str, Any],
    sentence: str,
) -> None:
    with pytest.raises(BadProblem, match=sentence):
        solve(asked(line, vehicle, job, whole), time_limit_s=1, engine=Engine.OR_TOOLS)


@pytest.mark.parametrize(("vehicle", "job", "whole", "sentence"), ASKED)
def test_the_own_search_keeps_the_rule_or_refuses_it(
    line: Callable[..., Problem],
    vehicle: dict[str, Any],
    job: dict[str, Any],
    whole: dict[str, Any],
    sentence: str,
) -> None:
    problem = asked(line, vehicle, job, whole)
    try:
        refuse_what_is_not_kept(problem, Engine.RUIN_AND_RECREATE)
    except BadProblem as refusal:
        assert re.search(sentence, str(refusal))
        return
    plan = plan_of(problem, by_ruin_and_recreate(problem))
    assert plan is not None
    assert violations(problem, plan) == []
