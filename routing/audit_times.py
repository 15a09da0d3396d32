"""The auditor's watch: travel, pauses, setup, service and windows of a route (see check.py)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

from haoyun.routing.audit_drive import Drive, name_of
from haoyun.routing.plan import Pause, Step, StepKind
from haoyun.routing.tasks import Job, Window
from haoyun.routing.violation import Rule, Violation

# Euclidean instances: published solutions are compared with this tolerance too.
_TIME_TOLERANCE = 1e-6


class Watch:
    """Looks at every instant of a route."""

    def __init__(self, drive: Drive) -> None:
        self.drive = drive
        self.route = drive.route

    def violations(self) -> Iterator[Violation]:
        """All instants that cannot be."""
        yield from self._pauses()
        yield from self._times()
        yield from self._releases()
        yield from self._plane()

    def _pauses(self) -> Iterator[Violation]:
        """Each pause fits into its leg or its waiting time, after the one before."""
        for number, (before, after) in enumerate(pairwise(self.route.steps), start=1):
            own = [pause for pause in self.route.pauses if pause.step == number]
            travel_s, paused_s, last_driven = self.drive.travel_s(before, after), 0, 0
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
        return self.drive.broken(Rule.PAUSE, f"the {pause.kind} at {pause.start_s} s {text}", step)

    def _times(self) -> Iterator[Violation]:
        for number, (before, after) in enumerate(pairwise(self.route.steps), start=1):
            due = before.departure_s + self.drive.travel_s(before, after)
            due += sum(p.duration_s for p in self.route.pauses if p.step == number and p.driven_s is not None)
            if after.arrival_s != due:
                text = f"{name_of(after)} is reached at {due} s, the plan states {after.arrival_s} s"
                yield self.drive.broken(Rule.TRAVEL_TIME, text, after, abs(due - after.arrival_s))
        for step in (self.route.steps[0], self.route.steps[-1]):
            if not step.arrival_s == step.start_service_s == step.departure_s:
                yield self.drive.broken(Rule.SERVICE_TIME, f"{step.kind} takes time", step)
        tasks = {id(step) for step, _, _ in self.drive.served}
        for step in self.route.steps:
            if step.setup_s and id(step) not in tasks:
                yield self.drive.broken(
                    Rule.SETUP, f"there is no setup at {name_of(step)}", step, step.setup_s
                )
        previous = {id(after): before for before, after in pairwise(self.route.steps)}
        for step, _, visit in self.drive.served:
            came_from = previous[id(step)].location
            due = 0 if came_from == step.location else visit.setup_s
            if step.setup_s != due:
                text = f"{name_of(step)} is set up for {step.setup_s} s, must be {due} s"
                yield self.drive.broken(Rule.SETUP, text, step, abs(due - step.setup_s))
            late_is_fact = (step.kind.value, step.id) in self.drive.fixed
            yield from self._service(step, visit.service_s + due, visit.windows, late_is_fact)
        for step, reload in self.drive.reloads:
            yield from self._service(step, reload.duration_s, reload.windows, late_is_fact=False)

    def _service(
        self, step: Step, work_s: int, windows: tuple[Window, ...], late_is_fact: bool
    ) -> Iterator[Violation]:
        due = work_s + step.cleaning_s
        taken = step.departure_s - step.start_service_s
        if step.start_service_s < step.arrival_s or taken != due:
            text = f"{name_of(step)} must take {due} s after arrival"
            yield self.drive.broken(Rule.SERVICE_TIME, text, step, abs(taken - due))
        begin = step.start_service_s
        if not windows or any(w.start_s <= begin <= w.end_s for w in windows):
            return
        if late_is_fact and step.arrival_s > windows[-1].end_s:
            return
        off = min(max(w.start_s - begin, begin - w.end_s) for w in windows)
        yield self.drive.broken(
            Rule.WINDOW, f"{name_of(step)} begins at {begin} s, outside its windows", step, off
        )

    def _releases(self) -> Iterator[Violation]:
        """No trip begins before the last of its jobs is released; on a vehicle that has left the first one has."""
        tasks = {id(step): task for step, task, _ in self.drive.served}
        way = self.drive.vehicle.underway
        start = None if way and way.location is not None else self.route.steps[0]
        for step in self.route.steps[1:]:
            if step.kind is StepKind.RELOAD:
                start = step
            task = tasks.get(id(step))
            if start is None or not isinstance(task, Job) or task.release_s is None:
                continue
            early_s = task.release_s - start.start_service_s
            if early_s > 0:
                text = f"{task.label} is released at {task.release_s} s, its trip begins at {start.start_service_s} s"
                yield self.drive.broken(Rule.RELEASE, text, start, early_s)

    def _plane(self) -> Iterator[Violation]:
        """Euclidean instances: the windows hold with unrounded times as well, pauses and cleaning left out."""
        plane = self.drive.problem.plane
        if plane is None:
            return
        now, place = self._duty(0) / plane.time_parts, self.drive.start
        calls = [
            (s, visit.location, visit.service_s + s.setup_s, visit.windows)
            for s, _, visit in self.drive.served
        ]
        calls += [(s, reload.location, reload.duration_s, reload.windows) for s, reload in self.drive.reloads]
        for step, location, work_s, windows in sorted(calls, key=lambda call: call[0].arrival_s):
            now += 0.0 if place is None else math.dist(plane.points[place], plane.points[location])
            late = now - windows[-1].end_s / plane.time_parts if windows else 0.0
            if late > _TIME_TOLERANCE:
                text = f"{name_of(step)} is {late:g} late with unrounded distances"
                yield self.drive.broken(Rule.WINDOW, text, step, late)
            waits = [
                w.start_s / plane.time_parts
                for w in windows
                if w.end_s / plane.time_parts + _TIME_TOLERANCE >= now
            ]
            now = max(now, *waits[:1], now) + work_s / plane.time_parts
            place = location
        if place is not None and self.drive.vehicle.end is not None:
            now += math.dist(plane.points[place], plane.points[self.drive.vehicle.end])
        if now > self._duty(1) / plane.time_parts + _TIME_TOLERANCE:
            yield self.drive.broken(Rule.SHIFT, f"ends at {now:g} with unrounded distances")

    def _duty(self, end: int) -> float:
        window = self.drive.vehicle.window
        if window is None:
            return math.inf if end else 0.0
        return window.end_s if end else window.start_s
