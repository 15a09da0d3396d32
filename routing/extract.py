"""A part of a problem as a problem of its own: some vehicles, some tasks, and only the locations that they need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from haoyun.routing.problem import Problem, Vehicle
from haoyun.routing.tasks import Job, Shipment, Task, Visit
from haoyun.routing.travel import Matrices


def extract(problem: Problem, vehicles: Sequence[Vehicle], tasks: Sequence[Task]) -> Problem:
    """The problem of these vehicles and tasks alone, locations renumbered.

    Vehicles and tasks may differ from the problem's own (a limit relaxed, say). What vehicles under way carry or have
    fixed must be among the tasks.
    """
    used = sorted({place for place in _places(vehicles, tasks) if place is not None})
    number = {place: n for n, place in enumerate(used)}
    grid = np.ix_(used, used)
    profiles = {v.profile for v in vehicles if v.profile is not None}
    moved = [_moved(task, number) for task in tasks]
    return replace(
        problem,
        vehicles=tuple(_relocated(v, number) for v in vehicles),
        durations_s=problem.durations_s[grid],
        distances_m=problem.distances_m[grid],
        jobs=tuple(task for task in moved if isinstance(task, Job)),
        shipments=tuple(task for task in moved if isinstance(task, Shipment)),
        profiles={
            name: Matrices(own.durations_s[grid], own.distances_m[grid])
            for name, own in problem.profiles.items()
            if name in profiles
        },
        plane=problem.plane and replace(problem.plane, points=problem.plane.points[used]),
    )


def _places(vehicles: Sequence[Vehicle], tasks: Sequence[Task]) -> list[int | None]:
    found: list[int | None] = [visit.location for task in tasks for visit in task.visits]
    for v in vehicles:
        found += [v.start, v.end, v.begins_at, *(reload.location for reload in v.reloads)]
    return found


def _moved(task: Task, number: Mapping[int, int]) -> Task:
    if isinstance(task, Job):
        return replace(task, location=number[task.location])
    return replace(
        task, pickup=_visit_moved(task.pickup, number), delivery=_visit_moved(task.delivery, number)
    )


def _visit_moved(visit: Visit, number: Mapping[int, int]) -> Visit:
    return replace(visit, location=number[visit.location])


def _relocated(v: Vehicle, number: Mapping[int, int]) -> Vehicle:
    way = v.underway
    if way is not None and way.location is not None:
        way = replace(way, location=number[way.location])
    return replace(
        v,
        start=None if v.start is None else number[v.start],
        end=None if v.end is None else number[v.end],
        reloads=tuple(replace(reload, location=number[reload.location]) for reload in v.reloads),
        underway=way,
    )
