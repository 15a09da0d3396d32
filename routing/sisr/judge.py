"""Rules that single positions cannot tell: the whole route is driven through from end to end.

Load sequence, goods kept apart, cleaning, setup, duration, driver hours, costs of duty. `place.py` asks only where a
position would be the cheapest so far and passes every quicker test, which know nothing of setup and cleaning and
therefore let pass at least what is lawful. Of a vehicle under way the stops that are fixed are driven as well.
"""

from __future__ import annotations

from haoyun.routing.sisr.cargo import gets_along, has_room, unstacks
from haoyun.routing.sisr.compiled import compiled, entry
from haoyun.routing.sisr.duty import duty, end_of_hours, store_beginning, store_hours
from haoyun.routing.sisr.flat import (
    CLOSE,
    END,
    FAR,
    HOURS,
    LIFO,
    MAX_DURATION,
    OFF_DUTY,
    PER_DUTY_SECOND,
    PER_WORK_SECOND,
    PLACE,
    PROFILE,
    SERVICE,
    SETUP,
    TASK,
    TRIPS,
    Flat,
)
from haoyun.routing.sisr.state import EXTRA, LENGTH, WORK, State
from haoyun.routing.sisr.trip_rules import keeps_trip_rules
from haoyun.routing.sisr.windows import closing, opening


@entry
def judge(flat: Flat, state: State, k: int, v: int, length: int, known: int, remember: bool) -> bool:
    """Whether a vehicle of kind k may drive state.trial[:length], its fixed stops included.

    What it costs besides its way is in val[EXTRA]. `known`: so many stops are the first ones of route v as it stands
    (v -1: no route), whose driver need not be asked again. `remember`: keep the driver of route v stop by stop.
    """
    state.num[WORK] += 2 * length
    state.val[EXTRA] = 0.0
    trips = flat.kind[k, TRIPS] != 0
    if trips and not keeps_trip_rules(flat, state, k, length):
        return False
    if not trips and flat.kind[k, LIFO] and not unstacks(flat, state, k, length):
        return False
    if flat.begun.fixed_count[k] and not flat.begun.has_left[k] and not has_room(flat, state, k, length):
        return False
    if len(flat.apart) or trips:
        known = 0
    timed = flat.kind[k, MAX_DURATION] < FAR or flat.rate[k, PER_DUTY_SECOND] > 0.0
    quick = flat.kind[k, HOURS] and not timed and flat.rate[k, PER_WORK_SECOND] == 0.0
    first = known if quick else 0
    if not trips:
        for p in range(first, length):
            state.trial_work[p] = flat.stop[state.trial[p], SERVICE]
        if len(flat.apart) and not gets_along(flat, state, k, length):
            return False
    here = flat.stop[state.trial[first - 1], PLACE] if first > 0 else flat.begun.origin[k]
    for p in range(first, length):
        there = flat.stop[state.trial[p], PLACE]
        if there != here:
            state.trial_work[p] += flat.stop[state.trial[p], SETUP]
        here = there
    if remember and flat.kind[k, HOURS] and not store_hours(flat, state, v, length):
        return False
    if quick:
        return remember or end_of_hours(flat, state, k, v, length, first) < FAR
    duration = duty(flat, state, k, length) if flat.kind[k, HOURS] else _duration(flat, state, k, length)
    if duration >= FAR:
        return False
    worked = 0
    for p in range(length):
        if flat.stop[state.trial[p], TASK] >= 0:
            worked += state.trial_work[p]
    state.val[EXTRA] = flat.rate[k, PER_DUTY_SECOND] * duration + flat.rate[k, PER_WORK_SECOND] * worked
    state.val[EXTRA] -= state.begin_extra[k]
    return duration <= flat.kind[k, MAX_DURATION]


