"""From what a vehicle calls at, in order, to a timed route: the pure rule by which every plan is built.

The route ends as early as possible and leaves as late as that allows (timetable.py; with driver hours shifts.py, which
says where breaks go). Loads, load sequence, limits and skills are stated, not judged: that is the auditor's part.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from haoyun.routing.legs import Call, leg_m, path, place_of
from haoyun.routing.plan import CostParts, Route, Step, StepKind
from haoyun.routing.problem import Problem, Vehicle
from haoyun.routing.tasks import StopKind
from haoyun.routing.timetable import (
    Line,
    Timetable,
    departures_worth_trying,
    earliest_end,
    forward,
    line_of,
)
from haoyun.routing.vehicle import Reload


def times_of(problem: Problem, vehicle: Vehicle, calls: Sequence[Call]) -> Timetable | None:
    """When to be where; None where a window, the shift or the driver's hours cannot be kept."""
    return _times(line_of(problem, vehicle, calls), vehicle)


def build_route(problem: Problem, vehicle: Vehicle, stops: Sequence[Call]) -> Route | None:
    """The timed route with its loads, distance, costs and pauses; None where it cannot be on time.

    `stops`: stops of tasks and the vehicle's reloads in order.
    """
    line = line_of(problem, vehicle, stops)
    times = _times(line, vehicle)
    if times is None:
        return None
    where = path(vehicle, stops)
    distance_m = sum(leg_m(problem, vehicle, i, j) for i, j in pairwise(where))
    worked_s = sum(w for w, reload in zip(line.work_s, line.is_reload, strict=True) if not reload)
    travel_s = sum(line.legs_s)
    parts = CostParts(
        fixed=vehicle.fixed_cost,
        distance=_metres(problem, where, distance_m) * vehicle.cost_per_km / 1000,
        travel=travel_s * vehicle.cost_per_hour / 3600,
        duty=times.duration_s * vehicle.cost_per_duty_hour / 3600,
        tasks=worked_s * vehicle.cost_per_task_hour / 3600,
    )
    return Route(
        vehicle_id=vehicle.id,
        steps=tuple(_steps(vehicle, stops, line, times)),
        distance_m=distance_m,
        travel_s=travel_s,
        cost=parts.total,
        parts=parts,
        pauses=times.pauses,
        revenue=sum(_revenue(call) for call in stops),
    )


def _times(line: Line, vehicle: Vehicle) -> Timetable | None:
    """The earliest end, then the latest departure.

    With a limit on duration one that keeps it, if there is one among the departures worth trying.
    """
    max_duration_s = vehicle.max_duration_s
    if vehicle.hours.binds:
        from haoyun.routing.shifts import Shifts  # noqa: PLC0415 - compiled; not for those who ask for no hours

        return Shifts(line, vehicle.hours, vehicle.driver).best(max_duration_s)
    found = earliest_end(line)
    if found is None or max_duration_s is None or found.duration_s <= max_duration_s:
        return found
    tried = (forward(line, departure) for departure in departures_worth_trying(line, 0, 1))
    in_time = [t for t in tried if t is not None and t.duration_s <= max_duration_s]
    return min(in_time, key=lambda t: t.end_s, default=found)


def _revenue(call: Call) -> int:
    earns = not isinstance(call, Reload) and call.kind is not StopKind.PICKUP
    return call.task.revenue if earns and not isinstance(call, Reload) else 0


def _steps(vehicle: Vehicle, calls: Sequence[Call], line: Line, times: Timetable) -> list[Step]:
    loads, t = line.loads, times.departure_s
    steps = [Step(StepKind.START, None, vehicle.begins_at, t, t, t, loads.on_board[0])]
    for number, call in enumerate(calls):
        reload = isinstance(call, Reload)
        begin = times.begins_s[number]
        steps.append(
            Step(
                kind=StepKind.RELOAD if isinstance(call, Reload) else StepKind(call.kind.value),
                id=call.id if isinstance(call, Reload) else call.visit.id,
                location=place_of(call),
                arrival_s=times.arrivals_s[number],
                start_service_s=begin,
                departure_s=begin + line.work_s[number],
                load=loads.on_board[number + 1],
                setup_s=0 if reload else line.setup_s[number],
                cleaning_s=loads.cleaning_s[number],
            )
        )
    end = times.end_s
    return [*steps, Step(StepKind.END, None, vehicle.end, end, end, end, loads.on_board[-1])]


def _metres(problem: Problem, where: list[int | None], distance_m: int) -> float:
    if problem.plane is None:
        return distance_m
    return problem.plane.length([place for place in where if place is not None]) * problem.plane.scale
