"""A running day while changes are worked in: tasks, vehicles, what has happened to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from haoyun.routing.dynamic.cargo import Cargo, Tasks, cargo_of, tasks_of
from haoyun.routing.dynamic.changes import (
    Breakdown,
    Change,
    Delayed,
    Seen,
    ServiceLonger,
    TaskKind,
)
from haoyun.routing.dynamic.notes import Note
from haoyun.routing.dynamic.standing import Report, Standing, standing
from haoyun.routing.errors import require
from haoyun.routing.plan import Plan, Route, StepKind
from haoyun.routing.problem import Problem
from haoyun.routing.tasks import Id, Job, Shipment, Task
from haoyun.routing.underway import StopKey
from haoyun.routing.vehicle import Vehicle

TaskKey = tuple[TaskKind, Id]


def task_key(task: Task) -> TaskKey:
    """How a task is named: a job and a shipment may bear the same id."""
    return ("job" if isinstance(task, Job) else "shipment", task.id)


@dataclass(slots=True)
class Day:
    """What is true at `now_s`; changes.py's changes are worked into it one after the other (happenings.py)."""

    problem: Problem
    now_s: int
    routes: dict[Id, Route]
    tables: Tasks
    jobs: dict[Id, Job]
    shipments: dict[Id, Shipment]
    vehicles: dict[Id, Vehicle]
    at: dict[Id, Standing]
    cargo: dict[Id, Cargo]
    done: set[TaskKey] = field(default_factory=set)
    cancelled: set[TaskKey] = field(default_factory=set)
    broken: set[Id] = field(default_factory=set)
    added: set[Id] = field(default_factory=set)  # vehicles
    anew: set[TaskKey] = field(default_factory=set)  # tasks to find a place for
    touched: set[Id] = field(default_factory=set)  # vehicles
    free: set[StopKey] = field(default_factory=set)  # stops that are not what they were: never fixed
    notes: list[Note] = field(default_factory=list)

    def vehicle(self, name: Id) -> Vehicle:
        """A vehicle that changes are about; BadProblem if there is none."""
        require(name in self.vehicles, f"there is no vehicle {name}")
        return self.vehicles[name]

    def carrier(self, kind: TaskKind, name: Id) -> Id | None:
        """The vehicle that has goods of a task on board."""
        for vehicle, cargo in self.cargo.items():
            if name in (cargo.on_board if kind == "shipment" else cargo.loaded):
                return vehicle
        return None

    def driver_to(self, stop: StopKey) -> Id | None:
        """The vehicle whose plan has this stop still before it."""
        key = (stop[0].value, stop[1])
        for vehicle, at in self.at.items():
            if any((step.kind.value, step.id) == key for step in at.rest):
                return vehicle
        return None


def day_of(problem: Problem, plan: Plan, now_s: int, changes: Sequence[Change]) -> Day:
    """The day by the plan and by what changes report of vehicles; nothing else of them is worked in yet."""
    routes = {route.vehicle_id: route for route in plan.routes}
    vehicles = {vehicle.id: vehicle for vehicle in problem.vehicles}
    _check_known(vehicles, routes, changes)
    _check_stops(problem, plan)
    tables = tasks_of(problem)
    at = {
        name: standing(vehicle, routes.get(name), now_s, _report(name, changes))
        for name, vehicle in vehicles.items()
    }
    day = Day(
        problem=problem,
        now_s=now_s,
        routes=routes,
        tables=tables,
        jobs={job.id: job for job in problem.jobs},
        shipments={shipment.id: shipment for shipment in problem.shipments},
        vehicles=vehicles,
        at=at,
        cargo={name: cargo_of(problem, tables, vehicles[name], at[name]) for name in vehicles},
    )
    for one in at.values():
        for step in one.done:
            if step.kind is StepKind.JOB and step.id is not None:
                day.done.add(("job", step.id))
            elif step.kind is StepKind.DELIVERY and step.id is not None:
                day.done.add(("shipment", tables.shipment_of["delivery", step.id]))
    for kind, name in day.done:
        (day.jobs if kind == "job" else day.shipments).pop(name)
    return day


def _check_known(vehicles: dict[Id, Vehicle], routes: dict[Id, Route], changes: Sequence[Change]) -> None:
    unknown = next((name for name in routes if name not in vehicles), None)
    require(unknown is None, f"the plan has a route for vehicle {unknown}, which the problem does not know")
    for change in changes:
        if isinstance(change, Delayed | Seen | Breakdown):
            require(change.vehicle in vehicles, f"there is no vehicle {change.vehicle}")


def _check_stops(problem: Problem, plan: Plan) -> None:
    """Every stop of the plan is one of the problem, and served once."""
    known = {(stop.kind.value, stop.visit.id) for stop in problem.stops}
    seen: set[tuple[str, Id | None]] = set()
    for route in plan.routes:
        for step in route.stops:
            key = (step.kind.value, step.id)
            require(key in known, f"the plan serves {key[0]} {key[1]}, which the problem does not know")
            require(key not in seen, f"the plan serves {key[0]} {key[1]} twice")
            seen.add(key)


def _report(name: Id, changes: Sequence[Change]) -> Report:
    late_s = sum(c.late_s for c in changes if isinstance(c, Delayed) and c.vehicle == name)
    seen = [c for c in changes if isinstance(c, Seen) and c.vehicle == name]
    broken = [c for c in changes if isinstance(c, Breakdown) and c.vehicle == name]
    require(len(seen) <= 1, f"vehicle {name} is seen twice")
    require(len(broken) <= 1, f"vehicle {name} breaks down twice")
    require(not (seen and late_s), f"vehicle {name} is both seen and late: where it is says how late it is")
    longer_s = {c.stop: c.more_s for c in changes if isinstance(c, ServiceLonger)}
    return Report(late_s, seen[0] if seen else None, broken[0] if broken else None, longer_s)
