"""The part of a problem that a quick search looks at: a few vehicles, what they do, and what wants a place."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from haoyun.routing.dynamic.cut import Told
from haoyun.routing.dynamic.day import TaskKey, task_key
from haoyun.routing.extract import extract
from haoyun.routing.problem import Objective, Problem, Tours
from haoyun.routing.sisr.flat import Homes
from haoyun.routing.tasks import Job, Stop, StopKind, Task
from haoyun.routing.underway import StopKey

# Larger than any cost: a task with this on its head moves nowhere.
_NOT_AT_ALL = 1e300


@dataclass(frozen=True, slots=True)
class Part:
    """A problem of its own; `vehicles` and `stops` say what its vehicles and stops are in the whole."""

    problem: Problem
    vehicles: tuple[int, ...]
    stops: tuple[int, ...]

    def inner(self, tours: Tours) -> Tours:
        """The whole's tours of its vehicles, by its own numbers."""
        own = {number: n for n, number in enumerate(self.stops)}
        return tuple(tuple(own[n] if n >= 0 else n for n in tours[v]) for v in self.vehicles)

    def outer(self, tours: Tours, own: Tours) -> Tours:
        """The whole's tours with those of its vehicles put in."""
        changed = dict(zip(self.vehicles, own, strict=True))
        return tuple(
            tuple(self.stops[n] if n >= 0 else n for n in changed[v]) if v in changed else tour
            for v, tour in enumerate(tours)
        )


def take_part(
    problem: Problem,
    tours: Tours,
    vehicles: Sequence[int],
    wanting: Iterable[Task],
    promised: Collection[TaskKey],
) -> Part:
    """These vehicles with all that they do and carry, and the tasks that want a place; the promised come first."""
    stops = problem.stops
    found = {task_key(stops[n].task): stops[n].task for v in vehicles for n in tours[v] if n >= 0}
    found |= {task_key(task): task for task in wanting}
    found |= {task_key(task): task for task in _carried(problem, vehicles)}
    tasks = [replace(t, mandatory=t.mandatory or task_key(t) in promised) for t in found.values()]
    own = extract(problem, [problem.vehicles[v] for v in vehicles], tasks)
    if own.objective is Objective.VEHICLES:
        # Most are on the road already: fewer of them is what plans are compared by, not what is searched for.
        own = replace(own, objective=Objective.DISTANCE)
    numbers = {(stop.kind, stop.visit.id): n for n, stop in enumerate(stops)}
    return Part(own, tuple(vehicles), tuple(numbers[stop.kind, stop.visit.id] for stop in own.stops))


def homes_of(part: Part, told: Mapping[StopKey, Told], cost: float | None, now: Tours | None = None) -> Homes:
    """Where the part's tasks should stay: with the vehicle of `now`, otherwise with the one that people know of.

    `cost` of moving a stop; None: nothing may move.
    """
    position = {vehicle.id: n for n, vehicle in enumerate(part.problem.vehicles)}
    stops = part.problem.stops
    serving = {task_key(stops[n].task): v for v, tour in enumerate(now or ()) for n in tour if n >= 0}
    homes, costs = [], []
    for task in part.problem.tasks:
        known = [told[key] for key in _keys(task) if key in told]
        home = position.get(known[0].vehicle, -1) if known else -1
        homes.append(serving.get(task_key(task), home))
        costs.append(_NOT_AT_ALL if cost is None else cost * len(known))
    return Homes(tuple(homes), tuple(costs))


def promised_tasks(stops: Sequence[Stop], told: Mapping[StopKey, Told]) -> frozenset[TaskKey]:
    """Tasks that people count on."""
    return frozenset(task_key(stop.task) for stop in stops if (stop.kind, stop.visit.id) in told)


def _keys(task: Task) -> list[StopKey]:
    kinds = (StopKind.JOB,) if isinstance(task, Job) else (StopKind.PICKUP, StopKind.DELIVERY)
    return [(kind, visit.id) for kind, visit in zip(kinds, task.visits, strict=True)]


def _carried(problem: Problem, vehicles: Sequence[int]) -> list[Task]:
    ways = [problem.vehicles[v].underway for v in vehicles]
    jobs = {name for way in ways if way for name in way.loaded}
    shipments = {name for way in ways if way for name in way.on_board}
    return [
        *(job for job in problem.jobs if job.id in jobs),
        *(one for one in problem.shipments if one.id in shipments),
    ]


def served(stops: Sequence[Stop], tours: Tours) -> set[TaskKey]:
    """The tasks that tours serve."""
    return {task_key(stops[n].task) for tour in tours for n in tour if n >= 0}


def left_tasks(problem: Problem, tours: Tours, among: Sequence[int]) -> list[Task]:
    """Tasks that no tour serves, without those that only a vehicle not `among` these could serve."""
    done = served(problem.stops, tours)
    chosen = set(among)
    ways = [v.underway for n, v in enumerate(problem.vehicles) if n not in chosen]
    bound: set[TaskKey] = {("job", name) for way in ways if way for name in way.loaded}
    bound |= {("shipment", name) for way in ways if way for name in way.on_board}
    return [task for task in problem.tasks if task_key(task) not in done | bound]
