"""The loop: ruin, recreate, accept by simulated annealing or take back; fewer vehicles by counting absences."""

from __future__ import annotations

import math

from haoyun.routing.sisr.compiled import compiled, entry, inlined
from haoyun.routing.sisr.dice import uniform
from haoyun.routing.sisr.flat import TASK, Flat, Floats, Ints
from haoyun.routing.sisr.pool import remember
from haoyun.routing.sisr.recreate import recreate
from haoyun.routing.sisr.rehouse import rehouse
from haoyun.routing.sisr.ruin import dissolve, ruin, served_stops
from haoyun.routing.sisr.schedule import recompute_here
from haoyun.routing.sisr.state import (
    ABSENT,
    ACTIVE,
    BEST_ACTIVE,
    BEST_COST,
    BEST_LOST,
    BEST_MISSED,
    COST,
    FLEET_FIRST,
    FOUND,
    ITERATIONS,
    LENGTH,
    LIMIT,
    MISSED,
    OLD_ABSENT,
    OLD_COST,
    OLD_MISSED,
    ROUTE,
    SERVED,
    STRICT,
    TOUCHED,
    VERSION,
    WORK,
    State,
)

_DUST = 1e-7
# Plans within this share of the best are good enough for their routes to be remembered.
_NEAR_BEST = 0.01
_STEP_WORK = 30
_COOL_EVERY = 32


@entry
def anneal(flat: Flat, state: State, work: int, hot: float, cool: float, shrink: bool) -> None:
    """Spend `work` (positions looked at) while the temperature falls from `hot` to `cool`.

    `shrink`: look for a plan with fewer vehicles instead, dissolving one route after the other.
    """
    begun = state.num[WORK]
    temperature = hot
    while state.num[WORK] - begun < work:
        if state.num[ITERATIONS] % _COOL_EVERY == 0:
            temperature = hot * (cool / hot) ** ((state.num[WORK] - begun) / work)
        if shrink and state.num[MISSED] <= state.num[BEST_MISSED]:
            if state.num[ACTIVE] <= 1:
                return
            _give_up_a_route(flat, state)
        _begin(flat, state)
        ruin(flat, state)
        recreate(flat, state)
        if len(state.idle_count) > 1:
            rehouse(flat, state)
        state.num[WORK] += _STEP_WORK
        if _accepted(flat, state, temperature):
            _note(flat, state)
        else:
            take_back(flat, state)


@inlined
def _begin(flat: Flat, state: State) -> None:
    state.num[ITERATIONS] += 1
    state.num[TOUCHED] = 0
    state.num[OLD_ABSENT] = state.num[ABSENT]
    state.num[OLD_MISSED] = state.num[MISSED]
    state.val[OLD_COST] = state.val[COST]
    for n in range(state.num[ABSENT]):
        state.old_absent[n] = state.absent[n]
    state.num[SERVED] = served_stops(flat, state)


@inlined
def _accepted(flat: Flat, state: State, temperature: float) -> bool:
    missed, old_missed = state.num[MISSED], state.num[OLD_MISSED]
    warmer = state.val[OLD_COST] - temperature * math.log(1.0 - uniform(state.rng))
    if missed == 0 and old_missed == 0:
        return state.val[COST] < warmer
    for n in range(state.num[ABSENT]):
        state.absences[state.absent[n]] += 1.0
    if missed < old_missed:
        return True
    if missed == old_missed and state.val[COST] < warmer:
        return True
    if state.num[STRICT]:
        return False
    return _weight(state.absent, state.num[ABSENT], state.absences) < _weight(
        state.old_absent, state.num[OLD_ABSENT], state.absences
    )


@compiled
def _weight(tasks: Ints, count: int, absences: Floats) -> float:
    total = 0.0
    for n in range(count):
        total += absences[tasks[n]]
    return total


@inlined
def take_back(flat: Flat, state: State) -> None:
    """Everything as it was before the iteration."""
    for n in range(state.num[TOUCHED]):
        v = state.touched[n]
        for p in range(state.route[v, LENGTH]):
            state.at[state.seq[v, p], ROUTE] = -1
    for n in range(state.num[TOUCHED]):
        v = state.touched[n]
        length = state.old_route[v, LENGTH]
        for p in range(length):
            state.seq[v, p] = state.old_seq[v, p]
        state.route[v, LENGTH] = length
        recompute_here(flat, state, v)
        state.route[v, VERSION] = state.old_route[v, VERSION]
    for n in range(state.num[OLD_ABSENT]):
        state.absent[n] = state.old_absent[n]
    state.num[ABSENT] = state.num[OLD_ABSENT]
    state.num[MISSED] = state.num[OLD_MISSED]
    state.val[COST] = state.val[OLD_COST]


@inlined
def _note(flat: Flat, state: State) -> None:
    """Remember the plan if it is the best so far, and its new routes if it comes near."""
    if is_best(state):
        keep_best(flat, state)
        for n in range(state.num[TOUCHED]):
            remember(flat, state, state.touched[n])
    elif state.num[MISSED] <= state.num[BEST_MISSED] and (
        state.val[COST] < state.val[OLD_COST] - _DUST
        and state.val[COST] < state.val[BEST_COST] * (1.0 + _NEAR_BEST)
    ):
        for n in range(state.num[TOUCHED]):
            remember(flat, state, state.touched[n])


@entry
def is_best(state: State) -> bool:
    """Whether the plan is better than the best: less missed, then fewer vehicles if they come first, then cost."""
    if state.num[MISSED] != state.num[BEST_MISSED]:
        return state.num[MISSED] < state.num[BEST_MISSED]
    if state.num[FLEET_FIRST] and state.num[ACTIVE] != state.num[BEST_ACTIVE]:
        return state.num[ACTIVE] < state.num[BEST_ACTIVE]
    return state.val[COST] < state.val[BEST_COST] - _DUST


@entry
def keep_best(flat: Flat, state: State) -> None:
    """Copy the plan to the best one."""
    total = 0.0
    for v in range(len(state.best_length)):
        length = state.route[v, LENGTH]
        state.best_length[v] = length
        total += state.cost[v]
        for p in range(length):
            state.best_seq[v, p] = state.seq[v, p]
    lost = 0.0
    for n in range(state.num[ABSENT]):
        lost += flat.prize[state.absent[n]]
    total += lost
    state.val[BEST_LOST] = lost
    state.val[COST] = total
    state.val[BEST_COST] = total
    state.num[BEST_MISSED] = state.num[MISSED]
    state.num[BEST_ACTIVE] = state.num[ACTIVE]
    state.num[FOUND] += 1


@compiled
def _give_up_a_route(flat: Flat, state: State) -> None:
    """Dissolve the route whose tasks have been left out least so far, and allow no more vehicles than remain."""
    state.num[ITERATIONS] += 1
    state.num[TOUCHED] = 0
    chosen = -1
    least = 1e300
    for a in range(state.num[ACTIVE]):
        v = state.active[a]
        total = 0.0
        for p in range(state.route[v, LENGTH]):
            task = flat.stop[state.seq[v, p], TASK]
            if task >= 0:
                total += 1e-3 + state.absences[task]
        if total < least:
            least = total
            chosen = v
    state.num[LIMIT] = state.num[ACTIVE] - 1
    dissolve(flat, state, chosen)
