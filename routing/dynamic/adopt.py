"""Which parts of a found plan to adopt: vehicles that exchange tasks belong together, others can be chosen apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from haoyun.routing.audit_drive import Register
from haoyun.routing.build import Built, calls_of
from haoyun.routing.dynamic.cut import Told
from haoyun.routing.dynamic.day import TaskKey, task_key
from haoyun.routing.dynamic.stability import moved_stops
from haoyun.routing.plan import Route
from haoyun.routing.problem import Objective, Problem, Tours
from haoyun.routing.replay import Replay
from haoyun.routing.schedule import build_route
from haoyun.routing.tasks import Id, Stop, Task
from haoyun.routing.underway import StopKey
from haoyun.routing.vehicle import Vehicle

_DUST = 1e-7
Value = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Terms:
    """By what a change of plan is judged."""

    problem: Problem
    stops: tuple[Stop, ...]
    told: Mapping[StopKey, Told]
    promised: frozenset[TaskKey]  # tasks that count as mandatory
    out: frozenset[Id]  # vehicles that are out: what was theirs has to move
    move_cost: float
    max_moved: int | None
    built: Built
    register: Register  # of the auditor

    def moved(self, vehicles: Iterable[int], tours: Tours) -> int:
        """How many stops of these vehicles' tours have moved."""
        chosen = list(vehicles)
        names = [self.problem.vehicles[v].id for v in chosen]
        own = tuple(tours[v] for v in chosen)
        return len(moved_stops(self.told, self.stops, names, own, self.out))

    def route(self, v: int, tour: tuple[int, ...]) -> Route | None:
        """The timed route; None if the auditor has something against it."""
        vehicle = self.problem.vehicles[v]
        if (vehicle.id, tour) not in self.built:
            route = build_route(self.problem, vehicle, calls_of(self.stops, vehicle, tour))
            sound = route is not None and not self._wrong(vehicle, route)
            self.built[vehicle.id, tour] = route if sound else None
        return self.built[vehicle.id, tour]

    def _wrong(self, vehicle: Vehicle, route: Route) -> bool:
        return bool(Replay(self.problem, vehicle, route, self.register).violations())


def adopt(terms: Terms, now: Tours, found: Tours) -> Tours:
    """`now` with those exchanges of `found` that make it better, moves counted; never more moves than allowed."""
    groups = _groups(terms.stops, now, found)
    gains = [
        (gain, moves, group)
        for group in groups
        if (gain := _gain(terms, group, now, found)) is not None
        for moves in [terms.moved(group, found) - terms.moved(group, now)]
    ]
    gains = sorted((g for g in gains if g[0] < _nothing(g[0])), key=lambda g: (g[0], g[1], g[2]))
    moved = terms.moved(range(len(now)), now)
    tours = list(now)
    for _, moves, group in gains:
        if terms.max_moved is not None and moves > 0 and moved + moves > terms.max_moved:
            continue
        moved += moves
        for v in group:
            tours[v] = found[v]
    return tuple(tours)


def _nothing(value: Value) -> Value:
    return (*(0.0 for _ in value[:-1]), -_DUST)


def _groups(stops: tuple[Stop, ...], now: Tours, found: Tours) -> list[tuple[int, ...]]:
    """Vehicles whose tours differ, together with those that they exchange tasks with."""
    leader = {v: v for v in range(len(now)) if now[v] != found[v]}

    def lead(v: int) -> int:
        while leader[v] != v:
            v = leader[v]
        return v

    before = {id(stops[n].task): v for v in leader for n in now[v] if n >= 0}
    for v in leader:
        for n in found[v]:
            other = before.get(id(stops[n].task)) if n >= 0 else None
            if other is not None and lead(other) != lead(v):
                leader[lead(other)] = lead(v)
    groups: dict[int, list[int]] = {}
    for v in leader:
        groups.setdefault(lead(v), []).append(v)
    return [tuple(group) for group in groups.values()]


def _gain(terms: Terms, group: tuple[int, ...], now: Tours, found: Tours) -> Value | None:
    """What the group's change makes worse (below zero: better); None if it breaks a rule."""
    old = _value(terms, group, now)
    new = _value(terms, group, found)
    if new is None:
        return None
    if old is None:
        return (-1.0, *new[1:])
    return tuple(b - a for a, b in zip(old, new, strict=True))


def _value(terms: Terms, group: tuple[int, ...], tours: Tours) -> Value | None:
    """The group's share of what a plan is worth (worth.py), with moves."""
    cost = metres = revenue = mandatory = others = 0.0
    driving = 0
    for v in group:
        if not tours[v]:
            continue
        route = terms.route(v, tours[v])
        if route is None:
            return None
        cost, metres, revenue = cost + route.cost, metres + route.distance_m, revenue + route.revenue
        driving += 1
        for task in _tasks(terms.stops, tours[v]):
            firm = task.mandatory or task_key(task) in terms.promised
            mandatory -= firm * (1 + task.priority)
            others -= (not firm) * (1 + task.priority)
    moves = terms.move_cost * terms.moved(group, tours)
    by_objective: dict[Objective, Value] = {
        Objective.DISTANCE: (metres + moves,),
        Objective.VEHICLES: (driving, metres + moves),
        Objective.COST: (cost + moves,),
        Objective.PROFIT: (cost - revenue + moves,),
    }
    objective = terms.problem.objective
    served = (mandatory,) if objective is Objective.PROFIT else (mandatory, others)
    return (*served, *by_objective[objective])


def _tasks(stops: tuple[Stop, ...], tour: tuple[int, ...]) -> list[Task]:
    return list({id(stops[n].task): stops[n].task for n in tour if n >= 0}.values())
