"""Trial insertions of a task into a given plan, under the rules or with one of them relaxed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise

from haoyun.routing.build import calls_of, tours_of
from haoyun.routing.extract import extract
from haoyun.routing.goods import NO_RULES, GoodsRules
from haoyun.routing.hours import NONE, RESTED
from haoyun.routing.legs import Call, leg_m, path
from haoyun.routing.plan import Plan, Route
from haoyun.routing.problem import Problem, Vehicle
from haoyun.routing.replay import Replay
from haoyun.routing.schedule import build_route
from haoyun.routing.tasks import LARGEST, Job, Shipment, Stop, Task, Visit, Window, stops_of
from haoyun.routing.violation import Violation

_LIMITS = ("max_stops", "max_distance_m", "max_travel_s", "max_duration_s", "max_trips")


@dataclass(frozen=True, slots=True)
class Case:
    """A vehicle, a task and the rules on goods, as they are or relaxed."""

    vehicle: Vehicle
    task: Task
    goods: GoodsRules


@dataclass(frozen=True, slots=True)
class Trial:
    """A route with the task inserted, and what the auditor has against it unless the rule is relaxed.

    Locations in the route are numbered as in the part of the problem that was tried (extract.py).
    """

    vehicle: Vehicle
    route: Route
    violations: tuple[Violation, ...]
    more_cost: float


Relax = Callable[[Case], Case]


def as_it_is(case: Case) -> Case:
    """Nothing relaxed."""
    return case


def any_later(case: Case) -> Case:
    """The task's windows never close."""
    return replace(case, task=_with_visits(case.task, _never_closing))


def any_room(case: Case) -> Case:
    """Room without end."""
    return _vehicle(case, capacity=(LARGEST,) * len(case.vehicle.capacity))


def any_shift(case: Case) -> Case:
    """A shift that never ends."""
    window = case.vehicle.window
    return _vehicle(case, window=window and Window(window.start_s, LARGEST))


def any_limit(case: Case) -> Case:
    """No limits on distance, time, stops and trips."""
    return _vehicle(case, **dict.fromkeys(_LIMITS))


def any_skill(case: Case) -> Case:
    """Every skill."""
    return _vehicle(case, skills=case.vehicle.skills | case.task.skills)


def any_hours(case: Case) -> Case:
    """A driver without rules."""
    return _vehicle(case, hours=NONE, driver=RESTED)


def any_order(case: Case) -> Case:
    """Unloading in any order."""
    return _vehicle(case, lifo=False)


def any_goods(case: Case) -> Case:
    """All goods get along with each other."""
    return replace(case, goods=NO_RULES)


def _vehicle(case: Case, **changes: object) -> Case:
    return replace(case, vehicle=replace(case.vehicle, **changes))  # type: ignore[arg-type]


def _never_closing(visit: Visit) -> Visit:
    return replace(visit, windows=(Window(visit.windows[0].start_s, LARGEST),)) if visit.windows else visit


def _with_visits(task: Task, change: Callable[[Visit], Visit]) -> Task:
    if isinstance(task, Job):
        return replace(task, windows=change(task.visits[0]).windows)
    return replace(task, pickup=change(task.pickup), delivery=change(task.delivery))


class Trials:
    """Insertions into the routes of one plan; `most` positions a vehicle, those with the shortest detour first."""

    def __init__(self, problem: Problem, plan: Plan, most: int) -> None:
        self.problem = problem
        self.most = most
        stops = problem.stops
        pairs = zip(problem.vehicles, tours_of(problem, plan), strict=True)
        self.calls = {v.id: calls_of(stops, v, tour) for v, tour in pairs}
        self.routes = {route.vehicle_id: route for route in plan.routes}

    def sound(self, task: Task, vehicle: Vehicle, relax: Relax = as_it_is) -> Iterator[Trial]:
        """Insertions with which the auditor is content once the rule is relaxed; what it says otherwise."""
        relaxed = relax(Case(vehicle, task, self.problem.goods))
        others = [other for other in self._tasks_with(vehicle) if other != task]
        real = extract(self.problem, [vehicle], [*others, task])
        lax = extract(replace(self.problem, goods=relaxed.goods), [relaxed.vehicle], [*others, relaxed.task])
        before = self.routes.get(vehicle.id)
        for calls in islice(self._insertions(lax, relaxed.task), self.most):
            route = build_route(lax, lax.vehicles[0], calls)
            if route is None or Replay(lax, lax.vehicles[0], route).violations():
                continue
            found = Replay(real, real.vehicles[0], route).violations() if relax is not as_it_is else []
            yield Trial(vehicle, route, tuple(found), route.cost - (before.cost if before else 0.0))

    def _tasks_with(self, vehicle: Vehicle) -> list[Task]:
        """The tasks that a vehicle's route serves, and what it has on board."""
        found = {(type(c.task), c.task.id): c.task for c in self.calls[vehicle.id] if isinstance(c, Stop)}
        way = vehicle.underway
        if way is not None:
            found |= {(Job, job.id): job for job in self.problem.jobs if job.id in way.loaded}
            found |= {(Shipment, s.id): s for s in self.problem.shipments if s.id in way.on_board}
        return list(found.values())

    def _insertions(self, part: Problem, task: Task) -> Iterator[list[Call]]:
        """All ways to insert the task's stops in order, after what is fixed, the shortest first."""
        vehicle = part.vehicles[0]
        stops = {(stop.kind, stop.visit.id): stop for stop in part.stops}
        reloads = {reload.id: reload for reload in vehicle.reloads}
        now: list[Call] = [
            stops[c.kind, c.visit.id] if isinstance(c, Stop) else reloads[c.id]
            for c in self.calls[vehicle.id]
        ]
        fixed = len(vehicle.underway.fixed) if vehicle.underway else 0
        new = [stops[stop.kind, stop.visit.id] for stop in _stops_to_serve(vehicle, task)]
        ways: list[list[Call]] = []
        for first in range(fixed, len(now) + 1):
            if len(new) == 1:
                ways.append([*now[:first], new[0], *now[first:]])
                continue
            for second in range(first, len(now) + 1):
                ways.append([*now[:first], new[0], *now[first:second], new[1], *now[second:]])
        yield from sorted(ways, key=lambda calls: _metres(part, calls))


def _stops_to_serve(vehicle: Vehicle, task: Task) -> Sequence[Stop]:
    """All stops of the task, or what is left of it if it is on board already."""
    way = vehicle.underway
    on_board = way is not None and isinstance(task, Shipment) and task.id in way.on_board
    return stops_of(task)[1:] if on_board else stops_of(task)


def _metres(part: Problem, calls: Sequence[Call]) -> int:
    where = path(part.vehicles[0], calls)
    return sum(leg_m(part, part.vehicles[0], i, j) for i, j in pairwise(where))


def metres_to(problem: Problem, vehicle: Vehicle, calls: Sequence[Call], task: Task) -> int:
    """How far the task's first stop is from the nearest place of a route; for sorting."""
    place = task.visits[0].location
    near = [p for p in path(vehicle, calls) if p is not None]
    return min((leg_m(problem, vehicle, p, place) for p in near), default=0)
