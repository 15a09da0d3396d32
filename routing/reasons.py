"""Why a task is unassigned: the constraints that rule every vehicle out, or else that the fleet was full."""

from __future__ import annotations

from collections.abc import Sequence

from haoyun.routing.alone import able_vehicles, can_reach, loads
from haoyun.routing.plan import Reason, ReasonCode
from haoyun.routing.problem import Problem
from haoyun.routing.tasks import Task, stops_of


def why_unassigned(problem: Problem, task: Task) -> tuple[Reason, ...]:
    """The static reasons against a task, each enough on its own; NOT_ENOUGH_ROOM if a vehicle could serve it."""
    reasons = (*_missing_skills(problem, task), *_too_large(problem, task), *_out_of_reach(problem, task))
    return reasons or (left_over(problem, able_vehicles(problem, [task])[0]),)


def _missing_skills(problem: Problem, task: Task) -> Sequence[Reason]:
    nobody_has = sorted(s for s in task.skills if not any(s in v.skills for v in problem.vehicles))
    return [Reason(ReasonCode.NO_SKILL, f"needs {skill}, which no vehicle has") for skill in nobody_has]


def _too_large(problem: Problem, task: Task) -> Sequence[Reason]:
    needs = [max(column) for column in zip(*(problem.amounts(given) for given in loads(task)), strict=True)]
    largest = [max(column) for column in zip(*(v.capacity for v in problem.vehicles), strict=True)]
    return [
        Reason(ReasonCode.TOO_LARGE, f"needs {need} of {name}; the largest vehicle carries {most}")
        for name, need, most in zip(problem.capacity_names, needs, largest, strict=True)
        if need > most
    ]


def _out_of_reach(problem: Problem, task: Task) -> Sequence[Reason]:
    stops = stops_of(task)
    if any(can_reach(problem, v, stops) for v in problem.vehicles):
        return []
    text = "no vehicle can be there in time and be back within its shift and limits"
    return [Reason(ReasonCode.OUT_OF_REACH, text)]


def left_over(problem: Problem, able: frozenset[int]) -> Reason:
    """Why a task stayed behind that these vehicles could serve if it were the only one."""
    if not able:
        return Reason(
            ReasonCode.NO_SINGLE_VEHICLE, "no single vehicle has the skills, the room and the time together"
        )
    total = len(problem.vehicles)
    text = f"{len(able)} of {total} vehicles could serve it alone, but not with what the plan gives them"
    return Reason(ReasonCode.NOT_ENOUGH_ROOM, text)
