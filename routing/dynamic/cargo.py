"""What a vehicle has on board where it goes on: by what it has done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from haoyun.routing.dynamic.standing import Standing
from haoyun.routing.errors import require
from haoyun.routing.plan import Step, StepKind
from haoyun.routing.problem import Problem
from haoyun.routing.tasks import Id, Job
from haoyun.routing.vehicle import Vehicle

Amounts = tuple[int, ...]


@dataclass(slots=True)
class Cargo:
    """Shipments (bottom of the stack first), jobs whose deliveries are loaded, and what rides along besides."""

    on_board: list[Id] = field(default_factory=list)
    loaded: list[Id] = field(default_factory=list)
    load: list[int] = field(default_factory=list)

    def add_load(self, amounts: Iterable[int]) -> None:
        """Something more rides along until the trip ends."""
        self.load = [a + b for a, b in zip(self.load, amounts, strict=True)]


@dataclass(frozen=True, slots=True)
class Tasks:
    """The tasks of a problem by name: a job and a shipment may bear the same id."""

    jobs: Mapping[Id, Job]
    shipment_of: Mapping[tuple[str, Id], Id]  # by kind and id of the stop


def tasks_of(problem: Problem) -> Tasks:
    """The tables of a problem."""
    ends = {("pickup", s.pickup.id): s.id for s in problem.shipments}
    ends |= {("delivery", s.delivery.id): s.id for s in problem.shipments}
    return Tasks({job.id: job for job in problem.jobs}, ends)


def cargo_of(problem: Problem, tasks: Tasks, vehicle: Vehicle, at: Standing) -> Cargo:
    """What is on board; nothing if the vehicle has not left its start."""
    way = vehicle.underway
    nothing = [0] * len(problem.capacity_names)
    if at.location is None:
        return Cargo(load=nothing)
    calls = (*at.done, *at.rest)
    cargo = Cargo(load=nothing)
    if way is not None and way.location is not None:
        cargo = Cargo(list(way.on_board), list(way.loaded), list(problem.amounts(way.load)))
    else:
        cargo.loaded = _loaded_for(tasks, calls)
    for number, step in enumerate(at.done):
        assert step.id is not None
        if step.kind is StepKind.PICKUP:
            cargo.on_board.append(tasks.shipment_of["pickup", step.id])
        elif step.kind is StepKind.DELIVERY:
            delivered = tasks.shipment_of["delivery", step.id]
            require(
                delivered in cargo.on_board,
                f"{vehicle.label} delivers shipment {delivered} before its pickup",
            )
            cargo.on_board.remove(delivered)
        elif step.kind is StepKind.JOB:
            cargo.loaded = [name for name in cargo.loaded if name != step.id]
            cargo.add_load(problem.amounts(tasks.jobs[step.id].pickup))
        else:
            cargo.loaded = _loaded_for(tasks, calls[number + 1 :])
            cargo.load = nothing
    return cargo


def _loaded_for(tasks: Tasks, calls: tuple[Step, ...]) -> list[Id]:
    """Jobs until the next reload that get something."""
    found: list[Id] = []
    for step in calls:
        if step.kind is StepKind.RELOAD:
            break
        if step.kind is StepKind.JOB and step.id is not None and any(tasks.jobs[step.id].delivery):
            found.append(step.id)
    return found
