"""Why a task is unassigned: the constraints that rule every vehicle out, or else that the fleet was full."""

from __future__ import annotations

from collections.abc import Sequence

from haoyun.routing.alone import can_reach, has_room, has_skills, loads, stops_of
from haoyun.routing.plan import Reason, ReasonCode
from haoyun.routing.problem import Problem, Task, Vehicle


def why_unassigned(problem: Problem, task: Task) -> tuple[Reason, ...]:
    """The static reasons against a task, each enough on its own; NOT_ENOUGH_ROOM if some vehicle could serve it."""
    reasons = (*_missing_skills(problem, task), *_too_large(problem, task), *_out_of_reach(problem, task))
    return reasons or (_left_over(problem, task),)


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
    stops = stops_of(problem, task)
    if any(can_reach(problem, v, stops) for v in problem.vehicles):
        return []
    return [Reason(ReasonCode.OUT_OF_REACH, "no vehicle can be there in time and be back within its shift and limits")]


def _left_over(problem: Problem, task: Task) -> Reason:
    able = [v for v in problem.vehicles if _could_serve(problem, v, task)]
    if not able:
        return Reason(ReasonCode.NO_SINGLE_VEHICLE, "no single vehicle has the skills, the room and the time together")
    return Reason(
        ReasonCode.NOT_ENOUGH_ROOM, f"{len(able)} of {len(problem.vehicles)} vehicles could serve it, but were full"
    )


def _could_serve(problem: Problem, vehicle: Vehicle, task: Task) -> bool:
    fits = has_skills(vehicle, task) and has_room(problem, vehicle, task)
    return fits and can_reach(problem, vehicle, stops_of(problem, task))
