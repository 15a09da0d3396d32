"""A plan as one JSON object for the command line and the API."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from haoyun.routing.check import violations
from haoyun.routing.plan import Plan, Route
from haoyun.routing.problem import Id, Problem, Shipment, Task


def as_json(problem: Problem, plan: Plan) -> dict[str, Any]:
    """The plan with the ids of the file, depots left out.

    `feasible`: everything is served and no rule is broken. `distance` is in metres, for academic instances
    in the file's unit with decimals; `cost` at the vehicles' rates (for those instances: the distance).
    """
    return {
        "feasible": not plan.unassigned and not violations(problem, plan),
        "cost": _plain(plan.cost),
        "distance": _plain(_distance(problem, plan)),
        "vehicles": plan.vehicles,
        "unassigned": _unassigned_ids(problem, plan),
        "seconds": round(plan.seconds, 3),
        "routes": [{"vehicle": route.vehicle_id, "stops": [s.id for s in route.stops]} for route in plan.routes],
    }


def _distance(problem: Problem, plan: Plan) -> float:
    if problem.plane is None:
        return plan.distance_m
    return sum(_length(problem, route) for route in plan.routes)


def _length(problem: Problem, route: Route) -> float:
    assert problem.plane is not None
    places = [step.location for step in route.steps if step.location is not None]
    return sum(problem.plane.between(i, j) for i, j in pairwise(places))


def _unassigned_ids(problem: Problem, plan: Plan) -> list[Id]:
    left = {(entry.kind, entry.id) for entry in plan.unassigned}
    return [visit.id for task in problem.tasks if (_kind(task), task.id) in left for visit in task.visits]


def _kind(task: Task) -> str:
    return "shipment" if isinstance(task, Shipment) else "job"


def _plain(value: float) -> float | int:
    """Whole numbers without a decimal point, others to a millionth."""
    rounded = round(value, 6)
    return int(rounded) if rounded == int(rounded) else rounded
