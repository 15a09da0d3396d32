"""An independent auditor of plans: it shares no code with the search or the timing and replays each route.

`violations` finds everything that is wrong; `check` refuses a plan with any violation.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

from haoyun.routing.audit_drive import Register
from haoyun.routing.audit_hours import audit_hours
from haoyun.routing.errors import PlanRefused
from haoyun.routing.plan import Plan, Route, StepKind
from haoyun.routing.problem import Problem, Vehicle
from haoyun.routing.replay import Replay
from haoyun.routing.tasks import Id, Job, Task
from haoyun.routing.violation import Rule, Violation

__all__ = ["Rule", "Violation", "check", "unlawful_minutes", "violations"]

# Costs are sums of decimals; anything beyond a float's dust is a real difference.
_SHARE, _LEAST = 1e-12, 1e-6


def check(problem: Problem, plan: Plan) -> None:
    """Raise PlanRefused, which carries all violations, unless the plan keeps every rule."""
    found = violations(problem, plan)
    if found:
        raise PlanRefused(tuple(found))


def violations(problem: Problem, plan: Plan, sound: dict[int, Route] | None = None) -> list[Violation]:
    """Everything that is wrong with the plan; empty if it may be driven.

    `sound` remembers, by identity, routes that were found without fault: seen again, they need not be replayed.
    """
    known = {vehicle.id: vehicle for vehicle in problem.vehicles}
    register = Register(problem)
    found = list(_fleet(plan, known))
    for route in plan.routes:
        if route.vehicle_id not in known or (sound is not None and id(route) in sound):
            continue
        wrong = Replay(problem, known[route.vehicle_id], route, register).violations()
        found += wrong
        if sound is not None and not wrong:
            sound[id(route)] = route
    found += _fixed_left_out(problem, plan)
    found += _assignment(problem, plan)
    found += _totals(plan)
    return found


def unlawful_minutes(problem: Problem, plan: Plan) -> int:
    """In how many minutes drivers drive or work unlawfully, summed over the routes."""
    known = {vehicle.id: vehicle for vehicle in problem.vehicles}
    total = 0
    for route in plan.routes:
        vehicle = known.get(route.vehicle_id)
        if vehicle is not None and len(route.steps) > 1:
            broken = audit_hours(vehicle.hours, vehicle.driver, route).values()
            total += len(frozenset[int]().union(*(excess.minutes for excess in broken)))
    return total


def _fixed_left_out(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """A vehicle under way drives to the stops that are fixed."""
    driving = {route.vehicle_id for route in plan.routes}
    for vehicle in problem.vehicles:
        if vehicle.id not in driving and vehicle.underway and vehicle.underway.fixed:
            kind, name = vehicle.underway.fixed[0]
            text = f"vehicle {vehicle.id}: {kind} {name} is fixed, but it has no route"
            yield Violation(Rule.FIXED, text, vehicle.id, (kind.value, name))


def _fleet(plan: Plan, known: dict[Id, Vehicle]) -> Iterator[Violation]:
    for vehicle_id, times in Counter(route.vehicle_id for route in plan.routes).items():
        if vehicle_id not in known:
            yield Violation(Rule.UNKNOWN_VEHICLE, f"there is no vehicle {vehicle_id}", vehicle_id)
        if times > 1:
            yield Violation(Rule.VEHICLE_TWICE, f"vehicle {vehicle_id} drives {times} routes", vehicle_id)


def _assignment(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """Each task is served once or listed once as unassigned."""
    served = Counter((step.kind, step.id) for route in plan.routes for step in route.steps)
    listed: Counter[tuple[str, Id]] = Counter((entry.kind, entry.id) for entry in plan.unassigned)
    for task in problem.tasks:
        name = _task_key(task)
        times = max(served[key] for key in _step_keys(task))
        if times > 1:
            yield Violation(Rule.SERVED_TWICE, f"{task.label} is served {times} times")
        if min(times, 1) + listed.pop(name, 0) != 1:
            state = "served and listed as unassigned" if times else "neither served nor listed exactly once"
            yield Violation(Rule.UNASSIGNED, f"{task.label} is {state}")
    for kind, task_id in listed:
        yield Violation(
            Rule.UNASSIGNED, f"{kind} {task_id} is listed as unassigned but not part of the problem"
        )


def _task_key(task: Task) -> tuple[str, Id]:
    return ("job" if isinstance(task, Job) else "shipment", task.id)


def _step_keys(task: Task) -> list[tuple[StepKind, Id]]:
    if isinstance(task, Job):
        return [(StepKind.JOB, task.id)]
    return [(StepKind.PICKUP, task.pickup.id), (StepKind.DELIVERY, task.delivery.id)]


def _totals(plan: Plan) -> Iterator[Violation]:
    sums = {
        "distance_m": sum(route.distance_m for route in plan.routes),
        "travel_s": sum(route.travel_s for route in plan.routes),
        "cost": math.fsum(route.cost for route in plan.routes),
        "revenue": sum(route.revenue for route in plan.routes),
    }
    for name, total in sums.items():
        stated = getattr(plan, name)
        if not math.isclose(stated, total, rel_tol=_SHARE, abs_tol=_LEAST):
            yield Violation(Rule.TOTAL, f"the plan states {name} {stated}, its routes add up to {total}")
