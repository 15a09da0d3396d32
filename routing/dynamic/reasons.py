"""Why a task has no vehicle after a re-planning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from haoyun.routing.dynamic.day import TaskKey
from haoyun.routing.hours import NONE, RESTED
from haoyun.routing.legs import leg_s
from haoyun.routing.plan import Plan, Reason, ReasonCode, Unassigned
from haoyun.routing.problem import Problem
from haoyun.routing.reasons import why_unassigned
from haoyun.routing.tasks import Shipment, clock
from haoyun.routing.vehicle import Vehicle

# Each asks every vehicle, which takes some ten milliseconds; who loses more than this has other worries.
_MOST_DETAILED = 4


def with_reasons(problem: Problem, plan: Plan, before: Plan) -> Plan:
    """The plan with a reason for each task that stayed behind; those that were behind already keep theirs."""
    known: Mapping[TaskKey, Unassigned] = {(entry.kind, entry.id): entry for entry in before.unassigned}
    carriers = {name: v for v in problem.vehicles if v.underway for name in v.underway.on_board}
    free: Problem | None = None
    entries, detailed = [], 0
    for task in plan.left_out(problem):
        entry = Unassigned.of(task)
        old = known.get((entry.kind, entry.id))
        carrier = carriers.get(task.id) if isinstance(task, Shipment) else None
        if isinstance(task, Shipment) and carrier is not None:
            reasons: tuple[Reason, ...] = (_on_board(problem, carrier, task),)
        elif old is not None and old.reasons:
            reasons = old.reasons
        elif detailed < _MOST_DETAILED:
            detailed += 1
            free = free or _free(problem)
            reasons = why_unassigned(free, task)
        else:
            reasons = (Reason(ReasonCode.NOT_ENOUGH_ROOM, "no vehicle nearby has a place for it"),)
        entries.append(replace(entry, reasons=reasons))
    return replace(plan, unassigned=tuple(entries))


def _free(problem: Problem) -> Problem:
    """For reasons: nothing fixed, and no driver hours, under which timetables take too long."""
    fleet = (
        replace(v, hours=NONE, driver=RESTED, underway=v.underway and replace(v.underway, fixed=()))
        for v in problem.vehicles
    )
    return replace(problem, vehicles=tuple(fleet))


def _on_board(problem: Problem, vehicle: Vehicle, shipment: Shipment) -> Reason:
    way = vehicle.underway
    assert way is not None
    arrival_s = way.time_s + leg_s(problem, vehicle, way.location, shipment.delivery.location)
    text = f"it is on board {vehicle.label}, which could be there at {clock(arrival_s)} at the earliest"
    windows = shipment.delivery.windows
    if windows:
        text += f"; service begins no later than {clock(windows[-1].end_s)}"
    return Reason(ReasonCode.OUT_OF_REACH, text)
