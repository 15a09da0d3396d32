"""What of a vehicle's limits is used up where it goes on."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from haoyun.routing.dynamic.standing import Standing
from haoyun.routing.legs import leg_m, leg_s
from haoyun.routing.plan import Route, StepKind
from haoyun.routing.problem import Problem
from haoyun.routing.tasks import LARGEST, Window
from haoyun.routing.vehicle import Vehicle


def spent(problem: Problem, vehicle: Vehicle, route: Route, at: Standing) -> Vehicle:
    """The vehicle with what is left of its limits; a longest duration becomes an end of its shift."""
    places = [route.steps[0].location, *(step.location for step in at.done)]
    driving = (at.heading or not at.rest) and places[-1] is not None
    legs = list(pairwise([*places, at.location] if driving else places))
    stops = sum(step.kind is not StepKind.RELOAD for step in at.done)
    reloads = len(at.done) - stops
    return replace(
        vehicle,
        max_stops=_left(vehicle.max_stops, stops),
        max_distance_m=_left(vehicle.max_distance_m, sum(leg_m(problem, vehicle, i, j) for i, j in legs)),
        max_travel_s=_left(vehicle.max_travel_s, sum(leg_s(problem, vehicle, i, j) for i, j in legs)),
        max_trips=None if vehicle.max_trips is None else max(vehicle.max_trips - reloads, 1),
        max_duration_s=None,
        window=_until(vehicle, route.steps[0].departure_s),
    )


def _left(limit: int | None, used: int) -> int | None:
    return None if limit is None else max(limit - used, 0)


def _until(vehicle: Vehicle, departed_s: int) -> Window | None:
    window = vehicle.window
    if vehicle.max_duration_s is None:
        return window
    end_s = departed_s + vehicle.max_duration_s
    if window is None:
        return Window(min(0, departed_s), min(end_s, LARGEST))
    return Window(window.start_s, min(window.end_s, end_s))
