"""Remove strings of neighbouring stops from routes that lie near one another (SISR's adjacent string removal)."""

from __future__ import annotations

from haoyun.routing.sisr.compiled import compiled, inlined
from haoyun.routing.sisr.dice import below, uniform
from haoyun.routing.sisr.flat import FIRST, STOPS, TASK, WEIGHT, Flat
from haoyun.routing.sisr.schedule import recompute_here, touch
from haoyun.routing.sisr.state import (
    ABSENT,
    ACTIVE,
    COST,
    ITERATIONS,
    LENGTH,
    LONGEST,
    MISSED,
    POSITION,
    RELOADED,
    ROUTE,
    SERVED,
    STOPS_A_RUIN,
    State,
)
from haoyun.routing.sisr.trim import drop_idle_reloads, join_trips

# The paper's values: half of the strings are split, and a split string keeps one stop in its middle, each further
# one with probability 0.01. How many stops are removed and how long strings may be is in the state.
_SPLIT = 0.5
_GROW = 0.01
# Where tasks are left out: how often the ruin is around one of them, and how many nearby may then try again.
_AROUND_ABSENT = 0.3
_TRIES = 10


@inlined
def ruin(flat: Flat, state: State) -> None:
    """Remove some strings near a stop drawn by lot; their tasks become absent.

    Absent tasks nearby are noted in `tried`: they have the best chance to find a place in what is ruined.
    """
    n = len(flat.near)
    active = max(state.num[ACTIVE], 1)
    longest = min(state.val[LONGEST], max(1.0, state.num[SERVED] / active))
    most = 4.0 * state.val[STOPS_A_RUIN] / (1.0 + longest) - 1.0
    strings = int(uniform(state.rng) * most + 1.0)
    seed = below(state.rng, n)
    if state.num[ABSENT] > 0 and uniform(state.rng) < _AROUND_ABSENT:
        task = state.absent[below(state.rng, state.num[ABSENT])]
        seed = flat.task[task, FIRST] + below(state.rng, flat.task[task, STOPS])
    now = state.num[ITERATIONS]
    wanted = _TRIES if state.num[ABSENT] > 0 else 0
    for m in range(flat.near.shape[1]):
        s = flat.near[seed, m]
        v = state.at[s, ROUTE]
        if v < 0:
            task = flat.stop[s, TASK]
            if wanted > 0 and state.tried[task] != now and state.marked[task] != now:
                state.tried[task] = now
                wanted -= 1
            continue
        if strings <= 0:
            if wanted <= 0:
                break
            continue
        if state.stamp[v, 1] == now:
            continue
        length = state.route[v, LENGTH]
        size = int(uniform(state.rng) * min(float(length), longest) + 1.0)
        size = min(size, length)
        _mark_string(flat, state, v, state.at[s, POSITION], size)
        remove_marked(flat, state, v)
        strings -= 1


@inlined
def _mark_string(flat: Flat, state: State, v: int, position: int, size: int) -> None:
    """Mark the tasks of a string of `size` stops around a position; sometimes stops within it are kept."""
    length = state.route[v, LENGTH]
    now = state.num[ITERATIONS]
    kept = 0
    if size > 1 and size < length and uniform(state.rng) < _SPLIT:
        kept = 1
        while size + kept < length and uniform(state.rng) < _GROW:
            kept += 1
    span = size + kept
    lowest = max(0, position - span + 1)
    highest = min(position, length - span)
    begin = lowest + below(state.rng, highest - lowest + 1)
    keep_from = begin + 1 + below(state.rng, size - 1) if kept else begin + span
    keep_to = keep_from + kept
    for p in range(begin, begin + span):
        if keep_from <= p < keep_to:
            continue
        if flat.stop[state.seq[v, p], TASK] >= 0:
            state.marked[flat.stop[state.seq[v, p], TASK]] = now


@inlined
def remove_marked(flat: Flat, state: State, v: int) -> None:
    """Take the tasks marked in this iteration off route v, all their stops."""
    touch(state, v)
    now = state.num[ITERATIONS]
    state.stamp[v, 1] = now
    while True:
        left = 0
        for p in range(state.route[v, LENGTH]):
            s = state.seq[v, p]
            task = flat.stop[s, TASK]
            if task < 0 or state.marked[task] != now:
                state.seq[v, left] = s
                left += 1
                continue
            state.at[s, ROUTE] = -1
            if s == flat.task[task, FIRST]:
                state.absent[state.num[ABSENT]] = task
                state.num[ABSENT] += 1
                state.num[MISSED] += flat.task[task, WEIGHT]
                state.val[COST] += flat.prize[task]
        state.route[v, LENGTH] = left
        reloads = state.route[v, RELOADED] > 0
        if reloads:
            drop_idle_reloads(flat, state, v)
            left = state.route[v, LENGTH]
        if recompute_here(flat, state, v) or left == 0:
            if reloads:
                join_trips(flat, state, v)
            return
        # Where a detour can be quicker than the direct way, less to do can still be too late: then all goes.
        for p in range(left):
            if flat.stop[state.seq[v, p], TASK] >= 0:
                state.marked[flat.stop[state.seq[v, p], TASK]] = now


@compiled
def dissolve(flat: Flat, state: State, v: int) -> None:
    """Take everything off route v."""
    for p in range(state.route[v, LENGTH]):
        if flat.stop[state.seq[v, p], TASK] >= 0:
            state.marked[flat.stop[state.seq[v, p], TASK]] = state.num[ITERATIONS]
    remove_marked(flat, state, v)


@compiled
def served_stops(flat: Flat, state: State) -> int:
    """How many stops are on routes."""
    count = len(flat.near)
    for n in range(state.num[ABSENT]):
        count -= flat.task[state.absent[n], STOPS]
    return count
