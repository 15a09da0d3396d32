"""Driver hours in the search: a sufficient test, quick enough to be asked for every candidate.

Whatever passes has a lawful timetable, which shifts.py then finds with the same code. For each stop of a route the
lives are remembered that leave it, so that a candidate is followed up from where it differs, and given up as soon as
no life reaches a stop before it is too late for what comes after.
"""

from __future__ import annotations

from haoyun.routing.sisr.calling import call
from haoyun.routing.sisr.compiled import compiled, entry
from haoyun.routing.sisr.driver import arrive_home, drive, wake
from haoyun.routing.sisr.flat import (
    END,
    FAR,
    OFF_DUTY,
    PLACE,
    PROFILE,
    SERVICE,
    TASK,
    TRIPS,
    Flat,
    Ints,
)
from haoyun.routing.sisr.law import (
    BREAK,
    DAILY,
    FRESH,
    MAX_DRIVING,
    REDUCED,
    REST,
    SECOND_PART,
    SERVICE_COUNTS,
)
from haoyun.routing.sisr.lives import (
    BORN,
    EVENT,
    FEW,
    FRONT,
    NOW,
    PARENT,
    PAUSES,
    QUICK,
    STANDING,
    START,
    Lives,
)
from haoyun.routing.sisr.roster import latest_departure
from haoyun.routing.sisr.state import BEGIN, LATEST, LENGTH, ROUTE, WORK, State
from haoyun.routing.sisr.windows import closing

# How many stops ahead the latest begin of service looks for breaks and rests that will be due.
_AHEAD = 24
# What a life costs, in positions looked at (tests/bench/routing_limit.py measures it).
_WORK_A_LIFE = 8


@entry
def end_of_hours(flat: Flat, state: State, k: int, v: int, length: int, first: int) -> int:
    """When state.trial[:length] ends; FAR if no lawful way was found. The first stops are those of route v."""
    fixed = flat.begun.fixed_count[k]
    if first > fixed:
        before = state.trial[first - 1]
        resume(state.lives, state.driver[before], state.drivers[before])
    elif first == fixed and not flat.kind[k, TRIPS]:
        resume(state.lives, state.begin_driver[k], state.begin_drivers[k])
    else:
        wake(state.lives, flat.hours[k], _earliest(flat, state, k))
        first = 0
    last = _follow(flat, state, k, v, length, first, False)
    return state.lives.node[last, NOW] if last >= 0 else FAR


@compiled
def _earliest(flat: Flat, state: State, k: int) -> int:
    """When the route may begin: on duty, and with the goods of its first trip."""
    if flat.kind[k, TRIPS]:
        return max(flat.begun.origin_time[k], state.trial_from[0])
    return flat.begun.origin_time[k]


@compiled
def resume(lives: Lives, rows: Ints, count: int) -> None:
    """The lives that stand there go on."""
    node = lives.node
    for n in range(count):
        for column in range(STANDING):
            node[n, column] = rows[n, column]
        node[n, PARENT] = -1
        node[n, EVENT] = START
        node[n, PAUSES] = 0
        lives.front[n] = n
    lives.num[BORN] = count
    lives.num[FRONT] = count


@compiled
def _store(lives: Lives, rows: Ints) -> int:
    count = lives.num[FRONT]
    for n in range(count):
        for column in range(STANDING):
            rows[n, column] = lives.node[lives.front[n], column]
    return count


@compiled
def _follow(flat: Flat, state: State, k: int, v: int, length: int, first: int, remember: bool) -> int:
    """From the front before stop `first` of the trial to its end: the life that ends first, -1 if there is none."""
    lives = state.lives
    law = flat.hours[k]
    legs = flat.legs[flat.kind[k, PROFILE]]
    fixed = flat.begun.fixed_count[k]
    trips = flat.kind[k, TRIPS] != 0
    here = flat.stop[state.trial[first - 1], PLACE] if first > 0 else flat.begun.origin[k]
    found = lives.num[FRONT] > 0
    for p in range(first, length):
        if not found:
            break
        s = state.trial[p]
        there = flat.stop[s, PLACE]
        lives.leg[p] = legs[here, there, 0]
        lives.work[p] = state.trial_work[p]
        lives.row[p] = s
        lives.latest[p] = (
            state.at[s, LATEST] if v >= 0 and state.at[s, ROUTE] == v and p >= fixed else FAR - 1
        )
        drive(lives, law, lives.leg[p], QUICK, FEW)
        lives.soonest[p] = state.trial_from[p + 1] if trips else -FAR
        is_reload = flat.stop[s, TASK] < 0
        call(lives, law, flat.stop, flat.windows, p, p < fixed, is_reload, QUICK, FEW, 0, 0)
        found = lives.num[FRONT] > 0
        here = there
        if remember and found:
            state.drivers[s] = _store(lives, state.driver[s])
            soonest = FAR
            for n in range(state.drivers[s]):
                soonest = min(soonest, state.driver[s, n, NOW])
            state.at[s, BEGIN] = max(state.at[s, BEGIN], soonest - state.trial_work[p])
    last = -1
    if found:
        lives.leg[length] = legs[here, flat.kind[k, END], 0]
        last = arrive_home(lives, law, lives.leg[length], flat.kind[k, OFF_DUTY], QUICK, FEW)
    state.num[WORK] += _WORK_A_LIFE * lives.num[BORN]
    return last


