"""A plan as VROOM's JSON answer."""

from __future__ import annotations

import math
from typing import Any

from haoyun.routing.plan import Plan, Route, Step, Unassigned
from haoyun.routing.problem import Problem


def as_vroom(problem: Problem, plan: Plan) -> dict[str, Any]:
    """The plan as a VROOM response (code 0), with the reasons beside each unassigned task."""
    unassigned = [entry for task in plan.unassigned for entry in _unassigned(problem, task)]
    return {
        "code": 0,
        "summary": {**_summary(plan), "unassigned": len(unassigned)},
        "unassigned": unassigned,
        "routes": [_route(route) for route in plan.routes],
    }


def _summary(plan: Plan) -> dict[str, Any]:
    steps = [step for route in plan.routes for step in route.stops]
    return {
        "cost": math.ceil(plan.cost),
        "routes": plan.vehicles,
        "service": sum(step.departure_s - step.start_service_s for step in steps),
        "duration": plan.travel_s,
        "waiting_time": sum(step.waiting_s for step in steps),
        "distance": plan.distance_m,
    }


def _unassigned(problem: Problem, entry: Unassigned) -> list[dict[str, Any]]:
    reasons = [{"code": reason.code.value, "text": reason.text} for reason in entry.reasons]
    if entry.kind == "job":
        return [{"id": entry.id, "type": "job", "reasons": reasons}]
    shipment = next(s for s in problem.shipments if s.id == entry.id)
    ends = (("pickup", shipment.pickup.id), ("delivery", shipment.delivery.id))
    return [{"id": visit_id, "type": name, "reasons": reasons} for name, visit_id in ends]


def _route(route: Route) -> dict[str, Any]:
    return {
        "vehicle": route.vehicle_id,
        "cost": math.ceil(route.cost),
        "service": sum(step.departure_s - step.start_service_s for step in route.stops),
        "duration": route.travel_s,
        "waiting_time": sum(step.waiting_s for step in route.stops),
        "distance": route.distance_m,
        "steps": [_step(step) for step in route.steps if step.location is not None],
    }


def _step(step: Step) -> dict[str, Any]:
    named = {} if step.id is None else {"id": step.id}
    return {
        "type": step.kind.value,
        **named,
        "location_index": step.location,
        "arrival": step.arrival_s,
        "waiting_time": step.waiting_s,
        "service": step.departure_s - step.start_service_s,
        "load": list(step.load),
    }
