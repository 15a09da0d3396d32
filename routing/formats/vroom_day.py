"""A re-planned day as JSON: the request from now on, for the next time, and what people have to be told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from haoyun.routing.dynamic.changes import NewTask, VehicleAdded
from haoyun.routing.dynamic.difference import Move
from haoyun.routing.dynamic.reoptimize import Replan
from haoyun.routing.dynamic.words import say_move, say_note
from haoyun.routing.formats.vroom_answer import as_vroom
from haoyun.routing.formats.vroom_changes import DayRead
from haoyun.routing.formats.vroom_underway import stop_document, underway_document
from haoyun.routing.legend import Legend
from haoyun.routing.problem import Problem
from haoyun.routing.tasks import Id, Job, Shipment, StopKind, Visit, Window
from haoyun.routing.vehicle import Vehicle

Document = dict[str, Any]
_KEPT = ("matrices", "options")


def as_day(found: Replan, day: DayRead) -> Document:
    """`plan` as VROOM's answer, and the `difference` in codes and in words."""
    return {
        "plan": as_vroom(found.problem, found.plan, day.read.legend),
        "difference": {
            "moved": found.difference.moved,
            "moves": [_move(move) for move in found.difference.moves],
            "notes": [
                {
                    "code": note.code.value,
                    "vehicle": note.vehicle,
                    "task": note.task,
                    "seconds": note.seconds,
                    "text": {"en": say_note(note, "en"), "zh": say_note(note, "zh")},
                }
                for note in found.difference.notes
            ],
            "done": [{"type": kind, "id": name} for kind, name in sorted(found.done, key=str)],
            "cancelled": [{"type": kind, "id": name} for kind, name in sorted(found.cancelled, key=str)],
        },
    }


def _move(move: Move) -> Document:
    return {
        "kind": move.kind.value,
        **stop_document(move.stop),
        "from": move.from_vehicle,
        "to": move.to_vehicle,
        "old": move.old_s,
        "new": move.new_s,
        "text": {"en": say_move(move, "en"), "zh": say_move(move, "zh")},
    }


def next_request(request: Mapping[str, Any], changes: object, day: DayRead, found: Replan) -> Document:
    """The request with the past taken out: it and the new plan are what the next re-planning begins with."""
    writer = _Writer(request, changes, day, found.problem)
    return {
        **{name: request[name] for name in _KEPT if name in request},
        "vehicles": [writer.vehicle(vehicle) for vehicle in found.problem.vehicles],
        "jobs": [writer.job(job) for job in found.problem.jobs],
        "shipments": [writer.shipment(shipment) for shipment in found.problem.shipments],
    }


class _Writer:
    """Writes what has changed over what the request said."""

    def __init__(self, request: Mapping[str, Any], changes: object, day: DayRead, problem: Problem) -> None:
        listed = changes.get("changes", ()) if isinstance(changes, dict) else changes
        new = [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
        self.legend: Legend = day.read.legend
        self.vehicles = {v["id"]: v for v in (*request.get("vehicles", ()), *_of(new, "vehicle"))}
        self.jobs = {j["id"]: j for j in (*request.get("jobs", ()), *_of(new, "job"))}
        self.shipments = {
            s["pickup"]["id"]: s for s in (*request.get("shipments", ()), *_of(new, "shipment"))
        }
        self.before = {("vehicle", v.id): v for v in day.read.problem.vehicles}
        self.tasks: dict[tuple[str, Id], Job | Shipment] = {("job", j.id): j for j in day.read.problem.jobs}
        self.tasks |= {("shipment", s.id): s for s in day.read.problem.shipments}
        for change in day.changes:
            if isinstance(change, NewTask):
                self.tasks["job" if isinstance(change.task, Job) else "shipment", change.task.id] = (
                    change.task
                )
            elif isinstance(change, VehicleAdded):
                self.before["vehicle", change.vehicle.id] = change.vehicle
        self.pickups = {s.id: s.pickup.id for s in problem.shipments}

    def vehicle(self, vehicle: Vehicle) -> Document:
        """A vehicle with its shift, its limits and where it goes on."""
        said = self.vehicles[vehicle.id]
        document = {name: value for name, value in said.items() if name not in ("underway", "steps")}
        if vehicle.fixed_cost != self.before["vehicle", vehicle.id].fixed_cost:
            document["costs"] = {**document.get("costs", {}), "fixed": vehicle.fixed_cost}
        limits = {
            "time_window": vehicle.window and _window(vehicle.window),
            "max_tasks": vehicle.max_stops,
            "max_distance": vehicle.max_distance_m,
            "max_travel_time": vehicle.max_travel_s,
        }
        document |= {name: value for name, value in limits.items() if value is not None}
        way = vehicle.underway
        if way is not None:
            on_board = [self.pickups[name] for name in way.on_board]
            document["underway"] = underway_document(way, self._place(way.location), on_board)
        return document

    def job(self, job: Job) -> Document:
        """A job as it was said, unless it changed."""
        before = self.tasks[("job", job.id)]
        if job == before:
            return dict(self.jobs[job.id])
        document = self._changed(self.jobs[job.id], "job", job.visits[0])
        document.pop("amount", None)
        return {**document, "delivery": list(job.delivery), "pickup": list(job.pickup)}

    def shipment(self, shipment: Shipment) -> Document:
        """A shipment as it was said, unless it changed or came into being at a breakdown."""
        before = self.tasks.get(("shipment", shipment.id))
        said = self.shipments.get(shipment.id, {})
        if shipment == before:
            return dict(said)
        ends = {"pickup": shipment.pickup, "delivery": shipment.delivery}
        return {
            **said,
            **{kind: self._end(said.get(kind, {}), kind, visit) for kind, visit in ends.items()},
            "amount": list(shipment.amount),
            "skills": said.get("skills", sorted(shipment.skills)),
            "priority": shipment.priority,
        }

    def _end(self, said: Mapping[str, Any], kind: str, visit: Visit) -> Document:
        return self._changed(said if said.get("id") == visit.id else {}, kind, visit)

    def _changed(self, said: Mapping[str, Any], kind: str, visit: Visit) -> Document:
        setup_s = self.legend.setups_s.get((StopKind(kind).value, visit.id), 0)
        dropped = ("time_windows", "location", "location_index", "service_per_type")
        document = {name: value for name, value in said.items() if name not in dropped}
        document |= {"id": visit.id, **self._place(visit.location), "service": visit.service_s - setup_s}
        if visit.windows:
            document["time_windows"] = [_window(window) for window in visit.windows]
        return document

    def _place(self, location: int | None) -> Document:
        if location is None:
            return {}
        point = self.legend.point(location) if self.legend.geographic else None
        found: Document = {} if point is None else {"location": list(point)}
        return found | ({"location_index": location} if self.legend.indexed else {})


def _of(changes: list[Document], name: str) -> list[Document]:
    """The new jobs, shipments or vehicles of a list of changes."""
    kind = "vehicle_added" if name == "vehicle" else f"new_{name}"
    return [change[name] for change in changes if change.get("type") == kind]


def _window(window: Window) -> list[int]:
    return [window.start_s, window.end_s]
