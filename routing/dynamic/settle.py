"""What is left of a plan, brought within the rules again: the answer before any search.

Routes that changes made late or too heavy lose tasks until they are sound; these are open again. What is fixed stays,
with what must be conceded for it (concede.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from haoyun.routing.build import Built, calls_of
from haoyun.routing.dynamic.concede import Sound, concede, part_of, sound_route
from haoyun.routing.dynamic.cut import Cut
from haoyun.routing.dynamic.notes import Note, NoteCode
from haoyun.routing.problem import Problem, Tours, Vehicle
from haoyun.routing.schedule import build_route
from haoyun.routing.tasks import Id, Job, Shipment, Stop, StopKind, Task
from haoyun.routing.underway import StopKey


@dataclass(frozen=True, slots=True)
class Settled:
    """A problem whose `tours` keep every rule, and their timetables."""

    problem: Problem
    tours: Tours
    built: Built
    touched: frozenset[Id]  # vehicles that changes are about, and those that lost tasks
    dropped: tuple[Task, ...]  # tasks that their vehicle cannot do any more as planned
    notes: tuple[Note, ...]


def settle(cut: Cut) -> Settled:
    """The rest of the plan without what it cannot keep."""
    problem, stops = cut.problem, cut.problem.stops
    built: Built = {}
    tours = list(cut.tours)
    vehicles = list(problem.vehicles)
    granted: dict[tuple[bool, Id], Task] = {}
    kept_s: list[Note] = []
    touched = set(cut.touched)
    for n, (vehicle, tour) in enumerate(zip(vehicles, cut.tours, strict=True)):
        if _keep(problem, stops, vehicle, tour, cut.touched, built):
            continue
        touched.add(vehicle.id)
        sound, tours[n] = _repaired(problem, stops, vehicle, tour)
        vehicles[n] = sound.vehicle
        granted |= {(isinstance(task, Job), task.id): task for task in sound.tasks}
        kept_s += sound.notes
    if (
        touched - set(cut.touched)
        or granted
        or tours != list(cut.tours)
        or vehicles != list(problem.vehicles)
    ):
        problem = _with(problem, vehicles, granted)
    dropped = {t for tour in cut.tours for t in tour} - {t for tour in tours for t in tour}
    lost = {
        (isinstance(stops[n].task, Job), stops[n].task.id): stops[n].task for n in sorted(dropped) if n >= 0
    }
    return Settled(problem, tuple(tours), built, frozenset(touched), tuple(lost.values()), tuple(kept_s))


def _keep(
    problem: Problem,
    stops: tuple[Stop, ...],
    vehicle: Vehicle,
    tour: tuple[int, ...],
    touched: frozenset[Id],
    built: Built,
) -> bool:
    """Build the route of a tour; whether it is sound. Only changes can have made it too heavy."""
    if not tour:
        return True
    if vehicle.id in touched:
        part = part_of(problem, vehicle, _tasks_of(stops, tour))
        numbers = {(stop.kind, stop.visit.id): number for number, stop in enumerate(part.stops)}
        own = tuple(n if n < 0 else numbers[stops[n].kind, stops[n].visit.id] for n in tour)
        if sound_route(part, part.vehicles[0], own) is None:
            return False
    route = build_route(problem, vehicle, calls_of(stops, vehicle, tour))
    if route is None:
        return False
    built[vehicle.id, tour] = route
    return True


def _repaired(
    problem: Problem, stops: tuple[Stop, ...], vehicle: Vehicle, tour: tuple[int, ...]
) -> tuple[Sound, tuple[int, ...]]:
    """What must be conceded, and the tour with as many of its tasks as fit, tried in its order."""
    sound, must = _granted(problem, stops, vehicle, tour)
    changed = {(isinstance(task, Job), task.id): task for task in sound.tasks}
    own = [changed.get((isinstance(task, Job), task.id), task) for task in _tasks_of(stops, tour)]
    part = part_of(problem, sound.vehicle, own)
    numbers = {(stop.kind, stop.visit.id): number for number, stop in enumerate(part.stops)}
    names = {n: numbers[stops[n].kind, stops[n].visit.id] for n in tour if n >= 0}
    kept = [n for n in tour if n < 0 or (stops[n].kind, stops[n].visit.id) in must]
    if sound_route(part, part.vehicles[0], tuple(names.get(n, n) for n in kept)) is None:
        kept = [n for n in kept if n >= 0]
    for task in _tasks_of(stops, [n for n in tour if n not in kept]):
        longer = [n for n in tour if n in kept or (n >= 0 and stops[n].task is task)]
        if sound_route(part, part.vehicles[0], tuple(names.get(n, n) for n in longer)) is not None:
            kept = longer
    return sound, tuple(kept)


def _tasks_of(stops: tuple[Stop, ...], tour: Sequence[int]) -> list[Task]:
    """Each task of a tour once."""
    return list({id(stops[n].task): stops[n].task for n in tour if n >= 0}.values())


def _granted(
    problem: Problem, stops: tuple[Stop, ...], vehicle: Vehicle, tour: tuple[int, ...]
) -> tuple[Sound, tuple[StopKey, ...]]:
    """The stops that must be driven to; none are if they cannot be whatever is conceded."""
    must = _must(stops, vehicle, tour)
    if not must:
        return Sound(vehicle, (), ()), ()
    sound = concede(problem, vehicle, must)
    if sound is not None:
        return sound, must
    assert vehicle.underway is not None
    free = replace(vehicle, underway=replace(vehicle.underway, fixed=()))
    return Sound(free, (), (Note(NoteCode.UNLOCKED, vehicle.id),)), ()


def _must(stops: tuple[Stop, ...], vehicle: Vehicle, tour: tuple[int, ...]) -> tuple[StopKey, ...]:
    """Fixed stops, then the deliveries that follow from them, in the order of the plan."""
    fixed = vehicle.underway.fixed if vehicle.underway else ()
    up = {stops[n].task.id for n in tour if n >= 0 and (StopKind.PICKUP, stops[n].visit.id) in fixed}
    keys = [(stops[n].kind, stops[n].visit.id) for n in tour if n >= 0]
    tasks = [stops[n].task for n in tour if n >= 0]
    due = [
        key
        for key, task in zip(keys, tasks, strict=True)
        if key[0] is StopKind.DELIVERY and key not in fixed and isinstance(task, Shipment) and task.id in up
    ]
    return (*fixed, *due)


def _with(problem: Problem, vehicles: list[Vehicle], granted: dict[tuple[bool, Id], Task]) -> Problem:
    jobs = (granted.get((True, job.id), job) for job in problem.jobs)
    shipments = (granted.get((False, one.id), one) for one in problem.shipments)
    return replace(
        problem,
        vehicles=tuple(vehicles),
        jobs=tuple(job for job in jobs if isinstance(job, Job)),
        shipments=tuple(one for one in shipments if isinstance(one, Shipment)),
    )
