"""Why a task is unassigned: the constraints that rule every vehicle out, or else that the fleet was full."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from haoyun.routing.able import Able
from haoyun.routing.alone import able_vehicles, can_reach, could_serve, loads
from haoyun.routing.hours import NONE, RESTED
from haoyun.routing.plan import Plan, Reason, ReasonCode, Unassigned
from haoyun.routing.problem import Problem, Vehicle
from haoyun.routing.tasks import Task, stops_of

# Timetables under driver hours that reasons may take, where the search has worked out nothing.
_MOST_TIMETABLES = 2000
# As many times a vehicle may be asked without them.
_MOST_QUESTIONS = 20_000
_NOT_WORKED_OUT = Reason(
    ReasonCode.NOT_ENOUGH_ROOM,
    "the plan has no place for it; which vehicles could serve it alone is not known",
)


def explained(problem: Problem, plan: Plan, able: Able | None) -> Plan:
    """The plan with the reasons for each task that it leaves.

    `able`: what the search has worked out. Without it vehicles are asked one by one, where there are many of them
    leaving driver hours aside: thousands of timetables would take longer than the search.
    """
    left = plan.left_out(problem)
    if able is None and len(left) * len(problem.vehicles) > _MOST_TIMETABLES:
        problem = _without_hours(problem)
    too_many = len(left) * len(problem.vehicles) > _MOST_QUESTIONS
    number = {id(task): n for n, task in enumerate(problem.tasks)}
    entries = []
    for task in left:
        figures = None if able is None else (able, number[id(task)])
        if figures is not None:
            reasons = _by_figures(problem, task, *figures)
        elif too_many:
            reasons = (*_missing_skills(problem, task), *_too_large(problem, task)) or (_NOT_WORKED_OUT,)
        else:
            reasons = why_unassigned(problem, task)
        if not plan.method and reasons[0].code is ReasonCode.NOT_ENOUGH_ROOM:
            text = "the search found no plan within its time limit"
            reasons = (Reason(ReasonCode.NOT_ENOUGH_TIME, text),)
        entries.append(Unassigned.of(task, reasons))
    return replace(plan, unassigned=tuple(entries))


def why_unassigned(problem: Problem, task: Task) -> tuple[Reason, ...]:
    """The static reasons against a task, each enough on its own; NOT_ENOUGH_ROOM if a vehicle could serve it."""
    able = len(able_vehicles(problem, [task])[0])
    if able:
        return (left_over(problem, able),)
    reasons = (*_missing_skills(problem, task), *_too_large(problem, task), *_out_of_reach(problem, task))
    return reasons or (left_over(problem, 0),)


def _by_figures(problem: Problem, task: Task, able: Able, number: int) -> tuple[Reason, ...]:
    if able.vehicles[number]:
        return (left_over(problem, able.vehicles[number]),)
    reasons = [*_missing_skills(problem, task), *_too_large(problem, task)]
    if able.without_hours[number]:
        reasons.append(_hours(able.without_hours[number]))
    elif not able.in_reach[number]:
        reasons.append(_NOBODY_IN_TIME)
    return tuple(reasons) or (left_over(problem, 0),)


def _without_hours(problem: Problem) -> Problem:
    if not any(vehicle.hours.binds for vehicle in problem.vehicles):
        return problem
    return replace(problem, vehicles=tuple(_free(vehicle) for vehicle in problem.vehicles))


def _free(vehicle: Vehicle) -> Vehicle:
    return replace(vehicle, hours=NONE, driver=RESTED)


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


_NOBODY_IN_TIME = Reason(
    ReasonCode.OUT_OF_REACH, "no vehicle can be there in time and be back within its shift and limits"
)


def _hours(vehicles: int) -> Reason:
    text = (
        f"no driver can be there in time within the driver hours; {vehicles} could without breaks and rests"
    )
    return Reason(ReasonCode.DRIVER_HOURS, text)


def _out_of_reach(problem: Problem, task: Task) -> Sequence[Reason]:
    stops = stops_of(task)
    if any(can_reach(problem, v, stops) for v in problem.vehicles):
        return []
    free = sum(could_serve(problem, _free(v), task, stops) for v in problem.vehicles if v.hours.binds)
    return [_hours(free) if free else _NOBODY_IN_TIME]


def left_over(problem: Problem, able: int) -> Reason:
    """Why a task stayed behind that so many vehicles could serve if it were the only one."""
    if not able:
        return Reason(
            ReasonCode.NO_SINGLE_VEHICLE, "no single vehicle has the skills, the room and the time together"
        )
    total = len(problem.vehicles)
    text = f"{able} of {total} vehicles could serve it alone, but not with what the plan gives them"
    return Reason(ReasonCode.NOT_ENOUGH_ROOM, text)
