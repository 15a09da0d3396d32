"""Why loads stayed behind and what would serve them, as codes and figures that a page puts into words."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from haoyun.routing import Plan, Problem, WhyNot, why_not
from haoyun.routing.finding import Code, Finding
from haoyun.routing.tasks import Task

BUDGET_S = 2.0  # of a job, after its search
MOST = 50


def explanations(problem: Problem, plan: Plan, budget_s: float = BUDGET_S) -> list[dict[str, Any]]:
    """Of what the plan leaves behind, the most important first, as many as the budget allows."""
    end = time.monotonic() + budget_s
    left = sorted(plan.left_out(problem), key=lambda task: (not task.mandatory, -task.priority))
    found: list[dict[str, Any]] = []
    for task in left[:MOST]:
        if time.monotonic() >= end:
            break
        found.append(as_document(why_not(problem, plan, task)))
    return found


def explain_one(problem: Problem, plan: Plan, kind: str, name: str) -> WhyNot | None:
    """Why the task of this kind and id is left behind; None if there is none that is."""
    return next((why_not(problem, plan, task) for task in _named(problem, plan, kind, name)), None)


def _named(problem: Problem, plan: Plan, kind: str, name: str) -> list[Task]:
    left = {
        (entry.kind, entry.id) for entry in plan.unassigned if entry.kind == kind and str(entry.id) == name
    }
    tasks = problem.jobs if kind == "job" else problem.shipments
    return [task for task in tasks if (kind, task.id) in left]


def as_document(why: WhyNot) -> dict[str, Any]:
    """Its JSON."""
    return {
        "kind": why.kind,
        "id": why.id,
        "obstacles": [_finding(one) for one in why.obstacles],
        "relaxations": [_finding(one) for one in why.relaxations],
    }


def finding_of(document: Mapping[str, Any]) -> Finding:
    """One finding of a stored explanation."""
    figures = tuple(document["figures"].items())
    return Finding(Code(document["code"]), document["vehicle"], figures, document["price"])


def _finding(one: Finding) -> dict[str, Any]:
    return {
        "code": one.code.value,
        "vehicle": one.vehicle,
        "figures": dict(one.figures),
        "price": round(one.price, 4),
    }
