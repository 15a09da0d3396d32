"""A plan as VROOM's JSON answer, as docs/API.md of its version 1.15 describes it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from typing import Any

from haoyun.routing.legend import Legend, divided
from haoyun.routing.plan import Plan, Route, Step, StepKind, Unassigned
from haoyun.routing.problem import Problem, Vehicle
from haoyun.routing.tasks import Id, Job, Visit
from haoyun.routing.timing import leg_m, leg_s, load_change

INPUT_ERROR = 2
INTERNAL_ERROR = 1


def as_vroom(problem: Problem, plan: Plan, legend: Legend | None = None) -> dict[str, Any]:
    """The plan as a VROOM response (code 0), with the reasons beside each unassigned task.

    Figures are in the file's unit: whole numbers for VROOM's own files. `amount` and
    `job` are VROOM's old names, which it still writes.
    """
    answer = _Answer(problem, legend or Legend())
    routes = [answer.route(route) for route in plan.routes]
    unassigned = [entry for task in plan.unassigned for entry in answer.unassigned(task)]
    return {
        "code": 0,
        "summary": {
            "cost": divided(sum(route["cost"] for route in routes), 1),
            "routes": plan.vehicles,
            "unassigned": len(unassigned),
            **answer.totals(routes),
            "violations": [],
            "computing_times": {"loading": 0, "solving": round(plan.seconds * 1000), "routing": 0},
        },
        "unassigned": unassigned,
        "routes": routes,
    }


def as_vroom_error(code: int, sentence: str) -> dict[str, Any]:
    """VROOM's answer where there is no plan."""
    return {"code": code, "error": sentence}


_TOTALS = (
    "delivery",
    "amount",
    "pickup",
    "setup",
    "service",
    "duration",
    "waiting_time",
    "priority",
    "distance",
)


