"""Insert the absent tasks again, one after the other, each where it adds least."""

from __future__ import annotations

from haoyun.routing.sisr.compiled import compiled, inlined
from haoyun.routing.sisr.dice import below, uniform
from haoyun.routing.sisr.flat import FIRST, FIXED, STOPS, WEIGHT, Flat
from haoyun.routing.sisr.place import NEVER, place_job, place_pair
from haoyun.routing.sisr.schedule import recompute, touch
from haoyun.routing.sisr.state import (
    ABSENT,
    ACTIVE,
    BLINK,
    COST,
    ITERATIONS,
    LENGTH,
    LENIENT,
    LIMIT,
    MISSED,
    OLD_ABSENT,
    TOUCHED,
    VERSION,
    State,
)

_BARRED = 2.0 * NEVER
# The paper's blink rate, counted over what improves on the best so far.
_BLINK_EVERY = 100
# If more tasks than this were absent before, not all of them try again in one iteration; a few drawn by lot do.
_OLD_TRIES = 12
_LUCKY = 3
_LOOK_EVERYWHERE = 0.05
# For profit: how often tasks are inserted that do not pay by themselves, and up to how many times their revenue.
_LENIENT = 0.5
_MOST_LENIENT = 2.0


@compiled
def recreate(flat: Flat, state: State) -> None:
    """Insert what is absent, in an order drawn by lot; what finds no place stays absent."""
    count = state.num[ABSENT]
    if count == 0:
        return
    state.val[LENIENT] = 1.0
    if uniform(state.rng) < _LENIENT:
        state.val[LENIENT] += uniform(state.rng) * _MOST_LENIENT
    old = min(state.num[OLD_ABSENT], count)
    skipped = 0
    if old > _OLD_TRIES:
        # Untouched routes had no place for them before. Those near the ruin and a few others may try again.
        now = state.num[ITERATIONS]
        for _ in range(_LUCKY):
            state.tried[state.absent[below(state.rng, old)]] = now
        for n in range(old):
            task = state.absent[n]
            if state.tried[task] != now:
                state.absent[n] = state.absent[skipped]
                state.absent[skipped] = task
                skipped += 1
    _sort(flat, state, skipped, count, old > 0)
    left = skipped
    for n in range(skipped, count):
        task = state.absent[n]
        if not insert(flat, state, task):
            state.absent[left] = task
            left += 1
    state.num[ABSENT] = left


@compiled
def _sort(flat: Flat, state: State, begin: int, end: int, hard: bool) -> None:
    """Sort absent[begin:end] at random, or by size, remoteness, nearness, windows or how often they were left out."""
    draw = below(state.rng, 20 if hard else 17)
    # Weights of the paper: random 4, demand 4, far 2, close 1, window length 2, window begin 2, window end 2.
    column = -1
    if draw >= 17:
        column = 6
    elif draw >= 15:
        column = 5
    elif draw >= 13:
        column = 4
    elif draw >= 11:
        column = 3
    elif draw >= 10:
        column = 2
    elif draw >= 8:
        column = 1
    elif draw >= 4:
        column = 0
    for n in range(begin, end):
        task = state.absent[n]
        if column < 0:
            state.key[task] = uniform(state.rng)
        elif column == 6:
            state.key[task] = -state.absences[task]
        else:
            state.key[task] = flat.order[task, column]
    for n in range(begin + 1, end):
        task = state.absent[n]
        key = state.key[task]
        m = n
        while m > begin and state.key[state.absent[m - 1]] > key:
            state.absent[m] = state.absent[m - 1]
            m -= 1
        state.absent[m] = task


