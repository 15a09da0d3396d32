"""Solve a problem: search in processes of its own, keep the best plan that the independent checker passes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from haoyun.routing.able import Able
from haoyun.routing.build import Built, on_time, plan_of, tours_of
from haoyun.routing.check import violations
from haoyun.routing.errors import BadProblem, SolverFailed
from haoyun.routing.kept import refuse_what_is_not_kept
from haoyun.routing.large.course import solve_large
from haoyun.routing.onward import least_tours
from haoyun.routing.plan import Plan, Route
from haoyun.routing.portfolio import Assignment, Crew, findings
from haoyun.routing.problem import Objective, Problem, Tours
from haoyun.routing.progress import Progress
from haoyun.routing.reasons import explained
from haoyun.routing.recipes import Engine, is_large, portfolio
from haoyun.routing.worth import worth

__all__ = ["Progress", "plan_of", "solve", "tours_of", "worth"]

# How far past the limit an answer may be awaited before the best so far is taken.
_GRACE_SHARE = 0.01
_LEAST_GRACE_S = 0.1
# Of the limit, what is kept for the last check and the reasons until it is known how long a check takes ...
_CLOSING_SHARE = 0.02
_CLOSING_S = 0.5e-3  # a vehicle
# ... and then as many times a check of all routes (another finding may be on its way), and by task left behind.
_CHECKS = 1.5
_REASONS_S = 0.2e-3
_MANY_ROUTES = 10  # with fewer new ones a check takes as long as with these


def solve(
    problem: Problem,
    *,
    time_limit_s: float,
    seed: int = 0,
    threads: int = 1,
    objective: Objective | str | None = None,
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    start: Tours | None = None,
    engine: Engine | None = None,
    crew: Crew | None = None,
) -> Plan:
    """The best plan found within `time_limit_s`, starting the processes included; it has passed the checker.

    `threads` searches run side by side, each in a process of its own with its own seed; near the end their
    routes are recombined. One search alone goes by its work instead of the clock: with the same seed and limit
    it gives the same plan on any machine that is fast enough. `progress` hears of each better plan; `cancelled`
    is asked often: once it says so, the best plan so far is returned. `start` holds tours to begin with (as of
    `tours_of`), and the plan is never worse than they are. A `crew` keeps its processes warm from call to call.
    Large problems (recipes.is_large) are solved in parts by `threads` processes of their own, unless an `engine` is
    asked for; how many rounds of parts there are is then decided by the clock, also for one thread.
    What no vehicle can serve is unassigned, with reasons: never an error. Raises BadProblem for a limit that
    cannot be or a rule that the engine does not keep, and SolverFailed if the engine fails.
    """
    if time_limit_s <= 0 or threads < 1:
        raise BadProblem(f"time limit ({time_limit_s} s) and threads ({threads}) must be positive")
    begun = time.monotonic()
    if objective is not None:
        problem = replace(problem, objective=Objective(objective))
    recipes = portfolio(problem, threads, engine)
    refuse_what_is_not_kept(problem, recipes[0].engine)
    if engine is None and is_large(problem):
        return solve_large(
            problem,
            time_limit_s=time_limit_s,
            seed=seed,
            processes=threads,
            progress=progress,
            cancelled=cancelled,
            start=start,
        )
    best = _Best(problem, begun, progress)
    if start is not None:
        best.offer(start, "start")
    deadline = begun + time_limit_s - best.expected_s(time_limit_s)
    work = [
        Assignment(
            problem, recipe, seed * threads + number, deadline,
            number=number, of=threads, start=start, limit_s=time_limit_s if threads == 1 else None,
        )
        for number, recipe in enumerate(recipes)
    ]  # fmt: skip
    grace_s = max(_GRACE_SHARE * time_limit_s, _LEAST_GRACE_S)
    engaged = crew.findings if crew is not None else findings
    able: Able | None = None

    def more_than_expected_s() -> float:
        return best.closing_s(time_limit_s) - best.expected_s(time_limit_s)

    for finding in engaged(work, grace_s=grace_s, cancelled=cancelled, closing_s=more_than_expected_s):
        able = finding.able or able
        left_s = begun + time_limit_s - time.monotonic()
        # What is found so late is soon followed by the final tours, for which there must be time.
        too_late = not finding.final and best.plan is not None and left_s < 2 * best.closing_s(time_limit_s)
        if finding.tours is not None and not too_late:
            best.offer(finding.tours, finding.recipe, finding.worth)
    plan = explained(problem, best.plan or best.nothing(), able)
    return replace(plan, seconds=time.monotonic() - begun, seed=seed)


class _Best:
    """The best tours so far, as a plan."""

    def __init__(self, problem: Problem, begun: float, progress: Callable[[Progress], None] | None) -> None:
        self.problem = problem
        self.begun = begun
        self.progress = progress
        self.plan: Plan | None = None
        self.refused: list[str] = []
        self.built: Built = {}
        self.hours = any(vehicle.hours.binds for vehicle in problem.vehicles)
        self.claimed: tuple[float, ...] | None = None
        self.sound: dict[int, Route] = {}
        self.route_s: float | None = None  # what a route's timetable and check take

    def expected_s(self, time_limit_s: float) -> float:
        """What closing is expected to take before anything was found."""
        return min(_CLOSING_SHARE * time_limit_s, _CLOSING_S * len(self.problem.vehicles))

    def closing_s(self, time_limit_s: float) -> float:
        """What the last timetables, their check and the reasons will take, by what they took so far."""
        if self.route_s is None or self.plan is None:
            return self.expected_s(time_limit_s)
        checks_s = _CHECKS * self.route_s * len(self.plan.routes)
        return checks_s + _REASONS_S * len(self.plan.unassigned)

    def offer(self, tours: Tours, method: str, claim: tuple[float, ...] | None = None) -> None:
        """Take the tours if they are better and the checker has nothing against them.

        `claim`: what the search says they are worth. Tours that claim no more than earlier ones are not looked at.
        """
        if claim is not None:
            if self.claimed is not None and claim >= self.claimed:
                return
            self.claimed = claim
        begun, known = time.monotonic(), len(self.built)
        self._judge(tours, method)
        fresh = len(self.built) - known
        if fresh:
            self.route_s = max(self.route_s or 0.0, (time.monotonic() - begun) / max(fresh, _MANY_ROUTES))

    def _judge(self, tours: Tours, method: str) -> None:
        plan = plan_of(self.problem, tours, method, self.built)
        if plan is None and self.hours:
            # The search and the timetable choose pauses differently: a route for which only one of them finds some
            # stays at home, which is rare.
            plan = plan_of(self.problem, on_time(self.problem, tours, self.built), method, self.built)
        if plan is None:
            self.refused.append(f"{method}: a route misses a window")
        elif self.plan is None or worth(self.problem, plan) < worth(self.problem, self.plan):
            wrong = violations(self.problem, plan, self.sound)
            if wrong:
                self.refused.append(f"{method}: {wrong[0].text}")
            else:
                self._take(plan)

    def _take(self, plan: Plan) -> None:
        self.plan = plan
        if self.progress:
            seconds = time.monotonic() - self.begun
            self.progress(Progress(seconds, plan.cost, plan.vehicles, len(plan.unassigned)))

    def nothing(self) -> Plan:
        """The plan that serves nothing, where no answer came in time; SolverFailed if all answers were wrong."""
        plan = plan_of(self.problem, least_tours(self.problem))
        wrong = None if plan is None else violations(self.problem, plan)
        if plan is None or wrong:
            what = wrong[0].text if wrong else "a route cannot be on time"
            raise BadProblem(f"what vehicles under way have fixed cannot be done within the rules: {what}")
        if self.refused:
            raise SolverFailed(
                f"the engine's answers break rules of the problem: {'; '.join(self.refused[:3])}"
            )
        return plan
