"""Where a task could well stand: beside the stops that are near it in space and time.

Looking at every position of every route costs most of the search on hundreds of stops, and nearly all of those
positions lie far from the task. Here a job is tried before and after its nearest stops only, and a shipment on the
routes that come near both its ends; only where none of these has a place is everything looked at (recreate.py).
Nearness counts metres, waiting and lateness, as granular neighbourhoods do (Vidal, Crainic, Gendreau and Prins,
Computers & Operations Research 40(1), 2013, section 4.4).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from haoyun.routing.sisr.compiled import inlined
from haoyun.routing.sisr.dice import blinks
from haoyun.routing.sisr.flat import (
    CLOSE,
    END,
    FAR,
    LIMITED,
    MAX_METRES,
    MAX_SECONDS,
    MAX_STOPS,
    OFF_DUTY,
    ON_DUTY,
    OPEN,
    PER_METRE,
    PER_SECOND,
    PLACE,
    PROFILE,
    SERVICE,
    START,
    TASK,
    Flat,
    Floats,
    Ints,
    Legs,
)
from haoyun.routing.sisr.state import (
    AFTER_MAX,
    BEFORE_MAX,
    BEGIN,
    BLINK,
    LATEST,
    LENGTH,
    METRES,
    NEAR_COST,
    NEAR_PLACE,
    POSITION,
    ROUTE,
    SECONDS,
    STAMPS,
    WORK,
    State,
)
from haoyun.routing.sisr.windows import opening

# What a second of waiting and of being late counts against a second of travel.
_WAITING = 0.2
_LATE = 1.0
_ROWS = 256
_NEVER = 1e300


def reach_of(flat: Flat, width: int) -> NDArray[np.int32]:
    """(n, width) for each stop the nearest stops of other tasks, the nearest first."""
    stop = flat.stop[: len(flat.near)]
    count = max(min(width, len(stop) - 2), 0)
    found = np.empty((len(stop), count), dtype=np.int32)
    for begin in range(0, len(stop) if count else 0, _ROWS):
        rows = np.arange(begin, min(begin + _ROWS, len(stop)))
        apart = _apart(flat, rows)
        part = np.argpartition(apart, count - 1, axis=1)[:, :count]
        order = np.argsort(np.take_along_axis(apart, part, axis=1), axis=1, kind="stable")
        found[rows] = np.take_along_axis(part, order, axis=1)
    return found


def _apart(flat: Flat, rows: Ints) -> Floats:
    """(r, n) how far each stop is from these, in metres; the better of both directions."""
    stop, legs = flat.stop[: len(flat.near)], flat.legs[0]
    place = stop[:, PLACE]
    there = legs[place[rows][:, None], place[None, :]].astype(np.float64)
    back = legs[place[None, :], place[rows][:, None]].astype(np.float64)
    pace = there[..., 1].sum() / max(there[..., 0].sum(), 1.0)  # metres a second
    opens, closes = stop[:, OPEN].astype(np.float64), stop[:, CLOSE].astype(np.float64)
    service = stop[:, SERVICE].astype(np.float64)

    def one_way(ways: Floats, soon: Floats, late: Floats, begin: Floats, end: Floats) -> Floats:
        waiting = np.maximum(begin - (late + ways[..., 0]), 0.0)
        overdue = np.maximum(soon + ways[..., 0] - end, 0.0)
        apart: Floats = ways[..., 1] + pace * (_WAITING * waiting + _LATE * overdue)
        return apart

    soonest, latest = opens + service, closes + service
    row, column = rows[:, None], np.arange(len(stop))[None, :]
    apart = np.minimum(
        one_way(there, soonest[row], latest[row], opens[column], closes[column]),
        one_way(back, soonest[column], latest[column], opens[row], closes[row]),
    )
    apart[stop[rows, TASK][:, None] == stop[:, TASK][None, :]] = np.inf
    return apart


@inlined
def _leg_cost(flat: Flat, ways: Legs, k: int, place: int) -> float:
    return flat.rate[k, PER_METRE] * ways[place, 1] + flat.rate[k, PER_SECOND] * ways[place, 0]


@inlined
def _has_room(flat: Flat, state: State, v: int, k: int, s: int, before: int) -> bool:
    for d in range(flat.room.shape[1]):
        most = flat.room[k, d]
        if before < 0:
            early, late = state.start_load[v, BEFORE_MAX, d], state.start_load[v, AFTER_MAX, d]
        else:
            early, late = state.load[before, BEFORE_MAX, d], state.load[before, AFTER_MAX, d]
        if early + flat.amount[s, 0, d] > most or late + flat.amount[s, 1, d] > most:
            return False
    return True


@inlined
def place_nearby(flat: Flat, state: State, s: int, task: int) -> int:
    """The vehicle with the cheapest position for a job beside stops near it, -1 if there is none.

    Its cost is left in NEAR_COST, the position in NEAR_PLACE. For kinds of vehicles that are not judged only.
    """
    best = _NEVER
    chosen = -1
    where = 0
    own = flat.stop[s, PLACE]
    service = flat.stop[s, SERVICE]
    state.num[WORK] += state.reach.shape[1] + 4
    for m in range(state.reach.shape[1]):
        x = state.reach[s, m]
        v = state.at[x, ROUTE]
        if v < 0:
            continue
        k = flat.fleet[v]
        length = state.route[v, LENGTH]
        if state.alone[task, k] >= _NEVER or length + 1 > flat.kind[k, MAX_STOPS]:
            continue
        p = state.at[x, POSITION]
        profile = flat.kind[k, PROFILE]
        to_own = flat.back[profile, own]
        from_own = flat.legs[profile, own]
        for side in range(2):
            before = x if side else (state.seq[v, p - 1] if p > 0 else -1)
            after = (state.seq[v, p + 1] if p + 1 < length else -1) if side else x
            here = flat.stop[before, PLACE] if before >= 0 else flat.kind[k, START]
            there = flat.stop[after, PLACE] if after >= 0 else flat.kind[k, END]
            hop = state.hop[after] if after >= 0 else state.hop[len(flat.stop) + v]
            cost = _leg_cost(flat, to_own, k, here) + _leg_cost(flat, from_own, k, there) - hop
            if cost >= best:
                continue
            ready = (
                state.at[before, BEGIN] + flat.stop[before, SERVICE] if before >= 0 else flat.kind[k, ON_DUTY]
            )
            latest = state.at[after, LATEST] if after >= 0 else flat.kind[k, OFF_DUTY]
            begin = opening(flat.stop, flat.windows, s, ready + to_own[here, 0])
            if begin >= FAR or begin + service + from_own[there, 0] > latest:
                continue
            if not _has_room(flat, state, v, k, s, before):
                continue
            if flat.kind[k, LIMITED]:
                metres = to_own[here, 1] + from_own[there, 1] - flat.legs[profile, here, there, 1]
                seconds = to_own[here, 0] + from_own[there, 0] - flat.legs[profile, here, there, 0]
                if (
                    state.route[v, METRES] + metres > flat.kind[k, MAX_METRES]
                    or state.route[v, SECONDS] + seconds > flat.kind[k, MAX_SECONDS]
                ):
                    continue
            if blinks(state.rng, state.num, BLINK):
                continue
            best = cost
            chosen = v
            where = p + side
    state.val[NEAR_COST] = best
    state.num[NEAR_PLACE] = where
    return chosen


@inlined
def routes_nearby(flat: Flat, state: State, first: int, single: bool) -> int:
    """How many routes pass near all stops of a task; they are listed in `state.candidate`."""
    count = 0
    state.num[STAMPS] += 2
    stamp = state.num[STAMPS]
    state.num[WORK] += state.reach.shape[1] // 4
    for m in range(state.reach.shape[1]):
        v = state.at[state.reach[first, m], ROUTE]
        if v >= 0 and state.seen[v] < stamp:
            state.seen[v] = stamp
            if single:
                state.candidate[count] = v
                count += 1
    if single:
        return count
    for m in range(state.reach.shape[1]):
        v = state.at[state.reach[first + 1, m], ROUTE]
        if v >= 0 and state.seen[v] == stamp:
            state.seen[v] = stamp + 1
            state.candidate[count] = v
            count += 1
    return count
