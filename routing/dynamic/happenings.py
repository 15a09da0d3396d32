"""Changes worked into a running day, one function each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from haoyun.routing.dynamic.breakdown import break_down
from haoyun.routing.dynamic.changes import (
    Breakdown,
    Cancelled,
    Change,
    Delayed,
    NewTask,
    Seen,
    ServiceLonger,
    VehicleAdded,
    WindowChanged,
)
from haoyun.routing.dynamic.day import Day, TaskKey
from haoyun.routing.dynamic.notes import Note, NoteCode
from haoyun.routing.dynamic.standing import stop_key
from haoyun.routing.dynamic.visits import visit_of, with_visit
from haoyun.routing.errors import BadProblem, require
from haoyun.routing.plan import Step
from haoyun.routing.tasks import Id, Job, StopKind, Visit
from haoyun.routing.underway import StopKey


def happen(day: Day, change: Change) -> None:
    """Work one change in; BadProblem with the rule if it cannot be."""
    match change:
        case NewTask():
            _new_task(day, change)
        case Cancelled():
            _cancel(day, change)
        case ServiceLonger():
            _serve_longer(day, change)
        case WindowChanged():
            _change_window(day, change)
        case Breakdown():
            break_down(day, change)
        case VehicleAdded():
            require(change.vehicle.id not in day.vehicles, f"there is a {change.vehicle.label} already")
            day.vehicles[change.vehicle.id] = change.vehicle
            day.added.add(change.vehicle.id)
        case Delayed() | Seen():
            day.touched.add(change.vehicle)


def _new_task(day: Day, change: NewTask) -> None:
    task = change.task
    if isinstance(task, Job):
        require(
            task.id not in day.jobs and ("job", task.id) not in day.done, f"there is a {task.label} already"
        )
        day.jobs[task.id] = task
        day.anew.add(("job", task.id))
        return
    known = task.id in day.shipments or ("shipment", task.id) in day.done
    require(not known, f"there is a {task.label} already")
    day.shipments[task.id] = task
    day.anew.add(("shipment", task.id))


def _cancel(day: Day, change: Cancelled) -> None:
    known = day.jobs if change.kind == "job" else day.shipments
    done = (change.kind, change.id) in day.done
    require(not done, f"{change.kind} {change.id} is done already and cannot be cancelled")
    require(change.id in known, f"there is no {change.kind} {change.id} to cancel")
    _touch_drivers(day, change)
    carrier = day.carrier(change.kind, change.id)
    if carrier is not None and change.bring_to is not None:
        shipment = day.shipments[change.id]
        back = Visit(shipment.delivery.id, change.bring_to, shipment.delivery.service_s)
        day.shipments[change.id] = replace(shipment, delivery=back, mandatory=False)
        day.free.add((StopKind.DELIVERY, back.id))
        day.anew.add(("shipment", change.id))
        day.notes.append(Note(NoteCode.BROUGHT_BACK, carrier, change.id))
        return
    if carrier is not None:
        _let_ride_along(day, carrier, change)
    known.pop(change.id)
    day.cancelled.add((change.kind, change.id))


def _touch_drivers(day: Day, change: Cancelled) -> None:
    task = (day.jobs if change.kind == "job" else day.shipments)[change.id]
    kinds = (StopKind.JOB,) if change.kind == "job" else (StopKind.PICKUP, StopKind.DELIVERY)
    drivers = {day.driver_to((kind, visit.id)) for kind, visit in zip(kinds, task.visits, strict=True)}
    day.touched |= {name for name in drivers if name is not None}


def _let_ride_along(day: Day, carrier: Id, change: Cancelled) -> None:
    cargo = day.cargo[carrier]
    if change.kind == "job":
        cargo.loaded.remove(change.id)
        cargo.add_load(day.problem.amounts(day.jobs[change.id].delivery))
    else:
        cargo.on_board.remove(change.id)
        cargo.add_load(day.problem.amounts(day.shipments[change.id].amount))
    day.touched.add(carrier)
    day.notes.append(Note(NoteCode.RIDES_ALONG, carrier, change.id))


def _serve_longer(day: Day, change: ServiceLonger) -> None:
    driver = day.driver_to(change.stop)
    if driver is None:
        began = [name for name, at in day.at.items() if any(_is(step, change.stop) for step in at.done)]
        require(bool(began), f"no vehicle goes to {change.stop[0]} {change.stop[1]}")
        day.touched |= set(began)
        return
    day.touched.add(driver)
    _change_visit(day, change.stop, lambda visit: replace(visit, service_s=visit.service_s + change.more_s))


def _is(step: Step, stop: StopKey) -> bool:
    return stop_key(step) == stop


def _change_window(day: Day, change: WindowChanged) -> None:
    driver = day.driver_to(change.stop)
    if driver is not None:
        day.touched.add(driver)
    kind, name = change.stop
    stood = [step for at in day.at.values() for step in at.done if _is(step, change.stop)]
    require(not stood, f"{kind} {name} is done already: its windows cannot change")
    task = _change_visit(day, change.stop, lambda visit: replace(visit, windows=change.windows))
    if driver is None:
        day.anew.add(task)
        day.touched |= {name for name in (day.carrier(*task),) if name is not None}


def _change_visit(day: Day, stop: StopKey, changed: Callable[[Visit], Visit]) -> TaskKey:
    """Replace the visit of an open stop; the key of its task."""
    kind, name = stop
    if kind is StopKind.JOB:
        require(name in day.jobs, f"there is no job {name}")
        visit = changed(day.jobs[name].visits[0])
        day.jobs[name] = replace(day.jobs[name], service_s=visit.service_s, windows=visit.windows)
        return ("job", name)
    for shipment in day.shipments.values():
        visit = visit_of(shipment, kind)
        if visit.id == name:
            day.shipments[shipment.id] = with_visit(shipment, kind, changed(visit))
            return ("shipment", shipment.id)
    raise BadProblem(f"there is no {kind} {name}")
