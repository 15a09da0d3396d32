"""A plan as the JSON that is stored with the job and drawn on its page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from haoyun.platform.planning.roads import Roads
from haoyun.routing import Pause, Plan, Problem, Route, RouteView, Step, as_json, view

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Places:
    """Where the locations lie, (lat, lon) by number as far as known; `roads`: what lines follow, else straight."""

    points: Sequence[Point | None] = ()
    roads: Roads | None = None

    def of(self, location: int | None) -> Point | None:
        """The position of a location, if it is known."""
        return self.points[location] if location is not None and location < len(self.points) else None

    def line(self, passed: list[Point]) -> list[list[float]]:
        """[lat, lon] pairs of the way through the points."""
        return [list(point) for point in passed] if self.roads is None else self.roads.line(passed)


def plan_document(
    problem: Problem, plan: Plan, places: Places, labels: Mapping[str, Any] | None = None
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
        "steps": [_route(route, view(problem, route), places) for route in plan.routes],
        "why_unassigned": [
            {
                "kind": entry.kind,
                "id": entry.id,
                "reasons": [{"code": str(r.code), "text": r.text} for r in entry.reasons],
            }
            for entry in plan.unassigned
        ],
        "labels": dict(labels or {}),
    }


def _route(route: Route, seen: RouteView, places: Places) -> dict[str, Any]:
    parts = {name: getattr(seen.parts, name) for name in ("fixed", "distance", "travel", "duty", "tasks")}
    document: dict[str, Any] = {
        "vehicle": route.vehicle_id,
        "distance_m": route.distance_m,
        "travel_s": route.travel_s,
        "duration_s": route.duration_s,
        "cost": route.cost,
        "revenue": seen.revenue,
        "parts": {name: value for name, value in parts.items() if value},
        "pauses": [_pause(pause) for pause in route.pauses],
        "steps": [
            _step(step, places) | {"slack_s": slack_s, "filled": [round(share, 3) for share in filled]}
            for step, slack_s, filled in zip(route.steps, seen.slack_s, seen.filled, strict=True)
        ],
    }
    passed = [point for step in route.steps if (point := places.of(step.location)) is not None]
    if passed:
        document["line"] = places.line(passed)
    return document


def _pause(pause: Pause) -> dict[str, Any]:
    return {"kind": str(pause.kind), "start_s": pause.start_s, "duration_s": pause.duration_s}


def _step(step: Step, places: Places) -> dict[str, Any]:
    document: dict[str, Any] = {
        "kind": str(step.kind),
        "id": step.id,
        "arrival_s": step.arrival_s,
        "start_service_s": step.start_service_s,
        "departure_s": step.departure_s,
        "load": list(step.load),
    }
    point = places.of(step.location)
    if point is not None:
        document["lat"], document["lon"] = point
    return document
