"""Instants of whole problems, and the names under which the engines know the measures of a route."""

from __future__ import annotations

from collections.abc import Sequence

from haoyun.routing.legs import Call, closing, leg_m, leg_s, load_change, opening, path
from haoyun.routing.problem import Problem, Vehicle
from haoyun.routing.schedule import build_route, times_of

__all__ = [
    "build_route", "closing", "leg_m", "leg_s", "load_change", "opening", "path", "service_times", "time_span",
]  # fmt: skip


def service_times(problem: Problem, vehicle: Vehicle, stops: Sequence[Call]) -> list[int] | None:
    """When it departs, when each service begins, and when the route ends; None where it cannot be on time."""
    times = times_of(problem, vehicle, stops)
    return None if times is None else [times.departure_s, *times.begins_s, times.end_s]


def time_span(problem: Problem) -> tuple[int, int]:
    """The first and the last instant that can matter; both finite, whatever windows are missing."""
    stops = problem.stops
    windows = [w for stop in stops for w in stop.visit.windows] + [
        v.window for v in problem.vehicles if v.window
    ]
    origin_s = min([0, *(w.start_s for w in windows)])
    if all(v.window for v in problem.vehicles):
        origin_s = min(v.window.start_s for v in problem.vehicles if v.window)
        return origin_s, max(v.window.end_s for v in problem.vehicles if v.window)
    longest = max(int(problem.matrices_of(v)[0].max(initial=0)) for v in problem.vehicles)
    busy = sum(stop.visit.service_s for stop in stops) + longest * (len(stops) + 1)
    return origin_s, max([0, *(w.end_s for w in windows)]) + busy
