"""Why loads are unassigned and what would serve them; what each route costs and where it has slack.

Everything is found by trial insertions into the given plan, judged by the auditor: no search is asked. The work is
bounded by counts (vehicles and positions tried), so the same plan always gives the same explanation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from haoyun.routing.alone import able_vehicles, free_for, has_room, has_skills, loads
from haoyun.routing.finding import Code, Figures, Finding, RouteView, WhyNot
from haoyun.routing.legs import closing
from haoyun.routing.plan import Plan, Route, Unassigned
from haoyun.routing.problem import Objective, Problem, Vehicle
from haoyun.routing.tasks import LARGEST, Task
from haoyun.routing.timetable import FOR_EVER
from haoyun.routing.trials import (
    Relax,
    Trial,
    Trials,
    any_goods,
    any_hours,
    any_later,
    any_limit,
    any_order,
    any_room,
    any_shift,
    any_skill,
    metres_to,
)
from haoyun.routing.violation import Rule, Violation

# The price of a relaxation: an hour late = 1. Asking a customer for an hour is taken to be about as hard as an
# hour of overtime, a tenth more room, a tenth above a limit; another truck or driver is a day's work to find.
_PER_SECOND = 1 / 3600
_PER_SHARE = 10.0
_ANOTHER_TRUCK = 8.0
_ANOTHER_DRIVER = 6.0


def why_not(
    problem: Problem, plan: Plan, task: Task, *, most_vehicles: int = 6, most_positions: int = 30
) -> WhyNot:
    """Why the plan does not serve the task, and the relaxations that would, the cheapest first.

    At most `most_vehicles` x `most_positions` insertions are tried for each of the relaxations.
    """
    trials = Trials(problem, plan, most_positions)
    entry = Unassigned.of(task)
    nearest = sorted(free_for(problem, task), key=lambda v: metres_to(problem, v, trials.calls[v.id], task))
    skilled = [v for v in nearest if has_skills(v, task)]
    obstacles = [*_skills(problem, task), *_room(problem, task, skilled), *_reach(problem, task, skilled)]
    fits = _cheapest(trials, task, [v for v in skilled if has_room(problem, v, task)][:most_vehicles])
    if fits is not None:
        return WhyNot(entry.kind, entry.id, (*obstacles, _fits(problem, task, fits)), ())
    obstacles += _full_until(problem, plan, task, skilled)
    relaxations = sorted(_relaxations(trials, task, nearest, skilled, most_vehicles), key=lambda f: f.price)
    if not relaxations:
        relaxations = [Finding(Code.NOTHING_ALONE)]
    return WhyNot(entry.kind, entry.id, tuple(obstacles), tuple(relaxations))


def why_nots(problem: Problem, plan: Plan, *, most: int = 50) -> list[WhyNot]:
    """The same for the plan's unassigned tasks, of the highest priority first, at most so many."""
    left = sorted(plan.left_out(problem), key=lambda task: (not task.mandatory, -task.priority))
    return [why_not(problem, plan, task) for task in left[:most]]


# -- what stands in the way -----------------------------------------------------------------------------------


def _skills(problem: Problem, task: Task) -> Iterator[Finding]:
    """Skills that not every vehicle has."""
    for skill in sorted(task.skills):
        have = sum(skill in v.skills for v in problem.vehicles)
        if have < len(problem.vehicles):
            yield Finding(Code.NEEDS_SKILL, None, (("skill", skill), ("vehicles", have)))


def _room(problem: Problem, task: Task, skilled: list[Vehicle]) -> Iterator[Finding]:
    needs = [max(column) for column in zip(*(problem.amounts(given) for given in loads(task)), strict=True)]
    for dimension, (name, need) in enumerate(zip(problem.capacity_names, needs, strict=True)):
        largest = max((v.capacity[dimension] for v in skilled), default=0)
        if skilled and need > largest:
            figures = (("dimension", name), ("needed", need), ("largest", largest))
            yield Finding(Code.NEEDS_ROOM, None, figures)


def _reach(problem: Problem, task: Task, skilled: list[Vehicle]) -> Iterator[Finding]:
    roomy = [v for v in skilled if has_room(problem, v, task)]
    if roomy and not able_vehicles(problem, [task])[0]:
        yield Finding(Code.OUT_OF_REACH, None, (("vehicles", len(roomy)),))


