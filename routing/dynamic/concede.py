"""What must be granted a vehicle under way, because what is fixed cannot be done within the rules any more.

A delay may make fixed stops end after the shift, or a delivery late whose goods are picked up at a fixed stop. These
are facts: the new problem allows just as much as they need, and says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from haoyun.routing.build import calls_of
from haoyun.routing.dynamic.notes import Note, NoteCode
from haoyun.routing.extract import extract
from haoyun.routing.plan import Route, Step
from haoyun.routing.problem import Problem
from haoyun.routing.replay import Replay
from haoyun.routing.schedule import build_route
from haoyun.routing.tasks import LARGEST, Id, Job, Shipment, StopKind, Task, Window
from haoyun.routing.underway import StopKey
from haoyun.routing.vehicle import Vehicle


@dataclass(frozen=True, slots=True)
class Sound:
    """A vehicle and its tasks with what was conceded, and the route that drives them."""

    vehicle: Vehicle
    tasks: tuple[Task, ...]
    notes: tuple[Note, ...]


def sound_route(problem: Problem, vehicle: Vehicle, tour: tuple[int, ...]) -> Route | None:
    """The timed route if the auditor has nothing against it."""
    route = build_route(problem, vehicle, calls_of(problem.stops, vehicle, tour))
    return None if route is None or Replay(problem, vehicle, route).violations() else route


def part_of(problem: Problem, vehicle: Vehicle, tasks: Sequence[Task]) -> Problem:
    """A vehicle and tasks alone; what it carries is among them."""
    way = vehicle.underway
    named = {(isinstance(task, Job), task.id) for task in tasks}
    more: list[Task] = []
    if way is not None:
        more += [j for j in problem.jobs if j.id in way.loaded and (True, j.id) not in named]
        more += [s for s in problem.shipments if s.id in way.on_board and (False, s.id) not in named]
    return extract(problem, [vehicle], [*tasks, *more])


def concede(problem: Problem, vehicle: Vehicle, must: Sequence[StopKey]) -> Sound | None:
    """What `must` (fixed stops, then deliveries due from them) needs; None if even that is not enough."""
    tasks = _tasks_at(problem, must)
    fixed = vehicle.underway.fixed if vehicle.underway else ()
    due = [key for key in must if key not in fixed]
    lax_vehicle = replace(
        vehicle,
        window=_endless(vehicle.window),
        max_stops=None,
        max_distance_m=None,
        max_travel_s=None,
        max_duration_s=None,
    )
    lax_tasks = [_with_window(task, due, None) for task in tasks]
    part = part_of(problem, lax_vehicle, lax_tasks)
    numbers = {(stop.kind, stop.visit.id): number for number, stop in enumerate(part.stops)}
    route = sound_route(part, part.vehicles[0], tuple(numbers[key] for key in must))
    if route is None:
        return None
    begins = {(StopKind(s.kind.value), s.id): s for s in route.stops if s.id is not None}
    granted = [_with_window(task, due, begins) for task in tasks]
    late = [n for t, g in zip(tasks, granted, strict=True) if t != g for n in _late(vehicle, t, due, begins)]
    allowed, notes = _allowed(vehicle, route)
    return Sound(allowed, tuple(granted), (*notes, *late))


def _tasks_at(problem: Problem, keys: Sequence[StopKey]) -> list[Task]:
    wanted = set(keys)
    found: dict[tuple[bool, Id], Task] = {}
    for stop in problem.stops:
        if (stop.kind, stop.visit.id) in wanted:
            found[isinstance(stop.task, Job), stop.task.id] = stop.task
    return list(found.values())


def _endless(window: Window | None) -> Window | None:
    return None if window is None else Window(window.start_s, LARGEST)


def _with_window(task: Task, due: Sequence[StopKey], begins: dict[StopKey, Step] | None) -> Task:
    """The task whose due delivery may begin when it does (None: at any time after its first window opens)."""
    if isinstance(task, Job) or (StopKind.DELIVERY, task.delivery.id) not in due or not task.delivery.windows:
        return task
    *earlier, last = task.delivery.windows
    begin_s = LARGEST if begins is None else begins[StopKind.DELIVERY, task.delivery.id].start_service_s
    if begin_s <= last.end_s:
        return task
    return replace(task, delivery=replace(task.delivery, windows=(*earlier, Window(last.start_s, begin_s))))


def _late(vehicle: Vehicle, task: Task, due: Sequence[StopKey], begins: dict[StopKey, Step]) -> list[Note]:
    assert isinstance(task, Shipment)
    late_s = begins[StopKind.DELIVERY, task.delivery.id].start_service_s - task.delivery.windows[-1].end_s
    return [Note(NoteCode.LATE_DELIVERY, vehicle.id, task.id, late_s)]


def _allowed(vehicle: Vehicle, route: Route) -> tuple[Vehicle, list[Note]]:
    notes = []
    window, end_s = vehicle.window, route.steps[-1].arrival_s
    if window is not None and end_s > window.end_s:
        notes.append(Note(NoteCode.SHIFT_EXTENDED, vehicle.id, seconds=end_s - window.end_s))
        window = Window(window.start_s, end_s)
    allowed = replace(
        vehicle,
        window=window,
        max_stops=_raised(vehicle.max_stops, len(route.stops)),
        max_distance_m=_raised(vehicle.max_distance_m, route.distance_m),
        max_travel_s=_raised(vehicle.max_travel_s, route.travel_s),
        max_duration_s=_raised(vehicle.max_duration_s, route.duration_s),
    )
    if allowed != replace(vehicle, window=window):
        notes.append(Note(NoteCode.LIMIT_RAISED, vehicle.id))
    return allowed, notes


def _raised(limit: int | None, needed: int) -> int | None:
    return None if limit is None else max(limit, needed)
