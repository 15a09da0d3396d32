"""One route as the auditor sees it: what each step serves, and the ways between them (see check.py)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from haoyun.routing.plan import Route, Step, StepKind
from haoyun.routing.problem import Problem, Vehicle
from haoyun.routing.tasks import Id, Task, Visit
from haoyun.routing.vehicle import Reload
from haoyun.routing.violation import Rule, Violation


class Register:
    """What a problem asks for, by name; made once for all routes of a plan."""

    def __init__(self, problem: Problem) -> None:
        self.visits: dict[tuple[StepKind, Id], tuple[Task, Visit]] = {}
        for job in problem.jobs:
            self.visits[StepKind.JOB, job.id] = (job, job.visits[0])
        for shipment in problem.shipments:
            self.visits[StepKind.PICKUP, shipment.pickup.id] = (shipment, shipment.pickup)
            self.visits[StepKind.DELIVERY, shipment.delivery.id] = (shipment, shipment.delivery)
        ways = ((v, v.underway) for v in problem.vehicles)
        self.carriers = {name: v for v, way in ways if way is not None for name in way.on_board}


class Drive:
    """One route with all that the problem says about it."""

    def __init__(
        self, problem: Problem, vehicle: Vehicle, route: Route, register: Register | None = None
    ) -> None:
        self.register = register or Register(problem)
        self.problem = problem
        self.vehicle = vehicle
        self.route = route
        self.served: list[tuple[Step, Task, Visit]] = []
        self.reloads: list[tuple[Step, Reload]] = []
        own = problem.profiles.get(vehicle.profile) if vehicle.profile else None
        self.durations_s = own.durations_s if own else problem.durations_s
        self.distances_m = own.distances_m if own else problem.distances_m
        way = vehicle.underway
        self.start = way.location if way and way.location is not None else vehicle.start
        self.fixed = {(str(kind.value), name) for kind, name in way.fixed} if way else set()

    def broken(
        self, rule: Rule, text: str, step: Step | None = None, excess: float | None = None
    ) -> Violation:
        """A broken rule of this route."""
        stop = None if step is None else (step.kind.value, step.id)
        at = "" if step is None else f" (at {name_of(step)})"
        return Violation(rule, f"vehicle {self.vehicle.id}: {text}{at}", self.vehicle.id, stop, excess)

    def identify(self) -> Iterator[Violation]:
        """Find each stop's task; a stop that nobody asked for is a violation and plays no further part."""
        visits = self.register.visits
        reloads = {reload.id: reload for reload in self.vehicle.reloads}
        for step in self.route.steps[1:-1]:
            entry = None if step.id is None else visits.get((step.kind, step.id))
            reload = reloads.get(step.id) if step.kind is StepKind.RELOAD and step.id is not None else None
            if reload is not None:
                self.reloads.append((step, reload))
                place = reload.location
            elif entry is not None:
                self.served.append((step, *entry))
                place = entry[1].location
            else:
                unknown = Rule.TRIPS if step.kind is StepKind.RELOAD else Rule.UNKNOWN_STOP
                yield self.broken(unknown, f"there is no {name_of(step)}", step)
                continue
            if step.location != place:
                yield self.broken(Rule.PLACE, f"{name_of(step)} is not at location {step.location}", step)

    def travel_s(self, before: Step, after: Step) -> int:
        """Seconds between two steps; none from an open start or to an open end."""
        if before.location is None or after.location is None:
            return 0
        return int(self.durations_s[before.location, after.location])

    def driven(self) -> tuple[int, int]:
        """Seconds and metres, leg by leg."""
        places = [step.location for step in self.route.steps]
        legs = [(i, j) for i, j in pairwise(places) if i is not None and j is not None]
        return sum(int(self.durations_s[leg]) for leg in legs), sum(
            int(self.distances_m[leg]) for leg in legs
        )

    def on_duty_s(self) -> int:
        """Seconds from departure to the end."""
        return self.route.steps[-1].departure_s - self.route.steps[0].departure_s


def name_of(step: Step) -> str:
    """How messages call a step."""
    return f"{step.kind} {step.id}" if step.id is not None else str(step.kind)