def _full_until(problem: Problem, plan: Plan, task: Task, skilled: list[Vehicle]) -> Iterator[Finding]:
    """When the first of the able vehicles has room to the end of its route; nothing if one has it all along."""
    routes = {route.vehicle_id: route for route in plan.routes}
    need = [max(column) for column in zip(*(problem.amounts(given) for given in loads(task)), strict=True)]
    roomy = [v for v in skilled if has_room(problem, v, task)]
    free = [_room_from(v, routes[v.id], need) if v.id in routes else None for v in roomy]
    times = [t for t in free if t is not None]
    if free and len(times) == len(free):
        yield Finding(Code.FULL_UNTIL, None, (("vehicles", len(free)), ("until_s", min(times))))


def _room_from(vehicle: Vehicle, route: Route, need: list[int]) -> int | None:
    """The instant from which there is room to the end; None: from the start."""
    full = [
        number
        for number, step in enumerate(route.steps)
        if any(a + n > c for a, n, c in zip(step.load, need, vehicle.capacity, strict=True))
    ]
    return route.steps[min(full[-1] + 1, len(route.steps) - 1)].departure_s if full else None


def _fits(problem: Problem, task: Task, trial: Trial) -> Finding:
    more = round(trial.more_cost, 6)
    if problem.objective is Objective.PROFIT and more >= task.revenue and not task.mandatory:
        return Finding(Code.NOT_WORTH, trial.vehicle.id, (("cost", more), ("revenue", task.revenue)))
    return Finding(Code.FITS, trial.vehicle.id, (("cost", more),))


def _cheapest(trials: Trials, task: Task, vehicles: Iterable[Vehicle]) -> Trial | None:
    found = (trial for vehicle in vehicles for trial in trials.sound(task, vehicle))
    return min(found, key=lambda trial: trial.more_cost, default=None)


# -- what would let it through --------------------------------------------------------------------------------


def _relaxations(
    trials: Trials, task: Task, nearest: list[Vehicle], skilled: list[Vehicle], most: int
) -> Iterator[Finding]:
    """For each relaxation the easiest to grant of those that would do alone."""
    others = [v for v in nearest if v not in skilled]
    goods = trials.problem.goods
    plans: list[tuple[Relax, list[Vehicle]]] = [
        (any_later, skilled if any(visit.windows for visit in task.visits) else []),
        (any_room, skilled if trials.problem.capacity_names else []),
        (any_shift, [v for v in skilled if v.window]),
        (any_limit, [v for v in skilled if _is_limited(v)]),
        (any_skill, others),
        (any_hours, [v for v in skilled if v.hours.binds]),
        (any_order, [v for v in skilled if v.lifo]),
        (any_goods, skilled if task.goods and (goods.apart or goods.cleanings) else []),
    ]
    for relax, vehicles in plans:
        found = [
            finding
            for vehicle in vehicles[:most]
            for trial in trials.sound(task, vehicle, relax)
            if (finding := _asked(relax, task, trial, trials.problem.capacity_names)) is not None
        ]
        if found:
            yield min(found, key=lambda finding: finding.price)


def _is_limited(v: Vehicle) -> bool:
    limits = (v.max_stops, v.max_distance_m, v.max_travel_s, v.max_duration_s)
    return any(limit is not None for limit in limits)


def _asked(relax: Relax, task: Task, trial: Trial, names: tuple[str, ...]) -> Finding | None:
    """What the relaxation asks for in this trial; None if it asks for more than one thing."""
    vehicle = trial.vehicle
    if relax is any_later:
        return _later(task, trial)
    if relax is any_room:
        return _more_room(trial, names)
    if relax is any_limit:
        return _higher_limit(trial)
    late = int(max((_size(v) for v in trial.violations if v.rule is Rule.SHIFT), default=0))
    missing = ", ".join(sorted(task.skills - vehicle.skills))
    plain: dict[Relax, tuple[Code, Figures, float]] = {
        any_shift: (Code.LONGER_SHIFT, (("seconds", late),), late * _PER_SECOND),
        any_skill: (Code.OTHER_SKILL, (("skill", missing),), _ANOTHER_TRUCK),
        any_hours: (Code.MORE_HOURS, (("rule", vehicle.hours.name),), _ANOTHER_DRIVER),
        any_order: (Code.NO_LIFO, (), _ANOTHER_TRUCK),
        any_goods: (Code.MIXED_GOODS, (("goods", task.goods or ""),), _ANOTHER_TRUCK),
    }
    code, figures, price = plain[relax]
    return Finding(code, vehicle.id, figures, price)