@compiled
def insert(flat: Flat, state: State, task: int) -> bool:
    """Insert the task where it adds least; False if no vehicle has a place for it."""
    first = flat.task[task, FIRST]
    single = flat.task[task, STOPS] == 1
    best = NEVER
    chosen = -1
    # A task that was absent before found no place on the routes as they were: only changed ones are worth a look.
    anew = (
        state.num[OLD_ABSENT] == 0
        or state.marked[task] == state.num[ITERATIONS]
        or uniform(state.rng) < _LOOK_EVERYWHERE
    )
    for a in range(state.num[ACTIVE] if anew else state.num[TOUCHED]):
        v = state.active[a] if anew else state.touched[a]
        # A vehicle that cannot serve the task alone cannot serve it with others, unless it has goods on board.
        if state.alone[task, flat.fleet[v]] > NEVER or state.route[v, LENGTH] == 0:
            continue
        version = state.route[v, VERSION]
        if state.known[task, v] != version:
            state.delta[task, v] = _place(flat, state, v, first, task, single, False)
            state.known[task, v] = version
        delta = state.delta[task, v]
        if delta < best:
            if _blinks(state):
                # Another position, or none: what is found is not the cheapest and must not be remembered.
                state.known[task, v] = -1
                delta = _place(flat, state, v, first, task, single, True)
                if delta >= best:
                    continue
            best = delta
            chosen = v
    if state.num[ACTIVE] < state.num[LIMIT]:
        for k in range(len(state.idle_count)):
            if state.idle_count[k] == 0 or state.alone[task, k] >= best:
                continue
            v = state.idle[state.idle_from[k] + state.idle_count[k] - 1]
            # `place` is about to be overwritten: what it held for an earlier version of the route is lost, and
            # that version may come back when the iteration is taken back.
            state.known[task, v] = -1
            if not _blinks(state):
                best = state.alone[task, k]
                chosen = v
                state.place[task, v, 0] = 0
                state.place[task, v, 1] = 0
    if chosen < 0 or not _pays(flat, state, task, chosen, best):
        return False
    _put(flat, state, task, chosen)
    return True


@inlined
def _pays(flat: Flat, state: State, task: int, v: int, cost: float) -> bool:
    """Whether the task should be served at this cost. To the first task of a vehicle others may come."""
    if flat.task[task, WEIGHT] > 0:
        return True
    if state.val[LENIENT] > 1.0 and state.route[v, LENGTH] == 0:
        cost -= max(flat.rate[flat.fleet[v], FIXED], 0.0)
    return cost < flat.prize[task] * state.val[LENIENT]


@compiled
def price_alone(flat: Flat, state: State) -> None:
    """What each task costs on an idle vehicle of each kind with nothing else to do; all vehicles must be idle.

    NEVER: not before something else is unloaded; more: never at all.
    """
    for k in range(len(state.idle_count)):
        v = state.idle[state.idle_from[k]]
        for task in range(len(flat.task)):
            state.alone[task, k] = _BARRED
            if flat.allowed[task, k]:
                first = flat.task[task, FIRST]
                single = flat.task[task, STOPS] == 1
                cost = _place(flat, state, v, first, task, single, False)
                if cost < NEVER or flat.begun.has_left[k]:
                    state.alone[task, k] = cost


@inlined
def _place(flat: Flat, state: State, v: int, first: int, task: int, single: bool, blink: bool) -> float:
    if single:
        return place_job(flat, state, v, first, task, blink)
    return place_pair(flat, state, v, first, task, blink)


@compiled
def _blinks(state: State) -> bool:
    """Whether it is time to overlook something: once in a hundred improvements."""
    state.num[BLINK] -= 1
    if state.num[BLINK] > 0:
        return False
    state.num[BLINK] = 1 + below(state.rng, 2 * _BLINK_EVERY)
    return True


@compiled
def _put(flat: Flat, state: State, task: int, v: int) -> None:
    touch(state, v)
    first = flat.task[task, FIRST]
    length = state.route[v, LENGTH]
    seq = state.seq[v]
    i = state.place[task, v, 0]
    if flat.task[task, STOPS] == 1:
        for p in range(length, i, -1):
            seq[p] = seq[p - 1]
        seq[i] = first
        state.route[v, LENGTH] = length + 1
    else:
        j = state.place[task, v, 1]
        for p in range(length + 1, j + 1, -1):
            seq[p] = seq[p - 2]
        for p in range(j, i, -1):
            seq[p] = seq[p - 1]
        seq[i] = first
        seq[j + 1] = first + 1
        state.route[v, LENGTH] = length + 2
    state.num[MISSED] -= flat.task[task, WEIGHT]
    state.val[COST] -= flat.prize[task]
    recompute(flat, state, v)
