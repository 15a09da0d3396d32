"""The auditor's half that drives each route again on paper (see check.py)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

from haoyun.routing.plan import Route, Step, StepKind
from haoyun.routing.problem import Problem, Vehicle
from haoyun.routing.tasks import Id, Job, Shipment, Task, Visit
from haoyun.routing.violation import Rule, Violation

# Costs are sums of decimals; anything beyond a float's dust is a real difference.
_COST_TOLERANCE = 1e-6
# Euclidean instances: published solutions are compared with this tolerance too.
_TIME_TOLERANCE = 1e-6


class Replay:
    """One route, driven again on paper."""

    def __init__(self, problem: Problem, vehicle: Vehicle, route: Route) -> None:
        self.problem = problem
        self.vehicle = vehicle
        self.route = route
        self.served: list[tuple[Step, Task, Visit]] = []
        own = problem.profiles.get(vehicle.profile) if vehicle.profile else None
        self.durations_s = own.durations_s if own else problem.durations_s
        self.distances_m = own.distances_m if own else problem.distances_m

    def violations(self) -> list[Violation]:
        """All that is wrong on this route."""
        kinds = [step.kind for step in self.route.steps]
        inner = kinds[1:-1]
        if (
            kinds[:1] != [StepKind.START]
            or kinds[-1:] != [StepKind.END]
            or {StepKind.START, StepKind.END} & {*inner}
        ):
            return [self._broken(Rule.SHAPE, "must be one start, stops, one end")]
        found = [*self._identify()]
        rules = (
            self._ends,
            self._pairs,
            self._skills,
            self._loads,
            self._times,
            self._limits,
            self._sums,
            self._plane,
        )
        for rule in rules:
            found += rule()
        return found

    def _broken(self, rule: Rule, text: str) -> Violation:
        return Violation(rule, f"vehicle {self.vehicle.id}: {text}")

    def _identify(self) -> Iterator[Violation]:
        """Find each stop's task; a stop that nobody asked for is a violation and plays no further part."""
        visits: dict[tuple[StepKind, Id], tuple[Task, Visit]] = {}
        for job in self.problem.jobs:
            visits[StepKind.JOB, job.id] = (job, job.visits[0])
        for shipment in self.problem.shipments:
            visits[StepKind.PICKUP, shipment.pickup.id] = (shipment, shipment.pickup)
            visits[StepKind.DELIVERY, shipment.delivery.id] = (shipment, shipment.delivery)
        for step in self.route.steps[1:-1]:
            entry = None if step.id is None else visits.get((step.kind, step.id))
            if entry is None:
                yield self._broken(Rule.UNKNOWN_STOP, f"there is no {step.kind} {step.id}")
                continue
            self.served.append((step, *entry))
            if step.location != entry[1].location:
                yield self._broken(Rule.PLACE, f"{step.kind} {step.id} is not at location {step.location}")

    def _ends(self) -> Iterator[Violation]:
        first, last = self.route.steps[0], self.route.steps[-1]
        for step, wanted in ((first, self.vehicle.start), (last, self.vehicle.end)):
            if step.location != wanted:
                yield self._broken(Rule.ENDS, f"{step.kind} is at {step.location}, must be at {wanted}")
        window = self.vehicle.window
        if window and first.departure_s < window.start_s:
            yield self._broken(
                Rule.SHIFT, f"departs at {first.departure_s} s, on duty from {window.start_s} s"
            )
        if window and last.arrival_s > window.end_s:
            yield self._broken(Rule.SHIFT, f"ends at {last.arrival_s} s, on duty until {window.end_s} s")

    def _pairs(self) -> Iterator[Violation]:
        at = {(step.kind, step.id): place for place, (step, _, _) in enumerate(self.served)}
        shipments = {task.id: task for _, task, _ in self.served if isinstance(task, Shipment)}
        for shipment in shipments.values():
            up = at.get((StepKind.PICKUP, shipment.pickup.id))
            down = at.get((StepKind.DELIVERY, shipment.delivery.id))
            if up is None or down is None:
                yield self._broken(
                    Rule.PAIR_SPLIT, f"{shipment.label} is not both picked up and delivered here"
                )
            elif up > down:
                yield self._broken(Rule.PAIR_ORDER, f"{shipment.label} is delivered before it is picked up")

    def _skills(self) -> Iterator[Violation]:
        for _, task, _ in self.served:
            missing = task.skills - self.vehicle.skills
            if missing:
                yield self._broken(Rule.SKILL, f"{task.label} needs {', '.join(sorted(missing))}")

    def _loads(self) -> Iterator[Violation]:
        for dimension, name in enumerate(self.problem.capacity_names):
            expected = self._expected_loads(dimension)
            capacity = self.vehicle.capacity[dimension]
            if max(expected) > capacity:
                yield self._broken(
                    Rule.CAPACITY, f"carries {max(expected)} of {name}, has room for {capacity}"
                )
            if min(expected) < 0:
                yield self._broken(
                    Rule.CAPACITY, f"hands over {-min(expected)} of {name} more than it carries"
                )
            steps = [self.route.steps[0], *(step for step, _, _ in self.served), self.route.steps[-1]]
            if [_at(step.load, dimension) for step in steps] != [*expected, expected[-1]]:
                yield self._broken(Rule.LOAD, f"the stated loads of {name} do not follow from the stops")

    def _expected_loads(self, dimension: int) -> list[int]:
        """The load at the start and after each stop."""
        jobs = [task for _, task, _ in self.served if isinstance(task, Job)]
        loads = [sum(_at(job.delivery, dimension) for job in jobs)]
        for step, task, _ in self.served:
            if isinstance(task, Job):
                change = _at(task.pickup, dimension) - _at(task.delivery, dimension)
            else:
                change = _at(task.amount, dimension) * (1 if step.kind is StepKind.PICKUP else -1)
            loads.append(loads[-1] + change)
        return loads

    def _times(self) -> Iterator[Violation]:
        for before, after in pairwise(self.route.steps):
            due = before.departure_s + self._travel_s(before, after)
            if after.arrival_s != due:
                text = f"{after.kind} {after.id} is reached at {due} s, the plan states {after.arrival_s} s"
                yield self._broken(Rule.TRAVEL_TIME, text)
        for step in (self.route.steps[0], self.route.steps[-1]):
            if not step.arrival_s == step.start_service_s == step.departure_s:
                yield self._broken(Rule.SERVICE_TIME, f"{step.kind} takes time")
        for step, _, visit in self.served:
            yield from self._service(step, visit)

    def _service(self, step: Step, visit: Visit) -> Iterator[Violation]:
        if (
            step.start_service_s < step.arrival_s
            or step.departure_s != step.start_service_s + visit.service_s
        ):
            yield self._broken(
                Rule.SERVICE_TIME, f"{step.kind} {step.id} must take {visit.service_s} s after arrival"
            )
        begin = step.start_service_s
        if visit.windows and not any(w.start_s <= begin <= w.end_s for w in visit.windows):
            yield self._broken(Rule.WINDOW, f"{step.kind} {step.id} begins at {begin} s, outside its windows")

    def _travel_s(self, before: Step, after: Step) -> int:
        if before.location is None or after.location is None:
            return 0
        return int(self.durations_s[before.location, after.location])

    def _driven(self) -> tuple[int, int]:
        """Seconds and metres, leg by leg."""
        places = [step.location for step in self.route.steps]
        legs = [(i, j) for i, j in pairwise(places) if i is not None and j is not None]
        return sum(int(self.durations_s[leg]) for leg in legs), sum(
            int(self.distances_m[leg]) for leg in legs
        )

    def _limits(self) -> Iterator[Violation]:
        travel_s, distance_m = self._driven()
        measured = {"max_stops": len(self.served), "max_travel_s": travel_s, "max_distance_m": distance_m}
        for name, value in measured.items():
            limit = getattr(self.vehicle, name)
            if limit is not None and value > limit:
                yield self._broken(Rule.LIMIT, f"{value} is above {name} {limit}")

    def _sums(self) -> Iterator[Violation]:
        travel_s, distance_m = self._driven()
        if self.route.distance_m != distance_m:
            yield self._broken(
                Rule.DISTANCE, f"drives {distance_m} m, the plan states {self.route.distance_m} m"
            )
        if self.route.travel_s != travel_s:
            yield self._broken(
                Rule.TRAVEL_TIME, f"travels {travel_s} s, the plan states {self.route.travel_s} s"
            )
        cost = self._cost(travel_s, distance_m)
        if not math.isclose(self.route.cost, cost, rel_tol=_COST_TOLERANCE, abs_tol=_COST_TOLERANCE):
            yield self._broken(Rule.COST, f"costs {cost:g}, the plan states {self.route.cost:g}")

    def _cost(self, travel_s: int, distance_m: int) -> float:
        metres: float = distance_m
        plane = self.problem.plane
        if plane is not None:
            places = [step.location for step in self.route.steps if step.location is not None]
            metres = plane.scale * math.fsum(
                math.dist(plane.points[i], plane.points[j]) for i, j in pairwise(places)
            )
        v = self.vehicle
        return v.fixed_cost + v.cost_per_km * metres / 1000 + v.cost_per_hour * travel_s / 3600

    def _plane(self) -> Iterator[Violation]:
        """Euclidean instances: the windows hold with unrounded times as well."""
        plane = self.problem.plane
        if plane is None:
            return
        now, place = self._duty(0) / plane.time_parts, self.vehicle.start
        for step, _, visit in self.served:
            now += 0.0 if place is None else math.dist(plane.points[place], plane.points[visit.location])
            late = now - visit.windows[-1].end_s / plane.time_parts if visit.windows else 0.0
            if late > _TIME_TOLERANCE:
                yield self._broken(
                    Rule.WINDOW, f"{step.kind} {step.id} is {late:g} late with unrounded distances"
                )
            waits = [
                w.start_s / plane.time_parts
                for w in visit.windows
                if w.end_s / plane.time_parts + _TIME_TOLERANCE >= now
            ]
            now = max(now, *waits[:1], now) + visit.service_s / plane.time_parts
            place = visit.location
        if place is not None and self.vehicle.end is not None:
            now += math.dist(plane.points[place], plane.points[self.vehicle.end])
        if now > self._duty(1) / plane.time_parts + _TIME_TOLERANCE:
            yield self._broken(Rule.SHIFT, f"ends at {now:g} with unrounded distances")

    def _duty(self, end: int) -> float:
        window = self.vehicle.window
        if window is None:
            return math.inf if end else 0.0
        return window.end_s if end else window.start_s


def _at(amounts: tuple[int, ...], dimension: int) -> int:
    return amounts[dimension] if amounts else 0
