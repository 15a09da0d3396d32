"""Which vehicles could serve a task if it were the only one, and which constraint rules the others out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

from haoyun.routing.legs import leg_m, leg_s, path
from haoyun.routing.problem import Problem, Vehicle
from haoyun.routing.schedule import times_of
from haoyun.routing.tasks import Job, Shipment, Stop, Task, stops_of


def has_skills(vehicle: Vehicle, task: Task) -> bool:
    """Whether the vehicle has every skill that the task asks for."""
    return task.skills <= vehicle.skills


def has_room(problem: Problem, vehicle: Vehicle, task: Task) -> bool:
    """Whether the empty vehicle can take the task's amounts, each direction of a job for itself."""
    return all(
        amount <= capacity
        for given in loads(task)
        for amount, capacity in zip(problem.amounts(given), vehicle.capacity, strict=True)
    )


def free_for(problem: Problem, task: Task) -> tuple[Vehicle, ...]:
    """The vehicles that may serve the task at all: where one has its goods on board already, that one."""
    ways = [(v, v.underway) for v in problem.vehicles if v.underway is not None]
    if isinstance(task, Shipment):
        aboard = tuple(v for v, way in ways if task.id in way.on_board)
    else:
        aboard = tuple(v for v, way in ways if task.id in way.loaded and any(task.delivery))
    return aboard or problem.vehicles


def can_reach(problem: Problem, vehicle: Vehicle, stops: tuple[Stop, ...]) -> bool:
    """Whether start -> these stops -> end keeps the windows, the shift and the vehicle's limits."""
    times = times_of(problem, vehicle, stops)
    return times is not None and _within_limits(problem, vehicle, stops)


def able_vehicles(problem: Problem, tasks: Iterable[Task]) -> list[frozenset[int]]:
    """For each task the positions of the vehicles that could serve it if it were the only one."""
    kinds = _alike(problem)
    return [_able(problem, kinds, task) for task in tasks]


def _able(problem: Problem, kinds: list[list[int]], task: Task) -> frozenset[int]:
    stops = stops_of(task)
    able = (group for group in kinds if could_serve(problem, problem.vehicles[group[0]], task, stops))
    return frozenset(number for group in able for number in group)


def could_serve(problem: Problem, vehicle: Vehicle, task: Task, stops: tuple[Stop, ...]) -> bool:
    """Whether nothing speaks against this vehicle."""
    fits = has_skills(vehicle, task) and has_room(problem, vehicle, task)
    return fits and can_reach(problem, vehicle, stops)


def _alike(problem: Problem) -> list[list[int]]:
    """Vehicles in groups that answer alike: a fleet of two hundred is often a dozen kinds."""
    groups: dict[Vehicle, list[int]] = {}
    for number, v in enumerate(problem.vehicles):
        groups.setdefault(replace(v, id=0), []).append(number)
    return list(groups.values())


def loads(task: Task) -> tuple[tuple[int, ...], ...]:
    """What a task puts on board, each direction for itself."""
    if isinstance(task, Shipment):
        return (task.amount,)
    assert isinstance(task, Job)
    return (task.delivery, task.pickup)


def _within_limits(problem: Problem, vehicle: Vehicle, stops: tuple[Stop, ...]) -> bool:
    where = path(vehicle, stops)
    travel_s = sum(leg_s(problem, vehicle, i, j) for i, j in pairwise(where))
    distance_m = sum(leg_m(problem, vehicle, i, j) for i, j in pairwise(where))
    return (
        len(stops) <= _limit(vehicle.max_stops)
        and distance_m <= _limit(vehicle.max_distance_m)
        and travel_s <= _limit(vehicle.max_travel_s)
    )


def _limit(value: int | None) -> float:
    return float("inf") if value is None else value
