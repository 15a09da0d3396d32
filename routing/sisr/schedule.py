"""Times, loads and cost of one route, computed anew after it has changed."""

from __future__ import annotations

from haoyun.routing.sisr.compiled import entry, inlined
from haoyun.routing.sisr.flat import (
    CLOSE,
    END,
    FAR,
    FIRST,
    FIXED,
    JUDGED,
    MAX_METRES,
    MAX_SECONDS,
    MAX_STOPS,
    OFF_DUTY,
    ON_DUTY,
    PER_METRE,
    PER_SECOND,
    PLACE,
    PROFILE,
    SERVICE,
    START,
    TASK,
    TRIPS,
    Flat,
)
from haoyun.routing.sisr.judge import judge_route
from haoyun.routing.sisr.state import (
    ACTIVE,
    AFTER,
    AFTER_MAX,
    BEFORE_MAX,
    BEGIN,
    COST,
    EXTRA,
    ITERATIONS,
    LATEST,
    LENGTH,
    METRES,
    POSITION,
    RELOADED,
    ROUTE,
    SECONDS,
    SLOT,
    TOUCHED,
    VERSION,
    VERSIONS,
    WORK,
    State,
)
from haoyun.routing.sisr.trips import carry_trips, note_trips
from haoyun.routing.sisr.windows import closing, opening


@entry
def recompute(flat: Flat, state: State, v: int) -> bool:
    """Bring all figures of route v up to date; whether it keeps every rule but skills and the order of pairs."""
    return recompute_here(flat, state, v)


@inlined
def recompute_here(flat: Flat, state: State, v: int) -> bool:
    """The same as recompute, for the innermost loops."""
    length = state.route[v, LENGTH]
    k = flat.fleet[v]
    state.num[WORK] += length + 8
    state.num[VERSIONS] += 1
    state.route[v, VERSION] = state.num[VERSIONS]
    if length == 0:
        _retire(flat, state, v)
        state.val[COST] -= state.cost[v]
        state.cost[v] = 0.0
        state.extra[v] = 0.0
        state.route[v, METRES] = 0
        state.route[v, SECONDS] = 0
        state.route[v, RELOADED] = 0
        state.start_release[v] = -FAR
        return True
    _activate(flat, state, v)
    if flat.kind[k, TRIPS]:
        fits = note_trips(flat, state, v, k, length)
        fits = _drive(flat, state, v, k, length) and fits
        fits = carry_trips(flat, state, v, k, length) and fits
    else:
        fits = _drive(flat, state, v, k, length)
        fits = _carry(flat, state, v, k, length) and fits
    if flat.kind[k, JUDGED]:
        fits = judge_route(flat, state, v) and fits
        state.extra[v] = state.val[EXTRA]
        state.cost[v] += state.extra[v]
        state.val[COST] += state.extra[v]
    return fits and length - state.route[v, RELOADED] <= flat.kind[k, MAX_STOPS]


