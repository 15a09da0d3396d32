"""Insert the absent tasks again, one after the other, each where it adds least."""

from __future__ import annotations

from haoyun.routing.sisr.compiled import compiled, entry, inlined
from haoyun.routing.sisr.dice import below, blinks, uniform
from haoyun.routing.sisr.flat import FIRST, FIXED, RELOADS, STOPS, TRIPS, WEIGHT, Flat
from haoyun.routing.sisr.place import NEVER, call_place_job, call_place_pair, place_job, place_pair
from haoyun.routing.sisr.place_trips import place_in_trips
from haoyun.routing.sisr.reach import place_nearby, routes_nearby
from haoyun.routing.sisr.schedule import recompute_here, touch
from haoyun.routing.sisr.state import (
    ABSENT,
    ACTIVE,
    BESIDE,
    BLINK,
    COST,
    ITERATIONS,
    LENGTH,
    LENIENT,
    LENT,
    LIMIT,
    MISSED,
    NEAR_COST,
    NEAR_PLACE,
    OLD_ABSENT,
    TOUCHED,
    VERSION,
    State,
)

_BARRED = 2.0 * NEVER
# If more tasks than this were absent before, not all of them try again in one iteration; a few drawn by lot do.
_OLD_TRIES = 12
_LUCKY = 3
# How often a task looks at all routes, also those that are far or had no place for it before.
_LOOK_EVERYWHERE = 0.05
# Up to so many routes, all of them are looked at.
_FEW_ROUTES = 6
# For profit: how often tasks are inserted that do not pay by themselves, and up to how many times their revenue.
_LENIENT = 0.5
_MOST_LENIENT = 2.0
# Costs within this factor are alike; and how often a task then comes to a vehicle that drives already.
_ALIKE = 1.0 + 1e-9
# How often the room that a task leaves on another vehicle counts, so that larger vehicles are tried as well.
_LENT = 0.5
_STAYS = 0.5


@entry
def recreate(flat: Flat, state: State) -> None:
    """Insert what is absent, in an order drawn by lot; what finds no place stays absent."""
    count = state.num[ABSENT]
    if count == 0:
        return
    state.val[LENIENT] = 1.0
    if uniform(state.rng) < _LENIENT:
        state.val[LENIENT] += uniform(state.rng) * _MOST_LENIENT
    state.val[LENT] = 0.0
    if len(state.idle_count) > 1 and uniform(state.rng) < _LENT:
        state.val[LENT] = uniform(state.rng)
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


@inlined
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
    listed = 0
    near = anew and uniform(state.rng) >= _LOOK_EVERYWHERE
    if near and single and state.num[BESIDE]:
        chosen = place_nearby(flat, state, first, task)
        if chosen >= 0:
            best = state.val[NEAR_COST]
            state.known[task, chosen] = -1
            state.place[task, chosen, 0] = state.num[NEAR_PLACE]
    elif near and state.num[ACTIVE] > _FEW_ROUTES:
        listed = routes_nearby(flat, state, first, single)
    # The routes that are near, and everything if they have no place.
    for everywhere in range(0 if listed else 1, 2):
        count = listed
        if everywhere:
            count = state.num[ACTIVE] if anew else state.num[TOUCHED]
        if chosen >= 0:
            break
        for a in range(count):
            v = state.candidate[a]
            if everywhere:
                v = state.active[a] if anew else state.touched[a]
            # A vehicle that cannot serve the task alone cannot serve it with others, unless it has goods on board.
            if state.alone[task, flat.fleet[v]] > NEVER or state.route[v, LENGTH] == 0:
                continue
            delta = _priced(flat, state, v, first, task, single, best)
            if delta < best:
                best = delta
                chosen = v
    if state.num[ACTIVE] < state.num[LIMIT]:
        for k in range(len(state.idle_count)):
            if state.idle_count[k] == 0:
                continue
            v = state.idle[state.idle_from[k] + state.idle_count[k] - 1]
            price = state.alone[task, k] + _moving(flat, v, task)
            if price >= best:
                # A reload at the depot often costs what another vehicle does: then either may be taken.
                tie = flat.kind[k, RELOADS] > 0 and chosen >= 0
                if not tie or price > best * _ALIKE or uniform(state.rng) < _STAYS:
                    continue
            if not blinks(state.rng, state.num, BLINK):
                chosen = v
                best = _first_on(flat, state, v, task)
    if state.val[LENT] > 0.0 and chosen >= 0 and state.route[chosen, LENGTH] == 0:
        v = _roomier(flat, state, task, chosen)
        if v != chosen:
            chosen = v
            best = _first_on(flat, state, v, task)
    found = False
    if chosen >= 0 and _pays(flat, state, task, chosen, best):
        _put(flat, state, task, chosen)
        found = True
    return found


