"""The auditor's half that drives each route again on paper (see check.py); cargo and driver hours have their own."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

from haoyun.routing.audit_cargo import Cargo
from haoyun.routing.audit_drive import Drive, Register
from haoyun.routing.audit_hours import audit_hours
from haoyun.routing.audit_times import Watch
from haoyun.routing.plan import CostParts, Route, StepKind
from haoyun.routing.problem import Problem, Vehicle
from haoyun.routing.tasks import Job, Shipment
from haoyun.routing.violation import Rule, Violation

# Costs are sums of decimals; anything beyond a float's dust is a real difference.
_SHARE, _LEAST = 1e-12, 1e-6


class Replay:
    """One route, driven again on paper."""

    def __init__(
        self, problem: Problem, vehicle: Vehicle, route: Route, register: Register | None = None
    ) -> None:
        self.drive = Drive(problem, vehicle, route, register)
        self.route = route

    def violations(self) -> list[Violation]:
        """All that is wrong on this route."""
        kinds = [step.kind for step in self.route.steps]
        inner = kinds[1:-1]
        if (
            kinds[:1] != [StepKind.START]
            or kinds[-1:] != [StepKind.END]
            or {StepKind.START, StepKind.END} & {*inner}
        ):
            return [self.drive.broken(Rule.SHAPE, "must be one start, stops, one end")]
        lost = [*self._off_the_map()]
        if lost:
            return lost  # there is no way to anywhere from there
        found = [*self.drive.identify()]
        rules = (
            self._ends, self._fixed_first, self._pairs, self._goods_elsewhere, self._skills, self._trips, self._cargo,
            Watch(self.drive).violations, self._hours, self._limits, self._sums,
        )  # fmt: skip
        for rule in rules:
            found += rule()
        return found

    def _off_the_map(self) -> Iterator[Violation]:
        known = range(len(self.drive.durations_s))
        for step in self.route.steps:
            if step.location is not None and step.location not in known:
                text = f"there is no location {step.location}, the matrices cover 0..{len(known) - 1}"
                yield self.drive.broken(Rule.PLACE, text, step)

    def _ends(self) -> Iterator[Violation]:
        first, last = self.route.steps[0], self.route.steps[-1]
        for step, wanted in ((first, self.drive.start), (last, self.drive.vehicle.end)):
            if step.location != wanted:
                yield self.drive.broken(
                    Rule.ENDS, f"{step.kind} is at {step.location}, must be at {wanted}", step
                )
        window, way = self.drive.vehicle.window, self.drive.vehicle.underway
        begins = [window.start_s] if window else []
        begins += [way.time_s] if way else []
        on_duty_s = max(begins, default=0)  # without a shift from the origin of time on
        if first.departure_s < on_duty_s:
            text = f"departs at {first.departure_s} s, on duty from {on_duty_s} s"
            yield self.drive.broken(Rule.SHIFT, text, first, on_duty_s - first.departure_s)
        if window and last.arrival_s > window.end_s:
            text = f"ends at {last.arrival_s} s, on duty until {window.end_s} s"
            yield self.drive.broken(Rule.SHIFT, text, last, last.arrival_s - window.end_s)

    def _fixed_first(self) -> Iterator[Violation]:
        way = self.drive.vehicle.underway
        fixed = way.fixed if way else ()
        for place, (kind, name) in enumerate(fixed, start=1):
            step = self.route.steps[place] if place < len(self.route.steps) - 1 else None
            if step is None or (step.kind.value, step.id) != (kind.value, name):
                yield self.drive.broken(
                    Rule.FIXED, f"stop {place} must be {kind} {name}, which is fixed", step
                )
                return

    def _pairs(self) -> Iterator[Violation]:
        at = {(step.kind, step.id): place for place, (step, _, _) in enumerate(self.drive.served)}
        shipments = {task.id: task for _, task, _ in self.drive.served if isinstance(task, Shipment)}
        carriers = self.drive.register.carriers
        for shipment in shipments.values():
            up = at.get((StepKind.PICKUP, shipment.pickup.id))
            down = at.get((StepKind.DELIVERY, shipment.delivery.id))
            carrier = carriers.get(shipment.id)
            if carrier is not None:
                step = self.drive.served[next(n for n in (up, down) if n is not None)][0]
                if up is not None or carrier.id != self.drive.vehicle.id:
                    text = f"{shipment.label} is on board vehicle {carrier.id} already"
                    yield self.drive.broken(Rule.ON_BOARD, text, step)
            elif up is None or down is None:
                step = self.drive.served[up if up is not None else down or 0][0]
                yield self.drive.broken(
                    Rule.PAIR_SPLIT, f"{shipment.label} is not both picked up and delivered here", step
                )
            elif up > down:
                text = f"{shipment.label} is delivered before it is picked up"
                yield self.drive.broken(Rule.PAIR_ORDER, text, self.drive.served[down][0])

    def _goods_elsewhere(self) -> Iterator[Violation]:
        """What one vehicle under way has loaded for a job, no other brings."""
        ways = [(v, v.underway) for v in self.drive.problem.vehicles if v.underway is not None]
        loaded = {name: v for v, way in ways if v.id != self.drive.vehicle.id for name in way.loaded}
        for step, task, _ in self.drive.served:
            if isinstance(task, Job) and any(task.delivery) and task.id in loaded:
                text = f"the goods of {task.label} are on board vehicle {loaded[task.id].id}"
                yield self.drive.broken(Rule.NOT_LOADED, text, step)

    def _skills(self) -> Iterator[Violation]:
        for step, task, _ in self.drive.served:
            missing = task.skills - self.drive.vehicle.skills
            if missing:
                yield self.drive.broken(Rule.SKILL, f"{task.label} needs {', '.join(sorted(missing))}", step)

    def _trips(self) -> Iterator[Violation]:
        trips = 1 + sum(step.kind is StepKind.RELOAD for step in self.route.steps)
        most = self.drive.vehicle.max_trips
        if most is not None and trips > most:
            yield self.drive.broken(
                Rule.TRIPS, f"drives {trips} trips, may drive {most}", excess=trips - most
            )

    def _cargo(self) -> Iterator[Violation]:
        tasks = {id(step): task for step, task, _ in self.drive.served}
        known = {*tasks, *(id(step) for step, _ in self.drive.reloads)}
        steps = self.route.steps
        kept = [s for n, s in enumerate(steps) if n in (0, len(steps) - 1) or id(s) in known]
        cargo = Cargo(self.drive.problem, self.drive.vehicle, kept, [tasks.get(id(step)) for step in kept])
        for finding in cargo.replay():
            yield self.drive.broken(finding.rule, finding.text, finding.step, finding.excess)

    def _hours(self) -> Iterator[Violation]:
        for rule, excess in audit_hours(
            self.drive.vehicle.hours, self.drive.vehicle.driver, self.route
        ).items():
            text = (
                f"{rule} of {self.drive.vehicle.hours.name} is exceeded by {excess.seconds} s, "
                f"in {len(excess.minutes)} minutes"
            )
            yield self.drive.broken(rule, text, self.route.steps[excess.step], excess.seconds)

    def _limits(self) -> Iterator[Violation]:
        travel_s, distance_m = self.drive.driven()
        measured = {
            "max_stops": len(self.drive.served),
            "max_travel_s": travel_s,
            "max_distance_m": distance_m,
            "max_duration_s": self.drive.on_duty_s(),
        }
        for name, value in measured.items():
            limit = getattr(self.drive.vehicle, name)
            if limit is not None and value > limit:
                yield self.drive.broken(Rule.LIMIT, f"{value} is above {name} {limit}", excess=value - limit)

    def _sums(self) -> Iterator[Violation]:
        travel_s, distance_m = self.drive.driven()
        if self.route.distance_m != distance_m:
            text = f"drives {distance_m} m, the plan states {self.route.distance_m} m"
            yield self.drive.broken(Rule.DISTANCE, text, excess=abs(distance_m - self.route.distance_m))
        if self.route.travel_s != travel_s:
            text = f"travels {travel_s} s, the plan states {self.route.travel_s} s"
            yield self.drive.broken(Rule.TRAVEL_TIME, text, excess=abs(travel_s - self.route.travel_s))
        revenue = sum(task.revenue for step, task, _ in self.drive.served if step.kind is not StepKind.PICKUP)
        if self.route.revenue != revenue:
            text = f"earns {revenue}, the plan states {self.route.revenue}"
            yield self.drive.broken(Rule.REVENUE, text, excess=abs(revenue - self.route.revenue))
        yield from self._costs(self._parts(travel_s, distance_m))

    def _costs(self, parts: CostParts) -> Iterator[Violation]:
        stated = {name: getattr(self.route.parts, name) for name in CostParts.__dataclass_fields__}
        due = {name: getattr(parts, name) for name in CostParts.__dataclass_fields__}
        stated["all"], due["all"] = self.route.cost, math.fsum(due.values())
        for name, cost in due.items():
            if not math.isclose(stated[name], cost, rel_tol=_SHARE, abs_tol=_LEAST):
                text = f"costs {cost:g} ({name}), the plan states {stated[name]:g}"
                yield self.drive.broken(Rule.COST, text, excess=abs(cost - stated[name]))

    def _parts(self, travel_s: int, distance_m: int) -> CostParts:
        metres: float = distance_m
        plane = self.drive.problem.plane
        if plane is not None:
            places = [step.location for step in self.route.steps if step.location is not None]
            metres = plane.scale * math.fsum(
                math.dist(plane.points[i], plane.points[j]) for i, j in pairwise(places)
            )
        v = self.drive.vehicle
        worked_s = sum(step.departure_s - step.start_service_s for step, _, _ in self.drive.served)
        return CostParts(
            fixed=v.fixed_cost,
            distance=v.cost_per_km * metres / 1000,
            travel=v.cost_per_hour * travel_s / 3600,
            duty=v.cost_per_duty_hour * self.drive.on_duty_s() / 3600,
            tasks=v.cost_per_task_hour * worked_s / 3600,
        )
