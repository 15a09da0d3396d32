"""A large problem from its first split to its plan, in local processes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from haoyun.routing.build import plan_of
from haoyun.routing.check import violations
from haoyun.routing.errors import SolverFailed
from haoyun.routing.large.atlas import Atlas
from haoyun.routing.large.engine import Processes
from haoyun.routing.large.left import explained
from haoyun.routing.large.rounds import Scheme, State, begin, items, take
from haoyun.routing.plan import Plan
from haoyun.routing.problem import Problem, Tours
from haoyun.routing.progress import Progress

METHOD = "ruin and recreate, in parts"
# Of the limit, what is kept for the last check and the reasons: they look at each task once.
_CLOSING_SHARE = 0.02
_CLOSING_S = 0.5e-3


def solve_large(
    problem: Problem,
    *,
    time_limit_s: float,
    seed: int = 0,
    processes: int = 1,
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    start: Tours | None = None,
    scheme: Scheme | None = None,
) -> Plan:
    """The best plan found within `time_limit_s` by rounds of sub-problems, `processes` side by side.

    Arguments as of `solve`. Which sub-problems there are follows from seed and scheme; how many rounds of them are
    done is decided by the clock.
    """
    begun = time.monotonic()
    deadline = begun + time_limit_s - closing_s(problem, time_limit_s)
    stop = cancelled or (lambda: False)
    with Processes(processes) as engine:
        atlas = Atlas(problem)
        scheme = scheme or Scheme.within(problem, limit_s=time_limit_s, processes=processes, seed=seed)
        state = begin(atlas, start)
        while time.monotonic() < deadline and not stop():
            for item, outcome in engine.outcomes(
                atlas, items(atlas, scheme, state), deadline=deadline, cancelled=stop
            ):
                state = take(state, item, outcome)
                if progress and outcome.tours is not None:
                    progress(_progress(state, time.monotonic() - begun))
            state = replace(state, round=state.round + 1)
    return replace(finished(atlas, state), seconds=time.monotonic() - begun, seed=seed)


def closing_s(problem: Problem, time_limit_s: float) -> float:
    """What the last check and the reasons may take of the limit."""
    return min(_CLOSING_SHARE * time_limit_s, _CLOSING_S * len(problem.tasks))


def finished(atlas: Atlas, state: State) -> Plan:
    """The checked plan of a state, with the reasons of what is left. Raises SolverFailed if a rule is broken."""
    plan = plan_of(atlas.problem, state.tours, METHOD)
    wrong = violations(atlas.problem, plan) if plan is not None else []
    if plan is None or wrong:
        raise SolverFailed(f"the parts break a rule together: {wrong[0].text if wrong else 'a late route'}")
    return explained(atlas, plan)


def _progress(state: State, seconds: float) -> Progress:
    return Progress(seconds, state.figures.cost, state.figures.vehicles, state.figures.unassigned)
