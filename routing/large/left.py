"""Why tasks of a large plan stayed behind: looking at every vehicle for each would take longer than the search."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from haoyun.routing.alone import could_serve, has_room, has_skills
from haoyun.routing.hours import NONE, RESTED
from haoyun.routing.large.atlas import Atlas
from haoyun.routing.plan import Plan, Reason, ReasonCode, Unassigned
from haoyun.routing.problem import Problem
from haoyun.routing.reasons import why_unassigned
from haoyun.routing.tasks import Task, stops_of

_NEAREST = 24


def explained(atlas: Atlas, plan: Plan) -> Plan:
    """The plan with a reason for each task that it leaves.

    The vehicles nearest to the task's first stop that have the skills and the room are asked whether they could serve
    it alone: asking all two thousand for each task takes minutes. Driver hours are left aside, as in `solve`.
    """
    problem = _without_hours(atlas.problem)
    number = {(Unassigned.of(task).kind, task.id): n for n, task in enumerate(atlas.tasks)}
    tasks = (atlas.tasks[number[entry.kind, entry.id]] for entry in plan.unassigned)
    entries = (Unassigned.of(task, _reasons(atlas, problem, task)) for task in tasks)
    return replace(plan, unassigned=tuple(entries))


def _reasons(atlas: Atlas, problem: Problem, task: Task) -> tuple[Reason, ...]:
    stops = stops_of(task)
    fitting = _nearest_able(atlas, problem, task)
    if not fitting:
        return why_unassigned(problem, task)
    if any(could_serve(problem, problem.vehicles[v], task, stops) for v in fitting):
        text = "vehicles near it could serve it alone, but not with what the plan gives them"
        return (Reason(ReasonCode.NOT_ENOUGH_ROOM, text),)
    text = f"none of the {len(fitting)} nearest vehicles with the skills and the room can be there in time"
    return (Reason(ReasonCode.OUT_OF_REACH, text),)


def _nearest_able(atlas: Atlas, problem: Problem, task: Task) -> list[int]:
    place = atlas.places[task.visits[0].location]
    order = np.argsort(((atlas.start_points - place) ** 2).sum(axis=1), kind="stable")
    found: list[int] = []
    for v in order.tolist():
        vehicle = problem.vehicles[v]
        if has_skills(vehicle, task) and has_room(problem, vehicle, task):
            found.append(v)
            if len(found) == _NEAREST:
                break
    return found


def _without_hours(problem: Problem) -> Problem:
    if not any(vehicle.hours.binds for vehicle in problem.vehicles):
        return problem
    fleet = (replace(vehicle, hours=NONE, driver=RESTED) for vehicle in problem.vehicles)
    return replace(problem, vehicles=tuple(fleet))