class _Answer:
    """Writes the parts of an answer; knows each stop's task."""

    def __init__(self, problem: Problem, legend: Legend) -> None:
        self.problem = problem
        self.legend = legend
        self.vehicles = {vehicle.id: vehicle for vehicle in problem.vehicles}
        self._has_windows = any(v.window for v in problem.vehicles) or any(
            visit.windows for task in problem.tasks for visit in task.visits
        )
        self.stops = {(str(stop.kind), stop.visit.id): stop for stop in problem.stops}

    def money(self, cost: float) -> float:
        """A cost in the file's unit; where that is whole, as VROOM comes to it: nearest with windows, else down."""
        value = cost / self.legend.money_parts
        if self.legend.time_parts > 1:
            return round(value, 6)
        # A sum of decimals may lie a float's dust below the whole or half number that it is.
        return int(value + (0.5 if self._has_windows else 0) + 1e-6)

    def time(self, seconds: int) -> float:
        """A time in the file's unit."""
        return divided(seconds, self.legend.time_parts)

    def totals(self, routes: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """The sums over all routes."""
        found: dict[str, Any] = {}
        for name in _TOTALS:
            values = [route[name] for route in routes if name in route]
            if name in ("delivery", "amount", "pickup"):
                if self.problem.capacity_names:
                    found[name] = _columns(values) or [0] * len(self.problem.capacity_names)
            elif name != "distance" or self.legend.has_distances:
                found[name] = divided(sum(values), 1)
        return found

    def route(self, route: Route) -> dict[str, Any]:
        """One route with its steps."""
        vehicle = self.vehicles[route.vehicle_id]
        stops = [self.stops[str(step.kind), step.id] for step in route.stops if step.id is not None]
        setups = [self._setup(step) for step in route.stops]
        document: dict[str, Any] = {
            "vehicle": route.vehicle_id,
            "cost": self.money(route.cost),
            **self._description("vehicle", route.vehicle_id),
        }
        if self.problem.capacity_names:
            changes = [load_change(self.problem, stop) for stop in stops]
            given = [self._delivered(stop.task, c) for stop, c in zip(stops, changes, strict=True)]
            taken = [self._picked_up(stop.task, c) for stop, c in zip(stops, changes, strict=True)]
            document["delivery"] = document["amount"] = self.legend.amounts(_columns(given))
            document["pickup"] = self.legend.amounts(_columns(taken))
        document |= {
            "setup": self.time(sum(setups)),
            "service": self.time(sum(s.departure_s - s.start_service_s for s in route.stops) - sum(setups)),
            "duration": self.time(route.travel_s),
            "waiting_time": self.time(sum(step.waiting_s for step in route.stops)),
            "priority": sum(stop.task.priority for stop in stops),
        }
        if self.legend.has_distances:
            document["distance"] = divided(route.distance_m, self.legend.distance_parts)
        return {**document, "steps": self._steps(vehicle, route), "violations": []}

    def _delivered(self, task: object, change: tuple[int, ...]) -> tuple[int, ...]:
        if isinstance(task, Job):
            return self.problem.amounts(task.delivery)
        return tuple(max(-amount, 0) for amount in change)

    def _picked_up(self, task: object, change: tuple[int, ...]) -> tuple[int, ...]:
        if isinstance(task, Job):
            return self.problem.amounts(task.pickup)
        return tuple(max(amount, 0) for amount in change)

    def _steps(self, vehicle: Vehicle, route: Route) -> list[dict[str, Any]]:
        legs = list(pairwise(step.location for step in route.steps))
        travelled = [0, *accumulate(leg_s(self.problem, vehicle, *leg) for leg in legs)]
        driven = [0, *accumulate(leg_m(self.problem, vehicle, *leg) for leg in legs)]
        places = [step.location for step in route.steps]
        # An open route begins at its first stop and ends at its last.
        places[0] = places[1] if places[0] is None else places[0]
        places[-1] = places[-2] if places[-1] is None else places[-1]
        rows = zip(route.steps, places, travelled, driven, strict=True)
        return [self._step(*row) for row in rows]

    def _step(self, step: Step, place: int | None, travelled_s: int, driven_m: int) -> dict[str, Any]:
        setup_s = self._setup(step)
        document: dict[str, Any] = {"type": step.kind.value, **self._place(place)}
        if step.id is not None:
            document |= {**self._description(step.kind, step.id), "id": step.id, "job": step.id}
        document |= {
            "setup": self.time(setup_s),
            "service": self.time(step.departure_s - step.start_service_s - setup_s),
            "waiting_time": self.time(step.waiting_s),
        }
        if self.problem.capacity_names:
            document["load"] = self.legend.amounts(step.load)
        document |= {
            "arrival": self.time(step.arrival_s),
            "duration": self.time(travelled_s),
            "violations": [],
        }
        if self.legend.has_distances:
            document["distance"] = divided(driven_m, self.legend.distance_parts)
        return document

    def _setup(self, step: Step) -> int:
        return 0 if step.id is None else self.legend.setups_s.get((step.kind.value, step.id), 0)

    def _description(self, kind: str, name: Id) -> dict[str, str]:
        text = self.legend.descriptions.get((str(kind), name))
        return {} if text is None else {"description": text}

    def _place(self, location: int | None) -> dict[str, Any]:
        point = self.legend.point(location) if self.legend.geographic else None
        found: dict[str, Any] = {} if point is None else {"location": list(point)}
        if location is not None and (self.legend.indexed or point is None):
            found["location_index"] = location
        return found

    def unassigned(self, entry: Unassigned) -> list[dict[str, Any]]:
        """The entries of a task that stayed behind: one for a job, two for a shipment."""
        reasons = [{"code": reason.code.value, "text": reason.text} for reason in entry.reasons]
        return [
            {
                "id": visit.id,
                "type": kind.value,
                **self._description(kind, visit.id),
                **self._place(visit.location),
                "reasons": reasons,
            }
            for kind, visit in self._visits(entry)
        ]

    def _visits(self, entry: Unassigned) -> Iterable[tuple[StepKind, Visit]]:
        if entry.kind == "job":
            stop = self.stops["job", entry.id]
            return [(StepKind.JOB, stop.visit)]
        shipment = next(s for s in self.problem.shipments if s.id == entry.id)
        return [(StepKind.PICKUP, shipment.pickup), (StepKind.DELIVERY, shipment.delivery)]


def _columns(rows: Sequence[Sequence[Any]]) -> list[Any]:
    return [sum(column) for column in zip(*rows, strict=True)]