@compiled
def _first_on(flat: Flat, state: State, v: int, task: int) -> float:
    """Note the task's place on the idle vehicle v, and return what it costs there."""
    # `place` is about to be overwritten: what it held for an earlier version of the route is lost, and
    # that version may come back when the iteration is taken back.
    state.known[task, v] = -1
    state.place[task, v, 0] = 0
    state.place[task, v, 1] = 0
    k = flat.fleet[v]
    if flat.kind[k, RELOADS]:
        place_in_trips(flat, state, v, flat.task[task, FIRST], task, flat.task[task, STOPS] == 1, False)
    return state.alone[task, k] + _moving(flat, v, task)


@inlined
def _priced(flat: Flat, state: State, v: int, first: int, task: int, single: bool, best: float) -> float:
    """The cost of the cheapest place on route v, as remembered or worked out; sometimes another, or none."""
    version = state.route[v, VERSION]
    delta = state.delta[task, v]
    known = state.known[task, v] == version
    blink = known and delta < best and blinks(state.rng, state.num, BLINK)
    # At most twice: what is worked out may be overlooked in turn, and is then worked out again with gaps.
    while blink or not known:
        if flat.kind[flat.fleet[v], TRIPS]:
            delta = place_in_trips(flat, state, v, first, task, single, blink)
        elif single:
            delta = place_job(flat, state, v, first, task, blink)
        else:
            delta = place_pair(flat, state, v, first, task, blink)
        delta += _moving(flat, v, task)
        # What is found with gaps is not the cheapest and must not be remembered.
        state.known[task, v] = -1 if blink else version
        if blink:
            break
        state.delta[task, v] = delta
        known = True
        blink = delta < best and blinks(state.rng, state.num, BLINK)
    return delta


@inlined
def _moving(flat: Flat, v: int, task: int) -> float:
    """What it costs that v is not the vehicle the task should stay with."""
    return flat.away[task] if flat.home[task] >= 0 and flat.home[task] != v else 0.0


@compiled
def _roomier(flat: Flat, state: State, task: int, v: int) -> int:
    """The idle vehicle that is cheapest for the task's share of its room; v if that is it."""
    first = flat.task[task, FIRST]
    least = NEVER
    for k in range(len(state.idle_count)):
        if state.idle_count[k] == 0 or state.alone[task, k] >= NEVER:
            continue
        taken = 0.0
        for d in range(flat.room.shape[1]):
            need = max(flat.amount[first, 0, d], flat.amount[first, 1, d])
            if need > 0:
                taken = max(taken, need / flat.room[k, d])
        w = state.idle[state.idle_from[k] + state.idle_count[k] - 1]
        price = state.alone[task, k] * (1.0 - state.val[LENT] * (1.0 - taken)) + _moving(flat, w, task)
        if price < least:
            least = price
            v = w
    return v


@inlined
def _pays(flat: Flat, state: State, task: int, v: int, cost: float) -> bool:
    """Whether the task should be served at this cost. To the first task of a vehicle others may come."""
    if flat.task[task, WEIGHT] > 0:
        return True
    if state.val[LENIENT] > 1.0 and state.route[v, LENGTH] == 0:
        cost -= max(flat.rate[flat.fleet[v], FIXED], 0.0)
    return cost < flat.prize[task] * state.val[LENIENT]


@entry
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
    if flat.kind[flat.fleet[v], TRIPS]:
        return place_in_trips(flat, state, v, first, task, single, blink)
    if single:
        return call_place_job(flat, state, v, first, task, blink)
    return call_place_pair(flat, state, v, first, task, blink)


@inlined
def _put(flat: Flat, state: State, task: int, v: int) -> None:
    touch(state, v)
    first = flat.task[task, FIRST]
    length = state.route[v, LENGTH]
    seq = state.seq[v]
    i = state.place[task, v, 0]
    refill = state.refill[task, v] if flat.kind[flat.fleet[v], RELOADS] else 0
    if refill > 0:
        _put_reload(flat, state, v, i, (refill - 1) // 2)
        length += 1
        if refill % 2 == 1:
            i += 1
    if flat.task[task, STOPS] == 1:
        for p in range(length, i, -1):
            seq[p] = seq[p - 1]
        seq[i] = first
        state.route[v, LENGTH] = length + 1
    else:
        j = i if refill > 0 else state.place[task, v, 1]
        for p in range(length + 1, j + 1, -1):
            seq[p] = seq[p - 2]
        for p in range(j, i, -1):
            seq[p] = seq[p - 1]
        seq[i] = first
        seq[j + 1] = first + 1
        state.route[v, LENGTH] = length + 2
    state.num[MISSED] -= flat.task[task, WEIGHT]
    state.val[COST] -= flat.prize[task]
    recompute_here(flat, state, v)


@compiled
def _put_reload(flat: Flat, state: State, v: int, i: int, r: int) -> None:
    """Reload r at position i of a route that is computed anew afterwards."""
    seq = state.seq[v]
    for p in range(state.route[v, LENGTH], i, -1):
        seq[p] = seq[p - 1]
    seq[i] = flat.reload_from[v] + r
