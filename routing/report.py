"""A plan as one JSON object for the command line and the API."""

from __future__ import annotations

from typing import Any

from haoyun.routing.check import violations
from haoyun.routing.legend import Legend, divided
from haoyun.routing.plan import Plan, Route
from haoyun.routing.problem import Objective, Problem


def as_json(problem: Problem, plan: Plan, legend: Legend | None = None) -> dict[str, Any]:
    """The plan with the ids of the file, depots left out.

    `feasible`: everything is served (for profit: what is mandatory) and no rule is broken. `distance` is in
    metres, for academic instances in the file's unit with decimals, None where the file gives times alone; `cost`
    at the vehicles' rates (for those instances: the distance). For profit, `uncollected` is the revenue of what is
    left out; published costs of instances with prizes are `cost` plus `uncollected`.
    """
    legend = legend or Legend()
    left = plan.left_out(problem)
    optional = problem.objective is Objective.PROFIT
    missed = sum(task.revenue for task in left)
    return {
        "feasible": not any(task.mandatory or not optional for task in left)
        and not violations(problem, plan),
        "cost": divided(plan.cost, legend.money_parts),
        **({"uncollected": divided(missed, legend.money_parts)} if optional else {}),
        "distance": _distance(problem, plan, legend),
        "vehicles": plan.vehicles,
        "unassigned": [visit.id for task in left for visit in task.visits],
        "seconds": round(plan.seconds, 3),
        "routes": [{"vehicle": r.vehicle_id, "stops": [step.id for step in r.stops]} for r in plan.routes],
    }


def _distance(problem: Problem, plan: Plan, legend: Legend) -> float | None:
    if not legend.has_distances:
        return None
    if problem.plane is None:
        return divided(plan.distance_m, legend.distance_parts)
    return divided(sum(problem.plane.length(_places(route)) for route in plan.routes), 1)


def _places(route: Route) -> list[int]:
    return [step.location for step in route.steps if step.location is not None]
