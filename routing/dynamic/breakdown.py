"""A vehicle that is out: what it has on board waits where it stands, as shipments for others."""

from __future__ import annotations

from dataclasses import replace

from haoyun.routing.dynamic.changes import Breakdown
from haoyun.routing.dynamic.day import Day
from haoyun.routing.dynamic.notes import Note, NoteCode
from haoyun.routing.errors import BadProblem, require
from haoyun.routing.tasks import LARGEST, Id, Job, Shipment, Visit, Window
from haoyun.routing.vehicle import Vehicle


def break_down(day: Day, change: Breakdown) -> None:
    """Take the vehicle out of the day. What it had not loaded yet is open again; BadProblem without a place."""
    vehicle = day.vehicle(change.vehicle)
    require(vehicle.id not in day.broken, f"{vehicle.label} is out already")
    day.broken.add(vehicle.id)
    at = day.at.get(vehicle.id)
    if at is None or at.location is None:
        return  # nothing is on board
    place = at.stood_at if change.location is None else change.location
    if place is None:
        raise BadProblem(f"{vehicle.label} has been nowhere yet: give the location of its breakdown")
    waits = Visit("", place, change.transfer_s, (Window(day.now_s, LARGEST),))
    cargo = day.cargo[vehicle.id]
    for name in cargo.on_board:
        shipment = day.shipments[name]
        up = replace(waits, id=f"{shipment.pickup.id}@{vehicle.id}")
        day.shipments[name] = replace(shipment, pickup=up)
        _found_anew(day, vehicle.id, name)
    for name in cargo.loaded:
        _take_over_job(day, vehicle, day.jobs[name], waits)
    if any(cargo.load):
        _take_over_load(day, vehicle, tuple(cargo.load), waits)


def _found_anew(day: Day, vehicle: Id, name: Id) -> None:
    day.anew.add(("shipment", name))
    day.notes.append(Note(NoteCode.TAKEN_OVER, vehicle, name))


def _take_over_job(day: Day, vehicle: Vehicle, job: Job, waits: Visit) -> None:
    """What the job gets becomes a shipment; what it sends along stays a job."""
    name = f"job {job.id}@{vehicle.id}"
    day.shipments[name] = Shipment(
        name,
        replace(waits, id=name),
        replace(job.visits[0], id=name),
        amount=job.delivery,
        skills=job.skills,
        priority=job.priority,
        goods=job.goods,
        revenue=job.revenue,
        mandatory=job.mandatory,
    )
    _found_anew(day, vehicle.id, name)
    if any(job.pickup):
        day.jobs[job.id] = replace(job, delivery=(), revenue=0)
        day.anew.add(("job", job.id))
    else:
        day.jobs.pop(job.id)


def _take_over_load(day: Day, vehicle: Vehicle, load: tuple[int, ...], waits: Visit) -> None:
    """What was to ride along to the end of the trip."""
    if vehicle.end is None:
        day.notes.append(Note(NoteCode.STRANDED, vehicle.id))
        return
    name = f"load@{vehicle.id}"
    day.shipments[name] = Shipment(name, replace(waits, id=name), Visit(name, vehicle.end), amount=load)
    _found_anew(day, vehicle.id, name)
