"""Where and when everything of a problem is, as points whose distances are about seconds of travel.

A problem knows travel times, not coordinates. The times to and from a few places far from one another (landmarks)
tell where a place lies, whatever the times come from: an array, great circles, a road network. Time of day is one
more axis in the same unit: eight hours apart is as far as eight hours of driving.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from haoyun.routing.problem import Problem
from haoyun.routing.tasks import Shipment, Stop, Task

Points = NDArray[np.float64]
Numbers = NDArray[np.int64]

_LANDMARKS = 8
# A leg that stands for "no way" must not push everything else together.
_FARTHEST_MEDIANS = 8.0
_TIME_WEIGHT = 0.5


class Atlas:
    """A problem's tasks and stops by number, and their points. Costs a few rows of the matrices."""

    def __init__(self, problem: Problem) -> None:
        """Look at each task once."""
        self.problem = problem
        self.tasks: tuple[Task, ...] = problem.tasks
        self.stops: tuple[Stop, ...] = problem.stops
        counts = [len(task.visits) for task in self.tasks]
        self.first_stop: Numbers = np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))
        self.task_of: Numbers = np.repeat(np.arange(len(counts)), counts)
        self.bound = _bound(problem)

    @cached_property
    def places(self) -> Points:
        """(l, d) the locations."""
        durations = self.problem.durations_s
        size = len(durations)
        if size == 0:
            return np.zeros((0, 1))
        every = np.arange(size)
        columns: list[Points] = []
        nearest = np.full(size, np.inf)
        landmark = 0
        for _ in range(min(_LANDMARKS, size)):
            out = np.asarray(durations[np.ix_(np.array([landmark]), every)], dtype=np.float64)[0]
            home = np.asarray(durations[np.ix_(every, np.array([landmark]))], dtype=np.float64)[:, 0]
            away = (out + home) / 2
            away = np.minimum(away, _FARTHEST_MEDIANS * max(float(np.median(away)), 1.0))
            columns.append(away)
            nearest = np.minimum(nearest, away)
            landmark = int(nearest.argmax())
        # In a plane the differences to k landmarks all around add up to about k / 2 squared distances.
        points: Points = np.stack(columns, axis=1) / np.sqrt(max(len(columns) / 2, 1.0))
        return points

    @cached_property
    def stop_points(self) -> Points:
        """(n, d + 1) the stops: where, and the middle of their windows; without windows the middle of all."""
        where = self.places[[stop.visit.location for stop in self.stops]]
        middle = np.array([_middle(stop) for stop in self.stops], dtype=np.float64)
        known = middle[~np.isnan(middle)]
        middle = np.where(np.isnan(middle), known.mean() if known.size else 0.0, middle)
        return np.column_stack([where, _TIME_WEIGHT * middle])

    @cached_property
    def task_points(self) -> Points:
        """(t, 2d + 2) the tasks: where and when they begin and end."""
        first, last = self.first_stop[:-1], self.first_stop[1:] - 1
        return np.column_stack([self.stop_points[first], self.stop_points[last]])

    @cached_property
    def start_points(self) -> Points:
        """(v, d) where vehicles begin, or end if they may begin anywhere; the middle of all places for others."""
        middle = self.places.mean(axis=0) if len(self.places) else np.zeros(1)
        found = [v.begins_at if v.begins_at is not None else v.end for v in self.problem.vehicles]
        return np.array([middle if place is None else self.places[place] for place in found])

    def stops_of(self, tasks: Numbers) -> list[int]:
        """The numbers of all stops of these tasks, in their order."""
        return [
            n for t in tasks.tolist() for n in range(int(self.first_stop[t]), int(self.first_stop[t + 1]))
        ]


def _middle(stop: Stop) -> float:
    windows = stop.visit.windows
    return (windows[0].start_s + windows[-1].end_s) / 2 if windows else np.nan


def _bound(problem: Problem) -> dict[int, int]:
    """Tasks by number that only one vehicle (by number) can serve: it has them on board or is on its way to them."""
    ways = [(n, v.underway) for n, v in enumerate(problem.vehicles) if v.underway is not None]
    if not ways:
        return {}
    number = {(isinstance(task, Shipment), task.id): n for n, task in enumerate(problem.tasks)}
    task_of = {(s.kind, s.visit.id): number[isinstance(s.task, Shipment), s.task.id] for s in problem.stops}
    bound: dict[int, int] = {}
    for vehicle, way in ways:
        bound |= {number[True, name]: vehicle for name in way.on_board}
        bound |= {number[False, name]: vehicle for name in way.loaded}
        bound |= {task_of[key]: vehicle for key in way.fixed}
    return bound
