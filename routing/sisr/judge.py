"""Rules that single positions cannot tell: the whole route is driven through from end to end.

Load sequence, goods kept apart, cleaning, setup, duration, driver hours, costs of duty. `place.py` asks only where a
position would be the cheapest so far and passes every quicker test, which know nothing of setup and cleaning and
therefore let pass at least what is lawful.
"""

from __future__ import annotations

from haoyun.routing.sisr.compiled import compiled
from haoyun.routing.sisr.driver import duty
from haoyun.routing.sisr.flat import (
    BRINGS,
    CLOSE,
    END,
    FAR,
    GOODS,
    HOURS,
    LIFO,
    MAX_DURATION,
    OFF_DUTY,
    ON_DUTY,
    PER_DUTY_SECOND,
    PER_WORK_SECOND,
    PICKUP,
    PLACE,
    PROFILE,
    SERVICE,
    SETUP,
    START,
    TAKES,
    WHAT,
    Flat,
)
from haoyun.routing.sisr.state import EXTRA, LENGTH, WORK, State
from haoyun.routing.sisr.windows import closing, opening


@compiled
def judge(flat: Flat, state: State, k: int, length: int) -> bool:
    """Whether a vehicle of kind k may drive state.trial[:length]; what it costs besides its way is in val[EXTRA]."""
    state.num[WORK] += 2 * length
    state.val[EXTRA] = 0.0
    if flat.kind[k, LIFO] and not _unstacks(flat, state, length):
        return False
    for p in range(length):
        state.trial_work[p] = flat.stop[state.trial[p], SERVICE]
    if len(flat.apart) and not _gets_along(flat, state, length):
        return False
    return _in_time(flat, state, k, length)


@compiled
def _unstacks(flat: Flat, state: State, length: int) -> bool:
    """Whether what is unloaded was always loaded last."""
    stack = state.stack
    top = 0
    for p in range(length - 1, -1, -1):
        s = state.trial[p]
        if flat.stop[s, BRINGS] and flat.stop[s, WHAT] < PICKUP:
            stack[top] = s
            top += 1
    for p in range(length):
        s = state.trial[p]
        if flat.stop[s, BRINGS]:
            # A delivery unloads what its pickup, the stop before it by number, has loaded.
            item = s if flat.stop[s, WHAT] < PICKUP else s - 1
            if top == 0 or stack[top - 1] != item:
                return False
            top -= 1
        if flat.stop[s, TAKES]:
            # What a job takes on stays to the end: nothing that is unloaded later may lie below it.
            stack[top] = s if flat.stop[s, WHAT] == PICKUP else -1
            top += 1
    return True


@compiled
def _gets_along(flat: Flat, state: State, length: int) -> bool:
    """Whether no goods are on board together that must be kept apart; adds cleaning to the work of stops."""
    kinds = len(flat.apart)
    for g in range(kinds):
        state.aboard[g] = 0
    items = 0
    for p in range(length):
        s = state.trial[p]
        if flat.stop[s, BRINGS] and flat.stop[s, WHAT] < PICKUP:
            items += 1
            if flat.stop[s, GOODS] >= 0:
                state.aboard[flat.stop[s, GOODS]] += 1
    carried = 0
    for g in range(kinds):
        if state.aboard[g] > 0:
            carried |= 1 << g
    for g in range(kinds):
        if state.aboard[g] > 0 and flat.apart[g] & carried:
            return False
    for p in range(length):
        s = state.trial[p]
        own = flat.stop[s, GOODS]
        if flat.stop[s, BRINGS]:
            items -= 1
            if own >= 0:
                state.aboard[own] -= 1
        if not flat.stop[s, TAKES]:
            continue
        if own >= 0:
            seconds = 0
            for g in range(kinds):
                if carried & (1 << g):
                    seconds = max(seconds, flat.cleaning[g, own])
                if state.aboard[g] > 0 and flat.apart[own] & (1 << g):
                    return False
            if seconds > 0:
                if items > 0:
                    return False
                state.trial_work[p] += seconds
                carried = 0
            carried |= 1 << own
            state.aboard[own] += 1
        items += 1
    return True


@compiled
def _in_time(flat: Flat, state: State, k: int, length: int) -> bool:
    """Ending as early as possible, leaving as late as that allows: whether windows, shift and duration are kept."""
    legs = flat.legs[flat.kind[k, PROFILE]]
    here = flat.kind[k, START]
    now = flat.kind[k, ON_DUTY]
    worked = 0
    for p in range(length):
        s = state.trial[p]
        there = flat.stop[s, PLACE]
        if there != here:
            state.trial_work[p] += flat.stop[s, SETUP]
        now = opening(flat.stop, flat.windows, s, now + legs[here, there, 0])
        if now >= FAR or now > flat.stop[s, CLOSE]:
            return False
        now += state.trial_work[p]
        worked += state.trial_work[p]
        here = there
    there = flat.kind[k, END]
    now += legs[here, there, 0]
    if now > flat.kind[k, OFF_DUTY]:
        return False
    latest = now - legs[here, there, 0]
    for p in range(length - 1, -1, -1):
        s = state.trial[p]
        latest = closing(flat.stop, flat.windows, s, latest - state.trial_work[p])
        before = flat.stop[state.trial[p - 1], PLACE] if p > 0 else flat.kind[k, START]
        latest -= legs[before, flat.stop[s, PLACE], 0]
    duration = now - max(latest, flat.kind[k, ON_DUTY])
    if flat.kind[k, HOURS]:
        duration = duty(flat, state, k, length)
        if duration >= FAR:
            return False
    state.val[EXTRA] = flat.rate[k, PER_DUTY_SECOND] * duration + flat.rate[k, PER_WORK_SECOND] * worked
    return duration <= flat.kind[k, MAX_DURATION]


@compiled
def judge_route(flat: Flat, state: State, v: int) -> bool:
    """The same for route v as it stands."""
    length = state.route[v, LENGTH]
    for p in range(length):
        state.trial[p] = state.seq[v, p]
    return judge(flat, state, flat.fleet[v], length)


@compiled
def judge_job(flat: Flat, state: State, v: int, s: int, i: int) -> bool:
    """The same for route v with stop s at position i."""
    length = state.route[v, LENGTH]
    for p in range(i):
        state.trial[p] = state.seq[v, p]
    state.trial[i] = s
    for p in range(i, length):
        state.trial[p + 1] = state.seq[v, p]
    return judge(flat, state, flat.fleet[v], length + 1)


@compiled
def judge_pair(flat: Flat, state: State, v: int, up: int, i: int, j: int) -> bool:
    """The same for route v with a pickup before what stands at position i and its delivery before position j."""
    length = state.route[v, LENGTH]
    for p in range(i):
        state.trial[p] = state.seq[v, p]
    state.trial[i] = up
    for p in range(i, j):
        state.trial[p + 1] = state.seq[v, p]
    state.trial[j + 1] = up + 1
    for p in range(j, length):
        state.trial[p + 2] = state.seq[v, p]
    return judge(flat, state, flat.fleet[v], length + 2)
