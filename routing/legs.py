"""The small measures that every timetable is made of: legs, windows, what is called at."""

from __future__ import annotations

from collections.abc import Sequence

from haoyun.routing.problem import Problem, Vehicle
from haoyun.routing.tasks import Job, Shipment, Stop, StopKind, Window
from haoyun.routing.vehicle import Reload

# What a route calls at between its start and its end.
Call = Stop | Reload


def opening(windows: Sequence[Window], earliest_s: int) -> int | None:
    """The first instant >= `earliest_s` at which service may begin; None if there is none."""
    if not windows:
        return earliest_s
    return next((max(earliest_s, w.start_s) for w in windows if w.end_s >= earliest_s), None)


def closing(windows: Sequence[Window], latest_s: int) -> int | None:
    """The last instant <= `latest_s` at which service may begin; None if there is none."""
    if not windows:
        return latest_s
    return next((min(latest_s, w.end_s) for w in reversed(windows) if w.start_s <= latest_s), None)


def leg_s(problem: Problem, vehicle: Vehicle, origin: int | None, destination: int | None) -> int:
    """Seconds of travel; nothing from an open start or to an open end."""
    if origin is None or destination is None:
        return 0
    return int(problem.matrices_of(vehicle)[0][origin, destination])


def leg_m(problem: Problem, vehicle: Vehicle, origin: int | None, destination: int | None) -> int:
    """Metres of travel; nothing from an open start or to an open end."""
    if origin is None or destination is None:
        return 0
    return int(problem.matrices_of(vehicle)[1][origin, destination])


def place_of(call: Call) -> int:
    """The location of a call."""
    return call.location if isinstance(call, Reload) else call.visit.location


def windows_of(call: Call) -> tuple[Window, ...]:
    """The windows of a call."""
    return call.windows if isinstance(call, Reload) else call.visit.windows


def path(vehicle: Vehicle, calls: Sequence[Call]) -> list[int | None]:
    """The locations of a route, start (or where the vehicle goes on) and end included."""
    return [vehicle.begins_at, *(place_of(call) for call in calls), vehicle.end]


def setup_of(call: Call, came_from: int | None) -> int:
    """Seconds of setup: none at a reload or where the vehicle is already."""
    if isinstance(call, Reload) or came_from == call.visit.location:
        return 0
    return call.visit.setup_s


def released_s(calls: Sequence[Call]) -> int | None:
    """When all jobs up to the next reload have been released; None if none of them has to be."""
    latest: int | None = None
    for call in calls:
        if isinstance(call, Reload):
            break
        if isinstance(call.task, Job) and call.task.release_s is not None:
            latest = max(call.task.release_s, call.task.release_s if latest is None else latest)
    return latest


def load_change(problem: Problem, stop: Stop) -> tuple[int, ...]:
    """What a stop adds to the load of the vehicle, by capacity."""
    task = stop.task
    if isinstance(task, Shipment):
        sign = 1 if stop.kind is StopKind.PICKUP else -1
        return tuple(sign * amount for amount in problem.amounts(task.amount))
    pairs = zip(problem.amounts(task.pickup), problem.amounts(task.delivery), strict=True)
    return tuple(up - down for up, down in pairs)
