"""The auditor's half that drives each route again on paper (see check.py); cargo and driver hours have their own."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

from haoyun.routing.audit_cargo import Cargo
from haoyun.routing.audit_hours import audit_hours
from haoyun.routing.plan import CostParts, Pause, Route, Step, StepKind
from haoyun.routing.problem import Problem, Reload, Vehicle
from haoyun.routing.tasks import Id, Shipment, Task, Visit, Window
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
        self.reloads: list[tuple[Step, Reload]] = []
        own = problem.profiles.get(vehicle.profile) if vehicle.profile else None
        self.durations_s = own.durations_s if own else problem.durations_s
        self.distances_m = own.distances_m if own else problem.distances_m
        way = vehicle.underway
        self.start = way.location if way and way.location is not None else vehicle.start
        self.fixed = {(str(kind.value), name) for kind, name in way.fixed} if way else set()

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
            self._ends, self._fixed_first, self._pairs, self._skills, self._trips, self._cargo, self._pauses,
            self._times, self._hours, self._limits, self._sums, self._plane,
        )  # fmt: skip
        for rule in rules:
            found += rule()
        return found

    def _broken(
        self, rule: Rule, text: str, step: Step | None = None, excess: float | None = None
    ) -> Violation:
        stop = None if step is None else (step.kind.value, step.id)
        at = "" if step is None else f" (at {_name(step)})"
        return Violation(rule, f"vehicle {self.vehicle.id}: {text}{at}", self.vehicle.id, stop, excess)

    def _identify(self) -> Iterator[Violation]:
        """Find each stop's task; a stop that nobody asked for is a violation and plays no further part."""
        visits: dict[tuple[StepKind, Id], tuple[Task, Visit]] = {}
        for job in self.problem.jobs:
            visits[StepKind.JOB, job.id] = (job, job.visits[0])
        for shipment in self.problem.shipments:
            visits[StepKind.PICKUP, shipment.pickup.id] = (shipment, shipment.pickup)
            visits[StepKind.DELIVERY, shipment.delivery.id] = (shipment, shipment.delivery)
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
                yield self._broken(unknown, f"there is no {_name(step)}", step)
                continue
            if step.location != place:
                yield self._broken(Rule.PLACE, f"{_name(step)} is not at location {step.location}", step)

    def _ends(self) -> Iterator[Violation]:
        first, last = self.route.steps[0], self.route.steps[-1]
        for step, wanted in ((first, self.start), (last, self.vehicle.end)):
            if step.location != wanted:
                yield self._broken(Rule.ENDS, f"{step.kind} is at {step.location}, must be at {wanted}", step)
        window, way = self.vehicle.window, self.vehicle.underway
        begins = [w for w in (window and window.start_s, way and way.time_s) if w is not None]
        if begins and first.departure_s < max(begins):
            text = f"departs at {first.departure_s} s, on duty from {max(begins)} s"
            yield self._broken(Rule.SHIFT, text, first, max(begins) - first.departure_s)
        if window and last.arrival_s > window.end_s:
            text = f"ends at {last.arrival_s} s, on duty until {window.end_s} s"
            yield self._broken(Rule.SHIFT, text, last, last.arrival_s - window.end_s)

    def _fixed_first(self) -> Iterator[Violation]:
        way = self.vehicle.underway
        fixed = way.fixed if way else ()
        for place, (kind, name) in enumerate(fixed, start=1):
            step = self.route.steps[place] if place < len(self.route.steps) - 1 else None
            if step is None or (step.kind.value, step.id) != (kind.value, name):
                yield self._broken(Rule.FIXED, f"stop {place} must be {kind} {name}, which is fixed", step)
                return

    def _pairs(self) -> Iterator[Violation]:
        at = {(step.kind, step.id): place for place, (step, _, _) in enumerate(self.served)}
        shipments = {task.id: task for _, task, _ in self.served if isinstance(task, Shipment)}
        carriers = {
            name: v for v in self.problem.vehicles if v.underway is not None for name in v.underway.on_board
        }
        for shipment in shipments.values():
            up = at.get((StepKind.PICKUP, shipment.pickup.id))
            down = at.get((StepKind.DELIVERY, shipment.delivery.id))
            carrier = carriers.get(shipment.id)
            if carrier is not None:
                step = self.served[next(n for n in (up, down) if n is not None)][0]
                if up is not None or carrier.id != self.vehicle.id:
                    text = f"{shipment.label} is on board vehicle {carrier.id} already"
                    yield self._broken(Rule.ON_BOARD, text, step)
            elif up is None or down is None:
                step = self.served[up if up is not None else down or 0][0]
                yield self._broken(
                    Rule.PAIR_SPLIT, f"{shipment.label} is not both picked up and delivered here", step
                )
            elif up > down:
                text = f"{shipment.label} is delivered before it is picked up"
                yield self._broken(Rule.PAIR_ORDER, text, self.served[down][0])

    def _skills(self) -> Iterator[Violation]:
        for step, task, _ in self.served:
            missing = task.skills - self.vehicle.skills
            if missing:
                yield self._broken(Rule.SKILL, f"{task.label} needs {', '.join(sorted(missing))}", step)

    def _trips(self) -> Iterator[Violation]:
        trips = 1 + sum(step.kind is StepKind.RELOAD for step in self.route.steps)
        most = self.vehicle.max_trips
        if most is not None and trips > most:
            yield self._broken(Rule.TRIPS, f"drives {trips} trips, may drive {most}", excess=trips - most)

    def _cargo(self) -> Iterator[Violation]:
        tasks = {id(step): task for step, task, _ in self.served}
        known = {*tasks, *(id(step) for step, _ in self.reloads)}
        steps = self.route.steps
        kept = [s for n, s in enumerate(steps) if n in (0, len(steps) - 1) or id(s) in known]
        cargo = Cargo(self.problem, self.vehicle, kept, [tasks.get(id(step)) for step in kept])
        for finding in cargo.replay():
            yield self._broken(finding.rule, finding.text, finding.step, finding.excess)

    def _pauses(self) -> Iterator[Violation]:
        """Each pause fits into its leg or its waiting time, after the one before."""
        for number, (before, after) in enumerate(pairwise(self.route.steps), start=1):
            own = [pause for pause in self.route.pauses if pause.step == number]
            travel_s, paused_s, last_driven = self._travel_s(before, after), 0, 0
            for pause in (p for p in own if p.driven_s is not None):
                driven = pause.driven_s or 0
                due = before.departure_s + driven + paused_s
                if not (last_driven <= driven <= travel_s and pause.start_s == due and pause.duration_s > 0):
                    yield self._bad_pause(pause, after, f"must begin at {due} s, after driving")
                last_driven, paused_s = driven, paused_s + pause.duration_s
            free_from = after.arrival_s
            for pause in (p for p in own if p.driven_s is None):
                end = pause.start_s + pause.duration_s
                if not (free_from <= pause.start_s < end <= after.start_service_s):
                    yield self._bad_pause(pause, after, "does not lie between arrival and service")
                free_from = end
        for pause in self.route.pauses:
            if not 0 < pause.step < len(self.route.steps):
                yield self._bad_pause(pause, None, f"belongs to step {pause.step}, which does not exist")

    def _bad_pause(self, pause: Pause, step: Step | None, text: str) -> Violation:
        return self._broken(Rule.PAUSE, f"the {pause.kind} at {pause.start_s} s {text}", step)

    def _times(self) -> Iterator[Violation]:
        for number, (before, after) in enumerate(pairwise(self.route.steps), start=1):
            due = before.departure_s + self._travel_s(before, after)
            due += sum(p.duration_s for p in self.route.pauses if p.step == number and p.driven_s is not None)
            if after.arrival_s != due:
                text = f"{_name(after)} is reached at {due} s, the plan states {after.arrival_s} s"
                yield self._broken(Rule.TRAVEL_TIME, text, after, abs(due - after.arrival_s))
        for step in (self.route.steps[0], self.route.steps[-1]):
            if not step.arrival_s == step.start_service_s == step.departure_s:
                yield self._broken(Rule.SERVICE_TIME, f"{step.kind} takes time", step)
        previous = {id(after): before for before, after in pairwise(self.route.steps)}
        for step, _, visit in self.served:
            came_from = previous[id(step)].location
            due = 0 if came_from == step.location else visit.setup_s
            if step.setup_s != due:
                text = f"{_name(step)} is set up for {step.setup_s} s, must be {due} s"
                yield self._broken(Rule.SETUP, text, step, abs(due - step.setup_s))
            late_is_fact = (step.kind.value, step.id) in self.fixed
            yield from self._service(step, visit.service_s + due, visit.windows, late_is_fact)
        for step, reload in self.reloads:
            yield from self._service(step, reload.duration_s, reload.windows, late_is_fact=False)

    def _service(
        self, step: Step, work_s: int, windows: tuple[Window, ...], late_is_fact: bool
    ) -> Iterator[Violation]:
        due = work_s + step.cleaning_s
        taken = step.departure_s - step.start_service_s
        if step.start_service_s < step.arrival_s or taken != due:
            text = f"{_name(step)} must take {due} s after arrival"
            yield self._broken(Rule.SERVICE_TIME, text, step, abs(taken - due))
        begin = step.start_service_s
        if not windows or any(w.start_s <= begin <= w.end_s for w in windows):
            return
        if late_is_fact and step.arrival_s > windows[-1].end_s:
            return
        off = min(max(w.start_s - begin, begin - w.end_s) for w in windows)
        yield self._broken(Rule.WINDOW, f"{_name(step)} begins at {begin} s, outside its windows", step, off)

    def _hours(self) -> Iterator[Violation]:
        for rule, excess in audit_hours(self.vehicle.hours, self.vehicle.driver, self.route).items():
            text = (
                f"{rule} of {self.vehicle.hours.name} is exceeded by {excess.seconds} s, "
                f"in {len(excess.minutes)} minutes"
            )
            yield self._broken(rule, text, self.route.steps[excess.step], excess.seconds)

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

    def _on_duty_s(self) -> int:
        return self.route.steps[-1].departure_s - self.route.steps[0].departure_s

    def _limits(self) -> Iterator[Violation]:
        travel_s, distance_m = self._driven()
        measured = {
            "max_stops": len(self.served),
            "max_travel_s": travel_s,
            "max_distance_m": distance_m,
            "max_duration_s": self._on_duty_s(),
        }
        for name, value in measured.items():
            limit = getattr(self.vehicle, name)
            if limit is not None and value > limit:
                yield self._broken(Rule.LIMIT, f"{value} is above {name} {limit}", excess=value - limit)

    def _sums(self) -> Iterator[Violation]:
        travel_s, distance_m = self._driven()
        if self.route.distance_m != distance_m:
            text = f"drives {distance_m} m, the plan states {self.route.distance_m} m"
            yield self._broken(Rule.DISTANCE, text, excess=abs(distance_m - self.route.distance_m))
        if self.route.travel_s != travel_s:
            text = f"travels {travel_s} s, the plan states {self.route.travel_s} s"
            yield self._broken(Rule.TRAVEL_TIME, text, excess=abs(travel_s - self.route.travel_s))
        revenue = sum(task.revenue for step, task, _ in self.served if step.kind is not StepKind.PICKUP)
        if self.route.revenue != revenue:
            text = f"earns {revenue}, the plan states {self.route.revenue}"
            yield self._broken(Rule.REVENUE, text, excess=abs(revenue - self.route.revenue))
        yield from self._costs(self._parts(travel_s, distance_m))

    def _costs(self, parts: CostParts) -> Iterator[Violation]:
        stated = {name: getattr(self.route.parts, name) for name in CostParts.__dataclass_fields__}
        due = {name: getattr(parts, name) for name in CostParts.__dataclass_fields__}
        stated["all"], due["all"] = self.route.cost, math.fsum(due.values())
        for name, cost in due.items():
            if not math.isclose(stated[name], cost, rel_tol=_COST_TOLERANCE, abs_tol=_COST_TOLERANCE):
                text = f"costs {cost:g} ({name}), the plan states {stated[name]:g}"
                yield self._broken(Rule.COST, text, excess=abs(cost - stated[name]))

    def _parts(self, travel_s: int, distance_m: int) -> CostParts:
        metres: float = distance_m
        plane = self.problem.plane
        if plane is not None:
            places = [step.location for step in self.route.steps if step.location is not None]
            metres = plane.scale * math.fsum(
                math.dist(plane.points[i], plane.points[j]) for i, j in pairwise(places)
            )
        v = self.vehicle
        worked_s = sum(step.departure_s - step.start_service_s for step, _, _ in self.served)
        return CostParts(
            fixed=v.fixed_cost,
            distance=v.cost_per_km * metres / 1000,
            travel=v.cost_per_hour * travel_s / 3600,
            duty=v.cost_per_duty_hour * self._on_duty_s() / 3600,
            tasks=v.cost_per_task_hour * worked_s / 3600,
        )

    def _plane(self) -> Iterator[Violation]:
        """Euclidean instances: the windows hold with unrounded times as well, pauses and cleaning left out."""
        plane = self.problem.plane
        if plane is None:
            return
        now, place = self._duty(0) / plane.scale, self.start
        calls = [
            (s, visit.location, visit.service_s + s.setup_s, visit.windows) for s, _, visit in self.served
        ]
        calls += [(s, reload.location, reload.duration_s, reload.windows) for s, reload in self.reloads]
        for step, location, work_s, windows in sorted(calls, key=lambda call: call[0].arrival_s):
            now += 0.0 if place is None else math.dist(plane.points[place], plane.points[location])
            late = now - windows[-1].end_s / plane.scale if windows else 0.0
            if late > _TIME_TOLERANCE:
                text = f"{_name(step)} is {late:g} late with unrounded distances"
                yield self._broken(Rule.WINDOW, text, step, late)
            waits = [
                w.start_s / plane.scale for w in windows if w.end_s / plane.scale + _TIME_TOLERANCE >= now
            ]
            now = max(now, *waits[:1], now) + work_s / plane.scale
            place = location
        if place is not None and self.vehicle.end is not None:
            now += math.dist(plane.points[place], plane.points[self.vehicle.end])
        if now > self._duty(1) / plane.scale + _TIME_TOLERANCE:
            yield self._broken(Rule.SHIFT, f"ends at {now:g} with unrounded distances")

    def _duty(self, end: int) -> float:
        window = self.vehicle.window
        if window is None:
            return math.inf if end else 0.0
        return window.end_s if end else window.start_s


def _name(step: Step) -> str:
    return f"{step.kind} {step.id}" if step.id is not None else str(step.kind)
