"""The past cut off a plan: from the problem of the morning to the problem from now on, and what is left of the plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from haoyun.routing.dynamic.changes import Change
from haoyun.routing.dynamic.day import Day, TaskKey, day_of
from haoyun.routing.dynamic.driver import driver_at
from haoyun.routing.dynamic.happenings import happen
from haoyun.routing.dynamic.notes import Note
from haoyun.routing.dynamic.spent import spent
from haoyun.routing.dynamic.standing import Standing, stop_key
from haoyun.routing.dynamic.visits import visit_of, with_visit
from haoyun.routing.errors import require
from haoyun.routing.plan import Plan, Step, StepKind
from haoyun.routing.problem import Problem, Tours
from haoyun.routing.tasks import LARGEST, Id, Shipment, StopKind, Window
from haoyun.routing.underway import StopKey, Underway
from haoyun.routing.vehicle import Vehicle


@dataclass(frozen=True, slots=True)
class Told:
    """What people know of a stop: who comes, as the how many-eth of those to come, and when service begins."""

    vehicle: Id
    place: int
    time_s: int


@dataclass(frozen=True, slots=True)
class Cut:
    """A running day from now on."""

    problem: Problem
    tours: Tours  # what is left of the plan; changes may have made it late or too heavy
    told: Mapping[StopKey, Told]
    touched: frozenset[Id]  # vehicles that changes are about and that still drive
    broken: frozenset[Id]
    anew: frozenset[TaskKey]  # tasks that lost their vehicle or never had one
    done: frozenset[TaskKey]
    cancelled: frozenset[TaskKey]
    notes: tuple[Note, ...]


def cut_off(
    problem: Problem, plan: Plan, now_s: int, changes: Sequence[Change] = (), *, locked: int = 1
) -> Cut:
    """The day from `now_s` on, with the changes worked in.

    What is done is no part of the new problem; each vehicle that has left its start is under way (underway.py) where
    it stands or is driving to, with what it has on board. Of its next stops the first `locked` stay fixed, the one
    that it is driving to at any rate, and those that were fixed before. Vehicles that have not left may leave from
    now on. A vehicle whose fixed cost is paid costs none; its limits are what is left of them.

    Raises BadProblem for a plan that is not the problem's and for changes that contradict the plan or each other.
    """
    require(locked >= 0, f"locked stops are at least 0, not {locked}")
    require(abs(now_s) <= LARGEST, f"now lies beyond {LARGEST} s")
    day = day_of(problem, plan, now_s, changes)
    for change in changes:
        happen(day, change)
    _orphan(day)
    rest = {name: _rest(day, at) for name, at in day.at.items() if name not in day.broken}
    vehicles = [_onward(day, vehicle, rest.get(vehicle.id, []), locked) for vehicle in _driving(day)]
    after = replace(
        problem,
        vehicles=tuple(vehicles),
        jobs=tuple(day.jobs.values()),
        shipments=tuple(day.shipments.values()),
    )
    return Cut(
        problem=after,
        tours=_tours(after, rest),
        told=_told(day),
        touched=frozenset(day.touched - day.broken),
        broken=frozenset(day.broken),
        anew=frozenset(day.anew),
        done=frozenset(day.done),
        cancelled=frozenset(day.cancelled),
        notes=tuple(day.notes),
    )


def _orphan(day: Day) -> None:
    """What broken vehicles would have done has to find another one."""
    for name in day.broken:
        for step in day.at[name].rest if name in day.at else ():
            if step.kind is StepKind.JOB and step.id in day.jobs:
                day.anew.add(("job", step.id))
            elif step.kind is StepKind.DELIVERY and step.id is not None:
                shipment = day.tables.shipment_of["delivery", step.id]
                if shipment in day.shipments:
                    day.anew.add(("shipment", shipment))


def _driving(day: Day) -> list[Vehicle]:
    """The vehicles that are left; if there are none, one that can do nothing: a problem needs one."""
    left = [vehicle for name, vehicle in day.vehicles.items() if name not in day.broken]
    if left:
        return left
    last = next(iter(day.vehicles.values()))
    idle = Vehicle(last.id, last.start, last.end, last.capacity, max_stops=0, profile=last.profile)
    return [idle]


def _rest(day: Day, at: Standing) -> list[Step]:
    """The calls that are still to be made."""
    kept = []
    for step in at.rest:
        key = stop_key(step)
        if key is None or (key not in day.free and _is_open(day, step)):
            kept.append(step)
    return kept


def _is_open(day: Day, step: Step) -> bool:
    if step.kind is StepKind.JOB:
        return step.id in day.jobs
    assert step.id is not None
    shipment = day.shipments.get(day.tables.shipment_of[step.kind.value, step.id])
    return shipment is not None


def _onward(day: Day, vehicle: Vehicle, rest: list[Step], locked: int) -> Vehicle:
    """The vehicle from now on."""
    if vehicle.id in day.broken:
        return vehicle  # the one that can do nothing
    at = day.at.get(vehicle.id)
    if at is None or at.location is None:
        return _not_left(vehicle, day.now_s if at is None else at.time_s, rest)
    fixed = _fixed(vehicle, at, rest, locked)
    _settle_setup(day, at, fixed)
    cargo = day.cargo[vehicle.id]
    way = Underway(
        time_s=at.time_s,
        location=at.location,
        fixed=fixed,
        on_board=tuple(cargo.on_board),
        loaded=tuple(cargo.loaded),
        load=tuple(cargo.load),
    )
    route = day.routes.get(vehicle.id)
    driver = vehicle.driver
    if route is not None:
        driver = driver_at(vehicle, route, at) if vehicle.hours.binds else driver
        vehicle = spent(day.problem, vehicle, route, at)
    return replace(vehicle, fixed_cost=0, underway=way, driver=driver)


def _not_left(vehicle: Vehicle, free_s: int, rest: list[Step]) -> Vehicle:
    """Its shift begins when it may leave; what was fixed before stays so."""
    window = vehicle.window or Window(min(0, free_s), LARGEST)
    shift = Window(max(window.start_s, free_s), max(window.end_s, free_s))
    open_keys = {stop_key(step) for step in rest}
    fixed = tuple(key for key in vehicle.underway.fixed if key in open_keys) if vehicle.underway else ()
    return replace(vehicle, window=shift, underway=Underway(free_s, fixed=fixed) if fixed else None)


def _fixed(vehicle: Vehicle, at: Standing, rest: list[Step], locked: int) -> tuple[StopKey, ...]:
    """The stops that stay as they are, up to the next reload."""
    way = vehicle.underway
    before = set(way.fixed) if way else set()
    heading = at.heading and rest[:1] == list(at.rest[:1])
    fixed: list[StopKey] = []
    for number, step in enumerate(rest):
        key = stop_key(step)
        if key is None or not (number < locked or (heading and number == 0) or key in before):
            break
        fixed.append(key)
    return tuple(fixed)


def _settle_setup(day: Day, at: Standing, fixed: tuple[StopKey, ...]) -> None:
    """A route that begins at its first stop comes from the same place, where no setup is due: it becomes service."""
    step = at.rest[0] if at.heading and at.rest else None
    if step is None or not step.setup_s or fixed[:1] != (stop_key(step),) or step.location != at.location:
        return
    kind, name = fixed[0]
    if kind is StopKind.JOB:
        job = day.jobs[name]
        day.jobs[name] = replace(job, service_s=job.service_s + job.setup_s, setup_s=0)
        return
    shipment = day.shipments[day.tables.shipment_of[kind.value, name]]
    day.shipments[shipment.id] = _without_setup(shipment, kind)


def _without_setup(shipment: Shipment, kind: StopKind) -> Shipment:
    visit = visit_of(shipment, kind)
    return with_visit(shipment, kind, replace(visit, service_s=visit.service_s + visit.setup_s, setup_s=0))


def _tours(problem: Problem, rest: Mapping[Id, list[Step]]) -> Tours:
    numbers = {(stop.kind, stop.visit.id): number for number, stop in enumerate(problem.stops)}
    return tuple(_tour(vehicle, rest.get(vehicle.id, []), numbers) for vehicle in problem.vehicles)


def _tour(vehicle: Vehicle, rest: list[Step], numbers: Mapping[StopKey, int]) -> tuple[int, ...]:
    reloads = {reload.id: -1 - k for k, reload in enumerate(vehicle.reloads)}
    tour = []
    for step in rest:
        key = stop_key(step)
        assert step.id is not None
        tour.append(reloads[step.id] if key is None else numbers[key])
    return tuple(tour)


def _told(day: Day) -> dict[StopKey, Told]:
    told: dict[StopKey, Told] = {}
    for name, at in day.at.items():
        keys = ((stop_key(step), step.start_service_s) for step in at.rest)
        told |= {key: Told(name, n, time_s) for n, (key, time_s) in enumerate(keys) if key is not None}
    return told