def _later(task: Task, trial: Trial) -> Finding | None:
    """The stop whose window would have to end latest beyond its end, if only one of them must."""
    own = {visit.id for visit in task.visits}
    late = [v for v in trial.violations if v.rule is Rule.WINDOW and v.stop and v.stop[1] in own]
    if len(late) != 1 or late[0].stop is None:
        return None
    seconds = _size(late[0])
    figures = (("stop", late[0].stop[0]), ("seconds", int(seconds)))
    return Finding(Code.LATER, trial.vehicle.id, figures, seconds * _PER_SECOND)


def _more_room(trial: Trial, names: tuple[str, ...]) -> Finding | None:
    """The dimension that is too small, if only one is."""
    worst: dict[int, int] = {}
    for step in trial.route.steps:
        for dimension, (load, room) in enumerate(zip(step.load, trial.vehicle.capacity, strict=True)):
            if load > room:
                worst[dimension] = max(worst.get(dimension, 0), load - room)
    if len(worst) != 1:
        return None
    ((dimension, amount),) = worst.items()
    share = amount / max(trial.vehicle.capacity[dimension], 1)
    figures = (("dimension", names[dimension]), ("amount", amount))
    return Finding(Code.MORE_ROOM, trial.vehicle.id, figures, share * _PER_SHARE)


def _higher_limit(trial: Trial) -> Finding | None:
    measured = {
        "max_stops": len(trial.route.stops),
        "max_distance_m": trial.route.distance_m,
        "max_travel_s": trial.route.travel_s,
        "max_duration_s": trial.route.duration_s,
    }
    above = {
        name: (value - limit, limit)
        for name, value in measured.items()
        if (limit := getattr(trial.vehicle, name)) is not None and value > limit
    }
    if len(above) != 1:
        return None
    ((name, (amount, limit)),) = above.items()
    price = amount / max(limit, 1) * _PER_SHARE
    return Finding(Code.HIGHER_LIMIT, trial.vehicle.id, (("limit", name), ("amount", amount)), price)


def _size(violation: Violation) -> float:
    return violation.excess or 0.0


# -- routes ---------------------------------------------------------------------------------------------------


def view(problem: Problem, route: Route) -> RouteView:
    """A route's cost parts, slack and load profile."""
    vehicle = next(v for v in problem.vehicles if v.id == route.vehicle_id)
    return RouteView(
        vehicle=vehicle.id,
        parts=route.parts,
        revenue=route.revenue,
        slack_s=tuple(_slack(problem, vehicle, route)),
        filled=tuple(_filled(step.load, vehicle.capacity) for step in route.steps),
    )


def _filled(load: tuple[int, ...], capacity: tuple[int, ...]) -> tuple[float, ...]:
    return tuple(amount / room if room else 0.0 for amount, room in zip(load, capacity, strict=True))


def _slack(problem: Problem, vehicle: Vehicle, route: Route) -> list[int | None]:
    """Backwards from the end of the shift: the latest begin of each step's service minus the planned one."""
    visits = {(stop.kind.value, stop.visit.id): stop.visit.windows for stop in problem.stops}
    reloads = {("reload", reload.id): reload.windows for reload in vehicle.reloads}
    windows = visits | reloads
    latest = vehicle.window.end_s if vehicle.window else FOR_EVER
    found = [latest - route.steps[-1].arrival_s]
    for after, before in pairwise(reversed(route.steps)):
        way_s = after.arrival_s - before.departure_s
        kept_s = sum(
            p.duration_s for p in route.pauses if p.driven_s is None and route.steps[p.step] is after
        )
        latest -= way_s + kept_s + before.departure_s - before.start_service_s
        own = windows.get((before.kind.value, before.id), ()) if before.id is not None else ()
        begin = closing(own, latest) if own else latest
        # A stop that is late already (fixed, on a vehicle under way) has no slack.
        latest = max(before.start_service_s, begin if begin is not None else before.start_service_s)
        found.append(latest - before.start_service_s)
    return [None if slack > LARGEST else slack for slack in reversed(found)]
