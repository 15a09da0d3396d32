"""A plan as GeoJSON (RFC 7946): a line a route and a point a step, longitude first, in WGS-84."""

from __future__ import annotations

from typing import Any

from haoyun.routing.errors import BadFormat
from haoyun.routing.formats.plan_table import PlanTables
from haoyun.routing.legend import Legend, Point, divided
from haoyun.routing.plan import Plan, Route, Step
from haoyun.routing.problem import Problem


def as_geojson(problem: Problem, plan: Plan, legend: Legend) -> dict[str, Any]:
    """A FeatureCollection. Lines run straight from stop to stop: a Problem knows lengths, not roads.

    Raises BadFormat where the file gives no place on the globe, or not for every stop.
    """
    if not legend.geographic:
        what = "coordinates of a plane" if any(legend.points) else "no coordinates"
        raise BadFormat(f"GeoJSON needs longitudes and latitudes; this file has {what}")
    writer = _Writer(problem, plan, legend)
    features: list[dict[str, Any] | None] = [
        writer.line(number, route) for number, route in enumerate(plan.routes, start=1)
    ]
    for route in plan.routes:
        features += [writer.stop(route, place, step) for place, step in enumerate(route.steps)]
    features += writer.unassigned()
    return {"type": "FeatureCollection", "features": [f for f in features if f is not None]}


class _Writer:
    """Writes features; knows where things lie and how figures are written."""

    def __init__(self, problem: Problem, plan: Plan, legend: Legend) -> None:
        self._problem = problem
        self._plan = plan
        self._legend = legend
        self._figures = PlanTables(problem, plan, legend, "en")

    def _point(self, location: int, label: str) -> Point:
        point = self._legend.point(location)
        if point is None:
            raise BadFormat(f"GeoJSON needs the longitude and latitude of every stop; {label} has none")
        return point

    def line(self, number: int, route: Route) -> dict[str, Any]:
        """A route; a single place is a line of no length."""
        places = [step for step in route.steps if step.location is not None]
        points = [self._point(step.location or 0, f"{step.kind} {step.id}") for step in places]
        points = points if len(points) > 1 else points * 2
        properties = {
            "kind": "route",
            "route": number,
            "vehicle": route.vehicle_id,
            "stops": [step.id for step in route.stops],
            "distance": self._figures.distance(route.distance_m),
            "travel": self._figures.span(route.travel_s),
            "cost": divided(route.cost, self._legend.money_parts),
        }
        return _feature("LineString", [list(point) for point in points], properties)

    def stop(self, route: Route, place: int, step: Step) -> dict[str, Any] | None:
        """A step; None at the open start or end of a route."""
        if step.location is None:
            return None
        properties = {
            "kind": step.kind.value,
            "id": step.id,
            "vehicle": route.vehicle_id,
            "position": place,
            "arrival": self._figures.when(step.arrival_s),
            "begin": self._figures.when(step.start_service_s),
            "departure": self._figures.when(step.departure_s),
            "load": self._legend.amounts(step.load),
            "description": self._legend.descriptions.get((step.kind.value, step.id or "")),
        }
        return _feature("Point", list(self._point(step.location, f"{step.kind} {step.id}")), properties)

    def unassigned(self) -> list[dict[str, Any] | None]:
        """A point for each stop that nobody serves."""
        reasons = {(entry.kind, entry.id): [r.text for r in entry.reasons] for entry in self._plan.unassigned}
        left = {(entry.kind, entry.id) for entry in self._plan.unassigned}
        found: list[dict[str, Any] | None] = []
        for stop in self._problem.stops:
            kind = "job" if stop.kind == "job" else "shipment"
            if (kind, stop.task.id) in left:
                why = reasons["job" if kind == "job" else "shipment", stop.task.id]
                properties = {
                    "kind": "unassigned",
                    "id": stop.visit.id,
                    "type": str(stop.kind),
                    "reasons": why,
                }
                point = self._point(stop.visit.location, f"{stop.kind} {stop.visit.id}")
                found.append(_feature("Point", list(point), properties))
        return found


def _feature(kind: str, coordinates: object, properties: dict[str, Any]) -> dict[str, Any]:
    geometry = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "geometry": geometry, "properties": properties}
