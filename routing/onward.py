"""Vehicles under way as a search may see them: each begins where and when its last fixed stop leaves it.

Fixed stops are served first and nothing comes in between, so that nothing about them is left to decide: their time,
way and goods are worked out once. What remains is a vehicle with goods on board, and deliveries that only it can do.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from haoyun.routing.legs import leg_m, leg_s, load_change, path
from haoyun.routing.problem import Problem, Tours, Vehicle
from haoyun.routing.tasks import Shipment, Task
from haoyun.routing.timetable import line_of


@dataclass(frozen=True, slots=True)
class Onward:
    """From where, when and with what a vehicle is free, and what it has driven since `Underway.time_s`."""

    prefix: tuple[int, ...]  # stops by number
    place: int | None
    ready_s: int
    metres: int
    seconds: int
    base: tuple[int, ...]  # on board whatever comes, but for `own`
    own: frozenset[int]  # shipments (by number of the task) that it has on board
    loaded: frozenset[int]  # jobs that it brings goods for
    due: frozenset[int]  # of `own`, those that it picks up at a fixed stop: they must be delivered
    has_left: bool  # nothing more is loaded at its start


def onward_of(problem: Problem, vehicle: Vehicle) -> Onward:
    """Where a vehicle is free; a vehicle that is not under way at its start."""
    way = vehicle.underway
    if way is None:
        nothing = frozenset[int]()
        load = problem.amounts(())
        return Onward(
            (), vehicle.start, vehicle.on_duty_s, 0, 0, load, nothing, nothing, nothing, has_left=False
        )
    stops = problem.stops
    numbers = {(stop.kind, stop.visit.id): number for number, stop in enumerate(stops)}
    tasks = {(isinstance(task, Shipment), task.id): number for number, task in enumerate(problem.tasks)}
    prefix = tuple(numbers[key] for key in way.fixed)
    calls = [stops[number] for number in prefix]
    line = line_of(problem, vehicle, calls)
    now_s = line.on_duty_s
    for call, work_s in enumerate(line.work_s):
        arrival_s = now_s + line.legs_s[call]
        begin_s = line.open_at(call, arrival_s)
        now_s = (arrival_s if begin_s is None else begin_s) + work_s
    where = path(vehicle, calls)[:-1]
    own = {tasks[True, i] for i in way.on_board}
    loaded = {n for i in way.loaded if any(_brought(problem.tasks[n := tasks[False, i]]))}
    brought = [_brought(problem.tasks[number]) for number in own | loaded]
    if way.location is None:  # what fixed jobs bring is loaded at the start
        brought += [_brought(call.task) for call in calls if not isinstance(call.task, Shipment)]
    rows = [way.load, *brought, *(load_change(problem, call) for call in calls)]
    picked = {tasks[True, call.task.id] for call in calls if call.kind.value == "pickup"}
    given = {tasks[True, call.task.id] for call in calls if call.kind.value == "delivery"}
    return Onward(
        prefix=prefix,
        place=where[-1],
        ready_s=now_s,
        metres=sum(leg_m(problem, vehicle, i, j) for i, j in pairwise(where)),
        seconds=sum(leg_s(problem, vehicle, i, j) for i, j in pairwise(where)),
        base=tuple(sum(column) for column in zip(*(problem.amounts(row) for row in rows), strict=True)),
        own=frozenset((own | picked) - given),
        loaded=frozenset(loaded),
        due=frozenset(picked - given),
        has_left=way.location is not None,
    )


def _brought(task: Task) -> tuple[int, ...]:
    return task.amount if isinstance(task, Shipment) else task.delivery


def with_fixed(problem: Problem, tours: Tours) -> Tours:
    """Tours of what follows, with the fixed stops before it."""
    prefixes = _prefixes(problem)
    return tuple((*prefixes[v], *tour) if v in prefixes else tour for v, tour in enumerate(tours))


def without_fixed(problem: Problem, tours: Tours) -> Tours:
    """Tours with the fixed stops taken out, wherever they stand."""
    fixed = {number for prefix in _prefixes(problem).values() for number in prefix}
    return tuple(tuple(n for n in tour if n not in fixed) for tour in tours) if fixed else tours


def least_tours(problem: Problem) -> Tours:
    """What vehicles under way must do: their fixed stops, and the deliveries of what is picked up there."""
    first = [0]
    for task in problem.tasks:
        first.append(first[-1] + len(task.visits))
    ways = ((v, v.underway is not None) for v in problem.vehicles)
    due = (sorted(onward_of(problem, v).due) if on_the_way else () for v, on_the_way in ways)
    return with_fixed(problem, tuple(tuple(first[n] + 1 for n in tasks) for tasks in due))


def _prefixes(problem: Problem) -> dict[int, list[int]]:
    """The fixed stops, by number, of each vehicle (by position) that has some."""
    fixed = {n: v.underway.fixed for n, v in enumerate(problem.vehicles) if v.underway and v.underway.fixed}
    if not fixed:
        return {}
    numbers = {(stop.kind, stop.visit.id): number for number, stop in enumerate(problem.stops)}
    return {n: [numbers[key] for key in keys] for n, keys in fixed.items()}