@compiled
def _duration(flat: Flat, state: State, k: int, length: int) -> int:
    """Ending as early as possible, leaving as late as that allows; FAR if windows or shift are not kept."""
    legs = flat.legs[flat.kind[k, PROFILE]]
    fixed = flat.begun.fixed_count[k]
    here = flat.begun.origin[k]
    trips = flat.kind[k, TRIPS] != 0
    earliest = flat.begun.origin_time[k]
    if trips:
        earliest = max(earliest, state.trial_from[0])
    now = earliest
    for p in range(length):
        s = state.trial[p]
        there = flat.stop[s, PLACE]
        now += legs[here, there, 0]
        if trips:
            now = max(now, state.trial_from[p + 1])
        begin = opening(flat.stop, flat.windows, s, now)
        if begin < FAR:
            now = begin
        elif p >= fixed:
            return FAR
        state.trial_begin[p] = now
        now += state.trial_work[p]
        here = there
    now += legs[here, flat.kind[k, END], 0]
    if now > flat.kind[k, OFF_DUTY]:
        return FAR
    latest = now
    there = flat.kind[k, END]
    for p in range(length - 1, -1, -1):
        s = state.trial[p]
        latest -= legs[flat.stop[s, PLACE], there, 0] + state.trial_work[p]
        if p >= fixed or state.trial_begin[p] <= flat.stop[s, CLOSE]:
            latest = max(closing(flat.stop, flat.windows, s, latest), state.trial_begin[p])
        there = flat.stop[s, PLACE]
    latest -= legs[flat.begun.origin[k], there, 0]
    return now - max(latest, earliest)


@entry
def fixed_stops(flat: Flat, state: State, k: int) -> int:
    """Begin state.trial with what is fixed; how many stops that is."""
    fixed = flat.begun.fixed_count[k]
    for p in range(fixed):
        state.trial[p] = flat.begun.fixed[k, p]
    return fixed


@compiled
def judge_route(flat: Flat, state: State, v: int) -> bool:
    """The same for route v as it stands; its driver is remembered stop by stop."""
    k = flat.fleet[v]
    length = state.route[v, LENGTH]
    fixed = fixed_stops(flat, state, k)
    for p in range(length):
        state.trial[fixed + p] = state.seq[v, p]
    return judge(flat, state, k, v, fixed + length, 0, True)


@compiled
def judge_job(flat: Flat, state: State, v: int, s: int, i: int) -> bool:
    """The same for route v with stop s at position i."""
    k = flat.fleet[v]
    length = state.route[v, LENGTH]
    fixed = fixed_stops(flat, state, k)
    for p in range(i):
        state.trial[fixed + p] = state.seq[v, p]
    state.trial[fixed + i] = s
    for p in range(i, length):
        state.trial[fixed + p + 1] = state.seq[v, p]
    return judge(flat, state, k, v, fixed + length + 1, fixed + i, False)


@entry
def judge_pair(flat: Flat, state: State, v: int, up: int, i: int, j: int) -> bool:
    """The same for route v with a pickup before what stands at position i and its delivery before position j."""
    k = flat.fleet[v]
    length = state.route[v, LENGTH]
    fixed = fixed_stops(flat, state, k)
    for p in range(i):
        state.trial[fixed + p] = state.seq[v, p]
    state.trial[fixed + i] = up
    for p in range(i, j):
        state.trial[fixed + p + 1] = state.seq[v, p]
    state.trial[fixed + j + 1] = up + 1
    for p in range(j, length):
        state.trial[fixed + p + 2] = state.seq[v, p]
    return judge(flat, state, k, v, fixed + length + 2, fixed + i, False)


@entry
def judge_beginnings(flat: Flat, state: State) -> None:
    """What each kind's fixed stops cost by themselves, and the driver as the vehicle is free of them."""
    for k in range(len(flat.kind)):
        state.begin_extra[k] = 0.0
        fixed = fixed_stops(flat, state, k)
        if flat.kind[k, HOURS]:
            _stand_there(flat, state, k, fixed)
        if fixed and judge(flat, state, k, -1, fixed, 0, False):
            state.begin_extra[k] = state.val[EXTRA]


@compiled
def _stand_there(flat: Flat, state: State, k: int, fixed: int) -> None:
    here = flat.begun.origin[k]
    for p in range(fixed):
        there = flat.stop[state.trial[p], PLACE]
        state.trial_work[p] = flat.stop[state.trial[p], SERVICE]
        if there != here:
            state.trial_work[p] += flat.stop[state.trial[p], SETUP]
        here = there
    store_beginning(flat, state, k, fixed)
