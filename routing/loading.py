"""What is on board along a route, and how long it is cleaned where: the side that builds plans.

With `lifo` a vehicle is a stack: what was loaded last is unloaded first. What a trip's jobs get is loaded at its
beginning in the reverse order of serving; a job's pickup goes on top and stays until the trip ends; no shipment stays
on board over a reload. On a vehicle under way the stack is, from the bottom: `load`, `loaded` (best order), `on_board`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from haoyun.routing.legs import Call, load_change
from haoyun.routing.problem import Problem, Vehicle
from haoyun.routing.tasks import Job, Stop, StopKind
from haoyun.routing.vehicle import Reload

Amounts = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Loads:
    """`on_board`: at the start and after each call. `cleaning_s`: at each call."""

    on_board: tuple[Amounts, ...]
    cleaning_s: tuple[int, ...]


def loads_along(problem: Problem, vehicle: Vehicle, calls: Sequence[Call]) -> Loads:
    """Loads and cleaning of a route that calls there; whether they are allowed is not asked here."""
    load = _sum(
        problem, [_left_with(problem, vehicle), _brought(problem, _first_jobs(problem, vehicle, calls))]
    )
    shipped = _shipped_before(problem, vehicle)
    loads = [load]
    for number, call in enumerate(calls):
        if isinstance(call, Reload):
            load = _sum(problem, [shipped, _brought(problem, _jobs_of_trip(calls[number + 1 :]))])
        else:
            change = load_change(problem, call)
            load = _sum(problem, [load, change])
            if call.kind is not StopKind.JOB:
                shipped = _sum(problem, [shipped, change])
        loads.append(load)
    return Loads(tuple(loads), tuple(_cleanings(problem, vehicle, calls)))


def _sum(problem: Problem, parts: Sequence[Amounts]) -> Amounts:
    rows = [problem.amounts(part) for part in parts]
    return tuple(sum(column) for column in zip(*rows, strict=True))


def _jobs_of_trip(calls: Sequence[Call]) -> list[Job]:
    """The jobs until the next reload."""
    jobs = []
    for call in calls:
        if isinstance(call, Reload):
            break
        if isinstance(call.task, Job):
            jobs.append(call.task)
    return jobs


def _first_jobs(problem: Problem, vehicle: Vehicle, calls: Sequence[Call]) -> list[Job]:
    jobs = _jobs_of_trip(calls)
    way = vehicle.underway
    if way is None or not way.loaded:
        return jobs
    served = {job.id for job in jobs}
    return [*jobs, *(job for job in problem.jobs if job.id in way.loaded and job.id not in served)]


def _brought(problem: Problem, jobs: Sequence[Job]) -> Amounts:
    return _sum(problem, [(), *(job.delivery for job in jobs)])


def _shipped_before(problem: Problem, vehicle: Vehicle) -> Amounts:
    on_board = set(vehicle.underway.on_board) if vehicle.underway else set()
    if not on_board:
        return problem.amounts(())
    return _sum(problem, [(), *(s.amount for s in problem.shipments if s.id in on_board)])


def _left_with(problem: Problem, vehicle: Vehicle) -> Amounts:
    load = vehicle.underway.load if vehicle.underway else ()
    return _sum(problem, [load, _shipped_before(problem, vehicle)])


def _cleanings(problem: Problem, vehicle: Vehicle, calls: Sequence[Call]) -> list[int]:
    if not problem.goods.cleanings:
        return [0] * len(calls)
    on_board = vehicle.underway.on_board if vehicle.underway else ()
    jobs = _first_jobs(problem, vehicle, calls)
    carried = {s.goods for s in problem.shipments if s.id in on_board and s.goods}
    carried |= {job.goods for job in jobs if job.goods and any(job.delivery)}
    taken = []
    for number, call in enumerate(calls):
        loaded = _loaded_at(call, calls[number + 1 :])
        duration_s = problem.goods.cleaning_s(carried, loaded)
        carried = loaded if duration_s else carried | loaded
        taken.append(duration_s)
    return taken


def _loaded_at(call: Call, following: Sequence[Call]) -> set[str]:
    """The kinds of goods that come on board at a call."""
    if isinstance(call, Reload):
        return {job.goods for job in _jobs_of_trip(following) if job.goods and any(job.delivery)}
    return {call.task.goods} if call.task.goods and _loads(call) else set()


def _loads(stop: Stop) -> bool:
    if isinstance(stop.task, Job):
        return any(stop.task.pickup)
    return stop.kind is StopKind.PICKUP
