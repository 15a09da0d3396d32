"""Re-plan a running day in a fraction of a second: what happened, what stays, and as little else moved as pays.

The past is cut off (cut.py), what is left of the plan is brought within the rules (settle.py), and only the vehicles
near what changed are searched (nearby.py, quick.py). Exchanges are adopted one by one as they pay for the stops they
move (adopt.py). Routes that nothing happened to keep their timetables.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from haoyun.routing.audit_drive import Register
from haoyun.routing.build import plan_of
from haoyun.routing.check import violations
from haoyun.routing.dynamic.adopt import Terms, adopt
from haoyun.routing.dynamic.changes import Change
from haoyun.routing.dynamic.cut import Cut, cut_off
from haoyun.routing.dynamic.day import TaskKey, task_key
from haoyun.routing.dynamic.difference import Difference, difference
from haoyun.routing.dynamic.nearby import nearby
from haoyun.routing.dynamic.part import Part, homes_of, left_tasks, promised_tasks, take_part
from haoyun.routing.dynamic.quick import Quick, quick_search
from haoyun.routing.dynamic.reasons import with_reasons
from haoyun.routing.dynamic.settle import Settled, settle
from haoyun.routing.dynamic.stability import Stability, usual_move_cost
from haoyun.routing.errors import BadProblem, SolverFailed
from haoyun.routing.kept import refuse_what_is_not_kept
from haoyun.routing.plan import Plan
from haoyun.routing.problem import Problem, Tours
from haoyun.routing.recipes import Engine
from haoyun.routing.tasks import Task

# Kept for the check of everything and the reasons: as a share of what came before the search took on this machine,
# and at most of the limit.
_CLOSING = 2.0
_CLOSING_SHARE = 0.5
# What the second search gets if the first moves more than is allowed.
_FIRST_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class Replan:
    """The day from now on: a problem without the past, its plan, and what is new about it."""

    problem: Problem
    plan: Plan
    difference: Difference
    done: frozenset[TaskKey]
    cancelled: frozenset[TaskKey]


def reoptimize(
    problem: Problem,
    plan: Plan,
    now_s: int,
    changes: Sequence[Change] = (),
    *,
    time_limit_s: float = 0.8,
    stability: Stability | None = None,
    locked: int = 1,
    seed: int = 0,
) -> Replan:
    """The best plan found within `time_limit_s` for what is true at `now_s`; it has passed the checker.

    `changes` have come in since `plan` was told; `locked`: how many next stops of each vehicle on the road stay as
    they are (cut.py). `stability` says what moving a stop costs and how many may move. There is always an answer:
    what cannot be served any more is unassigned with its reason, and what had to be conceded is noted. The search
    runs in this process (quick.py's `warm_up` loads it beforehand) and goes by its work: the same seed gives the
    same plan wherever the machine is fast enough.

    Raises BadProblem for changes that contradict the plan, and for rules that the search does not keep yet.
    """
    if time_limit_s <= 0:
        raise BadProblem(f"the time limit ({time_limit_s} s) must be positive")
    begun = time.monotonic()
    cut = cut_off(problem, plan, now_s, changes, locked=locked)
    settled = settle(cut)
    base = plan_of(settled.problem, settled.tours, "kept", settled.built)
    assert base is not None  # settle.py has built every route
    terms = _terms(cut, settled, base, stability or Stability())
    part = _part(cut, settled, base, terms)
    closing_s = min(_CLOSING * (time.monotonic() - begun), _CLOSING_SHARE * time_limit_s)
    quick = Quick(seed, time_limit_s, begun + time_limit_s - closing_s)
    tours = _improved(part, settled.tours, terms, quick)
    found, tours = _checked(terms, settled, base, tours)
    found = with_reasons(settled.problem, replace(found, seed=seed), plan)
    notes = (*cut.notes, *settled.notes)
    told = difference(cut, settled.problem, found, tours, terms.stops, notes)
    found = replace(found, seconds=time.monotonic() - begun)
    return Replan(settled.problem, found, told, cut.done, cut.cancelled)


def _terms(cut: Cut, settled: Settled, base: Plan, stability: Stability) -> Terms:
    legs = sum(len(route.stops) for route in base.routes)
    move_cost = stability.move_cost
    if move_cost is None:
        move_cost = usual_move_cost(settled.problem, base.distance_m, base.cost, legs)
    stops = settled.problem.stops
    return Terms(
        problem=settled.problem,
        stops=stops,
        promised=promised_tasks(stops, cut.told) if stability.keeps_promises else frozenset(),
        told=cut.told,
        out=cut.broken,
        move_cost=move_cost,
        max_moved=stability.max_moved,
        built=settled.built,
        register=Register(settled.problem),
    )


def _improved(part: Part | None, now: Tours, terms: Terms, quick: Quick) -> Tours:
    """The tours after looking at what lies near the changes."""
    if part is None:
        return now
    refuse_what_is_not_kept(part.problem, Engine.RUIN_AND_RECREATE)
    limited = terms.max_moved is not None
    share = _FIRST_SHARE if limited else 1.0
    homes = homes_of(part, terms.told, terms.move_cost)
    for found in quick_search(part, part.inner(now), homes, quick.share(share)):
        whole = part.outer(now, found)
        limited = limited and terms.moved(part.vehicles, whole) > (terms.max_moved or 0)
        now = adopt(terms, now, whole)
    if limited:
        # As many have moved as may: see what is left to gain if everything stays where it is.
        homes = homes_of(part, terms.told, None, part.inner(now))
        for found in quick_search(part, part.inner(now), homes, quick):
            now = adopt(terms, now, part.outer(now, found))
    return now


def _part(cut: Cut, settled: Settled, base: Plan, terms: Terms) -> Part | None:
    """The vehicles and tasks near what changed; None if nothing did."""
    problem, tours = settled.problem, settled.tours
    touched = [n for n, vehicle in enumerate(problem.vehicles) if vehicle.id in settled.touched]
    left = left_tasks(problem, tours, touched)
    dropped = {id(task) for task in settled.dropped}
    anew = [task for task in left if task_key(task) in cut.anew or id(task) in dropped]
    asking = [*anew, *_tasks_of(settled, touched)]
    if not asking and not touched:
        return None
    vehicles, more = nearby(problem, base, asking, touched, left)
    wanting = left_tasks(problem, tours, vehicles)
    names = {task_key(task) for task in (*anew, *more)}
    asked = [task for task in wanting if task_key(task) in names]
    return take_part(problem, tours, vehicles, asked, terms.promised)


def _tasks_of(settled: Settled, vehicles: Sequence[int]) -> list[Task]:
    stops = settled.problem.stops
    return list(
        {id(stops[n].task): stops[n].task for v in vehicles for n in settled.tours[v] if n >= 0}.values()
    )


def _checked(terms: Terms, settled: Settled, base: Plan, tours: Tours) -> tuple[Plan, Tours]:
    """The plan of the tours if the auditor has nothing against it, otherwise what was kept."""
    found = plan_of(settled.problem, tours, "re-optimized", terms.built)
    if found is not None and not violations(settled.problem, found):
        return found, tours
    wrong = violations(settled.problem, base)
    if wrong:
        raise SolverFailed(f"the rest of the plan breaks a rule of the problem: {wrong[0].text}")
    return base, settled.tours