@inlined
def _drive(flat: Flat, state: State, v: int, k: int, length: int) -> bool:
    legs = flat.legs[flat.kind[k, PROFILE]]
    rate = flat.rate[k]
    seq = state.seq[v]
    here = flat.kind[k, START]
    now = max(flat.kind[k, ON_DUTY], state.start_release[v])
    trips = flat.kind[k, TRIPS] != 0
    metres = 0
    seconds = 0
    moved = 0.0
    fits = True
    for p in range(length):
        s = seq[p]
        task = flat.stop[s, TASK]
        if flat.home[task] >= 0 and flat.home[task] != v and flat.task[task, FIRST] == s:
            moved += flat.away[task]
        there = flat.stop[s, PLACE]
        seconds += legs[here, there, 0]
        metres += legs[here, there, 1]
        state.hop[s] = rate[PER_METRE] * legs[here, there, 1] + rate[PER_SECOND] * legs[here, there, 0]
        now += legs[here, there, 0]
        if trips and flat.stop[s, TASK] < 0:
            now = max(now, state.release[s])
        now = opening(flat.stop, flat.windows, s, now)
        if now >= FAR:
            fits = False
            now = flat.stop[s, CLOSE]
        state.at[s, ROUTE] = v
        state.at[s, POSITION] = p
        state.at[s, BEGIN] = now
        now += flat.stop[s, SERVICE]
        here = there
    last = flat.kind[k, END]
    state.hop[len(flat.stop) + v] = (
        rate[PER_METRE] * legs[here, last, 1] + rate[PER_SECOND] * legs[here, last, 0]
    )
    seconds += legs[here, last, 0]
    metres += legs[here, last, 1]
    fits = fits and now + legs[here, last, 0] <= flat.kind[k, OFF_DUTY]
    latest = flat.kind[k, OFF_DUTY]
    there = last
    for p in range(length - 1, -1, -1):
        s = seq[p]
        here = flat.stop[s, PLACE]
        latest = closing(flat.stop, flat.windows, s, latest - legs[here, there, 0] - flat.stop[s, SERVICE])
        state.at[s, LATEST] = latest
        there = here
    state.route[v, METRES] = metres
    state.route[v, SECONDS] = seconds
    cost = rate[FIXED] + rate[PER_METRE] * metres + rate[PER_SECOND] * seconds + moved
    state.val[COST] += cost - state.cost[v]
    state.cost[v] = cost
    return fits and metres <= flat.kind[k, MAX_METRES] and seconds <= flat.kind[k, MAX_SECONDS]


@inlined
def _carry(flat: Flat, state: State, v: int, k: int, length: int) -> bool:
    fits = True
    seq = state.seq[v]
    for d in range(flat.room.shape[1]):
        load = flat.base[k, d]
        for p in range(length):
            load += flat.amount[seq[p], 0, d]
        state.start_load[v, AFTER, d] = load
        state.start_load[v, BEFORE_MAX, d] = load
        most = load
        for p in range(length):
            s = seq[p]
            load += flat.amount[s, 1, d] - flat.amount[s, 0, d]
            most = max(most, load)
            state.load[s, AFTER, d] = load
            state.load[s, BEFORE_MAX, d] = most
        fits = fits and most <= flat.room[k, d]
        most = load
        for p in range(length - 1, -1, -1):
            s = seq[p]
            most = max(most, state.load[s, AFTER, d])
            state.load[s, AFTER_MAX, d] = most
        state.start_load[v, AFTER_MAX, d] = max(most, state.start_load[v, AFTER, d])
    return fits


@inlined
def _activate(flat: Flat, state: State, v: int) -> None:
    """Move a vehicle from the idle ones of its kind to the active ones."""
    slot = state.route[v, SLOT]
    if slot >= 0:
        k = flat.fleet[v]
        state.idle_count[k] -= 1
        last = state.idle_from[k] + state.idle_count[k]
        other = state.idle[last]
        state.idle[slot] = other
        state.route[other, SLOT] = slot
        state.active[state.num[ACTIVE]] = v
        state.route[v, SLOT] = -1 - state.num[ACTIVE]
        state.num[ACTIVE] += 1


@inlined
def _retire(flat: Flat, state: State, v: int) -> None:
    """Move a vehicle from the active ones to the idle ones of its kind."""
    slot = -1 - state.route[v, SLOT]
    if slot >= 0:
        state.num[ACTIVE] -= 1
        other = state.active[state.num[ACTIVE]]
        state.active[slot] = other
        state.route[other, SLOT] = -1 - slot
        k = flat.fleet[v]
        last = state.idle_from[k] + state.idle_count[k]
        state.idle[last] = v
        state.route[v, SLOT] = last
        state.idle_count[k] += 1


@inlined
def touch(state: State, v: int) -> None:
    """Keep route v as it is, for the case that the iteration is taken back."""
    now = state.num[ITERATIONS]
    if state.stamp[v, 0] != now:
        state.stamp[v, 0] = now
        state.touched[state.num[TOUCHED]] = v
        state.num[TOUCHED] += 1
        length = state.route[v, LENGTH]
        state.old_route[v, LENGTH] = length
        state.old_route[v, VERSION] = state.route[v, VERSION]
        for p in range(length):
            state.old_seq[v, p] = state.seq[v, p]
