"""A plan as the JSON that is stored with the job and drawn on its page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from haoyun.platform.planning.roads import Roads
from haoyun.routing import Plan, Problem, Route, Step, as_json

Points = list[tuple[float, float]]


def plan_document(
    problem: Problem, plan: Plan, points: Points | None, labels: Mapping[str, Any] | None, roads: Roads
) -> dict[str, Any]:
    """The plan's report (`as_json`), each route step by step with its line where positions are known, and why
    what is unassigned stayed behind. `labels` (what the ids mean) is passed through.
    """
    return {
        **as_json(problem, plan),
        "seed": plan.seed,
        "method": plan.method,
        "objective": str(plan.objective),
        "capacity_names": list(problem.capacity_names),
        "steps": [_route(route, points, roads) for route in plan.routes],
        "why_unassigned": [
            {"id": entry.id, "reasons": [{"code": str(r.code), "text": r.text} for r in entry.reasons]}
            for entry in plan.unassigned
        ],
        "labels": dict(labels or {}),
    }


def _route(route: Route, points: Points | None, roads: Roads) -> dict[str, Any]:
    document: dict[str, Any] = {
        "vehicle": route.vehicle_id,
        "distance_m": route.distance_m,
        "travel_s": route.travel_s,
        "duration_s": route.duration_s,
        "cost": route.cost,
        "steps": [_step(step, points) for step in route.steps],
    }
    if points is not None:
        passed = [points[step.location] for step in route.steps if step.location is not None]
        document["line"] = roads.line(passed)
    return document


def _step(step: Step, points: Points | None) -> dict[str, Any]:
    document: dict[str, Any] = {
        "kind": str(step.kind),
        "id": step.id,
        "arrival_s": step.arrival_s,
        "start_service_s": step.start_service_s,
        "departure_s": step.departure_s,
        "load": list(step.load),
    }
    if points is not None and step.location is not None:
        document["lat"], document["lon"] = points[step.location]
    return document
