"""Solve a problem: search in processes of its own, keep the best plan that the independent checker passes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from haoyun.routing.check import violations
from haoyun.routing.errors import BadProblem, SolverFailed
from haoyun.routing.explain import why_unassigned
from haoyun.routing.plan import Plan, Reason, ReasonCode, Unassigned
from haoyun.routing.portfolio import Assignment, Tours, findings
from haoyun.routing.problem import Objective, Problem, Shipment, Task
from haoyun.routing.recipes import portfolio
from haoyun.routing.timing import build_route

# How far past the limit an answer may be awaited before the best so far is taken.
_GRACE_SHARE = 0.02
_LEAST_GRACE_S = 0.1


@dataclass(frozen=True, slots=True)
class Progress:
    """The best plan so far; `seconds` since the search began."""

    seconds: float
    cost: float
    vehicles: int
    unassigned: int


def solve(
    problem: Problem,
    *,
    time_limit_s: float,
    seed: int = 0,
    threads: int = 1,
    objective: Objective | str | None = None,
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Plan:
    """The best plan found within `time_limit_s`, starting the processes included; it has passed the checker.

    `threads` searches run side by side, each in a process of its own with its own method and seed. `progress`
    hears of each better plan; `cancelled` is asked often, and the best plan so far is returned once it says so.
    What no vehicle can serve is unassigned, with reasons: never an error. Raises SolverFailed if the engine fails.
    """
    if time_limit_s <= 0 or threads < 1:
        raise BadProblem(f"time limit ({time_limit_s} s) and threads ({threads}) must be positive")
    begun = time.monotonic()
    if objective is not None:
        problem = replace(problem, objective=Objective(objective))
    best = _Best(problem, begun, progress)
    best.offer(tuple(() for _ in problem.vehicles), "nothing served")
    work = [
        Assignment(problem, recipe, seed * threads + number, begun + time_limit_s)
        for number, recipe in enumerate(portfolio(problem, threads))
    ]
    finished = False
    for finding in findings(work, grace_s=max(_GRACE_SHARE * time_limit_s, _LEAST_GRACE_S), cancelled=cancelled):
        finished = finished or (finding.final and finding.tours is not None)
        if finding.tours is not None:
            best.offer(finding.tours, finding.recipe)
    plan = replace(best.checked(), seconds=time.monotonic() - begun, seed=seed)
    return _explained(problem, plan)


class _Best:
    """The best tours so far, as a plan."""

    def __init__(self, problem: Problem, begun: float, progress: Callable[[Progress], None] | None) -> None:
        self.problem = problem
        self.begun = begun
        self.progress = progress
        self.plan: Plan | None = None
        self.refused: list[str] = []

    def offer(self, tours: Tours, method: str) -> None:
        """Take the tours if they are better and the checker has nothing against them."""
        plan = plan_of(self.problem, tours, method)
        if plan is None:
            self.refused.append(f"{method}: a route misses a window")
            return
        if self.plan is not None and worth(self.problem, plan) >= worth(self.problem, self.plan):
            return
        wrong = violations(self.problem, plan)
        if wrong:
            self.refused.append(f"{method}: {wrong[0].text}")
            return
        self.plan = plan
        if self.progress and method:
            seconds = time.monotonic() - self.begun
            self.progress(Progress(seconds, plan.cost, plan.vehicles, len(plan.unassigned)))

    def checked(self) -> Plan:
        """The plan; SolverFailed if every answer of the engine was refused."""
        if self.plan is None or (self.refused and not self.plan.routes):
            raise SolverFailed(f"the engine's answers break rules of the problem: {'; '.join(self.refused[:3])}")
        return self.plan


def plan_of(problem: Problem, tours: Tours, method: str = "") -> Plan | None:
    """The plan that serves stops (positions in `problem.stops`) in this order; None if a route cannot be on time."""
    stops = problem.stops
    driven = [(v, [stops[n] for n in tour]) for v, tour in zip(problem.vehicles, tours, strict=True) if tour]
    routes = [build_route(problem, vehicle, sequence) for vehicle, sequence in driven]
    on_time = tuple(route for route in routes if route is not None)
    if len(on_time) < len(routes):
        return None
    served = {(stop.task.label) for _, sequence in driven for stop in sequence}
    return Plan(
        routes=on_time,
        unassigned=tuple(_unassigned(task) for task in problem.tasks if task.label not in served),
        objective=problem.objective,
        cost=sum(route.cost for route in on_time),
        distance_m=sum(route.distance_m for route in on_time),
        travel_s=sum(route.travel_s for route in on_time),
        method=method,
    )


def worth(problem: Problem, plan: Plan) -> tuple[float, ...]:
    """A plan's place in the order of plans, smaller is better: what it leaves out, then the objective."""
    left = {(entry.kind, entry.id) for entry in plan.unassigned}
    missed = sum(1 + task.priority for task in problem.tasks if (_kind(task), task.id) in left)
    by_objective: dict[Objective, tuple[float, ...]] = {
        Objective.DISTANCE: (plan.distance_m,),
        Objective.VEHICLES: (plan.vehicles, plan.distance_m),
        Objective.COST: (plan.cost,),
    }
    return (missed, *by_objective[problem.objective])


def _unassigned(task: Task, reasons: tuple[Reason, ...] = ()) -> Unassigned:
    return Unassigned("shipment" if isinstance(task, Shipment) else "job", task.id, reasons)


def _kind(task: Task) -> str:
    return _unassigned(task).kind


def _explained(problem: Problem, plan: Plan) -> Plan:
    left = {(entry.kind, entry.id) for entry in plan.unassigned}
    tasks = [task for task in problem.tasks if (_kind(task), task.id) in left]
    return replace(plan, unassigned=tuple(_unassigned(task, why_unassigned(problem, task)) for task in tasks))
