"""From a sequence of stops to a timed route: ending as early as possible, leaving as late as that allows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from haoyun.routing.plan import Route, Step, StepKind
from haoyun.routing.problem import Problem, Vehicle
from haoyun.routing.tasks import Job, Shipment, Stop, StopKind, Window

# Without a window of its own a vehicle is on duty from the origin of time on, for ever.
_FOR_EVER = 2**62


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


def path(vehicle: Vehicle, stops: Sequence[Stop]) -> list[int | None]:
    """The locations of a route, start and end included."""
    return [vehicle.start, *(stop.visit.location for stop in stops), vehicle.end]


def service_times(problem: Problem, vehicle: Vehicle, stops: Sequence[Stop]) -> list[int] | None:
    """When it departs, when each service begins, and when it has ended; None where a window is missed."""
    legs = _legs_s(problem, vehicle, stops)
    on_duty_s, off_duty_s = (
        (vehicle.window.start_s, vehicle.window.end_s) if vehicle.window else (0, _FOR_EVER)
    )
    earliest = _forward(stops, legs, on_duty_s)
    if earliest is None or earliest[-1] > off_duty_s:
        return None
    departure_s = _latest_departure(stops, legs, earliest[-1])
    return _forward(stops, legs, max(departure_s, on_duty_s))


def build_route(problem: Problem, vehicle: Vehicle, stops: Sequence[Stop]) -> Route | None:
    """The timed route with its loads, distance and cost; None where it cannot be on time."""
    times = service_times(problem, vehicle, stops)
    if times is None:
        return None
    legs = _legs_s(problem, vehicle, stops)
    where = path(vehicle, stops)
    distance_m = sum(leg_m(problem, vehicle, i, j) for i, j in pairwise(where))
    return Route(
        vehicle_id=vehicle.id,
        steps=tuple(_steps(problem, vehicle, stops, times, legs)),
        distance_m=distance_m,
        travel_s=sum(legs),
        cost=_cost(problem, vehicle, where, distance_m, sum(legs)),
    )


def _legs_s(problem: Problem, vehicle: Vehicle, stops: Sequence[Stop]) -> list[int]:
    where = path(vehicle, stops)
    return [leg_s(problem, vehicle, i, j) for i, j in pairwise(where)]


def _forward(stops: Sequence[Stop], legs: Sequence[int], departure_s: int) -> list[int] | None:
    times = [departure_s]
    now_s = departure_s
    for stop, leg in zip(stops, legs, strict=False):
        begin = opening(stop.visit.windows, now_s + leg)
        if begin is None:
            return None
        times.append(begin)
        now_s = begin + stop.visit.service_s
    return [*times, now_s + legs[-1]]


def _latest_departure(stops: Sequence[Stop], legs: Sequence[int], end_s: int) -> int:
    """Backwards from the earliest end: leaving then costs no lateness and the least waiting."""
    latest_s = end_s - legs[-1]
    for stop, leg in zip(reversed(stops), reversed(legs[:-1]), strict=True):
        begin = closing(stop.visit.windows, latest_s - stop.visit.service_s)
        assert begin is not None, "the forward pass has shown that this end can be reached"
        latest_s = begin - leg
    return latest_s


def _steps(
    problem: Problem, vehicle: Vehicle, stops: Sequence[Stop], times: Sequence[int], legs: Sequence[int]
) -> list[Step]:
    load = _initial_load(problem, stops)
    steps = [Step(StepKind.START, None, vehicle.start, times[0], times[0], times[0], load)]
    for stop, begin, leg in zip(stops, times[1:-1], legs, strict=False):
        load = _load_after(problem, load, stop)
        arrival = steps[-1].departure_s + leg
        departure = begin + stop.visit.service_s
        kind = StepKind(stop.kind.value)
        steps.append(Step(kind, stop.visit.id, stop.visit.location, arrival, begin, departure, load))
    return [*steps, Step(StepKind.END, None, vehicle.end, times[-1], times[-1], times[-1], load)]


def _initial_load(problem: Problem, stops: Sequence[Stop]) -> tuple[int, ...]:
    given = [problem.amounts(stop.task.delivery) for stop in stops if isinstance(stop.task, Job)]
    return tuple(sum(column) for column in zip(*given, strict=True)) or problem.amounts(())


def _load_after(problem: Problem, load: tuple[int, ...], stop: Stop) -> tuple[int, ...]:
    change = load_change(problem, stop)
    return tuple(a + b for a, b in zip(load, change, strict=True))


def load_change(problem: Problem, stop: Stop) -> tuple[int, ...]:
    """What a stop adds to the load of the vehicle, by capacity."""
    task = stop.task
    if isinstance(task, Shipment):
        sign = 1 if stop.kind is StopKind.PICKUP else -1
        return tuple(sign * amount for amount in problem.amounts(task.amount))
    pairs = zip(problem.amounts(task.pickup), problem.amounts(task.delivery), strict=True)
    return tuple(up - down for up, down in pairs)


def _cost(
    problem: Problem, vehicle: Vehicle, where: list[int | None], distance_m: int, travel_s: int
) -> float:
    metres: float = distance_m
    if problem.plane is not None:
        metres = problem.plane.length([place for place in where if place is not None]) * problem.plane.scale
    return vehicle.fixed_cost + metres * vehicle.cost_per_km / 1000 + travel_s * vehicle.cost_per_hour / 3600


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
