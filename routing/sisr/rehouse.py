"""Give a route to another vehicle: a larger or smaller one, or one that starts nearer.

Inserting one task at a time chooses a vehicle for its first task alone, which is the smallest one; once it is full
nothing moves the whole route to where it would be cheaper. Fleets of several sizes and depots need that move
(Penna, Subramanian and Ochi, Journal of Heuristics 19(2), 2013, have it in the shaking of their search).
"""

from __future__ import annotations

from haoyun.routing.sisr.compiled import compiled, inlined
from haoyun.routing.sisr.dice import below
from haoyun.routing.sisr.flat import (
    END,
    FIXED,
    MAX_METRES,
    MAX_SECONDS,
    MAX_STOPS,
    PER_METRE,
    PER_SECOND,
    PLACE,
    PROFILE,
    START,
    TASK,
    TRIPS,
    Flat,
)
from haoyun.routing.sisr.schedule import recompute, touch
from haoyun.routing.sisr.state import (
    AFTER,
    AFTER_MAX,
    COST,
    LENGTH,
    METRES,
    SECONDS,
    TOUCHED,
    VERSION,
    State,
)

_DUST = 1e-7
# Of more kinds of vehicles than this only some are looked at for one route, drawn by lot.
_KINDS = 12


@compiled
def rehouse(flat: Flat, state: State) -> None:
    """Give each route that this iteration has changed to the idle vehicle that drives it cheapest."""
    for n in range(state.num[TOUCHED]):
        v = state.touched[n]
        if state.route[v, LENGTH] > 0 and _is_free(flat, flat.fleet[v]):
            w = _cheaper(flat, state, v)
            if w >= 0:
                _hand_over(flat, state, v, w)


@inlined
def _is_free(flat: Flat, k: int) -> bool:
    """Whether its routes are nothing but stops: no reloads, nothing begun."""
    return flat.kind[k, TRIPS] == 0 and not flat.begun.has_left[k]


@compiled
def _cheaper(flat: Flat, state: State, v: int) -> int:
    """The idle vehicle of another kind that should drive route v cheapest, -1 for none; times are not looked at."""
    own = flat.fleet[v]
    legs = flat.legs[flat.kind[own, PROFILE]]
    length = state.route[v, LENGTH]
    first = flat.stop[state.seq[v, 0], PLACE]
    last = flat.stop[state.seq[v, length - 1], PLACE]
    start, end = flat.kind[own, START], flat.kind[own, END]
    inner_metres = state.route[v, METRES] - legs[start, first, 1] - legs[last, end, 1]
    inner_seconds = state.route[v, SECONDS] - legs[start, first, 0] - legs[last, end, 0]
    kinds = len(state.idle_count)
    begin = below(state.rng, kinds)
    least = state.cost[v] - state.extra[v] - _DUST
    found = -1
    for m in range(min(kinds, _KINDS)):
        k = (begin + m) % kinds
        if k == own or state.idle_count[k] == 0 or not _is_free(flat, k):
            continue
        if flat.kind[k, PROFILE] != flat.kind[own, PROFILE] or length > flat.kind[k, MAX_STOPS]:
            continue
        start, end = flat.kind[k, START], flat.kind[k, END]
        metres = inner_metres + legs[start, first, 1] + legs[last, end, 1]
        seconds = inner_seconds + legs[start, first, 0] + legs[last, end, 0]
        cost = flat.rate[k, FIXED] + flat.rate[k, PER_METRE] * metres + flat.rate[k, PER_SECOND] * seconds
        if cost >= least or metres > flat.kind[k, MAX_METRES] or seconds > flat.kind[k, MAX_SECONDS]:
            continue
        if _has_room(flat, state, v, k) and _may_serve(flat, state, v, k):
            least = cost
            found = state.idle[state.idle_from[k] + state.idle_count[k] - 1]
    return found


@inlined
def _has_room(flat: Flat, state: State, v: int, k: int) -> bool:
    for d in range(flat.room.shape[1]):
        if max(state.start_load[v, AFTER, d], state.start_load[v, AFTER_MAX, d]) > flat.room[k, d]:
            return False
    return True


@inlined
def _may_serve(flat: Flat, state: State, v: int, k: int) -> bool:
    barred = 0
    for p in range(state.route[v, LENGTH]):
        barred += not flat.allowed[flat.stop[state.seq[v, p], TASK], k]
    return barred == 0


@compiled
def _hand_over(flat: Flat, state: State, v: int, w: int) -> None:
    """Let w drive route v; back to v if w cannot, or costs more after all."""
    touch(state, w)
    length = state.route[v, LENGTH]
    version = state.route[v, VERSION]
    before = state.val[COST]
    for p in range(length):
        state.seq[w, p] = state.seq[v, p]
    state.route[v, LENGTH] = 0
    recompute(flat, state, v)
    state.route[w, LENGTH] = length
    if recompute(flat, state, w) and state.val[COST] < before - _DUST:
        return
    state.route[w, LENGTH] = 0
    recompute(flat, state, w)
    state.route[v, LENGTH] = length
    recompute(flat, state, v)
    state.route[v, VERSION] = version
    state.val[COST] = before