@compiled
def duty(flat: Flat, state: State, k: int, length: int) -> int:
    """Seconds from departure to the end of state.trial[:length], fixed stops included; FAR if that is not lawful."""
    lives, law = state.lives, flat.hours[k]
    fixed = flat.begun.fixed_count[k]
    earliest = _earliest(flat, state, k)
    wake(lives, law, earliest)
    last = _follow(flat, state, k, -1, length, 0, False)
    if last < 0:
        return FAR
    end = lives.node[last, NOW]
    if not law[FRESH]:
        return end - earliest
    early = latest_departure(lives, law, flat.stop, flat.windows, length, fixed, last, False)
    late = latest_departure(lives, law, flat.stop, flat.windows, length, fixed, last, True)
    for attempt in range(2):
        departure = early if attempt == 0 else late
        if departure > earliest:
            wake(lives, law, departure)
            last = _follow(flat, state, k, -1, length, 0, False)
            if last >= 0 and lives.node[last, NOW] <= end:
                return end - departure
    return end - earliest


@compiled
def store_hours(flat: Flat, state: State, v: int, length: int) -> bool:
    """Remember the lives of route v (state.trial[:length]) and when its stops must be reached; whether it is lawful."""
    k = flat.fleet[v]
    fixed = flat.begun.fixed_count[k]
    _tighten(flat, state, v, k)
    if len(flat.apart) or flat.kind[k, TRIPS]:
        wake(state.lives, flat.hours[k], _earliest(flat, state, k))
        return _follow(flat, state, k, v, length, 0, True) >= 0
    resume(state.lives, state.begin_driver[k], state.begin_drivers[k])
    return _follow(flat, state, k, v, length, fixed, True) >= 0


@compiled
def store_beginning(flat: Flat, state: State, k: int, fixed: int) -> None:
    """Remember the lives of the driver as the vehicle is free of its fixed stops, which state.trial holds."""
    lives = state.lives
    wake(lives, flat.hours[k], flat.begun.origin_time[k])
    if fixed:
        _follow(flat, state, k, -1, fixed, 0, False)
        # What was followed up is the way home; what counts is the front at the last fixed stop.
    state.begin_drivers[k] = _store(lives, state.begin_driver[k])


@compiled
def _tighten(flat: Flat, state: State, v: int, k: int) -> None:
    """Bring forward the latest begin of service by the pauses that even a rested driver must take."""
    legs = flat.legs[flat.kind[k, PROFILE]]
    length = state.route[v, LENGTH]
    for p in range(length - 1, -1, -1):
        s = state.seq[v, p]
        latest = state.at[s, LATEST]
        here = flat.stop[s, PLACE]
        work = flat.stop[s, SERVICE]
        driven = 0
        for q in range(p + 1, min(p + 1 + _AHEAD, length + 1)):
            there = flat.stop[state.seq[v, q], PLACE] if q < length else flat.kind[k, END]
            driven += legs[here, there, 0]
            due = state.at[state.seq[v, q], LATEST] if q < length else flat.kind[k, OFF_DUTY]
            latest = min(latest, due - work - driven - _least_pauses(flat.hours[k], driven))
            if q < length:
                work += flat.stop[state.seq[v, q], SERVICE]
                here = there
        if latest < state.at[s, LATEST]:
            state.at[s, LATEST] = closing(flat.stop, flat.windows, s, latest)


@compiled
def _least_pauses(law: Ints, driven: int) -> int:
    """Seconds of pauses without which nobody drives for so long."""
    breaks = (driven - 1) // law[MAX_DRIVING] if driven > 0 else 0
    rests = (driven - 1) // law[DAILY] if driven > 0 else 0
    shortest_rest = min(law[REST], law[REDUCED])
    shortest_break = 0 if law[SERVICE_COUNTS] else min(law[BREAK], law[SECOND_PART])
    pauses = 0
    if breaks > rests:
        pauses += (breaks - rests) * shortest_break
    if rests > 0:
        pauses += rests * shortest_rest
    return pauses
