"""Which vehicles and tasks are worth looking at after a change: those whose ways pass near, in space and time.

For every vehicle the detour to each place that matters is worked out over all its legs at once, as if it were empty;
room and exact times are the search's part.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from haoyun.routing.plan import Plan
from haoyun.routing.problem import Problem
from haoyun.routing.tasks import Shipment, Task, Visit
from haoyun.routing.vehicle import Vehicle

# So many vehicles, stops and tasks without a vehicle make a part that a search works through in a fraction of a second.
MOST_VEHICLES = 24
MOST_STOPS = 320
MOST_LEFT = 30
# Of the tasks that changes are about, so many are asked for vehicles near them.
_MOST_ASKING = 16
_FAR = 2**60


@dataclass(frozen=True, slots=True)
class _Legs:
    """All legs of all vehicles: l rows."""

    vehicle: NDArray[np.int64]
    origin: NDArray[np.int64]
    destination: NDArray[np.int64]  # the origin again where the route is open
    ready_s: NDArray[np.int64]  # when the vehicle leaves the origin


def nearby(
    problem: Problem, plan: Plan, asking: Sequence[Task], touched: Iterable[int], left: Sequence[Task]
) -> tuple[list[int], list[Task]]:
    """Positions of the vehicles near the tasks that ask, touched ones included, and of `left` the nearest to them.

    `left`: tasks that no vehicle serves; those that ask are not looked at again.
    """
    stops = {route.vehicle_id: len(route.stops) for route in plan.routes}
    legs = _legs(problem, plan)
    chosen = dict.fromkeys(touched)
    count = sum(stops.get(problem.vehicles[n].id, 0) for n in chosen)
    rankings = [_ranked(problem, legs, task) for task in asking[:_MOST_ASKING]]
    for place in range(len(problem.vehicles)):
        for ranking in rankings:
            if place >= len(ranking) or ranking[place] in chosen:
                continue
            more = stops.get(problem.vehicles[ranking[place]].id, 0)
            if len(chosen) < MOST_VEHICLES and count + more <= MOST_STOPS:
                chosen[ranking[place]] = None
                count += more
        if len(chosen) >= MOST_VEHICLES:
            break
    return sorted(chosen), _nearest(problem, legs, list(chosen), asking, left)


def _legs(problem: Problem, plan: Plan) -> _Legs:
    position = {vehicle.id: n for n, vehicle in enumerate(problem.vehicles)}
    rows: list[tuple[int, int, int, int]] = []
    driving = set()
    for route in plan.routes:
        number = position[route.vehicle_id]
        driving.add(number)
        places = [step.location for step in route.steps]
        for step, there in zip(route.steps, [*places[1:], None], strict=True):
            if (step.location is not None and step.id is not None) or step is route.steps[0]:
                here = there if step.location is None else step.location
                if here is not None:
                    rows.append((number, here, here if there is None else there, step.departure_s))
    for number, vehicle in enumerate(problem.vehicles):
        if number not in driving:
            rows += _idle_legs(number, vehicle)
    table = np.array(rows, dtype=np.int64).reshape(-1, 4)
    return _Legs(table[:, 0], table[:, 1], table[:, 2], table[:, 3])


def _idle_legs(number: int, vehicle: Vehicle) -> list[tuple[int, int, int, int]]:
    here = vehicle.begins_at
    if here is None:
        return []
    return [(number, here, here if vehicle.end is None else vehicle.end, vehicle.on_duty_s)]


def _ranked(problem: Problem, legs: _Legs, task: Task) -> list[int]:
    """Vehicles that have the skills, the nearest first."""
    detour = _detours(problem, legs, task)
    able = np.array([task.skills <= vehicle.skills for vehicle in problem.vehicles])
    detour[~able] = _FAR
    order = np.argsort(detour, kind="stable")
    return [int(n) for n in order if detour[n] < _FAR]


def _detours(problem: Problem, legs: _Legs, task: Task) -> NDArray[np.int64]:
    """By vehicle the seconds that the task's stops take besides, each at its best place."""
    visits = [task.pickup, task.delivery] if isinstance(task, Shipment) else list(task.visits)
    total = np.zeros(len(problem.vehicles), dtype=np.int64)
    for visit in visits:
        best = np.full(len(problem.vehicles), _FAR, dtype=np.int64)
        np.minimum.at(best, legs.vehicle, _detour(problem, legs, visit))
        total = np.minimum(total + best, _FAR)
    return total


def _detour(problem: Problem, legs: _Legs, visit: Visit) -> NDArray[np.int64]:
    """By leg: seconds to go there on the way; what is late or waits long is counted as farther."""
    times = problem.durations_s
    there, back = times[legs.origin, visit.location], times[visit.location, legs.destination]
    detour: NDArray[np.int64] = there + back - times[legs.origin, legs.destination]
    if visit.windows:
        arrival_s = legs.ready_s + there
        late_s = np.maximum(arrival_s - visit.windows[-1].end_s, 0)
        early_s = np.maximum(visit.windows[0].start_s - arrival_s, 0)
        detour = detour + 4 * late_s + early_s // 4
    return detour


def _nearest(
    problem: Problem, legs: _Legs, chosen: Sequence[int], asking: Sequence[Task], left: Sequence[Task]
) -> list[Task]:
    """Of the tasks that stayed behind, those that the chosen vehicles could take with the least detour."""
    asked = {id(task) for task in asking}
    if not chosen:
        return []
    near = np.isin(legs.vehicle, list(chosen))
    own = _Legs(legs.vehicle[near], legs.origin[near], legs.destination[near], legs.ready_s[near])
    rows = [
        (int(_detours(problem, own, task)[list(chosen)].min()), n)
        for n, task in enumerate(left)
        if id(task) not in asked
    ]
    return [left[n] for _, n in sorted(rows)[:MOST_LEFT]]
